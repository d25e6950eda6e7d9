//! The pages of a report in a real Chromium: nobody is barred from them, whatever they read with, and nothing on them runs.

use crate::formats::Published;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{
    Browser, Caller,
    browser::{axe, keys},
    contract::DOCUMENT,
    pdf,
};

/// The narrowest screen that a page must fit without going sideways (WCAG 2.2, 1.4.10), a phone's, and a laptop's. Unit: pixels.
const WIDTHS: [u32; 3] = [320, 390, 1280];
/// A4 upright at 96 dots an inch.
const PAPER: u32 = 794;
/// What a keyboard stops at, in order.
const STOPS: &str = "window.stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter((one) => one.tabIndex >= 0 && one.checkVisibility()); return stops.length";
/// Where the keyboard stands: at which stop, whether that is on the screen, and whether it shows.
const HERE: &str = "const one = document.activeElement, box = one.getBoundingClientRect();
    return [stops.indexOf(one), box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        getComputedStyle(one).outlineStyle !== 'none'];";
/// What goes sideways by itself: whether a keyboard stops there, as what it is known, and its name.
const SIDEWAYS: &str = "return [...document.querySelectorAll('main *')]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX))
    .map((one) => [one.tabIndex, one.getAttribute('role'), one.getAttribute('aria-label')
        ?? document.getElementById(one.getAttribute('aria-labelledby'))?.innerText ?? '']);";

/// A browser, and the addresses of all pages that are a report's, the sheet of a group among them.
struct Reader {
    browser: Browser,
    published: Published,
    /// Who may open the sheet of a group.
    facilitator: Caller,
    pages: Vec<String>,
}

impl Reader {
    /// Nothing where there is no browser.
    async fn start() -> Option<Self> {
        let browser = Browser::start()?;
        let published = Published::start().await;
        // Every page that the service has for people is here, but for those on which notes are made.
        let paths = DOCUMENT["paths"].as_object().unwrap().iter();
        let pages = paths.filter(|(path, item)| {
            let others = ["/v1/", "/problems/", "/docs", "/notes", "/coverage/"];
            let is_page = item.pointer("/get/responses/200/content/text~1html").is_some();
            is_page && !others.iter().any(|other| path.starts_with(other))
        });
        let pages: Vec<_> = pages
            .map(|(path, _)| path.replace("{reference}", &published.reference))
            .collect();
        let reference = &published.reference;
        let known = ["", "/easy-read", "/outcomes"].map(|page| format!("/reports/{reference}{page}"));
        let known: BTreeSet<_> = known.into_iter().chain(["/".to_owned()]).collect();
        assert_eq!(pages.iter().cloned().collect::<BTreeSet<_>>(), known);
        let sheet = format!("/v1/groups/{}/feedback-loop.html", published.world.a);
        let facilitator = published.world.facilitator(&published.world.a).await;
        Some(Self {
            browser,
            facilitator,
            pages: pages.into_iter().chain([sheet]).collect(),
            published,
        })
    }

    fn open(&self, page: &str) {
        let token = self
            .facilitator
            .token
            .as_deref()
            .filter(|_| page.starts_with("/v1/"));
        self.browser.bear(token);
        self.browser
            .open(&format!("{}{page}", self.published.world.service.base()));
    }

    /// What an expression is on the page.
    fn ask(&self, code: &str) -> Value {
        self.browser.script(code, json!([]))
    }
}

#[actix_web::test]
async fn no_page_of_a_report_bars_anybody() {
    let Some(axe) = axe() else { return };
    let Some(reader) = Reader::start().await else {
        return;
    };
    for width in WIDTHS {
        reader.browser.resize(width);
        for page in &reader.pages {
            reader.open(page);
            let barriers = reader.browser.barriers(&axe);
            assert!(barriers.is_empty(), "{page} at {width}: {barriers:#?}");
        }
    }
}

#[actix_web::test]
async fn everything_on_a_page_is_reached_by_keyboard() {
    let Some(reader) = Reader::start().await else {
        return;
    };
    let browser = &reader.browser;
    for width in WIDTHS {
        browser.resize(width);
        for page in &reader.pages {
            reader.open(page);
            let stops = reader.ask(STOPS).as_u64().unwrap();
            assert!(stops > 2, "{page}");
            for stop in 0..stops {
                browser.keys(keys::TAB);
                assert_eq!(reader.ask(HERE), json!([stop, true, true]), "{page} at {width}");
            }

            // The first stop leads past all that comes before what was looked for.
            reader.open(page);
            browser.keys(keys::TAB);
            let first = reader.ask("return document.activeElement.innerText");
            assert_eq!(first, "Skip to the main content", "{page}");
            browser.keys(keys::ENTER);
            browser.until("location.hash === '#main'");
            browser.keys(keys::TAB);
            let within = reader.ask("return document.querySelector('main').contains(document.activeElement)");
            assert_eq!(within, true, "{page} at {width}");

            // Whatever goes sideways is stopped at, has a name, and is moved by keys.
            let sideways = reader.ask(SIDEWAYS);
            for one in sideways.as_array().unwrap() {
                assert_eq!(
                    (&one[0], &one[1]),
                    (&json!(0), &json!("region")),
                    "{page} at {width}: {one}"
                );
                assert!(
                    !one[2].as_str().unwrap().trim().is_empty(),
                    "{page} at {width}: {one}"
                );
            }
            if sideways != json!([]) {
                reader.ask(
                    "window.wide = [...document.querySelectorAll('main [tabindex]')].find((one) => one.scrollWidth > one.clientWidth + 1); \
                     wide.focus()",
                );
                browser.keys(keys::RIGHT);
                browser.until("wide.scrollLeft > 0");
            }
        }
    }
}

#[actix_web::test]
async fn a_page_fits_what_it_is_read_on_and_nothing_on_it_runs() {
    let Some(reader) = Reader::start().await else {
        return;
    };
    let browser = &reader.browser;
    let papers = pdf::Reader::find();
    let stranger = reader.published.stranger();
    let report = stranger.get(&reader.published.path).await.expect(200).json;
    let mut followed = BTreeSet::new();
    for page in &reader.pages {
        for width in WIDTHS {
            browser.resize(width);
            reader.open(page);
            let too_wide = reader
                .ask("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(too_wide, 0, "{page} goes sideways at {width}");
        }

        // With and without scripts: the same words, and the same picture.
        let seen = || {
            reader.open(page);
            let words = reader.ask("return document.body.innerText");
            (words, browser.picture(0, 4_000))
        };
        let with = seen();
        assert_eq!(reader.ask("return document.scripts.length"), 0, "{page}");
        browser.scripts(false);
        let without = seen();
        browser.scripts(true);
        assert_eq!(with.0, without.0, "{page}");
        assert!(with.1 == without.1, "{page} looks otherwise without scripts");

        // On paper there is nothing to press, and nothing is cut off.
        browser.resize(PAPER);
        browser.lay_out_for("print");
        let left = reader.ask(
            "return [...document.querySelectorAll('.skip, nav, footer, .get')].filter((one) => one.checkVisibility()).length",
        );
        assert_eq!(left, 0, "{page} on paper");
        assert_eq!(reader.ask(SIDEWAYS), json!([]), "{page} on paper");
        browser.lay_out_for("");
        let printed = browser.printed();
        assert!(printed.starts_with(b"%PDF-"));
        if let Some(papers) = papers
            .as_ref()
            .filter(|_| *page == format!("/reports/{}", reader.published.reference))
        {
            let words = papers.words(&printed);
            for table in report["tables"].as_array().unwrap() {
                assert!(
                    words.contains(table["title"].as_str().unwrap()),
                    "{} on paper",
                    table["title"]
                );
            }
        }

        let links = reader.ask("return [...document.querySelectorAll('a[href^=\"/\"]')].map((link) => link.getAttribute('href').split('#')[0])");
        let links = links.as_array().unwrap().iter();
        followed.extend(links.map(|link| link.as_str().unwrap().to_owned()));
        let refused: Vec<_> = browser
            .complaints()
            .into_iter()
            .filter(|complaint| complaint.contains("Content Security Policy"))
            .collect();
        assert_eq!(refused, Vec::<String>::new(), "{page}");
    }
    // Every link within leads somewhere. PDF and archive are looked at elsewhere: to make them takes seconds.
    assert!(followed.len() > 10, "{followed:?}");
    for link in followed
        .iter()
        .filter(|link| !link.ends_with(".pdf") && !link.ends_with(".zip"))
    {
        stranger.get(link).await.expect(200);
    }
}
