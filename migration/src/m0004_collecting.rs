//! Feedback: discussions, responses, and the contributions in both. Group, service, setting and channel are fixed
//! when recorded, so they stand in the rows themselves; `content_digest` is what a repeat of a caller-chosen id is
//! compared with.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0004_collecting",
    up: &[
        r#"CREATE TABLE discussions (
            id {uuid} NOT NULL CONSTRAINT pk_discussions PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_discussions_consultation REFERENCES consultations (id),
            meeting_id {uuid} NOT NULL CONSTRAINT fk_discussions_meeting REFERENCES meetings (id),
            round_id {uuid} NOT NULL CONSTRAINT fk_discussions_round REFERENCES rounds (id),
            group_id {uuid} NOT NULL CONSTRAINT fk_discussions_group REFERENCES "groups" (id),
            counted_group_id {uuid} NOT NULL CONSTRAINT fk_discussions_counted_group REFERENCES "groups" (id),
            table_name text,
            sitting integer NOT NULL,
            minutes_given integer,
            recorded_at bigint,
            participants {json} NOT NULL,
            respondent_group text NOT NULL CONSTRAINT ck_discussions_respondent_group CHECK (respondent_group IN
                ('service_user', 'family_carer', 'staff', 'commissioner', 'other', 'mixed', 'not_recorded')),
            not_discussed {json} NOT NULL,
            tallies {json} NOT NULL,
            review text NOT NULL CONSTRAINT ck_discussions_review CHECK (review IN
                ('received', 'has_issues', 'approved', 'withdrawn')),
            content_digest text NOT NULL,
            created_by {uuid} NOT NULL CONSTRAINT fk_discussions_user REFERENCES users (id),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )"#,
        "CREATE INDEX ix_discussions_received ON discussions (consultation_id, received_at, id)",
        "CREATE INDEX ix_discussions_changed ON discussions (consultation_id, changed)",
        "CREATE INDEX ix_discussions_meeting ON discussions (meeting_id)",
        r#"CREATE TABLE responses (
            id {uuid} NOT NULL CONSTRAINT pk_responses PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_responses_consultation REFERENCES consultations (id),
            channel text NOT NULL CONSTRAINT ck_responses_channel CHECK (channel IN
                ('champion', 'survey_online', 'survey_paper', 'written')),
            respondent_group text NOT NULL CONSTRAINT ck_responses_respondent_group CHECK (respondent_group IN
                ('service_user', 'family_carer', 'staff', 'commissioner', 'other', 'mixed', 'not_recorded')),
            setting text NOT NULL CONSTRAINT ck_responses_setting CHECK (setting IN
                ('high_secure', 'medium_secure', 'low_secure', 'community_forensic', 'mixed', 'not_recorded')),
            group_id {uuid} CONSTRAINT fk_responses_group REFERENCES "groups" (id),
            service_id {uuid} CONSTRAINT fk_responses_service REFERENCES services (id),
            counted_group_id {uuid} CONSTRAINT fk_responses_counted_group REFERENCES "groups" (id),
            people_represented integer,
            information_sheet_version text,
            choices {json} NOT NULL,
            review text NOT NULL CONSTRAINT ck_responses_review CHECK (review IN
                ('received', 'has_issues', 'approved', 'withdrawn')),
            content_digest text NOT NULL,
            created_by {uuid} NOT NULL CONSTRAINT fk_responses_user REFERENCES users (id),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )"#,
        "CREATE INDEX ix_responses_received ON responses (consultation_id, received_at, id)",
        "CREATE INDEX ix_responses_created_by ON responses (consultation_id, created_by)",
        "CREATE INDEX ix_responses_changed ON responses (consultation_id, changed)",
        r#"CREATE TABLE contributions (
            id {uuid} NOT NULL CONSTRAINT pk_contributions PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_contributions_consultation REFERENCES consultations (id),
            discussion_id {uuid} CONSTRAINT fk_contributions_discussion REFERENCES discussions (id),
            response_id {uuid} CONSTRAINT fk_contributions_response REFERENCES responses (id),
            counted_group_id {uuid} CONSTRAINT fk_contributions_counted_group REFERENCES "groups" (id),
            channel text NOT NULL CONSTRAINT ck_contributions_channel CHECK (channel IN
                ('meeting_discussion', 'champion', 'survey_online', 'survey_paper', 'written')),
            question integer,
            text text NOT NULL,
            respondent_group text NOT NULL CONSTRAINT ck_contributions_respondent_group CHECK (respondent_group IN
                ('service_user', 'family_carer', 'staff', 'commissioner', 'other', 'mixed', 'not_recorded')),
            setting text NOT NULL CONSTRAINT ck_contributions_setting CHECK (setting IN
                ('high_secure', 'medium_secure', 'low_secure', 'community_forensic', 'mixed', 'not_recorded')),
            stance text NOT NULL CONSTRAINT ck_contributions_stance CHECK (stance IN
                ('supports', 'opposes', 'mixed', 'suggests', 'unclear')),
            hands_agree integer,
            hands_disagree integer,
            hands_unsure integer,
            verbatim boolean NOT NULL,
            quote_consent text NOT NULL CONSTRAINT ck_contributions_quote_consent CHECK (quote_consent IN
                ('quotable', 'not_quotable')),
            section_ref text,
            helped_by text CONSTRAINT ck_contributions_helped_by CHECK (helped_by IN
                ('staff', 'carer', 'advocate', 'peer', 'scribe')),
            people_represented integer,
            text_changed_at bigint,
            created_by {uuid} NOT NULL CONSTRAINT fk_contributions_user REFERENCES users (id),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL,
            CONSTRAINT fk_contributions_question FOREIGN KEY (consultation_id, question)
                REFERENCES questions (consultation_id, number),
            CONSTRAINT ck_contributions_container CHECK ((discussion_id IS NULL) <> (response_id IS NULL))
        )"#,
        "CREATE INDEX ix_contributions_received ON contributions (consultation_id, received_at, id)",
        "CREATE INDEX ix_contributions_changed ON contributions (consultation_id, changed)",
        "CREATE INDEX ix_contributions_discussion ON contributions (discussion_id)",
        "CREATE INDEX ix_contributions_response ON contributions (response_id)",
        // What a discussion, response or contribution said before it was corrected: nothing acknowledged is lost.
        "CREATE TABLE earlier_versions (
            id {uuid} NOT NULL CONSTRAINT pk_earlier_versions PRIMARY KEY,
            of_kind text NOT NULL CONSTRAINT ck_earlier_versions_kind CHECK (of_kind IN
                ('discussion', 'response', 'contribution')),
            of_id {uuid} NOT NULL,
            version integer NOT NULL,
            body {json} NOT NULL,
            replaced_by {uuid} NOT NULL CONSTRAINT fk_earlier_versions_user REFERENCES users (id),
            replaced_at bigint NOT NULL,
            CONSTRAINT uq_earlier_versions UNIQUE (of_id, version)
        )",
    ],
    tables: &["earlier_versions", "contributions", "responses", "discussions"],
}
