//! What the imports of one process share. It knows nothing of what they do, so that the state can hold it.

use std::sync::atomic::AtomicBool;
use tokio::sync::{Notify, Semaphore};

/// Large files that one process reads at once: each may fill a good part of what memory there is.
const LARGE_AT_ONCE: usize = 1;

/// What the imports of this process share.
#[derive(Debug)]
pub struct Importing {
    /// Somebody has sent a large file.
    pub(super) sent: Notify,
    pub(super) large: Semaphore,
    pub(super) stopping: AtomicBool,
}

impl Default for Importing {
    fn default() -> Self {
        Self {
            sent: Notify::new(),
            large: Semaphore::new(LARGE_AT_ONCE),
            stopping: AtomicBool::new(false),
        }
    }
}
