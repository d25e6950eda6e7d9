//! Feedback comes in: tables' notes and responses.

use serde_json::{Value, json};
use tests::{Answer, World, merged, new_id, world::contribution_ids};

async fn notes(world: &World, consultation: &str, extra: Value) -> Answer {
    let body = merged(world.discussion_body(&world.meeting_a), extra);
    world
        .lead
        .post(format!("/v1/consultations/{consultation}/discussions"), body)
        .await
}

async fn respond(world: &World, consultation: &str, extra: Value) -> Answer {
    let body = merged(world.response_body(), extra);
    world
        .lead
        .post(format!("/v1/consultations/{consultation}/responses"), body)
        .await
}

fn point(extra: Value) -> Value {
    json!({"contributions": [merged(json!({"question": 1, "text": "Walks."}), extra)]})
}

#[actix_web::test]
async fn a_table_s_notes_are_kept_as_they_were_written() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = json!({"id": new_id(), "meeting_id": world.meeting_a, "table": "Table 3", "sitting": 2, "minutes_given": 35,
        "recorded_at": "2019-10-03T13:40:00Z",
        "participants": {"service_user": 5, "staff": 2, "family_carer": 0, "commissioner": 1},
        "not_discussed": [{"question": 4, "reason": "no_time"}],
        "tallies": [{"question": 2, "counts": {"yes": 4, "partly": 3, "no": 1}}],
        "contributions": [{"id": new_id(), "question": 1, "text": "Walks in the grounds.",
            "respondent_group": "service_user", "stance": "supports",
            "hands": {"agree": 4, "disagree": 1, "unsure": 0}, "verbatim": true, "quote_consent": "quotable",
            "section_ref": "4.3", "setting": "low_secure", "helped_by": "peer"},
            {"question": null, "text": "The room was cold."}]});
    let made = world
        .lead
        .post(format!("/v1/consultations/{id}/discussions"), body.clone())
        .await
        .expect(201);
    for name in [
        "id",
        "meeting_id",
        "table",
        "sitting",
        "minutes_given",
        "recorded_at",
        "participants",
        "not_discussed",
        "tallies",
    ] {
        assert_eq!(made.json[name], body[name], "{name}");
    }
    let first = &made.json["contributions"][0];
    for (name, value) in body["contributions"][0].as_object().unwrap() {
        assert_eq!(&first[name], value, "{name}");
    }
    assert_eq!(first["group_id"], json!(world.a));
    assert_eq!(first["channel"], "meeting_discussion");
    let path = made.header("location").unwrap().to_owned();
    assert_eq!(world.lead.get(path).await.expect(200).json, made.json);
    assert_eq!(
        world
            .lead
            .get(format!("/v1/consultations/{id}/discussions"))
            .await
            .expect(200)
            .items()[0],
        made.json
    );
    let single = world
        .lead
        .get(format!("/v1/contributions/{}", first["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(&single.json, first);
}

#[actix_web::test]
async fn what_a_table_does_not_say_has_a_meaning() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let said = async |participants: Value| {
        let made = notes(
            &world,
            &id,
            merged(point(json!({})), json!({"participants": participants})),
        )
        .await
        .expect(201);
        made.json["contributions"][0].clone()
    };
    let one_kind = said(json!({"service_user": 5, "staff": 0})).await;
    assert_eq!(
        one_kind["respondent_group"], "service_user",
        "the only kind of participant"
    );
    assert_eq!(
        said(json!({"service_user": 5, "staff": 1})).await["respondent_group"],
        "mixed"
    );
    assert_eq!(said(json!({})).await["respondent_group"], "mixed");
    assert_eq!(said(Value::Null).await["respondent_group"], "mixed");
    assert_eq!(one_kind["stance"], "unclear");
    assert_eq!(one_kind["quote_consent"], "not_quotable");
    assert_eq!(one_kind["setting"], "not_recorded", "never derived from a venue");
    assert_eq!(one_kind["hands"], Value::Null);
    assert_eq!(one_kind["verbatim"], false);
}

#[actix_web::test]
async fn a_table_with_no_point_is_a_table_all_the_same() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    notes(&world, &id, json!({"contributions": []})).await.expect(201);
    assert_eq!(world.collation(&id, "").await["heard"]["discussions"], 1);
}

#[actix_web::test]
async fn more_hands_than_people_are_refused() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let seven = json!({"participants": {"service_user": 5, "staff": 2}});
    let hands = |agree: u32, disagree: u32| {
        merged(
            seven.clone(),
            point(json!({"hands": {"agree": agree, "disagree": disagree}})),
        )
    };
    notes(&world, &id, hands(5, 3))
        .await
        .faults(&["/contributions/0/hands"]);
    notes(&world, &id, hands(5, 2)).await.expect(201);
    // Nobody counted, so nobody can say that there are too many.
    notes(&world, &id, merged(hands(50, 3), json!({"participants": {}})))
        .await
        .expect(201);
    notes(&world, &id, point(json!({"hands": {"agree": -1}})))
        .await
        .problem(422, "invalid");
    notes(&world, &id, point(json!({"hands": {"agree": 4_000_000_000_u32}})))
        .await
        .problem(422, "invalid");
}

#[actix_web::test]
async fn a_tally_fits_its_question_and_its_table() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let tally = |tallies: Value| json!({"participants": {"service_user": 5}, "tallies": tallies, "contributions": []});
    let bad = [
        (
            json!([{"question": 2, "counts": {"yes": 4, "no": 2}}]),
            vec!["/tallies/0/counts"],
        ),
        (
            json!([{"question": 2, "counts": {"maybe": 1}}]),
            vec!["/tallies/0/counts/maybe"],
        ),
        (
            json!([{"question": 3, "counts": {"yes": 1}}]),
            vec!["/tallies/0/counts/yes"],
        ),
        (
            json!([{"question": 1, "counts": {"yes": 1}}]),
            vec!["/tallies/0/question"],
        ),
        (
            json!([{"question": 9, "counts": {"yes": 1}}]),
            vec!["/tallies/0/question"],
        ),
        (json!([{"question": 2, "counts": {}}]), vec!["/tallies/0/counts"]),
        (
            json!([{"question": 2, "counts": {"yes": 1}}, {"question": 2, "counts": {"no": 1}}]),
            vec!["/tallies/1/question"],
        ),
        // Everybody may choose several, but nobody one thing twice.
        (
            json!([{"question": 4, "counts": {"gym": 6, "garden": 5}}]),
            vec!["/tallies/0/counts"],
        ),
    ];
    for (tallies, pointers) in bad {
        notes(&world, &id, tally(tallies)).await.faults(&pointers);
    }
    let good = json!([{"question": 2, "counts": {"yes": 3, "no": 2}}, {"question": 3, "counts": {"agree": 5}},
        {"question": 4, "counts": {"gym": 5, "garden": 4}}]);
    notes(&world, &id, tally(good)).await.expect(201);
    let question = world.collation(&id, "").await["questions"][3].clone();
    assert_eq!(question["tally"]["gym"]["value"], 5);
}

#[actix_web::test]
async fn every_broken_rule_of_a_table_s_notes_is_named_at_once() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let twice = new_id();
    let body = json!({"participants": {"service_user": 2, "mixed": 1}, "sitting": 0, "table": "x".repeat(101),
        "not_discussed": [{"question": 1, "reason": "no_time"}, {"question": 9, "reason": "other"},
            {"question": 4, "reason": "no_time"}, {"question": 4, "reason": "not_asked"}],
        "tallies": [{"question": 3, "counts": {"agree": 9}}],
        "contributions": [
            {"id": twice, "question": 1, "text": " "},
            {"id": twice, "question": 9, "text": "Walks.", "section_ref": "9.9", "hands": {"agree": 4}},
            {"question": null, "text": "\u{1} bell \u{7}"}]});
    notes(&world, &id, body).await.faults(&[
        "/contributions/0/text",
        "/contributions/1/hands",
        "/contributions/1/id",
        "/contributions/1/question",
        "/contributions/1/section_ref",
        "/contributions/2/text",
        "/not_discussed/0/question",
        "/not_discussed/1/question",
        "/not_discussed/3/question",
        "/participants/mixed",
        "/sitting",
        "/table",
        "/tallies/0/counts",
    ]);
    assert_eq!(world.collation(&id, "").await["heard"]["discussions"], 0);
}

#[actix_web::test]
async fn a_table_belongs_to_a_meeting_that_is_there_and_not_cancelled() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    notes(&world, &id, json!({"meeting_id": new_id()}))
        .await
        .problem(404, "not-found");
    let cancelled = world.meeting(&world.a, json!({"status": "cancelled"})).await;
    notes(&world, &id, json!({"meeting_id": cancelled}))
        .await
        .faults(&["/meeting_id"]);
    let body = world.discussion_body(&world.meeting_a);
    let nowhere = format!("/v1/consultations/{}/discussions", new_id());
    world.lead.post(nowhere, body).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_channel_that_is_not_asked_for_is_refused() {
    let world = World::start().await;
    let id = world.open(json!({"channels": ["champion"]})).await;
    notes(&world, &id, json!({})).await.problem(422, "invalid");
    respond(&world, &id, json!({"channel": "written"}))
        .await
        .faults(&["/channel"]);
    respond(&world, &id, json!({"channel": "champion"}))
        .await
        .expect(201);
    let id = world.open(json!({})).await;
    respond(&world, &id, json!({"channel": "meeting_discussion"}))
        .await
        .faults(&["/channel"]);
}

#[actix_web::test]
async fn notes_sent_again_are_the_same_notes() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = merged(
        json!({"id": new_id()}),
        point(json!({"id": new_id(), "quote_consent": "quotable"})),
    );
    let first = notes(&world, &id, body.clone()).await.expect(201);
    let again = notes(&world, &id, body.clone()).await.expect(200);
    assert_eq!(again.json, first.json);
    // Also when they were corrected in the meantime, and when the consultation has closed.
    let table = json!({"table": "Table 9"});
    let corrected = world
        .lead
        .patch(format!("/v1/discussions/{}", first.id()), 1, table)
        .await
        .expect(200);
    assert_eq!(
        notes(&world, &id, body.clone()).await.expect(200).json["table"],
        "Table 9"
    );
    assert_eq!(corrected.version(), 2);
    world.move_to(&id, "suspended").await.expect(200);
    notes(&world, &id, body.clone()).await.expect(200);
    world.move_to(&id, "open").await.expect(200);

    for other in [json!({"table": "Another"}), point(json!({"text": "Other words"}))] {
        let refused = notes(&world, &id, merged(body.clone(), other))
            .await
            .problem(409, "id-conflict");
        assert!(
            !refused.text().contains("Walks"),
            "a refusal shows what is stored"
        );
    }
    let elsewhere = world.open(json!({})).await;
    notes(&world, &elsewhere, body.clone())
        .await
        .problem(409, "id-conflict");
    // A contribution's id is taken as well.
    let said = body["contributions"][0]["id"].clone();
    notes(&world, &id, point(json!({"id": said})))
        .await
        .problem(409, "id-conflict");
    assert_eq!(world.collation(&id, "").await["heard"]["discussions"], 1);
}

#[actix_web::test]
async fn a_response_sent_again_is_the_same_response() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = json!({"id": new_id(), "answers": [{"id": new_id(), "question": 1, "text": "Cook with us."},
        {"question": 3, "choice": "agree"}]});
    let first = respond(&world, &id, body.clone()).await.expect(201);
    let again = respond(&world, &id, body.clone()).await.expect(200);
    assert_eq!(again.json, first.json, "the receipt, too");
    let other = respond(&world, &id, merged(body, json!({"respondent_group": "staff"}))).await;
    other.problem(409, "id-conflict");
    assert_eq!(
        world.collation(&id, "").await["heard"]["responses"]["all"]["value"],
        1
    );
}

#[actix_web::test]
async fn a_response_is_kept_as_it_was_written() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = json!({"id": new_id(), "channel": "survey_paper", "respondent_group": "family_carer",
        "setting": "medium_secure", "service_id": world.a2, "people_represented": 3, "information_sheet_version": "2",
        "answers": [
            {"question": 1, "text": "Cook with us.", "quote_consent": "quotable", "stance": "suggests",
                "section_ref": "4.4", "helped_by": "carer", "people_represented": 2},
            {"question": 1, "text": "And eat with us."},
            {"question": 2, "choice": "partly", "text": "Page two is hard."},
            {"question": 3, "choice": "agree"},
            {"question": 4, "choices": ["gym", "kitchen"]},
            {"question": null, "text": "Thank you.", "respondent_group": "staff"}]});
    let made = respond(&world, &id, body.clone()).await.expect(201);
    for name in [
        "id",
        "channel",
        "respondent_group",
        "setting",
        "service_id",
        "people_represented",
        "information_sheet_version",
    ] {
        assert_eq!(made.json[name], body[name], "{name}");
    }
    assert!(
        made.json["receipt"]
            .as_str()
            .is_some_and(|receipt| receipt.len() >= 16),
        "a receipt to hand over"
    );
    let list = world
        .lead
        .get(format!("/v1/consultations/{id}/contributions"))
        .await
        .expect(200);
    let texts: Vec<_> = list
        .items()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "Cook with us.",
            "And eat with us.",
            "Page two is hard.",
            "Thank you."
        ]
    );
    let first = &list.items()[0];
    assert_eq!(
        (&first["group_id"], &first["setting"]),
        (&json!(world.a), &json!("medium_secure"))
    );
    assert_eq!(list.items()[3]["respondent_group"], "staff");
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["questions"][1]["tally"]["partly"]["value"], 1);
    assert_eq!(collation["questions"][2]["tally"]["agree"]["value"], 1);
    assert_eq!(collation["questions"][3]["tally"]["kitchen"]["value"], 1);
    let shown = world
        .lead
        .get(format!("/v1/responses/{}", made.id()))
        .await
        .expect(200);
    assert_eq!(shown.json["answers"], made.json["answers"]);
}

#[actix_web::test]
async fn an_answer_fits_its_question() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let bad = [
        (json!({"question": 1}), "/answers/0"),
        (json!({"question": 1, "choice": "yes"}), "/answers/0/choice"),
        (json!({"question": 2, "choice": "maybe"}), "/answers/0/choice"),
        (json!({"question": 2, "choices": ["yes"]}), "/answers/0/choices"),
        (json!({"question": 3, "choice": "yes"}), "/answers/0/choice"),
        (
            json!({"question": 4, "choices": ["gym", "pool"]}),
            "/answers/0/choices/1",
        ),
        (
            json!({"question": 4, "choices": ["gym", "gym"]}),
            "/answers/0/choices/1",
        ),
        (json!({"question": 4, "choices": []}), "/answers/0/choices"),
        (json!({"question": 9, "text": "Walks."}), "/answers/0/question"),
        (json!({"question": null, "choice": "yes"}), "/answers/0/question"),
        (
            json!({"question": 1, "text": "Walks.", "section_ref": "9.9"}),
            "/answers/0/section_ref",
        ),
        (
            json!({"question": 2, "choice": "yes", "id": new_id()}),
            "/answers/0/id",
        ),
    ];
    for (answer, pointer) in bad {
        respond(&world, &id, json!({"answers": [answer]}))
            .await
            .faults(&[pointer]);
    }
    respond(&world, &id, json!({"answers": []}))
        .await
        .faults(&["/answers"]);
    assert_eq!(
        world.collation(&id, "").await["heard"]["responses"]["all"]["value"],
        0
    );
}

#[actix_web::test]
async fn the_latest_answer_to_a_closed_question_stands() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let answers = json!([{"question": 3, "choice": "agree"}, {"question": 2, "choice": "yes"},
        {"question": 3, "choice": "unsure"}, {"question": 3, "choice": "disagree"}]);
    let response = respond(&world, &id, json!({"answers": answers, "service_id": world.a1}))
        .await
        .expect(201);
    let tally = async || world.collation(&id, "").await["questions"][2]["tally"].clone();
    let counts = |tally: Value| ["agree", "disagree", "unsure"].map(|option| tally[option]["value"].clone());
    assert_eq!(counts(tally().await), [0, 1, 0]);
    // Changed later, the later one stands.
    let path = format!("/v1/responses/{}", response.id());
    let changed = json!({"answers": [{"question": 3, "choice": "agree"}]});
    world.lead.patch(&path, 1, changed).await.expect(200);
    assert_eq!(counts(tally().await), [1, 0, 0]);
    let question = world.collation(&id, "").await["questions"][1].clone();
    assert_eq!(question["tally"]["yes"]["value"], 0, "a list is replaced whole");
}

#[actix_web::test]
async fn a_response_without_a_group_is_counted_outside_of_groups() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    respond(
        &world,
        &id,
        json!({"answers": [{"question": 3, "choice": "agree"}]}),
    )
    .await
    .expect(201);
    let question = world.collation(&id, "").await["questions"][2].clone();
    assert_eq!(
        (&question["groups"], &question["tally"]["agree"]["value"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(question["consensus"]["groups_heard"], 0);
}

#[actix_web::test]
async fn a_service_and_a_group_of_a_response_fit_together() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let apart = json!({"service_id": world.a1, "group_id": world.b});
    respond(&world, &id, apart).await.faults(&["/service_id"]);
    respond(&world, &id, json!({"service_id": new_id()}))
        .await
        .faults(&["/service_id"]);
    respond(&world, &id, json!({"group_id": new_id()}))
        .await
        .faults(&["/group_id"]);
    respond(&world, &id, json!({"service_id": world.a1, "group_id": world.a}))
        .await
        .expect(201);
}

#[actix_web::test]
async fn correcting_keeps_ids_and_takes_nothing_away() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let quotable = json!({"contributions": [
        {"question": 1, "text": "First.", "quote_consent": "quotable"},
        {"question": 1, "text": "Second.", "quote_consent": "quotable"}]});
    let made = notes(&world, &id, quotable).await.expect(201);
    let ids = contribution_ids(&made);
    let path = format!("/v1/discussions/{}", made.id());
    let corrected = json!({"minutes_given": 20, "contributions": [
        {"id": ids[0], "question": 1, "text": "First.", "quote_consent": "quotable", "stance": "supports"},
        {"id": ids[1], "question": 1, "text": "Second, in other words.", "quote_consent": "quotable"},
        {"question": null, "text": "Third."}]});
    let changed = world.lead.patch(&path, 1, corrected).await.expect(200);
    let said = changed.json["contributions"].as_array().unwrap();
    assert_eq!(contribution_ids(&changed)[..2], ids);
    assert_eq!(
        (said[0]["quote_consent"].as_str(), said[0]["stance"].as_str()),
        (Some("quotable"), Some("supports"))
    );
    assert_eq!(
        said[1]["quote_consent"], "not_quotable",
        "other words have nobody's consent"
    );
    assert_eq!(said[2]["text"], "Third.");
    assert_eq!(
        changed.json["table"], "Table 1",
        "what the patch does not name stays"
    );
    assert_eq!(world.lead.get(&path).await.expect(200).json, changed.json);

    let left_out = json!({"contributions": [{"id": ids[0], "question": 1, "text": "First."}]});
    world
        .lead
        .patch(&path, 2, left_out)
        .await
        .faults(&["/contributions"]);
    world
        .lead
        .patch(&path, 2, json!({"meeting_id": world.meeting_b}))
        .await
        .faults(&["/meeting_id"]);
    world
        .lead
        .patch(&path, 2, json!({"id": new_id()}))
        .await
        .faults(&["/id"]);
    assert_eq!(world.lead.get(&path).await.expect(200).version(), 2);
    assert_eq!(
        world.collation(&id, "").await["questions"][0]["contributions"]["value"],
        2
    );
}

#[actix_web::test]
async fn correcting_a_response_keeps_ids_and_takes_nothing_away() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let answers = json!([{"question": 1, "text": "First.", "quote_consent": "quotable"}, {"question": 3, "choice": "agree"}]);
    let made = respond(&world, &id, json!({"service_id": world.a1, "answers": answers}))
        .await
        .expect(201);
    let first = contribution_ids(&made).remove(0);
    let path = format!("/v1/responses/{}", made.id());
    let left_out = json!({"answers": [{"question": 3, "choice": "disagree"}]});
    world.lead.patch(&path, 1, left_out).await.faults(&["/answers"]);
    for (fixed, pointer) in [
        (json!({"service_id": world.a2}), "/service_id"),
        (json!({"setting": "high_secure"}), "/setting"),
        (json!({"channel": "written"}), "/channel"),
    ] {
        world.lead.patch(&path, 1, fixed).await.faults(&[pointer]);
    }
    let corrected = json!({"respondent_group": "staff", "answers": [
        {"id": first, "question": 1, "text": "First, corrected.", "quote_consent": "quotable"}]});
    let changed = world.lead.patch(&path, 1, corrected).await.expect(200);
    assert_eq!(contribution_ids(&changed), [first.as_str()]);
    let said = world
        .lead
        .get(format!("/v1/contributions/{first}"))
        .await
        .expect(200);
    assert_eq!(said.json["quote_consent"], "not_quotable");
    let question = world.collation(&id, "").await["questions"][2].clone();
    assert_eq!(question["tally"]["agree"]["value"], 0);
}

#[actix_web::test]
async fn a_contribution_is_corrected_by_itself() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = merged(
        json!({"participants": {"service_user": 4}}),
        point(json!({"hands": {"agree": 2}})),
    );
    let said = contribution_ids(&notes(&world, &id, body).await.expect(201)).remove(0);
    let path = format!("/v1/contributions/{said}");
    world
        .lead
        .patch(&path, 1, json!({"hands": {"agree": 5}}))
        .await
        .faults(&["/hands"]);
    world
        .lead
        .patch(&path, 1, json!({"question": 9, "section_ref": "9.9"}))
        .await
        .faults(&["/question", "/section_ref"]);
    let changed = json!({"question": null, "hands": null, "stance": "opposes", "setting": "low_secure", "section_ref": "4.4"});
    let changed = world.lead.patch(&path, 1, changed).await.expect(200).json;
    assert_eq!(
        (&changed["question"], &changed["hands"]),
        (&Value::Null, &Value::Null)
    );
    let collation = world.collation(&id, "?section=4.4").await;
    let outside = collation["questions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&outside["number"], &outside["stance"]["opposes"]["value"]),
        (&Value::Null, &json!(1))
    );
    let response = contribution_ids(&respond(&world, &id, json!({})).await.expect(201)).remove(0);
    world
        .lead
        .patch(
            format!("/v1/contributions/{response}"),
            1,
            json!({"hands": {"agree": 1}}),
        )
        .await
        .faults(&["/hands"]);
}

#[actix_web::test]
async fn contributions_are_found_by_every_filter() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let body = json!({"participants": {"service_user": 5}, "contributions": [
        {"question": 1, "text": "Walks in the grounds.", "stance": "supports", "setting": "low_secure", "section_ref": "4.3"},
        {"question": 1, "text": "No more TAKEAWAYS.", "stance": "opposes", "respondent_group": "staff"},
        {"question": null, "text": "A cold room."}]});
    let table = contribution_ids(&notes(&world, &id, body).await.expect(201));
    let response = json!({"service_id": world.b1, "setting": "low_secure", "answers": [{"question": 1, "text": "Takeaways, please."}]});
    let response = contribution_ids(&respond(&world, &id, response).await.expect(201)).remove(0);
    let unplaced = contribution_ids(
        &respond(&world, &id, json!({"channel": "written"}))
            .await
            .expect(201),
    )
    .remove(0);
    let food = world.theme(&id, "food", json!({})).await;
    let takeaways = world.theme(&id, "takeaways", json!({"parent_id": food})).await;
    world.code(&table[1], &[&takeaways]).await;
    world.code(&response, &[&food]).await;
    let aside = json!({"theme_ids": [], "set_aside": {"reason": "Not about the draft"}});
    world
        .lead
        .put(format!("/v1/contributions/{}/coding", table[2]), aside)
        .await
        .ok();
    let [walks, no_more, cold] = [&table[0], &table[1], &table[2]].map(String::as_str);
    let (please, written) = (response.as_str(), unplaced.as_str());
    let of_b = format!("group={}", world.b);
    let here = format!("/v1/consultations/{id}/contributions");
    let expected: &[(&str, &[&str])] = &[
        ("", &[walks, no_more, cold, please, written]),
        ("question=1", &[walks, no_more, please, written]),
        ("question=none", &[cold]),
        ("question=1,none", &[walks, no_more, cold, please, written]),
        ("theme=takeaways", &[no_more]),
        ("theme=food", &[no_more, please]),
        ("section=4.3", &[walks]),
        ("section=4.4", &[]),
        (&of_b, &[please]),
        ("group=not_recorded", &[written]),
        ("respondent_group=staff", &[no_more]),
        (
            "respondent_group=staff,service_user",
            &[walks, no_more, cold, please, written],
        ),
        ("setting=low_secure", &[walks, please]),
        ("setting=not_recorded", &[no_more, cold, written]),
        ("channel=meeting_discussion", &[walks, no_more, cold]),
        ("channel=survey_online,written", &[please, written]),
        ("stance=supports,opposes", &[walks, no_more]),
        ("coded=true", &[no_more, please]),
        ("coded=false", &[walks, written]),
        ("coded=true&channel=survey_online", &[please]),
        ("review=received", &[walks, no_more, cold, please, written]),
        ("review=approved", &[]),
    ];
    for (filter, ids) in expected {
        let found = world.lead.get(format!("{here}?{filter}")).await.expect(200);
        assert_eq!(found.ids(), *ids, "{filter}");
        // Page by page it is the same list.
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = world
                .lead
                .get(format!("{here}?{filter}&limit=1{cursor}"))
                .await
                .expect(200);
            paged.extend(page.ids());
            let Some(next) = page.json["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(paged, *ids, "{filter}, page by page");
    }
    let search = async |body: Value| {
        world
            .lead
            .post(format!("{here}/search"), body)
            .await
            .expect(200)
            .ids()
    };
    assert_eq!(search(json!({"text": "takeaways"})).await, [no_more, please]);
    assert_eq!(
        search(json!({"text": "TAKEAWAYS", "channel": ["survey_online", "champion"]})).await,
        [please]
    );
    assert_eq!(
        search(json!({"text": "100%"})).await,
        [""; 0],
        "a sign is a sign and no pattern"
    );
    assert_eq!(search(json!({"text": "_"})).await, [""; 0]);
    let page = world
        .lead
        .post(format!("{here}/search?limit=1"), json!({"text": "takeaways"}))
        .await
        .expect(200);
    let next = page.json["next_cursor"].as_str().unwrap();
    let rest = world
        .lead
        .post(
            format!("{here}/search?cursor={next}"),
            json!({"text": "takeaways"}),
        )
        .await
        .expect(200);
    assert_eq!(
        (page.ids(), rest.ids()),
        (vec![no_more.to_owned()], vec![please.to_owned()])
    );
}

#[actix_web::test]
async fn the_group_of_feedback_stays_when_the_register_changes() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let response = json!({"service_id": world.a1, "answers": [{"question": 1, "text": "Walks."}]});
    respond(&world, &id, response.clone()).await.expect(201);
    let moved = json!({"group_id": world.b, "setting": "medium_secure", "name": "Ash Ward, moved"});
    world
        .admin
        .patch(format!("/v1/services/{}", world.a1), 1, moved)
        .await
        .expect(200);
    world
        .admin
        .patch(
            format!("/v1/groups/{}", world.a),
            1,
            json!({"name": "Greater London"}),
        )
        .await
        .expect(200);
    respond(&world, &id, response).await.expect(201);
    let table = world
        .lead
        .get(format!(
            "/v1/consultations/{id}/cross-tab?rows=question&columns=group"
        ))
        .await
        .expect(200);
    let first = &table.json["rows"][0]["cells"];
    assert_eq!(
        (&first[&world.a]["value"], &first[&world.b]["value"]),
        (&json!(1), &json!(1))
    );
    let label = table.json["columns"]
        .as_array()
        .unwrap()
        .iter()
        .find(|column| column["key"] == json!(world.a));
    assert_eq!(label.unwrap()["label"], "Greater London", "a label moves");
}

#[actix_web::test]
async fn a_thousand_points_are_taken_and_one_more_is_not() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let points = |count: usize| {
        let points: Vec<_> = (0..count)
            .map(|at| json!({"question": 1, "text": format!("Point {at}")}))
            .collect();
        json!({"contributions": points})
    };
    notes(&world, &id, points(1001)).await.faults(&["/contributions"]);
    notes(&world, &id, points(1000)).await.expect(201);
    let list = world
        .lead
        .all(&format!("/v1/consultations/{id}/contributions"))
        .await;
    let texts: Vec<_> = list
        .iter()
        .map(|one| one["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        texts,
        (0..1000).map(|at| format!("Point {at}")).collect::<Vec<_>>(),
        "in the order of the notes"
    );
    assert_eq!(
        world.collation(&id, "").await["questions"][0]["contributions"]["value"],
        1000
    );
}

#[actix_web::test]
async fn a_point_cannot_be_moved_to_a_question_its_table_did_not_come_to() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let skipped = json!({"not_discussed": [{"question": 3, "reason": "no_time"}]});
    let made = notes(&world, &id, skipped).await.expect(201);
    let said = format!("/v1/contributions/{}", contribution_ids(&made)[0]);
    world
        .lead
        .patch(&said, 1, json!({"question": 3}))
        .await
        .faults(&["/question"]);
    let still = world.lead.get(&said).await.expect(200);
    assert_eq!((&still.json["question"], still.version()), (&json!(1), 1));
    let moved = world
        .lead
        .patch(&said, 1, json!({"question": 2}))
        .await
        .expect(200);
    assert_eq!(moved.json["question"], 2);
}
