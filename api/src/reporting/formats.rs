//! A report as a file or a page: each made of the one document, so that the same figure stands in all.

pub mod archive;
pub mod csv;
pub mod docx;
pub mod wording;
pub mod xlsx;

#[cfg(test)]
pub(crate) mod sample;
