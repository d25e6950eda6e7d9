//! What releases would be, had nobody thought of what figures say together: the attacker must win on them, or it is none.

use crate::{
    attacker::{Reader, Rules},
    campaign::{Outcome, attack_as, counted_groups},
    generator::{World, world},
    truth::truth,
};
use domain::{
    collate::{Axis, Dimension, Filter, FilterValues, Scope, Unit, collate, coverage, cross_tab},
    disclosure::{Cut, always_released},
    facts::Facts,
};
use serde_json::{Value, json};

/// Everything of a release, exact.
pub fn exact(facts: &Facts, cuts: &[Cut]) -> Value {
    let whole = Filter::whole(facts);
    let mut collation = serde_json::to_value(collate(facts, &Scope::Whole, &whole)).unwrap();
    let mut wanted = always_released();
    wanted.extend(cuts.iter().map(|cut| cut.plain()));
    for question in &facts.register().questions {
        if question.kind == domain::vocabulary::QuestionKind::Agreement {
            wanted.push(Cut {
                rows: Axis::Answer,
                columns: Dimension::Group,
                unit: Some(Unit::People),
                question: Some(question.number),
            });
        }
    }
    let tables: Vec<Value> = wanted
        .into_iter()
        .map(|cut| {
            let values = FilterValues {
                question: cut.question.map(|number| vec![number.to_string()]),
                ..FilterValues::default()
            };
            let filter = Filter::new(facts, &Scope::Whole, &values).unwrap();
            let table = cross_tab(
                facts,
                &Scope::Whole,
                &filter,
                cut.rows,
                cut.columns,
                cut.unit.unwrap(),
            );
            json!({"cut": cut, "table": table})
        })
        .collect();
    // Releases break no theme down within a question or section.
    for part in ["questions", "sections"] {
        for part in collation[part].as_array_mut().unwrap() {
            for theme in part["themes"].as_array_mut().unwrap() {
                let all = json!({"all": theme["contributions"]});
                theme["stance"] = all.clone();
                for of in ["respondent_group", "group", "setting", "channel"] {
                    theme["by"][of] = all.clone();
                }
            }
        }
    }
    json!({"collation": collation, "tables": tables, "coverage": coverage(facts, &Scope::Whole), "quotes": []})
}

/// Every count by itself; totals of columns are left out, as they are of releases.
pub fn each_by_itself(value: &mut Value, hide: &dyn Fn(i64) -> (Option<i64>, &'static str)) {
    match value {
        Value::Object(fields) if fields.contains_key("status") && fields.contains_key("value") => {
            let (shown, status) = hide(fields["value"].as_i64().unwrap());
            *value = json!({"value": shown, "status": status});
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if name == "columns" && field.is_array() {
                    for column in field.as_array_mut().unwrap() {
                        column["total"] = json!({"value": null, "status": "withheld"});
                    }
                } else {
                    each_by_itself(field, hide);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_by_itself(item, hide)),
        _ => {}
    }
}

/// Small numbers hidden, all others as they are, with totals.
pub const HIDE_SMALL: Rules = Rules {
    threshold: 4,
    base: 1,
    shows_zero: true,
};

pub fn small_hidden(count: i64) -> (Option<i64>, &'static str) {
    if (1..=4).contains(&count) {
        (None, "suppressed")
    } else {
        (Some(count), "exact")
    }
}

pub fn rounded(rules: Rules) -> impl Fn(i64) -> (Option<i64>, &'static str) {
    move |count| match count {
        0 if rules.shows_zero => (Some(0), "exact"),
        count if count <= rules.threshold => (None, "suppressed"),
        count => (
            Some((count + rules.base / 2) / rules.base * rules.base),
            "rounded",
        ),
    }
}

fn attacked(world: &World, rules: Rules, hide: &dyn Fn(i64) -> (Option<i64>, &'static str)) -> Outcome {
    let facts = world.facts();
    let mut release = exact(&facts, &world.cuts);
    each_by_itself(&mut release, hide);
    let groups = counted_groups(&facts);
    let reader = Reader::read_by(&release, &groups, rules);
    let who = format!("seed {}, each count by itself", world.seed);
    attack_as(reader, &release, &groups, &truth(&facts, &world.cuts), &who)
}

#[test]
fn on_tables_of_the_naive_kinds_the_attacker_wins() {
    let (mut all, mut exactly, mut together) = (0, 0, 0);
    for seed in 0..60 {
        let world = world(seed);
        let small = attacked(&world, HIDE_SMALL, &small_hidden);
        let mhsds = Rules::of("mhsds-5");
        let without_the_check = attacked(&world, mhsds, &rounded(mhsds));
        all += 1;
        exactly += usize::from(!small.wins.is_empty());
        together += usize::from(!without_the_check.wins.is_empty());
    }
    say!(
        "{all} consultations: hiding small numbers and showing the rest loses {exactly}, suppressing and rounding each \
         count by itself loses {together}"
    );
    assert!(exactly > all / 2 && together > all / 4, "the attacker is none");
}
