//! Answers that are kept for repeats: no acts of anybody's, so the log of acts knows nothing of them.

use super::statements::{Counting, Reading, adding};
use super::{Opened, Tx};
use crate::{
    error::Code,
    http::{
        answer::{Keep, Kept},
        problem::Problem,
        repeat::{KEPT_SECONDS, Key, WAIT},
    },
};
use domain::{
    id::{ContributionId, ResponseId},
    moment::Moment,
    vocabulary::Role,
};
use entity::{clearances, contributions, kept_answers};
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

impl Tx {
    /// Claims a key for this transaction, so that nothing else is done under it meanwhile.
    ///
    /// # Errors
    /// 409 where another transaction has had it for too long, and where it was used before: the answer is kept then.
    async fn claim(&self, key: &Key) -> Result<(), Problem> {
        if !self.hold_within(key.id, WAIT).await? {
            return Err(in_progress());
        }
        match kept_answers::Entity::find_by_id(key.id).one_of(self).await? {
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
        self.run(adding(self.backend(), &[row.into_active_model()]))
            .await?;
        Ok(())
    }
}

impl Tx {
    /// Whether the words of a discussion, a response or a contribution may be shown to the caller as they were `since` then:
    /// it is still in reach, and nothing of it was taken back, ended or replaced by a clearance.
    async fn still_shows(&self, id: Uuid, since: Moment) -> Result<bool, Problem> {
        let said = self.any_contribution(id.into()).await?;
        let may_code = match &said {
            Some(said) => self.may_be_coded_by_caller(said).await?,
            None => false,
        };
        let container = said.and_then(|said| {
            said.discussion_id
                .map(|id| id.0)
                .or(said.response_id.map(|id| id.0))
        });
        let container = container.unwrap_or(id);
        let discussion = Problem::absent(self.discussion(container.into()).await)?.is_some();
        let reached = may_code
            || discussion
            || Problem::absent(self.response(container.into()).await)?.is_some()
            || self.is_own_of_collector(container.into()).await?;
        if !reached {
            return Ok(false);
        }
        use contributions::Column;
        let inside = Condition::any()
            .add(Column::DiscussionId.eq(container))
            .add(Column::ResponseId.eq(container));
        let gone = Condition::any()
            .add(Column::WithdrawnAt.gt(since.0))
            .add(Column::TextEndedAt.gt(since.0));
        let gone = contributions::Entity::find().filter(inside.clone()).filter(gone);
        let within = contributions::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(inside)
            .into_query();
        let replaced = clearances::Entity::find()
            .filter(clearances::Column::Replaced.eq(true))
            .filter(clearances::Column::ClearedAt.gt(since.0))
            .filter(clearances::Column::ContributionId.in_subquery(within));
        Ok(gone.count_of(self).await? == 0 && replaced.count_of(self).await? == 0)
    }

    /// Whether all these words may be quoted, as they are.
    async fn still_quotes(&self, quoted: &[(ContributionId, String)]) -> Result<bool, Problem> {
        let ids: Vec<ContributionId> = quoted.iter().map(|(id, _)| *id).collect();
        let texts = self.quotable_texts(&ids).await?;
        Ok(quoted
            .iter()
            .all(|(id, words)| texts.iter().any(|((of, _), text)| of == id && text == words)))
    }

    /// Whether the caller reads it as a coder does.
    async fn may_be_coded_by_caller(&self, said: &contributions::Model) -> Result<bool, Problem> {
        let own = self.reach().consultations(Role::Coder);
        let waits = said.concern.as_ref().is_some_and(|concern| concern.0.is_open());
        let shown = own.contains(&said.consultation_id) && !waits;
        Ok(shown && !self.is_in_withdrawn(said).await?)
    }

    /// Who collects reads nothing, and gets back what they sent.
    async fn is_own_of_collector(&self, id: ResponseId) -> Result<bool, Problem> {
        let row = self.any_response(id).await?;
        let own = row.is_some_and(|row| Some(row.created_by) == self.who.user && row.withdrawn_at.is_none());
        Ok(own && self.reach().is(Role::Collector))
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
        let found = self.look_up(async |tx| Ok(kept_answers::Entity::find_by_id(key.id).one_of(tx).await?));
        let Some(row) = found.await? else {
            return Ok(None);
        };
        let kept = key.unseal(&row.content, &row.answer)?;
        self.read(async |tx| {
            let mut stands = tx.still_quotes(kept.quoted()).await?;
            for id in kept.shown().into_iter().flat_map(|shown| &shown.ids) {
                stands = stands && tx.still_shows(*id, row.kept_at).await?;
            }
            match stands {
                true => Ok(Some(kept)),
                false => Err(Problem::new(
                    Code::AnswerGone,
                    "What you sent first was done. What it answered held words that you may not read any more, or that were taken back \
                     or replaced since: read it where it stands.",
                )),
            }
        })
        .await
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
                tx.forget(gone).await
            })
            .await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "answers that were kept for repeats are forgotten");
        }
        Ok(())
    }
}
