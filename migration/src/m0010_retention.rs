//! When texts were ended that were kept behind a clearance or after they had been taken back.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0010_retention",
    up: &[
        "ALTER TABLE contributions ADD COLUMN text_ended_at bigint",
        "ALTER TABLE clearances ADD COLUMN originals_ended_at bigint",
        // What waits for its end; both are looked through every hour.
        "CREATE INDEX ix_contributions_text_ends ON contributions (withdrawn_at)
            WHERE withdrawn_at IS NOT NULL AND text_ended_at IS NULL",
        "CREATE INDEX ix_clearances_originals_end ON clearances (cleared_at)
            WHERE replaced AND originals_ended_at IS NULL",
    ],
    down: &[
        "DROP INDEX ix_clearances_originals_end",
        "DROP INDEX ix_contributions_text_ends",
        "ALTER TABLE clearances DROP COLUMN originals_ended_at",
        "ALTER TABLE contributions DROP COLUMN text_ended_at",
    ],
}
