//! A report as a PDF that screen readers can read: tagged, PDF/UA-1 by the engine's own strict mode.
//!
//! Invariant: the file is a function of the report and its charts. Nothing else reaches it: no clock, no font of the machine, no
//! network and no file but the template and the data it reads, so every replica makes the same bytes. The report reaches the template as data and never
//! as markup, so nobody's words become a command. What breaks PDF/UA-1 is an error and no file.
//!
//! The engine is Typst, which writes tags by itself and refuses what a standard forbids. Refused: printing the page with a browser (a
//! second runtime of hundreds of megabytes, whose bytes differ from release to release); and PDF libraries that place text on a
//! page, where every tag would be ours to get right. The letters are DejaVu Sans: of those that a crate carries, the one sans serif with
//! Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian and Georgian in one design. It has no shapes for the scripts of India and of
//! East Asia: their words are marked, and the file says where they can be read.

mod engine;
mod words;

use crate::http::problem::Problem;
use domain::report::Report;
use std::collections::BTreeMap;

/// A report as a PDF. `charts` are SVG, by the name of their table; each is told by the table's title. With sixty themes it is half a
/// second of work in a release build, none of it waiting: not for a thread that answers others.
///
/// # Errors
/// Where the engine refuses, because something would not be PDF/UA-1: a fault of the template, not of the report.
pub fn pdf(report: &Report, charts: &BTreeMap<String, String>) -> Result<Vec<u8>, Problem> {
    let (file, _) = made(report, charts).map_err(Problem::internal)?;
    Ok(file)
}

/// The file, and how often the engine warned.
fn made(report: &Report, charts: &BTreeMap<String, String>) -> Result<(Vec<u8>, usize), String> {
    // By this, and not by chance, the file knows itself from others.
    let ident = format!("{} {}", report.id, report.digest.as_deref().unwrap_or("draft"));
    engine::set(words::Writing { report, charts }.whole(), ident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporting::formats::sample;
    use domain::vocabulary::ReportStatus;

    fn charts(report: &Report) -> BTreeMap<String, String> {
        let drawn = |title: &str| {
            format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 160\" width=\"640\" height=\"160\" role=\"img\">\
                 <title>{title}</title><desc>Bars.</desc><rect x=\"150\" y=\"20\" width=\"400\" height=\"40\" fill=\"#17456e\"/>\
                 <rect x=\"150\" y=\"90\" width=\"220\" height=\"40\" fill=\"#17456e\"/>\
                 <text x=\"10\" y=\"45\" font-family=\"sans-serif\" font-size=\"16\">الطعام</text>\
                 <text x=\"10\" y=\"115\" font-family=\"sans-serif\" font-size=\"16\" font-weight=\"bold\">Leave \u{0995}</text></svg>"
            )
        };
        let with = report.tables.iter().filter(|table| table.chart.is_some());
        with.map(|table| (table.name.clone(), drawn(&table.title)))
            .collect()
    }

    /// Writes what was made where `COLLATE_TEST_FILES` names a folder, for people to look at.
    fn kept(name: &str, file: &[u8]) {
        if let Some(folder) = std::env::var_os("COLLATE_TEST_FILES") {
            std::fs::write(std::path::Path::new(&folder).join(name), file).unwrap();
        }
    }

    fn holds(file: &[u8], bytes: &str) -> bool {
        file.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    #[test]
    fn reports_of_every_size_are_files_and_the_same_twice() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let charts = charts(&report);
            let (file, warnings) = made(&report, &charts).unwrap();
            kept(&format!("report-{themes}.pdf"), &file);
            assert_eq!(warnings, 0);
            assert!(file.starts_with(b"%PDF-1.7"));
            assert!(
                holds(&file, "/MarkInfo") && holds(&file, "pdfuaid:part") && holds(&file, "/StructTreeRoot")
            );
            assert!(holds(&file, "D:20200110120000"), "dated by its publication");
            assert!(
                file == pdf(&report, &charts).unwrap(),
                "other bytes the second time"
            );
        }
    }

    #[test]
    fn a_report_without_words_is_a_file() {
        let mut report = sample::report(1);
        report.commentary = domain::report::Commentary::default();
        report.consultation.documents.clear();
        report.consultation.materials.clear();
        report.consultation.questions.clear();
        report.consultation.channels.clear();
        report.consultation.easy_read_summary = None;
        report.tables.clear();
        report.quotes.clear();
        report.codeframe.themes.clear();
        report.limitations.clear();
        report.status = ReportStatus::Draft;
        report.published_at = None;
        report.digest = None;
        let (file, warnings) = made(&report, &BTreeMap::new()).unwrap();
        kept("report-draft.pdf", &file);
        assert_eq!(warnings, 0);
    }

    /// Nobody's words are markup, and none keep the file from being made: not letters that the fonts lack, not what has no end.
    #[test]
    fn words_of_every_kind_are_words() {
        let mut report = sample::report(3);
        let words = "#panic(1) = $x$ *not bold* @none <label> \\ `raw` // no comment \u{feff}\u{e000}\u{202e}\u{1f469}\u{200d}\u{1f3fd}\u{fe0f} \
                     \u{9ac}\u{9be}\u{982}\u{9b2}\u{9be} \u{a2a}\u{a70}\u{a1c}\u{a3e}\u{a2c}\u{a40} \u{4f60}\u{597d} \u{5e9}\u{5dc}\u{5d5}\u{5dd} \
                     \u{10d2}\u{301}\u{489}\u{fffd}\u{10ffff}";
        let long = "w".repeat(10_000);
        report.consultation.title = format!("Title {words}");
        report.codeframe.themes[1].label = long.clone();
        report.limitations[0].text = words.repeat(20);
        for quote in &mut report.quotes {
            quote.text = Some(format!("{words}\n{long}"));
        }
        for table in &mut report.tables {
            for row in &mut table.rows {
                row.label = format!("{words}{}", row.label);
            }
        }
        let (file, _) = made(&report, &charts(&report)).unwrap();
        kept("report-words.pdf", &file);
    }
}
