//! Bytes that were rendered and are given out as they are, with the tag of their content; those that are kept are compressed once, for
//! whoever takes that.
//!
//! Invariant: one tag names one row of bytes. What is compressed has a tag of its own, as RFC 9110 (8.8.3) wants of a strong one, made of
//! that of the content, so that it is equal on every replica of one build. A tag of the other form is not known again: a cache between may
//! hold what its own caller does not take.
//!
//! Refused: compressing what is given out once (the framework's middleware does), which costs more than rendering it; and other codings than
//! gzip, which every browser and client takes.

use super::problem::Problem;
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use flate2::{Compression, write::GzEncoder};
use std::{io::Write, sync::Arc};
use tokio::sync::OnceCell;

/// What fits in one packet gains nothing by being smaller.
const WORTH_COMPRESSING: usize = 1400;

/// What was rendered. To have it again costs one count.
#[derive(Clone, Debug)]
pub struct Content(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    bytes: Bytes,
    kind: HeaderValue,
    tag: HeaderValue,
    /// Its tag once it is compressed; nothing where it never is.
    gzip_tag: Option<HeaderValue>,
    gzip: OnceCell<Bytes>,
}

impl Content {
    /// Of a media type, with a tag that is a hash of the bytes.
    pub fn new(bytes: impl Into<Bytes>, kind: &'static str) -> Self {
        let bytes = bytes.into();
        let tag = value_of(&tag_of(&bytes));
        Self::with_tags(bytes, HeaderValue::from_static(kind), tag, None)
    }

    /// The same to be given out more than once: compressed for those who take that, where it gains anything.
    pub fn kept(self) -> Self {
        let Parts { bytes, kind, tag, .. } = &*self.0;
        let is_text = ["text/", "application/json", "image/svg+xml"]
            .iter()
            .any(|beginning| self.kind().starts_with(beginning));
        if !is_text || bytes.len() < WORTH_COMPRESSING {
            return self;
        }
        let of_plain = self.tag().trim_end_matches('"');
        let gzip_tag = value_of(&format!("{of_plain}-gzip\""));
        Self::with_tags(bytes.clone(), kind.clone(), tag.clone(), Some(gzip_tag))
    }

    /// With its version as the tag, which `If-Match` names: as such it has one form only.
    pub fn versioned(bytes: impl Into<Bytes>, kind: &'static str, version: i32) -> Self {
        let tag = value_of(&format!("\"{version}\""));
        Self::with_tags(bytes.into(), HeaderValue::from_static(kind), tag, None)
    }

    fn with_tags(bytes: Bytes, kind: HeaderValue, tag: HeaderValue, gzip_tag: Option<HeaderValue>) -> Self {
        Self(Arc::new(Parts {
            bytes,
            kind,
            tag,
            gzip_tag,
            gzip: OnceCell::new(),
        }))
    }

    /// The bytes as they were rendered.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The tag of the bytes as they were rendered, in quotes.
    pub fn tag(&self) -> &str {
        self.0.tag.to_str().unwrap_or_default()
    }

    /// The media type.
    pub fn kind(&self) -> &str {
        self.0.kind.to_str().unwrap_or_default()
    }

    /// Compresses it, unless that was done before, or this caller is not given it compressed. Whoever comes meanwhile waits.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub async fn compress_for(&self, request: &HttpRequest) -> Result<(), Problem> {
        let done = self.0.gzip_tag.is_none() || self.0.gzip.initialized();
        if done || !takes_gzip(request) || self.known_to(request).is_some() {
            return Ok(());
        }
        let compressing = async || {
            let plain = self.0.bytes.clone();
            let compressed = actix_web::web::block(move || compressed(&plain));
            compressed.await.map_err(Problem::internal)?
        };
        self.0.gzip.get_or_try_init(compressing).await.map(|_| ())
    }

    /// The tag of what this caller is given.
    fn tag_for(&self, request: &HttpRequest) -> &HeaderValue {
        let gzip_tag = self.0.gzip_tag.as_ref().filter(|_| takes_gzip(request));
        gzip_tag.unwrap_or(&self.0.tag)
    }

    /// The tag of what this caller would be given, where they have that already.
    pub fn known_to(&self, request: &HttpRequest) -> Option<&HeaderValue> {
        let named = named(request)?;
        let tag = self.tag_for(request);
        names(named, tag).then_some(tag)
    }

    /// Gives it out, compressed where it [was](Self::compress_for) for this caller; `response` is told nothing yet of content and tag.
    pub fn respond(&self, request: &HttpRequest, mut response: HttpResponseBuilder) -> HttpResponse {
        response.insert_header((header::CONTENT_TYPE, self.0.kind.clone()));
        let gzip = self.0.gzip_tag.as_ref().zip(self.0.gzip.get());
        let gzip = gzip.filter(|_| takes_gzip(request));
        let (tag, bytes) = gzip.unwrap_or((&self.0.tag, &self.0.bytes));
        if gzip.is_some() {
            response.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        }
        response.insert_header((header::ETAG, tag.clone()));
        response.body(bytes.clone())
    }
}

fn compressed(plain: &[u8]) -> Result<Bytes, Problem> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    gzip.write_all(plain).map_err(Problem::internal)?;
    let mut bytes = gzip.finish().map_err(Problem::internal)?;
    bytes.shrink_to_fit();
    Ok(bytes.into())
}

/// A quoted tag: a hash of the content.
pub(super) fn tag_of(bytes: &[u8]) -> String {
    let digest: String = super::digest::digest(bytes).chars().take(32).collect();
    format!("\"{digest}\"")
}

/// What is printable is a header always.
pub(super) fn value_of(tag: &str) -> HeaderValue {
    HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The tags that a reading names in `If-None-Match`; nothing of a write: it was done, and says so.
fn named(request: &HttpRequest) -> Option<&str> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    request.headers().get(header::IF_NONE_MATCH)?.to_str().ok()
}

fn names(named: &str, tag: &HeaderValue) -> bool {
    let mut each = named.split(',').map(str::trim);
    each.any(|one| one == "*" || tag == one.strip_prefix("W/").unwrap_or(one))
}

/// Whether a reading names this tag, or any.
pub(super) fn matches(request: &HttpRequest, tag: &HeaderValue) -> bool {
    named(request).is_some_and(|named| names(named, tag))
}

/// Whether the caller takes gzip as gladly as what is not compressed (RFC 9110, 12.5.3): `*` is whatever is not named.
fn takes_gzip(request: &HttpRequest) -> bool {
    let values = request.headers().get_all(header::ACCEPT_ENCODING);
    let codings = values.filter_map(|value| value.to_str().ok());
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for coding in codings.flat_map(|value| value.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let of = match name {
            _ if is("gzip") || is("x-gzip") => &mut gzip,
            _ if is("identity") => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        let weight = parts.find_map(|part| match part.split_once('=') {
            Some((q, weight)) if q.eq_ignore_ascii_case("q") => weight.parse::<f32>().ok(),
            _ => None,
        });
        *of = Some(weight.unwrap_or(1.0));
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.or(any).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use std::io::Read;

    fn taking(codings: &str) -> HttpRequest {
        TestRequest::get()
            .insert_header((header::ACCEPT_ENCODING, codings))
            .to_http_request()
    }

    #[test]
    fn gzip_is_for_those_who_take_it_as_gladly() {
        for takes in [
            "gzip",
            "GZIP",
            "br, gzip;q=0.5",
            "*",
            "identity;q=0.5, gzip",
            "gzip, deflate, br, zstd",
            "x-gzip",
        ] {
            assert!(takes_gzip(&taking(takes)), "{takes}");
        }
        for refuses in [
            "",
            "br",
            "gzip;q=0",
            "*;q=0",
            "identity, gzip;q=0.5",
            "*, gzip;q=0",
        ] {
            assert!(!takes_gzip(&taking(refuses)), "{refuses}");
        }
    }

    #[actix_web::test]
    async fn what_is_compressed_is_the_same_content_under_a_tag_of_its_own() {
        let content = Content::new("a word, ".repeat(1000), "text/html; charset=utf-8").kept();
        let (plain, packed) = (taking("identity"), taking("gzip"));
        content.compress_for(&plain).await.unwrap();
        assert!(content.0.gzip.get().is_none(), "nobody took it yet");
        content.compress_for(&packed).await.unwrap();
        let gzip = content.0.gzip.get().unwrap();
        assert!(gzip.len() < content.bytes().len() / 10);
        let mut read = Vec::new();
        flate2::read::GzDecoder::new(&**gzip)
            .read_to_end(&mut read)
            .unwrap();
        assert_eq!(read, content.bytes()[..]);
        assert_ne!(content.tag_for(&plain), content.tag_for(&packed));
        for (has, takes) in [
            ("identity", "identity"),
            ("identity", "gzip"),
            ("gzip", "identity"),
            ("gzip", "gzip"),
        ] {
            let knowing = TestRequest::get()
                .insert_header((header::IF_NONE_MATCH, content.tag_for(&taking(has)).clone()))
                .insert_header((header::ACCEPT_ENCODING, takes))
                .to_http_request();
            assert_eq!(
                content.known_to(&knowing).is_some(),
                has == takes,
                "{has} {takes}"
            );
        }
    }

    #[actix_web::test]
    async fn what_is_compressed_already_or_small_or_not_kept_stays_as_it_is() {
        let (long, short) = ("a word, ".repeat(1000), "a word".to_owned());
        for content in [
            Content::new(long.clone(), "application/pdf").kept(),
            Content::new(short, "text/html").kept(),
            Content::new(long.clone(), "text/html"),
            Content::versioned(long, "application/json", 3),
        ] {
            content.compress_for(&taking("gzip")).await.unwrap();
            assert!(content.0.gzip.get().is_none());
            assert_eq!(content.tag_for(&taking("gzip")), content.tag_for(&taking("br")));
        }
    }
}
