//! Repeats of what was sent before. Notes are typed where the network breaks, so a caller who chose an id may send the
//! same thing again and gets it as it is; other content under the same id is refused without showing what is stored.

use crate::{error::Code, http::problem::Problem};
use serde_json::Value;

/// A digest of a body that does not depend on the order of its fields: `serde_json` keeps objects sorted by name.
pub fn content_digest(body: &Value) -> String {
    super::digest::digest(body.to_string())
}

/// Refuses a body that is not the one first accepted under its id.
///
/// # Errors
/// 409 `id-conflict`.
pub fn same_content(stored: Option<&str>, sent: &str) -> Result<(), Problem> {
    if stored == Some(sent) {
        Ok(())
    } else {
        Err(conflict())
    }
}

/// What an id gets that is taken by something else.
pub fn conflict() -> Problem {
    Problem::new(
        Code::IdConflict,
        "Choose another id, or send what you sent first.",
    )
}

/// The same, where another transaction took the id between our look and our write.
pub fn taken(problem: Problem) -> Problem {
    if problem.code == Code::NotUnique {
        conflict()
    } else {
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_fields_does_not_matter() {
        let (one, other): (Value, Value) = (
            serde_json::from_str(r#"{"a":1,"b":2}"#).unwrap(),
            serde_json::from_str(r#"{"b":2,"a":1}"#).unwrap(),
        );
        assert_eq!(content_digest(&one), content_digest(&other));
        assert_ne!(content_digest(&one), content_digest(&json!({"a": 1})));
    }
}
