//! What stands behind one figure of a report: the contributions that it counted, as they stood when its release was made, the codings
//! by which they counted, and the policy that decided how it is shown.
//!
//! Invariant: what stood behind a figure never moves. It is read from what was kept with the release, and not from the facts; beside it
//! stands what became of each contribution since. No words: whoever may read those finds them by the id.

use crate::{
    auth::permission::ReadProvenance,
    error::Code,
    http::{
        access::Access,
        answer::{Plain, Reply},
        ask::At,
        page::{Listing, NoFilters, Page},
        problem::Problem,
    },
    reporting::document::Parts,
    store::releasing::Standing,
};
use domain::{
    collate::{Collation, CountStatus, CrossTab},
    disclosure::{Cut, Policy, Provenance, Stood, StoodBehind, StoodByCoding, StoodIn},
    id::{
        CodingId, ConsultationId, ContributionId, DiscussionId, GroupId, MeetingId, ReleaseId, ReportId,
        ResponseId, RoundId, ThemeId, UserId,
    },
    moment::Moment,
    report::{CodingState, Figure, ReportTable, report_tables},
    vocabulary::{Channel, PolicyId, ReportStatus, RespondentGroup, Role, Setting, Stance},
};
use entity::{consultations, releases, reports};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// One figure of a report, and what stood behind it when its release was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellView {
    /// As the report's tables name it.
    pub id: String,
    pub report: CellReport,
    pub table: CellTable,
    pub row: CellPlace,
    pub column: CellPlace,
    /// What the figure counts.
    pub unit: String,
    /// What it is counted of.
    pub base: String,
    /// As it is shown; null where it is hidden.
    /// Unit: `unit`. Base: `base`.
    #[schema(required = true, value_type = Option<f64>)]
    pub value: Option<Figure>,
    /// How it is shown.
    pub status: CountStatus,
    pub policy: CellPolicy,
    pub release: CellRelease,
    /// The codeframe of the report; null in a draft whose codeframe is not frozen.
    #[schema(required = true)]
    pub codeframe_version: Option<i32>,
    /// Those that the figure was counted from, exactly; none where it counts no contributions.
    /// Unit: contributions. Base: what counted when the release was made.
    pub contributions_behind: usize,
    /// Tables that the figure was counted from, exactly.
    /// Unit: discussions. Base: what counted when the release was made.
    pub discussions_behind: usize,
    /// Responses that the figure was counted from, exactly.
    /// Unit: responses. Base: what counted when the release was made.
    pub responses_behind: usize,
    /// Where it counts shows of hands and choices: those who raised a hand or chose, exactly.
    /// Unit: people. Base: what counted when the release was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_behind: Option<u64>,
    /// A page of the contributions: table by table and response by response, and within each as they reached us.
    pub contributions: Vec<ContributionBehind>,
    /// A page of the tables, by id; of as many as of the contributions.
    pub discussions: Vec<DiscussionId>,
    /// A page of the responses, by id; of as many as of the contributions.
    pub responses: Vec<ResponseId>,
    /// Where the next page of all three begins; null on the last.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// The report in which a figure stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellReport {
    pub id: ReportId,
    pub number: i32,
    pub status: ReportStatus,
    pub consultation_id: ConsultationId,
    /// Of the consultation.
    pub reference: String,
}

/// The table in which a figure stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellTable {
    pub name: String,
    pub title: String,
}

/// A row or column of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellPlace {
    pub key: String,
    pub label: String,
}

/// The disclosure policy under which a figure left.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellPolicy {
    pub id: PolicyId,
    /// The largest count that is suppressed.
    pub threshold: u64,
    /// Larger counts are rounded to a multiple of this.
    pub base: u64,
    /// The same in words.
    pub rule: String,
}

/// The release whose figure it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct CellRelease {
    pub id: ReleaseId,
    pub number: i32,
    pub made_at: Moment,
}

/// How far a contribution was coded when it was counted.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodedThen {
    /// It had a theme.
    Coded,
    /// It had none, and nobody had set it aside.
    Uncoded,
    /// It was set aside with a reason.
    SetAside,
}

/// A contribution behind a figure, as it stood when it was counted, and what became of it since.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContributionBehind {
    pub id: ContributionId,
    /// The version that was counted.
    pub version: i32,
    /// Present for what was said at a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discussion_id: Option<DiscussionId>,
    /// Present for what came by a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_id: Option<ResponseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_id: Option<MeetingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_id: Option<RoundId>,
    /// The question; null for a point outside every question.
    #[schema(required = true)]
    pub question: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    /// The group as figures count it; null where none was recorded.
    #[schema(required = true)]
    pub group_id: Option<GroupId>,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    pub channel: Channel,
    pub stance: Stance,
    pub state: CodedThen,
    /// Whether coders who worked independently saw it differently, and nobody had decided.
    pub unadjudicated: bool,
    /// Under which it counted; it counted under their parents, too.
    pub theme_ids: Vec<ThemeId>,
    /// The coding that counted; empty where nobody had coded it.
    pub codings: Vec<CodingBehind>,
    /// Whether it was corrected since, or another coding of it counts now. The figure stays as it was.
    pub changed_since: bool,
    /// Whether it, or the table or response that it stands in, was taken back since. The figure stays as it was.
    pub withdrawn: bool,
}

/// The coding by which a contribution counted.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodingBehind {
    pub id: CodingId,
    pub coder_id: UserId,
    pub coded_at: Moment,
    /// The codeframe by which it was made; null before the first was frozen.
    #[schema(required = true)]
    pub codeframe_version: Option<i32>,
    /// Whether it decided between codings that differed.
    pub adjudication: bool,
}

/// A contribution that was counted, before it is known what became of it.
struct Counted {
    place: StoodIn,
    said: Stood,
    question: Option<i32>,
    section: Option<String>,
    themes: Vec<ThemeId>,
}

/// Where a figure stands.
struct Found {
    table: ReportTable,
    row: CellPlace,
    column: CellPlace,
    unit: String,
    value: Option<Figure>,
    status: CountStatus,
}

/// What is read of a figure before anything is looked up in it.
struct Kept {
    report: reports::Model,
    consultation: consultations::Model,
    release: releases::Model,
    /// Of the report.
    tables: Vec<ReportTable>,
    collation: Collation,
    cuts: Vec<(Cut, CrossTab)>,
    provenance: Option<Vec<u8>>,
}

/// `GET /v1/cells/{cell}`
pub async fn show(
    access: Access<ReadProvenance, (At<String>, Listing<NoFilters>)>,
) -> Reply<Plain<CellView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    // Whether there is such a figure is told to nobody else: a draft has figures, too, and so has a report of a network's own.
    if !access.reach().is_lead() && !access.reach().is(Role::Auditor) {
        return Err(Problem::not_found());
    }
    let report: Option<ReportId> = id.split('.').next().and_then(|report| report.parse().ok());
    let report = report.ok_or_else(Problem::not_found)?;
    let passed = page.passed().ok_or_else(|| {
        Problem::new(
            Code::BadCursor,
            "Give a next_cursor as it came, or leave it out for the first page.",
        )
    })?;
    let store = access.store();
    let kept = store
        .read(async |tx| {
            let (report, consultation) = tx.report(report).await?;
            let release = tx.release(report.consultation_id, report.release_id).await?;
            let (collation, cuts) = tx.release_tables(release.id).await?;
            let tables = Parts::read(tx, report.clone()).await?.document().tables;
            Ok(Kept {
                tables,
                provenance: tx.release_provenance(release.id).await?,
                report,
                consultation,
                release,
                collation,
                cuts,
            })
        })
        .await?;
    // Away from the requests: what stood behind a release of a hundred thousand contributions is read whole.
    let looked_up = actix_web::web::block(move || look_up(id, kept, page, passed));
    let (mut view, counted) = looked_up.await.map_err(Problem::internal)??;
    let ids: Vec<_> = counted.iter().map(|one| one.said.id).collect();
    let now = store.read(async |tx| tx.standing(&ids).await).await?;
    view.contributions = counted
        .into_iter()
        .map(|one| shown(one, &now))
        .collect::<Result<_, _>>()?;
    Ok(Plain(view))
}

/// The figure of this id, and what stood behind it: everything but what became of it since.
///
/// # Errors
/// 404 where the report has no such figure; 409 `no-provenance`.
fn look_up(id: String, kept: Kept, page: Page, passed: usize) -> Result<(CellView, Vec<Counted>), Problem> {
    let made = report_tables(kept.report.id, &kept.collation, &kept.cuts);
    let found = found(kept.tables, &id).ok_or_else(Problem::not_found)?;
    // By its keys: where a figure stood when it was published need not be where it would stand today.
    let counts = made
        .tables
        .iter()
        .find(|table| table.name == found.table.name)
        .and_then(|table| table.cell(&found.row.key, &found.column.key))
        .and_then(|cell| made.behind.get(&cell.id));
    let behind = counts.ok_or_else(Problem::not_found)?;
    let provenance = kept.provenance.ok_or_else(|| {
        Problem::new(
            Code::NoProvenance,
            "The release of this report was made before it was kept what stood behind its figures. Make a new release, and a \
             report of it.",
        )
    })?;
    let provenance = Provenance::read(&provenance).map_err(Problem::internal)?;
    let stood = provenance.behind(behind);
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let counted = stood.contributions.iter().skip(passed).take(limit);
    let counted = counted
        .map(|(place, said)| Counted {
            question: provenance.question_of(said),
            section: provenance.section_of(said).map(str::to_owned),
            themes: provenance.themes_of(said),
            place: (*place).clone(),
            said: (*said).clone(),
        })
        .collect();
    let longest = longest(&stood);
    let next = passed.saturating_add(limit);
    let policy = Policy::of(kept.release.policy);
    let view = CellView {
        id,
        report: CellReport {
            id: kept.report.id,
            number: kept.report.number,
            status: kept.report.status,
            consultation_id: kept.consultation.id,
            reference: kept.consultation.reference,
        },
        base: found.table.base,
        table: CellTable {
            name: found.table.name,
            title: found.table.title,
        },
        row: found.row,
        column: found.column,
        unit: found.unit,
        value: found.value,
        status: found.status,
        policy: CellPolicy {
            id: policy.id,
            threshold: policy.threshold,
            base: policy.base,
            rule: policy.in_words(),
        },
        release: CellRelease {
            id: kept.release.id,
            number: kept.release.number,
            made_at: kept.release.received_at,
        },
        codeframe_version: kept.report.frozen.0.codeframe.version,
        contributions_behind: stood.contributions.len(),
        discussions_behind: stood.discussions.len(),
        responses_behind: stood.responses.len(),
        people_behind: stood.people,
        contributions: Vec::new(),
        discussions: ids_of(&stood.discussions, passed, limit, DiscussionId),
        responses: ids_of(&stood.responses, passed, limit, ResponseId),
        next_cursor: (next < longest).then(|| page.behind(next)),
    };
    Ok((view, counted))
}

/// How many stand on all pages of the longest of the three lists.
fn longest(stood: &StoodBehind<'_>) -> usize {
    stood
        .contributions
        .len()
        .max(stood.discussions.len())
        .max(stood.responses.len())
}

fn ids_of<I>(all: &[&StoodIn], passed: usize, limit: usize, id: impl Fn(uuid::Uuid) -> I) -> Vec<I> {
    all.iter()
        .skip(passed)
        .take(limit)
        .map(|one| id(one.id))
        .collect()
}

/// Where the figure of this id stands.
fn found(tables: Vec<ReportTable>, id: &str) -> Option<Found> {
    tables.into_iter().find_map(|mut table| {
        let (row, at, value, status) = table.rows.iter().find_map(|row| {
            let mut cells = row.cells.iter().enumerate();
            let (at, cell) =
                cells.find_map(|(at, cell)| Some((at, cell.as_ref().filter(|cell| cell.id == id)?)))?;
            let place = CellPlace {
                key: row.key.clone(),
                label: row.label.clone(),
            };
            Some((place, at, cell.value, cell.status))
        })?;
        table.rows.clear();
        let column = table.columns.get(at)?;
        Some(Found {
            row,
            column: CellPlace {
                key: column.key.clone(),
                label: column.label.clone(),
            },
            unit: column.unit.clone().unwrap_or_else(|| table.unit.clone()),
            value,
            status,
            table,
        })
    })
}

/// A contribution with what became of it.
fn shown(counted: Counted, now: &HashMap<ContributionId, Standing>) -> Result<ContributionBehind, Problem> {
    let Counted {
        place,
        said,
        question,
        section,
        themes,
    } = counted;
    let now = now
        .get(&said.id)
        .ok_or_else(|| Problem::internal("a contribution that was counted is gone"))?;
    let coding = |stood: StoodByCoding| {
        let (id, codeframe_version) = now
            .coding(stood.coder, stood.coded_at)
            .ok_or_else(|| Problem::internal("a coding that counted is gone"))?;
        Ok::<_, Problem>(CodingBehind {
            id,
            coder_id: stood.coder,
            coded_at: stood.coded_at,
            codeframe_version,
            adjudication: stood.decided,
        })
    };
    let counts_by = said.coding.map(|stood| (stood.coder, stood.coded_at));
    Ok(ContributionBehind {
        id: said.id,
        version: said.version,
        discussion_id: place.is_discussion.then_some(DiscussionId(place.id)),
        response_id: (!place.is_discussion).then_some(ResponseId(place.id)),
        meeting_id: place.meeting,
        round_id: place.round,
        question,
        section_ref: section,
        group_id: place.group,
        respondent_group: said.respondent_group,
        setting: said.setting,
        channel: place.channel,
        stance: said.stance,
        state: match said.state() {
            CodingState::SetAside => CodedThen::SetAside,
            CodingState::Uncoded => CodedThen::Uncoded,
            CodingState::Coded | CodingState::Unadjudicated => CodedThen::Coded,
        },
        unadjudicated: said.was_unadjudicated(),
        theme_ids: themes,
        codings: said.coding.map(coding).transpose()?.into_iter().collect(),
        changed_since: now.version != said.version || now.counts != counts_by,
        withdrawn: now.withdrawn,
    })
}
