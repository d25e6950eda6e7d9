//! Themes and codings.

use super::{Tx, paged};
use crate::http::{page::Page, problem::Problem};
use domain::{
    facts::{CodingRow, ThemeFact},
    id::{ConsultationId, ContributionId, ThemeId},
};
use entity::{codings, consultations, contributions, themes};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::{HashMap, HashSet};

impl Tx {
    /// A theme of a consultation.
    pub async fn theme(&self, consultation: ConsultationId, id: ThemeId) -> Result<themes::Model, Problem> {
        let row = themes::Entity::find_by_id(id).one(&self.on()).await?;
        row.filter(|row| row.consultation_id == consultation)
            .ok_or_else(Problem::not_found)
    }

    /// The whole codeframe of a consultation.
    pub async fn codeframe(&self, consultation: ConsultationId) -> Result<Vec<themes::Model>, Problem> {
        let query = themes::Entity::find().filter(themes::Column::ConsultationId.eq(consultation));
        let query = query
            .order_by_asc(themes::Column::ReceivedAt)
            .order_by_asc(themes::Column::Id);
        Ok(query.all(&self.on()).await?)
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
            .all(&self.on())
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
                    .all(&self.on())
                    .await?,
            );
        }
        let wanted: HashSet<ConsultationId> = of.values().copied().collect();
        let rows = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let wanted: Vec<_> = wanted.into_iter().collect();
                let query = consultations::Entity::find().filter(consultations::Column::Id.is_in(wanted));
                query.all(&self.on()).await?
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
        self.insert(row).await
    }

    /// Writes a theme's next version.
    pub async fn change_theme(&self, row: themes::Model) -> Result<(), Problem> {
        let matching = themes::Column::Id
            .eq(row.id)
            .and(themes::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// Every coding of these contributions, oldest first.
    pub async fn codings_of(&self, ids: &[ContributionId]) -> Result<Vec<codings::Model>, Problem> {
        let mut rows = Vec::new();
        for some in ids.chunks(500) {
            let query = codings::Entity::find().filter(codings::Column::ContributionId.is_in(some.to_vec()));
            let query = query
                .order_by_asc(codings::Column::CodedAt)
                .order_by_asc(codings::Column::Id);
            rows.extend(query.all(&self.on()).await?);
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
            .all(&self.on())
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
            .all(&self.on())
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
        question: theme.question,
        earlier: theme.earlier_theme_id,
        status: theme.status,
        version: theme.version,
    }
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
    }
}
