//! Reports: begun, written to, published, read and retracted; and what can be got out of them, or into them, afterwards.

use crate::formats::{Published, gone_from_every_form};
use actix_web::http::Method;
use domain::report::digest::{Broken, verify};
use sea_orm::{ConnectionTrait, Database as Connect, TransactionTrait};
use serde_json::{Value, json};
use tests::{
    Answer, Ask, Caller, World,
    database::Database,
    process::{Ended, ended},
};

/// A consultation whose feedback is in, coded and closed, and what was said.
async fn closed(world: &World, extra: Value) -> (String, Vec<String>) {
    let (consultation, said) = world.told(extra).await;
    world.move_to(&consultation, "closed").await.ok();
    (consultation, said)
}

/// A draft of its report.
async fn draft(world: &World, consultation: &str) -> Value {
    let path = format!("/v1/consultations/{consultation}/reports");
    world.lead.post(path, json!({})).await.expect(201).json
}

fn address(report: &Value) -> String {
    format!("/v1/reports/{}", report["id"].as_str().unwrap())
}

/// Writes to each theme, and chooses what the release offers.
async fn written(world: &World, report: &Value) -> Value {
    let offered = report["draft"]["quotes_on_offer"].as_array().unwrap();
    let themes: Vec<_> = report["codeframe"]["themes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|theme| {
            let own = offered.iter().filter(|quote| quote["theme_id"] == theme["id"]);
            let own: Vec<_> = own.map(|quote| &quote["contribution_id"]).collect();
            json!({"theme_id": theme["id"], "summary": "People spoke of it.", "key_points": ["It matters."],
                "areas_for_consideration": ["Look into it."], "quote_ids": own})
        })
        .collect();
    let easy = json!([{"text": "We asked people."}]);
    let body = json!({"commentary": {"foreword": "Thank you.", "easy_read": easy, "themes": themes}});
    let version = report["draft"]["version"].as_i64().unwrap();
    world
        .lead
        .patch(address(report), version, body)
        .await
        .expect(200)
        .json
}

async fn publish(world: &World, report: &Value) -> Answer {
    world
        .lead
        .post(format!("{}/publish", address(report)), json!({}))
        .await
}

/// A published report with a quote under a theme.
pub(crate) async fn published(world: &World, extra: Value) -> (String, Vec<String>, Value) {
    let (consultation, said) = closed(world, extra).await;
    let report = written(world, &draft(world, &consultation).await).await;
    let report = publish(world, &report).await.expect(200).json;
    (consultation, said, report)
}

fn quotes(report: &Value) -> Vec<String> {
    let all = report["quotes"].as_array().unwrap();
    all.iter()
        .filter_map(|quote| quote["text"].as_str().map(ToOwned::to_owned))
        .collect()
}

#[actix_web::test]
async fn a_report_is_begun_written_published_and_read_by_everybody() {
    let world = World::start().await;
    let (consultation, _) = closed(&world, json!({})).await;
    let begun = draft(&world, &consultation).await;
    assert_eq!(
        (&begun["status"], &begun["number"], &begun["digest"]),
        (&json!("draft"), &json!(1), &Value::Null)
    );
    let warned: Vec<_> = begun["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(warned, ["empty-theme", "empty-theme", "no-easy-read"]);

    let report = written(&world, &begun).await;
    assert_eq!(report["warnings"], Value::Null);
    assert!(!quotes(&report).is_empty());
    let stranger = world.service.stranger();
    let path = address(&report);
    stranger.get(&path).await.problem(404, "not-found");

    let reply = publish(&world, &report).await.expect(200);
    let digest = reply.json["digest"].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 64);
    let read = stranger.get(&path).await.expect(200);
    assert_eq!(read.header("cache-control"), Some("public, no-cache"));
    let held = verify(read.text().as_bytes()).unwrap();
    assert_eq!((held.digest, held.previous, held.taken_out), (digest, None, 0));
    assert_eq!(held.quotes, quotes(&read.json).len());
    assert_eq!(read.json["collation"]["policy"]["applied"], true);
    assert_eq!(read.json["codeframe"]["version"], 1);
    assert_eq!(read.json["draft"], Value::Null);

    // Nothing in it names a contribution: an id that was made where it was said would tell when.
    let text = read.text();
    for said in world
        .lead
        .all(&format!("/v1/consultations/{consultation}/contributions"))
        .await
    {
        assert!(!text.contains(said["id"].as_str().unwrap()), "{said}");
    }
    // By the consultation's reference, too; and again without being sent again.
    let reference = read.json["consultation"]["reference"].as_str().unwrap();
    let latest = format!("/v1/consultations/{reference}/reports/latest");
    assert_eq!(stranger.get(&latest).await.expect(200).text(), text);
    let again = Ask::of("GET", &path).header("if-none-match", read.etag());
    stranger.send(again).await.expect(304);
    assert_eq!(
        world
            .lead
            .get(format!("/v1/consultations/{consultation}"))
            .await
            .json["status"],
        "reported"
    );
    let listed = stranger
        .get(format!(
            "/v1/reports?consultation={consultation}&status=published"
        ))
        .await
        .expect(200);
    assert_eq!(listed.items().len(), 1);
    world
        .lead
        .patch(&path, 2, json!({"commentary": {}}))
        .await
        .problem(409, "report-published");
    publish(&world, &report).await.problem(409, "report-published");
}

#[actix_web::test]
async fn what_is_published_does_not_move_and_what_is_taken_back_is_gone() {
    let world = World::start().await;
    let (consultation, said, report) = published(&world, json!({})).await;
    let path = address(&report);
    let stranger = world.service.stranger();
    let before = stranger.get(&path).await.expect(200);
    let words = quotes(&before.json);
    assert!(words.len() >= 2, "{words:?}");

    // Recoded, withdrawn in review, renamed, taken back.
    let other = world.theme(&consultation, "other-things", json!({})).await;
    world.code(&said[1], &[&other]).await;
    let path_of = |id: &str| format!("/v1/contributions/{id}");
    let notes = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/discussions"))
        .await;
    let reasons = world.lead.all("/v1/review-reasons").await;
    let reason = reasons
        .iter()
        .find(|one| one["to"].as_array().unwrap().contains(&json!("withdrawn")))
        .unwrap();
    let moved = json!({"to": "withdrawn", "reason_id": reason["id"], "note": "It was another meeting's."});
    let review = format!("/v1/discussions/{}/review", notes[1]["id"].as_str().unwrap());
    world.lead.post(review, moved).await.expect(200);
    let themes = format!("/v1/consultations/{consultation}/themes");
    let theme = world.lead.all(&themes).await.remove(0);
    let renamed = format!("{themes}/{}", theme["id"].as_str().unwrap());
    let version = theme["version"].as_i64().unwrap();
    world
        .lead
        .patch(renamed, version, json!({"label": "Another name"}))
        .await
        .expect(200);
    let whole = json!({"scope": "all", "asked_by": "speaker"});
    world
        .lead
        .post(format!("{}/withdrawal", path_of(&said[0])), whole)
        .await
        .expect(200);

    let after = stranger.get(&path).await.expect(200);
    let left = quotes(&after.json);
    assert!(left.len() < words.len(), "{left:?}");
    assert!(!after.text().contains("Point 0 of table 0."));
    for figure in [
        "collation",
        "tables",
        "codeframe",
        "digest",
        "commentary",
        "limitations",
    ] {
        let plain = |report: &Value| {
            let mut figure = report[figure].clone();
            if figure == report["collation"] {
                for theme in figure["themes"].as_array_mut().unwrap() {
                    theme["quotes"] = json!([]);
                }
            }
            figure
        };
        assert_eq!(plain(&after.json), plain(&before.json), "{figure}");
    }
    let held = verify(after.text().as_bytes()).unwrap();
    assert!(held.taken_out > 0);
    // What was taken back has no salt left by which a guess could be checked; what a review withdrew may come back.
    let unsalted = "SELECT 'one' AS text FROM report_quotes WHERE salt IS NULL AND hash IS NOT NULL";
    let unsalted = world.service.database.texts(unsalted).await.len();
    assert!(
        unsalted > 0 && unsalted < held.taken_out,
        "{unsalted} of {}",
        held.taken_out
    );
    // Whoever changes a figure in the file is found out.
    let forged = after.text().replacen("\"number\":1", "\"number\":2", 1);
    assert!(matches!(
        verify(forged.as_bytes()),
        Err(Broken::OtherDigest { .. })
    ));
}

/// A text changed by a clearance: its words are quoted no more in any form, and neither a figure nor the digest moves.
#[actix_web::test]
async fn what_a_clearance_replaces_is_gone_from_every_form_and_no_figure_moves() {
    let report = Published::start().await;
    let before = report.stranger().get(&report.path).await.expect(200).json;
    let clearing = async || {
        let replaced = json!({"replace": [{"start": 0, "end": 5, "with": "Something"}]});
        let clearance = format!("/v1/contributions/{}/clearance", report.said[0]);
        report.world.lead.post(clearance, replaced).await.expect(200);
    };
    gone_from_every_form(&report, clearing).await;
    let after = report.stranger().get(&report.path).await.expect(200);
    assert!(!after.text().contains("Something 0 of table 0."));
    for part in [
        "digest",
        "tables",
        "codeframe",
        "commentary",
        "limitations",
        "coding",
    ] {
        assert_eq!(after.json[part], before[part], "{part}");
    }
    let held = verify(after.text().as_bytes()).unwrap();
    assert!(held.taken_out > 0 && held.quotes > 0, "{held:?}");
}

/// SQL that changes a word in documents that are bytes, as somebody at the database would.
fn forge(database: &Database, table: &str, from: &str, to: &str) -> String {
    match database.is_postgres() {
        true => format!(
            "UPDATE {table} SET body = convert_to(replace(convert_from(body, 'UTF8'), '{from}', '{to}'), 'UTF8')"
        ),
        false => {
            format!("UPDATE {table} SET body = CAST(replace(CAST(body AS TEXT), '{from}', '{to}') AS BLOB)")
        }
    }
}

/// The same of one document of every release.
fn forge_release(database: &Database, name: &str, from: &str, to: &str) -> String {
    format!(
        "{} WHERE name = '{name}'",
        forge(database, "release_documents", from, to)
    )
}

/// Runs the service's own binary.
fn command(words: &[&str]) -> Ended {
    ended(env!("CARGO_BIN_EXE_command"), words)
}

/// What `collate check` says of reports; the rest of what it finds is asked of the log elsewhere.
fn checked(database: &Database) -> (Option<i32>, Vec<String>) {
    let check = command(&["check", "--database-url", &database.url]);
    let faults = check
        .printed
        .lines()
        .filter_map(|line| line.strip_prefix("FAULT: "));
    let of_reports =
        faults.filter(|fault| fault.starts_with("reports ") && !fault.contains("after the last act"));
    (check.status, of_reports.map(ToOwned::to_owned).collect())
}

#[actix_web::test]
async fn a_report_is_read_as_it_was_published_whatever_would_be_made_of_its_rows() {
    let world = World::start().await;
    let (_, _, report) = published(&world, json!({})).await;
    let path = address(&report);
    let before = world.service.stranger().get(&path).await.expect(200);
    let id = report["id"].as_str().unwrap();
    let database = &world.service.database;
    assert_eq!(checked(database), (Some(0), Vec::new()));

    // It is kept without anybody's words, and without their salts.
    let kept = match database.is_postgres() {
        true => "SELECT convert_from(body, 'UTF8') AS text FROM report_documents",
        false => "SELECT CAST(body AS TEXT) AS text FROM report_documents",
    };
    let body = database.texts(kept).await.remove(0);
    assert!(body.contains("People spoke of it.") && !body.contains("of table 0."));
    let parsed: Value = serde_json::from_str(&body).unwrap();
    for quote in parsed["quotes"].as_array().unwrap() {
        assert_eq!((&quote["text"], &quote["salt"]), (&Value::Null, &Value::Null));
    }

    // Whatever its rows and its release say by now, it stays, and what differs in figures is named.
    let (text, cast) = match database.is_postgres() {
        true => ("frozen::text", "::jsonb"),
        false => ("frozen", ""),
    };
    let title = report["consultation"]["title"].as_str().unwrap();
    database
        .run(&format!(
            "UPDATE reports SET frozen = replace({text}, '{title}', 'Other'){cast}"
        ))
        .await;
    let theme = report["codeframe"]["themes"][0]["label"].as_str().unwrap();
    database
        .run(&forge_release(database, "theme by group", theme, "Another label"))
        .await;
    let read = async || {
        let replica = world.service.replica().await;
        replica.stranger().get(&path).await.expect(200)
    };
    assert_eq!(read().await.text(), before.text());
    assert_eq!(checked(database), (Some(1), Vec::new()));
    database
        .run(&forge_release(
            database,
            "theme by group",
            "\"rounded\"",
            "\"exact\"",
        ))
        .await;
    assert_eq!(read().await.text(), before.text());
    let (status, faults) = checked(database);
    assert_eq!(status, Some(1));
    assert_eq!(
        faults,
        [format!(
            "reports {id} was published with other figures than its release has now, in: theme-by-group"
        )]
    );

    // Whoever changes what was kept is found out by the check, and by whoever reads it.
    database
        .run(&forge(
            database,
            "report_documents",
            "People spoke of it.",
            "Nobody did.",
        ))
        .await;
    let (status, faults) = checked(database);
    assert_eq!((status, faults.len()), (Some(1), 2), "{faults:?}");
    assert!(
        faults[0].starts_with(&format!("reports {id} is not what was published: ")),
        "{faults:?}"
    );
    assert!(matches!(
        verify(read().await.text().as_bytes()),
        Err(Broken::OtherDigest { .. })
    ));
    database
        .run(&forge(database, "report_documents", "{\"id\"", "{\"di\""))
        .await;
    let (_, faults) = checked(database);
    assert_eq!(
        faults,
        [format!("reports {id} cannot be read, or its release cannot")]
    );
}

/// Reports of before they were kept as they were published.
#[actix_web::test]
async fn a_report_of_before_is_put_together_until_it_is_kept() {
    let world = World::start().await;
    let (consultation, _, first) = published(&world, json!({})).await;
    let second = written(&world, &draft(&world, &consultation).await).await;
    let second = publish(&world, &second).await.expect(200).json;
    let database = &world.service.database;
    let kept = "SELECT 'one' AS text FROM report_documents";
    assert_eq!(database.texts(kept).await.len(), 2);
    database.run("DELETE FROM report_documents").await;
    let stranger = world.service.stranger();
    for report in [&first, &second] {
        let read = stranger.get(address(report)).await.expect(200);
        assert_eq!(verify(read.text().as_bytes()).unwrap().digest, report["digest"]);
    }
    // One of the two is something else by now, and is not kept as if it had been published so.
    database
        .run("UPDATE reports SET previous_digest = 'another' WHERE number = 2")
        .await;
    let replica = world.service.replica().await;
    database
        .until_none("SELECT 'one' AS text FROM reports WHERE number = 1 AND id NOT IN (SELECT report_id FROM report_documents)")
        .await;
    let read = replica.stranger().get(address(&first)).await.expect(200);
    verify(read.text().as_bytes()).unwrap();
    let (status, faults) = checked(database);
    assert_eq!((status, faults.len()), (Some(1), 1), "{faults:?}");
    assert!(faults[0].contains(second["id"].as_str().unwrap()), "{faults:?}");
    let auditor = world.user(json!({"role": "auditor"})).await;
    let acts = auditor.all("/v1/audit-events?act=service:keep-reports").await;
    assert_eq!(acts.len(), 1, "{acts:#?}");
}

#[actix_web::test]
async fn whoever_has_the_file_can_tell_whether_it_is_what_was_published() {
    let world = World::start().await;
    let (_, said, report) = published(&world, json!({})).await;
    let stranger = world.service.stranger();
    let whole = stranger
        .get(format!("{}.json", address(&report)))
        .await
        .expect(200);
    let file = std::env::temp_dir().join(format!("collate_test_{}.json", tests::new_id()));
    let told = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        command(&[&["report", "verify", file.to_str().unwrap()], more].concat())
    };
    let verified = |text: &str| told(text, &[]);
    let of_digest = |text: &str, digest: &str| told(text, &["--digest", digest]);
    let digest = report["digest"].as_str().unwrap();
    let words = quotes(&report);

    let good = verified(&whole.text());
    assert_eq!((good.status, &*good.complained), (Some(0), ""));
    assert_eq!(
        good.printed,
        format!(
            "Nothing in it was changed since it got its digest. Compare that with the one that was published, for whoever changes a report can \
             change its digest as well: {digest}.\nThe report before it: none.\nQuotes whose words hold: {}; taken out \
             since: 0.\n",
            words.len()
        )
    );
    let good = of_digest(&whole.text(), &digest.to_uppercase());
    assert_eq!(good.status, Some(0));
    let named = format!("This is what was published: its digest is the one that you named: {digest}.\n");
    assert!(good.printed.starts_with(&named), "{good:?}");
    // Whoever forges a figure can forge the digest, and is found by the one that was published.
    let mut forged = whole.json.clone();
    forged["tables"][0]["rows"][0]["cells"][0]["value"] = 4711.into();
    let complained = verified(&forged.to_string()).complained;
    let of_forged = complained
        .split("its digest is ")
        .nth(1)
        .and_then(|rest| rest.get(..64));
    forged["digest"] = of_forged.unwrap().into();
    assert_eq!(verified(&forged.to_string()).status, Some(0));
    let found = of_digest(&forged.to_string(), digest);
    assert_eq!((found.status, &*found.printed), (Some(1), ""));
    let why = "this is another report than the one that you named: its digest is ";
    assert!(found.complained.contains(why), "{found:?}");
    let refused = |text: &str, why: &str| {
        let refused = verified(text);
        assert_eq!((refused.status, &*refused.printed), (Some(1), ""), "{why}");
        assert!(refused.complained.contains(why), "{}", refused.complained);
    };
    // A figure; a quote, where it is listed and within the collation; what is no report, or was never published.
    let figure = report["tables"][0]["rows"][0]["cells"][0]["id"].as_str().unwrap();
    let stands = format!("\"id\":\"{figure}\",\"value\":");
    refused(
        &whole.text().replacen(&stands, &format!("{stands}1"), 1),
        "something in it was changed: its digest is ",
    );
    let mut forged = whole.json.clone();
    forged["quotes"][0]["text"] = "We like it as it is.".into();
    refused(
        &forged.to_string(),
        "the words of these quotes are not those that were published: ",
    );
    let mut forged = whole.json.clone();
    let themes = forged["collation"]["themes"].as_array_mut().unwrap();
    let quoted = themes
        .iter_mut()
        .find(|theme| theme["quotes"][0].is_object())
        .unwrap();
    quoted["quotes"][0]["text"] = "We like it as it is.".into();
    let under = quoted["id"].as_str().unwrap().to_owned();
    refused(
        &forged.to_string(),
        &format!("its collation quotes words that none of its quotes has, under these themes: {under}"),
    );
    refused("[]", "this is no report as JSON: ");
    let mut draft = whole.json.clone();
    draft["digest"] = Value::Null;
    refused(
        &draft.to_string(),
        "this report was not published: it has no digest",
    );

    let taken_back = json!({"scope": "quote", "asked_by": "speaker"});
    world
        .lead
        .post(format!("/v1/contributions/{}/withdrawal", said[0]), taken_back)
        .await
        .expect(200);
    let after = stranger
        .get(format!("{}.json", address(&report)))
        .await
        .expect(200);
    let left = verified(&after.text());
    let gone = words.len() - quotes(&after.json).len();
    assert!(left.status == Some(0) && gone > 0, "{left:?}");
    assert!(
        left.printed.ends_with(&format!("; taken out since: {gone}.\n")),
        "{left:?}"
    );
    std::fs::remove_file(&file).unwrap();
    let missing = command(&["report", "verify", file.to_str().unwrap()]);
    assert_eq!(missing.status, Some(1));
    assert!(missing.complained.contains(file.to_str().unwrap()), "{missing:?}");
}

/// An exact total that mixes tables and responses tells of people. Where nothing came by a response it is of points recorded, and exact.
#[actix_web::test]
async fn no_exact_total_of_people_is_published_and_those_of_tables_alone_are() {
    let world = World::start().await;
    let (consultation, _) = closed(&world, json!({})).await;
    let report = written(&world, &draft(&world, &consultation).await).await;
    let total = &report["collation"]["themes"][0]["contributions"];
    assert_eq!(total["status"], "rounded");
    let value = &total["value"];
    let as_shown = |status: &str| format!("\"contributions\":{{\"value\":{value},\"status\":\"{status}\"}}");
    let (rounded, exact) = (as_shown("rounded"), as_shown("exact"));
    let database = &world.service.database;
    database
        .run(&forge_release(database, "collation", &rounded, &exact))
        .await;
    let refused = publish(&world, &report).await.problem(409, "report-not-ready");
    let faults = refused.json["errors"].as_array().unwrap();
    assert!(
        faults.iter().all(|fault| fault["code"] == "table-leaks"),
        "{faults:?}"
    );
    assert!(
        faults.iter().any(|fault| fault["pointer"] == "/tables/themes"),
        "{faults:?}"
    );
    database
        .run(&forge_release(database, "collation", &exact, &rounded))
        .await;
    publish(&world, &report).await.expect(200);

    let alone = world.open(json!({"group_ids": []})).await;
    let theme = world.theme(&alone, "food", json!({})).await;
    for meeting in [&world.meeting_a, &world.meeting_b, &world.meeting_c] {
        let notes = world.discussion(&alone, meeting, json!({})).await;
        for said in tests::world::contribution_ids(&notes) {
            world.code(&said, &[&theme]).await;
        }
    }
    world.move_to(&alone, "closed").await.ok();
    let report = draft(&world, &alone).await;
    assert_eq!(
        report["collation"]["themes"][0]["contributions"]["status"],
        "exact"
    );
    publish(&world, &report).await.expect(200);
}

/// Whoever waited for another to publish began before it was: the later report is the later one all the same.
#[actix_web::test]
async fn reports_follow_each_other_in_time_as_in_their_digests() {
    let world = World::start().await;
    let (consultation, _, first) = published(&world, json!({})).await;
    let second = written(&world, &draft(&world, &consultation).await).await;
    // The first was published by a clock that is ahead.
    world
        .service
        .database
        .run("UPDATE reports SET published_at = published_at + 3600000000")
        .await;
    let second = publish(&world, &second).await.expect(200).json;
    assert_eq!(second["previous_digest"], first["digest"]);
    let stranger = world.service.stranger();
    let latest = format!("/v1/consultations/{consultation}/reports/latest");
    assert_eq!(stranger.get(&latest).await.expect(200).json["id"], second["id"]);
    let superseded = |report: &Value| {
        let path = address(report);
        let stranger = stranger.clone();
        async move { stranger.get(path).await.expect(200).json["superseded_by"].clone() }
    };
    assert_eq!(superseded(&first).await, second["id"]);
    assert_eq!(superseded(&second).await, Value::Null);
    let order = "SELECT 'one' AS text FROM reports late JOIN reports early ON early.number = 1 AND late.number = 2 \
                 WHERE late.published_at = early.published_at + 1";
    assert_eq!(world.service.database.texts(order).await, ["one"]);
}

/// Words that are taken back while they are published: whichever comes first, no salt of theirs is left.
#[actix_web::test]
async fn no_salt_outlives_words_that_are_taken_back_meanwhile() {
    let world = World::start().await;
    let (consultation, said) = closed(&world, json!({})).await;
    let report = written(&world, &draft(&world, &consultation).await).await;
    let database = &world.service.database;
    let publishing = {
        let (lead, path) = (world.lead.clone(), format!("{}/publish", address(&report)));
        // Once: between it and its repeat the words may be gone, and the repeat 410.
        async move { lead.send_once(Ask::of("POST", path).json(&json!({}))).await }
    };
    let taking_back = {
        let lead = world.lead.clone();
        let path = format!("/v1/contributions/{}/withdrawal", said[0]);
        async move {
            lead.post(path, json!({"scope": "all", "asked_by": "speaker"}))
                .await
        }
    };
    if database.is_postgres() {
        // Publishing is stopped where it seals the first quote, and words are taken back then.
        let beside = Connect::connect(&database.url).await.unwrap();
        let stop = beside.begin().await.unwrap();
        stop.execute_unprepared("SELECT 1 FROM report_quotes FOR UPDATE")
            .await
            .unwrap();
        let own = stop
            .query_one_raw(sea_orm::Statement::from_string(
                sea_orm::DbBackend::Postgres,
                "SELECT pg_backend_pid()::text AS text",
            ))
            .await
            .unwrap()
            .unwrap();
        let own: String = own.try_get("", "text").unwrap();
        let waiting = async |of: &str| {
            let waits = format!(
                "SELECT pid::text AS text FROM pg_stat_activity WHERE {of} = ANY (pg_blocking_pids(pid))"
            );
            database.texts(&waits).await.pop()
        };
        let publishing = actix_web::rt::spawn(publishing);
        let publisher = loop {
            assert!(!publishing.is_finished());
            if let Some(publisher) = waiting(&own).await {
                break publisher;
            }
        };
        let taking_back = actix_web::rt::spawn(taking_back);
        while !taking_back.is_finished() && waiting(&publisher).await.is_none() {}
        stop.commit().await.unwrap();
        publishing.await.unwrap().expect(200);
        taking_back.await.unwrap().expect(200);
        beside.close().await.unwrap();
    } else {
        let (_, taken_back) = futures_util::future::join(publishing, taking_back).await;
        taken_back.expect(200);
    }
    let salted = "SELECT 'one' AS text FROM report_quotes quote JOIN contributions said ON said.id = quote.contribution_id \
                  WHERE quote.salt IS NOT NULL AND said.quote_withdrawn_at IS NOT NULL";
    assert_eq!(database.texts(salted).await, [""; 0]);
}

#[actix_web::test]
async fn publishing_is_refused_with_every_reason_at_once() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    let extra = json!({"contributions": [
        {"question": 1, "text": "Call me on 07700 900123.", "quote_consent": "quotable", "respondent_group": "service_user"},
        {"question": 1, "text": "Nobody codes this."}]});
    let more = world
        .discussion(
            &consultation,
            &world.meeting_a,
            tests::world::merged(json!({"table": "Table 9"}), extra),
        )
        .await;
    let more = tests::world::contribution_ids(&more);
    let theme = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/themes"))
        .await
        .remove(0);
    world.code(&more[0], &[theme["id"].as_str().unwrap()]).await;
    world.move_to(&consultation, "closed").await.ok();
    let report = draft(&world, &consultation).await;
    // A quote that is flagged, one to which nobody agreed, and one that is taken back later.
    let body = json!({"commentary": {"themes": [{"theme_id": theme["id"], "quote_ids": [more[0], said[1], said[0]]}]}});
    let report = world.lead.patch(address(&report), 1, body).await.expect(200).json;
    let whole = json!({"scope": "quote", "asked_by": "speaker"});
    world
        .lead
        .post(format!("/v1/contributions/{}/withdrawal", said[0]), whole)
        .await
        .expect(200);
    let reasons = world.lead.all("/v1/review-reasons").await;
    let reason = reasons
        .iter()
        .find(|one| one["to"].as_array().unwrap().contains(&json!("has_issues")))
        .unwrap();
    let response = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/responses"))
        .await
        .remove(0);
    let moved = json!({"to": "has_issues", "reason_id": reason["id"], "note": "Two sheets in one."});
    let review = format!("/v1/responses/{}/review", response["id"].as_str().unwrap());
    world.lead.post(review, moved).await.expect(200);
    let database = &world.service.database;
    database
        .run(&forge_release(
            database,
            "theme by group",
            "\"status\":\"rounded\"",
            "\"status\":\"exact\"",
        ))
        .await;

    let refused = publish(&world, &report).await.problem(409, "report-not-ready");
    let mut codes: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["code"].as_str().unwrap().to_owned())
        .collect();
    codes.sort();
    codes.dedup();
    for wanted in [
        "consent-missing",
        "has-issues",
        "not-cleared",
        "table-leaks",
        "uncoded-contributions",
    ] {
        assert!(
            codes.iter().any(|code| code == wanted),
            "{wanted} is not among {codes:?}"
        );
    }
    assert!(
        refused.json["errors"].as_array().unwrap().len() >= 6,
        "{}",
        refused.text()
    );
    // Nothing of it was stored.
    assert_eq!(
        world.lead.get(address(&report)).await.expect(200).json["status"],
        "draft"
    );
    let frozen = world
        .lead
        .get(format!("/v1/consultations/{consultation}/codeframes"))
        .await
        .expect(200);
    assert!(frozen.items().is_empty());
}

#[actix_web::test]
async fn what_nobody_coded_is_published_with_a_reason_only() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world
        .discussion(&consultation, &world.meeting_b, json!({"table": "Table 9"}))
        .await;
    world.move_to(&consultation, "closed").await.ok();
    let report = draft(&world, &consultation).await;
    publish(&world, &report).await.problem(409, "report-not-ready");
    let body = json!({"uncoded_reason": "It came after coding had ended."});
    let reply = world
        .lead
        .post(format!("{}/publish", address(&report)), body)
        .await
        .expect(200);
    assert!(reply.text().contains("It came after coding had ended."));
    assert!(
        reply.json["limitations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["code"] == "uncoded-contributions")
    );
}

#[actix_web::test]
async fn a_second_version_names_the_first_and_a_retracted_one_is_gone() {
    let world = World::start().await;
    let (consultation, _, first) = published(&world, json!({})).await;
    let second = written(&world, &draft(&world, &consultation).await).await;
    assert_eq!(
        (&second["number"], &second["release_id"]),
        (&json!(2), &first["release_id"])
    );
    let second = publish(&world, &second).await.expect(200).json;
    assert_eq!(second["previous_digest"], first["digest"]);
    let stranger = world.service.stranger();
    let read = stranger.get(address(&first)).await.expect(200);
    assert_eq!(read.json["superseded_by"], second["id"]);
    verify(read.text().as_bytes()).unwrap();
    let latest = format!("/v1/consultations/{consultation}/reports/latest");
    assert_eq!(stranger.get(&latest).await.expect(200).json["id"], second["id"]);

    let reason = json!({"reason": "A table was printed twice."});
    let retract = |report: &Value| format!("{}/retract", address(report));
    world
        .lead
        .post(retract(&second), reason.clone())
        .await
        .expect(200);
    let gone = stranger
        .get(address(&second))
        .await
        .problem(410, "report-retracted");
    let detail = gone.json["detail"].as_str().unwrap();
    assert!(
        detail.contains("A table was printed twice.") && detail.contains(first["id"].as_str().unwrap()),
        "{detail}"
    );
    assert_eq!(stranger.get(&latest).await.expect(200).json["id"], first["id"]);
    assert_eq!(
        stranger.get(address(&first)).await.json["superseded_by"],
        Value::Null
    );
    world
        .lead
        .post(retract(&second), reason.clone())
        .await
        .problem(410, "report-retracted");
    world.lead.post(retract(&first), reason).await.expect(200);
    stranger.get(&latest).await.problem(404, "not-found");
    assert_eq!(
        world
            .lead
            .get(format!("/v1/consultations/{consultation}"))
            .await
            .json["status"],
        "analysing"
    );
    // What was published once is not opened again.
    world
        .move_to(&consultation, "open")
        .await
        .problem(409, "status-not-allowed");
}

/// What people open says why a report is gone, and where another stands; programs are told by a problem.
#[actix_web::test]
async fn people_are_told_on_a_page_that_a_report_was_taken_back() {
    let world = World::start().await;
    let (consultation, _, first) = published(&world, json!({})).await;
    let second = draft(&world, &consultation).await;
    let second = publish(&world, &second).await.expect(200).json;
    let stranger = world.service.stranger();
    let retract = async |report: &Value, reason: &str| {
        let path = format!("{}/retract", address(report));
        world.lead.post(path, json!({"reason": reason})).await.expect(200)
    };
    let told = async |caller: &Caller, path: &str| {
        let page = caller.get(path).await.expect(410);
        assert_eq!(page.media_type(), Some("text/html"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(page.header("etag"), None, "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        page.text()
    };
    let pages = ["", "/easy-read", "/outcomes"].map(|form| format!("/reports/MHW-1{form}"));

    // Another stands: the address of the consultation shows that, and the report's own says where it is.
    retract(&second, "A table <was> printed twice.").await;
    let says = told(&stranger, &format!("{}.html", address(&second))).await;
    for words in [
        "This report was taken back",
        "A table &lt;was&gt; printed twice.",
        "href=\"/reports/MHW-1\"",
    ] {
        assert!(says.contains(words), "{words}: {says}");
    }
    // Who read the one that is gone learns of it where the one before it stands.
    for page in &pages {
        let shown = stranger.get(page).await.expect(200).text();
        let told = "Report 2, which came after this one, was taken back. A table &lt;was&gt; printed twice.";
        assert!(shown.contains(told), "{page}: {shown}");
    }
    let shown = stranger.get(&pages[0]).await.text();
    assert!(shown.contains(&format!("{}.pdf", address(&first))), "{shown}");

    // None stands.
    retract(&first, "Names stood in it.").await;
    for page in pages.iter().chain([&format!("{}.html", address(&first))]) {
        let says = told(&stranger, page).await;
        assert!(
            says.contains("Names stood in it.") && says.contains("No other report takes its place"),
            "{page}: {says}"
        );
        let head = Ask::new(Method::HEAD, page.clone());
        stranger.send(head).await.expect(410);
    }
    for form in ["", ".json", ".csv", ".pdf", ".docx", ".xlsx", ".zip"] {
        stranger
            .get(format!("{}{form}", address(&first)))
            .await
            .problem(410, "report-retracted");
    }
    assert!(!stranger.get("/").await.expect(200).text().contains("MHW-1"));
    stranger.get("/reports/MHW-2").await.problem(404, "not-found");

    // What is published then stands there, whatever was told before.
    let third = draft(&world, &consultation).await;
    let third = publish(&world, &third).await.expect(200).json;
    let shown = stranger.get(&pages[0]).await.expect(200).text();
    assert!(shown.contains(&format!("{}.pdf", address(&third))), "{shown}");
    let says = told(&stranger, &format!("{}.html", address(&first))).await;
    assert!(says.contains("href=\"/reports/MHW-1\""), "{says}");
}

#[actix_web::test]
async fn of_what_not_everybody_may_read_strangers_are_not_told_that_it_was_taken_back() {
    let world = World::start().await;
    let (_, _, report) = published(&world, json!({"public": false})).await;
    let path = format!("{}/retract", address(&report));
    let reason = json!({"reason": "Names stood in it."});
    world.lead.post(path, reason).await.expect(200);
    let auditor = world.user(json!({"role": "auditor"})).await;
    let stranger = world.service.stranger();
    let own = format!("{}.html", address(&report));
    let pages = ["", "/easy-read", "/outcomes"].map(|form| format!("/reports/MHW-1{form}"));
    for page in pages.iter().chain([&own]) {
        for caller in [&stranger, &world.admin] {
            caller.get(page).await.problem(404, "not-found");
        }
        for caller in [&auditor, &world.lead] {
            let says = caller.get(page).await.expect(410).text();
            assert!(says.contains("Names stood in it."), "{page}: {says}");
        }
    }
}

async fn body_reader(world: &World) -> Caller {
    world
        .user(json!({"role": "clinical_reference_group", "body_id": world.body}))
        .await
}

#[actix_web::test]
async fn who_may_not_read_a_report_is_told_there_is_none() {
    let world = World::start().await;
    let (consultation, _) = closed(&world, json!({"public": false})).await;
    let report = written(&world, &draft(&world, &consultation).await).await;
    let path = address(&report);
    let steering = world.user(json!({"role": "steering_group"})).await;
    let body = body_reader(&world).await;
    let facilitator = world.facilitator(&world.a).await;
    let coder = world
        .user(json!({"role": "coder", "consultation_id": consultation}))
        .await;
    let auditor = world.user(json!({"role": "auditor"})).await;
    let stranger = world.service.stranger();
    for caller in [&steering, &body, &facilitator, &coder, &stranger, &world.admin] {
        for form in ["", ".json", ".html", ".csv"] {
            caller
                .get(format!("{path}{form}"))
                .await
                .problem(404, "not-found");
        }
        assert!(caller.get("/v1/reports").await.expect(200).items().is_empty());
    }
    auditor.get(&path).await.expect(200);
    publish(&world, &report).await.expect(200);
    for caller in [&steering, &body, &facilitator, &coder, &auditor] {
        let read = caller.get(&path).await.expect(200);
        assert_eq!(read.header("cache-control"), Some("private, no-cache"));
        assert_eq!(caller.get("/v1/reports").await.expect(200).items().len(), 1);
    }
    for caller in [&stranger, &world.admin] {
        caller.get(&path).await.problem(404, "not-found");
        caller
            .get(format!("/v1/consultations/{consultation}/reports/latest"))
            .await
            .problem(404, "not-found");
    }
    // A token that is none is refused, and not taken for nobody's.
    stranger
        .with_token("nobody", "none")
        .get(&path)
        .await
        .problem(401, "unauthenticated");
}

#[actix_web::test]
async fn what_a_commentary_names_must_be_there() {
    let world = World::start().await;
    let (consultation, said) = closed(&world, json!({})).await;
    let report = draft(&world, &consultation).await;
    let theme = &report["codeframe"]["themes"][0]["id"];
    let other = tests::world::new_id();
    let body = json!({"commentary": {
        "foreword": " ",
        "themes": [{"theme_id": other}, {"theme_id": theme, "quote_ids": [other, said[0], said[0]]}, {"theme_id": theme}],
        "sections": [{"section_ref": "9.9"}],
    }});
    let refused = world
        .lead
        .patch(address(&report), 1, body)
        .await
        .problem(422, "invalid");
    refused.faults(&[
        "/commentary/foreword",
        "/commentary/sections/0/section_ref",
        "/commentary/themes/0/theme_id",
        "/commentary/themes/1/quote_ids/0",
        "/commentary/themes/1/quote_ids/2",
        "/commentary/themes/2/theme_id",
    ]);
    let stated = json!({"commentary": {"background": "Precisely 4711 people came, and Dr Anna Smith."}});
    let warned = world
        .lead
        .patch(address(&report), 1, stated)
        .await
        .expect(200)
        .json;
    let codes: Vec<_> = warned["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["pointer"] == "/commentary/background")
        .collect();
    assert_eq!(codes.len(), 2, "{codes:?}");
}

#[actix_web::test]
async fn a_report_that_is_public_no_more_is_given_to_no_stranger_whatever_is_kept() {
    let world = World::start().await;
    let (consultation, _, report) = published(&world, json!({})).await;
    let path = address(&report);
    let page = format!(
        "/reports/{}",
        report["consultation"]["reference"].as_str().unwrap()
    );
    let mut addresses = vec![
        path.clone(),
        page.clone(),
        format!("{page}/easy-read"),
        format!("{page}/outcomes"),
        format!("{path}/tables/themes.csv"),
        format!("{path}/charts/themes.svg"),
        format!("{path}/changes"),
        format!("{path}/media"),
        format!("/v1/consultations/{consultation}/answer"),
        format!("/v1/consultations/{consultation}/reports/latest"),
    ];
    addresses.extend(["json", "html", "csv", "xlsx", "docx", "zip"].map(|form| format!("{path}.{form}")));
    let stranger = world.service.stranger();
    let of_consultation = format!("/v1/consultations/{consultation}");
    for public in [true, false, true] {
        let now = world.lead.get(&of_consultation).await.expect(200);
        let version = now.json["version"].as_i64().unwrap();
        world
            .lead
            .patch(&of_consultation, version, json!({"public": public}))
            .await
            .expect(200);
        // Twice, so that what lasts is asked for, too.
        for address in addresses.iter().chain(&addresses) {
            // Whoever may read it either way has it read anew; what is kept for them is not for everybody.
            let read = world.lead.get(address).await.expect(200);
            let kept = read.header("cache-control").unwrap();
            assert!(public || kept.starts_with("private"), "{address}: {kept}");
            let asked = stranger.get(address).await;
            match public {
                true => drop(asked.expect(200)),
                false => drop(asked.problem(404, "not-found")),
            }
        }
        let front = stranger.get("/").await.expect(200);
        assert_eq!(front.text().contains(&page), public);
    }
}

#[actix_web::test]
async fn a_draft_is_not_published_after_what_was_begun_later() {
    let world = World::start().await;
    let (consultation, _) = closed(&world, json!({})).await;
    let earlier = written(&world, &draft(&world, &consultation).await).await;
    let later = written(&world, &draft(&world, &consultation).await).await;
    publish(&world, &later).await.expect(200);
    let refused = publish(&world, &earlier).await.problem(409, "report-not-ready");
    let codes: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["code"])
        .collect();
    assert_eq!(codes, ["later-published"]);
    let latest = format!("/v1/consultations/{consultation}/reports/latest");
    assert_eq!(
        world.lead.get(latest).await.expect(200).id(),
        later["id"].as_str().unwrap()
    );
}

#[actix_web::test]
async fn what_stands_beside_a_report_goes_with_it() {
    let world = World::start().await;
    let (consultation, _, report) = published(&world, json!({})).await;
    let path = address(&report);
    let film = json!({"kind": "video", "title": "A film", "url": "https://example.org/film"});
    let film = world.lead.post(format!("{path}/media"), film).await.expect(201);
    let film = film.header("location").unwrap().to_owned();
    let delivery = json!({"body_id": world.body, "meeting_on": "2019-11-12"});
    world
        .lead
        .post(format!("{path}/deliveries"), delivery)
        .await
        .expect(201);
    let stranger = world.service.stranger();
    stranger.get(&film).await.expect(200);
    world
        .lead
        .post(format!("{path}/retract"), json!({"reason": "A table was wrong."}))
        .await
        .expect(200);
    for address in [film, format!("{path}/media")] {
        for caller in [&stranger, &world.lead] {
            let answer = caller.get(&address).await;
            assert!(matches!(answer.status, 404 | 410), "{address}: {}", answer.status);
        }
    }
    let outcome = json!({"decision": "accepted", "reason": "It helps.", "decided_on": "2019-11-14",
        "decided_by": "Adult secure services", "report_id": report["id"]});
    world
        .lead
        .post(format!("/v1/consultations/{consultation}/outcomes"), outcome)
        .await
        .faults(&["/report_id"]);
}

#[actix_web::test]
async fn a_repeat_shows_no_words_that_were_taken_back_meanwhile() {
    let world = World::start().await;
    let (consultation, said) = closed(&world, json!({})).await;
    let ask = |path: &str| {
        Ask::of("POST", path)
            .header("idempotency-key", "the-same-once-more")
            .json(&json!({}))
    };
    let beginning = format!("/v1/consultations/{consultation}/reports");
    let begun = world.lead.send(ask(&beginning)).await.expect(201);
    assert!(begun.text().contains("Point 0 of table 0."));
    let report = written(&world, &begun.json).await;
    let publishing = format!("{}/publish", address(&report));
    let published = world.lead.send(ask(&publishing)).await.expect(200);
    assert!(published.text().contains("Point 0 of table 0."));
    for (path, first) in [(&beginning, &begun), (&publishing, &published)] {
        let again = world.lead.send(ask(path)).await.expect(first.status);
        assert_eq!(
            (again.header("idempotency-replayed"), again.text()),
            (Some("true"), first.text())
        );
    }
    let taken_back = json!({"scope": "quote", "asked_by": "speaker"});
    let withdrawal = format!("/v1/contributions/{}/withdrawal", said[0]);
    world.lead.post(withdrawal, taken_back).await.expect(200);
    for path in [&beginning, &publishing] {
        let gone = world.lead.send(ask(path)).await.problem(410, "answer-gone");
        assert!(!gone.text().contains("Point 0"));
    }
}

#[actix_web::test]
async fn a_body_that_is_handed_a_draft_reads_no_words_that_could_not_be_published() {
    let world = World::start().await;
    let (consultation, said) = world.told(json!({})).await;
    let themes = world
        .lead
        .all(&format!("/v1/consultations/{consultation}/themes"))
        .await;
    let named = |label: &str| themes.iter().find(|theme| theme["label"] == label).unwrap();
    let (food, theme) = (named("Food"), named("Walks"));
    // The seventh may be quoted, and counts under food alone.
    world.code(&said[6], &[food["id"].as_str().unwrap()]).await;
    world.move_to(&consultation, "closed").await.ok();
    let begun = draft(&world, &consultation).await;
    let chosen = [&said[0], &said[6]];
    let quotable: Vec<_> = begun["draft"]["quotes_on_offer"]
        .as_array()
        .unwrap()
        .iter()
        .map(|quote| quote["contribution_id"].as_str().unwrap())
        .collect();
    assert!(
        chosen.iter().all(|id| quotable.contains(&id.as_str())),
        "{quotable:?}"
    );
    let commentary = json!({"themes": [{"theme_id": theme["id"], "quote_ids": chosen}]});
    let version = begun["draft"]["version"].as_i64().unwrap();
    let written = world
        .lead
        .patch(address(&begun), version, json!({"commentary": commentary}))
        .await
        .expect(200);
    assert_eq!(quotes(&written.json).len(), 2);
    let delivery = json!({"body_id": world.body, "meeting_on": "2019-11-12"});
    world
        .lead
        .post(format!("{}/deliveries", address(&begun)), delivery)
        .await
        .expect(201);
    let refused = publish(&world, &begun).await.problem(409, "report-not-ready");
    let codes: Vec<_> = refused.json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["not-counted"]);
    let read = body_reader(&world).await.get(address(&begun)).await.expect(200);
    assert_eq!(quotes(&read.json), ["Point 0 of table 0."]);
    assert!(!read.text().contains("Point 0 of table 1."));
}
