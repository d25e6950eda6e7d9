//! Answers that last: whoever asks the very same again while nothing was written is answered out of memory, before anything else is
//! done. What they are told must be what they would be told on the whole way: their own, at once, and in the form that they take.

use crate::reporting::published;
use serde_json::json;
use std::time::{Duration, Instant};
use tests::{Answer, Ask, Caller, World, world::contribution_ids};

/// Status, headers and body.
type Seen = (u16, Vec<(String, String)>, Vec<u8>);

/// What a caller sees of an answer, but for what is new in each.
fn seen(answer: &Answer) -> Seen {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    headers.sort();
    // A refusal names its request, so that it is told from others by its code.
    let body = match answer.json["code"].as_str() {
        Some(code) => {
            headers.retain(|(name, _)| name != "content-length");
            code.as_bytes().to_vec()
        }
        None => answer.bytes.clone(),
    };
    (answer.status, headers, body)
}

/// Asks at each of these addresses as each caller, again and again and elsewhere; gives what each was told, by address.
async fn told(world: &World, callers: &[Caller], addresses: &[String]) -> Vec<Vec<Seen>> {
    // Another process was never asked.
    let replica = world.service.replica().await;
    let mut all = Vec::new();
    for address in addresses {
        let mut first = Vec::new();
        for caller in callers {
            first.push(seen(&caller.get(address).await));
        }
        for _ in 0..3 {
            for (caller, first) in callers.iter().zip(&first) {
                assert_eq!(
                    &seen(&caller.get(address).await),
                    first,
                    "{address} by {}",
                    caller.name
                );
            }
        }
        for (caller, first) in callers.iter().zip(&first) {
            let there = seen(&caller.at(replica.base()).get(address).await);
            assert_eq!(&there, first, "{address} by {}, elsewhere", caller.name);
        }
        all.push(first);
    }
    all
}

#[actix_web::test]
async fn each_caller_is_told_their_own_figures_however_often_whoever_asks() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    for meeting in [&world.meeting_a, &world.meeting_a, &world.meeting_b] {
        let said = world.discussion(&id, meeting, json!({})).await;
        for contribution in contribution_ids(&said) {
            world.code(&contribution, &[&walks]).await;
        }
    }
    let callers = [
        world.lead.clone(),
        world.facilitator(&world.a).await,
        world.facilitator(&world.b).await,
        world.user(json!({"role": "steering_group"})).await,
        world.user(json!({"role": "coder", "consultation_id": id})).await,
        world.admin.clone(),
        world.service.stranger(),
        world.lead.with_token("a made up token", "eyJ.made.up"),
    ];
    let addresses = [
        "collation",
        "collation?question=1",
        "collation?audience=controlled",
        "cross-tab?rows=theme&columns=group",
        "coverage",
        "consensus",
        "differences",
        "agreement",
        "saturation",
        "saturation.svg",
        "codeframe/check",
    ]
    .map(|rest| format!("/v1/consultations/{id}/{rest}"));
    let all = told(&world, &callers, &addresses).await;
    for (address, told) in addresses.iter().zip(&all) {
        let statuses: Vec<_> = told.iter().map(|(status, ..)| *status).collect();
        let to_lead = if address.contains("controlled") { 409 } else { 200 };
        assert_eq!(
            (statuses[0], &statuses[5..]),
            (to_lead, &[403, 401, 401][..]),
            "{address}"
        );
    }
    let [lead, of_a, of_b] = [&all[0][0].2, &all[0][1].2, &all[0][2].2];
    assert!(
        lead != of_a && of_a != of_b && lead != of_b,
        "three scopes, three collations"
    );
}

#[actix_web::test]
async fn a_report_is_told_to_each_as_they_may_read_it_until_it_is_taken_back() {
    let world = World::start().await;
    let (consultation, _, report) = published(&world, json!({"public": true})).await;
    let path = format!("/v1/reports/{}", report["id"].as_str().unwrap());
    let page = format!(
        "/reports/{}",
        report["consultation"]["reference"].as_str().unwrap()
    );
    let mut addresses = vec![
        path.clone(),
        page.clone(),
        "/".to_owned(),
        format!("{page}/easy-read"),
        format!("{page}/outcomes"),
        format!("{path}/tables/themes.csv"),
        format!("{path}/charts/themes.svg"),
        format!("/v1/consultations/{consultation}/reports/latest"),
    ];
    addresses.extend(["json", "html", "csv", "xlsx", "docx", "zip"].map(|form| format!("{path}.{form}")));
    let callers = [
        world.service.stranger(),
        world.lead.clone(),
        world.user(json!({"role": "steering_group"})).await,
        world.admin.clone(),
        world.lead.with_token("a made up token", "eyJ.made.up"),
    ];
    let statuses = |told: &[Seen]| told.iter().map(|(status, ..)| *status).collect::<Vec<_>>();
    for (address, told) in addresses.iter().zip(told(&world, &callers, &addresses).await) {
        assert_eq!(statuses(&told), [200, 200, 200, 200, 401], "{address}");
    }
    let reason = json!({"reason": "A table was counted twice."});
    let retracted = world.lead.post(format!("{path}/retract"), reason).await;
    retracted.expect(200);
    for (address, told) in addresses.iter().zip(told(&world, &callers, &addresses).await) {
        let then = match address.as_str() {
            "/" => 200,
            latest if latest.ends_with("/latest") => 404,
            _ => 410,
        };
        assert_eq!(statuses(&told), [then, then, then, then, 401], "{address}");
    }
}

#[actix_web::test]
async fn who_lost_a_grant_is_told_nothing_that_lasts() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let replica = world.service.replica().await;
    let somebody = world.user(json!({"role": "national_lead"})).await;
    let elsewhere = somebody.at(replica.base());
    let path = format!("/v1/consultations/{id}/collation");
    for _ in 0..3 {
        somebody.get(&path).await.expect(200);
        elsewhere.get(&path).await.expect(200);
    }
    let grants = format!("/v1/users/{}/grants", somebody.id);
    let grant = world.admin.get(&grants).await.expect(200).ids().remove(0);
    // Another grant moves nothing for what the first allows; of what is narrower, less is told.
    let narrower = json!({"role": "facilitator", "group_id": world.b});
    world.admin.post(&grants, narrower).await.expect(201);
    let whole = somebody.get(&path).await.expect(200);
    world.admin.delete(format!("{grants}/{grant}")).await.expect(204);
    let taken = Instant::now();
    let part = somebody.get(&path).await.expect(200);
    assert_eq!(whole.json["heard"]["discussions"], 1);
    assert_eq!(
        part.json["heard"]["discussions"], 0,
        "at once where it was taken away"
    );
    while elsewhere.get(&path).await.expect(200).json["heard"]["discussions"] != 0 {
        assert!(
            taken.elapsed() < Duration::from_secs(1),
            "still told the whole elsewhere"
        );
    }
}

#[actix_web::test]
async fn whoever_asks_after_a_write_is_told_of_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let replica = world.service.replica().await;
    let elsewhere = world.lead.at(replica.base());
    let path = format!("/v1/consultations/{id}/collation?question=1");
    let known_as = async |caller: &Caller, tag: String| {
        let ask = Ask::of("GET", &path).header("if-none-match", tag);
        caller.send(ask).await
    };
    for written in 1..=20 {
        world.discussion(&id, &world.meeting_a, json!({})).await;
        for caller in [&world.lead, &elsewhere] {
            let first = caller.get(&path).await.expect(200);
            assert_eq!(first.json["questions"][0]["contributions"]["value"], written);
            let again = caller.get(&path).await.expect(200);
            assert_eq!(seen(&again), seen(&first));
            for _ in 0..2 {
                let known = known_as(caller, first.etag()).await.expect(304);
                assert_eq!((known.etag(), known.bytes.len()), (first.etag(), 0));
                known_as(caller, "\"another\"".into()).await.expect(200);
            }
        }
    }
}

#[actix_web::test]
async fn what_lasts_in_one_form_is_given_in_no_other() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    for number in 0..40 {
        world.theme(&id, &format!("theme-{number}"), json!({})).await;
    }
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let path = format!("/v1/consultations/{id}/collation");
    let ask = async |name: &str, value: &str| {
        let ask = Ask::of("GET", &path)
            .header(name, value)
            .header("x-request-id", format!("{name}-{value}").replace('/', "-"));
        let answer = world.lead.send(ask).await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!(
            id,
            format!("{name}-{value}").replace('/', "-"),
            "each has the id of its own request"
        );
        answer
    };
    let plain = ask("accept-encoding", "identity").await.expect(200);
    for _ in 0..2 {
        let packed = ask("accept-encoding", "gzip").await.expect(200);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert_eq!(packed.json, plain.json);
        let again = ask("accept-encoding", "identity").await.expect(200);
        assert_eq!(
            (again.header("content-encoding"), again.etag()),
            (None, plain.etag())
        );
        assert_ne!(packed.etag(), plain.etag());
        ask("accept", "text/html").await.problem(406, "not-acceptable");
        ask("accept", "application/json").await.expect(200);
        let head = world.lead.head(&path).await.expect(200);
        assert!(head.bytes.is_empty());
    }
    let unknown = format!("{path}?qestion=1");
    for _ in 0..2 {
        world.lead.get(&unknown).await.problem(400, "bad-parameter");
    }
}
