//! How many new themes each meeting brought, in the order held, and from where on no more came.
//!
//! By Guest, Namey and Chen, "A simple method to assess and report thematic saturation in qualitative research", PLoS ONE 15(5):
//! e0232076 (2020): the themes of the first four units are the base; the new themes of each run of two units after them are
//! divided by it, and saturation at a threshold is reached with the first run whose ratio is not above it. Their units are
//! interviews; ours are meetings, because tables of one meeting hear each other. What they write as "6+2" is position 8 here.
//!
//! Invariant: a theme is new once. Runs overlap, so a theme may be new in two runs, and never in two meetings.
//!
//! Refused: responses as units. They have no order that anybody chose, and one response is not a meeting. Parents beside their
//! sub-themes: a sub-theme that is new would count twice.

use super::{
    answer::{AnswerScope, AppliedFilters, CollatedConsultation, Limitation, standing_limitations},
    filter::{Filter, Scope},
    fold::Bits,
};
use crate::{
    facts::{Facts, MeetingFact},
    id::{GroupId, MeetingId},
    moment::Moment,
    vocabulary::MeetingStatus,
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Meetings of the base; the smallest size that the paper tries.
const BASE_SIZE: usize = 4;
/// Meetings of a run; the shorter of the two lengths that the paper tries.
const RUN_LENGTH: usize = 2;
/// The new-information thresholds of the paper.
const THRESHOLDS: [f64; 2] = [0.0, 0.05];
/// Those of the limitations of every collation that hold here: there are no headcounts, and no channel but the table.
const STANDING: [&str; 3] = ["counts-are-minimums", "not-representative", "views-not-checked"];

/// Why a figure of saturation cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotSaturated {
    /// There are fewer meetings than a base and one run need.
    TooFewMeetings,
    /// No theme was raised in the base, so there is nothing to divide by.
    NothingInBase,
    /// No run brought as little as the threshold.
    NotReached,
}

/// New themes, meeting by meeting. Its units are meetings that were held and at which a discussion was recorded; withdrawn
/// discussions and what was taken back count nowhere. A theme is what its coding counts as today, and is not counted as its
/// parent besides.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Saturation {
    pub consultation: CollatedConsultation,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// So many meetings, from the first, are the base. Unit: meetings.
    pub base_size: u64,
    /// So many meetings are a run; runs overlap. Unit: meetings.
    pub run_length: u64,
    /// Meetings in the order in which they began; those that began together, by id.
    pub meetings: Vec<SaturationOfMeeting>,
    /// Distinct themes of the meetings of the base, of all meetings where there are fewer. Unit: themes.
    pub base_themes: u64,
    /// Where saturation was reached, by threshold, the strictest first.
    pub thresholds: Vec<SaturationAt>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// What one meeting brought.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SaturationOfMeeting {
    /// Its place in the order held, from 1.
    pub position: u64,
    pub meeting_id: MeetingId,
    /// The group that met.
    pub group_id: GroupId,
    pub starts_at: Moment,
    /// Tables recorded here, within scope and filters. Unit: discussions.
    pub discussions: u64,
    /// Contributions of those tables, within filters. Unit: contributions.
    pub contributions: u64,
    /// Of these, those with at least one theme. Unit: contributions; base: `contributions`.
    pub coded: u64,
    /// Distinct themes raised here. Unit: themes.
    pub themes: u64,
    /// Distinct themes raised here and at no meeting before. Unit: themes; base: `themes`.
    pub new_themes: u64,
    /// Distinct themes raised here or at any meeting before. Unit: themes.
    pub themes_so_far: u64,
    /// The run that ends with this meeting; null where a base and a run do not fit before its end.
    #[schema(required = true)]
    pub run: Option<SaturationRun>,
}

/// What two meetings in a row brought together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SaturationRun {
    /// Distinct themes raised in the run and at no meeting before it. Unit: themes.
    pub new_themes: u64,
    /// `new_themes` of the run over `base_themes`; may be above 1. Base: `base_themes`.
    #[schema(required = true)]
    pub ratio: Option<f64>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, NotSaturated>,
}

/// Where saturation was reached at one threshold: at the last meeting of the first run whose ratio is not above it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SaturationAt {
    /// New information, as a share of the themes of the base.
    pub threshold: f64,
    /// Place of that meeting in the order held, from 1.
    #[schema(required = true)]
    pub reached_at: Option<u64>,
    /// That meeting.
    #[schema(required = true)]
    pub meeting_id: Option<MeetingId>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, NotSaturated>,
}

/// What was recorded at one meeting.
#[derive(Clone, Debug, Default)]
struct Recorded {
    discussions: u64,
    contributions: u64,
    coded: u64,
    themes: Bits,
}

/// What was left out, or is not coded yet.
#[derive(Clone, Copy, Debug, Default)]
struct Missing {
    uncoded: u64,
    from_responses: u64,
    not_held: u64,
}

/// New themes by meeting, within `scope` and `filter`.
pub fn saturation(facts: &Facts, scope: &Scope, filter: &Filter) -> Saturation {
    let held: HashMap<u32, &MeetingFact> = facts
        .register()
        .meetings
        .iter()
        .filter(|meeting| meeting.status == MeetingStatus::Held)
        .filter_map(|meeting| Some((facts.meetings.get(&meeting.id)?, meeting)))
        .collect();
    let mut recorded: HashMap<u32, Recorded> = HashMap::new();
    let mut missing = Missing::default();
    for container in &facts.containers {
        if !scope.takes(container) || !filter.takes_container(container) || !filter.hears(container) {
            continue;
        }
        let said = container.contributions.iter();
        let said = said.filter(|said| filter.takes_contribution(said));
        if !container.is_discussion() {
            missing.from_responses += said.count() as u64;
            continue;
        }
        if !held.contains_key(&container.meeting) {
            missing.not_held += 1;
            continue;
        }
        let here = recorded.entry(container.meeting).or_default();
        here.discussions += 1;
        for said in said {
            here.contributions += 1;
            here.coded += u64::from(!said.themes.is_empty());
            missing.uncoded += u64::from(said.themes.is_empty() && !said.set_aside);
            for theme in &said.themes {
                if let Some(standing) = filter.lines[*theme as usize].first() {
                    here.themes.set(*standing);
                }
            }
        }
    }
    let mut in_order: Vec<(&MeetingFact, Recorded)> = recorded
        .into_iter()
        .filter_map(|(meeting, here)| Some((*held.get(&meeting)?, here)))
        .collect();
    in_order.sort_unstable_by_key(|(meeting, _)| (meeting.starts_at, meeting.id));

    let mut seen = Bits::default();
    let mut so_far = Vec::with_capacity(in_order.len());
    for (_, here) in &in_order {
        for theme in (0..facts.themes.len() as u32).filter(|theme| here.themes.has(*theme)) {
            seen.set(theme);
        }
        so_far.push(seen.count());
    }
    let (base_themes, runs) = runs(&so_far);
    let thresholds = THRESHOLDS.map(|threshold| match reached(&runs, threshold) {
        Ok(at) => SaturationAt {
            threshold,
            reached_at: Some(at as u64 + 1),
            meeting_id: in_order.get(at).map(|(meeting, _)| meeting.id),
            undefined: BTreeMap::new(),
        },
        Err(why) => SaturationAt {
            threshold,
            reached_at: None,
            meeting_id: None,
            undefined: [("meeting_id", why), ("reached_at", why)].into(),
        },
    });
    let meetings = in_order
        .iter()
        .zip(runs)
        .enumerate()
        .map(|(at, ((meeting, here), run))| SaturationOfMeeting {
            position: at as u64 + 1,
            meeting_id: meeting.id,
            group_id: meeting.own_group,
            starts_at: meeting.starts_at,
            discussions: here.discussions,
            contributions: here.contributions,
            coded: here.coded,
            themes: here.themes.count(),
            new_themes: so_far[at] - at.checked_sub(1).map_or(0, |before| so_far[before]),
            themes_so_far: so_far[at],
            run,
        })
        .collect();
    Saturation {
        consultation: CollatedConsultation::of(facts),
        scope: scope.answered(),
        filters: filter.applied.clone(),
        base_size: BASE_SIZE as u64,
        run_length: RUN_LENGTH as u64,
        meetings,
        base_themes,
        thresholds: thresholds.into(),
        limitations: limitations(missing),
    }
}

/// Themes of the base, and the run that ends with each meeting, from how many themes were raised up to each.
fn runs(so_far: &[u64]) -> (u64, Vec<Option<SaturationRun>>) {
    let base = so_far.iter().take(BASE_SIZE).next_back().copied().unwrap_or(0);
    let ending_at = |at: usize| {
        // Meetings before the run; the base is among them.
        let before = (at + 1).checked_sub(RUN_LENGTH)?;
        if before < BASE_SIZE {
            return None;
        }
        let new_themes = so_far[at] - so_far[before - 1];
        Some(match base {
            0 => SaturationRun {
                new_themes,
                ratio: None,
                undefined: [("ratio", NotSaturated::NothingInBase)].into(),
            },
            _ => SaturationRun {
                new_themes,
                ratio: Some(new_themes as f64 / base as f64),
                undefined: BTreeMap::new(),
            },
        })
    };
    (base, (0..so_far.len()).map(ending_at).collect())
}

/// The place of the meeting at which saturation was reached, from 0. One in twenty is divided to the very number that 0.05 is,
/// so nothing is lost by comparing quotients.
fn reached(runs: &[Option<SaturationRun>], threshold: f64) -> Result<usize, NotSaturated> {
    let mut of_runs = runs
        .iter()
        .enumerate()
        .filter_map(|(at, run)| Some((at, run.as_ref()?)));
    let Some((_, first)) = of_runs.clone().next() else {
        return Err(NotSaturated::TooFewMeetings);
    };
    if first.ratio.is_none() {
        return Err(NotSaturated::NothingInBase);
    }
    of_runs
        .find(|(_, run)| run.ratio.is_some_and(|ratio| ratio <= threshold))
        .map(|(at, _)| at)
        .ok_or(NotSaturated::NotReached)
}

fn limitations(missing: Missing) -> Vec<Limitation> {
    let mut limitations = standing_limitations();
    limitations.retain(|one| STANDING.contains(&one.code.as_str()));
    limitations.push(Limitation::new(
        "order-of-meetings",
        "Meetings are taken in the order in which they were held; another order could give another result. Where little \
         that was new came, something new may still come.",
    ));
    let Missing {
        uncoded,
        from_responses,
        not_held,
    } = missing;
    if uncoded > 0 {
        limitations.push(Limitation::new(
            "uncoded-contributions",
            format!(
                "{uncoded} contributions are not coded yet, so themes count too little, and one may seem new at a later meeting \
                 than it was."
            ),
        ));
    }
    if from_responses > 0 {
        limitations.push(Limitation::new(
            "responses-left-out",
            format!(
                "{from_responses} contributions came by responses. They are left out, because a response belongs to no meeting."
            ),
        ));
    }
    if not_held > 0 {
        limitations.push(Limitation::new(
            "meetings-not-held",
            format!(
                "{not_held} discussions were recorded at meetings that are not put down as held, and are left out."
            ),
        ));
    }
    limitations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(so_far: &[u64]) -> Vec<Option<f64>> {
        let (_, runs) = runs(so_far);
        runs.iter().map(|run| run.as_ref()?.ratio).collect()
    }

    fn all_reached(so_far: &[u64]) -> [Result<usize, NotSaturated>; 2] {
        let (_, runs) = runs(so_far);
        THRESHOLDS.map(|threshold| reached(&runs, threshold))
    }

    /// By hand. The base of 37 and its first run of 7 new, 19 %, are those of the paper's own example.
    ///
    /// New by meeting: 16, 10, 7, 4 | 5, 2, 1, 0, 1, 0, 0. So far: 16, 26, 33, 37 | 42, 44, 45, 45, 46, 46, 46.
    /// Runs: 5-6: 7/37 = 19 %; 6-7: 3/37 = 8 %; 7-8: 1/37 = 3 %, the first not above 5 %; 8-9: 1/37; 9-10: 1/37;
    /// 10-11: 0, the first without anything new.
    #[test]
    fn saturation_is_that_of_guest_namey_and_chen() {
        let so_far = [16, 26, 33, 37, 42, 44, 45, 45, 46, 46, 46];
        let (base, found) = runs(&so_far);
        let new: Vec<_> = found.iter().flatten().map(|run| run.new_themes).collect();
        assert_eq!((base, new), (37, vec![7, 3, 1, 1, 1, 0]));
        let in_hundred: Vec<_> = ratios(&so_far)
            .iter()
            .map(|ratio| ratio.map(|ratio| (ratio * 100.0).round()))
            .collect();
        let (none, some) = (vec![None; 5], [19.0, 8.0, 3.0, 3.0, 3.0, 0.0].map(Some));
        assert_eq!(in_hundred, [none, some.to_vec()].concat());
        assert_eq!(all_reached(&so_far), [Ok(10), Ok(7)]);
    }

    #[test]
    fn one_in_twenty_is_not_above_five_in_a_hundred() {
        assert_eq!(
            all_reached(&[5, 10, 15, 20, 21, 21]),
            [Err(NotSaturated::NotReached), Ok(5)]
        );
        assert_eq!(
            all_reached(&[5, 10, 15, 19, 19, 20]),
            [Err(NotSaturated::NotReached); 2]
        );
        assert_eq!(all_reached(&[1, 1, 1, 1, 1, 1]), [Ok(5); 2]);
    }

    #[test]
    fn without_a_base_and_a_run_there_is_no_saturation() {
        for so_far in [&[][..], &[3], &[3, 3, 3, 3], &[3, 3, 3, 3, 3]] {
            assert_eq!(all_reached(so_far), [Err(NotSaturated::TooFewMeetings); 2]);
        }
        let nothing = [Err(NotSaturated::NothingInBase); 2];
        assert_eq!(all_reached(&[0, 0, 0, 0, 0, 0, 0]), nothing);
        assert_eq!(all_reached(&[0, 0, 0, 0, 2, 2, 2, 2]), nothing);
        assert_eq!(ratios(&[0, 0, 0, 0, 2, 2]), [None; 6]);
        assert_eq!(
            runs(&[0, 0, 0, 0, 2, 2]).1[5].as_ref().map(|run| run.new_themes),
            Some(2)
        );
        assert_eq!(runs(&[2, 3]).0, 3);
    }
}
