//! The attacker: figures as unknowns, everything known about them as rules, and bounds that follow.
//!
//! Rules are linear inequalities over whole numbers that cannot be negative (a row's cells and its total; a part and
//! the whole; two sets whose overlap is known) and, where a row's cells are groups, how many of them are not zero.
//! Bounds are tightened rule by rule until nothing moves. For a single row this is exact; for a chain of rows too. Where
//! rows and columns both add up (a full two-way table with both margins shown), tightening rule by rule may leave bounds
//! wider than they are, so releases show no margin across rows: see `release`.
//!
//! Refused: a linear programme for each hidden figure, which costs a thousand times as much. Tightening is not as sharp on
//! every system of rules, so releases leave a value or two more than is promised; `tests/attack/exact.rs` compares both.

use std::collections::VecDeque;

/// A figure's number in a system.
pub(super) type Figure = u32;

/// More than any count.
pub(super) const UNBOUNDED: i64 = 1 << 40;

/// From and to which value a figure can lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub least: i64,
    pub most: i64,
}

impl Bounds {
    pub const ANY: Self = Self {
        least: 0,
        most: UNBOUNDED,
    };

    pub const fn exactly(count: i64) -> Self {
        Self {
            least: count,
            most: count,
        }
    }

    /// What both say.
    pub fn and(self, other: Self) -> Self {
        Self {
            least: self.least.max(other.least),
            most: self.most.min(other.most),
        }
    }

    /// How many values are possible.
    pub const fn values(self) -> i64 {
        self.most - self.least + 1
    }
}

#[derive(Clone, Debug)]
enum Rule {
    /// The sum of the first is at most the sum of the second.
    AtMost(Box<[Figure]>, Box<[Figure]>),
    /// The cells add up to the total, and so many of them are not zero.
    Heard {
        cells: Box<[Figure]>,
        total: Figure,
        not_zero: usize,
    },
    /// No more than so many are not zero.
    HeardAtMost { cells: Box<[Figure]>, not_zero: usize },
    /// Where the first is not zero, the second is not either.
    Needs(Figure, Figure),
}

impl Rule {
    fn figures(&self) -> Vec<Figure> {
        match self {
            Self::AtMost(less, more) => less.iter().chain(more).copied().collect(),
            Self::Heard { cells, total, .. } => cells.iter().copied().chain([*total]).collect(),
            Self::HeardAtMost { cells, .. } => cells.to_vec(),
            Self::Needs(one, other) => vec![*one, *other],
        }
    }
}

/// Everything that is known of a set of figures, but for how each is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct System {
    rules: Vec<Rule>,
    /// By figure, the rules that name it.
    of_figure: Vec<Vec<u32>>,
}

impl System {
    fn add(&mut self, rule: Rule) {
        let number = self.rules.len() as u32;
        for figure in rule.figures() {
            let at = figure as usize;
            if self.of_figure.len() <= at {
                self.of_figure.resize(at + 1, Vec::new());
            }
            self.of_figure[at].push(number);
        }
        self.rules.push(rule);
    }

    /// The sum of `less` is at most the sum of `more`. What stands on both sides says nothing, and left there it would
    /// loosen the rule by all that is not known of it.
    pub fn at_most(&mut self, less: &[Figure], more: &[Figure]) {
        let mut more = more.to_vec();
        let mut less = less.to_vec();
        less.retain(|figure| match more.iter().position(|other| other == figure) {
            Some(at) => {
                more.swap_remove(at);
                false
            }
            None => true,
        });
        self.add(Rule::AtMost(less.into(), more.into()));
    }

    /// Both sums are equal.
    pub fn equal(&mut self, one: &[Figure], other: &[Figure]) {
        self.at_most(one, other);
        self.at_most(other, one);
    }

    /// `cells` add up to `total`, and `not_zero` of them are not zero.
    pub fn heard(&mut self, cells: &[Figure], total: Figure, not_zero: usize) {
        self.add(Rule::Heard {
            cells: cells.into(),
            total,
            not_zero,
        });
    }

    /// No more than `not_zero` of `cells` are not zero.
    pub fn heard_at_most(&mut self, cells: &[Figure], not_zero: usize) {
        self.add(Rule::HeardAtMost {
            cells: cells.into(),
            not_zero,
        });
    }

    /// Where `one` is not zero, `other` is not either.
    pub fn needs(&mut self, one: Figure, other: Figure) {
        self.add(Rule::Needs(one, other));
    }

    /// One of two figures is zero where the other is.
    pub fn together(&mut self, one: Figure, other: Figure) {
        self.needs(one, other);
        self.needs(other, one);
    }

    /// Tightens `bounds` until no rule moves any. `moved` are the figures whose bounds are new; all where none are named.
    pub fn tighten(&self, bounds: &mut [Bounds], moved: Option<&[Figure]>) {
        let mut waiting: VecDeque<u32> = VecDeque::new();
        let mut waits = vec![false; self.rules.len()];
        match moved {
            None => {
                waiting.extend(0..self.rules.len() as u32);
                waits.fill(true);
            }
            Some(figures) => {
                for figure in figures {
                    self.wake(*figure, &mut waiting, &mut waits);
                }
            }
        }
        // Whole numbers that only tighten come to rest; a rule seen this often would creep towards a contradiction one by
        // one, and what it has found by then is true all the same.
        let mut patience = self.rules.len().saturating_mul(200);
        let mut changed = Vec::new();
        while let Some(number) = waiting.pop_front() {
            waits[number as usize] = false;
            changed.clear();
            apply(&self.rules[number as usize], bounds, &mut changed);
            for figure in &changed {
                self.wake(*figure, &mut waiting, &mut waits);
            }
            patience = patience.saturating_sub(1);
            if patience == 0 {
                break;
            }
        }
    }

    fn wake(&self, figure: Figure, waiting: &mut VecDeque<u32>, waits: &mut [bool]) {
        for rule in self.of_figure.get(figure as usize).into_iter().flatten() {
            if !waits[*rule as usize] {
                waits[*rule as usize] = true;
                waiting.push_back(*rule);
            }
        }
    }
}

fn raise(bounds: &mut [Bounds], figure: Figure, least: i64, changed: &mut Vec<Figure>) {
    let of = &mut bounds[figure as usize];
    if least > of.least {
        of.least = least;
        changed.push(figure);
    }
}

fn lower(bounds: &mut [Bounds], figure: Figure, most: i64, changed: &mut Vec<Figure>) {
    let of = &mut bounds[figure as usize];
    if most < of.most {
        of.most = most.max(0);
        changed.push(figure);
    }
}

fn apply(rule: &Rule, bounds: &mut [Bounds], changed: &mut Vec<Figure>) {
    match rule {
        Rule::AtMost(less, more) => {
            let least: i64 = less.iter().map(|figure| bounds[*figure as usize].least).sum();
            let most: i64 = more.iter().map(|figure| bounds[*figure as usize].most).sum();
            if least > most {
                // What is known contradicts itself: these are no counts of one world.
                return;
            }
            for figure in less {
                let own = bounds[*figure as usize].least;
                lower(bounds, *figure, most - (least - own), changed);
            }
            for figure in more {
                let own = bounds[*figure as usize].most;
                raise(bounds, *figure, least - (most - own), changed);
            }
        }
        Rule::Heard {
            cells,
            total,
            not_zero,
        } => heard(cells, *total, *not_zero, bounds, changed),
        Rule::HeardAtMost { cells, not_zero } => {
            let certain = cells
                .iter()
                .filter(|cell| bounds[**cell as usize].least > 0)
                .count();
            if certain == *not_zero {
                for cell in cells {
                    if bounds[*cell as usize].least == 0 {
                        lower(bounds, *cell, 0, changed);
                    }
                }
            }
        }
        Rule::Needs(one, other) => {
            if bounds[*one as usize].least > 0 {
                raise(bounds, *other, 1, changed);
            }
            if bounds[*other as usize].most == 0 {
                lower(bounds, *one, 0, changed);
            }
        }
    }
}

fn heard(cells: &[Figure], total: Figure, not_zero: usize, bounds: &mut [Bounds], changed: &mut Vec<Figure>) {
    let certain = cells
        .iter()
        .filter(|cell| bounds[**cell as usize].least > 0)
        .count();
    let possible = cells
        .iter()
        .filter(|cell| bounds[**cell as usize].most > 0)
        .count();
    if certain > not_zero || possible < not_zero {
        return;
    }
    for cell in cells {
        let of = bounds[*cell as usize];
        if certain == not_zero && of.least == 0 {
            lower(bounds, *cell, 0, changed);
        } else if possible == not_zero && of.most > 0 {
            raise(bounds, *cell, 1, changed);
        }
    }
    let certain = cells
        .iter()
        .filter(|cell| bounds[**cell as usize].least > 0)
        .count();
    let taken: i64 = cells.iter().map(|cell| bounds[*cell as usize].least).sum();
    // Those not yet known to be heard hold one each.
    raise(
        bounds,
        total,
        taken + not_zero.saturating_sub(certain) as i64,
        changed,
    );
    lower(bounds, total, held(cells, None, not_zero, bounds), changed);
    let whole = bounds[total as usize];
    for (at, cell) in cells.iter().enumerate() {
        let of = bounds[*cell as usize];
        if of.most == 0 {
            continue;
        }
        // Where this one is not zero, so many of the others are.
        let wanted = not_zero.saturating_sub(1);
        let already = certain - usize::from(of.least > 0);
        let room = whole.most - (taken - of.least) - wanted.saturating_sub(already) as i64;
        lower(bounds, *cell, room, changed);
        if of.least > 0 || held(cells, Some(at), not_zero, bounds) < whole.least {
            let least = whole.least - held(cells, Some(at), wanted, bounds);
            raise(bounds, *cell, least.max(1), changed);
        }
    }
}

/// The most that so many of `cells` hold, among them all that are known to hold anything.
fn held(cells: &[Figure], without: Option<usize>, not_zero: usize, bounds: &[Bounds]) -> i64 {
    let mut sum = 0;
    let mut left = not_zero;
    let mut open: Vec<i64> = Vec::with_capacity(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        let of = bounds[*cell as usize];
        if without == Some(at) {
            continue;
        }
        if of.least > 0 {
            sum += of.most;
            left = left.saturating_sub(1);
        } else {
            open.push(of.most);
        }
    }
    open.sort_unstable_by(|one, other| other.cmp(one));
    sum + open.into_iter().take(left).sum::<i64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(of: &[(i64, i64)]) -> Vec<Bounds> {
        of.iter()
            .map(|(least, most)| Bounds {
                least: *least,
                most: *most,
            })
            .collect()
    }

    #[test]
    fn a_row_gives_away_what_its_total_leaves() {
        let mut system = System::default();
        system.equal(&[0, 1, 2], &[3]);
        // 8 + 8 + a suppressed one, shown as 10, 10 and a total of 15.
        let mut known = bounds(&[(8, 12), (8, 12), (0, 4), (13, 17)]);
        system.tighten(&mut known, None);
        assert_eq!(known[2], Bounds { least: 0, most: 1 });
    }

    #[test]
    fn as_many_groups_as_shown_leave_none_for_the_rest() {
        let mut system = System::default();
        system.heard(&[0, 1, 2], 3, 1);
        let mut known = bounds(&[(8, 12), (0, 4), (0, 4), (12, 12)]);
        system.tighten(&mut known, None);
        assert_eq!(
            (known[0], known[1], known[2]),
            (Bounds::exactly(12), Bounds::exactly(0), Bounds::exactly(0))
        );
    }

    #[test]
    fn what_is_not_known_and_stands_on_both_sides_loosens_nothing() {
        let mut system = System::default();
        system.at_most(&[0, 2], &[1, 2]);
        let mut known = bounds(&[(0, 4), (0, 1), (1, 5)]);
        system.tighten(&mut known, None);
        assert_eq!(known[0], Bounds { least: 0, most: 1 });
    }

    #[test]
    fn as_many_points_as_groups_are_one_each() {
        let mut system = System::default();
        system.equal(&[0, 1, 2], &[3]);
        system.heard(&[0, 1, 2], 3, 3);
        let mut known = bounds(&[(0, 4), (0, 4), (0, 4), (3, 3)]);
        system.tighten(&mut known, None);
        assert_eq!(&known[..3], &[Bounds::exactly(1); 3]);
    }
}
