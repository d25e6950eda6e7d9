//! What leaves, frozen: reports, in every format, and what becomes of them.

pub mod formats;
