//! Real votes: closed questions, changed answers and consensus, against figures computed from the same log.
//!
//! Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed under CC BY 4.0 with
//! Attribution to The Computational Democracy Project; more on how it was collected:
//! <https://compdemocracy.org/case-studies/2022-london-youth-policing>,
//! <https://compdemocracy.org/case-studies/2017-brexit-consensus>.

use crate::real_input::{data, json_file, network, open};
use domain::agreement::Coincidences;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};
use tests::{Caller, Service};

#[actix_web::test]
async fn votes_on_youth_policing_make_the_figures_of_the_log() {
    votes_make_the_figures_of_the_log("london.youth.policing").await;
}

#[actix_web::test]
async fn votes_on_brexit_make_the_figures_of_the_log() {
    votes_make_the_figures_of_the_log("brexit-consensus").await;
}

/// Participants as coders of statements, as sparse as they were; figures computed with the package `krippendorff` 0.9.0.
#[test]
fn votes_agree_as_far_as_another_program_says() {
    for (name, values, alpha) in [
        ("london.youth.policing", 638, 0.264_519_488_675_699_3),
        ("brexit-consensus", 5_303, 0.295_200_977_764_995_54),
    ] {
        let Some(folder) = data(&format!("polis-open-data/{name}")) else {
            return;
        };
        let voters = records(&folder.join("participants-votes.csv"));
        let mut counts: BTreeMap<u32, [u32; 3]> = BTreeMap::new();
        for (column, vote) in voters.iter().flatten() {
            let Ok(statement) = column.parse() else { continue };
            let vote = match vote.as_str() {
                "-1" => 0,
                "0" => 1,
                "1" => 2,
                _ => continue,
            };
            counts.entry(statement).or_default()[vote] += 1;
        }
        let mut all = Coincidences::default();
        counts
            .values()
            .for_each(|counts| all.add(&Coincidences::of_unit(*counts), 1.0));
        assert_eq!(counts.values().flatten().sum::<u32>(), values, "{name}");
        let found = all.alpha().unwrap();
        assert!((found - alpha).abs() < 1e-9, "{name}: {found}");
    }
}

/// One who voted, with every vote in the order of time.
#[derive(Default)]
struct Participant {
    group: Option<String>,
    /// (number of the question, choice)
    votes: Vec<(usize, &'static str)>,
}

impl Participant {
    /// The first vote on each question, and those that changed one later.
    fn first_and_later(&self) -> (Vec<(usize, &'static str)>, Vec<(usize, &'static str)>) {
        let (mut first, mut later) = (Vec::<(usize, &str)>::new(), Vec::new());
        for vote in &self.votes {
            if first.iter().any(|(question, _)| *question == vote.0) {
                later.push(*vote)
            } else {
                first.push(*vote)
            }
        }
        (first, later)
    }
}

fn records(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|record| record.unwrap()).collect()
}

fn participants(folder: &Path, statements: &[Value]) -> Vec<Participant> {
    let mut all: BTreeMap<String, Participant> = BTreeMap::new();
    for record in records(&folder.join("participants-votes.csv")) {
        let group = Some(record["group-id"].clone()).filter(|group| !group.is_empty());
        all.insert(
            record["participant"].clone(),
            Participant {
                group,
                votes: Vec::new(),
            },
        );
    }
    let mut log = records(&folder.join("votes.csv"));
    log.sort_by_key(|vote| vote["timestamp"].parse::<u64>().unwrap());
    for vote in log {
        let comment: u64 = vote["comment-id"].parse().unwrap();
        let at = statements
            .iter()
            .position(|one| one["comment_id"] == comment)
            .unwrap();
        let choice = match vote["vote"].as_str() {
            "1" => "agree",
            "-1" => "disagree",
            _ => "unsure",
        };
        all.entry(vote["voter-id"].clone())
            .or_default()
            .votes
            .push((at + 1, choice));
    }
    all.into_values().collect()
}

fn answers(votes: &[(usize, &str)]) -> Value {
    votes
        .iter()
        .map(|(question, choice)| json!({"question": question, "choice": choice}))
        .collect()
}

/// Sends one response; changed answers go in the same body, or as corrections, each a version of its own.
async fn respond(
    lead: &Caller,
    at: &str,
    one: &Participant,
    groups: &BTreeMap<String, String>,
    by_patch: bool,
) -> bool {
    let (mut votes, later) = one.first_and_later();
    if !by_patch {
        votes.extend(&later);
    }
    let mut response =
        json!({"channel": "survey_online", "respondent_group": "other", "answers": answers(&votes)});
    if let Some(group) = &one.group {
        response["group_id"] = json!(groups[group]);
    }
    let mut stored = lead.post(format!("{at}/responses"), response).await.expect(201);
    if by_patch {
        for vote in &later {
            votes.push(*vote);
            let path = format!("/v1/responses/{}", stored.id());
            stored = lead
                .patch(path, stored.version(), json!({"answers": answers(&votes)}))
                .await
                .expect(200);
        }
    }
    !later.is_empty()
}

async fn votes_make_the_figures_of_the_log(name: &str) {
    let Some(folder) = data("polis-open-data") else {
        return;
    };
    let folder = folder.join(name);
    let golden = json_file(&folder.join("golden.json"));
    let statements = golden["statements"].as_array().unwrap();
    let participants = participants(&folder, statements);
    assert_eq!(json!(participants.len()), golden["participants"]);
    let said: BTreeMap<String, String> = records(&folder.join("comments.csv"))
        .into_iter()
        .map(|mut one| {
            (
                one["comment-id"].clone(),
                one.remove("comment-body").unwrap_or_default(),
            )
        })
        .collect();

    let service = Service::start().await;
    let members = golden["group_members"].as_object().unwrap();
    let (_, lead, body, groups) = network(&service, &members.keys().cloned().collect::<Vec<_>>()).await;
    let questions = statements.iter().zip(1..).map(|(statement, number)| {
        json!({"number": number, "prompt": said[&statement["comment_id"].to_string()], "kind": "agreement"})
    });
    let consultation = open(&lead, &body, name, &groups, questions.collect()).await;
    let at = format!("/v1/consultations/{consultation}");

    // Those who changed a vote do so by turns in the two ways there are.
    let mut changed = 0;
    let sent = participants.iter().map(|one| {
        let changes = !one.first_and_later().1.is_empty();
        changed += usize::from(changes);
        (one, changes && changed % 2 == 0)
    });
    let sent: Vec<_> = sent.collect();
    assert!(changed >= 2, "both ways are used");
    let sent = sent
        .into_iter()
        .map(|(one, by_patch)| respond(&lead, &at, one, &groups, by_patch));
    assert_eq!(
        stream::iter(sent)
            .buffer_unordered(16)
            .collect::<Vec<_>>()
            .await
            .len(),
        participants.len()
    );

    let collation = lead.get(format!("{at}/collation")).await.expect(200).json;
    assert_eq!(
        collation["heard"]["responses"]["all"]["value"],
        golden["participants"]
    );
    let asked = collation["questions"].as_array().unwrap();
    assert_eq!(asked.len(), statements.len());
    for (question, statement) in asked.iter().zip(statements) {
        let number = &question["number"];
        let of = |word: &str| question["tally"][word]["value"].clone();
        let all = &statement["all"];
        assert_eq!(
            [of("agree"), of("disagree"), of("unsure")],
            [all["agree"].clone(), all["disagree"].clone(), all["pass"].clone()],
            "question {number}"
        );

        let by_group = statement["groups"].as_object().unwrap();
        let silent = by_group.values().filter(|group| group["seen"] == 0).count();
        let consensus = &question["consensus"];
        assert_eq!(consensus["groups_silent"], silent, "question {number}");
        assert_eq!(
            consensus["groups_heard"],
            by_group.len() - silent,
            "question {number}"
        );
        let product = consensus["product"].as_f64().unwrap_or(1.0) * 0.5f64.powi(silent as i32);
        let wanted = statement["group_aware_consensus_agree"].as_f64().unwrap();
        assert!(
            (product - wanted).abs() < 1e-9,
            "question {number}: {product} is not {wanted}"
        );
        if silent == 0 {
            let lowest = consensus["lowest_group_share"].as_f64().unwrap();
            let wanted = statement["min_group_p_agree"].as_f64().unwrap();
            assert!(
                (lowest - wanted).abs() < 1e-9,
                "question {number}: {lowest} is not {wanted}"
            );
        }

        let table = lead
            .get(format!(
                "{at}/cross-tab?rows=answer&columns=group&question={number}"
            ))
            .await
            .expect(200)
            .json;
        assert_eq!(table["unit"], "people");
        for (row, word) in table["rows"]
            .as_array()
            .unwrap()
            .iter()
            .zip(["agree", "disagree", "pass"])
        {
            for (group, id) in &groups {
                assert_eq!(
                    row["cells"][id]["value"], by_group[group][word],
                    "question {number}, group {group}, {word}"
                );
            }
        }
    }
}
