//! The service in a process of its own: for killing it, for what its memory comes to, and for how its commands end.

use crate::{caller::Caller, service::ADMIN};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

/// How a command ended, and all that it printed.
#[derive(Debug)]
pub struct Ended {
    pub status: Option<i32>,
    pub printed: String,
    pub complained: String,
}

/// Runs `program` to its end.
pub fn ended(program: &str, words: &[&str]) -> Ended {
    let output = Command::new(program).args(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        status: output.status.code(),
        printed: text(&output.stdout),
        complained: text(&output.stderr),
    }
}

/// A running process, killed with the test.
#[derive(Debug)]
pub struct Process {
    /// Where it answers.
    pub address: SocketAddr,
    child: Child,
}

impl Process {
    /// Starts `program` on a database, with `kid:hex` keys where they are not those of the database, and waits until it listens.
    pub fn start(program: &str, database_url: &str, keys: Option<&str>) -> Self {
        let mut child = Command::new(program)
            .arg(database_url)
            .args(keys)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().parse();
        let address = address.unwrap_or_else(|_| panic!("{program} did not start: {line}"));
        Self { address, child }
    }

    /// Ends it at once, without a word: what it was doing is done or not.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Where it answers, as callers write it.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first admin.
    pub async fn admin(&self) -> Caller {
        Caller::stranger(self.base()).sign_in(ADMIN.0, ADMIN.1).await
    }

    /// Somebody with this grant.
    pub async fn user(&self, grant: Value) -> Caller {
        let email = format!("somebody-{}@collate.test", crate::new_id());
        let password = "another password for tests";
        let user = json!({"email": email, "name": "Somebody", "password": password, "grants": [grant]});
        self.admin().await.post("/v1/users", user).await.expect(201);
        Caller::stranger(self.base()).sign_in(&email, password).await
    }

    /// The most memory of its own that it has had at once, in bytes: without what of its program is mapped from the file, which the
    /// system takes back at will and which a build without optimisation makes large.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| -> u64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            let kilobytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
            kilobytes * 1024
        };
        of("VmHWM:").saturating_sub(of("RssFile:"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
