//! What left: releases, frozen, and the documents of each.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0008_releases",
    up: &[
        "CREATE TABLE releases (
            id {uuid} NOT NULL CONSTRAINT pk_releases PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_releases_consultation REFERENCES consultations (id),
            number integer NOT NULL,
            policy text NOT NULL CONSTRAINT ck_releases_policy CHECK (policy IN ('mhsds-5', 'hes-7')),
            revision bigint NOT NULL,
            cuts {json} NOT NULL,
            quotes {json} NOT NULL,
            note text,
            made_by {uuid} NOT NULL CONSTRAINT fk_releases_user REFERENCES users (id),
            received_at bigint NOT NULL,
            CONSTRAINT uq_releases_number UNIQUE (consultation_id, number)
        )",
        "CREATE INDEX ix_releases_received ON releases (consultation_id, received_at, id)",
        // By name: the collation, each table, coverage, what may be quoted, and what the release was made of.
        "CREATE TABLE release_documents (
            release_id {uuid} NOT NULL CONSTRAINT fk_release_documents_release REFERENCES releases (id),
            name text NOT NULL,
            body {bytes} NOT NULL,
            CONSTRAINT pk_release_documents PRIMARY KEY (release_id, name)
        )",
    ],
    tables: &["release_documents", "releases"],
}
