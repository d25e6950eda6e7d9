//! Agreement between coders who worked independently of each other, theme by theme.
//!
//! A coding of several themes is, for each theme, a mark that is there or not. Two coefficients that correct for chance are
//! given, because the field asks for either: Krippendorff's alpha, which takes any number of coders and gaps, and
//! Cohen's kappa, of two. Both say little of a rare theme, so prevalence and the agreement on its being there stand beside them.
//!
//! Sources: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), nominal data; Cohen, "A coefficient of agreement
//! for nominal scales" (1960); positive agreement after Cicchetti and Feinstein, "High agreement but low kappa: II" (1990);
//! intervals by [`crate::bootstrap`].

use crate::{
    bootstrap::{FEWEST_CLUSTERS, RESAMPLES, draw, interval},
    chance::Chance,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a figure of agreement cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Undefined {
    /// No contribution has two independent codings.
    NothingDoubleCoded,
    /// All codings say the same, so that chance would have them agree always; for kappa, those of each pair of coders. For an
    /// interval: every resample gives the same alpha.
    NoVariation,
    /// No coder saw the theme anywhere.
    NeverUsed,
    /// Double-coded contributions come from fewer discussions and responses than an interval needs.
    TooFewClusters,
    /// Too often a resample has no variation.
    TooRare,
}

/// Values that were given to units by two or more coders each, `V` kinds of values: what is needed for alpha, and adds up over
/// units. Coincidences of a unit with m values weigh 1 / (m - 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coincidences<const V: usize> {
    /// How often each value was given, in units with two or more.
    values: [f64; V],
    /// Coincidences of values that differ.
    differing: f64,
}

impl<const V: usize> Default for Coincidences<V> {
    fn default() -> Self {
        Self {
            values: [0.0; V],
            differing: 0.0,
        }
    }
}

impl<const V: usize> Coincidences<V> {
    /// Of one unit: how many coders gave it each value. Nothing where fewer than two did.
    pub fn of_unit(counts: [u32; V]) -> Self {
        let coders: u32 = counts.iter().sum();
        if coders < 2 {
            return Self::default();
        }
        let squares: f64 = counts.iter().map(|count| f64::from(*count).powi(2)).sum();
        Self {
            values: counts.map(f64::from),
            differing: (f64::from(coders).powi(2) - squares) / f64::from(coders - 1),
        }
    }

    /// Adds others, so many times.
    pub fn add(&mut self, other: &Self, times: f64) {
        for (value, more) in self.values.iter_mut().zip(other.values) {
            *value += more * times;
        }
        self.differing += other.differing * times;
    }

    /// Krippendorff's alpha of nominal values: 1 - (n - 1) D / (n² - Σ n_c²), with n values, n_c of them c, and D the coincidences
    /// of values that differ. 1 where coders always agree, 0 where they agree as chance would have it, negative below.
    ///
    /// # Errors
    /// Where no unit has two values, or all are the same.
    pub fn alpha(&self) -> Result<f64, Undefined> {
        let all: f64 = self.values.iter().sum();
        if all == 0.0 {
            return Err(Undefined::NothingDoubleCoded);
        }
        let squares: f64 = self.values.iter().map(|value| value * value).sum();
        let by_chance = all * all - squares;
        if by_chance == 0.0 {
            return Err(Undefined::NoVariation);
        }
        Ok(1.0 - (all - 1.0) * self.differing / by_chance)
    }
}

impl Coincidences<2> {
    /// Of `all` values that were given in all, those that were not added yet are "not there", and none of them differs: a theme
    /// is listed only where somebody saw it.
    pub fn fill_up(&mut self, all: f64) {
        let [_, there] = self.values;
        self.values = [all - there, there];
    }
}

/// How two coders marked units: a two-by-two table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Both marked it.
    pub both: u64,
    /// Only the first did.
    pub first: u64,
    /// Only the second did.
    pub second: u64,
    /// Neither did.
    pub neither: u64,
}

impl Marks {
    /// Units that both coded.
    pub const fn units(&self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// Cohen's kappa: (observed - expected) / (1 - expected), where expected agreement is the sum, over marked and not marked, of
    /// the product of both coders' shares.
    ///
    /// # Errors
    /// Where there is no unit, or both coders gave all of them one and the same value.
    pub fn kappa(&self) -> Result<f64, Undefined> {
        let units = self.units() as f64;
        if units == 0.0 {
            return Err(Undefined::NothingDoubleCoded);
        }
        let share = |count: u64| count as f64 / units;
        let (one, other) = (share(self.both + self.first), share(self.both + self.second));
        let observed = share(self.both + self.neither);
        let expected = one * other + (1.0 - one) * (1.0 - other);
        // Shares are exact where they are 0 or 1, and only then is chance sure of agreement.
        if expected == 1.0 {
            return Err(Undefined::NoVariation);
        }
        Ok((observed - expected) / (1.0 - expected))
    }
}

/// Kappa over several pairs of coders: the mean of those that have one, weighted by the units that each pair coded.
///
/// # Errors
/// Where no pair has one.
pub fn mean_kappa(pairs: impl IntoIterator<Item = Marks>) -> Result<f64, Undefined> {
    let (mut sum, mut units, mut why) = (0.0, 0.0, Undefined::NothingDoubleCoded);
    for pair in pairs {
        match pair.kappa() {
            Ok(kappa) => {
                sum += kappa * pair.units() as f64;
                units += pair.units() as f64;
            }
            Err(undefined) => why = undefined,
        }
    }
    if units == 0.0 { Err(why) } else { Ok(sum / units) }
}

/// What one theme has in the clusters where anybody marked it: place of the cluster, and its coincidences.
pub type InClusters = Vec<(u32, Coincidences<2>)>;

/// The 95 % intervals of the alphas of several themes, by bootstrap over clusters: tables and responses are drawn with
/// replacement, as many as there are, because points of one table are not independent of each other. `clusters` holds for each
/// cluster the values that were given in it to anything, which a theme that nobody marked there has as "not marked".
///
/// All themes share the resamples, so an interval depends on the seed and not on which themes are asked for.
pub fn intervals(clusters: &[f64], themes: &[InClusters], seed: u64) -> Vec<Result<[f64; 2], Undefined>> {
    if clusters.is_empty() {
        return vec![Err(Undefined::NothingDoubleCoded); themes.len()];
    }
    if clusters.len() < FEWEST_CLUSTERS {
        return vec![Err(Undefined::TooFewClusters); themes.len()];
    }
    let mut chance = Chance::new(seed);
    let mut alphas = vec![Vec::with_capacity(RESAMPLES); themes.len()];
    let mut drawn = vec![0; clusters.len()];
    for _ in 0..RESAMPLES {
        draw(&mut chance, &mut drawn);
        let all = drawn
            .iter()
            .zip(clusters)
            .map(|(times, values)| f64::from(*times) * values)
            .sum();
        for (theme, alphas) in themes.iter().zip(&mut alphas) {
            let mut marked = Coincidences::<2>::default();
            for (cluster, here) in theme {
                let times = drawn.get(*cluster as usize).copied().unwrap_or_default();
                marked.add(here, f64::from(times));
            }
            marked.fill_up(all);
            alphas.extend(marked.alpha().ok());
        }
    }
    alphas
        .into_iter()
        .map(|alphas| {
            let found = interval(alphas).ok_or(Undefined::TooRare)?;
            // Resamples that all say the same say nothing of what another table would have.
            let [low, high] = found;
            if low == high {
                Err(Undefined::NoVariation)
            } else {
                Ok(found)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alpha_of<const V: usize>(units: &[[u32; V]]) -> Result<f64, Undefined> {
        let mut all = Coincidences::default();
        for unit in units {
            all.add(&Coincidences::of_unit(*unit), 1.0);
        }
        all.alpha()
    }

    fn close(found: Result<f64, Undefined>, expected: f64) {
        assert!(
            (found.unwrap() - expected).abs() < 1e-9,
            "{found:?} is not {expected}"
        );
    }

    #[test]
    fn kappa_is_the_textbook_s() {
        let of = |both, first, second, neither| {
            let marks = Marks {
                both,
                first,
                second,
                neither,
            };
            marks.kappa()
        };
        // Worked examples of the two-by-two table.
        close(of(20, 5, 10, 15), 0.4);
        close(of(45, 15, 25, 15), 0.130_434_782_608_695_68);
        close(of(25, 35, 5, 35), 0.259_259_259_259_259_2);
        // Of 1,000 units two coders marked 300 each: 90 of them together is chance, none is far below it.
        close(of(90, 210, 210, 490), 0.0);
        close(of(0, 300, 300, 400), -3.0 / 7.0);
        // Of 100 units 60 each, 40 together.
        close(of(40, 20, 20, 20), 1.0 / 6.0);
    }

    #[test]
    fn what_cannot_be_told_from_chance_is_undefined() {
        let all = Marks {
            both: 7,
            ..Marks::default()
        };
        let none = Marks {
            neither: 7,
            ..Marks::default()
        };
        for marks in [all, none] {
            assert_eq!(marks.kappa(), Err(Undefined::NoVariation));
        }
        assert_eq!(Marks::default().kappa(), Err(Undefined::NothingDoubleCoded));
        assert_eq!(mean_kappa([]), Err(Undefined::NothingDoubleCoded));
        assert_eq!(mean_kappa([all, none]), Err(Undefined::NoVariation));
        assert_eq!(alpha_of(&[[2, 0], [2, 0]]), Err(Undefined::NoVariation));
        assert_eq!(alpha_of(&[[1, 0], [0, 1]]), Err(Undefined::NothingDoubleCoded));
    }

    #[test]
    fn kappa_of_several_pairs_is_weighed_by_what_each_coded() {
        let one = Marks {
            both: 20,
            first: 5,
            second: 10,
            neither: 15,
        };
        let other = Marks {
            both: 5,
            neither: 5,
            ..Marks::default()
        };
        let undefined = Marks {
            neither: 1_000,
            ..Marks::default()
        };
        close(mean_kappa([one, other, undefined]), (50.0 * 0.4 + 10.0) / 60.0);
    }

    #[test]
    fn an_interval_holds_its_alpha_and_follows_from_its_seed() {
        // Twenty tables of ten points; the coders differ on one point of every other table.
        let mut theme = InClusters::new();
        for table in 0..20 {
            let mut here = Coincidences::default();
            for point in 0..10 {
                let unit = match (point, table % 2) {
                    (0, 0) => [1, 1],
                    (0..4, _) => [0, 2],
                    _ => [2, 0],
                };
                here.add(&Coincidences::of_unit(unit), 1.0);
            }
            theme.push((table, here));
        }
        let clusters = [20.0; 20];
        let alpha = {
            let mut all = Coincidences::default();
            theme.iter().for_each(|(_, here)| all.add(here, 1.0));
            all.alpha().unwrap()
        };
        let of = |seed| intervals(&clusters, std::slice::from_ref(&theme), seed)[0].unwrap();
        let [low, high] = of(7);
        assert!(low < alpha && alpha < high && high < 1.0, "{low} {alpha} {high}");
        assert_eq!(of(7), [low, high]);
        assert_ne!(of(8), [low, high]);
        // A theme marked at one table of twenty is left out of a third of the resamples.
        let rare = vec![(3, Coincidences::of_unit([0, 2]))];
        assert_eq!(intervals(&clusters, &[rare], 7), [Err(Undefined::TooRare)]);
        let few = intervals(&clusters[..9], std::slice::from_ref(&theme), 7);
        assert_eq!(few, [Err(Undefined::TooFewClusters)]);
        assert_eq!(
            intervals(&[], &[Vec::new()], 7),
            [Err(Undefined::NothingDoubleCoded)]
        );
    }
}
