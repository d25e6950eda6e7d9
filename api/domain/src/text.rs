//! Text that people typed, normalised where it comes in: CRLF becomes LF, blank ends are trimmed.
//!
//! A `Text` keeps what was sent until it is validated, because every broken rule of a body is named at once;
//! refusing inside deserialisation would name the first only.

use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};
use validator::{Validate, ValidationError, ValidationErrors};

/// Text of 1 to `MAX` characters; tabs and line feeds are its only control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

/// A title, a label, a name.
pub type Title = Text<{ crate::limits::TITLE }>;
/// A reference, a code, a section number, an option.
pub type Mark = Text<{ crate::limits::MARK }>;
/// A note of a few sentences.
pub type Note = Text<{ crate::limits::NOTE }>;
/// A contribution, a reason, a summary.
pub type Prose = Text<{ crate::limits::TEXT }>;

impl<const MAX: usize> Text<MAX> {
    /// Normalises `raw`; whether it keeps the rules is for [`Validate`] to say.
    pub fn new(raw: &str) -> Self {
        let raw = if raw.contains('\r') {
            Cow::Owned(raw.replace("\r\n", "\n"))
        } else {
            Cow::Borrowed(raw)
        };
        Self(
            raw.trim_matches([' ', '\t', '\n', '\u{a0}', '\u{feff}'])
                .to_owned(),
        )
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> AsRef<str> for Text<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> String {
        text.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

impl<const MAX: usize> Validate for Text<MAX> {
    fn validate(&self) -> Result<(), ValidationErrors> {
        let mut errors = ValidationErrors::new();
        // The key is empty: the fault is the text's own, so its pointer ends at the field that holds it.
        let mut fault = |code: &'static str, says: String| {
            errors.add("", ValidationError::new(code).with_message(says.into()));
        };
        if self.0.chars().all(char::is_whitespace) {
            fault("blank", "Write something, or leave the field out.".into());
        }
        let characters = self.0.chars().count();
        if characters > MAX {
            fault(
                "too-long",
                format!("{characters} characters; at most {MAX} are taken."),
            );
        }
        if self.0.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            fault(
                "control-character",
                "Remove the control characters; only tabs and line feeds are taken.".into(),
            );
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl<const MAX: usize> utoipa::PartialSchema for Text<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(MAX))
            .description(Some(
                "Not blank; CRLF becomes LF; blank ends are trimmed; tab and line feed are the only control characters.",
            ))
            .into()
    }
}

impl<const MAX: usize> utoipa::ToSchema for Text<MAX> {
    fn name() -> Cow<'static, str> {
        format!("Text{MAX}").into()
    }
}

/// The form in which e-mail addresses and search words are compared: databases differ in how they fold case.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(raw: &str) -> Vec<String> {
        let Err(errors) = Text::<10>::new(raw).validate() else {
            return Vec::new();
        };
        errors
            .field_errors()
            .values()
            .flat_map(|all| all.iter().map(|e| e.code.to_string()))
            .collect()
    }

    #[test]
    fn normalises_line_ends_and_blank_ends() {
        assert_eq!(Text::<10>::new("  a\r\nb \n").as_str(), "a\nb");
    }

    #[test]
    fn names_every_broken_rule_at_once() {
        assert_eq!(codes("  "), ["blank"]);
        assert_eq!(codes("\u{1}and far too long"), ["too-long", "control-character"]);
        assert_eq!(codes("a\rb"), ["control-character"]);
        assert_eq!(codes("ä\tb\nc"), Vec::<String>::new());
    }
}
