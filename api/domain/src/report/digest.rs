//! The digest of a report, and what it proves: that no figure and no word of the report moved since it was published.
//!
//! It is the SHA-256 of the report's canonical JSON (RFC 8785, the JSON Canonicalization Scheme) without what moves after publication: what
//! the digest itself is, where the report stands, what follows it, and the words of quotes. For a quote its salted hash stands, so
//! that words which their speaker takes back can be taken out of the text and the digest still holds. The salt is drawn by chance and
//! goes with the words: without it a hash would tell whoever guesses them that the guess is right.
//!
//! What is published is kept as it was digested (see [`kept`]), so that a digest holds for a report and not for the code that tabulates
//! it: whoever rewords a table later rewords no report that has left. A field that [`Report`] gets later must be left out of the JSON of a
//! report that has none, or every digest of before is lost; a golden test holds that.
//!
//! Refused: a digest of the bytes as they were served, which would hold for one format of one version of this software alone; and a
//! digest with the words in it, which would forbid to take any back.

use super::Report;
use crate::collate::CollatedTheme;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fmt::{self, Write as _},
};

/// What is left out of a report's digest, by its name at the top.
pub const NOT_DIGESTED: [&str; 5] = ["digest", "status", "superseded_by", "warnings", "draft"];

/// Why a report cannot be read, or does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is not JSON, or no report.
    NotAReport(String),
    /// It was never published.
    NotPublished,
    /// Its digest is another than the one that stands in it.
    OtherDigest {
        /// What stands in it.
        stands: String,
        /// What it is.
        is: String,
    },
    /// Words that are not those of their hash; the ids of the quotes.
    OtherWords(Vec<String>),
    /// Words within the collation that are none of the quotes that hold; the themes under which they stand.
    StrangeWords(Vec<String>),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAReport(why) => write!(f, "this is no report as JSON: {why}"),
            Self::NotPublished => f.write_str("this report was not published: it has no digest"),
            Self::OtherDigest { stands, is } => {
                write!(
                    f,
                    "something in it was changed: its digest is {is}, and {stands} stands in it"
                )
            }
            Self::OtherWords(quotes) => write!(
                f,
                "the words of these quotes are not those that were published: {}",
                quotes.join(", ")
            ),
            Self::StrangeWords(themes) => write!(
                f,
                "its collation quotes words that none of its quotes has, under these themes: {}",
                themes.join(", ")
            ),
        }
    }
}

impl std::error::Error for Broken {}

/// What a report that holds is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its digest, 64 hex digits.
    pub digest: String,
    /// The digest of the one before it.
    pub previous: Option<String>,
    /// Quotes whose words are those that were published.
    pub quotes: usize,
    /// Quotes whose words were taken out since.
    pub taken_out: usize,
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// The hash of a quote's words: SHA-256 of the salt, a line feed and the text, 64 hex digits.
pub fn quote_hash(salt: &str, text: &str) -> String {
    hex(&Sha256::digest(format!("{salt}\n{text}")))
}

/// A report as it is kept once it is published: with all that its digest is of, and without the words of quotes, which stand with those
/// who said them, nor anything that is said of it later.
pub fn kept(mut report: Report) -> Report {
    let collation = &mut report.collation;
    let in_questions = collation
        .questions
        .iter_mut()
        .flat_map(|question| &mut question.themes);
    let in_sections = collation
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.themes);
    let unquoted = |theme: &mut CollatedTheme| theme.quotes.clear();
    in_questions.for_each(unquoted);
    in_sections.for_each(unquoted);
    collation.themes.iter_mut().for_each(unquoted);
    for quote in &mut report.quotes {
        quote.text = None;
        quote.salt = None;
    }
    Report {
        digest: None,
        superseded_by: None,
        warnings: Vec::new(),
        draft: None,
        ..report
    }
}

/// The digest of a report, 64 hex digits.
///
/// # Errors
/// Where it cannot be written as JSON, which none of ours is.
pub fn digest(report: &Report) -> Result<String, serde_json::Error> {
    digest_of(serde_json::to_value(report)?)
}

fn digest_of(mut report: Value) -> Result<String, serde_json::Error> {
    if let Value::Object(fields) = &mut report {
        for name in NOT_DIGESTED {
            fields.remove(name);
        }
        for quote in fields
            .get_mut("quotes")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Value::Object(quote) = quote {
                quote.remove("text");
                quote.remove("salt");
            }
        }
        if let Some(collation) = fields.get_mut("collation") {
            without_quotes(collation);
        }
    }
    Ok(hex(&Sha256::digest(serde_json_canonicalizer::to_vec(&report)?)))
}

/// Takes every list of quotes out of a collation.
fn without_quotes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("quotes");
            fields.values_mut().for_each(without_quotes);
        }
        Value::Array(items) => items.iter_mut().for_each(without_quotes),
        _ => {}
    }
}

/// The themes of a collation under which words are quoted that are none of `quotes`: of the same theme, respondent group and text.
/// The digest is of no quotes within the collation, so nothing else tells of words that were put there.
fn strange(collation: &Value, quotes: &[&Value], found: &mut Vec<String>) {
    match collation {
        Value::Object(fields) => {
            if let Some(quoted) = fields.get("quotes") {
                let theme = fields.get("id").unwrap_or(&Value::Null);
                let is_known = |words: &Value| {
                    quotes.iter().any(|quote| {
                        quote.get("theme_id") == Some(theme)
                            && *words == json!({"text": quote.get("text"), "respondent_group": quote.get("respondent_group")})
                    })
                };
                if !quoted
                    .as_array()
                    .is_some_and(|quoted| quoted.iter().all(is_known))
                {
                    found.push(theme.as_str().unwrap_or("none").to_owned());
                }
            }
            for (_, value) in fields.iter().filter(|(name, _)| *name != "quotes") {
                strange(value, quotes, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| strange(item, quotes, found)),
        _ => {}
    }
}

/// JSON in which no object has a name twice. Of two values under one name some readers take the first and others the last (RFC 8259,
/// section 4), so that a report could be found to hold by one that somebody else is shown otherwise.
struct NamedOnce;

impl<'de> Deserialize<'de> for NamedOnce {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for NamedOnce {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, _)) = fields.next_entry::<String, Self>()? {
            if let Some(twice) = names.replace(name) {
                return Err(de::Error::custom(format!("it names \"{twice}\" twice")));
            }
        }
        Ok(self)
    }
}

/// Whether a report, as its JSON was given out, is whole: its digest is the one that stands in it, the words of every quote that still has
/// any are those of its hash, and its collation quotes no others. It needs nothing but the file; that the digest is the one that was published
/// is for whoever knows that one to tell.
///
/// # Errors
/// What does not hold.
pub fn verify(json: &[u8]) -> Result<Held, Broken> {
    let not_a_report = |error: serde_json::Error| Broken::NotAReport(error.to_string());
    serde_json::from_slice::<NamedOnce>(json).map_err(not_a_report)?;
    let report: Value = serde_json::from_slice(json).map_err(not_a_report)?;
    let text = |name: &str| report.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(collation), Some(_)) = (report.get("collation"), report.get("tables")) else {
        return Err(Broken::NotAReport("it has no collation and no tables".into()));
    };
    let stands = text("digest").ok_or(Broken::NotPublished)?;
    let previous = text("previous_digest");
    let is = digest_of(report.clone()).map_err(not_a_report)?;
    if is != stands {
        return Err(Broken::OtherDigest { stands, is });
    }
    let (mut whole, mut taken_out, mut other) = (Vec::new(), 0, Vec::new());
    for quote in report
        .get("quotes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let of = |name: &str| quote.get(name).filter(|value| !value.is_null());
        let word = |name: &str| of(name).and_then(Value::as_str);
        match (of("text"), of("salt")) {
            (None, None) => taken_out += 1,
            (Some(Value::String(text)), Some(Value::String(salt)))
                if word("hash") == Some(&quote_hash(salt, text)) =>
            {
                whole.push(quote);
            }
            _ => other.push(word("id").unwrap_or_default().to_owned()),
        }
    }
    if !other.is_empty() {
        return Err(Broken::OtherWords(other));
    }
    let mut found = Vec::new();
    strange(collation, &whole, &mut found);
    if !found.is_empty() {
        return Err(Broken::StrangeWords(found));
    }
    Ok(Held {
        digest: stands,
        previous,
        quotes: whole.len(),
        taken_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn published() -> Value {
        let salt = "5a17";
        let mut report = json!({
            "number": 1, "status": "published", "superseded_by": null,
            "collation": {"themes": [{"id": "t", "code": "leave", "share": 0.7216878364870323, "by": {},
                "quotes": [{"text": "We want to go out.", "respondent_group": "service_user"}]}]},
            "tables": [], "previous_digest": null,
            "quotes": [{"id": "q", "theme_id": "t", "respondent_group": "service_user",
                "hash": quote_hash(salt, "We want to go out."), "text": "We want to go out.", "salt": salt}],
        });
        let digest = digest_of(report.clone()).unwrap();
        report["digest"] = digest.into();
        report
    }

    fn verified(report: &Value) -> Result<Held, Broken> {
        verify(&serde_json::to_vec_pretty(report).unwrap())
    }

    #[test]
    fn words_go_and_the_digest_stays() {
        let mut report = published();
        assert_eq!(verified(&report).unwrap().quotes, 1);
        report["quotes"][0]["text"] = Value::Null;
        report["quotes"][0].as_object_mut().unwrap().remove("salt");
        report["collation"]["themes"][0]["quotes"] = json!([]);
        report["status"] = "retracted".into();
        report["superseded_by"] = "another".into();
        let held = verified(&report).unwrap();
        assert_eq!((held.quotes, held.taken_out), (0, 1));
    }

    #[test]
    fn nothing_else_moves_unseen() {
        type Change = fn(&mut Value);
        let changes: [Change; 5] = [
            |report| report["collation"]["themes"][0]["share"] = json!(0.7216878364870324),
            |report| report["tables"] = json!([1]),
            |report| report["previous_digest"] = "00".into(),
            |report| report["quotes"][0]["hash"] = quote_hash("5a17", "We do not.").into(),
            |report| report["quotes"] = json!([]),
        ];
        for change in changes {
            let mut report = published();
            change(&mut report);
            assert!(matches!(verified(&report), Err(Broken::OtherDigest { .. })));
        }
        let mut report = published();
        report["quotes"][0]["text"] = "We do not.".into();
        assert_eq!(verified(&report), Err(Broken::OtherWords(vec!["q".into()])));
        // Nor are words that are no text, or a salt whose words are gone, taken for words that were taken out.
        for (name, forged) in [
            ("text", json!(["We do not."])),
            ("text", Value::Null),
            ("salt", Value::Null),
        ] {
            let mut report = published();
            report["quotes"][0][name] = forged;
            assert_eq!(
                verified(&report),
                Err(Broken::OtherWords(vec!["q".into()])),
                "{name}"
            );
        }
        report["digest"] = Value::Null;
        assert_eq!(verified(&report), Err(Broken::NotPublished));
        assert!(matches!(verify(b"{}"), Err(Broken::NotAReport(_))));
    }

    /// Readers differ in which of two values they take.
    #[test]
    fn nothing_is_named_twice() {
        let json = published().to_string();
        let share = "\"share\":0.7216878364870323";
        for (of, forged) in [
            (share, format!("\"share\":0.9,{share}")),
            (share, format!("\"sh\\u0061re\":0.9,{share}")),
            ("{\"", "{\"tables\":[1],\"".to_owned()),
        ] {
            let twice = json.replacen(of, &forged, 1);
            assert_ne!(twice, json);
            let Err(Broken::NotAReport(why)) = verify(twice.as_bytes()) else {
                panic!("{twice}");
            };
            assert!(why.contains("twice"), "{why}");
        }
    }

    /// The digest is of no quotes within the collation, so whatever stands there must be one that holds.
    #[test]
    fn no_words_move_unseen_within_the_collation() {
        type Change = fn(&mut Value);
        let changes: [Change; 7] = [
            |theme| theme["quotes"][0]["text"] = "We do not.".into(),
            |theme| theme["quotes"][0]["respondent_group"] = "staff".into(),
            |theme| theme["quotes"][0]["note"] = "Said by the one carer.".into(),
            |theme| {
                theme["quotes"] =
                    json!([theme["quotes"][0], {"text": "We do not.", "respondent_group": "staff"}])
            },
            |theme| theme["quotes"] = "We do not.".into(),
            |theme| theme["quotes"] = json!([["We do not."]]),
            |theme| theme["by"]["quotes"] = theme["quotes"].clone(),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut report = published();
            change(&mut report["collation"]["themes"][0]);
            assert!(
                matches!(verified(&report), Err(Broken::StrangeWords(_))),
                "change {at}"
            );
        }
        // Words of one theme under another; and words that were taken out above and left here.
        let mut report = published();
        report["collation"]["themes"][0]["id"] = "u".into();
        report["digest"] = digest_of(report.clone()).unwrap().into();
        assert_eq!(verified(&report), Err(Broken::StrangeWords(vec!["u".into()])));
        let mut report = published();
        report["quotes"][0]["text"] = Value::Null;
        report["quotes"][0]["salt"] = Value::Null;
        assert_eq!(verified(&report), Err(Broken::StrangeWords(vec!["t".into()])));
    }

    /// Golden: the example of RFC 8785, section 3.2.2, in its canonical form (3.2.3).
    #[test]
    fn canonical_json_is_that_of_rfc_8785() {
        let given: Value = serde_json::from_str(
            r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#,
        )
        .unwrap();
        let wanted = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                      \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(serde_json_canonicalizer::to_string(&given).unwrap(), wanted);
    }
}
