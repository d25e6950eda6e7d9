//! Groups: regional, local and national. They are data with validity dates, never an enum: the network has had nine
//! regions and ten areas.

use crate::{
    auth::permission::{KeepNetwork, ReadNetwork},
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    id::{GroupId, ServiceId},
    text::{Mark, Prose, Title},
    vocabulary::{GroupKind, GroupStatus},
};
use entity::groups;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A group.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GroupInput {
    pub kind: GroupKind,
    #[validate(nested)]
    pub name: Title,
    /// Where one fits: the network's groups are not the NHS regions.
    #[validate(nested)]
    pub nhs_region_code: Option<Mark>,
    /// The service of a local group; only they have one.
    pub service_id: Option<ServiceId>,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    /// `active` unless said otherwise.
    pub status: Option<GroupStatus>,
    #[validate(nested)]
    pub status_reason: Option<Prose>,
    pub status_since: Option<Date>,
    pub status_until: Option<Date>,
}

/// A group.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupView {
    pub id: GroupId,
    pub kind: GroupKind,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhs_region_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    pub valid_from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    pub status: GroupStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_since: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_until: Option<Date>,
    pub version: i32,
}

impl Resource for GroupView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/groups/{}", self.id)
    }
}

impl From<groups::Model> for GroupView {
    fn from(row: groups::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            nhs_region_code: row.nhs_region_code,
            service_id: row.service_id,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            status: row.status,
            status_reason: row.status_reason,
            status_since: row.status_since,
            status_until: row.status_until,
            version: row.version,
        }
    }
}

impl GroupInput {
    async fn row(
        self,
        tx: &Tx,
        mut faults: Faults,
        was: Option<groups::Model>,
    ) -> Result<groups::Model, Problem> {
        let local = self.kind == GroupKind::Local;
        faults.add_if(
            local && self.service_id.is_none(),
            "/service_id",
            "missing-field",
            "A local group names its service.",
        );
        faults.add_if(
            !local && self.service_id.is_some(),
            "/service_id",
            "not-taken",
            "Only a local group has a service.",
        );
        if let Some(service) = self.service_id.filter(|_| local) {
            let unknown = tx.known_services(vec![service]).await?.is_empty();
            faults.add_if(unknown, "/service_id", "unknown-id", "There is no such service.");
        }
        period(&mut faults, "/valid_to", Some(self.valid_from), self.valid_to);
        period(&mut faults, "/status_until", self.status_since, self.status_until);
        if let Some(was) = &was {
            // Feedback is counted under the group as it was when recorded; another kind would count it elsewhere.
            faults.add_if(
                was.kind != self.kind,
                "/kind",
                "fixed",
                "A group's kind stays; close it and make another.",
            );
        }
        faults.end()?;
        Ok(groups::Model {
            id: was.as_ref().map_or_else(crate::clock::new_id, |was| was.id),
            kind: self.kind,
            name: self.name.into_string(),
            nhs_region_code: self.nhs_region_code.map(Into::into),
            service_id: self.service_id,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            status: self.status.unwrap_or(GroupStatus::Active),
            status_reason: self.status_reason.map(Into::into),
            status_since: self.status_since,
            status_until: self.status_until,
            version: was.as_ref().map_or(1, |was| was.version + 1),
            received_at: was.as_ref().map_or(tx.now, |was| was.received_at),
            changed: tx.stamp,
        })
    }
}

/// A period that ends before it begins.
pub(crate) fn period(faults: &mut Faults, at: &str, from: Option<Date>, to: Option<Date>) {
    let backwards = from.zip(to).is_some_and(|(from, to)| to < from);
    faults.add_if(
        backwards,
        at,
        "before-its-beginning",
        "The end lies before the beginning.",
    );
}

/// `POST /v1/groups`
pub async fn create(access: Access<KeepNetwork, Valid<GroupInput>>) -> Reply<Created<GroupView>> {
    let (asked, access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let row = input.row(tx, faults, None).await?;
        tx.add_group(row.clone()).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// Filters of the list of groups.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct GroupFilters {
    /// Kinds, any of them.
    #[param(value_type = Option<Vec<GroupKind>>, style = Form, explode = false)]
    pub kind: Option<AnyOf<GroupKind>>,
    /// States, any of them.
    #[param(value_type = Option<Vec<GroupStatus>>, style = Form, explode = false)]
    pub status: Option<AnyOf<GroupStatus>>,
}

/// `GET /v1/groups`
pub async fn list(access: Access<ReadNetwork, Listing<GroupFilters>>) -> Reply<Items<GroupView>> {
    let (Listing { filters, page }, access) = access.split();
    let (kinds, statuses) = (filters.kind.map(|any| any.0), filters.status.map(|any| any.0));
    let rows = access
        .store()
        .read(async |tx| tx.groups(page, kinds, statuses).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/groups/{id}`
pub async fn show(access: Access<ReadNetwork, At<GroupId>>) -> Reply<One<GroupView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read(async |tx| tx.group(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/groups/{id}`
pub async fn change(access: Access<KeepNetwork, (At<GroupId>, Patch<GroupInput>)>) -> Reply<One<GroupView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let was = tx.group(id).await?;
        let (input, faults) = patch.over(&GroupView::from(was.clone()), was.version)?.open();
        let row = input.row(tx, faults, Some(was)).await?;
        tx.change_group(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}
