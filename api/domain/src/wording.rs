//! What changed between two wordings of a text, word by word.
//!
//! Law: what stays and what was removed, put together, is the text before; what stays and what was added is the text after.
//!
//! The shortest way from one to the other is looked for (Myers: each step adds or removes one word), and given up after
//! `MOST_EDITS` steps: who rewrote a text is told so as a whole, which reads better than a hundred crumbs, and no pair of
//! texts takes longer than that. Refused: the table of a plain longest common subsequence, which for two texts of 10,000
//! characters has up to 25 million cells.

use crate::vocabulary::{UnknownWord, closed_sets};
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt, str::FromStr};

/// Words that are removed and added at the most, before the part between what two texts begin and end with in common is
/// told as one that was rewritten.
const MOST_EDITS: usize = 300;

closed_sets! {
    /// What became of a part of a text.
    Fate { Same = "same", Removed = "removed", Added = "added" }
}

/// A part of a text, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What became of it.
    pub fate: Fate,
    /// The part, as it stood or stands.
    pub text: String,
}

/// What changed from `before` to `after`, in the order of reading; of a part that was rewritten, what was removed comes first.
pub fn compare(before: &str, after: &str) -> Vec<Part> {
    let (old, new) = (words(before), words(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let both = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = both.take_while(|(a, b)| a == b).count();
    let old_middle = &old_rest[..old_rest.len() - end];
    let new_middle = &new_rest[..new_rest.len() - end];

    let mut parts = Parts::default();
    parts.add(Fate::Same, &old[..start]);
    let (mut from_old, mut from_new) = (0, 0);
    for (kept_old, kept_new) in without_crumbs(in_common(old_middle, new_middle), old_middle) {
        parts.add(Fate::Removed, &old_middle[from_old..kept_old]);
        parts.add(Fate::Added, &new_middle[from_new..kept_new]);
        parts.add(Fate::Same, &old_middle[kept_old..=kept_old]);
        (from_old, from_new) = (kept_old + 1, kept_new + 1);
    }
    parts.add(Fate::Removed, &old_middle[from_old..]);
    parts.add(Fate::Added, &new_middle[from_new..]);
    parts.add(Fate::Same, &old_rest[old_rest.len() - end..]);
    parts.0
}

#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn add(&mut self, fate: Fate, words: &[&str]) {
        if words.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.fate == fate => last.text.extend(words.iter().copied()),
            _ => self.0.push(Part {
                fate,
                text: words.concat(),
            }),
        }
    }
}

/// A text in words, in the blanks between them, and in marks, each of which stands for itself.
fn words(text: &str) -> Vec<&str> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Word,
        Blank,
        Mark,
    }
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '\'' || c == '\u{2019}' => Kind::Word,
        c if c.is_whitespace() => Kind::Blank,
        _ => Kind::Mark,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let first = kind(first);
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| kind(*c) != first || first == Kind::Mark)
            .map_or(rest.len(), |(at, _)| at);
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// Places of words that both have, in the order of both; none where the way from one to the other is too long.
fn in_common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let (n, m) = (old.len() as isize, new.len() as isize);
    let most = (old.len() + new.len()).min(MOST_EDITS) as isize;
    // How far into `old` one comes on each diagonal, from -most-1 to most+1.
    let mut furthest = vec![0_isize; (2 * most + 3) as usize];
    let at = |diagonal: isize| (diagonal + most + 1) as usize;
    let mut before_each: Vec<Vec<isize>> = Vec::new();
    for edits in 0..=most {
        before_each.push(furthest[at(-edits - 1)..=at(edits + 1)].to_vec());
        for diagonal in (-edits..=edits).step_by(2) {
            let mut x = match comes_from(&furthest, at(diagonal), diagonal, edits) {
                Step::Adds => furthest[at(diagonal + 1)],
                Step::Removes => furthest[at(diagonal - 1)] + 1,
            };
            let mut y = x - diagonal;
            while x < n && y < m && old[x as usize] == new[y as usize] {
                (x, y) = (x + 1, y + 1);
            }
            furthest[at(diagonal)] = x;
            if x >= n && y >= m {
                return way_back(&before_each, n, m);
            }
        }
    }
    Vec::new()
}

enum Step {
    /// A word of the new text is taken in.
    Adds,
    /// A word of the old text is left out.
    Removes,
}

/// By which step one comes furthest on a diagonal.
fn comes_from(furthest: &[isize], at: usize, diagonal: isize, edits: isize) -> Step {
    let adds = diagonal == -edits || (diagonal != edits && furthest[at - 1] < furthest[at + 1]);
    if adds { Step::Adds } else { Step::Removes }
}

/// The places in common along the way that was found, walked from its end.
fn way_back(before_each: &[Vec<isize>], n: isize, m: isize) -> Vec<(usize, usize)> {
    let (mut x, mut y) = (n, m);
    let mut found = Vec::new();
    for (edits, furthest) in before_each.iter().enumerate().rev() {
        let edits = edits as isize;
        let diagonal = x - y;
        let at = (diagonal + edits + 1) as usize;
        let (from_x, from_diagonal) = match comes_from(furthest, at, diagonal, edits) {
            Step::Adds => (furthest[at + 1], diagonal + 1),
            Step::Removes => (furthest[at - 1], diagonal - 1),
        };
        let from_y = from_x - from_diagonal;
        while x > from_x.max(0) && y > from_y.max(0) {
            (x, y) = (x - 1, y - 1);
            found.push((x as usize, y as usize));
        }
        (x, y) = (from_x, from_y);
    }
    found.reverse();
    found
}

/// Leaves out of `common` what is only a blank between two words that changed: nobody reads a change blank by blank.
fn without_crumbs(common: Vec<(usize, usize)>, old: &[&str]) -> Vec<(usize, usize)> {
    let all: HashSet<_> = common.iter().copied().collect();
    let alone = |(x, y): (usize, usize)| {
        let after = all.contains(&(x + 1, y + 1));
        let before = x.checked_sub(1).zip(y.checked_sub(1));
        !after && !before.is_some_and(|place| all.contains(&place))
    };
    let blank = |x: usize| old[x].chars().all(char::is_whitespace);
    common
        .into_iter()
        .filter(|place| !(blank(place.0) && alone(*place)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> String {
        let mark = |part: &Part| match part.fate {
            Fate::Same => part.text.clone(),
            Fate::Removed => format!("[-{}-]", part.text),
            Fate::Added => format!("{{+{}+}}", part.text),
        };
        compare(before, after).iter().map(mark).collect()
    }

    #[test]
    fn what_was_mended_is_told_word_by_word() {
        assert_eq!(told("", ""), "");
        assert_eq!(told("", "Walks."), "{+Walks.+}");
        assert_eq!(told("More walks.", "More walks."), "More walks.");
        assert_eq!(told("More walks", "More long walks."), "More {+long +}walks{+.+}");
        assert_eq!(
            told("We want the gym open.", "We'd like the gym to be open, please."),
            "[-We want-]{+We'd like+} the gym {+to be +}open{+, please+}."
        );
        assert_eq!(told("one two", "three four"), "[-one two-]{+three four+}");
    }

    #[test]
    fn what_was_rewritten_is_told_as_a_whole() {
        let text = |step: usize| -> String {
            (0..2500)
                .map(|n| format!("{} ", char::from(b'a' + ((n * step) % 26) as u8)))
                .collect()
        };
        let (before, after) = (text(1), text(3));
        assert!(compare(&before, &after).len() <= 4);
    }
}
