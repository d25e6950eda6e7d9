//! What a handler asks of a request, beside who calls: parts of the address, parameters, a body.
//!
//! Each part is read only after the caller was let in: actix polls a handler's extractors together, and with
//! authorisation beside a body a stranger's bad body got 400 instead of 401. Each part also describes itself to the
//! OpenAPI document, so that document and code cannot differ.

use super::{
    digest::digest,
    problem::{Fault, Faults, Problem, escaped},
    repeat::{self, BodyDigest, content_digest},
    shape::Shape,
};
use crate::error::Code;
use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    http::header,
    web::{Bytes, BytesMut},
};
use domain::{limits, text::Prose, vocabulary::ImportKind};
use futures_util::StreamExt;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, Ref, RefOr, Required, Schema,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{AdditionalProperties, AnyOfBuilder, Type},
    },
};
use validator::Validate;

/// Schemas by name, as the document collects them.
pub type Schemas = Vec<(String, RefOr<Schema>)>;

/// A part of a request.
#[expect(
    async_fn_in_trait,
    reason = "actix workers are single-threaded: no Send is wanted"
)]
pub trait Ask: Sized + 'static {
    /// Whether the part reads parameters; where no part does, any is unknown.
    const TAKES_PARAMETERS: bool = false;

    /// Reads the part.
    ///
    /// # Errors
    /// A problem that says what to change.
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem>;

    /// Describes the part.
    fn describe(operation: &mut Operation, schemas: &mut Schemas);
}

impl Ask for () {
    async fn ask(_: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        Ok(())
    }

    fn describe(_: &mut Operation, _: &mut Schemas) {}
}

macro_rules! both {
    ($($part:ident),*) => {
        impl<$($part: Ask),*> Ask for ($($part,)*) {
            const TAKES_PARAMETERS: bool = $($part::TAKES_PARAMETERS)||*;

            async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
                Ok(($($part::ask(request, payload).await?,)*))
            }

            fn describe(operation: &mut Operation, schemas: &mut Schemas) {
                $($part::describe(operation, schemas);)*
            }
        }
    };
}
both!(A, B);
both!(A, B, C);

/// The id (or ids) in the address.
#[derive(Clone, Copy, Debug)]
pub struct At<T>(pub T);

impl<T: DeserializeOwned + 'static> Ask for At<T> {
    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        // An id that is none names nothing: the same answer as for one that is not there.
        let read = actix_web::web::Path::<T>::extract(request).await;
        read.map(|path| Self(path.into_inner()))
            .map_err(|_| Problem::not_found())
    }

    fn describe(_: &mut Operation, _: &mut Schemas) {}
}

/// Parameters behind the question mark. Unknown ones are refused, never ignored.
#[derive(Clone, Debug)]
pub struct By<Q>(pub Q);

impl<Q: DeserializeOwned + IntoParams + 'static> Ask for By<Q> {
    const TAKES_PARAMETERS: bool = true;

    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        understood(parameters(request)?).map(Self)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        operation.parameters.get_or_insert_default().extend(
            Q::into_params(|| Some(ParameterIn::Query))
                .into_iter()
                .map(RefOr::T::<Parameter>),
        );
    }
}

/// Every parameter by name; one given twice is refused, because which was meant cannot be told.
pub(super) fn parameters(request: &HttpRequest) -> Result<Map<String, Value>, Problem> {
    let pairs =
        actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| {
            Problem::new(
                Code::BadParameter,
                "The part behind the question mark is not well formed.",
            )
        })?;
    let mut object = Map::new();
    let mut faults = Faults::default();
    for (name, value) in pairs.into_inner() {
        let pointer = format!("/{}", escaped(&name));
        if object.insert(name, Value::String(value)).is_some() {
            faults.add(pointer, "repeated", "Give it once; separate values by commas.");
        }
    }
    if faults.0.is_empty() {
        Ok(object)
    } else {
        Err(Problem::of_faults(Code::BadParameter, faults.0))
    }
}

/// Refuses parameters where `Part` reads none: an unknown one is never ignored.
pub(super) fn check_parameters<Part: Ask>(request: &HttpRequest) -> Result<(), Problem> {
    if Part::TAKES_PARAMETERS || request.query_string().is_empty() {
        return Ok(());
    }
    let mut faults = Faults::default();
    for name in parameters(request)?.keys() {
        let pointer = format!("/{}", escaped(name));
        faults.add(
            pointer,
            "unknown-parameter",
            "This address takes no such parameter.",
        );
    }
    if faults.0.is_empty() {
        Ok(())
    } else {
        Err(Problem::of_faults(Code::BadParameter, faults.0))
    }
}

/// Parameters as the type that a handler wants.
pub(super) fn understood<Q: DeserializeOwned>(parameters: Map<String, Value>) -> Result<Q, Problem> {
    serde_path_to_error::deserialize(Value::Object(parameters)).map_err(|error| {
        let pointer = pointer_of(error.path());
        let detail = error.into_inner().to_string();
        Problem::of_faults(
            Code::BadParameter,
            vec![Fault {
                pointer,
                code: "bad-parameter".into(),
                detail,
            }],
        )
    })
}

/// Values of one parameter, separated by commas: any of them will do.
#[derive(Clone, Debug)]
pub struct AnyOf<T>(pub Vec<T>);

impl<'de, T> Deserialize<'de> for AnyOf<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    /// From `a,b` in an address; in a body from a list, one word or one number, too.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = match Value::deserialize(deserializer)? {
            Value::String(text) => text.split(',').map(|value| value.trim().to_owned()).collect(),
            Value::Array(items) => items.iter().map(word).collect::<Option<_>>().unwrap_or_default(),
            one => word(&one).into_iter().collect::<Vec<_>>(),
        };
        if words.is_empty() {
            return Err(serde::de::Error::custom("at least one value is wanted"));
        }
        if words.len() as u64 > limits::ELEMENTS {
            return Err(serde::de::Error::custom(format!(
                "at most {} values are taken",
                limits::ELEMENTS
            )));
        }
        let read = words.iter().map(|value| value.parse::<T>());
        read.collect::<Result<_, _>>()
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A JSON body that has the right shape. Its rules were looked at and what they found goes with it.
#[derive(Debug)]
pub struct Valid<T> {
    input: T,
    faults: Faults,
    body: Value,
}

impl<T> Valid<T> {
    /// The input, and the rules it broke so far: add the rest and end them all together.
    pub fn open(self) -> (T, Faults) {
        (self.input, self.faults)
    }

    /// The input of a body that may be left out, with no rule beside those of its shape.
    ///
    /// # Errors
    /// 422 with every rule it broke.
    pub fn or_default(asked: Option<Self>) -> Result<T, Problem>
    where
        T: Default,
    {
        let Some(Self { input, faults, .. }) = asked else {
            return Ok(T::default());
        };
        faults.end()?;
        Ok(input)
    }

    /// The body as it came, for comparing repeats.
    pub fn body(&self) -> &Value {
        &self.body
    }
}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Ask for Valid<T> {
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let body = json_body(request, payload, &["application/json"]).await?;
        if !body.is_object() {
            return Err(Problem::fault("", "wrong-type", "A JSON object is wanted."));
        }
        shaped(body)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        let schema = register::<T>(schemas);
        operation.request_body = Some(
            RequestBodyBuilder::new()
                .content(
                    "application/json",
                    ContentBuilder::new().schema(Some(schema)).build(),
                )
                .required(Some(Required::True))
                .build()
                .into(),
        );
    }
}

/// A body that may be left out: none was sent where neither its length nor its type was.
impl<T: DeserializeOwned + Validate + ToSchema + 'static> Ask for Option<Valid<T>> {
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let length = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok());
        let typed = request.headers().contains_key(header::CONTENT_TYPE);
        let none = !typed
            && length.is_none_or(|length| length == "0")
            && !request.headers().contains_key(header::TRANSFER_ENCODING);
        if none {
            Ok(None)
        } else {
            Valid::ask(request, payload).await.map(Some)
        }
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Valid::<T>::describe(operation, schemas);
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            body.required = Some(Required::False);
        }
    }
}

/// A merge patch of `T` (RFC 7396) and the version that it changes.
#[derive(Debug)]
pub struct Patch<T> {
    patch: Map<String, Value>,
    if_match: i32,
    of: std::marker::PhantomData<T>,
}

impl<T> Patch<T> {
    /// Whether it says something of this field and of no other.
    pub fn is_only_of(&self, field: &str) -> bool {
        self.patch.len() == 1 && self.patch.contains_key(field)
    }

    /// Every text of the patch that stands under the name `text`, normalised as it will be stored: what can be looked at
    /// before it is known what the patch is laid over.
    pub fn texts(&self) -> Vec<String> {
        fn walk(fields: &Map<String, Value>, texts: &mut Vec<String>) {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "text" => texts.push(Prose::new(text).into_string()),
                    Value::Object(inner) => walk(inner, texts),
                    Value::Array(items) => {
                        items
                            .iter()
                            .filter_map(Value::as_object)
                            .for_each(|inner| walk(inner, texts));
                    }
                    _ => {}
                }
            }
        }
        let mut texts = Vec::new();
        walk(&self.patch, &mut texts);
        texts
    }
}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Patch<T> {
    /// The input that results when the patch is laid over `current`, an answer that shows the resource as it is.
    ///
    /// # Errors
    /// 412 where `version` is not the one that was named; 422 for fields that cannot be changed here, or a result
    /// of the wrong shape. Broken rules go with the input.
    pub fn over(self, current: &impl serde::Serialize, version: i32) -> Result<Valid<T>, Problem> {
        Version(self.if_match).check(version)?;
        let known = fields_of::<T>();
        let mut faults = Faults::default();
        for name in self.patch.keys().filter(|name| !known.contains(name)) {
            faults.add(
                format!("/{}", escaped(name)),
                "unknown-field",
                "This field does not exist or cannot be changed.",
            );
        }
        faults.end()?;
        let mut whole = serde_json::to_value(current).map_err(Problem::internal)?;
        if let Value::Object(fields) = &mut whole {
            fields.retain(|name, _| known.contains(name));
            for (name, value) in self.patch {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
            fields.retain(|_, value| !value.is_null());
        }
        shaped(whole)
    }
}

/// RFC 7396: objects are merged, null clears, anything else replaces.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (name, value) in patch {
            if value.is_null() {
                fields.remove(&name);
            } else {
                merge(fields.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}

impl<T: DeserializeOwned + Validate + ToSchema + 'static> Ask for Patch<T> {
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let if_match = if_match(request)?;
        match json_body(
            request,
            payload,
            &["application/json", "application/merge-patch+json"],
        )
        .await?
        {
            Value::Object(patch) => Ok(Self {
                patch,
                if_match,
                of: std::marker::PhantomData,
            }),
            _ => Err(Problem::fault(
                "",
                "wrong-type",
                "A merge patch is a JSON object.",
            )),
        }
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        register::<T>(schemas);
        let name = format!("{}Patch", T::name());
        if !schemas.iter().any(|(other, _)| *other == name) {
            let mut object = ObjectBuilder::new().description(Some(
                "A merge patch: an absent field stays, null clears, lists are replaced whole.",
            ));
            for (field, schema) in properties_of::<T>() {
                object = object.property(field, clearable(schema, schemas));
            }
            let object = object.additional_properties(Some(AdditionalProperties::FreeForm(false)));
            schemas.push((name.clone(), object.into()));
        }
        let content = || {
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(name.clone())))
                .build()
        };
        operation.request_body = Some(
            RequestBodyBuilder::new()
                .content("application/merge-patch+json", content())
                .content("application/json", content())
                .required(Some(Required::True))
                .build()
                .into(),
        );
        describe_if_match(
            operation,
            Required::True,
            "The `ETag` of the version that is changed.",
        );
    }
}

/// The version that is meant, from `If-Match`.
#[derive(Clone, Copy, Debug)]
pub struct Version(pub i32);

impl Version {
    /// Refuses where `version` is another than the one that was named.
    ///
    /// # Errors
    /// 412 with the version that is there.
    pub fn check(self, version: i32) -> Result<(), Problem> {
        if self.0 == version {
            return Ok(());
        }
        let detail = format!(
            "You named version {}; it is at version {version}. Read it again and repeat.",
            self.0
        );
        Err(Problem {
            current_version: Some(version),
            ..Problem::new(Code::StaleVersion, detail)
        })
    }
}

impl Ask for Version {
    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        if_match(request).map(Self)
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        describe_if_match(
            operation,
            Required::True,
            "The `ETag` of the version that is changed.",
        );
    }
}

/// The version that was looked at, where it is said: an act that asks for none shall not be done on another.
impl Ask for Option<Version> {
    async fn ask(request: &HttpRequest, _: &mut Payload) -> Result<Self, Problem> {
        match request.headers().contains_key(header::IF_MATCH) {
            true => if_match(request).map(|version| Some(Version(version))),
            false => Ok(None),
        }
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        describe_if_match(
            operation,
            Required::False,
            "The `ETag` of the version that was looked at.",
        );
    }
}

/// What stands in a merge patch for a value that fits `schema`, or null.
fn clearable(schema: RefOr<Schema>, schemas: &Schemas) -> RefOr<Schema> {
    let cleared = ObjectBuilder::new().schema_type(Type::Null);
    AnyOfBuilder::new()
        .item(mergeable(schema, schemas))
        .item(cleared)
        .into()
}

/// Objects are merged field by field, so in a patch none of their fields is required and each can be cleared; lists and
/// plain values are replaced whole.
fn mergeable(schema: RefOr<Schema>, schemas: &Schemas) -> RefOr<Schema> {
    let named = |to: &Ref| {
        let found = schemas
            .iter()
            .find(|(name, _)| Ref::from_schema_name(name.as_str()).ref_location == to.ref_location);
        found.map(|(_, schema)| schema.clone())
    };
    let meant = match &schema {
        RefOr::Ref(to) => named(to),
        RefOr::T(_) => Some(schema.clone()),
    };
    match meant {
        Some(RefOr::T(Schema::Object(mut object))) => {
            object.required.clear();
            for property in object.properties.values_mut() {
                *property = clearable(property.clone(), schemas);
            }
            if let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref() {
                let values = clearable(values.clone(), schemas);
                object.additional_properties = Some(Box::new(AdditionalProperties::RefOr(values)));
            }
            Schema::Object(object).into()
        }
        Some(RefOr::T(Schema::OneOf(mut either))) => {
            either.items = either
                .items
                .into_iter()
                .map(|item| mergeable(item, schemas))
                .collect();
            Schema::OneOf(either).into()
        }
        _ => schema,
    }
}

/// Says in the document that the version must be named.
fn describe_if_match(operation: &mut Operation, required: Required, about: &str) {
    let header = ParameterBuilder::new()
        .name("If-Match")
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(header.build()));
}

fn if_match(request: &HttpRequest) -> Result<i32, Problem> {
    let Some(named) = request.headers().get(header::IF_MATCH) else {
        return Err(Problem::new(
            Code::VersionMissing,
            "Send If-Match with the ETag you read.",
        ));
    };
    let version = named
        .to_str()
        .ok()
        .and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.ok_or_else(|| {
        Problem::new(
            Code::BadRequest,
            "If-Match wants one ETag as it was given, such as \"3\".",
        )
    })
}

/// Adds a schema and everything it refers to, and gives the reference.
pub fn register<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let name = T::name().into_owned();
    if !schemas.iter().any(|(other, _)| *other == name) {
        schemas.push((name.clone(), T::schema()));
        T::schemas(schemas);
    }
    RefOr::Ref(Ref::from_schema_name(name))
}

fn properties_of<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.into_iter().collect(),
        _ => Vec::new(),
    }
}

fn fields_of<T: ToSchema>() -> Vec<String> {
    properties_of::<T>().into_iter().map(|(name, _)| name).collect()
}

async fn json_body(request: &HttpRequest, payload: &mut Payload, kinds: &[&str]) -> Result<Value, Problem> {
    let kind = request.content_type();
    if !kinds.iter().any(|taken| kind.eq_ignore_ascii_case(taken)) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            format!("Send it as {}.", kinds.join(" or ")),
        ));
    }
    let bytes = bytes(request, payload).await?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new(
            Code::MalformedJson,
            format!(
                "At line {}, column {}: mend the JSON.",
                error.line(),
                error.column()
            ),
        )
    })?;
    if depth(&value) > limits::NESTING {
        return Err(Problem::fault(
            "",
            "too-deep",
            format!("At most {} levels of nesting are taken.", limits::NESTING),
        ));
    }
    let mut faults = Faults::default();
    refuse_zero_bytes(&value, "", &mut faults);
    faults.end()?;
    if request.headers().contains_key(repeat::HEADER) {
        let digest = BodyDigest(content_digest(&value));
        request.extensions_mut().insert(digest);
    }
    Ok(value)
}

/// No word of any vocabulary and nothing anybody types holds a zero byte, and PostgreSQL stores none.
fn refuse_zero_bytes(value: &Value, at: &str, faults: &mut Faults) {
    let zero = |text: &str| text.contains('\0');
    let says = "Remove the zero bytes.";
    match value {
        Value::String(text) => faults.add_if(zero(text), at, "control-character", says),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_zero_bytes(item, &format!("{at}/{index}"), faults);
            }
        }
        Value::Object(fields) => {
            for (name, inner) in fields {
                faults.add_if(zero(name), at, "control-character", says);
                refuse_zero_bytes(inner, &format!("{at}/{}", escaped(name)), faults);
            }
        }
        _ => {}
    }
}

/// The body, up to the cap of all but files.
///
/// # Errors
/// 413 past the cap.
pub async fn bytes(request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Problem> {
    bytes_up_to(limits::BODY_BYTES, request, payload).await
}

async fn bytes_up_to(most: usize, request: &HttpRequest, payload: &mut Payload) -> Result<Bytes, Problem> {
    let too_large = || Problem::new(Code::TooLarge, format!("At most {most} bytes are taken."));
    let said: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut body = BytesMut::with_capacity(said.unwrap_or(1024));
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|_| Problem::new(Code::BadRequest, "The body broke off; send it again."))?;
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A file of feedback, as its media type says what it is.
#[derive(Debug)]
pub struct SentFile {
    /// What kind of file it is said to be.
    pub kind: ImportKind,
    /// All of it.
    pub bytes: Bytes,
}

/// The media types of files of feedback.
const FILES: [(ImportKind, &str); 3] = [
    (ImportKind::Csv, "text/csv"),
    (
        ImportKind::Xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (ImportKind::JsonLines, "application/x-ndjson"),
];

impl Ask for SentFile {
    async fn ask(request: &HttpRequest, payload: &mut Payload) -> Result<Self, Problem> {
        let said = request.content_type();
        let kind = FILES.iter().find(|(_, name)| said.eq_ignore_ascii_case(name));
        let (kind, _) = kind.ok_or_else(|| {
            let names: Vec<_> = FILES.iter().map(|(_, name)| *name).collect();
            Problem::new(
                Code::UnsupportedMediaType,
                format!("Send the file itself as {}.", names.join(" or ")),
            )
        })?;
        if request.headers().contains_key(header::CONTENT_ENCODING) {
            return Err(Problem::new(
                Code::UnsupportedMediaType,
                "Send the file as it is, without a Content-Encoding.",
            ));
        }
        let bytes = bytes_up_to(limits::IMPORT_BYTES, request, payload).await?;
        if request.headers().contains_key(repeat::HEADER) {
            let digest = BodyDigest(format!("{said} {}", digest(&bytes)));
            request.extensions_mut().insert(digest);
        }
        Ok(Self { kind: *kind, bytes })
    }

    fn describe(operation: &mut Operation, _: &mut Schemas) {
        let body = FILES.iter().fold(RequestBodyBuilder::new(), |body, (_, name)| {
            let file = ObjectBuilder::new().schema_type(Type::String);
            body.content(*name, ContentBuilder::new().schema(Some(file)).build())
        });
        operation.request_body = Some(body.required(Some(Required::True)).build().into());
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Reads a shape out of a JSON value and looks at its rules.
fn shaped<T: DeserializeOwned + Validate>(body: Value) -> Result<Valid<T>, Problem> {
    let input: T = serde_path_to_error::deserialize(Shape(body.clone())).map_err(|error| {
        let pointer = pointer_of(error.path());
        let detail = error.into_inner().to_string();
        let code = match &detail {
            unknown if unknown.starts_with("unknown field") => "unknown-field",
            missing if missing.starts_with("missing field") => "missing-field",
            word if word.starts_with("unknown variant") => "unknown-word",
            _ => "wrong-type",
        };
        // The name of what is missing stands in the words only.
        let missing = detail
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next());
        let pointer = missing.map_or(pointer.clone(), |name| format!("{pointer}/{}", escaped(name)));
        Problem::fault(pointer, code, detail)
    })?;
    let mut faults = Faults::default();
    if let Err(errors) = input.validate() {
        faults.add_validation(&errors);
    }
    Ok(Valid { input, faults, body })
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { variant } => format!("/{}", escaped(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}
