//! The shelf: published reports that were read, and what was made of them, as long as nothing moved.
//!
//! Invariant: each thing on it carries up to which state of the database it is known to stand, and counts for no later one. It runs no query
//! and knows no caller: `reading.rs` does.

use crate::{
    http::{content::Content, problem::Problem},
    reporting::formats::{Format, charts, csv, page, rendered},
    store::sight::{AsOf, StandsAsOf},
};
use domain::{
    disclosure::Moved,
    id::{ConsultationId, ReleaseId, ReportId},
    report::{Aftermath, Report},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use time::Date;
use tokio::sync::OnceCell;

/// Reports of which documents and files are kept.
const REPORTS_KEPT: usize = 16;
/// Pairs of releases of which it is kept what moved between them: of large consultations that is some megabytes each.
const MOVED_KEPT: usize = 4;
/// Other answers to strangers that are kept.
const TOLD_KEPT: usize = 64;

/// What is made of a report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Made {
    /// The whole in one form.
    Whole(Format),
    /// One table as CSV.
    Table(String),
    /// One picture.
    Chart(String),
    /// In easy read.
    EasyRead,
    /// What was decided.
    WeDid,
}

impl Made {
    /// Its media type.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Whole(format) => format.content_type(),
            Self::Table(_) => Format::Csv.content_type(),
            Self::Chart(_) => "image/svg+xml",
            Self::EasyRead | Self::WeDid => Format::Html.content_type(),
        }
    }
}

/// What strangers are told beside the reports themselves. Whoever shows a token is told what they reach, and that is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// The front page.
    Front,
    /// What was decided on a consultation, as of a day.
    Answer(ConsultationId, Date),
    /// What a report says otherwise than the one that was named.
    Changes(ReportId, Option<String>),
}

/// Published reports that were read, and what was made of them.
#[derive(Debug, Default)]
pub struct Shelf {
    held: Mutex<HashMap<ReportId, Arc<Held>>>,
    /// By reference, the report that was the latest.
    latest: Mutex<HashMap<String, (AsOf, ReportId)>>,
    /// What strangers are told of all reports, or of one, that is no form of it.
    told: Mutex<HashMap<Told, (AsOf, Content)>>,
    /// Why figures of two releases differ, which never changes.
    moved: Mutex<HashMap<(ReleaseId, ReleaseId), Arc<Moved>>>,
}

/// One published report.
#[derive(Debug)]
pub(super) struct Held {
    pub report: Report,
    after: Aftermath,
    /// A hash of all of it that can move.
    pub state: [u8; 32],
    pub public: bool,
    /// Up to which state of the database it is known to be so.
    as_of: StandsAsOf,
    made: Mutex<HashMap<Made, Arc<OnceCell<Content>>>>,
}

impl Shelf {
    /// What strangers were told, if nothing was written since.
    pub fn told(&self, what: &Told, as_of: AsOf) -> Option<Content> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, content) = told.get(what)?;
        (*known >= as_of).then(|| content.clone())
    }

    /// What moved between two releases, if it was worked out before.
    pub fn moved(&self, releases: (ReleaseId, ReleaseId)) -> Option<Arc<Moved>> {
        let moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        moved.get(&releases).cloned()
    }

    /// Keeps what moved between two releases.
    pub fn keep_moved(&self, releases: (ReleaseId, ReleaseId), moved: Arc<Moved>) {
        let mut all = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOVED_KEPT {
            all.clear();
        }
        all.insert(releases, moved);
    }

    /// Keeps what strangers are told, and gives it back as it is kept.
    pub fn tell(&self, what: Told, as_of: AsOf, content: Content) -> Content {
        let content = content.kept();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= TOLD_KEPT {
            told.clear();
        }
        told.insert(what, (as_of, content.clone()));
        content
    }

    /// The report that was the latest of a consultation, by its id or reference.
    pub(super) fn latest(&self, name: &str, as_of: AsOf) -> Option<ReportId> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, id) = latest.get(name)?;
        (*known >= as_of).then_some(*id)
    }

    /// Keeps which report is the latest.
    pub(super) fn keep_latest(&self, name: &str, as_of: AsOf, id: ReportId) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= REPORTS_KEPT {
            latest.clear();
        }
        latest.insert(name.to_owned(), (as_of, id));
    }

    /// A report, whatever it is known to stand for.
    pub(super) fn get(&self, id: ReportId) -> Option<Arc<Held>> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// Puts a report there as it is now, in the place of what it was. What is there already, and the same, stays.
    pub(super) fn put(&self, id: ReportId, held: Held) -> Arc<Held> {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = all.get(&id)
            && known.state == held.state
        {
            known.stood(held.as_of());
            return known.clone();
        }
        if all.len() >= REPORTS_KEPT && !all.contains_key(&id) {
            // The one that nobody asked for longest.
            let oldest = all.iter().min_by_key(|(_, held)| held.as_of()).map(|(id, _)| *id);
            oldest.and_then(|id| all.remove(&id));
        }
        let held = Arc::new(held);
        all.insert(id, held.clone());
        held
    }
}

impl Held {
    /// A report as it was read, of which nothing is made yet.
    pub fn new(report: Report, after: Aftermath, state: [u8; 32], public: bool, as_of: AsOf) -> Self {
        Self {
            report,
            after,
            state,
            public,
            as_of: StandsAsOf::new(as_of),
            made: Mutex::default(),
        }
    }

    /// Up to which state of the database it is known to be so.
    pub fn as_of(&self) -> AsOf {
        self.as_of.get()
    }

    /// Notes that it is so still.
    pub fn stood(&self, as_of: AsOf) {
        self.as_of.stood(as_of);
    }

    /// What is made of it, kept once it was made, and made once however many ask.
    pub async fn file(self: &Arc<Self>, made: Made) -> Result<Content, Problem> {
        let kept = {
            let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            // Names that nothing stands under are not kept: anybody could name as many as they like.
            match &made {
                Made::Table(name) if self.report.table(name).is_none() => return Err(Problem::not_found()),
                Made::Chart(name) if self.report.table(name).is_none_or(|table| table.chart.is_none()) => {
                    return Err(Problem::not_found());
                }
                _ => all.entry(made.clone()).or_default().clone(),
            }
        };
        let file = kept.get_or_try_init(|| self.make(made)).await?;
        Ok(file.clone())
    }

    async fn make(self: &Arc<Self>, made: Made) -> Result<Content, Problem> {
        let (held, kind) = (self.clone(), made.kind());
        let making = actix_web::web::block(move || match &made {
            Made::Whole(format) => rendered(*format, &held.report, &held.after),
            Made::Table(name) => table(&held.report, name),
            Made::Chart(name) => chart(&held.report, name),
            Made::EasyRead => Ok(page::easy_read(&held.report, &held.after).into_bytes()),
            Made::WeDid => Ok(page::we_did(&held.report, &held.after).into_bytes()),
        });
        let bytes = making.await.map_err(Problem::internal)??;
        Ok(Content::new(bytes, kind).kept())
    }

    /// What its files are called, without how they end: which report is meant where only its id is said.
    pub fn name(&self) -> String {
        let plain = |letter: char| {
            if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') {
                letter
            } else {
                '-'
            }
        };
        let reference = self.report.consultation.reference.chars();
        format!(
            "{}-report-{}",
            reference.map(plain).collect::<String>(),
            self.report.number
        )
    }
}

fn table(report: &Report, name: &str) -> Result<Vec<u8>, Problem> {
    let table = report.table(name).ok_or_else(Problem::not_found)?;
    Ok(csv::table(report, table))
}

fn chart(report: &Report, name: &str) -> Result<Vec<u8>, Problem> {
    let drawn = charts::chart(report, name).ok_or_else(Problem::not_found)?;
    Ok(drawn.into_bytes())
}
