//! What is told by its form: postcodes, numbers with letters, dates of birth, e-mail addresses, legal detail.
//!
//! The patterns see a folded text (`View::unwrapped`): lower case, one dash, one apostrophe, a blank for every blank and
//! for a line feed by itself, and `_` for letters of other scripts.

use super::{
    Candidate, Confidence, Rule,
    view::{UNDERSCORE, View, in_word},
};
use regex::bytes::{Captures, Regex};
use std::{ops::Range, sync::LazyLock};

/// The 124 areas of the United Kingdom and the Crown dependencies.
const AREAS: &[&[u8]] = &[
    b"ab", b"al", b"b", b"ba", b"bb", b"bd", b"bh", b"bl", b"bn", b"br", b"bs", b"bt", b"ca", b"cb", b"cf",
    b"ch", b"cm", b"co", b"cr", b"ct", b"cv", b"cw", b"da", b"dd", b"de", b"dg", b"dh", b"dl", b"dn", b"dt",
    b"dy", b"e", b"ec", b"eh", b"en", b"ex", b"fk", b"fy", b"g", b"gl", b"gu", b"gy", b"ha", b"hd", b"hg",
    b"hp", b"hr", b"hs", b"hu", b"hx", b"ig", b"im", b"ip", b"iv", b"je", b"ka", b"kt", b"kw", b"ky", b"l",
    b"la", b"ld", b"le", b"ll", b"ln", b"ls", b"lu", b"m", b"me", b"mk", b"ml", b"n", b"ne", b"ng", b"nn",
    b"np", b"nr", b"nw", b"ol", b"ox", b"pa", b"pe", b"ph", b"pl", b"po", b"pr", b"rg", b"rh", b"rm", b"s",
    b"sa", b"se", b"sg", b"sk", b"sl", b"sm", b"sn", b"so", b"sp", b"sr", b"ss", b"st", b"sw", b"sy", b"ta",
    b"td", b"tf", b"tn", b"tq", b"tr", b"ts", b"tw", b"ub", b"w", b"wa", b"wc", b"wd", b"wf", b"wn", b"wr",
    b"ws", b"wv", b"yo", b"ze",
];
/// Pairs of letters that no National Insurance number begins with, besides what the pattern leaves out.
const NOT_ISSUED: &[&[u8]] = &[b"bg", b"gb", b"kn", b"nk", b"nt", b"tn", b"zz"];
/// Words and units of two letters, which stand after a figure and are no end of an identifier.
const TWO_LETTERS: &[&[u8]] = &[
    b"ad", b"ah", b"am", b"an", b"as", b"at", b"be", b"by", b"cm", b"do", b"dr", b"ed", b"eg", b"eh", b"eu",
    b"ex", b"go", b"gp", b"ha", b"he", b"hi", b"hr", b"ie", b"if", b"in", b"is", b"it", b"kg", b"km", b"lb",
    b"me", b"mg", b"ml", b"mm", b"my", b"nd", b"no", b"of", b"oh", b"ok", b"on", b"or", b"ot", b"ox", b"oz",
    b"pa", b"pm", b"rd", b"re", b"so", b"st", b"th", b"to", b"uk", b"up", b"us", b"we", b"yr",
];
const PRISON_WORDS: &[&str] = &["prison", "prisoner", "noms", "pnomis", "nomis"];
const BIRTH_WORDS: &[&str] = &["dob", "d", "born", "birth", "birthday", "birthdate", "bday", "db"];
/// Without a word that says so, a date is taken for one of birth up to this year: meetings are later, and secure
/// services are for adults.
const LATEST_BIRTH: u32 = 2009;
/// Two digits from here on are a year of the last century.
const LAST_CENTURY: u32 = 30;

#[expect(
    clippy::expect_used,
    reason = "the patterns are written below, and every test compiles each of them"
)]
fn pattern(words: &str) -> Regex {
    Regex::new(&format!("(?-u){words}")).expect("a pattern of this module")
}

/// What stands before the sign of an e-mail address; `\x1f` is an underscore.
macro_rules! local {
    () => {
        r"\b[a-z0-9._+'\x1f-]+"
    };
}

macro_rules! at_in_brackets {
    () => {
        r" ?[\[({] ?(?:at|@) ?[\])}] ?"
    };
}

/// A dot that is said, or stands in brackets.
macro_rules! said_dot {
    () => {
        r" ?[\[({] ?(?:dot|\.) ?[\])}] ?| dot "
    };
}

macro_rules! any_dot {
    () => {
        concat!(said_dot!(), r"| ?\. ?")
    };
}

/// The ends of domains; only these, because a word stands after most dots.
macro_rules! last_label {
    () => {
        "(?:com|net|org|uk|gov|nhs|eu|info)"
    };
}

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $pattern:expr;)*) => {
        $($(#[$doc])* static $name: LazyLock<Regex> = LazyLock::new(|| pattern($pattern));)*

        /// Compiles every pattern, which takes a tenth of a second or so, once.
        pub(super) fn make_ready() {
            $(LazyLock::force(&$name);)*
        }
    };
}

patterns! {
    POSTCODE = concat!(
        r"\b(gir|([a-pr-uwyz][a-hk-y]?)(?:[0-9][0-9]?|[0-9][a-hjkmnp-y]))",
        r"([ -]{0,3}|[.,] {0,2})([0-9]( {0,2})[abd-hjlnp-uw-z]{2})\b",
    );
    INSURANCE = concat!(
        r"\b([a-ceghj-pr-tw-z])( {0,2})([a-ceghj-npr-tw-z])",
        r"[ ./\x1f-]{0,3}(?:[0-9][ ./\x1f-]{0,3}){6}[a-d]\b",
    );
    INSURANCE_CUT = concat!(
        r"\b([a-ceghj-pr-tw-z])( {0,2})([a-ceghj-npr-tw-z])",
        r"[ ./\x1f-]{0,3}(?:[0-9][ ./\x1f-]{0,3}){5}[0-9]\b",
    );
    /// The same where the figures stand two by two.
    INSURANCE_PAIRS = concat!(
        r"\b([a-ceghj-pr-tw-z])([a-ceghj-npr-tw-z])",
        r"[ -]{0,3}[0-9]{2}[ -]{1,3}[0-9]{2}[ -]{1,3}[0-9]{2}\b",
    );
    PRISON = r"\b[a-z](?: {0,2}|-)([0-9]{2} {0,2}[0-9]{2})(?: {0,2}|-)([a-z]{2})\b";
    /// Numbers given before 2009.
    PRISON_OLD = r"\b[a-z]{2} ?[0-9]{4}\b";
    PNC = r"\b(?:(?:19|20)[0-9]{2}|[0-9]{2}) ?/ ?([0-9]{1,7}) ?[a-hj-np-rt-z]\b";
    CRO = r"\b(?:sf ?[0-9]{2} ?/ ?([0-9]{1,6})|([0-9]{1,6}) ?/ ?[0-9]{2}) ?[a-z]\b";
    /// A case of the probation service.
    CASE = r"\b[a-z][0-9]{6}\b";
    RECORD = concat!(
        r"\b(?:(?:rio|mrn|paris|system ?one|systmone|carenotes|crn|pnc|cro)(?: ?(?:number|num|no|id|ref))?",
        r"|(?:hospital|patient|client|record|case|custody|unit) ?(?:number|num|no|id|ref))",
        r"[ .:#=-]{0,4}(?:is )?((?:[a-z]{1,3}[ -]?)?[0-9]{4,10}[a-z]?)\b",
    );
    /// The year first, or last with four digits or two.
    DATE = concat!(
        r"\b(?:([0-9]{4})(?: ?[./-] ?| )([0-9]{1,2})(?: ?[./-] ?| )([0-9]{1,2})",
        r"|([0-9]{1,2})(?: ?[./-] ?| )([0-9]{1,2})(?: ?[./-] ?| )([0-9]{4}|[0-9]{2}))\b",
    );
    DAY_MONTH = concat!(
        r"\b([0-9]{1,2})(?:st|nd|rd|th)?[ ,./-]{0,2}(?:of )?",
        r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ ,./'-]{0,3}((?:19|20)?[0-9]{2})\b",
    );
    MONTH_DAY = concat!(
        r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ .]{1,2}([0-9]{1,2})(?:st|nd|rd|th)?",
        r"[ ,]{1,3}((?:19|20)[0-9]{2})\b",
    );
    DIGITS = r"\b[0-9]{6}(?:[0-9]{2})?\b";
    /// An address that is spoken: `sam at nhs dot net`.
    SPOKEN = concat!(
        local!(), "(?:", at_in_brackets!(), "| at | ?@ ?)[a-z0-9-]+(?:", any_dot!(), "[a-z0-9-]+)*?",
        "(?:", said_dot!(), ")", last_label!(), r"(?:(?:", said_dot!(), r"|\.)", last_label!(), r")*\b",
    );
    /// One that hides its sign from machines: `sam [at] nhs.net`.
    HIDDEN_SIGN = concat!(
        local!(), at_in_brackets!(), "[a-z0-9-]+(?:", any_dot!(), "[a-z0-9-]+)*?",
        r"(?:(?:", any_dot!(), ")", last_label!(), r"|\.[a-z]{2,})(?:(?:", said_dot!(), ")", last_label!(), r"|\.[a-z]{2,})*\b",
    );
    /// One with a blank at a dot, where it was typed or wraps: `sam@nhs .net`.
    BROKEN_DOT = concat!(
        local!(), r" ?@ ?[a-z0-9-]+(?:\.[a-z0-9-]+)*?(?: \. ?|\. )", last_label!(), r"(?:\.", last_label!(), r")*\b",
    );
    SECTIONS = concat!(
        r"\b(?:(?:s|ss|sec|sect|section|sections|notional)[ .]{0,2}(?:37|47|48|45a?)(?: ?[/-] ?| | ?\( ?| and )(?:41|49)\)?",
        r"|(?:37|47|48|45a) ?/ ?(?:41|49)s?)",
    );
    SECTION = r"\b(?:s|ss|sec|sect|section|sections|notional)[ .]{0,2}(?:35|36|37|38|41|42|45a|45b|47|48|49)\b";
    /// Words that say of somebody what they did or how they are held.
    PERSONAL = concat!(
        r"\b(?:index (?:offen[cs]es?|crimes?)|(?:my|his|her|their|whose) (?:past |previous |violent |sexual )?",
        r"(?:offen[cs]es?|offending|crimes?|convictions?|victims?|restriction order|life sentence|tariff)",
        r"|(?:was|were|am|is|are|been|being|got) (?:charged with|convicted|found guilty|sentenced)",
        r"|convicted (?:of|for)|convictions? (?:of|for)|found guilty|sentenced (?:to|for)|ple(?:a?de?d|d) guilty",
        r"|not guilty by reason of insanity|unfit to plead|previous convictions?|on an? ipp|diminished responsibility)\b",
    );
    /// Words of the law that may be said of anybody.
    GENERAL = concat!(
        r"\b(?:restriction (?:orders?|directions?)|restricted patients?|(?:hospital|limitation) (?:orders?|directions?)",
        r"|hybrid orders?|(?:conditional|absolute)(?:ly)? discharged?|life sentences?|lifers?|ipp sentences?|ipp prisoners?",
        r"|sex(?:ual)? offen(?:[cs]es?|ders?|ding)(?: register)?|mappa)\b",
    );
    OFFENCE = concat!(
        r"\b(?:murder(?:ed|er|ing)?|manslaughter|arson(?:ist)?|rape[ds]?|rapist|gbh|abh|grievous bodily harm",
        r"|actual bodily harm|wounding with intent|stabb(?:ed|ing)|strangled|indecent(?:ly)? (?:assault(?:ed)?|exposure|images)",
        r"|sexual(?:ly)? assault(?:ed|s)?|kidnap(?:ped|ping)?|robbery|burglary|paedophil(?:e|ia)|set fire to",
        r"|attempted murder|killed (?:my|his|her|their|someone|somebody|a))\b",
    );
}

/// Every match that `judge` takes, and nothing skipped after one that it does not.
fn each(
    view: &View,
    pattern: &Regex,
    found: &mut Vec<Candidate>,
    judge: impl Fn(&Captures<'_>, Range<usize>) -> Option<Candidate>,
) {
    let mut from = 0;
    while let Some(captures) = pattern.captures_at(&view.unwrapped, from)
        && let Some(whole) = captures.get(0)
    {
        let candidate = judge(&captures, whole.range());
        from = if candidate.is_some() {
            whole.end()
        } else {
            whole.start() + 1
        };
        found.extend(candidate);
    }
}

fn part<'a>(captures: &Captures<'a>, at: usize) -> &'a [u8] {
    captures.get(at).map_or(b"", |part| part.as_bytes())
}

fn number(digits: &[u8]) -> u32 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u32::from(digit.wrapping_sub(b'0')))
}

fn parted(view: &View, range: &Range<usize>) -> bool {
    view.plain
        .get(range.clone())
        .unwrap_or_default()
        .iter()
        .any(|byte| !byte.is_ascii_alphanumeric())
}

/// Whether no letter or digit stands beside another.
fn apart(view: &View, range: &Range<usize>) -> bool {
    let bytes = view.plain.get(range.clone()).unwrap_or_default();
    !bytes
        .windows(2)
        .any(|pair| pair.iter().all(u8::is_ascii_alphanumeric))
}

fn capitals(view: &View, range: &Range<usize>) -> bool {
    !range
        .clone()
        .any(|at| view.plain.get(at).is_some_and(u8::is_ascii_alphabetic) && !view.is_upper(at))
}

fn postcodes(view: &View, found: &mut Vec<Candidate>) {
    each(view, &POSTCODE, found, |captures, range| {
        let outward = part(captures, 1);
        let inward: Vec<u8> = part(captures, 4)
            .iter()
            .filter(|byte| **byte != b' ')
            .copied()
            .collect();
        if outward == b"gir" && inward != b"0aa" {
            return None;
        }
        let area = part(captures, 2);
        // A letter after the digit: only some, and others after one letter than after two.
        if let [.., letter @ b'a'..=b'z'] = outward
            && outward != b"gir"
        {
            let allowed: &[u8] = if area.len() == 1 {
                b"abcdefghjkpstuw"
            } else {
                b"abehmnprvwxy"
            };
            if !allowed.contains(letter) {
                return None;
            }
        }
        let known = outward == b"gir" || AREAS.contains(&area);
        let written = capitals(view, &range) && !view.shouted;
        // "m1 1st": an ordinal, not the end of a postcode.
        let ordinal = matches!(
            inward.as_slice(),
            [b'1', b's', b't'] | [b'2', b'n', b'd'] | [b'3', b'r', b'd'] | [_, b't', b'h']
        );
        let wraps = view
            .plain
            .get(range.clone())
            .is_some_and(|bytes| bytes.contains(&b'\n'));
        let marked = part(captures, 3).iter().any(|byte| matches!(byte, b'.' | b','));
        if ordinal && (wraps || marked) {
            return None;
        }
        // "SW1A 1 AA", but not "ward b1 2 as well".
        let apart = !part(captures, 5).is_empty();
        if apart {
            let word = inward
                .get(1..)
                .is_some_and(|letters| TWO_LETTERS.contains(&letters));
            if !known || part(captures, 3).is_empty() || (!written && (word || outward.len() < 3)) {
                return None;
            }
        }
        let confidence = match (known, written) {
            _ if apart || (marked && !written) => Confidence::Low,
            (true, true) => Confidence::High,
            (true, false) if !ordinal => Confidence::Medium,
            (false, true) => Confidence::Medium,
            _ => Confidence::Low,
        };
        Some(Candidate::new(range, Rule::Postcode, confidence, 72))
    });
}

fn insurance(view: &View, found: &mut Vec<Candidate>) {
    let issued = |first: &[u8], second: &[u8]| !NOT_ISSUED.contains(&[first, second].concat().as_slice());
    // "A B 12 34 56 C": letters by themselves are words in small letters, unless every character stands by itself.
    let together = |captures: &Captures<'_>, range: &Range<usize>| {
        part(captures, 2).is_empty() || capitals(view, range) || apart(view, range)
    };
    each(view, &INSURANCE, found, |captures, range| {
        if !together(captures, &range) {
            return None;
        }
        let sure = capitals(view, &range) || !parted(view, &range);
        let confidence = if sure {
            Confidence::High
        } else {
            Confidence::Medium
        };
        issued(part(captures, 1), part(captures, 3))
            .then(|| Candidate::new(range, Rule::NationalInsuranceNumber, confidence, 82))
    });
    // The last letter is often left out; then only where it says what it is or stands as it is printed, and no other
    // letter stands in its place.
    let other_letter = |range: &Range<usize>| {
        let next = view.word_from(range.end);
        view.word(next).len() == 1 && view.gap(next).iter().all(|byte| matches!(byte, b' ' | b'-'))
    };
    each(view, &INSURANCE_PAIRS, found, |captures, range| {
        let (first, second) = (part(captures, 1), part(captures, 2));
        let word = TWO_LETTERS.contains(&[first, second].concat().as_slice());
        (issued(first, second) && capitals(view, &range) && !word && !other_letter(&range))
            .then(|| Candidate::new(range, Rule::NationalInsuranceNumber, Confidence::Low, 75))
    });
    each(view, &INSURANCE_CUT, found, |captures, range| {
        let announced = view.announced(range.start, 20, &["ni", "nino", "insurance"]);
        let issued = issued(part(captures, 1), part(captures, 3));
        (issued && announced && together(captures, &range) && !other_letter(&range))
            .then(|| Candidate::new(range, Rule::NationalInsuranceNumber, Confidence::Low, 76))
    });
}

fn case_numbers(view: &View, found: &mut Vec<Candidate>) {
    let prison = |range: &Range<usize>| view.announced(range.start, 20, PRISON_WORDS);
    each(view, &PRISON, found, |captures, range| {
        let sure = !parted(view, &range) || prison(&range);
        // "A 2019 UK" in a text of capitals is no number, and "a 2019 we" and "a 1500 mg dose" are none in any.
        let year = matches!(part(captures, 1), [b'1', b'9', _, _] | [b'2', b'0', _, _]);
        let words = year || TWO_LETTERS.contains(&part(captures, 2));
        (sure || !words || (capitals(view, &range) && !view.shouted)).then(|| {
            let confidence = if sure { Confidence::High } else { Confidence::Low };
            Candidate::new(range, Rule::PrisonNumber, confidence, 74)
        })
    });
    each(view, &PRISON_OLD, found, |_, range| {
        prison(&range).then(|| Candidate::new(range, Rule::PrisonNumber, Confidence::Medium, 70))
    });
    each(view, &PNC, found, |captures, range| {
        let announced = view.announced(range.start, 20, &["pnc"]);
        let confidence = if announced {
            Confidence::High
        } else {
            Confidence::Medium
        };
        (announced || part(captures, 1).len() > 3)
            .then(|| Candidate::new(range, Rule::PncNumber, confidence, 73))
    });
    each(view, &CRO, found, |captures, range| {
        let announced = view.announced(range.start, 20, &["cro"]);
        let confidence = if announced {
            Confidence::High
        } else {
            Confidence::Medium
        };
        let serial = part(captures, 1).len() + part(captures, 2).len();
        let rank = if announced { 74 } else { 71 };
        (announced || serial > 3).then(|| Candidate::new(range, Rule::CroNumber, confidence, rank))
    });
    each(view, &CASE, found, |_, range| {
        let announced = view.announced(range.start, 20, &["crn", "delius", "probation"]);
        let confidence = match announced {
            true => Confidence::High,
            false if view.is_upper(range.start) => Confidence::Medium,
            false => Confidence::Low,
        };
        Some(Candidate::new(range, Rule::CaseReferenceNumber, confidence, 65))
    });
    each(view, &RECORD, found, |captures, _| {
        let range = captures.get(1)?.range();
        Some(Candidate::new(range, Rule::RecordNumber, Confidence::Medium, 55))
    });
}

fn dates(view: &View, found: &mut Vec<Candidate>) {
    let announced = |range: &Range<usize>| view.announced(range.start, 30, BIRTH_WORDS);
    // `year` as written; the day and the month are already known to be possible.
    let judge = |range: Range<usize>, year: &[u8], parts_by_blanks: bool| {
        let said = announced(&range);
        let written = number(year);
        let confidence = match year.len() {
            _ if said => Confidence::High,
            4 if (1900..=LATEST_BIRTH).contains(&written) => Confidence::Medium,
            2 if written >= LAST_CENTURY && !parts_by_blanks => Confidence::Low,
            _ => return None,
        };
        let possible = matches!(year.len(), 2) || (1900..2100).contains(&written);
        possible.then(|| Candidate::new(range, Rule::DateOfBirth, confidence, 68))
    };
    each(view, &DATE, found, |captures, range| {
        let blanks = view
            .unwrapped
            .get(range.clone())
            .is_some_and(|bytes| bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b' '));
        let (day, month, year) = match captures.get(1) {
            Some(year) => (part(captures, 3), part(captures, 2), year.as_bytes()),
            None => (part(captures, 4), part(captures, 5), part(captures, 6)),
        };
        let (day, month) = (number(day), number(month));
        // Americans write the month first.
        let possible = |day: u32, month: u32| (1..=31).contains(&day) && (1..=12).contains(&month);
        (possible(day, month) || possible(month, day))
            .then(|| judge(range, year, blanks))
            .flatten()
    });
    for pattern in [&*DAY_MONTH, &*MONTH_DAY] {
        each(view, pattern, found, |captures, range| {
            let possible = (1..=31).contains(&number(part(captures, 1)));
            possible.then(|| judge(range, part(captures, 2), false)).flatten()
        });
    }
    each(view, &DIGITS, found, |_, range| {
        announced(&range).then(|| Candidate::new(range, Rule::DateOfBirth, Confidence::Medium, 66))
    });
}

/// No part of an address before the `@` is longer (RFC 5321); no domain longer than the second figure.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 253;

fn emails(view: &View, found: &mut Vec<Candidate>) {
    let plain = &view.unwrapped;
    let local =
        |byte: &u8| in_word(*byte) || matches!(*byte, b'.' | b'%' | b'+' | b'-' | b'\'' | b'&' | UNDERSCORE);
    for at in (0..plain.len()).filter(|&at| plain.get(at) == Some(&b'@')) {
        let (before, after) = plain.split_at(at);
        let after = after.get(1..).unwrap_or_default();
        // Blanks around the sign happen; more than one does not.
        let blank_before = usize::from(before.last() == Some(&b' '));
        let blank_after = usize::from(after.first() == Some(&b' '));
        let before = before.get(..at - blank_before).unwrap_or_default();
        let after = after.get(blank_after..).unwrap_or_default();
        let name = before
            .iter()
            .rev()
            .take(LONGEST_LOCAL)
            .take_while(|byte| local(byte))
            .count();
        let mut start = before.len() - name;
        while before
            .get(start)
            .is_some_and(|byte| matches!(*byte, b'.' | b'\'' | b'-'))
        {
            start += 1;
        }
        let domain = after
            .iter()
            .take(LONGEST_DOMAIN)
            .take_while(|byte| in_word(**byte) || matches!(**byte, b'.' | b'-'))
            .count();
        let Some(domain) = domain_in(after.get(..domain).unwrap_or_default()) else {
            continue;
        };
        if start >= before.len() {
            continue;
        }
        let confidence = match blank_before + blank_after {
            0 => Confidence::High,
            _ => Confidence::Low,
        };
        found.push(Candidate::new(
            start..at + 1 + blank_after + domain,
            Rule::Email,
            confidence,
            95,
        ));
    }
    let in_brackets = |bytes: &[u8]| matches!(bytes, [b'[' | b'(' | b'{', b' ' | b'@' | b'.' | b'a' | b'd']);
    let sign = plain.contains(&b'@');
    let bracket = plain.windows(2).any(in_brackets);
    let dot = (0..view.words.len()).any(|at| view.word(at) == "dot");
    for (pattern, looked_for) in [
        (&*SPOKEN, dot || bracket),
        (&*HIDDEN_SIGN, bracket),
        (&*BROKEN_DOT, sign),
    ] {
        if looked_for {
            each(view, pattern, found, |_, range| {
                Some(Candidate::new(range, Rule::Email, Confidence::Low, 64))
            });
        }
    }
}

/// How much of `bytes` is a domain: labels with dots between them, the last of two letters at least.
fn domain_in(bytes: &[u8]) -> Option<usize> {
    let mut end = bytes.len();
    loop {
        let cut = bytes.get(..end)?.iter().rposition(|byte| *byte == b'.')?;
        let last = bytes.get(cut + 1..end)?;
        let letters = last
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'_')
            .count();
        let whole = letters == last.len() || last.get(letters) == Some(&b'-');
        if letters >= 2 && whole && cut > 0 && bytes.get(cut - 1) != Some(&b'.') {
            return Some(cut + 1 + letters);
        }
        end = cut;
    }
}

fn sections(view: &View, found: &mut Vec<Candidate>) {
    for (pattern, confidence, rank) in [
        (&*SECTIONS, Confidence::High, 34),
        (&*SECTION, Confidence::Medium, 32),
    ] {
        each(view, pattern, found, |_, range| {
            Some(Candidate::new(range, Rule::LegalDetail, confidence, rank))
        });
    }
}

fn legal(view: &View, found: &mut Vec<Candidate>) {
    for (pattern, confidence, rank) in [
        (&*PERSONAL, Confidence::High, 33),
        (&*GENERAL, Confidence::Medium, 31),
        (&*OFFENCE, Confidence::Low, 30),
    ] {
        each(view, pattern, found, |_, range| {
            Some(Candidate::new(range, Rule::LegalDetail, confidence, rank))
        });
    }
}

/// Everything that is told by its form.
pub(super) fn patterns(view: &View, found: &mut Vec<Candidate>) {
    // Most texts hold no digit, and nothing more than words needs to be looked for.
    if view.plain.iter().any(u8::is_ascii_digit) {
        insurance(view, found);
        case_numbers(view, found);
        dates(view, found);
        postcodes(view, found);
        sections(view, found);
    }
    emails(view, found);
    legal(view, found);
}
