//! The command line. Every setting has a flag, an environment variable and a default.

use crate::server::Settings;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Turns what people said in groups into something a nation can act on.
#[derive(Debug, Parser)]
#[command(name = "collate", version, about)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What to log, as in `info` or `collate=debug,warn`; `info` unless said otherwise, `warn` for the demo.
    #[arg(long, global = true, env = "COLLATE_LOG")]
    pub log: Option<String>,
    /// How log lines look.
    #[arg(
        long,
        global = true,
        env = "COLLATE_LOG_FORMAT",
        value_enum,
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API.
    Serve {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        serving: ServingArgs,
        /// Migrate PostgreSQL too; SQLite is always migrated.
        #[arg(long, env = "COLLATE_MIGRATE")]
        migrate: bool,
        /// E-mail of the first admin, made on an empty database.
        #[arg(long, env = "COLLATE_ADMIN_EMAIL", requires = "admin_password")]
        admin_email: Option<String>,
        /// Password of the first admin, at least 12 characters.
        #[arg(
            long,
            env = "COLLATE_ADMIN_PASSWORD",
            hide_env_values = true,
            requires = "admin_email"
        )]
        admin_password: Option<String>,
    },
    /// Load an illustrative consultation, print its collation, and serve it.
    Demo {
        /// Where to keep it; a database that holds anything else is refused.
        #[arg(
            long,
            env = "COLLATE_DATABASE_URL",
            default_value = "sqlite://collate-demo.db"
        )]
        database_url: String,
        #[command(flatten)]
        serving: ServingArgs,
        /// Print the collation and end.
        #[arg(long)]
        no_serve: bool,
    },
    /// Change the database's schema.
    Migrate {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Apply what is pending, take the last step back, or say what is pending.
        #[arg(value_enum)]
        what: Migration,
    },
    /// Keep users from this machine.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Keep the keys that sign access tokens.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Compare the audit log with its seals and with the rows it describes, and look for references to rows that are not
    /// there. Changes nothing, may run beside the service, names every fault, and ends with status 1 where there is one.
    Check {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Print the OpenAPI document.
    Openapi,
}

/// What to do with the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Migration {
    /// Apply what is pending.
    Up,
    /// Take the last step back, and what its tables held with it.
    Down,
    /// Say what is pending.
    Status,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user. Give the password by COLLATE_USER_PASSWORD, so that it stands in no history.
    Add {
        #[command(flatten)]
        database: DatabaseArgs,
        /// With which to sign in.
        #[arg(long)]
        email: String,
        /// Who it is.
        #[arg(long)]
        name: String,
        /// A role that needs no scope: admin, national_lead, steering_group, dashboard, auditor. Others are granted over
        /// the API.
        #[arg(long)]
        role: Option<domain::vocabulary::Role>,
        /// The password.
        #[arg(long, env = "COLLATE_USER_PASSWORD", hide_env_values = true)]
        password: String,
    },
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new key, with which every running service signs within a second; tokens signed before stay good until they
    /// expire.
    Rotate {
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub struct DatabaseArgs {
    /// `sqlite://FILE`, which `serve`, `demo`, `migrate up` and `user add` make if it is missing, or `postgres://…`.
    #[arg(long, env = "COLLATE_DATABASE_URL", default_value = "sqlite://collate.db")]
    pub database_url: String,
}

/// How to serve.
#[derive(Debug, Args)]
pub struct ServingArgs {
    /// Address and port to listen on.
    #[arg(long, env = "COLLATE_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Threads that answer requests; as many as there are cores unless said otherwise.
    #[arg(long, env = "COLLATE_WORKERS")]
    pub workers: Option<usize>,
    /// Connections to the database.
    #[arg(long, env = "COLLATE_DATABASE_CONNECTIONS", default_value_t = 16)]
    pub connections: u32,
    /// Signing keys as `kid:hex` pairs separated by commas, the first signs; they win over the database's and stay out of
    /// backups.
    #[arg(long, env = "COLLATE_TOKEN_KEYS", hide_env_values = true)]
    pub token_keys: Option<String>,
}

impl ServingArgs {
    /// As the server wants it.
    pub fn settings(self, database_url: String) -> Settings {
        let default = Settings::default();
        Settings {
            database_url,
            listen: self.listen,
            workers: self.workers.unwrap_or(default.workers),
            connections: self.connections,
            token_keys: self.token_keys,
            ..default
        }
    }
}
