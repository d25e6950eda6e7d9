//! A report as a document for word processors, in the order of a collated report.
//!
//! Invariants: headings are headings, lists lists and tables tables, so that whoever hears or restyles the document finds their way; a
//! row of headings comes again on each page; every figure of every table is in it, in the policy's own words; what came from anybody
//! goes through `Words::text`; and the same report is the same bytes.
//!
//! It is WordprocessingML (ECMA-376, part 1) of our own. Refused: `docx-rs`, which cannot say that a row of headings repeats
//! (`w:tblHeader`) and would link a second `zip` and a second `quick-xml`; and one of the readers for office formats, which do not write.

use super::wording::{self, heading};
use crate::http::problem::Problem;
use domain::{
    report::{Report, ReportTable, ReportedTheme, TableColumn, TableRow},
    text::Prose,
};
use std::{
    io::{Cursor, Write},
    ops::Range,
};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// Widths in twentieths of a point: the text of an upright page of A4, and of one on its side.
const UPRIGHT: usize = 9_638;
const ON_ITS_SIDE: usize = 14_570;
/// What labels of rows have at the least.
const LABELS: usize = 2_600;
/// The most columns of figures that a page on its side holds.
const COLUMNS: usize = 12;

/// The document.
///
/// # Errors
/// Where the archive cannot be written, which none of ours is.
pub fn docx(report: &Report) -> Result<Vec<u8>, Problem> {
    let document = document(report);
    let core = core(report);
    let footer = footer(report);
    let parts: [(&str, &str); 10] = [
        ("[Content_Types].xml", CONTENT_TYPES),
        ("_rels/.rels", PACKAGE),
        ("docProps/core.xml", &core),
        ("docProps/app.xml", APP),
        ("word/document.xml", &document),
        ("word/_rels/document.xml.rels", RELATIONS),
        ("word/styles.xml", STYLES),
        ("word/numbering.xml", NUMBERING),
        ("word/settings.xml", SETTINGS),
        ("word/footer1.xml", &footer),
    ];
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
        .last_modified_time(DateTime::DEFAULT);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        archive.start_file(name, options).map_err(Problem::internal)?;
        archive.write_all(part.as_bytes()).map_err(Problem::internal)?;
    }
    Ok(archive.finish().map_err(Problem::internal)?.into_inner())
}

/// XML as it grows.
#[derive(Default)]
struct Words(String);

impl Words {
    /// Markup of ours.
    fn ours(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Words of anybody's, between tags or in an attribute. What XML 1.0 has no place for is left out.
    fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\n' | '\r' | '\t' => self.0.push(' '),
                '\u{fffe}' | '\u{ffff}' => {}
                letter if letter.is_control() => {}
                letter => self.0.push(letter),
            }
        }
        self
    }

    fn number(&mut self, number: usize) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// A run of words; from right to left where its paragraph is, and bold or not.
    fn run(&mut self, text: &str, right_to_left: bool, bold: bool) -> &mut Self {
        self.ours("<w:r>");
        if right_to_left || bold {
            self.ours("<w:rPr>");
            if bold {
                self.ours("<w:b/><w:bCs/>");
            }
            if right_to_left {
                self.ours("<w:rtl/>");
            }
            self.ours("</w:rPr>");
        }
        self.ours("<w:t xml:space=\"preserve\">")
            .text(text)
            .ours("</w:t></w:r>")
    }

    /// The beginning of a paragraph in a style, up to its words.
    fn open(&mut self, style: &'static str, right_to_left: bool) -> &mut Self {
        self.ours("<w:p><w:pPr><w:pStyle w:val=\"")
            .ours(style)
            .ours("\"/>");
        if right_to_left {
            self.ours("<w:bidi/>");
        }
        self.ours("</w:pPr>")
    }

    fn paragraph(&mut self, style: &'static str, text: &str) -> &mut Self {
        let right_to_left = wording::is_right_to_left(text);
        self.open(style, right_to_left)
            .run(text, right_to_left, false)
            .ours("</w:p>")
    }

    /// A name in bold, and what stands under it.
    fn pair(&mut self, name: &str, text: &str) -> &mut Self {
        self.open("BodyText", false)
            .run(name, false, true)
            .run(": ", false, true)
            .run(text, false, false)
            .ours("</w:p>")
    }

    fn field(&mut self, instruction: &'static str) -> &mut Self {
        self.ours("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> ")
            .ours(instruction)
            .ours(" </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r>\
                   <w:r><w:fldChar w:fldCharType=\"end\"/></w:r>")
    }
}

/// The body as it is written: its headings are gathered for the contents.
struct Body<'r> {
    report: &'r Report,
    words: Words,
    /// Level and text, in order; the place is the number of the bookmark.
    headings: Vec<(usize, String)>,
    /// Whether the pages that are being filled are on their side.
    on_its_side: bool,
}

const LEVELS: [&str; 4] = ["Heading1", "Heading2", "Heading3", "Heading4"];

impl Body<'_> {
    /// A heading, from level 1.
    fn heading(&mut self, level: usize, text: &str) {
        let Some(style) = LEVELS.get(level.saturating_sub(1)) else {
            return;
        };
        self.headings.push((level, text.to_owned()));
        let number = self.headings.len();
        let right_to_left = wording::is_right_to_left(text);
        self.words
            .open(style, right_to_left)
            .ours("<w:bookmarkStart w:id=\"")
            .number(number)
            .ours("\" w:name=\"_Toc")
            .number(number)
            .ours("\"/>")
            .run(text, right_to_left, false)
            .ours("<w:bookmarkEnd w:id=\"")
            .number(number)
            .ours("\"/></w:p>");
    }

    fn paragraphs<T: AsRef<str>>(&mut self, all: impl IntoIterator<Item = T>) {
        for text in all {
            self.words.paragraph("BodyText", text.as_ref());
        }
    }

    fn bullets<T: AsRef<str>>(&mut self, all: impl IntoIterator<Item = T>) {
        for text in all {
            self.words.paragraph("ListBullet", text.as_ref());
        }
    }

    /// What was written under a heading, where anything was.
    fn written(&mut self, heading: &str, text: Option<&Prose>) {
        if let Some(text) = text {
            self.heading(1, heading);
            self.paragraphs(wording::prose(Some(text)));
        }
    }

    /// Points under a heading, where there are any.
    fn points(&mut self, level: usize, heading: &str, points: &[Prose]) {
        if !points.is_empty() {
            self.heading(level, heading);
            for point in points {
                self.words.paragraph("ListBullet", point.as_str());
            }
        }
    }

    /// The pages that follow are upright, or on their side.
    fn turn(&mut self, on_its_side: bool) {
        if self.on_its_side != on_its_side {
            self.words.ours("<w:p><w:pPr><w:pStyle w:val=\"SectionEnd\"/>");
            section(&mut self.words, self.on_its_side);
            self.words.ours("</w:pPr></w:p>");
            self.on_its_side = on_its_side;
        }
    }

    /// A table with what it counts above it, on pages that are wide enough; in parts where none is.
    fn table(&mut self, table: &ReportTable) {
        self.words.paragraph("Note", &wording::unit_and_base(table));
        if let Some(note) = &table.note {
            self.words.paragraph("Note", note);
        }
        let all = table.columns.len();
        let parts = all.div_ceil(COLUMNS).max(1);
        let each = all.div_ceil(parts).max(1);
        for (part, from) in (0..all).step_by(each).enumerate() {
            if parts > 1 {
                let told = format!("Part {} of {parts}, with the same rows in each.", part + 1);
                self.words.paragraph("Note", &told);
            }
            self.grid(table, from..(from + each).min(all));
        }
        self.words.paragraph("TableEnd", "");
    }

    fn grid(&mut self, table: &ReportTable, columns: Range<usize>) {
        let of_text = if self.on_its_side { ON_ITS_SIDE } else { UPRIGHT };
        let shown = table.columns.get(columns.clone()).unwrap_or_default();
        let (labels, figures) = widths(shown, of_text);
        let (text, figure, head, head_of_figures) = match is_small(shown.len()) {
            false => ("TableText", "TableFigure", "TableHead", "TableHeadFigure"),
            true => (
                "TableTextSmall",
                "TableFigureSmall",
                "TableHeadSmall",
                "TableHeadFigureSmall",
            ),
        };
        let words = &mut self.words;
        words
            .ours("<w:tbl><w:tblPr><w:tblStyle w:val=\"Figures\"/><w:tblW w:w=\"")
            .number(labels + figures.iter().sum::<usize>())
            .ours("\" w:type=\"dxa\"/><w:tblLayout w:type=\"fixed\"/><w:tblLook w:val=\"04A0\" w:firstRow=\"1\" w:lastRow=\"0\" \
                   w:firstColumn=\"1\" w:lastColumn=\"0\" w:noHBand=\"0\" w:noVBand=\"1\"/><w:tblCaption w:val=\"")
            .text(&table.title)
            .ours("\"/><w:tblDescription w:val=\"In data files this table is called ")
            .text(&table.name)
            .ours(".\"/></w:tblPr><w:tblGrid><w:gridCol w:w=\"")
            .number(labels)
            .ours("\"/>");
        for width in &figures {
            words.ours("<w:gridCol w:w=\"").number(*width).ours("\"/>");
        }
        words.ours("</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
        cell(words, labels, head, &table.rows_are);
        for (column, width) in shown.iter().zip(&figures) {
            cell(words, *width, head_of_figures, &column.label);
        }
        words.ours("</w:tr>");
        for row in &table.rows {
            self.row(row, columns.start, (labels, text), (&figures, figure));
        }
        self.words.ours("</w:tbl>");
    }

    fn row(
        &mut self,
        row: &TableRow,
        from: usize,
        labels: (usize, &'static str),
        figures: (&[usize], &'static str),
    ) {
        let words = &mut self.words;
        words.ours("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        let right_to_left = wording::is_right_to_left(&row.label);
        open_cell(words, labels.0);
        words
            .ours("<w:p><w:pPr><w:pStyle w:val=\"")
            .ours(labels.1)
            .ours("\"/>");
        if right_to_left {
            words.ours("<w:bidi/>");
        }
        if row.level > 0 {
            words.ours("<w:ind w:left=\"284\"/>");
        }
        words
            .ours("</w:pPr>")
            .run(&row.label, right_to_left, false)
            .ours("</w:p></w:tc>");
        for (at, width) in (from..).zip(figures.0) {
            let shown = self.report.words(row.cells.get(at).and_then(Option::as_ref));
            cell(words, *width, figures.1, &shown);
        }
        words.ours("</w:tr>");
    }
}

/// Whether so many columns of figures are written small.
const fn is_small(columns: usize) -> bool {
    columns > 8
}

/// What each column needs so that no word of its heading, and no "not shown", is broken: letters of Arial are about so wide.
fn needs(columns: &[TableColumn]) -> Vec<usize> {
    let (letter, least) = if is_small(columns.len()) {
        (92, 920)
    } else {
        (106, 1_080)
    };
    let longest = |label: &str| {
        let words = label.split([' ', '-', '/']);
        words.map(|word| word.chars().count()).max().unwrap_or(0)
    };
    let need = |column: &TableColumn| (longest(&column.label) * letter + 160).clamp(least, 2_200);
    columns.iter().map(need).collect()
}

/// Whether an upright page holds these columns beside their labels.
fn is_upright(columns: &[TableColumn]) -> bool {
    !is_small(columns.len()) && LABELS + needs(columns).iter().sum::<usize>() <= UPRIGHT
}

/// The widths of labels and of each column of figures: labels have what figures leave them, and figures no more than they need
/// unless there is room for both.
fn widths(columns: &[TableColumn], of_text: usize) -> (usize, Vec<usize>) {
    let mut figures = needs(columns);
    let needed: usize = figures.iter().sum();
    if needed + LABELS > of_text {
        let room = of_text - LABELS;
        figures
            .iter_mut()
            .for_each(|width| *width = *width * room / needed);
        return (LABELS, figures);
    }
    let labels = (of_text - needed).min(2 * LABELS);
    let spare = (of_text - needed - labels) / columns.len().max(1);
    figures
        .iter_mut()
        .for_each(|width| *width += spare.min(2_200 - (*width).min(2_200)));
    (labels, figures)
}

fn open_cell(words: &mut Words, width: usize) {
    words
        .ours("<w:tc><w:tcPr><w:tcW w:w=\"")
        .number(width)
        .ours("\" w:type=\"dxa\"/></w:tcPr>");
}

fn cell(words: &mut Words, width: usize, style: &'static str, text: &str) {
    open_cell(words, width);
    words.paragraph(style, text).ours("</w:tc>");
}

/// Where pages of one kind end: A4, upright or on its side.
fn section(words: &mut Words, on_its_side: bool) {
    words
        .ours("<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId4\"/><w:type w:val=\"nextPage\"/>")
        .ours(match on_its_side {
            true => "<w:pgSz w:w=\"16838\" w:h=\"11906\" w:orient=\"landscape\"/>",
            false => "<w:pgSz w:w=\"11906\" w:h=\"16838\"/>",
        })
        .ours(
            "<w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" \
             w:gutter=\"0\"/></w:sectPr>",
        );
}

fn document(report: &Report) -> String {
    let mut body = Body {
        report,
        words: Words::default(),
        headings: Vec::new(),
        on_its_side: false,
    };
    body.asked();
    body.took_part();
    body.themes();
    body.sections();
    body.method();
    body.written(
        heading::WHAT_HAPPENS_NEXT,
        report.commentary.what_happens_next.as_ref(),
    );
    if let Some(due) = wording::answer_due(report) {
        if report.commentary.what_happens_next.is_none() {
            body.heading(1, heading::WHAT_HAPPENS_NEXT);
        }
        body.paragraphs([due]);
    }
    body.all_tables();
    body.about();
    let Body {
        words,
        headings,
        on_its_side,
        ..
    } = body;
    let mut whole = Words::default();
    whole.ours(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><w:body>",
    );
    title(&mut whole, report);
    contents(&mut whole, &headings);
    whole.0.push_str(&words.0);
    section(&mut whole, on_its_side);
    whole.ours("</w:body></w:document>");
    whole.0
}

fn title(words: &mut Words, report: &Report) {
    let consultation = &report.consultation;
    words.paragraph("Title", &consultation.title);
    words.paragraph("Subtitle", "What people said: a collated report");
    words.paragraph(
        "TitleLine",
        &format!("{} ({})", wording::edition(report), consultation.reference),
    );
    words.paragraph("TitleLine", &format!("For {}", consultation.commissioned_by.name));
    for paragraph in wording::paragraphs(&consultation.summary) {
        words.paragraph("BodyText", paragraph);
    }
}

/// The contents: a field, filled in already, as not every program fills fields in when it opens a document. It is filled with links
/// alone: on which page something stands the program knows that lays the pages out, and it adds the numbers when it brings the field
/// up to date.
fn contents(words: &mut Words, headings: &[(usize, String)]) {
    words.ours(
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val=\"Table of Contents\"/><w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>",
    );
    words.paragraph("TOCHeading", "Contents");
    let mut first = true;
    for (at, (level, text)) in headings.iter().enumerate() {
        let style = match level {
            1 => "TOC1",
            2 => "TOC2",
            _ => continue,
        };
        words.open(style, false);
        if std::mem::take(&mut first) {
            words.ours(
                "<w:r><w:fldChar w:fldCharType=\"begin\" w:dirty=\"true\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> TOC \\o \"1-2\" \
                 \\h \\z \\u </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>",
            );
        }
        words
            .ours("<w:hyperlink w:anchor=\"_Toc")
            .number(at + 1)
            .ours("\" w:history=\"1\">")
            .run(text, wording::is_right_to_left(text), false)
            .ours("</w:hyperlink></w:p>");
    }
    if !first {
        words.ours("<w:p><w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>");
    }
    words.ours("</w:sdtContent></w:sdt>");
}

impl Body<'_> {
    /// Why people were asked, about what, and how.
    fn asked(&mut self) {
        let report = self.report;
        let (consultation, commentary) = (&report.consultation, &report.commentary);
        self.written(heading::FOREWORD, commentary.foreword.as_ref());
        self.written(heading::BACKGROUND, commentary.background.as_ref());
        if consultation.open_to_change.is_some() || consultation.not_open_to_change.is_some() {
            self.heading(1, heading::OPEN_TO_INFLUENCE);
            self.paragraphs(
                consultation
                    .open_to_change
                    .iter()
                    .flat_map(|text| wording::paragraphs(text)),
            );
            if let Some(text) = &consultation.not_open_to_change {
                self.heading(2, heading::NOT_OPEN_TO_INFLUENCE);
                self.paragraphs(wording::paragraphs(text));
            }
        }
        self.heading(1, heading::HOW_WE_ASKED);
        self.paragraphs(wording::how_we_asked(report));
        let documents = wording::documents(report);
        if !documents.is_empty() {
            self.heading(2, heading::DOCUMENTS);
            for (document, sections) in documents {
                self.paragraphs([document]);
                self.bullets(sections);
            }
        }
        let materials = wording::materials(report);
        if !materials.is_empty() {
            self.heading(2, heading::MATERIALS);
            self.bullets(materials);
        }
        let questions = wording::questions(report);
        if !questions.is_empty() {
            self.heading(2, heading::QUESTIONS);
            self.paragraphs(questions);
        }
    }

    fn took_part(&mut self) {
        self.heading(1, heading::WHO_TOOK_PART);
        self.paragraphs(wording::who_took_part(self.report));
        for name in ["heard", "attendance"] {
            self.shown_early(name);
        }
        self.heading(1, heading::HOW_TO_READ);
        for (word, means) in wording::how_to_read(self.report) {
            self.words.pair(&word, &means);
        }
    }

    /// A table that is read with the text, too, where an upright page holds it.
    fn shown_early(&mut self, name: &str) {
        let report = self.report;
        if let Some(table) = report.table(name).filter(|table| is_upright(&table.columns)) {
            self.heading(2, &table.title);
            self.table(table);
        }
    }

    fn themes(&mut self) {
        let report = self.report;
        if report.codeframe.themes.is_empty() {
            return;
        }
        self.heading(1, heading::THEMES);
        if let Some(table) = report.table("themes") {
            self.heading(2, heading::THEMES_AT_A_GLANCE);
            self.table(table);
        }
        for (theme, level) in wording::themes(report) {
            self.theme(theme, usize::from(level));
        }
    }

    /// A theme: one that is part of another stands a level deeper.
    fn theme(&mut self, theme: &ReportedTheme, deeper: usize) {
        let report = self.report;
        self.heading(2 + deeper, &theme.label);
        if let Some(description) = &theme.description {
            for paragraph in wording::paragraphs(description) {
                self.words.paragraph("Note", paragraph);
            }
        }
        let written = wording::commentary(report, theme.id);
        self.paragraphs(wording::prose(
            written.and_then(|written| written.summary.as_ref()),
        ));
        self.heading(3 + deeper, heading::HOW_WIDELY);
        self.paragraphs([wording::how_widely(report, theme)]);
        if let Some(differs) = wording::differs(report, theme) {
            self.heading(3 + deeper, heading::PEOPLE_AND_STAFF);
            self.paragraphs([differs]);
        }
        let quotes = wording::quotes(report, theme.id);
        if !quotes.is_empty() {
            self.heading(3 + deeper, heading::IN_THEIR_WORDS);
            for (text, by) in quotes {
                for paragraph in wording::paragraphs(text) {
                    self.words.paragraph("Quote", paragraph);
                }
                self.words.paragraph("QuoteSource", &format!("– {by}"));
            }
        }
        if let Some(written) = written {
            self.points(3 + deeper, heading::KEY_POINTS, &written.key_points);
            self.points(3 + deeper, heading::AREAS, &written.areas_for_consideration);
        }
    }

    fn sections(&mut self) {
        let report = self.report;
        if report.commentary.sections.is_empty() {
            return;
        }
        self.heading(1, heading::SECTIONS);
        for section in &report.commentary.sections {
            self.heading(2, &wording::section(report, section.section_ref.as_str()));
            self.paragraphs(wording::prose(section.summary.as_ref()));
            self.points(3, heading::SUGGESTIONS, &section.suggestions);
        }
    }

    fn method(&mut self) {
        let report = self.report;
        self.heading(1, heading::METHOD);
        self.paragraphs(wording::prose(report.commentary.method.as_ref()));
        self.paragraphs(wording::method(report));
        self.heading(1, heading::LIMITATIONS);
        self.bullets(report.limitations.iter().map(|limitation| &limitation.text));
    }

    fn all_tables(&mut self) {
        let report = self.report;
        // The first heading stands on the pages of the first table, or it would have a page to itself.
        let wide = |table: &ReportTable| !is_upright(&table.columns);
        self.turn(report.tables.first().is_some_and(wide));
        self.heading(1, heading::ALL_TABLES);
        for table in &report.tables {
            self.turn(wide(table));
            self.heading(2, &table.title);
            self.table(table);
        }
    }

    fn about(&mut self) {
        self.turn(false);
        self.heading(1, heading::ABOUT);
        for (name, value) in wording::about(self.report) {
            self.words.pair(name, &value);
        }
        self.heading(2, heading::HOW_TO_VERIFY);
        self.paragraphs([wording::how_to_verify()]);
    }
}

fn footer(report: &Report) -> String {
    let mut words = Words::default();
    words.ours(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><w:ftr \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">",
    );
    words
        .open("Footer", false)
        .run(
            &format!(
                "{}, report {}. Page ",
                report.consultation.reference, report.number
            ),
            false,
            false,
        )
        .field("PAGE")
        .run(" of ", false, false)
        .field("NUMPAGES")
        .ours("</w:p></w:ftr>");
    words.0
}

fn core(report: &Report) -> String {
    let mut words = Words::default();
    words
        .ours(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><cp:coreProperties \
             xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>",
        )
        .text(&report.consultation.title)
        .ours("</dc:title><dc:subject>")
        .text(&wording::edition(report))
        .ours("</dc:subject><dc:creator>")
        .text(&report.consultation.commissioned_by.name)
        .ours("</dc:creator><dc:language>en-GB</dc:language>");
    if let Some(published) = report.published_at {
        for (open, close) in [
            (
                "<dcterms:created xsi:type=\"dcterms:W3CDTF\">",
                "</dcterms:created>",
            ),
            (
                "<dcterms:modified xsi:type=\"dcterms:W3CDTF\">",
                "</dcterms:modified>",
            ),
        ] {
            words.ours(open).text(&published.to_string()).ours(close);
        }
    }
    words.ours("</cp:coreProperties>");
    words.0
}

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/><Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;

const PACKAGE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties" Target="docProps/app.xml"/></Relationships>"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>"#;

const APP: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Collate</Application></Properties>"#;

const SETTINGS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:defaultTabStop w:val="567"/><w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="en-GB" w:bidi="ar-SA"/></w:settings>"#;

const NUMBERING: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:pStyle w:val="ListBullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="425" w:hanging="425"/></w:pPr></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"#;

/// Twelve points and Arial, as charities and the NHS ask of what is printed; colours of at least 7 to 1 on white.
const STYLES: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">"#,
    r#"<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/><w:sz w:val="24"/><w:szCs w:val="24"/><w:lang w:val="en-GB" w:eastAsia="en-GB" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="0" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>"#,
    r#"<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>"#,
    r#"<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="BodyText"><w:name w:val="Body Text"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr><w:spacing w:after="160"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:next w:val="Subtitle"/><w:qFormat/><w:pPr><w:spacing w:before="360" w:after="160" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:b/><w:bCs/><w:color w:val="003087"/><w:sz w:val="52"/><w:szCs w:val="52"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Subtitle"><w:name w:val="Subtitle"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr><w:spacing w:after="240"/></w:pPr><w:rPr><w:color w:val="003087"/><w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TitleLine"><w:name w:val="Title line"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="120"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="BodyText"/><w:qFormat/><w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="480" w:after="160" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:bCs/><w:color w:val="003087"/><w:sz w:val="36"/><w:szCs w:val="36"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="BodyText"/><w:qFormat/><w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="360" w:after="120" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:bCs/><w:color w:val="003087"/><w:sz w:val="30"/><w:szCs w:val="30"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/><w:basedOn w:val="Normal"/><w:next w:val="BodyText"/><w:qFormat/><w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="240" w:after="80" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="2"/></w:pPr><w:rPr><w:b/><w:bCs/><w:sz w:val="26"/><w:szCs w:val="26"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Heading4"><w:name w:val="heading 4"/><w:basedOn w:val="Normal"/><w:next w:val="BodyText"/><w:qFormat/><w:pPr><w:keepNext/><w:keepLines/><w:spacing w:before="200" w:after="80" w:line="240" w:lineRule="auto"/><w:outlineLvl w:val="3"/></w:pPr><w:rPr><w:b/><w:bCs/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="TOCHeading"><w:name w:val="TOC Heading"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/><w:pPr><w:keepNext/><w:spacing w:before="360" w:after="120"/></w:pPr><w:rPr><w:b/><w:bCs/><w:color w:val="003087"/><w:sz w:val="30"/><w:szCs w:val="30"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/><w:basedOn w:val="Normal"/><w:pPr><w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9638"/></w:tabs><w:spacing w:before="80" w:after="20" w:line="240" w:lineRule="auto"/><w:ind w:right="567"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="TOC2"><w:name w:val="toc 2"/><w:basedOn w:val="Normal"/><w:pPr><w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9638"/></w:tabs><w:spacing w:after="20" w:line="240" w:lineRule="auto"/><w:ind w:left="284" w:right="567"/></w:pPr><w:rPr><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:spacing w:after="100"/><w:ind w:left="425" w:hanging="425"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/><w:next w:val="QuoteSource"/><w:qFormat/><w:pPr><w:keepNext/><w:keepLines/><w:pBdr><w:left w:val="single" w:sz="24" w:space="10" w:color="005EB8"/></w:pBdr><w:spacing w:before="120" w:after="40"/><w:ind w:left="425" w:right="425"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="QuoteSource"><w:name w:val="Quote source"/><w:basedOn w:val="Normal"/><w:next w:val="BodyText"/><w:pPr><w:pBdr><w:left w:val="single" w:sz="24" w:space="10" w:color="005EB8"/></w:pBdr><w:spacing w:after="160"/><w:ind w:left="425" w:right="425"/></w:pPr><w:rPr><w:color w:val="425563"/><w:sz w:val="22"/><w:szCs w:val="22"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="Note"><w:name w:val="Note"/><w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:after="100" w:line="252" w:lineRule="auto"/></w:pPr><w:rPr><w:color w:val="425563"/><w:sz w:val="21"/><w:szCs w:val="21"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableText"><w:name w:val="Table text"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="30" w:after="30" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableFigure"><w:name w:val="Table figure"/><w:basedOn w:val="TableText"/><w:pPr><w:jc w:val="right"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHead"><w:name w:val="Table heading"/><w:basedOn w:val="TableText"/><w:pPr><w:keepNext/></w:pPr><w:rPr><w:b/><w:bCs/><w:color w:val="FFFFFF"/><w:sz w:val="18"/><w:szCs w:val="18"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeadFigure"><w:name w:val="Table heading of figures"/><w:basedOn w:val="TableHead"/><w:pPr><w:jc w:val="right"/></w:pPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableTextSmall"><w:name w:val="Table text small"/><w:basedOn w:val="TableText"/><w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableFigureSmall"><w:name w:val="Table figure small"/><w:basedOn w:val="TableFigure"/><w:rPr><w:sz w:val="17"/><w:szCs w:val="17"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeadSmall"><w:name w:val="Table heading small"/><w:basedOn w:val="TableHead"/><w:rPr><w:sz w:val="15"/><w:szCs w:val="15"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeadFigureSmall"><w:name w:val="Table heading of figures small"/><w:basedOn w:val="TableHeadFigure"/><w:rPr><w:sz w:val="15"/><w:szCs w:val="15"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableEnd"><w:name w:val="Table end"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="160" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="8"/><w:szCs w:val="8"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:customStyle="1" w:styleId="SectionEnd"><w:name w:val="Section end"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:line="20" w:lineRule="exact"/></w:pPr><w:rPr><w:sz w:val="2"/><w:szCs w:val="2"/></w:rPr></w:style>"#,
    r#"<w:style w:type="paragraph" w:styleId="Footer"><w:name w:val="footer"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:line="240" w:lineRule="auto"/><w:jc w:val="center"/></w:pPr><w:rPr><w:color w:val="425563"/><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr></w:style>"#,
    r#"<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>"#,
    r#"<w:style w:type="table" w:customStyle="1" w:styleId="Figures"><w:name w:val="Figures"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblStyleRowBandSize w:val="1"/><w:tblBorders><w:top w:val="single" w:sz="6" w:space="0" w:color="003087"/><w:bottom w:val="single" w:sz="6" w:space="0" w:color="003087"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="AEB7BD"/></w:tblBorders></w:tblPr><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="003087"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr><w:tblStylePr w:type="band2Horz"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="F0F4F5"/></w:tcPr></w:tblStylePr></w:style>"#,
    "</w:styles>"
);

#[cfg(test)]
pub(crate) mod tests {
    use super::super::sample;
    use super::*;
    use quick_xml::{Reader, events::Event};
    use std::{
        collections::{BTreeMap, HashMap},
        io::Read,
    };

    /// An element of XML: its name without its prefix, its attributes by theirs, and the words right within it.
    #[derive(Debug)]
    pub(crate) struct Element {
        pub name: String,
        pub attributes: BTreeMap<String, String>,
        pub text: String,
        /// How many elements it is within.
        pub depth: usize,
    }

    /// Every element, in the order in which they begin; a fault in the XML ends the test.
    pub(crate) fn elements(xml: &str) -> Vec<Element> {
        let mut reader = Reader::from_str(xml);
        let (mut found, mut open): (Vec<Element>, Vec<usize>) = Default::default();
        let local = |name: &str| name.rsplit(':').next().unwrap().to_owned();
        loop {
            let event = reader.read_event().unwrap();
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let attributes = tag.attributes().map(|attribute| {
                        let attribute = attribute.unwrap();
                        let value = quick_xml::escape::unescape(&attribute.value)
                            .unwrap()
                            .into_owned();
                        (local(attribute.key.as_ref()), value)
                    });
                    found.push(Element {
                        name: local(tag.name().as_ref()),
                        attributes: attributes.collect(),
                        text: String::new(),
                        depth: open.len(),
                    });
                    if matches!(event, Event::Start(_)) {
                        open.push(found.len() - 1);
                    }
                }
                Event::End(_) => {
                    open.pop().unwrap();
                }
                Event::Text(text) => {
                    if let Some(at) = open.last() {
                        found[*at].text.push_str(text);
                    }
                }
                Event::GeneralRef(named) => {
                    let letters = quick_xml::escape::resolve_predefined_entity(named).unwrap();
                    found[*open.last().unwrap()].text.push_str(letters);
                }
                Event::Eof => return found,
                _ => {}
            }
        }
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    type Grid = Vec<Vec<String>>;

    /// The grids of the document by what their table is called, in order.
    fn grids(document: &str) -> HashMap<String, Vec<Grid>> {
        let mut found: HashMap<String, Vec<Grid>> = HashMap::new();
        let mut name = String::new();
        let mut within = usize::MAX;
        for element in elements(document) {
            match element.name.as_str() {
                "tblDescription" => {
                    let told = &element.attributes["val"];
                    let told = told.strip_prefix("In data files this table is called ").unwrap();
                    name = told.strip_suffix('.').unwrap().to_owned();
                    found.entry(name.clone()).or_default().push(Vec::new());
                }
                "tr" => {
                    within = element.depth;
                    found.get_mut(&name).unwrap().last_mut().unwrap().push(Vec::new());
                }
                "tc" => {
                    let grid = found.get_mut(&name).unwrap().last_mut().unwrap();
                    grid.last_mut().unwrap().push(String::new());
                }
                "t" if element.depth > within && !name.is_empty() => {
                    let grid = found.get_mut(&name).unwrap().last_mut().unwrap();
                    grid.last_mut()
                        .unwrap()
                        .last_mut()
                        .unwrap()
                        .push_str(&element.text);
                }
                "p" if element.depth < within => within = usize::MAX,
                _ => {}
            }
        }
        found
    }

    fn written(themes: usize) -> (Report, Vec<u8>) {
        let report = sample::report(themes);
        let began = std::time::Instant::now();
        let bytes = docx(&report).unwrap();
        sample::kept(&format!("report-{themes}.docx"), &bytes);
        println!("{themes} themes: {:?}, {} bytes", began.elapsed(), bytes.len());
        (report, bytes)
    }

    /// What the grids of a table ought to be, where it is cut into so many parts.
    fn wanted(report: &Report, table: &ReportTable, parts: usize) -> Vec<Grid> {
        let each = table.columns.len().div_ceil(parts);
        (0..table.columns.len())
            .step_by(each)
            .map(|from| {
                let range = from..(from + each).min(table.columns.len());
                let mut grid = vec![vec![table.rows_are.clone()]];
                grid[0].extend(
                    table.columns[range.clone()]
                        .iter()
                        .map(|column| column.label.clone()),
                );
                for row in &table.rows {
                    let mut line = vec![row.label.clone()];
                    line.extend(
                        row.cells[range.clone()]
                            .iter()
                            .map(|cell| report.words(cell.as_ref())),
                    );
                    grid.push(line);
                }
                grid
            })
            .collect()
    }

    #[test]
    fn every_figure_is_read_back_in_the_words_of_the_policy() {
        for themes in [1, 3, 60] {
            let (report, bytes) = written(themes);
            let found = grids(&part(&bytes, "word/document.xml"));
            for table in &report.tables {
                let grid = wanted(&report, table, 1).remove(0);
                let grids = &found[&table.name];
                assert!(
                    !grids.is_empty() && grids.iter().all(|one| *one == grid),
                    "{}",
                    table.name
                );
            }
        }
    }

    #[test]
    fn a_table_that_no_page_holds_stands_in_parts() {
        let mut report = sample::report(3);
        let table = report
            .tables
            .iter_mut()
            .find(|table| table.name == "theme-by-group")
            .unwrap();
        for at in 0..20 {
            let mut column = table.columns[1].clone();
            column.key = format!("group-{at}");
            table.columns.push(column);
            for row in &mut table.rows {
                let cell = row.cells[1].clone();
                row.cells.push(cell);
            }
        }
        let table = report.table("theme-by-group").unwrap();
        let found = grids(&part(&docx(&report).unwrap(), "word/document.xml"));
        assert_eq!(found["theme-by-group"], wanted(&report, table, 3));
    }

    #[test]
    fn columns_have_room_for_their_words_and_a_page_for_its_columns() {
        let columns = |labels: &[&str]| -> Vec<TableColumn> {
            let column = |label: &&str| TableColumn {
                key: (*label).into(),
                label: (*label).into(),
                unit: None,
            };
            labels.iter().map(column).collect()
        };
        let long = "Donaudampfschifffahrtsgesellschaft".repeat(8);
        for (labels, upright) in [
            (vec!["People"], true),
            (
                vec![
                    "Groups",
                    "Tables",
                    "Meetings",
                    "Contributions",
                    "Responses",
                    "People, at least",
                ],
                true,
            ),
            (vec!["Groups"; 9], false),
            (vec![long.as_str(); COLUMNS], false),
        ] {
            let columns = columns(&labels);
            assert_eq!(is_upright(&columns), upright, "{labels:?}");
            let of_text = if upright { UPRIGHT } else { ON_ITS_SIDE };
            let (labels, figures) = widths(&columns, of_text);
            assert!(labels >= LABELS && labels + figures.iter().sum::<usize>() <= of_text);
            assert_eq!(figures.len(), columns.len());
        }
    }

    #[test]
    fn every_part_is_xml_and_every_table_says_what_its_headings_are() {
        let (report, bytes) = written(3);
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        for name in archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect::<Vec<_>>()
        {
            let mut text = String::new();
            archive.by_name(&name).unwrap().read_to_string(&mut text).unwrap();
            assert!(!elements(&text).is_empty(), "{name}");
        }
        let all = elements(&part(&bytes, "word/document.xml"));
        let count = |name: &str| all.iter().filter(|element| element.name == name).count();
        assert!(count("tbl") > report.tables.len() && count("tblHeader") == count("tbl"));
        let styles = part(&bytes, "word/styles.xml");
        for element in all.iter().filter(|element| element.name == "pStyle") {
            let style = format!("w:styleId=\"{}\"", element.attributes["val"]);
            assert!(styles.contains(&style), "{style}");
        }
        // What the contents link to is there.
        for link in all.iter().filter(|element| element.name == "hyperlink") {
            let anchor = &link.attributes["anchor"];
            assert!(
                all.iter()
                    .any(|one| one.name == "bookmarkStart" && one.attributes["name"] == *anchor)
            );
        }
        let core = part(&bytes, "docProps/core.xml");
        assert!(core.contains(">2020-01-10T12:00:00Z</dcterms:created>") && core.contains("en-GB"));
    }

    #[test]
    fn headings_stand_in_the_order_of_a_collated_report() {
        let (report, bytes) = written(60);
        let document = part(&bytes, "word/document.xml");
        let mut from = 0;
        for heading in [
            heading::FOREWORD,
            heading::BACKGROUND,
            heading::OPEN_TO_INFLUENCE,
            heading::HOW_WE_ASKED,
            heading::WHO_TOOK_PART,
            heading::HOW_TO_READ,
            heading::THEMES,
            heading::SECTIONS,
            heading::METHOD,
            heading::LIMITATIONS,
            heading::WHAT_HAPPENS_NEXT,
            heading::ALL_TABLES,
            heading::ABOUT,
        ] {
            let mut escaped = Words::default();
            escaped.text(heading);
            let wanted = format!("{}</w:t></w:r><w:bookmarkEnd", escaped.0);
            let at = document.find(&wanted).unwrap_or_else(|| panic!("{heading}"));
            assert!(at > from, "{heading}");
            from = at;
        }
        let quotes = document.matches("w:val=\"Quote\"").count();
        assert_eq!(
            quotes,
            report.quotes.iter().filter(|quote| quote.text.is_some()).count()
        );
        // From right to left: a heading, a label in tables, and quotes.
        assert!(document.contains("<w:pStyle w:val=\"Quote\"/><w:bidi/></w:pPr>"));
        assert!(document.contains("<w:pStyle w:val=\"TableText\"/><w:bidi/></w:pPr>"));
        for limitation in &report.limitations {
            assert!(document.contains(&limitation.text));
        }
    }

    #[test]
    fn nobody_s_words_become_markup_and_the_bytes_stay() {
        let mut report = sample::report(3);
        report.consultation.title = "</w:t><w:fldSimple w:instr=\"DDEAUTO\"/>&\u{b}\u{ffff}".into();
        let bytes = docx(&report).unwrap();
        assert!(bytes == docx(&report).unwrap());
        let document = part(&bytes, "word/document.xml");
        assert!(
            !elements(&document)
                .iter()
                .any(|element| element.name == "fldSimple")
        );
        assert!(document.contains("&lt;/w:t&gt;&lt;w:fldSimple"));
    }
}
