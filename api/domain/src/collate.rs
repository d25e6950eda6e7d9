//! Facts and a filter in, an exact collation out: what was said, by whom, how widely.
//!
//! Invariants: every count is of distinct things; a contribution with two themes counts once in its question and a
//! parent counts its sub-themes' contributions once; hands are never added up over a theme, because contributions
//! under one theme may contradict each other. What is counted here is exact: who may see it is decided elsewhere.
//!
//! One pass over the containers, in dense cells per question, theme and section; a mark on each cell says which
//! container touched it last, so that distinct discussions need no sets.

mod answer;
mod between_coders;
mod codeframe_check;
mod coverage;
mod cross_tab;
mod filter;
mod fold;
mod list;
mod saturation;

pub use answer::*;
pub use between_coders::{Agreement, AgreementOnTheme, Bootstrap, CoderOfAgreement, agreement};
pub use codeframe_check::{
    CodeframeCheck, CodeframeThresholds, HowManyThemes, NearDuplicates, NoShare, Overlap, ThemeToLookAt,
    UnderUsed, codeframe_check,
};
pub use coverage::{
    Coverage, CoverageOf, CoverageOfQuestion, NoParticipation, NotDiscussedBecause, Participation,
    ParticipationRate, SilentEntry, Tables, TablesOfGroup, TablesOfMeeting, coverage,
};
pub use cross_tab::{
    Axis, CellKey, Cells, Column, CrossTab, Dimension, Item, Merged, Row, Unit, cells, cross_tab,
};
pub use filter::{Filter, FilterValues, Scope, UnknownValue};
pub use fold::collate;
pub use list::{Reader, list_contributions};
pub use saturation::{
    NotSaturated, Saturation, SaturationAt, SaturationOfMeeting, SaturationRun, saturation,
};
