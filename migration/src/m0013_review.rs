//! Review: moves with their reasons, and what made each version of what came in.
//!
//! Reasons are rows that leads keep; the first of them are written by the service when it starts, as an act in the log,
//! because a row that a step of the schema had put there would be one that no act wrote.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0013_review",
    up: &[
        "CREATE TABLE review_reasons (
            id {uuid} NOT NULL CONSTRAINT pk_review_reasons PRIMARY KEY,
            given_for {json} NOT NULL,
            label text NOT NULL,
            note_wanted boolean NOT NULL,
            status text NOT NULL CONSTRAINT ck_review_reasons_status CHECK (status IN ('active', 'retired')),
            version integer NOT NULL,
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_review_reasons_received ON review_reasons (received_at, id)",
        // No reason stands where a correction took an approval back by itself.
        "CREATE TABLE reviews (
            id {uuid} NOT NULL CONSTRAINT pk_reviews PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_reviews_consultation REFERENCES consultations (id),
            of_kind text NOT NULL CONSTRAINT ck_reviews_kind CHECK (of_kind IN ('discussion', 'response')),
            of_id {uuid} NOT NULL,
            version integer NOT NULL,
            moved_from text NOT NULL CONSTRAINT ck_reviews_from CHECK (moved_from IN
                ('received', 'has_issues', 'approved', 'withdrawn')),
            moved_to text NOT NULL CONSTRAINT ck_reviews_to CHECK (moved_to IN
                ('received', 'has_issues', 'approved', 'withdrawn')),
            reason_id {uuid} CONSTRAINT fk_reviews_reason REFERENCES review_reasons (id),
            note text,
            note_flags {json},
            note_ended_at bigint,
            moved_by {uuid} NOT NULL CONSTRAINT fk_reviews_user REFERENCES users (id),
            moved_at bigint NOT NULL,
            CONSTRAINT uq_reviews UNIQUE (of_id, version)
        )",
        // Versions beyond the first. What a discussion or response says of itself moves with it; what moves because a point
        // in it did is told by the point's own row, which names the version that the whole came to by that.
        "CREATE TABLE version_steps (
            of_kind text NOT NULL CONSTRAINT ck_version_steps_kind CHECK (of_kind IN
                ('discussion', 'response', 'contribution')),
            of_id {uuid} NOT NULL,
            version integer NOT NULL,
            cause text NOT NULL CONSTRAINT ck_version_steps_cause CHECK (cause IN
                ('recorded', 'corrected', 'cleared', 'reviewed', 'quote_withdrawn', 'withdrawn', 'text_ended', 'screened')),
            within_id {uuid},
            within_version integer,
            made_by {uuid} CONSTRAINT fk_version_steps_user REFERENCES users (id),
            made_at bigint NOT NULL,
            CONSTRAINT pk_version_steps PRIMARY KEY (of_id, version),
            CONSTRAINT ck_version_steps_within CHECK ((within_id IS NULL) = (within_version IS NULL))
        )",
        "CREATE INDEX ix_version_steps_within ON version_steps (within_id, within_version)",
    ],
    tables: &["version_steps", "reviews", "review_reasons"],
}
