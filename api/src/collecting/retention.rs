//! Retention: what is kept of somebody's words beyond their use ends, each class of it by a clock of its own.
//!
//! What stood before a clearance replaced parts of it is kept so that a lead or the auditor can see whether the replacement
//! was right; what was taken back, so that a receipt shown in error can be answered for. Both are for a while only. What ends
//! is the text, in every version that holds it; that there was a version, who replaced it and when stays, and so does
//! every other fact. It is an act of the machine in the log.
//!
//! Refused: deleting the rows, after which nobody could say that there had been anything; and one clock for both, because
//! what somebody took back has no further use.

use crate::{
    collecting::withdrawals,
    http::problem::Problem,
    store::{
        Store,
        audit::{Act, acts},
        retention::RunOut,
    },
};
use domain::moment::Moment;

const SECONDS_A_DAY: i64 = 24 * 60 * 60;

/// For how many days texts are kept that are out of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// What stood before a clearance replaced parts of it, from the clearance on.
    pub originals: u32,
    /// What was taken back, from then on.
    pub withdrawn: u32,
}

impl Default for Keeping {
    fn default() -> Self {
        Self {
            // Somebody may ask whether a clearance was right until the response is out: a round goes on for up to two months,
            // the response is due within twelve weeks of closing, and the sixth month is for asking back.
            originals: 180,
            // A month, as for any other request that what is held of somebody be erased.
            withdrawn: 30,
        }
    }
}

impl Keeping {
    fn run_out(self, now: Moment) -> RunOut {
        let before = |days: u32| now.plus_seconds(-SECONDS_A_DAY * i64::from(days));
        RunOut {
            originals: before(self.originals),
            withdrawn: before(self.withdrawn),
        }
    }
}

/// Ends every text that has run out by `now`, one contribution a transaction, so that each event says whose it was. Any
/// number of replicas may do so at once. Says of how many contributions.
///
/// # Errors
/// Where the database does not answer; what was ended before stays ended.
pub async fn sweep(store: &Store, keeping: Keeping, now: Moment) -> Result<u64, Problem> {
    let open = store
        .open_for_nobody()
        .doing(Act::of_this_machine(acts::END_TEXTS));
    let by = keeping.run_out(now);
    let mut ended = 0;
    loop {
        let found = open.read(async |tx| tx.with_texts_run_out(by).await).await?;
        if found.is_empty() {
            break;
        }
        for id in found {
            let any = open
                .write(async move |tx| {
                    let row = withdrawals::held(tx, id).await?;
                    tx.end_texts(row, by).await
                })
                .await?;
            ended += u64::from(any);
        }
    }
    if ended > 0 {
        tracing::info!(contributions = ended, "texts that had run out were ended");
    }
    Ok(ended)
}
