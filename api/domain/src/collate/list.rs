//! Which contributions pass a filter: the same path as figures take, so that a list and its count cannot differ.

use super::filter::{Filter, FilterValues, Scope, UnknownValue};
use crate::{
    facts::Facts,
    id::{ContributionId, ThemeId},
    vocabulary::ReviewState,
};
use uuid::Uuid;

/// For whom contributions are listed, beside the scope: what coders are not shown, and what only leads are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// All that counts.
    Collector,
    /// All that counts, without what carries a concern that somebody may be at risk and nobody has passed on.
    Coder,
    /// All that counts, or, asked for by `review=withdrawn`, what was taken back.
    Lead,
}

/// Contributions that pass, in the order in which they reached us: (microseconds since 1970, id).
///
/// # Errors
/// Every value that names nothing the caller may know of, at once.
pub fn list_contributions(
    facts: &Facts,
    scope: &Scope,
    values: &FilterValues,
    reader: Reader,
) -> Result<Vec<(i64, ContributionId)>, Vec<UnknownValue>> {
    let filter = Filter::new(facts, scope, values)?;
    let in_sight = || facts.containers.iter().filter(|container| scope.takes(container));
    let mut found: Vec<_> = in_sight()
        .filter(|container| filter.takes_container(container))
        .flat_map(|container| &container.contributions)
        .filter(|said| filter.takes_contribution(said))
        .filter(|said| reader != Reader::Coder || !said.concern)
        .map(|said| (said.received_at, said.id))
        .collect();
    let asked_for = values
        .review
        .iter()
        .flatten()
        .any(|word| word == ReviewState::Withdrawn.as_str());
    if reader == Reader::Lead && asked_for {
        let taken_back = in_sight()
            .filter(|container| filter.takes_place(container))
            .flat_map(|container| {
                // Of what was withdrawn whole, that which was not taken back point by point, too.
                let whole = (!container.counts()).then_some(&container.contributions);
                whole.into_iter().flatten().chain(&container.withdrawn)
            });
        found.extend(
            taken_back
                .filter(|said| filter.takes_contribution(said))
                .map(|said| (said.received_at, said.id)),
        );
    }
    found.sort_unstable();
    Ok(found)
}

/// Themes under which single contributions count today, in the order of the codeframe: those of `only`, or of all that the discussion
/// or response `container` says. What is withdrawn, not coded or set aside has none.
pub fn themes_said(facts: &Facts, container: Uuid, only: Option<ContributionId>) -> Vec<ThemeId> {
    let filter = Filter::whole(facts);
    let within = facts.containers.iter();
    let said = within
        .filter(|one| one.id == container && one.counts())
        .flat_map(|one| &one.contributions)
        .filter(|said| only.is_none_or(|id| said.id == id));
    let mut under: Vec<u32> = said
        .flat_map(|said| &said.themes)
        .filter_map(|theme| filter.lines.get(*theme as usize)?.first().copied())
        .collect();
    under.sort_unstable();
    under.dedup();
    let themes = facts.register().themes.iter();
    themes
        .filter(|theme| facts.themes.get(&theme.id).is_some_and(|at| under.contains(&at)))
        .map(|theme| theme.id)
        .collect()
}
