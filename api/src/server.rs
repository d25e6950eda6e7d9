//! Starting the service: the database is opened and migrated, keys are loaded, the first admin is made, and only then
//! does it listen.

use crate::{
    auditing::sealer::Sealer,
    auth::{
        grants::GrantInput,
        keys, password,
        sessions::{self, Sessions},
        users::{self, UserInput},
    },
    clock,
    collating::looks::Looks,
    collecting::{
        imports::{Worker, sharing::Importing},
        retention::{self, Keeping},
        review_reasons,
        screening::{self, KnownNames},
        withdrawals,
    },
    http::{
        content::Content,
        lasting::Lasting,
        problem::{Faults, Problem},
        proxies::TrustedProxies,
        trace::trace,
    },
    reporting::{document, shelf::Shelf},
    routes::routes,
    state::State,
    store::{
        self, Direction, Store,
        audit::{Act, acts},
    },
};
use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::from_fn,
    web::{Data, redirect},
};
use domain::{text::Text, vocabulary::Role};
use sea_orm::DbBackend;
use std::{fmt, net::SocketAddr, time::Duration};
use utoipa_swagger_ui::{Config, SwaggerUi};
use validator::Validate;

/// Everything that can be set. Each has a flag and an environment variable of the command line.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `sqlite://FILE` or `postgres://…`.
    pub database_url: String,
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// E-mail and password of the first admin, made on an empty database.
    pub admin: Option<(String, String)>,
    /// `kid:hex` pairs, the first signs; they win over the database's.
    pub token_keys: Option<String>,
    /// Threads that answer requests.
    pub workers: usize,
    /// Connections to the database.
    pub connections: u32,
    /// Whether to migrate PostgreSQL too; SQLite is always migrated.
    pub migrate: bool,
    /// For how long texts are kept that are out of use.
    pub keeping: Keeping,
    /// Balancers whose `X-Forwarded-For` says where a request came from.
    pub trusted_proxies: TrustedProxies,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database_url: "sqlite://collate.db".into(),
            listen: "127.0.0.1:8080".into(),
            admin: None,
            token_keys: None,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            connections: 16,
            migrate: false,
            keeping: Keeping::default(),
            trusted_proxies: TrustedProxies::default(),
        }
    }
}

/// Why the service could not be started, in a sentence for whoever started it.
#[derive(Debug)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl StartError {
    pub(crate) fn because(what: &str, cause: impl fmt::Display) -> Self {
        Self(format!("{what}: {cause}"))
    }
}

impl From<Problem> for StartError {
    fn from(problem: Problem) -> Self {
        let faults: Vec<_> = problem
            .faults
            .iter()
            .map(|fault| format!("{}: {}", fault.pointer, fault.detail))
            .collect();
        Self(if faults.is_empty() {
            problem.detail
        } else {
            faults.join("; ")
        })
    }
}

/// A service that listens. It answers while [`Running::until_stopped`] is awaited.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    server: Server,
    sealer: Sealer,
    worker: Worker,
}

impl Running {
    /// By which it is told to stop.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Answers until it is told to stop, then seals what the log holds by then.
    ///
    /// # Errors
    /// Where the server fails.
    pub async fn until_stopped(self) -> Result<(), StartError> {
        let ended = self.server.await;
        self.worker.stop().await;
        self.sealer.stop().await;
        ended.map_err(|error| StartError(error.to_string()))
    }
}

/// Opens the database, migrates it where that is allowed, and makes keys and the first admin.
///
/// # Errors
/// A sentence that says what to do.
pub async fn prepare(settings: &Settings) -> Result<Data<State>, StartError> {
    let sqlite = settings.database_url.starts_with("sqlite:");
    if sqlite || settings.migrate {
        store::migrate(&settings.database_url, Direction::Up)
            .await
            .map_err(|error| StartError::because("the database cannot be migrated", error))?;
    }
    let store = Store::connect(&settings.database_url, settings.connections)
        .await
        .map_err(|error| StartError::because("the database cannot be opened", error))?;
    if store.backend() == DbBackend::Postgres {
        let pending = store::pending(&settings.database_url)
            .await
            .map_err(|error| StartError::because("the database does not answer", error))?;
        if !pending.is_empty() {
            return Err(StartError(format!(
                "{} migrations are pending ({}). Run `collate migrate up` first, or start with --migrate.",
                pending.len(),
                pending.join(", ")
            )));
        }
    }
    let fixed = settings
        .token_keys
        .as_deref()
        .map(keys::from_settings)
        .transpose();
    let fixed = fixed.map_err(|error| StartError::because("COLLATE_TOKEN_KEYS", error))?;
    let sessions = Sessions::new(fixed);
    sessions.load_keys(&store).await?;
    let starting = store.open_for_nobody().doing(Act::of_this_machine(acts::START));
    review_reasons::add_first(&starting).await?;
    if let Some((email, password)) = &settings.admin {
        let empty = store
            .open_for_nobody()
            .read(async |tx| tx.has_no_users().await)
            .await?;
        if empty {
            let admin = GrantInput {
                role: Role::Admin,
                group_id: None,
                service_id: None,
                body_id: None,
                consultation_id: None,
            };
            add_user(&store, acts::START, email, "First admin", password, vec![admin]).await?;
        }
    }
    match store.version().await {
        Ok(version) => tracing::info!(database = version, "the database is open"),
        Err(error) => return Err(StartError::because("the database does not answer", error)),
    }
    let document = serde_json::to_vec(&routes().document())
        .map_err(|error| StartError::because("the OpenAPI document cannot be written", error))?;
    Ok(Data::new(State {
        store,
        sessions,
        looks: Looks::default(),
        known_names: KnownNames::default(),
        shelf: Shelf::default(),
        lasting: Lasting::default(),
        importing: Importing::default(),
        trusted_proxies: settings.trusted_proxies.clone(),
        document: Content::new(document, "application/json").kept(),
    }))
}

/// Adds a user from this machine, by the same rules as over HTTP; `act` is how the log names it.
///
/// # Errors
/// Every broken rule.
pub async fn add_user(
    store: &Store,
    act: &'static str,
    email: &str,
    name: &str,
    password: &str,
    grants: Vec<GrantInput>,
) -> Result<(), StartError> {
    let input = UserInput {
        email: email.to_owned(),
        name: Text::new(name),
        password: password.to_owned(),
        grants,
    };
    let mut faults = Faults::default();
    if let Err(errors) = input.validate() {
        faults.add_validation(&errors);
    }
    users::check(&input, &mut faults);
    faults.end()?;
    let hash = password::hash(password.to_owned()).await?;
    store
        .open_for_nobody()
        .doing(Act::of_this_machine(act))
        .write(async move |tx| users::add(tx, input, hash).await.map(|_| ()))
        .await?;
    store.seal_at_last().await;
    Ok(())
}

/// The pages at `/docs`; their scripts and styles come from this binary.
pub fn docs() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from("/openapi.json"))
}

/// Prepares the database and listens.
///
/// # Errors
/// A sentence that says what to do.
pub async fn start(settings: &Settings) -> Result<Running, StartError> {
    let state = prepare(settings).await?;
    if state
        .store
        .open_for_nobody()
        .read(async |tx| tx.has_no_users().await)
        .await?
    {
        tracing::warn!(
            "nobody can sign in yet: set COLLATE_ADMIN_EMAIL and COLLATE_ADMIN_PASSWORD, or `collate user add`"
        );
    }
    serve(settings, state)
}

/// From one sweep of what has run out to the next.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(3600);

/// Forgets what has run out, and gives rows of before an upgrade what those of today have, now and every hour, for as long
/// as the process runs: a replica that was not upgraded yet may have written some since.
async fn sweep(state: Data<State>, keeping: Keeping) {
    let doing = |act| state.store.open_for_nobody().doing(Act::of_this_machine(act));
    loop {
        // What went wrong is in the log; the next sweep takes what this one left.
        let _ = sessions::sweep(&state.store).await;
        let _ = state.store.open_for_nobody().forget_answers().await;
        let _ = retention::sweep(&state.store, keeping, clock::now()).await;
        let _ = withdrawals::sweep(&doing(acts::DIGEST_RECEIPTS), &state.sessions.receipts()).await;
        let _ = screening::sweep(&state.known_names, &doing(acts::SCREEN)).await;
        let _ = document::sweep(&doing(acts::KEEP_REPORTS)).await;
        tokio::time::sleep(BETWEEN_SWEEPS).await;
    }
}

/// Listens with a state that was prepared, and keeps house meanwhile.
///
/// # Errors
/// Where the address is taken.
pub fn serve(settings: &Settings, state: Data<State>) -> Result<Running, StartError> {
    let routes = routes();
    actix_web::rt::spawn(sweep(state.clone(), settings.keeping));
    let store = state.store.clone();
    let worked_off = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(|app| routes.register(app))
            .service(redirect("/docs", "/docs/"))
            .service(docs())
            .wrap(from_fn(trace))
    })
    .workers(settings.workers.max(1))
    .shutdown_timeout(10)
    .bind(&settings.listen)
    .map_err(|error| StartError::because(&format!("cannot listen on {}", settings.listen), error))?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| StartError("no address to listen on".into()))?;
    Ok(Running {
        address,
        server: server.run(),
        sealer: Sealer::start(store),
        worker: Worker::start(worked_off),
    })
}
