//! What `collate` does besides serving: migrate, check, give people an account, rotate keys.

use crate::{
    auth::sessions,
    config::Migration,
    reporting::document,
    server::StartError,
    store::{self, Direction, Store},
};
use domain::report::digest;
use std::{io::Write, path::Path};

/// Opens the database for a command of this machine; on SQLite it is migrated, and made if it is missing.
///
/// # Errors
/// Where it cannot be opened.
pub async fn open(url: &str) -> Result<Store, StartError> {
    if url.starts_with("sqlite:") {
        migrate(url, Migration::Up).await?;
    }
    Store::connect(url, 2)
        .await
        .map_err(|error| StartError(error.to_string()))
}

/// Refuses to go on where there is no database: a file made at a path that was mistyped would look like success.
fn must_be_there(url: &str) -> Result<(), StartError> {
    match store::missing_file(url).map_err(|error| StartError(error.to_string()))? {
        None => Ok(()),
        Some(file) => Err(StartError(format!(
            "there is no database at {}; `serve`, `demo`, `migrate up` and `user add` make one",
            file.display()
        ))),
    }
}

/// Changes the schema of the database at `url`, and says by name what is pending then: what `collate migrate` does. Only
/// the way up makes a file.
///
/// # Errors
/// Where there is no database, or a step fails; it then left nothing behind.
pub async fn migrate(url: &str, what: Migration) -> Result<Vec<String>, StartError> {
    let failed = |error: sea_orm::DbErr| StartError(error.to_string());
    match what {
        Migration::Up => store::migrate(url, Direction::Up).await.map_err(failed)?,
        Migration::Down => {
            must_be_there(url)?;
            store::migrate(url, Direction::Down).await.map_err(failed)?;
        }
        Migration::Status => must_be_there(url)?,
    }
    store::pending(url).await.map_err(failed)
}

/// Says whether a report that was saved as JSON is whole, and of the digest that was `published` where that is named: what
/// `collate report verify` does.
///
/// # Errors
/// What cannot be read, or does not hold.
pub fn verify(file: &Path, published: Option<&str>) -> Result<(), StartError> {
    let named = |why: String| StartError(format!("{}: {why}", file.display()));
    let json = std::fs::read(file).map_err(|error| named(error.to_string()))?;
    let held = digest::verify(&json).map_err(|broken| named(broken.to_string()))?;
    let standing = match published {
        Some(published) if published.trim().eq_ignore_ascii_case(&held.digest) => {
            "This is what was published: its digest is the one that you named"
        }
        Some(_) => {
            return Err(named(format!(
                "this is another report than the one that you named: its digest is {}",
                held.digest
            )));
        }
        None => {
            "Nothing in it was changed since it got its digest. Compare that with the one that was published, for whoever changes a report can \
             change its digest as well"
        }
    };
    let _ = writeln!(
        std::io::stdout(),
        "{standing}: {}.\nThe report before it: {}.\nQuotes whose words hold: {}; taken out since: {}.",
        held.digest,
        held.previous.as_deref().unwrap_or("none"),
        held.quotes,
        held.taken_out
    );
    Ok(())
}

/// Makes a new key that signs: what `collate keys rotate` does.
///
/// # Errors
/// Where there is no database, or it does not answer.
pub async fn rotate_keys(url: &str) -> Result<(), StartError> {
    must_be_there(url)?;
    Ok(sessions::rotate_keys(&open(url).await?).await?)
}

/// Compares the audit log of the database at `url` with its seals and with the rows it describes, and what was published with its digest
/// and its release, and prints what was found, every fault by name: what `collate check` does.
///
/// # Errors
/// Where there is a fault, or nothing to check.
pub async fn check(url: &str) -> Result<(), StartError> {
    must_be_there(url).map_err(|error| StartError::because("the database cannot be checked", error))?;
    let mut found = store::check::check(url)
        .await
        .map_err(|error| StartError::because("the database cannot be checked", error))?;
    found.faults.append(&mut moved_reports(url).await?);
    let mut out = std::io::stdout().lock();
    for line in found.lines() {
        // Whoever closed our output still gets the status.
        let _ = writeln!(out, "{line}");
    }
    match found.faults.len() {
        0 => Ok(()),
        1 => Err(StartError("1 fault".into())),
        faults => Err(StartError(format!("{faults} faults"))),
    }
}

/// What is wrong with published reports, a sentence each. Nothing where the schema is of before they were kept.
async fn moved_reports(url: &str) -> Result<Vec<String>, StartError> {
    let failed = |error: sea_orm::DbErr| StartError(error.to_string());
    if !store::pending(url).await.map_err(failed)?.is_empty() {
        return Ok(Vec::new());
    }
    let store = Store::connect(url, 2).await.map_err(failed)?;
    Ok(store
        .open_for_nobody()
        .read(async |tx| document::moved(tx).await)
        .await?)
}
