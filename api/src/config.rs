//! The command line. Every setting has a flag, an environment variable and a default.

use crate::{
    collecting::retention::Keeping,
    http::proxies::{Network, TrustedProxies},
    server::Settings,
};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use domain::vocabulary::{CallerKind, Role, RoleScope};
use std::path::PathBuf;

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
    /// Look at reports that were published.
    Report {
        #[command(subcommand)]
        command: ReportCommand,
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
        /// A role of people that needs no scope. Others are granted over the API.
        #[arg(long, value_parser = unscoped_role())]
        role: Option<Role>,
        /// The password.
        #[arg(long, env = "COLLATE_USER_PASSWORD", hide_env_values = true)]
        password: String,
    },
}

/// Roles that are taken from a command line, which names no scope and makes no api client.
fn unscoped_role() -> impl TypedValueParser<Value = Role> {
    let taken = |role: &&Role| role.is_for(CallerKind::Person) && role.scope() == RoleScope::Everywhere;
    let words = Role::ALL.iter().filter(taken).map(|role| role.as_str());
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Role>())
}

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Say whether a report that was saved as JSON is whole: that its digest is of all that stands in it, and the words of its quotes. It
    /// needs the file alone, no database and no network, and ends with status 1 where anything differs. Whoever forges a report can forge its
    /// digest as well: compare it with the one that was published, or name that.
    Verify {
        /// The file, as `/v1/reports/{id}` gave it.
        file: PathBuf,
        /// The digest that was published, 64 hex digits: as the report's page, its PDF or the minutes of the body that had it tell it.
        #[arg(long)]
        digest: Option<String>,
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
    /// For how many days what a clearance replaced is kept, for leads and the auditor; at least 1, because with 0 nobody could
    /// look at a clearance again.
    #[arg(long, env = "COLLATE_KEEP_ORIGINALS_DAYS", default_value_t = Keeping::default().originals, value_parser = days)]
    pub keep_originals_days: u32,
    /// For how many days what was taken back is kept, for leads; at least 1, so that a receipt shown in error can be answered
    /// for.
    #[arg(long, env = "COLLATE_KEEP_WITHDRAWN_DAYS", default_value_t = Keeping::default().withdrawn, value_parser = days)]
    pub keep_withdrawn_days: u32,
    /// Addresses or networks of balancers, as in `10.0.0.7,10.1.0.0/16`: a request from one of them came from the last
    /// address in its `X-Forwarded-For` that is none of them, and failed sign-ins and receipts count for that one. Any
    /// other's header counts for nothing.
    #[arg(long, env = "COLLATE_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
}

/// Days that a text may be kept: a hundred years at the most, which is no retention but can be reckoned with.
fn days(given: &str) -> Result<u32, String> {
    match given.parse() {
        Ok(days @ 1..=36_500) => Ok(days),
        _ => Err("a whole number of days from 1 to 36500 is wanted".into()),
    }
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
            keeping: Keeping {
                originals: self.keep_originals_days,
                withdrawn: self.keep_withdrawn_days,
            },
            trusted_proxies: TrustedProxies::new(self.trusted_proxies),
            ..default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{auth::grants::GrantInput, http::problem::Faults};
    use clap::CommandFactory;

    fn keeping(days: &str) -> Result<Keeping, String> {
        let originals = format!("--keep-originals-days={days}");
        let line = ["collate", "serve", &originals, "--keep-withdrawn-days=7"];
        let line = CommandLine::try_parse_from(line).map_err(|error| error.to_string())?;
        match line.command {
            Command::Serve { serving, .. } => Ok(serving.settings(String::new()).keeping),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn originals_are_kept_for_days_that_can_be_reckoned_with_and_never_for_none() {
        let kept = |originals| {
            Ok(Keeping {
                originals,
                withdrawn: 7,
            })
        };
        assert_eq!(keeping("1"), kept(1));
        assert_eq!(keeping("36500"), kept(36_500));
        for refused in ["0", "-1", "36501", "1.5", "a week", ""] {
            let why = keeping(refused).unwrap_err();
            assert!(why.contains("from 1 to 36500"), "{refused}: {why}");
        }
    }

    #[test]
    fn a_user_is_added_with_the_roles_that_are_taken_and_no_other_is_offered() {
        let mut line = CommandLine::command();
        let user = line.find_subcommand_mut("user").unwrap();
        let help = user
            .find_subcommand_mut("add")
            .unwrap()
            .render_long_help()
            .to_string();
        for role in Role::ALL {
            let grant = GrantInput {
                role: *role,
                group_id: None,
                service_id: None,
                body_id: None,
                consultation_id: None,
            };
            let mut faults = Faults::default();
            grant.check("", CallerKind::Person, &mut faults);
            let taken = faults.end().is_ok();
            assert_eq!(help.contains(role.as_str()), taken, "{role}: {help}");
            let said = [
                "collate",
                "user",
                "add",
                "--email=a@b.test",
                "--name=A",
                "--password=B",
                "--role",
            ];
            let read = CommandLine::try_parse_from(said.into_iter().chain([role.as_str()]));
            assert_eq!(read.is_ok(), taken, "{role}");
        }
    }
}
