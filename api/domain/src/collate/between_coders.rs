//! How far coders who worked independently of each other came to the same, theme by theme.

use super::{
    answer::{AnswerScope, AppliedFilters, CollatedConsultation},
    filter::{Filter, Scope},
};
use crate::{
    agreement::{Coincidences, InClusters, Marks, Undefined, intervals, mean_kappa},
    bootstrap::{Bootstrap, RESAMPLES},
    facts::{Facts, Independent},
    id::{ThemeId, UserId},
    vocabulary::ThemeStatus,
};
use serde::Serialize;
use smallvec::SmallVec;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Krippendorff's own two marks for alpha: "Content Analysis", 2nd edition, 2004, page 241. Where a figure stands between them is
/// for its reader to judge.
pub const AGREEMENT_THRESHOLDS: [f64; 2] = [0.667, 0.80];

/// Agreement between coders. Its units are contributions with two or more independent codings, one of each coder: the latest
/// that was not taken back. What is set aside counts as no theme; a parent is there wherever one of its sub-themes is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Agreement {
    pub consultation: CollatedConsultation,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// Every theme in use, and every other that a coder saw, by label.
    pub themes: Vec<AgreementOnTheme>,
    /// Who coded any of the contributions that `double_coded` counts, by id.
    pub coders: Vec<CoderOfAgreement>,
    /// Contributions with two or more independent codings. Unit: contributions.
    pub double_coded: u64,
    /// Of so many contributions within scope and filters; those taken back or set apart in review are none. Unit: contributions.
    pub base: u64,
    /// Marks for alpha that are in use in the field, lower and upper; from -1 to 1.
    pub thresholds: [f64; 2],
    /// How the intervals were made.
    pub bootstrap: Bootstrap,
}

/// Somebody who coded independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoderOfAgreement {
    pub id: UserId,
    /// Contributions that `double_coded` counts and this coder is one of the coders of. Unit: contributions.
    pub n: u64,
}

/// Agreement on one theme: whether it is there or not, contribution by contribution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AgreementOnTheme {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    /// Krippendorff's alpha, nominal: 1 where all agree, 0 where they agree as by chance, negative below that. Base: `n`.
    #[schema(required = true)]
    pub alpha: Option<f64>,
    /// Cohen's kappa: of two coders; of more, the mean over the pairs that have one, weighted by the contributions that each pair
    /// coded. From -1 to 1. Base: those of `n` that a pair with a kappa coded.
    #[schema(required = true)]
    pub kappa: Option<f64>,
    /// Share of pairs of codings of one contribution that say the same of this theme; from 0 to 1, not corrected for chance.
    /// Base: pairs of the codings of `n`.
    #[schema(required = true)]
    pub percent: Option<f64>,
    /// Agreement on its being there: twice the pairs where both have it, over all codings that have it, each counted once for every
    /// other coding of its contribution; from 0 to 1.
    /// Base: codings of `n` that have it.
    #[schema(required = true)]
    pub both_positive: Option<f64>,
    /// Share of the independent codings of `n` that have the theme; from 0 to 1.
    /// Base: independent codings of `n`.
    #[schema(required = true)]
    pub prevalence: Option<f64>,
    /// Contributions with two or more independent codings. Unit: contributions.
    pub n: u64,
    /// 95 % interval of alpha, low and high, by bootstrap over discussions and responses; none under 10 of these. Base:
    /// `clusters` of `bootstrap`.
    #[schema(required = true)]
    pub interval: Option<[f64; 2]>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, Undefined>,
}

impl AgreementOnTheme {
    fn take<T>(&mut self, figure: &'static str, found: Result<T, Undefined>) -> Option<T> {
        found.map_err(|why| self.undefined.insert(figure, why)).ok()
    }
}

/// Two coders, by number, the smaller first.
type Pair = (u32, u32);

/// What one theme was seen in.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// Cluster by cluster, in their order.
    clusters: InClusters,
    /// Codings that have it.
    codings: u64,
    /// What two coders said where either has it.
    pairs: HashMap<Pair, Marks>,
}

/// What was seen over all themes.
#[derive(Clone, Debug, Default)]
struct Units {
    contributions: u64,
    codings: u64,
    /// Values that alpha compares, by cluster.
    clusters: Vec<f64>,
    /// Contributions that two coders both coded.
    pairs: HashMap<Pair, u64>,
    coders: BTreeMap<u32, u64>,
}

/// Agreement between coders within `scope` and `filter`; `seed` is that of the intervals.
pub fn agreement(facts: &Facts, scope: &Scope, filter: &Filter, seed: u32) -> Agreement {
    let mut base = 0;
    let mut double_coded = Vec::new();
    for container in &facts.containers {
        if !scope.takes(container) || !filter.takes_container(container) {
            continue;
        }
        for said in &container.contributions {
            if filter.takes_contribution(said) {
                base += 1;
                if !said.independent.is_empty() {
                    double_coded.push((container.id, said));
                }
            }
        }
    }
    // Rows come in another order on every replica; what is drawn, and sums of fractions, depend on it.
    double_coded.sort_unstable_by_key(|(container, said)| (*container, said.id));
    let mut units = Units::default();
    let mut seen = vec![Seen::default(); facts.themes.len()];
    for of_container in double_coded.chunk_by(|(one, _), (other, _)| one == other) {
        let cluster = units.clusters.len() as u32;
        for (_, said) in of_container {
            units.add(&said.independent, filter, cluster, &mut seen);
        }
        let values: usize = of_container.iter().map(|(_, said)| said.independent.len()).sum();
        units.clusters.push(values as f64);
    }
    let clusters: Vec<InClusters> = seen
        .iter_mut()
        .map(|seen| std::mem::take(&mut seen.clusters))
        .collect();
    let intervals = intervals(&units.clusters, &clusters, u64::from(seed));
    let mut themes: Vec<_> = facts
        .register()
        .themes
        .iter()
        .filter_map(|theme| {
            let at = facts.themes.get(&theme.id)? as usize;
            let seen = seen.get(at)?;
            let in_use = matches!(theme.status, ThemeStatus::Candidate | ThemeStatus::Agreed);
            if !in_use && seen.codings == 0 {
                return None;
            }
            let mut found = AgreementOnTheme {
                id: theme.id,
                code: theme.code.clone(),
                label: theme.label.clone(),
                alpha: None,
                kappa: None,
                percent: None,
                both_positive: None,
                prevalence: None,
                n: units.contributions,
                interval: None,
                undefined: BTreeMap::new(),
            };
            units.figures(seen, clusters.get(at)?, *intervals.get(at)?, &mut found);
            Some(found)
        })
        .collect();
    themes.sort_by(|one, other| (&one.label, one.id).cmp(&(&other.label, other.id)));
    let mut coders: Vec<_> = units
        .coders
        .iter()
        .map(|(coder, n)| CoderOfAgreement {
            id: facts.coders.id(*coder),
            n: *n,
        })
        .collect();
    coders.sort_by_key(|coder| coder.id);
    Agreement {
        consultation: CollatedConsultation::of(facts),
        scope: scope.answered(),
        filters: filter.applied.clone(),
        themes,
        coders,
        double_coded: units.contributions,
        base,
        thresholds: AGREEMENT_THRESHOLDS,
        bootstrap: Bootstrap {
            seed,
            resamples: RESAMPLES as u64,
            clusters: units.clusters.len() as u64,
            draws: units.clusters.len() as u64,
        },
    }
}

impl Units {
    /// Adds a contribution with two or more independent codings.
    fn add(&mut self, codings: &[Independent], filter: &Filter, cluster: u32, seen: &mut [Seen]) {
        self.contributions += 1;
        self.codings += codings.len() as u64;
        let themes: SmallVec<[SmallVec<[u32; 8]>; 4]> = codings
            .iter()
            .map(|coding| filter.with_parents(&coding.themes))
            .collect();
        let mut all: SmallVec<[u32; 16]> = themes.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        for theme in &all {
            let Some(seen) = seen.get_mut(*theme as usize) else {
                continue;
            };
            let there = themes.iter().filter(|themes| themes.contains(theme)).count();
            seen.codings += there as u64;
            let here = Coincidences::of_unit([(codings.len() - there) as u32, there as u32]);
            match seen.clusters.last_mut() {
                Some((last, held)) if *last == cluster => held.add(&here, 1.0),
                _ => seen.clusters.push((cluster, here)),
            }
        }
        for (at, coding) in codings.iter().enumerate() {
            *self.coders.entry(coding.coder).or_default() += 1;
            for (with, other) in codings.iter().enumerate().skip(at + 1) {
                let (pair, first, second) = match coding.coder < other.coder {
                    true => ((coding.coder, other.coder), &themes[at], &themes[with]),
                    false => ((other.coder, coding.coder), &themes[with], &themes[at]),
                };
                *self.pairs.entry(pair).or_default() += 1;
                for theme in &all {
                    let Some(seen) = seen.get_mut(*theme as usize) else {
                        continue;
                    };
                    let marks = match (first.contains(theme), second.contains(theme)) {
                        (false, false) => continue,
                        (true, true) => &mut seen.pairs.entry(pair).or_default().both,
                        (true, false) => &mut seen.pairs.entry(pair).or_default().first,
                        (false, true) => &mut seen.pairs.entry(pair).or_default().second,
                    };
                    *marks += 1;
                }
            }
        }
    }

    /// The figures of one theme.
    fn figures(
        &self,
        seen: &Seen,
        clusters: &InClusters,
        interval: Result<[f64; 2], Undefined>,
        found: &mut AgreementOnTheme,
    ) {
        // Pairs where neither has the theme stand in no entry of its own.
        let pairs = || {
            self.pairs.iter().map(|(pair, units)| {
                let marks = seen.pairs.get(pair).copied().unwrap_or_default();
                Marks {
                    neither: units - marks.units(),
                    ..marks
                }
            })
        };
        let mut all = Marks::default();
        for marks in pairs() {
            all.both += marks.both;
            all.first += marks.first;
            all.second += marks.second;
            all.neither += marks.neither;
        }
        let mut coincidences = Coincidences::<2>::default();
        for (_, here) in clusters {
            coincidences.add(here, 1.0);
        }
        coincidences.fill_up(self.clusters.iter().sum());

        let of = |count: u64, all: u64, why| match all {
            0 => Err(why),
            _ => Ok(count as f64 / all as f64),
        };
        let marked = 2 * all.both + all.first + all.second;
        let nothing = Undefined::NothingDoubleCoded;
        let never = match self.contributions {
            0 => nothing,
            _ => Undefined::NeverUsed,
        };
        // In an order of their own, so that a mean of floating-point numbers is the same on every replica.
        let mut in_order: Vec<_> = pairs().collect();
        in_order.sort_unstable_by_key(|marks| {
            let (first, second) = (marks.first, marks.second);
            (marks.both, marks.neither, first.min(second), first.max(second))
        });
        found.alpha = found.take("alpha", coincidences.alpha());
        found.kappa = found.take("kappa", mean_kappa(in_order));
        found.percent = found.take("percent", of(all.both + all.neither, all.units(), nothing));
        found.both_positive = found.take("both_positive", of(2 * all.both, marked, never));
        found.prevalence = found.take("prevalence", of(seen.codings, self.codings, nothing));
        // What has no alpha has no interval, for the same reason.
        let interval = coincidences.alpha().and(interval);
        found.interval = found.take("interval", interval);
    }
}
