//! Who a token speaks for: the keys that verify it, and its user's grants.
//!
//! A caller's grants are looked up at most twice a second: what an admin takes away is refused within a second on
//! every replica, and at once on the one that took it away.

use super::{caller::Caller, keys, keys::Key, receipts::Receipts};
use crate::{http::problem::Problem, store::Store};
use domain::{id::UserId, vocabulary::KeyPurpose};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// How long a caller's grants are taken as read.
const LOOKED_UP_FOR: Duration = Duration::from_millis(500);

/// Keys, and callers looked up a moment ago.
#[derive(Debug, Default)]
pub struct Sessions {
    fixed_keys: Option<Vec<Key>>,
    keys: RwLock<Vec<Key>>,
    receipt_key: RwLock<Option<Key>>,
    looked_for_keys: Mutex<Option<Instant>>,
    callers: Mutex<HashMap<UserId, (Instant, Arc<Caller>)>>,
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

    fn looked_for_keys_just_now(&self) -> bool {
        let mut last = self
            .looked_for_keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let just_now = last.is_some_and(|at| at.elapsed() < LOOKED_UP_FOR);
        if !just_now {
            *last = Some(Instant::now());
        }
        just_now
    }

    fn key(&self, kid: &str) -> Option<Key> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().find(|key| key.kid == kid).cloned()
    }

    /// The key that signs now.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn signing_key(&self) -> Result<Key, Problem> {
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
        let kid = keys::kid(token).ok_or_else(keys::refused)?;
        let key = match self.key(&kid) {
            Some(key) => key,
            None => {
                // Another replica may have made a key since we looked; a stranger's invention shall not make us look
                // for each of its requests.
                if self.looked_for_keys_just_now() {
                    return Err(keys::refused());
                }
                self.load_keys(store).await?;
                self.key(&kid).ok_or_else(keys::refused)?
            }
        };
        let user = keys::verify(&key, token)?;
        if let Some((at, caller)) = self
            .callers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&user)
            && at.elapsed() < LOOKED_UP_FOR
        {
            return Ok(caller.clone());
        }
        let looked_up = Instant::now();
        let caller = store
            .open_for_nobody()
            .read(async |tx| {
                let row = Problem::absent(tx.user_row(user).await)?.ok_or_else(keys::refused)?;
                Ok(Arc::new(Caller {
                    user,
                    name: row.name,
                    grants: tx.reach_of(user).await?,
                }))
            })
            .await?;
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() > 10_000 {
            callers.retain(|_, (at, _)| at.elapsed() < LOOKED_UP_FOR);
        }
        callers.insert(user, (looked_up, caller.clone()));
        Ok(caller)
    }

    /// Forgets what was looked up of a user whose grants changed.
    pub fn forget(&self, user: UserId) {
        self.callers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&user);
    }
}

/// The keys in use for a purpose, the newest first; where there is none yet, one is made, and of replicas that start at
/// once only one makes it.
async fn keys_for(store: &Store, purpose: KeyPurpose) -> Result<Vec<Key>, Problem> {
    let open = store.open_for_nobody();
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

/// Makes a new signing key. Older keys verify until their last token has expired.
///
/// # Errors
/// Where the database does not answer.
pub async fn rotate_keys(store: &Store) -> Result<(), Problem> {
    let key = Key::new();
    store
        .open_for_nobody()
        .write(async move |tx| {
            // The key that signs until now must verify for as long as its youngest token lives, so only keys that
            // were followed by another long ago go.
            let followed_long_ago = tx.now.plus_seconds(-2 * keys::ACCESS_SECONDS);
            if let Some(since) = tx.newest_key_before(followed_long_ago).await? {
                tx.retire_access_keys(since).await?;
            }
            tx.add_token_key(key, KeyPurpose::Access).await
        })
        .await
}
