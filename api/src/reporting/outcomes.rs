//! What was decided on what was said: by theme, by section, or on the whole.
//!
//! Outcomes are appended, at any time after a published report was delivered, and never changed or deleted: guidance comes out a year
//! after the report, and what was said first stays on record beside what superseded it. Refused: editing one, which would make it seem
//! that nothing else was ever decided.

use crate::{
    auth::permission::{ReadOutcomes, RecordOutcome},
    error::Code,
    http::{
        access::{Access, Anyone},
        answer::{Created, One, Reply, Resource},
        ask::{AnyOf, At, Valid},
        outward::check_address,
        page::{Items, Listing},
        problem::{Faults, Problem},
    },
    store::{
        Tx,
        answering::{OutcomeRow, OutcomesWanted},
    },
};
use domain::{
    id::{BodyId, ConsultationId, OutcomeId, ReportId, ThemeId},
    moment::Moment,
    record::Document,
    report::StandingOutcome,
    text::{Mark, Note, Prose, Title},
    vocabulary::{OutcomeDecision, ReportStatus, ThemeStatus},
};
use entity::{consultations, outcomes, reports};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// What was decided. Without a theme and without a section it is of the whole consultation; with both, of the theme as far as that section
/// goes.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OutcomeInput {
    pub theme_id: Option<ThemeId>,
    /// A section of the documents consulted on.
    #[validate(nested)]
    pub section_ref: Option<Mark>,
    /// The published report that it answers; the one that was delivered last unless said otherwise.
    pub report_id: Option<ReportId>,
    pub decision: OutcomeDecision,
    /// Why, in words for those who were asked.
    #[validate(nested)]
    pub reason: Prose,
    /// The same in easy read.
    #[validate(nested)]
    pub easy_read: Option<Prose>,
    pub decided_on: Date,
    /// The body or person who decided, as it shall be read.
    #[validate(nested)]
    pub decided_by: Title,
    /// The version of the document in which it shows.
    #[validate(nested)]
    pub document_version: Option<Mark>,
    /// Where that is published: an address that begins with `https://` or `http://`.
    #[validate(nested)]
    pub source_url: Option<Note>,
    /// The outcome that it takes the place of: one on the same theme and section that stands.
    pub supersedes: Option<OutcomeId>,
    /// For leads: the body whose decision it is; the one that commissioned the consultation unless said otherwise.
    pub on_behalf_of_body: Option<BodyId>,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeView {
    pub id: OutcomeId,
    pub consultation_id: ConsultationId,
    /// Absent where it is on a section, or on the whole consultation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme_id: Option<ThemeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    /// The report that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_id: Option<ReportId>,
    pub decision: OutcomeDecision,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub easy_read: Option<String>,
    pub decided_on: Date,
    pub decided_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<OutcomeId>,
    /// The one that took its place; null while it stands.
    #[schema(required = true)]
    pub superseded_by: Option<OutcomeId>,
    /// The body whose decision it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of_body: Option<BodyId>,
    pub recorded_at: Moment,
}

impl Resource for OutcomeView {
    /// It never changes.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/outcomes/{}", self.id)
    }

    /// What takes its place is told with it.
    fn moves_with_version(&self) -> bool {
        false
    }
}

impl From<OutcomeRow> for OutcomeView {
    fn from(outcome: OutcomeRow) -> Self {
        let OutcomeRow { row, superseded_by } = outcome;
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            theme_id: row.theme_id,
            section_ref: row.section_ref,
            report_id: row.report_id,
            decision: row.decision,
            reason: row.reason,
            easy_read: row.easy_read,
            decided_on: row.decided_on,
            decided_by: row.decided_by,
            document_version: row.document_version,
            source_url: row.source_url,
            supersedes: row.supersedes,
            superseded_by,
            on_behalf_of_body: row.on_behalf_of_body,
            recorded_at: row.received_at,
        }
    }
}

impl OutcomeView {
    /// As it is shown beside a report.
    pub(super) fn standing(self) -> StandingOutcome {
        StandingOutcome {
            theme_id: self.theme_id,
            section_ref: self.section_ref,
            decision: self.decision,
            reason: self.reason,
            easy_read: self.easy_read,
            decided_on: self.decided_on,
            decided_by: self.decided_by,
            document_version: self.document_version,
            source_url: self.source_url,
        }
    }
}

/// Which outcomes a list is of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OutcomeFilters {
    /// Ids of themes.
    #[param(value_type = Option<Vec<ThemeId>>, style = Form, explode = false)]
    pub theme: Option<AnyOf<ThemeId>>,
    /// `true` for those that stand, `false` for those that were superseded; all unless said otherwise.
    #[param(value_type = Option<bool>)]
    pub standing: Option<AnyOf<bool>>,
}

/// `POST /v1/consultations/{id}/outcomes`
pub async fn create(
    access: Access<RecordOutcome, (At<ConsultationId>, Valid<OutcomeInput>)>,
) -> Reply<Created<OutcomeView>> {
    let ((At(id), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    if let Some(address) = &input.source_url {
        check_address(
            address.as_str(),
            &["https://", "http://"],
            "/source_url",
            &mut faults,
        );
    }
    let is_lead = access.reach().is_lead();
    let store = access.store();
    let job = store.post(async move |tx| {
        let consultation = tx.consultation_to_change(id).await?.row;
        let published = tx.published_reports(id).await?;
        let delivered = tx.delivered_report(id).await?;
        let today = tx.now.day_in_london();
        let first = tx.first_day(&consultation).await?;
        faults.add_if(
            today.is_none_or(|today| input.decided_on > today),
            "/decided_on",
            "in-the-future",
            "Write down what was decided once it is.",
        );
        faults.add_if(
            first.is_some_and(|first| input.decided_on < first),
            "/decided_on",
            "before-opening",
            "A day is wanted on which the consultation had been opened: what was decided before does not follow from it.",
        );
        check_theme(tx, id, input.theme_id, &mut faults).await?;
        check_section(input.section_ref.as_ref(), &consultation, &published, &mut faults);
        let standing = published
            .iter()
            .filter(|report| report.status == ReportStatus::Published);
        faults.add_if(
            input
                .report_id
                .is_some_and(|id| !standing.clone().any(|report| report.id == id)),
            "/report_id",
            "unknown-report",
            "The id of a published report of this consultation is wanted that was not retracted.",
        );
        let body = check_body(tx, &consultation, input.on_behalf_of_body, is_lead, &mut faults).await?;
        let before = check_superseded(tx, id, &input, &mut faults).await?;
        faults.end()?;
        let Some(delivered) = delivered else {
            return Err(Problem::new(
                Code::NotDelivered,
                "Publish a report, and write down to whom it was delivered (`POST /v1/reports/{id}/deliveries`): what was decided \
                 before that did not follow from it.",
            ));
        };
        if let Some(by) = before.and_then(|before| before.superseded_by) {
            return Err(Problem::new(
                Code::OutcomeSuperseded,
                format!("The outcome {by} took its place. Name that one, if it shall be superseded."),
            ));
        }
        let row = outcomes::Model {
            id: crate::clock::new_id(),
            consultation_id: id,
            theme_id: input.theme_id,
            section_ref: input.section_ref.map(Into::into),
            report_id: input.report_id.or(Some(delivered)),
            decision: input.decision,
            reason: input.reason.into_string(),
            easy_read: input.easy_read.map(Into::into),
            decided_on: input.decided_on,
            decided_by: input.decided_by.into_string(),
            document_version: input.document_version.map(Into::into),
            source_url: input.source_url.map(Into::into),
            supersedes: input.supersedes,
            on_behalf_of_body: Some(body),
            recorded_by: tx.user()?,
            received_at: tx.now,
        };
        tx.add_outcome(row.clone()).await?;
        tx.follow_report(id).await?;
        let stands = OutcomeRow {
            row,
            superseded_by: None,
        };
        Ok(Created(stands.into()))
    });
    job.await
}

/// A theme of this consultation that a lead agreed: a candidate may still be called anything.
async fn check_theme(
    tx: &Tx,
    consultation: ConsultationId,
    id: Option<ThemeId>,
    faults: &mut Faults,
) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    let theme = Problem::absent(tx.theme(consultation, id).await)?;
    let taken = theme.is_some_and(|theme| theme.status != ThemeStatus::Candidate);
    let says = "The id of a theme of this consultation is wanted that is no candidate.";
    faults.add_if(!taken, "/theme_id", "unknown-theme", says);
    Ok(())
}

/// A section of the documents consulted on, as they are now or as they were reported.
fn check_section(
    named: Option<&Mark>,
    consultation: &consultations::Model,
    published: &[reports::Model],
    faults: &mut Faults,
) {
    let Some(named) = named else { return };
    let holds = |documents: &[Document]| {
        documents
            .iter()
            .flat_map(|document| &document.sections)
            .any(|section| section.reference == *named)
    };
    let known = holds(&consultation.documents.0)
        || published
            .iter()
            .any(|report| holds(&report.frozen.0.consultation.documents));
    let says = "The ref of a section of the documents consulted on is wanted.";
    faults.add_if(!known, "/section_ref", "unknown-section", says);
}

/// The body whose decision it is. Members of the commissioning body write down its own; leads may name another that there is.
async fn check_body(
    tx: &Tx,
    consultation: &consultations::Model,
    named: Option<BodyId>,
    is_lead: bool,
    faults: &mut Faults,
) -> Result<BodyId, Problem> {
    let own = consultation.commissioned_by;
    let body = named.unwrap_or(own);
    if body != own {
        let known = is_lead && Problem::absent(tx.body(body).await)?.is_some();
        let says = match is_lead {
            true => "The id of a body is wanted; `/v1/bodies` lists them.",
            false => {
                "Leave it out: what you write down is the decision of the body that commissioned the consultation."
            }
        };
        faults.add_if(!known, "/on_behalf_of_body", "unknown-body", says);
    }
    Ok(body)
}

/// The outcome that shall be superseded: of this consultation, and on the same theme and section.
async fn check_superseded(
    tx: &Tx,
    consultation: ConsultationId,
    input: &OutcomeInput,
    faults: &mut Faults,
) -> Result<Option<OutcomeRow>, Problem> {
    let Some(id) = input.supersedes else {
        return Ok(None);
    };
    let before = Problem::absent(tx.outcome(id).await)?;
    let before = before.filter(|before| before.row.consultation_id == consultation);
    let same = |before: &OutcomeRow| {
        let section = input.section_ref.as_ref().map(Mark::as_str);
        before.row.theme_id == input.theme_id && before.row.section_ref.as_deref() == section
    };
    match &before {
        None => faults.add(
            "/supersedes",
            "unknown-outcome",
            "The id of an outcome of this consultation is wanted.",
        ),
        Some(before) => faults.add_if(
            !same(before),
            "/supersedes",
            "other-subject",
            "That outcome is on something else. Name one on the same theme and section, or leave it out.",
        ),
    }
    Ok(before)
}

/// `GET /v1/consultations/{id}/outcomes`
pub async fn list(
    anyone: Anyone<ReadOutcomes, (At<ConsultationId>, Listing<OutcomeFilters>)>,
) -> Reply<Items<OutcomeView>> {
    let ((At(id), Listing { filters, page }), anyone) = anyone.split();
    let standing = filters
        .standing
        .as_ref()
        .map(|standing| crate::collating::collation::one("standing", standing))
        .transpose()?;
    let wanted = OutcomesWanted {
        themes: filters.theme.map(|any| any.0),
        standing,
    };
    let rows = anyone
        .store()
        .read(async |tx| {
            tx.answered_consultation(id).await?;
            tx.outcomes(id, wanted, page).await
        })
        .await?;
    Ok(Items::new(
        rows,
        page,
        |outcome| (outcome.row.received_at, outcome.row.id.0),
        Into::into,
    ))
}

/// `GET /v1/outcomes/{id}`
pub async fn show(anyone: Anyone<ReadOutcomes, At<OutcomeId>>) -> Reply<One<OutcomeView>> {
    let (At(id), anyone) = anyone.split();
    let row = anyone.store().read(async |tx| tx.outcome(id).await).await?;
    Ok(One(row.into()))
}
