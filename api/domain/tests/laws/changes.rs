//! What changed between two reports: nothing between one and itself, the same from either side, as many figures as differ when they are
//! counted naively, and nothing that differs without being named.

use super::{
    AXES, everything,
    world::{World, id, theme, world},
};
use domain::{
    collate::{Collation, Dimension, Filter, FilterValues, Scope, Unit, collate, cross_tab},
    disclosure::{Cut, Provenance, provenance},
    id::{QuoteId, ReportId},
    report::{
        Report, ReportTable,
        changes::{Changes, FieldChange, changes_knowing},
        report_tables,
    },
    wording::Fate,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What differs where nobody knows which quotes are of the same words.
fn changes(before: &Report, after: &Report) -> Changes {
    changes_knowing(before, after, &HashMap::new())
}

/// A report of a world, in which much is written and quoted.
fn report(world: &World, at: usize, columns: Dimension, written: &[String]) -> Report {
    let facts = world.facts();
    let own: ReportId = id(90, at);
    let collation: Collation = collate(&facts, &Scope::Whole, &Filter::whole(&facts));
    let cuts: Vec<_> = AXES
        .into_iter()
        .map(|rows| {
            let cut = Cut {
                rows,
                columns,
                unit: Some(Unit::Contributions),
                question: None,
            };
            let asked: FilterValues = everything();
            let filter = Filter::new(&facts, &Scope::Whole, &asked).unwrap();
            let table = cross_tab(&facts, &Scope::Whole, &filter, rows, columns, Unit::Contributions);
            (cut, table)
        })
        .collect();
    let tables = report_tables(own, &collation, &cuts).tables;
    let themes = collation.themes.iter().map(|theme| {
        json!({"id": theme.id, "code": theme.code, "label": theme.label, "parent_id": theme.parent_id, "description": written.first()})
    });
    let themes: Vec<_> = themes.collect();
    let commented: Vec<_> = collation.themes.iter().zip(written).map(|(theme, text)| {
        json!({"theme_id": theme.id, "summary": text, "key_points": written, "areas_for_consideration": [], "quote_ids": []})
    }).collect();
    let quotes: Vec<_> = written.iter().enumerate().map(|(nth, text)| {
        let quote: QuoteId = id(91, at * 100 + nth);
        json!({"id": quote, "theme_id": theme(nth), "respondent_group": "staff", "text": text, "hash": format!("{at}-{nth}"), "salt": "5a17"})
    }).collect();
    let rest = json!({
        "id": own, "number": at, "status": "published", "release_id": id::<ReportId>(92, 0),
        "consultation": {"id": id::<ReportId>(93, 0), "reference": "MHW", "title": "Healthy weight", "kind": "guidance",
            "commissioned_by": {"id": id::<ReportId>(94, 0), "kind": "commissioner", "name": "A body"}, "summary": written.concat(),
            "channels": ["champion"], "public": true,
            "documents": [{"title": "Draft", "version": "0.3", "sections": [{"ref": "4.3", "title": "Care"}, {"ref": "4.4", "title": "Food"}]}],
            "materials": [],
            "questions": [{"number": 1, "prompt": "What helps?", "kind": "open", "options": []},
                {"number": 2, "prompt": "Which?", "kind": "single_choice", "options": ["yes", "no"]}]},
        "codeframe": {"version": 1, "themes": themes},
        "coding": {"coders": 3, "reliable": 2, "tentative": 1, "unreliable": 0, "undefined": 4, "some_uncoded": false},
        "collation": collation,
        "commentary": {"foreword": written.last(), "easy_read": [{"text": "We asked people."}, {"text": "They told us.", "picture": "people"}],
            "themes": commented, "sections": [{"section_ref": "4.3", "summary": "More of it.", "suggestions": ["One.", "Two."]}]},
        "quotes": quotes, "tables": tables, "limitations": collation.limitations, "licence": "OGL",
        "published_at": "2020-01-01T00:00:00Z", "previous_digest": null, "digest": "00", "superseded_by": null,
    });
    serde_json::from_value(rest).unwrap()
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let text = vec(select(&["walks", "more", "food", "the", "gym"][..]), 1..12);
    vec(text.prop_map(|words| words.join(" ")), 1..5)
}

/// Every figure by its table, row and column.
fn figures(tables: &[ReportTable]) -> BTreeMap<(String, String, String), Value> {
    let mut all = BTreeMap::new();
    for table in tables {
        for row in &table.rows {
            for (column, cell) in table.columns.iter().zip(&row.cells) {
                let shown = cell.as_ref().map(|cell| (cell.value, cell.status));
                all.insert(
                    (table.name.clone(), row.key.clone(), column.key.clone()),
                    json!(shown),
                );
            }
        }
    }
    all
}

/// What is the same from both sides: no parts of texts, which may be found in another order.
type Named = BTreeSet<String>;

fn named(changes: &Changes, turned: bool) -> [Named; 9] {
    fn all<T: serde::Serialize>(list: &[T]) -> Named {
        list.iter().map(|one| json!(one).to_string()).collect()
    }
    let swap = |turn: bool, (a, b): (Value, Value)| if turn { (b, a) } else { (a, b) };
    let figures = changes.figures.iter().map(|one| {
        let (before, after) = swap(turned, (json!(one.before), json!(one.after)));
        json!([one.table, one.row, one.column, before, after])
    });
    let figures: Vec<_> = figures.collect();
    let themes = changes.themes_changed.iter().map(|one| {
        let (before, after) = swap(turned, (json!(one.before), json!(one.after)));
        json!([one.id, one.turns, before, after])
    });
    let themes: Vec<_> = themes.collect();
    let fields = changes.fields.iter().map(|one| {
        let (before, after) = swap(turned, (json!(one.before), json!(one.after)));
        let (was_at, is_at) = swap(turned, (json!(one.pointer_before), json!(one.pointer)));
        json!([was_at, before, is_at, after])
    });
    let fields: Vec<_> = fields.collect();
    let pairs = [
        (all(&changes.places_gone), all(&changes.places_added)),
        (all(&changes.themes_gone), all(&changes.themes_added)),
        (all(&changes.quotes_gone), all(&changes.quotes_added)),
    ];
    let [places, themes_too, quotes] =
        pairs.map(|(gone, added)| if turned { (added, gone) } else { (gone, added) });
    [
        all(&figures),
        all(&themes),
        all(&fields),
        places.0,
        places.1,
        themes_too.0,
        themes_too.1,
        quotes.0,
        quotes.1,
    ]
}

fn put_together(change: &FieldChange, left_out: Fate) -> String {
    let parts = change.words.as_ref().unwrap().iter();
    parts
        .filter(|part| part.fate != left_out)
        .map(|part| part.text.as_str())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_differs_from_itself_and_either_side_tells_the_same(
        one in world(), other in world(), was in texts(), is in texts(),
    ) {
        let before = report(&one, 1, Dimension::RespondentGroup, &was);
        let after = report(&other, 2, Dimension::RespondentGroup, &is);
        prop_assert_eq!(changes(&before, &before), Changes::default());
        // The same said and written again: nothing but ids moved.
        prop_assert_eq!(changes(&before, &report(&one, 3, Dimension::RespondentGroup, &was)), Changes::default());
        let found = changes(&before, &after);
        prop_assert_eq!(named(&found, false), named(&changes(&after, &before), true));
        for change in found.fields.iter().filter(|change| change.words.is_some()) {
            prop_assert_eq!(&json!(put_together(change, Fate::Added)), change.before.as_ref().unwrap());
            prop_assert_eq!(&json!(put_together(change, Fate::Removed)), change.after.as_ref().unwrap());
        }
    }

    #[test]
    fn as_many_figures_are_named_as_differ(one in world(), other in world(), was in texts()) {
        let before = report(&one, 1, Dimension::Group, &was);
        let after = report(&other, 2, Dimension::Group, &was);
        let (old, new) = (figures(&before.tables), figures(&after.tables));
        let differ: BTreeSet<_> = old.iter().filter(|(at, cell)| new.get(*at).is_some_and(|new| new != *cell)).map(|(at, _)| at.clone()).collect();
        let found = changes(&before, &after);
        let told: BTreeSet<_> = found.figures.iter().map(|one| (one.table.clone(), one.row.clone(), one.column.clone())).collect();
        prop_assert_eq!(told.len(), found.figures.len());
        prop_assert_eq!(told, differ);
        // A figure that only one of them has stands in a place that is named.
        let is_in = |places: &[domain::report::changes::TablePlace], (table, row, column): &(String, String, String)| {
            places.iter().any(|place| &place.table == table
                && place.row.as_ref().is_none_or(|at| at == row) && place.column.as_ref().is_none_or(|at| at == column))
        };
        for at in old.keys().filter(|at| !new.contains_key(*at)) {
            prop_assert!(is_in(&found.places_gone, at), "{:?}", at);
        }
        for at in new.keys().filter(|at| !old.contains_key(*at)) {
            prop_assert!(is_in(&found.places_added, at), "{:?}", at);
        }
    }

    /// What moved between two releases against a naive look at the two worlds.
    #[test]
    fn what_moved_is_what_a_naive_look_finds(one in world(), other in world()) {
        let read = |world: &World| Provenance::read(&provenance(&world.facts())).unwrap();
        let (before, after) = (read(&one), read(&other));
        let nothing = before.moved_to(&before);
        prop_assert_eq!(nothing, Default::default());
        type Stands = BTreeMap<String, (i32, Option<i32>, String)>;
        let stands = |kept: &Provenance| -> Stands {
            let all = kept.behind(&Default::default());
            all.contributions.iter().map(|(_, said)| {
                (said.id.to_string(), (said.version, kept.question_of(said), said.respondent_group.to_string()))
            }).collect()
        };
        let (old, new) = (stands(&before), stands(&after));
        let moved = before.moved_to(&after);
        let only = |a: &Stands, b: &Stands| a.keys().filter(|id| !b.contains_key(*id)).count();
        prop_assert_eq!(moved.gone.contributions.len(), only(&old, &new));
        prop_assert_eq!(moved.added.contributions.len(), only(&new, &old));
        let in_both = |differ: fn(&(i32, Option<i32>, String), &(i32, Option<i32>, String)) -> bool| {
            old.iter().filter(|(id, was)| new.get(*id).is_some_and(|is| differ(was, is))).count()
        };
        prop_assert_eq!(moved.other_version.contributions.len(), in_both(|was, is| was.0 != is.0));
        prop_assert_eq!(moved.question.contributions.len(), in_both(|was, is| was.1 != is.1));
        prop_assert_eq!(moved.respondent_group.contributions.len(), in_both(|was, is| was.2 != is.2));
        let back = after.moved_to(&before);
        prop_assert_eq!(moved.recoded.contributions.len(), back.recoded.contributions.len());
        prop_assert_eq!(moved.answers, back.answers);
        prop_assert_eq!(moved.added.containers, back.gone.containers);
    }
}

/// Whether a field is a report's own, or stands elsewhere, too.
fn is_no_difference(at: &str, name: &str) -> bool {
    let own: &[&str] = match at {
        "" => &[
            "id",
            "number",
            "status",
            "published_at",
            "previous_digest",
            "digest",
            "superseded_by",
            "collation",
        ],
        "/quotes" => &["id", "hash", "salt"],
        at if at.ends_with("/cells") => &["id"],
        _ => &["quote_ids", "csv", "chart"],
    };
    own.contains(&name)
}

/// Where every string, number and truth of a report stands.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            // Places in lists tell nothing of what a field is.
            let of: String = at
                .split('/')
                .filter(|part| part.parse::<usize>().is_err())
                .collect::<Vec<_>>()
                .join("/");
            for (name, field) in fields.iter().filter(|(name, _)| !is_no_difference(&of, name)) {
                leaves(field, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                leaves(item, &format!("{at}/{place}"), found);
            }
        }
        Value::Null => {}
        _ => found.push(at.to_owned()),
    }
}

/// What may stand in place of something, of whatever kind it is.
fn others(value: &Value) -> Vec<Value> {
    match value {
        // An id or a word of a closed set takes no other text.
        Value::String(text) => vec![
            json!(format!("{text} else")),
            json!("00000000-0000-7000-8000-000000000001"),
            json!("withheld"),
            json!("carer"),
            json!("family_carer"),
            json!("survey"),
            json!("sub_group"),
            json!("written"),
            json!("agreement"),
        ],
        Value::Bool(holds) => vec![json!(!holds)],
        _ => vec![json!(4711), json!(2)],
    }
}

#[test]
fn nothing_differs_without_being_named() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut told = world().new_tree(&mut runner).unwrap().current();
    while told.said.len() < 4 || told.containers.len() < 2 {
        told = world().new_tree(&mut runner).unwrap().current();
    }
    let written = ["More walks would help.".to_owned(), "Food matters.".to_owned()];
    let mut before = report(&told, 1, Dimension::Setting, &written);
    // Two rows of each table are enough, and let the test end.
    before.tables.iter_mut().for_each(|table| table.rows.truncate(2));
    let whole = json!(before);
    let mut all = Vec::new();
    leaves(&whole, "", &mut all);
    let mut looked_at: BTreeMap<&str, usize> = BTreeMap::new();
    for at in &all {
        let read = others(whole.pointer(at).unwrap()).into_iter().find_map(|other| {
            let mut made = whole.clone();
            *made.pointer_mut(at).unwrap() = other;
            // What is no report any more cannot be one that differs.
            serde_json::from_value::<Report>(made)
                .ok()
                .filter(|after| json!(after) != whole)
        });
        let after = read.unwrap_or_else(|| panic!("nothing else can stand at {at}"));
        assert_ne!(
            changes(&before, &after),
            Changes::default(),
            "{at} differs, and nothing is named"
        );
        *looked_at.entry(at.split('/').nth(1).unwrap()).or_default() += 1;
    }
    let parts: Vec<_> = looked_at.keys().copied().collect();
    assert_eq!(
        parts,
        [
            "codeframe",
            "coding",
            "commentary",
            "consultation",
            "licence",
            "limitations",
            "quotes",
            "release_id",
            "tables"
        ]
    );
}

#[test]
fn quotes_are_the_same_by_their_words_or_by_whoever_knows_them() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let world = world()
        .new_tree(&mut TestRunner::deterministic())
        .unwrap()
        .current();
    let written = ["Walks.".to_owned(), "Food.".to_owned()];
    let mut before = report(&world, 1, Dimension::Setting, &written);
    let mut after = report(&world, 2, Dimension::Setting, &written);
    assert_eq!(changes(&before, &after), Changes::default());
    // Taken out of both: nothing in them says that they are the same.
    (before.quotes[0].text, after.quotes[0].text) = (None, None);
    let found = changes(&before, &after);
    assert_eq!((found.quotes_gone.len(), found.quotes_added.len()), (1, 1));
    let known = HashMap::from([(before.quotes[0].id, after.quotes[0].id)]);
    assert_eq!(changes_knowing(&before, &after, &known), Changes::default());
    after.quotes.remove(0);
    let found = changes_knowing(&before, &after, &known);
    assert_eq!((found.quotes_gone.len(), found.quotes_added.len()), (1, 0));
    assert_eq!(found.quotes_gone[0].text, None);
}

#[test]
fn a_theme_is_the_same_whatever_its_code_has_become() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut world = world().new_tree(&mut runner).unwrap().current();
    while world.said.is_empty() {
        world = super::world::world().new_tree(&mut runner).unwrap().current();
    }
    let mut other = world.clone();
    for theme in &mut other.register.themes {
        theme.code = format!("other-{}", theme.code);
    }
    let (before, after) = (
        report(&world, 1, Dimension::Setting, &["Walks.".into()]),
        report(&other, 2, Dimension::Setting, &["Walks.".into()]),
    );
    let found = changes(&before, &after);
    assert_eq!(
        (
            found.places_added.len(),
            found.places_gone.len(),
            found.figures.len()
        ),
        (0, 0, 0)
    );
    assert_eq!(found.themes_changed.len(), before.codeframe.themes.len());
    assert!(found.themes_gone.is_empty() && found.themes_added.is_empty());
}
