//! What a release holds, how it is protected, and the attack that it has to withstand.
//!
//! A release is a finite set of tables of one revision: the collation, and themes, questions and sections by one
//! dimension at a time, with the cuts that a lead added. Every count that has to be controlled becomes a figure of one
//! [`System`], beside the exact ones that stand next to it. Then the attack runs, as an outsider and as the facilitator of
//! each group in turn, and where it wins the row at fault hides more, until nothing is won. A row that hides everything
//! loses its breakdown.
//!
//! Not released, because they would tie rows together into tables that solve each other: totals of columns, and
//! breakdowns of a theme within one question or section (themes over all questions have theirs). Which columns are
//! joined is decided on counts without the voices of respondent groups that are nearly alone, so that one carer does not
//! move the columns of everybody else.

use super::{
    Exact, HOLDERS_KEPT, Policy, Releasable, Shown, VALUES_KEPT,
    system::{Bounds, Figure, System, UNBOUNDED},
};
use crate::{
    collate::{
        Audience, Axis, CollatedTheme, Collation, Column, Count, CountStatus, Coverage, CrossTab, Dimension,
        Filter, FilterValues, Keyed, Legend, LegendEntry, Limitation, Merged, Quote, Row, Scope, Unit,
        collate, coverage, cross_tab,
    },
    consensus::{Consensus, GroupAnswers, consensus},
    facts::{Facts, GroupFact},
    id::{ContributionId, ThemeId},
    vocabulary::{Channel, QuestionKind, RespondentGroup, Setting, Stance},
};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};
use utoipa::ToSchema;

/// The key of a row that lost its breakdown.
const ALL: &str = "all";
/// Into how many columns groups or rounds are joined where each by itself is too few.
const PARTS: usize = 3;
/// Dimensions, in the order in which releases hold them.
const DIMENSIONS: [Dimension; 5] = [
    Dimension::RespondentGroup,
    Dimension::Group,
    Dimension::Setting,
    Dimension::Channel,
    Dimension::Round,
];

/// One table of a release: which rows, by which columns, counting what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = Cut)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// What the rows are; `answer` needs one closed `question`.
    pub rows: Axis,
    /// What the columns are.
    pub columns: Dimension,
    /// What is counted; contributions unless said otherwise, people for answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The closed question whose answers are the rows; only with `answer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<i32>,
}

impl Cut {
    /// The cut with its unit spelt out, so that equal cuts are equal.
    pub fn plain(self) -> Self {
        let unit = match (self.rows, self.unit) {
            (Axis::Answer, _) => Unit::People,
            (_, unit) => unit.unwrap_or(Unit::Contributions),
        };
        Self {
            unit: Some(unit),
            ..self
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            rows,
            columns,
            unit,
            question,
        } = self.plain();
        write!(f, "{rows} by {columns}")?;
        if let Some(unit) = unit.filter(|unit| *unit != Unit::Contributions) {
            write!(f, " in {unit}")?;
        }
        question.map_or(Ok(()), |number| write!(f, " on question {number}"))
    }
}

/// The cuts that every release holds: themes, questions and sections by each single dimension.
pub fn always_released() -> Vec<Cut> {
    let mut cuts = Vec::new();
    for rows in [Axis::Theme, Axis::Question, Axis::Section] {
        for columns in DIMENSIONS {
            let cut = Cut {
                rows,
                columns,
                unit: None,
                question: None,
            };
            cuts.push(cut.plain());
        }
    }
    cuts
}

/// Everything exact that a release is made of.
#[derive(Clone, Debug)]
pub struct Tables {
    policy: Policy,
    collation: Collation,
    coverage: Coverage,
    cuts: Vec<CutTable>,
    named: Vec<(ThemeId, Quote)>,
    /// By question number.
    kinds: HashMap<i32, QuestionKind>,
}

impl Exact<Tables> {
    /// Of the exact figures.
    pub fn revision(&self) -> u64 {
        self.0.collation.revision
    }

    /// Which policy the consultation has.
    pub fn policy(&self) -> crate::vocabulary::PolicyId {
        self.0.policy.id
    }
}

#[derive(Clone, Debug)]
struct CutTable {
    cut: Cut,
    table: CrossTab,
    columns: Vec<Key>,
}

/// A column of a released table: one key of its dimension, or several joined.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    key: String,
    label: String,
    members: Vec<String>,
}

/// A release, as it is kept: what leaves, and which words may be quoted beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    /// The controlled collation; texts of quotes are filled in by whoever holds them.
    pub collation: Collation,
    /// The controlled tables, by cut.
    pub tables: Vec<ReleasedTable>,
    /// Who was heard, in numbers.
    pub coverage: Coverage,
    /// What may be quoted beside which theme.
    pub quotes: Vec<ReleasedQuote>,
}

/// A table and the cut that it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReleasedTable {
    pub cut: Cut,
    pub table: CrossTab,
}

/// Words that may be quoted under a theme, as long as their consent stands and their version is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReleasedQuote {
    pub theme: ThemeId,
    pub contribution: ContributionId,
    pub version: i32,
    pub respondent_group: RespondentGroup,
}

/// Counts everything that a release of `cuts` is made of, beside those that every release holds. `named` are quotes that a
/// lead released by name.
pub fn tabulate(facts: &Facts, cuts: &[Cut], named: &BTreeSet<ContributionId>) -> Exact<Tables> {
    let register = facts.register();
    let policy = Policy::of(
        register
            .consultation
            .as_ref()
            .map_or(crate::vocabulary::PolicyId::Mhsds5, |one| one.policy),
    );
    let filtered = |values: FilterValues| {
        Filter::new(facts, &Scope::Whole, &values).unwrap_or_else(|_| Filter::whole(facts))
    };
    let whole = Filter::whole(facts);
    let collation = collate(facts, &Scope::Whole, &whole);

    let by = cross_tab(
        facts,
        &Scope::Whole,
        &whole,
        Axis::Question,
        Dimension::RespondentGroup,
        Unit::Contributions,
    );
    let frequent = |key: &str| {
        let cells = by.rows.iter().filter_map(|row| row.cells.get(key)?.value);
        cells.sum::<u64>() > policy.threshold
    };
    let steady: Vec<String> = RespondentGroup::ALL
        .iter()
        .map(ToString::to_string)
        .filter(|key| frequent(key))
        .collect();

    let mut wanted = always_released();
    wanted.extend(
        register
            .questions
            .iter()
            .filter(|one| one.kind == QuestionKind::Agreement)
            .map(|one| Cut {
                rows: Axis::Answer,
                columns: Dimension::Group,
                unit: Some(Unit::People),
                question: Some(one.number),
            }),
    );
    wanted.extend(cuts.iter().map(|cut| cut.plain()));
    let mut seen = BTreeSet::new();
    wanted.retain(|cut| seen.insert(*cut));

    let mixes = collation.heard.responses.all.value != Some(0);
    let cuts = wanted
        .into_iter()
        .map(|cut| {
            let unit = cut.unit.unwrap_or(Unit::Contributions);
            let question = cut.question.map(|number| vec![number.to_string()]);
            let values = FilterValues {
                question: question.clone(),
                ..FilterValues::default()
            };
            let table = cross_tab(
                facts,
                &Scope::Whole,
                &filtered(values),
                cut.rows,
                cut.columns,
                unit,
            );
            let values = FilterValues {
                question,
                respondent_group: Some(steady.clone()),
                ..FilterValues::default()
            };
            // What is counted in other units is laid out as the contributions are.
            let layout = if unit == Unit::People {
                unit
            } else {
                Unit::Contributions
            };
            let without_the_rare = cross_tab(
                facts,
                &Scope::Whole,
                &filtered(values),
                cut.rows,
                cut.columns,
                layout,
            );
            CutTable {
                cut,
                columns: columns_of(facts, cut.columns, &policy, mixes, &without_the_rare),
                table,
            }
        })
        .collect();
    Exact(Tables {
        policy,
        coverage: coverage(facts, &Scope::Whole),
        cuts,
        named: named_quotes(facts, &whole, named),
        kinds: register
            .questions
            .iter()
            .map(|one| (one.number, one.kind))
            .collect(),
        collation,
    })
}

fn named_quotes(facts: &Facts, filter: &Filter, named: &BTreeSet<ContributionId>) -> Vec<(ThemeId, Quote)> {
    let mut quotes = Vec::new();
    let counted = facts.containers.iter().filter(|container| container.counts());
    for said in counted.flat_map(|container| &container.contributions) {
        if said.quotable && named.contains(&said.id) {
            for theme in filter.themes_of(said) {
                let quote = Quote {
                    contribution: said.id,
                    version: said.version,
                    text: String::new(),
                    respondent_group: said.respondent_group,
                };
                quotes.push((facts.themes.id(theme), quote));
            }
        }
    }
    quotes
}

/// Every key of a dimension that could occur, whether it does or not: which keys are shown tells nothing. Groups and rounds
/// are those that evidence names, by a discussion held there: how many groups were heard is no secret, and beside columns
/// of groups that were not, it would say that their hidden counts are zero. All other groups share one column.
fn keys_of(facts: &Facts, dimension: Dimension, mixes: bool) -> Vec<Key> {
    let register = facts.register();
    let discussions = || {
        facts
            .containers
            .iter()
            .filter(|container| container.counts() && container.is_discussion())
    };
    let met = discussions().next().is_some();
    let one = |key: String, label: &str| Key {
        members: vec![key.clone()],
        key,
        label: label.to_owned(),
    };
    let words =
        |all: Vec<(String, &'static str)>| all.into_iter().map(|(key, label)| one(key, label)).collect();
    let mut keys: Vec<Key> = match dimension {
        Dimension::RespondentGroup => words(
            RespondentGroup::ALL
                .iter()
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Setting => words(
            Setting::ALL
                .iter()
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Channel => words(
            Channel::ALL
                .iter()
                .filter(|word| mixes || **word == Channel::MeetingDiscussion)
                .filter(|word| met || **word != Channel::MeetingDiscussion)
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Group => {
            let expected = register
                .consultation
                .as_ref()
                .map(|one| one.expected_groups.as_slice())
                .unwrap_or_default();
            let own = |group: &&GroupFact| match facts.groups.get(&group.id) {
                Some(at) if met => discussions().any(|container| container.group == at),
                _ => !met && (expected.is_empty() || expected.contains(&group.id)),
            };
            let counted = || {
                register
                    .groups
                    .iter()
                    .filter(|group| group.counted_as == group.id)
            };
            let mut keys: Vec<Key> = counted()
                .filter(own)
                .map(|group| one(group.id.to_string(), &group.name))
                .collect();
            if mixes {
                let others = counted()
                    .filter(|group| !own(group))
                    .map(|group| group.id.to_string());
                let members: Vec<String> = others.chain(["not_recorded".to_owned()]).collect();
                keys.push(match members.len() {
                    1 => one("not_recorded".into(), "Not recorded"),
                    _ => Key {
                        key: "other_groups".into(),
                        label: "Other groups, or none recorded".into(),
                        members,
                    },
                });
            }
            keys
        }
        Dimension::Round => register
            .rounds
            .iter()
            .filter(|round| {
                let at = facts.rounds.get(&round.id);
                at.is_some_and(|at| discussions().any(|container| container.round == at))
            })
            .map(|round| one(round.id.to_string(), &round.title))
            .collect(),
    };
    if mixes && dimension == Dimension::Round {
        keys.push(one("not_recorded".into(), "Not recorded"));
    }
    keys
}

/// The finest columns in which anything can be shown: each key by itself, else keys joined, else one.
fn columns_of(
    facts: &Facts,
    dimension: Dimension,
    policy: &Policy,
    mixes: bool,
    steady: &CrossTab,
) -> Vec<Key> {
    let keys = keys_of(facts, dimension, mixes);
    let shows = |columns: &[Key]| {
        steady.rows.iter().any(|row| {
            columns.iter().any(|column| {
                let cells = column.members.iter().filter_map(|key| row.cells.get(key)?.value);
                cells.sum::<u64>() > policy.threshold
            })
        })
    };
    let mut ladder = vec![keys.clone()];
    let joined = |parts: &[(&str, &str, &[&str])]| -> Vec<Key> {
        let parts = parts.iter().map(|(key, label, members)| Key {
            key: (*key).to_owned(),
            label: (*label).to_owned(),
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        });
        parts.collect()
    };
    match dimension {
        Dimension::RespondentGroup => ladder.push(joined(&[
            ("service_user", "People in services", &["service_user"]),
            (
                "everyone_else",
                "Everyone else",
                &[
                    "family_carer",
                    "staff",
                    "commissioner",
                    "other",
                    "mixed",
                    "not_recorded",
                ],
            ),
        ])),
        Dimension::Setting => ladder.push(joined(&[
            (
                "in_hospital",
                "In hospital",
                &["high_secure", "medium_secure", "low_secure"],
            ),
            (
                "elsewhere",
                "In the community, mixed or not recorded",
                &["community_forensic", "mixed", "not_recorded"],
            ),
        ])),
        Dimension::Channel if mixes => ladder.push(joined(&[
            (
                "meeting_discussion",
                "Discussions at meetings",
                &["meeting_discussion"],
            ),
            (
                "responses",
                "Responses",
                &["champion", "survey_online", "survey_paper", "written"],
            ),
        ])),
        Dimension::Group | Dimension::Round => {
            let own = |key: &&Key| key.members.len() == 1 && key.key != "not_recorded";
            let known = keys.iter().filter(own).count();
            // One step only: parts of two sizes would overlap, and neither could be added up from the other.
            if known >= PARTS * 2 {
                ladder.push(in_parts(&keys, known));
            }
        }
        Dimension::Channel => {}
    }
    ladder
        .into_iter()
        .find(|columns| shows(columns))
        .unwrap_or_default()
}

/// Keys in the order of the register, joined into so many parts of about one size.
fn in_parts(keys: &[Key], known: usize) -> Vec<Key> {
    let mut columns: Vec<Key> = Vec::new();
    for (at, key) in keys.iter().enumerate().take(known) {
        let part = at * PARTS / known;
        match columns.get_mut(part) {
            Some(column) => {
                column.label = format!("{}, {}", column.label, key.label);
                column.members.push(key.key.clone());
            }
            None => columns.push(Key {
                key: format!("part_{}", part + 1),
                ..key.clone()
            }),
        }
    }
    columns.extend(keys.iter().skip(known).cloned());
    columns
}

/// Protects exact tables, attacks them, and hides more until the attack wins nothing. `number` is the release's.
pub fn release(exact: Exact<Tables>, number: i32) -> Releasable<Release> {
    let mut making = Making::new(&exact.0);
    making.lay_out();
    making.protect();
    Releasable(making.finish(number))
}

/// A figure of the release.
#[derive(Clone, Copy, Debug)]
struct Value {
    exact: u64,
    shown: Shown,
    /// What exact counts beside it say of it.
    evidence: Bounds,
    /// The group whose facilitator knows it, by place.
    column: Option<u16>,
    /// The row of which it is a cell.
    row: Option<u32>,
    /// Nothing can keep more values of it than there are.
    settled: bool,
}

/// Cells that add up to a total, and hide together.
#[derive(Clone, Debug)]
struct Line {
    total: Figure,
    cells: Vec<Figure>,
    columns: Vec<Key>,
    merged: bool,
    escalated: bool,
}

/// What a set of contributions is, whose parts by dimension are lines.
#[derive(Clone, Debug)]
struct Set {
    axis: Axis,
    key: String,
    unit: Unit,
    question: Option<i32>,
    total: Figure,
    lines: Vec<(Dimension, usize)>,
    stance: Option<usize>,
    /// Each group's part, shown or not, by place.
    by_group: Vec<(u16, Figure)>,
}

/// Where the figures of a theme stand, of which there are many: over all, in a question, in a section.
#[derive(Clone, Copy, Debug)]
struct OfTheme {
    contributions: Figure,
    responses: Figure,
    people: Option<Figure>,
}

struct Making<'a> {
    tables: &'a Tables,
    policy: Policy,
    /// Whether anything came by a response: then no total is of tables alone.
    mixes: bool,
    values: Vec<Value>,
    lines: Vec<Line>,
    sets: Vec<Set>,
    system: System,
    groups: Vec<String>,
    themes: Vec<OfTheme>,
    in_questions: Vec<Vec<OfTheme>>,
    in_sections: Vec<Vec<OfTheme>>,
    /// By question: contributions, the line of coded, uncoded and set aside, unadjudicated, options of the tally.
    questions: Vec<(Figure, usize, Figure, Vec<Figure>)>,
    sections: Vec<Figure>,
    participants: usize,
    attendance: Vec<usize>,
    responses: usize,
}

impl<'a> Making<'a> {
    fn new(tables: &'a Tables) -> Self {
        let mut groups: Vec<String> = Vec::new();
        for key in tables
            .cuts
            .iter()
            .filter(|table| table.cut.columns == Dimension::Group)
            .flat_map(|table| &table.columns)
            .flat_map(|column| &column.members)
        {
            if !groups.contains(key) && key != "not_recorded" {
                groups.push(key.clone());
            }
        }
        Self {
            tables,
            policy: tables.policy,
            mixes: tables.collation.heard.responses.all.value != Some(0),
            values: Vec::new(),
            lines: Vec::new(),
            sets: Vec::new(),
            system: System::default(),
            groups,
            themes: Vec::new(),
            in_questions: Vec::new(),
            in_sections: Vec::new(),
            questions: Vec::new(),
            sections: Vec::new(),
            participants: 0,
            attendance: Vec::new(),
            responses: 0,
        }
    }

    fn figure(&mut self, exact: u64, shown: Shown, evidence: Bounds) -> Figure {
        self.values.push(Value {
            exact,
            shown,
            evidence,
            column: None,
            row: None,
            settled: false,
        });
        (self.values.len() - 1) as Figure
    }

    /// A count of which exact counts beside it say that it is at least `least`. Where that leaves a suppressed one too few
    /// values, counts up to the next step of the rounding are withheld with it.
    fn controlled(&mut self, exact: u64, least: u64) -> Figure {
        let shown = self.shown_above(exact, least);
        self.figure(
            exact,
            shown,
            Bounds {
                least: least as i64,
                most: UNBOUNDED,
            },
        )
    }

    fn shown_above(&self, exact: u64, least: u64) -> Shown {
        let (from, threshold) = self.policy.suppressed();
        let mut most = threshold;
        while least <= threshold && (most as i64 - least.max(from) as i64) < VALUES_KEPT - 1 {
            most = self.policy.behind(self.policy.rounded(most + 1)).1;
        }
        if most > threshold && exact > 0 && exact <= most {
            Shown::Withheld
        } else {
            self.policy.shown(exact)
        }
    }

    /// A count of contributions over a whole question, theme or section: evidence where everything came from tables.
    fn of_contributions(&mut self, exact: u64, least: u64) -> Figure {
        if self.mixes {
            self.controlled(exact, least)
        } else {
            self.figure(exact, Shown::Exact, Bounds::exactly(exact as i64))
        }
    }

    /// Cells of a total, by columns. Fewer than two columns break nothing down.
    fn line(&mut self, total: Figure, columns: Vec<Key>, exact: &[u64]) -> usize {
        let row = self.lines.len();
        let merged = columns.len() < 2;
        let mut cells = Vec::with_capacity(columns.len());
        for count in exact {
            let shown = if merged {
                Shown::Nowhere
            } else {
                self.policy.shown(*count)
            };
            let cell = self.figure(*count, shown, Bounds::ANY);
            self.values[cell as usize].row = Some(row as u32);
            cells.push(cell);
        }
        self.lines.push(Line {
            total,
            cells,
            columns,
            merged,
            escalated: false,
        });
        row
    }

    fn adding_up(&mut self, line: usize) {
        let Line { total, cells, .. } = &self.lines[line];
        if !cells.is_empty() {
            self.system.equal(cells, &[*total]);
        }
    }

    /// Every figure, and every rule between them.
    fn lay_out(&mut self) {
        self.heard();
        self.totals();
        self.cuts();
        self.overlaps();
    }

    fn heard(&mut self) {
        let heard = &self.tables.collation.heard;
        let national = |making: &mut Self, exact: u64| {
            if making.policy.exact_national {
                making.figure(exact, Shown::Exact, Bounds::exactly(exact as i64))
            } else {
                making.controlled(exact, 0)
            }
        };
        let total = self.controlled(number(heard.participants.all), 0);
        self.participants = self.words(
            total,
            RespondentGroup::ALL,
            &heard.participants.by_respondent_group,
        );
        for round in &heard.attendance {
            let total = national(self, number(round.all));
            let line = self.words(total, RespondentGroup::ALL, &round.by_respondent_group);
            self.attendance.push(line);
        }
        let total = national(self, number(heard.responses.all));
        let channels: Vec<_> = Channel::ALL
            .iter()
            .copied()
            .filter(|channel| *channel != Channel::MeetingDiscussion)
            .collect();
        self.responses = self.words(total, &channels, &heard.responses.by_channel);
    }

    fn words<W: Copy + ToString>(&mut self, total: Figure, all: &[W], counts: &Keyed) -> usize {
        let columns: Vec<Key> = all.iter().map(|word| word_key(word.to_string())).collect();
        let exact: Vec<u64> = columns
            .iter()
            .map(|column| counts.get(&column.key).map_or(0, number))
            .collect();
        let line = self.line(total, columns, &exact);
        self.adding_up(line);
        line
    }

    fn of_theme(&mut self, theme: &CollatedTheme) -> OfTheme {
        let least = theme.discussions.max(theme.groups).max(1);
        let contributions = self.of_contributions(number(theme.contributions), least);
        let all = self.lines[self.responses].total;
        let responses = if self.mixes {
            let of = self.controlled(number(theme.responses), 0);
            self.system.at_most(&[of], &[all]);
            // Each table and each response made a point of its own.
            let tables = theme.discussions;
            let tables = self.figure(tables, Shown::Nowhere, Bounds::exactly(tables as i64));
            self.system.at_most(&[of, tables], &[contributions]);
            of
        } else {
            self.figure(0, Shown::Exact, Bounds::exactly(0))
        };
        let people = theme.people_at_least.map(|people| {
            let shown = self.shown_above(number(people), theme.discussions.max(theme.groups));
            let least = if self.mixes { 1 } else { theme.groups.max(1) };
            self.figure(
                number(people),
                shown,
                Bounds {
                    least: least as i64,
                    most: UNBOUNDED,
                },
            )
        });
        OfTheme {
            contributions,
            responses,
            people,
        }
    }

    fn part_of(&mut self, part: OfTheme, whole: OfTheme) {
        self.system.at_most(&[part.contributions], &[whole.contributions]);
        self.system.at_most(&[part.responses], &[whole.responses]);
        if let (Some(part), Some(whole)) = (part.people, whole.people) {
            self.system.at_most(&[part], &[whole]);
        }
    }

    fn totals(&mut self) {
        let collation = &self.tables.collation;
        self.themes = collation
            .themes
            .iter()
            .map(|theme| self.of_theme(theme))
            .collect();
        let place: HashMap<ThemeId, usize> = collation
            .themes
            .iter()
            .enumerate()
            .map(|(at, theme)| (theme.id, at))
            .collect();
        for (at, theme) in collation.themes.iter().enumerate() {
            if let Some(parent) = theme.parent_id.and_then(|id| place.get(&id).copied()) {
                let (child, parent) = (self.themes[at], self.themes[parent]);
                self.part_of(child, parent);
            }
        }
        let mut by_question: Vec<Vec<Figure>> = vec![Vec::new(); self.themes.len()];
        for question in &collation.questions {
            let least = if question.tally.is_none() {
                question.discussions.max(question.groups)
            } else {
                0
            };
            let all = self.of_contributions(number(question.contributions), least);
            let work = [question.coded, question.uncoded, question.set_aside].map(number);
            let columns = ["coded", "uncoded", "set_aside"].map(|word| word_key(word.into()));
            let line = self.line(all, columns.into(), &work);
            if !self.mixes {
                for cell in self.lines[line].cells.clone() {
                    self.values[cell as usize].shown = Shown::Exact;
                }
            }
            self.adding_up(line);
            let unadjudicated = self.of_contributions(number(question.unadjudicated), 0);
            self.system.at_most(&[unadjudicated], &[all]);
            let options = question
                .tally
                .as_ref()
                .map(|tally| tally.0.as_slice())
                .unwrap_or_default();
            let options: Vec<_> = options
                .iter()
                .map(|(_, count)| self.controlled(number(*count), 0))
                .collect();
            if collation.heard.discussions == 0 {
                // Each response chose an option once, and of a single choice only one.
                let responses = self.lines[self.responses].total;
                for option in &options {
                    self.system.at_most(&[*option], &[responses]);
                }
                let kind = question.number.and_then(|number| self.tables.kinds.get(&number));
                if kind.is_some_and(|kind| *kind != QuestionKind::MultipleChoice) {
                    self.system.at_most(&options, &[responses]);
                }
            }
            self.questions.push((all, line, unadjudicated, options));
            let themes: Vec<_> = question.themes.iter().map(|theme| self.of_theme(theme)).collect();
            for (theme, of) in question.themes.iter().zip(&themes) {
                self.system
                    .at_most(&[of.contributions], &[self.lines[line].cells[0]]);
                if let Some(at) = place.get(&theme.id).copied() {
                    by_question[at].push(of.contributions);
                    self.part_of(*of, self.themes[at]);
                }
            }
            self.in_questions.push(themes);
        }
        for (at, cells) in by_question.into_iter().enumerate() {
            let total = self.themes[at].contributions;
            self.system.equal(&cells, &[total]);
            // They hide together, as the cells of a row do.
            let row = self.lines.len();
            for cell in &cells {
                self.values[*cell as usize].row = Some(row as u32);
            }
            self.lines.push(Line {
                total,
                columns: Vec::new(),
                merged: false,
                escalated: false,
                cells,
            });
        }
        let mut by_section: Vec<Vec<Figure>> = vec![Vec::new(); self.themes.len()];
        for section in &collation.sections {
            let least = section
                .themes
                .iter()
                .map(|theme| theme.discussions.max(theme.groups).max(1))
                .max();
            let all = self.of_contributions(number(section.contributions), least.unwrap_or(0));
            self.sections.push(all);
            let themes: Vec<_> = section.themes.iter().map(|theme| self.of_theme(theme)).collect();
            for (theme, of) in section.themes.iter().zip(&themes) {
                self.system.at_most(&[of.contributions], &[all]);
                if let Some(at) = place.get(&theme.id).copied() {
                    by_section[at].push(of.contributions);
                    self.part_of(*of, self.themes[at]);
                }
            }
            self.in_sections.push(themes);
        }
        for (at, cells) in by_section.into_iter().enumerate() {
            // A point names one section, or none.
            let total = self.themes[at].contributions;
            self.system.at_most(&cells, &[total]);
        }
    }

    /// The total of a row of a cut.
    fn total_of(&mut self, cut: Cut, row: &Row) -> Figure {
        let collation = &self.tables.collation;
        let theme = |row: &Row| {
            collation
                .themes
                .iter()
                .position(|theme| theme.id.to_string() == row.key)
        };
        let question = |key: &str| {
            collation
                .questions
                .iter()
                .position(|one| one.number.map_or("none".to_owned(), |number| number.to_string()) == key)
        };
        let known = match (cut.rows, cut.unit) {
            (Axis::Theme, Some(Unit::Contributions)) => theme(row).map(|at| self.themes[at].contributions),
            (Axis::Theme, Some(Unit::Responses)) => theme(row).map(|at| self.themes[at].responses),
            (Axis::Theme, Some(Unit::Discussions)) => theme(row).map(|at| {
                let count = collation.themes[at].discussions;
                self.figure(count, Shown::Exact, Bounds::exactly(count as i64))
            }),
            (Axis::Question, Some(Unit::Contributions)) => question(&row.key).map(|at| self.questions[at].0),
            (Axis::Section, Some(Unit::Contributions)) => collation
                .sections
                .iter()
                .position(|section| section.reference == row.key)
                .map(|at| self.sections[at]),
            (Axis::Answer, _) => cut
                .question
                .and_then(|number| question(&number.to_string()))
                .and_then(|at| {
                    let options = collation.questions[at].tally.as_ref()?;
                    let option = options.0.iter().position(|(option, _)| *option == row.key)?;
                    self.questions[at].3.get(option).copied()
                }),
            _ => None,
        };
        match known {
            Some(figure) => figure,
            // Contributions at tables over a part of all are evidence; so many points that name no section are, too.
            None if cut.unit == Some(Unit::Contributions) && cut.rows != Axis::Stance => {
                self.of_contributions(number(row.total), 0)
            }
            None => self.controlled(number(row.total), 0),
        }
    }

    fn cuts(&mut self) {
        for table in &self.tables.cuts {
            let unit = table.cut.unit.unwrap_or(Unit::Contributions);
            for row in &table.table.rows {
                let set = self.sets.iter().position(|set| {
                    (set.axis, &set.key, set.unit, set.question)
                        == (table.cut.rows, &row.key, unit, table.cut.question)
                });
                let set = match set {
                    Some(set) => set,
                    None => {
                        let total = self.total_of(table.cut, row);
                        self.sets.push(Set {
                            axis: table.cut.rows,
                            key: row.key.clone(),
                            unit,
                            question: table.cut.question,
                            total,
                            lines: Vec::new(),
                            stance: None,
                            by_group: Vec::new(),
                        });
                        self.sets.len() - 1
                    }
                };
                let line = self.cut_line(set, table, row);
                self.sets[set].lines.push((table.cut.columns, line));
            }
        }
        self.stances();
        for set in 0..self.sets.len() {
            self.of_units(set);
            self.of_rounds(set);
            self.of_responses(set);
        }
        self.groups_heard();
    }

    /// What came by a channel came by at least one response, of the whole and of a theme.
    fn of_responses(&mut self, set: usize) {
        if !self.mixes || self.sets[set].unit != Unit::Contributions {
            return;
        }
        let Some(line) = self.line_of(set, Dimension::Channel) else {
            return;
        };
        let by_channel = self.lines[self.responses].clone();
        let theme = self.theme_at(set).map(|at| self.themes[at].responses);
        let Line { columns, cells, .. } = self.lines[line].clone();
        let meeting = Channel::MeetingDiscussion.to_string();
        let mut from_responses = Vec::new();
        for (column, cell) in columns.iter().zip(&cells) {
            if column.key == meeting {
                continue;
            }
            from_responses.push(*cell);
            if let Some(at) = by_channel
                .columns
                .iter()
                .position(|other| other.key == column.key)
            {
                self.system.needs(*cell, by_channel.cells[at]);
            }
            if let Some(responses) = theme {
                self.system.needs(*cell, responses);
            }
        }
        if let Some(responses) = theme
            && !from_responses.is_empty()
        {
            self.system.at_most(&[responses], &from_responses);
        }
    }

    fn theme_at(&self, set: usize) -> Option<usize> {
        let of = &self.sets[set];
        let themes = &self.tables.collation.themes;
        let at = themes.iter().position(|theme| theme.id.to_string() == of.key);
        at.filter(|_| of.axis == Axis::Theme)
    }

    /// How many groups were heard is evidence: in the whole consultation, and with an answer to an agreement question.
    fn groups_heard(&mut self) {
        let collation = &self.tables.collation;
        let all: Vec<usize> = (0..self.sets.len())
            .filter(|set| {
                self.sets[*set].axis == Axis::Question && self.sets[*set].unit == Unit::Contributions
            })
            .collect();
        let groups = self.sums_by_group(&all);
        self.system
            .heard_at_most(&groups, collation.heard.groups as usize);
        for question in collation
            .questions
            .iter()
            .filter(|question| question.tally.is_some())
        {
            let options: Vec<usize> = (0..self.sets.len())
                .filter(|set| {
                    self.sets[*set].axis == Axis::Answer && self.sets[*set].question == question.number
                })
                .collect();
            if options.is_empty() {
                continue;
            }
            let groups = self.sums_by_group(&options);
            match question.consensus {
                Some(consensus) if !groups.is_empty() => {
                    let sum = groups
                        .iter()
                        .map(|figure| self.values[*figure as usize].exact)
                        .sum();
                    let total = self.figure(sum, Shown::Nowhere, Bounds::ANY);
                    self.system.equal(&groups, &[total]);
                    self.system.heard(&groups, total, consensus.groups_heard as usize);
                }
                _ => self.system.heard_at_most(&groups, question.groups as usize),
            }
        }
    }

    /// What each group said in all of these sets together, shown nowhere.
    fn sums_by_group(&mut self, sets: &[usize]) -> Vec<Figure> {
        let mut sums = Vec::new();
        for group in 0..self.groups.len() as u16 {
            let parts: Vec<Figure> = sets
                .iter()
                .flat_map(|set| &self.sets[*set].by_group)
                .filter(|(of, _)| *of == group)
                .map(|(_, figure)| *figure)
                .collect();
            if parts.is_empty() {
                continue;
            }
            let sum = parts
                .iter()
                .map(|figure| self.values[*figure as usize].exact)
                .sum();
            let sum = self.figure(sum, Shown::Nowhere, Bounds::ANY);
            self.values[sum as usize].column = Some(group);
            self.system.equal(&parts, &[sum]);
            sums.push(sum);
        }
        sums
    }

    fn cut_line(&mut self, set: usize, table: &CutTable, row: &Row) -> usize {
        let total = self.sets[set].total;
        let count = |key: &String| row.cells.get(key).map_or(0, number);
        let exact: Vec<u64> = table
            .columns
            .iter()
            .map(|column| column.members.iter().map(count).sum())
            .collect();
        let line = self.line(total, table.columns.clone(), &exact);
        let whole = self.sets[set].unit == Unit::Contributions
            || matches!(
                table.cut.columns,
                Dimension::Group | Dimension::Channel | Dimension::Round
            )
            || table.cut.rows == Axis::Answer;
        let cells = self.lines[line].cells.clone();
        if cells.is_empty() {
            return line;
        }
        if whole {
            self.adding_up(line);
        } else {
            // A table or response with points of two respondent groups is in two cells, and once in the total.
            self.system.at_most(&[total], &cells);
            for cell in &cells {
                self.system.at_most(&[*cell], &[total]);
            }
        }
        match table.cut.columns {
            Dimension::Group => self.by_group(set, line, table, &count),
            Dimension::Channel => self.by_channel(set, line),
            _ => {}
        }
        line
    }

    /// What only groups have: a facilitator who knows the own column, and a count of those heard.
    fn by_group(&mut self, set: usize, line: usize, table: &CutTable, count: &dyn Fn(&String) -> u64) {
        let Line { total, cells, .. } = self.lines[line].clone();
        let mut fine = Vec::new();
        let mut rest = Vec::new();
        for (column, cell) in table.columns.iter().zip(&cells) {
            let mut members = Vec::new();
            for key in &column.members {
                let place = self.groups.iter().position(|group| group == key);
                let figure = if column.members.len() == 1 {
                    *cell
                } else {
                    self.figure(count(key), Shown::Nowhere, Bounds::ANY)
                };
                self.values[figure as usize].column = place.map(|at| at as u16);
                if let Some(place) = place {
                    fine.push(figure);
                    self.sets[set].by_group.push((place as u16, figure));
                } else {
                    rest.push(figure);
                }
                members.push(figure);
            }
            if column.members.len() > 1 {
                self.system.equal(&members, &[*cell]);
            }
        }
        let collation = &self.tables.collation;
        let of = &self.sets[set];
        if of.unit != Unit::Contributions {
            return;
        }
        let heard = match of.axis {
            Axis::Theme => collation
                .themes
                .iter()
                .find(|theme| theme.id.to_string() == of.key)
                .map(|theme| theme.groups),
            // On a closed question a group is heard by its tallies too.
            Axis::Question => collation
                .questions
                .iter()
                .find(|one| {
                    one.tally.is_none()
                        && one.number.map_or("none".to_owned(), |number| number.to_string()) == of.key
                })
                .map(|one| one.groups),
            _ => None,
        };
        if let Some(heard) = heard {
            let known = if rest.is_empty() {
                total
            } else {
                let sum = fine
                    .iter()
                    .map(|figure| self.values[*figure as usize].exact)
                    .sum();
                let known = self.figure(sum, Shown::Nowhere, Bounds::ANY);
                self.system.equal(&fine, &[known]);
                known
            };
            self.system.heard(&fine, known, heard as usize);
        }
    }

    /// What came from tables is at least as much as there were tables, and nothing where there were none.
    fn by_channel(&mut self, set: usize, line: usize) {
        let of = &self.sets[set];
        let (axis, unit) = (of.axis, of.unit);
        let tables = match axis {
            Axis::Theme => self
                .tables
                .collation
                .themes
                .iter()
                .find(|theme| theme.id.to_string() == of.key)
                .map(|theme| theme.discussions),
            Axis::Question => self
                .tables
                .collation
                .questions
                .iter()
                .find(|one| {
                    one.tally.is_none()
                        && one.number.map_or("none".to_owned(), |number| number.to_string()) == of.key
                })
                .map(|one| one.discussions),
            _ => None,
        };
        let meeting = Channel::MeetingDiscussion.to_string();
        let at = self.lines[line]
            .columns
            .iter()
            .position(|column| column.key == meeting);
        let (Some(at), Some(tables)) = (at, tables) else {
            return;
        };
        let cell = self.lines[line].cells[at] as usize;
        match (unit, tables) {
            (Unit::Contributions | Unit::Discussions, 0) => self.values[cell].evidence = Bounds::exactly(0),
            (Unit::Contributions, _) => self.values[cell].evidence.least = tables as i64,
            (Unit::Discussions, _) => self.values[cell].evidence = Bounds::exactly(tables as i64),
            _ => return,
        }
        let exact = self.values[cell].exact;
        let known = self.values[cell].evidence;
        if !self.lines[line].merged {
            if known.values() < VALUES_KEPT {
                // Evidence says what it is; it is no person's count, and not ours to suppress.
                self.values[cell].settled = true;
                if self.values[cell].shown.is_hidden() {
                    self.values[cell].shown = Shown::Withheld;
                }
            } else {
                self.values[cell].shown = self.shown_above(exact, known.least as u64);
            }
        }
    }

    /// Stances of themes and questions: a dimension of theirs, shown in the collation.
    fn stances(&mut self) {
        let collation = &self.tables.collation;
        for set in 0..self.sets.len() {
            let of = &self.sets[set];
            if of.unit != Unit::Contributions {
                continue;
            }
            let counts = match of.axis {
                Axis::Theme => collation
                    .themes
                    .iter()
                    .find(|theme| theme.id.to_string() == of.key)
                    .map(|theme| &theme.stance),
                Axis::Question => collation
                    .questions
                    .iter()
                    .find(|one| one.number.map_or("none".to_owned(), |number| number.to_string()) == of.key)
                    .map(|one| &one.stance),
                _ => None,
            };
            if let Some(counts) = counts {
                let total = of.total;
                let line = self.words(total, Stance::ALL, counts);
                self.sets[set].stance = Some(line);
            }
        }
        // Rows of stances, where a lead wants them: their totals are those of the questions.
        for (at, stance) in Stance::ALL.iter().enumerate() {
            let total = self
                .sets
                .iter()
                .find(|set| {
                    set.axis == Axis::Stance
                        && set.unit == Unit::Contributions
                        && set.key == stance.to_string()
                })
                .map(|set| set.total);
            if let Some(total) = total {
                let questions = self
                    .sets
                    .iter()
                    .filter(|set| set.axis == Axis::Question && set.unit == Unit::Contributions);
                let cells: Vec<_> = questions
                    .filter_map(|set| Some(self.lines[set.stance?].cells[at]))
                    .collect();
                self.system.equal(&cells, &[total]);
            }
        }
    }

    /// Tables and responses against the contributions made at them and by them.
    fn of_units(&mut self, set: usize) {
        let Set {
            axis,
            key,
            unit,
            total,
            lines,
            question,
            ..
        } = self.sets[set].clone();
        if !matches!(unit, Unit::Discussions | Unit::Responses) {
            return;
        }
        let Some(said) = self.sets.iter().position(|other| {
            (other.axis, &other.key, other.unit, other.question)
                == (axis, &key, Unit::Contributions, question)
        }) else {
            return;
        };
        let all = self.sets[said].total;
        self.system.at_most(&[total], &[all]);
        for (dimension, line) in lines {
            let Some(other) = self.line_of(said, dimension) else {
                continue;
            };
            if self.lines[line].columns != self.lines[other].columns {
                continue;
            }
            let pairs: Vec<_> = self.lines[line]
                .cells
                .iter()
                .copied()
                .zip(self.lines[other].cells.iter().copied())
                .collect();
            for (of_unit, of_said) in pairs {
                self.system.at_most(&[of_unit], &[of_said]);
                if unit == Unit::Discussions && !self.mixes {
                    self.system.together(of_unit, of_said);
                    if matches!(dimension, Dimension::Group | Dimension::Round) {
                        self.system.at_most(&[of_said, total], &[of_unit, all]);
                    }
                }
            }
        }
    }

    /// What has a round came from tables.
    fn of_rounds(&mut self, set: usize) {
        if !self.mixes || self.sets[set].unit != Unit::Contributions {
            return;
        }
        let (Some(rounds), Some(channels)) = (
            self.line_of(set, Dimension::Round),
            self.line_of(set, Dimension::Channel),
        ) else {
            return;
        };
        let (rounds, channels) = (&self.lines[rounds], &self.lines[channels]);
        let meeting = Channel::MeetingDiscussion.to_string();
        let tables = channels.columns.iter().position(|column| column.key == meeting);
        let known: Vec<_> = rounds
            .columns
            .iter()
            .zip(&rounds.cells)
            .filter(|(column, _)| column.key != "not_recorded")
            .map(|(_, cell)| *cell)
            .collect();
        if let Some(tables) = tables
            && !known.is_empty()
        {
            let tables = channels.cells[tables];
            self.system.equal(&known, &[tables]);
        }
    }

    fn line_of(&self, set: usize, dimension: Dimension) -> Option<usize> {
        let lines = &self.sets[set].lines;
        lines
            .iter()
            .find(|(of, _)| *of == dimension)
            .map(|(_, line)| *line)
    }

    /// Two sets whose overlap is known cannot differ by more in a column than they do in all.
    fn overlaps(&mut self) {
        let collation = &self.tables.collation;
        let said: Vec<usize> = (0..self.sets.len())
            .filter(|set| self.sets[*set].unit == Unit::Contributions)
            .collect();
        let of = |making: &Self, axis: Axis, key: &str| {
            said.iter()
                .copied()
                .find(|set| making.sets[*set].axis == axis && making.sets[*set].key == key)
        };
        let mut pairs: Vec<(usize, usize, Figure)> = Vec::new();
        for (at, theme) in collation.themes.iter().enumerate() {
            let Some(one) = of(self, Axis::Theme, &theme.id.to_string()) else {
                continue;
            };
            if let Some(parent) = theme
                .parent_id
                .and_then(|id| of(self, Axis::Theme, &id.to_string()))
            {
                pairs.push((one, parent, self.themes[at].contributions));
            }
            for (question, figures) in collation.questions.iter().zip(&self.in_questions) {
                let key = question
                    .number
                    .map_or("none".to_owned(), |number| number.to_string());
                let place = question.themes.iter().position(|other| other.id == theme.id);
                if let (Some(other), Some(place)) = (of(self, Axis::Question, &key), place) {
                    pairs.push((one, other, figures[place].contributions));
                }
            }
            for (section, figures) in collation.sections.iter().zip(&self.in_sections) {
                let place = section.themes.iter().position(|other| other.id == theme.id);
                if let (Some(other), Some(place)) = (of(self, Axis::Section, &section.reference), place) {
                    pairs.push((one, other, figures[place].contributions));
                }
            }
        }
        for one in &said {
            let Some(stances) = self.sets[*one].stance else {
                continue;
            };
            for (stance, cell) in Stance::ALL.iter().zip(self.lines[stances].cells.clone()) {
                if let Some(other) = of(self, Axis::Stance, &stance.to_string()) {
                    pairs.push((*one, other, cell));
                }
            }
        }
        for (one, other, both) in pairs {
            self.overlap(one, other, &[both]);
        }
        self.shared_columns(&said);
    }

    /// Columns of two sets, at the coarser of their layouts.
    fn columns_alike(&self, one: usize, other: usize) -> Vec<(Vec<Figure>, Vec<Figure>)> {
        if self.lines[one].columns.is_empty() || self.lines[other].columns.is_empty() {
            return Vec::new();
        }
        let (coarse, fine, turned) = if self.lines[one].columns.len() <= self.lines[other].columns.len() {
            (&self.lines[one], &self.lines[other], false)
        } else {
            (&self.lines[other], &self.lines[one], true)
        };
        let mut alike = Vec::new();
        for (column, cell) in coarse.columns.iter().zip(&coarse.cells) {
            let inside: Vec<_> = fine
                .columns
                .iter()
                .zip(&fine.cells)
                .filter(|(other, _)| other.members.iter().all(|key| column.members.contains(key)))
                .map(|(_, cell)| *cell)
                .collect();
            alike.push(if turned {
                (inside, vec![*cell])
            } else {
                (vec![*cell], inside)
            });
        }
        alike
    }

    fn overlap(&mut self, one: usize, other: usize, both: &[Figure]) {
        let (of_one, of_other) = (self.sets[one].total, self.sets[other].total);
        let mut lines: Vec<(usize, usize)> = Vec::new();
        for (dimension, line) in self.sets[one].lines.clone() {
            lines.extend(self.line_of(other, dimension).map(|other| (line, other)));
        }
        lines.extend(self.sets[one].stance.zip(self.sets[other].stance));
        for (line, other) in lines {
            for (a, b) in self.columns_alike(line, other) {
                let with = |cells: &[Figure], more: &[Figure]| [cells, more].concat();
                self.system.at_most(&with(&a, both), &with(&b, &[of_one]));
                self.system.at_most(&with(&b, both), &with(&a, &[of_other]));
            }
        }
    }

    /// Questions, sections and stances each divide everything that was said; themes lie within what was coded.
    fn shared_columns(&mut self, said: &[usize]) {
        let of = |making: &Self, axis: Axis| -> Vec<usize> {
            said.iter()
                .copied()
                .filter(|set| making.sets[*set].axis == axis)
                .collect()
        };
        let questions = of(self, Axis::Question);
        for axis in [Axis::Section, Axis::Stance] {
            let others = of(self, axis);
            if others.is_empty() || questions.is_empty() {
                continue;
            }
            let totals = |making: &Self, sets: &[usize]| -> Vec<Figure> {
                sets.iter().map(|set| making.sets[*set].total).collect()
            };
            let (one, other) = (totals(self, &questions), totals(self, &others));
            self.system.equal(&one, &other);
            for dimension in DIMENSIONS {
                let lines = |sets: &[usize]| -> Vec<usize> {
                    sets.iter()
                        .filter_map(|set| self.line_of(*set, dimension))
                        .collect()
                };
                let (of_questions, of_others) = (lines(&questions), lines(&others));
                let (Some(first), Some(other)) = (of_questions.first(), of_others.first()) else {
                    continue;
                };
                // Tables of one axis are laid out alike, so the first tells of all.
                let alike = self.columns_alike(*first, *other);
                for place in 0..alike.len() {
                    let mut sums = (Vec::new(), Vec::new());
                    for line in &of_questions {
                        sums.0.extend(self.columns_alike(*line, *other)[place].0.clone());
                    }
                    for line in &of_others {
                        sums.1.extend(self.columns_alike(*first, *line)[place].1.clone());
                    }
                    self.system.equal(&sums.0, &sums.1);
                }
            }
        }
        let coded: Vec<Figure> = self
            .questions
            .iter()
            .map(|(_, line, ..)| self.lines[*line].cells[0])
            .collect();
        let all_coded: u64 = coded
            .iter()
            .map(|figure| self.values[*figure as usize].exact)
            .sum();
        let themes = of(self, Axis::Theme);
        for one in &themes {
            for dimension in DIMENSIONS {
                let Some(line) = self.line_of(*one, dimension) else {
                    continue;
                };
                let lines: Vec<_> = questions
                    .iter()
                    .filter_map(|set| self.line_of(*set, dimension))
                    .collect();
                let Some(first) = lines.first() else { continue };
                for place in 0..self.columns_alike(line, *first).len() {
                    let less = self.columns_alike(line, *first)[place].0.clone();
                    let more: Vec<_> = lines
                        .iter()
                        .flat_map(|other| self.columns_alike(line, *other)[place].1.clone())
                        .collect();
                    self.system.at_most(&less, &more);
                }
            }
            for other in &themes {
                // Two themes that together are more than all that was coded must overlap.
                let exact = |set: usize| self.values[self.sets[set].total as usize].exact;
                if one != other && exact(*one) + exact(*other) > all_coded {
                    let of_other = self.sets[*other].total;
                    for dimension in DIMENSIONS {
                        let lines = self.line_of(*one, dimension).zip(self.line_of(*other, dimension));
                        let Some((line, opposite)) = lines else { continue };
                        for (a, b) in self.columns_alike(line, opposite) {
                            self.system
                                .at_most(&[&a[..], &[of_other]].concat(), &[&b[..], &coded].concat());
                        }
                    }
                }
            }
        }
    }

    /// What a reader knows of each figure by how it is shown.
    fn known(&self) -> Vec<Bounds> {
        let (from, threshold) = self.policy.suppressed();
        let of = |value: &Value| {
            let shown = match value.shown {
                Shown::Exact => Bounds::exactly(value.exact as i64),
                Shown::Rounded => {
                    let (least, most) = self.policy.behind(self.policy.rounded(value.exact));
                    Bounds {
                        least: least as i64,
                        most: most as i64,
                    }
                }
                Shown::Suppressed => Bounds {
                    least: from as i64,
                    most: threshold as i64,
                },
                Shown::Withheld | Shown::Nowhere => Bounds::ANY,
            };
            shown.and(value.evidence)
        };
        self.values.iter().map(of).collect()
    }

    /// Hides more wherever the attack wins, until it wins nothing.
    fn protect(&mut self) {
        loop {
            let mut bounds = self.known();
            self.system.tighten(&mut bounds, None);
            let mut won: BTreeSet<Figure> = BTreeSet::new();
            self.won(&bounds, None, &mut won);
            for column in 0..self.groups.len() as u16 {
                let mut of_one = bounds.clone();
                let mut own = Vec::new();
                for (at, value) in self.values.iter().enumerate() {
                    if value.column == Some(column) {
                        of_one[at] = Bounds::exactly(value.exact as i64);
                        own.push(at as Figure);
                    }
                }
                self.system.tighten(&mut of_one, Some(&own));
                self.won(&of_one, Some(column), &mut won);
            }
            if won.is_empty() {
                return;
            }
            let rows: BTreeSet<u32> = won
                .iter()
                .filter_map(|figure| self.values[*figure as usize].row)
                .collect();
            for row in rows {
                self.hide_more(row as usize);
            }
            for figure in won {
                let value = &mut self.values[figure as usize];
                if value.row.is_none() {
                    value.shown = Shown::Withheld;
                    value.settled = true;
                }
            }
        }
    }

    /// Hidden counts of which too little is left to guess.
    fn won(&self, bounds: &[Bounds], column: Option<u16>, won: &mut BTreeSet<Figure>) {
        for (at, value) in self.values.iter().enumerate() {
            let small = value.exact <= self.policy.threshold && value.shown.is_hidden();
            if !small || value.settled || (column.is_some() && value.column == column) {
                continue;
            }
            if bounds[at].values() < VALUES_KEPT && !self.could_be_others(at, bounds) {
                won.insert(at as Figure);
            }
        }
    }

    /// Whether an exact total leaves so little that no cell could keep more values, and enough cells could hold it.
    fn could_be_others(&self, at: usize, bounds: &[Bounds]) -> bool {
        let Some(line) = self.values[at].row.map(|row| &self.lines[row as usize]) else {
            return false;
        };
        let open = |cell: &Figure| {
            let of = bounds[*cell as usize];
            of.least == 0 && of.most > 0
        };
        bounds[line.total as usize].values() == 1
            && open(&(at as Figure))
            && line.cells.iter().filter(|cell| open(cell)).count() >= HOLDERS_KEPT
    }

    /// The row withholds the smallest count that it still shows, and hides all that is hidden alike; one that shows nothing
    /// loses its breakdown.
    fn hide_more(&mut self, row: usize) {
        let cells = self.lines[row].cells.clone();
        let shown = |making: &Self, cell: &Figure| {
            let value = making.values[*cell as usize];
            !value.shown.is_hidden() && value.shown != Shown::Nowhere
        };
        let smallest = cells
            .iter()
            .filter(|cell| shown(self, cell))
            .min_by_key(|cell| self.values[**cell as usize].exact)
            .copied();
        let left = cells.iter().filter(|cell| shown(self, cell)).count();
        self.lines[row].escalated = true;
        match smallest {
            Some(smallest) if left > 1 || self.lines[row].columns.is_empty() => {
                self.values[smallest as usize].shown = Shown::Withheld;
                for cell in cells {
                    let value = &mut self.values[cell as usize];
                    if value.shown == Shown::Suppressed {
                        value.shown = Shown::Withheld;
                    }
                }
            }
            _ => {
                let breaks_down = !self.lines[row].columns.is_empty();
                self.lines[row].merged = breaks_down;
                for cell in cells {
                    let value = &mut self.values[cell as usize];
                    if breaks_down {
                        value.shown = Shown::Nowhere;
                    } else {
                        value.shown = Shown::Withheld;
                        value.settled = true;
                    }
                }
            }
        }
    }

    fn count(&self, figure: Figure) -> Count {
        let value = self.values[figure as usize];
        value.shown.count(&self.policy, value.exact)
    }

    /// A total inside a table: what is exact elsewhere is rounded here as everything is.
    fn margin(&self, figure: Figure) -> Count {
        let value = self.values[figure as usize];
        match value.shown {
            Shown::Exact if value.exact > self.policy.threshold => {
                Shown::Rounded.count(&self.policy, value.exact)
            }
            Shown::Exact if value.exact > 0 || !self.policy.shows_zero => {
                Shown::Withheld.count(&self.policy, 0)
            }
            shown => shown.count(&self.policy, value.exact),
        }
    }

    fn keyed(&self, line: usize) -> Keyed {
        let line = &self.lines[line];
        if line.merged {
            return Keyed(vec![(ALL.into(), self.margin(line.total))]);
        }
        let cells = line.columns.iter().zip(&line.cells);
        Keyed(
            cells
                .map(|(column, cell)| (Cow::Owned(column.key.clone()), self.count(*cell)))
                .collect(),
        )
    }

    fn undivided(&self, total: Figure) -> Keyed {
        Keyed(vec![(ALL.into(), self.margin(total))])
    }

    fn theme(&self, exact: &CollatedTheme, of: OfTheme) -> CollatedTheme {
        let undivided = || self.undivided(of.contributions);
        CollatedTheme {
            contributions: self.count(of.contributions),
            responses: self.count(of.responses),
            people_at_least: of.people.map(|people| self.count(people)),
            stance: undivided(),
            by: crate::collate::Breakdown {
                respondent_group: undivided(),
                group: undivided(),
                setting: undivided(),
                channel: undivided(),
            },
            quotes: Vec::new(),
            ..exact.clone()
        }
    }

    fn finish(&self, number: i32) -> Release {
        let exact = &self.tables.collation;
        let set_of = |axis: Axis, key: &str| {
            self.sets
                .iter()
                .position(|set| set.unit == Unit::Contributions && set.axis == axis && set.key == key)
        };
        let mut quotes = Vec::new();
        let mut collation = exact.clone();
        collation.policy.applied = true;
        collation.policy.release = Some(number);
        collation.scope.audience = Audience::Controlled;
        // The revision of the exact figures is a sum of versions, which would count what is hidden.
        collation.revision = number.unsigned_abs().into();
        collation.heard.participants.all = self.count(self.lines[self.participants].total);
        collation.heard.participants.by_respondent_group = self.keyed(self.participants);
        for (round, line) in collation.heard.attendance.iter_mut().zip(&self.attendance) {
            round.all = self.count(self.lines[*line].total);
            round.by_respondent_group = self.keyed(*line);
        }
        collation.heard.responses.all = self.count(self.lines[self.responses].total);
        collation.heard.responses.by_channel = self.keyed(self.responses);
        for (theme, of) in collation.themes.iter_mut().zip(&self.themes) {
            let offered = std::mem::take(&mut theme.quotes);
            *theme = self.theme(theme, *of);
            if let Some(set) = set_of(Axis::Theme, &theme.id.to_string()) {
                let by = |dimension| self.line_of(set, dimension).map(|line| self.keyed(line));
                let by_all = |dimension| by(dimension).unwrap_or_else(|| self.undivided(of.contributions));
                theme.by.respondent_group = by_all(Dimension::RespondentGroup);
                theme.by.group = by_all(Dimension::Group);
                theme.by.setting = by_all(Dimension::Setting);
                theme.by.channel = by_all(Dimension::Channel);
                if let Some(line) = self.sets[set].stance {
                    theme.stance = self.keyed(line);
                }
            }
            // Words stand behind a count of their respondent group that is shown, or were released by name.
            let stands = |quote: &Quote| {
                let cell = theme.by.respondent_group.get(&quote.respondent_group.to_string());
                cell.is_some_and(|cell| cell.value.is_some_and(|value| value > 0))
            };
            let named = self
                .tables
                .named
                .iter()
                .filter(|(id, _)| *id == theme.id)
                .map(|(_, quote)| quote);
            let chosen: Vec<&Quote> = named
                .chain(offered.iter().filter(|quote| stands(quote)))
                .collect();
            for quote in chosen {
                let quote = ReleasedQuote {
                    theme: theme.id,
                    contribution: quote.contribution,
                    version: quote.version,
                    respondent_group: quote.respondent_group,
                };
                if !quotes.contains(&quote) {
                    quotes.push(quote);
                }
            }
        }
        for (at, question) in collation.questions.iter_mut().enumerate() {
            let (all, work, unadjudicated, options) = &self.questions[at];
            let of_work = |place: usize| self.count(self.lines[*work].cells[place]);
            question.contributions = self.count(*all);
            question.coded = of_work(0);
            question.uncoded = of_work(1);
            question.set_aside = of_work(2);
            question.unadjudicated = self.count(*unadjudicated);
            let key = question
                .number
                .map_or("none".to_owned(), |number| number.to_string());
            let stance = set_of(Axis::Question, &key).and_then(|set| self.sets[set].stance);
            question.stance = stance.map_or_else(|| self.undivided(*all), |line| self.keyed(line));
            if let Some(tally) = &mut question.tally {
                for ((_, count), option) in tally.0.iter_mut().zip(options) {
                    *count = self.count(*option);
                }
            }
            question.consensus = question
                .consensus
                .map(|exact| self.consensus(question.number, exact));
            for (theme, of) in question.themes.iter_mut().zip(&self.in_questions[at]) {
                *theme = self.theme(theme, *of);
            }
        }
        for (at, section) in collation.sections.iter_mut().enumerate() {
            section.contributions = self.count(self.sections[at]);
            for (theme, of) in section.themes.iter_mut().zip(&self.in_sections[at]) {
                *theme = self.theme(theme, *of);
            }
        }
        collation.legend = self.legend(&collation.legend);
        collation.limitations = limitations(&exact.limitations, &self.policy);
        Release {
            tables: self.tables.cuts.iter().map(|table| self.table(table)).collect(),
            coverage: self.tables.coverage.clone().in_numbers(),
            quotes,
            collation,
        }
    }

    /// Agreement from the released people of each group, where all of them are shown; evidence stays.
    fn consensus(&self, question: Option<i32>, exact: Consensus) -> Consensus {
        let hidden = Consensus {
            product: None,
            geometric_mean: None,
            lowest_group_share: None,
            opposed_geometric_mean: None,
            ..exact
        };
        let mut groups: BTreeMap<String, [u64; 3]> = BTreeMap::new();
        let options = ["agree", "disagree", "unsure"];
        for set in self
            .sets
            .iter()
            .filter(|set| set.axis == Axis::Answer && set.question == question)
        {
            let Some(option) = options.iter().position(|option| *option == set.key) else {
                return hidden;
            };
            let line = set
                .lines
                .iter()
                .find(|(dimension, _)| *dimension == Dimension::Group);
            let Some((_, line)) = line.filter(|(_, line)| !self.lines[*line].merged) else {
                return hidden;
            };
            let line = &self.lines[*line];
            for (column, cell) in line.columns.iter().zip(&line.cells) {
                if column.members.len() > 1 {
                    return hidden;
                }
                match self.count(*cell).value {
                    Some(people) if column.key != "not_recorded" => {
                        groups.entry(column.key.clone()).or_default()[option] = people;
                    }
                    Some(_) => {}
                    None if column.key == "not_recorded" => {}
                    None => return hidden,
                }
            }
        }
        if groups.is_empty() {
            return hidden;
        }
        let of_released = consensus(groups.values().map(|[agree, disagree, unsure]| GroupAnswers {
            agree: *agree,
            disagree: *disagree,
            unsure: *unsure,
        }));
        Consensus {
            groups_heard: exact.groups_heard,
            groups_silent: exact.groups_silent,
            ..of_released
        }
    }

    fn table(&self, of: &CutTable) -> ReleasedTable {
        let unit = of.cut.unit.unwrap_or(Unit::Contributions);
        let mut loses = false;
        let rows = of
            .table
            .rows
            .iter()
            .map(|row| {
                let set = self.sets.iter().find(|set| {
                    (set.axis, &set.key, set.unit, set.question)
                        == (of.cut.rows, &row.key, unit, of.cut.question)
                });
                let line = set.and_then(|set| {
                    set.lines
                        .iter()
                        .find(|(dimension, _)| *dimension == of.cut.columns)
                });
                let cells = line.map_or_else(Keyed::default, |(_, line)| {
                    loses |= self.lines[*line].merged;
                    self.keyed(*line)
                });
                let total = set.map_or(
                    Count {
                        value: None,
                        status: CountStatus::Withheld,
                    },
                    |set| self.margin(set.total),
                );
                Row {
                    key: row.key.clone(),
                    label: row.label.clone(),
                    total,
                    cells,
                }
            })
            .collect();
        let hidden = Count {
            value: None,
            status: CountStatus::Withheld,
        };
        let mut columns: Vec<Column> = of
            .columns
            .iter()
            .filter(|_| of.columns.len() > 1)
            .map(|column| Column {
                key: column.key.clone(),
                label: column.label.clone(),
                total: hidden,
            })
            .collect();
        let mut merged: Vec<Merged> = of
            .columns
            .iter()
            .filter(|column| column.members.len() > 1)
            .map(|column| Merged {
                dimension: of.cut.columns,
                key: column.key.clone(),
                label: column.label.clone(),
                members: column.members.clone(),
            })
            .collect();
        if loses {
            columns.push(Column {
                key: ALL.into(),
                label: "All together".into(),
                total: hidden,
            });
            let members = of.columns.iter().flat_map(|column| column.members.clone());
            merged.push(Merged {
                dimension: of.cut.columns,
                key: ALL.into(),
                label: "All together".into(),
                members: members.collect(),
            });
        }
        ReleasedTable {
            cut: of.cut,
            table: CrossTab {
                unit,
                rows,
                columns,
                merged,
                limitations: limitations(&of.table.limitations, &self.policy),
            },
        }
    }

    /// Every key that stands anywhere in the collation, whether anything occurred under it or not.
    fn legend(&self, exact: &Legend) -> Legend {
        let of = |dimension: Dimension| -> Vec<LegendEntry> {
            let table = self.tables.cuts.iter().find(|table| {
                (table.cut.rows, table.cut.columns, table.cut.unit)
                    == (Axis::Theme, dimension, Some(Unit::Contributions))
            });
            let columns = table.map(|table| table.columns.as_slice()).unwrap_or_default();
            let entry = |key: &str, label: &str| LegendEntry {
                key: key.to_owned(),
                label: label.to_owned(),
            };
            let keys = columns
                .iter()
                .filter(|_| columns.len() > 1)
                .map(|column| entry(&column.key, &column.label));
            keys.chain([entry(ALL, "All together")]).collect()
        };
        let mut people = of(Dimension::RespondentGroup);
        for word in RespondentGroup::ALL {
            if people.iter().all(|entry| entry.key != word.to_string()) {
                people.push(LegendEntry {
                    key: word.to_string(),
                    label: word.label().into(),
                });
            }
        }
        let mut channels = of(Dimension::Channel);
        for word in Channel::ALL {
            if channels.iter().all(|entry| entry.key != word.to_string()) {
                channels.push(LegendEntry {
                    key: word.to_string(),
                    label: word.label().into(),
                });
            }
        }
        Legend {
            group: of(Dimension::Group),
            respondent_group: people,
            setting: of(Dimension::Setting),
            channel: channels,
            round: exact.round.clone(),
        }
    }
}

fn word_key(word: String) -> Key {
    Key {
        label: word.clone(),
        members: vec![word.clone()],
        key: word,
    }
}

/// Exact tables hold exact counts only.
fn number(count: Count) -> u64 {
    count.value.unwrap_or(0)
}

/// What must be known to read released figures; nothing in it counts.
fn limitations(exact: &[Limitation], policy: &Policy) -> Vec<Limitation> {
    let mut all: Vec<Limitation> = exact
        .iter()
        .filter(|one| {
            !matches!(
                one.code.as_str(),
                "uncoded-contributions" | "unadjudicated-codings"
            )
        })
        .cloned()
        .collect();
    let small = if policy.shows_zero {
        format!("from 1 to {}", policy.threshold)
    } else {
        format!("under {}, zero among them,", policy.threshold + 1)
    };
    all.push(Limitation::new(
        "small-numbers-suppressed",
        format!(
            "Counts of people and responses, and every count in a breakdown, are suppressed {small} and otherwise rounded \
             to the nearest {}. Some are withheld, whatever their size, because they would give another away.",
            policy.base
        ),
    ));
    all.push(Limitation::new(
        "rounded-rows-need-not-sum",
        "Totals are rounded from the true total, so rows need not add up to them. Totals of columns are withheld.",
    ));
    all.push(Limitation::new(
        "breakdowns-joined",
        "Where a breakdown would have given somebody away, its keys are joined: `all` stands for all of them.",
    ));
    all
}
