//! What a release holds, how it is protected, and the attack that it has to withstand.
//!
//! A release is a finite set of tables of one revision: the collation, and themes, questions and sections by one
//! dimension at a time, with the cuts that a lead added. Every count that has to be controlled becomes a figure of one
//! [`System`], beside the exact ones that stand next to it. Then the attack runs, as an outsider and as the facilitator of
//! each group in turn, and where it wins the row at fault hides more, until nothing is won. A row that hides everything
//! loses its breakdown.
//!
//! Not released, because they would tie rows together into tables that solve each other: totals of columns, and
//! breakdowns of a theme within one question or section (themes over all questions have theirs).
//!
//! Which columns are joined, and what hides to protect others, is decided first on counts without the voices of respondent
//! groups that are nearly alone, so that one carer moves as little as can be of what everybody else said. All that hides
//! there hides here too; then the attack runs on everything, and where it wins, cells with such voices in them go first.

mod answer;
mod attack;
mod figures;
mod overlaps;
mod tables;

pub use tables::tabulate;

use super::{
    Exact, Policy, Releasable, Shown, VALUES_KEPT,
    system::{Bounds, Figure, System, UNBOUNDED},
};
use crate::{
    collate::{Axis, CollatedTheme, Collation, Count, Coverage, CrossTab, Dimension, Quote, Unit},
    id::{ContributionId, ThemeId},
    vocabulary::{Channel, QuestionKind, RespondentGroup},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// The key of a row that lost its breakdown.
const ALL: &str = "all";
/// Up to this size a count that stands by itself is withheld: small ones hide among larger.
const WITHHELD_ALONE: u64 = 7;
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

impl Cut {
    /// Whether a release can hold it. Stances are counted in contributions only: which tables took one, beside the stances
    /// of each question, would say too much of what one table said.
    pub fn can_be_released(&self) -> bool {
        let plain = self.plain();
        plain.rows != Axis::Stance || plain.unit == Some(Unit::Contributions)
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
    /// Those that the consultation takes, and any that occurs: others are known to be empty.
    channels: Vec<Channel>,
    /// The same without the voices of respondent groups that are nearly alone, where they said anything.
    steady: Option<Box<Tables>>,
}

impl Exact<Tables> {
    /// Of the exact figures.
    pub fn revision(&self) -> u64 {
        self.0.collation.revision
    }

    /// The contributions, of those that a lead named, whose words stand under a theme.
    pub fn quoted(&self) -> BTreeSet<ContributionId> {
        self.0.named.iter().map(|(_, quote)| quote.contribution).collect()
    }

    /// Themes whose code and label would be shown: all that anything counts under.
    pub fn themes(&self) -> &[CollatedTheme] {
        &self.0.collation.themes
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
    /// Every key that could be a column: what facilitators know by group does not depend on what is shown.
    keys: Vec<Key>,
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

/// Protects exact tables, attacks them, and hides more until the attack wins nothing. `number` is the release's.
pub fn release(exact: Exact<Tables>, number: i32) -> Releasable<Release> {
    let mut making = Making::new(&exact.0);
    making.lay_out();
    if let Some(tables) = &exact.0.steady {
        let mut steady = Making::new(tables);
        steady.lay_out();
        steady.protect();
        making.follow(&steady);
    }
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
    /// A cell with voices in it of respondent groups that are nearly alone.
    rare: bool,
}

/// Cells that add up to a total, and hide together.
#[derive(Clone, Debug)]
struct Line {
    total: Figure,
    cells: Vec<Figure>,
    columns: Vec<Key>,
    merged: bool,
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
    /// The part of no group.
    no_group: Option<Figure>,
    /// All of these as a line that is shown nowhere.
    by_each_group: Option<usize>,
    /// Where columns are joined, their members as a line that is shown nowhere.
    unjoined: Vec<(Dimension, usize)>,
}

/// Where the figures of a theme stand, of which there are many: over all, in a question, in a section.
#[derive(Clone, Copy, Debug)]
struct OfTheme {
    contributions: Figure,
    responses: Figure,
    people: Option<Figure>,
    /// Points made at tables, and points that came by a response, which are shown nowhere; where there are responses.
    by_origin: Option<[Figure; 2]>,
}

/// A way to divide a set: by a dimension as it is shown or as it is before columns are joined, by stance, or by each group
/// whether that is shown or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Division {
    By(Dimension),
    Unjoined(Dimension),
    Stance,
    EachGroup,
}

impl Division {
    fn all() -> impl Iterator<Item = Self> {
        let dimensions = DIMENSIONS.iter().copied();
        let unjoined = dimensions.clone().map(Self::Unjoined);
        dimensions
            .map(Self::By)
            .chain(unjoined)
            .chain([Self::Stance, Self::EachGroup])
    }
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
            .flat_map(|table| &table.keys)
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
            rare: false,
        });
        (self.values.len() - 1) as Figure
    }

    /// A count that stands by itself and no cell of a row, of which exact counts beside it say that it is at least `least`. So
    /// much can be said about such a count from what is exact (each table and each response made a point, a group is heard
    /// by one or the other) that a small one is not suppressed but withheld, together with larger ones.
    fn controlled(&mut self, exact: u64, least: u64) -> Figure {
        let shown = self.shown_alone(exact, least);
        let evidence = Bounds {
            least: least as i64,
            most: UNBOUNDED,
        };
        let figure = self.figure(exact, shown, evidence);
        self.values[figure as usize].settled = true;
        figure
    }

    fn shown_alone(&self, exact: u64, least: u64) -> Shown {
        let mut most = self.policy.threshold.max(WITHHELD_ALONE);
        while least <= most && ((most - least) as i64) < VALUES_KEPT - 1 {
            most = self.policy.behind(self.policy.rounded(most + 1)).1;
        }
        if exact == 0 && self.policy.shows_zero {
            Shown::Exact
        } else if exact <= most {
            Shown::Withheld
        } else {
            Shown::Rounded
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
        });
        row
    }

    fn adding_up(&mut self, line: usize) {
        let Line { total, cells, .. } = &self.lines[line];
        if !cells.is_empty() {
            self.system.equal(cells, &[*total]);
        }
    }

    fn theme_at(&self, set: usize) -> Option<usize> {
        let of = &self.sets[set];
        let themes = &self.tables.collation.themes;
        let at = themes.iter().position(|theme| theme.id.to_string() == of.key);
        at.filter(|_| of.axis == Axis::Theme)
    }

    fn line_of(&self, set: usize, dimension: Dimension) -> Option<usize> {
        let lines = &self.sets[set].lines;
        lines
            .iter()
            .find(|(of, _)| *of == dimension)
            .map(|(_, line)| *line)
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

/// How a question is named in tables; points outside every question are `none`.
fn question_key(number: Option<i32>) -> String {
    number.map_or_else(|| "none".to_owned(), |number| number.to_string())
}
