//! The report as one document: of a draft put together of its rows and its release, of what was published read as it was kept; and the
//! quotes whose words may still be read.
//!
//! Invariant: what was published is what was kept when it was, whatever this code would make of its rows now; nothing of it can move
//! but the words of quotes and what follows it. Refused: putting a published report together anew each time, by which a table that is
//! given a better title would change every report that ever left.

use crate::{
    http::problem::Problem,
    store::{Opened, Tx, reporting::QuoteRow},
};
use domain::{
    collate::{CollatedTheme, Collation, CrossTab, Limitation, Quote},
    disclosure::Cut,
    id::{QuoteId, ReportId},
    report::{
        Commentary, FrozenParts, LICENCE, QuoteOnOffer, Report, ReportedQuote, TableCell, digest,
        report_tables,
    },
    vocabulary::ReportStatus,
};
use entity::reports;
use std::collections::{BTreeSet, HashMap};

/// What a document is put together of.
pub struct Parts {
    /// The report's row.
    pub row: reports::Model,
    /// What can be otherwise tomorrow.
    pub moving: Moving,
    frozen: Frozen,
}

/// What of a document cannot move.
enum Frozen {
    /// As it was published.
    Kept(Box<Report>),
    /// The figures and the tables of its release, where nothing was kept: of drafts, and of what was published before it was.
    Release(Box<Collation>, Vec<(Cut, CrossTab)>),
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
        let kept = match row.status {
            ReportStatus::Draft => None,
            ReportStatus::Published | ReportStatus::Retracted => tx.report_document(row.id).await?,
        };
        let frozen = match kept {
            Some(kept) => Frozen::Kept(serde_json::from_slice(&kept).map_err(Problem::internal)?),
            None => {
                let (collation, cuts) = tx.release_tables(row.release_id).await?;
                Frozen::Release(Box::new(collation), cuts)
            }
        };
        Ok(Self { row, moving, frozen })
    }

    /// The document.
    pub fn document(self) -> Report {
        let Self {
            row,
            moving: Moving {
                quotes,
                superseded_by,
            },
            frozen,
        } = self;
        let (status, digest) = (row.status, row.digest.clone());
        let (report, quotes) = match frozen {
            Frozen::Kept(report) => {
                let quotes = of_kept(&report.quotes, quotes);
                (*report, quotes)
            }
            Frozen::Release(collation, cuts) => {
                let quotes = in_order(&row.commentary.0, quotes);
                (put_together(row, *collation, &cuts), quotes)
            }
        };
        let mut report = Report {
            status,
            digest,
            superseded_by,
            quotes,
            ..report
        };
        let quoted = |theme: &mut CollatedTheme| {
            let own = report.quotes.iter().filter(|quote| quote.theme_id == theme.id);
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
        report.collation.themes.iter_mut().for_each(quoted);
        report
    }
}

/// A report of the figures of its release, without quotes.
fn put_together(row: reports::Model, collation: Collation, cuts: &[(Cut, CrossTab)]) -> Report {
    let FrozenParts {
        consultation,
        codeframe,
        coding,
    } = row.frozen.0;
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
        tables: report_tables(row.id, &collation, cuts).tables,
        id: row.id,
        number: row.number,
        status: row.status,
        release_id: row.release_id,
        consultation,
        codeframe,
        coding,
        collation,
        commentary: row.commentary.0,
        quotes: Vec::new(),
        limitations,
        licence: LICENCE.into(),
        published_at: row.published_at,
        previous_digest: row.previous_digest,
        digest: row.digest,
        superseded_by: None,
        warnings: Vec::new(),
        draft: None,
    }
}

/// Quotes as the commentary has them.
fn in_order(commentary: &Commentary, quotes: Vec<QuoteRow>) -> Vec<ReportedQuote> {
    let mut by_id = by_id(quotes);
    let chosen = commentary.themes.iter().flat_map(|theme| &theme.quote_ids);
    chosen
        .filter_map(|id| by_id.remove(id))
        .map(|quote| {
            let (text, salt) = readable(&quote);
            ReportedQuote {
                id: quote.row.id,
                theme_id: quote.row.theme_id,
                respondent_group: quote.row.respondent_group,
                salt,
                hash: quote.row.hash,
                text,
            }
        })
        .collect()
}

/// Quotes as they were published, with those words that may still be read.
fn of_kept(kept: &[ReportedQuote], quotes: Vec<QuoteRow>) -> Vec<ReportedQuote> {
    let by_id = by_id(quotes);
    kept.iter()
        .map(|quote| {
            let (text, salt) = by_id.get(&quote.id).map(readable).unwrap_or_default();
            ReportedQuote {
                text,
                salt,
                ..quote.clone()
            }
        })
        .collect()
}

fn by_id(quotes: Vec<QuoteRow>) -> HashMap<QuoteId, QuoteRow> {
    quotes.into_iter().map(|quote| (quote.row.id, quote)).collect()
}

/// The words and the salt of a quote. Words of what was published are shown with the salt by which they can be checked, or not at all.
fn readable(QuoteRow { row, text }: &QuoteRow) -> (Option<String>, Option<String>) {
    let text = text.clone().filter(|_| row.hash.is_none() || row.salt.is_some());
    let salt = row.salt.clone().filter(|_| text.is_some());
    (text, salt)
}

/// Keeps a report as it is published.
pub async fn keep(tx: &Tx, report: &Report) -> Result<(), Problem> {
    let kept = serde_json::to_vec(&digest::kept(report.clone())).map_err(Problem::internal)?;
    tx.keep_report_document(report.id, kept).await
}

/// Keeps reports that were published before that was done, each where it still is what was published; of replicas that sweep at once
/// one keeps it. What is something else by now is named by `collate check`.
///
/// # Errors
/// Where the database does not answer.
pub async fn sweep(store: &Opened) -> Result<(), Problem> {
    for id in store.read(async |tx| tx.reports_to_keep().await).await? {
        store
            .write(async move |tx| {
                let Some(row) = tx.report_to_keep(id).await? else {
                    return Ok(());
                };
                let report = Parts::read(tx, row).await?.document();
                let is = digest::digest(&report).map_err(Problem::internal)?;
                if report.digest.as_ref() == Some(&is) {
                    keep(tx, &report).await?;
                } else {
                    tracing::warn!(report = %id, "it is not what was published, and was not kept");
                }
                Ok(())
            })
            .await?;
    }
    Ok(())
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

/// Reports that are not what was published any more, and those whose release now has other figures; each in a sentence.
pub async fn moved(tx: &Tx) -> Result<Vec<String>, Problem> {
    let mut moved = Vec::new();
    for row in tx.every_published_report().await? {
        let id = row.id;
        let release = tx.release_tables(row.release_id).await;
        let parts = Parts::read(tx, row).await;
        let (Ok((collation, cuts)), Ok(parts)) = (release, parts) else {
            moved.push(format!("reports {id} cannot be read, or its release cannot"));
            continue;
        };
        let report = parts.document();
        let read = serde_json::to_vec(&report).map_err(Problem::internal)?;
        if let Err(broken) = digest::verify(&read) {
            moved.push(format!("reports {id} is not what was published: {broken}"));
        }
        let other = other_figures(report, collation, &cuts);
        if !other.is_empty() {
            let other: Vec<_> = other.into_iter().collect();
            moved.push(format!(
                "reports {id} was published with other figures than its release has now, in: {}",
                other.join(", ")
            ));
        }
    }
    Ok(moved)
}

/// Where a report has other figures than its release. Figures are looked for by the keys of their rows and columns: what they are called
/// and where they stand is of the report alone, and may be otherwise in what is made today.
fn other_figures(report: Report, collation: Collation, cuts: &[(Cut, CrossTab)]) -> BTreeSet<String> {
    let Report {
        collation: published,
        tables,
        id,
        ..
    } = digest::kept(report);
    let mut other = BTreeSet::new();
    if published != collation {
        other.insert("collation".to_owned());
    }
    let released = report_tables(id, &collation, cuts).tables;
    for table in &tables {
        let now = released.iter().find(|now| now.name == table.name);
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let figure = |cell: &TableCell| (cell.value, cell.status);
                let now = now.and_then(|now| now.cell(&row.key, &column.key));
                if now
                    .zip(cell.as_ref())
                    .is_some_and(|(now, was)| figure(now) != figure(was))
                {
                    other.insert(table.name.clone());
                }
            }
        }
    }
    other
}
