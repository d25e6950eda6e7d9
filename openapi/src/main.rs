//! Writes, checks and compares the committed contract.
//!
//! `write` makes `openapi/openapi.json` anew from the routes; `check` fails where it is not what the routes say, or is not
//! sound in itself; `compare FILE` lists what callers of the older document FILE would miss: operations, statuses, fields, and
//! what is needed now. It does not look at types, words of closed sets or the meaning of anything.

use serde_json::Value;
use std::{collections::BTreeSet, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["write"] => write(),
        ["check"] => check(),
        ["compare", file] => compare(file),
        _ => Err("usage: openapi write | check | compare FILE".to_owned()),
    };
    match outcome {
        Ok(says) => {
            println!("{says}");
            ExitCode::SUCCESS
        }
        Err(says) => {
            eprintln!("{says}");
            ExitCode::FAILURE
        }
    }
}

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi.json")
}

fn generated() -> Result<String, String> {
    let document = collate::routes::routes().document().to_pretty_json();
    document
        .map(|text| text + "\n")
        .map_err(|error| error.to_string())
}

fn write() -> Result<String, String> {
    std::fs::write(committed(), generated()?).map_err(|error| error.to_string())?;
    Ok("openapi/openapi.json is written.".into())
}

fn check() -> Result<String, String> {
    let text = generated()?;
    let stored =
        std::fs::read_to_string(committed()).map_err(|error| format!("openapi/openapi.json: {error}"))?;
    if stored != text {
        let line = stored
            .lines()
            .zip(text.lines())
            .position(|(a, b)| a != b)
            .unwrap_or(0)
            + 1;
        return Err(format!(
            "openapi/openapi.json is not what the routes say, first at line {line}: run `cargo run -p openapi -- write` \
             and look at the difference."
        ));
    }
    let document: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let faults = faults(&document);
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    let operations = operations(&document).len();
    Ok(format!(
        "openapi/openapi.json is what the routes say: {operations} operations, every reference resolves."
    ))
}

/// Everything in which the document is not sound.
fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut references = BTreeSet::new();
    collect_references(document, &mut references);
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        if document.pointer(pointer).is_none() {
            faults.push(format!("{reference} leads nowhere"));
        }
    }
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(document) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if id.is_empty() || !ids.insert(id.clone()) {
            faults.push(format!("{name}: operationId {id:?} is empty or stands twice"));
        }
        if operation["summary"].as_str().is_none_or(str::is_empty) {
            faults.push(format!("{name}: no summary"));
        }
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if response["description"].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{name}: response {status} has no description"));
            }
        }
    }
    faults
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                match inner.as_str() {
                    Some(reference) if name == "$ref" => {
                        found.insert(reference.to_owned());
                    }
                    _ => collect_references(inner, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_references(inner, found)),
        _ => {}
    }
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    each.filter(|(_, operation)| operation.get("responses").is_some())
        .collect()
}

fn compare(file: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let old: Value = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let new: Value = serde_json::from_str(&generated()?).map_err(|error| error.to_string())?;
    let broken = broken(&old, &new);
    if broken.is_empty() {
        return Ok("Nothing is gone and nothing more is needed; types and words were not compared.".into());
    }
    Err(broken.join("\n"))
}

/// What a caller of `old` could no longer rely on in `new`.
fn broken(old: &Value, new: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let kept = operations(new);
    for (name, was) in operations(old) {
        let Some((_, is)) = kept.iter().find(|(other, _)| *other == name) else {
            broken.push(format!("{name} is gone"));
            continue;
        };
        for (status, _) in was["responses"].as_object().into_iter().flatten() {
            if is["responses"].get(status).is_none() {
                broken.push(format!("{name} no longer answers {status}"));
            }
        }
        let required = |operation: &Value| -> BTreeSet<String> {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let needed = parameters.filter(|parameter| parameter["required"] == true);
            needed
                .filter_map(|parameter| parameter["name"].as_str().map(ToOwned::to_owned))
                .collect()
        };
        for parameter in required(is).difference(&required(was)) {
            broken.push(format!("{name} now needs the parameter {parameter}"));
        }
    }
    let schemas = |document: &Value| {
        document["components"]["schemas"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    let (was, is) = (schemas(old), schemas(new));
    for (name, old) in &was {
        let Some(new) = is.get(name) else { continue };
        let input = name.ends_with("Input");
        for (field, _) in old["properties"].as_object().into_iter().flatten() {
            if new["properties"].get(field).is_none() {
                broken.push(format!("{name}.{field} is gone"));
            }
        }
        let required = |schema: &Value| -> BTreeSet<String> {
            let names = schema["required"].as_array().into_iter().flatten();
            names
                .filter_map(|name| name.as_str().map(ToOwned::to_owned))
                .collect()
        };
        let (old_required, new_required) = (required(old), required(new));
        let (more, what) = if input {
            (new_required.difference(&old_required), "is needed now")
        } else {
            (old_required.difference(&new_required), "may be absent now")
        };
        broken.extend(more.map(|field| format!("{name}.{field} {what}")));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_reference_that_leads_nowhere_is_named() {
        let document = json!({"paths": {"/a": {"get": {"operationId": "a", "summary": "A", "responses":
            {"200": {"description": "x", "schema": {"$ref": "#/components/schemas/Gone"}}}}}}});
        assert_eq!(faults(&document), ["#/components/schemas/Gone leads nowhere"]);
    }

    #[test]
    fn what_callers_relied_on_is_missed() {
        let old = json!({"paths": {"/a": {"get": {"responses": {"200": {}}}}},
            "components": {"schemas": {"View": {"properties": {"x": {}}, "required": ["x"]}}}});
        let new = json!({"paths": {}, "components": {"schemas": {"View": {"properties": {}}}}});
        assert_eq!(
            broken(&old, &new),
            ["GET /a is gone", "View.x is gone", "View.x may be absent now"]
        );
        assert_eq!(broken(&old, &old), Vec::<String>::new());
    }
}
