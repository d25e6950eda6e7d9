//! The service in a process of its own, which can be killed.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

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
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
