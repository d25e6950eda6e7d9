//! Concerns that somebody may be at risk: what is asked of whoever raises one, today.

use crate::{
    auth::permission::ReadConcerns,
    http::{
        access::Access,
        answer::{Plain, Reply},
        ask::At,
        problem::Faults,
    },
};
use domain::{
    id::{ConsultationId, ContributionId},
    record::Concern,
};
use entity::{contributions, json::RaisedConcern};
use serde::Serialize;
use utoipa::ToSchema;

/// Concerns named in a summary, at the most.
const NAMED: usize = 50;

/// Something to do that no machine does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReminderView {
    /// What it is about; stable.
    pub code: String,
    pub text: String,
}

/// What to remind whoever wrote `said` of: to follow the safeguarding procedure, while a concern waits to be passed on.
pub fn reminders<'a>(said: impl IntoIterator<Item = &'a contributions::Model>) -> Vec<ReminderView> {
    let waiting = said.into_iter().any(waits);
    waiting
        .then(|| ReminderView {
            code: "follow-safeguarding-today".into(),
            text: "Somebody may be at risk. Follow your local safeguarding procedure today; nobody does it for you. Then say \
                   in `concern` to whom it was passed and when."
                .into(),
        })
        .into_iter()
        .collect()
}

/// Whether a contribution carries a concern that nobody has passed on yet: coders do not see it, and nothing is published.
pub fn waits(row: &contributions::Model) -> bool {
    row.concern.as_ref().is_some_and(|concern| concern.0.is_open())
}

/// A concern is passed on on the day it was raised or later.
pub fn check(concern: Option<&Concern>, at: &str, faults: &mut Faults) {
    let before = concern.is_some_and(|concern| concern.passed_on.is_some_and(|day| day < concern.raised_on));
    faults.add_if(
        before,
        format!("{at}/concern/passed_on"),
        "before-raised",
        "It cannot be passed on before it is raised.",
    );
}

/// As it is stored.
pub fn raised(concern: Option<Concern>) -> Option<RaisedConcern> {
    concern.map(RaisedConcern)
}

/// How a consultation stands with its concerns.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConcernsView {
    /// Those that wait to be passed on; while there are any, nothing is published.
    pub open: usize,
    pub passed_on: usize,
    /// The contributions that have waited longest, at most 50, oldest first.
    pub waiting: Vec<ContributionId>,
}

/// `GET /v1/consultations/{id}/concerns`
pub async fn show(access: Access<ReadConcerns, At<ConsultationId>>) -> Reply<Plain<ConcernsView>> {
    let At(id) = access.asked;
    let raised = access
        .store()
        .read(async |tx| {
            tx.consultation(id).await?;
            tx.concerns(id).await
        })
        .await?;
    let open: Vec<_> = raised
        .iter()
        .filter(|(_, open)| *open)
        .map(|(id, _)| *id)
        .collect();
    Ok(Plain(ConcernsView {
        open: open.len(),
        passed_on: raised.len() - open.len(),
        waiting: open.into_iter().take(NAMED).collect(),
    }))
}
