//! Consultations, their questions, and the moves of their life.

use super::statements::Reading;
use super::{Tx, answering::is_as_published, network::any_of, paged};
use crate::{
    auth::reach::Reach,
    error::Code,
    http::{page::Page, problem::Problem},
};
use domain::{
    assurance::{
        DeliveryOnRecord, MeetingOnRecord, MoveOnRecord, OnRecord, OutcomeOnRecord, QuestionOnRecord,
        ReleaseOnRecord, ReportOnRecord,
    },
    id::{BodyId, ConsultationId, GroupId, MeetingId, ReportId, RoundId, ThemeId},
    life::Status,
    moment::Moment,
    vocabulary::{Agreement, ConsultationKind, QuestionKind, ReviewState, Role},
};
use entity::{
    consultation_groups, consultation_moves, consultation_rounds, consultations, discussions, questions,
    releases, reports,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;

/// A consultation with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct WholeConsultation {
    /// Its own row.
    pub row: consultations::Model,
    /// By number.
    pub questions: Vec<questions::Model>,
    /// Groups expected.
    pub groups: Vec<GroupId>,
    /// Rounds in which it is discussed.
    pub rounds: Vec<RoundId>,
}

/// What a list of consultations can be narrowed by.
#[derive(Clone, Debug, Default)]
pub struct ConsultationsWanted {
    /// States, any of them.
    pub statuses: Option<Vec<Status>>,
    /// Kinds, any of them.
    pub kinds: Option<Vec<ConsultationKind>>,
    /// Commissioning bodies, any of them.
    pub bodies: Option<Vec<BodyId>>,
    /// Groups expected, any of them.
    pub groups: Option<Vec<GroupId>>,
}

/// [`Reach::knows`], as a condition: pages must not have holes.
pub(super) fn known_to(reach: &Reach) -> Condition {
    use consultations::Column;
    if reach.is_lead() || reach.is(Role::Auditor) {
        return Condition::all();
    }
    let mut any = Condition::any();
    if reach.is(Role::Facilitator) || reach.is(Role::Champion) || reach.is(Role::SteeringGroup) {
        any = any.add(Column::Id.is_not_null());
    }
    let mut own = reach.consultations(Role::Coder);
    own.extend(reach.consultations(Role::Collector));
    any = any
        .add(Column::Id.is_in(own))
        .add(Column::CommissionedBy.is_in(reach.bodies()));
    if reach.is(Role::Dashboard) {
        any = any.add(Column::Public.eq(true));
    }
    Condition::all().add(Column::Status.ne(Status::Draft)).add(any)
}

/// The consultation, where it takes feedback now.
///
/// # Errors
/// 409 with how it stands.
pub fn takes_feedback(row: consultations::Model) -> Result<consultations::Model, Problem> {
    match row.status {
        Status::Open => Ok(row),
        status => Err(Problem::new(
            Code::ConsultationNotOpen,
            format!("It is {status}; feedback is taken while it is open. Ask its national lead."),
        )),
    }
}

impl Tx {
    /// A consultation that the caller may know of.
    pub async fn consultation(&self, id: ConsultationId) -> Result<consultations::Model, Problem> {
        self.note_consultation(id);
        let row = self
            .remembered("consultations", id.0, async || {
                consultations::Entity::find_by_id(id).one_of(self).await
            })
            .await?;
        row.filter(|row| self.reach().knows(row))
            .ok_or_else(Problem::not_found)
    }

    /// The same, kept from moving on until this transaction ends: what is taken in while it is open must not arrive
    /// after it closed.
    pub async fn consultation_held(&self, id: ConsultationId) -> Result<consultations::Model, Problem> {
        self.note_consultation(id);
        let row = self
            .remembered("consultations", id.0, async || {
                consultations::Entity::find_by_id(id)
                    .lock_shared()
                    .one_of(self)
                    .await
            })
            .await?;
        row.filter(|row| self.reach().knows(row))
            .ok_or_else(Problem::not_found)
    }

    /// A consultation that takes feedback now.
    pub async fn consultation_taking_feedback(
        &self,
        id: ConsultationId,
    ) -> Result<consultations::Model, Problem> {
        takes_feedback(self.consultation_held(id).await?)
    }

    /// A consultation whose feedback may be coded now.
    pub async fn consultation_being_coded(
        &self,
        id: ConsultationId,
    ) -> Result<consultations::Model, Problem> {
        self.consultation_worked_on(id, Code::CodingNotOpen).await
    }

    /// A consultation whose feedback may be cleared now.
    pub async fn consultation_being_cleared(
        &self,
        id: ConsultationId,
    ) -> Result<consultations::Model, Problem> {
        self.consultation_worked_on(id, Code::ClearanceNotOpen).await
    }

    /// A consultation whose feedback may be reviewed now.
    pub async fn consultation_being_reviewed(
        &self,
        id: ConsultationId,
    ) -> Result<consultations::Model, Problem> {
        self.consultation_worked_on(id, Code::ReviewNotOpen).await
    }

    /// A consultation that is neither a draft nor withdrawn.
    async fn consultation_worked_on(
        &self,
        id: ConsultationId,
        refusal: Code,
    ) -> Result<consultations::Model, Problem> {
        let row = self.consultation_held(id).await?;
        match row.status {
            Status::Draft | Status::Withdrawn => Err(Problem::new(refusal, format!("It is {}.", row.status))),
            _ => Ok(row),
        }
    }

    /// A consultation, held for changing it.
    pub async fn consultation_to_change(&self, id: ConsultationId) -> Result<WholeConsultation, Problem> {
        self.note_consultation(id);
        let row = consultations::Entity::find_by_id(id)
            .lock_exclusive()
            .one_of(self)
            .await?;
        let row = row
            .filter(|row| self.reach().knows(row))
            .ok_or_else(Problem::not_found)?;
        self.whole(row).await
    }

    /// A consultation with everything that belongs to it.
    pub async fn whole_consultation(&self, id: ConsultationId) -> Result<WholeConsultation, Problem> {
        let row = self.consultation(id).await?;
        self.whole(row).await
    }

    pub(super) async fn whole(&self, row: consultations::Model) -> Result<WholeConsultation, Problem> {
        let mut wholes = self.wholes(vec![row]).await?;
        wholes.pop().ok_or_else(Problem::not_found)
    }

    async fn wholes(&self, rows: Vec<consultations::Model>) -> Result<Vec<WholeConsultation>, Problem> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let questions = questions::Entity::find()
            .filter(questions::Column::ConsultationId.is_in(ids.clone()))
            .order_by_asc(questions::Column::Number)
            .all_of(self)
            .await?;
        let groups = consultation_groups::Entity::find()
            .filter(consultation_groups::Column::ConsultationId.is_in(ids.clone()))
            .order_by_asc(consultation_groups::Column::GroupId)
            .all_of(self)
            .await?;
        let rounds = consultation_rounds::Entity::find()
            .filter(consultation_rounds::Column::ConsultationId.is_in(ids))
            .order_by_asc(consultation_rounds::Column::RoundId)
            .all_of(self)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| WholeConsultation {
                questions: questions
                    .iter()
                    .filter(|one| one.consultation_id == row.id)
                    .cloned()
                    .collect(),
                groups: groups
                    .iter()
                    .filter(|one| one.consultation_id == row.id)
                    .map(|one| one.group_id)
                    .collect(),
                rounds: rounds
                    .iter()
                    .filter(|one| one.consultation_id == row.id)
                    .map(|one| one.round_id)
                    .collect(),
                row,
            })
            .collect())
    }

    /// What is on record of a consultation that the caller may know of, as far as its assurance reads it.
    pub async fn consultation_on_record(&self, id: ConsultationId) -> Result<OnRecord, Problem> {
        let row = self.consultation(id).await?;
        self.on_record(row).await
    }

    /// The same of a consultation of which the caller was asked elsewhere.
    pub async fn on_record(&self, row: consultations::Model) -> Result<OnRecord, Problem> {
        let id = row.id;
        let WholeConsultation {
            row,
            questions,
            groups,
            rounds,
        } = self.whole(row).await?;
        let published = self.published_reports(id).await?;
        let deliveries = self.deliveries_of(id).await?;
        let outcomes = self.outcomes_of(id).await?;
        let commissioner = self.body(row.commissioned_by).await?.name;
        // What a theme was called when it was reported; else what it is called now.
        let mut labels: HashMap<ThemeId, String> = HashMap::new();
        if outcomes.iter().any(|outcome| outcome.row.theme_id.is_some()) {
            labels.extend(
                self.codeframe(id)
                    .await?
                    .into_iter()
                    .map(|theme| (theme.id, theme.label)),
            );
        }
        for theme in published
            .iter()
            .flat_map(|report| &report.frozen.0.codeframe.themes)
        {
            labels.insert(theme.id, theme.label.clone());
        }
        let as_published = |delivery: &entity::deliveries::Model| {
            published.iter().any(|report| is_as_published(delivery, report))
        };
        let mut numbers: HashMap<ReportId, i32> = HashMap::new();
        if !deliveries.is_empty() {
            let known: Vec<(ReportId, i32)> = reports::Entity::find()
                .select_only()
                .columns([reports::Column::Id, reports::Column::Number])
                .filter(reports::Column::ConsultationId.eq(id))
                .into_tuple()
                .all_of(self)
                .await?;
            numbers.extend(known);
        }
        let moves = consultation_moves::Entity::find()
            .filter(consultation_moves::Column::ConsultationId.eq(id))
            .all_of(self)
            .await?;
        let meetings = self.meetings_for(id, &rounds).await?;
        let tables: Vec<(MeetingId, Option<i32>)> = discussions::Entity::find()
            .select_only()
            .columns([discussions::Column::MeetingId, discussions::Column::MinutesGiven])
            .filter(discussions::Column::ConsultationId.eq(id))
            .filter(discussions::Column::Review.ne(ReviewState::Withdrawn))
            .into_tuple()
            .all_of(self)
            .await?;
        let releases: Vec<(i32, Moment)> = releases::Entity::find()
            .select_only()
            .columns([releases::Column::Number, releases::Column::ReceivedAt])
            .filter(releases::Column::ConsultationId.eq(id))
            .into_tuple()
            .all_of(self)
            .await?;
        let waived = moves.iter().flat_map(|moved| &moved.overrides.0);
        let mut named: Vec<GroupId> = waived.map(|one| one.group_id).collect();
        named.extend(&groups);
        named.extend(meetings.iter().map(|meeting| meeting.group_id));
        named.sort();
        named.dedup();
        let names = self.known_groups(named).await?;
        let mut tables_of: HashMap<MeetingId, Vec<Option<i32>>> = HashMap::new();
        for (meeting, minutes) in tables {
            tables_of.entry(meeting).or_default().push(minutes);
        }
        Ok(OnRecord {
            id,
            reference: row.reference,
            title: row.title,
            kind: row.kind,
            status: row.status,
            easy_read_summary: row.easy_read_summary,
            open_to_change: row.open_to_change,
            not_open_to_change: row.not_open_to_change,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            response_due_on: row.response_due_on,
            documents: row.documents.0,
            materials: row.materials.0,
            questions: questions
                .iter()
                .map(|question| QuestionOnRecord {
                    number: question.number,
                    kind: question.kind,
                    has_easy_read_prompt: question.easy_read_prompt.is_some(),
                })
                .collect(),
            expected: groups,
            moves: moves
                .into_iter()
                .map(|moved| MoveOnRecord {
                    id: moved.id,
                    at: moved.moved_at,
                    from: moved.moved_from,
                    to: moved.moved_to,
                    reason: moved.reason,
                    overrides: moved
                        .overrides
                        .0
                        .into_iter()
                        .map(|one| (one.group_id, one.reason))
                        .collect(),
                })
                .collect(),
            meetings: meetings
                .into_iter()
                .map(|meeting| MeetingOnRecord {
                    tables: tables_of.remove(&meeting.id).unwrap_or_default(),
                    id: meeting.id,
                    group: meeting.group_id,
                    starts_at: meeting.starts_at,
                    status: meeting.status,
                    papers_sent_on: meeting.papers_sent_on,
                    agenda: meeting.agenda.0,
                })
                .collect(),
            groups: names.into_iter().map(|group| (group.id, group.name)).collect(),
            releases: releases
                .into_iter()
                .map(|(number, made_at)| ReleaseOnRecord { number, made_at })
                .collect(),
            deliveries: deliveries
                .iter()
                .map(|(delivery, body)| DeliveryOnRecord {
                    id: delivery.id.0,
                    report: numbers.get(&delivery.report_id).copied().unwrap_or_default(),
                    as_published: as_published(delivery),
                    body: body.id,
                    body_name: body.name.clone(),
                    meeting_on: delivery.meeting_on,
                    minute_ref: delivery.minute_ref.clone(),
                })
                .collect(),
            outcomes: outcomes
                .iter()
                .map(|outcome| OutcomeOnRecord {
                    decided: outcome.decided(),
                    theme: outcome.row.theme_id.and_then(|theme| labels.get(&theme).cloned()),
                    section: outcome.row.section_ref.clone(),
                    reason: outcome.row.reason.clone(),
                    decided_by: outcome.row.decided_by.clone(),
                })
                .collect(),
            reports: published
                .into_iter()
                .filter_map(|report| {
                    Some(ReportOnRecord {
                        number: report.number,
                        published_at: report.published_at?,
                        retracted: report.retracted_at.zip(report.retract_reason),
                        themes: report.frozen.0.codeframe.themes,
                    })
                })
                .collect(),
            commissioned_by: row.commissioned_by,
            commissioner,
        })
    }

    /// Questions of a consultation, by number.
    pub async fn questions(&self, id: ConsultationId) -> Result<Vec<questions::Model>, Problem> {
        let questions = self.remembered("questions", id.0, async || {
            let query = questions::Entity::find().filter(questions::Column::ConsultationId.eq(id));
            query.order_by_asc(questions::Column::Number).all_of(self).await
        });
        Ok(questions.await?)
    }

    /// A page of consultations that the caller may know of.
    pub async fn consultations(
        &self,
        page: Page,
        wanted: ConsultationsWanted,
    ) -> Result<Vec<WholeConsultation>, Problem> {
        let mut query = consultations::Entity::find()
            .filter(known_to(self.reach()))
            .filter(any_of(consultations::Column::Status, wanted.statuses))
            .filter(any_of(consultations::Column::Kind, wanted.kinds))
            .filter(any_of(consultations::Column::CommissionedBy, wanted.bodies));
        if let Some(groups) = wanted.groups {
            let expecting = consultation_groups::Entity::find()
                .select_only()
                .column(consultation_groups::Column::ConsultationId)
                .filter(consultation_groups::Column::GroupId.is_in(groups));
            query = query.filter(consultations::Column::Id.in_subquery(expecting.into_query()));
        }
        let query = paged(
            query,
            page,
            consultations::Column::ReceivedAt,
            consultations::Column::Id,
        );
        let rows = query.all_of(self).await?;
        self.wholes(rows).await
    }

    /// Stores a consultation.
    pub async fn add_consultation(&self, whole: WholeConsultation) -> Result<(), Problem> {
        let id = whole.row.id;
        self.insert(whole.row).await?;
        self.insert_all(whole.questions).await?;
        self.add_expected(id, whole.groups, whole.rounds).await
    }

    /// Writes a consultation's next version; `was` tells which questions, groups and rounds stood before.
    pub async fn change_consultation(
        &self,
        was: &WholeConsultation,
        new: WholeConsultation,
    ) -> Result<(), Problem> {
        let id = new.row.id;
        self.write_consultation_row(new.row).await?;
        if was.questions != new.questions {
            // One by one, because themes may name a question that stays.
            for gone in was
                .questions
                .iter()
                .filter(|old| !new.questions.iter().any(|q| q.number == old.number))
            {
                let one = questions::Column::ConsultationId
                    .eq(id)
                    .and(questions::Column::Number.eq(gone.number));
                self.delete(questions::Entity::delete_many().filter(one)).await?;
            }
            for question in new.questions {
                match was.questions.iter().find(|old| old.number == question.number) {
                    None => self.insert(question).await?,
                    Some(old) if *old == question => {}
                    Some(_) => {
                        let own = questions::Column::ConsultationId.eq(id);
                        let matching = own.and(questions::Column::Number.eq(question.number));
                        self.replace(question, Condition::all().add(matching)).await?;
                    }
                }
            }
        }
        let own = consultation_groups::Column::ConsultationId.eq(id);
        self.delete(consultation_groups::Entity::delete_many().filter(own))
            .await?;
        let own = consultation_rounds::Column::ConsultationId.eq(id);
        self.delete(consultation_rounds::Entity::delete_many().filter(own))
            .await?;
        self.add_expected(id, new.groups, new.rounds).await
    }

    /// Moves a consultation on, and writes down who did and why.
    pub async fn move_consultation(
        &self,
        row: consultations::Model,
        moved: consultation_moves::Model,
    ) -> Result<(), Problem> {
        self.write_consultation_row(row).await?;
        self.insert(moved).await
    }

    async fn write_consultation_row(&self, row: consultations::Model) -> Result<(), Problem> {
        let version = consultations::Column::Version.eq(row.version - 1);
        let matching = consultations::Column::Id.eq(row.id).and(version);
        self.replace(row, Condition::all().add(matching)).await
    }

    async fn add_expected(
        &self,
        consultation_id: ConsultationId,
        groups: Vec<GroupId>,
        rounds: Vec<RoundId>,
    ) -> Result<(), Problem> {
        let groups = groups.into_iter().map(|group_id| consultation_groups::Model {
            consultation_id,
            group_id,
        });
        self.insert_all(groups.collect()).await?;
        let rounds = rounds.into_iter().map(|round_id| consultation_rounds::Model {
            consultation_id,
            round_id,
        });
        self.insert_all(rounds.collect()).await
    }
}

/// What can be chosen on a question: its options, or agree, disagree and unsure of `agreement`.
pub fn options(question: &questions::Model) -> Vec<String> {
    match question.kind {
        QuestionKind::Agreement => Agreement::ALL.iter().map(ToString::to_string).collect(),
        _ => question.options.0.clone(),
    }
}
