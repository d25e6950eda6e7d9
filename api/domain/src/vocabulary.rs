//! The field's words, as closed sets. The same word stands in URL, table, type and log.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A word that is not in its closed set. Says which words are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord(pub String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnknownWord {}

// Where it is used, `serde`'s derives, `fmt`, `FromStr` and `UnknownWord` must be at hand.
macro_rules! closed_sets {
    ($($(#[doc = $doc:literal])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $word:literal),* $(,)? })*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "sea-orm", derive(sea_orm::DeriveValueType))]
        #[cfg_attr(feature = "sea-orm", sea_orm(value_type = "String"))]
        pub enum $name { $($(#[$item_doc])* #[serde(rename = $word)] $item),* }

        impl $name {
            /// Every word of the set, in the order in which lists show them.
            pub const ALL: &'static [Self] = &[$(Self::$item),*];

            /// The word as it stands in JSON, in URLs and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$item => $word),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        // By hand: the derive does not see a `rename` whose word comes out of a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc),*).trim()))
                    .enum_values(Some([$($word),*]))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl From<$name> for &'static str {
            fn from(word: $name) -> &'static str {
                word.as_str()
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$item),)*
                    _ => Err(UnknownWord(format!("one of {}", [$($word),*].join(", ")))),
                }
            }
        }
    )*};
}

pub(crate) use closed_sets;

closed_sets! {
    /// Who said it. `mixed` is a table's point nobody attributed; `not_recorded` one of which nobody knows.
    RespondentGroup {
        ServiceUser = "service_user", FamilyCarer = "family_carer", Staff = "staff",
        Commissioner = "commissioner", Other = "other", Mixed = "mixed", NotRecorded = "not_recorded",
    }
    /// The kind of service that a point speaks of; never derived from a venue.
    Setting {
        HighSecure = "high_secure", MediumSecure = "medium_secure", LowSecure = "low_secure",
        CommunityForensic = "community_forensic", Mixed = "mixed", NotRecorded = "not_recorded",
    }
    /// The way by which feedback came in.
    Channel {
        MeetingDiscussion = "meeting_discussion", Champion = "champion", SurveyOnline = "survey_online",
        SurveyPaper = "survey_paper", Written = "written",
    }
    /// A point's direction towards the draft.
    Stance {
        Supports = "supports", Opposes = "opposes", Mixed = "mixed", Suggests = "suggests", Unclear = "unclear",
    }
    /// Whether these words may be quoted. Counting needs no such permission.
    QuoteConsent { Quotable = "quotable", NotQuotable = "not_quotable" }
    /// Where a discussion or a response stands in review.
    ReviewState { Received = "received", HasIssues = "has_issues", Approved = "approved", Withdrawn = "withdrawn" }
    /// What is reviewed: a table's notes, or a response.
    ReviewedKind { Discussion = "discussion", Response = "response" }
    /// Whether a reason for a move in review can be given any more.
    ReasonStatus { Active = "active", Retired = "retired" }
    /// Of what versions are told.
    VersionedKind { Discussion = "discussion", Response = "response", Contribution = "contribution" }
    /// Why there is a version. `recorded`: it came in. `corrected`: somebody changed it. `cleared`: a person cleared its text
    /// of personal data, as it stood or with parts replaced. `reviewed`: it was moved in review. `quote_withdrawn` and
    /// `withdrawn`: its use as a quote, or all of it, was taken back. `text_ended`: its text was kept for as long as it may.
    /// `screened`: the personal-data screen came to a text that is older than it. `point_changed`: nothing of its own did,
    /// but a point in it. `not_recorded`: made before causes were written down.
    VersionCause {
        Recorded = "recorded", Corrected = "corrected", Cleared = "cleared", Reviewed = "reviewed",
        QuoteWithdrawn = "quote_withdrawn", Withdrawn = "withdrawn", TextEnded = "text_ended", Screened = "screened",
        PointChanged = "point_changed", NotRecorded = "not_recorded",
    }
    /// Why words of an earlier version are not shown. `cleared`: a clearance replaced parts of them, and what stood there
    /// before is for national leads and the auditor. `withdrawn`: they were taken back. `ended`: they were kept for as long as
    /// they may.
    Withheld { Cleared = "cleared", Withdrawn = "withdrawn", Ended = "ended" }
    /// What kind of body it is.
    BodyKind {
        SteeringGroup = "steering_group", ClinicalReferenceGroup = "clinical_reference_group",
        SubGroup = "sub_group", Commissioner = "commissioner",
    }
    /// How far a group reaches.
    GroupKind { Regional = "regional", Local = "local", National = "national" }
    /// Whether a group meets.
    GroupStatus { Active = "active", Paused = "paused", Closed = "closed" }
    /// Where a round stands.
    RoundStatus { Planned = "planned", Active = "active", Paused = "paused", Closed = "closed" }
    /// What became of a meeting.
    MeetingStatus { Planned = "planned", Held = "held", Cancelled = "cancelled" }
    /// Where a meeting is held.
    VenueKind { SecureUnit = "secure_unit", Community = "community" }
    /// What an agenda item is.
    AgendaKind {
        Lunch = "lunch", Presentation = "presentation", Discussion = "discussion", Update = "update", Break = "break",
    }
    /// What is consulted on.
    ConsultationKind {
        Guidance = "guidance", ServiceSpecification = "service_specification", Pilot = "pilot", Cquin = "cquin",
        Plan = "plan", Project = "project", Survey = "survey",
    }
    /// What kind of answer a question takes.
    QuestionKind {
        Open = "open", SingleChoice = "single_choice", MultipleChoice = "multiple_choice", Agreement = "agreement",
    }
    /// What a choice on an `agreement` question can be.
    Agreement { Agree = "agree", Disagree = "disagree", Unsure = "unsure" }
    /// The form in which material was supplied.
    MaterialFormat {
        Standard = "standard", EasyRead = "easy_read", LargePrint = "large_print", Braille = "braille",
        Audio = "audio", BslVideo = "bsl_video",
    }
    /// Why a table did not come to a question.
    NotDiscussedReason { NoTime = "no_time", ChoseNotTo = "chose_not_to", NotAsked = "not_asked", Other = "other" }
    /// Who helped somebody to say it.
    HelpedBy { Staff = "staff", Carer = "carer", Advocate = "advocate", Peer = "peer", Scribe = "scribe" }
    /// How much of what was said is taken back: its use as a quote, or all of it.
    WithdrawalScope { Quote = "quote", All = "all" }
    /// How much of what a receipt or a slip stands for is taken back: its use as quotes, or all of it.
    ReceiptScope { Quotes = "quotes", All = "all" }
    /// Who asked for it to be taken back; never why.
    AskedBy {
        Speaker = "speaker", Carer = "carer", Advocate = "advocate", Peer = "peer", Staff = "staff", Other = "other",
    }
    /// The rule by which small numbers are hidden from controlled audiences; it is for counts of people and responses and
    /// for every count in a breakdown. `mhsds-5`: counts up to 4, zeros among them, are suppressed, larger ones rounded
    /// to the nearest multiple of 5; `heard.attendance[].all` and `heard.responses.all` stay exact. `hes-7`: counts from 1
    /// to 7 are suppressed, larger ones rounded to the nearest multiple of 5, and zeros are shown; a shown zero tells which
    /// side a sole voice did not take, so it is for populations where that is no harm.
    PolicyId { Mhsds5 = "mhsds-5", Hes7 = "hes-7" }
    /// Where a theme of the codeframe stands.
    ThemeStatus { Candidate = "candidate", Agreed = "agreed", Merged = "merged", Retired = "retired" }
    /// What made a version of a theme. `added`: it came to the codeframe. `changed`: its wording, place or status was.
    /// `merged`: into another. `split`: into several, and retired. `moved`: with the theme that it is under, when that was merged.
    ThemeAct { Added = "added", Changed = "changed", Merged = "merged", Split = "split", Moved = "moved" }
    /// What came of an act: rows written, text read, a table taken away as a file, something done that leaves no row
    /// (signing in), or an attempt refused.
    AuditOutcome {
        Written = "written", Read = "read", Exported = "exported", Done = "done", Refused = "refused",
    }
    /// What is stored of a file with faults: nothing, or every table and response that has none.
    ImportMode { AllOrNothing = "all_or_nothing", PerRow = "per_row" }
    /// Where a file of feedback stands. `checked`: a dry run, nothing was to be stored. `refused`: it has faults, and all
    /// or nothing was asked for. `failed`: it could not be read or worked off.
    ImportState {
        Checked = "checked", Queued = "queued", Running = "running", Done = "done", Refused = "refused",
        Failed = "failed", Cancelled = "cancelled",
    }
    /// What kind of file it is.
    ImportKind { Csv = "csv", Xlsx = "xlsx", JsonLines = "ndjson" }
    /// What a secret key is for.
    KeyPurpose { Access = "access", Receipt = "receipt" }
    /// What calls: a person who signs in, or a machine with a secret of its own.
    CallerKind { Person = "person", ApiClient = "api_client" }
    /// What a caller may be.
    Role {
        Facilitator = "facilitator", Champion = "champion", Collector = "collector", Coder = "coder",
        NationalLead = "national_lead", SteeringGroup = "steering_group",
        ClinicalReferenceGroup = "clinical_reference_group", Dashboard = "dashboard", Auditor = "auditor",
        Admin = "admin",
    }
}

impl From<ReviewedKind> for VersionedKind {
    fn from(kind: ReviewedKind) -> Self {
        match kind {
            ReviewedKind::Discussion => Self::Discussion,
            ReviewedKind::Response => Self::Response,
        }
    }
}

/// What a role must be given together with, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleScope {
    /// The whole network.
    Everywhere,
    /// One group.
    Group,
    /// One service.
    Service,
    /// One consultation.
    Consultation,
    /// One body.
    Body,
}

impl Role {
    /// The scope without which a grant of this role means nothing (contract, section 1).
    pub const fn scope(self) -> RoleScope {
        match self {
            Self::Facilitator => RoleScope::Group,
            Self::Champion => RoleScope::Service,
            Self::Collector | Self::Coder => RoleScope::Consultation,
            Self::ClinicalReferenceGroup => RoleScope::Body,
            Self::NationalLead | Self::SteeringGroup | Self::Dashboard | Self::Auditor | Self::Admin => {
                RoleScope::Everywhere
            }
        }
    }

    /// Whether a caller of this kind may hold the role (contract, section 1). What is judged, decided or read in confidence
    /// is a person's, who answers for it by name; a machine takes feedback in and shows what is published.
    pub const fn is_for(self, kind: CallerKind) -> bool {
        match self {
            Self::Collector => true,
            Self::Dashboard => matches!(kind, CallerKind::ApiClient),
            _ => matches!(kind, CallerKind::Person),
        }
    }
}

closed_sets! {
    /// Where a report stands.
    ReportStatus {
        Draft = "draft", Published = "published", Retracted = "retracted",
    }
    /// What was decided on what was said.
    OutcomeDecision {
        Accepted = "accepted", PartlyAccepted = "partly_accepted", NotAccepted = "not_accepted",
        AlreadyInPlace = "already_in_place", UnderReview = "under_review",
    }
    /// What stands beside a report.
    ReportMediaKind { Video = "video", Document = "document", Audio = "audio", BslVideo = "bsl_video" }
    /// What became of what somebody said. `received`: the consultation is still open; `being_read`: it is closed, and no report is
    /// published that holds it; `in_report`: one is; `answered`: something was decided on it; `withdrawn`: it was taken back, or
    /// counts no more.
    WhatBecame {
        Received = "received", BeingRead = "being_read", InReport = "in_report", Answered = "answered",
        Withdrawn = "withdrawn",
    }
}

macro_rules! labels {
    ($name:ident { $($item:ident = $label:literal),* $(,)? }) => {
        impl $name {
            /// What a reader sees for this word.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$item => $label),* }
            }
        }
    };
}

impl RespondentGroup {
    /// Whether every consultation wants to hear them: those who live in, work in, care for or commission services.
    pub const fn is_expected(self) -> bool {
        matches!(
            self,
            Self::ServiceUser | Self::FamilyCarer | Self::Staff | Self::Commissioner
        )
    }
}

labels!(RespondentGroup {
    ServiceUser = "People in services", FamilyCarer = "Family and carers", Staff = "Staff",
    Commissioner = "Commissioners", Other = "Others", Mixed = "Mixed, not attributed", NotRecorded = "Not recorded",
});
labels!(Setting {
    HighSecure = "High secure", MediumSecure = "Medium secure", LowSecure = "Low secure",
    CommunityForensic = "Community forensic", Mixed = "Mixed", NotRecorded = "Not recorded",
});
labels!(Channel {
    MeetingDiscussion = "Meeting discussion", Champion = "Champion", SurveyOnline = "Online survey",
    SurveyPaper = "Paper survey", Written = "Written response",
});
labels!(Stance {
    Supports = "Supports", Opposes = "Opposes", Mixed = "Mixed", Suggests = "Suggests", Unclear = "Unclear",
});
labels!(OutcomeDecision {
    Accepted = "Accepted", PartlyAccepted = "Partly accepted", NotAccepted = "Not accepted",
    AlreadyInPlace = "Already in place", UnderReview = "Under review",
});
labels!(ReportMediaKind {
    Video = "Video", Document = "Document", Audio = "Audio", BslVideo = "British Sign Language video",
});
