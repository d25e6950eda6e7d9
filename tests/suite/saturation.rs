//! How many new themes each meeting brought, asked over HTTP.

use actix_web::http::Method;
use serde_json::{Value, json};
use tests::{Ask, Caller, World, new_id, world::contribution_ids};

struct Rounds {
    world: World,
    id: String,
}

impl Rounds {
    /// Whether only leads and facilitators get `what` of a consultation, and nobody of one that is not there.
    async fn is_nobody_else_s(&self, what: &str) {
        let Self { world, id } = self;
        let path = format!("/v1/consultations/{id}/{what}");
        for grant in [
            json!({"role": "coder", "consultation_id": id}),
            json!({"role": "champion", "service_id": world.a1}),
            json!({"role": "steering_group"}),
            json!({"role": "dashboard"}),
            json!({"role": "auditor"}),
        ] {
            let caller = world.user(grant).await;
            caller.get(&path).await.problem(403, "forbidden");
        }
        let stranger = world.service.stranger();
        stranger.get(&path).await.problem(401, "unauthenticated");
        let elsewhere = format!("/v1/consultations/{}/{what}", new_id());
        world.lead.get(elsewhere).await.problem(404, "not-found");
    }

    async fn new() -> Self {
        let world = World::start().await;
        let id = world.open(json!({})).await;
        Self { world, id }
    }

    /// A meeting of a group on a day of October 2019.
    async fn meeting(&self, group: &str, day: u32, extra: Value) -> String {
        let when = json!({"starts_at": format!("2019-10-{day:02}T10:00:00Z"), "ends_at": format!("2019-10-{day:02}T15:00:00Z")});
        self.world.meeting(group, tests::merged(when, extra)).await
    }

    /// A table of a meeting with a point for each of these lists of themes; one with none stays uncoded.
    async fn table(&self, meeting: &str, points: &[&[&String]]) {
        let said: Vec<_> = points
            .iter()
            .map(|_| json!({"question": 1, "text": "It helps."}))
            .collect();
        let extra = json!({"table": new_id(), "contributions": said});
        let notes = self.world.discussion(&self.id, meeting, extra).await;
        for (point, themes) in contribution_ids(&notes).iter().zip(points) {
            if !themes.is_empty() {
                let themes: Vec<_> = themes.iter().map(|theme| theme.as_str()).collect();
                self.world.code(point, &themes).await;
            }
        }
    }

    async fn seen(&self, caller: &Caller, query: &str) -> Value {
        let path = format!("/v1/consultations/{}/saturation{query}", self.id);
        caller.get(path).await.expect(200).json
    }
}

fn codes(found: &Value) -> Vec<&str> {
    let all = found["limitations"].as_array().unwrap();
    all.iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// Themes, new ones and those so far of each meeting, in order.
fn brought(found: &Value) -> Vec<[u64; 3]> {
    let meetings = found["meetings"].as_array().unwrap();
    let of =
        |one: &Value| ["themes", "new_themes", "themes_so_far"].map(|figure| one[figure].as_u64().unwrap());
    meetings.iter().map(of).collect()
}

#[actix_web::test]
async fn meetings_bring_new_themes_until_they_bring_no_more() {
    let rounds = Rounds::new().await;
    let Rounds { world, id } = &rounds;
    let theme = async |code: &str, extra: Value| world.theme(id, code, extra).await;
    let (food, walks) = (theme("food", json!({})).await, theme("walks", json!({})).await);
    let (staff, leave) = (theme("staff", json!({})).await, theme("leave", json!({})).await);
    let gym = theme("gym", json!({"parent_id": walks})).await;
    let (wardens, letters) = (
        theme("wardens", json!({})).await,
        theme("letters", json!({})).await,
    );
    let (a, b) = (&world.a, &world.b);
    // Entered in another order than they were held in. Those of the world were held on the third, and nothing came from them.
    let mut meetings = vec![String::new(); 7];
    for place in [6, 2, 0, 5, 4, 1, 3] {
        let group = if place % 2 == 0 { a } else { b };
        meetings[place] = rounds.meeting(group, 4 + place as u32, json!({})).await;
    }
    rounds.table(&meetings[6], &[&[&walks], &[&food, &walks]]).await;
    rounds.table(&meetings[0], &[&[&food]]).await;
    rounds.table(&meetings[0], &[&[&walks], &[&food]]).await;
    rounds.table(&meetings[1], &[&[&food, &staff]]).await;
    // Counts as what it was merged into.
    rounds.table(&meetings[2], &[&[&wardens]]).await;
    rounds.table(&meetings[3], &[&[&leave]]).await;
    // A sub-theme is new, and its parent not once more.
    rounds.table(&meetings[4], &[&[&gym]]).await;
    rounds.table(&meetings[5], &[&[&food], &[]]).await;
    let merge = format!("/v1/consultations/{id}/themes/{wardens}/merge");
    world.lead.post(merge, json!({"into": staff})).await.ok();
    let planned = rounds.meeting(a, 20, json!({"status": "planned"})).await;
    rounds.table(&planned, &[&[&letters]]).await;
    let response = world.response(id, json!({})).await;
    world.code(&contribution_ids(&response)[0], &[&letters]).await;

    let found = rounds.seen(&world.lead, "").await;
    assert_eq!(
        (&found["base_size"], &found["run_length"], &found["base_themes"]),
        (&json!(4), &json!(2), &json!(4))
    );
    assert_eq!(
        brought(&found),
        [
            [2, 2, 2],
            [2, 1, 3],
            [1, 0, 3],
            [1, 1, 4],
            [1, 1, 5],
            [1, 0, 5],
            [2, 0, 5]
        ]
    );
    let first = &found["meetings"][0];
    assert_eq!(
        first,
        &json!({"position": 1, "meeting_id": meetings[0], "group_id": a, "starts_at": "2019-10-04T10:00:00Z",
            "discussions": 2, "contributions": 3, "coded": 3, "themes": 2, "new_themes": 2, "themes_so_far": 2, "run": null})
    );
    let order: Vec<_> = found["meetings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["meeting_id"].as_str().unwrap())
        .collect();
    assert_eq!(order, meetings);
    let sixth = &found["meetings"][5];
    assert_eq!((&sixth["contributions"], &sixth["coded"]), (&json!(2), &json!(1)));
    let runs: Vec<_> = (3..7).map(|at| &found["meetings"][at]["run"]).collect();
    let run = |new: u64, ratio: f64| json!({"new_themes": new, "ratio": ratio});
    assert_eq!(runs, [&Value::Null, &Value::Null, &run(1, 0.25), &run(0, 0.0)]);
    let reached =
        |threshold: f64| json!({"threshold": threshold, "reached_at": 7, "meeting_id": meetings[6]});
    assert_eq!(found["thresholds"], json!([reached(0.0), reached(0.05)]));
    assert_eq!(
        codes(&found),
        [
            "counts-are-minimums",
            "not-representative",
            "views-not-checked",
            "order-of-meetings",
            "uncoded-contributions",
            "responses-left-out",
            "meetings-not-held"
        ]
    );

    // A table that was held earlier than was thought moves what is new, and the next answer has it.
    let path = format!("/v1/meetings/{}", meetings[6]);
    let earlier = json!({"starts_at": "2019-10-01T10:00:00Z", "ends_at": "2019-10-01T15:00:00Z"});
    world.lead.patch(path, 1, earlier).await.expect(200);
    let moved = rounds.seen(&world.lead, "").await;
    assert_eq!(moved["meetings"][0]["meeting_id"], json!(meetings[6]));
    assert_eq!(brought(&moved)[..3], [[2, 2, 2], [2, 0, 2], [2, 1, 3]]);
    assert_eq!(moved["thresholds"][1]["undefined"]["reached_at"], "not-reached");

    // Only what was said on a question: the meetings that came to it.
    let none = rounds.seen(&world.lead, "?question=none").await;
    assert_eq!((&none["meetings"], &none["base_themes"]), (&json!([]), &json!(0)));
    assert_eq!(none["filters"], json!({"question": ["none"]}));
}

#[actix_web::test]
async fn facilitators_see_their_own_meetings_and_nobody_else_any() {
    let rounds = Rounds::new().await;
    let Rounds { world, id } = &rounds;
    let food = world.theme(id, "food", json!({})).await;
    let walks = world.theme(id, "walks", json!({})).await;
    let own = rounds.meeting(&world.a, 8, json!({})).await;
    let other = rounds.meeting(&world.b, 7, json!({})).await;
    rounds.table(&own, &[&[&food]]).await;
    let facilitator = world.facilitator(&world.a).await;
    let before = rounds.seen(&facilitator, "").await;
    // What was new before, elsewhere, is new here all the same: of another group not even that is told.
    rounds.table(&other, &[&[&food, &walks], &[]]).await;
    assert_eq!(rounds.seen(&facilitator, "").await, before);
    assert_eq!(
        before["scope"],
        json!({"audience": "exact", "group_ids": [world.a]})
    );
    assert_eq!(brought(&before), [[1, 1, 1]]);
    let why = json!({"meeting_id": "too-few-meetings", "reached_at": "too-few-meetings"});
    let nowhere = |threshold: f64| json!({"threshold": threshold, "reached_at": null, "meeting_id": null, "undefined": why});
    assert_eq!(before["thresholds"], json!([nowhere(0.0), nowhere(0.05)]));
    let whole = rounds.seen(&world.lead, "").await;
    assert_eq!(brought(&whole), [[2, 2, 2], [1, 0, 2]]);
    let of_group = rounds.seen(&world.lead, &format!("?group={}", world.a)).await;
    assert_eq!(of_group["meetings"], before["meetings"]);

    let path = format!("/v1/consultations/{id}/saturation");
    rounds.is_nobody_else_s("saturation").await;
    for query in [
        "?theme=food",
        "?question=99",
        "?shape=round",
        "?audience=controlled",
    ] {
        world
            .lead
            .get(format!("{path}{query}"))
            .await
            .problem(400, "bad-parameter");
    }
    let strange = format!("?group={}", world.b);
    facilitator
        .get(format!("{path}{strange}"))
        .await
        .problem(400, "bad-parameter");
}

#[actix_web::test]
async fn whoever_reads_new_themes_by_meeting_may_look_at_them() {
    let rounds = Rounds::new().await;
    let Rounds { world, id } = &rounds;
    let food = world.theme(id, "food", json!({})).await;
    let walks = world.theme(id, "walks", json!({})).await;
    let own = rounds.meeting(&world.a, 7, json!({})).await;
    let other = rounds.meeting(&world.b, 8, json!({})).await;
    rounds.table(&own, &[&[&food]]).await;
    rounds.table(&other, &[&[&food], &[&walks]]).await;
    let path = format!("/v1/consultations/{id}/saturation.svg");
    let drawn = world.lead.get(&path).await.expect(200);
    assert_eq!(drawn.media_type(), Some("image/svg+xml"));
    assert_eq!(drawn.header("cache-control"), Some("private, no-cache"));
    let picture = drawn.text();
    for words in [
        "<svg xmlns=",
        "role=\"img\"",
        "1 after the first and 2 after the last",
        "not published",
    ] {
        assert!(picture.contains(words), "{words}: {picture}");
    }
    let known = Ask::new(Method::GET, path.clone()).header("if-none-match", drawn.etag());
    world.lead.send(known).await.expect(304);

    // Of the same figures as the answer beside it: those of their own meetings, filters and all.
    let facilitator = world.facilitator(&world.a).await;
    let seen = facilitator.get(&path).await.expect(200).text();
    assert!(seen.contains("One meeting raised one theme."), "{seen}");
    let filtered = world.lead.get(format!("{path}?question=none")).await.expect(200);
    assert!(
        filtered.text().contains("There is no meeting yet."),
        "{}",
        filtered.text()
    );
    rounds.is_nobody_else_s("saturation.svg").await;
    world
        .lead
        .get(format!("{path}?theme=food"))
        .await
        .problem(400, "bad-parameter");

    // What came since is in the next one.
    let third = rounds.meeting(&world.c, 9, json!({})).await;
    rounds.table(&third, &[&[&food]]).await;
    assert_ne!(world.lead.get(&path).await.expect(200).etag(), drawn.etag());
}

#[actix_web::test]
async fn where_the_base_has_no_theme_there_is_nothing_to_compare_with() {
    let rounds = Rounds::new().await;
    for day in 1..=6 {
        let meeting = rounds.meeting(&rounds.world.c, day, json!({})).await;
        rounds.table(&meeting, &[&[]]).await;
    }
    let found = rounds.seen(&rounds.world.lead, "").await;
    let nothing = "nothing-in-base";
    assert_eq!(
        found["meetings"][5]["run"],
        json!({"new_themes": 0, "ratio": null, "undefined": {"ratio": nothing}})
    );
    for at in 0..2 {
        assert_eq!(
            found["thresholds"][at]["undefined"],
            json!({"meeting_id": nothing, "reached_at": nothing})
        );
    }
    let uncoded = found["limitations"].as_array().unwrap().last().unwrap();
    assert!(
        uncoded["text"].as_str().unwrap().starts_with("6 contributions "),
        "{uncoded}"
    );
}
