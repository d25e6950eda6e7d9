//! HTML as it is written, for pages that are printed.
//!
//! Invariant: what comes from anybody is escaped. [`Markup::ours`] takes only what stands in this source, and everything else
//! goes through [`Markup::text`]. Refused: a template language, for a few pages without logic.

use super::{
    answer::{Answer, Html, Keep, Kept},
    ask::Schemas,
    kept::{PRIVATE, leaves},
    problem::Problem,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use utoipa::openapi::path::Operation;

/// Nothing is loaded, run or sent anywhere; the page brings its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// A page as it grows.
#[derive(Debug, Default)]
pub struct Markup(String);

impl Markup {
    /// Markup of ours.
    pub fn ours(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Words of anybody's, wherever they stand: between tags, or in an attribute in quotes.
    pub fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
        self
    }

    /// What was written.
    pub fn into_string(self) -> String {
        self.0
    }

    /// A whole page: its title, its style, and what `body` writes.
    pub fn page(title: &str, style: &'static str, body: impl FnOnce(&mut Self)) -> Self {
        let mut page = Self::default();
        page.ours("<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>")
            .text(title)
            .ours("</title><style>")
            .ours(style)
            .ours("</style></head><body>");
        body(&mut page);
        page.ours("</body></html>");
        page
    }
}

/// 200: a page to print.
#[derive(Debug)]
pub struct Sheet(pub Markup);

impl Answer for Sheet {
    const KIND: &'static str = "text/html";

    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        printed(StatusCode::OK, PRIVATE, &self.0).respond()
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Html::describe(operation, schemas);
    }
}

/// 201: a page to print of what was made now and is shown this once.
#[derive(Debug)]
pub struct SheetOnce(pub Markup);

impl Keep for SheetOnce {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        Ok(Some(printed(StatusCode::CREATED, "no-store", &self.0)))
    }
}

impl Answer for SheetOnce {
    const KIND: &'static str = "text/html";

    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        leaves(&self)
    }

    fn describe(operation: &mut Operation, schemas: &mut Schemas) {
        Html::describe(operation, schemas);
        if let Some(made) = operation.responses.responses.remove("200") {
            operation.responses.responses.insert("201".into(), made);
        }
    }
}

fn printed(status: StatusCode, cache: &str, page: &Markup) -> Kept {
    Kept::new(status, "text/html; charset=utf-8", cache, page.0.clone())
        .with(header::CONTENT_SECURITY_POLICY, POLICY.into())
        .with(header::X_CONTENT_TYPE_OPTIONS, "nosniff".into())
        .with(header::REFERRER_POLICY, "no-referrer".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_s_words_become_markup() {
        let hostile = "</title><script>alert('1')</script>\"&amp;";
        let page = Markup::page(hostile, "", |page| {
            page.ours("<p>").text(hostile).ours("</p>");
        });
        assert!(!page.0.contains("<script") && page.0.matches("</title>").count() == 1);
        let shown = "&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;amp;";
        assert_eq!(page.0.matches(shown).count(), 2);
    }
}
