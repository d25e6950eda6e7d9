//! Slips: printed codes that are handed out at tables. One is tied to a contribution when the notes come in, and serves
//! whoever holds it as its receipt.

use crate::{
    auth::{
        permission::MakeSlips,
        receipts::{Receipts, Shown, new_slip},
    },
    http::{
        access::Access,
        answer::{Answer, Keep, Kept, Plain, Reply},
        ask::{At, Schemas, Valid},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use actix_web::{HttpRequest, HttpResponse};
use domain::{
    id::{ContributionId, MeetingId},
    text::Mark,
};
use serde::{Deserialize, Serialize};
use utoipa::{ToSchema, openapi::path::Operation};
use uuid::Uuid;
use validator::Validate;

/// How many slips to make.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SlipsInput {
    #[validate(range(min = 1, max = 200, message = "From 1 to 200 slips at once."))]
    #[schema(minimum = 1, maximum = 200)]
    pub count: i32,
}

/// Slips to print. They are shown this once: what is stored leads nowhere back to them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlipsView {
    pub meeting_id: MeetingId,
    /// Twelve letters and digits in fours, none of them easily confused; the last one tells when one was misread.
    pub codes: Vec<String>,
}

impl Keep for SlipsView {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        Kept::once(self).map(Some)
    }
}

impl Answer for SlipsView {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        Kept::once(&self)?.respond()
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Plain::<Self>::describe(operation, schemas);
        if let Some(made) = operation.responses.responses.remove("200") {
            operation.responses.responses.insert("201".into(), made);
        }
    }
}

/// `POST /v1/meetings/{id}/slips`
pub async fn create(access: Access<MakeSlips, (At<MeetingId>, Valid<SlipsInput>)>) -> Reply<SlipsView> {
    let ((At(meeting), asked), access) = access.split();
    make(&access, meeting, asked, move |codes| SlipsView {
        meeting_id: meeting,
        codes,
    })
    .await
}

/// Makes slips of a meeting, and answers with their codes as `answer` writes them: they are known to whoever calls, and to nobody
/// afterwards.
///
/// # Errors
/// Broken rules, or 404 for a meeting that the caller does not work with.
pub(crate) async fn make<A: Keep + Send + 'static>(
    access: &Access<MakeSlips>,
    meeting: MeetingId,
    asked: Valid<SlipsInput>,
    answer: impl FnOnce(Vec<String>) -> A + Send + 'static,
) -> Reply<A> {
    let (input, faults) = asked.open();
    faults.end()?;
    let codes: Vec<String> = (0..input.count).map(|_| new_slip()).collect();
    let receipts = access.state().sessions.receipts();
    let digests = codes
        .iter()
        .map(|code| receipts.digest(&code.replace('-', "")))
        .collect();
    access
        .store()
        .post(async move |tx| {
            tx.meeting(meeting).await?;
            tx.add_slips(meeting, digests).await?;
            Ok(answer(codes))
        })
        .await
}

/// Which slips of a meeting to tie to which contributions, once those are stored.
#[derive(Debug)]
pub struct Ties {
    receipts: Receipts,
    meeting: MeetingId,
    found: Vec<(Uuid, ContributionId)>,
}

impl Ties {
    /// None yet.
    pub fn new(receipts: Receipts, meeting: MeetingId) -> Self {
        Self {
            receipts,
            meeting,
            found: Vec::new(),
        }
    }

    /// Looks a slip up for the contribution `of`, which stands at `at` of the body, and notes to tie it. One of another meeting, one that was used and one that was never made are one fault.
    pub async fn look_up(
        &mut self,
        tx: &Tx,
        shown: &Mark,
        of: ContributionId,
        at: &str,
        faults: &mut Faults,
    ) -> Result<(), Problem> {
        let found = match Shown::read(shown.as_str()) {
            Some(Shown::Slip(slip)) => tx.slip(&self.receipts.digest(&slip)).await?,
            _ => None,
        };
        match found.filter(|slip| slip.meeting_id == self.meeting) {
            Some(slip) if slip.contribution_id == Some(of) => {}
            Some(slip) if slip.contribution_id.is_none() && !self.found.iter().any(|(other, _)| *other == slip.id) => {
                let has_one = tx.has_slip(of).await?;
                faults.add_if(
                    has_one,
                    format!("{at}/slip"),
                    "fixed",
                    "It has its slip already, and somebody holds it.",
                );
                self.found.push((slip.id, of));
            }
            _ => faults.add(
                format!("{at}/slip"),
                "unknown-slip",
                "No slip of this meeting has this code, or it stands for something else. Compare it letter by letter.",
            ),
        }
        Ok(())
    }

    /// Ties them.
    pub async fn tie(self, tx: &Tx) -> Result<(), Problem> {
        for (slip, contribution) in self.found {
            if !tx.tie_slip(slip, contribution).await? {
                return Err(Problem::fault(
                    "",
                    "unknown-slip",
                    "Somebody used one of these slips just now.",
                ));
            }
        }
        Ok(())
    }
}
