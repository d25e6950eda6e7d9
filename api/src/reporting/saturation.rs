//! The picture of how many new themes each meeting brought: for those who analyse, of the same exact figures as its JSON, and in no report.

use crate::{
    auth::permission::ReadSaturation,
    collating::analyses::{SaturationParameters, saturated},
    http::{
        access::Access,
        answer::{Rendered, Reply},
        ask::{At, By},
        document::Document,
    },
    reporting::{formats::charts, reading::AsSvg},
};
use domain::id::ConsultationId;
use std::sync::Arc;

/// `GET /v1/consultations/{id}/saturation.svg`
pub async fn show_picture(
    access: Access<ReadSaturation, (At<ConsultationId>, By<SaturationParameters>)>,
) -> Reply<Document<AsSvg>> {
    let drawn: Arc<Rendered<AsSvg>> = saturated(access, "svg", |found| {
        Ok(Rendered::new(charts::saturation(found), "image/svg+xml"))
    })
    .await?;
    Ok(Document::of(drawn.content.clone()))
}
