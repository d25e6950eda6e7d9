//! What is asked: consultations and their questions; and who may do what.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0003_consulting",
    up: &[
        "CREATE TABLE consultations (
            id {uuid} NOT NULL CONSTRAINT pk_consultations PRIMARY KEY,
            reference text NOT NULL CONSTRAINT uq_consultations_reference UNIQUE,
            title text NOT NULL,
            kind text NOT NULL CONSTRAINT ck_consultations_kind CHECK (kind IN
                ('guidance', 'service_specification', 'pilot', 'cquin', 'plan', 'project', 'survey')),
            commissioned_by {uuid} NOT NULL CONSTRAINT fk_consultations_body REFERENCES bodies (id),
            summary text NOT NULL,
            easy_read_summary text,
            open_to_change text,
            not_open_to_change text,
            opens_on date,
            closes_on date,
            response_due_on date,
            channels {json} NOT NULL,
            public boolean NOT NULL,
            disclosure_policy text NOT NULL CONSTRAINT ck_consultations_policy CHECK (disclosure_policy IN
                ('mhsds-5', 'hes-7')),
            documents {json} NOT NULL,
            materials {json} NOT NULL,
            status text NOT NULL CONSTRAINT ck_consultations_status CHECK (status IN
                ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn')),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )",
        "CREATE INDEX ix_consultations_received ON consultations (received_at, id)",
        "CREATE TABLE consultation_rounds (
            consultation_id {uuid} NOT NULL CONSTRAINT fk_consultation_rounds_consultation REFERENCES consultations (id),
            round_id {uuid} NOT NULL CONSTRAINT fk_consultation_rounds_round REFERENCES rounds (id),
            CONSTRAINT pk_consultation_rounds PRIMARY KEY (consultation_id, round_id)
        )",
        r#"CREATE TABLE consultation_groups (
            consultation_id {uuid} NOT NULL CONSTRAINT fk_consultation_groups_consultation REFERENCES consultations (id),
            group_id {uuid} NOT NULL CONSTRAINT fk_consultation_groups_group REFERENCES "groups" (id),
            CONSTRAINT pk_consultation_groups PRIMARY KEY (consultation_id, group_id)
        )"#,
        "CREATE TABLE questions (
            consultation_id {uuid} NOT NULL CONSTRAINT fk_questions_consultation REFERENCES consultations (id),
            number integer NOT NULL,
            prompt text NOT NULL,
            easy_read_prompt text,
            kind text NOT NULL CONSTRAINT ck_questions_kind CHECK (kind IN
                ('open', 'single_choice', 'multiple_choice', 'agreement')),
            options {json} NOT NULL,
            section_refs {json} NOT NULL,
            CONSTRAINT pk_questions PRIMARY KEY (consultation_id, number)
        )",
        // Every move of a consultation's life, as evidence of when it was open and why it was closed short.
        "CREATE TABLE consultation_moves (
            id {uuid} NOT NULL CONSTRAINT pk_consultation_moves PRIMARY KEY,
            consultation_id {uuid} NOT NULL CONSTRAINT fk_consultation_moves_consultation REFERENCES consultations (id),
            moved_from text NOT NULL CONSTRAINT ck_consultation_moves_from CHECK (moved_from IN
                ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn')),
            moved_to text NOT NULL CONSTRAINT ck_consultation_moves_to CHECK (moved_to IN
                ('draft', 'open', 'suspended', 'closed', 'analysing', 'withdrawn')),
            reason text,
            overrides {json} NOT NULL,
            moved_by {uuid} NOT NULL CONSTRAINT fk_consultation_moves_user REFERENCES users (id),
            moved_at bigint NOT NULL
        )",
        "CREATE INDEX ix_consultation_moves_consultation ON consultation_moves (consultation_id, moved_at)",
        r#"CREATE TABLE grants (
            id {uuid} NOT NULL CONSTRAINT pk_grants PRIMARY KEY,
            user_id {uuid} NOT NULL CONSTRAINT fk_grants_user REFERENCES users (id),
            role text NOT NULL CONSTRAINT ck_grants_role CHECK (role IN
                ('facilitator', 'champion', 'collector', 'coder', 'national_lead', 'steering_group',
                 'clinical_reference_group', 'dashboard', 'auditor', 'admin')),
            group_id {uuid} CONSTRAINT fk_grants_group REFERENCES "groups" (id),
            service_id {uuid} CONSTRAINT fk_grants_service REFERENCES services (id),
            body_id {uuid} CONSTRAINT fk_grants_body REFERENCES bodies (id),
            consultation_id {uuid} CONSTRAINT fk_grants_consultation REFERENCES consultations (id),
            received_at bigint NOT NULL
        )"#,
        "CREATE INDEX ix_grants_user ON grants (user_id)",
    ],
    tables: &[
        "grants", "consultation_moves", "questions", "consultation_groups", "consultation_rounds", "consultations",
    ],
}
