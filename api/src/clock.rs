//! The only reader of time and the only maker of ids and keys; everything else takes them as arguments. (Libraries that
//! check a token's times or salt a password do so by themselves.)

use domain::moment::Moment;
use uuid::Uuid;

/// Now, to the microsecond.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn now() -> Moment {
    time::OffsetDateTime::now_utc().into()
}

/// A new id, in the order of time.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn new_id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}

/// Unpredictable bytes, for keys and refresh tokens.
///
/// # Panics
/// Where the operating system has no randomness to give: nothing safe can be done without it.
#[expect(
    clippy::expect_used,
    reason = "a guessable key would be worse than no service"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
