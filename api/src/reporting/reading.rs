//! Reports as they are read: in every form, by whoever may, and the pages for everybody.
//!
//! Invariant: what is kept (`shelf.rs`) is given out only while nothing moved since it was made, as the database says with every request; a quote
//! that was taken back a moment ago is in no answer. Once something moved, what can move of a report is read again, and no more unless it
//! did. Refused: caches by time, here or on the way (`no-cache` asks each time).

use crate::{
    auth::permission::ReadReports,
    error::Code,
    http::{
        access::Anyone,
        answer::Reply,
        ask::{At, Schemas, register},
        content::Content,
        document::{Accepted, Document, Forms, of_bytes},
        problem::Problem,
    },
    reporting::{
        document::{Moving, Parts},
        formats::{Format, page},
        reports,
        shelf::{Held, Made, Told},
    },
    state::State,
    store::{Opened, sight::AsOf},
};
use domain::{
    id::ReportId,
    report::{Aftermath, Report},
    vocabulary::ReportStatus,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::openapi::{RefOr, Schema};

/// A published report that the caller may read, as it is now; `as_of` is drawn after the request came.
///
/// # Errors
/// 404; 410 once it was retracted.
async fn standing(state: &State, store: &Opened, as_of: AsOf, id: ReportId) -> Result<Arc<Held>, Problem> {
    let known = state.shelf.get(id);
    if let Some(held) = &known
        && held.public
        && held.as_of() >= as_of
    {
        return Ok(held.clone());
    }
    let read = store
        .read_at_one_moment(async |tx| {
            let (row, consultation) = tx.report(id).await?;
            if row.status == ReportStatus::Retracted {
                return Err(reports::retracted(tx, &row).await?);
            }
            let after = tx.aftermath(&row).await?;
            let moving = Moving::read(tx, &row).await?;
            // A draft is nobody's but theirs who may read it, whatever becomes of it.
            let public = consultation.public && row.status == ReportStatus::Published;
            let texts: Vec<_> = moving
                .quotes
                .iter()
                .map(|quote| (quote.row.id, quote.row.hash.as_deref(), quote.text.as_deref()))
                .collect();
            let moves = (
                row.version,
                row.status,
                public,
                moving.superseded_by,
                &texts,
                &after,
            );
            let bytes = serde_json::to_vec(&moves).map_err(Problem::internal)?;
            let of_state: [u8; 32] = Sha256::digest(bytes).into();
            if let Some(known) = known.filter(|known| known.state == of_state) {
                return Ok(Read::Same(known));
            }
            let is_draft = row.status == ReportStatus::Draft;
            let parts = Parts::with(tx, row, moving).await?;
            let source = match is_draft {
                true => Source::Report(Box::new(reports::handed_over(tx, parts).await?)),
                false => Source::Parts(Box::new(parts)),
            };
            Ok(Read::Other(Box::new((source, after, public, of_state))))
        })
        .await?;
    match read {
        Read::Same(held) => {
            held.stood(as_of);
            Ok(held)
        }
        Read::Other(read) => {
            let (source, after, public, of_state) = *read;
            let held = actix_web::web::block(move || {
                let report = match source {
                    Source::Parts(parts) => parts.document(),
                    Source::Report(report) => *report,
                };
                Held::new(report, after, of_state, public, as_of)
            });
            Ok(state.shelf.put(id, held.await.map_err(Problem::internal)?))
        }
    }
}

/// A report as the database has it.
enum Read {
    /// As it is held.
    Same(Arc<Held>),
    Other(Box<(Source, Aftermath, bool, [u8; 32])>),
}

/// What a document is made of.
enum Source {
    Parts(Box<Parts>),
    Report(Box<Report>),
}

/// What is made of a report, for this caller.
async fn read(asked: &Anyone<ReadReports>, id: ReportId, made: Made) -> Result<File, Problem> {
    let as_of = asked.store().as_of().await?;
    read_as_of(asked, as_of, id, made).await
}

async fn read_as_of(
    asked: &Anyone<ReadReports>,
    as_of: AsOf,
    id: ReportId,
    made: Made,
) -> Result<File, Problem> {
    let held = standing(asked.state(), &asked.store(), as_of, id).await?;
    let content = held.file(made).await?;
    Ok(File { content, of: held })
}

/// What was made of a report, and of which.
struct File {
    content: Content,
    of: Arc<Held>,
}

impl File {
    fn document<F>(self) -> Document<F> {
        Document::of(self.content).for_everybody(self.of.public)
    }
}

/// A report in every form.
#[derive(Debug)]
pub enum EveryForm {}

impl Forms for EveryForm {
    const KIND: &'static str = "*/*";
    const ABOUT: &'static str = "The report in the form that `Accept` asks for, JSON where it asks for none.";

    fn contents(schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        let json = register::<Report>(schemas);
        let of = |format: Format| match format {
            Format::Json => json.clone(),
            _ => of_bytes(),
        };
        Format::ALL
            .iter()
            .map(|format| (format.kind(), of(*format)))
            .collect()
    }
}

/// The form that a caller takes most gladly.
///
/// # Errors
/// 406 where it takes none of them.
fn wanted(accepted: &Accepted) -> Result<Format, Problem> {
    let kinds = Format::ALL.map(Format::kind);
    let format = accepted
        .choose(&kinds)
        .and_then(|at| Format::ALL.get(at).copied());
    format.ok_or_else(|| {
        Problem::new(
            Code::NotAcceptable,
            format!("A report can be had as {}.", kinds.join(", ")),
        )
    })
}

/// `GET /v1/reports/{id}`
pub async fn show(asked: Anyone<ReadReports, (At<ReportId>, Accepted)>) -> Reply<Document<EveryForm>> {
    let ((At(id), accepted), access) = asked.split();
    let format = wanted(&accepted)?;
    if format == Format::Json {
        return as_json(&access, id).await;
    }
    let file = read(&access, id, Made::Whole(format)).await?;
    Ok(file.document())
}

/// The document; to a lead a draft with what is needed to go on with it, made anew each time.
async fn as_json<F>(access: &Anyone<ReadReports>, id: ReportId) -> Reply<Document<F>> {
    if access.reach().is_lead() {
        let store = access.store();
        let names = access.state().known_names.current(&store).await?;
        let draft = store
            .read_at_one_moment(async |tx| {
                let (row, _) = tx.report(id).await?;
                match row.status {
                    ReportStatus::Draft => Ok(Some((row.version, reports::document(tx, row, &names).await?))),
                    _ => Ok(None),
                }
            })
            .await?;
        if let Some((version, report)) = draft {
            let bytes = serde_json::to_vec(&report).map_err(Problem::internal)?;
            let kind = Format::Json.content_type();
            let content = Content::versioned(bytes, kind, version);
            return Ok(Document::of(content).always());
        }
    }
    Ok(read(access, id, Made::Whole(Format::Json)).await?.document())
}

/// A report as a file in one form.
macro_rules! one_form {
    ($($(#[$doc:meta])* $handler:ident $form:ident $format:ident $kind:literal;)*) => {$(
        #[doc = concat!("A report as `", $kind, "`.")]
        #[derive(Debug)]
        pub enum $form {}

        impl Forms for $form {
            const KIND: &'static str = $kind;
            const ABOUT: &'static str = "The report in this form.";

            fn contents(_schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
                vec![($kind, of_bytes())]
            }
        }

        $(#[$doc])*
        pub async fn $handler(asked: Anyone<ReadReports, At<ReportId>>) -> Reply<Document<$form>> {
            let (At(id), access) = asked.split();
            let format = Format::$format;
            let file = read(&access, id, Made::Whole(format)).await?;
            let name = format!("{}.{}", file.of.name(), format.suffix());
            Ok(file.document().named(name))
        }
    )*};
}

one_form! {
    /// `GET /v1/reports/{id}.pdf`
    show_pdf AsPdf Pdf "application/pdf";
    /// `GET /v1/reports/{id}.docx`
    show_docx AsDocx Docx "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    /// `GET /v1/reports/{id}.xlsx`
    show_xlsx AsXlsx Xlsx "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    /// `GET /v1/reports/{id}.csv`
    show_csv AsCsv Csv "text/csv";
    /// `GET /v1/reports/{id}.zip`
    show_zip AsZip Zip "application/zip";
}

/// The document as JSON.
#[derive(Debug)]
pub enum AsJson {}

impl Forms for AsJson {
    const KIND: &'static str = "application/json";
    const ABOUT: &'static str =
        "The report; `ETag` is a hash of its content, with `-gzip` behind it where that is compressed.";

    fn contents(schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        vec![("application/json", register::<Report>(schemas))]
    }
}

/// `GET /v1/reports/{id}.json`
pub async fn show_json(asked: Anyone<ReadReports, At<ReportId>>) -> Reply<Document<AsJson>> {
    let (At(id), access) = asked.split();
    as_json(&access, id).await
}

/// `GET /v1/reports/{id}/tables/{name}.csv`
pub async fn show_table(asked: Anyone<ReadReports, At<(ReportId, String)>>) -> Reply<Document<AsCsv>> {
    let (At((id, name)), access) = asked.split();
    let file = read(&access, id, Made::Table(name.clone())).await?;
    let name = format!("{}-{name}.csv", file.of.name());
    Ok(file.document().named(name))
}

/// A picture.
#[derive(Debug)]
pub enum AsSvg {}

impl Forms for AsSvg {
    const KIND: &'static str = "image/svg+xml";
    const ABOUT: &'static str = "The picture, with its title and its description.";

    fn contents(_schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        vec![("image/svg+xml", of_bytes())]
    }
}

/// `GET /v1/reports/{id}/charts/{name}.svg`
pub async fn show_chart(asked: Anyone<ReadReports, At<(ReportId, String)>>) -> Reply<Document<AsSvg>> {
    let (At((id, name)), access) = asked.split();
    let file = read(&access, id, Made::Chart(name)).await?;
    Ok(file.document())
}

/// The latest published report of a consultation, by its id or its reference.
///
/// # Errors
/// 404 where there is none that the caller may read.
async fn latest_of(asked: &Anyone<ReadReports>, as_of: AsOf, name: &str) -> Result<ReportId, Problem> {
    let store = asked.store();
    let shelf = &asked.state().shelf;
    if let Some(id) = shelf.latest(name, as_of) {
        return Ok(id);
    }
    let found = store
        .read(async |tx| {
            let consultation = tx.consultation_called(name).await?;
            let latest = tx.latest_standing(consultation.id).await?;
            let (id, ..) = latest.ok_or_else(Problem::not_found)?;
            Ok(tx.report(id).await?.0.id)
        })
        .await?;
    shelf.keep_latest(name, as_of, found);
    Ok(found)
}

/// `GET /v1/consultations/{id}/reports/latest`: by the consultation's id or its reference.
pub async fn show_latest(asked: Anyone<ReadReports, (At<String>, Accepted)>) -> Reply<Document<EveryForm>> {
    let ((At(name), accepted), access) = asked.split();
    let as_of = access.store().as_of().await?;
    let id = latest_of(&access, as_of, &name).await?;
    let format = wanted(&accepted)?;
    let file = read_as_of(&access, as_of, id, Made::Whole(format)).await?;
    Ok(file.document())
}

/// A page for people.
#[derive(Debug)]
pub enum AsPage {}

impl Forms for AsPage {
    const KIND: &'static str = "text/html";
    const ABOUT: &'static str = "The page, whole without scripts; `ETag` is a hash of its content, with `-gzip` behind it where that is compressed.";

    fn contents(_schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        vec![("text/html", of_bytes())]
    }
}

/// A page of a report for people.
#[derive(Debug)]
pub enum AsReportPage {}

impl Forms for AsReportPage {
    const KIND: &'static str = AsPage::KIND;
    const ABOUT: &'static str = AsPage::ABOUT;
    const TOLD_WHEN_GONE: bool = true;

    fn contents(schemas: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        AsPage::contents(schemas)
    }
}

/// Which report a page is of.
#[derive(Clone, Copy, Debug)]
enum Which<'n> {
    One(ReportId),
    /// The latest of the consultation with this id or reference.
    LatestOf(&'n str),
}

/// A page of a report; of one that was taken back, or of a consultation of which no other stands, the page that says so.
async fn paged(asked: &Anyone<ReadReports>, which: Which<'_>, made: Made) -> Reply<Document<AsReportPage>> {
    let as_of = asked.store().as_of().await?;
    let id = match which {
        Which::One(id) => Ok(id),
        Which::LatestOf(name) => latest_of(asked, as_of, name).await,
    };
    let read = match id {
        Ok(id) => read_as_of(asked, as_of, id, made).await,
        Err(refused) => Err(refused),
    };
    match read {
        Ok(file) => Ok(file.document()),
        Err(refused) if matches!(refused.code, Code::NotFound | Code::ReportRetracted) => {
            let gone = Problem::absent(taken_back(&asked.store(), which).await)?.flatten();
            let page = gone.ok_or(refused)?.into_bytes();
            Ok(Document::new(page, Format::Html.content_type()).gone())
        }
        Err(refused) => Err(refused),
    }
}

/// The page that says that a report was taken back; nothing where it was not.
///
/// # Errors
/// 404 where the caller may not know of the report.
async fn taken_back(store: &Opened, which: Which<'_>) -> Result<Option<String>, Problem> {
    store
        .read_at_one_moment(async |tx| {
            let id = match which {
                Which::One(id) => id,
                Which::LatestOf(name) => {
                    let consultation = tx.consultation_called(name).await?;
                    // What stood there last, and so was taken back last.
                    let published = tx.published_reports(consultation.id).await?;
                    let last = published.iter().max_by_key(|row| row.retracted_at);
                    last.ok_or_else(Problem::not_found)?.id
                }
            };
            let (row, consultation) = tx.report(id).await?;
            if row.status != ReportStatus::Retracted {
                return Ok(None);
            }
            let other = tx.latest_standing(consultation.id).await?;
            let other = other.map(|_| domain::report::page_of(&consultation.reference));
            let reason = row.retract_reason.as_deref().unwrap_or_default();
            Ok(Some(page::retracted(
                &consultation.reference,
                reason,
                other.as_deref(),
            )))
        })
        .await
}

/// `GET /v1/reports/{id}.html`
pub async fn show_html(asked: Anyone<ReadReports, At<ReportId>>) -> Reply<Document<AsReportPage>> {
    let (At(id), access) = asked.split();
    paged(&access, Which::One(id), Made::Whole(Format::Html)).await
}

async fn page_of_latest(asked: Anyone<ReadReports, At<String>>, made: Made) -> Reply<Document<AsReportPage>> {
    let (At(name), access) = asked.split();
    paged(&access, Which::LatestOf(&name), made).await
}

/// `GET /reports/{reference}`
pub async fn page_of(asked: Anyone<ReadReports, At<String>>) -> Reply<Document<AsReportPage>> {
    page_of_latest(asked, Made::Whole(Format::Html)).await
}

/// `GET /reports/{reference}/easy-read`
pub async fn page_in_easy_read(asked: Anyone<ReadReports, At<String>>) -> Reply<Document<AsReportPage>> {
    page_of_latest(asked, Made::EasyRead).await
}

/// `GET /reports/{reference}/outcomes`
pub async fn page_of_outcomes(asked: Anyone<ReadReports, At<String>>) -> Reply<Document<AsReportPage>> {
    page_of_latest(asked, Made::WeDid).await
}

/// `GET /`
pub async fn front(asked: Anyone<ReadReports>) -> Reply<Document<AsPage>> {
    let store = asked.store();
    let as_of = store.as_of().await?;
    let shelf = &asked.state().shelf;
    let of_page = |page| Document::of(page).for_everybody(true);
    if let Some(page) = shelf.told(&Told::Front, as_of) {
        return Ok(of_page(page));
    }
    let published = store
        .read_at_one_moment(async |tx| {
            let mut published = Vec::new();
            for (row, _) in tx.open_to_everybody().await? {
                let after = tx.aftermath(&row).await?;
                let consultation = row.frozen.0.consultation;
                published.push(page::PublishedReport {
                    reference: consultation.reference,
                    title: consultation.title,
                    summary: consultation.summary,
                    published_at: row.published_at,
                    answered: row
                        .frozen
                        .0
                        .codeframe
                        .themes
                        .len()
                        .saturating_sub(after.unanswered.len()),
                    unanswered: after.unanswered.len(),
                    response_due_on: after.response_due_on,
                    has_easy_read: !row.commentary.0.easy_read.is_empty(),
                });
            }
            Ok(published)
        })
        .await?;
    let page = Content::new(page::index(&published), Format::Html.content_type());
    Ok(of_page(shelf.tell(Told::Front, as_of, page)))
}
