//! What is personal in what was said: what the screen saw and who cleared it, what was taken back, concerns for
//! somebody's safety, and the slips that stand in for a name.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0009_personal_data",
    up: &[
        "ALTER TABLE contributions ADD COLUMN flags {json} NOT NULL DEFAULT '[]'",
        "ALTER TABLE contributions ADD COLUMN cleared_at bigint",
        "ALTER TABLE contributions ADD COLUMN quote_withdrawn_at bigint",
        "ALTER TABLE contributions ADD COLUMN withdrawn_at bigint",
        "ALTER TABLE contributions ADD COLUMN concern {json}",
        // Few carry one, and they are counted whenever a lead looks at the consultation.
        "CREATE INDEX ix_contributions_concern ON contributions (consultation_id) WHERE concern IS NOT NULL",
        "ALTER TABLE responses ADD COLUMN withdrawn_at bigint",
        // Of the receipt, which itself is derived and never stored; empty for what was posted before there were any.
        "ALTER TABLE responses ADD COLUMN receipt_digest text",
        "CREATE UNIQUE INDEX uq_responses_receipt_digest ON responses (receipt_digest)",
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
    down: &[
        "DROP TABLE receipt_failures",
        "DROP TABLE slips",
        "DROP TABLE withdrawals",
        "DROP TABLE clearances",
        "DROP INDEX uq_responses_receipt_digest",
        "ALTER TABLE responses DROP COLUMN receipt_digest",
        "ALTER TABLE responses DROP COLUMN withdrawn_at",
        "DROP INDEX ix_contributions_concern",
        "ALTER TABLE contributions DROP COLUMN concern",
        "ALTER TABLE contributions DROP COLUMN withdrawn_at",
        "ALTER TABLE contributions DROP COLUMN quote_withdrawn_at",
        "ALTER TABLE contributions DROP COLUMN cleared_at",
        "ALTER TABLE contributions DROP COLUMN flags",
    ],
}
