//! What stood behind the figures of a release when it was made: every contribution that counted, as what, and by whose coding.
//!
//! Facts move after a release is made: people take back what they said, texts are corrected, coders look again. A published figure
//! does not move, so what it was counted from is kept with the release, written once from the same facts. It is counted by the rules
//! of `collate/fold.rs` and `collate/cross_tab.rs`, and a law holds the two together.
//!
//! It holds ids, words of closed sets and numbers, and nothing that anybody said. It names who coded what and where it was said, so
//! it is read for leads and the auditor alone.
//!
//! Refused: to reckon it anew from the versions of contributions and codings, which cannot say what a look at the facts saw at one
//! moment; and JSON, which is five times as large.
//!
//! The document: one byte of version, then lists, each behind its length. Numbers are LEB128 (DWARF 5, section 7.6), ids 16 bytes.
//! Words of closed sets stand once, spelt out, and are named by their place, so that a set may be put in another order later.

mod moved;

pub use moved::{Moved, MovedOnes};

use crate::{
    collate::{Dimension, Filter},
    facts::{Container, Contribution, Facts, NONE},
    id::{ContributionId, GroupId, MeetingId, RoundId, ThemeId, UserId},
    moment::Moment,
    report::{Behind, CodingState, CountedFrom},
    vocabulary::{Channel, RespondentGroup, Setting, Stance},
};
use smallvec::SmallVec;
use std::{collections::HashMap, fmt, ops::Range, str::FromStr};
use uuid::Uuid;

/// The first byte: how the rest is laid out.
const LAYOUT: u8 = 1;

const CODED: u64 = 1;
const SET_ASIDE: u64 = 2;
const UNADJUDICATED: u64 = 4;
const COUNTED: u64 = 8;
const DECIDED: u64 = 16;

/// A document that is none of ours, or was cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a provenance that cannot be read: {}", self.0)
    }
}

impl std::error::Error for Unreadable {}

/// What a release of these facts is made of: about 45 bytes a contribution, by tables and responses in the order of their ids, and
/// within each in the order in which its contributions reached us.
pub fn provenance(facts: &Facts) -> Vec<u8> {
    let filter = Filter::whole(facts);
    let register = facts.register();
    let mut counted: Vec<&Container> = facts
        .containers
        .iter()
        .filter(|container| container.counts())
        .collect();
    counted.sort_unstable_by_key(|container| container.id);
    let contributions: usize = counted
        .iter()
        .map(|container| container.contributions.len())
        .sum();
    let mut to = Written(Vec::with_capacity(1024 + contributions * 56 + counted.len() * 40));
    to.0.push(LAYOUT);
    to.words(RespondentGroup::ALL.iter().map(|word| word.as_str()));
    to.words(Setting::ALL.iter().map(|word| word.as_str()));
    to.words(Channel::ALL.iter().map(|word| word.as_str()));
    to.words(Stance::ALL.iter().map(|word| word.as_str()));
    to.number(register.questions.len() as u64);
    for question in &register.questions {
        to.number(u64::from(question.number.cast_unsigned()));
        to.words(question.options.iter().map(String::as_str));
    }
    let sections: Vec<String> = (0..facts.sections.len() as u32)
        .map(|at| facts.sections.id(at))
        .collect();
    to.words(sections.iter().map(String::as_str));
    to.ids((0..facts.groups.len() as u32).map(|at| facts.groups.id(at).0));
    to.ids((0..facts.rounds.len() as u32).map(|at| facts.rounds.id(at).0));
    to.ids((0..facts.meetings.len() as u32).map(|at| facts.meetings.id(at).0));
    to.ids((0..facts.coders.len() as u32).map(|at| facts.coders.id(at).0));
    to.ids((0..facts.themes.len() as u32).map(|at| facts.themes.id(at).0));
    for line in &filter.lines {
        to.place(line.get(1).copied().unwrap_or(NONE));
    }
    to.number(counted.len() as u64);
    for container in counted {
        to.container(container);
        to.number(container.contributions.len() as u64);
        let mut all: SmallVec<[&Contribution; 16]> = container.contributions.iter().collect();
        all.sort_unstable_by_key(|said| (said.received_at, said.id));
        for said in all {
            to.contribution(&filter, said);
        }
    }
    to.0
}

/// Bytes in the making.
struct Written(Vec<u8>);

impl Written {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A place in a list, or none.
    fn place(&mut self, at: u32) {
        self.number(if at == NONE { 0 } else { u64::from(at) + 1 });
    }

    fn id(&mut self, id: Uuid) {
        self.0.extend(id.as_bytes());
    }

    fn ids(&mut self, ids: impl ExactSizeIterator<Item = Uuid>) {
        self.number(ids.len() as u64);
        ids.for_each(|id| self.id(id));
    }

    fn words<'w>(&mut self, words: impl ExactSizeIterator<Item = &'w str>) {
        self.number(words.len() as u64);
        for word in words {
            self.number(word.len() as u64);
            self.0.extend(word.as_bytes());
        }
    }

    fn container(&mut self, container: &Container) {
        self.id(container.id);
        self.number(u64::from(container.is_discussion()));
        self.number(container.channel as u64);
        self.number(container.respondent_group as u64);
        self.number(container.setting as u64);
        self.place(container.group);
        self.place(container.round);
        self.place(container.meeting);
        let seated = container.participants.iter().enumerate();
        self.number(seated.fold(0, |bits, (who, people)| bits | u64::from(*people > 0) << who));
        self.number(container.answers.len() as u64);
        for (question, option, people) in &container.answers {
            self.number(u64::from(*question));
            self.number(u64::from(*option));
            self.number(u64::from(*people));
        }
        self.number(container.not_discussed.len() as u64);
        for (question, _) in &container.not_discussed {
            self.place(*question);
        }
    }

    fn contribution(&mut self, filter: &Filter, said: &Contribution) {
        self.id(said.id.0);
        self.number(u64::from(said.version.cast_unsigned()));
        self.place(said.question);
        self.place(said.section);
        self.number(said.respondent_group as u64);
        self.number(said.setting as u64);
        self.number(said.stance as u64);
        let is = |holds: bool, bit: u64| if holds { bit } else { 0 };
        self.number(
            is(!said.themes.is_empty(), CODED)
                | is(said.set_aside, SET_ASIDE)
                | is(filter.is_unadjudicated(said), UNADJUDICATED)
                | is(said.counted.is_some(), COUNTED)
                | is(said.counted.is_some_and(|coding| coding.decided), DECIDED),
        );
        // As they count, which a later merge does not move; the reader adds their parents.
        let mut themes: SmallVec<[u32; 8]> = SmallVec::new();
        for theme in &said.themes {
            let standing = filter
                .lines
                .get(*theme as usize)
                .and_then(|line| line.first().copied());
            if let Some(standing) = standing.filter(|standing| !themes.contains(standing)) {
                themes.push(standing);
            }
        }
        self.number(themes.len() as u64);
        for theme in themes {
            self.number(u64::from(theme));
        }
        if let Some(coding) = said.counted {
            self.number(u64::from(coding.coder));
            self.number(coding.coded_at.cast_unsigned());
        }
    }
}

/// What stood behind a release.
#[derive(Clone, Debug)]
pub struct Provenance {
    questions: Vec<(i32, Vec<String>)>,
    sections: Vec<String>,
    themes: Vec<ThemeId>,
    /// By place of a theme: the place of its parent.
    parents: Vec<Option<u32>>,
    containers: Vec<StoodIn>,
    contributions: Vec<Stood>,
}

/// A table or response that counted, as it stood.
#[derive(Clone, Debug)]
pub struct StoodIn {
    /// Of the discussion or response.
    pub id: Uuid,
    /// Whether it is a discussion.
    pub is_discussion: bool,
    pub channel: Channel,
    /// To whom its answers are put down.
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    /// As figures count it.
    pub group: Option<GroupId>,
    pub round: Option<RoundId>,
    pub meeting: Option<MeetingId>,
    /// By place in the words of respondent groups: whether anybody of it sat there.
    seated: SmallVec<[RespondentGroup; 4]>,
    /// (place of the question, place of the option, people)
    answers: Vec<(u32, u32, u32)>,
    /// Places of the questions that it said it did not come to.
    not_discussed: SmallVec<[u32; 2]>,
    contributions: Range<usize>,
}

/// A contribution that counted, as it stood.
#[derive(Clone, Debug)]
pub struct Stood {
    pub id: ContributionId,
    pub version: i32,
    question: Option<u32>,
    section: Option<u32>,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    pub stance: Stance,
    flags: u64,
    /// Places of the themes under which it counted, without their parents.
    themes: SmallVec<[u32; 4]>,
    /// The coding that counted; none where nobody had coded it.
    pub coding: Option<StoodByCoding>,
}

/// The coding that counted, by what tells it from every other of its contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoodByCoding {
    /// Who made it.
    pub coder: UserId,
    /// When.
    pub coded_at: Moment,
    /// Whether it decided between codings that differed.
    pub decided: bool,
}

impl Stood {
    /// How far it was coded.
    pub const fn state(&self) -> CodingState {
        if self.flags & SET_ASIDE != 0 {
            CodingState::SetAside
        } else if self.flags & CODED != 0 {
            CodingState::Coded
        } else {
            CodingState::Uncoded
        }
    }

    /// Whether coders who worked independently saw it differently, and nobody had decided.
    pub const fn was_unadjudicated(&self) -> bool {
        self.flags & UNADJUDICATED != 0
    }

    const fn is_in(&self, state: CodingState) -> bool {
        match state {
            CodingState::Coded => self.flags & CODED != 0,
            CodingState::SetAside => self.flags & SET_ASIDE != 0,
            CodingState::Uncoded => self.flags & (CODED | SET_ASIDE) == 0,
            CodingState::Unadjudicated => self.was_unadjudicated(),
        }
    }
}

/// What one figure was counted from.
#[derive(Clone, Debug, Default)]
pub struct StoodBehind<'p> {
    /// Contributions, each with where it was made, in the order of the tables and responses.
    pub contributions: Vec<(&'p StoodIn, &'p Stood)>,
    /// Discussions, in the order of their ids.
    pub discussions: Vec<&'p StoodIn>,
    /// Responses, in the order of their ids.
    pub responses: Vec<&'p StoodIn>,
    /// People who raised a hand or chose, where that is what it counts.
    pub people: Option<u64>,
}

/// Bytes that are being read.
struct Reading<'b>(&'b [u8]);

impl<'b> Reading<'b> {
    fn bytes(&mut self, count: usize) -> Result<&'b [u8], Unreadable> {
        let (these, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Unreadable("it was cut short"))?;
        self.0 = rest;
        Ok(these)
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.bytes(1)?.first().copied().unwrap_or_default();
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable("a number is too long"))
    }

    fn small(&mut self) -> Result<u32, Unreadable> {
        u32::try_from(self.number()?).map_err(|_| Unreadable("a number is too large"))
    }

    /// How many follow. Each takes a byte at least, so that a number that is none of ours reserves no memory.
    fn length(&mut self) -> Result<usize, Unreadable> {
        let length = usize::try_from(self.number()?).ok();
        length
            .filter(|length| *length <= self.0.len())
            .ok_or(Unreadable("it was cut short"))
    }

    /// A place in a list of so many, or none.
    fn place(&mut self, of: usize) -> Result<Option<u32>, Unreadable> {
        match self.small()? {
            0 => Ok(None),
            at => within(at - 1, of).map(Some),
        }
    }

    /// A place in a list of so many.
    fn at(&mut self, of: usize) -> Result<u32, Unreadable> {
        within(self.small()?, of)
    }

    /// What stands at a place of a list.
    fn of<T: Copy>(&mut self, list: &[T]) -> Result<T, Unreadable> {
        let at = self.small()? as usize;
        list.get(at).copied().ok_or(OUTSIDE)
    }

    /// The same where there may be none.
    fn maybe_of<T: Copy>(&mut self, list: &[T]) -> Result<Option<T>, Unreadable> {
        Ok(self
            .place(list.len())?
            .and_then(|at| list.get(at as usize).copied()))
    }

    fn id(&mut self) -> Result<Uuid, Unreadable> {
        Uuid::from_slice(self.bytes(16)?).map_err(|_| Unreadable("an id is none"))
    }

    fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<Vec<T>, Unreadable> {
        let length = self.length()?;
        (0..length).map(|_| one(self)).collect()
    }

    fn ids<I: From<Uuid>>(&mut self) -> Result<Vec<I>, Unreadable> {
        self.list(|from| from.id().map(I::from))
    }

    fn word(&mut self) -> Result<&'b str, Unreadable> {
        let length = self.length()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| Unreadable("a word is no text"))
    }

    fn words<W: FromStr>(&mut self) -> Result<Vec<W>, Unreadable> {
        self.list(|from| {
            from.word()?
                .parse()
                .map_err(|_| Unreadable("a word is not known any more"))
        })
    }
}

const OUTSIDE: Unreadable = Unreadable("it names what it does not hold");

fn within(at: u32, of: usize) -> Result<u32, Unreadable> {
    match (at as usize) < of {
        true => Ok(at),
        false => Err(OUTSIDE),
    }
}

impl Provenance {
    /// Reads what [`provenance`] wrote.
    ///
    /// # Errors
    /// Where it is none, or was cut short.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut from = Reading(bytes);
        if from.bytes(1)? != [LAYOUT] {
            return Err(Unreadable("it is of a layout that is not known"));
        }
        let respondent_groups: Vec<RespondentGroup> = from.words()?;
        let settings: Vec<Setting> = from.words()?;
        let channels: Vec<Channel> = from.words()?;
        let stances: Vec<Stance> = from.words()?;
        let questions = from.list(|from| Ok((from.small()?.cast_signed(), from.words()?)))?;
        let sections: Vec<String> = from.words()?;
        let groups: Vec<GroupId> = from.ids()?;
        let rounds: Vec<RoundId> = from.ids()?;
        let meetings: Vec<MeetingId> = from.ids()?;
        let coders: Vec<UserId> = from.ids()?;
        let themes: Vec<ThemeId> = from.ids()?;
        let parents = (0..themes.len())
            .map(|_| from.place(themes.len()))
            .collect::<Result<_, _>>()?;
        let mut contributions = Vec::new();
        let containers = from.list(|from| {
            let mut container = StoodIn {
                id: from.id()?,
                is_discussion: from.number()? == 1,
                channel: from.of(&channels)?,
                respondent_group: from.of(&respondent_groups)?,
                setting: from.of(&settings)?,
                group: from.maybe_of(&groups)?,
                round: from.maybe_of(&rounds)?,
                meeting: from.maybe_of(&meetings)?,
                seated: {
                    let bits = from.number()?;
                    let words = respondent_groups.iter().enumerate();
                    words
                        .filter(|(at, _)| bits >> at & 1 == 1)
                        .map(|(_, word)| *word)
                        .collect()
                },
                answers: from.list(|from| Ok((from.at(questions.len())?, from.small()?, from.small()?)))?,
                not_discussed: from
                    .list(|from| from.place(questions.len()))?
                    .into_iter()
                    .flatten()
                    .collect(),
                contributions: contributions.len()..contributions.len(),
            };
            for _ in 0..from.length()? {
                let id = ContributionId(from.id()?);
                let version = from.small()?.cast_signed();
                let question = from.place(questions.len())?;
                let section = from.place(sections.len())?;
                let respondent_group = from.of(&respondent_groups)?;
                let setting = from.of(&settings)?;
                let stance = from.of(&stances)?;
                let flags = from.number()?;
                let mut counts_under = SmallVec::new();
                for _ in 0..from.length()? {
                    counts_under.push(from.at(themes.len())?);
                }
                let coding = match flags & COUNTED != 0 {
                    false => None,
                    true => Some(StoodByCoding {
                        coder: from.of(&coders)?,
                        coded_at: Moment(from.number()?.cast_signed()),
                        decided: flags & DECIDED != 0,
                    }),
                };
                contributions.push(Stood {
                    id,
                    version,
                    question,
                    section,
                    respondent_group,
                    setting,
                    stance,
                    flags,
                    themes: counts_under,
                    coding,
                });
            }
            container.contributions.end = contributions.len();
            Ok(container)
        })?;
        if !from.0.is_empty() {
            return Err(Unreadable("something stands behind its end"));
        }
        Ok(Self {
            questions,
            sections,
            themes,
            parents,
            containers,
            contributions,
        })
    }

    /// The number of the question that a contribution was made on.
    pub fn question_of(&self, said: &Stood) -> Option<i32> {
        self.questions
            .get(said.question? as usize)
            .map(|(number, _)| *number)
    }

    /// The section that a contribution named.
    pub fn section_of(&self, said: &Stood) -> Option<&str> {
        self.sections.get(said.section? as usize).map(String::as_str)
    }

    /// The themes under which a contribution counted, without their parents.
    pub fn themes_of(&self, said: &Stood) -> Vec<ThemeId> {
        let themes = said.themes.iter();
        themes
            .filter_map(|at| self.themes.get(*at as usize).copied())
            .collect()
    }

    /// Whether any contribution was neither coded nor set aside.
    pub fn has_uncoded(&self) -> bool {
        self.contributions
            .iter()
            .any(|said| said.is_in(CodingState::Uncoded))
    }

    /// The version at which each contribution counted.
    pub fn versions(&self) -> HashMap<ContributionId, i32> {
        self.contributions
            .iter()
            .map(|said| (said.id, said.version))
            .collect()
    }

    /// What a figure was counted from.
    pub fn behind(&self, behind: &Behind) -> StoodBehind<'_> {
        let mut found = StoodBehind {
            people: (behind.from == CountedFrom::Answers).then_some(0),
            ..StoodBehind::default()
        };
        let Some(wanted) = self.wanted(behind) else {
            return found;
        };
        for container in &self.containers {
            if !wanted.takes_container(container) {
                continue;
            }
            let all = self
                .contributions
                .get(container.contributions.clone())
                .unwrap_or_default();
            let mut stands = false;
            if matches!(
                behind.from,
                CountedFrom::Contributions | CountedFrom::ContributionsAndAnswers
            ) {
                for said in all.iter().filter(|said| wanted.takes_contribution(said)) {
                    stands = true;
                    found.contributions.push((container, said));
                }
            }
            if matches!(
                behind.from,
                CountedFrom::Answers | CountedFrom::ContributionsAndAnswers
            ) && wanted.takes_voices_of(container)
            {
                for (_, _, people) in container
                    .answers
                    .iter()
                    .filter(|answer| wanted.takes_answer(answer))
                {
                    stands = true;
                    found.people = found.people.map(|all| all + u64::from(*people));
                }
            }
            stands |= match behind.from {
                CountedFrom::Presence => wanted.takes_voices_of(container),
                CountedFrom::Participants => container
                    .seated
                    .iter()
                    .any(|who| wanted.by.takes_word(who.as_str())),
                CountedFrom::NotDiscussed | CountedFrom::NoRecord => {
                    wanted.is_silent(container, all, behind.from == CountedFrom::NotDiscussed)
                }
                _ => false,
            };
            if stands {
                match container.is_discussion {
                    true => found.discussions.push(container),
                    false => found.responses.push(container),
                }
            }
        }
        found
    }

    /// What is asked for, in places; nothing where it names what counted nowhere.
    fn wanted<'k>(&self, behind: &'k Behind) -> Option<Wanted<'k>> {
        if behind.from == CountedFrom::Register {
            return None;
        }
        let question = match behind.question {
            None => None,
            Some(None) => Some(None),
            Some(Some(number)) => {
                let at = self.questions.iter().position(|(known, _)| *known == number)?;
                Some(Some(at as u32))
            }
        };
        let section = match &behind.section {
            None => None,
            Some(reference) => {
                let at = self.sections.iter().position(|known| known == reference);
                // The row of those that name none.
                match (at, reference.as_str()) {
                    (None, "none") => Some(None),
                    (at, _) => Some(Some(at? as u32)),
                }
            }
        };
        let option = match &behind.answer {
            None => None,
            Some(option) => {
                let (_, options) = self.questions.get(question?? as usize)?;
                Some(options.iter().position(|known| known == option)? as u32)
            }
        };
        let themes = match behind.theme {
            None => None,
            Some(id) => {
                let wanted = self.themes.iter().position(|known| *known == id)? as u32;
                let under = (0..self.themes.len() as u32).filter(|at| self.is_under(*at, wanted));
                Some(under.collect())
            }
        };
        Some(Wanted {
            question,
            section,
            option,
            themes,
            stance: behind.stance,
            coding: behind.coding,
            by: By::new(behind.by.as_ref()),
            responses_alone: behind.responses_alone,
            tables_alone: behind.tables_alone,
            participants: behind.from == CountedFrom::Participants,
        })
    }

    /// Whether a theme is another, or a sub-theme of it.
    fn is_under(&self, theme: u32, wanted: u32) -> bool {
        let mut at = Some(theme);
        // Parents of parents are followed to the top; a line longer than the codeframe would be a circle.
        for _ in 0..=self.themes.len() {
            match at {
                Some(one) if one == wanted => return true,
                Some(one) => at = self.parents.get(one as usize).copied().flatten(),
                None => return false,
            }
        }
        false
    }
}

/// Keys of a dimension.
enum By<'k> {
    Anybody,
    Group(Vec<Option<GroupId>>),
    Round(Vec<Option<RoundId>>),
    Word(Dimension, &'k [String]),
}

impl<'k> By<'k> {
    fn new(by: Option<&'k (Dimension, Vec<String>)>) -> Self {
        fn ids<I: FromStr>(keys: &[String]) -> Vec<Option<I>> {
            let known = |key: &String| match key.as_str() {
                "not_recorded" => Some(None),
                key => key.parse().ok().map(Some),
            };
            keys.iter().filter_map(known).collect()
        }
        match by {
            None => Self::Anybody,
            // A row that lost its breakdown has everything in one cell.
            Some((_, keys)) if keys.iter().any(|key| key == "all") => Self::Anybody,
            Some((Dimension::Group, keys)) => Self::Group(ids(keys)),
            Some((Dimension::Round, keys)) => Self::Round(ids(keys)),
            Some((dimension, keys)) => Self::Word(*dimension, keys),
        }
    }

    fn takes_word(&self, word: &str) -> bool {
        match self {
            Self::Word(_, keys) => keys.iter().any(|key| key == word),
            _ => true,
        }
    }
}

/// What a figure counts, in places of the lists.
struct Wanted<'k> {
    question: Option<Option<u32>>,
    section: Option<Option<u32>>,
    option: Option<u32>,
    /// The theme and its sub-themes.
    themes: Option<Vec<u32>>,
    stance: Option<Stance>,
    coding: Option<CodingState>,
    by: By<'k>,
    responses_alone: bool,
    tables_alone: bool,
    participants: bool,
}

impl Wanted<'_> {
    /// Where it was said, of what moves with the container alone.
    fn takes_container(&self, container: &StoodIn) -> bool {
        let of_kind = match container.is_discussion {
            true => !self.responses_alone,
            false => !self.tables_alone && !self.participants,
        };
        of_kind
            && match &self.by {
                By::Group(groups) => groups.contains(&container.group),
                By::Round(rounds) => rounds.contains(&container.round),
                By::Word(Dimension::Channel, _) => self.by.takes_word(container.channel.as_str()),
                _ => true,
            }
    }

    /// Who said it, and where they live or work.
    fn takes_voice(&self, who: RespondentGroup, setting: Setting) -> bool {
        match &self.by {
            By::Word(Dimension::RespondentGroup, _) => self.by.takes_word(who.as_str()),
            By::Word(Dimension::Setting, _) => self.by.takes_word(setting.as_str()),
            _ => true,
        }
    }

    /// The same of what is put down to a table or response as a whole.
    fn takes_voices_of(&self, container: &StoodIn) -> bool {
        self.takes_voice(container.respondent_group, container.setting)
    }

    fn takes_contribution(&self, said: &Stood) -> bool {
        self.takes_voice(said.respondent_group, said.setting)
            && self.question.is_none_or(|question| question == said.question)
            && self.section.is_none_or(|section| section == said.section)
            && self.stance.is_none_or(|stance| stance == said.stance)
            && self.coding.is_none_or(|state| said.is_in(state))
            && self
                .themes
                .as_ref()
                .is_none_or(|themes| said.themes.iter().any(|theme| themes.contains(theme)))
    }

    fn takes_answer(&self, (question, option, _): &(u32, u32, u32)) -> bool {
        self.question.is_none_or(|wanted| wanted == Some(*question))
            && self.option.is_none_or(|wanted| wanted == *option)
    }

    /// Whether a table recorded nothing on the question, and said so or did not.
    fn is_silent(&self, container: &StoodIn, all: &[Stood], said_so: bool) -> bool {
        let Some(Some(question)) = self.question else {
            return false;
        };
        container.is_discussion
            && !all.iter().any(|said| said.question == Some(question))
            && !container
                .answers
                .iter()
                .any(|(answered, ..)| *answered == question)
            && container.not_discussed.contains(&question) == said_so
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{CodingRow, ContainerRow, ContributionRow, QuestionFact, Register, SectionFact, ThemeFact},
        vocabulary::{QuestionKind, ReviewState, ThemeStatus},
    };

    fn id<I: From<Uuid>>(at: u128) -> I {
        Uuid::from_u128(at).into()
    }

    fn theme(at: u128, parent: Option<u128>, into: Option<u128>) -> ThemeFact {
        ThemeFact {
            id: id(at),
            code: format!("theme-{at}"),
            label: format!("Theme {at}"),
            parent: parent.map(id),
            merged_into: into.map(id),
            split: false,
            question: None,
            earlier: None,
            status: match into {
                Some(_) => ThemeStatus::Merged,
                None => ThemeStatus::Agreed,
            },
            version: 1,
        }
    }

    fn said(at: u128, container: u128, themes: &[u128]) -> ContributionRow {
        ContributionRow {
            id: id(at),
            container: id(container),
            version: 3,
            received_at: at as i64,
            question: Some(1),
            section: at.is_multiple_of(2).then(|| "4.3".into()),
            respondent_group: RespondentGroup::ServiceUser,
            setting: Setting::LowSecure,
            stance: Stance::Suggests,
            agree: 0,
            quotable: false,
            flagged: false,
            concern: false,
            withdrawn: false,
            codings: match themes {
                [] => Vec::new(),
                themes => vec![CodingRow {
                    coder: id(70),
                    coded_at: 1_570_100_000_123_456 + at as i64,
                    independent: false,
                    themes: themes.iter().map(|theme| id(*theme)).collect(),
                    set_aside: false,
                    adjudicates: at == 104,
                    frozen: true,
                }],
            },
        }
    }

    /// Two responses and four points; the second theme is under the first, and the third was merged into the second.
    fn facts() -> Facts {
        let mut facts = Facts::default();
        facts.set_register(Register {
            questions: vec![QuestionFact {
                number: 1,
                prompt: "What helps?".into(),
                kind: QuestionKind::SingleChoice,
                options: vec!["yes".into(), "no".into()],
            }],
            sections: vec![SectionFact {
                reference: "4.3".into(),
                title: "Food".into(),
            }],
            themes: vec![
                theme(1, None, None),
                theme(2, Some(1), None),
                theme(3, None, Some(2)),
            ],
            ..Register::default()
        });
        for at in [61, 60] {
            facts.put_container(ContainerRow {
                id: id(at),
                version: 1,
                channel: Channel::Written,
                group: (at == 60).then(|| id(50)),
                own_group: None,
                service: None,
                table: None,
                respondent_group: RespondentGroup::Staff,
                setting: Setting::NotRecorded,
                review: ReviewState::Received,
                answers: vec![(1, "no".into(), 1)],
            });
        }
        facts.put_contribution(said(101, 61, &[]));
        facts.put_contribution(said(102, 60, &[1]));
        facts.put_contribution(said(103, 60, &[3, 2]));
        facts.put_contribution(said(104, 61, &[2]));
        facts
    }

    fn ids(found: &StoodBehind<'_>) -> Vec<u128> {
        found
            .contributions
            .iter()
            .map(|(_, said)| said.id.0.as_u128())
            .collect()
    }

    #[test]
    fn a_theme_takes_its_sub_themes_in_and_what_was_merged_into_them() {
        let read = Provenance::read(&provenance(&facts())).unwrap();
        let under = |at: u128| {
            ids(&read.behind(&Behind {
                theme: Some(id(at)),
                ..Behind::default()
            }))
        };
        assert_eq!(under(1), [102, 103, 104]);
        assert_eq!(under(2), [103, 104]);
        assert!(
            under(3).is_empty(),
            "what was merged counts under what took it in"
        );
        assert!(under(9).is_empty());
    }

    #[test]
    fn it_says_how_each_stood_and_by_whose_coding() {
        let read = Provenance::read(&provenance(&facts())).unwrap();
        let all = read.behind(&Behind::default());
        assert_eq!(ids(&all), [102, 103, 101, 104]);
        assert_eq!((all.discussions.len(), all.responses.len()), (0, 2));
        let (place, one) = all.contributions[1];
        assert_eq!(
            (place.id, place.group, place.channel),
            (id(60), Some(id(50)), Channel::Written)
        );
        assert_eq!(
            (one.version, read.question_of(one), read.section_of(one)),
            (3, Some(1), None)
        );
        assert_eq!(
            read.themes_of(one),
            [id(2)],
            "once, however many themes were joined"
        );
        let coding = one.coding.unwrap();
        assert_eq!(
            (coding.coder, coding.coded_at.0, coding.decided),
            (id(70), 1_570_100_000_123_559, false)
        );
        assert!(all.contributions[3].1.coding.unwrap().decided);
        let (_, uncoded) = all.contributions[2];
        assert_eq!((uncoded.state(), uncoded.coding), (CodingState::Uncoded, None));
    }

    #[test]
    fn answers_are_people_of_their_responses_and_no_contributions() {
        let read = Provenance::read(&provenance(&facts())).unwrap();
        let chose = |option: &str| {
            let found = read.behind(&Behind {
                question: Some(Some(1)),
                answer: Some(option.into()),
                from: CountedFrom::Answers,
                ..Behind::default()
            });
            (
                found.people.unwrap(),
                found.responses.len(),
                found.contributions.len(),
            )
        };
        assert_eq!(chose("no"), (2, 2, 0));
        assert_eq!(chose("yes"), (0, 0, 0));
        assert_eq!(chose("perhaps"), (0, 0, 0));
    }

    #[test]
    fn what_was_cut_short_or_is_something_else_is_refused() {
        let bytes = provenance(&facts());
        for end in 0..bytes.len() {
            assert!(Provenance::read(&bytes[..end]).is_err(), "{end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Provenance::read(&longer).is_err());
        let mut other = bytes.clone();
        other[0] = 2;
        assert!(Provenance::read(&other).is_err());
        // Whatever byte is another, it is read or refused, and never more.
        for at in 0..bytes.len() {
            let mut spoilt = bytes.clone();
            spoilt[at] = 0xff;
            if let Ok(read) = Provenance::read(&spoilt) {
                read.behind(&Behind::default());
            }
        }
    }

    #[test]
    fn a_hundred_thousand_contributions_stay_under_ten_million_bytes() {
        let mut facts = facts();
        for place in 1000..6000 {
            facts.put_container(ContainerRow {
                id: id(place),
                version: 1,
                channel: Channel::Champion,
                group: Some(id(50)),
                own_group: None,
                service: None,
                table: None,
                respondent_group: RespondentGroup::ServiceUser,
                setting: Setting::LowSecure,
                review: ReviewState::Received,
                answers: vec![(1, "yes".into(), 1)],
            });
            for point in 0..20 {
                facts.put_contribution(said(place * 100 + point, place, &[2]));
            }
        }
        let bytes = provenance(&facts);
        assert!(bytes.len() < 10_000_000, "{} bytes", bytes.len());
        let read = Provenance::read(&bytes).unwrap();
        let under = Behind {
            theme: Some(id(1)),
            ..Behind::default()
        };
        assert_eq!(read.behind(&under).contributions.len(), 100_003);
    }
}
