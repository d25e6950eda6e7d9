//! What a file comes to, whatever kind it is: rows, the heading found among the first of them, and under it one record a row that
//! holds anything, its cells by column.

use super::{Cell, Column, plain};
use crate::limits;

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
}
