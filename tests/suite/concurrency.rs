//! Many callers at once: nothing acknowledged is lost, nothing is counted that was not, and one of many wins.

use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    time::{Duration, Instant},
};
use tests::{Ask, Caller, World, database::say, line::Line, merged, new_id, world::contribution_ids};

fn seconds() -> u64 {
    std::env::var("COLLATE_TEST_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(10)
}

/// The numbers that a collation gives for tables: discussions, and contributions to the first question.
fn counts(collation: &Value) -> (u64, u64) {
    let discussions = collation["heard"]["discussions"].as_u64().unwrap();
    (
        discussions,
        collation["questions"][0]["contributions"]["value"]
            .as_u64()
            .unwrap(),
    )
}

#[actix_web::test]
async fn every_table_acknowledged_is_in_the_next_collation_and_nothing_else_is() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let id = world.open(json!({})).await;
    let (posts, path) = (
        format!("/v1/consultations/{id}/discussions"),
        format!("/v1/consultations/{id}/collation"),
    );
    let facilitators = [
        world.facilitator(&world.a).await,
        world.facilitator(&world.b).await,
        world.facilitator(&world.c).await,
    ];
    let meetings = [&world.meeting_a, &world.meeting_b, &world.meeting_c];
    let acknowledged = RefCell::new(HashSet::new());
    let ended = Cell::new(false);
    let until = Instant::now() + Duration::from_secs(seconds());

    let poster = async |number: usize| {
        let caller = &facilitators[number % 3];
        while Instant::now() < until {
            // Half of them choose an id, as who works offline does.
            let mut body = world.discussion_body(meetings[number % 3]);
            if number.is_multiple_of(2) {
                body = merged(body, json!({"id": new_id()}));
            }
            let made = caller.post(posts.clone(), body).await.expect(201);
            acknowledged.borrow_mut().insert(made.id());
        }
    };
    // Two readers, one at another replica: counts never fall, and hold all that was acknowledged before they asked.
    let asked = Cell::new(0);
    let reader = async |caller: Caller| {
        let mut last = (0, 0, 0);
        while !ended.get() {
            let least = acknowledged.borrow().len() as u64;
            let collation = caller.get(path.clone()).await.expect(200).json;
            let (discussions, contributions) = counts(&collation);
            let revision = collation["revision"].as_u64().unwrap();
            assert!(
                discussions >= least,
                "{discussions} tables, though {least} were acknowledged"
            );
            assert_eq!(
                contributions, discussions,
                "a table was counted without its point, or a point without its table"
            );
            assert!(
                (discussions, contributions, revision) >= last,
                "{collation} after {last:?}"
            );
            assert!(
                revision >= last.2,
                "the revision fell from {} to {revision}",
                last.2
            );
            last = (discussions, contributions, revision);
            asked.set(asked.get() + 1);
        }
    };
    let posting = async {
        join_all((0..32).map(&poster)).await;
        ended.set(true);
    };
    let elsewhere = world.lead.at(replica.base());
    futures_util::future::join3(posting, reader(world.lead.clone()), reader(elsewhere.clone())).await;

    let acknowledged = acknowledged.into_inner();
    let collation = world.lead.get(path.clone()).await.expect(200);
    assert_eq!(
        counts(&collation.json),
        (acknowledged.len() as u64, acknowledged.len() as u64)
    );
    let stored = world.lead.all(&posts).await;
    let stored: HashSet<_> = stored
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(stored, acknowledged);
    // The other replica says the same, byte for byte.
    let there = elsewhere.get(path).await.expect(200);
    assert_eq!(
        (there.bytes == collation.bytes, there.etag()),
        (true, collation.etag())
    );
    say(&format!(
        "concurrency: {} tables posted by 32 callers in {} seconds, {} collations read meanwhile",
        acknowledged.len(),
        seconds(),
        asked.get()
    ));
}

#[actix_web::test]
async fn of_many_changes_of_one_version_one_is_made() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = notes.json["contributions"][0]["id"].as_str().unwrap();
    let response = world.response(&id, json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let cases = [
        (&world.admin, format!("/v1/bodies/{}", world.body), "name"),
        (&world.admin, format!("/v1/groups/{}", world.c), "name"),
        (&world.admin, format!("/v1/services/{}", world.c1), "name"),
        (&world.lead, format!("/v1/rounds/{}", world.round), "title"),
        (
            &world.lead,
            format!("/v1/meetings/{}", world.meeting_a),
            "status_reason",
        ),
        (&world.lead, format!("/v1/consultations/{id}"), "title"),
        (&world.lead, format!("/v1/discussions/{}", notes.id()), "table"),
        (&world.lead, format!("/v1/contributions/{said}"), "text"),
        (
            &world.lead,
            format!("/v1/responses/{}", response.id()),
            "information_sheet_version",
        ),
        (
            &world.lead,
            format!("/v1/consultations/{id}/themes/{theme}"),
            "label",
        ),
    ];
    for (caller, path, field) in cases {
        let version = caller.get(path.clone()).await.expect(200).version();
        let attempts =
            (0..16).map(|at| caller.patch(path.clone(), version, json!({field: format!("Writer {at}")})));
        let answers = join_all(attempts).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        let refused = answers.iter().filter(|answer| answer.status == 412).count();
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!((made.len(), refused), (1, 15), "{path}: {statuses:?}");
        let now = caller.get(path.clone()).await.expect(200);
        assert_eq!(
            (now.version(), &now.json[field]),
            (version + 1, &made[0].json[field]),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_table_sent_many_times_at_once_is_stored_once() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    for _ in 0..5 {
        let body = merged(world.discussion_body(&world.meeting_a), json!({"id": new_id()}));
        let posts = (0..8).map(|_| {
            world
                .lead
                .post(format!("/v1/consultations/{id}/discussions"), body.clone())
        });
        let mut statuses: Vec<_> = join_all(posts).await.iter().map(|answer| answer.status).collect();
        statuses.sort();
        assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    }
    assert_eq!(world.collation(&id, "").await["heard"]["discussions"], 5);
}

#[actix_web::test]
async fn points_of_one_table_are_corrected_independently_of_each_other() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let points: Vec<_> = (0..8)
        .map(|at| json!({"question": 1, "text": format!("Point {at}")}))
        .collect();
    let notes = world
        .discussion(&id, &world.meeting_a, json!({"contributions": points}))
        .await;
    let said = contribution_ids(&notes);
    let path = format!("/v1/discussions/{}", notes.id());
    for round in 1..4 {
        let version = world.lead.get(path.clone()).await.expect(200).version();
        let points = join_all(said.iter().map(|one| {
            let other = json!({"text": format!("Corrected {round}")});
            world.lead.patch(format!("/v1/contributions/{one}"), round, other)
        }));
        let table = world
            .lead
            .patch(path.clone(), version, json!({"minutes_given": round}));
        let (points, table) = futures_util::future::join(points, table).await;
        for point in points {
            point.expect(200);
        }
        // The table shows its points, so its version moved with theirs.
        assert!([200, 412].contains(&table.status), "{}", table.text());
    }
}

#[actix_web::test]
async fn codings_of_one_contribution_at_once_are_all_kept() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&notes).remove(0);
    let (walks, food) = (
        world.theme(&id, "walks", json!({})).await,
        world.theme(&id, "food", json!({})).await,
    );
    let path = format!("/v1/contributions/{said}/coding");
    let codings = (0..16).map(|at| {
        let theme = if at % 2 == 0 { &walks } else { &food };
        world.lead.put(path.clone(), json!({"theme_ids": [theme]}))
    });
    for coding in join_all(codings).await {
        coding.expect(200);
    }
    world.code(&said, &[&walks, &food]).await;
    let themes = world.collation(&id, "").await["themes"].clone();
    assert_eq!(themes.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn of_many_steps_at_once_one_is_taken() {
    let world = World::start().await;
    let id = world.draft(json!({})).await.id();
    let steps = join_all((0..8).map(|_| world.move_to(&id, "open"))).await;
    let statuses: Vec<_> = steps.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        7,
        "{statuses:?}"
    );
}

#[actix_web::test]
async fn nothing_comes_in_after_a_consultation_closed() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": []})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let closed = Cell::new(false);
    let close = async {
        world.move_to(&id, "closed").await.expect(200);
        closed.set(true);
    };
    let post = async |_: usize| {
        let after = closed.get();
        let answer = world
            .lead
            .post(path.clone(), world.discussion_body(&world.meeting_a))
            .await;
        match answer.status {
            201 => {
                assert!(!after, "taken in after it closed");
                1
            }
            _ => {
                answer.problem(409, "consultation-not-open");
                0
            }
        }
    };
    let (taken, (), later) = futures_util::future::join3(join_all((0..16).map(&post)), close, async {
        join_all((0..16).map(&post)).await
    })
    .await;
    let taken: u64 = taken.into_iter().chain(later).sum();
    assert_eq!(counts(&world.collation(&id, "").await).0, taken);
    world
        .lead
        .post(path, world.discussion_body(&world.meeting_a))
        .await
        .problem(409, "consultation-not-open");
}

#[actix_web::test]
async fn one_name_is_given_once() {
    let world = World::start().await;
    let body = world.consultation_body();
    let posts = join_all((0..8).map(|_| world.lead.post("/v1/consultations", body.clone()))).await;
    let made = posts.iter().filter(|answer| answer.status == 201).count();
    let refused = posts
        .iter()
        .filter(|answer| answer.status == 409 && answer.json["code"] == "not-unique")
        .count();
    assert_eq!((made, refused), (1, 7));
}

/// Whether a codeframe has two levels, and every merge ends at a theme that is there.
async fn no_circle_and_two_levels(world: &World, consultation: &str) {
    let themes = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/themes"))
        .await;
    let named = |id: &Value| themes.iter().find(|theme| theme["id"] == *id);
    for theme in &themes {
        if let Some(parent) = named(&theme["parent_id"]) {
            assert!(
                parent["parent_id"].is_null(),
                "a third level: {theme} under {parent}"
            );
        }
        let (mut last, mut steps) = (theme, 0);
        while let Some(next) = named(&last["merged_into"]) {
            (last, steps) = (next, steps + 1);
            assert!(
                steps < themes.len(),
                "a circle: {theme} comes back to itself by merging"
            );
        }
        assert_ne!(last["status"], "merged", "{theme} was merged into nothing");
    }
}

/// Of changes that rule each other out one is made, and the others are refused.
fn one_is_made(answers: &[tests::Answer]) {
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let made = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| [409, 412, 422].contains(*status));
    assert_eq!((made, refused.count()), (1, statuses.len() - 1), "{statuses:?}");
}

#[actix_web::test]
async fn themes_put_under_each_other_at_once_make_no_circle() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/themes");
    for round in 0..5 {
        let a = world.theme(&id, &format!("a{round}"), json!({})).await;
        let b = world.theme(&id, &format!("b{round}"), json!({})).await;
        let patches = (0..8).map(|at| {
            let (theme, parent) = if at % 2 == 0 { (&a, &b) } else { (&b, &a) };
            world
                .lead
                .patch(format!("{path}/{theme}"), 1, json!({"parent_id": parent}))
        });
        one_is_made(&join_all(patches).await);
        no_circle_and_two_levels(&world, &id).await;
    }
}

#[actix_web::test]
async fn themes_merged_into_each_other_at_once_make_no_circle() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/themes");
    for round in 0..5 {
        let a = world.theme(&id, &format!("a{round}"), json!({})).await;
        let b = world.theme(&id, &format!("b{round}"), json!({})).await;
        let merges = (0..16).map(|at| {
            let (theme, into) = if at % 2 == 0 { (&a, &b) } else { (&b, &a) };
            world
                .lead
                .post(format!("{path}/{theme}/merge"), json!({"into": into}))
        });
        one_is_made(&join_all(merges).await);
        no_circle_and_two_levels(&world, &id).await;
        world.collation(&id, "").await;
    }
}

#[actix_web::test]
async fn a_theme_that_takes_sub_themes_in_while_it_becomes_one_makes_no_third_level() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/themes");
    for round in 0..5 {
        let a = world.theme(&id, &format!("a{round}"), json!({})).await;
        world
            .theme(&id, &format!("sub{round}"), json!({"parent_id": a}))
            .await;
        let b = world.theme(&id, &format!("b{round}"), json!({})).await;
        let c = world.theme(&id, &format!("c{round}"), json!({})).await;
        let merges =
            join_all((0..8).map(|_| world.lead.post(format!("{path}/{a}/merge"), json!({"into": b}))));
        let patches = join_all((0..8).map(|_| {
            world
                .lead
                .patch(format!("{path}/{b}"), 1, json!({"parent_id": c}))
        }));
        let (merges, patches) = futures_util::future::join(merges, patches).await;
        one_is_made(&[merges, patches].concat());
        no_circle_and_two_levels(&world, &id).await;
    }
}

#[actix_web::test]
async fn fewer_people_and_more_hands_at_once_never_end_with_more_hands_than_people() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let extra = json!({"participants": {"staff": 9},
        "contributions": [{"question": 1, "text": "Walks.", "hands": {"agree": 1}}]});
    let sum = |counts: &Value| -> u64 {
        let counts = counts.as_object().unwrap().values();
        counts.filter_map(Value::as_u64).sum()
    };
    for _ in 0..8 {
        let notes = world.discussion(&id, &world.meeting_a, extra.clone()).await;
        let table = format!("/v1/discussions/{}", notes.id());
        let said = format!("/v1/contributions/{}", contribution_ids(&notes)[0]);
        let fewer =
            join_all((0..4).map(|_| world.lead.patch(&table, 1, json!({"participants": {"staff": 1}}))));
        let more = join_all((0..4).map(|_| world.lead.patch(&said, 1, json!({"hands": {"agree": 9}}))));
        let (fewer, more) = futures_util::future::join(fewer, more).await;
        one_is_made(&[fewer, more].concat());
        let now = world.lead.get(&table).await.expect(200).json;
        let (people, hands) = (sum(&now["participants"]), sum(&now["contributions"][0]["hands"]));
        assert!(hands <= people, "{hands} hands of {people}: {now}");
    }
}

/// What a caller who goes away leaves behind must be nothing: a connection of the pool that stays within their transaction
/// would fail whoever gets it next.
#[actix_web::test]
async fn callers_who_hang_up_leave_every_connection_as_it_was() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let (address, token) = (world.service.address, world.lead.token.clone().unwrap());
    let post = Ask::of("POST", path.clone()).json(&world.discussion_body(&world.meeting_a));
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let (post, token) = (&post, token.clone());
            scope.spawn(move || {
                actix_web::rt::System::new().block_on(async {
                    let caller = Caller::stranger(String::new()).with_token("the lead", token);
                    for turn in 0..100u64 {
                        let line = Line::send(&caller, address, post.clone(), usize::MAX).await;
                        let moment = Duration::from_micros((thread * 997 + turn * 331) % 8_000);
                        line.hang_up_within(moment);
                    }
                });
            });
        }
    });
    for _ in 0..40 {
        world.lead.get(&*path).await.expect(200);
        world.discussion(&id, &world.meeting_a, json!({})).await;
    }
}
