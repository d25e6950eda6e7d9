//! The attack on what would be shown, and what is hidden more wherever it wins.

use super::{
    super::{
        HOLDERS_KEPT, Shown, VALUES_KEPT, VALUES_WANTED,
        system::{Bounds, Figure},
    },
    Making, Set, Value,
};
use std::collections::BTreeSet;

impl Making<'_> {
    /// What a reader knows of each figure by how it is shown.
    pub(super) fn known(&self) -> Vec<Bounds> {
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

    /// Hides what hides in `steady`, the same release without the voices of respondent groups that are nearly alone.
    pub(super) fn follow(&mut self, steady: &Making<'_>) {
        for (own, like) in self.lines_of_both(steady) {
            let like = &steady.lines[like];
            if self.lines[own].merged || self.lines[own].columns != like.columns {
                continue;
            }
            if like.merged {
                self.join(own);
                continue;
            }
            let mut withholds = false;
            for (cell, like) in self.lines[own].cells.iter().zip(&like.cells) {
                let (value, like) = (&mut self.values[*cell as usize], &steady.values[*like as usize]);
                value.rare = value.exact != like.exact;
                if like.shown == Shown::Withheld {
                    value.shown = Shown::Withheld;
                    // A cell that is settled hides for its own sake.
                    withholds |= !like.settled;
                }
            }
            if withholds {
                self.hide_alike(own);
            }
        }
    }

    /// Rows that break down the same set in the same way, here and there.
    fn lines_of_both(&self, other: &Making<'_>) -> Vec<(usize, usize)> {
        let mut pairs = vec![
            (self.participants, other.participants),
            (self.responses, other.responses),
        ];
        pairs.extend(
            self.attendance
                .iter()
                .copied()
                .zip(other.attendance.iter().copied()),
        );
        for set in &self.sets {
            let is = |like: &&Set| {
                (like.axis, &like.key, like.unit, like.question)
                    == (set.axis, &set.key, set.unit, set.question)
            };
            let Some(like) = other.sets.iter().find(is) else {
                continue;
            };
            pairs.extend(set.stance.zip(like.stance));
            for (dimension, line) in &set.lines {
                let found = like.lines.iter().find(|(of, _)| of == dimension);
                pairs.extend(found.map(|(_, found)| (*line, *found)));
            }
        }
        pairs
    }

    /// Hides more wherever the attack wins, until it wins nothing.
    pub(super) fn protect(&mut self) {
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
            if bounds[at].values() < VALUES_WANTED && !self.could_be_others(at, bounds) {
                won.insert(at as Figure);
            }
        }
    }

    /// Whether the exact total of its own row leaves so little that no cell could keep more values, and enough cells could
    /// hold it. What another row leaves is no excuse.
    fn could_be_others(&self, at: usize, bounds: &[Bounds]) -> bool {
        let Some(line) = self.values[at].row.map(|row| &self.lines[row as usize]) else {
            return false;
        };
        let open = |cell: &Figure| {
            let of = bounds[*cell as usize];
            of.least == 0 && of.most > 0
        };
        let others: i64 = line.cells.iter().map(|cell| bounds[*cell as usize].least).sum();
        let left = bounds[line.total as usize].most - others;
        bounds[line.total as usize].values() == 1
            && left < VALUES_KEPT - 1
            && open(&(at as Figure))
            && line.cells.iter().filter(|cell| open(cell)).count() >= HOLDERS_KEPT
    }

    /// All that is hidden of a row is withheld: one withheld among suppressed ones would be over the threshold.
    fn hide_alike(&mut self, row: usize) {
        for cell in &self.lines[row].cells {
            let value = &mut self.values[*cell as usize];
            if value.shown == Shown::Suppressed {
                value.shown = Shown::Withheld;
            }
        }
    }

    /// The row loses its breakdown.
    fn join(&mut self, row: usize) {
        self.lines[row].merged = true;
        for cell in &self.lines[row].cells {
            self.values[*cell as usize].shown = Shown::Nowhere;
        }
    }

    /// The row withholds the last of the counts that it still shows, and hides all that is hidden alike; one that shows nothing
    /// loses its breakdown.
    fn hide_more(&mut self, row: usize) {
        let cells = self.lines[row].cells.clone();
        let shown = |making: &Self, cell: &Figure| {
            let value = making.values[*cell as usize];
            !value.shown.is_hidden() && value.shown != Shown::Nowhere
        };
        // Not the smallest: who knows the rule would know that every count withheld is smaller than those shown. First those that
        // hold the voices of a few, so that fewer of the others hide for them.
        let last = cells
            .iter()
            .rfind(|cell| shown(self, cell) && self.values[**cell as usize].rare)
            .or_else(|| cells.iter().rfind(|cell| shown(self, cell)))
            .copied();
        let left = cells.iter().filter(|cell| shown(self, cell)).count();
        match last {
            Some(last) if left > 1 || self.lines[row].columns.is_empty() => {
                self.values[last as usize].shown = Shown::Withheld;
                self.hide_alike(row);
            }
            _ if !self.lines[row].columns.is_empty() => self.join(row),
            _ => {
                for cell in cells {
                    let value = &mut self.values[cell as usize];
                    value.shown = Shown::Withheld;
                    value.settled = true;
                }
            }
        }
    }
}
