//! The queue of coding: contributions are dealt to coders, each to one at a time, or to two where it was drawn to be coded twice;
//! and how far the work is.
//!
//! Invariant: what is dealt to somebody is dealt to nobody else before the claim runs out, unless it is drawn, and then to
//! one other. Claims of one consultation are made one after the other, and what a look at the facts found is looked at again
//! in the transaction that deals it, because somebody may have coded it since. Whoever asks again is given first what was dealt
//! and is not coded yet, so an answer that was lost loses nothing, and nobody hoards.

use crate::{
    auth::permission::{CodeContribution, DrawDoubleCoding, ReadCodingProgress},
    collecting::concerns,
    http::{
        access::Access,
        answer::{Created, One, Plain, Reply, Resource},
        ask::{At, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    collate::{CodingProgress, ToldTo, coded_once, draw_for_double_coding, progress, to_code_again, uncoded},
    facts::{Facts, independent_codings, standing_codings, what_counts},
    id::{ConsultationId, ContributionId, DoubleCodingId, ThemeId, UserId},
    limits,
    moment::Moment,
    vocabulary::Role,
};
use entity::{coding_claims, codings, contributions, double_codings};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;
use validator::Validate;

/// For how long a contribution is somebody's to code: longer than a coder needs for as many as are dealt at once, and short enough
/// that what somebody left lies no longer than a morning.
const LEASE_SECONDS: i64 = 3_600;
/// Contributions that are looked at again at once before they are dealt.
const LOOKED_AT: usize = 200;

/// How much is wanted.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ClaimsInput {
    /// Whether to be given what was drawn to be coded twice and wants a second coder; what nobody has coded yet unless said
    /// otherwise.
    #[serde(default)]
    pub independent: bool,
    /// How many of these to have in hand, with what was dealt before and is not coded yet; 10 unless said otherwise. Of everything
    /// together nobody has more than 50 in hand.
    #[validate(range(min = 1, max = limits::CLAIMS, message = "From 1 to 50."))]
    #[schema(minimum = 1, maximum = 50)]
    pub limit: Option<i32>,
    /// The question to stay with; any unless said otherwise.
    pub question: Option<i32>,
}

/// A contribution that is the caller's to code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimView {
    pub contribution_id: ContributionId,
    #[serde(skip)]
    #[schema(ignore)]
    consultation_id: ConsultationId,
    /// Null for a point outside every question.
    #[schema(required = true)]
    pub question: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    pub text: String,
    /// Until when it is nobody else's.
    pub until: Moment,
}

impl Resource for ClaimView {
    /// Claims are made and end; nothing of them changes.
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!("/v1/contributions/{}", self.contribution_id)
    }

    fn shows_text(&self) -> Option<(ConsultationId, uuid::Uuid)> {
        Some((self.consultation_id, self.contribution_id.0))
    }
}

/// A consultation that the caller may code in now.
async fn codes_in(tx: &Tx, id: ConsultationId) -> Result<(), Problem> {
    if !tx.reach().is_lead() && !tx.reach().consultations(Role::Coder).contains(&id) {
        return Err(Problem::not_found());
    }
    tx.consultation_being_coded(id).await?;
    Ok(())
}

/// `POST /v1/consultations/{id}/coding-queue/claims`
pub async fn claim(
    access: Access<CodeContribution, (At<ConsultationId>, Valid<ClaimsInput>)>,
) -> Reply<Items<ClaimView>> {
    let ((At(id), asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let store = access.store();
    let question = input.question;
    let drawn = store
        .read(async |tx| {
            codes_in(tx, id).await?;
            let asked = tx.questions(id).await?;
            let mut faults = Faults::default();
            faults.add_if(
                question.is_some_and(|number| !asked.iter().any(|one| one.number == number)),
                "/question",
                "unknown-question",
                "This consultation has no such question.",
            );
            faults.end()?;
            tx.drawn(id).await
        })
        .await?;
    // Where somebody may be at risk, leads code until it is passed on.
    let concerns = access.reach().is_lead();
    let (independent, coder) = (input.independent, access.caller().user);
    let of_draw = drawn.clone();
    let find = move |facts: &Facts| {
        if independent {
            return (
                coded_once(facts, &of_draw, coder, question, concerns),
                HashSet::new(),
            );
        }
        let (mut first, split) = to_code_again(facts, coder, question, concerns);
        first.extend(uncoded(facts, question, concerns));
        (first, split)
    };
    let (candidates, split) = access.state().looks.with(&store, id, find).await?;
    let job = store.post(async move |tx| {
        codes_in(tx, id).await?;
        tx.hold_claims(id).await?;
        let dealing = Dealing {
            consultation: id,
            coder,
            independent,
            concerns,
            drawn,
            split,
            claims: tx.claims(id).await?,
        };
        let wanted = input.limit.unwrap_or(10).clamp(0, limits::CLAIMS) as usize;
        Ok(Items {
            items: dealing.deal(tx, &candidates, question, wanted).await?,
            next_cursor: None,
        })
    });
    job.await
}

/// One coder asking for work.
struct Dealing {
    consultation: ConsultationId,
    coder: UserId,
    independent: bool,
    concerns: bool,
    drawn: HashSet<ContributionId>,
    /// Themes that were split: what the coder coded with one is theirs to code again.
    split: HashSet<ThemeId>,
    /// What is dealt to anybody now.
    claims: Vec<coding_claims::Model>,
}

impl Dealing {
    async fn deal(
        &self,
        tx: &Tx,
        candidates: &[ContributionId],
        question: Option<i32>,
        wanted: usize,
    ) -> Result<Vec<ClaimView>, Problem> {
        let own = || self.claims.iter().filter(|claim| claim.coder_id == self.coder);
        let mut in_hand: Vec<ContributionId> = own().map(|claim| claim.contribution_id).collect();
        in_hand.sort();
        let of_question =
            |row: &contributions::Model| question.is_none_or(|wanted| row.question == Some(wanted));
        let mut dealt: Vec<_> = self.still_to_code(tx, &in_hand).await?;
        dealt.retain(of_question);
        dealt.truncate(wanted);
        // Nobody hoards: what is in hand of other questions, or of the other kind, counts towards the most.
        let most = (limits::CLAIMS as usize).saturating_sub(in_hand.len());
        let wanted = wanted.min(dealt.len() + most);
        let held: HashSet<_> = in_hand.into_iter().collect();
        let fresh: Vec<_> = candidates
            .iter()
            .copied()
            .filter(|id| !held.contains(id))
            .collect();
        for some in fresh.chunks(LOOKED_AT) {
            if dealt.len() >= wanted {
                break;
            }
            let more = self.still_to_code(tx, some).await?;
            dealt.extend(more.into_iter().filter(of_question));
        }
        dealt.truncate(wanted);
        let until = tx.now.plus_seconds(LEASE_SECONDS);
        let claims = dealt.iter().map(|row| coding_claims::Model {
            contribution_id: row.id,
            coder_id: self.coder,
            consultation_id: self.consultation,
            independent: self.drawn.contains(&row.id),
            until,
        });
        tx.add_claims(claims.collect()).await?;
        let view = |row: contributions::Model| ClaimView {
            contribution_id: row.id,
            consultation_id: row.consultation_id,
            question: row.question,
            section_ref: row.section_ref,
            text: row.text,
            until,
        };
        Ok(dealt.into_iter().map(view).collect())
    }

    /// Those of `ids` that may be dealt to the coder now, in their order.
    async fn still_to_code(
        &self,
        tx: &Tx,
        ids: &[ContributionId],
    ) -> Result<Vec<contributions::Model>, Problem> {
        let rows = tx.contributions(ids).await?;
        let withdrawn = tx.in_withdrawn(&rows).await?;
        let mut by_id: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut codings: HashMap<ContributionId, Vec<codings::Model>> = HashMap::new();
        for coding in tx.codings_of(ids).await? {
            codings.entry(coding.contribution_id).or_default().push(coding);
        }
        let hidden = |row: &contributions::Model| {
            row.withdrawn_at.is_some()
                || withdrawn.contains(&row.id)
                || (!self.concerns && concerns::waits(row))
        };
        Ok(ids
            .iter()
            .filter_map(|id| by_id.remove(id))
            .filter(|row| !hidden(row))
            .filter(|row| self.wants_coder(row.id, codings.get(&row.id).map_or(&[], Vec::as_slice)))
            .collect())
    }

    /// Whether the coder is one more that it wants.
    fn wants_coder(&self, id: ContributionId, codings: &[codings::Model]) -> bool {
        let rows: Vec<_> = codings.iter().map(crate::store::coding::coding_row).collect();
        let coded = |coder: UserId| standing_codings(&rows).iter().any(|coding| coding.coder == coder);
        // Who has coded it since it was dealt to them is one of its coders, and nobody to wait for.
        let others = self
            .claims
            .iter()
            .filter(|claim| claim.contribution_id == id && claim.coder_id != self.coder)
            .filter(|claim| !coded(claim.coder_id))
            .count();
        if self.independent {
            // Whoever coded it, or decided on it, has a view of it.
            let has_view = rows.iter().any(|coding| coding.coder == self.coder);
            return self.drawn.contains(&id) && !has_view && independent_codings(&rows).len() + others < 2;
        }
        let standing = standing_codings(&rows);
        let own = standing.into_iter().filter(|coding| coding.coder == self.coder);
        let last = own.max_by_key(|coding| coding.coded_at);
        if last.is_some_and(|coding| coding.themes.iter().any(|theme| self.split.contains(theme))) {
            return others == 0;
        }
        let counted = what_counts(&rows);
        counted.themes.is_empty() && !counted.set_aside && others == 0
    }
}

/// Which share to code twice.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DoubleCodingInput {
    /// Of all contributions that stand and were not drawn before, from 0.0001 to 1, in steps of 0.0001.
    #[validate(range(min = 0.0001, max = 1.0, message = "From 0.0001 to 1."))]
    #[schema(minimum = 0.0001, maximum = 1.0)]
    pub share: f64,
    /// From which the draw follows: the same seed over the same contributions draws the same.
    pub seed: u32,
}

/// A draw of contributions to be coded twice.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoubleCodingView {
    pub id: DoubleCodingId,
    pub consultation_id: ConsultationId,
    /// The share that was asked for, from 0 to 1. Base: `base`.
    pub share: f64,
    /// Of the SplitMix64 stream by which they were shuffled and drawn.
    pub seed: u32,
    /// Contributions that could have been drawn. Unit: contributions.
    pub base: u64,
    /// Contributions that were. Unit: contributions. Base: `base`.
    pub drawn: u64,
    pub drawn_by: UserId,
    pub drawn_at: Moment,
}

impl Resource for DoubleCodingView {
    fn version(&self) -> i32 {
        1
    }

    fn address(&self) -> String {
        format!(
            "/v1/consultations/{}/double-coding/{}",
            self.consultation_id, self.id
        )
    }
}

/// What a share is counted in.
const TEN_THOUSANDTHS: f64 = 10_000.0;

impl From<double_codings::Model> for DoubleCodingView {
    fn from(row: double_codings::Model) -> Self {
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            share: row.ten_thousandths as f64 / TEN_THOUSANDTHS,
            seed: row.seed as u32,
            base: row.base as u64,
            drawn: row.drawn as u64,
            drawn_by: row.drawn_by,
            drawn_at: row.received_at,
        }
    }
}

/// `POST /v1/consultations/{id}/double-coding`
pub async fn draw(
    access: Access<DrawDoubleCoding, (At<ConsultationId>, Valid<DoubleCodingInput>)>,
) -> Reply<Created<DoubleCodingView>> {
    let ((At(id), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let exact = input.share * TEN_THOUSANDTHS;
    faults.add_if(
        (exact - exact.round()).abs() > 1e-6,
        "/share",
        "too-fine",
        "Give four decimals at the most.",
    );
    faults.end()?;
    let ten_thousandths = exact.round() as u32;
    let seed = input.seed;
    let store = access.store();
    let before = store
        .read(async |tx| {
            tx.consultation_being_coded(id).await?;
            tx.drawn(id).await
        })
        .await?;
    let known = before.clone();
    let find = move |facts: &Facts| draw_for_double_coding(facts, ten_thousandths, seed, &known);
    let drawn = access.state().looks.with(&store, id, find).await?;
    let job = store.post(async move |tx| {
        tx.consultation_being_coded(id).await?;
        // Draws come one after the other, and after the claims that were made before them.
        tx.hold_claims(id).await?;
        if tx.drawn(id).await? != before {
            return Err(Problem::new(
                crate::error::Code::Conflict,
                "Somebody drew contributions just now. Look at their draw first.",
            ));
        }
        if drawn.ids.is_empty() {
            return Err(Problem::new(
                crate::error::Code::Conflict,
                format!(
                    "Nothing was drawn: {} contributions stand that were not drawn before. Ask for a larger share.",
                    drawn.base
                ),
            ));
        }
        let row = double_codings::Model {
            id: crate::clock::new_id(),
            consultation_id: id,
            ten_thousandths: i64::from(ten_thousandths),
            seed: i64::from(seed),
            base: drawn.base as i64,
            drawn: drawn.ids.len() as i64,
            drawn_by: tx.user()?,
            received_at: tx.now,
        };
        // What is in somebody's hands already is coded as it is drawn.
        tx.make_claims_independent(id, &drawn.ids).await?;
        tx.add_double_coding(row.clone(), drawn.ids).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// `GET /v1/consultations/{id}/double-coding`
pub async fn list_draws(
    access: Access<DrawDoubleCoding, (At<ConsultationId>, Listing<NoFilters>)>,
) -> Reply<Items<DoubleCodingView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let read = async |tx: &Tx| {
        tx.consultation(id).await?;
        tx.double_codings(id, page).await
    };
    let rows = access.store().read(read).await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/consultations/{id}/double-coding/{double_coding_id}`
pub async fn show_draw(
    access: Access<DrawDoubleCoding, At<(ConsultationId, DoubleCodingId)>>,
) -> Reply<One<DoubleCodingView>> {
    let (At((consultation, id)), access) = access.split();
    let read = async |tx: &Tx| {
        tx.consultation(consultation).await?;
        tx.double_coding(consultation, id).await
    };
    Ok(One(access.store().read(read).await?.into()))
}

/// `GET /v1/consultations/{id}/coding-queue/progress`
pub async fn show_progress(
    access: Access<ReadCodingProgress, At<ConsultationId>>,
) -> Reply<Plain<CodingProgress>> {
    let (At(id), access) = access.split();
    let store = access.store();
    let to = match access.reach().is_lead() {
        true => ToldTo::Lead,
        false => ToldTo::Coder(access.caller().user),
    };
    let (drawn, claims, version) = store
        .read(async |tx| {
            tx.consultation(id).await?;
            Ok((
                tx.drawn(id).await?,
                tx.claims(id).await?,
                tx.codeframe_version(id).await?,
            ))
        })
        .await?;
    let mut dealt: HashMap<ContributionId, Vec<UserId>> = HashMap::new();
    for claim in claims {
        dealt
            .entry(claim.contribution_id)
            .or_default()
            .push(claim.coder_id);
    }
    let work = move |facts: &Facts| progress(facts, &drawn, &dealt, version, to);
    Ok(Plain(access.state().looks.with(&store, id, work).await?))
}
