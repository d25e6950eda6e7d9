//! Every figure that the service is held to, in one run: each is set against a ceiling measured in the same run, or against the most that
//! it may be. Answers are checked against counts made from the rows.

use crate::{
    closed_loop::{Asked, Caller, Driven, at_once, body, post, rate, send},
    database::{bare_on_postgres, bare_on_sqlite, copy, fill},
    expected::Expected,
    measure::{Times, Wrong},
    rows::{self, Row, SEED},
    served::{CONNECTIONS, Served},
    world::World,
};
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use tests::postgres::Postgres;

/// Callers of the figures that do not say otherwise.
const CALLERS: usize = 16;
/// Callers who post tables, and who read and write at once.
const MANY: usize = 32;
/// Contributions of a table.
const AT_A_TABLE: usize = 8;
/// Turns that two are asked by when they are compared.
const TURNS: usize = 5;
/// Writes after each of which one collation is timed.
const AFTER_WRITES: usize = 30;
const ONE_QUESTION: &str = "/collation?question=5";
const WHOLE: &str = "/collation";

/// What a run takes.
struct Options {
    /// Contributions of the three databases that are read from.
    sizes: [u64; 3],
    /// Seconds of each load; the mixed one takes three times as long.
    seconds: u64,
    json: Option<PathBuf>,
    /// Parts of the run; all where none is named.
    only: Vec<String>,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Wrong> {
        let mut options = Self {
            sizes: [10_000, 100_000, 1_000_000],
            seconds: 20,
            json: None,
            only: Vec::new(),
        };
        while let Some(word) = words.next() {
            let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
            match word.as_str() {
                "--json" => options.json = Some(value.into()),
                "--seconds" => options.seconds = value.parse()?,
                "--sizes" => {
                    let sizes: Vec<u64> = value.split(',').map(str::parse).collect::<Result<_, _>>()?;
                    options.sizes = sizes.try_into().map_err(|_| "--sizes wants three numbers")?;
                }
                "--only" => options.only = value.split(',').map(ToOwned::to_owned).collect(),
                _ => return Err(format!("{word} is not known: --json --seconds --sizes --only").into()),
            }
        }
        Ok(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|one| one == part)
    }

    fn length(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// What was measured, by name.
#[derive(Default)]
struct Figures(Map<String, Value>);

impl Figures {
    /// Notes a figure and prints it with what it should be.
    fn put(&mut self, name: &str, value: f64, wanted: &str) {
        println!("{name:<32} {value:>12.3}   {wanted}");
        self.0.insert(name.into(), json!(value));
    }

    /// Prints what explains a figure and is none itself.
    fn beside(&mut self, what: &str, said: impl std::fmt::Display) {
        println!("  {what:<30} {said}");
    }
}

/// The whole run.
pub async fn run(words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let options = Options::read(words)?;
    rows::check()?;
    let folder = std::env::temp_dir().join(format!("collate-load-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut figures = Figures::default();
    println!(
        "{} cores, {}; service, database and callers share them",
        std::thread::available_parallelism()?,
        if cfg!(debug_assertions) {
            "unoptimised: times mean nothing"
        } else {
            "release"
        },
    );
    if options.wants("posts") {
        posts(&options, &folder, &mut figures).await?;
    }
    if options.wants("tables") {
        tables(&options, &folder, &mut figures).await?;
    }
    if options.wants("postgres") {
        tables_on_postgres(&options, &folder, &mut figures).await?;
    }
    if options.wants("reads") {
        reads(&options, &folder, &mut figures).await?;
    }
    if options.wants("mixed") {
        mixed(&options, &folder, &mut figures).await?;
    }
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_vec_pretty(&figures.0)?)?;
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

/// One row as the body of a post: a discussion of one contribution.
fn one_post(world: &World, served: &Served, row: &Row) -> Vec<u8> {
    let body = world.discussion(row).to_string();
    post(
        served.address(),
        &world.at("/discussions"),
        world.lead.token(),
        None,
        &body,
    )
}

/// Discussions of one contribution each.
async fn posts(options: &Options, folder: &Path, figures: &mut Figures) -> Result<(), Wrong> {
    let file = folder.join("posts.db");
    let served = Served::start(&url(&file), &folder.join("posts.log"))?;
    let world = World::new(&served.base, 0).await?;
    // At twice what is wanted they last to the end.
    let requests: Vec<_> = (0..6000 * options.seconds)
        .map(|at| one_post(&world, &served, &Row::new(SEED, at)))
        .collect();
    served.forget_most_memory()?;
    let cpu = served.cpu()?;
    let driven = send(served.address(), CALLERS, options.length(), &requests, 201)?;
    let cpu = served.cpu()? - cpu;
    let sent = driven.times.0.len();
    let collation = world.lead.get(&world.at(WHOLE), None).await?.json()?;
    if collation["heard"]["discussions"] != sent {
        return Err(format!("{} discussions of {sent}", collation["heard"]["discussions"]).into());
    }
    figures.put("post_one_rps", driven.rate(), "at least 3000");
    figures.put("post_one_p99_ms", driven.times.at(0.99), "at most 20");
    figures.put(
        "post_one_cpu_ms",
        cpu.as_secs_f64() * 1e3 / sent as f64,
        "at most 0.6",
    );
    figures.put(
        "rss_post_mib",
        served.most_memory_kib()? as f64 / 1024.0,
        "at most 60",
    );
    figures.beside("times", &driven.times);
    Ok(())
}

/// Tables of eight contributions, each post with a key by which it can be repeated.
fn table_posts(world: &World, served: &Served, count: u64) -> Vec<Vec<u8>> {
    let table = |at: u64| {
        let said: Vec<Row> = (0..AT_A_TABLE as u64)
            .map(|n| Row::new(SEED, at * AT_A_TABLE as u64 + n))
            .collect();
        let mut body = world.discussion(&said[0]);
        let all: Vec<Value> = said
            .iter()
            .map(|row| world.discussion(row)["contributions"][0].clone())
            .collect();
        body["contributions"] = all.into();
        let key = format!("table-{at}");
        post(
            served.address(),
            &world.at("/discussions"),
            world.lead.token(),
            Some(&key),
            &body.to_string(),
        )
    };
    (0..count).map(table).collect()
}

async fn tables(options: &Options, folder: &Path, figures: &mut Figures) -> Result<(), Wrong> {
    let (file, bare) = (folder.join("tables.db"), folder.join("bare.db"));
    let (log, url) = (folder.join("tables.log"), url(&file));
    let served = Served::start(&url, &log)?;
    let world = World::new(&served.base, 0).await?;
    drop(served);
    copy(&file, &bare)?;
    let served = Served::start(&url, &log)?;
    let world = world.at_base(&served.base);
    let requests = table_posts(&world, &served, 2000 * options.seconds);
    let cpu = served.cpu()?;
    let driven = send(served.address(), MANY, options.length(), &requests, 201)?;
    let cpu = served.cpu()? - cpu;
    let sent = driven.times.0.len();
    drop(served);
    let beside = bare_on_sqlite(&file, &bare, sent, MANY, options.length())?;
    compare(figures, "post_table_vs_bare", &driven, &beside);
    figures.beside("CPU a table, ms", cpu.as_secs_f64() * 1e3 / sent as f64);
    Ok(())
}

fn compare(figures: &mut Figures, name: &str, driven: &Driven, beside: &Driven) {
    figures.put(name, driven.rate() / beside.rate(), "at least 0.6");
    figures.beside(
        "tables a second",
        format!("{:.0}   {}", driven.rate(), driven.times),
    );
    figures.beside("bare loop", format!("{:.0}   {}", beside.rate(), beside.times));
}

async fn tables_on_postgres(options: &Options, folder: &Path, figures: &mut Figures) -> Result<(), Wrong> {
    let postgres = Postgres::start(&folder.join("postgres"), true)?;
    let served = Served::start(&postgres.url(), &folder.join("postgres.log"))?;
    let world = World::new(&served.base, 0).await?;
    let requests = table_posts(&world, &served, 1000 * options.seconds);
    let driven = send(served.address(), MANY, options.length(), &requests, 201)?;
    let sent = driven.times.0.len();
    drop(served);
    let beside = bare_on_postgres(&postgres.url(), CONNECTIONS, sent, MANY, options.length()).await?;
    compare(figures, "post_table_vs_bare_postgres", &driven, &beside);
    Ok(())
}

/// A service on a database that was filled, and what it should count.
struct Filled {
    served: Served,
    world: World,
    expected: Expected,
    next: u64,
    /// From its start until it answered.
    ready: Duration,
    log: PathBuf,
    url: String,
}

impl Filled {
    async fn new(folder: &Path, rows: u64) -> Result<Self, Wrong> {
        let (file, log) = (
            folder.join(format!("{rows}.db")),
            folder.join(format!("{rows}.log")),
        );
        let url = url(&file);
        let served = Served::start(&url, &log)?;
        let world = World::new(&served.base, 0).await?;
        let first = Row::new(SEED, 0);
        world.submit(&first).await?;
        world.code(&world.lead, &first, &first.themes).await?;
        drop(served);
        fill(&file, &world, SEED, 1..rows)?;
        let mut expected = Expected::default();
        (0..rows).for_each(|at| expected.add(&Row::new(SEED, at)));
        if rows == 100_000 {
            expected.is_the_published_one()?;
        }
        let served = Served::start(&url, &log)?;
        Ok(Self {
            ready: served.ready_after,
            world: world.at_base(&served.base),
            served,
            expected,
            next: rows,
            log,
            url,
        })
    }

    /// The service anew: nothing is in its memory.
    async fn restarted(self) -> Result<Self, Wrong> {
        let Self {
            served,
            world,
            log,
            url,
            ..
        } = self;
        drop(served);
        let served = Served::start(&url, &log)?;
        Ok(Self {
            ready: served.ready_after,
            world: world.at_base(&served.base),
            served,
            log,
            url,
            ..self
        })
    }

    fn asked<'a>(&'a self, path: &'a str, codings: Option<&'a str>) -> Asked<'a> {
        Asked {
            address: self.served.address(),
            path,
            codings,
            token: Some(self.world.lead.token()),
        }
    }

    /// One answer, and how long it took from asking to its last byte.
    fn once(&self, rest: &str) -> Result<(Duration, Vec<u8>), Wrong> {
        let path = self.world.at(rest);
        let request = self.asked(&path, None).request();
        let mut caller = Caller::to(self.served.address())?;
        let began = Instant::now();
        let status = caller.ask(&request)?;
        let took = began.elapsed();
        if status != 200 {
            return Err(format!("GET {path}: {status} {}", String::from_utf8_lossy(caller.body())).into());
        }
        Ok((took, caller.body().to_vec()))
    }

    fn checked(&self, rest: &str) -> Result<Duration, Wrong> {
        let (took, body) = self.once(rest)?;
        self.expected.compare(&serde_json::from_slice(&body)?)?;
        Ok(took)
    }

    /// Milliseconds of the whole collation after each of some writes, the middle one.
    async fn after_write(&mut self) -> Result<Times, Wrong> {
        let mut times = Vec::new();
        for _ in 0..AFTER_WRITES {
            let row = Row::new(SEED, self.next);
            self.next += 1;
            self.world.submit(&row).await?;
            self.expected.add_uncoded(&row);
            times.push(self.checked(WHOLE)?);
        }
        Ok(Times(times))
    }
}

/// A filter that keeps everything, so that nothing but the filter is dearer.
const EVERYTHING: [&str; 4] = [
    "/collation?setting=community_forensic,low_secure,medium_secure,high_secure",
    "/collation?respondent_group=staff,commissioner,service_user,family_carer,other",
    "/collation?channel=meeting_discussion",
    "/collation?question=1,2,3,4,5,6,7,8,9,10,11,12",
];

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

async fn reads(options: &Options, folder: &Path, figures: &mut Figures) -> Result<(), Wrong> {
    let [few, middling, many] = options.sizes;
    let small = Filled::new(folder, few).await?;
    small.checked(WHOLE)?;

    let mut filled = Filled::new(folder, middling).await?;
    figures.put("ready_s_100k", filled.ready.as_secs_f64(), "at most 0.5");
    figures.beside(
        "facts loaded, whole collation, ms",
        millis(filled.checked(WHOLE)?),
    );
    filled = cold(filled, figures, "cold_fold_ms_100k", "at most 15").await?;
    let (took, cells) = filled.once("/cells?by=question,theme,group,respondent_group")?;
    figures.put("all_cells_ms_100k", millis(took), "at most 40");
    filled
        .expected
        .compare_cells(&serde_json::from_slice(&cells)?, &filled.world)?;
    let after = filled.after_write().await?;
    figures.put("after_write_ms_100k", after.at(0.5), "at most 8");
    figures.beside("times", after);

    let (one, whole) = (filled.world.at(ONE_QUESTION), filled.world.at(WHOLE));
    let (plain, packed) = (filled.asked(&one, None), filled.asked(&whole, Some("gzip")));
    let beside = |name: &str, bytes: &[u8]| -> Result<Served, Wrong> {
        let file = folder.join(name);
        std::fs::write(&file, bytes)?;
        Served::of_file(&file)
    };
    let (plain_bytes, packed_bytes) = (body(plain)?, body(packed)?);
    let (bare, bare_packed) = (
        beside("one.json", &plain_bytes)?,
        beside("whole.json.gz", &packed_bytes)?,
    );
    let all = [
        (plain, plain_bytes.len()),
        (beside_of(&bare), plain_bytes.len()),
        (packed, packed_bytes.len()),
        (beside_of(&bare_packed), packed_bytes.len()),
    ];
    let [ours, theirs, ours_packed, theirs_packed] = by_turns(options, all)?;
    figures.put("read_vs_static", ours / theirs, "at least 0.9");
    figures.put("read_rps_100k", ours, "at least 9900");
    figures.beside("of bytes", plain_bytes.len());
    figures.put(
        "read_whole_gzip_vs_static",
        ours_packed / theirs_packed,
        "at least 0.9",
    );
    figures.beside(
        "a second",
        format!("{ours_packed:.0} of {} bytes", packed_bytes.len()),
    );
    drop((bare, bare_packed));

    let mut large = Filled::new(folder, many).await?;
    let before = large.served.memory_kib()?;
    let first = large.checked(ONE_QUESTION)?;
    figures.put("load_facts_s_1m", first.as_secs_f64(), "at most 6");
    let held = large.served.memory_kib()? - before;
    figures.put(
        "bytes_per_contribution",
        held as f64 * 1024.0 / many as f64,
        "at most 80",
    );
    let (one_of_few, one_of_many) = (small.world.at(ONE_QUESTION), large.world.at(ONE_QUESTION));
    let (few, many) = (small.asked(&one_of_few, None), large.asked(&one_of_many, None));
    let (of_few, of_many) = (body(few)?.len(), body(many)?.len());
    let [of_few, of_many] = by_turns(options, [(few, of_few), (many, of_many)])?;
    figures.put("read_1m_vs_10k", of_few / of_many, "at most 1.1");
    large = cold(large, figures, "cold_fold_ms_1m", "at most 120").await?;
    let after = large.after_write().await?;
    figures.put("after_write_ms_1m", after.at(0.5), "at most 15");
    figures.beside("times", after);
    figures.put(
        "rss_1m_mib",
        large.served.memory_kib()? as f64 / 1024.0,
        "at most 250",
    );
    Ok(())
}

/// The bytes that another service has in memory.
fn beside_of(served: &Served) -> Asked<'_> {
    Asked {
        address: served.address(),
        path: "/memory",
        codings: None,
        token: None,
    }
}

/// The middle rate of each, asked by turns.
fn by_turns<const N: usize>(options: &Options, all: [(Asked<'_>, usize); N]) -> Result<[f64; N], Wrong> {
    let turn = options.length() / TURNS as u32 / 2;
    let mut rates = all.map(|_| Vec::new());
    for _ in 0..TURNS {
        for ((asked, bytes), rates) in all.iter().zip(&mut rates) {
            rates.push(rate(*asked, CALLERS, turn, *bytes)?);
        }
    }
    Ok(rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }))
}

/// The whole collation of facts that are loaded, of which no answer is kept; and with each filter of [`EVERYTHING`]. The service is
/// started anew, so that nothing is.
async fn cold(filled: Filled, figures: &mut Figures, name: &str, wanted: &str) -> Result<Filled, Wrong> {
    let filled = filled.restarted().await?;
    filled.once("/coverage")?;
    // What was read of the facts is dropped by the allocator in its own time.
    let whole = millis(filled.checked(WHOLE)?);
    figures.put(name, whole, wanted);
    for filter in EVERYTHING {
        let took = millis(filled.checked(filter)?);
        figures.beside(
            filter.split('=').next().unwrap_or(filter),
            format!("{took:.2} ms"),
        );
    }
    Ok(filled)
}

/// Nine reads of one question to one write of the same consultation. Before each read it is noted how many writes were acknowledged, and
/// what it shows must be as many at least.
async fn mixed(options: &Options, folder: &Path, figures: &mut Figures) -> Result<(), Wrong> {
    let folder = folder.join("mixed");
    std::fs::create_dir_all(&folder)?;
    let filled = Filled::new(&folder, options.sizes[1]).await?;
    filled.checked(WHOLE)?;
    let Filled {
        served,
        world,
        expected,
        ..
    } = &filled;
    let read = filled.asked(&world.at(ONE_QUESTION), None).request();
    // Of question 5 alone, so that every write is one that every read shows.
    let numbers = (options.sizes[1]..)
        .map(|at| Row::new(SEED, at))
        .filter(|row| row.question == 5);
    let writes: Vec<_> = numbers
        .take(2000 * options.seconds as usize)
        .map(|row| one_post(world, served, &row))
        .collect();
    let (next, acknowledged, stale) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let before = expected.of_question(5);
    let began = Instant::now();
    let until = began + 3 * options.length();
    let times = at_once(MANY, |caller| {
        let mut connection = Caller::to(served.address())?;
        let (mut reads, mut posted) = (Vec::new(), Vec::new());
        let mut turn = caller;
        while Instant::now() < until {
            turn += 1;
            let write = turn % 10 == 0;
            let request = match write {
                true => match writes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    Some(request) => request,
                    None => return Err("more writes than were made ready".into()),
                },
                false => &read,
            };
            let known = acknowledged.load(Ordering::Acquire);
            let began = Instant::now();
            let status = connection.ask(request)?;
            let took = began.elapsed();
            match (write, status) {
                (true, 201) => {
                    acknowledged.fetch_add(1, Ordering::AcqRel);
                    posted.push(took);
                }
                (false, 200) => {
                    if counted(connection.body())? < before + known {
                        stale.fetch_add(1, Ordering::Relaxed);
                    }
                    reads.push(took);
                }
                _ => return Err(format!("{status} {}", String::from_utf8_lossy(connection.body())).into()),
            }
        }
        Ok((reads, posted))
    })?;
    let took = began.elapsed().as_secs_f64();
    let (reads, posted): (Vec<_>, Vec<_>) = times.into_iter().unzip();
    let (reads, posted) = (Times(reads.concat()), Times(posted.concat()));
    figures.put("mixed_read_p99_ms", reads.at(0.99), "at most 15");
    figures.put("stale_reads", stale.load(Ordering::Acquire) as f64, "none");
    figures.beside(
        "reads",
        format!("{:.0} a second   {reads}", reads.0.len() as f64 / took),
    );
    figures.beside(
        "writes",
        format!("{:.0} a second   {posted}", posted.0.len() as f64 / took),
    );
    Ok(())
}

/// Contributions of the one question that an answer is of, without reading it as JSON.
fn counted(body: &[u8]) -> Result<u64, Wrong> {
    let text = std::str::from_utf8(body)?;
    let of_question = text
        .split_once("\"questions\":[{\"number\":5,")
        .ok_or("no question")?
        .1;
    let value = of_question
        .split_once("\"contributions\":{\"value\":")
        .ok_or("no count")?
        .1;
    let digits = value
        .split(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    Ok(digits.parse()?)
}
