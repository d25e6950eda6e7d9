//! Two releases of one consultation, put together: the first of a part of its tables and responses, the next of all.
//!
//! Between releases nobody outside knows what changed: what was there may have been corrected, coded anew or taken back.
//! With that, no figure of the one says anything of the other, but for a facilitator's own column, and each withstands the
//! attack by itself. That is the promise, and asserted.
//!
//! Beside it runs a harder attacker, who takes it for certain that nothing was changed or taken back, and only whole tables and
//! responses were added. What grew is then a consultation of its own, whose figures are differences of those released. What
//! that one pins is printed. It is no promise: nothing released says that the assumption holds.

use crate::{
    attacker::{FIRST, NEXT, Reader},
    bounds::{FAR, Known, Rule},
    campaign::{
        Outcome, Win, as_everybody, attack, counted_groups, of_seeds, released, sound, tighten, true_of,
    },
    generator::{Dice, World, world},
    truth::{Truth, truth},
};
use domain::disclosure::{basis, difference};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Before the names of what grew.
const GROWN: &str = "grown|";

/// The consultation of a seed when a part of its tables and responses had come in, and when all had.
fn part_and_whole(seed: u64) -> (World, World) {
    let dice = &mut Dice::new(seed ^ 0x2e1e);
    let whole = world(seed);
    let mut part = whole.clone();
    let share = dice.between(20, 90);
    part.containers.retain(|_| dice.chance(share));
    let kept: BTreeSet<_> = part.containers.iter().map(|one| one.id).collect();
    part.said.retain(|said| kept.contains(&said.container));
    part.named
        .retain(|id| part.said.iter().any(|said| said.id == *id));
    (part, whole)
}

/// What a figure of both releases, or its growth, is.
fn happened(first: &Truth, next: &Truth, name: &str) -> Option<i64> {
    if let Some(name) = name.strip_prefix(FIRST) {
        first.of(name)
    } else if let Some(name) = name.strip_prefix(NEXT) {
        next.of(name)
    } else {
        let name = name.strip_prefix(GROWN)?;
        // A theme that was not raised yet, at all or on a question, is not counted yet.
        let before = first.of(name).or_else(|| name.contains("theme=").then_some(0))?;
        Some(next.of(name)? - before)
    }
}

/// Whether a figure of some tables and responses and that of others add up to that of all. People at least do not: of
/// a group they are the largest sitting.
fn adds_up(name: &str) -> bool {
    !name.starts_with("people:theme=")
}

/// Ties two releases together by the assumption that tables and responses were added, and nothing else happened.
fn assume_only_added(both: &mut Known, first: &Value, next: &Value) {
    let names: Vec<(u32, String)> = both
        .names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| Some((at as u32, name.strip_prefix(NEXT)?.to_owned())))
        .collect();
    let mut growth: BTreeMap<u32, u32> = BTreeMap::new();
    for (after, name) in &names {
        let before = both.named(&format!("{FIRST}{name}"));
        if !adds_up(name) {
            if let Some(before) = before {
                both.at_most("people only grow", &[before], &[*after], 0);
            }
            continue;
        }
        let grown = both.figure(&format!("{GROWN}{name}"));
        growth.insert(*after, grown);
        match before {
            Some(before) => both.equal("what grew is the difference", &[before, grown], &[*after]),
            // Themes that occur are listed.
            None if name.contains("theme=") => both.equal("what was not there grew", &[grown], &[*after]),
            None => {}
        }
    }
    // What is true of any tables and responses is true of those that were added; how many groups were heard is not.
    for (rule, kind) in both.rules.clone() {
        let of_any = match rule {
            Rule::Sum(_, slack) => slack == 0,
            Rule::Together(..) => kind != "as many groups as the parent has",
            Rule::NoMoreKindsThan(..) => true,
            Rule::Heard(..) => false,
        };
        if let Some(rule) = rule
            .of_others(|figure| growth.get(&figure).copied())
            .filter(|_| of_any)
        {
            both.add(kind, rule);
        }
    }
    // Tables are evidence: how many more raised a theme is known.
    for (_, name) in &names {
        let Some(of) = name.strip_prefix("said_at_tables:") else {
            continue;
        };
        let [said, tables, responses, contributions] =
            ["said_at_tables", "discussions", "responses", "contributions"]
                .map(|unit| both.figure(&format!("{GROWN}{unit}:{of}")));
        both.add("more tables, so more said there", Rule::Together(said, tables));
        both.at_most(
            "each table that was added has a contribution on it",
            &[tables],
            &[said],
            0,
        );
        both.at_most(
            "each table and response that was added has a contribution on it",
            &[tables, responses],
            &[contributions],
            0,
        );
    }
    let tables_on = |release: &Value, number: &Value| -> i64 {
        let questions = release["collation"]["questions"].as_array().unwrap();
        let own = questions.iter().find(|one| one["number"] == *number);
        own.map_or(0, |one| one["discussions"].as_i64().unwrap())
    };
    for question in next["collation"]["questions"].as_array().unwrap() {
        let number = &question["number"];
        let key = if number.is_null() {
            "none".to_owned()
        } else {
            number.to_string()
        };
        let name = format!("{GROWN}contributions:question={key}:channel=meeting_discussion");
        if let Some(said) = both.named(&name).filter(|_| question["tally"].is_null()) {
            let more = tables_on(next, number) - tables_on(first, number);
            both.see(said, more, if more == 0 { 0 } else { FAR });
        }
    }
}

struct Pair {
    /// Suppressed counts of both releases.
    suppressed: usize,
    /// Of each release by itself.
    alone: [Outcome; 2],
    /// Of both by the harder attacker.
    harder: Outcome,
    /// How each place is shown, in the first and in the next.
    shown: [BTreeMap<String, String>; 2],
}

/// How each place of a release is shown: exact, shown (rounded), suppressed or withheld.
fn shown(reader: &Reader) -> BTreeMap<String, String> {
    let word = |how: &str| how.split(' ').next().unwrap().to_owned();
    let seen = reader.seen.iter();
    seen.map(|(place, (_, how))| (place.clone(), word(how))).collect()
}

impl Pair {
    /// What was pinned: of which release, counting what, and how the same place is shown in the other.
    fn reason(&self, win: &Win) -> String {
        let (release, name) = win.name.split_once('|').unwrap();
        let (_, place) = win.place.split_once('|').unwrap();
        let other = usize::from(release == "first");
        format!(
            "{} in the {release} release, {} in the other",
            name.split(':').next().unwrap(),
            self.shown[other].get(place).map_or("not there", String::as_str)
        )
    }
}

/// Two releases of the consultation of a seed, where the second may be made.
fn pair(seed: u64) -> Option<Pair> {
    let (part, whole) = part_and_whole(seed);
    let ((facts, first), (facts_next, next)) = (released(&part), released(&whole));
    if !difference(&basis(&facts), &basis(&facts_next)).is_enough() {
        return None;
    }
    let groups = counted_groups(&facts_next);
    let (true_first, true_next) = (truth(&facts, &part.cuts), truth(&facts_next, &whole.cuts));
    let who = |what: &str| format!("seed {seed}, {what}");
    let alone = [
        attack(&first, &groups, &true_first, &who("first release")),
        attack(&next, &groups, &true_next, &who("next release")),
    ];

    let mut one = Reader::read_beside(&first, &next, &groups);
    tighten(
        &mut one,
        &first,
        &|name| true_first.of(name),
        &who("first beside next"),
    );
    let mut other = Reader::read_beside(&next, &first, &groups);
    tighten(
        &mut other,
        &next,
        &|name| true_next.of(name),
        &who("next beside first"),
    );
    let shown = [shown(&one), shown(&other)];
    let mut both = one.with_next(other);
    assume_only_added(&mut both.known, &first, &next);
    let happened = |name: &str| happened(&true_first, &true_next, name);
    sound(&both, &happened, &who("both"));
    true_of(&both, &happened, &who("both"));
    both.known.tighten(None);
    sound(&both, &happened, &who("both"));
    let suppressed: BTreeSet<u32> = both
        .hidden
        .iter()
        .filter(|hidden| hidden.status == "suppressed")
        .map(|hidden| hidden.figure)
        .collect();
    Some(Pair {
        suppressed: suppressed.len(),
        alone,
        harder: as_everybody(&both, &groups, &happened, &who("both")),
        shown,
    })
}

#[test]
fn two_releases_withstand_the_attack() {
    let attacks: u64 = std::env::var("COLLATE_ATTACKS").map_or(500, |count| count.parse().unwrap());
    let first: u64 = std::env::var("COLLATE_ATTACK_FIRST").map_or(0, |seed| seed.parse().unwrap());
    let (mut pairs, mut suppressed, mut relations, mut saved) = (0usize, 0usize, 0usize, 0usize);
    let mut pinned = Vec::new();
    let mut harder: BTreeMap<(bool, String), (usize, BTreeSet<u64>, String)> = BTreeMap::new();
    let (mut hard, mut hard_pairs) = (0usize, 0usize);
    for (seed, pair) in of_seeds(first..first + attacks.div_ceil(5), pair) {
        let Some(pair) = pair else { continue };
        pairs += 1;
        suppressed += pair.suppressed;
        relations += pair.harder.relations;
        saved += pair.harder.saved_by_holders;
        let told = |win: &Win| {
            format!(
                "seed {seed}: {} {:?} as {:?}\n{}",
                win.place, win.bounds, win.facilitator, win.why
            )
        };
        pinned.extend(pair.alone.iter().flat_map(|outcome| &outcome.wins).map(told));
        hard += pair.harder.wins.len();
        hard_pairs += usize::from(!pair.harder.wins.is_empty());
        for win in &pair.harder.wins {
            let entry = harder
                .entry((win.facilitator.is_some(), pair.reason(win)))
                .or_default();
            entry.0 += 1;
            entry.1.insert(seed);
            let how = told(win);
            if entry.2.is_empty() || entry.2.len() > how.len() + 200 {
                entry.2 = how;
            }
        }
    }
    say!(
        "{pairs} pairs of releases, {suppressed} suppressed counts in them, {} pinned by who knows nothing of what changed; \
         {hard} in {hard_pairs} pairs, by {relations} relations, by who takes it for certain that tables and responses were \
         only added, {saved} saved by holders",
        pinned.len(),
    );
    let mut kinds: Vec<_> = harder.iter().collect();
    kinds.sort_by_key(|(_, (count, ..))| std::cmp::Reverse(*count));
    for ((facilitator, reason), (count, seeds, how)) in kinds {
        say!(
            "{count:>5} {}: {reason}, in {} pairs, {:?}…",
            if *facilitator {
                "as a facilitator"
            } else {
                "as an outsider"
            },
            seeds.len(),
            seeds.iter().take(4).collect::<Vec<_>>()
        );
        // How, for who looks at some of them.
        if first > 0 {
            say!("{how}");
        }
    }
    assert!(pinned.is_empty(), "{} pinned: {}", pinned.len(), pinned[0]);
}
