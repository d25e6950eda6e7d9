//! A report's figures as CSV (RFC 4180): one figure a line, with what it counts, how it may be read and the id by which it is found again.
//!
//! Invariant: a value is a number or nothing. What is hidden has no value, never 0 and no word, and its status says why; a cell that
//! the report does not have is no line. Long and not wide, because tables differ in their columns and a status belongs to one figure:
//! wide tables are in the workbook.
//!
//! The file begins with a byte order mark. Without one, Excel on Windows takes UTF-8 for Windows-1252 and a label in Arabic for rubbish, and a
//! report is opened by a double click more often than by a program. pandas, readr and the `csv` crate skip it; in base R it is
//! `fileEncoding = "UTF-8-BOM"`.

use crate::http::answer::unformulated;
use domain::{
    collate::CountStatus,
    report::{Figure, Report, ReportTable},
};

/// UTF-8 says that it is.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The fields of a line, and what each holds.
pub const FIELDS: [(&str, &str); 9] = [
    ("table", "The table's name, as it stands in addresses."),
    (
        "row_key",
        "What the row is known by: the code of a theme, the number of a question.",
    ),
    ("row", "What the row is called."),
    ("column_key", "What the column is known by."),
    ("column", "What the column is called."),
    ("unit", "What the figure counts."),
    (
        "value",
        "The figure: a number, or a share from 0 to 1. Empty where it is hidden.",
    ),
    (
        "status",
        "How the figure may be read: exact, rounded, suppressed or withheld.",
    ),
    (
        "cell_id",
        "The figure's own id, under which the service keeps what stands behind it.",
    ),
];

/// What the words of `status` mean.
const STATUSES: [(&str, &str); 4] = [
    ("exact", "The number itself."),
    (
        "rounded",
        "More than the rule's threshold, shown as the nearest multiple of its base.",
    ),
    (
        "suppressed",
        "Not above the rule's threshold: hidden, so that nobody can be recognised.",
    ),
    (
        "withheld",
        "Of any size: hidden, because it would tell another that is.",
    ),
];

/// The word of a status, as it stands in JSON.
pub const fn status(status: CountStatus) -> &'static str {
    match status {
        CountStatus::Exact => "exact",
        CountStatus::Rounded => "rounded",
        CountStatus::Suppressed => "suppressed",
        CountStatus::Withheld => "withheld",
    }
}

/// Lines as they grow. Written by hand: the `csv` crate's writer can fail, and this cannot.
struct Lines(String);

impl Lines {
    fn new() -> Self {
        Self(BYTE_ORDER_MARK.to_owned())
    }

    /// Adds a line; each field is a text that a spreadsheet must not take for a formula.
    fn texts(&mut self, fields: &[&str]) {
        for (at, field) in fields.iter().enumerate() {
            self.part(at > 0);
            self.field(&unformulated(field));
        }
        self.end();
    }

    fn part(&mut self, wanted: bool) {
        if wanted {
            self.0.push(',');
        }
    }

    fn field(&mut self, field: &str) {
        if field.contains(['"', ',', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(&field.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(field);
        }
    }

    fn end(&mut self) {
        self.0.push_str("\r\n");
    }

    /// Adds a line for each figure of a table.
    fn figures(&mut self, table: &ReportTable) {
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let Some(cell) = cell else { continue };
                let unit = column.unit.as_ref().unwrap_or(&table.unit);
                for text in [
                    &table.name,
                    &row.key,
                    &row.label,
                    &column.key,
                    &column.label,
                    unit,
                ] {
                    self.field(&unformulated(text));
                    self.part(true);
                }
                // A number is never guarded: a quote mark before it would make it a text.
                match cell.value {
                    Some(Figure::Count(count)) => self.field(&count.to_string()),
                    Some(Figure::Share(share)) => self.field(&share.to_string()),
                    None => {}
                }
                self.part(true);
                self.field(status(cell.status));
                self.part(true);
                self.field(&unformulated(&cell.id));
                self.end();
            }
        }
    }

    fn header(&mut self) {
        self.texts(&FIELDS.map(|(name, _)| name));
    }
}

/// One table of the report, a figure a line.
pub fn table(_: &Report, table: &ReportTable) -> Vec<u8> {
    let mut lines = Lines::new();
    lines.header();
    lines.figures(table);
    lines.0.into_bytes()
}

/// Every figure of the report, a line each, table after table.
pub fn whole(report: &Report) -> Vec<u8> {
    let mut lines = Lines::new();
    lines.header();
    for table in &report.tables {
        lines.figures(table);
    }
    lines.0.into_bytes()
}

/// What every field, status, table, row heading and column means.
pub fn dictionary(report: &Report) -> Vec<u8> {
    let mut lines = Lines::new();
    lines.texts(&["kind", "table", "name", "title", "unit", "base", "note"]);
    for (name, means) in FIELDS {
        lines.texts(&["field", "", name, "", "", "", means]);
    }
    for (name, means) in STATUSES {
        lines.texts(&["status", "", name, "", "", "", means]);
    }
    for table in &report.tables {
        let note = table.note.as_deref().unwrap_or_default();
        lines.texts(&[
            "table",
            &table.name,
            &table.name,
            &table.title,
            &table.unit,
            &table.base,
            note,
        ]);
        lines.texts(&["rows", &table.name, "row", &table.rows_are, "", "", ""]);
        for column in &table.columns {
            let unit = column.unit.as_ref().unwrap_or(&table.unit);
            lines.texts(&[
                "column",
                &table.name,
                &column.key,
                &column.label,
                unit,
                &table.base,
                "",
            ]);
        }
    }
    lines.0.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use std::collections::HashMap;

    type Line = (
        String,
        String,
        String,
        String,
        String,
        String,
        String,
        String,
        String,
    );

    fn read(bytes: &[u8]) -> Vec<Line> {
        assert!(bytes.starts_with(&[0xEF, 0xBB, 0xBF]));
        let mut reader = ::csv::Reader::from_reader(bytes);
        assert_eq!(reader.headers().unwrap(), FIELDS.map(|(name, _)| name).as_slice());
        reader.deserialize().map(|line| line.unwrap()).collect()
    }

    #[test]
    fn every_figure_is_read_back_as_it_is() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let lines = read(&whole(&report));
            let mut by_id: HashMap<&str, &Line> = lines.iter().map(|line| (line.8.as_str(), line)).collect();
            assert_eq!(by_id.len(), lines.len());
            for table in &report.tables {
                let alone = read(&super::table(&report, table));
                for row in &table.rows {
                    for (column, cell) in table.columns.iter().zip(&row.cells) {
                        let Some(cell) = cell else { continue };
                        let line = by_id.remove(cell.id.as_str()).unwrap();
                        assert!(alone.contains(line));
                        assert_eq!((&line.0, &line.3), (&table.name, &column.key));
                        assert_eq!(line.2, unformulated(&row.label));
                        assert_eq!(line.7, serde_json::to_value(cell.status).unwrap());
                        match cell.value {
                            None => assert_eq!(line.6, ""),
                            Some(Figure::Count(count)) => assert_eq!(line.6.parse::<u64>().unwrap(), count),
                            // To the last bit.
                            Some(Figure::Share(share)) => assert_eq!(line.6.parse::<f64>().unwrap(), share),
                        }
                    }
                }
            }
            assert!(by_id.is_empty(), "lines that are no figure");
        }
    }

    #[test]
    fn no_label_is_a_formula_and_no_number_is_a_text() {
        let report = sample::report(60);
        let text = String::from_utf8(whole(&report)).unwrap();
        assert!(text.contains("\"'=1+1 \"\"motivation\"\"\""));
        for line in read(text.as_bytes()) {
            assert!(!line.2.starts_with(['=', '+', '-', '@']), "{}", line.2);
            assert!(line.6.is_empty() || line.6.parse::<f64>().is_ok());
            assert_eq!(
                line.6.is_empty(),
                ["suppressed", "withheld"].contains(&line.7.as_str())
            );
        }
    }

    #[test]
    fn the_dictionary_knows_every_table_and_column() {
        let report = sample::report(3);
        let bytes = dictionary(&report);
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        let lines: Vec<::csv::StringRecord> = reader.records().map(|line| line.unwrap()).collect();
        for table in &report.tables {
            assert!(
                lines
                    .iter()
                    .any(|line| &line[0] == "table" && line[2] == table.name && line[5] == table.base)
            );
            for column in &table.columns {
                let known = lines.iter().any(|line| {
                    &line[0] == "column" && line[1] == table.name && line[2] == unformulated(&column.key)
                });
                assert!(known, "{} {}", table.name, column.key);
            }
        }
    }
}
