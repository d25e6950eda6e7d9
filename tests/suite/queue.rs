//! Contributions are dealt to coders, none to two by mistake, and drawn ones to two on purpose.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Caller, Demo, World, new_id, world::contribution_ids};

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
    assert!(first.iter().all(|claim| claim["question"] == 1));
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
            &found["all"]["in_detail"]["coded"],
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
    let full = take(&one, &id, json!({"question": 2})).await;
    assert!(full.is_empty(), "nobody said anything on it");

    let claims = format!("/v1/consultations/{id}/coding-queue/claims");
    for (wrong, at) in [
        (json!({"limit": 0}), "/limit"),
        (json!({"limit": 51}), "/limit"),
        (json!({"question": "1"}), "/question"),
        (json!({"question": 99}), "/question"),
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
    assert_eq!(found["all"]["in_detail"]["drawn"], 9);
    // 24 points on the first question and 12 outside, eight and four of each group.
    let of_first = &found["questions"][0]["in_detail"]["drawn"];
    assert_eq!(of_first, &json!(6));
    for group in found["groups"].as_array().unwrap() {
        assert_eq!(group["in_detail"]["drawn"], 3, "{group}");
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
    let other = world.theme(&id, "other", json!({})).await;
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

    // The first goes through all of it, and is not told what is coded twice.
    let all = take(&one, &id, json!({"limit": 50})).await;
    assert!(all.iter().all(|claim| claim.get("independent").is_none()));
    // The second may begin before the first is done; a third has nothing to do.
    let twice = take(&two, &id, json!({"independent": true, "limit": 50})).await;
    let drawn = ids(&twice);
    assert_eq!((all.len(), drawn.len()), (18, 9));
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
            let twice = drawn.contains(claim["contribution_id"].as_str().unwrap());
            assert_eq!(coded["independent"], twice, "as it was drawn");
            // The same once more, and a second thought, are what the first was.
            for theme in [theme, &other, theme] {
                let body = json!({"theme_ids": [theme]});
                let again = coder.put(format!("{path}/coding"), body).await.ok().json;
                assert_eq!(again["independent"], twice);
            }
        }
    }
    for who in [&one, &two, &three, &world.lead] {
        assert!(take(who, &id, json!({"independent": true})).await.is_empty());
        assert!(take(who, &id, json!({})).await.is_empty());
    }
    let found = progress(&world, &id).await;
    let all = &found["all"]["in_detail"];
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
        // Claims that found nothing, first passes and second ones.
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
                let coded = caller.put(path, json!({"theme_ids": [theme]})).await.ok();
                dealt.push((point, coded.json["independent"] == true));
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
    assert_eq!(found["all"]["in_detail"]["drawn"], 18);
    assert_eq!(found["all"]["in_detail"]["drawn_and_double_coded"], 18);
}

#[actix_web::test]
async fn nothing_that_a_coder_reads_tells_how_another_coded() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let (food, walks) = (
        world.theme(&id, "food", json!({})).await,
        world.theme(&id, "walks", json!({})).await,
    );
    let points = said(&world, &id, 1).await;
    let (one, two) = (coder(&world, &id).await, coder(&world, &id).await);
    let draw = json!({"share": 1, "seed": 1});
    world
        .lead
        .post(format!("/v1/consultations/{id}/double-coding"), draw)
        .await
        .expect(201);
    let here = format!("/v1/consultations/{id}");
    let mut reads = [
        "coding-queue/progress",
        "contributions",
        "contributions?coded=true",
        "contributions?coded=false",
        "themes",
        "codeframes",
    ]
    .map(|what| format!("{here}/{what}"))
    .to_vec();
    reads.push(format!("/v1/contributions/{}", points[0]));
    reads.push(format!("{here}/themes/{food}/versions"));
    let path = format!("/v1/contributions/{}/coding", points[0]);
    let seen = async || {
        let mut seen = Vec::new();
        for read in &reads {
            let answer = two.get(read).await.expect(200);
            seen.push((answer.etag(), answer.text()));
        }
        let claims = take(&two, &id, json!({"independent": true, "limit": 50})).await;
        (seen, ids(&claims))
    };
    let codings = [
        json!({"theme_ids": [food], "independent": true}),
        json!({"theme_ids": [walks], "independent": true}),
        json!({"theme_ids": [food, walks], "independent": true}),
        json!({"theme_ids": [], "set_aside": {"reason": "Of another matter."}, "independent": true}),
    ];
    // Whether the second has coded it or not, and whatever they said of it.
    for own in [
        json!({"theme_ids": []}),
        json!({"theme_ids": [food], "independent": true}),
    ] {
        one.put(&path, codings[0].clone()).await.ok();
        two.put(&path, own).await.ok();
        // What is dealt for looking is dealt before anything is compared.
        seen().await;
        let mut told = BTreeSet::new();
        for coding in &codings {
            one.put(&path, coding.clone()).await.ok();
            let (seen, claims) = seen().await;
            told.insert((seen, claims));
        }
        assert_eq!(told.len(), 1, "{told:#?}");
    }
    for hidden in ["unadjudicated=true", "theme=food", "flagged=true"] {
        two.get(format!("{here}/contributions?{hidden}"))
            .await
            .problem(400, "bad-parameter");
    }
}

#[actix_web::test]
async fn what_one_coder_took_back_is_anothers_to_code_once() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let path = format!("/v1/contributions/{}/coding", contribution_ids(&notes)[0]);
    let (one, two) = (coder(&world, &id).await, coder(&world, &id).await);
    // Taken back, or nothing from the beginning.
    for first in [
        json!({"theme_ids": []}),
        json!({"theme_ids": [food]}),
        json!({"theme_ids": []}),
    ] {
        one.put(&path, first).await.ok();
    }
    assert_eq!(take(&two, &id, json!({})).await.len(), 1);
    two.put(&path, json!({"theme_ids": [food]})).await.ok();
    for who in [&one, &two, &world.lead] {
        assert!(take(who, &id, json!({})).await.is_empty());
    }
    assert_eq!(progress(&world, &id).await["all"]["uncoded"], 0);
    assert_eq!(
        world.collation(&id, "").await["themes"][0]["contributions"]["value"],
        1
    );
}

#[actix_web::test]
async fn nobody_has_more_than_fifty_in_hand_and_a_draw_reaches_what_is_dealt() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    said(&world, &id, 7).await;
    let (one, two) = (coder(&world, &id).await, coder(&world, &id).await);
    let first = take(&one, &id, json!({"question": 1, "limit": 40})).await;
    assert_eq!(first.len(), 40);
    // Of 23 that are left, among them 21 outside every question.
    assert_eq!(take(&one, &id, json!({"limit": 50})).await.len(), 50);
    assert_eq!(take(&two, &id, json!({"limit": 50})).await.len(), 13);
    let draw = json!({"share": 1, "seed": 1});
    world
        .lead
        .post(format!("/v1/consultations/{id}/double-coding"), draw)
        .await
        .expect(201);
    // Those in hand count towards the most that anybody has.
    assert_eq!(
        take(&one, &id, json!({"independent": true, "limit": 50}))
            .await
            .len(),
        50
    );
    let more = take(&two, &id, json!({"independent": true, "limit": 50})).await;
    assert_eq!(more.len(), 50);
    let path = format!(
        "/v1/contributions/{}/coding",
        first[0]["contribution_id"].as_str().unwrap()
    );
    let coded = one.put(path, json!({"theme_ids": [food]})).await.ok().json;
    assert_eq!(coded["independent"], true, "it was dealt before it was drawn");
}

#[actix_web::test]
async fn codings_that_were_merged_into_one_wait_for_no_decision() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let (food, meals) = (
        world.theme(&id, "food", json!({})).await,
        world.theme(&id, "meals", json!({})).await,
    );
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let point = contribution_ids(&notes).remove(0);
    for theme in [&food, &meals] {
        let body = json!({"theme_ids": [theme], "independent": true});
        let who = coder(&world, &id).await;
        who.put(format!("/v1/contributions/{point}/coding"), body)
            .await
            .ok();
    }
    let waiting = async || {
        let listed = world
            .lead
            .get(format!("/v1/consultations/{id}/contributions?unadjudicated=true"))
            .await
            .expect(200);
        let collation = world.collation(&id, "").await;
        (
            listed.items().len(),
            collation["questions"][0]["unadjudicated"]["value"].clone(),
            progress(&world, &id).await["all"]["in_detail"]["unadjudicated"].clone(),
        )
    };
    assert_eq!(waiting().await, (1, json!(1), json!(1)));
    let merge = format!("/v1/consultations/{id}/themes/{meals}/merge");
    world.lead.post(merge, json!({"into": food})).await.ok();
    assert_eq!(waiting().await, (0, json!(0), json!(0)));
}

/// What each of two coders saw in every contribution that both coded: whether one theme is there.
type Marks = Vec<(bool, bool)>;

/// Krippendorff's alpha of two coders without gaps, from the coincidence matrix of his own paper (2011), cell by cell.
fn alpha(marks: &Marks) -> Option<f64> {
    let mut matrix = [[0.0_f64; 2]; 2];
    for (one, other) in marks {
        matrix[usize::from(*one)][usize::from(*other)] += 1.0;
        matrix[usize::from(*other)][usize::from(*one)] += 1.0;
    }
    let sums = matrix.map(|row| row.iter().sum::<f64>());
    let all: f64 = sums.iter().sum();
    let observed = (matrix[0][1] + matrix[1][0]) / all;
    let expected = 2.0 * sums[0] * sums[1] / (all * (all - 1.0));
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Cohen's kappa, from the shares of both coders.
fn kappa(marks: &Marks) -> Option<f64> {
    let n = marks.len() as f64;
    let share = |of: &dyn Fn(&(bool, bool)) -> bool| marks.iter().filter(|pair| of(pair)).count() as f64 / n;
    let observed = share(&|(one, other)| one == other);
    let (one, other) = (share(&|(one, _)| *one), share(&|(_, other)| *other));
    let expected = one * other + (1.0 - one) * (1.0 - other);
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

/// A number that follows from a text, the same on every run.
fn lot(of: &str, salt: u64) -> u64 {
    of.bytes()
        .fold(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, |lot, byte| {
            (lot ^ u64::from(byte))
                .wrapping_mul(0x0100_0000_01b3)
                .rotate_left(17)
        })
        >> 20
}

#[actix_web::test]
async fn two_coders_and_one_who_decides_work_the_demo_at_once() {
    let demo = Demo::start().await;
    let (lead, id) = (&demo.lead, &demo.id);
    let here = format!("/v1/consultations/{id}");
    // Its codeframe was frozen when its report was published, and all of it was coded before.
    let frozen = lead.get(format!("{here}/codeframes")).await.expect(200);
    assert_eq!(frozen.items().len(), 1);
    let codings = "SELECT CAST(count(*) AS TEXT) AS text FROM codings";
    let count = async || -> u64 { demo.service.database.texts(codings).await[0].parse().unwrap() };
    let before = count().await;
    let themes = lead.all(&format!("{here}/themes")).await;
    // Sub-themes and themes without any, so that no coder codes a parent beside its own sub-theme.
    let parents: Vec<&Value> = themes.iter().filter_map(|theme| theme.get("parent_id")).collect();
    let leaves: Vec<&str> = themes
        .iter()
        .filter(|theme| !parents.contains(&&theme["id"]))
        .map(|theme| theme["id"].as_str().unwrap())
        .collect();
    let draw = json!({"share": 1, "seed": 5});
    let drawn = lead
        .post(format!("{here}/double-coding"), draw)
        .await
        .expect(201)
        .json;
    let all = drawn["drawn"].as_u64().unwrap();
    assert!(all >= 600, "{drawn}");

    let mut coders = Vec::new();
    for _ in 0..2 {
        let grant = json!([{"role": "coder", "consultation_id": id}]);
        coders.push(demo.service.user_by(&demo.admin, grant).await);
    }
    // The second sees in three of ten points what the first does not.
    let seen = |point: &str, coder: usize| -> BTreeSet<&str> {
        let salt = if coder == 1 && lot(point, 3) % 10 < 3 {
            2
        } else {
            1
        };
        let first = leaves[lot(point, salt) as usize % leaves.len()];
        let second = leaves[lot(point, salt + 10) as usize % leaves.len()];
        match lot(point, salt + 20) % 3 {
            0 => [first, second].into(),
            _ => [first].into(),
        }
    };
    let work = async |coder: usize| {
        let mut dealt = BTreeSet::new();
        loop {
            let claims = take(&coders[coder], id, json!({"independent": true, "limit": 20})).await;
            if claims.is_empty() {
                return dealt;
            }
            for claim in claims {
                let point = claim["contribution_id"].as_str().unwrap().to_owned();
                let body = json!({"theme_ids": seen(&point, coder)});
                let coded = coders[coder]
                    .put(format!("/v1/contributions/{point}/coding"), body)
                    .await
                    .ok();
                assert_eq!(coded.json["independent"], true);
                assert!(dealt.insert(point), "dealt twice to one coder");
            }
        }
    };
    let decide = async || {
        let mut decided: BTreeMap<String, String> = BTreeMap::new();
        loop {
            let wanting = lead
                .all(&format!("{here}/contributions?unadjudicated=true"))
                .await;
            for point in &wanting {
                let point = point["id"].as_str().unwrap().to_owned();
                let theme = leaves[lot(&point, 40) as usize % leaves.len()].to_owned();
                let body = json!({"theme_ids": [theme], "reason": "It fits better."});
                lead.post(format!("/v1/contributions/{point}/adjudication"), body)
                    .await
                    .ok();
                assert!(decided.insert(point, theme).is_none(), "decided twice");
            }
            let progress = lead
                .get(format!("{here}/coding-queue/progress"))
                .await
                .expect(200)
                .json;
            let done = &progress["all"]["in_detail"];
            if done["drawn_and_double_coded"] == json!(all) && done["unadjudicated"] == 0 {
                return decided;
            }
        }
    };
    let coding = futures_util::future::join(work(0), work(1));
    let ((one, other), decided) = futures_util::future::join(coding, decide()).await;
    assert_eq!(
        (one.len() as u64, &one),
        (all, &other),
        "each point to both, once"
    );
    let differ: BTreeSet<&String> = one
        .iter()
        .filter(|point| seen(point, 0) != seen(point, 1))
        .collect();
    assert_eq!(differ, decided.keys().collect::<BTreeSet<_>>());

    // No coding is lost: the demo's own, each coder's, and each decision.
    assert_eq!(count().await, before + all * 2 + decided.len() as u64);
    for point in one.iter().step_by(97) {
        let codings = lead.all(&format!("/v1/contributions/{point}/codings")).await;
        assert!(codings[1..].iter().all(|coding| coding["codeframe_version"] == 1));
        assert_eq!(codings[0]["codeframe_version"], Value::Null);
        for (coder, caller) in coders.iter().enumerate() {
            let own = codings
                .iter()
                .find(|coding| coding["coder_id"] == *caller.id)
                .unwrap();
            let ids = own["theme_ids"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| id.as_str().unwrap());
            assert_eq!(ids.collect::<BTreeSet<_>>(), seen(point, coder));
        }
    }
    // What counts is the decision where there is one, else what the coders agree on.
    let collation = lead.get(format!("{here}/collation")).await.expect(200).json;
    for theme in &leaves {
        let counted = one.iter().filter(|point| match decided.get(*point) {
            Some(decision) => decision == theme,
            None => seen(point, 0).contains(theme),
        });
        let found = collation["themes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == **theme);
        assert_eq!(
            found.map_or(0, |one| one["contributions"]["value"].as_u64().unwrap()),
            counted.count() as u64
        );
    }
    // Agreement as it is reckoned from what each of them was told to see.
    let agreement = lead.get(format!("{here}/agreement")).await.expect(200).json;
    assert_eq!(
        (&agreement["double_coded"], &agreement["base"]),
        (&json!(all), &json!(all))
    );
    for theme in agreement["themes"].as_array().unwrap() {
        let id = theme["id"].as_str().unwrap();
        let under = |coder: usize, point: &str| {
            seen(point, coder).iter().any(|seen| {
                let one = themes.iter().find(|one| one["id"] == *seen).unwrap();
                *seen == id || one["parent_id"] == id
            })
        };
        let marks: Marks = one
            .iter()
            .map(|point| (under(0, point), under(1, point)))
            .collect();
        for (figure, ours) in [("alpha", alpha(&marks)), ("kappa", kappa(&marks))] {
            match (theme[figure].as_f64(), ours) {
                (Some(found), Some(ours)) => {
                    assert!((found - ours).abs() < 1e-9, "{figure} of {theme}: {ours}")
                }
                (found, ours) => assert_eq!(found, ours, "{figure} of {theme}"),
            }
        }
    }
}
