//! A report as a workbook: a cover, the contents, a sheet for each table, and what was written to the themes.
//!
//! Invariants: a number is a numeric cell and nothing else is; what is hidden is a mark in square brackets, never 0 and never blank; what
//! was written by anybody is a string and no formula; and the same report is the same bytes.
//!
//! Sheets are laid out as the Government Analysis Function asks for statistics in spreadsheets: one table a sheet that begins in a fixed
//! row, no merged cells, one row of headings that programs know as such. Of its shorthand, `[c]` stands for what is suppressed and `[x]`
//! for what is not available. What is withheld whatever its size has no letter there: `[w]` means that a survey recorded none, which
//! would be untrue, and so `[hidden]` is written out.

use super::wording::{self, heading};
use crate::http::problem::Problem;
use domain::{
    collate::CountStatus,
    report::{Figure, Report, ReportTable, TableCell},
};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Table, TableColumn, TableStyle,
    Url, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeSet;

/// The mark of a count that is not above the policy's threshold: confidential.
pub const SUPPRESSED: &str = "[c]";
/// The mark of a figure that is hidden because it would tell another.
pub const WITHHELD: &str = "[hidden]";
/// The mark where the report has no such figure.
pub const NOT_AVAILABLE: &str = "[x]";

/// The row of a table's headings, from 0: the same on every sheet.
pub const HEADINGS: u32 = 6;
/// Rows above it that a note may take.
const NOTE_ROWS: usize = 3;
/// Letters of a note in a row, unless it is too long for its rows.
const NOTE: usize = 120;
/// Widths in characters.
const LABELS: u16 = 56;
const FIGURES: u16 = 14;
const TEXT: u16 = 100;
const NAMES: u16 = 30;
/// Points of a line.
const LINE: u32 = 15;
/// What spreadsheets call A4.
const A4: u8 = 9;
/// Letters that a sheet's name may have.
const SHEET_NAME: usize = 31;

/// The workbook.
///
/// # Errors
/// Where it cannot be written, which no report of ours is.
pub fn xlsx(report: &Report) -> Result<Vec<u8>, Problem> {
    written(report).map_err(Problem::internal)
}

/// How cells look.
struct Looks {
    title: Format,
    heading: Format,
    heading_of_figures: Format,
    label: Format,
    part: Format,
    exact: Format,
    rounded: Format,
    share: Format,
    mark: Format,
    text: Format,
    right_to_left: Format,
    name: Format,
    plain: Format,
    link: Format,
}

impl Looks {
    fn new() -> Self {
        let base = Format::new().set_font_name("Arial").set_font_size(11);
        let text = base.clone().set_text_wrap().set_align(FormatAlign::Top);
        let heading = text
            .clone()
            .set_bold()
            .set_background_color(Color::RGB(0x00_3087))
            .set_font_color(Color::White)
            .set_border(FormatBorder::Thin);
        let cell = text.clone().set_border(FormatBorder::Hair);
        let figure = cell.clone().set_align(FormatAlign::Right);
        Self {
            title: base.clone().set_bold().set_font_size(15),
            heading_of_figures: heading.clone().set_align(FormatAlign::Right),
            heading,
            part: cell.clone().set_align(FormatAlign::Left).set_indent(2),
            label: cell,
            exact: figure.clone().set_num_format("#,##0"),
            rounded: figure.clone().set_num_format("#,##0").set_italic(),
            share: figure.clone().set_num_format("0.000"),
            mark: figure.set_font_color(Color::RGB(0x42_5563)),
            // 2: from right to left.
            right_to_left: text
                .clone()
                .set_reading_direction(2)
                .set_align(FormatAlign::Right),
            name: text.clone().set_bold(),
            link: base
                .clone()
                .set_font_color(Color::RGB(0x00_5EB8))
                .set_underline(rust_xlsxwriter::FormatUnderline::Single),
            plain: base,
            text,
        }
    }

    /// How words look that somebody wrote.
    fn words(&self, text: &str) -> &Format {
        match wording::is_right_to_left(text) {
            true => &self.right_to_left,
            false => &self.text,
        }
    }
}

fn written(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let looks = Looks::new();
    let mut book = Workbook::new();
    book.set_properties(
        &DocProperties::new()
            .set_title(&report.consultation.title)
            .set_subject(wording::edition(report))
            .set_author(&report.consultation.commissioned_by.name)
            .set_comment(&report.licence)
            .set_creation_datetime(&published(report)?),
    );
    let mut taken = BTreeSet::new();
    let mut named = |wanted: &str| sheet_name(wanted, &mut taken);
    let (first, contents, said) = (named("Cover"), named("Contents"), named("Commentary"));
    let tables: Vec<(String, &ReportTable)> = report
        .tables
        .iter()
        .map(|table| (named(&table.name), table))
        .collect();
    let sheet = book.add_worksheet();
    sheet.set_name(&first)?;
    cover(sheet, report, &looks)?;
    let mut entries = vec![(
        said.clone(),
        "What was written to each theme and section".to_owned(),
    )];
    entries.extend(
        tables
            .iter()
            .map(|(name, table)| (name.clone(), table.title.clone())),
    );
    let sheet = book.add_worksheet();
    sheet.set_name(&contents)?;
    list(sheet, &entries, &looks)?;
    let sheet = book.add_worksheet();
    sheet.set_name(&said)?;
    commentary(sheet, report, &looks)?;
    for (at, (name, table)) in tables.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?;
        figures(sheet, report, table, at, &contents, &looks)?;
    }
    for sheet in book.worksheets_mut() {
        sheet.set_footer("&L&A&RPage &P of &N");
    }
    book.save_to_buffer()
}

/// When the report was published, as a workbook says it; a day long before for a draft, so that its bytes do not move either.
fn published(report: &Report) -> Result<ExcelDateTime, XlsxError> {
    match report.published_at {
        Some(moment) => ExcelDateTime::from_timestamp(moment.unix_seconds()),
        None => ExcelDateTime::from_ymd(2000, 1, 1),
    }
}

/// A name that a sheet may have and no other has: letters, figures and hyphens, at most 31 of them.
fn sheet_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let safe = |letter: char| match letter.is_ascii_alphanumeric() || letter == '-' {
        true => letter,
        false => '-',
    };
    let cut = |most: usize| {
        let name: String = wanted.chars().map(safe).take(most).collect();
        name.trim_end_matches('-').to_owned()
    };
    let mut name = cut(SHEET_NAME);
    let mut number = 1;
    // Programs take names for the same whatever their case.
    while name.is_empty() || !taken.insert(name.to_ascii_lowercase()) {
        number += 1;
        let ending = format!("-{number}");
        name = cut(SHEET_NAME - ending.len()) + &ending;
    }
    name
}

/// Points of a row that holds this text in a column so wide: programs do not all find out by themselves.
fn height(text: &str, width: u16) -> u32 {
    let of = |line: &str| (line.chars().count().div_ceil(usize::from(width)).max(1)) as u32;
    text.lines().map(of).sum::<u32>().max(1) * LINE
}

/// Rows one after the other on a sheet of words.
struct Rows<'s> {
    sheet: &'s mut Worksheet,
    looks: &'s Looks,
    at: u32,
}

impl Rows<'_> {
    fn title(&mut self, text: &str) -> Result<(), XlsxError> {
        self.sheet
            .write_string_with_format(self.at, 0, text, &self.looks.title)?;
        self.sheet.set_row_height(self.at, 22)?;
        self.at += 1;
        Ok(())
    }

    /// A name, and what stands under it.
    fn pair(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        self.sheet
            .write_string_with_format(self.at, 0, name, &self.looks.name)?;
        self.sheet
            .write_string_with_format(self.at, 1, text, self.looks.words(text))?;
        let points = height(text, TEXT - 6).max(height(name, NAMES - 4));
        self.sheet.set_row_height(self.at, points)?;
        self.at += 1;
        Ok(())
    }

    fn gap(&mut self) {
        self.at += 1;
    }
}

fn words_sheet(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet
        .set_column_width(0, NAMES)?
        .set_column_width(1, TEXT)?
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0);
    Ok(())
}

fn cover(sheet: &mut Worksheet, report: &Report, looks: &Looks) -> Result<(), XlsxError> {
    words_sheet(sheet)?;
    let mut rows = Rows { sheet, looks, at: 0 };
    rows.title(&report.consultation.title)?;
    rows.pair(
        "What this is",
        "The figures of a collated report, a table a sheet, and what was written to them.",
    )?;
    for (name, value) in wording::about(report) {
        rows.pair(name, &value)?;
    }
    rows.gap();
    rows.title(heading::HOW_TO_READ)?;
    rows.pair(
        SUPPRESSED,
        &format!(
            "Confidential: {}, and not shown, so that nobody can be recognised.",
            wording::suppressed(report)
        ),
    )?;
    rows.pair(
        WITHHELD,
        "Hidden, whatever its size, because it would tell another figure that is hidden.",
    )?;
    rows.pair(NOT_AVAILABLE, "Not available: the report has no such figure.")?;
    rows.pair(
        "Numbers in italics",
        "They were rounded. All others are exact. The CSV says of each figure how it may be read.",
    )?;
    // The words that stand for hidden figures elsewhere have their marks here.
    let elsewhere = [wording::suppressed(report), "not shown".into(), "–".into()];
    for (word, means) in wording::how_to_read(report) {
        if !elsewhere.contains(&word) {
            rows.pair(&word, &means)?;
        }
    }
    rows.pair("How figures are protected", &wording::disclosure(report))?;
    rows.gap();
    rows.title(heading::LIMITATIONS)?;
    for (at, limitation) in report.limitations.iter().enumerate() {
        rows.pair(&(at + 1).to_string(), &limitation.text)?;
    }
    rows.gap();
    rows.title("How to see that nothing was changed")?;
    rows.pair("", &wording::how_to_verify())
}

fn list(sheet: &mut Worksheet, entries: &[(String, String)], looks: &Looks) -> Result<(), XlsxError> {
    words_sheet(sheet)?;
    sheet.set_column_width(0, 40)?;
    sheet.write_string_with_format(0, 0, "Contents", &looks.title)?;
    sheet.set_row_height(0, 22)?;
    sheet.write_string_with_format(2, 0, "Sheet", &looks.heading)?;
    sheet.write_string_with_format(2, 1, "What is on it", &looks.heading)?;
    for (at, (name, title)) in (3..).zip(entries) {
        sheet.write_url_with_options(at, 0, to(name), name, "", Some(&looks.link))?;
        sheet.write_string_with_format(at, 1, title, &looks.text)?;
        sheet.set_row_height(at, height(title, TEXT - 6))?;
    }
    sheet.set_freeze_panes(3, 0)?;
    Ok(())
}

/// A link to the top of a sheet.
fn to(sheet: &str) -> Url {
    Url::new(format!("internal:'{sheet}'!A1"))
}

/// What was written to themes and sections: a row a paragraph or point.
fn commentary(sheet: &mut Worksheet, report: &Report, looks: &Looks) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, "Commentary", &looks.title)?;
    sheet.set_row_height(0, 22)?;
    let widths: [u16; 4] = [44, 30, 90, 26];
    for (column, (width, name)) in
        (0..).zip(
            widths
                .into_iter()
                .zip(["Theme or section", "What it is", "Text", "Said by"]),
        )
    {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(2, column, name, &looks.heading)?;
    }
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(2, 2)?
        .set_freeze_panes(3, 1)?;
    let mut at = 3;
    let mut add = |of: &str, is: &str, text: &str, by: &str| -> Result<(), XlsxError> {
        sheet.write_string_with_format(at, 0, of, &looks.text)?;
        sheet.write_string_with_format(at, 1, is, &looks.text)?;
        sheet.write_string_with_format(at, 2, text, looks.words(text))?;
        sheet.write_string_with_format(at, 3, by, &looks.text)?;
        sheet.set_row_height(at, height(text, 84).max(height(of, 40)).max(height(is, 27)))?;
        at += 1;
        Ok(())
    };
    let whole = &report.commentary;
    for (is, text) in [
        (heading::FOREWORD, &whole.foreword),
        (heading::BACKGROUND, &whole.background),
        (heading::METHOD, &whole.method),
        (heading::WHAT_HAPPENS_NEXT, &whole.what_happens_next),
    ] {
        for paragraph in wording::prose(text.as_ref()) {
            add("The whole report", is, paragraph, "")?;
        }
    }
    for (theme, _) in wording::themes(report) {
        add(
            &theme.label,
            heading::HOW_WIDELY,
            &wording::how_widely(report, theme),
            "",
        )?;
        if let Some(differs) = wording::differs(report, theme) {
            add(&theme.label, heading::PEOPLE_AND_STAFF, &differs, "")?;
        }
        let written = wording::commentary(report, theme.id);
        for paragraph in wording::prose(written.and_then(|written| written.summary.as_ref())) {
            add(&theme.label, "Summary", paragraph, "")?;
        }
        for (text, by) in wording::quotes(report, theme.id) {
            add(&theme.label, "Quote", text, by)?;
        }
        for point in written.map_or(&[][..], |written| &written.key_points) {
            add(&theme.label, "Key point", point.as_str(), "")?;
        }
        for area in written.map_or(&[][..], |written| &written.areas_for_consideration) {
            add(&theme.label, "Area for further consideration", area.as_str(), "")?;
        }
    }
    for section in &whole.sections {
        let name = wording::section(report, section.section_ref.as_str());
        for paragraph in wording::prose(section.summary.as_ref()) {
            add(&name, "Summary", paragraph, "")?;
        }
        for suggestion in &section.suggestions {
            add(&name, "Suggestion", suggestion.as_str(), "")?;
        }
    }
    Ok(())
}

/// A table on its sheet.
fn figures(
    sheet: &mut Worksheet,
    report: &Report,
    table: &ReportTable,
    number: usize,
    contents: &str,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet.write_string_with_format(0, 0, &table.title, &looks.title)?;
    sheet.set_row_height(0, 22)?;
    sheet.write_string_with_format(1, 0, wording::unit_and_base(table), &looks.plain)?;
    for (row, line) in (2..).zip(note_lines(table.note.as_deref().unwrap_or_default())) {
        sheet.write_string_with_format(row, 0, line, &looks.plain)?;
    }
    let back = 2 + NOTE_ROWS as u32;
    sheet.write_url_with_options(back, 0, to(contents), "Contents", "", Some(&looks.link))?;
    let hidden = format!(
        "{SUPPRESSED} {}; {WITHHELD} not shown, whatever its size; {NOT_AVAILABLE} no such figure; italics: rounded.",
        wording::suppressed(report)
    );
    sheet.write_string_with_format(back, 1, hidden, &looks.plain)?;
    sheet.set_column_width(0, LABELS)?;
    let last = table.columns.len() as u16;
    headings(sheet, table, number, last, looks)?;
    for (at, row) in (HEADINGS + 1..).zip(&table.rows) {
        let label = if row.level == 0 { &looks.label } else { &looks.part };
        sheet.write_string_with_format(at, 0, &row.label, label)?;
        for (column, cell) in (1..).zip(&row.cells) {
            figure(sheet, at, column, cell.as_ref(), looks)?;
        }
        sheet.set_row_height(at, height(&row.label, LABELS - 2))?;
    }
    let upright = table.columns.len() <= 4;
    sheet
        .set_freeze_panes(HEADINGS + 1, 1)?
        .set_repeat_rows(HEADINGS, HEADINGS)?
        .set_repeat_columns(0, 0)?
        .set_paper_size(A4)
        .set_print_fit_to_pages(1, 0);
    if !upright {
        sheet.set_landscape();
    }
    Ok(())
}

/// The row of headings, which programs know for one.
fn headings(
    sheet: &mut Worksheet,
    table: &ReportTable,
    number: usize,
    last: u16,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let mut names = vec![table.rows_are.clone()];
    names.extend(table.columns.iter().map(|column| column.label.clone()));
    let mut widest = LINE;
    for (column, name) in (0..).zip(&names) {
        let (width, look) = match column {
            0 => (LABELS, &looks.heading),
            _ => (FIGURES, &looks.heading_of_figures),
        };
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(HEADINGS, column, name, look)?;
        widest = widest.max(height(name, width - 4));
    }
    sheet.set_row_height(HEADINGS, widest)?;
    // A table knows its columns by their headings: they must differ, and be neither blank nor long. Where they do not, the cells stand alone.
    let distinct: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let fit = |name: &String| !name.trim().is_empty() && name.chars().count() <= 255 && !name.contains('\n');
    if distinct.len() == names.len() && names.iter().all(fit) {
        let columns: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                TableColumn::new().set_header(name).set_header_format(match at {
                    0 => &looks.heading,
                    _ => &looks.heading_of_figures,
                })
            })
            .collect();
        let made = Table::new()
            .set_name(format!("Table_{}", number + 1))
            .set_style(TableStyle::None)
            .set_autofilter(false)
            .set_alt_text(wording::unit_and_base(table))
            .set_alt_text_title(&table.title)
            .set_columns(&columns);
        sheet.add_table(HEADINGS, 0, HEADINGS + table.rows.len() as u32, last, &made)?;
    }
    Ok(())
}

fn figure(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: Option<&TableCell>,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let mark = match cell {
        None => NOT_AVAILABLE,
        Some(cell) => match (cell.value, cell.status) {
            // Counts here are far below 2^53, up to which a number of a spreadsheet is exact.
            (Some(Figure::Count(count)), CountStatus::Rounded) => {
                sheet.write_number_with_format(row, column, count as f64, &looks.rounded)?;
                return Ok(());
            }
            (Some(Figure::Count(count)), _) => {
                sheet.write_number_with_format(row, column, count as f64, &looks.exact)?;
                return Ok(());
            }
            (Some(Figure::Share(share)), _) => {
                sheet.write_number_with_format(row, column, share, &looks.share)?;
                return Ok(());
            }
            (None, CountStatus::Suppressed) => SUPPRESSED,
            (None, _) => WITHHELD,
        },
    };
    sheet.write_string_with_format(row, column, mark, &looks.mark)?;
    Ok(())
}

/// A note in at most so many lines as there are rows for it: longer ones for a longer note, so that the table begins where it always does.
fn note_lines(note: &str) -> Vec<String> {
    let mut width = NOTE;
    loop {
        let mut lines: Vec<String> = Vec::new();
        for word in note.split_whitespace() {
            match lines.last_mut() {
                Some(line) if line.chars().count() + word.chars().count() < width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        if lines.len() <= NOTE_ROWS {
            return lines;
        }
        width += NOTE / 4;
    }
}

#[cfg(test)]
mod tests {
    use super::super::{docx::tests::elements, sample};
    use super::*;
    use std::{
        collections::HashMap,
        io::{Cursor, Read},
    };

    /// What stands in a cell of a sheet.
    #[derive(Clone, Debug, PartialEq)]
    enum Found {
        Number(f64),
        Text(String),
    }

    type Cells = HashMap<String, Found>;

    /// Every sheet by its name, and its cells by their address.
    fn read(bytes: &[u8]) -> Vec<(String, Cells)> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        let mut strings: Vec<String> = Vec::new();
        for element in elements(&part("xl/sharedStrings.xml")) {
            match element.name.as_str() {
                "si" => strings.push(String::new()),
                "t" => strings.last_mut().unwrap().push_str(&element.text),
                _ => {}
            }
        }
        let names: Vec<String> = elements(&part("xl/workbook.xml"))
            .into_iter()
            .filter(|element| element.name == "sheet")
            .map(|element| element.attributes["name"].clone())
            .collect();
        names
            .into_iter()
            .enumerate()
            .map(|(at, name)| {
                let mut cells = Cells::new();
                let mut open: Option<(String, bool)> = None;
                for element in elements(&part(&format!("xl/worksheets/sheet{}.xml", at + 1))) {
                    match element.name.as_str() {
                        "c" => {
                            let text = element.attributes.get("t").map(String::as_str) == Some("s");
                            open = Some((element.attributes["r"].clone(), text));
                        }
                        "v" => {
                            let (address, text) = open.take().unwrap();
                            let found = match text {
                                true => Found::Text(strings[element.text.parse::<usize>().unwrap()].clone()),
                                false => Found::Number(element.text.parse().unwrap()),
                            };
                            cells.insert(address, found);
                        }
                        "f" => panic!("a formula: {}", element.text),
                        _ => {}
                    }
                }
                (name, cells)
            })
            .collect()
    }

    fn address(row: u32, column: usize) -> String {
        format!("{}{}", domain::import::rows::letters(column), row + 1)
    }

    #[test]
    fn every_figure_is_read_back_as_it_is() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let began = std::time::Instant::now();
            let bytes = xlsx(&report).unwrap();
            println!("{themes} themes: {:?}, {} bytes", began.elapsed(), bytes.len());
            sample::kept(&format!("report-{themes}.xlsx"), &bytes);
            let sheets = read(&bytes);
            assert_eq!(sheets.len(), report.tables.len() + 3);
            for (table, (_, cells)) in report.tables.iter().zip(&sheets[3..]) {
                assert_eq!(cells["A1"], Found::Text(table.title.clone()));
                for (row, line) in (HEADINGS + 1..).zip(&table.rows) {
                    assert_eq!(cells[&address(row, 0)], Found::Text(line.label.clone()));
                    for (at, cell) in line.cells.iter().enumerate() {
                        let wanted = match cell {
                            None => Found::Text(NOT_AVAILABLE.into()),
                            Some(cell) => match (cell.value, cell.status) {
                                (Some(Figure::Count(count)), _) => Found::Number(count as f64),
                                (Some(Figure::Share(share)), _) => Found::Number(share),
                                (None, CountStatus::Suppressed) => Found::Text("[c]".into()),
                                (None, _) => Found::Text("[hidden]".into()),
                            },
                        };
                        assert_eq!(cells[&address(row, at + 1)], wanted, "{} {row} {at}", table.name);
                    }
                }
            }
        }
    }

    #[test]
    fn it_is_the_same_whenever_it_is_made() {
        let report = sample::report(3);
        let first = xlsx(&report).unwrap();
        assert!(first == xlsx(&report).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(first)).unwrap();
        // No part of it bears the time of making: all bear the day from which archives reckon.
        for part in 0..archive.len() {
            let written = archive.by_index(part).unwrap().last_modified();
            assert_eq!(written, Some(zip::DateTime::default()));
        }
        let mut core = String::new();
        archive
            .by_name("docProps/core.xml")
            .unwrap()
            .read_to_string(&mut core)
            .unwrap();
        assert!(core.contains("2020-01-10T12:00:00Z"), "{core}");
    }

    #[test]
    fn words_that_were_taken_back_are_nowhere_and_labels_are_words() {
        let report = sample::report(60);
        let sheets = read(&xlsx(&report).unwrap());
        let quotes = sheets[2]
            .1
            .values()
            .filter(|cell| **cell == Found::Text("Quote".into()))
            .count();
        assert_eq!(
            quotes,
            report.quotes.iter().filter(|quote| quote.text.is_some()).count()
        );
        // As it was written: a string is no formula, and needs no mark before it.
        let label = Found::Text("=1+1 \"motivation\"".into());
        assert!(
            sheets
                .iter()
                .any(|(_, cells)| cells.values().any(|cell| *cell == label))
        );
    }

    #[test]
    fn sheets_have_names_that_sheets_may_have() {
        let mut taken = BTreeSet::new();
        let long = "theme-by-respondent-group-on-question-12-in-responses";
        let names: Vec<_> = ["a[b]:*?/\\'", "", long, long, "Cover", "COVER"]
            .iter()
            .map(|wanted| sheet_name(wanted, &mut taken))
            .collect();
        assert_eq!(
            names,
            [
                "a-b",
                "-2",
                "theme-by-respondent-group-on-qu",
                "theme-by-respondent-group-on-2",
                "Cover",
                "COVER-2"
            ]
        );
        assert!(names.iter().all(|name| name.len() <= 31));
    }

    #[test]
    fn a_note_of_any_length_leaves_the_table_where_it_is() {
        assert!(note_lines("").is_empty());
        assert_eq!(note_lines("Rows need not add up."), ["Rows need not add up."]);
        let long = "Joined, because apart they would have given somebody away. ".repeat(40);
        let lines = note_lines(&long);
        assert_eq!(lines.len(), NOTE_ROWS);
        assert_eq!(lines.join(" "), long.trim());
    }
}
