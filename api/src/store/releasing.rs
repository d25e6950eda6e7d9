//! Releases: written once, from [`Releasable`] alone, and never changed.

use super::{Tx, paged};
use crate::{
    error::Code,
    http::{page::Page, problem::Problem},
};
use domain::{
    collate::{Collation, CrossTab},
    disclosure::{Cut, Releasable, Release, ReleasedQuote},
    id::{ConsultationId, ContributionId, ReleaseId},
};
use entity::{release_documents, releases};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, SelectModel, Selector,
};

/// The document that holds the collation.
pub const COLLATION: &str = "collation";
/// The document that holds coverage, in numbers.
pub const COVERAGE: &str = "coverage";
/// The document that names what may be quoted.
const QUOTES: &str = "quotes";
/// The document that says what the release was made of.
const BASIS: &str = "basis";

/// A release of a consultation, as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct LatestRelease {
    pub id: ReleaseId,
    pub number: i32,
}

fn latest_first(id: ConsultationId) -> Selector<SelectModel<LatestRelease>> {
    releases::Entity::find()
        .select_only()
        .columns([releases::Column::Id, releases::Column::Number])
        .filter(releases::Column::ConsultationId.eq(id))
        .order_by_desc(releases::Column::Number)
        .into_model()
}

impl Tx {
    /// The latest release of a consultation, if there is one.
    pub async fn latest_release(&self, id: ConsultationId) -> Result<Option<LatestRelease>, Problem> {
        Ok(latest_first(id).one(&self.on()).await?)
    }

    /// Every release of a consultation, the latest first.
    pub async fn earlier_releases(&self, id: ConsultationId) -> Result<Vec<LatestRelease>, Problem> {
        Ok(latest_first(id).all(&self.on()).await?)
    }

    /// A release of a consultation.
    pub async fn release(
        &self,
        consultation: ConsultationId,
        id: ReleaseId,
    ) -> Result<releases::Model, Problem> {
        let row = releases::Entity::find_by_id(id).one(&self.on()).await?;
        row.filter(|row| row.consultation_id == consultation)
            .ok_or_else(Problem::not_found)
    }

    /// A page of a consultation's releases.
    pub async fn releases(
        &self,
        consultation: ConsultationId,
        page: Page,
    ) -> Result<Vec<releases::Model>, Problem> {
        let query = releases::Entity::find().filter(releases::Column::ConsultationId.eq(consultation));
        Ok(
            paged(query, page, releases::Column::ReceivedAt, releases::Column::Id)
                .all(&self.on())
                .await?,
        )
    }

    /// Stores a release and its documents. `basis` says what it was made of.
    pub async fn add_release(
        &self,
        row: releases::Model,
        released: &Releasable<Release>,
        basis: Vec<u8>,
    ) -> Result<(), Problem> {
        let release = released.get();
        let json = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(Problem::internal);
        let mut documents = vec![
            (
                COLLATION.to_owned(),
                json(serde_json::to_vec(&release.collation))?,
            ),
            (COVERAGE.to_owned(), json(serde_json::to_vec(&release.coverage))?),
            (QUOTES.to_owned(), json(serde_json::to_vec(&release.quotes))?),
            (BASIS.to_owned(), basis),
        ];
        for table in &release.tables {
            documents.push((table.cut.to_string(), json(serde_json::to_vec(&table.table))?));
        }
        let id = row.id;
        self.insert(row).await?;
        let documents = documents
            .into_iter()
            .map(|(name, body)| release_documents::Model {
                release_id: id,
                name,
                body,
            });
        self.insert_all(documents.collect()).await
    }

    /// A document of a release, as it was written; nothing where the release has none of that name.
    pub async fn release_document(&self, id: ReleaseId, name: &str) -> Result<Option<Vec<u8>>, Problem> {
        let row = release_documents::Entity::find_by_id((id, name.to_owned()))
            .one(&self.on())
            .await?;
        Ok(row.map(|row| row.body))
    }

    /// The figures of a release: the collation, and every table in the order in which the release has them.
    pub async fn release_tables(&self, id: ReleaseId) -> Result<(Collation, Vec<(Cut, CrossTab)>), Problem> {
        let row = releases::Entity::find_by_id(id).one(&self.on()).await?;
        let cuts = row.map(|row| row.cuts.0).unwrap_or_default();
        let documents = release_documents::Entity::find()
            .filter(release_documents::Column::ReleaseId.eq(id))
            .filter(release_documents::Column::Name.is_not_in([QUOTES, BASIS, COVERAGE]))
            .all(&self.on())
            .await?;
        let read = |name: &str| {
            documents
                .iter()
                .find(|document| document.name == name)
                .map(|document| &document.body)
        };
        let collation =
            read(COLLATION).ok_or_else(|| Problem::internal("a release without its collation"))?;
        let mut tables = Vec::with_capacity(cuts.len());
        for cut in cuts {
            let body = read(&cut.to_string())
                .ok_or_else(|| Problem::internal("a release without one of its tables"))?;
            tables.push((cut, serde_json::from_slice(body).map_err(Problem::internal)?));
        }
        Ok((
            serde_json::from_slice(collation).map_err(Problem::internal)?,
            tables,
        ))
    }

    /// The refusal of what was asked for, by the name that it would have, which says what a release holds.
    pub async fn cut_not_released(&self, id: ReleaseId, asked: &str) -> Result<Problem, Problem> {
        let row = releases::Entity::find_by_id(id).one(&self.on()).await?;
        let cuts = row.map(|row| row.cuts.0).unwrap_or_default();
        let names: Vec<_> = cuts.iter().map(ToString::to_string).collect();
        Ok(Problem::new(
            Code::CutNotReleased,
            format!(
                "This is the {asked}, which the release does not hold. It holds the collation without filters, coverage, and \
                 these cross-tabs: {}.",
                names.join(", ")
            ),
        ))
    }

    /// What the release was made of.
    pub async fn release_basis(&self, id: ReleaseId) -> Result<Vec<u8>, Problem> {
        let basis = self.release_document(id, BASIS).await?;
        basis.ok_or_else(|| Problem::internal("a release without its basis"))
    }

    /// What a release lets be quoted, whatever became of it since.
    pub async fn released_quote_list(&self, id: ReleaseId) -> Result<Vec<ReleasedQuote>, Problem> {
        let quotes = self.release_document(id, QUOTES).await?.unwrap_or_default();
        serde_json::from_slice(&quotes).map_err(Problem::internal)
    }

    /// What a release lets be quoted and may still be: the words are those that were counted, consent stands, nothing in
    /// them waits for clearance, and nobody took them back.
    pub async fn released_quotes(&self, id: ReleaseId) -> Result<Vec<(ReleasedQuote, String)>, Problem> {
        let quotes = self.released_quote_list(id).await?;
        let ids: Vec<ContributionId> = quotes.iter().map(|quote| quote.contribution).collect();
        let texts = self.quotable_texts(&ids).await?;
        let standing = quotes.into_iter().filter_map(|quote| {
            let text = texts.get(&(quote.contribution, quote.version))?;
            Some((quote, text.clone()))
        });
        Ok(standing.collect())
    }
}
