//! The whole report in one file: every format, every table, and a page that says what each is and how to see that nothing was changed.
//!
//! Invariant: the same report and parts are the same bytes: files stand in a fixed order and bear the time of publication, since the
//! clock of whoever makes the archive says nothing of the report.

use super::{csv, wording};
use crate::http::problem::Problem;
use domain::report::Report;
use std::io::{Cursor, Write};
use time::OffsetDateTime;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// The archive: `README.txt`, `report.json`, `data-dictionary.csv`, each table under `tables/`, then `parts` by name.
///
/// # Errors
/// Where two parts have one name, or the archive cannot be written.
pub fn zip(report: &Report, parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Problem> {
    let mut files: Vec<(String, Vec<u8>)> = vec![
        (
            "report.json".into(),
            serde_json::to_vec_pretty(report).map_err(Problem::internal)?,
        ),
        ("figures.csv".into(), csv::whole(report)),
        ("data-dictionary.csv".into(), csv::dictionary(report)),
    ];
    for table in &report.tables {
        files.push((format!("tables/{}.csv", table.name), csv::table(report, table)));
    }
    let mut parts: Vec<&(String, Vec<u8>)> = parts.iter().collect();
    parts.sort();
    let names = files
        .iter()
        .map(|(name, _)| name.as_str())
        .chain(parts.iter().map(|(name, _)| name.as_str()));
    let says = readme(report, &names.collect::<Vec<_>>());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644)
        .last_modified_time(published(report));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let first = ("README.txt", says.as_bytes());
    let own = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    let given = parts
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    for (name, bytes) in [first].into_iter().chain(own).chain(given) {
        archive.start_file(name, options).map_err(Problem::internal)?;
        archive.write_all(bytes).map_err(Problem::internal)?;
    }
    Ok(archive.finish().map_err(Problem::internal)?.into_inner())
}

/// When it was published, as an archive can say it: from 1980 on, and 1980 for a draft.
fn published(report: &Report) -> DateTime {
    let written = || {
        let instant = OffsetDateTime::from_unix_timestamp(report.published_at?.unix_seconds()).ok()?;
        let year = u16::try_from(instant.year()).ok()?;
        DateTime::from_date_and_time(
            year,
            u8::from(instant.month()),
            instant.day(),
            instant.hour(),
            instant.minute(),
            instant.second(),
        )
        .ok()
    };
    written().unwrap_or(DateTime::DEFAULT)
}

/// What a file of the archive is.
fn what(report: &Report, name: &str) -> String {
    let in_folder = |folder: &str, ending: &str| {
        let name = name.strip_prefix(folder)?.strip_suffix(ending)?;
        report.table(name).map(|table| table.title.clone())
    };
    if let Some(title) = in_folder("tables/", ".csv") {
        return title;
    }
    if let Some(title) = in_folder("charts/", ".svg") {
        return format!("Picture: {title}");
    }
    match name {
        "report.json" => "The report itself, of which everything else here is made; the digest is of it",
        "figures.csv" => "Every figure of every table, one a line",
        "data-dictionary.csv" => "What every table, column, field and status means",
        "report.html" => "To read in a browser",
        "report.pdf" => "To read and to print",
        "report.docx" => "To read and to work on in a word processor",
        "report.xlsx" => "Every table on a sheet of its own, and what was written to the themes",
        _ => "",
    }
    .into()
}

/// What each file is, how figures are read, under which licence, and how anybody can see that nothing was changed.
fn readme(report: &Report, names: &[&str]) -> String {
    let mut says = format!("{}\n{}\n", report.consultation.title, wording::edition(report));
    let mut say = |line: &str| {
        says.push_str(line);
        says.push('\n');
    };
    say("");
    for (name, value) in wording::about(report) {
        say(&format!("{name}: {value}"));
    }
    say("\nWHAT IS IN HERE\n");
    for name in names {
        let is = what(report, name);
        say(&match is.is_empty() {
            true => (*name).to_owned(),
            false => format!("{name}: {is}"),
        });
    }
    say("\nHOW TO READ THE FIGURES\n");
    for (word, means) in wording::how_to_read(report) {
        say(&format!("{word}: {means}"));
    }
    say(
        "In CSV files a hidden figure is an empty value, and its status says why. They are in UTF-8 and begin with a byte order mark.",
    );
    say("\nWHAT THE FIGURES CANNOT TELL\n");
    for limitation in &report.limitations {
        say(&limitation.text);
    }
    say("\nHOW TO SEE THAT NOTHING WAS CHANGED\n");
    say(&wording::how_to_verify());
    // Every program that shows plain text has this end of line.
    says.replace('\n', "\r\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use ::zip::ZipArchive;
    use std::io::Read;

    fn parts() -> Vec<(String, Vec<u8>)> {
        vec![
            ("report.xlsx".into(), b"x".to_vec()),
            ("charts/themes.svg".into(), b"<svg/>".to_vec()),
        ]
    }

    #[test]
    fn everything_is_in_it_and_twice_the_same() {
        let report = sample::report(3);
        let bytes = zip(&report, &parts()).unwrap();
        let mut turned = parts();
        turned.reverse();
        assert!(bytes == zip(&report, &turned).unwrap());
        let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        let mut readme = String::new();
        archive
            .by_name("README.txt")
            .unwrap()
            .read_to_string(&mut readme)
            .unwrap();
        for table in &report.tables {
            assert!(names.contains(&format!("tables/{}.csv", table.name)));
            assert!(readme.contains(&format!("tables/{}.csv: {}", table.name, table.title)));
        }
        for part in [
            report.digest.as_deref().unwrap(),
            "Open Government Licence v3.0",
            "charts/themes.svg: Picture: Themes, and how widely each was raised",
            "RFC 8785",
        ] {
            assert!(readme.contains(part), "{part}");
        }
        let mut json = Vec::new();
        archive
            .by_name("report.json")
            .unwrap()
            .read_to_end(&mut json)
            .unwrap();
        assert_eq!(serde_json::from_slice::<Report>(&json).unwrap(), report);
        let written = archive.by_name("report.xlsx").unwrap().last_modified().unwrap();
        assert_eq!(
            (written.year(), written.month(), written.day(), written.hour()),
            (2020, 1, 10, 12)
        );
    }

    #[test]
    fn a_draft_and_two_of_one_name() {
        let mut report = sample::report(1);
        report.published_at = None;
        assert!(zip(&report, &[]).is_ok());
        let twice = vec![("a".to_owned(), Vec::new()), ("a".to_owned(), vec![1])];
        assert!(zip(&report, &twice).is_err());
    }
}
