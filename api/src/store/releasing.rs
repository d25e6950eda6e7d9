//! Releases: written once, from [`Releasable`] alone, and never changed.

use super::statements::Reading;
use super::{Tx, coding::coding_row, paged};
use crate::{
    error::Code,
    http::{page::Page, problem::Problem},
};
use domain::{
    collate::{Collation, CrossTab},
    disclosure::{Cut, Provenance, Releasable, Release, ReleasedQuote},
    facts::what_counts,
    id::{CodingId, ConsultationId, ContributionId, DiscussionId, ReleaseId, ResponseId, UserId},
    moment::Moment,
};
use entity::{codings, contributions, release_documents, releases};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, SelectModel, Selector,
};
use std::collections::HashMap;

/// The document that holds the collation.
pub const COLLATION: &str = "collation";
/// The document that holds coverage, in numbers.
pub const COVERAGE: &str = "coverage";
/// The document that names what may be quoted.
const QUOTES: &str = "quotes";
/// The document that says what the release was made of.
const BASIS: &str = "basis";
/// The document that says what stood behind each figure. Nobody can ask for it by this name: those of tables are of two words or
/// more, and it names who coded what.
const PROVENANCE: &str = "provenance";

/// How a contribution stands now.
#[derive(Clone, Debug)]
pub struct Standing {
    pub version: i32,
    /// Whether it, or the table or response that it stands in, was taken back.
    pub withdrawn: bool,
    /// Whose coding counts, and when it was made.
    pub counts: Option<(UserId, Moment)>,
    /// Every coding of it, oldest first.
    pub codings: Vec<codings::Model>,
}

impl Standing {
    /// The coding that somebody made at a moment.
    pub fn coding(&self, coder: UserId, coded_at: Moment) -> Option<(CodingId, Option<i32>)> {
        let made = self
            .codings
            .iter()
            .find(|one| one.coder_id == coder && one.coded_at == coded_at);
        made.map(|one| (one.id, one.codeframe_version))
    }
}

/// What of a contribution says how it stands; the text is not among it.
#[derive(Debug, FromQueryResult)]
struct Columns {
    id: ContributionId,
    discussion_id: Option<DiscussionId>,
    response_id: Option<ResponseId>,
    version: i32,
    withdrawn_at: Option<Moment>,
}

entity::from_values!(Columns {
    id,
    discussion_id,
    response_id,
    version,
    withdrawn_at
});

/// A release of a consultation, as it is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct LatestRelease {
    pub id: ReleaseId,
    pub number: i32,
}

entity::from_values!(LatestRelease { id, number });

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
        Ok(latest_first(id).one_of(self).await?)
    }

    /// Every release of a consultation, the latest first.
    pub async fn earlier_releases(&self, id: ConsultationId) -> Result<Vec<LatestRelease>, Problem> {
        Ok(latest_first(id).all_of(self).await?)
    }

    /// A release of a consultation.
    pub async fn release(
        &self,
        consultation: ConsultationId,
        id: ReleaseId,
    ) -> Result<releases::Model, Problem> {
        let row = releases::Entity::find_by_id(id).one_of(self).await?;
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
                .all_of(self)
                .await?,
        )
    }

    /// Stores a release and its documents. `basis` says what it was made of, for the next; `provenance` what stood behind each of
    /// its figures.
    pub async fn add_release(
        &self,
        row: releases::Model,
        released: &Releasable<Release>,
        basis: Vec<u8>,
        provenance: Vec<u8>,
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
            (PROVENANCE.to_owned(), provenance),
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
            .one_of(self)
            .await?;
        Ok(row.map(|row| row.body))
    }

    /// The figures of a release: the collation, and every table in the order in which the release has them.
    pub async fn release_tables(&self, id: ReleaseId) -> Result<(Collation, Vec<(Cut, CrossTab)>), Problem> {
        let row = releases::Entity::find_by_id(id).one_of(self).await?;
        let cuts = row.map(|row| row.cuts.0).unwrap_or_default();
        let documents = release_documents::Entity::find()
            .filter(release_documents::Column::ReleaseId.eq(id))
            .filter(release_documents::Column::Name.is_not_in([QUOTES, BASIS, COVERAGE, PROVENANCE]))
            .all_of(self)
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
        let row = releases::Entity::find_by_id(id).one_of(self).await?;
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

    /// What stood behind the figures of a release; nothing where it was made before that was kept.
    pub async fn release_provenance(&self, id: ReleaseId) -> Result<Option<Vec<u8>>, Problem> {
        self.release_document(id, PROVENANCE).await
    }

    /// The same, to be asked.
    pub async fn provenance(&self, id: ReleaseId) -> Result<Option<Provenance>, Problem> {
        let kept = self.release_provenance(id).await?;
        kept.map(|kept| Provenance::read(&kept).map_err(Problem::internal))
            .transpose()
    }

    /// How contributions stand now, beside how they stood when something was made of them.
    pub async fn standing(
        &self,
        ids: &[ContributionId],
    ) -> Result<HashMap<ContributionId, Standing>, Problem> {
        let mut codings: HashMap<ContributionId, Vec<codings::Model>> = HashMap::new();
        for coding in self.codings_of(ids).await? {
            codings.entry(coding.contribution_id).or_default().push(coding);
        }
        let mut standing = HashMap::with_capacity(ids.len());
        for some in ids.chunks(500) {
            let rows: Vec<Columns> = contributions::Entity::find()
                .select_only()
                .columns([
                    contributions::Column::Id,
                    contributions::Column::DiscussionId,
                    contributions::Column::ResponseId,
                    contributions::Column::Version,
                    contributions::Column::WithdrawnAt,
                ])
                .filter(contributions::Column::Id.is_in(some.to_vec()))
                .into_model()
                .all_of(self)
                .await?;
            let places: Vec<_> = rows
                .iter()
                .map(|row| (row.id, row.discussion_id, row.response_id))
                .collect();
            let withdrawn = self.places_withdrawn(&places).await?;
            standing.extend(rows.into_iter().map(|row| {
                let codings = codings.remove(&row.id).unwrap_or_default();
                let facts: Vec<_> = codings.iter().map(coding_row).collect();
                let counts = what_counts(&facts);
                let now = Standing {
                    version: row.version,
                    withdrawn: row.withdrawn_at.is_some() || withdrawn.contains(&row.id),
                    counts: counts.coder.zip(counts.coded_at.map(Moment)),
                    codings,
                };
                (row.id, now)
            }));
        }
        Ok(standing)
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
