//! Bodies: steering groups, clinical reference groups, sub-groups, commissioners.

use crate::{
    auth::permission::{KeepNetwork, ReadNetwork},
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{At, Patch, Valid},
        page::{Items, Listing, NoFilters},
    },
};
use domain::{id::BodyId, text::Title, vocabulary::BodyKind};
use entity::bodies;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A body.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct BodyInput {
    pub kind: BodyKind,
    #[validate(nested)]
    pub name: Title,
}

/// A body.
#[derive(Debug, Serialize, ToSchema)]
pub struct BodyView {
    pub id: BodyId,
    pub kind: BodyKind,
    pub name: String,
    pub version: i32,
}

impl Resource for BodyView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/bodies/{}", self.id)
    }
}

impl From<bodies::Model> for BodyView {
    fn from(row: bodies::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            name: row.name,
            version: row.version,
        }
    }
}

/// `POST /v1/bodies`
pub async fn create(access: Access<KeepNetwork, Valid<BodyInput>>) -> Reply<Created<BodyView>> {
    let (asked, access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let store = access.store();
    let job = store.post(async move |tx| {
        let row = bodies::Model {
            id: crate::clock::new_id(),
            kind: input.kind,
            name: input.name.into_string(),
            version: 1,
            received_at: tx.now,
        };
        tx.add_body(row.clone()).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// `GET /v1/bodies`
pub async fn list(access: Access<ReadNetwork, Listing<NoFilters>>) -> Reply<Items<BodyView>> {
    let page = access.asked.page;
    let rows = access.store().read(async |tx| tx.bodies(page).await).await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/bodies/{id}`
pub async fn show(access: Access<ReadNetwork, At<BodyId>>) -> Reply<One<BodyView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read(async |tx| tx.body(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/bodies/{id}`
pub async fn change(access: Access<KeepNetwork, (At<BodyId>, Patch<BodyInput>)>) -> Reply<One<BodyView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let row = tx.body(id).await?;
        let (input, faults) = patch.over(&BodyView::from(row.clone()), row.version)?.open();
        faults.end()?;
        let row = bodies::Model {
            kind: input.kind,
            name: input.name.into_string(),
            version: row.version + 1,
            ..row
        };
        tx.change_body(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}
