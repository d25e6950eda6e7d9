//! `collate check`: whether the log of acts is as it was sealed, whether every row is as the last act on it left it, and
//! whether every reference leads somewhere. It changes nothing and reads the whole database as it stands at one moment,
//! so it may run beside the service.
//!
//! Whether the log describes every row is read from the chain, whose first event says so under its seal, and from the head
//! only where there is no such word: a chain from before there was one, or a log that has no seal yet. Where it does not
//! describe every row, it does those that were written since the database has a log: so a log that was emptied is seen, whatever
//! the head says.
//!
//! What it cannot see: somebody who rewrites rows, their events and every seal after them, the head of the chain
//! included. For that the head is printed: noted elsewhere, it must be found again as the seal of its number. Nor an
//! event that somebody put there unsealed: the sealer seals whatever waits. Nor, in a log that began beside rows, a row that was
//! put there with a date of before the log.

use super::{
    audit::{BOOKKEEPING, Described, GENESIS, RowNote, seal_of},
    connect_to_check,
};
use entity::{
    api_client_secrets, api_clients, audit_events, audit_head, bodies, clearances, codeframes, codings,
    consultation_groups, consultation_moves, consultation_rounds, consultations, contributions, deliveries,
    discussions, double_coding_contributions, double_codings, earlier_versions, grants, groups, imports,
    meetings, outcomes, questions, release_documents, releases, report_documents, report_media,
    report_quotes, reports, responses, review_reasons, reviews, round_groups, rounds, services, slips,
    theme_versions, themes, token_keys, users, version_steps, withdrawals,
};
use futures_util::TryStreamExt;
use sea_orm::{
    AccessMode, ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityName,
    EntityTrait, IdenStatic, IntoActiveModel, IsolationLevel, Iterable, QueryFilter, QueryOrder, Statement,
    TransactionOptions, TransactionTrait, Value,
};
use std::collections::{HashMap, HashSet};

macro_rules! described_tables {
    ($($module:ident),* $(,)?) => {
        /// Tables that are compared with what events say of their rows.
        pub const COMPARED: &[fn() -> &'static str] = &[$(|| $module::Entity.table_name()),*];

        impl Check<'_> {
            async fn compare_all(&mut self) -> Result<(), DbErr> {
                $(self.compare::<$module::Entity>().await?;)*
                Ok(())
            }
        }
    };
}

described_tables! {
    users, grants, token_keys, bodies, groups, services, rounds, round_groups, meetings, consultations,
    consultation_rounds, consultation_groups, questions, consultation_moves, discussions, responses, contributions,
    earlier_versions, themes, codings, api_clients, api_client_secrets, releases, release_documents,
    clearances, withdrawals, slips, review_reasons, reviews, version_steps, imports, codeframes, theme_versions,
    double_codings, double_coding_contributions, reports, report_documents, report_quotes, deliveries, outcomes, report_media,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Found {
    /// Events of the log.
    pub events: u64,
    /// Those that have their place in the chain.
    pub sealed: u64,
    /// The number and seal of the last of them, as the head says.
    pub head: Option<(i64, String)>,
    /// Rows compared with the last event that describes them.
    pub rows: u64,
    /// Rows of before the log began, which no event describes.
    pub undescribed: u64,
    /// Foreign keys looked at.
    pub references: u64,
    /// Everything that is not as it must be, by name.
    pub faults: Vec<String>,
}

impl Found {
    /// What was compared and what was found, a line each.
    pub fn lines(&self) -> Vec<String> {
        let unsealed = self.events - self.sealed.min(self.events);
        let mut lines = vec![format!(
            "audit events: {}, of which {} are sealed and {unsealed} are not yet",
            self.events, self.sealed
        )];
        if let Some((number, seal)) = self.head.as_ref().filter(|(number, _)| *number > 0) {
            lines.push(format!("the chain ends with number {number}: {seal}"));
        }
        lines.push(format!(
            "rows compared with what the last act left: {}",
            self.rows
        ));
        if self.undescribed > 0 {
            lines.push(format!(
                "rows that no event describes, because they are older than the log may be: {}",
                self.undescribed
            ));
        }
        lines.push(format!("foreign keys looked at: {}", self.references));
        lines.extend(self.faults.iter().map(|fault| format!("FAULT: {fault}")));
        lines.push(match self.faults.len() {
            0 => "no fault".into(),
            1 => "1 fault".into(),
            faults => format!("{faults} faults"),
        });
        lines
    }
}

/// The last that events say of a row: its digest, none where it is gone, and which event says so.
struct Last {
    digest: Option<String>,
    event: usize,
}

struct Check<'t> {
    tx: &'t DatabaseTransaction,
    found: Found,
    /// Whether the log describes every row there is.
    whole: bool,
    /// The microsecond from which on rows were certainly written with the log beside them.
    log_since: Option<i64>,
    /// Events by name, as they are named beside a row.
    events: Vec<String>,
    last: HashMap<String, HashMap<String, Last>>,
}

/// Checks the database at `url`.
///
/// # Errors
/// Where there is no database, or none that has the log; faults are no error, they are what was looked for.
pub async fn check(url: &str) -> Result<Found, DbErr> {
    let connection = connect_to_check(url).await?;
    let postgres = connection.get_database_backend() == DbBackend::Postgres;
    let options = TransactionOptions {
        isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
        access_mode: postgres.then_some(AccessMode::ReadOnly),
        sqlite_transaction_mode: None,
    };
    let tx = connection.begin_with_options(options).await?;
    let head = match audit_head::Entity::find_by_id(1).one(&tx).await {
        Ok(head) => head,
        Err(error) => {
            return Err(DbErr::Custom(format!(
                "this database has no audit log; `collate migrate up` makes it ({error})"
            )));
        }
    };
    let mut check = Check {
        tx: &tx,
        found: Found::default(),
        whole: head.as_ref().is_some_and(|head| head.whole),
        log_since: log_since(&tx).await?,
        events: Vec::new(),
        last: HashMap::new(),
    };
    check.chain(head).await?;
    check.read_descriptions().await?;
    check.compare_all().await?;
    check.name_what_is_gone();
    check.references().await?;
    let found = check.found;
    tx.rollback().await?;
    connection.close().await?;
    Ok(found)
}

impl Check<'_> {
    fn fault(&mut self, fault: impl Into<String>) {
        self.found.faults.push(fault.into());
    }

    /// Every sealed event against its own seal, and every seal against the one before.
    async fn chain(&mut self, head: Option<audit_head::Model>) -> Result<(), DbErr> {
        let mut events = audit_events::Entity::find()
            .filter(sea_orm::ColumnTrait::is_not_null(&audit_events::Column::Seal))
            .order_by_asc(audit_events::Column::Number)
            .order_by_asc(audit_events::Column::Entry)
            .stream(self.tx)
            .await?;
        let mut faults = Vec::new();
        let (mut number, mut last) = (0, String::new());
        let mut said_whole = false;
        while let Some(event) = next(&mut events, "audit_events", &mut faults).await {
            self.found.sealed += 1;
            let name = name(&event);
            let (Some(own), Some(previous), Some(seal)) = (event.number, &event.previous, &event.seal) else {
                faults.push(format!("{name} has a seal, but no number or no seal before it"));
                continue;
            };
            let calculated =
                seal_of(own, previous, &event).map_err(|problem| DbErr::Custom(problem.detail))?;
            if calculated != *seal {
                faults.push(format!("{name} was changed after it was sealed as number {own}"));
            }
            if own <= number {
                faults.push(format!(
                    "{name} is a second number {own}: it was put into the chain"
                ));
            } else if own == number + 1 {
                let begins_whole = number == 0 && previous == GENESIS;
                if begins_whole {
                    said_whole = true;
                } else if *previous != last {
                    faults.push(format!(
                        "{name}, number {own}, does not follow the seal of number {number}: one of the two was put there"
                    ));
                }
            } else {
                let missing = missing(number + 1, own - 1);
                faults.push(format!("{missing} before {name}"));
            }
            (number, last) = (own, seal.clone());
        }
        drop(events);
        match head {
            None => faults.push("the head of the audit chain is missing".into()),
            Some(head) => {
                if said_whole && !head.whole {
                    faults.push(
                        "the head of the audit chain says that the log began beside rows, though its first event \
                         says that it began on an empty database"
                            .into(),
                    );
                }
                if head.number > number {
                    let missing = missing(number + 1, head.number);
                    faults.push(format!("{missing} at the end of the chain"));
                } else if head.number < number || head.seal != last {
                    faults.push(format!(
                        "the chain ends with number {number}, but its head says number {} with another seal",
                        head.number
                    ));
                }
                self.found.head = Some((head.number, head.seal));
            }
        }
        self.whole |= said_whole;
        self.found.faults.append(&mut faults);
        Ok(())
    }

    /// What the last event on each row says of it. Entries of acts on one row are in the order of those acts.
    async fn read_descriptions(&mut self) -> Result<(), DbErr> {
        let mut events = audit_events::Entity::find()
            .order_by_asc(audit_events::Column::Entry)
            .stream(self.tx)
            .await?;
        let mut faults = Vec::new();
        let mut unknown = HashSet::new();
        let compared: HashSet<_> = COMPARED.iter().map(|table| table()).collect();
        while let Some(event) = next(&mut events, "audit_events", &mut faults).await {
            self.found.events += 1;
            let described: Described = match serde_json::from_str(&event.described) {
                Ok(described) => described,
                Err(_) => {
                    faults.push(format!("{} does not say which rows it wrote", name(&event)));
                    continue;
                }
            };
            if described.is_empty() {
                continue;
            }
            self.events
                .push(format!("{} ({} at {})", name(&event), event.act, event.at));
            let at = self.events.len() - 1;
            for (table, rows) in described {
                if !compared.contains(table.as_str()) {
                    unknown.insert(table);
                    continue;
                }
                let last = self.last.entry(table).or_default();
                for (key, digest) in rows {
                    last.insert(key, Last { digest, event: at });
                }
            }
        }
        drop(events);
        for table in unknown {
            faults.push(format!(
                "events describe rows of {table}, which this version does not know"
            ));
        }
        self.found.faults.append(&mut faults);
        Ok(())
    }

    /// Every row of a table against what the last event on it says.
    async fn compare<E>(&mut self) -> Result<(), DbErr>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel>,
    {
        let table = E::default().table_name();
        let mut rows = E::find().stream(self.tx).await?;
        let mut last = self.last.remove(table).unwrap_or_default();
        let mut faults = Vec::new();
        while let Some(row) = next(&mut rows, table, &mut faults).await {
            let row = row.into_active_model();
            let note = RowNote::written(&row).map_err(|problem| DbErr::Custom(problem.detail))?;
            let Some(RowNote { key, digest, .. }) = note else {
                continue;
            };
            let beside_the_log = self.log_since.is_some() && first_written(&row) >= self.log_since;
            match last.remove(&key) {
                None if self.whole || beside_the_log => {
                    faults.push(format!("{table} {key} was written, though no act wrote it"))
                }
                None => self.found.undescribed += 1,
                Some(said) => {
                    self.found.rows += 1;
                    let event = self.events.get(said.event).map_or("an event", String::as_str);
                    if said.digest.is_none() {
                        faults.push(format!("{table} {key} is there, though {event} took it out"));
                    } else if said.digest != digest {
                        faults.push(format!(
                            "{table} {key} was changed after the last act on it, {event}"
                        ));
                    }
                }
            }
        }
        drop(rows);
        last.retain(|_, said| said.digest.is_some());
        self.last.insert(table.to_owned(), last);
        self.found.faults.append(&mut faults);
        Ok(())
    }

    fn name_what_is_gone(&mut self) {
        let mut faults = Vec::new();
        for (table, rows) in &self.last {
            for (key, said) in rows {
                let event = self.events.get(said.event).map_or("an event", String::as_str);
                faults.push(format!(
                    "{table} {key} is gone, though no act took it out; the last on it was {event}"
                ));
            }
        }
        faults.sort();
        self.found.faults.append(&mut faults);
    }

    /// Every reference to a row that is not there.
    async fn references(&mut self) -> Result<(), DbErr> {
        match self.tx.get_database_backend() {
            DbBackend::Postgres => self.references_of_postgres().await,
            _ => self.references_of_sqlite().await,
        }
    }

    async fn references_of_sqlite(&mut self) -> Result<(), DbErr> {
        let count = "SELECT count(DISTINCT t.name || '/' || f.id) AS keys FROM sqlite_master t, \
                     pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";
        let count = Statement::from_string(DbBackend::Sqlite, count);
        if let Some(row) = self.tx.query_one_raw(count).await? {
            self.found.references = u64::try_from(row.try_get::<i64>("", "keys")?).unwrap_or_default();
        }
        let check = Statement::from_string(DbBackend::Sqlite, "PRAGMA foreign_key_check");
        for row in self.tx.query_all_raw(check).await? {
            let table: String = row.try_get("", "table")?;
            let parent: String = row.try_get("", "parent")?;
            let number: Option<i64> = row.try_get("", "rowid")?;
            let number = number.unwrap_or_default();
            self.fault(format!(
                "{table}, the row that SQLite numbers {number}, refers to a row of {parent} that is not there"
            ));
        }
        Ok(())
    }

    /// PostgreSQL has no word for it: each constraint is asked for rows without their counterpart.
    async fn references_of_postgres(&mut self) -> Result<(), DbErr> {
        let constraints = "
            SELECT c.conname::text AS name, c.conrelid::regclass::text AS child, c.confrelid::regclass::text AS parent,
                (SELECT string_agg(format('child.%I = parent.%I', own.attname, other.attname), ' AND ')
                    FROM unnest(c.conkey, c.confkey) AS pair(own, other)
                    JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = pair.own
                    JOIN pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = pair.other) AS fits,
                (SELECT string_agg(format('child.%I IS NOT NULL', own.attname), ' AND ')
                    FROM unnest(c.conkey) AS k(own)
                    JOIN pg_attribute own ON own.attrelid = c.conrelid AND own.attnum = k.own) AS given,
                (SELECT string_agg(format('child.%I::text', own.attname), ' || ''/'' || ' ORDER BY own.attnum)
                    FROM pg_index i JOIN pg_attribute own ON own.attrelid = i.indrelid AND own.attnum = ANY (i.indkey)
                    WHERE i.indrelid = c.conrelid AND i.indisprimary) AS key
            FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace
            ORDER BY c.conname";
        let constraints = Statement::from_string(DbBackend::Postgres, constraints);
        for constraint in self.tx.query_all_raw(constraints).await? {
            self.found.references += 1;
            let word = |column: &str| constraint.try_get::<String>("", column);
            let (name, child, parent) = (word("name")?, word("child")?, word("parent")?);
            let orphans = format!(
                "SELECT {} AS key FROM {child} child WHERE {} AND NOT EXISTS (SELECT 1 FROM {parent} parent WHERE {})",
                word("key")?,
                word("given")?,
                word("fits")?
            );
            let orphans = Statement::from_string(DbBackend::Postgres, orphans);
            for row in self.tx.query_all_raw(orphans).await? {
                let key: String = row.try_get("", "key")?;
                self.fault(format!(
                    "{child} {key} refers to a row of {parent} that is not there ({name})"
                ));
            }
        }
        Ok(())
    }
}

/// From which microsecond on every write left an event: the second after the step of the schema that made the log, which
/// is written down in whole seconds.
async fn log_since(tx: &DatabaseTransaction) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT applied_at FROM seaql_migrations WHERE version = 'm0006_audit'";
    let statement = Statement::from_string(tx.get_database_backend(), sql);
    let applied_at = match tx.query_one_raw(statement).await? {
        Some(row) => Some(row.try_get::<i64>("", "applied_at")?),
        None => None,
    };
    Ok(applied_at.map(|seconds| (seconds + 1) * 1_000_000))
}

/// Columns that say when a row was first written, each table's own.
const FIRST_WRITTEN: &[&str] = &[
    "received_at",
    "made_at",
    "moved_at",
    "replaced_at",
    "coded_at",
    "cleared_at",
    "withdrawn_at",
];

/// When a row was first written, in microseconds, where its table says so.
fn first_written<A: ActiveModelTrait>(row: &A) -> Option<i64> {
    let mut names = FIRST_WRITTEN.iter();
    let column = names.find_map(|name| {
        <A::Entity as EntityTrait>::Column::iter().find(|column| column.as_str() == *name)
    })?;
    match row.get(column).into_value() {
        Some(Value::BigInt(at)) => at,
        _ => None,
    }
}

fn missing(from: i64, to: i64) -> String {
    if from == to {
        format!("audit event number {from} is missing")
    } else {
        format!("audit events number {from} to {to} are missing")
    }
}

fn name(event: &audit_events::Model) -> String {
    format!("audit event {}", event.id)
}

/// The next row that can be read; one that cannot is a fault. Where that goes on, the table is left.
async fn next<M>(
    rows: &mut (impl futures_util::Stream<Item = Result<M, DbErr>> + Unpin),
    table: &str,
    faults: &mut Vec<String>,
) -> Option<M> {
    for _ in 0..1000 {
        match rows.try_next().await {
            Ok(row) => return row,
            Err(error) => faults.push(format!("{table} holds a row that cannot be read: {error}")),
        }
    }
    None
}

/// Tables of a database that are neither compared nor known to be left out: none, or the check would be blind there.
pub fn overlooked(tables: &[String]) -> Vec<&str> {
    let compared: HashSet<_> = COMPARED.iter().map(|table| table()).collect();
    let left_out: HashSet<_> = BOOKKEEPING.iter().map(|(table, _)| *table).collect();
    tables
        .iter()
        .map(String::as_str)
        .filter(|table| !compared.contains(table) && !left_out.contains(table))
        .collect()
}
