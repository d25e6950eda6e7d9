//! Small worlds in which everything that a collation tells apart happens often: tables and responses, sittings,
//! codings that differ, merged themes, two documents with a section of one number, groups nobody expected.

use domain::{
    collate::{FilterValues, Scope},
    facts::*,
    id::*,
    life::Status,
    moment::Moment,
    vocabulary::*,
};
use proptest::{collection::vec, option::weighted, prelude::*, sample::select};
use std::collections::BTreeMap;
use time::{Date, Month};
use uuid::Uuid;

/// Groups as figures count them; the fourth of the register is local and counted as the second.
pub const COUNTED: [usize; 4] = [0, 1, 2, 4];
/// Numbers of the questions: open, three closed ones, open. Numbers need not be dense.
pub const NUMBERS: [i32; 5] = [1, 2, 3, 4, 6];
pub const THEMES: usize = 8;
/// The local group; it counts as the second region.
pub const LOCAL: usize = 3;
/// Where feedback stands in review; little is withdrawn.
const REVIEWS: [ReviewState; 6] = [
    ReviewState::Received,
    ReviewState::Received,
    ReviewState::HasIssues,
    ReviewState::Approved,
    ReviewState::Approved,
    ReviewState::Withdrawn,
];
/// Themes from here on may have a parent among those before.
const SUB_THEMES: usize = 3;

pub fn id<I: From<Uuid>>(kind: u128, at: usize) -> I {
    Uuid::from_u128(kind << 96 | 0x7000_8000_0000_0000_0000 | at as u128).into()
}

pub fn group(at: usize) -> GroupId {
    id(1, at)
}

pub fn theme(at: usize) -> ThemeId {
    id(2, at)
}

fn day(month: Month) -> Date {
    Date::from_calendar_date(2019, month, 1).unwrap_or(Date::MIN)
}

/// A register, and what was said in it.
#[derive(Clone, Debug)]
pub struct World {
    pub register: Register,
    pub containers: Vec<ContainerRow>,
    pub said: Vec<ContributionRow>,
}

impl World {
    pub fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        facts.set_register(self.register.clone());
        self.containers
            .iter()
            .cloned()
            .for_each(|row| _ = facts.put_container(row));
        self.said
            .iter()
            .cloned()
            .for_each(|row| _ = facts.put_contribution(row));
        facts
    }

    /// As if nothing that was taken back had ever been said.
    pub fn without_what_was_taken_back(&self) -> Self {
        let said = self.said.iter().filter(|said| !said.withdrawn);
        Self {
            register: self.register.clone(),
            containers: self.containers.clone(),
            said: said.cloned().collect(),
        }
    }

    /// Only the containers for which `keep` holds, and what was said there.
    pub fn part(&self, keep: impl Fn(usize) -> bool) -> Self {
        let containers: Vec<_> = self
            .containers
            .iter()
            .enumerate()
            .filter(|(at, _)| keep(*at))
            .map(|(_, row)| row.clone())
            .collect();
        let said = self
            .said
            .iter()
            .filter(|said| containers.iter().any(|one| one.id == said.container));
        Self {
            register: self.register.clone(),
            said: said.cloned().collect(),
            containers,
        }
    }
}

fn question(number: i32, kind: QuestionKind, options: &[&str]) -> QuestionFact {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    QuestionFact {
        number,
        prompt: format!("Question {number}?"),
        kind,
        options,
    }
}

pub fn questions() -> Vec<QuestionFact> {
    vec![
        question(NUMBERS[0], QuestionKind::Open, &[]),
        question(NUMBERS[1], QuestionKind::SingleChoice, &["yes", "partly", "no"]),
        question(
            NUMBERS[2],
            QuestionKind::Agreement,
            &["agree", "disagree", "unsure"],
        ),
        question(NUMBERS[3], QuestionKind::MultipleChoice, &["food", "sport"]),
        question(NUMBERS[4], QuestionKind::Open, &[]),
    ]
}

pub fn themes() -> impl Strategy<Value = Vec<ThemeFact>> {
    let links = (weighted(0.6, 0..SUB_THEMES), weighted(0.25, 0..THEMES));
    vec(links, THEMES).prop_map(|links| {
        let themes = links.into_iter().enumerate().map(|(at, (parent, into))| {
            // Top themes merge into earlier ones, sub-themes into any top theme or a later one: never in a circle.
            let into = into.filter(|into| *into < at.min(SUB_THEMES) || (at >= SUB_THEMES && *into > at));
            ThemeFact {
                id: theme(at),
                code: format!("theme-{at}"),
                label: format!("Theme {}", (at * 5) % THEMES),
                parent: parent.filter(|_| at >= SUB_THEMES).map(theme),
                merged_into: into.map(theme),
                split: false,
                question: None,
                earlier: None,
                status: if into.is_some() {
                    ThemeStatus::Merged
                } else {
                    ThemeStatus::Agreed
                },
                version: 1 + at as i32,
            }
        });
        themes.collect()
    })
}

/// Group as figures count it and round of each meeting; the last is one of the local group.
const MEETINGS: [(usize, usize); 6] = [(0, 0), (0, 1), (1, 0), (2, 0), (4, 1), (1, 1)];

/// The group that met.
fn met(meeting: usize) -> GroupId {
    group(if meeting == MEETINGS.len() - 1 {
        LOCAL
    } else {
        MEETINGS[meeting].0
    })
}

/// Group of each service; the last was closed before the consultation opened.
const SERVICES: [usize; 4] = [0, 0, 1, 2];

pub fn register() -> impl Strategy<Value = Register> {
    let line = (
        weighted(0.7, 0..SERVICES.len()),
        select(RespondentGroup::ALL),
        0..5i32,
    );
    let meeting = (
        // Some begin together.
        0..4i64,
        select(MeetingStatus::ALL),
        weighted(0.7, 0..4i32),
        vec(line, 0..3),
    );
    (
        themes(),
        vec(0..5usize, 0..4),
        vec(0..2usize, 0..3),
        vec(meeting, MEETINGS.len()),
    )
        .prop_map(|(themes, expected, rounds, meetings)| Register {
            consultation: Some(ConsultationFact {
                id: id(9, 0),
                reference: "REF-1".into(),
                title: "A consultation".into(),
                status: Status::Open,
                policy: PolicyId::Mhsds5,
                channels: Channel::ALL.to_vec(),
                version: 3,
                opens_on: Some(day(Month::September)),
                closes_on: Some(day(Month::October)),
                expected_groups: expected.into_iter().map(group).collect(),
                rounds: rounds.into_iter().map(|at| id(3, at)).collect(),
            }),
            questions: questions(),
            sections: [
                ("1", "Welcome"),
                ("2", "Food"),
                ("2", "Food, of the second document"),
                ("3", "Sport"),
            ]
            .map(|(reference, title)| SectionFact {
                reference: reference.into(),
                title: title.into(),
            })
            .into(),
            themes,
            groups: (0..5)
                .map(|at| GroupFact {
                    id: group(at),
                    name: format!("Group {at}"),
                    kind: [GroupKind::Regional, GroupKind::Local, GroupKind::National][at.saturating_sub(2)],
                    counted_as: group(if at == LOCAL { 1 } else { at }),
                    version: 1,
                })
                .collect(),
            services: (0..SERVICES.len())
                .map(|at| ServiceFact {
                    id: id(4, at),
                    name: format!("Service {at}"),
                    setting: Setting::ALL[at],
                    group: group(SERVICES[at]),
                    valid_from: day(Month::January),
                    valid_to: (at == 3).then(|| day(Month::March)),
                    version: 2,
                })
                .collect(),
            rounds: (0..2)
                .map(|at| RoundFact {
                    id: id(3, at),
                    title: format!("Round {at}"),
                    version: 1,
                })
                .collect(),
            meetings: meetings
                .into_iter()
                .enumerate()
                .map(|(at, (day, status, tables, attendance))| MeetingFact {
                    id: id(5, at),
                    group: group(MEETINGS[at].0),
                    own_group: met(at),
                    round: id(3, MEETINGS[at].1),
                    starts_at: Moment(0).plus_seconds(day * 86_400),
                    status,
                    tables,
                    attendance: attendance
                        .into_iter()
                        .map(|(service, who, people)| (service.map(|at| id(4, at)), who, people))
                        .collect(),
                    version: 2,
                })
                .collect(),
        })
}

#[derive(Clone, Debug)]
enum Place {
    Table {
        meeting: usize,
        sitting: i32,
        participants: Vec<(RespondentGroup, u32)>,
        not_discussed: Vec<(usize, NotDiscussedReason)>,
    },
    Sheet {
        channel: Channel,
        group: Option<usize>,
    },
}

fn place() -> impl Strategy<Value = Place> {
    let table = (
        0..MEETINGS.len(),
        1..3i32,
        vec((select(RespondentGroup::ALL), 0..6u32), 0..3),
        vec((0..5usize, select(NotDiscussedReason::ALL)), 0..3),
    )
        .prop_map(|(meeting, sitting, participants, not_discussed)| Place::Table {
            meeting,
            sitting,
            participants,
            // A table says it of a question once.
            not_discussed: not_discussed
                .into_iter()
                .collect::<BTreeMap<_, _>>()
                .into_iter()
                .collect(),
        });
    let sheet = (select(&Channel::ALL[1..]), weighted(0.7, select(&COUNTED[..])))
        .prop_map(|(channel, group)| Place::Sheet { channel, group });
    prop_oneof![2 => table, 1 => sheet]
}

fn coding() -> impl Strategy<Value = CodingRow> {
    let adjudicates = prop::bool::weighted(0.15);
    (
        0..3usize,
        any::<bool>(),
        vec(0..THEMES, 0..4),
        any::<bool>(),
        adjudicates,
        prop::bool::weighted(0.3),
    )
        .prop_map(|(coder, independent, mut themes, aside, adjudicates, frozen)| {
            themes.sort();
            themes.dedup();
            CodingRow {
                coder: id(6, coder),
                coded_at: 0,
                independent,
                // Set aside is never coded as well.
                set_aside: aside && themes.is_empty(),
                adjudicates,
                frozen,
                themes: themes.into_iter().map(theme).collect(),
            }
        })
}

pub fn said() -> impl Strategy<Value = ContributionRow> {
    let about = (
        weighted(0.9, select(&NUMBERS[..])),
        weighted(0.5, select(&["1", "2", "3"][..])),
    );
    let words = (
        select(RespondentGroup::ALL),
        select(Setting::ALL),
        select(Stance::ALL),
    );
    // Little is taken back.
    let personal = (
        any::<bool>(),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.12),
    );
    (about, words, 0..5u32, personal, 0..3i64, vec(coding(), 0..7)).prop_map(
        |(
            (question, section),
            (respondent_group, setting, stance),
            agree,
            (quotable, flagged, concern, withdrawn),
            received_at,
            mut codings,
        )| {
            codings
                .iter_mut()
                .zip(1..)
                .for_each(|(coding, at)| coding.coded_at = at);
            ContributionRow {
                id: id(8, 0),
                container: Uuid::nil(),
                version: 1,
                received_at,
                question,
                section: section.map(ToOwned::to_owned),
                respondent_group,
                setting,
                stance,
                agree,
                quotable: quotable && !flagged && !concern && !withdrawn,
                flagged,
                concern,
                withdrawn,
                codings,
            }
        },
    )
}

fn container() -> impl Strategy<Value = (ContainerRow, Vec<ContributionRow>)> {
    let answers = vec((1..4usize, 0..3usize, 0..4u32), 0..4);
    let words = (
        select(RespondentGroup::ALL),
        select(Setting::ALL),
        weighted(0.5, 0..SERVICES.len()),
    );
    (
        place(),
        words,
        (select(&REVIEWS[..]), any::<bool>()),
        answers,
        vec(said(), 0..4),
    )
        .prop_map(
            |(place, (respondent_group, setting, service), (review, local), answers, said)| {
                let (channel, group_at, own_group, table) = match place {
                    // Some responses of the second region come by its local group.
                    Place::Sheet { channel, group: at } => {
                        let own = if local && at == Some(1) { Some(LOCAL) } else { at };
                        (channel, at, own.map(group), None)
                    }
                    Place::Table {
                        meeting,
                        sitting,
                        participants,
                        not_discussed,
                    } => {
                        let table = TableRow {
                            meeting: id(5, meeting),
                            round: id(3, MEETINGS[meeting].1),
                            sitting,
                            participants,
                            not_discussed: not_discussed
                                .into_iter()
                                .map(|(at, why)| (NUMBERS[at], why))
                                .collect(),
                        };
                        (
                            Channel::MeetingDiscussion,
                            Some(MEETINGS[meeting].0),
                            Some(met(meeting)),
                            Some(table),
                        )
                    }
                };
                let asked = questions();
                let answers = answers.into_iter().map(|(at, option, people)| {
                    let options = &asked[at].options;
                    ((NUMBERS[at], options[option % options.len()].clone()), people)
                });
                // An option of a question stands once.
                let answers: BTreeMap<_, _> = answers.collect();
                let row = ContainerRow {
                    id: Uuid::nil(),
                    version: 2,
                    channel,
                    group: group_at.map(group),
                    service: service.map(|at| id(4, at)),
                    table,
                    respondent_group,
                    setting,
                    own_group,
                    review,
                    answers: answers
                        .into_iter()
                        .map(|((number, option), people)| (number, option, people))
                        .collect(),
                };
                (row, said)
            },
        )
}

pub fn world() -> impl Strategy<Value = World> {
    (register(), vec(container(), 0..10)).prop_map(|(register, held)| told(register, held))
}

fn told(register: Register, held: Vec<(ContainerRow, Vec<ContributionRow>)>) -> World {
    let (mut containers, mut all) = (Vec::new(), Vec::new());
    for (at, (mut row, said)) in held.into_iter().enumerate() {
        row.id = id(7, at);
        for mut one in said {
            one.id = id(8, all.len());
            one.container = row.id;
            all.push(one);
        }
        containers.push(row);
    }
    World {
        register,
        containers,
        said: all,
    }
}

/// The same with twice the meetings, most of them held: a base and several runs fit.
pub fn many_meetings() -> impl Strategy<Value = World> {
    let more = (prop::bool::weighted(0.9), 0..6i64);
    (
        (register(), vec(container(), 6..28)),
        vec(more, 2 * MEETINGS.len()),
    )
        .prop_map(|((mut register, held), more)| {
            let twins: Vec<_> = register
                .meetings
                .iter()
                .enumerate()
                .map(|(at, one)| MeetingFact {
                    id: id(5, at + MEETINGS.len()),
                    ..one.clone()
                })
                .collect();
            register.meetings.extend(twins);
            for (meeting, (held, day)) in register.meetings.iter_mut().zip(more) {
                meeting.starts_at = Moment(0).plus_seconds(day * 86_400);
                if held {
                    meeting.status = MeetingStatus::Held;
                }
            }
            let mut world = told(register, held);
            for (at, row) in world.containers.iter_mut().enumerate() {
                // The group and round of a twin are those of its model.
                let place = |meeting| (0..MEETINGS.len()).find(|place| id::<MeetingId>(5, *place) == meeting);
                if let Some(table) = row.table.as_mut().filter(|_| at % 2 == 1)
                    && let Some(place) = place(table.meeting)
                {
                    table.meeting = id(5, place + MEETINGS.len());
                }
            }
            world
        })
}

pub fn scope() -> impl Strategy<Value = Scope> {
    let groups = vec(0..5usize, 1..3).prop_map(|at| Scope::Groups(at.into_iter().map(group).collect()));
    prop_oneof![3 => Just(Scope::Whole), 1 => groups]
}

fn words(all: Vec<String>) -> impl Strategy<Value = Option<Vec<String>>> {
    weighted(0.15, vec(select(all), 1..3))
}

fn of<W: ToString>(all: &[W]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// Anything that figures can be asked by, mostly nothing.
pub fn asked() -> impl Strategy<Value = FilterValues> {
    let numbers = NUMBERS
        .iter()
        .map(ToString::to_string)
        .chain(["none".into()])
        .collect();
    let themes = (0..THEMES)
        .map(|at| {
            if at % 2 == 0 {
                format!("theme-{at}")
            } else {
                theme(at).to_string()
            }
        })
        .collect();
    let groups = COUNTED
        .iter()
        .chain(&[LOCAL])
        .map(|at| group(*at).to_string())
        .chain(["not_recorded".into()])
        .collect();
    let rounds = (0..2).map(|at| id::<RoundId>(3, at).to_string()).collect();
    (
        words(numbers),
        words(themes),
        words(of(&["1", "2", "3"])),
        words(groups),
        words(of(RespondentGroup::ALL)),
        words(of(Setting::ALL)),
        words(of(Channel::ALL)),
        words(rounds),
        words(of(Stance::ALL)),
        (
            words(of(&["true", "false"])),
            words(of(ReviewState::ALL)),
            words(of(&["true", "false"])),
            words(of(&["true", "false"])),
        ),
    )
        .prop_map(
            |(
                question,
                theme,
                section,
                group,
                respondent_group,
                setting,
                channel,
                round,
                stance,
                (coded, review, flagged, unadjudicated),
            )| {
                FilterValues {
                    question,
                    theme,
                    section,
                    group,
                    respondent_group,
                    setting,
                    channel,
                    round,
                    stance,
                    coded,
                    review,
                    flagged,
                    unadjudicated,
                }
            },
        )
}
