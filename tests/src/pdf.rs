//! What stands in a PDF, as whoever reads or hears it finds it: poppler-utils reads it, which shares no code with what wrote it.
//!
//! Tables are read from the tags, as a screen reader reads them, and not from where letters stand on the page: there, a label of three lines
//! is three rows. Refused: a library that reads PDF, which knows glyphs and not words.
//! Whether a file is PDF/UA-1 is asked of a checker apart from that.
//!
//! Where poppler-utils are not installed, a test says so and does without, unless `COLLATE_REQUIRE_PDF=1` says that it must not.

use crate::{browser::on_path, database::say};
use page_validation::{ValidationOptions, ValidationProfile, validate_pdf_bytes};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A table by its tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it says of itself to those who do not see it.
    pub summary: String,
    /// Its cells, those of headings, too.
    pub rows: Vec<Vec<String>>,
}

/// What PDF/UA-1 (ISO 14289-1) asks of a file and it does not do, by a checker that shares no code with what wrote it.
pub fn broken_rules(file: &[u8]) -> Vec<String> {
    let options = ValidationOptions::default().profile(ValidationProfile::PdfUa1);
    let report = validate_pdf_bytes(file, &options).unwrap();
    // Whatever it finds in a file that says of itself what it does not do would tell nothing.
    assert!(report.rules.total > 100, "{report}");
    report.failures.iter().map(ToString::to_string).collect()
}

/// The programs that read PDF.
#[derive(Debug)]
pub struct Reader {
    words: PathBuf,
    tags: PathBuf,
    pictures: Option<PathBuf>,
}

impl Reader {
    /// Finds them; nothing where they are not installed, unless they are required.
    pub fn find() -> Option<Self> {
        let found = (on_path(&["pdftotext"]), on_path(&["pdfinfo"]));
        if let (Some(words), Some(tags)) = found {
            let pictures = on_path(&["pdftoppm"]);
            return Some(Self {
                words,
                tags,
                pictures,
            });
        }
        let required = std::env::var("COLLATE_REQUIRE_PDF").is_ok_and(|required| required == "1");
        assert!(
            !required,
            "COLLATE_REQUIRE_PDF is set, and there is no pdftotext with a pdfinfo on the PATH"
        );
        say("not read back from PDF: no poppler-utils");
        None
    }

    /// Its words, line by line as they stand on the pages.
    #[track_caller]
    pub fn words(&self, file: &[u8]) -> String {
        printed(&self.words, &["-layout", "-enc", "UTF-8", "-", "-"], file)
    }

    /// What it says of itself: its title, whether it is tagged, and how many pages it has.
    #[track_caller]
    pub fn about(&self, file: &[u8]) -> Vec<(String, String)> {
        let lines = printed(&self.tags, &["-"], file);
        let pairs = lines.lines().filter_map(|line| line.split_once(':'));
        pairs
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect()
    }

    /// Its tables, in order.
    #[track_caller]
    pub fn tables(&self, file: &[u8]) -> Vec<Table> {
        tables(&printed(&self.tags, &["-struct-text", "-"], file))
    }

    /// Draws its pages into files that begin so, at so many dots an inch; nothing where there is no program for it.
    pub fn draw(&self, file: &Path, begin: &Path, dots: u32) -> bool {
        let Some(pictures) = &self.pictures else {
            return false;
        };
        let drawn = Command::new(pictures)
            .args(["-png", "-r", &dots.to_string()])
            .args([file, begin])
            .status();
        drawn.is_ok_and(|drawn| drawn.success())
    }
}

/// What a program prints of a file that it is given.
#[track_caller]
fn printed(program: &Path, arguments: &[&str], file: &[u8]) -> String {
    let mut running = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    let said = std::thread::scope(|threads| {
        // It may begin to write before it has read all.
        threads.spawn(move || input.write_all(file));
        running.wait_with_output().unwrap()
    });
    assert!(said.status.success(), "{}: {}", program.display(), said.status);
    String::from_utf8_lossy(&said.stdout).into_owned()
}

/// The tables among the tags, as `pdfinfo -struct-text` lists them: what is within a tag stands further to the right.
fn tables(tags: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut open: Option<usize> = None;
    for line in tags.lines() {
        let tag = line.trim_start();
        let from_left = line.len() - tag.len();
        if open.is_some_and(|cell| from_left <= cell) {
            open = None;
        }
        let words = tag.strip_prefix('"').and_then(|words| words.strip_suffix('"'));
        let summary = tag
            .strip_prefix("/Summary (")
            .and_then(|words| words.strip_suffix(')'));
        let Some(table) = tables.last_mut() else {
            if is(tag, "Table") {
                tables.push(Table::default());
            }
            continue;
        };
        match (words, summary) {
            (Some(words), _) if open.is_some() => {
                if let Some(cell) = table.rows.last_mut().and_then(|row| row.last_mut()) {
                    cell.push_str(words);
                }
            }
            (Some(_), _) => {}
            (None, Some(summary)) => summary.clone_into(&mut table.summary),
            (None, None) if is(tag, "Table") => tables.push(Table::default()),
            (None, None) if is(tag, "TR") => table.rows.push(Vec::new()),
            (None, None) if is(tag, "TH") || is(tag, "TD") => {
                table.rows.last_mut().unwrap().push(String::new());
                open = Some(from_left);
            }
            (None, None) => {}
        }
    }
    for cell in tables
        .iter_mut()
        .flat_map(|table| table.rows.iter_mut().flatten())
    {
        // Where a word may be divided, and which way a line goes on.
        cell.retain(|letter| !matches!(letter, '\u{ad}' | '\u{200e}'));
    }
    tables
}

/// Whether a line of the list is a tag of this kind.
fn is(line: &str, kind: &str) -> bool {
    line.split([' ', ':']).next() == Some(kind)
}
