//! The documents of a release, written from what each figure may show.

use super::{
    super::{Policy, Shown, system::Figure},
    ALL, CutTable, Making, OfTheme, Release, ReleasedQuote, ReleasedTable, question_key,
};
use crate::{
    collate::{
        AnswerScope, AppliedPolicy, Audience, Axis, CollatedTheme, Column, Count, CountStatus, CrossTab,
        Dimension, Keyed, Legend, LegendEntry, Limitation, Merged, Quote, Row, Unit,
    },
    consensus::{Consensus, GroupAnswers, consensus},
    vocabulary::{Channel, RespondentGroup},
};
use std::{borrow::Cow, collections::BTreeMap};

impl Making<'_> {
    fn applied(&self, number: i32) -> AppliedPolicy {
        AppliedPolicy {
            id: self.policy.id,
            applied: true,
            release: Some(number),
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

    pub(super) fn finish(&self, number: i32) -> Release {
        let exact = &self.tables.collation;
        let set_of = |axis: Axis, key: &str| {
            self.sets
                .iter()
                .position(|set| set.unit == Unit::Contributions && set.axis == axis && set.key == key)
        };
        let mut quotes = Vec::new();
        let mut collation = exact.clone();
        collation.policy = self.applied(number);
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
            let key = question_key(question.number);
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
            tables: self
                .tables
                .cuts
                .iter()
                .map(|table| self.table(table, number))
                .collect(),
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

    fn table(&self, of: &CutTable, number: i32) -> ReleasedTable {
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
            let members = of.keys.iter().flat_map(|column| column.members.clone());
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
                policy: self.applied(number),
                scope: AnswerScope {
                    audience: Audience::Controlled,
                    group_ids: None,
                },
                filters: of.table.filters.clone(),
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
