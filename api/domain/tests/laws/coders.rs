//! Agreement counted the slow way: every ordered pair of codings of every unit, straight from the definitions.

use super::naive::Naive;
use domain::{
    facts::{CodingRow, ContributionRow},
    id::{ThemeId, UserId},
};
use std::collections::{BTreeMap, BTreeSet};

/// What each coder of a unit said of one theme.
type Unit = BTreeMap<UserId, bool>;

/// What each coder who worked alone said last before anybody decided, unless they took it back later; of others what they said
/// since.
pub fn alone(said: &ContributionRow) -> BTreeMap<UserId, &CodingRow> {
    let decisions = said.codings.iter().filter(|coding| coding.adjudicates);
    let first = decisions.map(|decision| decision.coded_at).min();
    let standing = super::naive::standing(said).into_iter();
    let independent: Vec<_> = standing.filter(|coding| coding.independent).collect();
    let (before, since): (Vec<&CodingRow>, Vec<&CodingRow>) = independent
        .into_iter()
        .partition(|coding| first.is_none_or(|first| coding.coded_at < first));
    // In the order in which they came, so that the last stays; before a decision goes before after it.
    let mut found: BTreeMap<_, _> = since.into_iter().map(|coding| (coding.coder, coding)).collect();
    found.extend(before.into_iter().map(|coding| (coding.coder, coding)));
    found
}

/// What each said last since the last decision.
pub fn alone_since<'a>(said: &'a ContributionRow, decision: &CodingRow) -> Vec<&'a CodingRow> {
    let standing = super::naive::standing(said).into_iter();
    let since = standing.filter(|coding| coding.independent && coding.coded_at > decision.coded_at);
    let last: BTreeMap<_, _> = since.map(|coding| (coding.coder, coding)).collect();
    last.into_values().collect()
}

/// The figures of one theme: alpha, kappa, percent, both positive, prevalence; none where they are undefined.
pub type Figures = [Option<f64>; 5];

impl Naive<'_> {
    fn double_coded(&self) -> Vec<BTreeMap<UserId, BTreeSet<ThemeId>>> {
        let points = self.points();
        let units = points.iter().map(|(_, said)| alone(said));
        let units = units.filter(|coders| coders.len() > 1);
        units
            .map(|coders| {
                let meant = |coding: &CodingRow| {
                    let own = coding.themes.iter().filter_map(|id| self.standing(*id));
                    let own = own.map(|theme| theme.id);
                    own.flat_map(|id| [Some(id), self.parent(id)]).flatten().collect()
                };
                coders
                    .into_iter()
                    .map(|(coder, coding)| (coder, meant(coding)))
                    .collect()
            })
            .collect()
    }

    /// Units, coders with how many units each, and the figures of a theme.
    pub fn agreement(&self, theme: ThemeId) -> (usize, BTreeMap<UserId, u64>, Figures) {
        let units: Vec<Unit> = self
            .double_coded()
            .into_iter()
            .map(|unit| {
                unit.into_iter()
                    .map(|(coder, themes)| (coder, themes.contains(&theme)))
                    .collect()
            })
            .collect();
        let mut coders: BTreeMap<UserId, u64> = BTreeMap::new();
        for coder in units.iter().flat_map(Unit::keys) {
            *coders.entry(*coder).or_default() += 1;
        }
        let (same, all, both, either) = pairs(&units);
        let share = |part: f64, all: f64| (all > 0.0).then(|| part / all);
        let marks: Vec<bool> = units.iter().flat_map(|unit| unit.values().copied()).collect();
        let marked = marks.iter().filter(|mark| **mark).count() as f64;
        let figures = [
            alpha(&units),
            kappa(&units, &coders.keys().copied().collect::<Vec<_>>()),
            share(same, all),
            share(2.0 * both, either),
            share(marked, marks.len() as f64),
        ];
        (units.len(), coders, figures)
    }
}

/// Pairs of codings that say the same, all pairs, pairs where both have it, and in how many places of pairs it stands.
fn pairs(units: &[Unit]) -> (f64, f64, f64, f64) {
    let (mut same, mut all, mut both, mut places) = (0.0, 0.0, 0.0, 0.0);
    for unit in units {
        let values: Vec<bool> = unit.values().copied().collect();
        for (at, one) in values.iter().enumerate() {
            for other in &values[at + 1..] {
                all += 1.0;
                same += f64::from(u8::from(one == other));
                both += f64::from(u8::from(*one && *other));
                places += f64::from(u8::from(*one) + u8::from(*other));
            }
        }
    }
    (same, all, both, places)
}

/// By Krippendorff's coincidence matrix, cell by cell.
fn alpha(units: &[Unit]) -> Option<f64> {
    let mut matrix = [[0.0_f64; 2]; 2];
    for unit in units {
        for (coder, one) in unit {
            for (other_coder, other) in unit {
                if coder != other_coder {
                    matrix[usize::from(*one)][usize::from(*other)] += 1.0 / (unit.len() - 1) as f64;
                }
            }
        }
    }
    let values = matrix.map(|row| row.iter().sum::<f64>());
    let all: f64 = values.iter().sum();
    let observed = (matrix[0][1] + matrix[1][0]) / all;
    let expected = 2.0 * values[0] * values[1] / (all * (all - 1.0));
    (values[0] > 0.5 && values[1] > 0.5).then(|| 1.0 - observed / expected)
}

/// Over every pair of coders, by shares of what each of the two marked in the units of both.
fn kappa(units: &[Unit], coders: &[UserId]) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (at, one) in coders.iter().enumerate() {
        for other in &coders[at + 1..] {
            let of_both: Vec<(bool, bool)> = units
                .iter()
                .filter_map(|unit| Some((*unit.get(one)?, *unit.get(other)?)))
                .collect();
            let n = of_both.len() as f64;
            let share = |holds: &dyn Fn(&(bool, bool)) -> bool| {
                of_both.iter().filter(|pair| holds(pair)).count() as f64 / n
            };
            let observed = share(&|(one, other)| one == other);
            let (ones, others) = (share(&|(one, _)| *one), share(&|(_, other)| *other));
            let expected = ones * others + (1.0 - ones) * (1.0 - others);
            if n > 0.0 && expected < 1.0 - 1e-12 {
                sum += n * (observed - expected) / (1.0 - expected);
                weights += n;
            }
        }
    }
    (weights > 0.0).then(|| sum / weights)
}
