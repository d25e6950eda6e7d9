//! Reports that were never made of anything said, for tests of formats: with few themes and with many, long labels, hidden
//! figures, breakdowns that were joined, and words that are read from right to left.

use domain::{
    collate::{Collation, CrossTab},
    disclosure::Cut,
    report::{Aftermath, Report, StandingOutcome, answers, report_tables},
};
use serde_json::{Value, json};
use uuid::Uuid;

const GROUPS: [&str; 9] = [
    "London",
    "South East Coast",
    "South Central",
    "South West",
    "East of England",
    "East Midlands",
    "West Midlands",
    "North West",
    "Yorkshire & Humber (including the North East)",
];
const PEOPLE: [(&str, &str); 5] = [
    ("service_user", "People in services"),
    ("family_carer", "Family and carers"),
    ("staff", "Staff"),
    ("commissioner", "Commissioners"),
    ("mixed", "Mixed, not attributed"),
];

fn id(kind: u128, at: usize) -> String {
    Uuid::from_u128(0x019f_0000_0000_7000_8000_0000_0000_0000 | (kind << 32) | (at as u128 + 1)).to_string()
}

/// A count as a policy of threshold 4 and base 5 shows it.
fn count(of: usize) -> Value {
    match of {
        0..=4 => json!({"value": null, "status": "suppressed"}),
        of if of.is_multiple_of(11) => json!({"value": null, "status": "withheld"}),
        of => json!({"value": (of + 2) / 5 * 5, "status": "rounded"}),
    }
}

fn exact(of: usize) -> Value {
    json!({"value": of, "status": "exact"})
}

fn label(at: usize) -> String {
    match at % 12 {
        0 => "Catered food and its alternatives".into(),
        1 => "Sedentary days, and how hard it is to get to any activity at all when leave is cancelled at short notice".into(),
        2 => "Medication & hunger <after> a dose".into(),
        3 => "Takeaways, the shop, and benefits spending".into(),
        4 => "الطعام الحلال والوجبات الثقافية".into(),
        5 => "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".into(),
        6 => "=1+1 \"motivation\"".into(),
        n => format!("Theme {at} about {n}"),
    }
}

fn theme(at: usize) -> Value {
    let keyed = |keys: Vec<(String, usize)>| -> Value {
        keys.into_iter()
            .map(|(key, of)| (key, count(of)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let spread = 9 - at % 9;
    json!({
        "id": id(1, at), "code": format!("theme-{at}"), "label": label(at),
        "parent_id": if at % 7 == 6 { json!(id(1, at - 1)) } else { Value::Null },
        "contributions": exact(spread * 9 + at % 5), "responses": count(at), "discussions": spread * 4, "groups": spread,
        "meetings": spread, "people_at_least": count(spread * 13),
        "stance": keyed(vec![("supports".into(), spread * 5), ("opposes".into(), at % 6), ("suggests".into(), spread * 2)]),
        "by": {
            "respondent_group": keyed(PEOPLE.iter().enumerate().map(|(n, (key, _))| ((*key).to_owned(), spread * 4 / (n + 1))).collect()),
            "group": if at % 10 == 9 { keyed(vec![("all".into(), spread * 9)]) }
                else { keyed((0..9).map(|group| (id(2, group), (spread * 7 + group * at) % 23)).collect()) },
            "setting": keyed(vec![("medium_secure".into(), spread * 4), ("low_secure".into(), spread * 3)]),
            "channel": keyed(vec![("meeting_discussion".into(), spread * 8), ("survey_online".into(), at % 9)]),
        },
        "quotes": if at.is_multiple_of(3) { json!([{"text": quote(at), "respondent_group": "service_user"}]) } else { json!([]) },
    })
}

fn quote(at: usize) -> String {
    match at % 2 {
        0 => "You sit all day, and then there is a takeaway on Friday because everybody is bored.".into(),
        _ => "نريد أن نمشي كل صباح قبل الفطور".into(),
    }
}

fn legend() -> Value {
    let groups: Vec<_> = GROUPS
        .iter()
        .enumerate()
        .map(|(at, name)| json!({"key": id(2, at), "label": name}))
        .collect();
    let people: Vec<_> = PEOPLE
        .iter()
        .map(|(key, name)| json!({"key": key, "label": name}))
        .collect();
    json!({
        "group": groups, "respondent_group": people,
        "setting": [{"key": "medium_secure", "label": "Medium secure"}, {"key": "low_secure", "label": "Low secure"}],
        "channel": [{"key": "meeting_discussion", "label": "Meeting discussion"}, {"key": "survey_online", "label": "Online survey"}],
        "round": [{"key": id(3, 0), "label": "Autumn 2019"}],
    })
}

fn collation(themes: usize) -> Collation {
    let all: Vec<_> = (0..themes).map(theme).collect();
    let question = |number: Value, prompt: Value, kind: &str| {
        json!({
            "number": number, "prompt": prompt, "contributions": exact(120), "discussions": 58, "groups": 9, "not_discussed": 3,
            "no_record": 1, "coded": count(115), "uncoded": count(0), "set_aside": count(5), "unadjudicated": count(2),
            "stance": {"supports": count(60), "opposes": count(20), "mixed": count(3), "suggests": count(33), "unclear": count(9)},
            "tally": if kind == "open" { Value::Null } else { json!({"agree": count(80), "disagree": count(20), "unsure": count(3)}) },
            "consensus": if kind == "open" { Value::Null } else {
                json!({"product": 0.053, "geometric_mean": 0.7216878364870323, "lowest_group_share": null, "groups_heard": 9,
                    "groups_silent": 0, "opposed_geometric_mean": 0.1})
            },
            "themes": all.iter().take(12).collect::<Vec<_>>(),
        })
    };
    let keyed = json!({"service_user": count(130), "staff": count(88), "commissioner": count(3)});
    serde_json::from_value(json!({
        "consultation": {"id": id(4, 0), "reference": "MHW-2019", "title": "Managing a Healthy Weight in adult secure services",
            "status": "analysing"},
        "revision": 1, "policy": {"id": "mhsds-5", "applied": true, "release": 1},
        "scope": {"audience": "controlled", "group_ids": null}, "filters": {},
        "heard": {"groups": 9, "groups_expected": 9, "meetings": 9, "discussions": 61, "services": 84, "services_expected": 97,
            "attendance": [{"round": id(3, 0), "all": exact(287), "by_respondent_group": keyed}],
            "participants": {"all": count(280), "by_respondent_group": keyed},
            "responses": {"all": exact(34), "by_channel": {"survey_online": count(30), "champion": count(4)}}},
        "questions": [
            question(json!(1), json!("What helps people keep a healthy weight here?"), "open"),
            question(json!(2), json!("Takeaways should be limited."), "agreement"),
            question(Value::Null, Value::Null, "open"),
        ],
        "themes": all,
        "sections": [{"ref": "4.3", "title": "Admission, care and treatment", "contributions": count(40),
            "themes": all.iter().take(3).collect::<Vec<_>>()}],
        "legend": legend(),
        "limitations": [
            {"code": "counts-are-minimums", "text": "Not every point that a table made was written down, so every count is a minimum: at least so many."},
            {"code": "small-numbers-suppressed", "text": "Counts of people and responses are suppressed under 5 and otherwise rounded to the nearest 5."},
        ],
    }))
    .expect("a collation")
}

/// The table of themes by a dimension, as the themes of the collation have it.
fn cut(collation: &Collation, dimension: &str) -> (Cut, CrossTab) {
    let whole = serde_json::to_value(collation).expect("JSON");
    let of = |theme: &Value| theme["by"][dimension].clone();
    let rows: Vec<_> = whole["themes"]
        .as_array()
        .expect("themes")
        .iter()
        .map(|theme| json!({"key": theme["id"], "label": theme["label"], "total": theme["contributions"], "cells": of(theme)}))
        .collect();
    let hidden = json!({"value": null, "status": "withheld"});
    let mut columns: Vec<_> = whole["legend"][dimension]
        .as_array()
        .expect("a legend")
        .iter()
        .map(|entry| json!({"key": entry["key"], "label": entry["label"], "total": hidden}))
        .collect();
    let mut merged = Vec::new();
    if rows.iter().any(|row| row["cells"].get("all").is_some()) {
        columns.push(json!({"key": "all", "label": "All together", "total": hidden}));
        merged.push(json!({"dimension": dimension, "key": "all", "label": "All together", "members": []}));
    }
    let cut = json!({"rows": "theme", "columns": dimension, "unit": "contributions"});
    let table = json!({
        "unit": "contributions", "policy": whole["policy"], "scope": whole["scope"], "filters": {}, "rows": rows, "columns": columns,
        "merged": merged, "limitations": [],
    });
    (
        serde_json::from_value(cut).expect("a cut"),
        serde_json::from_value(table).expect("a table"),
    )
}

/// A published report with so many themes; every third has a quote, of which the last was taken back.
pub(crate) fn report(themes: usize) -> Report {
    let collation = collation(themes);
    let report_id = id(5, 0);
    let cuts: Vec<_> = ["group", "respondent_group", "setting", "channel"]
        .iter()
        .map(|dimension| cut(&collation, dimension))
        .collect();
    let tables = report_tables(report_id.parse().expect("an id"), &collation, &cuts).tables;
    let quoted: Vec<_> = (0..themes).filter(|at| at.is_multiple_of(3)).collect();
    let quotes: Vec<_> = quoted
        .iter()
        .map(|at| {
            let taken_back = *at > 0 && Some(at) == quoted.last();
            json!({"id": id(6, *at), "theme_id": id(1, *at), "respondent_group": "service_user", "hash": "00".repeat(32),
                "text": if taken_back { Value::Null } else { json!(quote(*at)) }})
        })
        .collect();
    let written: Vec<_> = (0..themes)
        .map(|at| {
            json!({
                "theme_id": id(1, at),
                "summary": format!("People in every part of the country spoke of this. {} They said so in many words.", label(at)),
                "key_points": ["Food is what people look forward to.", "A walk has to be planned a week ahead, and is then cancelled."],
                "areas_for_consideration": ["Offer a walk every day that does not depend on leave."],
                "quote_ids": if at.is_multiple_of(3) { json!([id(6, at)]) } else { json!([]) },
            })
        })
        .collect();
    let mut themes_of_codeframe: Vec<_> = (0..themes)
        .map(|at| {
            json!({"id": id(1, at), "code": format!("theme-{at}"), "label": label(at),
                "parent_id": if at % 7 == 6 { json!(id(1, at - 1)) } else { Value::Null }, "description": "What is served, and when."})
        })
        .collect();
    for theme in &mut themes_of_codeframe {
        if theme["parent_id"].is_null() {
            theme.as_object_mut().expect("an object").remove("parent_id");
        }
    }
    serde_json::from_value(json!({
        "id": report_id, "number": 1, "status": "published", "release_id": id(7, 0),
        "consultation": {
            "id": id(4, 0), "reference": "MHW-2019", "title": "Managing a Healthy Weight in adult secure services", "kind": "guidance",
            "commissioned_by": {"id": id(8, 0), "kind": "clinical_reference_group", "name": "Adult Secure Clinical Reference Group"},
            "summary": "A draft of national guidance, discussed at regional meetings.",
            "easy_read_summary": "We asked people about food and weight.",
            "open_to_change": "Everything in chapter 4.", "not_open_to_change": "That there will be guidance.",
            "opens_on": "2019-09-02", "closes_on": "2019-10-31", "response_due_on": "2020-01-23",
            "channels": ["meeting_discussion", "survey_online"], "public": true,
            "documents": [{"title": "Draft guidance", "version": "0.3", "sections": [{"ref": "4.3", "title": "Admission, care and treatment"}]}],
            "materials": [{"format": "easy_read", "title": "Easy read of the draft", "supplied_on": "2019-08-20"}],
            "questions": [
                {"number": 1, "prompt": "What helps people keep a healthy weight here?", "kind": "open", "options": []},
                {"number": 2, "prompt": "Takeaways should be limited.", "kind": "agreement", "options": []},
            ],
        },
        "codeframe": {"version": 1, "themes": themes_of_codeframe},
        "coding": {"coders": 3, "reliable": 20, "tentative": 8, "unreliable": 2, "undefined": 5, "some_uncoded": false},
        "collation": collation,
        "commentary": {
            "foreword": "Thank you to everybody who came.\n\nThis report is yours.", "background": "Weight is a matter of life and death.",
            "method": "Two people read everything.", "what_happens_next": "The Clinical Reference Group meets in January.",
            "easy_read": [
                {"text": "We asked people about food.", "picture": "talk", "picture_alt": "People talking at a table"},
                {"text": "People want to walk more.", "picture": "walk"},
                {"text": "This line has no picture."},
            ],
            "themes": written,
            "sections": [{"section_ref": "4.3", "summary": "Clear, but long.", "suggestions": ["Begin with what changes."]}],
        },
        "quotes": quotes, "tables": tables, "limitations": collation.limitations,
        "licence": domain::report::LICENCE, "published_at": "2020-01-10T12:00:00Z", "previous_digest": null, "digest": "ab".repeat(32),
        "superseded_by": null,
    }))
    .expect("a report")
}

/// An outcome on a theme, by its place, or on the whole.
fn outcome(report: &Report, theme: Option<usize>, decision: &str) -> StandingOutcome {
    let mut outcome = json!({"decision": decision, "reason": "Because it was asked for in every region.",
        "easy_read": "We will do this.", "decided_on": "2021-02-01", "decided_by": "Adult Secure Clinical Reference Group",
        "document_version": "1.0", "source_url": "https://www.england.nhs.uk/guidance"});
    if let Some(at) = theme {
        outcome["theme_id"] = json!(report.codeframe.themes[at].id);
    }
    serde_json::from_value(outcome).expect("an outcome")
}

fn after(report: &Report, outcomes: Vec<StandingOutcome>) -> Aftermath {
    let themes = report.codeframe.themes.iter();
    let waiting = themes.filter(|theme| answers::answering(theme, &outcomes).is_none());
    serde_json::from_value(json!({
        "outcomes": outcomes, "unanswered": waiting.map(|theme| theme.id).collect::<Vec<_>>(),
        "response_due_on": "2020-01-23",
        "media": [{"kind": "bsl_video", "title": "The report in British Sign Language", "url": "https://www.example.org/bsl"}],
        "deliveries": [{"body": {"id": id(8, 0), "kind": "clinical_reference_group", "name": "Adult Secure Clinical Reference Group"},
            "meeting_on": "2020-01-15", "minute_ref": "CRG 2020/1.4"}],
    }))
    .expect("what came after")
}

/// What came after it: something accepted, something refused, something looked at, something answered with the theme above it, a film,
/// a delivery, and all the rest unanswered.
pub(crate) fn aftermath(report: &Report) -> Aftermath {
    let decisions = [
        (0, "accepted"),
        (1, "not_accepted"),
        (2, "under_review"),
        (5, "partly_accepted"),
    ];
    let decided = decisions
        .iter()
        .filter(|(at, _)| *at < report.codeframe.themes.len());
    after(
        report,
        decided
            .map(|(at, decision)| outcome(report, Some(*at), decision))
            .collect(),
    )
}

/// The same, and then a decision on the whole of it.
pub(crate) fn answered_as_a_whole(report: &Report) -> Aftermath {
    let mut outcomes = vec![outcome(report, None, "already_in_place")];
    outcomes.extend(aftermath(report).outcomes);
    after(report, outcomes)
}

#[test]
fn samples_are_reports() {
    for themes in [1, 3, 60] {
        let report = report(themes);
        assert_eq!(report.codeframe.themes.len(), themes);
        assert!(report.table("theme-by-group").is_some() && report.tables.len() > 10);
        assert!(!aftermath(&report).outcomes.is_empty());
    }
}

/// Writes what was made where `COLLATE_TEST_FILES` names a folder, for people to look at.
pub fn kept(name: &str, file: &[u8]) {
    if let Some(folder) = std::env::var_os("COLLATE_TEST_FILES") {
        std::fs::write(std::path::Path::new(&folder).join(name), file).unwrap();
    }
}
