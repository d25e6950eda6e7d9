//! Refusals: RFC 9457 problem details on every 4xx and 5xx, the framework's own included.
//!
//! Invariant: no problem holds a database message, a path or another caller's words. What went wrong inside is
//! logged under the request's id, and the answer names that id.

use crate::error::Code;
use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};
use sea_orm::{DbErr, RuntimeErr, SqlErr};
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;
use validator::{ValidationErrors, ValidationErrorsKind};

/// A refusal on its way out.
#[derive(Debug)]
pub struct Problem {
    /// Why, from the table.
    pub code: Code,
    /// What the caller should change.
    pub detail: String,
    /// Every broken rule of the body.
    pub faults: Vec<Fault>,
    /// Seconds after which to try again.
    pub retry_after: Option<i64>,
    /// The version that is there, where a stale one was named.
    pub current_version: Option<i32>,
}

/// One broken rule, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// RFC 6901 pointer into the body; for parameters their name behind a slash.
    pub pointer: String,
    /// Kebab-case, stable.
    pub code: String,
    /// What to write instead.
    pub detail: String,
}

/// What callers see of a problem.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// `/problems/<code>`: a page that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What to change.
    pub detail: String,
    /// The address that was asked.
    pub instance: String,
    /// Stable, kebab-case.
    pub code: String,
    /// Quote it when asking for help.
    pub request_id: String,
    /// Every broken rule of the body; absent where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<Fault>,
}

impl Problem {
    /// A refusal for `code`, saying in `detail` what to change.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            faults: Vec::new(),
            retry_after: None,
            current_version: None,
        }
    }

    /// What the caller may not know of does not exist.
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            "Check the address; if it is right, ask for a grant that covers it.",
        )
    }

    /// What was found, or nothing where it is not there; any other refusal stays one.
    ///
    /// # Errors
    /// Every refusal but 404.
    pub fn absent<T>(found: Result<T, Self>) -> Result<Option<T>, Self> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(problem) if problem.code == Code::NotFound => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Every fault of a body or of parameters, at once.
    pub fn of_faults(code: Code, faults: Vec<Fault>) -> Self {
        let detail = match faults.len() {
            1 => "One rule is broken; `errors` says which.".to_owned(),
            n => format!("{n} rules are broken; `errors` lists them all."),
        };
        Self {
            faults,
            ..Self::new(code, detail)
        }
    }

    /// One broken rule.
    pub fn fault(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(pointer, code, detail);
        Self::of_faults(Code::Invalid, faults.0)
    }

    /// The same problem of a part that stands at `pointer` in the body.
    pub fn under(mut self, pointer: &str) -> Self {
        for fault in &mut self.faults {
            fault.pointer.insert_str(0, pointer);
        }
        self
    }

    /// Something of ours failed: `cause` goes to the log and nowhere else.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::new(
            Code::Internal,
            "Try again; if it stays so, report the request id.",
        )
    }

    /// What callers see, in answer to a request for `instance`.
    pub fn view(&self, instance: &str, request_id: &str) -> ProblemView {
        ProblemView {
            kind: format!("/problems/{}", self.code.as_str()),
            title: self.code.title().into(),
            status: self.code.status(),
            detail: self.detail.clone(),
            instance: instance.into(),
            code: self.code.as_str().into(),
            request_id: request_id.into(),
            errors: self.faults.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.http_status()
    }

    /// Headers only: the body needs the request, and is written where the request is at hand (`trace`).
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(version) = self.current_version {
            response.insert_header((header::ETAG, format!("\"{version}\"")));
        }
        let scheme = match self.code {
            Code::Unauthenticated => Some("Bearer"),
            Code::InvalidClient => Some("Basic realm=\"collate\""),
            _ => None,
        };
        if let Some(scheme) = scheme {
            response.insert_header((header::WWW_AUTHENTICATE, scheme));
        }
        response.finish()
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        // SQLite's writer speaks to SQLite itself, and passes its words on.
        let said = match &error {
            DbErr::Exec(RuntimeErr::Internal(said)) => said.as_str(),
            _ => "",
        };
        let broken = error.sql_err();
        if said.starts_with("UNIQUE constraint failed")
            || matches!(broken, Some(SqlErr::UniqueConstraintViolation(_)))
        {
            return Self::new(Code::NotUnique, "Choose another name, code, reference or id.");
        }
        if said.starts_with("FOREIGN KEY constraint failed")
            || matches!(broken, Some(SqlErr::ForeignKeyConstraintViolation(_)))
        {
            return Self::new(
                Code::Conflict,
                "The body names something that is not there, or that is still in use.",
            );
        }
        Self::internal(error)
    }
}

/// Broken rules, gathered so that all can be named at once.
#[derive(Debug, Default)]
#[must_use = "faults that are not looked at would let a bad body in"]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Adds one.
    pub fn add(&mut self, pointer: impl Into<String>, code: &str, detail: impl Into<String>) {
        self.0.push(Fault {
            pointer: pointer.into(),
            code: code.into(),
            detail: detail.into(),
        });
    }

    /// Adds one where `broken`.
    pub fn add_if(
        &mut self,
        broken: bool,
        pointer: impl Into<String>,
        code: &str,
        detail: impl Into<String>,
    ) {
        if broken {
            self.add(pointer, code, detail);
        }
    }

    /// Ends the gathering.
    ///
    /// # Errors
    /// All broken rules as one problem, where there are any.
    pub fn end(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Problem::of_faults(Code::Invalid, self.0))
        }
    }

    /// Adds what the `validator` attributes of an input found.
    pub fn add_validation(&mut self, errors: &ValidationErrors) {
        self.walk("", errors);
    }

    /// Adds what was found in a part that stands at `pointer`.
    pub fn add_validation_at(&mut self, pointer: &str, errors: &ValidationErrors) {
        self.walk(pointer, errors);
    }

    fn walk(&mut self, at: &str, errors: &ValidationErrors) {
        let mut fields: Vec<_> = errors.errors().iter().collect();
        fields.sort_by_key(|(field, _)| field.to_string());
        for (field, kind) in fields {
            // Rust's names for JSON words that are its own.
            let name = match field.as_ref() {
                "reference" if at.contains("/sections/") => "ref",
                other => other,
            };
            let pointer = if name.is_empty() {
                at.to_owned()
            } else {
                format!("{at}/{name}")
            };
            match kind {
                ValidationErrorsKind::Struct(inner) => self.walk(&pointer, inner),
                ValidationErrorsKind::List(items) => {
                    for (index, inner) in items {
                        self.walk(&format!("{pointer}/{index}"), inner);
                    }
                }
                ValidationErrorsKind::Field(broken) => {
                    for rule in broken {
                        let detail = rule
                            .message
                            .as_ref()
                            .map_or("This value is not taken.", |m| m.as_ref());
                        self.add(pointer.clone(), &rule.code.replace('_', "-"), detail);
                    }
                }
            }
        }
    }
}

/// A field's name as a part of a pointer (RFC 6901).
pub fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
