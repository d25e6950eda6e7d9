//! Bodies, groups, services, rounds, meetings.

use serde_json::json;
use tests::{Service, World, new_id};

#[actix_web::test]
async fn what_is_made_is_shown_at_its_location_and_in_its_list() {
    let world = World::start().await;
    let service = json!({"name": "Fern Lodge", "provider": "A trust", "ods_code": "RX4E2", "setting": "community_forensic",
        "group_id": world.a, "valid_from": "2015-04-01", "valid_to": "2030-03-31"});
    let made = world
        .admin
        .post("/v1/services", service.clone())
        .await
        .expect(201);
    assert_eq!(made.version(), 1);
    let shown = world
        .lead
        .get(made.header("location").unwrap().to_owned())
        .await
        .expect(200);
    assert_eq!(shown.json, made.json);
    for (name, value) in service.as_object().unwrap() {
        assert_eq!(&shown.json[name], value, "{name}");
    }
    assert!(world.lead.all("/v1/services").await.contains(&made.json));
}

#[actix_web::test]
async fn every_kind_of_body_and_group_can_be_made_and_changed() {
    let world = World::start().await;
    for kind in [
        "steering_group",
        "clinical_reference_group",
        "sub_group",
        "commissioner",
    ] {
        let body = world
            .admin
            .post("/v1/bodies", json!({"kind": kind, "name": "A body"}))
            .await
            .expect(201);
        world
            .admin
            .patch(format!("/v1/bodies/{}", body.id()), 1, json!({"name": "Renamed"}))
            .await
            .expect(200);
    }
    let national = json!({"kind": "national", "name": "Everywhere", "valid_from": "2010-01-01"});
    let national = world.admin.post("/v1/groups", national).await.expect(201).id();
    let local = json!({"kind": "local", "name": "Ash Ward's own", "service_id": world.a1, "valid_from": "2018-01-01"});
    world.admin.post("/v1/groups", local.clone()).await.expect(201);
    let paused = json!({"status": "paused", "status_reason": "No facilitator", "status_since": "2020-01-01"});
    let paused = world
        .admin
        .patch(format!("/v1/groups/{national}"), 1, paused)
        .await
        .expect(200);
    assert_eq!(paused.json["status"], "paused");
    let paused = world.lead.get("/v1/groups?status=paused").await.expect(200);
    assert_eq!(paused.ids(), [national.as_str()]);
}

#[actix_web::test]
async fn a_local_group_has_a_service_and_no_other_has() {
    let world = World::start().await;
    let group = json!({"kind": "local", "name": "A group", "valid_from": "2018-01-01"});
    world
        .admin
        .post("/v1/groups", group.clone())
        .await
        .faults(&["/service_id"]);
    let unknown = tests::merged(group.clone(), json!({"service_id": new_id()}));
    world
        .admin
        .post("/v1/groups", unknown)
        .await
        .faults(&["/service_id"]);
    let regional = tests::merged(group, json!({"kind": "regional", "service_id": world.a1}));
    world
        .admin
        .post("/v1/groups", regional)
        .await
        .faults(&["/service_id"]);
}

#[actix_web::test]
async fn an_end_before_its_beginning_is_refused() {
    let world = World::start().await;
    let group = json!({"kind": "regional", "name": "Backwards", "valid_from": "2019-01-01", "valid_to": "2018-12-31",
        "status_since": "2019-05-01", "status_until": "2019-04-01"});
    world
        .admin
        .post("/v1/groups", group)
        .await
        .faults(&["/valid_to", "/status_until"]);
    let round = json!({"title": "Backwards", "starts_on": "2019-10-31", "ends_on": "2019-09-01"});
    world.lead.post("/v1/rounds", round).await.faults(&["/ends_on"]);
    let meeting = json!({"ends_at": "2019-10-03T09:00:00Z"});
    let meeting = tests::merged(world.meeting_body(&world.a), meeting);
    world
        .lead
        .post("/v1/meetings", meeting)
        .await
        .faults(&["/ends_at"]);
}

#[actix_web::test]
async fn a_service_belongs_to_a_regional_group_that_is_there() {
    let world = World::start().await;
    let service = json!({"name": "Nowhere", "provider": "A trust", "setting": "mixed", "valid_from": "2019-01-01",
        "ods_code": "rx4", "group_id": new_id()});
    world
        .admin
        .post("/v1/services", service.clone())
        .await
        .faults(&["/group_id", "/ods_code"]);
    let national = json!({"kind": "national", "name": "Everywhere", "valid_from": "2010-01-01"});
    let national = world.admin.post("/v1/groups", national).await.expect(201).id();
    let service = tests::merged(service, json!({"group_id": national, "ods_code": null}));
    world
        .admin
        .post("/v1/services", service)
        .await
        .faults(&["/group_id"]);
}

#[actix_web::test]
async fn a_round_names_groups_that_are_there_once_each() {
    let world = World::start().await;
    let round = json!({"title": "Winter", "starts_on": "2020-01-01", "ends_on": "2020-02-01",
        "group_ids": [world.a, new_id(), world.a]});
    world
        .lead
        .post("/v1/rounds", round)
        .await
        .faults(&["/group_ids/1", "/group_ids/2"]);
    let round = json!({"title": "Winter", "starts_on": "2020-01-01", "ends_on": "2020-02-01", "group_ids": [world.a]});
    let round = world.lead.post("/v1/rounds", round).await.expect(201);
    let path = format!("/v1/rounds/{}", round.id());
    let changed = world
        .lead
        .patch(&path, 1, json!({"group_ids": [world.b], "status": "closed"}))
        .await
        .expect(200);
    assert_eq!(changed.json["group_ids"], json!([world.b]));
    assert_eq!(world.lead.get(&path).await.expect(200).json, changed.json);
    assert_eq!(
        world.lead.get("/v1/rounds?status=closed").await.expect(200).ids(),
        [round.id()]
    );
}

#[actix_web::test]
async fn a_meeting_keeps_who_came_and_what_was_on_the_agenda() {
    let world = World::start().await;
    let consultation = world.open(json!({})).await;
    let meeting = json!({"venue": {"kind": "secure_unit", "service_id": world.a1}, "public": true, "tables": 6,
        "papers_sent_on": "2019-09-20",
        "attendance": [{"service_id": world.a1, "respondent_group": "service_user", "people": 12},
            {"respondent_group": "family_carer", "people": 0}],
        "agenda": [{"position": 1, "kind": "lunch", "title": "Lunch"},
            {"position": 2, "kind": "presentation", "title": "Our garden", "presented_by": ["service_user", "staff"],
                "minutes": 20, "people_present": 31},
            {"position": 3, "kind": "discussion", "title": "Healthy weight", "consultation_id": consultation}]});
    let meeting = tests::merged(world.meeting_body(&world.a), meeting);
    let made = world.lead.post("/v1/meetings", meeting.clone()).await.expect(201);
    for name in [
        "venue",
        "public",
        "tables",
        "attendance",
        "papers_sent_on",
        "starts_at",
    ] {
        assert_eq!(made.json[name], meeting[name], "{name}");
    }
    assert_eq!(
        made.json["agenda"][1]["presented_by"],
        json!(["service_user", "staff"])
    );
    assert_eq!(made.json["agenda"][2]["consultation_id"], json!(consultation));
    let own = format!("/v1/meetings?group={}&round={}&status=held", world.a, world.round);
    assert_eq!(
        world.lead.get(own).await.expect(200).ids(),
        [world.meeting_a.clone(), made.id()]
    );
}

#[actix_web::test]
async fn an_instant_of_another_zone_is_the_same_instant() {
    let world = World::start().await;
    let id = world
        .meeting(&world.a, json!({"starts_at": "2019-10-03T11:00:00+01:00"}))
        .await;
    assert_eq!(
        world.lead.get(format!("/v1/meetings/{id}")).await.json["starts_at"],
        "2019-10-03T10:00:00Z"
    );
}

#[actix_web::test]
async fn a_meeting_sent_again_under_its_id_is_the_same_meeting() {
    let world = World::start().await;
    let id = new_id();
    let meeting = tests::merged(world.meeting_body(&world.a), json!({"id": id}));
    let first = world.lead.post("/v1/meetings", meeting.clone()).await.expect(201);
    assert_eq!(first.id(), id);
    world
        .lead
        .patch(format!("/v1/meetings/{id}"), 1, json!({"tables": 3}))
        .await
        .expect(200);
    let again = world.lead.post("/v1/meetings", meeting.clone()).await.expect(200);
    assert_eq!(
        (again.id(), &again.json["tables"]),
        (id, &json!(3)),
        "as it is now"
    );
    let other = tests::merged(meeting, json!({"status": "planned"}));
    let refused = world
        .lead
        .post("/v1/meetings", other)
        .await
        .problem(409, "id-conflict");
    assert!(!refused.text().contains("Town hall"));
}

#[actix_web::test]
async fn who_keeps_the_network_need_not_be_asked_twice_about_what_is_missing() {
    let service = Service::start().await;
    let admin = service.admin().await;
    for path in [
        "bodies",
        "groups",
        "services",
        "rounds",
        "meetings",
        "consultations",
    ] {
        let reader = service.user_by(&admin, json!([{"role": "national_lead"}])).await;
        reader
            .get(format!("/v1/{path}/{}", new_id()))
            .await
            .problem(404, "not-found");
    }
}
