//! The whole policy on one page: what can be done, and by whom. Where a grant reaches is in [`super::reach`].

use domain::{
    collate::Audience,
    vocabulary::Role::{self, *},
};

/// Something that can be done.
pub trait Permission: 'static {
    /// Its name in the document, in problems and in the grid.
    const NAME: &'static str;
    /// Who may.
    const ROLES: &'static [Role];
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal for [$($role:ident),* $(,)?];)*) => {
        /// The name of every permission, in the order of the page.
        pub const NAMES: &[&str] = &[$($word),*];
    $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl Permission for $name {
            const NAME: &'static str = $word;
            const ROLES: &'static [Role] = &[$($role),*];
        }
    )*};
}

permissions! {
    /// Read one's own name and grants.
    ReadSelf = "self:read" for [
        Facilitator, Champion, Collector, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard,
        Auditor, Admin,
    ];
    /// Read and keep users and their grants.
    KeepUsers = "users:write" for [Admin];
    /// Read and keep api clients, their secrets and grants.
    KeepApiClients = "api-clients:write" for [Admin];

    /// Read bodies, groups, services and rounds.
    ReadNetwork = "network:read" for [
        Facilitator, Champion, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard, Auditor, Admin,
    ];
    /// Keep bodies, groups and services.
    KeepNetwork = "network:write" for [Admin];
    /// Keep rounds.
    KeepRounds = "rounds:write" for [NationalLead];
    /// Read meetings, attendance and agenda; facilitators those of their own groups.
    ReadMeetings = "meetings:read" for [Facilitator, NationalLead];
    /// Keep meetings; facilitators those of their own groups.
    KeepMeetings = "meetings:write" for [Facilitator, NationalLead];

    /// Read consultations: what is asked, of whom, until when.
    ReadConsultations = "consultations:read" for [
        Facilitator, Champion, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard, Auditor,
    ];
    /// Set consultations up and move them through their life.
    KeepConsultations = "consultations:write" for [NationalLead];
    /// Read what the record shows of how people were consulted, and what it does not.
    ReadAssurance = "assurance:read" for [NationalLead, Auditor];

    /// Post a table's notes; facilitators those of their own groups.
    SubmitDiscussion = "discussions:write" for [Facilitator, NationalLead];
    /// Read tables' notes; facilitators those of their own groups.
    ReadDiscussions = "discussions:read" for [Facilitator, NationalLead];
    /// Post a response: champions of their service, facilitators of their groups, collectors of their consultation.
    SubmitResponse = "responses:write" for [Facilitator, Champion, Collector, NationalLead];
    /// Correct a response that one may read.
    CorrectResponse = "responses:correct" for [Facilitator, Champion, NationalLead];
    /// Read responses; facilitators those of their own groups, champions their own.
    ReadResponses = "responses:read" for [Facilitator, Champion, NationalLead];
    /// Send files of feedback: champions responses of their service, facilitators tables and responses of their groups.
    /// National leads see every import, all others their own.
    ImportFeedback = "imports:write" for [Facilitator, Champion, NationalLead];
    /// Read contributions; coders text, question and section only.
    ReadContributions = "contributions:read" for [Facilitator, Champion, Coder, NationalLead];
    /// Correct a contribution that one may read whole.
    CorrectContribution = "contributions:write" for [Facilitator, Champion, NationalLead];
    /// Take a contribution back for whoever said it and asks; facilitators of their groups, champions their own.
    WithdrawContribution = "contributions:withdraw" for [Facilitator, Champion, NationalLead];
    /// Let flagged words be quoted, as they stand or with parts replaced.
    ClearContribution = "contributions:clear" for [NationalLead];
    /// Move a table's notes in review: leads by every step, facilitators withdraw those of their own groups.
    ReviewDiscussion = "discussions:review" for [Facilitator, NationalLead];
    /// Move a response in review: leads by every step, facilitators and champions withdraw what they posted.
    ReviewResponse = "responses:review" for [Facilitator, Champion, NationalLead];
    /// Move many at once.
    ReviewMany = "reviews:write" for [NationalLead];
    /// Read versions and moves in review of tables' notes that one may read; the auditor of all.
    ReadDiscussionHistory = "discussions:history" for [Facilitator, NationalLead, Auditor];
    /// Read versions and moves in review of responses that one may read; the auditor of all.
    ReadResponseHistory = "responses:history" for [Facilitator, Champion, NationalLead, Auditor];
    /// Read versions of contributions that one may read whole; the auditor of all.
    ReadContributionHistory = "contributions:history" for [Facilitator, Champion, NationalLead, Auditor];
    /// Read reasons that can be given for moves in review.
    ReadReviewReasons = "review-reasons:read" for [Facilitator, Champion, NationalLead, Auditor];
    /// Keep them.
    KeepReviewReasons = "review-reasons:write" for [NationalLead];
    /// Read how a consultation stands with concerns that somebody may be at risk.
    ReadConcerns = "concerns:read" for [NationalLead];
    /// Print forms to fill in by hand.
    PrintForms = "paper:read" for [Facilitator, Champion, NationalLead];
    /// Make slips for the tables of a meeting; facilitators of their own groups.
    MakeSlips = "slips:write" for [Facilitator, NationalLead];

    /// Read the codeframe.
    ReadCodeframe = "codeframe:read" for [Facilitator, Coder, NationalLead, Auditor];
    /// Add a theme; coders propose candidates.
    ProposeTheme = "themes:write" for [Coder, NationalLead];
    /// Change and merge themes.
    KeepCodeframe = "codeframe:write" for [NationalLead];
    /// Read which themes look alike, are found together or hardly used. Not for coders: how often a theme was used, and with which
    /// other, is what others coded, and theirs shall be their own.
    CheckCodeframe = "codeframe:check" for [NationalLead];
    /// Say what a contribution is about.
    CodeContribution = "codings:write" for [Coder, NationalLead];

    /// Read how far coding is; coders their own part, without groups.
    ReadCodingProgress = "coding-progress:read" for [Coder, NationalLead];
    /// Draw contributions to be coded twice. Not for coders: it would say which of their codings are compared.
    DrawDoubleCoding = "double-coding:write" for [NationalLead];
    /// Read every coding of a contribution, and decide where they differ.
    AdjudicateCodings = "codings:adjudicate" for [NationalLead];
    /// Read how far coders agree. Not for coders: of one contribution it would say what another saw in it.
    ReadAgreement = "agreement:read" for [NationalLead];

    /// Read how many new themes each meeting brought; facilitators of the meetings of their own groups. Never controlled: what one
    /// meeting brought is what one group said, and a new theme there tells of a count that is not zero.
    ReadSaturation = "saturation:read" for [Facilitator, NationalLead];
    /// Read what became of themes from earlier consultations on: exact for leads, of their own groups for facilitators,
    /// controlled for all others.
    ReadTrend = "trend:read" for [Facilitator, NationalLead, SteeringGroup, ClinicalReferenceGroup];
    /// Read a collation: exact for leads, of their own groups for facilitators, controlled for all others.
    ReadCollation = "collation:read" for [
        Facilitator, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard,
    ];
    /// Release controlled figures.
    MakeRelease = "releases:write" for [NationalLead];
    /// Read which releases there are.
    ReadReleases = "releases:read" for [
        NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard, Auditor,
    ];
    /// Begin reports, write to them, publish and retract them.
    WriteReports = "reports:write" for [NationalLead];
    /// Read reports that are published, and drafts that were delivered to one's body.
    ReadReports = "reports:read" for [
        Facilitator, Champion, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard, Auditor,
    ];
    /// Read every combination that occurs; never controlled.
    ReadCells = "cells:read" for [Facilitator, NationalLead];

    /// Write down that a body was given a report.
    DeliverReport = "deliveries:write" for [NationalLead];
    /// Read to whom reports were delivered; bodies what was delivered to them.
    ReadDeliveries = "deliveries:read" for [NationalLead, SteeringGroup, ClinicalReferenceGroup, Auditor];
    /// Write down what was decided: the body that commissioned the consultation, and leads on behalf of one.
    RecordOutcome = "outcomes:write" for [NationalLead, ClinicalReferenceGroup];
    /// Read what was decided on what was said.
    ReadOutcomes = "outcomes:read" for [
        Facilitator, Champion, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard, Auditor,
    ];
    /// Put a film, a poster, sound or sign language beside a report.
    KeepReportMedia = "report-media:write" for [NationalLead];
    /// Read what a group raised and what was decided, beside the whole; facilitators of their own groups. Never controlled: it holds
    /// exact figures of one group.
    ReadFeedbackLoop = "feedback-loop:read" for [Facilitator, NationalLead];
    /// Read what stands behind a published figure: leads and the auditor. Everybody else gets 404 and not 403, because whether there is
    /// such a figure is not told, either (a draft has figures, too); so it is a permission of all, and the handler tells them apart.
    ReadProvenance = "cells:trace" for [
        Facilitator, Champion, Collector, Coder, NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard,
        Auditor, Admin,
    ];

    /// Read who did what.
    ReadAudit = "audit:read" for [Auditor];
}

/// Whose grants give which figures. Somebody may hold grants of both kinds; each gives figures only where it reaches itself.
/// A lead, who makes a release, reads it as its readers do where that is asked for.
pub const fn roles_for(audience: Audience) -> &'static [Role] {
    match audience {
        Audience::Exact => &[Facilitator, NationalLead],
        Audience::Controlled => &[NationalLead, SteeringGroup, ClinicalReferenceGroup, Dashboard],
    }
}
