//! Feedback comes in: discussions of tables, responses, and the contributions in both.

pub mod clearance;
pub mod concerns;
pub mod contributions;
pub mod discussions;
pub mod imports;
pub mod responses;
pub mod retention;
pub mod screening;
pub mod slips;
pub mod withdrawals;

use crate::{http::problem::Problem, store::Tx};
use entity::contributions as contribution_rows;

/// Moves the version of the discussion or response that a changed contribution belongs to: its answer shows the
/// contribution, so its `ETag` must not stay.
pub(crate) async fn touch_container(tx: &Tx, row: &contribution_rows::Model) -> Result<(), Problem> {
    if let Some(id) = row.discussion_id {
        tx.touch_discussion(id).await?;
    }
    if let Some(id) = row.response_id {
        tx.touch_response(id).await?;
    }
    Ok(())
}
