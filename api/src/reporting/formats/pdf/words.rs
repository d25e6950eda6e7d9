//! What the template reads: the report's words and figures, each as it is to be drawn. What a sentence, a heading or a list says is of
//! [`wording`], as in every other form; here is only what goes where on paper.

use crate::reporting::formats::{
    charts,
    wording::{self, heading},
};
use domain::{
    collate::CountStatus,
    moment::Moment,
    report::{Report, ReportTable, ReportedTheme, TableCell, TableRow},
    text::Prose,
    vocabulary::ReportStatus,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

/// Columns of figures that fit beside the labels of a page; wider tables go on below, with their labels again.
const COLUMNS: usize = 12;
/// Figures of one theme in one line.
const FIGURES: usize = 7;
/// Tables that stand in the text and not in the appendix.
const WHO_TOOK_PART: [&str; 4] = ["heard", "attendance", "participants", "responses"];
const THEMES: &str = "themes";
const THEME_BY_RESPONDENT_GROUP: &str = "theme-by-respondent-group";

fn paragraphs(text: Option<&String>) -> Vec<&str> {
    text.into_iter()
        .flat_map(|text| wording::paragraphs(text))
        .collect()
}

fn written(prose: Option<&Prose>) -> Vec<&str> {
    wording::prose(prose).collect()
}

fn each_written(all: &[Prose]) -> Vec<Vec<&str>> {
    all.iter().map(|prose| written(Some(prose))).collect()
}

/// Names and what stands under them.
fn known<N: AsRef<str>>(pairs: Vec<(N, String)>) -> Vec<Value> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| json!({"name": name.as_ref(), "value": value}))
        .collect()
}

fn fields(of: Value) -> Map<String, Value> {
    match of {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// Pieces of nearly the same length, none longer than `most`.
fn pieces<T>(all: &[T], most: usize) -> std::slice::Chunks<'_, T> {
    let many = all.len().div_ceil(most).max(1);
    all.chunks(all.len().div_ceil(many).max(1))
}

/// What the template reads, made of the report.
pub(super) struct Writing<'r> {
    pub report: &'r Report,
}

impl Writing<'_> {
    /// All of it.
    pub fn whole(&self) -> Value {
        let report = self.report;
        let consultation = &report.consultation;
        let commentary = &report.commentary;
        let published = report.published_at.map(Moment::unix_seconds);
        let date = published.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
        let about_people = |table: &&ReportTable| WHO_TOOK_PART.contains(&table.name.as_str());
        let with_picture = |table: &ReportTable| {
            Value::Object(self.table(table).into_iter().chain(self.picture(table)).collect())
        };
        let took_part: Vec<_> = report
            .tables
            .iter()
            .filter(about_people)
            .map(with_picture)
            .collect();
        let others: Vec<_> = report
            .tables
            .iter()
            .filter(|table| !about_people(table) && table.name != THEMES)
            .collect();
        let drawn = others
            .iter()
            .map(|table| self.picture(table))
            .filter(|picture| picture.get("drawn").is_some_and(|drawn| *drawn != json!([])));
        let documents: Vec<_> = wording::documents(report)
            .into_iter()
            .map(|(title, sections)| json!({"title": title, "sections": sections}))
            .collect();
        let mut next = written(commentary.what_happens_next.as_ref());
        let due = wording::answer_due(report);
        next.extend(due.as_deref());
        json!({
            "headings": headings(),
            "title": consultation.title, "reference": consultation.reference, "page": report.page(),
            "description": consultation.summary,
            "kicker": format!("What people said. {} ({})", wording::edition(report), consultation.reference),
            "body": consultation.commissioned_by.name,
            "footer": format!("{}, report {}{}", consultation.reference, report.number, match report.status {
                ReportStatus::Draft => " (draft)",
                ReportStatus::Published => "",
                ReportStatus::Retracted => " (retracted)",
            }),
            "standing": self.standing(),
            "date": date.map(|at| json!({"year": at.year(), "month": u8::from(at.month()), "day": at.day(), "hour": at.hour(),
                "minute": at.minute(), "second": at.second()})),
            "digest": report.digest, "hidden": self.hidden(),
            "foreword": written(commentary.foreword.as_ref()), "background": written(commentary.background.as_ref()),
            "summary": paragraphs(Some(&consultation.summary)),
            "easy_read_summary": paragraphs(consultation.easy_read_summary.as_ref()),
            "open_to_change": paragraphs(consultation.open_to_change.as_ref()),
            "not_open_to_change": paragraphs(consultation.not_open_to_change.as_ref()),
            "asked": wording::how_we_asked(report), "documents": documents, "materials": wording::materials(report),
            "questions": wording::questions(report),
            "who_took_part": wording::who_took_part(report), "took_part": took_part,
            "how_to_read": known(wording::how_to_read(report)),
            "overview": report.table(THEMES).map(with_picture),
            "themes": self.themes(), "sections": self.sections(),
            "method": written(commentary.method.as_ref()), "worked_on": wording::method(report),
            "limitations": report.limitations.iter().map(|limitation| &limitation.text).collect::<Vec<_>>(),
            "next": next,
            "about": known(wording::about(report)), "how_to_verify": wording::how_to_verify(),
            "pictures": drawn.collect::<Vec<_>>(),
            "appendix": others.iter().map(|table| self.table(table)).collect::<Vec<_>>(),
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

    /// A table as it is drawn: its figures in words, in as many pieces as the page needs.
    fn table(&self, table: &ReportTable) -> Map<String, Value> {
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
        fields(json!({
            "title": table.title, "counted": wording::unit_and_base(table), "note": table.note, "rows_are": table.rows_are,
            "csv": table.csv, "pieces": parts,
        }))
    }

    /// The picture of a table, in the parts that a page has of it. What it shows is told by the table's title and not by the picture, so that
    /// one speaks for the other.
    fn picture(&self, table: &ReportTable) -> Map<String, Value> {
        let parts = charts::parts(self.report, &table.name, charts::Stands::OnPaper);
        let of = parts.len();
        let drawn = parts.into_iter().enumerate().map(|(at, part)| {
            let part_of = match of {
                1 => String::new(),
                _ => format!(", part {} of {of}", at + 1),
            };
            json!({
                "chart": part.into_string(),
                "alternative": format!("Chart: {}{part_of}. Its figures stand in the table of that name.", table.title),
            })
        });
        fields(json!({
            "title": table.title, "counted": wording::unit_and_base(table), "drawn": drawn.collect::<Vec<_>>(),
        }))
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

    fn themes(&self) -> Vec<Value> {
        let themes = wording::themes(self.report).into_iter();
        themes.map(|(theme, level)| self.theme(theme, level)).collect()
    }

    fn theme(&self, theme: &ReportedTheme, level: u8) -> Value {
        let report = self.report;
        let said = wording::commentary(report, theme.id);
        let by_people = report
            .table(THEME_BY_RESPONDENT_GROUP)
            .map(wording::unit_and_base);
        let quotes = wording::quotes(report, theme.id).into_iter();
        let quotes: Vec<_> = quotes
            .map(|(words, by)| json!({"words": words, "by": by}))
            .collect();
        json!({
            "label": theme.label, "level": level, "description": theme.description,
            "how_widely": wording::how_widely(report, theme), "widely": self.strip(THEMES, &theme.code),
            "differs": wording::differs(report, theme), "by_people": self.strip(THEME_BY_RESPONDENT_GROUP, &theme.code),
            "by_people_counted": by_people,
            "summary": written(said.and_then(|said| said.summary.as_ref())),
            "quotes": quotes,
            "key_points": said.map(|said| each_written(&said.key_points)).unwrap_or_default(),
            "areas": said.map(|said| each_written(&said.areas_for_consideration)).unwrap_or_default(),
        })
    }

    fn sections(&self) -> Vec<Value> {
        let sections = self.report.commentary.sections.iter();
        sections
            .map(|section| {
                json!({
                    "title": wording::section(self.report, section.section_ref.as_str()),
                    "summary": written(section.summary.as_ref()), "suggestions": each_written(&section.suggestions),
                })
            })
            .collect()
    }

    /// What stands in the place of a small number, and of one that would give another away: the widest that a cell holds.
    fn hidden(&self) -> [String; 2] {
        [CountStatus::Suppressed, CountStatus::Withheld].map(|status| {
            self.report.words(Some(&TableCell {
                id: String::new(),
                value: None,
                status,
            }))
        })
    }
}

/// The headings that every form shares, by the names that the template has for them.
fn headings() -> Value {
    json!({
        "foreword": heading::FOREWORD, "background": heading::BACKGROUND, "open_to_influence": heading::OPEN_TO_INFLUENCE,
        "not_open_to_influence": heading::NOT_OPEN_TO_INFLUENCE, "how_we_asked": heading::HOW_WE_ASKED,
        "documents": heading::DOCUMENTS, "materials": heading::MATERIALS, "questions": heading::QUESTIONS,
        "who_took_part": heading::WHO_TOOK_PART, "how_to_read": heading::HOW_TO_READ,
        "themes_at_a_glance": heading::THEMES_AT_A_GLANCE, "themes": heading::THEMES, "how_widely": heading::HOW_WIDELY,
        "people_and_staff": heading::PEOPLE_AND_STAFF, "in_their_words": heading::IN_THEIR_WORDS,
        "key_points": heading::KEY_POINTS, "areas": heading::AREAS, "sections": heading::SECTIONS,
        "suggestions": heading::SUGGESTIONS, "method": heading::METHOD, "limitations": heading::LIMITATIONS,
        "what_happens_next": heading::WHAT_HAPPENS_NEXT, "about": heading::ABOUT, "how_to_verify": heading::HOW_TO_VERIFY,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporting::formats::{docx, page, sample};
    use quick_xml::escape::unescape;
    use std::io::Read;

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

    /// Every word that the template is given, a line each.
    fn words(value: &Value) -> String {
        match value {
            Value::String(words) => format!("{words}\n"),
            Value::Array(items) => items.iter().map(words).collect(),
            Value::Object(fields) => fields.values().map(words).collect(),
            _ => String::new(),
        }
    }

    fn docx_words(report: &Report) -> String {
        let file = docx::docx(report).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file)).unwrap();
        let mut xml = String::new();
        let mut part = archive.by_name("word/document.xml").unwrap();
        part.read_to_string(&mut xml).unwrap();
        unescape(&xml).unwrap().into_owned()
    }

    #[test]
    fn what_the_report_says_of_its_figures_it_says_in_every_form_in_the_same_words() {
        for themes in [3, 60] {
            let report = sample::report(themes);
            let drawn = Writing { report: &report };
            let paper = words(&drawn.whole());
            let written = page::page(&report, &sample::aftermath(&report));
            let written = unescape(&written).unwrap();
            let document = docx_words(&report);
            let mut said = vec![wording::edition(&report), wording::how_to_verify()];
            said.extend(wording::how_we_asked(&report));
            for (title, sections) in wording::documents(&report) {
                said.push(title);
                said.extend(sections);
            }
            said.extend(wording::materials(&report));
            said.extend(wording::questions(&report));
            said.extend(wording::who_took_part(&report));
            for (word, means) in wording::how_to_read(&report) {
                said.extend([word, means]);
            }
            let mut differs = 0;
            for (theme, _) in wording::themes(&report) {
                said.push(wording::how_widely(&report, theme));
                let found = wording::differs(&report, theme);
                differs += usize::from(found.is_some());
                said.extend(found);
                for (words, by) in wording::quotes(&report, theme.id) {
                    said.extend([words.to_owned(), by.to_owned()]);
                }
            }
            assert!(differs > 0);
            for section in &report.commentary.sections {
                said.push(wording::section(&report, section.section_ref.as_str()));
            }
            said.extend(wording::method(&report));
            for (name, value) in wording::about(&report) {
                said.extend([name.to_owned(), value]);
            }
            said.extend(report.tables.iter().map(wording::unit_and_base));
            assert!(said.len() > 50);
            for sentence in said {
                for (form, stands) in [("PDF", &*paper), ("page", &*written), ("DOCX", &*document)] {
                    assert!(stands.contains(&sentence), "not in the {form}: {sentence}");
                }
            }
            // The page tells the day as it stands now.
            let due = wording::answer_due(&report).unwrap();
            assert!(paper.contains(&due) && document.contains(&due));
        }
    }
}
