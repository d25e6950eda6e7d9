//! What it is about: the codeframe, and the coding of contributions.

pub mod codings;
pub mod themes;
