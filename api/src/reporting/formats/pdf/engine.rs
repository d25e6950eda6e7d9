//! The engine: Typst, with our template, our fonts and nothing else to see.

use serde_json::Value;
use std::sync::LazyLock;
use typst::{
    Feature, Features, Library, LibraryExt, World,
    diag::{FileError, FileResult, SourceDiagnostic},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How a report looks on paper.
const TEMPLATE: &str = include_str!("report.typ");
/// What stands where the fonts have no shape for a letter.
const UNDRAWN: char = '□';
/// Longer words than this may be broken anywhere: nothing would hold them within the page.
const LONGEST_WORD: usize = 40;

/// The file that `data` makes, and how often the engine warned.
///
/// # Errors
/// What the engine refuses, without anybody's words.
pub(super) fn set(mut data: Value, ident: String) -> Result<(Vec<u8>, usize), String> {
    let letters = LETTERS.as_ref().map_err(Clone::clone)?;
    data["undrawn"] = letters.keep_drawable(&mut data).into();
    let sheet = Sheet {
        letters,
        data: Bytes::new(serde_json::to_vec(&data).map_err(|error| error.to_string())?),
    };
    let standards = PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|_| "the engine knows no PDF/UA-1")?;
    let set = typst::compile::<PagedDocument>(&sheet);
    let written = set.output.and_then(|document| {
        let options = PdfOptions {
            ident: Smart::Custom(ident),
            creator: Smart::Custom(Some("Collate".into())),
            standards,
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options)
    });
    // The engine keeps what it set, to set it again faster. Words that are taken back shall be gone.
    typst::comemo::evict(0);
    match written {
        Ok(file) => Ok((file, set.warnings.len())),
        Err(faults) => Err(told(&faults)),
    }
}

/// What went wrong, without anybody's words: the engine quotes what it could not set.
fn told(faults: &[SourceDiagnostic]) -> String {
    let of = |fault: &SourceDiagnostic| {
        fault
            .message
            .split(['`', '"'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    let all: Vec<_> = faults.iter().map(of).collect();
    format!("the PDF could not be made: {}", all.join("; "))
}

/// The fonts, the template and the engine's own library: read once.
struct Letters {
    fonts: Vec<Font>,
    book: LazyHash<FontBook>,
    library: LazyHash<Library>,
    template: Source,
    data: FileId,
}

static LETTERS: LazyLock<Result<Letters, String>> = LazyLock::new(Letters::read);

impl Letters {
    fn read() -> Result<Self, String> {
        let id = |path: &str| {
            let path = VirtualPath::new(path).map_err(|error| error.to_string())?;
            Ok::<_, String>(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
        };
        let faces = [
            dejavu::sans::regular(),
            dejavu::sans::bold(),
            dejavu::sans_condensed::regular(),
            dejavu::sans_condensed::bold(),
        ];
        let fonts: Vec<_> = faces
            .into_iter()
            .flat_map(|face| Font::iter(Bytes::new(face)))
            .collect();
        // Without it no cell could be told to be the heading of its row.
        let features: Features = [Feature::A11yExtras].into_iter().collect();
        Ok(Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            library: LazyHash::new(Library::builder().with_features(features).build()),
            template: Source::new(id("/report.typ")?, TEMPLATE.into()),
            data: id("/report.json")?,
            fonts,
        })
    }

    fn draws(&self, letter: char) -> bool {
        let private = matches!(letter, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        letter.is_control()
            || !private
                && self
                    .fonts
                    .iter()
                    .any(|font| font.info().coverage.contains(letter.into()))
    }

    /// Takes out of all words what no font can draw, and says whether anything was. PDF/UA-1 forbids a file that has a letter
    /// without a shape, and one letter must not keep everybody from their report.
    fn keep_drawable(&self, value: &mut Value) -> bool {
        match value {
            Value::String(words) => self.keep_drawable_in(words, true),
            Value::Array(items) => {
                let mut undrawn = false;
                for item in items {
                    undrawn |= self.keep_drawable(item);
                }
                undrawn
            }
            Value::Object(fields) => {
                let mut undrawn = false;
                for (name, field) in fields {
                    undrawn |= match (name.as_str(), field) {
                        // A picture's source is no word, and addresses and digests are copied.
                        ("chart", Value::String(picture)) => {
                            *picture = without_marks(picture);
                            self.keep_drawable_in(picture, false)
                        }
                        ("csv" | "digest" | "page", Value::String(text)) => {
                            self.keep_drawable_in(text, false)
                        }
                        (_, field) => self.keep_drawable(field),
                    };
                }
                undrawn
            }
            _ => false,
        }
    }

    fn keep_drawable_in(&self, words: &mut String, break_long_words: bool) -> bool {
        let mut undrawn = false;
        let mut kept = String::with_capacity(words.len());
        let mut word = 0;
        for letter in words.chars() {
            if letter.is_whitespace() {
                word = 0;
            } else if turns(letter) || is_unseen(letter) && !self.draws(letter) {
                continue;
            } else {
                word += 1;
                if break_long_words && word > LONGEST_WORD && word % (LONGEST_WORD / 2) == 1 {
                    // A space of no width.
                    kept.push('\u{200b}');
                }
            }
            if self.draws(letter) || letter.is_whitespace() {
                kept.push(letter);
            } else {
                undrawn = true;
                if !kept.ends_with(UNDRAWN) {
                    kept.push(UNDRAWN);
                }
            }
        }
        *words = kept;
        undrawn
    }
}

/// The words of a picture without what stands above, under or around a letter, unless one letter stands for both. What draws pictures gives
/// such a mark a shape and no letter, which PDF/UA-1 forbids; the table of the picture has every label as it was written. Joiners stay between
/// letters, which they form.
fn without_marks(picture: &str) -> String {
    let mut kept = String::with_capacity(picture.len());
    for letter in picture.nfc() {
        let joins = matches!(letter, '\u{200c}' | '\u{200d}') && kept.ends_with(char::is_alphabetic);
        if joins || !is_combining_mark(letter) && !is_unseen(letter) {
            kept.push(letter);
        }
    }
    kept
}

/// Letters that turn the direction of all that follows, until another ends it: a label with one would turn the number behind it, and 12
/// would read as 21. The direction of each script needs none of them. And the mark of a file's byte order, which is no letter.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Letters that say how others are drawn, and are nothing by themselves.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// All that the engine is let see.
struct Sheet<'l> {
    letters: &'l Letters,
    data: Bytes,
}

impl World for Sheet<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.letters.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.letters.book
    }

    fn main(&self) -> FileId {
        self.letters.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id == self.main() {
            true => Ok(self.letters.template.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id == self.letters.data {
            true => Ok(self.data.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.letters.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn letters_without_a_shape_are_marked_and_told_of() {
        let letters = LETTERS.as_ref().unwrap();
        let mut data =
            json!({"words": ["Leave", "\u{9ac}\u{9be} and \u{feff}\u{202e}tea\u{fe0f}"], "number": 1});
        assert!(letters.keep_drawable(&mut data));
        assert_eq!(data["words"][1], "□ and tea\u{fe0f}");
        for words in [
            "Łódź, naïve",
            "الطعام الحلال",
            "שלום",
            "Здоровье",
            "Υγεία",
            "“quoted” – 5 ≥ 3 €",
        ] {
            let mut data = json!(words);
            assert!(!letters.keep_drawable(&mut data), "{words}");
            assert_eq!(data, words);
        }
    }
}
