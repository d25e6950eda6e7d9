//! Themes and codings.

use super::statements::Reading;
use super::{Tx, paged, people::named};
use crate::http::{page::Page, problem::Problem};
use domain::{
    facts::{CodingRow, ThemeFact},
    id::{ConsultationId, ContributionId, DoubleCodingId, ThemeId},
    vocabulary::ThemeAct,
};
use entity::{
    codeframes, coding_claims, codings, consultations, contributions, double_coding_contributions,
    double_codings,
    json::{ThemeBody, ThemeRecord},
    theme_versions, themes,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select, sea_query::Expr,
};
use std::collections::{HashMap, HashSet};

impl Tx {
    /// A theme of a consultation.
    pub async fn theme(&self, consultation: ConsultationId, id: ThemeId) -> Result<themes::Model, Problem> {
        let row = themes::Entity::find_by_id(id).one_of(self).await?;
        row.filter(|row| row.consultation_id == consultation)
            .ok_or_else(Problem::not_found)
    }

    /// The whole codeframe of a consultation.
    pub async fn codeframe(&self, consultation: ConsultationId) -> Result<Vec<themes::Model>, Problem> {
        let query = themes::Entity::find().filter(themes::Column::ConsultationId.eq(consultation));
        let query = query
            .order_by_asc(themes::Column::ReceivedAt)
            .order_by_asc(themes::Column::Id);
        Ok(query.all_of(self).await?)
    }

    /// The same, as the arithmetic reads it.
    pub async fn theme_facts(&self, consultation: ConsultationId) -> Result<Vec<ThemeFact>, Problem> {
        let rows = self.codeframe(consultation).await?;
        Ok(rows.into_iter().map(theme_fact).collect())
    }

    /// A page of a consultation's codeframe.
    pub async fn themes(
        &self,
        consultation: ConsultationId,
        page: Page,
    ) -> Result<Vec<themes::Model>, Problem> {
        let query = themes::Entity::find().filter(themes::Column::ConsultationId.eq(consultation));
        Ok(paged(query, page, themes::Column::ReceivedAt, themes::Column::Id)
            .all_of(self)
            .await?)
    }

    /// The consultations of these themes, by theme: of those that there are, and whose consultation the caller may know of.
    pub async fn consultations_of_themes(
        &self,
        ids: &[ThemeId],
    ) -> Result<HashMap<ThemeId, consultations::Model>, Problem> {
        let mut of: HashMap<ThemeId, ConsultationId> = HashMap::new();
        for some in ids.chunks(500) {
            let query = themes::Entity::find()
                .select_only()
                .columns([themes::Column::Id, themes::Column::ConsultationId])
                .filter(themes::Column::Id.is_in(some.to_vec()));
            of.extend(
                query
                    .into_tuple::<(ThemeId, ConsultationId)>()
                    .all_of(self)
                    .await?,
            );
        }
        let wanted: HashSet<ConsultationId> = of.values().copied().collect();
        let rows = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let wanted: Vec<_> = wanted.into_iter().collect();
                let query = consultations::Entity::find().filter(consultations::Column::Id.is_in(wanted));
                query.all_of(self).await?
            }
        };
        let known: HashMap<_, _> = rows
            .into_iter()
            .filter(|row| self.reach().knows(row))
            .map(|row| (row.id, row))
            .collect();
        let found = of.into_iter();
        Ok(found
            .filter_map(|(theme, of)| Some((theme, known.get(&of)?.clone())))
            .collect())
    }

    /// Stores a theme.
    pub async fn add_theme(&self, row: themes::Model) -> Result<(), Problem> {
        let version = self.theme_version(&row, ThemeAct::Added, None)?;
        self.insert(row).await?;
        self.insert(version).await
    }

    /// Writes a theme's next version, and what made it.
    pub async fn change_theme(
        &self,
        row: themes::Model,
        act: ThemeAct,
        reason: Option<String>,
    ) -> Result<(), Problem> {
        self.keep_unwritten_version(row.id).await?;
        let version = self.theme_version(&row, act, reason)?;
        let matching = themes::Column::Id
            .eq(row.id)
            .and(themes::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await?;
        self.insert(version).await
    }

    /// Writes down a theme as it stands where that never was: it is older than what is written down of themes.
    async fn keep_unwritten_version(&self, id: ThemeId) -> Result<(), Problem> {
        let Some(row) = themes::Entity::find_by_id(id).one_of(self).await? else {
            return Ok(());
        };
        let known = theme_versions::Entity::find_by_id((id, row.version))
            .one_of(self)
            .await?;
        if known.is_some() {
            return Ok(());
        }
        self.insert(theme_versions::Model {
            theme_id: id,
            version: row.version,
            act: match row.version {
                1 => ThemeAct::Added,
                _ => ThemeAct::Changed,
            },
            reason: None,
            body: ThemeBody(ThemeRecord::from(&row)),
            made_by: (row.version == 1).then_some(row.created_by),
            made_at: (row.version == 1).then_some(row.received_at),
        })
        .await
    }

    fn theme_version(
        &self,
        row: &themes::Model,
        act: ThemeAct,
        reason: Option<String>,
    ) -> Result<theme_versions::Model, Problem> {
        Ok(theme_versions::Model {
            theme_id: row.id,
            version: row.version,
            act,
            reason,
            body: ThemeBody(ThemeRecord::from(row)),
            made_by: Some(self.user()?),
            made_at: Some(self.now),
        })
    }

    /// A page of what became of a theme, oldest first.
    pub async fn theme_versions(
        &self,
        id: ThemeId,
        page: Page,
    ) -> Result<Vec<theme_versions::Model>, Problem> {
        use theme_versions::Column;
        let query = theme_versions::Entity::find().filter(Column::ThemeId.eq(id));
        Ok(by_version(query, page, Column::Version).all_of(self).await?)
    }

    /// A page of the codeframes of a consultation that were frozen, oldest first.
    pub async fn frozen_codeframes(
        &self,
        id: ConsultationId,
        page: Page,
    ) -> Result<Vec<codeframes::Model>, Problem> {
        use codeframes::Column;
        let query = codeframes::Entity::find().filter(Column::ConsultationId.eq(id));
        Ok(by_version(query, page, Column::Version).all_of(self).await?)
    }

    /// The version of a consultation's codeframe that was frozen last.
    pub async fn codeframe_version(&self, id: ConsultationId) -> Result<Option<i32>, Problem> {
        let query = codeframes::Entity::find()
            .select_only()
            .column(codeframes::Column::Version)
            .filter(codeframes::Column::ConsultationId.eq(id))
            .order_by_desc(codeframes::Column::Version);
        Ok(query.into_tuple().one_of(self).await?)
    }

    /// A codeframe as it was frozen.
    pub async fn frozen_codeframe(
        &self,
        id: ConsultationId,
        version: i32,
    ) -> Result<codeframes::Model, Problem> {
        let row = codeframes::Entity::find_by_id((id, version)).one_of(self).await?;
        row.ok_or_else(Problem::not_found)
    }

    /// Stores a codeframe that was frozen.
    pub async fn add_codeframe(&self, row: codeframes::Model) -> Result<(), Problem> {
        self.insert(row).await
    }

    /// Keeps others waiting who deal contributions of a consultation, or draw of them; not those who change its codeframe.
    pub async fn hold_claims(&self, id: ConsultationId) -> Result<(), Problem> {
        self.hold(named("coding_claims", &id.to_string())).await
    }

    /// What is dealt in a consultation and not coded since, to anybody.
    pub async fn claims(&self, id: ConsultationId) -> Result<Vec<coding_claims::Model>, Problem> {
        let query = coding_claims::Entity::find()
            .filter(coding_claims::Column::ConsultationId.eq(id))
            .filter(coding_claims::Column::Until.gt(self.now));
        Ok(query.all_of(self).await?)
    }

    /// The caller's own claim of a contribution, run out or not.
    pub async fn own_claim(&self, id: ContributionId) -> Result<Option<coding_claims::Model>, Problem> {
        Ok(coding_claims::Entity::find_by_id((id, self.user()?))
            .one_of(self)
            .await?)
    }

    /// Deals contributions to the caller, in the stead of earlier claims of the same.
    pub async fn add_claims(&self, rows: Vec<coding_claims::Model>) -> Result<(), Problem> {
        let ids: Vec<_> = rows.iter().map(|row| row.contribution_id).collect();
        self.end_claims(&ids).await?;
        self.insert_all(rows).await
    }

    /// Makes what is dealt and was drawn now to be coded independently.
    pub async fn make_claims_independent(
        &self,
        id: ConsultationId,
        drawn: &[ContributionId],
    ) -> Result<(), Problem> {
        let drawn: HashSet<_> = drawn.iter().collect();
        let claims = self.claims(id).await?;
        let dealt: Vec<_> = claims
            .into_iter()
            .map(|claim| claim.contribution_id)
            .filter(|id| drawn.contains(id))
            .collect();
        for some in dealt.chunks(500) {
            let query = coding_claims::Entity::update_many()
                .col_expr(coding_claims::Column::Independent, Expr::value(true))
                .filter(coding_claims::Column::ContributionId.is_in(some.to_vec()));
            self.update(query).await?;
        }
        Ok(())
    }

    /// Ends claims of the caller.
    pub async fn end_claims(&self, ids: &[ContributionId]) -> Result<(), Problem> {
        let gone = coding_claims::Entity::delete_many()
            .filter(coding_claims::Column::CoderId.eq(self.user()?))
            .filter(coding_claims::Column::ContributionId.is_in(ids.to_vec()));
        self.delete(gone).await?;
        Ok(())
    }

    /// Stores a draw, and what was drawn.
    pub async fn add_double_coding(
        &self,
        row: double_codings::Model,
        drawn: Vec<ContributionId>,
    ) -> Result<(), Problem> {
        let id = row.id;
        self.insert(row).await?;
        let of = |contribution_id| double_coding_contributions::Model {
            contribution_id,
            double_coding_id: id,
        };
        self.insert_all(drawn.into_iter().map(of).collect()).await
    }

    /// A draw of a consultation.
    pub async fn double_coding(
        &self,
        consultation: ConsultationId,
        id: DoubleCodingId,
    ) -> Result<double_codings::Model, Problem> {
        let row = double_codings::Entity::find_by_id(id).one_of(self).await?;
        row.filter(|row| row.consultation_id == consultation)
            .ok_or_else(Problem::not_found)
    }

    /// A page of the draws of a consultation.
    pub async fn double_codings(
        &self,
        id: ConsultationId,
        page: Page,
    ) -> Result<Vec<double_codings::Model>, Problem> {
        let query = double_codings::Entity::find().filter(double_codings::Column::ConsultationId.eq(id));
        Ok(paged(
            query,
            page,
            double_codings::Column::ReceivedAt,
            double_codings::Column::Id,
        )
        .all_of(self)
        .await?)
    }

    /// Everything of a consultation that was drawn to be coded twice.
    pub async fn drawn(&self, id: ConsultationId) -> Result<HashSet<ContributionId>, Problem> {
        let draws = double_codings::Entity::find()
            .select_only()
            .column(double_codings::Column::Id)
            .filter(double_codings::Column::ConsultationId.eq(id));
        let query = double_coding_contributions::Entity::find()
            .select_only()
            .column(double_coding_contributions::Column::ContributionId)
            .filter(double_coding_contributions::Column::DoubleCodingId.in_subquery(draws.into_query()));
        let ids: Vec<ContributionId> = query.into_tuple().all_of(self).await?;
        Ok(ids.into_iter().collect())
    }

    /// Every coding of these contributions, oldest first.
    pub async fn codings_of(&self, ids: &[ContributionId]) -> Result<Vec<codings::Model>, Problem> {
        let mut rows = Vec::new();
        for some in ids.chunks(500) {
            let query = codings::Entity::find().filter(codings::Column::ContributionId.is_in(some.to_vec()));
            let query = query
                .order_by_asc(codings::Column::CodedAt)
                .order_by_asc(codings::Column::Id);
            rows.extend(query.all_of(self).await?);
        }
        Ok(rows)
    }

    /// A page of the codings of a contribution, oldest first.
    pub async fn page_of_codings(
        &self,
        id: ContributionId,
        page: Page,
    ) -> Result<Vec<codings::Model>, Problem> {
        let query = codings::Entity::find().filter(codings::Column::ContributionId.eq(id));
        Ok(paged(query, page, codings::Column::CodedAt, codings::Column::Id)
            .all_of(self)
            .await?)
    }

    /// Contributions of a consultation that the caller has coded or set aside.
    pub async fn coded_by_oneself(&self, id: ConsultationId) -> Result<HashSet<ContributionId>, Problem> {
        let within = contributions::Entity::find()
            .select_only()
            .column(contributions::Column::Id)
            .filter(contributions::Column::ConsultationId.eq(id));
        let own = codings::Entity::find()
            .filter(codings::Column::CoderId.eq(self.user()?))
            .filter(codings::Column::AdjudicationReason.is_null())
            .filter(codings::Column::ContributionId.in_subquery(within.into_query()))
            .order_by_asc(codings::Column::CodedAt)
            .all_of(self)
            .await?;
        let mut coded = HashSet::new();
        for coding in own {
            if coding.theme_ids.0.is_empty() && coding.set_aside_reason.is_none() {
                coded.remove(&coding.contribution_id);
            } else {
                coded.insert(coding.contribution_id);
            }
        }
        Ok(coded)
    }

    /// Appends a coding, and stamps its contribution so that the next look sees it.
    pub async fn add_coding(&self, row: codings::Model) -> Result<(), Problem> {
        let contribution = row.contribution_id;
        self.insert(row).await?;
        let matching = Condition::all().add(contributions::Column::Id.eq(contribution));
        self.stamp_only::<contributions::Entity>(contributions::Column::Changed, matching)
            .await
    }
}

/// A theme as the arithmetic reads it.
pub(crate) fn theme_fact(theme: themes::Model) -> ThemeFact {
    ThemeFact {
        id: theme.id,
        code: theme.code,
        label: theme.label,
        parent: theme.parent_id,
        merged_into: theme.merged_into,
        split: theme.split_into.is_some(),
        question: theme.question,
        earlier: theme.earlier_theme_id,
        status: theme.status,
        version: theme.version,
    }
}

/// A page of numbered versions of one thing, in their order: a page goes on behind a number, which the cursor has in the place of a
/// time. By time two versions could come in another order, because clocks differ.
fn by_version<E: EntityTrait, C: ColumnTrait>(query: Select<E>, page: Page, version: C) -> Select<E> {
    let query = match page.after {
        Some((after, _)) => query.filter(version.gt(after.0)),
        None => query,
    };
    query.order_by(version, Order::Asc).limit(page.limit + 1)
}

/// A coding as the arithmetic reads it.
pub(crate) fn coding_row(coding: &codings::Model) -> CodingRow {
    CodingRow {
        coder: coding.coder_id,
        coded_at: coding.coded_at.0,
        independent: coding.independent,
        themes: coding.theme_ids.0.clone(),
        set_aside: coding.set_aside_reason.is_some(),
        adjudicates: coding.adjudication_reason.is_some(),
        frozen: coding.codeframe_version.is_some(),
    }
}
