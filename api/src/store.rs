//! The only code that runs queries. One file a stage of the data's way; this one has connections, the write queue
//! and the transaction.
//!
//! Invariants: a connection is reached only through [`Opened`], which carries who calls, what they do and what they
//! reach; every write is one transaction, acknowledged only after its commit; jobs run to their end whatever becomes of
//! the request that brought them; rows are written through the few functions of [`Tx`] here, which note them for the
//! log of acts.
//!
//! On SQLite one writer thread (`writer.rs`) takes jobs from a queue, runs each in a savepoint and commits many at once, because
//! one fsync for all of them gave 11,700 durable commits a second where a pool with BEGIN IMMEDIATE gave 2,200 (and
//! BEGIN DEFERRED, upgraded late, "database is locked"). On PostgreSQL each job is a pooled transaction.

pub mod answering;
pub mod api_clients;
pub mod audit;
pub mod check;
pub mod coding;
pub mod collecting;
pub mod consulting;
mod direct;
pub mod facts;
pub mod importing;
pub mod network;
pub mod people;
pub mod personal;
pub mod releasing;
pub mod repeats;
pub mod reporting;
pub mod retention;
pub mod reviewing;
pub mod sight;
mod statements;
pub mod versions;
mod writer;

use crate::{
    auth::reach::Reach,
    error::Code,
    http::{page::Page, problem::Problem, repeat::Key},
};
use audit::{Act, Noted, RowNote};
use domain::{id::UserId, moment::Moment};
use entity::values::FromValues;
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join},
};
use migration::Migrator;
use sea_orm::{
    AccessMode, ActiveModelTrait, ColumnTrait, Condition, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, DeleteMany, EntityTrait, IntoActiveModel,
    IsolationLevel, Iterable, ModelTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    RuntimeErr, Select, Statement, TransactionOptions, TransactionTrait, UpdateMany,
    sea_query::{Expr, Query, ReturningClause},
    sqlx::sqlite::SqliteConnectOptions,
};
use sea_orm_migration::MigratorTrait;
use statements::adding;
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// From where a look reads: rows stamped at or after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Horizon(i64);

/// Rows that one statement adds: the first that are there; fewer are added by one statement of their own. Few lengths, because each is a
/// statement that stays prepared: one of 250 contributions takes most of a megabyte.
const ROWS_A_STATEMENT: [usize; 2] = [128, 16];

/// The database. Each request has it several times, so that to have it again costs one count.
#[derive(Clone)]
pub struct Store(Arc<Connections>);

struct Connections {
    reads: DatabaseConnection,
    /// SQLite: where something is looked up without another thread.
    at_a_glance: Option<Arc<direct::Direct>>,
    /// SQLite: where much is read on a thread of its own.
    apart: Option<Arc<direct::Idle>>,
    writes: Writes,
    sight: sight::Sight,
}

enum Writes {
    /// SQLite: the queue of the one writer.
    Queue(mpsc::Sender<writer::Queued>),
    /// PostgreSQL: the pool.
    Pool(DatabaseConnection),
}

type Outcome = Result<Box<dyn Any + Send>, Problem>;
type Job = Box<dyn for<'t> FnOnce(&'t Tx) -> LocalBoxFuture<'t, Outcome> + Send>;

#[derive(Clone)]
struct Who {
    user: Option<UserId>,
    reach: Arc<Reach>,
    act: Option<Arc<Act>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("backend", &self.backend())
            .finish_non_exhaustive()
    }
}

/// The store in the hands of one caller.
#[derive(Clone, Debug)]
pub struct Opened {
    store: Store,
    user: Option<UserId>,
    reach: Arc<Reach>,
    /// What is being done, for the log.
    act: Option<Arc<Act>>,
    /// What the request is called by, where it can be repeated.
    key: Option<Arc<Key>>,
    /// The state of the database that was found after the request came, where one was.
    as_of: Option<sight::AsOf>,
}

/// One transaction; or the pool to read from, where each statement sees what was committed before it; or a connection to SQLite that is
/// spoken to on this thread: the writer's within a transaction that it has begun, a reader's within one, or one that looks something up.
pub struct Tx {
    on: On,
    who: Who,
    /// When the work began; what it writes reached us then.
    pub now: Moment,
    /// The stamp of every row that it changes.
    pub stamp: i64,
    /// What the log will say of it.
    noted: Mutex<Noted>,
}

enum On {
    Direct(Arc<direct::Direct>),
    Pool(DatabaseConnection),
    Transaction(DatabaseTransaction),
}

impl Tx {
    /// On a connection to SQLite that is spoken to on this thread: the writer's, within the savepoint that it has begun, or one to look
    /// something up in.
    fn direct(connection: Arc<direct::Direct>, who: Who, stamp: i64) -> Self {
        Self {
            on: On::Direct(connection),
            who,
            now: crate::clock::now(),
            stamp,
            noted: Mutex::default(),
        }
    }

    /// Whether one writer draws the stamps, so that an unmoved counter means that nothing changed.
    pub fn is_sqlite(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// What the caller reaches.
    pub fn reach(&self) -> &Reach {
        &self.who.reach
    }

    /// Who calls.
    ///
    /// # Errors
    /// Where nobody does: what needs a user is behind `Access`, so this is a fault of ours.
    pub fn user(&self) -> Result<UserId, Problem> {
        self.who
            .user
            .ok_or_else(|| Problem::internal("a write without a user"))
    }
}

impl Tx {
    /// Keeps other transactions that hold the same id waiting until this one ends: repeats of one post, and changes of
    /// one thing, come one after the other. On SQLite they do anyway.
    pub async fn hold(&self, id: Uuid) -> Result<(), Problem> {
        self.advise("SELECT pg_advisory_xact_lock($1)", id).await
    }

    /// Keeps only those waiting who [`hold`](Self::hold) the id: what depends on a thing may come in together, while the
    /// thing itself stays as it is.
    pub async fn hold_with_others(&self, id: Uuid) -> Result<(), Problem> {
        self.advise("SELECT pg_advisory_xact_lock_shared($1)", id).await
    }

    /// Holds an id as [`hold`](Self::hold) does, but waits for others no longer than `patience`; whether it is held. On
    /// SQLite nothing else is under way.
    async fn hold_within(&self, id: Uuid, patience: Duration) -> Result<bool, Problem> {
        if self.is_sqlite() {
            return Ok(true);
        }
        let set = |limit: String| {
            Statement::from_string(DbBackend::Postgres, format!("SET LOCAL lock_timeout = {limit}"))
        };
        self.run(set(patience.as_millis().to_string())).await?;
        let lock = "SELECT pg_advisory_xact_lock($1)";
        let lock = Statement::from_sql_and_values(DbBackend::Postgres, lock, [advisory(id).into()]);
        match self.run(lock).await {
            Ok(_) => {}
            Err(error) if is_lock_timeout(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.run(set("DEFAULT".into())).await?;
        Ok(true)
    }

    async fn advise(&self, sql: &str, id: Uuid) -> Result<(), Problem> {
        if !self.is_sqlite() {
            let lock = Statement::from_sql_and_values(DbBackend::Postgres, sql, [advisory(id).into()]);
            self.run(lock).await?;
        }
        Ok(())
    }

    /// Adds a row.
    async fn insert<M>(&self, row: M) -> Result<(), Problem>
    where
        M: IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel> + ModelTrait,
    {
        let row = row.into_active_model();
        let note = RowNote::written(&row)?;
        self.run(adding(self.backend(), &[row])).await?;
        self.note_rows(note);
        Ok(())
    }

    /// Adds rows, many at once. While PostgreSQL stores some, the next are made ready.
    async fn insert_all<M>(&self, rows: Vec<M>) -> Result<(), Problem>
    where
        M: IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel> + ModelTrait,
    {
        let backend = self.backend();
        let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        let mut made_ready = || -> Result<_, Problem> {
            let left = rows.len();
            if left == 0 {
                return Ok(None);
            }
            let length = ROWS_A_STATEMENT.into_iter().find(|length| left >= *length);
            let some: Vec<_> = rows.by_ref().take(length.unwrap_or(left)).collect();
            let notes = RowNote::all_written(&some)?;
            Ok(Some((adding(backend, &some), notes)))
        };
        let mut ready = made_ready()?;
        while let Some((statement, notes)) = ready {
            // Polled first, so that the statement is on its way before the next one is thought of.
            let (stored, next) = join(self.run(statement), async { made_ready() }).await;
            stored?;
            self.note_rows(notes);
            ready = next?;
        }
        Ok(())
    }

    /// Writes a row over the one that `matching` names, version included: where none matches, somebody else was
    /// faster.
    async fn replace<M>(&self, row: M, matching: Condition) -> Result<(), Problem>
    where
        M: IntoActiveModel<<<M as ModelTrait>::Entity as EntityTrait>::ActiveModel> + ModelTrait,
    {
        let row = row.into_active_model().reset_all();
        let note = RowNote::written(&row)?;
        let update = M::Entity::update_many().set(row).filter(matching);
        match self.run(update.build(self.backend())).await? {
            0 => Err(Problem::new(
                Code::StaleVersion,
                "Somebody changed it just now. Read it again and repeat.",
            )),
            _ => {
                self.note_rows(note);
                Ok(())
            }
        }
    }

    /// Changes some columns of the rows that the statement names, and gives them back as they are now: who changes
    /// without knowing the whole row must read it, for the log.
    async fn update<E>(&self, statement: UpdateMany<E>) -> Result<Vec<E::Model>, Problem>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel> + FromValues,
    {
        let statement = statement.into_query().returning(whole::<E>()).to_owned();
        let rows: Vec<E::Model> = self.returned(self.backend().build(&statement)).await?;
        let changed: Vec<_> = rows.iter().map(|row| row.clone().into_active_model()).collect();
        self.note_rows(RowNote::all_written(&changed)?);
        Ok(rows)
    }

    /// Sets the change stamp of rows and nothing else, so that the next look sees them; no act of anybody's.
    async fn stamp_only<E: EntityTrait>(
        &self,
        changed: E::Column,
        matching: Condition,
    ) -> Result<(), Problem> {
        let update = E::update_many()
            .col_expr(changed, Expr::value(self.stamp))
            .filter(matching);
        self.run(update.build(self.backend())).await?;
        Ok(())
    }

    /// Takes rows out of a table that keeps books, without reading what may be large; how many.
    async fn forget<E: EntityTrait>(&self, statement: DeleteMany<E>) -> Result<u64, Problem> {
        Ok(self.run(statement.build(self.backend())).await?)
    }

    /// Takes the rows out that the statement names, and gives them back as they were.
    async fn delete<E>(&self, statement: DeleteMany<E>) -> Result<Vec<E::Model>, Problem>
    where
        E: EntityTrait,
        E::Model: IntoActiveModel<E::ActiveModel> + FromValues,
    {
        let statement = statement.into_query().returning(whole::<E>()).to_owned();
        let rows: Vec<E::Model> = self.returned(self.backend().build(&statement)).await?;
        for row in &rows {
            self.note_rows(RowNote::gone(&row.clone().into_active_model()));
        }
        Ok(rows)
    }
}

impl Store {
    /// Opens the database at `url`, with at most `connections` to read from.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DbErr> {
        if url.starts_with("sqlite:") {
            return Self::connect_sqlite(url, connections).await;
        }
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections.max(2))
            .sqlx_logging(false)
            .acquire_timeout(Duration::from_secs(10));
        let pool = Database::connect(options).await?;
        Ok(Self(Arc::new(Connections {
            reads: pool.clone(),
            at_a_glance: None,
            apart: None,
            writes: Writes::Pool(pool),
            sight: sight::Sight::of_answers(),
        })))
    }

    async fn connect_sqlite(url: &str, connections: u32) -> Result<Self, DbErr> {
        if url.contains(":memory:") {
            return Err(DbErr::Custom(
                "a database in memory would lose what was acknowledged; name a file".into(),
            ));
        }
        // The writer first: it makes the file and switches it to WAL.
        let queue = writer::start(url)?;
        let mut reader = ConnectOptions::new(url);
        reader
            .max_connections(connections.max(2))
            .sqlx_logging(false)
            .acquire_timeout(Duration::from_secs(10))
            .map_sqlx_sqlite_opts(|options| {
                options
                    .busy_timeout(Duration::from_secs(5))
                    .pragma("query_only", "ON")
            });
        let reads = Database::connect(reader).await?;
        let sight = sight::Sight::of_file(&file_of(url)?)?;
        Ok(Self(Arc::new(Connections {
            reads,
            at_a_glance: Some(Arc::new(direct::Direct::to_read(url)?)),
            apart: Some(Arc::new(direct::Idle::of(url))),
            writes: Writes::Queue(queue),
            sight,
        })))
    }

    /// SQLite or PostgreSQL.
    pub fn backend(&self) -> DbBackend {
        self.0.reads.get_database_backend()
    }

    /// Opens the store for a caller. Only the guard (`http/access.rs`) calls this.
    pub(crate) fn open(&self, user: UserId, reach: Arc<Reach>, act: Arc<Act>) -> Opened {
        Opened {
            store: self.clone(),
            user: Some(user),
            reach,
            act: Some(act),
            key: None,
            as_of: None,
        }
    }

    /// Opens the store for what needs no grant: signing in, health, commands on this machine. Who writes says what act
    /// it is, by [`Opened::doing`].
    pub(crate) fn open_for_nobody(&self) -> Opened {
        Opened {
            store: self.clone(),
            user: None,
            reach: Arc::new(Reach::none()),
            act: None,
            key: None,
            as_of: None,
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        if let Writes::Queue(queue) = &self.0.writes
            && queue.is_closed()
        {
            return Err(DbErr::Custom("the writer has ended".into()));
        }
        self.0.reads.ping().await
    }

    /// Tables of the database, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn tables(&self) -> Result<Vec<String>, DbErr> {
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
            }
            _ => "SELECT name FROM sqlite_master WHERE type = 'table'",
        };
        let rows = self
            .0
            .reads
            .query_all_raw(Statement::from_string(self.backend(), sql))
            .await?;
        rows.iter().map(|row| row.try_get("", "name")).collect()
    }

    /// Which database this is and its version, for the log.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn version(&self) -> Result<String, DbErr> {
        let (name, sql) = match self.backend() {
            DbBackend::Postgres => (
                "PostgreSQL",
                "SELECT current_setting('server_version') AS version",
            ),
            _ => ("SQLite", "SELECT sqlite_version() AS version"),
        };
        let row = self
            .0
            .reads
            .query_one_raw(Statement::from_string(self.backend(), sql))
            .await?;
        let version: String = row
            .map(|row| row.try_get("", "version"))
            .transpose()?
            .unwrap_or_default();
        Ok(format!("{name} {version}"))
    }
}

/// Every column of a table, as it is given back by what changes or takes rows.
fn whole<E: EntityTrait>() -> ReturningClause {
    Query::returning().columns(E::Column::iter())
}

/// Narrows a query to a page, and one row beyond it that tells whether there is a next.
fn paged<E: EntityTrait>(query: Select<E>, page: Page, received_at: E::Column, id: E::Column) -> Select<E> {
    let mut query = query
        .order_by(received_at, Order::Asc)
        .order_by(id, Order::Asc)
        .limit(page.limit + 1);
    if let Some((moment, last)) = page.after {
        query = query.filter(
            Condition::any()
                .add(received_at.gt(moment.0))
                .add(Condition::all().add(received_at.eq(moment.0)).add(id.gt(last))),
        );
    }
    query
}

/// A migration's direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply what is pending.
    Up,
    /// Take the last step back.
    Down,
}

/// Migrates the database at `url`; on SQLite the way up makes the file if it is missing. Works on a connection of its own, because a
/// store's readers cannot write and its writer only takes jobs.
///
/// # Errors
/// Where a step fails; it then left nothing behind.
pub async fn migrate(url: &str, direction: Direction) -> Result<(), DbErr> {
    let connection = connect_to_migrate(url, direction == Direction::Up).await?;
    match direction {
        Direction::Up => Migrator::up(&connection, None).await?,
        Direction::Down => Migrator::down(&connection, Some(1)).await?,
    }
    connection.close().await
}

/// Migrations of the database at `url` that have not been applied, by name.
///
/// # Errors
/// Where the database does not answer.
pub async fn pending(url: &str) -> Result<Vec<String>, DbErr> {
    let connection = connect_to_migrate(url, false).await?;
    let pending = Migrator::get_pending_migrations(&connection).await?;
    let names = pending
        .iter()
        .map(|migration| migration.name().to_owned())
        .collect();
    connection.close().await?;
    Ok(names)
}

/// The file of the SQLite database at `url`, if there is none yet.
///
/// # Errors
/// Where the address cannot be read.
pub fn missing_file(url: &str) -> Result<Option<PathBuf>, DbErr> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let file = file_of(url)?;
    Ok((!file.exists()).then_some(file))
}

/// The file of the SQLite database at `url`.
fn file_of(url: &str) -> Result<PathBuf, DbErr> {
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|error| DbErr::Custom(format!("{url} names no database ({error})")))?;
    Ok(options.get_filename().to_owned())
}

async fn connect_to_migrate(url: &str, make: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |options| {
            options
                .create_if_missing(make)
                .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(5))
        });
    Database::connect(options).await
}

/// Opens a database to look at it only: a file that is missing is not made.
async fn connect_to_check(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(false)
                .busy_timeout(Duration::from_secs(5))
                .pragma("query_only", "ON")
        });
    Database::connect(options).await
}

/// Begins a transaction whatever becomes of the request: a caller who goes away in the middle of it would leave a connection
/// in the pool that is within a transaction and does not know it (sqlx 0.9 counts it only once it has the server's
/// answer), and fails whoever gets it next.
async fn begin(
    pool: &DatabaseConnection,
    options: TransactionOptions,
) -> Result<DatabaseTransaction, Problem> {
    let pool = pool.clone();
    let begun = actix_web::rt::spawn(async move { pool.begin_with_options(options).await });
    Ok(begun.await.map_err(Problem::internal)??)
}

/// The number by which PostgreSQL knows the lock on an id.
fn advisory(id: Uuid) -> i64 {
    let (high, low) = id.as_u64_pair();
    (high ^ low) as i64
}

/// Whether a statement gave up waiting for a lock (`lock_not_available`).
fn is_lock_timeout(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "55P03")
}

impl Opened {
    /// The same for a request that can be repeated by its key.
    #[must_use]
    pub(crate) fn under(self, key: Option<Arc<Key>>) -> Self {
        Self { key, ..self }
    }

    /// Reads, on a connection of the pool.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn read<T>(&self, work: impl AsyncFnOnce(&Tx) -> Result<T, Problem>) -> Result<T, Problem> {
        let tx = Tx {
            on: On::Pool(self.store.0.reads.clone()),
            who: self.who(),
            now: crate::clock::now(),
            stamp: 0,
            noted: Mutex::default(),
        };
        work(&tx).await
    }

    /// Looks up what is found in microseconds, by its key or an index: on SQLite on this thread, which serves others too, because another
    /// would take longer to wake.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn look_up<T>(&self, work: impl AsyncFnOnce(&Tx) -> Result<T, Problem>) -> Result<T, Problem> {
        match &self.store.0.at_a_glance {
            Some(connection) => work(&Tx::direct(connection.clone(), self.who(), 0)).await,
            None => self.read(work).await,
        }
    }

    /// Reads several tables as they stood at one moment.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn read_at_one_moment<T>(
        &self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let options = TransactionOptions {
            isolation_level: (self.store.backend() == DbBackend::Postgres)
                .then_some(IsolationLevel::RepeatableRead),
            access_mode: (self.store.backend() == DbBackend::Postgres).then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        let transaction = begin(&self.store.0.reads, options).await?;
        let tx = Tx {
            on: On::Transaction(transaction),
            who: self.who(),
            now: crate::clock::now(),
            stamp: 0,
            noted: Mutex::default(),
        };
        let result = work(&tx).await;
        if let On::Transaction(transaction) = tx.on {
            transaction.rollback().await?;
        }
        result
    }

    /// Reads much as it stood at one moment: on SQLite on a thread of its own, which speaks to the database itself, because a million rows
    /// each handed from one thread to another took twice as long.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn read_much<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&Tx) -> Result<T, Problem> + Send + 'static,
    {
        let Some(idle) = self.store.0.apart.clone() else {
            return self.read_at_one_moment(work).await;
        };
        let who = self.who();
        let reading = actix_web::web::block(move || read_on_this_thread(&idle, who, work));
        reading.await.map_err(Problem::internal)?
    }

    /// Reads little as it stood at one moment: on SQLite on this thread, which serves others too, so it must be known to be little.
    ///
    /// # Errors
    /// What `work` refuses.
    pub async fn read_little<T>(
        &self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        match &self.store.0.apart {
            Some(idle) => read_on_this_thread(idle, self.who(), work),
            None => self.read_at_one_moment(work).await,
        }
    }

    /// Writes: all of `work` or nothing, acknowledged after its commit.
    ///
    /// # Errors
    /// What `work` refuses; nothing was stored then.
    pub async fn write<T, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&Tx) -> Result<T, Problem> + Send + 'static,
    {
        self.write_as(work, true).await
    }

    async fn write_as<T, W>(&self, work: W, stamped: bool) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: AsyncFnOnce(&Tx) -> Result<T, Problem> + Send + 'static,
    {
        let job = boxed(work);
        let outcome = match &self.store.0.writes {
            Writes::Queue(queue) => {
                let (done, outcome) = oneshot::channel();
                let queued = writer::Queued {
                    job,
                    who: self.who(),
                    stamped,
                    done,
                };
                queue
                    .send(queued)
                    .await
                    .map_err(|_| Problem::internal("the writer has ended"))?;
                outcome.await.map_err(Problem::internal)?
            }
            Writes::Pool(pool) => {
                // Spawned, so that it runs to its end whatever becomes of the request.
                let work = in_transaction(pool.clone(), self.who(), job);
                actix_web::rt::spawn(work).await.map_err(Problem::internal)?
            }
        };
        let value = outcome?
            .downcast::<T>()
            .map_err(|_| Problem::internal("a job gave another type"))?;
        Ok(*value)
    }

    fn who(&self) -> Who {
        Who {
            user: self.user,
            reach: self.reach.clone(),
            act: self.act.clone(),
        }
    }
}

/// Reads SQLite as it stands at one moment: each statement is a call that returns when it is done, so there is nothing to wait for.
fn read_on_this_thread<T>(
    idle: &direct::Idle,
    who: Who,
    work: impl AsyncFnOnce(&Tx) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let connection = idle.take()?;
    connection.say("BEGIN")?;
    let read = work(&Tx::direct(connection.clone(), who, 0)).now_or_never();
    connection.roll_back()?;
    idle.give(connection);
    read.unwrap_or_else(|| Err(Problem::internal("a read that waited for something")))
}

fn boxed<T, W>(work: W) -> Job
where
    T: Send + 'static,
    W: AsyncFnOnce(&Tx) -> Result<T, Problem> + Send + 'static,
{
    fn higher_ranked<F>(job: F) -> F
    where
        F: for<'t> FnOnce(&'t Tx) -> LocalBoxFuture<'t, Outcome> + Send,
    {
        job
    }
    Box::new(higher_ranked(move |tx: &Tx| {
        Box::pin(async move { work(tx).await.map(|value| Box::new(value) as Box<dyn Any + Send>) })
    }))
}

/// Runs a job and writes down what it did; a panic in it is a fault of ours and ends that job only.
async fn caught(job: Job, tx: &Tx) -> Outcome {
    let outcome = match AssertUnwindSafe(job(tx)).catch_unwind().await {
        Ok(outcome) => outcome?,
        Err(_) => return Err(Problem::internal("a write panicked")),
    };
    tx.write_event().await?;
    Ok(outcome)
}

async fn in_transaction(pool: DatabaseConnection, who: Who, job: Job) -> Outcome {
    let transaction = pool.begin().await?;
    // Taken first, so that every row of this transaction carries the id under which a look will see it appear.
    let id = Statement::from_string(
        DbBackend::Postgres,
        "SELECT pg_current_xact_id()::text::bigint AS id",
    );
    let row = transaction
        .query_one_raw(id)
        .await?
        .ok_or_else(|| Problem::internal("no transaction id"))?;
    let stamp = row.try_get("", "id")?;
    let tx = Tx {
        on: On::Transaction(transaction),
        who,
        now: crate::clock::now(),
        stamp,
        noted: Mutex::default(),
    };
    let outcome = caught(job, &tx).await;
    if let On::Transaction(transaction) = tx.on {
        match outcome {
            Ok(_) => transaction.commit().await?,
            Err(_) => transaction.rollback().await?,
        }
    }
    outcome
}
