//! The life of a consultation, and of what comes in: one table of allowed moves each.

use crate::vocabulary::{ReviewState, UnknownWord};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where a consultation stands. `reported`, `delivered` and `answered` follow from publishing, delivering and
/// answering; they come with those acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "sea-orm", sea_orm(value_type = "String"))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being set up; only leads see it and its questions can still change.
    Draft,
    /// Taking feedback.
    Open,
    /// Paused; nothing is taken in until it is open again.
    Suspended,
    /// No longer taking feedback.
    Closed,
    /// Being coded and collated.
    Analysing,
    /// Given up before publication.
    Withdrawn,
}

impl Status {
    /// Every state, in the order of a consultation's life.
    pub const ALL: &'static [Self] = &[
        Self::Draft,
        Self::Open,
        Self::Suspended,
        Self::Closed,
        Self::Analysing,
        Self::Withdrawn,
    ];

    /// The states that can be posted next (contract, section 3).
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Open, Self::Withdrawn],
            Self::Open => &[Self::Suspended, Self::Closed, Self::Withdrawn],
            Self::Suspended => &[Self::Open, Self::Withdrawn],
            Self::Closed => &[Self::Analysing, Self::Open, Self::Withdrawn],
            Self::Analysing => &[Self::Open, Self::Withdrawn],
            Self::Withdrawn => &[],
        }
    }

    /// The word as it stands in JSON, in URLs and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
            Self::Analysing => "analysing",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl ReviewState {
    /// The states to which it can be moved next. What is withdrawn comes back as received, to be looked at anew.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Received => &[Self::HasIssues, Self::Approved, Self::Withdrawn],
            Self::HasIssues => &[Self::Received, Self::Approved, Self::Withdrawn],
            Self::Approved => &[Self::Received, Self::HasIssues, Self::Withdrawn],
            Self::Withdrawn => &[Self::Received],
        }
    }

    /// Where it stands after somebody corrected it: what was approved is not what stands there now. Issues stay until they
    /// are said to be mended.
    pub const fn once_corrected(self) -> Self {
        match self {
            Self::Approved => Self::Received,
            other => other,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownWord;
    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| {
                UnknownWord(format!(
                    "one of {}",
                    Self::ALL
                        .iter()
                        .map(|s| s.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_in_review_lead_elsewhere_and_back() {
        for from in ReviewState::ALL {
            assert!(!from.next().contains(from), "{from}");
            assert!(from.next().contains(&ReviewState::Received) != (*from == ReviewState::Received));
        }
        assert_eq!(ReviewState::Withdrawn.next(), [ReviewState::Received]);
    }

    #[test]
    fn moves_are_those_of_the_contract() {
        use Status::*;
        let allowed: Vec<_> = Status::ALL
            .iter()
            .flat_map(|from| from.next().iter().map(move |to| (*from, *to)))
            .collect();
        assert_eq!(
            allowed,
            [
                (Draft, Open),
                (Draft, Withdrawn),
                (Open, Suspended),
                (Open, Closed),
                (Open, Withdrawn),
                (Suspended, Open),
                (Suspended, Withdrawn),
                (Closed, Analysing),
                (Closed, Open),
                (Closed, Withdrawn),
                (Analysing, Open),
                (Analysing, Withdrawn),
            ]
        );
    }
}
