//! A report as a file or a page: each made of the one document, so that the same figure stands in all.

pub mod charts;
pub mod page;
pub mod pictures;
pub mod wording;

#[cfg(test)]
pub(crate) mod sample;
