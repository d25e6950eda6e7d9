//! What the record shows of how people were consulted, and what it does not: read for one day, and never kept, because a new day
//! moves it. What is evidence and what a gap is [`domain::assurance`].

use crate::{
    auth::permission::ReadAssurance,
    http::{
        access::Access,
        answer::{Rendered, Reply},
        ask::At,
        problem::Problem,
    },
};
use domain::{
    assurance::{Assurance, Considered, assurance},
    id::ConsultationId,
};

/// `GET /v1/consultations/{id}/assurance`
pub async fn show(access: Access<ReadAssurance, At<ConsultationId>>) -> Reply<Rendered<Assurance>> {
    let At(id) = access.asked;
    let today = crate::clock::now().day_in_london();
    let today = today.ok_or_else(|| Problem::internal("today is no day"))?;
    let store = access.store();
    let record = store
        .read_at_one_moment(async |tx| tx.consultation_on_record(id).await)
        .await?;
    // Counts come from the facts, as all figures do, and are at least as new as the record.
    let considered = access.state().looks.with(&store, id, Considered::of).await?;
    Rendered::json(&assurance(&record, &considered, today))
}
