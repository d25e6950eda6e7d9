//! What made each version of what came in, and what stood there before.
//!
//! A version beyond the first has a row that says who made it, when and why; what a correction wrote over is kept beside it.
//! A table or response whose version moved because a point in it changed has no row of its own: the point's row names the
//! version of both, so that neither can say what the other does not.

use super::Tx;
use super::statements::Reading;
use crate::http::problem::Problem;
use domain::{
    id::{ContributionId, DiscussionId, ResponseId},
    vocabulary::{Role, VersionCause, VersionedKind},
};
use entity::{clearances, contributions, discussions, earlier_versions, responses, version_steps};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde::Serialize;
use std::{collections::HashMap, ops::RangeInclusive};
use uuid::Uuid;

impl Tx {
    /// Writes down why there is this version of something, and with which version of what it is in.
    pub async fn add_step(
        &self,
        (of_kind, of_id, version): (VersionedKind, Uuid, i32),
        cause: VersionCause,
        within: Option<(Uuid, i32)>,
    ) -> Result<(), Problem> {
        let (within_id, within_version) = within.unzip();
        self.insert(version_steps::Model {
            of_kind,
            of_id,
            version,
            cause,
            within_id,
            within_version,
            made_by: self.who.user,
            made_at: self.now,
        })
        .await
    }

    /// Keeps what a version said before it is written over.
    pub async fn keep_version(
        &self,
        of_kind: VersionedKind,
        of_id: Uuid,
        version: i32,
        body: &impl Serialize,
    ) -> Result<(), Problem> {
        self.insert(earlier_versions::Model {
            id: crate::clock::new_id(),
            of_kind: of_kind.as_str().into(),
            of_id,
            version,
            body: serde_json::to_value(body).map_err(Problem::internal)?,
            replaced_by: self.user()?,
            replaced_at: self.now,
        })
        .await
    }

    /// Whether the caller may see what was replaced to clear it: leads and the auditor.
    pub fn sees_originals(&self) -> bool {
        self.reach().is_lead() || self.reach().is(Role::Auditor)
    }

    /// A discussion whose history the caller may read.
    pub async fn discussion_with_history(&self, id: DiscussionId) -> Result<discussions::Model, Problem> {
        let row = self
            .any_discussion(id)
            .await?
            .filter(|row| self.reach().has_group(row.group_id) || self.reach().is(Role::Auditor))
            .ok_or_else(Problem::not_found)?;
        self.consultation(row.consultation_id).await?;
        Ok(row)
    }

    /// A response whose history the caller may read. Of one that was taken back whole, leads and the auditor may.
    pub async fn response_with_history(&self, id: ResponseId) -> Result<responses::Model, Problem> {
        let row = self
            .any_response(id)
            .await?
            .filter(|row| self.may_read_response(row) || self.reach().is(Role::Auditor))
            .filter(|row| row.withdrawn_at.is_none() || self.sees_originals())
            .ok_or_else(Problem::not_found)?;
        self.consultation(row.consultation_id).await?;
        Ok(row)
    }

    /// A contribution whose history the caller may read. Of one that was taken back, leads and the auditor may.
    pub async fn contribution_with_history(
        &self,
        id: ContributionId,
    ) -> Result<contributions::Model, Problem> {
        let row = self
            .any_contribution(id)
            .await?
            .filter(|row| row.withdrawn_at.is_none() || self.sees_originals())
            .ok_or_else(Problem::not_found)?;
        if let Some(discussion) = row.discussion_id {
            self.discussion_with_history(discussion).await?;
        }
        if let Some(response) = row.response_id {
            self.response_with_history(response).await?;
        }
        Ok(row)
    }

    /// What made some of the versions of one thing.
    pub async fn steps_of(
        &self,
        id: Uuid,
        versions: RangeInclusive<i32>,
    ) -> Result<Vec<version_steps::Model>, Problem> {
        let query = version_steps::Entity::find()
            .filter(version_steps::Column::OfId.eq(id))
            .filter(version_steps::Column::Version.between(*versions.start(), *versions.end()))
            .order_by_asc(version_steps::Column::Version);
        Ok(query.all_of(self).await?)
    }

    /// Versions of contributions that were made with some of the versions of their discussion or response.
    pub async fn steps_within(
        &self,
        container: Uuid,
        versions: RangeInclusive<i32>,
    ) -> Result<Vec<version_steps::Model>, Problem> {
        let query = version_steps::Entity::find()
            .filter(version_steps::Column::WithinId.eq(container))
            .filter(version_steps::Column::WithinVersion.between(*versions.start(), *versions.end()))
            .order_by_asc(version_steps::Column::WithinVersion)
            .order_by_asc(version_steps::Column::OfId);
        Ok(query.all_of(self).await?)
    }

    /// What stood in versions from `from` on, before each was written over; `most` of them at the most, oldest first.
    pub async fn kept_from(
        &self,
        id: Uuid,
        from: i32,
        most: u64,
    ) -> Result<Vec<earlier_versions::Model>, Problem> {
        let query = earlier_versions::Entity::find()
            .filter(earlier_versions::Column::OfId.eq(id))
            .filter(earlier_versions::Column::Version.gte(from))
            .order_by_asc(earlier_versions::Column::Version)
            .limit(most);
        Ok(query.all_of(self).await?)
    }

    /// What stood in versions of these contributions from `from` on, before each was written over, oldest first.
    pub async fn kept_of(
        &self,
        ids: &[ContributionId],
        from: i32,
    ) -> Result<Vec<earlier_versions::Model>, Problem> {
        let mut kept = Vec::new();
        for some in ids.chunks(500) {
            let query = earlier_versions::Entity::find()
                .filter(earlier_versions::Column::OfId.is_in(some.iter().map(|id| id.0)))
                .filter(earlier_versions::Column::Version.gte(from))
                .order_by_asc(earlier_versions::Column::Version);
            kept.extend(query.all_of(self).await?);
        }
        Ok(kept)
    }

    /// The version that the latest clearance which replaced parts of the text made, of those of `ids` that have one.
    pub async fn replaced_by_clearance(
        &self,
        ids: &[ContributionId],
    ) -> Result<HashMap<ContributionId, i32>, Problem> {
        let mut latest = HashMap::new();
        for some in ids.chunks(500) {
            let found: Vec<(ContributionId, i32)> = clearances::Entity::find()
                .select_only()
                .columns([clearances::Column::ContributionId, clearances::Column::Version])
                .filter(clearances::Column::ContributionId.is_in(some.to_vec()))
                .filter(Condition::all().add(Expr::col(clearances::Column::Replaced)))
                .order_by_asc(clearances::Column::Version)
                .into_tuple()
                .all_of(self)
                .await?;
            latest.extend(found);
        }
        Ok(latest)
    }
}
