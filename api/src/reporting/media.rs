//! What stands beside a report: films, sound, sign language, posters. It is no part of the report's digest, so that a film that is made
//! months later moves nothing that was published; where it lies is not ours, so only its address is kept.

use crate::{
    auth::permission::{KeepReportMedia, ReadReports},
    error::Code,
    http::{
        access::{Access, Anyone},
        answer::{Created, One, Reply, Resource},
        ask::{At, Valid},
        outward::check_address,
        page::{Items, Listing, NoFilters},
        problem::Problem,
    },
    reporting::reports,
    store::Tx,
};
use domain::{
    id::{ReportId, ReportMediaId},
    moment::Moment,
    text::{Note, Title},
    vocabulary::{ReportMediaKind, ReportStatus},
};
use entity::report_media;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Something to put beside a report.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportMediaInput {
    pub kind: ReportMediaKind,
    #[validate(nested)]
    pub title: Title,
    /// Where it lies: an address that begins with `https://`.
    #[validate(nested)]
    pub url: Note,
}

/// Something that stands beside a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportMediaView {
    pub id: ReportMediaId,
    pub report_id: ReportId,
    pub kind: ReportMediaKind,
    pub title: String,
    pub url: String,
    pub added_at: Moment,
}

impl Resource for ReportMediaView {
    /// It never changes.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/reports/{}/media/{}", self.report_id, self.id)
    }
}

impl From<report_media::Model> for ReportMediaView {
    fn from(row: report_media::Model) -> Self {
        Self {
            id: row.id,
            report_id: row.report_id,
            kind: row.kind,
            title: row.title,
            url: row.url,
            added_at: row.received_at,
        }
    }
}

/// `POST /v1/reports/{id}/media`
pub async fn create(
    access: Access<KeepReportMedia, (At<ReportId>, Valid<ReportMediaInput>)>,
) -> Reply<Created<ReportMediaView>> {
    let ((At(id), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    check_address(input.url.as_str(), &["https://"], "/url", &mut faults);
    faults.end()?;
    let store = access.store();
    let job = store.post(async move |tx| {
        let (report, _) = tx.report_to_change(id).await?;
        if report.status == ReportStatus::Retracted {
            return Err(Problem::new(
                Code::Conflict,
                "The report was retracted. Put it beside the one that follows it.",
            ));
        }
        let row = report_media::Model {
            id: crate::clock::new_id(),
            report_id: id,
            kind: input.kind,
            title: input.title.into_string(),
            url: input.url.into_string(),
            added_by: tx.user()?,
            received_at: tx.now,
        };
        tx.add_media(row.clone()).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// Asks for a report that the caller may read, and that stands.
///
/// # Errors
/// 404; 410 once it was retracted.
async fn of_standing(tx: &Tx, id: ReportId) -> Result<(), Problem> {
    let (row, _) = tx.report(id).await?;
    match row.status {
        ReportStatus::Retracted => Err(reports::retracted(tx, &row).await?),
        _ => Ok(()),
    }
}

/// `GET /v1/reports/{id}/media`
pub async fn list(
    anyone: Anyone<ReadReports, (At<ReportId>, Listing<NoFilters>)>,
) -> Reply<Items<ReportMediaView>> {
    let ((At(id), Listing { page, .. }), anyone) = anyone.split();
    let rows = anyone
        .store()
        .read(async |tx| {
            of_standing(tx, id).await?;
            tx.media(id, page).await
        })
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/reports/{id}/media/{media_id}`
pub async fn show(anyone: Anyone<ReadReports, At<(ReportId, ReportMediaId)>>) -> Reply<One<ReportMediaView>> {
    let (At((report, id)), anyone) = anyone.split();
    let row = anyone
        .store()
        .read(async |tx| {
            of_standing(tx, report).await?;
            tx.one_of_media(report, id).await
        })
        .await?;
    Ok(One(row.into()))
}
