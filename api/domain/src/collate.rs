//! Facts and a filter in, an exact collation out: what was said, by whom, how widely.
//!
//! Invariants: every count is of distinct things; a contribution with two themes counts once in its question and a
//! parent counts its sub-themes' contributions once; hands are never added up over a theme, because contributions
//! under one theme may contradict each other. What is counted here is exact: who may see it is decided elsewhere.
//!
//! One pass over the containers, in dense cells per question, theme and section; a mark on each cell says which
//! container touched it last, so that distinct discussions need no sets.

mod across_groups;
mod answer;
mod between_coders;
mod codeframe_check;
pub(crate) mod coding_work;
mod coverage;
mod cross_tab;
mod differences;
mod filter;
mod fold;
mod list;
mod saturation;
mod trend;

pub use across_groups::{
    AcrossGroups, ConsensusAnswer, ConsensusOnQuestion, GroupHeard, WithoutConsensus, across_groups,
    released_across_groups,
};
pub use answer::*;
pub use between_coders::{AGREEMENT_THRESHOLDS, Agreement, AgreementOnTheme, CoderOfAgreement, agreement};
pub use codeframe_check::{
    CodeframeCheck, CodeframeThresholds, DEFAULT_ENTRIES, HowManyThemes, NearDuplicates, Overlap,
    ThemeToLookAt, UnderUsed, WithoutShare, codeframe_check,
};
pub use coding_work::{
    CodingProgress, Drawn, ProgressOfCoder, ProgressOfGroup, ProgressOfQuestion, ToldTo, WorkDone,
    WorkInDetail, coded_once, draw_for_double_coding, progress, to_code_again, uncoded,
};
pub use coverage::{
    Coverage, CoverageOf, CoverageOfQuestion, NoParticipation, NotDiscussedBecause, Participation,
    ParticipationRate, SilentEntry, Tables, TablesOfGroup, TablesOfMeeting, coverage,
};
pub use cross_tab::{
    Axis, CellKey, Cells, Column, CrossTab, Dimension, Item, Merged, Row, Unit, cells, cross_tab,
};
pub use differences::{
    ComparedGroup, Difference, Differences, DifferencesOnTheme, ShareOfTheme, WithoutDifference, differences,
    released_differences,
};
pub use filter::{Filter, FilterValues, Scope, UnknownValue};
pub use fold::{Following, collate};
pub use list::{Reader, list_contributions, themes_said};
pub use saturation::{
    NotSaturated, Saturation, SaturationAt, SaturationOfMeeting, SaturationRun, saturation,
};
pub use trend::{
    ConsultationOfTrend, Incomparable, NoShare, Period, PointOfTrend, ThemeOfTrend, Trend, WhyNot, in_time,
    trend,
};
