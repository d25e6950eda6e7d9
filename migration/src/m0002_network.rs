//! Who meets: bodies, groups, services, rounds, meetings.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0002_network",
    up: &[
        "CREATE TABLE bodies (
            id {uuid} NOT NULL CONSTRAINT pk_bodies PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_bodies_kind CHECK (kind IN
                ('steering_group', 'clinical_reference_group', 'sub_group', 'commissioner')),
            name text NOT NULL,
            version integer NOT NULL,
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_bodies_received ON bodies (received_at, id)",
        // A local group names its service, and a service its regional group: the second is the foreign key, the
        // first is checked where it is written, because PostgreSQL cannot point at a table that does not exist yet.
        r#"CREATE TABLE "groups" (
            id {uuid} NOT NULL CONSTRAINT pk_groups PRIMARY KEY,
            kind text NOT NULL CONSTRAINT ck_groups_kind CHECK (kind IN ('regional', 'local', 'national')),
            name text NOT NULL,
            nhs_region_code text,
            service_id {uuid},
            valid_from date NOT NULL,
            valid_to date,
            status text NOT NULL CONSTRAINT ck_groups_status CHECK (status IN ('active', 'paused', 'closed')),
            status_reason text,
            status_since date,
            status_until date,
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL,
            CONSTRAINT ck_groups_local CHECK ((kind = 'local') = (service_id IS NOT NULL))
        )"#,
        r#"CREATE INDEX ix_groups_received ON "groups" (received_at, id)"#,
        r#"CREATE INDEX ix_groups_changed ON "groups" (changed)"#,
        r#"CREATE TABLE services (
            id {uuid} NOT NULL CONSTRAINT pk_services PRIMARY KEY,
            name text NOT NULL,
            provider text NOT NULL,
            ods_code text,
            setting text NOT NULL CONSTRAINT ck_services_setting CHECK (setting IN
                ('high_secure', 'medium_secure', 'low_secure', 'community_forensic', 'mixed', 'not_recorded')),
            group_id {uuid} NOT NULL CONSTRAINT fk_services_group REFERENCES "groups" (id),
            valid_from date NOT NULL,
            valid_to date,
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )"#,
        "CREATE INDEX ix_services_received ON services (received_at, id)",
        "CREATE INDEX ix_services_changed ON services (changed)",
        "CREATE TABLE rounds (
            id {uuid} NOT NULL CONSTRAINT pk_rounds PRIMARY KEY,
            title text NOT NULL,
            starts_on date NOT NULL,
            ends_on date NOT NULL,
            status text NOT NULL CONSTRAINT ck_rounds_status CHECK (status IN
                ('planned', 'active', 'paused', 'closed')),
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )",
        "CREATE INDEX ix_rounds_received ON rounds (received_at, id)",
        "CREATE INDEX ix_rounds_changed ON rounds (changed)",
        r#"CREATE TABLE round_groups (
            round_id {uuid} NOT NULL CONSTRAINT fk_round_groups_round REFERENCES rounds (id),
            group_id {uuid} NOT NULL CONSTRAINT fk_round_groups_group REFERENCES "groups" (id),
            CONSTRAINT pk_round_groups PRIMARY KEY (round_id, group_id)
        )"#,
        r#"CREATE TABLE meetings (
            id {uuid} NOT NULL CONSTRAINT pk_meetings PRIMARY KEY,
            group_id {uuid} NOT NULL CONSTRAINT fk_meetings_group REFERENCES "groups" (id),
            round_id {uuid} NOT NULL CONSTRAINT fk_meetings_round REFERENCES rounds (id),
            starts_at bigint NOT NULL,
            ends_at bigint NOT NULL,
            venue_kind text NOT NULL CONSTRAINT ck_meetings_venue CHECK (venue_kind IN ('secure_unit', 'community')),
            venue_service_id {uuid} CONSTRAINT fk_meetings_venue_service REFERENCES services (id),
            venue_name text,
            status text NOT NULL CONSTRAINT ck_meetings_status CHECK (status IN ('planned', 'held', 'cancelled')),
            status_reason text,
            public boolean NOT NULL,
            papers_sent_on date,
            tables integer,
            attendance {json} NOT NULL,
            agenda {json} NOT NULL,
            access_needs {json},
            content_digest text,
            version integer NOT NULL,
            received_at bigint NOT NULL,
            changed bigint NOT NULL
        )"#,
        "CREATE INDEX ix_meetings_received ON meetings (received_at, id)",
        "CREATE INDEX ix_meetings_changed ON meetings (changed)",
        "CREATE INDEX ix_meetings_group ON meetings (group_id)",
        "CREATE INDEX ix_meetings_round ON meetings (round_id)",
    ],
    tables: &["meetings", "round_groups", "rounds", "services", r#""groups""#, "bodies"],
}
