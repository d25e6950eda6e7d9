//! What holds everywhere: lists, parameters, problems, versions, caching, limits, the document.

use actix_web::http::Method;
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    io::{Read, Write},
};
use tests::{Ask, Service, World, contract::DOCUMENT};

async fn bodies(service: &Service, count: usize) -> (tests::Caller, Vec<String>) {
    let admin = service.admin().await;
    let mut ids = Vec::new();
    for number in 0..count {
        let body = json!({"kind": "sub_group", "name": format!("Body {number}")});
        ids.push(admin.post("/v1/bodies", body).await.expect(201).id());
    }
    (admin, ids)
}

#[actix_web::test]
async fn a_list_is_paged_in_the_order_in_which_things_came() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 7).await;
    let mut seen = Vec::new();
    let mut path = "/v1/bodies?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = admin.get(path).await.expect(200);
        seen.extend(page.ids());
        pages += 1;
        match page.json["next_cursor"].as_str() {
            Some(next) => path = format!("/v1/bodies?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((seen, pages), (ids, 3));
}

#[actix_web::test]
async fn a_page_that_ends_with_the_list_has_no_next() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 3).await;
    let page = admin.get("/v1/bodies?limit=3").await.expect(200);
    assert_eq!((page.ids(), &page.json["next_cursor"]), (ids, &Value::Null));
}

#[actix_web::test]
async fn fifty_items_are_a_page_unless_asked_otherwise() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 51).await;
    assert_eq!(admin.get("/v1/bodies").await.expect(200).ids(), ids[..50]);
    assert_eq!(admin.get("/v1/bodies?limit=250").await.expect(200).ids(), ids);
}

#[actix_web::test]
async fn what_comes_while_a_list_is_paged_moves_nothing() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 4).await;
    let page = admin.get("/v1/bodies?limit=2").await.expect(200);
    let late = admin
        .post("/v1/bodies", json!({"kind": "sub_group", "name": "Late"}))
        .await
        .expect(201)
        .id();
    let next = page.json["next_cursor"].as_str().unwrap();
    let rest = admin
        .get(format!("/v1/bodies?limit=2&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(rest.ids(), ids[2..]);
    let next = rest.json["next_cursor"].as_str().unwrap();
    assert_eq!(
        admin
            .get(format!("/v1/bodies?cursor={next}"))
            .await
            .expect(200)
            .ids(),
        [late]
    );
}

#[actix_web::test]
async fn a_bad_limit_or_cursor_is_refused_on_every_list() {
    let world = World::start().await;
    let consultation = world.open(json!({})).await;
    let client = world
        .service
        .client_by(&world.admin, json!([{"role": "dashboard"}]))
        .await;
    let auditor = world.user(json!({"role": "auditor"})).await;
    let notes = world.discussion(&consultation, &world.meeting_a, json!({})).await;
    let (discussion, said) = (notes.id(), tests::world::contribution_ids(&notes).remove(0));
    let response = world.response(&consultation, json!({})).await.id();
    let theme = world.theme(&consultation, "walks", json!({})).await;
    let (told, _) = world.told(json!({})).await;
    world.move_to(&told, "closed").await.ok();
    let report = world
        .lead
        .post(format!("/v1/consultations/{told}/reports"), json!({}))
        .await
        .expect(201)
        .id();
    let mut lists = 0;
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        if !parameters.iter().any(|one| one["name"] == "cursor") {
            continue;
        }
        // Of a figure of a report, which has to be made first: `provenance.rs` asks the same of it.
        if path == "/v1/cells/{cell}" {
            continue;
        }
        lists += 1;
        let (caller, id) = match path.split('/').nth(2) {
            Some("users") => (&world.admin, &world.admin.id),
            Some("api-clients") => (&world.admin, &client.id),
            Some("audit-events") => (&auditor, &consultation),
            Some("discussions") => (&world.lead, &discussion),
            Some("responses") => (&world.lead, &response),
            Some("contributions") => (&world.lead, &said),
            Some("reports") => (&world.lead, &report),
            _ => (&world.lead, &consultation),
        };
        let path = path.replace("{id}", id).replace("{theme_id}", &theme);
        caller.get(path.clone()).await.expect(200);
        for limit in ["0", "251", "-1", "many", "", "1.5"] {
            caller
                .get(format!("{path}?limit={limit}"))
                .await
                .problem(400, "bad-parameter");
        }
        for cursor in ["", "0", "2", "bm90IG91cnM", "zz.zz", "..", "%00"] {
            caller
                .get(format!("{path}?cursor={cursor}"))
                .await
                .problem(400, "bad-cursor");
        }
        caller
            .get(format!("{path}?offset=3"))
            .await
            .problem(400, "bad-parameter");
        caller
            .get(format!("{path}?limit=1&limit=2"))
            .await
            .problem(400, "bad-parameter");
    }
    assert!(lists >= 9, "only {lists} lists are in the document");
}

#[actix_web::test]
async fn an_unknown_parameter_or_value_is_refused_and_never_ignored() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let here = format!("/v1/consultations/{id}");
    for path in [
        "/v1/groups?kind=continental".to_owned(),
        "/v1/groups?kind=regional,continental".into(),
        "/v1/services?setting=low_secure&colour=blue".into(),
        "/v1/meetings?status=".into(),
        "/v1/consultations?status=reported_on".into(),
        "/v1/consultations?group=not-an-id".into(),
        format!("{here}/collation?questions=1"),
        format!("{here}/collation?question=99"),
        format!("{here}/collation?question=one"),
        format!("{here}/collation?theme=unheard-of"),
        format!("{here}/collation?section=9.9"),
        format!("{here}/collation?group={}", tests::new_id()),
        format!("{here}/collation?respondent_group=patient"),
        format!("{here}/collation?channel=telepathy"),
        format!("{here}/collation?setting=low_secure,unheard_of"),
        format!("{here}/collation?round={}", tests::new_id()),
        format!("{here}/cross-tab?rows=theme"),
        format!("{here}/cross-tab?rows=theme&columns=theme"),
        format!("{here}/cross-tab?rows=theme&columns=group&unit=people"),
        format!("{here}/cross-tab?rows=theme&columns=group&unit=heads"),
        format!("{here}/cross-tab?rows=answer&columns=group"),
        format!("{here}/cross-tab?rows=answer&columns=group&question=1"),
        format!("{here}/cross-tab?rows=answer&columns=group&question=2,3"),
        format!("{here}/cells?by=question,colour"),
        format!("{here}/cells?by="),
        format!("{here}/contributions?question=99"),
        format!("{here}/contributions?stance=angry"),
        format!("{here}/contributions?coded=maybe"),
        format!("{here}/contributions?text=walks"),
        format!("{here}/coverage?group={}", world.a),
    ] {
        world.lead.get(path).await.problem(400, "bad-parameter");
    }
}

#[actix_web::test]
async fn a_parameter_that_no_address_has_is_refused_everywhere() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let response = world.response(&id, json!({})).await;
    let theme = world.theme(&id, "walks", json!({})).await;
    let here = format!("/v1/consultations/{id}");
    let mut taken = Vec::new();
    for path in [
        "/v1/me".to_owned(),
        format!("/v1/bodies/{}", world.body),
        format!("/v1/groups/{}", world.a),
        format!("/v1/services/{}", world.a1),
        format!("/v1/rounds/{}", world.round),
        format!("/v1/meetings/{}", world.meeting_a),
        here.clone(),
        format!("/v1/discussions/{}", notes.id()),
        format!("/v1/responses/{}", response.id()),
        format!(
            "/v1/contributions/{}",
            notes.json["contributions"][0]["id"].as_str().unwrap()
        ),
        format!("{here}/themes/{theme}"),
        format!("{here}/coverage"),
    ] {
        let answer = world
            .lead
            .send(Ask::new(Method::GET, format!("{path}?surprise=1")))
            .await;
        if answer.status != 400 {
            taken.push(path);
        }
    }
    assert!(taken.is_empty(), "an unknown parameter is ignored by {taken:#?}");
}

#[actix_web::test]
async fn values_are_any_of_and_parameters_all_of() {
    let world = World::start().await;
    let services = async |query: &str| {
        world
            .lead
            .get(format!("/v1/services{query}"))
            .await
            .expect(200)
            .ids()
    };
    let (a1, a2, b1, c1) = (
        world.a1.clone(),
        world.a2.clone(),
        world.b1.clone(),
        world.c1.clone(),
    );
    assert_eq!(
        services("").await,
        [a1.clone(), a2.clone(), b1.clone(), c1.clone()]
    );
    assert_eq!(services("?setting=low_secure").await, [a1.clone(), b1.clone()]);
    assert_eq!(
        services("?setting=low_secure,high_secure").await,
        [a1.clone(), b1, c1]
    );
    assert_eq!(
        services(&format!("?setting=low_secure&group={}", world.a)).await,
        [a1.as_str()]
    );
    assert_eq!(services(&format!("?group={}", world.a)).await, [a1, a2]);
}

#[actix_web::test]
async fn a_request_id_is_kept_or_made() {
    let service = Service::start().await;
    let ask = |path: &str| Ask::new(Method::GET, path).header("x-request-id", "from-the-caller-1");
    let kept = service.stranger().send(ask("/livez")).await.expect(200);
    assert_eq!(kept.header("x-request-id"), Some("from-the-caller-1"));
    let refused = service.stranger().send(ask("/v1/me")).await.expect(401);
    assert_eq!(refused.json["request_id"], "from-the-caller-1");
    let made: HashSet<_> = [
        service.stranger().get("/livez").await,
        service.stranger().get("/livez").await,
    ]
    .iter()
    .map(|answer| answer.header("x-request-id").unwrap().to_owned())
    .collect();
    assert_eq!(made.len(), 2);
    for odd in ["", "with space", &"x".repeat(200)] {
        let ask = Ask::new(Method::GET, "/livez").header("x-request-id", odd);
        assert_ne!(
            service
                .stranger()
                .send(ask)
                .await
                .expect(200)
                .header("x-request-id"),
            Some(odd)
        );
    }
}

#[actix_web::test]
async fn what_the_framework_refuses_is_a_problem_too() {
    let service = Service::start().await;
    let stranger = service.stranger();
    for path in [
        "/v1",
        "/v2/bodies",
        "/v1/bodies/",
        "/v1/nothing/here",
        "/favicon.ico",
    ] {
        stranger.get(path).await.problem(404, "not-found");
    }
    let wrong = stranger
        .delete("/v1/bodies")
        .await
        .problem(405, "method-not-allowed");
    let allow = wrong
        .header("allow")
        .expect("a 405 names the methods that are taken")
        .to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    stranger
        .put("/livez", json!({}))
        .await
        .problem(405, "method-not-allowed");
    // An id that is none names nothing.
    service
        .admin()
        .await
        .get("/v1/bodies/not-an-id")
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn a_list_and_a_collation_that_did_not_change_are_304() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let here = format!("/v1/consultations/{id}");
    for path in [
        "/v1/groups".to_owned(),
        "/v1/meetings?limit=1".into(),
        here.clone(),
        format!("{here}/contributions"),
        format!("{here}/collation"),
        format!("{here}/collation?question=1"),
        format!("{here}/cross-tab?rows=question&columns=group"),
        format!("{here}/cells?by=question"),
        format!("{here}/saturation"),
        format!("{here}/saturation.svg"),
        format!("{here}/codeframe/check"),
        format!("{here}/coverage"),
    ] {
        let answer = world.lead.get(path.clone()).await.expect(200);
        let tag = answer.etag();
        assert!(tag.starts_with('"'), "{path}: {tag} is not strong");
        assert_eq!(
            answer
                .header("vary")
                .map(|vary| vary.to_lowercase().contains("authorization")),
            Some(true),
            "{path}"
        );
        assert!(
            answer
                .header("cache-control")
                .is_some_and(|control| control.contains("private")),
            "{path}"
        );
        let again = |tag: &str| Ask::new(Method::GET, path.clone()).header("if-none-match", tag);
        let unchanged = world.lead.send(again(&tag)).await.expect(304);
        assert_eq!(
            (unchanged.etag(), unchanged.bytes.len()),
            (tag.clone(), 0),
            "{path}"
        );
        world.lead.send(again("\"another\"")).await.expect(200);
        world
            .lead
            .send(again(&format!("\"another\", {tag}")))
            .await
            .expect(304);
    }
    let collation = format!("{here}/collation");
    let tag = world.lead.get(collation.clone()).await.etag();
    world.discussion(&id, &world.meeting_b, json!({})).await;
    let ask = Ask::new(Method::GET, collation).header("if-none-match", tag);
    world.lead.send(ask).await.expect(200);
}

#[actix_web::test]
async fn a_change_names_the_version_it_changes() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 1).await;
    let path = format!("/v1/bodies/{}", ids[0]);
    assert_eq!(admin.get(&path).await.expect(200).etag(), "\"1\"");
    let change = json!({"name": "Changed"});
    let unversioned = Ask::new(Method::PATCH, path.clone()).json(&change);
    admin
        .send(unversioned.clone())
        .await
        .problem(428, "version-missing");
    let changed = admin.patch(&path, 1, change.clone()).await.expect(200);
    assert_eq!((changed.version(), changed.etag().as_str()), (2, "\"2\""));
    let stale = admin
        .patch(&path, 1, change.clone())
        .await
        .problem(412, "stale-version");
    assert_eq!(stale.etag(), "\"2\"");
    admin.patch(&path, 3, change).await.problem(412, "stale-version");
    for odd in ["2", "\"two\"", "*", "W/\"2\"", "\"2\", \"1\"", ""] {
        let answer = admin.send(unversioned.clone().header("if-match", odd)).await;
        assert!(
            [400, 412, 428].contains(&answer.status),
            "{odd}: {}",
            answer.status
        );
    }
    assert_eq!(admin.get(&path).await.expect(200).version(), 2);
}

#[actix_web::test]
async fn a_patch_leaves_what_it_does_not_name_and_clears_what_is_null() {
    let world = World::start().await;
    let extra = json!({"papers_sent_on": "2019-09-20", "tables": 4, "access_needs": {"loop": true, "lift": "ground floor"},
        "attendance": [{"respondent_group": "staff", "people": 3}, {"respondent_group": "service_user", "people": 5}]});
    let path = format!("/v1/meetings/{}", world.meeting(&world.a, extra).await);
    let before = world.lead.get(&path).await.expect(200);
    let patch = json!({"tables": null, "papers_sent_on": "2019-09-21", "access_needs": {"lift": null, "quiet room": true},
        "venue": {"name": "Library"}, "attendance": [{"respondent_group": "staff", "people": 9}]});
    let after = world
        .lead
        .patch(&path, before.version(), patch)
        .await
        .expect(200)
        .json;
    assert_eq!(after["tables"], Value::Null);
    assert_eq!(after["papers_sent_on"], "2019-09-21");
    assert_eq!(
        after["access_needs"],
        json!({"loop": true, "quiet room": true}),
        "objects are merged"
    );
    assert_eq!(after["venue"], json!({"kind": "community", "name": "Library"}));
    assert_eq!(
        after["attendance"],
        json!([{"respondent_group": "staff", "people": 9}]),
        "lists are replaced"
    );
    for kept in ["group_id", "round_id", "starts_at", "ends_at", "status", "agenda"] {
        assert_eq!(after[kept], before.json[kept], "{kept}");
    }
    assert_eq!(world.lead.get(&path).await.expect(200).json, after);
    let merge = Ask::new(Method::PATCH, path)
        .version(2)
        .body("application/merge-patch+json", "{\"tables\":5}");
    assert_eq!(world.lead.send(merge).await.expect(200).json["tables"], 5);
}

#[actix_web::test]
async fn a_field_that_must_be_there_cannot_be_cleared() {
    let service = Service::start().await;
    let (admin, ids) = bodies(&service, 1).await;
    let path = format!("/v1/bodies/{}", ids[0]);
    admin
        .patch(&path, 1, json!({"name": null}))
        .await
        .problem(422, "invalid");
    admin
        .patch(&path, 1, json!({"id": tests::new_id()}))
        .await
        .problem(422, "invalid");
    admin
        .patch(&path, 1, json!({"version": 7}))
        .await
        .problem(422, "invalid");
    assert_eq!(admin.get(&path).await.expect(200).version(), 1);
}

#[actix_web::test]
async fn every_code_has_a_page_that_explains_it() {
    let service = Service::start().await;
    for code in collate::error::Code::ALL {
        let page = service
            .stranger()
            .get(format!("/problems/{}", code.as_str()))
            .await
            .expect(200);
        assert!(page.text().contains(code.title()), "{}", page.text());
    }
    service
        .stranger()
        .get("/problems/no-such-code")
        .await
        .problem(404, "not-found");
}

#[actix_web::test]
async fn another_media_type_is_refused() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let body = r#"{"kind":"sub_group","name":"One"}"#;
    for kind in [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ] {
        let ask = Ask::new(Method::POST, "/v1/bodies").body(kind, body);
        admin.send(ask).await.problem(415, "unsupported-media-type");
    }
    let with_charset = Ask::new(Method::POST, "/v1/bodies").body("application/json; charset=utf-8", body);
    admin.send(with_charset).await.expect(201);
}

#[actix_web::test]
async fn a_body_over_the_cap_is_refused_before_it_is_sent() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let ask = Ask::new(Method::POST, "/v1/bodies");
    let head = format!(
        "POST /v1/bodies HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        admin.token.as_deref().unwrap()
    );
    let announced = format!("{head}content-length: {}\r\n\r\n", 1024 * 1024 + 1);
    service.raw(&ask, &announced, b"{").problem(413, "too-large");
    // Without a length it is counted as it comes.
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n");
    let mut body = Vec::new();
    for _ in 0..17 {
        body.extend_from_slice(format!("{:x}\r\n{}\r\n", 65_536, " ".repeat(65_536)).as_bytes());
    }
    service.raw(&ask, &chunked, &body).problem(413, "too-large");
}

#[actix_web::test]
async fn a_body_of_just_the_cap_is_read() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let mut body = r#"{"kind":"sub_group","name":"One"}"#.to_owned();
    body.push_str(&" ".repeat(1024 * 1024 - body.len()));
    admin
        .send(Ask::new(Method::POST, "/v1/bodies").body("application/json", body))
        .await
        .expect(201);
}

#[actix_web::test]
async fn a_body_may_nest_sixteen_deep() {
    let service = Service::start().await;
    let admin = service.admin().await;
    for (depth, pointer) in [(17, ""), (5000, "")] {
        let body = format!("{{\"name\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        let answer = admin
            .send(Ask::new(Method::POST, "/v1/bodies").body("application/json", body))
            .await;
        assert!(
            [400, 422].contains(&answer.status),
            "{depth} levels: {}",
            answer.text()
        );
        assert!(
            answer.status == 400 || answer.pointers() == [pointer],
            "{depth} levels: {}",
            answer.text()
        );
    }
    // Sixteen levels are read, and then are of the wrong type.
    let body = format!(
        "{{\"kind\":\"sub_group\",\"name\":{}{}}}",
        "[".repeat(15),
        "]".repeat(15)
    );
    admin
        .send(Ask::new(Method::POST, "/v1/bodies").body("application/json", body))
        .await
        .faults(&["/name"]);
}

#[actix_web::test]
async fn text_is_kept_as_it_was_written_but_for_line_ends_and_blank_ends() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let said = "  First line\r\nsecond\tline – “Größe” 🌳 \n\n";
    let notes = json!({"contributions": [{"question": 1, "text": said}]});
    let notes = world.discussion(&id, &world.meeting_a, notes).await;
    assert_eq!(
        notes.json["contributions"][0]["text"],
        "First line\nsecond\tline – “Größe” 🌳"
    );
    let list = world
        .lead
        .get(format!("/v1/consultations/{id}/contributions"))
        .await
        .expect(200);
    assert_eq!(list.items()[0]["text"], "First line\nsecond\tline – “Größe” 🌳");
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_checked() {
    let service = Service::start().await;
    let served = service.stranger().get("/openapi.json").await.expect(200);
    assert_eq!(served.json, *DOCUMENT);
    assert!(served.json["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut operations = HashSet::new();
    for item in served.json["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(operations.insert(id), "{id} stands twice");
            for response in operation["responses"].as_object().unwrap().values() {
                assert!(response["description"].is_string(), "{id}");
            }
        }
    }
}

#[actix_web::test]
async fn the_docs_are_served_by_us_alone() {
    let service = Service::start().await;
    let stranger = service.stranger();
    let page = stranger.get("/docs").await;
    let page = match page.header("location") {
        Some(elsewhere) => stranger.get(elsewhere.to_owned()).await.expect(200),
        None => page.expect(200),
    };
    let text = page.text();
    assert!(
        text.contains("<html") || text.contains("<!DOCTYPE html"),
        "{text}"
    );
    let mut loaded = 0;
    for attribute in ["src=\"", "href=\""] {
        for rest in text.split(attribute).skip(1) {
            let address = rest.split('"').next().unwrap();
            assert!(!address.contains("//"), "the page loads {address}");
            if !address.starts_with("data:") && !address.starts_with('#') {
                let path = match address.strip_prefix("./") {
                    Some(relative) => format!("/docs/{relative}"),
                    None if address.starts_with('/') => address.to_owned(),
                    None => format!("/docs/{address}"),
                };
                let asset = stranger.get(path).await.expect(200);
                assert!(!asset.bytes.is_empty());
                loaded += 1;
            }
        }
    }
    assert!(loaded >= 2, "style and script are served: {text}");
}

#[actix_web::test]
async fn health_is_told_to_anybody() {
    let service = Service::start().await;
    service.stranger().get("/livez").await.expect(200);
    service.stranger().get("/readyz").await.expect(200);
}

#[actix_web::test]
async fn an_answer_is_compressed_for_who_wants_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let path = format!("/v1/consultations/{id}/collation");
    let compressed = world
        .lead
        .send(Ask::new(Method::GET, path.clone()).header("accept-encoding", "gzip"))
        .await;
    let plain = world
        .lead
        .send(Ask::new(Method::GET, path).header("accept-encoding", "identity"))
        .await;
    let (compressed, plain) = (compressed.expect(200), plain.expect(200));
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(compressed.json, plain.json);
}

#[actix_web::test]
async fn a_cursor_of_one_listing_is_none_of_another() {
    let world = World::start().await;
    let (one, other) = (world.open(json!({})).await, world.open(json!({})).await);
    for meeting in [&world.meeting_a, &world.meeting_b] {
        world.discussion(&one, meeting, json!({})).await;
        world.discussion(&other, meeting, json!({})).await;
    }
    let said = |consultation: &str| format!("/v1/consultations/{consultation}/contributions");
    let low = "/v1/services?setting=low_secure&limit=1".to_owned();
    let pages = [
        "/v1/services?limit=1".to_owned(),
        low.clone(),
        "/v1/services?setting=low_secure,high_secure&limit=1".into(),
        "/v1/groups?limit=1".into(),
        "/v1/meetings?limit=1".into(),
        format!("{}?limit=1", said(&one)),
        format!("{}?limit=1", said(&other)),
        format!("{}?question=1&limit=1", said(&one)),
        format!("/v1/consultations/{one}/discussions?limit=1"),
    ];
    let mut cursors = Vec::new();
    for page in &pages {
        let page = world.lead.get(page.clone()).await.expect(200);
        cursors.push(page.json["next_cursor"].as_str().unwrap().to_owned());
    }
    for (at, page) in pages.iter().enumerate() {
        for (of, cursor) in cursors.iter().enumerate() {
            let answer = world.lead.get(format!("{page}&cursor={cursor}")).await;
            if at == of {
                answer.expect(200);
            } else {
                answer.problem(400, "bad-cursor");
            }
        }
    }
    // How long a page is, and where a parameter stands, makes no other listing.
    let cursor = &cursors[1];
    let rest = world
        .lead
        .get(format!("/v1/services?cursor={cursor}&limit=9&setting=low_secure"))
        .await
        .expect(200);
    assert_eq!(rest.ids(), [world.b1.as_str()]);
}

#[actix_web::test]
async fn whoever_may_get_may_ask_for_the_head_of_it() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.discussion(&id, &world.meeting_a, json!({})).await;
    let here = format!("/v1/consultations/{id}");
    for path in [
        "/livez".to_owned(),
        "/openapi.json".into(),
        "/v1/me".into(),
        "/v1/groups?limit=1".into(),
        format!("/v1/groups/{}", world.a),
        here.clone(),
        format!("{here}/collation"),
        format!("{here}/cells.csv?by=question"),
    ] {
        let (head, whole) = (
            world.lead.head(&path).await.expect(200),
            world.lead.get(&path).await.expect(200),
        );
        assert_eq!(
            (head.header("etag"), head.media_type()),
            (whole.header("etag"), whole.media_type()),
            "{path}"
        );
        // On the wire nothing follows the head.
        let mut socket = std::net::TcpStream::connect(world.service.address).unwrap();
        let token = world.lead.token.as_deref().unwrap();
        let ask = format!(
            "HEAD {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        socket.write_all(ask.as_bytes()).unwrap();
        let mut came = String::new();
        socket.read_to_string(&mut came).unwrap();
        assert!(
            came.starts_with("HTTP/1.1 200") && came.ends_with("\r\n\r\n"),
            "{path}: {came}"
        );
    }
    // Nor does it open what a GET would not.
    let stranger = world.service.stranger();
    stranger.head(format!("{here}/collation")).await.expect(401);
    world.lead.head("/v1/auth/sign-in").await.expect(405);
}

#[actix_web::test]
async fn an_answer_in_a_format_that_is_not_taken_is_406() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let here = format!("/v1/consultations/{id}");
    let json_route = format!("{here}/collation");
    let csv_route = format!("{here}/cells.csv?by=question");
    let get = async |path: &str, accept: &str| {
        let ask = Ask::new(Method::GET, path).header("accept", accept);
        world.lead.send(ask).await
    };
    for accept in [
        "application/xml",
        "text/html, text/csv;q=0.9",
        "application/json;q=0, */*",
    ] {
        get(&json_route, accept).await.problem(406, "not-acceptable");
    }
    for accept in [
        "application/json",
        "application/*",
        "application/xml, */*;q=0.1",
        "text/html, application/json;q=0.5",
        "Application/JSON",
        "",
    ] {
        get(&json_route, accept).await.expect(200);
    }
    get(&csv_route, "text/csv").await.expect(200);
    get(&csv_route, "text/*").await.expect(200);
    get(&csv_route, "application/json")
        .await
        .problem(406, "not-acceptable");
    // A write whose answer nobody takes is not done.
    let bodies = world.admin.get("/v1/bodies").await.expect(200).ids();
    let write = Ask::new(Method::POST, "/v1/bodies")
        .json(&json!({"kind": "sub_group", "name": "Unseen"}))
        .header("accept", "application/xml");
    world.admin.send(write).await.problem(406, "not-acceptable");
    assert_eq!(world.admin.get("/v1/bodies").await.expect(200).ids(), bodies);
}
