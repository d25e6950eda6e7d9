//! Feedback comes in: discussions of tables, responses, and the contributions in both; and what becomes of it.

pub mod clearance;
pub mod concerns;
pub mod contributions;
pub mod discussions;
pub mod imports;
pub mod responses;
pub mod retention;
pub mod review_reasons;
pub mod reviews;
pub mod screening;
pub mod slips;
pub mod versions;
pub mod withdrawals;

use crate::{
    http::problem::Problem,
    store::{Tx, reviewing::Reviewed},
};
use entity::contributions as contribution_rows;

/// Moves the version of the discussion or response that a changed contribution belongs to: its answer shows the
/// contribution, so its `ETag` must not stay. Gives that version.
pub(crate) async fn touch_container(tx: &Tx, row: &contribution_rows::Model) -> Result<i32, Problem> {
    match container_of(row) {
        Some(Reviewed::Discussion(id)) => tx.touch_discussion(id).await,
        Some(Reviewed::Response(id)) => tx.touch_response(id).await,
        None => Err(Problem::internal("a contribution that is in nothing")),
    }
}

/// The discussion or response that a contribution is in.
pub(crate) fn container_of(row: &contribution_rows::Model) -> Option<Reviewed> {
    let discussion = row.discussion_id.map(Reviewed::Discussion);
    discussion.or(row.response_id.map(Reviewed::Response))
}
