//! What the template reads: the report's words and figures, each as it is to be drawn.

use domain::{
    collate::CountStatus,
    disclosure::Policy,
    report::{Report, ReportTable, ReportedTheme, TableCell, TableRow, ThemeCommentary},
    text::Prose,
    vocabulary::{QuestionKind, ReportStatus},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use time::{Date, OffsetDateTime};

/// Columns of figures that fit beside the labels of a page; wider tables go on below, with their labels again.
const COLUMNS: usize = 12;
/// Figures of one theme in one line.
const FIGURES: usize = 7;
/// Tables that stand in the text and not in the appendix.
const WHO_TOOK_PART: [&str; 4] = ["heard", "attendance", "participants", "responses"];
const THEMES: &str = "themes";
const THEME_BY_RESPONDENT_GROUP: &str = "theme-by-respondent-group";

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
    pub charts: &'r BTreeMap<String, String>,
}

impl Writing<'_> {
    /// All of it.
    pub fn whole(&self) -> Value {
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
            .filter(|table| self.charts.contains_key(&table.name));
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
            "digest": report.digest, "hidden": self.hidden(),
            "foreword": written(commentary.foreword.as_ref()), "background": written(commentary.background.as_ref()),
            "summary": paragraphs(&consultation.summary), "easy_read_summary": of(&consultation.easy_read_summary),
            "open_to_change": of(&consultation.open_to_change), "not_open_to_change": of(&consultation.not_open_to_change),
            "asked": asked.into_iter().flatten().collect::<Vec<_>>(),
            "documents": self.documents(), "materials": self.materials(), "questions": self.questions(),
            "took_part": took_part,
            "overview": report.table(THEMES).map(with_picture),
            "themes": self.themes(), "sections": self.sections(), "method": self.method(),
            "limitations": report.limitations.iter().map(|limitation| &limitation.text).collect::<Vec<_>>(),
            "next": written(commentary.what_happens_next.as_ref()),
            "about": self.about(published.map(|(_, on)| on)),
            "pictures": drawn.map(|table| self.picture(table)).collect::<Vec<_>>(),
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
            "title": table.title, "unit": table.unit, "base": table.base, "note": table.note, "rows_are": table.rows_are,
            "csv": table.csv, "pieces": parts,
        }))
    }

    /// The chart of a table, or none. What it shows is told by the table's title and not by the chart, so that one speaks for the other.
    fn picture(&self, table: &ReportTable) -> Map<String, Value> {
        fields(json!({
            "title": table.title, "unit": table.unit, "base": table.base, "chart": self.charts.get(&table.name),
            "alternative": format!("Chart: {}. Its figures stand in the table of that name.", table.title),
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

    /// The themes in the order of their table, which has parents before their sub-themes.
    fn themes_in_order(&self) -> Vec<(&ReportedTheme, u8)> {
        let themes = &self.report.codeframe.themes;
        let by_code: HashMap<_, _> = themes.iter().map(|theme| (theme.code.as_str(), theme)).collect();
        let rows = self.report.table(THEMES).map_or(&[][..], |table| &table.rows);
        let mut ordered: Vec<_> = rows
            .iter()
            .filter_map(|row| Some((*by_code.get(row.key.as_str())?, row.level)))
            .collect();
        let told: HashSet<_> = ordered.iter().map(|(theme, _)| theme.id).collect();
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
                    "Counted: {}. Here people in services and staff can be compared.",
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
                "Some of it was coded by two or more people who did not see each other's work. How far they agree is measured by Krippendorff's \
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

    /// What stands in the place of a small number, and of one that would give another away.
    fn hidden(&self) -> [String; 2] {
        [CountStatus::Suppressed, CountStatus::Withheld].map(|status| {
            self.report.words(Some(&TableCell {
                id: String::new(),
                value: None,
                status,
            }))
        })
    }

    /// How small numbers are hidden, in plain words.
    fn protection(&self) -> Vec<String> {
        let applied = &self.report.collation.policy;
        if !applied.applied {
            return vec!["These figures are exact: no small number is hidden.".into()];
        }
        let policy = Policy::of(applied.id);
        let [suppressed, withheld] = self.hidden();
        let national = match policy.exact_national {
            true => " The headcount of each round and the number of all responses are exact.",
            false => "",
        };
        vec![
            format!(
                "Small numbers could give somebody away. So where people or responses are counted, and in every breakdown, a small number is \
                 not shown: “{}” stands in its place. Larger ones are rounded to the nearest {}.{national}",
                suppressed, policy.base
            ),
            format!(
                "“{}” stands for a number of any size that is hidden because others could be reckoned with it. “{}” means that there is no \
                 such figure. Numbers of groups, meetings and tables are exact.",
                withheld,
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
