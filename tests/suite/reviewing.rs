//! Review: what was looked at and found wanting is moved with a reason, counts or counts not, and can be taken back.

use collate::{
    collecting::retention::{Keeping, sweep},
    store::{Store, check::check},
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Ask, Caller, World, merged, new_id, world::contribution_ids};

const STATES: [&str; 4] = ["received", "has_issues", "approved", "withdrawn"];

/// The steps that there are, spelled out.
const STEPS: [(&str, &[&str]); 4] = [
    ("received", &["has_issues", "approved", "withdrawn"]),
    ("has_issues", &["received", "approved", "withdrawn"]),
    ("approved", &["received", "has_issues", "withdrawn"]),
    ("withdrawn", &["received"]),
];

/// The id of the first reason for a state that wants no note.
async fn reason(lead: &Caller, to: &str) -> String {
    let reasons = lead.all("/v1/review-reasons").await;
    let found = reasons.iter().find(|reason| {
        reason["note_wanted"] == false && reason["to"].as_array().unwrap().iter().any(|state| state == to)
    });
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn moved(world: &World, caller: &Caller, path: &str, to: &str) -> Answer {
    let reason = reason(&world.lead, to).await;
    caller
        .post(format!("{path}/review"), json!({"to": to, "reason_id": reason}))
        .await
}

fn points(texts: &[&str]) -> Value {
    let points: Vec<_> = texts
        .iter()
        .map(|text| json!({"question": 1, "text": text}))
        .collect();
    json!({"contributions": points})
}

#[actix_web::test]
async fn what_is_withdrawn_counts_nowhere_until_it_is_taken_back() {
    let world = World::start().await;
    let lead = &world.lead;
    let id = world.open(json!({})).await;
    let here = format!("/v1/consultations/{id}");
    let theme = world.theme(&id, "walks", json!({})).await;
    let quoted = json!({"participants": {"service_user": 6}, "tallies": [{"question": 2, "counts": {"yes": 4}}],
        "contributions": [{"question": 1, "text": "Walks.", "quote_consent": "quotable"}]});
    let kept = world.discussion(&id, &world.meeting_a, quoted.clone()).await;
    world.code(&contribution_ids(&kept)[0], &[&theme]).await;
    let figures = async || {
        let mut seen = Vec::new();
        for path in [
            "collation",
            "coverage",
            "saturation",
            "codeframe/check",
            "cells?by=theme,group",
            "cross-tab?rows=theme&columns=group",
        ] {
            let mut answer = lead.get(format!("{here}/{path}")).await.expect(200).json;
            if let Some(revision) = answer.get_mut("revision") {
                *revision = Value::Null;
            }
            seen.push(answer);
        }
        seen
    };
    let revision = async || world.collation(&id, "").await["revision"].as_u64().unwrap();
    let without = figures().await;

    let twice = world.discussion(&id, &world.meeting_b, quoted).await;
    let said = contribution_ids(&twice).remove(0);
    world.code(&said, &[&theme]).await;
    let letter = world
        .response(
            &id,
            json!({"service_id": world.b1, "answers": [{"question": 1, "text": "Food."},
        {"question": 2, "choice": "no"}]}),
        )
        .await;
    let with = figures().await;
    assert_ne!(with, without);
    let before = revision().await;
    let (table, response) = (
        format!("/v1/discussions/{}", twice.id()),
        format!("/v1/responses/{}", letter.id()),
    );

    let answer = moved(&world, lead, &table, "withdrawn").await.expect(200);
    assert_eq!(
        (&answer.json["review"], answer.version()),
        (&json!("withdrawn"), 2)
    );
    assert_eq!(answer.etag(), "\"2\"");
    moved(&world, lead, &response, "withdrawn").await.expect(200);
    assert_eq!(figures().await, without);
    let between = revision().await;
    assert!(between > before, "{between} after {before}");
    // Leads find it where they ask for it, and nobody else does.
    assert_eq!(
        lead.get(format!("{here}/contributions?review=withdrawn"))
            .await
            .ok()
            .items()
            .len(),
        2
    );
    assert_eq!(
        lead.get(format!("{here}/contributions")).await.ok().items().len(),
        1
    );
    for (list, id) in [("discussions", twice.id()), ("responses", letter.id())] {
        let found = lead
            .get(format!("{here}/{list}?review=withdrawn,has_issues"))
            .await
            .ok();
        assert_eq!(found.ids(), std::slice::from_ref(&id));
        assert!(
            !lead
                .get(format!("{here}/{list}?review=received"))
                .await
                .ok()
                .ids()
                .contains(&id)
        );
    }
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    coder
        .get(format!("/v1/contributions/{said}"))
        .await
        .problem(404, "not-found");
    let coding = json!({"theme_ids": [theme]});
    let coding_path = format!("/v1/contributions/{said}/coding");
    coder
        .put(&*coding_path, coding.clone())
        .await
        .problem(404, "not-found");
    lead.put(&*coding_path, coding).await.problem(409, "id-withdrawn");
    // Nor is it corrected, or sent again under its ids.
    lead.patch(&*table, 2, json!({"table": "Table 2"}))
        .await
        .problem(409, "id-withdrawn");
    lead.patch(&*response, 2, json!({"people_represented": 2}))
        .await
        .problem(409, "id-withdrawn");
    let point = format!("/v1/contributions/{said}");
    lead.patch(&*point, 1, json!({"text": "Else."}))
        .await
        .problem(409, "id-withdrawn");
    let concern = json!({"concern": {"raised_on": "2019-10-03"}});
    lead.patch(&*point, 1, concern).await.expect(200);
    lead.patch(&*point, 2, json!({"concern": null})).await.expect(200);
    let again = merged(world.discussion_body(&world.meeting_b), json!({"id": twice.id()}));
    lead.post(format!("{here}/discussions"), again)
        .await
        .problem(409, "id-conflict");
    let again = json!({"contributions": [{"id": said, "text": "Walks."}]});
    let again = merged(world.discussion_body(&world.meeting_b), again);
    lead.post(format!("{here}/discussions"), again)
        .await
        .problem(409, "id-withdrawn");

    moved(&world, lead, &table, "received").await.expect(200);
    moved(&world, lead, &response, "received").await.expect(200);
    assert_eq!(figures().await, with);
    assert!(revision().await > between);
    // With issues, and approved, it counts.
    for state in ["has_issues", "approved"] {
        moved(&world, lead, &table, state).await.expect(200);
        assert_eq!(figures().await, with);
    }
    assert_eq!(check(&world.service.database.url).await.unwrap().faults, [""; 0]);
}

#[actix_web::test]
async fn a_repeat_of_a_withdrawn_table_or_response_is_refused_as_withdrawn() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let posts = [
        (
            "discussions",
            merged(world.discussion_body(&world.meeting_a), json!({"id": new_id()})),
        ),
        (
            "responses",
            merged(world.response_body(), json!({"id": new_id()})),
        ),
    ];
    for (kind, body) in posts {
        let path = format!("/v1/consultations/{id}/{kind}");
        let made = world.lead.post(&*path, body.clone()).await.expect(201);
        moved(
            &world,
            &world.lead,
            &format!("/v1/{kind}/{}", made.id()),
            "withdrawn",
        )
        .await
        .expect(200);
        world.lead.post(path, body).await.problem(409, "id-withdrawn");
    }
}

#[actix_web::test]
async fn every_step_is_in_one_table_and_a_wrong_one_names_the_right_ones() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let (lead, mut moves) = (&world.lead, 0);
    let there = async |path: &str, from: &str| {
        // By way of received, from which every state is one step away.
        let stands = lead.get(path).await.expect(200).json["review"]
            .as_str()
            .unwrap()
            .to_owned();
        for to in ["received", from] {
            let stands = lead.get(path).await.expect(200).json["review"].clone();
            if stands != to {
                moved(&world, lead, path, to).await.expect(200);
            }
        }
        stands
    };
    for path in [
        format!(
            "/v1/discussions/{}",
            world.discussion(&id, &world.meeting_a, json!({})).await.id()
        ),
        format!("/v1/responses/{}", world.response(&id, json!({})).await.id()),
    ] {
        for (from, allowed) in STEPS {
            for to in STATES {
                there(&path, from).await;
                let answer = moved(&world, lead, &path, to).await;
                if allowed.contains(&to) {
                    assert_eq!(answer.expect(200).json["review"], to);
                    moves += 1;
                } else {
                    let refused = answer.problem(409, "review-not-allowed");
                    let named = format!("It is {from}; the next steps are: {}.", allowed.join(", "));
                    assert_eq!(refused.json["detail"], named);
                }
            }
        }
    }
    assert_eq!(moves, 20);
    let table = world.discussion(&id, &world.meeting_a, json!({})).await;
    let path = format!("/v1/discussions/{}", table.id());
    let reason = reason(lead, "approved").await;
    let stale = Ask::of("POST", format!("{path}/review")).version(7);
    lead.send(stale.json(&json!({"to": "approved", "reason_id": reason})))
        .await
        .problem(412, "stale-version");
    // Neither in a draft, which has no tables, nor in what was withdrawn.
    world.move_to(&id, "withdrawn").await.ok();
    moved(&world, lead, &path, "approved")
        .await
        .problem(409, "review-not-open");
}

#[actix_web::test]
async fn reasons_are_rows_that_leads_keep() {
    let world = World::start().await;
    let lead = &world.lead;
    let first = lead.all("/v1/review-reasons").await;
    assert_eq!(first.len(), 11);
    for state in STATES {
        assert!(
            first
                .iter()
                .any(|one| one["to"].as_array().unwrap().iter().any(|to| to == state)),
            "{state}"
        );
    }
    // A second start adds none.
    let replica = world.service.replica().await;
    assert_eq!(lead.at(replica.base()).all("/v1/review-reasons").await, first);

    let input = json!({"to": ["has_issues"], "label": "Two tables on one sheet", "note_wanted": true});
    let made = lead.post("/v1/review-reasons", input).await.expect(201);
    assert_eq!(
        (&made.json["status"], &made.json["note_wanted"]),
        (&json!("active"), &json!(true))
    );
    let path = format!("/v1/review-reasons/{}", made.id());
    lead.post("/v1/review-reasons", json!({"to": [], "label": " "}))
        .await
        .faults(&["/to", "/label"]);
    lead.post(
        "/v1/review-reasons",
        json!({"to": ["approved", "approved"], "label": "A"}),
    )
    .await
    .faults(&["/to/1"]);

    let id = world.open(json!({})).await;
    let table = format!(
        "/v1/discussions/{}",
        world.discussion(&id, &world.meeting_a, json!({})).await.id()
    );
    let review = format!("{table}/review");
    let with = |extra: Value| merged(json!({"to": "has_issues", "reason_id": made.id()}), extra);
    lead.post(&*review, with(json!({}))).await.faults(&["/note"]);
    lead.post(&*review, with(json!({"note": " "})))
        .await
        .faults(&["/note"]);
    lead.post(&*review, with(json!({"note": "x".repeat(1001)})))
        .await
        .faults(&["/note"]);
    lead.post(&*review, with(json!({"to": "approved", "note": "x"})))
        .await
        .faults(&["/reason_id"]);
    lead.post(&*review, with(json!({"reason_id": new_id()})))
        .await
        .faults(&["/reason_id"]);
    lead.post(&*review, json!({"to": "approved"}))
        .await
        .faults(&["/reason_id"]);
    lead.post(&*review, with(json!({"note": "Table 4 is on the back."})))
        .await
        .expect(200);

    lead.patch(
        &*path,
        1,
        json!({"status": "retired", "label": "Two on one sheet"}),
    )
    .await
    .expect(200);
    lead.post(&*review, with(json!({"to": "received", "note": "x"})))
        .await
        .faults(&["/reason_id"]);
    lead.patch(&*path, 1, json!({"label": "Again"}))
        .await
        .problem(412, "stale-version");
    assert_eq!(
        lead.get(&*path).await.expect(200).json["label"],
        "Two on one sheet"
    );
    // What was moved by it keeps it.
    let moves = lead.get(format!("{table}/reviews")).await.expect(200);
    let shown = &moves.items()[0];
    assert_eq!(
        (&shown["from"], &shown["to"], &shown["reason"], &shown["version"]),
        (
            &json!("received"),
            &json!("has_issues"),
            &json!("Two on one sheet"),
            &json!(2)
        )
    );
    assert_eq!(
        (&shown["reason_id"], &shown["moved_by"]),
        (&json!(made.id()), &json!(lead.id))
    );
    assert_eq!(shown["note"], "Table 4 is on the back.");
}

#[actix_web::test]
async fn who_collects_withdraws_what_is_their_own_and_takes_that_back() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let (own, other) = (
        world.facilitator(&world.a).await,
        world.facilitator(&world.b).await,
    );
    let colleague = world.facilitator(&world.a).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let made = own
        .post(path, world.discussion_body(&world.meeting_a))
        .await
        .expect(201);
    let table = format!("/v1/discussions/{}", made.id());

    for to in STATES {
        moved(&world, &other, &table, to).await.problem(404, "not-found");
    }
    other
        .get(format!("{table}/reviews"))
        .await
        .problem(404, "not-found");
    for to in ["received", "has_issues", "approved"] {
        moved(&world, &own, &table, to).await.problem(403, "forbidden");
    }
    moved(&world, &own, &table, "withdrawn").await.expect(200);
    moved(&world, &own, &table, "withdrawn")
        .await
        .problem(409, "review-not-allowed");
    // It is still there for its group, which may have it back by whoever withdrew it.
    assert_eq!(own.get(&*table).await.expect(200).json["review"], "withdrawn");
    moved(&world, &colleague, &table, "received")
        .await
        .problem(403, "forbidden");
    moved(&world, &own, &table, "received").await.expect(200);

    // What a lead withdrew or found issues in is not theirs to undo.
    moved(&world, &world.lead, &table, "withdrawn").await.expect(200);
    moved(&world, &own, &table, "received")
        .await
        .problem(403, "forbidden");
    moved(&world, &world.lead, &table, "received").await.expect(200);
    moved(&world, &world.lead, &table, "has_issues").await.expect(200);
    moved(&world, &own, &table, "withdrawn").await.expect(200);
    moved(&world, &own, &table, "received")
        .await
        .problem(403, "forbidden");
    moved(&world, &world.lead, &table, "received").await.expect(200);

    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let theirs = json!({"channel": "champion", "service_id": world.a1, "respondent_group": "service_user",
        "answers": [{"question": 1, "text": "Cook with us."}]});
    let responses = format!("/v1/consultations/{id}/responses");
    let theirs = champion.post(&*responses, theirs).await.expect(201);
    let theirs = format!("/v1/responses/{}", theirs.id());
    let paper = json!({"channel": "survey_paper", "service_id": world.a1, "answers": [{"question": 1, "text": "Tea."}]});
    let paper = own.post(&*responses, paper).await.expect(201);
    let paper = format!("/v1/responses/{}", paper.id());
    // Those of the group one reads, and withdraws only what one posted.
    moved(&world, &own, &theirs, "withdrawn")
        .await
        .problem(403, "forbidden");
    moved(&world, &champion, &paper, "withdrawn")
        .await
        .problem(404, "not-found");
    moved(&world, &champion, &theirs, "approved")
        .await
        .problem(403, "forbidden");
    moved(&world, &champion, &table, "withdrawn")
        .await
        .problem(403, "forbidden");
    for (caller, path) in [(&champion, &theirs), (&own, &paper)] {
        moved(&world, caller, path, "withdrawn").await.expect(200);
        moved(&world, caller, path, "received").await.expect(200);
    }

    // While the consultation is open, as for any correction.
    moved(&world, &own, &table, "withdrawn").await.expect(200);
    world.move_to(&id, "closed").await.ok();
    moved(&world, &own, &table, "received")
        .await
        .problem(409, "consultation-not-open");
    moved(&world, &champion, &theirs, "withdrawn")
        .await
        .problem(409, "consultation-not-open");
    moved(&world, &world.lead, &table, "received").await.expect(200);
}

#[actix_web::test]
async fn many_are_moved_together_or_none_and_every_refusal_is_named() {
    let world = World::start().await;
    let lead = &world.lead;
    let (id, elsewhere) = (world.open(json!({})).await, world.open(json!({})).await);
    let mut tables = Vec::new();
    for meeting in [&world.meeting_a, &world.meeting_b, &world.meeting_c] {
        tables.push(world.discussion(&id, meeting, json!({})).await.id());
    }
    let letter = world.response(&id, json!({})).await.id();
    let foreign = world
        .discussion(&elsewhere, &world.meeting_a, json!({}))
        .await
        .id();
    let path = format!("/v1/consultations/{id}/reviews");
    let state = async |table: &str| {
        lead.get(format!("/v1/discussions/{table}"))
            .await
            .expect(200)
            .json["review"]
            .clone()
    };
    let approve = json!({"to": "approved", "reason_id": reason(lead, "approved").await});
    let with = |extra: Value| merged(approve.clone(), extra);

    moved(
        &world,
        lead,
        &format!("/v1/discussions/{}", tables[1]),
        "withdrawn",
    )
    .await
    .expect(200);
    let all = json!({"discussion_ids": tables, "response_ids": [letter]});
    let refused = lead
        .post(&*path, with(all.clone()))
        .await
        .problem(409, "review-not-allowed");
    assert_eq!(refused.pointers(), ["/discussion_ids/1"]);
    assert_eq!(
        refused.json["errors"][0]["detail"],
        "It is withdrawn; the next steps are: received."
    );
    let wrong =
        json!({"discussion_ids": [tables[0], tables[0], tables[1], foreign], "response_ids": [new_id()]});
    lead.post(&*path, with(wrong)).await.faults(&[
        "/discussion_ids/1",
        "/discussion_ids/2",
        "/discussion_ids/3",
        "/response_ids/0",
    ]);
    lead.post(&*path, approve.clone()).await.faults(&[""]);
    assert_eq!(state(&tables[0]).await, "received");

    moved(
        &world,
        lead,
        &format!("/v1/discussions/{}", tables[1]),
        "received",
    )
    .await
    .expect(200);
    let done = lead
        .post(&*path, with(merged(all, json!({"note": "All of round one."}))))
        .await
        .expect(200);
    let reviews = done.json["reviews"].as_array().unwrap();
    assert_eq!(reviews.len(), 4);
    assert!(
        reviews
            .iter()
            .all(|one| one["to"] == "approved" && one["note"] == "All of round one.")
    );
    for table in &tables {
        assert_eq!(state(table).await, "approved");
    }
    assert_eq!(state(&foreign).await, "received");
    for grant in [
        json!({"role": "facilitator", "group_id": world.a}),
        json!({"role": "auditor"}),
    ] {
        let caller = world.user(grant).await;
        caller
            .post(&*path, with(json!({"discussion_ids": [tables[0]]})))
            .await
            .problem(403, "forbidden");
    }
}

#[actix_web::test]
async fn a_correction_takes_an_approval_back_and_leaves_issues() {
    let world = World::start().await;
    let lead = &world.lead;
    let id = world.open(json!({})).await;
    let table = world.discussion(&id, &world.meeting_a, json!({})).await;
    let point = format!("/v1/contributions/{}", contribution_ids(&table)[0]);
    let table = format!("/v1/discussions/{}", table.id());
    let response = format!("/v1/responses/{}", world.response(&id, json!({})).await.id());
    let state = async |path: &str| lead.get(path).await.expect(200).json["review"].clone();
    let correct = async |path: &str, patch: Value| {
        let version = lead.get(path).await.expect(200).version();
        lead.patch(path, version, patch).await.expect(200)
    };
    for (of, by, patch) in [
        (&table, &table, json!({"minutes_given": 20})),
        (&table, &point, json!({"text": "More walks, please."})),
        (&response, &response, json!({"people_represented": 3})),
    ] {
        moved(&world, lead, of, "approved").await.expect(200);
        let corrected = correct(by, patch.clone()).await;
        if by == of {
            assert_eq!(corrected.json["review"], "received");
        }
        assert_eq!(state(of).await, "received");
        let moves = lead.all(&format!("{of}/reviews")).await;
        let last = moves.last().unwrap();
        assert_eq!(
            (&last["from"], &last["to"]),
            (&json!("approved"), &json!("received"))
        );
        assert_eq!(last.get("reason_id"), None);
        let version = lead.get(&**of).await.expect(200).version();
        assert_eq!(last["version"], version);
        // Of the version it is said that it was a correction, and what that changed.
        let versions = lead.all(&format!("{of}/versions")).await;
        let pointers: Vec<_> = versions.last().unwrap()["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| change["pointer"].as_str().unwrap())
            .collect();
        assert!(
            pointers.contains(&"/review") && pointers.len() > 1,
            "{pointers:?}"
        );
    }
    // That somebody may be at risk is no correction of what was checked.
    moved(&world, lead, &table, "approved").await.expect(200);
    correct(&point, json!({"concern": {"raised_on": "2019-10-03"}})).await;
    assert_eq!(state(&table).await, "approved");
    moved(&world, lead, &table, "has_issues").await.expect(200);
    correct(&table, json!({"minutes_given": 25})).await;
    assert_eq!(state(&table).await, "has_issues");
    assert_eq!(check(&world.service.database.url).await.unwrap().faults, [""; 0]);
}

#[actix_web::test]
async fn a_withdrawn_table_is_not_among_those_that_were_posted() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": [world.a]})).await;
    let held = json!({"tables": 2});
    world
        .lead
        .patch(format!("/v1/meetings/{}", world.meeting_a), 1, held)
        .await
        .expect(200);
    let mut tables = Vec::new();
    for table in ["Table 1", "Table 2"] {
        tables.push(
            world
                .discussion(&id, &world.meeting_a, json!({"table": table}))
                .await
                .id(),
        );
    }
    let second = format!("/v1/discussions/{}", tables[1]);
    moved(&world, &world.lead, &second, "withdrawn").await.expect(200);
    let refused = world
        .move_to(&id, "closed")
        .await
        .problem(409, "feedback-missing");
    let detail = refused.json["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("1 of 2 tables are posted"), "{detail}");
    moved(&world, &world.lead, &second, "received").await.expect(200);
    world.move_to(&id, "closed").await.expect(200);
}

#[actix_web::test]
async fn of_two_who_move_at_once_one_does_and_versions_stay_one_after_the_other() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let id = world.open(json!({})).await;
    let table = world
        .discussion(&id, &world.meeting_a, points(&["One.", "Two."]))
        .await;
    let said = contribution_ids(&table);
    let path = format!("/v1/discussions/{}", table.id());
    let (withdraw, back) = (
        reason(&world.lead, "withdrawn").await,
        reason(&world.lead, "received").await,
    );
    let callers = [world.lead.clone(), world.lead.at(replica.base())];
    let mut done = 0;
    for round in 0..6 {
        let (to, reason) = if round % 2 == 0 {
            ("withdrawn", &withdraw)
        } else {
            ("received", &back)
        };
        let moves = (0..8).map(|n| {
            let body = json!({"to": to, "reason_id": reason});
            callers[n % 2].post(format!("{path}/review"), body)
        });
        let statuses: Vec<_> = join_all(moves).await.iter().map(|answer| answer.status).collect();
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert!(
            statuses.iter().all(|status| [200, 409].contains(status)),
            "{statuses:?}"
        );
        done += 1;
    }
    // Moves, and corrections of its points, at once: none is lost, and no number stands for two.
    let corrections = (0..6).map(|n| {
        let (caller, said) = (&callers[n % 2], &said[n % 2]);
        async move {
            let path = format!("/v1/contributions/{said}");
            let version = caller.get(&*path).await.expect(200).version();
            caller
                .patch(path, version, json!({"text": format!("Said {n} times.")}))
                .await
                .status
                == 200
        }
    });
    let approve = reason(&world.lead, "approved").await;
    let moves = (0..4).map(|n| {
        callers[n % 2].post(
            format!("{path}/review"),
            json!({"to": "approved", "reason_id": approve}),
        )
    });
    let (corrected, approved) = futures_util::future::join(join_all(corrections), join_all(moves)).await;
    done += corrected.iter().filter(|corrected| **corrected).count();
    done += approved.iter().filter(|answer| answer.status == 200).count();
    let version = world.lead.get(&*path).await.expect(200).version();
    assert_eq!(version, 1 + done as i64);
    let versions = world.lead.all(&format!("{path}/versions")).await;
    let numbers: Vec<_> = versions
        .iter()
        .map(|one| one["version"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=version).collect::<Vec<_>>());
    let causes: Vec<_> = versions
        .iter()
        .map(|one| one["cause"].as_str().unwrap())
        .collect();
    assert!(!causes.contains(&"not_recorded"), "{causes:?}");
    assert_eq!(check(&world.service.database.url).await.unwrap().faults, [""; 0]);
}

#[actix_web::test]
async fn many_moved_at_once_from_either_end_wait_for_each_other_and_none_for_ever() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let mut tables = Vec::new();
    for _ in 0..12 {
        tables.push(world.discussion(&id, &world.meeting_a, json!({})).await.id());
    }
    let mut backwards = tables.clone();
    backwards.reverse();
    let path = format!("/v1/consultations/{id}/reviews");
    let reason = reason(&world.lead, "withdrawn").await;
    let moves = (0..8).map(|n| {
        let ids = if n % 2 == 0 { &tables } else { &backwards };
        world.lead.post(
            &*path,
            json!({"to": "withdrawn", "reason_id": reason, "discussion_ids": ids}),
        )
    });
    let mut statuses: Vec<_> = join_all(moves).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[actix_web::test]
async fn a_move_is_in_the_log_and_its_note_is_screened_and_not_for_coders() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let table = world.discussion(&id, &world.meeting_a, json!({})).await.id();
    let path = format!("/v1/discussions/{table}");
    let auditor = world.user(json!({"role": "auditor"})).await;
    let facilitator = world.facilitator(&world.a).await;
    let note = "Ring 07700 900123 before it is typed up.";
    let body =
        json!({"to": "has_issues", "reason_id": reason(&world.lead, "has_issues").await, "note": note});
    let done = world.lead.post(format!("{path}/review"), body).await.expect(200);
    let request = done.header("x-request-id").unwrap().to_owned();
    let events = auditor
        .all(&format!(
            "/v1/audit-events?subject={table}&act=discussions:review"
        ))
        .await;
    let written = events.iter().find(|event| event["outcome"] == "written").unwrap();
    assert_eq!(
        (&written["request_id"], &written["actor_id"]),
        (&json!(request), &json!(world.lead.id))
    );
    assert_eq!(written["subject"], json!({"kind": "discussions", "id": table}));
    assert_eq!(written["consultation_id"], id);
    assert_eq!(written["rows"]["discussions"], json!([table]));
    for table in ["reviews", "version_steps"] {
        assert_eq!(written["rows"][table].as_array().unwrap().len(), 1, "{written:#}");
    }
    assert!(!written.to_string().contains("07700"));

    for caller in [&world.lead, &facilitator, &auditor] {
        let moves = caller.get(format!("{path}/reviews")).await.expect(200);
        let shown = &moves.items()[0];
        assert_eq!(
            (&shown["note"], &shown["note_flags"][0]["rule"]),
            (&json!(note), &json!("phone"))
        );
        // Reading it is an act, because it may hold words of the table.
        let request = moves.header("x-request-id").unwrap().to_owned();
        let events = auditor
            .all(&format!(
                "/v1/audit-events?subject={table}&act=discussions:history"
            ))
            .await;
        let read = events
            .iter()
            .find(|event| event["request_id"] == request)
            .unwrap();
        assert_eq!(
            (&read["outcome"], &read["shown"]),
            (&json!("read"), &json!([table]))
        );
    }
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    for path in [
        format!("{path}/reviews"),
        format!("{path}/versions"),
        "/v1/review-reasons".into(),
    ] {
        coder.get(path).await.problem(403, "forbidden");
    }
}

#[actix_web::test]
async fn a_note_ends_with_the_words_on_which_it_may_have_been_written() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let lead = &world.lead;
    let table = world
        .discussion(&id, &world.meeting_a, points(&["Ask Zebulon.", "Walks."]))
        .await;
    let path = format!("/v1/discussions/{}", table.id());
    let note = async |to: &str, note: &str| {
        let body = json!({"to": to, "reason_id": reason(lead, to).await, "note": note});
        lead.post(format!("{path}/review"), body).await.expect(200);
    };
    note("has_issues", "It names Zebulon.").await;
    let taken_back = format!("/v1/contributions/{}/withdrawal", contribution_ids(&table)[0]);
    lead.post(taken_back, json!({"scope": "all", "asked_by": "speaker"}))
        .await
        .expect(200);
    note("received", "Mended since.").await;
    let notes = async || -> Vec<Value> {
        lead.all(&format!("{path}/reviews"))
            .await
            .iter()
            .map(|one| one["note"].clone())
            .collect()
    };
    let store = Store::connect(&world.service.database.url, 2).await.unwrap();
    let keeping = Keeping {
        originals: 180,
        withdrawn: 30,
    };
    let after = async |days: i64| {
        sweep(
            &store,
            keeping,
            collate::clock::now().plus_seconds(days * 24 * 60 * 60),
        )
        .await
        .unwrap()
    };
    assert_eq!(after(29).await, 0);
    assert_eq!(notes().await, ["It names Zebulon.", "Mended since."]);
    assert_eq!(after(31).await, 1);
    assert_eq!(notes().await, [Value::Null, json!("Mended since.")]);
    let moves = lead.all(&format!("{path}/reviews")).await;
    assert!(
        moves[0]["note_ended_at"].is_string() && moves[0].get("note_flags").is_none(),
        "{moves:#?}"
    );
    assert_eq!(check(&world.service.database.url).await.unwrap().faults, [""; 0]);
}

#[actix_web::test]
async fn a_release_keeps_its_figures_and_quotes_no_table_that_was_withdrawn() {
    let world = World::start().await;
    let lead = &world.lead;
    let id = world.open(json!({"group_ids": []})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let mut tables = Vec::new();
    for meeting in [&world.meeting_a, &world.meeting_b, &world.meeting_c] {
        let said: Vec<_> = (0..8)
            .map(|n| json!({"question": 1, "text": format!("Walks, said {n} of us."), "respondent_group": "service_user",
                "quote_consent": "quotable"}))
            .collect();
        let table = world
            .discussion(
                &id,
                meeting,
                json!({"participants": {"service_user": 8}, "contributions": said}),
            )
            .await;
        for said in contribution_ids(&table) {
            world.code(&said, &[&theme]).await;
        }
        tables.push(table);
    }
    world.move_to(&id, "closed").await.ok();
    let first = contribution_ids(&tables[0]).remove(0);
    let named = json!({"quotes": [{"contribution_id": first, "reason": "Said in every group"}]});
    lead.post(format!("/v1/consultations/{id}/releases"), named)
        .await
        .expect(201);
    let steering = world.user(json!({"role": "steering_group"})).await;
    let path = format!("/v1/consultations/{id}/collation");
    let released = async || {
        let mut released = steering.get(&*path).await.expect(200).json;
        let theme = &mut released["themes"][0];
        let quotes = theme["quotes"].take();
        (released, quotes.as_array().unwrap().clone())
    };
    let (figures, quotes) = released().await;
    let is_there = |quotes: &[Value]| quotes.iter().any(|quote| quote["text"] == "Walks, said 0 of us.");
    assert!(is_there(&quotes), "{quotes:#?}");
    let table = format!("/v1/discussions/{}", tables[0].id());
    for (n, meeting) in tables.iter().enumerate().skip(1) {
        moved(
            &world,
            lead,
            &format!("/v1/discussions/{}", meeting.id()),
            "withdrawn",
        )
        .await
        .expect(200);
        assert!(n < 3);
    }
    moved(&world, lead, &table, "withdrawn").await.expect(200);
    let (after, quotes) = released().await;
    assert_eq!((after, quotes), (figures.clone(), Vec::new()));
    moved(&world, lead, &table, "received").await.expect(200);
    let (after, quotes) = released().await;
    assert!(after == figures && is_there(&quotes), "{quotes:#?}");
}
