//! The binary `collate`: reads the command line and calls the library.

use clap::Parser;
use collate::{
    auth::{grants::GrantInput, sessions},
    config::{Command, CommandLine, KeysCommand, Migration, UserCommand},
    demo,
    server::{self, Settings, StartError},
    store::{self, Direction, Store},
    telemetry,
};
use std::process::ExitCode;

#[actix_web::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    // The demo's own words shall not drown in a line for each of its two thousand requests.
    let usual = if matches!(line.command, Command::Demo { .. }) {
        "warn"
    } else {
        "info"
    };
    telemetry::start(line.log.as_deref().unwrap_or(usual), line.log_format);
    match run(line.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("collate: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), StartError> {
    match command {
        Command::Serve {
            database,
            serving,
            migrate,
            admin_email,
            admin_password,
        } => {
            let settings = Settings {
                admin: admin_email.zip(admin_password),
                migrate,
                ..serving.settings(database.database_url)
            };
            let running = server::start(&settings).await?;
            println!(
                "Collate listens on http://{0}; its API is explained at http://{0}/docs/",
                running.address
            );
            running
                .server
                .await
                .map_err(|error| StartError(error.to_string()))
        }
        Command::Demo {
            database_url,
            serving,
            no_serve,
        } => demo::run(&serving.settings(database_url), !no_serve).await,
        Command::Migrate { database, what } => migrate(&database.database_url, what).await,
        Command::User {
            command:
                UserCommand::Add {
                    database,
                    email,
                    name,
                    role,
                    password,
                },
        } => {
            let store = open(&database.database_url).await?;
            let grant = role.map(|role| GrantInput {
                role,
                group_id: None,
                service_id: None,
                body_id: None,
                consultation_id: None,
            });
            server::add_user(&store, &email, &name, &password, grant.into_iter().collect()).await?;
            println!("{email} can sign in.");
            Ok(())
        }
        Command::Keys {
            command: KeysCommand::Rotate { database },
        } => {
            sessions::rotate_keys(&open(&database.database_url).await?).await?;
            println!(
                "Within a second every running service signs with a new key; tokens signed before stay good."
            );
            if std::env::var_os("COLLATE_TOKEN_KEYS").is_some() {
                println!("COLLATE_TOKEN_KEYS is set: where the service runs with it, those keys win.");
            }
            Ok(())
        }
        Command::Openapi => {
            let document = collate::routes::routes().document().to_pretty_json();
            println!("{}", document.map_err(|error| StartError(error.to_string()))?);
            Ok(())
        }
    }
}

async fn open(url: &str) -> Result<Store, StartError> {
    if url.starts_with("sqlite:") {
        store::migrate(url, Direction::Up)
            .await
            .map_err(|error| StartError(error.to_string()))?;
    }
    Store::connect(url, 2)
        .await
        .map_err(|error| StartError(error.to_string()))
}

async fn migrate(url: &str, what: Migration) -> Result<(), StartError> {
    let failed = |error: sea_orm::DbErr| StartError(error.to_string());
    match what {
        Migration::Up => store::migrate(url, Direction::Up).await.map_err(failed)?,
        Migration::Down => store::migrate(url, Direction::Down).await.map_err(failed)?,
        Migration::Status => {}
    }
    let pending = store::pending(url).await.map_err(failed)?;
    if pending.is_empty() {
        println!("No migration is pending.");
    } else {
        println!("Pending: {}", pending.join(", "));
    }
    Ok(())
}
