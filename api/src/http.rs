//! Plumbing that knows no consultation: who calls, what they sent, what they get.

pub mod access;
pub mod again;
pub mod answer;
pub mod ask;
pub mod content;
pub mod digest;
pub mod document;
pub mod endpoint;
pub mod kept;
pub mod lasting;
pub mod markup;
pub mod outward;
pub mod page;
pub mod problem;
pub mod proxies;
pub mod repeat;
pub mod request;
pub mod shape;
pub mod trace;
