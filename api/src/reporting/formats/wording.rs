//! What a report says of its own figures, and in which order: the sentences, headings and lists that every format for people shares.
//!
//! Invariant: a figure in a sentence is read from the cell of the table in which it stands, so that sentence and table cannot differ; and
//! a sentence says no more than the cell does. What was written down is a minimum, a rounded figure is "about", a hidden one is never
//! guessed at, and nothing is called large, strong or significant. Refused: templates in each format, which come to say different things.

use domain::{
    collate::CountStatus,
    disclosure::Policy,
    id::ThemeId,
    report::{
        Figure, Report, ReportTable, ReportedQuote, ReportedTheme, TableCell, ThemeCommentary,
        digest::NOT_DIGESTED,
    },
    text::Prose,
    vocabulary::{ConsultationKind, MaterialFormat, QuestionKind, RespondentGroup},
};
use time::Date;

/// The headings of a report, in the order in which they are read.
pub mod heading {
    pub const FOREWORD: &str = "Foreword";
    pub const BACKGROUND: &str = "Background";
    pub const OPEN_TO_INFLUENCE: &str = "What was open to influence";
    pub const NOT_OPEN_TO_INFLUENCE: &str = "What was not";
    pub const HOW_WE_ASKED: &str = "How we asked";
    pub const DOCUMENTS: &str = "What was consulted on";
    pub const MATERIALS: &str = "What people were given";
    pub const QUESTIONS: &str = "What was asked";
    pub const WHO_TOOK_PART: &str = "Who took part";
    pub const HOW_TO_READ: &str = "How to read the figures";
    pub const THEMES: &str = "What people said, theme by theme";
    pub const THEMES_AT_A_GLANCE: &str = "The themes at a glance";
    pub const HOW_WIDELY: &str = "How widely it was raised";
    pub const PEOPLE_AND_STAFF: &str = "People in services and staff";
    pub const IN_THEIR_WORDS: &str = "In people's own words";
    pub const KEY_POINTS: &str = "Key points";
    pub const AREAS: &str = "Areas for further consideration";
    pub const SECTIONS: &str = "What people said of each section of the draft";
    pub const SUGGESTIONS: &str = "Suggestions";
    pub const METHOD: &str = "How what was said was worked on";
    pub const LIMITATIONS: &str = "What the figures cannot tell";
    pub const WHAT_HAPPENS_NEXT: &str = "What happens next";
    pub const ALL_TABLES: &str = "All tables";
    pub const ABOUT: &str = "About this report";
    pub const HOW_TO_VERIFY: &str = "How to see that nothing was changed";
}

/// A day as people write it: 10 January 2020.
pub fn date(day: Date) -> String {
    format!("{} {} {}", day.day(), day.month(), day.year())
}

/// The day on which it was published, in London; none of a draft.
pub fn published(report: &Report) -> Option<String> {
    report.published_at?.day_in_london().map(date)
}

/// What the report is, in a line: "Report 1, published on 10 January 2020".
pub fn edition(report: &Report) -> String {
    match published(report) {
        Some(day) => format!("Report {}, published on {day}", report.number),
        None => format!("Report {}, a draft that was not published", report.number),
    }
}

/// What is consulted on, as a reader sees it.
pub const fn kind(kind: ConsultationKind) -> &'static str {
    match kind {
        ConsultationKind::Guidance => "Guidance",
        ConsultationKind::ServiceSpecification => "Service specification",
        ConsultationKind::Pilot => "Pilot",
        ConsultationKind::Cquin => "CQUIN scheme",
        ConsultationKind::Plan => "Plan",
        ConsultationKind::Project => "Project",
        ConsultationKind::Survey => "Survey",
    }
}

/// The form in which something was supplied, as a reader sees it.
pub const fn material_format(format: MaterialFormat) -> &'static str {
    match format {
        MaterialFormat::Standard => "standard print",
        MaterialFormat::EasyRead => "easy read",
        MaterialFormat::LargePrint => "large print",
        MaterialFormat::Braille => "braille",
        MaterialFormat::Audio => "audio",
        MaterialFormat::BslVideo => "British Sign Language video",
    }
}

/// The kind of answer that a question took.
pub const fn question_kind(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Open => "open",
        QuestionKind::SingleChoice => "one choice",
        QuestionKind::MultipleChoice => "several choices",
        QuestionKind::Agreement => "agree, disagree or unsure",
    }
}

/// Whether a paragraph is read from right to left: its first letter that has a direction is of Hebrew, Arabic or a script like them
/// (Unicode Standard Annex 9, rules P2 and P3).
pub fn is_right_to_left(text: &str) -> bool {
    text.chars().find(|letter| letter.is_alphabetic()).is_some_and(
        |letter| matches!(u32::from(letter), 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFF | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF),
    )
}

/// The paragraphs of a text: what lines part. Blank ones are left out.
pub fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The paragraphs of what was written, none where nothing was.
pub fn prose(text: Option<&Prose>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| paragraphs(text.as_str()))
}

/// The themes in the order of the table of themes: by groups, then tables, each before its sub-themes. With each its level: 1 for
/// a sub-theme.
pub fn themes(report: &Report) -> Vec<(&ReportedTheme, u8)> {
    let rows = report.table("themes").map_or(&[][..], |table| &table.rows);
    let place = |theme: &ReportedTheme| rows.iter().position(|row| row.key == theme.code);
    let mut themes: Vec<_> = report.codeframe.themes.iter().collect();
    // Whatever is in no row comes last, and stays in the order of the codeframe.
    themes.sort_by_key(|theme| place(theme).unwrap_or(usize::MAX));
    themes
        .into_iter()
        .map(|theme| {
            let level = place(theme).and_then(|at| rows.get(at)).map(|row| row.level);
            (theme, level.unwrap_or(u8::from(theme.parent_id.is_some())))
        })
        .collect()
}

/// What was written to a theme.
pub fn commentary(report: &Report, theme: ThemeId) -> Option<&ThemeCommentary> {
    report
        .commentary
        .themes
        .iter()
        .find(|written| written.theme_id == theme)
}

/// Quotes under a theme that still have their words: those, and whose they are. What was taken back is left out without a trace, as
/// a gap would say who did.
pub fn quotes(report: &Report, theme: ThemeId) -> Vec<(&str, &'static str)> {
    let of_theme = report.quotes.iter().filter(|quote| quote.theme_id == theme);
    of_theme
        .filter_map(|quote: &ReportedQuote| Some((quote.text.as_deref()?, quote.respondent_group.label())))
        .collect()
}

/// A cell by the keys of its table, row and column.
pub fn cell<'r>(report: &'r Report, table: &str, row: &str, column: &str) -> Option<&'r TableCell> {
    in_table(report.table(table)?, row, column)
}

fn in_table<'r>(table: &'r ReportTable, row: &str, column: &str) -> Option<&'r TableCell> {
    let at = table.columns.iter().position(|one| one.key == column)?;
    table
        .rows
        .iter()
        .find(|one| one.key == row)?
        .cells
        .get(at)?
        .as_ref()
}

/// The number that a cell shows, where it counts something.
fn count(cell: Option<&TableCell>) -> Option<u64> {
    match cell?.value? {
        Figure::Count(count) => Some(count),
        Figure::Share(_) => None,
    }
}

/// The number of an exact count that is not zero.
fn some(cell: Option<&TableCell>) -> Option<u64> {
    count(cell).filter(|count| *count > 0)
}

/// A figure within a sentence: "36", "about 35", "under 5"; none where it is not shown, so that the sentence says so or is left out.
fn figure(report: &Report, cell: &TableCell) -> Option<String> {
    match (cell.value, cell.status) {
        (Some(value), CountStatus::Rounded) => Some(format!("about {value}")),
        (Some(_), _) | (None, CountStatus::Suppressed) => Some(report.words(Some(cell))),
        (None, _) => None,
    }
}

/// "1 table", "2 tables".
fn plural(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// In how many groups and at how many tables a theme was raised, and how many people stood behind it, as far as it was written down.
///
/// Unit: groups and tables are distinct. Base: those that were heard. People: `people_at_least` of the collation.
pub fn how_widely(report: &Report, theme: &ReportedTheme) -> String {
    let of = |column: &str| cell(report, "themes", &theme.code, column);
    let heard = |row: &str| some(cell(report, "heard", row, "heard"));
    let mut places = Vec::new();
    match (some(of("groups")), heard("groups")) {
        (Some(1), Some(1)) => places.push("in the one group heard".to_owned()),
        (Some(groups), Some(all)) if groups >= all => places.push(format!("in all {all} groups heard")),
        (Some(groups), Some(all)) => places.push(format!("in at least {groups} of the {all} groups heard")),
        _ => {}
    }
    match (some(of("discussions")), heard("discussions")) {
        (Some(1), Some(1)) => places.push("at the one table".to_owned()),
        (Some(tables), Some(all)) if tables >= all => places.push(format!("at all {all} tables")),
        (Some(tables), Some(all)) => places.push(format!("at no fewer than {tables} of the {all} tables")),
        _ => {}
    }
    let mut said = match places.is_empty() {
        true => "Nothing is written down of where it was raised.".to_owned(),
        false => format!("Raised {}.", places.join(", and ")),
    };
    let mut say = |sentence: String| {
        said.push(' ');
        said.push_str(&sentence);
    };
    if let Some(people) = of("people_at_least") {
        match (people.value, people.status) {
            (Some(Figure::Count(0)), _) => {}
            (Some(Figure::Count(1)), CountStatus::Exact) => {
                say("At least 1 person at the tables stood behind it.".into())
            }
            (Some(value), CountStatus::Rounded) => {
                // The minimum itself was rounded: "at least 65" could be more than the 63 that are known of.
                say(format!(
                    "At the tables, at least about {value} people stood behind it."
                ));
            }
            (Some(value), _) => say(format!("At least {value} people at the tables stood behind it.")),
            (None, CountStatus::Suppressed) => say(format!(
                "The people at the tables of whom it is known that they stood behind it were few ({}).",
                report.words(Some(people))
            )),
            (None, _) => {
                say("How many people stood behind it is not shown, to protect other figures.".into())
            }
        }
    }
    let any_responses = report
        .table("heard")
        .and_then(|table| in_table(table, "responses", "heard"))
        .is_some_and(|all| all.value != Some(Figure::Count(0)));
    if let Some(responses) = of("responses").filter(|_| any_responses) {
        match (responses.value, figure(report, responses)) {
            (Some(Figure::Count(0)), _) | (_, None) => {}
            (Some(Figure::Count(1)), _) => say("It came up in 1 response.".into()),
            (_, Some(figure)) => say(format!("It came up in {figure} responses.")),
        }
    }
    said
}

/// The least and the most that a cell may stand for; none where it may be anything.
fn between(report: &Report, cell: &TableCell) -> Option<(u64, u64)> {
    let policy = Policy::of(report.collation.policy.id);
    match (cell.value, cell.status) {
        (Some(Figure::Count(value)), CountStatus::Rounded) => {
            let half = policy.base / 2;
            Some((value.saturating_sub(half).max(policy.threshold + 1), value + half))
        }
        (Some(Figure::Count(value)), _) => Some((value, value)),
        (None, CountStatus::Suppressed) => Some((u64::from(policy.shows_zero), policy.threshold)),
        _ => None,
    }
}

/// Whether it was recorded more often of people in services or of staff, where the figures tell: not where what was rounded or hidden
/// leaves it open. It compares contributions, of which the two made unequally many: see [`how_to_read`].
///
/// Unit: contributions. Base: those under the theme. From the table of themes by respondent group.
pub fn differs(report: &Report, theme: &ReportedTheme) -> Option<String> {
    let of = |group: RespondentGroup| cell(report, "theme-by-respondent-group", &theme.code, group.as_str());
    let (people, staff) = (of(RespondentGroup::ServiceUser)?, of(RespondentGroup::Staff)?);
    let (of_people, of_staff) = (between(report, people)?, between(report, staff)?);
    let (people, staff) = (figure(report, people)?, figure(report, staff)?);
    if of_people.0 > of_staff.1 {
        Some(format!(
            "More contributions on it are from people in services ({people}) than from staff ({staff})."
        ))
    } else if of_staff.0 > of_people.1 {
        Some(format!(
            "More contributions on it are from staff ({staff}) than from people in services ({people})."
        ))
    } else {
        None
    }
}

/// Who asked, when that was planned, and by which ways. A consultation is open from when a lead opens it until one closes it, whatever
/// its days say, so the days are told as planned.
pub fn how_we_asked(report: &Report) -> Vec<String> {
    let consultation = &report.consultation;
    let mut said = vec![format!(
        "{} asked for this consultation.",
        consultation.commissioned_by.name
    )];
    said.extend(match (consultation.opens_on, consultation.closes_on) {
        (Some(opens), Some(closes)) => Some(format!(
            "It was planned to be open from {} to {}.",
            date(opens),
            date(closes)
        )),
        (Some(opens), None) => Some(format!("It was planned to open on {}.", date(opens))),
        (None, Some(closes)) => Some(format!("It was planned to close on {}.", date(closes))),
        (None, None) => None,
    });
    let channels: Vec<_> = consultation
        .channels
        .iter()
        .map(|channel| channel.label().to_lowercase())
        .collect();
    if !channels.is_empty() {
        said.push(format!("Feedback was taken by: {}.", channels.join("; ")));
    }
    said
}

/// What was consulted on, an entry a document, its sections after it.
pub fn documents(report: &Report) -> Vec<(String, Vec<String>)> {
    let documents = report.consultation.documents.iter();
    documents
        .map(|document| {
            let title = match &document.version {
                Some(version) => format!("{}, version {}", document.title.as_str(), version.as_str()),
                None => document.title.as_str().to_owned(),
            };
            let sections = document.sections.iter();
            let named = |section: &domain::record::Section| {
                format!("{} {}", section.reference.as_str(), section.title.as_str())
            };
            (title, sections.map(named).collect())
        })
        .collect()
}

/// A section as a heading names it: its mark, and its title where the documents have one.
pub fn section(report: &Report, mark: &str) -> String {
    let sections = report
        .consultation
        .documents
        .iter()
        .flat_map(|document| &document.sections);
    let mut sections = sections.filter(|section| section.reference.as_str() == mark);
    match sections.next() {
        Some(section) => format!("{mark} {}", section.title.as_str()),
        None => mark.to_owned(),
    }
}

/// What people were given to form a view, and when.
pub fn materials(report: &Report) -> Vec<String> {
    let materials = report.consultation.materials.iter();
    materials
        .map(|material| {
            let mut said = format!(
                "{} ({})",
                material.title.as_str(),
                material_format(material.format)
            );
            if let Some(day) = material.supplied_on {
                said.push_str(&format!(", supplied on {}", date(day)));
            }
            said
        })
        .collect()
}

/// The questions as they were put: "2. Takeaways should be limited. (agree, disagree or unsure)".
pub fn questions(report: &Report) -> Vec<String> {
    let questions = report.consultation.questions.iter();
    questions
        .map(|question| {
            let mut said = format!("{}. {}", question.number, question.prompt);
            if !question.options.is_empty() {
                said.push_str(&format!(" ({})", question.options.join("; ")));
            } else if question.kind != QuestionKind::Open {
                said.push_str(&format!(" ({})", question_kind(question.kind)));
            }
            said
        })
        .collect()
}

/// Who took part, in sentences, from the table of who was heard.
pub fn who_took_part(report: &Report) -> Vec<String> {
    let of = |row: &str, column: &str| cell(report, "heard", row, column);
    let heard = |row: &str| count(of(row, "heard"));
    let mut said = Vec::new();
    for (row, one, many) in [("groups", "group", "groups"), ("services", "service", "services")] {
        if let Some(found) = heard(row) {
            let was = if found == 1 { "was" } else { "were" };
            let mut sentence = format!("{} {was} heard", plural(found, one, many));
            if let Some(expected) = some(of(row, "expected")) {
                sentence.push_str(&format!(
                    "; {expected} {} expected",
                    if expected == 1 { "was" } else { "were" }
                ));
            }
            said.push(format!("{sentence}."));
        }
    }
    if let (Some(meetings), Some(tables)) = (some(of("meetings", "heard")), some(of("discussions", "heard")))
    {
        said.push(format!(
            "People talked at {} in {}.",
            plural(tables, "table", "tables"),
            plural(meetings, "meeting", "meetings")
        ));
    }
    if let Some(people) = of("participants", "heard").filter(|people| people.value != Some(Figure::Count(0)))
        && let Some(figure) = figure(report, people)
    {
        said.push(match people.value {
            Some(_) => format!("At least {figure} people sat at the tables."),
            None => format!("The people at the tables were few ({figure})."),
        });
    }
    if let Some(responses) = of("responses", "heard")
        && let Some(figure) = figure(report, responses)
    {
        said.push(match responses.value {
            Some(Figure::Count(0)) => "No responses were given outside the meetings.".into(),
            Some(Figure::Count(1)) => "1 response was given outside the meetings.".into(),
            _ => format!("{} responses were given outside the meetings.", upper(&figure)),
        });
    }
    said
}

/// The same text with a capital first.
fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the words and signs in tables mean: each with its meaning.
pub fn how_to_read(report: &Report) -> Vec<(String, String)> {
    let policy = Policy::of(report.collation.policy.id);
    let mut said: Vec<(String, String)> = Vec::new();
    let mut say = |word: &str, means: String| said.push((word.to_owned(), means));
    say(
        "Table",
        "A small group of people who discussed the questions together at a meeting, and wrote down what was said. A grid of \
         figures is called a table, too."
            .into(),
    );
    say(
        "Contribution",
        "One point that was written down. It may be about several themes, and then counts once in each."
            .into(),
    );
    say(
        "At least",
        "Not every point was written down, so every count is a minimum. A view that was raised once still appears.".into(),
    );
    say(
        "About",
        format!(
            "The figure was rounded to the nearest {}, and rows need not add up.",
            policy.base
        ),
    );
    say(
        &suppressed(report),
        format!(
            "The number is {} and is not shown, so that nobody can be recognised.",
            match policy.shows_zero {
                true => format!("from 1 to {}", policy.threshold),
                false => format!("from 0 to {}", policy.threshold),
            }
        ),
    );
    say(
        "not shown",
        "The number is hidden, whatever its size, because it would tell another that is hidden.".into(),
    );
    say("–", "There is no such figure.".into());
    say(
        "People in services and staff",
        "The two made different numbers of contributions in all, so more contributions on a theme need not mean that it matters more to \
         those who made them."
            .into(),
    );
    say(
        "Quotes",
        "They are the words of one contribution, given where whoever said it agreed. They say whose they are by respondent group alone, \
         and they show the range of what was said, not how often."
            .into(),
    );
    said
}

/// How a count that is too small to be shown reads in a table: "under 5", "1 to 7".
pub fn suppressed(report: &Report) -> String {
    report.words(Some(&TableCell {
        id: String::new(),
        value: None,
        status: CountStatus::Suppressed,
    }))
}

/// How the figures are protected, in plain words.
pub fn disclosure(report: &Report) -> String {
    let policy = Policy::of(report.collation.policy.id);
    let small = match policy.shows_zero {
        true => format!("from 1 to {}", policy.threshold),
        false => format!("from 0 to {}", policy.threshold),
    };
    let exact = match policy.exact_national {
        true => {
            "Counts of groups, meetings and tables, headcounts of a whole round and the number of all responses are exact"
        }
        false => "Counts of groups, meetings and tables are exact",
    };
    format!(
        "So that nobody can be recognised, counts of people and responses, and every count in a breakdown, are hidden where they are {small}, and \
         otherwise rounded to the nearest {}. Some are hidden whatever their size, because they would tell another. {exact}, outside \
         breakdowns. The rule is called {}.",
        policy.base, policy.id
    )
}

/// How what was said was worked on: the codeframe, who coded, how far they agree, how figures are protected.
///
/// Bands of agreement: K. Krippendorff, Content Analysis (2004), chapter 11.
pub fn method(report: &Report) -> Vec<String> {
    let coding = &report.coding;
    let all = report.codeframe.themes.len() as u64;
    let below = report
        .codeframe
        .themes
        .iter()
        .filter(|theme| theme.parent_id.is_some())
        .count() as u64;
    let mut frame = format!(
        "What people said was sorted into themes by a codeframe: a list of themes, and what each takes in. This report shows {}",
        plural(all - below, "theme", "themes")
    );
    if below > 0 {
        frame.push_str(&format!(" and {}", plural(below, "sub-theme", "sub-themes")));
    }
    match report.codeframe.version {
        Some(version) => frame.push_str(&format!(
            " of version {version} of it, which was fixed before the report was published."
        )),
        None => frame.push_str(" of it. It was not fixed yet."),
    }
    let mut said = vec![frame];
    said.push(format!(
        "The coding of {} counts. A contribution may have several themes, or be set aside with a reason.",
        plural(coding.coders, "coder", "coders")
    ));
    said.push(match coding.some_uncoded {
        false => "When the figures were made, every contribution was coded or set aside.".into(),
        true => "When the figures were made, some contributions were neither coded nor set aside.".to_owned(),
    });
    if let Some(reason) = &coding.uncoded_reason {
        said.push(format!("Why it was published all the same: {reason}"));
    }
    if coding.reliable + coding.tentative + coding.unreliable > 0 {
        let on = |themes: u64| plural(themes, "theme", "themes");
        said.push(format!(
            "Some contributions were coded by two or more coders, each by themselves, and what they chose was compared (Krippendorff's alpha). They \
             agree reliably on {} (0.80 or more), well enough for tentative conclusions on {} (0.667 or more), and less than that on {}.",
            on(coding.reliable),
            on(coding.tentative),
            on(coding.unreliable),
        ));
        if coding.undefined > 0 {
            said.push(format!(
                "For {} it cannot be reckoned, most often because too little was coded twice.",
                on(coding.undefined)
            ));
        }
    } else {
        said.push("How far coders agree cannot be told: too little was coded twice.".into());
    }
    said.push(disclosure(report));
    said
}

/// By when an answer is due; none where nothing says so.
pub fn answer_due(report: &Report) -> Option<String> {
    let day = report.consultation.response_due_on?;
    Some(format!(
        "{} is due to answer by {}.",
        report.consultation.commissioned_by.name,
        date(day)
    ))
}

/// What a table counts, and of what, in a line above it.
pub fn unit_and_base(table: &ReportTable) -> String {
    format!("Unit: {}. Base: {}.", table.unit, table.base)
}

/// What holds a report together: its number, its rule, its licence and its digest, each under its name.
pub fn about(report: &Report) -> Vec<(&'static str, String)> {
    let mut said = vec![
        ("Consultation", report.consultation.title.clone()),
        ("Reference", report.consultation.reference.clone()),
        ("What was consulted on", kind(report.consultation.kind).to_owned()),
        ("Asked for by", report.consultation.commissioned_by.name.clone()),
        ("Report", report.number.to_string()),
        (
            "Published",
            published(report).unwrap_or_else(|| "Not published".into()),
        ),
        ("Rule for small numbers", report.collation.policy.id.to_string()),
        ("Licence", report.licence.clone()),
        (
            "Digest (SHA-256)",
            report
                .digest
                .clone()
                .unwrap_or_else(|| "None before publication".into()),
        ),
    ];
    if let Some(previous) = &report.previous_digest {
        said.push(("Digest of the report before", previous.clone()));
    }
    said
}

/// How anybody can see that nothing was changed, with no software of ours (see `domain::report::digest`).
pub fn how_to_verify() -> String {
    format!(
        "The digest is of report.json: take out {}; every list of quotes within collation; and text and salt within quotes; write the rest \
         in canonical form (RFC 8785); its SHA-256 is the digest. A quote's hash is the SHA-256 of its salt, a line feed and its text.",
        NOT_DIGESTED.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use domain::report::digest;
    use serde_json::Value;
    use sha2::{Digest, Sha256};
    use time::macros::date as day;

    /// The sample with one cell of the table of themes replaced.
    fn with(table: &str, column: &str, value: Option<u64>, status: CountStatus) -> Report {
        let mut report = sample::report(3);
        let code = report.codeframe.themes[0].code.clone();
        let table = report.tables.iter_mut().find(|one| one.name == table).unwrap();
        let at = table.columns.iter().position(|one| one.key == column).unwrap();
        let row = table.rows.iter_mut().find(|row| row.key == code).unwrap();
        let cell = row.cells[at].as_mut().unwrap();
        (cell.value, cell.status) = (value.map(Figure::Count), status);
        report
    }

    fn widely(report: &Report) -> String {
        how_widely(report, &report.codeframe.themes[0])
    }

    #[test]
    fn days_are_written_as_people_write_them() {
        assert_eq!(date(day!(2020 - 01 - 10)), "10 January 2020");
        let mut report = sample::report(1);
        assert_eq!(edition(&report), "Report 1, published on 10 January 2020");
        report.published_at = None;
        assert!(edition(&report).contains("not published"));
    }

    #[test]
    fn the_first_letter_says_from_where_it_is_read() {
        for text in ["الطعام", "«نريد» walk", "12. שלום", "– مرحبا"] {
            assert!(is_right_to_left(text), "{text}");
        }
        for text in ["", "12", "We said نريد", "Ça", "食物"] {
            assert!(!is_right_to_left(text), "{text}");
        }
    }

    #[test]
    fn how_widely_says_no_more_than_the_cells() {
        let said = widely(&sample::report(3));
        assert_eq!(
            said,
            "Raised in all 9 groups heard, and at no fewer than 36 of the 61 tables. At the tables, at least about 115 people stood behind it. \
             It came up in under 5 responses."
        );
        let few = with("themes", "groups", Some(2), CountStatus::Exact);
        assert!(widely(&few).starts_with("Raised in at least 2 of the 9 groups heard,"));
        let hidden = with("themes", "people_at_least", None, CountStatus::Withheld);
        assert!(widely(&hidden).contains("How many people stood behind it is not shown"));
        let small = with("themes", "people_at_least", None, CountStatus::Suppressed);
        assert!(widely(&small).contains("(under 5)"));
        // Only in responses: no table is claimed.
        let mut nowhere = with("themes", "discussions", Some(0), CountStatus::Exact);
        assert!(!widely(&nowhere).contains("of the 61 tables"));
        nowhere.tables.clear();
        assert_eq!(
            widely(&nowhere),
            "Nothing is written down of where it was raised."
        );
    }

    #[test]
    fn a_difference_is_told_only_where_the_figures_tell_it() {
        let differ = |people: (Option<u64>, CountStatus), staff: (Option<u64>, CountStatus)| {
            let mut report = with("theme-by-respondent-group", "service_user", people.0, people.1);
            let other = with("theme-by-respondent-group", "staff", staff.0, staff.1);
            let (from, to) = (
                other.table("theme-by-respondent-group").unwrap().clone(),
                report
                    .tables
                    .iter_mut()
                    .find(|one| one.name == "theme-by-respondent-group")
                    .unwrap(),
            );
            let staff = to.columns.iter().position(|one| one.key == "staff").unwrap();
            to.rows[0].cells[staff] = from.rows[0].cells[staff].clone();
            differs(&report, &report.codeframe.themes[0])
        };
        use CountStatus::{Rounded, Suppressed, Withheld};
        assert_eq!(
            differ((Some(35), Rounded), (None, Suppressed)).unwrap(),
            "More contributions on it are from people in services (about 35) than from staff (under 5)."
        );
        assert!(
            differ((Some(5), Rounded), (Some(20), Rounded))
                .unwrap()
                .contains("from staff (about 20) than")
        );
        // 5 stands for 5 to 7, 10 for 8 to 12, and what is suppressed for at most 4.
        assert!(differ((Some(5), Rounded), (None, Suppressed)).is_some());
        assert!(differ((Some(20), Rounded), (Some(20), Rounded)).is_none());
        assert!(differ((Some(35), Rounded), (None, Withheld)).is_none());
        assert!(differ((None, Suppressed), (None, Suppressed)).is_none());
    }

    #[test]
    fn the_method_names_what_stands_behind_the_figures() {
        let mut report = sample::report(60);
        let said = method(&report).join(" ");
        for part in [
            "version 1",
            "3 coders",
            "reliably on 20 themes",
            "tentative conclusions on 8 themes",
            "less than that on 2 themes",
            "For 5 themes",
            "from 0 to 4",
            "nearest 5",
            "mhsds-5",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!said.to_lowercase().contains("significant"));
        report.coding.reliable = 0;
        report.coding.tentative = 0;
        report.coding.unreliable = 0;
        assert!(method(&report).join(" ").contains("cannot be told"));
    }

    #[test]
    fn what_was_asked_and_who_came_is_told() {
        let report = sample::report(3);
        assert_eq!(
            how_we_asked(&report)[1],
            "It was planned to be open from 2 September 2019 to 31 October 2019."
        );
        assert_eq!(
            materials(&report),
            ["Easy read of the draft (easy read), supplied on 20 August 2019"]
        );
        assert_eq!(documents(&report)[0].0, "Draft guidance, version 0.3");
        assert_eq!(
            questions(&report)[1],
            "2. Takeaways should be limited. (agree, disagree or unsure)"
        );
        let said = who_took_part(&report);
        assert_eq!(said[0], "9 groups were heard; 9 were expected.");
        assert!(
            said.iter()
                .any(|one| one == "People talked at 61 tables in 9 meetings.")
        );
        assert!(
            said.iter()
                .any(|one| one == "At least about 280 people sat at the tables.")
        );
        assert!(
            said.iter()
                .any(|one| one == "34 responses were given outside the meetings.")
        );
        assert!(how_to_read(&report).iter().any(|(word, _)| word == "under 5"));
        assert_eq!(
            answer_due(&report).unwrap(),
            "Adult Secure Clinical Reference Group is due to answer by 23 January 2020."
        );
    }

    /// Takes the sentence at its word, with a JSON reader, RFC 8785 and SHA-256, and nothing of what made the digest.
    #[test]
    fn whoever_does_what_is_said_gets_the_digest() {
        fn without_lists_of_quotes(value: &mut Value) {
            match value {
                Value::Object(fields) => {
                    fields.remove("quotes");
                    fields.values_mut().for_each(without_lists_of_quotes);
                }
                Value::Array(items) => items.iter_mut().for_each(without_lists_of_quotes),
                _ => {}
            }
        }
        let said = how_to_verify();
        let (_, named) = said.split_once("take out ").unwrap();
        let (named, _) = named.split_once(';').unwrap();
        let mut report = sample::report(60);
        report.superseded_by = Some(report.id);
        report.warnings = vec![domain::report::CommentaryWarning {
            pointer: "/commentary".into(),
            code: "empty-theme".into(),
            detail: "Nothing is written.".into(),
        }];
        let published = digest::digest(&report).unwrap();
        let mut json = serde_json::to_value(&report).unwrap();
        for name in named.split(", ") {
            // What is absent of a report that was published is taken out of a draft.
            assert!(json.get(name).is_some() || name == "draft", "{name}");
            json.as_object_mut().unwrap().remove(name);
        }
        without_lists_of_quotes(&mut json["collation"]);
        for quote in json["quotes"].as_array_mut().unwrap() {
            let quote = quote.as_object_mut().unwrap();
            quote.remove("text");
            quote.remove("salt");
        }
        let canonical = serde_json_canonicalizer::to_vec(&json).unwrap();
        let hex: String = Sha256::digest(canonical)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, published);
    }

    #[test]
    fn words_that_were_taken_back_are_left_out() {
        let report = sample::report(60);
        let taken_back = report.quotes.iter().find(|quote| quote.text.is_none()).unwrap();
        assert!(quotes(&report, taken_back.theme_id).is_empty());
        let stands = report.quotes.iter().find(|quote| quote.text.is_some()).unwrap();
        assert_eq!(quotes(&report, stands.theme_id)[0].1, "People in services");
    }

    #[test]
    fn themes_stand_as_in_their_table() {
        let report = sample::report(60);
        let codes: Vec<_> = themes(&report)
            .iter()
            .map(|(theme, _)| theme.code.as_str())
            .collect();
        let rows: Vec<_> = report
            .table("themes")
            .unwrap()
            .rows
            .iter()
            .map(|row| row.key.as_str())
            .collect();
        assert_eq!(codes, rows);
    }
}
