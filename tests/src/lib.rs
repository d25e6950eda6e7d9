//! The harness of the black-box suite: a service of its own for every test, callers that speak HTTP to it, and a
//! small network to speak about.
//!
//! Nothing here knows how the service works inside; it is started as `serve` starts it and asked as anybody asks it.
//! Every exchange is compared with the OpenAPI document ([`contract`]), whatever the test looks at.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a harness fails by panicking")]

pub mod answer;
pub mod browser;
pub mod caller;
pub mod contract;
pub mod database;
pub mod demo;
pub mod line;
pub mod pdf;
pub mod postgres;
pub mod process;
pub mod relay;
pub mod service;
pub mod wire;
pub mod world;

pub use answer::Answer;
pub use browser::Browser;
pub use caller::{Ask, Caller};
pub use demo::Demo;
pub use process::Process;
pub use relay::{Network, Relay};
pub use service::Service;
pub use world::{World, merged, new_id};
