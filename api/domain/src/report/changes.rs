//! What one report says otherwise than an earlier one of the same consultation: every figure, every text, every theme, every quote.
//!
//! Invariant: what is not named here is the same in both. Figures are matched by table, row and column, and a theme by its id whatever
//! its code has become; places tell nothing, because a new theme moves every row below it. Of the two documents alone: a reader who
//! holds both could find all of it, so nothing here tells more than they do.
//!
//! No differences: ids of reports, addresses made of them, what a digest is, where a report stands, the order of rows, and the
//! revision of the facts, which every coding moves.
//!
//! Refused: a diff of the two documents line by line, in which each figure differs because each has an id of its own.

use super::{Figure, Report, ReportTable, ReportedQuote, ReportedTheme, TableCell};
use crate::{
    collate::CountStatus,
    id::{QuoteId, ThemeId},
    vocabulary::{UnknownWord, closed_sets},
    wording::{self, Fate},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    str::FromStr,
};
use utoipa::ToSchema;

closed_sets! {
    /// What became of a theme. `renamed`: its label or code; `moved`: it stands under another parent, or under one no longer; `described`:
    /// what it takes in is put otherwise.
    ThemeTurn { Renamed = "renamed", Moved = "moved", Described = "described" }
}

/// What differs between two reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Changes {
    /// Figures that differ, of rows and columns that both reports have; the value or how it may be read.
    pub figures: Vec<FigureChange>,
    /// Tables, rows and columns that only the later report has. Their figures are read there.
    pub places_added: Vec<TablePlace>,
    /// Tables, rows and columns that only the earlier report has.
    pub places_gone: Vec<TablePlace>,
    /// Themes that only the later report has.
    pub themes_added: Vec<ReportedTheme>,
    /// Themes that only the earlier report has.
    pub themes_gone: Vec<ReportedTheme>,
    /// Themes that both have, and that are called, placed or described otherwise.
    pub themes_changed: Vec<ThemeChange>,
    /// Quotes that only the later report has.
    pub quotes_added: Vec<ReportedQuote>,
    /// Quotes that only the earlier report has; `text` is null where it was taken out since.
    pub quotes_gone: Vec<ReportedQuote>,
    /// Everything else: the release and its policy, the version of the codeframe, the consultation and its questions, how coding was
    /// done, the commentary, limitations, and the words around the figures.
    pub fields: Vec<FieldChange>,
}

/// A figure that differs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FigureChange {
    /// The table's name.
    pub table: String,
    /// The row's key, as the later report has it.
    pub row: String,
    pub row_label: String,
    pub column: String,
    pub column_label: String,
    /// What it counts.
    pub unit: String,
    /// Null where the earlier report has no such figure.
    #[schema(required = true)]
    pub before: Option<PublishedFigure>,
    /// Null where the later report has no such figure.
    #[schema(required = true)]
    pub after: Option<PublishedFigure>,
}

/// A figure, as one of the reports has it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PublishedFigure {
    /// What `/v1/cells/{id}` finds what stands behind it by.
    pub id: String,
    /// Null where it is hidden.
    /// Unit: `unit` of the change. Base: that of the table.
    #[schema(required = true, value_type = Option<f64>)]
    pub value: Option<Figure>,
    /// How it may be read.
    pub status: CountStatus,
}

impl PublishedFigure {
    fn of(cell: &TableCell) -> Self {
        Self {
            id: cell.id.clone(),
            value: cell.value,
            status: cell.status,
        }
    }
}

/// A table, or a row or column of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct TablePlace {
    /// The table's name.
    pub table: String,
    /// The row's key, of a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The column's key, of a column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What it is called.
    pub label: String,
}

/// A theme that both reports have, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThemeChange {
    pub id: ThemeId,
    /// One or more.
    pub turns: Vec<ThemeTurn>,
    pub before: ReportedTheme,
    pub after: ReportedTheme,
}

/// One thing that differs beside figures, themes and quotes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// Where it stands in the later report (RFC 6901); absent where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Where it stood in the earlier report; absent where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer_before: Option<String>,
    /// What stood there; absent where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub before: Option<Value>,
    /// What stands there; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub after: Option<Value>,
    /// Of a text that stands in both: its parts in the order of reading. Those that are the same and removed make the text before,
    /// those that are the same and added the text after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<ChangedWords>>,
}

/// A part of a text, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedWords {
    pub fate: Fate,
    pub text: String,
}

/// What differs between two reports, for whoever knows which quotes, earlier to later, are of the same words: their ids and hashes are of
/// one report each, so where the words were taken out of both nothing else tells.
pub fn changes_knowing(before: &Report, after: &Report, same_words: &HashMap<QuoteId, QuoteId>) -> Changes {
    let mut found = Changes::default();
    found.compare_tables(before, after);
    found.compare_themes(before, after);
    found.compare_quotes(before, after, same_words);
    let parts = |report: &Report| {
        [
            ("/release_id", json!(report.release_id)),
            ("/collation/policy/id", json!(report.collation.policy.id)),
            ("/codeframe/version", json!(report.codeframe.version)),
            ("/licence", json!(report.licence)),
            ("/consultation", json!(report.consultation)),
            ("/coding", json!(report.coding)),
            ("/limitations", json!(report.limitations)),
            ("/commentary", without_quotes(json!(report.commentary))),
        ]
    };
    for ((pointer, was), (_, is)) in parts(before).into_iter().zip(parts(after)) {
        found.compare_fields(pointer, &was, pointer, &is);
    }
    found
}

/// A commentary without the ids of its quotes, which are of this report alone; the quotes are compared by themselves.
fn without_quotes(mut commentary: Value) -> Value {
    let themes = commentary.get_mut("themes").and_then(Value::as_array_mut);
    for theme in themes.into_iter().flatten().filter_map(Value::as_object_mut) {
        theme.remove("quote_ids");
    }
    commentary
}

/// By what a row is known again: its key, in which a theme's code is replaced by the theme's id; and the how-manieth of that key.
type Known = (String, usize);

/// Things by what each is known by, in their order; those of one key are told apart by which comes first.
fn known<T>(all: impl Iterator<Item = (String, T)>) -> Vec<(Known, T)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    all.map(|(key, thing)| {
        let nth = seen.entry(key.clone()).or_default();
        *nth += 1;
        ((key, *nth), thing)
    })
    .collect()
}

/// How the rows of a report's tables are known again in another.
struct Rows<'r> {
    themes: HashMap<&'r str, ThemeId>,
}

impl<'r> Rows<'r> {
    fn of(report: &'r Report) -> Self {
        let themes = report.collation.themes.iter();
        Self {
            themes: themes.map(|theme| (theme.code.as_str(), theme.id)).collect(),
        }
    }

    fn known_as(&self, table: &ReportTable, key: &str) -> String {
        if !table.name.starts_with("theme") {
            return key.to_owned();
        }
        let (within, code) = match key.rsplit_once('/') {
            Some((within, code)) => (Some(within), code),
            None => (None, key),
        };
        match (self.themes.get(code), within) {
            (Some(id), Some(within)) => format!("{within}/{id}"),
            (Some(id), None) => id.to_string(),
            (None, _) => key.to_owned(),
        }
    }
}

fn figure(cell: Option<&TableCell>) -> Option<PublishedFigure> {
    cell.map(PublishedFigure::of)
}

impl Changes {
    fn compare_tables(&mut self, before: &Report, after: &Report) {
        let of = |table: &ReportTable| TablePlace {
            table: table.name.clone(),
            row: None,
            column: None,
            label: table.title.clone(),
        };
        for table in &before.tables {
            if after.table(&table.name).is_none() {
                self.places_gone.push(of(table));
            }
        }
        let (rows_before, rows_after) = (Rows::of(before), Rows::of(after));
        for (at, table) in after.tables.iter().enumerate() {
            let was = before.tables.iter().enumerate();
            let Some((was_at, was)) = was.into_iter().find(|(_, was)| was.name == table.name) else {
                self.places_added.push(of(table));
                continue;
            };
            self.compare_table((was_at, was, &rows_before), (at, table, &rows_after));
        }
    }

    fn compare_table(
        &mut self,
        (was_at, was, rows_before): (usize, &ReportTable, &Rows<'_>),
        (is_at, is, rows_after): (usize, &ReportTable, &Rows<'_>),
    ) {
        let about = |table: &ReportTable| {
            json!({"title": table.title, "unit": table.unit, "base": table.base, "note": table.note,
                "rows_are": table.rows_are})
        };
        let (old, new) = (format!("/tables/{was_at}"), format!("/tables/{is_at}"));
        self.compare_fields(&old, &about(was), &new, &about(is));

        let columns = |table: &ReportTable| -> Vec<(Known, usize)> {
            let columns = table.columns.iter().enumerate();
            known(columns.map(|(at, column)| (column.key.clone(), at)))
        };
        let rows = |table: &ReportTable, rows: &Rows<'_>| -> Vec<(Known, usize)> {
            let all = table.rows.iter().enumerate();
            known(all.map(|(at, row)| (rows.known_as(table, &row.key), at)))
        };
        let columns = both(columns(was), columns(is));
        let rows = both(rows(was, rows_before), rows(is, rows_after));
        let column_of = |table: &ReportTable, at: &usize| {
            table.columns.get(*at).map(|column| TablePlace {
                table: table.name.clone(),
                row: None,
                column: Some(column.key.clone()),
                label: column.label.clone(),
            })
        };
        let row_of = |table: &ReportTable, at: &usize| {
            table.rows.get(*at).map(|row| TablePlace {
                table: table.name.clone(),
                row: Some(row.key.clone()),
                column: None,
                label: row.label.clone(),
            })
        };
        self.places_gone
            .extend(columns.gone.iter().filter_map(|at| column_of(was, at)));
        self.places_gone
            .extend(rows.gone.iter().filter_map(|at| row_of(was, at)));
        self.places_added
            .extend(columns.added.iter().filter_map(|at| column_of(is, at)));
        self.places_added
            .extend(rows.added.iter().filter_map(|at| row_of(is, at)));

        for (was_column, is_column) in &columns.both {
            let (Some(one), Some(other)) = (was.columns.get(*was_column), is.columns.get(*is_column)) else {
                continue;
            };
            self.compare_fields(
                &format!("{old}/columns/{was_column}"),
                &json!(one),
                &format!("{new}/columns/{is_column}"),
                &json!(other),
            );
        }
        for (was_row, is_row) in &rows.both {
            let (Some(one), Some(other)) = (was.rows.get(*was_row), is.rows.get(*is_row)) else {
                continue;
            };
            let about =
                |row: &super::TableRow| json!({"key": row.key, "label": row.label, "level": row.level});
            self.compare_fields(
                &format!("{old}/rows/{was_row}"),
                &about(one),
                &format!("{new}/rows/{is_row}"),
                &about(other),
            );
            for (was_column, is_column) in &columns.both {
                let before = one.cells.get(*was_column).and_then(Option::as_ref);
                let after = other.cells.get(*is_column).and_then(Option::as_ref);
                let shown = |cell: Option<&TableCell>| cell.map(|cell| (cell.value, cell.status));
                if shown(before) == shown(after) {
                    continue;
                }
                let Some(column) = is.columns.get(*is_column) else {
                    continue;
                };
                self.figures.push(FigureChange {
                    table: is.name.clone(),
                    row: other.key.clone(),
                    row_label: other.label.clone(),
                    column: column.key.clone(),
                    column_label: column.label.clone(),
                    unit: column.unit.clone().unwrap_or_else(|| is.unit.clone()),
                    before: figure(before),
                    after: figure(after),
                });
            }
        }
    }

    fn compare_themes(&mut self, before: &Report, after: &Report) {
        for theme in &before.codeframe.themes {
            if after.theme(theme.id).is_none() {
                self.themes_gone.push(theme.clone());
            }
        }
        for theme in &after.codeframe.themes {
            let Some(was) = before.theme(theme.id) else {
                self.themes_added.push(theme.clone());
                continue;
            };
            let turns = [
                (
                    (&was.label, &was.code) != (&theme.label, &theme.code),
                    ThemeTurn::Renamed,
                ),
                (was.parent_id != theme.parent_id, ThemeTurn::Moved),
                (was.description != theme.description, ThemeTurn::Described),
            ];
            let turns: Vec<_> = turns
                .iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, turn)| *turn)
                .collect();
            if !turns.is_empty() {
                self.themes_changed.push(ThemeChange {
                    id: theme.id,
                    turns,
                    before: was.clone(),
                    after: theme.clone(),
                });
            }
        }
    }

    fn compare_quotes(&mut self, before: &Report, after: &Report, same_words: &HashMap<QuoteId, QuoteId>) {
        let mut left: Vec<&ReportedQuote> = after.quotes.iter().collect();
        for quote in &before.quotes {
            let is_same = |other: &&ReportedQuote| {
                (&quote.text, quote.theme_id, quote.respondent_group)
                    == (&other.text, other.theme_id, other.respondent_group)
                    && (quote.text.is_some()
                        || quote.id == other.id
                        || same_words.get(&quote.id) == Some(&other.id))
            };
            match left.iter().position(is_same) {
                Some(at) => _ = left.remove(at),
                None => self.quotes_gone.push(quote.clone()),
            }
        }
        self.quotes_added = left.into_iter().cloned().collect();
    }

    /// Compares two pieces, and names what differs as far down as both have it.
    fn compare_fields(&mut self, was_at: &str, was: &Value, is_at: &str, is: &Value) {
        match (was, is) {
            (was, is) if was == is => {}
            (Value::Object(was), Value::Object(is)) => {
                let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
                for name in names {
                    let one = was.get(name).unwrap_or(&Value::Null);
                    let other = is.get(name).unwrap_or(&Value::Null);
                    self.compare_fields(
                        &format!("{was_at}/{name}"),
                        one,
                        &format!("{is_at}/{name}"),
                        other,
                    );
                }
            }
            (Value::Array(was), Value::Array(is)) => {
                let matched = items(was, is);
                let at = |here: &str, place: &usize| format!("{here}/{place}");
                for (one, other) in &matched.both {
                    let (old, new) = (was.get(*one), is.get(*other));
                    let (old, new) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
                    self.compare_fields(&at(was_at, one), old, &at(is_at, other), new);
                }
                for one in &matched.gone {
                    self.name(Some(at(was_at, one)), was.get(*one), None, None);
                }
                for other in &matched.added {
                    self.name(None, None, Some(at(is_at, other)), is.get(*other));
                }
            }
            (was, is) => {
                let stands = |value: &Value| !value.is_null();
                self.name(
                    stands(was).then(|| was_at.to_owned()),
                    Some(was).filter(|was| stands(was)),
                    stands(is).then(|| is_at.to_owned()),
                    Some(is).filter(|is| stands(is)),
                );
            }
        }
    }

    fn name(
        &mut self,
        pointer_before: Option<String>,
        before: Option<&Value>,
        pointer: Option<String>,
        after: Option<&Value>,
    ) {
        let texts = before.and_then(Value::as_str).zip(after.and_then(Value::as_str));
        let words = texts.map(|(before, after)| {
            let parts = wording::compare(before, after).into_iter();
            parts
                .map(|part| ChangedWords {
                    fate: part.fate,
                    text: part.text,
                })
                .collect()
        });
        self.fields.push(FieldChange {
            pointer,
            pointer_before,
            before: before.cloned(),
            after: after.cloned(),
            words,
        });
    }
}

/// Places of two lists that belong together.
struct Matched {
    both: Vec<(usize, usize)>,
    gone: Vec<usize>,
    added: Vec<usize>,
}

/// What is known by the same in both.
fn both(before: Vec<(Known, usize)>, after: Vec<(Known, usize)>) -> Matched {
    let was: HashMap<&Known, usize> = before.iter().map(|(known, at)| (known, *at)).collect();
    let is: BTreeSet<&Known> = after.iter().map(|(known, _)| known).collect();
    Matched {
        gone: before
            .iter()
            .filter(|(known, _)| !is.contains(known))
            .map(|(_, at)| *at)
            .collect(),
        both: after
            .iter()
            .filter_map(|(known, at)| Some((*was.get(known)?, *at)))
            .collect(),
        added: after
            .iter()
            .filter(|(known, _)| !was.contains_key(known))
            .map(|(_, at)| *at)
            .collect(),
    }
}

/// By what an item of a list is known, in the order in which it is looked for.
const KEYS: [&str; 7] = ["id", "theme_id", "section_ref", "number", "code", "ref", "title"];

/// Items of two lists that belong together: by a key where each has one of its own; else those with which both begin and
/// end, and those between them one by one.
fn items(before: &[Value], after: &[Value]) -> Matched {
    let keyed = |list: &[Value], key: &str| -> Option<Vec<(Known, usize)>> {
        let keys: Option<Vec<String>> = list
            .iter()
            .map(|item| item.get(key).map(Value::to_string))
            .collect();
        let all = known(keys?.into_iter().enumerate().map(|(at, key)| (key, at)));
        all.iter().all(|((_, nth), _)| *nth == 1).then_some(all)
    };
    for key in KEYS {
        if let (Some(before), Some(after)) = (keyed(before, key), keyed(after, key)) {
            return both(before, after);
        }
    }
    let shorter = before.len().min(after.len());
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let ends = before.iter().rev().zip(after.iter().rev());
    let end = ends.take(shorter - start).take_while(|(a, b)| a == b).count();
    let (was_end, is_end) = (before.len() - end, after.len() - end);
    let paired = start..was_end.min(is_end);
    Matched {
        both: paired.clone().map(|at| (at, at)).collect(),
        gone: (paired.end.max(start)..was_end).collect(),
        added: (paired.end.max(start)..is_end).collect(),
    }
}
