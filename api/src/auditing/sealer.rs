//! The sealer: chains the events of the log within a second of their commit, beside the acts and not in them.
//!
//! Every replica runs one; whoever finds that another moved the chain's head on meanwhile leaves it to that one.

use crate::store::Store;
use actix_web::rt::{spawn, task::JoinHandle, time::timeout};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long an event waits for its seal, at the most, while the database keeps up.
const EVERY: Duration = Duration::from_millis(500);

/// The sealer at work. It ends when it is told to stop, or forgotten.
#[derive(Debug)]
pub struct Sealer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Sealer {
    /// Starts it.
    pub fn start(store: Store) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let task = spawn(async move {
            let mut ended = false;
            while !ended {
                ended = timeout(EVERY, &mut stopped).await.is_ok();
                if store.seal().await.is_err() {
                    tracing::warn!(
                        "events of the audit log wait for their seals; the next try is in half a second"
                    );
                }
            }
        });
        Self { stop, task }
    }

    /// Seals what is there, and ends.
    pub async fn stop(self) {
        // Where it ended by itself there is nobody left to tell.
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            tracing::warn!("the sealer of the audit log broke off; the next start seals what is left");
        }
    }
}
