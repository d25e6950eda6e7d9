//! Shares of what respondent groups said, and people of each on each statement, counted the slow way.

use super::naive::{Naive, coded};
use domain::{facts::ContributionRow, id::ThemeId, vocabulary::RespondentGroup};
use std::collections::BTreeSet;

impl Naive<'_> {
    /// Of all that `who` said and somebody coded: how much is under `theme`, how much there is, and in how many tables and
    /// responses.
    pub fn share(&self, who: RespondentGroup, theme: ThemeId) -> (u64, u64, u64) {
        let points = self.points();
        let own: Vec<_> = points
            .iter()
            .filter(|(_, said)| said.respondent_group == who && coded(said))
            .collect();
        let under = |said: &ContributionRow| self.lines(said).contains(&theme);
        let containers: BTreeSet<_> = own.iter().map(|(container, _)| container.id).collect();
        let themed = own.iter().filter(|(_, said)| under(said)).count();
        (themed as u64, own.len() as u64, containers.len() as u64)
    }

    /// People who agree, disagree and are unsure on a statement, of tables and responses of `who` alone.
    pub fn people_of(&self, number: i32, who: RespondentGroup) -> [u64; 3] {
        ["agree", "disagree", "unsure"].map(|option| {
            let answers = self.answers();
            let own = answers.iter().filter(|(one, of, chosen, _)| {
                *of == number && *chosen == option && one.respondent_group == who
            });
            own.map(|(.., people)| people).sum()
        })
    }
}
