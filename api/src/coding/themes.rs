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
        problem::{Fault, Faults, Problem},
    },
    store::Tx,
};
use domain::{
    collate::in_time,
    id::{ConsultationId, ThemeId, UserId},
    life::Status,
    limits,
    moment::Moment,
    text::{Mark, Prose, Title},
    vocabulary::{Role, ThemeAct, ThemeStatus},
};
use entity::{
    consultations,
    json::{ThemeIds, ThemeRecord},
    theme_versions, themes,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A theme.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
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
    /// The themes that took its place when it was split.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub split_into: Vec<ThemeId>,
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
        Self::as_it_stood(row.consultation_id, ThemeRecord::from(&row))
    }
}

impl ThemeView {
    /// A theme of a consultation in one of its versions.
    pub fn as_it_stood(consultation_id: ConsultationId, row: ThemeRecord) -> Self {
        Self {
            id: row.id,
            consultation_id,
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
            split_into: row.split_into,
            version: row.version,
        }
    }
}

impl ThemeView {
    /// As the caller may read it. Whoever is a coder alone knows of their own consultation only, and an id tells of another.
    pub fn told_to(self, reach: &Reach) -> Self {
        let knows_others = [Role::Facilitator, Role::NationalLead, Role::Auditor];
        let told = knows_others.into_iter().any(|role| reach.is(role));
        Self {
            earlier_theme_id: self.earlier_theme_id.filter(|_| told),
            ..self
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
pub(super) async fn codeframe(tx: &Tx, id: ConsultationId) -> Result<Vec<themes::Model>, Problem> {
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
        let split = was.as_ref().is_some_and(|was| was.split_into.is_some());
        faults.add_if(
            split && status != ThemeStatus::Retired,
            "/status",
            "not-taken",
            "It was split: others stand in its place, and it stays retired.",
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
        // What was mapped before stays, wherever the days of both were moved since.
        let mapped = was.as_ref().and_then(|was| was.earlier_theme_id);
        if let Some(earlier) = self.earlier_theme_id.filter(|earlier| Some(*earlier) != mapped) {
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
            split_into: was.as_ref().and_then(|was| was.split_into.clone()),
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
        |row| ThemeView::from(row).told_to(access.reach()),
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
    Ok(One(ThemeView::from(row).told_to(access.reach())))
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
        tx.change_theme(row.clone(), ThemeAct::Changed, None).await?;
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
    /// Why the two are one.
    #[validate(nested)]
    pub reason: Option<Prose>,
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
        if row.split_into.is_some() {
            let why = "It was split: others stand in its place, and what is coded with it waits to be coded with those.";
            return Err(Problem::new(Code::Conflict, why));
        }
        let reason = input.reason.map(Into::into);
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
            tx.change_theme(moved, ThemeAct::Moved, None).await?;
        }
        let row = themes::Model {
            status: ThemeStatus::Merged,
            merged_into: Some(input.into),
            version: row.version + 1,
            changed: tx.stamp,
            ..row
        };
        tx.change_theme(row.clone(), ThemeAct::Merged, reason).await?;
        Ok(One(row.into()))
    });
    job.await
}

/// What to split a theme into.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SplitInput {
    /// The themes that take its place; each is under the same theme and of the same question as it, unless another is named.
    #[validate(nested, length(min = 2, max = limits::THEMES_A_CONTRIBUTION, message = "Two themes at least, 50 at the most."))]
    #[schema(min_items = 2, max_items = 50)]
    pub into: Vec<ThemeInput>,
    /// Why it is several.
    #[validate(nested)]
    pub reason: Option<Prose>,
}

/// `POST /v1/consultations/{id}/themes/{theme_id}/split`: new themes take its place. What was coded with it stays so, and
/// counts under it, until somebody codes it again.
pub async fn split(
    access: Access<KeepCodeframe, (At<(ConsultationId, ThemeId)>, Valid<SplitInput>)>,
) -> Reply<One<ThemeView>> {
    let ((At((consultation, id)), asked), access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let all = codeframe(tx, consultation).await?;
        let row = tx.theme(consultation, id).await?;
        if matches!(row.status, ThemeStatus::Merged | ThemeStatus::Retired) {
            return Err(Problem::new(
                Code::Conflict,
                format!("It is {}, so there is nothing to split.", row.status),
            ));
        }
        if all.iter().any(|other| other.parent_id == Some(id)) {
            return Err(Problem::new(
                Code::Conflict,
                "It has sub-themes. Move or merge them first: what takes their place would not say where they belong.",
            ));
        }
        let mut found: Vec<Fault> = faults.0;
        let mut into = Vec::with_capacity(input.into.len());
        for (at, mut one) in input.into.into_iter().enumerate() {
            if one.parent_id == Some(id) {
                let mut under_itself = Faults::default();
                under_itself.add(
                    format!("/into/{at}/parent_id"),
                    "not-in-use",
                    "That is the theme which is split; it retires.",
                );
                found.extend(under_itself.0);
                continue;
            }
            one.parent_id = one.parent_id.or(row.parent_id);
            one.question = one.question.or(row.question);
            // One after the other, so that the second is refused the code of the first.
            match one.row(tx, consultation, Faults::default(), None).await {
                Ok(new) => {
                    tx.add_theme(new.clone()).await?;
                    into.push(new.id);
                }
                Err(refused) if refused.code == Code::Invalid => {
                    found.extend(refused.faults.into_iter().map(|fault| Fault {
                        pointer: format!("/into/{at}{}", fault.pointer),
                        ..fault
                    }));
                }
                Err(other) => return Err(other),
            }
        }
        Faults(found).end()?;
        let row = themes::Model {
            status: ThemeStatus::Retired,
            split_into: Some(ThemeIds(into)),
            version: row.version + 1,
            changed: tx.stamp,
            ..row
        };
        tx.change_theme(row.clone(), ThemeAct::Split, input.reason.map(Into::into))
            .await?;
        Ok(One(row.into()))
    });
    job.await
}

/// One version of a theme, and what made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThemeVersionView {
    pub version: i32,
    pub act: ThemeAct,
    /// Why, where somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The theme as it stood from then on.
    pub theme: ThemeView,
    /// Null, as `made_at`, where it was made before versions were written down and is not the first.
    #[schema(required = true)]
    pub made_by: Option<UserId>,
    #[schema(required = true)]
    pub made_at: Option<Moment>,
}

impl Resource for ThemeVersionView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("{}/versions", self.theme.address())
    }
}

/// `GET /v1/consultations/{id}/themes/{theme_id}/versions`
pub async fn versions(
    access: Access<ReadCodeframe, (At<(ConsultationId, ThemeId)>, Listing<NoFilters>)>,
) -> Reply<Items<ThemeVersionView>> {
    let ((At((consultation, id)), Listing { page, .. }), access) = access.split();
    let read = async |tx: &Tx| {
        tx.consultation(consultation).await?;
        tx.theme(consultation, id).await?;
        tx.theme_versions(id, page).await
    };
    let rows: Vec<theme_versions::Model> = access.store().read(read).await?;
    Ok(Items::new(
        rows,
        page,
        |row| (Moment(i64::from(row.version)), row.theme_id.0),
        |row| ThemeVersionView {
            version: row.version,
            act: row.act,
            reason: row.reason,
            theme: ThemeView::as_it_stood(consultation, row.body.0).told_to(access.reach()),
            made_by: row.made_by,
            made_at: row.made_at,
        },
    ))
}
