//! What the figures are, by the attacker's names for them: no reader has this. It shows that the attacker is sound (what
//! happened is always among what it holds possible), and gives a facilitator the own column.

use domain::{
    collate::{Axis, CrossTab, Dimension, Filter, FilterValues, Scope, Unit, collate, cross_tab},
    disclosure::{Cut, always_released},
    facts::Facts,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub struct Truth(BTreeMap<String, i64>, BTreeSet<String>);

impl Truth {
    /// The figure of this name, if it is one that can be counted.
    pub fn of(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied().or_else(|| {
            let (set, cell) = name.rsplit_once(':')?;
            let (dimension, key) = cell.split_once('=')?;
            let whole = format!("{set}:{dimension}");
            if !self.1.contains(&whole) {
                return None;
            }
            let unit = set.split(':').next()?;
            // Joined columns are the sums of their members where nothing is in two of them.
            let adds_up = matches!(unit, "contributions" | "people" | "heard")
                || matches!(dimension, "group" | "channel" | "round");
            if key.contains('+') && !adds_up {
                return None;
            }
            let member = |key| self.0.get(&format!("{whole}={key}")).copied().unwrap_or(0);
            Some(key.split('+').map(member).sum())
        })
    }

    fn put(&mut self, name: String, count: &Value) {
        self.0.insert(name, count["value"].as_i64().unwrap());
    }

    fn keyed(&mut self, set: &str, dimension: &str, cells: &Value) {
        self.1.insert(format!("{set}:{dimension}"));
        for (key, count) in cells.as_object().unwrap() {
            self.put(format!("{set}:{dimension}={key}"), count);
        }
    }

    fn theme(&mut self, theme: &Value, within: &str) {
        let id = theme["id"].as_str().unwrap();
        let name = |unit: &str| format!("{unit}:theme={id}{within}");
        self.put(name("contributions"), &theme["contributions"]);
        self.put(name("responses"), &theme["responses"]);
        if !theme["people_at_least"].is_null() {
            self.put(name("people"), &theme["people_at_least"]);
        }
        self.keyed(&name("contributions"), "stance", &theme["stance"]);
        self.keyed(&name("contributions"), "group", &theme["by"]["group"]);
        let tables = theme["by"]["channel"]["meeting_discussion"]["value"]
            .as_i64()
            .unwrap_or(0);
        let all = theme["contributions"]["value"].as_i64().unwrap();
        self.0.insert(name("said_at_tables"), tables);
        self.0.insert(name("said_by_response"), all - tables);
    }
}

pub fn truth(facts: &Facts, cuts: &[Cut]) -> Truth {
    let whole = Filter::whole(facts);
    let collation = serde_json::to_value(collate(facts, &Scope::Whole, &whole)).unwrap();
    let mut truth = Truth(BTreeMap::new(), BTreeSet::new());
    let mut wanted = always_released();
    wanted.extend(cuts.iter().map(|cut| cut.plain()));
    for question in facts
        .register()
        .questions
        .iter()
        .filter(|one| !one.options.is_empty())
    {
        wanted.push(Cut {
            rows: Axis::Answer,
            columns: Dimension::Group,
            unit: Some(Unit::People),
            question: Some(question.number),
        });
    }
    for cut in wanted {
        let values = FilterValues {
            question: cut.question.map(|number| vec![number.to_string()]),
            ..FilterValues::default()
        };
        let filter = Filter::new(facts, &Scope::Whole, &values).unwrap();
        let unit = cut.unit.unwrap();
        let table: CrossTab = cross_tab(facts, &Scope::Whole, &filter, cut.rows, cut.columns, unit);
        for row in &table.rows {
            let set = match cut.question {
                Some(number) => format!("{unit}:{}={number}/{}", cut.rows, row.key),
                None => format!("{unit}:{}={}", cut.rows, row.key),
            };
            truth.put(set.clone(), &serde_json::to_value(row.total).unwrap());
            truth.keyed(
                &set,
                &cut.columns.to_string(),
                &serde_json::to_value(&row.cells).unwrap(),
            );
        }
    }
    for theme in collation["themes"].as_array().unwrap() {
        truth.theme(theme, "");
    }
    for question in collation["questions"].as_array().unwrap() {
        let key = question["number"]
            .as_i64()
            .map_or("none".to_owned(), |number| number.to_string());
        for word in ["coded", "uncoded", "set_aside", "unadjudicated"] {
            truth.put(format!("{word}:question={key}"), &question[word]);
        }
        let set = format!("contributions:question={key}");
        truth.put(set.clone(), &question["contributions"]);
        truth.keyed(&set, "stance", &question["stance"]);
        for (option, count) in question["tally"].as_object().into_iter().flatten() {
            truth.put(format!("people:answer={key}/{option}"), count);
        }
        for theme in question["themes"].as_array().unwrap() {
            truth.theme(theme, &format!("@question={key}"));
        }
    }
    for section in collation["sections"].as_array().unwrap() {
        let key = section["ref"].as_str().unwrap();
        truth.put(format!("contributions:section={key}"), &section["contributions"]);
        for theme in section["themes"].as_array().unwrap() {
            truth.theme(theme, &format!("@section={key}"));
        }
    }
    let heard = &collation["heard"];
    truth.put("heard:participants=all".into(), &heard["participants"]["all"]);
    truth.keyed(
        "heard:participants=all",
        "respondent_group",
        &heard["participants"]["by_respondent_group"],
    );
    for round in heard["attendance"].as_array().unwrap() {
        let set = format!("heard:attendance/{}=all", round["round"].as_str().unwrap());
        truth.put(set.clone(), &round["all"]);
        truth.keyed(&set, "respondent_group", &round["by_respondent_group"]);
    }
    truth.put("heard:responses=all".into(), &heard["responses"]["all"]);
    truth.keyed(
        "heard:responses=all",
        "channel",
        &heard["responses"]["by_channel"],
    );
    truth
}
