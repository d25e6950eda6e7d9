//! The schema's history runs both ways.

use collate::{
    config::Migration,
    server,
    store::{Direction, migrate},
};
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

/// A mistyped path must not look like success.
#[actix_web::test]
async fn a_missing_file_is_made_by_the_commands_that_begin_something_alone() {
    let folder = std::env::temp_dir().join(format!("collate_test_{}", tests::new_id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("collate.db");
    let url = &format!("sqlite://{}", file.display());
    let there = || file.exists();
    let refused = [
        ("check", server::check(url).await),
        ("keys rotate", server::rotate_keys(url).await),
        (
            "migrate status",
            server::migrate(url, Migration::Status).await.map(drop),
        ),
        (
            "migrate down",
            server::migrate(url, Migration::Down).await.map(drop),
        ),
    ];
    for (command, answer) in refused {
        let said = answer.expect_err(command).to_string();
        assert!(
            said.contains(&format!("there is no database at {}", file.display())),
            "{command}: {said}"
        );
    }
    // Nor below the commands.
    assert!(collate::store::pending(url).await.is_err());
    assert!(!there(), "a command made a database");
    assert_eq!(server::migrate(url, Migration::Up).await.unwrap(), [""; 0]);
    assert!(there());
    server::rotate_keys(url).await.unwrap();
    assert_eq!(server::migrate(url, Migration::Status).await.unwrap(), [""; 0]);
    assert_eq!(server::migrate(url, Migration::Down).await.unwrap().len(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}
