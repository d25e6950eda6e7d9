//! What the record shows of how people were consulted, and what it does not: gaps arise, are closed through the API one by one, and
//! nothing else moves with them.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Ask, Caller, Demo, World, new_id, world::contribution_ids};

fn path(consultation: &str) -> String {
    format!("/v1/consultations/{consultation}/assurance")
}

/// The gaps of an answer: `code`, and of what where it is of a meeting or a group.
fn gaps(assurance: &Value) -> BTreeSet<String> {
    let principles = assurance["principles"].as_array().unwrap();
    let all = principles.iter().flat_map(|one| one["gaps"].as_array().unwrap());
    all.map(|gap| {
        assert!(!gap["text"].as_str().unwrap().is_empty(), "{gap}");
        assert!(!gap["where"].as_str().unwrap().is_empty(), "{gap}");
        let code = gap["code"].as_str().unwrap();
        match gap["meeting_id"].as_str().or(gap["group_id"].as_str()) {
            Some(of) => format!("{code} {of}"),
            None => code.to_owned(),
        }
    })
    .collect()
}

/// The texts of one kind of evidence, in their order.
fn evidence<'a>(assurance: &'a Value, code: &str) -> Vec<&'a str> {
    let principles = assurance["principles"].as_array().unwrap();
    let all = principles
        .iter()
        .flat_map(|one| one["evidence"].as_array().unwrap());
    all.filter(|one| one["code"] == code)
        .map(|one| one["text"].as_str().unwrap())
        .collect()
}

/// A consultation, and the gaps that it had when it was last looked at.
struct Looked<'a> {
    lead: &'a Caller,
    id: String,
    known: BTreeSet<String>,
}

impl Looked<'_> {
    async fn assurance(&self) -> Value {
        self.lead.get(path(&self.id)).await.expect(200).json
    }

    /// Changes something, at the version that it stands at.
    async fn patch(&self, path: &str, body: Value) {
        let version = self.lead.get(path).await.expect(200).version();
        self.lead.patch(path, version, body).await.expect(200);
    }

    /// Changes the consultation itself.
    async fn set(&self, body: Value) {
        self.patch(&format!("/v1/consultations/{}", self.id), body).await;
    }

    /// Looks again: these gaps are gone, these have come, and all others stand.
    #[track_caller]
    fn compare(&mut self, assurance: &Value, gone: &[&str], come: &[&str]) {
        let now = gaps(assurance);
        let of = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(&self.known - &now, of(gone), "gone");
        assert_eq!(&now - &self.known, of(come), "come");
        self.known = now;
    }

    async fn look(&mut self, gone: &[&str], come: &[&str]) -> Value {
        let assurance = self.assurance().await;
        self.compare(&assurance, gone, come);
        assurance
    }
}

#[actix_web::test]
async fn gaps_are_closed_through_the_api_and_others_stay() {
    let world = World::start().await;
    let sections = json!([{"ref": "4.3", "title": "Admission, care and treatment"}]);
    let document = |version: Value| {
        let mut document = json!({"title": "Draft guidance", "sections": sections});
        document["version"] = version;
        json!({"documents": [document]})
    };
    let id = world.open(document(Value::Null)).await;
    let table = world.discussion(&id, &world.meeting_a, json!({})).await;
    let (a, b, c) = (&world.meeting_a, &world.meeting_b, &world.meeting_c);
    let at = |code: &str, of: &str| format!("{code} {of}");
    let mut looked = Looked {
        lead: &world.lead,
        id: id.clone(),
        known: BTreeSet::new(),
    };

    let mut expected: BTreeSet<_> = [
        "document-without-version",
        "no-open-to-change",
        "no-not-open-to-change",
        "no-easy-read-summary",
        "no-materials",
        "no-easy-read-material",
        "no-easy-read-prompt",
        "opened-late",
        "closing-day-passed",
        "uncoded",
        "no-release",
        "not-delivered",
        "no-decisions",
        "no-response-due-on",
        "response-overdue",
    ]
    .map(ToOwned::to_owned)
    .into();
    for meeting in [a, b, c] {
        expected.extend([at("papers-not-recorded", meeting), at("not-on-agenda", meeting)]);
    }
    expected.insert(at("tables-without-minutes", a));
    expected.extend([&world.b, &world.c].map(|group| at("group-not-heard", group)));
    let first = looked.assurance().await;
    assert_eq!(gaps(&first), expected);
    looked.known = expected;
    let principles = first["principles"].as_array().unwrap();
    let names: Vec<_> = principles
        .iter()
        .map(|one| (&one["number"], &one["code"]))
        .collect();
    assert_eq!(
        json!(names),
        json!([
            [1, "formative-stage"],
            [2, "sufficient-information"],
            [3, "adequate-time"],
            [4, "conscientious-consideration"]
        ])
    );
    assert_eq!(
        (&first["consultation"]["id"], &first["consultation"]["status"]),
        (&json!(id), &json!("open"))
    );
    let clock = &first["response_clock"];
    assert_eq!(
        (
            &clock["begins"],
            &clock["begins_on"],
            &clock["due_on"],
            &clock["weeks"]
        ),
        (
            &json!("planned"),
            &json!("2019-10-31"),
            &json!("2020-01-23"),
            &json!(12)
        )
    );
    assert!(clock["days_left"].as_i64().unwrap() < 0);
    assert_eq!(
        clock["undefined"],
        json!({"closed_on": "not-closed", "stated_due_on": "not-stated", "answered_on": "not-recorded"})
    );

    // What was put to people, and what of it could still change.
    looked.set(document(json!("0.3"))).await;
    looked.look(&["document-without-version"], &[]).await;
    looked.set(json!({"open_to_change": "All of section 4."})).await;
    looked.look(&["no-open-to-change"], &[]).await;
    looked
        .set(json!({"not_open_to_change": "That there will be guidance."}))
        .await;
    looked.look(&["no-not-open-to-change"], &[]).await;
    looked
        .set(json!({"easy_read_summary": "About food and walks."}))
        .await;
    looked.look(&["no-easy-read-summary"], &[]).await;

    // What people were given: first a day after all three meetings, then in time.
    let mut material =
        json!({"format": "easy_read", "title": "The draft in short", "supplied_on": "2019-10-04"});
    looked.set(json!({ "materials": [material] })).await;
    let late = [
        "material-without-url",
        "material-after-opening",
        "material-after-meeting",
    ];
    let found = looked
        .look(&["no-materials", "no-easy-read-material"], &late)
        .await;
    assert_eq!(
        evidence(&found, "material-supplied"),
        ["The draft in short (easy_read) was supplied on 4 October 2019."]
    );
    material["url"] = json!("https://example.org/draft");
    looked.set(json!({ "materials": [material] })).await;
    looked.look(&late[..1], &[]).await;
    material["supplied_on"] = json!("2019-08-20");
    looked.set(json!({ "materials": [material] })).await;
    looked.look(&late[1..], &[]).await;

    // Papers of London's meeting, the third of October.
    let meeting = format!("/v1/meetings/{a}");
    let papers = ["papers-not-recorded", "papers-after-meeting", "papers-late"].map(|code| at(code, a));
    looked
        .patch(&meeting, json!({"papers_sent_on": "2019-10-04"}))
        .await;
    looked.look(&[&papers[0]], &[&papers[1]]).await;
    looked
        .patch(&meeting, json!({"papers_sent_on": "2019-09-27"}))
        .await;
    looked.look(&[&papers[1]], &[&papers[2]]).await;
    looked
        .patch(&meeting, json!({"papers_sent_on": "2019-09-26"}))
        .await;
    let found = looked.look(&[&papers[2]], &[]).await;
    assert_eq!(
        evidence(&found, "papers-sent"),
        ["Papers were sent on 26 September 2019, 7 days before the meeting of London on 3 October 2019."]
    );

    // Its agenda and its table.
    let mut item = json!({"position": 1, "kind": "discussion", "title": "The draft", "consultation_id": id, "presented_by": []});
    looked.patch(&meeting, json!({ "agenda": [item] })).await;
    looked
        .look(&[&at("not-on-agenda", a)], &[&at("agenda-without-minutes", a)])
        .await;
    item["minutes"] = json!(40);
    looked.patch(&meeting, json!({ "agenda": [item] })).await;
    looked.look(&[&at("agenda-without-minutes", a)], &[]).await;
    let discussion = format!("/v1/discussions/{}", table.id());
    looked.patch(&discussion, json!({"minutes_given": 35})).await;
    looked.look(&[&at("tables-without-minutes", a)], &[]).await;

    // What was said is read.
    let theme = world.theme(&id, "walks", json!({})).await;
    world.code(&contribution_ids(&table)[0], &[&theme]).await;
    let found = looked.look(&["uncoded"], &[]).await;
    assert_eq!(
        evidence(&found, "contributions-coded"),
        ["Read and coded under a theme: 1 of 1 contribution."]
    );

    // The answer: twelve weeks from the planned closing end on the twenty-third of January.
    looked.set(json!({"response_due_on": "2020-01-24"})).await;
    looked
        .look(
            &["no-response-due-on"],
            &["response-due-late", "stated-response-overdue"],
        )
        .await;
    looked.set(json!({"response_due_on": "2020-01-23"})).await;
    looked.look(&["response-due-late"], &[]).await;

    // It was opened on its day, as far as the database knows.
    let database = &world.service.database;
    let opened = "UPDATE consultation_moves SET moved_at = 1567411200000000 WHERE moved_to = 'open'";
    database.run(opened).await;
    looked.look(&["opened-late"], &[]).await;

    // Closed today, without two groups.
    let waived = [&world.b, &world.c]
        .map(|group| json!({"group_id": group, "reason": "No facilitator this autumn"}))
        .to_vec();
    let closed = json!({"to": "closed", "overrides": waived});
    world
        .lead
        .post(format!("/v1/consultations/{id}/status"), closed)
        .await
        .expect(200);
    let silent = [&world.b, &world.c].map(|group| at("group-not-heard", group));
    let without = [&world.b, &world.c].map(|group| at("closed-without-group", group));
    let found = looked
        .look(
            &["closing-day-passed", "response-overdue", &silent[0], &silent[1]],
            &[&without[0], &without[1]],
        )
        .await;
    assert_eq!(found["response_clock"]["begins"], "closed");
    let time = found["principles"][2]["gaps"].as_array().unwrap();
    let of = |group: &str| {
        time.iter()
            .find(|gap| gap["group_id"] == group && gap.get("meeting_id").is_none())
    };
    let said = "It was closed without waiting for North West. Nothing that it said is counted. The reason given: No facilitator \
                this autumn";
    assert_eq!(of(&world.b).unwrap()["text"], said);

    // Or at half past midnight of the first of October, as it was in London: twelve weeks end on Christmas Eve.
    let closed = "UPDATE consultation_moves SET moved_at = 1569886200000000 WHERE moved_to = 'closed'";
    database.run(closed).await;
    let late = ["response-due-late", "response-overdue"];
    let found = looked.look(&[], &["closed-early", late[0], late[1]]).await;
    let clock = &found["response_clock"];
    assert_eq!(
        (
            &clock["begins"],
            &clock["closed_on"],
            &clock["due_on"],
            &clock["stated_due_on"]
        ),
        (
            &json!("closed"),
            &json!("2019-10-01"),
            &json!("2019-12-24"),
            &json!("2020-01-23")
        )
    );
    assert_eq!(clock["undefined"], json!({"answered_on": "not-recorded"}));
    assert_eq!(
        evidence(&found, "days-open"),
        ["Open for 29 days from 2 September 2019 to 1 October 2019; the day of opening is not counted."]
    );
    looked.set(json!({"closes_on": "2019-10-01"})).await;
    looked.look(&["closed-early"], &[]).await;

    world
        .lead
        .post(format!("/v1/consultations/{id}/releases"), json!({}))
        .await
        .expect(201);
    let found = looked.look(&["no-release"], &[]).await;
    assert_eq!(evidence(&found, "released").len(), 1);

    let mut left: BTreeSet<_> = [
        "no-easy-read-prompt",
        "not-delivered",
        "no-decisions",
        "response-due-late",
        "response-overdue",
        "stated-response-overdue",
    ]
    .map(ToOwned::to_owned)
    .into();
    left.extend(without);
    for meeting in [b, c] {
        left.extend([at("papers-not-recorded", meeting), at("not-on-agenda", meeting)]);
    }
    assert_eq!(looked.known, left);
}

#[actix_web::test]
async fn leads_and_the_auditor_read_it_and_nobody_else() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let draft = world.draft(json!({})).await.id();
    let auditor = world.user(json!({"role": "auditor"})).await;
    for consultation in [&id, &draft] {
        let to_lead = world.lead.get(path(consultation)).await.expect(200);
        let to_auditor = auditor.get(path(consultation)).await.expect(200);
        assert_eq!(to_auditor.json["principles"], to_lead.json["principles"]);
        let ask = Ask::of("GET", path(consultation)).header("if-none-match", to_lead.etag());
        auditor.send(ask).await.expect(304);
    }
    let found = world.lead.get(path(&draft)).await.expect(200).json;
    let never = gaps(&found);
    assert!(
        never.contains("not-opened") && never.contains("nothing-said"),
        "{never:?}"
    );
    assert!(!never.contains("response-overdue"), "{never:?}");

    for grant in [
        json!({"role": "facilitator", "group_id": world.a}),
        json!({"role": "coder", "consultation_id": id}),
        json!({"role": "steering_group"}),
    ] {
        let caller = world.user(grant).await;
        caller.get(path(&id)).await.problem(403, "forbidden");
    }
    world.service.stranger().get(path(&id)).await.expect(401);
    for reader in [&world.lead, &auditor] {
        reader.get(path(&new_id())).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn meetings_on_other_matters_and_tables_set_apart_are_not_asked_about() {
    let world = World::start().await;
    let other = world.open(json!({})).await;
    let id = world.open(json!({"group_ids": [world.a]})).await;
    let asked = async || {
        let found = world.lead.get(path(&id)).await.expect(200).json;
        let found = gaps(&found);
        let of = |meeting: &str| found.contains(&format!("papers-not-recorded {meeting}"));
        [&world.meeting_a, &world.meeting_b].map(|meeting| of(meeting))
    };
    // London is expected and its agenda says nothing; North West is not.
    assert_eq!(asked().await, [true, false]);
    let agenda = json!([{"position": 1, "kind": "discussion", "title": "Another draft", "consultation_id": other,
        "presented_by": [], "minutes": 30}]);
    let meeting = format!("/v1/meetings/{}", world.meeting_a);
    world
        .lead
        .patch(meeting, 1, json!({ "agenda": agenda }))
        .await
        .expect(200);
    assert_eq!(asked().await, [false, false]);
    // A table of either makes it one of its meetings.
    let table = world.discussion(&id, &world.meeting_b, json!({})).await;
    assert_eq!(asked().await, [false, true]);
    // Unless it is set apart in review: then it counts nowhere.
    let reasons = world.lead.all("/v1/review-reasons").await;
    let reason = reasons.iter().find(|reason| {
        let to = reason["to"].as_array().unwrap();
        reason["note_wanted"] == false && to.iter().any(|state| state == "withdrawn")
    });
    let body = json!({"to": "withdrawn", "reason_id": reason.unwrap()["id"]});
    let path = format!("/v1/discussions/{}/review", table.id());
    world.lead.post(path, body).await.ok();
    assert_eq!(asked().await, [false, false]);
}

#[actix_web::test]
async fn the_demo_has_evidence_of_each_principle_and_gaps_that_can_be_closed() {
    let demo = Demo::start().await;
    let lead = &demo.lead;
    let mut looked = Looked {
        lead,
        id: demo.id.clone(),
        known: BTreeSet::new(),
    };
    let found = looked.assurance().await;
    let principles = found["principles"].as_array().unwrap();
    assert_eq!(principles.len(), 4);
    for principle in principles {
        assert!(
            !principle["evidence"].as_array().unwrap().is_empty(),
            "{principle}"
        );
    }
    assert_eq!(evidence(&found, "papers-sent").len(), 9);
    assert_eq!(
        evidence(&found, "groups-heard"),
        ["Groups heard, of those expected: 9 of 9."]
    );
    assert_eq!(evidence(&found, "delivered").len(), 2);
    // It was built today, of an autumn long past, and some of its themes wait for an answer.
    let expected = [
        "material-without-url",
        "opened-late",
        "no-decisions",
        "stated-response-overdue",
    ];
    looked.known = expected.map(ToOwned::to_owned).into();
    looked.compare(&found, &[], &[]);
    assert_eq!(found["response_clock"]["begins"], "closed");

    let materials = json!([
        {"format": "standard", "title": "Draft guidance", "supplied_on": "2019-08-20", "url": "https://example.org/draft"},
        {"format": "easy_read", "title": "The draft in short", "supplied_on": "2019-08-27", "url": "https://example.org/short"}]);
    looked.set(json!({ "materials": materials })).await;
    looked.look(&["material-without-url"], &[]).await;
    let whole = json!({"decision": "accepted", "reason": "All else is taken up as it was suggested.",
        "decided_on": "2020-02-20", "decided_by": "The group"});
    lead.post(format!("/v1/consultations/{}/outcomes", looked.id), whole)
        .await
        .expect(201);
    looked
        .look(&["no-decisions", "stated-response-overdue"], &[])
        .await;
}
