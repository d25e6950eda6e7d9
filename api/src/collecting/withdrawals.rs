//! Taking back what was said: its use as a quote, or all of it, in every status of the consultation.
//!
//! What was taken back counts nowhere at once; a release keeps its figures until the next, and loses its quotes at once.
//! Codings stay, for they are other people's work and no longer count by themselves. Written down is who asked, never why:
//! nobody owes a reason. No row is deleted, and the revision never falls; the words end later (`retention.rs`).

use crate::{
    auth::{
        permission::WithdrawContribution,
        receipts::{Receipts, Shown},
    },
    collecting::{contributions::reachable_row, touch_container},
    error::Code,
    http::{
        access::{Access, Public},
        answer::{Plain, Reply},
        ask::{At, Valid},
        problem::Problem,
    },
    store::{Opened, Tx, audit::acts},
};
use domain::{
    id::{ContributionId, ResponseId},
    moment::Moment,
    vocabulary::{AskedBy, QuoteConsent, ReceiptScope, VersionCause, VersionedKind, WithdrawalScope},
};
use entity::contributions;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Responses without a digest that a receipt is compared with before others have their turn: a few milliseconds.
const COMPARED_AT_ONCE: u64 = 2000;
/// Held by whoever compares a receipt with more of them: one at a time, so that guesses cannot keep every core busy.
static LONG_LOOK: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
/// Responses that one write of the sweep gives digests at the most.
const SWEPT_AT_ONCE: u64 = 200;

/// What a receipt or slip takes back.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReceiptInput {
    /// As it was handed out, however it is spaced and cased: the receipt of a response, or a slip from a table.
    #[validate(length(min = 1, max = 100, message = "Copy the receipt as it was handed out."))]
    #[schema(min_length = 1, max_length = 100)]
    pub receipt: String,
    pub scope: ReceiptScope,
}

/// What was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenBackView {
    pub scope: ReceiptScope,
    pub withdrawn_at: Moment,
}

/// What is taken back for somebody who asked.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalInput {
    pub scope: WithdrawalScope,
    /// Who asked; why is nobody's business.
    pub asked_by: AskedBy,
}

/// What was taken back for somebody who asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalView {
    pub contribution_id: ContributionId,
    pub scope: WithdrawalScope,
    pub asked_by: AskedBy,
    pub withdrawn_at: Moment,
}

/// `POST /v1/withdrawals`: by whoever holds a receipt or a slip. One that is unknown and one that was used are answered
/// alike.
pub async fn by_receipt(public: Public<Valid<ReceiptInput>>) -> Reply<Plain<TakenBackView>> {
    let address = public.address();
    let (asked, public) = public.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let open = public.open_to(acts::TAKE_BACK);
    let receipts = public.state().sessions.receipts();
    let (shown, scope) = (Shown::read(&input.receipt), input.scope);
    let older = before_the_writer(&open, &address, &receipts, shown.as_ref()).await?;
    let taken_back = open
        .post(async move |tx| {
            tx.hold_receipts(&address).await?;
            tx.check_receipts(&address).await?;
            let done = match &shown {
                Some(shown) => by_code(tx, &receipts, shown, older, scope).await?,
                None => false,
            };
            // A failure must be committed, so it is an outcome and no error.
            if !done {
                tx.add_receipt_failure(address, acts::TAKE_BACK_FAILED).await?;
            }
            Ok(done.then_some(Plain(TakenBackView {
                scope,
                withdrawn_at: tx.now,
            })))
        })
        .await?;
    taken_back.ok_or_else(|| Problem {
        detail: "There is no such receipt, or what it stands for was taken back before. Compare it with the paper, letter by \
                 letter."
            .into(),
        ..Problem::not_found()
    })
}

/// What can be asked of a code before its act joins the queue: whether this address may guess at all, so that guesses beyond the limit
/// need not wait for the writer to be refused, and which response it stands for where that has no digest yet.
pub(crate) async fn before_the_writer(
    open: &Opened,
    address: &str,
    receipts: &Receipts,
    shown: Option<&Shown>,
) -> Result<Option<ResponseId>, Problem> {
    open.read(async |tx| {
        tx.check_receipts(address).await?;
        match shown {
            Some(Shown::Receipt(receipt)) => without_digest(tx, receipts, receipt).await,
            _ => Ok(None),
        }
    })
    .await
}

/// The response that a receipt stands for, where it was posted before receipts had digests, or through a replica that gave
/// none, and no [`sweep`] has come to it yet. To be asked before the digests are: what is given one meanwhile is found there.
async fn without_digest(tx: &Tx, receipts: &Receipts, receipt: &str) -> Result<Option<ResponseId>, Problem> {
    if tx.response_by_receipt(&receipts.digest(receipt)).await?.is_some() {
        return Ok(None);
    }
    let (mut after, mut turn) = (None, None);
    loop {
        let waiting = tx.without_receipt_digest(after, COMPARED_AT_ONCE).await?;
        let found = waiting.iter().find(|id| receipts.is_of(receipt, id.0));
        if found.is_some() || (waiting.len() as u64) < COMPARED_AT_ONCE {
            return Ok(found.copied());
        }
        after = waiting.last().copied();
        if turn.is_none() {
            turn = Some(LONG_LOOK.lock().await);
        }
    }
}

/// Gives responses that were posted before receipts had digests theirs. Of replicas that sweep at once, one writes each row
/// and the others leave it at that.
///
/// # Errors
/// Where the database does not answer; what has its digest keeps it.
pub async fn sweep(store: &Opened, receipts: &Receipts) -> Result<(), Problem> {
    let mut given = 0;
    loop {
        let waiting = store
            .read(async |tx| tx.without_receipt_digest(None, SWEPT_AT_ONCE).await)
            .await?;
        if waiting.is_empty() {
            break;
        }
        given += waiting.len();
        let receipts = receipts.clone();
        store
            .write(async move |tx| {
                // In the order of their ids, which is the same for whoever sweeps: who holds several must not wait for who
                // holds the others.
                for id in &waiting {
                    tx.hold(id.0).await?;
                }
                for id in waiting {
                    tx.add_receipt_digest(id, receipts.digest_of(id.0)).await?;
                }
                Ok(())
            })
            .await?;
    }
    if given > 0 {
        tracing::info!(
            responses = given,
            "receipts of before there were digests have theirs"
        );
    }
    Ok(())
}

/// Whether there was anything left to take back.
async fn by_code(
    tx: &Tx,
    receipts: &Receipts,
    shown: &Shown,
    older: Option<ResponseId>,
    scope: ReceiptScope,
) -> Result<bool, Problem> {
    let scope = match scope {
        ReceiptScope::Quotes => WithdrawalScope::Quote,
        ReceiptScope::All => WithdrawalScope::All,
    };
    match stands_for(tx, receipts, shown, older).await? {
        Some(Told::Response(id)) => response_taken_back(tx, id, scope).await,
        Some(Told::Contribution(id)) => slip_taken_back(tx, id, scope).await,
        None => Ok(false),
    }
}

/// What a code stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// All that one response said.
    Response(ResponseId),
    /// One point from a table.
    Contribution(ContributionId),
}

/// What a code stands for, whatever became of it; `older` is what [`without_digest`] found.
pub(crate) async fn stands_for(
    tx: &Tx,
    receipts: &Receipts,
    shown: &Shown,
    older: Option<ResponseId>,
) -> Result<Option<Told>, Problem> {
    match shown {
        Shown::Receipt(receipt) => {
            let found = tx.response_by_receipt(&receipts.digest(receipt)).await?;
            let found = found.map(|row| row.id).or(older);
            Ok(found
                .filter(|id| receipts.is_of(receipt, id.0))
                .map(Told::Response))
        }
        Shown::Slip(slip) => {
            let found = tx.slip(&receipts.digest(slip)).await?;
            Ok(found
                .and_then(|slip| slip.contribution_id)
                .map(Told::Contribution))
        }
    }
}

/// Everything that one response said; whether there was anything left to take back.
async fn response_taken_back(tx: &Tx, id: ResponseId, scope: WithdrawalScope) -> Result<bool, Problem> {
    tx.hold(id.0).await?;
    let row = tx.any_response(id).await?.ok_or_else(Problem::not_found)?;
    if row.withdrawn_at.is_some() || tx.was_taken_back(None, Some(id), scope).await? {
        return Ok(false);
    }
    let within = match scope {
        WithdrawalScope::All => tx.withdraw_response(id).await?,
        WithdrawalScope::Quote => {
            let version = tx.touch_response(id).await?;
            let of = (VersionedKind::Response, id.0, version);
            tx.add_step(of, VersionCause::QuoteWithdrawn, None).await?;
            version
        }
    };
    for said in tx.contributions_of_response(id).await? {
        take_back(tx, said, scope, within).await?;
    }
    tx.add_withdrawal(None, Some(id), scope, None).await?;
    Ok(true)
}

/// The one contribution that a slip stands for; whether there was anything left to take back.
async fn slip_taken_back(tx: &Tx, id: ContributionId, scope: WithdrawalScope) -> Result<bool, Problem> {
    let row = held(tx, id).await?;
    if row.withdrawn_at.is_some() || tx.was_taken_back(Some(id), None, scope).await? {
        return Ok(false);
    }
    contribution_taken_back(tx, row, scope).await?;
    tx.add_withdrawal(Some(id), None, scope, None).await?;
    Ok(true)
}

/// A contribution, while nobody else changes its table or response.
pub(super) async fn held(tx: &Tx, id: ContributionId) -> Result<contributions::Model, Problem> {
    let row = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
    let container = row
        .discussion_id
        .map(|id| id.0)
        .or(row.response_id.map(|id| id.0));
    if let Some(container) = container {
        tx.hold(container).await?;
    }
    tx.any_contribution(id).await?.ok_or_else(Problem::not_found)
}

/// Takes one contribution back. A response that has nothing left in words is taken back whole, its choices too: whoever
/// takes back every word does not want to be counted by what was ticked beside them.
async fn contribution_taken_back(
    tx: &Tx,
    row: contributions::Model,
    scope: WithdrawalScope,
) -> Result<(), Problem> {
    let mut last = None;
    if let (Some(response), WithdrawalScope::All) = (row.response_id, scope) {
        let standing = tx.contributions_of_response(response).await?;
        last = standing.iter().all(|said| said.id == row.id).then_some(response);
    }
    // The container first, as wherever both are written.
    let within = match last {
        Some(response) => tx.withdraw_response(response).await?,
        None => touch_container(tx, &row).await?,
    };
    take_back(tx, row, scope, within).await
}

/// Takes one contribution back, with version `within` of what it is in.
async fn take_back(
    tx: &Tx,
    mut row: contributions::Model,
    scope: WithdrawalScope,
    within: i32,
) -> Result<(), Problem> {
    row.quote_consent = QuoteConsent::NotQuotable;
    row.quote_withdrawn_at = row.quote_withdrawn_at.or(Some(tx.now));
    let cause = match scope {
        WithdrawalScope::All => VersionCause::Withdrawn,
        WithdrawalScope::Quote => VersionCause::QuoteWithdrawn,
    };
    if scope == WithdrawalScope::All {
        row.withdrawn_at = Some(tx.now);
    }
    row.version += 1;
    row.changed = tx.stamp;
    let id = row.id;
    tx.change_contribution(row, cause, Some(within)).await?;
    // What was published keeps the hash of its words, which shall tell nobody any more. Whoever publishes them now holds the contribution,
    // so that the salt is written before it could be changed, and is seen here.
    tx.unsalt_quotes(id).await
}

/// `POST /v1/contributions/{id}/withdrawal`: for somebody who asked whoever recorded it.
pub async fn for_somebody(
    access: Access<WithdrawContribution, (At<ContributionId>, Valid<WithdrawalInput>)>,
) -> Reply<Plain<WithdrawalView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let WithdrawalInput { scope, asked_by } = input;
    let store = access.store();
    let job = store.post(async move |tx| {
        reachable_row(tx, id).await?;
        let row = held(tx, id).await?;
        if row.withdrawn_at.is_some() {
            return Err(Problem::new(
                Code::IdWithdrawn,
                "It is already taken back, and counts nowhere. There is nothing left to do.",
            ));
        }
        contribution_taken_back(tx, row, scope).await?;
        tx.add_withdrawal(Some(id), None, scope, Some(asked_by)).await?;
        Ok(Plain(WithdrawalView {
            contribution_id: id,
            scope,
            asked_by,
            withdrawn_at: tx.now,
        }))
    });
    job.await
}
