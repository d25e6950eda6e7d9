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
    collate::{Collation, Filter, Following, Scope, UnknownValue},
    facts::Facts,
    id::{ConsultationId, ContributionId},
};
use std::{
    any::Any,
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// Answers that are kept of one state of a consultation's facts.
const ANSWERS_KEPT: usize = 64;
/// Collations of one consultation that follow its facts: what a lead reads again and again while feedback comes in. Each has a cell for every
/// theme of every question, with a number for every meeting and sitting: some MB where there are thousands.
const FOLLOWED: usize = 3;
/// Changes after which one that nobody asked for is followed no more.
const FOLLOWED_UNASKED: u64 = 200;
/// Rows that are followed however few there are.
const FOLLOWED_ROWS: usize = 256;
/// Texts that are looked up on the thread that wants them.
const FEW_TEXTS: usize = 32;

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
    /// Collations that were asked for, by their key, moved by each change. Locked while the facts are, and after them.
    followed: Mutex<HashMap<String, Followed>>,
}

/// A collation that follows the facts.
#[derive(Debug)]
struct Followed {
    following: Following,
    /// The state of the facts when it was asked for last.
    asked_at: u64,
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
    let little = match since {
        Some(since) => {
            let reading = store.read_little(async |tx| {
                let next = tx.horizon().await?;
                if next == since && tx.is_sqlite() {
                    return Ok(Some((next, Changes::default())));
                }
                let few = match tx.is_sqlite() {
                    true => tx.few_changes(id, since).await?,
                    false => Some(tx.changes(id, Some(since)).await?),
                };
                Ok(few.map(|few| (next, few)))
            });
            reading.await?
        }
        None => None,
    };
    let (next, changes) = match little {
        Some(found) => found,
        None => {
            let reading =
                store.read_much(async move |tx| Ok((tx.horizon().await?, tx.changes(id, since).await?)));
            reading.await?
        }
    };
    if !changes.is_empty() {
        // Another thread costs more than a few rows do.
        let left = match changes.are_few() {
            true => held.put_at_once(changes),
            false => Some(changes),
        };
        if let Some(changes) = left {
            let held = held.clone();
            let putting = actix_web::web::block(move || held.put(changes));
            putting.await.map_err(Problem::internal)?;
        }
    }
    looked.horizon = Some(next);
    looked.ended = number;
    Ok(())
}

impl Followed {
    fn answer(&mut self, facts: &Facts, state: u64) -> Collation {
        self.asked_at = state;
        self.following.answer(facts)
    }
}

impl Held {
    /// Puts changes to the facts where nobody reads them now; else gives them back.
    fn put_at_once(&self, changes: Changes) -> Option<Changes> {
        match self.facts.try_write() {
            Ok(facts) => {
                self.put_to(facts, changes);
                None
            }
            Err(_) => Some(changes),
        }
    }

    fn put(&self, changes: Changes) {
        self.put_to(
            self.facts.write().unwrap_or_else(PoisonError::into_inner),
            changes,
        );
    }

    /// Puts changes to the facts. Rows seen a second time change nothing, and what was rendered stays good.
    fn put_to(&self, mut facts: RwLockWriteGuard<'_, Facts>, changes: Changes) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.state.load(Ordering::Acquire);
        followed.retain(|_, one| state - one.asked_at < FOLLOWED_UNASKED);
        // What changes an eighth of all is counted anew sooner than it is taken out and put in.
        if changes.rows() > FOLLOWED_ROWS + facts.size() / 8 {
            followed.clear();
        }
        if !followed.is_empty() {
            facts.watch();
        }
        let mut moved = changes
            .register
            .is_some_and(|register| facts.set_register(register));
        for row in changes.containers {
            moved |= facts.put_container(row);
        }
        for row in changes.contributions {
            moved |= facts.put_contribution(row);
        }
        let what = facts.moved();
        followed.retain(|_, one| one.following.follow(&facts, &what));
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

    /// The exact collation within a scope by what was asked for; `key` names both. Counted once, and moved by what changes from then on.
    ///
    /// # Errors
    /// What `understood` refuses, and where no thread can be had.
    pub async fn collation(
        &self,
        key: String,
        scope: Scope,
        understood: impl FnOnce(&Facts, &Scope) -> Result<Filter, Problem> + Send + 'static,
    ) -> Result<Collation, Problem> {
        let held = self.held.clone();
        // What is known is said at once: another thread takes longer to wake.
        if let Ok(facts) = held.facts.try_read()
            && let Ok(mut followed) = held.followed.try_lock()
            && let Some(known) = followed.get_mut(&key)
        {
            return Ok(known.answer(&facts, held.state.load(Ordering::Acquire)));
        }
        let counted = move |facts: &Facts| {
            let lock = || held.followed.lock().unwrap_or_else(PoisonError::into_inner);
            let state = held.state.load(Ordering::Acquire);
            if let Some(known) = lock().get_mut(&key) {
                return Ok(known.answer(facts, state));
            }
            // Not while the others are held: whoever counts takes his time. The facts stay as they are until he is done.
            let filter = understood(facts, &scope)?;
            let mut one = Followed {
                following: Following::new(facts, scope, filter),
                asked_at: state,
            };
            let answer = one.answer(facts, state);
            let mut followed = lock();
            while followed.len() >= FOLLOWED {
                let longest = followed.iter().min_by_key(|(_, one)| one.asked_at);
                let Some(longest) = longest.map(|(key, _)| key.clone()) else {
                    break;
                };
                followed.remove(&longest);
            }
            followed.insert(key, one);
            Ok(answer)
        };
        self.facts(counted).await?
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
            let wanted = missing.clone();
            let found = match missing.len() {
                ..FEW_TEXTS => store.look_up(async |tx| tx.texts(&wanted).await).await?,
                _ => store.read_much(async move |tx| tx.texts(&wanted).await).await?,
            };
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
