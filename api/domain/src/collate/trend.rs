//! What became of a theme from one consultation to the next, and where that cannot be said.
//!
//! Invariants: nothing is counted here. Every figure is taken from a collation, exact or released, so that one function serves
//! both kinds of readers and a figure of a trend is the figure that the collation itself shows. Themes are followed by what a
//! lead mapped, never by their words: a theme that was renamed still compares, and two that happen to be called alike do not.
//!
//! Refused: differences, tests and verdicts. Other people met, tables are clusters, and not every point was written down; what
//! can be given honestly is a share of discussions at each time, with its base, and the reasons against comparing them.
//! Refused, too, is adding up the figures of two earlier themes: a table that raised both would count twice.

use super::{
    answer::{
        AnswerScope, AppliedFilters, AppliedPolicy, Audience, CollatedConsultation, CollatedTheme, Collation,
        Count, CountStatus, Limitation,
    },
    filter::{Filter, Scope},
    fold::collate_with_groups,
    standing_limitations,
};
use crate::{
    facts::{Facts, ThemeFact},
    id::{ConsultationId, GroupId, ThemeId},
    limits::EARLIER_CONSULTATIONS,
    moment::Moment,
    vocabulary::{Channel, ThemeStatus},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    str::FromStr,
};
use time::Date;
use utoipa::ToSchema;

/// How widely themes were raised in this consultation and in the earlier ones to which they are mapped. The unit is the
/// discussion, as a share of the discussions heard; no differences are computed, because other people met each time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Trend {
    pub consultation: CollatedConsultation,
    /// What the caller may see of the whole, in every consultation alike.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter; each consultation is narrowed by them.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// This consultation and those from which a theme has a point: by the day on which they opened, the oldest first; by the day
    /// on which they were set up where they have none.
    pub consultations: Vec<ConsultationOfTrend>,
    /// Themes of this consultation, by label: those in use and retired ones that were raised; in a controlled answer those of
    /// the release.
    pub themes: Vec<ThemeOfTrend>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// A consultation of a trend: who was heard, and how it differs from the one that was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsultationOfTrend {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_on: Option<Date>,
    /// Which rule stands between the exact figures and these, and of which release they are.
    pub policy: AppliedPolicy,
    /// Tables heard. Unit: discussions. Base: those within scope and filters.
    pub discussions: u64,
    /// Groups heard, by discussions or responses. Unit: groups. Base: those within scope and filters.
    pub groups: u64,
    /// Distinct contributions, coded or not. Unit: contributions. Base: those within scope and filters. Withheld where those of
    /// one of its questions are not exact.
    pub contributions: Count,
    /// What stands against comparing any of its figures with those of the consultation that was asked for.
    pub differs: Vec<WhyNot>,
}

/// One theme of the consultation that was asked for, through time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ThemeOfTrend {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    /// Where it stood, in the order of `consultations`; the one of this consultation is always there.
    pub points: Vec<PointOfTrend>,
    /// Whether nothing stands against comparing the shares of its points: there are two or more, and `why_not` is empty.
    pub comparable: bool,
    /// Why its points cannot be compared, by consultation, the oldest first.
    pub why_not: Vec<WhyNot>,
}

/// A theme's figures in one consultation.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PointOfTrend {
    pub consultation_id: ConsultationId,
    /// The theme whose figures these are, then those that were merged into it, by label. In a controlled answer the first alone.
    pub theme_ids: Vec<ThemeId>,
    /// Labels of `theme_ids`, in the same order.
    pub labels: Vec<String>,
    /// Distinct contributions with the theme or one of its sub-themes. Unit: contributions. Base: `contributions` of the
    /// consultation.
    pub contributions: Count,
    /// Distinct tables that raised it. Unit: discussions. Base: `discussions_base`.
    pub discussions: u64,
    /// Tables heard in that consultation. Unit: discussions.
    pub discussions_base: u64,
    /// `discussions` over `discussions_base`, from 0 to 1. A share of tables, never of people.
    /// Base: `discussions_base`.
    #[schema(required = true)]
    pub discussions_share: Option<f64>,
    /// Distinct groups that raised it. Unit: groups. Base: `groups_base`.
    pub groups: u64,
    /// Groups heard in that consultation. Unit: groups.
    pub groups_base: u64,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, NoShare>,
}

/// Why a share cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoShare {
    /// No discussion was heard, so there is nothing to have a share of.
    NothingHeard,
}

/// What stands against a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Incomparable {
    /// It is mapped to no theme of an earlier consultation.
    Unmapped,
    /// In a controlled answer: it is mapped to none whose figures were released to the caller.
    NotReleased,
    /// What it is mapped to lies further back than a trend goes.
    FurtherBack,
    /// More than one theme is mapped to the earlier one, whose figures are of them together.
    SeveralMapToOne,
    /// It counts what was several themes in the earlier consultation, whose figures cannot be added up.
    SeveralEarlier,
    /// The theme that was named was merged, so that the earlier figures are of more than what was meant.
    Widened,
    /// One of the themes was retired, so that it was not looked for in all that was said.
    Retired,
    /// One of the themes is of one question and the other is not.
    QuestionBound,
    /// Other groups were heard. `group` narrows to those that were heard in both.
    GroupsDiffer,
    /// Feedback came by other channels. `channel` narrows to those by which it came in both.
    ChannelsDiffer,
    /// Contributions are not coded yet, so themes count too little.
    Uncoded,
}

/// A reason against a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyNot {
    pub code: Incomparable,
    /// Of which consultation it is said; absent where it is of none that can be named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consultation_id: Option<ConsultationId>,
    pub text: String,
}

/// Where a consultation stands in time: by the day on which it opens, in London, or on which it reached us where no such day is
/// known; those of one day as they reached us. One order for all, so that no
/// circle of mappings can be made while these days stay; where one is moved afterwards, a trend ends where it comes back. Refused: comparing
/// days where both have one and arrivals where one has none, by which three consultations can each stand before the next.
pub fn in_time(opens_on: Option<Date>, received_at: Moment) -> (Option<Date>, Moment) {
    (opens_on.or_else(|| received_at.day_in_london()), received_at)
}

/// A consultation as a trend reads it: its figures, and its codeframe with what each theme is mapped to.
#[derive(Clone, Debug)]
pub struct Period {
    collation: Collation,
    opens_on: Option<Date>,
    closes_on: Option<Date>,
    received_at: Moment,
    /// By which feedback came.
    channels: BTreeSet<Channel>,
    /// Groups heard; nothing where a release says only how many there were.
    groups: Option<BTreeSet<GroupId>>,
    /// Every theme, as it stands today.
    codeframe: HashMap<ThemeId, ThemeFact>,
    /// Themes that have figures of their own, by label.
    themes: Vec<Counted>,
    /// By theme of the codeframe: the one of `themes` in which it counts.
    counts_in: BTreeMap<ThemeId, usize>,
}

/// A theme with figures.
#[derive(Clone, Debug)]
struct Counted {
    id: ThemeId,
    code: String,
    label: String,
    contributions: Count,
    discussions: u64,
    groups: u64,
    question: Option<i32>,
    retired: bool,
}

impl Period {
    /// What is exact, within `scope` and `filter`. Every theme that was not merged has figures, be they zero.
    pub fn exact(facts: &Facts, scope: &Scope, filter: &Filter, received_at: Moment) -> Self {
        let (collation, groups) = collate_with_groups(facts, scope, filter);
        let register = facts.register();
        let consultation = register.consultation.as_ref();
        let words = &collation.legend.channel;
        let channels = words
            .iter()
            .filter_map(|word| Channel::from_str(&word.key).ok())
            .collect();
        let standing = register.themes.iter();
        let standing = standing
            .filter(|theme| theme.status != ThemeStatus::Merged)
            .map(|theme| match raised(&collation, theme.id) {
                Some(figures) => Counted::of(figures, theme),
                None => Counted::never_raised(theme),
            })
            .collect();
        Self {
            opens_on: consultation.and_then(|one| one.opens_on),
            closes_on: consultation.and_then(|one| one.closes_on),
            received_at,
            channels,
            groups: Some(groups),
            ..Self::of(collation, standing, &register.themes)
        }
    }

    /// What was released: its themes are those of the release, by the words that left with it. What they are mapped to, and
    /// which of the codeframe were merged into them, is as it stands in `codeframe` today; that counts nothing. `channels` are
    /// those by which feedback was taken, because how much came by each is controlled.
    pub fn released(
        collation: Collation,
        codeframe: &[ThemeFact],
        channels: &[Channel],
        opens_on: Option<Date>,
        closes_on: Option<Date>,
        received_at: Moment,
    ) -> Self {
        let facts = |id: ThemeId| codeframe.iter().find(|theme| theme.id == id);
        let themes = collation.themes.iter();
        let themes = themes
            .filter_map(|figures| Some(Counted::of(figures, facts(figures.id)?)))
            .collect();
        Self {
            opens_on,
            closes_on,
            received_at,
            channels: channels.iter().copied().collect(),
            groups: None,
            ..Self::of(collation, themes, codeframe)
        }
    }

    fn of(collation: Collation, mut themes: Vec<Counted>, codeframe: &[ThemeFact]) -> Self {
        themes.sort_by(|one, other| (&one.label, one.id).cmp(&(&other.label, other.id)));
        let at: HashMap<ThemeId, usize> = themes.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
        let codeframe: HashMap<ThemeId, ThemeFact> =
            codeframe.iter().map(|theme| (theme.id, theme.clone())).collect();
        let counts_in = codeframe.keys().filter_map(|id| {
            let mut theme = codeframe.get(id)?;
            // A chain of merges is followed to the first that has figures; one longer than the codeframe would be a circle.
            for _ in 0..codeframe.len() {
                if let Some(at) = at.get(&theme.id) {
                    return Some((*id, *at));
                }
                theme = codeframe.get(&theme.merged_into?)?;
            }
            None
        });
        Self {
            counts_in: counts_in.collect(),
            collation,
            opens_on: None,
            closes_on: None,
            received_at: Moment(0),
            channels: BTreeSet::new(),
            groups: None,
            codeframe,
            themes,
        }
    }

    /// Which consultation it is.
    pub fn id(&self) -> ConsultationId {
        self.collation.consultation.id
    }

    /// Themes of earlier consultations to which any of its themes that has figures is mapped, by id.
    pub fn earlier(&self) -> BTreeSet<ThemeId> {
        let mapped = self
            .counts_in
            .keys()
            .filter_map(|id| self.codeframe.get(id)?.earlier);
        mapped.collect()
    }

    fn is_controlled(&self) -> bool {
        self.collation.scope.audience == Audience::Controlled
    }

    /// The theme at `at`, then those that were merged into it, by label. What was merged left no label with a release.
    fn with_merged(&self, at: usize) -> (Vec<ThemeId>, Vec<String>) {
        let Some(own) = self.themes.get(at) else {
            return Default::default();
        };
        let others = self
            .counts_in
            .iter()
            .filter(|(id, into)| **into == at && **id != own.id && !self.is_controlled());
        let mut others: Vec<_> = others
            .filter_map(|(id, _)| Some((self.codeframe.get(id)?.label.clone(), *id)))
            .collect();
        others.sort();
        let all = std::iter::once((own.label.clone(), own.id)).chain(others);
        all.map(|(label, id)| (id, label)).unzip()
    }

    fn point(&self, at: usize) -> Option<PointOfTrend> {
        let theme = self.themes.get(at)?;
        let heard = &self.collation.heard;
        let share = match heard.discussions {
            0 => Err(NoShare::NothingHeard),
            all => Ok(theme.discussions as f64 / all as f64),
        };
        let mut undefined = BTreeMap::new();
        let share = share
            .map_err(|why| undefined.insert("discussions_share", why))
            .ok();
        let (theme_ids, labels) = self.with_merged(at);
        Some(PointOfTrend {
            consultation_id: self.id(),
            theme_ids,
            labels,
            contributions: theme.contributions,
            discussions: theme.discussions,
            discussions_base: heard.discussions,
            discussions_share: share,
            groups: theme.groups,
            groups_base: heard.groups,
            undefined,
        })
    }

    /// Contributions over all questions and outside them; none is of two.
    fn contributions(&self) -> Count {
        let each = self
            .collation
            .questions
            .iter()
            .map(|question| question.contributions);
        exact_sum(each).map_or(
            Count {
                value: None,
                status: CountStatus::Withheld,
            },
            Count::exact,
        )
    }

    /// What its own coding lacks.
    fn uncoded(&self) -> Option<WhyNot> {
        let each = || self.collation.questions.iter().map(|question| question.uncoded);
        let text = match exact_sum(each()) {
            Some(0) => return None,
            Some(all) => format!("{all} of its contributions are not coded yet, so its themes count too little."),
            // What is hidden is not guessed at; what is shown, rounded, is not summed.
            None if each().all(|count| count.value.is_none_or(|value| value == 0)) => return None,
            None => "Some of its contributions were not coded when it was released, so its themes count too little."
                .to_owned(),
        };
        Some(self.why_not(Incomparable::Uncoded, text))
    }

    /// What stands against comparing any of its figures with those of `current`.
    fn differs(&self, current: &Self) -> Vec<WhyNot> {
        let mut reasons = Vec::new();
        if self.id() != current.id() {
            let (there, here) = (&self.collation.heard, &current.collation.heard);
            let others = match (&self.groups, &current.groups) {
                (Some(one), Some(other)) => one != other,
                // A release says how many were heard, and not which.
                _ => there.groups != here.groups,
            };
            if others {
                let both = match (&self.groups, &current.groups) {
                    (Some(one), Some(other)) => format!("; {} in both", one.intersection(other).count()),
                    _ => String::new(),
                };
                let text = format!(
                    "Other groups were heard: {} there and {} here{both}.",
                    there.groups, here.groups
                );
                reasons.push(self.why_not(Incomparable::GroupsDiffer, text));
            }
            if self.channels != current.channels {
                let list = |channels: &BTreeSet<Channel>| match channels.is_empty() {
                    true => "none".to_owned(),
                    false => channels
                        .iter()
                        .map(|one| one.as_str())
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                let text = format!(
                    "Feedback came by other channels: {} there, {} here.",
                    list(&self.channels),
                    list(&current.channels)
                );
                reasons.push(self.why_not(Incomparable::ChannelsDiffer, text));
            }
        }
        reasons.extend(self.uncoded());
        reasons
    }

    fn why_not(&self, code: Incomparable, text: impl Into<String>) -> WhyNot {
        WhyNot {
            code,
            consultation_id: Some(self.id()),
            text: text.into(),
        }
    }
}

impl Counted {
    fn of(figures: &CollatedTheme, theme: &ThemeFact) -> Self {
        Self {
            code: figures.code.clone(),
            label: figures.label.clone(),
            contributions: figures.contributions,
            discussions: figures.discussions,
            groups: figures.groups,
            ..Self::never_raised(theme)
        }
    }

    fn never_raised(theme: &ThemeFact) -> Self {
        Self {
            id: theme.id,
            code: theme.code.clone(),
            label: theme.label.clone(),
            contributions: Count::exact(0),
            discussions: 0,
            groups: 0,
            question: theme.question,
            retired: theme.status == ThemeStatus::Retired,
        }
    }

    fn was_raised(&self) -> bool {
        self.contributions != Count::exact(0)
    }
}

fn raised(collation: &Collation, theme: ThemeId) -> Option<&CollatedTheme> {
    collation.themes.iter().find(|one| one.id == theme)
}

/// The sum, where all of them are exact.
fn exact_sum(mut counts: impl Iterator<Item = Count>) -> Option<u64> {
    counts.try_fold(0, |sum, count| {
        let value = count.value.filter(|_| count.status == CountStatus::Exact)?;
        Some(sum + value)
    })
}

/// A theme of a period, by their places.
type Place = (usize, usize);

/// Which themes are which, over all periods.
struct Mapped {
    /// By theme, those of other consultations to which it or one that counts in it is mapped.
    to: BTreeMap<Place, BTreeSet<Place>>,
    /// The same, the other way round.
    from: BTreeMap<Place, BTreeSet<Place>>,
    /// Pairs of which the later names a theme that was merged into the earlier one.
    widened: BTreeSet<(Place, Place)>,
    /// Themes that are mapped to something that is in no period.
    beyond: BTreeSet<Place>,
}

impl Mapped {
    fn of(periods: &[Period]) -> Self {
        let mut counted: HashMap<ThemeId, (Place, bool)> = HashMap::new();
        for (period, of) in periods.iter().enumerate() {
            for (id, at) in &of.counts_in {
                let itself = of.themes.get(*at).is_some_and(|theme| theme.id == *id);
                counted.insert(*id, ((period, *at), itself));
            }
        }
        let mut mapped = Self {
            to: BTreeMap::new(),
            from: BTreeMap::new(),
            widened: BTreeSet::new(),
            beyond: BTreeSet::new(),
        };
        for (period, of) in periods.iter().enumerate() {
            for (id, at) in &of.counts_in {
                let Some(earlier) = of.codeframe.get(id).and_then(|theme| theme.earlier) else {
                    continue;
                };
                let later = (period, *at);
                match counted.get(&earlier) {
                    Some((there, itself)) if there.0 != period => {
                        mapped.to.entry(later).or_default().insert(*there);
                        mapped.from.entry(*there).or_default().insert(later);
                        if !itself {
                            mapped.widened.insert((later, *there));
                        }
                    }
                    _ => _ = mapped.beyond.insert(later),
                }
            }
        }
        mapped
    }

    /// Everything that `from` is mapped to, over as many steps as there are. Days that were changed since can make a circle; it
    /// ends where it comes back.
    fn chain(&self, from: Place) -> BTreeSet<Place> {
        let mut chain = BTreeSet::new();
        let mut open = vec![from];
        while let Some(place) = open.pop() {
            for there in self.to.get(&place).into_iter().flatten() {
                if there.0 != from.0 && chain.insert(*there) {
                    open.push(*there);
                }
            }
        }
        chain
    }
}

/// The trend of `current` over `earlier`, in whatever order those come. `goes_further_back` where a mapping leads to more
/// consultations than a trend takes.
pub fn trend(current: Period, earlier: Vec<Period>, goes_further_back: bool) -> Trend {
    let id = current.id();
    let mut periods = earlier;
    periods.push(current);
    periods.sort_by_key(|one| (in_time(one.opens_on, one.received_at), one.id()));
    let here = periods.iter().position(|one| one.id() == id).unwrap_or_default();
    // What was moved behind this one since it was mapped is no past of it.
    periods.truncate(here + 1);
    let mapped = Mapped::of(&periods);
    let current = &periods[here];
    let differs: Vec<Vec<WhyNot>> = periods.iter().map(|one| one.differs(current)).collect();

    let shown = current.themes.iter().enumerate();
    let shown = shown.filter(|(_, theme)| !theme.retired || theme.was_raised());
    let themes: Vec<ThemeOfTrend> = shown
        .map(|(at, theme)| {
            let own = (here, at);
            let chain = mapped.chain(own);
            let mut places = chain.clone();
            places.insert(own);
            let points = places
                .iter()
                .filter_map(|(period, at)| periods.get(*period)?.point(*at));
            let why_not = why_not(&periods, &mapped, own, &chain, &differs);
            ThemeOfTrend {
                id: theme.id,
                code: theme.code.clone(),
                label: theme.label.clone(),
                points: points.collect(),
                comparable: why_not.is_empty(),
                why_not,
            }
        })
        .collect();

    let with_points: BTreeSet<ConsultationId> = themes
        .iter()
        .flat_map(|theme| &theme.points)
        .map(|point| point.consultation_id)
        .chain([id])
        .collect();
    let consultations = periods
        .iter()
        .zip(differs)
        .filter(|(one, _)| with_points.contains(&one.id()))
        .map(|(one, differs)| ConsultationOfTrend {
            id: one.id(),
            reference: one.collation.consultation.reference.clone(),
            title: one.collation.consultation.title.clone(),
            opens_on: one.opens_on,
            closes_on: one.closes_on,
            policy: one.collation.policy,
            discussions: one.collation.heard.discussions,
            groups: one.collation.heard.groups,
            contributions: one.contributions(),
            differs,
        })
        .collect();
    Trend {
        consultation: current.collation.consultation.clone(),
        scope: current.collation.scope.clone(),
        filters: current.collation.filters.clone(),
        consultations,
        themes,
        limitations: limitations(current.is_controlled(), goes_further_back),
    }
}

/// What stands against comparing the points of the theme `own`, whose earlier ones are `chain`.
fn why_not(
    periods: &[Period],
    mapped: &Mapped,
    own: Place,
    chain: &BTreeSet<Place>,
    differs: &[Vec<WhyNot>],
) -> Vec<WhyNot> {
    let (current, theme) = (&periods[own.0], &periods[own.0].themes[own.1]);
    if chain.is_empty() {
        // Who reads releases is not told whether it is mapped to something that they may not know of.
        let (code, text) = if current.is_controlled() {
            (
                Incomparable::NotReleased,
                "It is mapped to no earlier theme whose figures were released to you.",
            )
        } else if mapped.beyond.contains(&own) {
            (
                Incomparable::FurtherBack,
                "The theme to which it is mapped lies further back than is shown, or its consultation was moved behind this one.",
            )
        } else {
            (
                Incomparable::Unmapped,
                "It is mapped to no theme of an earlier consultation.",
            )
        };
        return vec![WhyNot {
            code,
            consultation_id: None,
            text: text.into(),
        }];
    }
    let mut reasons = Vec::new();
    for (period, (of, differs)) in periods.iter().zip(differs).enumerate() {
        if period == own.0 {
            if theme.retired {
                reasons.push(of.why_not(Incomparable::Retired, "The theme was retired."));
            }
            reasons.extend(differs.iter().cloned());
            continue;
        }
        let there: Vec<Place> = chain.iter().filter(|place| place.0 == period).copied().collect();
        if there.is_empty() {
            continue;
        }
        let themes = || there.iter().filter_map(|(_, at)| of.themes.get(*at));
        let mut add_if = |is: bool, code: Incomparable, text: &str| {
            if is {
                reasons.push(of.why_not(code, text));
            }
        };
        add_if(
            there.len() > 1,
            Incomparable::SeveralEarlier,
            "It counts what was several themes there; a table that raised two of them would count twice if they were added.",
        );
        let shared = |place: &Place| {
            let mut later = mapped.from.get(place).into_iter().flatten();
            later.any(|one| *one != own && !chain.contains(one))
        };
        add_if(
            there.iter().any(shared),
            Incomparable::SeveralMapToOne,
            "More than one theme is mapped to the theme there, whose figures are of them together.",
        );
        let named_by = chain.iter().chain([&own]);
        let widened = named_by
            .flat_map(|later| there.iter().map(move |place| (*later, *place)))
            .any(|pair| mapped.widened.contains(&pair));
        add_if(
            widened,
            Incomparable::Widened,
            "The theme that was named there was merged into another, whose figures are of more than was meant.",
        );
        add_if(
            themes().any(|one| one.retired),
            Incomparable::Retired,
            "The theme there was retired.",
        );
        add_if(
            themes().any(|one| one.question.is_some() != theme.question.is_some()),
            Incomparable::QuestionBound,
            "One of the themes is of one question, and the other of the whole consultation.",
        );
        reasons.extend(differs.iter().cloned());
    }
    reasons
}

fn limitations(controlled: bool, goes_further_back: bool) -> Vec<Limitation> {
    let mut all = standing_limitations();
    all.extend([
        Limitation::new(
            "different-people",
            "Other people met each time. A share that moved says what was raised at more or fewer tables, not that anybody \
             changed their mind.",
        ),
        Limitation::new(
            "discussions-compare",
            "The unit that compares is the discussion, as a share of the discussions heard; contributions depend on how much \
             was written down.",
        ),
        Limitation::new(
            "mapped-by-judgement",
            "Which theme is which of an earlier consultation was judged by a national lead; coders worked by another codeframe.",
        ),
    ]);
    if controlled {
        all.push(Limitation::new(
            "figures-of-releases",
            "The figures of each consultation are those of its latest release. A release says how many groups were heard and \
             not which, and hides how few contributions were not coded, so that others may have been heard and a few may be \
             missing where nothing is said of it here.",
        ));
    }
    if goes_further_back {
        all.push(Limitation::new(
            "goes-further-back",
            format!(
                "Themes are followed to {EARLIER_CONSULTATIONS} earlier consultations, the nearest in the chain and of those the \
                 latest first; they are mapped to more."
            ),
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collate::{FilterValues, collate},
        facts::*,
        life::Status,
        vocabulary::*,
    };
    use time::Month;
    use uuid::Uuid;

    fn id<I: From<Uuid>>(kind: u128, at: u128) -> I {
        Uuid::from_u128(kind << 64 | at).into()
    }

    /// Themes of one consultation have numbers from a hundred times its own.
    fn theme(at: u128, label: &str, earlier: Option<u128>) -> ThemeFact {
        ThemeFact {
            id: id(2, at),
            code: format!("theme-{at}"),
            label: label.into(),
            parent: None,
            merged_into: None,
            split: false,
            question: None,
            earlier: earlier.map(|at| id(2, at)),
            status: ThemeStatus::Agreed,
            version: 1,
        }
    }

    fn merged(into: u128, theme: ThemeFact) -> ThemeFact {
        ThemeFact {
            merged_into: Some(id(2, into)),
            split: false,
            status: ThemeStatus::Merged,
            ..theme
        }
    }

    /// Tables, one for each list of themes, of as many groups as `groups`, one after the other.
    fn facts(number: u128, themes: Vec<ThemeFact>, groups: u128, tables: &[&[u128]]) -> Facts {
        let mut facts = Facts::default();
        facts.set_register(Register {
            consultation: Some(ConsultationFact {
                id: id(9, number),
                reference: format!("REF-{number}"),
                title: "A consultation".into(),
                status: Status::Analysing,
                policy: PolicyId::Mhsds5,
                channels: Channel::ALL.to_vec(),
                version: 1,
                opens_on: Date::from_calendar_date(2010 + number as i32, Month::May, 1).ok(),
                closes_on: None,
                expected_groups: Vec::new(),
                rounds: Vec::new(),
            }),
            themes,
            groups: (0..3)
                .map(|at| GroupFact {
                    id: id(1, at),
                    name: format!("Group {at}"),
                    kind: GroupKind::Regional,
                    counted_as: id(1, at),
                    version: 1,
                })
                .collect(),
            ..Register::default()
        });
        for (at, coded) in tables.iter().enumerate() {
            let at = number * 100 + at as u128;
            facts.put_container(ContainerRow {
                id: id(7, at),
                version: 1,
                channel: Channel::MeetingDiscussion,
                group: Some(id(1, at % groups)),
                own_group: None,
                service: None,
                table: Some(TableRow {
                    meeting: id(5, at % groups),
                    round: id(3, 0),
                    sitting: 1,
                    participants: Vec::new(),
                    not_discussed: Vec::new(),
                }),
                respondent_group: RespondentGroup::Mixed,
                setting: Setting::NotRecorded,
                review: ReviewState::Received,
                answers: Vec::new(),
            });
            facts.put_contribution(ContributionRow {
                id: id(8, at),
                container: id(7, at),
                version: 1,
                received_at: 1,
                question: None,
                section: None,
                respondent_group: RespondentGroup::Mixed,
                setting: Setting::NotRecorded,
                stance: Stance::Unclear,
                agree: 0,
                quotable: false,
                flagged: false,
                concern: false,
                withdrawn: false,
                codings: vec![CodingRow {
                    coder: id(6, 0),
                    coded_at: 1,
                    independent: false,
                    themes: coded.iter().map(|at| id(2, *at)).collect(),
                    set_aside: false,
                    adjudicates: false,
                    frozen: false,
                }],
            });
        }
        facts
    }

    fn period(facts: &Facts) -> Period {
        Period::exact(facts, &Scope::Whole, &Filter::whole(facts), Moment(0))
    }

    fn of(current: &Facts, earlier: &[&Facts]) -> Trend {
        trend(
            period(current),
            earlier.iter().map(|one| period(one)).collect(),
            false,
        )
    }

    fn on(found: &Trend, at: u128) -> &ThemeOfTrend {
        let id: ThemeId = id(2, at);
        match found.themes.iter().find(|theme| theme.id == id) {
            Some(theme) => theme,
            None => panic!("{at} is not in the trend"),
        }
    }

    fn reasons(theme: &ThemeOfTrend) -> Vec<Incomparable> {
        theme.why_not.iter().map(|why| why.code).collect()
    }

    /// Consultation, label, tables that raised it, tables heard.
    fn points(theme: &ThemeOfTrend) -> Vec<(ConsultationId, &str, u64, u64)> {
        let points = theme.points.iter();
        points
            .map(|point| {
                (
                    point.consultation_id,
                    point.labels[0].as_str(),
                    point.discussions,
                    point.discussions_base,
                )
            })
            .collect()
    }

    #[test]
    fn a_theme_is_followed_over_several_consultations_by_whatever_label() {
        let first = facts(1, vec![theme(100, "Meals", None)], 2, &[&[100], &[100], &[100]]);
        let second = facts(2, vec![theme(200, "Catering", Some(100))], 2, &[&[200], &[200]]);
        let third = facts(
            3,
            vec![theme(300, "Food", Some(200)), theme(301, "Walks", None)],
            2,
            &[&[300], &[301], &[301], &[300, 301]],
        );
        let found = of(&third, &[&second, &first]);
        let food = on(&found, 300);
        assert_eq!(
            points(food),
            [
                (id(9, 1), "Meals", 3, 3),
                (id(9, 2), "Catering", 2, 2),
                (id(9, 3), "Food", 2, 4)
            ]
        );
        assert_eq!(food.points[2].discussions_share, Some(0.5));
        assert!(food.comparable, "{:?}", food.why_not);
        let walks = on(&found, 301);
        assert_eq!(
            (points(walks).len(), reasons(walks)),
            (1, vec![Incomparable::Unmapped])
        );
        assert_eq!(walks.points[0].contributions, Count::exact(3));
        let ids: Vec<_> = found.consultations.iter().map(|one| one.id).collect();
        assert_eq!(ids, [id(9, 1), id(9, 2), id(9, 3)]);
        // Asked of the second, the third is nowhere.
        assert_eq!(points(on(&of(&second, &[&first]), 200)).len(), 2);
    }

    #[test]
    fn what_was_merged_shared_retired_or_bound_says_so() {
        use Incomparable::*;
        let earlier = vec![
            theme(100, "Meals", None),
            merged(100, theme(101, "Snacks", None)),
            theme(102, "Walks", None),
            theme(103, "Sport", None),
            ThemeFact {
                status: ThemeStatus::Retired,
                ..theme(104, "Post", None)
            },
            ThemeFact {
                question: Some(1),
                ..theme(105, "Leave", None)
            },
        ];
        let first = facts(1, earlier, 1, &[&[100], &[101], &[102, 103], &[104, 105]]);
        let later = vec![
            theme(200, "Snacks", Some(101)),
            theme(201, "Walks", Some(102)),
            theme(202, "Grounds", Some(102)),
            theme(203, "Movement", Some(103)),
            theme(204, "Post", Some(104)),
            theme(205, "Leave", Some(105)),
        ];
        let all: &[&[u128]] = &[&[200, 201, 202, 203, 204, 205]];
        let found = of(&facts(2, later.clone(), 1, all), &[&first]);
        for (at, expected) in [
            (200, Widened),
            (201, SeveralMapToOne),
            (202, SeveralMapToOne),
            (204, Retired),
            (205, QuestionBound),
        ] {
            let theme = on(&found, at);
            assert_eq!(
                (reasons(theme), theme.comparable),
                (vec![expected], false),
                "{at}"
            );
        }
        assert!(on(&found, 203).comparable);
        let snacks = &on(&found, 200).points[0];
        assert_eq!(snacks.labels, ["Meals", "Snacks"]);
        assert_eq!((snacks.discussions, snacks.contributions), (2, Count::exact(2)));

        // Merged since, two themes bring what both were mapped to, and neither figure stands for the two.
        let later = later.into_iter().map(|one| match one.label.as_str() {
            "Movement" => merged(201, one),
            "Grounds" => theme(202, "Grounds", None),
            _ => one,
        });
        let found = of(&facts(2, later.collect(), 1, all), &[&first]);
        let walks = on(&found, 201);
        assert_eq!(reasons(walks), [SeveralEarlier]);
        assert_eq!(points(walks).len(), 3);
    }

    #[test]
    fn an_earlier_theme_that_another_in_between_shares_is_of_more_than_the_one() {
        let first = facts(1, vec![theme(100, "Food", None)], 1, &[&[100]]);
        let between = vec![theme(200, "Meals", Some(100)), theme(201, "Shop", Some(100))];
        let second = facts(2, between, 1, &[&[200, 201]]);
        let third = facts(3, vec![theme(300, "Meals", Some(200))], 1, &[&[300]]);
        let found = of(&third, &[&first, &second]);
        assert_eq!(reasons(on(&found, 300)), [Incomparable::SeveralMapToOne]);
        assert_eq!(on(&found, 300).why_not[0].consultation_id, Some(id(9, 1)));
    }

    #[test]
    fn what_differs_between_the_consultations_is_said_with_numbers() {
        use Incomparable::*;
        let first = facts(1, vec![theme(100, "Meals", None)], 3, &[&[100], &[], &[]]);
        let mut second = facts(2, vec![theme(200, "Meals", Some(100))], 2, &[&[200], &[200]]);
        second.put_container(ContainerRow {
            id: id(7, 999),
            version: 1,
            channel: Channel::Written,
            group: None,
            own_group: None,
            service: None,
            table: None,
            respondent_group: RespondentGroup::Staff,
            setting: Setting::NotRecorded,
            review: ReviewState::Received,
            answers: Vec::new(),
        });
        let found = of(&second, &[&first]);
        let meals = on(&found, 200);
        assert_eq!(reasons(meals), [GroupsDiffer, ChannelsDiffer, Uncoded]);
        let texts: Vec<_> = found.consultations[0]
            .differs
            .iter()
            .map(|why| why.text.as_str())
            .collect();
        assert!(texts[0].contains("3 there and 2 here; 2 in both"), "{texts:?}");
        assert!(texts[1].contains("meeting_discussion there"), "{texts:?}");
        assert!(texts[2].starts_with("2 of its contributions"), "{texts:?}");
        assert!(found.consultations[1].differs.is_empty());

        // Narrowed to what both have, only the coding stands against it.
        let values = FilterValues {
            group: Some(vec![
                id::<GroupId>(1, 0).to_string(),
                id::<GroupId>(1, 1).to_string(),
            ]),
            channel: Some(vec!["meeting_discussion".into()]),
            ..FilterValues::default()
        };
        let narrowed = |facts: &Facts| match Filter::new(facts, &Scope::Whole, &values) {
            Ok(filter) => Period::exact(facts, &Scope::Whole, &filter, Moment(0)),
            Err(unknown) => panic!("{unknown:?}"),
        };
        let found = trend(narrowed(&second), vec![narrowed(&first)], false);
        assert_eq!(reasons(on(&found, 200)), [Uncoded]);
        let nobody = FilterValues {
            channel: Some(vec!["champion".into()]),
            ..FilterValues::default()
        };
        let empty = match Filter::new(&second, &Scope::Whole, &nobody) {
            Ok(filter) => Period::exact(&second, &Scope::Whole, &filter, Moment(0)),
            Err(unknown) => panic!("{unknown:?}"),
        };
        let found = trend(empty, Vec::new(), false);
        let point = &on(&found, 200).points[0];
        assert_eq!(point.discussions_share, None);
        assert_eq!(
            point.undefined.get("discussions_share"),
            Some(&NoShare::NothingHeard)
        );
    }

    #[test]
    fn a_circle_ends_and_what_lies_further_back_is_said() {
        let first = facts(1, vec![theme(100, "Meals", Some(200))], 1, &[&[100]]);
        let second = facts(2, vec![theme(200, "Food", Some(100))], 1, &[&[200]]);
        assert_eq!(points(on(&of(&second, &[&first]), 200)).len(), 2);
        let found = trend(period(&second), Vec::new(), true);
        assert_eq!(reasons(on(&found, 200)), [Incomparable::FurtherBack]);
        assert!(
            found
                .limitations
                .iter()
                .any(|one| one.code == "goes-further-back")
        );
    }

    #[test]
    fn a_controlled_reader_cannot_tell_a_theme_mapped_to_what_is_hidden_from_one_that_is_not_mapped() {
        let released = |facts: &Facts| {
            let mut collation = collate(facts, &Scope::Whole, &Filter::whole(facts));
            collation.scope.audience = Audience::Controlled;
            let register = facts.register();
            Period::released(
                collation,
                &register.themes,
                &Channel::ALL[..1],
                None,
                None,
                Moment(0),
            )
        };
        let first = facts(
            1,
            vec![theme(100, "Meals", None), theme(101, "Never", None)],
            1,
            &[&[100]],
        );
        let codeframe = |hidden: Option<u128>| {
            vec![
                theme(200, "Food", Some(100)),
                theme(201, "Walks", hidden),
                theme(202, "Sport", Some(101)),
                // Agreed after the release.
                theme(203, "Later", Some(100)),
            ]
        };
        let answer = |hidden| {
            let second = facts(2, codeframe(hidden), 1, &[&[200, 201, 202]]);
            trend(released(&second), vec![released(&first)], false)
        };
        let found = answer(Some(900));
        assert_eq!(found, answer(None));
        let labels: Vec<_> = found.themes.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["Food", "Sport", "Walks"]);
        for at in [201, 202] {
            assert_eq!(reasons(on(&found, at)), [Incomparable::NotReleased], "{at}");
        }
        assert!(on(&found, 200).comparable, "{:?}", on(&found, 200).why_not);
    }
}
