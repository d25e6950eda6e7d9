//! Who a token speaks for: the keys that verify it, and its user's grants.
//!
//! A caller's grants are looked up at most twice a second: what an admin takes away is refused within a second on
//! every replica, and at once on the one that took it away.
//!
//! Keys rotate without signing anyone out: whoever signs looks first whether there is a newer key, and whoever is shown a
//! token of a key it does not know looks for it. A key is forgotten when it was followed so long ago that every token of
//! it has expired. Refused: keys known from the start on, with which a rotation wants every replica started again.

use super::{
    caller::{Caller, Subject},
    keys,
    keys::Key,
    receipts::Receipts,
};
use crate::{
    http::problem::Problem,
    store::{
        Store,
        audit::{Act, acts},
    },
};
use domain::vocabulary::KeyPurpose;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How long a caller's grants are taken as read.
const LOOKED_UP_FOR: Duration = Duration::from_millis(500);

/// From one look for keys to the next, at the least.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// How long the newest key that was found signs before another is looked for.
const SIGNED_WITH_FOR: Duration = Duration::from_secs(1);

/// How long ago a key must have been followed by another to be forgotten, in seconds: its last token was signed before any
/// replica saw the follower, and was good for half of this.
const FOLLOWED_FOR: i64 = 2 * keys::ACCESS_SECONDS;

/// Keys, and callers looked up a moment ago.
#[derive(Debug, Default)]
pub struct Sessions {
    fixed_keys: Option<Vec<Key>>,
    keys: RwLock<Vec<Key>>,
    receipt_key: RwLock<Option<Key>>,
    /// When the last look for keys began; held while one is under way.
    looked_for_keys: tokio::sync::Mutex<Option<Instant>>,
    callers: Mutex<Callers>,
}

/// Callers looked up a moment ago.
#[derive(Debug, Default)]
struct Callers {
    /// How often any was forgotten. A look that began before the last time may hold what was taken away since.
    epoch: u64,
    kept: HashMap<Subject, (Instant, Arc<Caller>)>,
}

/// A look for a caller that is under way.
#[derive(Debug)]
struct Look {
    subject: Subject,
    began: Instant,
    epoch: u64,
}

impl Callers {
    /// The caller as kept, or else a look to be made.
    fn kept_or_look(&self, subject: Subject) -> Result<Arc<Caller>, Look> {
        match self.kept.get(&subject) {
            Some((at, caller)) if at.elapsed() < LOOKED_UP_FOR => Ok(caller.clone()),
            _ => Err(Look {
                subject,
                began: Instant::now(),
                epoch: self.epoch,
            }),
        }
    }

    /// Keeps what a look found, unless a caller was forgotten since it began.
    fn keep(&mut self, look: Look, caller: Arc<Caller>) {
        if look.epoch != self.epoch {
            return;
        }
        if self.kept.len() > 10_000 {
            self.kept.retain(|_, (at, _)| at.elapsed() < LOOKED_UP_FOR);
        }
        self.kept.insert(look.subject, (look.began, caller));
    }

    /// Forgets a caller, and what looks under way will find: which of them have read the old grants cannot be told.
    fn forget(&mut self, subject: Subject) {
        self.epoch += 1;
        self.kept.remove(&subject);
    }
}

impl Sessions {
    /// With keys from the settings, which win, or with those of the database.
    pub fn new(fixed_keys: Option<Vec<Key>>) -> Self {
        Self {
            fixed_keys,
            ..Self::default()
        }
    }

    /// Loads the database's keys, making the first of each.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn load_keys(&self, store: &Store) -> Result<(), Problem> {
        let access = match &self.fixed_keys {
            Some(fixed) => fixed.clone(),
            None => keys_for(store, KeyPurpose::Access).await?,
        };
        let receipt = keys_for(store, KeyPurpose::Receipt).await?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = access;
        *self.receipt_key.write().unwrap_or_else(PoisonError::into_inner) = receipt.into_iter().next();
        Ok(())
    }

    /// What makes and reads receipts: keyed hashes, so that none is stored and each is always the same.
    pub fn receipts(&self) -> Receipts {
        let key = self.receipt_key.read().unwrap_or_else(PoisonError::into_inner);
        Receipts::new(key.as_ref().map(|key| key.secret.clone()).unwrap_or_default())
    }

    /// The password of a demo account.
    pub(crate) fn demo_password(&self, account: Uuid) -> String {
        self.derived("demo", account)
    }

    fn derived(&self, purpose: &str, id: Uuid) -> String {
        let key = self.receipt_key.read().unwrap_or_else(PoisonError::into_inner);
        let secret = key.as_ref().map(|key| key.secret.as_slice()).unwrap_or_default();
        keys::receipt(secret, purpose, id)
    }

    /// Looks for keys, so that any made before this was called is known. A look takes in all who wait for it, and none
    /// begins right after another: a stranger's inventions shall not make us look for each of them, nor keep the bearer of
    /// a good token from being let in.
    async fn look_for_keys(&self, store: &Store) -> Result<(), Problem> {
        let asked = Instant::now();
        let mut last = self.looked_for_keys.lock().await;
        if last.is_some_and(|began| began > asked) {
            return Ok(());
        }
        if let Some(began) = *last {
            tokio::time::sleep(BETWEEN_LOOKS.saturating_sub(began.elapsed())).await;
        }
        let began = Instant::now();
        self.load_keys(store).await?;
        // Only now: whoever waits for a look that failed looks again.
        *last = Some(began);
        Ok(())
    }

    /// Whether the keys were found long enough ago to look again before one signs; not while somebody looks.
    fn keys_are_old(&self) -> bool {
        let last = self.looked_for_keys.try_lock();
        last.is_ok_and(|last| last.is_none_or(|began| began.elapsed() > SIGNED_WITH_FOR))
    }

    fn key(&self, kid: &str) -> Option<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.kid == kid).cloned()
    }

    /// The key that signs now: the newest there is, or was a second ago.
    ///
    /// # Errors
    /// Where there is none, or the database does not answer.
    pub(super) async fn signing_key(&self, store: &Store) -> Result<Key, Problem> {
        if self.fixed_keys.is_none() && self.keys_are_old() {
            self.look_for_keys(store).await?;
        }
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.first()
            .cloned()
            .ok_or_else(|| Problem::internal("there is no key to sign with"))
    }

    /// Who `token` speaks for, with grants.
    ///
    /// # Errors
    /// 401 for a token that is not good.
    pub async fn caller(&self, store: &Store, token: &str) -> Result<Arc<Caller>, Problem> {
        let (subject, _) = self.subject_of(store, token).await?;
        self.caller_of(store, subject).await
    }

    /// Whom `token` speaks for, and until when in seconds of Unix time.
    ///
    /// # Errors
    /// 401 for a token that is not good.
    pub async fn subject_of(&self, store: &Store, token: &str) -> Result<(Subject, i64), Problem> {
        let kid = keys::kid(token).ok_or_else(keys::refused)?;
        let key = match self.key(&kid) {
            Some(key) => key,
            None if self.fixed_keys.is_some() => return Err(keys::refused()),
            None => {
                // Another replica, or the command, may have made it since we looked.
                self.look_for_keys(store).await?;
                self.key(&kid).ok_or_else(keys::refused)?
            }
        };
        keys::verify(&key, token)
    }

    /// A caller with the grants that they have now, whose token was verified.
    ///
    /// # Errors
    /// 401 for one who is gone.
    pub async fn caller_of(&self, store: &Store, subject: Subject) -> Result<Arc<Caller>, Problem> {
        let look = match self.callers().kept_or_look(subject) {
            Ok(caller) => return Ok(caller),
            Err(look) => look,
        };
        let caller = store
            .open_for_nobody()
            .read(async |tx| {
                let row = Problem::absent(tx.caller_row(subject).await)?.ok_or_else(keys::refused)?;
                Ok(Arc::new(Caller {
                    user: row.id,
                    kind: subject.kind(),
                    name: row.name,
                    grants: tx.reach_of(row.id).await?,
                }))
            })
            .await?;
        self.callers().keep(look, caller.clone());
        Ok(caller)
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was looked up of a caller whose grants changed: after the change was committed, so that a request which
    /// begins after this finds the new ones.
    pub fn forget(&self, subject: Subject) {
        self.callers().forget(subject);
    }
}

/// The keys in use for a purpose, the newest first; where there is none yet, one is made, and of replicas that start at
/// once only one makes it.
async fn keys_for(store: &Store, purpose: KeyPurpose) -> Result<Vec<Key>, Problem> {
    let open = store.open_for_nobody().doing(Act::of_this_machine(acts::START));
    let found = open.read(async |tx| tx.token_keys(purpose).await).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let key = Key::new();
    open.write(async move |tx| {
        tx.hold(Uuid::from_u128(purpose as u128)).await?;
        if tx.token_keys(purpose).await?.is_empty() {
            tx.add_token_key(key, purpose).await?;
        }
        tx.token_keys(purpose).await
    })
    .await
}

/// Makes a new signing key; every replica signs with it within a second. Older keys verify until their last token has
/// expired.
///
/// # Errors
/// Where the database does not answer.
pub async fn rotate_keys(store: &Store) -> Result<(), Problem> {
    let key = Key::new();
    store
        .open_for_nobody()
        .doing(Act::of_this_machine(acts::ROTATE_KEYS))
        .write(async move |tx| {
            tx.purge_access_keys(tx.now.plus_seconds(-FOLLOWED_FOR)).await?;
            tx.add_token_key(key, KeyPurpose::Access).await
        })
        .await?;
    store.seal_at_last().await;
    Ok(())
}

/// Forgets what has run out: refresh tokens that expired, and signing keys whose last token did.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(store: &Store) -> Result<(), Problem> {
    let (keys, tokens) = store
        .open_for_nobody()
        .doing(Act::of_this_machine(acts::SWEEP))
        .write(async move |tx| {
            let keys = tx.purge_access_keys(tx.now.plus_seconds(-FOLLOWED_FOR)).await?;
            Ok((keys, tx.purge_refresh_tokens().await?))
        })
        .await?;
    if keys + tokens > 0 {
        tracing::info!(keys, refresh_tokens = tokens, "what has run out is forgotten");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::UserId;

    #[test]
    fn what_a_look_found_is_not_kept_when_a_caller_was_forgotten_meanwhile() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let [one, other] = [one, other].map(|id| Subject::Person(UserId::from(id)));
        let found = |subject: Subject| {
            let (user, kind, name) = (subject.id(), subject.kind(), String::new());
            Arc::new(Caller {
                user,
                kind,
                name,
                grants: Vec::new(),
            })
        };
        let sessions = Sessions::default();
        let look = |subject: Subject| sessions.callers().kept_or_look(subject);
        let keep = |look: Look| {
            let caller = found(look.subject);
            sessions.callers().keep(look, caller);
        };

        keep(look(one).unwrap_err());
        assert!(look(one).is_ok());
        sessions.forget(one);
        // Two requests look, of which one has read the old grants when they are taken away.
        let before = look(one).unwrap_err();
        sessions.forget(one);
        let after = look(one).unwrap_err();
        keep(before);
        assert!(look(one).is_err(), "at once, not half a second later");
        keep(after);
        assert!(look(one).is_ok());
        keep(look(other).unwrap_err());
        assert!(
            look(one).is_ok() && look(other).is_ok(),
            "nobody else is forgotten"
        );
        sessions.forget(other);
        assert!(look(one).is_ok() && look(other).is_err());
    }
}
