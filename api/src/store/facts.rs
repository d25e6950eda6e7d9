//! What a collation reads, by change stamp: everything at the first look, then only what changed since the last.
//!
//! The stamp makes this safe: on PostgreSQL it is the writing transaction's id, and a look asks for rows stamped at or
//! after the oldest transaction that was still running at the look before (rows seen twice are replaced by id); on
//! SQLite one writer draws it from a counter, so a look asks for what is beyond the last it saw.
//!
//! Rows are put in order here and not by the database, which would sort 100,000 of them in a file of its own.

use super::statements::Reading;
use super::{Horizon, Tx};
use super::{
    coding::{coding_row, theme_fact},
    consulting::options,
    personal::{QUOTABILITY, Quotability, may_be_quoted},
};
use crate::http::problem::Problem;
use domain::{
    facts::*,
    id::{ConsultationId, ContributionId, DiscussionId, GroupId, ResponseId},
    moment::Moment,
    record::Tally,
    vocabulary::{Channel, RespondentGroup, Setting, Stance},
};
use entity::{codings, contributions, discussions, groups, meetings, responses};
use sea_orm::{
    ColumnTrait, DbBackend, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Statement,
};
use std::collections::{HashMap, HashSet};

/// Rows that are few: a commit of posts from every caller there is brings fewer.
const FEW: i64 = 256;

/// What changed since the last look.
#[derive(Debug, Default)]
pub struct Changes {
    /// The register, where anything of it changed.
    pub register: Option<Register>,
    /// Discussions and responses.
    pub containers: Vec<ContainerRow>,
    /// Contributions, with all their codings.
    pub contributions: Vec<ContributionRow>,
}

impl Changes {
    /// How many rows changed.
    pub fn rows(&self) -> usize {
        self.containers.len() + self.contributions.len()
    }

    /// Whether it takes microseconds to put them to the facts.
    pub fn are_few(&self) -> bool {
        self.register.is_none() && (self.rows() as i64) < FEW
    }

    /// Whether nothing did.
    pub fn is_empty(&self) -> bool {
        self.register.is_none() && self.containers.is_empty() && self.contributions.is_empty()
    }
}

/// Columns of a contribution that a collation reads; the text is not among them.
#[derive(Debug, FromQueryResult)]
struct ContributionColumns {
    id: ContributionId,
    discussion_id: Option<DiscussionId>,
    response_id: Option<ResponseId>,
    version: i32,
    received_at: Moment,
    question: Option<i32>,
    section_ref: Option<String>,
    respondent_group: RespondentGroup,
    setting: Setting,
    stance: Stance,
    hands_agree: Option<i32>,
    #[sea_orm(nested)]
    quotability: Quotability,
}

entity::from_values!(
    ContributionColumns {
        id,
        discussion_id,
        response_id,
        version,
        received_at,
        question,
        section_ref,
        respondent_group,
        setting,
        stance,
        hands_agree,
    }[quotability]
);

impl ContributionColumns {
    fn row(self, codings: &mut HashMap<ContributionId, Vec<CodingRow>>) -> Option<ContributionRow> {
        let container = self
            .discussion_id
            .map(|id| id.0)
            .or(self.response_id.map(|id| id.0))?;
        let seen = &self.quotability;
        Some(ContributionRow {
            id: self.id,
            container,
            version: self.version,
            received_at: self.received_at.0,
            question: self.question,
            section: self.section_ref,
            respondent_group: self.respondent_group,
            setting: self.setting,
            stance: self.stance,
            agree: self
                .hands_agree
                .and_then(|hands| u32::try_from(hands).ok())
                .unwrap_or(0),
            quotable: may_be_quoted(seen),
            flagged: seen.is_flagged(),
            concern: seen.concern.as_ref().is_some_and(|concern| concern.0.is_open()),
            withdrawn: seen.withdrawn_at.is_some(),
            codings: codings.remove(&self.id).unwrap_or_default(),
        })
    }
}

impl Tx {
    /// Where the next look has to begin so that it misses nothing that this one does not see.
    pub async fn horizon(&self) -> Result<Horizon, Problem> {
        let sql = match self.backend() {
            DbBackend::Postgres => "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon",
            _ => "SELECT value + 1 AS horizon FROM change_counter WHERE id = 1",
        };
        let horizon: Option<i64> = self.raw(Statement::from_string(self.backend(), sql)).await?;
        horizon
            .map(Horizon)
            .ok_or_else(|| Problem::internal("the change counter has no row"))
    }

    /// What of a consultation changed at or after `since`; everything where there was no look before.
    pub async fn changes(&self, id: ConsultationId, since: Option<Horizon>) -> Result<Changes, Problem> {
        let touched = match since {
            None => Touched {
                register: true,
                containers: true,
                contributions: true,
            },
            Some(since) => self.touched(id, since).await?,
        };
        self.changes_of(id, since.unwrap_or_default(), touched).await
    }

    async fn changes_of(
        &self,
        id: ConsultationId,
        since: Horizon,
        touched: Touched,
    ) -> Result<Changes, Problem> {
        let mut changes = Changes::default();
        if touched.register {
            changes.register = Some(self.register(id).await?);
        }
        if touched.containers {
            changes.containers = self.changed_containers(id, since).await?;
        }
        if touched.contributions {
            changes.contributions = self.changed_contributions(id, since).await?;
        }
        Ok(changes)
    }

    /// What of a consultation changed at or after `since`, where that is read in microseconds; else nothing: the register or many rows.
    pub async fn few_changes(&self, id: ConsultationId, since: Horizon) -> Result<Option<Changes>, Problem> {
        let sql = format!(
            "SELECT COUNT(*) FROM (
                SELECT 1 FROM (SELECT 1 FROM contributions WHERE consultation_id = $1 AND changed >= $2 LIMIT {FEW}) AS said
                UNION ALL SELECT 1 FROM (SELECT 1 FROM discussions WHERE consultation_id = $1 AND changed >= $2 LIMIT {FEW}) AS tables
                UNION ALL SELECT 1 FROM (SELECT 1 FROM responses WHERE consultation_id = $1 AND changed >= $2 LIMIT {FEW}) AS posted
            ) AS changed"
        );
        let values = [id.0.into(), since.0.into()];
        let changed: Option<i64> = self
            .raw(Statement::from_sql_and_values(self.backend(), sql, values))
            .await?;
        if changed.unwrap_or_default() >= FEW {
            return Ok(None);
        }
        let touched = self.touched(id, since).await?;
        if touched.register {
            return Ok(None);
        }
        self.changes_of(id, since, touched).await.map(Some)
    }

    /// One statement of index look-ups, because most looks find nothing.
    async fn touched(&self, id: ConsultationId, since: Horizon) -> Result<Touched, Problem> {
        let sql = r#"SELECT
            CASE WHEN EXISTS (SELECT 1 FROM consultations WHERE id = $1 AND changed >= $2)
                OR EXISTS (SELECT 1 FROM themes WHERE consultation_id = $1 AND changed >= $2)
                OR EXISTS (SELECT 1 FROM "groups" WHERE changed >= $2)
                OR EXISTS (SELECT 1 FROM services WHERE changed >= $2)
                OR EXISTS (SELECT 1 FROM rounds WHERE changed >= $2)
                OR EXISTS (SELECT 1 FROM meetings WHERE changed >= $2)
                OR EXISTS (SELECT 1 FROM discussions WHERE consultation_id = $1 AND changed >= $2 AND round_id NOT IN
                    (SELECT round_id FROM consultation_rounds WHERE consultation_id = $1))
            THEN 1 ELSE 0 END AS register,
            CASE WHEN EXISTS (SELECT 1 FROM discussions WHERE consultation_id = $1 AND changed >= $2)
                OR EXISTS (SELECT 1 FROM responses WHERE consultation_id = $1 AND changed >= $2)
            THEN 1 ELSE 0 END AS containers,
            CASE WHEN EXISTS (SELECT 1 FROM contributions WHERE consultation_id = $1 AND changed >= $2)
            THEN 1 ELSE 0 END AS contributions"#;
        let statement = Statement::from_sql_and_values(self.backend(), sql, [id.0.into(), since.0.into()]);
        let touched: Option<(i32, i32, i32)> = self.raw(statement).await?;
        let (register, containers, contributions) =
            touched.ok_or_else(|| Problem::internal("no answer to a look"))?;
        Ok(Touched {
            register: register == 1,
            containers: containers == 1,
            contributions: contributions == 1,
        })
    }

    async fn register(&self, id: ConsultationId) -> Result<Register, Problem> {
        let row = entity::consultations::Entity::find_by_id(id).one_of(self).await?;
        let whole = self.whole(row.ok_or_else(Problem::not_found)?).await?;
        let themes = self.codeframe(id).await?;
        let (groups, services, rounds) = self.register_rows().await?;
        let region_of: HashMap<_, _> = services
            .iter()
            .map(|service| (service.id, service.group_id))
            .collect();
        let counted = |group: &groups::Model| -> GroupId {
            group
                .service_id
                .and_then(|service| region_of.get(&service).copied())
                .unwrap_or(group.id)
        };
        let counted_as: HashMap<_, _> = groups.iter().map(|group| (group.id, counted(group))).collect();
        let meetings = self.meetings_for(id, &whole.rounds).await?;
        Ok(Register {
            questions: whole
                .questions
                .iter()
                .map(|question| QuestionFact {
                    number: question.number,
                    prompt: question.prompt.clone(),
                    kind: question.kind,
                    options: options(question),
                })
                .collect(),
            sections: whole
                .row
                .documents
                .0
                .iter()
                .flat_map(|document| &document.sections)
                .map(|section| SectionFact {
                    reference: section.reference.as_str().to_owned(),
                    title: section.title.as_str().to_owned(),
                })
                .collect(),
            consultation: Some(ConsultationFact {
                id,
                reference: whole.row.reference,
                title: whole.row.title,
                status: whole.row.status,
                policy: whole.row.disclosure_policy,
                channels: whole.row.channels.0,
                version: whole.row.version,
                opens_on: whole.row.opens_on,
                closes_on: whole.row.closes_on,
                expected_groups: whole.groups,
                rounds: whole.rounds,
            }),
            themes: themes.into_iter().map(theme_fact).collect(),
            groups: groups
                .into_iter()
                .map(|group| GroupFact {
                    counted_as: counted_as.get(&group.id).copied().unwrap_or(group.id),
                    id: group.id,
                    name: group.name,
                    kind: group.kind,
                    version: group.version,
                })
                .collect(),
            services: services
                .into_iter()
                .map(|service| ServiceFact {
                    id: service.id,
                    name: service.name,
                    setting: service.setting,
                    group: service.group_id,
                    valid_from: service.valid_from,
                    valid_to: service.valid_to,
                    version: service.version,
                })
                .collect(),
            rounds: rounds
                .into_iter()
                .map(|round| RoundFact {
                    id: round.id,
                    title: round.title,
                    version: round.version,
                })
                .collect(),
            meetings: meetings
                .into_iter()
                .map(|meeting| MeetingFact {
                    id: meeting.id,
                    group: counted_as
                        .get(&meeting.group_id)
                        .copied()
                        .unwrap_or(meeting.group_id),
                    own_group: meeting.group_id,
                    round: meeting.round_id,
                    starts_at: meeting.starts_at,
                    status: meeting.status,
                    tables: meeting.tables,
                    attendance: meeting
                        .attendance
                        .0
                        .iter()
                        .map(|line| (line.service_id, line.respondent_group, line.people))
                        .collect(),
                    version: meeting.version,
                })
                .collect(),
        })
    }

    /// Meetings of the consultation's rounds, and any other at which it was discussed.
    pub(super) async fn meetings_for(
        &self,
        id: ConsultationId,
        rounds: &[domain::id::RoundId],
    ) -> Result<Vec<meetings::Model>, Problem> {
        let discussed = discussions::Entity::find()
            .select_only()
            .column(discussions::Column::MeetingId)
            .filter(discussions::Column::ConsultationId.eq(id));
        let query = meetings::Entity::find().filter(
            meetings::Column::RoundId
                .is_in(rounds.to_vec())
                .or(meetings::Column::Id.in_subquery(discussed.into_query())),
        );
        Ok(query
            .order_by_asc(meetings::Column::ReceivedAt)
            .all_of(self)
            .await?)
    }

    async fn changed_containers(
        &self,
        id: ConsultationId,
        since: Horizon,
    ) -> Result<Vec<ContainerRow>, Problem> {
        let mut discussions = discussions::Entity::find()
            .filter(discussions::Column::ConsultationId.eq(id))
            .filter(discussions::Column::Changed.gte(since.0))
            .all_of(self)
            .await?;
        discussions.sort_unstable_by_key(|row| (row.received_at, row.id));
        let mut responses = responses::Entity::find()
            .filter(responses::Column::ConsultationId.eq(id))
            .filter(responses::Column::Changed.gte(since.0))
            .all_of(self)
            .await?;
        responses.sort_unstable_by_key(|row| (row.received_at, row.id));
        Ok(discussions
            .into_iter()
            .map(of_discussion)
            .chain(responses.into_iter().map(of_response))
            .collect())
    }

    async fn changed_contributions(
        &self,
        id: ConsultationId,
        since: Horizon,
    ) -> Result<Vec<ContributionRow>, Problem> {
        use contributions::Column::*;
        let changed = || {
            contributions::Entity::find()
                .filter(ConsultationId.eq(id))
                .filter(Changed.gte(since.0))
                .select_only()
        };
        let mut codings: HashMap<ContributionId, Vec<CodingRow>> = HashMap::new();
        let mut rows = codings::Entity::find()
            .filter(codings::Column::ContributionId.in_subquery(changed().column(Id).into_query()))
            .all_of(self)
            .await?;
        rows.sort_unstable_by_key(|row| (row.coded_at, row.id));
        for row in rows {
            codings
                .entry(row.contribution_id)
                .or_default()
                .push(coding_row(&row));
        }
        let mut rows: Vec<ContributionColumns> = changed()
            .columns([
                Id,
                DiscussionId,
                ResponseId,
                Version,
                ReceivedAt,
                Question,
                SectionRef,
                RespondentGroup,
                Setting,
                Stance,
                HandsAgree,
            ])
            .columns(QUOTABILITY)
            .into_model()
            .all_of(self)
            .await?;
        rows.sort_unstable_by_key(|row| (row.received_at, row.id));
        Ok(rows.into_iter().filter_map(|row| row.row(&mut codings)).collect())
    }

    /// The texts of contributions that are still at the version that was counted, and may still be quoted.
    pub async fn texts(
        &self,
        wanted: &HashSet<(ContributionId, i32)>,
    ) -> Result<HashMap<ContributionId, String>, Problem> {
        let ids: Vec<_> = wanted.iter().map(|(id, _)| *id).collect();
        let found = self.quotable_texts(&ids).await?;
        let standing = found.into_iter().filter(|(of, _)| wanted.contains(of));
        Ok(standing.map(|((id, _), text)| (id, text)).collect())
    }

    /// The texts of those of `ids` that may be quoted now, by id and version. What counts no longer is not quoted, either.
    pub(super) async fn quotable_texts(
        &self,
        ids: &[ContributionId],
    ) -> Result<HashMap<(ContributionId, i32), String>, Problem> {
        let mut texts = HashMap::with_capacity(ids.len());
        for some in ids.chunks(500) {
            let rows: Vec<QuotableText> = contributions::Entity::find()
                .select_only()
                .columns([
                    contributions::Column::Id,
                    contributions::Column::DiscussionId,
                    contributions::Column::ResponseId,
                    contributions::Column::Version,
                    contributions::Column::Text,
                ])
                .columns(QUOTABILITY)
                .filter(contributions::Column::Id.is_in(some.to_vec()))
                .into_model()
                .all_of(self)
                .await?;
            let places: Vec<_> = rows
                .iter()
                .map(|row| (row.id, row.discussion_id, row.response_id))
                .collect();
            let withdrawn = self.places_withdrawn(&places).await?;
            texts.extend(
                rows.into_iter()
                    .filter(|row| may_be_quoted(&row.quotability) && !withdrawn.contains(&row.id))
                    .map(|row| ((row.id, row.version), row.text)),
            );
        }
        Ok(texts)
    }
}

/// A text, and whether it may be quoted.
#[derive(Debug, FromQueryResult)]
struct QuotableText {
    id: ContributionId,
    discussion_id: Option<DiscussionId>,
    response_id: Option<ResponseId>,
    version: i32,
    text: String,
    #[sea_orm(nested)]
    quotability: Quotability,
}

entity::from_values!(
    QuotableText {
        id,
        discussion_id,
        response_id,
        version,
        text
    }[quotability]
);

struct Touched {
    register: bool,
    containers: bool,
    contributions: bool,
}

fn people_by_option(tallies: &[Tally]) -> Vec<(i32, String, u32)> {
    let each = tallies.iter().flat_map(|tally| {
        tally
            .counts
            .iter()
            .map(|(option, n)| (tally.question, option.clone(), *n))
    });
    each.collect()
}

fn of_discussion(row: discussions::Model) -> ContainerRow {
    ContainerRow {
        id: row.id.0,
        version: row.version,
        channel: Channel::MeetingDiscussion,
        group: Some(row.counted_group_id),
        own_group: Some(row.group_id),
        service: None,
        table: Some(TableRow {
            meeting: row.meeting_id,
            round: row.round_id,
            sitting: row.sitting,
            participants: row.participants.0.into_iter().collect(),
            not_discussed: row
                .not_discussed
                .0
                .iter()
                .map(|one| (one.question, one.reason))
                .collect(),
        }),
        respondent_group: row.respondent_group,
        setting: Setting::NotRecorded,
        review: row.review,
        answers: people_by_option(&row.tallies.0),
    }
}

fn of_response(row: responses::Model) -> ContainerRow {
    let review = super::collecting::review_of(&row);
    let chosen = row.choices.0.into_iter();
    ContainerRow {
        id: row.id.0,
        version: row.version,
        channel: row.channel,
        group: row.counted_group_id,
        own_group: row.group_id,
        service: row.service_id,
        table: None,
        respondent_group: row.respondent_group,
        setting: row.setting,
        review,
        answers: chosen
            .flat_map(|choice| {
                let question = choice.question;
                choice.chosen.into_iter().map(move |option| (question, option, 1))
            })
            .collect(),
    }
}
