//! What a release was made of, kept small, so that the next one can be told from it.
//!
//! A new release is refused where too little changed: two that differ by one response could be subtracted from each
//! other. Compared is everything that could move a figure of a contribution or of a show of hands, not how it is labelled.

use crate::{
    collate::Filter,
    facts::{Container, Contribution, Facts},
};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Contributions that must differ from the last release, at the least.
pub const CONTRIBUTIONS_THAT_DIFFER: usize = 10;
/// Discussions or responses to which they must belong, at the least.
pub const CONTAINERS_THAT_DIFFER: usize = 3;

/// Bytes of one entry: what it is, where it was said, and a hash of what is counted.
const ENTRY: usize = 16 + 16 + 8;

/// How far two releases are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Contributions, or shows of hands and choices of one discussion or response, that are new, gone or counted otherwise.
    pub contributions: usize,
    /// Discussions and responses to which they belong.
    pub containers: usize,
}

impl Difference {
    /// Whether nobody can be found by subtracting one release from the other.
    pub const fn is_enough(self) -> bool {
        self.contributions >= CONTRIBUTIONS_THAT_DIFFER && self.containers >= CONTAINERS_THAT_DIFFER
    }
}

/// FNV-1a, 64 bits: it is stored, so it must be the same with every compiler.
struct Hash(u64);

impl Hash {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn number(&mut self, number: i64) {
        self.add(&number.to_le_bytes());
    }
}

/// What a release of these facts is made of: 40 bytes a contribution, in the order of their ids.
pub fn basis(facts: &Facts) -> Vec<u8> {
    let filter = Filter::whole(facts);
    let mut entries: Vec<(Uuid, Uuid, u64)> = Vec::new();
    for container in facts.containers.iter().filter(|container| container.counts()) {
        if !container.answers.is_empty() || container.participants.iter().any(|people| *people > 0) {
            entries.push((container.id, container.id, of_container(facts, container).0));
        }
        for said in &container.contributions {
            entries.push((
                said.id.0,
                container.id,
                of_contribution(facts, &filter, container, said),
            ));
        }
    }
    entries.sort_unstable();
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY);
    for (what, place, hash) in entries {
        bytes.extend(what.as_bytes());
        bytes.extend(place.as_bytes());
        bytes.extend(hash.to_le_bytes());
    }
    bytes
}

fn place_of(facts: &Facts, container: &Container) -> Hash {
    let mut hash = Hash::new();
    hash.add(container.channel.as_str().as_bytes());
    let known = |number: u32| number != crate::facts::NONE;
    if known(container.group) {
        hash.add(facts.groups.id(container.group).0.as_bytes());
    }
    if known(container.round) {
        hash.add(facts.rounds.id(container.round).0.as_bytes());
    }
    if known(container.sitting) {
        hash.number(i64::from(facts.sittings.id(container.sitting).1));
    }
    hash
}

fn of_container(facts: &Facts, container: &Container) -> Hash {
    let mut hash = place_of(facts, container);
    hash.add(container.respondent_group.as_str().as_bytes());
    hash.add(container.setting.as_str().as_bytes());
    for (question, option, people) in &container.answers {
        hash.number(i64::from(*question));
        hash.number(i64::from(*option));
        hash.number(i64::from(*people));
    }
    for people in container.participants {
        hash.number(i64::from(people));
    }
    hash
}

fn of_contribution(facts: &Facts, filter: &Filter, container: &Container, said: &Contribution) -> u64 {
    let mut hash = place_of(facts, container);
    hash.number(i64::from(said.question));
    if said.section != crate::facts::NONE {
        hash.add(facts.sections.id(said.section).as_bytes());
    }
    hash.add(said.respondent_group.as_str().as_bytes());
    hash.add(said.setting.as_str().as_bytes());
    hash.add(said.stance.as_str().as_bytes());
    hash.number(i64::from(said.agree));
    hash.number(i64::from(said.set_aside));
    let mut themes: Vec<_> = filter
        .themes_of(said)
        .iter()
        .map(|theme| facts.themes.id(*theme))
        .collect();
    themes.sort_unstable();
    for theme in themes {
        hash.add(theme.0.as_bytes());
    }
    hash.0
}

fn entries(bytes: &[u8]) -> HashMap<&[u8], &[u8]> {
    bytes
        .chunks_exact(ENTRY)
        .map(|entry| entry.split_at(16))
        .collect()
}

/// How far what a release was made of is from what the next would be made of.
pub fn difference(before: &[u8], after: &[u8]) -> Difference {
    let (before, after) = (entries(before), entries(after));
    let mut places = HashSet::new();
    let mut contributions = 0;
    let either = before
        .iter()
        .chain(after.iter().filter(|(what, _)| !before.contains_key(*what)));
    for (what, entry) in either {
        if before.get(what) != after.get(what) {
            contributions += 1;
            places.insert(entry.get(..16));
        }
    }
    Difference {
        contributions,
        containers: places.len(),
    }
}
