//! The codeframe, and who coded what.

use actix_web::http::Method;
use serde_json::{Value, json};
use tests::{Ask, Caller, World, new_id, world::contribution_ids};

/// A consultation that is open, with one contribution of London.
async fn one_point(world: &World) -> (String, String) {
    let consultation = world.open(json!({})).await;
    let said =
        contribution_ids(&world.discussion(&consultation, &world.meeting_a, json!({})).await).remove(0);
    (consultation, said)
}

async fn code(caller: &Caller, contribution: &str, body: Value) -> tests::Answer {
    caller
        .put(format!("/v1/contributions/{contribution}/coding"), body)
        .await
}

async fn coder(world: &World, consultation: &str) -> Caller {
    world
        .user(json!({"role": "coder", "consultation_id": consultation}))
        .await
}

/// The codes of the themes under which one point is counted, in the collation's order.
async fn counted(world: &World, consultation: &str) -> Vec<String> {
    let collation = world.collation(consultation, "").await;
    let themes = collation["themes"].as_array().unwrap();
    themes
        .iter()
        .map(|theme| theme["code"].as_str().unwrap().to_owned())
        .collect()
}

#[actix_web::test]
async fn a_codeframe_has_two_levels() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/themes");
    let full = json!({"code": "catering", "label": "Catering", "description": "Food that is served",
        "include": "Meals", "exclude": "Takeaways", "example": "Dinner is at four", "status": "agreed"});
    let parent = world.lead.post(&path, full.clone()).await.expect(201);
    for (name, value) in full.as_object().unwrap() {
        assert_eq!(&parent.json[name], value, "{name}");
    }
    let child = world
        .theme(&id, "takeaways", json!({"parent_id": parent.id()}))
        .await;
    let grandchild = json!({"code": "pizza", "label": "Pizza", "parent_id": child});
    world.lead.post(&path, grandchild).await.faults(&["/parent_id"]);
    let orphan = json!({"code": "pizza", "label": "Pizza", "parent_id": new_id(), "question": 99});
    world
        .lead
        .post(&path, orphan)
        .await
        .faults(&["/parent_id", "/question"]);
    world
        .lead
        .post(&path, json!({"code": "catering", "label": "Again"}))
        .await
        .faults(&["/code"]);
    assert_eq!(
        world.lead.get(&path).await.expect(200).ids(),
        [parent.id(), child.clone()]
    );
    // A theme with sub-themes cannot become one itself.
    let other = world.theme(&id, "exercise", json!({})).await;
    let under = json!({"parent_id": other});
    world
        .lead
        .patch(format!("{path}/{}", parent.id()), 1, under)
        .await
        .faults(&["/parent_id"]);
    let renamed = world
        .lead
        .patch(format!("{path}/{child}"), 1, json!({"label": "Takeaway food"}))
        .await
        .expect(200);
    assert_eq!(
        (renamed.json["label"].as_str(), renamed.json["code"].as_str()),
        (Some("Takeaway food"), Some("takeaways"))
    );
}

#[actix_web::test]
async fn a_theme_of_another_consultation_is_not_there() {
    let world = World::start().await;
    let (_, said) = one_point(&world).await;
    let other = world.open(json!({})).await;
    let theme = world.theme(&other, "catering", json!({})).await;
    code(&world.lead, &said, json!({"theme_ids": [theme]}))
        .await
        .faults(&["/theme_ids/0"]);
    code(&world.lead, &said, json!({"theme_ids": [new_id()]}))
        .await
        .faults(&["/theme_ids/0"]);
}

#[actix_web::test]
async fn coders_propose_candidates_and_leads_agree_them() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let coder = coder(&world, &id).await;
    let path = format!("/v1/consultations/{id}/themes");
    let proposed = coder
        .post(&path, json!({"code": "walks", "label": "Walks"}))
        .await
        .expect(201);
    assert_eq!(proposed.json["status"], "candidate");
    coder
        .patch(
            format!("{path}/{}", proposed.id()),
            1,
            json!({"status": "agreed"}),
        )
        .await
        .problem(403, "forbidden");
    let agreed = world
        .lead
        .patch(
            format!("{path}/{}", proposed.id()),
            1,
            json!({"status": "agreed"}),
        )
        .await
        .expect(200);
    assert_eq!(agreed.json["status"], "agreed");
    let proposed = coder
        .post(
            &path,
            json!({"code": "food", "label": "Food", "status": "agreed"}),
        )
        .await;
    assert!(
        proposed.status == 422 || proposed.status == 403 || proposed.json["status"] == "candidate",
        "{proposed:?}"
    );
}

#[actix_web::test]
async fn merging_counts_everything_under_the_theme_that_stays() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let activity = world.theme(&id, "activity", json!({})).await;
    let exercise = world.theme(&id, "exercise", json!({})).await;
    world.code(&said, &[&activity, &exercise]).await;
    assert_eq!(counted(&world, &id).await, ["activity", "exercise"]);
    let path = format!("/v1/consultations/{id}/themes");
    world
        .lead
        .post(format!("{path}/{activity}/merge"), json!({"into": activity}))
        .await
        .problem(422, "invalid");
    world
        .lead
        .post(format!("{path}/{activity}/merge"), json!({"into": new_id()}))
        .await
        .problem(422, "invalid");
    world
        .lead
        .post(format!("{path}/{activity}/merge"), json!({"into": exercise}))
        .await
        .ok();
    let collation = world.collation(&id, "").await;
    assert_eq!(counted(&world, &id).await, ["exercise"]);
    assert_eq!(
        collation["themes"][0]["contributions"]["value"], 1,
        "once, though coded with both"
    );
    let merged = world.lead.get(&path).await.expect(200).items()[0].clone();
    assert_eq!(merged["status"], "merged");
    // What was asked for under the old name is found under the new.
    let by_old = world.collation(&id, "?theme=activity").await;
    assert_eq!(by_old["questions"][0]["contributions"]["value"], 1);
}

#[actix_web::test]
async fn the_coding_of_who_coded_first_counts_in_its_latest_form() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let staff = world.theme(&id, "staff", json!({})).await;
    let (first, second) = (coder(&world, &id).await, coder(&world, &id).await);
    code(&first, &said, json!({"theme_ids": [walks]})).await.ok();
    code(&second, &said, json!({"theme_ids": [food]})).await.ok();
    assert_eq!(counted(&world, &id).await, ["walks"]);
    code(&first, &said, json!({"theme_ids": [staff]})).await.ok();
    code(&second, &said, json!({"theme_ids": [walks]})).await.ok();
    assert_eq!(counted(&world, &id).await, ["staff"]);
    let question = world.collation(&id, "").await["questions"][0].clone();
    assert_eq!(
        question["unadjudicated"]["value"], 0,
        "only codings made independently can differ"
    );
}

#[actix_web::test]
async fn independent_codings_that_differ_are_unadjudicated() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let (first, second) = (coder(&world, &id).await, coder(&world, &id).await);
    let unadjudicated =
        async || world.collation(&id, "").await["questions"][0]["unadjudicated"]["value"].clone();
    code(
        &first,
        &said,
        json!({"theme_ids": [walks, food], "independent": true}),
    )
    .await
    .ok();
    code(&second, &said, json!({"theme_ids": [food], "independent": true}))
        .await
        .ok();
    assert_eq!(unadjudicated().await, 1);
    code(
        &second,
        &said,
        json!({"theme_ids": [food, walks], "independent": true}),
    )
    .await
    .ok();
    assert_eq!(unadjudicated().await, 0);
}

#[actix_web::test]
async fn a_coder_does_not_see_another_coding_before_doing_their_own() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let (first, second) = (coder(&world, &id).await, coder(&world, &id).await);
    code(&first, &said, json!({"theme_ids": [walks], "independent": true}))
        .await
        .ok();
    let coding = async |caller: &Caller| {
        let list = caller
            .get(format!("/v1/consultations/{id}/contributions"))
            .await
            .expect(200)
            .items()[0]
            .clone();
        let one = caller
            .get(format!("/v1/contributions/{said}"))
            .await
            .expect(200)
            .json;
        assert_eq!(list["coding"], one["coding"]);
        one["coding"].clone()
    };
    assert_eq!(coding(&second).await, Value::Null);
    assert_eq!(coding(&first).await["theme_ids"], json!([walks]));
    for filter in ["coded=true", "theme=walks"] {
        let path = format!("/v1/consultations/{id}/contributions?{filter}");
        let found = second.get(path).await;
        assert!(
            found.status == 400 || found.items().is_empty(),
            "{filter} tells what another coder did"
        );
    }
    code(&second, &said, json!({"theme_ids": [food], "independent": true}))
        .await
        .ok();
    assert_eq!(coding(&second).await["theme_ids"], json!([food]));
    assert_eq!(
        coding(&world.lead).await["theme_ids"],
        json!([walks]),
        "what counts"
    );
}

#[actix_web::test]
async fn setting_aside_takes_a_reason_and_no_theme() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let both = json!({"theme_ids": [walks], "set_aside": {"reason": "Not about the draft"}});
    code(&world.lead, &said, both).await.problem(422, "invalid");
    code(&world.lead, &said, json!({"theme_ids": [], "set_aside": {}}))
        .await
        .problem(422, "invalid");
    code(
        &world.lead,
        &said,
        json!({"theme_ids": [], "set_aside": {"reason": "Not about the draft"}}),
    )
    .await
    .ok();
    let question = world.collation(&id, "").await["questions"][0].clone();
    let counts = ["coded", "uncoded", "set_aside"].map(|name| question[name]["value"].clone());
    assert_eq!(counts, [0, 0, 1]);
    code(
        &world.lead,
        &said,
        json!({"theme_ids": [walks], "set_aside": null}),
    )
    .await
    .ok();
    let question = world.collation(&id, "").await["questions"][0].clone();
    let counts = ["coded", "uncoded", "set_aside"].map(|name| question[name]["value"].clone());
    assert_eq!(counts, [1, 0, 0]);
}

#[actix_web::test]
async fn a_repeated_theme_is_counted_once_or_refused() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let answer = code(&world.lead, &said, json!({"theme_ids": [walks, walks]})).await;
    if answer.status == 422 {
        answer.faults(&["/theme_ids/1"]);
    } else {
        answer.ok();
        assert_eq!(
            world.collation(&id, "").await["themes"][0]["contributions"]["value"],
            1
        );
    }
}

#[actix_web::test]
async fn a_changed_text_keeps_its_coding_marked() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let quotable =
        json!({"contributions": [{"question": 1, "text": "More walks.", "quote_consent": "quotable"}]});
    let said = contribution_ids(&world.discussion(&id, &world.meeting_a, quotable).await).remove(0);
    let walks = world.theme(&id, "walks", json!({})).await;
    world.code(&said, &[&walks]).await;
    let path = format!("/v1/contributions/{said}");
    let before = world.lead.get(&path).await.expect(200);
    assert_eq!(
        before.json["coding"],
        json!({"theme_ids": [walks], "set_aside": false, "text_changed": false})
    );
    assert_eq!(
        world.collation(&id, "").await["themes"][0]["quotes"][0]["text"],
        "More walks."
    );

    let changed = world
        .lead
        .patch(&path, before.version(), json!({"text": "Many more walks."}))
        .await
        .expect(200);
    assert_eq!(
        changed.json["quote_consent"], "not_quotable",
        "nobody has agreed to have these words quoted"
    );
    assert_eq!(
        changed.json["coding"],
        json!({"theme_ids": [walks], "set_aside": false, "text_changed": true})
    );
    let theme = world.collation(&id, "").await["themes"][0].clone();
    assert_eq!(
        (&theme["contributions"]["value"], &theme["quotes"]),
        (&json!(1), &json!([]))
    );

    world.code(&said, &[&walks]).await;
    assert_eq!(
        world.lead.get(&path).await.expect(200).json["coding"]["text_changed"],
        false
    );
    // The same words again change nothing.
    let quotable = json!({"quote_consent": "quotable", "text": "Many more walks."});
    let quotable = world
        .lead
        .patch(&path, changed.version(), quotable)
        .await
        .expect(200);
    assert_eq!(quotable.json["quote_consent"], "quotable");
    assert_eq!(quotable.json["coding"]["text_changed"], false);
}

#[actix_web::test]
async fn coding_goes_on_in_every_status_but_draft_and_withdrawn() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let said = contribution_ids(&world.discussion(&id, &world.meeting_a, json!({})).await).remove(0);
    let walks = world.theme(&id, "walks", json!({})).await;
    for step in ["suspended", "open", "closed", "analysing"] {
        world.move_to(&id, step).await.expect(200);
        code(&world.lead, &said, json!({"theme_ids": [walks]})).await.ok();
    }
    world.move_to(&id, "withdrawn").await.expect(200);
    code(&world.lead, &said, json!({"theme_ids": [walks]}))
        .await
        .problem(409, "coding-not-open");
}

#[actix_web::test]
async fn a_coder_codes_their_own_consultation_only() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let other = world.open(json!({})).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let stranger = coder(&world, &other).await;
    code(&stranger, &said, json!({"theme_ids": [walks]}))
        .await
        .problem(404, "not-found");
    stranger
        .get(format!("/v1/contributions/{said}"))
        .await
        .problem(404, "not-found");
    stranger
        .get(format!("/v1/consultations/{id}/themes"))
        .await
        .problem(404, "not-found");
    let theme = json!({"code": "food", "label": "Food"});
    stranger
        .post(format!("/v1/consultations/{id}/themes"), theme)
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn a_contribution_read_again_after_it_was_coded_shows_its_coding() {
    let world = World::start().await;
    let (id, said) = one_point(&world).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let path = format!("/v1/contributions/{said}");
    let before = world.lead.get(&path).await.expect(200);
    assert_eq!(before.json["coding"], Value::Null);
    // Whoever names any version puts their coding all the same, and is told which it is.
    let put = Ask::new(Method::PUT, format!("{path}/coding"))
        .json(&json!({"theme_ids": [theme]}))
        .header("if-none-match", "*");
    let put = world.lead.send(put).await.expect(200);
    assert_eq!(put.json["theme_ids"], json!([theme]));
    let again = Ask::new(Method::GET, path).header("if-none-match", before.etag());
    let after = world.lead.send(again).await.expect(200);
    assert_eq!(after.json["coding"]["theme_ids"], json!([theme]));
}
