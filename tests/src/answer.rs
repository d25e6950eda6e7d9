//! What came back.

use serde_json::Value;

/// An answer, with enough of the question to explain a failure.
#[derive(Clone, Debug)]
pub struct Answer {
    pub asked: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
    /// The body, where it is JSON; else null.
    pub json: Value,
}

impl Answer {
    /// Reads the body by its media type.
    pub fn new(asked: String, status: u16, headers: Vec<(String, String)>, bytes: Vec<u8>) -> Self {
        let mut answer = Self {
            asked,
            status,
            headers,
            bytes,
            json: Value::Null,
        };
        // The head of an answer names the media type of a body that does not come.
        if !answer.bytes.is_empty() && answer.media_type().is_some_and(|kind| kind.ends_with("json")) {
            answer.json = serde_json::from_slice(&answer.bytes)
                .unwrap_or_else(|error| panic!("{answer:?}: not JSON, though it says so: {error}"));
        }
        answer
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The media type, without its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.header("content-type")
            .map(|kind| kind.split(';').next().unwrap_or(kind).trim())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.asked, self.text());
        self
    }

    /// The answer, if it was no refusal.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{}\n{} {}",
            self.asked,
            self.status,
            self.text()
        );
        self
    }

    /// The refusal, if it has this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.json["code"], code, "{}\n{}", answer.asked, answer.text());
        answer
    }

    /// The refusal of a body, if it names exactly these places, in any order.
    #[track_caller]
    pub fn faults(self, pointers: &[&str]) -> Self {
        let answer = self.problem(422, "invalid");
        let mut named = answer.pointers();
        named.sort();
        named.dedup();
        let mut wanted: Vec<_> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
        wanted.sort();
        assert_eq!(named, wanted, "{}\n{}", answer.asked, answer.text());
        answer
    }

    /// The places that a refusal names.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .filter_map(|error| error["pointer"].as_str().map(ToOwned::to_owned))
            .collect()
    }

    /// The id of what the answer shows.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no id in {}", self.asked, self.text()))
            .to_owned()
    }

    /// The version of what the answer shows.
    #[track_caller]
    pub fn version(&self) -> i64 {
        self.json["version"]
            .as_i64()
            .unwrap_or_else(|| panic!("{}: no version in {}", self.asked, self.text()))
    }

    /// The `ETag`.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag")
            .unwrap_or_else(|| panic!("{}: no ETag", self.asked))
            .to_owned()
    }

    /// The items of a list.
    #[track_caller]
    pub fn items(&self) -> &Vec<Value> {
        self.json["items"]
            .as_array()
            .unwrap_or_else(|| panic!("{}: no items in {}", self.asked, self.text()))
    }

    /// The ids of a list's items, in its order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.items()
            .iter()
            .map(|item| item["id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}
