//! What an import costs: made rows sent as one file to a service in a process of its own, and the very rows that it made
//! of them put into another database by multi-row inserts and nothing else.

use crate::{
    measure::{Wrong, millis},
    rows::{Row, SEED},
    served::Served,
    world::World,
};
use entity::{contributions, discussions};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    IntoActiveModel, QueryOrder, QuerySelect, TransactionTrait,
};
use std::{
    fmt::Write,
    time::{Duration, Instant},
};

/// `import --rows N --rows-a-table N`: both ways, one after the other, three times.
pub async fn run(mut words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let (mut rows, mut a_table, mut mode) = (100_000, 8, "per_row".to_owned());
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} wants a value"))?;
        match word.as_str() {
            "--rows" => rows = value.parse()?,
            "--rows-a-table" => a_table = value.parse()?,
            "--mode" => mode = value,
            _ => return Err(format!("{word} is not known: --rows --rows-a-table --mode").into()),
        }
    }
    println!("{rows} rows, {a_table} a table, {mode}, SQLite with full durability");
    for _ in 0..3 {
        once(rows, a_table, &mode).await?;
    }
    Ok(())
}

async fn once(rows: usize, a_table: usize, mode: &str) -> Result<(), Wrong> {
    let folder = std::env::temp_dir().join(format!("collate-import-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite://{}", folder.join("collate.db").display());
    let served = Served::start(&url, &folder.join("log"))?;
    let world = World::new(&served.base, 0).await?;
    let before = served.most_memory()?;
    let bare = folder.join("bare.db");
    let beside = connect(&url).await?;
    beside
        .execute_unprepared(&format!("VACUUM INTO '{}'", bare.display()))
        .await?;

    let file = file(&world, rows, a_table)?;
    let began = Instant::now();
    let path = world.at(&format!("/imports?mode={mode}"));
    let sent = world.lead.send_file(&path, "text/csv", file.clone()).await?;
    sent.is(&[200, 202])?;
    let acknowledged = began.elapsed();
    let mut import = sent.json()?;
    let at = format!("/v1/imports/{}", import["id"].as_str().unwrap_or_default());
    while matches!(import["state"].as_str(), Some("queued" | "running")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        import = world.lead.get(&at, None).await?.json()?;
    }
    let took = began.elapsed();
    if import["state"] != "done" || import["written"]["contributions"] != rows {
        return Err(format!("{} {}", import["state"], import["written"]).into());
    }
    let memory = served.most_memory()?;
    drop(served);

    let inserted = insert(&beside, &connect(&format!("sqlite://{}", bare.display())).await?).await?;
    println!(
        "file of {} KB acknowledged after {} ms; imported after {} ms; bare inserts of the same rows {} ms; ratio {:.2}; memory {before} MB before, {memory} MB at the most",
        file.len() / 1024,
        millis(acknowledged),
        millis(took),
        millis(inserted),
        took.as_secs_f64() / inserted.as_secs_f64(),
    );
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn file(world: &World, rows: usize, a_table: usize) -> Result<String, Wrong> {
    let mut file =
        String::from("meeting,table,question,text,respondent_group,setting,stance,agree,disagree,unsure\n");
    for at in 0..rows {
        let row = Row::new(SEED, at as u64);
        // A table is of one meeting, whatever its rows would be of.
        let meeting = &world.meetings[(at / a_table) % world.meetings.len()];
        writeln!(
            file,
            "{meeting},Table {},{},\"{}\",{},{},{},{},{},{}",
            at / a_table,
            row.question,
            row.text,
            row.respondent_group(),
            row.setting(),
            row.stance(),
            row.agree,
            row.disagree,
            row.unsure
        )?;
    }
    Ok(file)
}

async fn connect(url: &str) -> Result<DatabaseConnection, Wrong> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            options
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
        });
    Ok(Database::connect(options).await?)
}

/// Reads the rows that were made from one database and puts them into the other, in one transaction, five hundred at once;
/// how long the inserts took.
async fn insert(from: &DatabaseConnection, into: &DatabaseConnection) -> Result<Duration, Wrong> {
    let mut took = Duration::ZERO;
    let transaction = into.begin().await?;
    let mut after = 0;
    loop {
        let rows = discussions::Entity::find()
            .order_by_asc(discussions::Column::Id)
            .offset(after)
            .limit(500)
            .all(from)
            .await?;
        if rows.is_empty() {
            break;
        }
        after += 500;
        let rows: Vec<_> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
        let began = Instant::now();
        discussions::Entity::insert_many(
            rows.into_iter()
                .map(|row: discussions::ActiveModel| row.reset_all()),
        )
        .exec_without_returning(&transaction)
        .await?;
        took += began.elapsed();
    }
    let mut after = 0;
    loop {
        let rows = contributions::Entity::find()
            .order_by_asc(contributions::Column::Id)
            .offset(after)
            .limit(500)
            .all(from)
            .await?;
        if rows.is_empty() {
            break;
        }
        after += 500;
        let rows: Vec<_> = rows.into_iter().map(IntoActiveModel::into_active_model).collect();
        let began = Instant::now();
        contributions::Entity::insert_many(
            rows.into_iter()
                .map(|row: contributions::ActiveModel| row.reset_all()),
        )
        .exec_without_returning(&transaction)
        .await?;
        took += began.elapsed();
    }
    let began = Instant::now();
    transaction.commit().await?;
    Ok(took + began.elapsed())
}
