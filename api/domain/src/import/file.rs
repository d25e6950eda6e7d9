//! Files of feedback as they are sent: what kind of file it is, in which letters it is written, which row is the heading.
//! What comes out is one record a row that holds anything, its cells by column.
//!
//! Everything here is bounded by counts of our own and trusts nothing that a file says of itself.

use super::{csv, ndjson, xlsx};
use crate::{
    import::{Cell, Column, plain},
    limits,
    vocabulary::ImportKind,
};
use std::borrow::Cow;

/// Rows above the heading in which a title may stand.
const TITLE_ROWS: usize = 10;
/// Columns that are looked at.
pub(super) const COLUMNS: usize = 1_000;

/// Why a file is none that can be read, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl Unreadable {
    /// For this reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A row as it stands in the file: places from 0, blank cells left out where the file does.
#[derive(Debug)]
pub struct Row {
    /// As a spreadsheet numbers it.
    pub number: u32,
    pub cells: Vec<(usize, Cell)>,
}

/// A row that holds something, by column.
#[derive(Debug)]
pub struct Record {
    /// As a spreadsheet numbers it.
    pub row: u32,
    cells: Vec<(Column, Cell)>,
}

impl Record {
    /// With cells by column.
    pub fn new(row: u32, cells: Vec<(Column, Cell)>) -> Self {
        Self { row, cells }
    }

    /// What stands in a column.
    pub fn cell(&self, column: Column) -> &Cell {
        let found = self.cells.iter().find(|(other, _)| *other == column);
        found.map_or(&Cell::Blank, |(_, cell)| cell)
    }

    /// Every cell that holds something.
    pub fn cells(&self) -> impl Iterator<Item = (Column, &Cell)> {
        self.cells
            .iter()
            .filter(|(_, cell)| !cell.is_blank())
            .map(|(column, cell)| (*column, cell))
    }
}

/// Something wrong with the file itself, in a row and under a heading of its own.
#[derive(Debug)]
pub struct FileFault {
    pub row: u32,
    /// As it stands in the file.
    pub heading: Option<String>,
    pub code: &'static str,
    pub detail: String,
}

/// What is told of a file while it is read.
pub trait Reader {
    /// A row that holds something.
    fn record(&mut self, record: Record);
    /// Something wrong with it.
    fn fault(&mut self, fault: FileFault);
}

/// Reads a file.
///
/// # Errors
/// Where it is no file of this kind, or too large; what was told until then is void.
pub fn read(kind: ImportKind, bytes: &[u8], reader: &mut dyn Reader) -> Result<(), Unreadable> {
    check_kind(kind, bytes)?;
    match kind {
        ImportKind::Xlsx => xlsx::read(bytes, reader),
        ImportKind::Csv => csv::read(&decoded(bytes)?, reader),
        ImportKind::JsonLines => ndjson::read(&decoded(bytes)?, reader),
    }
}

/// What a file certainly is, by its first bytes, and what to do with it then.
fn check_kind(kind: ImportKind, bytes: &[u8]) -> Result<(), Unreadable> {
    let text = bytes.trim_ascii_start();
    let starts = |with: &[u8]| bytes.starts_with(with);
    let lower = |with: &str| {
        text.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    if text.is_empty() {
        return Err(Unreadable::because(
            "The file is empty. Send one with a heading and rows.",
        ));
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(Unreadable::because(
            "This is an old workbook (.xls) or one with a password. Save it as an Excel workbook (.xlsx) without a password.",
        ));
    }
    let is_zip = starts(b"PK\x03\x04") || starts(b"PK\x05\x06");
    match kind {
        ImportKind::Xlsx if !is_zip => Err(Unreadable::because(
            "This is no Excel workbook (.xlsx), whatever its name ends in. Save it as one, or send a table of text as text/csv.",
        )),
        ImportKind::Csv | ImportKind::JsonLines if is_zip => Err(Unreadable::because(
            "This is a workbook or another archive. Send an Excel workbook (.xlsx) as \
             application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.",
        )),
        ImportKind::Csv | ImportKind::JsonLines
            if starts(b"%PDF") || starts(b"\x89PNG") || starts(b"GIF8") || starts(b"\xff\xd8\xff") =>
        {
            Err(Unreadable::because(
                "This is a document or a picture. Save the table itself as CSV or as an Excel workbook (.xlsx).",
            ))
        }
        ImportKind::Csv | ImportKind::JsonLines
            if ["<!doctype", "<html", "<?xml", "<table", "{\\rtf"]
                .iter()
                .any(|start| lower(start)) =>
        {
            Err(Unreadable::because(
                "This is a page or a document, not a table of text. Save it as CSV or as an Excel workbook (.xlsx).",
            ))
        }
        ImportKind::Csv if starts(b"{\"") => Err(Unreadable::because(
            "These are lines of JSON. Send them as application/x-ndjson.",
        )),
        _ => Ok(()),
    }
}

/// The letters of a file: UTF-8 and UTF-16 with or without their mark, else Windows-1252, as Excel writes CSV here. Line by
/// line, because lists that were pasted together are of both.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let no_text = || {
        Unreadable::because("This is no text. Save the table as CSV (UTF-8) or as an Excel workbook (.xlsx).")
    };
    let utf_16 = match bytes {
        [0xff, 0xfe, ..] | [_, 0, _, 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, _, 0, _, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let text = match utf_16 {
        Some(encoding) => {
            let (text, _, broken) = encoding.decode(bytes);
            if broken {
                return Err(no_text());
            }
            Cow::Owned(text.into_owned())
        }
        None => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => {
                    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
                    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                        match std::str::from_utf8(line) {
                            Ok(line) => text.push_str(line),
                            Err(_) => {
                                let (line, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(line);
                                text.push_str(&line);
                            }
                        }
                    }
                    Cow::Owned(text)
                }
            }
        }
    };
    if text.contains('\0') {
        return Err(no_text());
    }
    Ok(text)
}

/// Finds the heading among the first rows, and gives the rows under it as records.
pub struct Sheet<'r> {
    reader: &'r mut dyn Reader,
    /// The heading's columns by place; empty until it is found.
    columns: Vec<Option<Column>>,
    found: bool,
    /// Rows that may be the heading, or stand over it.
    waiting: Vec<Row>,
    rows: usize,
    /// Places without a heading of which it was said.
    said: Vec<usize>,
}

impl<'r> Sheet<'r> {
    /// Before its first row.
    pub fn new(reader: &'r mut dyn Reader) -> Self {
        Self {
            reader,
            columns: Vec::new(),
            found: false,
            waiting: Vec::new(),
            rows: 0,
            said: Vec::new(),
        }
    }

    /// The next row.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn row(&mut self, mut row: Row) -> Result<(), Unreadable> {
        row.cells
            .retain(|(place, cell)| *place < COLUMNS && !cell.is_blank());
        if row.cells.is_empty() {
            return Ok(());
        }
        if self.found {
            return self.record(row);
        }
        if known_headings(&row) >= 2 {
            self.heading(row);
            self.waiting.clear();
            return Ok(());
        }
        self.waiting.push(row);
        if self.waiting.len() == TITLE_ROWS {
            self.settle()?;
        }
        Ok(())
    }

    /// After its last row: whether there was any.
    ///
    /// # Errors
    /// Where there are too many.
    pub fn end(&mut self) -> Result<bool, Unreadable> {
        self.settle()?;
        Ok(self.found)
    }

    /// The column at a place.
    pub fn column(&self, place: usize) -> Option<Column> {
        self.columns.get(place).copied().flatten()
    }

    /// Says that something is wrong.
    pub fn fault(&mut self, fault: FileFault) {
        self.reader.fault(fault);
    }

    /// No row looked like a heading, so the first one was meant to be.
    fn settle(&mut self) -> Result<(), Unreadable> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        if self.found {
            return Ok(());
        }
        if let Some(first) = waiting.next() {
            self.heading(first);
        }
        waiting.try_for_each(|row| self.record(row))
    }

    fn heading(&mut self, row: Row) {
        self.found = true;
        for (place, cell) in row.cells {
            if self.columns.len() <= place {
                self.columns.resize(place + 1, None);
            }
            let heading: String = cell.written().unwrap_or_default().chars().take(60).collect();
            let (code, detail) = match Column::read(&heading) {
                Ok(column) if !self.columns.contains(&Some(column)) => {
                    if let Some(here) = self.columns.get_mut(place) {
                        *here = Some(column);
                    }
                    continue;
                }
                Ok(column) => (
                    "repeated-column",
                    format!(
                        "Column {} means {}, as an earlier one does. Leave one of them.",
                        letters(place),
                        column.as_str()
                    ),
                ),
                Err(Some(column)) => (
                    "unknown-column",
                    format!(
                        "Column {} has a name that no column has. Is it “{}” ({})? Rename it, or take it out.",
                        letters(place),
                        column.label(),
                        column.as_str()
                    ),
                ),
                Err(None) => (
                    "unknown-column",
                    format!(
                        "Column {} has a name that no column has. Take it out, or give it a name of the template.",
                        letters(place)
                    ),
                ),
            };
            self.said.push(place);
            self.reader.fault(FileFault {
                row: row.number,
                heading: Some(heading),
                code,
                detail,
            });
        }
    }

    fn record(&mut self, row: Row) -> Result<(), Unreadable> {
        self.rows += 1;
        if self.rows > limits::IMPORT_ROWS {
            return Err(too_many_rows());
        }
        let mut cells = Vec::with_capacity(row.cells.len());
        for (place, cell) in row.cells {
            match self.column(place) {
                Some(column) => cells.push((column, cell)),
                None if self.said.contains(&place) => {}
                None => {
                    self.said.push(place);
                    self.reader.fault(FileFault {
                        row: row.number,
                        heading: Some(letters(place)),
                        code: "no-heading",
                        detail: format!(
                            "Column {} has no heading and something in it. Give it one, or empty it.",
                            letters(place)
                        ),
                    });
                }
            }
        }
        if !cells.is_empty() {
            self.reader.record(Record::new(row.number, cells));
        }
        Ok(())
    }
}

/// What a file gets that has too many rows.
pub fn too_many_rows() -> Unreadable {
    Unreadable::because(format!(
        "At most {} rows are taken from one file. Split it.",
        limits::IMPORT_ROWS
    ))
}

fn known_headings(row: &Row) -> usize {
    let known = |cell: &Cell| matches!(cell, Cell::Text(text) if Column::read(text).is_ok());
    row.cells.iter().filter(|(_, cell)| known(cell)).count()
}

/// Whether a row looks like a heading of ours.
pub fn is_heading(row: &Row) -> bool {
    known_headings(row) >= 2
}

/// A place as a spreadsheet names it: A, B, … Z, AA.
pub fn letters(place: usize) -> String {
    let mut letters = Vec::new();
    let mut left = place + 1;
    while left > 0 {
        letters.push(char::from(b'A' + ((left - 1) % 26) as u8));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Whether two names are the same but for how they are written.
pub fn same_name(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_their_letters() {
        let named: Vec<_> = [0, 25, 26, 51, 52, 701, 702].into_iter().map(letters).collect();
        assert_eq!(named, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn letters_are_read_line_by_line() {
        let pasted = b"caf\xc3\xa9\ncaf\xe9 \x93quoted\x94\n";
        assert_eq!(decoded(pasted).unwrap(), "café\ncafé “quoted”\n");
        let wide: Vec<u8> = "a,b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&wide).unwrap(), "a,b");
        assert!(decoded(b"a\0b, c, d").is_err());
    }
}
