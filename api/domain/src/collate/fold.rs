//! The one pass that counts; and what it counted, moved by what changes, without counting all again.
//!
//! Invariant: everything counted is a sum over containers, so a container can be taken out of it as it was and put in as it is
//! ([`Following`]). What is no sum is counted so that it becomes one: a group was heard where its count is not nought, and of a theme's
//! oldest quotes a few more are held than are shown. Where that does not do, all is counted anew.

use super::{answer::*, filter::Filter, filter::Scope, standing_limitations};
use crate::{
    consensus::{GroupAnswers, consensus},
    facts::{Container, Contribution, Facts, MeetingFact, Moved, NONE},
    id::{ContributionId, GroupId, MeetingId, ServiceId},
    vocabulary::{Channel, QuestionKind, RespondentGroup, Setting, Stance},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub fn set(&mut self, at: u32) {
        let word = at as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (at % 64);
    }

    /// Sets the bit of a group, unless there is none.
    pub fn set_known(&mut self, group: u32) {
        if group != NONE {
            self.set(group);
        }
    }

    pub fn has(&self, at: u32) -> bool {
        self.0
            .get(at as usize / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

/// How often each of some small numbers occurs.
#[derive(Clone, Debug, Default)]
struct Counts(Vec<u32>);

impl Counts {
    fn step(&mut self, at: u32, by: i32) {
        // No question, no group: nothing to count.
        if at == NONE {
            return;
        }
        let at = at as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] = self.0[at].wrapping_add_signed(by);
    }

    fn has(&self, at: u32) -> bool {
        self.0.get(at as usize).is_some_and(|count| *count > 0)
    }

    /// How many occur.
    fn count(&self) -> u64 {
        self.0.iter().filter(|count| **count > 0).count() as u64
    }
}

fn step(count: &mut u32, by: i32) {
    *count = count.wrapping_add_signed(by);
}

/// People of each sitting, so that the largest sitting of a group can be taken at the end.
#[derive(Clone, Debug, Default)]
struct Sittings(Vec<u32>);

impl Sittings {
    fn add(&mut self, sitting: u32, people: u32, by: i32) {
        let at = sitting as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] = match by {
            0.. => self.0[at].wrapping_add(people),
            _ => self.0[at].wrapping_sub(people),
        };
    }

    /// The largest sitting of a group, summed over groups.
    fn people_at_least(&self, group_of_sitting: &[u32], largest: &mut [u32]) -> u64 {
        largest.fill(0);
        for (sitting, people) in self.0.iter().enumerate() {
            // Taken out again, a sitting may be of no group any more.
            if let Some(largest) = largest.get_mut(group_of_sitting[sitting] as usize) {
                *largest = (*largest).max(*people);
            }
        }
        largest.iter().map(|people| u64::from(*people)).sum()
    }
}

/// What was counted of one theme, in a question, in a section or over all.
#[derive(Clone, Debug, Default)]
struct Cell {
    contributions: u32,
    responses: u32,
    discussions: u32,
    /// The pass over a container that touched this cell last, and the people that it stood for.
    last: u64,
    people: u32,
    stance: [u32; Stance::ALL.len()],
    respondent_group: [u32; RespondentGroup::ALL.len()],
    setting: [u32; Setting::ALL.len()],
    channel: [u32; Channel::ALL.len()],
    /// By group number plus one; the first place is for no group.
    group: Counts,
    meetings: Counts,
    sittings: Sittings,
    quotes: Quotes,
}

/// (received at, id, place of the container, place in it)
type Quoted = (i64, ContributionId, u32, u32);

/// The oldest quotes, a few more than are shown, so that some can be taken out.
#[derive(Clone, Debug, Default)]
struct Quotes {
    oldest: Vec<Quoted>,
    /// Whether there are more that are not held: all of them later than those that are.
    more: bool,
}

/// Quotes of a theme that are held.
const QUOTES_HELD: usize = crate::limits::QUOTES_A_THEME + 5;

impl Quotes {
    fn add(&mut self, quote: Quoted) {
        // Points of one table are of one moment; by id they stand in the same order on every replica.
        let before = self.oldest.partition_point(|other| *other < quote);
        if before == self.oldest.len() && (self.more || before == QUOTES_HELD) {
            self.more = true;
            return;
        }
        self.oldest.insert(before, quote);
        if self.oldest.len() > QUOTES_HELD {
            self.oldest.pop();
            self.more = true;
        }
    }

    /// Takes one out; whether those that are shown are still known.
    fn take(&mut self, quote: Quoted) -> bool {
        self.oldest.retain(|other| *other != quote);
        !self.more || self.oldest.len() >= crate::limits::QUOTES_A_THEME
    }

    fn shown(&self) -> &[Quoted] {
        &self.oldest[..self.oldest.len().min(crate::limits::QUOTES_A_THEME)]
    }
}

impl Cell {
    /// Counts one contribution; whether the quotes that are shown are still known.
    fn count(&mut self, pass: Pass, container: &Container, said: &Contribution, at: u32) -> bool {
        let by = pass.by;
        step(&mut self.contributions, by);
        step(&mut self.stance[said.stance as usize], by);
        step(&mut self.respondent_group[said.respondent_group as usize], by);
        step(&mut self.setting[said.setting as usize], by);
        step(&mut self.channel[container.channel as usize], by);
        self.group.step(container.group.wrapping_add(1), by);
        let first_here = self.last != pass.number;
        if first_here {
            self.last = pass.number;
            self.people = 0;
        }
        if container.is_discussion() {
            if first_here {
                step(&mut self.discussions, by);
                self.meetings.step(container.meeting, by);
            }
            // One table counts as one person at least, or as its largest show of hands on this theme.
            let people = said.agree.max(1);
            if people > self.people {
                self.sittings.add(container.sitting, people - self.people, by);
                self.people = people;
            }
        } else if first_here {
            step(&mut self.responses, by);
        }
        if !said.quotable {
            return true;
        }
        let quote = (said.received_at, said.id, pass.place, at);
        match by {
            0.. => {
                self.quotes.add(quote);
                true
            }
            _ => self.quotes.take(quote),
        }
    }

    fn groups(&self) -> u64 {
        self.group.count() - u64::from(self.group.has(0))
    }
}

/// One pass over one container.
#[derive(Clone, Copy)]
struct Pass {
    /// No other pass has it.
    number: u64,
    /// Where the container stands.
    place: u32,
    /// One where it is put in, minus one where it is taken out.
    by: i32,
}

/// Cells by theme number; only those that occur are there.
type Cells = Vec<Option<Box<Cell>>>;

#[derive(Clone, Debug, Default)]
struct QuestionCell {
    contributions: u32,
    last: u64,
    discussions: u32,
    not_discussed: u32,
    no_record: u32,
    coded: u32,
    uncoded: u32,
    set_aside: u32,
    unadjudicated: u32,
    stance: [u32; Stance::ALL.len()],
    groups: Counts,
    tally: Vec<u64>,
    by_group: BTreeMap<u32, Vec<u64>>,
    themes: Cells,
}

impl QuestionCell {
    /// Marks the table as one that came to this question.
    fn heard(&mut self, pass: Pass, container: &Container) {
        if self.last != pass.number {
            self.last = pass.number;
            self.groups.step(container.group, pass.by);
            step(
                &mut self.discussions,
                pass.by * i32::from(container.is_discussion()),
            );
        }
    }
}

/// The exact collation of `facts` within `scope`, by `filter`.
pub fn collate(facts: &Facts, scope: &Scope, filter: &Filter) -> Collation {
    Fold::new(facts, scope, filter).run().answer()
}

/// The same, and which groups it was heard from.
pub(crate) fn collate_with_groups(
    facts: &Facts,
    scope: &Scope,
    filter: &Filter,
) -> (Collation, BTreeSet<GroupId>) {
    let fold = Fold::new(facts, scope, filter).run();
    let heard = (0..facts.groups.len() as u32).filter(|at| fold.counted.groups.has(*at));
    let groups = heard.map(|at| facts.groups.id(at)).collect();
    (fold.answer(), groups)
}

/// A collation that follows its facts: counted once, then moved by what changes.
#[derive(Clone, Debug)]
pub struct Following {
    scope: Scope,
    filter: Filter,
    counted: Counted,
}

impl Following {
    /// Counts what stands.
    pub fn new(facts: &Facts, scope: Scope, filter: Filter) -> Self {
        let counted = Fold::new(facts, &scope, &filter).run().counted;
        Self {
            scope,
            filter,
            counted,
        }
    }

    /// Takes what changed out as it was and puts it in as it is in `facts`; or says that all must be counted anew. Nothing may be asked of
    /// it then.
    #[must_use = "one that could not follow counts something else"]
    pub fn follow(&mut self, facts: &Facts, moved: &Moved) -> bool {
        let known = &self.counted;
        let same = known.themes.len() == facts.themes.len()
            && known.sections.len() == facts.sections.len()
            && known.groups_known == facts.groups.len();
        if !same || moved.register {
            return false;
        }
        let mut fold = Fold {
            facts,
            scope: &self.scope,
            filter: &self.filter,
            counted: std::mem::take(&mut self.counted),
        };
        fold.counted.follows = true;
        fold.counted.group_of_sitting.resize(facts.sittings.len(), NONE);
        for (place, was) in &moved.containers {
            if let Some(was) = was {
                fold.pass(was, *place, -1);
            }
            fold.pass(&facts.containers[*place as usize], *place, 1);
        }
        self.counted = fold.counted;
        !self.counted.astray
    }

    /// What it comes to. `facts` must be those that it has followed.
    pub fn answer(&mut self, facts: &Facts) -> Collation {
        let fold = Fold {
            facts,
            scope: &self.scope,
            filter: &self.filter,
            counted: std::mem::take(&mut self.counted),
        };
        let answer = fold.answer();
        self.counted = fold.counted;
        answer
    }
}

/// What was counted so far.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// By place in the register; points outside every question last.
    questions: Vec<QuestionCell>,
    themes: Cells,
    sections: Vec<(u32, Cells)>,
    /// Of containers; the register's is added when it is asked for.
    revision: u64,
    groups: Counts,
    /// Groups heard anywhere, whatever was said there.
    groups_anywhere: Counts,
    groups_known: usize,
    meetings: Counts,
    discussions: u32,
    services: HashMap<ServiceId, u32>,
    responses: [u32; Channel::ALL.len()],
    participants: Vec<Sittings>,
    group_of_sitting: Vec<u32>,
    mixed_sittings: Bits,
    respondent_groups: [u32; RespondentGroup::ALL.len()],
    settings: [u32; Setting::ALL.len()],
    channels: [u32; Channel::ALL.len()],
    passes: u64,
    /// Whether everything was counted before, and is moved now.
    follows: bool,
    /// Whether what is left does not tell any more what it was asked for.
    astray: bool,
}

struct Fold<'a> {
    facts: &'a Facts,
    scope: &'a Scope,
    filter: &'a Filter,
    counted: Counted,
}

impl<'a> Fold<'a> {
    fn new(facts: &'a Facts, scope: &'a Scope, filter: &'a Filter) -> Self {
        let register = facts.register();
        let questions = register
            .questions
            .iter()
            .map(|question| QuestionCell {
                tally: vec![0; question.options.len()],
                ..QuestionCell::default()
            })
            .chain([QuestionCell::default()])
            .collect();
        Self {
            facts,
            scope,
            filter,
            counted: Counted {
                questions,
                themes: vec![None; facts.themes.len()],
                sections: vec![(0, Vec::new()); facts.sections.len()],
                participants: vec![Sittings::default(); RespondentGroup::ALL.len()],
                group_of_sitting: vec![NONE; facts.sittings.len()],
                groups_known: facts.groups.len(),
                ..Counted::default()
            },
        }
    }

    fn run(mut self) -> Self {
        for (place, container) in self.facts.containers.iter().enumerate() {
            self.pass(container, place as u32, 1);
        }
        self
    }

    /// Puts a container in, or takes it out.
    fn pass(&mut self, container: &Container, place: u32, by: i32) {
        if !self.scope.takes(container) {
            return;
        }
        let revision = container.revision();
        self.counted.revision = match by {
            0.. => self.counted.revision.wrapping_add(revision),
            _ => self.counted.revision.wrapping_sub(revision),
        };
        if self.filter.takes_container(container) {
            self.counted.passes += 1;
            let number = self.counted.passes;
            self.count(container, Pass { number, place, by });
        }
    }

    fn count(&mut self, container: &Container, pass: Pass) {
        let (filter, counted) = (self.filter, &mut self.counted);
        let by = pass.by;
        let outside = counted.questions.len() - 1;
        let themes_known = counted.themes.len();
        counted.groups_anywhere.step(container.group, by);
        let mut touched = !filter.speaks_of_contributions();
        let mut known = true;

        for (at, said) in container.contributions.iter().enumerate() {
            if !filter.takes_contribution(said) {
                continue;
            }
            touched = true;
            let at = at as u32;
            let question = if said.question == NONE {
                outside
            } else {
                said.question as usize
            };
            let cell = &mut counted.questions[question];
            step(&mut cell.contributions, by);
            step(&mut cell.stance[said.stance as usize], by);
            step(&mut cell.coded, by * i32::from(!said.themes.is_empty()));
            step(&mut cell.set_aside, by * i32::from(said.set_aside));
            step(
                &mut cell.uncoded,
                by * i32::from(said.themes.is_empty() && !said.set_aside),
            );
            step(
                &mut cell.unadjudicated,
                by * i32::from(filter.is_unadjudicated(said)),
            );
            cell.heard(pass, container);
            if cell.themes.is_empty() {
                cell.themes.resize(themes_known, None);
            }
            let themes = filter.themes_of(said);
            for theme in &themes {
                let theme = *theme as usize;
                let in_question = cell.themes[theme].get_or_insert_default();
                known &= in_question.count(pass, container, said, at);
                let over_all = counted.themes[theme].get_or_insert_default();
                known &= over_all.count(pass, container, said, at);
            }
            if said.section != NONE {
                let (contributions, cells) = &mut counted.sections[said.section as usize];
                step(contributions, by);
                if cells.is_empty() {
                    cells.resize(themes_known, None);
                }
                for theme in &themes {
                    let cell = cells[*theme as usize].get_or_insert_default();
                    known &= cell.count(pass, container, said, at);
                }
            }
            step(&mut counted.respondent_groups[said.respondent_group as usize], by);
            step(&mut counted.settings[said.setting as usize], by);
        }
        counted.astray |= !known;

        for (question, option, people) in &container.answers {
            if filter.takes_answer(container, *question) {
                touched = true;
                let cell = &mut counted.questions[*question as usize];
                cell.heard(pass, container);
                let people = (i64::from(*people) * i64::from(by)) as u64;
                let options = cell.tally.len();
                let of_group = cell
                    .by_group
                    .entry(container.group)
                    .or_insert_with(|| vec![0; options]);
                for tally in [&mut cell.tally, of_group] {
                    tally[*option as usize] = tally[*option as usize].wrapping_add(people);
                }
            }
        }

        if touched {
            self.heard(container, by);
        }
        if container.is_discussion() {
            self.silence(container, by);
        }
    }

    fn heard(&mut self, container: &Container, by: i32) {
        let counted = &mut self.counted;
        counted.groups.step(container.group, by);
        step(&mut counted.channels[container.channel as usize], by);
        if let Some(service) = container.service {
            step(counted.services.entry(service).or_default(), by);
        }
        if container.is_discussion() {
            step(&mut counted.discussions, by);
            counted.meetings.step(container.meeting, by);
            let of = &mut counted.group_of_sitting[container.sitting as usize];
            // Where a sitting has tables of several groups, the last of all says of which it is: that is known only where all are counted.
            counted.astray |= counted.follows && counted.mixed_sittings.has(container.sitting);
            if by > 0 {
                if ![NONE, container.group].contains(of) {
                    counted.mixed_sittings.set(container.sitting);
                    counted.astray |= counted.follows;
                }
                *of = container.group;
            }
            for (who, people) in container.participants.iter().enumerate() {
                if *people > 0 {
                    counted.participants[who].add(container.sitting, *people, by);
                }
            }
        } else {
            step(&mut counted.responses[container.channel as usize], by);
        }
    }

    /// Questions that a table did not come to, said or unsaid. What it recorded is looked at whole, whoever said
    /// it: a table that recorded a carer's point on a question did discuss it.
    fn silence(&mut self, container: &Container, by: i32) {
        for at in 0..self.counted.questions.len() - 1 {
            let question = at as u32;
            if !self.filter.takes_question(question) {
                continue;
            }
            if container
                .contributions
                .iter()
                .any(|said| said.question == question)
                || container
                    .answers
                    .iter()
                    .any(|(answered, ..)| *answered == question)
            {
                continue;
            }
            let cell = &mut self.counted.questions[at];
            match container.not_discussed_because(question) {
                Some(_) => step(&mut cell.not_discussed, by),
                None => step(&mut cell.no_record, by),
            }
        }
    }

    fn answer(&self) -> Collation {
        let register = self.facts.register();
        let shown = |at: usize| {
            self.filter.takes_question(if at == register.questions.len() {
                NONE
            } else {
                at as u32
            }) && (at < register.questions.len() || self.counted.questions[at].contributions > 0)
        };
        let questions: Vec<_> = (0..self.counted.questions.len())
            .filter(|at| shown(*at))
            .map(|at| self.question(at))
            .collect();
        let uncoded: u32 = self
            .counted
            .questions
            .iter()
            .map(|question| question.uncoded)
            .sum();
        let unadjudicated: u32 = self
            .counted
            .questions
            .iter()
            .map(|question| question.unadjudicated)
            .sum();
        let mut limitations = standing_limitations();
        if uncoded > 0 {
            limitations.push(Limitation::new(
                "uncoded-contributions",
                format!("{uncoded} contributions are not coded yet, so themes count too little."),
            ));
        }
        if unadjudicated > 0 {
            limitations.push(Limitation::new(
                "unadjudicated-codings",
                format!(
                    "{unadjudicated} contributions were coded differently by coders who worked independently, and wait for a decision."
                ),
            ));
        }
        Collation {
            consultation: CollatedConsultation::of(self.facts),
            revision: self.counted.revision + revision_of_register(self.facts, self.scope),
            policy: AppliedPolicy::none(self.facts),
            scope: self.scope.answered(),
            filters: self.filter.applied.clone(),
            heard: self.who_was_heard(),
            questions,
            themes: self.themes_in_order(&self.counted.themes),
            sections: self.sections(),
            legend: self.legend(),
            limitations,
        }
    }

    fn question(&self, at: usize) -> CollatedQuestion {
        let cell = &self.counted.questions[at];
        let question = self.facts.register().questions.get(at);
        let kind = question.map_or(QuestionKind::Open, |question| question.kind);
        CollatedQuestion {
            number: question.map(|question| question.number),
            prompt: question.map(|question| question.prompt.clone()),
            contributions: cell.contributions.into(),
            discussions: cell.discussions.into(),
            groups: cell.groups.count(),
            not_discussed: cell.not_discussed.into(),
            no_record: cell.no_record.into(),
            coded: cell.coded.into(),
            uncoded: cell.uncoded.into(),
            set_aside: cell.set_aside.into(),
            unadjudicated: cell.unadjudicated.into(),
            stance: by_word(Stance::ALL, &cell.stance, true),
            tally: (kind != QuestionKind::Open).then(|| {
                let options = question
                    .map(|question| question.options.as_slice())
                    .unwrap_or_default();
                Keyed(
                    options
                        .iter()
                        .zip(&cell.tally)
                        .map(|(o, n)| (Cow::Owned(o.clone()), Count::exact(*n)))
                        .collect(),
                )
            }),
            consensus: (kind == QuestionKind::Agreement).then(|| {
                let people = |group: u32| {
                    let of = cell.by_group.get(&group).cloned().unwrap_or_else(|| vec![0; 3]);
                    GroupAnswers {
                        agree: of[0],
                        disagree: of[1],
                        unsure: of[2],
                    }
                };
                consensus(self.groups_in_question().into_iter().map(people))
            }),
            themes: self.themes_in_order(&cell.themes),
        }
    }

    /// Groups that could have answered: expected, or heard anywhere in the consultation.
    fn groups_in_question(&self) -> Vec<u32> {
        let expected = self.expected_groups();
        let heard = |at: &u32| expected.contains(at) || self.counted.groups_anywhere.has(*at);
        self.facts.groups_in_order().filter(heard).collect()
    }

    fn expected_groups(&self) -> Vec<u32> {
        expected_groups(self.facts, self.scope)
            .into_iter()
            .filter(|at| self.filter.takes_group(*at))
            .collect()
    }

    fn themes_in_order(&self, cells: &Cells) -> Vec<CollatedTheme> {
        let register = self.facts.register();
        let mut largest = vec![0; self.facts.groups.len()];
        let mut themes: Vec<_> = register
            .themes
            .iter()
            .filter_map(|theme| {
                let at = self.facts.themes.get(&theme.id)? as usize;
                let cell = cells.get(at)?.as_deref().filter(|cell| cell.contributions > 0)?;
                let places = self.facts.groups_in_order().chain([NONE]);
                let groups = places
                    .filter_map(|at| Some((at, *cell.group.0.get(at.wrapping_add(1) as usize)?)))
                    .filter(|(_, count)| *count > 0);
                Some(CollatedTheme {
                    id: theme.id,
                    code: theme.code.clone(),
                    label: theme.label.clone(),
                    parent_id: self.filter.lines[at]
                        .get(1)
                        .map(|parent| self.facts.themes.id(*parent)),
                    contributions: cell.contributions.into(),
                    responses: cell.responses.into(),
                    discussions: cell.discussions.into(),
                    groups: cell.groups(),
                    meetings: cell.meetings.count(),
                    people_at_least: (cell.discussions > 0).then(|| {
                        Count::exact(
                            cell.sittings
                                .people_at_least(&self.counted.group_of_sitting, &mut largest),
                        )
                    }),
                    stance: by_word(Stance::ALL, &cell.stance, true),
                    by: Breakdown {
                        respondent_group: by_word(RespondentGroup::ALL, &cell.respondent_group, false),
                        group: Keyed(
                            groups
                                .into_iter()
                                .map(|(at, count)| (self.group_key(at), Count::from(count)))
                                .collect(),
                        ),
                        setting: by_word(Setting::ALL, &cell.setting, false),
                        channel: by_word(Channel::ALL, &cell.channel, false),
                    },
                    quotes: cell
                        .quotes
                        .shown()
                        .iter()
                        .map(|quote| self.quote(quote))
                        .collect(),
                })
            })
            .collect();
        themes.sort_by(|a, b| {
            b.groups
                .cmp(&a.groups)
                .then(b.discussions.cmp(&a.discussions))
                .then_with(|| a.label.cmp(&b.label))
        });
        themes
    }

    fn group_key(&self, at: u32) -> Cow<'static, str> {
        if at == NONE {
            "not_recorded".into()
        } else {
            self.facts.groups.id(at).to_string().into()
        }
    }

    fn quote(&self, (_, _, place, at): &Quoted) -> Quote {
        let said = &self.facts.containers[*place as usize].contributions[*at as usize];
        Quote {
            contribution: said.id,
            version: said.version,
            text: String::new(),
            respondent_group: said.respondent_group,
        }
    }

    fn sections(&self) -> Vec<CollatedSection> {
        let empty = (0, Vec::new());
        let mut sections: Vec<CollatedSection> = Vec::new();
        for section in &self.facts.register().sections {
            // Two documents may number their sections alike; the first names it.
            if sections.iter().any(|other| other.reference == section.reference) {
                continue;
            }
            let number = self.facts.sections.get(&section.reference);
            let (contributions, cells) =
                number.map_or(&empty, |number| &self.counted.sections[number as usize]);
            sections.push(CollatedSection {
                reference: section.reference.clone(),
                title: section.title.clone(),
                contributions: (*contributions).into(),
                themes: self.themes_in_order(cells),
            });
        }
        sections
    }

    fn who_was_heard(&self) -> Heard {
        let register = self.facts.register();
        let heard = self.counted.services.iter().filter(|(_, count)| **count > 0);
        let mut services: HashSet<ServiceId> = heard.map(|(service, _)| *service).collect();
        let mut rounds: BTreeMap<_, [u64; RespondentGroup::ALL.len()]> = BTreeMap::new();
        for meeting in register
            .meetings
            .iter()
            .filter(|meeting| self.was_heard(meeting.id))
        {
            let people = rounds.entry(meeting.round).or_default();
            for (service, who, count) in &meeting.attendance {
                people[*who as usize] += *count as u64;
                services.extend((*count > 0).then_some(*service).flatten());
            }
        }
        let mut largest = vec![0; self.facts.groups.len()];
        let participants: Vec<_> = self
            .counted
            .participants
            .iter()
            .map(|sittings| sittings.people_at_least(&self.counted.group_of_sitting, &mut largest))
            .collect();
        Heard {
            groups: self.counted.groups.count(),
            groups_expected: self.expected_groups().len() as u64,
            meetings: self.counted.meetings.count(),
            discussions: self.counted.discussions.into(),
            services: services.len() as u64,
            services_expected: services_expected(self.facts, &self.expected_groups()).len() as u64,
            attendance: register
                .rounds
                .iter()
                .filter_map(|round| {
                    let people = rounds.get(&round.id)?;
                    Some(RoundAttendance {
                        round: round.id,
                        all: Count::exact(people.iter().sum()),
                        by_respondent_group: by_word(RespondentGroup::ALL, people, false),
                    })
                })
                .collect(),
            participants: People {
                all: Count::exact(participants.iter().sum()),
                by_respondent_group: by_word(RespondentGroup::ALL, &participants, false),
            },
            responses: Responses {
                all: self.counted.responses.iter().sum::<u32>().into(),
                by_channel: by_word(Channel::ALL, &self.counted.responses, false),
            },
        }
    }

    fn was_heard(&self, meeting: MeetingId) -> bool {
        self.facts
            .meetings
            .get(&meeting)
            .is_some_and(|at| self.counted.meetings.has(at))
    }

    fn legend(&self) -> Legend {
        let register = self.facts.register();
        let mut groups = self.expected_groups();
        groups.extend((0..self.facts.groups.len() as u32).filter(|at| self.counted.groups.has(*at)));
        let ids: HashSet<GroupId> = groups.into_iter().map(|at| self.facts.groups.id(at)).collect();
        let rounds: HashSet<_> = register
            .meetings
            .iter()
            .filter(|meeting| self.was_heard(meeting.id))
            .map(|meeting| meeting.round)
            .collect();
        Legend {
            group: register
                .groups
                .iter()
                .filter(|group| ids.contains(&group.id))
                .map(|group| LegendEntry {
                    key: group.id.to_string(),
                    label: group.name.clone(),
                })
                .collect(),
            respondent_group: words_seen(RespondentGroup::ALL, &self.counted.respondent_groups, |word| {
                word.label()
            }),
            setting: words_seen(Setting::ALL, &self.counted.settings, |word| word.label()),
            channel: words_seen(Channel::ALL, &self.counted.channels, |word| word.label()),
            round: register
                .rounds
                .iter()
                .filter(|round| rounds.contains(&round.id))
                .map(|round| LegendEntry {
                    key: round.id.to_string(),
                    label: round.title.clone(),
                })
                .collect(),
        }
    }
}

fn words_seen<W: Copy + ToString>(
    all: &[W],
    seen: &[u32],
    label: impl Fn(W) -> &'static str,
) -> Vec<LegendEntry> {
    let seen = all.iter().zip(seen).filter(|(_, count)| **count > 0);
    seen.map(|(word, _)| LegendEntry {
        key: word.to_string(),
        label: label(*word).into(),
    })
    .collect()
}

/// Counts by word. `whole` shows zeros too: a stance nobody took is information, an absent setting is none.
fn by_word<W: Copy + Into<&'static str>, N: Copy + Into<u64>>(all: &[W], counts: &[N], whole: bool) -> Keyed {
    let shown = all
        .iter()
        .zip(counts)
        .map(|(word, count)| (*word, (*count).into()));
    Keyed(
        shown
            .filter(|(_, count): &(W, u64)| whole || *count > 0)
            .map(|(word, count)| (Cow::Borrowed(word.into()), Count::exact(count)))
            .collect(),
    )
}

/// The groups that the consultation expects, as figures count them, within `scope`.
pub(crate) fn expected_groups(facts: &Facts, scope: &Scope) -> Vec<u32> {
    let register = facts.register();
    let Some(consultation) = &register.consultation else {
        return Vec::new();
    };
    let expected = consultation.expected_groups.iter();
    let counted: Vec<GroupId> = expected
        .filter_map(|id| register.groups.iter().find(|group| group.id == *id))
        .map(|group| group.counted_as)
        .collect();
    let groups = facts.groups_in_order();
    groups
        .filter(|at| counted.contains(&facts.groups.id(*at)) && scope.takes_group(facts, *at))
        .collect()
}

/// Services of `groups` that were in being while the consultation ran.
pub(crate) fn services_expected<'a>(facts: &'a Facts, groups: &[u32]) -> Vec<&'a crate::facts::ServiceFact> {
    let register = facts.register();
    let (opens, closes) = register
        .consultation
        .as_ref()
        .map_or((None, None), |c| (c.opens_on, c.closes_on));
    register
        .services
        .iter()
        .filter(|service| {
            facts
                .groups
                .get(&service.group)
                .is_some_and(|group| groups.contains(&group))
                && closes.or(opens).is_none_or(|day| service.valid_from <= day)
                && service
                    .valid_to
                    .is_none_or(|until| opens.or(closes).is_none_or(|day| until >= day))
        })
        .collect()
}

/// What of the register can move a figure: the consultation, themes, meetings, groups, services and rounds.
fn revision_of_register(facts: &Facts, scope: &Scope) -> u64 {
    let register = facts.register();
    let themes = register.themes.iter().map(|theme| theme.version);
    // Everybody may read the register of groups and services, and a service that moves must not take its version out of
    // somebody's sum.
    let groups = register.groups.iter().map(|group| group.version);
    let services = register.services.iter().map(|one| one.version);
    // Only meetings with a discussion move a figure; others may leave the consultation again with their round, and
    // a revision never falls.
    let heard = |one: &&MeetingFact| scope.takes_id(one.own_group) && facts.meetings.get(&one.id).is_some();
    let meetings = register.meetings.iter().filter(heard).map(|one| one.version);
    let rounds = register.rounds.iter().map(|round| round.version);
    let consultation = register.consultation.iter().map(|one| one.version);
    themes
        .chain(groups)
        .chain(services)
        .chain(meetings)
        .chain(rounds)
        .chain(consultation)
        .map(|v| v as u64)
        .sum()
}
