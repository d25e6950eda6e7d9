//! The tables as they stand, one module each, without logic. No row is ever an answer: none can be serialised, so
//! a new column stays private until a view names it.

pub mod json;
pub mod values;

macro_rules! table {
    ($(#[$doc:meta])* $module:ident, $name:literal, { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        pub mod $module {
            #[allow(unused_imports, reason = "which words a table needs differs")]
            use crate::json::*;
            #[allow(unused_imports, reason = "which words a table needs differs")]
            use domain::{id::*, life::Status, moment::Moment, vocabulary::*};
            use sea_orm::entity::prelude::*;
            #[allow(unused_imports, reason = "which words a table needs differs")]
            use time::Date;

            #[doc = concat!("A row of `", $name, "`.")]
            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $name)]
            pub struct Model {
                $($(#[$field_doc])* pub $field: $type),*
            }

            crate::from_values!(Model { $($field),* });

            /// Joins are written where they are needed.
            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table! {
    /// Whoever calls: who signs in, and api clients, which have a row of `api_clients` beside it, no e-mail address and no
    /// password.
    users, "users", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: UserId,
        email: String,
        email_folded: String,
        name: String,
        password_hash: String,
        version: i32,
        received_at: Moment,
    }
}
table! {
    /// Which of those who call are machines. A row stays when its client is taken away: what it wrote names it.
    api_clients, "api_clients", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ApiClientId,
        ended_at: Option<Moment>,
    }
}
table! {
    /// Secrets of api clients, as hashes.
    api_client_secrets, "api_client_secrets", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ApiClientSecretId,
        client_id: ApiClientId,
        secret_hash: String,
        made_at: Moment,
        expires_at: Option<Moment>,
    }
}
table! {
    /// What a caller may be, and where.
    grants, "grants", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: GrantId,
        user_id: UserId,
        role: Role,
        group_id: Option<GroupId>,
        service_id: Option<ServiceId>,
        body_id: Option<BodyId>,
        consultation_id: Option<ConsultationId>,
        received_at: Moment,
    }
}
table! {
    /// Keys that sign access tokens and make receipts.
    token_keys, "token_keys", {
        #[sea_orm(primary_key, auto_increment = false)]
        kid: String,
        purpose: KeyPurpose,
        secret: Vec<u8>,
        made_at: Moment,
        retired_at: Option<Moment>,
    }
}
table! {
    /// Refresh tokens, as hashes; a family is one sign-in and its rotations.
    refresh_tokens, "refresh_tokens", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        family: Uuid,
        user_id: UserId,
        token_hash: String,
        expires_at: Moment,
        used_at: Option<Moment>,
        ended_at: Option<Moment>,
    }
}
table! {
    /// Failed sign-ins, for throttling.
    sign_in_failures, "sign_in_failures", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        account: String,
        address: String,
        failed_at: Moment,
    }
}
table! {
    /// Bodies that commission and steer.
    bodies, "bodies", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: BodyId,
        kind: BodyKind,
        name: String,
        version: i32,
        received_at: Moment,
    }
}
table! {
    /// Regional, local and national groups.
    groups, "groups", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: GroupId,
        kind: GroupKind,
        name: String,
        nhs_region_code: Option<String>,
        service_id: Option<ServiceId>,
        valid_from: Date,
        valid_to: Option<Date>,
        status: GroupStatus,
        status_reason: Option<String>,
        status_since: Option<Date>,
        status_until: Option<Date>,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Services, each of one regional group.
    services, "services", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ServiceId,
        name: String,
        provider: String,
        ods_code: Option<String>,
        setting: Setting,
        group_id: GroupId,
        valid_from: Date,
        valid_to: Option<Date>,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Rounds of meetings.
    rounds, "rounds", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: RoundId,
        title: String,
        starts_on: Date,
        ends_on: Date,
        status: RoundStatus,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Groups that meet in a round.
    round_groups, "round_groups", {
        #[sea_orm(primary_key, auto_increment = false)]
        round_id: RoundId,
        #[sea_orm(primary_key, auto_increment = false)]
        group_id: GroupId,
    }
}
table! {
    /// Meetings, with attendance and agenda.
    meetings, "meetings", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: MeetingId,
        group_id: GroupId,
        round_id: RoundId,
        starts_at: Moment,
        ends_at: Moment,
        venue_kind: VenueKind,
        venue_service_id: Option<ServiceId>,
        venue_name: Option<String>,
        status: MeetingStatus,
        status_reason: Option<String>,
        public: bool,
        papers_sent_on: Option<Date>,
        tables: Option<i32>,
        attendance: Attendance,
        agenda: Agenda,
        access_needs: Option<AccessNeeds>,
        content_digest: Option<String>,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Consultations.
    consultations, "consultations", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ConsultationId,
        reference: String,
        title: String,
        kind: ConsultationKind,
        commissioned_by: BodyId,
        summary: String,
        easy_read_summary: Option<String>,
        open_to_change: Option<String>,
        not_open_to_change: Option<String>,
        opens_on: Option<Date>,
        closes_on: Option<Date>,
        response_due_on: Option<Date>,
        channels: Channels,
        public: bool,
        disclosure_policy: PolicyId,
        documents: Documents,
        materials: Materials,
        status: Status,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Rounds in which a consultation is discussed.
    consultation_rounds, "consultation_rounds", {
        #[sea_orm(primary_key, auto_increment = false)]
        consultation_id: ConsultationId,
        #[sea_orm(primary_key, auto_increment = false)]
        round_id: RoundId,
    }
}
table! {
    /// Groups that a consultation expects to hear.
    consultation_groups, "consultation_groups", {
        #[sea_orm(primary_key, auto_increment = false)]
        consultation_id: ConsultationId,
        #[sea_orm(primary_key, auto_increment = false)]
        group_id: GroupId,
    }
}
table! {
    /// Questions of consultations.
    questions, "questions", {
        #[sea_orm(primary_key, auto_increment = false)]
        consultation_id: ConsultationId,
        #[sea_orm(primary_key, auto_increment = false)]
        number: i32,
        prompt: String,
        easy_read_prompt: Option<String>,
        kind: QuestionKind,
        options: Strings,
        section_refs: Strings,
    }
}
table! {
    /// Every move of a consultation's life.
    consultation_moves, "consultation_moves", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        consultation_id: ConsultationId,
        moved_from: Status,
        moved_to: Status,
        reason: Option<String>,
        overrides: Overrides,
        moved_by: UserId,
        moved_at: Moment,
    }
}
table! {
    /// Facilitated tables.
    discussions, "discussions", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: DiscussionId,
        consultation_id: ConsultationId,
        meeting_id: MeetingId,
        round_id: RoundId,
        group_id: GroupId,
        counted_group_id: GroupId,
        table_name: Option<String>,
        sitting: i32,
        minutes_given: Option<i32>,
        recorded_at: Option<Moment>,
        participants: ParticipantCounts,
        respondent_group: RespondentGroup,
        not_discussed: NotDiscussedList,
        tallies: Tallies,
        review: ReviewState,
        content_digest: String,
        created_by: UserId,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Surveys, champions' sheets and letters.
    responses, "responses", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ResponseId,
        consultation_id: ConsultationId,
        channel: Channel,
        respondent_group: RespondentGroup,
        setting: Setting,
        group_id: Option<GroupId>,
        service_id: Option<ServiceId>,
        counted_group_id: Option<GroupId>,
        people_represented: Option<i32>,
        information_sheet_version: Option<String>,
        choices: Choices,
        review: ReviewState,
        withdrawn_at: Option<Moment>,
        receipt_digest: Option<String>,
        content_digest: String,
        created_by: UserId,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Recorded points.
    contributions, "contributions", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ContributionId,
        consultation_id: ConsultationId,
        discussion_id: Option<DiscussionId>,
        response_id: Option<ResponseId>,
        counted_group_id: Option<GroupId>,
        channel: Channel,
        question: Option<i32>,
        text: String,
        respondent_group: RespondentGroup,
        setting: Setting,
        stance: Stance,
        hands_agree: Option<i32>,
        hands_disagree: Option<i32>,
        hands_unsure: Option<i32>,
        verbatim: bool,
        quote_consent: QuoteConsent,
        section_ref: Option<String>,
        helped_by: Option<HelpedBy>,
        people_represented: Option<i32>,
        text_changed_at: Option<Moment>,
        /// Null where the text has not been screened yet.
        flags: Option<Flags>,
        cleared_at: Option<Moment>,
        quote_withdrawn_at: Option<Moment>,
        withdrawn_at: Option<Moment>,
        /// When the text was ended that had been taken back; it is empty since.
        text_ended_at: Option<Moment>,
        concern: Option<RaisedConcern>,
        created_by: UserId,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Files of feedback that were sent in, and what came of each.
    imports, "imports", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ImportId,
        consultation_id: ConsultationId,
        kind: ImportKind,
        mode: ImportMode,
        state: ImportState,
        file_digest: String,
        file_bytes: i64,
        /// What it holds.
        counted: ImportCounts,
        /// What is stored of it.
        written: ImportCounts,
        /// First row of the last table or response that is stored: work goes on behind it.
        worked_off: i32,
        faults: RowFaults,
        more_faults: i64,
        warnings: RowFaults,
        more_warnings: i64,
        /// Why it failed.
        detail: Option<String>,
        created_by: UserId,
        version: i32,
        received_at: Moment,
        finished_at: Option<Moment>,
    }
}
table! {
    /// A file while it waits and is worked off, in parts.
    import_parts, "import_parts", {
        #[sea_orm(primary_key, auto_increment = false)]
        import_id: ImportId,
        #[sea_orm(primary_key, auto_increment = false)]
        part: i32,
        bytes: Vec<u8>,
    }
}
table! {
    /// Files that are to be worked off, and which process works on each until when.
    import_leases, "import_leases", {
        #[sea_orm(primary_key, auto_increment = false)]
        import_id: ImportId,
        owner: Option<Uuid>,
        until: Moment,
        /// How often it was begun.
        attempts: i32,
    }
}
table! {
    /// What was said before it was corrected.
    earlier_versions, "earlier_versions", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        of_kind: String,
        of_id: Uuid,
        version: i32,
        body: Json,
        replaced_by: UserId,
        replaced_at: Moment,
    }
}
table! {
    /// Reasons that can be given for a move in review.
    review_reasons, "review_reasons", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ReviewReasonId,
        given_for: ReviewStates,
        label: String,
        note_wanted: bool,
        status: ReasonStatus,
        version: i32,
        received_at: Moment,
    }
}
table! {
    /// Moves of discussions and responses in review.
    reviews, "reviews", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ReviewId,
        consultation_id: ConsultationId,
        of_kind: ReviewedKind,
        of_id: Uuid,
        /// The version of what was moved that the move made.
        version: i32,
        moved_from: ReviewState,
        moved_to: ReviewState,
        /// None where a correction took an approval back by itself.
        reason_id: Option<ReviewReasonId>,
        note: Option<String>,
        note_flags: Option<Flags>,
        /// When the note was ended, with words on which it may have been written.
        note_ended_at: Option<Moment>,
        moved_by: UserId,
        moved_at: Moment,
    }
}
table! {
    /// What made each version beyond the first, from when that was first written down.
    version_steps, "version_steps", {
        of_kind: VersionedKind,
        #[sea_orm(primary_key, auto_increment = false)]
        of_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        version: i32,
        cause: VersionCause,
        /// The discussion or response that a contribution's version was made in, and the version it came to by that.
        within_id: Option<Uuid>,
        within_version: Option<i32>,
        /// None where a receipt or a slip was shown, and for what the service does by itself.
        made_by: Option<UserId>,
        made_at: Moment,
    }
}
table! {
    /// Codeframes.
    themes, "themes", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ThemeId,
        consultation_id: ConsultationId,
        code: String,
        label: String,
        description: Option<String>,
        include: Option<String>,
        exclude: Option<String>,
        example: Option<String>,
        parent_id: Option<ThemeId>,
        question: Option<i32>,
        status: ThemeStatus,
        merged_into: Option<ThemeId>,
        /// The themes that took its place when it was split.
        split_into: Option<ThemeIds>,
        created_by: UserId,
        version: i32,
        received_at: Moment,
        changed: i64,
        earlier_theme_id: Option<ThemeId>,
    }
}
table! {
    /// Codings; appended, and changed in nothing but that their reasons end.
    codings, "codings", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: CodingId,
        contribution_id: ContributionId,
        coder_id: UserId,
        theme_ids: ThemeIds,
        set_aside_reason: Option<String>,
        independent: bool,
        coded_at: Moment,
        adjudication_reason: Option<String>,
        /// The version of the codeframe that was frozen last when it was made; none before the first.
        codeframe_version: Option<i32>,
    }
}
table! {
    /// Codeframes that were frozen.
    codeframes, "codeframes", {
        #[sea_orm(primary_key, auto_increment = false)]
        consultation_id: ConsultationId,
        #[sea_orm(primary_key, auto_increment = false)]
        version: i32,
        themes: ThemeRecords,
        frozen_by: UserId,
        frozen_at: Moment,
    }
}
table! {
    /// Every version of a theme, as it stood and why.
    theme_versions, "theme_versions", {
        #[sea_orm(primary_key, auto_increment = false)]
        theme_id: ThemeId,
        #[sea_orm(primary_key, auto_increment = false)]
        version: i32,
        act: ThemeAct,
        reason: Option<String>,
        body: ThemeBody,
        /// None where it was made before versions were written down, and is not the first.
        made_by: Option<UserId>,
        made_at: Option<Moment>,
    }
}
table! {
    /// Contributions that are dealt to somebody to code, until when.
    coding_claims, "coding_claims", {
        #[sea_orm(primary_key, auto_increment = false)]
        contribution_id: ContributionId,
        #[sea_orm(primary_key, auto_increment = false)]
        coder_id: UserId,
        consultation_id: ConsultationId,
        independent: bool,
        until: Moment,
    }
}
table! {
    /// Draws of contributions to be coded twice.
    double_codings, "double_codings", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: DoubleCodingId,
        consultation_id: ConsultationId,
        /// The share that was asked for, in ten thousandths.
        ten_thousandths: i64,
        seed: i64,
        base: i64,
        drawn: i64,
        drawn_by: UserId,
        received_at: Moment,
    }
}
table! {
    /// What was drawn.
    double_coding_contributions, "double_coding_contributions", {
        #[sea_orm(primary_key, auto_increment = false)]
        contribution_id: ContributionId,
        double_coding_id: DoubleCodingId,
    }
}
table! {
    /// What left: a frozen, finite set of controlled tables.
    releases, "releases", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ReleaseId,
        consultation_id: ConsultationId,
        number: i32,
        policy: PolicyId,
        revision: i64,
        cuts: Cuts,
        quotes: NamedQuotes,
        note: Option<String>,
        made_by: UserId,
        received_at: Moment,
    }
}
table! {
    /// Documents of a release, by name.
    release_documents, "release_documents", {
        #[sea_orm(primary_key, auto_increment = false)]
        release_id: ReleaseId,
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        body: Vec<u8>,
    }
}
table! {
    /// Reports: drafts, and what was published of them.
    reports, "reports", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ReportId,
        consultation_id: ConsultationId,
        number: i32,
        status: ReportStatus,
        release_id: ReleaseId,
        /// What the report says beside the figures of its release.
        frozen: FrozenReport,
        commentary: CommentaryBody,
        previous_digest: Option<String>,
        digest: Option<String>,
        begun_by: UserId,
        published_by: Option<UserId>,
        published_at: Option<Moment>,
        retracted_by: Option<UserId>,
        retracted_at: Option<Moment>,
        retract_reason: Option<String>,
        version: i32,
        received_at: Moment,
        changed: i64,
    }
}
table! {
    /// Published reports as they were published, without the words of their quotes.
    report_documents, "report_documents", {
        #[sea_orm(primary_key, auto_increment = false)]
        report_id: ReportId,
        /// JSON.
        body: Vec<u8>,
    }
}
table! {
    /// Which contributions a report quotes, without their words.
    report_quotes, "report_quotes", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: QuoteId,
        report_id: ReportId,
        theme_id: ThemeId,
        contribution_id: ContributionId,
        /// The version whose words are quoted.
        contribution_version: i32,
        respondent_group: RespondentGroup,
        /// Drawn when the report is published; gone when the words are taken back.
        salt: Option<String>,
        hash: Option<String>,
    }
}
table! {
    /// That a body was given a report.
    deliveries, "deliveries", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: DeliveryId,
        report_id: ReportId,
        consultation_id: ConsultationId,
        body_id: BodyId,
        meeting_on: Date,
        minute_ref: Option<String>,
        /// Of what was handed over; of a draft, as it was then.
        digest: String,
        delivered_by: UserId,
        received_at: Moment,
    }
}
table! {
    /// What was decided on what was said: appended, never changed.
    outcomes, "outcomes", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: OutcomeId,
        consultation_id: ConsultationId,
        theme_id: Option<ThemeId>,
        section_ref: Option<String>,
        report_id: Option<ReportId>,
        decision: OutcomeDecision,
        reason: String,
        easy_read: Option<String>,
        decided_on: Date,
        decided_by: String,
        document_version: Option<String>,
        source_url: Option<String>,
        supersedes: Option<OutcomeId>,
        on_behalf_of_body: Option<BodyId>,
        recorded_by: UserId,
        received_at: Moment,
    }
}
table! {
    /// Films, sound, sign language and posters beside a report.
    report_media, "report_media", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: ReportMediaId,
        report_id: ReportId,
        kind: ReportMediaKind,
        title: String,
        url: String,
        added_by: UserId,
        received_at: Moment,
    }
}
table! {
    /// Answers that are kept for repeats with the same key.
    kept_answers, "kept_answers", {
        /// Made of caller, route and key.
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        /// Digest of the address and the body that were sent.
        content: String,
        /// Sealed.
        answer: Vec<u8>,
        kept_at: Moment,
    }
}
table! {
    /// Who did what: appended in the transaction of the act, then sealed once, never changed.
    audit_events, "audit_events", {
        /// In the order in which events were written; acts on one row come in the order in which they touched it.
        #[sea_orm(primary_key)]
        entry: i64,
        id: AuditEventId,
        at: Moment,
        actor_id: Option<UserId>,
        act: String,
        route: Option<String>,
        request_id: Option<String>,
        subject_kind: Option<String>,
        subject_id: Option<String>,
        consultation_id: Option<ConsultationId>,
        outcome: AuditOutcome,
        /// JSON as text, because it is sealed to the letter: table, key, digest.
        described: String,
        /// JSON as text: ids of what was shown.
        shown: String,
        number: Option<i64>,
        previous: Option<String>,
        seal: Option<String>,
    }
}
table! {
    /// Where the chain of seals ends; one row.
    audit_head, "audit_head", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        number: i64,
        seal: String,
        /// Whether the log began on an empty database, so that it describes every row there is.
        whole: bool,
    }
}
table! {
    /// What a person cleared of personal data, and whether by replacing parts of it.
    clearances, "clearances", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        contribution_id: ContributionId,
        version: i32,
        replaced: bool,
        cleared_by: UserId,
        cleared_at: Moment,
        /// When the texts were ended that stood there before; none where nothing was replaced, or they are still kept.
        originals_ended_at: Option<Moment>,
    }
}
table! {
    /// What was taken back, and who asked; never why.
    withdrawals, "withdrawals", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        contribution_id: Option<ContributionId>,
        response_id: Option<ResponseId>,
        scope: WithdrawalScope,
        asked_by: Option<AskedBy>,
        recorded_by: Option<UserId>,
        withdrawn_at: Moment,
    }
}
table! {
    /// Slips handed out at tables, as hashes of their codes.
    slips, "slips", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        meeting_id: MeetingId,
        code_digest: String,
        contribution_id: Option<ContributionId>,
        made_by: UserId,
        made_at: Moment,
    }
}
table! {
    /// Receipts that were none, for throttling.
    receipt_failures, "receipt_failures", {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        address: String,
        failed_at: Moment,
    }
}
