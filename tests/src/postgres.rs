//! A PostgreSQL of our own, from the binaries that are installed: started on a free port, with its data in a folder, and gone when it is
//! dropped. It refuses to run as root, so root runs it as `postgres`.

use std::{
    error::Error,
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Whatever keeps it from starting.
type Wrong = Box<dyn Error>;

/// One server.
pub struct Postgres {
    folder: PathBuf,
    binaries: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes and starts one whose commits are on disk before they are acknowledged (`durable`), or are not, which is for tests.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed, or does not start.
    pub fn start(folder: &Path, durable: bool) -> Result<Self, Wrong> {
        let made = Self::place(folder)?;
        made.run(
            "initdb",
            &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"],
        )?;
        made.begin(if durable { "" } else { " -c fsync=off" })
    }

    fn place(folder: &Path) -> Result<Self, Wrong> {
        let versions = fs::read_dir("/usr/lib/postgresql")?;
        let mut versions: Vec<_> = versions.filter_map(|one| Some(one.ok()?.path())).collect();
        versions.sort();
        let binaries = versions.pop().ok_or("PostgreSQL is not installed")?.join("bin");
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if is_root()? {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777))?;
        }
        Ok(Self {
            folder: folder.to_owned(),
            binaries,
            port,
        })
    }

    fn begin(self, settings: &str) -> Result<Self, Wrong> {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200{settings}",
            self.port
        );
        let log = self.folder.join("log");
        self.run(
            "pg_ctl",
            &[
                "start",
                "-w",
                "-t",
                "60",
                "-l",
                &log.display().to_string(),
                "-o",
                &options,
                "-D",
            ],
        )?;
        Ok(self)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Runs one of PostgreSQL's programs on the data folder.
    fn run(&self, program: &str, words: &[&str]) -> Result<(), Wrong> {
        let program = self.binaries.join(program);
        let mut command = match is_root()? {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(&program);
                command
            }
            false => Command::new(&program),
        };
        let ended = command
            .args(words)
            .arg(self.data())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !ended.success() {
            return Err(format!("{} ended with {ended}", program.display()).into());
        }
        Ok(())
    }

    /// Where its first database is.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

/// Whether we are root, by whose `/proc/self` it is.
fn is_root() -> Result<bool, Wrong> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["stop", "-w", "-m", "immediate", "-D"]);
    }
}
