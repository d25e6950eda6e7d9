//! Every exchange against the OpenAPI document: path, method, parameters, status, media type, and both bodies.
//!
//! The document is compared with what the service does, so neither can be true alone.

use crate::{answer::Answer, caller::Ask};
use actix_web::http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

/// The document of the service under test.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(collate::routes::routes().document()).unwrap());

static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// The members that every problem has.
const PROBLEM: [&str; 7] = [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "request_id",
];

/// Panics where the exchange is not as the document and the manners of the API say.
#[track_caller]
pub fn check(ask: &Ask, answer: &Answer) {
    let (path, query) = ask.path.split_once('?').unwrap_or((&ask.path, ""));
    let says = |what: &str| format!("{}: {} {what}\n{}", answer.asked, answer.status, answer.text());
    assert!(answer.status < 500, "{}", says("is a fault of the service"));
    let request_id = answer.header("x-request-id").unwrap_or_default();
    assert!(!request_id.is_empty(), "{}", says("has no X-Request-Id"));
    // The head of an answer is that of a GET, without its body.
    let head = ask.method == Method::HEAD;
    if head {
        assert!(
            answer.bytes.is_empty(),
            "{}",
            says("has a body, though a HEAD was asked")
        );
    } else if answer.status >= 400 && !is_page_of(&ask.method, path, answer) {
        problem(path, answer, request_id);
    }

    let Some((template, item)) = path_item(path) else {
        let pages = path == "/docs" || path.starts_with("/docs/") || answer.status == 404;
        assert!(pages, "{}", says("is an address that the document does not have"));
        return;
    };
    let method = if head { &Method::GET } else { &ask.method };
    let Some(operation) = item.get(method.as_str().to_ascii_lowercase()) else {
        assert!(
            answer.status == 405,
            "{}",
            says("is a method that the document does not have")
        );
        return;
    };
    let responses = &operation["responses"];
    let status = answer.status.to_string();
    let response = match responses.get(&status) {
        Some(response) => response,
        None if answer.status >= 400 => &responses["default"],
        None => panic!("{}", says("is a status that the document does not have")),
    };
    if answer.bytes.is_empty() {
        assert!(
            head || response.get("content").is_none(),
            "{}",
            says("has no body, though the document has one")
        );
    } else {
        let kind = answer.media_type().unwrap_or("no media type");
        let schema = response.pointer(&format!("/content/{}/schema", kind.replace('/', "~1")));
        let schema =
            schema.unwrap_or_else(|| panic!("{}", says(&format!("has {kind}, which the document has not"))));
        if kind.ends_with("json") {
            fits(
                &format!("{} {template} {status} {kind}", ask.method),
                schema,
                &answer.json,
                &says("does not fit"),
            );
        }
    }
    if answer.status < 300 {
        request(ask, query, operation, template, &says);
    }
}

/// Whether this refusal is a page, for people, that the document has there with this status: that a report was taken back, and nothing else.
fn is_page_of(method: &Method, path: &str, answer: &Answer) -> bool {
    let operation = path_item(path).and_then(|(_, item)| item.get(method.as_str().to_ascii_lowercase()));
    let place = format!("/responses/{}/content/text~1html", answer.status);
    let has_page = operation.is_some_and(|operation| operation.pointer(&place).is_some());
    has_page && answer.status == 410 && answer.media_type() == Some("text/html")
}

/// Whether the document says that this request takes an `Idempotency-Key`.
pub fn takes_key(ask: &Ask) -> bool {
    let path = ask.path.split('?').next().unwrap_or_default();
    let operation = path_item(path).and_then(|(_, item)| item.get(ask.method.as_str().to_ascii_lowercase()));
    let parameters = operation.and_then(|operation| operation["parameters"].as_array());
    parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"))
}

/// What was taken must be what the document says is taken.
fn request(ask: &Ask, query: &str, operation: &Value, template: &str, says: &dyn Fn(&str) -> String) {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or(pair);
        let known = parameters
            .iter()
            .any(|one| one["in"] == "query" && one["name"] == name);
        assert!(
            known,
            "{}",
            says(&format!("took the parameter {name}, which the document has not"))
        );
    }
    if ask.body.is_empty() {
        return;
    }
    let kind = ask
        .headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .map_or("", |(_, kind)| kind.as_str());
    let kind = kind.split(';').next().unwrap_or(kind).trim();
    let schema = operation.pointer(&format!(
        "/requestBody/content/{}/schema",
        kind.replace('/', "~1")
    ));
    let schema =
        schema.unwrap_or_else(|| panic!("{}", says(&format!("took {kind}, which the document has not"))));
    if kind == "application/json" || kind.ends_with("+json") {
        let body: Value = serde_json::from_slice(&ask.body).unwrap();
        let key = format!("{} {template} request {kind}", ask.method);
        fits(
            &key,
            schema,
            &body,
            &says(&format!("was the answer to {body}, which does not fit")),
        );
    }
}

fn problem(path: &str, answer: &Answer, request_id: &str) {
    let says = |what: &str| format!("{}: the problem {what}\n{}", answer.asked, answer.text());
    assert_eq!(
        answer.media_type(),
        Some("application/problem+json"),
        "{}",
        says("has another media type")
    );
    for member in PROBLEM {
        assert!(
            !answer.json[member].is_null(),
            "{}",
            says(&format!("has no {member}"))
        );
    }
    let code = answer.json["code"].as_str().unwrap_or_default();
    assert!(
        !code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
        "{}",
        says("has an odd code")
    );
    assert_eq!(
        answer.json["type"],
        format!("/problems/{code}"),
        "{}",
        says("names another page")
    );
    assert_eq!(
        answer.json["status"],
        answer.status,
        "{}",
        says("has another status")
    );
    assert_eq!(answer.json["instance"], path, "{}", says("is of another address"));
    assert_eq!(
        answer.json["request_id"],
        request_id,
        "{}",
        says("has another request id")
    );
    fits(
        "Problem",
        &json!({"$ref": "#/components/schemas/Problem"}),
        &answer.json,
        &says("does not fit"),
    );
    let text = answer.text().to_lowercase();
    for word in [
        "sqlite",
        "postgres",
        "constraint",
        "select ",
        "insert into",
        "sqlx",
        "sea_orm",
        ".rs:",
    ] {
        assert!(
            !text.contains(word),
            "{}",
            says(&format!("tells of the inside: {word}"))
        );
    }
}

/// Whether a word of an address may stand where a template has this part: `{id}` is any word, `{id}.csv` one that ends so.
fn stands_for(part: &str, word: &str) -> bool {
    match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
        Some((_, ending)) => word.len() > ending.len() && word.ends_with(ending),
        None => part == word,
    }
}

/// The path of the document that an address stands for; literal parts win over parts in braces, and those that end in more over
/// those that end in less.
fn path_item(path: &str) -> Option<(&'static str, &'static Value)> {
    let asked: Vec<_> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object()?;
    let fitting = paths.iter().filter(|(template, _)| {
        let parts: Vec<_> = template.split('/').collect();
        parts.len() == asked.len()
            && parts
                .iter()
                .zip(&asked)
                .all(|(part, word)| stands_for(part, word))
    });
    let literal = |template: &str| {
        let endings = template.split('}').skip(1);
        endings
            .map(|ending| ending.split('/').next().unwrap_or_default().len())
            .sum::<usize>()
    };
    fitting
        .min_by_key(|(template, _)| (template.matches('{').count(), Reverse(literal(template))))
        .map(|(template, item)| (template.as_str(), item))
}

#[track_caller]
fn fits(key: &str, schema: &Value, instance: &Value, says: &str) {
    let validator = {
        let mut validators = VALIDATORS
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        validators
            .entry(key.to_owned())
            .or_insert_with(|| Arc::new(compiled(schema)))
            .clone()
    };
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{says}\n{}", errors.join("\n"));
}

fn compiled(schema: &Value) -> Validator {
    // References of the document are kept as they are: its components stand beside the schema.
    let whole = json!({"allOf": [schema], "components": DOCUMENT["components"]});
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options
        .build(&whole)
        .unwrap_or_else(|error| panic!("a schema of the document does not compile: {error}\n{schema}"))
}
