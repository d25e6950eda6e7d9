//! Pictures of a report's tables, as SVG drawn by us.
//!
//! Invariant: a picture shows figures of one table and no other, each as the table has it. What is hidden there is hatched here, never a
//! bar of no length, which would read as nought. Every picture has a name and a description in words, and what colour says, a number
//! or a pattern says too: it holds for readers who tell few colours apart and for a photocopier.
//!
//! Refused: a drawing crate, for bars and squares; styles, scripts and fonts inside a picture, which a page's policy forbids and a word
//! processor drops; and lengths in per cent of people, because what is counted is evidence from tables and no sample.

use super::wording::{self, is_right_to_left};
use crate::http::markup::Markup;
use domain::{
    collate::{CountStatus, Saturation},
    report::{Figure, Report, ReportTable, TableCell, TableRow},
};
use std::{collections::BTreeMap, fmt::Display};

const INK: &str = "#15252d";
const QUIET: &str = "#4d5f68";
const TRACK: &str = "#e4eaec";
const BAR: &str = "#1c5f80";
const OTHER: &str = "#c4570f";
/// Five steps of one hue from light to dark, so that their order holds without colour.
const RAMP: [&str; 5] = ["#e6f0f5", "#b9d5e3", "#82b2cb", "#37759c", "#0e4466"];
/// Room around a picture that is a document of its own.
const MARGIN: usize = 20;
/// With more rows than these, labels take one line and bars are thin.
const ROOMY: usize = 12;

/// The picture of a table as a document of its own; none where the table has none.
pub fn chart(report: &Report, table: &str) -> Option<String> {
    let table = report.table(table)?;
    let mut parts = drawn(report, table, usize::MAX, Stands::Alone);
    (!parts.is_empty()).then(|| parts.swap_remove(0).into_string())
}

/// Every picture of a report, by the name of its table.
pub fn all(report: &Report) -> BTreeMap<String, String> {
    let named = |table: &ReportTable| Some((table.name.clone(), chart(report, &table.name)?));
    report.tables.iter().filter_map(named).collect()
}

/// What a picture shows and how it is read, in a sentence or two: its description begins so, and a page says so above it.
pub(super) fn how_to_read(report: &Report, table: &str) -> String {
    match table {
        "themes" => format!(
            "Bars show in how many of the {} groups heard each theme was raised.",
            report.collation.heard.groups
        ),
        "theme-by-group" => "Each row is a theme and each column is a group. The darker a square, the more contributions of the group \
                             are about the theme."
            .into(),
        "theme-by-respondent-group" => "Two bars for each theme show contributions from people in services and from staff. The two did not \
                                        make equally many in all."
            .into(),
        "heard" => "Bars show how many were heard of those that were expected.".into(),
        "stance-by-question" => {
            "Bars show how many contributions on each question support or oppose the draft, or do something else.".into()
        }
        _ => String::new(),
    }
}

/// The picture of a table as it stands below its heading, in a page or on paper: several below each other where it is too tall for a sheet.
pub(super) fn parts(report: &Report, table: &str, stands: Stands) -> Vec<Markup> {
    report.table(table).map_or_else(Vec::new, |table| {
        drawn(report, table, rows_of_a_part(table), stands)
    })
}

/// Rows that a picture has below its heading, so that it stands on one sheet of A4 and can be read there.
fn rows_of_a_part(table: &ReportTable) -> usize {
    match table.name.as_str() {
        "themes" => 24,
        "theme-by-respondent-group" => 12,
        "stance-by-question" => 6,
        _ => 20,
    }
}

fn drawn(report: &Report, table: &ReportTable, rows: usize, stands: Stands) -> Vec<Markup> {
    if table.chart.is_none() || table.rows.is_empty() {
        return Vec::new();
    }
    let each = rows.min(table.rows.len()).max(1);
    let of = table.rows.len().div_ceil(each);
    // Parts of like length: twenty rows and one would look like a slip.
    let each = table.rows.len().div_ceil(of);
    let drawing = |(at, rows): (usize, &[TableRow])| {
        let part = Part {
            report,
            table,
            rows,
            at,
            of,
            stands,
        };
        match table.name.as_str() {
            "themes" => Some(spread(&part)),
            "theme-by-group" => Some(heat(&part)),
            "theme-by-respondent-group" => Some(beside(&part)),
            "heard" => Some(coverage(&part)),
            "stance-by-question" => Some(stances(&part)),
            _ => None,
        }
    };
    table.rows.chunks(each).enumerate().filter_map(drawing).collect()
}

/// Rows of a table that make one picture.
struct Part<'r> {
    report: &'r Report,
    table: &'r ReportTable,
    rows: &'r [TableRow],
    /// From 0.
    at: usize,
    of: usize,
    stands: Stands,
}

/// Where a picture stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// A document of its own: it says what it is.
    Alone,
    /// In a page, below its heading, as a part of that document.
    InPage,
    /// On paper, below its heading.
    OnPaper,
}

impl Part<'_> {
    fn column(&self, key: &str) -> Option<usize> {
        self.table.columns.iter().position(|column| column.key == key)
    }

    /// The figure of a row under a key, as far as it has one.
    fn cell<'c>(&self, row: &'c TableRow, key: &str) -> Option<&'c TableCell> {
        row.cells.get(self.column(key)?)?.as_ref()
    }

    fn words(&self, cell: Option<&TableCell>) -> String {
        self.report.words(cell)
    }

    /// The largest figure that is shown under any of these columns, over all rows of the table: parts have one scale.
    fn largest(&self, columns: &[usize]) -> u64 {
        let cells = self.table.rows.iter().flat_map(|row| {
            columns
                .iter()
                .filter_map(|at| row.cells.get(*at).and_then(Option::as_ref))
        });
        cells.map(|cell| count(Some(cell))).max().unwrap_or(0).max(1)
    }

    /// Counts that a suppressed cell may be at most.
    fn threshold(&self) -> u64 {
        domain::disclosure::Policy::of(self.report.collation.policy.id).threshold
    }

    fn canvas(&self, width: usize, says: String) -> Canvas {
        let mut title = self.table.title.clone();
        if self.of > 1 {
            title.push_str(&format!(", part {} of {}", self.at + 1, self.of));
        }
        Canvas {
            id: format!("chart-{}-{}", self.table.name, self.at + 1),
            stands: self.stands,
            source: (self.stands == Stands::Alone).then(|| {
                let edition = wording::edition(self.report);
                format!("{}. {edition}.", self.report.consultation.reference)
            }),
            width,
            y: 0,
            title,
            says,
            hatched: [false; 2],
            areas: Vec::new(),
            texts: Vec::new(),
            ink: Markup::default(),
        }
    }
}

/// The number of a cell that shows a count, else nought.
fn count(cell: Option<&TableCell>) -> u64 {
    match cell.and_then(|cell| cell.value) {
        Some(Figure::Count(count)) => count,
        _ => 0,
    }
}

fn is_shown(cell: Option<&TableCell>) -> bool {
    cell.is_some_and(|cell| cell.value.is_some())
}

/// Where text stands towards its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    size: usize,
    bold: bool,
    ink: &'static str,
    anchor: Anchor,
}

const fn look(size: usize) -> Look {
    Look {
        size,
        bold: false,
        ink: INK,
        anchor: Anchor::Start,
    }
}

const fn bold(size: usize) -> Look {
    Look {
        bold: true,
        ..look(size)
    }
}

/// What a rectangle is filled with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    Colour(&'static str),
    /// The pattern of what is hidden for being small, or to protect another.
    Hatch {
        few: bool,
    },
}

/// A picture as it grows downwards. What has one filling is one path, and what looks alike one group of words: a page with sixty themes
/// holds some thousands of both. Fillings lie above each other in the order of their first use, and words above all of them.
struct Canvas {
    id: String,
    stands: Stands,
    /// What stands under it where it is a document of its own: then its title stands above it, too.
    source: Option<String>,
    width: usize,
    /// How far down it reaches.
    y: usize,
    title: String,
    says: String,
    /// Whether a suppressed and a withheld figure stand in it.
    hatched: [bool; 2],
    areas: Vec<(Fill, String)>,
    texts: Vec<(Look, Markup)>,
    /// Lines, above what is filled and under the words.
    ink: Markup,
}

impl Canvas {
    fn finish(mut self) -> Markup {
        let mut svg = Markup::default();
        let (mut left, mut above, mut below) = (0, 0, 0);
        let foot_from = self.y;
        svg.ours("<svg");
        if self.stands != Stands::InPage {
            svg.ours(" xmlns=\"http://www.w3.org/2000/svg\"");
        }
        if let Some(source) = self.source.take() {
            let (title, foot) = (
                set_in_lines(&self.title, self.width, bold(18), 3),
                set_in_lines(&source, self.width, look(12), 3),
            );
            (left, above, below) = (
                MARGIN,
                MARGIN + 10 + title.lines.len() * 24,
                MARGIN + foot.lines.len() * 16,
            );
            // What stands above is of a height of its own, so all of it is measured from the picture's top.
            let mut lines = |lines: &[String], look: Look, first: isize, step: isize| {
                let ink = self.ink_of(look);
                for (line, y) in lines.iter().zip((first..).step_by(step.unsigned_abs())) {
                    ink.ours("<text")
                        .attribute("y", y)
                        .ours(">")
                        .text(line)
                        .ours("</text>");
                }
            };
            let top = isize::try_from(above).unwrap_or_default();
            lines(&title.lines, bold(18), 38 - top, 24);
            lines(
                &foot.lines,
                look(12),
                isize::try_from(foot_from).unwrap_or_default() + 18,
                16,
            );
        }
        let (width, height) = (self.width + 2 * left, self.y + above + below);
        svg.ours(" viewBox=\"")
            .value(format_args!("{} {} {width} {height}", minus(left), minus(above)))
            .ours("\"")
            .attribute("width", width)
            .attribute("height", height)
            .ours(" role=\"img\"")
            .attribute("aria-labelledby", format_args!("{0}-title {0}-says", self.id))
            .ours(" font-family=\"Arial, Helvetica, 'Liberation Sans', sans-serif\" font-size=\"14\"")
            .attribute("fill", INK)
            .ours("><title")
            .attribute("id", format_args!("{}-title", self.id))
            .ours(">")
            .text(&self.title)
            .ours("</title><desc")
            .attribute("id", format_args!("{}-says", self.id))
            .ours(">")
            .text(&self.says)
            .ours("</desc>");
        if self.hatched.contains(&true) {
            svg.ours("<defs>");
            if self.hatched[0] {
                svg.ours("<pattern")
                    .attribute("id", format_args!("{}-few", self.id))
                    .ours(" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect width=\"6\" height=\"6\" fill=\"#fff\"/><path d=\"M1 0v6\" stroke=\"#6b7a82\" stroke-width=\"2\"/></pattern>");
            }
            if self.hatched[1] {
                svg.ours("<pattern")
                    .attribute("id", format_args!("{}-not", self.id))
                    .ours(" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" fill=\"#fff\"/><circle cx=\"3\" cy=\"3\" r=\"1.5\" fill=\"#6b7a82\"/></pattern>");
            }
            svg.ours("</defs>");
        }
        if left > 0 {
            svg.ours("<rect")
                .attribute("x", minus(left))
                .attribute("y", minus(above))
                .ours(" width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        }
        for (fill, path) in &self.areas {
            svg.ours("<path").attribute("d", path);
            match fill {
                Fill::Colour(colour) => svg.attribute("fill", colour),
                Fill::Hatch { few } => {
                    let pattern = if *few { "few" } else { "not" };
                    svg.attribute("fill", format_args!("url(#{}-{pattern})", self.id))
                        .ours(" stroke=\"#6b7a82\"")
                }
            };
            svg.ours("/>");
        }
        svg.add(&self.ink);
        for (look, words) in &self.texts {
            svg.ours("<g").attribute("font-size", look.size);
            if look.bold {
                svg.ours(" font-weight=\"bold\"");
            }
            if look.ink != INK {
                svg.attribute("fill", look.ink);
            }
            match look.anchor {
                Anchor::Start => {}
                Anchor::Middle => {
                    svg.ours(" text-anchor=\"middle\"");
                }
                Anchor::End => {
                    svg.ours(" text-anchor=\"end\"");
                }
            }
            svg.ours(">").add(words).ours("</g>");
        }
        svg.ours("</svg>");
        svg
    }

    fn bar(&mut self, place: [usize; 4], colour: &'static str) {
        self.area(place, Fill::Colour(colour));
    }

    fn area(&mut self, [x, y, width, height]: [usize; 4], fill: Fill) {
        let known = self.areas.iter().position(|(other, _)| *other == fill);
        let at = known.unwrap_or_else(|| {
            self.areas.push((fill, String::new()));
            self.areas.len() - 1
        });
        if let Some((_, path)) = self.areas.get_mut(at) {
            path.push_str(&format!("M{x} {y}h{width}v{height}h-{width}z"));
        }
    }

    /// A figure that is hidden: hatched where it is under the threshold, dotted where it protects another.
    fn hidden(&mut self, place: [usize; 4], status: CountStatus) {
        let few = status == CountStatus::Suppressed;
        self.hatched[usize::from(!few)] = true;
        self.area(place, Fill::Hatch { few });
    }

    fn words(&mut self, x: usize, y: usize, words: impl Display, look: Look) {
        self.ink_of(look)
            .ours("<text")
            .attribute("x", x)
            .attribute("y", y)
            .ours(">")
            .value(words)
            .ours("</text>");
    }

    /// Where words that look so are written.
    fn ink_of(&mut self, look: Look) -> &mut Markup {
        let known = self.texts.iter().position(|(other, _)| *other == look);
        let at = known.unwrap_or_else(|| {
            self.texts.push((look, Markup::default()));
            self.texts.len() - 1
        });
        &mut self.texts[at].1
    }

    /// How wide letters are that are measured to be so wide: those of the paper are a sixth wider than those of pages.
    fn letters(&self, width: usize) -> usize {
        match self.stands {
            Stands::OnPaper => width * 7 / 6,
            _ => width,
        }
    }

    /// How wide letters may be measured to be that have so much room.
    fn room_for_letters(&self, width: usize) -> usize {
        match self.stands {
            Stands::OnPaper => width * 6 / 7,
            _ => width,
        }
    }

    /// A label of anybody's in so many lines at most from `y` on; the whole of it shows where it was shortened. Gives how many lines
    /// it took.
    fn label(&mut self, [x, y, width]: [usize; 3], lines: usize, label: &str, look: Look) -> usize {
        let set = set_in_lines(label, self.room_for_letters(width), look, lines);
        let longest = set.lines.iter().map(|line| width_of(line, look)).max();
        let longest = self.letters(longest.unwrap_or(width)).min(width);
        let on_paper = self.stands == Stands::OnPaper;
        let ink = self.ink_of(look);
        ink.ours("<text");
        let x = match is_right_to_left(label) {
            true => {
                // The line begins at its right edge. What draws on paper knows no direction, and would begin at the left.
                ink.ours(match on_paper {
                    true => " text-anchor=\"end\"",
                    false => " direction=\"rtl\"",
                });
                x + longest
            }
            false => x,
        };
        if let [only] = set.lines.as_slice()
            && !set.shortened
        {
            ink.attribute("x", x)
                .attribute("y", y)
                .ours(">")
                .text(only)
                .ours("</text>");
            return 1;
        }
        ink.ours(">");
        if set.shortened {
            ink.ours("<title>").text(label).ours("</title>");
        }
        for (at, line) in set.lines.iter().enumerate() {
            ink.ours("<tspan")
                .attribute("x", x)
                .attribute("y", y + at * line_height(look))
                .ours(">")
                .text(line)
                .ours("</tspan>");
        }
        ink.ours("</text>");
        set.lines.len()
    }

    /// What hatches mean, as far as there are any.
    fn legend_of_hidden(&mut self, x: usize, report: &Report) {
        let under = domain::disclosure::Policy::of(report.collation.policy.id);
        let few = match under.shows_zero {
            true => format!("1 to {}", under.threshold),
            false => format!("under {}", under.threshold + 1),
        };
        let mut x = x;
        let entries = [
            (self.hatched[0], CountStatus::Suppressed, few),
            (
                self.hatched[1],
                CountStatus::Withheld,
                "not shown, to protect another figure".to_owned(),
            ),
        ];
        for (stands, status, words) in entries {
            if stands {
                self.hidden([x, self.y, 22, 14], status);
                self.words(x + 30, self.y + 12, &words, look(13));
                x += 30 + width_of(&words, look(13)) + 24;
            }
        }
        if self.hatched.contains(&true) {
            self.y += 24;
        }
    }
}

/// A length as a place left of or above nought.
fn minus(length: usize) -> isize {
    isize::try_from(length).map_or(0, |length| -length)
}

const fn line_height(look: Look) -> usize {
    look.size + look.size / 4
}

/// How wide text is likely to be, in units of the picture: nobody's fonts are known here, so it errs to wide.
fn width_of(text: &str, look: Look) -> usize {
    let of = |letter: char| match letter {
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | '\'' | ':' | ';' | '|' | '!' | ' ' | '(' | ')' => 34,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 88,
        letter if letter.is_uppercase() => 72,
        letter if u32::from(letter) >= 0x1100 && !(0x1e00..0x2e00).contains(&u32::from(letter)) => 104,
        _ => 57,
    };
    let hundredths: usize = text.chars().map(of).sum();
    let width = hundredths * look.size / 100;
    if look.bold { width + width / 12 } else { width }
}

/// A label as it was set.
struct Lines {
    lines: Vec<String>,
    shortened: bool,
}

/// Breaks a label at blanks, and a word that is longer than a line anywhere; what is too much becomes an ellipsis.
fn set_in_lines(label: &str, width: usize, look: Look, most: usize) -> Lines {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in label.split_whitespace() {
        let joined = match line.is_empty() {
            true => word.to_owned(),
            false => format!("{line} {word}"),
        };
        if width_of(&joined, look) <= width {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            line.push(letter);
            if width_of(&line, look) > width && line.chars().count() > 1 {
                line.pop();
                lines.push(std::mem::replace(&mut line, letter.to_string()));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    let shortened = lines.len() > most;
    if shortened {
        lines.truncate(most.max(1));
        if let Some(last) = lines.last_mut() {
            last.push('…');
            while width_of(last, look) > width && last.chars().count() > 2 {
                last.pop();
                last.pop();
                while last.ends_with(' ') {
                    last.pop();
                }
                last.push('…');
            }
        }
    }
    Lines { lines, shortened }
}

fn scaled(of: u64, whole: u64, width: usize) -> usize {
    let whole = whole.max(1);
    usize::try_from(of.min(whole) * width as u64 / whole).unwrap_or(width)
}

/// Names with commas between them and "and" before the last.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Names, at most three of them and how many more.
fn some_of(names: &[&str]) -> String {
    match names {
        [first, second, third, _, ..] => {
            format!("{first}; {second}; {third}; and {} more", names.len() - 3)
        }
        few => few.join("; "),
    }
}

/// Themes by in how many groups they were raised.
fn spread(part: &Part) -> Markup {
    const WIDTH: usize = 460;
    let heard = part.report.collation.heard.groups.max(1);
    let roomy = part.table.rows.len() <= ROOMY;
    let of = |row: &TableRow| count(part.cell(row, "groups"));
    let everywhere: Vec<_> = part
        .rows
        .iter()
        .filter(|row| of(row) >= heard)
        .map(|row| row.label.as_str())
        .collect();
    let fewest = part.rows.iter().map(of).min().unwrap_or(0);
    let least: Vec<_> = part
        .rows
        .iter()
        .filter(|row| of(row) == fewest)
        .map(|row| row.label.as_str())
        .collect();
    let mut says = how_to_read(part.report, &part.table.name);
    if !everywhere.is_empty() {
        says.push_str(&format!(" In every group: {}.", some_of(&everywhere)));
    }
    if fewest < heard {
        says.push_str(&format!(" In the fewest, {fewest}: {}.", some_of(&least)));
    }
    let mut canvas = part.canvas(WIDTH, says);
    canvas.y = 6;
    for row in part.rows {
        let indent = usize::from(row.level) * 18;
        let figure = format!("{} of {heard}", part.words(part.cell(row, "groups")));
        let text = match (roomy, row.level) {
            (true, 0) => look(15),
            _ => look(14),
        };
        let lines = canvas.label(
            [indent, canvas.y + 13, WIDTH - indent - 78],
            if roomy { 3 } else { 1 },
            &row.label,
            text,
        );
        canvas.words(
            WIDTH,
            canvas.y + 13,
            figure,
            Look {
                anchor: Anchor::End,
                ..bold(14)
            },
        );
        let top = canvas.y + 19 + (lines - 1) * line_height(text);
        let height = if roomy && row.level == 0 { 14 } else { 8 };
        // Bars of sub-themes begin where those of themes do: only so can lengths be compared.
        canvas.bar([0, top, WIDTH, height], TRACK);
        canvas.bar([0, top, scaled(of(row), heard, WIDTH), height], BAR);
        canvas.y = top + height + if roomy { 18 } else { 9 };
    }
    canvas.finish()
}

/// Groups by themes: the darker, the more contributions.
fn heat(part: &Part) -> Markup {
    const CELL: usize = 38;
    const NAMES: usize = 250;
    let columns: Vec<_> = part
        .table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.key != "total" && column.key != "all")
        .collect();
    let at: Vec<_> = columns.iter().map(|(at, _)| *at).collect();
    let largest = part.largest(&at);
    let roomy = part.table.rows.len() <= ROOMY;
    let height = if roomy { 40 } else { 32 };
    let cell = |row: &TableRow, at: usize| row.cells.get(at).cloned().flatten();
    let mut top: Option<(u64, &str, &str)> = None;
    for row in part.rows {
        for (at, column) in &columns {
            let count = count(cell(row, *at).as_ref());
            if count > top.map_or(0, |(most, _, _)| most) {
                top = Some((count, &row.label, &column.label));
            }
        }
    }
    let lost = part
        .rows
        .iter()
        .filter(|row| columns.iter().all(|(at, _)| cell(row, *at).is_none()))
        .count();
    let hidden = part
        .rows
        .iter()
        .flat_map(|row| columns.iter().filter_map(|(at, _)| cell(row, *at)))
        .filter(|cell| cell.value.is_none())
        .count();
    let mut says = how_to_read(part.report, &part.table.name);
    if let Some((most, theme, group)) = top {
        says.push_str(&format!(" The most, {most}: {theme} in {group}."));
    }
    if hidden > 0 {
        says.push_str(&format!(
            " Hidden because they are small or protect a small one: {hidden}."
        ));
    }
    if lost > 0 {
        says.push_str(&format!(
            " Themes shown for all groups together, because a breakdown would have given somebody away: {lost}."
        ));
    }
    let width = NAMES + 10 + columns.len() * CELL + 2;
    let mut canvas = part.canvas(width, says);
    let head = bold(13);
    let set: Vec<_> = columns
        .iter()
        .map(|(_, column)| set_in_lines(&column.label, 176, head, 2))
        .collect();
    let tall = set
        .iter()
        .flat_map(|set| &set.lines)
        .map(|line| width_of(line, head))
        .max()
        .unwrap_or(0);
    let left = NAMES + 10;
    canvas.y = canvas.letters(tall.min(180)) + 12;
    for (place, ((_, column), set)) in columns.iter().zip(&set).enumerate() {
        let middle = left + place * CELL + CELL / 2;
        let first = middle + 5 - (set.lines.len() - 1) * 8;
        let foot = canvas.y - 8;
        let ink = canvas.ink_of(head);
        ink.ours("<text")
            .attribute("transform", format_args!("translate({first} {foot}) rotate(-90)"))
            .ours(">");
        if set.shortened {
            ink.ours("<title>").text(&column.label).ours("</title>");
        }
        for (at, line) in set.lines.iter().enumerate() {
            ink.ours("<tspan x=\"0\"")
                .attribute("y", at * 16)
                .ours(">")
                .text(line)
                .ours("</tspan>");
        }
        ink.ours("</text>");
    }
    for row in part.rows {
        let indent = usize::from(row.level) * 14;
        let text = look(if roomy { 14 } else { 12 });
        let set = set_in_lines(&row.label, NAMES - indent, text, 2).lines.len();
        let first = canvas.y + height / 2 + 4 - (set - 1) * line_height(text) / 2;
        canvas.label([indent, first, NAMES - indent], 2, &row.label, text);
        let inner = height - 3;
        if columns.iter().all(|(at, _)| cell(row, *at).is_none()) {
            let room = columns.len() * CELL - 3;
            let joined = part.cell(row, "all");
            let middle = left + room / 2;
            match joined {
                Some(joined) if joined.value.is_none() => {
                    canvas.hidden([left, canvas.y, room, inner], joined.status);
                }
                _ => {
                    canvas
                        .ink
                        .ours("<rect")
                        .attribute("x", left)
                        .attribute("y", canvas.y)
                        .attribute("width", room)
                        .attribute("height", inner)
                        .ours(" fill=\"#fff\" stroke=\"#4d5f68\" stroke-dasharray=\"4 3\"/>");
                    canvas.words(
                        middle,
                        canvas.y + height / 2 + 4,
                        format_args!("{} in all groups together", part.words(joined)),
                        Look {
                            anchor: Anchor::Middle,
                            ..look(13)
                        },
                    );
                }
            }
        } else {
            for (place, (at, _)) in columns.iter().enumerate() {
                let x = left + place * CELL;
                let Some(cell) = cell(row, *at) else {
                    continue;
                };
                if cell.value.is_none() {
                    canvas.hidden([x, canvas.y, CELL - 3, inner], cell.status);
                    continue;
                }
                let shade = shade(count(Some(&cell)), largest);
                canvas.bar([x, canvas.y, CELL - 3, inner], RAMP[shade]);
                let number = Look {
                    anchor: Anchor::Middle,
                    ink: if shade > 2 { "#fff" } else { INK },
                    ..look(13)
                };
                canvas.words(
                    x + (CELL - 3) / 2,
                    canvas.y + height / 2 + 4,
                    part.words(Some(&cell)),
                    number,
                );
            }
        }
        canvas.y += height;
    }
    canvas.y += 14;
    canvas.words(0, canvas.y + 12, "Contributions:", look(13));
    let mut x = 96;
    for (step, fill) in RAMP.iter().enumerate() {
        let cells = part
            .table
            .rows
            .iter()
            .flat_map(|row| at.iter().filter_map(|at| cell(row, *at)));
        let counts = cells
            .filter(|cell| cell.value.is_some())
            .map(|cell| count(Some(&cell)));
        let of_step = counts.filter(|count| shade(*count, largest) == step);
        // From the least to the most that the table shows in this shade.
        let span = of_step.fold(None, |span: Option<(u64, u64)>, count| {
            Some(span.map_or((count, count), |(least, most)| {
                (least.min(count), most.max(count))
            }))
        });
        if let Some((from, to)) = span {
            let words = match to == from {
                true => to.to_string(),
                false => format!("{from} to {to}"),
            };
            canvas.bar([x, canvas.y, 22, 14], fill);
            canvas.words(x + 28, canvas.y + 12, &words, look(13));
            x += 28 + width_of(&words, look(13)) + 16;
        }
    }
    canvas.y += 24;
    canvas.legend_of_hidden(96, part.report);
    canvas.finish()
}

/// The step of the ramp for a count: equal steps up to the largest.
fn shade(count: u64, largest: u64) -> usize {
    let steps = RAMP.len() as u64;
    usize::try_from((count.saturating_sub(1) * steps / largest.max(1)).min(steps - 1)).unwrap_or(0)
}

/// People in services beside staff.
fn beside(part: &Part) -> Markup {
    const WIDTH: usize = 460;
    const SIDES: [(&str, &str, &str); 2] = [
        ("service_user", "People in services", BAR),
        ("staff", "Staff", OTHER),
    ];
    let at: Vec<_> = SIDES.iter().filter_map(|(key, _, _)| part.column(key)).collect();
    let largest = part.largest(&at).max(part.threshold());
    let both = |row: &TableRow| {
        let [one, other] = SIDES.map(|(key, _, _)| part.cell(row, key).cloned());
        (is_shown(one.as_ref()) && is_shown(other.as_ref()))
            .then(|| (count(one.as_ref()), count(other.as_ref())))
    };
    let of_rows = |test: fn((u64, u64)) -> bool| -> Vec<&str> {
        part.rows
            .iter()
            .filter(|row| both(row).is_some_and(test))
            .map(|row| row.label.as_str())
            .collect()
    };
    let mut says = how_to_read(part.report, &part.table.name);
    let more = of_rows(|(people, staff)| people > staff);
    let less = of_rows(|(people, staff)| people < staff);
    if !more.is_empty() {
        says.push_str(&format!(" More from people in services: {}.", some_of(&more)));
    }
    if !less.is_empty() {
        says.push_str(&format!(" More from staff: {}.", some_of(&less)));
    }
    let hidden = part.rows.iter().filter(|row| both(row).is_none()).count();
    if hidden > 0 {
        says.push_str(&format!(" Themes of which a figure is hidden: {hidden}."));
    }
    let roomy = part.table.rows.len() <= ROOMY;
    let mut canvas = part.canvas(WIDTH, says);
    canvas.y = 6;
    // Bars begin where the names of both sides end, below a sub-theme too.
    let left = canvas.letters(114) + 18;
    for row in part.rows {
        let indent = usize::from(row.level) * 18;
        let text = if roomy { bold(15) } else { bold(14) };
        let lines = canvas.label(
            [indent, canvas.y + 13, WIDTH - indent],
            if roomy { 3 } else { 1 },
            &row.label,
            text,
        );
        canvas.y += 20 + (lines - 1) * line_height(text);
        let room = WIDTH - left - 80;
        if SIDES.iter().all(|(key, _, _)| part.cell(row, key).is_none()) {
            let joined = part.cell(row, "all");
            canvas.words(indent, canvas.y + 12, "All together", look(13));
            canvas.words(left, canvas.y + 12, part.words(joined), bold(13));
            canvas.y += 17;
        } else {
            for (key, label, fill) in SIDES {
                let cell = part.cell(row, key);
                canvas.words(indent, canvas.y + 12, label, look(13));
                let place = [left, canvas.y + 2, room, 12];
                let end = figure_bar(&mut canvas, part, cell, place, largest, fill);
                canvas.words(end + 6, canvas.y + 12, part.words(cell), bold(13));
                canvas.y += 17;
            }
        }
        canvas.y += if roomy { 16 } else { 10 };
    }
    canvas.legend_of_hidden(0, part.report);
    canvas.finish()
}

/// A bar for a cell, hatched where it is hidden; gives where it ends.
fn figure_bar(
    canvas: &mut Canvas,
    part: &Part,
    cell: Option<&TableCell>,
    [x, y, room, height]: [usize; 4],
    largest: u64,
    fill: &'static str,
) -> usize {
    let Some(cell) = cell else {
        return x;
    };
    if cell.value.is_none() {
        // As long as it may be at most; what is withheld may be of any size.
        let wide = match cell.status {
            CountStatus::Suppressed => scaled(part.threshold(), largest, room).max(14),
            _ => 40,
        };
        canvas.hidden([x, y, wide, height], cell.status);
        return x + wide;
    }
    let wide = scaled(count(Some(cell)), largest, room).max(1);
    canvas.bar([x, y, wide, height], fill);
    x + wide
}

/// Heard of expected.
fn coverage(part: &Part) -> Markup {
    const WIDTH: usize = 460;
    let rows: Vec<_> = part
        .rows
        .iter()
        .filter_map(|row| Some((row, part.cell(row, "heard")?, part.cell(row, "expected")?)))
        .collect();
    let of = |heard: &TableCell, expected: &TableCell| {
        format!("{} of {}", part.words(Some(heard)), part.words(Some(expected)))
    };
    let told: Vec<_> = rows
        .iter()
        .map(|(row, heard, expected)| format!("{}: {}", row.label, of(heard, expected)))
        .collect();
    let mut canvas = part.canvas(
        WIDTH,
        format!(
            "{} {}.",
            how_to_read(part.report, &part.table.name),
            told.join(". ")
        ),
    );
    canvas.y = 6;
    for (row, heard, expected) in rows {
        canvas.label([0, canvas.y + 14, WIDTH - 170], 1, &row.label, bold(15));
        canvas.words(
            WIDTH,
            canvas.y + 14,
            format_args!("{} expected", of(heard, expected)),
            Look {
                anchor: Anchor::End,
                ..look(15)
            },
        );
        // Where nobody was expected, whoever was heard is all there is.
        let whole = count(Some(expected)).max(count(Some(heard)));
        canvas.bar([0, canvas.y + 22, WIDTH, 16], TRACK);
        let place = [0, canvas.y + 22, WIDTH, 16];
        figure_bar(&mut canvas, part, Some(heard), place, whole, BAR);
        canvas.y += 56;
    }
    canvas.finish()
}

/// Towards the draft, question by question.
fn stances(part: &Part) -> Markup {
    const WIDTH: usize = 460;
    const LEFT: usize = 84;
    let columns: Vec<_> = part.table.columns.iter().enumerate().collect();
    let at: Vec<_> = columns.iter().map(|(at, _)| *at).collect();
    let largest = part.largest(&at).max(part.threshold());
    let mut says = how_to_read(part.report, &part.table.name);
    for row in part.rows.iter().take(3) {
        let told: Vec<_> = columns
            .iter()
            .filter_map(|(at, column)| {
                let cell = row.cells.get(*at)?.as_ref();
                cell.is_some()
                    .then(|| format!("{} {}", column.label.to_lowercase(), part.words(cell)))
            })
            .collect();
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        says.push_str(&format!(" {}: {}.", row.label, listed(&told)));
    }
    let mut canvas = part.canvas(WIDTH, says);
    canvas.y = 6;
    for row in part.rows {
        let lines = canvas.label([0, canvas.y + 14, WIDTH], 2, &row.label, bold(15));
        canvas.y += 22 + (lines - 1) * line_height(bold(15));
        for (at, column) in &columns {
            let Some(cell) = row.cells.get(*at).and_then(Option::as_ref) else {
                continue;
            };
            let fill = match column.key.as_str() {
                "supports" => BAR,
                "opposes" => OTHER,
                _ => "#7c8f99",
            };
            canvas.words(0, canvas.y + 13, &column.label, look(14));
            let place = [LEFT, canvas.y + 2, WIDTH - LEFT - 80, 13];
            let end = figure_bar(&mut canvas, part, Some(cell), place, largest, fill);
            canvas.words(end + 6, canvas.y + 13, part.words(Some(cell)), bold(14));
            canvas.y += 20;
        }
        canvas.y += 16;
    }
    canvas.legend_of_hidden(0, part.report);
    canvas.finish()
}

/// Themes over the meetings in the order held, and where no more came: for leads, whose figures are exact.
pub fn saturation(saturation: &Saturation) -> String {
    const WIDTH: usize = 640;
    const LEFT: usize = 52;
    const HEIGHT: usize = 240;
    let meetings = &saturation.meetings;
    let most = meetings
        .iter()
        .map(|meeting| meeting.themes_so_far)
        .max()
        .unwrap_or(0);
    let reached = saturation
        .thresholds
        .iter()
        .filter_map(|at| Some((at.reached_at?, at.threshold)))
        .min_by_key(|(at, _)| *at);
    let mut says = match meetings.len() {
        0 => "There is no meeting yet.".to_owned(),
        1 if most == 1 => "One meeting raised one theme.".to_owned(),
        1 => format!("One meeting raised {most} themes."),
        all => format!(
            "A line of how many different themes were raised up to each of {all} meetings, in the order held: {} after the first and {most} after the last.",
            meetings.first().map_or(0, |meeting| meeting.themes_so_far)
        ),
    };
    let stop = match reached {
        Some((at, threshold)) if threshold <= 0.0 => format!("By meeting {at} nothing new came any more."),
        Some((at, threshold)) => format!(
            "By meeting {at} new themes were no more than {:.0}% of those of the first {}.",
            threshold * 100.0,
            saturation.base_size
        ),
        None => "New themes were still coming, or there are too few meetings to tell.".to_owned(),
    };
    says.push(' ');
    says.push_str(&stop);
    let mut canvas = Canvas {
        stands: Stands::Alone,
        id: "chart-saturation".into(),
        source: Some(format!(
            "{}. For those who analyse; not published.",
            saturation.consultation.reference
        )),
        width: WIDTH,
        y: HEIGHT + 92,
        title: "Themes raised, meeting by meeting".into(),
        says,
        hatched: [false; 2],
        areas: Vec::new(),
        texts: Vec::new(),
        ink: Markup::default(),
    };
    let room = WIDTH - LEFT - 24;
    let bottom = 30 + HEIGHT;
    let x = |position: u64| {
        let steps = meetings.len().max(2) - 1;
        LEFT + scaled(position.saturating_sub(1), steps as u64, room)
    };
    let y = |themes: u64| bottom - scaled(themes, most, HEIGHT);
    canvas.words(0, 16, "Different themes so far", look(13));
    let step = most.div_ceil(4).max(1);
    for tick in 0..=4 {
        let themes = tick * step;
        if themes > most {
            break;
        }
        canvas.bar([LEFT, y(themes), room, 1], if tick == 0 { QUIET } else { TRACK });
        canvas.words(
            LEFT - 10,
            y(themes) + 5,
            themes,
            Look {
                anchor: Anchor::End,
                ..look(13)
            },
        );
    }
    if let Some((at, _)) = reached {
        canvas
            .ink
            .ours("<path")
            .attribute("d", format_args!("M{} 30V{bottom}", x(at)))
            .ours(" stroke=\"#c4570f\" stroke-width=\"2\" stroke-dasharray=\"6 4\" fill=\"none\"/>");
    }
    let mut line = String::new();
    for meeting in meetings {
        let letter = if line.is_empty() { 'M' } else { 'L' };
        line.push_str(&format!(
            "{letter}{} {}",
            x(meeting.position),
            y(meeting.themes_so_far)
        ));
    }
    if !line.is_empty() {
        canvas
            .ink
            .ours("<path")
            .attribute("d", &line)
            .attribute("stroke", BAR)
            .ours(" stroke-width=\"3\" fill=\"none\" stroke-linejoin=\"round\"/>");
    }
    // Under each other's labels nobody reads anything.
    let every = meetings.len().div_ceil(20).max(1);
    for (at, meeting) in meetings.iter().enumerate() {
        let (x, y) = (x(meeting.position), y(meeting.themes_so_far));
        canvas
            .ink
            .ours("<circle")
            .attribute("cx", x)
            .attribute("cy", y)
            .ours(" r=\"4.5\"")
            .attribute("fill", BAR)
            .ours("/>");
        if at % every == 0 {
            let middle = Look {
                anchor: Anchor::Middle,
                ..look(13)
            };
            canvas.words(x, y.max(14) - 10, meeting.themes_so_far, middle);
            canvas.words(x, bottom + 20, meeting.position, middle);
        }
    }
    canvas.words(LEFT, bottom + 40, "Meetings, in the order held", look(13));
    canvas.words(LEFT, bottom + 58, stop, bold(13));
    canvas.finish().into_string()
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};
    use domain::{
        collate::{SaturationAt, SaturationOfMeeting},
        moment::Moment,
    };

    #[test]
    fn every_table_with_a_picture_has_one_that_stands_alone() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let drawn = all(&report);
            let wanted: Vec<_> = report
                .tables
                .iter()
                .filter(|table| table.chart.is_some())
                .map(|table| table.name.as_str())
                .collect();
            assert!(wanted.len() == 5 && wanted.iter().all(|name| drawn.contains_key(*name)));
            for (name, svg) in &drawn {
                assert!(
                    svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""),
                    "{name}"
                );
                for part in ["role=\"img\"", "<title id=", "<desc id=", "MHW-2019. Report 1"] {
                    assert!(svg.contains(part), "{name}: {part}");
                }
                for refused in ["<after>", "<script", "style=", "href", "class="] {
                    assert!(!svg.contains(refused), "{name}: {refused}");
                }
                for tag in ["text", "tspan", "title", "desc", "svg"] {
                    let opened =
                        svg.matches(&format!("<{tag} ")).count() + svg.matches(&format!("<{tag}>")).count();
                    assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{name}: {tag}");
                }
            }
        }
        assert_eq!(chart(&sample::report(1), "attendance"), None);
        assert_eq!(chart(&sample::report(1), "nothing"), None);
    }

    #[test]
    fn what_is_hidden_is_hatched_and_what_was_joined_is_one_bar() {
        let report = sample::report(60);
        let table = report.table("theme-by-group").unwrap();
        let drawn = chart(&report, "theme-by-group").unwrap();
        let joined = table
            .columns
            .iter()
            .position(|column| column.key == "all")
            .unwrap();
        let cells = table
            .rows
            .iter()
            .flat_map(|row| row.cells.iter().enumerate())
            .filter(|(at, _)| *at != 0 && *at != joined)
            .filter_map(|(_, cell)| cell.as_ref());
        let hidden = |status| {
            cells
                .clone()
                .filter(|cell| cell.value.is_none() && cell.status == status)
                .count()
        };
        let hatched = |pattern: &str| {
            let end = drawn
                .split_once(&format!("\" fill=\"url(#chart-theme-by-group-1-{pattern})"))
                .unwrap();
            let (_, path) = end.0.rsplit_once("d=\"").unwrap();
            path.matches('M').count()
        };
        // One more of each in the legend.
        assert_eq!(hatched("few"), hidden(CountStatus::Suppressed) + 1);
        assert_eq!(hatched("not"), hidden(CountStatus::Withheld) + 1);
        assert_eq!(drawn.matches("in all groups together").count(), 6);
        let parts = parts(&report, "theme-by-group", Stands::InPage);
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn labels_are_broken_and_shortened_between_letters() {
        let set = set_in_lines("Donaudampfschifffahrtsgesellschaftskapitän", 100, look(14), 9);
        assert!(set.lines.len() > 2 && !set.shortened);
        assert_eq!(set.lines.concat(), "Donaudampfschifffahrtsgesellschaftskapitän");
        let set = set_in_lines("الطعام الحلال والوجبات الثقافية", 100, look(14), 1);
        assert!(set.shortened && set.lines[0].ends_with('…'));
        assert_eq!(set_in_lines("", 100, look(14), 2).lines, [""]);
    }

    #[test]
    fn saturation_shows_where_it_stopped() {
        let of = sample::report(1).collation;
        let meeting = |at: u64, so_far| SaturationOfMeeting {
            position: at,
            meeting_id: "019f0000-0000-7000-8000-000000000001".parse().unwrap(),
            group_id: "019f0000-0000-7000-8000-000000000002".parse().unwrap(),
            starts_at: Moment(0),
            discussions: 3,
            contributions: 9,
            coded: 9,
            themes: 4,
            new_themes: 1,
            themes_so_far: so_far,
            run: None,
        };
        let so_far = [16, 26, 33, 37, 42, 44, 45, 45];
        let mut shown = Saturation {
            consultation: of.consultation,
            scope: of.scope,
            filters: of.filters,
            base_size: 4,
            run_length: 2,
            meetings: (1..)
                .zip(so_far)
                .map(|(at, so_far)| meeting(at, so_far))
                .collect(),
            base_themes: 37,
            thresholds: vec![SaturationAt {
                threshold: 0.05,
                reached_at: Some(8),
                meeting_id: None,
                undefined: BTreeMap::new(),
            }],
            limitations: Vec::new(),
        };
        let drawn = saturation(&shown);
        assert!(drawn.contains("By meeting 8 new themes were no more than 5% of those of the first 4."));
        assert!(
            drawn.contains("16 after the first and 45 after the last")
                && drawn.matches("<circle").count() == 8
        );
        shown.meetings.clear();
        shown.thresholds.clear();
        assert!(saturation(&shown).contains("There is no meeting yet."));
    }
}
