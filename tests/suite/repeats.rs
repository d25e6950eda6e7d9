//! What is sent twice is done once: `Idempotency-Key`, ids chosen by the caller, and connections that break. (That every POST
//! of the suite gives the same answer to a repeat is seen to wherever one is sent.)

use actix_web::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tests::{Answer, Ask, Caller, World, database::say, line::Line, merged, new_id, world::contribution_ids};

fn post(path: &str, key: &str, body: &Value) -> Ask {
    Ask::new(Method::POST, path)
        .header("idempotency-key", key)
        .json(body)
}

async fn tables(world: &World, consultation: &str) -> Vec<Value> {
    world
        .lead
        .all(&format!("/v1/consultations/{consultation}/discussions"))
        .await
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[actix_web::test]
async fn a_repeat_gets_the_first_answer_and_does_nothing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let key = new_id();
    let body = world.discussion_body(&world.meeting_a);
    let first = world.lead.send(post(&path, &key, &body)).await.expect(201);
    assert!(!is_replay(&first));
    // What became of it meanwhile is not what was answered.
    let table = first.id();
    world
        .lead
        .patch(format!("/v1/discussions/{table}"), 1, json!({"table": "Table 9"}))
        .await
        .expect(200);
    // The order of fields and the space between them say nothing.
    let turned = body
        .as_object()
        .unwrap()
        .iter()
        .rev()
        .map(|(name, value)| format!("{name:?} : {value}"));
    let turned = format!("{{{}}}", turned.collect::<Vec<_>>().join(",\n"));
    let again = Ask::new(Method::POST, path.clone())
        .header("idempotency-key", &*key)
        .body("application/json", turned);
    let again = world.lead.send(again).await.expect(201);
    assert!(is_replay(&again));
    assert_eq!(
        (again.text(), again.header("etag")),
        (first.text(), first.header("etag"))
    );
    assert_eq!(tables(&world, &id).await.len(), 1);
}

#[actix_web::test]
async fn a_key_belongs_to_one_request_of_one_caller() {
    let world = World::start().await;
    let (id, other) = (world.open(json!({})).await, world.open(json!({})).await);
    let path = format!("/v1/consultations/{id}/discussions");
    let key = new_id();
    let body = world.discussion_body(&world.meeting_a);
    world.lead.send(post(&path, &key, &body)).await.expect(201);
    let changed = merged(body.clone(), json!({"table": "Table 2"}));
    let elsewhere = format!("/v1/consultations/{other}/discussions");
    for reused in [post(&path, &key, &changed), post(&elsewhere, &key, &body)] {
        let refused = world.lead.send(reused).await.expect(422);
        assert_eq!(refused.json["code"], "idempotency-key-reused");
        assert!(
            !refused.text().contains("grounds"),
            "what was sent first is not shown"
        );
    }
    // Another address, and another caller, have keys of their own.
    let response = format!("/v1/consultations/{id}/responses");
    world
        .lead
        .send(post(&response, &key, &world.response_body()))
        .await
        .expect(201);
    let facilitator = world.facilitator(&world.a).await;
    let made = facilitator.send(post(&path, &key, &body)).await.expect(201);
    assert!(!is_replay(&made));
    assert_eq!(tables(&world, &id).await.len(), 2);
    assert_eq!(tables(&world, &other).await.len(), 0);
}

#[actix_web::test]
async fn a_refusal_leaves_the_key_free() {
    let world = World::start().await;
    let draft = world.draft(json!({})).await.id();
    let path = format!("/v1/consultations/{draft}/discussions");
    let (key, body) = (new_id(), world.discussion_body(&world.meeting_a));
    world.lead.send(post(&path, &key, &body)).await.expect(409);
    world
        .lead
        .send(post(&path, &key, &json!({"meeting_id": world.meeting_a})))
        .await
        .expect(422);
    world.move_to(&draft, "open").await;
    let made = world.lead.send(post(&path, &key, &body)).await.expect(201);
    assert!(!is_replay(&made));
    let again = world.lead.send(post(&path, &key, &body)).await.expect(201);
    assert!(is_replay(&again));
}

#[actix_web::test]
async fn whoever_may_not_any_more_gets_no_answer_again() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let (key, body) = (new_id(), world.discussion_body(&world.meeting_a));
    facilitator.send(post(&path, &key, &body)).await.expect(201);
    let grants = format!("/v1/users/{}/grants", facilitator.id);
    for grant in world.admin.all(&grants).await {
        world
            .admin
            .delete(format!("{grants}/{}", grant["id"].as_str().unwrap()))
            .await
            .expect(204);
    }
    facilitator.send(post(&path, &key, &body)).await.expect(403);
    world
        .service
        .stranger()
        .send(post(&path, &key, &body))
        .await
        .expect(401);
}

#[actix_web::test]
async fn a_repeat_shows_no_words_that_may_not_be_read_any_more() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let grants =
        json!([{"role": "facilitator", "group_id": world.a}, {"role": "facilitator", "group_id": world.b}]);
    let of_both = world.service.user_by(&world.admin, grants).await;
    let body = world.discussion_body(&world.meeting_a);
    let key = new_id();
    of_both.send(post(&path, &key, &body)).await.expect(201);
    assert!(is_replay(
        &of_both.send(post(&path, &key, &body)).await.expect(201)
    ));
    let grants = format!("/v1/users/{}/grants", of_both.id);
    for grant in world.admin.all(&grants).await {
        if grant["group_id"] == json!(world.a) {
            let grant = format!("{grants}/{}", grant["id"].as_str().unwrap());
            world.admin.delete(grant).await.expect(204);
        }
    }
    let gone = |answer: Answer| {
        let answer = answer.problem(410, "answer-gone");
        assert!(!answer.text().contains("grounds"), "{}", answer.text());
    };
    gone(of_both.send(post(&path, &key, &body)).await);

    for (act, body_of_act) in [
        ("withdrawal", json!({"scope": "all", "asked_by": "speaker"})),
        (
            "clearance",
            json!({"replace": [{"start": 0, "end": 4, "with": "[name]"}]}),
        ),
    ] {
        let key = new_id();
        let made = world.lead.send(post(&path, &key, &body)).await.expect(201);
        let said = contribution_ids(&made).remove(0);
        let act = format!("/v1/contributions/{said}/{act}");
        world.lead.post(act, body_of_act).await.expect(200);
        gone(world.lead.send(post(&path, &key, &body)).await);
    }
}

#[actix_web::test]
async fn a_secret_that_is_shown_once_survives_a_lost_answer() {
    let world = World::start().await;
    let body = json!({"name": "A dashboard", "grants": [{"role": "dashboard"}]});
    let key = new_id();
    let made = world
        .admin
        .send(post("/v1/api-clients", &key, &body))
        .await
        .expect(201);
    let again = world
        .admin
        .send(post("/v1/api-clients", &key, &body))
        .await
        .expect(201);
    let secret = made.json["secret"].as_str().unwrap();
    assert_eq!(again.json["secret"], secret);
    assert_eq!(again.header("cache-control"), Some("no-store"));
    world
        .service
        .stranger()
        .token_for_client(&made.id(), secret)
        .await
        .expect(200);
    // What is kept of it can be read with the caller's key alone.
    let kept = if world.service.database.is_postgres() {
        "SELECT encode(answer, 'escape') AS text FROM kept_answers"
    } else {
        "SELECT CAST(answer AS text) AS text FROM kept_answers"
    };
    let columns = if world.service.database.is_postgres() {
        "SELECT content || id::text AS text FROM kept_answers"
    } else {
        "SELECT content || hex(id) AS text FROM kept_answers"
    };
    let mut all = world.service.database.texts(columns).await;
    assert!(!all.is_empty());
    if world.service.database.is_postgres() {
        all.extend(world.service.database.texts(kept).await);
    } else {
        let hex = "SELECT hex(answer) AS text FROM kept_answers";
        all.extend(world.service.database.texts(hex).await);
        let hex_of = |text: &str| text.bytes().map(|byte| format!("{byte:02X}")).collect::<String>();
        assert!(!all.iter().any(|text| text.contains(&hex_of("dashboard"))));
    }
    for hidden in [secret, &key, "A dashboard"] {
        assert!(!all.iter().any(|text| text.contains(hidden)), "{hidden} is kept");
    }
}

#[actix_web::test]
async fn what_is_no_key_is_refused() {
    let world = World::start().await;
    let body = json!({"kind": "sub_group", "name": "Another"});
    for bad in [
        String::new(),
        " ".into(),
        "x".repeat(256),
        "schl\u{fc}ssel".into(),
    ] {
        let refused = world
            .admin
            .send(post("/v1/bodies", &bad, &body))
            .await
            .expect(400);
        assert!(
            refused.json["detail"]
                .as_str()
                .unwrap()
                .contains("Idempotency-Key"),
            "{bad:?}"
        );
    }
    let twice = post("/v1/bodies", "one", &body).header("idempotency-key", "other");
    world.admin.send(twice).await.expect(400);
    // Other methods say the same twice anyway.
    let get = Ask::new(Method::GET, "/v1/bodies").header("idempotency-key", "x".repeat(256));
    world.admin.send(get).await.expect(200);
    // Where a key means nothing, it does no harm.
    let search = Ask::new(
        Method::POST,
        format!(
            "/v1/consultations/{}/contributions/search",
            world.open(json!({})).await
        ),
    );
    let search = search
        .header("idempotency-key", "one")
        .json(&json!({"text": "walks"}));
    for _ in 0..2 {
        assert!(!is_replay(&world.lead.send(search.clone()).await.expect(200)));
    }
}

#[actix_web::test]
async fn answers_are_kept_for_three_days() {
    let world = World::start().await;
    let database = &world.service.database;
    let body = json!({"kind": "sub_group", "name": "Another"});
    let key = new_id();
    let make = async || {
        world
            .admin
            .send(post("/v1/bodies", &key, &body))
            .await
            .expect(201)
    };
    make().await;
    let hours = |hours: i64| {
        format!(
            "UPDATE kept_answers SET kept_at = kept_at - {}",
            hours * 3_600_000_000
        )
    };
    database.run("DELETE FROM kept_answers WHERE kept_at < 0").await;
    database.run(&hours(71)).await;
    let kept = "SELECT content AS text FROM kept_answers";
    let before = database.texts(kept).await.len();
    // A service that starts forgets what has run out.
    let one = world.service.replica().await;
    one.admin().await;
    assert!(is_replay(&make().await));
    assert_eq!(database.texts(kept).await.len(), before);
    database.run(&hours(2)).await;
    let _other = world.service.replica().await;
    database.until_none(kept).await;
    assert!(!is_replay(&make().await));
}

#[actix_web::test]
async fn repeats_at_once_at_two_replicas_are_done_once() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    for _ in 0..5 {
        let before = tables(&world, &id).await.len();
        let (key, body) = (new_id(), world.discussion_body(&world.meeting_a));
        let callers = [world.lead.clone(), world.lead.at(replica.base())];
        let sent = (0..8).map(|at| callers[at % 2].send(post(&path, &key, &body)));
        let answers = join_all(sent).await;
        let ids: Vec<_> = answers.into_iter().map(|answer| answer.expect(201)).collect();
        assert_eq!(ids.iter().filter(|answer| !is_replay(answer)).count(), 1);
        assert!(ids.iter().all(|answer| answer.id() == ids[0].id()));
        assert_eq!(tables(&world, &id).await.len(), before + 1);
    }
}

/// Only where transactions run beside each other can one be waited for.
#[actix_web::test]
async fn a_repeat_waits_for_the_first_and_no_longer_than_it_should() {
    use sea_orm::{ConnectionTrait, Database, TransactionTrait};
    let world = World::start().await;
    if !world.service.database.is_postgres() {
        return;
    }
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let (key, body) = (new_id(), world.discussion_body(&world.meeting_a));
    // Somebody is changing the meeting, and takes their time.
    let beside = Database::connect(&world.service.database.url).await.unwrap();
    let slow = beside.begin().await.unwrap();
    let (high, low) = world.meeting_a.parse::<uuid::Uuid>().unwrap().as_u64_pair();
    let lock = format!("SELECT pg_advisory_xact_lock({})", (high ^ low) as i64);
    slow.execute_unprepared(&lock).await.unwrap();
    let caller = world.lead.clone();
    let (first, ask) = (caller.clone(), post(&path, &key, &body));
    let first = actix_web::rt::spawn(async move { first.send(ask).await });
    let waits = "SELECT 'one' AS text WHERE (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) = 0";
    world.service.database.until_none(waits).await;
    let since = std::time::Instant::now();
    let refused = caller.send(post(&path, &key, &body)).await.expect(409);
    assert_eq!(refused.json["code"], "repeat-in-progress");
    assert!(refused.header("retry-after").is_some());
    assert!(
        (4..20).contains(&since.elapsed().as_secs()),
        "{:?}",
        since.elapsed()
    );
    slow.commit().await.unwrap();
    let first = first.await.unwrap().expect(201);
    let again = caller.send(post(&path, &key, &body)).await.expect(201);
    assert!(is_replay(&again));
    assert_eq!(again.text(), first.text());
}

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// One of the two who send a request: again and again, as their connections break, until they have read an answer that is
/// no 409 for something under way.
async fn until_answered(
    caller: &Caller,
    replicas: &[SocketAddr],
    ask: &Ask,
    dice: &mut Dice,
    cut: &AtomicUsize,
) -> Answer {
    loop {
        let replica = replicas[dice.below(replicas.len() as u64) as usize];
        let whole = ask.body.len() as u64 + 400;
        match dice.below(4) {
            // The network goes while it is sent.
            0 => {
                let bytes = dice.below(whole) as usize;
                Line::send(caller, replica, ask.clone(), bytes).await.hang_up();
                cut.fetch_add(1, Ordering::Relaxed);
            }
            // It goes when all is sent, at some moment of the work.
            1 => {
                let line = Line::send(caller, replica, ask.clone(), usize::MAX).await;
                line.hang_up_within(Duration::from_micros(dice.below(8_000)));
                cut.fetch_add(1, Ordering::Relaxed);
            }
            _ => {
                let answer = Line::send(caller, replica, ask.clone(), usize::MAX)
                    .await
                    .answer();
                if answer.json["code"] != "repeat-in-progress" {
                    return answer;
                }
            }
        }
    }
}

/// Posts by key, posts by id, and posts by both, each sent by two at once.
#[actix_web::test]
async fn posts_over_connections_that_break_take_effect_exactly_once() {
    let count: usize = std::env::var("COLLATE_REPEATS").map_or(400, |count| count.parse().unwrap());
    let world = World::start().await;
    let replica = world.service.replica().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/discussions");
    let mut replicas = vec![world.service.address];
    // On SQLite one process is the writer.
    if world.service.database.is_postgres() {
        replicas.push(replica.address);
    }
    let asks: Vec<Ask> = (0..count)
        .map(|at| {
            let mut body = merged(
                world.discussion_body(&world.meeting_a),
                json!({"table": format!("Table {at}")}),
            );
            body["contributions"][0]["text"] = json!(format!("Point number {at}."));
            if at % 3 != 0 {
                body["id"] = json!(new_id());
                body["contributions"][0]["id"] = json!(new_id());
            }
            let ask = Ask::new(Method::POST, path.clone()).json(&body);
            match at % 3 {
                1 => ask,
                _ => ask.header("idempotency-key", new_id()),
            }
        })
        .collect();
    let (next, cut) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let answered: Mutex<BTreeMap<usize, Vec<(u16, String)>>> = Mutex::default();
    let (token, base) = (world.lead.token.clone().unwrap(), world.service.base());
    let work = |thread: u64| {
        let caller = Caller::stranger(base.clone()).with_token("a facilitator", token.clone());
        let mut dice = Dice(thread);
        actix_web::rt::System::new().block_on(async {
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                // Two who take neighbouring turns send the same.
                let Some(ask) = asks.get(turn / 2) else { return };
                let answer = until_answered(&caller, &replicas, ask, &mut dice, &cut).await;
                assert!(
                    matches!(answer.status, 200 | 201),
                    "{}: {}",
                    answer.status,
                    answer.text()
                );
                let mut answered = answered.lock().unwrap();
                answered
                    .entry(turn / 2)
                    .or_default()
                    .push((answer.status, answer.id()));
            }
        });
    };
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let work = &work;
            scope.spawn(move || work(thread));
        }
    });
    let answered = answered.into_inner().unwrap();
    assert_eq!(answered.len(), count);
    for (at, pair) in &answered {
        assert_eq!(pair.len(), 2);
        assert_eq!(pair[0].1, pair[1].1, "post {at} was answered with two things");
    }
    let stored = tables(&world, &id).await;
    let mut texts: Vec<_> = stored
        .iter()
        .flat_map(|table| table["contributions"].as_array().unwrap())
        .map(|said| said["text"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: Vec<_> = (0..count).map(|at| format!("Point number {at}.")).collect();
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected);
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["questions"][0]["contributions"]["value"], count);
    say(&format!(
        "repeats: {count} posts sent by two each over {} connections that broke took effect exactly once, through {} of the \
         service",
        cut.load(Ordering::Relaxed),
        if replicas.len() == 1 {
            "one process"
        } else {
            "two replicas"
        }
    ));
}
