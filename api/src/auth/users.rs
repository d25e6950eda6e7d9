//! Users, their grants, and `/v1/me`.

use super::permission::{KeepUsers, ReadSelf};
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
    id::{BodyId, ConsultationId, GrantId, GroupId, ServiceId, UserId},
    limits,
    text::{Title, folded},
    vocabulary::{Role, RoleScope},
};
use entity::{grants, users};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A role and its scope. A role without the scope it needs means nothing and is refused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    pub role: Role,
    /// For facilitators.
    pub group_id: Option<GroupId>,
    /// For champions.
    pub service_id: Option<ServiceId>,
    /// For members of a clinical reference group.
    pub body_id: Option<BodyId>,
    /// For coders and collectors.
    pub consultation_id: Option<ConsultationId>,
}

impl GrantInput {
    fn check(&self, at: &str, faults: &mut Faults) {
        let scopes = [
            ("group_id", self.group_id.is_some(), RoleScope::Group),
            ("service_id", self.service_id.is_some(), RoleScope::Service),
            ("body_id", self.body_id.is_some(), RoleScope::Body),
            (
                "consultation_id",
                self.consultation_id.is_some(),
                RoleScope::Consultation,
            ),
        ];
        let role = self.role;
        for (field, given, scope) in scopes {
            let wanted = role.scope() == scope;
            let pointer = format!("{at}/{field}");
            faults.add_if(
                wanted && !given,
                pointer.clone(),
                "scope-missing",
                format!("The role {role} needs its {field}."),
            );
            faults.add_if(
                !wanted && given,
                pointer,
                "scope-not-taken",
                format!("The role {role} takes no {field}."),
            );
        }
    }

    async fn row(self, tx: &Tx, user: UserId) -> Result<grants::Model, Problem> {
        if let Some(group) = self.group_id {
            Problem::absent(tx.group(group).await)?
                .ok_or_else(|| Problem::fault("/group_id", "unknown-id", "There is no such group."))?;
        }
        Ok(grants::Model {
            id: crate::clock::new_id(),
            user_id: user,
            role: self.role,
            group_id: self.group_id,
            service_id: self.service_id,
            body_id: self.body_id,
            consultation_id: self.consultation_id,
            received_at: tx.now,
        })
    }
}

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
    pub version: i32,
}

impl Resource for UserView {
    fn moves_with_version(&self) -> bool {
        false
    }

    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/users/{}", self.id)
    }
}

/// What somebody is, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantView {
    pub id: GrantId,
    pub user_id: UserId,
    pub role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_id: Option<BodyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation_id: Option<ConsultationId>,
}

impl Resource for GrantView {
    /// A grant is given or taken away, never changed.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/users/{}/grants/{}", self.user_id, self.id)
    }
}

impl From<grants::Model> for GrantView {
    fn from(row: grants::Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            role: row.role,
            group_id: row.group_id,
            service_id: row.service_id,
            body_id: row.body_id,
            consultation_id: row.consultation_id,
        }
    }
}

/// One's own name and grants.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    pub id: UserId,
    pub name: String,
    pub grants: Vec<GrantView>,
}

/// `GET /v1/me`
pub async fn me(access: Access<ReadSelf>) -> Reply<Plain<MeView>> {
    let (id, name) = (access.caller().user, access.caller().name.clone());
    let grants = access.store().read(async |tx| tx.grants_of(id).await).await?;
    Ok(Plain(MeView {
        id,
        name,
        grants: grants.into_iter().map(Into::into).collect(),
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
    for (at, grant) in input.grants.into_iter().enumerate() {
        let grant = grant
            .row(tx, id)
            .await
            .map_err(|problem| problem.under(&format!("/grants/{at}")))?;
        tx.add_grant(grant)
            .await
            .map_err(|problem| problem.under(&format!("/grants/{at}")))?;
    }
    view(tx, id).await
}

/// The rules of a user's input that attributes cannot say.
pub fn check(input: &UserInput, faults: &mut Faults) {
    for (at, grant) in input.grants.iter().enumerate() {
        grant.check(&format!("/grants/{at}"), faults);
    }
}

async fn view(tx: &Tx, id: UserId) -> Result<UserView, Problem> {
    let row = tx.user_row(id).await?;
    let grants = tx.grants_of(id).await?.into_iter().map(Into::into).collect();
    Ok(UserView {
        id,
        email: row.email,
        name: row.name,
        grants,
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
        .write(async move |tx| add(tx, input, hash).await)
        .await
        .map(Created)
}

/// `GET /v1/users`
pub async fn list(access: Access<KeepUsers, Listing<NoFilters>>) -> Reply<Items<UserView>> {
    let page = access.asked.page;
    let views = access
        .store()
        .read(async |tx| {
            let mut views = Vec::new();
            for row in tx.users(page).await? {
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
    let rows = access
        .store()
        .read(async |tx| {
            tx.user_row(*id).await?;
            tx.grants_of(*id).await
        })
        .await?;
    let after = listing.page.after;
    let rest: Vec<_> = rows
        .into_iter()
        .filter(|row| after.is_none_or(|last| (row.received_at, row.id.0) > last))
        .collect();
    Ok(Items::new(
        rest,
        listing.page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `POST /v1/users/{id}/grants`
pub async fn grant(access: Access<KeepUsers, (At<UserId>, Valid<GrantInput>)>) -> Reply<Created<GrantView>> {
    let ((At(user), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    input.check("", &mut faults);
    faults.end()?;
    let view = access
        .store()
        .write(async move |tx| {
            tx.user_row(user).await?;
            let row = input.row(tx, user).await?;
            tx.add_grant(row.clone()).await?;
            Ok(GrantView::from(row))
        })
        .await?;
    access.state().sessions.forget(user);
    Ok(Created(view))
}

/// `DELETE /v1/users/{id}/grants/{grant_id}`
pub async fn take_away(access: Access<KeepUsers, At<(UserId, GrantId)>>) -> Reply<Done> {
    let At((user, grant)) = access.asked;
    access
        .store()
        .write(async move |tx| tx.remove_grant(user, grant).await)
        .await?;
    access.state().sessions.forget(user);
    Ok(Done)
}
