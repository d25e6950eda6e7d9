//! Meetings, with who came and what was on the agenda.
//!
//! A caller may choose a meeting's id, because meetings are typed up where there is no network. A repeat with the
//! same content gives the meeting as it is; other content is refused without showing what is stored.

use crate::{
    auth::permission::{KeepMeetings, ReadMeetings},
    http::{
        access::Access,
        answer::{One, Reply, Resource, Stored},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem, escaped},
        repeat::{content_digest, same_content},
    },
    store::Tx,
};
use domain::{
    id::{GroupId, MeetingId, RoundId, ServiceId},
    limits,
    moment::Moment,
    record::{AgendaItem, AttendanceLine, Venue},
    text::{Prose, Text, Title},
    vocabulary::{MeetingStatus, VenueKind},
};
use entity::{
    json::{AccessNeeds, Agenda, Attendance},
    meetings,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A meeting.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct MeetingInput {
    /// Chosen by the caller, or left to us.
    pub id: Option<MeetingId>,
    pub group_id: GroupId,
    pub round_id: RoundId,
    pub starts_at: Moment,
    pub ends_at: Moment,
    #[validate(nested)]
    pub venue: Venue,
    /// `planned` unless said otherwise.
    pub status: Option<MeetingStatus>,
    #[validate(nested)]
    pub status_reason: Option<Prose>,
    /// Whether people outside the network may know of it; not unless said otherwise.
    pub public: Option<bool>,
    pub papers_sent_on: Option<Date>,
    /// How many tables there were: closing a consultation waits for that many.
    #[validate(range(min = 0, max = limits::COUNT, message = "Tables are counted from 0 to 100000."))]
    #[schema(minimum = 0, maximum = 100000)]
    pub tables: Option<i32>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 lines."))]
    #[schema(max_items = 1000)]
    pub attendance: Vec<AttendanceLine>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 items."))]
    #[schema(max_items = 1000)]
    pub agenda: Vec<AgendaItem>,
    /// By name, as they were written down: text, a number, or true and false.
    #[schema(value_type = Option<Object>)]
    pub access_needs: Option<Map<String, Value>>,
}

/// A meeting.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeetingView {
    pub id: MeetingId,
    pub group_id: GroupId,
    pub round_id: RoundId,
    pub starts_at: Moment,
    pub ends_at: Moment,
    pub venue: Venue,
    pub status: MeetingStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    pub public: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub papers_sent_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<i32>,
    pub attendance: Vec<AttendanceLine>,
    pub agenda: Vec<AgendaItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub access_needs: Option<Map<String, Value>>,
    pub version: i32,
}

impl Resource for MeetingView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/meetings/{}", self.id)
    }
}

impl From<meetings::Model> for MeetingView {
    fn from(row: meetings::Model) -> Self {
        Self {
            id: row.id,
            group_id: row.group_id,
            round_id: row.round_id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            venue: Venue {
                kind: row.venue_kind,
                service_id: row.venue_service_id,
                name: row.venue_name.map(|name| Text::new(&name)),
            },
            status: row.status,
            status_reason: row.status_reason,
            public: row.public,
            papers_sent_on: row.papers_sent_on,
            tables: row.tables,
            attendance: row.attendance.0,
            agenda: row.agenda.0,
            access_needs: row.access_needs.map(|needs| needs.0),
            version: row.version,
        }
    }
}

impl MeetingInput {
    async fn row(
        self,
        tx: &Tx,
        mut faults: Faults,
        was: Option<meetings::Model>,
        digest: Option<String>,
    ) -> Result<meetings::Model, Problem> {
        // A group that the caller does not work with reads as one that is not there.
        if !tx.reach().has_group(self.group_id) {
            return Err(Problem::not_found());
        }
        faults.add_if(
            self.ends_at < self.starts_at,
            "/ends_at",
            "before-its-beginning",
            "It ends before it begins.",
        );
        faults.add_if(
            self.venue.kind == VenueKind::Community && self.venue.service_id.is_some(),
            "/venue/service_id",
            "not-taken",
            "A community venue is no service; give its name.",
        );
        if tx.known_groups(vec![self.group_id]).await?.is_empty() {
            faults.add("/group_id", "unknown-id", "There is no such group.");
        }
        if tx.known_rounds(vec![self.round_id]).await?.is_empty() {
            faults.add("/round_id", "unknown-id", "There is no such round.");
        }
        self.check_services(tx, &mut faults).await?;
        self.check_agenda(tx, was.as_ref(), &mut faults).await?;
        for (name, value) in self.access_needs.iter().flatten() {
            let plain = !value.is_array() && !value.is_object() && !value.is_null();
            let pointer = format!("/access_needs/{}", escaped(name));
            faults.add_if(
                !plain,
                pointer.clone(),
                "wrong-type",
                "Text, a number, true or false.",
            );
            for text in [Some(name.as_str()), value.as_str()].into_iter().flatten() {
                if let Err(errors) = Title::new(text).validate() {
                    faults.add_validation_at(&pointer, &errors);
                }
            }
        }
        if let Some(was) = &was {
            let moved = was.group_id != self.group_id || was.round_id != self.round_id;
            let fixed = moved && tx.meeting_has_discussions(was.id).await?;
            faults.add_if(
                fixed,
                "/group_id",
                "fixed",
                "Its tables' notes are in: group and round stay as they are.",
            );
        }
        faults.end()?;
        Ok(meetings::Model {
            id: was
                .as_ref()
                .map(|was| was.id)
                .or(self.id)
                .unwrap_or_else(crate::clock::new_id),
            group_id: self.group_id,
            round_id: self.round_id,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            venue_kind: self.venue.kind,
            venue_service_id: self.venue.service_id,
            venue_name: self.venue.name.map(Into::into),
            status: self.status.unwrap_or(MeetingStatus::Planned),
            status_reason: self.status_reason.map(Into::into),
            public: self.public.unwrap_or(false),
            papers_sent_on: self.papers_sent_on,
            tables: self.tables,
            attendance: Attendance(self.attendance),
            agenda: Agenda(self.agenda),
            access_needs: self.access_needs.map(AccessNeeds),
            content_digest: was.as_ref().map_or(digest, |was| was.content_digest.clone()),
            version: was.as_ref().map_or(1, |was| was.version + 1),
            received_at: was.as_ref().map_or(tx.now, |was| was.received_at),
            changed: tx.stamp,
        })
    }

    async fn check_services(&self, tx: &Tx, faults: &mut Faults) -> Result<(), Problem> {
        let attendance = self.attendance.iter().enumerate();
        let mut named: Vec<(String, ServiceId)> = attendance
            .filter_map(|(at, line)| Some((format!("/attendance/{at}/service_id"), line.service_id?)))
            .collect();
        named.extend(
            self.venue
                .service_id
                .map(|id| ("/venue/service_id".to_owned(), id)),
        );
        let known = tx
            .known_services(named.iter().map(|(_, id)| *id).collect())
            .await?;
        for (pointer, id) in named {
            faults.add_if(
                !known.contains(&id),
                pointer,
                "unknown-id",
                "There is no such service.",
            );
        }
        Ok(())
    }

    async fn check_agenda(
        &self,
        tx: &Tx,
        was: Option<&meetings::Model>,
        faults: &mut Faults,
    ) -> Result<(), Problem> {
        // What stands there already stays, though the caller may not know of it: a lead puts drafts on agendas.
        let named =
            |id| was.is_some_and(|was| was.agenda.0.iter().any(|item| item.consultation_id == Some(id)));
        for (at, item) in self.agenda.iter().enumerate() {
            if let Some(consultation) = item.consultation_id
                && !named(consultation)
                && Problem::absent(tx.consultation(consultation).await)?.is_none()
            {
                faults.add(
                    format!("/agenda/{at}/consultation_id"),
                    "unknown-id",
                    "There is no such consultation.",
                );
            }
        }
        Ok(())
    }
}

/// `POST /v1/meetings`
pub async fn create(access: Access<KeepMeetings, Valid<MeetingInput>>) -> Reply<Stored<MeetingView>> {
    let (asked, access) = access.split();
    let digest = content_digest(asked.body());
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        if let Some(id) = input.id {
            tx.hold(id.0).await?;
        }
        if let Some(id) = input.id
            && let Some(stored) = tx.any_meeting(id).await?
        {
            same_content(stored.content_digest.as_deref(), &digest)?;
            return Ok(Stored::Repeated(tx.meeting(id).await?.into()));
        }
        let row = input.row(tx, faults, None, Some(digest)).await?;
        tx.add_meeting(row.clone()).await?;
        Ok(Stored::Created(row.into()))
    });
    job.await
}

/// Filters of the list of meetings.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MeetingFilters {
    /// Groups, any of them.
    #[param(value_type = Option<Vec<GroupId>>, style = Form, explode = false)]
    pub group: Option<AnyOf<GroupId>>,
    /// Rounds, any of them.
    #[param(value_type = Option<Vec<RoundId>>, style = Form, explode = false)]
    pub round: Option<AnyOf<RoundId>>,
    /// States, any of them.
    #[param(value_type = Option<Vec<MeetingStatus>>, style = Form, explode = false)]
    pub status: Option<AnyOf<MeetingStatus>>,
}

/// `GET /v1/meetings`
pub async fn list(access: Access<ReadMeetings, Listing<MeetingFilters>>) -> Reply<Items<MeetingView>> {
    let (Listing { filters, page }, access) = access.split();
    let (groups, rounds) = (filters.group.map(|any| any.0), filters.round.map(|any| any.0));
    let statuses = filters.status.map(|any| any.0);
    let rows = access
        .store()
        .read(async |tx| tx.meetings(page, groups, rounds, statuses).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        Into::into,
    ))
}

/// `GET /v1/meetings/{id}`
pub async fn show(access: Access<ReadMeetings, At<MeetingId>>) -> Reply<One<MeetingView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read(async |tx| tx.meeting(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/meetings/{id}`
pub async fn change(
    access: Access<KeepMeetings, (At<MeetingId>, Patch<MeetingInput>)>,
) -> Reply<One<MeetingView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let was = tx.meeting(id).await?;
        let (input, mut faults) = patch.over(&MeetingView::from(was.clone()), was.version)?.open();
        faults.add_if(input.id != Some(id), "/id", "fixed", "An id never changes.");
        let row = input.row(tx, faults, Some(was), None).await?;
        tx.change_meeting(row.clone()).await?;
        Ok(row)
    });
    Ok(One(job.await?.into()))
}
