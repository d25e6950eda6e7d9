//! Signing in, tokens, users and grants; keys that rotate, and what is forgotten when it has run out.

use actix_web::http::Method;
use collate::{auth::sessions::rotate_keys, http::proxies::TrustedProxies, server::Settings, store::Store};
use futures_util::future::{join, join_all};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{
    Answer, Ask, Caller, Service, World,
    database::{Database, alone},
    service::ADMIN,
};

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

/// A service that knows of a balancer at our address, or of none.
async fn behind(balancer: Option<&str>) -> Service {
    let trusted = balancer.map(|address| address.parse().unwrap());
    Service::start_with(Settings {
        trusted_proxies: TrustedProxies::new(trusted.into_iter().collect()),
        ..Settings::default()
    })
    .await
}

#[actix_web::test]
async fn behind_a_balancer_guesses_count_for_whoever_made_them() {
    let service = behind(Some("127.0.0.0/8")).await;
    let stranger = service.stranger();
    let through = async |address: &str, path: &str, body: &Value| {
        let ask = Ask::new(Method::POST, path).json(body);
        stranger.send(ask.header("x-forwarded-for", address)).await
    };
    let (sign_in, take_back) = ("/v1/auth/sign-in", "/v1/withdrawals");
    let receipt = json!({"receipt": "0000-0000-0000-0000", "scope": "all"});
    let right = json!({"email": ADMIN.0, "password": ADMIN.1});
    for guess in 0..30 {
        let email = format!("somebody-{}@collate.test", guess % 5);
        let wrong = json!({"email": email, "password": "not the password"});
        // What stands before the balancer's own word is the guesser's invention.
        let from = format!("198.51.100.{guess}, 203.0.113.1");
        through(&from, sign_in, &wrong)
            .await
            .problem(401, "sign-in-refused");
        through(&from, take_back, &receipt)
            .await
            .problem(404, "not-found");
    }
    for (path, body) in [(sign_in, &right), (take_back, &receipt)] {
        through("203.0.113.1", path, body)
            .await
            .problem(429, "too-many-failures");
    }
    through("203.0.113.2", sign_in, &right).await.expect(200);
    through("203.0.113.2", take_back, &receipt)
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn what_anybody_says_of_their_own_address_counts_for_nothing() {
    for balancer in [None, Some("192.0.2.1")] {
        let service = behind(balancer).await;
        let stranger = service.stranger();
        let receipt = json!({"receipt": "0000-0000-0000-0000", "scope": "all"});
        let guess = async |address: String| {
            let ask = Ask::new(Method::POST, "/v1/withdrawals").json(&receipt);
            stranger.send(ask.header("x-forwarded-for", address)).await
        };
        for at in 0..30 {
            guess(format!("203.0.113.{at}")).await.problem(404, "not-found");
        }
        guess("203.0.113.99".into())
            .await
            .problem(429, "too-many-failures");
    }
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
async fn whoever_signs_out_with_a_token_of_nobody_moves_nothing() {
    const OFTEN: usize = 40;
    let service = Service::start().await;
    let (stranger, database) = (service.stranger(), &service.database);
    if database.is_postgres() {
        // It counts what everybody writes, in other tests, too.
        return;
    }
    let moved = async || -> usize {
        let counted = database
            .texts("SELECT CAST(value AS TEXT) AS text FROM change_counter")
            .await;
        counted[0].parse().unwrap()
    };
    let before = moved().await;
    for number in 0..OFTEN {
        let token = json!({"refresh_token": format!("junk {number}")});
        stranger.post("/v1/auth/sign-out", token).await.expect(204);
    }
    let grown = moved().await - before;
    // House is kept beside.
    assert!(grown < OFTEN, "{grown} writes");
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
pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) async fn with_known_key() -> Service {
    let token_keys = Some(format!("known:{}", "07".repeat(KEY.len())));
    Service::start_with(Settings {
        token_keys,
        ..Settings::default()
    })
    .await
}

/// A token for `claims` as the service would sign it, but for what a test changes.
pub(crate) fn signed(claims: &Value, kid: &str, algorithm: Algorithm, key: &[u8]) -> String {
    let header = Header {
        kid: Some(kid.into()),
        ..Header::new(algorithm)
    };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

/// A token of our key whose header says another algorithm than the one that signed it.
fn saying(algorithm: &str, claims: &Value, key: &[u8]) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT", "kid": "known"});
    let message = format!("{}.{}", encoded(&header), encoded(claims));
    let key = EncodingKey::from_secret(key);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// JSON as a part of a token.
fn encoded(json: &Value) -> String {
    let bytes = json.to_string().into_bytes();
    let letters = bytes.chunks(3).flat_map(|three| {
        let bits = three
            .iter()
            .chain(&[0; 3])
            .take(3)
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let letters = (0..=three.len()).map(move |at| bits >> (18 - 6 * at) & 63);
        letters.map(|at| char::from(ALPHABET[at as usize]))
    });
    letters.collect()
}

/// A part of a token as JSON: its header or its claims.
pub(crate) fn part(token: &str, at: usize) -> Value {
    let mut bits = 0u32;
    let mut bytes = Vec::new();
    for (at, letter) in token.split('.').nth(at).unwrap().bytes().enumerate() {
        bits = bits << 6 | ALPHABET.iter().position(|other| *other == letter).unwrap() as u32;
        if at % 4 != 0 {
            bytes.push((bits >> [0, 4, 2, 0][at % 4]) as u8);
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    part(token, 1)
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
            "signed with another hash",
            signed(&good, "known", Algorithm::HS384, &KEY),
        ),
        (
            "signed in another way",
            signed(&good, "known", Algorithm::HS512, &KEY),
        ),
        ("that names no way to sign", saying("none", &good, &KEY)),
        // Who takes the algorithm from the token would verify these with a key that is no public key.
        ("that says it is RSA's", saying("RS256", &good, &KEY)),
        ("that says it is of a curve", saying("ES256", &good, &KEY)),
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

#[actix_web::test]
async fn of_guesses_sent_all_at_once_ten_are_answered() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let guesses = (0..30).map(|at| {
        let password = if at == 20 {
            ADMIN.1.to_owned()
        } else {
            format!("guess {at}")
        };
        let stranger = stranger.clone();
        async move { sign_in(&stranger, ADMIN.0, &password).await }
    });
    let answers = join_all(guesses).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    let wrong = statuses.iter().filter(|status| **status == 401).count();
    // The right one may have been among the first; whether it is told is all that may differ.
    let let_in = statuses.iter().filter(|status| **status == 200).count();
    let shut = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((wrong, let_in + shut), (10, 20), "{statuses:?}");
    assert!(let_in <= 1, "{statuses:?}");
    sign_in(&stranger, ADMIN.0, ADMIN.1)
        .await
        .problem(429, "too-many-failures");
}

#[actix_web::test]
async fn many_who_sign_in_at_once_with_the_right_password_are_all_let_in() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let answers = join_all((0..16).map(|_| sign_in(&stranger, ADMIN.0, ADMIN.1))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[actix_web::test]
async fn a_sign_out_while_the_token_rotates_ends_what_it_rotates_to() {
    let service = Service::start().await;
    let replica = service.replica().await;
    let (here, there) = (service.stranger(), replica.stranger());
    let mut rotated = 0;
    for round in 0..12 {
        let tokens = sign_in(&here, ADMIN.0, ADMIN.1).await.expect(200);
        let token = word(&tokens, "refresh_token");
        // With the token itself, or by whoever has an access token of that sign-in; one is ahead of the other by turns.
        let one = json!({"refresh_token": token});
        let caller = there.with_token("admin", word(&tokens, "access_token"));
        let out = async {
            match round % 2 {
                0 => there.post("/v1/auth/sign-out", one).await,
                _ => caller.send(Ask::new(Method::POST, "/v1/auth/sign-out")).await,
            }
        };
        let (next, out) = if round % 3 == 0 {
            join(refresh(&here, token), out).await
        } else {
            let (out, next) = join(out, refresh(&here, token)).await;
            (next, out)
        };
        out.expect(204);
        if next.status == 200 {
            rotated += 1;
            refresh(&here, word(&next, "refresh_token"))
                .await
                .problem(400, "invalid-grant");
        } else {
            next.problem(400, "invalid-grant");
        }
    }
    tests::database::say(&format!(
        "auth: of 12 sign-outs during a rotation {rotated} came second"
    ));
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// What `collate keys rotate` does, in a process of its own as far as one process can have that.
fn rotate(database: &Database) {
    let url = database.url.clone();
    alone(async move {
        rotate_keys(&Store::connect(&url, 2).await.unwrap())
            .await
            .unwrap()
    });
}

#[actix_web::test]
async fn keys_rotate_under_running_replicas_and_nobody_is_signed_out() {
    let service = Service::start().await;
    let replica = service.replica().await;
    let before = sign_in(&service.stranger(), ADMIN.0, ADMIN.1).await.expect(200);
    let old = word(&before, "access_token");
    rotate(&service.database);
    let rotated = Instant::now();
    let new = loop {
        let tokens = sign_in(&service.stranger(), ADMIN.0, ADMIN.1).await.expect(200);
        if kid(word(&tokens, "access_token")) != kid(old) {
            break word(&tokens, "access_token").to_owned();
        }
        assert!(
            rotated.elapsed() < Duration::from_secs(3),
            "the old key signs after {:?}",
            rotated.elapsed()
        );
    };
    // The other replica has not signed since: it is shown a key that it never saw, by many at once, amid inventions.
    let invented = (0..32).map(|at| {
        let token = signed(&claims(&new), &format!("invented-{at}"), Algorithm::HS256, &KEY);
        let forger = replica.stranger().with_token("a forger", token);
        async move { forger.get("/v1/me").await }
    });
    let good = (0..16).map(|_| {
        let caller = replica.stranger().with_token("admin", &new);
        async move { caller.get("/v1/me").await }
    });
    let (invented, good) = join(join_all(invented), join_all(good)).await;
    for answer in invented {
        answer.problem(401, "unauthenticated");
    }
    for answer in good {
        answer.expect(200);
    }
    for base in [service.base(), replica.base()] {
        let caller = service.stranger().with_token("admin", old).at(base);
        caller.get("/v1/me").await.expect(200);
    }
    refresh(&service.stranger(), word(&before, "refresh_token"))
        .await
        .expect(200);
}

#[actix_web::test]
async fn a_token_of_a_key_made_a_moment_after_keys_were_looked_for_is_taken() {
    let service = Service::start().await;
    let replica = service.replica().await;
    let admin = service.admin().await;
    let claims = claims(admin.token.as_deref().unwrap());
    // A stranger makes the replica look; only then is the key made with which the next token is signed.
    let invented = signed(&claims, "invented", Algorithm::HS256, &KEY);
    let forger = replica.stranger().with_token("a forger", invented);
    forger.get("/v1/me").await.problem(401, "unauthenticated");
    rotate(&service.database);
    let hex = match service.database.is_postgres() {
        true => "encode(secret, 'hex')",
        false => "hex(secret)",
    };
    let newest = format!(
        "SELECT kid || ':' || {hex} AS text FROM token_keys WHERE purpose = 'access' ORDER BY made_at DESC"
    );
    let newest = service.database.texts(&newest).await.remove(0);
    let key = collate::auth::keys::from_settings(&newest).unwrap().remove(0);
    let token = signed(&claims, &key.kid, Algorithm::HS256, &key.secret);
    let caller = replica.stranger().with_token("admin", token);
    caller.get("/v1/me").await.expect(200);
}

#[actix_web::test]
async fn keys_of_the_settings_rotate_by_naming_a_new_one_first() {
    let service = with_known_key().await;
    let admin = service.admin().await;
    assert_eq!(kid(admin.token.as_deref().unwrap()), "known");
    let token_keys = Some(format!("next:{},known:{}", "08".repeat(32), "07".repeat(32)));
    let later = service
        .replica_with(Settings {
            token_keys,
            ..Settings::default()
        })
        .await;
    admin.at(later.base()).get("/v1/me").await.expect(200);
    let fresh = later.admin().await;
    assert_eq!(kid(fresh.token.as_deref().unwrap()), "next");
    // They win: a key of the database signs nothing and lets nobody in.
    rotate(&service.database);
    let tokens = sign_in(&later.stranger(), ADMIN.0, ADMIN.1).await.expect(200);
    assert_eq!(kid(word(&tokens, "access_token")), "next");
    let by_database = service.replica().await.admin().await;
    by_database
        .at(later.base())
        .get("/v1/me")
        .await
        .problem(401, "unauthenticated");
}

/// Waits until `query` gives `count` rows.
async fn until(database: &Database, query: &str, count: usize) -> Vec<String> {
    let began = Instant::now();
    loop {
        let found = database.texts(query).await;
        if found.len() == count {
            return found;
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{count} wanted: {found:?}"
        );
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
    }
}

const KIDS: &str = "SELECT kid AS text FROM token_keys WHERE purpose = 'access' ORDER BY made_at";
const HOUR: i64 = 3_600_000_000;

#[actix_web::test]
async fn a_key_is_forgotten_when_its_last_token_has_expired_and_not_before() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let database = &service.database;
    rotate(database);
    rotate(database);
    let kids = until(database, KIDS, 3).await;
    assert_eq!(kids[0], kid(admin.token.as_deref().unwrap()));
    // The second followed the first half an hour ago, which is how long the first one's last token is good.
    let back = |by: i64| format!("UPDATE token_keys SET made_at = made_at - {by} WHERE purpose = 'access'");
    database
        .run(&format!("{} AND kid = '{}'", back(20 * HOUR), kids[0]))
        .await;
    database
        .run(&format!("{} AND kid = '{}'", back(HOUR / 2), kids[1]))
        .await;
    rotate(database);
    let _soon = service.replica().await;
    assert_eq!(until(database, KIDS, 4).await[..3], kids);
    admin.get("/v1/me").await.expect(200);
    // Much later: the first was followed long ago, the second and third were followed a moment ago.
    database
        .run(&format!("{} AND kid = '{}'", back(HOUR), kids[1]))
        .await;
    let _later = service.replica().await;
    assert_eq!(until(database, KIDS, 3).await[..2], kids[1..]);
}

#[actix_web::test]
async fn the_only_key_is_kept_however_old_it_is() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let old = format!("UPDATE token_keys SET made_at = made_at - {}", 10_000 * HOUR);
    service.database.run(&old).await;
    rotate(&service.database);
    admin
        .at(service.replica().await.base())
        .get("/v1/me")
        .await
        .expect(200);
    until(&service.database, KIDS, 2).await;
}

#[actix_web::test]
async fn refresh_tokens_that_have_expired_are_refused_and_forgotten() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let old = sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200);
    let two_weeks = "UPDATE refresh_tokens SET expires_at = expires_at - 1209600000000";
    service.database.run(two_weeks).await;
    refresh(&stranger, word(&old, "refresh_token"))
        .await
        .problem(400, "invalid-grant");
    let young = sign_in(&stranger, ADMIN.0, ADMIN.1).await.expect(200);
    let tokens = "SELECT token_hash AS text FROM refresh_tokens";
    until(&service.database, tokens, 2).await;
    let _replica = service.replica().await;
    until(&service.database, tokens, 1).await;
    refresh(&stranger, word(&young, "refresh_token"))
        .await
        .expect(200);
}

#[actix_web::test]
async fn replicas_that_start_at_once_give_the_same_receipts_and_take_each_other_s_tokens() {
    let database = Database::migrated();
    let url = database.url.clone();
    alone(async move {
        collate::store::migrate(&url, collate::store::Direction::Up)
            .await
            .unwrap();
    });
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let settings = Settings {
                database_url: database.url.clone(),
                connections: 2,
                ..Settings::default()
            };
            std::thread::spawn(move || {
                actix_web::rt::System::new().block_on(async move {
                    let state = collate::server::prepare(&settings).await.unwrap();
                    state.sessions.receipts().of(uuid::Uuid::from_u128(7))
                })
            })
        })
        .collect();
    let mut receipts: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    receipts.dedup();
    assert_eq!(receipts.len(), 1, "{receipts:?}");
    let keys = database.texts("SELECT kid AS text FROM token_keys").await;
    assert_eq!(keys.len(), 2, "one that signs and one for receipts");
}

#[actix_web::test]
async fn a_password_is_stored_as_argon2id() {
    let service = Service::start().await;
    let hashes = service
        .database
        .texts("SELECT password_hash AS text FROM users")
        .await;
    // 19 MiB, two passes, one lane: what OWASP asks for at the least.
    assert!(
        !hashes.is_empty()
            && hashes
                .iter()
                .all(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")),
        "{hashes:?}"
    );
}
