//! The demo, built on a database of its own and on no other.

use collate::server::Settings;
use sea_orm::{ConnectionTrait, Database as Connect, DbBackend, Statement};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::{Demo, Service, database::Database};

/// The tables of a database, and how many rows each has.
async fn stock(database: &Database) -> BTreeMap<String, i64> {
    let connection = Connect::connect(&database.url).await.unwrap();
    let backend = connection.get_database_backend();
    let query = async |sql: String| {
        let statement = Statement::from_string(backend, sql);
        connection.query_all_raw(statement).await.unwrap()
    };
    let tables = if backend == DbBackend::Postgres {
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let mut stock = BTreeMap::new();
    for table in query(tables.to_owned()).await {
        let name: String = table.try_get("", "name").unwrap();
        let count = query(format!("SELECT count(*) AS rows_there FROM \"{name}\"")).await;
        stock.insert(name, count[0].try_get("", "rows_there").unwrap());
    }
    connection.close().await.unwrap();
    stock
}

async fn demo(database: &Database) -> Result<(), String> {
    let settings = Settings {
        database_url: database.url.clone(),
        connections: 2,
        ..Settings::default()
    };
    let run = collate::demo::run(&settings, false).await;
    run.map_err(|error| error.to_string())
}

#[actix_web::test]
async fn a_database_of_another_program_is_refused_and_not_touched() {
    let database = Database::empty();
    let url = match database.is_postgres() {
        true => database.url.clone(),
        false => format!("{}?mode=rwc", database.url),
    };
    let connection = Connect::connect(&url).await.unwrap();
    for sql in [
        "CREATE TABLE recipes (id integer PRIMARY KEY)",
        "INSERT INTO recipes VALUES (1)",
    ] {
        connection.execute_unprepared(sql).await.unwrap();
    }
    connection.close().await.unwrap();
    let refused = demo(&database).await.unwrap_err();
    assert!(refused.contains("something else"), "{refused}");
    assert_eq!(
        stock(&database).await,
        BTreeMap::from([("recipes".to_owned(), 1)])
    );
}

#[actix_web::test]
async fn a_network_of_somebody_is_refused_and_not_touched() {
    let service = Service::start().await;
    let admin = service.admin().await;
    let body = json!({"kind": "sub_group", "name": "Ours"});
    admin.post("/v1/bodies", body).await.expect(201);
    let before = stock(&service.database).await;
    let refused = demo(&service.database).await.unwrap_err();
    assert!(refused.contains("something else"), "{refused}");
    assert_eq!(stock(&service.database).await, before);
}

#[actix_web::test]
async fn a_second_run_finds_what_the_first_built() {
    let database = Database::empty();
    demo(&database).await.unwrap();
    let built = stock(&database).await;
    assert_eq!((built["consultations"], built["groups"]), (2, 9));
    assert_eq!(
        (built["reports"], built["deliveries"], built["outcomes"]),
        (1, 2, 3)
    );
    demo(&database).await.unwrap();
    let mut again = stock(&database).await;
    // It signs in to print the collation, and that is all it does; the log says so.
    let sign_ins = again.insert("refresh_tokens".into(), built["refresh_tokens"]);
    assert!(sign_ins > Some(built["refresh_tokens"]), "{sign_ins:?}");
    let events = again.insert("audit_events".into(), built["audit_events"]);
    assert_eq!(events.unwrap() - built["audit_events"], 1);
    assert_eq!(again, built);

    let found = collate::store::check::check(&database.url).await.unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
    assert_eq!(found.events as i64, built["audit_events"] + 1);
    assert_eq!(found.sealed, found.events, "it ends with everything sealed");
    let compared = ["contributions", "discussions", "responses", "codings", "themes"];
    assert!(found.rows as i64 > compared.iter().map(|table| built[*table]).sum());
}

#[actix_web::test]
async fn a_demo_that_was_interrupted_is_not_taken_for_one() {
    let database = Database::empty();
    demo(&database).await.unwrap();
    // Its last row has not arrived: as if it had been ended just before.
    database
        .run("DELETE FROM outcomes WHERE received_at = (SELECT max(received_at) FROM outcomes)")
        .await;
    let before = stock(&database).await;
    let refused = demo(&database).await.unwrap_err();
    assert!(refused.contains("not finished"), "{refused}");
    assert_eq!(stock(&database).await, before);
}

#[actix_web::test]
async fn what_is_written_to_its_report_wants_no_second_look() {
    let demo = Demo::start().await;
    let stranger = demo.service.stranger();
    let latest = format!("/v1/consultations/{}/reports/latest", demo.id);
    let report = stranger.get(&latest).await.expect(200).json;
    assert_eq!(report["status"], "published");
    let list = |name: &str| report["commentary"][name].as_array().unwrap();
    assert_eq!(
        list("themes").len(),
        report["codeframe"]["themes"].as_array().unwrap().len()
    );
    assert!((15..=25).contains(&list("easy_read").len()));
    assert!(
        report["commentary"]["foreword"]
            .as_str()
            .unwrap()
            .contains("illustration")
    );
    assert!(report["quotes"].as_array().unwrap().len() >= 20);
    // Warnings are told of drafts: the same words, in another one.
    let reports = format!("/v1/consultations/{}/reports", demo.id);
    let draft = demo.lead.post(reports, json!({})).await.expect(201).json;
    let mut commentary = report["commentary"].clone();
    for theme in commentary["themes"].as_array_mut().unwrap() {
        theme["quote_ids"] = json!([]);
    }
    let path = format!("/v1/reports/{}", draft["id"].as_str().unwrap());
    let body = json!({ "commentary": commentary });
    let warned = demo.lead.patch(path, 1, body).await.expect(200).json;
    assert_eq!(warned["warnings"], Value::Null, "{:#}", warned["warnings"]);
    // Some of it is decided, and the rest waits.
    let answer = format!("/v1/consultations/{}/answer", demo.id);
    let answer = stranger.get(answer).await.expect(200).json;
    assert_eq!(answer["status"], "delivered");
    assert_eq!(
        answer["unanswered"].as_array().unwrap().len(),
        list("themes").len() - 3
    );
    // The other consultation is open for whoever tries the service.
    let all = demo.lead.all("/v1/consultations").await;
    let stands: Vec<_> = all
        .iter()
        .map(|one| (&one["reference"], &one["status"]))
        .collect();
    assert_eq!(
        stands,
        [
            (&json!("MHW-2019"), &json!("delivered")),
            (&json!("RI-2020"), &json!("open"))
        ]
    );
}
