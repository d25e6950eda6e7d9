//! Columns that hold JSON, each with its shape.

use domain::{
    disclosure::Cut,
    id::{ContributionId, GroupId, ThemeId},
    record::{
        AgendaItem, AttendanceLine, Concern, Document, ImportCount, Material, NotDiscussed, Participants,
        RowFault, Tally,
    },
    report::{Commentary, FrozenParts},
    screening::Flag,
    vocabulary::{Channel, ReviewState, ThemeStatus},
};
use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};

macro_rules! json_columns {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJsonQueryResult)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
    )*};
}

json_columns! {
    /// Who came to a meeting.
    Attendance(Vec<AttendanceLine>);
    /// A meeting's agenda.
    Agenda(Vec<AgendaItem>);
    /// Access needs, by name, as they were written down.
    AccessNeeds(serde_json::Map<String, serde_json::Value>);
    /// Channels that a consultation takes.
    Channels(Vec<Channel>);
    /// Documents consulted on.
    Documents(Vec<Document>);
    /// Materials supplied.
    Materials(Vec<Material>);
    /// Options, refs.
    Strings(Vec<String>);
    /// Groups that were not waited for when a consultation was closed.
    Overrides(Vec<Override>);
    /// People at a table.
    ParticipantCounts(Participants);
    /// Questions a table did not come to.
    NotDiscussedList(Vec<NotDiscussed>);
    /// Shows of hands at a table.
    Tallies(Vec<Tally>);
    /// Choices of a response on closed questions.
    Choices(Vec<Choice>);
    /// What the personal-data screen saw in a text.
    Flags(Vec<Flag>);
    /// A concern that somebody may be at risk.
    RaisedConcern(Concern);
    /// States for which a reason can be given.
    ReviewStates(Vec<ReviewState>);
    /// How much a file holds, or how much of it is stored.
    ImportCounts(ImportCount);
    /// What is wrong with rows of a file.
    RowFaults(Vec<RowFault>);
    /// Themes of a coding, or those that a theme was split into.
    ThemeIds(Vec<ThemeId>);
    /// A codeframe as it stood.
    ThemeRecords(Vec<ThemeRecord>);
    /// A theme as it stood.
    ThemeBody(ThemeRecord);
    /// Cuts that a lead added to a release.
    Cuts(Vec<Cut>);
    /// Quotes that a lead released by name.
    NamedQuotes(Vec<NamedQuote>);
    /// What a report says beside the figures of its release.
    FrozenReport(FrozenParts);
    /// What was written to a report.
    CommentaryBody(Commentary);
}

impl ParticipantCounts {
    /// Everyone at the table, where somebody counted.
    pub fn sum(&self) -> Option<u64> {
        (!self.0.is_empty()).then(|| self.0.values().map(|people| u64::from(*people)).sum())
    }
}

/// A group that was not waited for, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub group_id: GroupId,
    pub reason: String,
}

/// A theme as it stood in one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThemeRecord {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<ThemeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_theme_id: Option<ThemeId>,
    pub status: ThemeStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ThemeId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split_into: Vec<ThemeId>,
    pub version: i32,
}

impl From<&crate::themes::Model> for ThemeRecord {
    fn from(row: &crate::themes::Model) -> Self {
        let row = row.clone();
        Self {
            id: row.id,
            code: row.code,
            label: row.label,
            description: row.description,
            include: row.include,
            exclude: row.exclude,
            example: row.example,
            parent_id: row.parent_id,
            question: row.question,
            earlier_theme_id: row.earlier_theme_id,
            status: row.status,
            merged_into: row.merged_into,
            split_into: row.split_into.map(|themes| themes.0).unwrap_or_default(),
            version: row.version,
        }
    }
}

/// Words that a lead released by name, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedQuote {
    pub contribution_id: ContributionId,
    pub reason: String,
}

/// What was chosen on one closed question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The question's number.
    pub question: i32,
    /// One option, or several of a multiple choice.
    pub chosen: Vec<String>,
    /// Whether it was sent as one choice, and is shown as one.
    pub single: bool,
}

impl Choice {
    /// The one option, where one was sent.
    pub fn one(&self) -> Option<String> {
        self.chosen.first().filter(|_| self.single).cloned()
    }
}
