//! Events of the audit log: who did what, when, and on what. Ids only; never what anybody said, and no password or token.

use crate::{
    auth::permission::ReadAudit,
    error::Code,
    http::{
        access::Access,
        answer::{One, Reply, Resource},
        ask::{AnyOf, At},
        page::{Items, Listing},
        problem::{Fault, Problem},
    },
    store::audit::{AuditEventsWanted, acts, is_act},
};
use domain::{
    id::{AuditEventId, ConsultationId, UserId},
    limits,
    moment::Moment,
    vocabulary::AuditOutcome,
};
use entity::audit_events;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, str::FromStr};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One act.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditEventView {
    pub id: AuditEventId,
    pub at: Moment,
    /// The user who acted; absent where nobody had signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<UserId>,
    /// The permission under which it was done, such as `discussions:write`; or, without one, a word such as
    /// `session:sign-in`, `session:sign-in-failed`, `service:start`, `command:keys-rotate`.
    pub act: String,
    /// Method and path of the request, with the path's parts in braces; absent where no request asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The `X-Request-Id` of the request, where it has at most 64 letters, digits, dots, underscores and hyphens; of any
    /// other, an id that we made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What it was done to: what the address names, else the first row written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<AuditSubjectView>,
    /// The consultation that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation_id: Option<ConsultationId>,
    pub outcome: AuditOutcome,
    /// Keys of the rows written, by table.
    pub rows: BTreeMap<String, Vec<String>>,
    /// Ids of the discussions, responses or contributions that were shown.
    pub shown: Vec<Uuid>,
    /// Where it stands in the chain, from 1; absent until it is sealed, within a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// SHA-256 over the event and the seal before, 64 hex digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// What an act was done to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AuditSubjectView {
    /// As it stands in addresses: `consultations`, `contributions`, `users`.
    pub kind: String,
    pub id: String,
}

impl Resource for AuditEventView {
    /// Its seal comes after it.
    fn moves_with_version(&self) -> bool {
        false
    }

    /// An event never changes.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/audit-events/{}", self.id)
    }
}

impl From<audit_events::Model> for AuditEventView {
    fn from(row: audit_events::Model) -> Self {
        // What was tampered with until it is no JSON shows no rows here; `collate check` names it.
        let described: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_str(&row.described).unwrap_or_default();
        let keys = |rows: BTreeMap<String, Value>| rows.into_keys().collect();
        Self {
            id: row.id,
            at: row.at,
            actor_id: row.actor_id,
            act: row.act,
            route: row.route,
            request_id: row.request_id,
            subject: row
                .subject_kind
                .zip(row.subject_id)
                .map(|(kind, id)| AuditSubjectView { kind, id }),
            consultation_id: row.consultation_id,
            outcome: row.outcome,
            rows: described
                .into_iter()
                .map(|(table, rows)| (table, keys(rows)))
                .collect(),
            shown: serde_json::from_str(&row.shown).unwrap_or_default(),
            number: row.number,
            seal: row.seal,
        }
    }
}

/// The name of an act that there is.
#[derive(Clone, Debug)]
pub struct ActName(String);

impl FromStr for ActName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if is_act(name) {
            Ok(Self(name.to_owned()))
        } else {
            let others = acts::ALL.join(", ");
            Err(format!("the name of a permission is wanted, or one of {others}"))
        }
    }
}

/// Filters of the log.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct AuditFilters {
    /// Users who acted, any of them.
    #[param(value_type = Option<Vec<UserId>>, style = Form, explode = false)]
    pub actor: Option<AnyOf<UserId>>,
    /// Acts, any of them: names of permissions, or words such as `session:sign-in`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    pub act: Option<AnyOf<ActName>>,
    /// Ids, any of them, at most 100: of what was acted on, of its consultation, of a row that was written or of something
    /// that was shown.
    #[param(value_type = Option<Vec<Uuid>>, style = Form, explode = false, max_items = 100)]
    pub subject: Option<AnyOf<Uuid>>,
    /// From this instant on.
    pub since: Option<Moment>,
    /// Before this instant.
    pub until: Option<Moment>,
}

/// `GET /v1/audit-events`
pub async fn list(access: Access<ReadAudit, Listing<AuditFilters>>) -> Reply<Items<AuditEventView>> {
    let (Listing { filters, page }, access) = access.split();
    // Each is looked for in the text of every event that the other filters leave.
    if filters
        .subject
        .as_ref()
        .is_some_and(|any| any.0.len() > limits::SUBJECTS)
    {
        let fault = Fault {
            pointer: "/subject".into(),
            code: "length".into(),
            detail: format!("At most {} ids at once.", limits::SUBJECTS),
        };
        return Err(Problem::of_faults(Code::BadParameter, vec![fault]));
    }
    let wanted = AuditEventsWanted {
        actors: filters.actor.map(|any| any.0),
        acts: filters
            .act
            .map(|any| any.0.into_iter().map(|name| name.0).collect()),
        subjects: filters.subject.map(|any| any.0),
        since: filters.since,
        until: filters.until,
    };
    let rows = access
        .store()
        .read(async |tx| tx.audit_events(page, wanted).await)
        .await?;
    Ok(Items::new(rows, page, |row| (row.at, row.id.0), Into::into))
}

/// `GET /v1/audit-events/{id}`
pub async fn show(access: Access<ReadAudit, At<AuditEventId>>) -> Reply<One<AuditEventView>> {
    let At(id) = access.asked;
    let row: Result<_, Problem> = access.store().read(async |tx| tx.audit_event(id).await).await;
    Ok(One(row?.into()))
}
