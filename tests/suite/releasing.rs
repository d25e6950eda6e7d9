//! What leaves, to whom, and when: releases, and what can be got out of them by asking again.

use domain::vocabulary::{Role, RoleScope};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Answer, Caller, World, database::say};

/// What a refusal of a cut says beside what was asked for: never more than which cuts there are.
fn what_is_held(refusal: &Answer) -> String {
    let detail = refusal.json["detail"].as_str().unwrap();
    let (asked, held) = detail.split_once(", which the release does not hold. ").unwrap();
    assert!(asked.starts_with("This is the "), "{detail}");
    held.to_owned()
}

async fn release(world: &World, consultation: &str, body: Value) -> Answer {
    world
        .lead
        .post(format!("/v1/consultations/{consultation}/releases"), body)
        .await
}

fn collation(consultation: &str) -> String {
    format!("/v1/consultations/{consultation}/collation")
}

async fn steering(world: &World) -> Caller {
    world.user(json!({"role": "steering_group"})).await
}

/// Every status of a count anywhere in an answer.
fn statuses(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let (Some(status), true) = (
                fields.get("status").and_then(Value::as_str),
                fields.contains_key("value"),
            ) {
                found.insert(status.to_owned());
            }
            fields.values().for_each(|inner| statuses(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| statuses(inner, found)),
        _ => {}
    }
}

/// Routes that list what there is: how much of it is what tells callers apart.
const LISTS: [&str; 4] = ["contributions", "discussions", "responses", "releases"];

/// What a role gets by a route in a state: a kind of figures, how many items of a list, or why nothing.
///
/// There are 24 points of four tables, of which two tables are London's; a response with one point of London, two of the
/// North West, the champion's (London's, too) and the collector's.
fn expected(role: Role, route: &str, state: &str) -> &'static str {
    let draft = state == "draft";
    // Of what exists once the consultation is open; only the lead knows of a draft.
    let items = |items: &'static str| if draft { "unknown" } else { items };
    match (route, role) {
        ("contributions" | "discussions" | "responses", Role::NationalLead) if draft => "0",
        ("contributions", Role::NationalLead) => "29",
        ("contributions", Role::Facilitator) => items("14"),
        ("contributions", Role::Champion) => items("1"),
        ("contributions", Role::Coder) => items("29"),
        ("discussions", Role::NationalLead) => "4",
        ("discussions", Role::Facilitator) => items("2"),
        ("responses", Role::NationalLead) => "5",
        ("responses", Role::Facilitator) => items("2"),
        ("responses", Role::Champion) => items("1"),
        // The auditor, too, knows which drafts there are.
        ("releases", Role::NationalLead | Role::Auditor) if draft => "0",
        (
            "releases",
            Role::NationalLead
            | Role::SteeringGroup
            | Role::ClinicalReferenceGroup
            | Role::Dashboard
            | Role::Auditor,
        ) => items(if state == "released" { "1" } else { "0" }),
        ("contributions" | "discussions" | "responses" | "releases", _) => "forbidden",
        (_, Role::NationalLead) => "exact",
        (_, Role::Facilitator) => items("exact"),
        ("cells?by=theme,group" | "cells.csv?by=theme" | "saturation", _) => "forbidden",
        (_, Role::SteeringGroup | Role::ClinicalReferenceGroup | Role::Dashboard) => {
            items(if state == "released" {
                "controlled"
            } else {
                "not yet"
            })
        }
        (_, Role::Champion | Role::Collector | Role::Coder | Role::Auditor | Role::Admin) => "forbidden",
    }
}

#[actix_web::test]
async fn who_gets_what_of_which_figures_in_which_state() {
    let world = World::start().await;
    let (told, _) = world.told(json!({})).await;
    let routes = [
        "collation",
        "cross-tab?rows=theme&columns=group",
        "coverage",
        "cells?by=theme,group",
        "cells.csv?by=theme",
        "saturation",
        "contributions",
        "discussions",
        "responses",
        "releases",
    ];
    let mut callers = Vec::new();
    for role in Role::ALL {
        let mut grant = json!({"role": role.as_str()});
        match role.scope() {
            RoleScope::Everywhere => {}
            RoleScope::Group => grant["group_id"] = json!(world.a),
            RoleScope::Service => grant["service_id"] = json!(world.a1),
            RoleScope::Consultation => grant["consultation_id"] = json!(told),
            RoleScope::Body => grant["body_id"] = json!(world.body),
        }
        callers.push((*role, world.user(grant).await));
    }
    // One of each who posts for themselves: the champion's counts in London.
    for (role, extra) in [
        (
            Role::Champion,
            json!({"channel": "champion", "service_id": world.a1}),
        ),
        (Role::Collector, json!({})),
    ] {
        let (_, caller) = callers.iter().find(|(of, _)| *of == role).unwrap();
        caller
            .post(
                format!("/v1/consultations/{told}/responses"),
                tests::merged(world.response_body(), extra),
            )
            .await
            .expect(201);
    }
    let draft = world.draft(json!({})).await.id();
    let mut lines = vec![format!(
        "{:<10}{:<36}{}",
        "state",
        "figures of",
        Role::ALL.map_join()
    )];
    for state in ["draft", "open", "closed", "released"] {
        if state == "closed" {
            world.move_to(&told, "closed").await.ok();
        }
        if state == "released" {
            release(&world, &told, json!({})).await.expect(201);
        }
        let consultation = if state == "draft" { &draft } else { &told };
        for route in routes {
            let mut line = format!("{state:<10}{route:<36}");
            for (role, caller) in &callers {
                let answer = caller
                    .get(format!("/v1/consultations/{consultation}/{route}"))
                    .await;
                let got = match answer.status {
                    200 if LISTS.contains(&route) => answer.items().len().to_string(),
                    200 => {
                        let mut found = BTreeSet::new();
                        statuses(&answer.json, &mut found);
                        let hides = found.contains("suppressed") || found.contains("rounded");
                        let numbers_only = route == "coverage" && answer.json.get("settings").is_none();
                        let controlled = hides || numbers_only;
                        if controlled { "controlled" } else { "exact" }.to_owned()
                    }
                    403 => {
                        answer.problem(403, "forbidden");
                        "forbidden".to_owned()
                    }
                    404 => "unknown".to_owned(),
                    409 => {
                        answer.problem(409, "not-released");
                        "not yet".to_owned()
                    }
                    status => panic!("{role} {route} {state}: {status}\n{}", answer.text()),
                };
                let expected = expected(*role, route, state);
                assert_eq!(got, expected, "{role} {route} {state}");
                line += &format!("{got:>13}");
            }
            lines.push(line);
        }
    }
    say(&lines.join("\n"));
}

trait Heads {
    fn map_join(&self) -> String;
}

impl Heads for &[Role] {
    fn map_join(&self) -> String {
        self.iter()
            .map(|role| match role {
                Role::ClinicalReferenceGroup => format!("{:>13}", "reference"),
                role => format!("{:>13}", role.as_str()),
            })
            .collect()
    }
}

#[actix_web::test]
async fn a_release_is_a_lead_s_act_from_closed_on() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    release(&world, &consultation, json!({}))
        .await
        .problem(409, "not-closed");
    world.move_to(&consultation, "closed").await.ok();
    steering(&world)
        .await
        .post(format!("/v1/consultations/{consultation}/releases"), json!({}))
        .await
        .problem(403, "forbidden");
    let made = release(
        &world,
        &consultation,
        json!({"note": "For the meeting in January."}),
    )
    .await
    .expect(201);
    assert_eq!(
        (&made.json["number"], &made.json["policy"]),
        (&json!(1), &json!("mhsds-5"))
    );
    assert_eq!(
        made.json["cuts"].as_array().unwrap().len(),
        18,
        "fifteen, and the answers of three closed questions"
    );

    let steering = steering(&world).await;
    let seen = steering
        .get(format!("/v1/consultations/{consultation}/releases"))
        .await
        .expect(200);
    let item = &seen.json["items"][0];
    assert_eq!(item["id"], made.json["id"]);
    for inside in ["note", "revision", "made_by", "quotes"] {
        assert!(
            made.json.get(inside).is_some() && item.get(inside).is_none(),
            "{inside}: {item}"
        );
    }
    let shown = steering.get(made.header("location").unwrap()).await.expect(200);
    assert_eq!(&shown.json, item);
}

#[actix_web::test]
async fn every_refused_cut_reads_alike_and_names_what_is_there() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(
        &world,
        &consultation,
        json!({"cuts": [{"rows": "stance", "columns": "group"}]}),
    )
    .await
    .expect(201);
    let steering = steering(&world).await;
    let filters = [
        "question=1".to_owned(),
        "theme=food".into(),
        "section=4.3".into(),
        format!("group={}", world.a),
        "respondent_group=family_carer".into(),
        "setting=low_secure".into(),
        "channel=survey_online".into(),
        format!("round={}", world.round),
    ];
    let mut refusals = BTreeSet::new();
    // Every set of filters but none.
    for set in 1..1u32 << filters.len() {
        let chosen: Vec<_> = filters
            .iter()
            .enumerate()
            .filter(|(at, _)| set >> at & 1 == 1)
            .map(|(_, one)| one.as_str())
            .collect();
        let query = chosen.join("&");
        for path in [
            "collation?".to_owned(),
            "cross-tab?rows=theme&columns=group&".into(),
        ] {
            let answer = steering
                .get(format!("/v1/consultations/{consultation}/{path}{query}"))
                .await;
            let problem = answer.problem(403, "cut-not-released");
            refusals.insert(what_is_held(&problem));
        }
    }
    for unit in ["responses", "discussions"] {
        let path = format!("/v1/consultations/{consultation}/cross-tab?rows=theme&columns=group&unit={unit}");
        let answer = steering.get(path).await;
        refusals.insert(what_is_held(&answer.problem(403, "cut-not-released")));
    }
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(refusals.first().unwrap().contains("stance by group"));

    for rows in ["theme", "question", "section"] {
        for columns in ["group", "respondent_group", "setting", "channel", "round"] {
            let path = format!("/v1/consultations/{consultation}/cross-tab?rows={rows}&columns={columns}");
            steering.get(path).await.expect(200);
        }
    }
    for path in [
        "rows=stance&columns=group",
        "rows=answer&columns=group&question=3",
    ] {
        steering
            .get(format!("/v1/consultations/{consultation}/cross-tab?{path}"))
            .await
            .expect(200);
    }
}

#[actix_web::test]
async fn a_release_stands_still_whatever_is_written_afterwards() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    let steering = steering(&world).await;
    let paths = [
        collation(&consultation),
        format!("/v1/consultations/{consultation}/cross-tab?rows=theme&columns=respondent_group"),
        format!("/v1/consultations/{consultation}/coverage"),
    ];
    let mut before = Vec::new();
    for path in &paths {
        before.push(steering.get(path.clone()).await.expect(200));
    }
    let exact = world.collation(&consultation, "").await;
    let other = world.theme(&consultation, "sleep", json!({})).await;
    for id in &said {
        world.code(id, &[&other]).await;
    }
    assert_ne!(
        world.collation(&consultation, "").await["themes"],
        exact["themes"]
    );
    world.move_to(&consultation, "open").await.ok();
    world
        .response(&consultation, json!({"respondent_group": "family_carer"}))
        .await;
    for (path, before) in paths.iter().zip(before) {
        let after = steering.get(path.clone()).await.expect(200);
        assert_eq!(
            (after.text(), after.header("etag")),
            (before.text(), before.header("etag"))
        );
    }
    // Not the state of the consultation either, and no count of versions.
    let now = steering.get(collation(&consultation)).await.expect(200).json;
    assert_eq!(
        (&now["consultation"]["status"], &now["revision"]),
        (&json!("closed"), &json!(1))
    );
}

#[actix_web::test]
async fn coverage_of_a_release_compares_nobody_and_says_no_reasons() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    let path = format!("/v1/consultations/{consultation}/coverage");
    let exact = world.lead.get(&path).await.expect(200).json;
    let controlled = steering(&world).await.get(&path).await.expect(200).json;
    for (answer, is_exact) in [(exact, true), (controlled, false)] {
        let told = |thing: &Value, name: &str| thing.get(name).is_some();
        assert_eq!(told(&answer["groups"], "participation"), is_exact, "{answer:#}");
        assert_eq!(told(&answer["settings"], "participation"), is_exact, "{answer:#}");
        let because = told(&answer["questions"][0], "not_discussed_because");
        assert_eq!(because, is_exact, "{answer:#}");
    }
}

#[actix_web::test]
async fn a_theme_leaves_when_a_lead_agreed_it_and_its_label_names_nobody() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    let themes = format!("/v1/consultations/{consultation}/themes");
    let coder = world
        .user(json!({"role": "coder", "consultation_id": consultation}))
        .await;
    let propose = async |body: Value| coder.post(&themes, body).await.expect(201).id();
    let change = async |id: &str, body: Value| {
        let path = format!("{themes}/{id}");
        let version = world.lead.get(path.clone()).await.version();
        world.lead.patch(path, version, body).await.expect(200);
    };
    let jackie = propose(json!({"code": "nurse", "label": "Nurse Jackie Brown, 07700 900123"})).await;
    let sleep = propose(json!({"code": "sleep", "label": "Sleep"})).await;
    let unused = propose(json!({"code": "unused", "label": "Call 07700 900123"})).await;
    let parent = propose(json!({"code": "night", "label": "Nights"})).await;
    change(&sleep, json!({"status": "agreed", "parent_id": parent})).await;
    world.code(&said[0], &[&jackie]).await;
    world.code(&said[1], &[&sleep]).await;
    world.move_to(&consultation, "closed").await.ok();
    let refused = async |named: &[&str], not: &[&str]| {
        let answer = release(&world, &consultation, json!({}))
            .await
            .problem(409, "codeframe-not-ready");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(named.iter().all(|part| detail.contains(part)), "{detail}");
        assert!(!not.iter().any(|part| detail.contains(part)), "{detail}");
    };
    // What nothing is coded with does not leave; the parent of what is, does.
    refused(
        &["only candidates: ", "nurse", "night", "sees somebody: nurse."],
        &["sleep", "unused", "food", "Jackie"],
    )
    .await;
    change(&jackie, json!({"status": "agreed"})).await;
    refused(&["only candidates: night.", "sees somebody: nurse."], &["unused"]).await;
    change(&parent, json!({"status": "agreed"})).await;
    refused(&["sees somebody: nurse."], &["candidates"]).await;
    change(&jackie, json!({"label": "Nurses", "code": "07700 900123"})).await;
    refused(&["sees somebody: 07700 900123."], &["candidates"]).await;
    change(&jackie, json!({"code": "nurses"})).await;
    release(&world, &consultation, json!({})).await.expect(201);
    let dashboard = steering(&world)
        .await
        .get(collation(&consultation))
        .await
        .expect(200);
    let text = dashboard.text();
    assert!(text.contains("Nurses") && text.contains("Nights"), "{text}");
    assert!(!text.contains("07700") && !text.contains(&unused), "{text}");
}

#[actix_web::test]
async fn the_next_release_waits_until_enough_has_changed() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    release(&world, &consultation, json!({}))
        .await
        .problem(409, "too-little-changed");
    // Another cut of the same figures would be a second look at them.
    let more = json!({"cuts": [{"rows": "stance", "columns": "group"}]});
    release(&world, &consultation, more)
        .await
        .problem(409, "too-little-changed");

    let other = world.theme(&consultation, "sleep", json!({})).await;
    // Nine of three places, then a tenth.
    let changed: Vec<_> = said[..3].iter().chain(&said[6..9]).chain(&said[12..15]).collect();
    for id in &changed {
        world.code(id, &[&other]).await;
    }
    let refused = release(&world, &consultation, json!({}))
        .await
        .problem(409, "too-little-changed");
    let so_far = "so far 9 contributions of 3 discussions or responses differ.";
    assert!(refused.text().contains(so_far), "{}", refused.text());
    world.code(&said[3], &[&other]).await;
    let next = release(&world, &consultation, json!({})).await.expect(201);
    assert_eq!(next.json["number"], 2);
    let now = steering(&world)
        .await
        .get(collation(&consultation))
        .await
        .expect(200)
        .json;
    assert_eq!(now["policy"]["release"], 2);
}

/// Who kept the first could subtract it from the third, whatever stood between them.
#[actix_web::test]
async fn a_release_differs_from_every_earlier_one() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    let mut before = Vec::new();
    for id in &said {
        let coding =
            world.lead.get(format!("/v1/contributions/{id}")).await.json["coding"]["theme_ids"].clone();
        before.push(serde_json::from_value::<Vec<String>>(coding).unwrap());
    }
    let other = world.theme(&consultation, "sleep", json!({})).await;
    for id in &said {
        world.code(id, &[&other]).await;
    }
    release(&world, &consultation, json!({})).await.expect(201);
    // All but nine as they were: far from the second, and too close to the first.
    for (id, themes) in said.iter().zip(&before).skip(9) {
        world
            .code(id, &themes.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
    }
    let refused = release(&world, &consultation, json!({}))
        .await
        .problem(409, "too-little-changed");
    assert!(
        refused.text().contains("Release 1 could be subtracted"),
        "{}",
        refused.text()
    );
    let (id, themes) = (&said[0], &before[0]);
    let last = world.theme(&consultation, "visits", json!({})).await;
    world.code(&said[20], &[&last]).await;
    world.code(&said[14], &[&last]).await;
    release(&world, &consultation, json!({})).await.expect(201);
    world
        .code(id, &themes.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
}

#[actix_web::test]
async fn ten_of_two_places_are_too_few() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    let other = world.theme(&consultation, "sleep", json!({})).await;
    for id in &said[..12] {
        world.code(id, &[&other]).await;
    }
    release(&world, &consultation, json!({}))
        .await
        .problem(409, "too-little-changed");
}

#[actix_web::test]
async fn of_eight_releases_at_once_one_is_made() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    let all = (0..8).map(|_| release(&world, &consultation, json!({})));
    let all = futures_util::future::join_all(all).await;
    let made = all.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for refused in all.into_iter().filter(|answer| answer.status != 201) {
        refused.problem(409, "too-little-changed");
    }
}

#[actix_web::test]
async fn quotes_stand_behind_a_shown_count_or_were_released_by_name() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    let carer = &said[24];
    let quotable = async |id: &str, consent: &str| {
        let path = format!("/v1/contributions/{id}");
        let version = world.lead.get(path.clone()).await.expect(200).version();
        world
            .lead
            .patch(path, version, json!({"quote_consent": consent}))
            .await
            .ok();
    };
    quotable(carer, "quotable").await;
    world.move_to(&consultation, "closed").await.ok();
    let named =
        |id: &str| json!({"quotes": [{"contribution_id": id, "reason": "She asked for it to be read out."}]});
    release(&world, &consultation, named(&said[1]))
        .await
        .faults(&["/quotes/0/contribution_id"]);
    release(&world, &consultation, json!({})).await.expect(201);
    let steering = steering(&world).await;
    let dashboard = world.user(json!({"role": "dashboard"})).await;
    let quotes = async |caller: &Caller| -> Vec<String> {
        let answer = caller.get(collation(&consultation)).await.expect(200);
        let themes = answer.json["themes"].as_array().unwrap();
        let quotes = themes
            .iter()
            .flat_map(|theme| theme["quotes"].as_array().unwrap());
        quotes
            .map(|quote| quote["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let shown = quotes(&steering).await;
    assert!(shown.contains(&"Point 0 of table 0.".to_owned()), "{shown:?}");
    assert!(
        !shown.contains(&"Cook with us.".to_owned()),
        "the only carer: {shown:?}"
    );
    assert_eq!(
        quotes(&dashboard).await,
        Vec::<String>::new(),
        "words are not for dashboards"
    );
    // Consent is asked again each time.
    world.move_to(&consultation, "open").await.ok();
    quotable(&said[0], "not_quotable").await;
    assert!(
        !quotes(&steering)
            .await
            .contains(&"Point 0 of table 0.".to_owned())
    );

    world.move_to(&consultation, "closed").await.ok();
    let other = world.theme(&consultation, "sleep", json!({})).await;
    for id in &said[..24] {
        world.code(id, &[&other]).await;
    }
    release(&world, &consultation, named(carer)).await.expect(201);
    assert!(
        quotes(&steering).await.contains(&"Cook with us.".to_owned()),
        "released by name"
    );
}

#[actix_web::test]
async fn a_cut_that_cannot_be_counted_is_refused_with_all_faults() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    let cuts = json!({"cuts": [
        {"rows": "answer", "columns": "group", "question": 1},
        {"rows": "answer", "columns": "group", "question": 3, "unit": "responses"},
        {"rows": "theme", "columns": "group", "question": 3},
        {"rows": "theme", "columns": "group", "unit": "people"}]});
    let refused = release(&world, &consultation, cuts).await;
    refused.faults(&[
        "/cuts/0/question",
        "/cuts/1/unit",
        "/cuts/2/question",
        "/cuts/3/unit",
    ]);
    let none = world
        .lead
        .get(format!("/v1/consultations/{consultation}/releases"))
        .await
        .expect(200);
    assert_eq!(none.json["items"], json!([]));
}

#[actix_web::test]
async fn figures_of_other_bodies_and_of_what_is_not_public_stay_unknown() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({"public": false})).await;
    world.move_to(&consultation, "closed").await.ok();
    release(&world, &consultation, json!({})).await.expect(201);
    let other = world
        .admin
        .post(
            "/v1/bodies",
            json!({"kind": "clinical_reference_group", "name": "Another"}),
        )
        .await
        .id();
    let strangers = [
        world
            .user(json!({"role": "clinical_reference_group", "body_id": other}))
            .await,
        world.user(json!({"role": "dashboard"})).await,
    ];
    for caller in strangers {
        for path in [
            "collation",
            "coverage",
            "releases",
            "cross-tab?rows=theme&columns=group",
            "collation?theme=food",
        ] {
            caller
                .get(format!("/v1/consultations/{consultation}/{path}"))
                .await
                .problem(404, "not-found");
        }
    }
    let own = world
        .user(json!({"role": "clinical_reference_group", "body_id": world.body}))
        .await;
    let mut found = BTreeSet::new();
    statuses(
        &own.get(collation(&consultation)).await.expect(200).json,
        &mut found,
    );
    assert!(found.contains("suppressed"), "{found:?}");
}

/// The grants of both kinds in one hand: a group's facilitator who is of the steering group, or of a reference group.
#[actix_web::test]
async fn who_holds_grants_of_both_kinds_says_which_figures_are_wanted() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({"public": false})).await;
    world.move_to(&consultation, "closed").await.ok();
    let another = json!({"kind": "clinical_reference_group", "name": "Another"});
    let another = world.admin.post("/v1/bodies", another).await.expect(201).id();
    let of_group = json!({"role": "facilitator", "group_id": world.a});
    let of_steering = json!({"role": "steering_group"});
    let of_body = json!({"role": "clinical_reference_group", "body_id": world.body});
    let of_another = json!({"role": "clinical_reference_group", "body_id": another});
    let with = async |grants: Value| world.service.user_by(&world.admin, grants).await;
    let facilitator = world.facilitator(&world.a).await;
    let steering = steering(&world).await;
    let reference = world.user(of_body.clone()).await;
    let both = [
        (with(json!([of_group, of_steering])).await, &steering),
        (with(json!([of_body, of_group])).await, &reference),
    ];
    let stranger_there = with(json!([of_group, of_another])).await;
    let coder = world
        .user(json!({"role": "coder", "consultation_id": consultation}))
        .await;
    let at = |path: &str, audience: &str| {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("/v1/consultations/{consultation}/{path}{mark}audience={audience}")
    };
    let plain = |path: &str| format!("/v1/consultations/{consultation}/{path}");
    let paths = ["collation", "cross-tab?rows=theme&columns=group", "coverage"];

    for path in paths {
        for (caller, _) in &both {
            caller
                .get(at(path, "controlled"))
                .await
                .problem(409, "not-released");
        }
    }
    release(&world, &consultation, json!({})).await.expect(201);
    for path in paths {
        let exact = facilitator.get(plain(path)).await.expect(200);
        for (caller, alone) in &both {
            let released = alone.get(plain(path)).await.expect(200);
            assert_ne!(exact.text(), released.text());
            for (asked, wanted) in [
                (plain(path), &exact),
                (at(path, "exact"), &exact),
                (at(path, "controlled"), &released),
            ] {
                let got = caller.get(asked.clone()).await.expect(200);
                assert_eq!(got.text(), wanted.text(), "{asked}");
                assert_eq!(got.header("etag"), wanted.header("etag"), "{asked}");
            }
            let same = alone.get(at(path, "controlled")).await.expect(200);
            assert_eq!(same.text(), released.text());
            alone.get(at(path, "exact")).await.problem(403, "forbidden");
            caller.get(at(path, "both")).await.problem(400, "bad-parameter");
        }
        facilitator.get(at(path, "exact")).await.expect(200);
        // What another grant knows of does not open what this one gives.
        stranger_there.get(at(path, "exact")).await.expect(200);
        stranger_there
            .get(at(path, "controlled"))
            .await
            .problem(404, "not-found");
        // Refused by the grants alone, whether there is such a consultation or not.
        let nowhere = at(path, "controlled").replace(&consultation, &tests::new_id());
        let here = facilitator
            .get(at(path, "controlled"))
            .await
            .problem(403, "forbidden");
        let there = facilitator.get(nowhere.clone()).await.problem(403, "forbidden");
        assert_eq!(here.json["detail"], there.json["detail"]);
        // A lead reads what readers read, words and all.
        let read = world.lead.get(at(path, "controlled")).await.expect(200);
        assert_eq!(read.text(), steering.get(plain(path)).await.expect(200).text());
        world.lead.get(nowhere).await.problem(404, "not-found");
        for audience in ["exact", "controlled"] {
            coder.get(at(path, audience)).await.problem(403, "forbidden");
        }
    }
    for (caller, _) in &both {
        caller
            .get(at("collation?theme=food", "controlled"))
            .await
            .problem(403, "cut-not-released");
        caller.get(at("collation?theme=food", "exact")).await.expect(200);
        caller
            .get(at(
                "cross-tab?rows=theme&columns=group&unit=responses",
                "controlled",
            ))
            .await
            .problem(403, "cut-not-released");
    }
}
