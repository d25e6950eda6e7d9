//! SQLite spoken to on the thread that asks: by the writer, for what is looked up in microseconds, and where much is read at once.
//!
//! Through sqlx a statement goes to another thread and back, which was 1.4 ms of two threads' time a post of a dozen statements, most of it
//! spent in waking one another (2 cores; 531 posts a second). Refused: SeaORM's `proxy` to a connection of rusqlite's, which does not
//! compile beside sqlx (2.0.4) and takes a value that it did not expect for nothing at all; so what is read is read by the types of its
//! fields (`entity/src/values.rs`).
//!
//! Invariant: what the writer remembers of rows is what is stored. It forgets a table when a row of it is written (SQLite says so itself,
//! <https://sqlite.org/c3ref/update_hook.html>), everything when it rolls back, and when another connection has committed.

use super::{file_of, statements::Places};
use entity::values::Values;
use rusqlite::{
    CachedStatement, Connection, Row,
    hooks::Action,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{ColumnType, DbErr, RuntimeErr, Statement, Value, sea_query::ValueType};
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::{Date, format_description::FormatItem, macros::format_description};
use uuid::Uuid;

/// Statements that stay prepared; the service has fewer that it says often.
const STATEMENTS_KEPT: usize = 256;
/// Rows of one table that are remembered at the most.
const ROWS_REMEMBERED: usize = 1000;
/// Pages of the log at which the writer itself takes it over, which then begins anew: most of it was taken over beside it by then. At
/// SQLite's own thousand, each hundredth post of sixteen callers waited for two fsyncs and a thousand pages.
const LOG_PAGES: u32 = 8000;
/// Idle connections that stay open.
const IDLE_KEPT: usize = 2;
/// How long a connection waits where another process has the database locked. A reader of a WAL waits for nobody, but while the log of
/// a process that was killed is recovered.
const PATIENCE: Duration = Duration::from_secs(5);
const DAY: &[FormatItem<'_>] = format_description!("[year]-[month]-[day]");

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The connection.
pub(super) struct Direct {
    connection: Mutex<Connection>,
    /// The writer's alone: who reads only is not told what others write.
    remembered: Option<Arc<Mutex<Remembered>>>,
}

/// Connections to read from that nobody uses now.
pub(super) struct Idle {
    url: String,
    connections: Mutex<Vec<Arc<Direct>>>,
}

impl Idle {
    /// None yet: each is opened when it is wanted first.
    pub fn of(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            connections: Mutex::default(),
        }
    }

    /// One that nobody else has.
    ///
    /// # Errors
    /// Where another cannot be opened.
    pub fn take(&self) -> Result<Arc<Direct>, DbErr> {
        let idle = lock(&self.connections).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => Direct::to_read(&self.url).map(Arc::new),
        }
    }

    /// Gives one back. What reads much at once is seldom more than one.
    pub fn give(&self, connection: Arc<Direct>) {
        let mut connections = lock(&self.connections);
        if connections.len() < IDLE_KEPT {
            connections.push(connection);
        }
    }
}

/// By table, what was read of its rows and is as it was.
#[derive(Default)]
struct Remembered {
    rows: HashMap<&'static str, HashMap<Uuid, Box<dyn Any + Send>>>,
    /// `data_version` as the last commit began: another connection has written where it differs.
    seen: Option<i64>,
}

impl Direct {
    /// The file at `url` to write to, made if it is missing.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn to_write(url: &str) -> Result<Self, DbErr> {
        let mut made = Self::of(
            url,
            &format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = {LOG_PAGES};"
            ),
        )?;
        let remembered = Arc::<Mutex<Remembered>>::default();
        made.remembered = Some(remembered.clone());
        let forget = move |_: Action, _: &str, table: &str, _: i64| {
            lock(&remembered).rows.remove(table);
        };
        made.connection().update_hook(Some(forget)).map_err(failed)?;
        Ok(made)
    }

    /// The file at `url` to take its log over into it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn to_checkpoint(url: &str) -> Result<Self, DbErr> {
        Self::of(url, "PRAGMA synchronous = FULL;")
    }

    /// Takes over what the log holds, as far as nobody reads or writes there: nobody waits for it.
    pub fn checkpoint(&self) -> Result<(), DbErr> {
        let connection = self.connection();
        let mut checkpoint = connection
            .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
            .map_err(failed)?;
        checkpoint.query_row([], |_| Ok(())).map_err(failed)
    }

    /// The file at `url` to look something up in.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn to_read(url: &str) -> Result<Self, DbErr> {
        Self::of(url, "PRAGMA query_only = ON;")
    }

    fn of(url: &str, settings: &str) -> Result<Self, DbErr> {
        let opened = Connection::open(file_of(url)?).and_then(|connection| {
            connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
            connection.busy_timeout(PATIENCE)?;
            connection.execute_batch(settings)?;
            Ok(connection)
        });
        let connection =
            opened.map_err(|error| DbErr::Custom(format!("the database cannot be opened: {error}")))?;
        Ok(Self {
            connection: Mutex::new(connection),
            remembered: None,
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        lock(&self.connection)
    }

    /// Whether a transaction is under way.
    pub fn in_transaction(&self) -> bool {
        !self.connection().is_autocommit()
    }

    /// Says something that takes no values and gives none.
    pub fn say(&self, sql: &'static str) -> Result<(), DbErr> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(failed)?;
        statement.execute([]).map(drop).map_err(failed)
    }

    /// Begins a commit, and draws its stamp: one for all that it makes visible at once. Other processes write too, so it is a row and
    /// no counter of ours. What only keeps books is seen by no look and draws none.
    pub fn begin(&self, stamped: bool) -> Result<i64, DbErr> {
        // What panicked may have left one open.
        if self.in_transaction() {
            self.roll_back()?;
        }
        self.say("BEGIN IMMEDIATE")?;
        self.forget_what_others_wrote()?;
        let statement = match stamped {
            true => "UPDATE change_counter SET value = value + 1 WHERE id = 1 RETURNING value",
            false => "SELECT value FROM change_counter WHERE id = 1",
        };
        let connection = self.connection();
        let mut statement = connection.prepare_cached(statement).map_err(failed)?;
        statement.query_row([], |row| row.get(0)).map_err(failed)
    }

    /// Commits; or else rolls back, so that nothing is open and the next can begin.
    pub fn commit(&self) -> Result<(), DbErr> {
        // SQLite ends a transaction by itself where a disk is full, among others.
        let committed = match self.in_transaction() {
            true => self.say("COMMIT"),
            false => Err(DbErr::Custom("the commit was rolled back".into())),
        };
        if committed.is_err() {
            self.roll_back()?;
        }
        committed
    }

    /// Rolls back what is open, if anything is.
    pub fn roll_back(&self) -> Result<(), DbErr> {
        match self.in_transaction() {
            true => self.undo("ROLLBACK"),
            false => {
                self.forget();
                Ok(())
            }
        }
    }

    /// Rolls something back. What was read meanwhile may not be so any more.
    pub fn undo(&self, sql: &'static str) -> Result<(), DbErr> {
        self.forget();
        self.say(sql)
    }

    fn forget(&self) {
        if let Some(remembered) = &self.remembered {
            lock(remembered).rows.clear();
        }
    }

    fn forget_what_others_wrote(&self) -> Result<(), DbErr> {
        let Some(remembered) = &self.remembered else {
            return Ok(());
        };
        let connection = self.connection();
        let mut look = connection.prepare_cached("PRAGMA data_version").map_err(failed)?;
        let seen = look.query_row([], |row| row.get(0)).map_err(failed)?;
        let mut remembered = lock(remembered);
        if remembered.seen != Some(seen) {
            remembered.rows.clear();
            remembered.seen = Some(seen);
        }
        Ok(())
    }

    /// What was read of a row of a table before, where nobody has written to that table since.
    pub fn remembered<T: Clone + 'static>(&self, table: &'static str, id: Uuid) -> Option<T> {
        let remembered = lock(self.remembered.as_ref()?);
        remembered.rows.get(table)?.get(&id)?.downcast_ref().cloned()
    }

    /// Remembers what was read just now.
    pub fn remember<T: Send + 'static>(&self, table: &'static str, id: Uuid, read: T) {
        let Some(remembered) = &self.remembered else {
            return;
        };
        let mut remembered = lock(remembered);
        let rows = remembered.rows.entry(table).or_default();
        if rows.len() >= ROWS_REMEMBERED {
            rows.clear();
        }
        rows.insert(id, Box::new(read));
    }

    /// Every row of a statement, read by `read`.
    pub fn all<T>(
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
    pub fn first<T>(
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
    pub fn run(&self, statement: &Statement) -> Result<u64, DbErr> {
        let connection = self.connection();
        let changed = prepared(&connection, statement)?.raw_execute().map_err(failed)?;
        Ok(changed as u64)
    }

    /// Runs a statement whose text differs each time: it shall not drive out what is said often.
    pub fn run_written_out(&self, sql: &str) -> Result<(), DbErr> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::statements::FromPlaces;
    use sea_orm::DbBackend;
    use std::path::PathBuf;

    fn of_a_new_file(name: &str) -> (PathBuf, String, Direct) {
        let folder = std::env::temp_dir().join(format!("collate-direct-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let url = format!("sqlite://{}", folder.join("collate.db").display());
        let writer = Direct::to_write(&url).unwrap();
        let tables = "CREATE TABLE change_counter (id INTEGER, value INTEGER); INSERT INTO change_counter VALUES (1, 0);
            CREATE TABLE things (id BLOB, name TEXT, many INTEGER);";
        writer.run_written_out(tables).unwrap();
        (folder, url, writer)
    }

    fn said(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
    }

    /// Forgotten are rows of a table that is written to, all where something is rolled back, and all where another connection has written;
    /// and nothing for a commit of one's own.
    #[test]
    fn what_is_remembered_is_what_is_stored() {
        let (folder, url, writer) = of_a_new_file("remembered");
        let id = Uuid::from_u128(7);
        let known = || writer.remembered::<i64>("things", id);
        let remember = || writer.remember("things", id, 1_i64);
        let add = said(
            "INSERT INTO things (id, name, many) VALUES (?, ?, ?)",
            [id.into(), "one".into(), 1_i64.into()],
        );

        writer.begin(true).unwrap();
        remember();
        assert_eq!(known(), Some(1));
        writer.run(&add).unwrap();
        assert_eq!(known(), None, "its table was written to");
        remember();
        writer.say("SAVEPOINT job").unwrap();
        writer.undo("ROLLBACK TO job").unwrap();
        assert_eq!(known(), None, "something was rolled back");
        remember();
        writer.commit().unwrap();

        assert_eq!(writer.begin(true).unwrap(), 2);
        assert_eq!(known(), Some(1), "one's own commit changes nothing of it");
        writer.roll_back().unwrap();
        assert_eq!(known(), None);

        writer.begin(false).unwrap();
        remember();
        writer.commit().unwrap();
        let other = Direct::to_write(&url).unwrap();
        other
            .run(&said("UPDATE things SET many = ?", [2_i64.into()]))
            .unwrap();
        writer.begin(false).unwrap();
        assert_eq!(known(), None, "another connection has written");
        writer.commit().unwrap();
        drop((writer, other));
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Nothing is nothing, and another kind of value is an error.
    #[test]
    fn a_value_is_read_as_what_is_wanted_or_not_at_all() {
        let (folder, _, writer) = of_a_new_file("kinds");
        let add = said(
            "INSERT INTO things (id, name, many) VALUES (?, ?, ?)",
            [Uuid::nil().into(), "one".into(), Value::BigInt(None)],
        );
        writer.run(&add).unwrap();
        let read = |sql: &str| {
            writer.first(&said(sql, []), |row| {
                <(Option<String>, Option<i64>)>::from_places(row)
            })
        };
        let both = read("SELECT name, many FROM things").unwrap();
        assert_eq!(both, Some((Some("one".into()), None)));
        assert!(read("SELECT many, name FROM things").is_err());
        assert!(read("SELECT id, many FROM things").is_err());
        assert_eq!(
            read("SELECT name, many FROM things WHERE many = 1").unwrap(),
            None
        );
        drop(writer);
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Whatever ended it: nothing is left open, and the next begins.
    #[test]
    fn a_commit_that_was_ended_by_something_else_is_no_commit() {
        let (folder, _, writer) = of_a_new_file("ended");
        writer.begin(true).unwrap();
        writer.say("ROLLBACK").unwrap();
        assert!(writer.commit().is_err());
        assert!(!writer.in_transaction());
        assert_eq!(writer.begin(true).unwrap(), 1);
        assert_eq!(
            writer.begin(true).unwrap(),
            1,
            "what was left open is rolled back"
        );
        writer.commit().unwrap();
        drop(writer);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
