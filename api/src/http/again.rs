//! The very same again: whoever asks what was asked before is answered what was answered then, whole, until something is written.
//!
//! Invariant: an answer lasts as of a state of the database that was found before any of it was read, and is given out only where the
//! database, asked after the request came, is in that state still. Where it was answered to somebody, their token must be in force
//! and their grants, looked up as for every other request, must be those for which it was answered. So it says nothing that going the whole
//! way would not say. What is written down before it leaves, and what depends on the day, does not last: the list of routes says whose
//! answers do.
//!
//! It comes before routing, because routing, guard and parsing cost more than all the rest. What is rendered is kept below it, too
//! (`collating/looks.rs`, `reporting/shelf.rs`), once for all callers and forms. Refused: an answer kept for a time.

use super::{
    lasting::{Answered, Bearer, Fingerprint},
    request::bearer,
};
use crate::{auth::caller::Caller, clock, state::State, store::sight::AsOf};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::ServiceRequest,
    http::StatusCode,
    web::Data,
};
use std::sync::Arc;

/// The state that was found for a request which then went the whole way.
#[derive(Clone, Copy)]
struct Found(AsOf);

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
        && !is_let_in(bearer, state).await
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

/// Finds how far the database is, for the guard to read as of that and for the answer to last; nothing where it is no reading, or the
/// database does not say.
pub(super) async fn begin(
    request: &HttpRequest,
    route: &'static str,
    caller: Option<Arc<Caller>>,
) -> Option<Beginning> {
    let asked = Fingerprint::of(request)?;
    let state = request.app_data::<Data<State>>()?.clone();
    let found = request.extensions().get::<Found>().copied();
    let as_of = match found {
        Some(Found(as_of)) => as_of,
        None => state.store.as_of().await.ok()?,
    };
    let bearer = match caller {
        Some(caller) => Some(shown_by(request, &state, caller).await?),
        None => None,
    };
    Some(Beginning {
        asked,
        as_of,
        state,
        route,
        bearer,
    })
}

impl Beginning {
    /// How far the database was after the request came.
    pub const fn as_of(&self) -> AsOf {
        self.as_of
    }

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

/// Whoever shows the token that came with this request, and was let in as this caller; nothing where it is not in force.
async fn shown_by(request: &HttpRequest, state: &State, caller: Arc<Caller>) -> Option<Bearer> {
    let read = state.sessions.subject_of(&state.store, bearer(request)?).await;
    let (subject, until) = read.ok()?;
    Some(Bearer {
        caller,
        subject,
        until,
    })
}

/// Whether they would be let in as they were.
async fn is_let_in(bearer: &Bearer, state: &State) -> bool {
    let caller = match clock::now().unix_seconds() < bearer.until {
        true => state.sessions.caller_of(&state.store, bearer.subject).await,
        // Whether the token is in force still, the guard says.
        false => return false,
    };
    caller.is_ok_and(|caller| caller.grants == bearer.caller.grants)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{access::Anyone, answer::Rendered, problem::Problem, trace::trace},
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
        http::header,
        middleware::from_fn,
        test::{TestRequest, call_and_read_body_json, call_service, init_service, read_body_json},
    };
    use rusqlite::Connection;
    use serde_json::{Value, json};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use utoipa::openapi::HttpMethod;

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
            let shown = table.all();
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
