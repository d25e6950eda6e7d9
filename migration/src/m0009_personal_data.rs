//! What is personal in what was said: what the screen saw and who cleared it, what was taken back, concerns for
//! somebody's safety, and the slips that stand in for a name.

use sea_orm_migration::{prelude::*, sea_orm::Statement};

crate::migration! {
    "m0009_personal_data",
    up: &[
        // Null where nobody has screened the text yet, which is not the same as nothing seen. A default would say of every
        // older row what nobody has found out, and make it differ from what the log says of it.
        "ALTER TABLE contributions ADD COLUMN flags {json}",
        "CREATE INDEX ix_contributions_unscreened ON contributions (id) WHERE flags IS NULL",
        "ALTER TABLE contributions ADD COLUMN cleared_at bigint",
        "ALTER TABLE contributions ADD COLUMN quote_withdrawn_at bigint",
        "ALTER TABLE contributions ADD COLUMN withdrawn_at bigint",
        "ALTER TABLE contributions ADD COLUMN concern {json}",
        // Few carry one, and they are counted whenever a lead looks at the consultation.
        "CREATE INDEX ix_contributions_concern ON contributions (consultation_id) WHERE concern IS NOT NULL",
        "ALTER TABLE responses ADD COLUMN withdrawn_at bigint",
        // Of the receipt, which itself is derived and never stored; null for what was posted before there were any, until
        // the service has swept.
        "ALTER TABLE responses ADD COLUMN receipt_digest text",
        "CREATE UNIQUE INDEX uq_responses_receipt_digest ON responses (receipt_digest)",
        "CREATE INDEX ix_responses_undigested ON responses (id) WHERE receipt_digest IS NULL",
        "CREATE TABLE clearances (
            id {uuid} NOT NULL CONSTRAINT pk_clearances PRIMARY KEY,
            contribution_id {uuid} NOT NULL CONSTRAINT fk_clearances_contribution REFERENCES contributions (id),
            version integer NOT NULL,
            replaced boolean NOT NULL,
            cleared_by {uuid} NOT NULL CONSTRAINT fk_clearances_user REFERENCES users (id),
            cleared_at bigint NOT NULL
        )",
        "CREATE INDEX ix_clearances_contribution ON clearances (contribution_id)",
        // Who asked, never why. Nobody is named where a receipt or a slip was shown.
        "CREATE TABLE withdrawals (
            id {uuid} NOT NULL CONSTRAINT pk_withdrawals PRIMARY KEY,
            contribution_id {uuid} CONSTRAINT fk_withdrawals_contribution REFERENCES contributions (id),
            response_id {uuid} CONSTRAINT fk_withdrawals_response REFERENCES responses (id),
            scope text NOT NULL CONSTRAINT ck_withdrawals_scope CHECK (scope IN ('quote', 'all')),
            asked_by text CONSTRAINT ck_withdrawals_asked_by CHECK (asked_by IN
                ('speaker', 'carer', 'advocate', 'peer', 'staff', 'other')),
            recorded_by {uuid} CONSTRAINT fk_withdrawals_user REFERENCES users (id),
            withdrawn_at bigint NOT NULL,
            CONSTRAINT ck_withdrawals_of CHECK ((contribution_id IS NULL) <> (response_id IS NULL)),
            CONSTRAINT ck_withdrawals_asked CHECK ((asked_by IS NULL) = (recorded_by IS NULL))
        )",
        "CREATE INDEX ix_withdrawals_contribution ON withdrawals (contribution_id)",
        "CREATE INDEX ix_withdrawals_response ON withdrawals (response_id)",
        "CREATE TABLE slips (
            id {uuid} NOT NULL CONSTRAINT pk_slips PRIMARY KEY,
            meeting_id {uuid} NOT NULL CONSTRAINT fk_slips_meeting REFERENCES meetings (id),
            code_digest text NOT NULL CONSTRAINT uq_slips_code_digest UNIQUE,
            contribution_id {uuid} CONSTRAINT fk_slips_contribution REFERENCES contributions (id)
                CONSTRAINT uq_slips_contribution UNIQUE,
            made_by {uuid} NOT NULL CONSTRAINT fk_slips_user REFERENCES users (id),
            made_at bigint NOT NULL
        )",
        "CREATE INDEX ix_slips_meeting ON slips (meeting_id)",
        // Receipts that were none, for throttling; signing in has its own, so that neither bites the other.
        "CREATE TABLE receipt_failures (
            id {uuid} NOT NULL CONSTRAINT pk_receipt_failures PRIMARY KEY,
            address text NOT NULL,
            failed_at bigint NOT NULL
        )",
        "CREATE INDEX ix_receipt_failures_address ON receipt_failures (address, failed_at)",
        "CREATE INDEX ix_receipt_failures_failed ON receipt_failures (failed_at)",
    ],
    unless: something_is_taken_back,
    down: &[
        "DROP TABLE receipt_failures",
        "DROP TABLE slips",
        "DROP TABLE withdrawals",
        "DROP TABLE clearances",
        // Databases that this step was applied to before it had the two indexes of what waits do without them.
        "DROP INDEX IF EXISTS ix_responses_undigested",
        "DROP INDEX uq_responses_receipt_digest",
        "ALTER TABLE responses DROP COLUMN receipt_digest",
        "ALTER TABLE responses DROP COLUMN withdrawn_at",
        "DROP INDEX ix_contributions_concern",
        "ALTER TABLE contributions DROP COLUMN concern",
        "ALTER TABLE contributions DROP COLUMN withdrawn_at",
        "ALTER TABLE contributions DROP COLUMN quote_withdrawn_at",
        "ALTER TABLE contributions DROP COLUMN cleared_at",
        "DROP INDEX IF EXISTS ix_contributions_unscreened",
        "ALTER TABLE contributions DROP COLUMN flags",
    ],
}

/// Refuses to forget what was taken back whole: without these columns and tables it would count again.
async fn something_is_taken_back(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let sql = "SELECT count(*) AS taken_back FROM withdrawals WHERE scope = 'all'";
    let row = connection
        .query_one_raw(Statement::from_string(manager.get_database_backend(), sql))
        .await?;
    let taken_back: i64 = row.map_or(Ok(0), |row| row.try_get("", "taken_back"))?;
    if taken_back == 0 {
        return Ok(());
    }
    Err(DbErr::Custom(format!(
        "m0009_personal_data stays: somebody took back all of what they had said ({taken_back} rows of withdrawals), and the \
         schema before it has no word for that, so that it would count and be shown again"
    )))
}
