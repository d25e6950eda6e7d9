//! Consultations of many shapes, each made from its seed alone: the same seed is the same consultation on every machine.

use domain::{
    chance::Chance,
    collate::{Axis, Dimension, Unit},
    disclosure::Cut,
    facts::*,
    id::*,
    life::Status,
    moment::Moment,
    vocabulary::*,
};
use std::collections::BTreeSet;
use time::{Date, Month};
use uuid::Uuid;

/// Throws that follow from a seed.
#[derive(Clone, Debug)]
pub struct Dice(Chance);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Chance::new(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5dee_ce66,
        ))
    }

    pub fn roll(&mut self) -> u64 {
        self.0.draw()
    }

    /// From nothing to one less than `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.roll() % count.max(1) as u64) as usize
    }

    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.saturating_sub(least) + 1)
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A place, by weight.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut at = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if at < *weight {
                return place;
            }
            at -= weight;
        }
        0
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

pub fn id<I: From<Uuid>>(kind: u128, at: usize) -> I {
    Uuid::from_u128(kind << 96 | 0x7000_8000_0000_0000_0000 | at as u128).into()
}

pub fn uuid(kind: u128, at: usize) -> Uuid {
    id(kind, at)
}

/// A register, what was said in it, and what a lead wants released of it.
#[derive(Clone, Debug)]
pub struct World {
    pub seed: u64,
    pub shape: String,
    pub register: Register,
    pub containers: Vec<ContainerRow>,
    pub said: Vec<ContributionRow>,
    pub cuts: Vec<Cut>,
    pub named: BTreeSet<ContributionId>,
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
}

fn day(month: Month) -> Date {
    Date::from_calendar_date(2019, month, 1).unwrap()
}

/// How large and of what kind a consultation is.
struct Shape {
    name: &'static str,
    groups: usize,
    rounds: usize,
    questions: usize,
    sections: usize,
    themes: usize,
    tables: usize,
    responses: usize,
    /// The most points of one table.
    points: usize,
}

fn shape(dice: &mut Dice) -> Shape {
    let size = dice.weighted(&[12, 40, 32, 12, 4]);
    let kind = dice.weighted(&[35, 25, 40]);
    let (tables, responses) = match size {
        0 => (1, dice.between(1, 4)),
        1 => (dice.between(1, 6), dice.between(1, 14)),
        2 => (dice.between(3, 18), dice.between(4, 60)),
        3 => (dice.between(10, 40), dice.between(20, 150)),
        _ => (dice.between(40, 70), dice.between(100, 400)),
    };
    let (name, most): (_, [usize; 5]) = match size {
        0 => ("tiny", [2, 2, 1, 3, 4]),
        1 => ("small", [5, 3, 3, 5, 5]),
        2 => ("medium", [9, 5, 4, 9, 8]),
        3 => ("large", [9, 7, 5, 14, 10]),
        _ => ("national", [9, 7, 5, 20, 12]),
    };
    Shape {
        name,
        groups: if size == 4 { 9 } else { dice.between(1, most[0]) },
        rounds: dice.between(1, 2),
        questions: dice.between(1, most[1]),
        sections: dice.below(most[2] + 1),
        themes: if size == 4 { 20 } else { dice.between(1, most[3]) },
        tables: if kind == 1 { 0 } else { tables },
        responses: if kind == 0 { 0 } else { responses },
        points: most[4],
    }
}

fn questions(dice: &mut Dice, count: usize) -> Vec<QuestionFact> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    (1..=count as i32)
        .map(|number| {
            let (kind, options): (_, Vec<String>) = match dice.weighted(&[60, 13, 12, 15]) {
                0 => (QuestionKind::Open, Vec::new()),
                1 => (QuestionKind::SingleChoice, words(&["yes", "partly", "no"])),
                2 => (
                    QuestionKind::MultipleChoice,
                    words(&["food", "sport", "leave", "sleep"]),
                ),
                _ => (QuestionKind::Agreement, words(&["agree", "disagree", "unsure"])),
            };
            QuestionFact {
                number,
                prompt: format!("Question {number}?"),
                kind,
                options,
            }
        })
        .collect()
}

fn themes(dice: &mut Dice, count: usize) -> Vec<ThemeFact> {
    let top = count.div_ceil(2);
    let levels = dice.chance(60);
    (0..count)
        .map(|at| {
            let parent = (levels && at >= top && dice.chance(80)).then(|| id(2, dice.below(top)));
            let into = (at > 0 && at < top && dice.chance(4)).then(|| id(2, at - 1));
            ThemeFact {
                id: id(2, at),
                code: format!("theme-{at}"),
                label: format!("Theme {}", (at * 7) % 20),
                parent,
                merged_into: into,
                split: false,
                question: None,
                earlier: None,
                status: if into.is_some() {
                    ThemeStatus::Merged
                } else {
                    ThemeStatus::Agreed
                },
                version: 1,
            }
        })
        .collect()
}

/// Weights of respondent groups: mostly people in services, a few carers, sometimes a single one.
fn voices(dice: &mut Dice) -> [usize; 7] {
    *dice.one(&[
        [60, 4, 22, 4, 2, 6, 2],
        [90, 1, 6, 1, 0, 2, 0],
        [40, 12, 30, 8, 4, 4, 2],
        [70, 0, 30, 0, 0, 0, 0],
        [15, 14, 15, 14, 14, 14, 14],
        [0, 0, 0, 0, 0, 0, 1],
        [50, 0, 0, 0, 0, 50, 0],
    ])
}

fn settings(dice: &mut Dice) -> [usize; 6] {
    *dice.one(&[
        [20, 40, 30, 5, 3, 2],
        [0, 0, 0, 0, 0, 1],
        [5, 80, 5, 5, 3, 2],
        [16, 16, 17, 17, 17, 17],
        [0, 50, 50, 0, 0, 0],
    ])
}

/// What a point is about.
struct Talk {
    voices: [usize; 7],
    settings: [usize; 6],
    themes: Vec<usize>,
    coded: usize,
    in_sections: usize,
    one_theme: bool,
}

fn said(dice: &mut Dice, talk: &Talk, register: &Register, at: usize, container: Uuid) -> ContributionRow {
    let own = |dice: &mut Dice, talk: &Talk| -> Vec<ThemeId> {
        let count = if talk.one_theme {
            1
        } else {
            1 + dice.weighted(&[60, 28, 12])
        };
        let picked: BTreeSet<usize> = (0..count).map(|_| dice.weighted(&talk.themes)).collect();
        picked.into_iter().map(|at| id(2, at)).collect()
    };
    let coding = |coder: usize, themes: Vec<ThemeId>, set_aside: bool, coded_at: i64| CodingRow {
        coder: id(6, coder),
        coded_at,
        independent: true,
        themes,
        set_aside,
        adjudicates: false,
        frozen: false,
    };
    let mut codings = Vec::new();
    if dice.chance(talk.coded) {
        if dice.chance(4) {
            codings.push(coding(0, Vec::new(), true, 1));
        } else {
            codings.push(coding(0, own(dice, talk), false, 1));
        }
        if dice.chance(8) {
            codings.push(coding(1, own(dice, talk), false, 2));
        }
    }
    let question = (!dice.chance(5)).then(|| dice.one(&register.questions).number);
    let section = (!register.sections.is_empty() && dice.chance(talk.in_sections))
        .then(|| dice.one(&register.sections).reference.clone());
    ContributionRow {
        id: id(8, at),
        container,
        version: 1,
        received_at: at as i64,
        question,
        section,
        respondent_group: RespondentGroup::ALL[dice.weighted(&talk.voices)],
        setting: Setting::ALL[dice.weighted(&talk.settings)],
        stance: Stance::ALL[dice.weighted(&[25, 10, 10, 30, 25])],
        agree: if dice.chance(35) { dice.below(9) as u32 } else { 0 },
        quotable: dice.chance(20),
        flagged: false,
        concern: false,
        withdrawn: false,
        codings,
    }
}

fn answers(dice: &mut Dice, register: &Register, people: Option<usize>) -> Vec<(i32, String, u32)> {
    let mut answers = Vec::new();
    for question in register
        .questions
        .iter()
        .filter(|one| one.kind != QuestionKind::Open)
    {
        if !dice.chance(75) {
            continue;
        }
        match people {
            Some(people) => {
                let mut left = people;
                for option in &question.options {
                    let raised = dice.below(left + 1);
                    if question.kind != QuestionKind::MultipleChoice {
                        left -= raised;
                    }
                    answers.push((question.number, option.clone(), raised as u32));
                }
            }
            None if question.kind == QuestionKind::MultipleChoice => {
                for option in &question.options {
                    if dice.chance(40) {
                        answers.push((question.number, option.clone(), 1));
                    }
                }
            }
            None => {
                let option = dice.weighted(&[60, 25, 15]);
                answers.push((question.number, question.options[option].clone(), 1));
            }
        }
    }
    answers
}

fn cuts(dice: &mut Dice, register: &Register) -> Vec<Cut> {
    let closed: Vec<i32> = register
        .questions
        .iter()
        .filter(|one| one.kind != QuestionKind::Open)
        .map(|one| one.number)
        .collect();
    let dimensions = [
        Dimension::Group,
        Dimension::RespondentGroup,
        Dimension::Setting,
        Dimension::Channel,
        Dimension::Round,
    ];
    let mut cuts = Vec::new();
    if dice.chance(55) {
        return cuts;
    }
    for _ in 0..dice.between(1, 4) {
        let columns = *dice.one(&dimensions);
        let rows = *dice.one(&[
            Axis::Stance,
            Axis::Theme,
            Axis::Theme,
            Axis::Question,
            Axis::Section,
        ]);
        let unit = match (rows, dice.below(3)) {
            (Axis::Stance, 0 | 1) => Unit::Contributions,
            (_, 0) => Unit::Responses,
            _ => Unit::Discussions,
        };
        if closed.is_empty() || dice.chance(75) {
            cuts.push(Cut {
                rows,
                columns,
                unit: Some(unit),
                question: None,
            });
        } else {
            cuts.push(Cut {
                rows: Axis::Answer,
                columns,
                unit: None,
                question: Some(*dice.one(&closed)),
            });
        }
    }
    cuts
}

/// The consultation of a seed.
pub fn world(seed: u64) -> World {
    let dice = &mut Dice::new(seed);
    let shape = shape(dice);
    let policy = if dice.chance(65) {
        PolicyId::Mhsds5
    } else {
        PolicyId::Hes7
    };
    let local = shape.groups > 1 && dice.chance(15);
    let groups: Vec<GroupFact> = (0..shape.groups + usize::from(local))
        .map(|at| GroupFact {
            id: id(1, at),
            name: format!("Group {at}"),
            kind: if at < shape.groups {
                GroupKind::Regional
            } else {
                GroupKind::Local
            },
            counted_as: id(1, if at < shape.groups { at } else { 0 }),
            version: 1,
        })
        .collect();
    let mut meetings = Vec::new();
    let comers = voices(dice);
    for round in 0..shape.rounds {
        for group in 0..shape.groups {
            let attendance = (0..dice.below(4)).map(|_| {
                let who = RespondentGroup::ALL[dice.weighted(&comers)];
                let service = dice.chance(50).then(|| id(4, dice.below(3)));
                (service, who, dice.below(12) as i32)
            });
            meetings.push(MeetingFact {
                attendance: attendance.collect(),
                id: id(5, meetings.len()),
                group: id(1, group),
                own_group: id(1, group),
                round: id(3, round),
                starts_at: Moment(0),
                status: MeetingStatus::Held,
                tables: None,
                version: 1,
            });
        }
    }
    let register = Register {
        consultation: Some(ConsultationFact {
            id: id(9, 0),
            reference: "REF".into(),
            title: "A consultation".into(),
            status: Status::Closed,
            policy,
            channels: Channel::ALL.to_vec(),
            version: 1,
            opens_on: Some(day(Month::September)),
            closes_on: Some(day(Month::October)),
            expected_groups: if dice.chance(80) {
                (0..shape.groups).map(|at| id(1, at)).collect()
            } else {
                Vec::new()
            },
            rounds: (0..shape.rounds).map(|at| id(3, at)).collect(),
        }),
        questions: questions(dice, shape.questions),
        sections: (1..=shape.sections)
            .map(|at| SectionFact {
                reference: at.to_string(),
                title: format!("Section {at}"),
            })
            .collect(),
        themes: themes(dice, shape.themes),
        groups,
        services: (0..3)
            .map(|at| ServiceFact {
                id: id(4, at),
                name: format!("Service {at}"),
                setting: Setting::ALL[at],
                group: id(1, at % shape.groups),
                valid_from: day(Month::January),
                valid_to: None,
                version: 1,
            })
            .collect(),
        rounds: (0..shape.rounds)
            .map(|at| RoundFact {
                id: id(3, at),
                title: format!("Round {at}"),
                version: 1,
            })
            .collect(),
        meetings,
    };
    let steep = dice.between(1, 3);
    let mut talk = Talk {
        voices: voices(dice),
        settings: settings(dice),
        themes: (0..shape.themes).map(|at| 1 + 60 / (1 + at * steep)).collect(),
        coded: *dice.one(&[100, 100, 95, 70, 20]),
        in_sections: *dice.one(&[0, 40, 90]),
        one_theme: dice.chance(20),
    };
    let alone = dice.chance(20);
    if alone {
        talk.voices[1] = 0;
        talk.voices[0] += 1;
    }
    let busy: Vec<usize> = (0..shape.groups)
        .map(|at| if dice.chance(25) { 0 } else { 1 + 12 / (1 + at) })
        .collect();
    let busy = if busy.iter().sum::<usize>() == 0 {
        vec![1; shape.groups]
    } else {
        busy
    };
    let (mut containers, mut points) = (Vec::new(), Vec::new());
    for at in 0..shape.tables {
        let container = uuid(7, containers.len());
        let group = dice.weighted(&busy);
        let round = dice.below(shape.rounds);
        let counted = !dice.chance(15);
        let mut participants = Vec::new();
        if counted {
            for who in 0..dice.between(1, 3) {
                let who = if who == 0 { 0 } else { dice.weighted(&talk.voices) };
                participants.push((RespondentGroup::ALL[who], dice.between(0, 7) as u32));
            }
        }
        let people = participants
            .iter()
            .map(|(_, people)| *people as usize)
            .sum::<usize>();
        let not_discussed = register
            .questions
            .iter()
            .filter(|_| dice.chance(5))
            .map(|one| (one.number, NotDiscussedReason::NoTime))
            .collect();
        containers.push(ContainerRow {
            id: container,
            version: 1,
            channel: Channel::MeetingDiscussion,
            group: Some(id(1, group)),
            own_group: Some(id(1, group)),
            service: None,
            table: Some(TableRow {
                meeting: id(5, round * shape.groups + group),
                round: id(3, round),
                sitting: 1 + i32::from(dice.chance(20)),
                participants,
                not_discussed,
            }),
            respondent_group: RespondentGroup::Mixed,
            setting: Setting::ALL[dice.weighted(&talk.settings)],
            review: if dice.chance(3) {
                ReviewState::Withdrawn
            } else {
                ReviewState::Approved
            },
            answers: answers(dice, &register, Some(if counted { people } else { 8 })),
        });
        for _ in 0..dice.between(usize::from(at == 0), shape.points) {
            let mut point = said(dice, &talk, &register, points.len(), container);
            if counted {
                point.agree = point.agree.min(people as u32);
            }
            points.push(point);
        }
    }
    let channels = [0, dice.below(3), dice.below(20), dice.below(4), 1 + dice.below(2)];
    for _ in 0..shape.responses {
        let container = uuid(7, containers.len());
        let who = RespondentGroup::ALL[dice.weighted(&talk.voices)];
        let setting = Setting::ALL[dice.weighted(&talk.settings)];
        let group = dice.chance(80).then(|| id(1, dice.weighted(&busy)));
        containers.push(ContainerRow {
            id: container,
            version: 1,
            channel: Channel::ALL[dice.weighted(&channels)],
            group,
            own_group: group,
            service: dice.chance(30).then(|| id(4, dice.below(3))),
            table: None,
            respondent_group: who,
            setting,
            review: if dice.chance(2) {
                ReviewState::Withdrawn
            } else {
                ReviewState::Approved
            },
            answers: answers(dice, &register, None),
        });
        let mut closed = BTreeSet::new();
        for _ in 0..dice.weighted(&[10, 50, 30, 10]) {
            let mut point = said(dice, &talk, &register, points.len(), container);
            point.respondent_group = who;
            point.setting = setting;
            point.agree = 0;
            let kind = register
                .questions
                .iter()
                .find(|one| Some(one.number) == point.question);
            let open = kind.is_none_or(|one| one.kind == QuestionKind::Open);
            // A closed question takes one text a response.
            if open || closed.insert(point.question) {
                points.push(point);
            }
        }
    }
    if alone && !points.is_empty() {
        let lone = dice.below(points.len());
        points[lone].respondent_group = RespondentGroup::FamilyCarer;
    }
    for (at, point) in points.iter_mut().enumerate() {
        point.id = id(8, at);
    }
    let named = if dice.chance(15) && !points.is_empty() {
        (0..dice.between(1, 2)).map(|_| dice.one(&points).id).collect()
    } else {
        BTreeSet::new()
    };
    World {
        seed,
        shape: format!(
            "{} {}",
            shape.name,
            match (shape.tables, shape.responses) {
                (_, 0) => "tables",
                (0, _) => "responses",
                _ => "mixed",
            }
        ),
        cuts: cuts(dice, &register),
        register,
        containers,
        said: points,
        named,
    }
}
