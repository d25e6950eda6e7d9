//! Real tables: what a naive release would have given away of them, and that ours gives away nothing.
//!
//! Comments of two NHS trusts, coded by people: Patient Experience Qualitative Data Categorisation project
//! (The-Strategy-Unit/pxtextmining, MIT, © 2021 NHS England). Votes: data was gathered using the Polis software
//! (compdemocracy.org/polis) and is sub-licensed under CC BY 4.0 with Attribution to The Computational Democracy Project.
//! Neither words nor votes are printed here.

use crate::{
    bounds::{FAR, Known},
    campaign::{attack, counted_groups},
    generator::{id, uuid},
    truth::truth,
};
use domain::{
    disclosure::{release, tabulate},
    facts::*,
    life::Status,
    vocabulary::*,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Instant,
};

/// A folder of the test data, or nothing where there is none; then whoever must have it is told so by a failure.
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("COLLATE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
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
    say!("not run: no test data");
    None
}

pub fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A row of themes by services, with its total.
fn rows(golden: &Value) -> Vec<(String, Vec<i64>, i64)> {
    let services: Vec<&String> = golden["comments_by_service"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    let rows = golden["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        let cells = services
            .iter()
            .map(|service| row["cells"][*service]["comments"].as_i64().unwrap_or(0));
        (
            row["theme"].as_str().unwrap().to_owned(),
            cells.collect(),
            row["total_comments"].as_i64().unwrap(),
        )
    })
    .collect()
}

/// What a row gives away of its cells, where each figure is known between two bounds.
fn tightened(cells: &[(i64, i64)], total: (i64, i64)) -> Vec<(i64, i64)> {
    let mut known = Known::default();
    let figures: Vec<u32> = (0..cells.len()).map(|at| known.figure(&at.to_string())).collect();
    for (figure, (least, most)) in figures.iter().zip(cells) {
        known.see(*figure, *least, *most);
    }
    let whole = known.figure("total");
    known.see(whole, total.0, total.1);
    known.equal("row", &figures, &[whole]);
    known.tighten(None);
    known.bounds[..cells.len()].to_vec()
}

/// Figures of `golden_crosstab_share.json`, counted from the same comments by `golden_scripts/fft.py`.
#[test]
fn hiding_small_numbers_gives_themes_of_the_real_table_away() {
    let Some(folder) = data("nhs-fft-themes") else {
        return;
    };
    let golden = json_file(&folder.join("golden_crosstab_share.json"));
    let measured = [
        ("NHFT only", 14, 20, [(0, 189), (5, 71), (0, 86)]),
        ("all", 11, 16, [(0, 261), (0, 109), (0, 134)]),
    ];
    for (scope, plain, with_the_threshold, by_itself) in measured {
        let rows = rows(&golden[scope]);
        assert_eq!(rows.len(), 44);
        // All that is known: a hidden count is none that is shown. Then one alone is the difference.
        let leaking = |least: i64, most: i64| -> BTreeSet<String> {
            let leaks = rows.iter().filter(|(_, cells, total)| {
                let small = |count: i64| (1..5).contains(&count);
                let seen: Vec<(i64, i64)> = cells
                    .iter()
                    .map(|count| {
                        if small(*count) {
                            (least, most)
                        } else {
                            (*count, *count)
                        }
                    })
                    .collect();
                let known = tightened(&seen, (*total, *total));
                cells
                    .iter()
                    .zip(known)
                    .any(|(count, (least, most))| small(*count) && least == most)
            });
            leaks.map(|(theme, ..)| theme.clone()).collect()
        };
        let measured: BTreeSet<String> = golden[scope]["themes_leaking_lt5"]
            .as_array()
            .unwrap()
            .iter()
            .map(|theme| theme.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(leaking(0, FAR), measured, "{scope}");
        assert_eq!(measured.len(), plain, "{scope}");
        assert_eq!(leaking(1, 4).len(), with_the_threshold, "{scope}");

        // Suppressed and rounded, each by itself: zeros suppressed too, or shown, up to four or up to seven.
        let kinds = [(false, 4), (true, 4), (true, 7)].map(|(shows_zero, threshold)| {
            let (mut hidden, mut narrow) = (0, 0);
            let is_hidden = |count: i64| count <= threshold && (count > 0 || !shows_zero);
            let seen = |count: i64| {
                let near = (count + 2) / 5 * 5;
                match count {
                    0 if shows_zero => (0, 0),
                    count if is_hidden(count) => (i64::from(shows_zero), threshold),
                    _ => ((near - 2).max(threshold + 1), near + 2),
                }
            };
            for (_, cells, total) in &rows {
                let bounds: Vec<(i64, i64)> = cells.iter().map(|count| seen(*count)).collect();
                for (count, (least, most)) in cells.iter().zip(tightened(&bounds, seen(*total))) {
                    hidden += usize::from(is_hidden(*count));
                    narrow += usize::from(is_hidden(*count) && most - least + 1 < 3);
                }
            }
            (narrow, hidden)
        });
        say!(
            "{scope}: of 44 themes {plain} give a cell away ({with_the_threshold} to who knows the threshold) where small \
             numbers are hidden; suppressed and rounded, (fewer than three values, hidden): {kinds:?}"
        );
        assert_eq!(kinds, by_itself, "{scope}");
    }
}

/// A consultation to which everybody came by a response.
fn survey(questions: Vec<QuestionFact>, groups: &[String], themes: &[String], policy: PolicyId) -> Register {
    Register {
        consultation: Some(ConsultationFact {
            id: id(9, 0),
            reference: "REAL".into(),
            title: "Real input".into(),
            status: Status::Closed,
            policy,
            channels: Channel::ALL.to_vec(),
            version: 1,
            opens_on: None,
            closes_on: None,
            expected_groups: (0..groups.len()).map(|at| id(1, at)).collect(),
            rounds: Vec::new(),
        }),
        questions,
        themes: themes
            .iter()
            .enumerate()
            .map(|(at, label)| ThemeFact {
                id: id(2, at),
                code: format!("label-{at}"),
                label: label.clone(),
                parent: None,
                merged_into: None,
                split: false,
                question: None,
                earlier: None,
                status: ThemeStatus::Agreed,
                version: 1,
            })
            .collect(),
        groups: groups
            .iter()
            .enumerate()
            .map(|(at, name)| GroupFact {
                id: id(1, at),
                name: name.clone(),
                kind: GroupKind::Regional,
                counted_as: id(1, at),
                version: 1,
            })
            .collect(),
        ..Register::default()
    }
}

fn response(at: usize, group: Option<usize>, answers: Vec<(i32, String, u32)>) -> ContainerRow {
    ContainerRow {
        id: uuid(7, at),
        version: 1,
        channel: Channel::SurveyOnline,
        group: group.map(|at| id(1, at)),
        own_group: group.map(|at| id(1, at)),
        service: None,
        table: None,
        respondent_group: RespondentGroup::NotRecorded,
        setting: Setting::NotRecorded,
        review: ReviewState::Approved,
        answers,
    }
}

/// Releases facts, attacks the release, and says how much of it was shown.
fn withstands(name: &str, facts: &Facts) -> usize {
    let start = Instant::now();
    let json = serde_json::to_value(release(tabulate(facts, &[], &BTreeSet::new()), 1)).unwrap();
    let made = start.elapsed();
    let start = Instant::now();
    let outcome = attack(&json, &counted_groups(facts), &truth(facts, &[]), name);
    say!(
        "{name}: {} hidden figures, {} relations, {} pinned, {} withheld small ones known; shown as {:?}; made in {made:.1?}, \
         attacked in {:.1?}",
        outcome.hidden,
        outcome.relations,
        outcome.wins.len(),
        outcome.withheld_small.len(),
        outcome.counts,
        start.elapsed()
    );
    for win in outcome.wins.iter().take(3) {
        say!("{} as {:?}:\n{}", win.place, win.facilitator, win.why);
    }
    outcome.wins.len()
}

#[test]
fn the_release_of_real_comments_withstands_the_attack() {
    let Some(folder) = data("nhs-fft-themes") else {
        return;
    };
    let lines = std::fs::read_to_string(folder.join("fft_v6_share.jsonl")).unwrap();
    let comments: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut pinned = 0;
    for policy in [PolicyId::Mhsds5, PolicyId::Hes7] {
        for only in [Some("NHFT"), None] {
            let comments: Vec<&Value> = comments
                .iter()
                .filter(|one| only.is_none_or(|trust| one["trust"] == trust))
                .collect();
            let word = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let service = |one: &Value| format!("{} / {}", word(one, "trust"), word(one, "service"));
            let sorted = |of: &dyn Fn(&Value) -> Vec<String>| -> Vec<String> {
                let all: BTreeSet<String> = comments.iter().flat_map(|one| of(one)).collect();
                all.into_iter().collect()
            };
            let themes_of = |one: &Value| -> Vec<String> {
                let labels = one["themes"].as_array().unwrap().iter();
                labels.map(|label| label.as_str().unwrap().to_owned()).collect()
            };
            let (groups, themes) = (sorted(&|one| vec![service(one)]), sorted(&themes_of));
            let asked = sorted(&|one| vec![word(one, "question")]);
            let questions = (1..).zip(&asked).map(|(number, prompt)| QuestionFact {
                number,
                prompt: prompt.clone(),
                kind: QuestionKind::Open,
                options: Vec::new(),
            });
            let mut facts = Facts::default();
            facts.set_register(survey(questions.collect(), &groups, &themes, policy));
            let mut respondents: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
            for one in &comments {
                respondents
                    .entry(word(one, "respondent_id"))
                    .or_default()
                    .push(one);
            }
            let mut said = 0;
            for (at, own) in respondents.values().enumerate() {
                let group = groups.iter().position(|group| *group == service(own[0]));
                facts.put_container(response(at, group, Vec::new()));
                for one in own {
                    let themes = themes_of(one)
                        .iter()
                        .map(|label| id(2, themes.iter().position(|theme| theme == label).unwrap()))
                        .collect();
                    let number = 1 + asked
                        .iter()
                        .position(|prompt| *prompt == word(one, "question"))
                        .unwrap();
                    facts.put_contribution(ContributionRow {
                        id: id(8, said),
                        container: uuid(7, at),
                        version: 1,
                        received_at: said as i64,
                        question: Some(number as i32),
                        section: None,
                        respondent_group: RespondentGroup::NotRecorded,
                        setting: Setting::NotRecorded,
                        stance: Stance::Unclear,
                        agree: 0,
                        quotable: false,
                        flagged: false,
                        concern: false,
                        withdrawn: false,
                        codings: vec![CodingRow {
                            coder: id(6, 0),
                            coded_at: 1,
                            independent: true,
                            themes,
                            set_aside: false,
                            adjudicates: false,
                            frozen: false,
                        }],
                    });
                    said += 1;
                }
            }
            let name = format!("comments of {} under {policy}", only.unwrap_or("both trusts"));
            pinned += withstands(&name, &facts);
        }
    }
    assert_eq!(pinned, 0, "suppressed counts of real comments are known");
}

fn records(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let fields = names.iter().zip(line.split(','));
            fields
                .map(|(name, field)| ((*name).to_owned(), field.to_owned()))
                .collect()
        })
        .collect()
}

#[test]
fn the_release_of_real_votes_withstands_the_attack() {
    let Some(folder) = data("polis-open-data") else {
        return;
    };
    let mut pinned = 0;
    let mut conversations: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    conversations.sort();
    for conversation in conversations {
        let mut statements: Vec<String> = Vec::new();
        let mut votes: BTreeMap<String, BTreeMap<String, (u64, &str)>> = BTreeMap::new();
        for vote in records(&conversation.join("votes.csv")) {
            let statement = vote["comment-id"].clone();
            if !statements.contains(&statement) {
                statements.push(statement.clone());
            }
            let choice = match vote["vote"].as_str() {
                "1" => "agree",
                "-1" => "disagree",
                _ => "unsure",
            };
            let at: u64 = vote["timestamp"].parse().unwrap();
            let own = votes.entry(vote["voter-id"].clone()).or_default();
            // The latest vote stands.
            if own.get(&statement).is_none_or(|(before, _)| *before <= at) {
                own.insert(statement, (at, choice));
            }
        }
        let members: BTreeMap<String, String> = records(&conversation.join("participants-votes.csv"))
            .into_iter()
            .map(|one| (one["participant"].clone(), one["group-id"].clone()))
            .collect();
        let groups: BTreeSet<String> = members
            .values()
            .filter(|group| !group.is_empty())
            .cloned()
            .collect();
        let groups: Vec<String> = groups.into_iter().collect();
        for policy in [PolicyId::Mhsds5, PolicyId::Hes7] {
            let questions = (1..).zip(&statements).map(|(number, statement)| QuestionFact {
                number,
                prompt: format!("Statement {statement}"),
                kind: QuestionKind::Agreement,
                options: ["agree", "disagree", "unsure"].map(ToOwned::to_owned).into(),
            });
            let mut facts = Facts::default();
            facts.set_register(survey(questions.collect(), &groups, &[], policy));
            for (at, (voter, own)) in votes.iter().enumerate() {
                let group = members
                    .get(voter)
                    .and_then(|group| groups.iter().position(|other| other == group));
                let answers = own.iter().map(|(statement, (_, choice))| {
                    let number = 1 + statements.iter().position(|other| other == statement).unwrap();
                    (number as i32, (*choice).to_owned(), 1)
                });
                facts.put_container(response(at, group, answers.collect()));
            }
            let name = conversation.file_name().unwrap().to_string_lossy().into_owned();
            pinned += withstands(&format!("votes of {name} under {policy}"), &facts);
        }
    }
    assert_eq!(pinned, 0, "suppressed counts of real votes are known");
}
