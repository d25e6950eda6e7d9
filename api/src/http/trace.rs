//! One middleware around everything: gives a request its id, answers again what lasts, writes problems' bodies, logs one line a request. A page that tells
//! people that something was taken back goes as it is.
//!
//! No log line holds a body, a query or anybody's words: method, route pattern, status, time and ids only.

use super::{
    again::again,
    problem::Problem,
    request::{RecordedId, route_of},
};
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
        .filter(|id| {
            (1..=128).contains(&text_of(id).len()) && text_of(id).chars().all(|c| c.is_ascii_graphic())
        })
        .cloned()
        .unwrap_or_else(new_id);
    if let Some((response, route)) = again(&request).await {
        // It did nothing, and a line at `info` costs more than the answer: 4 to 6 µs, where all of it is 7.
        tracing::debug!(
            request_id = text_of(&id),
            method = "GET",
            route,
            status = response.status().as_u16(),
            micros = began.elapsed().as_micros() as u64,
            "answered again"
        );
        let mut response = request.into_response(response);
        response.headers_mut().insert(REQUEST_ID, id);
        return Ok(response.map_into_right_body());
    }
    let of_ours = (!may_be_recorded(text_of(&id))).then(new_id);
    let method = request.method().clone();
    let log = |route: &str, status: u16| {
        tracing::info!(
            request_id = text_of(&id),
            recorded_as = of_ours.as_ref().map(text_of),
            %method,
            route,
            status,
            micros = began.elapsed().as_micros() as u64,
            "answered"
        );
    };
    let recorded = RecordedId(of_ours.as_ref().unwrap_or(&id).clone());
    request.extensions_mut().insert(recorded);
    // The request itself must not be held here: routing wants it alone.
    let address = request.uri().clone();

    let mut response = match next.call(request).await {
        Ok(response) if response.status().as_u16() < 400 => response.map_into_left_body(),
        Ok(response) => {
            let body = described(&response, text_of(&id));
            match body {
                Some(problem) => response.into_response(problem).map_into_right_body(),
                None => response.map_into_left_body(),
            }
        }
        Err(error) => {
            // Only the framework's own middlewares can end here; handlers' refusals are answers already.
            let status = error.as_response_error().status_code().as_u16();
            let mut answer = written(
                &framework(status),
                address.path(),
                text_of(&id),
                error.error_response(),
            );
            log("none", status);
            answer.headers_mut().insert(REQUEST_ID, id);
            return Err(actix_web::error::InternalError::from_response(error, answer).into());
        }
    };
    log(
        route_of(response.request()).unwrap_or("none"),
        response.status().as_u16(),
    );
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

fn new_id() -> HeaderValue {
    let id = crate::clock::new_id::<Uuid>().to_string();
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

/// The text of an id; nothing of one that is none.
fn text_of(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
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
