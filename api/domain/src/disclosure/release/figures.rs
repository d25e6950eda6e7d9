//! Every figure of a release, and the rules that hold between a row and its total, a part and its whole, and what evidence
//! says beside them.

use super::{
    super::{
        Shown,
        system::{Bounds, Figure, UNBOUNDED},
    },
    Cut, CutTable, Division, Key, Line, Making, OfTheme, Set, number, question_key, word_key,
};
use crate::{
    collate::{Axis, CollatedTheme, Dimension, Keyed, Row, Unit},
    id::ThemeId,
    vocabulary::{Channel, QuestionKind, RespondentGroup, Stance},
};
use std::collections::{HashMap, HashSet};

impl Making<'_> {
    /// Every figure, and every rule between them.
    pub(super) fn lay_out(&mut self) {
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
        let channels: Vec<_> = self
            .tables
            .channels
            .iter()
            .copied()
            .filter(|channel| *channel != Channel::MeetingDiscussion)
            .collect();
        self.responses = self.words(total, &channels, &heard.responses.by_channel);
        // A service is heard by somebody who was at a meeting, or by a response.
        let services = self.evidence(heard.services);
        let attendance = self.attendance.iter().map(|line| self.lines[*line].total);
        let by: Vec<Figure> = attendance.chain([total]).collect();
        self.system.at_most(&[services], &by);
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
        let mut by_origin = None;
        let responses = if self.mixes {
            // A group is heard at a meeting or by a response, and what no table raised a response did.
            let least = theme.groups.saturating_sub(theme.meetings);
            let least = if theme.discussions == 0 {
                least.max(theme.groups).max(1)
            } else {
                least
            };
            let of = self.controlled(number(theme.responses), least);
            self.system.at_most(&[of], &[all]);
            // Each table and each response made a point of its own.
            let tables = self.figure(0, Shown::Nowhere, Bounds::ANY);
            self.values[tables as usize].evidence = match theme.discussions {
                0 => Bounds::exactly(0),
                tables => Bounds {
                    least: tables as i64,
                    most: UNBOUNDED,
                },
            };
            let by_response = self.figure(0, Shown::Nowhere, Bounds::ANY);
            self.system.equal(&[tables, by_response], &[contributions]);
            self.system.at_most(&[of], &[by_response]);
            self.system.needs(by_response, of);
            by_origin = Some([tables, by_response]);
            of
        } else {
            self.figure(0, Shown::Exact, Bounds::exactly(0))
        };
        let people = theme.people_at_least.map(|people| {
            let least = if self.mixes { 1 } else { theme.groups.max(1) };
            self.controlled(number(people), least)
        });
        OfTheme {
            contributions,
            responses,
            people,
            by_origin,
        }
    }

    /// An exact count of what is no person.
    pub(super) fn evidence(&mut self, count: u64) -> Figure {
        self.figure(count, Shown::Nowhere, Bounds::exactly(count as i64))
    }

    fn part_of(&mut self, part: OfTheme, whole: OfTheme) {
        self.system.at_most(&[part.contributions], &[whole.contributions]);
        self.system.at_most(&[part.responses], &[whole.responses]);
        if let (Some(part), Some(whole)) = (part.people, whole.people) {
            self.system.at_most(&[part], &[whole]);
        }
        if let (Some(part), Some(whole)) = (part.by_origin, whole.by_origin) {
            for (part, whole) in part.into_iter().zip(whole) {
                self.system.at_most(&[part], &[whole]);
            }
        }
    }

    /// A theme holds what its sub-themes hold, over everything as in a question or a section.
    fn parts_of_parents(&mut self, themes: &[CollatedTheme], figures: &[OfTheme]) {
        let place: HashMap<ThemeId, usize> = themes
            .iter()
            .enumerate()
            .map(|(at, theme)| (theme.id, at))
            .collect();
        for (theme, part) in themes.iter().zip(figures) {
            if let Some(parent) = theme.parent_id.and_then(|id| place.get(&id)) {
                self.part_of(*part, figures[*parent]);
            }
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
        let all = self.themes.clone();
        self.parts_of_parents(&collation.themes, &all);
        let mut by_question: Vec<Vec<OfTheme>> = vec![Vec::new(); self.themes.len()];
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
            for cell in self.lines[line].cells.clone() {
                let shown = match self.mixes {
                    true => self.shown_alone(self.values[cell as usize].exact, 0),
                    false => Shown::Exact,
                };
                let value = &mut self.values[cell as usize];
                value.shown = shown;
                value.settled = true;
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
                if question.tally.is_some() {
                    self.system.at_most(&[all], &[responses]);
                }
                let kind = question.number.and_then(|number| self.tables.kinds.get(&number));
                if kind.is_some_and(|kind| *kind != QuestionKind::MultipleChoice) {
                    self.system.at_most(&options, &[responses]);
                }
            }
            self.questions.push((all, line, unadjudicated, options));
            let themes: Vec<_> = question.themes.iter().map(|theme| self.of_theme(theme)).collect();
            self.parts_of_parents(&question.themes, &themes);
            for (theme, of) in question.themes.iter().zip(&themes) {
                self.system
                    .at_most(&[of.contributions], &[self.lines[line].cells[0]]);
                if let Some(at) = place.get(&theme.id).copied() {
                    by_question[at].push(*of);
                    self.part_of(*of, self.themes[at]);
                }
            }
            // What is coded has a theme, and so one of the upper level.
            let tops = question
                .themes
                .iter()
                .zip(&themes)
                .filter(|(theme, _)| theme.parent_id.is_none());
            let tops: Vec<Figure> = tops.map(|(_, of)| of.contributions).collect();
            self.system.at_most(&[self.lines[line].cells[0]], &tops);
            self.in_questions.push(themes);
        }
        for (at, parts) in by_question.into_iter().enumerate() {
            let whole = self.themes[at];
            let cells: Vec<_> = parts.iter().map(|part| part.contributions).collect();
            self.system.equal(&cells, &[whole.contributions]);
            for origin in 0..2 {
                let cells: Vec<_> = parts
                    .iter()
                    .filter_map(|part| part.by_origin)
                    .map(|of| of[origin])
                    .collect();
                if let Some(whole) = whole.by_origin {
                    self.system.equal(&cells, &[whole[origin]]);
                }
            }
        }
        self.responses_in_questions(&place);
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
            self.parts_of_parents(&section.themes, &themes);
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

    /// A response raised a theme on one of the questions at least.
    fn responses_in_questions(&mut self, place: &HashMap<ThemeId, usize>) {
        let mut parts: Vec<Vec<Figure>> = vec![Vec::new(); self.themes.len()];
        for (question, figures) in self.tables.collation.questions.iter().zip(&self.in_questions) {
            for (theme, of) in question.themes.iter().zip(figures) {
                if let Some(at) = place.get(&theme.id) {
                    parts[*at].push(of.responses);
                }
            }
        }
        for (at, parts) in parts.into_iter().enumerate() {
            let whole = self.themes[at].responses;
            self.system.at_most(&[whole], &parts);
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
                .position(|one| question_key(one.number) == key)
        };
        let known = match (cut.rows, cut.unit) {
            (Axis::Theme, Some(Unit::Contributions)) => theme(row).map(|at| self.themes[at].contributions),
            (Axis::Theme, Some(Unit::Responses)) => theme(row).map(|at| self.themes[at].responses),
            (Axis::Theme, Some(Unit::Discussions)) => theme(row).map(|at| {
                let count = collation.themes[at].discussions;
                let figure = self.evidence(count);
                self.values[figure as usize].shown = Shown::Exact;
                figure
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
                            no_group: None,
                            by_each_group: None,
                            unjoined: Vec::new(),
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
        if from_responses.is_empty() {
            return;
        }
        let of = &self.sets[set];
        let questions = &self.tables.collation.questions;
        let closed = questions
            .iter()
            .any(|one| one.tally.is_some() && question_key(one.number) == of.key);
        if of.axis == Axis::Question && closed {
            // A closed question has one answer of each response.
            self.system.at_most(&from_responses, &[by_channel.total]);
        }
        if let Some(responses) = theme {
            self.system.at_most(&[responses], &from_responses);
        }
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
                    let total = self.figure(0, Shown::Nowhere, Bounds::ANY);
                    self.system.equal(&groups, &[total]);
                    let of = |set: &usize| &self.sets[*set];
                    let all: Vec<Figure> = options.iter().map(|set| of(set).total).collect();
                    let nobody = options.iter().filter_map(|set| of(set).no_group);
                    let parts: Vec<Figure> = nobody.chain([total]).collect();
                    self.system.equal(&parts, &all);
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
        // Where nothing is shown by column, readers can reason about columns all the same.
        let blank = table.columns.len() < 2;
        let columns = if blank { &table.keys } else { &table.columns };
        let exact: Vec<u64> = columns
            .iter()
            .map(|column| column.members.iter().map(count).sum())
            .collect();
        let line = self.line(total, columns.clone(), &exact);
        if blank {
            self.lines[line].merged = true;
            for cell in self.lines[line].cells.clone() {
                self.values[cell as usize].shown = Shown::Nowhere;
            }
        }
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
        if !blank && table.cut.columns != Dimension::Group && table.columns.len() != table.keys.len() {
            let unjoined = self.unjoined(line, &count);
            self.sets[set].unjoined.push((table.cut.columns, unjoined));
        }
        match table.cut.columns {
            Dimension::Group => self.by_group(set, line, &count),
            Dimension::Channel => self.by_channel(set, line),
            Dimension::RespondentGroup => self.quoted(set, line),
            _ => {}
        }
        line
    }

    /// The members of a line's columns, each by itself, as a line that is shown nowhere. A column of one member is that one.
    fn unjoined(&mut self, line: usize, count: &dyn Fn(&String) -> u64) -> usize {
        let Line {
            total,
            cells,
            columns,
            ..
        } = self.lines[line].clone();
        let mut fine = Vec::new();
        let mut keys = Vec::new();
        for (column, cell) in columns.into_iter().zip(cells) {
            if let [key] = &column.members[..] {
                keys.push(word_key(key.clone()));
                fine.push(cell);
                continue;
            }
            let members: Vec<Figure> = column
                .members
                .iter()
                .map(|key| self.figure(count(key), Shown::Nowhere, Bounds::ANY))
                .collect();
            self.system.equal(&members, &[cell]);
            keys.extend(column.members.into_iter().map(word_key));
            fine.extend(members);
        }
        self.lines.push(Line {
            total,
            cells: fine,
            columns: keys,
            merged: true,
        });
        self.lines.len() - 1
    }

    /// Words that a lead released by name stand beside the count: so many were said, at the least.
    fn quoted(&mut self, set: usize, line: usize) {
        let Set { axis, unit, key, .. } = &self.sets[set];
        if (*axis, *unit) != (Axis::Theme, Unit::Contributions) {
            return;
        }
        let Line { columns, cells, .. } = &self.lines[line];
        let mut known = Vec::new();
        for (column, cell) in columns.iter().zip(cells) {
            let under = self.tables.named.iter().filter(|(theme, quote)| {
                theme.to_string() == *key && column.members.contains(&quote.respondent_group.to_string())
            });
            let words: HashSet<_> = under.map(|(_, quote)| quote.contribution).collect();
            known.push((*cell as usize, words.len() as i64));
        }
        for (cell, words) in known {
            let evidence = &mut self.values[cell].evidence;
            evidence.least = evidence.least.max(words);
        }
    }

    /// What only groups have: a facilitator who knows the own column, and a count of those heard.
    fn by_group(&mut self, set: usize, line: usize, count: &dyn Fn(&String) -> u64) {
        let each = self.unjoined(line, count);
        self.sets[set].by_each_group = Some(each);
        let Line {
            total,
            cells,
            columns,
            ..
        } = self.lines[each].clone();
        let mut fine = Vec::new();
        for (column, figure) in columns.iter().zip(cells) {
            match self.groups.iter().position(|group| *group == column.key) {
                Some(place) => {
                    self.values[figure as usize].column = Some(place as u16);
                    self.sets[set].by_group.push((place as u16, figure));
                    fine.push(figure);
                }
                None => self.sets[set].no_group = Some(figure),
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
                .find(|one| one.tally.is_none() && question_key(one.number) == of.key)
                .map(|one| one.groups),
            _ => None,
        };
        if let Some(heard) = heard {
            let known = match self.sets[set].no_group {
                None => total,
                Some(no_group) => {
                    let known = self.figure(0, Shown::Nowhere, Bounds::ANY);
                    self.system.equal(&fine, &[known]);
                    // By itself, because bounds are tightened rule by rule.
                    self.system.equal(&[known, no_group], &[total]);
                    known
                }
            };
            self.system.heard(&fine, known, heard as usize);
        }
    }

    /// What came from tables is at least as much as there were tables, and nothing where there were none.
    fn by_channel(&mut self, set: usize, line: usize) {
        let unit = self.sets[set].unit;
        let (tables, all) = self.tables_that_raised(set).unwrap_or_default();
        let meeting = Channel::MeetingDiscussion.to_string();
        let at = self.lines[line]
            .columns
            .iter()
            .position(|column| column.key == meeting);
        let Some(at) = at else {
            return;
        };
        let cell = self.lines[line].cells[at] as usize;
        match (unit, tables) {
            (Unit::Contributions, 0) if all => self.values[cell].evidence = Bounds::exactly(0),
            (Unit::Contributions, _) => self.values[cell].evidence.least = tables as i64,
            _ => return,
        }
        if !self.lines[line].merged {
            let shown = match tables {
                // Evidence says that it is nothing; it is no person's count, and not ours to suppress.
                0 if all => Shown::Withheld,
                // Points recorded at tables: they hide as a count that stands by itself.
                tables => self.shown_alone(self.values[cell].exact, tables),
            };
            self.values[cell].shown = shown;
            self.values[cell].settled = true;
        }
        self.at_tables(set, cell as Figure);
    }

    /// What a set has from tables holds what its themes have from tables.
    fn at_tables(&mut self, set: usize, cell: Figure) {
        if let Some([tables, _]) = self.theme_at(set).and_then(|at| self.themes[at].by_origin) {
            self.system.equal(&[tables], &[cell]);
            return;
        }
        let of = &self.sets[set];
        let collation = &self.tables.collation;
        let inside = match of.axis {
            Axis::Question => {
                let questions = collation.questions.iter().zip(&self.in_questions);
                let mut own = questions.filter(|(one, _)| question_key(one.number) == of.key);
                own.next().map(|(_, figures)| figures)
            }
            Axis::Section => {
                let sections = collation.sections.iter().zip(&self.in_sections);
                let mut own = sections.filter(|(one, _)| one.reference == of.key);
                own.next().map(|(_, figures)| figures)
            }
            _ => None,
        };
        for [tables, _] in inside.into_iter().flatten().filter_map(|of| of.by_origin) {
            self.system.at_most(&[tables], &[cell]);
        }
    }

    /// How many points at tables a set holds at the least, and whether it holds none where that is zero.
    fn tables_that_raised(&self, set: usize) -> Option<(u64, bool)> {
        let of = &self.sets[set];
        let collation = &self.tables.collation;
        match of.axis {
            Axis::Theme => {
                // A table that raised it on two questions made two points.
                let in_questions = collation.questions.iter().flat_map(|question| &question.themes);
                let tables = in_questions.filter(|theme| theme.id.to_string() == of.key);
                Some((tables.map(|theme| theme.discussions).sum(), true))
            }
            Axis::Question => {
                let question = collation
                    .questions
                    .iter()
                    .find(|one| question_key(one.number) == of.key)?;
                let themes = question
                    .themes
                    .iter()
                    .map(|theme| theme.discussions)
                    .max()
                    .unwrap_or(0);
                match question.tally {
                    None => Some((question.discussions, true)),
                    // On a closed question a table may have raised hands only.
                    Some(_) => Some((themes, false)),
                }
            }
            Axis::Section => {
                let section = collation.sections.iter().find(|one| one.reference == of.key)?;
                Some((
                    section
                        .themes
                        .iter()
                        .map(|theme| theme.discussions)
                        .max()
                        .unwrap_or(0),
                    false,
                ))
            }
            _ => None,
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
                    .find(|one| question_key(one.number) == of.key)
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
        if unit == Unit::Discussions
            && let Some(channels) = self.line_of(said, Dimension::Channel)
        {
            let meeting = Channel::MeetingDiscussion.to_string();
            let Line { columns, cells, .. } = &self.lines[channels];
            if let Some(at) = columns.iter().position(|column| column.key == meeting) {
                self.system.at_most(&[total], &[cells[at]]);
            }
        }
        let responses = self.lines[self.responses].clone();
        if unit == Unit::Responses {
            self.system.at_most(&[total], &[responses.total]);
        }
        for (dimension, line) in lines {
            if unit == Unit::Responses && dimension == Dimension::Channel {
                let of = self.lines[line].clone();
                for (column, cell) in of.columns.iter().zip(&of.cells) {
                    if let Some(at) = responses.columns.iter().position(|other| other.key == column.key) {
                        self.system.at_most(&[*cell], &[responses.cells[at]]);
                    }
                }
            }
        }
        for view in Division::all() {
            let Some((line, other)) = self.line_in(set, view).zip(self.line_in(said, view)) else {
                continue;
            };
            let (line, other) = (self.lines[line].clone(), self.lines[other].clone());
            for (column, of_unit) in line.columns.iter().zip(&line.cells) {
                let Some(at) = other
                    .columns
                    .iter()
                    .position(|said| said.members == column.members)
                else {
                    continue;
                };
                let of_said = other.cells[at];
                self.system.at_most(&[*of_unit], &[of_said]);
                // Elsewhere there is a point for each table or response, too.
                self.system.at_most(&[of_said, total], &[*of_unit, all]);
                if unit == Unit::Discussions && !self.mixes {
                    self.system.together(*of_unit, of_said);
                }
            }
        }
        if unit == Unit::Discussions {
            self.tables_have_groups(set);
        }
    }

    /// A table is at a meeting of a group: those of no group are none, and groups without a column of their own met nobody.
    fn tables_have_groups(&mut self, set: usize) {
        let mut empty = self.sets[set].no_group.into_iter().collect::<Vec<_>>();
        if let Some(line) = self.line_of(set, Dimension::Group) {
            let Line { columns, cells, .. } = &self.lines[line];
            let others = columns.iter().zip(cells);
            let others = others.filter(|(column, _)| column.members.iter().any(|key| key == "not_recorded"));
            empty.extend(others.map(|(_, cell)| *cell));
        }
        for cell in empty {
            self.system.at_most(&[cell], &[]);
        }
    }

    /// What has a round came from tables, what has a response's channel has none, and nothing else is there. Each is written
    /// down by itself, because bounds are tightened rule by rule.
    fn of_rounds(&mut self, set: usize) {
        if !self.mixes || !matches!(self.sets[set].unit, Unit::Contributions | Unit::People) {
            return;
        }
        let total = self.sets[set].total;
        let cells = |making: &Self, dimension: Dimension, is: &dyn Fn(&Key) -> bool| -> Option<Vec<Figure>> {
            let line = &making.lines[making.line_of(set, dimension)?];
            let found = line
                .columns
                .iter()
                .zip(&line.cells)
                .filter(|(column, _)| is(column));
            let found: Vec<Figure> = found.map(|(_, cell)| *cell).collect();
            (!line.cells.is_empty()).then_some(found)
        };
        let meeting = Channel::MeetingDiscussion.to_string();
        let tables = cells(self, Dimension::Channel, &|column| column.key == meeting);
        let by_response = cells(self, Dimension::Channel, &|column| column.key != meeting);
        let rounds = cells(self, Dimension::Round, &|column| column.key != "not_recorded");
        let no_round = cells(self, Dimension::Round, &|column| column.key == "not_recorded");
        for from_tables in [&tables, &rounds].into_iter().flatten() {
            for from_responses in [&by_response, &no_round].into_iter().flatten() {
                self.system
                    .equal(&[&from_tables[..], from_responses].concat(), &[total]);
            }
        }
        if let (Some(tables), Some(rounds)) = (&tables, &rounds) {
            self.system.equal(tables, rounds);
        }
        if let (Some(by_response), Some(no_round)) = (&by_response, &no_round) {
            self.system.equal(by_response, no_round);
        }
        // Groups without a table, and no group, are heard by responses only.
        if self.tables.collation.heard.discussions > 0 {
            let others = cells(self, Dimension::Group, &|column| {
                column.members.iter().any(|key| key == "not_recorded")
            });
            if let Some(others) = others {
                for from_responses in [&by_response, &no_round].into_iter().flatten() {
                    self.system.at_most(&others, from_responses);
                }
                for from_tables in [&tables, &rounds].into_iter().flatten() {
                    self.system
                        .at_most(&[&others[..], from_tables].concat(), &[total]);
                }
            }
        }
    }
}
