//! Across consultations: what became of a theme that a lead mapped to one of an earlier codeframe.
//!
//! Invariant: what a caller gets of each consultation is what they get of it alone. Exact figures are narrowed in every one of
//! them alike; who reads releases gets each latest release, by the words that left with it, and a consultation that they may
//! not know of, or of which nothing was released, appears nowhere. A theme that is mapped to it reads as one that is not mapped.
//!
//! No answer is kept: it rests on several consultations, and each look at one of them is cheap where nothing changed.

use crate::{
    auth::permission::ReadTrend,
    collating::{
        collation::{Figures, figures, understood},
        looks::values,
        releases::Released,
    },
    error::Code,
    http::{
        access::Access,
        answer::{Rendered, Reply},
        ask::{AnyOf, At, By},
        problem::{Fault, Problem},
    },
    store::Opened,
};
use domain::{
    collate::{Audience, FilterValues, Period, Scope, Trend, in_time, trend},
    id::{ConsultationId, ThemeId},
    limits::EARLIER_CONSULTATIONS,
    vocabulary::{Channel, RespondentGroup, Setting},
};
use entity::consultations;
use serde::Deserialize;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};
use utoipa::IntoParams;

/// By what each of the consultations is narrowed: any of the values of one parameter, all of the parameters.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TrendParameters {
    /// Exact figures or those of the latest releases, for whoever has grants that give either, and for leads; exact ones
    /// unless said otherwise.
    #[param(inline, value_type = Option<Audience>)]
    audience: Option<Audience>,
    /// Ids of groups, or `not_recorded`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    group: Option<AnyOf<String>>,
    /// Respondent groups.
    #[param(value_type = Option<Vec<RespondentGroup>>, style = Form, explode = false)]
    respondent_group: Option<AnyOf<String>>,
    /// Settings.
    #[param(value_type = Option<Vec<Setting>>, style = Form, explode = false)]
    setting: Option<AnyOf<String>>,
    /// Channels.
    #[param(value_type = Option<Vec<Channel>>, style = Form, explode = false)]
    channel: Option<AnyOf<String>>,
    /// Refused: a number is of one consultation's question.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    question: Option<AnyOf<String>>,
    /// Refused: a theme is of one codeframe.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    theme: Option<AnyOf<String>>,
    /// Refused: a section is of one consultation's documents.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    section: Option<AnyOf<String>>,
    /// Refused: a round is of one time.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    round: Option<AnyOf<String>>,
}

impl TrendParameters {
    /// What means the same in every consultation.
    ///
    /// # Errors
    /// 400 that names each parameter that does not.
    fn filter(&self) -> Result<FilterValues, Problem> {
        let of_one = [
            (
                "question",
                &self.question,
                "a question has its number in one consultation alone",
            ),
            (
                "theme",
                &self.theme,
                "a theme is of one consultation's codeframe alone",
            ),
            (
                "section",
                &self.section,
                "a section is of one consultation's documents alone",
            ),
            (
                "round",
                &self.round,
                "a round is of one time, and a trend is over several",
            ),
        ];
        let given = of_one.into_iter().filter(|(_, values, _)| values.is_some());
        let faults: Vec<Fault> = given
            .map(|(parameter, _, why)| Fault {
                pointer: format!("/{parameter}"),
                code: "not-taken".into(),
                detail: format!(
                    "Leave it out: {why}. Narrow by group, respondent_group, setting or channel, which mean the same in all."
                ),
            })
            .collect();
        if !faults.is_empty() {
            return Err(Problem::of_faults(Code::BadParameter, faults));
        }
        Ok(FilterValues {
            group: values(self.group.clone()),
            respondent_group: values(self.respondent_group.clone()),
            setting: values(self.setting.clone()),
            channel: values(self.channel.clone()),
            ..FilterValues::default()
        })
    }
}

/// How the caller reads each consultation.
enum Reading {
    /// Exact figures, within this scope.
    Exact(Scope, Box<FilterValues>),
    /// The latest release, and nothing else.
    Releases,
}

impl Reading {
    /// A consultation that the caller may know of; nothing where there is nothing of it that they may read.
    async fn period(
        &self,
        access: &Access<ReadTrend>,
        store: &Opened,
        row: consultations::Model,
    ) -> Result<Option<Period>, Problem> {
        let (id, received_at) = (row.id, row.received_at);
        match self {
            Self::Exact(scope, values) => {
                let (scope, values) = (scope.clone(), values.clone());
                let work = move |facts: &domain::facts::Facts| {
                    let filter = understood(facts, &scope, &values)?;
                    Ok::<_, Problem>(Period::exact(facts, &scope, &filter, received_at))
                };
                access.state().looks.with(store, id, work).await?.map(Some)
            }
            Self::Releases => {
                let (latest, codeframe) = store
                    .read(async |tx| Ok((tx.latest_release(id).await?, tx.theme_facts(id).await?)))
                    .await?;
                let Some(latest) = latest else {
                    return Ok(None);
                };
                let collation = Released::new(latest, false)
                    .figures(access.state(), store)
                    .await?;
                Ok(Some(Period::released(
                    collation,
                    &codeframe,
                    &row.channels.0,
                    row.opens_on,
                    row.closes_on,
                    received_at,
                )))
            }
        }
    }
}

/// `GET /v1/consultations/{id}/trend`
pub async fn show(
    access: Access<ReadTrend, (At<ConsultationId>, By<TrendParameters>)>,
) -> Reply<Rendered<Trend>> {
    let ((At(id), By(asked)), access) = access.split();
    let access = access.to_figures(asked.audience)?;
    let wanted = asked.filter()?;
    let store = access.store();
    let reading = match figures(&access, id, asked.audience).await? {
        Figures::Exact(scope) => Reading::Exact(scope, Box::new(wanted)),
        Figures::Released(_) if wanted == FilterValues::default() => Reading::Releases,
        // A filter would be a cut of its own, as in a collation.
        Figures::Released(released) => return Err(released.refused(&store, "trend with filters").await?),
    };
    let row = store.read(async |tx| tx.consultation(id).await).await?;
    let current = reading.period(&access, &store, row).await?;
    let current = current.ok_or_else(|| Problem::internal("a release that is there no more"))?;

    let mut seen = BTreeSet::from([id]);
    let mut step: BTreeSet<ThemeId> = current.earlier();
    let mut earlier: Vec<Period> = Vec::new();
    let mut goes_further_back = false;
    while !step.is_empty() && !goes_further_back {
        let themes: Vec<ThemeId> = step.into_iter().collect();
        step = BTreeSet::new();
        let found = store
            .read(async |tx| tx.consultations_of_themes(&themes).await)
            .await?;
        // The latest first, so that it is the oldest that are left out where there are too many.
        let rows: BTreeMap<_, _> = found
            .into_values()
            .map(|row| ((Reverse(in_time(row.opens_on, row.received_at)), row.id), row))
            .collect();
        for row in rows.into_values() {
            if !seen.insert(row.id) {
                continue;
            }
            let Some(period) = reading.period(&access, &store, row).await? else {
                continue;
            };
            if earlier.len() == EARLIER_CONSULTATIONS {
                goes_further_back = true;
                break;
            }
            step.extend(period.earlier());
            earlier.push(period);
        }
    }
    let work = move || trend(current, earlier, goes_further_back);
    let found = actix_web::web::block(work).await.map_err(Problem::internal)?;
    Rendered::json(&found)
}
