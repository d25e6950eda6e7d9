//! The list of endpoints, and what follows from it: routing, the OpenAPI document, the grid of who may do what.
//!
//! `endpoint` takes only handlers whose argument is `Access<..>` or `Public<..>`, so that forgetting the guard does
//! not compile. Parameters, bodies, answers and `security` of the document come from the handler's own types: what
//! is not written twice cannot differ. Refused: `#[utoipa::path]` on each handler, which never sees a return type.

use super::{
    access::{Access, Anyone, Public},
    again,
    answer::{Answer, Kept, Reply},
    ask::{Ask, Schemas, register},
    document::Accepted,
    problem::{Problem, ProblemView},
    repeat,
    request::Route as NamedRoute,
};
use crate::{
    auth::{caller::Caller, permission::Permission},
    error::Code,
    store::{Opened, sight::AsOf},
};
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Route, guard,
    http::{Method, StatusCode, header},
    web,
};
use domain::vocabulary::Role;
use std::{collections::BTreeMap, future::Future, sync::Arc};
use utoipa::openapi::{
    ContentBuilder, HttpMethod, OpenApi, RefOr, Required, ResponseBuilder, Tag,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};

/// The argument of a handler.
#[diagnostic::on_unimplemented(
    message = "a handler's argument is `Access<Permission, ..>`, or `Public<..>` where anybody may call",
    label = "this argument lets a request in without asking who calls"
)]
pub trait Guard: FromRequest<Error = Problem> + 'static {
    /// The permission's name and roles; nothing where anybody may call.
    const PERMISSION: Option<(&'static str, &'static [Role])>;
    /// What is asked beside who calls.
    type Part: Ask;
    /// Whether those who show no token are let in, too.
    const WITHOUT_TOKEN: bool = false;
    /// The store in the caller's hands, for writing down what the answer shows; nothing where anybody may call, because
    /// no such answer shows what somebody said.
    fn opened(&self) -> Option<Opened>;
    /// The store, for finding what was answered to a request with the same key.
    fn repeats(&self) -> Opened;
    /// Whose token was looked at; nothing where none was.
    fn caller(&self) -> Option<Arc<Caller>>;
    /// The same, where the state of the database was asked for after the request came.
    fn came_at(self, as_of: AsOf) -> Self;
}

impl<P: Permission, Part: Ask> Guard for Access<P, Part> {
    const PERMISSION: Option<(&'static str, &'static [Role])> = Some((P::NAME, P::ROLES));
    type Part = Part;

    fn opened(&self) -> Option<Opened> {
        Some(self.store())
    }

    fn repeats(&self) -> Opened {
        self.store()
    }

    fn caller(&self) -> Option<Arc<Caller>> {
        Some(self.caller().clone())
    }

    fn came_at(self, as_of: AsOf) -> Self {
        self.came_at(as_of)
    }
}

impl<P: Permission, Part: Ask> Guard for Anyone<P, Part> {
    const PERMISSION: Option<(&'static str, &'static [Role])> = Some((P::NAME, P::ROLES));
    const WITHOUT_TOKEN: bool = true;
    type Part = Part;

    fn opened(&self) -> Option<Opened> {
        None
    }

    fn repeats(&self) -> Opened {
        self.store()
    }

    fn caller(&self) -> Option<Arc<Caller>> {
        self.caller().cloned()
    }

    fn came_at(self, as_of: AsOf) -> Self {
        self.came_at(as_of)
    }
}

impl<Part: Ask> Guard for Public<Part> {
    const PERMISSION: Option<(&'static str, &'static [Role])> = None;
    type Part = Part;

    fn opened(&self) -> Option<Opened> {
        None
    }

    fn repeats(&self) -> Opened {
        self.store_of_repeats()
    }

    fn caller(&self) -> Option<Arc<Caller>> {
        None
    }

    fn came_at(self, _: AsOf) -> Self {
        self
    }
}

/// One endpoint.
#[derive(Clone)]
pub struct Endpoint {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: HttpMethod,
    /// The path, with its parts in braces.
    pub path: &'static str,
    /// The permission's name and roles; nothing where anybody may call.
    pub permission: Option<(&'static str, &'static [Role])>,
    /// Whether those who show no token are let in, too.
    pub without_token: bool,
    operation: Operation,
    /// Whether its answers last until something is written.
    pub lasts: bool,
    /// Told whether its answers last.
    route: Arc<dyn Fn(bool) -> Route + Send + Sync>,
}

/// Every endpoint of the service.
#[derive(Clone)]
pub struct Routes {
    about: OpenApi,
    endpoints: Vec<Endpoint>,
    schemas: Schemas,
}

impl Routes {
    /// No endpoint yet; `about` is the document without its paths.
    pub fn new(about: OpenApi) -> Self {
        Self {
            about,
            endpoints: Vec::new(),
            schemas: Schemas::new(),
        }
    }

    /// Adds an endpoint. `about` is its summary in the document: a sentence without a full stop.
    pub fn endpoint<G, H, F, A>(
        mut self,
        method: HttpMethod,
        path: &'static str,
        about: &str,
        handler: H,
    ) -> Self
    where
        G: Guard,
        H: Fn(G) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply<A>> + 'static,
        A: Answer + 'static,
    {
        let mut operation = OperationBuilder::new()
            .tag(tag_of(path))
            .summary(Some(about))
            .operation_id(Some(operation_id(std::any::type_name::<H>())))
            .build();
        for name in path_parts(path) {
            let part = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True);
            let schema = if name == "id" || name.ends_with("_id") {
                uuid_schema()
            } else {
                <String as utoipa::PartialSchema>::schema()
            };
            operation
                .parameters
                .get_or_insert_default()
                .push(RefOr::<Parameter>::T(part.schema(Some(schema)).build()));
        }
        if method == HttpMethod::Post {
            operation
                .parameters
                .get_or_insert_default()
                .push(RefOr::T(key_parameter()));
        }
        G::Part::describe(&mut operation, &mut self.schemas);
        A::describe(&mut operation, &mut self.schemas);
        let problem = register::<ProblemView>(&mut self.schemas);
        let refusal = ContentBuilder::new().schema(Some(problem)).build();
        let refused = ResponseBuilder::new().description("Refused: a problem that says what to change.");
        operation.responses.responses.insert(
            "default".into(),
            refused
                .content("application/problem+json", refusal)
                .build()
                .into(),
        );
        if let Some((name, roles)) = G::PERMISSION {
            let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
            let mut said = format!("Permission `{name}`, for: {}.", roles.join(", "));
            let mut ways = vec![SecurityRequirement::new("bearer", [name])];
            if G::WITHOUT_TOKEN {
                said.push_str(" Without a token: what is published to everybody.");
                ways.push(SecurityRequirement::default());
            }
            operation.description = Some(said);
            operation.security = Some(ways);
        } else {
            operation.security = Some(Vec::new());
        }
        let of_actix = actix_method(&method);
        self.endpoints.push(Endpoint {
            method,
            path,
            permission: G::PERMISSION,
            without_token: G::WITHOUT_TOKEN,
            operation,
            lasts: false,
            route: Arc::new(move |lasts| {
                let handler = handler.clone();
                // Whoever may GET may ask for the head of it.
                let route = match of_actix == Method::GET {
                    true => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
                    false => web::method(of_actix.clone()),
                };
                route.to(move |request: HttpRequest, guard: G| {
                    let handler = handler.clone();
                    async move {
                        // Refused before the handler works: a write whose answer nobody takes must not be done.
                        acceptable(&request, A::KIND)?;
                        let (opened, repeats) = (guard.opened(), guard.repeats());
                        let beginning = match lasts {
                            true => again::begin(&request, path, guard.caller()).await,
                            false => None,
                        };
                        let guard = match &beginning {
                            Some(beginning) => guard.came_at(beginning.as_of()),
                            None => guard,
                        };
                        let answer = handler(guard);
                        if let Some(kept) = repeats.kept_answer().await? {
                            return replayed(kept, opened).await;
                        }
                        match answer.await {
                            Ok(answer) => answered(answer, &request, opened, beginning).await,
                            // What it repeats may have been done since we looked.
                            Err(refusal) => match repeats.kept_answer().await? {
                                Some(kept) => replayed(kept, opened).await,
                                None => Err(refusal),
                            },
                        }
                    }
                })
            }),
        });
        self
    }

    /// Says in the document, for the endpoint added last, what its types do not: `about` is whole sentences.
    pub fn explained(mut self, about: &str) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut() {
            let permission = endpoint.operation.description.take();
            let parts: Vec<_> = [Some(about.to_owned()), permission]
                .into_iter()
                .flatten()
                .collect();
            endpoint.operation.description = Some(parts.join("\n\n"));
        }
        self
    }

    /// Says of the endpoint added last that its answers last until something is written ([`again`]): they depend on what is in the
    /// database and on nothing else.
    pub fn lasting(mut self) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut() {
            endpoint.lasts = true;
        }
        self
    }

    /// Says of the endpoint added last that a key means nothing to it: `about` says why.
    pub fn without_key(mut self, about: &str) -> Self {
        if let Some(endpoint) = self.endpoints.last_mut()
            && let Some(parameters) = &mut endpoint.operation.parameters
        {
            parameters.retain(|one| !matches!(one, RefOr::T(one) if one.name == repeat::HEADER));
        }
        self.explained(about)
    }

    /// Every endpoint, in the order of the list.
    pub fn all(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Makes actix answer them; one resource a path, so that a wrong method is 405. Paths that begin alike are a scope: actix tries
    /// what it has one after the other, and beginnings are compared faster than patterns.
    pub fn register(&self, app: &mut web::ServiceConfig) {
        let mut scopes: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
        for path in self.endpoints.iter().map(|endpoint| endpoint.path) {
            let beginning = beginning(path);
            match scopes.iter_mut().find(|(known, _)| *known == beginning) {
                Some((_, paths)) if paths.contains(&path) => {}
                Some((_, paths)) => paths.push(path),
                None => scopes.push((beginning, vec![path])),
            }
        }
        for (beginning, paths) in scopes {
            let resource = |path: &'static str, within: &str| {
                let here = self.endpoints.iter().filter(|endpoint| endpoint.path == path);
                let resource = web::resource(within).app_data(NamedRoute(path));
                here.fold(resource, |resource, endpoint| {
                    resource.route((endpoint.route)(endpoint.lasts))
                })
            };
            match *paths {
                [path] => app.service(resource(path, path)),
                _ => app.service(paths.iter().fold(web::scope(beginning), |scope, path| {
                    scope.service(resource(path, path.strip_prefix(beginning).unwrap_or(path)))
                })),
            };
        }
    }

    /// The contract as a document.
    pub fn document(&self) -> OpenApi {
        let mut document = self.about.clone();
        let mut tags = BTreeMap::new();
        for endpoint in &self.endpoints {
            document.paths.add_path_operation(
                endpoint.path,
                vec![endpoint.method.clone()],
                endpoint.operation.clone(),
            );
            tags.entry(tag_of(endpoint.path)).or_insert(());
        }
        document.tags = Some(tags.into_keys().map(Tag::new).collect());
        let components = document.components.get_or_insert_default();
        for (name, schema) in &self.schemas {
            components.schemas.insert(name.clone(), schema.clone());
        }
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        document
    }
}

/// The first segment of a path, two where that is the version: no beginning is within another.
fn beginning(path: &str) -> &str {
    let segments = match path.starts_with("/v1/") {
        true => 2,
        false => 1,
    };
    let end = path
        .match_indices('/')
        .nth(segments)
        .map_or(path.len(), |(at, _)| at);
    path.get(..end).unwrap_or(path)
}

/// The first answer again, to a request with the same key and content.
async fn replayed(kept: Kept, opened: Option<Opened>) -> Result<HttpResponse, Problem> {
    if let (Some(opened), Some(shown)) = (opened, kept.shown()) {
        opened.has_shown(shown.clone()).await?;
    }
    let mut response = kept.respond()?;
    response.headers_mut().insert(
        header::HeaderName::from_static("idempotency-replayed"),
        header::HeaderValue::from_static("true"),
    );
    Ok(response)
}

fn key_parameter() -> Parameter {
    ParameterBuilder::new()
        .name(repeat::HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Chosen by you, anew for each thing you do: a random UUID is best. Whoever sends the same again within 72 hours gets \
             the first answer, with `Idempotency-Replayed: true`, and nothing is done twice; another request with the same key \
             is 422 `idempotency-key-reused`. A request that was refused left nothing, and its key can be used again.",
        ))
        .schema(Some(<String as utoipa::PartialSchema>::schema()))
        .build()
}

/// Writes the answer; where it shows what somebody said, that is in the log before it leaves. What a write shows is what
/// was written, and its own event says so; 304 and the head of an answer show nothing.
async fn answered<A: Answer>(
    answer: A,
    request: &HttpRequest,
    opened: Option<Opened>,
    beginning: Option<again::Beginning>,
) -> Result<HttpResponse, Problem> {
    let beginning = beginning.filter(|_| answer.lasts());
    let shown = match *request.method() {
        Method::GET | Method::POST => answer.shown(),
        _ => None,
    };
    if let Some(content) = answer.content() {
        content.compress_for(request).await?;
    }
    let response = answer.answer(request)?;
    if let (Some(opened), Some(shown), StatusCode::OK) = (opened, shown, response.status()) {
        opened.has_shown(shown).await?;
    }
    Ok(match beginning {
        Some(beginning) => beginning.answered(response),
        None => response,
    })
}

/// Whether the caller takes `kind`; who says nothing takes everything. `*/*` is an address of files, each of its own kind.
fn acceptable(request: &HttpRequest, kind: &'static str) -> Result<(), Problem> {
    if kind == "*/*" || Accepted::of(request).choose(&[kind]).is_some() {
        return Ok(());
    }
    Err(Problem::new(
        Code::NotAcceptable,
        format!("This address answers as {kind}."),
    ))
}

fn uuid_schema() -> RefOr<utoipa::openapi::Schema> {
    <domain::id::ConsultationId as utoipa::PartialSchema>::schema()
}

/// The names of a path's parts; behind one may stand how a file's name ends.
fn path_parts(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| Some(part.strip_prefix('{')?.split_once('}')?.0))
}

/// The first word of a path that is not the version.
fn tag_of(path: &str) -> String {
    path.split('/')
        .find(|part| !part.is_empty() && *part != "v1")
        .unwrap_or("service")
        .to_owned()
}

/// `collate::network::bodies::create` is `bodies_create`.
fn operation_id(handler: &str) -> String {
    let words: Vec<_> = handler.rsplit("::").take(2).collect();
    words.into_iter().rev().collect::<Vec<_>>().join("_")
}

fn actix_method(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        _ => Method::GET,
    }
}
