//! Access tokens: JWT, HS256 with keys by `kid`, 30 minutes. HS256 because only we verify them: it costs 3 µs, and an
//! asymmetric signature cut the read path to a quarter.
//!
//! Keys live in the database, made at first start; keys from the settings win and stay out of backups.

use super::caller::Subject;
use crate::{error::Code, http::problem::Problem};
use domain::moment::Moment;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

/// How long an access token is good for, in seconds.
pub const ACCESS_SECONDS: i64 = 30 * 60;
const ISSUER: &str = "collate";
const AUDIENCE: &str = "collate-api";

/// One signing key.
#[derive(Clone)]
pub struct Key {
    /// Its name in tokens' headers.
    pub kid: String,
    /// At least 32 bytes.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

impl Key {
    /// A new key.
    pub fn new() -> Self {
        let name = crate::clock::new_id::<Uuid>().simple().to_string();
        Self {
            kid: name,
            secret: crate::clock::random_bytes::<32>().to_vec(),
        }
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

/// Signs a token for `subject` with `key`.
///
/// # Errors
/// Where the key cannot sign.
pub fn sign(key: &Key, subject: Subject, now: Moment) -> Result<String, Problem> {
    let now = now.unix_seconds();
    let claims = Claims {
        iss: ISSUER.into(),
        aud: AUDIENCE.into(),
        sub: subject.to_string(),
        iat: now,
        nbf: now,
        exp: now + ACCESS_SECONDS,
        jti: crate::clock::new_id(),
    };
    let header = Header {
        kid: Some(key.kid.clone()),
        ..Header::new(Algorithm::HS256)
    };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&key.secret)).map_err(Problem::internal)
}

/// The name of the key that signed `token`, as the token says.
pub fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// Whom `token` speaks for, and until when in seconds of Unix time, if `key` signed it and it is in force.
///
/// # Errors
/// 401 for anything else, without saying which check failed.
pub fn verify(key: &Key, token: &str) -> Result<(Subject, i64), Problem> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_issuer(&[ISSUER]);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    rules.validate_nbf = true;
    rules.leeway = 5;
    let read = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&key.secret), &rules);
    let claims = read.map_err(|_| refused())?.claims;
    let subject = claims.sub.parse().map_err(|_| refused())?;
    Ok((subject, claims.exp))
}

/// A keyed hash of what `id` is, for one purpose and no other: 16 letters and digits that are hard to guess and easy to write by hand, in fours.
pub fn receipt(secret: &[u8], purpose: &str, id: Uuid) -> String {
    // Crockford's alphabet: no I, L, O or U to misread.
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(purpose.as_bytes());
    mac.update(id.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let letters: Vec<_> = bytes
        .iter()
        .take(16)
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect();
    letters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-")
}

/// What a token that is not good gets.
pub fn refused() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "The access token is not good, or no longer: refresh it or sign in again.",
    )
}

/// Reads keys from the settings: `kid:hex` pairs separated by commas, the first signs.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn from_settings(text: &str) -> Result<Vec<Key>, String> {
    text.split(',')
        .map(|pair| {
            let (kid, hex) = pair.trim().split_once(':').ok_or("each key is written kid:hex")?;
            let secret: Option<Vec<u8>> = hex
                .as_bytes()
                .chunks(2)
                .map(|two| {
                    std::str::from_utf8(two)
                        .ok()
                        .and_then(|two| u8::from_str_radix(two, 16).ok())
                })
                .collect();
            match secret {
                Some(secret) if secret.len() >= 32 && !kid.is_empty() => Ok(Key {
                    kid: kid.to_owned(),
                    secret,
                }),
                _ => Err("a key is at least 32 bytes in hex".to_owned()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_speaks_for_its_user_while_it_is_in_force() {
        let (key, id) = (Key::new(), crate::clock::new_id::<Uuid>());
        let (user, client) = (Subject::Person(id.into()), Subject::ApiClient(id.into()));
        let token = sign(&key, user, crate::clock::now()).unwrap();
        assert_eq!(verify(&key, &token).unwrap().0, user);
        let of_client = sign(&key, client, crate::clock::now()).unwrap();
        assert_eq!(
            verify(&key, &of_client).unwrap().0,
            client,
            "the kind goes with the id"
        );
        assert_eq!(kid(&token).as_deref(), Some(key.kid.as_str()));
        assert!(
            verify(
                &Key {
                    kid: key.kid.clone(),
                    ..Key::new()
                },
                &token
            )
            .is_err(),
            "another secret"
        );
        let old = sign(&key, user, crate::clock::now().plus_seconds(-ACCESS_SECONDS - 60)).unwrap();
        assert!(verify(&key, &old).is_err(), "expired");
    }

    #[test]
    fn keys_from_settings() {
        assert_eq!(
            from_settings(&format!("a:{}", "ab".repeat(32))).unwrap()[0].secret,
            [0xab; 32]
        );
        assert!(from_settings("a:abcd").is_err());
        assert!(from_settings("abcd").is_err());
    }
}
