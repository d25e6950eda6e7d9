//! A report as a PDF that screen readers can read: tagged, PDF/UA-1 by the engine's own strict mode.
//!
//! Invariant: the file is a function of the report. Nothing else reaches it: no clock, no font of the machine, no
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

/// A report as a PDF. With sixty themes it is a second of work or two in a release build, none of it waiting: not for a thread that
/// answers others.
///
/// # Errors
/// Where the engine refuses, because something would not be PDF/UA-1: a fault of the template, not of the report.
pub fn pdf(report: &Report) -> Result<Vec<u8>, Problem> {
    let (file, _) = made(report).map_err(Problem::internal)?;
    Ok(file)
}

/// The file, and how often the engine warned.
fn made(report: &Report) -> Result<(Vec<u8>, usize), String> {
    // By this, and not by chance, the file knows itself from others.
    let ident = format!("{} {}", report.id, report.digest.as_deref().unwrap_or("draft"));
    engine::set(words::Writing { report }.whole(), ident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporting::formats::sample;
    use domain::vocabulary::ReportStatus;

    fn holds(file: &[u8], bytes: &str) -> bool {
        file.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    }

    #[test]
    fn reports_of_every_size_are_files_and_the_same_twice() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let (file, warnings) = made(&report).unwrap();
            sample::kept(&format!("report-{themes}.pdf"), &file);
            assert_eq!(warnings, 0);
            assert!(file.starts_with(b"%PDF-1.7"));
            assert!(
                holds(&file, "/MarkInfo") && holds(&file, "pdfuaid:part") && holds(&file, "/StructTreeRoot")
            );
            assert!(holds(&file, "D:20200110120000"), "dated by its publication");
            assert!(file == pdf(&report).unwrap(), "other bytes the second time");
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
        let (file, warnings) = made(&report).unwrap();
        sample::kept("report-draft.pdf", &file);
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
        let (file, _) = made(&report).unwrap();
        sample::kept("report-words.pdf", &file);
    }

    /// What draws pictures is another than what sets text, and refuses other letters.
    #[test]
    fn a_label_of_any_letters_is_drawn() {
        let letters: Vec<char> = ('\u{a0}'..='\u{7ff}').collect();
        let mut labels: Vec<String> = letters.chunks(12).map(|some| some.iter().collect()).collect();
        labels.extend(
            [
                "q\u{301} e\u{301} o\u{489}",
                "\u{5e9}\u{5b8}\u{5c1}\u{5dc}\u{5d5}\u{5dd}",
                "\u{627}\u{64e}\u{644}\u{64f}",
                "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
                "\u{1f469}\u{200d}\u{1f3fd}\u{fe0f} \u{1f1ec}\u{1f1e7} \u{1f600}\u{fe0f}",
                "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947} \u{e33} \u{1100}\u{1161} A\u{30a} ffi",
            ]
            .map(str::to_owned),
        );
        for some in labels.chunks(60) {
            let mut report = sample::report(60);
            report.codeframe.themes.clear();
            report.tables.retain(|table| table.name == "theme-by-group");
            for table in &mut report.tables {
                for (row, label) in table.rows.iter_mut().zip(some.iter().cycle()) {
                    row.label.clone_from(label);
                }
            }
            made(&report).unwrap();
        }
    }
}
