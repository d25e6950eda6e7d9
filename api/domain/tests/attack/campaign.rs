//! Attacks on many consultations, and what came of them.

use crate::{
    attacker::{Hidden, Reader},
    bounds::Rule,
    generator::{World, world},
    truth::{Truth, truth},
};
use domain::{
    disclosure::{release, tabulate},
    facts::Facts,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    time::Instant,
};

/// Values that a suppressed count keeps, as the issue promises.
pub const VALUES: i64 = 3;

/// A count that too little is left of.
#[derive(Clone, Debug)]
pub struct Win {
    /// The attacker's name for it.
    pub name: String,
    pub place: String,
    pub status: &'static str,
    pub bounds: (i64, i64),
    /// As whom: nobody in particular, or a facilitator of this group.
    pub facilitator: Option<String>,
    pub why: String,
    pub kind: &'static str,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub hidden: usize,
    pub relations: usize,
    pub wins: Vec<Win>,
    /// Withheld counts that are certainly small and pinned.
    pub withheld_small: Vec<Win>,
    /// Suppressed counts saved by the holders of an exact total.
    pub saved_by_holders: usize,
    pub counts: BTreeMap<&'static str, usize>,
}

/// Whether an exact total is too small to leave three values, and three cells could hold what it leaves.
fn held_by_others(reader: &Reader, hidden: &Hidden) -> bool {
    let Some((total, cells)) = hidden.row.map(|row| &reader.rows[row]) else {
        return false;
    };
    let of = |figure: u32| reader.known.bounds[figure as usize];
    let (least, most) = of(*total);
    let open = |figure: u32| of(figure).0 == 0 && of(figure).1 > 0;
    let left = most - cells.iter().map(|cell| of(*cell).0).sum::<i64>();
    least == most
        && left < VALUES - 1
        && open(hidden.figure)
        && cells.iter().filter(|cell| open(**cell)).count() >= 3
}

fn look(reader: &Reader, facilitator: Option<&str>, seen: &mut BTreeSet<u32>, outcome: &mut Outcome) {
    for hidden in &reader.hidden {
        if facilitator.is_some() && hidden.group.as_deref() == facilitator {
            continue;
        }
        let (least, most) = reader.known.bounds[hidden.figure as usize];
        if most - least + 1 >= VALUES || (hidden.status == "withheld" && most > reader.rules.threshold) {
            continue;
        }
        // Evidence that the collation shows is only left out of tables.
        if seen.contains(&hidden.figure)
            || (hidden.status == "withheld" && reader.exact.contains(&hidden.figure))
        {
            continue;
        }
        if held_by_others(reader, hidden) {
            outcome.saved_by_holders += 1;
            continue;
        }
        seen.insert(hidden.figure);
        let win = Win {
            name: reader.known.names[hidden.figure as usize].clone(),
            place: hidden.place.clone(),
            status: hidden.status,
            bounds: (least, most),
            facilitator: facilitator.map(ToOwned::to_owned),
            why: reader.known.tell(hidden.figure, 3),
            kind: reader.known.kind_of(hidden.figure),
        };
        if hidden.status == "suppressed" {
            outcome.wins.push(win);
        } else {
            outcome.withheld_small.push(win);
        }
    }
}

/// What a figure is, by its name, where it can be counted.
pub type Happened<'a> = &'a dyn Fn(&str) -> Option<i64>;

/// What is held possible contains what happened: else it is the attacker who is wrong.
pub fn sound(reader: &Reader, happened: Happened, who: &str) {
    if let Some(why) = &reader.known.contradiction {
        panic!("{who}: the attacker contradicts itself: {why}");
    }
    for (name, (least, most)) in reader.known.names.iter().zip(&reader.known.bounds) {
        if let Some(exact) = happened(name) {
            assert!(
                (*least..=*most).contains(&exact),
                "{who}: {name} is {exact}\n{}",
                reader.known.tell(reader.known.named(name).unwrap(), 4)
            );
        }
    }
}

/// Every rule holds of what happened, as far as it can be counted.
pub fn true_of(reader: &Reader, happened: Happened, who: &str) {
    let exact: Vec<Option<i64>> = reader.known.names.iter().map(|name| happened(name)).collect();
    let names = |figures: &[u32]| -> Vec<String> {
        figures
            .iter()
            .map(|at| format!("{} = {:?}", reader.known.names[*at as usize], exact[*at as usize]))
            .collect()
    };
    for (rule, kind) in &reader.known.rules {
        let (holds, figures) = match rule {
            Rule::Sum(terms, most) => {
                let sum: Option<i64> = terms
                    .iter()
                    .map(|(figure, weight)| Some(weight * exact[*figure as usize]?))
                    .sum();
                let figures: Vec<u32> = terms.iter().map(|(figure, _)| *figure).collect();
                (sum.is_none_or(|sum| sum <= *most), figures)
            }
            Rule::Heard(cells, _, not_zero) => {
                let count: Option<Vec<i64>> = cells.iter().map(|cell| exact[*cell as usize]).collect();
                let holds =
                    count.is_none_or(|all| all.iter().filter(|one| **one > 0).count() as i64 == *not_zero);
                (holds, cells.clone())
            }
            Rule::NoMoreKindsThan(cells, count) => {
                let all: Option<Vec<i64>> = cells.iter().map(|cell| exact[*cell as usize]).collect();
                let holds = all
                    .zip(exact[*count as usize])
                    .is_none_or(|(all, count)| all.iter().filter(|one| **one > 0).count() as i64 <= count);
                (holds, cells.iter().copied().chain([*count]).collect())
            }
            Rule::Together(one, other) => {
                let both = exact[*one as usize].zip(exact[*other as usize]);
                (
                    both.is_none_or(|(one, other)| (one > 0) == (other > 0)),
                    vec![*one, *other],
                )
            }
        };
        assert!(holds, "{who}: untrue: {kind}: {rule:?} {:#?}", names(&figures));
    }
}

/// Attacks a release as an outsider and as the facilitator of each group.
pub fn attack(json: &Value, groups: &[String], truth: &Truth, who: &str) -> Outcome {
    attack_as(Reader::read(json, groups), json, groups, truth, who)
}

/// Attacks what a reader made of a release.
pub fn attack_as(mut reader: Reader, json: &Value, groups: &[String], truth: &Truth, who: &str) -> Outcome {
    let happened = |name: &str| truth.of(name);
    tighten(&mut reader, json, &happened, who);
    as_everybody(&reader, groups, &happened, who)
}

/// Draws everything from one release that follows from it.
pub fn tighten(reader: &mut Reader, json: &Value, happened: Happened, who: &str) {
    sound(reader, happened, who);
    true_of(reader, happened, who);
    reader.known.tighten(None);
    for _ in 0..2 {
        sound(reader, happened, who);
        reader.differences(&json["collation"]);
        true_of(reader, happened, who);
        reader.known.tighten(None);
    }
    sound(reader, happened, who);
}

/// What is left of every hidden count, for an outsider and for the facilitator of each group.
pub fn as_everybody(reader: &Reader, groups: &[String], happened: Happened, who: &str) -> Outcome {
    let figures: BTreeSet<u32> = reader.hidden.iter().map(|one| one.figure).collect();
    let mut outcome = Outcome {
        counts: reader.counts.clone(),
        hidden: figures.len(),
        relations: reader.known.rules.len(),
        ..Outcome::default()
    };
    let mut seen = BTreeSet::new();
    look(reader, None, &mut seen, &mut outcome);
    for group in groups {
        let mut own = reader.clone();
        let suffix = format!(":group={group}");
        let mut column = Vec::new();
        for at in 0..own.known.names.len() {
            let name = &own.known.names[at];
            // What the own group said by question and theme, which releases show nowhere, is another column.
            if name.ends_with(&suffix)
                && !name.contains('@')
                && !name.contains("answered")
                && let Some(exact) = happened(name)
            {
                own.known.see(at as u32, exact, exact);
                column.push(at as u32);
            }
        }
        own.known.tighten(Some(&column));
        sound(&own, happened, who);
        look(&own, Some(group), &mut seen, &mut outcome);
    }
    outcome
}

pub fn counted_groups(facts: &Facts) -> Vec<String> {
    facts
        .register()
        .groups
        .iter()
        .filter(|group| group.counted_as == group.id)
        .map(|group| group.id.to_string())
        .collect()
}

pub fn released(world: &World) -> (Facts, Value) {
    let facts = world.facts();
    let json = serde_json::to_value(release(tabulate(&facts, &world.cuts, &world.named), 1)).unwrap();
    (facts, json)
}

struct Campaign {
    policy: String,
    shape: String,
    outcome: Outcome,
    /// Seconds.
    made: f64,
    attacked: f64,
}

fn campaign(seed: u64) -> Campaign {
    let world = world(seed);
    let start = Instant::now();
    let (facts, json) = released(&world);
    let made = start.elapsed().as_secs_f64();
    let groups = counted_groups(&facts);
    let start = Instant::now();
    let outcome = attack(
        &json,
        &groups,
        &truth(&facts, &world.cuts),
        &format!("seed {seed}"),
    );
    Campaign {
        policy: json["collation"]["policy"]["id"].as_str().unwrap().to_owned(),
        shape: world.shape,
        outcome,
        made,
        attacked: start.elapsed().as_secs_f64(),
    }
}

/// The same work for each seed, on every core, in the order of the seeds.
pub fn of_seeds<T: Send>(seeds: Range<u64>, work: impl Fn(u64) -> T + Sync) -> BTreeMap<u64, T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let (seeds, work) = (&seeds, &work);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                scope.spawn(move || -> Vec<(u64, T)> {
                    let own = seeds.clone().filter(|seed| seed % threads == part);
                    own.map(|seed| (seed, work(seed))).collect()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

#[derive(Default)]
struct Sum {
    consultations: usize,
    hidden: usize,
    relations: usize,
    pinned: usize,
    withheld_small: usize,
    saved: usize,
    counts: BTreeMap<&'static str, usize>,
    making: f64,
    attacking: f64,
}

#[test]
fn generated_consultations_withstand_the_attack() {
    let attacks: u64 = std::env::var("COLLATE_ATTACKS").map_or(500, |count| count.parse().unwrap());
    let first: u64 = std::env::var("COLLATE_ATTACK_FIRST").map_or(0, |seed| seed.parse().unwrap());
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut kinds: BTreeMap<(&str, bool, &str), (usize, BTreeSet<u64>, String)> = BTreeMap::new();
    for (seed, campaign) in of_seeds(first..first + attacks, campaign) {
        let Campaign {
            policy,
            shape,
            outcome,
            made,
            attacked,
        } = campaign;
        let sum = sums.entry(format!("{policy} {shape}")).or_default();
        sum.consultations += 1;
        sum.hidden += outcome.hidden;
        sum.relations += outcome.relations;
        sum.pinned += outcome.wins.len();
        sum.withheld_small += outcome.withheld_small.len();
        sum.saved += outcome.saved_by_holders;
        sum.making += made;
        sum.attacking += attacked;
        for (kind, count) in &outcome.counts {
            *sum.counts.entry(kind).or_default() += count;
        }
        for win in outcome.wins.iter().chain(&outcome.withheld_small) {
            let entry = kinds
                .entry((win.status, win.facilitator.is_some(), win.kind))
                .or_default();
            entry.0 += 1;
            entry.1.insert(seed);
            if entry.2.is_empty() || entry.2.len() > win.why.len() + 200 {
                entry.2 = format!(
                    "seed {seed}: {} {:?} as {:?}\n{}",
                    win.place, win.bounds, win.facilitator, win.why
                );
            }
        }
    }
    say!(
        "{:<26} {:>6} {:>8} {:>10} {:>7} {:>9} {:>6} | {:>6} {:>10} {:>8} {:>6} | {:>8} {:>8}",
        "policy and shape",
        "number",
        "hidden",
        "relations",
        "pinned",
        "withheld",
        "saved",
        "shown",
        "suppressed",
        "withheld",
        "joined",
        "ms made",
        "ms att."
    );
    for (name, sum) in &sums {
        let all: usize = sum.counts.values().sum();
        let share =
            |kind: &str| 100.0 * sum.counts.get(kind).copied().unwrap_or(0) as f64 / all.max(1) as f64;
        say!(
            "{name:<26} {:>6} {:>8} {:>10} {:>7} {:>9} {:>6} | {:>5.1}% {:>9.1}% {:>7.1}% {:>5.1}% | {:>8.1} {:>8.1}",
            sum.consultations,
            sum.hidden,
            sum.relations,
            sum.pinned,
            sum.withheld_small,
            sum.saved,
            share("shown") + share("exact"),
            share("suppressed"),
            share("withheld"),
            share("merged"),
            1000.0 * sum.making / sum.consultations as f64,
            1000.0 * sum.attacking / sum.consultations as f64
        );
    }
    for policy in ["mhsds-5", "hes-7"] {
        let own = || {
            sums.iter()
                .filter(|(name, _)| name.starts_with(policy))
                .map(|(_, sum)| sum)
        };
        let of = |kind: &str| -> usize { own().filter_map(|sum| sum.counts.get(kind)).sum() };
        let all: usize = own().flat_map(|sum| sum.counts.values()).sum();
        let share = |count: usize| 100.0 * count as f64 / all.max(1) as f64;
        say!(
            "{policy}: {} consultations, {} hidden counts attacked by {} relations, {} pinned, {} withheld small ones known; \
             {:.1} % shown, {:.1} % suppressed, {:.1} % withheld, {:.1} % rows joined; {:.0} s to make, {:.0} s to attack",
            own().map(|sum| sum.consultations).sum::<usize>(),
            own().map(|sum| sum.hidden).sum::<usize>(),
            own().map(|sum| sum.relations).sum::<usize>(),
            own().map(|sum| sum.pinned).sum::<usize>(),
            own().map(|sum| sum.withheld_small).sum::<usize>(),
            share(of("shown") + of("exact")),
            share(of("suppressed")),
            share(of("withheld")),
            share(of("merged")),
            own().map(|sum| sum.making).sum::<f64>(),
            own().map(|sum| sum.attacking).sum::<f64>()
        );
    }
    // Withheld counts are printed by number alone: the promise is about suppressed ones.
    for ((status, facilitator, kind), (count, seeds, example)) in
        kinds.iter().filter(|((status, ..), _)| *status == "suppressed")
    {
        say!(
            "\n{count} {status}{} by \"{kind}\" in {} consultations, {:?}…\n{example}",
            if *facilitator { ", as a facilitator," } else { "" },
            seeds.len(),
            seeds.iter().take(6).collect::<Vec<_>>()
        );
    }
    let pinned: usize = sums.values().map(|sum| sum.pinned).sum();
    assert_eq!(
        pinned, 0,
        "suppressed counts of which fewer than {VALUES} values remain"
    );
}
