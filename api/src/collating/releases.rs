//! Releases: a lead decides that controlled figures leave, and from then on everybody who may not see exact ones reads
//! the latest release, frozen, whatever is written afterwards.
//!
//! Refused: controlled figures made for each request. Two looks around one write, or two filters around one person,
//! could be subtracted from each other.

use crate::{
    auth::permission::{MakeRelease, ReadReleases},
    collating::looks::Reading,
    error::Code,
    http::{
        access::Access,
        answer::{Created, One, Rendered, Reply, Resource},
        ask::{At, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Fault, Problem},
    },
    state::State,
    store::{
        Opened, Tx,
        releasing::{COLLATION, LatestRelease},
    },
};
use domain::{
    collate::{
        Axis, CollatedTheme, Collation, ConsensusAnswer, CrossTab, Differences, Dimension, Quote, Unit,
        released_across_groups, released_differences,
    },
    disclosure::{
        CONTAINERS_THAT_DIFFER, CONTRIBUTIONS_THAT_DIFFER, Cut, Exact, Releasable, Release, Tables, basis,
        difference, provenance, release, tabulate,
    },
    facts::Facts,
    id::{ConsultationId, ContributionId, ReleaseId, UserId},
    life::Status,
    limits,
    moment::Moment,
    screening::{Confidence, RegisterNames, screen},
    text::Prose,
    vocabulary::{PolicyId, QuestionKind, Role, ThemeStatus},
};
use entity::{
    json::{Cuts, NamedQuote, NamedQuotes},
    releases,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};
use utoipa::ToSchema;
use validator::Validate;

/// Words that a lead lets be quoted although the count behind them is hidden.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NamedQuoteInput {
    pub contribution_id: ContributionId,
    /// Why this is right for whoever said it.
    #[validate(nested)]
    pub reason: Prose,
}

/// A release to make.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReleaseInput {
    /// Tables beside those that every release holds: themes, questions and sections by each single dimension.
    #[serde(default)]
    #[validate(length(max = limits::CUTS, message = "At most 50 cuts."))]
    #[schema(max_items = 50)]
    pub cuts: Vec<Cut>,
    /// Quotes to be shown although their count is hidden, each with a reason.
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 quotes."))]
    #[schema(max_items = 1000)]
    pub quotes: Vec<NamedQuoteInput>,
    /// What this release is for; seen by leads and the auditor.
    #[validate(nested)]
    pub note: Option<Prose>,
}

/// A release: which tables left, when.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    pub id: ReleaseId,
    pub consultation_id: ConsultationId,
    /// From 1, without gaps.
    pub number: i32,
    pub policy: PolicyId,
    /// Every table that it holds.
    pub cuts: Vec<Cut>,
    pub made_at: Moment,
    /// Of the exact figures behind it; for leads and the auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// For leads and the auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Quotes released by name; for leads and the auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quotes: Option<Vec<NamedQuoteView>>,
    /// For leads and the auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<UserId>,
}

/// A quote that was released by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct NamedQuoteView {
    pub contribution_id: ContributionId,
    pub reason: String,
}

impl Resource for ReleaseView {
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/consultations/{}/releases/{}", self.consultation_id, self.id)
    }
}

impl ReleaseView {
    /// `inside` are those who know what stands behind it.
    fn new(row: releases::Model, inside: bool) -> Self {
        let quotes = row.quotes.0.into_iter().map(|quote| NamedQuoteView {
            contribution_id: quote.contribution_id,
            reason: quote.reason,
        });
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            number: row.number,
            policy: row.policy,
            cuts: row.cuts.0,
            made_at: row.received_at,
            revision: inside.then_some(row.revision),
            note: row.note.filter(|_| inside),
            quotes: inside.then(|| quotes.collect()),
            made_by: inside.then_some(row.made_by),
        }
    }
}

fn cut_faults(facts: &Facts, cuts: &[Cut]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |at: usize, field: &str, code: &str, detail: &str| {
        faults.push(Fault {
            pointer: format!("/cuts/{at}/{field}"),
            code: code.into(),
            detail: detail.into(),
        });
    };
    for (at, cut) in cuts.iter().enumerate() {
        match (cut.rows, cut.question) {
            (Axis::Answer, number) => {
                let questions = &facts.register().questions;
                let closed = number.is_some_and(|number| {
                    questions
                        .iter()
                        .any(|one| one.number == number && one.kind != QuestionKind::Open)
                });
                if !closed {
                    fault(
                        at,
                        "question",
                        "not-closed",
                        "Rows of answers need the number of a closed question.",
                    );
                }
                if !matches!(cut.unit, None | Some(Unit::People)) {
                    fault(at, "unit", "not-counted", "People is the only unit of answers.");
                }
            }
            (_, Some(_)) => fault(
                at,
                "question",
                "not-taken",
                "Only rows of answers are of one question.",
            ),
            _ => {
                if cut.unit == Some(Unit::People) {
                    fault(at, "unit", "not-counted", "People are counted by answers only.");
                } else if !cut.can_be_released() {
                    fault(
                        at,
                        "unit",
                        "not-released",
                        "Stances are released in contributions only.",
                    );
                }
            }
        }
    }
    faults
}

/// Refuses what a coder only proposed, and codes and labels that may say who somebody is: they leave as they were typed,
/// and no consent stands behind them.
///
/// # Errors
/// 409 `codeframe-not-ready`, naming the themes.
fn codeframe_is_ready(facts: &Facts, exact: &Exact<Tables>, register: &RegisterNames) -> Result<(), Problem> {
    let candidates: HashSet<_> = facts
        .register()
        .themes
        .iter()
        .filter(|theme| theme.status == ThemeStatus::Candidate)
        .map(|theme| theme.id)
        .collect();
    let named = |wanted: &dyn Fn(&CollatedTheme) -> bool| {
        let themes = exact.themes().iter().filter(|theme| wanted(theme));
        themes.map(|theme| theme.code.as_str()).collect::<Vec<_>>()
    };
    let names_somebody = |text: &str| {
        screen(text, register)
            .iter()
            .any(|flag| flag.confidence != Confidence::Low)
    };
    let proposed = named(&|theme| candidates.contains(&theme.id));
    let personal = named(&|theme| names_somebody(&theme.code) || names_somebody(&theme.label));
    let mut detail = Vec::new();
    if !proposed.is_empty() {
        detail.push(format!(
            "Agree or merge these themes, which are only candidates: {}.",
            proposed.join(", ")
        ));
    }
    if !personal.is_empty() {
        detail.push(format!(
            "Change the code or the label of these themes, in which the personal-data screen sees somebody: {}.",
            personal.join(", ")
        ));
    }
    match detail.is_empty() {
        true => Ok(()),
        false => Err(Problem::new(Code::CodeframeNotReady, detail.join(" "))),
    }
}

/// Quotes that are named and are none of `may`.
fn quote_faults(
    input: &ReleaseInput,
    may: &BTreeSet<ContributionId>,
    code: &str,
    detail: &str,
) -> Vec<Fault> {
    let quotes = input.quotes.iter().enumerate();
    quotes
        .filter(|(_, quote)| !may.contains(&quote.contribution_id))
        .map(|(at, _)| Fault {
            pointer: format!("/quotes/{at}/contribution_id"),
            code: code.into(),
            detail: detail.into(),
        })
        .collect()
}

/// What a release is made of, the same kept small, for the next, and what stands behind each of its figures.
fn count(
    facts: &Facts,
    input: &ReleaseInput,
    register: &RegisterNames,
) -> Result<(Exact<Tables>, Vec<u8>, Vec<u8>), Problem> {
    let mut faults = cut_faults(facts, &input.cuts);
    let named: BTreeSet<_> = input.quotes.iter().map(|quote| quote.contribution_id).collect();
    let quotable = facts.quotable(&named);
    faults.extend(quote_faults(
        input,
        &quotable,
        "not-quotable",
        "This is no contribution of the consultation that may be quoted.",
    ));
    if !faults.is_empty() {
        return Err(Problem::of_faults(Code::Invalid, faults));
    }
    let exact = tabulate(facts, &input.cuts, &named);
    let faults = quote_faults(
        input,
        &exact.quoted(),
        "not-coded",
        "It has no theme, and quotes stand under themes. Code it first.",
    );
    if !faults.is_empty() {
        return Err(Problem::of_faults(Code::Invalid, faults));
    }
    codeframe_is_ready(facts, &exact, register)?;
    Ok((exact, basis(facts), provenance(facts)))
}

/// A release that was counted and protected, and is not stored yet.
pub(crate) struct Prepared {
    consultation: ConsultationId,
    input: ReleaseInput,
    before: Option<LatestRelease>,
    number: i32,
    revision: u64,
    policy: PolicyId,
    released: Releasable<Release>,
    basis: Vec<u8>,
    provenance: Vec<u8>,
}

/// Counts what a release would hold, and protects it.
///
/// # Errors
/// What stands against a release, but that it would differ too little from those before.
pub(crate) async fn prepare(
    state: &State,
    store: &Opened,
    consultation: ConsultationId,
    input: ReleaseInput,
) -> Result<Prepared, Problem> {
    let before = store
        .read(async |tx| {
            may_be_released(tx.consultation(consultation).await?.status)?;
            tx.latest_release(consultation).await
        })
        .await?;
    let number = before.map_or(0, |latest| latest.number) + 1;
    let names = state.known_names.current(store).await?;
    let work = move |facts: &Facts| count(facts, &input, &names).map(|counted| (counted, input));
    let ((exact, basis, provenance), input) = state.looks.with(store, consultation, work).await??;
    let (revision, policy) = (exact.revision(), exact.policy());
    // Away from the facts: whoever reads them meanwhile must not wait for the attack.
    let released = actix_web::web::block(move || release(exact, number))
        .await
        .map_err(Problem::internal)?;
    Ok(Prepared {
        consultation,
        input,
        before,
        number,
        revision,
        policy,
        released,
        basis,
        provenance,
    })
}

/// Stores a release, unless one before it could be subtracted from it.
///
/// # Errors
/// 409 `too-little-changed`.
pub(crate) async fn keep(tx: &Tx, prepared: Prepared) -> Result<releases::Model, Problem> {
    let id = prepared.consultation;
    // Releases of one consultation come one after the other, so that each is compared with those before.
    tx.hold(id.0).await?;
    may_be_released(tx.consultation_held(id).await?.status)?;
    let earlier = tx.earlier_releases(id).await?;
    if earlier.first().copied() != prepared.before {
        return Err(Problem::new(
            Code::TooLittleChanged,
            "Somebody made a release just now. Read it first.",
        ));
    }
    // Every one, not only the last: what was added for one and taken back for the next leaves two that hardly differ.
    for one in earlier {
        let apart = difference(&tx.release_basis(one.id).await?, &prepared.basis);
        if !apart.is_enough() {
            return Err(Problem::new(
                Code::TooLittleChanged,
                format!(
                    "Release {} could be subtracted from this one. At least {CONTRIBUTIONS_THAT_DIFFER} \
                     contributions of {CONTAINERS_THAT_DIFFER} discussions or responses must differ; so far {} \
                     contributions of {} discussions or responses differ.",
                    one.number, apart.contributions, apart.containers
                ),
            ));
        }
    }
    let quotes = prepared.input.quotes.into_iter().map(|quote| NamedQuote {
        contribution_id: quote.contribution_id,
        reason: quote.reason.into_string(),
    });
    let released = prepared.released;
    let row = releases::Model {
        id: crate::clock::new_id(),
        consultation_id: id,
        number: prepared.number,
        policy: prepared.policy,
        revision: prepared.revision as i64,
        cuts: Cuts(released.get().tables.iter().map(|table| table.cut).collect()),
        quotes: NamedQuotes(quotes.collect()),
        note: prepared.input.note.map(Into::into),
        made_by: tx.user()?,
        received_at: tx.now,
    };
    tx.add_release(row.clone(), &released, prepared.basis, prepared.provenance)
        .await?;
    Ok(row)
}

/// `POST /v1/consultations/{id}/releases`
pub async fn create(
    access: Access<MakeRelease, (At<ConsultationId>, Valid<ReleaseInput>)>,
) -> Reply<Created<ReleaseView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let store = access.store();
    let prepared = prepare(access.state(), &store, id, input).await?;
    let job = store.post(async move |tx| Ok(Created(ReleaseView::new(keep(tx, prepared).await?, true))));
    job.await
}

/// Refuses a release, or a report, of what is still taken in, or was given up.
///
/// # Errors
/// 409 with how it stands.
pub(crate) fn may_be_released(status: Status) -> Result<(), Problem> {
    match status {
        Status::Closed | Status::Analysing | Status::Reported | Status::Delivered | Status::Answered => {
            Ok(())
        }
        status => Err(Problem::new(
            Code::NotClosed,
            format!(
                "It is {status}. Close it first: figures that leave while feedback comes in could be subtracted."
            ),
        )),
    }
}

/// `GET /v1/consultations/{id}/releases`
pub async fn list(
    access: Access<ReadReleases, (At<ConsultationId>, Listing<NoFilters>)>,
) -> Reply<Items<ReleaseView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let rows = access
        .store()
        .read(async |tx| {
            tx.consultation(id).await?;
            tx.releases(id, page).await
        })
        .await?;
    let inside = is_inside(&access);
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| ReleaseView::new(row, inside),
    ))
}

/// `GET /v1/consultations/{id}/releases/{release_id}`
pub async fn show(access: Access<ReadReleases, At<(ConsultationId, ReleaseId)>>) -> Reply<One<ReleaseView>> {
    let (At((consultation, id)), access) = access.split();
    let row = access
        .store()
        .read(async |tx| {
            tx.consultation(consultation).await?;
            tx.release(consultation, id).await
        })
        .await?;
    Ok(One(ReleaseView::new(row, is_inside(&access))))
}

fn is_inside(access: &Access<ReadReleases>) -> bool {
    access.reach().is_lead() || access.reach().is(Role::Auditor)
}

/// The latest release, in the hands of a caller who gets nothing else.
pub(super) struct Released {
    latest: LatestRelease,
    /// Whether the caller may read words, or numbers only.
    with_words: bool,
}

impl Released {
    pub fn new(latest: LatestRelease, with_words: bool) -> Self {
        Self { latest, with_words }
    }

    /// A document of the release, byte for byte as it was stored.
    pub async fn document<V: Send + Sync + 'static>(
        &self,
        state: &State,
        store: &Opened,
        name: &str,
    ) -> Result<Arc<Rendered<V>>, Problem> {
        let release = self.latest.id;
        let read = async || {
            let found = store
                .read(async |tx| match tx.release_document(release, name).await? {
                    Some(body) => Ok(body),
                    None => Err(tx.cut_not_released(release, name).await?),
                })
                .await?;
            Ok(Rendered::new(found, "application/json"))
        };
        state.looks.frozen(format!("{release} {name}"), read).await
    }

    /// The refusal of what the release does not hold, which says what it does.
    pub async fn refused(&self, store: &Opened, asked: &str) -> Result<Problem, Problem> {
        let release = self.latest.id;
        store
            .read(async |tx| tx.cut_not_released(release, asked).await)
            .await
    }

    /// A document of the release, read back; nothing where it holds none of that name.
    async fn read_back<T: serde::de::DeserializeOwned>(
        &self,
        store: &Opened,
        name: &str,
    ) -> Result<Option<T>, Problem> {
        let release = self.latest.id;
        let body = store
            .read(async |tx| tx.release_document(release, name).await)
            .await?;
        body.map(|body| serde_json::from_slice(&body).map_err(Problem::internal))
            .transpose()
    }

    /// The figures of the collation, as they were stored.
    pub async fn figures(&self, state: &State, store: &Opened) -> Result<Collation, Problem> {
        let document: Arc<Rendered<Collation>> = self.document(state, store, COLLATION).await?;
        serde_json::from_slice(document.content.bytes()).map_err(Problem::internal)
    }

    /// Agreement across groups, made of nothing but what the release shows.
    pub async fn consensus(
        &self,
        state: &State,
        store: &Opened,
    ) -> Result<Arc<Rendered<ConsensusAnswer>>, Problem> {
        let render = async || {
            let collation = self.figures(state, store).await?;
            let statements = collation.questions.iter().filter(|one| one.consensus.is_some());
            let mut tables = BTreeMap::new();
            for number in statements.filter_map(|one| one.number) {
                for columns in [Dimension::RespondentGroup, Dimension::Setting] {
                    let cut = Cut {
                        rows: Axis::Answer,
                        columns,
                        unit: None,
                        question: Some(number),
                    };
                    if let Some(table) = self.read_back(store, &cut.to_string()).await? {
                        tables.insert((number, columns), table);
                    }
                }
            }
            Rendered::json(&released_across_groups(&collation, &tables))
        };
        let key = format!("{} consensus", self.latest.id);
        state.looks.frozen(key, render).await
    }

    /// Differences between respondent groups, made of nothing but what the release shows.
    pub async fn differences(
        &self,
        state: &State,
        store: &Opened,
    ) -> Result<Arc<Rendered<Differences>>, Problem> {
        let render = async || {
            let collation = self.figures(state, store).await?;
            let cut = Cut {
                rows: Axis::Theme,
                columns: Dimension::RespondentGroup,
                unit: None,
                question: None,
            };
            let table: Option<CrossTab> = self.read_back(store, &cut.to_string()).await?;
            let table = table.ok_or_else(|| Problem::internal("a release without its themes by who"))?;
            let codes = collation
                .themes
                .iter()
                .map(|theme| (theme.id, theme.code.clone()))
                .collect();
            Rendered::json(&released_differences(collation.consultation, &table, &codes))
        };
        let key = format!("{} differences", self.latest.id);
        state.looks.frozen(key, render).await
    }

    /// The collation, for those who read words with what may be quoted now.
    pub async fn collation(
        &self,
        state: &State,
        store: &Opened,
        id: ConsultationId,
        cut: &str,
    ) -> Result<Arc<Rendered<Collation>>, Problem> {
        let document: Arc<Rendered<Collation>> = self.document(state, store, cut).await?;
        if !self.with_words {
            return Ok(document);
        }
        let release = self.latest.id;
        let render = async |_: Reading| {
            let quotes = store.read(async |tx| tx.released_quotes(release).await).await?;
            let mut collation: Collation =
                serde_json::from_slice(document.content.bytes()).map_err(Problem::internal)?;
            for theme in &mut collation.themes {
                let own = quotes.iter().filter(|(quote, _)| quote.theme == theme.id);
                theme.quotes = own
                    .map(|(quote, text)| Quote {
                        contribution: quote.contribution,
                        version: quote.version,
                        text: text.clone(),
                        respondent_group: quote.respondent_group,
                    })
                    .collect();
            }
            Rendered::json(&collation)
        };
        // Consent is part of the facts: what changes it makes this answer anew.
        state
            .looks
            .rendered(store, id, format!("released {release}"), render)
            .await
    }
}
