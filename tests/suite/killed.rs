//! A power cut while a large file is worked off: what was acknowledged is there, nothing is there twice, and it goes on by
//! itself.

use crate::{
    importing::{CSV, ended, many, send},
    nasty_files::World,
};
use serde_json::{Value, json};
use tests::{
    Caller,
    database::{Database, say},
    process::Process,
};

/// A number that whoever runs the suite may set, to try more than every run does.
fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(usual)
}

/// The one import there is that has not ended, as the database has it: what it says is stored.
async fn written(database: &Database, id: &str) -> Value {
    let id = id.replace('-', "");
    let (of, cast) = match database.is_postgres() {
        true => (format!("'{id}'::uuid"), "written::text"),
        false => (format!("x'{id}'"), "written"),
    };
    let texts = database
        .texts(&format!("SELECT {cast} AS text FROM imports WHERE id = {of}"))
        .await;
    serde_json::from_str(&texts[0]).unwrap()
}

async fn count(database: &Database, table: &str) -> u64 {
    let cast = if database.is_postgres() {
        "::text"
    } else {
        " || ''"
    };
    let texts = database
        .texts(&format!("SELECT count(*){cast} AS text FROM {table}"))
        .await;
    texts[0].parse().unwrap()
}

struct Run {
    database: Database,
    process: Option<Process>,
    lead: Caller,
    consultation: String,
    rows: usize,
    mode: &'static str,
}

impl Run {
    async fn new(mode: &'static str) -> Self {
        let database = Database::migrated();
        let process = Process::start(env!("CARGO_BIN_EXE_load"), &database.url);
        let World { lead, consultation } = World::new(&process).await;
        Self {
            database,
            process: Some(process),
            lead,
            consultation,
            rows: setting("COLLATE_IMPORT_ROWS", 12_000),
            mode,
        }
    }

    async fn send(&self) -> String {
        let file = many(self.rows, "London 2019-10-03");
        let query = format!("?mode={}", self.mode);
        send(&self.lead, &self.consultation, &query, CSV, file)
            .await
            .expect(202)
            .id()
    }

    async fn state(&self, id: &str) -> Value {
        self.lead.get(format!("/v1/imports/{id}")).await.expect(200).json
    }

    fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    fn start(&mut self) {
        let process = Process::start(env!("CARGO_BIN_EXE_load"), &self.database.url);
        // Keys are in the database, so that the token is good in the next process, too.
        self.lead = self.lead.at(process.base.clone());
        self.process = Some(process);
    }

    /// Kills it again and again while it works, each time at another moment.
    async fn killed(mut self) {
        let kills = setting("COLLATE_IMPORT_KILLS", 4);
        let mut killed = 0;
        let mut files = 0;
        while killed < kills {
            files += 1;
            let before = count(&self.database, "contributions").await;
            let id = self.send().await;
            loop {
                // Until it has come further than when it was killed last, and then for as many looks as it was killed.
                let began = self.state(&id).await["written"]["rows"].clone();
                let mut acknowledged = self.state(&id).await;
                let mut looks = killed * 7 % 11;
                while ["queued", "running"].contains(&acknowledged["state"].as_str().unwrap())
                    && (looks > 0
                        || (self.mode == "per_row"
                            && killed % 3 > 0
                            && acknowledged["written"]["rows"] == began))
                {
                    acknowledged = self.state(&id).await;
                    looks = looks.saturating_sub(1);
                }
                if acknowledged["state"] == "done" || killed == kills {
                    break;
                }
                assert!(
                    ["queued", "running"].contains(&acknowledged["state"].as_str().unwrap()),
                    "{acknowledged}"
                );
                self.kill();
                killed += 1;
                let stored = count(&self.database, "contributions").await - before;
                let says = written(&self.database, &id).await;
                assert_eq!(says["contributions"], stored, "what it says is stored is");
                assert!(acknowledged["written"]["contributions"].as_u64().unwrap() <= stored);
                if self.mode == "all_or_nothing" {
                    assert!(stored == 0 || stored == self.rows as u64, "{stored}");
                }
                self.start();
            }
            let done = ended(&self.lead, &id).await;
            assert_eq!(
                (&done["state"], &done["faults"]),
                (&json!("done"), &json!([])),
                "{}",
                done["detail"]
            );
            assert_eq!(done["written"]["rows"], self.rows);
            assert_eq!(
                count(&self.database, "contributions").await - before,
                self.rows as u64
            );
            assert_eq!(count(&self.database, "import_parts").await, 0);
        }
        let path = format!("/v1/consultations/{}/collation", self.consultation);
        let collation = self.lead.get(path).await.expect(200).json;
        assert_eq!(
            collation["questions"][0]["contributions"]["value"],
            files * self.rows
        );
        assert_eq!(collation["heard"]["discussions"], files * self.rows.div_ceil(4));
        self.kill();
        let found = collate::store::check::check(&self.database.url).await.unwrap();
        assert_eq!(found.faults, Vec::<String>::new());
        say(&format!(
            "{}: {files} files of {} rows, killed {killed} times",
            self.mode, self.rows
        ));
    }
}

#[actix_web::test]
async fn killed_while_it_stores_row_by_row_exactly_what_was_acknowledged_is_there() {
    Run::new("per_row").await.killed().await;
}

#[actix_web::test]
async fn killed_while_it_stores_all_or_nothing_it_is_all_or_nothing() {
    Run::new("all_or_nothing").await.killed().await;
}
