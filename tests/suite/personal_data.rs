//! Personal data in what was said: seen on write and never in its way, kept from quotes until a person has looked, and
//! somebody at risk kept from coders.

use serde_json::{Value, json};
use tests::{Ask, World, merged, world::contribution_ids};

/// A telephone number of the range that is given to nobody.
const PHONE: &str = "07700 900123";

async fn point(world: &World, consultation: &str, extra: Value) -> String {
    let said = merged(
        json!({"question": 1, "text": format!("Ring me on {PHONE} about walks."), "quote_consent": "quotable"}),
        extra,
    );
    let notes = world
        .discussion(consultation, &world.meeting_a, json!({"contributions": [said]}))
        .await;
    contribution_ids(&notes).remove(0)
}

fn at(said: &str) -> String {
    format!("/v1/contributions/{said}")
}

async fn quotes(world: &World, consultation: &str) -> Vec<String> {
    let collation = world.collation(consultation, "").await;
    let themes = collation["themes"].as_array().unwrap().clone();
    let quotes = themes
        .iter()
        .flat_map(|theme| theme["quotes"].as_array().unwrap());
    quotes
        .map(|quote| quote["text"].as_str().unwrap().to_owned())
        .collect()
}

/// What a flag's places hold, in code points.
fn part(text: &str, flag: &Value) -> String {
    let (start, end) = (flag["start"].as_u64().unwrap(), flag["end"].as_u64().unwrap());
    text.chars()
        .skip(start as usize)
        .take((end - start) as usize)
        .collect()
}

#[actix_web::test]
async fn what_is_seen_is_said_with_what_was_stored_and_stops_nothing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    // Places are code points: what stands before it takes more bytes than letters.
    let text = format!("Für José 🙂 – ring {PHONE}.");
    let notes =
        json!({"contributions": [{"question": 1, "text": text}, {"question": 1, "text": "More walks."}]});
    let notes = world.discussion(&id, &world.meeting_a, notes).await;
    let flags = notes.json["contributions"][0]["flags"].as_array().unwrap();
    let phone = flags.iter().find(|flag| flag["rule"] == "phone").unwrap();
    assert_eq!(part(&text, phone), PHONE);
    assert_eq!(notes.json["contributions"][1]["flags"], json!([]));

    let response = json!({"answers": [{"question": 1, "text": "I was born on 3 May 1980."}, {"question": 2, "choice": "yes"}]});
    let response = world.response(&id, response).await;
    assert_eq!(response.json["answers"][0]["flags"][0]["rule"], "date_of_birth");
    assert!(
        response.json["answers"][1].get("flags").is_none(),
        "a choice has no words"
    );

    let facilitator = world.facilitator(&world.a).await;
    let said = contribution_ids(&notes).remove(0);
    assert!(
        !facilitator.get(at(&said)).await.expect(200).json["flags"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    let shown = coder.get(at(&said)).await.expect(200).json;
    assert!(shown.get("flags").is_none() && shown["text"] == text, "{shown}");
}

#[actix_web::test]
async fn names_of_the_register_are_known_as_soon_as_they_are_there_on_every_replica() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let replica = world.service.replica().await;
    let lead_there = world.lead.at(replica.base());
    let names = async |caller: &tests::Caller, text: &str| -> Vec<String> {
        let body = json!({"meeting_id": world.meeting_a, "contributions": [{"question": 1, "text": text}]});
        let notes = caller
            .post(format!("/v1/consultations/{id}/discussions"), body)
            .await
            .expect(201);
        let flags = notes.json["contributions"][0]["flags"]
            .as_array()
            .unwrap()
            .clone();
        let of_register = flags.iter().filter(|flag| flag["rule"] == "register_name");
        of_register.map(|flag| part(text, flag)).collect()
    };
    assert_eq!(
        names(&world.lead, "On Ash Ward nobody walks.").await,
        ["Ash Ward"]
    );
    assert_eq!(
        names(&lead_there, "On Ash Ward nobody walks.").await,
        ["Ash Ward"]
    );
    let text = "Larkspur Lodge has a garden.";
    assert!(names(&world.lead, text).await.is_empty() && names(&lead_there, text).await.is_empty());
    let service = json!({"name": "Larkspur Lodge", "provider": "Somebody else", "setting": "low_secure",
        "group_id": world.a, "valid_from": "2019-01-01"});
    let service = world.admin.post("/v1/services", service).await.expect(201);
    assert_eq!(names(&world.lead, text).await, ["Larkspur Lodge"]);
    assert_eq!(names(&lead_there, text).await, ["Larkspur Lodge"]);
    let path = format!("/v1/services/{}", service.id());
    world
        .admin
        .patch(path, 1, json!({"name": "Foxglove Lodge"}))
        .await
        .ok();
    assert_eq!(
        names(&lead_there, "Foxglove Lodge has a garden.").await,
        ["Foxglove Lodge"]
    );
    assert_eq!(
        names(&world.lead, "Foxglove Lodge has a garden.").await,
        ["Foxglove Lodge"]
    );
}

#[actix_web::test]
async fn nothing_flagged_is_quoted_until_a_person_has_cleared_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let said = point(&world, &id, json!({})).await;
    let plain = point(&world, &id, json!({"text": "More walks."})).await;
    world.code(&said, &[&theme]).await;
    world.code(&plain, &[&theme]).await;
    assert_eq!(quotes(&world, &id).await, ["More walks."]);
    let list = async |query: &str| {
        world
            .lead
            .get(format!("/v1/consultations/{id}/contributions?{query}"))
            .await
            .ids()
    };
    assert_eq!(list("flagged=true").await, [said.as_str()]);
    assert_eq!(list("flagged=false").await, [plain.as_str()]);
    assert_eq!(list("flagged=true,false").await.len(), 2);
    let bad = format!("/v1/consultations/{id}/contributions?flagged=perhaps");
    world.lead.get(bad).await.problem(400, "bad-parameter");
    let search = json!({"text": "walks", "flagged": ["true"]});
    let search = world
        .lead
        .post(format!("/v1/consultations/{id}/contributions/search"), search)
        .await
        .ok();
    assert_eq!(search.ids(), [said.as_str()]);

    let clear = format!("{}/clearance", at(&said));
    let cleared = world
        .lead
        .post(clear.clone(), json!({"clear": true}))
        .await
        .expect(200);
    assert!(
        cleared.json["cleared_at"].is_string() && cleared.version() == 2,
        "{}",
        cleared.text()
    );
    assert_eq!(quotes(&world, &id).await.len(), 2);
    assert!(list("flagged=true").await.is_empty());

    // Other words are screened anew: cleared and agreed to be quoted were those before.
    let patch = json!({"text": format!("Rather write to me: sam@example.org or {PHONE}."), "quote_consent": "quotable"});
    let changed = world.lead.patch(at(&said), 2, patch).await.expect(200).json;
    assert!(changed.get("cleared_at").is_none(), "{changed}");
    assert_eq!(changed["quote_consent"], "not_quotable");
    assert!(
        changed["flags"]
            .as_array()
            .unwrap()
            .iter()
            .any(|flag| flag["rule"] == "email"),
        "{changed}"
    );
    assert_eq!(changed["coding"]["text_changed"], true);
    assert_eq!(list("flagged=true").await, [said.as_str()]);
    // The same words again change nothing of it.
    let cleared = world.lead.post(clear, json!({"clear": true})).await.expect(200);
    let again = world
        .lead
        .patch(at(&said), cleared.version(), json!({"stance": "supports"}))
        .await
        .expect(200)
        .json;
    assert!(again["cleared_at"].is_string());
}

#[actix_web::test]
async fn a_table_s_correction_screens_what_changed() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&notes).remove(0);
    let points = json!([{"id": said, "question": 1, "text": format!("Ring {PHONE}.")}, {"question": 1, "text": "Mail sam@example.org."}]);
    let path = format!("/v1/discussions/{}", notes.id());
    let changed = world
        .lead
        .patch(path, 1, json!({"contributions": points}))
        .await
        .expect(200)
        .json;
    for (place, rule) in [(0, "phone"), (1, "email")] {
        let flags = changed["contributions"][place]["flags"].as_array().unwrap();
        assert!(flags.iter().any(|flag| flag["rule"] == rule), "{changed}");
    }
}

#[actix_web::test]
async fn replacing_a_part_is_the_clearance_and_consent_stays() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let said = point(&world, &id, json!({})).await;
    world.code(&said, &[&theme]).await;
    let shown = world.lead.get(at(&said)).await.expect(200);
    let flag = shown.json["flags"]
        .as_array()
        .unwrap()
        .iter()
        .find(|flag| flag["rule"] == "phone")
        .unwrap()
        .clone();
    let clear = format!("{}/clearance", at(&said));
    let replace = json!({"replace": [{"start": flag["start"], "end": flag["end"], "with": "[a number]"}]});
    // On what was looked at: a stale version is refused where it is named.
    let stale = Ask::of("POST", clear.clone()).version(9).json(&replace);
    world.lead.send(stale).await.problem(412, "stale-version");
    let named = Ask::of("POST", clear.clone()).version(1).json(&replace);
    let cleared = world.lead.send(named).await.expect(200).json;
    assert_eq!(cleared["text"], "Ring me on [a number] about walks.");
    assert_eq!(cleared["quote_consent"], "quotable");
    assert_eq!(cleared["flags"], json!([]));
    assert!(cleared["cleared_at"].is_string());
    assert_eq!(quotes(&world, &id).await, ["Ring me on [a number] about walks."]);
    let notes = format!("/v1/discussions/{}", cleared["discussion_id"].as_str().unwrap());
    assert!(!world.lead.get(notes).await.text().contains(PHONE));
    // What stood there is kept.
    let kept = world
        .service
        .database
        .texts("SELECT CAST(body AS text) AS text FROM earlier_versions")
        .await;
    assert!(kept.iter().any(|body| body.contains(PHONE)), "{kept:?}");

    let beyond =
        json!({"replace": [{"start": 0, "end": 4, "with": "A"}, {"start": 5, "end": 999, "with": "B"}]});
    world
        .lead
        .post(clear.clone(), beyond)
        .await
        .faults(&["/replace/1"]);
    let blank = json!({"replace": [{"start": 0, "end": 34, "with": " "}]});
    world.lead.post(clear.clone(), blank).await.faults(&["/replace"]);
    for neither in [
        json!({}),
        json!({"clear": false}),
        json!({"clear": true, "replace": [{"start": 0, "end": 1, "with": ""}]}),
    ] {
        world.lead.post(clear.clone(), neither).await.faults(&["/clear"]);
    }
    let facilitator = world.facilitator(&world.a).await;
    facilitator
        .post(clear, json!({"clear": true}))
        .await
        .problem(403, "forbidden");
}

#[actix_web::test]
async fn clearance_goes_on_in_every_status_but_withdrawn() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let said = point(&world, &id, json!({})).await;
    let clear = format!("{}/clearance", at(&said));
    for status in ["closed", "analysing", "withdrawn"] {
        world.move_to(&id, status).await.ok();
        let cleared = world.lead.post(clear.clone(), json!({"clear": true})).await;
        if status == "withdrawn" {
            cleared.problem(409, "clearance-not-open");
        } else {
            cleared.expect(200);
        }
    }
}

#[actix_web::test]
async fn a_concern_is_raised_and_passed_on_in_every_status() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let said = point(&world, &id, json!({})).await;
    let concerns = format!("/v1/consultations/{id}/concerns");
    for (at_version, status) in [(1, "closed"), (3, "analysing")] {
        world.move_to(&id, status).await.ok();
        let raised = json!({"concern": {"raised_on": "2019-10-03", "passed_to": null, "passed_on": null}});
        world.lead.patch(at(&said), at_version, raised).await.expect(200);
        assert_eq!(world.lead.get(concerns.clone()).await.json["open"], 1, "{status}");
        let both = json!({"concern": {"passed_on": "2019-10-03"}, "text": "Something else."});
        world
            .lead
            .patch(at(&said), at_version + 1, both)
            .await
            .problem(409, "consultation-not-open");
        let passed = json!({"concern": {"passed_to": "The safeguarding lead", "passed_on": "2019-10-03"}});
        world
            .lead
            .patch(at(&said), at_version + 1, passed)
            .await
            .expect(200);
        assert_eq!(world.lead.get(concerns.clone()).await.json["open"], 0, "{status}");
    }
}

#[actix_web::test]
async fn where_somebody_may_be_at_risk_coders_see_nothing_and_the_facilitator_is_reminded() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let body = json!({"meeting_id": world.meeting_a, "contributions": [
        {"question": 1, "text": "I am afraid of the night staff.", "quote_consent": "quotable",
            "concern": {"raised_on": "2019-10-03"}},
        {"question": 1, "text": "More walks."}]});
    let notes = facilitator
        .post(format!("/v1/consultations/{id}/discussions"), body)
        .await
        .expect(201);
    assert_eq!(notes.json["reminders"][0]["code"], "follow-safeguarding-today");
    let said = contribution_ids(&notes).remove(0);
    world.code(&said, &[&theme]).await;
    assert!(
        quotes(&world, &id).await.is_empty(),
        "it counts, and is never quoted"
    );
    assert_eq!(
        world.collation(&id, "").await["questions"][0]["contributions"]["value"],
        2
    );

    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    coder.get(at(&said)).await.problem(404, "not-found");
    let coding = json!({"theme_ids": [theme]});
    coder
        .put(format!("{}/coding", at(&said)), coding)
        .await
        .problem(404, "not-found");
    let list = coder
        .get(format!("/v1/consultations/{id}/contributions"))
        .await
        .expect(200);
    assert!(list.items().len() == 1 && !list.text().contains("afraid"));
    let search = json!({"text": "afraid"});
    let search = coder
        .post(format!("/v1/consultations/{id}/contributions/search"), search)
        .await
        .ok();
    assert!(search.items().is_empty());

    let concerns = format!("/v1/consultations/{id}/concerns");
    let waiting = json!({"open": 1, "passed_on": 0, "waiting": [said]});
    assert_eq!(world.lead.get(concerns.clone()).await.expect(200).json, waiting);
    facilitator.get(concerns.clone()).await.problem(403, "forbidden");

    // Whoever corrects the table and says nothing of it does not end it.
    let points = json!({"contributions": [{"id": said, "question": 1, "text": "I am afraid of the night staff."},
        {"id": contribution_ids(&notes)[1], "question": 1, "text": "More walks."}]});
    let changed = facilitator
        .patch(format!("/v1/discussions/{}", notes.id()), notes.version(), points)
        .await
        .expect(200);
    assert_eq!(
        changed.json["contributions"][0]["concern"],
        json!({"raised_on": "2019-10-03"})
    );
    let version = changed.json["contributions"][0]["version"].as_i64().unwrap();
    let early = json!({"concern": {"passed_on": "2019-10-02"}});
    facilitator
        .patch(at(&said), version, early)
        .await
        .faults(&["/concern/passed_on"]);
    let passed = json!({"concern": {"passed_to": "The ward's safeguarding lead", "passed_on": "2019-10-03"}});
    let passed = facilitator.patch(at(&said), version, passed).await.expect(200);
    assert!(passed.json.get("reminders").is_none(), "{}", passed.text());
    let passed_on = json!({"open": 0, "passed_on": 1, "waiting": []});
    assert_eq!(world.lead.get(concerns).await.expect(200).json, passed_on);
    coder.get(at(&said)).await.expect(200);
    facilitator
        .patch(at(&said), passed.version(), json!({"concern": null}))
        .await
        .expect(200);
    coder.get(at(&said)).await.expect(200);

    let response =
        json!({"answers": [{"question": 1, "text": "He hurts me.", "concern": {"raised_on": "2019-10-03"}}]});
    let response = world.response(&id, response).await;
    assert_eq!(response.json["reminders"][0]["code"], "follow-safeguarding-today");
    assert_eq!(response.json["answers"][0]["concern"]["raised_on"], "2019-10-03");
    let only_words =
        json!({"answers": [{"question": 2, "choice": "yes", "concern": {"raised_on": "2019-10-03"}}]});
    let only_words = merged(world.response_body(), only_words);
    world
        .lead
        .post(format!("/v1/consultations/{id}/responses"), only_words)
        .await
        .faults(&["/answers/0/concern"]);
}
