//! "We asked, you said, we did": each theme of the latest report beside what was decided on it, and where that shows in the document.
//!
//! Everything in it left before: the themes and how widely they were raised with the report, decisions because they were written down
//! for those who were asked. So whoever may read the report may read this.

use crate::{
    auth::permission::ReadOutcomes,
    error::Code,
    http::{
        access::Anyone,
        answer::{Rendered, Reply},
        ask::At,
        problem::Problem,
    },
    reporting::{outcomes::OutcomeView, shelf::Told},
    store::{
        Tx,
        answering::{OutcomeRow, decided},
        releasing::COLLATION,
    },
};
use domain::{
    assurance::{ResponseClock, response_clock},
    collate::{CollatedTheme, Collation, Count},
    id::{ConsultationId, OutcomeId, ReportId, ThemeId},
    life::Status,
    moment::Moment,
    report::{
        ReportedBody, ReportedConsultation, ReportedTheme,
        answers::{self, Decided},
        page_of,
    },
};
use entity::reports;
use serde::Serialize;
use utoipa::ToSchema;

/// What was asked, what was said and what was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsultationAnswerView {
    pub consultation_id: ConsultationId,
    pub status: Status,
    /// We asked.
    pub asked: AskedView,
    /// The latest report, whose themes these are.
    pub report: AnsweredReportView,
    /// You said, we did: in the order of the report.
    pub themes: Vec<AnsweredThemeView>,
    /// What was decided on sections of the documents, whatever theme, in the order of the documents; of each the latest that stands.
    pub sections: Vec<AnsweredSectionView>,
    /// What was decided on the whole of it: the latest that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whole: Option<OutcomeView>,
    /// Themes that still wait for a decision, in the order of the report.
    pub unanswered: Vec<ThemeId>,
    /// Until when an answer is due.
    pub response_clock: ResponseClock,
}

/// What people were asked, as it stood when it was reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedView {
    pub reference: String,
    pub title: String,
    pub commissioned_by: ReportedBody,
    pub summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub easy_read_summary: Option<String>,
    /// The questions, by number.
    pub questions: Vec<AskedQuestionView>,
}

/// A question, as it was put.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedQuestionView {
    pub number: i32,
    pub prompt: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub easy_read_prompt: Option<String>,
}

/// A report, as it is referred to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AnsweredReportView {
    pub id: ReportId,
    pub number: i32,
    pub published_at: Option<Moment>,
    /// Where everybody can read it; absent where not everybody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl AnsweredReportView {
    /// Of a report, of a consultation with this reference, which everybody may read about or not.
    pub(super) fn new(report: &reports::Model, reference: &str, public: bool) -> Self {
        Self {
            id: report.id,
            number: report.number,
            published_at: report.published_at,
            page: public.then(|| page_of(reference)),
        }
    }
}

/// A theme, what was said of it, and what was decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredThemeView {
    pub theme_id: ThemeId,
    pub code: String,
    pub label: String,
    #[schema(required = true)]
    pub parent_id: Option<ThemeId>,
    /// How widely it was raised; null where the report has no figures of it.
    #[schema(required = true)]
    pub raised: Option<RaisedView>,
    /// What the report says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What was decided: on the theme, else on the one that it is part of, else on the whole; null where nothing was.
    #[schema(required = true)]
    pub outcome: Option<OutcomeView>,
    /// Where that shows: every standing decision on the theme, and on the sections in which it was raised.
    pub trace: Vec<TraceView>,
}

/// How widely a theme was raised, as it was released.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RaisedView {
    /// Distinct groups that raised it.
    /// Unit: groups. Base: `groups_heard`.
    pub groups: u64,
    /// Groups heard on anything.
    /// Unit: groups. Base: those of the network.
    pub groups_heard: u64,
    /// Distinct tables that raised it.
    /// Unit: discussions. Base: tables that were held on the consultation.
    pub discussions: u64,
    /// Distinct contributions under it.
    /// Unit: contributions. Base: those of the consultation.
    pub contributions: Count,
}

impl RaisedView {
    pub(super) fn of(theme: &CollatedTheme, collation: &Collation) -> Self {
        Self {
            groups: theme.groups,
            groups_heard: collation.heard.groups,
            discussions: theme.discussions,
            contributions: theme.contributions,
        }
    }
}

/// From a theme to a section of the next version of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct TraceView {
    /// The decision that says so.
    pub outcome_id: OutcomeId,
    /// Absent where the decision names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    /// What that section was called when people were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_title: Option<String>,
    /// The version in which it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// A section, and what was decided on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnsweredSectionView {
    pub section_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub outcome: OutcomeView,
}

/// What stands of a consultation's outcomes.
pub(super) struct Standing {
    rows: Vec<OutcomeRow>,
    /// All of them.
    pub decided: Vec<Decided>,
    /// Those that stand, the latest first.
    pub standing: Vec<Decided>,
}

impl Standing {
    /// All that was decided in a consultation.
    pub async fn of(tx: &Tx, id: ConsultationId) -> Result<Self, Problem> {
        let rows = tx.outcomes_of(id).await?;
        let decided = decided(&rows);
        Ok(Self {
            standing: answers::standing(&decided),
            rows,
            decided,
        })
    }

    /// What was decided on a theme.
    pub fn answer_to(&self, theme: &ReportedTheme) -> Option<OutcomeView> {
        self.view(answers::answer_to(theme, &self.standing)?.id)
    }

    fn row(&self, id: OutcomeId) -> Option<&OutcomeRow> {
        self.rows.iter().find(|row| row.row.id == id)
    }

    fn view(&self, id: OutcomeId) -> Option<OutcomeView> {
        self.row(id).cloned().map(Into::into)
    }

    /// Rows that stand, the latest first.
    fn rows(&self) -> impl Iterator<Item = &OutcomeRow> {
        self.standing.iter().filter_map(|one| self.row(one.id))
    }
}

/// The collation that a report is of, as it was released.
pub(super) async fn released_collation(tx: &Tx, report: &reports::Model) -> Result<Collation, Problem> {
    let body = tx.release_document(report.release_id, COLLATION).await?;
    let body = body.ok_or_else(|| Problem::internal("a release without its collation"))?;
    serde_json::from_slice(&body).map_err(Problem::internal)
}

/// `GET /v1/consultations/{id}/answer`
pub async fn show(
    anyone: Anyone<ReadOutcomes, At<ConsultationId>>,
) -> Reply<Rendered<ConsultationAnswerView>> {
    let (At(id), anyone) = anyone.split();
    let today = crate::clock::now().day_in_london();
    let today = today.ok_or_else(|| Problem::internal("today is no day"))?;
    let as_of = anyone.store().as_of().await?;
    let (shelf, told) = (&anyone.state().shelf, Told::Answer(id, today));
    if anyone.is_stranger()
        && let Some(content) = shelf.told(&told, as_of)
    {
        return Ok(Rendered::of(content));
    }
    let (consultation, report, collation, outcomes, record) = anyone
        .store()
        .read_at_one_moment(async |tx| {
            let consultation = tx.answered_consultation(id).await?;
            let report = tx.latest_published(id).await?.ok_or_else(|| {
                Problem::new(
                    Code::NotFound,
                    "No report of it is published, so there is nothing to answer yet.",
                )
            })?;
            let collation = released_collation(tx, &report).await?;
            let outcomes = Standing::of(tx, id).await?;
            let record = tx.on_record(consultation.clone()).await?;
            Ok((consultation, report, collation, outcomes, record))
        })
        .await?;
    let themes = &report.frozen.0.codeframe.themes;
    let asked = &report.frozen.0.consultation;
    let of_theme = |theme: &ReportedTheme| {
        let counted = collation.themes.iter().find(|one| one.id == theme.id);
        let written = report.commentary.0.themes.iter();
        let summary = written
            .filter(|one| one.theme_id == theme.id)
            .find_map(|one| one.summary.as_ref());
        AnsweredThemeView {
            theme_id: theme.id,
            code: theme.code.clone(),
            label: theme.label.clone(),
            parent_id: theme.parent_id,
            raised: counted.map(|one| RaisedView::of(one, &collation)),
            summary: summary.map(|summary| summary.as_str().to_owned()),
            outcome: outcomes.answer_to(theme),
            trace: trace(theme.id, &outcomes, &collation, asked),
        }
    };
    let whole = outcomes
        .rows()
        .find(|outcome| outcome.row.theme_id.is_none() && outcome.row.section_ref.is_none());
    let answer = Rendered::json(&ConsultationAnswerView {
        consultation_id: id,
        status: consultation.status,
        themes: themes.iter().map(of_theme).collect(),
        sections: sections(&outcomes, asked),
        whole: whole.cloned().map(Into::into),
        unanswered: answers::unanswered(themes, &outcomes.decided),
        response_clock: response_clock(&record, today),
        report: AnsweredReportView::new(&report, &consultation.reference, consultation.public),
        asked: AskedView {
            reference: asked.reference.clone(),
            title: asked.title.clone(),
            commissioned_by: asked.commissioned_by.clone(),
            summary: asked.summary.clone(),
            easy_read_summary: asked.easy_read_summary.clone(),
            questions: asked
                .questions
                .iter()
                .map(|question| AskedQuestionView {
                    number: question.number,
                    prompt: question.prompt.clone(),
                    easy_read_prompt: question.easy_read_prompt.clone(),
                })
                .collect(),
        },
    })?;
    match anyone.is_stranger() {
        true => Ok(Rendered::of(shelf.tell(told, as_of, answer.content))),
        false => Ok(answer),
    }
}

fn section_title(asked: &ReportedConsultation, reference: &str) -> Option<String> {
    let sections = asked.documents.iter().flat_map(|document| &document.sections);
    let mut named = sections.filter(|section| section.reference.as_str() == reference);
    named.next().map(|section| section.title.as_str().to_owned())
}

/// Standing decisions on the theme, and those on sections in which it was raised, the latest first. A decision that names neither a section
/// nor a version shows nowhere yet.
fn trace(
    theme: ThemeId,
    outcomes: &Standing,
    collation: &Collation,
    asked: &ReportedConsultation,
) -> Vec<TraceView> {
    let raised_in = |reference: &str| {
        collation
            .sections
            .iter()
            .any(|section| section.reference == reference && section.themes.iter().any(|one| one.id == theme))
    };
    let leads_on = outcomes.rows().filter(|outcome| {
        let row = &outcome.row;
        let shows = row.section_ref.is_some() || row.document_version.is_some();
        let on_section = row.theme_id.is_none() && row.section_ref.as_deref().is_some_and(raised_in);
        shows && (row.theme_id == Some(theme) || on_section)
    });
    leads_on
        .map(|outcome| TraceView {
            outcome_id: outcome.row.id,
            section_title: outcome
                .row
                .section_ref
                .as_deref()
                .and_then(|reference| section_title(asked, reference)),
            section_ref: outcome.row.section_ref.clone(),
            document_version: outcome.row.document_version.clone(),
            source_url: outcome.row.source_url.clone(),
        })
        .collect()
}

/// The latest standing decision on each section, in the order of the documents; on sections that are new since, last.
fn sections(outcomes: &Standing, asked: &ReportedConsultation) -> Vec<AnsweredSectionView> {
    let in_order = asked.documents.iter().flat_map(|document| &document.sections);
    let mut order: Vec<&str> = in_order.map(|section| section.reference.as_str()).collect();
    let on_sections = || outcomes.rows().filter(|outcome| outcome.row.theme_id.is_none());
    for reference in on_sections().filter_map(|outcome| outcome.row.section_ref.as_deref()) {
        if !order.contains(&reference) {
            order.push(reference);
        }
    }
    let latest =
        |reference: &str| on_sections().find(|outcome| outcome.row.section_ref.as_deref() == Some(reference));
    order
        .into_iter()
        .filter_map(|reference| {
            Some(AnsweredSectionView {
                section_ref: reference.to_owned(),
                title: section_title(asked, reference),
                outcome: latest(reference)?.clone().into(),
            })
        })
        .collect()
}
