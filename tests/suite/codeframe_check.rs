//! What of a codeframe is to be looked at, asked over HTTP.

use serde_json::{Value, json};
use tests::{World, new_id, world::contribution_ids};

/// Codes of each pair that is listed.
fn pairs(list: &Value) -> Vec<[&str; 2]> {
    let pairs = list.as_array().unwrap().iter();
    pairs
        .map(|pair| [0, 1].map(|at| pair["themes"][at]["code"].as_str().unwrap()))
        .collect()
}

#[actix_web::test]
async fn every_pair_of_themes_is_compared_and_what_is_hardly_used_is_named() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let theme = async |code: &str, label: &str, extra: Value| {
        let extra = tests::merged(json!({"label": label}), extra);
        world.theme(&id, code, extra).await
    };
    // Near by name are the first and the last, with all others between them, by label and by age.
    let outdoors = theme("outdoors", "Activities outdoors", json!({})).await;
    let food = theme("food", "Catering", json!({})).await;
    let dinner = theme("dinner", "Dinner", json!({"parent_id": food})).await;
    let leave = theme("leave", "Leave", json!({})).await;
    let staff = theme("staff", "Staff", json!({"status": "candidate"})).await;
    let other = theme("other", "Other themes", json!({})).await;
    let gone = theme("gone", "Caterings", json!({})).await;
    let outside = theme("outside", "Outdoor activities", json!({})).await;
    let retire = format!("/v1/consultations/{id}/themes/{gone}");
    world
        .lead
        .patch(retire, 1, json!({"status": "retired"}))
        .await
        .expect(200);

    let points: Vec<_> = (0..10)
        .map(|_| json!({"question": 1, "text": "It helps."}))
        .collect();
    let first = json!({"contributions": points[..6]});
    let mut said = contribution_ids(&world.discussion(&id, &world.meeting_a, first).await);
    let second = json!({"contributions": points[6..]});
    said.extend(contribution_ids(
        &world.discussion(&id, &world.meeting_b, second).await,
    ));
    // Dinner and leave: together at five of six; catering is wherever dinner is.
    for point in &said[..5] {
        world.code(point, &[&dinner, &leave]).await;
    }
    world.code(&said[5], &[&leave]).await;
    world.code(&said[6], &[&staff]).await;
    world.code(&said[7], &[&staff, &other]).await;
    let aside = json!({"theme_ids": [], "set_aside": {"reason": "Of another matter."}});
    let coding = format!("/v1/contributions/{}/coding", said[8]);
    world.lead.put(coding, aside).await.expect(200);

    let path = format!("/v1/consultations/{id}/codeframe/check");
    let found = world.lead.get(&path).await.expect(200).json;
    assert_eq!(found["scope"], json!({"audience": "exact", "group_ids": null}));
    assert_eq!(
        found["thresholds"],
        json!({"similarity": 0.8, "jaccard": 0.7, "fewest_either": 5, "fewest_contributions": 3})
    );
    let counts = ["themes", "contributions", "coded", "uncoded"].map(|count| found[count].as_u64().unwrap());
    assert_eq!(counts, [7, 10, 8, 1]);
    assert_eq!(
        (
            &found["uncoded_share"],
            &found["other_share"],
            found.get("undefined")
        ),
        (&json!(0.1), &json!(0.125), None)
    );
    // Five with two themes, two with one, one with two.
    assert_eq!(
        found["size"],
        json!({"themes_in_use": 7, "themes_a_contribution": 14.0 / 8.0})
    );
    let named = |id: &str, code: &str, label: &str| json!({"id": id, "code": code, "label": label});
    let near = &found["near_duplicates"];
    assert_eq!(pairs(near), [["outdoors", "outside"]]);
    assert_eq!(
        (
            &near[0]["themes"][0],
            &near[0]["same_words"],
            &found["near_duplicates_found"]
        ),
        (
            &named(&outdoors, "outdoors", "Activities outdoors"),
            &json!(true),
            &json!(1)
        )
    );
    // A parent and its own sub-theme are the same by what they are.
    assert_eq!(
        pairs(&found["overlaps"]),
        [["food", "leave"], ["dinner", "leave"]]
    );
    assert_eq!(
        found["overlaps"][1],
        json!({"themes": [named(&dinner, "dinner", "Dinner"), named(&leave, "leave", "Leave")], "both": 5, "either": 6,
            "jaccard": 5.0 / 6.0})
    );
    assert_eq!(
        found["under_used"],
        json!([{"theme": named(&other, "other", "Other themes"), "contributions": 1, "discussions": 1},
            {"theme": named(&staff, "staff", "Staff"), "contributions": 2, "discussions": 1}])
    );
    assert_eq!(
        found["never_used"],
        json!([
            named(&outdoors, "outdoors", "Activities outdoors"),
            named(&outside, "outside", "Outdoor activities")
        ])
    );

    // Merged, they are one, and the next answer has it.
    let merge = format!("/v1/consultations/{id}/themes/{outside}/merge");
    world.lead.post(merge, json!({"into": outdoors})).await.ok();
    let merged = world.lead.get(&path).await.expect(200).json;
    assert_eq!(
        (&merged["themes"], &merged["near_duplicates"]),
        (&json!(6), &json!([]))
    );
}

#[actix_web::test]
async fn a_codeframe_is_checked_by_leads_and_its_shares_say_why_they_are_missing() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let path = format!("/v1/consultations/{id}/codeframe/check");
    let empty = world.lead.get(&path).await.expect(200).json;
    assert_eq!(
        (&empty["uncoded_share"], &empty["other_share"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        empty["undefined"],
        json!({"uncoded_share": "no-contributions", "other_share": "no-other-theme"})
    );
    assert_eq!(
        empty["size"],
        json!({"themes_in_use": 0, "themes_a_contribution": null,
            "undefined": {"themes_a_contribution": "nothing-coded"}})
    );
    world.theme(&id, "other", json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let uncoded = world.lead.get(&path).await.expect(200).json;
    assert_eq!(uncoded["uncoded_share"], 1.0);
    assert_eq!(uncoded["undefined"], json!({"other_share": "nothing-coded"}));

    for grant in [
        json!({"role": "coder", "consultation_id": id}),
        json!({"role": "facilitator", "group_id": world.a}),
        json!({"role": "steering_group"}),
        json!({"role": "auditor"}),
    ] {
        let caller = world.user(grant).await;
        caller.get(&path).await.problem(403, "forbidden");
    }
    let nowhere = format!("/v1/consultations/{}/codeframe/check", new_id());
    world.lead.get(nowhere).await.problem(404, "not-found");
    let filtered = format!("{path}?question=1");
    world.lead.get(filtered).await.problem(400, "bad-parameter");
}
