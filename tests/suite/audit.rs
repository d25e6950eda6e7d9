//! Who did what: every act and every read of what somebody said is in the log, for the auditor only, and tampering with
//! the log or with what it describes is named.

use actix_web::http::Method;
use collate::store::check::{Found, check, overlooked};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Database as Connect, DatabaseConnection, DbErr, Statement};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tests::{
    Answer, Ask, Caller, Service, World, contract,
    database::{Database, say},
    merged,
    world::contribution_ids,
};

async fn auditor(world: &World) -> Caller {
    world.user(json!({"role": "auditor"})).await
}

/// Every event that these filters leave, oldest first.
async fn events(auditor: &Caller, filters: &str) -> Vec<Value> {
    auditor.all(&format!("/v1/audit-events{filters}")).await
}

/// The events of one request.
async fn of_request(auditor: &Caller, answer: &Answer) -> Vec<Value> {
    let id = answer.header("x-request-id").unwrap();
    let mut all = events(auditor, "").await;
    all.retain(|event| event["request_id"] == id);
    all
}

/// The one event of a request.
#[track_caller]
fn one(mut events: Vec<Value>, answer: &Answer) -> Value {
    assert_eq!(events.len(), 1, "{}: {events:#?}", answer.asked);
    events.remove(0)
}

/// Somebody beside the service, who speaks SQL.
async fn beside(database: &Database) -> DatabaseConnection {
    Connect::connect(&database.url).await.unwrap()
}

async fn sql(connection: &DatabaseConnection, sql: &str) -> Result<(), DbErr> {
    connection.execute_unprepared(sql).await.map(drop)
}

async fn number(connection: &DatabaseConnection, sql: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

/// An id as this database's SQL writes it.
fn literal(database: &Database, id: &str) -> String {
    if database.is_postgres() {
        format!("'{id}'")
    } else {
        format!("x'{}'", id.replace('-', ""))
    }
}

/// Waits until everything is sealed.
async fn sealed(database: &Database) {
    let connection = beside(database).await;
    let since = Instant::now();
    while number(
        &connection,
        "SELECT count(*) AS n FROM audit_events WHERE seal IS NULL",
    )
    .await
        > 0
    {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "events stay without a seal"
        );
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
    connection.close().await.unwrap();
}

/// One of everything that is recorded.
struct Acts {
    world: World,
    auditor: Caller,
    facilitator: Caller,
    consultation: String,
    discussion: Answer,
    contribution: String,
    response: Answer,
    theme: String,
}

const WORDS: &str = "More walks in the grounds would help.";
const OTHER_WORDS: &str = "Fewer takeaways, said the sister of somebody.";

async fn acts() -> Acts {
    let world = World::start().await;
    let auditor = auditor(&world).await;
    let facilitator = world.facilitator(&world.a).await;
    let consultation = world.open(json!({})).await;
    let path = format!("/v1/consultations/{consultation}/discussions");
    let discussion = facilitator
        .post(path, world.discussion_body(&world.meeting_a))
        .await
        .expect(201);
    let contribution = contribution_ids(&discussion)[0].clone();
    let response = world.response(&consultation, json!({})).await;
    let theme = world.theme(&consultation, "walks", json!({})).await;
    Acts {
        world,
        auditor,
        facilitator,
        consultation,
        discussion,
        contribution,
        response,
        theme,
    }
}

#[actix_web::test]
async fn a_write_is_in_the_log_with_who_what_and_every_row() {
    let acts = acts().await;
    let Acts { world, auditor, .. } = &acts;
    let event = one(of_request(auditor, &acts.discussion).await, &acts.discussion);
    assert_eq!(event["actor_id"], acts.facilitator.id);
    assert_eq!(event["act"], "discussions:write");
    assert_eq!(event["route"], "POST /v1/consultations/{id}/discussions");
    assert_eq!(event["outcome"], "written");
    assert_eq!(
        event["subject"],
        json!({"kind": "consultations", "id": acts.consultation})
    );
    assert_eq!(event["consultation_id"], acts.consultation);
    assert_eq!(
        event["rows"],
        json!({"discussions": [acts.discussion.id()], "contributions": [acts.contribution]})
    );
    assert_eq!(event["shown"], json!([]));

    // A correction: of the point, of the table that it stands in, and what was said before is kept.
    let path = format!("/v1/contributions/{}", acts.contribution);
    let changed = acts
        .facilitator
        .patch(path, 1, json!({"text": OTHER_WORDS}))
        .await
        .expect(200);
    let event = one(of_request(auditor, &changed).await, &changed);
    assert_eq!(event["act"], "contributions:write");
    assert_eq!(
        event["subject"],
        json!({"kind": "contributions", "id": acts.contribution})
    );
    assert_eq!(event["consultation_id"], acts.consultation);
    assert_eq!(event["rows"]["contributions"], json!([acts.contribution]));
    assert_eq!(event["rows"]["discussions"], json!([acts.discussion.id()]));
    assert_eq!(event["rows"]["earlier_versions"].as_array().unwrap().len(), 1);

    let path = format!("/v1/contributions/{}/coding", acts.contribution);
    let coded = world
        .lead
        .put(&*path, json!({"theme_ids": [acts.theme]}))
        .await
        .ok();
    let event = one(of_request(auditor, &coded).await, &coded);
    assert_eq!(
        (&event["act"], &event["consultation_id"]),
        (&json!("codings:write"), &json!(acts.consultation))
    );
    assert_eq!(event["rows"]["codings"].as_array().unwrap().len(), 1);
    // A repeat that writes nothing is no act.
    let coded = world
        .lead
        .put(path, json!({"theme_ids": [acts.theme]}))
        .await
        .ok();
    assert_eq!(of_request(auditor, &coded).await, Vec::<Value>::new());

    let moved = world.move_to(&acts.consultation, "closed").await;
    assert_eq!(moved.status, 409, "{}", moved.text());
    assert_eq!(
        of_request(auditor, &moved).await,
        Vec::<Value>::new(),
        "what was refused was no act"
    );
    let moved = world.move_to(&acts.consultation, "suspended").await.ok();
    let event = one(of_request(auditor, &moved).await, &moved);
    assert_eq!(event["act"], "consultations:write");
    assert_eq!(event["rows"]["consultations"], json!([acts.consultation]));
    assert_eq!(event["rows"]["consultation_moves"].as_array().unwrap().len(), 1);

    // What has no id in its address is about the first row that it wrote.
    let made = world
        .admin
        .post("/v1/bodies", json!({"kind": "sub_group", "name": "A body"}))
        .await
        .expect(201);
    let event = one(of_request(auditor, &made).await, &made);
    assert_eq!(event["subject"], json!({"kind": "bodies", "id": made.id()}));
    assert!(event.get("consultation_id").is_none());
    let draft = world.draft(json!({})).await;
    let event = one(of_request(auditor, &draft).await, &draft);
    assert_eq!(event["consultation_id"], draft.id());

    // Each event stands where it says.
    let path = format!("/v1/audit-events/{}", event["id"].as_str().unwrap());
    let shown = auditor.get(path).await.expect(200);
    assert_eq!(shown.json["rows"], event["rows"]);
    auditor
        .get(format!("/v1/audit-events/{}", tests::new_id()))
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn users_grants_and_sessions_are_in_the_log() {
    let world = World::start().await;
    let auditor = auditor(&world).await;
    let user = json!({"email": "one@collate.test", "name": "One", "password": "long enough it is",
        "grants": [{"role": "facilitator", "group_id": world.a}]});
    let made = world.admin.post("/v1/users", user).await.expect(201);
    let event = one(of_request(&auditor, &made).await, &made);
    assert_eq!(
        (&event["act"], &event["actor_id"]),
        (&json!("users:write"), &json!(world.admin.id))
    );
    assert_eq!(event["rows"]["users"], json!([made.id()]));
    assert_eq!(event["rows"]["grants"], json!([made.json["grants"][0]["id"]]));
    let grants = format!("/v1/users/{}/grants", made.id());
    let given = world
        .admin
        .post(&*grants, json!({"role": "admin"}))
        .await
        .expect(201);
    let taken = world
        .admin
        .delete(format!("{grants}/{}", given.id()))
        .await
        .expect(204);
    for (answer, route) in [
        (&given, "POST /v1/users/{id}/grants"),
        (&taken, "DELETE /v1/users/{id}/grants/{grant_id}"),
    ] {
        let event = one(of_request(&auditor, answer).await, answer);
        assert_eq!(event["route"], route);
        // The user's version moves with the grants.
        assert_eq!(
            event["rows"],
            json!({"grants": [given.id()], "users": [made.id()]})
        );
    }

    let stranger = world.service.stranger();
    let sign_in = async |email: &str, password: &str| {
        stranger
            .post("/v1/auth/sign-in", json!({"email": email, "password": password}))
            .await
    };
    let tokens = sign_in("one@collate.test", "long enough it is").await.expect(200);
    let failed = sign_in("One@Collate.test", "not the password").await.expect(401);
    let nobody = sign_in("my password by mistake", "one@collate.test")
        .await
        .expect(401);
    let refresh = async |token: &Value| {
        let form = format!(
            "grant_type=refresh_token&refresh_token={}",
            token.as_str().unwrap()
        );
        stranger
            .send(Ask::new(Method::POST, "/v1/auth/token").body("application/x-www-form-urlencoded", form))
            .await
    };
    let next = refresh(&tokens.json["refresh_token"]).await.expect(200);
    let reused = refresh(&tokens.json["refresh_token"]).await.expect(400);
    let signed_in = stranger.with_token("one", tokens.json["access_token"].as_str().unwrap());
    let out = signed_in
        .send(Ask::new(Method::POST, "/v1/auth/sign-out"))
        .await
        .expect(204);
    let (user, null) = (json!(made.id()), Value::Null);
    for (answer, act, outcome, actor) in [
        (&tokens, "session:sign-in", "done", &user),
        (&failed, "session:sign-in-failed", "refused", &null),
        (&nobody, "session:sign-in-failed", "refused", &null),
        (&next, "session:refresh", "done", &user),
        (&reused, "session:refresh-reused", "refused", &user),
        (&out, "session:sign-out", "done", &user),
    ] {
        let event = one(of_request(&auditor, answer).await, answer);
        assert_eq!(
            (&event["act"], &event["outcome"], &event["actor_id"]),
            (&json!(act), &json!(outcome), actor),
            "{event:#}"
        );
        assert_eq!(event["rows"], json!({}), "{event:#}");
    }
    // Whose account was tried, and not what was typed.
    let event = one(of_request(&auditor, &failed).await, &failed);
    assert_eq!(event["subject"], json!({"kind": "users", "id": made.id()}));
    let event = one(of_request(&auditor, &nobody).await, &nobody);
    assert!(event.get("subject").is_none(), "{event:#}");

    // What no request asked for: the keys and the first admin of the start.
    let start = events(&auditor, "?act=service:start").await;
    let mut written: Vec<_> = start
        .iter()
        .flat_map(|event| event["rows"].as_object().unwrap().keys().cloned())
        .collect();
    written.sort();
    assert_eq!(
        written,
        ["grants", "review_reasons", "token_keys", "token_keys", "users"]
    );
    assert!(start.iter().all(|event| event.get("route").is_none()));
}

/// The names of schemas that stand below a piece of the document, and whether a property `text` does.
fn holds_text(piece: &Value, seen: &mut BTreeSet<String>) -> bool {
    match piece {
        Value::Array(items) => items.iter().any(|item| holds_text(item, seen)),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            if name == "$ref" {
                let schema = value.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
                return seen.insert(schema.clone())
                    && holds_text(&contract::DOCUMENT["components"]["schemas"][&schema], seen);
            }
            (name == "properties" && value.get("text").is_some()) || holds_text(value, seen)
        }),
        _ => false,
    }
}

#[actix_web::test]
async fn every_answer_that_shows_what_somebody_said_is_in_the_log() {
    // What the document says of answers: where a text stands in one, reading it is an act.
    let mut with_text = Vec::new();
    for (path, item) in contract::DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if holds_text(&operation["responses"]["200"], &mut BTreeSet::new()) {
                with_text.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    with_text.sort();
    let written = [
        // Who wrote it sees what was written; the event of the write says so. A repeat is a read.
        "PATCH /v1/contributions/{id}",
        "PATCH /v1/discussions/{id}",
        "PATCH /v1/responses/{id}",
        "POST /v1/contributions/{id}/clearance",
        "POST /v1/discussions/{id}/review",
        "POST /v1/responses/{id}/review",
    ];
    let said_openly = [
        // Only what its speaker agreed to have quoted, and the limitations of the figures.
        "GET /v1/consultations/{id}/collation",
        // The same, and what leads wrote to it; a draft offers what may be quoted.
        "GET /v1/consultations/{id}/reports/latest",
        "GET /v1/reports/{id}",
        "GET /v1/reports/{id}.json",
        "PATCH /v1/reports/{id}",
        "POST /v1/reports/{id}/publish",
        // Quotes that are read in the reports themselves, and what leads wrote.
        "GET /v1/reports/{id}/changes",
    ];
    let no_words = [
        // Limitations, in our own words, and reasons against comparing.
        "GET /v1/consultations/{id}/cross-tab",
        "GET /v1/consultations/{id}/trend",
        "GET /v1/consultations/{id}/consensus",
        "GET /v1/consultations/{id}/differences",
        // Evidence and gaps in our own words, with what leads wrote of the consultation itself and of its moves.
        "GET /v1/consultations/{id}/assurance",
        "GET /v1/consultations/{id}/saturation",
    ];
    let read = [
        "GET /v1/consultations/{id}/contributions",
        "GET /v1/consultations/{id}/discussions",
        "GET /v1/consultations/{id}/responses",
        "GET /v1/contributions/{id}",
        "GET /v1/discussions/{id}",
        "GET /v1/responses/{id}",
        "POST /v1/consultations/{id}/contributions/search",
        "POST /v1/consultations/{id}/discussions",
        "POST /v1/consultations/{id}/responses",
        "POST /v1/consultations/{id}/coding-queue/claims",
    ];
    // What was read in them is in the log where they show any words (`versions.rs`).
    let words_that_changed = [
        "GET /v1/contributions/{id}/versions",
        "GET /v1/discussions/{id}/versions",
        "GET /v1/responses/{id}/versions",
    ];
    let mut known: Vec<_> = [&written[..], &said_openly, &no_words, &read, &words_that_changed].concat();
    known.sort();
    assert_eq!(
        with_text, known,
        "an answer with text that nobody has decided about"
    );

    let acts = acts().await;
    let Acts { world, auditor, .. } = &acts;
    let here = format!("/v1/consultations/{}", acts.consultation);
    let of_response = contribution_ids(&acts.response)[0].clone();
    let both = json!([acts.contribution, of_response]);
    let own_table = json!({"id": tests::new_id()});
    let table = merged(world.discussion_body(&world.meeting_a), own_table.clone());
    let letter = merged(world.response_body(), json!({"id": tests::new_id()}));
    let reads = [
        (
            read[0],
            Ask::of("GET", format!("{here}/contributions")),
            both.clone(),
        ),
        (
            read[1],
            Ask::of("GET", format!("{here}/discussions")),
            json!([acts.discussion.id()]),
        ),
        (
            read[2],
            Ask::of("GET", format!("{here}/responses")),
            json!([acts.response.id()]),
        ),
        (
            read[3],
            Ask::of("GET", format!("/v1/contributions/{}", acts.contribution)),
            json!([acts.contribution]),
        ),
        (
            read[4],
            Ask::of("GET", format!("/v1/discussions/{}", acts.discussion.id())),
            json!([acts.discussion.id()]),
        ),
        (
            read[5],
            Ask::of("GET", format!("/v1/responses/{}", acts.response.id())),
            json!([acts.response.id()]),
        ),
        (
            read[6],
            Ask::of("POST", format!("{here}/contributions/search")).json(&json!({"text": "WALKS"})),
            json!([acts.contribution]),
        ),
    ];
    for (route, ask, shown) in reads {
        let answer = world.lead.send(ask).await.expect(200);
        let event = one(of_request(auditor, &answer).await, &answer);
        assert_eq!(event["route"], route);
        assert_eq!(
            (&event["outcome"], &event["shown"]),
            (&json!("read"), &shown),
            "{event:#}"
        );
        assert_eq!(event["actor_id"], world.lead.id);
        assert_eq!(event["consultation_id"], acts.consultation);
        assert_eq!(event["rows"], json!({}));
    }
    // What is dealt is read by whom it is dealt to, whoever coded it before.
    let deal = Ask::of("POST", format!("{here}/coding-queue/claims")).json(&json!({"limit": 50}));
    let answer = world.lead.send_once(deal).await.expect(200);
    let dealt: Vec<_> = answer
        .items()
        .iter()
        .map(|claim| claim["contribution_id"].clone())
        .collect();
    assert!(!dealt.is_empty());
    let event = one(of_request(auditor, &answer).await, &answer);
    assert_eq!(
        (&event["route"], &event["shown"]),
        (&json!(read[9]), &json!(dealt)),
        "{event:#}"
    );
    // A repeat gives back what is stored, so it is a read of it.
    for (route, path, body) in [(read[7], "discussions", table), (read[8], "responses", letter)] {
        let path = format!("{here}/{path}");
        let first = world.lead.post(&*path, body.clone()).await.expect(201);
        let event = one(of_request(auditor, &first).await, &first);
        assert_eq!(
            (&event["outcome"], &event["shown"]),
            (&json!("written"), &json!([]))
        );
        let again = world.lead.post(path, body.clone()).await.expect(200);
        let event = one(of_request(auditor, &again).await, &again);
        assert_eq!(
            (&event["outcome"], &event["shown"]),
            (&json!("read"), &json!([body["id"]]))
        );
        assert_eq!(event["route"], route);
    }

    // Nothing is shown, nothing was read: not changed since, the head, a page beyond the last, absent, forbidden.
    let path = format!("/v1/discussions/{}", acts.discussion.id());
    let tag = world.lead.get(&*path).await.expect(200).etag();
    let other = world.facilitator(&world.b).await;
    let ask = Ask::of("GET", path.clone()).header("if-none-match", tag);
    let nothing = [
        world.lead.send(ask).await.expect(304),
        world.lead.head(&*path).await.expect(200),
        other.get(&*path).await.expect(404),
        auditor.get(&*path).await.expect(403),
        world
            .lead
            .get(format!("{here}/contributions?question=3"))
            .await
            .expect(200),
        world.lead.get(format!("{here}/collation")).await.expect(200),
    ];
    for answer in nothing {
        assert_eq!(
            of_request(auditor, &answer).await,
            Vec::<Value>::new(),
            "{}",
            answer.asked
        );
    }

    // A table taken away as a file.
    let csv = world
        .lead
        .get(format!("{here}/cells.csv?by=group"))
        .await
        .expect(200);
    let event = one(of_request(auditor, &csv).await, &csv);
    assert_eq!(
        (&event["act"], &event["outcome"]),
        (&json!("cells:read"), &json!("exported"))
    );
    assert_eq!(event["consultation_id"], acts.consultation);

    // A coder's reads, too.
    let coder = world
        .user(json!({"role": "coder", "consultation_id": acts.consultation}))
        .await;
    let answer = coder
        .get(format!("/v1/contributions/{}", acts.contribution))
        .await
        .expect(200);
    let event = one(of_request(auditor, &answer).await, &answer);
    assert_eq!(
        (&event["act"], &event["actor_id"]),
        (&json!("contributions:read"), &json!(coder.id))
    );
}

#[actix_web::test]
async fn the_log_is_for_the_auditor_and_holds_nobodys_words() {
    let acts = acts().await;
    let Acts { world, auditor, .. } = &acts;
    let path = format!("/v1/contributions/{}", acts.contribution);
    let changed = json!({"text": OTHER_WORDS});
    world.lead.patch(&*path, 1, changed).await.expect(200);
    world.lead.get(path).await.expect(200);
    let search = format!("/v1/consultations/{}/contributions/search", acts.consultation);
    world
        .lead
        .post(search, json!({"text": "takeaways"}))
        .await
        .expect(200);
    let all = events(auditor, "").await;
    assert!(all.len() > 20);
    let whole = Value::from(all.clone()).to_string();
    let token = auditor.token.clone().unwrap();
    for secret in [
        WORDS,
        OTHER_WORDS,
        "walks",
        "takeaways",
        "Cook",
        "@collate.test",
        "password",
        &token,
        "argon2",
        "Ash Ward",
    ] {
        let told = whole.to_lowercase().contains(&secret.to_lowercase());
        assert!(!told, "the log tells {secret:?}");
    }
    let event = format!("/v1/audit-events/{}", all[0]["id"].as_str().unwrap());
    let others = [
        world.lead.clone(),
        world.admin.clone(),
        acts.facilitator.clone(),
        world.user(json!({"role": "steering_group"})).await,
        world.user(json!({"role": "dashboard"})).await,
        world
            .user(json!({"role": "champion", "service_id": world.a1}))
            .await,
        world
            .user(json!({"role": "clinical_reference_group", "body_id": world.body}))
            .await,
        world
            .user(json!({"role": "coder", "consultation_id": acts.consultation}))
            .await,
        world
            .user(json!({"role": "collector", "consultation_id": acts.consultation}))
            .await,
    ];
    for path in ["/v1/audit-events", &event, "/v1/audit-events?actor=nobody"] {
        world
            .service
            .stranger()
            .get(path)
            .await
            .problem(401, "unauthenticated");
        for other in &others {
            other.get(path).await.problem(403, "forbidden");
        }
    }
    // There is no way to write in it.
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        auditor.send(Ask::of(method, event.clone())).await.expect(405);
        auditor
            .send(Ask::of(method, "/v1/audit-events"))
            .await
            .expect(405);
    }
}

#[actix_web::test]
async fn filters_narrow_and_a_cursor_pages() {
    let acts = acts().await;
    let Acts { world, auditor, .. } = &acts;
    world
        .lead
        .get(format!("/v1/contributions/{}", acts.contribution))
        .await
        .expect(200);
    let all = events(auditor, "").await;
    let at = |event: &Value| event["at"].as_str().unwrap().to_owned();
    assert!(all.is_sorted_by_key(|event| {
        let (seconds, fraction) = event["at"].as_str().unwrap().split_at(19);
        (
            seconds.to_owned(),
            format!("{:0<9}", fraction.trim_matches(['.', 'Z'])),
        )
    }));
    let left = |keep: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        let mut kept = all.clone();
        kept.retain(|event| keep(event));
        assert!(
            !kept.is_empty() && kept.len() < all.len(),
            "{} of {}",
            kept.len(),
            all.len()
        );
        kept
    };
    let lead = &world.lead.id;
    let by_lead = left(&|event| event["actor_id"] == json!(lead));
    let by_both =
        left(&|event| event["actor_id"] == json!(lead) || event["actor_id"] == json!(acts.facilitator.id));
    let posts = left(&|event| event["act"] == "discussions:write");
    let of_consultation = left(&|event| event["consultation_id"] == json!(acts.consultation));
    let of_point = left(&|event| event.to_string().contains(&acts.contribution));
    assert_eq!(of_point.len(), 2, "it was posted, and read");
    let middle = at(&all[all.len() / 2]);
    let (before, after): (Vec<_>, Vec<_>) = (
        all.iter()
            .take_while(|event| at(event) != middle)
            .cloned()
            .collect(),
        all.iter()
            .skip_while(|event| at(event) != middle)
            .cloned()
            .collect(),
    );
    let middle = middle.replace('+', "%2B");
    for (filters, wanted) in [
        (format!("?actor={lead}"), by_lead),
        (format!("?actor={lead},{}", acts.facilitator.id), by_both),
        ("?act=discussions:write".into(), posts.clone()),
        (
            format!(
                "?act=discussions:write,codings:write&actor={}",
                acts.facilitator.id
            ),
            posts,
        ),
        (format!("?subject={}", acts.consultation), of_consultation),
        (format!("?subject={}", acts.contribution), of_point),
        (format!("?until={middle}"), before),
        (format!("?since={middle}&until=2999-01-01T00:00:00Z"), after),
        (format!("?actor={}", tests::new_id()), Vec::new()),
    ] {
        // Seals come in between, so events are compared by what does not move.
        let ids = |events: &[Value]| events.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(&events(auditor, &filters).await), ids(&wanted), "{filters}");
        // The same, three at a time.
        let mark = if filters.contains('?') { '&' } else { '?' };
        let (mut paged, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = auditor
                .get(format!("/v1/audit-events{filters}{mark}limit=3{cursor}"))
                .await
                .expect(200);
            assert!(page.items().len() <= 3);
            paged.extend(page.items().iter().cloned());
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(ids(&paged), ids(&wanted), "{filters}, three at a time");
    }
    for bad in [
        "actor=me",
        "act=discussions:burn",
        "act=",
        "subject=1",
        "since=yesterday",
        "until=1",
        "text=walks",
        "limit=0",
        "limit=251",
    ] {
        auditor
            .get(format!("/v1/audit-events?{bad}"))
            .await
            .problem(400, "bad-parameter");
    }
    auditor
        .get("/v1/audit-events?cursor=2")
        .await
        .problem(400, "bad-cursor");
}

#[actix_web::test]
async fn the_log_is_asked_about_a_hundred_ids_at_once_and_no_more() {
    let world = World::start().await;
    let auditor = auditor(&world).await;
    let ids: Vec<_> = (0..101).map(|_| tests::new_id()).collect();
    let asked = |ids: &[String]| format!("/v1/audit-events?subject={}", ids.join(","));
    assert_eq!(auditor.get(asked(&ids[..100])).await.expect(200).items().len(), 0);
    let refused = auditor.get(asked(&ids)).await.problem(400, "bad-parameter");
    assert_eq!(refused.json["errors"][0]["pointer"], "/subject");
    assert_eq!(refused.json["errors"][0]["code"], "length");
}

/// The log can never be mended, so nobody may put words of their own into it, least of all somebody who is not let in.
#[actix_web::test]
async fn a_request_id_that_could_be_words_is_echoed_and_not_written_down() {
    let world = World::start().await;
    let auditor = auditor(&world).await;
    let stranger = world.service.stranger();
    let uuid = uuid::Uuid::from_u128(7).to_string();
    let (longest, too_long) = ("x".repeat(64), "x".repeat(65));
    for (sent, kept) in [
        (uuid.as_str(), true),
        ("from-the_caller.1", true),
        (&longest, true),
        (&too_long, false),
        ("alice@example.org:a-password", false),
        ("eyJhbGciOi==", false),
    ] {
        let body = json!({"email": "nobody@collate.test", "password": "not the password"});
        let ask = Ask::new(Method::POST, "/v1/auth/sign-in").json(&body);
        let answer = stranger.send(ask.header("x-request-id", sent)).await;
        let answer = answer.problem(401, "sign-in-refused");
        assert_eq!(answer.header("x-request-id"), Some(sent));
        assert_eq!(answer.json["request_id"], sent);
        let mut all = events(&auditor, "?act=session:sign-in-failed").await;
        let event = all.pop().unwrap();
        let written = event["request_id"].as_str().unwrap();
        if kept {
            assert_eq!(written, sent);
        } else {
            assert!(written.parse::<uuid::Uuid>().is_ok(), "{event}");
            assert!(!event.to_string().contains(sent), "{event}");
        }
    }
}

#[actix_web::test]
async fn events_are_sealed_within_a_second_or_two_in_one_chain() {
    let acts = acts().await;
    let since = Instant::now();
    let made = acts
        .world
        .admin
        .post("/v1/bodies", json!({"kind": "sub_group", "name": "A body"}))
        .await
        .expect(201);
    let event = loop {
        let event = one(of_request(&acts.auditor, &made).await, &made);
        if event["seal"].is_string() {
            break event;
        }
        assert!(since.elapsed() < Duration::from_secs(2), "{event:#}");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(event["seal"].as_str().unwrap().len(), 64);
    sealed(&acts.world.service.database).await;
    let mut numbers: Vec<_> = events(&acts.auditor, "")
        .await
        .iter()
        .map(|event| event["number"].as_i64().unwrap())
        .collect();
    numbers.sort();
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
}

/// The faults that a check names.
async fn faults(database: &Database) -> Vec<String> {
    let found = check(&database.url).await.unwrap();
    let lines = found.lines();
    assert!(
        found
            .faults
            .iter()
            .all(|fault| lines.contains(&format!("FAULT: {fault}")))
    );
    found.faults
}

#[actix_web::test]
async fn a_healthy_database_has_no_fault_and_a_check_says_what_it_compared() {
    let acts = acts().await;
    let world = &acts.world;
    // Every kind of change once: rows replaced, taken out, touched, appended.
    let path = format!("/v1/contributions/{}", acts.contribution);
    world
        .lead
        .patch(&*path, 1, json!({"text": OTHER_WORDS, "hands": {"agree": 3}}))
        .await
        .expect(200);
    world.code(&acts.contribution, &[&acts.theme]).await;
    let table = format!("/v1/discussions/{}", acts.discussion.id());
    let more = json!({"contributions": [{"id": acts.contribution, "question": 1, "text": "Said anew."}, {"text": "Added."}]});
    world.lead.patch(table, 2, more).await.expect(200);
    let answers = json!({"answers": [{"id": contribution_ids(&acts.response)[0], "question": 1, "text": "Else."}, {"question": 2, "choice": "no"}]});
    world
        .lead
        .patch(format!("/v1/responses/{}", acts.response.id()), 1, answers)
        .await
        .expect(200);
    let round = json!({"group_ids": [world.b]});
    world
        .lead
        .patch(format!("/v1/rounds/{}", world.round), 1, round)
        .await
        .expect(200);
    let draft = world.draft(json!({})).await;
    let fewer = json!({"group_ids": [world.c], "round_ids": [], "questions": [{"number": 2, "prompt": "Anew?", "kind": "open"}]});
    world
        .lead
        .patch(format!("/v1/consultations/{}", draft.id()), 1, fewer)
        .await
        .expect(200);
    let needs = json!({"access_needs": {"b": 1e16, "a": 1.0, "d": -0.0, "c": 1e-7, "ä": "é", "e": true}});
    world
        .lead
        .patch(format!("/v1/meetings/{}", world.meeting_a), 1, needs)
        .await
        .expect(200);
    let other = world.theme(&acts.consultation, "strolls", json!({})).await;
    let merge = format!("/v1/consultations/{}/themes/{other}/merge", acts.consultation);
    world.lead.post(merge, json!({"into": acts.theme})).await.ok();
    collate::auth::sessions::rotate_keys(
        &collate::store::Store::connect(&world.service.database.url, 2)
            .await
            .unwrap(),
    )
    .await
    .unwrap();

    let database = &world.service.database;
    sealed(database).await;
    assert_eq!(faults(database).await, Vec::<String>::new());
    let found = check(&database.url).await.unwrap();
    let connection = beside(database).await;
    let mut rows = 0;
    for table in [
        "users",
        "grants",
        "token_keys",
        "bodies",
        "groups",
        "services",
        "rounds",
        "round_groups",
        "meetings",
        "consultations",
        "consultation_rounds",
        "consultation_groups",
        "questions",
        "consultation_moves",
        "discussions",
        "responses",
        "contributions",
        "earlier_versions",
        "themes",
        "theme_versions",
        "codings",
        "review_reasons",
        "version_steps",
    ] {
        let there = number(&connection, &format!("SELECT count(*) AS n FROM \"{table}\"")).await;
        assert!(there > 0, "{table} has no row, so nothing was compared");
        rows += there;
    }
    assert_eq!((found.rows as i64, found.undescribed), (rows, 0));
    assert_eq!(
        found.events as i64,
        number(&connection, "SELECT count(*) AS n FROM audit_events").await
    );
    assert_eq!(found.sealed, found.events);
    assert!(found.references > 20);
    // The command itself, which ends with status 1 where there is a fault.
    collate::commands::check(&database.url).await.unwrap();
    let (head, seal) = found.head.clone().unwrap();
    assert_eq!((head as u64, seal.len()), (found.sealed, 64));
    // The stamp of a change is no part of what was said, and a copy of a database sets it back.
    sql(&connection, "UPDATE contributions SET changed = 0")
        .await
        .unwrap();
    assert_eq!(faults(database).await, Vec::<String>::new());
    connection.close().await.unwrap();
    let tables = collate::store::Store::connect(&database.url, 2)
        .await
        .unwrap()
        .tables()
        .await
        .unwrap();
    assert_eq!(
        overlooked(&tables),
        [""; 0],
        "tables that nobody has decided about"
    );
}

/// Makes an attacker of a connection: nothing in the database itself refuses anything.
async fn without_triggers(database: &Database) -> DatabaseConnection {
    let connection = beside(database).await;
    if database.is_postgres() {
        for name in ["keep_audit_events", "keep_all_audit_events"] {
            sql(&connection, &format!("DROP TRIGGER {name} ON audit_events"))
                .await
                .unwrap();
        }
    } else {
        for name in ["keep_audit_events", "keep_all_audit_events"] {
            sql(&connection, &format!("DROP TRIGGER {name}")).await.unwrap();
        }
    }
    connection
}

#[actix_web::test]
async fn tampering_with_the_log_or_with_what_it_describes_is_named() {
    let acts = acts().await;
    let world = &acts.world;
    let database = &world.service.database;
    let path = format!("/v1/contributions/{}", acts.contribution);
    let answer = world.lead.get(path).await.expect(200);
    // Acts after it, so that it stands in the middle of the chain.
    world
        .code(&contribution_ids(&acts.response)[0], &[&acts.theme])
        .await;
    let path = format!("/v1/consultations/{}/discussions", acts.consultation);
    let notes = Ask::new(Method::POST, path).json(&world.discussion_body(&world.meeting_b));
    let after = world.lead.send_once(notes).await.expect(201);
    sealed(database).await;
    assert_eq!(faults(database).await, Vec::<String>::new());
    let read = one(of_request(&acts.auditor, &answer).await, &answer);
    let (read, read_number) = (read["id"].as_str().unwrap(), read["number"].as_i64().unwrap());
    let posted = one(
        of_request(&acts.auditor, &acts.discussion).await,
        &acts.discussion,
    );
    let (posted, posted_number) = (posted["id"].as_str().unwrap(), posted["number"].as_i64().unwrap());
    let last = number(
        &beside(database).await,
        "SELECT max(number) AS n FROM audit_events",
    )
    .await;

    let connection = without_triggers(database).await;
    let id = |id: &str| literal(database, id);
    let (point, table) = (id(&acts.contribution), id(&acts.discussion.id()));
    let (read_id, posted_id) = (id(read), id(posted));
    let keep = |columns: &str, from: &str| format!("CREATE TABLE kept AS SELECT {columns} FROM {from}");
    let columns = "entry, id, at, actor_id, act, route, request_id, subject_kind, subject_id, consultation_id, outcome, \
                   described, shown, number, previous, seal";
    let back = format!("INSERT INTO audit_events ({columns}) SELECT {columns} FROM kept; DROP TABLE kept");
    let other = tests::new_id();
    let other_id = id(&other);
    let body = id(&world.body);
    let grant = number(&connection, "SELECT count(*) AS n FROM grants").await;
    assert!(grant > 0);
    // What is done to the database, how it is undone, and what a check must name.
    let cases: Vec<(&str, String, String, Vec<String>)> = vec![
        (
            "an event of a read is made one of somebody else",
            format!("CREATE TABLE kept AS SELECT actor_id FROM audit_events WHERE id = {read_id}; UPDATE audit_events SET actor_id = {other_id} WHERE id = {read_id}"),
            format!("UPDATE audit_events SET actor_id = (SELECT actor_id FROM kept) WHERE id = {read_id}; DROP TABLE kept"),
            vec![format!("{read} was changed after it was sealed as number {read_number}")],
        ),
        (
            "an event forgets what was shown",
            format!("CREATE TABLE kept AS SELECT shown FROM audit_events WHERE id = {read_id}; UPDATE audit_events SET shown = '[]' WHERE id = {read_id}"),
            format!("UPDATE audit_events SET shown = (SELECT shown FROM kept) WHERE id = {read_id}; DROP TABLE kept"),
            vec![format!("{read} was changed")],
        ),
        (
            "a seal is overwritten",
            format!("CREATE TABLE kept AS SELECT seal FROM audit_events WHERE id = {posted_id}; UPDATE audit_events SET seal = 'ab' WHERE id = {posted_id}"),
            format!("UPDATE audit_events SET seal = (SELECT seal FROM kept) WHERE id = {posted_id}; DROP TABLE kept"),
            vec![format!("{posted} was changed"), format!("number {}, does not follow the seal of number {posted_number}", posted_number + 1)],
        ),
        (
            "an event is taken out of the middle",
            format!("{}; DELETE FROM audit_events WHERE id = {read_id}", keep("*", &format!("audit_events WHERE id = {read_id}"))),
            back.clone(),
            vec![format!("number {read_number} is missing")],
        ),
        (
            "the last events are cut off",
            format!("{0}; DELETE FROM audit_events WHERE number > {1}", keep("*", &format!("audit_events WHERE number > {}", last - 2)), last - 2),
            back.clone(),
            vec![
                format!("number {} to {last} are missing", last - 1),
                format!("discussions {} was written, though no act", after.id()),
                format!("contributions {} was written, though no act", contribution_ids(&after)[0]),
                "codings ".into(),
            ],
        ),
        (
            "the last events are cut off, and so is the chain",
            format!(
                "{0}; DELETE FROM audit_events WHERE number > {1};
                 CREATE TABLE kept_head AS SELECT * FROM audit_head;
                 UPDATE audit_head SET number = {1}, seal = (SELECT seal FROM audit_events WHERE number = {1})",
                keep("*", &format!("audit_events WHERE number > {}", last - 2)),
                last - 2
            ),
            format!(
                "{back}; UPDATE audit_head SET number = (SELECT number FROM kept_head), seal = (SELECT seal FROM kept_head);
                 DROP TABLE kept_head"
            ),
            vec![
                format!("discussions {} was written, though no act", after.id()),
                format!("contributions {} was written, though no act", contribution_ids(&after)[0]),
                "codings ".into(),
            ],
        ),
        (
            "an event is put on top of the chain",
            format!("INSERT INTO audit_events ({columns}) SELECT entry + 1000, {other_id}, at, actor_id, act, route, request_id, subject_kind, subject_id, consultation_id, outcome, '{{}}', shown, number + 1, seal, seal FROM audit_events WHERE number = {last}"),
            format!("DELETE FROM audit_events WHERE id = {other_id}"),
            vec![format!("{other} was changed after it was sealed"), "its head says number".into()],
        ),
        (
            "an event is put into the chain, and the rest is numbered anew",
            format!(
                "UPDATE audit_events SET number = number + 100000 WHERE number >= {read_number};
                 UPDATE audit_events SET number = number - 99999 WHERE number >= 100000;
                 INSERT INTO audit_events ({columns}) SELECT entry + 1000, {other_id}, at, actor_id, act, route, request_id, subject_kind, subject_id, consultation_id, outcome, '{{}}', shown, {read_number}, previous, seal FROM audit_events WHERE id = {read_id}"
            ),
            format!(
                "DELETE FROM audit_events WHERE id = {other_id};
                 UPDATE audit_events SET number = number + 100000 WHERE number > {read_number};
                 UPDATE audit_events SET number = number - 100001 WHERE number >= 100000"
            ),
            vec![
                format!("{other} was changed after it was sealed as number {read_number}"),
                format!("{read} was changed after it was sealed as number {}", read_number + 1),
                format!("{read}, number {}, does not follow", read_number + 1),
                format!("was changed after it was sealed as number {}", read_number + 2),
                format!("was changed after it was sealed as number {}", read_number + 3),
                format!("ends with number {}, but its head says number {last}", last + 1),
            ],
        ),
        (
            "what somebody said is changed",
            format!("UPDATE contributions SET text = 'We are content.' WHERE id = {point}"),
            format!("UPDATE contributions SET text = '{WORDS}' WHERE id = {point}"),
            vec![format!("contributions {} was changed after the last act on it, audit event {posted}", acts.contribution)],
        ),
        (
            "who said it is changed",
            format!("UPDATE contributions SET respondent_group = 'staff' WHERE id = {point}"),
            format!("UPDATE contributions SET respondent_group = 'mixed' WHERE id = {point}"),
            vec![format!("contributions {} was changed", acts.contribution)],
        ),
        (
            "a table's tallies are changed",
            format!("CREATE TABLE kept AS SELECT tallies FROM discussions WHERE id = {table}; UPDATE discussions SET tallies = '[{{\"question\": 2, \"counts\": {{\"yes\": 9}}}}]' WHERE id = {table}"),
            format!("UPDATE discussions SET tallies = (SELECT tallies FROM kept) WHERE id = {table}; DROP TABLE kept"),
            vec![format!("discussions {} was changed", acts.discussion.id())],
        ),
        (
            "a point is taken out",
            format!("{}; DELETE FROM contributions WHERE id = {point}", keep("*", &format!("contributions WHERE id = {point}"))),
            "INSERT INTO contributions SELECT * FROM kept; DROP TABLE kept".into(),
            vec![format!("contributions {} is gone, though no act took it out; the last on it was audit event {posted}", acts.contribution)],
        ),
        (
            "somebody makes themselves a grant",
            format!("INSERT INTO grants (id, user_id, role, received_at) SELECT {other_id}, user_id, 'national_lead', received_at FROM grants WHERE role = 'facilitator'"),
            format!("DELETE FROM grants WHERE id = {other_id}"),
            vec![format!("grants {other} was written, though no act wrote it")],
        ),
        (
            "a name is changed in the register",
            format!("UPDATE bodies SET name = 'Another' WHERE id = {body}"),
            format!("UPDATE bodies SET name = 'Adult secure services' WHERE id = {body}"),
            vec![format!("bodies {} was changed", world.body)],
        ),
        (
            "a password is overwritten",
            format!("CREATE TABLE kept AS SELECT password_hash FROM users WHERE id = {0}; UPDATE users SET password_hash = 'mine' WHERE id = {0}", id(&world.lead.id)),
            format!("UPDATE users SET password_hash = (SELECT password_hash FROM kept) WHERE id = {}; DROP TABLE kept", id(&world.lead.id)),
            vec![format!("users {} was changed", world.lead.id)],
        ),
    ];
    for (what, tamper, undo, named) in cases {
        sql(&connection, &tamper)
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let found = faults(database).await;
        for name in &named {
            assert!(
                found.iter().any(|fault| fault.contains(name)),
                "{what}: {name:?} is not in {found:#?}"
            );
        }
        assert_eq!(found.len(), named.len(), "{what}: {found:#?}");
        sql(&connection, &undo)
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(faults(database).await, Vec::<String>::new(), "{what}, undone");
    }

    sql(&connection, "UPDATE audit_head SET seal = ''").await.unwrap();
    let ended = collate::commands::check(&database.url).await.unwrap_err();
    assert_eq!(ended.to_string(), "1 fault");
    sql(
        &connection,
        "UPDATE audit_head SET seal = (SELECT seal FROM audit_events WHERE number = audit_head.number)",
    )
    .await
    .unwrap();

    // A reference to nothing, which only a database that was told not to look can hold.
    let orphan = format!("UPDATE contributions SET created_by = {other_id} WHERE id = {point}");
    let (off, on) = match database.is_postgres() {
        true => (
            "SET session_replication_role = replica",
            "SET session_replication_role = DEFAULT",
        ),
        false => ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
    };
    sql(&connection, &format!("{off}; {orphan}; {on}")).await.unwrap();
    let found = faults(database).await;
    let named = |words: &[&str]| {
        found
            .iter()
            .any(|fault| words.iter().all(|word| fault.contains(word)))
    };
    assert!(
        named(&["contributions", "refers to a row of users that is not there"]),
        "{found:#?}"
    );
    assert!(
        named(&["contributions", &acts.contribution, "was changed"]),
        "{found:#?}"
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    connection.close().await.unwrap();
}

/// A database that has two events, neither of them sealed.
async fn prepared() -> Database {
    let database = Database::empty();
    let settings = collate::server::Settings {
        database_url: database.url.clone(),
        migrate: true,
        connections: 2,
        ..collate::server::Settings::default()
    };
    drop(collate::server::prepare(&settings).await.unwrap());
    database
}

/// Adds a user from this machine, which seals what waits.
async fn add_user(database: &Database, email: &str) {
    let store = collate::store::Store::connect(&database.url, 2).await.unwrap();
    let act = collate::store::audit::acts::ADD_USER;
    collate::server::add_user(&store, act, email, "First", "a password for tests", Vec::new())
        .await
        .unwrap();
}

fn a_body(database: &Database, received_at: i64) -> String {
    format!(
        "INSERT INTO bodies (id, kind, name, version, received_at)
         VALUES ({}, 'sub_group', 'Old', 1, {received_at})",
        literal(database, &tests::new_id())
    )
}

#[actix_web::test]
async fn rows_older_than_the_log_are_said_and_no_fault() {
    let database = &prepared().await;
    let connection = beside(database).await;
    sql(&connection, &a_body(database, 1)).await.unwrap();
    assert_eq!(
        faults(database).await.len(),
        1,
        "the log of an empty database describes every row"
    );
    // As a database was that got its log beside rows.
    sql(&connection, "UPDATE audit_head SET whole = false")
        .await
        .unwrap();
    for sealed in [0, 4] {
        assert_eq!(faults(database).await, Vec::<String>::new());
        let found = check(&database.url).await.unwrap();
        assert_eq!((found.sealed, found.undescribed), (sealed, 1));
        assert!(
            found
                .lines()
                .iter()
                .any(|line| line.contains("no event describes") && line.ends_with(": 1"))
        );
        if sealed == 0 {
            add_user(database, "first@collate.test").await;
        }
    }
    let first = "SELECT count(*) AS n FROM audit_events WHERE number = 1 AND previous = ''";
    assert_eq!(number(&connection, first).await, 1);
    // A chain of a whole log from before its first event said so is believed by its head.
    sql(&connection, "UPDATE audit_head SET whole = true")
        .await
        .unwrap();
    let found = faults(database).await;
    assert!(
        found.len() == 1 && found[0].contains("no act wrote it"),
        "{found:#?}"
    );
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn a_whole_log_stays_so_whatever_its_head_says() {
    let database = &prepared().await;
    add_user(database, "first@collate.test").await;
    assert_eq!(faults(database).await, Vec::<String>::new());
    let connection = without_triggers(database).await;
    let grant = tests::new_id();
    let make = format!(
        "INSERT INTO grants (id, user_id, role, received_at) SELECT {}, id, 'national_lead', 1 FROM users",
        literal(database, &grant)
    );
    sql(
        &connection,
        &format!("{make}; UPDATE audit_head SET whole = false"),
    )
    .await
    .unwrap();
    let found = faults(database).await;
    let named = |words: &str| found.iter().any(|fault| fault.contains(words));
    assert!(named("the log began beside rows"), "{found:#?}");
    assert!(
        named(&format!("grants {grant} was written, though no act wrote it")),
        "{found:#?}"
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    // That the first event says it stands under its seal.
    let keep = "CREATE TABLE kept AS SELECT previous FROM audit_events WHERE number = 1";
    let forget = "UPDATE audit_events SET previous = '' WHERE number = 1";
    sql(&connection, &format!("{keep}; {forget}")).await.unwrap();
    let found = faults(database).await;
    assert!(
        found
            .iter()
            .any(|fault| fault.contains("was changed after it was sealed as number 1")),
        "{found:#?}"
    );
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn a_log_that_was_emptied_is_named_whatever_its_head_says() {
    let database = &prepared().await;
    add_user(database, "first@collate.test").await;
    let connection = without_triggers(database).await;
    // As if the schema were a minute old: it is dated in whole seconds.
    let older = "UPDATE seaql_migrations SET applied_at = applied_at - 60";
    let empty = "DELETE FROM audit_events; UPDATE audit_head SET whole = false, number = 0, seal = ''";
    sql(&connection, &format!("{older}; {empty}")).await.unwrap();
    let without_events = async || {
        let found = faults(database).await;
        let written = |fault: &&String| fault.contains("was written, though no act wrote it");
        assert_eq!(found.iter().filter(written).count(), found.len(), "{found:#?}");
        found
    };
    let found = without_events().await;
    assert!(
        found.len() == 3 + 11
            && found[0].starts_with("users ")
            && found[2].starts_with("token_keys ")
            && found[3..]
                .iter()
                .all(|fault| fault.starts_with("review_reasons ")),
        "{found:#?}"
    );
    // Nor does it help to go on: the next act begins a chain that says nothing of what was before.
    add_user(database, "second@collate.test").await;
    assert_eq!(without_events().await, found);
    sql(&connection, empty).await.unwrap();
    // A database that nobody has used since it got its log: nothing in it is younger.
    let just_now = "UPDATE seaql_migrations SET applied_at = applied_at + 1000000";
    sql(&connection, just_now).await.unwrap();
    assert_eq!(faults(database).await, Vec::<String>::new());
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn the_database_itself_refuses_to_change_the_log() {
    let acts = acts().await;
    let database = &acts.world.service.database;
    sealed(database).await;
    let connection = beside(database).await;
    for refused in [
        "UPDATE audit_events SET act = 'nothing'",
        "UPDATE audit_events SET seal = 'ab'",
        "UPDATE audit_events SET number = NULL, previous = NULL, seal = NULL",
        "DELETE FROM audit_events WHERE number = 1",
    ] {
        let error = sql(&connection, refused).await.unwrap_err().to_string();
        assert!(error.contains("never changed"), "{refused}: {error}");
    }
    // An event that waits for its seal can get nothing else, either; one of a moment to come does for a test.
    let wait = format!(
        "INSERT INTO audit_events (id, at, act, outcome, described, shown) VALUES ({}, 1, 'service:start', 'done', '{{}}', '[]')",
        literal(database, &tests::new_id())
    );
    let change = "UPDATE audit_events SET act = 'nothing' WHERE seal IS NULL";
    let error = sql(&connection, &format!("BEGIN; {wait}; {change}; COMMIT"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("never changed"), "{error}");
    drop(sql(&connection, "ROLLBACK").await);
    connection.close().await.unwrap();
    assert_eq!(faults(database).await, Vec::<String>::new());
}

#[actix_web::test]
async fn what_cannot_be_checked_is_said_and_not_made() {
    let empty = Database::empty();
    let refused = collate::commands::check(&empty.url)
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("cannot be checked"), "{refused}");
    // Before anything was sealed: a database that was prepared and never served.
    let fresh = prepared().await;
    let Found {
        events,
        sealed,
        faults,
        ..
    } = check(&fresh.url).await.unwrap();
    assert_eq!((events, sealed, faults.len()), (3, 0, 0), "{faults:?}");
    assert!(check(&fresh.url).await.unwrap().lines()[0].ends_with("0 are sealed and 3 are not yet"));
    // A command seals what it did, and what it found unsealed.
    add_user(&fresh, "first@collate.test").await;
    let found = check(&fresh.url).await.unwrap();
    assert_eq!(
        (found.events, found.sealed, found.faults.len()),
        (4, 4, 0),
        "{:?}",
        found.faults
    );
}

#[actix_web::test]
async fn with_sixteen_writers_the_chain_stays_whole() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let auditor = auditor(&world).await;
    let id = world.open(json!({})).await;
    let shared = world.discussion(&id, &world.meeting_a, json!({})).await;
    let point = contribution_ids(&shared)[0].clone();
    let theme = world.theme(&id, "walks", json!({})).await;
    let seconds = std::env::var("COLLATE_TEST_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(10);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (posted, corrected, read) = (Cell::new(0u64), Cell::new(0u64), Cell::new(0u64));
    let writer = async |number: usize| {
        let caller = match number % 2 {
            0 => world.lead.clone(),
            _ => world.lead.at(replica.base()),
        };
        while Instant::now() < until {
            match number % 4 {
                // All of one row: the last act on it must be the last that the log says.
                0 => {
                    let path = format!("/v1/contributions/{point}");
                    let version = caller.get(&*path).await.expect(200).version();
                    read.set(read.get() + 1);
                    let patch = json!({"text": format!("Said by {number} over {version}.")});
                    let answer = caller.patch(path, version, patch).await;
                    assert!(matches!(answer.status, 200 | 412), "{}", answer.text());
                    corrected.set(corrected.get() + u64::from(answer.status == 200));
                }
                1 => {
                    let path = format!("/v1/contributions/{point}/coding");
                    let themes = if posted.get().is_multiple_of(2) {
                        json!([theme])
                    } else {
                        json!([])
                    };
                    caller.put(path, json!({"theme_ids": themes})).await.ok();
                }
                _ => {
                    let path = format!("/v1/consultations/{id}/discussions");
                    // Once: a repeat is shown the words again, which is an event too.
                    let post = Ask::new(Method::POST, path).json(&world.discussion_body(&world.meeting_a));
                    caller.send_once(post).await.expect(201);
                    posted.set(posted.get() + 1);
                }
            }
        }
    };
    // A check beside them sees one moment of it all, and nothing wrong at any.
    let checker = async {
        let mut checks = 0;
        while Instant::now() < until {
            let found = check(&world.service.database.url).await.unwrap();
            assert_eq!(found.faults, Vec::<String>::new(), "beside writers");
            checks += 1;
        }
        checks
    };
    let (checks, _) = futures_util::future::join(checker, join_all((0..16).map(writer))).await;
    sealed(&world.service.database).await;
    assert_eq!(faults(&world.service.database).await, Vec::<String>::new());
    let found = check(&world.service.database.url).await.unwrap();
    assert_eq!(found.sealed, found.events);
    let count = async |filters: &str| events(&auditor, filters).await.len() as u64;
    // The table that all share was repeated, too.
    assert_eq!(count("?act=discussions:write").await, posted.get() + 2);
    assert_eq!(count("?act=contributions:write").await, corrected.get());
    assert_eq!(count("?act=contributions:read").await, read.get());
    say(&format!(
        "audit: {} events of 16 writers in {seconds} s, one chain; {checks} checks beside them",
        found.events
    ));
}

#[actix_web::test]
async fn an_event_that_is_committed_late_is_sealed_late() {
    let world = World::start().await;
    let database = &world.service.database;
    if !database.is_postgres() {
        // One writer commits in the order of entries: there is none to come late, and none was missed.
        sealed(database).await;
        assert_eq!(faults(database).await, Vec::<String>::new());
        return;
    }
    let connection = beside(database).await;
    let late = tests::new_id();
    let transaction = sea_orm::TransactionTrait::begin(&connection).await.unwrap();
    let event = format!(
        "INSERT INTO audit_events (id, at, act, outcome, described, shown) VALUES ('{late}', 1, 'service:start', 'done', '{{}}', '[]')"
    );
    transaction.execute_unprepared(&event).await.unwrap();
    let made = world
        .admin
        .post("/v1/bodies", json!({"kind": "sub_group", "name": "Later"}))
        .await
        .expect(201);
    let auditor = auditor(&world).await;
    let since = Instant::now();
    let before = loop {
        let event = one(of_request(&auditor, &made).await, &made);
        if let Some(number) = event["number"].as_i64() {
            break number;
        }
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "a transaction that is open holds the sealer up"
        );
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    };
    transaction.commit().await.unwrap();
    sealed(database).await;
    let event = auditor.get(format!("/v1/audit-events/{late}")).await.expect(200);
    assert!(
        event.json["number"].as_i64().unwrap() > before,
        "{}",
        event.text()
    );
    assert_eq!(faults(database).await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_stop_seals_what_is_there() {
    let database = std::rc::Rc::new(Database::migrated());
    let service = Service::start_on(database.clone());
    let admin = service.admin().await;
    admin
        .post("/v1/bodies", json!({"kind": "sub_group", "name": "A body"}))
        .await
        .expect(201);
    drop(service);
    let found = check(&database.url).await.unwrap();
    assert!(found.events >= 5, "{:?}", found.lines());
    assert_eq!((found.sealed, found.faults), (found.events, Vec::new()));
}
