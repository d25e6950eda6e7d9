//! Bodies, groups, services, rounds and meetings.

use super::statements::Reading;
use super::{Tx, paged};
use crate::http::{page::Page, problem::Problem};
use domain::{
    id::{BodyId, GroupId, MeetingId, RoundId, ServiceId},
    vocabulary::{GroupKind, GroupStatus, MeetingStatus, RoundStatus, Setting},
};
use entity::{bodies, groups, meetings, round_groups, rounds, services};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder};

/// A filter that was not given takes everything.
pub(super) fn any_of<C: ColumnTrait, V: Into<sea_orm::Value>>(
    column: C,
    values: Option<Vec<V>>,
) -> Condition {
    match values {
        None => Condition::all(),
        Some(values) => Condition::all().add(column.is_in(values)),
    }
}

impl Tx {
    /// A body.
    pub async fn body(&self, id: BodyId) -> Result<bodies::Model, Problem> {
        bodies::Entity::find_by_id(id)
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)
    }

    /// A page of bodies.
    pub async fn bodies(&self, page: Page) -> Result<Vec<bodies::Model>, Problem> {
        let query = paged(
            bodies::Entity::find(),
            page,
            bodies::Column::ReceivedAt,
            bodies::Column::Id,
        );
        Ok(query.all_of(self).await?)
    }

    /// Stores a body.
    pub async fn add_body(&self, row: bodies::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Writes a body's next version.
    pub async fn change_body(&self, row: bodies::Model) -> Result<(), Problem> {
        let matching = bodies::Column::Id
            .eq(row.id)
            .and(bodies::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// A group.
    pub async fn group(&self, id: GroupId) -> Result<groups::Model, Problem> {
        let group = self.remembered("groups", id.0, async || {
            groups::Entity::find_by_id(id).one_of(self).await
        });
        group.await?.ok_or_else(Problem::not_found)
    }

    /// A page of groups.
    pub async fn groups(
        &self,
        page: Page,
        kinds: Option<Vec<GroupKind>>,
        statuses: Option<Vec<GroupStatus>>,
    ) -> Result<Vec<groups::Model>, Problem> {
        let query = groups::Entity::find()
            .filter(any_of(groups::Column::Kind, kinds))
            .filter(any_of(groups::Column::Status, statuses));
        Ok(paged(query, page, groups::Column::ReceivedAt, groups::Column::Id)
            .all_of(self)
            .await?)
    }

    /// The group under which figures count `group`: a local group counts as the regional group of its service.
    pub async fn counted_group(&self, group: &groups::Model) -> Result<GroupId, Problem> {
        match group.service_id {
            Some(service) => Ok(self.service(service).await?.group_id),
            None => Ok(group.id),
        }
    }

    /// Stores a group.
    pub async fn add_group(&self, row: groups::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Writes a group's next version.
    pub async fn change_group(&self, row: groups::Model) -> Result<(), Problem> {
        let matching = groups::Column::Id
            .eq(row.id)
            .and(groups::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// A service.
    pub async fn service(&self, id: ServiceId) -> Result<services::Model, Problem> {
        let service = self.remembered("services", id.0, async || {
            services::Entity::find_by_id(id).one_of(self).await
        });
        service.await?.ok_or_else(Problem::not_found)
    }

    /// A page of services.
    pub async fn services(
        &self,
        page: Page,
        groups: Option<Vec<GroupId>>,
        settings: Option<Vec<Setting>>,
    ) -> Result<Vec<services::Model>, Problem> {
        let query = services::Entity::find()
            .filter(any_of(services::Column::GroupId, groups))
            .filter(any_of(services::Column::Setting, settings));
        Ok(
            paged(query, page, services::Column::ReceivedAt, services::Column::Id)
                .all_of(self)
                .await?,
        )
    }

    /// Which of `ids` are services.
    pub async fn known_services(&self, ids: Vec<ServiceId>) -> Result<Vec<ServiceId>, Problem> {
        let query = services::Entity::find().filter(services::Column::Id.is_in(ids));
        Ok(query.all_of(self).await?.into_iter().map(|row| row.id).collect())
    }

    /// Which of `ids` are groups.
    pub async fn known_groups(&self, ids: Vec<GroupId>) -> Result<Vec<groups::Model>, Problem> {
        Ok(groups::Entity::find()
            .filter(groups::Column::Id.is_in(ids))
            .all_of(self)
            .await?)
    }

    /// Which of `ids` are rounds.
    pub async fn known_rounds(&self, ids: Vec<RoundId>) -> Result<Vec<RoundId>, Problem> {
        let query = rounds::Entity::find().filter(rounds::Column::Id.is_in(ids));
        Ok(query.all_of(self).await?.into_iter().map(|row| row.id).collect())
    }

    /// Stores a service.
    pub async fn add_service(&self, row: services::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Writes a service's next version.
    pub async fn change_service(&self, row: services::Model) -> Result<(), Problem> {
        let matching = services::Column::Id
            .eq(row.id)
            .and(services::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// A round and its groups.
    pub async fn round(&self, id: RoundId) -> Result<(rounds::Model, Vec<GroupId>), Problem> {
        let row = rounds::Entity::find_by_id(id)
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)?;
        Ok((
            row,
            self.groups_of_rounds(vec![id])
                .await?
                .into_iter()
                .map(|(_, group)| group)
                .collect(),
        ))
    }

    /// Groups that meet in these rounds.
    pub async fn groups_of_rounds(&self, ids: Vec<RoundId>) -> Result<Vec<(RoundId, GroupId)>, Problem> {
        let query = round_groups::Entity::find().filter(round_groups::Column::RoundId.is_in(ids));
        let rows = query
            .order_by_asc(round_groups::Column::GroupId)
            .all_of(self)
            .await?;
        Ok(rows.into_iter().map(|row| (row.round_id, row.group_id)).collect())
    }

    /// A page of rounds.
    pub async fn rounds(
        &self,
        page: Page,
        statuses: Option<Vec<RoundStatus>>,
    ) -> Result<Vec<rounds::Model>, Problem> {
        let query = rounds::Entity::find().filter(any_of(rounds::Column::Status, statuses));
        Ok(paged(query, page, rounds::Column::ReceivedAt, rounds::Column::Id)
            .all_of(self)
            .await?)
    }

    /// Stores a round and its groups.
    pub async fn add_round(&self, row: rounds::Model, groups: Vec<GroupId>) -> Result<(), Problem> {
        let id = row.id;
        self.insert(row).await?;
        self.add_round_groups(id, groups).await
    }

    /// Writes a round's next version and its groups.
    pub async fn change_round(&self, row: rounds::Model, groups: Vec<GroupId>) -> Result<(), Problem> {
        let id = row.id;
        let matching = rounds::Column::Id
            .eq(id)
            .and(rounds::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await?;
        let old = round_groups::Entity::delete_many().filter(round_groups::Column::RoundId.eq(id));
        self.delete(old).await?;
        self.add_round_groups(id, groups).await
    }

    async fn add_round_groups(&self, round_id: RoundId, groups: Vec<GroupId>) -> Result<(), Problem> {
        self.insert_all(
            groups
                .into_iter()
                .map(|group_id| round_groups::Model { round_id, group_id })
                .collect(),
        )
        .await
    }

    /// A meeting of a group that the caller works with.
    pub async fn meeting(&self, id: MeetingId) -> Result<meetings::Model, Problem> {
        let row = self.any_meeting(id).await?.ok_or_else(Problem::not_found)?;
        if self.reach().has_group(row.group_id) {
            Ok(row)
        } else {
            Err(Problem::not_found())
        }
    }

    /// A meeting, whoever asks: for finding out whether an id is taken.
    pub async fn any_meeting(&self, id: MeetingId) -> Result<Option<meetings::Model>, Problem> {
        let meeting = self.remembered("meetings", id.0, async || {
            meetings::Entity::find_by_id(id).one_of(self).await
        });
        Ok(meeting.await?)
    }

    /// A page of meetings of groups that the caller works with.
    pub async fn meetings(
        &self,
        page: Page,
        groups: Option<Vec<GroupId>>,
        rounds: Option<Vec<RoundId>>,
        statuses: Option<Vec<MeetingStatus>>,
    ) -> Result<Vec<meetings::Model>, Problem> {
        let own = (!self.reach().is_lead()).then(|| self.reach().groups());
        let query = meetings::Entity::find()
            .filter(any_of(meetings::Column::GroupId, own))
            .filter(any_of(meetings::Column::GroupId, groups))
            .filter(any_of(meetings::Column::RoundId, rounds))
            .filter(any_of(meetings::Column::Status, statuses));
        Ok(
            paged(query, page, meetings::Column::ReceivedAt, meetings::Column::Id)
                .all_of(self)
                .await?,
        )
    }

    /// Meetings of rounds, whoever asks: for closing a consultation.
    pub async fn meetings_of_rounds(&self, ids: Vec<RoundId>) -> Result<Vec<meetings::Model>, Problem> {
        Ok(meetings::Entity::find()
            .filter(meetings::Column::RoundId.is_in(ids))
            .all_of(self)
            .await?)
    }

    /// Stores a meeting.
    pub async fn add_meeting(&self, row: meetings::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Writes a meeting's next version.
    pub async fn change_meeting(&self, row: meetings::Model) -> Result<(), Problem> {
        let matching = meetings::Column::Id
            .eq(row.id)
            .and(meetings::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// Every group, service and round with its stamp, for collating.
    pub(super) async fn register_rows(
        &self,
    ) -> Result<(Vec<groups::Model>, Vec<services::Model>, Vec<rounds::Model>), Problem> {
        let groups = groups::Entity::find()
            .order_by_asc(groups::Column::ReceivedAt)
            .order_by_asc(groups::Column::Id)
            .all_of(self)
            .await?;
        let services = services::Entity::find()
            .order_by_asc(services::Column::ReceivedAt)
            .order_by_asc(services::Column::Id)
            .all_of(self)
            .await?;
        let rounds = rounds::Entity::find()
            .order_by_asc(rounds::Column::ReceivedAt)
            .order_by_asc(rounds::Column::Id)
            .all_of(self)
            .await?;
        Ok((groups, services, rounds))
    }
}
