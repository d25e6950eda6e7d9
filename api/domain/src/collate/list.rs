//! Which contributions pass a filter: the same path as figures take, so that a list and its count cannot differ.

use super::filter::{Filter, FilterValues, Scope, UnknownValue};
use crate::{facts::Facts, id::ContributionId};

/// Contributions that pass, in the order in which they reached us: (microseconds since 1970, id).
///
/// # Errors
/// Every value that names nothing the caller may know of, at once.
pub fn list_contributions(
    facts: &Facts,
    scope: &Scope,
    values: &FilterValues,
) -> Result<Vec<(i64, ContributionId)>, Vec<UnknownValue>> {
    let filter = Filter::new(facts, scope, values)?;
    let mut found: Vec<_> = facts
        .containers
        .iter()
        .filter(|container| scope.takes(container) && filter.takes_container(container))
        .flat_map(|container| &container.contributions)
        .filter(|said| filter.takes_contribution(said))
        .map(|said| (said.received_at, said.id))
        .collect();
    found.sort_unstable();
    Ok(found)
}
