//! What a release is made of: exact tables, and the columns in which they are shown.

use super::{Cut, CutTable, Key, PARTS, Tables, always_released};
use crate::{
    collate::{
        Axis, CrossTab, Dimension, Filter, FilterValues, Quote, Scope, Unit, collate, coverage, cross_tab,
    },
    disclosure::{Exact, Policy},
    facts::{Facts, GroupFact},
    id::{ContributionId, ThemeId},
    vocabulary::{Channel, QuestionKind, RespondentGroup, Setting},
};
use std::collections::BTreeSet;

/// Counts everything that a release of `cuts` is made of, beside those that every release holds. `named` are quotes that a
/// lead released by name.
pub fn tabulate(facts: &Facts, cuts: &[Cut], named: &BTreeSet<ContributionId>) -> Exact<Tables> {
    let register = facts.register();
    let policy = Policy::of(
        register
            .consultation
            .as_ref()
            .map_or(crate::vocabulary::PolicyId::Mhsds5, |one| one.policy),
    );
    let filtered = |values: FilterValues| {
        Filter::new(facts, &Scope::Whole, &values).unwrap_or_else(|_| Filter::whole(facts))
    };
    let whole = Filter::whole(facts);
    let collation = collate(facts, &Scope::Whole, &whole);

    let by = cross_tab(
        facts,
        &Scope::Whole,
        &whole,
        Axis::Question,
        Dimension::RespondentGroup,
        Unit::Contributions,
    );
    let frequent = |key: &str| {
        let cells = by.rows.iter().filter_map(|row| row.cells.get(key)?.value);
        cells.sum::<u64>() > policy.threshold
    };
    let rare: Vec<RespondentGroup> = RespondentGroup::ALL
        .iter()
        .copied()
        .filter(|word| !frequent(&word.to_string()))
        .collect();
    let without_the_rare = facts.without(&rare);
    let steady = without_the_rare.as_ref().unwrap_or(facts);

    let mut wanted = always_released();
    wanted.extend(
        register
            .questions
            .iter()
            .filter(|one| one.kind != QuestionKind::Open)
            .map(|one| Cut {
                rows: Axis::Answer,
                columns: Dimension::Group,
                unit: Some(Unit::People),
                question: Some(one.number),
            }),
    );
    wanted.extend(cuts.iter().map(|cut| cut.plain()).filter(Cut::can_be_released));
    let mut seen = BTreeSet::new();
    wanted.retain(|cut| seen.insert(*cut));

    let mixes = collation.heard.responses.all.value != Some(0);
    let table_of = |facts: &Facts, cut: &Cut, unit: Unit| {
        let values = FilterValues {
            question: cut.question.map(|number| vec![number.to_string()]),
            ..FilterValues::default()
        };
        let filter = filtered(values);
        cross_tab(facts, &Scope::Whole, &filter, cut.rows, cut.columns, unit)
    };
    let (mut of_all, mut of_steady) = (Vec::new(), Vec::new());
    for cut in wanted {
        let unit = cut.unit.unwrap_or(Unit::Contributions);
        // What is counted in other units is laid out as the contributions are.
        let layout = match unit {
            Unit::People => unit,
            _ => Unit::Contributions,
        };
        let laid_out = table_of(steady, &cut, layout);
        let all = CutTable {
            cut,
            columns: columns_of(facts, cut.columns, unit, &policy, mixes, &laid_out),
            keys: keys_of(facts, cut.columns, mixes),
            table: match &without_the_rare {
                None if unit == layout => laid_out.clone(),
                _ => table_of(facts, &cut, unit),
            },
        };
        if without_the_rare.is_some() {
            of_steady.push(CutTable {
                table: match unit == layout {
                    true => laid_out,
                    false => table_of(steady, &cut, unit),
                },
                ..all.clone()
            });
        }
        of_all.push(all);
    }
    let tables = Tables {
        policy,
        coverage: coverage(facts, &Scope::Whole),
        cuts: of_all,
        named: named_quotes(facts, &whole, named),
        kinds: register
            .questions
            .iter()
            .map(|one| (one.number, one.kind))
            .collect(),
        channels: channels(facts),
        collation,
        steady: None,
    };
    let steady = without_the_rare.as_ref().map(|steady| {
        Box::new(Tables {
            cuts: of_steady,
            collation: collate(steady, &Scope::Whole, &whole),
            ..tables.clone()
        })
    });
    Exact(Tables { steady, ..tables })
}

fn named_quotes(facts: &Facts, filter: &Filter, named: &BTreeSet<ContributionId>) -> Vec<(ThemeId, Quote)> {
    let mut quotes = Vec::new();
    let counted = facts.containers.iter().filter(|container| container.counts());
    for said in counted.flat_map(|container| &container.contributions) {
        if said.quotable && named.contains(&said.id) {
            for theme in filter.themes_of(said) {
                let quote = Quote {
                    contribution: said.id,
                    version: said.version,
                    text: String::new(),
                    respondent_group: said.respondent_group,
                };
                quotes.push((facts.themes.id(theme), quote));
            }
        }
    }
    quotes
}

/// The channels that a consultation takes, and any other that occurs.
fn channels(facts: &Facts) -> Vec<Channel> {
    let taken = facts
        .register()
        .consultation
        .as_ref()
        .map(|one| one.channels.as_slice());
    let occurs = |channel: &Channel| {
        let mut counted = facts.containers.iter().filter(|container| container.counts());
        counted.any(|container| container.channel == *channel)
    };
    let all = Channel::ALL.iter().copied();
    all.filter(|channel| taken.is_none_or(|taken| taken.contains(channel)) || occurs(channel))
        .collect()
}

/// Every key of a dimension that could occur, whether it does or not: which keys are shown tells nothing. Groups and rounds
/// are those that evidence names, by a discussion held there: how many groups were heard is no secret, and beside columns
/// of groups that were not, it would say that their hidden counts are zero. All other groups share one column.
fn keys_of(facts: &Facts, dimension: Dimension, mixes: bool) -> Vec<Key> {
    let register = facts.register();
    let discussions = || {
        facts
            .containers
            .iter()
            .filter(|container| container.counts() && container.is_discussion())
    };
    let met = discussions().next().is_some();
    let one = |key: String, label: &str| Key {
        members: vec![key.clone()],
        key,
        label: label.to_owned(),
    };
    let words =
        |all: Vec<(String, &'static str)>| all.into_iter().map(|(key, label)| one(key, label)).collect();
    let mut keys: Vec<Key> = match dimension {
        Dimension::RespondentGroup => words(
            RespondentGroup::ALL
                .iter()
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Setting => words(
            Setting::ALL
                .iter()
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Channel => words(
            channels(facts)
                .iter()
                .filter(|word| mixes || **word == Channel::MeetingDiscussion)
                .filter(|word| met || **word != Channel::MeetingDiscussion)
                .map(|word| (word.to_string(), word.label()))
                .collect(),
        ),
        Dimension::Group => {
            let expected = register
                .consultation
                .as_ref()
                .map(|one| one.expected_groups.as_slice())
                .unwrap_or_default();
            let own = |group: &&GroupFact| match facts.groups.get(&group.id) {
                Some(at) if met => discussions().any(|container| container.group == at),
                _ => !met && (expected.is_empty() || expected.contains(&group.id)),
            };
            let counted = || {
                register
                    .groups
                    .iter()
                    .filter(|group| group.counted_as == group.id)
            };
            let mut keys: Vec<Key> = counted()
                .filter(own)
                .map(|group| one(group.id.to_string(), &group.name))
                .collect();
            if mixes {
                let others = counted()
                    .filter(|group| !own(group))
                    .map(|group| group.id.to_string());
                let members: Vec<String> = others.chain(["not_recorded".to_owned()]).collect();
                keys.push(match members.len() {
                    1 => one("not_recorded".into(), "Not recorded"),
                    _ => Key {
                        key: "other_groups".into(),
                        label: "Other groups, or none recorded".into(),
                        members,
                    },
                });
            }
            keys
        }
        Dimension::Round => register
            .rounds
            .iter()
            .filter(|round| {
                let at = facts.rounds.get(&round.id);
                at.is_some_and(|at| discussions().any(|container| container.round == at))
            })
            .map(|round| one(round.id.to_string(), &round.title))
            .collect(),
    };
    if mixes && dimension == Dimension::Round {
        keys.push(one("not_recorded".into(), "Not recorded"));
    }
    keys
}

/// The finest columns in which anything can be shown: each key by itself, else keys joined, else one.
fn columns_of(
    facts: &Facts,
    dimension: Dimension,
    unit: Unit,
    policy: &Policy,
    mixes: bool,
    steady: &CrossTab,
) -> Vec<Key> {
    let keys = keys_of(facts, dimension, mixes);
    let shows = |columns: &[Key]| {
        steady.rows.iter().any(|row| {
            columns.iter().any(|column| {
                let cells = column.members.iter().filter_map(|key| row.cells.get(key)?.value);
                cells.sum::<u64>() > policy.threshold
            })
        })
    };
    let mut ladder = vec![keys.clone()];
    let joined = |parts: &[(&str, &str, &[&str])]| -> Vec<Key> {
        let parts = parts.iter().map(|(key, label, members)| Key {
            key: (*key).to_owned(),
            label: (*label).to_owned(),
            members: members.iter().map(|member| (*member).to_owned()).collect(),
        });
        parts.collect()
    };
    match dimension {
        Dimension::RespondentGroup => ladder.push(joined(&[
            ("service_user", "People in services", &["service_user"]),
            (
                "everyone_else",
                "Everyone else",
                &[
                    "family_carer",
                    "staff",
                    "commissioner",
                    "other",
                    "mixed",
                    "not_recorded",
                ],
            ),
        ])),
        Dimension::Setting => ladder.push(joined(&[
            (
                "in_hospital",
                "In hospital",
                &["high_secure", "medium_secure", "low_secure"],
            ),
            (
                "elsewhere",
                "In the community, mixed or not recorded",
                &["community_forensic", "mixed", "not_recorded"],
            ),
        ])),
        Dimension::Channel if mixes => ladder.push(joined(&[
            (
                "meeting_discussion",
                "Discussions at meetings",
                &["meeting_discussion"],
            ),
            (
                "responses",
                "Responses",
                &["champion", "survey_online", "survey_paper", "written"],
            ),
        ])),
        Dimension::Group | Dimension::Round => {
            let own = |key: &&Key| key.members.len() == 1 && key.key != "not_recorded";
            let known = keys.iter().filter(own).count();
            // One step only: parts of two sizes would overlap, and neither could be added up from the other.
            if known >= PARTS * 2 {
                ladder.push(in_parts(&keys, known));
            }
        }
        Dimension::Channel => {}
    }
    let finest = ladder
        .into_iter()
        .find(|columns| shows(columns))
        .unwrap_or_default();
    let met = facts
        .containers
        .iter()
        .any(|container| container.counts() && container.is_discussion());
    of_unit(finest, dimension, unit, met, mixes)
}

/// Without the columns in which this unit cannot occur: a table has no response's channel, a response no round.
fn of_unit(mut columns: Vec<Key>, dimension: Dimension, unit: Unit, met: bool, mixes: bool) -> Vec<Key> {
    let meeting = Channel::MeetingDiscussion.to_string();
    let unplaced = |column: &Key| column.members.iter().any(|key| key == "not_recorded");
    match (unit, dimension) {
        (Unit::Discussions, _) if !met => columns.clear(),
        (Unit::Responses, _) if !mixes => columns.clear(),
        (Unit::Discussions, Dimension::Channel) | (Unit::Responses, Dimension::Round) => columns.clear(),
        (Unit::Discussions, Dimension::Group | Dimension::Round) => {
            columns.retain(|column| !unplaced(column))
        }
        (Unit::Responses, Dimension::Channel) => columns.retain(|column| column.key != meeting),
        _ => {}
    }
    columns
}

/// Keys in the order of the register, joined into so many parts of about one size.
fn in_parts(keys: &[Key], known: usize) -> Vec<Key> {
    let mut columns: Vec<Key> = Vec::new();
    for (at, key) in keys.iter().enumerate().take(known) {
        let part = at * PARTS / known;
        match columns.get_mut(part) {
            Some(column) => {
                column.label = format!("{}, {}", column.label, key.label);
                column.members.push(key.key.clone());
            }
            None => columns.push(Key {
                key: format!("part_{}", part + 1),
                ..key.clone()
            }),
        }
    }
    columns.extend(keys.iter().skip(known).cloned());
    columns
}
