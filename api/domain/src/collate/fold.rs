//! The one pass that counts.

use super::{answer::*, filter::Filter, filter::Scope, standing_limitations};
use crate::{
    consensus::{GroupAnswers, consensus},
    facts::{Container, Contribution, Facts, MeetingFact, NONE},
    id::{ContributionId, GroupId, MeetingId, ServiceId},
    vocabulary::{Channel, QuestionKind, RespondentGroup, Setting, Stance},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashSet},
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

/// People of each sitting, so that the largest sitting of a group can be taken at the end.
#[derive(Clone, Debug, Default)]
struct Sittings(Vec<u32>);

impl Sittings {
    fn add(&mut self, sitting: u32, people: u32) {
        let at = sitting as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] += people;
    }

    /// The largest sitting of a group, summed over groups.
    fn people_at_least(&self, group_of_sitting: &[u32], largest: &mut [u32]) -> u64 {
        largest.fill(0);
        for (sitting, people) in self.0.iter().enumerate() {
            let group = group_of_sitting[sitting] as usize;
            largest[group] = largest[group].max(*people);
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
    /// The container that touched this cell last, plus one, and the people it stood for.
    last: u32,
    people: u32,
    stance: [u32; Stance::ALL.len()],
    respondent_group: [u32; RespondentGroup::ALL.len()],
    setting: [u32; Setting::ALL.len()],
    channel: [u32; Channel::ALL.len()],
    /// By group number; the last place is for no group.
    group: Vec<u32>,
    meetings: Bits,
    sittings: Sittings,
    /// (received at, id, place of the container, place in it), the oldest three.
    quotes: Vec<(i64, ContributionId, u32, u32)>,
}

impl Cell {
    fn add(&mut self, container: &Container, place: u32, said: &Contribution, at: u32, groups: usize) {
        self.contributions += 1;
        self.stance[said.stance as usize] += 1;
        self.respondent_group[said.respondent_group as usize] += 1;
        self.setting[said.setting as usize] += 1;
        self.channel[container.channel as usize] += 1;
        if self.group.is_empty() {
            self.group.resize(groups + 1, 0);
        }
        self.group[if container.group == NONE {
            groups
        } else {
            container.group as usize
        }] += 1;
        let first_here = self.last != place + 1;
        if first_here {
            self.last = place + 1;
            self.people = 0;
        }
        if container.is_discussion() {
            if first_here {
                self.discussions += 1;
                self.meetings.set(container.meeting);
            }
            // One table counts as one person at least, or as its largest show of hands on this theme.
            let people = said.agree.max(1);
            if people > self.people {
                self.sittings.add(container.sitting, people - self.people);
                self.people = people;
            }
        } else if first_here {
            self.responses += 1;
        }
        if said.quotable {
            // Points of one table are of one moment; by id they stand in the same order on every replica.
            let quote = (said.received_at, said.id, place, at);
            let before = self.quotes.partition_point(|other| *other < quote);
            if before < crate::limits::QUOTES_A_THEME {
                self.quotes.insert(before, quote);
                self.quotes.truncate(crate::limits::QUOTES_A_THEME);
            }
        }
    }

    fn groups(&self) -> u64 {
        let known = self.group.len().saturating_sub(1);
        self.group[..known].iter().filter(|count| **count > 0).count() as u64
    }
}

/// Cells by theme number; only those that occur are there.
type Cells = Vec<Option<Box<Cell>>>;

#[derive(Clone, Debug, Default)]
struct QuestionCell {
    contributions: u32,
    last: u32,
    discussions: u32,
    not_discussed: u32,
    no_record: u32,
    coded: u32,
    uncoded: u32,
    set_aside: u32,
    unadjudicated: u32,
    stance: [u32; Stance::ALL.len()],
    groups: Bits,
    tally: Vec<u64>,
    by_group: BTreeMap<u32, Vec<u64>>,
    themes: Cells,
}

impl QuestionCell {
    /// Marks the table as one that came to this question.
    fn heard(&mut self, container: &Container, place: u32) {
        self.groups.set_known(container.group);
        if self.last != place + 1 {
            self.last = place + 1;
            self.discussions += u32::from(container.is_discussion());
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
    let heard = (0..facts.groups.len() as u32).filter(|at| fold.groups.has(*at));
    let groups = heard.map(|at| facts.groups.id(at)).collect();
    (fold.answer(), groups)
}

struct Fold<'a> {
    facts: &'a Facts,
    scope: &'a Scope,
    filter: &'a Filter,
    /// By place in the register; points outside every question last.
    questions: Vec<QuestionCell>,
    themes: Cells,
    sections: Vec<(u32, Cells)>,
    revision: u64,
    groups: Bits,
    /// Groups heard anywhere, whatever was said there.
    groups_anywhere: Bits,
    meetings: Bits,
    discussions: u64,
    services: HashSet<ServiceId>,
    responses: [u32; Channel::ALL.len()],
    participants: Vec<Sittings>,
    group_of_sitting: Vec<u32>,
    seen_words: [u32; 3],
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
            questions,
            themes: vec![None; facts.themes.len()],
            sections: vec![(0, Vec::new()); facts.sections.len()],
            revision: revision_of_register(facts, scope),
            groups: Bits::default(),
            groups_anywhere: Bits::default(),
            meetings: Bits::default(),
            discussions: 0,
            services: HashSet::new(),
            responses: Default::default(),
            participants: vec![Sittings::default(); RespondentGroup::ALL.len()],
            group_of_sitting: vec![0; facts.sittings.len()],
            seen_words: [0; 3],
        }
    }

    fn run(mut self) -> Self {
        for (place, container) in self.facts.containers.iter().enumerate() {
            if self.scope.takes(container) {
                self.revision += container.revision();
                if self.filter.takes_container(container) {
                    self.add(container, place as u32);
                }
            }
        }
        self
    }

    fn add(&mut self, container: &Container, place: u32) {
        let outside = self.questions.len() - 1;
        let groups = self.facts.groups.len();
        self.groups_anywhere.set_known(container.group);
        let mut touched = !self.filter.speaks_of_contributions();

        for (at, said) in container.contributions.iter().enumerate() {
            if !self.filter.takes_contribution(said) {
                continue;
            }
            touched = true;
            let question = if said.question == NONE {
                outside
            } else {
                said.question as usize
            };
            let cell = &mut self.questions[question];
            cell.contributions += 1;
            cell.stance[said.stance as usize] += 1;
            cell.coded += u32::from(!said.themes.is_empty());
            cell.set_aside += u32::from(said.set_aside);
            cell.uncoded += u32::from(said.themes.is_empty() && !said.set_aside);
            cell.unadjudicated += u32::from(self.filter.is_unadjudicated(said));
            cell.heard(container, place);
            if cell.themes.is_empty() {
                cell.themes.resize(self.themes.len(), None);
            }
            let themes = self.filter.themes_of(said);
            for theme in &themes {
                let at = at as u32;
                let theme = *theme as usize;
                cell.themes[theme]
                    .get_or_insert_default()
                    .add(container, place, said, at, groups);
                self.themes[theme]
                    .get_or_insert_default()
                    .add(container, place, said, at, groups);
            }
            if said.section != NONE {
                let (contributions, cells) = &mut self.sections[said.section as usize];
                *contributions += 1;
                if cells.is_empty() {
                    cells.resize(self.themes.len(), None);
                }
                for theme in &themes {
                    let cell = cells[*theme as usize].get_or_insert_default();
                    cell.add(container, place, said, at as u32, groups);
                }
            }
            self.seen_words[0] |= 1 << said.respondent_group as u32;
            self.seen_words[1] |= 1 << said.setting as u32;
        }

        for (question, option, people) in &container.answers {
            if self.filter.takes_answer(container, *question) {
                touched = true;
                let cell = &mut self.questions[*question as usize];
                cell.heard(container, place);
                cell.tally[*option as usize] += u64::from(*people);
                let options = cell.tally.len();
                let of_group = cell
                    .by_group
                    .entry(container.group)
                    .or_insert_with(|| vec![0; options]);
                of_group[*option as usize] += u64::from(*people);
            }
        }

        if touched {
            self.heard(container);
        }
        if container.is_discussion() {
            self.silence(container);
        }
    }

    fn heard(&mut self, container: &Container) {
        self.groups.set_known(container.group);
        self.seen_words[2] |= 1 << container.channel as u32;
        self.services.extend(container.service);
        if container.is_discussion() {
            self.discussions += 1;
            self.meetings.set(container.meeting);
            self.group_of_sitting[container.sitting as usize] = container.group;
            for (who, people) in container.participants.iter().enumerate() {
                if *people > 0 {
                    self.participants[who].add(container.sitting, *people);
                }
            }
        } else {
            self.responses[container.channel as usize] += 1;
        }
    }

    /// Questions that a table did not come to, said or unsaid. What it recorded is looked at whole, whoever said
    /// it: a table that recorded a carer's point on a question did discuss it.
    fn silence(&mut self, container: &Container) {
        for at in 0..self.questions.len() - 1 {
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
            if container.not_discussed_because(question).is_some() {
                self.questions[at].not_discussed += 1;
            } else {
                self.questions[at].no_record += 1;
            }
        }
    }

    fn answer(self) -> Collation {
        let register = self.facts.register();
        let shown = |at: usize| {
            self.filter.takes_question(if at == register.questions.len() {
                NONE
            } else {
                at as u32
            }) && (at < register.questions.len() || self.questions[at].contributions > 0)
        };
        let questions: Vec<_> = (0..self.questions.len())
            .filter(|at| shown(*at))
            .map(|at| self.question(at))
            .collect();
        let uncoded: u32 = self.questions.iter().map(|question| question.uncoded).sum();
        let unadjudicated: u32 = self.questions.iter().map(|question| question.unadjudicated).sum();
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
            revision: self.revision,
            policy: AppliedPolicy::none(self.facts),
            scope: self.scope.answered(),
            filters: self.filter.applied.clone(),
            heard: self.who_was_heard(),
            questions,
            themes: self.themes_in_order(&self.themes),
            sections: self.sections(),
            legend: self.legend(),
            limitations,
        }
    }

    fn question(&self, at: usize) -> CollatedQuestion {
        let cell = &self.questions[at];
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
        let heard = |at: &u32| expected.contains(at) || self.groups_anywhere.has(*at);
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
                let cell = cells.get(at)?.as_deref()?;
                let known = cell.group.len() - 1;
                let places = self.facts.groups_in_order().map(|at| at as usize).chain([known]);
                let groups = places
                    .filter_map(|at| Some((at, *cell.group.get(at)?)))
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
                                .people_at_least(&self.group_of_sitting, &mut largest),
                        )
                    }),
                    stance: by_word(Stance::ALL, &cell.stance, true),
                    by: Breakdown {
                        respondent_group: by_word(RespondentGroup::ALL, &cell.respondent_group, false),
                        group: Keyed(
                            groups
                                .into_iter()
                                .map(|(at, count)| (self.group_key(at, known), Count::from(count)))
                                .collect(),
                        ),
                        setting: by_word(Setting::ALL, &cell.setting, false),
                        channel: by_word(Channel::ALL, &cell.channel, false),
                    },
                    quotes: cell.quotes.iter().map(|quote| self.quote(quote)).collect(),
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

    fn group_key(&self, at: usize, known: usize) -> Cow<'static, str> {
        if at == known {
            "not_recorded".into()
        } else {
            self.facts.groups.id(at as u32).to_string().into()
        }
    }

    fn quote(&self, (_, _, place, at): &(i64, ContributionId, u32, u32)) -> Quote {
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
            let (contributions, cells) = number.map_or(&empty, |number| &self.sections[number as usize]);
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
        let mut services = self.services.clone();
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
            .participants
            .iter()
            .map(|sittings| sittings.people_at_least(&self.group_of_sitting, &mut largest))
            .collect();
        Heard {
            groups: self.groups.count(),
            groups_expected: self.expected_groups().len() as u64,
            meetings: self.meetings.count(),
            discussions: self.discussions,
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
                all: self.responses.iter().sum::<u32>().into(),
                by_channel: by_word(Channel::ALL, &self.responses, false),
            },
        }
    }

    fn was_heard(&self, meeting: MeetingId) -> bool {
        self.facts
            .meetings
            .get(&meeting)
            .is_some_and(|at| self.meetings.has(at))
    }

    fn legend(&self) -> Legend {
        let register = self.facts.register();
        let mut groups = self.expected_groups();
        groups.extend((0..self.facts.groups.len() as u32).filter(|at| self.groups.has(*at)));
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
            respondent_group: words_seen(RespondentGroup::ALL, self.seen_words[0], |word| word.label()),
            setting: words_seen(Setting::ALL, self.seen_words[1], |word| word.label()),
            channel: words_seen(Channel::ALL, self.seen_words[2], |word| word.label()),
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
    seen: u32,
    label: impl Fn(W) -> &'static str,
) -> Vec<LegendEntry> {
    let seen = all.iter().enumerate().filter(|(at, _)| seen >> at & 1 == 1);
    seen.map(|(_, word)| LegendEntry {
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
