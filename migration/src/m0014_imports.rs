//! Files of feedback: what was sent and what came of it. A file itself, and who works on it, are there only while it waits
//! and is worked off.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0014_imports",
    up: &[
        "CREATE TABLE imports (
            id {uuid} NOT NULL CONSTRAINT pk_imports PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_imports_consultation REFERENCES consultations (id),
            kind text NOT NULL CONSTRAINT ck_imports_kind CHECK (kind IN ('csv', 'xlsx', 'ndjson')),
            mode text NOT NULL CONSTRAINT ck_imports_mode CHECK (mode IN ('all_or_nothing', 'per_row')),
            state text NOT NULL CONSTRAINT ck_imports_state CHECK (state IN
                ('queued', 'running', 'done', 'refused', 'failed', 'cancelled')),
            file_digest text NOT NULL,
            file_bytes bigint NOT NULL,
            counted {json} NOT NULL,
            written {json} NOT NULL,
            worked_off integer NOT NULL,
            faults {json} NOT NULL,
            more_faults bigint NOT NULL,
            warnings {json} NOT NULL,
            more_warnings bigint NOT NULL,
            detail text,
            created_by {uuid} NOT NULL CONSTRAINT fk_imports_user REFERENCES users (id),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            finished_at bigint
        )",
        "CREATE INDEX ix_imports_file ON imports (consultation_id, file_digest)",
        "CREATE TABLE import_parts (
            import_id {uuid} NOT NULL CONSTRAINT fk_import_parts_import REFERENCES imports (id),
            part integer NOT NULL,
            bytes {bytes} NOT NULL,
            CONSTRAINT pk_import_parts PRIMARY KEY (import_id, part)
        )",
        "CREATE TABLE import_leases (
            import_id {uuid} NOT NULL CONSTRAINT pk_import_leases PRIMARY KEY
                CONSTRAINT fk_import_leases_import REFERENCES imports (id),
            owner {uuid},
            until bigint NOT NULL,
            attempts integer NOT NULL
        )",
    ],
    tables: &["import_leases", "import_parts", "imports"],
}
