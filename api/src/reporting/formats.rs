//! A report as a file or a page: each made of the one document, so that the same figure stands in all.

pub mod archive;
pub mod charts;
pub mod csv;
pub mod docx;
pub mod page;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod pictures;
#[cfg(test)]
pub(crate) mod sample;
pub mod wording;
pub mod xlsx;

use crate::{error::Code, http::problem::Problem};
use domain::report::{Aftermath, Report};

/// A form in which a report can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The document itself.
    Json,
    /// A page that needs nothing beside it.
    Html,
    /// To print and to keep.
    Pdf,
    /// To go on writing in.
    Docx,
    /// A sheet a table.
    Xlsx,
    /// Every figure, one a line.
    Csv,
    /// All of them.
    Zip,
}

impl Format {
    /// Every form, the one that is given to whoever does not say first.
    pub const ALL: [Self; 7] = [
        Self::Json,
        Self::Html,
        Self::Pdf,
        Self::Docx,
        Self::Xlsx,
        Self::Csv,
        Self::Zip,
    ];

    /// Its media type.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv",
            Self::Zip => "application/zip",
        }
    }

    /// How the name of a file in it ends.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Zip => "zip",
        }
    }

    /// What stands in the header: text says in which letters.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            other => other.kind(),
        }
    }
}

/// The report in this form. `after` is what came after publication, which the page shows and the files do not.
///
/// # Errors
/// 406 for a PDF where this build has no engine for it.
pub fn rendered(format: Format, report: &Report, after: &Aftermath) -> Result<Vec<u8>, Problem> {
    match format {
        Format::Json => serde_json::to_vec(report).map_err(Problem::internal),
        Format::Html => Ok(page::page(report, after).into_bytes()),
        Format::Pdf => pdf(report),
        Format::Docx => docx::docx(report),
        Format::Xlsx => xlsx::xlsx(report),
        Format::Csv => Ok(csv::whole(report)),
        Format::Zip => {
            let mut parts = Vec::new();
            for format in [Format::Html, Format::Pdf, Format::Docx, Format::Xlsx] {
                match rendered(format, report, after) {
                    Ok(bytes) => parts.push((format!("report.{}", format.suffix()), bytes)),
                    // What this build cannot make is not in its archive.
                    Err(refused) if refused.code == Code::NotAcceptable => {}
                    Err(refused) => return Err(refused),
                }
            }
            for (name, chart) in charts::all(report) {
                parts.push((format!("charts/{name}.svg"), chart.into_bytes()));
            }
            archive::zip(report, &parts)
        }
    }
}

#[cfg(feature = "pdf")]
fn pdf(report: &Report) -> Result<Vec<u8>, Problem> {
    pdf::pdf(report)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Report) -> Result<Vec<u8>, Problem> {
    Err(Problem::new(
        Code::NotAcceptable,
        "This build makes no PDF. Published builds do; from source: cargo build --release --features pdf. The page prints well, too: \
         ask for .html.",
    ))
}

#[cfg(all(test, not(feature = "pdf")))]
mod tests {
    use super::*;

    #[test]
    fn without_an_engine_whoever_asks_for_pdf_is_told_how_to_get_it_and_has_all_else() {
        let (report, after) = (sample::report(1), Aftermath::default());
        let refused = rendered(Format::Pdf, &report, &after).unwrap_err();
        assert_eq!(refused.code, Code::NotAcceptable);
        assert!(refused.detail.contains("--features pdf"), "{}", refused.detail);
        let archive = rendered(Format::Zip, &report, &after).unwrap();
        let archive = ::zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
        let names: Vec<_> = archive.file_names().map(|name| name.unwrap()).collect();
        assert!(names.iter().any(|name| name == "report.docx"), "{names:?}");
        assert!(!names.iter().any(|name| name == "report.pdf"), "{names:?}");
    }
}
