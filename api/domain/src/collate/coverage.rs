//! Who was expected, who was there, who was heard, and who is silent: asked before closing, so that somebody can
//! still be rung up.

use super::{
    filter::Scope,
    fold::{Bits, expected_groups, services_expected},
};
use crate::{
    facts::{Facts, ServiceFact},
    id::{ConsultationId, GroupId, MeetingId},
    vocabulary::{MeetingStatus, NotDiscussedReason, RespondentGroup, Setting},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// Coverage of one consultation, within what the caller may see.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Coverage {
    pub consultation_id: ConsultationId,
    /// Groups: expected by the consultation, present with a meeting held, heard by a discussion or response.
    pub groups: CoverageOf,
    /// Services of the groups expected: present at a meeting of the consultation, heard there or by a response.
    pub services: CoverageOf,
    /// Settings of the services expected: present by their services, heard by a contribution. Absent for controlled
    /// callers: how many were heard says of a hidden count that it is not zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<CoverageOf>,
    /// Respondent groups: expected are those that live in, work in, care for or commission services. Absent for
    /// controlled callers, as settings are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_groups: Option<CoverageOf>,
    /// Tables: expected where a held meeting says how many there were, posted as discussions.
    pub tables: Tables,
    /// Questions, and at how many tables each was discussed.
    pub questions: Vec<CoverageOfQuestion>,
}

/// How many were expected, there and heard; and who is still silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CoverageOf {
    /// Who was expected. Unit: that which the list is of.
    pub expected: u64,
    /// Those of them who were there. Unit: that which the list is of. Base: `expected`.
    pub present: u64,
    /// Those of them who were heard. Unit: that which the list is of. Base: `expected`.
    pub heard: u64,
    /// Expected and not heard, by name; absent for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silent: Option<Vec<SilentEntry>>,
    /// How evenly services were heard over groups, and over settings. Absent of services, which are what is counted; of
    /// respondent groups, whose numbers nobody knows; and for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participation: Option<Participation>,
}

/// How evenly services were heard over the categories of one kind: groups, or settings. A category's rate is its expected
/// services that were heard, over its expected services; one without expected services has no rate.
///
/// The participation ratio is that by which Go Vocal judges who took part (its "R-score"): the smallest rate over the largest.
/// It tells of unevenness and not of how many were heard: where every category is heard as little, it is 1.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Participation {
    /// The smallest rate over the largest; from 0 to 1. Base: categories with expected services.
    #[schema(required = true)]
    pub ratio: Option<f64>,
    /// The category with the smallest rate; of several, the first: groups in the order of the register, settings from high
    /// security to the community.
    #[schema(required = true)]
    pub lowest: Option<ParticipationRate>,
    /// The category with the largest rate; of several, the first.
    #[schema(required = true)]
    pub highest: Option<ParticipationRate>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, NoParticipation>,
}

/// The rate of one category.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ParticipationRate {
    pub key: String,
    pub label: String,
    /// `heard` over `expected`; from 0 to 1.
    /// Base: `expected`.
    pub rate: f64,
    /// Expected services of the category that were heard. Unit: services; base: `expected`.
    pub heard: u64,
    /// Services of the category in being while the consultation ran, of groups expected. Unit: services.
    pub expected: u64,
}

/// Why a figure of participation cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoParticipation {
    /// Fewer than two categories have expected services, so there is nothing to compare.
    TooFewCategories,
    /// No service was heard, so the largest rate is 0.
    NobodyHeard,
}

/// Tables that said they did not come to a question, by the reason they gave. Unit: discussions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotDiscussedBecause {
    /// There was no time left for it.
    /// Unit: discussions. Base: `not_discussed`.
    pub no_time: u64,
    /// The table chose not to.
    /// Unit: discussions. Base: `not_discussed`.
    pub chose_not_to: u64,
    /// It was not put to the table.
    /// Unit: discussions. Base: `not_discussed`.
    pub not_asked: u64,
    /// For another reason.
    /// Unit: discussions. Base: `not_discussed`.
    pub other: u64,
}

impl NotDiscussedBecause {
    fn add(&mut self, reason: NotDiscussedReason) {
        *match reason {
            NotDiscussedReason::NoTime => &mut self.no_time,
            NotDiscussedReason::ChoseNotTo => &mut self.chose_not_to,
            NotDiscussedReason::NotAsked => &mut self.not_asked,
            NotDiscussedReason::Other => &mut self.other,
        } += 1;
    }
}

/// One who was expected and not heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SilentEntry {
    pub key: String,
    pub label: String,
}

/// Tables posted against tables held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tables {
    /// Sum over held meetings that say how many tables there were.
    /// Unit: discussions. Base: held meetings that say how many tables there were.
    pub expected: u64,
    /// Discussions posted.
    /// Unit: discussions. Base: `expected`, where every meeting says so.
    pub posted: u64,
    /// Absent for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_group: Option<Vec<TablesOfGroup>>,
    /// Meetings of the consultation's rounds, and those with a discussion on it, whatever became of them. Absent for
    /// controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_meeting: Option<Vec<TablesOfMeeting>>,
}

/// Tables of one group. `expected` is null where no meeting of it says how many there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TablesOfGroup {
    pub key: String,
    pub label: String,
    /// Tables that its held meetings say there were. Unit: discussions. Base: meetings of the group.
    #[schema(required = true)]
    pub expected: Option<u64>,
    /// Discussions posted. Unit: discussions. Base: `expected`.
    pub posted: u64,
}

/// Tables of one meeting. `expected` is null where it does not say how many there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TablesOfMeeting {
    pub meeting_id: MeetingId,
    /// The group that met.
    pub group_id: GroupId,
    pub status: MeetingStatus,
    /// Tables that it says there were. Unit: discussions. Base: the meeting.
    #[schema(required = true)]
    pub expected: Option<u64>,
    /// Discussions posted. Unit: discussions. Base: `expected`.
    pub posted: u64,
}

/// How one question was covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoverageOfQuestion {
    pub number: i32,
    pub prompt: String,
    /// Tables with a contribution or a tally on it.
    /// Unit: discussions. Base: all discussions within scope.
    pub discussions: u64,
    /// Tables that said they did not come to it.
    /// Unit: discussions. Base: all discussions within scope.
    pub not_discussed: u64,
    /// The same by the reason that they gave. Unit: discussions; base: `not_discussed`. Absent for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_discussed_because: Option<NotDiscussedBecause>,
    /// Tables that neither recorded anything nor said why.
    /// Unit: discussions. Base: all discussions within scope.
    pub no_record: u64,
    /// Groups expected or heard that said nothing on it; absent for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups_silent: Option<Vec<SilentEntry>>,
}

impl Coverage {
    /// The numbers that are evidence and no persons', without names.
    pub(crate) fn in_numbers(mut self) -> Self {
        self.settings = None;
        self.respondent_groups = None;
        self.groups.silent = None;
        self.groups.participation = None;
        self.services.silent = None;
        self.tables.by_group = None;
        self.tables.by_meeting = None;
        for question in &mut self.questions {
            question.groups_silent = None;
            question.not_discussed_because = None;
        }
        self
    }
}

/// Who was expected and who was heard, within `scope`.
pub fn coverage(facts: &Facts, scope: &Scope) -> Coverage {
    let register = facts.register();
    let expected = expected_groups(facts, scope);
    let label = |at: u32| {
        let id = facts.groups.id(at);
        let name = register
            .groups
            .iter()
            .find(|group| group.id == id)
            .map(|group| group.name.clone());
        SilentEntry {
            key: id.to_string(),
            label: name.unwrap_or_default(),
        }
    };

    let mut heard_groups = Bits::default();
    let mut heard_meetings: HashMap<MeetingId, u64> = HashMap::new();
    let mut heard_services = HashSet::new();
    let mut heard_settings = HashSet::new();
    let mut heard_people = HashSet::new();
    let mut posted = vec![0u64; facts.groups.len()];
    let mut questions: Vec<_> = register
        .questions
        .iter()
        .map(|_| (0, 0, NotDiscussedBecause::default(), 0, Bits::default()))
        .collect();
    for container in facts
        .containers
        .iter()
        .filter(|one| one.counts() && scope.takes(one))
    {
        heard_groups.set_known(container.group);
        heard_services.extend(container.service);
        heard_people.extend(container.contributions.iter().map(|said| said.respondent_group));
        heard_settings.extend(container.contributions.iter().map(|said| said.setting));
        if container.is_discussion() {
            *heard_meetings
                .entry(facts.meetings.id(container.meeting))
                .or_default() += 1;
            posted[container.group as usize] += 1;
        }
        for (at, (discussions, not_discussed, because, no_record, groups)) in questions.iter_mut().enumerate()
        {
            let at = at as u32;
            let on_it = container.contributions.iter().any(|said| said.question == at)
                || container.answers.iter().any(|(question, ..)| *question == at);
            if on_it {
                groups.set_known(container.group);
            }
            if container.is_discussion() {
                match (on_it, container.not_discussed_because(at)) {
                    (true, _) => *discussions += 1,
                    (false, Some(reason)) => {
                        *not_discussed += 1;
                        because.add(reason);
                    }
                    (false, None) => *no_record += 1,
                }
            }
        }
    }

    let rounds = register
        .consultation
        .as_ref()
        .map(|one| one.rounds.as_slice())
        .unwrap_or_default();
    let mut of_consultation: Vec<_> = register
        .meetings
        .iter()
        .filter(|meeting| scope.takes_id(meeting.own_group))
        .filter(|meeting| rounds.contains(&meeting.round) || heard_meetings.contains_key(&meeting.id))
        .collect();
    of_consultation.sort_by_key(|meeting| meeting.id);
    let held = of_consultation
        .iter()
        .filter(|meeting| meeting.status == MeetingStatus::Held);
    let meetings: Vec<_> = held.collect();
    let mut met = Bits::default();
    let mut present_services = HashSet::new();
    let mut present_people = HashSet::new();
    let mut tables: Vec<Option<u64>> = vec![None; facts.groups.len()];
    for meeting in &meetings {
        let Some(group) = facts.groups.get(&meeting.group) else {
            continue;
        };
        met.set(group);
        if let Some(count) = meeting.tables {
            *tables[group as usize].get_or_insert(0) += count as u64;
        }
        for (service, who, people) in &meeting.attendance {
            if *people > 0 {
                present_people.insert(*who);
                present_services.extend(*service);
                if heard_meetings.contains_key(&meeting.id) {
                    heard_services.extend(*service);
                }
            }
        }
    }

    let services = services_expected(facts, &expected);
    let settings: Vec<_> = Setting::ALL
        .iter()
        .filter(|setting| services.iter().any(|service| service.setting == **setting))
        .collect();
    let heard_of = |of: &dyn Fn(&ServiceFact) -> bool| {
        let own = services.iter().filter(|service| of(service));
        own.fold((0, 0), |(heard, expected), service| {
            let is_heard = heard_services.contains(&service.id);
            (heard + u64::from(is_heard), expected + 1)
        })
    };
    let by_group = expected.iter().map(|at| {
        let id = facts.groups.id(*at);
        (label(*at), heard_of(&|service| service.group == id))
    });
    let by_setting = settings.iter().map(|setting| {
        let entry = SilentEntry {
            key: setting.to_string(),
            label: setting.label().to_owned(),
        };
        (entry, heard_of(&|service| service.setting == **setting))
    });
    let people: Vec<_> = RespondentGroup::ALL
        .iter()
        .copied()
        .filter(|who| who.is_expected())
        .collect();
    let mut groups_with_tables: Vec<u32> = expected.clone();
    groups_with_tables.extend(
        facts.groups_in_order().filter(|at| {
            !expected.contains(at) && (posted[*at as usize] > 0 || tables[*at as usize].is_some())
        }),
    );
    Coverage {
        consultation_id: register
            .consultation
            .as_ref()
            .map_or_else(|| uuid::Uuid::nil().into(), |one| one.id),
        groups: CoverageOf {
            expected: expected.len() as u64,
            present: expected.iter().filter(|at| met.has(**at)).count() as u64,
            heard: expected.iter().filter(|at| heard_groups.has(**at)).count() as u64,
            silent: Some(
                expected
                    .iter()
                    .filter(|at| !heard_groups.has(**at))
                    .map(|at| label(*at))
                    .collect(),
            ),
            participation: Some(participation(by_group)),
        },
        services: covered(
            services.iter().map(|service| (service.id, service.name.clone())),
            |id| present_services.contains(id),
            |id| heard_services.contains(id),
        ),
        settings: Some(CoverageOf {
            participation: Some(participation(by_setting)),
            ..covered(
                settings
                    .iter()
                    .map(|setting| (**setting, setting.label().to_owned())),
                |setting| {
                    services
                        .iter()
                        .any(|one| one.setting == *setting && present_services.contains(&one.id))
                },
                |setting| heard_settings.contains(setting),
            )
        }),
        respondent_groups: Some(covered(
            people.into_iter().map(|who| (who, who.label().to_owned())),
            |who| present_people.contains(who),
            |who| heard_people.contains(who),
        )),
        tables: Tables {
            expected: tables.iter().flatten().sum(),
            posted: posted.iter().sum(),
            by_group: Some(
                groups_with_tables
                    .iter()
                    .map(|at| {
                        let SilentEntry { key, label } = label(*at);
                        TablesOfGroup {
                            key,
                            label,
                            expected: tables[*at as usize],
                            posted: posted[*at as usize],
                        }
                    })
                    .collect(),
            ),
            by_meeting: Some(
                of_consultation
                    .iter()
                    .map(|meeting| TablesOfMeeting {
                        meeting_id: meeting.id,
                        group_id: meeting.own_group,
                        status: meeting.status,
                        expected: meeting.tables.map(|count| count as u64),
                        posted: heard_meetings.get(&meeting.id).copied().unwrap_or(0),
                    })
                    .collect(),
            ),
        },
        questions: register
            .questions
            .iter()
            .zip(&questions)
            .map(
                |(question, (discussions, not_discussed, because, no_record, groups))| CoverageOfQuestion {
                    number: question.number,
                    prompt: question.prompt.clone(),
                    discussions: *discussions,
                    not_discussed: *not_discussed,
                    not_discussed_because: Some(*because),
                    no_record: *no_record,
                    groups_silent: Some(
                        facts
                            .groups_in_order()
                            .filter(|at| (expected.contains(at) || heard_groups.has(*at)) && !groups.has(*at))
                            .map(label)
                            .collect(),
                    ),
                },
            )
            .collect(),
    }
}

/// How evenly services were heard, from how many were heard and expected in each category.
fn participation(categories: impl Iterator<Item = (SilentEntry, (u64, u64))>) -> Participation {
    let rates: Vec<_> = categories
        .filter(|(_, (_, expected))| *expected > 0)
        .map(
            |(SilentEntry { key, label }, (heard, expected))| ParticipationRate {
                key,
                label,
                rate: heard as f64 / expected as f64,
                heard,
                expected,
            },
        )
        .collect();
    // Of equal ones the first: `min_by` gives it, `max_by` would give the last.
    let lowest = rates.iter().min_by(|one, other| one.rate.total_cmp(&other.rate));
    let highest = rates.iter().min_by(|one, other| other.rate.total_cmp(&one.rate));
    match (lowest, highest) {
        (Some(lowest), Some(highest)) if rates.len() > 1 => {
            let nobody = highest.heard == 0;
            Participation {
                ratio: (!nobody).then(|| lowest.rate / highest.rate),
                lowest: Some(lowest.clone()),
                highest: Some(highest.clone()),
                undefined: nobody
                    .then_some(("ratio", NoParticipation::NobodyHeard))
                    .into_iter()
                    .collect(),
            }
        }
        _ => Participation {
            ratio: None,
            lowest: None,
            highest: None,
            undefined: ["ratio", "lowest", "highest"]
                .map(|figure| (figure, NoParticipation::TooFewCategories))
                .into(),
        },
    }
}

fn covered<K: ToString>(
    expected: impl Iterator<Item = (K, String)>,
    present: impl Fn(&K) -> bool,
    heard: impl Fn(&K) -> bool,
) -> CoverageOf {
    let mut of = CoverageOf::default();
    let mut silent = Vec::new();
    for (key, label) in expected {
        of.expected += 1;
        of.present += u64::from(present(&key));
        if heard(&key) {
            of.heard += 1;
        } else {
            silent.push(SilentEntry {
                key: key.to_string(),
                label,
            });
        }
    }
    of.silent = Some(silent);
    of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(categories: &[(&str, u64, u64)]) -> Participation {
        participation(categories.iter().map(|(key, heard, expected)| {
            let entry = SilentEntry {
                key: (*key).to_owned(),
                label: key.to_uppercase(),
            };
            (entry, (*heard, *expected))
        }))
    }

    fn keys(found: &Participation) -> [Option<&str>; 2] {
        [&found.lowest, &found.highest].map(|rate| rate.as_ref().map(|rate| rate.key.as_str()))
    }

    /// Rates of 3/4, 1/2 and 9/10; one without services has none.
    #[test]
    fn participation_is_the_smallest_rate_over_the_largest() {
        let found = of(&[("a", 3, 4), ("b", 1, 2), ("c", 0, 0), ("d", 9, 10)]);
        assert_eq!(found.ratio, Some(0.5 / 0.9));
        assert_eq!(
            found.lowest,
            Some(ParticipationRate {
                key: "b".into(),
                label: "B".into(),
                rate: 0.5,
                heard: 1,
                expected: 2
            })
        );
        assert_eq!(keys(&found), [Some("b"), Some("d")]);
        assert!(found.undefined.is_empty());
    }

    #[test]
    fn of_equal_rates_the_first_is_named() {
        let found = of(&[("a", 1, 2), ("b", 2, 4), ("c", 1, 3), ("d", 2, 6)]);
        assert_eq!(keys(&found), [Some("c"), Some("a")]);
        let even = of(&[("a", 1, 3), ("b", 2, 6)]);
        assert_eq!((even.ratio, keys(&even)), (Some(1.0), [Some("a"); 2]));
    }

    #[test]
    fn a_silent_category_is_nought_and_all_of_them_nothing() {
        assert_eq!(of(&[("a", 0, 4), ("b", 1, 2)]).ratio, Some(0.0));
        let silent = of(&[("a", 0, 4), ("b", 0, 2)]);
        assert_eq!(silent.ratio, None);
        assert_eq!(keys(&silent), [Some("a"); 2]);
        assert_eq!(silent.undefined, [("ratio", NoParticipation::NobodyHeard)].into());
    }

    #[test]
    fn one_category_is_compared_with_nothing() {
        for few in [&[][..], &[("a", 3, 4)], &[("a", 3, 4), ("b", 0, 0)]] {
            let found = of(few);
            assert_eq!((found.ratio, keys(&found)), (None, [None; 2]));
            assert!(found.undefined.len() == 3);
            assert!(
                found
                    .undefined
                    .values()
                    .all(|why| *why == NoParticipation::TooFewCategories)
            );
        }
    }
}
