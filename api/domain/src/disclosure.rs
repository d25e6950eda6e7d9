//! Disclosure control: what of the exact figures may leave, and the proof that it may.
//!
//! Invariant: [`release`] is the only maker of a [`Releasable`], and nothing else can be an answer to a controlled
//! caller. What it makes has been attacked first (`system.rs`). The promise is that an outsider who puts together everything
//! released, every exact count beside a hidden one included, and who may also be the facilitator of one group and know its
//! column, keeps at least [`VALUES_KEPT`] possible values for every suppressed count; where an exact total is too small for that,
//! at least [`HOLDERS_KEPT`] cells of the row could hold it; a row that can meet neither loses its breakdown. Our attack
//! finds it kept by the rules that it knows; one that shares no code with it (`tests/attack`) says how far that goes.
//!
//! Not promised: a count that stands by itself and is withheld (see `release.rs`) may be told by the exact ones beside it; and
//! a facilitator who uses more than the column of the own group (its breakdowns by respondent group, setting and channel,
//! its themes by question) may tell a national count that is nearly all of that group.
//!
//! The rule is suppress-and-round: a count up to the threshold is suppressed, every other one is rounded to the base,
//! totals from the true total, each by itself. Refused: hiding small counts and showing the rest exactly, with totals,
//! which on a real table of themes by services gave away 14 of 44 themes by subtraction; and adding noise, which a
//! reader cannot tell from what was said.

mod basis;
mod provenance;
mod release;
mod system;

pub use basis::{CONTAINERS_THAT_DIFFER, CONTRIBUTIONS_THAT_DIFFER, Difference, basis, difference};
pub use provenance::{
    Moved, MovedOnes, Provenance, Stood, StoodBehind, StoodByCoding, StoodIn, Unreadable, provenance,
};
pub use release::{Cut, Release, ReleasedQuote, ReleasedTable, Tables, always_released, release, tabulate};

use crate::{
    collate::{Count, CountStatus},
    vocabulary::PolicyId,
};
use serde::{Serialize, Serializer};

/// Possible values that a hidden count keeps, at the least.
pub const VALUES_KEPT: i64 = 3;
/// Values that our own attack has to leave: more than are promised, for a rule that it may not know.
const VALUES_WANTED: i64 = VALUES_KEPT + 2;
/// Cells that could hold what an exact total leaves, where it leaves too little for [`VALUES_KEPT`].
pub const HOLDERS_KEPT: usize = 3;

/// A disclosure policy: one rule, three parameters. Sources: `mhsds-5` is the practice of the Mental Health Services Data
/// Set, `hes-7` that of Hospital Episode Statistics since September 2018.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub id: PolicyId,
    /// The largest count that is suppressed.
    pub threshold: u64,
    /// Counts above the threshold are rounded to a multiple of this.
    pub base: u64,
    /// Whether a zero is shown as it is; else it is suppressed as a small count.
    pub shows_zero: bool,
    /// Whether national headcounts and numbers of responses stay exact.
    pub exact_national: bool,
}

impl Policy {
    /// The policy of this name.
    pub const fn of(id: PolicyId) -> Self {
        match id {
            PolicyId::Mhsds5 => Self {
                id,
                threshold: 4,
                base: 5,
                shows_zero: false,
                exact_national: true,
            },
            PolicyId::Hes7 => Self {
                id,
                threshold: 7,
                base: 5,
                shows_zero: true,
                exact_national: false,
            },
        }
    }

    /// The rule, for whoever reads a figure under it.
    pub fn in_words(&self) -> String {
        let Self { threshold, base, .. } = self;
        let small = match self.shows_zero {
            true => format!("Counts from 1 to {threshold} are suppressed, and zeros are shown"),
            false => format!("Counts up to {threshold}, zeros among them, are suppressed"),
        };
        let national = match self.exact_national {
            true => " National headcounts and numbers of responses stay exact.",
            false => "",
        };
        format!(
            "{small}; larger ones are rounded to the nearest multiple of {base}. What would tell a hidden count is withheld, whatever \
             its size. Groups, meetings and tables of a whole question or theme, and points recorded at tables, are evidence and not \
             people: they stay exact.{national}"
        )
    }

    /// `count` rounded to the base. The base is odd, so there are no ties.
    const fn rounded(&self, count: u64) -> u64 {
        (count + self.base / 2) / self.base * self.base
    }

    /// The smallest and the largest count that is shown as `rounded`.
    const fn behind(&self, rounded: u64) -> (u64, u64) {
        let least = rounded.saturating_sub(self.base / 2);
        let least = if least > self.threshold {
            least
        } else {
            self.threshold + 1
        };
        (least, rounded + self.base / 2)
    }

    /// The smallest and the largest count that is suppressed.
    const fn suppressed(&self) -> (u64, u64) {
        (self.shows_zero as u64, self.threshold)
    }

    /// A count by itself, where nothing else is known of it.
    const fn shown(&self, count: u64) -> Shown {
        if count == 0 && self.shows_zero {
            Shown::Exact
        } else if count <= self.threshold {
            Shown::Suppressed
        } else {
            Shown::Rounded
        }
    }
}

/// How a figure is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Exact,
    Rounded,
    /// Up to the threshold.
    Suppressed,
    /// Any size.
    Withheld,
    /// Nowhere: a figure that readers can reason about, but that has no place in the release.
    Nowhere,
}

impl Shown {
    const fn is_hidden(self) -> bool {
        matches!(self, Self::Suppressed | Self::Withheld)
    }

    const fn count(self, policy: &Policy, exact: u64) -> Count {
        match self {
            Self::Exact => Count::exact(exact),
            Self::Rounded => Count {
                value: Some(policy.rounded(exact)),
                status: CountStatus::Rounded,
            },
            Self::Suppressed => Count {
                value: None,
                status: CountStatus::Suppressed,
            },
            Self::Withheld | Self::Nowhere => Count {
                value: None,
                status: CountStatus::Withheld,
            },
        }
    }
}

/// Exact figures, for those who may see them, and for [`release`].
#[derive(Clone, Debug)]
pub struct Exact<T>(pub T);

/// Figures that passed a policy and withstood the attack. Only this module makes one.
#[derive(Clone, Debug)]
pub struct Releasable<T>(T);

impl<T> Releasable<T> {
    /// The figures, to read.
    pub fn get(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Serialize for Releasable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{CountStatus, Policy};
    use crate::vocabulary::PolicyId;
    use utoipa::PartialSchema;

    fn described<T: PartialSchema>() -> String {
        let schema = serde_json::to_value(T::schema()).unwrap();
        schema["description"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_document_says_what_each_status_is() {
        let said = described::<CountStatus>();
        for status in [
            CountStatus::Exact,
            CountStatus::Rounded,
            CountStatus::Suppressed,
            CountStatus::Withheld,
        ] {
            let word = serde_json::to_value(status).unwrap();
            assert!(
                said.contains(&format!("`{}`: ", word.as_str().unwrap())),
                "{said}"
            );
        }
    }

    #[test]
    fn the_document_says_what_each_policy_does() {
        let said = described::<PolicyId>();
        for id in PolicyId::ALL {
            let policy = Policy::of(*id);
            let (_, of_it) = said.split_once(&format!("`{id}`: ")).unwrap();
            let of_it = of_it.split("`: ").next().unwrap();
            let (low, high) = policy.suppressed();
            let suppressed = match policy.shows_zero {
                true => format!("counts from {low} to {high} are suppressed"),
                false => format!("counts up to {high}, zeros among them, are suppressed"),
            };
            let rounded = format!("larger ones rounded to the nearest multiple of {}", policy.base);
            assert!(of_it.contains(&suppressed) && of_it.contains(&rounded), "{of_it}");
            assert_eq!(of_it.contains("zeros are shown"), policy.shows_zero, "{of_it}");
            assert_eq!(of_it.contains("sole voice"), policy.shows_zero, "{of_it}");
            assert_eq!(of_it.contains("stay exact"), policy.exact_national, "{of_it}");
            let rule = policy.in_words().to_lowercase();
            assert!(
                rule.contains(&suppressed) && rule.contains(&format!("multiple of {}", policy.base)),
                "{rule}"
            );
        }
    }
}
