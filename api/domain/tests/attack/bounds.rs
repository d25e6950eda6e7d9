//! What follows from what is known: figures that are whole numbers and never negative, linear rules between them, rules
//! on how many of them are not zero, and bounds tightened until nothing moves; beside it an exact method for small
//! systems. Written without a look at the solver that it is held against.

use std::collections::{BTreeMap, HashMap, VecDeque};

pub const FAR: i64 = 1 << 40;

/// Kinds of relations that an attack is told to do without, to measure what they are worth.
fn left_out() -> &'static [String] {
    static KINDS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    KINDS.get_or_init(|| {
        let kinds = std::env::var("COLLATE_ATTACK_WITHOUT").unwrap_or_default();
        kinds.split('|').map(ToOwned::to_owned).collect()
    })
}

#[derive(Clone, Debug)]
pub enum Rule {
    /// The weighted sum is at most this.
    Sum(Vec<(u32, i64)>, i64),
    /// The cells add up to the total, and so many of them are not zero.
    Heard(Vec<u32>, u32, i64),
    /// No more of the cells are not zero than the figure counts.
    NoMoreKindsThan(Vec<u32>, u32),
    /// Both are zero or none is.
    Together(u32, u32),
}

impl Rule {
    /// The same rule between other figures; none where one of its own has no other.
    pub fn of_others(&self, other: impl Fn(u32) -> Option<u32>) -> Option<Self> {
        let all = |cells: &[u32]| -> Option<Vec<u32>> { cells.iter().map(|cell| other(*cell)).collect() };
        Some(match self {
            Self::Sum(terms, most) => {
                let terms = terms
                    .iter()
                    .map(|(figure, weight)| Some((other(*figure)?, *weight)));
                Self::Sum(terms.collect::<Option<_>>()?, *most)
            }
            Self::Heard(cells, total, not_zero) => Self::Heard(all(cells)?, other(*total)?, *not_zero),
            Self::NoMoreKindsThan(cells, count) => Self::NoMoreKindsThan(all(cells)?, other(*count)?),
            Self::Together(one, two) => Self::Together(other(*one)?, other(*two)?),
        })
    }
}

/// Figures by name, and everything known about them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub names: Vec<String>,
    index: HashMap<String, u32>,
    pub bounds: Vec<(i64, i64)>,
    pub rules: Vec<(Rule, &'static str)>,
    of: Vec<Vec<u32>>,
    /// By figure, the rules that moved its bounds last.
    why: Vec<(u32, u32)>,
    pub contradiction: Option<String>,
}

impl Known {
    pub fn figure(&mut self, name: &str) -> u32 {
        if let Some(at) = self.index.get(name) {
            return *at;
        }
        let at = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), at);
        self.bounds.push((0, FAR));
        self.of.push(Vec::new());
        self.why.push((u32::MAX, u32::MAX));
        at
    }

    pub fn named(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    /// Takes notice of what a figure can be.
    pub fn see(&mut self, figure: u32, least: i64, most: i64) {
        let of = &mut self.bounds[figure as usize];
        of.0 = of.0.max(least);
        of.1 = of.1.min(most);
        if of.0 > of.1 {
            self.contradiction = Some(format!("{} seen as {of:?}", self.names[figure as usize]));
        }
    }

    pub fn add(&mut self, kind: &'static str, rule: Rule) {
        if left_out().iter().any(|other| other == kind) {
            return;
        }
        let number = self.rules.len() as u32;
        let figures: Vec<u32> = match &rule {
            Rule::Sum(terms, _) => terms.iter().map(|(figure, _)| *figure).collect(),
            Rule::Heard(cells, total, _) => cells.iter().copied().chain([*total]).collect(),
            Rule::NoMoreKindsThan(cells, count) => cells.iter().copied().chain([*count]).collect(),
            Rule::Together(one, other) => vec![*one, *other],
        };
        for figure in figures {
            self.of[figure as usize].push(number);
        }
        self.rules.push((rule, kind));
    }

    /// The sum of `less` is at most the sum of `more` and `slack`.
    pub fn at_most(&mut self, kind: &'static str, less: &[u32], more: &[u32], slack: i64) {
        let mut terms: BTreeMap<u32, i64> = BTreeMap::new();
        for figure in less {
            *terms.entry(*figure).or_default() += 1;
        }
        for figure in more {
            *terms.entry(*figure).or_default() -= 1;
        }
        terms.retain(|_, weight| *weight != 0);
        if !terms.is_empty() {
            self.add(kind, Rule::Sum(terms.into_iter().collect(), slack));
        }
    }

    pub fn equal(&mut self, kind: &'static str, one: &[u32], other: &[u32]) {
        self.at_most(kind, one, other, 0);
        self.at_most(kind, other, one, 0);
    }

    /// Takes over all that is known of other figures, named anew with `mark` before their names; gives the first one's number.
    pub fn take_over(&mut self, other: Self, mark: &str) -> u32 {
        let (figures, rules) = (self.names.len() as u32, self.rules.len() as u32);
        for ((name, bounds), why) in other.names.iter().zip(other.bounds).zip(other.why) {
            let figure = self.figure(&format!("{mark}{name}")) as usize;
            let moved = |rule: u32| if rule == u32::MAX { rule } else { rule + rules };
            self.bounds[figure] = bounds;
            self.why[figure] = (moved(why.0), moved(why.1));
        }
        for (rule, kind) in other.rules {
            self.add(kind, rule.of_others(|figure| Some(figure + figures)).unwrap());
        }
        self.contradiction = self.contradiction.take().or(other.contradiction);
        figures
    }

    fn raise(&mut self, figure: u32, least: i64, rule: u32, moved: &mut Vec<u32>) {
        let of = &mut self.bounds[figure as usize];
        if least > of.0 {
            of.0 = least;
            self.why[figure as usize].0 = rule;
            moved.push(figure);
            if of.0 > of.1 && self.contradiction.is_none() {
                self.contradiction = Some(self.tell(figure, 4));
            }
        }
    }

    fn lower(&mut self, figure: u32, most: i64, rule: u32, moved: &mut Vec<u32>) {
        let of = &mut self.bounds[figure as usize];
        if most < of.1 {
            of.1 = most;
            self.why[figure as usize].1 = rule;
            moved.push(figure);
            if of.0 > of.1 && self.contradiction.is_none() {
                self.contradiction = Some(self.tell(figure, 4));
            }
        }
    }

    /// Tightens until nothing moves. Only what hangs on `moved`, where any are named.
    pub fn tighten(&mut self, moved: Option<&[u32]>) {
        let mut waiting: VecDeque<u32> = VecDeque::new();
        let mut waits = vec![false; self.rules.len()];
        match moved {
            None => {
                waiting.extend(0..self.rules.len() as u32);
                waits.fill(true);
            }
            Some(figures) => {
                for figure in figures {
                    for rule in &self.of[*figure as usize] {
                        if !std::mem::replace(&mut waits[*rule as usize], true) {
                            waiting.push_back(*rule);
                        }
                    }
                }
            }
        }
        let rules = std::mem::take(&mut self.rules);
        let mut moved = Vec::new();
        while let Some(number) = waiting.pop_front() {
            waits[number as usize] = false;
            if self.contradiction.is_some() {
                break;
            }
            moved.clear();
            self.apply(&rules[number as usize].0, number, &mut moved);
            // A sum says all it can at once; groups heard say more once some of them are known.
            let again = matches!(rules[number as usize].0, Rule::Heard(..));
            for figure in &moved {
                for rule in &self.of[*figure as usize] {
                    if (again || *rule != number) && !std::mem::replace(&mut waits[*rule as usize], true) {
                        waiting.push_back(*rule);
                    }
                }
            }
        }
        self.rules = rules;
    }

    fn apply(&mut self, rule: &Rule, number: u32, moved: &mut Vec<u32>) {
        match rule {
            Rule::Sum(terms, most) => {
                let least_of = |bounds: (i64, i64), weight: i64| {
                    if weight > 0 {
                        weight * bounds.0
                    } else {
                        weight * bounds.1
                    }
                };
                let least: i64 = terms
                    .iter()
                    .map(|(figure, weight)| least_of(self.bounds[*figure as usize], *weight))
                    .sum();
                for (figure, weight) in terms {
                    let room = most - (least - least_of(self.bounds[*figure as usize], *weight));
                    if *weight > 0 {
                        self.lower(*figure, room.div_euclid(*weight), number, moved);
                    } else {
                        // −w·x ≤ room, so x ≥ −room / w, rounded up.
                        self.raise(*figure, -(room.div_euclid(-*weight)), number, moved);
                    }
                }
            }
            Rule::Together(one, other) => {
                for (one, other) in [(*one, *other), (*other, *one)] {
                    if self.bounds[one as usize].1 == 0 {
                        self.lower(other, 0, number, moved);
                    }
                    if self.bounds[one as usize].0 > 0 {
                        self.raise(other, 1, number, moved);
                    }
                }
            }
            Rule::NoMoreKindsThan(cells, count) => {
                let certain = cells
                    .iter()
                    .filter(|cell| self.bounds[**cell as usize].0 > 0)
                    .count() as i64;
                self.raise(*count, certain, number, moved);
                if self.bounds[*count as usize].1 == certain {
                    for cell in cells {
                        if self.bounds[*cell as usize].0 == 0 {
                            self.lower(*cell, 0, number, moved);
                        }
                    }
                }
            }
            Rule::Heard(cells, total, not_zero) => self.heard(cells, *total, *not_zero, number, moved),
        }
    }

    fn heard(&mut self, cells: &[u32], total: u32, not_zero: i64, number: u32, moved: &mut Vec<u32>) {
        let of = |known: &Self, cell: u32| known.bounds[cell as usize];
        let certain = cells.iter().filter(|cell| of(self, **cell).0 > 0).count() as i64;
        let possible = cells.iter().filter(|cell| of(self, **cell).1 > 0).count() as i64;
        for cell in cells {
            if certain == not_zero && of(self, *cell).0 == 0 {
                self.lower(*cell, 0, number, moved);
            } else if possible == not_zero && of(self, *cell).1 > 0 {
                self.raise(*cell, 1, number, moved);
            }
        }
        let certain = cells.iter().filter(|cell| of(self, **cell).0 > 0).count() as i64;
        let least: i64 = cells.iter().map(|cell| of(self, *cell).0).sum();
        // Those that are not yet known to be heard hold one each at the least.
        self.raise(total, least + (not_zero - certain).max(0), number, moved);
        let most_of = |known: &Self, without: Option<usize>, count: i64| -> i64 {
            let mut sum = 0;
            let mut open = Vec::new();
            let mut left = count;
            for (at, cell) in cells.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
                let bounds = of(known, cells[at]);
                if bounds.0 > 0 {
                    sum += bounds.1;
                    left -= 1;
                } else {
                    open.push(of(known, *cell).1);
                }
            }
            open.sort_unstable_by(|a, b| b.cmp(a));
            sum + open.iter().take(left.max(0) as usize).sum::<i64>()
        };
        let most = most_of(self, None, not_zero);
        self.lower(total, most, number, moved);
        let whole = of(self, total);
        for (at, cell) in cells.iter().enumerate() {
            let own = of(self, *cell);
            if own.1 == 0 {
                continue;
            }
            let others: i64 = least - own.0;
            let others_certain = certain - i64::from(own.0 > 0);
            let others_wanted = (not_zero - 1 - others_certain).max(0);
            self.lower(*cell, whole.1 - others - others_wanted, number, moved);
            let without_it = own.0 == 0 && most_of(self, Some(at), not_zero) >= whole.0;
            if !without_it {
                let rest = most_of(self, Some(at), not_zero - 1);
                self.raise(*cell, (whole.0 - rest).max(1), number, moved);
            }
        }
    }

    /// How a figure's bounds came about, a few steps deep.
    pub fn tell(&self, figure: u32, depth: usize) -> String {
        let mut text = String::new();
        self.tell_into(figure, depth, 0, &mut text, &mut Vec::new());
        text
    }

    fn tell_into(&self, figure: u32, depth: usize, indent: usize, text: &mut String, seen: &mut Vec<u32>) {
        let at = figure as usize;
        text.push_str(&format!(
            "{}{} in {:?}\n",
            "  ".repeat(indent),
            self.names[at],
            self.bounds[at]
        ));
        if depth == 0 || seen.contains(&figure) {
            return;
        }
        seen.push(figure);
        for number in [self.why[at].0, self.why[at].1] {
            let Some((rule, kind)) = self.rules.get(number as usize) else {
                continue;
            };
            text.push_str(&format!("{}  by \"{kind}\"\n", "  ".repeat(indent)));
            let figures: Vec<u32> = match rule {
                Rule::Sum(terms, _) => terms.iter().map(|(figure, _)| *figure).collect(),
                Rule::Heard(cells, total, _) => cells.iter().copied().chain([*total]).collect(),
                Rule::NoMoreKindsThan(cells, count) => cells.iter().copied().chain([*count]).collect(),
                Rule::Together(one, other) => vec![*one, *other],
            };
            for other in figures.into_iter().filter(|other| *other != figure) {
                self.tell_into(other, depth - 1, indent + 2, text, seen);
            }
        }
    }
}

/// The least and the most of each of `wanted` under linear rules, exactly (as a linear programme over the reals), by the
/// simplex method. For systems of some dozens of figures.
pub fn programme(bounds: &[(i64, i64)], rules: &[(Vec<(u32, i64)>, i64)], wanted: &[u32]) -> Vec<(f64, f64)> {
    // Known figures go to the right-hand side, so that only what is open remains.
    let open: Vec<usize> = (0..bounds.len())
        .filter(|at| bounds[*at].0 < bounds[*at].1)
        .collect();
    let place: HashMap<usize, usize> = open.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
    for (terms, most) in rules {
        let mut row = vec![0.0; open.len()];
        let mut right = *most as f64;
        for (figure, weight) in terms {
            let at = *figure as usize;
            right -= (*weight * bounds[at].0) as f64;
            if let Some(place) = place.get(&at) {
                row[*place] += *weight as f64;
            }
        }
        if row.iter().any(|weight| *weight != 0.0) {
            rows.push((row, right));
        }
    }
    for (place, at) in open.iter().enumerate() {
        if bounds[*at].1 < FAR {
            let mut row = vec![0.0; open.len()];
            row[place] = 1.0;
            rows.push((row, (bounds[*at].1 - bounds[*at].0) as f64));
        }
    }
    let feasible = Tableau::feasible(&rows, open.len());
    wanted
        .iter()
        .map(|figure| {
            let at = *figure as usize;
            let least = bounds[at].0 as f64;
            match place.get(&at) {
                None => (least, least),
                Some(place) => {
                    let end = |sign: f64| {
                        let mut goal = vec![0.0; open.len()];
                        goal[*place] = sign;
                        feasible.clone().maximise(&goal)
                    };
                    (least - end(-1.0), least + end(1.0))
                }
            }
        })
        .collect()
}

const NEAR: f64 = 1e-7;

/// A simplex tableau in standard form: rows of (figures, slacks), all right-hand sides at least zero.
#[derive(Clone)]
struct Tableau {
    rows: Vec<Vec<f64>>,
    basis: Vec<usize>,
    columns: usize,
}

impl Tableau {
    fn feasible(given: &[(Vec<f64>, f64)], figures: usize) -> Self {
        let slacks = given.len();
        // One more column holds how far every rule is relaxed; brought to zero, what is left satisfies all.
        let columns = figures + slacks + 1;
        let relaxed = figures + slacks;
        let rows = given
            .iter()
            .enumerate()
            .map(|(at, (row, right))| {
                let mut line = vec![0.0; columns + 1];
                line[..figures].copy_from_slice(row);
                line[figures + at] = 1.0;
                line[relaxed] = -1.0;
                line[columns] = *right;
                line
            })
            .collect();
        let mut tableau = Self {
            rows,
            basis: (figures..figures + slacks).collect(),
            columns,
        };
        let worst = (0..slacks).min_by(|a, b| given[*a].1.total_cmp(&given[*b].1));
        if let Some(worst) = worst.filter(|at| given[*at].1 < 0.0) {
            tableau.pivot(worst, relaxed);
            let mut goal = vec![0.0; columns];
            goal[relaxed] = -1.0;
            let left = tableau.optimise(&goal);
            assert!(left > -1e-6, "what is known contradicts itself");
            if let Some(row) = tableau.basis.iter().position(|at| *at == relaxed) {
                let column = (0..relaxed).find(|at| tableau.rows[row][*at].abs() > NEAR);
                if let Some(column) = column {
                    tableau.pivot(row, column);
                }
            }
        }
        for row in &mut tableau.rows {
            row[relaxed] = 0.0;
        }
        tableau
    }

    fn maximise(mut self, goal: &[f64]) -> f64 {
        let mut whole = vec![0.0; self.columns];
        whole[..goal.len()].copy_from_slice(goal);
        self.optimise(&whole)
    }

    fn pivot(&mut self, row: usize, column: usize) {
        let by = self.rows[row][column];
        for value in &mut self.rows[row] {
            *value /= by;
        }
        let chosen = self.rows[row].clone();
        for (at, line) in self.rows.iter_mut().enumerate() {
            let times = line[column];
            if at != row && times != 0.0 {
                for (value, own) in line.iter_mut().zip(&chosen) {
                    *value -= times * own;
                }
            }
        }
        self.basis[row] = column;
    }

    /// Bland's rule, which never runs in a circle.
    fn optimise(&mut self, goal: &[f64]) -> f64 {
        loop {
            let gain = |column: usize| {
                goal[column]
                    - self
                        .basis
                        .iter()
                        .zip(&self.rows)
                        .map(|(of, row)| goal[*of] * row[column])
                        .sum::<f64>()
            };
            let Some(column) = (0..self.columns).find(|at| !self.basis.contains(at) && gain(*at) > NEAR)
            else {
                break;
            };
            let mut leaving: Option<(usize, f64)> = None;
            for (at, row) in self.rows.iter().enumerate() {
                if row[column] > NEAR {
                    let ratio = row[self.columns] / row[column];
                    let better = leaving.is_none_or(|(other, least)| {
                        ratio < least - 1e-12 || (ratio < least + 1e-12 && self.basis[at] < self.basis[other])
                    });
                    if better {
                        leaving = Some((at, ratio));
                    }
                }
            }
            match leaving {
                Some((row, _)) => self.pivot(row, column),
                None => return FAR as f64,
            }
        }
        self.basis
            .iter()
            .zip(&self.rows)
            .map(|(of, row)| goal[*of] * row[self.columns])
            .sum()
    }
}

impl Known {
    /// The rule that moved a figure's bounds last.
    pub fn kind_of(&self, figure: u32) -> &'static str {
        let (least, most) = self.why[figure as usize];
        let own = if most != u32::MAX { most } else { least };
        self.rules.get(own as usize).map_or("evidence", |(_, kind)| kind)
    }
}
