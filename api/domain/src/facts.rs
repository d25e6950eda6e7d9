//! The columns that a collation reads, of one consultation, held in memory.
//!
//! Invariant: a container (a discussion or a response) is replaced as a whole or joined by its contributions,
//! never half changed; everything counted hangs off exactly one container, so a fold over all containers is the
//! sum of the folds of its parts. Ids become small numbers on the way in (an interned number never changes), and
//! labels stay in [`Register`], which is replaced whole when a row of it changed.
//!
//! Refused: aggregating in SQL. Distinct counts (discussions, groups, people at least) cannot be summed from
//! tallies, and a GROUP BY over a million rows took seconds.

use crate::{
    id::*,
    life::Status,
    moment::Moment,
    vocabulary::{
        Channel, GroupKind, MeetingStatus, NotDiscussedReason, PolicyId, QuestionKind, RespondentGroup,
        ReviewState, Setting, Stance, ThemeStatus,
    },
};
use smallvec::SmallVec;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};
use time::Date;
use uuid::Uuid;

/// What stands around the feedback: the consultation, its questions and codeframe, and the network's register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// The consultation itself; absent only before the first load.
    pub consultation: Option<ConsultationFact>,
    /// Questions, by number.
    pub questions: Vec<QuestionFact>,
    /// Sections of the documents, in their order.
    pub sections: Vec<SectionFact>,
    /// The codeframe.
    pub themes: Vec<ThemeFact>,
    /// Every group of the network.
    pub groups: Vec<GroupFact>,
    /// Every service of the network.
    pub services: Vec<ServiceFact>,
    /// Every round.
    pub rounds: Vec<RoundFact>,
    /// Meetings of the consultation's rounds, and any other at which it was discussed.
    pub meetings: Vec<MeetingFact>,
}

/// The consultation's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsultationFact {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    pub status: Status,
    pub policy: PolicyId,
    /// By which feedback is taken.
    pub channels: Vec<Channel>,
    pub version: i32,
    pub opens_on: Option<Date>,
    pub closes_on: Option<Date>,
    pub expected_groups: Vec<GroupId>,
    pub rounds: Vec<RoundId>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionFact {
    pub number: i32,
    pub prompt: String,
    pub kind: QuestionKind,
    /// What can be chosen: the options of choice kinds, agree, disagree and unsure of `agreement`, else nothing.
    pub options: Vec<String>,
}

/// A section of a document consulted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionFact {
    pub reference: String,
    pub title: String,
}

/// A theme of the codeframe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeFact {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    pub parent: Option<ThemeId>,
    pub merged_into: Option<ThemeId>,
    /// Whether others took its place, so that what was coded with it wants coding again.
    pub split: bool,
    /// The question for which it was made; none where it is of the whole consultation.
    pub question: Option<i32>,
    /// The theme of an earlier consultation that it is.
    pub earlier: Option<ThemeId>,
    pub status: ThemeStatus,
    pub version: i32,
}

/// A group. `counted_as` is the regional or national group under which figures show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFact {
    pub id: GroupId,
    pub name: String,
    pub kind: GroupKind,
    pub counted_as: GroupId,
    pub version: i32,
}

/// A service of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFact {
    pub id: ServiceId,
    pub name: String,
    pub setting: Setting,
    pub group: GroupId,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub version: i32,
}

/// A round of meetings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundFact {
    pub id: RoundId,
    pub title: String,
    pub version: i32,
}

/// A meeting and who came to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingFact {
    pub id: MeetingId,
    /// The group as figures count it.
    pub group: GroupId,
    /// The group that met, which may be a local one.
    pub own_group: GroupId,
    pub round: RoundId,
    /// When it began, or is to begin.
    pub starts_at: Moment,
    pub status: MeetingStatus,
    /// How many tables there were, where somebody recorded it.
    pub tables: Option<i32>,
    pub attendance: Vec<(Option<ServiceId>, RespondentGroup, i32)>,
    pub version: i32,
}

/// A discussion or a response as it is stored.
#[derive(Clone, Debug)]
pub struct ContainerRow {
    pub id: Uuid,
    pub version: i32,
    pub channel: Channel,
    /// Regional or national group, fixed when recorded; responses may have none.
    pub group: Option<GroupId>,
    /// The group as it was given, which may be a local one: whose facilitators may see it.
    pub own_group: Option<GroupId>,
    pub service: Option<ServiceId>,
    /// Present for discussions: the meeting, its round and the sitting.
    pub table: Option<TableRow>,
    /// To whom tallies and choices are put down: the only kind of participant, else mixed.
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    /// Where it stands in review; withdrawn ones do not count.
    pub review: ReviewState,
    /// People by question number and option: a table's shows of hands, or one for each choice of a response.
    pub answers: Vec<(i32, String, u32)>,
}

/// What only a discussion has.
#[derive(Clone, Debug)]
pub struct TableRow {
    pub meeting: MeetingId,
    pub round: RoundId,
    pub sitting: i32,
    pub participants: Vec<(RespondentGroup, u32)>,
    /// Numbers of the questions that it did not come to, each with the reason.
    pub not_discussed: Vec<(i32, NotDiscussedReason)>,
}

/// A contribution as it is stored, with every coding it ever got.
#[derive(Clone, Debug)]
pub struct ContributionRow {
    pub id: ContributionId,
    pub container: Uuid,
    pub version: i32,
    /// Microseconds since 1970, for "oldest first".
    pub received_at: i64,
    pub question: Option<i32>,
    pub section: Option<String>,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    pub stance: Stance,
    /// Hands raised in agreement, 0 where no show of hands was taken.
    pub agree: u32,
    /// Whether it may be quoted: consent, screened and nothing flagged that nobody cleared, no concern for somebody's safety.
    pub quotable: bool,
    /// Whether the screen saw personal data that nobody has cleared.
    pub flagged: bool,
    /// Whether somebody may be at risk, which coders are not shown.
    pub concern: bool,
    /// Taken back by whoever said it: it counts nowhere.
    pub withdrawn: bool,
    pub codings: Vec<CodingRow>,
}

/// One coding of one contribution by one coder; codings are appended, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodingRow {
    pub coder: UserId,
    /// Microseconds since 1970.
    pub coded_at: i64,
    pub independent: bool,
    pub themes: Vec<ThemeId>,
    pub set_aside: bool,
    /// Decides between codings that differ; nobody's own.
    pub adjudicates: bool,
    /// Made after the codeframe was first frozen.
    pub frozen: bool,
}

/// What a contribution counts as, given all its codings.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Coded {
    /// The themes that count, as they were coded.
    pub themes: Vec<ThemeId>,
    /// Put aside with a reason: neither coded nor uncoded.
    pub set_aside: bool,
    /// When the coding was made that counts, in microseconds since 1970; none where nobody coded it.
    pub coded_at: Option<i64>,
    /// Whose coding it is that counts.
    pub coder: Option<UserId>,
    /// Whether it decided between codings that differed.
    pub decided: bool,
    /// Coders who worked independently of each other came to different codings and nobody has decided, or one of them has seen
    /// it otherwise since than was decided: what each of these and the decision means, as it was coded. Else nothing.
    pub differing: Vec<Meant>,
}

/// What a coding says: its themes in order, and whether it sets aside.
pub type Meant = (Vec<ThemeId>, bool);

/// What coders say of a contribution, without decisions: each coding that its coder has not taken back since, whatever they said
/// later. Where any of these was made after the codeframe was first frozen, only such: what was tried out before is not full
/// coding. Refused: to begin anew with every later version, which would hand what counts from one coder to another.
pub fn standing_codings(codings: &[CodingRow]) -> Vec<&CodingRow> {
    let own = || codings.iter().filter(|coding| !coding.adjudicates);
    let taken_back = |coding: &&CodingRow| coding.themes.is_empty() && !coding.set_aside;
    let mut standing: Vec<_> = own()
        .filter(|coding| !taken_back(coding))
        .filter(|coding| {
            let mut later =
                own().filter(|other| other.coder == coding.coder && other.coded_at > coding.coded_at);
            !later.any(|other| taken_back(&other))
        })
        .collect();
    if standing.iter().any(|coding| coding.frozen) {
        standing.retain(|coding| coding.frozen);
    }
    standing
}

/// What counts (contract, section 5): the latest adjudication if there is one, else the latest coding of the coder who coded the
/// contribution first, of codings that stand. Refused: the latest coding by anyone, which would let a second, independent coder
/// overwrite the first unseen.
pub fn what_counts(codings: &[CodingRow]) -> Coded {
    let adjudication = codings
        .iter()
        .filter(|coding| coding.adjudicates)
        .max_by_key(|coding| coding.coded_at);
    let standing = standing_codings(codings);
    let latest_of_first = || {
        let first = standing.iter().min_by_key(|coding| coding.coded_at)?;
        let own = standing.iter().filter(|coding| coding.coder == first.coder);
        own.copied().max_by_key(|coding| coding.coded_at)
    };
    let Some(counted) = adjudication.or_else(latest_of_first) else {
        return Coded::default();
    };

    let meant = |coding: &CodingRow| {
        let mut themes = coding.themes.clone();
        themes.sort();
        (themes, coding.set_aside)
    };
    let compared = match adjudication {
        Some(decision) => latest_independent(codings, |coding| coding.coded_at > decision.coded_at),
        None => independent_codings(codings),
    };
    let compared = compared.into_iter().chain(adjudication);
    let mut differing: Vec<Meant> = compared.map(meant).collect();
    differing.sort();
    differing.dedup();
    if differing.len() < 2 {
        differing.clear();
    }
    Coded {
        themes: counted.themes.clone(),
        set_aside: counted.set_aside,
        coded_at: Some(counted.coded_at),
        coder: Some(counted.coder),
        decided: counted.adjudicates,
        differing,
    }
}

/// What each coder who worked independently of the others came to, by coder: their latest independent coding that stands; where
/// somebody decided, the latest from before the first decision, because what is coded after it may follow it. Whoever coded only since
/// stands with that. These are compared with each other, in `unadjudicated` and in agreement.
pub fn independent_codings(codings: &[CodingRow]) -> Vec<&CodingRow> {
    let decisions = codings.iter().filter(|coding| coding.adjudicates);
    let first = decisions.map(|decision| decision.coded_at).min();
    let before = latest_independent(codings, |coding| {
        first.is_none_or(|first| coding.coded_at < first)
    });
    let since = latest_independent(codings, |coding| {
        !before.iter().any(|other| other.coder == coding.coder)
    });
    let mut all = [before, since].concat();
    all.sort_by_key(|coding| coding.coder);
    all
}

/// By coder, the latest independent coding that stands, of those that `among` takes.
fn latest_independent(codings: &[CodingRow], among: impl Fn(&CodingRow) -> bool) -> Vec<&CodingRow> {
    let mut latest: BTreeMap<UserId, &CodingRow> = BTreeMap::new();
    for coding in standing_codings(codings) {
        let known = latest.get(&coding.coder).map(|known| known.coded_at);
        if coding.independent && among(coding) && known.is_none_or(|known| known < coding.coded_at) {
            latest.insert(coding.coder, coding);
        }
    }
    latest.into_values().collect()
}

/// Small numbers for ids, given once and kept.
#[derive(Clone, Debug)]
pub struct Numbers<K> {
    ids: Vec<K>,
    numbers: HashMap<K, u32>,
}

impl<K> Default for Numbers<K> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<K: Clone + Eq + Hash> Numbers<K> {
    pub(crate) fn number(&mut self, id: K) -> u32 {
        if let Some(number) = self.numbers.get(&id) {
            return *number;
        }
        let number = self.ids.len() as u32;
        self.ids.push(id.clone());
        self.numbers.insert(id, number);
        number
    }

    pub(crate) fn get(&self, id: &K) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn id(&self, number: u32) -> K {
        self.ids[number as usize].clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// No question, no section, no group: points can stand outside of each.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(crate) struct Container {
    pub id: Uuid,
    pub version: i32,
    pub review: ReviewState,
    pub channel: Channel,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    pub group: u32,
    pub own_group: Option<GroupId>,
    pub service: Option<ServiceId>,
    pub meeting: u32,
    pub round: u32,
    /// (meeting, sitting), numbered.
    pub sitting: u32,
    pub participants: [u32; RespondentGroup::ALL.len()],
    /// (question, why)
    pub not_discussed: SmallVec<[(u32, NotDiscussedReason); 2]>,
    /// (question, option, people)
    pub answers: Vec<(u32, u32, u32)>,
    pub contributions: Vec<Contribution>,
    /// Those that were taken back. They count in the revision alone, which must not fall.
    pub withdrawn: Vec<Contribution>,
}

impl Container {
    /// Withdrawn feedback does not count.
    pub fn counts(&self) -> bool {
        self.review != ReviewState::Withdrawn
    }

    /// What this container and all that was ever said in it add to a collation's revision.
    pub fn revision(&self) -> u64 {
        let said = self.contributions.iter().chain(&self.withdrawn);
        let of_said = said.map(|said| said.version as u64 + u64::from(said.codings));
        self.version as u64 + of_said.sum::<u64>()
    }

    /// Why a table said that it did not come to a question; nothing where it did not say so.
    pub fn not_discussed_because(&self, question: u32) -> Option<NotDiscussedReason> {
        let said = self
            .not_discussed
            .iter()
            .find(|(skipped, _)| *skipped == question);
        said.map(|(_, reason)| *reason)
    }

    pub fn is_discussion(&self) -> bool {
        self.meeting != NONE
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Contribution {
    pub id: ContributionId,
    pub received_at: i64,
    pub version: i32,
    pub codings: u32,
    pub question: u32,
    pub section: u32,
    pub agree: u32,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    pub stance: Stance,
    pub quotable: bool,
    pub flagged: bool,
    pub concern: bool,
    pub set_aside: bool,
    /// What codings mean that wait for a decision, themes in order; else nothing.
    pub differing: Box<[(SmallVec<[u32; 4]>, bool)]>,
    /// As coded: merges and parents are resolved when counting, so a merge moves no row.
    pub themes: SmallVec<[u32; 4]>,
    /// Codings that were made independently of each other, where there are two or more; else none.
    pub independent: Box<[Independent]>,
    /// Whose codings of it stand.
    pub coders: SmallVec<[CodedBy; 2]>,
    /// Which coding of it counts; none where nobody coded it.
    pub counted: Option<CountedCoding>,
}

/// The coding that counts, by what tells it from every other of its contribution: who made it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountedCoding {
    /// Microseconds since 1970.
    pub coded_at: i64,
    pub coder: u32,
    /// Whether it decided between codings that differed.
    pub decided: bool,
}

/// Somebody whose coding stands, and whether they worked independently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodedBy {
    pub coder: u32,
    pub independently: bool,
}

/// One coder's own word, given without having seen another's. No theme where it was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Independent {
    pub coder: u32,
    pub themes: SmallVec<[u32; 4]>,
}

/// What changed of facts since somebody began to watch them.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// Whether the register is another.
    pub(crate) register: bool,
    /// By place, each container that is new or another, as it was; nothing where it was not there.
    pub(crate) containers: BTreeMap<u32, Option<Container>>,
}

/// Everything a collation of one consultation reads.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub(crate) register: Register,
    pub(crate) groups: Numbers<GroupId>,
    pub(crate) rounds: Numbers<RoundId>,
    pub(crate) meetings: Numbers<MeetingId>,
    pub(crate) sittings: Numbers<(u32, i32)>,
    pub(crate) themes: Numbers<ThemeId>,
    pub(crate) sections: Numbers<String>,
    pub(crate) coders: Numbers<UserId>,
    pub(crate) containers: Vec<Container>,
    places: HashMap<Uuid, u32>,
    /// Contributions whose container has not been put yet.
    waiting: HashMap<Uuid, Vec<ContributionRow>>,
    /// What changed, while somebody watches.
    moved: Option<Moved>,
}

impl Facts {
    /// From now on notes what changes, for [`Following`](crate::collate::Following) collations.
    pub fn watch(&mut self) {
        self.moved = Some(Moved::default());
    }

    /// What changed since [`watch`](Self::watch); nobody watches any more.
    pub fn moved(&mut self) -> Moved {
        self.moved.take().unwrap_or_default()
    }

    /// How many discussions and responses there are.
    pub fn size(&self) -> usize {
        self.containers.len()
    }

    /// Notes how a container is before it becomes another.
    fn touch(&mut self, place: u32) {
        if let Some(moved) = &mut self.moved {
            let was = || self.containers.get(place as usize).cloned();
            moved.containers.entry(place).or_insert_with(was);
        }
    }

    /// Replaces the register, and says whether that changed anything. The numbers already given stay.
    pub fn set_register(&mut self, register: Register) -> bool {
        if self.register == register {
            return false;
        }
        for group in &register.groups {
            self.groups.number(group.id);
        }
        for round in &register.rounds {
            self.rounds.number(round.id);
        }
        for theme in &register.themes {
            self.themes.number(theme.id);
        }
        self.register = register;
        if let Some(moved) = &mut self.moved {
            moved.register = true;
        }
        true
    }

    /// The register as it was last set.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Groups in the order of the register, which is the same on every replica; numbers are given as rows come.
    pub(crate) fn groups_in_order(&self) -> impl Iterator<Item = u32> {
        self.register
            .groups
            .iter()
            .filter_map(|group| self.groups.get(&group.id))
    }

    /// Adds a discussion or response, or replaces what was known of it, and says whether that changed anything: rows may
    /// be seen twice. Its contributions stay. The register must hold the questions it names.
    pub fn put_container(&mut self, row: ContainerRow) -> bool {
        let (mut meeting, mut round, mut sitting) = (NONE, NONE, NONE);
        let mut participants = [0; RespondentGroup::ALL.len()];
        let mut not_discussed = SmallVec::new();
        if let Some(table) = &row.table {
            meeting = self.meetings.number(table.meeting);
            round = self.rounds.number(table.round);
            sitting = self.sittings.number((meeting, table.sitting));
            for (who, people) in &table.participants {
                participants[*who as usize] += people;
            }
            not_discussed = table
                .not_discussed
                .iter()
                .map(|(question, reason)| (self.question(Some(*question)), *reason))
                .collect();
        }
        let answers = row
            .answers
            .iter()
            .filter_map(|(question, option, people)| {
                let question = self.question(Some(*question));
                let options = &self.register.questions.get(question as usize)?.options;
                Some((
                    question,
                    options.iter().position(|o| o == option)? as u32,
                    *people,
                ))
            })
            .collect();
        let place = self.places.get(&row.id).copied();
        self.touch(place.unwrap_or(self.containers.len() as u32));
        let (contributions, withdrawn) = place
            .map(|place| {
                let held = &mut self.containers[place as usize];
                (
                    std::mem::take(&mut held.contributions),
                    std::mem::take(&mut held.withdrawn),
                )
            })
            .unwrap_or_default();
        let container = Container {
            id: row.id,
            version: row.version,
            review: row.review,
            channel: row.channel,
            respondent_group: row.respondent_group,
            setting: row.setting,
            group: row.group.map_or(NONE, |group| self.groups.number(group)),
            own_group: row.own_group.or(row.group),
            service: row.service,
            meeting,
            round,
            sitting,
            participants,
            not_discussed,
            answers,
            contributions,
            withdrawn,
        };
        match place {
            Some(place) => {
                let changed = self.containers[place as usize].version != container.version;
                self.containers[place as usize] = container;
                changed
            }
            None => {
                self.places.insert(row.id, self.containers.len() as u32);
                self.containers.push(container);
                for waiting in self.waiting.remove(&row.id).unwrap_or_default() {
                    self.put_contribution(waiting);
                }
                true
            }
        }
    }

    /// Adds a contribution to its container, or replaces it there, and says whether that changed anything. One that was
    /// taken back goes from what counts to what only the revision knows.
    pub fn put_contribution(&mut self, row: ContributionRow) -> bool {
        let Some(place) = self.places.get(&row.container).copied() else {
            self.waiting.entry(row.container).or_default().push(row);
            return false;
        };
        let counted = what_counts(&row.codings);
        let mut coders: SmallVec<[CodedBy; 2]> = SmallVec::new();
        for coding in standing_codings(&row.codings) {
            let coder = self.coders.number(coding.coder);
            match coders.iter_mut().find(|known| known.coder == coder) {
                Some(known) => known.independently |= coding.independent,
                None => coders.push(CodedBy {
                    coder,
                    independently: coding.independent,
                }),
            }
        }
        let independent = independent_codings(&row.codings);
        let independent = match independent.len() {
            0 | 1 => Box::default(),
            _ => independent
                .into_iter()
                .map(|coding| Independent {
                    coder: self.coders.number(coding.coder),
                    themes: coding
                        .themes
                        .iter()
                        .map(|theme| self.themes.number(*theme))
                        .collect(),
                })
                .collect(),
        };
        let contribution = Contribution {
            id: row.id,
            received_at: row.received_at,
            version: row.version,
            codings: row.codings.len() as u32,
            question: self.question(row.question),
            section: row
                .section
                .map_or(NONE, |reference| self.sections.number(reference)),
            agree: row.agree,
            respondent_group: row.respondent_group,
            setting: row.setting,
            stance: row.stance,
            quotable: row.quotable,
            flagged: row.flagged,
            concern: row.concern,
            set_aside: counted.set_aside,
            differing: counted
                .differing
                .iter()
                .map(|(themes, aside)| (themes.iter().map(|id| self.themes.number(*id)).collect(), *aside))
                .collect(),
            themes: counted
                .themes
                .iter()
                .map(|theme| self.themes.number(*theme))
                .collect(),
            independent,
            coders,
            counted: counted
                .coder
                .zip(counted.coded_at)
                .map(|(coder, coded_at)| CountedCoding {
                    coded_at,
                    coder: self.coders.number(coder),
                    decided: counted.decided,
                }),
        };
        self.touch(place);
        let Container {
            contributions,
            withdrawn,
            ..
        } = &mut self.containers[place as usize];
        // What is taken back does not come back, so a row seen twice finds itself where it was put.
        let held = if row.withdrawn {
            if let Some(at) = contributions.iter().position(|other| other.id == row.id) {
                contributions.remove(at);
            }
            withdrawn
        } else {
            contributions
        };
        match held.iter_mut().find(|other| other.id == contribution.id) {
            Some(other) => {
                let changed = (other.version, other.codings) != (contribution.version, contribution.codings);
                *other = contribution;
                changed
            }
            None => {
                // Mostly there is one: the four that a vector takes at once were half of what facts take.
                if held.len() == held.capacity() {
                    held.reserve_exact(held.len().max(1));
                }
                held.push(contribution);
                true
            }
        }
    }

    /// Those of `wanted` that count and may be quoted.
    pub fn quotable(&self, wanted: &BTreeSet<ContributionId>) -> BTreeSet<ContributionId> {
        let counted = self.containers.iter().filter(|container| container.counts());
        let said = counted.flat_map(|container| &container.contributions);
        said.filter(|said| said.quotable && wanted.contains(&said.id))
            .map(|said| said.id)
            .collect()
    }

    /// What is left without what `voices` said, by a response or at a table; none where they said nothing. Tables stay, with
    /// who sat at them.
    pub(crate) fn without(&self, voices: &[RespondentGroup]) -> Option<Self> {
        let rare = |who: RespondentGroup| voices.contains(&who);
        let responded = |one: &Container| !one.is_discussion() && rare(one.respondent_group);
        let spoke = |one: &Container| one.contributions.iter().any(|said| rare(said.respondent_group));
        if !self.containers.iter().any(|one| responded(one) || spoke(one)) {
            return None;
        }
        let left = self.containers.iter().filter(|one| !responded(one));
        let containers = left.cloned().map(|mut one| {
            one.contributions.retain(|said| !rare(said.respondent_group));
            one
        });
        Some(Self {
            containers: containers.collect(),
            register: self.register.clone(),
            groups: self.groups.clone(),
            rounds: self.rounds.clone(),
            meetings: self.meetings.clone(),
            sittings: self.sittings.clone(),
            themes: self.themes.clone(),
            sections: self.sections.clone(),
            coders: self.coders.clone(),
            places: HashMap::new(),
            waiting: HashMap::new(),
            moved: None,
        })
    }

    fn question(&self, number: Option<i32>) -> u32 {
        let Some(number) = number else { return NONE };
        self.register
            .questions
            .iter()
            .position(|question| question.number == number)
            .map_or(NONE, |at| at as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(coder: u128, coded_at: i64, themes: &[u128], independent: bool) -> CodingRow {
        let themes = themes
            .iter()
            .map(|theme| ThemeId(Uuid::from_u128(*theme)))
            .collect();
        CodingRow {
            coder: UserId(Uuid::from_u128(coder)),
            coded_at,
            independent,
            themes,
            set_aside: false,
            adjudicates: false,
            frozen: false,
        }
    }

    #[test]
    fn the_first_coder_s_latest_coding_counts() {
        let counted = what_counts(&[
            coding(1, 10, &[1], false),
            coding(2, 20, &[2], false),
            coding(1, 30, &[3, 4], false),
            coding(2, 40, &[5], false),
        ]);
        assert_eq!(
            counted.themes,
            [ThemeId(Uuid::from_u128(3)), ThemeId(Uuid::from_u128(4))]
        );
        assert!(
            counted.differing.is_empty(),
            "only independent codings are held against each other"
        );
    }

    #[test]
    fn what_its_coder_took_back_counts_no_more_and_makes_room_for_the_next() {
        let back = |coder, coded_at| coding(coder, coded_at, &[], false);
        let others = [
            coding(1, 10, &[1], false),
            coding(2, 20, &[2], false),
            back(1, 30),
        ];
        assert_eq!(what_counts(&others).themes, [ThemeId(Uuid::from_u128(2))]);
        // Who codes again after that comes behind.
        let again = [&others[..], &[coding(1, 40, &[3], false)]].concat();
        assert_eq!(what_counts(&again).themes, [ThemeId(Uuid::from_u128(2))]);
        // Nothing taken back by somebody who never coded is nothing, before a freeze and after it.
        let frozen = CodingRow {
            frozen: true,
            ..back(3, 15)
        };
        let idle = [&others[..2], &[frozen]].concat();
        assert_eq!(what_counts(&idle).themes, [ThemeId(Uuid::from_u128(1))]);
        assert_eq!(what_counts(&[others[0].clone(), back(1, 30)]), Coded::default());
    }

    #[test]
    fn what_was_tried_out_is_compared_with_nothing_that_was_coded_since() {
        let tried_out = coding(1, 10, &[1], true);
        let since = CodingRow {
            frozen: true,
            ..coding(2, 20, &[2], true)
        };
        let codings = [tried_out.clone(), since.clone()];
        assert_eq!(independent_codings(&codings), [&since]);
        assert!(what_counts(&codings).differing.is_empty());
        let both = [tried_out, coding(2, 20, &[2], true)];
        assert!(!what_counts(&both).differing.is_empty());
    }

    #[test]
    fn once_somebody_codes_with_a_frozen_codeframe_the_first_of_those_counts() {
        let frozen = |coder, coded_at, themes: &[u128]| CodingRow {
            frozen: true,
            ..coding(coder, coded_at, themes, false)
        };
        let tried_out = coding(1, 10, &[1], false);
        let later = [
            tried_out.clone(),
            frozen(2, 20, &[2]),
            frozen(1, 30, &[3]),
            frozen(2, 40, &[4]),
        ];
        assert_eq!(what_counts(&later).themes, [ThemeId(Uuid::from_u128(4))]);
        assert_eq!(what_counts(&[tried_out]).themes, [ThemeId(Uuid::from_u128(1))]);
        // A decision from before the freeze is one all the same.
        let decision = CodingRow {
            adjudicates: true,
            ..coding(9, 15, &[5], false)
        };
        let decided = [&later[..], &[decision]].concat();
        assert_eq!(what_counts(&decided).themes, [ThemeId(Uuid::from_u128(5))]);
    }

    #[test]
    fn independent_codings_that_differ_want_adjudication() {
        let same = [coding(1, 10, &[1, 2], true), coding(2, 20, &[2, 1], true)];
        assert!(what_counts(&same).differing.is_empty());
        let differ = [coding(1, 10, &[1, 2], true), coding(2, 20, &[2], true)];
        assert!(!what_counts(&differ).differing.is_empty());
    }

    #[test]
    fn a_coding_that_was_taken_back_is_held_against_nobody() {
        let one = coding(1, 10, &[1], true);
        let other = coding(2, 20, &[2], true);
        for gone in [coding(2, 30, &[], true), coding(2, 30, &[], false)] {
            let codings = [one.clone(), other.clone(), gone];
            assert!(what_counts(&codings).differing.is_empty());
            assert_eq!(independent_codings(&codings), [&one]);
        }
        // What they say later, having seen others', does not bring it back.
        let persuaded = [coding(2, 30, &[], false), coding(2, 40, &[1], false)];
        let codings = [&[one.clone(), other.clone()][..], &persuaded].concat();
        assert_eq!(independent_codings(&codings), [&one]);
        // Who was persuaded later has still said what they said.
        let codings = [one.clone(), other.clone(), coding(2, 30, &[1], false)];
        assert_eq!(independent_codings(&codings), [&one, &other]);
    }

    #[test]
    fn an_adjudication_counts_and_settles_until_a_coder_sees_it_otherwise() {
        let differ = [coding(1, 10, &[1], true), coding(2, 20, &[2], true)];
        let decision = CodingRow {
            adjudicates: true,
            ..coding(1, 30, &[3], false)
        };
        let decided = [&differ[..], std::slice::from_ref(&decision)].concat();
        let counted = what_counts(&decided);
        assert_eq!(counted.themes, [ThemeId(Uuid::from_u128(3))]);
        assert!(counted.differing.is_empty());
        assert_eq!(independent_codings(&decided), [&differ[0], &differ[1]]);
        // What was said before it is compared, whatever its coders say since; who coded only since stands with that.
        let since = [coding(1, 40, &[2], true), coding(5, 50, &[2], true)];
        let recoded = [&decided[..], &since].concat();
        assert_eq!(independent_codings(&recoded), [&differ[0], &differ[1], &since[1]]);
        // Who comes to the same later is at one with it; who does not neither takes its place nor goes unheard, though all of
        // them may agree by then.
        let convinced = [&decided[..], &[coding(1, 40, &[3], true)]].concat();
        assert!(what_counts(&convinced).differing.is_empty());
        let both = [coding(1, 40, &[4], true), coding(2, 50, &[4], true)];
        assert!(!what_counts(&[&decided[..], &both].concat()).differing.is_empty());
        let later = [&decided[..], &[coding(1, 40, &[4], true)]].concat();
        let counted = what_counts(&later);
        assert_eq!(counted.themes, [ThemeId(Uuid::from_u128(3))]);
        assert!(!counted.differing.is_empty());
    }

    #[test]
    fn nothing_coded_counts_as_nothing() {
        assert_eq!(what_counts(&[]), Coded::default());
    }
}
