//! Answers that last: what was answered to a reading, as of which state of the database, until something is written. Which of them are
//! given out, and to whom, `again.rs` says.
//!
//! Invariant: only answers of one state are held, and no more than there is room for; the request that each is an answer to is known by all
//! that such an answer depends on: the address, and the headers that `Vary` and `If-None-Match` name. Refused: keys that hold the token
//! itself, which a copy of the memory would give away: they are digests.

use crate::{
    auth::caller::{Caller, Subject},
    store::sight::AsOf,
};
use actix_web::{
    HttpRequest,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Answers of a generation.
const ANSWERS: usize = 2048;
/// How long their bodies are together, in bytes. Most of them are kept elsewhere, too, and are there once.
const BYTES: usize = 32 << 20;

/// What such an answer depends on beside the address: what `Vary` says, and what the caller has already.
const NAMED: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
];

/// Answers of one state of the database.
#[derive(Debug, Default)]
pub struct Lasting(Mutex<Table>);

/// Two generations: where the younger is full, the older goes. Whatever is asked for meanwhile moves to the younger, so that a stranger who
/// asks in many forms does not drive out what others ask for.
#[derive(Debug, Default)]
pub(super) struct Table {
    as_of: AsOf,
    younger: Generation,
    older: Generation,
}

#[derive(Debug, Default)]
struct Generation {
    answers: HashMap<Fingerprint, Arc<Answered>>,
    bytes: usize,
}

/// A digest of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

/// What was answered, as of a state.
pub(super) struct Answered {
    pub as_of: AsOf,
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
    /// Of the path that was asked for.
    pub route: &'static str,
    /// To whom; nothing where no token came along.
    pub bearer: Option<Bearer>,
}

/// Who showed a token.
pub(super) struct Bearer {
    pub caller: Arc<Caller>,
    pub subject: Subject,
    /// When the token expires, in seconds of Unix time.
    pub until: i64,
}

impl fmt::Debug for Answered {
    /// No word of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("route", &self.route)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

impl Fingerprint {
    /// Nothing where it is no reading of a whole.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        if request.method() != Method::GET {
            return None;
        }
        let mut digest = Sha256::new();
        digest.update(request.uri().path_and_query()?.as_str());
        // Neither an address nor a header holds these bytes, so that nothing can be divided in another way.
        for name in NAMED {
            digest.update([0]);
            for value in request.headers().get_all(name) {
                digest.update(value);
                digest.update(b"\n");
            }
        }
        Some(Self(digest.finalize().into()))
    }
}

impl Generation {
    fn has_room_for(&self, answered: &Answered) -> bool {
        self.answers.len() < ANSWERS && self.bytes + answered.body.len() <= BYTES
    }

    fn put(&mut self, asked: Fingerprint, answered: Arc<Answered>) {
        self.bytes += answered.body.len();
        if let Some(before) = self.answers.insert(asked, answered) {
            self.bytes -= before.body.len();
        }
    }
}

impl Table {
    /// Forgets what was answered as of an earlier state.
    pub fn moves_to(&mut self, as_of: AsOf) {
        if self.as_of < as_of {
            *self = Self {
                as_of,
                ..Self::default()
            };
        }
    }

    /// Every answer that is held.
    #[cfg(test)]
    pub fn all(&mut self) -> impl Iterator<Item = &mut Arc<Answered>> {
        let generations = [&mut self.younger, &mut self.older].into_iter();
        generations.flat_map(|generation| generation.answers.values_mut())
    }

    pub fn find(&mut self, asked: Fingerprint) -> Option<Arc<Answered>> {
        if let Some(answered) = self.younger.answers.get(&asked) {
            return Some(answered.clone());
        }
        let answered = self.older.answers.get(&asked)?.clone();
        self.keep(asked, answered.clone());
        Some(answered)
    }

    pub fn keep(&mut self, asked: Fingerprint, answered: Arc<Answered>) {
        self.moves_to(answered.as_of);
        if answered.as_of < self.as_of || answered.body.len() > BYTES {
            return;
        }
        if !self.younger.has_room_for(&answered) {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.put(asked, answered);
    }
}

impl Lasting {
    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::kept::VARY, *};
    use actix_web::test::TestRequest;

    fn asked(address: &str, headers: &[(&str, &str)]) -> Option<Fingerprint> {
        let mut request = TestRequest::get().uri(address);
        for header in headers {
            request = request.append_header(*header);
        }
        Fingerprint::of(&request.to_http_request())
    }

    #[test]
    fn what_an_answer_depends_on_is_what_it_is_known_by() {
        for name in VARY.split(", ") {
            assert!(NAMED.iter().any(|named| *named == name), "{name}");
        }
        let one = "/v1/consultations?a=b";
        let all = [
            asked(one, &[]),
            asked("/v1/consultations?a=", &[]),
            asked("/v1/consultations", &[]),
            asked(one, &[("accept", "a")]),
            asked(one, &[("accept-encoding", "a")]),
            asked(one, &[("authorization", "a")]),
            asked(one, &[("if-none-match", "a")]),
            asked(one, &[("accept", "a"), ("accept", "b")]),
            asked(one, &[("accept", "ab")]),
            asked(one, &[("accept", "a"), ("accept-encoding", "b")]),
        ];
        for (at, asked) in all.iter().enumerate() {
            assert!(asked.is_some());
            assert!(!all[..at].contains(asked), "{at}");
        }
        assert_eq!(asked(one, &[("x-request-id", "1")]), all[0]);
        for method in [Method::POST, Method::HEAD, Method::DELETE] {
            let other = TestRequest::with_uri(one).method(method);
            assert_eq!(Fingerprint::of(&other.to_http_request()), None);
        }
    }

    #[test]
    fn what_is_asked_for_stays_while_others_come_in_any_number() {
        let answered = |bytes: usize| {
            Arc::new(Answered {
                as_of: AsOf::default(),
                status: StatusCode::OK,
                headers: Vec::new(),
                body: Bytes::from(vec![0; bytes]),
                route: "/",
                bearer: None,
            })
        };
        let name = |number: usize| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            Fingerprint(digest)
        };
        let mut table = Table::default();
        table.keep(name(0), answered(10));
        let mut check = |number: usize, bytes: usize| {
            table.keep(name(number), answered(bytes));
            assert!(table.find(name(number)).is_some());
            assert!(table.find(name(0)).is_some(), "{number}");
            for generation in [&table.younger, &table.older] {
                let bytes: usize = generation
                    .answers
                    .values()
                    .map(|answered| answered.body.len())
                    .sum();
                assert_eq!(generation.bytes, bytes);
                assert!(bytes <= BYTES && generation.answers.len() <= ANSWERS);
            }
        };
        (1..3 * ANSWERS).for_each(|number| check(number, 10));
        (1..9).for_each(|number| check(number, BYTES / 2 - 10));
        assert!(table.find(name(ANSWERS)).is_none(), "nobody asked for it");
        table.keep(name(9), answered(BYTES + 1));
        assert!(
            table.find(name(9)).is_none(),
            "it would leave room for nothing else"
        );
    }
}
