//! What leaves, frozen: reports, in every format, and what becomes of them.

pub mod answer;
pub mod cells;
pub mod changes;
pub mod deliveries;
pub mod document;
pub mod feed;
pub mod feedback;
pub mod formats;
pub mod media;
pub mod outcomes;
pub mod reading;
pub mod reports;
pub mod saturation;
pub mod shelf;
