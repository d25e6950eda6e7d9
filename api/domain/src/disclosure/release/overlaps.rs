//! Rules between sets of contributions that overlap: themes with their parents, questions, sections and each other.

use super::{
    super::{
        Shown,
        system::{Bounds, Figure},
    },
    Division, Making, OfTheme, question_key,
};
use crate::{
    collate::{Axis, CollatedQuestion, Unit},
    id::ThemeId,
    vocabulary::Stance,
};
use std::collections::HashMap;

impl Making<'_> {
    /// Two sets whose overlap is known cannot differ by more in a column than they do in all.
    pub(super) fn overlaps(&mut self) {
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
                let key = question_key(question.number);
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
        let of_axis = |making: &Self, axis: Axis| -> Vec<usize> {
            said.iter()
                .copied()
                .filter(|set| making.sets[*set].axis == axis)
                .collect()
        };
        let (questions, themes) = (of_axis(self, Axis::Question), of_axis(self, Axis::Theme));
        self.within_all(&questions, &themes);
        self.between_themes(&themes);
        self.groups_within(&themes);
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
        self.system.at_most(both, &[of_one]);
        self.system.at_most(both, &[of_other]);
        let lines: Vec<(usize, usize)> = Division::all()
            .filter_map(|view| self.line_in(one, view).zip(self.line_in(other, view)))
            .collect();
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
            if axis == Axis::Section {
                // A table of sections has a row for each that occurs; the others are known to be empty.
                let known: Vec<Figure> = others.iter().map(|set| self.sets[*set].total).collect();
                let empty = self
                    .sections
                    .iter()
                    .copied()
                    .filter(|section| !known.contains(section));
                for section in empty.collect::<Vec<_>>() {
                    self.system.at_most(&[section], &[]);
                }
                if others.is_empty() {
                    for question in &questions {
                        self.system.at_most(&[self.sets[*question].total], &[]);
                    }
                }
            }
            if others.is_empty() || questions.is_empty() {
                continue;
            }
            let totals = |making: &Self, sets: &[usize]| -> Vec<Figure> {
                sets.iter().map(|set| making.sets[*set].total).collect()
            };
            let (one, other) = (totals(self, &questions), totals(self, &others));
            self.system.equal(&one, &other);
            for view in Division::all().filter(|view| *view != Division::Stance) {
                let lines = |sets: &[usize]| -> Vec<usize> {
                    sets.iter().filter_map(|set| self.line_in(*set, view)).collect()
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
    }

    /// What lies within all that was said, and within all that was coded.
    fn within_all(&mut self, questions: &[usize], themes: &[usize]) {
        let collation = &self.tables.collation;
        let all: Vec<Figure> = questions.iter().map(|set| self.sets[*set].total).collect();
        let uncoded: Vec<Figure> = self
            .questions
            .iter()
            .flat_map(|(_, line, ..)| self.lines[*line].cells[1..].to_vec())
            .collect();
        let tops: Vec<usize> = themes
            .iter()
            .copied()
            .filter(|set| {
                let of = collation
                    .themes
                    .iter()
                    .find(|theme| theme.id.to_string() == self.sets[*set].key);
                of.is_some_and(|theme| theme.parent_id.is_none())
            })
            .collect();
        for view in Division::all() {
            let of_questions: Vec<usize> = questions
                .iter()
                .filter_map(|set| self.line_in(*set, view))
                .collect();
            let Some(first) = of_questions.first().copied() else {
                continue;
            };
            let of_tops: Vec<usize> = tops.iter().filter_map(|set| self.line_in(*set, view)).collect();
            // What is coded has a theme, and so one of the upper level.
            if let Some(top) = of_tops.first().copied() {
                for place in 0..self.columns_alike(first, top).len() {
                    let less: Vec<_> = of_questions
                        .iter()
                        .flat_map(|line| self.columns_alike(*line, top)[place].0.clone())
                        .collect();
                    let mut more: Vec<_> = of_tops
                        .iter()
                        .flat_map(|line| self.columns_alike(first, *line)[place].1.clone())
                        .collect();
                    more.extend(&uncoded);
                    self.system.at_most(&less, &more);
                }
            }
            for question in questions {
                let Some(line) = self.line_in(*question, view) else {
                    continue;
                };
                let key = self.sets[*question].key.clone();
                let at = collation
                    .questions
                    .iter()
                    .position(|one| question_key(one.number) == key);
                let Some(at) = at else { continue };
                let raised = &collation.questions[at].themes;
                let of_tops: Vec<usize> = tops
                    .iter()
                    .filter(|set| {
                        raised
                            .iter()
                            .any(|theme| theme.id.to_string() == self.sets[**set].key)
                    })
                    .filter_map(|set| self.line_in(*set, view))
                    .collect();
                let work = self.lines[self.questions[at].1].cells[1..].to_vec();
                let Some(top) = of_tops.first().copied() else {
                    for cell in self.lines[line]
                        .cells
                        .clone()
                        .into_iter()
                        .filter(|_| raised.is_empty())
                    {
                        self.system.at_most(&[cell], &work);
                    }
                    continue;
                };
                for place in 0..self.columns_alike(line, top).len() {
                    let less = self.columns_alike(line, top)[place].0.clone();
                    let more = of_tops
                        .iter()
                        .flat_map(|other| self.columns_alike(line, *other)[place].1.clone());
                    let more: Vec<Figure> = more.chain(work.iter().copied()).collect();
                    self.system.at_most(&less, &more);
                }
            }
            for theme in themes {
                let Some(line) = self.line_in(*theme, view) else {
                    continue;
                };
                let total = self.sets[*theme].total;
                for place in 0..self.columns_alike(line, first).len() {
                    let part = self.columns_alike(line, first)[place].0.clone();
                    let whole: Vec<_> = of_questions
                        .iter()
                        .flat_map(|other| self.columns_alike(line, *other)[place].1.clone())
                        .collect();
                    self.system.at_most(&part, &whole);
                    // Neither can the rest be more in a column than it is in all.
                    self.system
                        .at_most(&[&whole[..], &[total]].concat(), &[&part[..], &all[..]].concat());
                }
            }
        }
    }

    /// Themes that hardly differ, and sub-themes of one theme that cannot meet.
    fn between_themes(&mut self, themes: &[usize]) {
        let known = self.known();
        let collation = &self.tables.collation;
        // By theme and question, how many there are at the least and at the most.
        let none = Bounds::exactly(0);
        let mut inside: Vec<Vec<Bounds>> = Vec::with_capacity(themes.len());
        for set in themes {
            let of = |question: &CollatedQuestion, figures: &Vec<OfTheme>| {
                let at = question
                    .themes
                    .iter()
                    .position(|theme| theme.id.to_string() == self.sets[*set].key);
                at.map_or(none, |at| known[figures[at].contributions as usize])
            };
            inside.push(
                collation
                    .questions
                    .iter()
                    .zip(&self.in_questions)
                    .map(|(q, f)| of(q, f))
                    .collect(),
            );
        }
        let coded: Vec<Bounds> = self
            .questions
            .iter()
            .map(|(_, line, ..)| known[self.lines[*line].cells[0] as usize])
            .collect();
        let parents: Vec<Option<ThemeId>> = themes
            .iter()
            .map(|set| {
                let of = collation
                    .themes
                    .iter()
                    .find(|theme| theme.id.to_string() == self.sets[*set].key);
                of.and_then(|theme| theme.parent_id)
            })
            .collect();
        for (one, of_one) in themes.iter().enumerate() {
            for (other, of_other) in themes.iter().enumerate() {
                if one == other {
                    continue;
                }
                let outside: i64 = (0..coded.len())
                    .map(|at| {
                        inside[one][at]
                            .most
                            .min(coded[at].most - inside[other][at].least)
                            .max(0)
                    })
                    .sum();
                let whole = known[self.sets[*of_one].total as usize];
                if outside < whole.most {
                    let outside = self.evidence(outside.unsigned_abs());
                    self.everywhere(*of_one, *of_other, |a, b| (a, [&b[..], &[outside]].concat()));
                }
                let apart =
                    (0..coded.len()).all(|at| inside[one][at].most == 0 || inside[other][at].most == 0);
                if one < other && apart && parents[one].is_some() && parents[one] == parents[other] {
                    let parent = parents[one].map(|id| id.to_string());
                    let parent = themes
                        .iter()
                        .find(|set| Some(&self.sets[**set].key) == parent.as_ref());
                    if let Some(parent) = parent {
                        self.side_by_side(*of_one, *of_other, *parent);
                    }
                }
            }
        }
    }

    /// A rule for each column that two sets share.
    fn everywhere(
        &mut self,
        one: usize,
        other: usize,
        rule: impl Fn(Vec<Figure>, Vec<Figure>) -> (Vec<Figure>, Vec<Figure>),
    ) {
        for view in Division::all() {
            if let Some((a, b)) = self.line_in(one, view).zip(self.line_in(other, view)) {
                for (a, b) in self.columns_alike(a, b) {
                    let (less, more) = rule(a, b);
                    self.system.at_most(&less, &more);
                }
            }
        }
    }

    fn side_by_side(&mut self, one: usize, other: usize, whole: usize) {
        for view in Division::all() {
            let (Some(a), Some(b), Some(all)) = (
                self.line_in(one, view),
                self.line_in(other, view),
                self.line_in(whole, view),
            ) else {
                continue;
            };
            let (of_a, of_b) = (self.columns_alike(a, all), self.columns_alike(b, all));
            for ((part, whole), (other, _)) in of_a.into_iter().zip(of_b) {
                self.system.at_most(&[part, other].concat(), &whole);
            }
        }
    }

    /// A theme within one question or section by group: shown nowhere, but how many groups raised it there is evidence.
    fn groups_within(&mut self, themes: &[usize]) {
        let collation = &self.tables.collation;
        let mut parts: HashMap<(usize, Option<u16>), Vec<Figure>> = HashMap::new();
        let questions = collation.questions.iter().zip(&self.in_questions);
        let questions =
            questions.map(|(one, figures)| (Axis::Question, question_key(one.number), &one.themes, figures));
        let sections = collation.sections.iter().zip(&self.in_sections);
        let sections =
            sections.map(|(one, figures)| (Axis::Section, one.reference.clone(), &one.themes, figures));
        let places: Vec<_> = questions
            .chain(sections)
            .map(|(axis, key, themes, figures)| (axis, key, themes, figures.clone()))
            .collect();
        for (axis, key, inside, figures) in places {
            let around = self
                .sets
                .iter()
                .position(|set| set.unit == Unit::Contributions && set.axis == axis && set.key == key);
            for (theme, of) in inside.iter().zip(figures) {
                let id = theme.id.to_string();
                let Some(set) = themes.iter().copied().find(|set| self.sets[*set].key == id) else {
                    continue;
                };
                let mut cells = Vec::new();
                for (group, whole) in self.sets[set].by_group.clone() {
                    let part = self.figure(0, Shown::Nowhere, Bounds::ANY);
                    self.system.at_most(&[part], &[whole]);
                    let beside = around.and_then(|set| {
                        self.sets[set]
                            .by_group
                            .iter()
                            .find(|(of, _)| *of == group)
                            .map(|(_, figure)| *figure)
                    });
                    if let Some(around) = beside {
                        self.system.at_most(&[part], &[around]);
                    }
                    if axis == Axis::Question {
                        parts.entry((set, Some(group))).or_default().push(part);
                    }
                    cells.push(part);
                }
                if cells.is_empty() {
                    continue;
                }
                let known = match self.sets[set].no_group {
                    None => of.contributions,
                    Some(whole) => {
                        let (known, rest) = (
                            self.figure(0, Shown::Nowhere, Bounds::ANY),
                            self.figure(0, Shown::Nowhere, Bounds::ANY),
                        );
                        self.system.at_most(&[rest], &[whole]);
                        if let Some(around) = around.and_then(|set| self.sets[set].no_group) {
                            self.system.at_most(&[rest], &[around]);
                        }
                        self.system.equal(&[known, rest], &[of.contributions]);
                        if axis == Axis::Question {
                            parts.entry((set, None)).or_default().push(rest);
                        }
                        known
                    }
                };
                self.system.equal(&cells, &[known]);
                self.system.heard(&cells, known, theme.groups as usize);
            }
        }
        for ((set, group), parts) in parts {
            let of = &self.sets[set];
            let whole = match group {
                None => of.no_group,
                Some(group) => of
                    .by_group
                    .iter()
                    .find(|(other, _)| *other == group)
                    .map(|(_, figure)| *figure),
            };
            if let Some(whole) = whole {
                self.system.equal(&parts, &[whole]);
            }
        }
        for theme in &collation.themes {
            let of = |id: &str| themes.iter().copied().find(|set| self.sets[*set].key == id);
            let parent = theme
                .parent_id
                .and_then(|id| collation.themes.iter().find(|one| one.id == id));
            let Some(parent) = parent.filter(|parent| parent.groups == theme.groups) else {
                continue;
            };
            if let (Some(child), Some(parent)) = (of(&theme.id.to_string()), of(&parent.id.to_string())) {
                for (group, figure) in self.sets[child].by_group.clone() {
                    let other = self.sets[parent]
                        .by_group
                        .iter()
                        .find(|(of, _)| *of == group)
                        .map(|(_, one)| *one);
                    if let Some(other) = other {
                        self.system.together(figure, other);
                    }
                }
            }
        }
    }

    /// The line by which a set is divided so, if it is.
    pub(super) fn line_in(&self, set: usize, view: Division) -> Option<usize> {
        match view {
            Division::By(dimension) => self.line_of(set, dimension),
            Division::Unjoined(dimension) => {
                let unjoined = self.sets[set].unjoined.iter().find(|(of, _)| *of == dimension);
                unjoined
                    .map(|(_, line)| *line)
                    .or_else(|| self.line_of(set, dimension))
            }
            Division::Stance => self.sets[set].stance,
            Division::EachGroup => self.sets[set].by_each_group,
        }
    }
}
