//! What is asked: consultations, their questions and documents, and the moves of their life.

pub mod consultations;
pub mod status;
