//! Saturation counted the slow way: sets of ids, run by run, straight from the paper's words.

use super::naive::{Naive, coded, is_table};
use domain::{
    facts::{ContainerRow, MeetingFact},
    id::ThemeId,
    vocabulary::MeetingStatus,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

type Themes = BTreeSet<ThemeId>;

fn all(meetings: &[Themes]) -> Themes {
    meetings.iter().flatten().copied().collect()
}

impl Naive<'_> {
    /// Meetings, themes of the base and thresholds; what was left out is not among them.
    pub fn saturation(&self) -> Value {
        let (heard, points) = (self.heard(), self.points());
        let at = |meeting: &MeetingFact, one: &ContainerRow| {
            one.table.iter().any(|table| table.meeting == meeting.id)
        };
        let mut held: Vec<&MeetingFact> = self
            .world
            .register
            .meetings
            .iter()
            .filter(|meeting| meeting.status == MeetingStatus::Held)
            .filter(|meeting| heard.iter().any(|one| at(meeting, one)))
            .collect();
        held.sort_by_key(|meeting| (meeting.starts_at, meeting.id));
        let said = |meeting: &MeetingFact| {
            let here = points.iter().filter(|(one, _)| at(meeting, one));
            here.map(|(_, said)| *said).collect::<Vec<_>>()
        };
        let themes: Vec<Themes> = held
            .iter()
            .map(|meeting| {
                said(meeting)
                    .into_iter()
                    .flat_map(|said| self.own(said))
                    .collect()
            })
            .collect();
        let base = all(&themes[..held.len().min(4)]).len();
        let share = |new: usize| (base > 0).then(|| new as f64 / base as f64);
        let run = |last: usize| {
            let first = last.checked_sub(1).filter(|first| *first >= 4)?;
            Some(
                all(&themes[first..=last])
                    .difference(&all(&themes[..first]))
                    .count(),
            )
        };
        let meetings = held.iter().enumerate().map(|(place, meeting)| {
            let (before, with) = (all(&themes[..place]), all(&themes[..=place]));
            let mut of = json!({
                "position": place + 1, "meeting_id": meeting.id, "group_id": meeting.own_group, "starts_at": meeting.starts_at,
                "discussions": heard.iter().filter(|one| at(meeting, one)).count(),
                "contributions": said(meeting).len(),
                "coded": said(meeting).into_iter().filter(|said| coded(said)).count(),
                "themes": themes[place].len(),
                "new_themes": themes[place].difference(&before).count(),
                "themes_so_far": with.len(),
                "run": run(place).map(|new| json!({"new_themes": new, "ratio": share(new)})),
            });
            if run(place).is_some() && base == 0 {
                of["run"]["undefined"] = json!({"ratio": "nothing-in-base"});
            }
            of
        });
        let thresholds = [0.0, 0.05].map(|threshold| {
            let enough = |place: &usize| {
                run(*place)
                    .and_then(share)
                    .is_some_and(|share| share <= threshold)
            };
            match (0..held.len()).find(enough) {
                Some(place) => {
                    json!({"threshold": threshold, "reached_at": place + 1, "meeting_id": held[place].id})
                }
                None => {
                    let why = match held.len() {
                        0..6 => "too-few-meetings",
                        _ if base == 0 => "nothing-in-base",
                        _ => "not-reached",
                    };
                    json!({"threshold": threshold, "reached_at": null, "meeting_id": null,
                        "undefined": {"reached_at": why, "meeting_id": why}})
                }
            }
        });
        json!({"meetings": meetings.collect::<Vec<_>>(), "base_themes": base, "thresholds": thresholds})
    }

    /// What is left out, or not coded yet, by its code; nothing where there is none.
    pub fn missing_in_saturation(&self) -> Vec<(&'static str, usize)> {
        let held = |one: &ContainerRow| {
            one.table.iter().any(|table| {
                let meetings = &self.world.register.meetings;
                let found = meetings.iter().find(|meeting| meeting.id == table.meeting);
                found.is_some_and(|meeting| meeting.status == MeetingStatus::Held)
            })
        };
        let points = self.points();
        let uncoded = points
            .iter()
            .filter(|(one, said)| held(one) && !coded(said) && !super::naive::set_aside(said));
        let by_responses = points.iter().filter(|(one, _)| !is_table(one));
        let elsewhere = self.heard().into_iter().filter(|one| is_table(one) && !held(one));
        [
            ("uncoded-contributions", uncoded.count()),
            ("responses-left-out", by_responses.count()),
            ("meetings-not-held", elsewhere.count()),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
    }
}
