//! An answer to a POST in the form in which it leaves, and in which it is kept for whoever repeats it.

use super::problem::Problem;
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use domain::{
    id::{ConsultationId, ContributionId},
    vocabulary::AuditOutcome,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `Cache-Control` of what is for one caller.
pub(crate) const PRIVATE: &str = "private, no-cache";
/// What an answer depends on beside its address.
pub(crate) const VARY: &str = "Authorization, Accept, Accept-Encoding";

/// What an answer shows that must be written down before it leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    /// [`AuditOutcome::Read`] or [`AuditOutcome::Exported`].
    pub outcome: AuditOutcome,
    /// Whose feedback it is.
    pub consultation: Option<ConsultationId>,
    /// Ids of the discussions, responses or contributions that it shows.
    pub ids: Vec<Uuid>,
}

/// An answer in the form in which it leaves, and in which it is kept for a repeat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) shown: Option<Shown>,
    /// Words that it quotes, with the contribution that each is of: a repeat is given it only while all of them may be quoted.
    #[serde(default)]
    pub(super) quoted: Vec<(ContributionId, String)>,
}

impl Kept {
    /// A body of a media type, with `cache` as `Cache-Control`.
    pub(crate) fn new(status: StatusCode, kind: &str, cache: &str, body: String) -> Self {
        let kept = Self {
            status: status.as_u16(),
            headers: Vec::new(),
            body,
            shown: None,
            quoted: Vec::new(),
        };
        kept.with(header::CONTENT_TYPE, kind.into())
            .with(header::CACHE_CONTROL, cache.into())
            .with(header::VARY, VARY.into())
    }

    /// JSON with `status`, and `cache` as `Cache-Control`.
    pub(crate) fn json(status: StatusCode, cache: &str, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(value).map_err(Problem::internal)?;
        Ok(Self::new(status, "application/json", cache, body))
    }

    /// JSON that is shown this once: nobody on the way may keep it.
    pub(crate) fn once(value: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::CREATED, "no-store", value)
    }

    pub(crate) fn with(mut self, name: header::HeaderName, value: String) -> Self {
        self.headers.push((name.to_string(), value));
        self
    }

    /// With what it shows of what somebody said.
    pub(crate) fn shows(self, shown: Option<Shown>) -> Self {
        Self { shown, ..self }
    }

    /// With the words that it quotes.
    pub(crate) fn quotes(self, quoted: Vec<(ContributionId, String)>) -> Self {
        Self { quoted, ..self }
    }

    /// The words that it quotes.
    pub fn quoted(&self) -> &[(ContributionId, String)] {
        &self.quoted
    }

    /// What it shows of what somebody said.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// Writes it.
    pub fn respond(self) -> Result<HttpResponse, Problem> {
        let status = StatusCode::from_u16(self.status).map_err(Problem::internal)?;
        let mut response = HttpResponse::build(status);
        for (name, value) in self.headers {
            response.insert_header((name, value));
        }
        Ok(response.body(self.body))
    }
}

/// An answer to a POST, which is kept where the request brought a key.
pub trait Keep {
    /// The answer as it leaves; nothing where the outcome is none that a repeat should get.
    ///
    /// # Errors
    /// Where it cannot be written, which none of our types does.
    fn keep(&self) -> Result<Option<Kept>, Problem>;
}

impl<K: Keep> Keep for Option<K> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        self.as_ref().map_or(Ok(None), Keep::keep)
    }
}

/// The answer as it leaves.
pub(crate) fn leaves(answer: &impl Keep) -> Result<HttpResponse, Problem> {
    let kept = answer.keep()?;
    kept.map_or_else(
        || Err(Problem::internal("an answer without content")),
        Kept::respond,
    )
}
