//! Review: what somebody who looked at a table's notes or a response found, by moves of which each has its reason.
//!
//! A move is a row; where a thing stands is a column of the thing, because figures rest on it, and both are written in one
//! transaction while the thing is held. Nothing is removed: what was withdrawn counts nowhere and can be taken back. Whoever
//! collected may withdraw, and take back what they withdrew themselves; all else is for national leads.

use crate::{
    auth::permission::{
        ReadDiscussionHistory, ReadResponseHistory, ReviewDiscussion, ReviewMany, ReviewResponse,
    },
    collecting::{
        contributions::withdrawn, discussions::DiscussionView, responses::ResponseView, screening::Screened,
    },
    error::Code,
    http::{
        access::Access,
        answer::{One, Plain, Reply, Resource},
        ask::{At, Valid, Version},
        page::{Items, Listing, NoFilters, Page},
        problem::{Fault, Faults, Problem},
    },
    store::{Opened, Tx, collecting::review_of, reviewing::Reviewed},
};
use domain::{
    id::{ConsultationId, DiscussionId, ResponseId, ReviewId, ReviewReasonId, UserId},
    limits,
    moment::Moment,
    screening::Flag,
    text::Note,
    vocabulary::{
        ReasonStatus,
        ReviewState::{self, HasIssues, Received, Withdrawn},
        ReviewedKind, VersionCause,
    },
};
use entity::{discussions, responses, review_reasons, reviews};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

/// Where to move, and why.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewInput {
    pub to: ReviewState,
    /// One of `/v1/review-reasons` that can be given for this state.
    pub reason_id: ReviewReasonId,
    /// For whoever works with it next. Say it without names: it is screened like any other text, and shown with what was seen.
    #[serde(default)]
    #[validate(nested)]
    pub note: Option<Note>,
}

/// Where to move many, and why.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReviewManyInput {
    pub to: ReviewState,
    /// One of `/v1/review-reasons` that can be given for this state.
    pub reason_id: ReviewReasonId,
    /// Written beside each move.
    #[serde(default)]
    #[validate(nested)]
    pub note: Option<Note>,
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 discussions."))]
    #[schema(max_items = 1000)]
    pub discussion_ids: Vec<DiscussionId>,
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 responses."))]
    #[schema(max_items = 1000)]
    pub response_ids: Vec<ResponseId>,
}

/// A move in review.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewView {
    pub id: ReviewId,
    /// What was moved.
    pub of: ReviewedKind,
    pub of_id: Uuid,
    pub from: ReviewState,
    pub to: ReviewState,
    /// Absent where a correction took an approval back by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_id: Option<ReviewReasonId>,
    /// The reason's label, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the personal-data screen saw in the note; places are counted in code points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_flags: Option<Vec<Flag>>,
    /// When the note was ended, because words on which it may have been written were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note_ended_at: Option<Moment>,
    pub moved_by: UserId,
    pub moved_at: Moment,
    /// The version of what was moved that the move made.
    pub version: i32,
    #[serde(skip)]
    consultation_id: ConsultationId,
}

impl Resource for ReviewView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        match self.of {
            ReviewedKind::Discussion => format!("/v1/discussions/{}/reviews", self.of_id),
            ReviewedKind::Response => format!("/v1/responses/{}/reviews", self.of_id),
        }
    }

    // A note may hold words of what it was written on.
    fn shows_text(&self) -> Option<(ConsultationId, Uuid)> {
        self.note.as_ref().map(|_| (self.consultation_id, self.of_id))
    }
}

impl ReviewView {
    fn new(row: reviews::Model, labels: &HashMap<ReviewReasonId, String>) -> Self {
        Self {
            id: row.id,
            of: row.of_kind,
            of_id: row.of_id,
            from: row.moved_from,
            to: row.moved_to,
            reason: row.reason_id.and_then(|id| labels.get(&id).cloned()),
            reason_id: row.reason_id,
            note: row.note,
            note_flags: row.note_flags.map(|seen| seen.0),
            note_ended_at: row.note_ended_at,
            moved_by: row.moved_by,
            moved_at: row.moved_at,
            version: row.version,
            consultation_id: row.consultation_id,
        }
    }
}

/// Every move that was made at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewsView {
    pub reviews: Vec<ReviewView>,
}

/// What is to be moved, as it stands.
enum Thing {
    Discussion(discussions::Model),
    Response(responses::Model),
}

impl Thing {
    fn of(&self) -> Reviewed {
        match self {
            Self::Discussion(row) => Reviewed::Discussion(row.id),
            Self::Response(row) => Reviewed::Response(row.id),
        }
    }

    fn consultation(&self) -> ConsultationId {
        match self {
            Self::Discussion(row) => row.consultation_id,
            Self::Response(row) => row.consultation_id,
        }
    }

    fn version(&self) -> i32 {
        match self {
            Self::Discussion(row) => row.version,
            Self::Response(row) => row.version,
        }
    }

    fn review(&self) -> ReviewState {
        match self {
            Self::Discussion(row) => row.review,
            Self::Response(row) => review_of(row),
        }
    }

    /// The refusal of a step that the table of moves does not have.
    fn check(&self, to: ReviewState) -> Result<(), Problem> {
        // Whoever said it took it back: that is nobody's to undo.
        if matches!(self, Self::Response(row) if row.withdrawn_at.is_some()) {
            return Err(withdrawn());
        }
        let from = self.review();
        if from.next().contains(&to) {
            return Ok(());
        }
        let allowed: Vec<_> = from.next().iter().map(|state| state.as_str()).collect();
        Err(Problem::new(
            Code::ReviewNotAllowed,
            format!("It is {from}; the next steps are: {}.", allowed.join(", ")),
        ))
    }

    /// What whoever collected may do beside national leads, while feedback is taken: withdraw a table of their group or a
    /// response that they posted, and take back what they withdrew themselves.
    async fn may_be_moved(&self, tx: &Tx, to: ReviewState) -> Result<(), Problem> {
        if tx.reach().is_lead() {
            tx.consultation_being_reviewed(self.consultation()).await?;
            return Ok(());
        }
        let user = tx.user()?;
        let own = match self {
            Self::Discussion(_) => true,
            Self::Response(row) => row.created_by == user,
        };
        let may = match to {
            Withdrawn => own,
            Received if self.review() == Withdrawn => {
                let last = tx.last_review(self.of().id()).await?;
                last.is_some_and(|last| {
                    last.moved_by == user && last.moved_to == Withdrawn && last.moved_from != HasIssues
                })
            }
            _ => false,
        };
        if !may {
            return Err(Problem::new(
                Code::Forbidden,
                "Who collects withdraws tables of the own group and responses posted by oneself, and takes that back oneself. \
                 Ask a national lead for any other step.",
            ));
        }
        tx.consultation_taking_feedback(self.consultation()).await?;
        Ok(())
    }

    /// Moves it, and writes the move down.
    async fn move_to(self, tx: &Tx, move_: &Move) -> Result<reviews::Model, Problem> {
        let row = reviews::Model {
            id: crate::clock::new_id(),
            consultation_id: self.consultation(),
            of_kind: self.of().kind(),
            of_id: self.of().id(),
            version: self.version() + 1,
            moved_from: self.review(),
            moved_to: move_.to,
            reason_id: Some(move_.reason),
            note: move_.note.clone(),
            note_flags: move_.note.as_ref().map(|note| move_.screened.flags(note)),
            note_ended_at: None,
            moved_by: tx.user()?,
            moved_at: tx.now,
        };
        match self {
            Self::Discussion(thing) => {
                let thing = discussions::Model {
                    review: move_.to,
                    version: row.version,
                    changed: tx.stamp,
                    ..thing
                };
                tx.change_discussion(thing, VersionCause::Reviewed).await?;
            }
            Self::Response(thing) => {
                let thing = responses::Model {
                    review: move_.to,
                    version: row.version,
                    changed: tx.stamp,
                    ..thing
                };
                tx.change_response(thing, VersionCause::Reviewed).await?;
            }
        }
        tx.add_review(row.clone()).await?;
        Ok(row)
    }
}

/// A move, made ready before the write.
struct Move {
    to: ReviewState,
    reason: ReviewReasonId,
    note: Option<String>,
    screened: Arc<Screened>,
}

impl Move {
    async fn ready<P: crate::auth::permission::Permission>(
        access: &Access<P>,
        store: &Opened,
        input: ReviewInput,
    ) -> Result<Self, Problem> {
        let note = input.note.map(Note::into_string);
        let texts = note.iter().cloned().collect();
        Ok(Self {
            to: input.to,
            reason: input.reason_id,
            screened: Screened::new(&access.state().known_names, store, texts).await?,
            note,
        })
    }

    /// Whether its reason can be given for it. The reason stays as it is until the move is made.
    async fn check(&self, tx: &Tx, faults: &mut Faults) -> Result<(), Problem> {
        tx.hold_with_others(self.reason.0).await?;
        let Some(reason) = Problem::absent(tx.review_reason(self.reason).await)? else {
            faults.add(
                "/reason_id",
                "unknown-id",
                "There is no such reason; /v1/review-reasons lists those that there are.",
            );
            return Ok(());
        };
        let review_reasons::Model {
            status,
            given_for,
            note_wanted,
            ..
        } = reason;
        let retired = status == ReasonStatus::Retired;
        faults.add_if(
            retired,
            "/reason_id",
            "not-in-use",
            "This reason is retired; give another.",
        );
        let states: Vec<_> = given_for.0.iter().map(|state| state.as_str()).collect();
        faults.add_if(
            !given_for.0.contains(&self.to),
            "/reason_id",
            "not-for-this",
            format!("This reason is given for: {}.", states.join(", ")),
        );
        faults.add_if(
            note_wanted && self.note.is_none(),
            "/note",
            "missing-field",
            "This reason is given with a note that says more.",
        );
        Ok(())
    }
}

/// `POST /v1/discussions/{id}/review`
pub async fn move_discussion(
    access: Access<ReviewDiscussion, (At<DiscussionId>, Option<Version>, Valid<ReviewInput>)>,
) -> Reply<One<DiscussionView>> {
    let ((At(id), seen, asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let wanted = Move::ready(&access, &store, input).await?;
    let job = store.post(async move |tx| {
        tx.hold(id.0).await?;
        let (row, _) = tx.discussion(id).await?;
        move_one(tx, Thing::Discussion(row), seen, &wanted, &mut faults).await?;
        let (row, said) = tx.discussion(id).await?;
        Ok(One(DiscussionView::new(row, said)))
    });
    job.await
}

/// `POST /v1/responses/{id}/review`
pub async fn move_response(
    access: Access<ReviewResponse, (At<ResponseId>, Option<Version>, Valid<ReviewInput>)>,
) -> Reply<One<ResponseView>> {
    let ((At(id), seen, asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let wanted = Move::ready(&access, &store, input).await?;
    let job = store.post(async move |tx| {
        tx.hold(id.0).await?;
        let (row, _) = tx.response(id).await?;
        move_one(tx, Thing::Response(row), seen, &wanted, &mut faults).await?;
        let (row, said) = tx.response(id).await?;
        Ok(One(ResponseView::new(row, said)))
    });
    job.await
}

async fn move_one(
    tx: &Tx,
    thing: Thing,
    seen: Option<Version>,
    wanted: &Move,
    faults: &mut Faults,
) -> Result<(), Problem> {
    wanted.check(tx, faults).await?;
    std::mem::take(faults).end()?;
    thing.may_be_moved(tx, wanted.to).await?;
    if let Some(seen) = seen {
        seen.check(thing.version())?;
    }
    thing.check(wanted.to)?;
    thing.move_to(tx, wanted).await.map(drop)
}

/// `POST /v1/consultations/{id}/reviews`: all of them or none, with every refusal at once.
pub async fn move_many(
    access: Access<ReviewMany, (At<ConsultationId>, Valid<ReviewManyInput>)>,
) -> Reply<Plain<ReviewsView>> {
    let ((At(consultation), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let ReviewManyInput {
        to,
        reason_id,
        note,
        discussion_ids,
        response_ids,
    } = input;
    let store = access.store();
    let one = ReviewInput { to, reason_id, note };
    let wanted = Move::ready(&access, &store, one).await?;
    let discussions = discussion_ids.into_iter().map(Reviewed::Discussion).enumerate();
    let responses = response_ids.into_iter().map(Reviewed::Response).enumerate();
    let named: Vec<(String, Reviewed)> = discussions
        .map(|(at, of)| (format!("/discussion_ids/{at}"), of))
        .chain(responses.map(|(at, of)| (format!("/response_ids/{at}"), of)))
        .collect();
    let job = store.post(async move |tx| {
        tx.consultation(consultation).await?;
        // In the order of their ids, which is the same for whoever moves many: who holds several must not wait for who holds
        // the others.
        let mut ids: Vec<_> = named.iter().map(|(_, of)| of.id()).collect();
        ids.sort_unstable();
        for id in ids {
            tx.hold(id).await?;
        }
        wanted.check(tx, &mut faults).await?;
        faults.add_if(
            named.is_empty(),
            "",
            "missing-field",
            "Name discussions or responses, or both.",
        );
        tx.consultation_being_reviewed(consultation).await?;
        let mut refused = Vec::new();
        let mut things = Vec::with_capacity(named.len());
        for (at, (pointer, of)) in named.iter().enumerate() {
            let twice = named[..at].iter().any(|(_, other)| other == of);
            faults.add_if(twice, pointer.clone(), "repeated", "It stands here twice.");
            match thing(tx, *of).await? {
                Some(thing) if thing.consultation() == consultation => {
                    if let Err(refusal) = thing.check(wanted.to) {
                        refused.push(Fault {
                            pointer: pointer.clone(),
                            code: refusal.code.as_str().into(),
                            detail: refusal.detail,
                        });
                    }
                    things.push(thing);
                }
                _ => faults.add(
                    pointer.clone(),
                    "unknown-id",
                    "There is no such thing in this consultation.",
                ),
            }
        }
        if !faults.0.is_empty() {
            faults.0.append(&mut refused);
        }
        faults.end()?;
        if !refused.is_empty() {
            return Err(Problem {
                detail: "Nothing was moved: `errors` says of each that stops it which steps it can make."
                    .into(),
                ..Problem::of_faults(Code::ReviewNotAllowed, refused)
            });
        }
        let mut moved = Vec::with_capacity(things.len());
        for thing in things {
            moved.push(thing.move_to(tx, &wanted).await?);
        }
        let reviews = views(tx, moved).await?;
        Ok(Plain(ReviewsView { reviews }))
    });
    job.await
}

async fn thing(tx: &Tx, of: Reviewed) -> Result<Option<Thing>, Problem> {
    Ok(match of {
        Reviewed::Discussion(id) => tx.any_discussion(id).await?.map(Thing::Discussion),
        Reviewed::Response(id) => tx.any_response(id).await?.map(Thing::Response),
    })
}

async fn views(tx: &Tx, rows: Vec<reviews::Model>) -> Result<Vec<ReviewView>, Problem> {
    let labels = labels(tx, &rows).await?;
    Ok(rows
        .into_iter()
        .map(|row| ReviewView::new(row, &labels))
        .collect())
}

async fn labels(tx: &Tx, rows: &[reviews::Model]) -> Result<HashMap<ReviewReasonId, String>, Problem> {
    let mut ids: Vec<_> = rows.iter().filter_map(|row| row.reason_id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok(tx.review_labels(ids).await?.into_iter().collect())
}

type Labelled = (HashMap<ReviewReasonId, String>, Vec<reviews::Model>);

async fn moves(tx: &Tx, of: Uuid, page: Page) -> Result<Labelled, Problem> {
    let rows = tx.reviews_of(of, page).await?;
    Ok((labels(tx, &rows).await?, rows))
}

fn listed((labels, rows): Labelled, page: Page) -> Items<ReviewView> {
    Items::new(
        rows,
        page,
        |row| (row.moved_at, row.id.0),
        |row| ReviewView::new(row, &labels),
    )
}

/// `GET /v1/discussions/{id}/reviews`
pub async fn of_discussion(
    access: Access<ReadDiscussionHistory, (At<DiscussionId>, Listing<NoFilters>)>,
) -> Reply<Items<ReviewView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let store = access.store();
    let found = store.read_at_one_moment(async |tx| {
        tx.discussion_with_history(id).await?;
        moves(tx, id.0, page).await
    });
    Ok(listed(found.await?, page))
}

/// `GET /v1/responses/{id}/reviews`
pub async fn of_response(
    access: Access<ReadResponseHistory, (At<ResponseId>, Listing<NoFilters>)>,
) -> Reply<Items<ReviewView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let store = access.store();
    let found = store.read_at_one_moment(async |tx| {
        tx.response_with_history(id).await?;
        moves(tx, id.0, page).await
    });
    Ok(listed(found.await?, page))
}
