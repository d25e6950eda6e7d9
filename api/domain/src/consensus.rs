//! Agreement across known groups, on `agreement` questions.
//!
//! Formula: over the groups heard, p = (A + 1) / (S + 2), with A people who agree and S people who agree, disagree
//! or are unsure; the product of p over groups is the group-aware consensus of Polis (there a silent group adds a
//! factor of 0.5; here it is left out and counted as silent). The product falls as groups are added, so the
//! geometric mean stands beside it: nine groups at 12 of 16 give 0.053 and 0.722, two give 0.52 and 0.722.

use serde::{Deserialize, Serialize};

/// People of one group on one question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupAnswers {
    /// People who agree.
    pub agree: u64,
    /// People who disagree.
    pub disagree: u64,
    /// People who are unsure.
    pub unsure: u64,
}

impl GroupAnswers {
    /// Everyone who answered.
    pub fn seen(self) -> u64 {
        self.agree + self.disagree + self.unsure
    }

    /// Adds people who chose an option of an `agreement`, by its place among them: agree, disagree, unsure.
    pub(crate) fn add(&mut self, option: u32, people: u64) {
        *match option {
            0 => &mut self.agree,
            1 => &mut self.disagree,
            _ => &mut self.unsure,
        } += people;
    }

    /// (A + 1) / (S + 2).
    pub fn share(self) -> f64 {
        (self.agree as f64 + 1.0) / (self.seen() as f64 + 2.0)
    }

    /// (D + 1) / (S + 2), with D people who disagree.
    pub fn opposed_share(self) -> f64 {
        (self.disagree as f64 + 1.0) / (self.seen() as f64 + 2.0)
    }
}

/// How far the groups agree with one statement. Shares lie between 0 and 1; null where no group was heard.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Consensus {
    /// Product over the groups heard of (A + 1) / (S + 2), with A people who agree and S people who agree, disagree or are
    /// unsure. From 0 to 1. Unit: none, a product of shares. Base: people of the groups heard.
    pub product: Option<f64>,
    /// The product's root of the number of groups heard: comparable across numbers of groups. From 0 to 1. Base: people of the
    /// groups heard.
    pub geometric_mean: Option<f64>,
    /// The smallest (A + 1) / (S + 2) of any group heard. From 0 to 1. Base: people of that group.
    pub lowest_group_share: Option<f64>,
    /// Groups with at least one answer to this question. Unit: groups.
    pub groups_heard: u64,
    /// Groups expected, or heard elsewhere in the consultation, without an answer to this one. Unit: groups.
    pub groups_silent: u64,
    /// The geometric mean over the groups heard of (D + 1) / (S + 2), with D people who disagree. From 0 to 1. Base: people of the
    /// groups heard.
    pub opposed_geometric_mean: Option<f64>,
}

/// The consensus of `groups`; a group without answers is silent and adds no factor.
pub fn consensus(groups: impl IntoIterator<Item = GroupAnswers>) -> Consensus {
    let (mut heard, mut silent) = (0u64, 0u64);
    let (mut product, mut opposed_log, mut lowest) = (1.0f64, 0.0f64, f64::INFINITY);
    let mut agreed_log = 0.0f64;
    for group in groups {
        if group.seen() == 0 {
            silent += 1;
            continue;
        }
        heard += 1;
        let share = group.share();
        product *= share;
        agreed_log += share.ln();
        opposed_log += group.opposed_share().ln();
        lowest = lowest.min(share);
    }
    let known = |value: f64| (heard > 0).then_some(value);
    Consensus {
        product: known(product),
        geometric_mean: known((agreed_log / heard as f64).exp()),
        lowest_group_share: known(lowest),
        groups_heard: heard,
        groups_silent: silent,
        opposed_geometric_mean: known((opposed_log / heard as f64).exp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Option<f64>, b: f64) {
        assert!((a.unwrap() - b).abs() < 1e-9, "{a:?} is not {b}");
    }

    #[test]
    fn nine_equal_groups_keep_their_geometric_mean() {
        let of = |n| {
            consensus(std::iter::repeat_n(
                GroupAnswers {
                    agree: 12,
                    disagree: 2,
                    unsure: 2,
                },
                n,
            ))
        };
        let share = 13.0 / 18.0;
        close(of(2).product, share * share);
        close(of(9).product, share.powi(9));
        close(of(2).geometric_mean, share);
        close(of(9).geometric_mean, share);
        close(of(9).opposed_geometric_mean, 3.0 / 18.0);
    }

    #[test]
    fn a_silent_group_is_counted_and_moves_nothing() {
        let one = GroupAnswers {
            agree: 3,
            disagree: 1,
            unsure: 0,
        };
        let with = consensus([one, GroupAnswers::default()]);
        assert_eq!((with.groups_heard, with.groups_silent), (1, 1));
        close(with.product, 4.0 / 6.0);
    }

    #[test]
    fn nobody_heard_is_null() {
        let none = consensus([GroupAnswers::default()]);
        assert_eq!(
            (none.product, none.lowest_group_share, none.geometric_mean),
            (None, None, None)
        );
    }
}
