//! What a report says otherwise than an earlier one, and why.
//!
//! What differs is of the two documents, which the caller may read both; so it tells nothing that they do not. Why is of what was kept
//! with their releases, which holds single contributions. Leads and the auditor read how many of each kind moved; everybody else reads
//! in a word what moved many: ten contributions of three tables or responses, as many as must differ between two releases. `other`
//! stands there whenever anything was counted anew, whether something else moved or not: said only where it holds, its absence would
//! tell that nobody took anything back.

use crate::{
    auth::permission::ReadReports,
    error::Code,
    http::{
        access::Anyone,
        answer::{Rendered, Reply},
        ask::{At, By},
        problem::{Fault, Problem},
    },
    reporting::{
        document::Parts,
        reports,
        shelf::{Shelf, Told},
    },
    store::{Opened, Tx},
};
use domain::{
    disclosure::{CONTAINERS_THAT_DIFFER, CONTRIBUTIONS_THAT_DIFFER, Moved, MovedOnes, Provenance},
    id::{ContributionId, QuoteId, ReleaseId, ReportId, ThemeId},
    moment::Moment,
    report::{
        Report,
        changes::{Changes, changes_knowing},
    },
    vocabulary::{ReportStatus, Role},
};
use entity::{contributions, reports as rows};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use utoipa::{IntoParams, ToSchema};

/// Against which report.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// An earlier published report of the same consultation, by its id or its number; without it the one before that still stands.
    pub since: Option<String>,
}

/// What a report says otherwise than an earlier one, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangesView {
    /// The report that was asked for.
    pub report: ComparedReport,
    /// The earlier one; null where none was published before.
    #[schema(required = true)]
    pub since: Option<ComparedReport>,
    /// What differs; null without an earlier report.
    #[schema(required = true)]
    pub changes: Option<Changes>,
    /// Why; null without an earlier report.
    #[schema(required = true)]
    pub reasons: Option<Reasons>,
    /// What became of the report itself since; null in a draft.
    #[schema(required = true)]
    pub since_publication: Option<SincePublication>,
}

/// One of the two reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedReport {
    pub id: ReportId,
    pub number: i32,
    pub status: ReportStatus,
    pub release_id: ReleaseId,
    /// Absent before publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// Null before publication.
    #[schema(required = true)]
    pub digest: Option<String>,
}

impl From<&rows::Model> for ComparedReport {
    fn from(row: &rows::Model) -> Self {
        Self {
            id: row.id,
            number: row.number,
            status: row.status,
            release_id: row.release_id,
            published_at: row.published_at,
            digest: row.digest.clone(),
        }
    }
}

/// What happened to a report since it was published. No figure of it moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct SincePublication {
    /// Quotes whose words were taken out, by their ids.
    pub quotes_taken_out: Vec<QuoteId>,
    /// The report that was published after it.
    #[schema(required = true)]
    pub superseded_by: Option<ReportId>,
}

/// Why figures moved, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More was said, or what was taken back counts again.
    Added,
    /// It was taken back by whoever said it, or withdrawn in review.
    Withdrawn,
    /// Coders looked again.
    Recoded,
    /// It counts as something else since it, or what it stands in, was corrected: for another question, group, respondent group.
    Corrected,
    /// Anything else, and whatever was of too few contributions to be named. It says nothing of whether there was any.
    Other,
}

/// Why figures moved between two reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reasons {
    /// The same in a sentence.
    pub about: String,
    /// Whether the two are of different releases. Where not, nothing was counted anew: figures are the same, and other differences are in
    /// what was written.
    pub counted_anew: bool,
    /// What moved many contributions; empty where nothing was counted anew.
    pub words: Vec<Reason>,
    /// For national leads and the auditor: how many of each kind. Absent for everybody else, where nothing was counted anew, and where a
    /// release was made before it was kept what stood behind its figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact: Option<ExactReasons>,
}

/// How many contributions moved between two releases, exactly. One may be in several of these.
/// Unit: contributions, where nothing else is said. Base: those that counted in either release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExactReasons {
    /// Counted in the later release alone.
    pub added: usize,
    /// Counted in the earlier release alone: the three that follow together.
    pub gone: usize,
    /// Of those gone: taken back by whoever said it, as it stands now.
    pub withdrawn: usize,
    /// Of those gone: what they stand in was withdrawn, in review or as a whole response, as it stands now.
    pub withdrawn_in_review: usize,
    /// Of those gone: neither, as it stands now: withdrawn for a while, or no part of the consultation any more.
    pub gone_otherwise: usize,
    /// Counted by another coding that says something else: other themes, set aside or no longer, decided or open again.
    pub recoded: usize,
    /// Counted by the same coding under other themes: these were merged, or stand under another.
    pub by_codeframe: usize,
    /// Counted in another version of itself: corrected, cleared, or not to be quoted any more. By itself that moves no figure.
    pub other_version: usize,
    pub moved: MovedCounts,
    /// Whose shows of hands and choices are others; those that came and went among them.
    /// Unit: discussions and responses. Base: those that counted in either release.
    pub answers: usize,
}

/// How many contributions count as something else than before, by what of them moved.
/// Unit: contributions. Base: those that counted in both releases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct MovedCounts {
    pub question: usize,
    pub section: usize,
    pub respondent_group: usize,
    pub setting: usize,
    pub stance: usize,
    /// Their table or response counts for another group, round, meeting or channel, or they stand in another.
    pub place: usize,
}

/// What is read of two reports before anything is compared.
struct Read {
    row: rows::Model,
    parts: Parts,
    since: Option<(rows::Model, Parts)>,
    why: Why,
}

/// What is at hand of why figures of two releases differ.
enum Why {
    /// They are of one release, or what stood behind one of them was not kept.
    Nothing,
    /// It was worked out before.
    Known(Arc<Moved>),
    /// What stood behind either, to work it out.
    Behind(Vec<u8>, Vec<u8>),
}

/// `GET /v1/reports/{id}/changes`
pub async fn show(asked: Anyone<ReadReports, (At<ReportId>, By<Since>)>) -> Reply<Rendered<ChangesView>> {
    let ((At(id), By(Since { since })), access) = asked.split();
    let in_numbers = access.reach().is_lead() || access.reach().is(Role::Auditor);
    let store = access.store();
    let as_of = store.as_of().await?;
    let (shelf, told) = (&access.state().shelf, Told::Changes(id, since.clone()));
    if access.is_stranger()
        && let Some(content) = shelf.told(&told, as_of)
    {
        return Ok(Rendered::of(content));
    }
    let read = store
        .read_at_one_moment(async |tx| read(tx, shelf, id, since.as_deref(), in_numbers).await)
        .await?;
    let Read {
        row,
        parts,
        since,
        why,
    } = read;
    let since_row = since.as_ref().map(|(row, _)| row.clone());
    // Away from the requests: documents are put together, and what stood behind two releases is read whole.
    let compared = actix_web::web::block(move || {
        let same_words = since.as_ref().map(|(_, before)| same_words(before, &parts));
        let report = parts.document();
        let changes = since
            .zip(same_words)
            .map(|((_, before), same)| changes_knowing(&before.document(), &report, &same));
        let moved = match why {
            Why::Nothing => None,
            Why::Known(moved) => Some(moved),
            Why::Behind(before, after) => Some(Arc::new(moved(&before, &after)?)),
        };
        Ok::<_, Problem>((since_publication(&report), changes, moved))
    });
    let (since_publication, changes, moved) = compared.await.map_err(Problem::internal)??;
    if let (Some(before), Some(moved)) = (&since_row, &moved) {
        shelf.keep_moved((before.release_id, row.release_id), moved.clone());
    }
    let reasons = match &since_row {
        Some(before) => Some(reasons(&store, before, &row, moved, in_numbers).await?),
        None => None,
    };
    let answer = Rendered::json(&ChangesView {
        report: ComparedReport::from(&row),
        since: since_row.as_ref().map(ComparedReport::from),
        changes,
        reasons,
        since_publication,
    })?;
    match access.is_stranger() {
        true => Ok(Rendered::of(shelf.tell(told, as_of, answer.content))),
        false => Ok(answer),
    }
}

async fn read(
    tx: &Tx,
    shelf: &Shelf,
    id: ReportId,
    since: Option<&str>,
    in_numbers: bool,
) -> Result<Read, Problem> {
    let (row, _) = tx.report(id).await?;
    if row.status == ReportStatus::Retracted {
        return Err(reports::retracted(tx, &row).await?);
    }
    let since = match since {
        Some(named) => Some(named_by(tx, &row, named, in_numbers).await?),
        None => the_one_before(tx, &row).await?,
    };
    let why = match &since {
        Some(before) if before.release_id != row.release_id => {
            let releases = (before.release_id, row.release_id);
            match shelf.moved(releases) {
                Some(moved) => Why::Known(moved),
                None => {
                    let behind = tx.release_provenance(releases.0).await?;
                    let behind = behind.zip(tx.release_provenance(releases.1).await?);
                    behind.map_or(Why::Nothing, |(before, after)| Why::Behind(before, after))
                }
            }
        }
        _ => Why::Nothing,
    };
    let since = match since {
        Some(before) => Some((before.clone(), Parts::read(tx, before).await?)),
        None => None,
    };
    Ok(Read {
        parts: Parts::read(tx, row.clone()).await?,
        row,
        since,
        why,
    })
}

/// Whether one was published before the other; everything published was, before a draft.
fn is_before(earlier: &rows::Model, row: &rows::Model) -> bool {
    row.published_at.is_none() || (earlier.published_at, earlier.number) < (row.published_at, row.number)
}

/// The last report before this one that stands and that the caller may read.
async fn the_one_before(tx: &Tx, row: &rows::Model) -> Result<Option<rows::Model>, Problem> {
    let published = tx.published_reports(row.consultation_id).await?;
    let standing = published
        .into_iter()
        .rev()
        .filter(|other| other.status == ReportStatus::Published && is_before(other, row));
    for other in standing {
        if Problem::absent(tx.report(other.id).await)?.is_some() {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// The report that `since` names.
///
/// # Errors
/// 400 where it names none or a later one; 404 where there is none that the caller may read; 410 where it was retracted, but for leads
/// and the auditor, who are asked why it was.
async fn named_by(tx: &Tx, row: &rows::Model, named: &str, in_numbers: bool) -> Result<rows::Model, Problem> {
    let refused = |code: &str, detail: &str| {
        Problem::of_faults(
            Code::BadParameter,
            vec![Fault {
                pointer: "/since".into(),
                code: code.into(),
                detail: detail.into(),
            }],
        )
    };
    let by_id = named.parse::<ReportId>().ok();
    let by_number = named.parse::<i32>().ok();
    if by_id.is_none() && by_number.is_none() {
        return Err(refused(
            "bad-parameter",
            "Name an earlier published report of the same consultation, by its id or its number.",
        ));
    }
    let published = tx.published_reports(row.consultation_id).await?;
    let other = published
        .into_iter()
        .find(|other| Some(other.id) == by_id || Some(other.number) == by_number);
    let unknown = || {
        Problem::new(
            Code::NotFound,
            "`since` names no published report of this consultation that you may read; leave it out for the one before.",
        )
    };
    let other = other.ok_or_else(unknown)?;
    Problem::absent(tx.report(other.id).await)?.ok_or_else(unknown)?;
    if !is_before(&other, row) {
        return Err(refused(
            "not-earlier",
            "It was not published before this report. Ask at the later one, and name the earlier.",
        ));
    }
    match other.status {
        ReportStatus::Retracted if !in_numbers => Err(reports::retracted(tx, &other).await?),
        _ => Ok(other),
    }
}

/// Quotes of two reports that are of the same words under the same theme, the earlier's to the later's.
fn same_words(before: &Parts, after: &Parts) -> HashMap<QuoteId, QuoteId> {
    let of = |parts: &Parts| -> HashMap<(ContributionId, i32, ThemeId), QuoteId> {
        let rows = parts.moving.quotes.iter().map(|quote| &quote.row);
        rows.map(|row| {
            (
                (row.contribution_id, row.contribution_version, row.theme_id),
                row.id,
            )
        })
        .collect()
    };
    let after = of(after);
    of(before)
        .into_iter()
        .filter_map(|(words, id)| Some((id, *after.get(&words)?)))
        .collect()
}

fn since_publication(report: &Report) -> Option<SincePublication> {
    report.published_at.is_some().then(|| SincePublication {
        quotes_taken_out: report
            .quotes
            .iter()
            .filter(|quote| quote.text.is_none())
            .map(|quote| quote.id)
            .collect(),
        superseded_by: report.superseded_by,
    })
}

fn moved(before: &[u8], after: &[u8]) -> Result<Moved, Problem> {
    let before = Provenance::read(before).map_err(Problem::internal)?;
    let after = Provenance::read(after).map_err(Problem::internal)?;
    Ok(before.moved_to(&after))
}

/// Why figures moved, as far as this caller is told.
async fn reasons(
    store: &Opened,
    before: &rows::Model,
    after: &rows::Model,
    moved: Option<Arc<Moved>>,
    in_numbers: bool,
) -> Result<Reasons, Problem> {
    if before.release_id == after.release_id {
        return Ok(Reasons {
            about: "Both are of the same release: nothing was counted anew.".into(),
            counted_anew: false,
            words: Vec::new(),
            exact: None,
        });
    }
    let Some(moved) = moved else {
        return Ok(Reasons {
            about: "They are of different releases, and one was made before it was kept what stood behind its figures: why they differ \
                    cannot be said."
                .into(),
            counted_anew: true,
            words: vec![Reason::Other],
            exact: None,
        });
    };
    let gone = Gone::read(store, after.consultation_id, &moved).await?;
    Ok(Reasons {
        about: format!(
            "They are of different releases. A reason is named where it moved at least {CONTRIBUTIONS_THAT_DIFFER} contributions of at \
             least {CONTAINERS_THAT_DIFFER} tables or responses; `other` stands for whatever else moved, if anything did."
        ),
        counted_anew: true,
        words: in_words(&moved, &gone),
        exact: in_numbers.then(|| exactly(&moved, &gone)),
    })
}

/// What became of contributions that count no more.
#[derive(Debug, Default)]
struct Gone {
    withdrawn: usize,
    in_review: usize,
    /// Whether what was withdrawn either way is enough to be named.
    is_many: bool,
}

impl Gone {
    async fn read(store: &Opened, of: domain::id::ConsultationId, moved: &Moved) -> Result<Self, Problem> {
        let ids = &moved.gone.contributions;
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let (said, places) = store
            .read(async |tx| {
                let said = tx.contributions_to_quote(of, ids).await?;
                let places: HashSet<ContributionId> = tx.in_withdrawn(&said).await?.into_iter().collect();
                Ok((said, places))
            })
            .await?;
        let (own, rest): (Vec<_>, Vec<_>) = said.iter().partition(|one| one.withdrawn_at.is_some());
        let in_review: Vec<_> = rest.into_iter().filter(|one| places.contains(&one.id)).collect();
        let place = |one: &&contributions::Model| {
            let table = one.discussion_id.map(|id| id.0);
            table.or(one.response_id.map(|id| id.0))
        };
        let containers: HashSet<_> = own.iter().chain(&in_review).filter_map(place).collect();
        Ok(Self {
            withdrawn: own.len(),
            in_review: in_review.len(),
            is_many: is_many(own.len() + in_review.len(), containers.len()),
        })
    }
}

/// Whether so many contributions, of so many tables and responses, are enough that naming their reason tells of nobody.
const fn is_many(contributions: usize, containers: usize) -> bool {
    contributions >= CONTRIBUTIONS_THAT_DIFFER && containers >= CONTAINERS_THAT_DIFFER
}

fn in_words(moved: &Moved, gone: &Gone) -> Vec<Reason> {
    let many = |ones: &MovedOnes| is_many(ones.contributions.len(), ones.containers.len());
    let named = [
        (many(&moved.added), Reason::Added),
        (gone.is_many, Reason::Withdrawn),
        (many(&moved.recoded), Reason::Recoded),
        (many(&moved.counted_as_else), Reason::Corrected),
        (true, Reason::Other),
    ];
    named
        .iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, reason)| *reason)
        .collect()
}

fn exactly(moved: &Moved, gone: &Gone) -> ExactReasons {
    let count = |ones: &MovedOnes| ones.contributions.len();
    let all_gone = count(&moved.gone);
    ExactReasons {
        added: count(&moved.added),
        gone: all_gone,
        withdrawn: gone.withdrawn,
        withdrawn_in_review: gone.in_review,
        gone_otherwise: all_gone.saturating_sub(gone.withdrawn + gone.in_review),
        recoded: count(&moved.recoded),
        by_codeframe: count(&moved.by_codeframe),
        other_version: count(&moved.other_version),
        moved: MovedCounts {
            question: count(&moved.question),
            section: count(&moved.section),
            respondent_group: count(&moved.respondent_group),
            setting: count(&moved.setting),
            stance: count(&moved.stance),
            place: count(&moved.place),
        },
        answers: moved.answers.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ones(count: u128, containers: u128) -> MovedOnes {
        MovedOnes {
            contributions: (0..count).map(|at| uuid::Uuid::from_u128(at).into()).collect(),
            containers: (0..containers).map(uuid::Uuid::from_u128).collect(),
        }
    }

    #[test]
    fn what_moved_few_is_not_told_from_what_moved_none() {
        let told = |moved: Moved| in_words(&moved, &Gone::default());
        let nothing = told(Moved::default());
        assert_eq!(nothing, [Reason::Other]);
        for few in [ones(1, 1), ones(9, 9), ones(50, 2)] {
            let moved = Moved {
                added: few.clone(),
                recoded: few.clone(),
                counted_as_else: few.clone(),
                by_codeframe: few,
                ..Moved::default()
            };
            assert_eq!(told(moved), nothing);
        }
        let moved = Moved {
            recoded: ones(10, 3),
            ..Moved::default()
        };
        assert_eq!(told(moved), [Reason::Recoded, Reason::Other]);
        let gone = Gone {
            is_many: true,
            ..Gone::default()
        };
        assert_eq!(
            in_words(&Moved::default(), &gone),
            [Reason::Withdrawn, Reason::Other]
        );
    }
}
