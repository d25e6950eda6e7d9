//! Discussions, responses and contributions.

use super::statements::{Counting, Reading};
use super::{Tx, network::any_of, paged};
use crate::http::{page::Page, problem::Problem};
use domain::{
    id::{ConsultationId, ContributionId, DiscussionId, MeetingId, ResponseId},
    vocabulary::{Channel, ReviewState, Role, VersionCause, VersionedKind},
};
use entity::{contributions, discussions, responses};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

/// Where a response stands in review: one that was taken back whole is withdrawn, whatever was said of it before.
pub fn review_of(row: &responses::Model) -> ReviewState {
    match row.withdrawn_at {
        Some(_) => ReviewState::Withdrawn,
        None => row.review,
    }
}

impl Tx {
    /// A discussion of a group that the caller works with, and its contributions in their order.
    pub async fn discussion(
        &self,
        id: DiscussionId,
    ) -> Result<(discussions::Model, Vec<contributions::Model>), Problem> {
        let row = self
            .any_discussion(id)
            .await?
            .filter(|row| self.reach().has_group(row.group_id));
        let row = row.ok_or_else(Problem::not_found)?;
        let said = self
            .contributions_in(contributions::Column::DiscussionId, vec![id.0])
            .await?;
        Ok((row, said))
    }

    /// A discussion, whoever asks: for finding out whether an id is taken.
    pub async fn any_discussion(&self, id: DiscussionId) -> Result<Option<discussions::Model>, Problem> {
        Ok(discussions::Entity::find_by_id(id).one_of(self).await?)
    }

    /// A page of a consultation's discussions that the caller may read, and all their contributions.
    pub async fn discussions(
        &self,
        consultation: ConsultationId,
        meetings: Option<Vec<MeetingId>>,
        reviews: Option<Vec<ReviewState>>,
        page: Page,
    ) -> Result<(Vec<discussions::Model>, Vec<contributions::Model>), Problem> {
        let own = (!self.reach().is_lead()).then(|| self.reach().groups());
        let query = discussions::Entity::find()
            .filter(discussions::Column::ConsultationId.eq(consultation))
            .filter(any_of(discussions::Column::GroupId, own))
            .filter(any_of(discussions::Column::MeetingId, meetings))
            .filter(any_of(discussions::Column::Review, reviews));
        let query = paged(
            query,
            page,
            discussions::Column::ReceivedAt,
            discussions::Column::Id,
        );
        let rows = query.all_of(self).await?;
        let ids = rows.iter().map(|row| row.id.0).collect();
        Ok((
            rows,
            self.contributions_in(contributions::Column::DiscussionId, ids)
                .await?,
        ))
    }

    /// How many tables of each meeting are posted and count.
    pub async fn tables_posted(
        &self,
        consultation: ConsultationId,
    ) -> Result<Vec<(MeetingId, i64)>, Problem> {
        let query = discussions::Entity::find()
            .select_only()
            .column(discussions::Column::MeetingId)
            .column_as(discussions::Column::Id.count(), "tables")
            .filter(discussions::Column::ConsultationId.eq(consultation))
            .filter(discussions::Column::Review.ne(ReviewState::Withdrawn))
            .group_by(discussions::Column::MeetingId);
        Ok(query.into_tuple().all_of(self).await?)
    }

    /// Whether notes of this meeting's tables are in.
    pub async fn meeting_has_discussions(&self, meeting: MeetingId) -> Result<bool, Problem> {
        let query = discussions::Entity::find().filter(discussions::Column::MeetingId.eq(meeting));
        Ok(query.count_of(self).await? > 0)
    }

    /// Stores a discussion and its contributions.
    pub async fn add_discussion(
        &self,
        row: discussions::Model,
        said: Vec<contributions::Model>,
    ) -> Result<(), Problem> {
        self.insert(row).await?;
        self.insert_all(said).await
    }

    /// Writes a discussion's next version.
    pub async fn change_discussion(
        &self,
        row: discussions::Model,
        cause: VersionCause,
    ) -> Result<(), Problem> {
        let of = (VersionedKind::Discussion, row.id.0, row.version);
        let matching = discussions::Column::Id
            .eq(row.id)
            .and(discussions::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await?;
        self.add_step(of, cause, None).await
    }

    /// Moves a discussion's version on, whichever it is, and says to which: points of one table are corrected independently of
    /// each other, and say themselves what the version was made for.
    pub async fn touch_discussion(&self, id: DiscussionId) -> Result<i32, Problem> {
        use discussions::Column;
        let touched = discussions::Entity::update_many()
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::Changed, Expr::value(self.stamp))
            .filter(Column::Id.eq(id));
        let rows = self.update(touched).await?;
        rows.first().map(|row| row.version).ok_or_else(Problem::not_found)
    }

    /// Moves a response's version on, whichever it is, and says to which.
    pub async fn touch_response(&self, id: ResponseId) -> Result<i32, Problem> {
        use responses::Column;
        let touched = responses::Entity::update_many()
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::Changed, Expr::value(self.stamp))
            .filter(Column::Id.eq(id));
        let rows = self.update(touched).await?;
        rows.first().map(|row| row.version).ok_or_else(Problem::not_found)
    }

    /// A response that the caller may read, and its contributions in their order. One that was taken back whole is there
    /// for leads only.
    pub async fn response(
        &self,
        id: ResponseId,
    ) -> Result<(responses::Model, Vec<contributions::Model>), Problem> {
        let row = self
            .any_response(id)
            .await?
            .filter(|row| self.may_read_response(row))
            .filter(|row| row.withdrawn_at.is_none() || self.reach().is_lead());
        let row = row.ok_or_else(Problem::not_found)?;
        let said = self
            .contributions_in(contributions::Column::ResponseId, vec![id.0])
            .await?;
        Ok((row, said))
    }

    /// Leads read every response, facilitators those of their groups, champions those that they posted.
    pub(super) fn may_read_response(&self, row: &responses::Model) -> bool {
        let reach = self.reach();
        let of_group = row
            .group_id
            .or(row.counted_group_id)
            .is_some_and(|group| reach.has_group(group));
        reach.is_lead() || of_group || (reach.is(Role::Champion) && Some(row.created_by) == self.who.user)
    }

    /// Contributions of a response, whoever asks: a collector who repeats a post gets back what it sent.
    pub async fn contributions_of_response(
        &self,
        id: ResponseId,
    ) -> Result<Vec<contributions::Model>, Problem> {
        self.contributions_in(contributions::Column::ResponseId, vec![id.0])
            .await
    }

    /// A response, whoever asks: for finding out whether an id is taken.
    pub async fn any_response(&self, id: ResponseId) -> Result<Option<responses::Model>, Problem> {
        Ok(responses::Entity::find_by_id(id).one_of(self).await?)
    }

    /// A page of a consultation's responses that the caller may read, and all their contributions.
    pub async fn responses(
        &self,
        consultation: ConsultationId,
        channels: Option<Vec<Channel>>,
        reviews: Option<Vec<ReviewState>>,
        page: Page,
    ) -> Result<(Vec<responses::Model>, Vec<contributions::Model>), Problem> {
        use responses::Column;
        let mut query = responses::Entity::find()
            .filter(Column::ConsultationId.eq(consultation))
            .filter(any_of(Column::Channel, channels));
        if let Some(reviews) = reviews {
            // As `review_of` has it: what was taken back whole is withdrawn, whatever was said of it before.
            let withdrawn = reviews.contains(&ReviewState::Withdrawn);
            let standing = Column::Review.is_in(reviews).and(Column::WithdrawnAt.is_null());
            let mut any = Condition::any().add(standing);
            if withdrawn {
                any = any.add(Column::WithdrawnAt.is_not_null());
            }
            query = query.filter(any);
        }
        if !self.reach().is_lead() {
            let groups = self.reach().groups();
            let unplaced = Column::GroupId
                .is_null()
                .and(Column::CountedGroupId.is_in(groups.clone()));
            let mut any = Condition::any().add(Column::GroupId.is_in(groups)).add(unplaced);
            if self.reach().is(Role::Champion) {
                any = any.add(Column::CreatedBy.eq(self.user()?));
            }
            query = query.filter(any).filter(Column::WithdrawnAt.is_null());
        }
        let rows = paged(query, page, Column::ReceivedAt, Column::Id)
            .all_of(self)
            .await?;
        let ids = rows.iter().map(|row| row.id.0).collect();
        Ok((
            rows,
            self.contributions_in(contributions::Column::ResponseId, ids)
                .await?,
        ))
    }

    /// Ids of the responses that the caller posted.
    pub async fn own_responses(&self, consultation: ConsultationId) -> Result<Vec<Uuid>, Problem> {
        let query = responses::Entity::find()
            .select_only()
            .column(responses::Column::Id)
            .filter(responses::Column::ConsultationId.eq(consultation))
            .filter(responses::Column::CreatedBy.eq(self.user()?));
        let ids: Vec<ResponseId> = query.into_tuple().all_of(self).await?;
        Ok(ids.into_iter().map(|id| id.0).collect())
    }

    /// Stores a response and its contributions.
    pub async fn add_response(
        &self,
        row: responses::Model,
        said: Vec<contributions::Model>,
    ) -> Result<(), Problem> {
        self.insert(row).await?;
        self.insert_all(said).await
    }

    /// Writes a response's next version.
    pub async fn change_response(&self, row: responses::Model, cause: VersionCause) -> Result<(), Problem> {
        let of = (VersionedKind::Response, row.id.0, row.version);
        let matching = responses::Column::Id
            .eq(row.id)
            .and(responses::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await?;
        self.add_step(of, cause, None).await
    }

    /// A contribution, whoever asks; who may read it is for its container to say.
    pub async fn any_contribution(
        &self,
        id: ContributionId,
    ) -> Result<Option<contributions::Model>, Problem> {
        Ok(contributions::Entity::find_by_id(id).one_of(self).await?)
    }

    /// Contributions by id, in no order.
    pub async fn contributions(&self, ids: &[ContributionId]) -> Result<Vec<contributions::Model>, Problem> {
        let mut rows = Vec::with_capacity(ids.len());
        for some in ids.chunks(500) {
            let query = contributions::Entity::find();
            rows.extend(
                query
                    .filter(contributions::Column::Id.is_in(some.to_vec()))
                    .all_of(self)
                    .await?,
            );
        }
        Ok(rows)
    }

    /// Sections that contributions of a consultation name.
    pub async fn cited_sections(&self, id: ConsultationId) -> Result<Vec<String>, Problem> {
        let query = contributions::Entity::find()
            .select_only()
            .column(contributions::Column::SectionRef)
            .distinct()
            .filter(contributions::Column::ConsultationId.eq(id))
            .filter(contributions::Column::SectionRef.is_not_null());
        Ok(query.into_tuple().all_of(self).await?)
    }

    /// Adds contributions to a discussion or response that is there.
    pub async fn add_contributions(&self, rows: Vec<contributions::Model>) -> Result<(), Problem> {
        self.insert_all(rows).await
    }

    /// Writes a contribution's next version, made with version `within` of its discussion or response.
    pub async fn change_contribution(
        &self,
        row: contributions::Model,
        cause: VersionCause,
        within: Option<i32>,
    ) -> Result<(), Problem> {
        let container = row
            .discussion_id
            .map(|id| id.0)
            .or(row.response_id.map(|id| id.0));
        let of = (VersionedKind::Contribution, row.id.0, row.version);
        let version = contributions::Column::Version.eq(row.version - 1);
        let matching = contributions::Column::Id.eq(row.id).and(version);
        self.replace(row, Condition::all().add(matching)).await?;
        self.add_step(of, cause, container.zip(within)).await
    }

    /// Those that were not taken back.
    async fn contributions_in(
        &self,
        container: contributions::Column,
        ids: Vec<Uuid>,
    ) -> Result<Vec<contributions::Model>, Problem> {
        let query = contributions::Entity::find()
            .filter(container.is_in(ids))
            .filter(contributions::Column::WithdrawnAt.is_null());
        let query = query
            .order_by_asc(contributions::Column::ReceivedAt)
            .order_by_asc(contributions::Column::Id);
        Ok(query.all_of(self).await?)
    }
}
