//! What changed, by whom and why: no version without its reason, no word shown that is not shown elsewhere.

use collate::{
    collecting::retention::{Keeping, sweep},
    store::{Store, check::check},
};
use serde_json::{Value, json};
use tests::{Answer, Caller, World, merged, world::contribution_ids};

const NAME: &str = "Zebulon";

async fn versions(caller: &Caller, path: &str) -> Vec<Value> {
    let versions = caller.all(&format!("{path}/versions")).await;
    let numbers: Vec<_> = versions
        .iter()
        .map(|one| one["version"].as_i64().unwrap())
        .collect();
    assert_eq!(
        numbers,
        (1..=versions.len() as i64).collect::<Vec<_>>(),
        "{path} leaves a version out"
    );
    versions
}

fn causes(versions: &[Value]) -> Vec<&str> {
    versions
        .iter()
        .map(|one| one["cause"].as_str().unwrap())
        .collect()
}

/// The change of a version at a pointer, of a point where one is named.
fn change<'v>(version: &'v Value, pointer: &str, of: Option<&str>) -> Option<&'v Value> {
    let changes = version["changes"].as_array().unwrap();
    changes
        .iter()
        .find(|change| change["pointer"] == pointer && change["contribution_id"].as_str() == of)
}

/// Both texts that the words of a change make.
fn texts(change: &Value) -> (String, String) {
    let parts = change["words"].as_array().unwrap();
    let without = |fate: &str| -> String {
        parts
            .iter()
            .filter(|part| part["fate"] != fate)
            .map(|part| part["text"].as_str().unwrap())
            .collect()
    };
    (without("added"), without("removed"))
}

async fn correct(caller: &Caller, path: &str, patch: Value) -> Answer {
    let version = caller.get(path).await.expect(200).version();
    caller.patch(path, version, patch).await.expect(200)
}

async fn replace_name(world: &World, path: &str) {
    let text = world.lead.get(path).await.expect(200).json["text"]
        .as_str()
        .unwrap()
        .to_owned();
    let start = text.find(NAME).unwrap();
    let part = json!({"start": start, "end": start + NAME.len(), "with": "[somebody]"});
    world
        .lead
        .post(format!("{path}/clearance"), json!({"replace": [part]}))
        .await
        .expect(200);
}

async fn after_days(world: &World, days: i64) -> u64 {
    let store = Store::connect(&world.service.database.url, 2).await.unwrap();
    let keeping = Keeping {
        originals: 180,
        withdrawn: 30,
    };
    sweep(
        &store,
        keeping,
        collate::clock::now().plus_seconds(days * 24 * 60 * 60),
    )
    .await
    .unwrap()
}

#[actix_web::test]
async fn a_table_tells_of_every_version_who_made_it_and_what_it_changed() {
    let world = World::start().await;
    let facilitator = world.facilitator(&world.a).await;
    let lead = &world.lead;
    let id = world.open(json!({})).await;
    let body = merged(
        world.discussion_body(&world.meeting_a),
        json!({"participants": {"service_user": 5, "staff": 2},
        "contributions": [{"question": 1, "text": "More walks in the grounds.", "stance": "supports", "hands": {"agree": 3}},
            {"question": 1, "text": "Cook with us."}, {"question": 1, "text": "Taken back."}]}),
    );
    let made = facilitator
        .post(format!("/v1/consultations/{id}/discussions"), body)
        .await
        .expect(201);
    let said = contribution_ids(&made);
    let table = format!("/v1/discussions/{}", made.id());
    let point = format!("/v1/contributions/{}", said[0]);
    // 2: a point. 3: the table, a point in it and a new one. 4: a point is cleared. 5: review. 6: a point is taken back.
    correct(
        &facilitator,
        &point,
        json!({"text": "More long walks in the grounds.", "stance": "suggests"}),
    )
    .await;
    let notes = json!({"table": "Table 9", "participants": {"staff": 3}, "tallies": [{"question": 2, "counts": {"yes": 4}}],
        "contributions": [{"id": said[0], "question": 1, "text": "More long walks in the garden.", "stance": "suggests",
            "hands": {"agree": 4}}, {"id": said[1], "question": 1, "text": "Cook with us."},
            {"id": said[2], "question": 1, "text": "Taken back."}, {"question": null, "text": "Thank you."}]});
    let corrected = correct(lead, &table, notes).await;
    let added = contribution_ids(&corrected)[3].clone();
    lead.post(format!("{point}/clearance"), json!({"clear": true}))
        .await
        .expect(200);
    let reasons = lead.all("/v1/review-reasons").await;
    let issue = reasons
        .iter()
        .find(|one| one["label"] == "Numbers do not add up")
        .unwrap();
    lead.post(
        format!("{table}/review"),
        json!({"to": "has_issues", "reason_id": issue["id"]}),
    )
    .await
    .expect(200);
    let asked = json!({"scope": "all", "asked_by": "speaker"});
    facilitator
        .post(format!("/v1/contributions/{}/withdrawal", said[2]), asked)
        .await
        .expect(200);

    let found = versions(&facilitator, &table).await;
    assert_eq!(
        causes(&found),
        [
            "recorded",
            "point_changed",
            "corrected",
            "point_changed",
            "reviewed",
            "point_changed"
        ]
    );
    let makers: Vec<_> = found.iter().map(|one| one["made_by"].as_str().unwrap()).collect();
    let (by, other) = (facilitator.id.as_str(), lead.id.as_str());
    assert_eq!(makers, [by, by, other, other, other, by]);
    let moments: Vec<_> = found.iter().map(|one| one["made_at"].as_str().unwrap()).collect();
    assert!(moments.is_sorted(), "{moments:?}");
    assert_eq!(found[0]["changes"], json!([]));

    let first = Some(said[0].as_str());
    let (before, after) = texts(change(&found[1], "/text", first).unwrap());
    assert_eq!(
        (&*before, &*after),
        ("More walks in the grounds.", "More long walks in the grounds.")
    );
    let words = &change(&found[1], "/text", first).unwrap()["words"];
    assert_eq!(words[1], json!({"fate": "added", "text": "long "}));
    let stance = change(&found[1], "/stance", first).unwrap();
    assert_eq!(
        (&stance["before"], &stance["after"]),
        (&json!("supports"), &json!("suggests"))
    );
    assert_eq!(
        found[1]["points"],
        json!([{"contribution_id": said[0], "version": 2, "cause": "corrected"}])
    );

    let own = |pointer: &str| {
        let change = change(&found[2], pointer, None).unwrap_or_else(|| panic!("{pointer}: {:#}", found[2]));
        (change.get("before").cloned(), change.get("after").cloned())
    };
    assert_eq!(own("/table"), (Some(json!("Table 1")), Some(json!("Table 9"))));
    assert_eq!(
        own("/participants"),
        (
            Some(json!({"service_user": 5, "staff": 2})),
            Some(json!({"service_user": 5, "staff": 3}))
        )
    );
    assert_eq!(
        own("/tallies"),
        (
            Some(json!([])),
            Some(json!([{"question": 2, "counts": {"yes": 4}}]))
        )
    );
    assert_eq!(
        texts(change(&found[2], "/text", first).unwrap()).1,
        "More long walks in the garden."
    );
    assert_eq!(change(&found[2], "/hands", first).unwrap()["after"]["agree"], 4);
    let new = change(&found[2], "/text", Some(&added)).unwrap();
    assert_eq!(texts(new), (String::new(), "Thank you.".to_owned()));
    // What stayed as it was is not told.
    assert!(
        change(&found[2], "/text", Some(&said[1])).is_none()
            && change(&found[2], "/minutes_given", None).is_none()
    );
    assert_eq!(found[2]["changes"].as_array().unwrap().len(), 6, "{:#}", found[2]);

    assert_eq!(
        (&found[3]["points"][0]["cause"], &found[3]["changes"]),
        (&json!("cleared"), &json!([]))
    );
    assert_eq!(change(&found[4], "/review", None).unwrap()["after"], "has_issues");
    assert_eq!(
        found[5]["points"],
        json!([{"contribution_id": said[2], "version": 2, "cause": "withdrawn"}])
    );

    // The point by itself tells the same.
    let own = versions(&facilitator, &point).await;
    assert_eq!(causes(&own), ["recorded", "corrected", "corrected", "cleared"]);
    assert_eq!(
        change(&own[1], "/text", None).unwrap()["words"],
        change(&found[1], "/text", first).unwrap()["words"]
    );
    let later = versions(lead, &format!("/v1/contributions/{added}")).await;
    assert_eq!(
        (causes(&later), &later[0]["made_by"]),
        (vec!["recorded"], &json!(lead.id))
    );
    assert_eq!(check(&world.service.database.url).await.unwrap().faults, [""; 0]);
}

#[actix_web::test]
async fn a_response_tells_of_its_choices_and_of_what_was_taken_back() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let colleague = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let sheet = json!({"channel": "champion", "service_id": world.a1, "answers": [
        {"question": 1, "text": "Cook with us.", "quote_consent": "quotable"}, {"question": 2, "choice": "yes"}]});
    let made = champion
        .post(format!("/v1/consultations/{id}/responses"), sheet)
        .await
        .expect(201);
    let said = contribution_ids(&made).remove(0);
    let path = format!("/v1/responses/{}", made.id());
    let answers = json!({"answers": [{"id": said, "question": 1, "text": "Cook with us.", "quote_consent": "quotable"},
        {"question": 2, "choice": "no"}], "people_represented": 9});
    correct(&champion, &path, answers).await;
    let receipt = |scope: &str| json!({"receipt": made.json["receipt"], "scope": scope});
    let stranger = world.service.stranger();
    stranger
        .post("/v1/withdrawals", receipt("quotes"))
        .await
        .expect(200);

    let found = versions(&champion, &path).await;
    assert_eq!(causes(&found), ["recorded", "corrected", "quote_withdrawn"]);
    assert_eq!(
        change(&found[1], "/people_represented", None).unwrap()["after"],
        9
    );
    let choices = change(&found[1], "/answers", None).unwrap();
    assert_eq!(
        (&choices["before"][0]["choice"], &choices["after"][0]["choice"]),
        (&json!("yes"), &json!("no"))
    );
    assert_eq!(found[1]["changes"].as_array().unwrap().len(), 2, "{:#}", found[1]);
    // Nobody is named where a receipt was shown.
    assert_eq!(found[2].get("made_by"), None);
    assert_eq!(found[2]["points"][0]["cause"], "quote_withdrawn");

    for (caller, status) in [(&colleague, 404), (&world.facilitator(&world.b).await, 404)] {
        caller.get(format!("{path}/versions")).await.expect(status);
        caller
            .get(format!("/v1/contributions/{said}/versions"))
            .await
            .expect(status);
    }
    world
        .facilitator(&world.a)
        .await
        .get(format!("{path}/versions"))
        .await
        .expect(200);

    stranger.post("/v1/withdrawals", receipt("all")).await.expect(200);
    champion
        .get(format!("{path}/versions"))
        .await
        .problem(404, "not-found");
    let found = versions(&world.lead, &path).await;
    assert_eq!(
        causes(&found),
        ["recorded", "corrected", "quote_withdrawn", "withdrawn"]
    );
    assert_eq!(found[3].get("made_by"), None);
    // A choice alone is taken back, too.
    let ticked = json!({"answers": [{"question": 2, "choice": "yes"}]});
    let ticked = world.response(&id, ticked).await;
    let quotes = json!({"receipt": ticked.json["receipt"], "scope": "quotes"});
    stranger.post("/v1/withdrawals", quotes).await.expect(200);
    let found = versions(&world.lead, &format!("/v1/responses/{}", ticked.id())).await;
    assert_eq!(causes(&found), ["recorded", "quote_withdrawn"]);
}

#[actix_web::test]
async fn what_a_clearance_replaced_is_for_leads_and_the_auditor_until_retention_ends_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let auditor = world.user(json!({"role": "auditor"})).await;
    let text = format!("Ask {NAME} first.");
    let table = json!({"contributions": [{"question": 1, "text": text, "quote_consent": "quotable"}]});
    let table = world.discussion(&id, &world.meeting_a, table).await;
    let point = format!("/v1/contributions/{}", contribution_ids(&table)[0]);
    let table = format!("/v1/discussions/{}", table.id());
    correct(
        &facilitator,
        &point,
        json!({"text": format!("Do ask {NAME} first."), "stance": "suggests"}),
    )
    .await;
    replace_name(&world, &point).await;
    correct(&facilitator, &point, json!({"text": "Do ask [somebody] before."})).await;

    for path in [&point, &table] {
        let point = (path == &table).then(|| point.rsplit('/').next().unwrap());
        for caller in [&world.lead, &auditor] {
            let found = versions(caller, path).await;
            let (before, after) = texts(change(&found[2], "/text", point).unwrap());
            assert_eq!(
                (before, &*after),
                (format!("Do ask {NAME} first."), "Do ask [somebody] first.")
            );
            assert_eq!(texts(change(&found[1], "/text", point).unwrap()).0, text);
        }
        let answer = facilitator.get(format!("{path}/versions")).await.expect(200);
        assert!(!answer.text().contains(NAME), "{}", answer.text());
        let found = versions(&facilitator, path).await;
        for version in &found[1..3] {
            let hidden = change(version, "/text", point).unwrap();
            assert_eq!(
                (&hidden["withheld"], hidden.get("words")),
                (&json!("cleared"), None)
            );
        }
        // All else of those versions is there, and what came after.
        assert_eq!(change(&found[1], "/stance", point).unwrap()["after"], "suggests");
        assert_eq!(
            texts(change(&found[3], "/text", point).unwrap()).0,
            "Do ask [somebody] first."
        );
    }

    assert_eq!(after_days(&world, 181).await, 1);
    for (caller, path) in [(&world.lead, &point), (&auditor, &table), (&facilitator, &point)] {
        let answer = caller.get(format!("{path}/versions")).await.expect(200);
        assert!(!answer.text().contains(NAME), "{}", answer.text());
        let found = versions(caller, path).await;
        let point = (path == &table).then(|| point.rsplit('/').next().unwrap());
        for version in &found[1..3] {
            assert_eq!(change(version, "/text", point).unwrap()["withheld"], "ended");
        }
        assert!(change(&found[3], "/text", point).unwrap().get("words").is_some());
    }
}

#[actix_web::test]
async fn what_was_taken_back_is_for_leads_until_retention_ends_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let auditor = world.user(json!({"role": "auditor"})).await;
    let made = world
        .discussion(
            &id,
            &world.meeting_a,
            json!({"contributions": [
        {"question": 1, "text": format!("{NAME} knows.")}, {"question": 1, "text": "Walks."}]}),
        )
        .await;
    let said = contribution_ids(&made).remove(0);
    let (point, table) = (
        format!("/v1/contributions/{said}"),
        format!("/v1/discussions/{}", made.id()),
    );
    correct(
        &facilitator,
        &point,
        json!({"text": format!("{NAME} will know."), "stance": "opposes"}),
    )
    .await;
    let asked = json!({"scope": "all", "asked_by": "speaker"});
    facilitator
        .post(format!("{point}/withdrawal"), asked)
        .await
        .expect(200);

    facilitator
        .get(format!("{point}/versions"))
        .await
        .problem(404, "not-found");
    for (caller, path, of) in [
        (&facilitator, &table, Some(&*said)),
        (&auditor, &table, Some(&*said)),
        (&auditor, &point, None),
    ] {
        let answer = caller.get(format!("{path}/versions")).await.expect(200);
        assert!(
            !answer.text().contains(NAME) && !answer.text().contains("opposes"),
            "{}",
            answer.text()
        );
        let found = versions(caller, path).await;
        assert_eq!(change(&found[1], "/text", of).unwrap()["withheld"], "withdrawn");
    }
    for (path, of) in [(&point, None), (&table, Some(&*said))] {
        let found = versions(&world.lead, path).await;
        let (before, after) = texts(change(&found[1], "/text", of).unwrap());
        assert_eq!(
            (before, after),
            (format!("{NAME} knows."), format!("{NAME} will know."))
        );
    }

    assert_eq!(after_days(&world, 31).await, 1);
    let answer = world.lead.get(format!("{point}/versions")).await.expect(200);
    assert!(!answer.text().contains(NAME), "{}", answer.text());
    let found = versions(&world.lead, &point).await;
    assert_eq!(
        causes(&found),
        ["recorded", "corrected", "withdrawn", "text_ended"]
    );
    assert_eq!(change(&found[1], "/text", None).unwrap()["withheld"], "ended");
    assert_eq!(found[3].get("made_by"), None);
    assert_eq!(
        causes(&versions(&world.lead, &table).await),
        ["recorded", "point_changed", "point_changed"]
    );
}

#[actix_web::test]
async fn a_changed_text_loses_clearance_and_consent_is_screened_anew_and_keeps_its_coding_marked() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let text = "Ring 07700 900123.";
    let table = json!({"contributions": [{"question": 1, "text": text, "quote_consent": "quotable"}]});
    let table = world.discussion(&id, &world.meeting_a, table).await;
    let answers = json!({"answers": [{"question": 1, "text": text, "quote_consent": "quotable"}]});
    let response = world.response(&id, answers).await;
    let own = world
        .response(
            &id,
            json!({"answers": [{"question": 1, "text": text, "quote_consent": "quotable"}]}),
        )
        .await;
    for (container, list, whole) in [
        (format!("/v1/discussions/{}", table.id()), "contributions", &table),
        (format!("/v1/responses/{}", response.id()), "answers", &response),
        (String::new(), "", &own),
    ] {
        let said = contribution_ids(whole).remove(0);
        let point = format!("/v1/contributions/{said}");
        world.code(&said, &[&theme]).await;
        let cleared = world
            .lead
            .post(format!("{point}/clearance"), json!({"clear": true}))
            .await
            .expect(200);
        assert!(cleared.json["cleared_at"].is_string() && cleared.json["quote_consent"] == "quotable");
        // Consent that is sent along is of other words, too.
        let changed = json!({"id": said, "question": 1, "text": "Write to jo@example.org.", "quote_consent": "quotable"});
        if container.is_empty() {
            correct(
                &world.lead,
                &point,
                json!({"text": changed["text"], "quote_consent": "quotable"}),
            )
            .await;
        } else {
            correct(&world.lead, &container, json!({list: [changed]})).await;
        }
        let shown = world.lead.get(&*point).await.expect(200).json;
        assert_eq!(
            (shown.get("cleared_at"), &shown["quote_consent"]),
            (None, &json!("not_quotable")),
            "{shown:#}"
        );
        assert_eq!(shown["flags"][0]["rule"], "email");
        assert_eq!(
            shown["coding"],
            json!({"theme_ids": [theme], "set_aside": false, "text_changed": true})
        );
        let found = versions(&world.lead, &point).await;
        assert_eq!(causes(&found), ["recorded", "cleared", "corrected"]);
        assert_eq!(
            change(&found[2], "/quote_consent", None).unwrap()["before"],
            "quotable"
        );
    }
}

#[actix_web::test]
async fn versions_are_paged_and_reading_words_is_in_the_log() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let auditor = world.user(json!({"role": "auditor"})).await;
    let made = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&made).remove(0);
    let (point, table) = (
        format!("/v1/contributions/{said}"),
        format!("/v1/discussions/{}", made.id()),
    );
    for n in 0..5 {
        correct(
            &world.lead,
            &point,
            json!({"text": format!("More walks, said {n}.")}),
        )
        .await;
        correct(&world.lead, &table, json!({"minutes_given": n})).await;
    }
    for (path, many) in [(&point, 6), (&table, 11)] {
        let whole = versions(&world.lead, path).await;
        assert_eq!(whole.len(), many);
        for limit in [1, 2, 5] {
            let mut pages = Vec::new();
            let mut next = format!("{path}/versions?limit={limit}");
            loop {
                let answer = world.lead.get(&*next).await.expect(200);
                assert!(answer.items().len() <= limit && !answer.items().is_empty());
                pages.extend(answer.items().iter().cloned());
                match answer.json["next_cursor"].as_str() {
                    Some(cursor) => next = format!("{path}/versions?limit={limit}&cursor={cursor}"),
                    None => break,
                }
            }
            assert_eq!(pages, whole, "by {limit}");
        }
        let answer = world.lead.get(format!("{path}/versions")).await.expect(200);
        let request = answer.header("x-request-id").unwrap().to_owned();
        let shown = path.rsplit('/').next().unwrap();
        let events = auditor.all(&format!("/v1/audit-events?subject={shown}")).await;
        let read: Vec<_> = events
            .iter()
            .filter(|event| event["request_id"] == request)
            .collect();
        assert_eq!(read.len(), 1);
        assert_eq!(
            (&read[0]["outcome"], &read[0]["shown"]),
            (&json!("read"), &json!([shown]))
        );
        assert_eq!(read[0]["consultation_id"], id);
    }
    // No words, no act.
    let answer = world
        .lead
        .get(format!("{point}/versions?limit=1"))
        .await
        .expect(200);
    let request = answer.header("x-request-id").unwrap().to_owned();
    let events = auditor.all(&format!("/v1/audit-events?subject={said}")).await;
    assert!(events.iter().all(|event| event["request_id"] != request));
}

/// Ten thousand characters, rewritten many times over: a page ends before it grows without bound.
#[actix_web::test]
async fn long_histories_of_long_texts_come_in_pages_that_stay_small() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let made = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&made).remove(0);
    let point = format!("/v1/contributions/{said}");
    let long = |word: &str| format!("{word} ").repeat(9_999 / (word.len() + 1));
    for n in 0..70 {
        let text = format!("{n} {}", long(["walks", "meals", "garden"][n % 3]));
        world
            .lead
            .patch(
                &*point,
                n as i64 + 1,
                json!({"text": text.get(..9_900).unwrap_or(&text)}),
            )
            .await
            .expect(200);
    }
    let first = world
        .lead
        .get(format!("{point}/versions?limit=250"))
        .await
        .expect(200);
    assert!(first.bytes.len() < 3 * 1024 * 1024, "{} bytes", first.bytes.len());
    assert!(first.json["next_cursor"].is_string() && first.items().len() < 71);
    assert_eq!(versions(&world.lead, &point).await.len(), 71);
}

/// A history of before there were causes: what was written over is told with who did it, all else says that it was not
/// recorded.
#[actix_web::test]
async fn versions_of_before_causes_were_written_down_say_so() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let made = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&made).remove(0);
    let (point, table) = (
        format!("/v1/contributions/{said}"),
        format!("/v1/discussions/{}", made.id()),
    );
    correct(&world.lead, &point, json!({"text": "Fewer walks."})).await;
    correct(&world.lead, &table, json!({"minutes_given": 5})).await;
    world.service.database.run("DELETE FROM version_steps").await;
    let found = versions(&world.lead, &table).await;
    assert_eq!(causes(&found), ["recorded", "not_recorded", "corrected"]);
    assert_eq!((found[1].get("made_by"), found[1].get("made_at")), (None, None));
    assert_eq!(found[2]["made_by"], world.lead.id);
    assert_eq!(change(&found[2], "/minutes_given", None).unwrap()["after"], 5);
    let found = versions(&world.lead, &point).await;
    assert_eq!(texts(change(&found[1], "/text", None).unwrap()).1, "Fewer walks.");
}
