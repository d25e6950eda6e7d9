//! Texts that are kept no longer: what stood before a clearance replaced parts of it, and what was taken back.

use super::Tx;
use super::statements::Reading;
use crate::http::problem::Problem;
use domain::{id::ContributionId, moment::Moment, vocabulary::VersionCause};
use entity::{clearances, codings, contributions, earlier_versions, json::Flags, reviews};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use serde_json::{Value, json};
use uuid::Uuid;

/// How many contributions one look for what has run out gives at the most.
const AT_ONCE: u64 = 500;

/// Until when texts have run out.
#[derive(Clone, Copy, Debug)]
pub struct RunOut {
    /// What stood before a clearance made by then.
    pub originals: Moment,
    /// What was taken back by then.
    pub withdrawn: Moment,
}

impl Tx {
    /// Some contributions of which a text is kept that has run out.
    pub async fn with_texts_run_out(&self, by: RunOut) -> Result<Vec<ContributionId>, Problem> {
        let mut found: Vec<ContributionId> = clearances::Entity::find()
            .select_only()
            .column(clearances::Column::ContributionId)
            .filter(behind_which_originals_are())
            .filter(clearances::Column::ClearedAt.lte(by.originals.0))
            .order_by_asc(clearances::Column::ClearedAt)
            .limit(AT_ONCE)
            .into_tuple()
            .all_of(self)
            .await?;
        let withdrawn: Vec<ContributionId> = contributions::Entity::find()
            .select_only()
            .column(contributions::Column::Id)
            .filter(contributions::Column::WithdrawnAt.lte(by.withdrawn.0))
            .filter(contributions::Column::TextEndedAt.is_null())
            .order_by_asc(contributions::Column::WithdrawnAt)
            .limit(AT_ONCE)
            .into_tuple()
            .all_of(self)
            .await?;
        found.extend(withdrawn);
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Ends the texts of a contribution that have run out: those of earlier versions, its own and those of the table or
    /// response that it stood in, and its last where it was taken back. Says whether there were any: of replicas that try at
    /// once the first finds them, because each holds the table or response.
    pub async fn end_texts(&self, row: contributions::Model, by: RunOut) -> Result<bool, Problem> {
        let taken_back =
            row.text_ended_at.is_none() && row.withdrawn_at.is_some_and(|then| then <= by.withdrawn);
        let mut clearances = clearances::Entity::find()
            .filter(clearances::Column::ContributionId.eq(row.id))
            .filter(behind_which_originals_are())
            .all_of(self)
            .await?;
        clearances.retain(|one| taken_back || one.cleared_at <= by.originals);
        let cleared = clearances.iter().max_by_key(|one| one.version);
        let ends = match (taken_back, cleared) {
            (true, _) => Ends::All,
            (false, Some(last)) => Ends::Before(last),
            (false, None) => return Ok(false),
        };
        self.note_subject("contributions", row.id.0);
        self.note_consultation(row.consultation_id);
        let container = row
            .discussion_id
            .map(|id| id.0)
            .or(row.response_id.map(|id| id.0));
        let kept = earlier_versions::Entity::find()
            .filter(earlier_versions::Column::OfId.is_in([Some(row.id.0), container].into_iter().flatten()))
            .all_of(self)
            .await?;
        for mut version in kept {
            if ends.within(&mut version, row.id, self.now) {
                let matching = Condition::all().add(earlier_versions::Column::Id.eq(version.id));
                self.replace(version, matching).await?;
            }
        }
        // Whoever reviewed the table or response may have written down of what it said, up to then.
        if let Some(container) = container {
            let until = match ends {
                Ends::All => row.withdrawn_at.unwrap_or(self.now),
                Ends::Before(clearance) => clearance.cleared_at,
            };
            self.end_notes(container, until).await?;
        }
        let ended = clearances::Entity::update_many()
            .col_expr(clearances::Column::OriginalsEndedAt, Expr::value(self.now.0))
            .filter(clearances::Column::Id.is_in(clearances.iter().map(|one| one.id)));
        self.update(ended).await?;
        // Whoever coded it may have written down of what it said. That it was set aside or decided stays: the reason is empty.
        let until = match ends {
            Ends::All => self.now,
            Ends::Before(clearance) => clearance.cleared_at,
        };
        self.end_reasons(row.id, until).await?;
        if taken_back {
            let ended = contributions::Model {
                text: String::new(),
                flags: Some(Flags(Vec::new())),
                text_ended_at: Some(self.now),
                version: row.version + 1,
                changed: self.stamp,
                ..row
            };
            // No answer shows it within its table or response, so that those stay at their version.
            self.change_contribution(ended, VersionCause::TextEnded, None)
                .await?;
        }
        Ok(true)
    }

    /// Ends the reasons beside codings of a contribution that were written until then.
    async fn end_reasons(&self, of: ContributionId, until: Moment) -> Result<(), Problem> {
        use codings::Column;
        for reason in [Column::SetAsideReason, Column::AdjudicationReason] {
            let ended = codings::Entity::update_many()
                .col_expr(reason, Expr::value(String::new()))
                .filter(Column::ContributionId.eq(of))
                .filter(Column::CodedAt.lte(until.0))
                .filter(reason.is_not_null())
                .filter(reason.ne(""));
            self.update(ended).await?;
        }
        Ok(())
    }

    /// Ends the notes beside moves in review of a discussion or response that were written until then.
    async fn end_notes(&self, of: Uuid, until: Moment) -> Result<(), Problem> {
        use reviews::Column;
        let ended = reviews::Entity::update_many()
            .col_expr(Column::Note, Expr::value(Option::<String>::None))
            .col_expr(Column::NoteFlags, Expr::value(Option::<Flags>::None))
            .col_expr(Column::NoteEndedAt, Expr::value(self.now.0))
            .filter(Column::OfId.eq(of))
            .filter(Column::MovedAt.lte(until.0))
            .filter(Column::Note.is_not_null());
        self.update(ended).await.map(drop)
    }
}

/// Clearances that replaced something which has not been ended.
fn behind_which_originals_are() -> Condition {
    Condition::all()
        .add(Expr::col(clearances::Column::Replaced))
        .add(clearances::Column::OriginalsEndedAt.is_null())
}

/// Which texts of a contribution end.
#[derive(Clone, Copy)]
enum Ends<'c> {
    /// Every one: it was taken back.
    All,
    /// Those of versions before the one that this clearance made.
    Before(&'c clearances::Model),
}

impl Ends<'_> {
    /// Ends them in an earlier version of the contribution, or of the table or response that it stood in; says whether there
    /// were any.
    fn within(&self, kept: &mut earlier_versions::Model, id: ContributionId, now: Moment) -> bool {
        let (kept_at, id) = (kept.replaced_at, json!(id));
        let body = &mut kept.body;
        if body["id"] == id {
            return self.end(body, kept_at, now);
        }
        let mut any = false;
        for list in ["contributions", "answers"] {
            let said = body.get_mut(list).and_then(Value::as_array_mut);
            for one in said.into_iter().flatten().filter(|one| one["id"] == id) {
                any |= self.end(one, kept_at, now);
            }
        }
        any
    }

    /// Ends the text of one version: empty, and it says since when.
    fn end(&self, said: &mut Value, kept_at: Moment, now: Moment) -> bool {
        let ends = match self {
            Ends::All => true,
            Ends::Before(clearance) => match said["version"].as_i64() {
                Some(version) => version < i64::from(clearance.version),
                // Answers of responses that were kept before they said their version: what stood there when they were kept.
                None => kept_at <= clearance.cleared_at,
            },
        };
        if !ends || said.get("text_ended_at").is_some() {
            return false;
        }
        said["text"] = json!("");
        // Places in a text that is gone.
        said["flags"] = json!([]);
        said["text_ended_at"] = json!(now);
        true
    }
}
