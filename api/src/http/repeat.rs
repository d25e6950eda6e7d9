//! Repeats of what was sent before. Notes are typed where the network breaks, so a caller who chose an id may send the
//! same thing again and gets it as it is; other content under the same id is refused without showing what is stored.
//! Whoever sends an `Idempotency-Key` with a POST gets the first answer again, to the letter.
//!
//! That answer is kept in the transaction of the write itself, so that there is never one without the other. It is sealed
//! with a key that only the caller's own leads to: it may hold words that are taken back tomorrow, or a secret that is shown
//! once, and a copy of the database must not. Refused: keeping it as it is; keeping no answer of those that hold secrets,
//! which would be lost with the connection.

use super::kept::Kept;
use crate::{error::Code, http::problem::Problem};
use actix_web::{HttpMessage, HttpRequest, http::Method};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::id::UserId;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// How long a repeat waits for the request that it repeats.
pub const WAIT: Duration = Duration::from_secs(5);
/// How long an answer is kept at the least.
pub const KEPT_SECONDS: i64 = 72 * 3600;
/// The header.
pub const HEADER: &str = "Idempotency-Key";
/// Longest key.
const LONGEST: usize = 255;
const NONCE: usize = 24;

/// The digest of the body that came with a request, for [`Key`].
#[derive(Clone, Debug)]
pub struct BodyDigest(pub String);

/// What a caller calls a request by, so that it can be repeated.
#[derive(Clone)]
pub struct Key {
    /// Of caller, route and key: what the answer is found by.
    pub id: Uuid,
    /// Of the address and the body: what must be the same in a repeat.
    pub content: String,
    seal: [u8; 32],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// The key of a POST, whose body was read; nothing where it brought none. Other methods need none: they say the same
    /// twice.
    ///
    /// # Errors
    /// 400 where the header is not one key of visible characters.
    pub fn of(request: &HttpRequest, caller: Option<UserId>) -> Result<Option<Self>, Problem> {
        if request.method() != Method::POST {
            return Ok(None);
        }
        let mut given = request.headers().get_all(HEADER);
        let Some(key) = given.next() else {
            return Ok(None);
        };
        let readable = key.to_str().ok().map(str::trim).filter(|key| {
            (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        });
        let Some(key) = readable.filter(|_| given.next().is_none()) else {
            return Err(Problem::new(
                Code::BadRequest,
                format!("{HEADER}: send one, of 1 to {LONGEST} visible characters; a new UUID is best."),
            ));
        };
        let route = super::request::route_of(request).unwrap_or_default();
        let body = request
            .extensions()
            .get::<BodyDigest>()
            .map(|digest| digest.0.clone());
        let who = caller.map_or([0; 16], |user| user.0.into_bytes());
        let named = |what: &str| {
            let mut digest = Sha256::new();
            digest.update(what);
            digest.update(who);
            // The length first, so that route and key cannot be divided in another way.
            digest.update((route.len() as u64).to_be_bytes());
            digest.update(route.as_bytes());
            digest.update(key);
            digest.finalize()
        };
        let mut id = [0; 16];
        id.copy_from_slice(named("id").get(..16).unwrap_or(&[0; 16]));
        Ok(Some(Self {
            id: uuid::Builder::from_custom_bytes(id).into_uuid(),
            // With the secret in it: bodies hold passwords, which a bare digest would let be guessed fast.
            content: super::digest::digest(
                [
                    &named("content")[..],
                    format!("{}\n{}", request.uri(), body.unwrap_or_default()).as_bytes(),
                ]
                .concat(),
            ),
            seal: named("seal").into(),
        }))
    }

    /// Seals an answer.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn seal(&self, answer: &Kept) -> Result<Vec<u8>, Problem> {
        let plain = serde_json::to_vec(answer).map_err(Problem::internal)?;
        let nonce = crate::clock::random_bytes::<NONCE>();
        let sealed = self.cipher().encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &plain,
                aad: self.content.as_bytes(),
            },
        );
        let sealed = sealed.map_err(|_| Problem::internal("an answer cannot be sealed"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Unseals an answer that was kept for a request of this key.
    ///
    /// # Errors
    /// 422 where that request was another one.
    pub fn unseal(&self, content: &str, sealed: &[u8]) -> Result<Kept, Problem> {
        if content != self.content {
            return Err(Problem::new(
                Code::IdempotencyKeyReused,
                "Choose another key for another request, or send what you sent first.",
            ));
        }
        let opened = sealed.split_first_chunk::<NONCE>().and_then(|(nonce, msg)| {
            let aad = self.content.as_bytes();
            self.cipher()
                .decrypt(&XNonce::from(*nonce), Payload { msg, aad })
                .ok()
        });
        let plain = opened.ok_or_else(|| Problem::internal("a kept answer cannot be opened"))?;
        serde_json::from_slice(&plain).map_err(Problem::internal)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.seal.into())
    }
}

/// A digest of a body that does not depend on the order of its fields: `serde_json` keeps objects sorted by name.
pub fn content_digest(body: &Value) -> String {
    super::digest::digest(body.to_string())
}

/// Refuses a body that is not the one first accepted under its id.
///
/// # Errors
/// 409 `id-conflict`.
pub fn same_content(stored: Option<&str>, sent: &str) -> Result<(), Problem> {
    if stored == Some(sent) {
        Ok(())
    } else {
        Err(conflict())
    }
}

/// What an id gets that is taken by something else.
pub fn conflict() -> Problem {
    Problem::new(
        Code::IdConflict,
        "Choose another id, or send what you sent first.",
    )
}

/// The same, where another transaction took the id between our look and our write.
pub fn taken(problem: Problem) -> Problem {
    if problem.code == Code::NotUnique {
        conflict()
    } else {
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let (one, other): (Value, Value) = (
            serde_json::from_str(r#"{"a":1,"b":2}"#).unwrap(),
            serde_json::from_str(r#"{"b":2,"a":1}"#).unwrap(),
        );
        assert_eq!(content_digest(&one), content_digest(&other));
        assert_ne!(content_digest(&one), content_digest(&json!({"a": 1})));
    }
}
