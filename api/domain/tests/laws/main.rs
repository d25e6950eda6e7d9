//! Laws of collation, over worlds made at random: the whole answer against the same figures counted naively, and
//! what must hold whatever was said.

#![cfg(test)]

mod changes;
mod codeframe;
mod coders;
mod compared;
mod naive;
mod provenance;
mod saturated;
mod trends;
mod world;

use domain::{
    assurance::Considered,
    collate::{
        Axis, CellKey, CollatedQuestion, Collation, Count, Dimension, Filter, FilterValues, Following,
        Reader, Scope, ToldTo, Unit, across_groups, agreement, cells, codeframe_check, collate, coverage,
        cross_tab, differences, draw_for_double_coding, list_contributions, progress, saturation, uncoded,
    },
    consensus::{GroupAnswers, consensus},
    facts::{CodingRow, ContributionRow, Facts, what_counts},
    id::{GroupId, ThemeId},
    vocabulary::{RespondentGroup, ReviewState, ThemeStatus},
};
use naive::Naive;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use world::{World, asked, group, id, many_meetings, said, scope, theme, world};

const AXES: [Axis; 4] = [Axis::Theme, Axis::Question, Axis::Section, Axis::Stance];
const DIMENSIONS: [Dimension; 5] = [
    Dimension::Group,
    Dimension::RespondentGroup,
    Dimension::Setting,
    Dimension::Channel,
    Dimension::Round,
];
const UNITS: [Unit; 3] = [Unit::Contributions, Unit::Responses, Unit::Discussions];

fn everything() -> FilterValues {
    FilterValues::default()
}

fn collated(world: &World, scope: &Scope, asked: &FilterValues) -> Collation {
    let facts = world.facts();
    let filter = Filter::new(&facts, scope, asked).unwrap();
    collate(&facts, scope, &filter)
}

fn whole(world: &World) -> Value {
    serde_json::to_value(collated(world, &Scope::Whole, &everything())).unwrap()
}

/// Equal but for the last digits of shares; says where they differ.
fn differ(at: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            ((a - b).abs() > 1e-9).then(|| format!("{at}: {a} is not {b}"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(i, (a, b))| differ(&format!("{at}/{i}"), a, b)),
        (Value::Object(a), Value::Object(b)) if a.keys().collect::<BTreeSet<_>>() == b.keys().collect() => a
            .iter()
            .find_map(|(key, value)| differ(&format!("{at}/{key}"), value, &b[key])),
        _ => (ours != theirs).then(|| format!("{at}: {ours} is not {theirs}")),
    }
}

fn same(ours: &Value, theirs: &Value) -> Result<(), TestCaseError> {
    match differ("", ours, theirs) {
        None => Ok(()),
        Some(where_and_how) => Err(TestCaseError::fail(where_and_how)),
    }
}

/// Every figure by its path, where lists of themes and questions are named by their ids.
fn figures(value: &Value) -> BTreeMap<String, f64> {
    fn walk(at: String, value: &Value, into: &mut BTreeMap<String, f64>) {
        match value {
            Value::Number(number) => {
                into.insert(at, number.as_f64().unwrap());
            }
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    let name = ["id", "number", "ref", "round", "key"]
                        .iter()
                        .find_map(|key| item.get(key));
                    walk(
                        format!("{at}/{}", name.map_or_else(|| i.to_string(), ToString::to_string)),
                        item,
                        into,
                    );
                }
            }
            Value::Object(fields) => fields
                .iter()
                .for_each(|(key, value)| walk(format!("{at}/{key}"), value, into)),
            _ => {}
        }
    }
    let mut into = BTreeMap::new();
    walk(String::new(), value, &mut into);
    into
}

/// Figures that are sums over containers: not the largest sitting, not groups, meetings or services met.
fn additive(collation: &Value) -> BTreeMap<String, f64> {
    let mut figures = figures(collation);
    let own = [
        "contributions",
        "discussions",
        "responses",
        "stance",
        "tally",
        "by",
        "coded",
        "uncoded",
        "set_aside",
    ];
    let own: Vec<_> = own
        .into_iter()
        .chain(["unadjudicated", "not_discussed", "no_record", "by_channel"])
        .collect();
    figures.retain(|path, value| {
        *value > 0.0 && path.split('/').any(|part| own.contains(&part)) && !path.starts_with("/filters")
    });
    figures
}

fn added(parts: impl IntoIterator<Item = BTreeMap<String, f64>>) -> BTreeMap<String, f64> {
    let mut sum = BTreeMap::new();
    for (path, value) in parts.into_iter().flatten() {
        *sum.entry(path).or_insert(0.0) += value;
    }
    sum
}

fn without(mut value: Value, fields: &[&str]) -> Value {
    for field in fields {
        value.as_object_mut().unwrap().remove(*field);
    }
    value
}

fn of_group(groups: &[usize]) -> FilterValues {
    FilterValues {
        group: Some(groups.iter().map(|at| group(*at).to_string()).collect()),
        ..everything()
    }
}

/// What a facilitator of a regional group reaches: the group, and the local groups of its services.
fn reach(at: usize) -> Vec<GroupId> {
    let local = (at == 1).then(|| group(world::LOCAL));
    [group(at)].into_iter().chain(local).collect()
}

/// Whether a group is asked for that figures do not know, or that the caller may not know of.
fn out_of_scope(scope: &Scope, asked: &FilterValues) -> bool {
    let seen = |value: &String| match scope {
        Scope::Whole => *value != group(world::LOCAL).to_string(),
        Scope::Groups(ids) => ids
            .iter()
            .any(|id| *id != group(world::LOCAL) && id.to_string() == *value),
        Scope::Own(_) => false,
    };
    asked.group.iter().flatten().any(|value| !seen(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The whole answer, with any filter and scope, against sets of ids.
    #[test]
    fn a_collation_is_what_naive_counting_gives(world in world(), scope in scope(), asked in asked()) {
        let facts = world.facts();
        let filter = Filter::new(&facts, &scope, &asked);
        if out_of_scope(&scope, &asked) {
            prop_assert!(filter.is_err_and(|unknown| unknown.iter().all(|one| one.parameter == "group")));
            return Ok(());
        }
        let ours = collate(&facts, &scope, &filter.unwrap());
        let naive = Naive { world: &world, scope: &scope, asked: &asked };

        let points = naive.points();
        for theme in &ours.themes {
            let under = naive.under(theme.id, &points);
            let quotes: Vec<_> = theme.quotes.iter().map(|quote| quote.contribution).collect();
            prop_assert_eq!(quotes, Naive::quotes(&under).iter().map(|said| said.id).collect::<Vec<_>>());
        }
        let mut ours = serde_json::to_value(ours).unwrap();
        let codes = ours["limitations"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        ours["limitations"] = Value::Array(codes);
        same(&ours, &naive.collation())?;
    }

    #[test]
    fn a_cross_tab_is_what_naive_counting_gives(
        world in world(), scope in scope(), mut asked in asked(), rows in select(&AXES[..]),
        columns in select(&DIMENSIONS[..]), unit in select(&UNITS[..]), of_answers in prop::option::weighted(0.2, 2..=4i32),
    ) {
        let (rows, unit) = match of_answers {
            None => (rows, unit),
            Some(question) => {
                asked.question = Some(vec![question.to_string()]);
                (Axis::Answer, Unit::People)
            }
        };
        prop_assume!(!out_of_scope(&scope, &asked));
        let facts = world.facts();
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let ours = serde_json::to_value(cross_tab(&facts, &scope, &filter, rows, columns, unit)).unwrap();
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        same(&without(ours, &["limitations", "policy", "scope", "filters"]), &naive.cross_tab(rows, columns, unit))?;
    }

    #[test]
    fn cells_are_what_naive_counting_gives(world in world(), scope in scope(), asked in asked(), dimensions in vec(0..7usize, 1..5)) {
        prop_assume!(!out_of_scope(&scope, &asked));
        let mut by: Vec<CellKey> = Vec::new();
        for at in dimensions {
            let key = match at {
                0 => CellKey::Question,
                1 => CellKey::Theme,
                _ => CellKey::By(DIMENSIONS[at - 2]),
            };
            if !by.contains(&key) {
                by.push(key);
            }
        }
        let facts = world.facts();
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let ours = cells(&facts, &scope, &filter, &by);
        prop_assert_eq!(&ours.by, &by.iter().map(ToString::to_string).collect::<Vec<_>>());
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        let items: BTreeMap<_, _> = ours.items.iter().map(|item| (item.keys.clone(), item.contributions)).collect();
        prop_assert_eq!(items.len(), ours.items.len(), "a combination stands once");
        prop_assert_eq!(items, naive.cells(&by));
    }

    #[test]
    fn agreement_is_what_naive_counting_gives(world in world(), scope in scope(), asked in asked()) {
        prop_assume!(!out_of_scope(&scope, &asked));
        let facts = world.facts();
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let ours = agreement(&facts, &scope, &filter, 1);
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        prop_assert_eq!(ours.base, naive.points().len() as u64);
        for theme in &ours.themes {
            let (units, coders, figures) = naive.agreement(theme.id);
            prop_assert_eq!((ours.double_coded, theme.n), (units as u64, units as u64));
            prop_assert_eq!(&ours.coders.iter().map(|coder| (coder.id, coder.n)).collect::<BTreeMap<_, _>>(), &coders);
            let found = [theme.alpha, theme.kappa, theme.percent, theme.both_positive, theme.prevalence];
            for (at, (found, figure)) in found.into_iter().zip(figures).enumerate() {
                let close = match (found, figure) {
                    (Some(found), Some(figure)) => (found - figure).abs() < 1e-9,
                    (found, figure) => found == figure,
                };
                prop_assert!(close, "figure {at}: {found:?} is not {figure:?} in {theme:?}");
            }
            let null = found.iter().filter(|figure| figure.is_none()).count() + usize::from(theme.interval.is_none());
            prop_assert_eq!(theme.undefined.len(), null, "what is null has a reason");
            if let (Some([low, high]), Some(alpha)) = (theme.interval, theme.alpha) {
                prop_assert!(low <= high && alpha.is_finite());
            }
        }
    }

    /// Whoever they are: coders by other ids agree as much.
    #[test]
    fn agreement_does_not_depend_on_who_the_coders_are(mut world in world(), turn in 1..3u128) {
        let found = |world: &World| {
            let facts = world.facts();
            let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
            serde_json::to_value(agreement(&facts, &Scope::Whole, &filter, 1).themes).unwrap()
        };
        let before = found(&world);
        for coding in world.said.iter_mut().flat_map(|said| &mut said.codings) {
            coding.coder = id(6, (coding.coder.0.as_u128() + turn) as usize % 3);
        }
        prop_assert_eq!(found(&world), before);
    }

    /// Every answer stays as it is but for the names themselves: other ids and names of groups and themes, other codes, other coders.
    #[test]
    fn figures_do_not_depend_on_what_anything_is_called(mut world in world(), scope in scope()) {
        let answers = |world: &World, scope: &Scope| -> Vec<Value> {
            let facts = world.facts();
            let filter = Filter::new(&facts, scope, &everything()).unwrap();
            let of_values = [
                serde_json::to_value(collate(&facts, scope, &filter)),
                serde_json::to_value(coverage(&facts, scope)),
                serde_json::to_value(cross_tab(&facts, scope, &filter, Axis::Theme, Dimension::Group, Unit::Contributions)),
                serde_json::to_value(differences(&facts, scope, &filter, 1)),
                serde_json::to_value(across_groups(&facts, scope, &filter)),
                serde_json::to_value(agreement(&facts, scope, &filter, 1).themes),
                serde_json::to_value(saturation(&facts, scope, &filter)),
            ];
            of_values.map(Result::unwrap).into()
        };
        let before = answers(&world, &scope);

        // Far from every id there is, and in the same order: names in the same order, too, because lists go by them.
        let another = |uuid: uuid::Uuid| uuid::Uuid::from_u128(uuid.as_u128() + 0x10_0000);
        let theme = |id: ThemeId| ThemeId(another(id.0));
        let group = |id: GroupId| GroupId(another(id.0));
        for one in &mut world.register.themes {
            (one.id, one.parent, one.merged_into) = (theme(one.id), one.parent.map(theme), one.merged_into.map(theme));
            (one.code, one.label) = (format!("Once {}", one.code), format!("Once {}", one.label));
        }
        for one in &mut world.register.groups {
            (one.id, one.counted_as, one.name) = (group(one.id), group(one.counted_as), format!("Once {}", one.name));
        }
        for one in &mut world.register.services {
            one.group = group(one.group);
        }
        for one in &mut world.register.meetings {
            (one.group, one.own_group) = (group(one.group), group(one.own_group));
        }
        for one in world.register.consultation.iter_mut().flat_map(|one| &mut one.expected_groups) {
            *one = group(*one);
        }
        for one in &mut world.containers {
            (one.group, one.own_group) = (one.group.map(group), one.own_group.map(group));
        }
        for coding in world.said.iter_mut().flat_map(|said| &mut said.codings) {
            coding.coder = domain::id::UserId(another(coding.coder.0));
            coding.themes = coding.themes.iter().copied().map(theme).collect();
        }
        let scope = match scope {
            Scope::Groups(ids) => Scope::Groups(ids.into_iter().map(group).collect()),
            other => other,
        };
        let named = |id: uuid::Uuid| (another(id).to_string(), id.to_string());
        let old: Vec<_> = (0..world::THEMES).map(|at| world::theme(at).0).chain((0..20).map(|at| world::group(at).0)).map(named).collect();
        let as_before = |value: Value| -> Value {
            let text = old.iter().fold(value.to_string(), |text, (new, old)| text.replace(new, old));
            serde_json::from_str(&text.replace("Once ", "")).unwrap()
        };
        for (found, before) in answers(&world, &scope).into_iter().zip(before) {
            same(&as_before(found), &before)?;
        }
    }

    /// Shares, their differences and their bases, whatever the interval.
    #[test]
    fn differences_are_what_naive_counting_gives(world in world(), scope in scope(), mut asked in asked()) {
        asked.theme = None;
        let facts = world.facts();
        prop_assume!(!out_of_scope(&scope, &asked));
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        let ours = differences(&facts, &scope, &filter, 1);
        let sides = [RespondentGroup::ServiceUser, RespondentGroup::Staff, RespondentGroup::FamilyCarer];
        for theme in &ours.themes {
            let shares = sides.map(|who| naive.share(who, theme.id));
            for ((by, of), (themed, base, clusters)) in theme.by.iter().zip(&ours.respondent_groups).zip(shares) {
                prop_assert_eq!(by.contributions.value, Some(themed));
                prop_assert_eq!((of.base.value, of.clusters.value), (Some(base), Some(clusters)));
                let share = (base > 0).then(|| themed as f64 / base as f64);
                prop_assert!(near(by.share, share), "{:?} {share:?}", by);
            }
            let share = |at: usize| (shares[at].1 > 0).then(|| shares[at].0 as f64 / shares[at].1 as f64);
            for (found, at) in theme.differences.iter().zip([1, 2]) {
                let expected = share(0).zip(share(at)).map(|(one, other)| one - other);
                prop_assert!(near(found.difference, expected), "{:?} {expected:?}", found);
                prop_assert_eq!(found.difference.is_none(), found.undefined.contains_key("difference"));
                prop_assert_eq!(found.interval.is_none(), found.undefined.contains_key("interval"));
            }
        }
    }

    /// Across groups as a collation has it; across respondent groups by those who were alone among themselves.
    #[test]
    fn consensus_across_respondent_groups_is_what_naive_counting_gives(
        world in world(), scope in scope(), asked in asked(),
    ) {
        let facts = world.facts();
        prop_assume!(!out_of_scope(&scope, &asked));
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        let collation = collate(&facts, &scope, &filter);
        let mixed = [RespondentGroup::Mixed, RespondentGroup::NotRecorded];
        for question in &across_groups(&facts, &scope, &filter).questions {
            let of = collation.questions.iter().find(|one| one.number == Some(question.number)).unwrap();
            prop_assert_eq!(Some(question.group.as_ref().unwrap().consensus), of.consensus);
            let found = question.respondent_group.as_ref().unwrap();
            let people = |who: RespondentGroup| {
                let [agree, disagree, unsure] = naive.people_of(question.number, who);
                GroupAnswers { agree, disagree, unsure }
            };
            let heard = RespondentGroup::ALL.iter().filter(|who| !mixed.contains(who));
            let heard: Vec<_> = heard.copied().map(people).filter(|people| people.seen() > 0).collect();
            let expected = consensus(heard.clone());
            prop_assert!(near(found.consensus.product, expected.product));
            prop_assert!(near(found.consensus.geometric_mean, expected.geometric_mean));
            prop_assert_eq!(found.consensus.lowest_group_share, expected.lowest_group_share);
            prop_assert_eq!(found.consensus.groups_heard, heard.len() as u64);
            prop_assert_eq!(found.consensus.groups_silent, found.silent.as_ref().unwrap().len() as u64);
            let outside: u64 = mixed.into_iter().map(|who| people(who).seen()).sum();
            prop_assert_eq!(found.people_outside.unwrap().value, Some(outside));
            let tally: u64 = of.tally.iter().flat_map(|tally| &tally.0).filter_map(|(_, count)| count.value).sum();
            prop_assert_eq!(outside + heard.iter().map(|people| people.seen()).sum::<u64>(), tally);
        }
    }

    /// Each question, and each group within it, has its share to within one; what was drawn is not drawn again.
    #[test]
    fn a_draw_is_spread_over_questions_and_groups(
        world in world(), share in 1..=10_000u32, seed in any::<u32>(), before in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let facts = world.facts();
        let before: HashSet<_> = before.iter().filter(|_| !world.said.is_empty()).map(|at| at.get(&world.said).id).collect();
        let drawn = draw_for_double_coding(&facts, share, seed, &before);
        prop_assert_eq!(&drawn, &draw_for_double_coding(&facts, share, seed, &before));
        let everything = everything();
        let naive = Naive { world: &world, scope: &Scope::Whole, asked: &everything };
        let points = naive.points();
        let stand = points.iter().filter(|(_, said)| !said.concern && !before.contains(&said.id));
        let mut cells: BTreeMap<String, (f64, f64)> = BTreeMap::new();
        for (container, said) in stand {
            let is_drawn = f64::from(u8::from(drawn.ids.contains(&said.id)));
            let of_question = format!("{:?}", said.question);
            let within = format!("{of_question} {:?}", container.group);
            for cell in ["all".into(), of_question, within] {
                let (all, there) = cells.entry(cell).or_default();
                *all += 1.0;
                *there += is_drawn;
            }
        }
        for (cell, (all, there)) in &cells {
            let wanted = all * f64::from(share) / 10_000.0;
            prop_assert!((there - wanted).abs() < 1.0 + 1e-9, "{cell:?}: {there} of {all}, wanted {wanted}");
        }
        prop_assert_eq!(cells.get("all").map_or(0.0, |(all, _)| *all), drawn.base as f64);
    }

    #[test]
    fn saturation_is_what_naive_counting_gives(world in many_meetings(), scope in scope(), asked in asked()) {
        prop_assume!(!out_of_scope(&scope, &asked));
        let facts = world.facts();
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let ours = saturation(&facts, &scope, &filter);
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        for (code, count) in naive.missing_in_saturation() {
            let said = ours.limitations.iter().find(|one| one.code == code).map(|one| one.text.as_str());
            prop_assert!(said.is_some_and(|text| text.starts_with(&format!("{count} "))), "{code} {count}: {said:?}");
        }
        let missing = ["uncoded-contributions", "responses-left-out", "meetings-not-held"];
        let said = ours.limitations.iter().filter(|one| missing.contains(&one.code.as_str())).count();
        prop_assert_eq!(said, naive.missing_in_saturation().len());
        let told = ["consultation", "scope", "filters", "base_size", "run_length", "limitations"];
        same(&without(serde_json::to_value(ours).unwrap(), &told), &naive.saturation())?;
    }

    /// A theme is new once, whatever it is called and whoever met.
    #[test]
    fn a_theme_is_new_once_by_whatever_name(mut world in many_meetings(), turn in 1..world::THEMES) {
        let found = |world: &World| {
            let facts = world.facts();
            let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
            saturation(&facts, &Scope::Whole, &filter)
        };
        let before = found(&world);
        prop_assert!(before.meetings.windows(2).all(|two| two[0].themes_so_far <= two[1].themes_so_far));
        let new: u64 = before.meetings.iter().map(|one| one.new_themes).sum();
        prop_assert_eq!(new, before.meetings.last().map_or(0, |last| last.themes_so_far));

        let other = |id: ThemeId| theme(((id.0.as_u128() & 0xffff) as usize + turn) % world::THEMES);
        for (at, theme) in world.register.themes.iter_mut().enumerate() {
            (theme.id, theme.code, theme.label) = (other(theme.id), format!("code {at}"), format!("Name {at}"));
            (theme.parent, theme.merged_into) = (theme.parent.map(other), theme.merged_into.map(other));
        }
        for group in &mut world.register.groups {
            group.name = format!("Once {}", group.name);
        }
        for coding in world.said.iter_mut().flat_map(|said| &mut said.codings) {
            coding.themes = coding.themes.iter().copied().map(other).collect();
        }
        prop_assert_eq!(found(&world), before);
    }

    #[test]
    fn the_check_of_a_codeframe_is_what_naive_counting_gives(
        mut world in many_meetings(), with_other in any::<bool>(), statuses in vec(select(ThemeStatus::ALL), world::THEMES),
    ) {
        let labels = ["Food", "Leave", "food!", "Walks and gym", "Staff", "Walking gym", "Staffing", "Gym, and walks"];
        for (at, one) in world.register.themes.iter_mut().enumerate() {
            one.label = labels[at].into();
            if one.merged_into.is_none() && statuses[at] != ThemeStatus::Merged {
                one.status = statuses[at];
            }
            if with_other && at == 1 {
                one.code = "other".into();
            }
        }
        // What is seen as the second last is mostly seen as the last, too.
        let (last, before) = (theme(world::THEMES - 1), theme(world::THEMES - 2));
        for coding in world.said.iter_mut().flat_map(|said| &mut said.codings) {
            if coding.themes.contains(&before) && !coding.themes.contains(&last) {
                coding.themes.push(last);
            }
        }
        let asked = everything();
        let naive = Naive { world: &world, scope: &Scope::Whole, asked: &asked };
        let mut ours = serde_json::to_value(codeframe_check(&world.facts())).unwrap();
        let null = ["uncoded_share", "other_share"].iter().filter(|figure| ours[**figure].is_null()).count();
        prop_assert_eq!(ours["undefined"].as_object().map_or(0, |why| why.len()), null, "what is null has a reason");
        ours["themes_a_contribution"] = ours["size"]["themes_a_contribution"].take();
        let told = ["consultation", "scope", "thresholds", "size"];
        let ours = match ours.get("undefined") {
            Some(_) => without(ours, &["undefined"]),
            None => ours,
        };
        same(&without(ours, &told), &naive.codeframe_check())?;
    }

    #[test]
    fn coverage_is_what_naive_counting_gives(world in world(), scope in scope()) {
        let asked = everything();
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        same(&serde_json::to_value(coverage(&world.facts(), &scope)).unwrap(), &naive.coverage())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fold_of_all_is_the_sum_of_the_folds_of_its_parts(world in world(), asked in asked(), parts in 2..4usize) {
        prop_assume!(!out_of_scope(&Scope::Whole, &asked));
        let fold = |world: &World| additive(&serde_json::to_value(collated(world, &Scope::Whole, &asked)).unwrap());
        let of_parts = (0..parts).map(|part| fold(&world.part(|at| at % parts == part)));
        prop_assert_eq!(fold(&world), added(of_parts));
    }

    /// To the byte: replicas load in different orders, and their tags are hashes of the content.
    #[test]
    fn the_order_in_which_things_arrive_moves_nothing(
        (world, order) in world().prop_flat_map(|world| {
            let puts = world.containers.len() + world.said.len();
            (Just(world), Just((0..puts).collect::<Vec<_>>()).prop_shuffle())
        }),
        scope in scope(),
    ) {
        let mut facts = Facts::default();
        facts.set_register(world.register.clone());
        for at in order {
            match at.checked_sub(world.containers.len()) {
                None => facts.put_container(world.containers[at].clone()),
                Some(at) => facts.put_contribution(world.said[at].clone()),
            };
        }
        let straight = world.facts();
        let answers = |facts: &Facts| {
            let filter = Filter::new(facts, &scope, &everything()).unwrap();
            let by = [CellKey::Question, CellKey::Theme, CellKey::By(Dimension::Group), CellKey::By(Dimension::Round)];
            let mut all = vec![
                serde_json::to_string(&collate(facts, &scope, &filter)).unwrap(),
                serde_json::to_string(&coverage(facts, &scope)).unwrap(),
                serde_json::to_string(&agreement(facts, &scope, &filter, 1)).unwrap(),
                serde_json::to_string(&saturation(facts, &scope, &filter)).unwrap(),
                serde_json::to_string(&codeframe_check(facts)).unwrap(),
                serde_json::to_string(&across_groups(facts, &scope, &filter)).unwrap(),
                serde_json::to_string(&differences(facts, &scope, &filter, 1)).unwrap(),
                format!("{:?}", draw_for_double_coding(facts, 4_000, 1, &HashSet::new())),
                format!("{:?}", uncoded(facts, None, true)),
                serde_json::to_string(&progress(facts, &HashSet::new(), &HashMap::new(), None, ToldTo::Lead)).unwrap(),
                serde_json::to_string(&cells(facts, &scope, &filter, &by)).unwrap(),
            ];
            let tables = AXES.into_iter().zip(DIMENSIONS).map(|(rows, columns)| cross_tab(facts, &scope, &filter, rows, columns, Unit::Responses));
            all.extend(tables.map(|table| serde_json::to_string(&table).unwrap()));
            all
        };
        prop_assert_eq!(answers(&facts), answers(&straight));
    }

    #[test]
    fn what_follows_its_facts_is_what_is_counted_anew(
        (mut before, mut after) in (world(), world()),
        // A service moves: tables of one sitting are of several groups.
        regrouped in vec(proptest::option::weighted(0.3, select(&world::COUNTED[..])), 20),
        scope in scope(),
        asked in asked(),
        steps in vec(vec((any::<bool>(), any::<prop::sample::Index>()), 1..5), 1..6),
    ) {
        let rows = before.containers.iter_mut().chain(&mut after.containers);
        for (row, to) in rows.zip(regrouped) {
            row.group = to.map(group).or(row.group);
        }
        let mut facts = before.facts();
        let filter = |facts: &Facts| Filter::new(facts, &scope, &asked).ok();
        let Some(known) = filter(&facts) else { return Ok(()) };
        let mut following = Following::new(&facts, scope.clone(), known);
        for step in steps {
            facts.watch();
            for (said, at) in step {
                // What was there becomes another, or comes anew: ids are the same in both worlds.
                if said && !after.said.is_empty() {
                    facts.put_contribution(at.get(&after.said).clone());
                } else if !after.containers.is_empty() {
                    facts.put_container(at.get(&after.containers).clone());
                }
            }
            let moved = facts.moved();
            let Some(anew) = filter(&facts) else { return Ok(()) };
            if !following.follow(&facts, &moved) {
                following = Following::new(&facts, scope.clone(), anew.clone());
            }
            let ours = serde_json::to_value(following.answer(&facts)).unwrap();
            let theirs = serde_json::to_value(collate(&facts, &scope, &anew)).unwrap();
            same(&ours, &theirs)?;
        }
    }

    /// What comes in and is corrected every day is followed, and counts nothing anew.
    #[test]
    fn a_point_that_is_coded_otherwise_is_followed(world in world(), at in any::<prop::sample::Index>()) {
        let mut facts = world.facts();
        prop_assume!(!world.said.is_empty());
        let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
        let mut following = Following::new(&facts, Scope::Whole, filter);
        let mut said = at.get(&world.said).clone();
        said.codings.clear();
        said.version += 1;
        facts.watch();
        facts.put_contribution(said);
        let moved = facts.moved();
        prop_assert!(following.follow(&facts, &moved));
    }

    #[test]
    fn putting_a_thing_twice_changes_nothing(world in world(), again in vec(any::<prop::sample::Index>(), 0..6)) {
        let mut facts = world.facts();
        for at in again {
            if !world.containers.is_empty() {
                prop_assert!(!facts.put_container(at.get(&world.containers).clone()), "seen twice, so nothing changed");
            }
            if !world.said.is_empty() {
                prop_assert!(!facts.put_contribution(at.get(&world.said).clone()), "seen twice, so nothing changed");
            }
            prop_assert!(!facts.set_register(world.register.clone()), "seen twice, so nothing changed");
        }
        let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
        prop_assert_eq!(serde_json::to_value(collate(&facts, &Scope::Whole, &filter)).unwrap(), whole(&world));
    }

    #[test]
    fn one_more_contribution_lowers_no_count(mut world in world(), mut one in said(), into in any::<prop::sample::Index>()) {
        prop_assume!(!world.containers.is_empty());
        let before = figures(&whole(&world));
        one.id = id(8, world.said.len());
        one.container = into.get(&world.containers).id;
        world.said.push(one);
        let after = figures(&whole(&world));
        for (path, value) in before {
            // A table that says something on a question is no longer silent on it.
            let silence = ["/no_record", "/not_discussed"].iter().any(|end| path.ends_with(end));
            if !silence && !path.contains("/consensus/") && !path.contains("/limitations/") {
                prop_assert!(after.get(&path).is_some_and(|now| *now >= value), "{} was {}, is {:?}", path, value, after.get(&path));
            }
        }
    }

    #[test]
    fn a_parent_counts_its_own_and_its_sub_themes_contributions_once(world in world()) {
        let asked = everything();
        let naive = Naive { world: &world, scope: &Scope::Whole, asked: &asked };
        let ours = collated(&world, &Scope::Whole, &asked);
        let points = naive.points();
        for parent in &ours.themes {
            let children: Vec<_> = ours.themes.iter().filter(|one| one.parent_id == Some(parent.id)).collect();
            let largest = children.iter().filter_map(|one| one.contributions.value).max().unwrap_or(0);
            let all: u64 = children.iter().filter_map(|one| one.contributions.value).sum();
            let own = points.iter().filter(|(_, said)| {
                let coded = naive::counted(said).map(|coding| coding.themes.as_slice()).unwrap_or_default();
                coded.iter().any(|id| naive.standing(*id).is_some_and(|theme| theme.id == parent.id))
            });
            let counted = parent.contributions.value.unwrap();
            prop_assert!(counted >= largest && counted <= all + own.count() as u64);
            prop_assert_eq!(counted, naive.under(parent.id, &points).len() as u64);
        }
    }

    /// Whether coders differed is asked of what they wrote, so that figure alone does not follow a merge.
    #[test]
    fn a_merge_is_as_if_all_had_been_coded_with_the_other(mut world in world(), from in 0..8usize, into in 0..8usize) {
        let themes = &mut world.register.themes;
        // Anything may be merged into any theme that stands, but a parent not into its own sub-theme.
        prop_assume!(from != into && themes[from].merged_into.is_none() && themes[into].merged_into.is_none());
        prop_assume!(themes.iter().all(|one| one.parent != Some(theme(from)) && one.merged_into != Some(theme(from))));
        themes[from].merged_into = Some(theme(into));
        themes[from].status = ThemeStatus::Merged;
        let mut recoded = world.clone();
        let codings = recoded.said.iter_mut().flat_map(|said| &mut said.codings);
        for coding in codings {
            let renamed = coding.themes.iter().map(|one| if *one == theme(from) { theme(into) } else { *one });
            coding.themes = renamed.collect::<BTreeSet<ThemeId>>().into_iter().collect();
        }
        let settled = |world: &World| {
            let mut collation = without(whole(world), &["limitations"]);
            for question in collation["questions"].as_array_mut().unwrap() {
                question["unadjudicated"] = Value::Null;
            }
            collation
        };
        prop_assert_eq!(settled(&world), settled(&recoded));
        let themes = whole(&world)["themes"].clone();
        prop_assert!(themes.as_array().unwrap().iter().all(|one| one["id"] != json!(theme(from))));
    }

    #[test]
    fn groups_asked_for_together_are_the_sum_of_each(world in world()) {
        let fold = |asked: &FilterValues| additive(&serde_json::to_value(collated(&world, &Scope::Whole, asked)).unwrap());
        prop_assert_eq!(fold(&of_group(&[0, 2])), added([fold(&of_group(&[0])), fold(&of_group(&[2]))]));
        let outside = FilterValues { group: Some(vec!["not_recorded".into()]), ..everything() };
        let all = world::COUNTED.map(|at| fold(&of_group(&[at]))).into_iter().chain([fold(&outside)]);
        prop_assert_eq!(fold(&everything()), added(all));
    }

    #[test]
    fn a_facilitator_sees_what_a_lead_sees_of_the_group(world in world(), at in select(&world::COUNTED[..])) {
        let told = ["scope", "filters", "revision"];
        let own = collated(&world, &Scope::Groups(reach(at)), &everything());
        let of_lead = collated(&world, &Scope::Whole, &of_group(&[at]));
        prop_assert_eq!(
            without(serde_json::to_value(own).unwrap(), &told),
            without(serde_json::to_value(of_lead).unwrap(), &told)
        );
    }

    /// A list and its count cannot differ; champions list what they posted themselves.
    #[test]
    fn a_list_of_contributions_is_what_figures_count(
        world in world(), scope in scope(), asked in asked(), own in prop::option::weighted(0.3, vec(0..10usize, 0..4)),
    ) {
        let scope = own.map_or(scope, |own| Scope::Own(own.into_iter().map(|at| id(7, at)).collect()));
        let facts = world.facts();
        let Ok(listed) = list_contributions(&facts, &scope, &asked, Reader::Collector) else {
            prop_assert!(out_of_scope(&scope, &asked));
            return Ok(());
        };
        prop_assert!(!out_of_scope(&scope, &asked));
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        let mut wanted: Vec<_> = naive.points().iter().map(|(_, said)| (said.received_at, said.id)).collect();
        wanted.sort();
        prop_assert_eq!(&listed, &wanted);
        let filter = Filter::new(&facts, &scope, &asked).unwrap();
        let counted = collate(&facts, &scope, &filter).questions;
        let counted: u64 = counted.iter().map(|question| question.contributions.value.unwrap()).sum();
        prop_assert_eq!(listed.len() as u64, counted);
    }

    /// A world in which something was taken back is one in which it was never said, but for the revision.
    #[test]
    fn what_was_taken_back_counts_nowhere(world in world(), scope in scope(), asked in asked()) {
        prop_assume!(!out_of_scope(&scope, &asked));
        let see = |world: &World| {
            let facts = world.facts();
            let filter = Filter::new(&facts, &scope, &asked).unwrap();
            let table = cross_tab(&facts, &scope, &filter, Axis::Theme, Dimension::RespondentGroup, Unit::Contributions);
            let items = cells(&facts, &scope, &filter, &[CellKey::Question, CellKey::By(Dimension::Group)]);
            let collation = serde_json::to_value(collate(&facts, &scope, &filter)).unwrap();
            let listed = list_contributions(&facts, &scope, &asked, Reader::Collector).unwrap();
            let listed: Vec<_> = listed.into_iter().map(|(_, id)| id.to_string()).collect();
            let new = saturation(&facts, &scope, &filter);
            let check = codeframe_check(&facts);
            json!([without(collation, &["revision"]), coverage(&facts, &scope), table, items, listed, new, check])
        };
        prop_assert_eq!(see(&world), see(&world.without_what_was_taken_back()));
    }

    /// Taken back after it was looked at, or before: the facts are the same, and the revision only grows.
    #[test]
    fn taking_back_moves_the_revision_up_and_nothing_is_left_behind(
        mut world in world(), which in vec(any::<prop::sample::Index>(), 1..4),
    ) {
        prop_assume!(!world.said.is_empty());
        let mut facts = world.facts();
        let collation = |facts: &Facts| {
            let filter = Filter::new(facts, &Scope::Whole, &everything()).unwrap();
            collate(facts, &Scope::Whole, &filter)
        };
        for at in which {
            let before = collation(&facts).revision;
            let at = at.index(world.said.len());
            let one = &mut world.said[at];
            (one.withdrawn, one.quotable, one.version) = (true, false, one.version + 1);
            prop_assert!(facts.put_contribution(one.clone()));
            prop_assert!(!facts.put_contribution(one.clone()), "seen twice, so nothing changed");
            prop_assert_eq!(collation(&facts).revision, before + 1);
        }
        prop_assert_eq!(serde_json::to_value(collation(&facts)).unwrap(), whole(&world));
    }

    /// Coders are not shown where somebody may be at risk; leads who ask for what was taken back get all of it.
    #[test]
    fn coders_and_leads_read_what_is_theirs(world in world()) {
        let facts = world.facts();
        let asked = FilterValues { review: Some(vec!["withdrawn".into()]), ..everything() };
        let list = |asked: &FilterValues, reader| -> BTreeSet<_> {
            let listed = list_contributions(&facts, &Scope::Whole, asked, reader).unwrap();
            listed.into_iter().map(|(_, id)| id).collect()
        };
        let gone = |said: &ContributionRow| {
            let whole = world.containers.iter().find(|one| one.id == said.container);
            said.withdrawn || whole.is_some_and(|one| one.review == ReviewState::Withdrawn)
        };
        let those = |keep: &dyn Fn(&ContributionRow) -> bool| -> BTreeSet<_> {
            world.said.iter().filter(|said| keep(said)).map(|said| said.id).collect()
        };
        prop_assert_eq!(list(&everything(), Reader::Coder), those(&|said| !gone(said) && !said.concern));
        prop_assert_eq!(list(&everything(), Reader::Lead), those(&|said| !gone(said)));
        prop_assert_eq!(list(&asked, Reader::Lead), those(&gone));
        prop_assert!(list(&asked, Reader::Collector).is_empty());
    }

    /// What a facilitator sees does not move by what other groups say, the revision included.
    #[test]
    fn no_count_differs_by_what_the_caller_may_not_see(world in world(), at in select(&world::COUNTED[..])) {
        let ids = reach(at);
        let own = Scope::Groups(ids.clone());
        let alone = world.part(|place| world.containers[place].own_group.is_some_and(|own| ids.contains(&own)));
        let see = |world: &World| {
            let facts = world.facts();
            let filter = Filter::new(&facts, &own, &everything()).unwrap();
            let table = cross_tab(&facts, &own, &filter, Axis::Theme, Dimension::RespondentGroup, Unit::Contributions);
            let items = cells(&facts, &own, &filter, &[CellKey::Theme, CellKey::By(Dimension::Group)]);
            json!([collate(&facts, &own, &filter), coverage(&facts, &own), table, items, saturation(&facts, &own, &filter)])
        };
        prop_assert_eq!(see(&world), see(&alone));
    }

    #[test]
    fn every_contribution_is_coded_or_uncoded_or_set_aside(world in world(), asked in asked()) {
        prop_assume!(!out_of_scope(&Scope::Whole, &asked));
        for question in collated(&world, &Scope::Whole, &asked).questions {
            let [all, coded, uncoded, aside] =
                [question.contributions, question.coded, question.uncoded, question.set_aside].map(|n| n.value.unwrap());
            prop_assert_eq!(all, coded + uncoded + aside);
        }
    }

    /// What an assurance says of contributions is what collation, agreement and coverage say.
    #[test]
    fn what_was_considered_is_what_was_collated(world in world()) {
        let facts = world.facts();
        let considered = Considered::of(&facts);
        let collation = collated(&world, &Scope::Whole, &everything());
        let sum = |figure: fn(&CollatedQuestion) -> Count| -> u64 {
            collation.questions.iter().filter_map(|question| figure(question).value).sum()
        };
        prop_assert_eq!(considered.contributions, sum(|question| question.contributions));
        prop_assert_eq!(considered.coded, sum(|question| question.coded));
        prop_assert_eq!(considered.set_aside, sum(|question| question.set_aside));
        prop_assert_eq!(considered.uncoded, sum(|question| question.uncoded));
        prop_assert_eq!(considered.unadjudicated, sum(|question| question.unadjudicated));
        let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
        prop_assert_eq!(considered.double_coded, agreement(&facts, &Scope::Whole, &filter, 1).double_coded);
        let counted = |id: &GroupId| facts.register().groups.iter().find(|group| group.id == *id).map(|group| group.counted_as);
        let silent: BTreeSet<_> = considered.silent.iter().filter_map(counted).map(|id| id.to_string()).collect();
        let covered = coverage(&facts, &Scope::Whole).groups.silent.unwrap_or_default();
        prop_assert_eq!(silent, covered.into_iter().map(|entry| entry.key).collect::<BTreeSet<_>>());
    }

    #[test]
    fn every_table_discussed_a_question_or_did_not_or_left_no_record(world in world(), scope in scope()) {
        let ours = collated(&world, &scope, &everything());
        for question in ours.questions.iter().filter(|question| question.number.is_some()) {
            prop_assert_eq!(question.discussions + question.not_discussed + question.no_record, ours.heard.discussions);
        }
    }

    #[test]
    fn nobody_stands_behind_a_theme_twice(world in world(), scope in scope()) {
        let asked = everything();
        let naive = Naive { world: &world, scope: &scope, asked: &asked };
        let points = naive.points();
        for theme in collated(&world, &scope, &asked).themes {
            let people = theme.people_at_least.map(|count| count.value.unwrap());
            prop_assert_eq!(people, naive::people_at_least(&naive.under(theme.id, &points)));
            prop_assert_eq!(people.is_none(), theme.discussions == 0);
            prop_assert!(people.is_none_or(|people| people >= theme.groups.min(theme.discussions).min(1)));
        }
    }

    #[test]
    fn totals_of_a_cross_tab_are_of_distinct_things(world in world(), columns in select(&DIMENSIONS[..]), unit in select(&UNITS[..])) {
        let facts = world.facts();
        let filter = Filter::new(&facts, &Scope::Whole, &everything()).unwrap();
        let table = cross_tab(&facts, &Scope::Whole, &filter, Axis::Theme, columns, unit);
        for row in &table.rows {
            prop_assert_eq!(row.cells.0.len(), table.columns.len(), "every column has its cell");
            let cells: Vec<u64> = row.cells.0.iter().map(|(_, count)| count.value.unwrap()).collect();
            let (total, most, sum) = (row.total.value.unwrap(), cells.iter().max().copied().unwrap_or(0), cells.iter().sum());
            prop_assert!(most <= total && total <= sum);
            if unit == Unit::Contributions || columns == Dimension::Group {
                prop_assert_eq!(total, sum, "each unit stands in one column");
            }
        }
        for column in &table.columns {
            let cells = table.rows.iter().map(|row| row.cells.get(&column.key).unwrap().value.unwrap());
            let total = column.total.value.unwrap();
            prop_assert!(cells.clone().max().unwrap_or(0) <= total && total <= cells.sum());
        }
    }

    #[test]
    fn a_withdrawn_container_counts_nowhere(mut world in world(), at in any::<prop::sample::Index>()) {
        prop_assume!(!world.containers.is_empty());
        let gone = at.index(world.containers.len());
        world.containers[gone].review = ReviewState::Withdrawn;
        let rest = world.part(|place| place != gone);
        prop_assert_eq!(without(whole(&world), &["revision"]), without(whole(&rest), &["revision"]));
    }

    #[test]
    fn what_counts_is_the_first_coder_s_latest(said in said()) {
        let ours = what_counts(&said.codings);
        let naive = naive::counted(&said);
        prop_assert_eq!(ours.themes, naive.map(|coding| coding.themes.clone()).unwrap_or_default());
        prop_assert_eq!(ours.set_aside, naive::set_aside(&said));
        // Of two that differ, one may be a decision.
        let two = said.codings.iter().filter(|one| one.independent || one.adjudicates).count() > 1;
        prop_assert!(two || ours.differing.is_empty());
    }

    /// A later coding by somebody else moves no theme, whatever it says.
    #[test]
    fn a_second_coder_does_not_overwrite_the_first(mut world in world(), at in any::<prop::sample::Index>(), themes in vec(0..8usize, 0..4)) {
        let coded: Vec<usize> = (0..world.said.len()).filter(|at| naive::counted(&world.said[*at]).is_some()).collect();
        prop_assume!(!coded.is_empty());
        let settled = |world: &World| {
            let mut collation = without(whole(world), &["revision", "limitations"]);
            collation["questions"].as_array_mut().unwrap().iter_mut().for_each(|one| one["unadjudicated"] = Value::Null);
            collation
        };
        let before = settled(&world);
        let one: &mut ContributionRow = &mut world.said[*at.get(&coded)];
        let themes = themes.into_iter().map(theme).collect::<BTreeSet<ThemeId>>().into_iter().collect();
        // With the codeframe that somebody coded it with already: the first with a frozen one begins anew.
        let frozen = naive::standing(one).iter().any(|coding| coding.frozen);
        one.codings.push(CodingRow { coder: id(6, 9), coded_at: 99, independent: true, themes, set_aside: false, adjudicates: false, frozen });
        prop_assert_eq!(before, settled(&world));
    }
}

fn answers() -> impl Strategy<Value = GroupAnswers> {
    (0..40u64, 0..40u64, 0..40u64).prop_map(|(agree, disagree, unsure)| GroupAnswers {
        agree,
        disagree,
        unsure,
    })
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn consensus_does_not_depend_on_the_order_of_groups(
        (groups, other) in vec(answers(), 0..10).prop_flat_map(|groups| (Just(groups.clone()), Just(groups).prop_shuffle())),
    ) {
        let (one, other) = (consensus(groups), consensus(other));
        prop_assert!(near(one.product, other.product) && near(one.geometric_mean, other.geometric_mean));
        prop_assert!(near(one.opposed_geometric_mean, other.opposed_geometric_mean));
        prop_assert_eq!(one.lowest_group_share, other.lowest_group_share);
        prop_assert_eq!((one.groups_heard, one.groups_silent), (other.groups_heard, other.groups_silent));
    }

    #[test]
    fn equal_groups_keep_their_geometric_mean(group in answers(), n in 1..20usize) {
        let (one, many) = (consensus([group]), consensus(vec![group; n]));
        prop_assert!(near(one.geometric_mean, many.geometric_mean));
        prop_assert!(near(one.opposed_geometric_mean, many.opposed_geometric_mean));
        prop_assert!(near(many.product, one.product.map(|share| share.powi(n as i32))));
    }

    #[test]
    fn silent_groups_add_nothing(groups in vec(answers(), 0..8), silent in 0..5usize) {
        let with = consensus(groups.iter().copied().chain(vec![GroupAnswers::default(); silent]));
        let alone = consensus(groups);
        prop_assert_eq!(with.product, alone.product);
        prop_assert_eq!(with.geometric_mean, alone.geometric_mean);
        prop_assert_eq!(with.lowest_group_share, alone.lowest_group_share);
        prop_assert_eq!(with.groups_heard, alone.groups_heard);
        prop_assert_eq!(with.groups_silent, alone.groups_silent + silent as u64);
    }

    #[test]
    fn shares_lie_between_nought_and_one(groups in vec(answers(), 1..10)) {
        let ours = consensus(groups);
        let (Some(product), Some(mean), Some(lowest)) = (ours.product, ours.geometric_mean, ours.lowest_group_share) else {
            prop_assert_eq!(ours.groups_heard, 0);
            return Ok(());
        };
        prop_assert!(0.0 < product && product <= lowest && lowest <= mean + 1e-12 && mean < 1.0);
    }

    /// One more who agrees lowers nothing that speaks for agreement.
    #[test]
    fn another_who_agrees_raises_the_consensus(mut groups in vec(answers(), 1..8), at in any::<prop::sample::Index>()) {
        let at = at.index(groups.len());
        prop_assume!(groups[at].seen() > 0);
        let before = consensus(groups.clone());
        groups[at].agree += 1;
        let after = consensus(groups);
        prop_assert!(after.product > before.product && after.lowest_group_share >= before.lowest_group_share);
        prop_assert!(after.opposed_geometric_mean < before.opposed_geometric_mean);
    }
}

/// Texts of few words, so that two of them have much in common, with every kind of blank and mark.
fn wording() -> impl Strategy<Value = String> {
    let word = select(vec![
        "we", "walk", "walks", "é", " ", " ", "\n", ".", ",", "isn't", "  ", "👣",
    ]);
    vec(word, 0..60).prop_map(|words| words.concat())
}

fn put_together(parts: &[domain::wording::Part], without: domain::wording::Fate) -> String {
    let kept = parts.iter().filter(|part| part.fate != without);
    kept.map(|part| part.text.as_str()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_changed_put_together_is_either_text(before in wording(), after in wording()) {
        use domain::wording::{Fate, compare};
        let parts = compare(&before, &after);
        prop_assert_eq!(put_together(&parts, Fate::Added), before.as_str());
        prop_assert_eq!(put_together(&parts, Fate::Removed), after.as_str());
        prop_assert!(parts.windows(2).all(|two| two[0].fate != two[1].fate));
        prop_assert!(parts.iter().all(|part| !part.text.is_empty()));
        prop_assert_eq!(before == after, parts.iter().all(|part| part.fate == Fate::Same));
        // Told backwards, what was removed is what was added.
        let back = compare(&after, &before);
        prop_assert_eq!(put_together(&back, Fate::Removed), before);
    }

    /// The same for texts of any letters and any length, the cap of what is looked for included.
    #[test]
    fn what_changed_in_any_text_put_together_is_either(before in "\\PC{0,2000}", after in "\\PC{0,2000}") {
        use domain::wording::{Fate, compare};
        let parts = compare(&before, &after);
        prop_assert_eq!(put_together(&parts, Fate::Added), before);
        prop_assert_eq!(put_together(&parts, Fate::Removed), after);
    }
}
