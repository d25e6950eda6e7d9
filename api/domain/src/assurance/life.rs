//! What follows from the moves of a consultation and from its meetings: how long it was open, when it closed, and until when an
//! answer is due.

use super::{
    ClockBegins, ClockUndefined, MeetingOnRecord, MoveOnRecord, OnRecord, RESPONSE_WEEKS, ResponseClock,
    answer_due_on,
};
use crate::{
    life::Status,
    record::{agenda_concerns, agenda_names},
    vocabulary::MeetingStatus,
};
use std::collections::BTreeMap;
use time::Date;

/// A day as it is written here.
pub(super) fn day(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// From one day to another; negative where the second comes first.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    (to - from).whole_days()
}

/// The moves of a consultation, and what follows from them.
pub(super) struct Life<'a> {
    /// The oldest first, each with its day.
    pub moves: Vec<(&'a MoveOnRecord, Date)>,
    /// When it was first opened.
    pub opened_on: Option<Date>,
    /// The last closing, unless it has been opened since.
    pub closing: Option<(&'a MoveOnRecord, Date)>,
    /// From each opening to what ended it, or to today, added up. Unit: days.
    pub days_open: i64,
    /// When it was last open; today where it is.
    pub last_open_on: Option<Date>,
    /// Whether it was suspended or closed in between.
    pub interrupted: bool,
}

impl<'a> Life<'a> {
    pub fn of(record: &'a OnRecord, as_of: Date) -> Self {
        // An instant that was taken in has a day: years are four digits.
        let with_day = |one: &'a MoveOnRecord| Some((one, one.at.day_in_london()?));
        let mut moves: Vec<_> = record.moves.iter().filter_map(with_day).collect();
        moves.sort_by_key(|(one, _)| (one.at, one.id));
        let opening = |(one, _): &(&MoveOnRecord, Date)| one.to == Status::Open;
        let mut stretches = Vec::new();
        for (at, (one, from)) in moves.iter().enumerate() {
            if one.to == Status::Open {
                stretches.push((*from, moves.get(at + 1).map_or(as_of, |(_, until)| *until)));
            }
        }
        let last_opened = moves.iter().rposition(opening);
        let closing = moves.iter().rposition(|(one, _)| one.to == Status::Closed);
        let closing = closing.filter(|closed| last_opened.is_none_or(|opened| opened < *closed));
        Self {
            opened_on: stretches.first().map(|(from, _)| *from),
            last_open_on: stretches.last().map(|(_, until)| *until),
            days_open: stretches
                .iter()
                .map(|(from, until)| days_between(*from, *until))
                .sum(),
            interrupted: stretches.len() > 1,
            closing: closing.and_then(|at| moves.get(at).copied()),
            moves,
        }
    }
}

/// A meeting of the consultation that was held.
pub(super) struct Held<'a> {
    pub meeting: &'a MeetingOnRecord,
    pub on: Date,
    /// As texts name it.
    pub name: String,
}

/// Meetings of the consultation that were held, in that order: where a table discussed it, where the agenda names it, and those of
/// groups expected whose agenda names no other.
pub(super) fn held(record: &OnRecord) -> Vec<Held<'_>> {
    let of_consultation = |meeting: &&MeetingOnRecord| {
        let waited_for =
            || record.expected.contains(&meeting.group) && agenda_concerns(&meeting.agenda, record.id);
        !meeting.tables.is_empty() || agenda_names(&meeting.agenda, record.id) || waited_for()
    };
    let meetings = record.meetings.iter();
    let held = meetings.filter(|meeting| meeting.status == MeetingStatus::Held);
    let mut held: Vec<_> = held
        .filter(of_consultation)
        .filter_map(|meeting| {
            let on = meeting.starts_at.day_in_london()?;
            let name = format!("the meeting of {} on {}", record.name(meeting.group), day(on));
            Some(Held { meeting, on, name })
        })
        .collect();
    held.sort_by_key(|held| (held.meeting.starts_at, held.meeting.id));
    held
}

/// When an answer is due.
pub(super) fn clock(record: &OnRecord, life: &Life<'_>, as_of: Date) -> ResponseClock {
    let mut undefined = BTreeMap::new();
    let closed_on = life.closing.map(|(_, on)| on);
    let begins = match (record.status, closed_on, record.closes_on) {
        (Status::Withdrawn, ..) => Err(ClockUndefined::Withdrawn),
        (_, Some(closed_on), _) => Ok((ClockBegins::Closed, closed_on)),
        (_, None, Some(closes_on)) => Ok((ClockBegins::Planned, closes_on)),
        (_, None, None) => Err(ClockUndefined::NoClosingDay),
    };
    if let Err(why) = begins {
        for field in ["begins", "begins_on", "due_on", "days_left"] {
            undefined.insert(field, why);
        }
    }
    if closed_on.is_none() {
        undefined.insert("closed_on", ClockUndefined::NotClosed);
    }
    if record.response_due_on.is_none() {
        undefined.insert("stated_due_on", ClockUndefined::NotStated);
    }
    let answered_on = record.answered_on();
    if answered_on.is_none() {
        undefined.insert("answered_on", ClockUndefined::NotRecorded);
    }
    let begins = begins.ok();
    let due_on = begins.map(|(_, on)| answer_due_on(on));
    ResponseClock {
        begins: begins.map(|(by, _)| by),
        begins_on: begins.map(|(_, on)| on),
        closed_on,
        weeks: RESPONSE_WEEKS,
        due_on,
        stated_due_on: record.response_due_on,
        days_left: due_on.map(|due_on| days_between(answered_on.unwrap_or(as_of), due_on)),
        answered_on,
        undefined,
    }
}
