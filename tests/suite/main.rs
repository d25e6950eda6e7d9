//! What callers can rely on, asked over HTTP, on SQLite or on PostgreSQL:
//!
//! ```text
//! cargo test -p tests
//! TEST_DATABASE_URL=postgres://… cargo test -p tests
//! ```
//!
//! One module a matter; every test has a service and a database of its own, so that none waits for another.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a harness fails by panicking")]

mod agreement;
mod api_clients;
mod assurance;
mod audit;
mod auth;
mod bad_input;
mod changes;
mod codeframe;
mod codeframe_check;
mod coding;
mod collating;
mod collecting;
mod comparing;
mod concurrency;
mod consulting;
mod controlled;
mod coverage_page;
mod demo;
mod formats;
mod grid;
mod house;
mod importing;
mod killed;
mod lasting;
mod looks;
mod manners;
mod migrations;
mod nasty_files;
mod network;
mod notes_page;
mod outcomes;
mod paper;
mod personal_data;
mod provenance;
mod queue;
mod real_input;
mod real_votes;
mod releasing;
mod repeats;
mod report_page;
mod reporting;
mod retention;
mod reviewing;
mod saturation;
mod scope;
mod skeleton;
mod trend;
mod versions;
mod withdrawal;
