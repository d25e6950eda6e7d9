//! From checked tables and responses to rows: the same as a post makes, many at once.

use super::plan::{Container, Context, What};
use crate::{
    auth::receipts::Receipts,
    collecting::discussions::new_contribution,
    error::Code,
    http::{
        problem::Problem,
        repeat::{conflict, taken},
    },
    store::Tx,
};
use domain::{
    id::{CodingId, ContributionId, DiscussionId, ImportId, MeetingId, ResponseId, ThemeId},
    moment::Moment,
    record::ImportCount,
    screening::RegisterNames,
    vocabulary::MeetingStatus,
};
use entity::{
    codings, contributions,
    json::{Flags, ThemeIds},
    meetings,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What ids are made from, so that a file that is worked off a second time makes the same rows and no others.
#[derive(Clone, Copy)]
pub struct Origin {
    pub import: ImportId,
    /// When it came in.
    pub at: Moment,
}

/// What an id is of.
#[derive(Clone, Copy)]
enum Of {
    Container = 0,
    Point = 1,
    Coding = 2,
}

impl Origin {
    /// The id of what a row makes: RFC 9562, version 8. The import's time, the row, and a digest of the import, in this order,
    /// so that rows that are written together stand together in every index.
    fn id(self, of: Of, row: u32) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(self.import.0.as_bytes());
        hash.update([of as u8]);
        hash.update(row.to_be_bytes());
        let hash: [u8; 32] = hash.finalize().into();
        let millis = (self.at.0.max(0) as u64 / 1000).to_be_bytes();
        let [_, _, a, b, c, d, e, f] = millis;
        let [h0, h1, h2, h3, h4, ..] = hash;
        Uuid::from_bytes([
            a,
            b,
            c,
            d,
            e,
            f,
            0x80 | (row >> 28) as u8,
            (row >> 20) as u8,
            0x80 | ((row >> 14) & 0x3f) as u8,
            (row >> 6) as u8,
            ((row & 0x3f) << 2) as u8 | of as u8,
            h0,
            h1,
            h2,
            h3,
            h4,
        ])
    }
}

/// Tables and responses that were checked and screened.
pub struct Ready(Vec<Container>);

impl Ready {
    /// Screens every text, which takes a while.
    pub fn new(mut containers: Vec<Container>, names: &RegisterNames) -> Self {
        containers
            .iter_mut()
            .for_each(|container| container.screen(names));
        Self(containers)
    }

    /// The tables and responses.
    pub fn containers(&self) -> &[Container] {
        &self.0
    }

    /// The last row from which one of them goes on.
    pub fn last_row(&self) -> Option<u32> {
        self.0.last().map(|container| container.first)
    }
}

/// Stores tables and responses that were checked, where what they name is still as it was.
///
/// # Errors
/// 409 where the consultation has closed, a meeting was cancelled or an id was taken meanwhile.
pub async fn write(
    tx: &Tx,
    context: &Context,
    origin: Origin,
    Ready(containers): Ready,
    receipts: &Receipts,
) -> Result<ImportCount, Problem> {
    let consultation = context.asked.consultation.id;
    tx.consultation_taking_feedback(consultation).await?;
    let meetings = held_meetings(tx, &containers).await?;
    let chosen = containers.iter().flat_map(Container::chosen_ids).collect();
    if !tx.taken_ids(chosen).await?.is_empty() {
        return Err(conflict());
    }
    let counted: HashMap<MeetingId, _> = context
        .meetings()
        .map(|meeting| (meeting.row.id, meeting.counted))
        .collect();
    // As a coder does: the codeframe is not frozen or changed before these codings are in.
    tx.hold_with_others(consultation.0).await?;
    let codeframe_version = tx.codeframe_version(consultation).await?;
    let mut written = ImportCount::default();
    let mut rows = Rows::default();
    for container in containers {
        written = written.and(container.count());
        let Named {
            what,
            place,
            themes,
            mut flags,
            digest,
        } = container.with_ids(origin);
        let mut seen = |place: usize| flags.remove(&place).unwrap_or(Flags(Vec::new()));
        match what {
            What::Table(mut input) => {
                let meeting = meetings
                    .get(&input.meeting_id)
                    .filter(|row| row.status != MeetingStatus::Cancelled);
                let meeting = meeting.zip(counted.get(&input.meeting_id)).ok_or_else(moved)?;
                let said = std::mem::take(&mut input.contributions);
                let row = input.row(tx, meeting.0, *meeting.1, digest, consultation)?;
                for (place, said) in said.into_iter().enumerate() {
                    // In the order of the file over all of its tables: lists show what reached us first.
                    let position = rows.said.len();
                    rows.said
                        .push(new_contribution(said, seen(place), &row, position, tx)?);
                }
                rows.tables.push(row);
            }
            What::Response(mut input) => {
                let place = place.ok_or_else(|| Problem::internal("a response without its place"))?;
                let row = input.row(tx, place, consultation, digest, receipts)?;
                for (place, mut answer) in std::mem::take(&mut input.answers).into_iter().enumerate() {
                    if let Some(text) = answer.text.take() {
                        let position = rows.said.len();
                        rows.said.push(answer.row(text, seen(place), &row, position, tx)?);
                    }
                }
                rows.responses.push(row);
            }
        }
        for (row, id, themes) in themes {
            rows.codings
                .push(coding(tx, origin, row, id, themes, codeframe_version)?);
        }
    }
    tx.add_imported(rows.tables, rows.responses, rows.said, rows.codings)
        .await
        .map_err(taken)?;
    Ok(written)
}

#[derive(Default)]
struct Rows {
    tables: Vec<entity::discussions::Model>,
    responses: Vec<entity::responses::Model>,
    said: Vec<contributions::Model>,
    codings: Vec<codings::Model>,
}

/// The meetings of these tables, kept from being cancelled until the tables are in.
async fn held_meetings(
    tx: &Tx,
    containers: &[Container],
) -> Result<HashMap<MeetingId, meetings::Model>, Problem> {
    // In an order that is the same for whoever holds several.
    let ids: BTreeSet<MeetingId> = containers
        .iter()
        .filter_map(|container| match &container.what {
            What::Table(input) => Some(input.meeting_id),
            What::Response(_) => None,
        })
        .collect();
    for id in &ids {
        tx.hold_with_others(id.0).await?;
    }
    tx.meetings_as_they_are(ids.into_iter().collect()).await
}

fn moved() -> Problem {
    Problem::new(
        Code::Conflict,
        "A meeting that the file names was cancelled or changed meanwhile. Check the file again and send it.",
    )
}

fn coding(
    tx: &Tx,
    origin: Origin,
    row: u32,
    contribution_id: ContributionId,
    themes: Vec<ThemeId>,
    codeframe_version: Option<i32>,
) -> Result<codings::Model, Problem> {
    Ok(codings::Model {
        id: CodingId(origin.id(Of::Coding, row)),
        contribution_id,
        coder_id: tx.user()?,
        theme_ids: ThemeIds(themes),
        set_aside_reason: None,
        independent: false,
        coded_at: tx.now,
        adjudication_reason: None,
        codeframe_version,
    })
}

/// A container whose parts have their ids; themes go with the row and the id of what they are of.
struct Named {
    what: What,
    place: Option<crate::collecting::responses::Place>,
    themes: Vec<(u32, ContributionId, Vec<ThemeId>)>,
    flags: HashMap<usize, Flags>,
    digest: String,
}

impl Container {
    fn with_ids(mut self, origin: Origin) -> Named {
        // Ids apart: those that follow are drawn for this file only.
        let digest = self.digest();
        let (themes, flags) = self.take_themes_and_flags();
        let rows = self.point_rows().to_vec();
        let own = origin.id(Of::Container, self.first);
        let id_of = |row: &u32| ContributionId(origin.id(Of::Point, *row));
        let mut ids = Vec::with_capacity(rows.len());
        let what = match self.what {
            What::Table(mut input) => {
                input.id = Some(DiscussionId(own));
                for (said, row) in input.contributions.iter_mut().zip(&rows) {
                    ids.push(*said.id.get_or_insert_with(|| id_of(row)));
                }
                What::Table(input)
            }
            What::Response(mut input) => {
                input.id = Some(ResponseId(own));
                for (answer, row) in input.answers.iter_mut().zip(&rows) {
                    let id = answer.id.unwrap_or_else(|| id_of(row));
                    if answer.text.is_some() {
                        answer.id = Some(id);
                    }
                    ids.push(id);
                }
                What::Response(input)
            }
        };
        let themes = themes.into_iter().filter_map(|(place, themes)| {
            let place = place as usize;
            Some((*rows.get(place)?, *ids.get(place)?, themes))
        });
        Named {
            themes: themes.collect(),
            what,
            place: self.place,
            flags,
            digest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_each_time_and_of_one_row_only() {
        let origin = Origin {
            import: ImportId(Uuid::from_u128(7)),
            at: Moment(1_572_000_000_000_000),
        };
        let mut seen = BTreeSet::new();
        for row in (1..2_000).chain([70_000, 199_999, u32::MAX]) {
            for of in [Of::Container, Of::Point, Of::Coding] {
                let id = origin.id(of, row);
                assert_eq!(id, origin.id(of, row));
                assert_eq!(
                    (id.get_version_num(), id.get_variant()),
                    (8, uuid::Variant::RFC4122)
                );
                assert!(seen.insert(id), "{row}");
            }
        }
        let other = Origin {
            import: ImportId(Uuid::from_u128(8)),
            ..origin
        };
        assert_ne!(origin.id(Of::Point, 1), other.id(Of::Point, 1));
        assert!(origin.id(Of::Point, 1) < origin.id(Of::Point, 2));
    }
}
