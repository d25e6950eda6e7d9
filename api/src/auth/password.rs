//! Passwords: argon2id, hashed off the request threads and two at a time, because a hash takes 50 ms and 19 MiB.

use crate::http::problem::Problem;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use std::sync::LazyLock;
use tokio::sync::{Semaphore, SemaphorePermit};

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// A hash of nobody's password: checking it makes an unknown account take as long as a known one.
static OF_NOBODY: LazyLock<String> = LazyLock::new(|| {
    hashed(
        &crate::clock::random_bytes::<16>()
            .map(|byte| char::from(b'a' + byte % 26))
            .iter()
            .collect::<String>(),
    )
    .unwrap_or_default()
});

fn hashed(password: &str) -> Result<String, Problem> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(Problem::internal)
}

/// The right to make one hash: whoever wants one waits for a turn. What may have changed meanwhile is looked at when it
/// has come, so that a thousand guesses sent at once do not make a thousand hashes before anybody else has one.
#[derive(Debug)]
pub struct Turn(SemaphorePermit<'static>);

/// Waits for a turn.
///
/// # Errors
/// Never, while the service runs.
pub async fn turn() -> Result<Turn, Problem> {
    AT_ONCE.acquire().await.map(Turn).map_err(Problem::internal)
}

impl Turn {
    async fn off_thread<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let Self(permit) = self;
        // The permit goes along: a request that is given up does not end the work that it began.
        let work = move || {
            let _permit = permit;
            work()
        };
        actix_web::web::block(work).await.map_err(Problem::internal)
    }

    /// Whether `password` is the one behind `stored`; with no account it takes as long and is never right.
    ///
    /// # Errors
    /// Where the hasher cannot be run.
    pub async fn verify(self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        self.off_thread(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| OF_NOBODY.clone());
            let Ok(hash) = PasswordHash::new(&stored) else {
                return false;
            };
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
                && known
        })
        .await
    }
}

/// The hash to store.
///
/// # Errors
/// Where the hasher fails.
pub async fn hash(password: String) -> Result<String, Problem> {
    turn().await?.off_thread(move || hashed(&password)).await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, future::join};
    use std::sync::mpsc::channel;

    #[actix_web::test]
    async fn two_hashes_are_made_at_once_and_no_third() {
        let (one, other) = (turn().await.unwrap(), turn().await.unwrap());
        let (begun, beginning) = channel();
        // Each of the two goes on when it hears of the other, so they end only if they are made at once.
        let (to_one, of_other) = channel();
        let (to_other, of_one) = channel();
        let first = begun.clone();
        let one = one.off_thread(move || {
            first.send(()).unwrap();
            to_other.send(()).unwrap();
            of_other.recv().unwrap();
        });
        let other = other.off_thread(move || {
            begun.send(()).unwrap();
            of_one.recv().unwrap();
            // The third waits as long as this one has not ended.
            assert!(turn().now_or_never().is_none());
            to_one.send(()).unwrap();
        });
        let (one, other) = join(one, other).await;
        one.unwrap();
        other.unwrap();
        assert_eq!(beginning.iter().count(), 2);
        turn().await.unwrap();
    }
}
