//! Reports, their quotes, to whom they were delivered, and what was decided; and the states that a consultation comes to by them.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0018_reports",
    up: &[
        // `frozen` is what the report says beside the figures of its release: the consultation, the codeframe, how coding was done.
        "CREATE TABLE reports (
            id {uuid} NOT NULL CONSTRAINT pk_reports PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_reports_consultation REFERENCES consultations (id),
            number integer NOT NULL,
            status text NOT NULL CONSTRAINT ck_reports_status CHECK (status IN ('draft', 'published', 'retracted')),
            release_id {uuid} NOT NULL CONSTRAINT fk_reports_release REFERENCES releases (id),
            frozen {json} NOT NULL,
            commentary {json} NOT NULL,
            previous_digest text,
            digest text,
            begun_by {uuid} NOT NULL CONSTRAINT fk_reports_begun_by REFERENCES users (id),
            published_by {uuid} CONSTRAINT fk_reports_published_by REFERENCES users (id),
            published_at bigint,
            retracted_by {uuid} CONSTRAINT fk_reports_retracted_by REFERENCES users (id),
            retracted_at bigint,
            retract_reason text,
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL,
            CONSTRAINT uq_reports_number UNIQUE (consultation_id, number)
        )",
        "CREATE INDEX ix_reports_received ON reports (received_at, id)",
        // No words: those of a contribution stand in its own row alone, and are ended there. The salt goes when they are taken back.
        "CREATE TABLE report_quotes (
            id {uuid} NOT NULL CONSTRAINT pk_report_quotes PRIMARY KEY,
            report_id {uuid} NOT NULL CONSTRAINT fk_report_quotes_report REFERENCES reports (id),
            theme_id {uuid} NOT NULL CONSTRAINT fk_report_quotes_theme REFERENCES themes (id),
            contribution_id {uuid} NOT NULL CONSTRAINT fk_report_quotes_contribution REFERENCES contributions (id),
            contribution_version integer NOT NULL,
            respondent_group text NOT NULL CONSTRAINT ck_report_quotes_respondent_group CHECK (respondent_group IN
                ('service_user', 'family_carer', 'staff', 'commissioner', 'other', 'mixed', 'not_recorded')),
            salt text,
            hash text,
            CONSTRAINT uq_report_quotes UNIQUE (report_id, theme_id, contribution_id)
        )",
        "CREATE INDEX ix_report_quotes_contribution ON report_quotes (contribution_id)",
        // `digest` is that of what was handed over: of a draft, of what it was then.
        "CREATE TABLE deliveries (
            id {uuid} NOT NULL CONSTRAINT pk_deliveries PRIMARY KEY,
            report_id {uuid} NOT NULL CONSTRAINT fk_deliveries_report REFERENCES reports (id),
            consultation_id {uuid} NOT NULL CONSTRAINT fk_deliveries_consultation REFERENCES consultations (id),
            body_id {uuid} NOT NULL CONSTRAINT fk_deliveries_body REFERENCES bodies (id),
            meeting_on date NOT NULL,
            minute_ref text,
            digest text NOT NULL,
            delivered_by {uuid} NOT NULL CONSTRAINT fk_deliveries_user REFERENCES users (id),
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_deliveries_report ON deliveries (report_id, received_at, id)",
        "CREATE INDEX ix_deliveries_consultation ON deliveries (consultation_id)",
        "CREATE TABLE outcomes (
            id {uuid} NOT NULL CONSTRAINT pk_outcomes PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_outcomes_consultation REFERENCES consultations (id),
            theme_id {uuid} CONSTRAINT fk_outcomes_theme REFERENCES themes (id),
            section_ref text,
            report_id {uuid} CONSTRAINT fk_outcomes_report REFERENCES reports (id),
            decision text NOT NULL CONSTRAINT ck_outcomes_decision CHECK (decision IN
                ('accepted', 'partly_accepted', 'not_accepted', 'already_in_place', 'under_review')),
            reason text NOT NULL,
            easy_read text,
            decided_on date NOT NULL,
            decided_by text NOT NULL,
            document_version text,
            source_url text,
            supersedes {uuid} CONSTRAINT fk_outcomes_supersedes REFERENCES outcomes (id) CONSTRAINT uq_outcomes_supersedes UNIQUE,
            on_behalf_of_body {uuid} CONSTRAINT fk_outcomes_body REFERENCES bodies (id),
            recorded_by {uuid} NOT NULL CONSTRAINT fk_outcomes_user REFERENCES users (id),
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_outcomes_received ON outcomes (consultation_id, received_at, id)",
        "CREATE TABLE report_media (
            id {uuid} NOT NULL CONSTRAINT pk_report_media PRIMARY KEY,
            report_id {uuid} NOT NULL CONSTRAINT fk_report_media_report REFERENCES reports (id),
            kind text NOT NULL CONSTRAINT ck_report_media_kind CHECK (kind IN ('video', 'document', 'audio', 'bsl_video')),
            title text NOT NULL,
            url text NOT NULL,
            added_by {uuid} NOT NULL CONSTRAINT fk_report_media_user REFERENCES users (id),
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_report_media_report ON report_media (report_id, received_at, id)",
        // SQLite changes no CHECK of a column that stands, so the words are carried over into columns with the wider one.
        "ALTER TABLE consultations ADD COLUMN life text NOT NULL DEFAULT 'draft' CONSTRAINT ck_consultations_life CHECK (life IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'reported', 'delivered', 'answered', 'withdrawn'))",
        "UPDATE consultations SET life = status",
        "ALTER TABLE consultations DROP COLUMN status",
        "ALTER TABLE consultations RENAME COLUMN life TO status",
        "ALTER TABLE consultation_moves ADD COLUMN departed text NOT NULL DEFAULT 'draft'
            CONSTRAINT ck_consultation_moves_departed CHECK (departed IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'reported', 'delivered', 'answered', 'withdrawn'))",
        "ALTER TABLE consultation_moves ADD COLUMN reached text NOT NULL DEFAULT 'draft'
            CONSTRAINT ck_consultation_moves_reached CHECK (reached IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'reported', 'delivered', 'answered', 'withdrawn'))",
        "UPDATE consultation_moves SET departed = moved_from, reached = moved_to",
        "ALTER TABLE consultation_moves DROP COLUMN moved_from",
        "ALTER TABLE consultation_moves DROP COLUMN moved_to",
        "ALTER TABLE consultation_moves RENAME COLUMN departed TO moved_from",
        "ALTER TABLE consultation_moves RENAME COLUMN reached TO moved_to",
    ],
    unless: something_is_reported,
    down: &[
        "ALTER TABLE consultation_moves ADD COLUMN departed text NOT NULL DEFAULT 'draft'
            CONSTRAINT ck_consultation_moves_from CHECK (departed IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn'))",
        "ALTER TABLE consultation_moves ADD COLUMN reached text NOT NULL DEFAULT 'draft'
            CONSTRAINT ck_consultation_moves_to CHECK (reached IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn'))",
        "UPDATE consultation_moves SET departed = moved_from, reached = moved_to",
        "ALTER TABLE consultation_moves DROP COLUMN moved_from",
        "ALTER TABLE consultation_moves DROP COLUMN moved_to",
        "ALTER TABLE consultation_moves RENAME COLUMN departed TO moved_from",
        "ALTER TABLE consultation_moves RENAME COLUMN reached TO moved_to",
        "ALTER TABLE consultations ADD COLUMN life text NOT NULL DEFAULT 'draft' CONSTRAINT ck_consultations_status CHECK (life IN
            ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn'))",
        "UPDATE consultations SET life = status",
        "ALTER TABLE consultations DROP COLUMN status",
        "ALTER TABLE consultations RENAME COLUMN life TO status",
        "DROP TABLE report_media",
        "DROP TABLE outcomes",
        "DROP TABLE deliveries",
        "DROP TABLE report_quotes",
        "DROP TABLE reports",
    ],
}

/// Refuses to forget what was published, delivered and decided: nothing else says it.
async fn something_is_reported(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT (SELECT count(*) FROM reports) + (SELECT count(*) FROM outcomes) AS reported";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let reported: i64 = row.map_or(Ok(0), |row| row.try_get("", "reported"))?;
    if reported == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0018_reports stays: there are reports or outcomes ({reported} rows), and the schema before it cannot say what was \
         published and decided"
    )))
}
