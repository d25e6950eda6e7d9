//! Trends over worlds made at random: what they show is what collations show, and what they call comparable is of one thing.

use super::world::{THEMES, World, asked, id, scope, world};
use domain::{
    collate::{
        Collation, Count, Filter, FilterValues, Incomparable, Period, Scope, Trend, collate, in_time, trend,
    },
    id::{ConsultationId, ThemeId},
    moment::Moment,
    vocabulary::ThemeStatus,
};
use proptest::{collection::vec, option::weighted, prelude::*};
use std::collections::BTreeSet;
use time::{Date, Month};

fn consultation(at: usize) -> ConsultationId {
    id(9, at)
}

fn theme_of(world: usize, at: usize) -> ThemeId {
    id(20 + world as u128, at)
}

/// The world as one consultation of several: with a codeframe, an id and days of its own.
fn placed(mut world: World, at: usize) -> World {
    let moved = |theme: ThemeId| {
        let place = (0..THEMES).find(|place| super::theme(*place) == theme);
        place.map_or(theme, |place| theme_of(at, place))
    };
    for theme in &mut world.register.themes {
        theme.id = moved(theme.id);
        theme.parent = theme.parent.map(moved);
        theme.merged_into = theme.merged_into.map(moved);
    }
    for said in &mut world.said {
        for coding in &mut said.codings {
            coding.themes = coding.themes.iter().copied().map(moved).collect();
        }
    }
    if let Some(one) = &mut world.register.consultation {
        one.id = consultation(at);
        one.opens_on = Date::from_calendar_date(2019 - at as i32, Month::September, 2).ok();
    }
    world
}

/// This consultation and two earlier ones, the latest first, with themes mapped back in every way.
fn worlds() -> impl Strategy<Value = Vec<World>> {
    let mapped = || vec(weighted(0.7, (1..3usize, 0..THEMES)), THEMES);
    (vec(world(), 3), mapped(), mapped()).prop_map(|(worlds, of_first, of_second)| {
        let mut worlds: Vec<_> = worlds
            .into_iter()
            .enumerate()
            .map(|(at, one)| placed(one, at))
            .collect();
        for (world, mapped) in worlds.iter_mut().zip([of_first, of_second]) {
            for (theme, to) in world.register.themes.iter_mut().zip(mapped) {
                theme.earlier = to.map(|(world, at)| theme_of(world, at));
            }
        }
        for theme in &mut worlds[1].register.themes {
            // The second is mapped to the third alone.
            let to = theme
                .earlier
                .and_then(|earlier| (0..THEMES).find(|at| theme_of(1, *at) == earlier));
            theme.earlier = to.map(|at| theme_of(2, at)).or(theme.earlier);
        }
        worlds
    })
}

fn narrowed(asked: FilterValues) -> FilterValues {
    FilterValues {
        group: asked.group,
        respondent_group: asked.respondent_group,
        setting: asked.setting,
        channel: asked.channel,
        ..FilterValues::default()
    }
}

fn figures(collation: &Collation, theme: ThemeId) -> (Count, u64, u64) {
    let raised = collation.themes.iter().find(|one| one.id == theme);
    raised.map_or((Count::exact(0), 0, 0), |one| {
        (one.contributions, one.discussions, one.groups)
    })
}

fn both(worlds: &[World], scope: &Scope, asked: &FilterValues) -> Option<(Vec<Collation>, [Trend; 2])> {
    let facts: Vec<_> = worlds.iter().map(World::facts).collect();
    let filters: Option<Vec<_>> = facts
        .iter()
        .map(|facts| Filter::new(facts, scope, asked).ok())
        .collect();
    let filters = filters?;
    let all = || facts.iter().zip(&filters);
    let period = |at: usize| Period::exact(&facts[at], scope, &filters[at], Moment(at as i64));
    Some((
        all()
            .map(|(facts, filter)| collate(facts, scope, filter))
            .collect(),
        [
            trend(period(0), vec![period(1), period(2)], false),
            trend(period(0), vec![period(2), period(1)], false),
        ],
    ))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_trend_shows_what_collations_show_and_compares_one_thing_with_one(
        worlds in worlds(),
        scope in scope(),
        asked in asked().prop_map(narrowed),
    ) {
        let found = both(&worlds, &scope, &asked);
        prop_assume!(found.is_some());
        let (collations, [found, turned]) = found.unwrap();
        prop_assert_eq!(&found, &turned, "in whatever order the earlier ones come");

        let order: Vec<_> = found.consultations.iter().map(|one| one.id).collect();
        let standing: BTreeSet<_> = worlds[0].register.themes.iter().filter(|one| one.status != ThemeStatus::Merged).map(|one| one.id).collect();
        prop_assert_eq!(found.themes.iter().map(|one| one.id).collect::<BTreeSet<_>>(), standing);
        for theme in &found.themes {
            let mut places: Vec<_> = theme.points.iter().map(|point| order.iter().position(|id| *id == point.consultation_id).unwrap()).collect();
            prop_assert!(places.is_sorted(), "oldest first");
            prop_assert_eq!(theme.points.last().map(|point| (point.consultation_id, point.theme_ids[0])), Some((consultation(0), theme.id)));
            for point in &theme.points {
                let collation = collations.iter().find(|one| one.consultation.id == point.consultation_id).unwrap();
                prop_assert_eq!((point.contributions, point.discussions, point.groups), figures(collation, point.theme_ids[0]));
                prop_assert_eq!((point.discussions_base, point.groups_base), (collation.heard.discussions, collation.heard.groups));
                let share = (point.discussions_base > 0).then(|| point.discussions as f64 / point.discussions_base as f64);
                prop_assert_eq!(point.discussions_share, share);
                prop_assert_eq!(point.undefined.is_empty(), share.is_some());
                prop_assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)));
                prop_assert_eq!(point.theme_ids.len(), point.labels.len());
            }
            prop_assert_eq!(theme.comparable, theme.why_not.is_empty());
            let codes: Vec<_> = theme.why_not.iter().map(|why| why.code).collect();
            let says = |code| codes.contains(&code);
            let followed = places.len() > 1;
            prop_assert_eq!(followed, !says(Incomparable::Unmapped));
            places.dedup();
            prop_assert_eq!(places.len() < theme.points.len(), says(Incomparable::SeveralEarlier));
            if followed && !says(Incomparable::SeveralMapToOne) {
                let earlier = |one: &&domain::collate::PointOfTrend| one.consultation_id != consultation(0);
                for point in theme.points.iter().filter(earlier) {
                    let shared = found.themes.iter().filter(|other| other.id != theme.id).flat_map(|other| &other.points);
                    prop_assert!(shared.into_iter().all(|other| other.theme_ids[0] != point.theme_ids[0]), "of it alone");
                }
            }
        }
    }
}

#[test]
fn consultations_stand_in_one_order_so_that_no_circle_can_be_made() {
    let day = |year| Date::from_calendar_date(year, Month::January, 1).ok();
    // By days where both have one and by arrival where one has none, each of these would stand before the next.
    let opened_late = in_time(day(2020), Moment(1));
    let no_day = in_time(None, Moment(2));
    let opened_early = in_time(day(2019), Moment(3));
    assert!(no_day < opened_early && opened_early < opened_late && no_day < opened_late);
    assert!(
        in_time(day(2019), Moment(1)) < in_time(day(2019), Moment(2)),
        "of one day, which was set up first"
    );
}
