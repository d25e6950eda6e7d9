//! What changed: every version of a table's notes, of a response and of a contribution, with who made it, when and why.
//!
//! A version of a table or response is told together with the versions of its points that were made with it, so that no
//! number is left out: where nothing of its own changed, a point in it did, and is named. Words are compared when somebody
//! asks; what is kept is what stood there before (`store/versions.rs`).
//!
//! Words that retention has ended, that were taken back, or that a clearance replaced are not shown to whom they are not shown
//! elsewhere; that there was a version, and what else it changed, is.

use crate::{
    auth::permission::{ReadContributionHistory, ReadDiscussionHistory, ReadResponseHistory},
    collecting::{contributions::ContributionView, discussions::DiscussionView, responses::ResponseView},
    http::{
        access::Access,
        answer::{Reply, Resource},
        ask::At,
        page::{Items, Listing, NoFilters, Page},
        problem::Problem,
    },
    store::Tx,
};
use domain::{
    id::{ConsultationId, ContributionId, DiscussionId, ResponseId, UserId},
    moment::Moment,
    vocabulary::{VersionCause, Withheld},
    wording::{self, Fate},
};
use entity::{contributions, earlier_versions, reviews, version_steps};
use serde::Serialize;
use serde_json::Value;
use std::{collections::HashMap, ops::RangeInclusive};
use utoipa::ToSchema;
use uuid::Uuid;

/// Bytes of words after which a page ends, though more was asked for.
const WORDS_A_PAGE: usize = 1024 * 1024;
/// Versions of points after which it does.
const POINTS_A_PAGE: usize = 2000;

/// What a table's notes say of the table itself.
const OF_DISCUSSIONS: &[&str] = &[
    "table",
    "sitting",
    "minutes_given",
    "recorded_at",
    "participants",
    "not_discussed",
    "tallies",
];
/// What a response says of itself; its `answers` without words are its choices.
const OF_RESPONSES: &[&str] = &[
    "respondent_group",
    "people_represented",
    "information_sheet_version",
    "answers",
];
/// What a contribution says, but for its text.
const OF_CONTRIBUTIONS: &[&str] = &[
    "question",
    "respondent_group",
    "setting",
    "stance",
    "hands",
    "verbatim",
    "quote_consent",
    "section_ref",
    "helped_by",
    "people_represented",
    "concern",
];

/// A part of a text, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WordsView {
    pub fate: Fate,
    pub text: String,
}

/// One field that changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeView {
    /// RFC 6901, within the thing; where `contribution_id` stands, within that contribution.
    pub pointer: String,
    /// The point in it that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contribution_id: Option<ContributionId>,
    /// What stood there before; absent where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub before: Option<Value>,
    /// What stands there from then on; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    pub after: Option<Value>,
    /// Of a text: its parts in the order of reading. Those that are the same and removed make the text before, those that are
    /// the same and added the text after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<WordsView>>,
    /// Why the words are not shown. Where they were ended, whether they changed is no longer known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
}

impl ChangeView {
    fn field(pointer: String, of: Option<ContributionId>) -> Self {
        Self {
            pointer,
            contribution_id: of,
            before: None,
            after: None,
            words: None,
            withheld: None,
        }
    }
}

/// A point that changed, or was added, with a version of its table or response.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PointView {
    pub contribution_id: ContributionId,
    /// The version that it came to.
    pub version: i32,
    pub cause: VersionCause,
}

/// A version of a table's notes, a response or a contribution, and what it changed against the one before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VersionView {
    pub version: i32,
    pub cause: VersionCause,
    /// Absent where a receipt or slip was shown, where the service did it by itself, and where it was not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<UserId>,
    /// Absent where it was not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Moment>,
    /// Points that changed with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<PointView>,
    pub changes: Vec<ChangeView>,
    #[serde(skip)]
    of: Uuid,
    #[serde(skip)]
    consultation_id: ConsultationId,
    #[serde(skip)]
    path: &'static str,
}

impl Resource for VersionView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/{}/{}/versions", self.path, self.of)
    }

    fn shows_text(&self) -> Option<(ConsultationId, Uuid)> {
        let words = self.changes.iter().any(|change| change.words.is_some());
        words.then_some((self.consultation_id, self.of))
    }
}

/// To whom versions are shown.
#[derive(Clone, Copy, Debug)]
struct Reader {
    /// Sees what a clearance replaced.
    originals: bool,
    /// Sees what was taken back.
    taken_back: bool,
}

impl Reader {
    fn of(tx: &Tx) -> Self {
        Self {
            originals: tx.sees_originals(),
            taken_back: tx.reach().is_lead(),
        }
    }
}

/// A thing of which versions are told: as it stands, and who brought it.
struct Thing {
    id: Uuid,
    path: &'static str,
    fields: &'static [&'static str],
    consultation: ConsultationId,
    version: i32,
    created_by: UserId,
    received_at: Moment,
    /// As answers show it now.
    stands: Value,
}

/// Which versions a page tells of, and one beyond it where there is one.
fn wanted(page: Page, version: i32) -> RangeInclusive<i32> {
    let after = page.after.map_or(0, |(place, _)| place.0);
    let first = i32::try_from(after).unwrap_or(i32::MAX).saturating_add(1).max(1);
    let most = i32::try_from(page.limit).unwrap_or(i32::MAX);
    first..=first.saturating_add(most).min(version)
}

/// What is known of one contribution's versions.
struct Point {
    row: contributions::Model,
    /// What stood in versions that were written over, oldest first.
    kept: Vec<earlier_versions::Model>,
    /// The version that the latest clearance made which replaced parts of the text.
    replaced: Option<i32>,
    stands: Value,
}

impl Point {
    fn new(
        row: contributions::Model,
        kept: Vec<earlier_versions::Model>,
        replaced: Option<i32>,
    ) -> Result<Self, Problem> {
        let stands = serde_json::to_value(ContributionView::whole(row.clone(), None));
        Ok(Self {
            stands: stands.map_err(Problem::internal)?,
            row,
            kept,
            replaced,
        })
    }

    /// What `version` changed; nothing where what stood before was not kept, because no word or field was written over.
    fn changes(&self, version: i32, reader: Reader, of: Option<ContributionId>) -> Vec<ChangeView> {
        if self.row.withdrawn_at.is_some() && !reader.taken_back {
            let hidden = ChangeView::field("/text".into(), of);
            return vec![ChangeView {
                withheld: Some(Withheld::Withdrawn),
                ..hidden
            }];
        }
        let none = Value::Null;
        let before = match version {
            1 => &none,
            _ => match standing_in(&self.kept, version - 1) {
                Some(before) => before,
                None => return Vec::new(),
            },
        };
        let (next, after) = standing_from(&self.kept, version).unwrap_or((self.row.version, &self.stands));
        let mut changes: Vec<_> = self
            .wording(version, before, after, reader, of)
            .into_iter()
            .collect();
        // A point that came later is told by its words; its fields are those that it has.
        if version > 1 {
            // What took the consent away meanwhile kept nothing, so that it cannot be told what this version said of it.
            let unknown = next != version
                && after.get("quote_withdrawn_at").is_some()
                && before.get("quote_withdrawn_at").is_none();
            let fields = OF_CONTRIBUTIONS
                .iter()
                .filter(|field| !(unknown && **field == "quote_consent"));
            changes.extend(fields.filter_map(|field| changed(field, before, after, of)));
        }
        changes
    }

    fn wording(
        &self,
        version: i32,
        before: &Value,
        after: &Value,
        reader: Reader,
        of: Option<ContributionId>,
    ) -> Option<ChangeView> {
        let change = ChangeView::field("/text".into(), of);
        let ended = |said: &Value| said.get("text_ended_at").is_some();
        if ended(before) || ended(after) {
            return Some(ChangeView {
                withheld: Some(Withheld::Ended),
                ..change
            });
        }
        let text = |said: &Value| said["text"].as_str().unwrap_or_default().to_owned();
        let (before, after) = (text(before), text(after));
        if before == after {
            return None;
        }
        let oldest_shown = (version - 1).max(1);
        if !reader.originals && self.replaced.is_some_and(|replaced| oldest_shown < replaced) {
            return Some(ChangeView {
                withheld: Some(Withheld::Cleared),
                ..change
            });
        }
        let parts = wording::compare(&before, &after).into_iter();
        let words = parts.map(|part| WordsView {
            fate: part.fate,
            text: part.text,
        });
        Some(ChangeView {
            words: Some(words.collect()),
            ..change
        })
    }
}

/// What stood in this very version.
fn standing_in(kept: &[earlier_versions::Model], version: i32) -> Option<&Value> {
    kept.iter()
        .find(|one| one.version == version)
        .map(|one| &one.body)
}

/// What stood from this version on, and until which: nothing was written over in between.
fn standing_from(kept: &[earlier_versions::Model], version: i32) -> Option<(i32, &Value)> {
    kept.iter()
        .find(|one| one.version >= version)
        .map(|one| (one.version, &one.body))
}

/// A field that differs.
fn changed(field: &str, before: &Value, after: &Value, of: Option<ContributionId>) -> Option<ChangeView> {
    let value = |said: &Value| {
        let value = said.get(field).filter(|value| !value.is_null()).cloned()?;
        // Answers with words are contributions, which have versions of their own.
        Some(match value {
            Value::Array(items) if field == "answers" => items
                .into_iter()
                .filter(|item| item.get("id").is_none())
                .collect(),
            value => value,
        })
    };
    let (before, after) = (value(before), value(after));
    (before != after).then(|| ChangeView {
        before,
        after,
        ..ChangeView::field(format!("/{field}"), of)
    })
}

/// Everything that a page of versions is made of.
struct Found {
    thing: Thing,
    versions: RangeInclusive<i32>,
    reader: Reader,
    steps: Vec<version_steps::Model>,
    kept: Vec<earlier_versions::Model>,
    /// Versions of points, by the version of the thing that they were made with.
    within: Vec<version_steps::Model>,
    points: HashMap<Uuid, Point>,
    reviews: Vec<reviews::Model>,
    /// The thing itself, where it is a contribution.
    itself: Option<Point>,
}

impl Found {
    /// The page, and one version beyond it where there is one.
    fn views(&self) -> Vec<VersionView> {
        let mut views = Vec::new();
        let mut words = 0;
        for version in self.versions.clone() {
            let view = self.view(version);
            let texts = view
                .changes
                .iter()
                .filter_map(|change| change.words.as_ref())
                .flatten();
            words += texts.map(|part| part.text.len()).sum::<usize>();
            views.push(view);
            if words > WORDS_A_PAGE && views.len() > 1 {
                break;
            }
        }
        views
    }

    fn view(&self, version: i32) -> VersionView {
        let step = self.steps.iter().find(|step| step.version == version);
        let within: Vec<_> = self
            .within
            .iter()
            .filter(|step| step.within_version == Some(version))
            .collect();
        let written_over = self.kept.iter().find(|one| one.version == version - 1);
        let (cause, made_by, made_at) = match (step, within.first(), written_over) {
            _ if version == 1 => (
                VersionCause::Recorded,
                Some(self.thing.created_by),
                Some(self.thing.received_at),
            ),
            (Some(step), ..) => (step.cause, step.made_by, Some(step.made_at)),
            (None, Some(step), _) => (VersionCause::PointChanged, step.made_by, Some(step.made_at)),
            (None, None, Some(kept)) => (
                VersionCause::Corrected,
                Some(kept.replaced_by),
                Some(kept.replaced_at),
            ),
            (None, None, None) => (VersionCause::NotRecorded, None, None),
        };
        VersionView {
            version,
            cause,
            made_by,
            made_at,
            points: within
                .iter()
                .map(|step| PointView {
                    contribution_id: ContributionId(step.of_id),
                    version: step.version,
                    cause: step.cause,
                })
                .collect(),
            changes: self.changes(version, &within),
            of: self.thing.id,
            consultation_id: self.thing.consultation,
            path: self.thing.path,
        }
    }

    fn changes(&self, version: i32, within: &[&version_steps::Model]) -> Vec<ChangeView> {
        if let Some(point) = &self.itself {
            return match version {
                // There is none before.
                1 => Vec::new(),
                _ => point.changes(version, self.reader, None),
            };
        }
        let mut changes = Vec::new();
        if let Some(before) = standing_in(&self.kept, version - 1) {
            let after = standing_from(&self.kept, version).map_or(&self.thing.stands, |(_, body)| body);
            let fields = self.thing.fields.iter();
            changes.extend(fields.filter_map(|field| changed(field, before, after, None)));
        }
        for moved in self.reviews.iter().filter(|moved| moved.version == version) {
            changes.push(ChangeView {
                before: Some(moved.moved_from.as_str().into()),
                after: Some(moved.moved_to.as_str().into()),
                ..ChangeView::field("/review".into(), None)
            });
        }
        for step in within {
            if let Some(point) = self.points.get(&step.of_id) {
                let of = Some(ContributionId(step.of_id));
                changes.extend(point.changes(step.version, self.reader, of));
            }
        }
        changes
    }

    /// The page as it is answered. Comparing texts is arithmetic, and done off the request threads.
    async fn page(self, mut page: Page) -> Reply<Items<VersionView>> {
        let (version, asked_for) = (self.thing.version, page.limit);
        let views = actix_web::web::block(move || self.views())
            .await
            .map_err(Problem::internal)?;
        // One beyond the page tells that there is another; where a page ends early, its last one is that.
        let more = views.last().is_some_and(|last| last.version < version);
        page.limit = (views.len() as u64 - u64::from(more)).min(asked_for);
        Ok(Items::new(
            views,
            page,
            |view| (Moment(view.version.into()), view.of),
            |view| view,
        ))
    }
}

/// Of a table or a response: its own history, and that of the points that moved it.
async fn of_container(tx: &Tx, thing: Thing, page: Page) -> Result<Found, Problem> {
    let mut versions = wanted(page, thing.version);
    let (first, last) = (*versions.start(), *versions.end());
    let mut within = tx.steps_within(thing.id, versions.clone()).await?;
    if let Some(over) = within.get(POINTS_A_PAGE).and_then(|step| step.within_version) {
        let last = over.max(first + 1).min(last);
        versions = first..=last;
        within.retain(|step| step.within_version <= Some(last));
    }
    let mut ids: Vec<_> = within.iter().map(|step| ContributionId(step.of_id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let from = within.iter().map(|step| step.version - 1).min().unwrap_or(0);
    let replaced = tx.replaced_by_clearance(&ids).await?;
    let mut kept_of: HashMap<Uuid, Vec<_>> = HashMap::new();
    for kept in tx.kept_of(&ids, from).await? {
        kept_of.entry(kept.of_id).or_default().push(kept);
    }
    let mut points = HashMap::new();
    for row in tx.contributions(&ids).await? {
        let (id, replaced) = (row.id.0, replaced.get(&row.id).copied());
        points.insert(
            id,
            Point::new(row, kept_of.remove(&id).unwrap_or_default(), replaced)?,
        );
    }
    Ok(Found {
        reader: Reader::of(tx),
        steps: tx.steps_of(thing.id, versions.clone()).await?,
        kept: tx.kept_from(thing.id, first - 1, as_many(&versions)).await?,
        reviews: tx.reviews_at(thing.id, versions.clone()).await?,
        within,
        points,
        itself: None,
        versions,
        thing,
    })
}

/// Versions that are kept of some that follow each other: what stood before each of them, and what stands after the last.
fn as_many(versions: &RangeInclusive<i32>) -> u64 {
    u64::try_from(versions.end() - versions.start()).unwrap_or(0) + 3
}

/// `GET /v1/discussions/{id}/versions`
pub async fn of_discussion(
    access: Access<ReadDiscussionHistory, (At<DiscussionId>, Listing<NoFilters>)>,
) -> Reply<Items<VersionView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let store = access.store();
    let found = store.read_at_one_moment(async |tx| {
        let row = tx.discussion_with_history(id).await?;
        let thing = Thing {
            id: id.0,
            path: "discussions",
            fields: OF_DISCUSSIONS,
            consultation: row.consultation_id,
            version: row.version,
            created_by: row.created_by,
            received_at: row.received_at,
            stands: serde_json::to_value(DiscussionView::new(row, Vec::new())).map_err(Problem::internal)?,
        };
        of_container(tx, thing, page).await
    });
    found.await?.page(page).await
}

/// `GET /v1/responses/{id}/versions`
pub async fn of_response(
    access: Access<ReadResponseHistory, (At<ResponseId>, Listing<NoFilters>)>,
) -> Reply<Items<VersionView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let store = access.store();
    let found = store.read_at_one_moment(async |tx| {
        let row = tx.response_with_history(id).await?;
        let thing = Thing {
            id: id.0,
            path: "responses",
            fields: OF_RESPONSES,
            consultation: row.consultation_id,
            version: row.version,
            created_by: row.created_by,
            received_at: row.received_at,
            stands: serde_json::to_value(ResponseView::new(row, Vec::new())).map_err(Problem::internal)?,
        };
        of_container(tx, thing, page).await
    });
    found.await?.page(page).await
}

/// `GET /v1/contributions/{id}/versions`
pub async fn of_contribution(
    access: Access<ReadContributionHistory, (At<ContributionId>, Listing<NoFilters>)>,
) -> Reply<Items<VersionView>> {
    let ((At(id), Listing { page, .. }), access) = access.split();
    let store = access.store();
    let found = store.read_at_one_moment(async |tx| {
        let row = tx.contribution_with_history(id).await?;
        let versions = wanted(page, row.version);
        let kept = tx
            .kept_from(id.0, versions.start() - 1, as_many(&versions))
            .await?;
        let replaced = tx.replaced_by_clearance(&[id]).await?.remove(&id);
        Ok(Found {
            reader: Reader::of(tx),
            steps: tx.steps_of(id.0, versions.clone()).await?,
            kept: kept.clone(),
            within: Vec::new(),
            points: HashMap::new(),
            reviews: Vec::new(),
            thing: Thing {
                id: id.0,
                path: "contributions",
                fields: &[],
                consultation: row.consultation_id,
                version: row.version,
                created_by: row.created_by,
                received_at: row.received_at,
                stands: Value::Null,
            },
            itself: Some(Point::new(row, kept, replaced)?),
            versions,
        })
    });
    found.await?.page(page).await
}
