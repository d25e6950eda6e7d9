//! Codeframes that were frozen: each is whole by itself, numbered, and never changed. Coding names the last of them; what is
//! changed afterwards belongs to the next.

use crate::{
    auth::{
        permission::{KeepCodeframe, ReadCodeframe},
        reach::Reach,
    },
    coding::themes::{ThemeView, codeframe},
    error::Code,
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::At,
        page::{Items, Listing, NoFilters},
        problem::Problem,
    },
    store::Tx,
};
use domain::{
    collate::DEFAULT_ENTRIES,
    id::{ConsultationId, UserId},
    moment::Moment,
    vocabulary::ThemeStatus,
};
use entity::{
    codeframes,
    json::{ThemeRecord, ThemeRecords},
    themes,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A codeframe as it was frozen.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeframeView {
    pub consultation_id: ConsultationId,
    /// From 1, without gaps.
    pub version: i32,
    /// Every theme that there was, retired and merged ones among them, in the order in which they came.
    pub themes: Vec<ThemeView>,
    pub frozen_by: UserId,
    pub frozen_at: Moment,
}

impl Resource for CodeframeView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!(
            "/v1/consultations/{}/codeframes/{}",
            self.consultation_id, self.version
        )
    }
}

impl CodeframeView {
    /// As the caller may read it.
    fn told_to(reach: &Reach, row: codeframes::Model) -> Self {
        let of = row.consultation_id;
        let view = |theme| ThemeView::as_it_stood(of, theme).told_to(reach);
        Self {
            consultation_id: of,
            version: row.version,
            themes: row.themes.0.into_iter().map(view).collect(),
            frozen_by: row.frozen_by,
            frozen_at: row.frozen_at,
        }
    }
}

/// `POST /v1/consultations/{id}/codeframe/freeze`
pub async fn freeze(access: Access<KeepCodeframe, At<ConsultationId>>) -> Reply<Created<CodeframeView>> {
    let (At(id), access) = access.split();
    let store = access.store();
    let job =
        store.post(async move |tx| Ok(Created(CodeframeView::told_to(tx.reach(), frozen(tx, id).await?))));
    job.await
}

/// The version that was frozen last; of a codeframe that never was, its first, which is frozen now.
///
/// # Errors
/// What stands against freezing it.
pub(crate) async fn freeze_if_unfrozen(tx: &Tx, id: ConsultationId) -> Result<i32, Problem> {
    match tx.codeframe_version(id).await? {
        Some(version) => Ok(version),
        None => Ok(frozen(tx, id).await?.version),
    }
}

/// Freezes the codeframe as it stands, with the default entries where it has none of their codes.
///
/// # Errors
/// 409 where no theme is agreed, one with the code of a default entry is not, or nothing changed since the last version.
async fn frozen(tx: &Tx, id: ConsultationId) -> Result<codeframes::Model, Problem> {
    let themes = codeframe(tx, id).await?;
    if !themes.iter().any(|theme| theme.status == ThemeStatus::Agreed) {
        return Err(Problem::new(
            Code::CodeframeNotReady,
            "No theme is agreed yet. Agree the candidates that shall stay, or add themes, and freeze then.",
        ));
    }
    for (code, label, include) in DEFAULT_ENTRIES {
        match themes.iter().find(|theme| theme.code == code) {
            None => {
                tx.add_theme(default_entry(tx, id, [code, label, include])?)
                    .await?;
            }
            Some(theme) if theme.status == ThemeStatus::Agreed => {}
            Some(theme) => {
                return Err(Problem::new(
                    Code::CodeframeNotReady,
                    format!(
                        "Every frozen codeframe has an entry `{code}`, and yours is {}. Agree it, or give that theme another code.",
                        theme.status
                    ),
                ));
            }
        }
    }
    let records: Vec<_> = tx.codeframe(id).await?.iter().map(ThemeRecord::from).collect();
    let last = match tx.codeframe_version(id).await? {
        Some(version) => Some(tx.frozen_codeframe(id, version).await?),
        None => None,
    };
    if let Some(last) = last.as_ref().filter(|last| last.themes.0 == records) {
        return Err(Problem::new(
            Code::Conflict,
            format!("Nothing of it changed since version {} was frozen.", last.version),
        ));
    }
    let row = codeframes::Model {
        consultation_id: id,
        version: last.map_or(0, |last| last.version) + 1,
        themes: ThemeRecords(records),
        frozen_by: tx.user()?,
        frozen_at: tx.now,
    };
    tx.add_codeframe(row.clone()).await?;
    Ok(row)
}

fn default_entry(
    tx: &Tx,
    consultation_id: ConsultationId,
    [code, label, include]: [&str; 3],
) -> Result<themes::Model, Problem> {
    Ok(themes::Model {
        id: crate::clock::new_id(),
        consultation_id,
        code: code.into(),
        label: label.into(),
        description: None,
        include: Some(include.into()),
        exclude: None,
        example: None,
        parent_id: None,
        question: None,
        earlier_theme_id: None,
        status: ThemeStatus::Agreed,
        merged_into: None,
        split_into: None,
        created_by: tx.user()?,
        version: 1,
        received_at: tx.now,
        changed: tx.stamp,
    })
}

/// `GET /v1/consultations/{id}/codeframes`
pub async fn list(
    access: Access<ReadCodeframe, (At<ConsultationId>, Listing<NoFilters>)>,
) -> Reply<Items<CodeframeView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let read = async |tx: &Tx| {
        tx.consultation(id).await?;
        tx.frozen_codeframes(id, page).await
    };
    let rows = access.store().read(read).await?;
    Ok(Items::new(
        rows,
        page,
        |row| (Moment(i64::from(row.version)), row.consultation_id.0),
        |row| CodeframeView::told_to(access.reach(), row),
    ))
}

/// `GET /v1/consultations/{id}/codeframes/{version}`
pub async fn show(access: Access<ReadCodeframe, At<(ConsultationId, i32)>>) -> Reply<One<CodeframeView>> {
    let (At((id, version)), access) = access.split();
    let read = async |tx: &Tx| {
        tx.consultation(id).await?;
        tx.frozen_codeframe(id, version).await
    };
    let row = access.store().read(read).await?;
    Ok(One(CodeframeView::told_to(access.reach(), row)))
}
