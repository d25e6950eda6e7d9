//! What became of reports: to whom they were delivered, what was decided, and how those who spoke hear of it.

use serde_json::{Value, json};
use tests::{Answer, Caller, World, merged, world::contribution_ids};

/// A consultation whose report is published, and the report.
async fn reported(world: &World, extra: Value) -> (String, Vec<String>, Value) {
    let (consultation, said) = world.told(extra).await;
    world.move_to(&consultation, "closed").await.ok();
    let report = publish(world, &draft(world, &consultation).await).await;
    (consultation, said, report)
}

async fn draft(world: &World, consultation: &str) -> Value {
    let path = format!("/v1/consultations/{consultation}/reports");
    world.lead.post(path, json!({})).await.expect(201).json
}

async fn publish(world: &World, report: &Value) -> Value {
    let path = format!("/v1/reports/{}/publish", id(report));
    world.lead.post(path, json!({})).await.expect(200).json
}

fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap()
}

async fn deliver(world: &World, report: &Value, body: &str) -> Answer {
    let path = format!("/v1/reports/{}/deliveries", id(report));
    let body = json!({"body_id": body, "meeting_on": "2019-11-12", "minute_ref": "4.2"});
    world.lead.post(path, body).await
}

fn outcome(extra: Value) -> Value {
    let base = json!({"decision": "accepted", "reason": "It costs little and helps.", "decided_on": "2019-11-14",
        "decided_by": "Adult secure services"});
    merged(base, extra)
}

async fn decide(caller: &Caller, consultation: &str, extra: Value) -> Answer {
    let path = format!("/v1/consultations/{consultation}/outcomes");
    caller.post(path, outcome(extra)).await
}

async fn status(world: &World, consultation: &str) -> String {
    let path = format!("/v1/consultations/{consultation}");
    let answer = world.lead.get(path).await.expect(200);
    answer.json["status"].as_str().unwrap().to_owned()
}

async fn answer(caller: &Caller, consultation: &str) -> Value {
    let path = format!("/v1/consultations/{consultation}/answer");
    caller.get(path).await.expect(200).json
}

/// The theme of a report that is called so.
fn theme(report: &Value, label: &str) -> Value {
    let themes = report["codeframe"]["themes"].as_array().unwrap();
    let found = themes.iter().find(|theme| theme["label"] == label);
    found.unwrap_or_else(|| panic!("no theme {label}: {themes:?}"))["id"].clone()
}

async fn gaps(world: &World, consultation: &str) -> Vec<String> {
    let path = format!("/v1/consultations/{consultation}/assurance");
    let found = world.lead.get(path).await.expect(200).json;
    let fourth = found["principles"][3]["gaps"].as_array().unwrap();
    let codes = fourth.iter().map(|gap| gap["code"].as_str().unwrap().to_owned());
    codes.collect()
}

#[actix_web::test]
async fn a_report_is_delivered_answered_theme_by_theme_and_everybody_hears_of_it() {
    let world = World::start().await;
    let (consultation, _, report) = reported(&world, json!({"response_due_on": "2020-01-23"})).await;
    let stranger = world.service.stranger();
    let (food, walks) = (theme(&report, "Food"), theme(&report, "Walks"));
    assert_eq!(status(&world, &consultation).await, "reported");
    for code in ["not-delivered", "no-decisions", "stated-response-overdue"] {
        assert!(
            gaps(&world, &consultation).await.contains(&code.to_owned()),
            "{code}"
        );
    }
    decide(&world.lead, &consultation, json!({"theme_id": food}))
        .await
        .problem(409, "not-delivered");

    let delivered = deliver(&world, &report, &world.body).await.expect(201);
    assert_eq!(delivered.json["digest"], report["digest"]);
    assert_eq!(delivered.json["as_published"], true);
    assert_eq!(delivered.json["body"]["name"], "Adult secure services");
    let again = world
        .lead
        .get(delivered.header("location").unwrap())
        .await
        .expect(200);
    assert_eq!(again.json, delivered.json);
    assert_eq!(status(&world, &consultation).await, "delivered");
    assert!(
        !gaps(&world, &consultation)
            .await
            .contains(&"not-delivered".to_owned())
    );
    let waits = answer(&stranger, &consultation).await;
    assert_eq!(waits["unanswered"].as_array().unwrap().len(), 2);
    assert_eq!(waits["response_clock"]["stated_due_on"], "2020-01-23");
    assert_eq!(waits["response_clock"]["answered_on"], Value::Null);
    assert_eq!(waits["themes"][0]["outcome"], Value::Null);
    assert_eq!(waits["themes"][0]["raised"]["groups"], 3);

    // What is looked at is no answer yet.
    let shows = json!({"theme_id": food, "section_ref": "4.4", "document_version": "1.0", "decision": "under_review",
        "source_url": "https://example.org/guidance"});
    let first = decide(&world.lead, &consultation, shows.clone())
        .await
        .expect(201);
    assert_eq!(first.json["report_id"], report["id"]);
    assert_eq!(first.json["on_behalf_of_body"], json!(world.body));
    assert_eq!(
        answer(&stranger, &consultation).await["unanswered"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let accepted = merged(
        shows,
        json!({"decision": "partly_accepted", "supersedes": first.id()}),
    );
    let second = decide(&world.lead, &consultation, accepted.clone())
        .await
        .expect(201);
    decide(&world.lead, &consultation, accepted)
        .await
        .problem(409, "outcome-superseded");
    let then = stranger
        .get(format!("/v1/outcomes/{}", first.id()))
        .await
        .expect(200);
    assert_eq!(then.json["superseded_by"], json!(second.id()));
    let now = answer(&stranger, &consultation).await;
    assert_eq!(now["unanswered"], json!([walks]));
    let answered = now["themes"].as_array().unwrap();
    let answered = answered.iter().find(|one| one["theme_id"] == food).unwrap();
    assert_eq!(answered["outcome"]["decision"], "partly_accepted");
    assert_eq!(
        answered["trace"],
        json!([{"outcome_id": second.id(), "section_ref": "4.4", "section_title": "Food", "document_version": "1.0",
            "source_url": "https://example.org/guidance"}])
    );
    assert_eq!(status(&world, &consultation).await, "delivered");

    let list = format!("/v1/consultations/{consultation}/outcomes");
    let all = stranger.get(&list).await.expect(200);
    assert_eq!(all.ids(), [first.id(), second.id()]);
    let standing = stranger.get(format!("{list}?standing=true")).await.expect(200);
    assert_eq!(standing.ids(), [second.id()]);
    let gone = stranger.get(format!("{list}?standing=false")).await.expect(200);
    assert_eq!(gone.ids(), [first.id()]);
    let of = stranger
        .get(format!("{list}?theme={}", walks.as_str().unwrap()))
        .await
        .expect(200);
    assert!(of.items().is_empty());
    assert_eq!(
        stranger
            .all(&format!("{list}?theme={}", food.as_str().unwrap()))
            .await
            .len(),
        2
    );

    decide(
        &world.lead,
        &consultation,
        json!({"decision": "not_accepted", "decided_on": "2019-12-01"}),
    )
    .await
    .expect(201);
    assert_eq!(status(&world, &consultation).await, "answered");
    let done = answer(&stranger, &consultation).await;
    assert_eq!(
        (&done["unanswered"], &done["whole"]["decision"]),
        (&json!([]), &json!("not_accepted"))
    );
    assert_eq!(done["response_clock"]["answered_on"], "2019-12-01");
    assert_eq!(done["response_clock"]["undefined"]["answered_on"], Value::Null);
    let left = gaps(&world, &consultation).await;
    for code in ["no-decisions", "response-overdue", "stated-response-overdue"] {
        assert!(!left.contains(&code.to_owned()), "{left:?}");
    }

    // Nothing of it moves the report.
    let path = format!("/v1/reports/{}", id(&report));
    assert_eq!(
        stranger.get(&path).await.expect(200).json["digest"],
        report["digest"]
    );
    let feed = stranger.get("/outcomes.atom").await.expect(200);
    assert_eq!(feed.media_type(), Some("application/atom+xml"));
    let feed = feed.text();
    assert_eq!(feed.matches("<entry>").count(), 4, "{feed}");
    for word in [
        format!("urn:uuid:{}", id(&report)),
        format!("urn:uuid:{}", second.id()),
        "Food: partly accepted".to_owned(),
        "href=\"/reports/MHW-1\"".to_owned(),
    ] {
        assert!(feed.contains(&word), "{word}: {feed}");
    }

    let film = json!({"kind": "bsl_video", "title": "The report, signed", "url": "https://example.org/film"});
    let film = world.lead.post(format!("{path}/media"), film).await.expect(201);
    let beside = stranger.get(format!("{path}/media")).await.expect(200);
    assert_eq!(beside.items(), std::slice::from_ref(&film.json));
    let one = stranger.get(film.header("location").unwrap()).await.expect(200);
    assert_eq!(one.json, film.json);
    for url in ["http://example.org/film", "javascript:alert(1)", "https://"] {
        let film = json!({"kind": "video", "title": "A film", "url": url});
        world
            .lead
            .post(format!("{path}/media"), film)
            .await
            .faults(&["/url"]);
    }
}

/// What is looked at is no answer, and a decision on the whole is one: on every page as in `/answer`.
#[actix_web::test]
async fn every_page_counts_the_same_answers() {
    let world = World::start().await;
    let (consultation, _, report) = reported(&world, json!({})).await;
    deliver(&world, &report, &world.body).await.expect(201);
    let stranger = world.service.stranger();
    let pages = async || {
        let mut pages = Vec::new();
        for page in ["/reports/MHW-1", "/reports/MHW-1/outcomes", "/"] {
            pages.push((page, stranger.get(page).await.expect(200).text()));
        }
        pages
    };
    let looked_at = json!({"theme_id": theme(&report, "Food"), "decision": "under_review"});
    decide(&world.lead, &consultation, looked_at).await.expect(201);
    for (page, says) in pages().await {
        assert!(says.contains("No theme has an answer yet."), "{page}: {says}");
    }
    let of_themes = stranger.get("/reports/MHW-1").await.expect(200).text();
    assert!(of_themes.contains("Under review"));
    assert_eq!(of_themes.matches("<b>No answer yet.</b>").count(), 2);
    let easy = async || stranger.get("/reports/MHW-1/easy-read").await.expect(200).text();
    assert!(easy().await.contains("still waiting"));

    decide(&world.lead, &consultation, json!({})).await.expect(201);
    let found = answer(&stranger, &consultation).await;
    assert_eq!(found["unanswered"], json!([]));
    for (page, says) in pages().await {
        assert!(says.contains("All 2 themes have an answer."), "{page}: {says}");
        assert!(!says.contains("No answer yet"), "{page}: {says}");
        let with = says.matches(">the whole consultation</a>: Accepted.").count();
        assert_eq!(with, if page == "/" { 0 } else { 2 }, "{page}: {says}");
    }
    assert!(!easy().await.contains("still waiting"));
}

/// A reference may hold a blank: whatever leads to its page leads there.
#[actix_web::test]
async fn a_report_is_found_by_any_reference_that_is_taken() {
    let world = World::start().await;
    let (consultation, _, _) = reported(&world, json!({"reference": "MHW & food, 2019 (é)"})).await;
    let stranger = world.service.stranger();
    let page = "/reports/MHW%20%26%20food%2C%202019%20%28%C3%A9%29";
    let list = stranger.get("/v1/reports").await.expect(200);
    assert_eq!(list.items()[0]["page"], page);
    assert_eq!(answer(&stranger, &consultation).await["report"]["page"], page);
    let addresses = ["", "/easy-read", "/outcomes"].map(|form| format!("{page}{form}"));
    for from in addresses.iter().map(String::as_str).chain(["/"]) {
        let says = stranger.get(from).await.expect(200).text();
        let links = says.split("href=\"/reports/").skip(1);
        let links: Vec<_> = links.map(|rest| rest.split(['"', '#']).next().unwrap()).collect();
        assert!(!links.is_empty(), "{from}");
        for link in links {
            let link = format!("/reports/{link}");
            assert!(addresses.contains(&link), "{from}: {link}");
        }
    }
    let feed = stranger.get("/outcomes.atom").await.expect(200).text();
    assert!(feed.contains(&format!("href=\"{page}\"")), "{feed}");
    let sheet = format!("/v1/groups/{}/feedback-loop.html", world.a);
    let sheet = world
        .facilitator(&world.a)
        .await
        .get(sheet)
        .await
        .expect(200)
        .text();
    assert!(sheet.contains(&format!("href=\"{page}\"")), "{sheet}");
}

/// A draft that went round for comment is nobody's delivery of what everybody reads.
#[actix_web::test]
async fn everybody_reads_to_whom_what_was_published_was_given() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    let begun = draft(&world, &consultation).await;
    let body = json!({"kind": "clinical_reference_group", "name": "Children's services"});
    let other = world.admin.post("/v1/bodies", body).await.expect(201).id();
    deliver(&world, &begun, &other).await.expect(201);
    let report = publish(&world, &begun).await;
    let stranger = world.service.stranger();
    let says = stranger.get("/reports/MHW-1").await.expect(200).text();
    assert!(!says.contains("Who was given this report"), "{says}");
    deliver(&world, &report, &world.body).await.expect(201);
    let says = stranger.get("/reports/MHW-1").await.expect(200).text();
    let (_, given) = says.split_once("Who was given this report").unwrap();
    let (given, _) = given.split_once("</ul>").unwrap();
    assert!(
        given.contains("Adult secure services") && !given.contains("Children"),
        "{given}"
    );
}

#[actix_web::test]
async fn outcomes_are_of_what_was_asked_and_reported() {
    let world = World::start().await;
    let (consultation, _, report) = reported(&world, json!({})).await;
    deliver(&world, &report, &world.body).await.expect(201);
    let (elsewhere, _, other) = reported(&world, json!({})).await;
    deliver(&world, &other, &world.body).await.expect(201);
    let food = theme(&report, "Food");
    let of_other = decide(
        &world.lead,
        &elsewhere,
        json!({"theme_id": theme(&other, "Food")}),
    )
    .await
    .expect(201);
    let candidate = json!({"status": "candidate"});
    let candidate = world.theme(&consultation, "maybe", candidate).await;
    let own = decide(&world.lead, &consultation, json!({"theme_id": food}))
        .await
        .expect(201);
    for (extra, pointer) in [
        (json!({"theme_id": theme(&other, "Food")}), "/theme_id"),
        (json!({"theme_id": tests::new_id()}), "/theme_id"),
        (json!({"theme_id": candidate}), "/theme_id"),
        (json!({"section_ref": "9.9"}), "/section_ref"),
        (json!({"report_id": other["id"]}), "/report_id"),
        (json!({"decided_on": "2999-01-01"}), "/decided_on"),
        (json!({"decided_on": "2019-09-01"}), "/decided_on"),
        (json!({"source_url": "ftp://example.org"}), "/source_url"),
        (json!({"source_url": "javascript:alert(1)"}), "/source_url"),
        (
            json!({"on_behalf_of_body": tests::new_id()}),
            "/on_behalf_of_body",
        ),
        (json!({"supersedes": of_other.id()}), "/supersedes"),
        (json!({"supersedes": own.id()}), "/supersedes"),
        (
            json!({"theme_id": food, "section_ref": "4.3", "supersedes": own.id()}),
            "/supersedes",
        ),
    ] {
        decide(&world.lead, &consultation, extra).await.faults(&[pointer]);
    }
    // All at once.
    let broken = json!({"reason": " ", "decided_on": "2999-01-01", "section_ref": "9.9"});
    decide(&world.lead, &consultation, broken)
        .await
        .faults(&["/reason", "/decided_on", "/section_ref"]);

    // A sub-theme has the answer of what it is part of, and a section's is nobody's but its own.
    let section = json!({"section_ref": "4.3", "document_version": "1.0"});
    decide(&world.lead, &consultation, section).await.expect(201);
    let found = answer(&world.lead, &consultation).await;
    assert_eq!(found["unanswered"], json!([theme(&report, "Walks")]));
    assert_eq!(found["sections"][0]["section_ref"], "4.3");
    assert_eq!(found["sections"][0]["title"], "Admission, care and treatment");
    let nobody = json!({"body_id": tests::new_id(), "meeting_on": "2019-11-12"});
    let path = format!("/v1/reports/{}/deliveries", id(&report));
    world.lead.post(&path, nobody).await.faults(&["/body_id"]);
    let early = json!({"body_id": world.body, "meeting_on": "2019-01-12"});
    world.lead.post(&path, early).await.faults(&["/meeting_on"]);
}

#[actix_web::test]
async fn bodies_see_what_was_delivered_to_them_and_decide_for_themselves_alone() {
    let world = World::start().await;
    let made = async |kind: &str, name: &str| {
        let body = json!({"kind": kind, "name": name});
        world.admin.post("/v1/bodies", body).await.expect(201).id()
    };
    let steering = made("steering_group", "National steering group").await;
    let other = made("clinical_reference_group", "Children's services").await;
    let own = world
        .user(json!({"role": "clinical_reference_group", "body_id": world.body}))
        .await;
    let stranger_body = world
        .user(json!({"role": "clinical_reference_group", "body_id": other}))
        .await;
    let steers = world.user(json!({"role": "steering_group"})).await;
    let facilitator = world.facilitator(&world.a).await;

    let (consultation, _) = world.told(json!({"public": false})).await;
    world.move_to(&consultation, "closed").await.ok();
    let begun = draft(&world, &consultation).await;
    let path = format!("/v1/reports/{}", id(&begun));
    for caller in [&own, &stranger_body, &steers, &facilitator] {
        caller.get(&path).await.problem(404, "not-found");
    }
    // A draft for comment, to a body that asked for nothing: it is read there, and is no delivery of the report.
    let comment = deliver(&world, &begun, &other).await.expect(201);
    assert_eq!(comment.json["as_published"], false);
    stranger_body.get(&path).await.expect(200);
    own.get(&path).await.problem(404, "not-found");
    let report = publish(&world, &begun).await;
    assert_ne!(comment.json["digest"], report["digest"]);
    assert_eq!(status(&world, &consultation).await, "reported");
    decide(&own, &consultation, json!({}))
        .await
        .problem(409, "not-delivered");
    deliver(&world, &report, &steering).await.expect(201);
    assert_eq!(status(&world, &consultation).await, "delivered");
    assert!(
        gaps(&world, &consultation)
            .await
            .contains(&"not-delivered".to_owned()),
        "the body that decides has not had it"
    );
    deliver(&world, &report, &world.body).await.expect(201);
    assert!(
        !gaps(&world, &consultation)
            .await
            .contains(&"not-delivered".to_owned())
    );

    let given = async |caller: &Caller, query: &str| {
        let found = caller.get(format!("/v1/deliveries{query}")).await.expect(200);
        let names = found
            .items()
            .iter()
            .map(|one| one["body"]["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(given(&own, "").await, ["Adult secure services"]);
    assert_eq!(given(&stranger_body, "").await, ["Children's services"]);
    assert_eq!(given(&steers, "").await, ["National steering group"]);
    assert_eq!(given(&world.lead, "").await.len(), 3);
    assert!(given(&own, &format!("?body={steering}")).await.is_empty());
    assert_eq!(
        given(&world.lead, &format!("?body={steering},{other}"))
            .await
            .len(),
        2
    );
    facilitator.get("/v1/deliveries").await.problem(403, "forbidden");
    let theirs = own.get(format!("{path}/deliveries")).await.expect(200);
    assert_eq!(theirs.items().len(), 1);
    own.get(format!("/v1/deliveries/{}", comment.id()))
        .await
        .problem(404, "not-found");

    decide(&stranger_body, &consultation, json!({}))
        .await
        .problem(404, "not-found");
    for caller in [&steers, &facilitator] {
        decide(caller, &consultation, json!({}))
            .await
            .problem(403, "forbidden");
    }
    decide(&own, &consultation, json!({"on_behalf_of_body": other}))
        .await
        .faults(&["/on_behalf_of_body"]);
    let decided = decide(&own, &consultation, json!({})).await.expect(201);
    assert_eq!(decided.json["on_behalf_of_body"], json!(world.body));
    // Of what not everybody may read, nobody without a grant hears.
    let nobody = world.service.stranger();
    for path in [
        format!("/v1/consultations/{consultation}/outcomes"),
        format!("/v1/consultations/{consultation}/answer"),
        format!("/v1/outcomes/{}", decided.id()),
        format!("{path}/media"),
    ] {
        nobody.get(&path).await.problem(404, "not-found");
        facilitator.get(&path).await.expect(200);
    }
    let feed = nobody.get("/outcomes.atom").await.expect(200).text();
    assert!(!feed.contains("<entry>"), "{feed}");

    // What is retracted is worked on again, and keeps what was decided.
    let retract = json!({"reason": "A table was wrong."});
    world.lead.post(format!("{path}/retract"), retract).await.ok();
    assert_eq!(status(&world, &consultation).await, "analysing");
    deliver(&world, &report, &world.body)
        .await
        .problem(409, "conflict");
    let stays = own
        .get(format!("/v1/outcomes/{}", decided.id()))
        .await
        .expect(200);
    assert_eq!(stays.json, decided.json);
}

/// What becomes of a receipt or slip, as anybody is told who shows it.
async fn look_up(world: &World, code: &str) -> Answer {
    let stranger = world.service.stranger();
    stranger
        .post("/v1/receipts/look-up", json!({"receipt": code}))
        .await
}

#[actix_web::test]
async fn whoever_holds_a_receipt_is_told_what_became_of_it_and_of_nothing_else() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    let response = world
        .response(&consultation, json!({"service_id": world.b1}))
        .await;
    let receipt = response.json["receipt"].as_str().unwrap().to_owned();
    let point = contribution_ids(&response).remove(0);
    let candidate = json!({"description": "Whatever else."});
    let late = world.theme(&consultation, "later", candidate).await;
    let first = look_up(&world, &receipt).await.expect(200);
    assert_eq!(
        first.json,
        json!({"status": "received", "consultation": {"reference": "MHW-1",
            "title": "Managing a Healthy Weight in adult secure services"}, "quoted": false, "themes": []})
    );
    let walks = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/themes"))
        .await;
    let walks = walks.iter().find(|theme| theme["code"] == "walks").unwrap();
    world.code(&point, &[id(walks)]).await;
    world.move_to(&consultation, "closed").await.ok();
    let read = look_up(&world, &receipt).await.expect(200);
    assert_eq!(
        (&read.json["status"], &read.json["themes"]),
        (&json!("being_read"), &json!([]))
    );

    let report = publish(&world, &draft(&world, &consultation).await).await;
    let found = look_up(&world, &receipt.to_lowercase()).await.expect(200).json;
    assert_eq!(found["status"], "in_report");
    assert_eq!(found["report"]["page"], "/reports/MHW-1");
    assert_eq!(
        (&found["report"]["number"], &found["quoted"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(found["themes"], json!([{"label": "Walks", "outcome": null}]));
    // A theme that did not leave is not told, even where it counts there today.
    world.code(&point, &[id(walks), &late]).await;
    let same = look_up(&world, &receipt).await.expect(200).json;
    assert_eq!(same, found);
    for secret in [
        &world.b,
        &world.b1,
        "Cedar House",
        "Cook with us.",
        &point,
        &said[0],
    ] {
        assert!(!found.to_string().contains(secret), "{secret}");
    }

    deliver(&world, &report, &world.body).await.expect(201);
    let decided = json!({"theme_id": id(walks), "easy_read": "Yes, more walks.", "document_version": "1.0"});
    decide(&world.lead, &consultation, decided).await.expect(201);
    let answered = look_up(&world, &receipt).await.expect(200).json;
    assert_eq!(answered["status"], "answered");
    assert_eq!(
        answered["themes"][0]["outcome"],
        json!({"decision": "accepted", "reason": "It costs little and helps.", "easy_read": "Yes, more walks.",
            "decided_on": "2019-11-14", "decided_by": "Adult secure services", "document_version": "1.0"})
    );

    let stranger = world.service.stranger();
    let back = json!({"receipt": receipt, "scope": "all"});
    stranger.post("/v1/withdrawals", back).await.expect(200);
    let withdrawn = look_up(&world, &receipt).await.expect(200).json;
    assert_eq!(
        (&withdrawn["status"], &withdrawn["themes"]),
        (&json!("withdrawn"), &json!([]))
    );
    assert_eq!(withdrawn["report"], Value::Null);
}

#[actix_web::test]
async fn guessed_receipts_are_answered_alike_and_share_the_limit_of_withdrawals() {
    let world = World::start().await;
    let unknown = look_up(&world, "0000-0000-0000-0000")
        .await
        .problem(404, "not-found");
    let mistyped = look_up(&world, "nothing").await.problem(404, "not-found");
    assert_eq!(unknown.json["detail"], mistyped.json["detail"]);
    let stranger = world.service.stranger();
    for _ in 0..28 {
        look_up(&world, "0000-0000-0000-0000")
            .await
            .problem(404, "not-found");
    }
    let refused = look_up(&world, "0000-0000-0000-0000").await;
    let refused = refused.problem(429, "too-many-failures");
    assert_eq!(refused.header("retry-after"), Some("60"));
    let back = json!({"receipt": "0000-0000-0000-0000", "scope": "all"});
    stranger
        .post("/v1/withdrawals", back)
        .await
        .problem(429, "too-many-failures");
    let auditor = world.user(json!({"role": "auditor"})).await;
    let guesses = auditor.all("/v1/audit-events?act=receipt:look-up-failed").await;
    assert_eq!(guesses.len(), 30);
}

#[actix_web::test]
async fn a_slip_is_told_of_its_own_point() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    let slips = format!("/v1/meetings/{}/slips", world.meeting_a);
    let slips = world.lead.post(slips, json!({"count": 1})).await.expect(201);
    let slip = slips.json["codes"][0].as_str().unwrap().to_owned();
    // Nobody has said anything with it yet.
    look_up(&world, &slip).await.problem(404, "not-found");
    let points = json!({"table": "Table 9", "contributions": [
        {"question": 1, "text": "Longer walks.", "slip": slip}, {"question": 1, "text": "Better food."}]});
    let notes = world.discussion(&consultation, &world.meeting_a, points).await;
    let said = contribution_ids(&notes);
    let themes = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/themes"))
        .await;
    let of = |code: &str| themes.iter().find(|theme| theme["code"] == code).unwrap();
    world.code(&said[0], &[id(of("walks"))]).await;
    world.code(&said[1], &[id(of("food"))]).await;
    world.move_to(&consultation, "closed").await.ok();
    publish(&world, &draft(&world, &consultation).await).await;
    let found = look_up(&world, &slip).await.expect(200).json;
    assert_eq!(found["themes"], json!([{"label": "Walks", "outcome": null}]));
}

#[actix_web::test]
async fn a_group_hears_what_it_raised_and_what_was_decided_beside_the_whole() {
    let world = World::start().await;
    let (consultation, _, report) = reported(&world, json!({})).await;
    deliver(&world, &report, &world.body).await.expect(201);
    let food = theme(&report, "Food");
    decide(
        &world.lead,
        &consultation,
        json!({"theme_id": food, "decision": "already_in_place"}),
    )
    .await
    .expect(201);
    let facilitator = world.facilitator(&world.a).await;
    let path = format!("/v1/groups/{}/feedback-loop", world.a);
    let found = facilitator.get(&path).await.expect(200).json;
    assert_eq!(found, world.lead.get(&path).await.expect(200).json);
    assert_eq!(found["group"]["name"], "London");
    let told = found["consultations"].as_array().unwrap();
    assert_eq!(told.len(), 1);
    let of = &told[0];
    assert_eq!(
        (&of["id"], &of["report"]["id"]),
        (&json!(consultation), &report["id"])
    );
    // Two of London's tables with six points each, and one response.
    assert_eq!(
        of["heard"],
        json!({"contributions": 13, "discussions": 2, "responses": 1})
    );
    let themes = of["themes"].as_array().unwrap();
    let on = themes.iter().find(|theme| theme["theme_id"] == food).unwrap();
    assert_eq!(
        on["group"],
        json!({"contributions": 13, "discussions": 2, "responses": 1})
    );
    let whole = report["collation"]["themes"].as_array().unwrap();
    let whole = whole.iter().find(|theme| theme["id"] == food).unwrap();
    assert_eq!(on["country"]["contributions"], whole["contributions"]);
    assert_eq!(
        (&on["country"]["groups"], &on["country"]["groups_heard"]),
        (&whole["groups"], &json!(3))
    );
    assert_eq!(on["outcome"]["decision"], "already_in_place");
    // The exact figures are those that the facilitator's own collation has.
    let exact = facilitator
        .get(format!("/v1/consultations/{consultation}/collation"))
        .await
        .expect(200);
    let exact = exact.json["themes"].as_array().unwrap().clone();
    let exact = exact.iter().find(|theme| theme["id"] == food).unwrap();
    assert_eq!(exact["contributions"]["value"], on["group"]["contributions"]);

    let page = facilitator.get(format!("{path}.html")).await.expect(200);
    for word in ["London", "Already in place", "13 points"] {
        assert!(page.text().contains(word), "{word}: {}", page.text());
    }
    let only = facilitator
        .get(format!("{path}?consultation={consultation}"))
        .await
        .expect(200);
    assert_eq!(only.json, found);
    let none = facilitator
        .get(format!("{path}?consultation={}", tests::new_id()))
        .await
        .expect(200);
    assert_eq!(none.json["consultations"], json!([]));

    let others = world.facilitator(&world.b).await;
    others.get(&path).await.problem(404, "not-found");
    others.get(format!("{path}.html")).await.problem(404, "not-found");
    let steers = world.user(json!({"role": "steering_group"})).await;
    steers.get(&path).await.problem(403, "forbidden");
    world
        .lead
        .get(format!("/v1/groups/{}/feedback-loop", tests::new_id()))
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn what_was_delivered_decided_and_put_beside_is_in_the_log_as_it_stands() {
    let world = World::start().await;
    let (consultation, _, report) = reported(&world, json!({})).await;
    let delivered = deliver(&world, &report, &world.body).await.expect(201);
    let decided = decide(&world.lead, &consultation, json!({})).await.expect(201);
    let film = json!({"kind": "video", "title": "A film", "url": "https://example.org/film"});
    let path = format!("/v1/reports/{}/media", id(&report));
    let film = world.lead.post(path, film).await.expect(201);
    let auditor = world.user(json!({"role": "auditor"})).await;
    for (act, of) in [
        ("deliveries:write", delivered.id()),
        ("outcomes:write", decided.id()),
        ("report-media:write", film.id()),
    ] {
        let found = auditor
            .all(&format!("/v1/audit-events?act={act}&subject={of}"))
            .await;
        assert_eq!(found.len(), 1, "{act}");
        assert_eq!(found[0]["consultation_id"], json!(consultation), "{act}");
    }
    let checked = collate::store::check::check(&world.service.database.url)
        .await
        .unwrap();
    assert_eq!(checked.faults, Vec::<String>::new());
}
