//! Consultations, and the steps of their life.

use serde_json::{Value, json};
use tests::{World, merged, new_id, world::contribution_ids};

#[actix_web::test]
async fn a_consultation_is_kept_as_it_was_written() {
    let world = World::start().await;
    let body = merged(
        world.consultation_body(),
        json!({
        "easy_read_summary": "Food and exercise.", "open_to_change": "Takeaways.", "not_open_to_change": "The law.",
        "response_due_on": "2020-01-23", "disclosure_policy": "hes-7",
        "materials": [{"format": "easy_read", "title": "Food and you", "url": "https://example.org/food",
            "supplied_on": "2019-08-20"}]}),
    );
    let made = world
        .lead
        .post("/v1/consultations", body.clone())
        .await
        .expect(201);
    assert_eq!(made.json["status"], "draft");
    for (name, value) in body.as_object().unwrap() {
        if name == "group_ids" || name == "round_ids" {
            let ids = |value: &Value| {
                let mut ids: Vec<_> = value
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|id| id.as_str().unwrap().to_owned())
                    .collect();
                ids.sort();
                ids
            };
            assert_eq!(ids(&made.json[name]), ids(value), "{name}");
        } else {
            assert_eq!(&made.json[name], value, "{name}");
        }
    }
    assert_eq!(
        world
            .lead
            .get(format!("/v1/consultations/{}", made.id()))
            .await
            .expect(200)
            .json,
        made.json
    );
}

#[actix_web::test]
async fn only_what_is_required_is_required() {
    let world = World::start().await;
    let least = json!({"reference": "LEAST", "title": "Least", "kind": "survey", "commissioned_by": world.body,
        "summary": "Nothing more.", "questions": [{"number": 1, "prompt": "Well?", "kind": "open"}]});
    world
        .lead
        .post("/v1/consultations", least.clone())
        .await
        .expect(201);
    for name in least.as_object().unwrap().keys() {
        let without = merged(least.clone(), json!({name: null, "reference": "OTHER"}));
        let without = if name == "reference" {
            merged(without, json!({"reference": null}))
        } else {
            without
        };
        world
            .lead
            .post("/v1/consultations", without)
            .await
            .problem(422, "invalid");
    }
    world
        .lead
        .post("/v1/consultations", least)
        .await
        .problem(409, "not-unique");
}

#[actix_web::test]
async fn questions_are_checked_all_at_once() {
    let world = World::start().await;
    let questions = json!([
        {"number": 1, "prompt": "One?", "kind": "open", "options": ["yes", "no"]},
        {"number": 1, "prompt": "Again?", "kind": "single_choice", "options": ["yes"]},
        {"number": 3, "prompt": "Three?", "kind": "multiple_choice", "options": ["a", "b", "a"], "section_refs": ["9.9"]},
        {"number": 0, "prompt": " ", "kind": "agreement"}]);
    let body = merged(
        world.consultation_body(),
        json!({"questions": questions, "commissioned_by": new_id(),
        "group_ids": [world.a, new_id()], "round_ids": [new_id()], "closes_on": "2019-01-01"}),
    );
    world.lead.post("/v1/consultations", body).await.faults(&[
        "/closes_on",
        "/commissioned_by",
        "/group_ids/1",
        "/questions/0/options",
        "/questions/1/number",
        "/questions/1/options",
        "/questions/2/options/2",
        "/questions/2/section_refs/0",
        "/questions/3/number",
        "/questions/3/prompt",
        "/round_ids/0",
    ]);
}

#[actix_web::test]
async fn five_hundred_questions_are_taken_and_one_more_is_not() {
    let world = World::start().await;
    let questions = |count: usize| {
        let questions: Vec<_> = (1..=count)
            .map(|number| json!({"number": number, "prompt": "Well?", "kind": "open"}))
            .collect();
        merged(world.consultation_body(), json!({"questions": questions}))
    };
    world
        .lead
        .post("/v1/consultations", questions(501))
        .await
        .faults(&["/questions"]);
    world
        .lead
        .post("/v1/consultations", questions(500))
        .await
        .expect(201);
}

#[actix_web::test]
async fn consultations_are_found_by_status_kind_body_and_group() {
    let world = World::start().await;
    let draft = world.draft(json!({"group_ids": [world.a]})).await.id();
    let open = world.open(json!({"kind": "cquin", "group_ids": [world.b]})).await;
    let ids = async |query: String| {
        world
            .lead
            .get(format!("/v1/consultations{query}"))
            .await
            .expect(200)
            .ids()
    };
    assert_eq!(ids(String::new()).await, [draft.clone(), open.clone()]);
    assert_eq!(ids("?status=draft".into()).await, [draft.as_str()]);
    assert_eq!(
        ids("?status=draft,open".into()).await,
        [draft.clone(), open.clone()]
    );
    assert_eq!(ids("?kind=cquin".into()).await, [open.as_str()]);
    assert_eq!(
        ids(format!("?body={}", world.body)).await,
        [draft.clone(), open.clone()]
    );
    assert_eq!(ids(format!("?body={}", new_id())).await, [""; 0]);
    assert_eq!(ids(format!("?group={}", world.b)).await, [open.as_str()]);
    assert_eq!(
        ids(format!("?group={},{}&status=draft", world.a, world.b)).await,
        [draft]
    );
}

#[actix_web::test]
async fn questions_change_in_a_draft_and_never_after() {
    let world = World::start().await;
    let made = world.draft(json!({})).await;
    let path = format!("/v1/consultations/{}", made.id());
    let questions = json!([{"number": 2, "prompt": "Other?", "kind": "open"}, {"number": 1, "prompt": "One?", "kind": "open"}]);
    let changed = world
        .lead
        .patch(&path, 1, json!({"questions": questions}))
        .await
        .expect(200);
    let numbers: Vec<_> = changed.json["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|q| q["number"].clone())
        .collect();
    assert_eq!(numbers, [1, 2]);
    let opened = world.move_to(&made.id(), "open").await.expect(200);
    let version = opened.version();
    let shorter = json!({"questions": [questions[0]]});
    world
        .lead
        .patch(&path, version, shorter)
        .await
        .problem(409, "questions-fixed");
    let title = json!({"title": "Another title", "easy_read_summary": "Short."});
    let titled = world.lead.patch(&path, version, title).await.expect(200);
    assert_eq!(
        (titled.json["title"].as_str(), titled.version()),
        (Some("Another title"), version + 1)
    );
    world
        .lead
        .patch(&path, version, json!({"status": "closed"}))
        .await
        .problem(412, "stale-version");
    world
        .lead
        .patch(&path, version + 1, json!({"status": "closed"}))
        .await
        .problem(422, "invalid");
}

/// The steps that can be posted from each status.
const STEPS: [(&str, &[&str]); 6] = [
    ("draft", &["open", "withdrawn"]),
    ("open", &["suspended", "closed", "withdrawn"]),
    ("suspended", &["open", "withdrawn"]),
    ("closed", &["analysing", "open", "withdrawn"]),
    ("analysing", &["open", "withdrawn"]),
    ("withdrawn", &[]),
];

/// How each status is reached from a draft.
fn way_to(status: &str) -> &'static [&'static str] {
    match status {
        "draft" => &[],
        "open" => &["open"],
        "suspended" => &["open", "suspended"],
        "closed" => &["open", "closed"],
        "analysing" => &["open", "closed", "analysing"],
        _ => &["withdrawn"],
    }
}

#[actix_web::test]
async fn a_step_that_is_not_allowed_names_those_that_are() {
    let world = World::start().await;
    for (from, allowed) in STEPS {
        for (to, _) in STEPS {
            let id = world.draft(json!({"group_ids": []})).await.id();
            for step in way_to(from) {
                world.move_to(&id, step).await.expect(200);
            }
            let answer = world.move_to(&id, to).await;
            if allowed.contains(&to) {
                assert_eq!(answer.expect(200).json["status"], to);
            } else {
                let detail = answer.problem(409, "status-not-allowed").json["detail"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                for step in allowed {
                    assert!(
                        detail.contains(step),
                        "{from} → {to}: {detail} does not name {step}"
                    );
                }
            }
        }
    }
}

#[actix_web::test]
async fn statuses_that_follow_from_other_acts_are_not_posted() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    for status in ["reported", "delivered", "answered"] {
        world
            .move_to(&id, status)
            .await
            .problem(409, "status-not-allowed");
    }
    world.move_to(&id, "finished").await.faults(&["/to"]);
}

#[actix_web::test]
async fn closing_waits_for_every_group_that_is_expected() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let close = async |body: Value| {
        world
            .lead
            .post(format!("/v1/consultations/{id}/status"), body)
            .await
    };
    let missing = async || {
        let refused = close(json!({"to": "closed"}))
            .await
            .problem(409, "feedback-missing");
        let text = refused.json["errors"].to_string();
        [&world.a, &world.b, &world.c].map(|group| text.contains(group.as_str()))
    };
    // Nobody has posted a table.
    assert_eq!(missing().await, [true, true, true]);

    // London: two tables were held, and both are posted only after the second.
    world
        .lead
        .patch(
            format!("/v1/meetings/{}", world.meeting_a),
            1,
            json!({"tables": 2}),
        )
        .await
        .expect(200);
    world
        .discussion(&id, &world.meeting_a, json!({"table": "Table 1"}))
        .await;
    assert_eq!(missing().await, [true, true, true]);
    world
        .discussion(&id, &world.meeting_a, json!({"table": "Table 2"}))
        .await;
    assert_eq!(missing().await, [false, true, true]);

    // North West: cancelled.
    let cancelled = json!({"status": "cancelled", "status_reason": "An outbreak on the ward"});
    world
        .lead
        .patch(format!("/v1/meetings/{}", world.meeting_b), 1, cancelled)
        .await
        .expect(200);
    assert_eq!(missing().await, [false, false, true]);

    // Yorkshire: a lead decides not to wait, and says why.
    let unexpected = json!({"to": "closed", "overrides": [{"group_id": new_id(), "reason": "Why not"}]});
    close(unexpected).await.faults(&["/overrides/0/group_id"]);
    let without_reason = json!({"to": "closed", "overrides": [{"group_id": world.c}]});
    close(without_reason).await.problem(422, "invalid");
    let waived =
        json!({"to": "closed", "overrides": [{"group_id": world.c, "reason": "No facilitator this autumn"}]});
    assert_eq!(close(waived).await.expect(200).json["status"], "closed");
}

#[actix_web::test]
async fn a_planned_meeting_is_waited_for() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": [world.a]})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let planned = world.meeting(&world.a, json!({"status": "planned"})).await;
    world
        .move_to(&id, "closed")
        .await
        .problem(409, "feedback-missing");
    world
        .lead
        .patch(
            format!("/v1/meetings/{planned}"),
            1,
            json!({"status": "cancelled"}),
        )
        .await
        .expect(200);
    world.move_to(&id, "closed").await.expect(200);
}

#[actix_web::test]
async fn nothing_is_waited_for_where_nobody_was_expected() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    world.move_to(&id, "closed").await.expect(200);
}

#[actix_web::test]
async fn feedback_is_taken_while_a_consultation_is_open_and_only_then() {
    let world = World::start().await;
    for (status, _) in STEPS {
        let id = world.draft(json!({"group_ids": []})).await.id();
        for step in way_to(status) {
            world.move_to(&id, step).await.expect(200);
        }
        let discussion = world.discussion_body(&world.meeting_a);
        let discussion = world
            .lead
            .post(format!("/v1/consultations/{id}/discussions"), discussion)
            .await;
        let response = world.response_body();
        let response = world
            .lead
            .post(format!("/v1/consultations/{id}/responses"), response)
            .await;
        if status == "open" {
            discussion.expect(201);
            response.expect(201);
        } else {
            discussion.problem(409, "consultation-not-open");
            response.problem(409, "consultation-not-open");
            let collation = world.collation(&id, "").await;
            assert_eq!(collation["heard"]["discussions"], 0, "{status}");
        }
    }
}

#[actix_web::test]
async fn an_opened_again_consultation_takes_feedback_again() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    for step in ["closed", "open", "suspended", "open"] {
        world.move_to(&id, step).await.expect(200);
    }
    world.discussion(&id, &world.meeting_a, json!({})).await;
}

#[actix_web::test]
async fn a_draft_is_known_to_leads_alone() {
    let world = World::start().await;
    let id = world.draft(json!({})).await.id();
    let path = format!("/v1/consultations/{id}");
    let facilitator = world.facilitator(&world.a).await;
    facilitator.get(&path).await.problem(404, "not-found");
    assert!(
        facilitator
            .get("/v1/consultations")
            .await
            .expect(200)
            .items()
            .is_empty()
    );
    world.move_to(&id, "open").await.expect(200);
    facilitator.get(&path).await.expect(200);
    assert_eq!(facilitator.get("/v1/consultations").await.expect(200).ids(), [id]);
}

#[actix_web::test]
async fn a_section_that_contributions_cite_stays() {
    let world = World::start().await;
    let documents = |refs: &[&str]| {
        let sections: Vec<_> = refs
            .iter()
            .map(|one| json!({"ref": one, "title": format!("Section {one}")}))
            .collect();
        json!({"documents": [{"title": "Draft guidance", "version": "0.3", "sections": sections}]})
    };
    let id = world.open(documents(&["4.3", "4.4", "4.5"])).await;
    let cites = json!({"contributions": [{"question": 1, "text": "Walks.", "section_ref": "4.4"}]});
    let notes = world.discussion(&id, &world.meeting_a, cites).await;
    let said = format!("/v1/contributions/{}", contribution_ids(&notes)[0]);
    let path = format!("/v1/consultations/{id}");
    let version = world.lead.get(&path).await.expect(200).version();
    let cited = world
        .lead
        .patch(&path, version, documents(&["4.3", "4.5"]))
        .await
        .faults(&["/documents"]);
    assert_eq!(cited.json["errors"][0]["code"], "still-cited");
    let shorter = world
        .lead
        .patch(&path, version, documents(&["4.3", "4.4"]))
        .await
        .expect(200);
    let sections = shorter.json["documents"][0]["sections"].as_array().unwrap();
    assert_eq!(sections.len(), 2);
    let corrected = world
        .lead
        .patch(&said, 1, json!({"text": "More walks."}))
        .await
        .expect(200);
    assert_eq!(
        (&corrected.json["text"], &corrected.json["section_ref"]),
        (&json!("More walks."), &json!("4.4"))
    );
}

#[actix_web::test]
async fn questions_of_a_draft_change_around_the_one_that_a_theme_names() {
    let world = World::start().await;
    let made = world.draft(json!({})).await;
    let theme = world.theme(&made.id(), "walks", json!({"question": 1})).await;
    let path = format!("/v1/consultations/{}", made.id());
    let questions = json!([{"number": 1, "prompt": "What helps?", "kind": "open"},
        {"number": 5, "prompt": "What else?", "kind": "open"}]);
    let changed = world
        .lead
        .patch(&path, made.version(), json!({"questions": questions}))
        .await
        .expect(200);
    let asked: Vec<_> = changed.json["questions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["number"].clone(), one["prompt"].clone()))
        .collect();
    assert_eq!(
        asked,
        [(json!(1), json!("What helps?")), (json!(5), json!("What else?"))]
    );
    let theme = world.lead.get(format!("{path}/themes/{theme}")).await.expect(200);
    assert_eq!(theme.json["question"], 1);
}
