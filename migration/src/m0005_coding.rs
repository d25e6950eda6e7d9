//! What it is about: the codeframe, and who coded what.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0005_coding",
    up: &[
        "CREATE TABLE themes (
            id {uuid} NOT NULL CONSTRAINT pk_themes PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_themes_consultation REFERENCES consultations (id),
            code text NOT NULL,
            label text NOT NULL,
            description text,
            include text,
            exclude text,
            example text,
            parent_id {uuid} CONSTRAINT fk_themes_parent REFERENCES themes (id),
            question integer,
            status text NOT NULL CONSTRAINT ck_themes_status CHECK (status IN
                ('candidate', 'agreed', 'merged', 'retired')),
            merged_into {uuid} CONSTRAINT fk_themes_merged_into REFERENCES themes (id),
            created_by {uuid} NOT NULL CONSTRAINT fk_themes_user REFERENCES users (id),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL,
            CONSTRAINT fk_themes_question FOREIGN KEY (consultation_id, question)
                REFERENCES questions (consultation_id, number),
            CONSTRAINT uq_themes_code UNIQUE (consultation_id, code),
            CONSTRAINT ck_themes_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL))
        )",
        "CREATE INDEX ix_themes_received ON themes (consultation_id, received_at, id)",
        "CREATE INDEX ix_themes_changed ON themes (consultation_id, changed)",
        "CREATE TABLE codings (
            id {uuid} NOT NULL CONSTRAINT pk_codings PRIMARY KEY,
            contribution_id {uuid} NOT NULL CONSTRAINT fk_codings_contribution REFERENCES contributions (id),
            coder_id {uuid} NOT NULL CONSTRAINT fk_codings_user REFERENCES users (id),
            theme_ids {json} NOT NULL,
            set_aside_reason text,
            independent boolean NOT NULL,
            coded_at bigint NOT NULL
        )",
        "CREATE INDEX ix_codings_contribution ON codings (contribution_id, coded_at)",
    ],
    tables: &["codings", "themes"],
}
