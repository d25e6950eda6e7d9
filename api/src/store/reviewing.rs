//! Review: the reasons that can be given, and every move with its reason.

use super::statements::{Counting, Reading};
use super::{Tx, paged, people::named};
use crate::http::{page::Page, problem::Problem};
use domain::{
    id::{ConsultationId, ContributionId, DiscussionId, ResponseId, ReviewReasonId},
    vocabulary::{ReviewState, ReviewedKind},
};
use entity::{contributions, discussions, responses, review_reasons, reviews};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use std::ops::RangeInclusive;
use uuid::Uuid;

/// What is moved in review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// A table's notes.
    Discussion(DiscussionId),
    /// A response.
    Response(ResponseId),
}

impl Reviewed {
    /// Which of both it is.
    pub const fn kind(self) -> ReviewedKind {
        match self {
            Self::Discussion(_) => ReviewedKind::Discussion,
            Self::Response(_) => ReviewedKind::Response,
        }
    }

    /// Its id.
    pub const fn id(self) -> Uuid {
        match self {
            Self::Discussion(id) => id.0,
            Self::Response(id) => id.0,
        }
    }
}

impl Tx {
    /// Lets those who would write the first reasons come one after the other: of replicas that start at once, one does.
    pub async fn hold_review_reasons(&self) -> Result<(), Problem> {
        self.hold(named("review_reasons", "the first")).await
    }

    /// Whether there are none yet.
    pub async fn has_no_review_reasons(&self) -> Result<bool, Problem> {
        Ok(review_reasons::Entity::find().count_of(self).await? == 0)
    }

    /// Stores reasons.
    pub async fn add_review_reasons(&self, rows: Vec<review_reasons::Model>) -> Result<(), Problem> {
        self.insert_all(rows).await
    }

    /// A reason.
    pub async fn review_reason(&self, id: ReviewReasonId) -> Result<review_reasons::Model, Problem> {
        review_reasons::Entity::find_by_id(id)
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)
    }

    /// A page of reasons.
    pub async fn review_reasons(&self, page: Page) -> Result<Vec<review_reasons::Model>, Problem> {
        let query = paged(
            review_reasons::Entity::find(),
            page,
            review_reasons::Column::ReceivedAt,
            review_reasons::Column::Id,
        );
        Ok(query.all_of(self).await?)
    }

    /// Writes a reason's next version.
    pub async fn change_review_reason(&self, row: review_reasons::Model) -> Result<(), Problem> {
        let matching = review_reasons::Column::Id
            .eq(row.id)
            .and(review_reasons::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// Writes a move down.
    pub async fn add_review(&self, row: reviews::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// A page of the moves of a discussion or response.
    pub async fn reviews_of(&self, of: Uuid, page: Page) -> Result<Vec<reviews::Model>, Problem> {
        let query = reviews::Entity::find().filter(reviews::Column::OfId.eq(of));
        Ok(paged(query, page, reviews::Column::MovedAt, reviews::Column::Id)
            .all_of(self)
            .await?)
    }

    /// The moves that made some of the versions of a discussion or response.
    pub async fn reviews_at(
        &self,
        of: Uuid,
        versions: RangeInclusive<i32>,
    ) -> Result<Vec<reviews::Model>, Problem> {
        let query = reviews::Entity::find()
            .filter(reviews::Column::OfId.eq(of))
            .filter(reviews::Column::Version.between(*versions.start(), *versions.end()));
        Ok(query.all_of(self).await?)
    }

    /// The last move of a discussion or response.
    pub async fn last_review(&self, of: Uuid) -> Result<Option<reviews::Model>, Problem> {
        let query = reviews::Entity::find()
            .filter(reviews::Column::OfId.eq(of))
            .order_by_desc(reviews::Column::Version)
            .limit(1);
        Ok(query.one_of(self).await?)
    }

    /// Labels of reasons, retired ones too.
    pub async fn review_labels(
        &self,
        ids: Vec<ReviewReasonId>,
    ) -> Result<Vec<(ReviewReasonId, String)>, Problem> {
        let query = review_reasons::Entity::find()
            .select_only()
            .columns([review_reasons::Column::Id, review_reasons::Column::Label])
            .filter(review_reasons::Column::Id.is_in(ids));
        Ok(query.into_tuple().all_of(self).await?)
    }

    /// Takes the approval back of what was corrected just now and came to `version` by that: what was approved is not what
    /// stands there. The move is written down like any other, without a reason.
    pub async fn approval_falls(
        &self,
        of: Reviewed,
        consultation_id: ConsultationId,
        version: i32,
    ) -> Result<(), Problem> {
        let (from, to) = (ReviewState::Approved, ReviewState::Approved.once_corrected());
        let any = match of {
            Reviewed::Discussion(id) => {
                use discussions::Column;
                let fallen = discussions::Entity::update_many()
                    .col_expr(Column::Review, Expr::value(to))
                    .filter(Column::Id.eq(id))
                    .filter(Column::Review.eq(from));
                !self.update(fallen).await?.is_empty()
            }
            Reviewed::Response(id) => {
                use responses::Column;
                let fallen = responses::Entity::update_many()
                    .col_expr(Column::Review, Expr::value(to))
                    .filter(Column::Id.eq(id))
                    .filter(Column::Review.eq(from));
                !self.update(fallen).await?.is_empty()
            }
        };
        if !any {
            return Ok(());
        }
        self.add_review(reviews::Model {
            id: crate::clock::new_id(),
            consultation_id,
            of_kind: of.kind(),
            of_id: of.id(),
            version,
            moved_from: from,
            moved_to: to,
            reason_id: None,
            note: None,
            note_flags: None,
            note_ended_at: None,
            moved_by: self.user()?,
            moved_at: self.now,
        })
        .await
    }

    /// Whether the discussion or response that a contribution is in was withdrawn in review, or taken back whole.
    pub async fn is_in_withdrawn(&self, row: &contributions::Model) -> Result<bool, Problem> {
        let ids = self.in_withdrawn(std::slice::from_ref(row)).await?;
        Ok(!ids.is_empty())
    }

    /// Those of `rows` whose discussion or response was withdrawn in review, or taken back whole.
    pub async fn in_withdrawn(&self, rows: &[contributions::Model]) -> Result<Vec<ContributionId>, Problem> {
        let places: Vec<_> = rows
            .iter()
            .map(|row| (row.id, row.discussion_id, row.response_id))
            .collect();
        self.places_withdrawn(&places).await
    }

    /// The same, of contributions by id and by what they are in.
    pub(super) async fn places_withdrawn(
        &self,
        places: &[(ContributionId, Option<DiscussionId>, Option<ResponseId>)],
    ) -> Result<Vec<ContributionId>, Problem> {
        let mut withdrawn = Vec::new();
        for some in places.chunks(500) {
            let (discussed, responded): (Vec<_>, Vec<_>) = (
                some.iter().filter_map(|(_, id, _)| *id).collect(),
                some.iter().filter_map(|(_, _, id)| *id).collect(),
            );
            let mut gone: Vec<Uuid> = Vec::new();
            if !discussed.is_empty() {
                let found: Vec<DiscussionId> = discussions::Entity::find()
                    .select_only()
                    .column(discussions::Column::Id)
                    .filter(discussions::Column::Id.is_in(discussed))
                    .filter(discussions::Column::Review.eq(ReviewState::Withdrawn))
                    .into_tuple()
                    .all_of(self)
                    .await?;
                gone.extend(found.into_iter().map(|id| id.0));
            }
            if !responded.is_empty() {
                let any = Condition::any()
                    .add(responses::Column::Review.eq(ReviewState::Withdrawn))
                    .add(responses::Column::WithdrawnAt.is_not_null());
                let found: Vec<ResponseId> = responses::Entity::find()
                    .select_only()
                    .column(responses::Column::Id)
                    .filter(responses::Column::Id.is_in(responded))
                    .filter(any)
                    .into_tuple()
                    .all_of(self)
                    .await?;
                gone.extend(found.into_iter().map(|id| id.0));
            }
            withdrawn.extend(some.iter().filter_map(|(id, discussion, response)| {
                let within = discussion.map(|id| id.0).or(response.map(|id| id.0))?;
                gone.contains(&within).then_some(*id)
            }));
        }
        Ok(withdrawn)
    }
}
