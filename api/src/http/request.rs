//! What is known of a request before anybody answers it: by which id the log of acts knows it, at which address of the list it came, and
//! what its caller shows.

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderValue},
};

/// The id under which the log of acts knows a request: the one that was sent where that can hardly be words, else one of
/// ours. That log can never be mended, and whoever fails to sign in writes in it, too.
#[derive(Clone, Debug)]
pub struct RecordedId(pub(super) HeaderValue);

impl RecordedId {
    /// As the log has it.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// The pattern of the path that a resource stands at, as it is in the list of endpoints. The framework would match all of its patterns once
/// more to tell it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route(pub &'static str);

/// The pattern of the path that was asked for; nothing where no endpoint of the list stands there, as at `/docs`.
pub(super) fn route_of(request: &HttpRequest) -> Option<&'static str> {
    request.app_data::<Route>().map(|route| route.0)
}

/// The access token that came along.
pub(super) fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// An id and a secret, as an HTTP Basic header brings them; both empty where the header cannot be read. RFC 6749 has both
/// form-encoded within it, which changes no character of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct Basic {
    /// Before the colon.
    pub id: String,
    /// After it.
    pub secret: String,
}

/// What an HTTP Basic header names and shows; nothing where none came along.
pub(super) fn basic(request: &HttpRequest) -> Option<Basic> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = STANDARD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = text
        .as_deref()
        .and_then(|text| text.split_once(':'))
        .unwrap_or_default();
    Some(Basic {
        id: id.to_owned(),
        secret: secret.to_owned(),
    })
}
