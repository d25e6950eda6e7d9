//! The life of a consultation, and of what comes in: one table of allowed moves each.

use crate::vocabulary::{ReviewState, UnknownWord};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Where a consultation stands. `reported`, `delivered` and `answered` follow from publishing, delivering and
/// answering and are not posted.
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
    /// A report of it is published.
    Reported,
    /// A published report was delivered to a body.
    Delivered,
    /// Something was decided on every theme of the report.
    Answered,
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
        Self::Reported,
        Self::Delivered,
        Self::Answered,
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
            Self::Reported | Self::Delivered | Self::Answered | Self::Withdrawn => &[],
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
            Self::Reported => "reported",
            Self::Delivered => "delivered",
            Self::Answered => "answered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Status {
    /// Whether a report of it is published, or it has come further.
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Reported | Self::Delivered | Self::Answered)
    }

    /// Where it stands by what became of its report; nothing where that does not move it. What is retracted is being worked on again.
    pub const fn by_its_report(self, report: OfReport) -> Option<Self> {
        let to = match report {
            OfReport::None => Self::Analysing,
            OfReport::Published => Self::Reported,
            OfReport::Delivered => Self::Delivered,
            OfReport::Answered => Self::Answered,
        };
        match (self, report) {
            (Self::Reported | Self::Delivered | Self::Answered, _) => {}
            (
                Self::Closed | Self::Analysing,
                OfReport::Published | OfReport::Delivered | OfReport::Answered,
            ) => {}
            _ => return None,
        }
        match self as u8 == to as u8 {
            true => None,
            false => Some(to),
        }
    }
}

/// How far the report of a consultation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfReport {
    /// None stands.
    None,
    /// One is published.
    Published,
    /// It was delivered to a body.
    Delivered,
    /// Something was decided on all of it.
    Answered,
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
