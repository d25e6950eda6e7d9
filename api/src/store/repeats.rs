//! Answers that are kept for repeats: no acts of anybody's, so the log of acts knows nothing of them.

use super::{Opened, Tx};
use crate::{
    error::Code,
    http::{
        answer::{Keep, Kept},
        problem::Problem,
        repeat::{KEPT_SECONDS, Key, WAIT},
    },
};
use entity::kept_answers;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

impl Tx {
    /// Claims a key for this transaction, so that nothing else is done under it meanwhile.
    ///
    /// # Errors
    /// 409 where another transaction has had it for too long, and where it was used before: the answer is kept then.
    async fn claim(&self, key: &Key) -> Result<(), Problem> {
        if !self.hold_within(key.id, WAIT).await? {
            return Err(in_progress());
        }
        match kept_answers::Entity::find_by_id(key.id).one(&self.on()).await? {
            None => Ok(()),
            Some(_) => Err(in_progress()),
        }
    }

    async fn keep_answer(&self, key: &Key, answer: &Kept) -> Result<(), Problem> {
        let row = kept_answers::Model {
            id: key.id,
            content: key.content.clone(),
            answer: key.seal(answer)?,
            kept_at: self.now,
        };
        kept_answers::Entity::insert(row.into_active_model())
            .exec_without_returning(&self.on())
            .await?;
        Ok(())
    }
}

fn in_progress() -> Problem {
    Problem {
        retry_after: Some(1),
        ..Problem::new(
            Code::RepeatInProgress,
            "What you sent first under this key is being worked on. Send it again in a moment.",
        )
    }
}

impl Opened {
    /// Writes what a POST does, as [`Opened::write`]. Where the request brought a key, its answer is kept with it; where it was done
    /// before, nothing is done and it is refused: the answer that is kept is given in place of the refusal.
    ///
    /// # Errors
    /// What `work` refuses; nothing was stored then.
    pub async fn post<A, W>(&self, work: W) -> Result<A, Problem>
    where
        A: Keep + Send + 'static,
        W: AsyncFnOnce(&Tx) -> Result<A, Problem> + Send + 'static,
    {
        let key = self.key.clone();
        self.write(async move |tx| {
            let Some(key) = key else {
                return work(tx).await;
            };
            tx.claim(&key).await?;
            let answer = work(tx).await?;
            if let Some(kept) = answer.keep()? {
                tx.keep_answer(&key, &kept).await?;
            }
            Ok(answer)
        })
        .await
    }

    /// Whether the request brought a key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The answer that is kept for a repeat of this request, if there is one.
    ///
    /// # Errors
    /// 422 where the key was used for another request.
    pub async fn kept_answer(&self) -> Result<Option<Kept>, Problem> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let id = key.id;
        let row = self
            .read(async |tx| Ok(kept_answers::Entity::find_by_id(id).one(&tx.on()).await?))
            .await?;
        row.map(|row| key.unseal(&row.content, &row.answer)).transpose()
    }

    /// Forgets answers that were kept for long enough.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn forget_answers(&self) -> Result<(), Problem> {
        let forgotten = self
            .write(async |tx| {
                let gone = kept_answers::Entity::delete_many()
                    .filter(kept_answers::Column::KeptAt.lt(tx.now.plus_seconds(-KEPT_SECONDS).0));
                Ok(gone.exec(&tx.on()).await?.rows_affected)
            })
            .await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "answers that were kept for repeats are forgotten");
        }
        Ok(())
    }
}
