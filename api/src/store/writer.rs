//! The one writer of SQLite: its connection, the queue of jobs, and the commits that carry many of them.
//!
//! Invariants: a job's statements run one after the other on the writer's own thread, within a savepoint of its own; what is told to
//! whoever waits is told after the commit; a job that fails or panics leaves nothing behind and stops no other.
//!
//! The connection is rusqlite's: a statement is a call on this thread. Through sqlx each goes to another thread and back, which was 1.4 ms
//! of two threads' time a post of a dozen statements, most of it spent in waking one another (2 cores; 531 posts a second). Refused:
//! SeaORM's `proxy` to it, which does not compile beside sqlx (2.0.4) and takes a value that it did not expect for nothing at all; so
//! what is read is read by the types of its fields (`entity/src/values.rs`).

use super::{Job, Outcome, Tx, Who, caught, file_of, statements::Places};
use crate::http::problem::Problem;
use entity::values::Values;
use futures_util::FutureExt;
use rusqlite::{
    CachedStatement, Connection, Row,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{ColumnType, DbErr, RuntimeErr, Statement, Value, sea_query::ValueType};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::{Date, format_description::FormatItem, macros::format_description};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Jobs that one commit carries at the most.
const JOBS_A_COMMIT: usize = 128;
/// Statements that stay prepared; the service has fewer that it says often.
const STATEMENTS_KEPT: usize = 256;
const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// What waits for the writer.
pub(super) struct Queued {
    pub job: Job,
    pub who: Who,
    /// Whether figures may rest on what it writes: what keeps books moves no counter, so that no look is made for it.
    pub stamped: bool,
    pub done: oneshot::Sender<Outcome>,
}

/// Opens the database at `url` to write to it, making the file if it is missing, and starts the writer on a thread of its own.
///
/// # Errors
/// Where the file cannot be opened.
pub(super) fn start(url: &str) -> Result<mpsc::Sender<Queued>, DbErr> {
    let writer = Arc::new(Writer::open(url)?);
    let (queue, jobs) = mpsc::channel(4096);
    std::thread::Builder::new()
        .name("collate-writer".into())
        .spawn(
            move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(write_jobs(&writer, jobs)),
                Err(error) => tracing::error!(%error, "the writer cannot start"),
            },
        )
        .map_err(|error| DbErr::Custom(format!("the writer cannot start: {error}")))?;
    Ok(queue)
}

/// Takes what waits, commits it together, then tells everyone.
async fn write_jobs(writer: &Arc<Writer>, mut jobs: mpsc::Receiver<Queued>) {
    let mut waiting = Vec::with_capacity(JOBS_A_COMMIT);
    while jobs.recv_many(&mut waiting, JOBS_A_COMMIT).await > 0 {
        let mut told = Vec::with_capacity(waiting.len());
        let stamped = waiting.iter().any(|queued| queued.stamped);
        // What panics takes its commit with it, and not the writer: whoever waits for it gets an error.
        let commit = commit_together(writer, waiting.drain(..), stamped, &mut told);
        let committed = AssertUnwindSafe(commit)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(DbErr::Custom("a commit panicked".into())));
        for (done, outcome) in told {
            let outcome = match &committed {
                Ok(()) => outcome,
                Err(error) => Err(Problem::internal(error)),
            };
            // The caller may have gone; what was committed stays.
            let _ = done.send(outcome);
        }
    }
}

async fn commit_together(
    writer: &Arc<Writer>,
    jobs: impl Iterator<Item = Queued>,
    stamped: bool,
    told: &mut Vec<(oneshot::Sender<Outcome>, Outcome)>,
) -> Result<(), DbErr> {
    let stamp = match writer.begin(stamped) {
        Ok(stamp) => stamp,
        // A database that is not migrated yet has no counter, and nothing that wants one.
        Err(error) => {
            told.extend(jobs.map(|queued| (queued.done, Err(Problem::internal(&error)))));
            return writer.end("ROLLBACK");
        }
    };
    for Queued { job, who, done, .. } in jobs {
        let outcome = in_savepoint(writer, who, stamp, job).await;
        told.push((done, outcome));
    }
    writer.end("COMMIT")
}

async fn in_savepoint(writer: &Arc<Writer>, who: Who, stamp: i64, job: Job) -> Outcome {
    // Where SQLite has rolled the whole commit back, as on a full disk, a savepoint would be a commit of its own.
    if writer.connection().is_autocommit() {
        return Err(Problem::internal("an earlier job ended the commit"));
    }
    writer.say("SAVEPOINT job")?;
    let outcome = caught(job, &Tx::of_writer(writer.clone(), who, stamp)).await;
    if outcome.is_err() {
        writer.say("ROLLBACK TO job")?;
    }
    writer.say("RELEASE job")?;
    outcome
}

/// The connection. One thread writes; the lock is there because a [`Tx`] can be sent to another.
pub(super) struct Writer(Mutex<Connection>);

impl Writer {
    fn open(url: &str) -> Result<Self, DbErr> {
        let open = || {
            let connection = Connection::open(file_of(url)?).map_err(failed)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
            connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
            let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
            connection.execute_batch(settings).map_err(failed)?;
            Ok(connection)
        };
        let connection = open()
            .map_err(|error: DbErr| DbErr::Custom(format!("the database cannot be written to: {error}")))?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, sql: &'static str) -> Result<(), DbErr> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        statement.execute([]).map(drop).map_err(failed)
    }

    /// Begins a commit, and draws its stamp: one for all that it makes visible at once. Other processes write too, so it is a row and
    /// no counter of ours. What only keeps books is seen by no look and draws none.
    fn begin(&self, stamped: bool) -> Result<i64, DbErr> {
        // What panicked may have left one open.
        if !self.connection().is_autocommit() {
            self.say("ROLLBACK")?;
        }
        self.say("BEGIN IMMEDIATE")?;
        let statement = match stamped {
            true => "UPDATE change_counter SET value = value + 1 WHERE id = 1 RETURNING value",
            false => "SELECT value FROM change_counter WHERE id = 1",
        };
        let connection = self.connection();
        let mut statement = connection.prepare_cached(statement).map_err(failed)?;
        statement.query_row([], |row| row.get(0)).map_err(failed)
    }

    /// Ends a commit one way or the other: after this nothing is open, so that the next can begin.
    fn end(&self, how: &'static str) -> Result<(), DbErr> {
        if self.connection().is_autocommit() {
            return match how {
                "ROLLBACK" => Ok(()),
                _ => Err(DbErr::Custom("SQLite has rolled the commit back".into())),
            };
        }
        let ended = self.say(how);
        if ended.is_err() && !self.connection().is_autocommit() {
            self.say("ROLLBACK")?;
        }
        ended
    }

    /// Every row of a statement, read by `read`.
    pub(super) fn all<T>(
        &self,
        statement: &Statement,
        mut read: impl FnMut(&mut Found<'_>) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        let connection = self.connection();
        let mut prepared = prepared(&connection, statement)?;
        let mut rows = prepared.raw_query();
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            all.push(read(&mut Found { row, next: 0 })?);
        }
        Ok(all)
    }

    /// The first row of a statement, read by `read`.
    pub(super) fn first<T>(
        &self,
        statement: &Statement,
        read: impl FnOnce(&mut Found<'_>) -> Result<T, DbErr>,
    ) -> Result<Option<T>, DbErr> {
        let connection = self.connection();
        let mut prepared = prepared(&connection, statement)?;
        let mut rows = prepared.raw_query();
        let first = rows.next().map_err(failed)?;
        first.map(|row| read(&mut Found { row, next: 0 })).transpose()
    }

    /// Runs a statement; how many rows it changed.
    pub(super) fn run(&self, statement: &Statement) -> Result<u64, DbErr> {
        let connection = self.connection();
        let changed = prepared(&connection, statement)?.raw_execute().map_err(failed)?;
        Ok(changed as u64)
    }

    /// Runs a statement whose text differs each time: it shall not drive out what is said often.
    pub(super) fn run_written_out(&self, sql: &str) -> Result<(), DbErr> {
        self.connection().execute_batch(sql).map_err(failed)
    }
}

fn prepared<'c>(connection: &'c Connection, statement: &Statement) -> Result<CachedStatement<'c>, DbErr> {
    let mut prepared = connection.prepare_cached(&statement.sql).map_err(failed)?;
    let values = statement.values.iter().flat_map(|values| &values.0);
    for (at, value) in values.enumerate() {
        prepared
            .raw_bind_parameter(at + 1, bound(value)?)
            .map_err(failed)?;
    }
    Ok(prepared)
}

/// A value as sqlx binds it to SQLite, by whose readers it is read.
fn bound(value: &Value) -> Result<ToSqlOutput<'_>, DbErr> {
    use rusqlite::types::Value::{Blob, Integer, Null, Real, Text};
    let owned = match value {
        Value::Bool(value) => value.map(|value| Integer(value.into())),
        Value::TinyInt(value) => value.map(|value| Integer(value.into())),
        Value::SmallInt(value) => value.map(|value| Integer(value.into())),
        Value::Int(value) => value.map(|value| Integer(value.into())),
        Value::BigInt(value) => value.map(Integer),
        Value::TinyUnsigned(value) => value.map(|value| Integer(value.into())),
        Value::SmallUnsigned(value) => value.map(|value| Integer(value.into())),
        Value::Unsigned(value) => value.map(|value| Integer(value.into())),
        Value::BigUnsigned(value) => {
            let whole = value.map(TryInto::try_into).transpose();
            whole
                .map_err(|_| DbErr::Type("a number beyond what SQLite keeps".into()))?
                .map(Integer)
        }
        Value::Float(value) => value.map(|value| Real(value.into())),
        Value::Double(value) => value.map(Real),
        Value::String(Some(text)) => return Ok(ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))),
        Value::Bytes(Some(bytes)) => return Ok(ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
        Value::String(None) | Value::Bytes(None) => None,
        Value::Json(value) => value.as_ref().map(|value| Text(value.to_string())),
        Value::Uuid(value) => value.map(|value| Blob(value.as_bytes().to_vec())),
        Value::TimeDate(value) => {
            let day = value.map(|day| day.format(DAY)).transpose();
            day.map_err(|error| DbErr::Type(error.to_string()))?.map(Text)
        }
        other => return Err(DbErr::Type(format!("no column takes {other:?}"))),
    };
    Ok(ToSqlOutput::Owned(owned.unwrap_or(Null)))
}

/// A row that a statement has come to.
pub(super) struct Found<'r> {
    row: &'r Row<'r>,
    /// The place after the one read last: fields are mostly asked for in the order of their columns.
    next: usize,
}

impl Values for Found<'_> {
    fn value(&mut self, column: &str, of: &ColumnType) -> Result<Value, DbErr> {
        let names = self.row.as_ref();
        let place = match names.column_name(self.next) {
            Ok(name) if name == column => self.next,
            _ => names.column_index(column).map_err(failed)?,
        };
        self.next = place + 1;
        value(self.row.get_ref(place).map_err(failed)?, of)
    }
}

impl Places for Found<'_> {
    fn at<T: ValueType>(&self, place: usize) -> Result<T, DbErr> {
        let stored = self.row.get_ref(place).map_err(failed)?;
        let value = value(stored, &T::column_type())?;
        T::try_from(value).map_err(|_| DbErr::Type(format!("place {place} holds no {}", T::type_name())))
    }
}

/// A stored value as one of a type. One that is of another is an error, and never nothing.
fn value(stored: ValueRef<'_>, of: &ColumnType) -> Result<Value, DbErr> {
    let wrong = || DbErr::Type(format!("{} is stored where {of:?} is wanted", stored.data_type()));
    let whole = || match stored {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(value) => Ok(Some(value)),
        _ => Err(wrong()),
    };
    let bytes = || match stored {
        ValueRef::Null => Ok(None),
        ValueRef::Blob(value) => Ok(Some(value)),
        _ => Err(wrong()),
    };
    let text = || match stored {
        ValueRef::Null => Ok(None),
        ValueRef::Text(value) => std::str::from_utf8(value).map(Some).map_err(|_| wrong()),
        _ => Err(wrong()),
    };
    Ok(match of {
        ColumnType::Boolean => Value::Bool(whole()?.map(|value| value != 0)),
        ColumnType::Integer => {
            let value = whole()?.map(TryInto::try_into).transpose();
            Value::Int(value.map_err(|_| wrong())?)
        }
        ColumnType::BigInteger => Value::BigInt(whole()?),
        ColumnType::String(_) | ColumnType::Text | ColumnType::Char(_) => {
            Value::String(text()?.map(ToOwned::to_owned))
        }
        ColumnType::Json | ColumnType::JsonBinary => {
            let value = text()?.map(serde_json::from_str).transpose();
            Value::Json(
                value
                    .map_err(|error| DbErr::Json(error.to_string()))?
                    .map(Box::new),
            )
        }
        ColumnType::Uuid => {
            let value = bytes()?.map(Uuid::from_slice).transpose();
            Value::Uuid(value.map_err(|_| wrong())?)
        }
        ColumnType::VarBinary(_) | ColumnType::Binary(_) | ColumnType::Blob => {
            Value::Bytes(bytes()?.map(ToOwned::to_owned))
        }
        ColumnType::Date => {
            let value = text()?.map(|day| Date::parse(day, DAY)).transpose();
            Value::TimeDate(value.map_err(|_| wrong())?)
        }
        _ => return Err(wrong()),
    })
}

/// With SQLite's own words, by which `http/problem.rs` tells a broken constraint.
fn failed(error: rusqlite::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::Internal(error.to_string()))
}
