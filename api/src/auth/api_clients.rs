//! Api clients: machines that call with a secret of their own, such as a survey tool that posts what it collects or a
//! dashboard that shows what is published. They get access tokens by `POST /v1/auth/token` with
//! `grant_type=client_credentials`.
//!
//! A client is one of those who call, as a person is: a row of `users` without an e-mail address and a password, so that
//! whatever names who did it names a client honestly, and grants and reach are one thing for both. Refused: a second
//! column beside every `created_by`, which each query and each new table would have to remember; and clients that act in
//! the name of the admin who made them, which would put a person's name to what a machine did.
//!
//! A secret is 256 random bits, shown once and kept as its SHA-256: there is nothing to guess, so a slow hash as
//! passwords need would protect nothing. At most two are good at a time, so that a new one can be brought to the machine
//! while the old one still works.

use super::{
    caller::Subject,
    grants::{self, GrantInput, GrantView},
    permission::KeepApiClients,
};
use crate::{
    http::{
        access::Access,
        answer::{Created, Done, One, Reply, Resource, ShownOnce},
        ask::{At, Valid, Version},
        digest::{digest, hex},
        page::{Items, Listing, NoFilters},
        problem::Problem,
    },
    store::Tx,
};
use domain::{
    id::{ApiClientId, ApiClientSecretId, GrantId},
    limits,
    moment::Moment,
    text::Title,
    vocabulary::CallerKind,
};
use entity::{api_client_secrets, users};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// What every secret begins with, so that scanners of source and logs know one when they see it.
const PREFIX: &str = "collate_secret_";

/// A day.
const OVERLAP: i64 = 24 * 3600;

/// A machine that shall call.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApiClientInput {
    #[validate(nested)]
    pub name: Title,
    /// `collector` of consultations, or `dashboard`.
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 grants."))]
    #[schema(max_items = 1000)]
    pub grants: Vec<GrantInput>,
}

/// A new secret, and what becomes of the one before.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApiClientSecretInput {
    /// Seconds for which the secret before stays good: a day unless said otherwise, at most 30 days; 0 ends every older
    /// one at once.
    #[serde(default = "a_day")]
    #[validate(range(min = 0, max = limits::OVERLAP_SECONDS, message = "From 0 to 2592000 seconds (30 days)."))]
    #[schema(minimum = 0, maximum = 2592000, default = 86400)]
    pub overlap_seconds: i64,
}

const fn a_day() -> i64 {
    OVERLAP
}

/// A secret of an api client.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiClientSecretView {
    pub id: ApiClientSecretId,
    pub api_client_id: ApiClientId,
    /// Shown this once, in answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub made_at: Moment,
    /// When it ends, because a newer one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

impl ApiClientSecretView {
    fn of(row: api_client_secrets::Model, secret: Option<String>) -> Self {
        Self {
            id: row.id,
            api_client_id: row.client_id,
            secret,
            made_at: row.made_at,
            expires_at: row.expires_at,
        }
    }
}

impl Resource for ApiClientSecretView {
    /// A secret is made or taken away, never changed.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/api-clients/{}/secrets/{}", self.api_client_id, self.id)
    }
}

/// A machine that calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiClientView {
    /// The `client_id` with which it asks for tokens.
    pub id: ApiClientId,
    pub name: String,
    /// The `client_secret`, shown this once, in answer to the request that made the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    pub grants: Vec<GrantView>,
    /// Secrets that are good now, the older first; two while one takes over from the other.
    pub secrets: Vec<ApiClientSecretView>,
    /// Grows with every grant and secret given or taken away.
    pub version: i32,
}

impl Resource for ApiClientView {
    /// Secrets end by themselves.
    fn moves_with_version(&self) -> bool {
        false
    }

    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/api-clients/{}", self.id)
    }
}

fn new_secret() -> String {
    format!("{PREFIX}{}", hex(&crate::clock::random_bytes::<32>()))
}

async fn view(tx: &Tx, id: ApiClientId, secret: Option<String>) -> Result<ApiClientView, Problem> {
    let client = Subject::ApiClient(id);
    let row = tx.caller_row(client).await?;
    let secrets = tx.live_secrets(id).await?;
    Ok(ApiClientView {
        id,
        name: row.name,
        secret,
        grants: grants::views(tx, client).await?,
        secrets: secrets
            .into_iter()
            .map(|row| ApiClientSecretView::of(row, None))
            .collect(),
        version: row.version,
    })
}

/// `POST /v1/api-clients`
pub async fn create(
    access: Access<KeepApiClients, Valid<ApiClientInput>>,
) -> Reply<ShownOnce<ApiClientView>> {
    let (asked, access) = access.split();
    let (input, mut faults) = asked.open();
    grants::check_all(&input.grants, CallerKind::ApiClient, &mut faults);
    faults.end()?;
    let secret = new_secret();
    access
        .store()
        .post(async move |tx| {
            let id: ApiClientId = crate::clock::new_id();
            let row = users::Model {
                id: id.into(),
                // No e-mail address: none can be written so, and none is looked for among clients.
                email: String::new(),
                email_folded: Subject::ApiClient(id).to_string(),
                name: input.name.into_string(),
                // No hash of any password.
                password_hash: String::new(),
                version: 1,
                received_at: tx.now,
            };
            tx.add_api_client(id, row).await?;
            tx.add_secret(id, digest(&secret)).await?;
            grants::add_all(tx, id.into(), input.grants).await?;
            view(tx, id, Some(secret)).await.map(ShownOnce)
        })
        .await
}

/// `GET /v1/api-clients`
pub async fn list(access: Access<KeepApiClients, Listing<NoFilters>>) -> Reply<Items<ApiClientView>> {
    let page = access.asked.page;
    let views = access
        .store()
        .read(async |tx| {
            let mut views = Vec::new();
            for row in tx.api_clients(page).await? {
                // One that is taken away while the list is read is left out of it.
                if let Some(view) = Problem::absent(view(tx, row.id.0.into(), None).await)? {
                    views.push((row.received_at, view));
                }
            }
            Ok(views)
        })
        .await?;
    Ok(Items::new(
        views,
        page,
        |(at, view)| (*at, view.id.0),
        |(_, view)| view,
    ))
}

/// `GET /v1/api-clients/{id}`
pub async fn show(access: Access<KeepApiClients, At<ApiClientId>>) -> Reply<One<ApiClientView>> {
    let At(id) = access.asked;
    access
        .store()
        .read(async |tx| view(tx, id, None).await)
        .await
        .map(One)
}

/// `DELETE /v1/api-clients/{id}`: its tokens are refused within a second, its secrets and grants are gone; what it wrote
/// keeps its name.
pub async fn end(access: Access<KeepApiClients, (At<ApiClientId>, Version)>) -> Reply<Done> {
    let (At(id), named) = access.asked;
    access
        .store()
        .write(async move |tx| {
            let row = tx.caller_changes(Subject::ApiClient(id)).await?;
            named.check(row.version)?;
            tx.end_api_client(id).await
        })
        .await?;
    access.state().sessions.forget(Subject::ApiClient(id));
    Ok(Done)
}

/// `POST /v1/api-clients/{id}/secrets`
pub async fn renew(
    access: Access<KeepApiClients, (At<ApiClientId>, Valid<ApiClientSecretInput>)>,
) -> Reply<ShownOnce<ApiClientSecretView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let secret = new_secret();
    access
        .store()
        .post(async move |tx| {
            tx.caller_changes(Subject::ApiClient(id)).await?;
            tx.supersede_secrets(id, input.overlap_seconds).await?;
            let row = tx.add_secret(id, digest(&secret)).await?;
            Ok(ShownOnce(ApiClientSecretView::of(row, Some(secret))))
        })
        .await
}

/// `DELETE /v1/api-clients/{id}/secrets/{secret_id}`
pub async fn take_secret(
    access: Access<KeepApiClients, At<(ApiClientId, ApiClientSecretId)>>,
) -> Reply<Done> {
    let At((id, secret)) = access.asked;
    access
        .store()
        .write(async move |tx| {
            tx.caller_changes(Subject::ApiClient(id)).await?;
            tx.remove_secret(id, secret).await
        })
        .await?;
    Ok(Done)
}

/// `GET /v1/api-clients/{id}/grants`
pub async fn list_grants(
    access: Access<KeepApiClients, (At<ApiClientId>, Listing<NoFilters>)>,
) -> Reply<Items<GrantView>> {
    let (At(id), listing) = &access.asked;
    grants::list(&access.store(), Subject::ApiClient(*id), listing).await
}

/// `POST /v1/api-clients/{id}/grants`
pub async fn grant(
    access: Access<KeepApiClients, (At<ApiClientId>, Valid<GrantInput>)>,
) -> Reply<Created<GrantView>> {
    let ((At(id), asked), access) = access.split();
    let client = Subject::ApiClient(id);
    grants::give(&access.store(), &access.state().sessions, client, asked).await
}

/// `DELETE /v1/api-clients/{id}/grants/{grant_id}`
pub async fn take_away(access: Access<KeepApiClients, At<(ApiClientId, GrantId)>>) -> Reply<Done> {
    let At((id, grant)) = access.asked;
    let client = Subject::ApiClient(id);
    grants::take_away(&access.store(), &access.state().sessions, client, grant).await
}
