//! Passwords: argon2id, hashed off the request threads and two at a time, because a hash takes 50 ms and 19 MiB.

use crate::http::problem::Problem;
use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

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

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let _one = AT_ONCE.acquire().await.map_err(Problem::internal)?;
    actix_web::web::block(work).await.map_err(Problem::internal)
}

/// The hash to store.
///
/// # Errors
/// Where the hasher fails.
pub async fn hash(password: String) -> Result<String, Problem> {
    off_thread(move || hashed(&password)).await?
}

/// Whether `password` is the one behind `stored`; with no account it takes as long and is never right.
///
/// # Errors
/// Where the hasher cannot be run.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool, Problem> {
    off_thread(move || {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    #[actix_web::test]
    async fn two_hashes_are_made_at_once_and_no_third() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let hashes = (0..8).map(|_| {
            off_thread(|| {
                MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                NOW.fetch_sub(1, Ordering::SeqCst);
            })
        });
        futures_util::future::join_all(hashes).await;
        assert_eq!(MOST.load(Ordering::SeqCst), 2);
    }
}
