//! How far groups, respondent groups and settings agree with each statement, and who was silent on it.
//!
//! Shows of hands and choices are added up by whose they are. Hands on single contributions never enter: two contributions
//! under one theme may say the contrary, and nothing is added up over a theme.

use super::{
    answer::{
        AnswerScope, AppliedFilters, AppliedPolicy, CollatedConsultation, Collation, Count, Limitation,
    },
    coverage::SilentEntry,
    cross_tab::{CrossTab, Dimension},
    filter::{Filter, Scope},
    fold::{Bits, expected_groups, services_expected},
    standing_limitations,
};
use crate::{
    consensus::{Consensus, GroupAnswers, consensus},
    facts::{Container, Facts},
    vocabulary::{QuestionKind, RespondentGroup, Setting},
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Agreement with every statement of a consultation, across groups, respondent groups and settings. Units are people: those
/// who raised a hand at a table, and one for each response.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsensusAnswer {
    pub consultation: CollatedConsultation,
    /// Which rule stands between the exact figures and this answer.
    pub policy: AppliedPolicy,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// Questions of the kind `agreement`, by number.
    pub questions: Vec<ConsensusOnQuestion>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// Agreement with one statement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ConsensusOnQuestion {
    pub number: i32,
    pub prompt: String,
    /// Across regional and national groups, as in a collation.
    #[schema(required = true)]
    pub group: Option<AcrossGroups>,
    /// Across respondent groups, such as people in services and staff. Hands of tables where several kinds sat together are
    /// nobody's and stand in `people_outside`.
    #[schema(required = true)]
    pub respondent_group: Option<AcrossGroups>,
    /// Across settings. Tables have none, so these are responses alone.
    #[schema(required = true)]
    pub setting: Option<AcrossGroups>,
    /// Why one of these is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, WithoutConsensus>,
}

/// Why agreement cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutConsensus {
    /// The release does not hold the table of answers by this dimension; whoever makes the next can add it to its `cuts`.
    CutNotReleased,
    /// The disclosure policy hides a count that it would be made of.
    Hidden,
}

/// Agreement with one statement across some kind of group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct AcrossGroups {
    /// Base of its shares: people of the groups heard. In a release groups are the columns of the table that it holds.
    #[serde(flatten)]
    pub consensus: Consensus,
    /// Groups heard, in the order of the legend.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub heard: Option<Vec<GroupHeard>>,
    /// Groups expected, or heard elsewhere in the consultation, that are silent on this; absent for controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub silent: Option<Vec<SilentEntry>>,
    /// Respondent groups that are neither: they sat at tables with others and raised hands there, and nobody wrote down whose hands
    /// were whose. Absent where there are none, and for controlled callers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub not_told_apart: Vec<SilentEntry>,
    /// People who answered and are of none of these, or of several: they enter no figure here. Unit: people. Absent for
    /// controlled callers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub people_outside: Option<Count>,
}

/// People of one group on one statement.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupHeard {
    pub key: String,
    pub label: String,
    /// Unit: people of this group.
    pub agree: Count,
    /// Unit: people of this group.
    pub disagree: Count,
    /// Unit: people of this group.
    pub unsure: Count,
    /// (agree + 1) / (all three + 2), from 0 to 1. Base: people of this group who answered.
    pub share: f64,
    /// (disagree + 1) / (all three + 2), from 0 to 1. Base: people of this group who answered.
    pub opposed_share: f64,
}

/// Answers by the place of whoever gave them; `None` for those of no group or of several.
type Answers = BTreeMap<Option<u32>, GroupAnswers>;

/// One who could have answered: place, key and label.
type Asked = (u32, String, String);

impl GroupHeard {
    /// Of counts that are all shown; none where one is hidden.
    fn new(key: &str, label: &str, [agree, disagree, unsure]: [Count; 3]) -> Option<(Self, GroupAnswers)> {
        let people = GroupAnswers {
            agree: agree.value?,
            disagree: disagree.value?,
            unsure: unsure.value?,
        };
        let heard = Self {
            key: key.to_owned(),
            label: label.to_owned(),
            agree,
            disagree,
            unsure,
            share: people.share(),
            opposed_share: people.opposed_share(),
        };
        Some((heard, people))
    }
}

impl AcrossGroups {
    fn of(answers: &Answers, asked: &[Asked], among_others: &Bits) -> Self {
        let people = |at: u32| answers.get(&Some(at)).copied().unwrap_or_default();
        let told = |(at, ..): &&Asked| people(*at).seen() > 0 || !among_others.has(*at);
        let (asked, apart): (Vec<&Asked>, Vec<&Asked>) = asked.iter().partition(told);
        let entry = |(_, key, label): &Asked| SilentEntry {
            key: key.clone(),
            label: label.clone(),
        };
        let (heard, silent): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|(at, ..)| people(*at).seen() > 0);
        Self {
            consensus: consensus(heard.iter().chain(&silent).map(|(at, ..)| people(*at))),
            heard: Some(
                heard
                    .into_iter()
                    .filter_map(|(at, key, label)| {
                        let people = people(*at);
                        let counts = [people.agree, people.disagree, people.unsure].map(Count::exact);
                        Some(GroupHeard::new(key, label, counts)?.0)
                    })
                    .collect(),
            ),
            silent: Some(silent.into_iter().map(entry).collect()),
            not_told_apart: apart.into_iter().map(entry).collect(),
            people_outside: Some(Count::exact(
                answers.get(&None).copied().unwrap_or_default().seen(),
            )),
        }
    }
}

/// Who was heard on anything, by group, respondent group and setting.
#[derive(Default)]
struct HeardAnywhere {
    groups: Bits,
    respondent_groups: Bits,
    settings: Bits,
}

/// The respondent group that answers of a table or response are of; none where several sat together or nobody knows.
fn whose(container: &Container) -> Option<u32> {
    use RespondentGroup::{Mixed, NotRecorded};
    let who = container.respondent_group;
    (!matches!(who, Mixed | NotRecorded)).then_some(who as u32)
}

/// The setting of a response; none where it is mixed or nobody knows.
fn setting_of(container: &Container) -> Option<u32> {
    let setting = container.setting;
    (!matches!(setting, Setting::Mixed | Setting::NotRecorded)).then_some(setting as u32)
}

/// Agreement with every statement, within `scope` and `filter`.
pub fn across_groups(facts: &Facts, scope: &Scope, filter: &Filter) -> ConsensusAnswer {
    let register = facts.register();
    let mut by: Vec<[Answers; 3]> = vec![Default::default(); register.questions.len()];
    let mut anywhere = HeardAnywhere::default();
    // Who sat at tables of several kinds that answered, question by question.
    let mut among_others = vec![Bits::default(); register.questions.len()];
    for container in &facts.containers {
        if !scope.takes(container) || !filter.takes_container(container) {
            continue;
        }
        anywhere.groups.set_known(container.group);
        for said in &container.contributions {
            if filter.takes_contribution(said) {
                anywhere.respondent_groups.set(said.respondent_group as u32);
                anywhere.settings.set(said.setting as u32);
            }
        }
        let group = (container.group != crate::facts::NONE).then_some(container.group);
        for (question, option, people) in &container.answers {
            if !filter.takes_answer(container, *question) {
                continue;
            }
            anywhere.respondent_groups.set(container.respondent_group as u32);
            anywhere.settings.set(container.setting as u32);
            let Some(answers) = by.get_mut(*question as usize) else {
                continue;
            };
            if whose(container).is_none()
                && *people > 0
                && let Some(there) = among_others.get_mut(*question as usize)
            {
                let seated = container.participants.iter().enumerate();
                for (who, _) in seated.filter(|(_, people)| **people > 0) {
                    there.set(who as u32);
                }
            }
            let places = [group, whose(container), setting_of(container)];
            for (answers, place) in answers.iter_mut().zip(places) {
                answers.entry(place).or_default().add(*option, u64::from(*people));
            }
        }
    }

    let expected: Vec<u32> = expected_groups(facts, scope)
        .into_iter()
        .filter(|at| filter.takes_group(*at))
        .collect();
    let groups: Vec<Asked> = register
        .groups
        .iter()
        .filter_map(|group| {
            Some((
                facts.groups.get(&group.id)?,
                group.id.to_string(),
                group.name.clone(),
            ))
        })
        .filter(|(at, ..)| expected.contains(at) || anywhere.groups.has(*at))
        .collect();
    let of_words = |at: u32, key: String, label: &str| (at, key, label.to_owned());
    let respondent_groups: Vec<Asked> = RespondentGroup::ALL
        .iter()
        .filter(|who| !matches!(who, RespondentGroup::Mixed | RespondentGroup::NotRecorded))
        .filter(|who| filter.takes_respondent_group(**who))
        .filter(|who| who.is_expected() || anywhere.respondent_groups.has(**who as u32))
        .map(|who| of_words(*who as u32, who.to_string(), who.label()))
        .collect();
    let services = services_expected(facts, &expected);
    let settings: Vec<Asked> = Setting::ALL
        .iter()
        .filter(|setting| !matches!(setting, Setting::Mixed | Setting::NotRecorded))
        .filter(|setting| filter.takes_setting(**setting))
        .filter(|setting| {
            services.iter().any(|service| service.setting == **setting)
                || anywhere.settings.has(**setting as u32)
        })
        .map(|setting| of_words(*setting as u32, setting.to_string(), setting.label()))
        .collect();

    let questions = register.questions.iter().zip(&by).enumerate();
    let questions = questions
        .filter(|(at, (question, _))| {
            question.kind == QuestionKind::Agreement && filter.takes_question(*at as u32)
        })
        .map(
            |(at, (question, [by_group, by_people, by_setting]))| ConsensusOnQuestion {
                number: question.number,
                prompt: question.prompt.clone(),
                group: Some(AcrossGroups::of(by_group, &groups, &Bits::default())),
                respondent_group: Some(AcrossGroups::of(by_people, &respondent_groups, &among_others[at])),
                setting: Some(AcrossGroups::of(by_setting, &settings, &Bits::default())),
                undefined: BTreeMap::new(),
            },
        );
    let questions: Vec<_> = questions.collect();
    let mut limitations = standing_limitations();
    if !register
        .questions
        .iter()
        .any(|question| question.kind == QuestionKind::Agreement)
    {
        limitations.push(Limitation::new(
            "no-statements",
            "No question of this consultation is of the kind `agreement`. Hands raised for single points are not added up: points \
             under one theme may contradict each other.",
        ));
    }
    ConsensusAnswer {
        consultation: CollatedConsultation::of(facts),
        policy: AppliedPolicy::none(facts),
        scope: scope.answered(),
        filters: filter.applied.clone(),
        questions,
        limitations,
    }
}

/// The same of a release, made of nothing but what it shows: `collation`, and its tables of answers by respondent group and by
/// setting as far as it holds them, by number of the question.
pub fn released_across_groups(
    collation: &Collation,
    tables: &BTreeMap<(i32, Dimension), CrossTab>,
) -> ConsensusAnswer {
    let questions = collation.questions.iter().filter_map(|question| {
        let (number, prompt) = (question.number?, question.prompt.clone()?);
        let consensus = question.consensus?;
        let mut undefined = BTreeMap::new();
        let mut of = |name: &'static str, found: Result<AcrossGroups, WithoutConsensus>| {
            found.map_err(|why| undefined.insert(name, why)).ok()
        };
        let group = match consensus.product.is_some() || consensus.groups_heard == 0 {
            true => Ok(AcrossGroups {
                consensus,
                heard: None,
                silent: None,
                not_told_apart: Vec::new(),
                people_outside: None,
            }),
            false => Err(WithoutConsensus::Hidden),
        };
        Some(ConsensusOnQuestion {
            number,
            prompt,
            group: of("group", group),
            respondent_group: of(
                "respondent_group",
                released(tables.get(&(number, Dimension::RespondentGroup))),
            ),
            setting: of("setting", released(tables.get(&(number, Dimension::Setting)))),
            undefined,
        })
    });
    ConsensusAnswer {
        consultation: collation.consultation.clone(),
        policy: collation.policy,
        scope: collation.scope.clone(),
        filters: AppliedFilters::default(),
        questions: questions.collect(),
        limitations: collation.limitations.clone(),
    }
}

/// Agreement across the columns of a released table of answers, where every count of them is shown.
fn released(table: Option<&CrossTab>) -> Result<AcrossGroups, WithoutConsensus> {
    let table = table.ok_or(WithoutConsensus::CutNotReleased)?;
    let outside = ["mixed", "not_recorded"];
    let mut heard = Vec::new();
    for column in table
        .columns
        .iter()
        .filter(|one| !outside.contains(&one.key.as_str()))
    {
        if table.merged.iter().any(|merged| merged.key == column.key) {
            return Err(WithoutConsensus::Hidden);
        }
        let of = |option: &str| {
            let row = table.rows.iter().find(|row| row.key == option);
            row.and_then(|row| row.cells.get(&column.key))
                .ok_or(WithoutConsensus::Hidden)
        };
        let counts = [of("agree")?, of("disagree")?, of("unsure")?];
        let of_column = GroupHeard::new(&column.key, &column.label, counts);
        heard.push(of_column.ok_or(WithoutConsensus::Hidden)?);
    }
    Ok(AcrossGroups {
        consensus: consensus(heard.iter().map(|(_, people)| *people)),
        heard: Some(
            heard
                .into_iter()
                .filter(|(_, people)| people.seen() > 0)
                .map(|(group, _)| group)
                .collect(),
        ),
        silent: None,
        not_told_apart: Vec::new(),
        people_outside: None,
    })
}
