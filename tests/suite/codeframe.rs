//! A codeframe is frozen in versions, themes are merged and split, and nothing of it is lost.

use serde_json::{Value, json};
use tests::{World, world::contribution_ids};

/// Freezing takes no body.
fn frozen(path: &str) -> tests::Ask {
    tests::Ask::of("POST", path)
}

fn theme_of<'a>(collation: &'a Value, code: &str) -> Option<&'a Value> {
    collation["themes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|theme| theme["code"] == code)
}

#[actix_web::test]
async fn freezing_makes_versions_that_codings_name() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let freeze = format!("/v1/consultations/{id}/codeframe/freeze");
    let frames = format!("/v1/consultations/{id}/codeframes");
    world
        .lead
        .send(frozen(&freeze))
        .await
        .problem(409, "codeframe-not-ready");
    let food = world
        .theme(&id, "food", json!({"include": "All that is eaten."}))
        .await;
    let other = world.theme(&id, "exercise", json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let point = contribution_ids(&notes).remove(0);
    let coding = format!("/v1/contributions/{point}/coding");
    let (one, two) = (
        world.user(json!({"role": "coder", "consultation_id": id})).await,
        world.user(json!({"role": "coder", "consultation_id": id})).await,
    );
    // Coding may begin before; it names no version.
    let tried = one.put(&coding, json!({"theme_ids": [food]})).await.ok();
    assert_eq!(tried.json["codeframe_version"], Value::Null);

    let first = world.lead.send(frozen(&freeze)).await.expect(201);
    assert_eq!(first.json["version"], 1);
    let codes = |frame: &Value| -> Vec<String> {
        let themes = frame["themes"].as_array().unwrap();
        themes
            .iter()
            .map(|theme| theme["code"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut in_it = codes(&first.json);
    in_it.sort();
    assert_eq!(in_it, ["exercise", "food", "no-reason-given", "other"]);
    // Unchanged, there is nothing to freeze.
    world.lead.send(frozen(&freeze)).await.problem(409, "conflict");

    // What counts is the first coding since, whoever tried what before.
    let coded = two.put(&coding, json!({"theme_ids": [other]})).await.ok();
    assert_eq!(coded.json["codeframe_version"], 1);
    let collation = world.collation(&id, "").await;
    assert!(theme_of(&collation, "food").is_none(), "{collation}");
    assert_eq!(
        theme_of(&collation, "exercise").unwrap()["contributions"]["value"],
        1
    );
    one.put(&coding, json!({"theme_ids": [food]})).await.ok();
    let collation = world.collation(&id, "").await;
    assert!(
        theme_of(&collation, "food").is_none(),
        "the second since does not count"
    );

    // A change belongs to the next version; the first stays as it was.
    let at = format!("/v1/consultations/{id}/themes/{food}");
    let ask = tests::Ask::of("PATCH", at)
        .version(1)
        .json(&json!({"label": "Meals"}));
    world.lead.send(ask).await.ok();
    let second = world.lead.send(frozen(&freeze)).await.expect(201);
    assert_eq!(second.json["version"], 2);
    let label = |frame: &Value| {
        let themes = frame["themes"].as_array().unwrap();
        themes.iter().find(|theme| theme["id"] == *food).unwrap()["label"].clone()
    };
    let shown = world.lead.get(format!("{frames}/1")).await.expect(200).json;
    assert_eq!(label(&shown), "Food");
    assert_eq!(shown, first.json);
    assert_eq!(
        label(&world.lead.get(format!("{frames}/2")).await.expect(200).json),
        "Meals"
    );
    let listed = world.lead.get(&frames).await.expect(200).json;
    let versions: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["version"])
        .collect();
    assert_eq!(versions, [&json!(1), &json!(2)]);
    for nowhere in ["3", "0", "-1", "one"] {
        world
            .lead
            .get(format!("{frames}/{nowhere}"))
            .await
            .problem(404, "not-found");
    }

    for caller in [&one, &world.facilitator(&world.a).await] {
        caller.get(format!("{frames}/1")).await.expect(200);
        caller.send(frozen(&freeze)).await.problem(403, "forbidden");
    }
    let steering = world.user(json!({"role": "steering_group"})).await;
    steering.get(&frames).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn two_who_freeze_at_once_make_one_version() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.theme(&id, "food", json!({})).await;
    let freeze = format!("/v1/consultations/{id}/codeframe/freeze");
    let all = futures_util::future::join_all((0..6).map(|_| world.lead.send(frozen(&freeze)))).await;
    let made = all.iter().filter(|answer| answer.status == 201).count();
    let refused = all.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, refused), (1, 5));
    let themes = world
        .lead
        .get(format!("/v1/consultations/{id}/themes"))
        .await
        .expect(200);
    assert_eq!(
        themes.json["items"].as_array().unwrap().len(),
        3,
        "default entries stand once"
    );
}

#[actix_web::test]
async fn a_split_theme_counts_until_its_points_are_coded_again() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let eating = world.theme(&id, "eating", json!({"parent_id": food})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let point = contribution_ids(&notes).remove(0);
    world.code(&point, &[&eating]).await;
    let split = |theme: &str| format!("/v1/consultations/{id}/themes/{theme}/split");
    let into = json!({"into": [{"code": "catering", "label": "Catering"}, {"code": "takeaways", "label": "Takeaways",
        "include": "Ordered from outside."}], "reason": "Two matters that have little to do with each other."});
    // A theme with sub-themes is not split, nor is one into one.
    world
        .lead
        .post(split(&food), into.clone())
        .await
        .problem(409, "conflict");
    let single = json!({"into": [{"code": "catering", "label": "Catering"}]});
    world.lead.post(split(&eating), single).await.faults(&["/into"]);
    let under_itself =
        json!({"into": [{"code": "a", "label": "A", "parent_id": eating}, {"code": "b", "label": "B"}]});
    world
        .lead
        .post(split(&eating), under_itself)
        .await
        .faults(&["/into/0/parent_id"]);
    // All faults at once, and nothing of it is stored.
    let wrong = json!({"into": [{"code": "food", "label": "Food"}, {"code": "takeaways", "label": "Takeaways"},
        {"code": "takeaways", "label": "Takeaways"}]});
    world
        .lead
        .post(split(&eating), wrong)
        .await
        .faults(&["/into/0/code", "/into/2/code"]);
    let themes = format!("/v1/consultations/{id}/themes");
    assert_eq!(
        world.lead.get(&themes).await.expect(200).json["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let done = world.lead.post(split(&eating), into).await.ok().json;
    assert_eq!(done["status"], "retired");
    let new: Vec<String> = done["split_into"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().into())
        .collect();
    for id_of_new in &new {
        let theme = world
            .lead
            .get(format!("{themes}/{id_of_new}"))
            .await
            .expect(200)
            .json;
        assert_eq!(
            (&theme["parent_id"], &theme["status"]),
            (&json!(food), &json!("agreed"))
        );
    }
    // What was coded stays so, is asked for anew, and can be coded with what took its place.
    let progress = format!("/v1/consultations/{id}/coding-queue/progress");
    let again = async || {
        world.lead.get(&progress).await.expect(200).json["all"]["in_detail"]["to_code_again"].clone()
    };
    assert_eq!(
        theme_of(&world.collation(&id, "").await, "eating").unwrap()["contributions"]["value"],
        1
    );
    assert_eq!(again().await, 1);
    // Its coder is dealt it, and nobody else.
    let claims = format!("/v1/consultations/{id}/coding-queue/claims");
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    assert!(coder.post(&claims, json!({})).await.ok().items().is_empty());
    let dealt = world.lead.post(&claims, json!({})).await.ok();
    assert_eq!(dealt.items()[0]["contribution_id"], json!(point));
    let assured = async || {
        let path = format!("/v1/consultations/{id}/assurance");
        world
            .lead
            .get(path)
            .await
            .expect(200)
            .text()
            .contains("to-code-again")
    };
    assert!(assured().await);
    let coding = format!("/v1/contributions/{point}/coding");
    let refused = world.lead.put(&coding, json!({"theme_ids": [eating]})).await;
    let refused = refused.faults(&["/theme_ids/0"]);
    assert!(refused.text().contains("`catering`"), "{}", refused.text());
    world.lead.put(&coding, json!({"theme_ids": [new[1]]})).await.ok();
    assert_eq!(again().await, 0);
    assert!(!assured().await);
    assert!(world.lead.post(&claims, json!({})).await.ok().items().is_empty());
    let collation = world.collation(&id, "").await;
    assert!(theme_of(&collation, "eating").is_none());
    assert_eq!(theme_of(&collation, "food").unwrap()["contributions"]["value"], 1);
    // It neither comes back nor is split once more, nor merged.
    let merge = json!({"into": food});
    world
        .lead
        .post(format!("{themes}/{eating}/merge"), merge)
        .await
        .problem(409, "conflict");
    let at = format!("{themes}/{eating}");
    let version = world.lead.get(&at).await.expect(200).json["version"]
        .as_i64()
        .unwrap();
    let back = tests::Ask::of("PATCH", &at)
        .version(version)
        .json(&json!({"status": "agreed"}));
    world.lead.send(back).await.faults(&["/status"]);
    let once_more = json!({"into": [{"code": "a", "label": "A"}, {"code": "b", "label": "B"}]});
    world
        .lead
        .post(split(&eating), once_more)
        .await
        .problem(409, "conflict");

    // Its history says what became of it and why; so does that of a merge, and of what was under it.
    let history = async |theme: &str| -> Vec<Value> {
        let path = format!("{themes}/{theme}/versions");
        world.lead.get(path).await.expect(200).json["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    let of_split = history(&eating).await;
    let acts: Vec<_> = of_split.iter().map(|one| &one["act"]).collect();
    assert_eq!(acts, ["added", "split"]);
    assert_eq!(
        of_split[1]["reason"],
        "Two matters that have little to do with each other."
    );
    assert_eq!(of_split[0]["theme"]["status"], "agreed");
    assert_eq!(of_split[1]["theme"]["split_into"], json!(new));
    let meals = world.theme(&id, "meals", json!({})).await;
    let merge = json!({"into": meals, "reason": "The same by another name."});
    world
        .lead
        .post(format!("{themes}/{food}/merge"), merge)
        .await
        .ok();
    let of_merged = history(&food).await;
    assert_eq!(of_merged[1]["act"], "merged");
    assert_eq!(of_merged[1]["theme"]["merged_into"], json!(meals));
    let of_moved = history(&new[0]).await;
    assert_eq!(
        (&of_moved[1]["act"], &of_moved[1]["theme"]["parent_id"]),
        (&json!("moved"), &json!(meals))
    );

    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    let once_more = json!({"into": [{"code": "a", "label": "A"}, {"code": "b", "label": "B"}]});
    coder
        .post(split(&meals), once_more)
        .await
        .problem(403, "forbidden");
    coder.get(format!("{themes}/{meals}/versions")).await.expect(200);
}

#[actix_web::test]
async fn a_default_entry_that_is_not_agreed_stands_in_the_way_of_freezing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.theme(&id, "food", json!({})).await;
    let other = world.theme(&id, "other", json!({"status": "candidate"})).await;
    let freeze = format!("/v1/consultations/{id}/codeframe/freeze");
    let refused = world
        .lead
        .send(frozen(&freeze))
        .await
        .problem(409, "codeframe-not-ready");
    assert!(refused.text().contains("`other`"), "{}", refused.text());
    let agree = tests::Ask::of("PATCH", format!("/v1/consultations/{id}/themes/{other}"));
    world
        .lead
        .send(agree.version(1).json(&json!({"status": "agreed"})))
        .await
        .ok();
    let version = world.lead.send(frozen(&freeze)).await.expect(201).json;
    assert_eq!(version["themes"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn a_theme_that_is_older_than_its_history_keeps_what_it_was() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let food = world
        .theme(&id, "food", json!({"description": "What is eaten."}))
        .await;
    world.service.database.run("DELETE FROM theme_versions").await;
    let at = format!("/v1/consultations/{id}/themes/{food}");
    for (version, label) in [(1, "Meals"), (2, "Dinners")] {
        let ask = tests::Ask::of("PATCH", &at).version(version);
        world.lead.send(ask.json(&json!({"label": label}))).await.ok();
    }
    let found = world.lead.get(format!("{at}/versions?limit=2")).await.expect(200);
    let labels = |page: &tests::Answer| -> Vec<Value> {
        page.items()
            .iter()
            .map(|one| one["theme"]["label"].clone())
            .collect()
    };
    assert_eq!(labels(&found), ["Food", "Meals"]);
    let next = found.json["next_cursor"].as_str().unwrap();
    let rest = world
        .lead
        .get(format!("{at}/versions?limit=2&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(labels(&rest), ["Dinners"]);
    assert_eq!(rest.json["next_cursor"], Value::Null);
}
