//! The service about itself: health, its document, what its refusals mean.

use crate::{
    error::Code,
    http::{
        access::Public,
        answer::{Html, Rendered, Reply},
        ask::At,
        problem::Problem,
    },
};
use serde::Serialize;
use utoipa::ToSchema;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthView {
    /// `ok`; a service that is not answers 503.
    pub status: String,
}

fn ok() -> Reply<Rendered<HealthView>> {
    Rendered::json(&HealthView { status: "ok".into() })
}

/// `GET /livez`
pub async fn live(_: Public) -> Reply<Rendered<HealthView>> {
    ok()
}

/// `GET /readyz`
pub async fn ready(public: Public) -> Reply<Rendered<HealthView>> {
    match public.store().ping().await {
        Ok(()) => ok(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::new(
                Code::NotReady,
                "The database does not answer; try again in a moment.",
            ))
        }
    }
}

/// The OpenAPI document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentView {
    /// The version of OpenAPI.
    pub openapi: String,
}

/// `GET /openapi.json`
pub async fn document(public: Public) -> Reply<Rendered<DocumentView>> {
    Ok(Rendered::of(public.state().document.clone()))
}

/// `GET /problems/{code}`: the page behind a problem's `type`.
pub async fn problem(public: Public<At<String>>) -> Reply<Html> {
    let At(word) = &public.asked;
    let code = Code::ALL
        .iter()
        .find(|code| code.as_str() == word)
        .ok_or_else(Problem::not_found)?;
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{0}</title><main><h1>{1}</h1><p>Code <code>{0}</code>, answered with \
         status {2}.</p><p>The <code>detail</code> of each problem says what to change, its <code>errors</code> where \
         in the body, and its <code>request_id</code> is what to quote when asking for help.</p></main></html>",
        code.as_str(),
        code.title(),
        code.status(),
    )))
}
