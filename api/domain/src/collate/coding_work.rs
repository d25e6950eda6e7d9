//! What is still to be coded, what is drawn to be coded twice, and how far the work is.
//!
//! A draw is systematic: contributions stand in the order of question and group, those of one question and group in an order
//! that the seed shuffles, and every so many-th is taken from a start that the seed draws (Kish, "Survey sampling", 1965,
//! chapter 4). So each question, and each group within each question, has its share to within one contribution; what a group has too
//! little of in one question, the next group makes up for. Refused: a simple random sample, which may pass over whole groups and
//! questions; and a quota for each, which rounds small ones up or down to nothing.

use super::{answer::CollatedConsultation, filter::Filter};
use crate::{
    chance::Chance,
    facts::{Contribution, Facts, NONE},
    id::{ContributionId, ThemeId, UserId},
};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// Contributions that count, with the number of the question and of the group each is of.
fn standing(facts: &Facts) -> impl Iterator<Item = (u32, u32, &Contribution)> {
    let counting = facts.containers.iter().filter(|container| container.counts());
    counting.flat_map(|container| {
        let said = container.contributions.iter();
        said.map(|said| (said.question, container.group, said))
    })
}

/// What nobody has coded or set aside yet: question by question, because whoever stays with one codes it alike, and in the order in
/// which it came. Of a question alone where one is named; without what waits for somebody's safety where `concerns` are hidden.
pub fn uncoded(facts: &Facts, question: Option<i32>, concerns: bool) -> Vec<ContributionId> {
    let wanted = wanted(facts, question);
    let mut found: Vec<_> = standing(facts)
        .filter(|(of, _, said)| {
            wanted.is_none_or(|wanted| wanted == *of)
                && said.themes.is_empty()
                && !said.set_aside
                && (concerns || !said.concern)
        })
        .map(|(question, _, said)| (question, said.received_at, said.id))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., id)| id).collect()
}

/// Under a theme that was split since: each contribution that counts so still and that `coder` coded, in the same order, and the
/// themes that were split.
pub fn to_code_again(
    facts: &Facts,
    coder: UserId,
    question: Option<i32>,
    concerns: bool,
) -> (Vec<ContributionId>, HashSet<ThemeId>) {
    let wanted = wanted(facts, question);
    let coder = facts.coders.get(&coder);
    let split = split_themes(facts);
    let mut found: Vec<_> = standing(facts)
        .filter(|(of, _, said)| {
            wanted.is_none_or(|wanted| wanted == *of)
                && said.themes.iter().any(|theme| split.contains(theme))
                && said.coders.iter().any(|by| Some(by.coder) == coder)
                && (concerns || !said.concern)
        })
        .map(|(question, _, said)| (question, said.received_at, said.id))
        .collect();
    found.sort_unstable();
    let ids = found.into_iter().map(|(.., id)| id).collect();
    (ids, split.into_iter().map(|at| facts.themes.id(at)).collect())
}

/// Those of `drawn` that stand, that fewer than two coders have coded independently, and `coder` not at all, in the same order.
pub fn coded_once(
    facts: &Facts,
    drawn: &HashSet<ContributionId>,
    coder: UserId,
    question: Option<i32>,
    concerns: bool,
) -> Vec<ContributionId> {
    let wanted = wanted(facts, question);
    let coder = facts.coders.get(&coder);
    let mut found: Vec<_> = standing(facts)
        .filter(|(of, _, said)| {
            wanted.is_none_or(|wanted| wanted == *of)
                && said.coders.iter().filter(|by| by.independently).count() < 2
                && !said.coders.iter().any(|by| Some(by.coder) == coder)
                && (concerns || !said.concern)
                && drawn.contains(&said.id)
        })
        .map(|(question, _, said)| (question, said.received_at, said.id))
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(.., id)| id).collect()
}

fn wanted(facts: &Facts, question: Option<i32>) -> Option<u32> {
    let questions = &facts.register().questions;
    question.map(|number| {
        let at = questions.iter().position(|one| one.number == number);
        at.map_or(NONE - 1, |at| at as u32)
    })
}

/// What was drawn, and of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Contributions that could have been drawn.
    pub base: usize,
    /// Those that were, by id.
    pub ids: Vec<ContributionId>,
}

/// Draws `ten_thousandths` of all contributions that stand and were not drawn before, over questions and groups. What waits for
/// somebody's safety is shown to no coder and drawn by nobody.
pub fn draw_for_double_coding(
    facts: &Facts,
    ten_thousandths: u32,
    seed: u32,
    before: &HashSet<ContributionId>,
) -> Drawn {
    let mut all: Vec<_> = standing(facts)
        .filter(|(.., said)| !said.concern && !before.contains(&said.id))
        // Groups by id: their numbers are given as rows come, in another order on every replica.
        .map(|(question, group, said)| {
            let group = (group != NONE).then(|| facts.groups.id(group));
            (question, group, said.id)
        })
        .collect();
    all.sort_unstable();
    let mut chance = Chance::new(u64::from(seed));
    let mut shuffled: Vec<_> = all
        .into_iter()
        .map(|(question, group, id)| (question, group, chance.draw(), id))
        .collect();
    shuffled.sort_unstable();
    // In ten thousandths: one is taken whenever the sum of shares passes a whole.
    const WHOLE: usize = 10_000;
    let start = chance.below(WHOLE);
    let share = (ten_thousandths as usize).min(WHOLE);
    let taken = |at: usize| (start + (at + 1) * share) / WHOLE > (start + at * share) / WHOLE;
    let mut ids: Vec<_> = shuffled
        .iter()
        .enumerate()
        .filter(|(at, _)| taken(*at))
        .map(|(_, (.., id))| *id)
        .collect();
    ids.sort_unstable();
    Drawn {
        base: shuffled.len(),
        ids,
    }
}

/// How far the coding of a consultation is. The unit is the contribution; those taken back or withdrawn in review are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodingProgress {
    pub consultation: CollatedConsultation,
    /// The version of the codeframe that was frozen last; null before the first.
    #[schema(required = true)]
    pub codeframe_version: Option<i32>,
    /// Over everything.
    pub all: WorkDone,
    /// Question by question, by number; points outside every question last, with `number` null.
    pub questions: Vec<ProgressOfQuestion>,
    /// Group by group, in the order of the register, contributions of no group last; absent for coders, who do not learn who
    /// said what.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub groups: Option<Vec<ProgressOfGroup>>,
    /// Coder by coder, by id; a coder sees the own line only.
    pub coders: Vec<ProgressOfCoder>,
}

/// How much of it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkDone {
    /// All of them. Unit: contributions.
    pub contributions: u64,
    /// Neither coded nor set aside. Unit: contributions. Base: `contributions`.
    pub uncoded: u64,
    /// What only leads are told: a coder who sees it move could tell from it how another coded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub in_detail: Option<WorkInDetail>,
}

/// What became of what is done, and of what is done twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkInDetail {
    /// With at least one theme. Unit: contributions. Base: `contributions`.
    pub coded: u64,
    /// Put aside with a reason. Unit: contributions. Base: `contributions`.
    pub set_aside: u64,
    /// Under a theme that was split since, so that they want coding again. Unit: contributions. Base: `coded`.
    pub to_code_again: u64,
    /// Whose independent codings differ, where nobody has decided or a coder has seen it otherwise since. Unit: contributions. Base: `double_coded`.
    pub unadjudicated: u64,
    /// Drawn to be coded twice. Unit: contributions. Base: `contributions`.
    pub drawn: u64,
    /// Coded independently by two coders or more, drawn or not. Unit: contributions. Base: `contributions`.
    pub double_coded: u64,
    /// Of `drawn`, those that two coders or more have coded independently. Unit: contributions. Base: `drawn`.
    pub drawn_and_double_coded: u64,
}

/// How much of one question is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgressOfQuestion {
    /// Null for points outside every question.
    #[schema(required = true)]
    pub number: Option<i32>,
    #[serde(flatten)]
    pub done: WorkDone,
}

/// How much of what one group said is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgressOfGroup {
    /// The group's id, or `not_recorded`.
    pub key: String,
    pub label: String,
    #[serde(flatten)]
    pub done: WorkDone,
}

/// What one coder has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgressOfCoder {
    pub id: UserId,
    /// Contributions of which a coding of this coder stands. Unit: contributions.
    pub coded: u64,
    /// Of these, those with a coding of this coder that was made independently. Unit: contributions. Base: `coded`.
    pub independently: u64,
    /// Dealt to the coder now and not coded since. Unit: contributions.
    pub claimed: u64,
}

/// Which themes were split, by number, and which were merged into one that was.
pub(crate) fn split_themes(facts: &Facts) -> HashSet<u32> {
    let themes = facts.register().themes.iter().filter(|theme| theme.split);
    let split: HashSet<u32> = themes.filter_map(|theme| facts.themes.get(&theme.id)).collect();
    let lines = Filter::whole(facts).lines.into_iter().enumerate();
    let standing = lines.filter_map(|(at, line)| Some((at as u32, *line.first()?)));
    standing
        .filter(|(_, as_what)| split.contains(as_what))
        .map(|(at, _)| at)
        .collect()
}

/// To whom progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldTo {
    /// All of it.
    Lead,
    /// What is left to do, and this coder's own part.
    Coder(UserId),
}

/// How far the work is. What was drawn, how much is dealt to whom now, and the version of the codeframe are known elsewhere.
pub fn progress(
    facts: &Facts,
    drawn: &HashSet<ContributionId>,
    claims: &HashMap<ContributionId, Vec<UserId>>,
    codeframe_version: Option<i32>,
    to: ToldTo,
) -> CodingProgress {
    let split = split_themes(facts);
    let filter = Filter::whole(facts);
    let again = |said: &Contribution| said.themes.iter().any(|theme| split.contains(theme));
    let in_detail = (to == ToldTo::Lead).then(WorkInDetail::default);
    let nothing = || WorkDone {
        in_detail,
        ..WorkDone::default()
    };
    let mut all = nothing();
    let mut by_question: BTreeMap<u32, WorkDone> = BTreeMap::new();
    let mut by_group: BTreeMap<u32, WorkDone> = BTreeMap::new();
    let mut by_coder: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    let mut claimed: BTreeMap<UserId, u64> = BTreeMap::new();
    for (question, group, said) in standing(facts) {
        let is_drawn = drawn.contains(&said.id);
        let is_double = !said.independent.is_empty();
        let one = WorkDone {
            contributions: 1,
            uncoded: u64::from(said.themes.is_empty() && !said.set_aside),
            in_detail: in_detail.map(|_| WorkInDetail {
                coded: u64::from(!said.themes.is_empty()),
                set_aside: u64::from(said.set_aside),
                to_code_again: u64::from(again(said)),
                unadjudicated: u64::from(filter.is_unadjudicated(said)),
                drawn: u64::from(is_drawn),
                double_coded: u64::from(is_double),
                drawn_and_double_coded: u64::from(is_drawn && is_double),
            }),
        };
        all.add(&one);
        by_question.entry(question).or_insert_with(nothing).add(&one);
        by_group.entry(group).or_insert_with(nothing).add(&one);
        for coder in claims.get(&said.id).into_iter().flatten() {
            let done = said
                .coders
                .iter()
                .any(|by| facts.coders.get(coder) == Some(by.coder));
            *claimed.entry(*coder).or_default() += u64::from(!done);
        }
        for by in &said.coders {
            let (coded, independently) = by_coder.entry(by.coder).or_default();
            *coded += 1;
            *independently += u64::from(by.independently);
        }
    }
    let mut coders: BTreeMap<UserId, ProgressOfCoder> = BTreeMap::new();
    let known = by_coder.into_iter().map(|(at, (coded, independently))| {
        let id = facts.coders.id(at);
        (id, coded, independently)
    });
    for (id, coded, independently) in known.chain(claimed.keys().map(|id| (*id, 0, 0))) {
        let line = coders.entry(id).or_insert(ProgressOfCoder {
            id,
            coded: 0,
            independently: 0,
            claimed: claimed.get(&id).copied().unwrap_or_default(),
        });
        line.coded += coded;
        line.independently += independently;
    }
    if let ToldTo::Coder(own) = to {
        coders.retain(|id, _| *id == own);
    }
    let register = facts.register();
    let asked = register
        .questions
        .iter()
        .enumerate()
        .map(|(at, question)| ProgressOfQuestion {
            number: Some(question.number),
            done: by_question.get(&(at as u32)).copied().unwrap_or_else(nothing),
        });
    let outside = by_question.get(&NONE).map(|done| ProgressOfQuestion {
        number: None,
        done: *done,
    });
    let of_groups = || {
        let known = register.groups.iter().filter_map(|group| {
            Some(ProgressOfGroup {
                key: group.id.to_string(),
                label: group.name.clone(),
                done: *by_group.get(&facts.groups.get(&group.id)?)?,
            })
        });
        let unknown = by_group.get(&NONE).map(|done| ProgressOfGroup {
            key: "not_recorded".into(),
            label: "Not recorded".into(),
            done: *done,
        });
        known.chain(unknown).collect()
    };
    CodingProgress {
        consultation: CollatedConsultation::of(facts),
        codeframe_version,
        all,
        questions: asked.chain(outside).collect(),
        groups: (to == ToldTo::Lead).then(of_groups),
        coders: coders.into_values().collect(),
    }
}

impl WorkDone {
    fn add(&mut self, other: &Self) {
        self.contributions += other.contributions;
        self.uncoded += other.uncoded;
        if let (Some(own), Some(other)) = (&mut self.in_detail, &other.in_detail) {
            own.coded += other.coded;
            own.set_aside += other.set_aside;
            own.to_code_again += other.to_code_again;
            own.unadjudicated += other.unadjudicated;
            own.drawn += other.drawn;
            own.double_coded += other.double_coded;
            own.drawn_and_double_coded += other.drawn_and_double_coded;
        }
    }
}
