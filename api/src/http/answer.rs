//! What a handler gives back. An answer's type says its status and schema, and so the document has them.

pub use super::kept::{Keep, Kept, Shown};
use super::{
    ask::{Schemas, register},
    content::{Content, matches, tag_of, value_of},
    kept::{PRIVATE, VARY, leaves},
    problem::Problem,
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use domain::{id::ConsultationId, vocabulary::AuditOutcome};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::{
    ToSchema,
    openapi::{ContentBuilder, RefOr, ResponseBuilder, Schema, header::HeaderBuilder, path::Operation},
};
use uuid::Uuid;

/// What handlers return.
pub type Reply<A> = Result<A, Problem>;

/// Something that can be answered.
pub trait Answer: Sized {
    /// The media type that it is given as.
    const KIND: &'static str = "application/json";

    /// Writes the answer.
    ///
    /// # Errors
    /// Where the answer cannot be written.
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem>;

    /// What was rendered before the answer was, and is compressed once for those who take that if it is kept.
    fn content(&self) -> Option<&Content> {
        None
    }

    /// What it shows of what somebody said, or takes away as a file: written down before it leaves.
    fn shown(&self) -> Option<Shown> {
        None
    }

    /// Whether the same is answered to the same request until something is written, where the list of routes says so of its endpoint.
    fn lasts(&self) -> bool {
        self.shown().is_none()
    }

    /// Describes the answer.
    fn describe(operation: &mut Operation, schemas: &mut Schemas);
}

/// A thing with a version: what `If-Match` is compared with.
pub trait Resource: Serialize + ToSchema {
    /// The version, from 1.
    fn version(&self) -> i32;
    /// Where it stands.
    fn address(&self) -> String;
    /// Whether the whole answer moves with the version. Where a part does not (the coding of a contribution), a reader is
    /// always given it anew: the version is only what `If-Match` names.
    fn moves_with_version(&self) -> bool {
        true
    }
    /// What it shows where it shows what somebody said: the consultation that this was said in, and its own id. A view
    /// that shows such text and does not say so fails the suite.
    fn shows_text(&self) -> Option<(ConsultationId, Uuid)> {
        None
    }
}

/// What these show together; nothing where none of them shows what somebody said.
pub(super) fn shown<'v, V: Resource + 'v>(views: impl IntoIterator<Item = &'v V>) -> Option<Shown> {
    let (consultations, mut ids): (Vec<_>, Vec<_>) =
        views.into_iter().filter_map(Resource::shows_text).unzip();
    // Versions of one thing are read together.
    ids.dedup();
    consultations.first().map(|consultation| Shown {
        outcome: AuditOutcome::Read,
        consultation: Some(*consultation),
        ids,
    })
}

/// 201: made now. 200: a repeat of what was made before, as it stands.
#[derive(Debug)]
pub enum Stored<V> {
    /// Made now.
    Created(V),
    /// Made before, by a request with the same id and content.
    Repeated(V),
}

impl<V: Resource> Stored<V> {
    fn view(&self) -> &V {
        match self {
            Self::Created(view) | Self::Repeated(view) => view,
        }
    }
}

impl<V: Resource> Keep for Stored<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let kept = match self {
            Self::Created(view) => {
                versioned(StatusCode::CREATED, view)?.with(header::LOCATION, view.address())
            }
            Self::Repeated(view) => versioned(StatusCode::OK, view)?,
        };
        // Who repeats what made it is shown it again.
        Ok(Some(kept.shows(shown([self.view()]))))
    }
}

impl<V: Resource> Answer for Stored<V> {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        leaves(&self)
    }

    fn shown(&self) -> Option<Shown> {
        match self {
            Self::Created(_) => None,
            Self::Repeated(view) => shown([view]),
        }
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<V>(schemas);
        json(
            operation,
            "201",
            "Made; `Location` says where it stands, `ETag` its version.",
            schema.clone(),
        );
        json(
            operation,
            "200",
            "A repeat with the id and content of something made before: that thing as it is.",
            schema,
        );
    }
}

/// 201: made now.
#[derive(Debug)]
pub struct Created<V>(pub V);

impl<V: Resource> Keep for Created<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let kept = versioned(StatusCode::CREATED, &self.0)?.with(header::LOCATION, self.0.address());
        Ok(Some(Kept {
            shown: shown([&self.0]),
            ..kept
        }))
    }
}

impl<V: Resource> Answer for Created<V> {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        leaves(&self)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<V>(schemas);
        json(
            operation,
            "201",
            "Made; `Location` says where it stands, `ETag` its version.",
            schema,
        );
    }
}

/// 201: made now, with a secret that is shown this once: nobody on the way may keep the answer.
#[derive(Debug)]
pub struct ShownOnce<V>(pub V);

impl<V: Resource> Keep for ShownOnce<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let kept = Kept::once(&self.0)?
            .with(header::ETAG, format!("\"{}\"", self.0.version()))
            .with(header::LOCATION, self.0.address());
        Ok(Some(kept))
    }
}

impl<V: Resource> Answer for ShownOnce<V> {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        leaves(&self)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Created::<V>::describe(operation, schemas);
    }
}

/// 200 with one resource; its `ETag` is its version.
#[derive(Debug)]
pub struct One<V>(pub V);

impl<V: Resource> Keep for One<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        Ok(Some(Kept {
            shown: shown([&self.0]),
            ..versioned(StatusCode::OK, &self.0)?
        }))
    }
}

impl<V: Resource> Answer for One<V> {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let tag = value_of(&format!("\"{}\"", self.0.version()));
        if self.0.moves_with_version() && matches(request, &tag) {
            return Ok(not_modified(tag));
        }
        leaves(&self)
    }

    fn shown(&self) -> Option<Shown> {
        shown([&self.0])
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<V>(schemas);
        json(operation, "200", "The resource; `ETag` is its version.", schema);
        not_modified_too(operation);
    }
}

/// 200 with something that has no version of its own.
#[derive(Debug)]
pub struct Plain<V>(pub V);

impl<V: Serialize + ToSchema> Keep for Plain<V> {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        Ok(Some(tagged(Kept::json(StatusCode::OK, PRIVATE, &self.0)?)))
    }
}

impl<V: Serialize + ToSchema> Answer for Plain<V> {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        by_content(request, &self.0)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<V>(schemas);
        json(operation, "200", "The answer.", schema);
        if operation.request_body.is_none() {
            not_modified_too(operation);
        }
    }
}

/// 204: done, nothing to say.
#[derive(Clone, Copy, Debug)]
pub struct Done;

impl Answer for Done {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::NoContent().finish())
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        let done = ResponseBuilder::new().description("Done.").build();
        operation.responses.responses.insert("204".into(), done.into());
    }
}

/// Content of the shape of `V`, rendered before.
#[derive(Clone, Debug)]
pub struct Rendered<V> {
    /// The content.
    pub content: Content,
    of: std::marker::PhantomData<V>,
}

impl<V> Rendered<V> {
    /// What was rendered now.
    pub fn new(bytes: impl Into<Bytes>, kind: &'static str) -> Self {
        Self::of(Content::new(bytes, kind))
    }

    /// What was rendered before.
    pub fn of(content: Content) -> Self {
        Self {
            content,
            of: std::marker::PhantomData,
        }
    }

    /// The same to be given out more than once.
    pub fn kept(self) -> Self {
        Self::of(self.content.kept())
    }
}

impl<V: Serialize + ToSchema> Rendered<V> {
    /// JSON of `value`.
    ///
    /// # Errors
    /// Where it cannot be written, which none of our types does.
    pub fn json(value: &V) -> Result<Self, Problem> {
        Ok(Self::new(
            serde_json::to_vec(value).map_err(Problem::internal)?,
            "application/json",
        ))
    }
}

impl<V: Serialize + ToSchema> Answer for Rendered<V> {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        self.send(request)
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.content)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<V>(schemas);
        json(
            operation,
            "200",
            "The answer; `ETag` is a hash of its content, with `-gzip` behind it where that is compressed.",
            schema,
        );
        not_modified_too(operation);
    }
}

impl<V: Serialize + ToSchema> Answer for std::sync::Arc<Rendered<V>> {
    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        self.send(request)
    }

    fn content(&self) -> Option<&Content> {
        Some(&self.content)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Rendered::<V>::describe(operation, schemas);
    }
}

/// A cell of CSV that no spreadsheet takes for a formula: whatever one would, stands behind an apostrophe. Numbers of ours are
/// no such cells.
pub fn unformulated(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// CSV of the same table that JSON gives.
#[derive(Debug)]
pub struct Csv(pub Vec<u8>);

impl Answer for Csv {
    const KIND: &'static str = "text/csv";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        Rendered::<()>::new(self.0, "text/csv; charset=utf-8").send(request)
    }

    fn shown(&self) -> Option<Shown> {
        Some(Shown {
            outcome: AuditOutcome::Exported,
            consultation: None,
            ids: Vec::new(),
        })
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        file(operation, Self::KIND, "The table, a header line first.");
    }
}

impl<V> Rendered<V> {
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        if let Some(tag) = self.content.known_to(request) {
            return Ok(not_modified(tag.clone()));
        }
        let mut response = HttpResponse::Ok();
        private(&mut response);
        Ok(self.content.respond(request, response))
    }
}

/// An Excel workbook that holds nobody's words: a form to be filled in.
#[derive(Debug)]
pub struct BlankWorkbook(pub Vec<u8>);

impl Answer for BlankWorkbook {
    const KIND: &'static str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        Rendered::<()>::new(self.0, Self::KIND).send(request)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        file(operation, Self::KIND, "The workbook.");
    }
}

/// The same as CSV.
#[derive(Debug)]
pub struct BlankCsv(pub Vec<u8>);

impl Answer for BlankCsv {
    const KIND: &'static str = "text/csv";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        Rendered::<()>::new(self.0, "text/csv; charset=utf-8").send(request)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        file(operation, Self::KIND, "The table, its heading first.");
    }
}

fn file(operation: &mut Operation, kind: &str, about: &str) {
    let content = ContentBuilder::new()
        .schema(Some(
            utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String),
        ))
        .build();
    let response = ResponseBuilder::new().description(about).content(kind, content);
    operation
        .responses
        .responses
        .insert("200".into(), response.build().into());
    not_modified_too(operation);
}

/// A feed (Atom 1.0, RFC 4287).
#[derive(Debug)]
pub struct Feed(pub String);

impl Answer for Feed {
    const KIND: &'static str = "application/atom+xml";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        Rendered::<()>::new(self.0, "application/atom+xml; charset=utf-8").send(request)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        file(operation, Self::KIND, "The feed, the latest first.");
    }
}

/// A page for people.
#[derive(Debug)]
pub struct Html(pub String);

impl Answer for Html {
    const KIND: &'static str = "text/html";

    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        Ok(HttpResponse::Ok()
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .content_type("text/html; charset=utf-8")
            .body(self.0))
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        let page = ContentBuilder::new()
            .schema(Some(
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String),
            ))
            .build();
        let response = ResponseBuilder::new()
            .description("A page.")
            .content("text/html", page);
        operation
            .responses
            .responses
            .insert("200".into(), response.build().into());
    }
}

/// What a page may do: run and load what this service serves, call it, and nothing else. No page can be framed, and no form
/// of one leaves it by itself.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                           manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'none'";

/// A file of a page, as it was compiled in. Whoever asks gets it: it holds nobody's words. A browser asks each time whether
/// it is still the same, so that a page is never made of files of two versions for longer than one load.
#[derive(Clone, Debug)]
pub struct File {
    /// Not compressed: a worker compares its tag with the one that it brought.
    content: Content,
    worker_scope: Option<&'static str>,
}

impl File {
    /// A file of this media type.
    pub fn new(content: impl Into<Bytes>, kind: &'static str) -> Self {
        Self {
            content: Content::new(content, kind),
            worker_scope: None,
        }
    }

    /// The same as a service worker, which may look on at addresses that begin with `scope`.
    pub fn for_worker(self, scope: &'static str) -> Self {
        Self {
            worker_scope: Some(scope),
            ..self
        }
    }

    /// Quoted, as the header wants it.
    pub fn tag(&self) -> &str {
        self.content.tag()
    }
}

impl Answer for File {
    /// Files of several kinds stand at one address, each of the kind that its name says.
    const KIND: &'static str = "*/*";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let known = self.content.known_to(request);
        let mut response = HttpResponse::build(match known {
            Some(_) => StatusCode::NOT_MODIFIED,
            None => StatusCode::OK,
        });
        response
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"));
        if let Some(scope) = self.worker_scope {
            response.insert_header(("Service-Worker-Allowed", scope));
        }
        if let Some(tag) = known {
            return Ok(response.insert_header((header::ETAG, tag.clone())).finish());
        }
        Ok(self.content.respond(request, response))
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        let kinds = [
            "text/css",
            "text/javascript",
            "image/svg+xml",
            "application/manifest+json",
        ];
        file_of(
            operation,
            "A file of a page; `ETag` is a hash of its content.",
            &kinds,
        );
    }
}

/// A page of files.
#[derive(Clone, Debug)]
pub struct Page(pub File);

impl Answer for Page {
    const KIND: &'static str = "text/html";

    fn answer(self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        self.0.answer(request)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        file_of(
            operation,
            "A page; `ETag` is a hash of its content.",
            &["text/html"],
        );
    }
}

fn file_of(operation: &mut Operation, about: &str, kinds: &[&str]) {
    use utoipa::openapi::{ObjectBuilder, schema::Type};
    let of_kind = |kind: &str| {
        let read_as = match kind.ends_with("json") {
            true => Type::Object,
            false => Type::String,
        };
        ContentBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(read_as)))
            .build()
    };
    let response = kinds
        .iter()
        .fold(ResponseBuilder::new().description(about), |response, kind| {
            response.content(*kind, of_kind(kind))
        });
    operation
        .responses
        .responses
        .insert("200".into(), response.build().into());
    not_modified_too(operation);
}

fn versioned<V: Resource>(status: StatusCode, view: &V) -> Result<Kept, Problem> {
    let kept = Kept::json(status, PRIVATE, view)?;
    Ok(kept.with(header::ETAG, format!("\"{}\"", view.version())))
}

/// 200 or 304, by a hash of the content.
pub(super) fn by_content<V: Serialize>(request: &HttpRequest, value: &V) -> Result<HttpResponse, Problem> {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    Rendered::<()>::new(body, "application/json").send(request)
}

/// With the tag of its content.
pub(super) fn tagged(kept: Kept) -> Kept {
    let tag = tag_of(kept.body.as_bytes());
    kept.with(header::ETAG, tag)
}

fn not_modified(tag: HeaderValue) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::NOT_MODIFIED);
    private(&mut response);
    response.insert_header((header::ETAG, tag)).finish()
}

fn private(response: &mut HttpResponseBuilder) {
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static(PRIVATE)));
    response.insert_header((header::VARY, HeaderValue::from_static(VARY)));
}

/// Adds a JSON response to an operation.
pub fn json(operation: &mut Operation, status: &str, about: &str, schema: impl Into<RefOr<Schema>>) {
    let tag = HeaderBuilder::new()
        .description(Some("What `If-None-Match` and `If-Match` compare."))
        .build();
    let content = ContentBuilder::new().schema(Some(schema.into())).build();
    let response = ResponseBuilder::new()
        .description(about)
        .content("application/json", content)
        .header("ETag", tag);
    operation
        .responses
        .responses
        .insert(status.into(), response.build().into());
}

pub(super) fn not_modified_too(operation: &mut Operation) {
    let response = ResponseBuilder::new()
        .description("Nothing changed since the version you named.")
        .build();
    operation
        .responses
        .responses
        .insert("304".into(), response.into());
}
