//! Bytes that were rendered and are given out as they are, with the tag of their content; compressed once, for whoever takes that.
//!
//! Invariant: one tag names one row of bytes. What is compressed has a tag of its own, as RFC 9110 (8.8.3) wants of a strong one, made of
//! that of the content, so that it is equal on every replica, and either of both is known again in `If-None-Match`.
//!
//! Refused: compressing each answer anew (the framework's middleware), which costs more than rendering it; and other codings than gzip,
//! which every browser and client takes.

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
    /// Its tag once it is compressed; nothing where that gains nothing.
    gzip_tag: Option<HeaderValue>,
    gzip: OnceCell<Bytes>,
}

impl Content {
    /// Of a media type, with a tag that is a hash of the bytes.
    pub fn new(bytes: impl Into<Bytes>, kind: &'static str) -> Self {
        let bytes = bytes.into();
        let tag = tag_of(&bytes);
        let is_text = ["text/", "application/json", "image/svg+xml"]
            .iter()
            .any(|beginning| kind.starts_with(beginning));
        let gains = is_text && bytes.len() >= WORTH_COMPRESSING;
        let gzip_tag = gains.then(|| value_of(&format!("{}-gzip\"", tag.trim_end_matches('"'))));
        Self::with_tags(bytes, kind, value_of(&tag), gzip_tag)
    }

    /// With its version as the tag, which `If-Match` names: as such it has one form only.
    pub fn versioned(bytes: impl Into<Bytes>, kind: &'static str, version: i32) -> Self {
        Self::with_tags(bytes.into(), kind, value_of(&format!("\"{version}\"")), None)
    }

    fn with_tags(bytes: Bytes, kind: &'static str, tag: HeaderValue, gzip_tag: Option<HeaderValue>) -> Self {
        Self(Arc::new(Parts {
            bytes,
            kind: HeaderValue::from_static(kind),
            tag,
            gzip_tag,
            gzip: OnceCell::new(),
        }))
    }

    /// The bytes as they were rendered.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The media type.
    pub fn kind(&self) -> &str {
        self.0.kind.to_str().unwrap_or_default()
    }

    /// Compresses it, unless that was done before, or the caller takes nothing that is compressed. Whoever comes meanwhile waits.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub async fn compress_for(&self, request: &HttpRequest) -> Result<(), Problem> {
        if self.gzip_tag_for(request).is_none() || self.0.gzip.initialized() || self.is_known_to(request) {
            return Ok(());
        }
        let compressing = async || {
            let plain = self.0.bytes.clone();
            let compressed = actix_web::web::block(move || compressed(&plain));
            compressed.await.map_err(Problem::internal)?
        };
        self.0.gzip.get_or_try_init(compressing).await.map(|_| ())
    }

    fn gzip_tag_for(&self, request: &HttpRequest) -> Option<&HeaderValue> {
        self.0.gzip_tag.as_ref().filter(|_| takes_gzip(request))
    }

    /// Whether the caller has it already, in whichever form.
    pub fn is_known_to(&self, request: &HttpRequest) -> bool {
        matches(request, |named| {
            let mut tags = [Some(&self.0.tag), self.0.gzip_tag.as_ref()]
                .into_iter()
                .flatten();
            tags.any(|tag| tag == named)
        })
    }

    /// The tag of what this caller is given.
    pub fn tag_for(&self, request: &HttpRequest) -> HeaderValue {
        self.gzip_tag_for(request).unwrap_or(&self.0.tag).clone()
    }

    /// Gives it out, compressed where it [was](Self::compress_for) for this caller; `response` is told nothing yet of content and tag.
    pub fn respond(&self, request: &HttpRequest, mut response: HttpResponseBuilder) -> HttpResponse {
        response.insert_header((header::CONTENT_TYPE, self.0.kind.clone()));
        let gzip = self.gzip_tag_for(request).zip(self.0.gzip.get());
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
    Ok(gzip.finish().map_err(Problem::internal)?.into())
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

/// Whether a reading names a tag that `is_known`, or any.
pub(super) fn matches(request: &HttpRequest, is_known: impl Fn(&str) -> bool) -> bool {
    // Only a reading can find that nothing changed; a write was done and says so.
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return false;
    }
    let named = request
        .headers()
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    named.is_some_and(|named| {
        let mut each = named.split(',').map(str::trim);
        each.any(|one| one == "*" || is_known(one.strip_prefix("W/").unwrap_or(one)))
    })
}

/// Whether the caller takes gzip as gladly as what is not compressed (RFC 9110, 12.5.3).
fn takes_gzip(request: &HttpRequest) -> bool {
    let values = request.headers().get_all(header::ACCEPT_ENCODING);
    let codings = values.filter_map(|value| value.to_str().ok());
    let (mut gzip, mut any, mut identity) = (None, None, None);
    for coding in codings.flat_map(|value| value.split(',')) {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        let of = match name {
            _ if name.eq_ignore_ascii_case("gzip") => &mut gzip,
            _ if name.eq_ignore_ascii_case("identity") => &mut identity,
            "*" => &mut any,
            _ => continue,
        };
        *of = Some(weight.unwrap_or(1.0));
    }
    let gzip = gzip.or(any).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.unwrap_or(0.0)
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
        let content = Content::new("a word, ".repeat(1000), "text/html; charset=utf-8");
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
        let tags = [content.tag_for(&plain), content.tag_for(&packed)];
        assert_ne!(tags[0], tags[1]);
        for tag in tags {
            let knowing = TestRequest::get()
                .insert_header((header::IF_NONE_MATCH, tag))
                .to_http_request();
            assert!(content.is_known_to(&knowing));
            assert!(!Content::new("another", "text/html").is_known_to(&knowing));
        }
    }

    #[actix_web::test]
    async fn what_is_compressed_already_or_small_stays_as_it_is() {
        for (bytes, kind) in [
            ("a word, ".repeat(1000), "application/pdf"),
            ("a word".into(), "text/html"),
        ] {
            let content = Content::new(bytes, kind);
            content.compress_for(&taking("gzip")).await.unwrap();
            assert!(content.0.gzip.get().is_none());
            assert_eq!(content.tag_for(&taking("gzip")), content.tag_for(&taking("br")));
        }
    }
}
