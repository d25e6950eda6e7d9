//! The service as a process of its own: for killing it, and for what its memory comes to.

use crate::caller::Caller;
use serde_json::json;
use std::{
    cell::Cell,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// The first admin of such a process.
const ADMIN: (&str, &str) = ("admin@load.test", "a password for the load");

/// A service that can be killed.
pub struct Process {
    /// Where it answers.
    pub base: String,
    child: Child,
    users: Cell<u32>,
}

impl Process {
    /// Starts `program`, which takes `serve --database URL` and says where it listens, on a database that is there.
    pub fn start(program: &str, url: &str) -> Self {
        let mut child = Command::new(program)
            .args(["serve", "--database", url])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let base = said.trim().to_owned();
        assert!(
            base.starts_with("http://"),
            "it does not say where it listens: {said}"
        );
        Self {
            base,
            child,
            users: Cell::new(0),
        }
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The first admin.
    pub async fn admin(&self) -> Caller {
        Caller::stranger(self.base.clone())
            .sign_in(ADMIN.0, ADMIN.1)
            .await
    }

    /// Somebody with this grant.
    pub async fn user(&self, grant: serde_json::Value) -> Caller {
        self.users.set(self.users.get() + 1);
        let email = format!("somebody-{}-{}@collate.test", self.child.id(), self.users.get());
        let password = "another password for tests";
        let user = json!({"email": email, "name": "Somebody", "password": password, "grants": [grant]});
        self.admin().await.post("/v1/users", user).await.expect(201);
        Caller::stranger(self.base.clone())
            .sign_in(&email, password)
            .await
    }

    /// The most memory that it has had at once, in bytes.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kilobytes: u64 = line.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        kilobytes * 1024
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Where it was killed already there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
