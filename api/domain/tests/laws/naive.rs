//! The same figures counted the slow way: sets of ids, one question at a time, straight from the contract's words.

use domain::{
    collate::{Axis, CellKey, Dimension, FilterValues, Scope, Unit},
    facts::*,
    id::*,
    vocabulary::*,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

use super::world::World;

/// One point and the container that it came in.
pub type Point<'a> = (&'a ContainerRow, &'a ContributionRow);

pub fn n(value: impl TryInto<u64>) -> Value {
    json!({"value": value.try_into().ok(), "status": "exact"})
}

/// How often each key occurs.
fn keyed(keys: impl IntoIterator<Item = String>) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    keys.into_iter()
        .for_each(|key| *counts.entry(key).or_default() += 1);
    counts
        .into_iter()
        .map(|(key, count)| (key, n(count)))
        .collect::<Map<_, _>>()
        .into()
}

/// How often each word of a closed set occurs, zeros too.
fn every<W: Copy + ToString + PartialEq>(all: &[W], words: &[W]) -> Value {
    let counted = all.iter().map(|word| {
        (
            word.to_string(),
            n(words.iter().filter(|one| *one == word).count()),
        )
    });
    counted.collect::<Map<_, _>>().into()
}

fn distinct<K: Ord>(keys: impl IntoIterator<Item = K>) -> usize {
    keys.into_iter().collect::<BTreeSet<_>>().len()
}

pub struct Naive<'a> {
    pub world: &'a World,
    pub scope: &'a Scope,
    pub asked: &'a FilterValues,
}

/// What counts, by the words of the contract.
pub fn counted(said: &ContributionRow) -> Option<&CodingRow> {
    let latest = |a, b| if later(b, a) { b } else { a };
    let decisions = said.codings.iter().filter(|one| one.adjudicates);
    if let Some(decision) = decisions.reduce(latest) {
        return Some(decision);
    }
    // Decisions are none of anybody's own; here there is none left.
    let own = standing(said);
    let first = own
        .iter()
        .copied()
        .reduce(|a, b| if later(a, b) { b } else { a })?;
    own.into_iter()
        .filter(|one| one.coder == first.coder)
        .reduce(latest)
}

/// In the order in which they came: a coding is there until its coder takes it back, and once one was made with a frozen codeframe
/// only such are.
pub fn standing(said: &ContributionRow) -> Vec<&CodingRow> {
    let mut in_order: Vec<_> = said.codings.iter().filter(|coding| !coding.adjudicates).collect();
    in_order.sort_by_key(|coding| coding.coded_at);
    let mut there: Vec<&CodingRow> = Vec::new();
    for coding in in_order {
        if coding.themes.is_empty() && !coding.set_aside {
            there.retain(|one| one.coder != coding.coder);
        } else {
            there.push(coding);
        }
    }
    if there.iter().any(|one| one.frozen) {
        there.retain(|one| one.frozen);
    }
    there
}

fn later(one: &CodingRow, other: &CodingRow) -> bool {
    one.coded_at > other.coded_at
}

pub fn coded(said: &ContributionRow) -> bool {
    counted(said).is_some_and(|coding| !coding.themes.is_empty())
}

pub fn set_aside(said: &ContributionRow) -> bool {
    counted(said).is_some_and(|coding| coding.set_aside)
}

pub fn is_table(container: &ContainerRow) -> bool {
    container.table.is_some()
}

/// Why a table did not come to a question, where it says so.
fn skipped(table: &TableRow, number: i32) -> Option<NotDiscussedReason> {
    let said = table
        .not_discussed
        .iter()
        .find(|(question, _)| *question == number);
    said.map(|(_, why)| *why)
}

fn sitting(container: &ContainerRow) -> Option<(MeetingId, i32)> {
    container
        .table
        .as_ref()
        .map(|table| (table.meeting, table.sitting))
}

/// The largest sitting of a group, summed over groups, of the people that `of` names at each table.
fn largest<'a>(tables: impl IntoIterator<Item = (&'a ContainerRow, u64)>) -> u64 {
    let mut sittings: BTreeMap<(Option<GroupId>, Option<(MeetingId, i32)>), u64> = BTreeMap::new();
    for (table, people) in tables {
        *sittings.entry((table.group, sitting(table))).or_default() += people;
    }
    let groups: BTreeSet<_> = sittings.keys().map(|(group, _)| *group).collect();
    let of_group = |group| {
        sittings
            .iter()
            .filter(move |((other, _), _)| *other == group)
            .map(|(_, people)| *people)
    };
    groups
        .into_iter()
        .map(|group| of_group(group).max().unwrap_or(0))
        .sum()
}

pub fn people_at_least(points: &[Point<'_>]) -> Option<u64> {
    let tables: BTreeSet<Uuid> = points
        .iter()
        .filter(|(one, _)| is_table(one))
        .map(|(one, _)| one.id)
        .collect();
    let people = tables.iter().filter_map(|id| {
        let here: Vec<_> = points.iter().filter(|(one, _)| one.id == *id).collect();
        let most = here
            .iter()
            .map(|(_, said)| u64::from(said.agree))
            .max()
            .unwrap_or(0);
        here.first().map(|(container, _)| (*container, most.max(1)))
    });
    (!tables.is_empty()).then(|| largest(people))
}

impl<'a> Naive<'a> {
    fn register(&self) -> &'a Register {
        &self.world.register
    }

    fn theme(&self, id: ThemeId) -> Option<&'a ThemeFact> {
        self.register().themes.iter().find(|theme| theme.id == id)
    }

    /// The theme as it counts today.
    pub fn standing(&self, id: ThemeId) -> Option<&'a ThemeFact> {
        let theme = self.theme(id)?;
        match theme.merged_into {
            Some(into) => self.standing(into),
            None => Some(theme),
        }
    }

    /// Whether codings that were made apart say something else, each theme as it stands today, and nobody has decided since.
    fn unadjudicated(&self, said: &ContributionRow) -> bool {
        let alone = super::coders::alone(said);
        let meant = |one: &CodingRow| -> (BTreeSet<Option<ThemeId>>, bool) {
            let themes = one
                .themes
                .iter()
                .map(|id| self.standing(*id).map(|theme| theme.id));
            (themes.collect(), one.set_aside)
        };
        let mut decisions: Vec<_> = said.codings.iter().filter(|one| one.adjudicates).collect();
        decisions.sort_by_key(|one| one.coded_at);
        match decisions.last() {
            None => alone.values().map(|one| meant(one)).collect::<HashSet<_>>().len() > 1,
            Some(last) => {
                let since = super::coders::alone_since(said, last);
                since.into_iter().any(|one| meant(one) != meant(last))
            }
        }
    }

    /// Every theme that a contribution counts under: its own as they stand, and their parents as they stand.
    pub fn lines(&self, said: &ContributionRow) -> BTreeSet<ThemeId> {
        let own = self.own(said).into_iter();
        own.flat_map(|id| [Some(id), self.parent(id)]).flatten().collect()
    }

    /// Its own themes as they stand, without their parents.
    pub fn own(&self, said: &ContributionRow) -> BTreeSet<ThemeId> {
        let themes = counted(said)
            .map(|coding| coding.themes.as_slice())
            .unwrap_or_default();
        themes
            .iter()
            .filter_map(|id| self.standing(*id))
            .map(|theme| theme.id)
            .collect()
    }

    pub fn parent(&self, id: ThemeId) -> Option<ThemeId> {
        self.theme(id)?
            .parent
            .and_then(|parent| self.standing(parent))
            .map(|parent| parent.id)
    }

    /// Whether the caller may know of a group's register.
    fn in_scope(&self, group: GroupId) -> bool {
        match self.scope {
            Scope::Whole => true,
            Scope::Groups(ids) => ids.contains(&group),
            Scope::Own(_) => false,
        }
    }

    /// Whether the caller may know of a discussion or response.
    fn in_sight(&self, container: &ContainerRow) -> bool {
        match self.scope {
            Scope::Whole => true,
            Scope::Groups(ids) => container.own_group.is_some_and(|group| ids.contains(&group)),
            Scope::Own(ids) => ids.contains(&container.id),
        }
    }

    /// Whether a parameter was not given, or has the value.
    fn any(values: &Option<Vec<String>>, value: impl ToString) -> bool {
        values
            .as_ref()
            .is_none_or(|values| values.contains(&value.to_string()))
    }

    fn takes_group(&self, group: Option<GroupId>) -> bool {
        let word = group.map_or_else(|| "not_recorded".to_owned(), |group| group.to_string());
        Self::any(&self.asked.group, word)
    }

    fn takes_round(&self, round: Option<RoundId>) -> bool {
        self.asked.round.is_none() || round.is_some_and(|round| Self::any(&self.asked.round, round))
    }

    pub fn takes_question(&self, question: Option<i32>) -> bool {
        Self::any(
            &self.asked.question,
            question.map_or_else(|| "none".to_owned(), |number| number.to_string()),
        )
    }

    pub fn containers(&self) -> Vec<&'a ContainerRow> {
        let all = self
            .world
            .containers
            .iter()
            .filter(|one| one.review != ReviewState::Withdrawn && self.in_sight(one));
        all.filter(|one| self.takes_round(one.table.as_ref().map(|table| table.round)))
            .filter(|one| Self::any(&self.asked.channel, one.channel) && self.takes_group(one.group))
            .filter(|one| Self::any(&self.asked.review, one.review))
            .collect()
    }

    fn takes_said(&self, said: &ContributionRow) -> bool {
        let section = |asked: &Vec<String>| {
            said.section
                .as_ref()
                .is_some_and(|section| asked.contains(section))
        };
        let themed = |asked: &Vec<String>| {
            let lines = self.lines(said);
            let meant = self
                .register()
                .themes
                .iter()
                .filter(|one| asked.contains(&one.code) || asked.contains(&one.id.to_string()));
            meant
                .filter_map(|theme| self.standing(theme.id))
                .any(|theme| lines.contains(&theme.id))
        };
        let both = |asked: &Vec<String>| asked.iter().any(|one| *one != asked[0]);
        let codedness = |asked: &Vec<String>| {
            both(asked)
                || if asked[0] == "true" {
                    coded(said)
                } else {
                    !coded(said) && !set_aside(said)
                }
        };
        self.takes_question(said.question)
            && Self::any(&self.asked.respondent_group, said.respondent_group)
            && Self::any(&self.asked.setting, said.setting)
            && Self::any(&self.asked.stance, said.stance)
            && self.asked.section.as_ref().is_none_or(section)
            && self.asked.theme.as_ref().is_none_or(themed)
            && self.asked.coded.as_ref().is_none_or(codedness)
            && self
                .asked
                .flagged
                .as_ref()
                .is_none_or(|asked| both(asked) || asked[0] == said.flagged.to_string())
            && self
                .asked
                .unadjudicated
                .as_ref()
                .is_none_or(|asked| both(asked) || asked[0] == self.unadjudicated(said).to_string())
    }

    pub fn points(&self) -> Vec<Point<'a>> {
        let said = |container: &'a ContainerRow| {
            self.world
                .said
                .iter()
                .filter(|said| said.container == container.id && !said.withdrawn)
                .map(move |said| (container, said))
        };
        self.containers()
            .into_iter()
            .flat_map(said)
            .filter(|(_, said)| self.takes_said(said))
            .collect()
    }

    /// (container, question, option, people)
    pub fn answers(&self) -> Vec<(&'a ContainerRow, i32, &'a str, u64)> {
        let asked = self.asked;
        if asked.theme.is_some() || asked.section.is_some() || asked.stance.is_some() || self.narrowed() {
            return Vec::new();
        }
        let here = self.containers().into_iter().filter(|one| {
            Self::any(&asked.respondent_group, one.respondent_group) && Self::any(&asked.setting, one.setting)
        });
        here.flat_map(|one| {
            one.answers
                .iter()
                .map(move |(number, option, people)| (one, *number, option.as_str(), u64::from(*people)))
        })
        .filter(|(_, number, ..)| self.takes_question(Some(*number)))
        .collect()
    }

    /// Whether a yes or a no was asked for that only contributions have; asking for both is asking for everything.
    fn narrowed(&self) -> bool {
        let asked = [&self.asked.coded, &self.asked.flagged, &self.asked.unadjudicated];
        let one = |values: &&Vec<String>| values.iter().all(|one| *one == values[0]);
        asked.into_iter().flatten().any(|values| one(&values))
    }

    /// Containers that what was asked for has anything of.
    pub fn heard(&self) -> Vec<&'a ContainerRow> {
        let asked = self.asked;
        let by_words = [
            &asked.question,
            &asked.theme,
            &asked.section,
            &asked.respondent_group,
            &asked.setting,
            &asked.stance,
        ];
        if by_words.iter().all(|values| values.is_none()) && !self.narrowed() {
            return self.containers();
        }
        let mut ids: BTreeSet<Uuid> = self.points().iter().map(|(one, _)| one.id).collect();
        ids.extend(self.answers().iter().map(|(one, ..)| one.id));
        self.containers()
            .into_iter()
            .filter(|one| ids.contains(&one.id))
            .collect()
    }

    fn expected(&self) -> BTreeSet<GroupId> {
        let Some(consultation) = &self.register().consultation else {
            return BTreeSet::new();
        };
        let groups = self
            .register()
            .groups
            .iter()
            .filter(|one| consultation.expected_groups.contains(&one.id));
        groups
            .map(|one| one.counted_as)
            .filter(|id| self.in_scope(*id) && self.takes_group(Some(*id)))
            .collect()
    }

    fn revision(&self) -> u64 {
        let (world, register) = (self.world, self.register());
        let containers = world.containers.iter().filter(|one| self.in_sight(one));
        let here = |said: &&ContributionRow| containers.clone().any(|one| one.id == said.container);
        let met = |one: &&MeetingFact| {
            let tables = world.containers.iter().filter_map(|row| row.table.as_ref());
            self.in_scope(one.own_group) && tables.into_iter().any(|table| table.meeting == one.id)
        };
        let versions = [
            register.themes.iter().map(|one| one.version).sum::<i32>(),
            register.groups.iter().map(|one| one.version).sum(),
            register.services.iter().map(|one| one.version).sum(),
            register.meetings.iter().filter(met).map(|one| one.version).sum(),
            register.rounds.iter().map(|one| one.version).sum(),
            register.consultation.iter().map(|one| one.version).sum(),
            containers.clone().map(|one| one.version).sum(),
            world
                .said
                .iter()
                .filter(here)
                .map(|one| one.version + one.codings.len() as i32)
                .sum(),
        ];
        versions.iter().sum::<i32>() as u64
    }

    /// The whole collation as JSON; of limitations the codes only.
    pub fn collation(&self) -> Value {
        let register = self.register();
        let points = self.points();
        let questions: Vec<_> = register
            .questions
            .iter()
            .filter(|one| self.takes_question(Some(one.number)))
            .collect();
        let mut entries: Vec<_> = questions
            .iter()
            .map(|question| self.question(Some(question), &points))
            .collect();
        if points.iter().any(|(_, said)| said.question.is_none()) {
            entries.push(self.question(None, &points));
        }
        let mut limitations: Vec<_> = [
            "counts-are-minimums",
            "not-representative",
            "attendance-may-repeat",
            "views-not-checked",
            "channels-not-people",
        ]
        .into();
        limitations.extend(
            points
                .iter()
                .any(|(_, said)| !coded(said) && !set_aside(said))
                .then_some("uncoded-contributions"),
        );
        limitations.extend(
            points
                .iter()
                .any(|(_, said)| self.unadjudicated(said))
                .then_some("unadjudicated-codings"),
        );
        let mut sections: Vec<Value> = Vec::new();
        for section in &register.sections {
            if sections.iter().any(|one| one["ref"] == section.reference) {
                continue;
            }
            let here: Vec<_> = points
                .iter()
                .filter(|(_, said)| said.section.as_ref() == Some(&section.reference))
                .copied()
                .collect();
            sections.push(json!({
                "ref": section.reference, "title": section.title,
                "contributions": n(here.len()), "themes": self.themes(&here),
            }));
        }
        json!({
            "consultation": {"id": Uuid::from_u128(9 << 96 | 0x7000_8000_0000_0000_0000), "reference": "REF-1", "title": "A consultation", "status": "open"},
            "revision": self.revision(),
            "policy": {"id": "mhsds-5", "applied": false},
            "scope": {"audience": "exact", "group_ids": match self.scope {
                Scope::Groups(ids) => json!(ids),
                Scope::Whole | Scope::Own(_) => Value::Null,
            }},
            "filters": self.filters(),
            "heard": self.who_was_heard(),
            "questions": entries,
            "themes": self.themes(&points),
            "sections": sections,
            "legend": self.legend(&points),
            "limitations": limitations,
        })
    }

    fn filters(&self) -> Value {
        let asked = self.asked;
        let all = [
            ("question", &asked.question),
            ("theme", &asked.theme),
            ("section", &asked.section),
            ("group", &asked.group),
            ("respondent_group", &asked.respondent_group),
            ("setting", &asked.setting),
            ("channel", &asked.channel),
            ("round", &asked.round),
            ("stance", &asked.stance),
            ("coded", &asked.coded),
            ("review", &asked.review),
            ("flagged", &asked.flagged),
            ("unadjudicated", &asked.unadjudicated),
        ];
        let given = all
            .into_iter()
            .filter_map(|(name, values)| Some((name.to_owned(), json!(values.as_ref()?))));
        given.collect::<Map<_, _>>().into()
    }

    fn who_was_heard(&self) -> Value {
        let register = self.register();
        let heard = self.heard();
        let tables: Vec<_> = heard.iter().copied().filter(|one| is_table(one)).collect();
        let meetings: BTreeSet<_> = tables
            .iter()
            .filter_map(|one| one.table.as_ref())
            .map(|table| table.meeting)
            .collect();
        let met: Vec<_> = register
            .meetings
            .iter()
            .filter(|one| meetings.contains(&one.id))
            .collect();
        let mut services: BTreeSet<_> = heard.iter().filter_map(|one| one.service).collect();
        let attended = met.iter().flat_map(|one| &one.attendance);
        services.extend(
            attended
                .filter(|(_, _, people)| *people > 0)
                .filter_map(|(service, ..)| *service),
        );
        let expected = self.expected();
        let mut attendance = Vec::new();
        for round in &register.rounds {
            let here: Vec<_> = met
                .iter()
                .filter(|one| one.round == round.id)
                .flat_map(|one| &one.attendance)
                .collect();
            if met.iter().any(|one| one.round == round.id) {
                attendance.push(json!({
                    "round": round.id,
                    "all": n(here.iter().map(|(.., people)| *people).sum::<i32>()),
                    "by_respondent_group": keyed(here.iter().flat_map(|(_, who, people)| vec![who.to_string(); *people as usize])),
                }));
            }
        }
        let seated = |who: RespondentGroup| {
            largest(tables.iter().map(|one| {
                let people = one
                    .table
                    .iter()
                    .flat_map(|table| &table.participants)
                    .filter(|(other, _)| *other == who);
                (*one, people.map(|(_, people)| u64::from(*people)).sum())
            }))
        };
        let participants: Vec<_> = RespondentGroup::ALL
            .iter()
            .map(|who| (who.to_string(), seated(*who)))
            .collect();
        let in_being = |one: &&ServiceFact| expected.contains(&one.group) && one.valid_to.is_none();
        let sheets: Vec<_> = heard.iter().filter(|one| !is_table(one)).collect();
        json!({
            "groups": distinct(heard.iter().filter_map(|one| one.group)),
            "groups_expected": expected.len(),
            "meetings": meetings.len(),
            "discussions": tables.len(),
            "services": services.len(),
            "services_expected": register.services.iter().filter(in_being).count(),
            "attendance": attendance,
            "participants": {
                "all": n(participants.iter().map(|(_, people)| *people).sum::<u64>()),
                "by_respondent_group": participants.iter().filter(|(_, people)| *people > 0)
                    .map(|(who, people)| (who.clone(), n(*people))).collect::<Map<_, _>>(),
            },
            "responses": {
                "all": n(sheets.len()),
                "by_channel": keyed(sheets.iter().map(|one| one.channel.to_string())),
            },
        })
    }

    fn question(&self, question: Option<&QuestionFact>, points: &[Point<'a>]) -> Value {
        let number = question.map(|question| question.number);
        let here: Vec<_> = points
            .iter()
            .filter(|(_, said)| said.question == number)
            .copied()
            .collect();
        let answers: Vec<_> = self
            .answers()
            .into_iter()
            .filter(|(_, of, ..)| Some(*of) == number)
            .collect();
        let containers = || {
            here.iter()
                .map(|(one, _)| *one)
                .chain(answers.iter().map(|(one, ..)| *one))
        };
        let on_it = |one: &ContainerRow| {
            self.world
                .said
                .iter()
                .any(|said| said.container == one.id && said.question == number && !said.withdrawn)
                || one.answers.iter().any(|(of, ..)| Some(*of) == number)
        };
        let tables = self
            .containers()
            .into_iter()
            .filter(|one| is_table(one) && !on_it(one));
        let said_so = |one: &ContainerRow| {
            one.table
                .iter()
                .any(|table| number.is_some_and(|number| skipped(table, number).is_some()))
        };
        let (quiet, unsaid): (Vec<_>, Vec<_>) = tables.partition(|one| said_so(one));
        let closed = question.filter(|question| question.kind != QuestionKind::Open);
        let sum = |option: &str| {
            answers
                .iter()
                .filter(|(_, _, other, _)| *other == option)
                .map(|(.., people)| *people)
                .sum::<u64>()
        };
        json!({
            "number": number,
            "prompt": question.map(|question| &question.prompt),
            "contributions": n(here.len()),
            "discussions": distinct(containers().filter(|one| is_table(one)).map(|one| one.id)),
            "groups": distinct(containers().filter_map(|one| one.group)),
            "not_discussed": if number.is_some() { quiet.len() } else { 0 },
            "no_record": if number.is_some() { unsaid.len() } else { 0 },
            "coded": n(here.iter().filter(|(_, said)| coded(said)).count()),
            "uncoded": n(here.iter().filter(|(_, said)| !coded(said) && !set_aside(said)).count()),
            "set_aside": n(here.iter().filter(|(_, said)| set_aside(said)).count()),
            "unadjudicated": n(here.iter().filter(|(_, said)| self.unadjudicated(said)).count()),
            "stance": every(Stance::ALL, &here.iter().map(|(_, said)| said.stance).collect::<Vec<_>>()),
            "tally": closed.map(|question| {
                question.options.iter().map(|option| (option.clone(), n(sum(option)))).collect::<Map<_, _>>()
            }),
            "consensus": closed.filter(|question| question.kind == QuestionKind::Agreement).map(|_| self.consensus(&answers)),
            "themes": self.themes(&here),
        })
    }

    fn consensus(&self, answers: &[(&ContainerRow, i32, &str, u64)]) -> Value {
        let mut groups = self.expected();
        groups.extend(self.containers().iter().filter_map(|one| one.group));
        let people = |group: GroupId, option: &str| {
            let here = answers
                .iter()
                .filter(|(one, _, other, _)| one.group == Some(group) && *other == option);
            here.map(|(.., people)| *people).sum::<u64>() as f64
        };
        let shares: Vec<_> = groups
            .iter()
            .map(|group| ["agree", "disagree", "unsure"].map(|option| people(*group, option)))
            .filter(|[agree, disagree, unsure]| agree + disagree + unsure > 0.0)
            .map(|[agree, disagree, unsure]| {
                let seen = agree + disagree + unsure;
                ((agree + 1.0) / (seen + 2.0), (disagree + 1.0) / (seen + 2.0))
            })
            .collect();
        let heard = shares.len();
        let root = |product: f64| (heard > 0).then(|| product.powf(1.0 / heard as f64));
        let product: f64 = shares.iter().map(|(agree, _)| agree).product();
        json!({
            "product": (heard > 0).then_some(product),
            "geometric_mean": root(product),
            "lowest_group_share": shares.iter().map(|(agree, _)| *agree).reduce(f64::min),
            "groups_heard": heard,
            "groups_silent": groups.len() - heard,
            "opposed_geometric_mean": root(shares.iter().map(|(_, opposed)| opposed).product()),
        })
    }

    /// Points that count under a theme.
    pub fn under(&self, theme: ThemeId, points: &[Point<'a>]) -> Vec<Point<'a>> {
        points
            .iter()
            .filter(|(_, said)| self.lines(said).contains(&theme))
            .copied()
            .collect()
    }

    fn spread(points: &[Point<'_>]) -> (usize, usize) {
        let tables = points
            .iter()
            .filter(|(one, _)| is_table(one))
            .map(|(one, _)| one.id);
        (
            distinct(points.iter().filter_map(|(one, _)| one.group)),
            distinct(tables),
        )
    }

    /// Themes that occur, in their order, with their points.
    fn themes_in_order(&self, points: &[Point<'a>]) -> Vec<(&'a ThemeFact, Vec<Point<'a>>)> {
        let all = self
            .register()
            .themes
            .iter()
            .map(|theme| (theme, self.under(theme.id, points)));
        let mut themes: Vec<_> = all.filter(|(_, here)| !here.is_empty()).collect();
        themes.sort_by_key(|(theme, here)| (std::cmp::Reverse(Self::spread(here)), theme.label.clone()));
        themes
    }

    fn themes(&self, points: &[Point<'a>]) -> Value {
        let themes = self.themes_in_order(points);
        themes
            .into_iter()
            .map(|(theme, here)| self.theme_entry(theme, &here))
            .collect()
    }

    fn theme_entry(&self, theme: &ThemeFact, here: &[Point<'a>]) -> Value {
        let (groups, discussions) = Self::spread(here);
        let tables = || here.iter().filter_map(|(one, _)| one.table.as_ref());
        let key = |one: &ContainerRow| {
            one.group
                .map_or_else(|| "not_recorded".to_owned(), |group| group.to_string())
        };
        json!({
            "id": theme.id, "code": theme.code, "label": theme.label, "parent_id": self.parent(theme.id),
            "contributions": n(here.len()),
            "responses": n(distinct(here.iter().filter(|(one, _)| !is_table(one)).map(|(one, _)| one.id))),
            "discussions": discussions,
            "groups": groups,
            "meetings": distinct(tables().map(|table| table.meeting)),
            "people_at_least": people_at_least(here).map(n),
            "stance": every(Stance::ALL, &here.iter().map(|(_, said)| said.stance).collect::<Vec<_>>()),
            "by": {
                "respondent_group": keyed(here.iter().map(|(_, said)| said.respondent_group.to_string())),
                "group": keyed(here.iter().map(|(one, _)| key(one))),
                "setting": keyed(here.iter().map(|(_, said)| said.setting.to_string())),
                "channel": keyed(here.iter().map(|(one, _)| one.channel.to_string())),
            },
            "quotes": Self::quotes(here).iter().map(|said| json!({"text": "", "respondent_group": said.respondent_group})).collect::<Vec<_>>(),
        })
    }

    /// The three oldest that may be quoted; of the same age by id.
    pub fn quotes(points: &[Point<'a>]) -> Vec<&'a ContributionRow> {
        let mut quotable: Vec<_> = points
            .iter()
            .map(|(_, said)| *said)
            .filter(|said| said.quotable)
            .collect();
        quotable.sort_by_key(|said| (said.received_at, said.id));
        quotable.truncate(3);
        quotable
    }

    fn legend(&self, points: &[Point<'a>]) -> Value {
        let register = self.register();
        let heard = self.heard();
        let mut groups = self.expected();
        groups.extend(heard.iter().filter_map(|one| one.group));
        let meetings: BTreeSet<_> = heard
            .iter()
            .filter_map(|one| one.table.as_ref())
            .map(|table| table.meeting)
            .collect();
        let rounds: BTreeSet<_> = register
            .meetings
            .iter()
            .filter(|one| meetings.contains(&one.id))
            .map(|one| one.round)
            .collect();
        let entry = |key: String, label: &str| json!({"key": key, "label": label});
        let people: BTreeSet<_> = points.iter().map(|(_, said)| said.respondent_group).collect();
        let settings: BTreeSet<_> = points.iter().map(|(_, said)| said.setting).collect();
        let channels: BTreeSet<_> = heard.iter().map(|one| one.channel).collect();
        json!({
            "group": register.groups.iter().filter(|one| groups.contains(&one.id))
                .map(|one| entry(one.id.to_string(), &one.name)).collect::<Vec<_>>(),
            "respondent_group": people.iter().map(|one| entry(one.to_string(), one.label())).collect::<Vec<_>>(),
            "setting": settings.iter().map(|one| entry(one.to_string(), one.label())).collect::<Vec<_>>(),
            "channel": channels.iter().map(|one| entry(one.to_string(), one.label())).collect::<Vec<_>>(),
            "round": register.rounds.iter().filter(|one| rounds.contains(&one.id))
                .map(|one| entry(one.id.to_string(), &one.title)).collect::<Vec<_>>(),
        })
    }

    fn column(dimension: Dimension, container: &ContainerRow, said: Option<&ContributionRow>) -> String {
        let none = || "not_recorded".to_owned();
        match dimension {
            Dimension::Group => container.group.map_or_else(none, |group| group.to_string()),
            Dimension::Round => container
                .table
                .as_ref()
                .map_or_else(none, |table| table.round.to_string()),
            Dimension::Channel => container.channel.to_string(),
            Dimension::RespondentGroup => said
                .map_or(container.respondent_group, |said| said.respondent_group)
                .to_string(),
            Dimension::Setting => said.map_or(container.setting, |said| said.setting).to_string(),
        }
    }

    fn row_keys(&self, rows: Axis, said: &ContributionRow) -> Vec<String> {
        let or_none = |word: Option<String>| vec![word.unwrap_or_else(|| "none".into())];
        match rows {
            Axis::Theme => self.lines(said).iter().map(ToString::to_string).collect(),
            Axis::Question => or_none(said.question.map(|number| number.to_string())),
            Axis::Section => or_none(said.section.clone()),
            Axis::Stance => vec![said.stance.to_string()],
            Axis::Answer => Vec::new(),
        }
    }

    /// Distinct units by row and column: ids of what is counted, or as many places as people.
    pub fn cross_tab(&self, rows: Axis, columns: Dimension, unit: Unit) -> Value {
        type Units = BTreeSet<(Uuid, u64)>;
        let mut cells: BTreeMap<(String, String), Units> = BTreeMap::new();
        if rows == Axis::Answer {
            let several = |number: i32| {
                let question = self.register().questions.iter().find(|one| one.number == number);
                question.is_some_and(|one| one.kind == QuestionKind::MultipleChoice)
            };
            for (place, (container, number, option, people)) in self.answers().into_iter().enumerate() {
                // Of several options a person may choose each: at least as many people as chose the most chosen one.
                let place = if several(number) { 0 } else { place };
                let cell = cells
                    .entry((option.to_owned(), Self::column(columns, container, None)))
                    .or_default();
                cell.extend((0..people).map(|person| (container.id, person * 1000 + place as u64)));
            }
        } else {
            for (container, said) in self.points() {
                let unit = match unit {
                    Unit::Discussions => is_table(container).then_some(container.id),
                    Unit::Responses => (!is_table(container)).then_some(container.id),
                    Unit::Contributions | Unit::People => Some(said.id.0),
                };
                for row in self.row_keys(rows, said) {
                    let cell = cells
                        .entry((row, Self::column(columns, container, Some(said))))
                        .or_default();
                    cell.extend(unit.map(|id| (id, 0)));
                }
            }
        }
        let union = |of: &dyn Fn(&(String, String)) -> bool| {
            n(cells
                .iter()
                .filter(|(key, _)| of(key))
                .flat_map(|(_, units)| units)
                .collect::<BTreeSet<_>>()
                .len())
        };
        let shown = self.columns(columns, &cells.keys().map(|(_, column)| column.clone()).collect());
        let row = |key: &str, label: &str| {
            let of_column = |column: &String| union(&|(row, other)| row == key && other == column);
            json!({
                "key": key, "label": label, "total": union(&|(row, _)| row == key),
                "cells": shown.iter().map(|(column, _)| (column.clone(), of_column(column))).collect::<Map<_, _>>(),
            })
        };
        let occurs = |key: &str| cells.keys().any(|(row, _)| row == key);
        let none = |label: &str| occurs("none").then(|| row("none", label));
        let register = self.register();
        let rows: Vec<Value> = match rows {
            Axis::Theme => {
                let points = self.points();
                let themes = self.themes_in_order(&points);
                themes
                    .into_iter()
                    .map(|(theme, _)| row(&theme.id.to_string(), &theme.label))
                    .collect()
            }
            Axis::Question => {
                let asked = register
                    .questions
                    .iter()
                    .filter(|one| self.takes_question(Some(one.number)));
                asked
                    .map(|one| row(&one.number.to_string(), &one.prompt))
                    .chain(none("Outside every question"))
                    .collect()
            }
            Axis::Section => {
                let mut seen = BTreeSet::new();
                let named = register
                    .sections
                    .iter()
                    .filter(|one| occurs(&one.reference) && seen.insert(&one.reference));
                named
                    .map(|one| row(&one.reference, &one.title))
                    .chain(none("No section named"))
                    .collect()
            }
            Axis::Stance => Stance::ALL
                .iter()
                .map(|one| row(one.as_str(), one.label()))
                .collect(),
            Axis::Answer => {
                let asked = register
                    .questions
                    .iter()
                    .find(|one| self.takes_question(Some(one.number)));
                asked
                    .iter()
                    .flat_map(|one| &one.options)
                    .map(|option| row(option, option))
                    .collect()
            }
        };
        json!({
            "unit": unit, "rows": rows, "merged": [],
            "columns": shown.iter()
                .map(|(key, label)| json!({"key": key, "label": label, "total": union(&|(_, column)| column == key)}))
                .collect::<Vec<_>>(),
        })
    }

    fn columns(&self, columns: Dimension, occurs: &BTreeSet<String>) -> Vec<(String, String)> {
        let register = self.register();
        let words = |all: Vec<(String, &str)>| {
            all.into_iter()
                .filter(|(key, _)| occurs.contains(key))
                .map(|(key, label)| (key, label.to_owned()))
                .collect()
        };
        let mut shown: Vec<(String, String)> = match columns {
            Dimension::Group => {
                let expected = self.expected();
                let groups = register
                    .groups
                    .iter()
                    .filter(|one| expected.contains(&one.id) || occurs.contains(&one.id.to_string()));
                groups.map(|one| (one.id.to_string(), one.name.clone())).collect()
            }
            Dimension::Round => {
                let own = register
                    .consultation
                    .as_ref()
                    .map(|one| one.rounds.as_slice())
                    .unwrap_or_default();
                let shown = |one: &&RoundFact| {
                    occurs.contains(&one.id.to_string())
                        || (own.contains(&one.id) && self.takes_round(Some(one.id)))
                };
                register
                    .rounds
                    .iter()
                    .filter(shown)
                    .map(|one| (one.id.to_string(), one.title.clone()))
                    .collect()
            }
            Dimension::RespondentGroup => words(
                RespondentGroup::ALL
                    .iter()
                    .map(|one| (one.to_string(), one.label()))
                    .collect(),
            ),
            Dimension::Setting => words(
                Setting::ALL
                    .iter()
                    .map(|one| (one.to_string(), one.label()))
                    .collect(),
            ),
            Dimension::Channel => words(
                Channel::ALL
                    .iter()
                    .map(|one| (one.to_string(), one.label()))
                    .collect(),
            ),
        };
        let named = matches!(columns, Dimension::RespondentGroup | Dimension::Setting);
        if !named && occurs.contains("not_recorded") {
            shown.push(("not_recorded".into(), "Not recorded".into()));
        }
        shown
    }

    /// Every combination and its contributions.
    pub fn cells(&self, by: &[CellKey]) -> BTreeMap<Vec<String>, u64> {
        let mut cells = BTreeMap::new();
        for (container, said) in self.points() {
            let mut themes: Vec<String> = self.own(said).iter().map(ToString::to_string).collect();
            if themes.is_empty() || !by.contains(&CellKey::Theme) {
                themes = vec!["none".into()];
            }
            for theme in themes {
                let keys = by.iter().map(|key| match key {
                    CellKey::Question => said
                        .question
                        .map_or_else(|| "none".to_owned(), |number| number.to_string()),
                    CellKey::Theme => theme.clone(),
                    CellKey::By(dimension) => Self::column(*dimension, container, Some(said)),
                });
                *cells.entry(keys.collect()).or_default() += 1;
            }
        }
        cells
    }

    /// Coverage within the scope; nothing is filtered there.
    pub fn coverage(&self) -> Value {
        let (world, register) = (self.world, self.register());
        let heard: Vec<_> = world
            .containers
            .iter()
            .filter(|one| one.review != ReviewState::Withdrawn && self.in_sight(one))
            .collect();
        let said: Vec<_> = world
            .said
            .iter()
            .filter(|said| !said.withdrawn && heard.iter().any(|one| one.id == said.container))
            .collect();
        let expected = self.expected();
        let tables: Vec<_> = heard.iter().filter(|one| is_table(one)).collect();
        let heard_at: BTreeSet<_> = tables
            .iter()
            .filter_map(|one| one.table.as_ref())
            .map(|table| table.meeting)
            .collect();
        let rounds = register
            .consultation
            .as_ref()
            .map(|one| one.rounds.as_slice())
            .unwrap_or_default();
        let of_consultation = |one: &&MeetingFact| {
            self.in_scope(one.own_group) && (rounds.contains(&one.round) || heard_at.contains(&one.id))
        };
        let mut planned_or_held: Vec<_> = register.meetings.iter().filter(of_consultation).collect();
        planned_or_held.sort_by_key(|one| one.id);
        let held = planned_or_held
            .iter()
            .filter(|one| one.status == MeetingStatus::Held);
        let meetings: Vec<&MeetingFact> = held.copied().collect();
        let came = |one: &MeetingFact| {
            one.attendance
                .iter()
                .filter(|(.., people)| *people > 0)
                .cloned()
                .collect::<Vec<_>>()
        };
        let there: Vec<_> = meetings.iter().flat_map(|one| came(one)).collect();
        let present: BTreeSet<_> = there.iter().filter_map(|(service, ..)| *service).collect();
        let spoke = meetings
            .iter()
            .filter(|one| heard_at.contains(&one.id))
            .flat_map(|one| came(one));
        let mut services_heard: BTreeSet<_> = spoke.filter_map(|(service, ..)| service).collect();
        services_heard.extend(heard.iter().filter_map(|one| one.service));
        let services: Vec<_> = register
            .services
            .iter()
            .filter(|one| expected.contains(&one.group) && one.valid_to.is_none())
            .collect();
        let groups_heard: BTreeSet<_> = heard.iter().filter_map(|one| one.group).collect();
        let met: BTreeSet<_> = meetings.iter().map(|one| one.group).collect();
        let label = |id: &GroupId| {
            let name = register
                .groups
                .iter()
                .find(|one| one.id == *id)
                .map(|one| one.name.clone());
            json!({"key": id, "label": name})
        };
        let silent = |all: Vec<(Value, bool)>| {
            all.into_iter()
                .filter(|(_, heard)| !heard)
                .map(|(entry, _)| entry)
                .collect::<Vec<_>>()
        };
        let of = |all: Vec<(Value, bool, bool)>| {
            json!({
                "expected": all.len(),
                "present": all.iter().filter(|(_, present, _)| *present).count(),
                "heard": all.iter().filter(|(.., heard)| *heard).count(),
                "silent": silent(all.into_iter().map(|(entry, _, heard)| (entry, heard)).collect()),
            })
        };
        let entry = |key: String, label: &str| json!({"key": key, "label": label});
        let settings = Setting::ALL
            .iter()
            .filter(|word| services.iter().any(|one| one.setting == **word));
        let people = [
            RespondentGroup::ServiceUser,
            RespondentGroup::FamilyCarer,
            RespondentGroup::Staff,
            RespondentGroup::Commissioner,
        ];
        let expected_tables = |group: Option<GroupId>| {
            let here = meetings
                .iter()
                .filter(|one| group.is_none_or(|group| one.group == group))
                .filter_map(|one| one.tables);
            let counts: Vec<_> = here.collect();
            (!counts.is_empty()).then(|| counts.iter().sum::<i32>())
        };
        let posted = |group: GroupId| tables.iter().filter(|one| one.group == Some(group)).count();
        let mut shown: Vec<GroupId> = expected.iter().copied().collect();
        shown.extend(register.groups.iter().map(|one| one.id).filter(|id| {
            !expected.contains(id) && (posted(*id) > 0 || expected_tables(Some(*id)).is_some())
        }));
        let questions = register.questions.iter().map(|question| {
            let number = question.number;
            let on_it = |one: &ContainerRow| {
                said.iter().any(|said| said.container == one.id && said.question == Some(number))
                    || one.answers.iter().any(|(of, ..)| *of == number)
            };
            let why = |one: &ContainerRow| one.table.as_ref().and_then(|table| skipped(table, number));
            let said_so = |one: &ContainerRow| why(one).is_some();
            let because = NotDiscussedReason::ALL.iter().map(|reason| {
                let so = tables.iter().filter(|one| !on_it(one) && why(one) == Some(*reason));
                (reason.to_string(), json!(so.count()))
            });
            let spoke: BTreeSet<_> = heard.iter().filter(|one| on_it(one)).filter_map(|one| one.group).collect();
            let could = register.groups.iter().map(|one| one.id).filter(|id| expected.contains(id) || groups_heard.contains(id));
            json!({
                "number": number, "prompt": question.prompt,
                "discussions": tables.iter().filter(|one| on_it(one)).count(),
                "not_discussed": tables.iter().filter(|one| !on_it(one) && said_so(one)).count(),
                "not_discussed_because": because.collect::<Map<_, _>>(),
                "no_record": tables.iter().filter(|one| !on_it(one) && !said_so(one)).count(),
                "groups_silent": could.filter(|id| !spoke.contains(id)).map(|id| label(&id)).collect::<Vec<_>>(),
            })
        });
        // The ratio of every two rates, and the smallest of them.
        let evenness = |of: Vec<(Value, Vec<&ServiceFact>)>| {
            let rates: Vec<(Value, usize, usize)> = of
                .into_iter()
                .map(|(entry, all)| {
                    let heard = all.iter().filter(|one| services_heard.contains(&one.id)).count();
                    (entry, heard, all.len())
                })
                .filter(|(_, _, all)| *all > 0)
                .collect();
            let rate = |(_, heard, all): &(Value, usize, usize)| *heard as f64 / *all as f64;
            let shown = |wanted: f64| {
                let one = rates.iter().find(|one| rate(one) == wanted);
                one.map(|one| {
                    let (entry, heard, all) = one;
                    json!({"key": entry["key"], "label": entry["label"], "rate": rate(one), "heard": heard, "expected": all})
                })
            };
            if rates.len() < 2 {
                let why = "too-few-categories";
                return json!({"ratio": null, "lowest": null, "highest": null,
                    "undefined": {"ratio": why, "lowest": why, "highest": why}});
            }
            let all: Vec<f64> = rates.iter().map(rate).collect();
            let (low, high) = (
                all.iter().copied().fold(1.0, f64::min),
                all.iter().copied().fold(0.0, f64::max),
            );
            let mut found = json!({"ratio": null, "lowest": shown(low), "highest": shown(high)});
            if high == 0.0 {
                found["undefined"] = json!({"ratio": "nobody-heard"});
            } else {
                found["ratio"] = json!(low / high);
            }
            found
        };
        let by_group = register
            .groups
            .iter()
            .filter(|group| expected.contains(&group.id))
            .map(|group| {
                let own = services.iter().filter(|one| one.group == group.id).copied();
                (label(&group.id), own.collect())
            });
        let by_setting = Setting::ALL.iter().map(|word| {
            let own = services.iter().filter(|one| one.setting == *word).copied();
            (entry(word.to_string(), word.label()), own.collect())
        });
        let with = |mut of: Value, participation: Value| {
            of["participation"] = participation;
            of
        };
        json!({
            "consultation_id": register.consultation.as_ref().map(|one| one.id),
            "groups": with(
                of(expected.iter().map(|id| (label(id), met.contains(id), groups_heard.contains(id))).collect()),
                evenness(by_group.collect()),
            ),
            "services": of(services.iter()
                .map(|one| (entry(one.id.to_string(), &one.name), present.contains(&one.id), services_heard.contains(&one.id)))
                .collect()),
            "settings": with(of(settings
                .map(|word| {
                    let there = services.iter().any(|one| one.setting == *word && present.contains(&one.id));
                    (entry(word.to_string(), word.label()), there, said.iter().any(|said| said.setting == *word))
                })
                .collect()), evenness(by_setting.collect())),
            "respondent_groups": of(people
                .map(|who| {
                    let there = there.iter().any(|(_, other, _)| *other == who);
                    (entry(who.to_string(), who.label()), there, said.iter().any(|said| said.respondent_group == who))
                })
                .into()),
            "tables": {
                "expected": expected_tables(None).unwrap_or(0),
                "posted": tables.len(),
                "by_group": shown.iter().map(|id| {
                    let mut entry = label(id);
                    entry["expected"] = json!(expected_tables(Some(*id)));
                    entry["posted"] = json!(posted(*id));
                    entry
                }).collect::<Vec<_>>(),
                "by_meeting": planned_or_held.iter().map(|one| {
                    let here = tables.iter().filter(|other| other.table.iter().any(|table| table.meeting == one.id));
                    json!({"meeting_id": one.id, "group_id": one.own_group, "status": one.status, "expected": one.tables,
                        "posted": here.count()})
                }).collect::<Vec<_>>(),
            },
            "questions": questions.collect::<Vec<_>>(),
        })
    }
}
