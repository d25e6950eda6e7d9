//! A report as a file or a page: each made of the one document, so that the same figure stands in all.

#[cfg(feature = "pdf")]
pub mod pdf;
#[cfg(test)]
pub(crate) mod sample;
