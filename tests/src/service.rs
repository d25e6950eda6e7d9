//! The service, started in this process as `serve` starts it, on a database of its own.

use crate::{
    answer::Answer,
    caller::{Ask, Caller},
    contract,
    database::Database,
};
use actix_web::dev::ServerHandle;
use collate::server::Settings;
use serde_json::{Value, json};
use std::{
    cell::Cell,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    rc::Rc,
    sync::mpsc,
    thread::JoinHandle,
    time::Duration,
};

/// The first admin of every test.
pub const ADMIN: (&str, &str) = ("admin@collate.test", "a password for tests");

/// A running service.
pub struct Service {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
    // After the server: it goes when the last replica has stopped.
    pub database: Rc<Database>,
    stranger: Caller,
    users: Rc<Cell<u32>>,
}

impl Service {
    /// Starts it on a fresh database.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// The same, with settings of its own; address, database and first admin stay ours.
    pub async fn start_with(settings: Settings) -> Self {
        let database = Rc::new(Database::migrated());
        let url = database.url.clone();
        Self::on(database, url, Rc::default(), settings)
    }

    /// Starts it on a database that is there, and that outlives it.
    pub fn start_on(database: Rc<Database>) -> Self {
        let url = database.url.clone();
        Self::on(database, url, Rc::default(), Settings::default())
    }

    /// Another process on the same database, as far as one process can have that.
    pub async fn replica(&self) -> Self {
        self.replica_with(Settings::default()).await
    }

    /// The same, with settings of its own.
    pub async fn replica_with(&self, settings: Settings) -> Self {
        let url = self.database.url.clone();
        Self::on(self.database.clone(), url, self.users.clone(), settings)
    }

    /// The same, which finds the database at `url`.
    pub async fn replica_at(&self, url: String) -> Self {
        Self::on(
            self.database.clone(),
            url,
            self.users.clone(),
            Settings::default(),
        )
    }

    fn on(database: Rc<Database>, url: String, users: Rc<Cell<u32>>, settings: Settings) -> Self {
        let settings = Settings {
            database_url: url,
            listen: "127.0.0.1:0".into(),
            admin: Some((ADMIN.0.into(), ADMIN.1.into())),
            workers: 2,
            connections: 4,
            migrate: true,
            ..settings
        };
        let (tell, told) = mpsc::channel();
        let serve = async move {
            match collate::server::start(&settings).await {
                Ok(running) => {
                    tell.send(Ok((running.address, running.handle()))).unwrap();
                    running.until_stopped().await.unwrap();
                }
                Err(error) => tell.send(Err(error.to_string())).unwrap(),
            }
        };
        let thread = std::thread::spawn(move || actix_web::rt::System::new().block_on(serve));
        let (address, handle) = match told.recv() {
            Ok(Ok(running)) => running,
            Ok(Err(error)) => panic!("the service did not start: {error}"),
            Err(_) => panic!("the service panicked before it started: {:?}", thread.join()),
        };
        let stranger = Caller::stranger(format!("http://{address}"));
        Self {
            address,
            handle,
            thread: Some(thread),
            database,
            stranger,
            users,
        }
    }

    /// Where it answers.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Caller {
        self.stranger.clone()
    }

    /// The first admin.
    pub async fn admin(&self) -> Caller {
        let mut admin = self.stranger.sign_in(ADMIN.0, ADMIN.1).await;
        admin.id = admin.get("/v1/me").await.expect(200).id();
        admin
    }

    /// Somebody with these grants, made by the admin and signed in.
    pub async fn user(&self, grants: Value) -> Caller {
        let admin = self.admin().await;
        self.user_by(&admin, grants).await
    }

    /// An api client with these grants, made by the admin, with a token.
    pub async fn client_by(&self, admin: &Caller, grants: Value) -> Caller {
        let body = json!({"name": "A machine", "grants": grants});
        let made = admin.post("/v1/api-clients", body).await.expect(201);
        let secret = made.json["secret"].as_str().unwrap();
        let tokens = self
            .stranger
            .token_for_client(&made.id(), secret)
            .await
            .expect(200);
        let token = tokens.json["access_token"].as_str().unwrap();
        let mut client = self.stranger.with_token("an api client", token);
        client.id = made.id();
        client
    }

    /// The same, where the admin has signed in already. A dashboard is an api client; everybody else is a person.
    pub async fn user_by(&self, admin: &Caller, grants: Value) -> Caller {
        if grants.pointer("/0/role").is_some_and(|role| role == "dashboard") {
            return self.client_by(admin, grants).await;
        }
        self.users.set(self.users.get() + 1);
        let email = format!("user-{}@collate.test", self.users.get());
        let password = "another password for tests";
        let role = grants
            .pointer("/0/role")
            .and_then(Value::as_str)
            .unwrap_or("nobody")
            .to_owned();
        let body = json!({"email": email, "name": format!("Somebody, {role}"), "password": password, "grants": grants});
        let made = admin.post("/v1/users", body).await.expect(201);
        let mut caller = self.stranger.sign_in(&email, password).await;
        caller.id = made.id();
        caller.name = format!("{role} {email}");
        caller
    }

    /// Writes `head` and `body` to the socket as they are and reads the answer: for what no client library sends.
    pub fn raw(&self, ask: &Ask, head: &str, body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(body).unwrap();
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        // The answer is whole when as many bytes came as it says, or when the service hangs up.
        loop {
            if let Some(answer) = parsed(ask, &bytes) {
                contract::check(ask, &answer);
                return answer;
            }
            match socket.read(&mut chunk) {
                Ok(read) if read > 0 => bytes.extend_from_slice(&chunk[..read]),
                ended => panic!("no whole answer ({ended:?}): {}", String::from_utf8_lossy(&bytes)),
            }
        }
    }
}

/// The answer in `bytes`, when it is whole: as many came as it says.
pub(crate) fn parsed(ask: &Ask, bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (
        String::from_utf8_lossy(&bytes[..end]).into_owned(),
        &bytes[end + 4..],
    );
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Ok(0), |(_, length)| length.parse()).ok()?;
    (body.len() >= length).then(|| {
        Answer::new(
            format!("{} {} (raw)", ask.method, ask.path),
            status,
            headers,
            body.to_vec(),
        )
    })
}

impl Drop for Service {
    fn drop(&mut self) {
        // The order to stop is given at once; what is returned only waits.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the service panicked");
        }
    }
}
