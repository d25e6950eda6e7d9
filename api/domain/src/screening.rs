//! Personal data in free text: what a text may say of somebody, found by rules when it is written.
//!
//! A flag is a hint for a person who clears the text, not a verdict, and never a reason to refuse it: what people said is
//! kept, and nothing flagged is quoted until somebody has looked. So a rule that is unsure flags with low confidence
//! rather than not at all, and a number with a wrong check digit is flagged, too, for it still points at somebody.
//!
//! **Places are counted in Unicode code points**, from 0, half open: `start` is the first that belongs, `end` the first
//! that does not. Flags never overlap, so that each can be replaced by itself.
//!
//! Rules, not a learned model: whoever reads a flag can see why it is there, the same text gives the same flags on every
//! machine, and screening takes a time that grows with the text and with nothing in it (every look is bounded, and the
//! patterns are matched in linear time). What the rules find, and where they err, is measured in `tests/screening.rs`.

mod lists;
mod names;
mod numbers;
mod patterns;
mod register;
mod view;

pub use register::RegisterNames;

use crate::vocabulary::{UnknownWord, closed_sets};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range, str::FromStr};
use utoipa::ToSchema;
use view::{View, in_word};

closed_sets! {
    /// What a flagged part of a text looks like.
    Rule {
        NhsNumber = "nhs_number", NationalInsuranceNumber = "national_insurance_number",
        PrisonNumber = "prison_number", CaseReferenceNumber = "case_reference_number", PncNumber = "pnc_number",
        CroNumber = "cro_number", RecordNumber = "record_number", DateOfBirth = "date_of_birth", Postcode = "postcode",
        Phone = "phone", Email = "email", Name = "name", RegisterName = "register_name", LegalDetail = "legal_detail",
    }
    /// How sure a rule is that the part is what it looks like.
    Confidence { High = "high", Medium = "medium", Low = "low" }
}

/// A part of a text that may say who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Flag {
    /// Its first code point, counted from 0.
    pub start: u32,
    /// The code point after its last.
    pub end: u32,
    /// What it looks like.
    pub rule: Rule,
    /// How sure the rule is.
    pub confidence: Confidence,
}

/// A flag before it is settled which of those that overlap stand.
struct Candidate {
    place: Range<usize>,
    rule: Rule,
    confidence: Confidence,
    /// The higher one stands; of equals, the longer.
    rank: u8,
}

impl Candidate {
    fn new(place: Range<usize>, rule: Rule, confidence: Confidence, rank: u8) -> Self {
        Self {
            place,
            rule,
            confidence,
            rank,
        }
    }
}

/// What `text` may say of somebody, sorted by place, none overlapping another. Names of `register` are always found,
/// whatever else their words could be; where a person's name holds one, the rest of it is a flag of its own.
pub fn screen(text: &str, register: &RegisterNames) -> Vec<Flag> {
    let view = View::new(text);
    let mut found = Vec::new();
    numbers::numbers(&view, &mut found);
    patterns::patterns(&view, &mut found);
    register.find(&view, &mut found);
    names::names(&view, &mut found);
    settled(&view, found)
}

fn settled(view: &View, mut found: Vec<Candidate>) -> Vec<Flag> {
    found.sort_by_key(|one| {
        (
            std::cmp::Reverse((one.rank, one.place.len())),
            one.place.start,
            one.confidence,
        )
    });
    let mut taken = vec![false; view.plain.len()];
    let mut flags = Vec::new();
    let mut accept = |place: Range<usize>, taken: &mut [bool], one: &Candidate| {
        if let (Ok(start), Ok(end), Some(there)) = (
            u32::try_from(place.start),
            u32::try_from(place.end),
            taken.get_mut(place),
        ) {
            there.fill(true);
            flags.push(Flag {
                start,
                end,
                rule: one.rule,
                confidence: one.confidence,
            });
        }
    };
    for one in &found {
        let free = |at: &usize| taken.get(*at) == Some(&false);
        if one.place.clone().all(|at| free(&at)) {
            accept(one.place.clone(), &mut taken, one);
        } else if matches!(one.rule, Rule::Name | Rule::RegisterName) {
            for rest in remains(view, &taken, one.place.clone()) {
                accept(rest, &mut taken, one);
            }
        }
    }
    flags.sort_by_key(|flag| flag.start);
    flags
}

/// The parts of `place` that are not taken and hold two letters or more, without what stands around their words.
fn remains(view: &View, taken: &[bool], place: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut at = place.start;
    while at < place.end {
        let length = (at..place.end)
            .take_while(|at| taken.get(*at) == Some(&false))
            .count();
        let word = |at: &usize| view.plain.get(*at).copied().is_some_and(in_word);
        let part = at..at + length;
        if let (Some(first), Some(last)) = (part.clone().find(word), part.clone().rev().find(word))
            && last > first
        {
            parts.push(first..last + 1);
        }
        at += length.max(1);
    }
    parts
}

/// A span that cannot be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplaceFault {
    /// The span at `index` holds nothing.
    Empty {
        /// Its place in the list.
        index: usize,
    },
    /// The span at `index` goes beyond the text.
    OutOfRange {
        /// Its place in the list.
        index: usize,
        /// How many code points the text has.
        length: usize,
    },
    /// The span at `index` shares a part with one that stands before it in the list.
    Overlaps {
        /// Its place in the list.
        index: usize,
        /// The place of the other.
        other: usize,
    },
}

impl ReplaceFault {
    /// Which span of the list is at fault.
    pub const fn index(self) -> usize {
        match self {
            Self::Empty { index } | Self::OutOfRange { index, .. } | Self::Overlaps { index, .. } => index,
        }
    }
}

impl fmt::Display for ReplaceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { .. } => f.write_str("Holds nothing: start must be less than end."),
            Self::OutOfRange { length, .. } => {
                write!(f, "Goes beyond the text, which has {length} characters.")
            }
            Self::Overlaps { other, .. } => write!(f, "Overlaps span {other}: put both into one."),
        }
    }
}

impl std::error::Error for ReplaceFault {}

/// `text` with words in place of parts of it. Each of `spans` is (start, end, words), in code points of `text`, half
/// open, in any order; the words may be empty.
///
/// # Errors
/// The first span of the list that is empty, goes beyond the text, or overlaps one before it in the list.
pub fn replace(text: &str, spans: &[(u32, u32, String)]) -> Result<String, ReplaceFault> {
    // The byte at which each code point begins, and the text's end.
    let places: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    let length = places.len() - 1;
    let place = |at: u32| usize::try_from(at).ok().and_then(|at| places.get(at)).copied();
    let mut ordered: Vec<(usize, usize, usize)> = Vec::with_capacity(spans.len());
    for (index, (start, end, _)) in spans.iter().enumerate() {
        if start >= end {
            return Err(ReplaceFault::Empty { index });
        }
        let (Some(start), Some(end)) = (place(*start), place(*end)) else {
            return Err(ReplaceFault::OutOfRange { index, length });
        };
        let at = ordered.partition_point(|(_, before, _)| *before <= start);
        if let Some((next, _, other)) = ordered.get(at)
            && *next < end
        {
            return Err(ReplaceFault::Overlaps { index, other: *other });
        }
        ordered.insert(at, (start, end, index));
    }
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end, index) in ordered {
        replaced.push_str(text.get(from..start).unwrap_or_default());
        replaced.push_str(spans.get(index).map_or("", |(_, _, words)| words));
        from = end;
    }
    replaced.push_str(text.get(from..).unwrap_or_default());
    Ok(replaced)
}
