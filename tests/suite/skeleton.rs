//! The whole way once, with as little as there can be: one of everything.

use serde_json::json;
use tests::Service;

#[actix_web::test]
async fn what_a_table_said_is_in_the_collation() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let lead = service.user_by(&admin, json!([{"role": "national_lead"}])).await;
    let body = json!({"kind": "clinical_reference_group", "name": "Adult secure services"});
    let body = admin.post("/v1/bodies", body).await.expect(201).id();
    let group = json!({"kind": "regional", "name": "London", "valid_from": "2010-01-01"});
    let group = admin.post("/v1/groups", group).await.expect(201).id();
    let round = json!({"title": "Autumn", "starts_on": "2019-09-01", "ends_on": "2019-10-31"});
    let round = lead.post("/v1/rounds", round).await.expect(201).id();
    let meeting = json!({"group_id": group, "round_id": round, "starts_at": "2019-10-03T10:00:00Z",
        "ends_at": "2019-10-03T15:00:00Z", "venue": {"kind": "community", "name": "Town hall"}, "status": "held"});
    let meeting = lead.post("/v1/meetings", meeting).await.expect(201).id();
    let consultation = json!({"reference": "MHW-2019", "title": "Managing a Healthy Weight", "kind": "guidance",
        "commissioned_by": body, "summary": "A draft.",
        "questions": [{"number": 1, "prompt": "What helps?", "kind": "open"}]});
    let consultation = lead
        .post("/v1/consultations", consultation)
        .await
        .expect(201)
        .id();
    lead.post(
        format!("/v1/consultations/{consultation}/status"),
        json!({"to": "open"}),
    )
    .await
    .expect(200);

    let facilitator = service
        .user_by(&admin, json!([{"role": "facilitator", "group_id": group}]))
        .await;
    let notes =
        json!({"meeting_id": meeting, "contributions": [{"question": 1, "text": "Walks with staff."}]});
    let notes = facilitator
        .post(format!("/v1/consultations/{consultation}/discussions"), notes)
        .await
        .expect(201);
    let said = notes.json["contributions"][0]["id"].as_str().unwrap();

    let theme = json!({"code": "walks", "label": "Walks"});
    let theme = lead
        .post(format!("/v1/consultations/{consultation}/themes"), theme)
        .await
        .expect(201)
        .id();
    lead.put(
        format!("/v1/contributions/{said}/coding"),
        json!({"theme_ids": [theme]}),
    )
    .await
    .ok();

    let collation = lead
        .get(format!("/v1/consultations/{consultation}/collation"))
        .await
        .expect(200)
        .json;
    let one = json!({"value": 1, "status": "exact"});
    assert_eq!(collation["questions"][0]["contributions"], one);
    assert_eq!(collation["themes"][0]["label"], "Walks");
    assert_eq!(collation["themes"][0]["people_at_least"], one);
    assert_eq!(collation["themes"][0]["by"]["group"][&group], one);
    assert_eq!(collation["heard"]["groups"], 1);
}
