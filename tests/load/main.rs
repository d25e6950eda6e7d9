//! What it costs at 100,000 contributions: a benchmark that prints its figures and checks what it counts.
//!
//! The service runs in this process, as `serve` starts it, on a database of its own; it is asked over HTTP by callers
//! in this process, so the machine's cores are shared by both. No figure is asserted, every count is.

mod closed_loop;
mod import;
mod measure;
mod report;
mod rows;
mod served;

use actix_web::dev::ServerHandle;
use collate::server::Settings;
use futures_util::future::join_all;
use measure::{Http, Times, Wrong, millis};
use rows::{GROUPS, QUESTIONS, Row, SEED, THEMES};
use serde_json::{Value, json};
use std::{
    cell::Cell, collections::BTreeMap, path::PathBuf, process::ExitCode, sync::mpsc, thread::JoinHandle,
    time::Instant,
};

pub const ADMIN: (&str, &str) = ("admin@load.test", "a password for the load");
const AFTER_WRITES: usize = 30;
const UNCHANGED: usize = 200;
/// Contributions that are read one by one, at the most.
const LOOKED_AT: usize = 10_000;

struct Options {
    contributions: usize,
    callers: usize,
    seed: u64,
    database: Option<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Wrong> {
        let mut options = Self {
            contributions: 100_000,
            callers: 32,
            seed: SEED,
            database: None,
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
            match word.as_str() {
                "--contributions" => options.contributions = value.parse()?,
                "--callers" => options.callers = value.parse()?,
                "--seed" => options.seed = value.parse()?,
                "--database" => options.database = Some(value),
                _ => {
                    return Err(
                        format!("{word} is not known: --contributions --callers --seed --database, or import or report before them").into(),
                    );
                }
            }
        }
        Ok(options)
    }
}

#[actix_web::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("load: {wrong}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Wrong> {
    let mut words = std::env::args().skip(1).peekable();
    match words.peek().map(String::as_str) {
        Some("serve") => return served::serve(words.skip(1)).await,
        Some("static") => return served::serve_static(words.skip(1)).await,
        Some("report") => return report::run(words.skip(1)).await,
        Some("import") => return import::run(words.skip(1)).await,
        _ => {}
    }
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

/// The network, the consultation and its codeframe.
struct World {
    lead: Http,
    /// A coder of the consultation, beside the lead.
    coder: Http,
    /// One of the steering group, who gets released figures only.
    steering: Http,
    consultation: String,
    /// By region.
    groups: Vec<String>,
    meetings: Vec<String>,
    themes: Vec<String>,
}

impl World {
    /// With so many themes that each are part of another, beside those of the rows.
    async fn new(base: &str, parts: usize) -> Result<Self, Wrong> {
        let admin = Http::sign_in(base, ADMIN).await?;
        let lead = ("lead@load.test", "another password for the load");
        let user = json!({"email": lead.0, "name": "Lead", "password": lead.1, "grants": [{"role": "national_lead"}]});
        admin.made("/v1/users", &user).await?;
        let lead = Http::sign_in(base, lead).await?;
        let steering = ("steering@load.test", "a third password for the load");
        let user = json!({"email": steering.0, "name": "Steering", "password": steering.1, "grants": [{"role": "steering_group"}]});
        admin.made("/v1/users", &user).await?;
        let steering = Http::sign_in(base, steering).await?;

        let body = json!({"kind": "commissioner", "name": "A commissioner"});
        let body = admin.made("/v1/bodies", &body).await?;
        let mut groups = Vec::new();
        for name in GROUPS {
            let group = json!({"kind": "regional", "name": name, "valid_from": "2010-01-01"});
            groups.push(admin.made("/v1/groups", &group).await?);
        }
        let round = json!({"title": "Spring 2026", "starts_on": "2026-01-01", "ends_on": "2026-04-30", "group_ids": groups});
        let round = lead.made("/v1/rounds", &round).await?;
        let mut meetings = Vec::new();
        for group in &groups {
            let meeting = json!({"group_id": group, "round_id": round, "starts_at": "2026-01-01T09:00:00Z",
                "ends_at": "2026-04-30T19:00:00Z", "venue": {"kind": "community", "name": "Hall"}, "status": "held"});
            meetings.push(lead.made("/v1/meetings", &meeting).await?);
        }
        let questions: Vec<_> = (1..=QUESTIONS)
            .map(|number| json!({"number": number, "prompt": format!("Question {number}?"), "kind": "open"}))
            .collect();
        let consultation = json!({"reference": "LOAD", "title": "A load", "kind": "plan", "commissioned_by": body,
            "summary": "Made rows.", "round_ids": [round], "group_ids": groups, "channels": ["meeting_discussion"],
            "questions": questions, "public": true});
        let consultation = lead.made("/v1/consultations", &consultation).await?;
        let open = json!({"to": "open"});
        lead.post(&format!("/v1/consultations/{consultation}/status"), &open)
            .await?
            .is(&[200, 201])?;
        let mut themes: Vec<String> = Vec::new();
        let at = format!("/v1/consultations/{consultation}/themes");
        for code in THEMES {
            let theme = json!({"code": code, "label": code, "status": "agreed"});
            themes.push(lead.made(&at, &theme).await?);
        }
        for (code, parent) in THEMES.iter().zip(themes.clone()).take(parts) {
            let (code, label) = (format!("{code}.nearby"), format!("{code} close to home"));
            let theme = json!({"code": code, "label": label, "status": "agreed", "parent_id": parent});
            themes.push(lead.made(&at, &theme).await?);
        }
        let coder = ("coder@load.test", "a fourth password for the load");
        let grant = json!({"role": "coder", "consultation_id": consultation});
        let user = json!({"email": coder.0, "name": "Coder", "password": coder.1, "grants": [grant]});
        admin.made("/v1/users", &user).await?;
        let coder = Http::sign_in(base, coder).await?;
        Ok(Self {
            lead,
            coder,
            steering,
            consultation,
            groups,
            meetings,
            themes,
        })
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/consultations/{}{rest}", self.consultation)
    }

    /// A row is one discussion of one contribution, which has the row's id.
    fn discussion(&self, row: &Row) -> Value {
        json!({
            "meeting_id": self.meetings[row.region], "recorded_at": row.recorded_at,
            "contributions": [{
                "id": row.id, "question": row.question, "text": row.text, "respondent_group": row.respondent_group(),
                "setting": row.setting(), "stance": row.stance(),
                "hands": {"agree": row.agree, "disagree": row.disagree, "unsure": row.unsure},
            }],
        })
    }

    async fn submit(&self, row: &Row) -> Result<(), Wrong> {
        self.lead
            .post(&self.at("/discussions"), &self.discussion(row))
            .await?
            .is(&[201])
    }

    async fn code(&self, coder: &Http, row: &Row, themes: &[usize]) -> Result<(), Wrong> {
        let themes: Vec<_> = themes.iter().map(|theme| &self.themes[*theme]).collect();
        let path = format!("/v1/contributions/{}/coding", row.id);
        coder
            .put(&path, &json!({"theme_ids": themes, "independent": true}))
            .await?
            .is(&[200, 201])
    }

    async fn look_at(&self, row: &Row) -> Result<(), Wrong> {
        let path = format!("/v1/contributions/{}", row.id);
        self.lead.get(&path, None).await?.is(&[200])
    }

    /// Does something with each of the first `rows`, `callers` at once.
    async fn all(
        &self,
        options: &Options,
        rows: usize,
        what: &str,
        act: impl AsyncFn(&Row) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let next = Cell::new(0);
        let began = Instant::now();
        let callers = (0..options.callers).map(async |_| {
            let mut times = Vec::new();
            loop {
                let at = next.replace(next.get() + 1);
                if at >= rows {
                    return Ok::<_, Wrong>(times);
                }
                let row = Row::new(options.seed, at as u64);
                let began = Instant::now();
                act(&row).await?;
                times.push(began.elapsed());
            }
        });
        let mut times = Vec::new();
        for of_caller in join_all(callers).await {
            times.extend(of_caller?);
        }
        let rate = rows as f64 / began.elapsed().as_secs_f64();
        println!("{what:<52} {rate:>9.0} a second   {}", Times(times));
        Ok(())
    }

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
        let items = table["items"].as_array().ok_or("cells have no items")?;
        let place = |ids: &[String], key: &Value| ids.iter().position(|id| key == id).unwrap_or(usize::MAX);
        let mut ours = BTreeMap::new();
        for item in items {
            let question = item[0]
                .as_str()
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            let keys = (
                question,
                place(&self.themes, &item[1]),
                place(&self.groups, &item[2]),
                item[3].to_string(),
            );
            ours.insert(keys, item[4].as_u64().unwrap_or(0));
        }
        if ours.len() != items.len() {
            return Err("a combination stands twice in the cells".into());
        }
        if ours != expected.cells {
            let odd = expected
                .cells
                .iter()
                .find(|(keys, count)| ours.get(*keys) != Some(*count));
            return Err(format!("{} cells, expected {}; {odd:?}", ours.len(), expected.cells.len()).into());
        }
        let text = "all cells (question x theme x group x respondent)";
        println!(
            "{text:<52} {:>9} ms, {} cells, {} marks, {} bytes",
            millis(took),
            ours.len(),
            expected.marks(),
            answer.body.len()
        );
        Ok(())
    }
}

/// The right counts, from the rows themselves.
#[derive(Default)]
struct Expected {
    /// (question, theme, region, respondent group)
    cells: BTreeMap<(usize, usize, usize, String), u64>,
    /// Contributions and uncoded ones by question.
    questions: BTreeMap<usize, (u64, u64)>,
    stances: BTreeMap<(usize, &'static str), u64>,
    themes: BTreeMap<(usize, usize), u64>,
}

impl Expected {
    fn add(&mut self, row: &Row) {
        self.count(row);
        for theme in &row.themes {
            let respondent_group = Value::from(row.respondent_group()).to_string();
            *self
                .cells
                .entry((row.question, *theme, row.region, respondent_group))
                .or_default() += 1;
            *self.themes.entry((row.question, *theme)).or_default() += 1;
        }
    }

    fn add_uncoded(&mut self, row: &Row) {
        self.count(row);
        self.questions.entry(row.question).or_default().1 += 1;
    }

    fn count(&mut self, row: &Row) {
        self.questions.entry(row.question).or_default().0 += 1;
        *self.stances.entry((row.question, row.stance())).or_default() += 1;
    }

    fn marks(&self) -> u64 {
        self.cells.values().sum()
    }

    /// Compares a collation of some or all questions.
    fn compare(&self, collation: &Value) -> Result<(), Wrong> {
        for question in collation["questions"]
            .as_array()
            .ok_or("a collation has no questions")?
        {
            let number = question["number"].as_u64().unwrap_or(0) as usize;
            let (all, uncoded) = self.questions.get(&number).copied().unwrap_or_default();
            let ours = [
                &question["contributions"],
                &question["uncoded"],
                &question["coded"],
            ]
            .map(|n| n["value"].as_u64());
            if ours != [all, uncoded, all - uncoded].map(Some) || question["discussions"] != all {
                return Err(
                    format!("question {number}: {ours:?}, expected {all} and {uncoded} uncoded").into(),
                );
            }
            for stance in ["supports", "opposes", "mixed", "unclear", "suggests"] {
                let wanted = self.stances.get(&(number, stance)).copied().unwrap_or(0);
                if question["stance"][stance]["value"] != wanted {
                    return Err(format!(
                        "question {number}, {stance}: {}, expected {wanted}",
                        question["stance"][stance]
                    )
                    .into());
                }
            }
            for theme in question["themes"].as_array().into_iter().flatten() {
                let at = THEMES
                    .iter()
                    .position(|code| theme["code"] == *code)
                    .unwrap_or(usize::MAX);
                let wanted = self.themes.get(&(number, at)).copied().unwrap_or(0);
                if theme["contributions"]["value"] != wanted || theme["discussions"] != wanted {
                    return Err(format!(
                        "question {number}, {}: {}, expected {wanted}",
                        theme["code"], theme["contributions"]
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    /// The figures that are published with the data set of 100,000 rows.
    fn is_the_published_one(&self) -> Result<(), Wrong> {
        let of = |question: usize, region: Option<usize>| {
            let cells = self
                .cells
                .iter()
                .filter(|((q, _, r, _), _)| *q == question && region.is_none_or(|region| *r == region));
            cells.fold((0, 0), |(cells, marks), (_, count)| (cells + 1, marks + count))
        };
        let london = GROUPS.iter().position(|name| *name == "london");
        let ours = ((self.cells.len(), self.marks()), of(5, None), of(5, london));
        let published = ((19_175, 159_619), (1_607, 13_653), (188, 1_886));
        if ours == published {
            Ok(())
        } else {
            Err(format!("{ours:?} is not the published {published:?}").into())
        }
    }
}
