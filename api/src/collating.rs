//! What was said, by whom, how widely: live answers over facts in memory.

pub mod analyses;
pub mod collation;
pub mod looks;
pub mod releases;
pub mod trend;
