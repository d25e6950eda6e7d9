//! Parts of records that are the same thing in a request, in the database and in an answer: they are written once.

use crate::{
    id::{ConsultationId, ServiceId},
    limits,
    text::{Mark, Prose, Title},
    vocabulary::{AgendaKind, MaterialFormat, NotDiscussedReason, RespondentGroup, VenueKind},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;
use utoipa::ToSchema;
use validator::Validate;

/// Where a meeting is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Venue {
    pub kind: VenueKind,
    /// The service whose unit it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    /// The name of a community venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub name: Option<Title>,
}

/// People of one respondent group, from one service where that was recorded, who came to a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AttendanceLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    pub respondent_group: RespondentGroup,
    /// Headcount.
    #[validate(range(min = 0, max = limits::COUNT, message = "A headcount lies between 0 and 100000."))]
    #[schema(minimum = 0, maximum = 100000)]
    pub people: i32,
}

/// One item of a meeting's agenda.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AgendaItem {
    /// Where it stands in the agenda, from 1.
    #[validate(range(min = 1, max = limits::COUNT, message = "Positions are counted from 1."))]
    #[schema(minimum = 1, maximum = 100000)]
    pub position: i32,
    pub kind: AgendaKind,
    #[validate(nested)]
    pub title: Title,
    /// Who presented it; people in services and staff often do so together.
    #[serde(default)]
    #[validate(length(max = 10, message = "At most 10 respondent groups."))]
    #[schema(max_items = 10)]
    pub presented_by: Vec<RespondentGroup>,
    /// The consultation it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultation_id: Option<ConsultationId>,
    /// Minutes given to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = limits::COUNT, message = "Minutes lie between 0 and 100000."))]
    #[schema(minimum = 0, maximum = 100000)]
    pub minutes: Option<i32>,
    /// Headcount at this item: people come for part of a meeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = limits::COUNT, message = "A headcount lies between 0 and 100000."))]
    #[schema(minimum = 0, maximum = 100000)]
    pub people_present: Option<i32>,
}

/// Whether an item of this agenda names the consultation.
pub fn agenda_names(agenda: &[AgendaItem], consultation: ConsultationId) -> bool {
    agenda
        .iter()
        .any(|item| item.consultation_id == Some(consultation))
}

/// Whether a meeting with this agenda may be one of the consultation: unless its items name others and not this one.
pub fn agenda_concerns(agenda: &[AgendaItem], consultation: ConsultationId) -> bool {
    agenda_names(agenda, consultation) || agenda.iter().all(|item| item.consultation_id.is_none())
}

/// A document that is consulted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Document {
    #[validate(nested)]
    pub title: Title,
    /// The draft's version, as its authors number it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub version: Option<Mark>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 sections."))]
    #[schema(max_items = 1000)]
    pub sections: Vec<Section>,
}

/// A section of a document. `ref` is how contributions name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Section {
    #[serde(rename = "ref")]
    #[validate(nested)]
    pub reference: Mark,
    #[validate(nested)]
    pub title: Title,
}

/// Material that was given to people so that they could answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Material {
    pub format: MaterialFormat,
    #[validate(nested)]
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub url: Option<Prose>,
    /// The day on which it was supplied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplied_on: Option<Date>,
}

/// A question that a table did not come to, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotDiscussed {
    /// The question's number.
    pub question: i32,
    pub reason: NotDiscussedReason,
}

/// A show of hands on a closed question at one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The question's number.
    pub question: i32,
    /// People by option; for `agreement` questions agree, disagree, unsure.
    #[validate(length(min = 1, max = limits::ELEMENTS, message = "At least one option has its count."))]
    pub counts: BTreeMap<String, u32>,
}

/// How many people of each kind sat at a table; empty when nobody counted.
pub type Participants = BTreeMap<RespondentGroup, u32>;

/// Hands raised on one contribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hands {
    #[serde(default)]
    pub agree: u32,
    #[serde(default)]
    pub disagree: u32,
    #[serde(default)]
    pub unsure: u32,
}

impl Hands {
    /// Everyone who raised a hand.
    pub const fn sum(self) -> u64 {
        self.agree as u64 + self.disagree as u64 + self.unsure as u64
    }
}

/// Somebody may be at risk. Facilitators follow the local safeguarding procedure; this says whether they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Concern {
    /// The day on which it was noticed.
    pub raised_on: Date,
    /// The role or office that it was passed to; no person's name is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub passed_to: Option<Title>,
    /// The day on which it was passed on; until then it is open, and nothing is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_on: Option<Date>,
}

impl Concern {
    /// Whether it still waits to be passed on.
    pub const fn is_open(&self) -> bool {
        self.passed_on.is_none()
    }
}

/// How much a file of feedback holds, or how much of it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportCount {
    /// Rows that hold something, the heading apart.
    pub rows: u32,
    /// Tables, each a discussion.
    pub tables: u32,
    pub responses: u32,
    /// Points made at tables and answers with text.
    pub contributions: u32,
}

impl ImportCount {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            tables: self.tables + other.tables,
            responses: self.responses + other.responses,
            contributions: self.contributions + other.contributions,
        }
    }
}

/// What is wrong with a row of a file, and what to write instead; or what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowFault {
    /// The row as a spreadsheet numbers it; the heading is a row like others.
    pub row: u32,
    /// The column's name, or its heading where it is none of ours; absent where it is about the whole row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Kebab-case, stable.
    pub code: String,
    /// What stands there, where it is no column of words; never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What to write instead.
    pub detail: String,
}
