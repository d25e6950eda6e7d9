//! Services: where people live and work. Each belongs to one regional group.

use crate::{
    auth::permission::{KeepNetwork, ReadNetwork},
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
    id::{GroupId, ServiceId},
    text::Title,
    vocabulary::{GroupKind, Setting},
};
use entity::services;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A service.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ServiceInput {
    #[validate(nested)]
    pub name: Title,
    #[validate(nested)]
    pub provider: Title,
    /// Opaque: 3 to 9 upper-case letters and digits.
    #[schema(pattern = "^[A-Z0-9]{3,9}$")]
    pub ods_code: Option<String>,
    pub setting: Setting,
    /// Its regional group.
    pub group_id: GroupId,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
}

/// A service.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceView {
    pub id: ServiceId,
    pub name: String,
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ods_code: Option<String>,
    pub setting: Setting,
    pub group_id: GroupId,
    pub valid_from: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    pub version: i32,
}

impl Resource for ServiceView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/services/{}", self.id)
    }
}

impl From<services::Model> for ServiceView {
    fn from(row: services::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            provider: row.provider,
            ods_code: row.ods_code,
            setting: row.setting,
            group_id: row.group_id,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            version: row.version,
        }
    }
}

impl ServiceInput {
    async fn row(
        self,
        tx: &Tx,
        mut faults: Faults,
        was: Option<services::Model>,
    ) -> Result<services::Model, Problem> {
        let code_is_one = |code: &String| {
            (3..=9).contains(&code.len())
                && code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        };
        faults.add_if(
            self.ods_code.as_ref().is_some_and(|code| !code_is_one(code)),
            "/ods_code",
            "not-an-ods-code",
            "An ODS code has 3 to 9 upper-case letters and digits.",
        );
        period(&mut faults, "/valid_to", Some(self.valid_from), self.valid_to);
        match Problem::absent(tx.group(self.group_id).await)? {
            Some(group) if group.kind == GroupKind::Regional => {}
            Some(_) => faults.add(
                "/group_id",
                "not-regional",
                "A service belongs to a regional group.",
            ),
            None => faults.add("/group_id", "unknown-id", "There is no such group."),
        }
        faults.end()?;
        Ok(services::Model {
            id: was.as_ref().map_or_else(crate::clock::new_id, |was| was.id),
            name: self.name.into_string(),
            provider: self.provider.into_string(),
            ods_code: self.ods_code,
            setting: self.setting,
            group_id: self.group_id,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            version: was.as_ref().map_or(1, |was| was.version + 1),
            received_at: was.as_ref().map_or(tx.now, |was| was.received_at),
            changed: tx.stamp,
        })
    }
}

/// `POST /v1/services`
pub async fn create(access: Access<KeepNetwork, Valid<ServiceInput>>) -> Reply<Created<ServiceView>> {
    let (asked, access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let row = input.row(tx, faults, None).await?;
        tx.add_service(row.clone()).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// Filters of the list of services.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ServiceFilters {
    /// Regional groups, any of them.
    #[param(value_type = Option<Vec<GroupId>>, style = Form, explode = false)]
    pub group: Option<AnyOf<GroupId>>,
    /// Settings, any of them.
    #[param(value_type = Option<Vec<Setting>>, style = Form, explode = false)]
    pub setting: Option<AnyOf<Setting>>,
}

/// `GET /v1/services`
pub async fn list(access: Access<ReadNetwork, Listing<ServiceFilters>>) -> Reply<Items<ServiceView>> {
    let (Listing { filters, page }, access) = access.split();
    let (groups, settings) = (filters.group.map(|any| any.0), filters.setting.map(|any| any.0));
    let rows = access
        .store()
        .read(async |tx| tx.services(page, groups, settings).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/services/{id}`
pub async fn show(access: Access<ReadNetwork, At<ServiceId>>) -> Reply<One<ServiceView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read(async |tx| tx.service(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/services/{id}`
pub async fn change(
    access: Access<KeepNetwork, (At<ServiceId>, Patch<ServiceInput>)>,
) -> Reply<One<ServiceView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let was = tx.service(id).await?;
        let (input, faults) = patch.over(&ServiceView::from(was.clone()), was.version)?.open();
        let row = input.row(tx, faults, Some(was)).await?;
        tx.change_service(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}
