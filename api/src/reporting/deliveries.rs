//! To whom reports were delivered, and for which meeting: what a body had in hand when it decided.
//!
//! A delivery names the digest of what was handed over, so that whoever reads it later can tell whether it was the report as it was
//! published or a draft of it. It is appended and never changed: what was handed over once cannot be taken out of anybody's hands.

use crate::{
    auth::permission::{DeliverReport, ReadDeliveries},
    error::Code,
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{AnyOf, At, Valid},
        page::{Items, Listing, NoFilters},
        problem::Problem,
    },
    reporting::document::Parts,
    store::{
        Tx,
        answering::{DeliveryRow, reported_body},
    },
};
use domain::{
    id::{BodyId, ConsultationId, DeliveryId, ReportId},
    moment::Moment,
    report::{ReportedBody, digest},
    text::Mark,
    vocabulary::ReportStatus,
};
use entity::{deliveries, reports};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// That a report is delivered to a body.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DeliveryInput {
    pub body_id: BodyId,
    /// The day of the body's meeting for which it is delivered. It may be to come: members read what was delivered to them before they
    /// meet.
    pub meeting_on: Date,
    /// Where the minutes of that meeting say so.
    #[validate(nested)]
    pub minute_ref: Option<Mark>,
}

/// That a report was delivered to a body.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryView {
    pub id: DeliveryId,
    pub report_id: ReportId,
    /// Its number.
    pub report_number: i32,
    pub report_status: ReportStatus,
    pub consultation_id: ConsultationId,
    pub consultation_reference: String,
    pub consultation_title: String,
    pub body: ReportedBody,
    pub meeting_on: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minute_ref: Option<String>,
    /// Of what was handed over: that of the report where it was published, else of the draft as it was then.
    pub digest: String,
    /// Whether that is the report as it was published.
    pub as_published: bool,
    pub delivered_at: Moment,
}

impl Resource for DeliveryView {
    /// It never changes.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/deliveries/{}", self.id)
    }

    /// Where its report stands may change.
    fn moves_with_version(&self) -> bool {
        false
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        let DeliveryRow {
            row,
            report,
            consultation,
            body,
        } = row;
        Self {
            id: row.id,
            report_id: row.report_id,
            report_number: report.number,
            report_status: report.status,
            consultation_id: row.consultation_id,
            consultation_reference: consultation.reference,
            consultation_title: consultation.title,
            body: reported_body(body),
            meeting_on: row.meeting_on,
            minute_ref: row.minute_ref,
            as_published: report.digest.as_ref() == Some(&row.digest),
            digest: row.digest,
            delivered_at: row.received_at,
        }
    }
}

/// Which deliveries a list is of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeliveryFilters {
    /// Ids of bodies.
    #[param(value_type = Option<Vec<BodyId>>, style = Form, explode = false)]
    pub body: Option<AnyOf<BodyId>>,
}

/// `POST /v1/reports/{id}/deliveries`
pub async fn create(
    access: Access<DeliverReport, (At<ReportId>, Valid<DeliveryInput>)>,
) -> Reply<Created<DeliveryView>> {
    let ((At(id), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let (report, consultation) = tx.report_to_change(id).await?;
        let body = Problem::absent(tx.body(input.body_id).await)?;
        faults.add_if(
            body.is_none(),
            "/body_id",
            "unknown-body",
            "The id of a body is wanted; `/v1/bodies` lists them.",
        );
        let first = tx.first_day(&consultation).await?;
        faults.add_if(
            first.is_some_and(|first| input.meeting_on < first),
            "/meeting_on",
            "before-opening",
            "A day is wanted on which the consultation had been opened: there was nothing to deliver before.",
        );
        faults.end()?;
        if report.status == ReportStatus::Retracted {
            return Err(Problem::new(
                Code::Conflict,
                "The report was retracted. Deliver the one that follows it.",
            ));
        }
        let digest = match &report.digest {
            Some(digest) => digest.clone(),
            None => digest_of_draft(tx, &report).await?,
        };
        let row = deliveries::Model {
            id: crate::clock::new_id(),
            report_id: id,
            consultation_id: consultation.id,
            body_id: input.body_id,
            meeting_on: input.meeting_on,
            minute_ref: input.minute_ref.map(Into::into),
            digest,
            delivered_by: tx.user()?,
            received_at: tx.now,
        };
        let delivered = row.id;
        tx.add_delivery(row).await?;
        tx.follow_report(consultation.id).await?;
        Ok(Created(tx.delivery(delivered).await?.into()))
    });
    job.await
}

/// The digest of a draft as it is handed over. That of the report which is made of it is another: it says when it was published.
async fn digest_of_draft(tx: &Tx, report: &reports::Model) -> Result<String, Problem> {
    let document = Parts::read(tx, report.clone()).await?.document();
    digest::digest(&document).map_err(Problem::internal)
}

/// `GET /v1/reports/{id}/deliveries`
pub async fn list_of_report(
    access: Access<ReadDeliveries, (At<ReportId>, Listing<NoFilters>)>,
) -> Reply<Items<DeliveryView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let rows = access
        .store()
        .read(async |tx| {
            tx.report(id).await?;
            tx.deliveries(Some(id), None, page).await
        })
        .await?;
    Ok(Items::new(rows, page, place, Into::into))
}

/// `GET /v1/deliveries`
pub async fn list(access: Access<ReadDeliveries, Listing<DeliveryFilters>>) -> Reply<Items<DeliveryView>> {
    let (Listing { filters, page }, access) = access.split();
    let to = filters.body.map(|any| any.0);
    let rows = access
        .store()
        .read(async |tx| tx.deliveries(None, to, page).await)
        .await?;
    Ok(Items::new(rows, page, place, Into::into))
}

/// `GET /v1/deliveries/{id}`
pub async fn show(access: Access<ReadDeliveries, At<DeliveryId>>) -> Reply<One<DeliveryView>> {
    let At(id) = access.asked;
    let row = access.store().read(async |tx| tx.delivery(id).await).await?;
    Ok(One(row.into()))
}

fn place(row: &DeliveryRow) -> (Moment, uuid::Uuid) {
    (row.row.received_at, row.row.id.0)
}
