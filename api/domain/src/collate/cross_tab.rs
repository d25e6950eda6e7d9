//! Two-way tables, and every combination that occurs.
//!
//! Totals are of distinct things too: a contribution with two themes is in two rows and once in its column's total.

use super::{
    answer::{AnswerScope, AppliedFilters, AppliedPolicy, Count, CountStatus, Limitation},
    filter::{Filter, Scope},
    fold::{Bits, expected_groups},
    standing_limitations,
};
use crate::{
    facts::{Container, Contribution, Facts, NONE},
    vocabulary::{Channel, QuestionKind, RespondentGroup, Setting, Stance},
};
use serde::{Deserialize, Serialize, Serializer};
use smallvec::{SmallVec, smallvec};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    str::FromStr,
};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($item:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($item),* }

        impl FromStr for $name {
            type Err = crate::vocabulary::UnknownWord;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$item),)*
                    _ => Err(crate::vocabulary::UnknownWord(format!("one of {}", [$($word),*].join(", ")))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$item => $word),* })
            }
        }
    };
}

words! {
    /// What the rows of a cross-tab are.
    Axis { Theme = "theme", Question = "question", Section = "section", Stance = "stance", Answer = "answer" }
}
words! {
    /// What the columns of a cross-tab are.
    Dimension {
        Group = "group", RespondentGroup = "respondent_group", Setting = "setting", Channel = "channel", Round = "round",
    }
}
words! {
    /// What a cross-tab counts. People are the unit of answers alone.
    Unit { Contributions = "contributions", Responses = "responses", Discussions = "discussions", People = "people" }
}

/// A two-way table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CrossTab {
    /// What every figure of the table counts.
    pub unit: Unit,
    /// The disclosure policy, and whether these figures went through it.
    pub policy: AppliedPolicy,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// The filters as they were understood, by parameter.
    #[serde(skip_deserializing)]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub filters: AppliedFilters,
    /// Rows in their natural order: themes by groups, then discussions, then label; questions by number.
    pub rows: Vec<Row>,
    /// Columns in the order of the legend.
    pub columns: Vec<Column>,
    /// Columns of `columns` that stand for several, joined to protect small numbers; each says which. Empty in exact
    /// tables.
    pub merged: Vec<Merged>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// One row. Every column has its cell; in a release a row that lost its breakdown has none but `all`, and only such a row
/// has that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Row {
    pub key: String,
    pub label: String,
    /// Distinct units of the row.
    /// Unit: `unit` of the table. Base: what passes scope and filters.
    pub total: Count,
    /// By column key.
    /// Unit: `unit` of the table. Base: `total` of the row; a unit may stand in several rows.
    pub cells: super::Keyed,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    pub key: String,
    pub label: String,
    /// Distinct units of the column that stand in any row; of people who chose several options, at least so many.
    /// Unit: `unit` of the table. Base: what passes scope and filters.
    pub total: Count,
}

/// Columns that were joined into one to protect small numbers: the count under `key` is of all its `members` together.
/// `all` joins everything: a row whose only cell it is has lost its breakdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Merged {
    /// What the members are.
    pub dimension: Dimension,
    /// The key of the joined column, in `columns` and in `cells`.
    pub key: String,
    pub label: String,
    /// The keys that were joined.
    pub members: Vec<String>,
}

/// A distinct count in the making.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    last: u32,
}

impl Tally {
    /// Counts a contribution, or its container once.
    fn add(&mut self, unit: Unit, container: &Container, place: u32) {
        let counts = match unit {
            Unit::Contributions | Unit::People => true,
            Unit::Discussions => container.is_discussion() && self.last != place + 1,
            Unit::Responses => !container.is_discussion() && self.last != place + 1,
        };
        if counts {
            self.last = place + 1;
            self.count += 1;
        }
    }
}

#[derive(Clone, Debug, Default)]
struct RowTally {
    total: Tally,
    cells: BTreeMap<u32, Tally>,
    groups: Bits,
    discussions: Tally,
}

/// The table of `rows` by `columns`. Rows of answers count people on the one closed question that `filter` asks for.
pub fn cross_tab(
    facts: &Facts,
    scope: &Scope,
    filter: &Filter,
    rows: Axis,
    columns: Dimension,
    unit: Unit,
) -> CrossTab {
    let mut table: BTreeMap<u32, RowTally> = BTreeMap::new();
    let mut totals: BTreeMap<u32, Tally> = BTreeMap::new();
    let containers = facts.containers.iter().enumerate();
    for (place, container) in containers.filter(|(_, one)| scope.takes(one) && filter.takes_container(one)) {
        let place = place as u32;
        if rows == Axis::Answer {
            let column = column_of_container(columns, container);
            // Somebody may choose several options of a multiple choice and is one person all the same: of a response one,
            // of a table as many as raised a hand for its most chosen option, or for all together where each has one.
            let (mut answered, mut sum, mut most, mut several) = (false, 0, 0, false);
            for (question, option, people) in &container.answers {
                if filter.takes_answer(container, *question) {
                    let row = table.entry(*option).or_default();
                    row.total.count += u64::from(*people);
                    row.cells.entry(column).or_default().count += u64::from(*people);
                    answered = true;
                    sum += u64::from(*people);
                    most = most.max(u64::from(*people));
                    several |=
                        facts.register().questions[*question as usize].kind == QuestionKind::MultipleChoice;
                }
            }
            if answered {
                totals.entry(column).or_default().count += if several { most } else { sum };
            }
            continue;
        }
        for said in container
            .contributions
            .iter()
            .filter(|said| filter.takes_contribution(said))
        {
            let column = match columns {
                Dimension::RespondentGroup => said.respondent_group as u32,
                Dimension::Setting => said.setting as u32,
                _ => column_of_container(columns, container),
            };
            let keys = row_keys(rows, filter, said);
            if !keys.is_empty() {
                totals.entry(column).or_default().add(unit, container, place);
            }
            for key in keys {
                let row = table.entry(key).or_default();
                row.total.add(unit, container, place);
                row.cells.entry(column).or_default().add(unit, container, place);
                row.discussions.add(Unit::Discussions, container, place);
                row.groups.set_known(container.group);
            }
        }
    }
    let columns = columns_shown(facts, scope, filter, columns, &totals);
    CrossTab {
        unit,
        policy: AppliedPolicy::none(facts),
        scope: scope.answered(),
        filters: filter.applied.clone(),
        rows: rows_shown(facts, filter, rows, &table, &columns),
        columns: columns
            .iter()
            .map(|(at, key, label)| Column {
                key: key.clone(),
                label: label.clone(),
                total: count(totals.get(at).copied()),
            })
            .collect(),
        merged: Vec::new(),
        limitations: standing_limitations(),
    }
}

fn count(tally: Option<Tally>) -> Count {
    Count {
        value: Some(tally.map_or(0, |tally| tally.count)),
        status: CountStatus::Exact,
    }
}

fn column_of_container(columns: Dimension, container: &Container) -> u32 {
    match columns {
        Dimension::Group => container.group,
        Dimension::RespondentGroup => container.respondent_group as u32,
        Dimension::Setting => container.setting as u32,
        Dimension::Channel => container.channel as u32,
        Dimension::Round => container.round,
    }
}

fn row_keys(rows: Axis, filter: &Filter, said: &Contribution) -> SmallVec<[u32; 8]> {
    match rows {
        Axis::Theme => filter.themes_of(said),
        Axis::Question => smallvec![said.question],
        Axis::Section => smallvec![said.section],
        Axis::Stance => smallvec![said.stance as u32],
        Axis::Answer => SmallVec::new(),
    }
}

type Labelled = (u32, String, String);

/// Columns in legend order: groups expected or heard, rounds of the consultation or heard, words that occur.
fn columns_shown(
    facts: &Facts,
    scope: &Scope,
    filter: &Filter,
    columns: Dimension,
    totals: &BTreeMap<u32, Tally>,
) -> Vec<Labelled> {
    let register = facts.register();
    let occurs = |at: u32| totals.contains_key(&at);
    let mut shown: Vec<Labelled> = match columns {
        Dimension::Group => {
            let expected = expected_groups(facts, scope);
            let shown = register.groups.iter().filter_map(|group| {
                let at = facts.groups.get(&group.id)?;
                let shown = occurs(at) || (expected.contains(&at) && filter.takes_group(at));
                shown.then(|| (at, group.id.to_string(), group.name.clone()))
            });
            shown.collect()
        }
        Dimension::Round => {
            let own = register
                .consultation
                .as_ref()
                .map(|one| one.rounds.as_slice())
                .unwrap_or_default();
            let shown = register.rounds.iter().filter_map(|round| {
                let at = facts.rounds.get(&round.id).unwrap_or(NONE - 1);
                let shown = occurs(at) || (own.contains(&round.id) && filter.takes_round(at));
                shown.then(|| (at, round.id.to_string(), round.title.clone()))
            });
            shown.collect()
        }
        Dimension::RespondentGroup => words_shown(RespondentGroup::ALL, occurs, RespondentGroup::label),
        Dimension::Setting => words_shown(Setting::ALL, occurs, Setting::label),
        Dimension::Channel => words_shown(Channel::ALL, occurs, Channel::label),
    };
    if occurs(NONE) {
        shown.push((NONE, "not_recorded".into(), "Not recorded".into()));
    }
    shown
}

fn words_shown<W: Copy + ToString>(
    all: &[W],
    occurs: impl Fn(u32) -> bool,
    label: fn(W) -> &'static str,
) -> Vec<Labelled> {
    let shown = all.iter().enumerate().filter(|(at, _)| occurs(*at as u32));
    shown
        .map(|(at, word)| (at as u32, word.to_string(), label(*word).to_owned()))
        .collect()
}

fn rows_shown(
    facts: &Facts,
    filter: &Filter,
    rows: Axis,
    table: &BTreeMap<u32, RowTally>,
    columns: &[Labelled],
) -> Vec<Row> {
    let register = facts.register();
    let row = |at: u32, key: String, label: String| {
        let empty = RowTally::default();
        let tally = table.get(&at).unwrap_or(&empty);
        Row {
            key,
            label,
            total: count(Some(tally.total)),
            cells: super::Keyed(
                columns
                    .iter()
                    .map(|(column, key, _)| (key.clone().into(), count(tally.cells.get(column).copied())))
                    .collect(),
            ),
        }
    };
    let none = |label: &str| {
        table
            .contains_key(&NONE)
            .then(|| row(NONE, "none".into(), label.into()))
    };
    match rows {
        Axis::Theme => {
            let mut themes: Vec<_> = register
                .themes
                .iter()
                .filter_map(|theme| {
                    let at = facts.themes.get(&theme.id)?;
                    Some((table.get(&at)?, at, theme))
                })
                .collect();
            themes.sort_by(|(a, _, one), (b, _, other)| {
                let spread = |tally: &RowTally| (tally.groups.count(), tally.discussions.count);
                spread(b)
                    .cmp(&spread(a))
                    .then_with(|| one.label.cmp(&other.label))
            });
            themes
                .into_iter()
                .map(|(_, at, theme)| row(at, theme.id.to_string(), theme.label.clone()))
                .collect()
        }
        Axis::Question => {
            let questions = register.questions.iter().enumerate();
            questions
                .filter(|(at, _)| filter.takes_question(*at as u32))
                .map(|(at, question)| row(at as u32, question.number.to_string(), question.prompt.clone()))
                .chain(none("Outside every question"))
                .collect()
        }
        Axis::Section => {
            let mut seen = Vec::new();
            register
                .sections
                .iter()
                .filter_map(|section| {
                    let at = facts
                        .sections
                        .get(&section.reference)
                        .filter(|at| table.contains_key(at))?;
                    let first = !seen.contains(&at);
                    seen.push(at);
                    first.then(|| row(at, section.reference.clone(), section.title.clone()))
                })
                .chain(none("No section named"))
                .collect()
        }
        Axis::Stance => {
            let stances = Stance::ALL.iter();
            stances
                .map(|stance| row(*stance as u32, stance.to_string(), stance.label().into()))
                .collect()
        }
        Axis::Answer => {
            let asked = register
                .questions
                .iter()
                .enumerate()
                .find(|(at, _)| filter.takes_question(*at as u32));
            let options = asked
                .map(|(_, question)| question.options.as_slice())
                .unwrap_or_default();
            options
                .iter()
                .enumerate()
                .map(|(at, option)| row(at as u32, option.clone(), option.clone()))
                .collect()
        }
    }
}

/// Dimensions that [`cells`] can combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellKey {
    /// A question's number, or `none`.
    Question,
    /// A theme's id as coded (merges resolved, parents not added), or `none` for a contribution without one.
    Theme,
    /// A dimension of cross-tabs.
    By(Dimension),
}

impl FromStr for CellKey {
    type Err = crate::vocabulary::UnknownWord;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "question" => Ok(Self::Question),
            "theme" => Ok(Self::Theme),
            _ => Dimension::from_str(word).map(Self::By).map_err(|_| {
                let words = "one of question, theme, group, respondent_group, setting, channel, round";
                crate::vocabulary::UnknownWord(words.into())
            }),
        }
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question => f.write_str("question"),
            Self::Theme => f.write_str("theme"),
            Self::By(dimension) => dimension.fmt(f),
        }
    }
}

/// Every combination that occurs, with its contributions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cells {
    /// The dimensions, in the order of each item's keys.
    pub by: Vec<String>,
    /// Keys, then the number of distinct contributions.
    pub items: Vec<Item>,
}

/// One combination: its keys and its count, as one flat array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub keys: Vec<String>,
    pub contributions: u64,
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut items = serializer.serialize_seq(Some(self.keys.len() + 1))?;
        for key in &self.keys {
            items.serialize_element(key)?;
        }
        items.serialize_element(&self.contributions)?;
        items.end()
    }
}

impl utoipa::PartialSchema for Item {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, schema::Type};
        let either = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::String))
            .item(ObjectBuilder::new().schema_type(Type::Integer));
        ArrayBuilder::new()
            .items(either)
            .description(Some("The keys, then the number of contributions."))
            .into()
    }
}

impl ToSchema for Item {}

/// Every combination of `by` that occurs among the contributions that pass `filter`.
pub fn cells(facts: &Facts, scope: &Scope, filter: &Filter, by: &[CellKey]) -> Cells {
    let mut counts: HashMap<SmallVec<[u32; 7]>, u64> = HashMap::new();
    for container in facts
        .containers
        .iter()
        .filter(|one| scope.takes(one) && filter.takes_container(one))
    {
        for said in container
            .contributions
            .iter()
            .filter(|said| filter.takes_contribution(said))
        {
            let mut keys: SmallVec<[u32; 7]> = by.iter().map(|key| key_of(*key, container, said)).collect();
            let Some(theme) = by.iter().position(|key| *key == CellKey::Theme) else {
                *counts.entry(keys).or_default() += 1;
                continue;
            };
            let mut themes: SmallVec<[u32; 4]> = said
                .themes
                .iter()
                .filter_map(|at| filter.lines[*at as usize].first().copied())
                .collect();
            themes.sort_unstable();
            themes.dedup();
            if themes.is_empty() {
                themes.push(NONE);
            }
            for at in themes {
                keys[theme] = at;
                *counts.entry(keys.clone()).or_default() += 1;
            }
        }
    }
    // Numbers are given as things arrive, which differs between replicas; places in the register do not.
    let places: Vec<_> = by.iter().map(|key| places(facts, *key)).collect();
    let mut items: Vec<_> = counts.into_iter().collect();
    items.sort_by_cached_key(|(keys, _)| -> SmallVec<[u32; 7]> {
        keys.iter()
            .zip(&places)
            .map(|(at, places)| places.get(at).copied().unwrap_or(*at))
            .collect()
    });
    Cells {
        by: by.iter().map(ToString::to_string).collect(),
        items: items
            .into_iter()
            .map(|(keys, contributions)| Item {
                keys: by
                    .iter()
                    .zip(keys)
                    .map(|(key, at)| label_of(facts, *key, at))
                    .collect(),
                contributions,
            })
            .collect(),
    }
}

/// Places in the register by number; words of closed sets and questions are their own places.
fn places(facts: &Facts, key: CellKey) -> HashMap<u32, u32> {
    let register = facts.register();
    let numbers: Vec<Option<u32>> = match key {
        CellKey::Theme => register
            .themes
            .iter()
            .map(|theme| facts.themes.get(&theme.id))
            .collect(),
        CellKey::By(Dimension::Group) => register
            .groups
            .iter()
            .map(|group| facts.groups.get(&group.id))
            .collect(),
        CellKey::By(Dimension::Round) => register
            .rounds
            .iter()
            .map(|round| facts.rounds.get(&round.id))
            .collect(),
        CellKey::Question | CellKey::By(_) => Vec::new(),
    };
    numbers
        .into_iter()
        .zip(0..)
        .filter_map(|(number, place)| Some((number?, place)))
        .collect()
}

fn key_of(key: CellKey, container: &Container, said: &Contribution) -> u32 {
    match key {
        CellKey::Question => said.question,
        CellKey::Theme => NONE,
        CellKey::By(Dimension::RespondentGroup) => said.respondent_group as u32,
        CellKey::By(Dimension::Setting) => said.setting as u32,
        CellKey::By(dimension) => column_of_container(dimension, container),
    }
}

fn label_of(facts: &Facts, key: CellKey, at: u32) -> String {
    let none = at == NONE;
    match key {
        CellKey::Question | CellKey::Theme if none => "none".into(),
        CellKey::Question => facts.register().questions[at as usize].number.to_string(),
        CellKey::Theme => facts.themes.id(at).to_string(),
        CellKey::By(Dimension::RespondentGroup) => RespondentGroup::ALL[at as usize].to_string(),
        CellKey::By(Dimension::Setting) => Setting::ALL[at as usize].to_string(),
        CellKey::By(Dimension::Channel) => Channel::ALL[at as usize].to_string(),
        CellKey::By(Dimension::Group | Dimension::Round) if none => "not_recorded".into(),
        CellKey::By(Dimension::Group) => facts.groups.id(at).to_string(),
        CellKey::By(Dimension::Round) => facts.rounds.id(at).to_string(),
    }
}
