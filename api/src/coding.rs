//! What it is about: the codeframe, and the coding of contributions.

pub mod codeframes;
pub mod codings;
pub mod queue;
pub mod themes;
