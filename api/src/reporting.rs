//! What leaves, frozen: reports, in every format, and what becomes of them.

pub mod cells;
pub mod document;
pub mod formats;
pub mod reading;
pub mod reports;
