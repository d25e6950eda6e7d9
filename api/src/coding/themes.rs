//! Themes and sub-themes: a codeframe has two levels, and a theme that was merged counts as what it was merged into.

use crate::{
    auth::{
        permission::{KeepCodeframe, ProposeTheme, ReadCodeframe},
        reach::Reach,
    },
    error::Code,
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{At, Patch, Valid},
        page::{Items, Listing, NoFilters},
        problem::{Faults, Problem},
    },
    store::Tx,
};
use domain::{
    collate::in_time,
    id::{ConsultationId, ThemeId},
    life::Status,
    text::{Mark, Prose, Title},
    vocabulary::{Role, ThemeStatus},
};
use entity::{consultations, themes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A theme.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ThemeInput {
    /// Short and unique in its codeframe; without commas, which separate values in filters.
    #[validate(nested)]
    pub code: Mark,
    #[validate(nested)]
    pub label: Title,
    #[validate(nested)]
    pub description: Option<Prose>,
    /// What belongs here.
    #[validate(nested)]
    pub include: Option<Prose>,
    /// What does not.
    #[validate(nested)]
    pub exclude: Option<Prose>,
    #[validate(nested)]
    pub example: Option<Prose>,
    /// The theme of which this is a sub-theme.
    pub parent_id: Option<ThemeId>,
    /// The question for which it was made; of the whole consultation where absent.
    pub question: Option<i32>,
    /// The theme of an earlier consultation that it is, under whatever label, so that figures can be followed from one to the
    /// other. That consultation stands earlier by the day on which it opens, or on which it was set up where it has none, and
    /// is no draft. For leads.
    pub earlier_theme_id: Option<ThemeId>,
    /// `candidate` from coders, `agreed` from leads unless said otherwise; `merged` comes by merging.
    pub status: Option<ThemeStatus>,
}

/// A theme.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThemeView {
    pub id: ThemeId,
    pub consultation_id: ConsultationId,
    pub code: String,
    pub label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<ThemeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<i32>,
    /// The theme of an earlier consultation that it is; coders are not told, who know of no other consultation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier_theme_id: Option<ThemeId>,
    pub status: ThemeStatus,
    /// What it was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ThemeId>,
    pub version: i32,
}

impl Resource for ThemeView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/consultations/{}/themes/{}", self.consultation_id, self.id)
    }
}

impl From<themes::Model> for ThemeView {
    fn from(row: themes::Model) -> Self {
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            code: row.code,
            label: row.label,
            description: row.description,
            include: row.include,
            exclude: row.exclude,
            example: row.example,
            parent_id: row.parent_id,
            question: row.question,
            earlier_theme_id: row.earlier_theme_id,
            status: row.status,
            merged_into: row.merged_into,
            version: row.version,
        }
    }
}

impl ThemeView {
    /// As the caller may read it. Whoever is a coder alone knows of their own consultation only, and an id tells of another.
    fn to(reach: &Reach, row: themes::Model) -> Self {
        let knows_others = [Role::Facilitator, Role::NationalLead, Role::Auditor];
        let told = knows_others.into_iter().any(|role| reach.is(role));
        Self {
            earlier_theme_id: row.earlier_theme_id.filter(|_| told),
            ..row.into()
        }
    }
}

/// Looks at what a lead maps a theme of `consultation` to.
async fn check_earlier(
    tx: &Tx,
    consultation: ConsultationId,
    earlier: ThemeId,
    faults: &mut Faults,
) -> Result<(), Problem> {
    let here = tx.consultation(consultation).await?;
    let found = tx.consultations_of_themes(&[earlier]).await?.remove(&earlier);
    let at = "/earlier_theme_id";
    let Some(there) = found.filter(|there| there.id != consultation) else {
        faults.add(at, "unknown-id", "No other consultation has such a theme.");
        return Ok(());
    };
    if there.status == Status::Draft {
        let why = "The consultation of that theme is a draft; nothing has been said in it.";
        faults.add(at, "draft", why);
        return Ok(());
    }
    let when = |one: &consultations::Model| in_time(one.opens_on, one.received_at);
    faults.add_if(
        when(&there) >= when(&here),
        at,
        "not-earlier",
        "The consultation of that theme does not stand earlier than this one. What counts is the day on which each opens, or \
         on which it was set up where it has none; of one day, which was set up first.",
    );
    Ok(())
}

/// The codeframe of a consultation that was not given up.
async fn codeframe(tx: &Tx, id: ConsultationId) -> Result<Vec<themes::Model>, Problem> {
    // Changes of one codeframe come one after the other: two merges at once could make a circle.
    tx.hold(id.0).await?;
    let consultation = tx.consultation(id).await?;
    if consultation.status == Status::Withdrawn {
        return Err(Problem::new(
            Code::CodingNotOpen,
            "It was withdrawn; its codeframe stays as it is.",
        ));
    }
    tx.codeframe(id).await
}

impl ThemeInput {
    async fn row(
        self,
        tx: &Tx,
        consultation: ConsultationId,
        mut faults: Faults,
        was: Option<themes::Model>,
    ) -> Result<themes::Model, Problem> {
        let all = codeframe(tx, consultation).await?;
        let own = was.as_ref().map(|was| was.id);
        let lead = tx.reach().is_lead();
        let status = self.status.unwrap_or(if lead {
            ThemeStatus::Agreed
        } else {
            ThemeStatus::Candidate
        });
        faults.add_if(
            !lead && status != ThemeStatus::Candidate,
            "/status",
            "not-taken",
            "Coders propose candidates; a lead agrees them.",
        );
        let merged = was.as_ref().is_some_and(|was| was.status == ThemeStatus::Merged);
        faults.add_if(
            (status == ThemeStatus::Merged) != merged,
            "/status",
            "not-taken",
            "A theme becomes merged by merging it, and stays so.",
        );
        faults.add_if(
            self.code.as_str().contains(','),
            "/code",
            "not-a-code",
            "Leave commas out: they separate codes.",
        );
        if all
            .iter()
            .any(|other| other.code == self.code.as_str() && Some(other.id) != own)
        {
            faults.add(
                "/code",
                "not-unique",
                "Another theme of this consultation has this code.",
            );
        }
        if let Some(parent) = self.parent_id {
            match all.iter().find(|other| other.id == parent) {
                None => faults.add("/parent_id", "unknown-id", "This consultation has no such theme."),
                Some(found) => {
                    faults.add_if(
                        found.parent_id.is_some() || Some(parent) == own,
                        "/parent_id",
                        "too-deep",
                        "A codeframe has two levels: a sub-theme has no sub-themes.",
                    );
                    let gone = matches!(found.status, ThemeStatus::Merged | ThemeStatus::Retired);
                    faults.add_if(
                        gone,
                        "/parent_id",
                        "not-in-use",
                        "That theme was merged or retired.",
                    );
                }
            }
            let has_own = all.iter().any(|other| own.is_some() && other.parent_id == own);
            faults.add_if(
                has_own,
                "/parent_id",
                "too-deep",
                "It has sub-themes, so it cannot become one.",
            );
        }
        if let Some(question) = self.question {
            let asked = tx
                .questions(consultation)
                .await?
                .iter()
                .any(|one| one.number == question);
            faults.add_if(
                !asked,
                "/question",
                "unknown-question",
                "This consultation has no such question.",
            );
        }
        if let Some(earlier) = self.earlier_theme_id {
            if lead {
                check_earlier(tx, consultation, earlier, &mut faults).await?;
            } else {
                faults.add(
                    "/earlier_theme_id",
                    "not-taken",
                    "Leads say which theme of an earlier consultation it is.",
                );
            }
        }
        faults.end()?;
        Ok(themes::Model {
            id: own.unwrap_or_else(crate::clock::new_id),
            consultation_id: consultation,
            code: self.code.into_string(),
            label: self.label.into_string(),
            description: self.description.map(Into::into),
            include: self.include.map(Into::into),
            exclude: self.exclude.map(Into::into),
            example: self.example.map(Into::into),
            parent_id: self.parent_id,
            question: self.question,
            status,
            merged_into: was.as_ref().and_then(|was| was.merged_into),
            created_by: match &was {
                Some(was) => was.created_by,
                None => tx.user()?,
            },
            version: was.as_ref().map_or(1, |was| was.version + 1),
            received_at: was.as_ref().map_or(tx.now, |was| was.received_at),
            changed: tx.stamp,
            earlier_theme_id: self.earlier_theme_id,
        })
    }
}

/// `POST /v1/consultations/{id}/themes`
pub async fn create(
    access: Access<ProposeTheme, (At<ConsultationId>, Valid<ThemeInput>)>,
) -> Reply<Created<ThemeView>> {
    let ((At(consultation), asked), access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let row = input.row(tx, consultation, faults, None).await?;
        tx.add_theme(row.clone()).await?;
        Ok(Created(row.into()))
    });
    job.await
}

/// `GET /v1/consultations/{id}/themes`
pub async fn list(
    access: Access<ReadCodeframe, (At<ConsultationId>, Listing<NoFilters>)>,
) -> Reply<Items<ThemeView>> {
    let ((At(consultation), Listing { page, .. }), access) = access.split();
    let rows = access
        .store()
        .read(async |tx| {
            tx.consultation(consultation).await?;
            tx.themes(consultation, page).await
        })
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| ThemeView::to(access.reach(), row),
    ))
}

/// `GET /v1/consultations/{id}/themes/{theme_id}`
pub async fn show(access: Access<ReadCodeframe, At<(ConsultationId, ThemeId)>>) -> Reply<One<ThemeView>> {
    let At((consultation, id)) = access.asked;
    let row = access
        .store()
        .read(async |tx| {
            tx.consultation(consultation).await?;
            tx.theme(consultation, id).await
        })
        .await?;
    Ok(One(ThemeView::to(access.reach(), row)))
}

/// `PATCH /v1/consultations/{id}/themes/{theme_id}`
pub async fn change(
    access: Access<KeepCodeframe, (At<(ConsultationId, ThemeId)>, Patch<ThemeInput>)>,
) -> Reply<One<ThemeView>> {
    let ((At((consultation, id)), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.consultation(consultation).await?;
        tx.hold(consultation.0).await?;
        let was = tx.theme(consultation, id).await?;
        let (input, faults) = patch.over(&ThemeView::from(was.clone()), was.version)?.open();
        let row = input.row(tx, consultation, faults, Some(was)).await?;
        tx.change_theme(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}

/// What to merge into.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MergeInput {
    /// The theme that stays.
    pub into: ThemeId,
}

/// `POST /v1/consultations/{id}/themes/{theme_id}/merge`: what was coded with the one counts as the other from now
/// on; codings stay as they were made. Its sub-themes go along.
pub async fn merge(
    access: Access<KeepCodeframe, (At<(ConsultationId, ThemeId)>, Valid<MergeInput>)>,
) -> Reply<One<ThemeView>> {
    let ((At((consultation, id)), asked), access) = access.split();
    let (input, mut faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let all = codeframe(tx, consultation).await?;
        let row = tx.theme(consultation, id).await?;
        if row.status == ThemeStatus::Merged {
            return Err(Problem::new(Code::Conflict, "It was merged before."));
        }
        let under: Vec<_> = all.iter().filter(|other| other.parent_id == Some(id)).collect();
        match all.iter().find(|other| other.id == input.into) {
            None => faults.add("/into", "unknown-id", "This consultation has no such theme."),
            Some(target) => {
                faults.add_if(
                    target.id == id,
                    "/into",
                    "itself",
                    "A theme cannot be merged into itself.",
                );
                let gone = matches!(target.status, ThemeStatus::Merged | ThemeStatus::Retired);
                faults.add_if(gone, "/into", "not-in-use", "That theme was merged or retired.");
                faults.add_if(
                    !under.is_empty() && target.parent_id.is_some(),
                    "/into",
                    "too-deep",
                    "It has sub-themes; merge it into a theme of the upper level, or merge them first.",
                );
            }
        }
        faults.end()?;
        for sub in under {
            let moved = themes::Model {
                parent_id: Some(input.into),
                version: sub.version + 1,
                changed: tx.stamp,
                ..sub.clone()
            };
            tx.change_theme(moved).await?;
        }
        let row = themes::Model {
            status: ThemeStatus::Merged,
            merged_into: Some(input.into),
            version: row.version + 1,
            changed: tx.stamp,
            ..row
        };
        tx.change_theme(row.clone()).await?;
        Ok(One(row.into()))
    });
    job.await
}
