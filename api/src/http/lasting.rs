//! Answers that last: what was answered to a reading is answered again, whole, to whoever asks the very same until something is written.
//!
//! Invariant: an answer lasts as of a state of the database that was found before any of it was read, and is given out only where the
//! database, asked after the request came, is in that state still. The request must be the same in everything that such an answer depends
//! on: the address, and the headers that `Vary` and `If-None-Match` name. Where it was answered to somebody, their token must be in force
//! and their grants, looked up as for every other request, must be those for which it was answered. So an answer that lasts says nothing
//! that going the whole way would not say. What is written down before it leaves, and what depends on the day, does not last: the list of
//! routes says whose answers do.
//!
//! It comes before routing, because routing, guard and parsing cost more than all the rest. What is rendered is kept below it, too
//! (`collating/looks.rs`, `reporting/shelf.rs`), once for all callers and forms. Refused: an answer kept for a time; and keys that hold the
//! token itself, which a copy of the memory would give away: they are digests.

use super::{
    access::{bearer, state_of},
    endpoint::Guard,
};
use crate::{
    auth::caller::{Caller, Subject},
    clock,
    state::State,
    store::sight::AsOf,
};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::ServiceRequest,
    http::{
        Method, StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::{Bytes, Data},
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
struct Table {
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
struct Fingerprint([u8; 32]);

/// What was answered, as of a state.
struct Answered {
    as_of: AsOf,
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    /// Of the path that was asked for.
    route: &'static str,
    /// To whom; nothing where no token came along.
    bearer: Option<Bearer>,
}

/// Who showed a token.
struct Bearer {
    caller: Arc<Caller>,
    subject: Subject,
    /// When the token expires, in seconds of Unix time.
    until: i64,
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

/// The state that was found for a request which then went the whole way.
#[derive(Clone, Copy)]
struct Found(AsOf);

impl Fingerprint {
    /// Nothing where it is no reading of a whole.
    fn of(request: &HttpRequest) -> Option<Self> {
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
    fn moves_to(&mut self, as_of: AsOf) {
        if self.as_of < as_of {
            *self = Self {
                as_of,
                ..Self::default()
            };
        }
    }

    fn find(&mut self, asked: Fingerprint) -> Option<Arc<Answered>> {
        if let Some(answered) = self.younger.answers.get(&asked) {
            return Some(answered.clone());
        }
        let answered = self.older.answers.get(&asked)?.clone();
        self.keep(asked, answered.clone());
        Some(answered)
    }

    fn keep(&mut self, asked: Fingerprint, answered: Arc<Answered>) {
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
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bearer {
    /// Whoever shows the token that came with this request, and was let in as this caller; nothing where it is not in force.
    async fn of(request: &HttpRequest, state: &State, caller: Arc<Caller>) -> Option<Self> {
        let read = state.sessions.subject_of(&state.store, bearer(request)?).await;
        let (subject, until) = read.ok()?;
        Some(Self {
            caller,
            subject,
            until,
        })
    }

    /// Whether they would be let in as they were.
    async fn is_let_in(&self, state: &State) -> bool {
        let caller = match clock::now().unix_seconds() < self.until {
            true => state.sessions.caller_of(&state.store, self.subject).await,
            // Whether it is, the guard says.
            false => return false,
        };
        caller.is_ok_and(|caller| caller.grants == self.caller.grants)
    }
}

/// What was answered to the same before, and the route that did, where that lasts.
pub(super) async fn again(request: &ServiceRequest) -> Option<(HttpResponse, &'static str)> {
    let asked = Fingerprint::of(request.request())?;
    let state = request.app_data::<Data<State>>()?;
    let known = state.lasting.table().find(asked)?;
    let as_of = state.store.as_of().await.ok()?;
    if known.as_of < as_of {
        state.lasting.table().moves_to(as_of);
        request.extensions_mut().insert(Found(as_of));
        return None;
    }
    if let Some(bearer) = &known.bearer
        && !bearer.is_let_in(state).await
    {
        return None;
    }
    let mut response = HttpResponse::build(known.status);
    for (name, value) in &known.headers {
        response.append_header((name.clone(), value.clone()));
    }
    Some((response.body(known.body.clone()), known.route))
}

/// A reading whose answer will last, before any of it is read.
pub(super) struct Beginning {
    asked: Fingerprint,
    as_of: AsOf,
    state: Data<State>,
    route: &'static str,
    bearer: Option<Bearer>,
}

/// Finds how far the database is, for the guard to read as of that and for the answer to last; neither where it is no reading, or the
/// database does not say.
pub(super) async fn begin<G: Guard>(
    request: &HttpRequest,
    route: &'static str,
    guard: G,
) -> (G, Option<Beginning>) {
    let beginning = async {
        let asked = Fingerprint::of(request)?;
        let state = state_of(request).ok()?;
        let found = request.extensions().get::<Found>().copied();
        let as_of = match found {
            Some(Found(as_of)) => as_of,
            None => state.store.as_of().await.ok()?,
        };
        let bearer = match guard.caller() {
            Some(caller) => Some(Bearer::of(request, &state, caller).await?),
            None => None,
        };
        Some(Beginning {
            asked,
            as_of,
            state,
            route,
            bearer,
        })
    };
    match beginning.await {
        Some(beginning) => (guard.came_at(beginning.as_of), Some(beginning)),
        None => (guard, None),
    }
}

impl Beginning {
    /// Keeps the answer, and gives it back.
    pub fn answered(self, response: HttpResponse) -> HttpResponse {
        if !matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED) {
            return response;
        }
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let (response, body) = response.into_parts();
        match body.try_into_bytes() {
            Ok(body) => {
                let answered = Arc::new(Answered {
                    as_of: self.as_of,
                    status: response.status(),
                    headers,
                    body: body.clone(),
                    route: self.route,
                    bearer: self.bearer,
                });
                self.state.lasting.table().keep(self.asked, answered);
                response.set_body(BoxBody::new(body))
            }
            // It comes in parts, which are nobody's to keep.
            Err(body) => response.set_body(body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{access::Anyone, answer::Rendered, kept::VARY, problem::Problem, trace::trace},
        *,
    };
    use crate::{
        auth::permission::ReadReports,
        routes::routes,
        server::{Settings, prepare},
        service::HealthView,
    };
    use actix_web::{
        App,
        middleware::from_fn,
        test::{TestRequest, call_and_read_body_json, call_service, init_service, read_body_json},
    };
    use rusqlite::Connection;
    use serde_json::{Value, json};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use utoipa::openapi::HttpMethod;

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

    #[test]
    fn only_readings_by_those_who_may_last() {
        let routes = routes();
        let lasting = routes.all().iter().filter(|endpoint| endpoint.lasts);
        // Who is let in without the guard's looking at a token could show one to the handler.
        let wrong: Vec<_> = lasting
            .filter(|endpoint| endpoint.method != HttpMethod::Get || endpoint.permission.is_none())
            .map(|endpoint| endpoint.path)
            .collect();
        assert_eq!(wrong, Vec::<&str>::new());
    }

    /// An endpoint that says how often it was asked, before and after each kind of write.
    #[actix_web::test]
    async fn an_answer_lasts_until_something_is_written_and_for_nobody_else() {
        let folder = std::env::temp_dir().join(format!("collate-lasting-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("collate.db");
        let admin = ("admin@lasting.test", "a password that is long enough");
        let settings = Settings {
            database_url: format!("sqlite://{}", file.display()),
            admin: Some((admin.0.into(), admin.1.into())),
            ..Settings::default()
        };
        let state = prepare(&settings).await.unwrap();
        let write = move || {
            let other = Connection::open(&file).unwrap();
            other
                .execute_batch("UPDATE change_counter SET value = value + 1")
                .unwrap();
        };

        let count = Arc::new(AtomicUsize::new(0));
        let [refuses, writes] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let handler = {
            let (refuses, writes, write) = (refuses.clone(), writes.clone(), write.clone());
            move |_: Anyone<ReadReports>| {
                let status = count.fetch_add(1, Ordering::SeqCst).to_string();
                if writes.load(Ordering::SeqCst) {
                    write();
                }
                let refuses = refuses.load(Ordering::SeqCst);
                async move {
                    match refuses {
                        true => Err(Problem::not_found()),
                        false => Rendered::json(&HealthView { status }),
                    }
                }
            }
        };
        let routes = routes()
            .endpoint(HttpMethod::Get, "/v1/lasting", "Lasting", handler.clone())
            .lasting()
            .endpoint(HttpMethod::Get, "/v1/passing", "Passing", handler);
        let app = App::new()
            .app_data(state.clone())
            .configure(|app| routes.register(app))
            .wrap(from_fn(trace));
        let app = init_service(app).await;
        let get = async |path: &str, token: Option<&str>| -> String {
            let mut request = TestRequest::with_uri(path);
            if let Some(token) = token {
                request = request.append_header((header::AUTHORIZATION, format!("Bearer {token}")));
            }
            let answer = call_service(&app, request.to_request()).await;
            let status = answer.status().as_u16();
            let body: Value = read_body_json(answer).await;
            match status {
                200 => body["status"].as_str().unwrap().to_owned(),
                _ => status.to_string(),
            }
        };
        let sign_in = TestRequest::post().uri("/v1/auth/sign-in");
        let sign_in = sign_in.set_json(json!({"email": admin.0, "password": admin.1}));
        let tokens: Value = call_and_read_body_json(&app, sign_in.to_request()).await;
        let token = tokens["access_token"].as_str();
        assert!(token.is_some());

        // What follows is how often the handler has worked before.
        assert_eq!(
            (get("/v1/lasting", None).await, get("/v1/lasting", None).await),
            ("0".into(), "0".into())
        );
        assert_eq!(get("/v1/passing", None).await, "1");
        assert_eq!(
            get("/v1/passing", None).await,
            "2",
            "only what the list says lasts"
        );
        write();
        assert_eq!(get("/v1/lasting", None).await, "3");
        assert_eq!(get("/v1/lasting", None).await, "3");

        // Another writes while it is answered: it may hold that, or not.
        write();
        writes.store(true, Ordering::SeqCst);
        assert_eq!(get("/v1/lasting", None).await, "4");
        writes.store(false, Ordering::SeqCst);
        assert_eq!(get("/v1/lasting", None).await, "5");
        assert_eq!(get("/v1/lasting", None).await, "5");

        // Whoever shows a token has an answer of their own, while the token is in force and their grants are what they were.
        assert_eq!(
            (get("/v1/lasting", token).await, get("/v1/lasting", token).await),
            ("6".into(), "6".into())
        );
        let change = |change: &dyn Fn(&mut Bearer)| {
            let mut table = state.lasting.table();
            let shown = table.younger.answers.values_mut();
            let shown = shown.filter_map(|answered| Arc::get_mut(answered)?.bearer.as_mut());
            assert_eq!(shown.map(change).count(), 1);
        };
        change(&|bearer| bearer.until = clock::now().unix_seconds());
        assert_eq!(get("/v1/lasting", token).await, "7");
        assert_eq!(get("/v1/lasting", token).await, "7");
        change(&|bearer| Arc::make_mut(&mut bearer.caller).grants.clear());
        assert_eq!(get("/v1/lasting", token).await, "8");
        assert_eq!(get("/v1/lasting", Some("eyJ.no.token")).await, "401");
        assert_eq!(get("/v1/lasting", None).await, "5");

        // No refusal lasts.
        write();
        refuses.store(true, Ordering::SeqCst);
        assert_eq!(get("/v1/lasting", None).await, "404");
        refuses.store(false, Ordering::SeqCst);
        assert_eq!(get("/v1/lasting", None).await, "10");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
