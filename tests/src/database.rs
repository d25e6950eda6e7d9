//! A database of its own for every test: a copy of a migrated SQLite file, or a schema of a PostgreSQL database.

use sea_orm::{ConnectionTrait, Database as Connect, DbErr, Statement};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Once, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

static NUMBER: AtomicU32 = AtomicU32::new(1);
static SAID: Once = Once::new();
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// A database, removed when the test is over.
#[derive(Debug)]
pub struct Database {
    /// What the service is given.
    pub url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Schema { server: String, name: String },
}

/// The PostgreSQL server of this run, if it is one on PostgreSQL.
fn postgres() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| url.starts_with("postgres"))
}

/// What stands in a URL between its scheme and its path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").unwrap().1;
    rest.split(['/', '?']).next().unwrap()
}

impl Database {
    /// A migrated database that holds nothing.
    pub fn migrated() -> Self {
        let database = Self::empty();
        if let Place::Folder(folder) = &database.place {
            let template = TEMPLATE.get_or_init(template);
            std::fs::write(folder.join("collate.db"), template).unwrap();
        }
        // A schema is migrated by the service, as `serve --migrate` does.
        database
    }

    /// A database without a table.
    pub fn empty() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("collate_test_{}_{number}", std::process::id());
        let database = match postgres() {
            None => {
                let folder = std::env::temp_dir().join(&name);
                std::fs::create_dir(&folder).unwrap();
                Self {
                    url: format!("sqlite://{}", folder.join("collate.db").display()),
                    place: Place::Folder(folder),
                }
            }
            Some(server) => {
                let (at, sql) = (server.clone(), format!("CREATE SCHEMA {name}"));
                alone(async move { run(&at, &sql).await.unwrap() });
                let mark = if server.contains('?') { '&' } else { '?' };
                let url = format!("{server}{mark}options=-csearch_path%3D{name}");
                Self {
                    url,
                    place: Place::Schema { server, name },
                }
            }
        };
        SAID.call_once(|| say(&format!("database: {}", database.version())));
        database
    }

    /// The name of the schema; on SQLite that of its only one.
    pub fn schema(&self) -> &str {
        match &self.place {
            Place::Folder(_) => "main",
            Place::Schema { name, .. } => name,
        }
    }

    /// Runs a statement beside the service: for what no caller can do, such as letting time pass.
    pub async fn run(&self, sql: &str) {
        run(&self.url, sql).await.unwrap();
    }

    /// The text that each row of a query gives, in a column `text`.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let connection = Connect::connect(&self.url).await.unwrap();
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get("", "text").unwrap()).collect()
    }

    /// Waits until a query with a column `text` gives no row: for what a service does beside its answers.
    pub async fn until_none(&self, sql: &str) {
        until(async || self.texts(sql).await).await;
    }

    /// Whether the run is on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Schema { .. })
    }

    /// Host and port of the PostgreSQL server of this run; none on SQLite.
    pub fn server(&self) -> Option<String> {
        let Place::Schema { server, .. } = &self.place else {
            return None;
        };
        let authority = authority(server);
        let host = authority.rsplit('@').next().unwrap();
        Some(match host.contains(':') {
            true => host.to_owned(),
            false => format!("{host}:5432"),
        })
    }

    /// The same database, of which a PostgreSQL server is found at another address.
    pub fn url_at(&self, address: SocketAddr) -> String {
        let authority = authority(&self.url);
        let host = authority.rsplit('@').next().unwrap();
        let there = authority.replace(host, &address.to_string());
        self.url.replacen(authority, &there, 1)
    }

    /// Which database it is, and its version.
    pub fn version(&self) -> String {
        let url = self.url.clone();
        alone(async move {
            let store = collate::store::Store::connect(&url, 2).await.unwrap();
            store.version().await.unwrap()
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        match &self.place {
            // What cannot be removed lies in the folder for temporary files.
            Place::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            // Nor is a schema that stays behind a reason to fail, or to hide why a test failed.
            Place::Schema { server, name } => {
                let sql = format!("SET lock_timeout = '10s'; DROP SCHEMA {name} CASCADE");
                let server = server.clone();
                let gone =
                    std::thread::spawn(move || actix_web::rt::System::new().block_on(run(&server, &sql)));
                drop(gone.join());
            }
        }
    }
}

/// A migrated SQLite file's bytes.
fn template() -> Vec<u8> {
    let folder = std::env::temp_dir().join(format!("collate_test_{}_template", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("collate.db");
    let url = format!("sqlite://{}", file.display());
    alone(async move {
        collate::store::migrate(&url, collate::store::Direction::Up)
            .await
            .unwrap()
    });
    let bytes = std::fs::read(&file).unwrap();
    assert!(
        !folder.join("collate.db-wal").exists(),
        "the last connection has folded its log into the file"
    );
    std::fs::remove_dir_all(&folder).unwrap();
    bytes
}

async fn run(server: &str, sql: &str) -> Result<(), DbErr> {
    let connection = Connect::connect(server).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await
}

/// Waits until a look into the database finds nothing left of what a service ends beside its answers. One look follows the
/// other: each waits for the database itself, and none for time to pass.
pub async fn until<Found: std::fmt::Debug>(look: impl AsyncFn() -> Vec<Found>) {
    let since = std::time::Instant::now();
    loop {
        let left = look().await;
        if left.is_empty() {
            return;
        }
        assert!(since.elapsed().as_secs() < 60, "still there: {left:?}");
    }
}

/// Runs work beside whatever runs here, and waits for it.
pub fn alone<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let thread = std::thread::spawn(move || actix_web::rt::System::new().block_on(work));
    thread.join().unwrap()
}

/// Prints past the capture of test output: what a run says about itself is wanted when it passes, too.
pub fn say(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    // Whoever closed our output does not want to read it.
    let _ = writeln!(out, "{text}");
}
