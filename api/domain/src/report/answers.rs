//! Which decision answers a theme of a report, and which themes still wait for one.
//!
//! A theme is answered by a decision on itself, on the theme that it is part of, or on the whole consultation, and the nearest of them
//! counts. Of decisions on the same thing the latest that nobody superseded counts: by the day on which it was decided, then by
//! when it reached us, so that an old decision that is written down late does not stand over a newer one. "Under review" says that
//! somebody looks at it, and is no answer.

use super::{ReportedTheme, StandingOutcome};
use crate::{
    id::{OutcomeId, ThemeId},
    moment::Moment,
    vocabulary::OutcomeDecision,
};
use std::cmp::Reverse;
use time::Date;

/// What was decided, as far as it says which themes are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    pub id: OutcomeId,
    /// None where it is on a section, or on the whole consultation.
    pub theme: Option<ThemeId>,
    /// Whether it names a section.
    pub of_section: bool,
    pub decision: OutcomeDecision,
    pub decided_on: Date,
    /// When it was written down.
    pub received_at: Moment,
    /// Whether a later one took its place.
    pub superseded: bool,
}

/// What a decision is on, as far as it may answer a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Theme(ThemeId),
    Section,
    Whole,
}

impl On {
    const fn of(theme: Option<ThemeId>, is_of_section: bool) -> Self {
        match (theme, is_of_section) {
            (Some(theme), _) => Self::Theme(theme),
            (None, true) => Self::Section,
            (None, false) => Self::Whole,
        }
    }
}

/// Whether somebody decided, and did not only say that they will.
const fn is_answer(decision: OutcomeDecision) -> bool {
    !matches!(decision, OutcomeDecision::UnderReview)
}

impl Decided {
    const fn on(&self) -> On {
        On::of(self.theme, self.of_section)
    }

    /// Whether it is on the whole consultation.
    const fn of_the_whole(&self) -> bool {
        matches!(self.on(), On::Whole)
    }

    /// Whether somebody decided, and did not only say that they will.
    pub const fn is_answer(&self) -> bool {
        is_answer(self.decision)
    }

    /// The latest first.
    pub const fn order(&self) -> (Reverse<Date>, Reverse<Moment>, Reverse<OutcomeId>) {
        (
            Reverse(self.decided_on),
            Reverse(self.received_at),
            Reverse(self.id),
        )
    }
}

/// The decisions that stand, the latest first.
pub fn standing(decided: &[Decided]) -> Vec<Decided> {
    let mut standing: Vec<_> = decided.iter().filter(|one| !one.superseded).copied().collect();
    standing.sort_by_key(Decided::order);
    standing
}

/// The decisions that may answer a theme, the nearest first: on itself, on its parent, on the whole consultation; of each the latest
/// that stands.
fn near<'d, D>(
    theme: &ReportedTheme,
    standing: &'d [D],
    on: impl Fn(&D) -> On,
) -> impl Iterator<Item = &'d D> {
    let near = [
        Some(On::Theme(theme.id)),
        theme.parent_id.map(On::Theme),
        Some(On::Whole),
    ];
    let latest = near.map(|place| {
        let place = place?;
        standing.iter().find(|one| on(one) == place)
    });
    latest.into_iter().flatten()
}

/// What was decided on a theme: the nearest answer, or where there is none, the nearest that says it is looked at. `standing` is what
/// [`standing`] gives.
pub fn answer_to<'d>(theme: &ReportedTheme, standing: &'d [Decided]) -> Option<&'d Decided> {
    near(theme, standing, Decided::on)
        .find(|one| one.is_answer())
        .or_else(|| near(theme, standing, Decided::on).next())
}

/// What answers a theme of the outcomes that stand beside a report, the latest first; none where it waits, as [`unanswered`] has it.
pub fn answering<'o>(theme: &ReportedTheme, outcomes: &'o [StandingOutcome]) -> Option<&'o StandingOutcome> {
    let on = |one: &StandingOutcome| On::of(one.theme_id, one.section_ref.is_some());
    near(theme, outcomes, on).find(|one| is_answer(one.decision))
}

/// Themes of a report that have no answer, in its order.
pub fn unanswered(themes: &[ReportedTheme], decided: &[Decided]) -> Vec<ThemeId> {
    let standing = standing(decided);
    let waits = |theme: &&ReportedTheme| !answer_to(theme, &standing).is_some_and(Decided::is_answer);
    themes.iter().filter(waits).map(|theme| theme.id).collect()
}

/// The day on which the last theme of a report got its first answer; none while one waits. What superseded an answer later moves
/// nothing: people had theirs by then. A report without themes is answered by a decision on the whole consultation.
pub fn answered_on(themes: &[ReportedTheme], decided: &[Decided]) -> Option<Date> {
    if !unanswered(themes, decided).is_empty() {
        return None;
    }
    let first = |answers: &dyn Fn(&Decided) -> bool| {
        let all = decided.iter().filter(|one| one.is_answer() && answers(one));
        all.map(|one| one.decided_on).min()
    };
    if themes.is_empty() {
        return first(&Decided::of_the_whole);
    }
    let of = |theme: &ReportedTheme| {
        first(&|one: &Decided| {
            one.of_the_whole()
                || one
                    .theme
                    .is_some_and(|id| id == theme.id || Some(id) == theme.parent_id)
        })
    };
    themes
        .iter()
        .map(of)
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use OutcomeDecision::*;
    use time::macros::date;
    use uuid::Uuid;

    fn theme(at: u128, parent: Option<u128>) -> ReportedTheme {
        ReportedTheme {
            id: Uuid::from_u128(at).into(),
            code: format!("theme-{at}"),
            label: format!("Theme {at}"),
            parent_id: parent.map(|at| Uuid::from_u128(at).into()),
            description: None,
        }
    }

    fn on(at: u128, theme: Option<u128>, decision: OutcomeDecision, decided_on: Date) -> Decided {
        Decided {
            id: Uuid::from_u128(at).into(),
            theme: theme.map(|at| Uuid::from_u128(at).into()),
            of_section: false,
            decision,
            decided_on,
            received_at: Moment(at as i64),
            superseded: false,
        }
    }

    const EARLY: Date = date!(2020 - 01 - 10);
    const LATE: Date = date!(2021 - 02 - 04);

    #[test]
    fn the_nearest_answer_counts_and_review_is_none() {
        let themes = [theme(1, None), theme(2, Some(1)), theme(3, None)];
        let ids = |all: &[u128]| {
            all.iter()
                .map(|at| Uuid::from_u128(*at).into())
                .collect::<Vec<ThemeId>>()
        };
        assert_eq!(unanswered(&themes, &[]), ids(&[1, 2, 3]));
        let mut decided = vec![on(10, Some(1), Accepted, EARLY)];
        assert_eq!(
            unanswered(&themes, &decided),
            ids(&[3]),
            "a sub-theme has its parent's"
        );
        decided.push(on(11, Some(2), UnderReview, LATE));
        let standing_now = standing(&decided);
        let found = answer_to(&themes[1], &standing_now).map(|one| one.decision);
        assert_eq!(
            found,
            Some(Accepted),
            "what is looked at keeps the answer of what it is part of"
        );
        decided.push(on(12, Some(3), UnderReview, LATE));
        assert_eq!(unanswered(&themes, &decided), ids(&[3]));
        // What was decided on one section is no answer to all.
        decided.push(Decided {
            of_section: true,
            ..on(13, None, Accepted, LATE)
        });
        assert_eq!(unanswered(&themes, &decided), ids(&[3]));
        assert_eq!(answered_on(&themes, &decided), None);
        decided.push(on(14, None, NotAccepted, LATE));
        assert_eq!(unanswered(&themes, &decided), ids(&[]));
        assert_eq!(answered_on(&themes, &decided), Some(LATE));
    }

    #[test]
    fn the_latest_decision_stands_by_its_day_and_what_superseded_it_moves_no_clock() {
        let themes = [theme(1, None)];
        // Written down later, decided earlier.
        let decided = [
            on(11, Some(1), NotAccepted, EARLY),
            on(10, Some(1), Accepted, LATE),
        ];
        let standing_now = standing(&decided);
        let found = answer_to(&themes[0], &standing_now).map(|one| one.decision);
        assert_eq!(found, Some(Accepted));

        let mut decided = vec![
            on(10, Some(1), Accepted, EARLY),
            on(11, Some(1), PartlyAccepted, LATE),
        ];
        decided[0].superseded = true;
        assert_eq!(answered_on(&themes, &decided), Some(EARLY));
        // What is looked at again waits again.
        decided[1].decision = UnderReview;
        assert_eq!(answered_on(&themes, &decided), None);
    }

    #[test]
    fn a_report_without_themes_is_answered_as_a_whole() {
        assert_eq!(answered_on(&[], &[]), None);
        assert_eq!(answered_on(&[], &[on(10, Some(1), Accepted, EARLY)]), None);
        assert_eq!(answered_on(&[], &[on(10, None, Accepted, EARLY)]), Some(EARLY));
    }
}
