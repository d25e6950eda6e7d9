//! Reports: begun from a release, written to, published, retracted. What is published does not change any more.

use crate::{
    auth::permission::{ReadReports, WriteReports},
    coding::codeframes,
    collating::releases::{self, ReleaseInput},
    error::Code,
    http::{
        access::{Access, Anyone},
        answer::{Created, Keep, Kept, One, Plain, Reply, Resource},
        ask::{At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem},
    },
    reporting::{
        document::{self, Parts, on_offer},
        formats::pictures,
    },
    state::State,
    store::{
        Opened, Tx,
        consulting::WholeConsultation,
        personal::Quotability,
        reporting::{QuoteRow, ReportsWanted},
    },
};
use domain::{
    collate::{AGREEMENT_THRESHOLDS, Collation, Filter, Scope, ToldTo, agreement, progress},
    facts::Facts,
    id::{ConsultationId, ContributionId, QuoteId, ReleaseId, ReportId, ThemeId},
    moment::Moment,
    record,
    report::{
        Behind, Commentary, Draft, FrozenParts, Report, ReportedBody, ReportedCodeframe, ReportedCoding,
        ReportedConsultation, ReportedQuestion, ReportedTheme, checks, digest, page_of, parents_first,
    },
    screening::RegisterNames,
    text::Prose,
    vocabulary::{QuoteConsent, ReportStatus},
};
use entity::{
    consultations, contributions,
    json::{CommentaryBody, FrozenReport},
    report_quotes, reports,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Bytes of chance in a quote's salt.
const SALT: usize = 16;

/// A draft to begin.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReportInput {
    /// The release whose figures it shall have. Where none is named a release is made, or the latest taken if too little changed since.
    pub release_id: Option<ReleaseId>,
}

/// What of a draft can be changed.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CommentaryInput {
    #[serde(default)]
    #[validate(nested)]
    pub commentary: Commentary,
}

/// To publish a report.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct PublishInput {
    /// Why the report is published although contributions were neither coded nor set aside; without it that is refused. It stands among
    /// the limitations.
    #[validate(nested)]
    pub uncoded_reason: Option<Prose>,
}

/// To retract a report.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct RetractInput {
    /// Everybody who asks for it is told.
    #[validate(nested)]
    pub reason: Prose,
}

/// A report, as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportSummary {
    pub id: ReportId,
    pub consultation_id: ConsultationId,
    pub reference: String,
    pub title: String,
    /// From 1, in the order in which drafts were begun.
    pub number: i32,
    pub status: ReportStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// Null before publication.
    #[schema(required = true)]
    pub digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retracted_at: Option<Moment>,
    /// Why it was retracted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retract_reason: Option<String>,
    /// The page on which people read the latest report of the consultation, where everybody may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl Resource for ReportSummary {
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/reports/{}", self.id)
    }
}

impl Resource for Report {
    fn version(&self) -> i32 {
        self.draft.as_ref().map_or(1, |draft| draft.version)
    }

    fn address(&self) -> String {
        format!("/v1/reports/{}", self.id)
    }

    fn moves_with_version(&self) -> bool {
        // Words of quotes, and what is on offer, move without it.
        false
    }
}

impl ReportSummary {
    fn new((row, consultation): (reports::Model, consultations::Model)) -> Self {
        Self {
            page: consultation.public.then(|| page_of(&consultation.reference)),
            id: row.id,
            consultation_id: row.consultation_id,
            reference: consultation.reference,
            title: consultation.title,
            number: row.number,
            status: row.status,
            published_at: row.published_at,
            digest: row.digest,
            retracted_at: row.retracted_at,
            retract_reason: row.retract_reason,
        }
    }
}

/// How coding stands, before it is known which themes the report has.
struct Coded {
    coders: u64,
    some_uncoded: bool,
    alphas: Vec<(ThemeId, Option<f64>)>,
}

fn coded(facts: &Facts) -> Coded {
    let found = agreement(facts, &Scope::Whole, &Filter::whole(facts), 1);
    let done = progress(facts, &HashSet::new(), &HashMap::new(), None, ToldTo::Lead);
    Coded {
        coders: done.coders.len() as u64,
        some_uncoded: done.all.uncoded > 0,
        alphas: found.themes.iter().map(|theme| (theme.id, theme.alpha)).collect(),
    }
}

impl Coded {
    /// Of the themes of a report.
    fn of(self, collation: &Collation) -> ReportedCoding {
        let reported = |id: ThemeId| collation.themes.iter().any(|theme| theme.id == id);
        let alphas = || {
            self.alphas
                .iter()
                .filter(|(id, _)| reported(*id))
                .map(|(_, alpha)| *alpha)
        };
        let [tentative, reliable] = AGREEMENT_THRESHOLDS;
        let within = |from: f64, to: f64| {
            alphas()
                .flatten()
                .filter(|alpha| (from..to).contains(alpha))
                .count() as u64
        };
        ReportedCoding {
            coders: self.coders,
            reliable: within(reliable, f64::INFINITY),
            tentative: within(tentative, reliable),
            unreliable: within(f64::NEG_INFINITY, tentative),
            undefined: alphas().filter(Option::is_none).count() as u64,
            some_uncoded: self.some_uncoded,
            uncoded_reason: None,
        }
    }
}

/// What a report says beside its figures, as it stands now.
async fn frozen_now(
    tx: &Tx,
    whole: WholeConsultation,
    collation: &Collation,
    coding: ReportedCoding,
) -> Result<FrozenParts, Problem> {
    let WholeConsultation { row, questions, .. } = whole;
    let body = tx.body(row.commissioned_by).await?;
    let response_due_on = tx.response_due_on(&row).await?;
    let known = tx.codeframe(row.id).await?;
    let themes = parents_first(&collation.themes)
        .into_iter()
        .map(|(theme, _)| ReportedTheme {
            id: theme.id,
            code: theme.code.clone(),
            label: theme.label.clone(),
            parent_id: theme.parent_id,
            description: known
                .iter()
                .find(|row| row.id == theme.id)
                .and_then(|row| row.description.clone()),
        });
    let codeframe = ReportedCodeframe {
        version: tx.codeframe_version(row.id).await?,
        themes: themes.collect(),
    };
    Ok(FrozenParts {
        codeframe,
        coding,
        consultation: ReportedConsultation {
            id: row.id,
            reference: row.reference,
            title: row.title,
            kind: row.kind,
            commissioned_by: ReportedBody {
                id: body.id,
                kind: body.kind,
                name: body.name,
            },
            summary: row.summary,
            easy_read_summary: row.easy_read_summary,
            open_to_change: row.open_to_change,
            not_open_to_change: row.not_open_to_change,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            response_due_on,
            channels: row.channels.0,
            public: row.public,
            documents: row.documents.0,
            materials: row.materials.0,
            questions: questions
                .into_iter()
                .map(|question| ReportedQuestion {
                    number: question.number,
                    prompt: question.prompt,
                    easy_read_prompt: question.easy_read_prompt,
                    kind: question.kind,
                    options: question.options.0,
                })
                .collect(),
        },
    })
}

/// The release that a draft without a named one gets: a new one, or the latest where too little changed since.
async fn release_for(state: &State, store: &Opened, id: ConsultationId) -> Result<ReleaseId, Problem> {
    let prepared = releases::prepare(state, store, id, ReleaseInput::default()).await?;
    match store
        .write(async move |tx| releases::keep(tx, prepared).await)
        .await
    {
        Ok(row) => Ok(row.id),
        Err(refused) if refused.code == Code::TooLittleChanged => {
            let latest = store.read(async |tx| tx.latest_release(id).await).await?;
            latest.map(|latest| latest.id).ok_or(refused)
        }
        Err(refused) => Err(refused),
    }
}

/// The document with what a lead needs to go on with it, but for the warnings.
async fn drafted(tx: &Tx, row: reports::Model) -> Result<Report, Problem> {
    let version = row.version;
    let mut report = Parts::read(tx, row).await?.document();
    report.draft = Some(Draft {
        version,
        quotes_on_offer: on_offer(tx, &report).await?,
    });
    Ok(report)
}

/// `POST /v1/consultations/{id}/reports`
pub async fn create(
    access: Access<WriteReports, (At<ConsultationId>, Option<Valid<ReportInput>>)>,
) -> Reply<Created<Report>> {
    let ((At(id), asked), access) = access.split();
    let input: ReportInput = Valid::or_default(asked)?;
    let store = access.store();
    store.read(async |tx| tx.consultation(id).await).await?;
    let release = match input.release_id {
        Some(release) => {
            let known = store.read(async |tx| tx.release(id, release).await).await;
            let unknown = || {
                Problem::fault(
                    "/release_id",
                    "unknown-id",
                    "This consultation has no such release.",
                )
            };
            Problem::absent(known)?.ok_or_else(unknown)?.id
        }
        None => release_for(access.state(), &store, id).await?,
    };
    let coding = access.state().looks.with(&store, id, coded).await?;
    let names = access.state().known_names.current(&store).await?;
    let job = store.post(async move |tx| {
        // Drafts of one consultation come one after the other, so that each has a number of its own.
        tx.hold(id.0).await?;
        let whole = tx.whole_consultation(id).await?;
        releases::may_be_released(whole.row.status)?;
        let (collation, _) = tx.release_tables(release).await?;
        let mut coding = coding.of(&collation);
        // What was uncoded when the figures were counted, whatever was coded since.
        if let Some(kept) = tx.provenance(release).await? {
            coding.some_uncoded = kept.has_uncoded();
        }
        let row = reports::Model {
            id: crate::clock::new_id(),
            consultation_id: id,
            number: tx.next_report_number(id).await?,
            status: ReportStatus::Draft,
            release_id: release,
            frozen: FrozenReport(frozen_now(tx, whole, &collation, coding).await?),
            commentary: CommentaryBody(Commentary::default()),
            previous_digest: None,
            digest: None,
            begun_by: tx.user()?,
            published_by: None,
            published_at: None,
            retracted_by: None,
            retracted_at: None,
            retract_reason: None,
            version: 1,
            received_at: tx.now,
            changed: tx.stamp,
        };
        tx.add_report(row.clone()).await?;
        let mut report = drafted(tx, row).await?;
        report.warnings = checks::warnings(&report, &names);
        Ok(Begun(Created(report)))
    });
    Ok(job.await?.0)
}

/// A draft that was begun now; a repeat shows what could be quoted only while all of it may be.
struct Begun(Created<Report>);

impl Keep for Begun {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let offered = self.0.0.draft.iter().flat_map(|draft| &draft.quotes_on_offer);
        let quoted = offered.map(|quote| (quote.contribution_id, quote.text.clone()));
        let kept = self.0.keep()?;
        Ok(kept.map(|kept| kept.quotes(quoted.collect())))
    }
}

/// A draft that is still one, held for changing it.
async fn draft_to_change(tx: &Tx, id: ReportId) -> Result<(reports::Model, consultations::Model), Problem> {
    let (row, consultation) = tx.report_to_change(id).await?;
    match row.status {
        ReportStatus::Draft => Ok((row, consultation)),
        ReportStatus::Published => Err(Problem::new(
            Code::ReportPublished,
            "What is published does not change. Begin another draft: it is published as the next version.",
        )),
        ReportStatus::Retracted => Err(retracted(tx, &row).await?),
    }
}

/// The refusal of a report that was retracted: why, and where to look instead.
pub(super) async fn retracted(tx: &Tx, row: &reports::Model) -> Result<Problem, Problem> {
    let why = row.retract_reason.as_deref().unwrap_or_default();
    let instead = match tx.latest_published(row.consultation_id).await? {
        Some(other) => format!("Read /v1/reports/{} instead.", other.id),
        None => "No other report of this consultation stands.".into(),
    };
    Ok(Problem::new(Code::ReportRetracted, format!("{why} {instead}")))
}

/// `PATCH /v1/reports/{id}`
pub async fn change(
    access: Access<WriteReports, (At<ReportId>, Patch<CommentaryInput>)>,
) -> Reply<One<Report>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let names = access.state().known_names.current(&store).await?;
    let written = store.write(async move |tx| {
        let (mut row, consultation) = draft_to_change(tx, id).await?;
        let current = CommentaryInput {
            commentary: row.commentary.0.clone(),
        };
        let (input, faults) = patch.over(&current, row.version)?.open();
        let commentary = with_quotes(tx, &row, &consultation, input.commentary, faults).await?;
        row.commentary = CommentaryBody(commentary);
        row.version += 1;
        row.changed = tx.stamp;
        tx.change_report(row.clone()).await?;
        drafted(tx, row).await
    });
    let mut report = written.await?;
    // Every word of it is screened: not while others wait to write.
    let screened = actix_web::web::block(move || {
        report.warnings = checks::warnings(&report, &names);
        report
    });
    Ok(One(screened.await.map_err(Problem::internal)?))
}

/// Checks what a commentary names, and makes quotes of the contributions that it names.
async fn with_quotes(
    tx: &Tx,
    row: &reports::Model,
    consultation: &consultations::Model,
    mut commentary: Commentary,
    mut faults: Faults,
) -> Result<Commentary, Problem> {
    let themes: HashSet<_> = row
        .frozen
        .0
        .codeframe
        .themes
        .iter()
        .map(|theme| theme.id)
        .collect();
    let sections: HashSet<_> = row
        .frozen
        .0
        .consultation
        .documents
        .iter()
        .flat_map(|document: &record::Document| &document.sections)
        .map(|section| section.reference.as_str().to_owned())
        .collect();
    for (at, section) in commentary.sections.iter().enumerate() {
        let here = format!("/commentary/sections/{at}/section_ref");
        let unknown = !sections.contains(section.section_ref.as_str());
        faults.add_if(
            unknown,
            here.clone(),
            "unknown-section",
            "No document of this consultation has this section.",
        );
        let before = commentary.sections.iter().take(at);
        let twice = before
            .into_iter()
            .any(|other| other.section_ref == section.section_ref);
        faults.add_if(twice, here, "repeated", "It stands here twice.");
    }
    for (at, line) in commentary.easy_read.iter().enumerate() {
        let unknown = line
            .picture
            .as_ref()
            .is_some_and(|name| !pictures::NAMES.contains(&name.as_str()));
        let detail = || format!("One of: {}.", pictures::NAMES.join(", "));
        faults.add_if(
            unknown,
            format!("/commentary/easy_read/{at}/picture"),
            "unknown-value",
            detail(),
        );
    }
    let known = tx.report_quotes(row.id).await?;
    let named: Vec<ContributionId> = commentary
        .themes
        .iter()
        .flat_map(|theme| &theme.quote_ids)
        .filter(|id| !known.iter().any(|quote| quote.row.id == **id))
        .map(|id| id.0.into())
        .collect();
    let found = tx.contributions_to_quote(consultation.id, &named).await?;
    // All that stood behind a release is much to read, and only new quotes want it.
    let counted = match found.is_empty() {
        true => None,
        false => tx.provenance(row.release_id).await?,
    };
    let counted = counted.map(|kept| kept.versions()).unwrap_or_default();
    let mut added: Vec<report_quotes::Model> = Vec::new();
    let mut kept: HashSet<QuoteId> = HashSet::new();
    let mut seen = HashSet::new();
    for (at, theme) in commentary.themes.iter_mut().enumerate() {
        let here = format!("/commentary/themes/{at}");
        let unknown = !themes.contains(&theme.theme_id);
        faults.add_if(
            unknown,
            format!("{here}/theme_id"),
            "unknown-id",
            "The report has no such theme.",
        );
        let twice = !seen.insert(theme.theme_id);
        faults.add_if(
            twice,
            format!("{here}/theme_id"),
            "repeated",
            "It stands here twice.",
        );
        for (place, id) in theme.quote_ids.iter_mut().enumerate() {
            let here = format!("{here}/quote_ids/{place}");
            let stands = known.iter().map(|quote| &quote.row).chain(&added);
            let mut stands = stands.filter(|quote| quote.theme_id == theme.theme_id);
            let quote = stands
                .find(|quote| quote.id == *id || quote.contribution_id.0 == id.0)
                .map(|quote| quote.id);
            let quote = match (quote, found.iter().find(|said| said.id.0 == id.0)) {
                (Some(quote), _) => quote,
                (None, Some(said)) if !unknown => {
                    let quote = quote_of(row.id, theme.theme_id, said, &counted);
                    let id = quote.id;
                    added.push(quote);
                    id
                }
                _ => {
                    faults.add(
                        here,
                        "unknown-id",
                        "This is no quote under this theme, and no contribution of the consultation.",
                    );
                    continue;
                }
            };
            let twice = !kept.insert(quote);
            faults.add_if(twice, here, "repeated", "It stands here twice.");
            *id = quote;
        }
    }
    faults.end()?;
    let gone: Vec<QuoteId> = known
        .iter()
        .map(|quote| quote.row.id)
        .filter(|id| !kept.contains(id))
        .collect();
    tx.set_report_quotes(row.id, added, gone).await?;
    Ok(commentary)
}

fn quote_of(
    report: ReportId,
    theme: ThemeId,
    said: &contributions::Model,
    counted: &HashMap<ContributionId, i32>,
) -> report_quotes::Model {
    report_quotes::Model {
        id: crate::clock::new_id(),
        report_id: report,
        theme_id: theme,
        contribution_id: said.id,
        // The words that were counted; of what was not, those that stand.
        contribution_version: counted.get(&said.id).copied().unwrap_or(said.version),
        respondent_group: said.respondent_group,
        salt: None,
        hash: None,
    }
}

/// What stands against a quote.
struct Against {
    quote: QuoteId,
    /// Where the commentary names it.
    pointer: String,
    code: &'static str,
    detail: &'static str,
}

/// What stands against quoting; nothing where nothing does.
async fn against_quotes(tx: &Tx, report: &Report, quotes: &[QuoteRow]) -> Result<Vec<Against>, Problem> {
    let mut against = Vec::new();
    let ids: Vec<ContributionId> = quotes.iter().map(|quote| quote.row.contribution_id).collect();
    let said = tx.contributions_to_quote(report.consultation.id, &ids).await?;
    let released = tx.released_quote_list(report.release_id).await?;
    let provenance = tx.provenance(report.release_id).await?;
    let withdrawn = tx.in_withdrawn(&said).await?;
    for (at, theme) in report.commentary.themes.iter().enumerate() {
        let of_theme = Behind {
            theme: Some(theme.theme_id),
            ..Behind::default()
        };
        let counted: Option<HashSet<ContributionId>> = match (&provenance, theme.quote_ids.is_empty()) {
            (Some(kept), false) => {
                let stood = kept.behind(&of_theme).contributions;
                Some(stood.iter().map(|(_, stood)| stood.id).collect())
            }
            _ => None,
        };
        for (place, id) in theme.quote_ids.iter().enumerate() {
            let Some(quote) = quotes
                .iter()
                .map(|quote| &quote.row)
                .find(|quote| quote.id == *id)
            else {
                continue;
            };
            let Some(said) = said.iter().find(|said| said.id == quote.contribution_id) else {
                continue;
            };
            let mut refuse = |code, detail| {
                against.push(Against {
                    quote: *id,
                    pointer: format!("/commentary/themes/{at}/quote_ids/{place}"),
                    code,
                    detail,
                });
            };
            let rule = Quotability {
                quote_consent: said.quote_consent,
                flags: said.flags.clone(),
                cleared_at: said.cleared_at,
                concern: said.concern.clone(),
                withdrawn_at: said.withdrawn_at,
            };
            if counted
                .as_ref()
                .is_some_and(|counted| !counted.contains(&said.id))
            {
                refuse(
                    "not-counted",
                    "It did not count under this theme when the release was made. Leave the quote out.",
                );
                continue;
            }
            let gone = said.withdrawn_at.is_some() || withdrawn.contains(&said.id);
            if gone {
                refuse("withdrawn", "Whoever said it took it back. Leave the quote out.");
                continue;
            }
            if rule.quote_consent != QuoteConsent::Quotable {
                refuse(
                    "consent-missing",
                    "Nobody agreed to have it quoted, or whoever did took that back. Leave the quote out.",
                );
            } else if said.version != quote.contribution_version {
                refuse(
                    "text-changed",
                    "Its words were changed since they were counted. Leave the quote out, or begin a draft of a new release.",
                );
                continue;
            }
            if rule.flags.is_none() || rule.is_flagged() {
                refuse(
                    "not-cleared",
                    "The personal-data screen saw something in it that nobody has cleared.",
                );
            }
            if rule.concern.is_some() {
                refuse(
                    "concern",
                    "It raises a concern for somebody's safety, and such words are not quoted.",
                );
            }
            let shown = report
                .collation
                .themes
                .iter()
                .find(|one| one.id == theme.theme_id)
                .and_then(|one| {
                    let key = quote.respondent_group.to_string();
                    one.by.respondent_group.get(&key)?.value
                });
            if shown.is_none_or(|shown| shown == 0)
                && !released
                    .iter()
                    .any(|one| (one.theme, one.contribution) == (theme.theme_id, said.id))
            {
                refuse(
                    "count-hidden",
                    "The count of its respondent group under this theme is hidden, and the quote would tell of it. Leave it out, or \
                     name it in a release.",
                );
            }
        }
    }
    Ok(against)
}

/// A draft as others than leads read it, who are handed it before it is published: without the words that it could not be published with.
///
/// # Errors
/// Where the database does not answer.
pub(super) async fn handed_over(tx: &Tx, parts: Parts) -> Result<Report, Problem> {
    let quotes = parts.moving.quotes.clone();
    let mut report = parts.document();
    let refused = against_quotes(tx, &report, &quotes).await?;
    let is_refused = |id: QuoteId| refused.iter().any(|against| against.quote == id);
    report.leave_out_words(|quote| is_refused(quote.id));
    Ok(report)
}

/// `POST /v1/reports/{id}/publish`
pub async fn publish(
    access: Access<WriteReports, (At<ReportId>, Option<Valid<PublishInput>>)>,
) -> Reply<Plain<Report>> {
    let ((At(id), asked), access) = access.split();
    let input: PublishInput = Valid::or_default(asked)?;
    let store = access.store();
    let names = access.state().known_names.current(&store).await?;
    let job = store.post(async move |tx| published(tx, id, input, &names).await);
    Ok(job.await?.0)
}

/// A report that was published now, and of what its quotes are: a repeat shows them only while all may be quoted.
struct Published(Plain<Report>, Vec<(ContributionId, String)>);

impl Keep for Published {
    fn keep(&self) -> Result<Option<Kept>, Problem> {
        let kept = self.0.keep()?;
        Ok(kept.map(|kept| kept.quotes(self.1.clone())))
    }
}

async fn published(
    tx: &Tx,
    id: ReportId,
    input: PublishInput,
    names: &Arc<RegisterNames>,
) -> Result<Published, Problem> {
    let (row, _) = draft_to_change(tx, id).await?;
    let consultation = row.consultation_id;
    // Of one consultation one after the other: each names the digest of the one before.
    tx.hold(consultation.0).await?;
    // Whoever clears its contributions now holds it, too, and what is quoted is held below: so it is not held with others.
    let whole = tx.consultation_to_change(consultation).await?.row;
    let mut row = row;
    let mut faults = Faults::default();
    if let Err(refused) = releases::may_be_released(whole.status) {
        faults.add("", "not-closed", refused.detail);
    }
    let before = tx.published_reports(consultation).await?;
    if let Some(later) = before.iter().find(|other| other.number > row.number) {
        faults.add(
            "/number",
            "later-published",
            format!(
                "Report {}, begun after this draft, was published, and this one would stand in its place with what was known before. \
                 Begin a draft anew; its commentary can be sent to it as it is.",
                later.number
            ),
        );
    }
    let coding = &mut row.frozen.0.coding;
    match (coding.some_uncoded, input.uncoded_reason) {
        (true, None) => faults.add(
            "/coding/some_uncoded",
            "uncoded-contributions",
            "Contributions were neither coded nor set aside. Code them and begin a draft of a new release, or say in `uncoded_reason` why it \
             is published all the same.",
        ),
        (true, Some(reason)) => coding.uncoded_reason = Some(reason.into_string()),
        (false, _) => {}
    }
    for (kind, of) in tx.with_issues(consultation).await? {
        faults.add(
            format!("/{kind}/{of}"),
            "has-issues",
            format!("Its review found issues. Settle them: POST /v1/{kind}/{of}/review."),
        );
    }
    if row.frozen.0.codeframe.version.is_none() {
        // A refusal undoes it with everything else.
        match codeframes::freeze_if_unfrozen(tx, consultation).await {
            Ok(version) => row.frozen.0.codeframe.version = Some(version),
            Err(refused) => faults.add("/codeframe", "codeframe-not-ready", refused.detail),
        }
    }
    let quotes = tx.report_quotes(id).await?;
    let report = Parts::read(tx, row.clone()).await?.document();
    let quoted: Vec<ContributionId> = quotes.iter().map(|quote| quote.row.contribution_id).collect();
    tx.hold_quoted(&quoted).await?;
    for against in against_quotes(tx, &report, &quotes).await? {
        faults.add(against.pointer, against.code, against.detail);
    }
    for (table, why) in checks::leaks(&report) {
        faults.add(format!("/tables/{table}"), "table-leaks", why);
    }
    if !faults.0.is_empty() {
        return Err(Problem {
            detail: "`errors` lists everything that stands against it.".into(),
            ..Problem::of_faults(Code::ReportNotReady, faults.0)
        });
    }
    let mut quoted = Vec::with_capacity(quotes.len());
    for QuoteRow { mut row, text } in quotes {
        let text = text.ok_or_else(|| Problem::internal("a quote without words"))?;
        let salt: String = crate::clock::random_bytes::<SALT>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        row.hash = Some(digest::quote_hash(&salt, &text));
        row.salt = Some(salt);
        quoted.push((row.contribution_id, text));
        tx.seal_quote(row).await?;
    }
    let last = before.last();
    // Whoever waited for another to publish began before it was: time follows the chain of digests.
    let after_the_last = last
        .and_then(|last| last.published_at)
        .map(|at| at.plus_micros(1));
    row.status = ReportStatus::Published;
    row.published_at = after_the_last.max(Some(tx.now));
    row.published_by = Some(tx.user()?);
    row.previous_digest = last.and_then(|last| last.digest.clone());
    row.version += 1;
    row.changed = tx.stamp;
    let mut report = Parts::read(tx, row.clone()).await?.document();
    let sealed = digest::digest(&report).map_err(Problem::internal)?;
    row.digest = Some(sealed.clone());
    report.digest = Some(sealed);
    tx.change_report(row).await?;
    document::keep(tx, &report).await?;
    tx.follow_report(consultation).await?;
    report.warnings = checks::warnings(&report, names);
    Ok(Published(Plain(report), quoted))
}

/// `POST /v1/reports/{id}/retract`
pub async fn retract(
    access: Access<WriteReports, (At<ReportId>, Valid<RetractInput>)>,
) -> Reply<One<ReportSummary>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let store = access.store();
    let job = store.post(async move |tx| {
        let (mut row, consultation) = tx.report_to_change(id).await?;
        match row.status {
            ReportStatus::Published => {}
            ReportStatus::Draft => {
                return Err(Problem::new(
                    Code::ReportNotReady,
                    "It was not published, so there is nothing to retract.",
                ));
            }
            ReportStatus::Retracted => return Err(retracted(tx, &row).await?),
        }
        tx.hold(row.consultation_id.0).await?;
        row.status = ReportStatus::Retracted;
        row.retracted_at = Some(tx.now);
        row.retracted_by = Some(tx.user()?);
        row.retract_reason = Some(input.reason.into_string());
        row.version += 1;
        row.changed = tx.stamp;
        tx.change_report(row.clone()).await?;
        tx.follow_report(row.consultation_id).await?;
        Ok(One(ReportSummary::new((row, consultation))))
    });
    job.await
}

/// Filters of the list of reports.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ReportFilters {
    /// Of one consultation, by its id.
    pub consultation: Option<ConsultationId>,
    /// `draft`, `published` or `retracted`.
    pub status: Option<ReportStatus>,
    /// Published at or after this moment.
    pub since: Option<Moment>,
}

/// `GET /v1/reports`
pub async fn list(asked: Anyone<ReadReports, Listing<ReportFilters>>) -> Reply<Items<ReportSummary>> {
    let (Listing { filters, page }, access) = asked.split();
    let wanted = ReportsWanted {
        consultation: filters.consultation,
        status: filters.status,
        since: filters.since,
    };
    let rows = access
        .store()
        .read(async |tx| tx.reports(wanted, page).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |(row, _)| (row.received_at, row.id.0),
        ReportSummary::new,
    ))
}

/// The document of a report that the caller may read: a draft with what is needed to go on with it, for leads.
///
/// # Errors
/// 404; 410 once it was retracted.
pub(super) async fn document(tx: &Tx, row: reports::Model, names: &RegisterNames) -> Result<Report, Problem> {
    match row.status {
        ReportStatus::Retracted => Err(retracted(tx, &row).await?),
        ReportStatus::Draft if tx.reach().is_lead() => {
            let mut report = drafted(tx, row).await?;
            report.warnings = checks::warnings(&report, names);
            Ok(report)
        }
        _ => Ok(Parts::read(tx, row).await?.document()),
    }
}
