//! What Collate knows about consulting people: words, states, facts and the arithmetic of a collation.
//!
//! Pure: no HTTP, no SQL, no async, no clock, no randomness. Time and ids come in as arguments, so every
//! rule here can be tested by itself and gives the same answer on every replica. The feature `sea-orm`
//! (off by default) adds the database's view of ids and closed sets, and nothing else.

pub mod agreement;
pub mod assurance;
pub mod bootstrap;
pub mod chance;
pub mod collate;
pub mod consensus;
pub mod disclosure;
pub mod facts;
pub mod id;
pub mod import;
pub mod life;
pub mod limits;
pub mod moment;
pub mod record;
pub mod report;
pub mod screening;
pub mod text;
pub mod vocabulary;
pub mod wording;
