//! Databases that are filled beside the service, and the bare loops beside which its writes are set: the rows that the service wrote, put
//! in again by as little as can be.

use crate::{
    closed_loop::{Driven, at_once},
    measure::{Times, Wrong},
    rows::Row,
    world::World,
};
use entity::{audit_events, contributions, discussions, kept_answers};
use futures_util::future::join_all;
use rusqlite::{Connection, params_from_iter, types::Value};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Statement, TransactionTrait,
};
use std::{
    cell::Cell,
    ops::Range,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, SyncSender},
    },
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Posts that one commit of the bare loop carries at the most, as the service's.
const A_COMMIT: usize = 128;
/// Columns of an audit event that the database or the sealer gives.
const NOT_WRITTEN: [&str; 4] = ["entry", "number", "previous", "seal"];

/// A row as it is stored, by column.
type Stored = Vec<(String, Value)>;

/// Opens a file as the service's writer does.
fn open(file: &Path) -> Result<Connection, Wrong> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 8000;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Copies a database that nobody has open.
pub fn copy(from: &Path, to: &Path) -> Result<(), Wrong> {
    Connection::open(from)?.execute("VACUUM INTO ?1", [to.to_str().ok_or("a path of other letters")?])?;
    Ok(())
}

fn stored(connection: &Connection, sql: &str) -> Result<Vec<Stored>, Wrong> {
    let mut statement = connection.prepare(sql)?;
    let names: Vec<String> = statement
        .column_names()
        .into_iter()
        .map(ToOwned::to_owned)
        .collect();
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let values = names.iter().enumerate();
        let values = values.map(|(at, name)| Ok((name.clone(), row.get(at)?)));
        all.push(values.collect::<Result<Stored, rusqlite::Error>>()?);
    }
    Ok(all)
}

fn insert(connection: &Connection, table: &str, row: &Stored) -> Result<(), rusqlite::Error> {
    let names: Vec<&str> = row.iter().map(|(name, _)| name.as_str()).collect();
    let places = vec!["?"; row.len()].join(",");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", names.join(","));
    let mut statement = connection.prepare_cached(&sql)?;
    statement.execute(params_from_iter(row.iter().map(|(_, value)| value)))?;
    Ok(())
}

fn set(row: &mut Stored, column: &str, value: Value) {
    for (name, held) in row {
        if name == column {
            *held = value;
            return;
        }
    }
}

fn id_of(text: &str) -> Result<Value, Wrong> {
    Ok(Value::Blob(Uuid::parse_str(text)?.as_bytes().to_vec()))
}

/// An id of a sort of its own, later than that of every lower number.
fn nth_id(sort: u128, n: u64) -> Value {
    Value::Blob(
        Uuid::from_u128(((0x0190 + sort) << 112) | (0x7000_8000 << 48) | u128::from(n))
            .as_bytes()
            .to_vec(),
    )
}

/// Puts rows into the database of a world in which one contribution was posted and coded: each like that one, with what differs by row.
/// No act is in the audit log for them.
pub fn fill(file: &Path, world: &World, seed: u64, rows: Range<u64>) -> Result<(), Wrong> {
    let mut connection = open(file)?;
    connection
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF;")?;
    let one = |table: &str| -> Result<Stored, Wrong> {
        let rows = stored(&connection, &format!("SELECT * FROM {table} LIMIT 1"))?;
        rows.into_iter()
            .next()
            .ok_or_else(|| format!("no row of {table} to copy").into())
    };
    let (mut discussion, mut contribution, mut coding) =
        (one("discussions")?, one("contributions")?, one("codings")?);
    let groups = world
        .groups
        .iter()
        .map(|id| id_of(id))
        .collect::<Result<Vec<_>, _>>()?;
    let meetings = world
        .meetings
        .iter()
        .map(|id| id_of(id))
        .collect::<Result<Vec<_>, _>>()?;
    let received = contribution.iter().find(|(name, _)| name == "received_at");
    let Some((_, Value::Integer(began))) = received.cloned() else {
        return Err("a contribution that did not come in".into());
    };
    let transaction = connection.transaction()?;
    for at in rows {
        let row = Row::new(seed, at);
        let (id, at_table) = (id_of(&row.id)?, nth_id(0, at));
        let received = Value::Integer(began + at as i64);
        let hands = |n: usize| Value::Integer(n as i64);
        set(&mut discussion, "id", at_table.clone());
        set(&mut discussion, "meeting_id", meetings[row.region].clone());
        set(&mut discussion, "group_id", groups[row.region].clone());
        set(&mut discussion, "counted_group_id", groups[row.region].clone());
        set(
            &mut discussion,
            "content_digest",
            Value::Text(format!("{at:064x}")),
        );
        set(&mut discussion, "received_at", received.clone());
        insert(&transaction, "discussions", &discussion)?;
        set(&mut contribution, "id", id.clone());
        set(&mut contribution, "discussion_id", at_table);
        set(&mut contribution, "counted_group_id", groups[row.region].clone());
        set(&mut contribution, "question", Value::Integer(row.question as i64));
        set(&mut contribution, "text", Value::Text(row.text.clone()));
        set(
            &mut contribution,
            "respondent_group",
            Value::Text(row.respondent_group().into()),
        );
        set(&mut contribution, "setting", Value::Text(row.setting().into()));
        set(&mut contribution, "stance", Value::Text(row.stance().into()));
        set(&mut contribution, "hands_agree", hands(row.agree));
        set(&mut contribution, "hands_disagree", hands(row.disagree));
        set(&mut contribution, "hands_unsure", hands(row.unsure));
        set(&mut contribution, "received_at", received.clone());
        insert(&transaction, "contributions", &contribution)?;
        let themes: Vec<&str> = row
            .themes
            .iter()
            .map(|theme| world.themes[*theme].as_str())
            .collect();
        set(&mut coding, "id", nth_id(1, at));
        set(&mut coding, "contribution_id", id);
        set(
            &mut coding,
            "theme_ids",
            Value::Text(serde_json::to_string(&themes)?),
        );
        set(&mut coding, "coded_at", received);
        insert(&transaction, "codings", &coding)?;
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

/// What one post of a table made: statements that add it again, and their values. All rows of one table are added by one.
type Made = Vec<(String, Vec<Value>)>;

fn adding(table: &str, rows: Vec<Stored>) -> (String, Vec<Value>) {
    let names: Vec<String> = rows
        .first()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let places = format!("({})", vec!["?"; names.len()].join(","));
    let places = vec![places; rows.len()].join(",");
    let sql = format!("INSERT INTO {table} ({}) VALUES {places}", names.join(","));
    (sql, rows.into_iter().flatten().map(|(_, value)| value).collect())
}

/// What the first posts of tables made.
fn made(file: &Path, posts: usize) -> Result<Vec<Made>, Wrong> {
    let connection = open(file)?;
    let tables = stored(
        &connection,
        &format!("SELECT * FROM discussions ORDER BY received_at, id LIMIT {posts}"),
    )?;
    let mut events = stored(
        &connection,
        &format!("SELECT * FROM audit_events WHERE act = 'discussions:write' ORDER BY entry LIMIT {posts}"),
    )?;
    let kept = stored(
        &connection,
        &format!("SELECT * FROM kept_answers ORDER BY kept_at LIMIT {posts}"),
    )?;
    if kept.len() != tables.len() || events.len() != tables.len() {
        return Err("a post without its event or its kept answer".into());
    }
    for event in &mut events {
        event.retain(|(name, _)| !NOT_WRITTEN.contains(&name.as_str()));
    }
    let mut all = Vec::new();
    for ((table, event), kept) in tables.into_iter().zip(events).zip(kept) {
        let mut said = connection
            .prepare_cached("SELECT id FROM contributions WHERE discussion_id = ?1 ORDER BY received_at")?;
        let id = table
            .iter()
            .find(|(name, _)| name == "id")
            .map(|(_, id)| id.clone());
        let said: Vec<Vec<u8>> = said
            .query_map([id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::new();
        for id in said {
            let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
            let row = stored(
                &connection,
                &format!("SELECT * FROM contributions WHERE id = x'{id}'"),
            )?;
            rows.extend(row);
        }
        all.push(vec![
            adding("discussions", vec![table]),
            adding("contributions", rows),
            adding("audit_events", vec![event]),
            adding("kept_answers", vec![kept]),
        ]);
    }
    Ok(all)
}

/// Puts what the service made into `into` again: callers hand their rows to one writer, which commits what waits together, durably, and
/// tells them. No HTTP, no check, no digest.
pub fn bare_on_sqlite(
    from: &Path,
    into: &Path,
    posts: usize,
    callers: usize,
    length: Duration,
) -> Result<Driven, Wrong> {
    let posts = made(from, posts)?;
    let connection = open(into)?;
    let (queue, waiting) = mpsc::channel::<(&Made, SyncSender<()>)>();
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    let until = began + length;
    let times = std::thread::scope(|scope| -> Result<_, Wrong> {
        // Beside it, as beside the service's writer: the log is taken over into the file.
        let (tell, told) = mpsc::sync_channel::<()>(1);
        let beside = open(into)?;
        scope.spawn(move || {
            while told.recv().is_ok() {
                let _ = beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            }
        });
        let writing = scope.spawn(move || -> Result<(), rusqlite::Error> {
            let say = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
            let mut commits = 0;
            while let Ok(first) = waiting.recv() {
                let together: Vec<_> = [first]
                    .into_iter()
                    .chain(waiting.try_iter().take(A_COMMIT - 1))
                    .collect();
                say("BEGIN IMMEDIATE")?;
                say("UPDATE change_counter SET value = value + 1")?;
                for (statements, _) in &together {
                    for (sql, values) in *statements {
                        connection
                            .prepare_cached(sql)?
                            .execute(params_from_iter(values))?;
                    }
                }
                say("COMMIT")?;
                together.into_iter().for_each(|(_, done)| {
                    let _ = done.send(());
                });
                commits += 1;
                if commits % 64 == 0 {
                    let _ = tell.try_send(());
                }
            }
            Ok(())
        });
        let times = at_once(callers, |_| {
            let mut times = Vec::new();
            while Instant::now() < until {
                let Some(rows) = posts.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    break;
                };
                let began = Instant::now();
                let (done, told) = mpsc::sync_channel(1);
                queue
                    .send((rows, done))
                    .map_err(|_| "the bare writer has ended")?;
                told.recv()?;
                times.push(began.elapsed());
            }
            Ok(times)
        });
        drop(queue);
        writing.join().map_err(|_| "the bare writer panicked")??;
        times
    })?;
    Ok(Driven {
        times: Times(times.concat()),
        took: began.elapsed(),
    })
}

/// A pool of so many connections.
pub async fn pool(url: &str, connections: u32) -> Result<DatabaseConnection, Wrong> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(connections)
        .sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// The same on PostgreSQL: pooled connections, a transaction a post, each row's statement made ready before. What is there is taken out
/// first, since it is put into the same database.
pub async fn bare_on_postgres(
    url: &str,
    connections: u32,
    posts: usize,
    callers: usize,
    length: Duration,
) -> Result<Driven, Wrong> {
    let pool = pool(url, connections).await?;
    let backend = pool.get_database_backend();
    let tables = discussions::Entity::find()
        .order_by_asc(discussions::Column::ReceivedAt)
        .limit(posts as u64);
    let tables = tables.all(&pool).await?;
    let events = audit_events::Entity::find()
        .filter(audit_events::Column::Act.eq("discussions:write"))
        .order_by_asc(audit_events::Column::Entry)
        .limit(posts as u64);
    let events = events.all(&pool).await?;
    let kept = kept_answers::Entity::find()
        .limit(posts as u64)
        .all(&pool)
        .await?;
    let mut ready: Vec<Vec<Statement>> = Vec::new();
    for ((table, event), kept) in tables.into_iter().zip(events).zip(kept) {
        let said = contributions::Entity::find().filter(contributions::Column::DiscussionId.eq(table.id));
        let said = said
            .all(&pool)
            .await?
            .into_iter()
            .map(|row| row.into_active_model().reset_all());
        let mut event = event.into_active_model().reset_all();
        // The log is never emptied, so it is another event.
        event.id = ActiveValue::Set(Uuid::from_u128(0x7000_8000 << 48 | ready.len() as u128).into());
        event.entry = ActiveValue::NotSet;
        event.number = ActiveValue::Set(None);
        event.previous = ActiveValue::Set(None);
        event.seal = ActiveValue::Set(None);
        ready.push(vec![
            discussions::Entity::insert(table.into_active_model().reset_all()).build(backend),
            contributions::Entity::insert_many(said).build(backend),
            audit_events::Entity::insert(event).build(backend),
            kept_answers::Entity::insert(kept.into_active_model().reset_all()).build(backend),
        ]);
    }
    pool.execute_unprepared("TRUNCATE discussions, contributions, kept_answers CASCADE")
        .await?;
    let next = Cell::new(0);
    let began = Instant::now();
    let until = began + length;
    let callers = (0..callers).map(async |_| {
        let mut times = Vec::new();
        while Instant::now() < until {
            let at = next.replace(next.get() + 1);
            let Some(statements) = ready.get(at) else { break };
            let began = Instant::now();
            let transaction = pool.begin().await?;
            for statement in statements {
                transaction.execute_raw(statement.clone()).await?;
            }
            transaction.commit().await?;
            times.push(began.elapsed());
        }
        Ok::<_, Wrong>(times)
    });
    let mut times = Vec::new();
    for of_caller in join_all(callers).await {
        times.extend(of_caller?);
    }
    let took = began.elapsed();
    pool.close().await?;
    Ok(Driven {
        times: Times(times),
        took,
    })
}
