//! What somebody may not know of is not there: not in a list, not in a count, not in a tag.

use actix_web::http::Method;
use serde_json::{Value, json};
use tests::{Ask, Caller, World, merged, new_id, world::contribution_ids};

/// Everything that a facilitator can read of a consultation and its surroundings, but for single things.
fn readable(consultation: &str) -> Vec<String> {
    let here = format!("/v1/consultations/{consultation}");
    let mut paths = vec![
        "/v1/meetings".to_owned(),
        "/v1/meetings?limit=1".into(),
        "/v1/consultations".into(),
        here.clone(),
        format!("{here}/discussions"),
        format!("{here}/discussions?limit=1"),
        format!("{here}/responses"),
        format!("{here}/responses?limit=1"),
        format!("{here}/discussions?review=received,withdrawn"),
        format!("{here}/responses?review=received,withdrawn"),
        format!("{here}/contributions"),
        format!("{here}/contributions?limit=1"),
        format!("{here}/contributions?question=1"),
        format!("{here}/contributions?flagged=true"),
        format!("{here}/contributions?flagged=false"),
        format!("{here}/contributions?review=withdrawn"),
        format!("{here}/themes"),
        format!("{here}/collation"),
        format!("{here}/collation?question=1"),
        format!("{here}/collation?theme=walks"),
        format!("{here}/collation?channel=survey_online"),
        format!("{here}/coverage"),
        format!("{here}/trend"),
        format!("{here}/trend?channel=survey_online"),
        format!("{here}/saturation"),
    ];
    for rows in ["theme", "question", "section", "stance"] {
        for columns in ["group", "respondent_group", "setting", "channel", "round"] {
            for unit in ["contributions", "responses", "discussions"] {
                paths.push(format!(
                    "{here}/cross-tab?rows={rows}&columns={columns}&unit={unit}"
                ));
            }
        }
    }
    paths.push(format!("{here}/cross-tab?rows=answer&columns=group&question=3"));
    for by in [
        "question",
        "theme,group",
        "question,theme,group,respondent_group,setting,channel,round",
    ] {
        paths.push(format!("{here}/cells?by={by}"));
        paths.push(format!("{here}/cells.csv?by={by}"));
    }
    paths
}

async fn seen(caller: &Caller, consultation: &str) -> Vec<(String, String, Vec<u8>)> {
    let mut seen = Vec::new();
    for path in readable(consultation) {
        let answer = caller.get(path.clone()).await.expect(200);
        seen.push((path, answer.etag(), answer.bytes));
    }
    seen
}

/// A table and a response of a group, with everything that is counted.
async fn feedback(
    world: &World,
    consultation: &str,
    meeting: &str,
    service: &str,
    theme: &str,
) -> [String; 3] {
    let notes = json!({"participants": {"service_user": 5, "staff": 2},
        "tallies": [{"question": 2, "counts": {"yes": 4}}, {"question": 3, "counts": {"agree": 3, "unsure": 2}}],
        "contributions": [{"question": 1, "text": "Walks.", "hands": {"agree": 4}, "quote_consent": "quotable",
            "section_ref": "4.3", "setting": "low_secure", "stance": "supports"}]});
    let notes = world.discussion(consultation, meeting, notes).await;
    let said = contribution_ids(&notes).remove(0);
    world.code(&said, &[theme]).await;
    let response = json!({"service_id": service, "answers": [{"question": 1, "text": "Food."},
        {"question": 3, "choice": "disagree"}]});
    let response = world.response(consultation, response).await;
    [notes.id(), said, response.id()]
}

#[actix_web::test]
async fn a_facilitator_sees_nothing_of_another_group_not_even_by_a_count() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    feedback(&world, &id, &world.meeting_a, &world.a1, &theme).await;
    let facilitator = world.facilitator(&world.a).await;
    let before = seen(&facilitator, &id).await;

    feedback(&world, &id, &world.meeting_b, &world.b1, &theme).await;
    feedback(&world, &id, &world.meeting_c, &world.c1, &theme).await;
    let elsewhere = world
        .meeting(
            &world.b,
            json!({"attendance": [{"respondent_group": "staff", "people": 9}]}),
        )
        .await;
    world.discussion(&id, &elsewhere, json!({"sitting": 2})).await;
    // Personal data of others, a concern for them, and what they took back.
    let personal = json!({"contributions": [
        {"question": 1, "text": "Ring Sam on 07700 900123.", "concern": {"raised_on": "2019-10-03"}},
        {"question": 1, "text": "Taken back."}]});
    let personal = world.discussion(&id, &world.meeting_b, personal).await;
    let taken_back = format!("/v1/contributions/{}/withdrawal", contribution_ids(&personal)[1]);
    let asked = json!({"scope": "all", "asked_by": "speaker"});
    world.lead.post(taken_back, asked).await.ok();
    // Nobody's group, either.
    let unplaced = world.response(&id, json!({"respondent_group": "other"})).await;
    world.code(&contribution_ids(&unplaced)[0], &[&theme]).await;

    let after = seen(&facilitator, &id).await;
    for ((path, tag, bytes), (_, later_tag, later_bytes)) in before.iter().zip(&after) {
        let (was, is) = (
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(later_bytes),
        );
        assert_eq!(was, is, "{path} tells of another group");
        assert_eq!(tag, later_tag, "the tag of {path} tells of another group");
    }
    let text = String::from_utf8_lossy(
        &after
            .iter()
            .find(|(path, ..)| path.ends_with("/collation"))
            .unwrap()
            .2,
    )
    .into_owned();
    for other in [&world.b, &world.c, &world.b1, &world.c1] {
        assert!(
            !text.contains(other.as_str()),
            "the collation names another group"
        );
    }
    let collation: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        collation["scope"],
        json!({"audience": "exact", "group_ids": [world.a]})
    );
    assert_eq!(collation["heard"]["groups"], 1);
    assert_eq!(collation["heard"]["groups_expected"], 1);
    assert_eq!(collation["questions"][0]["contributions"]["value"], 2);
    assert_eq!(collation["questions"][2]["consensus"]["groups_silent"], 0);
}

#[actix_web::test]
async fn what_a_facilitator_sees_is_what_the_lead_sees_of_that_group() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    feedback(&world, &id, &world.meeting_a, &world.a1, &theme).await;
    feedback(&world, &id, &world.meeting_b, &world.b1, &theme).await;
    let facilitator = world.facilitator(&world.a).await;
    let own = facilitator
        .get(format!("/v1/consultations/{id}/collation"))
        .await
        .expect(200)
        .json;
    let whole = world.collation(&id, &format!("?group={}", world.a)).await;
    for part in ["heard", "questions", "themes", "sections", "legend"] {
        assert_eq!(own[part], whole[part], "{part}");
    }
}

#[actix_web::test]
async fn things_of_another_group_are_not_there() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let [discussion, said, response] = feedback(&world, &id, &world.meeting_b, &world.b1, &theme).await;
    let facilitator = world.facilitator(&world.a).await;
    for path in [
        format!("/v1/meetings/{}", world.meeting_b),
        format!("/v1/discussions/{discussion}"),
        format!("/v1/responses/{response}"),
        format!("/v1/contributions/{said}"),
    ] {
        facilitator.get(&path).await.problem(404, "not-found");
        let patch = Ask::new(Method::PATCH, path.clone()).version(1).json(&json!({}));
        facilitator.send(patch).await.problem(404, "not-found");
        // Nor does the version that is asked for tell anything.
        let stale = Ask::new(Method::PATCH, path).version(7).json(&json!({}));
        assert_eq!(
            facilitator
                .send(stale)
                .await
                .problem(404, "not-found")
                .header("etag"),
            None
        );
    }
    let here = format!("/v1/consultations/{id}");
    let notes = world.discussion_body(&world.meeting_b);
    facilitator
        .post(format!("{here}/discussions"), notes)
        .await
        .problem(404, "not-found");
    let meeting = world.meeting_body(&world.b);
    facilitator
        .post("/v1/meetings", meeting)
        .await
        .problem(404, "not-found");
    for of in [json!({"group_id": world.b}), json!({"service_id": world.b1})] {
        let response = merged(merged(world.response_body(), json!({"channel": "written"})), of);
        facilitator
            .post(format!("{here}/responses"), response)
            .await
            .problem(404, "not-found");
    }
    // To move one's own meeting to another group is to post it there.
    let moved = json!({"group_id": world.b});
    facilitator
        .patch(format!("/v1/meetings/{}", world.meeting_a), 1, moved)
        .await
        .problem(404, "not-found");
    // A filter by a group that one may not know of is a filter by a group that is not there.
    for path in ["collation", "contributions"] {
        let known = facilitator
            .get(format!("{here}/{path}?group={}", world.b))
            .await
            .problem(400, "bad-parameter");
        let unknown = facilitator
            .get(format!("{here}/{path}?group={}", new_id()))
            .await
            .problem(400, "bad-parameter");
        let detail = |answer: &tests::Answer| answer.json["errors"][0]["detail"].clone();
        assert_eq!(detail(&known), detail(&unknown));
    }
    assert_eq!(
        world.collation(&id, "").await["heard"]["discussions"],
        1,
        "nothing was stored"
    );
}

#[actix_web::test]
async fn an_id_of_another_group_s_table_is_a_conflict_that_shows_nothing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let chosen = new_id();
    let notes = json!({"id": chosen, "contributions": [{"question": 1, "text": "Words of the North West."}]});
    world.discussion(&id, &world.meeting_b, notes).await;
    let facilitator = world.facilitator(&world.a).await;
    let own = merged(world.discussion_body(&world.meeting_a), json!({"id": chosen}));
    let refused = facilitator
        .post(format!("/v1/consultations/{id}/discussions"), own)
        .await
        .problem(409, "id-conflict");
    assert!(!refused.text().contains("North West"));
}

#[actix_web::test]
async fn a_facilitator_works_with_the_own_group() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let meeting = facilitator
        .post("/v1/meetings", world.meeting_body(&world.a))
        .await
        .expect(201);
    facilitator
        .patch(format!("/v1/meetings/{}", meeting.id()), 1, json!({"tables": 1}))
        .await
        .expect(200);
    let here = format!("/v1/consultations/{id}");
    let notes = world.discussion_body(&meeting.id());
    let notes = facilitator
        .post(format!("{here}/discussions"), notes)
        .await
        .expect(201);
    facilitator
        .patch(
            format!("/v1/discussions/{}", notes.id()),
            1,
            json!({"table": "Table 9"}),
        )
        .await
        .expect(200);
    for channel in ["champion", "survey_paper", "written"] {
        let response = merged(
            world.response_body(),
            json!({"channel": channel, "service_id": world.a1}),
        );
        let response = facilitator
            .post(format!("{here}/responses"), response)
            .await
            .expect(201);
        facilitator
            .get(format!("/v1/responses/{}", response.id()))
            .await
            .expect(200);
    }
    let whole = facilitator.get(format!("{here}/collation")).await.expect(200);
    assert_eq!(whole.json["questions"][0]["contributions"]["value"], 4);
}

#[actix_web::test]
async fn a_facilitator_of_a_region_works_with_the_local_groups_of_its_services() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let local = json!({"kind": "local", "name": "Ash Ward's own", "service_id": world.a1, "valid_from": "2018-01-01"});
    let local = world.admin.post("/v1/groups", local).await.expect(201).id();
    let facilitator = world.facilitator(&world.a).await;
    let meeting = facilitator
        .post("/v1/meetings", world.meeting_body(&local))
        .await
        .expect(201)
        .id();
    let notes = world.discussion_body(&meeting);
    facilitator
        .post(format!("/v1/consultations/{id}/discussions"), notes)
        .await
        .expect(201);
    let collation = facilitator
        .get(format!("/v1/consultations/{id}/collation"))
        .await
        .expect(200)
        .json;
    assert_eq!(collation["heard"]["discussions"], 1);
    let whole = world.collation(&id, "").await;
    assert_eq!(whole["heard"]["groups"], 1);
    let cross = world
        .lead
        .get(format!(
            "/v1/consultations/{id}/cross-tab?rows=question&columns=group"
        ))
        .await
        .expect(200);
    assert_eq!(
        cross.json["rows"][0]["cells"][&world.a]["value"], 1,
        "a local group counts as its region"
    );
    assert_eq!(cross.json["rows"][0]["cells"][&local], Value::Null);
}

#[actix_web::test]
async fn with_two_groups_a_facilitator_sees_both_and_no_third() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    for meeting in [&world.meeting_a, &world.meeting_b, &world.meeting_c] {
        world.discussion(&id, meeting, json!({})).await;
    }
    let grants = json!([{"role": "facilitator", "group_id": world.a}, {"role": "facilitator", "group_id": world.b},
        {"role": "steering_group"}]);
    let facilitator = world.service.user_by(&world.admin, grants).await;
    let collation = facilitator
        .get(format!("/v1/consultations/{id}/collation"))
        .await
        .expect(200)
        .json;
    assert_eq!(collation["heard"]["discussions"], 2);
    let mut groups = [world.a.clone(), world.b.clone()];
    groups.sort();
    assert_eq!(
        collation["scope"]["group_ids"],
        json!(groups),
        "exact figures only where a grant gives them"
    );
}

#[actix_web::test]
async fn a_champion_posts_for_the_own_service_and_sees_the_own_responses() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let [_, others_point, others] = feedback(&world, &id, &world.meeting_b, &world.b1, &theme).await;
    let champion = world
        .user(json!({"role": "champion", "service_id": world.b1}))
        .await;
    let here = format!("/v1/consultations/{id}");
    let response = merged(
        world.response_body(),
        json!({"channel": "champion", "service_id": world.b1}),
    );
    let own = champion
        .post(format!("{here}/responses"), response.clone())
        .await
        .expect(201);
    assert_eq!(
        champion
            .get(format!("/v1/responses/{}", own.id()))
            .await
            .expect(200)
            .id(),
        own.id()
    );
    assert_eq!(
        champion.get(format!("{here}/responses")).await.expect(200).ids(),
        [own.id()]
    );
    assert_eq!(
        champion
            .get(format!("{here}/contributions"))
            .await
            .expect(200)
            .ids(),
        contribution_ids(&own)
    );
    champion
        .get(format!("/v1/responses/{others}"))
        .await
        .problem(404, "not-found");
    champion
        .get(format!("/v1/contributions/{others_point}"))
        .await
        .problem(404, "not-found");
    champion
        .get(format!("{here}/collation"))
        .await
        .problem(403, "forbidden");
    champion
        .get(format!("{here}/discussions"))
        .await
        .problem(403, "forbidden");

    // Another service, another channel, no service: none of these is a champion's to post.
    for other in [
        json!({"channel": "champion", "service_id": world.a1}),
        json!({"channel": "survey_online", "service_id": world.b1}),
        json!({"channel": "champion", "service_id": null}),
    ] {
        let refused = champion
            .post(
                format!("{here}/responses"),
                merged(response.clone(), other.clone()),
            )
            .await;
        assert!(
            [403, 404, 422].contains(&refused.status),
            "{other}: {}",
            refused.text()
        );
    }
    assert_eq!(
        world.lead.all(&format!("{here}/responses")).await.len(),
        2,
        "nothing else was stored"
    );
}

#[actix_web::test]
async fn a_collector_posts_and_reads_nothing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let other = world.open(json!({})).await;
    let collector = world
        .user(json!({"role": "collector", "consultation_id": id}))
        .await;
    let body = world.response_body();
    let posted = collector
        .post(format!("/v1/consultations/{id}/responses"), body.clone())
        .await
        .expect(201);
    collector
        .post(format!("/v1/consultations/{other}/responses"), body)
        .await
        .problem(404, "not-found");
    let here = format!("/v1/consultations/{id}");
    for path in [
        format!("/v1/responses/{}", posted.id()),
        here.clone(),
        format!("{here}/responses"),
        format!("{here}/contributions"),
        format!("{here}/collation"),
        "/v1/groups".into(),
    ] {
        collector.get(path).await.problem(403, "forbidden");
    }
}

#[actix_web::test]
async fn a_coder_sees_text_question_and_section_only() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let [_, said, _] = feedback(&world, &id, &world.meeting_a, &world.a1, &theme).await;
    let coder = world.user(json!({"role": "coder", "consultation_id": id})).await;
    let list = coder
        .get(format!("/v1/consultations/{id}/contributions"))
        .await
        .expect(200);
    assert_eq!(list.items().len(), 2);
    let one = coder
        .get(format!("/v1/contributions/{said}"))
        .await
        .expect(200)
        .json;
    let search = coder
        .post(
            format!("/v1/consultations/{id}/contributions/search"),
            json!({"text": "walks"}),
        )
        .await
        .ok();
    for shown in list.items().iter().chain(search.items()).chain([&one]) {
        let mut fields: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        fields.retain(|field| {
            ![
                "consultation_id",
                "id",
                "question",
                "section_ref",
                "text",
                "version",
            ]
            .contains(field)
        });
        assert!(fields.is_empty(), "a coder sees {fields:?}");
    }
    // What is not shown cannot be asked for either.
    for filter in [
        format!("group={}", world.a),
        "respondent_group=service_user".into(),
        "setting=low_secure".into(),
        "channel=survey_online".into(),
        "stance=supports".into(),
        "flagged=true".into(),
    ] {
        let path = format!("/v1/consultations/{id}/contributions?{filter}");
        let answer = coder.get(path).await;
        assert!(
            [400, 403].contains(&answer.status),
            "{filter} tells a coder who said it: {}",
            answer.text()
        );
    }
    let patch = Ask::new(Method::PATCH, format!("/v1/contributions/{said}"))
        .version(1)
        .json(&json!({"text": "Mine"}));
    coder.send(patch).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn controlled_callers_get_nothing_live() {
    let world = World::start().await;
    let public = world.open(json!({})).await;
    let closed = world.open(json!({"public": false})).await;
    let other_body = world.admin.post(
        "/v1/bodies",
        json!({"kind": "clinical_reference_group", "name": "Children's"}),
    );
    let other_body = other_body.await.expect(201).id();
    let steering = world.user(json!({"role": "steering_group"})).await;
    let own = world
        .user(json!({"role": "clinical_reference_group", "body_id": world.body}))
        .await;
    let other = world
        .user(json!({"role": "clinical_reference_group", "body_id": other_body}))
        .await;
    let dashboard = world.user(json!({"role": "dashboard"})).await;
    let ask = async |caller: &Caller, consultation: &str| {
        caller
            .get(format!("/v1/consultations/{consultation}/collation"))
            .await
    };
    for consultation in [&public, &closed] {
        ask(&steering, consultation).await.problem(409, "not-released");
        ask(&own, consultation).await.problem(409, "not-released");
        ask(&other, consultation).await.problem(404, "not-found");
    }
    ask(&dashboard, &public).await.problem(409, "not-released");
    ask(&dashboard, &closed).await.problem(404, "not-found");
    dashboard
        .get(format!("/v1/consultations/{closed}"))
        .await
        .problem(404, "not-found");
    assert_eq!(
        dashboard.get("/v1/consultations").await.expect(200).ids(),
        [public.as_str()]
    );
    assert_eq!(other.get("/v1/consultations").await.expect(200).ids(), [""; 0]);
    for path in ["cross-tab?rows=theme&columns=group", "coverage"] {
        let path = format!("/v1/consultations/{public}/{path}");
        assert_eq!(
            steering.get(path.clone()).await.problem(409, "not-released").json["errors"],
            Value::Null,
            "{path}"
        );
    }
    steering
        .get(format!("/v1/consultations/{public}/cells?by=group"))
        .await
        .problem(403, "forbidden");
    let draft = world.draft(json!({})).await.id();
    ask(&steering, &draft).await.problem(404, "not-found");
}

#[actix_web::test]
async fn an_admin_sees_neither_text_nor_figures() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let here = format!("/v1/consultations/{id}");
    for path in [
        "collation",
        "contributions",
        "discussions",
        "responses",
        "coverage",
    ] {
        world
            .admin
            .get(format!("{here}/{path}"))
            .await
            .problem(403, "forbidden");
    }
}

#[actix_web::test]
async fn who_collects_for_one_consultation_collects_for_no_other_whatever_else_they_are() {
    let world = World::start().await;
    let (own, other) = (world.open(json!({})).await, world.open(json!({})).await);
    let grants =
        json!([{"role": "collector", "consultation_id": own}, {"role": "champion", "service_id": world.a1}]);
    let both = world.service.user_by(&world.admin, grants).await;
    let anonymous = world.response_body();
    let of_service = merged(anonymous.clone(), json!({"service_id": world.a1}));
    for body in [anonymous, of_service] {
        let refused = both
            .post(format!("/v1/consultations/{other}/responses"), body.clone())
            .await;
        assert!([403, 404].contains(&refused.status), "{}", refused.text());
        both.post(format!("/v1/consultations/{own}/responses"), body)
            .await
            .expect(201);
    }
    let stored = async |consultation: &str| {
        world
            .lead
            .all(&format!("/v1/consultations/{consultation}/responses"))
            .await
            .len()
    };
    assert_eq!((stored(&own).await, stored(&other).await), (2, 0));
}
