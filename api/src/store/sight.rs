//! Whether anything was written since, asked once for all readers who wait.
//!
//! Invariant: a reader gets an answer to a question that was put after they came, so that whoever reads after a write was acknowledged
//! sees it. Questions are put one after the other; who comes while one is under way shares the next. Sixteen readers of one page cost
//! two questions where they cost thirty-two.

use super::Opened;
use crate::http::problem::Problem;
use futures_util::future::{BoxFuture, FutureExt, Shared};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use std::sync::{Arc, Mutex, PoisonError};

/// How often a question lets those who are ready come before it is put.
const TURNS: usize = 3;

/// A state of the database: with two that are equal nothing was written between them on which figures or words rest, and of two the
/// greater is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AsOf(u64);

type Answer = Shared<BoxFuture<'static, Result<AsOf, DbErr>>>;

/// The questions of a process.
#[derive(Default)]
pub(super) struct Sight(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    /// Waits for `under_way` to end; whoever comes may still share it.
    next: Option<Answer>,
    under_way: Option<Answer>,
    /// What the database said last, and the state that it was.
    said: String,
    state: u64,
}

impl Sight {
    /// The answer to the next question.
    fn answer(&self, reads: &DatabaseConnection) -> Answer {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(next) = &asked.next {
            return next.clone();
        }
        let (all, reads, before) = (self.0.clone(), reads.clone(), asked.under_way.clone());
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

impl Opened {
    /// The state of the database at a moment after the call.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn as_of(&self) -> Result<AsOf, Problem> {
        let answer = self.store.sight.answer(&self.store.reads);
        Ok(answer.await?)
    }
}
