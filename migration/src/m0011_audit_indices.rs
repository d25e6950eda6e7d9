//! The log of acts is asked for one actor or one act without being read from its beginning.
//!
//! Refused: an index for its consultations. Whoever asks for a consultation asks for a subject, and wants the events, too,
//! that wrote or showed it; those are read one by one whatever is indexed, and every act would pay for the index.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0011_audit_indices",
    up: &[
        "CREATE INDEX ix_audit_events_actor ON audit_events (actor_id, at, id)",
        "CREATE INDEX ix_audit_events_act ON audit_events (act, at, id)",
    ],
    down: &[
        "DROP INDEX ix_audit_events_act",
        "DROP INDEX ix_audit_events_actor",
    ],
}
