//! Made rows, the same on every machine: a row depends on the seed and its number alone. Integer arithmetic on a
//! SplitMix64 stream only.
//!
//! The order of draws is part of the data set: another order makes other rows, and [`check`] would say so.

use crate::measure::Wrong;
use domain::chance::Chance;
use sha2::{Digest, Sha256};

/// The seed of the published figures.
pub const SEED: u64 = 20_260_101;
/// SHA-256 of the first 10,000 rows as JSON lines.
const PUBLISHED: &str = "065e187f897c20b77e27dfbec475fc23a087a164d7b70b58eef001b53b2373ca";

pub const QUESTIONS: usize = 12;
pub const GROUPS: [&str; 9] = [
    "north-east",
    "north-west",
    "yorkshire",
    "east-midlands",
    "west-midlands",
    "east",
    "london",
    "south-east",
    "south-west",
];
const GROUP_WEIGHTS: [u64; 9] = [6, 13, 10, 9, 11, 11, 14, 16, 10];
/// A role, what it is here, and how often it occurs in a hundred.
const ROLES: [(&str, &str, u64); 5] = [
    ("practitioner", "staff", 38),
    ("manager", "commissioner", 17),
    ("service-user", "service_user", 22),
    ("carer", "family_carer", 12),
    ("partner-organisation", "other", 11),
];
const LEVELS: [(&str, &str, u64); 4] = [
    ("open", "community_forensic", 55),
    ("internal", "low_secure", 30),
    ("restricted", "medium_secure", 11),
    ("confidential", "high_secure", 4),
];
const SENTIMENTS: [(&str, &str, u64); 4] = [
    ("positive", "supports", 31),
    ("neutral", "unclear", 22),
    ("negative", "opposes", 33),
    ("mixed", "mixed", 14),
];
pub const THEMES: [&str; 40] = [
    "access",
    "affordability",
    "appeals",
    "appointments",
    "assessment",
    "buildings",
    "capacity",
    "carers",
    "communication",
    "complaints",
    "consistency",
    "continuity",
    "culture",
    "data-sharing",
    "digital",
    "equality",
    "evaluation",
    "funding",
    "governance",
    "housing",
    "information",
    "innovation",
    "inspection",
    "leadership",
    "localism",
    "mental-health",
    "partnership",
    "pay",
    "prevention",
    "privacy",
    "recruitment",
    "retention",
    "rural",
    "safeguarding",
    "standards",
    "training",
    "transition",
    "transport",
    "waiting-times",
    "workload",
];
const OPENINGS: [&str; 10] = [
    "Several people said",
    "The table agreed",
    "A strong view was",
    "One group felt",
    "Most attendees thought",
    "There was concern",
    "Participants from smaller teams said",
    "Two speakers argued",
    "The room was split but many felt",
    "Newer staff told us",
];
const LINKS: [&str; 8] = [
    "that {t} needs to be sorted out before anything else",
    "that {t} varies far too much between neighbouring areas",
    "that {t} has got better since last year",
    "that the plan says little about {t}",
    "that {t} and {u} should be looked at together",
    "that {t} only works when local leads are given time for it",
    "that {t} is still decided without the people it affects",
    "that the cost of {t} falls on the wrong budget",
];
const TAILS: [&str; 10] = [
    "and they asked for a named contact",
    "and wanted a clear timetable by the spring",
    "though a few disagreed",
    "and gave two examples from last winter",
    "and would like this taken up nationally",
    "but nobody could say who is responsible",
    "and asked that progress be published",
    "and said the wording is hard to follow",
    "so the group suggested a short pilot first",
    "and felt the last review changed nothing",
];

struct Stream(Chance);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0.draw()
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A place by weights that sum to 100.
    fn weighted(&mut self, weights: impl ExactSizeIterator<Item = u64>) -> usize {
        let last = weights.len() - 1;
        let mut left = self.next() % 100;
        for (at, weight) in weights.enumerate() {
            if left < weight {
                return at;
            }
            left -= weight;
        }
        last
    }
}

/// One contribution.
pub struct Row {
    pub id: String,
    pub region: usize,
    /// From 1.
    pub question: usize,
    pub themes: Vec<usize>,
    role: usize,
    level: usize,
    sentiment: usize,
    pub agree: usize,
    pub disagree: usize,
    pub unsure: usize,
    pub text: String,
    pub recorded_at: String,
}

impl Row {
    pub fn new(seed: u64, number: u64) -> Self {
        // Two mixing steps, so that the streams of neighbouring rows never overlap.
        let first = |seed| Chance::new(seed).draw();
        let mut draw = Stream(Chance::new(first(seed ^ first(number + 1))));
        let question = draw.below(QUESTIONS);
        let how_many = 1 + draw.weighted([52, 36, 12].into_iter());
        let mut themes = Vec::with_capacity(how_many);
        while themes.len() < how_many {
            // Two thirds of the picks come from ten themes typical of the question, the rest from all.
            let theme = if draw.below(3) > 0 {
                let (one, other) = (draw.below(10), draw.below(10));
                (question * 7 + one.min(other)) % THEMES.len()
            } else {
                draw.below(THEMES.len())
            };
            if !themes.contains(&theme) {
                themes.push(theme);
            }
        }
        let region = draw.weighted(GROUP_WEIGHTS.into_iter());
        let role = draw.weighted(ROLES.iter().map(|(.., weight)| *weight));
        let level = draw.weighted(LEVELS.iter().map(|(.., weight)| *weight));
        let sentiment = draw.weighted(SENTIMENTS.iter().map(|(.., weight)| *weight));
        let size = 4 + draw.below(17);
        let agree = draw.below(size + 1);
        let disagree = draw.below(size - agree + 1);
        let t = THEMES[themes[0]].replace('-', " ");
        let u = THEMES[draw.below(THEMES.len())].replace('-', " ");
        let (opening, link, tail) = (draw.below(10), draw.below(8), draw.below(10));
        let linked = |link: usize, t: &str, u: &str| LINKS[link].replace("{t}", t).replace("{u}", u);
        let mut text = format!("{} {}, {}.", OPENINGS[opening], linked(link, &t, &u), TAILS[tail]);
        if draw.below(2) > 0 {
            let (opening, link) = (draw.below(10), draw.below(8));
            text += &format!(" {} {}.", OPENINGS[opening], linked(link, &u, &t));
        }
        let (mut day, minute) = (draw.below(120), draw.below(600));
        let (a, b) = (draw.next(), draw.next());
        let id = format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 50),
            b & 0xffff_ffff_ffff,
        );
        let mut month = 1;
        for days in [31, 28, 31] {
            if day < days {
                break;
            }
            day -= days;
            month += 1;
        }
        let recorded_at = format!(
            "2026-{month:02}-{:02}T{:02}:{:02}:00Z",
            day + 1,
            9 + minute / 60,
            minute % 60
        );
        Self {
            id,
            region,
            question: question + 1,
            themes,
            role,
            level,
            sentiment,
            agree,
            disagree,
            unsure: size - agree - disagree,
            text,
            recorded_at,
        }
    }

    pub fn respondent_group(&self) -> &'static str {
        ROLES[self.role].1
    }

    pub fn setting(&self) -> &'static str {
        LEVELS[self.level].1
    }

    pub fn stance(&self) -> &'static str {
        SENTIMENTS[self.sentiment].1
    }

    fn json_line(&self) -> String {
        let themes: Vec<_> = self
            .themes
            .iter()
            .map(|theme| format!("\"{}\"", THEMES[*theme]))
            .collect();
        format!(
            "{{\"id\":\"{}\",\"region\":\"{}\",\"question\":\"q{:02}\",\"themes\":[{}],\"role\":\"{}\",\"security\":\"{}\",\
             \"sentiment\":\"{}\",\"agree\":{},\"disagree\":{},\"unsure\":{},\"text\":\"{}\",\"recorded_at\":\"{}\"}}\n",
            self.id,
            GROUPS[self.region],
            self.question,
            themes.join(","),
            ROLES[self.role].0,
            LEVELS[self.level].0,
            SENTIMENTS[self.sentiment].0,
            self.agree,
            self.disagree,
            self.unsure,
            self.text,
            self.recorded_at,
        )
    }
}

/// Whether these are the published rows, to the byte.
pub fn check() -> Result<(), Wrong> {
    let mut digest = Sha256::new();
    (0..10_000).for_each(|number| digest.update(Row::new(SEED, number).json_line()));
    let ours: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if ours == PUBLISHED {
        Ok(())
    } else {
        Err(format!("the rows are others than published: {ours}").into())
    }
}
