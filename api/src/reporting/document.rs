//! The report as one document, put together of what was frozen: the release's figures, what its draft wrote down, the commentary, and
//! the quotes whose words may still be read.
//!
//! Invariant: the same rows give the same document and the same digest, whenever and wherever it is put together; of a published
//! report nothing here can move but the words of quotes and what follows it.

use crate::{
    http::problem::Problem,
    store::{Tx, reporting::QuoteRow},
};
use domain::{
    collate::{CollatedTheme, Collation, CrossTab, Limitation, Quote},
    disclosure::Cut,
    id::{QuoteId, ReportId},
    report::{Commentary, FrozenParts, LICENCE, QuoteOnOffer, Report, ReportedQuote, digest, report_tables},
};
use entity::reports;
use std::collections::HashMap;

/// What a document is put together of.
pub struct Parts {
    /// The report's row.
    pub row: reports::Model,
    /// The figures of its release.
    pub collation: Collation,
    /// The tables of its release.
    pub cuts: Vec<(Cut, CrossTab)>,
    /// What can be otherwise tomorrow.
    pub moving: Moving,
}

/// What of a report can be otherwise tomorrow: words that are taken back, and what was published since.
pub struct Moving {
    /// Its quotes.
    pub quotes: Vec<QuoteRow>,
    /// What was published after it.
    pub superseded_by: Option<ReportId>,
}

impl Moving {
    /// Reads it.
    pub async fn read(tx: &Tx, row: &reports::Model) -> Result<Self, Problem> {
        let latest = tx.latest_standing(row.consultation_id).await?;
        let after = latest.filter(|(_, published_at, number)| {
            row.published_at.is_some() && (*published_at, *number) > (row.published_at, row.number)
        });
        Ok(Self {
            superseded_by: after.map(|(id, ..)| id),
            quotes: tx.report_quotes(row.id).await?,
        })
    }
}

impl Parts {
    /// Reads them.
    pub async fn read(tx: &Tx, row: reports::Model) -> Result<Self, Problem> {
        let moving = Moving::read(tx, &row).await?;
        Self::with(tx, row, moving).await
    }

    /// Reads what beside `moving` is wanted.
    pub async fn with(tx: &Tx, row: reports::Model, moving: Moving) -> Result<Self, Problem> {
        let (collation, cuts) = tx.release_tables(row.release_id).await?;
        Ok(Self {
            row,
            collation,
            cuts,
            moving,
        })
    }

    /// The document.
    pub fn document(self) -> Report {
        let Self {
            row,
            mut collation,
            cuts,
            moving: Moving {
                quotes,
                superseded_by,
            },
        } = self;
        let FrozenParts {
            consultation,
            codeframe,
            coding,
        } = row.frozen.0;
        let commentary = row.commentary.0;
        let quotes = in_order(&commentary, quotes);
        let quoted = |theme: &mut CollatedTheme| {
            let own = quotes.iter().filter(|quote| quote.theme_id == theme.id);
            let words = own.filter_map(|quote| Some((quote.respondent_group, quote.text.clone()?)));
            theme.quotes = words
                .map(|(respondent_group, text)| Quote {
                    contribution: uuid::Uuid::nil().into(),
                    version: 0,
                    text,
                    respondent_group,
                })
                .collect();
        };
        collation.themes.iter_mut().for_each(quoted);
        let mut limitations = collation.limitations.clone();
        if coding.some_uncoded {
            let reason = coding.uncoded_reason.as_deref();
            limitations.push(Limitation {
                code: "uncoded-contributions".into(),
                text: format!(
                    "Some contributions were neither coded nor set aside; the table of questions says how many, where that may be \
                     said. {}",
                    reason.unwrap_or("No reason is given yet.")
                ),
            });
        }
        Report {
            tables: report_tables(row.id, &collation, &cuts).tables,
            id: row.id,
            number: row.number,
            status: row.status,
            release_id: row.release_id,
            consultation,
            codeframe,
            coding,
            collation,
            commentary,
            quotes,
            limitations,
            licence: LICENCE.into(),
            published_at: row.published_at,
            previous_digest: row.previous_digest,
            digest: row.digest,
            superseded_by,
            warnings: Vec::new(),
            draft: None,
        }
    }
}

/// Quotes as the commentary has them.
fn in_order(commentary: &Commentary, quotes: Vec<QuoteRow>) -> Vec<ReportedQuote> {
    let mut by_id: HashMap<QuoteId, QuoteRow> =
        quotes.into_iter().map(|quote| (quote.row.id, quote)).collect();
    let chosen = commentary.themes.iter().flat_map(|theme| &theme.quote_ids);
    chosen
        .filter_map(|id| by_id.remove(id))
        .map(|QuoteRow { row, text }| {
            // Words of what was published are shown with the salt by which they can be checked, or not at all.
            let text = text.filter(|_| row.hash.is_none() || row.salt.is_some());
            ReportedQuote {
                id: row.id,
                theme_id: row.theme_id,
                respondent_group: row.respondent_group,
                salt: row.salt.filter(|_| text.is_some()),
                hash: row.hash,
                text,
            }
        })
        .collect()
}

/// What a release lets be quoted, for whoever writes the commentary.
pub async fn on_offer(tx: &Tx, report: &Report) -> Result<Vec<QuoteOnOffer>, Problem> {
    let offered = tx.released_quotes(report.release_id).await?;
    Ok(offered
        .into_iter()
        .map(|(quote, text)| QuoteOnOffer {
            contribution_id: quote.contribution,
            theme_id: quote.theme,
            respondent_group: quote.respondent_group,
            text,
        })
        .collect())
}

/// Reports that were published and are another now: each is put together again of what is stored, and its digest compared.
pub async fn moved(tx: &Tx) -> Result<Vec<String>, Problem> {
    let mut moved = Vec::new();
    for row in tx.every_published_report().await? {
        let id = row.id;
        let published = row.digest.clone();
        let is = digest::digest(&Parts::read(tx, row).await?.document()).map_err(Problem::internal)?;
        if published.as_deref() != Some(is.as_str()) {
            moved.push(format!(
                "reports {id} is not what was published: its digest is {is}"
            ));
        }
    }
    Ok(moved)
}
