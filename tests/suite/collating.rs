//! Collation: what was said, by whom, how widely. One consultation whose every figure was worked out by hand.
//!
//! ```text
//!                 sitting  participants  q1                                           q2       q3
//! London, autumn  1 (D1)   5 su, 2 st    c1 su + catering, takeaways (4 hands, 4.3)   4 2 1    5 1 1
//!                                        c2 st − takeaways (2 hands)
//!                                        outside every question: c3 mixed, exercise
//!                 1 (D2)   6 su          c4 ? catering                                no time  –
//!                 2 (D3)   4 su, 1 st    c5 su + catering (3 hands)                   –        –
//! N West, autumn  1 (D4)   3 su, 1 co    c6 su ± activity → exercise (2 hands, 4.3)   1 0 3    1 2 1
//!                                        c7 co, set aside; c8 su, not coded
//! London, spring  1 (D5)   nobody counted  c9 st + exercise (6 hands); c10 su catering  –      –
//! N West          R1 online su           c11 + catering                               yes      agree
//! nobody's        R2 paper family        c12 − catering                                        disagree
//! London          R3 champion su         c13 takeaways; c14 − takeaways
//! ```
//! Yorkshire is expected, met, and said nothing. Takeaways is a sub-theme of catering.

use actix_web::http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::{Ask, World, merged, world::contribution_ids};

struct Golden {
    world: World,
    id: String,
    spring: String,
    catering: String,
    takeaways: String,
    exercise: String,
    /// c1 to c14 in their places, from 1.
    said: Vec<String>,
}

/// A count as the contract writes it.
fn n(value: u64) -> Value {
    json!({"value": value, "status": "exact"})
}

/// Counts by key.
fn by<K: ToString>(counts: &[(K, u64)]) -> Value {
    let counts: BTreeMap<String, Value> = counts
        .iter()
        .map(|(key, count)| (key.to_string(), n(*count)))
        .collect();
    json!(counts)
}

fn stance(supports: u64, opposes: u64, mixed: u64, suggests: u64, unclear: u64) -> Value {
    by(&[
        ("supports", supports),
        ("opposes", opposes),
        ("mixed", mixed),
        ("suggests", suggests),
        ("unclear", unclear),
    ])
}

async fn golden() -> Golden {
    let world = World::start().await;
    let attendance = async |meeting: &str, attendance: Value| {
        world
            .lead
            .patch(
                format!("/v1/meetings/{meeting}"),
                1,
                json!({"attendance": attendance}),
            )
            .await
            .expect(200);
    };
    let spring = world.another_round().await;
    let meeting_a2 = world.meeting(&world.a, json!({"round_id": spring})).await;
    attendance(
        &world.meeting_a,
        json!([
        {"service_id": world.a1, "respondent_group": "service_user", "people": 10},
        {"service_id": world.a1, "respondent_group": "staff", "people": 8},
        {"respondent_group": "family_carer", "people": 2}]),
    )
    .await;
    attendance(
        &world.meeting_b,
        json!([
        {"service_id": world.b1, "respondent_group": "service_user", "people": 6},
        {"respondent_group": "staff", "people": 5}]),
    )
    .await;
    attendance(
        &world.meeting_c,
        json!([{"service_id": world.c1, "respondent_group": "service_user", "people": 7}]),
    )
    .await;
    attendance(
        &meeting_a2,
        json!([{"service_id": world.a2, "respondent_group": "service_user", "people": 4}]),
    )
    .await;
    world
        .lead
        .patch(
            format!("/v1/meetings/{}", world.meeting_a),
            2,
            json!({"tables": 3}),
        )
        .await
        .expect(200);

    let questions = world.consultation_body()["questions"].as_array().unwrap()[..3].to_vec();
    let id = world
        .open(json!({"round_ids": [world.round, spring], "questions": questions}))
        .await;
    let mut said = vec![String::new()];
    let mut post = async |meeting: &str, extra: Value| {
        said.extend(contribution_ids(&world.discussion(&id, meeting, extra).await));
    };
    let (a, b) = (&world.meeting_a, &world.meeting_b);
    post(a, json!({"table": "Table 1", "participants": {"service_user": 5, "staff": 2},
        "tallies": [{"question": 2, "counts": {"yes": 4, "partly": 2, "no": 1}},
            {"question": 3, "counts": {"agree": 5, "disagree": 1, "unsure": 1}}],
        "contributions": [
            {"question": 1, "text": "c1", "respondent_group": "service_user", "stance": "supports",
                "hands": {"agree": 4, "disagree": 1, "unsure": 0}, "quote_consent": "quotable", "section_ref": "4.3",
                "setting": "low_secure"},
            {"question": 1, "text": "c2", "respondent_group": "staff", "stance": "opposes", "hands": {"agree": 2},
                "setting": "medium_secure"},
            {"question": null, "text": "c3", "stance": "suggests"}]})).await;
    post(
        a,
        json!({"table": "Table 2", "participants": {"service_user": 6},
        "not_discussed": [{"question": 2, "reason": "no_time"}],
        "contributions": [{"question": 1, "text": "c4", "quote_consent": "quotable"}]}),
    )
    .await;
    post(a, json!({"table": "Table 1", "sitting": 2, "participants": {"service_user": 4, "staff": 1},
        "contributions": [{"question": 1, "text": "c5", "respondent_group": "service_user", "stance": "supports",
            "hands": {"agree": 3}, "quote_consent": "quotable", "setting": "medium_secure"}]})).await;
    post(b, json!({"participants": {"service_user": 3, "commissioner": 1},
        "tallies": [{"question": 2, "counts": {"yes": 1, "no": 3}},
            {"question": 3, "counts": {"agree": 1, "disagree": 2, "unsure": 1}}],
        "contributions": [
            {"question": 1, "text": "c6", "respondent_group": "service_user", "stance": "mixed", "hands": {"agree": 2},
                "quote_consent": "quotable", "section_ref": "4.3", "setting": "low_secure"},
            {"question": 1, "text": "c7", "respondent_group": "commissioner", "stance": "suggests"},
            {"question": 1, "text": "c8", "respondent_group": "service_user"}]})).await;
    post(&meeting_a2, json!({"participants": {}, "contributions": [
        {"question": 1, "text": "c9", "respondent_group": "staff", "stance": "supports", "hands": {"agree": 6}},
        {"question": 1, "text": "c10", "respondent_group": "service_user", "quote_consent": "quotable"}]})).await;
    let mut respond = async |extra: Value| {
        said.extend(contribution_ids(&world.response(&id, extra).await));
    };
    respond(
        json!({"channel": "survey_online", "service_id": world.b1, "setting": "low_secure", "answers": [
        {"question": 1, "text": "c11", "stance": "supports", "quote_consent": "quotable"},
        {"question": 2, "choice": "yes"}, {"question": 3, "choice": "agree"}]}),
    )
    .await;
    respond(
        json!({"channel": "survey_paper", "respondent_group": "family_carer", "answers": [
        {"question": 1, "text": "c12", "stance": "opposes"}, {"question": 3, "choice": "disagree"}]}),
    )
    .await;
    respond(
        json!({"channel": "champion", "service_id": world.a1, "setting": "low_secure", "answers": [
        {"question": 1, "text": "c13"}, {"question": 1, "text": "c14", "stance": "opposes"}]}),
    )
    .await;
    assert_eq!(said.len(), 15);

    let catering = world.theme(&id, "catering", json!({})).await;
    let takeaways = world
        .theme(&id, "takeaways", json!({"parent_id": catering}))
        .await;
    let activity = world.theme(&id, "activity", json!({})).await;
    let exercise = world.theme(&id, "exercise", json!({})).await;
    world.theme(&id, "staffing", json!({})).await;
    for (at, themes) in [
        (1, vec![&catering, &takeaways]),
        (3, vec![&exercise]),
        (4, vec![&catering]),
        (5, vec![&catering]),
        (6, vec![&activity]),
        (9, vec![&exercise]),
        (10, vec![&catering]),
        (11, vec![&catering]),
        (12, vec![&catering]),
        (13, vec![&takeaways]),
        (14, vec![&takeaways]),
    ] {
        let themes: Vec<_> = themes.into_iter().map(String::as_str).collect();
        world.code(&said[at], &themes).await;
    }
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    for (caller, theme) in [(&world.lead, &takeaways), (&coder, &exercise)] {
        let coding = json!({"theme_ids": [theme], "independent": true});
        caller
            .put(format!("/v1/contributions/{}/coding", said[2]), coding)
            .await
            .ok();
    }
    let aside = json!({"theme_ids": [], "set_aside": {"reason": "Not about the draft"}});
    world
        .lead
        .put(format!("/v1/contributions/{}/coding", said[7]), aside)
        .await
        .ok();
    let merge = format!("/v1/consultations/{id}/themes/{activity}/merge");
    world.lead.post(merge, json!({"into": exercise})).await.ok();
    Golden {
        world,
        id,
        spring,
        catering,
        takeaways,
        exercise,
        said,
    }
}

impl Golden {
    async fn collation(&self, query: &str) -> Value {
        self.world.collation(&self.id, query).await
    }

    async fn get(&self, path: &str) -> Value {
        self.world
            .lead
            .get(format!("/v1/consultations/{}/{path}", self.id))
            .await
            .expect(200)
            .json
    }

    fn catering(&self) -> Value {
        json!({"id": self.catering, "code": "catering", "label": "Catering", "parent_id": null,
            "contributions": n(9), "responses": n(3), "discussions": 4, "groups": 2, "meetings": 2,
            // London: the first sitting has 4 and 1, the second 3, spring 1; the largest is 5.
            "people_at_least": n(5),
            "stance": stance(3, 3, 0, 0, 3),
            "by": {
                "respondent_group": by(&[("service_user", 7), ("family_carer", 1), ("staff", 1)]),
                "group": by(&[(&self.world.a, 7), (&self.world.b, 1), (&"not_recorded".to_owned(), 1)]),
                "setting": by(&[("low_secure", 4), ("medium_secure", 2), ("not_recorded", 3)]),
                "channel": by(&[("meeting_discussion", 5), ("champion", 2), ("survey_online", 1), ("survey_paper", 1)])},
            "quotes": (["c1", "c4", "c5"].map(|text| json!({"text": text, "respondent_group": "service_user"})))})
    }

    fn takeaways(&self) -> Value {
        json!({"id": self.takeaways, "code": "takeaways", "label": "Takeaways", "parent_id": self.catering,
            "contributions": n(4), "responses": n(1), "discussions": 1, "groups": 1, "meetings": 1,
            "people_at_least": n(4),
            "stance": stance(1, 2, 0, 0, 1),
            "by": {
                "respondent_group": by(&[("service_user", 3), ("staff", 1)]),
                "group": by(&[(&self.world.a, 4)]),
                "setting": by(&[("low_secure", 3), ("medium_secure", 1)]),
                "channel": by(&[("meeting_discussion", 2), ("champion", 2)])},
            "quotes": [{"text": "c1", "respondent_group": "service_user"}]})
    }

    /// Over all questions; within the first, c3 is missing.
    fn exercise(&self) -> Value {
        json!({"id": self.exercise, "code": "exercise", "label": "Exercise", "parent_id": null,
            "contributions": n(3), "responses": n(0), "discussions": 3, "groups": 2, "meetings": 3,
            // London 6 in spring, against 1 in autumn; North West 2.
            "people_at_least": n(8),
            "stance": stance(1, 0, 1, 1, 0),
            "by": {
                "respondent_group": by(&[("service_user", 1), ("staff", 1), ("mixed", 1)]),
                "group": by(&[(&self.world.a, 2), (&self.world.b, 1)]),
                "setting": by(&[("low_secure", 1), ("not_recorded", 2)]),
                "channel": by(&[("meeting_discussion", 3)])},
            "quotes": [{"text": "c6", "respondent_group": "service_user"}]})
    }
}

#[actix_web::test]
async fn heard() {
    let golden = golden().await;
    let collation = golden.collation("").await;
    assert_eq!(
        collation["heard"],
        json!({
        "groups": 2, "groups_expected": 3, "meetings": 3, "discussions": 5, "services": 3, "services_expected": 4,
        "attendance": [
            {"round": golden.world.round, "all": n(31),
                "by_respondent_group": by(&[("service_user", 16), ("family_carer", 2), ("staff", 13)])},
            {"round": golden.spring, "all": n(4), "by_respondent_group": by(&[("service_user", 4)])}],
        // London's largest sitting of people in services is 5 and 6; of staff 2. North West has 3 and 1.
        "participants": {"all": n(17),
            "by_respondent_group": by(&[("service_user", 14), ("staff", 2), ("commissioner", 1)])},
        "responses": {"all": n(3), "by_channel": by(&[("champion", 1), ("survey_online", 1), ("survey_paper", 1)])}})
    );
}

#[actix_web::test]
async fn an_open_question() {
    let golden = golden().await;
    let mut question = golden.collation("").await["questions"][0].clone();
    let themes = question["themes"].take();
    assert_eq!(
        question,
        json!({
        "number": 1, "prompt": "What helps people keep a healthy weight here?",
        "contributions": n(13), "discussions": 5, "groups": 2, "not_discussed": 0, "no_record": 0,
        "coded": n(11), "uncoded": n(1), "set_aside": n(1), "unadjudicated": n(1),
        "stance": stance(4, 3, 1, 1, 4), "tally": null, "consensus": null, "themes": null})
    );
    assert_eq!(themes[0], golden.catering());
    assert_eq!(themes[2], golden.takeaways());
    let here = merged(
        golden.exercise(),
        json!({"contributions": n(2), "discussions": 2, "meetings": 2,
        "stance": stance(1, 0, 1, 0, 0),
        "by": {
            "respondent_group": by(&[("service_user", 1), ("staff", 1)]),
            "group": by(&[(&golden.world.a, 1), (&golden.world.b, 1)]),
            "setting": by(&[("low_secure", 1), ("not_recorded", 1)]),
            "channel": by(&[("meeting_discussion", 2)])}}),
    );
    assert_eq!(themes[1], here);
    assert_eq!(themes.as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn closed_questions() {
    let golden = golden().await;
    let questions = golden.collation("").await["questions"].clone();
    assert_eq!(
        questions[1],
        json!({
        "number": 2, "prompt": "Is the draft clear?",
        "contributions": n(0), "discussions": 2, "groups": 2, "not_discussed": 1, "no_record": 2,
        "coded": n(0), "uncoded": n(0), "set_aside": n(0), "unadjudicated": n(0), "stance": stance(0, 0, 0, 0, 0),
        "tally": by(&[("yes", 6), ("partly", 2), ("no", 4)]), "consensus": null, "themes": []})
    );
    let mut agreement = questions[2].clone();
    let consensus = agreement["consensus"].take();
    assert_eq!(
        agreement,
        json!({
        "number": 3, "prompt": "Takeaways should be limited.",
        "contributions": n(0), "discussions": 2, "groups": 2, "not_discussed": 0, "no_record": 3,
        "coded": n(0), "uncoded": n(0), "set_aside": n(0), "unadjudicated": n(0), "stance": stance(0, 0, 0, 0, 0),
        "tally": by(&[("agree", 7), ("disagree", 4), ("unsure", 2)]), "consensus": null, "themes": []})
    );
    // London 5 of 7 agree and 1 does not; North West 2 of 5 and 2 do not; the family carer has no group.
    let (london, north_west) = (6.0 / 9.0, 3.0 / 7.0);
    let (against_london, against_north_west) = (2.0 / 9.0, 3.0 / 7.0);
    for (name, wanted) in [
        ("product", london * north_west),
        ("geometric_mean", f64::sqrt(london * north_west)),
        ("lowest_group_share", north_west),
        (
            "opposed_geometric_mean",
            f64::sqrt(against_london * against_north_west),
        ),
    ] {
        let value = consensus[name].as_f64().unwrap();
        assert!((value - wanted).abs() < 1e-9, "{name} is {value}, not {wanted}");
    }
    assert_eq!(
        (&consensus["groups_heard"], &consensus["groups_silent"]),
        (&json!(2), &json!(1))
    );
}

#[actix_web::test]
async fn points_outside_every_question_come_last() {
    let golden = golden().await;
    let questions = golden.collation("").await["questions"].clone();
    assert_eq!(questions.as_array().unwrap().len(), 4);
    let mut outside = questions[3].clone();
    let themes = outside["themes"].take();
    assert_eq!(
        outside,
        json!({
        "number": null, "prompt": null,
        "contributions": n(1), "discussions": 1, "groups": 1, "not_discussed": 0, "no_record": 0,
        "coded": n(1), "uncoded": n(0), "set_aside": n(0), "unadjudicated": n(0), "stance": stance(0, 0, 0, 1, 0),
        "tally": null, "consensus": null, "themes": null})
    );
    assert_eq!(
        (&themes[0]["code"], &themes[0]["people_at_least"]),
        (&json!("exercise"), &n(1))
    );
}

#[actix_web::test]
async fn themes_over_all_questions() {
    let golden = golden().await;
    let collation = golden.collation("").await;
    // By groups, then discussions, then label; a theme that nobody raised is not there.
    assert_eq!(
        collation["themes"],
        json!([golden.catering(), golden.exercise(), golden.takeaways()])
    );
}

#[actix_web::test]
async fn sections() {
    let golden = golden().await;
    let sections = golden.collation("").await["sections"].clone();
    let refs: Vec<_> = sections
        .as_array()
        .unwrap()
        .iter()
        .map(|section| section["ref"].clone())
        .collect();
    assert_eq!(refs, ["4.3", "4.4"]);
    assert_eq!(
        (&sections[0]["title"], &sections[0]["contributions"]),
        (&json!("Admission, care and treatment"), &n(2))
    );
    let codes: Vec<_> = sections[0]["themes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|theme| theme["code"].clone())
        .collect();
    assert_eq!(
        codes,
        ["catering", "exercise", "takeaways"],
        "equally wide, so by label"
    );
    assert_eq!(
        (&sections[1]["contributions"], &sections[1]["themes"]),
        (&n(0), &json!([]))
    );
}

#[actix_web::test]
async fn what_stands_around_the_figures() {
    let golden = golden().await;
    let collation = golden.collation("").await;
    assert_eq!(collation["consultation"]["id"], json!(golden.id));
    assert_eq!(collation["consultation"]["status"], "open");
    assert_eq!(collation["policy"], json!({"id": "mhsds-5", "applied": false}));
    assert_eq!(
        collation["scope"],
        json!({"audience": "exact", "group_ids": null})
    );
    assert_eq!(collation["filters"], json!({}));
    let keys = |name: &str| -> Vec<String> {
        let legend = collation["legend"][name].as_array().unwrap();
        assert!(
            legend
                .iter()
                .all(|entry| !entry["label"].as_str().unwrap().is_empty())
        );
        legend
            .iter()
            .map(|entry| entry["key"].as_str().unwrap().to_owned())
            .collect()
    };
    let world = &golden.world;
    assert_eq!(keys("group"), [world.a.clone(), world.b.clone(), world.c.clone()]);
    assert_eq!(
        keys("respondent_group"),
        ["service_user", "family_carer", "staff", "commissioner", "mixed"]
    );
    assert_eq!(keys("setting"), ["medium_secure", "low_secure", "not_recorded"]);
    assert_eq!(
        keys("channel"),
        ["meeting_discussion", "champion", "survey_online", "survey_paper"]
    );
    assert_eq!(keys("round"), [world.round.clone(), golden.spring.clone()]);
    let limitations: Vec<_> = collation["limitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].clone())
        .collect();
    for code in [
        "counts-are-minimums",
        "not-representative",
        "attendance-may-repeat",
        "views-not-checked",
        "uncoded-contributions",
        "unadjudicated-codings",
    ] {
        assert!(
            limitations.contains(&json!(code)),
            "{code} is missing in {limitations:?}"
        );
    }
}

#[actix_web::test]
async fn every_filter_narrows_every_figure() {
    let golden = golden().await;
    let world = &golden.world;
    // Contributions over all entries of `questions`, discussions and responses heard.
    let cases: Vec<(String, u64, u64, u64)> = vec![
        (String::new(), 14, 5, 3),
        ("?question=1".into(), 13, 5, 3),
        ("?question=none".into(), 1, 1, 0),
        ("?question=1,none".into(), 14, 5, 3),
        ("?question=2".into(), 0, 2, 1),
        ("?theme=catering".into(), 9, 4, 3),
        (format!("?theme={}", golden.takeaways), 4, 1, 1),
        ("?theme=takeaways,exercise".into(), 7, 3, 1),
        ("?theme=activity".into(), 3, 3, 0),
        ("?theme=staffing".into(), 0, 0, 0),
        ("?section=4.3".into(), 2, 2, 0),
        ("?section=4.4".into(), 0, 0, 0),
        (format!("?group={}", world.a), 9, 4, 1),
        (format!("?group={}", world.b), 4, 1, 1),
        (format!("?group={}", world.c), 0, 0, 0),
        ("?group=not_recorded".into(), 1, 0, 1),
        (format!("?group={},not_recorded", world.b), 5, 1, 2),
        ("?setting=low_secure".into(), 5, 2, 2),
        ("?setting=medium_secure,low_secure".into(), 7, 3, 2),
        ("?channel=champion".into(), 2, 0, 1),
        ("?channel=meeting_discussion".into(), 10, 5, 0),
        (format!("?round={}", golden.spring), 2, 1, 0),
        (format!("?round={}", world.round), 8, 4, 0),
        (format!("?group={}&channel=champion", world.a), 2, 0, 1),
        ("?theme=catering&respondent_group=staff".into(), 1, 1, 0),
        ("?question=1&theme=exercise".into(), 2, 2, 0),
    ];
    for (query, contributions, discussions, responses) in cases {
        let collation = golden.collation(&query).await;
        let questions = collation["questions"].as_array().unwrap();
        let counted: u64 = questions
            .iter()
            .map(|question| question["contributions"]["value"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, contributions, "contributions by {query}");
        assert_eq!(
            collation["heard"]["discussions"], discussions,
            "discussions by {query}"
        );
        assert_eq!(
            collation["heard"]["responses"]["all"]["value"], responses,
            "responses by {query}"
        );
    }
    // Contributions only: a show of hands is of the table, and is asked for by the table's kind of people.
    for (query, contributions) in [
        ("staff", 2),
        ("staff,commissioner", 3),
        ("service_user", 9),
        ("mixed", 1),
        ("other", 0),
    ] {
        let collation = golden.collation(&format!("?respondent_group={query}")).await;
        let questions = collation["questions"].as_array().unwrap();
        let counted: u64 = questions
            .iter()
            .map(|question| question["contributions"]["value"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, contributions, "contributions by {query}");
    }
    let collation = golden
        .collation("?question=1&channel=meeting_discussion,champion")
        .await;
    assert_eq!(
        collation["filters"],
        json!({"question": ["1"], "channel": ["meeting_discussion", "champion"]})
    );
    assert_eq!(collation["questions"].as_array().unwrap().len(), 1);
    let of_b = golden.collation(&format!("?group={}", world.b)).await;
    assert_eq!(
        (&of_b["heard"]["groups"], &of_b["heard"]["groups_expected"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        of_b["questions"][1]["tally"],
        by(&[("yes", 2), ("partly", 0), ("no", 3)])
    );
    let by_theme = golden.collation("?theme=catering").await;
    assert_eq!(by_theme["themes"][0], golden.catering());
}

/// Rows of a cross-tab: key, total, cells that are not zero.
fn rows(table: &Value) -> Vec<(String, u64, BTreeMap<String, u64>)> {
    let columns: Vec<_> = table["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["key"].as_str().unwrap())
        .collect();
    let row = |row: &Value| {
        let cells = row["cells"].as_object().unwrap();
        assert!(
            columns.iter().all(|column| cells.contains_key(*column)),
            "every column has its cell: {row}"
        );
        let cells = cells
            .iter()
            .map(|(key, count)| (key.clone(), count["value"].as_u64().unwrap()));
        let cells = cells.filter(|(_, count)| *count > 0).collect();
        (
            row["key"].as_str().unwrap().to_owned(),
            row["total"]["value"].as_u64().unwrap(),
            cells,
        )
    };
    table["rows"].as_array().unwrap().iter().map(row).collect()
}

fn totals(table: &Value) -> BTreeMap<String, u64> {
    let columns = table["columns"].as_array().unwrap().iter();
    columns
        .map(|one| {
            (
                one["key"].as_str().unwrap().to_owned(),
                one["total"]["value"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn cells(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(key, count)| ((*key).to_owned(), *count))
        .collect()
}

#[actix_web::test]
async fn themes_by_group_in_every_unit() {
    let golden = golden().await;
    let (a, b, c) = (
        golden.world.a.as_str(),
        golden.world.b.as_str(),
        golden.world.c.as_str(),
    );
    let nobody = "not_recorded";
    let (catering, exercise, takeaways) = (
        golden.catering.clone(),
        golden.exercise.clone(),
        golden.takeaways.clone(),
    );
    let table = golden.get("cross-tab?rows=theme&columns=group").await;
    assert_eq!(table["unit"], "contributions");
    assert_eq!(
        rows(&table),
        [
            (catering.clone(), 9, cells(&[(a, 7), (b, 1), (nobody, 1)])),
            (exercise.clone(), 3, cells(&[(a, 2), (b, 1)])),
            (takeaways.clone(), 4, cells(&[(a, 4)])),
        ]
    );
    // Distinct: c1 has two themes and is counted once.
    assert_eq!(totals(&table), cells(&[(a, 9), (b, 2), (c, 0), (nobody, 1)]));
    assert_eq!(table["merged"], json!([]));
    assert!(!table["limitations"].as_array().unwrap().is_empty());
    let labels: Vec<_> = table["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["label"].clone())
        .collect();
    assert_eq!(labels[..3], ["London", "North West", "Yorkshire"]);

    let table = golden
        .get("cross-tab?rows=theme&columns=group&unit=discussions")
        .await;
    assert_eq!(table["unit"], "discussions");
    assert_eq!(
        rows(&table),
        [
            (catering.clone(), 4, cells(&[(a, 4)])),
            (exercise.clone(), 3, cells(&[(a, 2), (b, 1)])),
            (takeaways.clone(), 1, cells(&[(a, 1)])),
        ]
    );
    assert_eq!(totals(&table).get(a), Some(&4), "D1, D2, D3 and D5, once each");

    let table = golden
        .get("cross-tab?rows=theme&columns=group&unit=responses")
        .await;
    assert_eq!(
        rows(&table),
        [
            (catering, 3, cells(&[(a, 1), (b, 1), (nobody, 1)])),
            (exercise, 0, cells(&[])),
            (takeaways, 1, cells(&[(a, 1)])),
        ]
    );
    assert_eq!(totals(&table), cells(&[(a, 1), (b, 1), (c, 0), (nobody, 1)]));
}

#[actix_web::test]
async fn every_axis_by_every_dimension() {
    let golden = golden().await;
    let row = |key: &str, total: u64, counts: &[(&str, u64)]| (key.to_owned(), total, cells(counts));
    let tabulated = async |rows_by: &str| rows(&golden.get(&format!("cross-tab?{rows_by}")).await);
    assert_eq!(
        tabulated("rows=question&columns=respondent_group").await,
        [
            row(
                "1",
                13,
                &[
                    ("service_user", 9),
                    ("family_carer", 1),
                    ("staff", 2),
                    ("commissioner", 1)
                ]
            ),
            row("2", 0, &[]),
            row("3", 0, &[]),
            row("none", 1, &[("mixed", 1)]),
        ]
    );
    assert_eq!(
        tabulated("rows=section&columns=setting").await,
        [
            row("4.3", 2, &[("low_secure", 2)]),
            row(
                "none",
                12,
                &[("medium_secure", 2), ("low_secure", 3), ("not_recorded", 7)]
            ),
        ]
    );
    assert_eq!(
        tabulated("rows=stance&columns=channel").await,
        [
            row("supports", 4, &[("meeting_discussion", 3), ("survey_online", 1)]),
            row(
                "opposes",
                3,
                &[("meeting_discussion", 1), ("survey_paper", 1), ("champion", 1)]
            ),
            row("mixed", 1, &[("meeting_discussion", 1)]),
            row("suggests", 2, &[("meeting_discussion", 2)]),
            row("unclear", 4, &[("meeting_discussion", 3), ("champion", 1)]),
        ]
    );
    let (autumn, spring) = (golden.world.round.as_str(), golden.spring.as_str());
    assert_eq!(
        tabulated("rows=theme&columns=round").await[0],
        row(
            &golden.catering,
            9,
            &[(autumn, 4), (spring, 1), ("not_recorded", 4)]
        )
    );
    let (a, b) = (golden.world.a.as_str(), golden.world.b.as_str());
    let table = golden.get("cross-tab?rows=answer&columns=group&question=3").await;
    assert_eq!(table["unit"], "people");
    assert_eq!(
        rows(&table),
        [
            row("agree", 7, &[(a, 5), (b, 2)]),
            row("disagree", 4, &[(a, 1), (b, 2), ("not_recorded", 1)]),
            row("unsure", 2, &[(a, 1), (b, 1)]),
        ]
    );
    assert_eq!(
        tabulated("rows=answer&columns=respondent_group&question=2").await,
        [
            row("yes", 6, &[("mixed", 5), ("service_user", 1)]),
            row("partly", 2, &[("mixed", 2)]),
            row("no", 4, &[("mixed", 4)]),
        ]
    );
    // Filters narrow a cross-tab as they narrow a collation.
    let filtered = format!("rows=theme&columns=group&channel=champion&group={a}");
    assert_eq!(
        tabulated(&filtered).await,
        [
            row(&golden.catering, 2, &[(a, 2)]),
            row(&golden.takeaways, 2, &[(a, 2)]),
        ]
    );
}

#[actix_web::test]
async fn every_combination_that_occurs() {
    let golden = golden().await;
    let (a, b) = (&golden.world.a, &golden.world.b);
    let items = async |query: &str| {
        let cells = golden.get(&format!("cells?{query}")).await;
        let mut items: Vec<_> = cells["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        items.sort();
        items
    };
    let wanted = |items: &[Value]| {
        let mut items: Vec<_> = items.iter().map(Value::to_string).collect();
        items.sort();
        items
    };
    assert_eq!(
        golden.get("cells?by=group,question").await["by"],
        json!(["group", "question"])
    );
    assert_eq!(
        items("by=question,group").await,
        wanted(&[
            json!(["1", a, 8]),
            json!(["1", b, 4]),
            json!(["1", "not_recorded", 1]),
            json!(["none", a, 1])
        ])
    );
    // As it was coded: a parent does not count its sub-themes here, and c1 stands in both.
    assert_eq!(
        items("by=theme").await,
        wanted(&[
            json!([golden.catering, 6]),
            json!([golden.takeaways, 4]),
            json!([golden.exercise, 3]),
            json!(["none", 2])
        ])
    );
    assert_eq!(
        items("by=channel,respondent_group&question=1&setting=low_secure").await,
        wanted(&[
            json!(["meeting_discussion", "service_user", 2]),
            json!(["champion", "service_user", 2]),
            json!(["survey_online", "service_user", 1])
        ])
    );
    let everything = golden
        .get("cells?by=question,theme,group,respondent_group,setting,channel,round")
        .await;
    assert!(
        everything["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item.as_array().unwrap().len() == 8)
    );

    let path = format!("/v1/consultations/{}/cells.csv?by=question,group", golden.id);
    let csv = golden.world.lead.get(path).await.expect(200);
    assert_eq!(csv.media_type(), Some("text/csv"));
    let mut reader = csv::Reader::from_reader(csv.bytes.as_slice());
    assert_eq!(
        reader.headers().unwrap(),
        vec!["question", "group", "contributions"]
    );
    let mut read: Vec<_> = reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            json!([record[0], record[1], record[2].parse::<u64>().unwrap()]).to_string()
        })
        .collect();
    read.sort();
    assert_eq!(read, items("by=question,group").await);
}

#[actix_web::test]
async fn coverage() {
    let golden = golden().await;
    let world = &golden.world;
    let coverage = golden.get("coverage").await;
    let of = |name: &str| {
        let part = &coverage[name];
        let silent: Vec<_> = part["silent"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap())
            .collect();
        (
            ["expected", "present", "heard"].map(|count| part[count].as_u64().unwrap()),
            silent.join(" "),
        )
    };
    assert_eq!(of("groups"), ([3, 3, 2], world.c.clone()));
    assert_eq!(of("services"), ([4, 4, 3], world.c1.clone()));
    assert_eq!(of("settings"), ([3, 3, 2], "high_secure".into()));
    assert_eq!(of("respondent_groups"), ([4, 3, 4], String::new()));
    // Of London both services were heard, of North West its one, of Yorkshire none; so were the one of medium security, both
    // of low, and not the one of high.
    let rate = |key: &str, label: &str, heard: u64, expected: u64| json!({"key": key, "label": label, "rate": heard as f64 / expected as f64, "heard": heard, "expected": expected});
    assert_eq!(
        coverage["groups"]["participation"],
        json!({"ratio": 0.0, "lowest": rate(&world.c, "Yorkshire", 0, 1), "highest": rate(&world.a, "London", 2, 2)})
    );
    assert_eq!(
        coverage["settings"]["participation"],
        json!({"ratio": 0.0, "lowest": rate("high_secure", "High secure", 0, 1),
            "highest": rate("medium_secure", "Medium secure", 1, 1)})
    );
    for uncompared in ["services", "respondent_groups"] {
        assert_eq!(coverage[uncompared].get("participation"), None, "{uncompared}");
    }
    // A facilitator has one group, and nothing to compare it with.
    let own = world.facilitator(&world.a).await;
    let path = format!("/v1/consultations/{}/coverage", golden.id);
    let own = own.get(path).await.expect(200).json;
    let why = "too-few-categories";
    assert_eq!(
        own["groups"]["participation"],
        json!({"ratio": null, "lowest": null, "highest": null, "undefined": {"ratio": why, "lowest": why, "highest": why}})
    );
    assert_eq!(own["settings"]["participation"]["ratio"], 1.0);
    let mut tables = coverage["tables"].clone();
    let by_meeting = tables.as_object_mut().unwrap().remove("by_meeting").unwrap();
    assert_eq!(
        tables,
        json!({"expected": 3, "posted": 5, "by_group": [
        {"key": world.a, "label": "London", "expected": 3, "posted": 4},
        {"key": world.b, "label": "North West", "expected": null, "posted": 1},
        {"key": world.c, "label": "Yorkshire", "expected": null, "posted": 0}]})
    );
    let by_meeting = by_meeting.as_array().unwrap();
    let at = |meeting: &str| {
        let found = by_meeting.iter().find(|one| one["meeting_id"] == meeting);
        let one = found.unwrap_or_else(|| panic!("{meeting} is not in {by_meeting:?}"));
        (
            one["group_id"].clone(),
            one["status"].clone(),
            one["expected"].clone(),
            one["posted"].clone(),
        )
    };
    let (a, b, c) = (at(&world.meeting_a), at(&world.meeting_b), at(&world.meeting_c));
    assert_eq!(a, (json!(world.a), json!("held"), json!(3), json!(3)));
    assert_eq!(b, (json!(world.b), json!("held"), Value::Null, json!(1)));
    assert_eq!(c, (json!(world.c), json!("held"), Value::Null, json!(0)));
    let silent = json!([{"key": world.c, "label": "Yorkshire"}]);
    let question = |number: u64, prompt: &str, discussions: u64, not_discussed: u64, no_record: u64| {
        json!({"number": number, "prompt": prompt, "discussions": discussions, "not_discussed": not_discussed,
            "not_discussed_because": {"no_time": not_discussed, "chose_not_to": 0, "not_asked": 0, "other": 0},
            "no_record": no_record, "groups_silent": silent})
    };
    assert_eq!(
        coverage["questions"],
        json!([
            question(1, "What helps people keep a healthy weight here?", 5, 0, 0),
            question(2, "Is the draft clear?", 2, 1, 2),
            question(3, "Takeaways should be limited.", 2, 0, 3)
        ])
    );
}

#[actix_web::test]
async fn a_collation_has_what_was_acknowledged_and_its_revision_grows() {
    let golden = golden().await;
    let world = &golden.world;
    let path = format!("/v1/consultations/{}/collation", golden.id);
    let mut last = world.lead.get(&path).await.expect(200);
    let mut moved = async |what: &str| {
        let now = world.lead.get(&path).await.expect(200);
        assert_ne!(now.bytes, last.bytes, "{what} is not in the next collation");
        assert_ne!(now.etag(), last.etag(), "{what}");
        let revision = |answer: &tests::Answer| answer.json["revision"].as_u64().unwrap();
        assert!(
            revision(&now) > revision(&last),
            "{what}: the revision does not grow"
        );
        let unchanged = Ask::new(Method::GET, path.clone()).header("if-none-match", now.etag());
        world.lead.send(unchanged).await.expect(304);
        last = now.clone();
        now.json
    };
    world.discussion(&golden.id, &world.meeting_c, json!({})).await;
    assert_eq!(moved("a table").await["heard"]["groups"], 3);
    let response = world.response(&golden.id, json!({})).await;
    assert_eq!(moved("a response").await["heard"]["responses"]["all"], n(4));
    world.code(&golden.said[8], &[&golden.exercise]).await;
    assert_eq!(moved("a coding").await["questions"][0]["uncoded"], n(2));
    let changed = json!({"stance": "opposes"});
    world
        .lead
        .patch(format!("/v1/contributions/{}", golden.said[4]), 1, changed)
        .await
        .expect(200);
    assert_eq!(
        moved("a corrected contribution").await["questions"][0]["stance"]["opposes"],
        n(4)
    );
    let answers = json!({"answers": [{"id": contribution_ids(&response)[0], "question": 1, "text": "Other words."},
        {"question": 3, "choice": "unsure"}]});
    world
        .lead
        .patch(format!("/v1/responses/{}", response.id()), 1, answers)
        .await
        .expect(200);
    assert_eq!(
        moved("a corrected response").await["questions"][2]["tally"]["unsure"],
        n(3)
    );
    let people = json!({"attendance": [{"respondent_group": "staff", "people": 1}]});
    world
        .lead
        .patch(format!("/v1/meetings/{}", world.meeting_a), 3, people)
        .await
        .expect(200);
    assert_eq!(
        moved("a corrected headcount").await["heard"]["attendance"][0]["all"],
        n(19)
    );
    let theme = format!("/v1/consultations/{}/themes/{}", golden.id, golden.exercise);
    let version = world.lead.get(&theme).await.expect(200).version();
    world
        .lead
        .patch(&theme, version, json!({"label": "Moving about"}))
        .await
        .expect(200);
    assert_eq!(
        moved("a theme's new label").await["themes"][1]["label"],
        "Moving about"
    );
    world
        .admin
        .patch(
            format!("/v1/groups/{}", world.a),
            1,
            json!({"name": "Greater London"}),
        )
        .await
        .expect(200);
    assert_eq!(
        moved("a group's new name").await["legend"]["group"][0]["label"],
        "Greater London"
    );
    world.move_to(&golden.id, "suspended").await.expect(200);
    assert_eq!(
        moved("a step of the consultation").await["consultation"]["status"],
        "suspended"
    );
}

#[actix_web::test]
async fn a_corrected_table_is_counted_as_corrected() {
    let golden = golden().await;
    let world = &golden.world;
    let list = world
        .lead
        .all(&format!("/v1/consultations/{}/discussions", golden.id))
        .await;
    let first = format!("/v1/discussions/{}", list[0]["id"].as_str().unwrap());
    let corrected = json!({"tallies": [{"question": 2, "counts": {"no": 7}}], "participants": {"service_user": 7, "staff": null},
        "not_discussed": [{"question": 3, "reason": "chose_not_to"}]});
    world.lead.patch(first, 1, corrected).await.expect(200);
    let collation = golden.collation("").await;
    assert_eq!(
        collation["questions"][1]["tally"],
        by(&[("yes", 2), ("partly", 0), ("no", 10)])
    );
    assert_eq!(
        (
            &collation["questions"][2]["not_discussed"],
            &collation["questions"][2]["discussions"]
        ),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        golden.get("coverage").await["questions"][2]["not_discussed_because"],
        json!({"no_time": 0, "chose_not_to": 1, "not_asked": 0, "other": 0})
    );
    assert_eq!(
        collation["heard"]["participants"]["by_respondent_group"],
        by(&[("service_user", 16), ("staff", 1), ("commissioner", 1)])
    );
    assert_eq!(
        collation["questions"][0]["contributions"],
        n(13),
        "what was said stays"
    );
}

#[actix_web::test]
async fn every_replica_answers_the_same_bytes() {
    let golden = golden().await;
    let replica = golden.world.service.replica().await;
    let there = golden.world.lead.at(replica.base());
    for path in [
        "collation",
        "collation?question=1",
        "cross-tab?rows=theme&columns=group",
        "coverage",
        "saturation",
        "codeframe/check",
        "cells?by=theme",
    ] {
        let path = format!("/v1/consultations/{}/{path}", golden.id);
        let (one, other) = (
            golden.world.lead.get(&path).await.expect(200),
            there.get(&path).await.expect(200),
        );
        assert_eq!((one.text(), one.etag()), (other.text(), other.etag()), "{path}");
    }
    // What one takes in, the other counts at once.
    golden
        .world
        .discussion(&golden.id, &golden.world.meeting_c, json!({}))
        .await;
    let path = format!("/v1/consultations/{}/collation", golden.id);
    assert_eq!(there.get(path).await.expect(200).json["heard"]["discussions"], 6);
}

#[actix_web::test]
async fn nothing_said_is_zero_and_no_fault() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["heard"]["groups_expected"], 3);
    assert_eq!(collation["questions"].as_array().unwrap().len(), 4);
    assert_eq!(collation["questions"][0]["contributions"], n(0));
    assert_eq!(collation["questions"][2]["consensus"]["product"], Value::Null);
    assert_eq!(collation["questions"][2]["consensus"]["groups_silent"], 3);
    assert_eq!(collation["themes"], json!([]));
    for path in [
        "cross-tab?rows=theme&columns=group",
        "cells?by=question",
        "coverage",
    ] {
        world
            .lead
            .get(format!("/v1/consultations/{id}/{path}"))
            .await
            .expect(200);
    }
}

#[actix_web::test]
async fn quotes_are_quotable_and_the_oldest_three() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let point = |text: &str, consent: &str| json!({"question": 1, "text": text, "quote_consent": consent});
    let points = [
        ("No", "not_quotable"),
        ("One", "quotable"),
        ("Two", "quotable"),
        ("Three", "quotable"),
        ("Four", "quotable"),
    ];
    let points: Vec<_> = points
        .iter()
        .map(|(text, consent)| point(text, consent))
        .collect();
    let ids = contribution_ids(
        &world
            .discussion(&id, &world.meeting_a, json!({"contributions": points}))
            .await,
    );
    for said in ids.iter().rev() {
        world.code(said, &[&walks]).await;
    }
    let quotes = async || {
        let collation = world.collation(&id, "").await;
        let quotes = collation["themes"][0]["quotes"].as_array().unwrap().clone();
        quotes
            .iter()
            .map(|quote| quote["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(quotes().await, ["One", "Two", "Three"]);
    let unquotable = json!({"quote_consent": "not_quotable"});
    world
        .lead
        .patch(format!("/v1/contributions/{}", ids[1]), 1, unquotable)
        .await
        .expect(200);
    assert_eq!(quotes().await, ["Two", "Three", "Four"]);
}

#[actix_web::test]
async fn a_register_of_another_consultation_moves_nothing_here() {
    let golden = golden().await;
    let path = format!("/v1/consultations/{}/collation", golden.id);
    let before = golden.world.lead.get(&path).await.expect(200);
    let other = golden.world.open(json!({})).await;
    golden
        .world
        .discussion(&other, &golden.world.meeting_a, json!({}))
        .await;
    golden.world.theme(&other, "catering", json!({})).await;
    let after = golden.world.lead.get(&path).await.expect(200);
    assert_eq!(before.text(), after.text());
}

#[actix_web::test]
async fn a_round_that_is_first_heard_after_a_collation_is_in_the_next() {
    let world = World::start().await;
    let spring = world.another_round().await;
    let attendance = json!([{"service_id": world.a2, "respondent_group": "service_user", "people": 4}]);
    let meeting = world
        .meeting(
            &world.a,
            json!({"round_id": spring, "tables": 2, "attendance": attendance}),
        )
        .await;
    let id = world.open(json!({})).await;
    let here = format!("/v1/consultations/{id}");
    let rounds = |collation: &Value| -> Vec<String> {
        let legend = collation["legend"]["round"].as_array().unwrap().iter();
        legend
            .map(|one| one["key"].as_str().unwrap().to_owned())
            .collect()
    };
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let before = world.collation(&id, "").await;
    assert_eq!(rounds(&before), [world.round.as_str()]);
    world.lead.get(format!("{here}/coverage")).await.expect(200);

    world.discussion(&id, &meeting, json!({})).await;
    let after = world.collation(&id, "").await;
    assert_eq!(rounds(&after), [world.round.clone(), spring.clone()]);
    let heard = after["heard"]["attendance"].as_array().unwrap();
    let of_spring = heard.iter().find(|one| one["round"] == json!(spring));
    assert_eq!(
        of_spring,
        Some(&json!({"round": spring, "all": n(4), "by_respondent_group": by(&[("service_user", 4)])}))
    );
    let coverage = world.lead.get(format!("{here}/coverage")).await.expect(200).json;
    assert_eq!(
        (&coverage["tables"]["expected"], &coverage["services"]["present"]),
        (&json!(2), &json!(1))
    );
    // One that looks for the first time now sees the same.
    let replica = world.service.replica().await;
    let there = world.lead.at(replica.base());
    for path in [
        "collation",
        "collation?channel=meeting_discussion",
        "coverage",
        "cross-tab?rows=question&columns=round",
    ] {
        let path = format!("{here}/{path}");
        let (one, other) = (
            world.lead.get(&path).await.expect(200),
            there.get(&path).await.expect(200),
        );
        assert_eq!((one.text(), one.etag()), (other.text(), other.etag()), "{path}");
    }
}

#[actix_web::test]
async fn who_chooses_several_options_is_one_person() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let chosen = ["gym", "garden", "kitchen"];
    let answers = json!([{"question": 4, "choices": chosen}]);
    world
        .response(&id, json!({"group_id": world.a, "answers": answers}))
        .await;
    let path = format!("/v1/consultations/{id}/cross-tab?rows=answer&columns=group&question=4");
    let table = world.lead.get(path).await.expect(200).json;
    let london = world.a.as_str();
    let row = |option: &str| (option.to_owned(), 1, cells(&[(london, 1)]));
    assert_eq!(rows(&table), chosen.map(row));
    assert_eq!(totals(&table).get(london), Some(&1));
}
