//! What a report says otherwise than the one before, and why: every difference, and of single contributions nothing but to whom it
//! is told.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Caller, World, new_id};

fn address(report: &Value) -> String {
    format!("/v1/reports/{}", report["id"].as_str().unwrap())
}

fn changes_of(report: &Value) -> String {
    format!("{}/changes", address(report))
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

async fn draft(world: &World, consultation: &str) -> Value {
    let path = format!("/v1/consultations/{consultation}/reports");
    world.lead.post(path, json!({})).await.expect(201).json
}

/// Writes a foreword, and to each theme a summary and what the release offers.
async fn written(world: &World, report: &Value, foreword: &str, summary: &str) -> Value {
    let themes: Vec<_> = list(&report["codeframe"]["themes"])
        .iter()
        .map(|theme| {
            let own = list(&report["draft"]["quotes_on_offer"]).iter();
            let own = own.filter(|quote| quote["theme_id"] == theme["id"]);
            let own: Vec<_> = own.map(|quote| &quote["contribution_id"]).collect();
            json!({"theme_id": theme["id"], "summary": summary, "key_points": ["It matters."], "quote_ids": own})
        })
        .collect();
    let body = json!({"commentary": {"foreword": foreword, "themes": themes,
        "easy_read": [{"text": "We asked people."}]}});
    let version = report["draft"]["version"].as_i64().unwrap();
    let changed = world.lead.patch(address(report), version, body).await;
    changed.expect(200).json
}

async fn publish(world: &World, report: &Value) -> Value {
    let path = format!("{}/publish", address(report));
    world.lead.post(path, json!({})).await.expect(200).json
}

async fn read(caller: &Caller, report: &Value) -> Value {
    caller.get(address(report)).await.expect(200).json
}

/// A report published, much coded anew and a quote taken back, and another report published.
struct Twice {
    world: World,
    consultation: String,
    said: Vec<String>,
    first: Value,
    second: Value,
    /// The words that were taken back.
    taken: String,
}

const RECODED: usize = 18;

async fn twice(extra: Value) -> Twice {
    let world = World::start().await;
    let (consultation, said) = world.told(extra).await;
    world.move_to(&consultation, "closed").await.ok();
    let report = written(
        &world,
        &draft(&world, &consultation).await,
        "Thank you all.",
        "People spoke of it.",
    )
    .await;
    let first = publish(&world, &report).await;
    // Six of each of three tables, those that were under food alone and those that were under both.
    let sport = world.theme(&consultation, "sport", json!({})).await;
    for id in said.iter().take(RECODED) {
        world.code(id, &[&sport]).await;
    }
    // The last of its quotes. Each table's first point may be quoted.
    let taken = list(&first["quotes"]).last().unwrap()["text"].clone();
    let taken = taken.as_str().unwrap().to_owned();
    let of_table = (0..4)
        .find(|table| taken == format!("Point 0 of table {table}."))
        .unwrap();
    let quote = json!({"scope": "quote", "asked_by": "speaker"});
    let withdrawal = format!("/v1/contributions/{}/withdrawal", said[of_table * 6]);
    world.lead.post(withdrawal, quote).await.expect(200);
    let report = written(
        &world,
        &draft(&world, &consultation).await,
        "Thank you all, once more.",
        "People spoke of it.",
    )
    .await;
    let second = publish(&world, &report).await;
    Twice {
        world,
        consultation,
        said,
        first,
        second,
        taken,
    }
}

type Figures = BTreeMap<(String, String, String), (Value, Value)>;

/// Every figure by table, row and column; nothing but its value and its status.
fn figures(report: &Value) -> Figures {
    let mut all = Figures::new();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for table in list(&report["tables"]) {
        for row in list(&table["rows"]) {
            for (column, cell) in list(&table["columns"]).iter().zip(list(&row["cells"])) {
                let at = (text(&table["name"]), text(&row["key"]), text(&column["key"]));
                all.insert(at, (cell["value"].clone(), cell["status"].clone()));
            }
        }
    }
    all
}

fn told(changes: &Value) -> Figures {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let figures = list(&changes["figures"]).iter().map(|one| {
        let at = (text(&one["table"]), text(&one["row"]), text(&one["column"]));
        (at, (one["before"].clone(), one["after"].clone()))
    });
    figures.collect()
}

/// The pointers at which fields differ, without the places of rows and tables.
fn pointers(changes: &Value) -> BTreeSet<String> {
    list(&changes["fields"])
        .iter()
        .filter_map(|one| one["pointer"].as_str().or(one["pointer_before"].as_str()))
        .map(ToOwned::to_owned)
        .collect()
}

#[actix_web::test]
async fn the_next_version_names_each_difference() {
    let twice = twice(json!({})).await;
    let (world, stranger) = (&twice.world, twice.world.service.stranger());
    assert_ne!(twice.first["release_id"], twice.second["release_id"]);
    let (first, second) = (
        read(&stranger, &twice.first).await,
        read(&stranger, &twice.second).await,
    );
    let reply = stranger.get(changes_of(&second)).await.expect(200).json;
    assert_eq!(
        (&reply["report"]["id"], &reply["since"]["id"]),
        (&second["id"], &first["id"])
    );
    let changes = &reply["changes"];

    // Figure by figure, against the two documents.
    let (old, new) = (figures(&first), figures(&second));
    let naive: BTreeSet<_> = old
        .iter()
        .filter(|(at, figure)| new.get(*at).is_some_and(|new| new != *figure))
        .map(|(at, _)| at.clone())
        .collect();
    let named = told(changes);
    assert!(!naive.is_empty());
    assert_eq!(named.keys().cloned().collect::<BTreeSet<_>>(), naive);
    for (at, (before, after)) in &named {
        let shown = |figure: &Value| (figure["value"].clone(), figure["status"].clone());
        assert_eq!(
            (shown(before), shown(after)),
            (old[at].clone(), new[at].clone()),
            "{at:?}"
        );
    }
    // What only one of them has is in a row, a column or a table that is named.
    let place = |lists: &str, (table, row, column): &(String, String, String)| {
        list(&changes[lists]).iter().any(|place| {
            place["table"] == table.as_str()
                && place["row"].as_str().is_none_or(|at| at == row)
                && place["column"].as_str().is_none_or(|at| at == column)
        })
    };
    assert!(old.keys().any(|at| new.contains_key(at)));
    for at in old.keys().filter(|at| !new.contains_key(*at)) {
        assert!(place("places_gone", at), "{at:?}");
    }
    for at in new.keys().filter(|at| !old.contains_key(*at)) {
        assert!(place("places_added", at), "{at:?}");
    }
    assert!(
        new.keys().any(|at| !old.contains_key(at)),
        "sport is a row of its own"
    );

    // Themes, texts and quotes.
    let codes = |list_of: &str| -> Vec<String> {
        let all = list(&changes[list_of]).iter();
        all.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes("themes_added"), ["sport"]);
    assert_eq!(codes("themes_gone"), Vec::<String>::new());
    assert_eq!(changes["themes_changed"], json!([]));
    let at = pointers(changes);
    for wanted in ["/release_id", "/commentary/foreword", "/codeframe/version"] {
        let differs = first.pointer(wanted) != second.pointer(wanted);
        assert_eq!(at.contains(wanted), differs, "{wanted} in {at:?}");
    }
    assert!(at.contains("/release_id") && at.contains("/commentary/foreword"));
    assert!(!at.iter().any(|at| at.starts_with("/consultation")), "{at:?}");
    let foreword = list(&changes["fields"])
        .iter()
        .find(|one| one["pointer"] == "/commentary/foreword")
        .unwrap();
    assert_eq!(
        foreword["words"],
        json!([{"fate": "same", "text": "Thank you all"}, {"fate": "added", "text": ", once more"}, {"fate": "same", "text": "."}])
    );
    let sport = &changes["themes_added"][0]["id"];
    let commented = list(&changes["fields"])
        .iter()
        .filter(|one| one["after"]["theme_id"] == *sport);
    assert_eq!(commented.count(), 1);

    // Quotes by their words; of what was taken back no word.
    let words = |report: &Value| -> Vec<(String, Value)> {
        let quotes = list(&report["quotes"]).iter();
        quotes
            .map(|quote| (quote["theme_id"].to_string(), quote["text"].clone()))
            .collect()
    };
    let (before, after) = (words(&first), words(&second));
    let taken: Vec<_> = before.iter().filter(|(_, text)| text.is_null()).collect();
    assert!(!taken.is_empty());
    let listed = |name: &str| -> Vec<(String, Value)> {
        let all = list(&changes[name]).iter();
        all.map(|quote| (quote["theme_id"].to_string(), quote["text"].clone()))
            .collect()
    };
    let only = |a: &[(String, Value)], b: &[(String, Value)]| -> Vec<(String, Value)> {
        let left = a.iter().filter(|quote| quote.1.is_null() || !b.contains(quote));
        left.cloned().collect()
    };
    assert_eq!(listed("quotes_gone"), only(&before, &after));
    assert_eq!(listed("quotes_added"), only(&after, &before));
    assert!(!reply.to_string().contains(&twice.taken));
    assert_eq!(
        reply["since_publication"],
        json!({"quotes_taken_out": [], "superseded_by": null})
    );
    // The first has none before it, and says what became of it.
    let reply = stranger.get(changes_of(&first)).await.expect(200).json;
    assert_eq!(
        (&reply["since"], &reply["changes"], &reply["reasons"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(reply["since_publication"]["superseded_by"], second["id"]);
    assert_eq!(
        list(&reply["since_publication"]["quotes_taken_out"]).len(),
        taken.len()
    );
    // Nothing of it names a contribution.
    let text = world.lead.get(changes_of(&second)).await.expect(200).text();
    for id in &twice.said {
        assert!(!text.contains(id.as_str()), "{id}");
    }
}

#[actix_web::test]
async fn why_is_told_in_numbers_to_leads_and_the_auditor_alone() {
    let twice = twice(json!({})).await;
    let world = &twice.world;
    let auditor = world.user(json!({"role": "auditor"})).await;
    for caller in [&world.lead, &auditor] {
        let reply = caller.get(changes_of(&twice.second)).await.expect(200).json;
        let reasons = &reply["reasons"];
        assert_eq!(reasons["counted_anew"], true);
        assert_eq!(reasons["words"], json!(["recoded", "other"]));
        assert_eq!(
            reasons["exact"],
            json!({"added": 0, "gone": 0, "withdrawn": 0, "withdrawn_in_review": 0, "gone_otherwise": 0, "recoded": RECODED,
                "by_codeframe": 0, "other_version": 1, "answers": 0,
                "moved": {"question": 0, "section": 0, "respondent_group": 0, "setting": 0, "stance": 0, "place": 0}})
        );
    }
    let facilitator = world.facilitator(&world.a).await;
    let steering = world.user(json!({"role": "steering_group"})).await;
    let stranger = world.service.stranger();
    for caller in [&facilitator, &steering, &stranger, &world.admin] {
        let reply = caller.get(changes_of(&twice.second)).await.expect(200).json;
        assert_eq!(reply["reasons"]["words"], json!(["recoded", "other"]));
        assert_eq!(reply["reasons"].get("exact"), None);
    }

    // The same coded back, one taken back and a table withdrawn in review, in a draft that is not published yet.
    let food = list(&twice.first["codeframe"]["themes"])
        .iter()
        .find(|theme| theme["code"] == "food")
        .unwrap();
    for id in twice.said.iter().take(RECODED) {
        world.code(id, &[food["id"].as_str().unwrap()]).await;
    }
    let whole = json!({"scope": "all", "asked_by": "speaker"});
    let withdrawal = format!("/v1/contributions/{}/withdrawal", twice.said[19]);
    world.lead.post(withdrawal, whole).await.expect(200);
    let path = format!("/v1/consultations/{}/discussions", twice.consultation);
    let notes = world.lead.all(&path).await;
    let reasons = world.lead.all("/v1/review-reasons").await;
    let reason = reasons
        .iter()
        .find(|one| list(&one["to"]).contains(&json!("withdrawn")));
    let moved =
        json!({"to": "withdrawn", "reason_id": reason.unwrap()["id"], "note": "It was another meeting's."});
    let table = notes.iter().find(|notes| notes["table"] == "Table 2").unwrap();
    let review = format!("/v1/discussions/{}/review", table["id"].as_str().unwrap());
    world.lead.post(review, moved).await.expect(200);
    let third = draft(world, &twice.consultation).await;
    let reply = world.lead.get(changes_of(&third)).await.expect(200).json;
    assert_eq!(
        (&reply["since"]["id"], &reply["since_publication"]),
        (&twice.second["id"], &Value::Null)
    );
    let exact = &reply["reasons"]["exact"];
    assert_eq!(
        [
            &exact["gone"],
            &exact["withdrawn"],
            &exact["withdrawn_in_review"],
            &exact["recoded"],
            &exact["answers"]
        ],
        [&json!(7), &json!(1), &json!(6), &json!(RECODED - 6), &json!(1)]
    );
    // Twelve of two tables, and seven of two, are too few to be named.
    assert_eq!(reply["reasons"]["words"], json!(["other"]));
    stranger.get(changes_of(&third)).await.problem(404, "not-found");
    steering.get(changes_of(&third)).await.problem(404, "not-found");
}

#[actix_web::test]
async fn of_one_release_nothing_was_counted_anew() {
    let world = World::start().await;
    let (consultation, _) = world.told(json!({})).await;
    world.move_to(&consultation, "closed").await.ok();
    let report = written(
        &world,
        &draft(&world, &consultation).await,
        "Thank you.",
        "It was said.",
    )
    .await;
    publish(&world, &report).await;
    let report = written(
        &world,
        &draft(&world, &consultation).await,
        "Thank you.",
        "It was said.",
    )
    .await;
    let second = publish(&world, &report).await;
    let stranger = world.service.stranger();
    for caller in [&world.lead, &stranger] {
        let reply = caller.get(changes_of(&second)).await.expect(200).json;
        assert_eq!(reply["reasons"]["counted_anew"], false);
        assert_eq!(
            (&reply["reasons"]["words"], reply["reasons"].get("exact")),
            (&json!([]), None)
        );
        // Publishing the first froze the codeframe, whose entries "Other" and "No reason given" nobody has coded with.
        assert!(
            pointers(&reply["changes"])
                .iter()
                .all(|at| matches!(at.as_str(), "/codeframe/version" | "/coding/undefined")),
            "{}",
            reply["changes"]["fields"]
        );
        for other in [
            "figures",
            "places_added",
            "places_gone",
            "themes_added",
            "themes_gone",
            "themes_changed",
            "quotes_added",
            "quotes_gone",
        ] {
            assert_eq!(reply["changes"][other], json!([]), "{other}");
        }
    }
    // The same answer is not sent again.
    let reply = stranger.get(changes_of(&second)).await.expect(200);
    let again = tests::Ask::of("GET", changes_of(&second)).header("if-none-match", reply.etag());
    stranger.send(again).await.expect(304);
}

#[actix_web::test]
async fn since_names_an_earlier_report_by_id_or_number() {
    let twice = twice(json!({})).await;
    let (world, stranger) = (&twice.world, twice.world.service.stranger());
    let since = |since: &str| format!("{}?since={since}", changes_of(&twice.second));
    let plain = stranger.get(changes_of(&twice.second)).await.expect(200);
    for named in [twice.first["id"].as_str().unwrap(), "1"] {
        assert_eq!(
            stranger.get(since(named)).await.expect(200).text(),
            plain.text(),
            "{named}"
        );
    }
    for (named, code) in [
        ("before", "bad-parameter"),
        ("2", "not-earlier"),
        ("", "bad-parameter"),
    ] {
        let refused = stranger.get(since(named)).await.problem(400, "bad-parameter");
        assert_eq!(refused.json["errors"][0]["pointer"], "/since", "{named}");
        assert_eq!(refused.json["errors"][0]["code"], code, "{named}");
    }
    let later = format!("{}?since=2", changes_of(&twice.first));
    stranger.get(later).await.problem(400, "bad-parameter");
    stranger
        .get(format!("{}?before=1", changes_of(&twice.second)))
        .await
        .problem(400, "bad-parameter");
    let third = draft(world, &twice.consultation).await;
    for named in ["7", &new_id(), "3", third["id"].as_str().unwrap()] {
        stranger.get(since(named)).await.problem(404, "not-found");
    }
    stranger
        .get(format!("/v1/reports/{}/changes", new_id()))
        .await
        .problem(404, "not-found");

    // What was retracted is compared with by those alone who answer for it; unsaid, the last that stands is taken.
    let retract = |report: &Value| format!("{}/retract", address(report));
    let reason = json!({"reason": "A table was printed twice."});
    let third = publish(world, &written(world, &third, "Thank you.", "It was said.").await).await;
    world
        .lead
        .post(retract(&twice.second), reason.clone())
        .await
        .expect(200);
    let reply = stranger.get(changes_of(&third)).await.expect(200).json;
    assert_eq!(reply["since"]["id"], twice.first["id"]);
    let of_retracted = format!("{}?since=2", changes_of(&third));
    let gone = stranger.get(&of_retracted).await.problem(410, "report-retracted");
    assert!(gone.text().contains("A table was printed twice."));
    let reply = world.lead.get(&of_retracted).await.expect(200).json;
    assert_eq!(
        (&reply["since"]["id"], &reply["since"]["status"]),
        (&twice.second["id"], &json!("retracted"))
    );
    stranger
        .get(changes_of(&twice.second))
        .await
        .problem(410, "report-retracted");
}

#[actix_web::test]
async fn who_may_not_read_a_report_is_told_nothing_of_its_changes() {
    let twice = twice(json!({"public": false})).await;
    let world = &twice.world;
    let steering = world.user(json!({"role": "steering_group"})).await;
    let facilitator = world.facilitator(&world.a).await;
    for caller in [&steering, &facilitator] {
        caller.get(changes_of(&twice.second)).await.expect(200);
    }
    for caller in [&world.service.stranger(), &world.admin] {
        caller
            .get(changes_of(&twice.second))
            .await
            .problem(404, "not-found");
    }
}
