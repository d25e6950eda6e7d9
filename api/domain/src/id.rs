//! Ids: one newtype a resource, so that a meeting's id cannot be handed where a group's is wanted.
//!
//! Ids that we make are UUIDv7 (made by the service's clock, never here); a caller who works offline may
//! choose any RFC 9562 UUID for meetings, discussions, contributions and responses.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                uuid_schema()
            }
        }

        impl utoipa::ToSchema for $name {}

        #[cfg(feature = "sea-orm")]
        impl sea_orm::TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
            }
        }
    )*};
}

fn uuid_schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .into()
}

ids! {
    /// Whoever calls: somebody who signs in, or an api client.
    UserId,
    /// An api client. Its id is that of its row among those who call, so what it writes names it as it names a person.
    ApiClientId,
    /// One secret of an api client.
    ApiClientSecretId,
    /// One grant of a role to whoever calls.
    GrantId,
    /// A body that commissions or steers: a steering group, a clinical reference group, a commissioner.
    BodyId,
    /// A regional, local or national group.
    GroupId,
    /// A service where people live and work.
    ServiceId,
    /// A round of meetings with its window of dates.
    RoundId,
    /// One meeting of one group.
    MeetingId,
    /// A consultation.
    ConsultationId,
    /// A facilitated table of one meeting on one consultation.
    DiscussionId,
    /// One filled-in survey, champion's sheet or letter.
    ResponseId,
    /// One recorded point.
    ContributionId,
    /// A move of a discussion or response in review.
    ReviewId,
    /// A reason that can be given for such a move.
    ReviewReasonId,
    /// A theme or sub-theme of a codeframe.
    ThemeId,
    /// One coder's coding of one contribution.
    CodingId,
    /// A draw of contributions to be coded twice.
    DoubleCodingId,
    /// A release of a consultation's controlled figures.
    ReleaseId,
    /// A report: draft, published or retracted.
    ReportId,
    /// A quote of a report.
    QuoteId,
    /// That a report was delivered to a body.
    DeliveryId,
    /// What was decided on what was said.
    OutcomeId,
    /// A film, a poster, sound or sign language beside a report.
    ReportMediaId,
    /// One file of feedback that was sent in.
    ImportId,
    /// One act, as the audit log has it.
    AuditEventId,
}

impl From<ApiClientId> for UserId {
    fn from(client: ApiClientId) -> Self {
        Self(client.0)
    }
}
