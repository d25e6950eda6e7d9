//! The demo, built on a database of its own and on no other.

use collate::server::Settings;
use sea_orm::{ConnectionTrait, Database as Connect, DbBackend, Statement};
use serde_json::json;
use std::collections::BTreeMap;
use tests::{Service, database::Database};

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
    assert_eq!((built["consultations"], built["groups"]), (1, 9));
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
