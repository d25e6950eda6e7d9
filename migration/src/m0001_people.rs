//! Who signs in. Grants come with the network, because they name its parts.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0001_people",
    up: &[
        "CREATE TABLE users (
            id {uuid} NOT NULL CONSTRAINT pk_users PRIMARY KEY,
            email text NOT NULL,
            email_folded text NOT NULL CONSTRAINT uq_users_email UNIQUE,
            name text NOT NULL,
            password_hash text NOT NULL,
            version integer NOT NULL,
            received_at bigint NOT NULL
        )",
        "CREATE INDEX ix_users_received ON users (received_at, id)",
        "CREATE TABLE token_keys (
            kid text NOT NULL CONSTRAINT pk_token_keys PRIMARY KEY,
            purpose text NOT NULL CONSTRAINT ck_token_keys_purpose CHECK (purpose IN ('access', 'receipt')),
            secret {bytes} NOT NULL,
            made_at bigint NOT NULL,
            retired_at bigint
        )",
        "CREATE TABLE refresh_tokens (
            id {uuid} NOT NULL CONSTRAINT pk_refresh_tokens PRIMARY KEY,
            family {uuid} NOT NULL,
            user_id {uuid} NOT NULL CONSTRAINT fk_refresh_tokens_user REFERENCES users (id),
            token_hash text NOT NULL CONSTRAINT uq_refresh_tokens_hash UNIQUE,
            expires_at bigint NOT NULL,
            used_at bigint,
            ended_at bigint
        )",
        "CREATE INDEX ix_refresh_tokens_user ON refresh_tokens (user_id)",
        "CREATE INDEX ix_refresh_tokens_family ON refresh_tokens (family)",
        "CREATE TABLE sign_in_failures (
            id {uuid} NOT NULL CONSTRAINT pk_sign_in_failures PRIMARY KEY,
            account text NOT NULL,
            address text NOT NULL,
            failed_at bigint NOT NULL
        )",
        "CREATE INDEX ix_sign_in_failures_failed ON sign_in_failures (failed_at)",
        "CREATE INDEX ix_sign_in_failures_account ON sign_in_failures (account, failed_at)",
        "CREATE INDEX ix_sign_in_failures_address ON sign_in_failures (address, failed_at)",
        // On SQLite the stamp of a change is drawn from this one row, inside the writing transaction; PostgreSQL
        // has its transaction ids and leaves the row alone.
        "CREATE TABLE change_counter (
            id integer NOT NULL CONSTRAINT pk_change_counter PRIMARY KEY,
            value bigint NOT NULL,
            CONSTRAINT ck_change_counter_one CHECK (id = 1)
        )",
        "INSERT INTO change_counter (id, value) VALUES (1, 0)",
    ],
    tables: &["change_counter", "sign_in_failures", "refresh_tokens", "token_keys", "users"],
}
