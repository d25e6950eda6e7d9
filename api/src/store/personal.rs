//! What is personal in what was said: names of the register for the screen, clearance, withdrawal, receipts and slips.

use super::statements::{Counting, Reading};
use super::{Horizon, Tx};
use crate::{error::Code, http::problem::Problem};
use domain::{
    id::{ConsultationId, ContributionId, MeetingId, ResponseId, UserId},
    vocabulary::{AuditOutcome, QuoteConsent, VersionCause, VersionedKind, WithdrawalScope},
};
use entity::{
    clearances, contributions, json::Flags, receipt_failures, responses, services, slips, withdrawals,
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, Statement, sea_query::Expr,
};
use uuid::Uuid;

/// Receipts that may be none, an address and a minute.
const RECEIPT_FAILURES: u64 = 30;

/// Whether these words may be quoted, as they stand: consent, screened and nothing flagged that nobody cleared, no concern
/// for somebody's safety, not taken back. The one rule of exact answers and of releases.
pub(crate) fn may_be_quoted(row: &Quotability) -> bool {
    row.quote_consent == QuoteConsent::Quotable
        && row
            .flags
            .as_ref()
            .is_some_and(|seen| seen.0.is_empty() || row.cleared_at.is_some())
        && row.concern.is_none()
        && row.withdrawn_at.is_none()
}

/// What [`may_be_quoted`] looks at.
#[derive(Clone, Debug, sea_orm::FromQueryResult)]
pub(crate) struct Quotability {
    pub quote_consent: QuoteConsent,
    /// None where the text has not been screened yet.
    pub flags: Option<Flags>,
    pub cleared_at: Option<domain::moment::Moment>,
    pub concern: Option<entity::json::RaisedConcern>,
    pub withdrawn_at: Option<domain::moment::Moment>,
}

entity::from_values!(Quotability {
    quote_consent,
    flags,
    cleared_at,
    concern,
    withdrawn_at
});

impl Quotability {
    /// Whether the screen saw personal data that nobody has cleared.
    pub(crate) fn is_flagged(&self) -> bool {
        self.flags.as_ref().is_some_and(|seen| !seen.0.is_empty()) && self.cleared_at.is_none()
    }
}

/// The columns of [`Quotability`].
pub(crate) const QUOTABILITY: [contributions::Column; 5] = [
    contributions::Column::QuoteConsent,
    contributions::Column::Flags,
    contributions::Column::ClearedAt,
    contributions::Column::Concern,
    contributions::Column::WithdrawnAt,
];

/// A contribution whose id somebody wants to use again.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Whether the caller may know of it.
    pub known: bool,
}

impl Tx {
    /// Whether any service was changed at or after `since`.
    pub async fn services_changed(&self, since: Horizon) -> Result<bool, Problem> {
        let sql =
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM services WHERE changed >= $1) THEN 1 ELSE 0 END AS moved";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [since.0.into()]);
        let moved: Option<i32> = self.raw(statement).await?;
        Ok(moved.ok_or_else(|| Problem::internal("no answer to a look"))? == 1)
    }

    /// Names of the network's services and of those who provide them.
    pub async fn service_names(&self) -> Result<Vec<String>, Problem> {
        let rows: Vec<(String, String)> = services::Entity::find()
            .select_only()
            .columns([services::Column::Name, services::Column::Provider])
            .into_tuple()
            .all_of(self)
            .await?;
        let mut names: Vec<String> = rows
            .into_iter()
            .flat_map(|(name, provider)| [name, provider])
            .collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Which of `ids` are taken, and what may be said of each.
    pub async fn taken_contributions(&self, ids: Vec<ContributionId>) -> Result<Vec<Taken>, Problem> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // Mostly none is: then nothing else is read.
        let taken = contributions::Entity::find()
            .select_only()
            .column(contributions::Column::Id)
            .filter(contributions::Column::Id.is_in(ids));
        let taken: Vec<ContributionId> = taken.into_tuple().all_of(self).await?;
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.contributions(&taken).await?;
        let known = |row: &contributions::Model| {
            self.reach().is_lead()
                || Some(row.created_by) == self.who.user
                || row
                    .counted_group_id
                    .is_some_and(|group| self.reach().has_group(group))
        };
        let whole = self.in_withdrawn(&rows).await?;
        let taken = |row: contributions::Model| Taken {
            withdrawn: row.withdrawn_at.is_some() || whole.contains(&row.id),
            known: known(&row),
        };
        Ok(rows.into_iter().map(taken).collect())
    }

    /// Writes down who cleared a contribution.
    pub async fn add_clearance(
        &self,
        id: ContributionId,
        version: i32,
        replaced: bool,
    ) -> Result<(), Problem> {
        self.insert(clearances::Model {
            id: crate::clock::new_id(),
            contribution_id: id,
            version,
            replaced,
            cleared_by: self.user()?,
            cleared_at: self.now,
            originals_ended_at: None,
        })
        .await
    }

    /// Writes down what was taken back, and who asked; nobody is named where a receipt or slip was shown.
    pub async fn add_withdrawal(
        &self,
        contribution: Option<ContributionId>,
        response: Option<ResponseId>,
        scope: WithdrawalScope,
        asked_by: Option<domain::vocabulary::AskedBy>,
    ) -> Result<(), Problem> {
        let recorded_by: Option<UserId> = match asked_by {
            Some(_) => Some(self.user()?),
            None => None,
        };
        self.insert(withdrawals::Model {
            id: crate::clock::new_id(),
            contribution_id: contribution,
            response_id: response,
            scope,
            asked_by,
            recorded_by,
            withdrawn_at: self.now,
        })
        .await
    }

    /// Whether a receipt or slip was shown before to take back as much of this contribution or response.
    pub async fn was_taken_back(
        &self,
        contribution: Option<ContributionId>,
        response: Option<ResponseId>,
        scope: WithdrawalScope,
    ) -> Result<bool, Problem> {
        use withdrawals::Column;
        let of = match (contribution, response) {
            (Some(id), _) => Column::ContributionId.eq(id),
            (None, Some(id)) => Column::ResponseId.eq(id),
            (None, None) => return Ok(false),
        };
        let query = withdrawals::Entity::find()
            .filter(of)
            .filter(Column::RecordedBy.is_null())
            .filter(Column::Scope.is_in([scope, WithdrawalScope::All]));
        Ok(query.count_of(self).await? > 0)
    }

    /// Marks a response as taken back whole: neither it nor its choices count any more. Says to which version that moves it.
    pub async fn withdraw_response(&self, id: ResponseId) -> Result<i32, Problem> {
        use responses::Column;
        let withdrawn = responses::Entity::update_many()
            .col_expr(Column::WithdrawnAt, Expr::value(self.now.0))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::Changed, Expr::value(self.stamp))
            .filter(Column::Id.eq(id));
        let rows = self.update(withdrawn).await?;
        let version = rows
            .first()
            .map(|row| row.version)
            .ok_or_else(Problem::not_found)?;
        let of = (VersionedKind::Response, id.0, version);
        self.add_step(of, VersionCause::Withdrawn, None).await?;
        Ok(version)
    }

    /// The response whose receipt has this digest.
    pub async fn response_by_receipt(&self, digest: &str) -> Result<Option<responses::Model>, Problem> {
        Ok(responses::Entity::find()
            .filter(responses::Column::ReceiptDigest.eq(digest))
            .one_of(self)
            .await?)
    }

    /// Responses that were posted before receipts had digests, have none yet and come after `after`, in the order of their
    /// ids, `most` of them at the most.
    pub async fn without_receipt_digest(
        &self,
        after: Option<ResponseId>,
        most: u64,
    ) -> Result<Vec<ResponseId>, Problem> {
        use responses::Column;
        let mut query = responses::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ReceiptDigest.is_null());
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        let query = query.order_by_asc(Column::Id).limit(most);
        Ok(query.into_tuple().all_of(self).await?)
    }

    /// Gives a response the digest of its receipt, unless it has one.
    pub async fn add_receipt_digest(&self, id: ResponseId, digest: String) -> Result<(), Problem> {
        use responses::Column;
        // Nothing that anybody is shown changes, so neither version nor stamp moves.
        let known = responses::Entity::update_many()
            .col_expr(Column::ReceiptDigest, Expr::value(digest))
            .filter(Column::Id.eq(id))
            .filter(Column::ReceiptDigest.is_null());
        self.update(known).await.map(drop)
    }

    /// Contributions that nobody has screened yet and that come after `after`, in the order of their ids, `most` of them at
    /// the most.
    pub async fn unscreened(
        &self,
        after: Option<ContributionId>,
        most: u64,
    ) -> Result<Vec<contributions::Model>, Problem> {
        use contributions::Column;
        let mut query = contributions::Entity::find().filter(Column::Flags.is_null());
        if let Some(after) = after {
            query = query.filter(Column::Id.gt(after));
        }
        Ok(query.order_by_asc(Column::Id).limit(most).all_of(self).await?)
    }

    /// Writes down what the screen saw in a text that was not screened when it came in. The words are the same, so their
    /// version stays, and a release that quotes them goes on doing so where nothing was seen.
    pub async fn add_flags(&self, id: ContributionId, flags: Flags) -> Result<(), Problem> {
        use contributions::Column;
        let screened = contributions::Entity::update_many()
            .col_expr(Column::Flags, Expr::value(flags))
            .col_expr(Column::Changed, Expr::value(self.stamp))
            .filter(Column::Id.eq(id))
            .filter(Column::Flags.is_null());
        self.update(screened).await.map(drop)
    }

    /// Lets guesses of one address come one after the other: were the limit looked at before they are compared, all that
    /// are sent at once would pass it together.
    pub async fn hold_receipts(&self, address: &str) -> Result<(), Problem> {
        self.hold(super::people::named("receipts", address)).await
    }

    /// Refuses an address that showed too many receipts that were none in the last minute.
    pub async fn check_receipts(&self, address: &str) -> Result<(), Problem> {
        use receipt_failures::Column;
        let failures = receipt_failures::Entity::find()
            .filter(Column::Address.eq(address))
            .filter(Column::FailedAt.gt(self.now.plus_seconds(-60).0))
            .count_of(self)
            .await?;
        if failures >= RECEIPT_FAILURES {
            let refusal = Problem::new(Code::TooManyFailures, "Wait a minute, then try again.");
            return Err(Problem {
                retry_after: Some(60),
                ..refusal
            });
        }
        Ok(())
    }

    /// Writes down that a receipt was none, as an act of this name, and forgets those of more than an hour ago.
    pub async fn add_receipt_failure(&self, address: String, act: &'static str) -> Result<(), Problem> {
        self.note_as(act, AuditOutcome::Refused);
        self.insert(receipt_failures::Model {
            id: crate::clock::new_id(),
            address,
            failed_at: self.now,
        })
        .await?;
        let old = receipt_failures::Entity::delete_many()
            .filter(receipt_failures::Column::FailedAt.lt(self.now.plus_seconds(-3600).0));
        self.delete(old).await.map(drop)
    }

    /// Stores slips of a meeting, by the digests of their codes.
    pub async fn add_slips(&self, meeting: MeetingId, digests: Vec<String>) -> Result<(), Problem> {
        let made_by = self.user()?;
        let rows = digests.into_iter().map(|code_digest| slips::Model {
            id: crate::clock::new_id(),
            meeting_id: meeting,
            code_digest,
            contribution_id: None,
            made_by,
            made_at: self.now,
        });
        self.insert_all(rows.collect()).await
    }

    /// The slip whose code has this digest.
    pub async fn slip(&self, digest: &str) -> Result<Option<slips::Model>, Problem> {
        Ok(slips::Entity::find()
            .filter(slips::Column::CodeDigest.eq(digest))
            .one_of(self)
            .await?)
    }

    /// Whether a contribution has a slip already.
    pub async fn has_slip(&self, id: ContributionId) -> Result<bool, Problem> {
        let query = slips::Entity::find().filter(slips::Column::ContributionId.eq(id));
        Ok(query.count_of(self).await? > 0)
    }

    /// Ties a slip to a contribution, once; says whether it was free.
    pub async fn tie_slip(&self, slip: Uuid, id: ContributionId) -> Result<bool, Problem> {
        let tied = slips::Entity::update_many()
            .col_expr(slips::Column::ContributionId, Expr::value(id))
            .filter(slips::Column::Id.eq(slip))
            .filter(slips::Column::ContributionId.is_null());
        Ok(!self.update(tied).await?.is_empty())
    }

    /// Contributions of a consultation that carry a concern, oldest first, and whether each waits to be passed on. What was
    /// taken back is among them: whoever may be at risk still is.
    pub async fn concerns(&self, id: ConsultationId) -> Result<Vec<(ContributionId, bool)>, Problem> {
        let raised: Vec<(ContributionId, Option<entity::json::RaisedConcern>)> =
            contributions::Entity::find()
                .select_only()
                .columns([contributions::Column::Id, contributions::Column::Concern])
                .filter(contributions::Column::ConsultationId.eq(id))
                .filter(contributions::Column::Concern.is_not_null())
                .order_by_asc(contributions::Column::ReceivedAt)
                .order_by_asc(contributions::Column::Id)
                .into_tuple()
                .all_of(self)
                .await?;
        let open = |(id, concern): (_, Option<entity::json::RaisedConcern>)| Some((id, concern?.0.is_open()));
        Ok(raised.into_iter().filter_map(open).collect())
    }
}
