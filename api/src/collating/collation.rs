//! Collations, cross-tabs, cells and coverage: exact for those who may see exact figures, narrowed to their groups.
//! Everybody else selects from the latest release, and as long as nothing was released, gets none.

use crate::{
    auth::permission::{Permission, ReadCells, ReadCollation},
    collating::{
        looks::{Reading, unknown_values, values},
        releases::Released,
    },
    error::Code,
    http::{
        access::Access,
        answer::{Csv, Rendered, Reply, unformulated},
        ask::{AnyOf, At, By},
        problem::{Fault, Problem},
    },
    store::releasing::{COLLATION, COVERAGE},
};
use domain::{
    collate::{
        Audience, Axis, CellKey, Cells, CollatedTheme, Collation, Coverage, CrossTab, Dimension, Filter,
        FilterValues, Scope, Unit, cells, coverage, cross_tab,
    },
    disclosure::Cut,
    facts::Facts,
    id::ConsultationId,
    vocabulary::{Channel, QuestionKind, RespondentGroup, Role, Setting},
};
use serde::Deserialize;
use std::{borrow::Cow, collections::HashSet, sync::Arc};
use utoipa::IntoParams;

/// Makes the parameters of an endpoint of figures: its own, and the filters that all of them share.
macro_rules! figure_parameters {
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        figure_parameters! {
            @theme "Ids or codes of themes; a parent stands for its sub-themes too."
            $(#[$doc])* $name { $($fields)* }
        }
    };
    ($(#[$doc:meta])* $name:ident refuses theme, $because:literal { $($fields:tt)* }) => {
        figure_parameters! { @theme $because $(#[$doc])* $name { $($fields)* } }
    };
    (@theme $theme:literal
        $(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// Numbers of questions, or `none` for points outside every question.
            #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
            pub question: Option<AnyOf<String>>,
            #[doc = $theme]
            #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
            pub theme: Option<AnyOf<String>>,
            /// Refs of sections.
            #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
            pub section: Option<AnyOf<String>>,
            /// Ids of groups, or `not_recorded`.
            #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
            pub group: Option<AnyOf<String>>,
            /// Respondent groups.
            #[param(value_type = Option<Vec<RespondentGroup>>, style = Form, explode = false)]
            pub respondent_group: Option<AnyOf<String>>,
            /// Settings.
            #[param(value_type = Option<Vec<Setting>>, style = Form, explode = false)]
            pub setting: Option<AnyOf<String>>,
            /// Channels.
            #[param(value_type = Option<Vec<Channel>>, style = Form, explode = false)]
            pub channel: Option<AnyOf<String>>,
            /// Ids of rounds.
            #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
            pub round: Option<AnyOf<String>>,
        }

        impl $name {
            pub(super) fn filter(&self) -> FilterValues {
                FilterValues {
                    question: values(self.question.clone()),
                    theme: values(self.theme.clone()),
                    section: values(self.section.clone()),
                    group: values(self.group.clone()),
                    respondent_group: values(self.respondent_group.clone()),
                    setting: values(self.setting.clone()),
                    channel: values(self.channel.clone()),
                    round: values(self.round.clone()),
                    ..FilterValues::default()
                }
            }
        }
    };
}

pub(super) use figure_parameters;

figure_parameters! {
    /// Filters of a collation: any of the values of one parameter, all of the parameters.
    CollationFilters {
        /// Exact figures or those of the latest release, for whoever has grants that give either, and for leads; exact ones
        /// unless said otherwise.
        #[param(inline, value_type = Option<Audience>)]
        audience: Option<Audience>,
    }
}

figure_parameters! {
    /// What a cross-tab shall show.
    CrossTabParameters {
        /// What the rows are; `answer` needs one closed `question`.
        #[param(inline, value_type = Axis)]
        rows: AnyOf<Axis>,
        /// What the columns are.
        #[param(value_type = Dimension)]
        columns: AnyOf<Dimension>,
        /// What is counted; contributions unless said otherwise, people for answers.
        #[param(value_type = Option<Unit>)]
        unit: Option<AnyOf<Unit>>,
        /// Exact figures or those of the latest release, for whoever has grants that give either, and for leads; exact ones
        /// unless said otherwise.
        #[param(inline, value_type = Option<Audience>)]
        audience: Option<Audience>,
    }
}

/// Which coverage is wanted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct CoverageParameters {
    /// Exact figures or those of the latest release, for whoever has grants that give either, and for leads; exact ones
    /// unless said otherwise.
    #[param(inline, value_type = Option<Audience>)]
    pub audience: Option<Audience>,
}

figure_parameters! {
    /// What cells shall be told apart by.
    CellsParameters {
        /// Any of question, theme, group, respondent_group, setting, channel, round, in the order wanted.
        #[param(value_type = Vec<String>, style = Form, explode = false)]
        by: AnyOf<CellKey>,
    }
}

/// What the caller gets of a consultation that they may know of.
pub(super) enum Figures {
    /// Exact figures, of these groups.
    Exact(Scope),
    /// The latest release, and nothing else.
    Released(Released),
}

/// By all grants of the caller where no audience is asked for: exact figures where any gives them.
pub(super) async fn figures<P: Permission>(
    access: &Access<P>,
    id: ConsultationId,
    audience: Option<Audience>,
) -> Result<Figures, Problem> {
    let exact = access
        .reach()
        .exact()
        .filter(|_| audience != Some(Audience::Controlled));
    let released = exact.is_none();
    let latest = access
        .store()
        .look_up(async |tx| {
            if !released {
                tx.consultation(id).await?;
                return Ok(None);
            }
            let (known, latest) = tokio::join!(tx.consultation(id), tx.latest_release(id));
            known?;
            latest
        })
        .await?;
    if let Some(scope) = exact {
        return Ok(Figures::Exact(scope));
    }
    let reads_words = [
        Role::NationalLead,
        Role::SteeringGroup,
        Role::ClinicalReferenceGroup,
    ];
    let with_words = reads_words.into_iter().any(|role| access.reach().is(role));
    let latest = latest.ok_or_else(|| {
        Problem::new(
            Code::NotReleased,
            "Figures for your role come with a release; its national lead makes them.",
        )
    })?;
    Ok(Figures::Released(Released::new(latest, with_words)))
}

pub(super) fn understood(facts: &Facts, scope: &Scope, values: &FilterValues) -> Result<Filter, Problem> {
    Filter::new(facts, scope, values).map_err(unknown_values)
}

/// `GET /v1/consultations/{id}/collation`
pub async fn show(
    access: Access<ReadCollation, (At<ConsultationId>, By<CollationFilters>)>,
) -> Reply<Arc<Rendered<Collation>>> {
    let ((At(id), By(filters)), access) = access.split();
    let access = access.to_figures(filters.audience)?;
    let wanted = filters.filter();
    let store = access.store();
    let scope = match figures(&access, id, filters.audience).await? {
        Figures::Exact(scope) => scope,
        Figures::Released(released) => {
            // A filter would be a cut of its own: what it leaves out could be subtracted.
            let cut = if wanted == FilterValues::default() {
                COLLATION
            } else {
                "collation with filters"
            };
            return released.collation(access.state(), &store, id, cut).await;
        }
    };
    let key = format!("collation {scope:?} {wanted:?}");
    let followed = key.clone();
    let render = async |reading: Reading| {
        let understood = move |facts: &Facts, scope: &Scope| understood(facts, scope, &wanted);
        let mut collation = reading.collation(followed, scope, understood).await?;
        let texts = reading.texts(&store, quoted(&collation)).await?;
        for theme in themes_of(&mut collation) {
            theme
                .quotes
                .retain_mut(|quote| match texts.get(&quote.contribution) {
                    Some(text) => {
                        quote.text.clone_from(text);
                        true
                    }
                    None => false,
                });
        }
        Rendered::json(&collation)
    };
    access.state().looks.rendered(&store, id, key, render).await
}

fn themes_of(collation: &mut Collation) -> impl Iterator<Item = &mut CollatedTheme> {
    let questions = collation
        .questions
        .iter_mut()
        .flat_map(|question| &mut question.themes);
    let sections = collation
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.themes);
    collation.themes.iter_mut().chain(questions).chain(sections)
}

fn quoted(collation: &Collation) -> HashSet<(domain::id::ContributionId, i32)> {
    let questions = collation.questions.iter().flat_map(|question| &question.themes);
    let sections = collation.sections.iter().flat_map(|section| &section.themes);
    let themes = collation.themes.iter().chain(questions).chain(sections);
    themes
        .flat_map(|theme| &theme.quotes)
        .map(|quote| (quote.contribution, quote.version))
        .collect()
}

pub(crate) fn one<T: Copy>(parameter: &str, given: &AnyOf<T>) -> Result<T, Problem> {
    match given.0.as_slice() {
        [one] => Ok(*one),
        _ => Err(bad(parameter, "one value is wanted")),
    }
}

pub(super) fn bad(parameter: &str, wanted: &str) -> Problem {
    let fault = Fault {
        pointer: format!("/{parameter}"),
        code: "unknown-value".into(),
        detail: format!("Here {wanted}."),
    };
    Problem::of_faults(Code::BadParameter, vec![fault])
}

fn tabulate(facts: &Facts, scope: &Scope, asked: &CrossTabParameters) -> Result<CrossTab, Problem> {
    let (rows, columns) = (one("rows", &asked.rows)?, one("columns", &asked.columns)?);
    let unit = asked.unit.as_ref().map(|unit| one("unit", unit)).transpose()?;
    let filter = understood(facts, scope, &asked.filter())?;
    let unit = match (rows, unit) {
        (Axis::Answer, None | Some(Unit::People)) => {
            let numbers = asked
                .question
                .as_ref()
                .map(|any| any.0.as_slice())
                .unwrap_or_default();
            let closed = |number: &String| {
                let questions = &facts.register().questions;
                questions
                    .iter()
                    .any(|one| one.number.to_string() == *number && one.kind != QuestionKind::Open)
            };
            match numbers {
                [number] if closed(number) => Unit::People,
                _ => {
                    return Err(bad(
                        "question",
                        "the number of one closed question is wanted, because rows are answers",
                    ));
                }
            }
        }
        (Axis::Answer, Some(_)) => return Err(bad("unit", "people is the only unit of answers")),
        (_, Some(Unit::People)) => return Err(bad("unit", "people are counted by answers only")),
        (_, unit) => unit.unwrap_or(Unit::Contributions),
    };
    Ok(cross_tab(facts, scope, &filter, rows, columns, unit))
}

/// The name of the cut that a controlled caller asks for. One with a filter has a name that no release holds.
fn asked_cut(asked: &CrossTabParameters) -> Result<String, Problem> {
    let (rows, columns) = (one("rows", &asked.rows)?, one("columns", &asked.columns)?);
    let unit = asked.unit.as_ref().map(|unit| one("unit", unit)).transpose()?;
    let mut filters = asked.filter();
    let question = match (rows, filters.question.as_deref()) {
        (Axis::Answer, Some([number])) => number.parse().ok(),
        _ => None,
    };
    if question.is_some() {
        filters.question = None;
    }
    let cut = Cut {
        rows,
        columns,
        unit,
        question,
    };
    Ok(if filters == FilterValues::default() {
        cut.to_string()
    } else {
        format!("{cut} with filters")
    })
}

/// `GET /v1/consultations/{id}/cross-tab`
pub async fn show_cross_tab(
    access: Access<ReadCollation, (At<ConsultationId>, By<CrossTabParameters>)>,
) -> Reply<Arc<Rendered<CrossTab>>> {
    let ((At(id), By(asked)), access) = access.split();
    let access = access.to_figures(asked.audience)?;
    let scope = match figures(&access, id, asked.audience).await? {
        Figures::Exact(scope) => scope,
        Figures::Released(released) => {
            return released
                .document(access.state(), &access.store(), &asked_cut(&asked)?)
                .await;
        }
    };
    let key = format!("cross-tab {scope:?} {asked:?}");
    let render = async |reading: Reading| {
        let table = reading
            .facts(move |facts| tabulate(facts, &scope, &asked))
            .await??;
        Rendered::json(&table)
    };
    access
        .state()
        .looks
        .rendered(&access.store(), id, key, render)
        .await
}

async fn cells_of(
    access: Access<ReadCells, (At<ConsultationId>, By<CellsParameters>)>,
) -> Result<Cells, Problem> {
    let ((At(id), By(asked)), access) = access.split();
    let Figures::Exact(scope) = figures(&access, id, None).await? else {
        return Err(Problem::internal("cells are for those who see exact figures"));
    };
    let work = move |facts: &Facts| {
        let mut seen = Vec::new();
        for key in &asked.by.0 {
            if seen.contains(key) {
                return Err(bad("by", "each dimension is wanted once"));
            }
            seen.push(*key);
        }
        Ok(cells(
            facts,
            &scope,
            &understood(facts, &scope, &asked.filter())?,
            &asked.by.0,
        ))
    };
    access.state().looks.with(&access.store(), id, work).await?
}

/// `GET /v1/consultations/{id}/cells`
pub async fn show_cells(
    access: Access<ReadCells, (At<ConsultationId>, By<CellsParameters>)>,
) -> Reply<Rendered<Cells>> {
    Rendered::json(&cells_of(access).await?)
}

/// `GET /v1/consultations/{id}/cells.csv`
pub async fn show_cells_csv(
    access: Access<ReadCells, (At<ConsultationId>, By<CellsParameters>)>,
) -> Reply<Csv> {
    let table = cells_of(access).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let header = table.by.iter().map(String::as_str).chain(["contributions"]);
    csv.write_record(header).map_err(Problem::internal)?;
    for item in table.items {
        let count = item.contributions.to_string();
        let keys = item.keys.iter().map(|key| unformulated(key));
        let record = keys.chain([Cow::Borrowed(count.as_str())]).map(Cow::into_owned);
        csv.write_record(record).map_err(Problem::internal)?;
    }
    Ok(Csv(csv.into_inner().map_err(Problem::internal)?))
}

/// `GET /v1/consultations/{id}/coverage`
pub async fn show_coverage(
    access: Access<ReadCollation, (At<ConsultationId>, By<CoverageParameters>)>,
) -> Reply<Arc<Rendered<Coverage>>> {
    let ((At(id), By(asked)), access) = access.split();
    let access = access.to_figures(asked.audience)?;
    let scope = match figures(&access, id, asked.audience).await? {
        Figures::Exact(scope) => scope,
        Figures::Released(released) => {
            return released.document(access.state(), &access.store(), COVERAGE).await;
        }
    };
    let key = format!("coverage {scope:?}");
    let render = async |reading: Reading| {
        let covered = reading.facts(move |facts| coverage(facts, &scope)).await?;
        Rendered::json(&covered)
    };
    access
        .state()
        .looks
        .rendered(&access.store(), id, key, render)
        .await
}
