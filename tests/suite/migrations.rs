//! The schema's history runs both ways.

use crate::reporting::published;
use collate::{
    commands,
    config::Migration,
    store::{Direction, check::check, migrate},
};
use sea_orm::{ConnectionTrait, Database as Connect, DbBackend, DbErr, Statement};
use serde_json::json;
use tests::{
    Service, World,
    database::{Database, alone},
    world::contribution_ids,
};

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

/// Migrates a database whose service has stopped.
fn step(database: &Database, direction: Direction) -> Result<(), DbErr> {
    let url = database.url.clone();
    alone(async move { migrate(&url, direction).await })
}

/// What a check finds, but for rows of tables that a step back took with it.
async fn faults_but_for_later_tables(database: &Database) -> (Vec<String>, u64) {
    let found = check(&database.url).await.unwrap();
    let mut faults = found.faults;
    faults.retain(|fault| !fault.starts_with("review_reasons ") && !fault.starts_with("version_steps "));
    (faults, found.undescribed)
}

/// Steps that came after the one that looks for personal data.
fn later_steps_back(database: &Database) {
    for _ in [
        "m0019_report_documents",
        "m0018_reports",
        "m0017_earlier_themes",
        "m0016_coding_work",
        "m0015_adjudication",
        "m0014_imports",
        "m0013_review",
        "m0012_repeats",
        "m0011_audit_indices",
        "m0010_retention",
    ] {
        step(database, Direction::Down).unwrap();
    }
}

#[actix_web::test]
async fn what_was_said_before_personal_data_was_looked_for_is_no_fault_after_the_step() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let posts = [
        world.discussion(&id, &world.meeting_a, json!({})).await,
        world.response(&id, json!({})).await,
    ];
    let database = world.service.database.clone();
    // Rows and their last events as they were written before: with nothing in the columns that the step adds.
    database.run("UPDATE contributions SET flags = NULL").await;
    database.run("UPDATE responses SET receipt_digest = NULL").await;
    let said: Vec<_> = posts.iter().flat_map(contribution_ids).collect();
    for said in &said {
        let stance = json!({"stance": "supports"});
        world
            .lead
            .patch(format!("/v1/contributions/{said}"), 1, stance)
            .await
            .expect(200);
    }
    drop(world);
    later_steps_back(&database);
    step(&database, Direction::Down).unwrap();
    let columns = schema(&database.url, database.schema()).await.join("\n");
    assert!(!columns.contains("flags") && !columns.contains("receipt_digest"));

    step(&database, Direction::Up).unwrap();
    assert_eq!(faults_but_for_later_tables(&database).await, (Vec::new(), 0));
    assert!(check(&database.url).await.unwrap().rows as usize > said.len());
    let _service = Service::start_on(database.clone());
    for missing in ["contributions WHERE flags", "responses WHERE receipt_digest"] {
        database
            .until_none(&format!("SELECT 'one' AS text FROM {missing} IS NULL"))
            .await;
    }
    assert_eq!(faults_but_for_later_tables(&database).await, (Vec::new(), 0));
}

#[actix_web::test]
async fn no_step_back_forgets_what_was_taken_back() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let notes = world.discussion(&id, &world.meeting_a, json!({})).await;
    let said = contribution_ids(&notes).remove(0);
    let whole = json!({"scope": "all", "asked_by": "speaker"});
    world
        .lead
        .post(format!("/v1/contributions/{said}/withdrawal"), whole)
        .await
        .expect(200);
    let database = world.service.database.clone();
    drop(world);
    later_steps_back(&database);
    let before = schema(&database.url, database.schema()).await;
    let refused = step(&database, Direction::Down).unwrap_err().to_string();
    assert!(
        refused.contains("took back all of what they had said (1 rows"),
        "{refused}"
    );
    assert_eq!(schema(&database.url, database.schema()).await, before);
    let kept = database
        .texts("SELECT scope AS text FROM withdrawals JOIN contributions said ON said.id = contribution_id WHERE said.withdrawn_at > 0")
        .await;
    assert_eq!(kept, ["all"]);
    // A quote that was taken back is one that nobody agreed to, before the step as after it.
    database.run("UPDATE withdrawals SET scope = 'quote'").await;
    step(&database, Direction::Down).unwrap();
}

#[actix_web::test]
async fn no_step_back_forgets_what_became_of_a_codeframe() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let food = world.theme(&id, "food", json!({})).await;
    let themes = format!("/v1/consultations/{id}/themes");
    let into = json!({"into": [{"code": "meals", "label": "Meals"}, {"code": "shop", "label": "Shop"}]});
    world.lead.post(format!("{themes}/{food}/split"), into).await.ok();
    let freeze = tests::Ask::of("POST", format!("/v1/consultations/{id}/codeframe/freeze"));
    world.lead.send(freeze).await.expect(201);
    let database = world.service.database.clone();
    drop(world);
    for (rows, forget) in [
        (2, "DELETE FROM codeframes"),
        (1, "UPDATE theme_versions SET act = 'changed'"),
    ] {
        let refused = (0..100)
            .find_map(|_| step(&database, Direction::Down).err())
            .unwrap()
            .to_string();
        assert!(refused.contains(&format!("({rows} rows)")), "{refused}");
        database.run(forget).await;
    }
    step(&database, Direction::Down).unwrap();
}

#[actix_web::test]
async fn no_step_back_forgets_which_theme_is_which() {
    let world = World::start().await;
    let earlier = world.open(json!({"opens_on": "2018-09-03"})).await;
    let later = world.open(json!({})).await;
    let meals = world.theme(&earlier, "meals", json!({})).await;
    let mapped = json!({"earlier_theme_id": meals});
    world.theme(&later, "food", mapped).await;
    let database = world.service.database.clone();
    drop(world);
    let refused = (0..100)
        .find_map(|_| step(&database, Direction::Down).err())
        .unwrap()
        .to_string();
    assert!(
        refused.contains("mapped to those of earlier consultations (1 rows"),
        "{refused}"
    );
    let kept = database
        .texts("SELECT code AS text FROM themes WHERE earlier_theme_id IS NOT NULL")
        .await;
    assert_eq!(kept, ["food"]);
    database.run("UPDATE themes SET earlier_theme_id = NULL").await;
    step(&database, Direction::Down).unwrap();
    let columns = schema(&database.url, database.schema()).await.join("\n");
    assert!(!columns.contains("earlier_theme_id"));
}

#[actix_web::test]
async fn no_step_back_forgets_what_was_published() {
    let world = World::start().await;
    published(&world, json!({})).await;
    let database = world.service.database.clone();
    drop(world);
    let refused = step(&database, Direction::Down).unwrap_err().to_string();
    assert!(refused.contains("published reports (1 rows)"), "{refused}");
    database.run("DELETE FROM report_documents").await;
    step(&database, Direction::Down).unwrap();
    step(&database, Direction::Up).unwrap();
    // What is not kept yet is put together, and kept, by the service.
    let _service = Service::start_on(database.clone());
    database
        .until_none(
            "SELECT 'one' AS text FROM reports WHERE id NOT IN (SELECT report_id FROM report_documents)",
        )
        .await;
}

#[actix_web::test]
async fn a_database_that_took_an_earlier_form_of_the_step_serves_and_goes_back() {
    let world = World::start().await;
    let database = world.service.database.clone();
    let json = if database.is_postgres() { "jsonb" } else { "text" };
    for earlier in [
        "DROP INDEX ix_contributions_unscreened",
        "DROP INDEX ix_responses_undigested",
        "ALTER TABLE contributions DROP COLUMN flags",
        &format!("ALTER TABLE contributions ADD COLUMN flags {json} NOT NULL DEFAULT '[]'"),
    ] {
        database.run(earlier).await;
    }
    let id = world.open(json!({})).await;
    let points = json!({"contributions": [{"question": 1, "text": "Ring 07700 900123.", "quote_consent": "quotable"}]});
    let notes = world.discussion(&id, &world.meeting_a, points).await;
    let said = format!("/v1/contributions/{}", contribution_ids(&notes)[0]);
    let clear = json!({"clear": true});
    let cleared = world
        .lead
        .post(format!("{said}/clearance"), clear)
        .await
        .expect(200);
    assert_eq!(cleared.json["flags"][0]["rule"], "phone");
    let quote = json!({"scope": "quote", "asked_by": "speaker"});
    world
        .lead
        .post(format!("{said}/withdrawal"), quote)
        .await
        .expect(200);
    drop(world.service.replica().await);
    drop(world);
    let found = check(&database.url).await.unwrap();
    assert_eq!((found.faults, found.undescribed), (Vec::new(), 0));
    later_steps_back(&database);
    step(&database, Direction::Down).unwrap();
    step(&database, Direction::Up).unwrap();
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

/// A mistyped path must not look like success.
#[actix_web::test]
async fn a_missing_file_is_made_by_the_commands_that_begin_something_alone() {
    let folder = std::env::temp_dir().join(format!("collate_test_{}", tests::new_id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("collate.db");
    let url = &format!("sqlite://{}", file.display());
    let there = || file.exists();
    let refused = [
        ("check", commands::check(url).await),
        ("keys rotate", commands::rotate_keys(url).await),
        (
            "migrate status",
            commands::migrate(url, Migration::Status).await.map(drop),
        ),
        (
            "migrate down",
            commands::migrate(url, Migration::Down).await.map(drop),
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
    assert_eq!(commands::migrate(url, Migration::Up).await.unwrap(), [""; 0]);
    assert!(there());
    commands::rotate_keys(url).await.unwrap();
    assert_eq!(commands::migrate(url, Migration::Status).await.unwrap(), [""; 0]);
    assert_eq!(commands::migrate(url, Migration::Down).await.unwrap().len(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}
