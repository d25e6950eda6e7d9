//! What was said is taken back by whoever said it: by receipt, by slip, or by asking whoever recorded it.

use serde_json::{Value, json};
use tests::{Caller, World, merged, new_id, world::contribution_ids};

fn at(said: &str) -> String {
    format!("/v1/contributions/{said}")
}

async fn take_back(caller: &Caller, receipt: &str, scope: &str) -> tests::Answer {
    caller
        .post("/v1/withdrawals", json!({"receipt": receipt, "scope": scope}))
        .await
}

async fn ask(caller: &Caller, said: &str, scope: &str) -> tests::Answer {
    let body = json!({"scope": scope, "asked_by": "speaker"});
    caller.post(format!("{}/withdrawal", at(said)), body).await
}

/// A collation without its revision, and the revision.
async fn figures(world: &World, consultation: &str) -> (Value, u64) {
    let mut collation = world.collation(consultation, "").await;
    let revision = collation["revision"].as_u64().unwrap();
    collation.as_object_mut().unwrap().remove("revision");
    (collation, revision)
}

#[actix_web::test]
async fn by_receipt_a_response_goes_whole_with_its_choices_and_the_revision_only_grows() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let before = figures(&world, &id).await;
    let chosen = new_id();
    let body = json!({"id": chosen, "service_id": world.a1, "answers": [
        {"question": 1, "text": "Walks.", "quote_consent": "quotable"}, {"question": 1, "text": "Food."},
        {"question": 2, "choice": "yes"}, {"question": 3, "choice": "agree"}]});
    let response = world.response(&id, body.clone()).await;
    let said = contribution_ids(&response);
    world.code(&said[0], &[&theme]).await;
    let receipt = response.json["receipt"].as_str().unwrap().to_owned();
    let with = figures(&world, &id).await;
    assert_eq!(with.0["heard"]["responses"]["all"]["value"], 1);
    assert_eq!(with.0["themes"][0]["quotes"][0]["text"], "Walks.");

    let stranger = world.service.stranger();
    // As it may be written by hand.
    let written = receipt.to_lowercase().replace('-', " ");
    assert_eq!(
        take_back(&stranger, &written, "quotes").await.expect(200).json["scope"],
        "quotes"
    );
    let quoteless = figures(&world, &id).await;
    assert_eq!(quoteless.0["themes"][0]["quotes"], json!([]));
    assert_eq!(
        quoteless.0["heard"], with.0["heard"],
        "what is not quoted still counts"
    );
    take_back(&stranger, &receipt, "quotes")
        .await
        .problem(404, "not-found");
    let quotable = json!({"quote_consent": "quotable"});
    world
        .lead
        .patch(at(&said[0]), 2, quotable)
        .await
        .faults(&["/quote_consent"]);

    let path = format!("/v1/responses/{chosen}");
    let version = world.lead.get(path.clone()).await.version();
    let added = json!({"answers": [{"id": said[0], "question": 1, "text": "Walks."},
        {"id": said[1], "question": 1, "text": "Food."},
        {"question": 1, "text": "And more.", "quote_consent": "quotable"}]});
    world
        .lead
        .patch(path, version, added)
        .await
        .faults(&["/answers/2/quote_consent"]);
    // Nor in two steps: first the words, then the consent.
    let words = json!({"answers": [{"id": said[0], "question": 1, "text": "Walks."},
        {"id": said[1], "question": 1, "text": "Food."}, {"question": 1, "text": "And more."}]});
    let path = format!("/v1/responses/{chosen}");
    let words = world.lead.patch(path, version, words).await.expect(200);
    let later = contribution_ids(&words)
        .into_iter()
        .find(|id| !said.contains(id))
        .unwrap();
    world
        .lead
        .patch(at(&later), 1, json!({"quote_consent": "quotable"}))
        .await
        .faults(&["/quote_consent"]);

    take_back(&stranger, &receipt, "all").await.expect(200);
    let (after, revision) = figures(&world, &id).await;
    assert_eq!(after, before.0, "as if it had never been said");
    assert!(revision > quoteless.1 && quoteless.1 > with.1 && with.1 > before.1);

    // Used and unknown are answered alike.
    let used = take_back(&stranger, &receipt, "all")
        .await
        .problem(404, "not-found");
    let unknown = take_back(&stranger, "0000-0000-0000-0000", "all")
        .await
        .problem(404, "not-found");
    let mistyped = take_back(&stranger, "nothing", "all")
        .await
        .problem(404, "not-found");
    for other in [&unknown, &mistyped] {
        assert_eq!(used.json["detail"], other.json["detail"]);
        assert_eq!(used.json["title"], other.json["title"]);
    }

    let champion = world.facilitator(&world.a).await;
    champion
        .get(format!("/v1/responses/{chosen}"))
        .await
        .problem(404, "not-found");
    assert_eq!(
        world
            .lead
            .get(format!("/v1/responses/{chosen}"))
            .await
            .expect(200)
            .json["review"],
        "withdrawn"
    );
    let again = merged(world.response_body(), body);
    let path = format!("/v1/consultations/{id}/responses");
    world
        .lead
        .post(path.clone(), again)
        .await
        .problem(409, "id-withdrawn");
    let patch = json!({"people_represented": 2});
    let version = world.lead.get(format!("/v1/responses/{chosen}")).await.version();
    world
        .lead
        .patch(format!("/v1/responses/{chosen}"), version, patch)
        .await
        .problem(409, "id-withdrawn");
    let stolen = merged(
        world.response_body(),
        json!({"answers": [{"id": said[0], "question": 1, "text": "Mine."}]}),
    );
    world
        .lead
        .post(path.clone(), stolen.clone())
        .await
        .problem(409, "id-withdrawn");
    // Whoever may not know of it learns that the id is taken, and no more.
    let other = world
        .user(json!({"role": "collector", "consultation_id": id}))
        .await;
    other.post(path, stolen).await.problem(409, "id-conflict");
    // Codings remain.
    let kept = world
        .service
        .database
        .texts("SELECT CAST(theme_ids AS text) AS text FROM codings")
        .await;
    assert_eq!(kept.len(), 1);
}

#[actix_web::test]
async fn a_receipt_works_in_every_status_and_on_every_replica() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let there = world.service.stranger().at(replica.base());
    for status in ["open", "suspended", "closed", "analysing", "withdrawn"] {
        let id = world.open(json!({"group_ids": []})).await;
        let receipt = world.response(&id, json!({})).await.json["receipt"]
            .as_str()
            .unwrap()
            .to_owned();
        if status == "analysing" {
            world.move_to(&id, "closed").await.ok();
        }
        if status != "open" {
            world.move_to(&id, status).await.ok();
        }
        assert_eq!(
            world.collation(&id, "").await["heard"]["responses"]["all"]["value"],
            1
        );
        take_back(&there, &receipt, "all").await.expect(200);
        assert_eq!(
            world.collation(&id, "").await["heard"]["responses"]["all"]["value"],
            0,
            "{status}"
        );
    }
}

/// How many responses have no digest of their receipt.
const WITHOUT_DIGEST: &str = "SELECT 'one' AS text FROM responses WHERE receipt_digest IS NULL";

#[actix_web::test]
async fn receipts_of_before_there_were_digests_work_and_no_stranger_makes_the_digests() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let mut receipts = Vec::new();
    for _ in 0..3 {
        let posted = world.response(&id, json!({})).await;
        receipts.push(posted.json["receipt"].as_str().unwrap().to_owned());
    }
    let database = &world.service.database;
    database.run("UPDATE responses SET receipt_digest = NULL").await;
    let stranger = world.service.stranger();
    take_back(&stranger, "0000-0000-0000-0000", "all")
        .await
        .problem(404, "not-found");
    take_back(&stranger, &receipts[0], "all").await.expect(200);
    take_back(&stranger, &receipts[0], "all")
        .await
        .problem(404, "not-found");
    assert_eq!(database.texts(WITHOUT_DIGEST).await.len(), 3);
    let auditor = world.user(json!({"role": "auditor"})).await;
    let acts = async |act: &str| auditor.all(&format!("/v1/audit-events?act={act}")).await;
    let taken_back = acts("receipt:take-back").await;
    assert_eq!(taken_back.len(), 1, "nobody took back more: {taken_back:#?}");

    let replica = world.service.replica().await;
    database.until_none(WITHOUT_DIGEST).await;
    let given = acts("service:digest-receipts").await;
    assert_eq!(given.len(), 1, "{given:#?}");
    take_back(&stranger, &receipts[1], "all").await.expect(200);
    take_back(&stranger.at(replica.base()), &receipts[2], "all")
        .await
        .expect(200);
    assert_eq!(
        world.collation(&id, "").await["heard"]["responses"]["all"]["value"],
        0
    );
    let found = collate::store::check::check(&database.url).await.unwrap();
    assert_eq!(found.faults, [""; 0]);
}

#[actix_web::test]
async fn among_very_many_without_digests_the_last_is_found_too() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let last = json!({"id": "ffffffff-ffff-4fff-bfff-ffffffffffff"});
    let receipt = world.response(&id, last).await.json["receipt"].clone();
    let database = &world.service.database;
    let (new_id, many) = if database.is_postgres() {
        ("gen_random_uuid()", "generate_series(1, 2001)")
    } else {
        (
            "randomblob(16)",
            "(WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2001) SELECT n FROM many)",
        )
    };
    let columns = "consultation_id, channel, respondent_group, setting, group_id, service_id, counted_group_id, \
                   people_represented, information_sheet_version, choices, review, content_digest, created_by, version, \
                   received_at, changed";
    database.run("UPDATE responses SET receipt_digest = NULL").await;
    database
        .run(&format!(
            "INSERT INTO responses (id, {columns}) SELECT {new_id}, {columns} FROM responses, {many} AS many"
        ))
        .await;
    let stranger = world.service.stranger();
    take_back(&stranger, "0000-0000-0000-0000", "all")
        .await
        .problem(404, "not-found");
    take_back(&stranger, receipt.as_str().unwrap(), "all")
        .await
        .expect(200);
    assert_eq!(database.texts(WITHOUT_DIGEST).await.len(), 2002);
    let _replicas = (world.service.replica().await, world.service.replica().await);
    database.until_none(WITHOUT_DIGEST).await;
    // Each row by whoever swept it first.
    let found = collate::store::check::check(&database.url).await.unwrap();
    assert_eq!(found.faults, [""; 0]);
}

#[actix_web::test]
async fn guessing_receipts_is_throttled_and_signing_in_is_not() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let receipt = world.response(&id, json!({})).await.json["receipt"]
        .as_str()
        .unwrap()
        .to_owned();
    let stranger = world.service.stranger();
    for _ in 0..30 {
        take_back(&stranger, "0000-0000-0000-0000", "all")
            .await
            .problem(404, "not-found");
    }
    let refused = take_back(&stranger, &receipt, "all")
        .await
        .problem(429, "too-many-failures");
    assert!(refused.header("retry-after").is_some());
    world.service.admin().await;
}

#[actix_web::test]
async fn whoever_recorded_it_takes_it_back_for_somebody_who_asks() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let points = json!({"contributions": [
        {"question": 1, "text": "Walks.", "quote_consent": "quotable"}, {"question": 1, "text": "Food."}]});
    let notes = world.discussion(&id, &world.meeting_a, points).await;
    let said = contribution_ids(&notes);
    world.code(&said[0], &[&theme]).await;
    let facilitator = world.facilitator(&world.a).await;
    let elsewhere = world.facilitator(&world.b).await;
    ask(&elsewhere, &said[0], "all").await.problem(404, "not-found");
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    ask(&coder, &said[0], "all").await.problem(403, "forbidden");
    let why = json!({"scope": "all", "asked_by": "speaker", "reason": "He regrets it"});
    facilitator
        .post(format!("{}/withdrawal", at(&said[0])), why)
        .await
        .faults(&["/reason"]);

    ask(&facilitator, &said[0], "quote").await.expect(200);
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["themes"][0]["quotes"], json!([]));
    assert_eq!(collation["themes"][0]["contributions"]["value"], 1);
    let version = facilitator
        .get(format!("/v1/discussions/{}", notes.id()))
        .await
        .version();
    ask(&facilitator, &said[0], "all").await.expect(200);
    let again = ask(&facilitator, &said[0], "all")
        .await
        .problem(409, "id-withdrawn");
    assert!(again.text().contains("already taken back"), "{}", again.text());
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["questions"][0]["contributions"]["value"], 1);
    assert_eq!(collation["heard"]["discussions"], 1, "the table was held");

    // Absent for all but leads, who find it where they look for it.
    for caller in [&facilitator, &coder] {
        caller.get(at(&said[0])).await.problem(404, "not-found");
        let list = caller
            .get(format!("/v1/consultations/{id}/contributions"))
            .await
            .expect(200);
        assert_eq!(list.ids(), [said[1].clone()]);
    }
    let shown = facilitator
        .get(format!("/v1/discussions/{}", notes.id()))
        .await
        .expect(200);
    assert_eq!(contribution_ids(&shown), [said[1].clone()]);
    assert!(shown.version() > version, "its tag moves");
    let withdrawn = format!("/v1/consultations/{id}/contributions?review=withdrawn");
    assert_eq!(
        world.lead.get(withdrawn.clone()).await.expect(200).ids(),
        [said[0].clone()]
    );
    assert!(facilitator.get(withdrawn).await.expect(200).items().is_empty());
    assert!(world.lead.get(at(&said[0])).await.expect(200).json["withdrawn_at"].is_string());

    // It does not come back: not by its table, not by its id, and nobody codes or clears it.
    let points = json!({"contributions": [{"id": said[0], "question": 1, "text": "Walks."},
        {"id": said[1], "question": 1, "text": "Food."}]});
    let path = format!("/v1/discussions/{}", notes.id());
    facilitator
        .patch(path.clone(), shown.version(), points)
        .await
        .problem(409, "id-withdrawn");
    let kept = json!({"contributions": [{"id": said[1], "question": 1, "text": "Food and drink."}]});
    facilitator.patch(path, shown.version(), kept).await.expect(200);
    let coding = json!({"theme_ids": [theme]});
    world
        .lead
        .put(format!("{}/coding", at(&said[0])), coding)
        .await
        .problem(409, "id-withdrawn");
    world
        .lead
        .post(format!("{}/clearance", at(&said[0])), json!({"clear": true}))
        .await
        .problem(409, "id-withdrawn");
    let version = world.lead.get(at(&said[0])).await.version();
    world
        .lead
        .patch(at(&said[0]), version, json!({"text": "Runs."}))
        .await
        .problem(409, "id-withdrawn");
}

#[actix_web::test]
async fn a_response_without_a_word_left_is_no_response() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let body = json!({"channel": "champion", "respondent_group": "service_user", "service_id": world.a1, "answers": [
        {"question": 1, "text": "Walks."}, {"question": 1, "text": "Food."}, {"question": 2, "choice": "yes"}]});
    let response = champion
        .post(format!("/v1/consultations/{id}/responses"), body)
        .await
        .expect(201);
    let said = contribution_ids(&response);
    ask(&champion, &said[0], "all").await.expect(200);
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["heard"]["responses"]["all"]["value"], 1);
    assert_eq!(collation["questions"][1]["tally"]["yes"]["value"], 1);
    ask(&champion, &said[1], "all").await.expect(200);
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["heard"]["responses"]["all"]["value"], 0);
    assert_eq!(collation["questions"][1]["tally"]["yes"]["value"], 0);
    assert_eq!(collation["heard"]["services"], 0);
    champion
        .get(format!("/v1/responses/{}", response.id()))
        .await
        .problem(404, "not-found");
    let receipt = response.json["receipt"].as_str().unwrap();
    take_back(&world.service.stranger(), receipt, "all")
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn a_slip_stands_for_one_contribution_of_its_meeting() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let slips = format!("/v1/meetings/{}/slips", world.meeting_a);
    world
        .facilitator(&world.b)
        .await
        .post(slips.clone(), json!({"count": 1}))
        .await
        .problem(404, "not-found");
    for count in [0, 201] {
        facilitator
            .post(slips.clone(), json!({"count": count}))
            .await
            .faults(&["/count"]);
    }
    let made = facilitator.post(slips, json!({"count": 200})).await.expect(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let codes: Vec<String> = made.json["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 200);
    // None is stored.
    let stored = world
        .service
        .database
        .texts("SELECT code_digest AS text FROM slips")
        .await;
    assert!(
        stored.len() == 200
            && stored
                .iter()
                .all(|digest| !codes.contains(digest) && digest.len() == 64)
    );

    let path = format!("/v1/consultations/{id}/discussions");
    let notes = |meeting: &str, slips: &[&str]| {
        let points: Vec<_> = slips
            .iter()
            .map(|slip| json!({"question": 1, "text": "Walks.", "slip": slip}))
            .collect();
        json!({"id": new_id(), "meeting_id": meeting, "contributions": points})
    };
    let elsewhere = notes(&world.meeting_b, &[&codes[0]]);
    world
        .lead
        .post(path.clone(), elsewhere)
        .await
        .faults(&["/contributions/0/slip"]);
    let twice = notes(&world.meeting_a, &[&codes[0], &codes[0]]);
    facilitator
        .post(path.clone(), twice)
        .await
        .faults(&["/contributions/1/slip"]);
    let unknown = notes(&world.meeting_a, &["2222-2222-2222", "nothing", &codes[1]]);
    facilitator
        .post(path.clone(), unknown)
        .await
        .faults(&["/contributions/0/slip", "/contributions/1/slip"]);

    let sent = notes(&world.meeting_a, &[&codes[0], &codes[1].to_lowercase()]);
    let posted = facilitator.post(path.clone(), sent.clone()).await.expect(201);
    assert!(!posted.text().contains(&codes[0]), "a slip is shown to nobody");
    facilitator.post(path.clone(), sent).await.expect(200);
    let said = contribution_ids(&posted);
    let used = notes(&world.meeting_a, &[&codes[0]]);
    facilitator
        .post(path, used)
        .await
        .faults(&["/contributions/0/slip"]);
    // One that was forgotten comes later, once.
    let patch = json!({"slip": codes[2]});
    facilitator.patch(at(&said[0]), 1, patch).await.faults(&["/slip"]);

    let stranger = world.service.stranger();
    take_back(&stranger, &codes[3], "all")
        .await
        .problem(404, "not-found");
    take_back(&stranger, &codes[0], "all").await.expect(200);
    take_back(&stranger, &codes[0], "all")
        .await
        .problem(404, "not-found");
    take_back(&stranger, &codes[0], "quotes")
        .await
        .problem(404, "not-found");
    facilitator.get(at(&said[0])).await.problem(404, "not-found");
    facilitator.get(at(&said[1])).await.expect(200);
    assert_eq!(
        world.collation(&id, "").await["questions"][0]["contributions"]["value"],
        1
    );
    let response = merged(
        world.response_body(),
        json!({"answers": [{"question": 1, "text": "A", "slip": codes[4]}]}),
    );
    world
        .lead
        .post(format!("/v1/consultations/{id}/responses"), response)
        .await
        .problem(422, "invalid");
}

#[actix_web::test]
async fn a_release_keeps_its_figures_and_loses_its_quotes_at_once() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let mut said = Vec::new();
    for (meeting, text) in [
        (&world.meeting_a, "Walks help."),
        (&world.meeting_b, "Walks do."),
        (&world.meeting_c, "Walks."),
    ] {
        let points: Vec<_> = (0..8)
            .map(|n| {
                json!({"question": 1, "text": format!("{text} {n}"), "respondent_group": "service_user",
                "quote_consent": if n == 0 { "quotable" } else { "not_quotable" }})
            })
            .collect();
        let notes = json!({"participants": {"service_user": 8}, "contributions": points});
        said.push(contribution_ids(&world.discussion(&id, meeting, notes).await));
    }
    for one in said.iter().flatten() {
        world.code(one, &[&theme]).await;
    }
    world.move_to(&id, "closed").await.ok();
    let named = json!({"quotes": [{"contribution_id": said[0][0], "reason": "Said in every group"},
        {"contribution_id": said[1][0], "reason": "Said in every group"}]});
    world
        .lead
        .post(format!("/v1/consultations/{id}/releases"), named)
        .await
        .expect(201);
    let steering = world.user(json!({"role": "steering_group"})).await;
    let collation = format!("/v1/consultations/{id}/collation");
    let before = steering.get(collation.clone()).await.expect(200);
    assert!(
        before.text().contains("Walks help.") && before.text().contains("Walks do."),
        "{}",
        before.text()
    );
    ask(&world.lead, &said[0][0], "quote").await.expect(200);
    ask(&world.lead, &said[1][0], "all").await.expect(200);
    let after = steering.get(collation).await.expect(200);
    assert!(!after.text().contains("Walks help.") && !after.text().contains("Walks do."));
    let figures = |answer: &tests::Answer| {
        let mut all = answer.json.clone();
        for theme in all["themes"].as_array_mut().unwrap() {
            theme["quotes"] = Value::Null;
        }
        all
    };
    assert_eq!(figures(&before), figures(&after));
    assert_eq!(
        world.collation(&id, "").await["questions"][0]["contributions"]["value"],
        23
    );
}
