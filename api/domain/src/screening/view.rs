//! A text as the rules read it: one byte for each code point, so that a place in it is a place in the text.
//!
//! Capitals, accents, dashes, quotation marks and blanks are typed in many ways; here each has one. Refused: running the
//! rules on the text itself, where every pattern would have to know every dash, and every span would have to be
//! counted from bytes to code points.

use std::ops::Range;

/// The byte that stands for a letter of another script, and for a combining mark: part of a word, and no known letter.
const OTHER_LETTER: u8 = b'_';
/// The byte that stands for an underscore: it parts words, and an e-mail address may hold it.
pub(super) const UNDERSCORE: u8 = 0x1f;

/// U+00C0 to U+017F, and U+1E00 to U+1EFF, without their marks and in lower case.
const LATIN: &[u8; 192] =
    b"aaaaaaaceeeeiiiidnooooo_ouuuuytsaaaaaaaceeeeiiiidnooooo_ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggg\
        gggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
const LATIN_ADDITIONAL: &[u8; 256] =
    b"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrr\
        ssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy______aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee\
        eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy______";

/// Dots at half height, which are typed where a dot or a blank would do.
fn is_middle_dot(c: char) -> bool {
    matches!(c, '\u{b7}' | '\u{2219}' | '\u{22c5}')
}

/// A run of letters and digits.
pub(super) struct Word {
    /// Its first code point.
    pub start: usize,
    /// The code point after its last.
    pub end: usize,
    letters: Range<usize>,
}

/// A text, folded.
pub(super) struct View {
    /// A byte for each code point: lower case and without accents.
    pub plain: Vec<u8>,
    /// The same as identifiers are read: notes that are pasted wrap, so that a line feed by itself is a blank here (an
    /// empty line stays one), and a dot at half height is a dot.
    pub unwrapped: Vec<u8>,
    /// The words, in their order.
    pub words: Vec<Word>,
    upper: Vec<bool>,
    letters: String,
    /// Whether nearly all of it is in capitals, which then say nothing.
    pub shouted: bool,
}

fn folded(c: char) -> char {
    let at = |from: u32, table: &[u8]| {
        table
            .get((c as u32 - from) as usize)
            .map_or(c, |b| char::from(*b))
    };
    let folded = match c {
        '\0'..='\u{7f}' => return c.to_ascii_lowercase(),
        '\u{c0}'..='\u{17f}' => at(0xc0, LATIN),
        '\u{1e00}'..='\u{1eff}' => at(0x1e00, LATIN_ADDITIONAL),
        'Ơ' | 'ơ' => 'o',
        'Ư' | 'ư' => 'u',
        'Ș' | 'ș' => 's',
        'Ț' | 'ț' => 't',
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(c as u32 - 0xfee0).map_or(c, |narrow| narrow.to_ascii_lowercase())
        }
        _ => return c.to_lowercase().next().unwrap_or(c),
    };
    if folded == '_' { c } else { folded }
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn plain(c: char) -> u8 {
    match folded(c) {
        '_' => UNDERSCORE,
        '\n' | '\u{2028}' | '\u{2029}' => b'\n',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => b'-',
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{b4}' | '`' | '\u{2032}' => b'\'',
        '\u{201c}' | '\u{201d}' => b'"',
        '\u{2026}' => b'.',
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => b' ',
        c if c.is_whitespace() => b' ',
        // `as` loses nothing: the character is ASCII.
        c if c.is_ascii() => c as u8,
        c if c.is_alphanumeric() || is_mark(c) => OTHER_LETTER,
        _ => b'*',
    }
}

/// Whether the byte of a view is part of a word.
pub(super) fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == OTHER_LETTER
}

impl View {
    pub(super) fn new(text: &str) -> Self {
        let mut view = Self {
            plain: Vec::with_capacity(text.len()),
            unwrapped: Vec::with_capacity(text.len()),
            words: Vec::new(),
            upper: Vec::with_capacity(text.len()),
            letters: String::with_capacity(text.len()),
            shouted: false,
        };
        let (mut capitals, mut smalls) = (0usize, 0usize);
        let mut open: Option<(usize, usize)> = None;
        // The last line feed, as long as only blanks came after it.
        let mut line_feed: Option<usize> = None;
        for (at, c) in text.chars().enumerate() {
            let byte = plain(c);
            view.plain.push(byte);
            view.unwrapped.push(match byte {
                b'\n' if line_feed.is_none() => b' ',
                _ if is_middle_dot(c) => b'.',
                byte => byte,
            });
            match byte {
                b'\n' => {
                    if let Some(before) = line_feed.and_then(|before| view.unwrapped.get_mut(before)) {
                        *before = b'\n';
                    }
                    line_feed = Some(at);
                }
                b' ' => {}
                _ => line_feed = None,
            }
            view.upper.push(c.is_uppercase());
            capitals += usize::from(c.is_uppercase());
            smalls += usize::from(c.is_lowercase());
            if in_word(byte) {
                open.get_or_insert((at, view.letters.len()));
                if !is_mark(c) {
                    view.letters.push(folded(c));
                }
            } else if let Some((start, from)) = open.take() {
                view.push(start, at, from);
            }
        }
        if let Some((start, from)) = open {
            view.push(start, view.plain.len(), from);
        }
        view.shouted = capitals > 4 * smalls && view.words.len() > 3;
        view
    }

    fn push(&mut self, start: usize, end: usize, from: usize) {
        let letters = from..self.letters.len();
        self.words.push(Word { start, end, letters });
    }

    /// The letters and digits of word `at`, folded; empty where there is no such word.
    pub(super) fn word(&self, at: usize) -> &str {
        self.words
            .get(at)
            .and_then(|word| self.letters.get(word.letters.clone()))
            .unwrap_or_default()
    }

    /// What stands between word `at` and the one before it; before the first word, from the text's start.
    pub(super) fn gap(&self, at: usize) -> &[u8] {
        let from = at
            .checked_sub(1)
            .and_then(|before| self.words.get(before))
            .map_or(0, |word| word.end);
        let to = self.words.get(at).map_or(self.plain.len(), |word| word.start);
        self.plain.get(from..to).unwrap_or_default()
    }

    /// Whether word `at` begins with a capital that says something.
    pub(super) fn capital(&self, at: usize) -> bool {
        !self.shouted && self.begins_upper(at)
    }

    /// Whether word `at` begins with a capital.
    pub(super) fn begins_upper(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| self.is_upper(word.start))
    }

    /// Whether word `at` is two letters or more, all of them capitals.
    pub(super) fn all_upper(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| {
            word.end - word.start > 1 && (word.start..word.end).all(|at| self.is_upper(at))
        })
    }

    /// Whether the code point at `at` is a capital.
    pub(super) fn is_upper(&self, at: usize) -> bool {
        self.upper.get(at).copied().unwrap_or(false)
    }

    /// The index of the first word that begins at `place` or after it.
    pub(super) fn word_from(&self, place: usize) -> usize {
        self.words.partition_point(|word| word.start < place)
    }

    /// Whether one of `keys` is among the six words that end at `place` or before it, and no further off than `reach`
    /// code points.
    pub(super) fn announced(&self, place: usize, reach: usize, keys: &[&str]) -> bool {
        let until = self.words.partition_point(|word| word.end <= place);
        (until.saturating_sub(6)..until).rev().any(|at| {
            self.words.get(at).is_some_and(|word| place - word.end <= reach) && keys.contains(&self.word(at))
        })
    }
}
