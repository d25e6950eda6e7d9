//! Where coders who worked independently differ, somebody decides, and says why. A decision is a coding with its reason.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0015_adjudication",
    up: &["ALTER TABLE codings ADD COLUMN adjudication_reason text"],
    down: &["ALTER TABLE codings DROP COLUMN adjudication_reason"],
}
