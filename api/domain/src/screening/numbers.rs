//! Numbers that are told by their digits: NHS numbers and telephones.
//!
//! Digits come in groups parted by blanks, hyphens, dots, brackets and the like, or by the end of a line that wraps. Every
//! run of groups that begins at a group and has the right number of digits is looked at, so a number is found whatever
//! numbers stand before it. A group is looked at a bounded number of times, so this takes linear time.

use super::{
    Candidate, Confidence, Rule,
    view::{UNDERSCORE, View},
};
use std::ops::Range;

const NHS_WORDS: &[&str] = &["nhs", "nhsno", "nhsnumber", "chi"];
const PHONE_WORDS: &[&str] = &[
    "tel",
    "telephone",
    "phone",
    "phones",
    "phoned",
    "mobile",
    "mob",
    "cell",
    "call",
    "calls",
    "ring",
    "rang",
    "text",
    "fax",
    "contact",
    "landline",
    "desk",
    "office",
    "whatsapp",
    "dial",
    "number",
    "ph",
];
/// Groupings in which NHS numbers are written.
const GROUPINGS: &[&[usize]] = &[
    &[10],
    &[3, 3, 4],
    &[3, 4, 3],
    &[4, 3, 3],
    &[3, 7],
    &[6, 4],
    &[5, 5],
    &[2, 2, 2, 2, 2],
    &[1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
];
/// More digits than the longest number has.
const MOST_GROUPS: usize = 15;
/// Lines into which a number is wrapped, at the most; in more of them stands a column of figures.
const MOST_LINES: usize = 3;
/// What stands between the groups of an NHS number.
const NHS_GAPS: &[u8] = &[b' ', b'.', b'-', b'/', b',', UNDERSCORE];
/// What stands between the groups of a telephone.
const PHONE_GAPS: &[u8] = &[b' ', b'.', b'-', b'/', b'(', b')', UNDERSCORE];

/// A run of digits.
struct Group {
    start: usize,
    end: usize,
}

impl Group {
    fn digits(&self) -> usize {
        self.end - self.start
    }
}

fn groups(plain: &[u8]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        let digits = plain[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            groups.push(Group {
                start: at,
                end: at + digits,
            });
        }
        at += digits.max(1);
    }
    groups
}

/// Whether the ten digits end in the check digit of an NHS number: weights 10 to 2, 11 less the sum modulo 11, where 11
/// means 0 and 10 means that there is none. Ten times the same digit passes and is refused.
pub(super) fn is_nhs_number(digits: &[u8]) -> bool {
    let [body @ .., last] = digits else { return false };
    let value = |digit: &u8| u32::from(digit.wrapping_sub(b'0'));
    let sum: u32 = body
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| value(digit) * weight)
        .sum();
    digits.len() == 10 && (11 - sum % 11) % 11 == value(last) && body.iter().any(|digit| digit != last)
}

struct Numbers<'a> {
    view: &'a View,
    groups: Vec<Group>,
}

impl Numbers<'_> {
    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.view.unwrapped.get(range).unwrap_or_default()
    }

    /// What stands between group `at` and the next one.
    fn gap(&self, at: usize) -> &[u8] {
        match (self.groups.get(at), self.groups.get(at + 1)) {
            (Some(left), Some(right)) => self.bytes(left.end..right.start),
            _ => b"\n",
        }
    }

    fn joins(&self, at: usize, by: &[u8], longest: usize) -> bool {
        let gap = self.gap(at);
        gap.len() <= longest && gap.iter().all(|byte| by.contains(byte))
    }

    /// How many of the gaps of `groups` hold one of `bytes`, in the text as it is written.
    fn gaps_with(&self, groups: Range<usize>, bytes: &[u8]) -> usize {
        let gap = |at: usize| Some(self.groups.get(at)?.end..self.groups.get(at + 1)?.start);
        let inner = groups.start..groups.end.saturating_sub(1);
        inner
            .filter_map(gap)
            .filter_map(|gap| self.view.plain.get(gap))
            .filter(|gap| gap.iter().any(|byte| bytes.contains(byte)))
            .count()
    }

    fn digits(&self, range: Range<usize>) -> Vec<u8> {
        self.groups
            .get(range)
            .unwrap_or_default()
            .iter()
            .flat_map(|group| self.bytes(group.start..group.end))
            .copied()
            .collect()
    }

    /// The groups from `at` on that can be one number: no more of them than any number has, in at most `lines` lines.
    fn run(&self, at: usize, by: &[u8], longest: usize, lines: usize) -> usize {
        let mut line = 1;
        (at..at + MOST_GROUPS)
            .take_while(|&last| {
                if last == at {
                    return true;
                }
                line += self.gaps_with(last - 1..last + 1, b"\n");
                line <= lines && self.joins(last - 1, by, longest)
            })
            .count()
    }

    /// How many groups from `at` on hold exactly `wanted` digits, if a number of groups does.
    fn exactly(&self, at: usize, run: usize, wanted: usize) -> Option<usize> {
        let mut sum = 0;
        for (taken, group) in self.groups.iter().skip(at).take(run).enumerate() {
            sum += group.digits();
            if sum >= wanted {
                return (sum == wanted).then_some(taken + 1);
            }
        }
        None
    }

    fn glued(&self, start: usize, end: usize) -> bool {
        let letter = |at: Option<usize>| {
            at.and_then(|at| self.view.plain.get(at))
                .is_some_and(|byte| super::view::in_word(*byte))
        };
        letter(start.checked_sub(1)) || letter(Some(end))
    }

    fn nhs(&self, at: usize) -> Option<Candidate> {
        let run = self.run(at, NHS_GAPS, 3, MOST_LINES);
        let start = self.groups.get(at)?.start;
        let announced = || self.view.announced(start, 20, NHS_WORDS);
        let flag = |taken: usize, confidence, rank| {
            let end = self.groups.get(at + taken - 1)?.end;
            Some(Candidate::new(start..end, Rule::NhsNumber, confidence, rank))
        };
        if let Some(taken) = self.exactly(at, run, 10) {
            let digits = self.digits(at..at + taken);
            let lengths: Vec<usize> = self
                .groups
                .iter()
                .skip(at)
                .take(taken)
                .map(Group::digits)
                .collect();
            let usual = GROUPINGS.contains(&lengths.as_slice());
            // 0000000010 to 0099999999 were never given out.
            let unallocated = digits.starts_with(b"00");
            if digits.iter().all(|digit| digits.first() == Some(digit)) {
                return None;
            }
            // Amounts and dates have commas and strokes between them, and columns of figures line feeds.
            let listed = self.gaps_with(at..at + taken, b",/") > 0;
            let wraps = self.gaps_with(at..at + taken, b"\n") > 0;
            if is_nhs_number(&digits) {
                let chance = (listed && taken > 3) || ((listed || wraps) && !usual);
                if chance && !announced() {
                    return None;
                }
                return match (usual, announced()) {
                    (true, _) if unallocated => flag(taken, Confidence::Medium, 80),
                    (true, _) | (_, true) => flag(taken, Confidence::High, 80),
                    _ => flag(taken, Confidence::Low, 20),
                };
            }
            // Somebody's mistyped number is still somebody's.
            let end = self.groups.get(at + taken - 1)?.end;
            return match (announced(), lengths.as_slice()) {
                (true, _) => flag(taken, Confidence::Medium, 78),
                (_, [3, 3, 4]) if !listed && !wraps => flag(taken, Confidence::Medium, 40),
                (_, [10]) if !self.glued(start, end) => flag(taken, Confidence::Low, 35),
                _ => None,
            };
        }
        // A digit lost or doubled; only where it says that it is an NHS number.
        let taken = self.exactly(at, run, 9).or_else(|| self.exactly(at, run, 11))?;
        announced().then(|| flag(taken, Confidence::Low, 78)).flatten()
    }

    /// The place of a `+` right before `start`, brackets and a blank between them allowed.
    fn plus_before(&self, start: usize) -> Option<usize> {
        let from = start.saturating_sub(3);
        let before = self.bytes(from..start);
        let at = before.iter().rposition(|byte| *byte == b'+')?;
        before
            .iter()
            .skip(at + 1)
            .all(|byte| matches!(byte, b' ' | b'('))
            .then_some(from + at)
    }

    fn phone(&self, at: usize) -> Option<Candidate> {
        let run = self.run(at, PHONE_GAPS, 4, MOST_LINES);
        // A number of no fixed length ends with its line: what begins the next is another.
        let of_any_length = || self.run(at, PHONE_GAPS, 4, 1);
        let first = self.groups.get(at)?;
        let plus = self.plus_before(first.start);
        let bracket = first
            .start
            .checked_sub(1)
            .filter(|&before| self.bytes(before..first.start) == b"(");
        let start = plus.or(bracket).unwrap_or(first.start);
        let announced = || self.view.announced(start, 30, PHONE_WORDS);
        let flag = |taken: usize, confidence, rank| {
            let end = self.extension(self.groups.get(at + taken - 1)?.end);
            Some(Candidate::new(start..end, Rule::Phone, confidence, rank))
        };
        let all = self.digits(at..at + run);
        let head: &[u8] = &all;
        // +44, 0044 and 44, with or without the 0 that belongs to the number inside the country.
        let country = match head {
            [b'4', b'4', ..] if plus.is_some() => Some(2),
            [b'0', b'0', b'4', b'4', ..] => Some(4),
            [b'4', b'4', b'7' | b'1' | b'2' | b'3', ..] => Some(2),
            _ => None,
        };
        if let Some(country) = country {
            let trunk = usize::from(head.get(country) == Some(&b'0'));
            for inside in [10, 9] {
                if let Some(taken) = self.exactly(at, run, country + trunk + inside) {
                    let sure = plus.is_some() || country == 4;
                    return match (sure, inside) {
                        (true, _) => flag(taken, Confidence::High, 86),
                        (_, 10) => flag(taken, Confidence::Medium, 76),
                        _ => None,
                    };
                }
            }
        }
        if plus.is_some() || matches!(head, [b'0', b'0', b'1'..=b'9', ..]) {
            let line = of_any_length();
            let longest = (8..=15).rev().find_map(|digits| self.exactly(at, line, digits))?;
            return match plus {
                Some(_) => flag(longest, Confidence::High, 84),
                None => flag(longest, Confidence::Medium, 60),
            };
        }
        if let [b'0', b'1' | b'2' | b'3' | b'5' | b'7' | b'8' | b'9', ..] = head
            && let Some(taken) = self.exactly(at, run, 11)
        {
            return flag(taken, Confidence::High, 86);
        }
        if let Some(taken) = self.exactly(at, run, 10) {
            let lengths: Vec<usize> = self
                .groups
                .iter()
                .skip(at)
                .take(taken)
                .map(Group::digits)
                .collect();
            match head {
                // Some of 01 and 0800 are a digit short; other countries write ten digits, too.
                [b'0', b'1' | b'5' | b'8', ..] => return flag(taken, Confidence::Medium, 70),
                [b'0', b'1'..=b'9', ..] => return flag(taken, Confidence::Low, 45),
                // A mobile without its 0.
                [b'7', ..] if matches!(lengths.as_slice(), [4, 6] | [4, 3, 3] | [5, 5]) => {
                    return flag(taken, Confidence::Medium, 50);
                }
                _ => {}
            }
        }
        let (area_in_brackets, announced) = (bracket.is_some(), announced());
        if area_in_brackets || announced {
            let least = if announced { 6 } else { 8 };
            let line = of_any_length();
            let taken = (least..=12)
                .rev()
                .find_map(|digits| self.exactly(at, line, digits))?;
            let last = self.groups.get(at + taken - 1)?;
            let alone = self.extension(last.end) > last.end || !self.glued(first.start, last.end);
            if announced && !alone {
                return None;
            }
            return flag(taken, Confidence::Low, 42);
        }
        None
    }

    /// The end of an extension (`x123`, `ext. 123`) right after `end` in the same line, or `end`.
    fn extension(&self, end: usize) -> usize {
        let plain = &self.view.plain;
        let rest = plain.get(end..plain.len().min(end + 12)).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
        let rest = rest.get(blanks..).unwrap_or_default();
        let Some(word) = ["extension", "ext", "x", "#"]
            .iter()
            .find(|word| rest.starts_with(word.as_bytes()))
        else {
            return end;
        };
        let rest = rest.get(word.len()..).unwrap_or_default();
        let between = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'.' | b':'))
            .count();
        let digits = rest
            .iter()
            .skip(between)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            end
        } else {
            end + blanks + word.len() + between + digits
        }
    }
}

/// What looks like an NHS number or a telephone.
pub(super) fn numbers(view: &View, found: &mut Vec<Candidate>) {
    let numbers = Numbers {
        view,
        groups: groups(&view.plain),
    };
    for at in 0..numbers.groups.len() {
        found.extend(numbers.nhs(at));
        found.extend(numbers.phone(at));
    }
}

#[cfg(test)]
mod tests {
    use super::is_nhs_number;

    #[test]
    fn check_digit() {
        assert!(is_nhs_number(b"9434765919"));
        assert!(is_nhs_number(b"4010232137"));
        assert!(!is_nhs_number(b"4010232138"));
        // The check value is 10: no digit fits.
        for last in b'0'..=b'9' {
            let mut digits = *b"0000000060";
            digits[9] = last;
            assert!(!is_nhs_number(&digits));
        }
        assert!(!is_nhs_number(b"1111111111"));
        assert!(!is_nhs_number(b"943476591"));
        assert!(!is_nhs_number(b""));
    }
}
