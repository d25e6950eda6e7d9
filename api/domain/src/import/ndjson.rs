//! JSON Lines: an object a line, its fields named as the columns are.

use super::rows::{FileFault, Reader, Record, Unreadable, too_many_rows};
use crate::{
    import::{Cell, Column},
    limits,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads lines of JSON.
///
/// # Errors
/// Where it holds no line, or too many.
pub fn read(text: &str, reader: &mut dyn Reader) -> Result<(), Unreadable> {
    let mut rows = 0;
    let mut unknown = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        rows += 1;
        if rows > limits::IMPORT_ROWS {
            return Err(too_many_rows());
        }
        let fault = |heading: Option<String>, code, detail: &str| FileFault {
            row: number,
            heading,
            code,
            detail: detail.into(),
        };
        let fields = match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => fields,
            Ok(_) => {
                reader.fault(fault(
                    None,
                    "wrong-type",
                    "One JSON object a line is wanted, such as {\"question\": 1, \"text\": \"…\"}.",
                ));
                continue;
            }
            Err(_) => {
                reader.fault(fault(
                    None,
                    "malformed-json",
                    "This line is not JSON. One whole object a line is wanted.",
                ));
                continue;
            }
        };
        let mut cells = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            match (Column::read(&name), cell(&value)) {
                (Ok(column), Some(cell)) if !cells.iter().any(|(other, _)| *other == column) => {
                    cells.push((column, cell));
                }
                (Ok(column), Some(_)) => reader.fault(fault(
                    Some(column.as_str().into()),
                    "repeated-column",
                    "Two fields of this line mean the same. Leave one.",
                )),
                (Ok(column), None) => reader.fault(fault(
                    Some(column.as_str().into()),
                    "wrong-type",
                    "A string, a number, true, false or null is wanted; for themes and choices a list of strings, too.",
                )),
                (Err(near), _) => {
                    // The same in every line is one fault.
                    if unknown.insert(name.clone()) {
                        let detail = match near {
                            Some(near) => format!("No field has this name. Is it {}?", near.as_str()),
                            None => "No field has this name. Take it out.".into(),
                        };
                        reader.fault(fault(
                            Some(name.chars().take(60).collect()),
                            "unknown-column",
                            &detail,
                        ));
                    }
                }
            }
        }
        cells.retain(|(_, cell)| !cell.is_blank());
        if !cells.is_empty() {
            reader.record(Record::new(number, cells));
        }
    }
    if rows == 0 {
        return Err(Unreadable::because("The file holds no line of JSON."));
    }
    Ok(())
}

fn cell(value: &Value) -> Option<Cell> {
    match value {
        Value::Null => Some(Cell::Blank),
        Value::Bool(truth) => Some(Cell::Truth(*truth)),
        Value::Number(number) => number.as_f64().map(Cell::Number),
        Value::String(text) => Some(Cell::of(text)),
        Value::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            words.map(|words| Cell::of(&words.join(";")))
        }
        Value::Object(_) => None,
    }
}
