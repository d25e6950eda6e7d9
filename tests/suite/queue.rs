//! Contributions are dealt to coders, none to two by mistake, and drawn ones to two on purpose.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Caller, World, new_id, world::contribution_ids};

/// Points of `tables` tables of each group, on the first question and outside every question, and how each came in.
async fn said(world: &World, id: &str, tables: usize) -> Vec<String> {
    let mut points = Vec::new();
    for meeting in [&world.meeting_a, &world.meeting_b, &world.meeting_c] {
        for _ in 0..tables {
            let notes = json!({"table": new_id(), "contributions": [
                {"question": 1, "text": "More walks in the grounds would help."},
                {"question": 1, "text": "The food comes on a lorry."},
                {"text": "The heating is off."}]});
            points.extend(contribution_ids(&world.discussion(id, meeting, notes).await));
        }
    }
    points
}

async fn coder(world: &World, id: &str) -> Caller {
    world.user(json!({"role": "coder", "consultation_id": id})).await
}

async fn take(caller: &Caller, id: &str, body: Value) -> Vec<Value> {
    let path = format!("/v1/consultations/{id}/coding-queue/claims");
    caller.post(path, body).await.ok().json["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn ids(claims: &[Value]) -> BTreeSet<String> {
    claims
        .iter()
        .map(|one| one["contribution_id"].as_str().unwrap().to_owned())
        .collect()
}

async fn progress(world: &World, id: &str) -> Value {
    let path = format!("/v1/consultations/{id}/coding-queue/progress");
    world.lead.get(path).await.expect(200).json
}

#[actix_web::test]
async fn what_is_dealt_to_one_is_dealt_to_nobody_else_until_it_runs_out() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "food", json!({})).await;
    let points = said(&world, &id, 2).await;
    let (one, two) = (coder(&world, &id).await, coder(&world, &id).await);
    let first = take(&one, &id, json!({"limit": 5})).await;
    assert_eq!(first.len(), 5);
    assert!(
        first
            .iter()
            .all(|claim| claim["question"] == 1 && claim["independent"] == false)
    );
    assert_eq!(first[0]["text"], "More walks in the grounds would help.");
    // Asked again, the same; asked for more, these among them.
    assert_eq!(ids(&take(&one, &id, json!({"limit": 5})).await), ids(&first));
    let more = take(&one, &id, json!({"limit": 7})).await;
    assert!(more.len() == 7 && ids(&more).is_superset(&ids(&first)));
    let second = take(&two, &id, json!({"limit": 50})).await;
    assert_eq!(second.len(), 11);
    assert!(ids(&second).is_disjoint(&ids(&more)));
    assert!(take(&world.lead, &id, json!({})).await.is_empty(), "all is dealt");

    // Coding ends a claim, and so does setting aside; taking it back deals it anew.
    let done = first[0]["contribution_id"].as_str().unwrap();
    let coding = format!("/v1/contributions/{done}/coding");
    one.put(&coding, json!({"theme_ids": [theme]})).await.ok();
    assert_eq!(ids(&take(&one, &id, json!({"limit": 50})).await).len(), 6);
    let found = progress(&world, &id).await;
    assert_eq!(
        (
            &found["all"]["contributions"],
            &found["all"]["coded"],
            &found["all"]["uncoded"]
        ),
        (&json!(18), &json!(1), &json!(17))
    );
    let line = |who: &Caller| {
        let coders = found["coders"].as_array().unwrap();
        coders.iter().find(|line| line["id"] == *who.id).unwrap().clone()
    };
    assert_eq!(
        line(&one),
        json!({"id": one.id, "coded": 1, "independently": 0, "claimed": 6})
    );
    assert_eq!(
        line(&two),
        json!({"id": two.id, "coded": 0, "independently": 0, "claimed": 11})
    );
    let of_outside = found["questions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&of_outside["number"], &of_outside["contributions"]),
        (&Value::Null, &json!(6))
    );
    let groups: Vec<_> = found["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["contributions"])
        .collect();
    assert_eq!(groups, [&json!(6), &json!(6), &json!(6)]);
    // A coder sees the own line, and no groups.
    let path = format!("/v1/consultations/{id}/coding-queue/progress");
    let own = one.get(&path).await.expect(200).json;
    assert_eq!(own["coders"], json!([line(&one)]));
    assert_eq!(own.get("groups"), None);

    one.put(&coding, json!({"theme_ids": []})).await.ok();
    assert!(ids(&take(&one, &id, json!({"limit": 50})).await).contains(done));
    // An hour later it is anybody's.
    world
        .service
        .database
        .run("UPDATE coding_claims SET until = 1")
        .await;
    let rest = take(&two, &id, json!({"limit": 50})).await;
    assert_eq!(ids(&rest), points.iter().cloned().collect());
    assert!(take(&one, &id, json!({})).await.is_empty());

    // One question only.
    world
        .service
        .database
        .run("UPDATE coding_claims SET until = 1")
        .await;
    let of_one = take(&one, &id, json!({"question": 1, "limit": 50})).await;
    assert_eq!(of_one.len(), 12);
    assert!(take(&one, &id, json!({"question": 2})).await.is_empty());

    let claims = format!("/v1/consultations/{id}/coding-queue/claims");
    for (wrong, at) in [
        (json!({"limit": 0}), "/limit"),
        (json!({"limit": 51}), "/limit"),
        (json!({"question": "1"}), "/question"),
    ] {
        one.post(&claims, wrong).await.faults(&[at]);
    }
    let another = world.open(json!({})).await;
    one.post(
        format!("/v1/consultations/{another}/coding-queue/claims"),
        json!({}),
    )
    .await
    .problem(404, "not-found");
    world
        .facilitator(&world.a)
        .await
        .post(&claims, json!({}))
        .await
        .problem(403, "forbidden");
    let draft = world.draft(json!({})).await.id();
    world
        .lead
        .post(
            format!("/v1/consultations/{draft}/coding-queue/claims"),
            json!({}),
        )
        .await
        .problem(409, "coding-not-open");
}

#[actix_web::test]
async fn a_draw_follows_from_its_seed_and_is_spread_over_groups_and_questions() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let points = said(&world, &id, 4).await;
    let draws = format!("/v1/consultations/{id}/double-coding");
    let made = world
        .lead
        .post(&draws, json!({"share": 0.25, "seed": 7}))
        .await
        .expect(201);
    assert_eq!((&made.json["base"], &made.json["drawn"]), (&json!(36), &json!(9)));
    assert_eq!(
        (&made.json["share"], &made.json["seed"]),
        (&json!(0.25), &json!(7))
    );
    let found = progress(&world, &id).await;
    assert_eq!(found["all"]["drawn"], 9);
    // 24 points on the first question and 12 outside, eight and four of each group.
    let of_first = &found["questions"][0]["drawn"];
    assert_eq!(of_first, &json!(6));
    for group in found["groups"].as_array().unwrap() {
        assert_eq!(group["drawn"], 3, "{group}");
    }
    // What comes later can be drawn as well, what was drawn is not drawn again.
    said(&world, &id, 1).await;
    let more = world
        .lead
        .post(&draws, json!({"share": 1, "seed": 7}))
        .await
        .expect(201);
    assert_eq!(
        (&more.json["base"], &more.json["drawn"]),
        (&json!(36), &json!(36))
    );
    world
        .lead
        .post(&draws, json!({"share": 1, "seed": 8}))
        .await
        .problem(409, "conflict");
    let listed = world.lead.get(&draws).await.expect(200).json;
    assert_eq!(listed["items"], json!([made.json, more.json]));
    assert_eq!(points.len(), 36);

    for (wrong, at) in [
        (json!({"share": 0, "seed": 1}), "/share"),
        (json!({"share": 1.5, "seed": 1}), "/share"),
        (json!({"share": 0.00015, "seed": 1}), "/share"),
        (json!({"share": 0.1, "seed": -1}), "/seed"),
        (json!({"share": 0.1}), "/seed"),
    ] {
        world.lead.post(&draws, wrong).await.faults(&[at]);
    }
    coder(&world, &id)
        .await
        .post(&draws, json!({"share": 0.5, "seed": 1}))
        .await
        .problem(403, "forbidden");
}

#[actix_web::test]
async fn what_was_drawn_is_dealt_to_two_who_do_not_see_each_other() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let (food, walks) = (
        world.theme(&id, "food", json!({})).await,
        world.theme(&id, "walks", json!({})).await,
    );
    said(&world, &id, 2).await;
    let (one, two, three) = (
        coder(&world, &id).await,
        coder(&world, &id).await,
        coder(&world, &id).await,
    );
    assert!(
        take(&two, &id, json!({"independent": true})).await.is_empty(),
        "nothing is drawn"
    );
    let draw = json!({"share": 0.5, "seed": 3});
    world
        .lead
        .post(format!("/v1/consultations/{id}/double-coding"), draw)
        .await
        .expect(201);

    // The first goes through all of it, and is told what is coded twice.
    let all = take(&one, &id, json!({"limit": 50})).await;
    let drawn: BTreeSet<String> = ids(&all
        .iter()
        .filter(|claim| claim["independent"] == true)
        .cloned()
        .collect::<Vec<_>>());
    assert_eq!((all.len(), drawn.len()), (18, 9));
    // The second may begin before the first is done; a third has nothing to do.
    let twice = take(&two, &id, json!({"independent": true, "limit": 50})).await;
    assert_eq!(ids(&twice), drawn);
    assert!(
        take(&three, &id, json!({"independent": true, "limit": 50}))
            .await
            .is_empty()
    );
    for (coder, claims, theme) in [(&one, &all, &food), (&two, &twice, &walks)] {
        for claim in claims {
            let path = format!("/v1/contributions/{}", claim["contribution_id"].as_str().unwrap());
            // Whoever codes sees nobody's coding but their own.
            assert_eq!(coder.get(&path).await.expect(200).json.get("coding"), None);
            let coded = coder
                .put(format!("{path}/coding"), json!({"theme_ids": [theme]}))
                .await
                .ok()
                .json;
            assert_eq!(coded["independent"], claim["independent"], "as it was dealt");
        }
    }
    for who in [&one, &two, &three, &world.lead] {
        assert!(take(who, &id, json!({"independent": true})).await.is_empty());
        assert!(take(who, &id, json!({})).await.is_empty());
    }
    let found = progress(&world, &id).await;
    let all = &found["all"];
    assert_eq!(
        (
            &all["coded"],
            &all["drawn_and_double_coded"],
            &all["unadjudicated"]
        ),
        (&json!(18), &json!(9), &json!(9))
    );
    let agreement = world
        .lead
        .get(format!("/v1/consultations/{id}/agreement"))
        .await
        .expect(200)
        .json;
    assert_eq!(agreement["double_coded"], 9);
}

#[actix_web::test]
async fn many_coders_at_once_are_dealt_everything_once() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "food", json!({})).await;
    let points = said(&world, &id, 8).await;
    let draw = json!({"share": 0.25, "seed": 11});
    world
        .lead
        .post(format!("/v1/consultations/{id}/double-coding"), draw)
        .await
        .expect(201);
    let mut coders = Vec::new();
    for _ in 0..5 {
        coders.push(coder(&world, &id).await);
    }
    // Each takes and codes until nothing is left, first passes and second ones mixed.
    let work = async |caller: &Caller, at: usize| {
        let mut dealt: Vec<(String, bool)> = Vec::new();
        let mut idle = 0;
        while idle < 2 {
            let independent = (dealt.len() + at).is_multiple_of(2);
            let claims = take(caller, &id, json!({"limit": 3, "independent": independent})).await;
            idle = if claims.is_empty() { idle + 1 } else { 0 };
            if claims.is_empty() && independent {
                dealt.push((String::new(), false));
            }
            for claim in claims {
                let point = claim["contribution_id"].as_str().unwrap().to_owned();
                let path = format!("/v1/contributions/{point}/coding");
                caller.put(path, json!({"theme_ids": [theme]})).await.ok();
                dealt.push((point, claim["independent"] == true));
            }
        }
        dealt.retain(|(point, _)| !point.is_empty());
        dealt
    };
    let all =
        futures_util::future::join_all(coders.iter().enumerate().map(|(at, caller)| work(caller, at))).await;
    let mut times: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut drawn = BTreeSet::new();
    for (who, dealt) in all.iter().enumerate() {
        for (point, independent) in dealt {
            assert!(
                times.entry(point).or_default().insert(who),
                "{point} was dealt to one coder twice"
            );
            if *independent {
                drawn.insert(point.as_str());
            }
        }
    }
    assert_eq!(times.len(), points.len(), "all of it was dealt");
    for (point, who) in &times {
        let most = if drawn.contains(point) { 2 } else { 1 };
        assert!(who.len() <= most, "{point} was dealt to {who:?}");
    }
    let found = progress(&world, &id).await;
    assert_eq!(found["all"]["uncoded"], 0);
    assert_eq!(found["all"]["drawn"], 18);
    assert_eq!(found["all"]["drawn_and_double_coded"], 18);
}
