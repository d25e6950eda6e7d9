//! Rules between sets of contributions that overlap: themes with their parents, questions, sections and each other.

use super::{super::system::Figure, DIMENSIONS, Making};
use crate::{
    collate::{Axis, Unit},
    vocabulary::Stance,
};

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
}
