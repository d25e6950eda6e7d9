//! How far groups agree with statements, and where people in services and others differ, asked over HTTP.

use serde_json::{Value, json};
use tests::{World, new_id, world::contribution_ids};

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is no number"));
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

fn of<'a>(list: &'a Value, field: &str, key: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|one| one[field] == key);
    found.unwrap_or_else(|| panic!("no {key} in {list}"))
}

async fn closed(world: &World, id: &str) {
    let overrides: Vec<_> = [&world.a, &world.b, &world.c]
        .map(|group| json!({"group_id": group, "reason": "Of another matter."}))
        .into();
    let body = json!({"to": "closed", "overrides": overrides});
    let path = format!("/v1/consultations/{id}/status");
    world.lead.post(path, body).await.ok();
}

#[actix_web::test]
async fn people_in_services_and_staff_may_disagree_where_groups_agree() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    // At tables of one kind hands are that kind's; where several sit together they are nobody's.
    for (meeting, people, agree, disagree) in [
        (&world.meeting_a, json!({"service_user": 8}), 6, 2),
        (&world.meeting_b, json!({"staff": 6}), 1, 5),
        (&world.meeting_b, json!({"service_user": 4, "staff": 4}), 4, 3),
    ] {
        let table = json!({"table": new_id(), "participants": people, "contributions": [],
            "tallies": [{"question": 3, "counts": {"agree": agree, "disagree": disagree, "unsure": 0}}]});
        world.discussion(&id, meeting, table).await;
    }
    for choice in ["agree", "unsure"] {
        let carer = json!({"respondent_group": "family_carer", "setting": "low_secure",
            "answers": [{"question": 3, "choice": choice}]});
        world.response(&id, carer).await;
    }
    let path = format!("/v1/consultations/{id}/consensus");
    let found = world.lead.get(&path).await.expect(200).json;
    let statements = found["questions"].as_array().unwrap();
    assert_eq!(statements.len(), 1, "only statements can be agreed with");
    let statement = &statements[0];

    let group = &statement["group"];
    near(&group["product"], 7.0 / 10.0 * 6.0 / 15.0);
    assert_eq!(
        (&group["groups_heard"], &group["groups_silent"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(group["silent"], json!([{"key": world.c, "label": "Yorkshire"}]));
    assert_eq!(
        group["people_outside"],
        json!({"value": 2, "status": "exact"}),
        "carers of no group"
    );
    // The same as in the collation.
    let collation = world.collation(&id, "").await;
    let consensus = collation["questions"][2]["consensus"].as_object().unwrap();
    for (figure, value) in consensus {
        assert_eq!(&group[figure], value, "{figure}");
    }

    let people = &statement["respondent_group"];
    near(&people["product"], 7.0 / 10.0 * 2.0 / 8.0 * 2.0 / 4.0);
    near(
        &people["geometric_mean"],
        (7.0_f64 / 10.0 * 2.0 / 8.0 * 2.0 / 4.0).powf(1.0 / 3.0),
    );
    near(&people["lowest_group_share"], 2.0 / 8.0);
    assert_eq!(
        people["silent"],
        json!([{"key": "commissioner", "label": "Commissioners"}])
    );
    assert_eq!(people["people_outside"]["value"], 7, "a table of several kinds");
    assert_eq!(
        people.get("not_told_apart"),
        None,
        "both were heard by themselves"
    );
    let staff = of(&people["heard"], "key", "staff");
    assert_eq!(
        (&staff["agree"]["value"], &staff["disagree"]["value"]),
        (&json!(1), &json!(5))
    );
    near(&staff["share"], 2.0 / 8.0);
    near(&staff["opposed_share"], 6.0 / 8.0);
    let keys: Vec<_> = people["heard"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["key"])
        .collect();
    assert_eq!(keys, ["service_user", "family_carer", "staff"]);

    let setting = &statement["setting"];
    near(&setting["product"], 2.0 / 4.0);
    assert_eq!(
        (&setting["groups_heard"], &setting["groups_silent"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(setting["people_outside"]["value"], 21, "tables have no setting");

    // Within one respondent group, across groups.
    let path_of_staff = format!("{path}?respondent_group=staff");
    let staff = world.lead.get(&path_of_staff).await.expect(200).json;
    near(&staff["questions"][0]["group"]["product"], 2.0 / 8.0);
    assert_eq!(staff["questions"][0]["respondent_group"]["silent"], json!([]));
    world
        .lead
        .get(format!("{path}?respondent_group=nobody"))
        .await
        .problem(400, "bad-parameter");

    // Who sat and raised hands with others was not silent.
    let mixed = json!({"table": "Mixed", "participants": {"commissioner": 1, "staff": 3}, "contributions": [],
        "tallies": [{"question": 3, "counts": {"agree": 3, "disagree": 1, "unsure": 0}}]});
    world.discussion(&id, &world.meeting_c, mixed).await;
    let people = &world.lead.get(&path).await.expect(200).json["questions"][0]["respondent_group"];
    assert_eq!(people["silent"], json!([]));
    assert_eq!(
        people["not_told_apart"],
        json!([{"key": "commissioner", "label": "Commissioners"}])
    );
    assert_eq!(people["groups_silent"], 0);

    // A facilitator sees the own groups only.
    let own = world
        .facilitator(&world.a)
        .await
        .get(&path)
        .await
        .expect(200)
        .json;
    assert_eq!(own["scope"]["group_ids"], json!([world.a]));
    near(&own["questions"][0]["group"]["product"], 7.0 / 10.0);
    assert_eq!(own["questions"][0]["group"]["groups_silent"], 0);
    let collector = world
        .user(json!({"role": "collector", "consultation_id": id}))
        .await;
    collector.get(&path).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn contraries_under_one_theme_stay_apart() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "takeaways", json!({})).await;
    let table = json!({"participants": {"service_user": 6}, "contributions": [
        {"question": 1, "text": "Keep it.", "stance": "supports", "hands": {"agree": 6, "disagree": 0, "unsure": 0}},
        {"question": 1, "text": "End it.", "stance": "opposes", "hands": {"agree": 5, "disagree": 0, "unsure": 0}}]});
    let notes = world.discussion(&id, &world.meeting_a, table).await;
    for point in contribution_ids(&notes) {
        world.code(&point, &[&theme]).await;
    }
    let collation = world.collation(&id, "").await;
    let found = &collation["themes"][0];
    // Six people at least stand behind the theme, not eleven, and nothing says that they agree.
    assert_eq!(found["people_at_least"]["value"], 6);
    assert_eq!(
        (
            &found["stance"]["supports"]["value"],
            &found["stance"]["opposes"]["value"]
        ),
        (&json!(1), &json!(1))
    );
    let path = format!("/v1/consultations/{id}/consensus");
    let consensus = world.lead.get(path).await.expect(200).json;
    let statement = &consensus["questions"][0];
    assert_eq!(statement["number"], 3);
    assert_eq!(
        statement["group"]["product"],
        Value::Null,
        "hands on points enter no consensus"
    );
    assert_eq!(statement["group"]["groups_heard"], 0);
}

/// Twelve tables: people in services raise food at all and walks at half of them, staff food at half and walks at all.
async fn compared(world: &World) -> (String, [String; 2]) {
    let id = world.open(json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    for table in 0..12 {
        let point = |who: &str, text: &str| json!({"question": 1, "text": text, "respondent_group": who});
        let mut said = vec![
            point("service_user", "The food."),
            point("service_user", "Something."),
            point("staff", "The staff's view."),
        ];
        // Some tables of people in services say much more of walks than others, so that resamples differ.
        said.extend((0..table % 5).map(|_| point("service_user", "Walks.")));
        let body = json!({"table": format!("Table {table}"), "participants": {"service_user": 5, "staff": 2},
            "contributions": said});
        let points = contribution_ids(&world.discussion(&id, &world.meeting_a, body).await);
        world.code(&points[0], &[&food]).await;
        world
            .code(&points[1], &[if table % 2 == 0 { &walks } else { &food }])
            .await;
        let both: &[&str] = &[&walks, &food];
        let of_staff = if table % 2 == 0 { both } else { &both[..1] };
        world.code(&points[2], of_staff).await;
        for more in &points[3..] {
            world.code(more, &[&walks]).await;
        }
    }
    (id, [food, walks])
}

#[actix_web::test]
async fn differences_are_of_shares_with_an_interval_over_tables() {
    let world = World::start().await;
    let (id, _) = compared(&world).await;
    let path = format!("/v1/consultations/{id}/differences");
    let found = world.lead.get(&path).await.expect(200).json;
    let base = |who: &str| of(&found["respondent_groups"], "key", who)["base"]["value"].clone();
    assert_eq!(
        (base("service_user"), base("staff"), base("family_carer")),
        (json!(45), json!(12), json!(0))
    );
    assert_eq!(
        found["bootstrap"],
        json!({"seed": 1, "resamples": 1000, "clusters": 12, "draws": 12})
    );
    let food = of(&found["themes"], "code", "food");
    near(&food["by"][0]["share"], 18.0 / 45.0);
    near(&food["by"][1]["share"], 6.0 / 12.0);
    let difference = &food["differences"][0];
    assert_eq!(
        (&difference["of"], &difference["against"]),
        (&json!("service_user"), &json!("staff"))
    );
    near(&difference["difference"], 18.0 / 45.0 - 0.5);
    let (low, high) = (
        difference["interval"][0].as_f64().unwrap(),
        difference["interval"][1].as_f64().unwrap(),
    );
    assert!(
        (-1.0..-0.1).contains(&low) && -0.1 < high && high <= 1.0,
        "{low} {high}"
    );
    // Staff raise walks at every table: what does not vary has no interval.
    let walks = &of(&found["themes"], "code", "walks")["differences"][0];
    near(&walks["difference"], 27.0 / 45.0 - 1.0);
    assert_eq!(walks["undefined"], json!({"interval": "too-rare"}));
    // Nobody heard is no share of nought.
    let carers = &food["differences"][1];
    assert_eq!(
        (&carers["difference"], &carers["interval"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        carers["undefined"],
        json!({"difference": "nobody-heard", "interval": "nobody-heard"})
    );
    assert_eq!(food["by"][2]["undefined"], json!({"share": "nobody-heard"}));

    // The same seed draws the same; another draws another.
    let again = world.lead.get(format!("{path}?seed=1")).await.expect(200).json;
    assert_eq!(again["themes"], found["themes"]);
    let mut drawn = Vec::new();
    for seed in 2..12 {
        let other = world
            .lead
            .get(format!("{path}?seed={seed}"))
            .await
            .expect(200)
            .json;
        assert_eq!(other["bootstrap"]["seed"], seed);
        drawn.push(other["themes"].clone());
    }
    assert!(drawn.iter().any(|themes| *themes != found["themes"]));
    // Refused: what would make its own base.
    world
        .lead
        .get(format!("{path}?theme=food"))
        .await
        .problem(400, "bad-parameter");
    world
        .lead
        .get(format!("{path}?seed=-1"))
        .await
        .problem(400, "bad-parameter");

    // Nine tables are too few, and so are tables of which only nine have staff.
    let few = world.meeting(&world.b, json!({})).await;
    let own = world.open(json!({})).await;
    let food = world.theme(&own, "food", json!({})).await;
    for table in 0..14 {
        let who = |who: &str| json!({"question": 1, "text": "The food.", "respondent_group": who});
        let mut said = vec![who("service_user")];
        if table < 9 {
            said.push(who("staff"));
        }
        let body = json!({"table": format!("Table {table}"), "contributions": said});
        for point in contribution_ids(&world.discussion(&own, &few, body).await) {
            world.code(&point, &[&food]).await;
        }
    }
    let path = format!("/v1/consultations/{own}/differences");
    let found = world.lead.get(&path).await.expect(200).json;
    let difference = &found["themes"][0]["differences"][0];
    near(&difference["difference"], 0.0);
    assert_eq!(difference["undefined"], json!({"interval": "too-few-clusters"}));
}

#[actix_web::test]
async fn controlled_callers_get_what_a_release_tells_and_nothing_else() {
    let world = World::start().await;
    let (id, _) = compared(&world).await;
    let steering = world.user(json!({"role": "steering_group"})).await;
    let paths = ["differences", "consensus"].map(|what| format!("/v1/consultations/{id}/{what}"));
    for path in &paths {
        steering.get(path).await.problem(409, "not-released");
    }
    closed(&world, &id).await;
    let release = json!({"cuts": [{"rows": "answer", "columns": "respondent_group", "question": 3}]});
    world
        .lead
        .post(format!("/v1/consultations/{id}/releases"), release)
        .await
        .expect(201);
    let found = steering.get(&paths[0]).await.expect(200).json;
    assert_eq!(found["scope"]["audience"], "controlled");
    assert_eq!(found["policy"]["release"], 1);
    assert_eq!(found.get("bootstrap"), None);
    for theme in found["themes"].as_array().unwrap() {
        for share in theme["by"].as_array().unwrap() {
            assert_eq!(share["share"], Value::Null);
            assert_ne!(share["contributions"]["status"], "exact");
        }
        for difference in theme["differences"].as_array().unwrap() {
            assert_eq!(difference["undefined"]["difference"], "base-not-released");
        }
    }
    // Every count is the one that the cross-tab of the release shows.
    let table = format!("/v1/consultations/{id}/cross-tab?rows=theme&columns=respondent_group");
    let table = steering.get(table).await.expect(200).json;
    for theme in found["themes"].as_array().unwrap() {
        let row = of(&table["rows"], "key", theme["id"].as_str().unwrap());
        for share in theme["by"].as_array().unwrap() {
            let cell = &row["cells"][share["respondent_group"].as_str().unwrap()];
            match cell {
                Value::Null => assert_eq!(share["contributions"]["status"], "withheld"),
                cell => assert_eq!(&share["contributions"], cell),
            }
        }
    }
    let found = steering.get(&paths[1]).await.expect(200).json;
    let statement = &found["questions"][0];
    assert_eq!(statement["setting"], Value::Null);
    assert_eq!(statement["undefined"]["setting"], "cut-not-released");
    let dashboard = world
        .service
        .user_by(
            &world.admin,
            json!([{"role": "clinical_reference_group", "body_id": world.body}]),
        )
        .await;
    let seeded = format!("{}?seed=1", paths[0]);
    steering.get(seeded).await.problem(403, "cut-not-released");
    for (path, filter) in paths.iter().zip(["question=1", "group=not_recorded"]) {
        for caller in [&steering, &dashboard] {
            caller
                .get(format!("{path}?{filter}"))
                .await
                .problem(403, "cut-not-released");
            assert_eq!(
                caller.get(path).await.expect(200).json["scope"]["audience"],
                "controlled"
            );
        }
        // A lead sees what its readers see.
        let same = world
            .lead
            .get(format!("{path}?audience=controlled"))
            .await
            .expect(200);
        assert_eq!(same.json, steering.get(path).await.expect(200).json);
    }
}
