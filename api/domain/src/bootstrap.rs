//! Intervals by bootstrap over tables and responses, because points of one table are not independent of each other.
//!
//! Clusters are drawn with replacement, as many as there are; the interval is that between percentiles of what the resamples
//! gave (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; over clusters after Davison and Hinkley,
//! "Bootstrap methods and their application", 1997, section 3.8). What is drawn follows from a seed that stands beside the figure.

use crate::chance::Chance;
use serde::Serialize;
use utoipa::ToSchema;

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 1_000;
/// Clusters below which no interval is given: percentiles of so few tables would say less than they seem to.
pub const FEWEST_CLUSTERS: usize = 10;
/// Clusters that are drawn at most. More are first dealt at random into so many groups, and groups are drawn: the method of
/// random groups (Wolter, "Introduction to variance estimation", 2nd edition, 2007, chapter 2), which costs the same whatever
/// the number of tables and whose interval is as wide.
const MOST_DRAWS: usize = 500;
/// In how many of a hundred resamples a figure may be undefined before its interval is.
const UNDEFINED_IN_A_HUNDRED: usize = 5;

/// How intervals were made, so that they can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bootstrap {
    /// Of the SplitMix64 stream by which clusters were drawn.
    pub seed: u32,
    /// How often as many clusters were drawn as there are, with replacement. Unit: resamples.
    pub resamples: u64,
    /// Discussions and responses behind the figures, which are the clusters. Unit: discussions and responses.
    pub clusters: u64,
    /// How many are drawn in a resample: the clusters themselves, or random groups of them where there are very many. Unit:
    /// draws.
    pub draws: u64,
}

/// For each of so many clusters the place of what is drawn in its stead, and how many places there are: its own, or that of
/// its random group. Clusters must stand in an order that is the same on every replica.
pub fn deal(chance: &mut Chance, clusters: usize) -> (Vec<u32>, usize) {
    let mut places: Vec<u32> = (0..clusters as u32).collect();
    if clusters <= MOST_DRAWS {
        return (places, clusters);
    }
    // Fisher and Yates's shuffle, and then dealt round.
    for at in (1..clusters).rev() {
        places.swap(at, chance.below(at + 1));
    }
    for place in &mut places {
        *place %= MOST_DRAWS as u32;
    }
    (places, MOST_DRAWS)
}

/// How often each of `times` was drawn in one resample of as many draws as there are places.
pub fn draw(chance: &mut Chance, times: &mut [u32]) {
    times.fill(0);
    for _ in 0..times.len() {
        let at = chance.below(times.len());
        if let Some(times) = times.get_mut(at) {
            *times += 1;
        }
    }
}

/// The 95 % interval between the percentiles of what resamples gave; none where more than one in twenty of them gave nothing.
pub fn interval(mut found: Vec<f64>) -> Option<[f64; 2]> {
    if (RESAMPLES - found.len().min(RESAMPLES)) * 100 > RESAMPLES * UNDEFINED_IN_A_HUNDRED {
        return None;
    }
    found.sort_unstable_by(f64::total_cmp);
    Some([quantile(&found, 0.025), quantile(&found, 0.975)])
}

/// A quantile of sorted values, by linear interpolation between the two nearest (Hyndman and Fan's seventh).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let below = place.floor();
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or(f64::NAN);
    at(below) + (place - below) * (at(place.ceil()) - at(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_the_two_nearest() {
        let sorted = [1.0, 2.0, 3.0, 4.0, 10.0];
        assert_eq!(quantile(&sorted, 0.0), 1.0);
        assert_eq!(quantile(&sorted, 0.5), 3.0);
        assert_eq!(quantile(&sorted, 0.875), 7.0);
        assert_eq!(quantile(&sorted, 1.0), 10.0);
    }

    #[test]
    fn too_many_resamples_without_a_figure_leave_none() {
        assert!(interval(vec![1.0; RESAMPLES - 50]).is_some());
        assert_eq!(interval(vec![1.0; RESAMPLES - 51]), None);
    }

    #[test]
    fn many_clusters_are_dealt_into_groups_that_differ_by_one_at_most() {
        let (places, draws) = deal(&mut Chance::new(5), 1_303);
        assert_eq!(draws, MOST_DRAWS);
        let mut sizes = vec![0; draws];
        places.iter().for_each(|place| sizes[*place as usize] += 1);
        assert!(sizes.iter().all(|size| [2, 3].contains(size)), "{sizes:?}");
        assert_ne!(deal(&mut Chance::new(6), 1_303).0, places);
        let (places, draws) = deal(&mut Chance::new(5), 3);
        assert_eq!((places, draws), (vec![0, 1, 2], 3));
    }

    #[test]
    fn a_resample_draws_as_many_as_there_are() {
        let mut times = [0; 37];
        let mut chance = Chance::new(3);
        for _ in 0..20 {
            draw(&mut chance, &mut times);
            assert_eq!(times.iter().sum::<u32>(), 37);
        }
    }
}
