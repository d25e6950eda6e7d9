//! Reasons for moves in review: rows that national leads keep, so that a network says in its own words what it finds.
//!
//! None is ever removed, because moves name it; one that is not wanted any more is retired. The first are written when the
//! service starts on a database that has none.

use crate::{
    auth::permission::{KeepReviewReasons, ReadReviewReasons},
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{At, Patch, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::{Opened, Tx},
};
use domain::{
    id::ReviewReasonId,
    text::Title,
    vocabulary::{
        ReasonStatus,
        ReviewState::{self, *},
    },
};
use entity::{json::ReviewStates, review_reasons};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// The reasons that a database begins with: for which states, and whether a note is wanted beside them.
const FIRST: &[(&str, &[ReviewState], bool)] = &[
    ("Posted twice", &[Withdrawn], false),
    ("Typed by mistake", &[Withdrawn], false),
    ("Wrong meeting", &[HasIssues, Withdrawn], false),
    ("Unreadable", &[HasIssues, Withdrawn], false),
    ("Personal data to be removed", &[HasIssues, Withdrawn], false),
    ("Numbers do not add up", &[HasIssues], false),
    ("Checked against the paper", &[Approved], false),
    ("Mended", &[Received, Approved], false),
    ("To be looked at again", &[Received, HasIssues], false),
    ("Withdrawn by mistake", &[Received], false),
    (
        "Other: see the note",
        &[Received, HasIssues, Approved, Withdrawn],
        true,
    ),
];

/// A reason for moves in review.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewReasonInput {
    /// The states for which it can be given.
    #[validate(length(min = 1, max = 4, message = "Name at least one state, and each once."))]
    #[schema(min_items = 1, max_items = 4)]
    pub to: Vec<ReviewState>,
    #[validate(nested)]
    pub label: Title,
    /// Whether it can be given only with a note; not unless said otherwise.
    #[serde(default)]
    pub note_wanted: bool,
    /// `active` unless said otherwise; a retired one is given no more.
    #[serde(default)]
    pub status: Option<ReasonStatus>,
}

impl ReviewReasonInput {
    fn check(&self, faults: &mut Faults) {
        for (at, state) in self.to.iter().enumerate() {
            let twice = self.to[..at].contains(state);
            faults.add_if(
                twice,
                format!("/to/{at}"),
                "repeated",
                "This state stands here twice.",
            );
        }
    }
}

/// A reason for moves in review.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReasonView {
    pub id: ReviewReasonId,
    /// The states for which it can be given.
    pub to: Vec<ReviewState>,
    pub label: String,
    /// Whether it can be given only with a note.
    pub note_wanted: bool,
    pub status: ReasonStatus,
    pub version: i32,
}

impl Resource for ReviewReasonView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/review-reasons/{}", self.id)
    }
}

impl From<review_reasons::Model> for ReviewReasonView {
    fn from(row: review_reasons::Model) -> Self {
        Self {
            id: row.id,
            to: row.given_for.0,
            label: row.label,
            note_wanted: row.note_wanted,
            status: row.status,
            version: row.version,
        }
    }
}

/// Writes the first reasons where there are none.
///
/// # Errors
/// Where the database does not answer.
pub async fn add_first(store: &Opened) -> Result<(), Problem> {
    if !store.read(async |tx| tx.has_no_review_reasons().await).await? {
        return Ok(());
    }
    store
        .write(async |tx: &Tx| {
            tx.hold_review_reasons().await?;
            if !tx.has_no_review_reasons().await? {
                return Ok(());
            }
            let rows = FIRST
                .iter()
                .enumerate()
                .map(|(at, (label, states, note_wanted))| {
                    review_reasons::Model {
                        id: crate::clock::new_id(),
                        given_for: ReviewStates(states.to_vec()),
                        label: (*label).to_owned(),
                        note_wanted: *note_wanted,
                        status: ReasonStatus::Active,
                        version: 1,
                        // A microsecond apart, so that a list keeps their order.
                        received_at: tx.now.plus_micros(at as i64),
                    }
                });
            tx.add_review_reasons(rows.collect()).await
        })
        .await
}

/// `POST /v1/review-reasons`
pub async fn create(
    access: Access<KeepReviewReasons, Valid<ReviewReasonInput>>,
) -> Reply<Created<ReviewReasonView>> {
    let (asked, access) = access.split();
    let (input, mut faults) = asked.open();
    input.check(&mut faults);
    faults.end()?;
    let store = access.store();
    let job = store.post(async move |tx| {
        let row = review_reasons::Model {
            id: crate::clock::new_id(),
            given_for: ReviewStates(input.to),
            label: input.label.into_string(),
            note_wanted: input.note_wanted,
            status: input.status.unwrap_or(ReasonStatus::Active),
            version: 1,
            received_at: tx.now,
        };
        tx.add_review_reasons(vec![row.clone()]).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// `GET /v1/review-reasons`
pub async fn list(access: Access<ReadReviewReasons, Listing<NoFilters>>) -> Reply<Items<ReviewReasonView>> {
    let page = access.asked.page;
    let rows = access
        .store()
        .read(async |tx| tx.review_reasons(page).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/review-reasons/{id}`
pub async fn show(access: Access<ReadReviewReasons, At<ReviewReasonId>>) -> Reply<One<ReviewReasonView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read(async |tx| tx.review_reason(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/review-reasons/{id}`: moves that gave it keep it, under the label that it has now.
pub async fn change(
    access: Access<KeepReviewReasons, (At<ReviewReasonId>, Patch<ReviewReasonInput>)>,
) -> Reply<One<ReviewReasonView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let row = tx.review_reason(id).await?;
        let (input, mut faults) = patch
            .over(&ReviewReasonView::from(row.clone()), row.version)?
            .open();
        input.check(&mut faults);
        faults.end()?;
        let row = review_reasons::Model {
            given_for: ReviewStates(input.to),
            label: input.label.into_string(),
            note_wanted: input.note_wanted,
            status: input.status.unwrap_or(ReasonStatus::Active),
            version: row.version + 1,
            ..row
        };
        tx.change_review_reason(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}
