//! Api clients. One is a row of `users`, so that everything that names who did it names a machine as it names a person,
//! with a row here that says what it is; `users` itself is not altered. A secret is kept as the SHA-256 of 256 random bits:
//! nothing can be guessed, so a slow hash would only slow the service down.

use sea_orm_migration::prelude::*;

crate::migration! {
    "m0007_api_clients",
    up: &[
        "CREATE TABLE api_clients (
            id {uuid} NOT NULL CONSTRAINT pk_api_clients PRIMARY KEY CONSTRAINT fk_api_clients_user REFERENCES users (id),
            ended_at bigint
        )",
        "CREATE TABLE api_client_secrets (
            id {uuid} NOT NULL CONSTRAINT pk_api_client_secrets PRIMARY KEY,
            client_id {uuid} NOT NULL CONSTRAINT fk_api_client_secrets_client REFERENCES api_clients (id),
            secret_hash text NOT NULL,
            made_at bigint NOT NULL,
            expires_at bigint
        )",
        "CREATE INDEX ix_api_client_secrets_client ON api_client_secrets (client_id)",
    ],
    tables: &["api_client_secrets", "api_clients"],
}
