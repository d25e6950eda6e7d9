//! What else is reckoned from the facts of a consultation: agreement between coders, agreement across groups, differences between
//! respondent groups, new themes by meeting, and themes to look at. Exact for those who may see exact figures; where others get any,
//! it follows from the latest release and from nothing else.

use crate::{
    auth::permission::{CheckCodeframe, ReadAgreement, ReadCollation, ReadSaturation},
    collating::{
        collation::{Figures, bad, figure_parameters, figures, one, understood},
        looks::{Reading, values},
    },
    http::{
        access::Access,
        answer::{Rendered, Reply},
        ask::{AnyOf, At, By},
        problem::Problem,
    },
};
use domain::{
    collate::{
        Agreement, Audience, CodeframeCheck, ConsensusAnswer, Differences, FilterValues, Saturation, Scope,
        across_groups, agreement, codeframe_check, differences, saturation,
    },
    id::ConsultationId,
    vocabulary::{Channel, RespondentGroup, Setting},
};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// By which intervals are drawn where nobody names a seed.
const SEED: u32 = 1;

figure_parameters! {
    /// Whose consensus is wanted: any of the values of one parameter, all of the parameters.
    ConsensusParameters {
        /// Exact figures or those of the latest release, for whoever has grants that give either, and for leads; exact ones
        /// unless said otherwise.
        #[param(inline, value_type = Option<Audience>)]
        audience: Option<Audience>,
    }
}

figure_parameters! {
    /// Of which contributions differences are wanted: any of the values of one parameter, all of the parameters.
    DifferencesParameters refuses theme, "Refused: its contributions would be the base of their own share." {
        /// Of the resamples of the intervals; 1 unless said otherwise. The same seed gives the same intervals.
        #[param(value_type = Option<u32>)]
        seed: Option<AnyOf<u32>>,
        /// Exact figures or those of the latest release, for whoever has grants that give either, and for leads; exact ones
        /// unless said otherwise.
        #[param(inline, value_type = Option<Audience>)]
        audience: Option<Audience>,
    }
}

figure_parameters! {
    /// Over which contributions agreement is wanted: any of the values of one parameter, all of the parameters.
    AgreementParameters refuses theme, "Refused: what counts is one of the codings that are compared." {
        /// Of the resamples of the intervals; 1 unless said otherwise. The same seed gives the same intervals.
        #[param(value_type = Option<u32>)]
        seed: Option<AnyOf<u32>>,
    }
}

figure_parameters! {
    /// Of which tables and contributions new themes are wanted: any of the values of one parameter, all of the parameters.
    SaturationParameters refuses theme, "Refused: only meetings that raised it would be left, and of others it could not be said \
        that they brought nothing new." {}
}
/// `GET /v1/consultations/{id}/agreement`
pub async fn show_agreement(
    access: Access<ReadAgreement, (At<ConsultationId>, By<AgreementParameters>)>,
) -> Reply<Arc<Rendered<Agreement>>> {
    let ((At(id), By(asked)), access) = access.split();
    if asked.theme.is_some() {
        let why = "no theme is taken: it would choose contributions by one of the codings that are compared";
        return Err(bad("theme", why));
    }
    let store = access.store();
    store.read(async |tx| tx.consultation(id).await).await?;
    let key = format!("agreement {asked:?}");
    let render = async |reading: Reading| {
        let found = reading
            .facts(move |facts| {
                let filter = understood(facts, &Scope::Whole, &asked.filter())?;
                let seed = asked.seed.as_ref().map(|seed| one("seed", seed)).transpose()?;
                Ok::<_, Problem>(agreement(facts, &Scope::Whole, &filter, seed.unwrap_or(SEED)))
            })
            .await??;
        Rendered::json(&found)
    };
    access.state().looks.rendered(&store, id, key, render).await
}

/// `GET /v1/consultations/{id}/consensus`
pub async fn show_consensus(
    access: Access<ReadCollation, (At<ConsultationId>, By<ConsensusParameters>)>,
) -> Reply<Arc<Rendered<ConsensusAnswer>>> {
    let ((At(id), By(asked)), access) = access.split();
    let access = access.to_figures(asked.audience)?;
    let wanted = asked.filter();
    let store = access.store();
    let scope = match figures(&access, id, asked.audience).await? {
        Figures::Exact(scope) => scope,
        Figures::Released(released) => {
            if wanted != FilterValues::default() {
                return Err(released.refused(&store, "consensus with filters").await?);
            }
            return released.consensus(access.state(), &store).await;
        }
    };
    let key = format!("consensus {scope:?} {wanted:?}");
    let render = async |reading: Reading| {
        let found = reading
            .facts(move |facts| {
                Ok::<_, Problem>(across_groups(facts, &scope, &understood(facts, &scope, &wanted)?))
            })
            .await??;
        Rendered::json(&found)
    };
    access.state().looks.rendered(&store, id, key, render).await
}

/// `GET /v1/consultations/{id}/differences`
pub async fn show_differences(
    access: Access<ReadCollation, (At<ConsultationId>, By<DifferencesParameters>)>,
) -> Reply<Arc<Rendered<Differences>>> {
    let ((At(id), By(asked)), access) = access.split();
    if asked.theme.is_some() {
        return Err(bad(
            "theme",
            "no theme is taken: its contributions would be the base of their own share",
        ));
    }
    let seed = asked.seed.as_ref().map(|seed| one("seed", seed)).transpose()?;
    let access = access.to_figures(asked.audience)?;
    let wanted = asked.filter();
    let store = access.store();
    let scope = match figures(&access, id, asked.audience).await? {
        Figures::Exact(scope) => scope,
        Figures::Released(released) => {
            if wanted != FilterValues::default() {
                return Err(released.refused(&store, "differences with filters").await?);
            }
            if seed.is_some() {
                return Err(released
                    .refused(&store, "differences with intervals by a seed")
                    .await?);
            }
            return released.differences(access.state(), &store).await;
        }
    };
    let seed = seed.unwrap_or(SEED);
    let key = format!("differences {scope:?} {wanted:?} {seed}");
    let render = async |reading: Reading| {
        let found = reading
            .facts(move |facts| {
                let filter = understood(facts, &scope, &wanted)?;
                Ok::<_, Problem>(differences(facts, &scope, &filter, seed))
            })
            .await??;
        Rendered::json(&found)
    };
    access.state().looks.rendered(&store, id, key, render).await
}

/// `GET /v1/consultations/{id}/codeframe/check`
pub async fn show_codeframe_check(
    access: Access<CheckCodeframe, At<ConsultationId>>,
) -> Reply<Arc<Rendered<CodeframeCheck>>> {
    let At(id) = access.asked;
    let store = access.store();
    store.read(async |tx| tx.consultation(id).await).await?;
    let key = "codeframe-check".to_owned();
    let render = async |reading: Reading| Rendered::json(&reading.facts(codeframe_check).await?);
    access.state().looks.rendered(&store, id, key, render).await
}

/// `GET /v1/consultations/{id}/saturation`
pub async fn show_saturation(
    access: Access<ReadSaturation, (At<ConsultationId>, By<SaturationParameters>)>,
) -> Reply<Arc<Rendered<Saturation>>> {
    saturated(access, "json", Rendered::json).await
}

/// New themes by meeting, put into a form that is known by this name.
pub async fn saturated<V: Send + Sync + 'static>(
    access: Access<ReadSaturation, (At<ConsultationId>, By<SaturationParameters>)>,
    form: &str,
    put: impl FnOnce(&Saturation) -> Result<Rendered<V>, Problem>,
) -> Reply<Arc<Rendered<V>>> {
    let ((At(id), By(asked)), access) = access.split();
    if asked.theme.is_some() {
        let why = "no theme is taken: meetings that did not raise it would not be counted as such";
        return Err(bad("theme", why));
    }
    let Figures::Exact(scope) = figures(&access, id, None).await? else {
        return Err(Problem::internal("saturation is for those who see exact figures"));
    };
    let key = format!("saturation {form} {scope:?} {asked:?}");
    let render = async |reading: Reading| {
        let found = reading
            .facts(move |facts| {
                let filter = understood(facts, &scope, &asked.filter())?;
                Ok::<_, Problem>(saturation(facts, &scope, &filter))
            })
            .await??;
        put(&found)
    };
    access
        .state()
        .looks
        .rendered(&access.store(), id, key, render)
        .await
}
