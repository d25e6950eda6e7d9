//! Facts of consultations in memory, brought up to date before each answer, and the answers rendered from them.
//!
//! Invariant: an answer contains everything that was acknowledged before it was asked for, on every replica, because
//! each begins with a look at what changed in the database, but where nothing at all was written since the last ([`StandsAsOf`]). Readers who
//! wait for the same consultation share one look that began after they all arrived. Refused: caches by time.

use crate::{
    error::Code,
    http::{
        answer::Rendered,
        ask::AnyOf,
        problem::{Fault, Problem},
    },
    store::{Horizon, Opened, facts::Changes, sight::StandsAsOf},
};
use domain::{
    collate::UnknownValue,
    facts::Facts,
    id::{ConsultationId, ContributionId},
};
use std::{
    any::Any,
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Answers that are kept of one state of a consultation's facts.
const ANSWERS_KEPT: usize = 64;

/// Facts of every consultation that was asked for.
#[derive(Debug, Default)]
pub struct Looks {
    held: Mutex<HashMap<ConsultationId, Arc<Held>>>,
    frozen: Mutex<HashMap<String, Arc<dyn Any + Send + Sync>>>,
}

/// Where looks stand.
#[derive(Debug, Default)]
struct Looked {
    /// Where the next has to begin; nothing before the first.
    horizon: Option<Horizon>,
    /// The number of the last look that ended well. One that failed showed nothing to anybody.
    ended: u64,
}

/// One consultation's facts.
#[derive(Debug, Default)]
struct Held {
    facts: RwLock<Facts>,
    /// Only one look at a time.
    looking: Arc<tokio::sync::Mutex<Looked>>,
    /// Looks that have begun.
    begun: AtomicU64,
    /// Up to which state of the database the facts are known to stand.
    as_of: StandsAsOf,
    /// States of the facts so far: it grows with every change.
    state: AtomicU64,
    answers: Mutex<HashMap<String, (u64, Arc<dyn Any + Send + Sync>)>>,
    texts: Mutex<HashMap<ContributionId, (i32, String)>>,
}

impl Looks {
    fn held(&self, id: ConsultationId) -> Arc<Held> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(id)
            .or_default()
            .clone()
    }

    /// Forgets a consultation that is not there.
    fn forget(&self, id: ConsultationId) {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }

    /// Brings the facts up to date and lets `work` read them, off the request threads.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn with<T: Send + 'static>(
        &self,
        store: &Opened,
        id: ConsultationId,
        work: impl FnOnce(&Facts) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let held = self.up_to_date(store, id).await?;
        read(held, work).await
    }

    /// The answer kept under `key` if nothing changed since it was rendered, else what `render` makes of the facts.
    /// `key` names everything on which the answer depends beside the facts: audience, scope, filters, format.
    ///
    /// # Errors
    /// What `render` refuses.
    pub async fn rendered<V: Send + Sync + 'static, R>(
        &self,
        store: &Opened,
        id: ConsultationId,
        key: String,
        render: R,
    ) -> Result<Arc<Rendered<V>>, Problem>
    where
        R: AsyncFnOnce(Reading) -> Result<Rendered<V>, Problem>,
    {
        let held = self.up_to_date(store, id).await?;
        let state = held.state.load(Ordering::Acquire);
        {
            let answers = held.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((of, answer)) = answers.get(&key)
                && *of == state
                && let Ok(answer) = answer.clone().downcast()
            {
                return Ok(answer);
            }
        }
        let answer = Arc::new(render(Reading { held: held.clone() }).await?.kept());
        let mut answers = held.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS_KEPT {
            answers.clear();
        }
        // Facts may have moved on while it was rendered; what is kept is only given out for the state it began with,
        // and is at least as new.
        answers.insert(key, (state, answer.clone()));
        Ok(answer)
    }

    /// The answer kept under `key`, else what `render` makes: for what never changes once it was made, which needs no look.
    ///
    /// # Errors
    /// What `render` refuses.
    pub async fn frozen<V: Send + Sync + 'static>(
        &self,
        key: String,
        render: impl AsyncFnOnce() -> Result<Rendered<V>, Problem>,
    ) -> Result<Arc<Rendered<V>>, Problem> {
        let kept = self
            .frozen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(Ok(answer)) = kept.map(|answer| answer.downcast()) {
            return Ok(answer);
        }
        let answer = Arc::new(render().await?.kept());
        let mut frozen = self.frozen.lock().unwrap_or_else(PoisonError::into_inner);
        if frozen.len() >= ANSWERS_KEPT {
            frozen.clear();
        }
        frozen.insert(key, answer.clone());
        Ok(answer)
    }

    async fn up_to_date(&self, store: &Opened, id: ConsultationId) -> Result<Arc<Held>, Problem> {
        let held = self.held(id);
        let as_of = store.as_of().await?;
        if held.as_of.get() >= as_of {
            return Ok(held);
        }
        let begun_before = held.begun.load(Ordering::Acquire);
        let looked = held.looking.clone().lock_owned().await;
        // Whoever held the lock may have begun a look after we arrived: that look saw all that we must show.
        if looked.ended > begun_before {
            held.as_of.stood(as_of);
            return Ok(held);
        }
        // Spawned, so that a look that was begun ends, whatever becomes of the request that wanted it.
        let looking = actix_web::rt::spawn(look(held.clone(), looked, store.clone(), id));
        match looking.await.map_err(Problem::internal)? {
            Ok(()) => {
                held.as_of.stood(as_of);
                Ok(held)
            }
            Err(problem) => {
                if problem.code == Code::NotFound {
                    self.forget(id);
                }
                Err(problem)
            }
        }
    }
}

/// One look: reads what changed, and puts it to the facts off the request threads.
async fn look(
    held: Arc<Held>,
    mut looked: tokio::sync::OwnedMutexGuard<Looked>,
    store: Opened,
    id: ConsultationId,
) -> Result<(), Problem> {
    let number = held.begun.fetch_add(1, Ordering::AcqRel) + 1;
    let since = looked.horizon;
    let (next, changes) = store
        .read_at_one_moment(async |tx| {
            let next = tx.horizon().await?;
            if since.is_some_and(|since| since == next) && tx.is_sqlite() {
                return Ok((next, None));
            }
            Ok((next, Some(tx.changes(id, since).await?)))
        })
        .await?;
    if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
        let held = held.clone();
        let putting = actix_web::web::block(move || held.put(changes));
        putting.await.map_err(Problem::internal)?;
    }
    looked.horizon = Some(next);
    looked.ended = number;
    Ok(())
}

impl Held {
    /// Puts changes to the facts. Rows seen a second time change nothing, and what was rendered stays good.
    fn put(&self, changes: Changes) {
        let mut facts = self.facts.write().unwrap_or_else(PoisonError::into_inner);
        let mut moved = changes
            .register
            .is_some_and(|register| facts.set_register(register));
        for row in changes.containers {
            moved |= facts.put_container(row);
        }
        for row in changes.contributions {
            moved |= facts.put_contribution(row);
        }
        if moved {
            self.state.fetch_add(1, Ordering::AcqRel);
            self.answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        }
    }
}

async fn read<T: Send + 'static>(
    held: Arc<Held>,
    work: impl FnOnce(&Facts) -> T + Send + 'static,
) -> Result<T, Problem> {
    let reading = actix_web::web::block(move || {
        let facts = held.facts.read().unwrap_or_else(PoisonError::into_inner);
        work(&facts)
    });
    reading.await.map_err(Problem::internal)
}

/// Facts that are up to date, in the hands of one rendering.
#[derive(Debug)]
pub struct Reading {
    held: Arc<Held>,
}

impl Reading {
    /// Lets `work` read the facts, off the request threads.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub async fn facts<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Facts) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        read(self.held.clone(), work).await
    }

    /// The texts of contributions at the version that was counted. One that has changed since is absent: its words may
    /// no longer be quoted.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn texts(
        &self,
        store: &Opened,
        wanted: HashSet<(ContributionId, i32)>,
    ) -> Result<HashMap<ContributionId, String>, Problem> {
        let mut known = HashMap::with_capacity(wanted.len());
        let missing: HashSet<_> = {
            let texts = self.held.texts.lock().unwrap_or_else(PoisonError::into_inner);
            let missing = wanted.into_iter().filter(|(id, version)| match texts.get(id) {
                Some((of, text)) if of == version => {
                    known.insert(*id, text.clone());
                    false
                }
                _ => true,
            });
            missing.collect()
        };
        if !missing.is_empty() {
            let found = store.read(async |tx| tx.texts(&missing).await).await?;
            let mut texts = self.held.texts.lock().unwrap_or_else(PoisonError::into_inner);
            if texts.len() > 20_000 {
                texts.clear();
            }
            for (id, version) in missing {
                if let Some(text) = found.get(&id) {
                    texts.insert(id, (version, text.clone()));
                }
            }
            known.extend(found);
        }
        Ok(known)
    }
}

/// The values of a parameter, as the one filter path wants them.
pub fn values(given: Option<AnyOf<String>>) -> Option<Vec<String>> {
    given.map(|any| any.0)
}

/// What values get that name nothing.
pub fn unknown_values(unknown: Vec<UnknownValue>) -> Problem {
    let fault = |one: UnknownValue| Fault {
        pointer: format!("/{}", one.parameter),
        code: "unknown-value".into(),
        detail: format!("Wanted: {}.", one.expected),
    };
    Problem::of_faults(Code::BadParameter, unknown.into_iter().map(fault).collect())
}
