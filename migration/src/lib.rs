//! The schema's history. Migrations are the truth: entities follow them, never the other way round.
//!
//! Every migration is plain DDL that reads the same on SQLite and PostgreSQL but for three type names; every
//! constraint has a name, closed sets are CHECKed strings, instants are microseconds since 1970 in a BIGINT (text
//! timestamps of differing precision do not sort), and both ways run inside one transaction. Words of a closed set
//! are spelled out here and not taken from the domain: a migration that ran must not change with the code.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

mod m0001_people;
mod m0002_network;
mod m0003_consulting;
mod m0004_collecting;
mod m0005_coding;
mod m0006_audit;
mod m0007_api_clients;
mod m0008_releases;
mod m0009_personal_data;
mod m0010_retention;
mod m0011_audit_indices;
mod m0012_repeats;
mod m0013_review;
mod m0014_imports;
mod m0015_adjudication;
mod m0016_coding_work;
mod m0017_earlier_themes;
mod m0018_reports;
mod m0019_report_documents;

/// Every migration, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_network::Migration),
            Box::new(m0003_consulting::Migration),
            Box::new(m0004_collecting::Migration),
            Box::new(m0005_coding::Migration),
            Box::new(m0006_audit::Migration),
            Box::new(m0007_api_clients::Migration),
            Box::new(m0008_releases::Migration),
            Box::new(m0009_personal_data::Migration),
            Box::new(m0010_retention::Migration),
            Box::new(m0011_audit_indices::Migration),
            Box::new(m0012_repeats::Migration),
            Box::new(m0013_review::Migration),
            Box::new(m0014_imports::Migration),
            Box::new(m0015_adjudication::Migration),
            Box::new(m0016_coding_work::Migration),
            Box::new(m0017_earlier_themes::Migration),
            Box::new(m0018_reports::Migration),
            Box::new(m0019_report_documents::Migration),
        ]
    }
}

/// Runs `statements` with this database's names for `{uuid}`, `{json}` and `{bytes}`.
async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let names = match manager.get_database_backend() {
        DbBackend::Postgres => [("{uuid}", "uuid"), ("{json}", "jsonb"), ("{bytes}", "bytea")],
        _ => [("{uuid}", "blob"), ("{json}", "text"), ("{bytes}", "blob")],
    };
    for statement in statements {
        let sql = names.iter().fold((*statement).to_owned(), |sql, (mark, name)| {
            sql.replace(mark, name)
        });
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Drops `tables`, in the order given.
async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&str]) -> Result<(), DbErr> {
    for table in tables {
        manager
            .get_connection()
            .execute_unprepared(&format!("DROP TABLE {table}"))
            .await?;
    }
    Ok(())
}

/// Writes the parts of a migration that are the same in all of them.
#[macro_export]
#[doc(hidden)]
macro_rules! migration {
    ($name:literal, up: $up:expr, tables: $tables:expr $(,)?) => {
        $crate::migration! { @step $name, up: $up, down: |manager| $crate::drop_tables(manager, $tables) }
    };
    ($name:literal, up: $up:expr, down: $down:expr $(,)?) => {
        $crate::migration! { @step $name, up: $up, down: |manager| $crate::run(manager, $down) }
    };
    // A step that is not taken back while `unless` refuses: it says why.
    ($name:literal, up: $up:expr, unless: $unless:path, down: $down:expr $(,)?) => {
        $crate::migration! { @step $name, up: $up, down: |manager| async {
            $unless(manager).await?;
            $crate::run(manager, $down).await
        } }
    };
    (@step $name:literal, up: $up:expr, down: |$manager:ident| $down:expr) => {
        /// This step of the schema's history.
        pub struct Migration;

        impl ::sea_orm_migration::prelude::MigrationName for Migration {
            fn name(&self) -> &str {
                $name
            }
        }

        #[async_trait::async_trait]
        impl ::sea_orm_migration::prelude::MigrationTrait for Migration {
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                $crate::run(manager, $up).await
            }

            async fn down(&self, $manager: &SchemaManager) -> Result<(), DbErr> {
                $down.await
            }
        }
    };
}
