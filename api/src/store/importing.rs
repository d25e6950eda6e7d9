//! Files of feedback: what their words are looked up in, where each stands, and who works on which.

use super::statements::Reading;
use super::{Tx, network::any_of};
use crate::http::problem::Problem;
use domain::{
    id::{ConsultationId, ContributionId, DiscussionId, ImportId, MeetingId, ResponseId},
    import::plain,
    moment::Moment,
    vocabulary::ImportState,
};
use entity::{
    codings, consultation_rounds, contributions, discussions, groups, import_leases, import_parts, imports,
    meetings, responses, services, themes,
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Bytes of a part of a file: what a database takes at once without effort.
const PART: usize = 1024 * 1024;
/// Rows that are read at once where there may be any number.
const READ_AT_ONCE: u64 = 10_000;

/// The register and the codeframe, for understanding a file.
pub struct Known {
    /// Meetings that the caller may post for, of the consultation's rounds where it has any.
    pub meetings: Vec<meetings::Model>,
    pub groups: Vec<groups::Model>,
    pub services: Vec<services::Model>,
    pub themes: Vec<themes::Model>,
}

/// What is in already, for finding what is sent twice.
#[derive(Default)]
pub struct Stored {
    tables: HashSet<(MeetingId, i32, String)>,
    digests: HashSet<u64>,
}

impl Stored {
    /// Whether notes of this table are in; its name as it is compared.
    pub fn has_table(&self, meeting: MeetingId, sitting: i32, table: &str) -> bool {
        !self.tables.is_empty() && self.tables.contains(&(meeting, sitting, table.to_owned()))
    }

    /// Whether a response that says the same is in; its digest is made only where there is one to compare it with.
    pub fn has_response(&self, digest: impl FnOnce() -> String) -> bool {
        !self.digests.is_empty() && short(&digest()).is_some_and(|digest| self.digests.contains(&digest))
    }
}

/// The first half of a half of a digest: enough to wonder.
fn short(digest: &str) -> Option<u64> {
    u64::from_str_radix(digest.get(..16)?, 16).ok()
}

impl Tx {
    /// What the words of a file for this consultation are looked up in.
    pub async fn known_to_imports(&self, id: ConsultationId) -> Result<Known, Problem> {
        let rounds = consultation_rounds::Entity::find()
            .filter(consultation_rounds::Column::ConsultationId.eq(id))
            .all_of(self)
            .await?;
        let rounds: Vec<_> = rounds.into_iter().map(|row| row.round_id).collect();
        let own = (!self.reach().is_lead()).then(|| self.reach().groups());
        let meetings = meetings::Entity::find()
            .filter(any_of(meetings::Column::GroupId, own))
            .filter(any_of(
                meetings::Column::RoundId,
                (!rounds.is_empty()).then_some(rounds),
            ))
            .order_by_asc(meetings::Column::StartsAt)
            .order_by_asc(meetings::Column::Id)
            .all_of(self)
            .await?;
        let (groups, services, _) = self.register_rows().await?;
        Ok(Known {
            meetings,
            groups,
            services,
            themes: self.codeframe(id).await?,
        })
    }

    /// Tables and responses of a consultation that the caller may know of, by what makes them the same again.
    pub async fn stored_containers(&self, id: ConsultationId) -> Result<Stored, Problem> {
        let mut stored = Stored::default();
        let own = (!self.reach().is_lead()).then(|| self.reach().groups());
        let mut after = None;
        loop {
            let mut tables = discussions::Entity::find()
                .select_only()
                .columns([
                    discussions::Column::Id,
                    discussions::Column::MeetingId,
                    discussions::Column::Sitting,
                    discussions::Column::TableName,
                ])
                .filter(discussions::Column::ConsultationId.eq(id))
                .filter(any_of(discussions::Column::GroupId, own.clone()))
                .order_by_asc(discussions::Column::Id)
                .limit(READ_AT_ONCE);
            if let Some(after) = after {
                tables = tables.filter(discussions::Column::Id.gt(after));
            }
            let tables: Vec<(DiscussionId, MeetingId, i32, Option<String>)> =
                tables.into_tuple().all_of(self).await?;
            let Some(last) = tables.last() else { break };
            after = Some(last.0);
            for (_, meeting, sitting, name) in tables {
                let name = name.map(|name| plain(&name)).unwrap_or_default();
                stored.tables.insert((meeting, sitting, name));
            }
        }
        let mut known = Condition::all();
        if !self.reach().is_lead() {
            known = Condition::any()
                .add(responses::Column::CountedGroupId.is_in(self.reach().groups()))
                .add(responses::Column::CreatedBy.eq(self.user()?));
        }
        let mut after = None;
        loop {
            let mut digests = responses::Entity::find()
                .select_only()
                .columns([responses::Column::Id, responses::Column::ContentDigest])
                .filter(responses::Column::ConsultationId.eq(id))
                .filter(responses::Column::WithdrawnAt.is_null())
                .filter(known.clone())
                .order_by_asc(responses::Column::Id)
                .limit(READ_AT_ONCE);
            if let Some(after) = after {
                digests = digests.filter(responses::Column::Id.gt(after));
            }
            let digests: Vec<(ResponseId, String)> = digests.into_tuple().all_of(self).await?;
            let Some(last) = digests.last() else { break };
            after = Some(last.0);
            stored
                .digests
                .extend(digests.iter().filter_map(|(_, digest)| short(digest)));
        }
        Ok(stored)
    }

    /// The latest import of the same file into the same consultation, of those that stored something or may yet.
    pub async fn import_of_file(
        &self,
        consultation: ConsultationId,
        digest: &str,
        but: Option<ImportId>,
    ) -> Result<Option<imports::Model>, Problem> {
        let void = [ImportState::Refused, ImportState::Failed];
        let mut query = imports::Entity::find()
            .filter(imports::Column::ConsultationId.eq(consultation))
            .filter(imports::Column::FileDigest.eq(digest))
            .filter(imports::Column::State.is_not_in(void))
            .order_by_desc(imports::Column::ReceivedAt)
            .order_by_desc(imports::Column::Id);
        if !self.reach().is_lead() {
            query = query.filter(imports::Column::CreatedBy.eq(self.user()?));
        }
        if let Some(but) = but {
            query = query.filter(imports::Column::Id.ne(but));
        }
        Ok(query.limit(1).one_of(self).await?)
    }

    /// An import that the caller may know of: leads all, others their own.
    pub async fn import(&self, id: ImportId) -> Result<imports::Model, Problem> {
        self.any_import(id)
            .await?
            .filter(|row| self.reach().is_lead() || Some(row.created_by) == self.who.user)
            .ok_or_else(Problem::not_found)
    }

    /// An import, whoever asks: for finding out whether an id is taken.
    pub async fn any_import(&self, id: ImportId) -> Result<Option<imports::Model>, Problem> {
        Ok(imports::Entity::find_by_id(id).one_of(self).await?)
    }

    /// Stores an import that was worked off already.
    pub async fn add_import(&self, row: imports::Model) -> Result<(), Problem> {
        self.note_consultation(row.consultation_id);
        self.insert(row).await
    }

    /// Stores an import with its file, to be worked off.
    pub async fn queue_import(&self, row: imports::Model, file: &[u8]) -> Result<(), Problem> {
        let import_id = row.id;
        self.add_import(row).await?;
        for (part, bytes) in (0..).zip(file.chunks(PART)) {
            let bytes = bytes.to_vec();
            self.insert(import_parts::Model {
                import_id,
                part,
                bytes,
            })
            .await?;
        }
        self.insert(import_leases::Model {
            import_id,
            owner: None,
            until: Moment(0),
            attempts: 0,
        })
        .await
    }

    /// Writes an import's next version.
    pub async fn change_import(&self, row: imports::Model) -> Result<(), Problem> {
        self.note_consultation(row.consultation_id);
        let matching = imports::Column::Id
            .eq(row.id)
            .and(imports::Column::Version.eq(row.version - 1));
        self.replace(row, Condition::all().add(matching)).await
    }

    /// Ends an import: what is left of it is its own row.
    pub async fn end_import(&self, row: imports::Model) -> Result<(), Problem> {
        let id = row.id;
        self.change_import(row).await?;
        let parts = import_parts::Entity::delete_many().filter(import_parts::Column::ImportId.eq(id));
        self.forget(parts).await?;
        let leases = import_leases::Entity::delete_many().filter(import_leases::Column::ImportId.eq(id));
        self.forget(leases).await?;
        Ok(())
    }

    /// The file of an import that waits, of so many bytes.
    pub async fn file_of_import(&self, id: ImportId, bytes: i64) -> Result<Vec<u8>, Problem> {
        // What grows by itself has the file twice while it does.
        let mut file = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        // One at a time: the whole is in memory once.
        for part in 0.. {
            let found = import_parts::Entity::find_by_id((id, part)).one_of(self).await?;
            let Some(found) = found else { break };
            file.extend_from_slice(&found.bytes);
        }
        Ok(file)
    }

    /// An import that waits for somebody to work on it at `now`.
    pub async fn waiting_import(&self, now: Moment) -> Result<Option<import_leases::Model>, Problem> {
        let query = import_leases::Entity::find().filter(import_leases::Column::Until.lt(now.0));
        Ok(query
            .order_by_asc(import_leases::Column::Until)
            .order_by_asc(import_leases::Column::ImportId)
            .limit(1)
            .one_of(self)
            .await?)
    }

    /// Says of an import that nobody works on that `owner` does, until then. Of several who try, one succeeds.
    pub async fn take_lease(&self, id: ImportId, owner: Uuid, until: Moment) -> Result<bool, Problem> {
        let free = Condition::all()
            .add(import_leases::Column::ImportId.eq(id))
            .add(import_leases::Column::Until.lt(self.now.0));
        let once_more = Expr::col(import_leases::Column::Attempts).add(1);
        self.set_lease(owner, until, Some(once_more), free).await
    }

    /// Says that `owner` goes on until then; `false` where it is somebody else's by now, or nobody's to work on any more.
    /// Others wait with it until this transaction ends.
    pub async fn keep_lease(&self, id: ImportId, owner: Uuid, until: Moment) -> Result<bool, Problem> {
        let own = Condition::all()
            .add(import_leases::Column::ImportId.eq(id))
            .add(import_leases::Column::Owner.eq(owner));
        self.set_lease(owner, until, None, own).await
    }

    /// Waits until no write of an import is under way, and keeps the next one waiting until this transaction ends.
    pub async fn wait_for_lease(&self, id: ImportId) -> Result<(), Problem> {
        let of_import = import_leases::Column::ImportId.eq(id);
        let update = import_leases::Entity::update_many().col_expr(
            import_leases::Column::Attempts,
            Expr::col(import_leases::Column::Attempts).add(0),
        );
        self.update(update.filter(of_import)).await.map(drop)
    }

    async fn set_lease(
        &self,
        owner: Uuid,
        until: Moment,
        attempts: Option<Expr>,
        matching: Condition,
    ) -> Result<bool, Problem> {
        let mut update = import_leases::Entity::update_many()
            .col_expr(import_leases::Column::Owner, Expr::value(owner))
            .col_expr(import_leases::Column::Until, Expr::value(until.0));
        if let Some(attempts) = attempts {
            update = update.col_expr(import_leases::Column::Attempts, attempts);
        }
        Ok(!self.update(update.filter(matching)).await?.is_empty())
    }

    /// Meetings by id, whoever asks: their groups were looked at when the file was understood.
    pub async fn meetings_as_they_are(
        &self,
        ids: Vec<MeetingId>,
    ) -> Result<HashMap<MeetingId, meetings::Model>, Problem> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = meetings::Entity::find().filter(meetings::Column::Id.is_in(ids));
        let rows = query.all_of(self).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }

    /// Which of these ids something has or had.
    pub async fn taken_ids(&self, ids: Vec<ContributionId>) -> Result<HashSet<ContributionId>, Problem> {
        let mut taken = HashSet::new();
        for some in ids.chunks(500) {
            let query = contributions::Entity::find()
                .select_only()
                .column(contributions::Column::Id)
                .filter(contributions::Column::Id.is_in(some.to_vec()));
            taken.extend(query.into_tuple::<ContributionId>().all_of(self).await?);
        }
        Ok(taken)
    }

    /// Stores tables and responses with everything in them, and what they are about.
    pub async fn add_imported(
        &self,
        tables: Vec<discussions::Model>,
        responses: Vec<responses::Model>,
        said: Vec<contributions::Model>,
        codings: Vec<codings::Model>,
    ) -> Result<(), Problem> {
        self.insert_all(tables).await?;
        self.insert_all(responses).await?;
        self.insert_all(said).await?;
        self.insert_all::<codings::Model>(codings).await
    }

    /// Ends the event of this transaction here, and begins another: an event of a hundred thousand rows would be read by
    /// nobody.
    pub async fn next_event(&self, consultation: ConsultationId) -> Result<(), Problem> {
        self.write_event().await?;
        self.note_consultation(consultation);
        Ok(())
    }
}
