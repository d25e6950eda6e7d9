//! Paper: what is handed out where nobody may bring a phone or a laptop in. A form for a table's notes and one for a
//! response, with the fields that are typed up from them, and slips to cut.
//!
//! Pages are HTML that loads and runs nothing, black on white, A4: every browser prints it, and so does whoever has only that.
//! Refused: PDF made here, which needs a typesetter in the service and cannot be made larger by who reads it.

pub mod forms;
pub mod slips;
