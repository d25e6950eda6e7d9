#![doc = include_str!("../README.md")]

pub mod auditing;
pub mod auth;
pub mod clock;
pub mod coding;
pub mod collating;
pub mod collecting;
pub mod commands;
pub mod config;
pub mod consulting;
pub mod demo;
pub mod error;
pub mod http;
pub mod network;
pub mod pages;
pub mod paper;
pub mod reporting;
pub mod routes;
pub mod server;
pub mod service;
pub mod state;
pub mod store;
pub mod telemetry;

/// Here and not in a binary, so that whatever runs the service (`collate`, the load bench, the tests) runs it alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
