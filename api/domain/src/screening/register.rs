//! The names of the network's register, however they are spaced, written and cut short.
//!
//! A name and a text are compared letter by letter, without what stands between the letters: "Wood View", "Wood-view"
//! and "woodview" are one. A name begins and ends where a word of the text does. Refused: an automaton over all names,
//! for the sorted list is quick enough (a word of the text leaves it after three letters or so) and cannot fail to build.

use super::{
    Candidate, Confidence, Rule,
    lists::{self, kind},
    patterns,
    view::View,
};
use std::{collections::BTreeMap, ops::Range};

/// What a name may end in, or begin with, and still be known without it.
const PLACE_WORDS: &[&str] = &[
    "ward",
    "unit",
    "house",
    "centre",
    "clinic",
    "hospital",
    "wards",
    "units",
    "hospitals",
    "nhs",
    "foundation",
    "trust",
    "ltd",
    "limited",
    "plc",
];
/// What a ward or a unit may be called beside its name; a name that is left with nothing else is not cut.
const GENERIC: &[&str] = &[
    "secure",
    "low",
    "medium",
    "high",
    "forensic",
    "mental",
    "health",
    "healthcare",
    "care",
    "community",
    "service",
    "services",
    "mens",
    "womens",
    "men",
    "women",
    "male",
    "female",
    "inpatient",
    "outpatient",
    "psychiatric",
    "intensive",
    "picu",
    "north",
    "south",
    "east",
    "west",
    "regional",
    "national",
    "and",
    "of",
    "for",
    "the",
    "acute",
    "admission",
    "admissions",
    "assessment",
    "rehabilitation",
    "rehab",
    "recovery",
    "treatment",
    "learning",
    "disability",
    "adult",
    "adolescent",
    "team",
    "county",
    "city",
    "general",
    "royal",
    "university",
    "partnership",
    "group",
    "st",
    "new",
    "old",
    "day",
    "learning",
    "disabilities",
    "older",
    "people",
    "peoples",
    "young",
    "children",
    "childrens",
    "group",
    "upper",
    "lower",
    "main",
    "first",
    "second",
    "third",
    "independent",
    "private",
    "specialist",
    "services",
    "place",
];
/// What may stand between the words of a name, in code points.
const WIDEST_GAP: usize = 4;
/// No name is compared further; titles are no longer than this.
const LONGEST: usize = 300;

/// How a name is to be told from the same letters that mean something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Care {
    /// It is enough that the letters are there.
    None,
    /// An everyday word ("Hope"): with a capital, or with what says that it is a place ("hope ward", "on hope").
    Capital,
    /// An everyday word that is an abbreviation ("IT"): all of it in capitals, or with what says that it is a place.
    Capitals,
    /// A number, a single letter: only with what says that it is a place.
    Place,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    care: Care,
    whole: bool,
}

/// The names of services, wards, units and providers, made ready for comparing. Built once and used for many texts.
#[derive(Clone, Debug, Default)]
pub struct RegisterNames {
    /// Sorted by letters.
    names: Vec<(String, Known)>,
    /// What stands between words inside these names, besides what may stand there in any.
    between: Vec<u8>,
}

/// What may stand between the words of a name. A full stop may only after a short word ("St."), for it ends a sentence.
const BETWEEN: &[u8] = b" \n-'&.,/()[]+";

/// A word's letters as names are compared: "saint" is "st", "center" is "centre".
fn same(word: &str) -> &str {
    match word {
        "saint" => "st",
        "saints" => "sts",
        "center" => "centre",
        _ => word,
    }
}

fn care(words: &[&str], shouted: bool) -> Care {
    let letters = words.iter().map(|word| word.chars().count()).sum::<usize>();
    let digits = words
        .iter()
        .all(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    match words {
        _ if digits || letters == 1 => Care::Place,
        [word] if letters <= 2 || kind(word) & (lists::COMMON | lists::FUNCTION) != 0 => {
            if shouted && letters <= 4 {
                Care::Capitals
            } else {
                Care::Capital
            }
        }
        // "Two Bridges" is known by its words; "for the" is not.
        _ if words.iter().all(|word| kind(word) & lists::FUNCTION != 0) => Care::Capital,
        _ => Care::None,
    }
}

impl RegisterNames {
    /// Makes `names` ready, and with them everything that the first look at a text would have to wait for. Blank names and
    /// names twice do no harm.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        patterns::make_ready();
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let mut add = |words: &[&str], shouted: bool, whole: bool| {
            let entry = Known {
                care: care(words, shouted),
                whole,
            };
            // Written in one word, "saint" stays what it is.
            let spelled: Vec<&str> = words
                .iter()
                .map(|word| if *word == "st" { "saint" } else { word })
                .collect();
            for letters in [words.concat(), spelled.concat()] {
                if letters.is_empty() {
                    continue;
                }
                known
                    .entry(letters)
                    .and_modify(|there| {
                        there.whole |= entry.whole;
                        there.care = there.care.min(entry.care);
                    })
                    .or_insert(entry);
            }
        };
        let mut between = Vec::new();
        for name in names {
            let view = View::new(&name.replace('&', " and "));
            let shouted = (0..view.words.len()).all(|at| view.all_upper(at) || view.word(at).len() == 1);
            let mut words: Vec<&str> = Vec::new();
            let mut joined: Vec<String> = Vec::new();
            for at in 0..view.words.len() {
                if at > 0 {
                    between.extend(unusual(&view, at));
                }
                // "O'Neill" and "St Andrew's" are one word each.
                if at > 0
                    && view.gap(at) == b"'"
                    && let Some(last) = joined.last_mut()
                {
                    last.push_str(view.word(at));
                } else {
                    joined.push(same(view.word(at)).to_owned());
                }
            }
            words.extend(joined.iter().map(String::as_str));
            add(&words, shouted, true);
            let mut core = words.as_slice();
            if let ["the", rest @ ..] = core
                && !rest.is_empty()
            {
                core = rest;
                add(core, shouted, true);
            }
            while let [rest @ .., last] = core
                && PLACE_WORDS.contains(last)
                && tells(rest)
            {
                core = rest;
                add(core, shouted, false);
            }
            if let ["ward" | "unit", rest @ ..] = core
                && tells(rest)
            {
                core = rest;
                add(core, shouted, false);
            }
            // "St Andrew's" is written "St Andrew", too.
            if let [first @ .., last] = core
                && let Some(stem) = last.strip_suffix('s')
                && name.contains(['\'', '\u{2019}'])
                && tells(core)
                && stem.len() > 2
            {
                let mut words = first.to_vec();
                words.push(stem);
                add(&words, shouted, false);
            }
        }
        between.sort_unstable();
        between.dedup();
        Self {
            names: known.into_iter().collect(),
            between,
        }
    }

    /// Whether the words before and at `at` can belong to one name.
    fn joins(&self, view: &View, at: usize) -> bool {
        let gap = view.gap(at);
        let blanks = gap.iter().filter(|byte| matches!(byte, b' ' | b'\n')).count();
        at < view.words.len()
            && gap.len() - blanks <= WIDEST_GAP
            && blanks <= 2 * WIDEST_GAP
            && unusual(view, at).all(|byte| self.between.contains(&byte))
    }

    /// The longest name that the letters of `view` spell from word `at` on: how many words it takes, and what is known.
    fn longest(&self, view: &View, at: usize) -> Option<(usize, Known)> {
        let (mut low, mut high) = (0, self.names.len());
        let (mut depth, mut best) = (0, None);
        for taken in 0.. {
            let here = at + taken;
            if taken > 0 && !self.joins(view, here) {
                break;
            }
            let gap = view.gap(here);
            let and = if taken > 0 && gap.contains(&b'&') {
                "and"
            } else {
                ""
            };
            for byte in and.bytes().chain(same(view.word(here)).bytes()) {
                let next = |name: &(String, Known)| name.0.as_bytes().get(depth).copied();
                let range = self.names.get(low..high).unwrap_or_default();
                let from = low + range.partition_point(|name| next(name) < Some(byte));
                high = low + range.partition_point(|name| next(name) <= Some(byte));
                low = from;
                depth += 1;
                if low >= high || depth > LONGEST {
                    return best;
                }
            }
            if here >= view.words.len() {
                break;
            }
            if let Some((name, known)) = self.names.get(low)
                && name.len() == depth
            {
                best = Some((taken + 1, *known));
            }
        }
        best
    }

    /// Adds what is a name of the register.
    pub(super) fn find(&self, view: &View, found: &mut Vec<Candidate>) {
        if self.names.is_empty() {
            return;
        }
        let mut open: Option<(Range<usize>, Confidence)> = None;
        for at in 0..view.words.len() {
            let Some((taken, known)) = self.longest(view, at) else {
                continue;
            };
            let Some((range, confidence)) = judged(view, at, taken, known) else {
                continue;
            };
            // Names that overlap are one flag: "Oak Ward 3" may be Oak ward and Ward 3.
            match &mut open {
                Some((there, sure)) if range.start < there.end => {
                    there.end = there.end.max(range.end);
                    *sure = (*sure).min(confidence);
                }
                _ => {
                    if let Some((range, confidence)) = open.replace((range, confidence)) {
                        found.push(Candidate::new(range, Rule::RegisterName, confidence, 25));
                    }
                }
            }
        }
        if let Some((range, confidence)) = open {
            found.push(Candidate::new(range, Rule::RegisterName, confidence, 25));
        }
    }
}

/// What stands before word `at` and usually does not inside a name.
fn unusual(view: &View, at: usize) -> impl Iterator<Item = u8> {
    let short = at
        .checked_sub(1)
        .is_some_and(|before| view.word(before).len() < 3);
    view.gap(at)
        .iter()
        .copied()
        .filter(move |byte| !BETWEEN.contains(byte) || *byte == b'.' && !short)
}

/// Whether `words` can stand for the place by themselves.
fn tells(words: &[&str]) -> bool {
    let letters = words.concat();
    let told = |word: &&str| {
        !GENERIC.contains(word) && !PLACE_WORDS.contains(word) && word.chars().any(char::is_alphabetic)
    };
    words.iter().any(told) && letters.chars().count() > 1
}

fn judged(view: &View, at: usize, taken: usize, known: Known) -> Option<(Range<usize>, Confidence)> {
    let start = view.words.get(at)?.start;
    let last = at + taken - 1;
    let mut end = view.words.get(last)?.end;
    let by_blank =
        |at: usize| !view.gap(at).is_empty() && view.gap(at).iter().all(|byte| matches!(byte, b' ' | b'-'));
    let mut after = last + 1;
    if view.gap(after) == b"'" && view.word(after) == "s" {
        after += 1;
    }
    let place_after = by_blank(after) && PLACE_WORDS.contains(&view.word(after));
    let before = at.checked_sub(1).map_or("", |before| view.word(before));
    let place_before = by_blank(at) && matches!(before, "ward" | "unit" | "wards");
    if place_after {
        end = view.words.get(after)?.end;
    }
    let place = place_after || place_before || (by_blank(at) && matches!(before, "on" | "at"));
    let confidence = match known.care {
        Care::None if known.whole => Confidence::High,
        Care::None => Confidence::Medium,
        _ if place_after || place_before => Confidence::High,
        Care::Capital if view.capital(at) && known.whole => Confidence::Medium,
        Care::Capital if view.capital(at) || place || (view.shouted && known.whole) => Confidence::Low,
        Care::Capitals if view.all_upper(at) && !view.shouted => Confidence::Medium,
        Care::Capitals if place => Confidence::Low,
        Care::Place if place && known.whole => Confidence::Low,
        _ => return None,
    };
    Some((start..end, confidence))
}
