//! Who calls, as far as the service must know.

use super::reach::Grant;
use domain::{
    id::{ApiClientId, UserId},
    vocabulary::CallerKind,
};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A caller whose token was verified and whose grants were looked up.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who; an api client's writes are recorded under this as a person's are.
    pub user: UserId,
    /// A person or a machine.
    pub kind: CallerKind,
    /// Their name.
    pub name: String,
    /// What they are, and where.
    pub grants: Vec<Grant>,
}

/// For whom a token speaks and who holds a grant: a person or an api client, and which.
///
/// Both are rows of `users` with ids of one making, so that no id names two of them; the kind goes with the id wherever it
/// is read back, so that a token of the one is never good for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Somebody who signs in.
    Person(UserId),
    /// A machine with a secret.
    ApiClient(ApiClientId),
}

/// Before the id of an api client in a token's `sub`.
const OF_CLIENT: &str = "api-client:";

impl Subject {
    /// The id among all who call.
    pub const fn id(self) -> UserId {
        match self {
            Self::Person(id) => id,
            Self::ApiClient(ApiClientId(id)) => UserId(id),
        }
    }

    /// A person or a machine.
    pub const fn kind(self) -> CallerKind {
        match self {
            Self::Person(_) => CallerKind::Person,
            Self::ApiClient(_) => CallerKind::ApiClient,
        }
    }
}

/// As it stands in a token: a person's id alone, an api client's behind `api-client:`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::ApiClient(id) => write!(f, "{OF_CLIENT}{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(OF_CLIENT) {
            Some(id) => Uuid::try_parse(id).map(|id| Self::ApiClient(id.into())),
            None => Uuid::try_parse(text).map(|id| Self::Person(id.into())),
        }
    }
}
