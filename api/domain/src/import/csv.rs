//! Tables of text, as spreadsheets write and people mend them: commas, semicolons or tabs; quotation marks around what holds
//! one; any line end.
//!
//! Written by hand, because rows must be numbered as a spreadsheet numbers them, blank ones and those of several lines
//! included, and a quotation mark that is never closed must be named where it was opened.

use super::rows::{FileFault, Reader, Row, Sheet, Unreadable, too_many_rows};
use crate::import::Cell;

/// Rows that are read, blank ones included: as many as a spreadsheet has, and some.
const ROWS: u32 = 1_100_000;
/// Characters after which a quotation mark that was opened is held to have been forgotten.
const LONGEST_CELL: usize = 200_000;

/// Reads a table.
///
/// # Errors
/// Where it holds no row, or too many.
pub fn read(text: &str, reader: &mut dyn Reader) -> Result<(), Unreadable> {
    let (delimiter, body) = delimiter(text);
    let mut sheet = Sheet::new(reader);
    let mut rest = body;
    // The line that said what parts the cells is a row to whoever opens the file elsewhere, and none in Excel.
    let mut number = u32::from(body.len() != text.len() && !body.is_empty());
    while !rest.is_empty() {
        number += 1;
        if number > ROWS {
            return Err(too_many_rows());
        }
        let mut cells = Vec::new();
        let mut place = 0;
        loop {
            let (cell, ended, after) = next_cell(rest, delimiter);
            rest = after;
            match cell {
                Ok(Cell::Blank) => {}
                Ok(cell) => cells.push((place, cell)),
                Err(()) => {
                    sheet.fault(FileFault {
                        row: number,
                        heading: None,
                        code: "quote-not-closed",
                        detail: "A quotation mark is opened in this row and never closed. Close it, or take it out.".into(),
                    });
                    rest = "";
                }
            }
            place += 1;
            if ended || rest.is_empty() {
                break;
            }
        }
        sheet.row(Row { number, cells })?;
    }
    if sheet.end()? {
        Ok(())
    } else {
        Err(Unreadable::because(
            "The file holds no row. Send one with a heading and rows.",
        ))
    }
}

/// What parts the cells: what the file says in a line of its own, as Excel has it, or what the first line holds most of.
fn delimiter(text: &str) -> (char, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(said) = line.trim().strip_prefix("sep=") {
        return (said.chars().next().unwrap_or(','), rest);
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let mut within = false;
    let mut counts = [(',', 0), (';', 0), ('\t', 0)];
    for letter in first.chars() {
        within ^= letter == '"';
        if !within && let Some((_, count)) = counts.iter_mut().find(|(mark, _)| *mark == letter) {
            *count += 1;
        }
    }
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    (most.map_or(',', |(mark, _)| *mark), text)
}

/// The next cell, whether its row ends with it, and what comes after. A quotation mark within an unquoted cell is a
/// letter like others; what follows a closed one up to the next mark belongs to the cell.
fn next_cell(text: &str, delimiter: char) -> (Result<Cell, ()>, bool, &str) {
    let ends = |letter: char| letter == delimiter || letter == '\n' || letter == '\r';
    let blanks = text.len() - text.trim_start_matches([' ', '\u{a0}']).len();
    let (lead, quoted) = text.split_at_checked(blanks).unwrap_or(("", text));
    let Some(mut inner) = quoted.strip_prefix('"') else {
        let end = text.find(ends).unwrap_or(text.len());
        let (cell, after) = text.split_at_checked(end).unwrap_or((text, ""));
        let (ended, after) = after_cell(after, delimiter);
        return (Ok(Cell::of(cell)), ended, after);
    };
    debug_assert!(lead.trim().is_empty());
    let mut cell = String::new();
    loop {
        let Some((part, after)) = inner.split_once('"') else {
            return (Err(()), true, "");
        };
        cell.push_str(part);
        if cell.len() > LONGEST_CELL {
            return (Err(()), true, "");
        }
        match after.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                inner = after;
            }
            None => {
                let end = after.find(ends).unwrap_or(after.len());
                let (more, after) = after.split_at_checked(end).unwrap_or((after, ""));
                cell.push_str(more);
                let (ended, after) = after_cell(after, delimiter);
                return (Ok(Cell::of(&cell)), ended, after);
            }
        }
    }
}

fn after_cell(text: &str, delimiter: char) -> (bool, &str) {
    if let Some(after) = text.strip_prefix(delimiter) {
        // A mark at the very end opens a cell that nothing stands in.
        return (after.is_empty(), after);
    }
    let after = text
        .strip_prefix("\r\n")
        .or_else(|| text.strip_prefix('\n'))
        .or_else(|| text.strip_prefix('\r'))
        .unwrap_or(text);
    (true, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Column, rows::Record};

    #[derive(Default)]
    struct Read {
        rows: Vec<(u32, String)>,
        faults: Vec<(u32, &'static str)>,
    }

    impl Reader for Read {
        fn record(&mut self, record: Record) {
            let text = record.cell(Column::Text).written().unwrap();
            self.rows.push((record.row, text));
        }

        fn fault(&mut self, fault: FileFault) {
            self.faults.push((fault.row, fault.code));
        }
    }

    fn rows(text: &str) -> Vec<(u32, String)> {
        let mut found = Read::default();
        read(text, &mut found).unwrap();
        assert_eq!(found.faults, []);
        found.rows
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
        let text = "question,text\r\n1,one\r\n\r\n,\r\n1,\"two\r\nlines\"\r\n1,three";
        assert_eq!(
            rows(text),
            [(2, "one".into()), (5, "two\r\nlines".into()), (6, "three".into())]
        );
    }

    #[test]
    fn marks_and_quotation_marks_are_read_as_they_were_meant() {
        for text in [
            "question;text\n1;\"a \"\"b\"\"; c\"\n",
            "text\tquestion\n\"a \"\"b\"\"; c\"\t1\n",
            "sep=;\nquestion;text\n1; \"a \"\"b\"\"; c\" \n",
            "question,text,\n1,a \"b\"; c,\n",
        ] {
            let found = rows(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1, "a \"b\"; c", "{text}");
        }
        assert_eq!(rows("text\rone\rtwo"), [(2, "one".into()), (3, "two".into())]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_named() {
        let mut found = Read::default();
        read("question,text\n1,one\n1,\"two\n1,three\n", &mut found).unwrap();
        assert_eq!(found.faults, [(3, "quote-not-closed")]);
    }

    #[test]
    fn a_title_above_the_heading_is_none() {
        assert_eq!(
            rows("Notes of our meeting\n\nquestion,text\n1,one\n"),
            [(4, "one".into())]
        );
    }
}
