//! What became of reports: to whom they were delivered, what was decided, what stands beside them; and where a consultation stands
//! by that. Deliveries, outcomes and media are appended and never changed.

use super::statements::Reading;
use super::{Tx, consulting::WholeConsultation, network::any_of, paged};
use crate::http::{page::Page, problem::Problem};
use domain::{
    assurance::answer_due_on,
    id::{BodyId, ConsultationId, ContributionId, DeliveryId, OutcomeId, ReportId, ReportMediaId, ThemeId},
    life::{OfReport, Status},
    report::{
        Aftermath, ReportedBody, StandingDelivery, StandingMedia, StandingOutcome, TakenBack,
        answers::{self, Decided},
    },
    vocabulary::{BodyKind, ReportStatus, Role},
};
use entity::{
    bodies, consultation_moves, consultations, deliveries, json::Overrides, outcomes, report_media,
    report_quotes, reports,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use std::collections::{HashMap, HashSet};

/// An outcome, and what took its place.
#[derive(Clone, Debug)]
pub struct OutcomeRow {
    pub row: outcomes::Model,
    /// The one that was written down in its place.
    pub superseded_by: Option<OutcomeId>,
}

impl OutcomeRow {
    /// As far as it says which themes are answered.
    pub fn decided(&self) -> Decided {
        Decided {
            id: self.row.id,
            theme: self.row.theme_id,
            of_section: self.row.section_ref.is_some(),
            decision: self.row.decision,
            decided_on: self.row.decided_on,
            received_at: self.row.received_at,
            superseded: self.superseded_by.is_some(),
        }
    }
}

/// A delivery, with what it names.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    pub row: deliveries::Model,
    pub report: reports::Model,
    pub consultation: consultations::Model,
    pub body: bodies::Model,
}

/// Which outcomes a list is of.
#[derive(Clone, Debug, Default)]
pub struct OutcomesWanted {
    /// On these themes.
    pub themes: Option<Vec<ThemeId>>,
    /// Those that stand, or those that were superseded.
    pub standing: Option<bool>,
}

/// The decisions of these rows, for [`domain::report::answers`].
pub fn decided(rows: &[OutcomeRow]) -> Vec<Decided> {
    rows.iter().map(OutcomeRow::decided).collect()
}

/// Whether what was handed over is the report as it was published, and no draft of it.
pub(super) fn is_as_published(delivery: &deliveries::Model, report: &reports::Model) -> bool {
    report.id == delivery.report_id && report.digest.as_deref() == Some(delivery.digest.as_str())
}

/// A body, as an answer names it.
pub fn reported_body(row: bodies::Model) -> ReportedBody {
    ReportedBody {
        id: row.id,
        kind: row.kind,
        name: row.name,
    }
}

impl Tx {
    /// A consultation of whose answer the caller may read: whoever may read its latest report that left, may; before there is one, whoever
    /// knows the consultation.
    pub async fn answered_consultation(&self, id: ConsultationId) -> Result<consultations::Model, Problem> {
        match self.published_reports(id).await?.pop() {
            Some(report) => self.report(report.id).await.map(|(_, consultation)| consultation),
            None => self.consultation(id).await,
        }
    }

    /// Stores a delivery.
    pub async fn add_delivery(&self, row: deliveries::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Those deliveries that the caller may know of: leads and auditors all, members of bodies what was delivered to theirs.
    fn known_deliveries(&self) -> Condition {
        let reach = self.reach();
        if reach.is_lead() || reach.is(Role::Auditor) {
            return Condition::all();
        }
        let mut own = Condition::any().add(bodies::Column::Id.is_in(reach.bodies()));
        if reach.is(Role::SteeringGroup) {
            own = own.add(bodies::Column::Kind.is_in([BodyKind::SteeringGroup, BodyKind::SubGroup]));
        }
        let own = bodies::Entity::find()
            .select_only()
            .column(bodies::Column::Id)
            .filter(own);
        Condition::all().add(deliveries::Column::BodyId.in_subquery(own.into_query()))
    }

    /// A page of deliveries that the caller may know of: of one report, to any of these bodies.
    pub async fn deliveries(
        &self,
        report: Option<ReportId>,
        to: Option<Vec<BodyId>>,
        page: Page,
    ) -> Result<Vec<DeliveryRow>, Problem> {
        let query = deliveries::Entity::find()
            .filter(self.known_deliveries())
            .filter(any_of(deliveries::Column::ReportId, report.map(|id| vec![id])))
            .filter(any_of(deliveries::Column::BodyId, to));
        let query = paged(
            query,
            page,
            deliveries::Column::ReceivedAt,
            deliveries::Column::Id,
        );
        let rows = query.all_of(self).await?;
        self.whole_deliveries(rows).await
    }

    /// A delivery that the caller may know of.
    pub async fn delivery(&self, id: DeliveryId) -> Result<DeliveryRow, Problem> {
        let query = deliveries::Entity::find_by_id(id).filter(self.known_deliveries());
        let row = query.one_of(self).await?.ok_or_else(Problem::not_found)?;
        let mut whole = self.whole_deliveries(vec![row]).await?;
        whole.pop().ok_or_else(Problem::not_found)
    }

    async fn whole_deliveries(&self, rows: Vec<deliveries::Model>) -> Result<Vec<DeliveryRow>, Problem> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let reports = reports::Entity::find()
            .filter(reports::Column::Id.is_in(rows.iter().map(|row| row.report_id)))
            .all_of(self)
            .await?;
        let reports: HashMap<_, _> = reports.into_iter().map(|row| (row.id, row)).collect();
        let consultations = consultations::Entity::find()
            .filter(consultations::Column::Id.is_in(rows.iter().map(|row| row.consultation_id)))
            .all_of(self)
            .await?;
        let consultations: HashMap<_, _> = consultations.into_iter().map(|row| (row.id, row)).collect();
        let bodies = bodies::Entity::find()
            .filter(bodies::Column::Id.is_in(rows.iter().map(|row| row.body_id)))
            .all_of(self)
            .await?;
        let bodies: HashMap<_, _> = bodies.into_iter().map(|row| (row.id, row)).collect();
        // Foreign keys: what a delivery names is there.
        let whole = rows.into_iter().filter_map(|row| {
            Some(DeliveryRow {
                report: reports.get(&row.report_id)?.clone(),
                consultation: consultations.get(&row.consultation_id)?.clone(),
                body: bodies.get(&row.body_id)?.clone(),
                row,
            })
        });
        Ok(whole.collect())
    }

    /// Every delivery of a consultation's reports, in the order in which they reached us; the caller is asked of elsewhere.
    pub(super) async fn deliveries_of(
        &self,
        id: ConsultationId,
    ) -> Result<Vec<(deliveries::Model, ReportedBody)>, Problem> {
        let query = deliveries::Entity::find()
            .filter(deliveries::Column::ConsultationId.eq(id))
            .order_by_asc(deliveries::Column::ReceivedAt)
            .order_by_asc(deliveries::Column::Id);
        let rows = query.all_of(self).await?;
        let to: HashSet<BodyId> = rows.iter().map(|row| row.body_id).collect();
        let bodies = match to.is_empty() {
            true => Vec::new(),
            false => {
                let query = bodies::Entity::find().filter(bodies::Column::Id.is_in(to));
                query.all_of(self).await?
            }
        };
        let named: HashMap<_, _> = bodies
            .into_iter()
            .map(|row| (row.id, reported_body(row)))
            .collect();
        let with_body = rows.into_iter().filter_map(|row| {
            let body = named.get(&row.body_id)?.clone();
            Some((row, body))
        });
        Ok(with_body.collect())
    }

    /// The published report of a consultation that was delivered to a body last, as it was published and no draft of it.
    pub async fn delivered_report(&self, id: ConsultationId) -> Result<Option<ReportId>, Problem> {
        let published = self.published_reports(id).await?;
        let mut given = self.deliveries_of(id).await?;
        given.reverse();
        let standing = |report: &&reports::Model| report.status == ReportStatus::Published;
        let found = given.iter().find(|(delivery, _)| {
            published
                .iter()
                .filter(standing)
                .any(|report| is_as_published(delivery, report))
        });
        Ok(found.map(|(delivery, _)| delivery.report_id))
    }

    /// The first day of a consultation: the day that it states, or the earlier one on which it was opened.
    pub async fn first_day(&self, row: &consultations::Model) -> Result<Option<time::Date>, Problem> {
        let opened = self.moves_to(row.id, Status::Open).await?;
        let opened = opened.first().and_then(|moved| moved.moved_at.day_in_london());
        Ok([row.opens_on, opened].into_iter().flatten().min())
    }

    /// Moves of a consultation into a state, the oldest first.
    async fn moves_to(
        &self,
        id: ConsultationId,
        to: Status,
    ) -> Result<Vec<consultation_moves::Model>, Problem> {
        use consultation_moves::Column;
        let query = consultation_moves::Entity::find()
            .filter(Column::ConsultationId.eq(id))
            .filter(Column::MovedTo.eq(to))
            .order_by_asc(Column::MovedAt)
            .order_by_asc(Column::Id);
        Ok(query.all_of(self).await?)
    }

    /// When an answer is due: on the stated day, else twelve weeks after the consultation closed, or is planned to.
    pub async fn response_due_on(&self, row: &consultations::Model) -> Result<Option<time::Date>, Problem> {
        if row.response_due_on.is_some() {
            return Ok(row.response_due_on);
        }
        let closed = self.moves_to(row.id, Status::Closed).await?;
        let closed = closed.last().and_then(|moved| moved.moved_at.day_in_london());
        Ok(closed.or(row.closes_on).map(answer_due_on))
    }

    /// Stores an outcome.
    pub async fn add_outcome(&self, row: outcomes::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// An outcome that the caller may know of.
    pub async fn outcome(&self, id: OutcomeId) -> Result<OutcomeRow, Problem> {
        let row = outcomes::Entity::find_by_id(id).one_of(self).await?;
        let row = row.ok_or_else(Problem::not_found)?;
        self.answered_consultation(row.consultation_id).await?;
        let mut rows = self.with_successors(vec![row]).await?;
        rows.pop().ok_or_else(Problem::not_found)
    }

    /// A page of a consultation's outcomes, in the order in which they reached us; the caller is asked of elsewhere.
    pub async fn outcomes(
        &self,
        id: ConsultationId,
        wanted: OutcomesWanted,
        page: Page,
    ) -> Result<Vec<OutcomeRow>, Problem> {
        use outcomes::Column;
        let mut query = outcomes::Entity::find()
            .filter(Column::ConsultationId.eq(id))
            .filter(any_of(Column::ThemeId, wanted.themes));
        if let Some(standing) = wanted.standing {
            let superseded = outcomes::Entity::find()
                .select_only()
                .column(Column::Supersedes)
                .filter(Column::ConsultationId.eq(id))
                .filter(Column::Supersedes.is_not_null())
                .into_query();
            query = query.filter(match standing {
                true => Column::Id.not_in_subquery(superseded),
                false => Column::Id.in_subquery(superseded),
            });
        }
        let rows = paged(query, page, Column::ReceivedAt, Column::Id)
            .all_of(self)
            .await?;
        self.with_successors(rows).await
    }

    /// Every outcome of a consultation, in the order in which they reached us; the caller is asked of elsewhere.
    pub async fn outcomes_of(&self, id: ConsultationId) -> Result<Vec<OutcomeRow>, Problem> {
        let query = outcomes::Entity::find()
            .filter(outcomes::Column::ConsultationId.eq(id))
            .order_by_asc(outcomes::Column::ReceivedAt)
            .order_by_asc(outcomes::Column::Id);
        let rows = query.all_of(self).await?;
        self.with_successors(rows).await
    }

    /// The latest outcomes of these consultations, `most` of them at the most, the latest first.
    pub async fn latest_outcomes(
        &self,
        of: Vec<ConsultationId>,
        most: u64,
    ) -> Result<Vec<outcomes::Model>, Problem> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let query = outcomes::Entity::find()
            .filter(outcomes::Column::ConsultationId.is_in(of))
            .order_by_desc(outcomes::Column::ReceivedAt)
            .order_by_desc(outcomes::Column::Id)
            .limit(most);
        Ok(query.all_of(self).await?)
    }

    async fn with_successors(&self, rows: Vec<outcomes::Model>) -> Result<Vec<OutcomeRow>, Problem> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut by: HashMap<OutcomeId, OutcomeId> = HashMap::new();
        let ids: Vec<OutcomeId> = rows.iter().map(|row| row.id).collect();
        for some in ids.chunks(500) {
            let query = outcomes::Entity::find()
                .select_only()
                .columns([outcomes::Column::Supersedes, outcomes::Column::Id])
                .filter(outcomes::Column::Supersedes.is_in(some.to_vec()));
            let found: Vec<(OutcomeId, OutcomeId)> = query.into_tuple().all_of(self).await?;
            by.extend(found);
        }
        let with = rows.into_iter().map(|row| OutcomeRow {
            superseded_by: by.get(&row.id).copied(),
            row,
        });
        Ok(with.collect())
    }

    /// Stores something beside a report.
    pub async fn add_media(&self, row: report_media::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// A page of what stands beside a report; the caller is asked of elsewhere.
    pub async fn media(&self, id: ReportId, page: Page) -> Result<Vec<report_media::Model>, Problem> {
        let query = report_media::Entity::find().filter(report_media::Column::ReportId.eq(id));
        let query = paged(
            query,
            page,
            report_media::Column::ReceivedAt,
            report_media::Column::Id,
        );
        Ok(query.all_of(self).await?)
    }

    /// Something that stands beside a report.
    pub async fn one_of_media(
        &self,
        report: ReportId,
        id: ReportMediaId,
    ) -> Result<report_media::Model, Problem> {
        let row = report_media::Entity::find_by_id(id).one_of(self).await?;
        row.filter(|row| row.report_id == report)
            .ok_or_else(Problem::not_found)
    }

    /// What came after a report: what was decided, what waits, to whom it was delivered, what stands beside it. The caller is asked of
    /// elsewhere.
    pub async fn aftermath(&self, report: &reports::Model) -> Result<Aftermath, Problem> {
        let id = report.consultation_id;
        let consultation = consultations::Entity::find_by_id(id).one_of(self).await?;
        let consultation = consultation.ok_or_else(Problem::not_found)?;
        let rows = self.outcomes_of(id).await?;
        let decided = decided(&rows);
        let by_id: HashMap<OutcomeId, &outcomes::Model> =
            rows.iter().map(|one| (one.row.id, &one.row)).collect();
        let standing = answers::standing(&decided);
        let outcomes = standing.iter().filter_map(|one| by_id.get(&one.id));
        let outcomes = outcomes.map(|row| standing_outcome(row)).collect();
        let media = report_media::Entity::find()
            .filter(report_media::Column::ReportId.eq(report.id))
            .order_by_asc(report_media::Column::ReceivedAt)
            .order_by_asc(report_media::Column::Id)
            .all_of(self)
            .await?;
        let deliveries = self.deliveries_of(id).await?;
        let taken_back = reports::Entity::find()
            .filter(reports::Column::ConsultationId.eq(id))
            .filter(reports::Column::Status.eq(ReportStatus::Retracted))
            .filter(reports::Column::Number.gt(report.number))
            .order_by_asc(reports::Column::Number)
            .select_only()
            .columns([reports::Column::Number, reports::Column::RetractReason])
            .into_tuple::<(i32, Option<String>)>()
            .all_of(self)
            .await?;
        Ok(Aftermath {
            taken_back: taken_back
                .into_iter()
                .map(|(number, reason)| TakenBack { number, reason })
                .collect(),
            outcomes,
            unanswered: answers::unanswered(&report.frozen.0.codeframe.themes, &decided),
            response_due_on: self.response_due_on(&consultation).await?,
            media: media
                .into_iter()
                .map(|row| StandingMedia {
                    kind: row.kind,
                    title: row.title,
                    url: row.url,
                })
                .collect(),
            deliveries: deliveries
                .into_iter()
                // A draft that was handed round for comment is no delivery of what was published.
                .filter(|(row, _)| is_as_published(row, report))
                .map(|(row, body)| StandingDelivery {
                    body,
                    meeting_on: row.meeting_on,
                    minute_ref: row.minute_ref,
                })
                .collect(),
        })
    }

    /// Moves a consultation on, or back, to where it stands by what became of its report, and writes that down. To be called by
    /// whatever publishes, retracts, delivers or decides, in the same transaction and after it is written.
    pub async fn follow_report(&self, id: ConsultationId) -> Result<(), Problem> {
        let WholeConsultation { mut row, .. } = self.consultation_to_change(id).await?;
        let from = row.status;
        let Some(to) = from.by_its_report(self.of_report(id).await?) else {
            return Ok(());
        };
        row.status = to;
        row.version += 1;
        row.changed = self.stamp;
        let moved = consultation_moves::Model {
            id: crate::clock::new_id(),
            consultation_id: id,
            moved_from: from,
            moved_to: to,
            reason: None,
            overrides: Overrides(Vec::new()),
            moved_by: self.user()?,
            moved_at: self.now,
        };
        self.move_consultation(row, moved).await
    }

    /// How far the report of a consultation has come.
    async fn of_report(&self, id: ConsultationId) -> Result<OfReport, Problem> {
        let published = self.published_reports(id).await?;
        let standing: Vec<_> = published
            .iter()
            .filter(|report| report.status == ReportStatus::Published)
            .collect();
        let Some(latest) = standing.last() else {
            return Ok(OfReport::None);
        };
        let given = self.deliveries_of(id).await?;
        let is_delivered = given
            .iter()
            .any(|(delivery, _)| standing.iter().any(|report| is_as_published(delivery, report)));
        if !is_delivered {
            return Ok(OfReport::Published);
        }
        let decided = decided(&self.outcomes_of(id).await?);
        let answered = answers::answered_on(&latest.frozen.0.codeframe.themes, &decided);
        Ok(match answered {
            Some(_) => OfReport::Answered,
            None => OfReport::Delivered,
        })
    }

    /// Whether a report quotes any of these contributions in words that may still be read.
    pub async fn is_quoted(&self, report: ReportId, of: &[ContributionId]) -> Result<bool, Problem> {
        for some in of.chunks(500) {
            let query = report_quotes::Entity::find()
                .filter(report_quotes::Column::ReportId.eq(report))
                .filter(report_quotes::Column::ContributionId.is_in(some.to_vec()));
            let quotes = query.all_of(self).await?;
            let ids: Vec<_> = quotes.iter().map(|quote| quote.contribution_id).collect();
            // The rule of quotes, and not the salt, which is taken away in a step of its own.
            let texts = self.quotable_texts(&ids).await?;
            let read = |quote: &report_quotes::Model| {
                texts.contains_key(&(quote.contribution_id, quote.contribution_version))
            };
            if quotes.iter().any(read) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Consultations with a published report that the caller knows of, the latest first, each with the latest report: all, or those
    /// named.
    pub async fn reported_consultations(
        &self,
        only: Option<Vec<ConsultationId>>,
    ) -> Result<Vec<(consultations::Model, reports::Model)>, Problem> {
        let query = reports::Entity::find()
            .filter(reports::Column::Status.eq(ReportStatus::Published))
            .filter(any_of(reports::Column::ConsultationId, only))
            .order_by_desc(reports::Column::PublishedAt)
            .order_by_desc(reports::Column::Number)
            .order_by_desc(reports::Column::Id);
        let mut seen = HashSet::new();
        let mut latest = query.all_of(self).await?;
        latest.retain(|report| seen.insert(report.consultation_id));
        let mut found = Vec::with_capacity(latest.len());
        for report in latest {
            if let Some(row) = Problem::absent(self.consultation(report.consultation_id).await)? {
                found.push((row, report));
            }
        }
        Ok(found)
    }

    /// The id of the first report that was ever begun.
    pub async fn first_report(&self) -> Result<Option<ReportId>, Problem> {
        let query = reports::Entity::find()
            .select_only()
            .column(reports::Column::Id)
            .order_by_asc(reports::Column::ReceivedAt)
            .order_by_asc(reports::Column::Id)
            .limit(1);
        Ok(query.into_tuple().one_of(self).await?)
    }
}

/// An outcome that stands, as it is shown beside a report.
fn standing_outcome(row: &outcomes::Model) -> StandingOutcome {
    StandingOutcome {
        theme_id: row.theme_id,
        section_ref: row.section_ref.clone(),
        decision: row.decision,
        reason: row.reason.clone(),
        easy_read: row.easy_read.clone(),
        decided_on: row.decided_on,
        decided_by: row.decided_by.clone(),
        document_version: row.document_version.clone(),
        source_url: row.source_url.clone(),
    }
}
