//! What stands against publishing a report, and what a lead shall look at first: of the document alone.

use super::{CommentaryWarning, Figure, Report, ReportTable, TableCell};
use crate::{
    collate::CountStatus,
    disclosure::Policy,
    screening::{Confidence, RegisterNames, screen},
};
use std::collections::BTreeSet;

/// Columns and rows that count groups, meetings, discussions or services: evidence and no people (domain, section 4).
const EVIDENCE: [&str; 9] = [
    "groups",
    "services",
    "meetings",
    "discussions",
    "not_discussed",
    "no_record",
    "groups_heard",
    "groups_silent",
    "expected",
];
/// Columns that count contributions over a whole question or theme, or the responses among them.
const OF_ALL: [&str; 6] = [
    "contributions",
    "coded",
    "uncoded",
    "set_aside",
    "unadjudicated",
    "responses",
];
/// Tables whose columns count different things, over a whole question or theme; figures of all others are of people or broken down.
const OF_WHOLES: [&str; 6] = [
    "heard",
    "questions",
    "consensus",
    "themes",
    "themes-within-questions",
    "themes-within-sections",
];

/// What of a report's tables shows more than its policy lets out, each by the table's name. A release is protected when it is made;
/// this finds one that was changed since, or that nothing protected.
pub fn leaks(report: &Report) -> Vec<(String, String)> {
    let policy = Policy::of(report.collation.policy.id);
    // As the release asks it: where anything came by a response, contributions tell of people, and else they are points recorded at tables.
    let mixes = report.collation.heard.responses.all.value != Some(0);
    let mut found = Vec::new();
    if !report.collation.policy.applied {
        found.push((
            "collation".into(),
            "Its figures are exact: they went through no policy.".into(),
        ));
    }
    for table in &report.tables {
        let mut leaking = 0;
        let mut first = None;
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let Some(cell) = cell else { continue };
                if !may_stand(&policy, mixes, table, &row.key, &column.key, cell) {
                    leaking += 1;
                    first.get_or_insert_with(|| format!("{}, {}", row.label, column.label));
                }
            }
        }
        if let Some(first) = first {
            found.push((
                table.name.clone(),
                format!(
                    "{leaking} of its figures show more than {} lets out; the first is {first}.",
                    policy.id
                ),
            ));
        }
    }
    found
}

/// Whether a cell shows no more than the policy lets out of it.
fn may_stand(
    policy: &Policy,
    mixes: bool,
    table: &ReportTable,
    row: &str,
    column: &str,
    cell: &TableCell,
) -> bool {
    let value = match cell.value {
        None => return matches!(cell.status, CountStatus::Suppressed | CountStatus::Withheld),
        // Reckoned from what is released of each group.
        Some(Figure::Share(_)) => return table.name == "consensus",
        Some(Figure::Count(value)) => value,
    };
    match cell.status {
        CountStatus::Suppressed | CountStatus::Withheld => false,
        CountStatus::Rounded => value > policy.threshold && value % policy.base == 0,
        CountStatus::Exact => {
            let zero = value == 0 && policy.shows_zero;
            let national = policy.exact_national
                && ((table.name == "heard" && row == "responses")
                    || (table.name == "attendance" && column == "total"));
            let of_a_whole = OF_WHOLES.contains(&&*table.name);
            let evidence = EVIDENCE.contains(&column) || (table.name == "heard" && EVIDENCE.contains(&row));
            let recorded = !mixes && OF_ALL.contains(&column);
            zero || national || (of_a_whole && (evidence || recorded))
        }
    }
}

/// A text of the commentary, and where it stands.
fn texts(report: &Report) -> Vec<(String, &str)> {
    let commentary = &report.commentary;
    let mut texts: Vec<(String, &str)> = Vec::new();
    let whole = [
        ("foreword", &commentary.foreword),
        ("background", &commentary.background),
        ("method", &commentary.method),
        ("what_happens_next", &commentary.what_happens_next),
    ];
    for (name, text) in whole {
        if let Some(text) = text {
            texts.push((format!("/commentary/{name}"), text.as_str()));
        }
    }
    for (at, line) in commentary.easy_read.iter().enumerate() {
        texts.push((format!("/commentary/easy_read/{at}/text"), line.text.as_str()));
        if let Some(alt) = &line.picture_alt {
            texts.push((format!("/commentary/easy_read/{at}/picture_alt"), alt.as_str()));
        }
    }
    for (at, theme) in commentary.themes.iter().enumerate() {
        let here = format!("/commentary/themes/{at}");
        if let Some(summary) = &theme.summary {
            texts.push((format!("{here}/summary"), summary.as_str()));
        }
        for (point, text) in theme.key_points.iter().enumerate() {
            texts.push((format!("{here}/key_points/{point}"), text.as_str()));
        }
        for (area, text) in theme.areas_for_consideration.iter().enumerate() {
            texts.push((format!("{here}/areas_for_consideration/{area}"), text.as_str()));
        }
    }
    for (at, section) in commentary.sections.iter().enumerate() {
        let here = format!("/commentary/sections/{at}");
        if let Some(summary) = &section.summary {
            texts.push((format!("{here}/summary"), summary.as_str()));
        }
        for (suggestion, text) in section.suggestions.iter().enumerate() {
            texts.push((format!("{here}/suggestions/{suggestion}"), text.as_str()));
        }
    }
    texts
}

/// Whole numbers in a text, as they are written; years are none, nor what has a point or a colon in it (4.3, 13:30).
fn numbers(text: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | ':' | ',' | '/' | '-' | '_');
    for token in text.split(|letter: char| !word(letter)) {
        let plain = token.trim_matches(['.', ':', ',', '/', '-', '_']);
        let digits = plain.replace(',', "");
        if digits.is_empty() || !digits.chars().all(|letter| letter.is_ascii_digit()) {
            continue;
        }
        if let Ok(number) = digits.parse::<u64>()
            && (!(1900..=2100).contains(&number) || plain.contains(','))
        {
            found.insert(number);
        }
    }
    found
}

/// What a lead shall look at in the words of a report before it is published; none of it stops publishing.
pub fn warnings(report: &Report, register: &RegisterNames) -> Vec<CommentaryWarning> {
    let mut found = Vec::new();
    let mut warn = |pointer: String, code: &str, detail: String| {
        found.push(CommentaryWarning {
            pointer,
            code: code.into(),
            detail,
        });
    };
    let mut known: BTreeSet<u64> = BTreeSet::new();
    for cell in report
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| row.cells.iter().flatten())
    {
        if let Some(Figure::Count(value)) = cell.value {
            known.insert(value);
        }
    }
    known.extend(
        report
            .consultation
            .questions
            .iter()
            .filter_map(|question| u64::try_from(question.number).ok()),
    );
    for (pointer, text) in texts(report) {
        if screen(text, register)
            .iter()
            .any(|flag| flag.confidence != Confidence::Low)
        {
            let detail =
                "The personal-data screen sees somebody in it. Read it again before it is published.";
            warn(pointer.clone(), "personal-data", detail.into());
        }
        let strange: Vec<String> = numbers(text)
            .into_iter()
            .filter(|number| !known.contains(number))
            .map(|number| number.to_string())
            .collect();
        if !strange.is_empty() {
            let detail = format!(
                "No table of the report holds this: {}. A figure in words went through no policy.",
                strange.join(", ")
            );
            warn(pointer, "number-in-no-table", detail);
        }
    }
    for (at, theme) in report.codeframe.themes.iter().enumerate() {
        if theme.description.as_deref().is_some_and(|text| {
            screen(text, register)
                .iter()
                .any(|flag| flag.confidence != Confidence::Low)
        }) {
            let detail =
                "The personal-data screen sees somebody in it. Change the theme and begin a new draft.";
            warn(
                format!("/codeframe/themes/{at}/description"),
                "personal-data",
                detail.into(),
            );
        }
        let written = report.commentary.themes.iter().any(|one| {
            one.theme_id == theme.id
                && (one.summary.is_some()
                    || !one.key_points.is_empty()
                    || !one.areas_for_consideration.is_empty())
        });
        if !written {
            warn(
                "/commentary/themes".into(),
                "empty-theme",
                format!("Nothing is written to the theme {}.", theme.code),
            );
        }
    }
    if report.consultation.public && report.commentary.easy_read.is_empty() {
        let detail = "Everybody may read this report, and it has no easy read.";
        warn("/commentary/easy_read".into(), "no-easy-read", detail.into());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_and_years_are_none() {
        let text = "In 2019, 1,204 people (12 of 15) at 13:30 spoke of 4.3 and B12; 7.";
        assert_eq!(numbers(text).into_iter().collect::<Vec<_>>(), [7, 12, 15, 1204]);
    }
}
