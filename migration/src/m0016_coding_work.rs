//! Work on a codeframe and with it: versions that were frozen, what became of each theme, which contributions are dealt to
//! whom, and which were drawn to be coded twice.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0016_coding_work",
    up: &[
        // Themes as they stood: a version is whole by itself and is never changed.
        "CREATE TABLE codeframes (
            consultation_id {uuid} NOT NULL CONSTRAINT fk_codeframes_consultation REFERENCES consultations (id),
            version integer NOT NULL,
            themes {json} NOT NULL,
            frozen_by {uuid} NOT NULL CONSTRAINT fk_codeframes_user REFERENCES users (id),
            frozen_at bigint NOT NULL,
            CONSTRAINT pk_codeframes PRIMARY KEY (consultation_id, version)
        )",
        // Every version of a theme from when this was first written down.
        "CREATE TABLE theme_versions (
            theme_id {uuid} NOT NULL CONSTRAINT fk_theme_versions_theme REFERENCES themes (id),
            version integer NOT NULL,
            act text NOT NULL CONSTRAINT ck_theme_versions_act CHECK (act IN
                ('added', 'changed', 'merged', 'split', 'moved')),
            reason text,
            body {json} NOT NULL,
            made_by {uuid} CONSTRAINT fk_theme_versions_user REFERENCES users (id),
            made_at bigint,
            CONSTRAINT pk_theme_versions PRIMARY KEY (theme_id, version)
        )",
        "ALTER TABLE themes ADD COLUMN split_into {json}",
        "ALTER TABLE codings ADD COLUMN codeframe_version integer",
        "CREATE TABLE coding_claims (
            contribution_id {uuid} NOT NULL CONSTRAINT fk_coding_claims_contribution REFERENCES contributions (id),
            coder_id {uuid} NOT NULL CONSTRAINT fk_coding_claims_user REFERENCES users (id),
            consultation_id {uuid} NOT NULL CONSTRAINT fk_coding_claims_consultation REFERENCES consultations (id),
            independent boolean NOT NULL,
            until bigint NOT NULL,
            CONSTRAINT pk_coding_claims PRIMARY KEY (contribution_id, coder_id)
        )",
        "CREATE INDEX ix_coding_claims_consultation ON coding_claims (consultation_id, until)",
        "CREATE TABLE double_codings (
            id {uuid} NOT NULL CONSTRAINT pk_double_codings PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_double_codings_consultation REFERENCES consultations (id),
            ten_thousandths bigint NOT NULL,
            seed bigint NOT NULL,
            base bigint NOT NULL,
            drawn bigint NOT NULL,
            drawn_by {uuid} NOT NULL CONSTRAINT fk_double_codings_user REFERENCES users (id),
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_double_codings_consultation ON double_codings (consultation_id, received_at, id)",
        "CREATE TABLE double_coding_contributions (
            contribution_id {uuid} NOT NULL CONSTRAINT pk_double_coding_contributions PRIMARY KEY
                CONSTRAINT fk_double_coding_contributions_contribution REFERENCES contributions (id),
            double_coding_id {uuid} NOT NULL
                CONSTRAINT fk_double_coding_contributions_draw REFERENCES double_codings (id)
        )",
        "CREATE INDEX ix_double_coding_contributions_draw ON double_coding_contributions (double_coding_id)",
    ],
    unless: something_would_be_forgotten,
    down: &[
        "DROP TABLE double_coding_contributions",
        "DROP TABLE double_codings",
        "DROP TABLE coding_claims",
        "ALTER TABLE codings DROP COLUMN codeframe_version",
        "ALTER TABLE themes DROP COLUMN split_into",
        "DROP TABLE theme_versions",
        "DROP TABLE codeframes",
    ],
}

/// Refuses to forget versions: what counts of codings made before the first of them would be another coding without it; and what
/// became of themes, which nothing else says.
async fn something_would_be_forgotten(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT (SELECT count(*) FROM codeframes) + (SELECT count(*) FROM double_codings)
        + (SELECT count(*) FROM theme_versions WHERE act IN ('merged', 'split') OR reason IS NOT NULL) AS made";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let made: i64 = row.map_or(Ok(0), |row| row.try_get("", "made"))?;
    if made == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0016_coding_work stays: codeframes were frozen, themes merged or split, or contributions drawn to be coded twice \
         ({made} rows), and the schema before it has no word for any of these"
    )))
}
