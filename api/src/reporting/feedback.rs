//! The way back to those who spoke: what became of it by receipt, and what a group raised beside what was decided.
//!
//! A receipt stands for a name, so whoever shows it is told of their own words what a published report says of them, and nothing
//! else: no text, group or service, and no theme that did not leave. Guesses share the limit of withdrawals (`withdrawals.rs`).
//!
//! A group is shown what it raised in its own exact figures, which its facilitator sees anyway, and the country in those of the release;
//! subtracting one from the other tells of the others no more than the release does.

use crate::{
    auth::{permission::ReadFeedbackLoop, reach::Reach, receipts::Shown},
    collating::collation::one,
    collecting::withdrawals::{Told, before_the_writer, stands_for},
    http::{
        access::{Access, Public},
        answer::{Plain, Reply},
        ask::{AnyOf, At, By, Schemas, Valid},
        document::{Document, Forms, of_bytes},
        problem::Problem,
    },
    reporting::{
        answer::{AnsweredReportView, RaisedView, Standing, released_collation},
        formats::page::{self, GroupSheet, GroupSheetRow},
        outcomes::OutcomeView,
    },
    state::State,
    store::{Opened, Tx, audit::acts},
};
use domain::{
    collate::{CollatedTheme, Collation, Filter, Scope, collate, themes_said},
    facts::Facts,
    id::{ConsultationId, ContributionId, GroupId, ThemeId},
    life::Status,
    moment::Moment,
    report::{ReportedTheme, answers},
    vocabulary::{OutcomeDecision, ReviewState, WhatBecame},
};
use entity::{consultations, reports};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{RefOr, Schema},
};
use uuid::Uuid;
use validator::Validate;

/// A receipt or slip to look up.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LookUpInput {
    /// As it was handed out, however it is spaced and cased: the receipt of a response, or a slip from a table.
    #[validate(length(min = 1, max = 100, message = "Copy the receipt as it was handed out."))]
    #[schema(min_length = 1, max_length = 100)]
    pub receipt: String,
}

/// What became of what somebody said.
#[derive(Debug, Serialize, ToSchema)]
pub struct LookUpView {
    pub status: WhatBecame,
    /// What they were asked about.
    pub consultation: AskedAboutView,
    /// The published report that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<AnsweredReportView>,
    /// Whether the report quotes it, in words that still stand there.
    pub quoted: bool,
    /// Themes of the report under which it counts today, in the order of the report; none before a report is published.
    pub themes: Vec<ToldThemeView>,
}

/// A consultation, as a speaker knows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedAboutView {
    pub reference: String,
    pub title: String,
}

/// A theme under which somebody's words count, and what was decided on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToldThemeView {
    pub label: String,
    /// Null where nothing was decided yet.
    #[schema(required = true)]
    pub outcome: Option<ToldOutcomeView>,
}

/// What was decided, as its speaker is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToldOutcomeView {
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
}

impl From<OutcomeView> for ToldOutcomeView {
    fn from(outcome: OutcomeView) -> Self {
        Self {
            decision: outcome.decision,
            reason: outcome.reason,
            easy_read: outcome.easy_read,
            decided_on: outcome.decided_on,
            decided_by: outcome.decided_by,
            document_version: outcome.document_version,
            source_url: outcome.source_url,
        }
    }
}

/// What a receipt stands for, as far as it says what became of it.
struct Words {
    consultation: ConsultationId,
    /// The table or response.
    container: Uuid,
    /// The one point that a slip stands for.
    only: Option<ContributionId>,
    /// Points that may be quoted in a report.
    points: Vec<ContributionId>,
    received_at: Moment,
    withdrawn: bool,
}

impl Words {
    /// What a code stands for, whatever became of it.
    async fn of(tx: &Tx, told: Told) -> Result<Self, Problem> {
        match told {
            Told::Response(id) => {
                let row = tx.any_response(id).await?.ok_or_else(Problem::not_found)?;
                let standing = tx.contributions_of_response(id).await?;
                Ok(Self {
                    consultation: row.consultation_id,
                    container: id.0,
                    only: None,
                    points: standing.iter().map(|point| point.id).collect(),
                    received_at: row.received_at,
                    withdrawn: row.withdrawn_at.is_some() || row.review == ReviewState::Withdrawn,
                })
            }
            Told::Contribution(id) => {
                let row = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
                let (container, review) = match (row.discussion_id, row.response_id) {
                    (Some(table), _) => {
                        let table = tx.any_discussion(table).await?.ok_or_else(Problem::not_found)?;
                        (table.id.0, table.review)
                    }
                    (None, Some(response)) => {
                        let response = tx.any_response(response).await?.ok_or_else(Problem::not_found)?;
                        (response.id.0, response.review)
                    }
                    (None, None) => return Err(Problem::internal("a point that nobody recorded")),
                };
                Ok(Self {
                    consultation: row.consultation_id,
                    container,
                    only: Some(id),
                    points: vec![id],
                    received_at: row.received_at,
                    withdrawn: row.withdrawn_at.is_some() || review == ReviewState::Withdrawn,
                })
            }
        }
    }
}

/// `POST /v1/receipts/look-up`: by whoever holds a receipt or a slip.
pub async fn look_up(public: Public<Valid<LookUpInput>>) -> Reply<Plain<LookUpView>> {
    let address = public.address();
    let (asked, public) = public.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let open = public.open_to(acts::LOOK_UP);
    let receipts = public.state().sessions.receipts();
    let shown = Shown::read(&input.receipt);
    let older = before_the_writer(&open, &address, &receipts, shown.as_ref()).await?;
    let words = open
        .write(async move |tx| {
            tx.hold_receipts(&address).await?;
            tx.check_receipts(&address).await?;
            let told = match &shown {
                Some(shown) => stands_for(tx, &receipts, shown, older).await?,
                None => None,
            };
            match told {
                Some(told) => Words::of(tx, told).await.map(Some),
                // A failure must be committed, so it is an outcome and no error.
                None => {
                    tx.add_receipt_failure(address, acts::LOOK_UP_FAILED).await?;
                    Ok(None)
                }
            }
        })
        .await?;
    let words = words.ok_or_else(|| Problem {
        detail: "There is no such receipt. Compare it with the paper, letter by letter.".into(),
        ..Problem::not_found()
    })?;
    became(public.state(), &open, words).await.map(Plain)
}

/// What became of somebody's words.
async fn became(state: &State, store: &Opened, words: Words) -> Result<LookUpView, Problem> {
    let (container, only) = (words.container, words.only);
    let themes = state
        .looks
        .with(store, words.consultation, move |facts| {
            themes_said(facts, container, only)
        })
        .await?;
    store
        .read_at_one_moment(async |tx| told(tx, &words, &themes).await)
        .await
}

async fn told(tx: &Tx, words: &Words, themes: &[ThemeId]) -> Result<LookUpView, Problem> {
    let consultation = tx.consultation_called(&words.consultation.to_string()).await?;
    let nothing_yet = |status| LookUpView {
        status,
        consultation: AskedAboutView {
            reference: consultation.reference.clone(),
            title: consultation.title.clone(),
        },
        report: None,
        quoted: false,
        themes: Vec::new(),
    };
    if words.withdrawn {
        return Ok(nothing_yet(WhatBecame::Withdrawn));
    }
    let report = match tx.latest_published(words.consultation).await? {
        Some(report) if holds(tx, &report, words).await? => report,
        _ => {
            return Ok(nothing_yet(match consultation.status {
                Status::Draft | Status::Open | Status::Suspended => WhatBecame::Received,
                _ => WhatBecame::BeingRead,
            }));
        }
    };
    let outcomes = Standing::of(tx, words.consultation).await?;
    let reported = &report.frozen.0.codeframe.themes;
    let own: Vec<&ReportedTheme> = reported
        .iter()
        .filter(|theme| themes.contains(&theme.id))
        .collect();
    let is_answered = |theme: &&ReportedTheme| {
        answers::answer_to(theme, &outcomes.standing).is_some_and(answers::Decided::is_answer)
    };
    let answered = match own.as_slice() {
        [] => answers::answered_on(reported, &outcomes.decided).is_some(),
        own => own.iter().all(is_answered),
    };
    Ok(LookUpView {
        quoted: tx.is_quoted(report.id, &words.points).await?,
        themes: own
            .iter()
            .map(|theme| ToldThemeView {
                label: theme.label.clone(),
                outcome: outcomes.answer_to(theme).map(Into::into),
            })
            .collect(),
        report: Some(AnsweredReportView::new(
            &report,
            &consultation.reference,
            consultation.public,
        )),
        ..nothing_yet(match answered {
            true => WhatBecame::Answered,
            false => WhatBecame::InReport,
        })
    })
}

/// Whether what was said had come in when the figures of the report were released.
async fn holds(tx: &Tx, report: &reports::Model, words: &Words) -> Result<bool, Problem> {
    let release = tx.release(report.consultation_id, report.release_id).await?;
    Ok(words.received_at <= release.received_at)
}

/// Of which consultations a group is told.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct FeedbackLoopParameters {
    /// Ids of consultations; all with a published report unless said otherwise.
    #[param(value_type = Option<Vec<ConsultationId>>, style = Form, explode = false)]
    pub consultation: Option<AnyOf<ConsultationId>>,
}

/// What a group raised and what was decided, beside the whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeedbackLoopView {
    pub group: LoopGroupView,
    /// Consultations with a published report in which the group was heard, the latest report first.
    pub consultations: Vec<LoopConsultationView>,
}

/// The group that is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoopGroupView {
    pub id: GroupId,
    pub name: String,
}

/// What a group raised in one consultation.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoopConsultationView {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    /// The body that asked, as it was called.
    pub commissioned_by: String,
    pub report: AnsweredReportView,
    /// What the group said in all, exactly, as it stands today.
    pub heard: LoopFiguresView,
    /// Themes that the group raised, in the order of the report; those that the report does not have, last.
    pub themes: Vec<LoopThemeView>,
    /// Themes of the report that others raised and the group did not, in the order of the report.
    pub raised_elsewhere: Vec<LoopElsewhereView>,
    /// Until when an answer is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_due_on: Option<Date>,
}

/// A theme that others raised.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoopElsewhereView {
    pub theme_id: ThemeId,
    pub label: String,
    #[schema(required = true)]
    pub parent_id: Option<ThemeId>,
    /// How widely it was raised in the country, as it was released.
    #[schema(required = true)]
    pub country: Option<RaisedView>,
    /// What was decided; null where nothing was.
    #[schema(required = true)]
    pub outcome: Option<OutcomeView>,
}

/// What a group said: exact figures.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LoopFiguresView {
    /// Unit: contributions. Base: those of the group in this consultation.
    pub contributions: u64,
    /// Unit: discussions. Base: tables of the group in this consultation.
    pub discussions: u64,
    /// Unit: responses. Base: those of the group in this consultation.
    pub responses: u64,
}

/// A theme that a group raised.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoopThemeView {
    pub theme_id: ThemeId,
    pub label: String,
    #[schema(required = true)]
    pub parent_id: Option<ThemeId>,
    /// How often the group raised it, exactly, as it is coded today.
    pub group: LoopFiguresView,
    /// How widely it was raised in the country, as it was released; null where the report does not have it.
    #[schema(required = true)]
    pub country: Option<RaisedView>,
    /// What was decided; null where nothing was.
    #[schema(required = true)]
    pub outcome: Option<OutcomeView>,
}

/// `GET /v1/groups/{id}/feedback-loop`
pub async fn feedback_loop(
    access: Access<ReadFeedbackLoop, (At<GroupId>, By<FeedbackLoopParameters>)>,
) -> Reply<Plain<FeedbackLoopView>> {
    let ((At(id), By(asked)), access) = access.split();
    let only = asked.consultation.map(|any| any.0);
    let view = of_group(
        access.state(),
        &access.store(),
        access.reach(),
        id,
        only,
        usize::MAX,
    )
    .await?;
    Ok(Plain(view))
}

/// What a group raised and what was decided, of at most so many consultations, the latest first; a page of it is made of this and of
/// nothing else.
///
/// # Errors
/// 404 where the caller does not work with the group.
pub(super) async fn of_group(
    state: &State,
    store: &Opened,
    reach: &Reach,
    id: GroupId,
    only: Option<Vec<ConsultationId>>,
    most: usize,
) -> Result<FeedbackLoopView, Problem> {
    if !reach.has_group(id) {
        return Err(Problem::not_found());
    }
    let (group, reported) = store
        .read(async |tx| Ok((tx.group(id).await?, tx.reported_consultations(only).await?)))
        .await?;
    let mut told = Vec::new();
    for (consultation, report) in reported {
        let reach = reach.clone();
        let own = state
            .looks
            .with(store, consultation.id, move |facts| {
                let scope = Scope::Groups(own_groups(facts, id, &reach));
                collate(facts, &scope, &Filter::whole(facts))
            })
            .await?;
        let heard = heard(&own);
        if heard.discussions + heard.responses == 0 {
            continue;
        }
        let seen = store
            .read_at_one_moment(async |tx| {
                Ok((
                    released_collation(tx, &report).await?,
                    Standing::of(tx, consultation.id).await?,
                    tx.response_due_on(&consultation).await?,
                ))
            })
            .await?;
        told.push(of_consultation(consultation, &report, heard, &own, seen));
        if told.len() >= most {
            break;
        }
    }
    Ok(FeedbackLoopView {
        group: LoopGroupView { id, name: group.name },
        consultations: told,
    })
}

fn of_consultation(
    consultation: consultations::Model,
    report: &reports::Model,
    heard: LoopFiguresView,
    own: &Collation,
    (country, outcomes, response_due_on): (Collation, Standing, Option<Date>),
) -> LoopConsultationView {
    let reported = &report.frozen.0.codeframe.themes;
    let place = |id: ThemeId| reported.iter().position(|theme| theme.id == id);
    let mut raised: Vec<&CollatedTheme> = own.themes.iter().collect();
    // The sort keeps the order of what the report does not have.
    raised.sort_by_key(|theme| place(theme.id).unwrap_or(usize::MAX));
    let themes = raised.into_iter().map(|theme| {
        let as_reported = reported.iter().find(|one| one.id == theme.id);
        let counted = country.themes.iter().find(|one| one.id == theme.id);
        LoopThemeView {
            theme_id: theme.id,
            label: as_reported.map_or_else(|| theme.label.clone(), |one| one.label.clone()),
            parent_id: theme.parent_id,
            group: LoopFiguresView {
                contributions: theme.contributions.value.unwrap_or_default(),
                discussions: theme.discussions,
                responses: theme.responses.value.unwrap_or_default(),
            },
            country: counted.map(|one| RaisedView::of(one, &country)),
            outcome: as_reported.and_then(|one| outcomes.answer_to(one)),
        }
    });
    let not_raised = reported
        .iter()
        .filter(|theme| own.themes.iter().all(|one| one.id != theme.id));
    let elsewhere = not_raised.map(|theme| {
        let counted = country.themes.iter().find(|one| one.id == theme.id);
        LoopElsewhereView {
            theme_id: theme.id,
            label: theme.label.clone(),
            parent_id: theme.parent_id,
            country: counted.map(|one| RaisedView::of(one, &country)),
            outcome: outcomes.answer_to(theme),
        }
    });
    LoopConsultationView {
        themes: themes.collect(),
        raised_elsewhere: elsewhere.collect(),
        report: AnsweredReportView::new(report, &consultation.reference, consultation.public),
        id: consultation.id,
        reference: consultation.reference,
        title: consultation.title,
        commissioned_by: report.frozen.0.consultation.commissioned_by.name.clone(),
        heard,
        response_due_on,
    }
}

/// A group, and the local groups that are counted as it and with which the caller works: what a facilitator sees anywhere else.
fn own_groups(facts: &Facts, id: GroupId, reach: &Reach) -> Vec<GroupId> {
    let known = facts.register().groups.iter();
    let mut own: Vec<GroupId> = known
        .filter(|group| group.id == id || group.counted_as == id)
        .map(|group| group.id)
        .filter(|group| reach.has_group(*group))
        .collect();
    own.sort();
    own
}

/// What a group said in all. Figures of one's own groups are exact, so that none is without a value.
fn heard(own: &Collation) -> LoopFiguresView {
    let contributions = own.questions.iter().map(|question| question.contributions.value);
    LoopFiguresView {
        contributions: contributions.flatten().sum(),
        discussions: own.heard.discussions,
        responses: own.heard.responses.all.value.unwrap_or_default(),
    }
}

/// Which consultation a group's sheet is of.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct SheetParameters {
    /// The id of one; that of the latest report in which the group was heard, unless said otherwise.
    #[param(value_type = Option<ConsultationId>)]
    pub consultation: Option<AnyOf<ConsultationId>>,
}

/// A group's sheet.
#[derive(Clone, Copy, Debug)]
pub struct GroupSheetPage;

impl Forms for GroupSheetPage {
    const KIND: &'static str = "text/html";
    const ABOUT: &'static str = "The page.";

    fn contents(_: &mut Schemas) -> Vec<(&'static str, RefOr<Schema>)> {
        vec![(Self::KIND, of_bytes())]
    }
}

/// `GET /v1/groups/{id}/feedback-loop.html`: one consultation on a page, to print and take back to the group.
pub async fn feedback_loop_html(
    access: Access<ReadFeedbackLoop, (At<GroupId>, By<SheetParameters>)>,
) -> Reply<Document<GroupSheetPage>> {
    let ((At(id), By(asked)), access) = access.split();
    let only = asked
        .consultation
        .map(|asked| one("consultation", &asked))
        .transpose()?;
    let only = only.map(|id| vec![id]);
    let view = of_group(access.state(), &access.store(), access.reach(), id, only, 1).await?;
    let FeedbackLoopView { group, consultations } = view;
    let latest = consultations.into_iter().next().ok_or_else(|| Problem {
        detail: "No report is published yet of anything in which the group was heard.".into(),
        ..Problem::not_found()
    })?;
    let page = page::group_sheet(&sheet(group, latest));
    Ok(Document::new(page.into_bytes(), "text/html; charset=utf-8"))
}

/// A group's view, as its page has it.
fn sheet(group: LoopGroupView, of: LoopConsultationView) -> GroupSheet {
    let counted = |number: u64, one: &str, more: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    };
    let raised = |figures: LoopFiguresView| {
        let mut parts = vec![counted(figures.contributions, "point", "points")];
        if figures.discussions > 0 {
            parts.push(format!("at {}", counted(figures.discussions, "table", "tables")));
        }
        if figures.responses > 0 {
            parts.push(format!(
                "in {}",
                counted(figures.responses, "response", "responses")
            ));
        }
        parts.join(", ")
    };
    let widely = |country: Option<RaisedView>| {
        country.map_or_else(
            || "Not in the report".to_owned(),
            |raised| {
                format!(
                    "{} of {}, at {}",
                    raised.groups,
                    counted(raised.groups_heard, "group", "groups"),
                    counted(raised.discussions, "table", "tables")
                )
            },
        )
    };
    let own = of.themes.into_iter().map(|theme| GroupSheetRow {
        theme: theme.label,
        raised: Some(raised(theme.group)),
        country: widely(theme.country),
        decision: theme.outcome.map(OutcomeView::standing),
    });
    let others = of.raised_elsewhere.into_iter().map(|theme| GroupSheetRow {
        theme: theme.label,
        raised: None,
        country: widely(theme.country),
        decision: theme.outcome.map(OutcomeView::standing),
    });
    GroupSheet {
        group_name: group.name,
        title: of.title,
        reference: of.reference,
        rows: own.chain(others).collect(),
        notes: vec![
            "What we raised is counted as it is coded today, and as it was written down: at least so many points.".into(),
            "The whole country is as it stands in the report, and includes our group.".into(),
        ],
    }
}
