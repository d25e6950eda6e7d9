//! People's names: titles with what follows them, given names from lists, and unknown words where a name stands.
//!
//! A word counts for what it is (`lists`) and where it stands: "Hope was kind" and "thank you Hope" are somebody,
//! "Hope this helps" is not. What is uncertain is flagged with low confidence rather than left out: a person looks at it.

use super::{
    Candidate, Confidence, Rule,
    lists::{
        CAPITALISED, COMMON, DOES, FUNCTION, GIVEN, GIVEN_WORD, MONTH, PARTICLE, PLACE, ROLE, SURNAME, TIME,
        TITLE, kind,
    },
    view::View,
};

/// Words of a name, besides the first, that are looked at.
const LONGEST_NAME: usize = 6;

/// Endings of nouns and adjectives that begin a sentence with a capital and are in no short list of words.
const NO_NAME_ENDS_IN: &[&str] = &[
    "ness", "tion", "sion", "ment", "ments", "able", "ful", "less", "ational", "ology", "ically", "ingly",
    "tive",
];
/// What an unknown word with a capital is a person's name after, rather than a place's.
const BEFORE_PEOPLE: &[&str] = &[
    "with",
    "by",
    "ring",
    "rang",
    "see",
    "saw",
    "seeing",
    "seen",
    "met",
    "meet",
    "meeting",
    "know",
    "knew",
    "recommend",
    "recommending",
    "asked",
    "told",
    "phoned",
    "texted",
    "contacted",
    "especially",
    "particularly",
    "love",
    "praise",
];

struct Names<'a> {
    view: &'a View,
    kinds: Vec<u16>,
}

/// A name from word `first` to word `last`.
struct Found {
    first: usize,
    last: usize,
    confidence: Confidence,
}

impl Names<'_> {
    fn is(&self, at: usize, kinds: u16) -> bool {
        self.kinds.get(at).is_some_and(|kind| kind & kinds != 0)
    }

    fn before(&self, at: usize) -> Option<usize> {
        at.checked_sub(1)
    }

    fn letters(&self, at: usize) -> usize {
        self.view.word(at).chars().count()
    }

    fn lettered(&self, at: usize) -> bool {
        let word = self.view.word(at);
        !word.is_empty() && word.chars().all(char::is_alphabetic)
    }

    /// Whether blanks alone part word `at` from the one before.
    fn blank(&self, at: usize) -> bool {
        let gap = self.view.gap(at);
        at > 0 && (1..4).contains(&gap.len()) && gap.iter().all(|byte| *byte == b' ')
    }

    fn starts_sentence(&self, at: usize) -> bool {
        let gap = self.view.gap(at);
        let Some(before) = self.before(at) else {
            return true;
        };
        let dot = gap.contains(&b'.') && !self.is(before, TITLE);
        dot || gap
            .iter()
            .any(|byte| matches!(byte, b'!' | b'?' | b':' | b'\n' | b'"' | b'*' | b'('))
            || gap.starts_with(b" -")
    }

    /// A word with a capital that no list knows as anything else: as good as a name where a name stands.
    fn unknown(&self, at: usize) -> bool {
        let word = self.view.word(at);
        let plural = || {
            word.strip_suffix('s')
                .is_some_and(|stem| kind(stem) & (CAPITALISED | ROLE) != 0)
        };
        self.view.capital(at)
            && self.lettered(at)
            && self.letters(at) > 2
            && !self.view.all_upper(at)
            && !self.is(at, COMMON | FUNCTION | CAPITALISED | ROLE | TITLE | PLACE | DOES)
            && !self.contraction(at)
            && !NO_NAME_ENDS_IN.iter().any(|end| word.ends_with(end))
            && !plural()
    }

    /// "Don't", "I'll": the word before the apostrophe.
    fn contraction(&self, at: usize) -> bool {
        self.view.gap(at + 1) == b"'"
            && matches!(self.view.word(at + 1), "t" | "ll" | "ve" | "re" | "d" | "m")
    }

    /// "Florence Road", "St Mary": a place.
    fn place(&self, at: usize) -> bool {
        let saint = self
            .before(at)
            .is_some_and(|before| matches!(self.view.word(before), "st" | "saint"));
        saint || (self.blank(at + 1) && self.is(at + 1, PLACE) && self.view.capital(at + 1))
    }

    /// How far a name that begins at word `first` goes.
    fn end(&self, first: usize) -> usize {
        let small = !self.view.begins_upper(first);
        let mut last = first;
        while last - first < LONGEST_NAME {
            let next = last + 1;
            let gap = self.view.gap(next);
            let capital = self.view.begins_upper(next) && self.lettered(next);
            let joined = match gap {
                b"'" => self.letters(last) <= 2 && self.lettered(next) && self.letters(next) > 2,
                b"-" => capital || self.is(next, GIVEN | SURNAME),
                _ => false,
            };
            if joined {
                last = next;
                continue;
            }
            let dotted =
                gap.starts_with(b".") && self.letters(last) == 1 && gap.iter().skip(1).all(|b| *b == b' ');
            if !(self.blank(next) || dotted) || !self.lettered(next) {
                break;
            }
            let name = if small || self.view.shouted {
                self.is(next, SURNAME) && !self.is(next, FUNCTION | DOES | COMMON)
            } else {
                capital
                    && self.letters(next) > 1
                    && !self.contraction(next)
                    && (self.is(next, GIVEN | GIVEN_WORD | SURNAME) || !self.is(next, COMMON))
                    && !self.is(next, FUNCTION | ROLE | TITLE | CAPITALISED | PLACE)
                    && (self.view.all_upper(first) || !self.view.all_upper(next))
            };
            // An initial or a particle belongs to a name only when more of the name follows.
            let between = capital && self.letters(next) == 1 || self.is(next, PARTICLE);
            let after = next + 1;
            let more = between
                && self.view.capital(after)
                && self.lettered(after)
                && self.letters(after) > 1
                && (self.is(after, SURNAME) || !self.is(after, COMMON | FUNCTION | CAPITALISED))
                && matches!(self.view.gap(after), b" " | b". " | b"." | b"'");
            if name {
                last = next;
            } else if more {
                last = after;
            } else {
                break;
            }
        }
        last
    }

    /// A title and what follows it.
    fn titled(&self, at: usize) -> Option<Found> {
        if !self.is(at, TITLE) {
            return None;
        }
        let title = self.view.word(at);
        let name = at + 1;
        let gap = self.view.gap(name);
        let close = gap.iter().all(|byte| matches!(byte, b' ' | b'.')) && gap.len() < 4;
        if !close || gap.is_empty() || !self.lettered(name) || self.is(name, FUNCTION) {
            // "Dr. P. Patel" has its initial in the way; "Dr A" is all that was written.
            return None;
        }
        if self.letters(name) > 1 && self.view.word(name).bytes().all(|byte| byte == b'x') {
            return None;
        }
        let known = self.is(name, SURNAME | GIVEN | GIVEN_WORD);
        let common = self.is(name, COMMON | CAPITALISED | ROLE | PLACE);
        // Multiple sclerosis, and the verb.
        let doubtful = title == "miss" && !self.view.begins_upper(at)
            || title == "ms" && self.view.all_upper(at)
            || matches!(title, "sir" | "dame" | "prof" | "professor");
        // "van der Berg": the surname comes after its small words.
        let particles = (name..name + 3)
            .take_while(|at| self.is(*at, PARTICLE) && self.blank(at + 1))
            .count();
        let (name, particle) = (name + particles, particles > 0);
        let confidence = if particle {
            if !self.view.begins_upper(name) || !self.lettered(name) {
                return None;
            }
            Confidence::High
        } else if self.letters(name) == 1 {
            // An "x" is the mark of somebody who has taken the name out.
            if !self.view.capital(name) || self.view.word(name) == "x" {
                return None;
            }
            Confidence::Low
        } else if self.view.capital(name) {
            if doubtful && common && !known {
                return None;
            }
            if common && !known {
                Confidence::Medium
            } else {
                Confidence::High
            }
        } else if known {
            Confidence::Medium
        } else if !common && !doubtful {
            Confidence::Low
        } else {
            return None;
        };
        let mut last = name;
        // Initials, and then the surname.
        while self.letters(last) == 1
            && self
                .view
                .gap(last + 1)
                .iter()
                .all(|byte| matches!(byte, b' ' | b'.' | b'\''))
            && self.view.begins_upper(last + 1)
            && self.lettered(last + 1)
            && !self.is(last + 1, FUNCTION)
            && last < name + 3
        {
            last += 1;
        }
        if self.is(last, PARTICLE) && self.blank(last + 1) && self.view.begins_upper(last + 1) {
            last += 1;
        }
        Some(Found {
            first: at,
            last: self.end(last),
            confidence,
        })
    }

    /// Whether what stands before word `at` says that a name comes: "nurse", "my CPN is", "thank you", "called".
    fn announced(&self, at: usize) -> bool {
        let Some(before) = self.before(at) else {
            return false;
        };
        let gap = self.view.gap(at);
        if gap.len() > 3
            || !gap
                .iter()
                .all(|byte| matches!(byte, b' ' | b',' | b'(' | b'-' | b':'))
        {
            return false;
        }
        let word = self.view.word(before);
        let earlier = before
            .checked_sub(1)
            .map_or("", |earlier| self.view.word(earlier));
        match word {
            "called" | "named" | "thankyou" | "thanks" => true,
            "you" => earlier == "thank",
            "to" => matches!(earlier, "thanks" | "thankyou" | "grateful"),
            "is" | "was" | "were" => earlier == "name" || kind(earlier) & ROLE != 0,
            "name" | "names" => false,
            _ => self.is(before, ROLE),
        }
    }

    /// Whether what stands after word `last` says that a name came: "was", "the physio", ", my nurse", "CPN".
    fn followed(&self, last: usize) -> bool {
        let next = last + 1;
        let gap = self.view.gap(next);
        if gap.len() > 2 || !gap.iter().all(|byte| matches!(byte, b' ' | b',')) {
            return false;
        }
        match self.view.word(next) {
            "she" | "he" | "who" => true,
            "and" => matches!(self.view.word(next + 1), "his" | "her"),
            "the" | "my" | "our" | "a" => self.is(next + 1, ROLE) || self.is(next + 2, ROLE),
            _ => self.blank(next) && self.is(next, DOES | ROLE),
        }
    }

    fn given(&self, at: usize) -> Option<Found> {
        if !self.is(at, GIVEN) || self.contraction(at) || self.place(at) {
            return None;
        }
        // Abbreviations that are names, too: DESMOND is a course.
        if self.view.all_upper(at) && !self.view.shouted && self.is(at, CAPITALISED) {
            return None;
        }
        let last = self.end(at);
        let context = self.announced(at) || self.followed(last);
        if self.is(at, MONTH) && self.in_a_date(at) && !context {
            return None;
        }
        let confidence = if self.view.begins_upper(at) {
            let abbreviation = self.view.all_upper(at) && self.letters(at) < 4;
            match (self.view.shouted || abbreviation, last > at) {
                (true, _) => Confidence::Low,
                (_, true) => Confidence::High,
                _ => Confidence::Medium,
            }
        } else if self.letters(at) > 3 || context {
            Confidence::Low
        } else {
            return None;
        };
        Some(Found {
            first: at,
            last,
            confidence,
        })
    }

    fn given_word(&self, at: usize) -> Option<Found> {
        if !self.is(at, GIVEN_WORD) || self.contraction(at) || self.place(at) {
            return None;
        }
        let last = self.end(at);
        if self.is(at, MONTH) && self.in_a_date(at) {
            return None;
        }
        let surname = last > at && self.is(last, SURNAME);
        let announced = self.announced(at);
        if !self.view.capital(at) {
            return (announced && self.followed(last)).then_some(Found {
                first: at,
                last,
                confidence: Confidence::Low,
            });
        }
        let sentence = self.starts_sentence(at);
        let taken = match (surname, sentence) {
            (true, _) => true,
            (_, true) => announced || self.followed(last) && !self.is(at + 1, FUNCTION & !DOES),
            (_, false) => !self.capitals_around(at) && (announced || !self.view.all_upper(at)),
        };
        let confidence = if surname || announced {
            Confidence::Medium
        } else {
            Confidence::Low
        };
        taken.then_some(Found {
            first: at,
            last,
            confidence,
        })
    }

    /// Whether a number or a word of time stands beside word `at`.
    fn in_a_date(&self, at: usize) -> bool {
        let beside = |at: usize| {
            self.is(at, TIME | MONTH)
                || self
                    .view
                    .word(at)
                    .bytes()
                    .next()
                    .is_some_and(|byte| byte.is_ascii_digit())
        };
        self.before(at).is_some_and(beside) || beside(at + 1)
    }

    /// Whether words around `at` have capitals that they would not need: then its own says nothing.
    fn capitals_around(&self, at: usize) -> bool {
        let needless = |at: usize| self.view.begins_upper(at) && self.is(at, COMMON) && self.letters(at) > 1;
        self.before(at)
            .is_some_and(|before| needless(before) && !self.starts_sentence(before))
            && needless(at + 1)
    }

    fn after_place_preposition(&self, at: usize) -> bool {
        let before = self.before(at).map_or("", |before| self.view.word(before));
        matches!(before, "in" | "at" | "near" | "to" | "from" | "the" | "of" | "on")
    }

    fn stranger(&self, at: usize) -> Option<Found> {
        // "J Smith": an initial and a surname.
        if self.letters(at) == 1 && self.view.capital(at) && !matches!(self.view.word(at), "i" | "a") {
            let next = at + 1;
            let close = matches!(self.view.gap(next), b" " | b". " | b".");
            let surname =
                self.view.capital(next) && self.is(next, SURNAME) && !self.is(next, COMMON | FUNCTION);
            return (close && surname).then(|| Found {
                first: at,
                last: self.end(next),
                confidence: Confidence::Medium,
            });
        }
        if !self.unknown(at) || self.place(at) {
            return None;
        }
        let last = self.end(at);
        let surname = last == at + 1 && self.is(last, SURNAME) && !self.is(last, COMMON);
        // Two unknown words with capitals: a given name and a surname, unless they are a place.
        let pair = last > at && self.unknown(last) && !self.after_place_preposition(at);
        let person = self.blank(at)
            && self
                .before(at)
                .is_some_and(|before| BEFORE_PEOPLE.contains(&self.view.word(before)));
        let confidence = match (
            surname || self.announced(at),
            self.followed(last) || pair || person,
        ) {
            (true, _) => Confidence::Medium,
            (_, true) => Confidence::Low,
            _ => return None,
        };
        Some(Found {
            first: at,
            last,
            confidence,
        })
    }

    /// Whether words `left` and `right`, which follow each other, are items of one list: ", ", "/", "and", "&".
    fn listed(&self, left: usize, right: usize) -> bool {
        let by = |gap: &[u8]| {
            gap.len() < 4
                && gap.iter().any(|byte| matches!(byte, b',' | b'/' | b'&' | b'+'))
                && gap
                    .iter()
                    .all(|byte| matches!(byte, b',' | b'/' | b'&' | b'+' | b' '))
        };
        match right.checked_sub(left) {
            Some(1) => by(self.view.gap(right)),
            Some(2) => {
                self.view.word(left + 1) == "and" && self.blank(right) && self.view.gap(left + 1).len() < 3
            }
            _ => false,
        }
    }
}

/// What looks like somebody's name.
pub(super) fn names(view: &View, found: &mut Vec<Candidate>) {
    let names = Names {
        view,
        kinds: (0..view.words.len()).map(|at| kind(view.word(at))).collect(),
    };
    let mut people: Vec<Found> = Vec::new();
    let mut at = 0;
    while at < view.words.len() {
        let person = names
            .titled(at)
            .or_else(|| names.given(at))
            .or_else(|| names.given_word(at))
            .or_else(|| names.stranger(at));
        at = person.as_ref().map_or(at + 1, |person| person.last + 1);
        people.extend(person);
    }
    // Who is named beside somebody is somebody: "Sheri, Iven and Anouk".
    let mut beside: Vec<Found> = Vec::new();
    for person in &people {
        for step in [1, 2] {
            let right = person.last + step;
            if names.listed(person.last, right) && names.unknown(right) {
                beside.push(Found {
                    first: right,
                    last: names.end(right),
                    confidence: Confidence::Low,
                });
            }
            let Some(left) = person.first.checked_sub(step) else {
                continue;
            };
            if names.listed(left, person.first) && names.unknown(left) {
                beside.push(Found {
                    first: left,
                    last: left,
                    confidence: Confidence::Low,
                });
            }
        }
    }
    for person in people.iter().chain(&beside) {
        if let (Some(first), Some(last)) = (view.words.get(person.first), view.words.get(person.last)) {
            found.push(Candidate::new(
                first.start..last.end,
                Rule::Name,
                person.confidence,
                10,
            ));
        }
    }
}
