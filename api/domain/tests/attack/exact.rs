//! Whether tightening misses what linear programmes find: around hidden counts of small releases, the rules near them are
//! solved exactly.

use crate::{
    attacker::Reader,
    bounds::{Known, programme},
    campaign::{VALUES, counted_groups, released},
    generator::world,
    golden::linear,
};
use std::collections::{BTreeMap, BTreeSet};

/// So many open figures a programme has at most.
const FIGURES: usize = 60;

/// The figures nearest to one, by rules, and the rules that speak of no others.
fn near(
    known: &Known,
    rules: &[(Vec<(u32, i64)>, i64)],
    of: &[Vec<usize>],
    figure: u32,
) -> (Vec<u32>, Vec<usize>) {
    let open = |at: u32| known.bounds[at as usize].0 < known.bounds[at as usize].1;
    let mut inside: BTreeSet<u32> = [figure].into();
    let mut ring = vec![figure];
    while !ring.is_empty() && inside.len() < FIGURES {
        let mut next = Vec::new();
        for at in &ring {
            for rule in &of[*at as usize] {
                let more: Vec<u32> = rules[*rule]
                    .0
                    .iter()
                    .map(|(other, _)| *other)
                    .filter(|other| open(*other) && !inside.contains(other))
                    .collect();
                if more.len() <= 8 && inside.len() + more.len() <= FIGURES {
                    next.extend(&more);
                    inside.extend(more);
                }
            }
        }
        ring = next;
    }
    let numbers: BTreeSet<usize> = inside
        .iter()
        .flat_map(|at| of[*at as usize].iter().copied())
        .collect();
    let numbers = numbers
        .into_iter()
        .filter(|number| {
            rules[*number]
                .0
                .iter()
                .all(|(other, _)| !open(*other) || inside.contains(other))
        })
        .collect();
    (inside.into_iter().collect(), numbers)
}

#[test]
fn linear_programmes_find_no_more_than_tightening() {
    let (mut solved, mut sharper, mut pinned) = (0, 0, Vec::new());
    for seed in 0..150 {
        let world = world(seed);
        if world.containers.len() > 25 {
            continue;
        }
        let (facts, json) = released(&world);
        let mut reader = Reader::read(&json, &counted_groups(&facts));
        reader.known.tighten(None);
        reader.differences(&json["collation"]);
        reader.known.tighten(None);
        let known = &reader.known;
        let rules = linear(known);
        let mut of: Vec<Vec<usize>> = vec![Vec::new(); known.names.len()];
        for (number, (terms, _)) in rules.iter().enumerate() {
            for (figure, _) in terms {
                of[*figure as usize].push(number);
            }
        }
        let mut seen = BTreeSet::new();
        let hidden = reader
            .hidden
            .iter()
            .filter(|one| one.status == "suppressed" && seen.insert(one.figure));
        for one in hidden.step_by(3).take(30) {
            let (least, most) = known.bounds[one.figure as usize];
            if most - least + 1 < VALUES {
                continue;
            }
            let (figures, numbers) = near(known, &rules, &of, one.figure);
            let place: BTreeMap<u32, u32> = figures
                .iter()
                .enumerate()
                .map(|(at, figure)| (*figure, at as u32))
                .collect();
            let bounds: Vec<(i64, i64)> = figures.iter().map(|at| known.bounds[*at as usize]).collect();
            // Figures that are known go to the other side.
            let mut distinct = BTreeSet::new();
            let local: Vec<_> = numbers
                .iter()
                .map(|number| {
                    let (terms, most) = &rules[*number];
                    let mut right = *most;
                    let mut left = Vec::new();
                    for (figure, weight) in terms {
                        match place.get(figure) {
                            Some(at) => left.push((*at, *weight)),
                            None => right -= weight * known.bounds[*figure as usize].0,
                        }
                    }
                    (left, right)
                })
                .filter(|rule| distinct.insert(rule.clone()))
                .collect();
            let (from, to) = programme(&bounds, &local, &[place[&one.figure]])[0];
            solved += 1;
            let (from, to) = ((from - 1e-6).ceil() as i64, (to + 1e-6).floor() as i64);
            sharper += usize::from((from, to) != (least, most.min(to.max(most))));
            if to - from + 1 < VALUES {
                pinned.push(format!(
                    "seed {seed}: {} in {from}..{to}, by tightening in {least}..{most}",
                    one.place
                ));
            }
        }
    }
    say!(
        "{solved} programmes, {sharper} sharper than tightening, {} pin a count",
        pinned.len()
    );
    pinned.iter().take(10).for_each(|one| say!("  {one}"));
    assert!(solved > 100);
    assert!(pinned.is_empty());
}
