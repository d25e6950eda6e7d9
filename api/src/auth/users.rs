//! People who sign in, and `/v1/me`.

use super::{
    caller::Subject,
    grants::{self, GrantInput, GrantView},
    permission::{KeepUsers, ReadSelf},
};
use crate::{
    auth::password,
    http::{
        access::Access,
        answer::{Created, Done, One, Plain, Reply, Resource},
        ask::{At, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    id::{GrantId, UserId},
    limits,
    text::{Title, folded},
    vocabulary::CallerKind,
};
use entity::users;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Somebody who shall sign in.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct UserInput {
    #[validate(
        email(message = "An e-mail address is wanted."),
        length(max = 300, message = "At most 300 characters.")
    )]
    #[schema(format = Email, max_length = 300)]
    pub email: String,
    #[validate(nested)]
    pub name: Title,
    /// At least 12 characters.
    #[validate(length(min = limits::PASSWORD_LEAST, max = limits::PASSWORD_MOST, message = "A password has 12 to 200 characters."))]
    #[schema(min_length = 12, max_length = 200)]
    pub password: String,
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 grants."))]
    #[schema(max_items = 1000)]
    pub grants: Vec<GrantInput>,
}

/// Somebody who signs in.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserView {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub grants: Vec<GrantView>,
    /// Grows with every grant given or taken away.
    pub version: i32,
}

impl Resource for UserView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/users/{}", self.id)
    }
}

/// One's own name and grants.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// The id of a user or of an api client, as `kind` says.
    pub id: UserId,
    pub kind: CallerKind,
    pub name: String,
    pub grants: Vec<GrantView>,
}

/// `GET /v1/me`
pub async fn me(access: Access<ReadSelf>) -> Reply<Plain<MeView>> {
    let caller = access.caller();
    let (id, kind, name) = (caller.user, caller.kind, caller.name.clone());
    let grants = access.store().read(async |tx| tx.grants_of(id).await).await?;
    Ok(Plain(MeView {
        id,
        kind,
        name,
        grants: grants.into_iter().map(|row| GrantView::of(kind, row)).collect(),
    }))
}

/// Stores a user with grants, and says who it is: what `POST /v1/users` and `collate user add` do.
///
/// # Errors
/// Every broken rule, or an e-mail address that somebody has.
pub async fn add(tx: &Tx, input: UserInput, password_hash: String) -> Result<UserView, Problem> {
    let row = users::Model {
        id: crate::clock::new_id(),
        email_folded: folded(&input.email),
        email: input.email.trim().to_owned(),
        name: input.name.into_string(),
        password_hash,
        version: 1,
        received_at: tx.now,
    };
    let id = row.id;
    tx.add_user(row).await?;
    grants::add_all(tx, id, input.grants).await?;
    view(tx, id).await
}

/// The rules of a user's input that attributes cannot say.
pub fn check(input: &UserInput, faults: &mut Faults) {
    grants::check_all(&input.grants, CallerKind::Person, faults);
}

async fn view(tx: &Tx, id: UserId) -> Result<UserView, Problem> {
    let row = tx.caller_row(Subject::Person(id)).await?;
    Ok(UserView {
        id,
        email: row.email,
        name: row.name,
        grants: grants::views(tx, Subject::Person(id)).await?,
        version: row.version,
    })
}

/// `POST /v1/users`
pub async fn create(access: Access<KeepUsers, Valid<UserInput>>) -> Reply<Created<UserView>> {
    let (asked, access) = access.split();
    let (input, mut faults) = asked.open();
    check(&input, &mut faults);
    faults.end()?;
    let hash = password::hash(input.password.clone()).await?;
    access
        .store()
        .post(async move |tx| add(tx, input, hash).await.map(Created))
        .await
}

/// `GET /v1/users`
pub async fn list(access: Access<KeepUsers, Listing<NoFilters>>) -> Reply<Items<UserView>> {
    let page = access.asked.page;
    let views = access
        .store()
        .read(async |tx| {
            let mut views = Vec::new();
            for row in tx.people(page).await? {
                views.push((row.received_at, view(tx, row.id).await?));
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

/// `GET /v1/users/{id}`
pub async fn show(access: Access<KeepUsers, At<UserId>>) -> Reply<One<UserView>> {
    let At(id) = access.asked;
    access.store().read(async |tx| view(tx, id).await).await.map(One)
}

/// `GET /v1/users/{id}/grants`
pub async fn list_grants(
    access: Access<KeepUsers, (At<UserId>, Listing<NoFilters>)>,
) -> Reply<Items<GrantView>> {
    let (At(id), listing) = &access.asked;
    grants::list(&access.store(), Subject::Person(*id), listing).await
}

/// `POST /v1/users/{id}/grants`
pub async fn grant(access: Access<KeepUsers, (At<UserId>, Valid<GrantInput>)>) -> Reply<Created<GrantView>> {
    let ((At(id), asked), access) = access.split();
    grants::give(
        &access.store(),
        &access.state().sessions,
        Subject::Person(id),
        asked,
    )
    .await
}

/// `DELETE /v1/users/{id}/grants/{grant_id}`
pub async fn take_away(access: Access<KeepUsers, At<(UserId, GrantId)>>) -> Reply<Done> {
    let At((id, grant)) = access.asked;
    grants::take_away(
        &access.store(),
        &access.state().sessions,
        Subject::Person(id),
        grant,
    )
    .await
}
