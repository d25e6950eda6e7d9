//! Small tables whose bounds somebody else computed: what the attacker finds is what a linear programme finds.

use crate::{
    bounds::{Known, Rule, programme},
    real::{data, json_file},
};
use serde_json::Value;

fn words(value: &Value) -> Vec<String> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

/// Bounds of hidden cells under published row and column totals and nothing else: made with scipy's HiGHS by
/// `golden_scripts/sdc.py`, on examples of Statistics Norway's SmallCountRounding and a table of Fischetti and Salazar's.
#[test]
fn bounds_of_two_way_tables_are_those_of_linear_programmes() {
    let Some(folder) = data("sdc-tables") else { return };
    let golden = json_file(&folder.join("sdc_golden.json"));
    let (mut cells, mut wider) = (0, Vec::new());
    for (name, table) in golden
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !name.starts_with('_'))
    {
        let (rows, columns) = (words(&table["rows"]), words(&table["cols"]));
        for pattern in table["patterns"].as_array().unwrap() {
            let hidden = pattern["hidden"].as_array().unwrap();
            let mut known = Known::default();
            let place =
                |known: &mut Known, row: usize, column: usize| known.figure(&format!("{row}/{column}"));
            for (r, row) in rows.iter().enumerate() {
                for (c, column) in columns.iter().enumerate() {
                    let figure = place(&mut known, r, c);
                    if !hidden
                        .iter()
                        .any(|one| one["row"] == **row && one["col"] == **column)
                    {
                        let count = table["counts"][r][c].as_i64().unwrap();
                        known.see(figure, count, count);
                    }
                }
            }
            for (r, _) in rows.iter().enumerate() {
                let total = known.figure(&format!("row {r}"));
                let count = table["row_totals"][r].as_i64().unwrap();
                known.see(total, count, count);
                let cells: Vec<u32> = (0..columns.len()).map(|c| place(&mut known, r, c)).collect();
                known.equal("row", &cells, &[total]);
            }
            for (c, _) in columns.iter().enumerate() {
                let total = known.figure(&format!("column {c}"));
                let count = table["col_totals"][c].as_i64().unwrap();
                known.see(total, count, count);
                let cells: Vec<u32> = (0..rows.len()).map(|r| place(&mut known, r, c)).collect();
                known.equal("column", &cells, &[total]);
            }
            let wanted: Vec<u32> = hidden
                .iter()
                .map(|one| {
                    let r = rows.iter().position(|row| one["row"] == **row).unwrap();
                    let c = columns.iter().position(|column| one["col"] == **column).unwrap();
                    place(&mut known, r, c)
                })
                .collect();
            let exact = programme(&known.bounds, &linear(&known), &wanted);
            known.tighten(None);
            for ((one, (least, most)), figure) in hidden.iter().zip(exact).zip(&wanted) {
                cells += 1;
                let golden = (
                    one["attacker_min"].as_f64().unwrap(),
                    one["attacker_max"].as_f64().unwrap(),
                );
                let which = format!("{name}, {}: {} {}", pattern["pattern"], one["row"], one["col"]);
                assert!(
                    (least - golden.0).abs() < 1e-6 && (most - golden.1).abs() < 1e-6,
                    "{which} lies in {least}..{most}, not {golden:?}"
                );
                let tightened = known.bounds[*figure as usize];
                if (tightened.0 as f64, tightened.1 as f64) != golden {
                    wider.push(format!(
                        "{which}: {tightened:?} by tightening, {golden:?} in truth"
                    ));
                }
            }
        }
    }
    say!(
        "golden bounds of {cells} hidden cells reproduced; tightening alone is wider on {}:",
        wider.len()
    );
    wider.iter().for_each(|one| say!("  {one}"));
    assert_eq!((cells, wider.len()), (35, 0));
}

/// The linear rules of a system.
pub fn linear(known: &Known) -> Vec<(Vec<(u32, i64)>, i64)> {
    known
        .rules
        .iter()
        .filter_map(|(rule, _)| match rule {
            Rule::Sum(terms, most) => Some((terms.clone(), *most)),
            // What is not linear says this much in a linear way.
            Rule::Heard(cells, _, not_zero) => {
                Some((cells.iter().map(|cell| (*cell, -1)).collect(), -not_zero))
            }
            _ => None,
        })
        .collect()
}
