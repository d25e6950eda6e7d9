//! The caps of the contract, once. Inputs name them; none repeats a number.

/// Characters of a text (a contribution, a reason, a summary).
pub const TEXT: usize = 10_000;
/// Characters of a title, a label or a name.
pub const TITLE: usize = 300;
/// Characters of a short mark: a reference, a code, a section number, an option.
pub const MARK: usize = 100;
/// Characters of a note beside a move in review.
pub const NOTE: usize = 1_000;
/// Questions of a consultation.
pub const QUESTIONS: u64 = 500;
/// Contributions of a discussion, or answers of a response.
pub const CONTRIBUTIONS: u64 = 1_000;
/// Elements of any other list in a body.
pub const ELEMENTS: u64 = 1_000;
/// Themes on one contribution.
pub const THEMES_A_CONTRIBUTION: u64 = 50;
/// Contributions that a coder has in hand at once.
pub const CLAIMS: i32 = 50;
/// People a count typed by hand may name: tables, attendance, hands, minutes.
pub const COUNT: i32 = 100_000;
/// Bytes of a request body.
pub const BODY_BYTES: usize = 1024 * 1024;
/// Bytes of a file of feedback.
pub const IMPORT_BYTES: usize = 48 * 1024 * 1024;
/// Rows of a file of feedback that hold anything.
pub const IMPORT_ROWS: usize = 200_000;
/// Rows of a file that is worked off before it is answered; with more, beside the requests.
pub const IMPORT_ROWS_AT_ONCE: usize = 2_000;
/// Bytes of a file that may be worked off before it is answered.
pub const IMPORT_BYTES_AT_ONCE: usize = 1024 * 1024;
/// Faults of a file that an answer lists; how many more there are is said.
pub const IMPORT_FAULTS: usize = 10_000;
/// How deep a JSON body may nest.
pub const NESTING: usize = 16;
/// Items of a page of a list, unless asked otherwise.
pub const PAGE_DEFAULT: u64 = 50;
/// Items of a page of a list, at the most.
pub const PAGE_MOST: u64 = 250;
/// Ids that the log of acts is asked about at once.
pub const SUBJECTS: usize = 100;
/// Cuts that a lead may add to a release.
pub const CUTS: u64 = 50;
/// Quotes shown beside a theme in an exact answer.
pub const QUOTES_A_THEME: usize = 3;
/// Earlier consultations that a trend goes back to.
pub const EARLIER_CONSULTATIONS: usize = 12;
/// Seconds for which the secret before a new one stays good, at the most: 30 days.
pub const OVERLAP_SECONDS: i64 = 30 * 24 * 3600;
/// Characters of a password, at least.
pub const PASSWORD_LEAST: u64 = 12;
/// Characters of a password, at the most.
pub const PASSWORD_MOST: u64 = 200;
