//! Moving a consultation through its life. The table of moves is [`domain::life`]; closing has a rule of its own:
//! nobody who was expected is left out unnoticed.

use crate::{
    auth::permission::KeepConsultations,
    consulting::consultations::ConsultationView,
    error::Code,
    http::{
        access::Access,
        answer::{One, Reply},
        ask::{At, Valid},
        problem::{Fault, Problem},
    },
    store::{Tx, consulting::WholeConsultation},
};
use domain::{
    id::{ConsultationId, GroupId},
    life::Status,
    limits,
    record::agenda_concerns,
    text::Prose,
    vocabulary::MeetingStatus,
};
use entity::{
    consultation_moves, groups,
    json::{Override, Overrides},
    meetings,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A group that is not waited for.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OverrideInput {
    pub group_id: GroupId,
    #[validate(nested)]
    pub reason: Prose,
}

/// Where to move, and why.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct StatusInput {
    pub to: Status,
    #[validate(nested)]
    pub reason: Option<Prose>,
    /// For closing: groups that are not waited for.
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 groups."))]
    #[schema(max_items = 1000)]
    pub overrides: Vec<OverrideInput>,
}

/// `POST /v1/consultations/{id}/status`
pub async fn post(
    access: Access<KeepConsultations, (At<ConsultationId>, Valid<StatusInput>)>,
) -> Reply<One<ConsultationView>> {
    let ((At(id), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let mut whole = tx.consultation_to_change(id).await?;
        for (at, one) in input.overrides.iter().enumerate() {
            let expected = whole.groups.contains(&one.group_id);
            let pointer = format!("/overrides/{at}/group_id");
            faults.add_if(
                !expected,
                pointer,
                "not-expected",
                "This group was not expected in the first place.",
            );
        }
        faults.end()?;
        let from = whole.row.status;
        if !from.next().contains(&input.to) {
            let allowed: Vec<_> = from.next().iter().map(|status| status.as_str()).collect();
            let allowed = if allowed.is_empty() {
                "none".to_owned()
            } else {
                allowed.join(", ")
            };
            return Err(Problem::new(
                Code::StatusNotAllowed,
                format!("It is {from}; the next steps are: {allowed}."),
            ));
        }
        if input.to == Status::Open && !tx.published_reports(id).await?.is_empty() {
            return Err(Problem::new(
                Code::StatusNotAllowed,
                "A report of it was published: what comes in from now on belongs to another consultation.",
            ));
        }
        let mut overrides = input.overrides;
        if input.to == Status::Closed {
            let mut missing = not_heard(tx, &whole).await?;
            // What was not needed is no evidence that somebody was not waited for.
            overrides.retain(|one| missing.iter().any(|(group, _)| *group == one.group_id));
            missing.retain(|(group, _)| !overrides.iter().any(|one| one.group_id == *group));
            if !missing.is_empty() {
                let faults = missing.into_iter().map(|(_, fault)| fault).collect();
                return Err(Problem {
                    detail:
                        "Wait for them, or name them in overrides with a reason; `errors` lists what is missing."
                            .into(),
                    ..Problem::of_faults(Code::FeedbackMissing, faults)
                });
            }
        }
        whole.row.status = input.to;
        whole.row.version += 1;
        whole.row.changed = tx.stamp;
        let moved = consultation_moves::Model {
            id: crate::clock::new_id(),
            consultation_id: id,
            moved_from: from,
            moved_to: input.to,
            reason: input.reason.map(Into::into),
            overrides: Overrides(
                overrides
                    .into_iter()
                    .map(|one| Override {
                        group_id: one.group_id,
                        reason: one.reason.into_string(),
                    })
                    .collect(),
            ),
            moved_by: tx.user()?,
            moved_at: tx.now,
        };
        tx.move_consultation(whole.row.clone(), moved).await?;
        Ok(One(whole.into()))
    });
    job.await
}

/// Expected groups of which a meeting is not held with all its tables posted, or cancelled, and what is missing of each.
async fn not_heard(tx: &Tx, whole: &WholeConsultation) -> Result<Vec<(GroupId, Fault)>, Problem> {
    let waited_for = whole.groups.clone();
    if waited_for.is_empty() {
        return Ok(Vec::new());
    }
    let posted = tx.tables_posted(whole.row.id).await?;
    let mut meetings = tx.meetings_of_rounds(whole.rounds.clone()).await?;
    for (meeting, _) in &posted {
        if !meetings.iter().any(|known| known.id == *meeting) {
            meetings.extend(tx.any_meeting(*meeting).await?);
        }
    }
    let posted_at = |meeting: &meetings::Model| {
        posted
            .iter()
            .find(|(id, _)| *id == meeting.id)
            .map_or(0, |(_, tables)| *tables)
    };
    let names = tx.known_groups(waited_for.clone()).await?;
    let mut missing = Vec::new();
    for group in waited_for {
        let name = names
            .iter()
            .find(|known| known.id == group)
            .map_or("A group", |known: &groups::Model| &known.name);
        let own: Vec<_> = meetings
            .iter()
            .filter(|meeting| {
                meeting.group_id == group
                    && (agenda_concerns(&meeting.agenda.0, whole.row.id) || posted_at(meeting) > 0)
            })
            .collect();
        let mut says = Vec::new();
        if own.is_empty() {
            says.push("no meeting is recorded".to_owned());
        }
        for meeting in own {
            match (meeting.status, meeting.tables, posted_at(meeting)) {
                (MeetingStatus::Planned, ..) => says.push("its meeting has not been held".to_owned()),
                (MeetingStatus::Held, Some(tables), posted) if posted < i64::from(tables) => {
                    says.push(format!("{posted} of {tables} tables are posted"));
                }
                (MeetingStatus::Held, None, 0) => says.push("no table is posted".to_owned()),
                _ => {}
            }
        }
        if !says.is_empty() {
            let fault = Fault {
                pointer: "/overrides".into(),
                code: "group-missing".into(),
                detail: format!("{name} ({group}): {}.", says.join("; ")),
            };
            missing.push((group, fault));
        }
    }
    Ok(missing)
}
