//! Whether anything was written since, asked once for all readers who wait.
//!
//! Invariant: a reader gets an answer to a question that was put after they came, so that whoever reads after a write was acknowledged
//! sees it. Questions are put one after the other; who comes while one is under way shares the next. Sixteen readers of one page cost
//! two questions where they cost thirty-two.
//!
//! On SQLite most readers need no question: a connection that is only looked through says within microseconds, on the thread that
//! asks, whether anything at all was committed since the last (`PRAGMA data_version`, <https://sqlite.org/pragma.html#pragma_data_version>),
//! by this process or another. sqlx would carry that to another thread and back. Readers who are ready together share that look, too.

use super::{Opened, Store};
use crate::http::problem::Problem;
use futures_util::future::{BoxFuture, FutureExt, Shared};
use rusqlite::{Connection, OpenFlags};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How often a question lets those who are ready come before it is put.
const TURNS: usize = 3;

/// The same before a look through the window. Once is not at all: the framework polls a request that has just come twice in a row.
const TURNS_BEFORE_A_LOOK: usize = 2;

/// A state of the database: with two that are equal nothing was written between them on which figures or words rest, and of two the
/// greater is the later. The default is before every other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf(u64);

/// Up to which state of the database something is known to stand; before every other while nobody looked.
#[derive(Debug, Default)]
pub struct StandsAsOf(Mutex<AsOf>);

impl StandsAsOf {
    /// What was found to stand as of a state.
    pub const fn new(as_of: AsOf) -> Self {
        Self(Mutex::new(as_of))
    }

    /// The last that is known.
    pub fn get(&self) -> AsOf {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it stands as of this state, too. Who looked earlier may come later.
    pub fn stood(&self, as_of: AsOf) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = as_of.max(*known);
    }
}

type Answer = Shared<BoxFuture<'static, Result<AsOf, DbErr>>>;

/// What a process knows of the state of its database.
pub(super) struct Sight {
    asked: Arc<Mutex<Asked>>,
    window: Option<Mutex<Window>>,
    /// Looks through the window that have begun.
    begun: AtomicU64,
}

/// A connection to a file of SQLite that is only looked through.
struct Window {
    connection: Connection,
    /// What was seen through it before a question was put, and the answer. What is seen differs after every commit, so the answer holds
    /// while the same is seen.
    known: Option<(Seen, AsOf)>,
    /// The last look that needed no question, by its number: it answers all who came before it began.
    last: Option<(u64, AsOf)>,
}

/// One value of `data_version`; it never comes again on the same connection.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen(i64);

#[derive(Default)]
struct Asked {
    /// Waits for `under_way` to end; whoever comes may still share it.
    next: Option<Answer>,
    under_way: Option<Answer>,
    /// What the database said last, and the state that it was.
    said: String,
    state: u64,
}

impl Window {
    /// What is seen now: nothing where SQLite cannot say at once, as while it recovers a log.
    fn look(&self) -> Option<Seen> {
        let mut look = self.connection.prepare_cached("PRAGMA data_version").ok()?;
        look.query_row([], |row| row.get(0)).ok().map(Seen)
    }
}

impl Sight {
    /// By questions alone.
    pub fn of_answers() -> Self {
        Self {
            asked: Arc::default(),
            window: None,
            begun: AtomicU64::new(0),
        }
    }

    /// Through a window on this file, too.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn of_file(path: &Path) -> Result<Self, DbErr> {
        // Behind a mutex of ours; it shall wait for nobody, because it would keep a thread from all other requests.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)
            .and_then(|connection| connection.busy_timeout(Duration::ZERO).map(|()| connection))
            .map_err(|error| DbErr::Custom(format!("the database cannot be looked at: {error}")))?;
        let window = Window {
            connection,
            known: None,
            last: None,
        };
        Ok(Self {
            window: Some(Mutex::new(window)),
            ..Self::of_answers()
        })
    }

    async fn as_of(&self, reads: &DatabaseConnection) -> Result<AsOf, DbErr> {
        let Some(window) = &self.window else {
            return self.answer(reads).await;
        };
        let begun_before = self.begun.load(Ordering::Acquire);
        // Whoever is ready comes first, and shares the look.
        for _ in 0..TURNS_BEFORE_A_LOOK {
            tokio::task::yield_now().await;
        }
        let seen = {
            let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((number, as_of)) = window.last
                && number > begun_before
            {
                return Ok(as_of);
            }
            let number = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
            let seen = window.look();
            if let (Some(seen), Some((known, as_of))) = (seen, window.known)
                && seen == known
            {
                window.last = Some((number, as_of));
                return Ok(as_of);
            }
            seen
        };
        let as_of = self.answer(reads).await?;
        // Seen before the question was put: where something was committed between the two, the same is never seen again.
        if let Some(seen) = seen {
            window.lock().unwrap_or_else(PoisonError::into_inner).known = Some((seen, as_of));
        }
        Ok(as_of)
    }

    /// The answer to the next question.
    fn answer(&self, reads: &DatabaseConnection) -> Answer {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = &asked.next {
            return next.clone();
        }
        let (all, reads, before) = (self.asked.clone(), reads.clone(), asked.under_way.clone());
        // Spawned, so that it ends whatever becomes of the request that wanted it: others may wait for it.
        let asking = actix_web::rt::spawn(async move {
            if let Some(before) = before {
                drop(before.await);
            }
            // Whoever is ready comes first, and shares it: without this, readers of a page that asks for nothing else kept the database
            // as busy as the sockets.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            {
                // From here on nobody may share it: what they wrote before they came might be missed.
                let mut asked = all.lock().unwrap_or_else(PoisonError::into_inner);
                asked.under_way = asked.next.take();
            }
            let says = state(&reads).await?;
            let mut asked = all.lock().unwrap_or_else(PoisonError::into_inner);
            if asked.said != says {
                asked.said = says;
                asked.state += 1;
            }
            Ok(AsOf(asked.state))
        });
        let ended = asking.map(|ended| ended.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string()))));
        let next = ended.boxed().shared();
        asked.next = Some(next.clone());
        next
    }
}

/// What tells one state from every other. On PostgreSQL that is the whole snapshot: the oldest transaction that runs stays the same
/// while younger ones end.
async fn state(reads: &DatabaseConnection) -> Result<String, DbErr> {
    let sql = match reads.get_database_backend() {
        DbBackend::Postgres => "SELECT pg_current_snapshot()::text AS state",
        _ => "SELECT CAST(value AS TEXT) AS state FROM change_counter WHERE id = 1",
    };
    let row = reads
        .query_one_raw(Statement::from_string(reads.get_database_backend(), sql))
        .await?;
    row.ok_or_else(|| DbErr::Custom("the change counter has no row".into()))?
        .try_get("", "state")
}

impl Store {
    /// The state of the database at a moment after the call. It is no row of anybody's: no grant narrows it.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn as_of(&self) -> Result<AsOf, Problem> {
        Ok(self.0.sight.as_of(&self.0.reads).await?)
    }
}

impl Opened {
    /// The same store for a request of which it is known how far the database was after it came.
    pub(crate) fn came_at(self, as_of: Option<AsOf>) -> Self {
        Self { as_of, ..self }
    }

    /// The state of the database at a moment after the request came: the one that is known, or else that of now.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn as_of(&self) -> Result<AsOf, Problem> {
        match self.as_of {
            Some(as_of) => Ok(as_of),
            None => self.store.as_of().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Direction, Store, migrate};
    use futures_util::future::join_all;
    use std::{path::PathBuf, sync::atomic::Ordering};

    /// A folder, the database in it, and the store of it.
    async fn of_a_new_file(name: &str) -> (PathBuf, PathBuf, Store) {
        let folder = std::env::temp_dir().join(format!("collate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("collate.db");
        let url = format!("sqlite://{}", file.display());
        migrate(&url, Direction::Up).await.unwrap();
        let store = Store::connect(&url, 2).await.unwrap();
        (folder, file, store)
    }

    /// Each commit of whoever it may be is seen by the next who ask, and what moves no figure makes no other state.
    #[actix_web::test]
    async fn what_another_process_commits_is_seen_at_once() {
        let (folder, file, store) = of_a_new_file("sight").await;
        let other = rusqlite::Connection::open(&file).unwrap();
        let mut before = store.as_of().await.unwrap();
        for at in 0..200 {
            assert_eq!(store.as_of().await.unwrap(), before);
            let (sql, moves) = match at % 2 {
                0 => ("UPDATE change_counter SET value = value + 1", true),
                _ => ("PRAGMA user_version = 7", false),
            };
            other.execute_batch(sql).unwrap();
            let now = store.as_of().await.unwrap();
            assert_eq!(now > before, moves, "{at}: {sql}");
            before = now;
        }
        drop(other);
        std::fs::remove_dir_all(folder).unwrap();
    }

    /// Readers who are ready together cost one look; whoever comes after it began is answered by none that began before.
    #[actix_web::test]
    async fn a_look_is_shared_by_those_who_came_before_it_and_by_nobody_else() {
        let (folder, file, store) = of_a_new_file("shared").await;
        let looks = || store.0.sight.begun.load(Ordering::Acquire);
        let known = store.as_of().await.unwrap();

        let before = looks();
        let together = join_all((0..8).map(|_| store.as_of())).await;
        assert!(together.into_iter().all(|as_of| as_of.unwrap() == known));
        assert_eq!(looks(), before + 1, "eight readers look once");

        // One who came before a write was acknowledged may be told of either state; one who came after it, of the new one only, even
        // where both wait for the same look.
        let other = rusqlite::Connection::open(&file).unwrap();
        let mut early = Box::pin(store.as_of());
        assert!(futures_util::poll!(&mut early).is_pending());
        other
            .execute_batch("UPDATE change_counter SET value = value + 1")
            .unwrap();
        let late = store.as_of();
        let (early, late) = futures_util::future::join(early, late).await;
        assert!(early.unwrap() >= known);
        assert!(late.unwrap() > known, "a look from before the write");
        drop(other);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
