//! Files of feedback: notes and responses that were typed into a table. One row is one contribution; what is made of the rows
//! is what callers post, checked and stored the same way.
//!
//! A small file is worked off before it is answered, in one transaction. A large one is stored as it came and worked off
//! beside the requests, by one process at a time: which one is decided in the database, by a lease that is kept up while it
//! works and taken over where it is not. Per row, tables and responses are stored in batches, and how far it came with each
//! batch, so that whoever goes on begins behind what is stored; all or nothing, in one transaction at the end. Ids come from
//! the import and the row, so that a file that is worked off again makes no second row.
//!
//! Refused: rows that wait in tables of their own until they are complete and are then made visible at once: every reader
//! would have to leave them out. On SQLite the one transaction keeps other writers waiting for as long as it takes.

mod plan;
pub mod sharing;
mod template;
mod write;

use crate::{
    auth::{permission::ImportFeedback, reach::Reach, receipts::Receipts},
    clock,
    collecting::contributions::Asked,
    error::Code,
    http::{
        access::{Access, on_behalf_of},
        answer::{Answer, BlankCsv, BlankWorkbook, Keep, Kept, Plain, Reply, json},
        ask::{At, By, Schemas, SentFile, register},
        digest::digest,
        kept::{PRIVATE, leaves},
        problem::Problem,
        repeat::{conflict, taken},
    },
    state::State,
    store::{Opened, Tx, importing::Stored},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    rt::{spawn, time::sleep},
    web::{Bytes, Data, block},
};
use domain::{
    id::{ConsultationId, ImportId},
    import::rows::Unreadable,
    limits,
    moment::Moment,
    record::{ImportCount, RowFault},
    vocabulary::{ImportKind, ImportMode, ImportState},
};
use entity::{
    import_leases, imports,
    json::{ImportCounts, RowFaults},
};
use futures_util::future::{Either, join, select};
use plan::{Container, Context, Plan, Told};
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use write::{Origin, Ready, write};

/// Rows that one transaction stores at the most, where a table or a response does not hold more by itself.
const ROWS_A_WRITE: usize = 4_000;
/// For how long an import is one process's to work on, unless it says so again.
const LEASE_SECONDS: i64 = 5;
/// How often it says so again, and how often others look for what nobody works on.
const EVERY: Duration = Duration::from_secs(1);
/// How often an import is begun before it is held to be what ends whoever begins it.
const ATTEMPTS: i32 = 100;
const NOT_ANY_MORE: &str = "Whoever sent it has not the grants any more with which it was begun. What is stored stays; send the \
                            rest again.";
/// How a file is to be taken.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ImportParameters {
    /// `true`: nothing is stored, and the answer is what it would be; always at once.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    pub dry_run: bool,
    /// `all_or_nothing` unless said otherwise.
    pub mode: Option<ImportMode>,
    /// Of the import; chosen by the caller, or left to us. The same file under the same id is one import.
    pub id: Option<ImportId>,
}

fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(serde::de::Error::custom("true or false is wanted")),
    }
}

/// What a file holds, what is wrong with it, and what is stored of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportView {
    /// Absent where nothing was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ImportId>,
    pub consultation_id: ConsultationId,
    pub state: ImportState,
    pub dry_run: bool,
    pub mode: ImportMode,
    pub kind: ImportKind,
    /// Rows that hold something, the heading apart.
    pub rows: u32,
    /// Tables that these rows make.
    pub tables: u32,
    pub responses: u32,
    pub contributions: u32,
    /// What is stored so far; in a dry run what would be.
    pub written: ImportCount,
    /// Everything that is wrong, by row; at most 10000 of it.
    pub faults: Vec<RowFault>,
    /// How many faults are not listed.
    pub more_faults: i64,
    /// What is odd and was taken all the same: what is said twice, what is stored already, what may say who somebody is (of a
    /// file that is worked off beside the requests as far as it is stored).
    pub warnings: Vec<RowFault>,
    /// How many warnings are not listed.
    pub more_warnings: i64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Moment>,
}

impl From<imports::Model> for ImportView {
    fn from(row: imports::Model) -> Self {
        let counted = row.counted.0;
        Self {
            id: Some(row.id),
            consultation_id: row.consultation_id,
            state: row.state,
            dry_run: false,
            mode: row.mode,
            kind: row.kind,
            rows: counted.rows,
            tables: counted.tables,
            responses: counted.responses,
            contributions: counted.contributions,
            written: row.written.0,
            faults: row.faults.0,
            more_faults: row.more_faults,
            warnings: row.warnings.0,
            more_warnings: row.more_warnings,
            detail: row.detail,
            received_at: Some(row.received_at),
            finished_at: row.finished_at,
        }
    }
}

/// 200: worked off. 202: to be worked off; `Location` says where to ask.
#[derive(Debug)]
pub struct Imported(ImportView);

impl Keep for Imported {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let status = match self.0.state {
            ImportState::Queued | ImportState::Running => StatusCode::ACCEPTED,
            _ => StatusCode::OK,
        };
        let kept = Kept::json(status, PRIVATE, &self.0)?;
        Ok(Some(match self.0.id {
            Some(id) => kept.with(header::LOCATION, format!("/v1/imports/{id}")),
            None => kept,
        }))
    }
}

impl Answer for Imported {
    fn answer(self, _: &HttpRequest) -> Result<HttpResponse, Problem> {
        leaves(&self)
    }

    fn describe(operation: &mut utoipa::openapi::path::Operation, schemas: &mut Schemas) {
        let schema = register::<ImportView>(schemas);
        json(
            operation,
            "200",
            "Worked off: counts, and every fault by row and column.",
            schema.clone(),
        );
        json(
            operation,
            "202",
            "To be worked off; `Location` says where to ask how far it is.",
            schema,
        );
    }
}

/// A file that was sent, and how it is to be taken.
struct Sent {
    consultation: ConsultationId,
    mode: ImportMode,
    kind: ImportKind,
    digest: String,
    bytes: Bytes,
}

impl Sent {
    fn row(&self, id: ImportId, at: Moment, tx: &Tx) -> Result<imports::Model, Problem> {
        Ok(imports::Model {
            id,
            consultation_id: self.consultation,
            kind: self.kind,
            mode: self.mode,
            state: ImportState::Queued,
            file_digest: self.digest.clone(),
            file_bytes: self.bytes.len() as i64,
            counted: ImportCounts(ImportCount::default()),
            written: ImportCounts(ImportCount::default()),
            worked_off: 0,
            faults: RowFaults(Vec::new()),
            more_faults: 0,
            warnings: RowFaults(Vec::new()),
            more_warnings: 0,
            detail: None,
            created_by: tx.user()?,
            version: 1,
            received_at: at,
            finished_at: None,
        })
    }

    fn is(&self, row: &imports::Model) -> bool {
        (row.consultation_id, row.mode, row.kind, &row.file_digest)
            == (self.consultation, self.mode, self.kind, &self.digest)
    }
}

/// `POST /v1/consultations/{id}/imports`
pub async fn create(
    access: Access<ImportFeedback, (At<ConsultationId>, By<ImportParameters>, SentFile)>,
) -> Reply<Imported> {
    let ((At(consultation), By(asked), file), access) = access.split();
    let store = access.store();
    let bytes = file.bytes;
    let (digest, bytes) = block(move || (digest(&bytes), bytes))
        .await
        .map_err(Problem::internal)?;
    let sent = Sent {
        consultation,
        mode: asked.mode.unwrap_or(ImportMode::AllOrNothing),
        kind: file.kind,
        digest,
        bytes,
    };
    let state = access.state();
    if !asked.dry_run
        && let Some(repeated) = repeated(&store, &sent, asked.id).await?
    {
        return answered(&store, repeated).await;
    }
    let context = context(&store, access.reach(), consultation, true).await?;
    let earlier = earlier(&store, &sent, None).await?;
    let large = sent.bytes.len() > limits::IMPORT_BYTES_AT_ONCE;
    if large && !asked.dry_run {
        return queue(&access, sent, asked.id).await;
    }
    let permit = match large {
        true => Some(state.importing.large.acquire().await.map_err(Problem::internal)?),
        false => None,
    };
    let (mut plan, context) = planned(context, sent.kind, sent.bytes.clone())
        .await?
        .map_err(|Unreadable(detail)| Problem::new(Code::UnreadableFile, detail))?;
    refuse_taken(&store, &mut plan).await?;
    plan.warnings.list.splice(0..0, earlier);
    if !asked.dry_run && plan.counted.rows as usize > limits::IMPORT_ROWS_AT_ONCE {
        return queue(&access, sent, asked.id).await;
    }
    let ready = screened(access.state(), &store, std::mem::take(&mut plan.containers)).await?;
    plan.warnings.add_seen(ready.containers());
    drop(permit);
    let refused = plan.void || (sent.mode == ImportMode::AllOrNothing && !plan.faults.is_none());
    if asked.dry_run || refused {
        return answered(&store, looked_at(&sent, asked.dry_run, refused, plan, &ready)).await;
    }
    at_once(&access, sent, asked.id, context, plan, ready).await
}

/// The import that this file made before under the same id.
async fn repeated(store: &Opened, sent: &Sent, id: Option<ImportId>) -> Result<Option<ImportView>, Problem> {
    let Some(id) = id else { return Ok(None) };
    store.read(async |tx| the_same(tx, sent, id).await).await
}

/// The same, while nobody else begins one of this id.
async fn held(tx: &Tx, sent: &Sent, id: ImportId) -> Result<Option<ImportView>, Problem> {
    tx.hold(id.0).await?;
    the_same(tx, sent, id).await
}

async fn the_same(tx: &Tx, sent: &Sent, id: ImportId) -> Result<Option<ImportView>, Problem> {
    match tx.any_import(id).await? {
        None => Ok(None),
        Some(row) if sent.is(&row) && Some(row.created_by) == tx.user().ok() => Ok(Some(row.into())),
        Some(_) => Err(conflict()),
    }
}

/// A warning where the same file came in before.
async fn earlier(store: &Opened, sent: &Sent, own: Option<ImportId>) -> Result<Option<RowFault>, Problem> {
    let (consultation, digest) = (sent.consultation, sent.digest.clone());
    let earlier = store
        .read(async |tx| tx.import_of_file(consultation, &digest, own).await)
        .await?;
    Ok(earlier.map(|row| RowFault {
        row: 1,
        column: None,
        code: "file-stored".into(),
        value: None,
        detail: format!(
            "The same file came in at {} as import {}; sent again, everything in it is there twice.",
            row.received_at, row.id
        ),
    }))
}

/// What a file's words are looked up in; `stored` where it is to be found out what is there already.
async fn context(
    store: &Opened,
    reach: &Arc<Reach>,
    consultation: ConsultationId,
    stored: bool,
) -> Result<Context, Problem> {
    let (asked, known, stored) = store
        .read_at_one_moment(async |tx| {
            let asked = Asked::for_now(tx, consultation).await?;
            let known = tx.known_to_imports(consultation).await?;
            let stored = match stored {
                true => tx.stored_containers(consultation).await?,
                false => Stored::default(),
            };
            Ok((asked, known, stored))
        })
        .await?;
    Ok(Context::new(asked, reach.clone(), known, stored))
}

/// Reads and checks a file, off the threads that answer requests.
async fn planned(
    context: Context,
    kind: ImportKind,
    bytes: Bytes,
) -> Result<Result<(Plan, Context), Unreadable>, Problem> {
    block(move || Plan::new(&context, kind, &bytes).map(|plan| (plan, context)))
        .await
        .map_err(Problem::internal)
}

/// Ids that the file chose and that something has are faults of their rows.
async fn refuse_taken(store: &Opened, plan: &mut Plan) -> Result<(), Problem> {
    let chosen: Vec<_> = plan.containers.iter().flat_map(Container::chosen_ids).collect();
    if chosen.is_empty() {
        return Ok(());
    }
    let taken = store.read(async |tx| tx.taken_ids(chosen).await).await?;
    plan.refuse_taken(&taken);
    Ok(())
}

/// The answer where nothing is stored.
fn looked_at(sent: &Sent, dry_run: bool, refused: bool, plan: Plan, ready: &Ready) -> ImportView {
    let written = match refused {
        true => ImportCount::default(),
        false => ready
            .containers()
            .iter()
            .map(Container::count)
            .fold(ImportCount::default(), ImportCount::and),
    };
    ImportView {
        id: None,
        consultation_id: sent.consultation,
        state: if dry_run {
            ImportState::Checked
        } else {
            ImportState::Refused
        },
        dry_run,
        mode: sent.mode,
        kind: sent.kind,
        rows: plan.counted.rows,
        tables: plan.counted.tables,
        responses: plan.counted.responses,
        contributions: plan.counted.contributions,
        written,
        faults: plan.faults.list,
        more_faults: plan.faults.more,
        warnings: plan.warnings.list,
        more_warnings: plan.warnings.more,
        detail: None,
        received_at: None,
        finished_at: None,
    }
}

/// Stores a small file in one transaction.
async fn at_once(
    access: &Access<ImportFeedback>,
    sent: Sent,
    id: Option<ImportId>,
    context: Context,
    plan: Plan,
    ready: Ready,
) -> Reply<Imported> {
    let store = access.store();
    let receipts = access.state().sessions.receipts();
    let (faults, warnings) = (plan.faults.list.clone(), plan.warnings.list.clone());
    let id = id.unwrap_or_else(clock::new_id);
    let job = store.post(async move |tx| {
        if let Some(repeated) = held(tx, &sent, id).await? {
            return Ok(Imported(repeated));
        }
        let origin = Origin {
            import: id,
            at: tx.now,
        };
        let written = write(tx, &context, origin, ready, &receipts).await?;
        let row = imports::Model {
            state: ImportState::Done,
            written: ImportCounts(written),
            finished_at: Some(tx.now),
            ..plan.into_row(sent.row(id, tx.now, tx)?)
        };
        tx.add_import(row.clone()).await.map_err(taken)?;
        Ok(Imported(ImportView {
            faults,
            warnings,
            ..row.into()
        }))
    });
    job.await
}

/// The answer where nothing was written: kept all the same for whoever sends the file again with the same key.
async fn answered(store: &Opened, view: ImportView) -> Reply<Imported> {
    if !store.has_key() {
        return Ok(Imported(view));
    }
    store.post(async move |_| Ok(Imported(view))).await
}

/// Stores a large file to be worked off.
async fn queue(access: &Access<ImportFeedback>, sent: Sent, id: Option<ImportId>) -> Reply<Imported> {
    let id = id.unwrap_or_else(clock::new_id);
    let store = access.store();
    let job = store.post(async move |tx| {
        if let Some(repeated) = held(tx, &sent, id).await? {
            return Ok(Imported(repeated));
        }
        let row = sent.row(id, tx.now, tx)?;
        tx.queue_import(row.clone(), &sent.bytes).await.map_err(taken)?;
        Ok(Imported(row.into()))
    });
    let queued = job.await?;
    access.state().importing.sent.notify_one();
    Ok(queued)
}

/// Screens what is to be stored, before the write.
async fn screened(state: &State, store: &Opened, containers: Vec<Container>) -> Result<Ready, Problem> {
    let names = state.known_names.current(store).await?;
    block(move || Ready::new(containers, &names))
        .await
        .map_err(Problem::internal)
}

/// `GET /v1/imports/{id}`
pub async fn show(access: Access<ImportFeedback, At<ImportId>>) -> Reply<Plain<ImportView>> {
    let At(id) = access.asked;
    let row = access.store().read(async |tx| tx.import(id).await).await?;
    Ok(Plain(row.into()))
}

/// `POST /v1/imports/{id}/cancel`: what is stored stays stored.
pub async fn cancel(access: Access<ImportFeedback, At<ImportId>>) -> Reply<Plain<ImportView>> {
    let At(id) = access.asked;
    let store = access.store();
    let job = store.post(async move |tx| {
        // Whoever works on it has the lease for as long as a write of it takes.
        tx.wait_for_lease(id).await?;
        let row = tx.import(id).await?;
        if row.state == ImportState::Cancelled {
            return Ok(Plain(row.into()));
        }
        if !matches!(row.state, ImportState::Queued | ImportState::Running) {
            return Err(Problem::new(
                Code::ImportEnded,
                format!("It is {}; there is nothing left to stop.", row.state),
            ));
        }
        let row = ended(row, ImportState::Cancelled, tx.now);
        tx.end_import(row.clone()).await?;
        Ok(Plain(row.into()))
    });
    job.await
}

/// `GET /v1/consultations/{id}/imports/template.xlsx`
pub async fn template_xlsx(access: Access<ImportFeedback, At<ConsultationId>>) -> Reply<BlankWorkbook> {
    let At(id) = access.asked;
    let context = context(&access.store(), access.reach(), id, false).await?;
    let book = block(move || template::workbook(&context))
        .await
        .map_err(Problem::internal)?;
    book.map(BlankWorkbook)
}

/// `GET /v1/consultations/{id}/imports/template.csv`
pub async fn template_csv(access: Access<ImportFeedback, At<ConsultationId>>) -> Reply<BlankCsv> {
    let At(id) = access.asked;
    let context = context(&access.store(), access.reach(), id, false).await?;
    template::csv(&context).map(BlankCsv)
}

fn ended(row: imports::Model, state: ImportState, now: Moment) -> imports::Model {
    imports::Model {
        state,
        finished_at: Some(now),
        version: row.version + 1,
        ..row
    }
}

/// Whoever works off large files, one after the other. It ends when it is told to stop.
#[derive(Debug)]
pub struct Worker {
    state: Data<State>,
    task: actix_web::rt::task::JoinHandle<()>,
}

impl Worker {
    /// Starts it.
    pub fn start(state: Data<State>) -> Self {
        Self {
            task: spawn(work(state.clone())),
            state,
        }
    }

    /// Ends it behind the batch that it is at; whoever starts next goes on from there.
    pub async fn stop(self) {
        self.state.importing.stopping.store(true, Ordering::Relaxed);
        self.state.importing.sent.notify_one();
        if self.task.await.is_err() {
            tracing::warn!("an import broke off; the next start goes on with it");
        }
    }
}

async fn work(state: Data<State>) {
    let owner: Uuid = clock::new_id();
    while !state.importing.stopping.load(Ordering::Relaxed) {
        let sent = state.importing.sent.notified();
        match taken_on(&state, owner).await {
            Ok(Some(lease)) => {
                let id = lease.import_id;
                let work = Box::pin(worked_off(&state, &lease, owner));
                let beat = Box::pin(kept_up(&state, id, owner));
                if let Either::Left((Err(problem), _)) = select(work, beat).await {
                    // Its lease runs out, and whoever is free goes on.
                    tracing::warn!(import = %id, code = problem.code.as_str(), "an import waits to be taken up again");
                }
            }
            // What went wrong is in the log.
            Ok(None) | Err(_) => {
                let _ = tokio::time::timeout(EVERY, sent).await;
            }
        }
    }
}

/// An import that waited and is ours now, if there is one.
async fn taken_on(state: &State, owner: Uuid) -> Result<Option<import_leases::Model>, Problem> {
    let store = state.store.open_for_nobody();
    let waiting = store.read(async |tx| tx.waiting_import(tx.now).await).await?;
    let Some(waiting) = waiting else { return Ok(None) };
    let id = waiting.import_id;
    let ours = store
        .keep_books(async move |tx| tx.take_lease(id, owner, tx.now.plus_seconds(LEASE_SECONDS)).await)
        .await?;
    Ok(ours.then_some(waiting))
}

/// Says again and again that an import is ours, until it is not.
async fn kept_up(state: &State, id: ImportId, owner: Uuid) {
    loop {
        sleep(EVERY).await;
        let store = state.store.open_for_nobody();
        let kept = store
            .keep_books(async move |tx| tx.keep_lease(id, owner, tx.now.plus_seconds(LEASE_SECONDS)).await)
            .await;
        if matches!(kept, Ok(false)) {
            return;
        }
    }
}

/// An import that is worked on.
struct Work {
    store: Opened,
    row: imports::Model,
    owner: Uuid,
    receipts: Receipts,
    context: Arc<Context>,
    /// Of whoever sent it, when the file was read.
    reach: Arc<Reach>,
}

/// The route under which the log has what is done beside the requests: that by which it was asked for.
const ROUTE: &str = "POST /v1/consultations/{id}/imports";

async fn worked_off(state: &Data<State>, lease: &import_leases::Model, owner: Uuid) -> Result<(), Problem> {
    let id = lease.import_id;
    let _permit = state.importing.large.acquire().await.map_err(Problem::internal)?;
    let nobody = state.store.open_for_nobody();
    let (row, file) = nobody
        .read(async |tx| {
            let row = tx.any_import(id).await?.ok_or_else(Problem::not_found)?;
            let file = tx.file_of_import(id, row.file_bytes).await?;
            Ok((row, file))
        })
        .await?;
    let behalf = on_behalf_of::<ImportFeedback>(&state.store, row.created_by, ROUTE).await?;
    let Some((store, reach)) = behalf else {
        // Nobody's to go on with: what is said of it is said in the name of whoever began it.
        let store =
            crate::http::access::in_the_name_of::<ImportFeedback>(&state.store, row.created_by, ROUTE);
        return end(&store, row, owner, ImportState::Failed, Some(NOT_ANY_MORE.into()))
            .await
            .map(drop);
    };
    if lease.attempts >= ATTEMPTS {
        let why = "It was begun too often without coming to an end. Split the file.";
        return end(&store, row, owner, ImportState::Failed, Some(why.into()))
            .await
            .map(drop);
    }
    let begun = row.state == ImportState::Running;
    let looked = context(&store, &reach, row.consultation_id, !begun).await;
    let context = match looked {
        Ok(context) => context,
        Err(problem) => return give_up(&store, row, owner, problem).await,
    };
    let (mut plan, context) = match planned(context, row.kind, file.into()).await? {
        Ok(planned) => planned,
        Err(Unreadable(why)) => {
            return end(&store, row, owner, ImportState::Failed, Some(why))
                .await
                .map(drop);
        }
    };
    // What is stored already is behind us; its ids are taken, and by us.
    let done = u32::try_from(row.worked_off).unwrap_or_default();
    plan.containers.retain(|container| container.first > done);
    refuse_taken(&store, &mut plan).await?;
    let row = match begun {
        true => match gone_wrong_since(&store, row, owner, &plan, done).await? {
            Some(row) => row,
            None => return Ok(()),
        },
        false => match first_look(&store, row, owner, &mut plan).await? {
            Some(row) => row,
            None => return Ok(()),
        },
    };
    let faulty = !plan.faults.is_none() || !row.faults.0.is_empty();
    if plan.void || (row.mode == ImportMode::AllOrNothing && faulty) {
        return end(&store, row, owner, ImportState::Refused, None)
            .await
            .map(drop);
    }
    let work = Work {
        receipts: state.sessions.receipts(),
        context: Arc::new(context),
        reach,
        store,
        row,
        owner,
    };
    let batches = Batches(plan.containers.into_iter().peekable());
    let (store, row) = (work.store.clone(), work.row.clone());
    let done = match row.mode {
        ImportMode::PerRow => work.batch_by_batch(state, batches).await,
        ImportMode::AllOrNothing => work.all_at_once(state, batches).await,
    };
    match done {
        Ok(()) => Ok(()),
        Err(problem) => give_up(&store, row, owner, problem).await,
    }
}

/// What cannot come right by being tried again ends the import; anything else is tried again.
async fn give_up(store: &Opened, row: imports::Model, owner: Uuid, problem: Problem) -> Result<(), Problem> {
    if problem.code.status() >= 500 {
        return Err(problem);
    }
    // As it is now: batches may have been stored since it was read.
    let id = row.id;
    let row = store
        .read(async |tx| tx.any_import(id).await)
        .await?
        .unwrap_or(row);
    end(store, row, owner, ImportState::Failed, Some(problem.detail))
        .await
        .map(drop)
}

/// Writes down what a file holds and what is wrong with it. Nothing where it is not ours any more.
async fn first_look(
    store: &Opened,
    row: imports::Model,
    owner: Uuid,
    plan: &mut Plan,
) -> Result<Option<imports::Model>, Problem> {
    let sent = Sent {
        consultation: row.consultation_id,
        mode: row.mode,
        kind: row.kind,
        digest: row.file_digest.clone(),
        bytes: Bytes::new(),
    };
    if let Some(earlier) = earlier(store, &sent, Some(row.id)).await? {
        plan.warnings.list.insert(0, earlier);
    }
    let row = imports::Model {
        state: ImportState::Running,
        version: row.version + 1,
        ..plan.noted_in(row)
    };
    written_down(store, row, owner).await
}

/// Writes down what is wrong with rows that are still to come and was not when the file was first looked at: a meeting or a
/// theme may have gone meanwhile. Nothing where it is not ours any more.
async fn gone_wrong_since(
    store: &Opened,
    row: imports::Model,
    owner: Uuid,
    plan: &Plan,
    done: u32,
) -> Result<Option<imports::Model>, Problem> {
    let again = plan.clone_of_faults();
    let known = |fault: &RowFault| {
        let same = |other: &RowFault| (other.row, &other.code) == (fault.row, &fault.code);
        fault.row <= done || row.faults.0.iter().any(same)
    };
    let fresh: Vec<_> = again.into_iter().filter(|fault| !known(fault)).collect();
    if fresh.is_empty() {
        return Ok(Some(row));
    }
    let mut faults = row.faults.clone();
    faults.0.extend(fresh);
    let row = imports::Model {
        faults,
        version: row.version + 1,
        ..row
    };
    written_down(store, row, owner).await
}

/// Writes down where an import stands; nothing where it is not ours any more.
async fn written_down(
    store: &Opened,
    row: imports::Model,
    owner: Uuid,
) -> Result<Option<imports::Model>, Problem> {
    store
        .write(async move |tx| {
            if !tx
                .keep_lease(row.id, owner, tx.now.plus_seconds(LEASE_SECONDS))
                .await?
            {
                return Ok(None);
            }
            tx.change_import(row.clone()).await?;
            Ok(Some(row))
        })
        .await
}

/// Ends an import that is still ours.
async fn end(
    store: &Opened,
    row: imports::Model,
    owner: Uuid,
    state: ImportState,
    detail: Option<String>,
) -> Result<bool, Problem> {
    store
        .write(async move |tx| {
            let ours = tx
                .keep_lease(row.id, owner, tx.now.plus_seconds(LEASE_SECONDS))
                .await?;
            if ours {
                let row = imports::Model { detail, ..row };
                tx.end_import(ended(row, state, tx.now)).await?;
            }
            Ok(ours)
        })
        .await
}

/// Tables and responses in the order of the file, as many at a time as one transaction stores.
struct Batches(std::iter::Peekable<std::vec::IntoIter<Container>>);

impl Iterator for Batches {
    type Item = Vec<Container>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.peek()?;
        let mut rows = 0;
        let batch = std::iter::from_fn(|| {
            let container = self.0.next_if(|_| rows < ROWS_A_WRITE)?;
            rows += container.rows as usize;
            Some(container)
        });
        Some(batch.collect())
    }
}

/// With a warning for each text of a batch in which the screen saw something.
fn warned(row: imports::Model, batch: &Ready) -> imports::Model {
    let mut warnings = Told {
        list: row.warnings.0,
        more: row.more_warnings,
    };
    warnings.add_seen(batch.containers());
    imports::Model {
        warnings: RowFaults(warnings.list),
        more_warnings: warnings.more,
        ..row
    }
}

impl Work {
    const fn origin(&self) -> Origin {
        Origin {
            import: self.row.id,
            at: self.row.received_at,
        }
    }

    /// Stores a batch after the other, each with how far it came; the next one is screened meanwhile.
    async fn batch_by_batch(mut self, state: &State, mut batches: Batches) -> Result<(), Problem> {
        let store = self.store.clone();
        let prepare = async |batch: Option<Vec<Container>>| match batch {
            Some(batch) => screened(state, &store, batch).await.map(Some),
            None => Ok(None),
        };
        let mut ready = prepare(batches.next()).await?;
        while let Some(batch) = ready {
            if !self.may_still(state).await? {
                return end(
                    &self.store,
                    self.row,
                    self.owner,
                    ImportState::Failed,
                    Some(NOT_ANY_MORE.into()),
                )
                .await
                .map(drop);
            }
            let next = batches.next();
            let last = next.is_none();
            let (written, prepared) = join(self.batch(batch, last), prepare(next)).await;
            match written? {
                Some(row) => self.row = row,
                // Cancelled, or somebody else's by now.
                None => return Ok(()),
            }
            ready = prepared?;
            if state.importing.stopping.load(Ordering::Relaxed) {
                return self.left().await;
            }
        }
        if self.row.state == ImportState::Running {
            end(&self.store, self.row, self.owner, ImportState::Done, None).await?;
        }
        Ok(())
    }

    /// Whether whoever sent it has the grants still with which the file was read: one that was taken away gives nothing more.
    async fn may_still(&self, state: &State) -> Result<bool, Problem> {
        let now = on_behalf_of::<ImportFeedback>(&state.store, self.row.created_by, ROUTE).await?;
        Ok(now.is_some_and(|(_, reach)| reach == self.reach))
    }

    /// Leaves it to whoever is free.
    async fn left(&self) -> Result<(), Problem> {
        let (id, owner) = (self.row.id, self.owner);
        let left = async move |tx: &Tx| tx.keep_lease(id, owner, Moment(0)).await;
        self.store.keep_books(left).await.map(drop)
    }

    async fn batch(&self, batch: Ready, last: bool) -> Result<Option<imports::Model>, Problem> {
        let (origin, row, owner) = (self.origin(), self.row.clone(), self.owner);
        let (context, receipts) = (self.context.clone(), self.receipts.clone());
        let store = self.store.clone();
        store
            .write(async move |tx| {
                if !tx
                    .keep_lease(row.id, owner, tx.now.plus_seconds(LEASE_SECONDS))
                    .await?
                {
                    return Ok(None);
                }
                let end_of = batch.last_row();
                let row = warned(row, &batch);
                let written = write(tx, &context, origin, batch, &receipts).await?;
                let row = imports::Model {
                    written: ImportCounts(row.written.0.and(written)),
                    worked_off: end_of
                        .and_then(|row| i32::try_from(row).ok())
                        .unwrap_or(row.worked_off),
                    ..row
                };
                if last {
                    let row = ended(row, ImportState::Done, tx.now);
                    tx.end_import(row.clone()).await?;
                    return Ok(Some(row));
                }
                let row = imports::Model {
                    version: row.version + 1,
                    ..row
                };
                tx.change_import(row.clone()).await?;
                Ok(Some(row))
            })
            .await
    }

    /// Stores everything in one transaction, after everything was screened.
    async fn all_at_once(self, state: &State, batches: Batches) -> Result<(), Problem> {
        let mut ready = Vec::new();
        for batch in batches {
            ready.push(screened(state, &self.store, batch).await?);
        }
        if !self.may_still(state).await? {
            return end(
                &self.store,
                self.row,
                self.owner,
                ImportState::Failed,
                Some(NOT_ANY_MORE.into()),
            )
            .await
            .map(drop);
        }
        let origin = self.origin();
        let Self {
            store,
            row,
            owner,
            receipts,
            context,
            reach: _,
        } = self;
        store
            .write(async move |tx| {
                if !tx
                    .keep_lease(row.id, owner, tx.now.plus_seconds(LEASE_SECONDS))
                    .await?
                {
                    return Ok(());
                }
                let mut written = ImportCount::default();
                let mut row = row;
                for batch in ready {
                    row = warned(row, &batch);
                    written = written.and(write(tx, &context, origin, batch, &receipts).await?);
                    tx.next_event(row.consultation_id).await?;
                }
                let row = imports::Model {
                    written: ImportCounts(written),
                    ..row
                };
                tx.end_import(ended(row, ImportState::Done, tx.now)).await
            })
            .await
    }
}
