//! What is read as a file or a page, at an address that gives one form or several.

use super::{
    answer::{Answer, not_modified_too},
    ask::{Ask, Schemas},
    content::Content,
    kept::{PRIVATE, VARY},
    problem::Problem,
};
use actix_web::{
    HttpRequest, HttpResponse,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use std::marker::PhantomData;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, RefOr, ResponseBuilder, Schema, path::Operation, schema::Type,
};

/// Nothing is loaded, run or sent anywhere: a page brings its own style and pictures.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
/// What is published may be kept by anybody on the way who asks each time whether it still stands.
const PUBLIC: &str = "public, no-cache";

/// The forms that stand at an address.
pub trait Forms: 'static {
    /// The one media type; `*/*` where there are several.
    const KIND: &'static str;
    /// What stands there, in a sentence.
    const ABOUT: &'static str;
    /// Whether people read there, who are told on a page when what stood there was taken back.
    const TOLD_WHEN_GONE: bool = false;
    /// Their media types, each with its schema.
    fn contents(schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)>;
}

/// The schema of a file.
pub fn of_bytes() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// A file or a page.
#[derive(Debug)]
pub struct Document<F> {
    content: Content,
    public: bool,
    always: bool,
    gone: bool,
    name: Option<String>,
    forms: PhantomData<F>,
}

impl<F> Document<F> {
    /// For one caller, rendered now.
    pub fn new(bytes: impl Into<Bytes>, content_type: &'static str) -> Self {
        Self::of(Content::new(bytes, content_type))
    }

    /// For one caller, rendered before.
    pub fn of(content: Content) -> Self {
        Self {
            content,
            public: false,
            always: false,
            gone: false,
            name: None,
            forms: PhantomData,
        }
    }

    /// For everybody, where `public`.
    pub fn for_everybody(self, public: bool) -> Self {
        Self { public, ..self }
    }

    /// Given anew each time: its tag is only what `If-Match` names.
    pub fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// 410: a page that says that what stood here was taken back. Nobody keeps it, as something may stand here again.
    pub fn gone(self) -> Self {
        Self {
            gone: true,
            always: true,
            ..self
        }
    }

    /// As a file to be kept under this name.
    pub fn named(self, name: String) -> Self {
        Self {
            name: Some(name),
            ..self
        }
    }
}

impl<F: Forms> Answer for Document<F> {
    const KIND: &'static str = F::KIND;

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let known = self.content.known_to(request).filter(|_| !self.always);
        let mut response = HttpResponse::build(match (self.gone, known.is_some()) {
            (true, _) => StatusCode::GONE,
            (false, true) => StatusCode::NOT_MODIFIED,
            (false, false) => StatusCode::OK,
        });
        let kept = match (self.gone, self.public) {
            (true, _) => "no-store",
            (false, true) => PUBLIC,
            (false, false) => PRIVATE,
        };
        let mut put = |name, value| {
            response.insert_header((name, HeaderValue::from_static(value)));
        };
        put(header::CACHE_CONTROL, kept);
        put(header::VARY, VARY);
        put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        let kind = self.content.kind();
        if kind.starts_with("text/html") || kind.starts_with("image/svg") {
            put(header::CONTENT_SECURITY_POLICY, POLICY);
            put(header::REFERRER_POLICY, "no-referrer");
        }
        if let Some(name) = self.name {
            response.insert_header((
                header::CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ));
        }
        if let Some(tag) = known {
            return Ok(response.insert_header((header::ETAG, tag.clone())).finish());
        }
        let mut response = self.content.respond(request, response);
        if self.gone {
            response.headers_mut().remove(header::ETAG);
        }
        Ok(response)
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.content)
    }

    fn lasts(&self) -> bool {
        !self.always && self.shown().is_none()
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let response = F::contents(schemas).into_iter().fold(
            ResponseBuilder::new().description(F::ABOUT),
            |response, (kind, schema)| {
                response.content(kind, ContentBuilder::new().schema(Some(schema)).build())
            },
        );
        operation
            .responses
            .responses
            .insert("200".into(), response.build().into());
        not_modified_too(operation);
        if F::TOLD_WHEN_GONE {
            let page = ContentBuilder::new().schema(Some(of_bytes())).build();
            let response = ResponseBuilder::new()
                .description(
                    "What stood here was taken back: a page that says why, and what stands in its place.",
                )
                .content("text/html", page);
            operation
                .responses
                .responses
                .insert("410".into(), response.build().into());
        }
    }
}

/// Which media types a caller takes, and how gladly.
#[derive(Clone, Debug, Default)]
pub struct Accepted(Vec<(String, f32)>);

impl Accepted {
    /// What the caller says; nothing where they say nothing.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let values = request
            .headers()
            .get_all(header::ACCEPT)
            .filter_map(|value| value.to_str().ok());
        let ranges = values.flat_map(|value| value.split(','));
        let ranges = ranges.filter(|range| !range.trim().is_empty());
        let read = ranges.map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
            let q = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            (kind, q.unwrap_or(1.0))
        });
        Self(read.collect())
    }

    /// The one of `kinds` that is taken most gladly; of several the first. Nothing where none is taken.
    pub fn choose(&self, kinds: &[&'static str]) -> Option<usize> {
        if self.0.is_empty() {
            return (!kinds.is_empty()).then_some(0);
        }
        let gladly = |kind: &str| {
            let family = kind.split('/').next().unwrap_or_default();
            let fits = |range: &str| match range {
                range if range == kind => 3,
                range if range.strip_suffix("/*") == Some(family) => 2,
                "*/*" => 1,
                _ => 0,
            };
            let ranges = self
                .0
                .iter()
                .map(|(range, q)| (fits(range), *q))
                .filter(|(fits, _)| *fits > 0);
            ranges.max_by_key(|(fits, _)| *fits).map_or(0.0, |(_, q)| q)
        };
        let mut best: Option<(usize, f32)> = None;
        for (at, kind) in kinds.iter().enumerate() {
            let q = gladly(kind);
            if q > 0.0 && best.is_none_or(|(_, other)| q > other) {
                best = Some((at, q));
            }
        }
        best.map(|(at, _)| at)
    }
}

impl Ask for Accepted {
    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        Ok(Self::of(request))
    }

    fn describe(_: &mut Operation, _: &mut Schemas) {}
}

#[cfg(test)]
mod tests {
    use super::Accepted;

    #[test]
    fn what_is_taken_most_gladly_is_given() {
        let kinds = ["application/json", "text/html", "application/pdf"];
        let of = |ranges: &[(&str, f32)]| {
            Accepted(
                ranges
                    .iter()
                    .map(|(range, q)| ((*range).to_owned(), *q))
                    .collect(),
            )
            .choose(&kinds)
        };
        assert_eq!(of(&[]), Some(0));
        assert_eq!(of(&[("*/*", 1.0)]), Some(0));
        assert_eq!(
            of(&[("text/html", 1.0), ("application/xml", 0.9), ("*/*", 0.8)]),
            Some(1)
        );
        assert_eq!(of(&[("application/*", 0.5), ("application/pdf", 1.0)]), Some(2));
        assert_eq!(of(&[("application/pdf", 0.0), ("*/*", 0.1)]), Some(0));
        assert_eq!(of(&[("image/png", 1.0)]), None);
    }
}
