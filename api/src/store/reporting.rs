//! Reports: drafts, and what was published of them. A report's words stand in its commentary, its figures in its release, and those
//! of its quotes nowhere but in the contributions.

use super::statements::Reading;
use super::{Tx, consulting::known_to, paged};
use crate::{
    auth::reach::Reach,
    http::{page::Page, problem::Problem},
};
use domain::{
    id::{BodyId, ConsultationId, ContributionId, ReportId},
    moment::Moment,
    vocabulary::{BodyKind, ReportStatus, ReviewState, Role},
};
use entity::{
    bodies, consultations, contributions, deliveries, discussions, report_documents, report_quotes, reports,
    responses,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::Expr,
};
use std::collections::{HashMap, HashSet};

/// Which reports a list is of.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportsWanted {
    /// Of this consultation.
    pub consultation: Option<ConsultationId>,
    /// In this state.
    pub status: Option<ReportStatus>,
    /// Published at or after this.
    pub since: Option<Moment>,
}

/// A quote of a report, and its words where they may be quoted now.
#[derive(Clone, Debug)]
pub struct QuoteRow {
    /// Which contribution it is of.
    pub row: report_quotes::Model,
    /// The words at the version that was quoted; nothing where they may not be quoted.
    pub text: Option<String>,
}

/// Whether the caller may read a report, of a consultation, that was delivered to these bodies.
fn may_read(
    reach: &Reach,
    report: &reports::Model,
    consultation: &consultations::Model,
    delivered: &[(BodyId, BodyKind)],
) -> bool {
    if reach.is_lead() || reach.is(Role::Auditor) {
        return true;
    }
    let steers = |kind: BodyKind| matches!(kind, BodyKind::SteeringGroup | BodyKind::SubGroup);
    let was_given = delivered.iter().any(|(body, kind)| {
        reach.bodies().contains(body) || (reach.is(Role::SteeringGroup) && steers(*kind))
    });
    match report.status {
        ReportStatus::Draft => was_given,
        ReportStatus::Published | ReportStatus::Retracted => {
            was_given || consultation.public || reach.knows(consultation)
        }
    }
}

impl Tx {
    /// A report that the caller may know of, and its consultation.
    pub async fn report(&self, id: ReportId) -> Result<(reports::Model, consultations::Model), Problem> {
        let row = reports::Entity::find_by_id(id).one_of(self).await?;
        let row = row.ok_or_else(Problem::not_found)?;
        let mut read = self.readable(vec![row]).await?;
        let (row, consultation) = read.pop().ok_or_else(Problem::not_found)?;
        self.note_consultation(consultation.id);
        Ok((row, consultation))
    }

    /// The same, held for changing it.
    pub async fn report_to_change(
        &self,
        id: ReportId,
    ) -> Result<(reports::Model, consultations::Model), Problem> {
        self.hold(id.0).await?;
        self.report(id).await
    }

    /// Those of `rows` that the caller may know of, each with its consultation.
    async fn readable(
        &self,
        rows: Vec<reports::Model>,
    ) -> Result<Vec<(reports::Model, consultations::Model)>, Problem> {
        let ids: Vec<ReportId> = rows.iter().map(|row| row.id).collect();
        let of: Vec<ConsultationId> = rows.iter().map(|row| row.consultation_id).collect();
        let consultations: HashMap<ConsultationId, consultations::Model> = consultations::Entity::find()
            .filter(consultations::Column::Id.is_in(of))
            .all_of(self)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let given: Vec<(ReportId, BodyId)> = deliveries::Entity::find()
            .select_only()
            .columns([deliveries::Column::ReportId, deliveries::Column::BodyId])
            .filter(deliveries::Column::ReportId.is_in(ids))
            .into_tuple()
            .all_of(self)
            .await?;
        let kinds: HashMap<BodyId, BodyKind> = bodies::Entity::find()
            .filter(bodies::Column::Id.is_in(given.iter().map(|(_, body)| *body)))
            .all_of(self)
            .await?
            .into_iter()
            .map(|row| (row.id, row.kind))
            .collect();
        let mut readable = Vec::with_capacity(rows.len());
        for row in rows {
            let to: Vec<_> = given
                .iter()
                .filter(|(report, _)| *report == row.id)
                .filter_map(|(_, body)| Some((*body, *kinds.get(body)?)))
                .collect();
            if let Some(consultation) = consultations.get(&row.consultation_id)
                && may_read(self.reach(), &row, consultation, &to)
            {
                readable.push((row, consultation.clone()));
            }
        }
        Ok(readable)
    }

    /// A page of the reports that the caller may know of.
    pub async fn reports(
        &self,
        wanted: ReportsWanted,
        page: Page,
    ) -> Result<Vec<(reports::Model, consultations::Model)>, Problem> {
        use reports::Column;
        let mut query = reports::Entity::find().filter(self.known_reports());
        if let Some(id) = wanted.consultation {
            query = query.filter(Column::ConsultationId.eq(id));
        }
        if let Some(status) = wanted.status {
            query = query.filter(Column::Status.eq(status));
        }
        if let Some(since) = wanted.since {
            query = query.filter(Column::PublishedAt.gte(since));
        }
        let rows = paged(query, page, Column::ReceivedAt, Column::Id)
            .all_of(self)
            .await?;
        // The filter above takes what one statement can say of the rule; what it lets through is judged by the rule itself.
        self.readable(rows).await
    }

    /// The rule of `may_read` as far as a statement can say it: never narrower, so that no page loses what the caller may read, and
    /// equal to it, so that no page is short.
    fn known_reports(&self) -> Condition {
        use reports::Column;
        let reach = self.reach();
        if reach.is_lead() || reach.is(Role::Auditor) {
            return Condition::all();
        }
        let left = Column::Status.ne(ReportStatus::Draft);
        let known = Condition::any()
            .add(consultations::Column::Public.eq(true))
            .add(known_to(reach));
        let of = consultations::Entity::find()
            .select_only()
            .column(consultations::Column::Id)
            .filter(known);
        let mut bodies_of = Condition::any().add(bodies::Column::Id.is_in(reach.bodies()));
        if reach.is(Role::SteeringGroup) {
            bodies_of =
                bodies_of.add(bodies::Column::Kind.is_in([BodyKind::SteeringGroup, BodyKind::SubGroup]));
        }
        let members = bodies::Entity::find()
            .select_only()
            .column(bodies::Column::Id)
            .filter(bodies_of);
        let given = deliveries::Entity::find()
            .select_only()
            .column(deliveries::Column::ReportId)
            .filter(deliveries::Column::BodyId.in_subquery(members.into_query()));
        Condition::any()
            .add(
                Condition::all()
                    .add(left)
                    .add(Column::ConsultationId.in_subquery(of.into_query())),
            )
            .add(Column::Id.in_subquery(given.into_query()))
    }

    /// Reports of a consultation that were published, whatever became of them, in the order of publication.
    pub async fn published_reports(&self, id: ConsultationId) -> Result<Vec<reports::Model>, Problem> {
        Ok(reports::Entity::find()
            .filter(reports::Column::ConsultationId.eq(id))
            .filter(reports::Column::Status.ne(ReportStatus::Draft))
            .order_by_asc(reports::Column::PublishedAt)
            .order_by_asc(reports::Column::Number)
            .all_of(self)
            .await?)
    }

    /// Every report that was published, of every consultation.
    pub async fn every_published_report(&self) -> Result<Vec<reports::Model>, Problem> {
        Ok(reports::Entity::find()
            .filter(reports::Column::Status.ne(ReportStatus::Draft))
            .order_by_asc(reports::Column::Id)
            .all_of(self)
            .await?)
    }

    /// The latest report of a consultation that is published, when it was, and its number; the caller is asked of elsewhere.
    pub async fn latest_standing(
        &self,
        id: ConsultationId,
    ) -> Result<Option<(ReportId, Option<Moment>, i32)>, Problem> {
        use reports::Column;
        Ok(reports::Entity::find()
            .select_only()
            .columns([Column::Id, Column::PublishedAt, Column::Number])
            .filter(Column::ConsultationId.eq(id))
            .filter(Column::Status.eq(ReportStatus::Published))
            .order_by_desc(Column::PublishedAt)
            .order_by_desc(Column::Number)
            .limit(1)
            .into_tuple()
            .one_of(self)
            .await?)
    }

    /// That report itself.
    pub async fn latest_published(&self, id: ConsultationId) -> Result<Option<reports::Model>, Problem> {
        match self.latest_standing(id).await? {
            Some((id, ..)) => Ok(reports::Entity::find_by_id(id).one_of(self).await?),
            None => Ok(None),
        }
    }

    /// A consultation by its id or its reference, whoever calls.
    pub async fn consultation_called(&self, name: &str) -> Result<consultations::Model, Problem> {
        let query = match name.parse::<ConsultationId>() {
            Ok(id) => consultations::Entity::find_by_id(id),
            Err(_) => consultations::Entity::find().filter(consultations::Column::Reference.eq(name)),
        };
        query.one_of(self).await?.ok_or_else(Problem::not_found)
    }

    /// The latest published report of every consultation that everybody may read about, the latest first.
    pub async fn open_to_everybody(&self) -> Result<Vec<(reports::Model, consultations::Model)>, Problem> {
        use reports::Column;
        let open = consultations::Entity::find()
            .select_only()
            .column(consultations::Column::Id)
            .filter(consultations::Column::Public.eq(true))
            .into_query();
        let published: Vec<(ReportId, ConsultationId)> = reports::Entity::find()
            .select_only()
            .columns([Column::Id, Column::ConsultationId])
            .filter(Column::Status.eq(ReportStatus::Published))
            .filter(Column::ConsultationId.in_subquery(open))
            .order_by_desc(Column::PublishedAt)
            .order_by_desc(Column::Number)
            .order_by_desc(Column::Id)
            .into_tuple()
            .all_of(self)
            .await?;
        let mut seen = HashSet::new();
        let latest = published.into_iter().filter(|(_, of)| seen.insert(*of));
        let latest: Vec<ReportId> = latest.map(|(id, _)| id).collect();
        let mut rows = reports::Entity::find()
            .filter(Column::Id.is_in(latest.iter().copied()))
            .all_of(self)
            .await?;
        rows.sort_by_key(|row| latest.iter().position(|id| *id == row.id));
        self.readable(rows).await
    }

    /// The number of a consultation's next report.
    pub async fn next_report_number(&self, id: ConsultationId) -> Result<i32, Problem> {
        let last: Option<i32> = reports::Entity::find()
            .select_only()
            .column(reports::Column::Number)
            .filter(reports::Column::ConsultationId.eq(id))
            .order_by_desc(reports::Column::Number)
            .limit(1)
            .into_tuple()
            .one_of(self)
            .await?;
        Ok(last.unwrap_or(0) + 1)
    }

    /// Adds a draft.
    pub async fn add_report(&self, row: reports::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Writes a report over the version before it.
    pub async fn change_report(&self, row: reports::Model) -> Result<(), Problem> {
        let matching = Condition::all()
            .add(reports::Column::Id.eq(row.id))
            .add(reports::Column::Version.eq(row.version - 1));
        self.replace(row, matching).await
    }

    /// A published report as it was published, as JSON; nothing where it was before documents were kept.
    pub async fn report_document(&self, id: ReportId) -> Result<Option<Vec<u8>>, Problem> {
        let row = report_documents::Entity::find_by_id(id).one_of(self).await?;
        Ok(row.map(|row| row.body))
    }

    /// A published report that is not kept as it was published, held until this transaction ends; nothing where somebody keeps it by now.
    pub async fn report_to_keep(&self, id: ReportId) -> Result<Option<reports::Model>, Problem> {
        self.hold(id.0).await?;
        Ok(self
            .not_kept()
            .filter(reports::Column::Id.eq(id))
            .one_of(self)
            .await?)
    }

    /// Published reports that are not kept as they were published: those of before that was done.
    pub async fn reports_to_keep(&self) -> Result<Vec<ReportId>, Problem> {
        let ids = self.not_kept().select_only().column(reports::Column::Id);
        let ids = ids.order_by_asc(reports::Column::Id);
        Ok(ids.into_tuple().all_of(self).await?)
    }

    fn not_kept(&self) -> Select<reports::Entity> {
        let kept = report_documents::Entity::find()
            .select_only()
            .column(report_documents::Column::ReportId);
        reports::Entity::find()
            .filter(reports::Column::Status.ne(ReportStatus::Draft))
            .filter(reports::Column::Id.not_in_subquery(kept.into_query()))
    }

    /// Keeps a report as it is published. Nothing writes over it.
    pub async fn keep_report_document(&self, id: ReportId, body: Vec<u8>) -> Result<(), Problem> {
        self.insert(report_documents::Model { report_id: id, body }).await
    }

    /// The quotes of a report, in no order, each with its words where they may be quoted now.
    pub async fn report_quotes(&self, id: ReportId) -> Result<Vec<QuoteRow>, Problem> {
        let rows = report_quotes::Entity::find()
            .filter(report_quotes::Column::ReportId.eq(id))
            .order_by_asc(report_quotes::Column::Id)
            .all_of(self)
            .await?;
        let ids: Vec<ContributionId> = rows.iter().map(|row| row.contribution_id).collect();
        let texts = self.quotable_texts(&ids).await?;
        Ok(rows
            .into_iter()
            .map(|row| QuoteRow {
                text: texts
                    .get(&(row.contribution_id, row.contribution_version))
                    .cloned(),
                row,
            })
            .collect())
    }

    /// Makes the quotes of a draft those given: what stands stays under its id.
    pub async fn set_report_quotes(
        &self,
        id: ReportId,
        added: Vec<report_quotes::Model>,
        gone: Vec<domain::id::QuoteId>,
    ) -> Result<(), Problem> {
        if !gone.is_empty() {
            let one = report_quotes::Entity::delete_many()
                .filter(report_quotes::Column::ReportId.eq(id))
                .filter(report_quotes::Column::Id.is_in(gone));
            self.delete(one).await?;
        }
        self.insert_all(added).await
    }

    /// Writes a quote's salt and hash.
    pub async fn seal_quote(&self, row: report_quotes::Model) -> Result<(), Problem> {
        self.replace(
            row.clone(),
            Condition::all().add(report_quotes::Column::Id.eq(row.id)),
        )
        .await
    }

    /// Takes the salts out of every quote of a contribution: without them their hashes tell nobody who guesses the words that
    /// the guess is right.
    pub async fn unsalt_quotes(&self, of: ContributionId) -> Result<(), Problem> {
        let salted = report_quotes::Entity::update_many()
            .col_expr(report_quotes::Column::Salt, Expr::value(Option::<String>::None))
            .filter(report_quotes::Column::ContributionId.eq(of))
            .filter(report_quotes::Column::Salt.is_not_null());
        self.update(salted).await?;
        Ok(())
    }

    /// Keeps contributions as they are until this transaction ends: who takes words back waits until they are sealed, and finds their
    /// salt then. In the order in which those of a response are taken back, so that neither waits for the other.
    pub async fn hold_quoted(&self, ids: &[ContributionId]) -> Result<(), Problem> {
        for some in ids.chunks(500) {
            let _: Vec<ContributionId> = contributions::Entity::find()
                .select_only()
                .column(contributions::Column::Id)
                .filter(contributions::Column::Id.is_in(some.iter().copied()))
                .order_by_asc(contributions::Column::ReceivedAt)
                .order_by_asc(contributions::Column::Id)
                .lock_shared()
                .into_tuple()
                .all_of(self)
                .await?;
        }
        Ok(())
    }

    /// Contributions of a consultation by their ids, whatever became of them.
    pub async fn contributions_to_quote(
        &self,
        consultation: ConsultationId,
        ids: &[ContributionId],
    ) -> Result<Vec<contributions::Model>, Problem> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(500) {
            found.extend(
                contributions::Entity::find()
                    .filter(contributions::Column::Id.is_in(some.iter().copied()))
                    .filter(contributions::Column::ConsultationId.eq(consultation))
                    .all_of(self)
                    .await?,
            );
        }
        Ok(found)
    }

    /// Tables' notes and responses of a consultation in whose review issues were found and are not settled: what each is, as its address
    /// says it, and its id.
    pub async fn with_issues(&self, id: ConsultationId) -> Result<Vec<(&'static str, uuid::Uuid)>, Problem> {
        let of: Vec<domain::id::DiscussionId> = discussions::Entity::find()
            .select_only()
            .column(discussions::Column::Id)
            .filter(discussions::Column::ConsultationId.eq(id))
            .filter(discussions::Column::Review.eq(ReviewState::HasIssues))
            .order_by_asc(discussions::Column::Id)
            .into_tuple()
            .all_of(self)
            .await?;
        let mut found: Vec<_> = of.into_iter().map(|id| ("discussions", id.0)).collect();
        let of: Vec<domain::id::ResponseId> = responses::Entity::find()
            .select_only()
            .column(responses::Column::Id)
            .filter(responses::Column::ConsultationId.eq(id))
            .filter(responses::Column::Review.eq(ReviewState::HasIssues))
            .order_by_asc(responses::Column::Id)
            .into_tuple()
            .all_of(self)
            .await?;
        found.extend(of.into_iter().map(|id| ("responses", id.0)));
        Ok(found)
    }
}
