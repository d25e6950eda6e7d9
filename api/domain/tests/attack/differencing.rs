//! Two consultations that differ in one voice, and what moves between their releases; and whether the shape of an answer
//! tells what its counts hide.

use crate::{
    attacker::Reader,
    campaign::{counted_groups, released},
    generator::{Dice, World, id, uuid, world},
    truth::truth,
};
use domain::{facts::*, vocabulary::*};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A consultation without carers, and the same with one: at a table that is there, or by one response more.
fn with_and_without(seed: u64) -> Option<(World, World, &'static str)> {
    let dice = &mut Dice::new(seed ^ 0xca7e);
    let mut without = world(seed);
    without.named.clear();
    let carer = RespondentGroup::FamilyCarer;
    without.said.retain(|said| said.respondent_group != carer);
    let gone: BTreeSet<_> = without
        .containers
        .iter()
        .filter(|one| one.respondent_group == carer)
        .map(|one| one.id)
        .collect();
    without.containers.retain(|one| !gone.contains(&one.id));
    without.said.retain(|said| !gone.contains(&said.container));
    for container in &mut without.containers {
        if let Some(table) = &mut container.table {
            table.participants.retain(|(who, _)| *who != carer);
        }
    }
    for meeting in &mut without.register.meetings {
        meeting.attendance.retain(|(_, who, _)| *who != carer);
    }
    let mut with = without.clone();
    let mut one = without.said.get(dice.below(without.said.len()))?.clone();
    one.id = id(8, 1_000_000);
    one.respondent_group = carer;
    one.agree = 0;
    let by_response = without.containers.iter().any(|one| one.table.is_none());
    let how = if by_response && dice.chance(50) {
        let group = without.containers[dice.below(without.containers.len())].group;
        one.container = uuid(7, 1_000_000);
        with.containers.push(ContainerRow {
            id: one.container,
            version: 1,
            channel: Channel::SurveyOnline,
            group,
            own_group: group,
            service: None,
            table: None,
            respondent_group: carer,
            setting: one.setting,
            review: ReviewState::Approved,
            answers: Vec::new(),
        });
        "by a response"
    } else {
        let tables: Vec<_> = without
            .containers
            .iter()
            .filter(|one| one.table.is_some() && one.review != ReviewState::Withdrawn)
            .collect();
        one.container = tables.get(dice.below(tables.len()))?.id;
        "at a table"
    };
    with.said.push(one);
    Some((without, with, how))
}

#[test]
fn one_carer_is_nowhere_to_be_seen() {
    let attacks: u64 = std::env::var("COLLATE_ATTACKS").map_or(500, |count| count.parse().unwrap());
    let (mut pairs, mut compared, mut contained) = (0usize, 0usize, 0usize);
    let mut seen_carers = Vec::new();
    let mut moved: BTreeMap<String, (usize, BTreeSet<u64>, String)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for seed in 0..attacks.min(2_000) {
        let Some((without, with, how)) = with_and_without(seed) else {
            continue;
        };
        pairs += 1;
        let ((facts, one), (facts_with, other)) = (released(&without), released(&with));
        let groups = counted_groups(&facts);
        let (a, b) = (Reader::read(&one, &groups), Reader::read(&other, &groups));
        let (true_a, true_b) = (truth(&facts, &without.cuts), truth(&facts_with, &with.cuts));
        for reader in [&a, &b] {
            for (place, (_, shown)) in &reader.seen {
                let hidden =
                    shown.starts_with("suppressed") || shown.starts_with("withheld") || shown == "exact 0";
                if place.ends_with("/family_carer") && !hidden {
                    seen_carers.push(format!("seed {seed}: {place} is {shown}"));
                }
            }
        }
        let places: BTreeSet<&String> = a.seen.keys().chain(b.seen.keys()).collect();
        for place in places {
            let (Some((figure, before)), Some((after_figure, after))) =
                (a.seen.get(place), b.seen.get(place))
            else {
                // A theme that only the carer raised, a joined column: counted below by the place that is new.
                let kind = if place.ends_with("/all") || a.seen.contains_key(place) {
                    "a row that is joined in one of them only".to_owned()
                } else {
                    "a place that is in one of them only".to_owned()
                };
                let entry = moved.entry(kind).or_default();
                entry.0 += 1;
                entry.1.insert(seed);
                if entry.2.is_empty() {
                    entry.2 = format!("seed {seed}, {how}: {place}");
                }
                continue;
            };
            compared += 1;
            let was = true_a.of(&a.known.names[*figure as usize]);
            let is = true_b.of(&b.known.names[*after_figure as usize]);
            let contains = was.is_none() || was != is;
            contained += usize::from(contains);
            if before == after {
                continue;
            }
            let state = |shown: &str| shown.split(' ').next().unwrap().to_owned();
            let (from, to) = (state(before), state(after));
            if !contains && from == to {
                wrong.push(format!(
                    "seed {seed}: {place} was {before} and is {after}, and nobody was added to it"
                ));
            }
            let kind = format!(
                "{from} to {to}, {}",
                if contains {
                    "with the carer in it"
                } else {
                    "nobody added to it"
                }
            );
            let entry = moved.entry(kind).or_default();
            entry.0 += 1;
            entry.1.insert(seed);
            if entry.2.is_empty() {
                entry.2 =
                    format!("seed {seed}, {how}: {place} was {before} ({was:?}) and is {after} ({is:?})");
            }
        }
    }
    say!("{pairs} pairs, {compared} figures compared, {contained} of them with the carer in them");
    for (kind, (count, seeds, example)) in &moved {
        say!("{count:>7} in {:>4} pairs: {kind}; {example}", seeds.len());
    }
    assert!(
        seen_carers.is_empty(),
        "a single carer is shown: {:#?}",
        &seen_carers[..seen_carers.len().min(5)]
    );
    assert!(wrong.is_empty(), "{:#?}", &wrong[..wrong.len().min(5)]);
}

/// What is left of an answer where every count is taken out of it, and every breakdown.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.contains_key("status") && fields.contains_key("value") => Value::Null,
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| {
                !matches!(
                    name.as_str(),
                    "by" | "stance"
                        | "cells"
                        | "columns"
                        | "merged"
                        | "quotes"
                        | "legend"
                        | "by_respondent_group"
                        | "by_channel"
                )
            })
            .map(|(name, field)| (name.clone(), shape(field)))
            .collect(),
        Value::Array(items) => items.iter().map(shape).collect(),
        other => other.clone(),
    }
}

/// Keys of breakdowns, columns and what was joined.
fn keys(value: &Value, at: String, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let at = format!("{at}/{name}");
                match name.as_str() {
                    "cells"
                    | "stance"
                    | "respondent_group"
                    | "group"
                    | "setting"
                    | "channel"
                    | "by_respondent_group"
                    | "by_channel"
                        if field.is_object() =>
                    {
                        let names: Vec<&String> = field.as_object().unwrap().keys().collect();
                        into.insert(at, format!("{names:?}"));
                    }
                    "columns" if field.is_array() => {
                        let names: Vec<&Value> =
                            field.as_array().unwrap().iter().map(|one| &one["key"]).collect();
                        into.insert(at, format!("{names:?}"));
                    }
                    "merged" | "legend" => {
                        into.insert(at, field.to_string());
                    }
                    _ => keys(field, at, into),
                }
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                keys(item, format!("{at}/{place}"), into);
            }
        }
        _ => {}
    }
}

/// Changes of what nobody may see, that leave all evidence as it is.
const HIDDEN_CHANGES: [&str; 5] = [
    "respondent groups",
    "settings",
    "stances",
    "hands",
    "channels of responses",
];

fn changed(world: &World, what: &str, dice: &mut Dice) -> World {
    let mut other = world.clone();
    for _ in 0..3 {
        if what == "channels of responses" {
            let responses: Vec<usize> = (0..other.containers.len())
                .filter(|at| other.containers[*at].table.is_none())
                .collect();
            if let Some(at) = responses.get(dice.below(responses.len())) {
                other.containers[*at].channel = *dice.one(&Channel::ALL[1..]);
            }
            continue;
        }
        if other.said.is_empty() {
            return other;
        }
        let at = dice.below(other.said.len());
        let one = &mut other.said[at];
        match what {
            "respondent groups" => one.respondent_group = *dice.one(RespondentGroup::ALL),
            "settings" => one.setting = *dice.one(Setting::ALL),
            "stances" => one.stance = *dice.one(Stance::ALL),
            _ => one.agree = dice.below(6) as u32,
        }
    }
    other
}

#[test]
fn order_and_shape_tell_nothing_of_hidden_counts() {
    let attacks: u64 = std::env::var("COLLATE_ATTACKS").map_or(500, |count| count.parse().unwrap());
    let mut violations = Vec::new();
    let mut moved: BTreeMap<(&str, String), (usize, BTreeSet<u64>)> = BTreeMap::new();
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..attacks.min(1_000) {
        let mut world = world(seed);
        world.named.clear();
        let (_, before) = released(&world);
        for what in HIDDEN_CHANGES {
            let other = changed(&world, what, &mut Dice::new(seed ^ 0x0dde));
            let (_, after) = released(&other);
            *compared.entry(what).or_default() += 1;
            if shape(&before) != shape(&after) {
                violations.push(format!("seed {seed}: other {what}"));
            }
            let (mut one, mut two) = (BTreeMap::new(), BTreeMap::new());
            keys(&before, String::new(), &mut one);
            keys(&after, String::new(), &mut two);
            for (place, names) in &one {
                if two.get(place) != Some(names) {
                    let kind = place.rsplit('/').next().unwrap().to_owned();
                    let entry = moved.entry((what, kind)).or_default();
                    entry.0 += 1;
                    entry.1.insert(seed);
                }
            }
        }
    }
    say!("{compared:?} releases with other hidden counts and the same evidence");
    for ((what, kind), (count, seeds)) in &moved {
        say!(
            "other {what}: {count} lists of {kind} differ, in {} of {} consultations, {:?}…",
            seeds.len(),
            compared[what],
            seeds.iter().take(4).collect::<Vec<_>>()
        );
    }
    assert!(
        violations.is_empty(),
        "{} answers of another shape: {:#?}",
        violations.len(),
        &violations[..violations.len().min(5)]
    );
}

/// Who knows how rows are protected must not learn from it what is withheld: were it always the smallest count of a row,
/// every withheld one would be at most as large as what is shown beside it.
#[test]
fn what_is_withheld_is_not_chosen_by_its_size() {
    let (mut rows, mut larger) = (0usize, 0usize);
    for seed in 0..400 {
        let world = world(seed);
        let (facts, json) = released(&world);
        let reader = Reader::read(&json, &counted_groups(&facts));
        let truth = truth(&facts, &world.cuts);
        for (smallest, withheld) in &reader.withheld_beside {
            let known = withheld
                .iter()
                .filter_map(|figure| truth.of(&reader.known.names[*figure as usize]));
            rows += 1;
            larger += usize::from(known.max().is_some_and(|most| most > *smallest));
        }
    }
    say!(
        "{rows} rows show some counts and withhold others; in {larger} a withheld one is larger than the smallest shown"
    );
    assert!(
        rows > 100 && larger * 10 >= rows,
        "what is withheld is at most what is shown"
    );
}
