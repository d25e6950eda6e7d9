//! Signing in, tokens, users and grants.

use actix_web::http::Method;
use collate::server::Settings;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Answer, Ask, Caller, Service, World, service::ADMIN};

async fn sign_in(caller: &Caller, email: &str, password: &str) -> Answer {
    caller
        .post("/v1/auth/sign-in", json!({"email": email, "password": password}))
        .await
}

async fn refresh(caller: &Caller, token: &str) -> Answer {
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    caller
        .send(Ask::new(Method::POST, "/v1/auth/token").body("application/x-www-form-urlencoded", form))
        .await
}

fn word<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.json[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {}", answer.text()))
}

#[actix_web::test]
async fn signing_in_gives_a_token_pair_and_me_says_who_it_is() {
    let service = Service::start().await;
    let tokens = sign_in(&service.stranger(), ADMIN.0, ADMIN.1).await.expect(200);
    assert_eq!(tokens.json["token_type"], "Bearer");
    assert_eq!(tokens.json["expires_in"], 1800);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let me = service
        .stranger()
        .with_token("admin", word(&tokens, "access_token"))
        .get("/v1/me")
        .await
        .expect(200);
    assert_eq!(me.json["grants"][0]["role"], "admin");
}

#[actix_web::test]
async fn an_email_address_is_the_same_however_it_is_written() {
    let service = Service::start().await;
    sign_in(&service.stranger(), &ADMIN.0.to_uppercase(), ADMIN.1)
        .await
        .expect(200);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_account_are_refused_alike() {
    let service = Service::start().await;
    let wrong = sign_in(&service.stranger(), ADMIN.0, "not the password")
        .await
        .problem(401, "sign-in-refused");
    let unknown = sign_in(&service.stranger(), "nobody@collate.test", ADMIN.1)
        .await
        .problem(401, "sign-in-refused");
    assert_eq!(wrong.json["detail"], unknown.json["detail"]);
}

#[actix_web::test]
async fn ten_failures_of_an_account_shut_it_for_a_while_and_no_other() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let other = service.user(json!([{"role": "auditor"}])).await;
    for _ in 0..10 {
        sign_in(&stranger, ADMIN.0, "not the password")
            .await
            .problem(401, "sign-in-refused");
    }
    let shut = sign_in(&stranger, ADMIN.0, ADMIN.1)
        .await
        .problem(429, "too-many-failures");
    assert!(shut.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    let email = other.name.split(' ').next_back().unwrap();
    sign_in(&stranger, email, "another password for tests")
        .await
        .expect(200);
}

#[actix_web::test]
async fn thirty_failures_from_an_address_shut_it_for_a_while() {
    let service = Service::start().await;
    let stranger = service.stranger();
    for failure in 0..30 {
        let email = format!("somebody-{}@collate.test", failure % 5);
        sign_in(&stranger, &email, "not the password")
            .await
            .problem(401, "sign-in-refused");
    }
    sign_in(&stranger, ADMIN.0, ADMIN.1)
        .await
        .problem(429, "too-many-failures");
}

#[actix_web::test]
async fn successes_are_not_counted_as_failures() {
    let service = Service::start().await;
    for _ in 0..12 {
        sign_in(&service.stranger(), ADMIN.0, ADMIN.1).await.expect(200);
    }
}

#[actix_web::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let first = sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200);
    let second = refresh(&stranger, word(&first, "refresh_token"))
        .await
        .expect(200);
    assert_ne!(word(&first, "refresh_token"), word(&second, "refresh_token"));
    stranger
        .with_token("refreshed", word(&second, "access_token"))
        .get("/v1/me")
        .await
        .expect(200);

    refresh(&stranger, word(&first, "refresh_token"))
        .await
        .problem(400, "invalid-grant");
    refresh(&stranger, word(&second, "refresh_token"))
        .await
        .problem(400, "invalid-grant");
    // Another sign-in of the same person is another family.
    let other = sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200);
    refresh(&stranger, word(&other, "refresh_token"))
        .await
        .expect(200);
}

#[actix_web::test]
async fn signing_out_ends_the_family_and_says_nothing_of_unknown_tokens() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let tokens = sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200);
    let out = json!({"refresh_token": word(&tokens, "refresh_token")});
    stranger.post("/v1/auth/sign-out", out.clone()).await.expect(204);
    refresh(&stranger, word(&tokens, "refresh_token"))
        .await
        .problem(400, "invalid-grant");
    stranger.post("/v1/auth/sign-out", out).await.expect(204);
    stranger
        .post("/v1/auth/sign-out", json!({"refresh_token": "never given"}))
        .await
        .expect(204);
}

#[actix_web::test]
async fn the_token_endpoint_takes_its_form_and_nothing_else() {
    let service = Service::start().await;
    let stranger = service.stranger();
    refresh(&stranger, "never given")
        .await
        .problem(400, "invalid-grant");
    stranger
        .post("/v1/auth/token", json!({"grant_type": "refresh_token"}))
        .await
        .problem(415, "unsupported-media-type");
    let password = Ask::new(Method::POST, "/v1/auth/token").body(
        "application/x-www-form-urlencoded",
        "grant_type=password&refresh_token=x",
    );
    stranger
        .send(password)
        .await
        .problem(400, "unsupported-grant-type");
}

#[actix_web::test]
async fn a_grant_is_given_and_taken_away() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let somebody = service.user_by(&admin, json!([])).await;
    assert_eq!(
        somebody.get("/v1/bodies").await.problem(403, "forbidden").json["errors"],
        Value::Null
    );
    let grants = format!("/v1/users/{}/grants", somebody.id);
    let grant = admin
        .post(&grants, json!({"role": "auditor"}))
        .await
        .expect(201)
        .id();
    somebody.get("/v1/bodies").await.expect(200);
    assert_eq!(admin.get(&grants).await.expect(200).ids(), [grant.as_str()]);
    assert_eq!(
        somebody.get("/v1/me").await.expect(200).json["grants"][0]["role"],
        "auditor"
    );
    admin.delete(format!("{grants}/{grant}")).await.expect(204);
    somebody.get("/v1/bodies").await.problem(403, "forbidden");
    admin
        .delete(format!("{grants}/{grant}"))
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn a_grant_taken_away_is_refused_within_a_second_on_every_replica() {
    let service = Service::start().await;
    let replica = service.replica().await;
    let admin = service.admin().await;
    let somebody = service.user_by(&admin, json!([{"role": "auditor"}])).await;
    let elsewhere = somebody.at(replica.base());
    elsewhere.get("/v1/bodies").await.expect(200);
    let grants = format!("/v1/users/{}/grants", somebody.id);
    let grant = admin.get(&grants).await.expect(200).ids().remove(0);
    admin.delete(format!("{grants}/{grant}")).await.expect(204);
    let taken = Instant::now();
    somebody.get("/v1/bodies").await.problem(403, "forbidden");
    loop {
        let answer = elsewhere.get("/v1/bodies").await;
        assert!(
            taken.elapsed() < Duration::from_secs(1),
            "still let in after {:?}",
            taken.elapsed()
        );
        if answer.status == 403 {
            break;
        }
    }
}

#[actix_web::test]
async fn a_role_without_its_scope_or_with_another_is_refused() {
    let world = World::start().await;
    let consultation = world.open(json!({})).await;
    let cases = [
        ("facilitator", "group_id", world.a.clone()),
        ("champion", "service_id", world.a1.clone()),
        ("coder", "consultation_id", consultation.clone()),
        ("collector", "consultation_id", consultation),
        ("clinical_reference_group", "body_id", world.body.clone()),
    ];
    let somebody = world.service.user_by(&world.admin, json!([])).await;
    let grants = format!("/v1/users/{}/grants", somebody.id);
    for (role, scope, id) in &cases {
        let pointer = format!("/{scope}");
        world
            .admin
            .post(&grants, json!({"role": role}))
            .await
            .faults(&[&pointer]);
        let unknown = json!({"role": role, *scope: tests::new_id()});
        world.admin.post(&grants, unknown).await.problem(422, "invalid");
        world
            .admin
            .post(&grants, json!({"role": role, *scope: id}))
            .await
            .expect(201);
        world
            .admin
            .post(&grants, json!({"role": "national_lead", *scope: id}))
            .await
            .faults(&[&pointer]);
    }
    let user = json!({"email": "one@collate.test", "name": "One", "password": "long enough it is",
        "grants": [{"role": "auditor"}, {"role": "champion"}, {"role": "facilitator"}]});
    world
        .admin
        .post("/v1/users", user)
        .await
        .faults(&["/grants/1/service_id", "/grants/2/group_id"]);
}

#[actix_web::test]
async fn an_email_address_belongs_to_one_user() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let user =
        json!({"email": "One@collate.test", "name": "One", "password": "long enough it is", "grants": []});
    admin.post("/v1/users", user.clone()).await.expect(201);
    let mut again = user;
    again["email"] = json!("one@COLLATE.test");
    admin.post("/v1/users", again).await.problem(409, "not-unique");
}

#[actix_web::test]
async fn a_password_is_nowhere_in_an_answer() {
    let service = Service::start().await;
    let admin = service.admin().await;
    for path in ["/v1/users", "/v1/me"] {
        let text = admin.get(path).await.expect(200).text();
        assert!(!text.contains("argon2") && !text.contains("password"), "{text}");
    }
}

/// A key that the tests know, too.
const KEY: [u8; 32] = [7; 32];

async fn with_known_key() -> Service {
    let token_keys = Some(format!("known:{}", "07".repeat(KEY.len())));
    Service::start_with(Settings {
        token_keys,
        ..Settings::default()
    })
    .await
}

/// A token for `claims` as the service would sign it, but for what a test changes.
fn signed(claims: &Value, kid: &str, algorithm: Algorithm, key: &[u8]) -> String {
    let header = Header {
        kid: Some(kid.into()),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (at, letter) in token.split('.').nth(1).unwrap().bytes().enumerate() {
        bits = bits << 6 | alphabet.iter().position(|other| *other == letter).unwrap() as u32;
        if at % 4 != 0 {
            bytes.push((bits >> [0, 4, 2, 0][at % 4]) as u8);
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

#[actix_web::test]
async fn a_token_is_good_only_as_it_was_given() {
    let service = with_known_key().await;
    let admin = service.admin().await;
    let good = claims(admin.token.as_deref().unwrap());
    for claim in ["iss", "aud", "sub", "exp", "iat", "nbf", "jti"] {
        assert!(!good[claim].is_null(), "{claim} is missing in {good}");
    }
    let now = good["iat"].as_i64().unwrap();
    assert_eq!(good["exp"], now + 1800);
    let with = |name: &str, value: Value| tests::merged(good.clone(), json!({name: value}));
    let by_key = |claims: &Value| signed(claims, "known", Algorithm::HS256, &KEY);

    let ask = async |token: String| {
        service
            .stranger()
            .with_token("a forger", token)
            .get("/v1/me")
            .await
    };
    ask(by_key(&good)).await.expect(200);
    let bad = [
        (
            "expired",
            by_key(&tests::merged(
                good.clone(),
                json!({"iat": now - 7200, "nbf": now - 7200, "exp": now - 60}),
            )),
        ),
        ("not yet in force", by_key(&with("nbf", json!(now + 600)))),
        ("of another issuer", by_key(&with("iss", json!("somebody")))),
        ("for another audience", by_key(&with("aud", json!("somebody")))),
        ("of nobody we know", by_key(&with("sub", json!(tests::new_id())))),
        ("without an end", by_key(&with("exp", Value::Null))),
        (
            "signed with another key",
            signed(&good, "known", Algorithm::HS256, &[8; 32]),
        ),
        (
            "of an unknown key",
            signed(&good, "unknown", Algorithm::HS256, &KEY),
        ),
        (
            "signed in another way",
            signed(&good, "known", Algorithm::HS512, &KEY),
        ),
    ];
    for (how, token) in bad {
        let answer = ask(token).await;
        assert_eq!(
            (answer.status, answer.json["code"].as_str()),
            (401, Some("unauthenticated")),
            "a token {how}"
        );
        assert!(answer.header("www-authenticate").is_some(), "a token {how}");
    }
}

#[actix_web::test]
async fn a_tampered_or_unsigned_token_is_refused() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let token = admin.token.clone().unwrap();
    let parts: Vec<_> = token.split('.').collect();
    // {"alg":"none","typ":"JWT"}
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let mut tampered = parts[1].to_owned();
    let middle = tampered.len() / 2;
    let other = if tampered.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    tampered.replace_range(middle..=middle, other);
    for token in [
        format!("{}.{tampered}.{}", parts[0], parts[2]),
        format!("{unsigned}.{}.", parts[1]),
        format!("{unsigned}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        "not-a-token".into(),
        String::new(),
    ] {
        service
            .stranger()
            .with_token("a forger", token)
            .get("/v1/me")
            .await
            .problem(401, "unauthenticated");
    }
    let basic = Ask::new(Method::GET, "/v1/me").header("authorization", "Basic YWRtaW46YWRtaW4=");
    service
        .stranger()
        .send(basic)
        .await
        .problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_token_of_one_replica_is_good_at_another() {
    let service = Service::start().await;
    let replica = service.replica().await;
    service
        .admin()
        .await
        .at(replica.base())
        .get("/v1/me")
        .await
        .expect(200);
}

#[actix_web::test]
async fn signing_out_without_a_body_ends_every_sign_in_of_the_caller_and_of_nobody_else() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let other = service.user(json!([{"role": "auditor"}])).await;
    let email = other.name.split(' ').next_back().unwrap();
    let others = sign_in(&stranger, email, "another password for tests")
        .await
        .expect(200);
    let (one, two) = (
        sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200),
        sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200),
    );
    let out = || Ask::new(Method::POST, "/v1/auth/sign-out");
    stranger.send(out()).await.problem(401, "unauthenticated");
    let caller = stranger.with_token("admin", word(&one, "access_token"));
    caller.send(out()).await.expect(204);
    for ended in [&one, &two] {
        refresh(&stranger, word(ended, "refresh_token"))
            .await
            .problem(400, "invalid-grant");
    }
    refresh(&stranger, word(&others, "refresh_token"))
        .await
        .expect(200);
}

#[actix_web::test]
async fn signing_out_with_a_refresh_token_ends_that_sign_in_alone() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let (one, two) = (
        sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200),
        sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200),
    );
    let caller = stranger.with_token("admin", word(&one, "access_token"));
    let out = json!({"refresh_token": word(&one, "refresh_token")});
    caller.post("/v1/auth/sign-out", out).await.expect(204);
    refresh(&stranger, word(&one, "refresh_token"))
        .await
        .problem(400, "invalid-grant");
    refresh(&stranger, word(&two, "refresh_token")).await.expect(200);
}

#[actix_web::test]
async fn who_has_no_grant_can_still_ask_who_they_are() {
    let service = Service::start().await;
    let nobody = service.user(json!([])).await;
    let me = nobody.get("/v1/me").await.expect(200);
    assert_eq!((me.id(), &me.json["grants"]), (nobody.id, &json!([])));
}

#[actix_web::test]
async fn a_user_read_again_after_a_grant_was_added_shows_it() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let somebody = service.user_by(&admin, json!([])).await;
    let path = format!("/v1/users/{}", somebody.id);
    let before = admin.get(&path).await.expect(200);
    assert_eq!(before.json["grants"], json!([]));
    admin
        .post(format!("{path}/grants"), json!({"role": "auditor"}))
        .await
        .expect(201);
    let again = Ask::new(Method::GET, path).header("if-none-match", before.etag());
    let after = admin.send(again).await.expect(200);
    assert_eq!(after.json["grants"][0]["role"], "auditor");
}
