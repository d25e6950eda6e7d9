//! Files of feedback as they are sent: what kind of file it is, and in which letters it is written.
//!
//! Everything here is bounded by counts of our own and trusts nothing that a file says of itself.

use super::{
    csv, ndjson,
    rows::{Reader, Unreadable},
    xlsx,
};
use crate::vocabulary::ImportKind;
use std::borrow::Cow;

/// Reads a file.
///
/// # Errors
/// Where it is no file of this kind, or too large; what was told until then is void.
pub fn read(kind: ImportKind, bytes: &[u8], reader: &mut dyn Reader) -> Result<(), Unreadable> {
    check_kind(kind, bytes)?;
    match kind {
        ImportKind::Xlsx => xlsx::read(bytes, reader),
        ImportKind::Csv => csv::read(&decoded(bytes)?, reader),
        ImportKind::JsonLines => ndjson::read(&decoded(bytes)?, reader),
    }
}

/// What a file certainly is, by its first bytes, and what to do with it then.
fn check_kind(kind: ImportKind, bytes: &[u8]) -> Result<(), Unreadable> {
    let text = bytes.trim_ascii_start();
    let starts = |with: &[u8]| bytes.starts_with(with);
    let lower = |with: &str| {
        text.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    if text.is_empty() {
        return Err(Unreadable::because(
            "The file is empty. Send one with a heading and rows.",
        ));
    }
    if starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(Unreadable::because(
            "This is an old workbook (.xls) or one with a password. Save it as an Excel workbook (.xlsx) without a password.",
        ));
    }
    let is_zip = starts(b"PK\x03\x04") || starts(b"PK\x05\x06");
    match kind {
        ImportKind::Xlsx if !is_zip => Err(Unreadable::because(
            "This is no Excel workbook (.xlsx), whatever its name ends in. Save it as one, or send a table of text as text/csv.",
        )),
        ImportKind::Csv | ImportKind::JsonLines if is_zip => Err(Unreadable::because(
            "This is a workbook or another archive. Send an Excel workbook (.xlsx) as \
             application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.",
        )),
        ImportKind::Csv | ImportKind::JsonLines
            if starts(b"%PDF") || starts(b"\x89PNG") || starts(b"GIF8") || starts(b"\xff\xd8\xff") =>
        {
            Err(Unreadable::because(
                "This is a document or a picture. Save the table itself as CSV or as an Excel workbook (.xlsx).",
            ))
        }
        ImportKind::Csv | ImportKind::JsonLines
            if ["<!doctype", "<html", "<?xml", "<table", "{\\rtf"]
                .iter()
                .any(|start| lower(start)) =>
        {
            Err(Unreadable::because(
                "This is a page or a document, not a table of text. Save it as CSV or as an Excel workbook (.xlsx).",
            ))
        }
        ImportKind::Csv if starts(b"{\"") => Err(Unreadable::because(
            "These are lines of JSON. Send them as application/x-ndjson.",
        )),
        _ => Ok(()),
    }
}

/// The letters of a file: UTF-8 and UTF-16 with or without their mark, else Windows-1252, as Excel writes CSV here. Line by
/// line, because lists that were pasted together are of both.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    let no_text = || {
        Unreadable::because("This is no text. Save the table as CSV (UTF-8) or as an Excel workbook (.xlsx).")
    };
    let utf_16 = match bytes {
        [0xff, 0xfe, ..] | [_, 0, _, 0, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] | [0, _, 0, _, ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    let text = match utf_16 {
        Some(encoding) => {
            let (text, _, broken) = encoding.decode(bytes);
            if broken {
                return Err(no_text());
            }
            Cow::Owned(text.into_owned())
        }
        None => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => {
                    let mut text = String::with_capacity(bytes.len() + bytes.len() / 8);
                    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                        match std::str::from_utf8(line) {
                            Ok(line) => text.push_str(line),
                            Err(_) => {
                                let (line, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(line);
                                text.push_str(&line);
                            }
                        }
                    }
                    Cow::Owned(text)
                }
            }
        }
    };
    if text.contains('\0') {
        return Err(no_text());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_line_by_line() {
        let pasted = b"caf\xc3\xa9\ncaf\xe9 \x93quoted\x94\n";
        assert_eq!(decoded(pasted).unwrap(), "café\ncafé “quoted”\n");
        let wide: Vec<u8> = "a,b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&wide).unwrap(), "a,b");
        assert!(decoded(b"a\0b, c, d").is_err());
    }
}
