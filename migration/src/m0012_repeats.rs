//! Answers that are kept for whoever repeats a request with the same `Idempotency-Key`.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0012_repeats",
    up: &[
        // `id` is a digest of caller, route and key; `answer` is sealed with a key that only the caller's own leads to.
        "CREATE TABLE kept_answers (
            id {uuid} NOT NULL CONSTRAINT pk_kept_answers PRIMARY KEY,
            content text NOT NULL,
            answer {bytes} NOT NULL,
            kept_at bigint NOT NULL
        )",
        "CREATE INDEX ix_kept_answers_kept ON kept_answers (kept_at)",
    ],
    tables: &["kept_answers"],
}
