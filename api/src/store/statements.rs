//! How statements are run: by a connection of SeaORM's, or on this thread ([`super::direct`]). What they read comes back by the types of its fields
//! either way, and a query is written once for both databases.

use super::{On, Tx};
use crate::http::problem::Problem;
use domain::id::*;
use entity::values::{FromValues, Values};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, EntityName,
    EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryTrait, Select, SelectGetableTuple, SelectModel,
    Selector, Statement, TryGetableMany, Value,
    sea_query::{Expr, Query, ValueType},
};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use uuid::Uuid;

/// A query that can be read within a [`Tx`].
pub(super) trait Reading: Sized {
    /// What one row is.
    type Item;

    /// Every row.
    async fn all_of(self, tx: &Tx) -> Result<Vec<Self::Item>, DbErr>;

    /// The first row.
    async fn one_of(self, tx: &Tx) -> Result<Option<Self::Item>, DbErr>;
}

macro_rules! reading {
    (($($generic:tt)*) $query:ty, $item:ty, $statement:expr, $read:expr) => {
        impl<$($generic)*> Reading for $query {
            type Item = $item;

            async fn all_of(self, tx: &Tx) -> Result<Vec<Self::Item>, DbErr> {
                match &tx.on {
                    On::Direct(connection) => connection.all(&$statement(self), $read),
                    On::Pool(pool) => self.all(pool).await,
                    On::Transaction(transaction) => self.all(transaction).await,
                }
            }

            async fn one_of(self, tx: &Tx) -> Result<Option<Self::Item>, DbErr> {
                match &tx.on {
                    On::Direct(connection) => connection.first(&$statement(self), $read),
                    On::Pool(pool) => self.one(pool).await,
                    On::Transaction(transaction) => self.one(transaction).await,
                }
            }
        }
    };
}

reading!(
    (E: EntityTrait<Model: FromValues>)
    Select<E>, E::Model,
    |query: Self| query.build(DbBackend::Sqlite),
    |row| E::Model::from_values(row)
);
reading!(
    (M: FromQueryResult + FromValues)
    Selector<SelectModel<M>>, M,
    |query: Self| query.into_statement(DbBackend::Sqlite),
    |row| M::from_values(row)
);
reading!(
    (T: TryGetableMany + FromPlaces)
    Selector<SelectGetableTuple<T>>, T,
    |query: Self| query.into_statement(DbBackend::Sqlite),
    |row| T::from_places(row)
);

/// What can be counted within a [`Tx`].
pub(super) trait Counting {
    /// How many rows.
    async fn count_of(self, tx: &Tx) -> Result<u64, Problem>;
}

impl<E: EntityTrait> Counting for Select<E> {
    async fn count_of(self, tx: &Tx) -> Result<u64, Problem> {
        let counted = Query::select()
            .expr(Expr::cust("COUNT(*)"))
            .from_subquery(self.into_query(), "counted")
            .to_owned();
        let count: Option<i64> = tx.raw(tx.backend().build(&counted)).await?;
        Ok(count.unwrap_or_default().unsigned_abs())
    }
}

/// Values read by their places in a row.
pub(super) trait Places: Values {
    /// The value at a place.
    fn at<T: ValueType>(&self, place: usize) -> Result<T, DbErr>;
}

/// What can be read by place.
pub(super) trait FromPlaces: Sized {
    fn from_places(row: &impl Places) -> Result<Self, DbErr>;
}

macro_rules! one_value {
    ($($type:ty),* $(,)?) => {
        $(impl FromPlaces for $type {
            fn from_places(row: &impl Places) -> Result<Self, DbErr> {
                row.at(0)
            }
        })*
    };
}

one_value!(
    i32,
    i64,
    String,
    ContributionId,
    DiscussionId,
    ReportId,
    ResponseId
);

impl<A: ValueType, B: ValueType> FromPlaces for (A, B) {
    fn from_places(row: &impl Places) -> Result<Self, DbErr> {
        Ok((row.at(0)?, row.at(1)?))
    }
}

impl<A: ValueType, B: ValueType, C: ValueType> FromPlaces for (A, B, C) {
    fn from_places(row: &impl Places) -> Result<Self, DbErr> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?))
    }
}

impl<A: ValueType, B: ValueType, C: ValueType, D: ValueType> FromPlaces for (A, B, C, D) {
    fn from_places(row: &impl Places) -> Result<Self, DbErr> {
        Ok((row.at(0)?, row.at(1)?, row.at(2)?, row.at(3)?))
    }
}

impl Tx {
    /// Which database this is.
    pub(super) fn backend(&self) -> DbBackend {
        match &self.on {
            On::Direct(_) => DbBackend::Sqlite,
            On::Pool(pool) => pool.get_database_backend(),
            On::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    /// What `read` finds of a row of a table; where SQLite's writer has read it before and nobody has written to the table since, that.
    pub(super) async fn remembered<T: Clone + Send + 'static>(
        &self,
        table: &'static str,
        id: Uuid,
        read: impl AsyncFnOnce() -> Result<T, DbErr>,
    ) -> Result<T, DbErr> {
        let connection = match &self.on {
            On::Direct(connection) => connection,
            _ => return read().await,
        };
        if let Some(known) = connection.remembered(table, id) {
            return Ok(known);
        }
        let found = read().await?;
        connection.remember(table, id, found.clone());
        Ok(found)
    }

    /// Runs a statement that gives nothing back; how many rows it changed.
    pub(super) async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        let on: DatabaseExecutor<'_> = match &self.on {
            On::Direct(connection) => return connection.run(&statement),
            On::Pool(pool) => pool.into(),
            On::Transaction(transaction) => transaction.into(),
        };
        Ok(on.execute_raw(statement).await?.rows_affected())
    }

    /// Runs a statement that is written out, whose text differs each time.
    pub(super) async fn run_written_out(&self, sql: &str) -> Result<(), DbErr> {
        match &self.on {
            On::Direct(connection) => return connection.run_written_out(sql),
            On::Pool(pool) => pool.execute_unprepared(sql).await?,
            On::Transaction(transaction) => transaction.execute_unprepared(sql).await?,
        };
        Ok(())
    }

    /// The first row of a statement written in SQL, by the places of its values.
    pub(super) async fn raw<T: FromPlaces + TryGetableMany>(
        &self,
        statement: Statement,
    ) -> Result<Option<T>, DbErr> {
        let row = match &self.on {
            On::Direct(connection) => return connection.first(&statement, |row| T::from_places(row)),
            On::Pool(pool) => pool.query_one_raw(statement).await?,
            On::Transaction(transaction) => transaction.query_one_raw(statement).await?,
        };
        row.map(|row| T::try_get_many_by_index(&row).map_err(DbErr::from))
            .transpose()
    }

    /// Rows as they are after a statement that changes or takes them.
    pub(super) async fn returned<M: FromQueryResult + FromValues>(
        &self,
        statement: Statement,
    ) -> Result<Vec<M>, DbErr> {
        let rows = match &self.on {
            On::Direct(connection) => return connection.all(&statement, |row| M::from_values(row)),
            On::Pool(pool) => pool.query_all_raw(statement).await?,
            On::Transaction(transaction) => transaction.query_all_raw(statement).await?,
        };
        rows.iter().map(|row| M::from_query_result(row, "")).collect()
    }
}

/// Statements that add rows, by table, whether it is PostgreSQL, which columns are given and how many rows. Of each table there is one for a row and a few
/// for several; what is added by hundreds is of one length but for its end.
type Known = HashMap<(&'static str, bool, u64, usize), Arc<str>>;
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
const STATEMENTS_KNOWN: usize = 512;

/// A statement that adds rows, all of which give the same columns. Its text is made once: SeaORM's builder quotes every column of thirty
/// anew for each row, which was a tenth of what the writer did for a post.
pub(super) fn adding<A: ActiveModelTrait>(backend: DbBackend, rows: &[A]) -> Statement {
    let columns: Vec<_> = <A::Entity as EntityTrait>::Column::iter().collect();
    let given = |row: &A, at: usize| !row.get(columns[at]).is_not_set();
    let given: Vec<_> = (0..columns.len())
        .filter(|at| rows.first().is_some_and(|row| given(row, *at)))
        .map(|at| (at, columns[at]))
        .collect();
    let mask = given.iter().fold(0, |mask, (at, _)| mask | 1 << at);
    let values = rows.iter().flat_map(|row| {
        given.iter().map(|(_, column)| match row.get(*column) {
            ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
            ActiveValue::NotSet => Value::BigInt(None),
        })
    });
    let values: Vec<Value> = values.collect();
    let table = A::Entity::default().table_name();
    let is_postgres = backend == DbBackend::Postgres;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > STATEMENTS_KNOWN {
        known.clear();
    }
    let sql = known
        .entry((table, is_postgres, mask, rows.len()))
        .or_insert_with(|| {
            let names: Vec<String> = given
                .iter()
                .map(|(_, column)| format!("\"{}\"", column.as_str()))
                .collect();
            let mut place = 0;
            let places = (0..rows.len()).map(|_| {
                let of_row = given.iter().map(|_| {
                    place += 1;
                    format!("{}{place}", if is_postgres { '$' } else { '?' })
                });
                format!("({})", of_row.collect::<Vec<_>>().join(", "))
            });
            let places: Vec<String> = places.collect();
            format!(
                "INSERT INTO \"{table}\" ({}) VALUES {}",
                names.join(", "),
                places.join(", ")
            )
            .into()
        });
    Statement::from_sql_and_values(backend, sql.to_string(), values)
}
