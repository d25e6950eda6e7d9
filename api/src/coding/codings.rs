//! Coding: each coder's own word on what a contribution is about. Codings are appended, so that the first independent
//! one is never lost; which of them counts is [`domain::facts::what_counts`].

use crate::{
    auth::permission::{AdjudicateCodings, CodeContribution},
    collecting::concerns,
    collecting::contributions::{withdrawn, withdrawn_in_review},
    error::Code,
    http::{
        access::Access,
        answer::{Plain, Reply, Resource},
        ask::{At, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    id::{CodingId, ContributionId, ThemeId, UserId},
    limits,
    moment::Moment,
    text::Prose,
    vocabulary::{Role, ThemeStatus},
};
use entity::{codings, contributions, json::ThemeIds, themes};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;
use validator::Validate;

/// Why a contribution is put aside: neither coded nor uncoded.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    #[validate(nested)]
    pub reason: Prose,
}

/// One's own coding of a contribution.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CodingInput {
    /// Empty takes one's own coding back.
    #[validate(length(max = limits::THEMES_A_CONTRIBUTION, message = "At most 50 themes a contribution."))]
    #[schema(max_items = 50)]
    pub theme_ids: Vec<ThemeId>,
    /// Null unless it is put aside.
    #[serde(default)]
    #[validate(nested)]
    pub set_aside: Option<SetAside>,
    /// Made without having seen another's. Where it is absent, as the queue dealt it, or as one's last coding of it was; else not.
    #[serde(default)]
    pub independent: Option<bool>,
}

/// A coding of a contribution: a coder's own, or a decision between several.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodingView {
    pub id: CodingId,
    pub contribution_id: ContributionId,
    pub coder_id: UserId,
    pub theme_ids: Vec<ThemeId>,
    /// Null unless it is put aside.
    #[schema(required = true)]
    pub set_aside: Option<SetAside>,
    pub independent: bool,
    pub coded_at: Moment,
    /// The version of the codeframe that was frozen last when it was made; null before the first.
    #[schema(required = true)]
    pub codeframe_version: Option<i32>,
    /// Where it decides between codings that differ: why so. Null in a coder's own.
    #[schema(required = true)]
    pub adjudication: Option<Adjudication>,
}

/// That a coding decides between others.
#[derive(Debug, Serialize, ToSchema)]
pub struct Adjudication {
    /// Why it was decided so.
    pub reason: Prose,
}

impl Resource for CodingView {
    /// Codings are appended; nothing of them changes but that their reasons end with the words that they are of.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/contributions/{}/codings", self.contribution_id)
    }
}

impl From<codings::Model> for CodingView {
    fn from(row: codings::Model) -> Self {
        Self {
            id: row.id,
            contribution_id: row.contribution_id,
            coder_id: row.coder_id,
            theme_ids: row.theme_ids.0,
            set_aside: row.set_aside_reason.map(|reason| SetAside {
                reason: Prose::new(&reason),
            }),
            independent: row.independent,
            coded_at: row.coded_at,
            codeframe_version: row.codeframe_version,
            adjudication: row.adjudication_reason.map(|reason| Adjudication {
                reason: Prose::new(&reason),
            }),
        }
    }
}

/// What is decided where codings differ.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AdjudicationInput {
    /// Empty where it is set aside, for the reason given.
    #[validate(length(max = limits::THEMES_A_CONTRIBUTION, message = "At most 50 themes a contribution."))]
    #[schema(max_items = 50)]
    pub theme_ids: Vec<ThemeId>,
    /// Why it is decided so; nobody's name.
    #[validate(nested)]
    pub reason: Prose,
}

/// A contribution that the caller may code: leads any, coders those of their consultations.
async fn to_code(tx: &Tx, id: ContributionId) -> Result<contributions::Model, Problem> {
    let row = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
    // While somebody codes, its codeframe is neither frozen nor changed: a coding names the version that it was made with.
    tx.hold_with_others(row.consultation_id.0).await?;
    let own = tx
        .reach()
        .consultations(Role::Coder)
        .contains(&row.consultation_id);
    if !tx.reach().is_lead() && !own {
        return Err(Problem::not_found());
    }
    // Where somebody may be at risk, leads code until it is passed on; what was taken back is nobody's any more.
    let withdrawn_whole = tx.is_in_withdrawn(&row).await?;
    let hidden = row.withdrawn_at.is_some() || withdrawn_whole || concerns::waits(&row);
    if hidden && !tx.reach().is_lead() {
        return Err(Problem::not_found());
    }
    tx.consultation_being_coded(row.consultation_id).await?;
    if row.withdrawn_at.is_some() {
        return Err(withdrawn());
    }
    if withdrawn_whole {
        return Err(withdrawn_in_review());
    }
    Ok(row)
}

/// `PUT /v1/contributions/{id}/coding`
pub async fn put(
    access: Access<CodeContribution, (At<ContributionId>, Valid<CodingInput>)>,
) -> Reply<Plain<CodingView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.write(async move |tx| code(tx, id, input, faults).await);
    Ok(Plain(job.await?.into()))
}

async fn code(
    tx: &Tx,
    id: ContributionId,
    input: CodingInput,
    mut faults: Faults,
) -> Result<codings::Model, Problem> {
    tx.hold(id.0).await?;
    let contribution = to_code(tx, id).await?;
    check_themes(tx, &contribution, &input.theme_ids, &mut faults).await?;
    let both = input.set_aside.is_some() && !input.theme_ids.is_empty();
    faults.add_if(
        both,
        "/set_aside",
        "not-taken",
        "What is put aside has no themes.",
    );
    faults.end()?;
    let coder = tx.user()?;
    let codings = tx.codings_of(&[id]).await?;
    let claim = tx.own_claim(id).await?;
    // As it was dealt; and where it was coded since, as that coding was, so that a repeat of it says the same.
    let own = |coding: &codings::Model| coding.coder_id == coder && coding.adjudication_reason.is_none();
    let taken_back =
        |coding: &codings::Model| coding.theme_ids.0.is_empty() && coding.set_aside_reason.is_none();
    let before = codings
        .iter()
        .rfind(|coding| own(coding))
        .filter(|last| !taken_back(last));
    let as_dealt = match (&claim, before) {
        (Some(claim), _) => claim.independent,
        (None, Some(before)) => before.independent,
        (None, None) => false,
    };
    let independent = input.independent.unwrap_or(as_dealt);
    let decided = codings
        .iter()
        .any(|coding| coding.coder_id == coder && coding.adjudication_reason.is_some());
    if decided && independent {
        let mut faults = Faults::default();
        faults.add(
            "/independent",
            "not-taken",
            "You have decided between others' codings of it, so that yours is not independent of them.",
        );
        faults.end()?;
    }
    let row = codings::Model {
        id: crate::clock::new_id(),
        contribution_id: id,
        coder_id: coder,
        theme_ids: ThemeIds(input.theme_ids),
        set_aside_reason: input.set_aside.map(|aside| aside.reason.into_string()),
        independent,
        coded_at: after(&codings, tx),
        adjudication_reason: None,
        codeframe_version: tx.codeframe_version(contribution.consultation_id).await?,
    };
    // What is taken back is still to be done.
    let done = !row.theme_ids.0.is_empty() || row.set_aside_reason.is_some();
    if claim.is_some() && done {
        tx.end_claims(&[id]).await?;
    }
    // A repeat says nothing new, unless the text was changed since: then it says that the coding still holds.
    if let Some(last) = codings.into_iter().rfind(own) {
        let same = last.theme_ids == row.theme_ids
            && last.set_aside_reason == row.set_aside_reason
            && last.independent == row.independent
            && last.codeframe_version == row.codeframe_version;
        if same && contribution.text_changed_at.is_none_or(|at| at < last.coded_at) {
            return Ok(last);
        }
    }
    tx.add_coding(row.clone()).await?;
    Ok(row)
}

/// Now, or behind every coding there is: what counts goes by the order in which codings came, so a clock that is behind must
/// not put one before another.
fn after(codings: &[codings::Model], tx: &Tx) -> Moment {
    let later = codings.iter().map(|coding| coding.coded_at.plus_micros(1));
    later.chain([tx.now]).max().unwrap_or(tx.now)
}

/// Faults of themes that a contribution cannot be coded with.
async fn check_themes(
    tx: &Tx,
    contribution: &contributions::Model,
    themes: &[ThemeId],
    faults: &mut Faults,
) -> Result<(), Problem> {
    let codeframe = tx.codeframe(contribution.consultation_id).await?;
    for (at, theme) in themes.iter().enumerate() {
        let pointer = format!("/theme_ids/{at}");
        let found = codeframe.iter().find(|known| known.id == *theme);
        faults.add_if(
            found.is_none(),
            pointer.clone(),
            "unknown-id",
            "This consultation has no such theme.",
        );
        let gone =
            found.is_some_and(|theme| matches!(theme.status, ThemeStatus::Merged | ThemeStatus::Retired));
        faults.add_if(
            gone,
            pointer.clone(),
            "not-in-use",
            found.map_or_else(String::new, |theme| instead(theme, &codeframe)),
        );
        faults.add_if(
            themes.iter().take(at).any(|other| other == theme),
            pointer,
            "repeated",
            "It stands here twice.",
        );
    }
    Ok(())
}

/// What became of a theme that is in use no more, and which to take in its place.
fn instead(gone: &themes::Model, codeframe: &[themes::Model]) -> String {
    let split = gone.split_into.iter().flat_map(|themes| &themes.0);
    let names: Vec<_> = split
        .chain(&gone.merged_into)
        .filter_map(|id| codeframe.iter().find(|theme| theme.id == *id))
        .map(|theme| format!("`{}` ({})", theme.code, theme.id))
        .collect();
    match names.is_empty() {
        true => "This theme was retired. Take another.".into(),
        false => format!(
            "This theme was merged or split. In its place: {}.",
            names.join(", ")
        ),
    }
}

/// `POST /v1/contributions/{id}/adjudication`
pub async fn adjudicate(
    access: Access<AdjudicateCodings, (At<ContributionId>, Valid<AdjudicationInput>)>,
) -> Reply<Plain<CodingView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| Ok(Plain(decide(tx, id, input, faults).await?.into())));
    job.await
}

async fn decide(
    tx: &Tx,
    id: ContributionId,
    input: AdjudicationInput,
    mut faults: Faults,
) -> Result<codings::Model, Problem> {
    tx.hold(id.0).await?;
    let contribution = to_code(tx, id).await?;
    check_themes(tx, &contribution, &input.theme_ids, &mut faults).await?;
    faults.end()?;
    let codings = tx.codings_of(&[id]).await?;
    if !stands(&codings) {
        return Err(Problem::new(
            Code::NotCoded,
            "Nobody has coded it yet, so there is nothing to decide. Code it, or wait for its coders.",
        ));
    }
    let reason = input.reason.into_string();
    let row = codings::Model {
        id: crate::clock::new_id(),
        contribution_id: id,
        coder_id: tx.user()?,
        set_aside_reason: input.theme_ids.is_empty().then(|| reason.clone()),
        theme_ids: ThemeIds(input.theme_ids),
        independent: false,
        coded_at: after(&codings, tx),
        adjudication_reason: Some(reason),
        codeframe_version: tx.codeframe_version(contribution.consultation_id).await?,
    };
    tx.add_coding(row.clone()).await?;
    Ok(row)
}

/// Whether anybody has said of it what it is about, or set it aside, and not taken that back.
fn stands(codings: &[codings::Model]) -> bool {
    let mut last = HashMap::new();
    for coding in codings {
        last.insert((coding.coder_id, coding.adjudication_reason.is_some()), coding);
    }
    last.values()
        .any(|coding| !coding.theme_ids.0.is_empty() || coding.set_aside_reason.is_some())
}

/// `GET /v1/contributions/{id}/codings`
pub async fn list(
    access: Access<AdjudicateCodings, (At<ContributionId>, Listing<NoFilters>)>,
) -> Reply<Items<CodingView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let read = async |tx: &Tx| {
        tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
        tx.page_of_codings(id, page).await
    };
    let rows = access.store().read(read).await?;
    Ok(Items::new(rows, page, |row| (row.coded_at, row.id.0), Into::into))
}
