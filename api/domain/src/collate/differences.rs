//! Where people in services, staff, and family and carers differ, theme by theme.
//!
//! A difference is one of shares, because the three say unequally much: of all coded contributions of each, the share under a
//! theme. Its interval is a bootstrap over tables and responses. Refused: tests and intervals that take people or
//! contributions for independent of each other, which people at one table are not; and words such as "significant".

use super::{
    answer::{
        AnswerScope, AppliedFilters, AppliedPolicy, CollatedConsultation, Count, CountStatus, Limitation,
    },
    cross_tab::CrossTab,
    filter::{Filter, Scope},
    standing_limitations,
};
use crate::{
    bootstrap::{Bootstrap, FEWEST_CLUSTERS, RESAMPLES, deal, draw, interval},
    chance::Chance,
    facts::{Container, Facts},
    id::ThemeId,
    vocabulary::RespondentGroup,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who is compared. Mixed contributions, and those of others, are nobody's here.
const SIDES: [RespondentGroup; 3] = [
    RespondentGroup::ServiceUser,
    RespondentGroup::Staff,
    RespondentGroup::FamilyCarer,
];
/// Which of them with which: people in services with each of the others.
const PAIRS: [[usize; 2]; 2] = [[0, 1], [0, 2]];

/// Differences between people in services and others, by theme. The unit is the contribution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Differences {
    pub consultation: CollatedConsultation,
    /// Which rule stands between the exact figures and this answer.
    pub policy: AppliedPolicy,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// Who is compared, and how much each said.
    pub respondent_groups: Vec<ComparedGroup>,
    /// Themes that occur, by label.
    pub themes: Vec<DifferencesOnTheme>,
    /// How the intervals were made; absent for controlled callers, who get none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub bootstrap: Option<Bootstrap>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// One of those who are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedGroup {
    pub key: RespondentGroup,
    pub label: String,
    /// Contributions of this respondent group that have at least one theme: the base of its shares. Unit: contributions.
    pub base: Count,
    /// Discussions and responses in which they stand. Unit: discussions and responses.
    pub clusters: Count,
}

/// One theme, as each of those compared raised it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DifferencesOnTheme {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    /// In the order of `respondent_groups`.
    pub by: Vec<ShareOfTheme>,
    /// People in services against staff, then against family and carers.
    pub differences: Vec<Difference>,
}

/// How much of what one respondent group said is under a theme.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ShareOfTheme {
    pub respondent_group: RespondentGroup,
    /// Distinct contributions of this respondent group under the theme, those of sub-themes among them. Unit: contributions.
    pub contributions: Count,
    /// These over all coded contributions of the respondent group; from 0 to 1. Base: its `base` in `respondent_groups`.
    #[schema(required = true)]
    pub share: Option<f64>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, WithoutDifference>,
}

/// Two shares, one taken from the other.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    pub of: RespondentGroup,
    pub against: RespondentGroup,
    /// The share of `of` less that of `against`; from -1 to 1. Base: the bases of both shares.
    #[schema(required = true)]
    pub difference: Option<f64>,
    /// 95 % interval of the difference, low and high, by bootstrap over discussions and responses; none where either of the two
    /// was heard in fewer than 10 of these, or raised the theme, or left it unraised, in fewer than 5. Base: `clusters` of
    /// `bootstrap`.
    #[schema(required = true)]
    pub interval: Option<[f64; 2]>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, WithoutDifference>,
}

/// Why a share, a difference or an interval cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutDifference {
    /// There is no coded contribution of one of the two.
    NobodyHeard,
    /// Neither of the two raised the theme, so that nothing would vary.
    NeverRaised,
    /// One of the two was heard in fewer discussions and responses than an interval needs.
    TooFewClusters,
    /// One of the two raised the theme in fewer than 5 discussions and responses, or left it unraised in fewer: what hardly varies
    /// would make the interval narrower than what is known. Or too often a resample holds nobody of one of the two.
    TooRare,
    /// A release does not say how much each respondent group said in all, because that could be subtracted.
    BaseNotReleased,
}

/// What one cluster holds.
#[derive(Clone, Debug, Default)]
struct Cluster {
    /// Coded contributions of each side.
    bases: [u32; SIDES.len()],
    /// Theme, and contributions of each side under it.
    themes: Vec<(u32, [u32; SIDES.len()])>,
}

fn cluster(container: &Container, filter: &Filter) -> Cluster {
    let mut of = Cluster::default();
    for said in &container.contributions {
        let Some(side) = SIDES.iter().position(|side| *side == said.respondent_group) else {
            continue;
        };
        if said.themes.is_empty() || !filter.takes_contribution(said) {
            continue;
        }
        of.bases[side] += 1;
        for theme in filter.themes_of(said) {
            match of.themes.iter_mut().find(|(at, _)| *at == theme) {
                Some((_, counts)) => counts[side] += 1,
                None => {
                    let mut counts = [0; SIDES.len()];
                    counts[side] = 1;
                    of.themes.push((theme, counts));
                }
            }
        }
    }
    of
}

/// Counts of each side, draw by draw, one row after the other, so that a resample is a product of two rows of numbers.
struct Rows {
    draws: usize,
    counts: Vec<u32>,
}

impl Rows {
    fn new(rows: usize, draws: usize) -> Self {
        Self {
            draws,
            counts: vec![0; rows * SIDES.len() * draws],
        }
    }

    fn add(&mut self, row: usize, place: u32, counts: [u32; SIDES.len()]) {
        for (side, count) in counts.into_iter().enumerate() {
            let at = (row * SIDES.len() + side) * self.draws + place as usize;
            if let Some(held) = self.counts.get_mut(at) {
                *held += count;
            }
        }
    }

    /// What the sides have in a row, with each draw counted so many times.
    fn sums(&self, row: usize, times: &[u32]) -> [f64; SIDES.len()] {
        std::array::from_fn(|side| {
            let from = (row * SIDES.len() + side) * self.draws;
            let counts = self.counts.get(from..from + self.draws).unwrap_or_default();
            let sum: u32 = counts.iter().zip(times).map(|(count, times)| count * times).sum();
            f64::from(sum)
        })
    }
}

/// Of one theme and one pair, its interval or why there is none.
type Interval = Result<[f64; 2], WithoutDifference>;

/// Differences by theme, within `scope` and `filter`; `seed` is that of the intervals.
pub fn differences(facts: &Facts, scope: &Scope, filter: &Filter, seed: u32) -> Differences {
    let mut clusters: Vec<(Uuid, Cluster)> = Vec::new();
    let (mut occurs, mut uncoded) = (vec![false; facts.themes.len()], 0u64);
    for container in &facts.containers {
        if !scope.takes(container) || !filter.takes_container(container) {
            continue;
        }
        let taken = container
            .contributions
            .iter()
            .filter(|said| filter.takes_contribution(said));
        for said in taken {
            uncoded += u64::from(said.themes.is_empty() && !said.set_aside);
            for theme in filter.themes_of(said) {
                if let Some(occurs) = occurs.get_mut(theme as usize) {
                    *occurs = true;
                }
            }
        }
        let of = cluster(container, filter);
        if of.bases != [0; SIDES.len()] {
            clusters.push((container.id, of));
        }
    }
    // Rows come in another order on every replica, and what is drawn depends on it.
    clusters.sort_unstable_by_key(|(id, _)| *id);

    // The row of what each side said in all, then those of the themes that occur.
    let mut row_of = vec![None; facts.themes.len()];
    let mut themes: Vec<_> = facts.register().themes.iter().collect();
    themes.retain(|theme| {
        let at = facts.themes.get(&theme.id).map(|at| at as usize);
        at.is_some_and(|at| occurs.get(at).copied().unwrap_or(false))
    });
    themes.sort_by(|one, other| (&one.label, one.id).cmp(&(&other.label, other.id)));
    for (row, theme) in themes.iter().enumerate() {
        if let Some(held) = facts
            .themes
            .get(&theme.id)
            .and_then(|at| row_of.get_mut(at as usize))
        {
            *held = Some(row + 1);
        }
    }
    let mut chance = Chance::new(u64::from(seed));
    let (places, draws) = deal(&mut chance, clusters.len());
    let mut rows = Rows::new(themes.len() + 1, draws);
    let mut heard_in = [0u64; SIDES.len()];
    let mut varied = vec![Varied::default(); themes.len()];
    for ((_, cluster), place) in clusters.iter().zip(&places) {
        rows.add(0, *place, cluster.bases);
        for (theme, counts) in &cluster.themes {
            if let Some(varied) = row_of
                .get(*theme as usize)
                .copied()
                .flatten()
                .and_then(|row| varied.get_mut(row - 1))
            {
                varied.add(*counts, cluster.bases);
            }
        }
        for (clusters, count) in heard_in.iter_mut().zip(cluster.bases) {
            *clusters += u64::from(count > 0);
        }
        for (theme, counts) in &cluster.themes {
            if let Some(Some(row)) = row_of.get(*theme as usize) {
                rows.add(*row, *place, *counts);
            }
        }
    }
    let once = vec![1; draws];
    let bases = rows.sums(0, &once);
    let intervals = intervals(&rows, &varied, &heard_in, &mut chance);
    let themes = themes
        .iter()
        .zip(intervals)
        .enumerate()
        .map(|(at, (theme, of_pairs))| {
            let counts = rows.sums(at + 1, &once);
            DifferencesOnTheme {
                id: theme.id,
                code: theme.code.clone(),
                label: theme.label.clone(),
                by: (0..SIDES.len()).map(|side| share(side, counts, bases)).collect(),
                differences: PAIRS
                    .into_iter()
                    .zip(of_pairs)
                    .map(|(pair, interval)| difference(pair, counts, bases, interval))
                    .collect(),
            }
        });
    let mut limitations = standing_limitations();
    if uncoded > 0 {
        limitations.push(Limitation::new(
            "uncoded-contributions",
            format!("{uncoded} contributions are not coded yet and are in no base."),
        ));
    }
    limitations.push(Limitation::new(
        "many-comparisons",
        "Every theme is compared, so some intervals leave out 0 by chance alone: one in twenty would where nothing differs.",
    ));
    Differences {
        consultation: CollatedConsultation::of(facts),
        policy: AppliedPolicy::none(facts),
        scope: scope.answered(),
        filters: filter.applied.clone(),
        respondent_groups: SIDES
            .into_iter()
            .zip(bases)
            .zip(heard_in)
            .map(|((side, base), clusters)| ComparedGroup {
                key: side,
                label: side.label().into(),
                base: Count::exact(base as u64),
                clusters: Count::exact(clusters),
            })
            .collect(),
        themes: themes.collect(),
        bootstrap: Some(Bootstrap {
            seed,
            resamples: RESAMPLES as u64,
            clusters: clusters.len() as u64,
            draws: draws as u64,
        }),
        limitations,
    }
}

fn share(side: usize, counts: [f64; SIDES.len()], bases: [f64; SIDES.len()]) -> ShareOfTheme {
    let mut undefined = BTreeMap::new();
    let share = match bases[side] {
        0.0 => {
            undefined.insert("share", WithoutDifference::NobodyHeard);
            None
        }
        base => Some(counts[side] / base),
    };
    ShareOfTheme {
        respondent_group: SIDES[side],
        contributions: Count::exact(counts[side] as u64),
        share,
        undefined,
    }
}

fn difference(
    pair: [usize; 2],
    counts: [f64; SIDES.len()],
    bases: [f64; SIDES.len()],
    interval: Interval,
) -> Difference {
    let [of, against] = pair;
    let mut undefined = BTreeMap::new();
    let heard = pair.iter().all(|side| bases[*side] > 0.0);
    let raised = pair.iter().any(|side| counts[*side] > 0.0);
    if !heard {
        undefined.insert("difference", WithoutDifference::NobodyHeard);
    }
    let interval = match (heard, raised) {
        (false, _) => Err(WithoutDifference::NobodyHeard),
        (true, false) => Err(WithoutDifference::NeverRaised),
        (true, true) => interval,
    };
    Difference {
        of: SIDES[of],
        against: SIDES[against],
        difference: heard.then(|| counts[of] / bases[of] - counts[against] / bases[against]),
        interval: interval.map_err(|why| undefined.insert("interval", why)).ok(),
        undefined,
    }
}

/// In how many clusters each side raised a theme, and in how many of those it raised nothing else.
#[derive(Clone, Copy, Debug, Default)]
struct Varied {
    raised: [u64; SIDES.len()],
    only: [u64; SIDES.len()],
}

impl Varied {
    fn add(&mut self, counts: [u32; SIDES.len()], bases: [u32; SIDES.len()]) {
        for side in 0..SIDES.len() {
            self.raised[side] += u64::from(counts[side] > 0);
            self.only[side] += u64::from(counts[side] > 0 && counts[side] == bases[side]);
        }
    }

    /// Whether a side raised it, and left it unraised, often enough for percentiles of resamples to say how far that may be chance.
    fn is_enough(&self, side: usize, heard_in: &[u64; SIDES.len()]) -> bool {
        self.raised[side] >= FEWEST_RAISED && heard_in[side] - self.only[side] >= FEWEST_RAISED
    }
}

/// Clusters in which a theme must have been raised, and left unraised, by each of two for an interval of their difference.
const FEWEST_RAISED: u64 = 5;

/// For each theme the interval of each pair.
fn intervals(
    rows: &Rows,
    varied: &[Varied],
    heard_in: &[u64; SIDES.len()],
    chance: &mut Chance,
) -> Vec<[Interval; PAIRS.len()]> {
    let enough = PAIRS.map(|pair| {
        pair.iter()
            .all(|side| heard_in.get(*side).is_some_and(|n| *n >= FEWEST_CLUSTERS as u64))
    });
    let mut found: Vec<[Vec<f64>; PAIRS.len()]> = vec![Default::default(); varied.len()];
    if enough.contains(&true) {
        let mut times = vec![0; rows.draws];
        for _ in 0..RESAMPLES {
            draw(chance, &mut times);
            let bases = rows.sums(0, &times);
            for (at, of_theme) in found.iter_mut().enumerate() {
                let counts = rows.sums(at + 1, &times);
                for (into, [of, against]) in of_theme.iter_mut().zip(PAIRS) {
                    if bases[of] > 0.0 && bases[against] > 0.0 {
                        into.push(counts[of] / bases[of] - counts[against] / bases[against]);
                    }
                }
            }
        }
    }
    let of_theme = |(of_theme, varied): ([Vec<f64>; PAIRS.len()], &Varied)| {
        let mut of_theme = of_theme.into_iter();
        std::array::from_fn(|pair| {
            let found = of_theme.next().unwrap_or_default();
            let sides = PAIRS[pair];
            match (
                enough[pair],
                sides.iter().all(|side| varied.is_enough(*side, heard_in)),
            ) {
                (false, _) => Err(WithoutDifference::TooFewClusters),
                (true, false) => Err(WithoutDifference::TooRare),
                (true, true) => interval(found).ok_or(WithoutDifference::TooRare),
            }
        })
    };
    found.into_iter().zip(varied).map(of_theme).collect()
}

/// The same of a release, made of nothing but `table`, which holds its themes by respondent group. A release does not tell how
/// much each respondent group said in all, so there are counts and no shares.
pub fn released_differences(
    consultation: CollatedConsultation,
    table: &CrossTab,
    codes: &BTreeMap<ThemeId, String>,
) -> Differences {
    let hidden = Count {
        value: None,
        status: CountStatus::Withheld,
    };
    let none = || BTreeMap::from([("share", WithoutDifference::BaseNotReleased)]);
    let themes = table.rows.iter().filter_map(|row| {
        let id: ThemeId = row.key.parse().ok()?;
        let by = SIDES.map(|side| ShareOfTheme {
            respondent_group: side,
            contributions: row.cells.get(&side.to_string()).unwrap_or(hidden),
            share: None,
            undefined: none(),
        });
        let differences = PAIRS.map(|[of, against]| Difference {
            of: SIDES[of],
            against: SIDES[against],
            difference: None,
            interval: None,
            undefined: ["difference", "interval"]
                .map(|figure| (figure, WithoutDifference::BaseNotReleased))
                .into(),
        });
        Some(DifferencesOnTheme {
            id,
            code: codes.get(&id).cloned().unwrap_or_default(),
            label: row.label.clone(),
            by: by.into(),
            differences: differences.into(),
        })
    });
    let mut themes: Vec<_> = themes.collect();
    themes.sort_by(|one, other| (&one.label, one.id).cmp(&(&other.label, other.id)));
    Differences {
        consultation,
        policy: table.policy,
        scope: table.scope.clone(),
        filters: table.filters.clone(),
        respondent_groups: SIDES
            .into_iter()
            .map(|side| ComparedGroup {
                key: side,
                label: side.label().into(),
                base: hidden,
                clusters: hidden,
            })
            .collect(),
        themes,
        bootstrap: None,
        limitations: table.limitations.clone(),
    }
}
