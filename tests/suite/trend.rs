//! Themes followed from one consultation to the next, asked over HTTP.

use serde_json::{Value, json};
use tests::{Answer, World, merged, new_id, world::contribution_ids};

/// A consultation of a year, which expects nobody so that it can be closed.
async fn opened(world: &World, year: u32, extra: Value) -> String {
    let days =
        json!({"opens_on": format!("{year}-09-02"), "closes_on": format!("{year}-10-31"), "group_ids": []});
    world.open(merged(days, extra)).await
}

/// A table for each, with one point that is coded so.
async fn raised(world: &World, id: &str, tables: &[(&String, &[&str])]) -> Vec<String> {
    let mut points = Vec::new();
    for (at, (meeting, themes)) in tables.iter().enumerate() {
        let name = json!({"table": format!("Table {at}")});
        let notes = world.discussion(id, meeting, name).await;
        let point = contribution_ids(&notes).remove(0);
        if !themes.is_empty() {
            world.code(&point, themes).await;
        }
        points.push(point);
    }
    points
}

fn path(id: &str, query: &str) -> String {
    format!("/v1/consultations/{id}/trend{query}")
}

async fn trend(world: &World, id: &str, query: &str) -> Value {
    world.lead.get(path(id, query)).await.expect(200).json
}

async fn released(world: &World, id: &str) {
    world.move_to(id, "closed").await.ok();
    world
        .lead
        .post(format!("/v1/consultations/{id}/releases"), json!({}))
        .await
        .expect(201);
}

fn on<'a>(trend: &'a Value, code: &str) -> &'a Value {
    let themes = trend["themes"].as_array().unwrap();
    themes.iter().find(|theme| theme["code"] == code).unwrap()
}

fn reasons(theme: &Value) -> Vec<&str> {
    let reasons = theme["why_not"].as_array().unwrap().iter();
    reasons.map(|why| why["code"].as_str().unwrap()).collect()
}

/// Consultation, label, tables that raised it, tables heard, groups that raised it, groups heard.
fn points(theme: &Value) -> Vec<Value> {
    let points = theme["points"].as_array().unwrap().iter();
    points
        .map(|point| {
            json!([
                point["consultation_id"],
                point["labels"][0],
                point["discussions"],
                point["discussions_base"],
                point["groups"],
                point["groups_base"]
            ])
        })
        .collect()
}

fn ids(trend: &Value) -> Vec<&str> {
    let consultations = trend["consultations"].as_array().unwrap().iter();
    consultations.map(|one| one["id"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_theme_that_was_renamed_is_followed_over_three_consultations() {
    let world = World::start().await;
    let (a, b) = (&world.meeting_a, &world.meeting_b);
    let first = opened(&world, 2017, json!({})).await;
    let meals = world.theme(&first, "meals", json!({})).await;
    let post = world.theme(&first, "post", json!({})).await;
    raised(&world, &first, &[(a, &[&meals]), (b, &[&post])]).await;
    let second = opened(&world, 2018, json!({})).await;
    let mapped = json!({"earlier_theme_id": meals});
    let catering = world.theme(&second, "catering", mapped).await;
    raised(&world, &second, &[(a, &[&catering]), (b, &[&catering])]).await;
    let third = opened(&world, 2019, json!({})).await;
    let food = world.theme(&third, "food", json!({})).await;
    let walks = world.theme(&third, "walks", json!({})).await;
    let tables: [(&String, &[&str]); 4] = [(a, &[&food]), (a, &[&walks]), (b, &[&walks]), (b, &[&walks])];
    raised(&world, &third, &tables).await;

    // By nothing but its words nothing is followed.
    let before = world.lead.get(path(&third, "")).await.expect(200);
    assert_eq!(ids(&before.json), [&third]);
    assert_eq!(reasons(on(&before.json, "food")), ["unmapped"]);
    let here = format!("/v1/consultations/{third}/themes/{food}");
    let shown = world
        .lead
        .patch(&here, 1, json!({"earlier_theme_id": catering}))
        .await
        .expect(200);
    assert_eq!(shown.json["earlier_theme_id"], catering);

    let after = world.lead.get(path(&third, "")).await.expect(200);
    assert_ne!(after.etag(), before.etag());
    let found = after.json;
    assert_eq!(ids(&found), [&first, &second, &third]);
    let theme = on(&found, "food");
    assert_eq!(
        points(theme),
        [
            json!([first, "Meals", 1, 2, 1, 2]),
            json!([second, "Catering", 2, 2, 2, 2]),
            json!([third, "Food", 1, 4, 1, 2])
        ]
    );
    assert_eq!((&theme["comparable"], reasons(theme)), (&json!(true), vec![]));
    assert_eq!(theme["points"][2]["discussions_share"], 0.25);
    assert_eq!(
        theme["points"][0]["contributions"],
        json!({"value": 1, "status": "exact"})
    );
    assert_eq!(theme["points"][0]["theme_ids"], json!([meals]));
    assert_eq!(reasons(on(&found, "walks")), ["unmapped"]);
    let oldest = &found["consultations"][0];
    assert_eq!(
        (
            &oldest["opens_on"],
            &oldest["contributions"]["value"],
            &oldest["differs"]
        ),
        (&json!("2017-09-02"), &json!(2), &json!([]))
    );
    let codes: Vec<_> = found["limitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(
        codes.contains(&"different-people") && codes.contains(&"not-representative"),
        "{codes:?}"
    );

    // A facilitator has the same of their own group, in each of them.
    let facilitator = world.facilitator(&world.a).await;
    let own = facilitator.get(path(&third, "")).await.expect(200).json;
    assert_eq!(own["scope"], json!({"audience": "exact", "group_ids": [world.a]}));
    assert_eq!(
        points(on(&own, "food")),
        [
            json!([first, "Meals", 1, 1, 1, 1]),
            json!([second, "Catering", 1, 1, 1, 1]),
            json!([third, "Food", 1, 2, 1, 1])
        ]
    );
    let narrowed = trend(&world, &third, &format!("?group={}", world.a)).await;
    assert_eq!(points(on(&narrowed, "food")), points(on(&own, "food")));
    assert_eq!(narrowed["filters"], json!({"group": [world.a]}));
    let of_other = path(&third, &format!("?group={}", world.b));
    facilitator.get(of_other).await.problem(400, "bad-parameter");

    // Cleared, it is nobody's.
    let cleared = json!({"earlier_theme_id": null});
    let shown = world.lead.patch(&here, 2, cleared).await.expect(200);
    assert!(shown.json.get("earlier_theme_id").is_none());
    assert_eq!(ids(&trend(&world, &third, "").await), [&third]);
}

#[actix_web::test]
async fn where_themes_or_consultations_differ_it_says_so() {
    let world = World::start().await;
    let (a, b) = (&world.meeting_a, &world.meeting_b);
    let first = opened(&world, 2018, json!({})).await;
    let meals = world.theme(&first, "meals", json!({})).await;
    let snacks = world.theme(&first, "snacks", json!({})).await;
    let walks = world.theme(&first, "walks", json!({})).await;
    let leave = world.theme(&first, "leave", json!({"question": 1})).await;
    let post = world.theme(&first, "post", json!({})).await;
    raised(
        &world,
        &first,
        &[(a, &[&meals, &walks, &leave]), (b, &[&snacks, &post])],
    )
    .await;
    let second = opened(&world, 2019, json!({})).await;
    let mut own = Vec::new();
    for (code, earlier) in [
        ("snacks", &snacks),
        ("walks", &walks),
        ("grounds", &walks),
        ("leave", &leave),
        ("post", &post),
        ("meals", &meals),
    ] {
        let mapped = json!({"earlier_theme_id": earlier});
        own.push(world.theme(&second, code, mapped).await);
    }
    let all: Vec<&str> = own.iter().map(String::as_str).collect();
    raised(&world, &second, &[(a, &all), (b, &all)]).await;
    let merge = format!("/v1/consultations/{first}/themes/{snacks}/merge");
    world.lead.post(merge, json!({"into": meals})).await.expect(200);
    let retired = format!("/v1/consultations/{first}/themes/{post}");
    world
        .lead
        .patch(retired, 1, json!({"status": "retired"}))
        .await
        .expect(200);

    let found = trend(&world, &second, "").await;
    for (code, expected) in [
        // The one was merged into the other, so that both name one theme.
        ("snacks", &["several-map-to-one", "widened"][..]),
        ("meals", &["several-map-to-one"]),
        ("walks", &["several-map-to-one"]),
        ("grounds", &["several-map-to-one"]),
        ("leave", &["question-bound"]),
        ("post", &["retired"]),
    ] {
        let theme = on(&found, code);
        assert_eq!(reasons(theme), expected, "{code}");
        assert_eq!(theme["comparable"], false, "{code}");
        assert_eq!(theme["why_not"][0]["consultation_id"], first, "{code}");
    }
    let point = &on(&found, "snacks")["points"][0];
    assert_eq!(
        (&point["theme_ids"], &point["labels"], &point["discussions"]),
        (&json!([meals, snacks]), &json!(["Meals", "Snacks"]), &json!(2))
    );

    // Another group, another channel, and points that nobody coded: said with numbers, of the consultation and of each theme.
    let late = world
        .discussion(&first, &world.meeting_c, json!({"table": "Late"}))
        .await;
    assert_eq!(contribution_ids(&late).len(), 1);
    world.response(&second, json!({})).await;
    let found = trend(&world, &second, "").await;
    let codes = |differs: &Value| -> Vec<String> {
        let each = differs.as_array().unwrap().iter();
        each.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    let differs = &found["consultations"][0]["differs"];
    assert_eq!(codes(differs), ["groups-differ", "channels-differ", "uncoded"]);
    let text = differs[0]["text"].as_str().unwrap();
    assert!(text.contains("3 there and 2 here; 2 in both"), "{text}");
    assert!(
        differs[2]["text"]
            .as_str()
            .unwrap()
            .starts_with("1 of its contributions"),
        "{differs}"
    );
    assert_eq!(codes(&found["consultations"][1]["differs"]), ["uncoded"]);
    assert_eq!(
        reasons(on(&found, "leave")),
        [
            "question-bound",
            "groups-differ",
            "channels-differ",
            "uncoded",
            "uncoded"
        ]
    );
    // Narrowed to what both have, that stands against it no more.
    let both = format!("?group={},{}&channel=meeting_discussion", world.a, world.b);
    let found = trend(&world, &second, &both).await;
    assert_eq!(reasons(on(&found, "leave")), ["question-bound"]);
    // Where no table was heard there is no share.
    let none = trend(&world, &second, "?channel=survey_online").await;
    let point = &on(&none, "leave")["points"][1];
    assert_eq!(
        (&point["discussions_share"], &point["undefined"]),
        (&Value::Null, &json!({"discussions_share": "nothing-heard"}))
    );
}

/// The one fault of a refusal, which is of the mapping.
fn fault(answer: Answer) -> (String, String) {
    let answer = answer.faults(&["/earlier_theme_id"]);
    let word = |name: &str| answer.json["errors"][0][name].as_str().unwrap().to_owned();
    (word("code"), word("detail"))
}

#[actix_web::test]
async fn a_theme_is_mapped_by_leads_to_an_earlier_consultation_alone() {
    let world = World::start().await;
    let older = opened(&world, 2018, json!({})).await;
    let meals = world.theme(&older, "meals", json!({})).await;
    let newer = opened(&world, 2019, json!({})).await;
    let food = world
        .theme(&newer, "food", json!({"earlier_theme_id": meals}))
        .await;
    let other = world.theme(&newer, "other", json!({})).await;
    let draft = world
        .draft(json!({"opens_on": "2010-09-02", "closes_on": "2010-10-31"}))
        .await
        .id();
    let in_draft = world.theme(&draft, "plans", json!({})).await;
    let map = async |consultation: &str, theme: &str, earlier: &str| {
        let path = format!("/v1/consultations/{consultation}/themes/{theme}");
        let version = world.lead.get(&path).await.expect(200).version();
        world
            .lead
            .patch(path, version, json!({"earlier_theme_id": earlier}))
            .await
    };

    let nowhere = fault(map(&newer, &other, &new_id()).await);
    let same = fault(map(&newer, &other, &food).await);
    let itself = fault(map(&newer, &other, &other).await);
    assert_eq!(nowhere.0, "unknown-id");
    assert_eq!((&nowhere, &nowhere), (&same, &itself), "in the same words");
    // Back and forth would be a circle.
    assert_eq!(fault(map(&older, &meals, &food).await).0, "not-earlier");
    assert_eq!(fault(map(&newer, &other, &in_draft).await).0, "draft");
    let body = json!({"code": "new", "label": "New", "earlier_theme_id": in_draft});
    let themes = format!("/v1/consultations/{newer}/themes");
    assert_eq!(fault(world.lead.post(&themes, body).await).0, "draft");
    // Of one day, which was set up first; and before one that has no day comes whatever has one that is past.
    let twin = opened(&world, 2018, json!({})).await;
    let of_twin = world.theme(&twin, "meals", json!({})).await;
    assert_eq!(fault(map(&older, &meals, &of_twin).await).0, "not-earlier");
    map(&twin, &of_twin, &meals).await.expect(200);
    let undated = world
        .open(json!({"opens_on": null, "closes_on": null, "group_ids": []}))
        .await;
    let of_undated = world.theme(&undated, "meals", json!({})).await;
    assert_eq!(fault(map(&older, &meals, &of_undated).await).0, "not-earlier");
    map(&undated, &of_undated, &food).await.expect(200);
    assert_eq!(
        ids(&trend(&world, &undated, "").await),
        [&older, &newer, &undated]
    );

    // Coders propose themes, and neither map them nor learn of other consultations.
    let coder = world
        .user(json!({"role": "coder", "consultation_id": newer}))
        .await;
    for earlier in [meals.clone(), new_id()] {
        let body = json!({"code": "proposed", "label": "Proposed", "earlier_theme_id": earlier});
        assert_eq!(fault(coder.post(&themes, body).await).0, "not-taken");
    }
    let one = format!("{themes}/{food}");
    let auditor = world.user(json!({"role": "auditor"})).await;
    let facilitator = world.facilitator(&world.a).await;
    for (caller, told) in [
        (&world.lead, true),
        (&auditor, true),
        (&facilitator, true),
        (&coder, false),
    ] {
        let shown = caller.get(&one).await.expect(200);
        let listed = caller.get(&themes).await.expect(200);
        let listed = listed.items().iter().find(|theme| theme["id"] == food).unwrap();
        for theme in [&shown.json, listed] {
            assert_eq!(
                theme.get("earlier_theme_id").is_some(),
                told,
                "{}: {theme}",
                caller.name
            );
        }
    }
    coder.get(path(&newer, "")).await.problem(403, "forbidden");
    auditor.get(path(&newer, "")).await.problem(403, "forbidden");
    facilitator.get(path(&draft, "")).await.problem(404, "not-found");
    world.lead.get(path(&draft, "")).await.expect(200);
    world
        .lead
        .get(path(&new_id(), ""))
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn what_is_of_one_consultation_narrows_no_trend() {
    let world = World::start().await;
    let id = opened(&world, 2019, json!({})).await;
    for (query, pointers) in [
        ("?question=1", &["/question"][..]),
        ("?theme=walks", &["/theme"]),
        ("?section=4.3&round=x", &["/section", "/round"]),
    ] {
        let refused = world
            .lead
            .get(path(&id, query))
            .await
            .problem(400, "bad-parameter");
        assert_eq!(refused.pointers(), pointers, "{}", refused.text());
        let why = refused.json["errors"][0]["detail"].as_str().unwrap();
        assert!(why.contains("Leave it out") && why.contains("alone"), "{why}");
    }
    for query in [
        "?setting=low",
        "?respondent_group=user",
        "?group=x",
        "?shape=round",
        "?stance=mixed",
    ] {
        world.lead.get(path(&id, query)).await.expect(400);
    }
    let narrowed = trend(
        &world,
        &id,
        "?setting=low_secure&respondent_group=staff,service_user",
    )
    .await;
    assert_eq!(
        narrowed["filters"],
        json!({"setting": ["low_secure"], "respondent_group": ["staff", "service_user"]})
    );
}

#[actix_web::test]
async fn who_reads_releases_gets_those_and_nothing_that_would_tell_of_another() {
    let world = World::start().await;
    let (a, b) = (&world.meeting_a, &world.meeting_b);
    let another = json!({"kind": "clinical_reference_group", "name": "Another"});
    let another = world.admin.post("/v1/bodies", another).await.expect(201).id();
    let first = opened(&world, 2018, json!({"commissioned_by": another})).await;
    let meals = world.theme(&first, "meals", json!({})).await;
    raised(&world, &first, &[(a, &[&meals]), (b, &[&meals]), (b, &[&meals])]).await;
    let second = opened(&world, 2019, json!({})).await;
    let food = world.theme(&second, "food", json!({})).await;
    let walks = world.theme(&second, "walks", json!({})).await;
    let said = raised(
        &world,
        &second,
        &[(a, &[&food]), (b, &[&food, &walks]), (b, &[&walks])],
    )
    .await;
    let steering = world.user(json!({"role": "steering_group"})).await;
    let of_body = json!({"role": "clinical_reference_group", "body_id": world.body});
    let reference = world.user(of_body).await;
    let dashboard = json!([{"role": "dashboard"}]);
    let dashboard = world.service.client_by(&world.admin, dashboard).await;
    let (readers, here) = ([&steering, &reference], path(&second, ""));

    dashboard.get(&here).await.problem(403, "forbidden");
    for reader in readers {
        reader.get(&here).await.problem(409, "not-released");
    }
    released(&world, &second).await;
    for reader in readers {
        for query in [format!("?group={}", world.a), "?channel=written".into()] {
            reader
                .get(path(&second, &query))
                .await
                .problem(403, "cut-not-released");
        }
        reader
            .get(path(&second, "?theme=food"))
            .await
            .problem(400, "bad-parameter");
        reader
            .get(path(&second, "?audience=exact"))
            .await
            .problem(403, "forbidden");
    }
    let alone = steering.get(&here).await.expect(200);
    assert_eq!(
        alone.json["scope"],
        json!({"audience": "controlled", "group_ids": null})
    );
    assert_eq!(alone.json["consultations"][0]["policy"]["release"], 1);
    let theme = on(&alone.json, "food");
    assert_eq!(points(theme), [json!([second, "Food", 2, 3, 2, 2])]);
    assert_eq!(reasons(theme), ["not-released"]);
    assert!(theme["why_not"][0].get("consultation_id").is_none());

    // Mapped to what was not released, it reads as it did, to the letter; and so does whatever is coded since.
    let mapping = format!("/v1/consultations/{second}/themes/{food}");
    let mapped = json!({"earlier_theme_id": meals});
    world.lead.patch(&mapping, 1, mapped.clone()).await.expect(200);
    let since = json!({"earlier_theme_id": meals});
    world.theme(&second, "since", since).await;
    world.code(&said[0], &[&walks]).await;
    for reader in readers {
        let answer = reader.get(&here).await.expect(200);
        assert_eq!(answer.text(), alone.text(), "{}", reader.name);
        assert_eq!(answer.etag(), alone.etag());
    }
    let exact = trend(&world, &second, "").await;
    assert_eq!(points(on(&exact, "food")).len(), 2);

    // Released, the steering group has it; a reference group that did not commission it has not.
    released(&world, &first).await;
    let renamed = json!({"label": "Meals and snacks"});
    world
        .lead
        .patch(format!("/v1/consultations/{first}/themes/{meals}"), 1, renamed)
        .await
        .expect(200);
    assert_eq!(reference.get(&here).await.expect(200).text(), alone.text());
    let found = steering.get(&here).await.expect(200).json;
    assert_eq!(ids(&found), [&first, &second]);
    let theme = on(&found, "food");
    assert_eq!(
        points(theme),
        [
            json!([first, "Meals", 3, 3, 2, 2]),
            json!([second, "Food", 2, 3, 2, 2])
        ],
        "by the words that left"
    );
    // The theme that came since shares the earlier one, and is of no release.
    assert_eq!((&theme["comparable"], reasons(theme)), (&json!(true), vec![]));
    assert_eq!(theme["points"][0]["discussions_share"], 1.0);
    for point in theme["points"].as_array().unwrap() {
        assert!(point["contributions"]["status"].is_string(), "{point}");
    }
    let text = found.to_string();
    assert!(!text.contains("snacks") && !text.contains("Since"), "{text}");
    // A lead reads what its readers read, and exact figures unless that is asked for.
    let read = world
        .lead
        .get(path(&second, "?audience=controlled"))
        .await
        .expect(200);
    assert_eq!(read.json, found);
    assert_ne!(trend(&world, &second, "").await, found);
}
