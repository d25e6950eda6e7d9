//! The schema's history runs both ways.

use collate::store::{Direction, migrate};
use sea_orm::{ConnectionTrait, Database as Connect, DbBackend, Statement};
use tests::database::{Database, alone};

/// Every table, column, constraint and index, in the database's own words.
async fn schema(url: &str, name: &str) -> Vec<String> {
    let connection = Connect::connect(url).await.unwrap();
    let backend = connection.get_database_backend();
    let queries: Vec<String> = if backend == DbBackend::Postgres {
        vec![
            format!(
                "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line
                 FROM information_schema.columns WHERE table_schema = '{name}'"
            ),
            format!(
                "SELECT concat_ws(' ', conrelid::regclass::text, conname, pg_get_constraintdef(oid)) AS line
                 FROM pg_constraint WHERE connamespace = '{name}'::regnamespace"
            ),
            format!("SELECT indexdef AS line FROM pg_indexes WHERE schemaname = '{name}'"),
        ]
    } else {
        vec!["SELECT name || ' ' || coalesce(sql, '') AS line FROM sqlite_master".to_owned()]
    };
    let mut lines = Vec::new();
    for query in queries {
        for row in connection
            .query_all_raw(Statement::from_string(backend, query))
            .await
            .unwrap()
        {
            lines.push(row.try_get::<String>("", "line").unwrap());
        }
    }
    connection.close().await.unwrap();
    lines.sort();
    lines
}

#[actix_web::test]
async fn up_down_to_nothing_and_up_again_is_the_same_schema() {
    let database = Database::empty();
    let (url, name) = (database.url.clone(), database.schema().to_owned());
    alone(async move {
        migrate(&url, Direction::Up).await.unwrap();
        let first = schema(&url, &name).await;
        assert!(
            first.iter().any(|line| line.contains("contributions")),
            "{first:#?}"
        );

        let mut steps = 0;
        let bare = loop {
            let before = schema(&url, &name).await;
            let ours = before
                .iter()
                .filter(|line| !line.contains("seaql_migrations"))
                .count();
            if ours == 0 {
                break before;
            }
            migrate(&url, Direction::Down).await.unwrap();
            steps += 1;
            assert!(steps < 100, "down leaves something behind: {before:#?}");
        };
        assert!(bare.iter().all(|line| line.contains("seaql_migrations")));

        migrate(&url, Direction::Up).await.unwrap();
        let again = schema(&url, &name).await;
        assert_eq!(first, again);
        // Up once more has nothing to do.
        migrate(&url, Direction::Up).await.unwrap();
        assert_eq!(schema(&url, &name).await, again);
    });
}

#[actix_web::test]
async fn every_constraint_has_a_name() {
    let database = Database::empty();
    let (url, name) = (database.url.clone(), database.schema().to_owned());
    let postgres = database.is_postgres();
    alone(async move {
        migrate(&url, Direction::Up).await.unwrap();
        for line in schema(&url, &name).await {
            if line.contains("seaql_migrations") || line.contains("sqlite_sequence") {
                continue;
            }
            if !postgres {
                // SQLite makes an index for what is unique; the constraint behind it stands in the table's own text.
                for (at, _) in line
                    .match_indices("PRIMARY KEY")
                    .chain(line.match_indices("REFERENCES "))
                {
                    let before = line.get(..at).unwrap();
                    let named = before
                        .rfind("CONSTRAINT ")
                        .unwrap_or_else(|| panic!("no name before {at}: {line}"));
                    assert!(
                        !before.get(named..).unwrap().contains(",\n"),
                        "no name before {at}: {line}"
                    );
                }
            }
        }
    });
}

/// What the log is asked by most, who and which act, is found without reading all of it.
#[actix_web::test]
async fn the_log_has_an_index_for_who_and_for_which_act() {
    let database = Database::empty();
    let (url, name) = (database.url.clone(), database.schema().to_owned());
    let postgres = database.is_postgres();
    alone(async move {
        migrate(&url, Direction::Up).await.unwrap();
        for (filter, columns) in [
            ("actor_id IN (x'00')", "(actor_id, at, id)"),
            ("act IN ('session:sign-in')", "(act, at, id)"),
        ] {
            let mut lines = schema(&url, &name).await;
            lines.retain(|line| line.contains("INDEX ix_audit_events_"));
            assert!(
                lines.iter().any(|line| line.ends_with(columns)),
                "{columns}: {lines:#?}"
            );
            if postgres {
                // How it plans depends on how many rows there are.
                continue;
            }
            let connection = Connect::connect(&url).await.unwrap();
            let asked = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM audit_events WHERE {filter} AND at >= 1 AND (at > 2 OR (at = 2 AND \
                 id > x'00')) ORDER BY at, id LIMIT 51"
            );
            let plan = connection
                .query_all_raw(Statement::from_string(DbBackend::Sqlite, asked))
                .await
                .unwrap();
            connection.close().await.unwrap();
            let plan: Vec<String> = plan
                .iter()
                .map(|row| row.try_get("", "detail").unwrap())
                .collect();
            let field = filter.split(' ').next().unwrap();
            assert!(
                plan.len() == 1 && plan[0].contains("SEARCH") && plan[0].contains(&format!("{field}=?")),
                "read from the index, in its order: {plan:?}"
            );
        }
    });
}
