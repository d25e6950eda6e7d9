//! What the analyses cost: every row sent over HTTP and coded, a fifth of them twice; then each answer that is reckoned from the facts, once
//! and cold, and a release. The service runs in this process.

use crate::{
    ADMIN,
    expected::Expected,
    measure::{Times, Wrong, millis},
    rows::{self, Row, SEED},
    world::{Options, World},
};
use actix_web::dev::ServerHandle;
use collate::server::Settings;
use serde_json::json;
use std::{path::PathBuf, sync::mpsc, thread::JoinHandle, time::Instant};

const AFTER_WRITES: usize = 30;
const UNCHANGED: usize = 200;
/// Contributions that are read one by one, at the most.
const LOOKED_AT: usize = 10_000;

/// `analyses --contributions N`.
pub async fn run(words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let options = Options::read(words)?;
    rows::check()?;
    let started = Started::new(options.database.clone())?;
    let cores = std::thread::available_parallelism()?;
    let profile = if cfg!(debug_assertions) {
        "dev (unoptimised: its times mean nothing)"
    } else {
        "release"
    };
    println!(
        "machine {cores} cores; profile {profile}; database {}",
        started.kind
    );
    println!(
        "service and {} callers in one process; {} contributions",
        options.callers, options.contributions
    );
    println!();
    let world = World::new(&started.base, 0).await?;
    world.load(&options).await?;
    world.read(&options).await?;
    world.release().await?;
    started.stop()
}

/// The service, on a thread of its own.
struct Started {
    base: String,
    kind: &'static str,
    handle: ServerHandle,
    thread: JoinHandle<Result<(), String>>,
    folder: Option<PathBuf>,
}

impl Started {
    fn new(database: Option<String>) -> Result<Self, Wrong> {
        let folder = match database {
            Some(_) => None,
            None => {
                let folder = std::env::temp_dir().join(format!("collate-load-{}", std::process::id()));
                std::fs::create_dir_all(&folder)?;
                Some(folder)
            }
        };
        let of_folder = folder
            .as_ref()
            .map(|folder| format!("sqlite://{}", folder.join("collate.db").display()));
        let url = database.or(of_folder).unwrap_or_default();
        let kind = if url.starts_with("postgres") {
            "PostgreSQL"
        } else {
            "SQLite"
        };
        let settings = Settings {
            database_url: url,
            listen: "127.0.0.1:0".into(),
            admin: Some((ADMIN.0.into(), ADMIN.1.into())),
            migrate: true,
            ..Settings::default()
        };
        let (tell, told) = mpsc::channel();
        let serve = async move {
            let running = collate::server::start(&settings)
                .await
                .map_err(|error| error.to_string())?;
            tell.send((running.address, running.handle()))
                .map_err(|error| error.to_string())?;
            running.until_stopped().await.map_err(|error| error.to_string())
        };
        let thread = std::thread::spawn(move || actix_web::rt::System::new().block_on(serve));
        match told.recv() {
            Ok((address, handle)) => Ok(Self {
                base: format!("http://{address}"),
                kind,
                handle,
                thread,
                folder,
            }),
            Err(_) => {
                let ended = thread
                    .join()
                    .map_err(|_| "the service panicked before it started")?;
                Err(format!("the service did not start: {ended:?}").into())
            }
        }
    }

    fn stop(self) -> Result<(), Wrong> {
        drop(self.handle.stop(false));
        self.thread.join().map_err(|_| "the service panicked")??;
        if let Some(folder) = self.folder {
            std::fs::remove_dir_all(folder)?;
        }
        Ok(())
    }
}

impl World {
    async fn load(&self, options: &Options) -> Result<(), Wrong> {
        let rows = options.contributions;
        self.all(options, rows, "discussions posted", async |row| {
            self.submit(row).await
        })
        .await?;
        self.all(options, rows, "contributions coded", async |row| {
            self.code(&self.lead, row, &row.themes).await
        })
        .await?;
        self.all(
            options,
            rows / 5,
            "a fifth coded by a second coder",
            async |row| {
                // Who sees one theme where the other saw two, each third time.
                let seen = match row.agree % 3 {
                    0 => 1,
                    _ => row.themes.len(),
                };
                self.code(&self.coder, row, &row.themes[..seen]).await
            },
        )
        .await?;
        let rows = rows.min(LOOKED_AT);
        self.all(
            options,
            rows,
            "contributions read, each in the audit log",
            async |row| self.look_at(row).await,
        )
        .await
    }

    async fn read(&self, options: &Options) -> Result<(), Wrong> {
        let mut expected = Expected::default();
        (0..options.contributions).for_each(|at| expected.add(&Row::new(options.seed, at as u64)));

        let (whole, one) = (self.at("/collation"), self.at("/collation?question=5"));
        let began = Instant::now();
        let first = self.lead.get(&whole, None).await?;
        first.is(&[200])?;
        let took = began.elapsed();
        println!(
            "{:<52} {:>9} ms, {} bytes",
            "first collation (may load the facts)",
            millis(took),
            first.body.len()
        );
        expected.compare(&first.json()?)?;
        self.cells(&expected).await?;
        self.agreement(options).await?;
        self.analyses(options).await?;
        if options.contributions == 100_000 && options.seed == SEED {
            expected.is_the_published_one()?;
        }

        let mut next = options.contributions;
        for (what, path) in [
            ("collation after a write", &whole),
            ("collation of one question after a write", &one),
        ] {
            let mut times = Vec::new();
            for _ in 0..AFTER_WRITES {
                let row = Row::new(options.seed, next as u64);
                next += 1;
                self.submit(&row).await?;
                expected.add_uncoded(&row);
                let began = Instant::now();
                let answer = self.lead.get(path, None).await?;
                times.push(began.elapsed());
                answer.is(&[200])?;
                expected.compare(&answer.json()?)?;
            }
            println!("{what:<52} {}", Times(times));
        }

        for (what, path) in [
            ("unchanged collation", &whole),
            ("unchanged collation of one question", &one),
        ] {
            let answer = self.lead.get(path, None).await?;
            let tag = answer.etag.clone().ok_or("a collation has no ETag")?;
            for (how, tag, status) in [("", None, 200), (", If-None-Match", Some(tag.as_str()), 304)] {
                let mut times = Vec::new();
                for _ in 0..UNCHANGED {
                    let began = Instant::now();
                    let answer = self.lead.get(path, tag).await?;
                    times.push(began.elapsed());
                    answer.is(&[status])?;
                }
                println!("{:<52} {}", format!("{what}{how}"), Times(times));
            }
        }
        self.one_table().await?;
        println!("{:<52} ok", "every count as expected");
        Ok(())
    }

    /// Closes the consultation, releases it, and reads the release.
    async fn release(&self) -> Result<(), Wrong> {
        let status = self.at("/status");
        self.lead
            .post(&status, &json!({"to": "closed"}))
            .await?
            .is(&[200])?;
        let began = Instant::now();
        let made = self.lead.post(&self.at("/releases"), &json!({})).await?;
        let took = began.elapsed();
        made.is(&[201])?;
        println!("{:<52} {:>9} ms", "release made", millis(took));
        for (what, path) in [
            ("released collation", self.at("/collation")),
            (
                "released cross-tab",
                self.at("/cross-tab?rows=theme&columns=group"),
            ),
        ] {
            for (who, caller) in [(", exact, for a lead", &self.lead), ("", &self.steering)] {
                let mut times = Vec::new();
                let mut bytes = 0;
                for _ in 0..UNCHANGED {
                    let began = Instant::now();
                    let answer = caller.get(&path, None).await?;
                    times.push(began.elapsed());
                    answer.is(&[200])?;
                    bytes = answer.body.len();
                }
                println!(
                    "{:<52} {}, {bytes} bytes",
                    format!("{what}{who}, unchanged"),
                    Times(times)
                );
            }
        }
        Ok(())
    }

    /// One table's notes, again and again: given out, which the audit log says first, and not changed since, which shows
    /// nothing.
    async fn one_table(&self) -> Result<(), Wrong> {
        let list = self
            .lead
            .get(&self.at("/discussions?limit=1"), None)
            .await?
            .json()?;
        let id = list["items"][0]["id"].as_str().ok_or("there is no discussion")?;
        let path = format!("/v1/discussions/{id}");
        let answer = self.lead.get(&path, None).await?;
        let tag = answer.etag.clone().ok_or("a discussion has no ETag")?;
        for (how, tag, status) in [("", None, 200), (", If-None-Match", Some(tag.as_str()), 304)] {
            let mut times = Vec::new();
            for _ in 0..UNCHANGED {
                let began = Instant::now();
                let answer = self.lead.get(&path, tag).await?;
                times.push(began.elapsed());
                answer.is(&[status])?;
            }
            println!("{:<52} {}", format!("a table's notes read{how}"), Times(times));
        }
        Ok(())
    }

    /// Agreement of the two coders, with its intervals.
    async fn agreement(&self, options: &Options) -> Result<(), Wrong> {
        let began = Instant::now();
        let answer = self.lead.get(&self.at("/agreement"), None).await?;
        let took = began.elapsed();
        answer.is(&[200])?;
        let found = answer.json()?;
        let themes = found["themes"].as_array().ok_or("agreement has no themes")?;
        let with_interval = themes.iter().filter(|theme| theme["interval"].is_array()).count();
        if found["double_coded"] != options.contributions / 5 {
            return Err(format!("{} are double-coded", found["double_coded"]).into());
        }
        println!(
            "{:<52} {:>9} ms, {} contributions coded twice, {} of {} themes with an interval",
            "agreement between coders",
            millis(took),
            found["double_coded"],
            with_interval,
            themes.len()
        );
        Ok(())
    }

    /// Everything else that is reckoned from the facts, each once and cold.
    async fn analyses(&self, options: &Options) -> Result<(), Wrong> {
        self.map_a_theme().await?;
        for (what, path, has) in [
            (
                "cross-tab of themes by group",
                "/cross-tab?rows=theme&columns=group",
                "/rows/0/cells",
            ),
            (
                "differences, with intervals",
                "/differences",
                "/themes/0/differences/0/interval/0",
            ),
            ("consensus", "/consensus", "/questions"),
            ("saturation", "/saturation", "/meetings/0/themes"),
            (
                "trend, with an earlier consultation",
                "/trend",
                "/consultations/1/id",
            ),
            ("coverage", "/coverage", "/groups/participation/ratio"),
            ("codeframe check", "/codeframe/check", "/uncoded_share"),
            ("assurance", "/assurance", "/principles/3/gaps/0"),
            (
                "progress of coding",
                "/coding-queue/progress",
                "/groups/0/in_detail/coded",
            ),
        ] {
            let began = Instant::now();
            let answer = self.lead.get(&self.at(path), None).await?;
            let took = began.elapsed();
            answer.is(&[200])?;
            let found = answer.json()?;
            found
                .pointer(has)
                .ok_or_else(|| format!("{path} holds nothing at {has}"))?;
            println!("{what:<52} {:>9} ms, {} bytes", millis(took), answer.body.len());
        }
        let (draw, claims) = (self.at("/double-coding"), self.at("/coding-queue/claims"));
        let began = Instant::now();
        let drawn = self.lead.post(&draw, &json!({"share": 0.1, "seed": 1})).await?;
        let took = began.elapsed();
        drawn.is(&[201])?;
        let drawn = drawn.json()?["drawn"].as_u64();
        if drawn.is_none_or(|drawn| drawn.abs_diff(options.contributions as u64 / 10) > 1) {
            return Err(format!("{drawn:?} are drawn").into());
        }
        println!("{:<52} {:>9} ms", "a tenth drawn to be coded twice", millis(took));
        let mut times = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            let dealt = self
                .lead
                .post(&claims, &json!({"independent": true, "limit": 50}))
                .await?;
            times.push(began.elapsed());
            dealt.is(&[200])?;
        }
        println!("{:<52} {}", "fifty dealt to be coded a second time", Times(times));
        Ok(())
    }

    /// Makes an earlier consultation with a theme, and one of ours that is mapped to it.
    async fn map_a_theme(&self) -> Result<(), Wrong> {
        let mut earlier = self.lead.get(&self.at(""), None).await?.json()?;
        let fields = earlier.as_object_mut().ok_or("a consultation is no object")?;
        for field in ["id", "status", "version"] {
            fields.remove(field);
        }
        fields.insert("reference".into(), json!("LOAD-EARLIER"));
        fields.insert("opens_on".into(), json!("2001-01-01"));
        let earlier = self.lead.made("/v1/consultations", &earlier).await?;
        let at = format!("/v1/consultations/{earlier}");
        let opened = self
            .lead
            .post(&format!("{at}/status"), &json!({"to": "open"}))
            .await?;
        opened.is(&[200])?;
        let theme = |code: &str, earlier: Option<&str>| json!({"code": code, "label": code, "status": "agreed", "earlier_theme_id": earlier});
        let before = self
            .lead
            .made(&format!("{at}/themes"), &theme("before", None))
            .await?;
        self.lead
            .made(&self.at("/themes"), &theme("since", Some(&before)))
            .await?;
        Ok(())
    }

    /// Every combination of question, theme, group and respondent group, against our own counts.
    async fn cells(&self, expected: &Expected) -> Result<(), Wrong> {
        let by = self.at("/cells?by=question,theme,group,respondent_group");
        let began = Instant::now();
        let answer = self.lead.get(&by, None).await?;
        let took = began.elapsed();
        answer.is(&[200])?;
        let table = answer.json()?;
        let ours = expected.compare_cells(&table, self)?;
        let text = "all cells (question x theme x group x respondent)";
        println!(
            "{text:<52} {:>9} ms, {} cells, {} marks, {} bytes",
            millis(took),
            ours,
            expected.marks(),
            answer.body.len()
        );
        Ok(())
    }
}
