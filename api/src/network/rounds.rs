//! Rounds of meetings: one round spills over adjacent months, so it is its own object with a window of dates.

use crate::{
    auth::permission::{KeepRounds, ReadNetwork},
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem},
    },
    network::groups::period,
    store::Tx,
};
use domain::{
    id::{GroupId, RoundId},
    limits,
    text::Title,
    vocabulary::RoundStatus,
};
use entity::rounds;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A round.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RoundInput {
    #[validate(nested)]
    pub title: Title,
    pub starts_on: Date,
    pub ends_on: Date,
    /// Groups that meet in it.
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 groups."))]
    #[schema(max_items = 1000)]
    pub group_ids: Vec<GroupId>,
    /// `active` unless said otherwise.
    pub status: Option<RoundStatus>,
}

/// A round.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoundView {
    pub id: RoundId,
    pub title: String,
    pub starts_on: Date,
    pub ends_on: Date,
    pub group_ids: Vec<GroupId>,
    pub status: RoundStatus,
    pub version: i32,
}

impl Resource for RoundView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/rounds/{}", self.id)
    }
}

impl RoundView {
    fn new(row: rounds::Model, group_ids: Vec<GroupId>) -> Self {
        Self {
            id: row.id,
            title: row.title,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            group_ids,
            status: row.status,
            version: row.version,
        }
    }
}

/// Ids that name no group, or stand twice.
pub(crate) async fn check_groups(
    tx: &Tx,
    faults: &mut Faults,
    at: &str,
    ids: &[GroupId],
) -> Result<(), Problem> {
    let known = tx.known_groups(ids.to_vec()).await?;
    for (index, id) in ids.iter().enumerate() {
        let unknown = !known.iter().any(|group| group.id == *id);
        faults.add_if(
            unknown,
            format!("{at}/{index}"),
            "unknown-id",
            "There is no such group.",
        );
        faults.add_if(
            ids[..index].contains(id),
            format!("{at}/{index}"),
            "repeated",
            "It stands here twice.",
        );
    }
    Ok(())
}

impl RoundInput {
    async fn row(
        self,
        tx: &Tx,
        mut faults: Faults,
        was: Option<rounds::Model>,
    ) -> Result<(rounds::Model, Vec<GroupId>), Problem> {
        period(&mut faults, "/ends_on", Some(self.starts_on), Some(self.ends_on));
        check_groups(tx, &mut faults, "/group_ids", &self.group_ids).await?;
        faults.end()?;
        let row = rounds::Model {
            id: was.as_ref().map_or_else(crate::clock::new_id, |was| was.id),
            title: self.title.into_string(),
            starts_on: self.starts_on,
            ends_on: self.ends_on,
            status: self.status.unwrap_or(RoundStatus::Active),
            version: was.as_ref().map_or(1, |was| was.version + 1),
            received_at: was.as_ref().map_or(tx.now, |was| was.received_at),
            changed: tx.stamp,
        };
        Ok((row, self.group_ids))
    }
}

/// `POST /v1/rounds`
pub async fn create(access: Access<KeepRounds, Valid<RoundInput>>) -> Reply<Created<RoundView>> {
    let (asked, access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let (row, groups) = input.row(tx, faults, None).await?;
        tx.add_round(row.clone(), groups.clone()).await?;
        Ok(Created(RoundView::new(row, groups)))
    });
    job.await
}

/// Filters of the list of rounds.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct RoundFilters {
    /// States, any of them.
    #[param(value_type = Option<Vec<RoundStatus>>, style = Form, explode = false)]
    pub status: Option<AnyOf<RoundStatus>>,
}

/// `GET /v1/rounds`
pub async fn list(access: Access<ReadNetwork, Listing<RoundFilters>>) -> Reply<Items<RoundView>> {
    let (Listing { filters, page }, access) = access.split();
    let statuses = filters.status.map(|any| any.0);
    let (rows, groups) = access
        .store()
        .read(async |tx| {
            let rows = tx.rounds(page, statuses).await?;
            let groups = tx
                .groups_of_rounds(rows.iter().map(|row| row.id).collect())
                .await?;
            Ok((rows, groups))
        })
        .await?;
    let of = |id: RoundId| {
        groups
            .iter()
            .filter(|(round, _)| *round == id)
            .map(|(_, group)| *group)
            .collect()
    };
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| {
            let groups = of(row.id);
            RoundView::new(row, groups)
        },
    ))
}

/// `GET /v1/rounds/{id}`
pub async fn show(access: Access<ReadNetwork, At<RoundId>>) -> Reply<One<RoundView>> {
    let At(id) = access.asked;
    let (row, groups) = access.store().read(async |tx| tx.round(id).await).await?;
    Ok(One(RoundView::new(row, groups)))
}

/// `PATCH /v1/rounds/{id}`
pub async fn change(access: Access<KeepRounds, (At<RoundId>, Patch<RoundInput>)>) -> Reply<One<RoundView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let (was, groups) = tx.round(id).await?;
        let (input, faults) = patch
            .over(&RoundView::new(was.clone(), groups), was.version)?
            .open();
        let (row, groups) = input.row(tx, faults, Some(was)).await?;
        tx.change_round(row.clone(), groups.clone()).await?;
        Ok(RoundView::new(row, groups))
    });
    job.await.map(One)
}
