//! Who did what: the log of acts, for the auditor. It is written by the store itself (`store/audit.rs`).

pub mod events;
pub mod sealer;
