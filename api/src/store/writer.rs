//! The one writer of SQLite: the queue of jobs, and the commits that carry many of them.
//!
//! Invariants: a job's statements run one after the other on the writer's own thread, within a savepoint of its own; what is told to
//! whoever waits is told after the commit; a job that fails or panics leaves nothing behind and stops no other.

use super::{Job, Outcome, Tx, Who, caught, direct::Direct};
use crate::http::problem::Problem;
use futures_util::FutureExt;
use sea_orm::DbErr;
use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
};
use tokio::sync::{mpsc, oneshot};

/// Jobs that one commit carries at the most.
const JOBS_A_COMMIT: usize = 128;
/// Commits after which the log is taken over into the file, beside the writer.
const COMMITS_A_CHECKPOINT: usize = 64;

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
    let writer = Arc::new(Direct::to_write(url)?);
    let checkpoints = start_checkpoints(Direct::to_checkpoint(url)?)?;
    let (queue, jobs) = mpsc::channel(4096);
    std::thread::Builder::new()
        .name("collate-writer".into())
        .spawn(
            move || match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime.block_on(write_jobs(&writer, jobs, &checkpoints)),
                Err(error) => tracing::error!(%error, "the writer cannot start"),
            },
        )
        .map_err(|error| DbErr::Custom(format!("the writer cannot start: {error}")))?;
    Ok(queue)
}

/// Starts the thread that takes the log over into the file whenever it is told to, until nobody can tell it any more.
fn start_checkpoints(connection: Direct) -> Result<SyncSender<()>, DbErr> {
    let (tell, told) = sync_channel(1);
    std::thread::Builder::new()
        .name("collate-checkpoint".into())
        .spawn(move || {
            while told.recv().is_ok() {
                // Whoever fails to, leaves it to the next, and at last to the writer.
                if let Err(error) = connection.checkpoint() {
                    tracing::warn!(%error, "the log could not be taken over into the file");
                }
            }
        })
        .map_err(|error| DbErr::Custom(format!("checkpoints cannot start: {error}")))?;
    Ok(tell)
}

/// Takes what waits, commits it together, then tells everyone.
async fn write_jobs(writer: &Arc<Direct>, mut jobs: mpsc::Receiver<Queued>, checkpoints: &SyncSender<()>) {
    let mut waiting = Vec::with_capacity(JOBS_A_COMMIT);
    let mut commits = 0;
    while jobs.recv_many(&mut waiting, JOBS_A_COMMIT).await > 0 {
        commits += 1;
        if commits % COMMITS_A_CHECKPOINT == 0 {
            // One that is under way does for this one, too.
            let _ = checkpoints.try_send(());
        }
        let mut told = Vec::with_capacity(waiting.len());
        let stamped = waiting.iter().any(|queued| queued.stamped);
        // What panics takes its commit with it, and not the writer: whoever waits for it gets an error.
        let commit = commit_together(writer, waiting.drain(..), stamped, &mut told);
        let committed = AssertUnwindSafe(commit)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(DbErr::Custom("a commit panicked".into())));
        // Nothing stays open, or nobody else could write until the next job.
        if committed.is_err()
            && let Err(error) = writer.roll_back()
        {
            tracing::error!(%error, "a commit that failed could not be rolled back");
        }
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
    writer: &Arc<Direct>,
    jobs: impl Iterator<Item = Queued>,
    stamped: bool,
    told: &mut Vec<(oneshot::Sender<Outcome>, Outcome)>,
) -> Result<(), DbErr> {
    let stamp = match writer.begin(stamped) {
        Ok(stamp) => stamp,
        // A database that is not migrated yet has no counter, and nothing that wants one.
        Err(error) => {
            told.extend(jobs.map(|queued| (queued.done, Err(Problem::internal(&error)))));
            return writer.roll_back();
        }
    };
    for Queued { job, who, done, .. } in jobs {
        let outcome = in_savepoint(writer, who, stamp, job).await;
        told.push((done, outcome));
    }
    writer.commit()
}

async fn in_savepoint(writer: &Arc<Direct>, who: Who, stamp: i64, job: Job) -> Outcome {
    // Where SQLite has rolled the whole commit back, as on a full disk, a savepoint would be a commit of its own.
    if !writer.in_transaction() {
        return Err(Problem::internal("an earlier job ended the commit"));
    }
    writer.say("SAVEPOINT job")?;
    let outcome = caught(job, &Tx::direct(writer.clone(), who, stamp)).await;
    let undone = match &outcome {
        Ok(_) => Ok(()),
        Err(_) => writer.undo("ROLLBACK TO job"),
    };
    if let Err(error) = undone.and_then(|()| writer.say("RELEASE job")) {
        // What cannot be undone by itself must not be committed with the others.
        writer.roll_back()?;
        return Err(Problem::internal(error));
    }
    outcome
}
