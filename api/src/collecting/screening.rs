//! The personal-data screen, on write and never in its way: what it sees is stored beside the text and shown to those who
//! collect and lead; nothing is refused for it.
//!
//! Texts are screened before a write joins the queue, because it is arithmetic only and the one writer of SQLite has
//! other things to do.

use crate::{
    collecting::{container_of, touch_container},
    http::problem::Problem,
    store::{Horizon, Opened},
};
use domain::{
    screening::{RegisterNames, screen},
    vocabulary::VersionCause,
};
use entity::json::Flags;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes of text that are screened where they stand; more is screened off the request threads.
const AT_ONCE: usize = 4096;
/// Contributions that one write of the sweep screens at the most.
const SWEPT_AT_ONCE: u64 = 200;

/// Names of the network's services and their providers, as they were last read. They are read again where a service
/// changed since, which every replica asks before each use: one look at an index.
#[derive(Debug, Default)]
pub struct KnownNames {
    held: Mutex<Option<(Horizon, Arc<RegisterNames>)>>,
}

impl KnownNames {
    /// The names as they stand now.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn current(&self, store: &Opened) -> Result<Arc<RegisterNames>, Problem> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, names)) = held
            && !store.look_up(async |tx| tx.services_changed(since).await).await?
        {
            return Ok(names);
        }
        let (horizon, names) = store
            .read_at_one_moment(async |tx| Ok((tx.horizon().await?, tx.service_names().await?)))
            .await?;
        let names = Arc::new(RegisterNames::new(names.iter().map(String::as_str)));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Who read earlier may come later.
        if held.as_ref().is_none_or(|(other, _)| *other <= horizon) {
            *held = Some((horizon, names.clone()));
        }
        Ok(names)
    }
}

/// What the screen saw in the texts of one request.
#[derive(Debug)]
pub struct Screened {
    names: Arc<RegisterNames>,
    seen: HashMap<String, Flags>,
}

impl Screened {
    /// Screens `texts`.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn new(known: &KnownNames, store: &Opened, texts: Vec<String>) -> Result<Arc<Self>, Problem> {
        let names = known.current(store).await?;
        let long = texts.iter().map(String::len).sum::<usize>() > AT_ONCE;
        let screening = move || Self {
            seen: texts
                .into_iter()
                .map(|text| {
                    let flags = Flags(screen(&text, &names));
                    (text, flags)
                })
                .collect(),
            names,
        };
        let screened = if long {
            actix_web::web::block(screening)
                .await
                .map_err(Problem::internal)?
        } else {
            screening()
        };
        Ok(Arc::new(screened))
    }

    /// What the screen sees in `text`, which should be one of those it was made for.
    pub fn flags(&self, text: &str) -> Flags {
        let seen = self.seen.get(text).cloned();
        seen.unwrap_or_else(|| Flags(screen(text, &self.names)))
    }
}

/// Screens what came in before there was a screen, or through a replica that had none yet: until then nobody may quote it.
/// Of replicas that sweep at once, one writes each row and the others leave it at that.
///
/// # Errors
/// Where the database does not answer; what was screened before stays screened.
pub async fn sweep(known: &KnownNames, store: &Opened) -> Result<(), Problem> {
    let mut screened_rows = 0;
    let mut after = None;
    loop {
        let rows = store
            .read(async |tx| tx.unscreened(after, SWEPT_AT_ONCE).await)
            .await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        screened_rows += rows.len();
        let texts = rows.iter().map(|row| row.text.clone()).collect();
        let screened = Screened::new(known, store, texts).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        // In an order that is the same for whoever sweeps: who holds several must not wait for who holds the others.
        let containers: BTreeSet<_> = rows
            .iter()
            .filter_map(|row| {
                row.discussion_id
                    .map(|id| id.0)
                    .or(row.response_id.map(|id| id.0))
            })
            .collect();
        store
            .write(async move |tx| {
                for container in containers {
                    tx.hold(container).await?;
                }
                // As they are now that nobody else changes them: a text that was corrected meanwhile was screened with that.
                let mut rows = tx.contributions(&ids).await?;
                rows.retain(|row| row.flags.is_none());
                rows.sort_unstable_by_key(|row| row.id);
                let mut touched = BTreeMap::new();
                for row in &rows {
                    touched.entry((row.discussion_id, row.response_id)).or_insert(row);
                }
                // The containers first, as wherever both are written.
                for row in touched.values() {
                    let version = touch_container(tx, row).await?;
                    // The points stay at their versions, so that the whole says for itself what moved it.
                    if let Some(of) = container_of(row) {
                        let of = (of.kind().into(), of.id(), version);
                        tx.add_step(of, VersionCause::Screened, None).await?;
                    }
                }
                for row in &rows {
                    tx.add_flags(row.id, screened.flags(&row.text)).await?;
                }
                Ok(())
            })
            .await?;
    }
    if screened_rows > 0 {
        tracing::info!(
            contributions = screened_rows,
            "what came in before there was a screen is screened"
        );
    }
    Ok(())
}
