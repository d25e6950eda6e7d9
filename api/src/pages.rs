//! The pages for people: `/notes`, on which facilitators and champions type up what was said, with or without a network, and
//! `/coverage/{reference}`, on which a lead sees before closing whom to ring up.
//!
//! Plain HTML, CSS and ES modules, compiled in as they are written, and spoken for by the API alone: a page knows nothing
//! that its caller could not ask for. Refused: a bundler (a second build, and words nobody can read in the browser), and
//! answers rendered here (a page that is made of somebody's words would have to be kept off every cache by hand).
//!
//! The worker keeps what `/notes` is made of in the browser. It is served with the tags of all these files in front, so that
//! a change of any of them is a change of the worker, which is what a browser looks at.

use crate::http::{
    access::Public,
    answer::{File, Page, Reply},
    ask::At,
    problem::Problem,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

/// Where the worker may look on: the notes page, and what it loads.
const WORKER_SCOPE: &str = "/notes";
const WORKER: &str = "worker.mjs";

const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const MODULE: &str = "text/javascript; charset=utf-8";

static NOTES: LazyLock<File> = LazyLock::new(|| File::new(include_str!("../pages/notes.html"), HTML));
static COVERAGE: LazyLock<File> = LazyLock::new(|| File::new(include_str!("../pages/coverage.html"), HTML));

/// What both pages are made of, by name.
static FILES: LazyLock<HashMap<&'static str, File>> = LazyLock::new(|| {
    let mut files: HashMap<_, _> = [
        ("pages.css", CSS, include_str!("../pages/pages.css")),
        (
            "notes.webmanifest",
            "application/manifest+json",
            include_str!("../pages/notes.webmanifest"),
        ),
        ("icon.svg", "image/svg+xml", include_str!("../pages/icon.svg")),
        ("coverage.mjs", MODULE, include_str!("../pages/coverage.mjs")),
        ("editor.mjs", MODULE, include_str!("../pages/editor.mjs")),
        ("element.mjs", MODULE, include_str!("../pages/element.mjs")),
        ("form.mjs", MODULE, include_str!("../pages/form.mjs")),
        ("notes.mjs", MODULE, include_str!("../pages/notes.mjs")),
        ("saved.mjs", MODULE, include_str!("../pages/saved.mjs")),
        ("sending.mjs", MODULE, include_str!("../pages/sending.mjs")),
        ("session.mjs", MODULE, include_str!("../pages/session.mjs")),
        ("words.mjs", MODULE, include_str!("../pages/words.mjs")),
    ]
    .into_iter()
    .map(|(name, kind, text)| (name, File::new(text, kind)))
    .collect();
    let of_notes = files.iter().filter(|(name, _)| **name != "coverage.mjs");
    let mut tags: BTreeMap<_, _> = of_notes
        .map(|(name, file)| (format!("/pages/{name}"), file.tag().to_owned()))
        .collect();
    tags.insert("/notes".into(), NOTES.tag().to_owned());
    let tags = serde_json::Value::from_iter(tags);
    let worker = format!("const FILES = {tags};\n{}", include_str!("../pages/worker.mjs"));
    files.insert(WORKER, File::new(worker, MODULE).for_worker(WORKER_SCOPE));
    files
});

/// `GET /notes`
pub async fn notes(_: Public) -> Reply<Page> {
    Ok(Page(NOTES.clone()))
}

/// `GET /coverage/{reference}`: the same page for every consultation; who signs in on it sees whether there is such a one.
pub async fn coverage(_: Public<At<String>>) -> Reply<Page> {
    Ok(Page(COVERAGE.clone()))
}

/// `GET /pages/{name}`: what the pages are made of.
pub async fn file(public: Public<At<String>>) -> Reply<File> {
    let At(name) = &public.asked;
    FILES.get(name.as_str()).cloned().ok_or_else(Problem::not_found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_holds_a_script_or_a_style_of_its_own() {
        for page in [
            include_str!("../pages/notes.html"),
            include_str!("../pages/coverage.html"),
        ] {
            for refused in [
                "<style",
                "style=",
                "onclick",
                "javascript:",
                "http://",
                "https://",
            ] {
                assert!(!page.contains(refused), "{refused} in {page}");
            }
            assert_eq!(
                page.matches("<script").count(),
                page.matches("<script type=\"module\" src=\"/pages/").count()
            );
        }
    }

    #[test]
    fn a_page_loads_no_file_that_is_not_there() {
        let sources = [
            "coverage.mjs",
            "editor.mjs",
            "notes.mjs",
            "sending.mjs",
            "session.mjs",
            "saved.mjs",
            "form.mjs",
        ];
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
        for source in sources {
            let text = std::fs::read_to_string(folder.join(source)).unwrap();
            let named = text
                .split("from \"./")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            for name in named {
                assert!(FILES.contains_key(name), "{source} wants {name}");
            }
        }
    }

    #[test]
    fn every_file_in_the_folder_is_served_or_is_a_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pages");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(
                FILES.contains_key(name.as_str()) || name.ends_with(".html"),
                "{name}"
            );
        }
    }
}
