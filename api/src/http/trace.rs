//! One middleware around everything: gives a request its id, writes problems' bodies, logs one line a request. A page that tells
//! people that something was taken back goes as it is.
//!
//! No log line holds a body, a query or anybody's words: method, route pattern, status, time and ids only.

use super::problem::Problem;
use crate::error::Code;
use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderName, HeaderValue},
    middleware::Next,
};
use std::time::Instant;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id under which the log of acts knows a request: the one that was sent where that can hardly be words, else one of
/// ours. That log can never be mended, and whoever fails to sign in writes in it, too.
#[derive(Clone, Debug)]
pub struct RecordedId(pub String);

/// Whether an id that was sent may stand in the log of acts for ever, as every UUID may.
fn may_be_recorded(id: &str) -> bool {
    id.len() <= 64
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The middleware.
///
/// # Errors
/// An error of anything inside, with a problem as its answer.
pub async fn trace<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let began = Instant::now();
    let id = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (1..=128).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic()))
        .map_or_else(|| crate::clock::new_id::<Uuid>().to_string(), ToOwned::to_owned);
    let of_ours = (!may_be_recorded(&id)).then(|| crate::clock::new_id::<Uuid>().to_string());
    let recorded = RecordedId(of_ours.clone().unwrap_or_else(|| id.clone()));
    request.extensions_mut().insert(recorded);
    let method = request.method().clone();
    // The request itself must not be held here: routing wants it alone.
    let path = request.path().to_owned();

    let mut response = match next.call(request).await {
        Ok(response) if response.status().as_u16() < 400 => response.map_into_left_body(),
        Ok(response) => {
            let body = described(&response, &id);
            match body {
                Some(problem) => response.into_response(problem).map_into_right_body(),
                None => response.map_into_left_body(),
            }
        }
        Err(error) => {
            // Only the framework's own middlewares can end here; handlers' refusals are answers already.
            let status = error.as_response_error().status_code().as_u16();
            let mut answer = written(&framework(status), &path, &id, error.error_response());
            if let Ok(value) = HeaderValue::from_str(&id) {
                answer.headers_mut().insert(REQUEST_ID, value);
            }
            tracing::info!(request_id = id, recorded_as = of_ours, %method, route = "none", status, "answered");
            return Err(actix_web::error::InternalError::from_response(error, answer).into());
        }
    };
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    tracing::info!(
        request_id = id,
        recorded_as = of_ours,
        %method,
        route = response.request().match_pattern().unwrap_or_else(|| "none".into()),
        status = response.status().as_u16(),
        micros = began.elapsed().as_micros() as u64,
        "answered"
    );
    Ok(response)
}

/// Whether a refusal says already what is wrong: as a problem, or to people on a page. The framework's own are plain text or nothing.
fn is_written<B>(response: &ServiceResponse<B>) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind == "application/problem+json" || kind.as_bytes().starts_with(b"text/html"))
}

/// The problem's body for a refusal that has none yet.
fn described<B>(response: &ServiceResponse<B>, id: &str) -> Option<HttpResponse> {
    let path = response.request().path();
    match response
        .response()
        .error()
        .and_then(|error| error.as_error::<Problem>())
    {
        Some(problem) => Some(written(problem, path, id, problem.error())),
        None if is_written(response) => None,
        None => {
            let mut of_framework = HttpResponse::build(response.status()).finish();
            if let Some(allow) = response.headers().get(header::ALLOW) {
                of_framework.headers_mut().insert(header::ALLOW, allow.clone());
            }
            Some(written(
                &framework(response.status().as_u16()),
                path,
                id,
                of_framework,
            ))
        }
    }
}

impl Problem {
    fn error(&self) -> HttpResponse {
        actix_web::ResponseError::error_response(self)
    }
}

fn framework(status: u16) -> Problem {
    match Code::of_status(status) {
        Code::NotFound => Problem::not_found(),
        code => Problem::new(
            code,
            "The API's document at /openapi.json says what is taken here.",
        ),
    }
}

fn written(problem: &Problem, path: &str, id: &str, headers: HttpResponse) -> HttpResponse {
    let mut response = HttpResponse::build(problem.code.http_status());
    for (name, value) in headers.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.insert_header((name.clone(), value.clone()));
        }
    }
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.content_type("application/problem+json");
    response.body(serde_json::to_vec(&problem.view(path, id)).unwrap_or_default())
}
