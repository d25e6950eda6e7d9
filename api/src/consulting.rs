//! What is asked: consultations, their questions and documents, the moves of their life, and what shows how people were
//! consulted.

pub mod assurance;
pub mod consultations;
pub mod status;
