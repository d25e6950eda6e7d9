//! Clearance: a person has looked at what the screen saw, and lets the words be quoted, as they stand or with parts of
//! them replaced. What is left after a replacement is screened again, and is cleared by it where nothing is flagged any more.
//!
//! Replacing is the clearance itself, so consent stays: what was agreed to be quoted says the same without a name. What
//! stood there before is kept among the earlier versions; `clearances` names the version that a replacement made, so that
//! whoever shows earlier versions can keep those before it to leads and the auditor.

use crate::{
    auth::permission::ClearContribution,
    collecting::{
        contributions::{ContributionView, coded, readable_row, withdrawn},
        screening::Screened,
        touch_container, withdrawals,
    },
    error::Code,
    http::{
        access::Access,
        answer::{One, Reply},
        ask::{At, Valid, Version},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    id::ContributionId,
    limits,
    screening::replace,
    text::Prose,
    vocabulary::{VersionCause, VersionedKind},
};
use entity::contributions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Words in place of a part of a text.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReplacementInput {
    /// The first code point that is replaced, from 0, as in `flags`.
    pub start: u32,
    /// The first that is not.
    pub end: u32,
    /// What stands there instead; may be empty.
    #[validate(length(max = 10_000, message = "At most 10000 characters."))]
    #[schema(max_length = 10000)]
    pub with: String,
}

/// Exactly one of both.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ClearanceInput {
    /// `true`: the words may stand as they are.
    #[serde(default)]
    pub clear: Option<bool>,
    /// Parts to replace. What is left may stand where nothing in it is flagged; else it waits for `clear`, or for more to be
    /// replaced.
    #[serde(default)]
    #[validate(nested, length(min = 1, max = limits::ELEMENTS, message = "From 1 to 1000 parts."))]
    #[schema(min_items = 1, max_items = 1000)]
    pub replace: Option<Vec<ReplacementInput>>,
}

impl ClearanceInput {
    /// The text as it is cleared.
    fn text(self, was: &str, faults: &mut Faults) -> String {
        let parts = match (self.clear, self.replace) {
            (Some(true), None) => return was.to_owned(),
            (None, Some(parts)) => parts,
            (Some(false), None) => {
                faults.add("/clear", "not-taken", "Send true, or say what to replace.");
                return was.to_owned();
            }
            (Some(_), Some(_)) => {
                faults.add("/clear", "not-taken", "Send either clear or replace.");
                return was.to_owned();
            }
            (None, None) => {
                faults.add("/clear", "missing-field", "Send clear or replace.");
                return was.to_owned();
            }
        };
        let spans: Vec<_> = parts
            .into_iter()
            .map(|part| (part.start, part.end, part.with))
            .collect();
        match replace(was, &spans) {
            Ok(text) => {
                let text = Prose::new(&text);
                if let Err(errors) = text.validate() {
                    faults.add_validation_at("/replace", &errors);
                }
                text.into_string()
            }
            Err(fault) => {
                faults.add(
                    format!("/replace/{}", fault.index()),
                    "bad-span",
                    fault.to_string(),
                );
                was.to_owned()
            }
        }
    }
}

/// A contribution that may be cleared now.
async fn to_clear(tx: &Tx, id: ContributionId) -> Result<contributions::Model, Problem> {
    let row = readable_row(tx, id).await?;
    tx.consultation_being_cleared(row.consultation_id).await?;
    if row.withdrawn_at.is_some() {
        return Err(withdrawn());
    }
    Ok(row)
}

/// `POST /v1/contributions/{id}/clearance`
pub async fn clear(
    access: Access<ClearContribution, (At<ContributionId>, Option<Version>, Valid<ClearanceInput>)>,
) -> Reply<One<ContributionView>> {
    let ((At(id), seen, asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let was = store.read(async |tx| to_clear(tx, id).await).await?;
    if let Some(seen) = seen {
        seen.check(was.version)?;
    }
    let replaces = input.replace.is_some();
    let text = input.text(&was.text, &mut faults);
    faults.end()?;
    let replaced = text != was.text;
    let screened = Screened::new(&access.state().known_names, &store, vec![text.clone()]).await?;
    let job = store.post(async move |tx| {
        withdrawals::held(tx, id).await?;
        let row = to_clear(tx, id).await?;
        // Cleared is what was looked at: the places of a replacement are those of that text.
        if row.version != was.version {
            return Err(Problem {
                current_version: Some(row.version),
                ..Problem::new(
                    Code::StaleVersion,
                    "Somebody changed it just now. Read it again and repeat.",
                )
            });
        }
        let within = touch_container(tx, &row).await?;
        let flags = screened.flags(&text);
        // Whoever replaced one name has not said that the other may stand.
        let cleared = !replaces || flags.0.is_empty();
        let next = contributions::Model {
            flags: Some(flags),
            text,
            text_changed_at: if replaced {
                Some(tx.now)
            } else {
                row.text_changed_at
            },
            cleared_at: cleared.then_some(tx.now),
            version: row.version + 1,
            changed: tx.stamp,
            ..row.clone()
        };
        tx.change_contribution(next.clone(), VersionCause::Cleared, Some(within))
            .await?;
        if replaced {
            tx.keep_version(
                VersionedKind::Contribution,
                id.0,
                row.version,
                &ContributionView::whole(row, None),
            )
            .await?;
        }
        tx.add_clearance(id, next.version, replaced).await?;
        let codings = tx.codings_of(&[id]).await?;
        let coding = coded(&next, &codings, None);
        Ok(One(ContributionView::whole(next, coding)))
    });
    job.await
}
