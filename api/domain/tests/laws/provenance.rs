//! What is kept of what stood behind a release counts exactly what its figures counted.

use super::{
    AXES, DIMENSIONS, UNITS, everything,
    world::{NUMBERS, World, id, world},
};
use domain::{
    collate::{Axis, Dimension, Filter, FilterValues, Scope, Unit, collate, cross_tab},
    disclosure::{Cut, Provenance, StoodBehind, StoodIn, provenance},
    report::{Figure, Tabulated, report_tables},
};
use proptest::{prelude::*, sample::select};
use std::collections::BTreeSet;

/// Every table of a report, before anything in it is hidden, with cross-tabs of every axis by these columns in this unit.
fn tabulated(world: &World, columns: Dimension, unit: Unit) -> Tabulated {
    let facts = world.facts();
    let table = |rows: Axis, unit: Unit, question: Option<i32>| {
        let asked = FilterValues {
            question: question.map(|number| vec![number.to_string()]),
            ..everything()
        };
        let filter = Filter::new(&facts, &Scope::Whole, &asked).unwrap();
        let cut = Cut {
            rows,
            columns,
            unit: Some(unit),
            question,
        };
        (
            cut,
            cross_tab(&facts, &Scope::Whole, &filter, rows, columns, unit),
        )
    };
    let mut cuts: Vec<_> = AXES.into_iter().map(|rows| table(rows, unit, None)).collect();
    let closed = &NUMBERS[1..4];
    cuts.extend(
        closed
            .iter()
            .map(|number| table(Axis::Answer, Unit::People, Some(*number))),
    );
    report_tables(
        id(90, 0),
        &collate(&facts, &Scope::Whole, &Filter::whole(&facts)),
        &cuts,
    )
}

fn distinct<K: Ord>(of: &StoodBehind<'_>, key: impl Fn(&StoodIn) -> Option<K>) -> u64 {
    let containers = of.discussions.iter().chain(&of.responses);
    containers
        .filter_map(|container| key(container))
        .collect::<BTreeSet<_>>()
        .len() as u64
}

/// How many of a unit stand behind a figure; nothing of units that are no count of what is kept.
fn counted(stood: &StoodBehind<'_>, unit: &str) -> Option<u64> {
    match unit {
        "contributions" => Some(stood.contributions.len() as u64),
        "discussions" => Some(stood.discussions.len() as u64),
        "responses" => Some(stood.responses.len() as u64),
        "groups" => Some(distinct(stood, |container| container.group)),
        "meetings" => Some(distinct(stood, |container| container.meeting)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_stands_behind_a_figure_is_as_many_as_it_says(
        world in world(), columns in select(&DIMENSIONS[..]), unit in select(&UNITS[..]),
    ) {
        let made = tabulated(&world, columns, unit);
        let kept = Provenance::read(&provenance(&world.facts())).unwrap();
        let mut looked_at = 0;
        for table in &made.tables {
            for row in &table.rows {
                for (column, cell) in table.columns.iter().zip(&row.cells) {
                    let Some(cell) = cell else { continue };
                    let Some(Figure::Count(value)) = cell.value else { continue };
                    let stood = kept.behind(&made.behind[&cell.id]);
                    let own_unit = column.unit.as_deref().unwrap_or(&table.unit);
                    let is = match (table.name.as_str(), row.key.as_str()) {
                        ("heard", _) if column.key == "expected" => {
                            prop_assert_eq!(stood.discussions.len() + stood.responses.len() + stood.contributions.len(), 0);
                            None
                        }
                        ("heard", row) => counted(&stood, row),
                        ("participants", _) => {
                            prop_assert_eq!(stood.discussions.is_empty(), value == 0, "{}", cell.id);
                            None
                        }
                        // People are told by a headcount, and groups of a consensus by the register.
                        ("attendance" | "consensus", _) => None,
                        ("answers", _) => stood.people,
                        _ if own_unit == "people" && table.unit == "people" => stood.people,
                        _ => counted(&stood, own_unit),
                    };
                    if let Some(is) = is {
                        looked_at += 1;
                        prop_assert_eq!(is, value, "{} is of {:?}", &cell.id, &made.behind[&cell.id]);
                    }
                }
            }
        }
        prop_assert!(looked_at > 0);
    }

    /// What is said or coded after a release, or taken back, is not in what was kept of it: it is read from itself alone.
    #[test]
    fn what_was_taken_back_before_stands_behind_nothing(world in world()) {
        let left = world.without_what_was_taken_back();
        let of = |world: &World| {
            let kept = Provenance::read(&provenance(&world.facts())).unwrap();
            let all = kept.behind(&Default::default());
            all.contributions.iter().map(|(container, said)| (container.id, said.id, kept.themes_of(said))).collect::<Vec<_>>()
        };
        prop_assert_eq!(of(&world), of(&left));
    }
}
