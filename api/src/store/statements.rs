//! How statements are run: by a connection of SeaORM's, or by SQLite's writer. What they read comes back by the types of its fields
//! either way, and a query is written once for both databases.

use super::{On, Tx};
use crate::http::problem::Problem;
use domain::id::*;
use entity::values::{FromValues, Values};
use sea_orm::{
    ConnectionTrait, DatabaseExecutor, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryTrait, Select,
    SelectGetableTuple, SelectModel, Selector, Statement, TryGetableMany,
    sea_query::{Expr, Query, ValueType},
};

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
                    On::Writer(writer) => writer.all(&$statement(self), $read),
                    On::Pool(pool) => self.all(pool).await,
                    On::Transaction(transaction) => self.all(transaction).await,
                }
            }

            async fn one_of(self, tx: &Tx) -> Result<Option<Self::Item>, DbErr> {
                match &tx.on {
                    On::Writer(writer) => writer.first(&$statement(self), $read),
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
            On::Writer(_) => DbBackend::Sqlite,
            On::Pool(pool) => pool.get_database_backend(),
            On::Transaction(transaction) => transaction.get_database_backend(),
        }
    }

    /// Runs a statement that gives nothing back; how many rows it changed.
    pub(super) async fn run(&self, statement: Statement) -> Result<u64, DbErr> {
        let on: DatabaseExecutor<'_> = match &self.on {
            On::Writer(writer) => return writer.run(&statement),
            On::Pool(pool) => pool.into(),
            On::Transaction(transaction) => transaction.into(),
        };
        Ok(on.execute_raw(statement).await?.rows_affected())
    }

    /// Runs a statement that is written out, whose text differs each time.
    pub(super) async fn run_written_out(&self, sql: &str) -> Result<(), DbErr> {
        match &self.on {
            On::Writer(writer) => return writer.run_written_out(sql),
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
            On::Writer(writer) => return writer.first(&statement, |row| T::from_places(row)),
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
            On::Writer(writer) => return writer.all(&statement, |row| M::from_values(row)),
            On::Pool(pool) => pool.query_all_raw(statement).await?,
            On::Transaction(transaction) => transaction.query_all_raw(statement).await?,
        };
        rows.iter().map(|row| M::from_query_result(row, "")).collect()
    }
}
