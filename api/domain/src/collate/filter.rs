//! One path from words in a request to rows that count: every figure of a consultation goes through here.
//!
//! OR inside one parameter, AND across parameters; a value nobody knows is an error, never "everything".

use super::answer::{AnswerScope, AppliedFilters, Audience};
use crate::{
    facts::{Container, Contribution, Facts, NONE, ThemeFact},
    id::{GroupId, ThemeId},
    vocabulary::{Channel, RespondentGroup, ReviewState, Setting, Stance, ThemeStatus},
};
use smallvec::SmallVec;
use std::{collections::HashMap, str::FromStr};
use uuid::Uuid;

/// The caller's own words, by parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FilterValues {
    /// Numbers of questions, or `none` for points outside every question.
    pub question: Option<Vec<String>>,
    /// Ids or codes of themes; a parent stands for its sub-themes too.
    pub theme: Option<Vec<String>>,
    /// Refs of sections.
    pub section: Option<Vec<String>>,
    /// Ids of groups, or `not_recorded`.
    pub group: Option<Vec<String>>,
    /// Respondent groups.
    pub respondent_group: Option<Vec<String>>,
    /// Settings.
    pub setting: Option<Vec<String>>,
    /// Channels.
    pub channel: Option<Vec<String>>,
    /// Ids of rounds.
    pub round: Option<Vec<String>>,
    /// Stances; the list of contributions has this filter, figures have not.
    pub stance: Option<Vec<String>>,
    /// Where the discussion or response stands in review; the list of contributions has this filter, figures have not.
    pub review: Option<Vec<String>>,
    /// `true` for coded, `false` for not yet coded; the list of contributions has this filter, figures have not.
    pub coded: Option<Vec<String>>,
    /// `true` for what the personal-data screen saw something in that nobody has cleared, `false` for all else; the list of
    /// contributions has this filter, figures have not.
    pub flagged: Option<Vec<String>>,
    /// `true` for what coders who worked independently see differently and nobody has decided, `false` for all else; the list of
    /// contributions has this filter, figures have not.
    pub unadjudicated: Option<Vec<String>>,
}

/// A value that names nothing in this consultation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    pub parameter: &'static str,
    pub value: String,
    pub expected: String,
}

/// Whose feedback may be counted for a caller: everything, or some groups only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole consultation.
    Whole,
    /// Only what these groups said.
    Groups(Vec<GroupId>),
    /// Only these discussions and responses.
    Own(Vec<Uuid>),
}

impl Scope {
    /// As an exact answer says what it was narrowed to.
    pub(crate) fn answered(&self) -> AnswerScope {
        AnswerScope {
            audience: Audience::Exact,
            group_ids: match self {
                Self::Whole => None,
                Self::Groups(ids) => Some(ids.clone()),
                Self::Own(_) => Some(Vec::new()),
            },
        }
    }

    /// Whether a discussion or response is in sight.
    pub(crate) fn takes(&self, container: &Container) -> bool {
        match self {
            Self::Whole => true,
            Self::Groups(ids) => container.own_group.is_some_and(|group| ids.contains(&group)),
            Self::Own(ids) => ids.contains(&container.id),
        }
    }

    /// Whether a group, as figures count it, is in sight.
    pub(crate) fn takes_group(&self, facts: &Facts, group: u32) -> bool {
        match self {
            Self::Whole => true,
            Self::Groups(ids) => group != NONE && ids.contains(&facts.groups.id(group)),
            Self::Own(_) => false,
        }
    }

    pub(crate) fn takes_id(&self, group: GroupId) -> bool {
        match self {
            Self::Whole => true,
            Self::Groups(ids) => ids.contains(&group),
            Self::Own(_) => false,
        }
    }
}

/// A set of words of a closed set, as bits.
#[derive(Clone, Copy, Debug)]
struct Words(u32);

impl Words {
    const ALL: Self = Self(u32::MAX);

    fn has(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }
}

/// A filter that was understood. Cheap to ask, made once for a request.
#[derive(Clone, Debug)]
pub struct Filter {
    pub(crate) applied: AppliedFilters,
    question: Option<Vec<u32>>,
    section: Option<Vec<u32>>,
    theme: Option<Vec<u32>>,
    round: Option<Vec<u32>>,
    /// By group number; groups without a number get no bit.
    group: Option<Vec<bool>>,
    group_none: bool,
    whole: bool,
    respondent_group: Words,
    setting: Words,
    channel: Words,
    stance: Words,
    review: Words,
    coded: Option<bool>,
    flagged: Option<bool>,
    unadjudicated: Option<bool>,
    /// By theme number: itself as it counts today, and its parent.
    pub(crate) lines: Vec<SmallVec<[u32; 2]>>,
}

impl Filter {
    /// Understands `values` within `scope`.
    ///
    /// # Errors
    /// Every value that names nothing the caller may know of, at once.
    pub fn new(facts: &Facts, scope: &Scope, values: &FilterValues) -> Result<Self, Vec<UnknownValue>> {
        let register = facts.register();
        let mut unknown = Vec::new();
        let mut applied = AppliedFilters::default();
        let lines = lines(facts);

        let question = pick(
            "question",
            &values.question,
            &mut applied,
            &mut unknown,
            |value| {
                if value == "none" {
                    return Ok(NONE);
                }
                let number: Option<i32> = value.parse().ok();
                let at = register
                    .questions
                    .iter()
                    .position(|question| Some(question.number) == number);
                at.map(|at| at as u32)
                    .ok_or_else(|| "the number of a question of this consultation, or none".into())
            },
        );
        let theme = pick("theme", &values.theme, &mut applied, &mut unknown, |value| {
            let theme = register
                .themes
                .iter()
                .find(|theme| theme.code == value || theme.id.to_string() == value);
            theme
                .and_then(|theme| facts.themes.get(&theme.id))
                .and_then(|at| lines[at as usize].first().copied())
                .ok_or_else(|| "the id or code of a theme of this consultation".into())
        });
        let section = pick("section", &values.section, &mut applied, &mut unknown, |value| {
            if register.sections.iter().any(|section| section.reference == value) {
                return Ok(facts.sections.get(&value.to_owned()).unwrap_or(NONE - 1));
            }
            Err("the ref of a section of this consultation's documents".into())
        });
        let groups = pick("group", &values.group, &mut applied, &mut unknown, |value| {
            if value == "not_recorded" && *scope == Scope::Whole {
                return Ok(NONE);
            }
            // Figures know a local group as its region: asked for by itself it would read as nothing said.
            let counts = |id: &GroupId| {
                register
                    .groups
                    .iter()
                    .any(|one| one.id == *id && one.counted_as == *id)
            };
            let known = GroupId::from_str(value)
                .ok()
                .filter(|id| scope.takes_id(*id) && counts(id));
            known
                .and_then(|id| facts.groups.get(&id))
                .ok_or_else(|| "the id of a regional or national group you may see".into())
        });
        let round = pick("round", &values.round, &mut applied, &mut unknown, |value| {
            let known = register.rounds.iter().find(|round| round.id.to_string() == value);
            known
                .map(|round| facts.rounds.get(&round.id).unwrap_or(NONE - 1))
                .ok_or_else(|| "the id of a round".into())
        });
        let coded = yes_or_no("coded", &values.coded, &mut applied, &mut unknown);
        let flagged = yes_or_no("flagged", &values.flagged, &mut applied, &mut unknown);
        let unadjudicated = yes_or_no("unadjudicated", &values.unadjudicated, &mut applied, &mut unknown);
        let respondent_group = words::<RespondentGroup>(
            "respondent_group",
            &values.respondent_group,
            &mut applied,
            &mut unknown,
            |word| word as usize,
        );
        let setting = words::<Setting>("setting", &values.setting, &mut applied, &mut unknown, |word| {
            word as usize
        });
        let channel = words::<Channel>("channel", &values.channel, &mut applied, &mut unknown, |word| {
            word as usize
        });
        let stance = words::<Stance>("stance", &values.stance, &mut applied, &mut unknown, |word| {
            word as usize
        });

        let review = words::<ReviewState>("review", &values.review, &mut applied, &mut unknown, |word| {
            word as usize
        });

        let asked = |group: u32| groups.as_ref().is_none_or(|groups| groups.contains(&group));
        let group = groups
            .is_some()
            .then(|| (0..facts.groups.len() as u32).map(asked).collect());

        if !unknown.is_empty() {
            return Err(unknown);
        }
        Ok(Self {
            applied,
            question,
            section,
            theme,
            round,
            group,
            group_none: asked(NONE),
            whole: values == &FilterValues::default(),
            respondent_group,
            setting,
            channel,
            stance,
            review,
            coded,
            flagged,
            unadjudicated,
            lines,
        })
    }

    /// Everything, of everybody.
    pub fn whole(facts: &Facts) -> Self {
        Self {
            applied: AppliedFilters::default(),
            question: None,
            section: None,
            theme: None,
            round: None,
            group: None,
            group_none: true,
            whole: true,
            respondent_group: Words::ALL,
            setting: Words::ALL,
            channel: Words::ALL,
            stance: Words::ALL,
            review: Words::ALL,
            coded: None,
            flagged: None,
            unadjudicated: None,
            lines: lines(facts),
        }
    }

    /// Whether a table or response is heard only through a point or an answer that passes, and not by being there.
    pub(crate) fn speaks_of_contributions(&self) -> bool {
        self.question.is_some()
            || !self.takes_answers()
            || self.respondent_group.0 != u32::MAX
            || self.setting.0 != u32::MAX
    }

    /// Whether a table or response that passed is heard: by being there, or by a point or an answer that passes.
    pub(crate) fn hears(&self, container: &Container) -> bool {
        !self.speaks_of_contributions()
            || container
                .contributions
                .iter()
                .any(|said| self.takes_contribution(said))
            || container
                .answers
                .iter()
                .any(|(question, ..)| self.takes_answer(container, *question))
    }

    /// Shows of hands and choices have no theme, section or stance: asked for by one of those, there are none.
    fn takes_answers(&self) -> bool {
        self.theme.is_none()
            && self.section.is_none()
            && self.stance.0 == u32::MAX
            && self.coded.is_none()
            && self.flagged.is_none()
            && self.unadjudicated.is_none()
    }

    pub(crate) fn takes_group(&self, group: u32) -> bool {
        match &self.group {
            None => true,
            Some(_) if group == NONE => self.group_none,
            Some(groups) => groups.get(group as usize).copied().unwrap_or(false),
        }
    }

    pub(crate) fn takes_respondent_group(&self, who: RespondentGroup) -> bool {
        self.respondent_group.has(who as usize)
    }

    pub(crate) fn takes_setting(&self, setting: Setting) -> bool {
        self.setting.has(setting as usize)
    }

    pub(crate) fn takes_question(&self, question: u32) -> bool {
        self.question
            .as_ref()
            .is_none_or(|questions| questions.contains(&question))
    }

    pub(crate) fn takes_round(&self, round: u32) -> bool {
        self.round.as_ref().is_none_or(|rounds| rounds.contains(&round))
    }

    /// Where and how it was said, of what counts.
    pub(crate) fn takes_container(&self, container: &Container) -> bool {
        container.counts() && self.review.has(container.review as usize) && self.takes_place(container)
    }

    /// Where and how it was said, whether it counts or was taken back.
    pub(crate) fn takes_place(&self, container: &Container) -> bool {
        self.takes_group(container.group)
            && self.takes_round(container.round)
            && self.channel.has(container.channel as usize)
    }

    /// Who said what about what, given that its container passed.
    pub(crate) fn takes_contribution(&self, said: &Contribution) -> bool {
        if self.whole {
            return true;
        }
        self.takes_question(said.question)
            && self.respondent_group.has(said.respondent_group as usize)
            && self.setting.has(said.setting as usize)
            && self.stance.has(said.stance as usize)
            && self
                .section
                .as_ref()
                .is_none_or(|sections| sections.contains(&said.section))
            && self
                .coded
                .is_none_or(|coded| coded != said.themes.is_empty() && (coded || !said.set_aside))
            && self.flagged.is_none_or(|flagged| flagged == said.flagged)
            && self
                .unadjudicated
                .is_none_or(|asked| asked == self.is_unadjudicated(said))
            && self.theme.as_ref().is_none_or(|themes| {
                said.themes.iter().any(|theme| {
                    self.lines[*theme as usize]
                        .iter()
                        .any(|line| themes.contains(line))
                })
            })
    }

    /// People's choices on one question, given that their container passed.
    pub(crate) fn takes_answer(&self, container: &Container, question: u32) -> bool {
        self.takes_answers()
            && self.takes_question(question)
            && self.respondent_group.has(container.respondent_group as usize)
            && self.setting.has(container.setting as usize)
    }

    /// Whether codings of it differ still, as themes count today: two that were merged say the same.
    pub(crate) fn is_unadjudicated(&self, said: &Contribution) -> bool {
        let means = |(themes, aside): &(SmallVec<[u32; 4]>, bool)| {
            let standing = themes
                .iter()
                .map(|theme| self.lines[*theme as usize].first().copied());
            let mut standing: SmallVec<[Option<u32>; 4]> = standing.collect();
            standing.sort_unstable();
            standing.dedup();
            (standing, *aside)
        };
        let mut all = said.differing.iter().map(means);
        let first = all.next();
        all.any(|other| Some(other) != first)
    }

    /// A theme's number and that of its parent, for each theme of a contribution, without repeats.
    pub(crate) fn themes_of(&self, said: &Contribution) -> SmallVec<[u32; 8]> {
        self.with_parents(&said.themes)
    }

    /// The same of themes as somebody coded them.
    pub(crate) fn with_parents(&self, themes: &[u32]) -> SmallVec<[u32; 8]> {
        let mut all: SmallVec<[u32; 8]> = SmallVec::new();
        for theme in themes {
            for line in &self.lines[*theme as usize] {
                if !all.contains(line) {
                    all.push(*line);
                }
            }
        }
        all
    }
}

/// By theme number: the theme it was merged into, if any, and the parents of that one, as they stand themselves.
fn lines(facts: &Facts) -> Vec<SmallVec<[u32; 2]>> {
    let themes = &facts.register().themes;
    let by_id: HashMap<ThemeId, &ThemeFact> = themes.iter().map(|theme| (theme.id, theme)).collect();
    let standing = |id: ThemeId| {
        let mut theme = *by_id.get(&id)?;
        // A chain of merges is followed to its end; a chain longer than the codeframe would be a circle.
        for _ in 0..themes.len() {
            match theme.merged_into.and_then(|into| by_id.get(&into)) {
                Some(target) if theme.status == ThemeStatus::Merged => theme = target,
                _ => break,
            }
        }
        Some(theme)
    };
    (0..facts.themes.len() as u32)
        .map(|at| {
            let mut line = SmallVec::new();
            let mut theme = standing(facts.themes.id(at));
            while let Some((one, at)) = theme.and_then(|one| Some((one, facts.themes.get(&one.id)?))) {
                if line.contains(&at) {
                    break;
                }
                line.push(at);
                theme = one.parent.and_then(standing);
            }
            line
        })
        .collect()
}

fn pick(
    parameter: &'static str,
    values: &Option<Vec<String>>,
    applied: &mut AppliedFilters,
    unknown: &mut Vec<UnknownValue>,
    know: impl Fn(&str) -> Result<u32, String>,
) -> Option<Vec<u32>> {
    let values = values.as_ref()?;
    applied.0.push((parameter, values.clone()));
    let mut picked = Vec::with_capacity(values.len());
    for value in values {
        match know(value) {
            Ok(at) => picked.push(at),
            Err(expected) => unknown.push(UnknownValue {
                parameter,
                value: value.clone(),
                expected,
            }),
        }
    }
    Some(picked)
}

/// What `true` and `false` narrow to; asking for both is asking for everything.
fn yes_or_no(
    parameter: &'static str,
    values: &Option<Vec<String>>,
    applied: &mut AppliedFilters,
    unknown: &mut Vec<UnknownValue>,
) -> Option<bool> {
    let asked = pick(parameter, values, applied, unknown, |value| match value {
        "true" => Ok(1),
        "false" => Ok(0),
        _ => Err("true or false".into()),
    })?;
    let first = asked.first()?;
    asked.iter().all(|one| one == first).then_some(*first == 1)
}

fn words<W: FromStr<Err = crate::vocabulary::UnknownWord> + Copy>(
    parameter: &'static str,
    values: &Option<Vec<String>>,
    applied: &mut AppliedFilters,
    unknown: &mut Vec<UnknownValue>,
    at: impl Fn(W) -> usize,
) -> Words {
    let picked = pick(parameter, values, applied, unknown, |value| {
        W::from_str(value)
            .map(|word| at(word) as u32)
            .map_err(|error| error.to_string())
    });
    picked.map_or(Words::ALL, |picked| {
        Words(picked.iter().fold(0, |bits, at| bits | 1 << at))
    })
}
