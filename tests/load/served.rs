//! The service in a process of its own, and beside it a service that does nothing but give out a file: what is measured shares no memory
//! and no threads with those who ask.

use crate::{ADMIN, measure::Wrong};
use actix_files::NamedFile;
use actix_web::{App, HttpResponse, HttpServer, http::header, web};
use collate::{config::LogFormat, server::Settings, telemetry};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Threads that answer, in both.
const WORKERS: usize = 2;
/// Connections to PostgreSQL, of the service and of the bare loop beside it.
pub const CONNECTIONS: u32 = 16;

/// `serve --database URL`: the service alone, until it is killed; it says where it listens.
pub async fn serve(mut words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let (Some("--database"), Some(url)) = (words.next().as_deref(), words.next()) else {
        return Err("serve wants --database URL".into());
    };
    let connections = if url.starts_with("postgres") {
        CONNECTIONS
    } else {
        4
    };
    let settings = Settings {
        database_url: url,
        listen: "127.0.0.1:0".into(),
        admin: Some((ADMIN.0.into(), ADMIN.1.into())),
        migrate: true,
        workers: WORKERS,
        connections,
        ..Settings::default()
    };
    // As the command does: a line a request.
    telemetry::start("info", LogFormat::Text);
    let running = collate::server::start(&settings).await?;
    println!("http://{}", running.address);
    running.until_stopped().await?;
    Ok(())
}

/// `static --file PATH`: a file, from disk at `/disk` and out of memory everywhere else, until it is killed; it says where it listens.
pub async fn serve_static(mut words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let (Some("--file"), Some(path)) = (words.next().as_deref(), words.next()) else {
        return Err("static wants --file PATH".into());
    };
    let bytes = web::Bytes::from(std::fs::read(&path)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    let app = move || {
        let bytes = bytes.clone();
        let give = move || {
            let bytes = bytes.clone();
            async move {
                HttpResponse::Ok()
                    .insert_header((header::CONTENT_TYPE, "text/html"))
                    .body(bytes)
            }
        };
        let path = path.clone();
        let open = move || {
            let file = NamedFile::open(&path);
            async move { file }
        };
        App::new()
            .route("/disk", web::get().to(open))
            .default_service(web::to(give))
    };
    HttpServer::new(app)
        .workers(WORKERS)
        .listen(listener)?
        .run()
        .await?;
    Ok(())
}

/// One of both; gone when it is dropped.
pub struct Served {
    pub base: String,
    /// From its start until it said where it listens.
    pub ready_after: Duration,
    child: Child,
}

impl Served {
    /// The service on this database, which writes its log to this file.
    pub fn start(url: &str, log: &Path) -> Result<Self, Wrong> {
        Self::of(&["serve", "--database", url], File::create(log)?.into())
    }

    /// The other, which gives out this file.
    pub fn of_file(path: &Path) -> Result<Self, Wrong> {
        let path = path.to_str().ok_or("a path of other letters")?;
        Self::of(&["static", "--file", path], Stdio::inherit())
    }

    fn of(words: &[&str], log: Stdio) -> Result<Self, Wrong> {
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(words)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut base = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut base)?;
        Ok(Self {
            base: base.trim().to_owned(),
            ready_after: began.elapsed(),
            child,
        })
    }

    /// Where it listens, as `host:port`.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Megabytes, the most that it had at once.
    pub fn most_memory(&self) -> Result<u64, Wrong> {
        Ok(self.status("VmHWM:")? / 1024)
    }

    /// Kilobytes, the most that it had at once since [`forget_most_memory`](Self::forget_most_memory).
    pub fn most_memory_kib(&self) -> Result<u64, Wrong> {
        self.status("VmHWM:")
    }

    /// Kilobytes that it has.
    pub fn memory_kib(&self) -> Result<u64, Wrong> {
        self.status("VmRSS:")
    }

    /// The most that it had is what it has now.
    pub fn forget_most_memory(&self) -> Result<(), Wrong> {
        Ok(std::fs::write(
            format!("/proc/{}/clear_refs", self.child.id()),
            "5",
        )?)
    }

    /// Time of the processor that it has used.
    pub fn cpu(&self) -> Result<Duration, Wrong> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // After the name, which may hold anything: user and system time are the 14th and 15th fields, in hundredths of a second.
        let fields = stat.rsplit_once(')').ok_or("no stat")?.1;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>()?))
    }

    fn status(&self, field: &str) -> Result<u64, Wrong> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kilobytes = line.ok_or_else(|| format!("no {field}"))?;
        Ok(kilobytes.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
