//! Real comments, coded by people: what the service counts must be what was counted by hand.
//!
//! 1,690 comments of one NHS trust, from the Patient Experience Qualitative Data Categorisation project
//! (The-Strategy-Unit/pxtextmining, MIT, © 2021 NHS England). They are real people's words: they stay in their folder,
//! and no failure here prints them.

use crate::importing::{CSV, XLSX, send};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};
use tests::{Caller, Service, database::say, new_id};

const AT_ONCE: usize = 16;

/// A folder of the test data, or nothing where there is none; then whoever must have it is told so by a failure.
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("COLLATE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let found = root.join(folder);
    if found.is_dir() {
        return Some(found);
    }
    let required = std::env::var("COLLATE_REQUIRE_TEST_DATA").is_ok_and(|required| required == "1");
    assert!(
        !required,
        "COLLATE_REQUIRE_TEST_DATA is set, and there is no {folder} in the test data"
    );
    say("not run: no test data");
    None
}

pub fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A lead, a body that commissions, and groups by name, in that order.
pub async fn network(
    service: &Service,
    groups: &[String],
) -> (Caller, Caller, String, BTreeMap<String, String>) {
    let admin = service.admin().await;
    let lead = service.user_by(&admin, json!([{"role": "national_lead"}])).await;
    let body = json!({"kind": "commissioner", "name": "A commissioner"});
    let body = admin.post("/v1/bodies", body).await.expect(201).id();
    let mut ids = BTreeMap::new();
    for name in groups {
        let group = json!({"kind": "regional", "name": name, "valid_from": "2010-01-01"});
        ids.insert(
            name.clone(),
            admin.post("/v1/groups", group).await.expect(201).id(),
        );
    }
    (admin, lead, body, ids)
}

/// Makes a consultation that takes responses, and opens it.
pub async fn open(
    lead: &Caller,
    body: &str,
    reference: &str,
    groups: &BTreeMap<String, String>,
    questions: Value,
) -> String {
    let consultation = json!({
        "reference": reference, "title": reference, "kind": "survey", "commissioned_by": body, "summary": "Real input.",
        "group_ids": groups.values().collect::<Vec<_>>(), "channels": ["survey_online"], "questions": questions,
    });
    let id = lead
        .post("/v1/consultations", consultation)
        .await
        .expect(201)
        .id();
    lead.post(format!("/v1/consultations/{id}/status"), json!({"to": "open"}))
        .await
        .ok();
    id
}

/// Text as it can be taken: other control characters than tab and line feed become line feeds, and silence a dash.
fn taken(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\t' { '\n' } else { c })
        .collect();
    if text.trim().is_empty() { "-".into() } else { text }
}

struct Comment {
    /// The id under which it goes in.
    id: String,
    respondent: String,
    service: String,
    question: String,
    text: String,
    themes: Vec<String>,
}

fn comments(folder: &Path) -> Vec<Comment> {
    let lines = std::fs::read_to_string(folder.join("fft_v6_share.jsonl")).unwrap();
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.filter(|row| row["trust"] == "NHFT")
        .map(|row| {
            let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let service = word("service");
            let labels = row["themes"].as_array().unwrap().iter();
            Comment {
                id: new_id(),
                respondent: word("respondent_id"),
                service: if service.is_empty() {
                    "(blank)".into()
                } else {
                    service
                },
                question: word("question"),
                text: taken(&word("text")),
                themes: labels.map(|label| label.as_str().unwrap().to_owned()).collect(),
            }
        })
        .collect()
}

/// The comments as rows of one file: a row each, rows of one respondent under one mark, themes by code in a column.
fn rows_of(comments: &[Comment], questions: &[String], codes: &BTreeMap<String, String>) -> Vec<[String; 5]> {
    let row = |one: &Comment| {
        let number = 1 + questions
            .iter()
            .position(|prompt| *prompt == one.question)
            .unwrap();
        let themes: Vec<_> = one.themes.iter().map(|label| codes[label].as_str()).collect();
        [
            one.respondent.clone(),
            one.service.clone(),
            number.to_string(),
            one.text.clone(),
            themes.join("; "),
        ]
    };
    comments.iter().map(row).collect()
}

const HEADINGS: [&str; 5] = ["Response", "Group", "Question", "What was said", "Themes"];

fn as_csv(rows: &[[String; 5]]) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(HEADINGS).unwrap();
    rows.iter().for_each(|row| csv.write_record(row).unwrap());
    csv.into_inner().unwrap()
}

fn as_xlsx(rows: &[[String; 5]]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let headings = HEADINGS.map(ToOwned::to_owned);
    for (at, row) in (0..).zip([&headings].into_iter().chain(rows)) {
        for (place, cell) in (0..).zip(row) {
            // As somebody would type it: a question's number is a number.
            match (place, cell.parse::<f64>()) {
                (2, Ok(number)) => sheet.write_number(at, place, number).unwrap(),
                _ => sheet.write_string(at, place, cell).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

#[actix_web::test]
async fn coded_comments_come_in_by_file_and_make_the_same_table() {
    let Some(folder) = data("nhs-fft-themes") else {
        return;
    };
    let comments = comments(&folder);
    let distinct = |of: &dyn Fn(&Comment) -> Vec<String>| {
        let all: BTreeSet<_> = comments.iter().flat_map(of).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let questions = distinct(&|one| vec![one.question.clone()]);
    let labels = distinct(&|one| one.themes.clone());
    let codes: BTreeMap<_, _> = labels
        .iter()
        .zip(1..)
        .map(|(label, at)| (label.clone(), format!("label-{at}")))
        .collect();
    let rows = rows_of(&comments, &questions, &codes);
    let golden = &json_file(&folder.join("golden_crosstab_share.json"))["NHFT only"];
    for (kind, file) in [(CSV, as_csv(&rows)), (XLSX, as_xlsx(&rows))] {
        let service = Service::start().await;
        let (_, lead, body, groups) = network(&service, &distinct(&|one| vec![one.service.clone()])).await;
        let asked = questions
            .iter()
            .zip(1..)
            .map(|(prompt, number)| json!({"number": number, "prompt": prompt, "kind": "open"}));
        let consultation = open(&lead, &body, "FFT", &groups, asked.collect()).await;
        let at = format!("/v1/consultations/{consultation}");
        for (label, code) in &codes {
            let theme = json!({"code": code, "label": label, "status": "agreed"});
            lead.post(format!("{at}/themes"), theme).await.expect(201);
        }
        let import = send(&lead, &consultation, "", kind, file).await.expect(200).json;
        // No word of the file stands in a fault, so that it may be shown.
        assert_eq!(
            (&import["faults"], &import["state"]),
            (&json!([]), &json!("done")),
            "{kind}"
        );
        assert_eq!(
            import["written"],
            json!({"rows": 1690, "tables": 0, "responses": 914, "contributions": 1690})
        );
        for (unit, of_golden) in [("contributions", "comments"), ("responses", "respondents")] {
            let path = format!("{at}/cross-tab?rows=theme&columns=group&unit={unit}");
            compare(&lead.get(path).await.expect(200).json, golden, &groups, of_golden);
        }
        let collation = lead.get(format!("{at}/collation")).await.expect(200).json;
        assert_eq!(collation["heard"]["responses"]["all"]["value"], 914);
        for question in collation["questions"].as_array().unwrap() {
            assert_eq!(question["uncoded"]["value"], 0);
        }
    }
}

#[actix_web::test]
async fn coded_comments_make_the_table_that_was_made_by_hand() {
    let Some(folder) = data("nhs-fft-themes") else {
        return;
    };
    let comments = comments(&folder);
    assert_eq!(comments.len(), 1_690);
    let names = |of: &dyn Fn(&Comment) -> Vec<String>| {
        comments
            .iter()
            .flat_map(of)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    };

    let service = Service::start().await;
    let (admin, lead, body, groups) = network(&service, &names(&|one| vec![one.service.clone()])).await;
    let questions: Vec<_> = names(&|one| vec![one.question.clone()]);
    let asked = questions
        .iter()
        .zip(1..)
        .map(|(prompt, number)| json!({"number": number, "prompt": prompt, "kind": "open"}));
    let consultation = open(&lead, &body, "FFT", &groups, asked.collect()).await;
    let at = format!("/v1/consultations/{consultation}");

    let collector = service
        .user_by(
            &admin,
            json!([{"role": "collector", "consultation_id": consultation}]),
        )
        .await;
    let mut respondents: BTreeMap<&str, Vec<&Comment>> = BTreeMap::new();
    for comment in &comments {
        respondents.entry(&comment.respondent).or_default().push(comment);
    }
    let responses = respondents.values().map(|said| {
        let answers = said.iter().map(|one| {
            let number = 1 + questions.iter().position(|prompt| *prompt == one.question).unwrap();
            json!({"id": one.id, "question": number, "text": one.text})
        });
        let response = json!({
            "channel": "survey_online", "respondent_group": "not_recorded", "group_id": groups[&said[0].service],
            "answers": answers.collect::<Vec<_>>(),
        });
        let (collector, at) = (&collector, &at);
        async move { collector.post(format!("{at}/responses"), response).await.expect(201) }
    });
    assert_eq!(
        stream::iter(responses).buffer_unordered(AT_ONCE).count().await,
        914
    );

    let mut themes = BTreeMap::new();
    for (label, number) in names(&|one| one.themes.clone()).into_iter().zip(1..) {
        let theme = json!({"code": format!("label-{number}"), "label": label, "status": "agreed"});
        let id = lead.post(format!("{at}/themes"), theme).await.expect(201).id();
        themes.insert(label, id);
    }
    assert_eq!(themes.len(), 44);
    let coder = service
        .user_by(
            &admin,
            json!([{"role": "coder", "consultation_id": consultation}]),
        )
        .await;
    let codings = comments.iter().map(|one| {
        let coding = json!({"theme_ids": one.themes.iter().map(|label| &themes[label]).collect::<Vec<_>>()});
        let coder = &coder;
        async move {
            coder
                .put(format!("/v1/contributions/{}/coding", one.id), coding)
                .await
                .ok()
        }
    });
    assert_eq!(
        stream::iter(codings).buffer_unordered(AT_ONCE).count().await,
        comments.len()
    );

    let golden = &json_file(&folder.join("golden_crosstab_share.json"))["NHFT only"];
    for (unit, of_golden) in [("contributions", "comments"), ("responses", "respondents")] {
        let table = lead
            .get(format!("{at}/cross-tab?rows=theme&columns=group&unit={unit}"))
            .await
            .expect(200)
            .json;
        compare(&table, golden, &groups, of_golden);
    }

    let collation = lead.get(format!("{at}/collation")).await.expect(200).json;
    assert_eq!(collation["heard"]["responses"]["all"]["value"], 914);
    assert_eq!(collation["heard"]["groups"], 6);
    for question in collation["questions"].as_array().unwrap() {
        let number = question["number"].as_u64().unwrap() as usize;
        let here = comments
            .iter()
            .filter(|one| one.question == questions[number - 1])
            .count();
        assert_eq!(question["contributions"]["value"], here);
        assert_eq!(
            (&question["coded"]["value"], &question["uncoded"]["value"]),
            (&json!(here), &json!(0))
        );
    }
}

/// Every row, column and cell, exactly.
fn compare(table: &Value, golden: &Value, groups: &BTreeMap<String, String>, of: &str) {
    let rows = table["rows"].as_array().unwrap();
    let by_label: BTreeMap<_, _> = rows
        .iter()
        .map(|row| (row["label"].as_str().unwrap(), row))
        .collect();
    let wanted = golden["rows"].as_array().unwrap();
    assert_eq!((rows.len(), by_label.len()), (wanted.len(), wanted.len()));
    let value = |count: &Value| {
        assert_eq!(count["status"], "exact");
        count["value"].as_u64()
    };
    for row in wanted {
        let theme = row["theme"].as_str().unwrap();
        let ours = by_label
            .get(theme)
            .unwrap_or_else(|| panic!("no row for {theme}"));
        assert_eq!(
            value(&ours["total"]),
            row[format!("total_{of}")].as_u64(),
            "{theme}, all {of}"
        );
        let cells = row["cells"].as_object().unwrap();
        assert_eq!(ours["cells"].as_object().unwrap().len(), cells.len());
        for (service, cell) in cells {
            let group = &groups[service.strip_prefix("NHFT / ").unwrap()];
            assert_eq!(
                value(&ours["cells"][group]),
                cell[of].as_u64(),
                "{theme}, {service}, {of}"
            );
        }
    }
    let totals = golden[format!("{of}_by_service")].as_object().unwrap();
    let columns = table["columns"].as_array().unwrap();
    assert_eq!(columns.len(), totals.len());
    for column in columns {
        let name = column["label"].as_str().unwrap();
        assert_eq!(
            value(&column["total"]),
            totals[&format!("NHFT / {name}")].as_u64(),
            "{name}, all {of}"
        );
    }
}
