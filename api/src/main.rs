//! The binary `collate`: reads the command line and calls the library.

use clap::Parser;
use collate::{
    auth::grants::GrantInput,
    commands,
    config::{Command, CommandLine, KeysCommand, ReportCommand, UserCommand},
    demo,
    server::{self, Settings, StartError},
    store::audit::acts,
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
            running.until_stopped().await
        }
        Command::Demo {
            database_url,
            serving,
            no_serve,
        } => demo::run(&serving.settings(database_url), !no_serve).await,
        Command::Migrate { database, what } => {
            let pending = commands::migrate(&database.database_url, what).await?;
            if pending.is_empty() {
                println!("No migration is pending.");
            } else {
                println!("Pending: {}", pending.join(", "));
            }
            Ok(())
        }
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
            let store = commands::open(&database.database_url).await?;
            let grant = role.map(|role| GrantInput {
                role,
                group_id: None,
                service_id: None,
                body_id: None,
                consultation_id: None,
            });
            let grants = grant.into_iter().collect();
            server::add_user(&store, acts::ADD_USER, &email, &name, &password, grants).await?;
            println!("{email} can sign in.");
            Ok(())
        }
        Command::Keys {
            command: KeysCommand::Rotate { database },
        } => {
            commands::rotate_keys(&database.database_url).await?;
            println!(
                "Within a second every running service signs with a new key; tokens signed before stay good."
            );
            if std::env::var_os("COLLATE_TOKEN_KEYS").is_some() {
                println!("COLLATE_TOKEN_KEYS is set: where the service runs with it, those keys win.");
            }
            Ok(())
        }
        Command::Check { database } => commands::check(&database.database_url).await,
        Command::Report {
            command: ReportCommand::Verify { file, digest },
        } => commands::verify(&file, digest.as_deref()),
        Command::Openapi => {
            let document = collate::routes::routes().document().to_pretty_json();
            println!("{}", document.map_err(|error| StartError(error.to_string()))?);
            Ok(())
        }
    }
}
