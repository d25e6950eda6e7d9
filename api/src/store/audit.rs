//! The log of acts: an event for every transaction that wrote something, and for every answer that shows what somebody
//! said, with a digest of each row as the act left it.
//!
//! Invariants: an event is written in the transaction of its act, by the transaction itself and by no handler; it is
//! appended and then sealed once; nothing in it is anybody's words. Each seal covers the one before, so that an event
//! changed, taken out or put in is seen (`store/check.rs`).
//!
//! Refused: chaining in the act's transaction, because the head of the chain would be one row that every write waits
//! for; a sealer (`auditing/sealer.rs`) does it within a second. Also refused: reading a row back to describe it, which would
//! double the statements of a post; the digest is taken of what is about to be written.

use super::statements::{Reading, adding};
use super::{On, Store, Tx, Who, Writes, paged};
use crate::{
    auth::permission,
    http::{answer::Shown, digest::hex, page::Page, problem::Problem},
};
use domain::{
    id::{AuditEventId, ConsultationId, UserId},
    moment::Moment,
    vocabulary::AuditOutcome,
};
use entity::{audit_events, audit_head};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityName, EntityTrait, IdenStatic,
    IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    TransactionOptions, Value, sea_query::Expr,
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// Tables whose rows no event describes, each with the reason. A table that is not here is described without anybody
/// having to think of it.
pub const BOOKKEEPING: &[(&str, &str)] = &[
    (
        "refresh_tokens",
        "change twice an hour for whoever is signed in; signing in and out are events themselves",
    ),
    (
        "sign_in_failures",
        "for throttling, forgotten after an hour; each is an event itself",
    ),
    (
        "receipt_failures",
        "for throttling, forgotten after an hour; each is an event itself",
    ),
    (
        "kept_answers",
        "for repeats, forgotten after three days; what they answered is an event itself",
    ),
    (
        "import_parts",
        "a file while it waits to be worked off; its digest stands in `imports`, and what it says in the rows made of it",
    ),
    (
        "import_leases",
        "which process works on which file, renewed every second",
    ),
    (
        "coding_claims",
        "which contribution is dealt to whom for an hour; what it showed and what came of it are events themselves",
    ),
    ("change_counter", "moves with every commit and says nothing"),
    ("audit_events", "the log itself, which has its seals"),
    ("audit_head", "the end of the log's chain"),
    (
        "seaql_migrations",
        "the schema's history, written before the service runs",
    ),
];

/// Columns that are no part of a row's digest: the change stamp is set by whoever makes figures look again, and may be
/// set back when a database is copied.
const LEFT_OUT: &[&str] = &["changed"];

/// Columns of an event that come after it, with its seal.
const OF_THE_SEAL: &[&str] = &["number", "previous", "seal"];

/// What the first event of a chain names as the seal before it, where the log began on an empty database and so describes
/// every row there is. It is part of that event's seal, so that the chain itself says it. A chain that began beside rows,
/// and one from before there was this word, begins with the empty string.
pub(super) const GENESIS: &str = "genesis-of-a-whole-log";

/// Events that one transaction of the sealer takes at the most.
const SEALED_AT_ONCE: u64 = 500;

/// Acts that need no permission, because nobody has signed in yet or they are done on this machine.
pub mod acts {
    /// Somebody signed in.
    pub const SIGN_IN: &str = "session:sign-in";
    /// E-mail and password did not fit together.
    pub const SIGN_IN_FAILED: &str = "session:sign-in-failed";
    /// A refresh token was exchanged for the next pair.
    pub const REFRESH: &str = "session:refresh";
    /// A refresh token was shown a second time, and its family was ended.
    pub const REFRESH_REUSED: &str = "session:refresh-reused";
    /// One sign-in or all of a user's were ended.
    pub const SIGN_OUT: &str = "session:sign-out";
    /// Somebody showed a receipt or a slip, and took back what they had said.
    pub const TAKE_BACK: &str = "receipt:take-back";
    /// What was shown was no receipt.
    pub const TAKE_BACK_FAILED: &str = "receipt:take-back-failed";
    /// Somebody showed a receipt or a slip, to read what became of what they had said.
    pub const LOOK_UP: &str = "receipt:look-up";
    /// What was shown was no receipt.
    pub const LOOK_UP_FAILED: &str = "receipt:look-up-failed";
    /// Keys and the first admin, made when the service starts.
    pub const START: &str = "service:start";
    /// Keys forgotten whose last token has expired.
    pub const SWEEP: &str = "service:sweep";
    /// Texts ended that had been kept for as long as they may.
    pub const END_TEXTS: &str = "service:end-texts";
    /// Texts screened that came in before there was a screen.
    pub const SCREEN: &str = "service:screen";
    /// Digests given to receipts of responses that were posted before receipts had any.
    pub const DIGEST_RECEIPTS: &str = "service:digest-receipts";
    /// Documents kept of reports that were published before they were.
    pub const KEEP_REPORTS: &str = "service:keep-reports";
    /// `collate user add`.
    pub const ADD_USER: &str = "command:user-add";
    /// `collate keys rotate`.
    pub const ROTATE_KEYS: &str = "command:keys-rotate";
    /// `collate demo`.
    pub const DEMO: &str = "command:demo";
    /// Every one of them.
    pub const ALL: &[&str] = &[
        SIGN_IN,
        SIGN_IN_FAILED,
        REFRESH,
        REFRESH_REUSED,
        SIGN_OUT,
        TAKE_BACK,
        TAKE_BACK_FAILED,
        LOOK_UP,
        LOOK_UP_FAILED,
        START,
        SWEEP,
        END_TEXTS,
        SCREEN,
        DIGEST_RECEIPTS,
        KEEP_REPORTS,
        ADD_USER,
        ROTATE_KEYS,
        DEMO,
    ];
}

/// Whether an event can be of an act of this name.
pub fn is_act(name: &str) -> bool {
    acts::ALL.contains(&name) || permission::NAMES.contains(&name)
}

/// What is being done, as the log names it.
#[derive(Clone, Debug)]
pub struct Act {
    /// The permission's name, or one of [`acts`].
    pub name: &'static str,
    /// Method and path, with the path's parts in braces.
    pub route: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// What the address names: a kind, as it stands there, and an id.
    pub subject: Option<(String, Uuid)>,
}

impl Act {
    /// An act that no request asked for.
    pub const fn of_this_machine(name: &'static str) -> Self {
        Self {
            name,
            route: None,
            request_id: None,
            subject: None,
        }
    }
}

/// Rows by table and key, each with the digest of its content; none where the row is gone.
pub(super) type Described = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// What a transaction has done so far.
#[derive(Debug, Default)]
pub(super) struct Noted {
    described: Described,
    /// The first row written, which an act is about where its address names nothing.
    first: Option<(&'static str, String)>,
    actor: Option<UserId>,
    act: Option<&'static str>,
    outcome: Option<AuditOutcome>,
    consultation: Option<ConsultationId>,
    shown: Vec<Uuid>,
}

impl Noted {
    /// The event that says all this, if there is anything to say.
    fn event(self, who: &Who, now: Moment) -> Result<Option<audit_events::ActiveModel>, Problem> {
        let outcome = match (self.outcome, self.described.is_empty()) {
            (Some(outcome), _) => outcome,
            (None, false) => AuditOutcome::Written,
            (None, true) => return Ok(None),
        };
        let act = who
            .act
            .as_ref()
            .ok_or_else(|| Problem::internal("a write that does not say what act it is"))?;
        let named = act
            .subject
            .as_ref()
            .map(|(kind, id)| (kind.clone(), id.to_string()));
        let subject = named.or_else(|| self.first.map(|(table, key)| (table.to_owned(), key)));
        let of_subject = subject
            .as_ref()
            .filter(|(kind, _)| kind == "consultations")
            .and_then(|(_, id)| id.parse().ok());
        let (subject_kind, subject_id) = subject.unzip();
        let json = |value: serde_json::Result<String>| value.map_err(Problem::internal);
        Ok(Some(audit_events::ActiveModel {
            entry: ActiveValue::NotSet,
            id: ActiveValue::Set(crate::clock::new_id()),
            at: ActiveValue::Set(now),
            actor_id: ActiveValue::Set(self.actor.or(who.user)),
            act: ActiveValue::Set(self.act.unwrap_or(act.name).to_owned()),
            route: ActiveValue::Set(act.route.clone()),
            request_id: ActiveValue::Set(act.request_id.clone()),
            subject_kind: ActiveValue::Set(subject_kind),
            subject_id: ActiveValue::Set(subject_id),
            consultation_id: ActiveValue::Set(self.consultation.or(of_subject)),
            outcome: ActiveValue::Set(outcome),
            described: ActiveValue::Set(json(serde_json::to_string(&self.described))?),
            shown: ActiveValue::Set(json(serde_json::to_string(&self.shown))?),
            number: ActiveValue::Set(None),
            previous: ActiveValue::Set(None),
            seal: ActiveValue::Set(None),
        }))
    }
}

impl Tx {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes rows as they were written or taken out; of one row, the last is what stays.
    pub(super) fn note_rows(&self, rows: impl IntoIterator<Item = RowNote>) {
        let mut noted = self.noted();
        for RowNote { table, key, digest } in rows {
            noted.first.get_or_insert_with(|| (table, key.clone()));
            match noted.described.get_mut(table) {
                Some(rows) => drop(rows.insert(key, digest)),
                None => drop(noted.described.insert(table.to_owned(), [(key, digest)].into())),
            }
        }
    }

    /// Says who acts where no access token did: whoever signs in or out.
    pub fn acted_by(&self, user: UserId) {
        self.noted().actor = Some(user);
    }

    /// Says what came of an act that may have written no row that matters, so that it is an event all the same.
    pub fn note(&self, outcome: AuditOutcome) {
        self.noted().outcome = Some(outcome);
    }

    /// Says that the act turned out to be another than it set out to be.
    pub fn note_as(&self, act: &'static str, outcome: AuditOutcome) {
        let mut noted = self.noted();
        noted.act = Some(act);
        noted.outcome = Some(outcome);
    }

    /// Says what the act is about where no address names it.
    pub(super) fn note_subject(&self, kind: &'static str, id: Uuid) {
        self.noted().first = Some((kind, id.to_string()));
    }

    /// Says which consultation the act belongs to.
    pub(super) fn note_consultation(&self, id: ConsultationId) {
        self.noted().consultation = Some(id);
    }

    /// Says what an answer shows.
    pub(super) fn note_shown(&self, shown: Shown) {
        let mut noted = self.noted();
        noted.outcome = Some(shown.outcome);
        noted.consultation = shown.consultation;
        noted.shown = shown.ids;
    }

    /// Writes the event of this transaction, if it did anything. The last statement of every transaction that writes:
    /// by then it holds every lock it needed, so of two acts on one row the later has the higher entry.
    pub(super) async fn write_event(&self) -> Result<(), Problem> {
        let noted = std::mem::take(&mut *self.noted());
        match noted.event(&self.who, self.now)? {
            None => Ok(()),
            Some(event) => {
                self.run(adding(self.backend(), &[event])).await?;
                Ok(())
            }
        }
    }

    /// A page of the log.
    pub async fn audit_events(
        &self,
        page: Page,
        wanted: AuditEventsWanted,
    ) -> Result<Vec<audit_events::Model>, Problem> {
        use audit_events::Column;
        let mut query = audit_events::Entity::find()
            .filter(super::network::any_of(Column::ActorId, wanted.actors))
            .filter(super::network::any_of(Column::Act, wanted.acts));
        if let Some(subjects) = wanted.subjects {
            let mut any = Condition::any();
            for id in subjects {
                // Written out, an id has no letter that LIKE reads as anything else.
                let mentioned = format!("%{id}%");
                any = any
                    .add(Column::SubjectId.eq(id.to_string()))
                    .add(Column::ConsultationId.eq(id))
                    .add(Column::Described.like(&mentioned))
                    .add(Column::Shown.like(&mentioned));
            }
            query = query.filter(any);
        }
        if let Some(since) = wanted.since {
            query = query.filter(Column::At.gte(since.0));
        }
        if let Some(until) = wanted.until {
            query = query.filter(Column::At.lt(until.0));
        }
        Ok(paged(query, page, Column::At, Column::Id).all_of(self).await?)
    }

    /// One event.
    pub async fn audit_event(&self, id: AuditEventId) -> Result<audit_events::Model, Problem> {
        audit_events::Entity::find()
            .filter(audit_events::Column::Id.eq(id))
            .one_of(self)
            .await?
            .ok_or_else(Problem::not_found)
    }

    /// Seals for what has none yet, in the order in which it was written, up to [`SEALED_AT_ONCE`].
    async fn next_seals(&self) -> Result<Option<Seals>, Problem> {
        // The head first: if it has not moved when the seals are written, nobody has sealed anything that is read below.
        let head = audit_head::Entity::find_by_id(1).one_of(self).await?;
        // It is written into a statement below, so that it must be what we wrote.
        let head = head
            .filter(|head| head.seal.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .ok_or_else(|| Problem::internal("the audit chain has no head, or one that is no seal"))?;
        // On PostgreSQL an event may be committed after one with a higher entry was sealed: it is still unsealed, so it
        // is found now, and its place in the chain is after that one.
        let events = audit_events::Entity::find()
            .filter(audit_events::Column::Seal.is_null())
            .order_by_asc(audit_events::Column::Entry)
            .limit(SEALED_AT_ONCE)
            .all_of(self)
            .await?;
        let mut number = head.number;
        let mut last = match (head.number, head.whole) {
            (0, true) => GENESIS.to_owned(),
            _ => head.seal.clone(),
        };
        let mut values = Vec::with_capacity(events.len());
        for event in &events {
            number += 1;
            let seal = seal_of(number, &last, event)?;
            values.push(format!("({}, {number}, '{last}', '{seal}')", event.entry));
            last = seal;
        }
        Ok((!values.is_empty()).then_some(Seals {
            head,
            values,
            number,
            last,
        }))
    }

    /// Writes seals, if the chain still ends where they begin; says whether it did. One statement for all of them, in
    /// which stand our own numbers, hex digits and [`GENESIS`] only.
    async fn put_seals(&self, seals: Seals) -> Result<bool, Problem> {
        let Seals {
            head,
            values,
            number,
            last,
        } = seals;
        let moved = audit_head::Entity::update_many()
            .col_expr(audit_head::Column::Number, Expr::value(number))
            .col_expr(audit_head::Column::Seal, Expr::value(last))
            .filter(audit_head::Column::Number.eq(head.number))
            .filter(audit_head::Column::Seal.eq(head.seal));
        if self.run(moved.build(self.backend())).await? == 0 {
            return Ok(false);
        }
        let values = values.join(", ");
        let update = format!(
            "WITH sealed (entry, number, previous, seal) AS (VALUES {values})
             UPDATE audit_events SET number = sealed.number, previous = sealed.previous, seal = sealed.seal
             FROM sealed WHERE audit_events.entry = sealed.entry"
        );
        self.run_written_out(&update).await?;
        Ok(true)
    }
}

/// Seals that were made and are not written yet.
struct Seals {
    /// Where the chain ended when they were made.
    head: audit_head::Model,
    /// Entry, number, seal before, seal: as they stand in SQL.
    values: Vec<String>,
    /// Of the last of them.
    number: i64,
    /// The last of them.
    last: String,
}

/// What a list of events can be narrowed by.
#[derive(Clone, Debug, Default)]
pub struct AuditEventsWanted {
    /// Who acted, any of them.
    pub actors: Option<Vec<UserId>>,
    /// Acts, any of them.
    pub acts: Option<Vec<String>>,
    /// Ids of what was acted on, written or shown, any of them.
    pub subjects: Option<Vec<Uuid>>,
    /// From this moment on.
    pub since: Option<Moment>,
    /// Before this moment.
    pub until: Option<Moment>,
}

impl Store {
    /// Chains every event that is not sealed yet. Seals are made beside the writer and written by it, because on SQLite
    /// every act waits for that one; of replicas that try at once, one does it and the others leave it at that.
    ///
    /// # Errors
    /// Where the database does not answer; what was sealed before stays sealed.
    pub(crate) async fn seal(&self) -> Result<(), Problem> {
        let unsealed = audit_events::Entity::find()
            .select_only()
            .column(audit_events::Column::Entry)
            .filter(audit_events::Column::Seal.is_null())
            .limit(1);
        let any: Option<i64> = unsealed.into_tuple().one(&self.0.reads).await?;
        let mut more = any.is_some();
        let open = self.open_for_nobody();
        while more {
            let Some(seals) = open.read(async |tx| tx.next_seals().await).await? else {
                return Ok(());
            };
            let whole = seals.values.len() as u64 == SEALED_AT_ONCE;
            more = open.keep_books(async move |tx| tx.put_seals(seals).await).await? && whole;
        }
        Ok(())
    }

    /// The same at the end of a command, after which no sealer may run for long. What was done is done, so that failing
    /// to seal it is said and no more.
    pub(crate) async fn seal_at_last(&self) {
        if self.seal().await.is_err() {
            tracing::warn!(
                "events of the audit log wait for their seals; the service seals them when it runs"
            );
        }
    }
}

impl super::Opened {
    /// Writes down what an answer shows, before it leaves.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing may be shown.
    pub(crate) async fn has_shown(&self, shown: Shown) -> Result<(), Problem> {
        match &self.store.0.writes {
            // With everything else that waits to be written: one commit for many.
            Writes::Queue(_) => {
                self.keep_books(async move |tx| {
                    tx.note_shown(shown);
                    tx.write_event().await
                })
                .await
            }
            // One statement, which is its own transaction.
            Writes::Pool(pool) => {
                let tx = Tx {
                    on: On::Pool(pool.clone()),
                    who: self.who(),
                    now: crate::clock::now(),
                    stamp: 0,
                    noted: Default::default(),
                };
                tx.note_shown(shown);
                tx.write_event().await
            }
        }
    }

    /// The same store for an act that no request names.
    #[must_use]
    pub(crate) fn doing(self, act: Act) -> Self {
        Self {
            act: Some(Arc::new(act)),
            ..self
        }
    }

    /// Writes what no figure and no row of anybody's rests on: events, seals, who works on what.
    ///
    /// # Errors
    /// What `work` refuses; nothing was stored then.
    pub(crate) async fn keep_books<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&Tx) -> Result<T, Problem> + Send + 'static,
    {
        match &self.store.0.writes {
            Writes::Queue(_) => self.write_as(work, false).await,
            Writes::Pool(pool) => {
                let tx = Tx {
                    on: On::Transaction(super::begin(pool, TransactionOptions::default()).await?),
                    who: self.who(),
                    now: crate::clock::now(),
                    stamp: 0,
                    noted: Default::default(),
                };
                let done = work(&tx).await;
                if let On::Transaction(transaction) = tx.on {
                    match done {
                        Ok(_) => transaction.commit().await?,
                        Err(_) => transaction.rollback().await?,
                    }
                }
                done
            }
        }
    }
}

/// Whether events describe the rows of this table.
pub(super) fn is_described(table: &str) -> bool {
    !BOOKKEEPING.iter().any(|(other, _)| *other == table)
}

/// A row, as an event describes it.
#[derive(Debug)]
pub(super) struct RowNote {
    pub(super) table: &'static str,
    pub(super) key: String,
    /// None where the row is gone.
    pub(super) digest: Option<String>,
}

impl RowNote {
    /// A row that is there now; nothing where no event describes its table.
    pub(super) fn written<A: ActiveModelTrait>(row: &A) -> Result<Option<Self>, Problem> {
        Ok(Self::all_written(std::slice::from_ref(row))?.pop())
    }

    /// The same of several rows of one table.
    pub(super) fn all_written<A: ActiveModelTrait>(rows: &[A]) -> Result<Vec<Self>, Problem> {
        let columns = columns_in_order::<A>(LEFT_OUT);
        let of = |row| match Self::gone(row) {
            None => Ok(None),
            Some(note) => Ok(Some(Self {
                digest: Some(hex(&digest_of_columns(row, &columns)?)),
                ..note
            })),
        };
        rows.iter().filter_map(|row| of(row).transpose()).collect()
    }

    /// A row that is gone now; nothing where no event describes its table.
    pub(super) fn gone<A: ActiveModelTrait>(row: &A) -> Option<Self> {
        let table = A::Entity::default().table_name();
        is_described(table).then(|| Self {
            table,
            key: key_of(row),
            digest: None,
        })
    }
}

/// The primary key of a row, as text.
pub(super) fn key_of<A: ActiveModelTrait>(row: &A) -> String {
    let mut key = String::new();
    for column in <A::Entity as EntityTrait>::PrimaryKey::iter() {
        let part = match row.get(column.into_column()).into_value() {
            Some(Value::Uuid(Some(id))) => id.to_string(),
            Some(Value::String(Some(text))) => text,
            Some(Value::Int(Some(number))) => number.to_string(),
            Some(Value::BigInt(Some(number))) => number.to_string(),
            other => format!("{other:?}"),
        };
        if !key.is_empty() {
            key.push('/');
        }
        key.push_str(&part);
    }
    key
}

/// A digest of a row's content: every column by name, in the order of their names, in a form that both databases give
/// back as it was. A column that is null is left out, so that one that is added later, null in the rows there are,
/// leaves their digests as they were.
pub(super) fn digest_of<A: ActiveModelTrait>(row: &A, left_out: &[&str]) -> Result<[u8; 32], Problem> {
    digest_of_columns(row, &columns_in_order::<A>(left_out))
}

type ColumnOf<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// The columns of a table in the order of their names, each with its name.
fn columns_in_order<A: ActiveModelTrait>(left_out: &[&str]) -> Vec<(&'static str, ColumnOf<A>)> {
    let mut columns: Vec<_> = ColumnOf::<A>::iter()
        .map(|column| (column.as_str(), column))
        .filter(|(name, _)| !left_out.contains(name))
        .collect();
    columns.sort_unstable_by_key(|(name, _)| *name);
    columns
}

fn digest_of_columns<A: ActiveModelTrait>(
    row: &A,
    columns: &[(&'static str, ColumnOf<A>)],
) -> Result<[u8; 32], Problem> {
    let mut content = Content(Sha256::new());
    for (name, column) in columns {
        if let Some(value) = row.get(*column).into_value() {
            content.add_column(name, value)?;
        }
    }
    Ok(content.0.finalize().into())
}

/// What is digested: each part with its kind and length, so that no two contents read the same.
struct Content(Sha256);

impl Content {
    fn add(&mut self, kind: u8, bytes: &[u8]) {
        self.0.update([kind]);
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn add_column(&mut self, name: &str, value: Value) -> Result<(), Problem> {
        let mut add = |kind: u8, bytes: &[u8]| {
            self.add(b'c', name.as_bytes());
            self.add(kind, bytes);
        };
        match value {
            Value::Bool(value) => value.iter().for_each(|value| add(b'b', &[u8::from(*value)])),
            Value::Int(value) => value
                .iter()
                .for_each(|value| add(b'i', value.to_string().as_bytes())),
            Value::BigInt(value) => value
                .iter()
                .for_each(|value| add(b'i', value.to_string().as_bytes())),
            Value::String(value) => value.iter().for_each(|value| add(b's', value.as_bytes())),
            Value::Bytes(value) => value.iter().for_each(|value| add(b'x', value)),
            Value::Uuid(value) => value.iter().for_each(|value| add(b'u', value.as_bytes())),
            Value::TimeDate(value) => value
                .iter()
                .for_each(|value| add(b'd', value.to_string().as_bytes())),
            Value::Json(value) => {
                if let Some(value) = value {
                    self.add(b'c', name.as_bytes());
                    self.add_json(&value);
                }
            }
            _ => {
                return Err(Problem::internal(format!(
                    "{name} is of a type that digests do not know"
                )));
            }
        }
        Ok(())
    }

    /// PostgreSQL gives JSON back with its keys in another order and its numbers written otherwise.
    fn add_json(&mut self, value: &serde_json::Value) {
        use serde_json::Value as Json;
        match value {
            Json::Null => self.add(b'n', &[]),
            Json::Bool(value) => self.add(b'b', &[u8::from(*value)]),
            Json::Number(number) => self.add(b'i', written(number).as_bytes()),
            Json::String(text) => self.add(b's', text.as_bytes()),
            Json::Array(items) => {
                self.add(b'[', items.len().to_string().as_bytes());
                items.iter().for_each(|item| self.add_json(item));
            }
            Json::Object(fields) => {
                let sorted: BTreeMap<_, _> = fields.iter().collect();
                self.add(b'{', sorted.len().to_string().as_bytes());
                for (name, value) in sorted {
                    self.add(b'c', name.as_bytes());
                    self.add_json(value);
                }
            }
        }
    }
}

/// A number, the same however it was written: 1.0 and 1e0 are 1.
fn written(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 => format!("{:.0}", value + 0.0),
        _ => number.to_string(),
    }
}

/// The seal of an event: what it says, where it stands in the chain, and the seal before.
pub(super) fn seal_of(number: i64, previous: &str, event: &audit_events::Model) -> Result<String, Problem> {
    let mut seal = Content(Sha256::new());
    seal.add(b'i', number.to_string().as_bytes());
    seal.add(b's', previous.as_bytes());
    seal.add(b'x', &digest_of(&event.clone().into_active_model(), OF_THE_SEAL)?);
    let mut text = String::with_capacity(64);
    for byte in seal.0.finalize() {
        write!(text, "{byte:02x}").map_err(Problem::internal)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn digest_of_json(value: serde_json::Value) -> [u8; 32] {
        let mut content = Content(Sha256::new());
        content.add_json(&value);
        content.0.finalize().into()
    }

    #[test]
    fn json_has_one_digest_however_a_database_writes_it() {
        let written = r#"{"b": 1e2, "a": [1.0, -0.0, 0.25, 1e16, "1"], "c": null}"#;
        let given_back = r#"{"a": [1, 0, 0.25, 10000000000000000, "1"], "b": 100, "c": null}"#;
        let read = |text| serde_json::from_str(text).unwrap();
        assert_eq!(digest_of_json(read(written)), digest_of_json(read(given_back)));
    }

    #[test]
    fn no_two_contents_read_the_same() {
        let contents = [
            json!(null),
            json!([]),
            json!({}),
            json!([null]),
            json!(["a", "b"]),
            json!(["ab"]),
            json!([["a"], "b"]),
            json!({"a": "b"}),
            json!("1"),
            json!(1),
            json!(true),
        ];
        let digests: std::collections::HashSet<_> =
            contents.iter().map(|one| digest_of_json(one.clone())).collect();
        assert_eq!(digests.len(), contents.len());
    }

    #[test]
    fn acts_have_names_of_their_own() {
        for act in acts::ALL {
            assert!(is_act(act) && !permission::NAMES.contains(act), "{act}");
        }
        assert!(is_act("discussions:write") && !is_act("discussions:burn"));
    }
}
