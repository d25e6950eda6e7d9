//! Grants: what a person or an api client may be, and where. Both hold them by the same rules, but for the roles that are
//! for one of them only.

use super::{caller::Subject, sessions::Sessions};
use crate::{
    http::{
        answer::{Created, Done, Reply, Resource},
        ask::Valid,
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::{Opened, Tx},
};
use domain::{
    id::{ApiClientId, BodyId, ConsultationId, GrantId, GroupId, ServiceId, UserId},
    vocabulary::{CallerKind, Role, RoleScope},
};
use entity::grants;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A role and its scope. A role without the scope it needs means nothing and is refused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct GrantInput {
    /// `dashboard` is for api clients only, `collector` for people and api clients, every other role for people only.
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
    /// The rules of a grant to a caller of this kind that attributes cannot say; `at` is where it stands in the body.
    pub fn check(&self, at: &str, kind: CallerKind, faults: &mut Faults) {
        let role = self.role;
        let says = match kind {
            CallerKind::Person => {
                format!("The role {role} is for api clients: an admin adds one at /v1/api-clients.")
            }
            CallerKind::ApiClient => {
                format!(
                    "The role {role} is for people, who answer for it by name; an api client is collector or dashboard."
                )
            }
        };
        faults.add_if(!role.is_for(kind), format!("{at}/role"), "role-not-taken", says);
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

    async fn row(self, tx: &Tx, holder: UserId) -> Result<grants::Model, Problem> {
        if let Some(group) = self.group_id {
            Problem::absent(tx.group(group).await)?
                .ok_or_else(|| Problem::fault("/group_id", "unknown-id", "There is no such group."))?;
        }
        Ok(grants::Model {
            id: crate::clock::new_id(),
            user_id: holder,
            role: self.role,
            group_id: self.group_id,
            service_id: self.service_id,
            body_id: self.body_id,
            consultation_id: self.consultation_id,
            received_at: tx.now,
        })
    }
}

/// What somebody is, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantView {
    pub id: GrantId,
    /// The person who holds it; absent where an api client does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The api client that holds it; absent where a person does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_client_id: Option<ApiClientId>,
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
        match (self.api_client_id, self.user_id) {
            (Some(client), _) => format!("/v1/api-clients/{client}/grants/{}", self.id),
            (None, Some(user)) => format!("/v1/users/{user}/grants/{}", self.id),
            (None, None) => String::new(),
        }
    }
}

impl GrantView {
    /// A grant of this kind of caller.
    pub fn of(kind: CallerKind, row: grants::Model) -> Self {
        let holder = row.user_id;
        Self {
            id: row.id,
            user_id: matches!(kind, CallerKind::Person).then_some(holder),
            api_client_id: matches!(kind, CallerKind::ApiClient).then_some(holder.0.into()),
            role: row.role,
            group_id: row.group_id,
            service_id: row.service_id,
            body_id: row.body_id,
            consultation_id: row.consultation_id,
        }
    }
}

/// The rules of grants that come in a list at `/grants`.
pub fn check_all(grants: &[GrantInput], kind: CallerKind, faults: &mut Faults) {
    for (at, grant) in grants.iter().enumerate() {
        grant.check(&format!("/grants/{at}"), kind, faults);
    }
}

/// Stores grants that came in a list at `/grants`.
///
/// # Errors
/// Where one names something that is not there.
pub async fn add_all(tx: &Tx, holder: UserId, grants: Vec<GrantInput>) -> Result<(), Problem> {
    for (at, grant) in grants.into_iter().enumerate() {
        let here = |problem: Problem| problem.under(&format!("/grants/{at}"));
        let row = grant.row(tx, holder).await.map_err(here)?;
        tx.add_grant(row).await.map_err(here)?;
    }
    Ok(())
}

/// What a caller holds, oldest first.
///
/// # Errors
/// Where the database does not answer.
pub async fn views(tx: &Tx, holder: Subject) -> Result<Vec<GrantView>, Problem> {
    let rows = tx.grants_of(holder.id()).await?;
    Ok(rows
        .into_iter()
        .map(|row| GrantView::of(holder.kind(), row))
        .collect())
}

/// A page of what a caller holds.
///
/// # Errors
/// 404 where there is no such caller.
pub async fn list(store: &Opened, holder: Subject, listing: &Listing<NoFilters>) -> Reply<Items<GrantView>> {
    let rows = store
        .read(async |tx| {
            tx.caller_row(holder).await?;
            tx.grants_of(holder.id()).await
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
        |row| GrantView::of(holder.kind(), row),
    ))
}

/// Gives a caller a role.
///
/// # Errors
/// 404 where there is no such caller; every broken rule.
pub async fn give(
    store: &Opened,
    sessions: &Sessions,
    holder: Subject,
    asked: Valid<GrantInput>,
) -> Reply<Created<GrantView>> {
    let (input, mut faults) = asked.open();
    input.check("", holder.kind(), &mut faults);
    faults.end()?;
    let given = store
        .post(async move |tx| {
            tx.caller_changes(holder).await?;
            let row = input.row(tx, holder.id()).await?;
            tx.add_grant(row.clone()).await?;
            Ok(Created(GrantView::of(holder.kind(), row)))
        })
        .await?;
    sessions.forget(holder);
    Ok(given)
}

/// Takes a role from a caller.
///
/// # Errors
/// 404 where there is no such caller or grant.
pub async fn take_away(store: &Opened, sessions: &Sessions, holder: Subject, grant: GrantId) -> Reply<Done> {
    store
        .write(async move |tx| {
            tx.caller_changes(holder).await?;
            tx.remove_grant(holder.id(), grant).await
        })
        .await?;
    sessions.forget(holder);
    Ok(Done)
}
