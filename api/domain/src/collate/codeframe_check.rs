//! Pairs and themes of a codeframe to look at before it is frozen: alike by name, alike by what is under them, hardly used.
//!
//! Invariant: every pair of themes in use is compared, wherever the two stand in the codeframe. (A peer compared neighbours of a
//! sorted list alone, and missed the rest.) Nothing here is a verdict: two themes with nearly one name may be meant.
//!
//! Sources: similarity of labels by Dice, "Measures of the amount of ecologic association between species", Ecology 26 (1945),
//! and Sørensen (1948), over pairs of characters that stand side by side; plurals by Harman's S-stemmer, "How effective is
//! suffixing?", JASIS 42 (1991); overlap by Jaccard, "The distribution of the flora in the alpine zone" (1912), with the
//! threshold that ThemeFinder has for it.
//!
//! Refused: similarity by meaning. It needs a language model, and nobody could check by hand what it finds.

use super::{
    answer::{AnswerScope, CollatedConsultation},
    filter::{Filter, Scope},
};
use crate::{
    facts::{Facts, NONE, ThemeFact},
    id::ThemeId,
    vocabulary::ThemeStatus,
};
use serde::Serialize;
use smallvec::SmallVec;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};
use utoipa::ToSchema;

/// From here on labels are near: four of five pairs of characters are the same. Two words of eight letters that differ by one at
/// their end are (0.86), two of five letters are not (0.75), and two labels that share one of two words
/// seldom are. In the codeframe of our illustration, of 35 themes, the nearest two have 0.53.
const SIMILAR: f64 = 0.8;
/// Above this, contributions overlap.
const OVERLAPPING: f64 = 0.7;
/// Contributions that two themes must have between them before they are said to overlap: of fewer, one coding is a fifth.
const FEWEST_TO_OVERLAP: u64 = 5;
/// Contributions below which a theme is hardly used.
const FEWEST_TO_BE_USED: u64 = 3;
/// Pairs of one kind that are listed: more than anybody looks at, and few enough for one answer.
const PAIRS_LISTED: usize = 250;
/// Entries that every frozen codeframe has, by code, label and what belongs there: without them a coder must force a point into a
/// theme that it does not fit. The first is for what fits nowhere else.
pub const DEFAULT_ENTRIES: [(&str, &str, &str); 2] = [
    ("other", "Other", "A point that fits no other theme."),
    (
        "no-reason-given",
        "No reason given",
        "A view for which nobody said why.",
    ),
];

/// What of a codeframe is to be looked at. Themes in use are candidates and those agreed; a theme has the contributions that
/// count as it today, and a parent has those of its sub-themes. What was taken back, or withdrawn in review, counts nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodeframeCheck {
    pub consultation: CollatedConsultation,
    /// What the caller may see of the whole.
    pub scope: AnswerScope,
    /// By which figures pairs and themes are listed.
    pub thresholds: CodeframeThresholds,
    /// Themes in use. Unit: themes.
    pub themes: u64,
    /// All contributions. Unit: contributions.
    pub contributions: u64,
    /// Contributions with at least one theme. Unit: contributions; base: `contributions`.
    pub coded: u64,
    /// Contributions neither coded nor set aside. Unit: contributions; base: `contributions`.
    pub uncoded: u64,
    /// `uncoded` over `contributions`; from 0 to 1.
    /// Base: `contributions`.
    #[schema(required = true)]
    pub uncoded_share: Option<f64>,
    /// Contributions under the theme in use whose code is `other`, over `coded`; from 0 to 1.
    /// Base: `coded`.
    #[schema(required = true)]
    pub other_share: Option<f64>,
    /// How many themes there are, and how many a contribution has.
    pub size: HowManyThemes,
    /// Pairs of themes in use with nearly the same label: similarity at or above its threshold, or the same words, the most
    /// similar first, then by label and id. The first 250.
    pub near_duplicates: Vec<NearDuplicates>,
    /// All such pairs, listed or not. Unit: pairs of themes; base: pairs of themes in use.
    pub near_duplicates_found: u64,
    /// Pairs of themes in use that are mostly found together: Jaccard above its threshold, the largest first, then by label and
    /// id. A parent and its own sub-theme are not compared. The first 250.
    pub overlaps: Vec<Overlap>,
    /// All such pairs, listed or not. Unit: pairs of themes; base: pairs of themes in use.
    pub overlaps_found: u64,
    /// Themes in use with some contributions, and fewer than their threshold; the fewest first, then by label and id.
    pub under_used: Vec<UnderUsed>,
    /// Themes in use without a contribution, by label and id.
    pub never_used: Vec<ThemeToLookAt>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, WithoutShare>,
}

/// Why a figure of a codeframe cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutShare {
    /// There is no contribution.
    NoContributions,
    /// No contribution has a theme.
    NothingCoded,
    /// No theme in use has the code `other`.
    NoOtherTheme,
}

/// By which figures pairs and themes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodeframeThresholds {
    /// Labels are listed as near from this similarity on; from 0 to 1.
    pub similarity: f64,
    /// Pairs are listed as overlapping above this Jaccard; from 0 to 1.
    pub jaccard: f64,
    /// And where at least so many contributions have either theme. Unit: contributions.
    pub fewest_either: u64,
    /// Themes with fewer are listed as hardly used. Unit: contributions.
    pub fewest_contributions: u64,
}

/// Themes in use, and themes of a contribution.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HowManyThemes {
    /// Themes in use. Unit: themes.
    pub themes_in_use: u64,
    /// Mean number of distinct themes of a contribution, parents not counted beside their sub-themes. Unit: themes; base: `coded`.
    #[schema(required = true)]
    pub themes_a_contribution: Option<f64>,
    /// Why a figure is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, WithoutShare>,
}

/// A theme, by which it can be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ThemeToLookAt {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
}

/// Two themes with nearly the same label.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NearDuplicates {
    /// Both, by label and id.
    pub themes: [ThemeToLookAt; 2],
    /// Sørensen-Dice over pairs of characters of both labels, in lower case, without punctuation, their words in order; from 0
    /// to 1.
    /// Base: pairs of characters of both labels.
    pub similarity: f64,
    /// Whether both have the same words, singular or plural, in any order.
    pub same_words: bool,
}

/// Two themes that are mostly found together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overlap {
    /// Both, by label and id.
    pub themes: [ThemeToLookAt; 2],
    /// Contributions with both. Unit: contributions; base: `either`.
    pub both: u64,
    /// Contributions with one of them or both. Unit: contributions.
    pub either: u64,
    /// `both` over `either`; from 0 to 1.
    /// Base: `either`.
    pub jaccard: f64,
}

/// A theme that is hardly used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnderUsed {
    pub theme: ThemeToLookAt,
    /// Contributions with it. Unit: contributions.
    pub contributions: u64,
    /// Tables at which one of these was made. Unit: discussions.
    pub discussions: u64,
}

/// What is to be looked at in the codeframe of a whole consultation.
pub fn codeframe_check(facts: &Facts) -> CodeframeCheck {
    let mut in_use: Vec<&ThemeFact> = facts
        .register()
        .themes
        .iter()
        .filter(|theme| matches!(theme.status, ThemeStatus::Candidate | ThemeStatus::Agreed))
        .collect();
    // From here on a theme is its place in this order, so that pairs of places stand in the order of the answer.
    in_use.sort_unstable_by(|one, other| (&one.label, one.id).cmp(&(&other.label, other.id)));
    let used = Used::of(facts, &in_use);
    let named = |at: usize| ThemeToLookAt {
        id: in_use[at].id,
        code: in_use[at].code.clone(),
        label: in_use[at].label.clone(),
    };
    let pair = |one: usize, other: usize| [named(one), named(other)];

    let near = near_labels(&in_use);
    let overlapping = used.overlaps();
    let mut under_used: Vec<_> = (0..in_use.len())
        .filter(|at| (1..FEWEST_TO_BE_USED).contains(&used.contributions_of(*at)))
        .map(|at| UnderUsed {
            theme: named(at),
            contributions: used.contributions_of(at),
            discussions: used.discussions[at],
        })
        .collect();
    // Stable: of equally many, by label and id.
    under_used.sort_by_key(|one| one.contributions);

    let mut undefined = BTreeMap::new();
    let mut share = |figure, part: Option<u64>, all: u64, of_none| match (part, all) {
        (Some(part), 1..) => Some(part as f64 / all as f64),
        (part, _) => {
            undefined.insert(figure, part.map_or(WithoutShare::NoOtherTheme, |_| of_none));
            None
        }
    };
    let uncoded_share = share(
        "uncoded_share",
        Some(used.uncoded),
        used.contributions,
        WithoutShare::NoContributions,
    );
    // Codes are unique in a codeframe.
    let [(other, ..), _] = DEFAULT_ENTRIES;
    let other = in_use.iter().position(|theme| theme.code == other);
    let under_other = other.map(|at| used.contributions_of(at));
    let other_share = share("other_share", under_other, used.coded, WithoutShare::NothingCoded);
    let mean = (used.coded > 0).then(|| used.themes_of_coded as f64 / used.coded as f64);
    CodeframeCheck {
        consultation: CollatedConsultation::of(facts),
        scope: Scope::Whole.answered(),
        thresholds: CodeframeThresholds {
            similarity: SIMILAR,
            jaccard: OVERLAPPING,
            fewest_either: FEWEST_TO_OVERLAP,
            fewest_contributions: FEWEST_TO_BE_USED,
        },
        themes: in_use.len() as u64,
        contributions: used.contributions,
        coded: used.coded,
        uncoded: used.uncoded,
        uncoded_share,
        other_share,
        size: HowManyThemes {
            themes_in_use: in_use.len() as u64,
            themes_a_contribution: mean,
            undefined: match mean {
                Some(_) => BTreeMap::new(),
                None => [("themes_a_contribution", WithoutShare::NothingCoded)].into(),
            },
        },
        near_duplicates_found: near.found,
        near_duplicates: near
            .listed()
            .into_iter()
            .map(|(similarity, [one, other], same_words)| NearDuplicates {
                themes: pair(one, other),
                similarity,
                same_words,
            })
            .collect(),
        overlaps_found: overlapping.found,
        overlaps: overlapping
            .listed()
            .into_iter()
            .map(|(jaccard, [one, other], (both, either))| Overlap {
                themes: pair(one, other),
                both,
                either,
                jaccard,
            })
            .collect(),
        under_used,
        never_used: (0..in_use.len())
            .filter(|at| used.contributions_of(*at) == 0)
            .map(named)
            .collect(),
        undefined,
    }
}

/// The pairs with the largest figures, and how many were found. Which these are does not depend on the order in which they came.
struct Largest<T> {
    found: u64,
    pairs: Vec<(f64, [usize; 2], T)>,
}

impl<T> Largest<T> {
    const fn none() -> Self {
        Self {
            found: 0,
            pairs: Vec::new(),
        }
    }

    fn add(&mut self, figure: f64, pair: [usize; 2], with: T) {
        self.found += 1;
        self.pairs.push((figure, pair, with));
        // Millions of pairs may be found, where every theme is called alike.
        if self.pairs.len() >= 16 * PAIRS_LISTED {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let in_order = |(one, pair, _): &(f64, [usize; 2], T),
                        (other, with, _): &(f64, [usize; 2], T)|
         -> Ordering { other.total_cmp(one).then(pair.cmp(with)) };
        self.pairs.sort_unstable_by(in_order);
        self.pairs.truncate(PAIRS_LISTED);
    }

    fn listed(mut self) -> Vec<(f64, [usize; 2], T)> {
        self.cut();
        self.pairs
    }
}

/// How themes in use were used.
struct Used {
    contributions: u64,
    coded: u64,
    uncoded: u64,
    /// Sum over coded contributions of their themes, without parents.
    themes_of_coded: u64,
    /// Themes in use of every contribution that has any, parents too: by contribution, where they begin in `themes`.
    begins: Vec<u32>,
    themes: Vec<u32>,
    /// By theme: its parent as it counts today, if that is in use.
    parents: Vec<Option<usize>>,
    /// By theme: the contributions under it, as they are numbered in `begins`.
    under: Vec<Vec<u32>>,
    discussions: Vec<u64>,
}

impl Used {
    fn of(facts: &Facts, in_use: &[&ThemeFact]) -> Self {
        let filter = Filter::whole(facts);
        let mut places = vec![NONE; facts.themes.len()];
        for (at, theme) in in_use.iter().enumerate() {
            if let Some(number) = facts.themes.get(&theme.id) {
                places[number as usize] = at as u32;
            }
        }
        let parent = |theme: &&ThemeFact| {
            let line = &filter.lines[facts.themes.get(&theme.id)? as usize];
            let place = places[*line.get(1)? as usize];
            (place != NONE).then_some(place as usize)
        };
        let mut used = Self {
            contributions: 0,
            coded: 0,
            uncoded: 0,
            themes_of_coded: 0,
            begins: vec![0],
            themes: Vec::new(),
            parents: in_use.iter().map(parent).collect(),
            under: vec![Vec::new(); in_use.len()],
            discussions: vec![0; in_use.len()],
        };
        // The discussion that touched a theme last, plus one, so that distinct ones need no sets.
        let mut last = vec![0; in_use.len()];
        for (container, of) in facts.containers.iter().enumerate() {
            if !filter.takes_container(of) {
                continue;
            }
            for said in &of.contributions {
                used.contributions += 1;
                used.coded += u64::from(!said.themes.is_empty());
                used.uncoded += u64::from(said.themes.is_empty() && !said.set_aside);
                let mut own: SmallVec<[u32; 8]> = said
                    .themes
                    .iter()
                    .filter_map(|theme| filter.lines[*theme as usize].first().copied())
                    .collect();
                own.sort_unstable();
                own.dedup();
                used.themes_of_coded += own.len() as u64;
                let number = used.begins.len() as u32 - 1;
                for theme in filter.themes_of(said) {
                    let place = places[theme as usize];
                    if place == NONE {
                        continue;
                    }
                    used.themes.push(place);
                    used.under[place as usize].push(number);
                    if of.is_discussion() && last[place as usize] != container + 1 {
                        last[place as usize] = container + 1;
                        used.discussions[place as usize] += 1;
                    }
                }
                used.begins.push(used.themes.len() as u32);
            }
        }
        used
    }

    fn contributions_of(&self, theme: usize) -> u64 {
        self.under[theme].len() as u64
    }

    fn themes_of(&self, contribution: u32) -> &[u32] {
        let at = contribution as usize;
        &self.themes[self.begins[at] as usize..self.begins[at + 1] as usize]
    }

    /// Pairs that are mostly found together. Row by row of the matrix of all pairs: it is never held whole.
    fn overlaps(&self) -> Largest<(u64, u64)> {
        let mut largest = Largest::none();
        let mut together = vec![0u64; self.under.len()];
        for (one, contributions) in self.under.iter().enumerate() {
            together.fill(0);
            for contribution in contributions {
                for other in self.themes_of(*contribution) {
                    together[*other as usize] += 1;
                }
            }
            for (other, both) in together.iter().copied().enumerate().skip(one + 1) {
                let either = contributions.len() as u64 + self.contributions_of(other) - both;
                if both == 0 || either < FEWEST_TO_OVERLAP {
                    continue;
                }
                let of_one_line = self.parents[one] == Some(other) || self.parents[other] == Some(one);
                let jaccard = both as f64 / either as f64;
                if jaccard > OVERLAPPING && !of_one_line {
                    largest.add(jaccard, [one, other], (both, either));
                }
            }
        }
        largest
    }
}

/// Pairs of themes with nearly the same label, and whether they have the same words.
fn near_labels(in_use: &[&ThemeFact]) -> Largest<bool> {
    let labels: Vec<Label> = in_use.iter().map(|theme| Label::of(&theme.label)).collect();
    let mut largest = Largest::none();
    for (one, label) in labels.iter().enumerate() {
        for (other, with) in labels.iter().enumerate().skip(one + 1) {
            let same_words = !label.words.is_empty() && label.words == with.words;
            // What cannot be near by its length alone is not counted through.
            if !same_words && label.at_most(with) < SIMILAR {
                continue;
            }
            let similarity = label.similarity(with);
            if same_words || similarity >= SIMILAR {
                largest.add(similarity, [one, other], same_words);
            }
        }
    }
    largest
}

/// A label, folded: what two of them are compared by.
#[derive(Clone, Debug)]
struct Label {
    /// Pairs of characters side by side, sorted, each as often as it stands there.
    pairs: Vec<(char, char)>,
    /// Its words in the singular.
    words: BTreeSet<String>,
}

impl Label {
    /// Lower case, without punctuation and extra blanks, its words sorted. An apostrophe joins what it stands between; other marks
    /// separate. A label of marks alone has neither pairs nor words, and is near to none.
    fn of(label: &str) -> Self {
        let plain: String = label
            .to_lowercase()
            .chars()
            .filter(|letter| !matches!(letter, '\'' | '’'))
            .map(|letter| if letter.is_alphanumeric() { letter } else { ' ' })
            .collect();
        let mut words: Vec<&str> = plain.split_whitespace().collect();
        words.sort_unstable();
        let letters: Vec<char> = words.join(" ").chars().collect();
        let mut pairs: Vec<_> = letters.windows(2).map(|two| (two[0], two[1])).collect();
        pairs.sort_unstable();
        Self {
            pairs,
            words: words.into_iter().map(singular).collect(),
        }
    }

    fn dice(common: usize, all: usize) -> f64 {
        match all {
            0 => 0.0,
            _ => (2 * common) as f64 / all as f64,
        }
    }

    /// What the similarity could be at most.
    fn at_most(&self, other: &Self) -> f64 {
        let (one, other) = (self.pairs.len(), other.pairs.len());
        Self::dice(one.min(other), one + other)
    }

    /// Twice the pairs in common over the pairs of both.
    fn similarity(&self, other: &Self) -> f64 {
        let (mut at, mut with, mut common) = (0, 0, 0);
        while let (Some(one), Some(another)) = (self.pairs.get(at), other.pairs.get(with)) {
            match one.cmp(another) {
                Ordering::Less => at += 1,
                Ordering::Greater => with += 1,
                Ordering::Equal => (at, with, common) = (at + 1, with + 1, common + 1),
            }
        }
        Self::dice(common, self.pairs.len() + other.pairs.len())
    }
}

/// A word without the ending of a plural, by the first of Harman's three rules that fits.
fn singular(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    let cut = |ending: &str, with: &str| word.strip_suffix(ending).map(|stem| format!("{stem}{with}"));
    let found = if ends(&["ies"]) && !ends(&["eies", "aies"]) {
        cut("ies", "y")
    } else if ends(&["es"]) && !ends(&["aes", "ees", "oes"]) {
        cut("es", "e")
    } else if ends(&["s"]) && !ends(&["us", "ss"]) {
        cut("s", "")
    } else {
        None
    };
    // A word of one or two letters is none that has a plural.
    found
        .filter(|stem| stem.chars().count() > 2)
        .unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Register;
    use uuid::Uuid;

    /// A codeframe of agreed themes with these labels, in their order.
    fn check(labels: &[&str]) -> CodeframeCheck {
        let theme = |(at, label): (usize, &&str)| ThemeFact {
            id: ThemeId(Uuid::from_u128(at as u128)),
            code: format!("theme-{at}"),
            label: (*label).to_owned(),
            parent: None,
            merged_into: None,
            split: false,
            question: None,
            earlier: None,
            status: ThemeStatus::Agreed,
            version: 1,
        };
        let mut facts = Facts::default();
        facts.set_register(Register {
            themes: labels.iter().enumerate().map(theme).collect(),
            ..Register::default()
        });
        codeframe_check(&facts)
    }

    fn near(labels: &[&str]) -> Vec<[String; 2]> {
        let pairs = check(labels).near_duplicates.into_iter();
        pairs.map(|near| near.themes.map(|theme| theme.label)).collect()
    }

    /// ThemeFinder compares each theme with the next alone. These stand at both ends, by code and by label.
    #[test]
    fn near_duplicates_are_found_wherever_they_stand() {
        let labels = [
            "Activities outdoors",
            "Catering",
            "Leave",
            "Medication",
            "Outdoor activities",
        ];
        assert_eq!(near(&labels), [["Activities outdoors", "Outdoor activities"]]);
        let found = check(&labels);
        assert_eq!(found.near_duplicates_found, 1);
        assert!(found.near_duplicates[0].same_words);
    }

    #[test]
    fn marks_case_order_and_plurals_are_no_difference() {
        for (one, other) in [
            ("Staff, training", "Training (staff)"),
            ("Service users' views", "Views: SERVICE USER"),
            ("Visits", "Visit"),
            ("Side-effects", "Side effect"),
        ] {
            let found = check(&[one, "Leave", other]);
            assert_eq!(found.near_duplicates.len(), 1, "{one}, {other}");
            assert!(found.near_duplicates[0].same_words, "{one}, {other}");
        }
        assert_eq!(check(&["Food!", " food"]).near_duplicates[0].similarity, 1.0);
    }

    #[test]
    fn what_only_sounds_alike_is_left_alone() {
        assert!(near(&["Leave", "Level"]).is_empty());
        assert!(near(&["Staff training", "Staff attitudes"]).is_empty());
        assert!(near(&["Gym", "Garden", "Money"]).is_empty());
        // Marks alone say nothing that could be compared.
        assert!(near(&["?!", "...", "\u{1f463}", "\u{1f34e}"]).is_empty());
    }

    /// By hand. "catering" and "caterings" have 7 and 8 pairs of characters, 7 of them in common: 14/15. "lunch" and "lunches"
    /// have 4 and 6, with 4 in common: 8/10, which is no less than the threshold. "night" and "nacht", 4 each, share "ht": 2/8.
    #[test]
    fn similarity_is_dice_s() {
        let similarity = |one: &str, other: &str| Label::of(one).similarity(&Label::of(other));
        assert_eq!(similarity("Catering", "Caterings"), 14.0 / 15.0);
        assert_eq!(similarity("Lunch", "Lunches"), 0.8);
        assert_eq!(similarity("Night", "Nacht"), 0.25);
        // Each pair of characters as often as it stands there: "aa" twice against four times.
        assert_eq!(similarity("aaa", "aaaaa"), 4.0 / 6.0);
        assert_eq!(similarity("A", "A"), 0.0, "one letter has no pair of them");
        assert_eq!(near(&["Lunch", "Bed", "Lunches"]), [["Lunch", "Lunches"]]);
    }

    #[test]
    fn plurals_are_harman_s() {
        for (word, stem) in [
            ("activities", "activity"),
            ("services", "service"),
            ("meals", "meal"),
            ("fees", "fee"),
            ("staff", "staff"),
            ("access", "access"),
            ("campus", "campus"),
            ("ties", "ties"),
            ("gas", "gas"),
            ("s", "s"),
            ("", ""),
        ] {
            assert_eq!(singular(word), stem, "{word}");
        }
    }

    #[test]
    fn the_nearest_pairs_are_listed_and_all_are_counted() {
        let labels: Vec<_> = (0..100)
            .map(|at| format!("A theme of its own, number {at}"))
            .collect();
        let labels: Vec<_> = labels.iter().map(String::as_str).collect();
        let found = check(&labels);
        assert_eq!(found.near_duplicates_found, 4950);
        assert_eq!(found.near_duplicates.len(), PAIRS_LISTED);
        let listed: Vec<_> = found.near_duplicates.iter().map(|near| near.similarity).collect();
        assert!(listed.is_sorted_by(|one, other| one >= other));
        let mut turned = labels.clone();
        turned.reverse();
        let names = |check: &CodeframeCheck| {
            let pairs = check.near_duplicates.iter();
            pairs
                .map(|near| near.themes.clone().map(|theme| theme.label))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&check(&turned)), names(&found));
    }

    #[test]
    fn an_empty_codeframe_has_nothing_to_look_at() {
        let found = check(&[]);
        assert_eq!((found.uncoded_share, found.other_share), (None, None));
        assert_eq!(
            found.undefined,
            [
                ("uncoded_share", WithoutShare::NoContributions),
                ("other_share", WithoutShare::NoOtherTheme)
            ]
            .into()
        );
        assert_eq!(
            found.size.undefined,
            [("themes_a_contribution", WithoutShare::NothingCoded)].into()
        );
    }
}
