//! Machines that call: their secrets, their tokens, what they may be, and that none is taken for a person.

use crate::auth::{KEY, part, signed, with_known_key};
use actix_web::http::Method;
use domain::vocabulary::{Role, RoleScope};
use futures_util::future::join_all;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tests::{Answer, Ask, Caller, Service, World, new_id, service::ADMIN};

async fn made(admin: &Caller, grants: Value) -> (String, String) {
    let body = json!({"name": "A machine", "grants": grants});
    let made = admin.post("/v1/api-clients", body).await.expect(201);
    (made.id(), made.json["secret"].as_str().unwrap().to_owned())
}

async fn renewed(admin: &Caller, client: &str, body: Value) -> Answer {
    admin
        .post(format!("/v1/api-clients/{client}/secrets"), body)
        .await
}

fn form(text: impl Into<String>) -> Ask {
    Ask::new(Method::POST, "/v1/auth/token").body("application/x-www-form-urlencoded", text.into())
}

fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut written = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = [0, 1, 2].map(|at| u32::from(three.get(at).copied().unwrap_or(0)));
        let bits = bits[0] << 16 | bits[1] << 8 | bits[2];
        for at in 0..4 {
            let letter = char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]);
            written.push(if at <= three.len() { letter } else { '=' });
        }
    }
    written
}

fn by_basic(id: &str, secret: &str) -> Ask {
    let words = format!("Basic {}", base64(&format!("{id}:{secret}")));
    form("grant_type=client_credentials").header("authorization", words)
}

/// Asks until it is refused, which must be within a second of `since`.
async fn refused_within_a_second(caller: &Caller, path: &str, status: u16, since: Instant) {
    loop {
        let answer = caller.get(path).await;
        let took = since.elapsed();
        assert!(took < Duration::from_secs(1), "still let in after {took:?}");
        if answer.status == status {
            return;
        }
    }
}

#[actix_web::test]
async fn a_client_is_made_its_secret_is_shown_once_and_it_calls() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let body = json!({"name": "The national dashboard", "grants": [{"role": "dashboard"}]});
    let made = admin.post("/v1/api-clients", body).await.expect(201);
    let (id, secret) = (made.id(), made.json["secret"].as_str().unwrap().to_owned());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!(
        made.header("location"),
        Some(format!("/v1/api-clients/{id}").as_str())
    );
    // 256 bits, and a mark by which a scanner knows it.
    assert!(
        secret
            .strip_prefix("collate_secret_")
            .is_some_and(|rest| rest.len() == 64),
        "{secret}"
    );
    assert_eq!(made.json["secrets"].as_array().unwrap().len(), 1);
    let shown = admin.get(format!("/v1/api-clients/{id}")).await.expect(200);
    assert_eq!(
        (
            &shown.json["name"],
            &shown.json["grants"][0]["role"],
            &shown.json["grants"][0]["api_client_id"]
        ),
        (&json!("The national dashboard"), &json!("dashboard"), &json!(id))
    );
    let listed = admin.get("/v1/api-clients").await.expect(200);
    assert_eq!(listed.ids(), [id.as_str()]);
    for answer in [shown, listed] {
        assert!(!answer.text().contains("collate_secret_"), "{}", answer.text());
    }
    let stored = service
        .database
        .texts("SELECT secret_hash AS text FROM api_client_secrets")
        .await;
    let digest: String = Sha256::digest(&secret)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(stored, [digest]);

    let stranger = service.stranger();
    let in_form = stranger.token_for_client(&id, &secret).await.expect(200);
    let by_header = stranger.send(by_basic(&id, &secret)).await.expect(200);
    for tokens in [in_form, by_header] {
        assert_eq!(
            (&tokens.json["token_type"], &tokens.json["expires_in"]),
            (&json!("Bearer"), &json!(1800))
        );
        assert_eq!(tokens.json["refresh_token"], Value::Null);
        assert_eq!(tokens.header("cache-control"), Some("no-store"));
        let token = tokens.json["access_token"].as_str().unwrap();
        assert_eq!(part(token, 1)["sub"], format!("api-client:{id}"));
        let me = stranger
            .with_token("a dashboard", token)
            .get("/v1/me")
            .await
            .expect(200);
        assert_eq!(
            (me.id(), &me.json["kind"], &me.json["name"]),
            (id.clone(), &json!("api_client"), &json!("The national dashboard"))
        );
        assert_eq!(me.json["grants"][0]["role"], "dashboard");
    }
    assert_eq!(admin.get("/v1/me").await.expect(200).json["kind"], "person");
}

#[actix_web::test]
async fn what_is_no_client_and_secret_is_refused_and_says_how_to_show_them() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let (id, secret) = made(&admin, json!([])).await;
    let (other, _) = made(&admin, json!([])).await;
    let stranger = service.stranger();
    for ask in [
        form(format!(
            "grant_type=client_credentials&client_id={id}&client_secret={secret}0"
        )),
        form(format!(
            "grant_type=client_credentials&client_id={id}&client_secret="
        )),
        form(format!(
            "grant_type=client_credentials&client_id={other}&client_secret={secret}"
        )),
        form(format!(
            "grant_type=client_credentials&client_id={}&client_secret={secret}",
            new_id()
        )),
        form(format!(
            "grant_type=client_credentials&client_id=nobody&client_secret={secret}"
        )),
        form(format!("grant_type=client_credentials&client_id={id}")),
        form(format!("grant_type=client_credentials&client_secret={secret}")),
        form("grant_type=client_credentials"),
        by_basic(&id, "wrong"),
        by_basic(&secret, &id),
        form("grant_type=client_credentials").header("authorization", "Basic"),
        form("grant_type=client_credentials").header("authorization", "Basic not*base64"),
        form("grant_type=client_credentials").header("authorization", format!("Basic {}", base64(&id))),
    ] {
        let sent = String::from_utf8_lossy(&ask.body).into_owned();
        let answer = stranger.send(ask).await;
        assert_eq!(
            (answer.status, &answer.json["code"]),
            (401, &json!("invalid-client")),
            "{sent}"
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"collate\""),
            "{sent}"
        );
        assert!(!answer.text().contains("collate_secret_"), "{}", answer.text());
    }
}

#[actix_web::test]
async fn two_ways_at_once_and_parts_of_another_grant_are_refused() {
    let service = Service::start().await;
    let (id, secret) = made(&service.admin().await, json!([])).await;
    let stranger = service.stranger();
    let with = |rest: &str| {
        let mut ask = by_basic(&id, &secret);
        ask.body.extend_from_slice(rest.as_bytes());
        ask
    };
    for both in [
        format!("&client_id={id}"),
        format!("&client_secret={secret}"),
        format!("&client_id={id}&client_secret={secret}"),
    ] {
        stranger.send(with(&both)).await.problem(400, "bad-request");
    }
    stranger
        .send(with("&refresh_token=x"))
        .await
        .faults(&["/refresh_token"]);
    let refresh = form(format!(
        "grant_type=refresh_token&refresh_token=x&client_id={id}&client_secret=x"
    ));
    stranger
        .send(refresh)
        .await
        .faults(&["/client_id", "/client_secret"]);
    stranger
        .send(form("grant_type=refresh_token"))
        .await
        .faults(&["/refresh_token"]);
    for odd in [
        "grant_type=client_credentials&scope=all",
        "grant_type=client_credentials&grant_type=refresh_token",
        "",
        "%zz",
    ] {
        // An empty form is sent as one that is there and empty.
        let odd = if odd.is_empty() { "&" } else { odd };
        stranger.send(form(odd)).await.problem(422, "invalid");
    }
    // Nothing of that was a failure of the client's.
    stranger.send(with("")).await.expect(200);
}

#[actix_web::test]
async fn ten_failures_of_a_client_shut_it_for_a_while_and_no_other() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let (id, secret) = made(&admin, json!([])).await;
    let (other, others) = made(&admin, json!([])).await;
    let stranger = service.stranger();
    for _ in 0..12 {
        stranger.token_for_client(&id, &secret).await.expect(200);
    }
    let guesses = join_all((0..16).map(|at| {
        let (stranger, id) = (stranger.clone(), id.clone());
        async move { stranger.token_for_client(&id, &format!("guess{at}")).await }
    }));
    let statuses: Vec<_> = guesses.await.iter().map(|answer| answer.status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(401), count(429)), (10, 6), "{statuses:?}");
    let shut = stranger
        .token_for_client(&id, &secret)
        .await
        .problem(429, "too-many-failures");
    assert!(shut.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    stranger.token_for_client(&other, &others).await.expect(200);
}

#[actix_web::test]
async fn thirty_failures_of_invented_clients_shut_their_address() {
    let service = Service::start().await;
    let (id, secret) = made(&service.admin().await, json!([])).await;
    let stranger = service.stranger();
    for _ in 0..30 {
        stranger
            .token_for_client(&new_id(), "guess")
            .await
            .problem(401, "invalid-client");
    }
    stranger
        .token_for_client(&id, &secret)
        .await
        .problem(429, "too-many-failures");
    let sign_in = json!({"email": ADMIN.0, "password": ADMIN.1});
    stranger
        .post("/v1/auth/sign-in", sign_in)
        .await
        .problem(429, "too-many-failures");
}

#[actix_web::test]
async fn a_client_may_collect_or_show_and_nothing_else_and_a_person_is_no_dashboard() {
    let world = World::start().await;
    let consultation = world.open(json!({})).await;
    let (client, _) = made(&world.admin, json!([])).await;
    let grants = format!("/v1/api-clients/{client}/grants");
    for role in Role::ALL {
        let mut grant = json!({"role": role.as_str()});
        match role.scope() {
            RoleScope::Everywhere => {}
            RoleScope::Group => grant["group_id"] = json!(world.a),
            RoleScope::Service => grant["service_id"] = json!(world.a1),
            RoleScope::Consultation => grant["consultation_id"] = json!(consultation),
            RoleScope::Body => grant["body_id"] = json!(world.body),
        }
        let at_once = json!({"name": "A machine", "grants": [grant]});
        if matches!(role, Role::Collector | Role::Dashboard) {
            world.admin.post(&grants, grant).await.expect(201);
            world.admin.post("/v1/api-clients", at_once).await.expect(201);
        } else {
            let refused = world.admin.post(&grants, grant).await.faults(&["/role"]);
            assert_eq!(refused.json["errors"][0]["code"], "role-not-taken");
            world
                .admin
                .post("/v1/api-clients", at_once)
                .await
                .faults(&["/grants/0/role"]);
        }
    }
    world
        .admin
        .post(&grants, json!({"role": "collector"}))
        .await
        .faults(&["/consultation_id"]);
    let nowhere = json!({"role": "collector", "consultation_id": new_id()});
    world.admin.post(&grants, nowhere).await.problem(422, "invalid");

    let somebody = world.service.user_by(&world.admin, json!([])).await;
    let of_person = format!("/v1/users/{}/grants", somebody.id);
    let refused = world
        .admin
        .post(of_person, json!({"role": "dashboard"}))
        .await
        .faults(&["/role"]);
    assert!(refused.text().contains("/v1/api-clients"), "{}", refused.text());
    let user = json!({"email": "one@collate.test", "name": "One", "password": "long enough it is",
        "grants": [{"role": "auditor"}, {"role": "dashboard"}]});
    world
        .admin
        .post("/v1/users", user)
        .await
        .faults(&["/grants/1/role"]);
}

#[actix_web::test]
async fn grants_of_a_client_are_listed_given_and_taken_away_within_a_second_everywhere() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let client = world
        .service
        .client_by(&world.admin, json!([{"role": "dashboard"}]))
        .await;
    let elsewhere = client.at(replica.base());
    elsewhere.get("/v1/groups").await.expect(200);
    let grants = format!("/v1/api-clients/{}/grants", client.id);
    let grant = world.admin.get(&grants).await.expect(200).ids().remove(0);
    world.admin.delete(format!("{grants}/{grant}")).await.expect(204);
    let taken = Instant::now();
    client.get("/v1/groups").await.problem(403, "forbidden");
    refused_within_a_second(&elsewhere, "/v1/groups", 403, taken).await;
    world
        .admin
        .delete(format!("{grants}/{grant}"))
        .await
        .problem(404, "not-found");
    world
        .admin
        .post(&grants, json!({"role": "dashboard"}))
        .await
        .expect(201);
    client.get("/v1/groups").await.expect(200);
    assert_eq!(world.admin.get(&grants).await.expect(200).items().len(), 1);
}

#[actix_web::test]
async fn a_new_secret_takes_over_from_the_one_before() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let (id, first) = made(&admin, json!([])).await;
    let stranger = service.stranger();
    let good = async |secret: &str| stranger.token_for_client(&id, secret).await.status == 200;
    let secret = |answer: &Answer| answer.json["secret"].as_str().unwrap().to_owned();

    let second = renewed(&admin, &id, json!({})).await.expect(201);
    assert_eq!(second.header("cache-control"), Some("no-store"));
    let shown = admin.get(format!("/v1/api-clients/{id}")).await.expect(200);
    let [older, newer] = shown.json["secrets"].as_array().unwrap().as_slice() else {
        panic!("{}", shown.text())
    };
    // A day, unless said otherwise.
    let day = Duration::from_secs(24 * 3600).as_secs() as i64;
    assert_eq!(
        seconds_between(&second.json["made_at"], &older["expires_at"]),
        day
    );
    assert_eq!(
        (&newer["expires_at"], &newer["id"]),
        (&Value::Null, &second.json["id"])
    );
    assert!(good(&first).await && good(&secret(&second)).await);

    // A third is one too many, until one of the two is taken away.
    renewed(&admin, &id, json!({"overlap_seconds": 60}))
        .await
        .problem(409, "two-secrets");
    let secrets = format!("/v1/api-clients/{id}/secrets");
    admin
        .delete(format!("{secrets}/{}", older["id"].as_str().unwrap()))
        .await
        .expect(204);
    assert!(!good(&first).await && good(&secret(&second)).await);
    admin
        .delete(format!("{secrets}/{}", older["id"].as_str().unwrap()))
        .await
        .problem(404, "not-found");
    let third = renewed(&admin, &id, json!({"overlap_seconds": 3_600}))
        .await
        .expect(201);
    assert!(good(&secret(&second)).await && good(&secret(&third)).await);
    // An hour later.
    let later =
        "UPDATE api_client_secrets SET expires_at = expires_at - 3600000000 WHERE expires_at IS NOT NULL";
    service.database.run(later).await;
    assert!(!good(&secret(&second)).await && good(&secret(&third)).await);
    // What has ended makes room.
    let fourth = renewed(&admin, &id, json!({"overlap_seconds": 2_592_000}))
        .await
        .expect(201);
    assert!(good(&secret(&third)).await && good(&secret(&fourth)).await);
    // At once: every older one.
    let fifth = renewed(&admin, &id, json!({"overlap_seconds": 0}))
        .await
        .expect(201);
    assert!(!good(&secret(&third)).await && !good(&secret(&fourth)).await && good(&secret(&fifth)).await);
    for overlap in [-1, 2_592_001] {
        renewed(&admin, &id, json!({"overlap_seconds": overlap}))
            .await
            .faults(&["/overlap_seconds"]);
    }
    renewed(&admin, &new_id(), json!({}))
        .await
        .problem(404, "not-found");
}

/// Whole seconds from one instant to the other.
fn seconds_between(from: &Value, to: &Value) -> i64 {
    let read = |instant: &Value| serde_json::from_value::<domain::moment::Moment>(instant.clone()).unwrap();
    (read(to).0 - read(from).0) / 1_000_000
}

#[actix_web::test]
async fn of_many_new_secrets_at_once_two_are_good_at_the_most() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let (id, _) = made(&admin, json!([])).await;
    let answers = join_all((0..8).map(|_| renewed(&admin, &id, json!({"overlap_seconds": 60})))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(409)), (1, 7), "{statuses:?}");
    let shown = admin.get(format!("/v1/api-clients/{id}")).await.expect(200);
    assert_eq!(shown.json["secrets"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_client_taken_away_is_refused_within_a_second_everywhere_and_what_it_wrote_stays() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let consultation = world.open(json!({})).await;
    let grants = json!([{"role": "collector", "consultation_id": consultation}]);
    let (id, secret) = made(&world.admin, grants).await;
    let stranger = world.service.stranger();
    let tokens = stranger.token_for_client(&id, &secret).await.expect(200);
    let client = stranger.with_token("a collector", tokens.json["access_token"].as_str().unwrap());
    let elsewhere = client.at(replica.base());
    elsewhere.get("/v1/me").await.expect(200);
    let responses = format!("/v1/consultations/{consultation}/responses");
    client.post(&responses, world.response_body()).await.expect(201);

    let path = format!("/v1/api-clients/{id}");
    world.admin.delete(&path).await.problem(428, "version-missing");
    let stale = Ask::new(Method::DELETE, path.clone()).version(7);
    assert_eq!(
        world.admin.send(stale).await.problem(412, "stale-version").etag(),
        "\"1\""
    );
    renewed(&world.admin, &id, json!({})).await.expect(201);
    let taken = Ask::new(Method::DELETE, path.clone()).version(1);
    world.admin.send(taken).await.problem(412, "stale-version");
    let tag = world.admin.get(&path).await.expect(200).etag();
    let taken = Ask::new(Method::DELETE, path.clone()).header("if-match", tag);
    world.admin.send(taken.clone()).await.expect(204);
    let since = Instant::now();
    client.get("/v1/me").await.problem(401, "unauthenticated");
    refused_within_a_second(&elsewhere, "/v1/me", 401, since).await;
    stranger
        .token_for_client(&id, &secret)
        .await
        .problem(401, "invalid-client");

    world.admin.send(taken).await.problem(404, "not-found");
    world.admin.get(&path).await.problem(404, "not-found");
    world
        .admin
        .get(format!("{path}/grants"))
        .await
        .problem(404, "not-found");
    world
        .admin
        .post(format!("{path}/grants"), json!({"role": "dashboard"}))
        .await
        .problem(404, "not-found");
    renewed(&world.admin, &id, json!({}))
        .await
        .problem(404, "not-found");
    assert_eq!(
        world.admin.get("/v1/api-clients").await.expect(200).ids(),
        [""; 0]
    );
    assert_eq!(world.lead.get(&responses).await.expect(200).items().len(), 1);
    let who = "SELECT users.name AS text FROM responses JOIN users ON users.id = responses.created_by
        JOIN api_clients ON api_clients.id = users.id";
    assert_eq!(world.service.database.texts(who).await, ["A machine"]);
}

#[actix_web::test]
async fn a_collecting_client_posts_for_its_consultation_and_reads_nothing() {
    let world = World::start().await;
    let (own, other) = (world.open(json!({})).await, world.open(json!({})).await);
    let grants = json!([{"role": "collector", "consultation_id": own}]);
    let client = world.service.client_by(&world.admin, grants.clone()).await;
    let responses = format!("/v1/consultations/{own}/responses");
    let body = tests::merged(world.response_body(), json!({"id": new_id()}));
    let first = client.post(&responses, body.clone()).await.expect(201);
    let again = client.post(&responses, body.clone()).await.expect(200);
    assert_eq!(first.json["receipt"], again.json["receipt"]);
    // What one client sent under an id is not another's to send again.
    let another = world.service.client_by(&world.admin, grants).await;
    another.post(&responses, body).await.problem(409, "id-conflict");
    let elsewhere = format!("/v1/consultations/{other}/responses");
    client
        .post(elsewhere, world.response_body())
        .await
        .problem(404, "not-found");
    let here = format!("/v1/consultations/{own}");
    for path in [
        format!("/v1/responses/{}", first.id()),
        here.clone(),
        responses,
        format!("{here}/contributions"),
        format!("{here}/collation"),
        "/v1/groups".into(),
        "/v1/api-clients".into(),
    ] {
        client.get(path).await.problem(403, "forbidden");
    }
    let collation = world.collation(&own, "").await;
    assert_eq!(collation["questions"][0]["contributions"]["value"], 1);
}

#[actix_web::test]
async fn a_client_is_no_user_and_a_user_no_client() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let (client, secret) = made(&admin, json!([{"role": "dashboard"}])).await;
    let somebody = service.user_by(&admin, json!([{"role": "auditor"}])).await;
    let grant = |of: &str, id: &str| format!("/v1/{of}/{id}/grants");
    for (of, id) in [("users", &client), ("api-clients", &somebody.id)] {
        admin
            .get(format!("/v1/{of}/{id}"))
            .await
            .problem(404, "not-found");
        admin.get(grant(of, id)).await.problem(404, "not-found");
        let role = if of == "users" { "auditor" } else { "dashboard" };
        admin
            .post(grant(of, id), json!({"role": role}))
            .await
            .problem(404, "not-found");
    }
    for (right, wrong, id) in [
        ("api-clients", "users", &client),
        ("users", "api-clients", &somebody.id),
    ] {
        let held = admin.get(grant(right, id)).await.expect(200).ids().remove(0);
        admin
            .delete(format!("{}/{held}", grant(wrong, id)))
            .await
            .problem(404, "not-found");
        assert_eq!(admin.get(grant(right, id)).await.expect(200).ids(), [held]);
    }
    let users = admin.get("/v1/users").await.expect(200);
    assert!(!users.ids().contains(&client), "{}", users.text());
    assert_eq!(
        admin.get("/v1/api-clients").await.expect(200).ids(),
        [client.as_str()]
    );
    for email in [format!("api-client:{client}"), client.clone()] {
        for password in [secret.clone(), "x".into()] {
            let sign_in = json!({"email": email, "password": password});
            service
                .stranger()
                .post("/v1/auth/sign-in", sign_in)
                .await
                .problem(401, "sign-in-refused");
        }
    }
}

#[actix_web::test]
async fn a_token_of_the_one_kind_is_never_good_for_the_other() {
    let service = with_known_key().await;
    let admin = service.admin().await;
    let client = service.client_by(&admin, json!([{"role": "dashboard"}])).await;
    let claims = part(client.token.as_deref().unwrap(), 1);
    let with = |sub: String| {
        let claims = tests::merged(claims.clone(), json!({"sub": sub}));
        let token = signed(&claims, "known", Algorithm::HS256, &KEY);
        service.stranger().with_token("a forger", token)
    };
    let good = with(format!("api-client:{}", client.id))
        .get("/v1/me")
        .await
        .expect(200);
    assert_eq!(good.id(), client.id);
    with(admin.id.clone()).get("/v1/me").await.expect(200);
    for sub in [
        client.id.clone(),
        format!("api-client:{}", admin.id),
        format!("api-client:{}", new_id()),
        "api-client:".into(),
        format!("api-client:api-client:{}", client.id),
        String::new(),
    ] {
        with(sub).get("/v1/me").await.problem(401, "unauthenticated");
    }
}
