//! Excel workbooks, read as a stream: a zip archive of XML, in which everything is a claim.
//!
//! Bounded by counts of our own, whatever the file says of itself: entries of the archive, bytes that come out of it, bytes
//! of one piece of XML, letters of all shared strings, rows and cells. Refused: a reader made for spreadsheets, which holds a
//! sheet whole or makes room for as many cells as a sheet claims to have.

use super::rows::{COLUMNS, FileFault, Reader, Row, Sheet, Unreadable, is_heading, letters, too_many_rows};
use crate::import::{Cell, day_of_number};
use quick_xml::{
    Reader as Xml,
    events::{BytesRef, BytesStart, Event},
};
use std::{
    collections::HashMap,
    io::{self, BufRead, Cursor, Read},
};
use zip::ZipArchive;

/// Files in the archive.
const ENTRIES: usize = 2_000;
/// Bytes that come out of it, all together.
const INFLATED: u64 = 128 * 1024 * 1024;
/// Bytes of one piece of XML: a tag, a text between two tags.
const PIECE: usize = 1024 * 1024;
/// Bytes of all strings that the sheets share.
const STRINGS: usize = 64 * 1024 * 1024;
/// Bytes of one cell that are kept: several times what may be said in one, so that it is found too long and not cut.
const CELL: usize = 64 * 1024;
/// Rows of a sheet, blank ones included: as many as Excel has, and some.
const ROWS: u32 = 1_100_000;
/// Formats of cells, and sheets.
const STYLES: usize = 100_000;
const SHEETS: usize = 100;
/// Rows that merged cells are looked at in.
const MERGED: usize = 10_000;

const NOT_ONE: &str = "This is no Excel workbook (.xlsx). Save it as one and send it again.";

/// Reads a workbook: the first sheet that has a heading of ours, else the first that holds anything.
///
/// # Errors
/// Where it is no workbook, is broken, or holds more than is taken.
pub fn read(bytes: &[u8], reader: &mut dyn Reader) -> Result<(), Unreadable> {
    let mut book = Book::open(bytes)?;
    let mut chosen = None;
    for (at, sheet) in book.sheets.clone().into_iter().enumerate() {
        let mut first_rows = FirstRows::default();
        book.each_row(&sheet, &mut |row| first_rows.row(row))?;
        if first_rows.heading {
            chosen = Some(sheet);
            break;
        }
        if first_rows.any && chosen.is_none() {
            chosen = Some(sheet);
        }
        if at == SHEETS {
            break;
        }
    }
    let Some(chosen) = chosen else {
        return Err(Unreadable::because(
            "No sheet of this workbook holds a row. Send one with a heading and rows.",
        ));
    };
    // What looking for the sheet took out of the archive is not held against reading it.
    book.left = INFLATED;
    let mut sheet = Sheet::new(reader);
    let merged = book.each_row(&chosen, &mut |row| sheet.row(row).map(|()| true))?;
    sheet.end()?;
    merged.tell(&mut sheet);
    Ok(())
}

/// Whether the first rows of a sheet hold anything, and a heading.
#[derive(Default)]
struct FirstRows {
    seen: usize,
    any: bool,
    heading: bool,
}

impl FirstRows {
    fn row(&mut self, mut row: Row) -> Result<bool, Unreadable> {
        row.cells.retain(|(_, cell)| !cell.is_blank());
        if !row.cells.is_empty() {
            self.any = true;
            self.heading |= is_heading(&row);
            self.seen += 1;
        }
        Ok(!self.heading && self.seen < 10)
    }
}

/// Cells that were merged, over more than one row.
#[derive(Default)]
struct Merged {
    ranges: Vec<(Place, Place)>,
}

#[derive(Clone, Copy)]
struct Place {
    row: u32,
    column: usize,
}

impl Merged {
    /// Names every row that a merged cell leaves without a value of its own: which one was meant cannot be told.
    fn tell(&self, sheet: &mut Sheet<'_>) {
        let mut told = 0;
        for (from, to) in &self.ranges {
            let Some(column) = sheet.column(from.column) else {
                continue;
            };
            for row in (from.row + 1)..=to.row {
                told += 1;
                if told > MERGED {
                    return;
                }
                sheet.fault(FileFault {
                    row,
                    heading: Some(column.as_str().into()),
                    code: "merged-cells",
                    detail: format!(
                        "This cell is merged with {}{}. Unmerge them and write the value in every row.",
                        letters(from.column),
                        from.row
                    ),
                });
            }
        }
    }
}

struct Book<'b> {
    archive: ZipArchive<Cursor<&'b [u8]>>,
    /// Bytes that may still come out of it.
    left: u64,
    strings: Strings,
    /// Whether numbers in this format are days.
    days: Vec<bool>,
    since_1904: bool,
    /// Paths of the sheets, in order.
    sheets: Vec<String>,
}

/// Strings that cells name by number, end to end.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }
}

impl<'b> Book<'b> {
    fn open(bytes: &'b [u8]) -> Result<Self, Unreadable> {
        // Counted before the archive's own list is read, because reading it makes room for what it claims.
        let mut listed = 0;
        let mut rest = bytes;
        while let Some(at) = find(rest, b"PK\x01\x02") {
            listed += 1;
            if listed > ENTRIES {
                return Err(Unreadable::because(
                    "This archive holds more files than any workbook.",
                ));
            }
            rest = rest.get(at + 4..).unwrap_or_default();
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| {
            Unreadable::because(
                "This workbook is broken: it ends too early. Save it again and send it whole.",
            )
        })?;
        let mut book = Self {
            archive,
            left: INFLATED,
            strings: Strings::default(),
            days: Vec::new(),
            since_1904: false,
            sheets: Vec::new(),
        };
        if book.archive.index_for_name("xl/workbook.bin").is_some() {
            return Err(Unreadable::because(
                "This is a binary workbook (.xlsb). Save it as an Excel workbook (.xlsx).",
            ));
        }
        if book.archive.index_for_name("content.xml").is_some() {
            return Err(Unreadable::because(
                "This is an OpenDocument file (.ods or .odt). Save the table as an Excel workbook (.xlsx) or as CSV.",
            ));
        }
        let main = book.main_part()?;
        book.read_workbook(&main)?;
        let folder = folder_of(&main);
        let named = |book: &Self, name: &str| {
            let path = format!("{folder}{name}");
            book.archive.index_for_name(&path).map(|_| path)
        };
        if let Some(path) = named(&book, "styles.xml") {
            book.read_styles(&path)?;
        }
        if let Some(path) = named(&book, "sharedStrings.xml") {
            book.read_strings(&path)?;
        }
        Ok(book)
    }

    /// The workbook's own part, as the package names it.
    fn main_part(&mut self) -> Result<String, Unreadable> {
        let mut main = None;
        if self.archive.index_for_name("_rels/.rels").is_some() {
            self.each_event("_rels/.rels", |event| {
                if let Event::Start(tag) | Event::Empty(tag) = event
                    && tag.local_name().as_ref() == "Relationship"
                    && attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
                {
                    main = attribute(tag, "Target").map(|target| target.trim_start_matches('/').to_owned());
                }
                Ok(true)
            })?;
        }
        let main = main.unwrap_or_else(|| "xl/workbook.xml".into());
        match self.archive.index_for_name(&main) {
            Some(_) if main.ends_with(".xml") => Ok(main),
            _ => Err(Unreadable::because(NOT_ONE)),
        }
    }

    fn read_workbook(&mut self, main: &str) -> Result<(), Unreadable> {
        let folder = folder_of(main).to_owned();
        let name = main.get(folder.len()..).unwrap_or_default();
        let relations = format!("{folder}_rels/{name}.rels");
        let mut targets = HashMap::new();
        if self.archive.index_for_name(&relations).is_some() {
            self.each_event(&relations, |event| {
                if let Event::Start(tag) | Event::Empty(tag) = event
                    && tag.local_name().as_ref() == "Relationship"
                    && attribute(tag, "Type").is_some_and(|kind| kind.ends_with("/worksheet"))
                    && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
                {
                    let path = match target.strip_prefix('/') {
                        Some(whole) => whole.to_owned(),
                        None => format!("{folder}{target}"),
                    };
                    targets.insert(id, path);
                }
                Ok(targets.len() <= SHEETS)
            })?;
        }
        let mut since_1904 = false;
        let mut sheets = Vec::new();
        self.each_event(main, |event| {
            if let Event::Start(tag) | Event::Empty(tag) = event {
                match tag.local_name().as_ref() {
                    "workbookPr" => {
                        since_1904 =
                            attribute(tag, "date1904").is_some_and(|word| word == "1" || word == "true");
                    }
                    "sheet" => {
                        let path = tag
                            .attributes()
                            .with_checks(false)
                            .flatten()
                            .filter(|one| one.key.local_name().as_ref() == "id")
                            .find_map(|one| targets.get(one.value.as_ref()).cloned());
                        sheets.extend(path);
                    }
                    _ => {}
                }
            }
            Ok(sheets.len() <= SHEETS)
        })?;
        sheets.retain(|path| self.archive.index_for_name(path).is_some());
        if sheets.is_empty() {
            return Err(Unreadable::because("This workbook has no sheet of rows."));
        }
        self.since_1904 = since_1904;
        self.sheets = sheets;
        Ok(())
    }

    fn read_styles(&mut self, path: &str) -> Result<(), Unreadable> {
        let mut own: HashMap<u32, bool> = HashMap::new();
        let mut days = Vec::new();
        let mut within = false;
        self.each_event(path, |event| {
            match event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "numFmt" => {
                        let id = attribute(tag, "numFmtId").and_then(|id| id.parse().ok());
                        if let (Some(id), Some(code)) = (id, attribute(tag, "formatCode")) {
                            own.insert(id, shows_days(&code));
                        }
                    }
                    "cellXfs" => within = true,
                    "xf" if within => {
                        let id = attribute(tag, "numFmtId").and_then(|id| id.parse::<u32>().ok());
                        let id = id.unwrap_or_default();
                        let built_in = matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58);
                        days.push(own.get(&id).copied().unwrap_or(built_in));
                    }
                    _ => {}
                },
                Event::End(tag) if tag.local_name().as_ref() == "cellXfs" => within = false,
                _ => {}
            }
            Ok(days.len() + own.len() <= STYLES)
        })?;
        self.days = days;
        Ok(())
    }

    fn read_strings(&mut self, path: &str) -> Result<(), Unreadable> {
        let mut strings = Strings::default();
        let mut text = Letters::default();
        self.each_event(path, |event| {
            match event {
                Event::Start(tag) if tag.local_name().as_ref() == "si" => text = Letters::default(),
                Event::End(tag) if tag.local_name().as_ref() == "si" => {
                    strings.text.push_str(&text.take());
                    if strings.text.len() > STRINGS || strings.ends.len() > 4 * ROWS as usize {
                        return Err(too_much_text());
                    }
                    strings
                        .ends
                        .push(u32::try_from(strings.text.len()).map_err(|_| too_much_text())?);
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "si" => {
                    strings
                        .ends
                        .push(u32::try_from(strings.text.len()).map_err(|_| too_much_text())?);
                }
                other => text.event(other),
            }
            Ok(true)
        })?;
        self.strings = strings;
        Ok(())
    }

    /// Gives every row of a sheet, in its order, for as long as `take` wants more; and what is merged in it.
    fn each_row(
        &mut self,
        path: &str,
        take: &mut dyn FnMut(Row) -> Result<bool, Unreadable>,
    ) -> Result<Merged, Unreadable> {
        let strings = std::mem::take(&mut self.strings);
        let days = std::mem::take(&mut self.days);
        let mut rows = Rows {
            strings: &strings,
            days: &days,
            since_1904: self.since_1904,
            number: 0,
            counted: 0,
            cells: Vec::new(),
            cell: None,
            next_place: 0,
            merged: Merged::default(),
            given: 0,
        };
        let done = self.each_event(path, |event| rows.event(event, take));
        let merged = rows.merged;
        self.strings = strings;
        self.days = days;
        done.map(|()| merged)
    }

    /// Reads a part of the package, for as long as `take` wants more.
    fn each_event(
        &mut self,
        path: &str,
        mut take: impl FnMut(&Event<'_>) -> Result<bool, Unreadable>,
    ) -> Result<(), Unreadable> {
        let broken = || {
            Unreadable::because(
                "This workbook is broken or holds what no spreadsheet writes. Save it again and send it.",
            )
        };
        let entry = self.archive.by_name(path).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(_) => {
                Unreadable::because("This workbook has a password. Save it without one.")
            }
            _ => broken(),
        })?;
        let mut xml = Xml::from_reader(Bounded::new(entry, &mut self.left));
        xml.config_mut().check_end_names = false;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            xml.get_mut().piece = 0;
            let event = match xml.read_event_into(&mut buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(Unreadable::because(
                        "This workbook holds more than its size says and more than is taken. Copy the rows alone into a new one.",
                    ));
                }
                Err(_) => return Err(broken()),
            };
            match event {
                Event::Eof => return Ok(()),
                // No spreadsheet writes one, and what it declares could stand for anything.
                Event::DocType(_) => return Err(broken()),
                event => {
                    if !take(&event)? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// What is read of a sheet.
struct Rows<'s> {
    strings: &'s Strings,
    days: &'s [bool],
    since_1904: bool,
    /// Of the row that is read.
    number: u32,
    /// Rows that were read.
    counted: u32,
    cells: Vec<(usize, Cell)>,
    cell: Option<Open>,
    next_place: usize,
    merged: Merged,
    /// Bytes of text in the cells that were given.
    given: usize,
}

/// A cell that is read.
struct Open {
    place: usize,
    kind: Kind,
    style: usize,
    has_formula: bool,
    /// Letters of what it holds; of a formula none.
    text: Letters,
    value: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Shared,
    Text,
    Truth,
    Error,
    Dated,
}

impl Rows<'_> {
    fn event(
        &mut self,
        event: &Event<'_>,
        take: &mut dyn FnMut(Row) -> Result<bool, Unreadable>,
    ) -> Result<bool, Unreadable> {
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "row" => self.open_row(tag)?,
                "c" => self.open_cell(tag),
                "f" => self.formula(),
                "mergeCell" => self.merge(tag),
                _ => self.letters(event),
            },
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "row" => self.open_row(tag)?,
                // An empty cell holds nothing; the next one may not say where it stands.
                "c" => {
                    let place = attribute(tag, "r").and_then(|name| place_of(&name));
                    self.next_place = place.map_or(self.next_place, |place| place.column) + 1;
                }
                "f" => self.formula(),
                "mergeCell" => self.merge(tag),
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "row" => {
                    let cells = std::mem::take(&mut self.cells);
                    if !cells.is_empty() {
                        return take(Row {
                            number: self.number,
                            cells,
                        });
                    }
                }
                "c" => self.close_cell()?,
                "v" | "f" => {
                    if let Some(cell) = &mut self.cell {
                        let text = cell.text.take();
                        if tag.local_name().as_ref() == "v" {
                            cell.value = Some(text);
                        }
                    }
                }
                _ => self.letters(event),
            },
            _ => self.letters(event),
        }
        Ok(true)
    }

    fn letters(&mut self, event: &Event<'_>) {
        if let Some(cell) = &mut self.cell {
            cell.text.event(event);
        }
    }

    fn formula(&mut self) {
        if let Some(cell) = &mut self.cell {
            cell.has_formula = true;
        }
    }

    fn open_row(&mut self, tag: &BytesStart<'_>) -> Result<(), Unreadable> {
        let said = attribute(tag, "r").and_then(|number| number.parse().ok());
        self.number = said.unwrap_or(self.number.saturating_add(1));
        self.counted += 1;
        if self.counted > ROWS || self.number > ROWS {
            return Err(too_many_rows());
        }
        self.cells = Vec::new();
        self.next_place = 0;
        Ok(())
    }

    fn open_cell(&mut self, tag: &BytesStart<'_>) {
        let mut place = None;
        let mut kind = Kind::Number;
        let mut style = 0;
        for one in tag.attributes().with_checks(false).flatten() {
            match one.key.as_ref() {
                "r" => place = place_of(&one.value).map(|place| place.column),
                "s" => style = one.value.parse().unwrap_or_default(),
                "t" => {
                    kind = match one.value.as_ref() {
                        "s" => Kind::Shared,
                        "str" | "inlineStr" => Kind::Text,
                        "b" => Kind::Truth,
                        "e" => Kind::Error,
                        "d" => Kind::Dated,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        let place = place.unwrap_or(self.next_place);
        self.next_place = place.saturating_add(1);
        self.cell = Some(Open {
            place,
            kind,
            style,
            has_formula: false,
            text: Letters::default(),
            value: None,
        });
    }

    /// Cells beyond those that are looked at are not kept. A string may stand in a million cells of a small file: what is
    /// given out of it is counted each time.
    fn close_cell(&mut self) -> Result<(), Unreadable> {
        let Some(mut cell) = self.cell.take() else {
            return Ok(());
        };
        if cell.place >= COLUMNS {
            return Ok(());
        }
        let inline = cell.text.take();
        let value = cell.value.take().unwrap_or(inline);
        let value = value.as_str();
        let read = if value.trim().is_empty() && cell.has_formula && cell.kind != Kind::Text {
            Cell::NoValue(
                "There is a formula here that was never worked out. Copy the cells and paste them as values.",
            )
        } else {
            match cell.kind {
                Kind::Shared => {
                    let number = value.trim().parse().ok();
                    Cell::of(
                        number
                            .and_then(|number| self.strings.get(number))
                            .unwrap_or_default(),
                    )
                }
                Kind::Text => Cell::of(value),
                Kind::Truth => match value.trim() {
                    "" => Cell::Blank,
                    word => Cell::Truth(word == "1" || word.eq_ignore_ascii_case("true")),
                },
                Kind::Error => {
                    Cell::NoValue("There is an error in this cell, such as #REF!. Write the value itself.")
                }
                Kind::Dated => Cell::of(value),
                Kind::Number => match value.trim().parse::<f64>() {
                    Ok(number) if self.days.get(cell.style).copied().unwrap_or(false) => {
                        day_of_number(number, self.since_1904).map_or(Cell::Number(number), Cell::Day)
                    }
                    Ok(number) => Cell::Number(number),
                    Err(_) => Cell::of(value),
                },
            }
        };
        if !read.is_blank() {
            if let Cell::Text(text) = &read {
                self.given += text.len();
                if self.given > STRINGS {
                    return Err(too_much_text());
                }
            }
            self.cells.push((cell.place, read));
        }
        Ok(())
    }

    fn merge(&mut self, tag: &BytesStart<'_>) {
        let Some(range) = attribute(tag, "ref") else {
            return;
        };
        let Some((from, to)) = range.split_once(':') else {
            return;
        };
        if let (Some(from), Some(to)) = (place_of(from), place_of(to))
            && to.row > from.row
            && self.merged.ranges.len() < MERGED
        {
            self.merged.ranges.push((from, to));
        }
    }
}

fn too_much_text() -> Unreadable {
    Unreadable::because("This workbook holds more text than is taken from one file. Split it.")
}

/// Letters of a string: those of its runs, not those that say how it is pronounced.
#[derive(Default)]
struct Letters {
    text: String,
    within: bool,
    aside: bool,
}

impl Letters {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "t" | "v" => self.within = true,
                "rPh" => self.aside = true,
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" | "v" => self.within = false,
                "rPh" => self.aside = false,
                _ => {}
            },
            Event::Text(text) => self.push(text),
            Event::CData(text) => self.push(text),
            Event::GeneralRef(named) => {
                if let Some(letter) = letter_of(named) {
                    self.push(letter.encode_utf8(&mut [0; 4]));
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.within && !self.aside {
            let room = CELL.saturating_sub(self.text.len());
            let end = (0..=room.min(text.len()))
                .rev()
                .find(|end| text.is_char_boundary(*end));
            self.text
                .push_str(text.get(..end.unwrap_or(0)).unwrap_or_default());
        }
    }

    fn take(&mut self) -> String {
        self.within = false;
        unescaped(std::mem::take(&mut self.text))
    }
}

fn letter_of(named: &BytesRef<'_>) -> Option<char> {
    match named.resolve_char_ref() {
        Ok(Some(letter)) => Some(letter),
        _ => quick_xml::escape::resolve_predefined_entity(named).and_then(|text| text.chars().next()),
    }
}

/// Letters that XML cannot hold stand in workbooks as `_x000D_`.
fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("_x") {
        plain.push_str(before);
        let letter = after
            .split_at_checked(4)
            .and_then(|(digits, after)| {
                Some((u32::from_str_radix(digits, 16).ok()?, after.strip_prefix('_')?))
            })
            .and_then(|(code, after)| Some((char::from_u32(code)?, after)));
        match letter {
            Some((letter, after)) => {
                plain.push(letter);
                rest = after;
            }
            None => {
                plain.push_str("_x");
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Whether a format of numbers shows days: it names years, months or days outside of what is quoted or in brackets.
fn shows_days(code: &str) -> bool {
    let mut quoted = false;
    let mut bracketed = false;
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            '\\' | '_' | '*' => drop(letters.next()),
            '[' => bracketed = true,
            ']' => bracketed = false,
            'y' | 'Y' | 'd' | 'D' | 'm' | 'M' if !quoted && !bracketed => return true,
            _ => {}
        }
    }
    false
}

/// Where a cell stands: `B7`.
fn place_of(name: &str) -> Option<Place> {
    let digits = name.find(|letter: char| letter.is_ascii_digit())?;
    let (letters, number) = name.split_at_checked(digits)?;
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() {
            return None;
        }
        column = column * 26 + usize::from(letter - b'A') + 1;
    }
    Some(Place {
        row: number.parse().ok()?,
        column: column - 1,
    })
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    let value = quick_xml::escape::unescape(&found.value).ok()?;
    Some(value.into_owned())
}

/// The folder of a part, with its slash.
fn folder_of(path: &str) -> &str {
    path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("")
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}

/// What comes out of the archive, counted: all of it together, and since the last piece of XML was whole. A piece is held
/// until it is, so that one without end would fill the memory however little of the archive it takes.
struct Bounded<'l, R> {
    inner: R,
    left: &'l mut u64,
    piece: usize,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
}

impl<'l, R: Read> Bounded<'l, R> {
    fn new(inner: R, left: &'l mut u64) -> Self {
        Self {
            inner,
            left,
            piece: 0,
            buffer: vec![0; 64 * 1024],
            at: 0,
            end: 0,
        }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let taken = ready.len().min(into.len());
        if let (Some(into), Some(ready)) = (into.get_mut(..taken), ready.get(..taken)) {
            into.copy_from_slice(ready);
        }
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: Read> BufRead for Bounded<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.end {
            if self.piece > PIECE {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            self.at = 0;
            self.end = self.inner.read(&mut self.buffer)?;
            *self.left = self
                .left
                .checked_sub(self.end as u64)
                .ok_or(io::ErrorKind::FileTooLarge)?;
        }
        Ok(self.buffer.get(self.at..self.end).unwrap_or_default())
    }

    fn consume(&mut self, taken: usize) {
        self.at += taken;
        self.piece += taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_show_days_or_do_not() {
        for code in ["dd/mm/yyyy", "[$-809]d mmmm yyyy;@", "yyyy\\-mm\\-dd", "mmm\\-yy"] {
            assert!(shows_days(code), "{code}");
        }
        for code in [
            "General",
            "0.00",
            "#,##0_);[Red]\\(#,##0\\)",
            "0\" days\"",
            "0.00E+00",
            "@",
        ] {
            assert!(!shows_days(code), "{code}");
        }
    }

    #[test]
    fn cells_have_their_places() {
        let place = |name| place_of(name).map(|place| (place.row, place.column));
        assert_eq!(place("A1"), Some((1, 0)));
        assert_eq!(place("XFD1048576"), Some((1_048_576, 16_383)));
        for name in ["1", "A", "AAAA1", "a-1", ""] {
            assert_eq!(place(name), None, "{name}");
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_read_as_it_was() {
        assert_eq!(unescaped("one_x000A_two_xyz_x0041_".into()), "one\ntwo_xyzA");
    }
}
