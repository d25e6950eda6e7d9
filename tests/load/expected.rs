//! The right counts, from the rows themselves and from nothing of ours.

use crate::{
    measure::Wrong,
    rows::{GROUPS, Row, THEMES},
    world::World,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The right counts, from the rows themselves.
#[derive(Default)]
pub struct Expected {
    /// (question, theme, region, respondent group)
    pub cells: BTreeMap<(usize, usize, usize, String), u64>,
    /// Contributions and uncoded ones by question.
    pub questions: BTreeMap<usize, (u64, u64)>,
    pub stances: BTreeMap<(usize, &'static str), u64>,
    pub themes: BTreeMap<(usize, usize), u64>,
}

impl Expected {
    pub fn add(&mut self, row: &Row) {
        self.count(row);
        for theme in &row.themes {
            let respondent_group = Value::from(row.respondent_group()).to_string();
            *self
                .cells
                .entry((row.question, *theme, row.region, respondent_group))
                .or_default() += 1;
            *self.themes.entry((row.question, *theme)).or_default() += 1;
        }
    }

    pub fn add_uncoded(&mut self, row: &Row) {
        self.count(row);
        self.questions.entry(row.question).or_default().1 += 1;
    }

    pub fn count(&mut self, row: &Row) {
        self.questions.entry(row.question).or_default().0 += 1;
        *self.stances.entry((row.question, row.stance())).or_default() += 1;
    }

    /// Contributions of a question.
    pub fn of_question(&self, number: usize) -> u64 {
        self.questions.get(&number).map_or(0, |(all, _)| *all)
    }

    /// Compares a table of all cells; how many it has.
    pub fn compare_cells(&self, table: &Value, world: &World) -> Result<usize, Wrong> {
        let items = table["items"].as_array().ok_or("cells have no items")?;
        let place = |ids: &[String], key: &Value| ids.iter().position(|id| key == id).unwrap_or(usize::MAX);
        let mut ours = BTreeMap::new();
        for item in items {
            let question = item[0]
                .as_str()
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            let keys = (
                question,
                place(&world.themes, &item[1]),
                place(&world.groups, &item[2]),
                item[3].to_string(),
            );
            ours.insert(keys, item[4].as_u64().unwrap_or(0));
        }
        if ours.len() != items.len() {
            return Err("a combination stands twice in the cells".into());
        }
        if ours != self.cells {
            let odd = self
                .cells
                .iter()
                .find(|(keys, count)| ours.get(*keys) != Some(*count));
            return Err(format!("{} cells, expected {}; {odd:?}", ours.len(), self.cells.len()).into());
        }
        Ok(ours.len())
    }

    pub fn marks(&self) -> u64 {
        self.cells.values().sum()
    }

    /// Compares a collation of some or all questions.
    pub fn compare(&self, collation: &Value) -> Result<(), Wrong> {
        for question in collation["questions"]
            .as_array()
            .ok_or("a collation has no questions")?
        {
            let number = question["number"].as_u64().unwrap_or(0) as usize;
            let (all, uncoded) = self.questions.get(&number).copied().unwrap_or_default();
            let ours = [
                &question["contributions"],
                &question["uncoded"],
                &question["coded"],
            ]
            .map(|n| n["value"].as_u64());
            if ours != [all, uncoded, all - uncoded].map(Some) || question["discussions"] != all {
                return Err(
                    format!("question {number}: {ours:?}, expected {all} and {uncoded} uncoded").into(),
                );
            }
            for stance in ["supports", "opposes", "mixed", "unclear", "suggests"] {
                let wanted = self.stances.get(&(number, stance)).copied().unwrap_or(0);
                if question["stance"][stance]["value"] != wanted {
                    return Err(format!(
                        "question {number}, {stance}: {}, expected {wanted}",
                        question["stance"][stance]
                    )
                    .into());
                }
            }
            for theme in question["themes"].as_array().into_iter().flatten() {
                let at = THEMES
                    .iter()
                    .position(|code| theme["code"] == *code)
                    .unwrap_or(usize::MAX);
                let wanted = self.themes.get(&(number, at)).copied().unwrap_or(0);
                if theme["contributions"]["value"] != wanted || theme["discussions"] != wanted {
                    return Err(format!(
                        "question {number}, {}: {}, expected {wanted}",
                        theme["code"], theme["contributions"]
                    )
                    .into());
                }
            }
        }
        Ok(())
    }

    /// The figures that are published with the data set of 100,000 rows.
    pub fn is_the_published_one(&self) -> Result<(), Wrong> {
        let of = |question: usize, region: Option<usize>| {
            let cells = self
                .cells
                .iter()
                .filter(|((q, _, r, _), _)| *q == question && region.is_none_or(|region| *r == region));
            cells.fold((0, 0), |(cells, marks), (_, count)| (cells + 1, marks + count))
        };
        let london = GROUPS.iter().position(|name| *name == "london");
        let ours = ((self.cells.len(), self.marks()), of(5, None), of(5, london));
        let published = ((19_175, 159_619), (1_607, 13_653), (188, 1_886));
        if ours == published {
            Ok(())
        } else {
            Err(format!("{ours:?} is not the published {published:?}").into())
        }
    }
}
