//! A report as a PDF that screen readers can read: tagged, PDF/UA-1 by the engine's own strict mode.
//!
//! Invariant: the file is a function of the report and its charts. Nothing else reaches it: no clock, no font of the machine, no
//! network and no file but the two below, so every replica makes the same bytes. The report reaches the template as data and never
//! as markup, so nobody's words become a command. What breaks PDF/UA-1 is an error and no file.
//!
//! The engine is Typst, which writes tags by itself and refuses what a standard forbids. Refused: printing the page with a browser (a
//! second runtime of hundreds of megabytes, whose bytes differ from release to release); and PDF libraries that place text on a
//! page, where every tag would be ours to get right. The letters are DejaVu Sans: of those that a crate carries, the one sans serif with
//! Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian in one design. It has no shapes for the scripts of India and of
//! East Asia: their words are marked, and the file says where they can be read.

use crate::http::problem::Problem;
use domain::{
    collate::CountStatus,
    disclosure::Policy,
    report::{Report, ReportTable, ReportedTheme, TableCell, TableRow, ThemeCommentary},
    text::Prose,
    vocabulary::{QuestionKind, ReportStatus},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};
use time::{Date, OffsetDateTime};
use typst::{
    Feature, Features, Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

/// How a report looks on paper.
const TEMPLATE: &str = include_str!("report.typ");
/// Columns of figures that fit beside the labels of a page; wider tables go on below, with their labels again.
const COLUMNS: usize = 12;
/// Figures of one theme in one line.
const FIGURES: usize = 7;
/// What stands where the fonts have no shape for a letter.
const UNDRAWN: char = '□';
/// Longer words than this may be broken anywhere: nothing would hold them within the page.
const LONGEST_WORD: usize = 40;
/// Tables that stand in the text and not in the appendix.
const WHO_TOOK_PART: [&str; 4] = ["heard", "attendance", "participants", "responses"];
const THEMES: &str = "themes";
const THEME_BY_RESPONDENT_GROUP: &str = "theme-by-respondent-group";

/// A report as a PDF. It takes a second or so with sixty themes, all of it on the processor. `charts` are SVG, by the name of their table.
///
/// # Errors
/// Where the engine refuses, because something would not be PDF/UA-1: a fault of the template, not of the report.
pub fn pdf(report: &Report, charts: &BTreeMap<String, String>) -> Result<Vec<u8>, Problem> {
    let (file, _) = made(report, charts).map_err(Problem::internal)?;
    Ok(file)
}

/// The file, and how often the engine warned.
fn made(report: &Report, charts: &BTreeMap<String, String>) -> Result<(Vec<u8>, usize), String> {
    let letters = LETTERS.as_ref().map_err(Clone::clone)?;
    let mut data = Writing { report, charts }.whole();
    data["undrawn"] = letters.keep_drawable(&mut data).into();
    let sheet = Sheet {
        letters,
        data: Bytes::new(serde_json::to_vec(&data).map_err(|error| error.to_string())?),
    };
    let set = typst::compile::<PagedDocument>(&sheet);
    let written = set.output.and_then(|document| {
        let standards = PdfStandards::new(&[PdfStandard::Ua_1]).unwrap_or_default();
        let options = PdfOptions {
            // By this, and not by chance, the file knows itself from others.
            ident: Smart::Custom(format!(
                "{} {}",
                report.id,
                report.digest.as_deref().unwrap_or("draft")
            )),
            creator: Smart::Custom(Some("Collate".into())),
            standards,
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options)
    });
    // The engine keeps what it set, to set it again faster. Words that are taken back shall be gone.
    typst::comemo::evict(0);
    match written {
        Ok(file) => Ok((file, set.warnings.len())),
        Err(faults) => Err(told(&faults)),
    }
}

/// What went wrong, without anybody's words: the engine quotes what it could not set.
fn told(faults: &[SourceDiagnostic]) -> String {
    let of = |fault: &SourceDiagnostic| {
        fault
            .message
            .split(['`', '"'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let all: Vec<_> = faults.iter().map(of).collect();
    format!("the PDF could not be made: {}", all.join("; "))
}

// ---------------------------------------------------------------------------------------------------------- the engine

/// The fonts, the template and the engine's own library: read once.
struct Letters {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
    library: LazyHash<Library>,
    template: Source,
    data: FileId,
}

static LETTERS: LazyLock<Result<Letters, String>> = LazyLock::new(Letters::read);

impl Letters {
    fn read() -> Result<Self, String> {
        let id = |path: &str| {
            let path = VirtualPath::new(path).map_err(|error| error.to_string())?;
            Ok::<_, String>(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
        };
        let faces = [
            dejavu::sans::regular(),
            dejavu::sans::bold(),
            dejavu::sans_condensed::regular(),
            dejavu::sans_condensed::bold(),
        ];
        let fonts: Vec<_> = faces
            .into_iter()
            .flat_map(|face| Font::iter(Bytes::new(face)))
            .collect();
        // Without it no cell could be told to be the heading of its row.
        let features: Features = [Feature::A11yExtras].into_iter().collect();
        Ok(Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            library: LazyHash::new(Library::builder().with_features(features).build()),
            template: Source::new(id("/report.typ")?, TEMPLATE.into()),
            data: id("/report.json")?,
            fonts,
        })
    }

    fn draws(&self, letter: char) -> bool {
        let private = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        letter.is_control()
            || !private
                && self
                    .fonts
                    .iter()
                    .any(|font| font.info().coverage.contains(letter.into()))
    }

    /// Takes out of all words what no font can draw, and says whether anything was. PDF/UA-1 forbids a file that has a letter
    /// without a shape, and one letter must not keep everybody from their report.
    fn keep_drawable(&self, value: &mut Value) -> bool {
        match value {
            Value::String(words) => self.keep_drawable_in(words, true),
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |undrawn, item| self.keep_drawable(item) || undrawn),
            Value::Object(fields) => fields.iter_mut().fold(false, |undrawn, (name, field)| {
                let here = match (name.as_str(), field) {
                    // A picture's source is no word, and addresses and digests are copied.
                    ("chart" | "csv" | "digest" | "page", Value::String(text)) => {
                        self.keep_drawable_in(text, false)
                    }
                    (_, field) => self.keep_drawable(field),
                };
                here || undrawn
            }),
            _ => false,
        }
    }

    fn keep_drawable_in(&self, words: &mut String, break_long_words: bool) -> bool {
        let mut undrawn = false;
        let mut kept = String::with_capacity(words.len());
        let mut word = 0;
        for letter in words.chars() {
            if letter.is_whitespace() {
                word = 0;
            } else if is_unseen(letter) && !self.draws(letter) || letter == '\u{feff}' {
                continue;
            } else {
                word += 1;
                if break_long_words && word > LONGEST_WORD && word % (LONGEST_WORD / 2) == 1 {
                    // A space of no width.
                    kept.push('\u{200b}');
                }
            }
            if self.draws(letter) || letter.is_whitespace() {
                kept.push(letter);
            } else {
                undrawn = true;
                if !kept.ends_with(UNDRAWN) {
                    kept.push(UNDRAWN);
                }
            }
        }
        *words = kept;
        undrawn
    }
}

/// Letters that say how others are drawn, and are nothing by themselves.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// All that the engine is let see.
struct Sheet<'l> {
    letters: &'l Letters,
    data: Bytes,
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.letters.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.letters.book
    }

    fn main(&self) -> FileId {
        self.letters.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id == self.main() {
            true => Ok(self.letters.template.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id == self.letters.data {
            true => Ok(self.data.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.letters.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

// ------------------------------------------------------------------------------------------------------------ the words

/// A day as people write it.
fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// A closed word of the field, as a reader sees it.
fn plain(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The paragraphs of a text: an empty line ends one.
fn paragraphs(text: &str) -> Vec<String> {
    text.split("\n\n")
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

fn written(prose: Option<&Prose>) -> Vec<String> {
    prose.map(|prose| paragraphs(prose.as_str())).unwrap_or_default()
}

fn each_written(all: &[Prose]) -> Vec<Vec<String>> {
    all.iter().map(|prose| paragraphs(prose.as_str())).collect()
}

fn known(name: &str, value: impl Into<String>) -> Value {
    json!({"name": name, "value": value.into()})
}

/// Pieces of nearly the same length, none longer than `most`.
fn pieces<T>(all: &[T], most: usize) -> std::slice::Chunks<'_, T> {
    let many = all.len().div_ceil(most).max(1);
    all.chunks(all.len().div_ceil(many).max(1))
}

/// What the template reads, made of the report.
struct Writing<'r> {
    report: &'r Report,
    charts: &'r BTreeMap<String, String>,
}

impl Writing<'_> {
    fn whole(&self) -> Value {
        let report = self.report;
        let consultation = &report.consultation;
        let commentary = &report.commentary;
        let of = |text: &Option<String>| text.as_deref().map(paragraphs).unwrap_or_default();
        let published = report.published_at.and_then(|at| Some((at, at.day_in_london()?)));
        let date = published.and_then(|(at, _)| OffsetDateTime::from_unix_timestamp(at.unix_seconds()).ok());
        let title_page = [
            Some(known("Reference", &consultation.reference)),
            Some(known("Report", report.number.to_string())),
            published.map(|(_, on)| known("Published on", day(on))),
            Some(known("Asked for by", &consultation.commissioned_by.name)),
            Some(known("What it is about", plain(consultation.kind.as_str()))),
            consultation
                .response_due_on
                .map(|on| known("An answer is due by", day(on))),
            Some(known("On the web", report.page())),
        ];
        let channels: Vec<_> = consultation
            .channels
            .iter()
            .map(|channel| channel.label())
            .collect();
        let asked = [
            consultation.opens_on.map(|on| known("Open from", day(on))),
            consultation.closes_on.map(|on| known("Open until", day(on))),
            (!channels.is_empty()).then(|| known("Ways to take part", channels.join(", "))),
        ];
        let in_text = |table: &&ReportTable| WHO_TOOK_PART.contains(&table.name.as_str());
        let took_part: Vec<_> = report.tables.iter().filter(in_text).collect();
        let others = report
            .tables
            .iter()
            .filter(|table| !in_text(table) && table.name != THEMES);
        json!({
            "title": consultation.title, "reference": consultation.reference, "page": report.page(),
            "description": consultation.summary,
            "kicker": format!("What people said: report {} of consultation {}", report.number, consultation.reference),
            "footer": format!("{}, report {}{}", consultation.reference, report.number, match report.status {
                ReportStatus::Draft => " (draft)",
                ReportStatus::Published => "",
                ReportStatus::Retracted => " (retracted)",
            }),
            "standing": self.standing(),
            "date": date.map(|at| json!({"year": at.year(), "month": u8::from(at.month()), "day": at.day(), "hour": at.hour(),
                "minute": at.minute(), "second": at.second()})),
            "known": title_page.into_iter().flatten().collect::<Vec<_>>(),
            "digest": report.digest,
            "foreword": written(commentary.foreword.as_ref()), "background": written(commentary.background.as_ref()),
            "summary": paragraphs(&consultation.summary), "easy_read_summary": of(&consultation.easy_read_summary),
            "open_to_change": of(&consultation.open_to_change), "not_open_to_change": of(&consultation.not_open_to_change),
            "asked": asked.into_iter().flatten().collect::<Vec<_>>(),
            "documents": self.documents(), "materials": self.materials(), "questions": self.questions(),
            "took_part": took_part.into_iter().map(|table| self.table(table)).collect::<Vec<_>>(),
            "overview": report.table(THEMES).map(|table| self.table(table)),
            "themes": self.themes(), "sections": self.sections(), "method": self.method(),
            "limitations": report.limitations.iter().map(|limitation| &limitation.text).collect::<Vec<_>>(),
            "next": written(commentary.what_happens_next.as_ref()),
            "about": self.about(published.map(|(_, on)| on)),
            "appendix": others.map(|table| self.table(table)).collect::<Vec<_>>(),
        })
    }

    /// What a reader must know before anything else.
    fn standing(&self) -> Option<&'static str> {
        match self.report.status {
            ReportStatus::Draft => Some("This is a draft. It is not published, and must not be passed on."),
            ReportStatus::Retracted => Some("This report was retracted. Do not rely on it."),
            ReportStatus::Published if self.report.superseded_by.is_some() => {
                Some("A later report of this consultation was published after this one.")
            }
            ReportStatus::Published => None,
        }
    }

    fn documents(&self) -> Vec<Value> {
        let documents = self.report.consultation.documents.iter();
        documents
            .map(|document| {
                let version = document
                    .version
                    .as_ref()
                    .map_or_else(String::new, |version| format!(", version {}", version.as_str()));
                let sections = document.sections.iter();
                let sections: Vec<_> = sections
                    .map(|section| format!("{} {}", section.reference.as_str(), section.title.as_str()))
                    .collect();
                json!({"title": format!("{}{version}", document.title.as_str()), "sections": sections})
            })
            .collect()
    }

    fn materials(&self) -> Vec<String> {
        let materials = self.report.consultation.materials.iter();
        materials
            .map(|material| {
                let on = material
                    .supplied_on
                    .map_or_else(String::new, |on| format!(", supplied on {}", day(on)));
                let at = material
                    .url
                    .as_ref()
                    .map_or_else(String::new, |url| format!(", {}", url.as_str()));
                format!(
                    "{} ({}{on}){at}",
                    material.title.as_str(),
                    plain(material.format.as_str())
                )
            })
            .collect()
    }

    fn questions(&self) -> Vec<Value> {
        let questions = self.report.consultation.questions.iter();
        questions
            .map(|question| {
                let options = question.options.join(", ");
                let answers = match question.kind {
                    QuestionKind::Open => "Answered in people's own words.".to_owned(),
                    QuestionKind::SingleChoice => format!("One answer of: {options}."),
                    QuestionKind::MultipleChoice => format!("Any answers of: {options}."),
                    QuestionKind::Agreement => "Answered by agree, disagree or unsure.".to_owned(),
                };
                json!({"number": question.number.to_string(), "prompt": question.prompt, "easy_read": question.easy_read_prompt,
                    "answers": answers})
            })
            .collect()
    }

    /// A table as it is drawn: its figures in words, in as many pieces as the page needs.
    fn table(&self, table: &ReportTable) -> Value {
        let columns: Vec<_> = table.columns.iter().enumerate().collect();
        let parts = pieces(&columns, COLUMNS);
        let many = parts.len();
        let parts: Vec<_> = parts
            .enumerate()
            .map(|(part, columns)| {
                let heads = columns.iter().map(|(_, column)| {
                    // What it counts, unless its name says so.
                    let unit = column
                        .unit
                        .as_deref()
                        .filter(|unit| !column.label.to_lowercase().contains(unit));
                    json!({"label": column.label, "unit": unit})
                });
                let rows = table.rows.iter().map(|row| {
                    let cells = columns.iter().map(|(at, _)| self.figure(row, *at));
                    json!({"label": row.label, "level": row.level, "cells": cells.collect::<Vec<_>>()})
                });
                json!({
                    "of": if many > 1 { format!(", part {} of {many}", part + 1) } else { String::new() },
                    "columns": heads.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>(),
                })
            })
            .collect();
        json!({
            "title": table.title, "unit": table.unit, "base": table.base, "note": table.note, "rows_are": table.rows_are,
            "csv": table.csv, "pieces": parts, "chart": self.charts.get(&table.name),
            "alternative": format!("Chart: {}. Its figures stand in the table below it.", table.title),
        })
    }

    fn figure(&self, row: &TableRow, column: usize) -> String {
        self.report.words(row.cells.get(column).and_then(Option::as_ref))
    }

    /// The figures of one row with the names of their columns, in lines.
    fn strip(&self, table: &str, key: &str) -> Vec<Vec<Value>> {
        let found = self.report.table(table).and_then(|table| {
            let row = table.rows.iter().find(|row| row.key == key)?;
            Some((table, row))
        });
        let Some((table, row)) = found else {
            return Vec::new();
        };
        let columns = table.columns.iter().enumerate();
        let figures: Vec<_> = columns
            .map(|(at, column)| json!({"name": column.label, "value": self.figure(row, at)}))
            .collect();
        pieces(&figures, FIGURES).map(<[Value]>::to_vec).collect()
    }

    /// The themes in the order of their table, which has parents before their sub-themes.
    fn themes_in_order(&self) -> Vec<(&ReportedTheme, u8)> {
        let themes = &self.report.codeframe.themes;
        let by_code: HashMap<_, _> = themes.iter().map(|theme| (theme.code.as_str(), theme)).collect();
        let rows = self.report.table(THEMES).map_or(&[][..], |table| &table.rows);
        let mut ordered: Vec<_> = rows
            .iter()
            .filter_map(|row| Some((*by_code.get(row.key.as_str())?, row.level)))
            .collect();
        let told: std::collections::HashSet<_> = ordered.iter().map(|(theme, _)| theme.id).collect();
        ordered.extend(
            themes
                .iter()
                .filter(|theme| !told.contains(&theme.id))
                .map(|theme| (theme, 0)),
        );
        ordered
    }

    fn themes(&self) -> Vec<Value> {
        let report = self.report;
        let commentary: HashMap<_, _> = report
            .commentary
            .themes
            .iter()
            .map(|theme| (theme.theme_id, theme))
            .collect();
        let note = report
            .table(THEME_BY_RESPONDENT_GROUP)
            .map_or_else(String::new, |table| {
                format!(
                    "Counted: {}. Where people in services and staff differ, it shows here.",
                    table.unit
                )
            });
        let themes = self.themes_in_order().into_iter();
        themes
            .map(|(theme, level)| {
                let said = commentary.get(&theme.id).copied();
                json!({
                    "label": theme.label, "level": level, "description": theme.description,
                    "widely": self.strip(THEMES, &theme.code),
                    "by_people": self.strip(THEME_BY_RESPONDENT_GROUP, &theme.code), "by_people_note": note,
                    "summary": written(said.and_then(|said| said.summary.as_ref())),
                    "quotes": said.map(|said| self.quotes(said)).unwrap_or_default(),
                    "key_points": said.map(|said| each_written(&said.key_points)).unwrap_or_default(),
                    "areas": said.map(|said| each_written(&said.areas_for_consideration)).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// The quotes under a theme whose words may still be read.
    fn quotes(&self, said: &ThemeCommentary) -> Vec<Value> {
        let chosen = said.quote_ids.iter();
        let quotes = chosen.filter_map(|id| {
            self.report
                .quotes
                .iter()
                .find(|quote| quote.id == *id && quote.theme_id == said.theme_id)
        });
        quotes
            .filter_map(|quote| {
                Some(json!({"words": quote.text.as_ref()?, "by": quote.respondent_group.label()}))
            })
            .collect()
    }

    fn sections(&self) -> Vec<Value> {
        let known = self
            .report
            .consultation
            .documents
            .iter()
            .flat_map(|document| &document.sections);
        let titles: HashMap<_, _> = known
            .map(|section| (section.reference.as_str(), section.title.as_str()))
            .collect();
        let sections = self.report.commentary.sections.iter();
        sections
            .map(|section| {
                let reference = section.section_ref.as_str();
                let title = titles
                    .get(reference)
                    .map_or_else(|| reference.to_owned(), |title| format!("{reference} {title}"));
                json!({
                    "title": title, "summary": written(section.summary.as_ref()),
                    "suggestions": each_written(&section.suggestions),
                })
            })
            .collect()
    }

    fn method(&self) -> Value {
        let report = self.report;
        let coding = &report.coding;
        let by = match coding.coders {
            1 => "One person read and coded".to_owned(),
            coders => format!("{coders} people read and coded"),
        };
        let version = report
            .codeframe
            .version
            .map_or_else(String::new, |version| format!(", version {version}"));
        let themes = match report.codeframe.themes.len() {
            1 => "one theme".to_owned(),
            themes => format!("{themes} themes"),
        };
        let uncoded = match (coding.some_uncoded, &coding.uncoded_reason) {
            (false, _) => "Everything that came in was coded, or set aside with a reason.".to_owned(),
            (true, None) => "Some of what came in was not yet coded when the figures were made.".to_owned(),
            (true, Some(reason)) => {
                format!(
                    "Some of what came in was not yet coded when the figures were made. The reason given: {reason}"
                )
            }
        };
        json!({
            "written": written(report.commentary.method.as_ref()),
            "coding": [
                format!("{by} what came in, by a codeframe{version}, of {themes}."),
                "Some of it was coded by two people who did not see each other's work. How far they agree is measured by Krippendorff's \
                 alpha, theme by theme:",
            ],
            "agreement": [
                format!("Reliable (alpha of at least 0.80): {}", coding.reliable),
                format!("For tentative conclusions (at least 0.667): {}", coding.tentative),
                format!("Not reliable (less than that): {}", coding.unreliable),
                format!("Not to be reckoned, most because too little was coded twice: {}", coding.undefined),
            ],
            "agreement_note": "Counted: themes. Bands: K. Krippendorff, Content Analysis (2004), chapter 11.",
            "uncoded": [uncoded],
            "protection": self.protection(),
        })
    }

    /// How small numbers are hidden, in plain words.
    fn protection(&self) -> Vec<String> {
        let applied = &self.report.collation.policy;
        if !applied.applied {
            return vec!["These figures are exact: no small number is hidden.".into()];
        }
        let policy = Policy::of(applied.id);
        let hidden = |status| {
            self.report.words(Some(&TableCell {
                id: String::new(),
                value: None,
                status,
            }))
        };
        let national = match policy.exact_national {
            true => " The headcount of each round and the number of all responses are exact.",
            false => "",
        };
        vec![
            format!(
                "Small numbers could give somebody away. So where people or responses are counted, and in every breakdown, a small number is \
                 not shown: “{}” stands in its place. Larger ones are rounded to the nearest {}.{national}",
                hidden(CountStatus::Suppressed),
                policy.base
            ),
            format!(
                "“{}” stands for a number of any size that is hidden because others could be reckoned with it. “{}” means that there is no \
                 such figure. Numbers of groups, meetings and tables are exact.",
                hidden(CountStatus::Withheld),
                self.report.words(None)
            ),
            format!("The rule is called {}.", applied.id.as_str()),
        ]
    }

    fn about(&self, published: Option<Date>) -> Vec<String> {
        let report = self.report;
        let mut about = vec![format!(
            "Report {} of consultation {}{}. Its figures and words may be used again under the {}.",
            report.number,
            report.consultation.reference,
            published.map_or_else(String::new, |on| format!(", published on {}", day(on))),
            report.licence
        )];
        if let Some(digest) = &report.digest {
            about.push(format!(
                "Its digest, by which anybody can prove that no figure and no word was changed since (SHA-256 of its canonical JSON, \
                 RFC 8785):\n{digest}"
            ));
        }
        if let Some(previous) = &report.previous_digest {
            about.push(format!("The digest of the report before it:\n{previous}"));
        }
        about.push(format!(
            "The report as a page, and in other forms: {}",
            report.page()
        ));
        about
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporting::formats::sample;

    fn charts(report: &Report) -> BTreeMap<String, String> {
        let drawn = |title: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 160\" width=\"640\" height=\"160\" role=\"img\">\
                 <title>{title}</title><desc>Bars.</desc><rect x=\"150\" y=\"20\" width=\"400\" height=\"40\" fill=\"#17456e\"/>\
                 <rect x=\"150\" y=\"90\" width=\"220\" height=\"40\" fill=\"#17456e\"/>\
                 <text x=\"10\" y=\"45\" font-family=\"sans-serif\" font-size=\"16\">الطعام</text>\
                 <text x=\"10\" y=\"115\" font-family=\"sans-serif\" font-size=\"16\" font-weight=\"bold\">Leave \u{0995}</text></svg>"
            )
        };
        let with = report.tables.iter().filter(|table| table.chart.is_some());
        with.map(|table| (table.name.clone(), drawn(&table.title)))
            .collect()
    }

    /// Writes what was made where `COLLATE_TEST_FILES` names a folder, for people to look at.
    fn kept(name: &str, file: &[u8]) {
        if let Some(folder) = std::env::var_os("COLLATE_TEST_FILES") {
            std::fs::write(std::path::Path::new(&folder).join(name), file).unwrap();
        }
    }

    fn holds(file: &[u8], bytes: &str) -> bool {
        file.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    #[test]
    fn reports_of_every_size_are_files_and_the_same_twice() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let charts = charts(&report);
            let (file, warnings) = made(&report, &charts).unwrap();
            kept(&format!("report-{themes}.pdf"), &file);
            assert_eq!(warnings, 0);
            assert!(file.starts_with(b"%PDF-1.7"));
            assert!(
                holds(&file, "/MarkInfo") && holds(&file, "pdfuaid:part") && holds(&file, "/StructTreeRoot")
            );
            assert!(holds(&file, "D:20200110120000"), "dated by its publication");
            assert!(
                file == pdf(&report, &charts).unwrap(),
                "other bytes the second time"
            );
        }
    }

    #[test]
    fn a_report_without_words_is_a_file() {
        let mut report = sample::report(1);
        report.commentary = domain::report::Commentary::default();
        report.consultation.documents.clear();
        report.consultation.materials.clear();
        report.consultation.questions.clear();
        report.consultation.channels.clear();
        report.consultation.easy_read_summary = None;
        report.tables.clear();
        report.quotes.clear();
        report.codeframe.themes.clear();
        report.limitations.clear();
        report.status = ReportStatus::Draft;
        report.published_at = None;
        report.digest = None;
        let (file, warnings) = made(&report, &BTreeMap::new()).unwrap();
        kept("report-draft.pdf", &file);
        assert_eq!(warnings, 0);
    }

    /// Nobody's words are markup, and none keep the file from being made: not letters that the fonts lack, not what has no end.
    #[test]
    fn words_of_every_kind_are_words() {
        let mut report = sample::report(3);
        let words = "#panic(1) = $x$ *not bold* @none <label> \\ `raw` // no comment \u{feff}\u{e000}\u{202e}\u{1f469}\u{200d}\u{1f3fd}\u{fe0f} \
                     \u{9ac}\u{9be}\u{982}\u{9b2}\u{9be} \u{a2a}\u{a70}\u{a1c}\u{a3e}\u{a2c}\u{a40} \u{4f60}\u{597d} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \
                     \u{10d2}\u{301}\u{489}\u{fffd}\u{10ffff}";
        let long = "w".repeat(10_000);
        report.consultation.title = format!("Title {words}");
        report.codeframe.themes[1].label = long.clone();
        report.limitations[0].text = words.repeat(20);
        for quote in &mut report.quotes {
            quote.text = Some(format!("{words}\n{long}"));
        }
        for table in &mut report.tables {
            for row in &mut table.rows {
                row.label = format!("{words}{}", row.label);
            }
        }
        let (file, _) = made(&report, &charts(&report)).unwrap();
        kept("report-words.pdf", &file);
    }

    #[test]
    fn letters_without_a_shape_are_marked_and_told_of() {
        let letters = LETTERS.as_ref().unwrap();
        let mut data = json!({"words": ["Leave", "\u{9ac}\u{9be} and \u{feff}tea\u{fe0f}"], "number": 1});
        assert!(letters.keep_drawable(&mut data));
        assert_eq!(data["words"][1], "□ and tea\u{fe0f}");
        for words in [
            "Łódź, naïve",
            "الطعام الحلال",
            "שלום",
            "Здоровье",
            "Υγεία",
            "“quoted” – 5 ≥ 3 €",
        ] {
            let mut data = json!(words);
            assert!(!letters.keep_drawable(&mut data), "{words}");
            assert_eq!(data, words);
        }
    }

    #[test]
    fn pieces_are_even() {
        let of = |all: usize| {
            pieces(&vec![(); all], COLUMNS)
                .map(<[()]>::len)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(12), [12]);
        assert_eq!(of(13), [7, 6]);
        assert_eq!(of(30), [10, 10, 10]);
        assert!(of(0).is_empty());
    }
}
