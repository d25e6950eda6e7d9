//! What is kept of somebody's words beyond their use ends: what stood before a clearance replaced parts of it, and what was
//! taken back. The text is gone from every table; that there was one, who replaced it and when stays.

use collate::{
    collecting::retention::{Keeping, sweep},
    server::Settings,
    store::{Store, check::check},
};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Database as Connect, Statement};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{
    World,
    database::{Database, until},
    new_id,
    world::contribution_ids,
};

/// A name that a clearance replaced, one in what was taken back, and a word of what stands after the clearance.
const NAME: &str = "Zebulon";
const TAKEN_BACK: &str = "Quillon";
const AFTER: &str = "marigolds";

/// A name that stands for it in what may be quoted.
const WITH: &str = "[somebody]";

const KEEPING: Keeping = Keeping {
    originals: 180,
    withdrawn: 30,
};

fn at(said: &str) -> String {
    format!("/v1/contributions/{said}")
}

/// Ends what has run out after so many days, as the service does by its own clock.
async fn after_days(database: &Database, days: i64) -> u64 {
    let store = Store::connect(&database.url, 2).await.unwrap();
    let then = collate::clock::now().plus_seconds(days * 24 * 60 * 60);
    sweep(&store, KEEPING, then).await.unwrap()
}

/// Every column of every table, as text that can be searched.
async fn columns(database: &Database) -> Vec<(String, String, String)> {
    let connection = Connect::connect(&database.url).await.unwrap();
    let sql = match database.is_postgres() {
        true => {
            "SELECT table_name::text AS name, column_name::text AS col,
                CASE data_type WHEN 'bytea' THEN 'encode(' || quote_ident(column_name) || ', ''escape'')'
                    ELSE quote_ident(column_name) || '::text' END AS words
             FROM information_schema.columns WHERE table_schema = current_schema()"
        }
        false => {
            "SELECT t.name AS name, c.name AS col, 'CAST(\"' || c.name || '\" AS text)' AS words
             FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
        }
    };
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    connection.close().await.unwrap();
    let word = |row: &sea_orm::QueryResult, column: &str| row.try_get::<String>("", column).unwrap();
    rows.iter()
        .map(|row| (word(row, "name"), word(row, "col"), word(row, "words")))
        .collect()
}

/// Where a word stands: how often, by table and column.
async fn places(database: &Database, word: &str) -> BTreeMap<String, usize> {
    let columns = columns(database).await;
    assert!(
        columns.len() > 150,
        "there are more columns than {}",
        columns.len()
    );
    let each: Vec<_> = columns
        .iter()
        .map(|(table, column, words)| {
            format!(
                "SELECT '{table}.{column}' AS text FROM \"{table}\" WHERE lower({words}) LIKE '%{}%'",
                word.to_lowercase()
            )
        })
        .collect();
    let mut places = BTreeMap::new();
    // SQLite joins five hundred at the most.
    for some in each.chunks(100) {
        for place in database.texts(&some.join(" UNION ALL ")).await {
            *places.entry(place).or_default() += 1;
        }
    }
    places
}

fn found(places: &[(&str, usize)]) -> BTreeMap<String, usize> {
    places
        .iter()
        .map(|(place, times)| ((*place).to_owned(), *times))
        .collect()
}

async fn faults(database: &Database) -> Vec<String> {
    check(&database.url).await.unwrap().faults
}

/// Every earlier version, with what is said of it beside its body.
async fn kept(database: &Database) -> Vec<String> {
    let sql = "SELECT of_kind || ' ' || CAST(version AS text) || ' ' || CAST(replaced_at AS text) AS text
               FROM earlier_versions ORDER BY id";
    database.texts(sql).await
}

async fn bodies(database: &Database) -> Vec<Value> {
    let sql = "SELECT CAST(body AS text) AS text FROM earlier_versions ORDER BY id";
    let bodies = database.texts(sql).await;
    bodies
        .iter()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect()
}

struct Said {
    world: World,
    consultation: String,
    /// The point and the answer that a lead cleared by replacing the name.
    cleared: [String; 2],
    /// The point and the answer that were taken back.
    taken_back: [String; 2],
}

impl Said {
    /// A table and a response, corrected before and after a name in each was replaced; a point, and a whole response, that
    /// were corrected and then taken back.
    async fn new() -> Self {
        let world = World::start().await;
        let lead = &world.lead;
        let id = world.open(json!({"group_ids": []})).await;
        let theme = world.theme(&id, "walks", json!({})).await;
        let points = json!({"participants": {"service_user": 8}, "contributions": [
            {"question": 1, "text": format!("Ask {NAME} first."), "quote_consent": "quotable"},
            {"question": 1, "text": format!("{TAKEN_BACK} knows."), "quote_consent": "quotable"}]});
        let table = world.discussion(&id, &world.meeting_a, points).await;
        let answers = json!({"answers": [
            {"question": 1, "text": format!("With {NAME} on the ward."), "quote_consent": "quotable"},
            {"question": 2, "choice": "yes"}]});
        let response = world.response(&id, answers).await;
        let other =
            json!({"id": new_id(), "answers": [{"question": 1, "text": format!("{TAKEN_BACK}, too.")}]});
        let other = world.response(&id, other).await;
        let said = [
            contribution_ids(&table),
            contribution_ids(&response),
            contribution_ids(&other),
        ]
        .concat();
        let (cleared, taken_back) = (
            [said[0].clone(), said[2].clone()],
            [said[1].clone(), said[3].clone()],
        );
        world.code(&cleared[0], &[&theme]).await;

        let table_path = format!("/v1/discussions/{}", table.id());
        let response_path = format!("/v1/responses/{}", response.id());
        let other_path = format!("/v1/responses/{}", other.id());
        let corrected = async |path: &str, list: &str, texts: &[(&String, String)], extra: Value| {
            let shown = lead.get(path).await.expect(200);
            let mut said: Vec<_> = texts
                .iter()
                .map(|(id, text)| json!({"id": id, "question": 1, "text": text, "quote_consent": "not_quotable"}))
                .collect();
            said.extend(extra.as_array().unwrap().iter().cloned());
            lead.patch(path, shown.version(), json!({list: said}))
                .await
                .expect(200);
        };
        let choice = json!([{"question": 2, "choice": "yes"}]);
        let none = json!([]);
        // Each of the points by itself, then with the table or response that it stands in.
        for one in [&cleared[0], &cleared[1], &taken_back[0], &taken_back[1]] {
            let shown = lead.get(at(one)).await.expect(200);
            let text = format!("{} So it was.", shown.json["text"].as_str().unwrap());
            lead.patch(at(one), shown.version(), json!({"text": text}))
                .await
                .expect(200);
        }
        let texts = [
            (&cleared[0], format!("Do ask {NAME} first.")),
            (&taken_back[0], format!("{TAKEN_BACK} will know.")),
        ];
        corrected(&table_path, "contributions", &texts, none.clone()).await;
        let texts = [(&cleared[1], format!("With {NAME} at hand."))];
        corrected(&response_path, "answers", &texts, choice.clone()).await;
        let texts = [(&taken_back[1], format!("And {TAKEN_BACK}, too."))];
        corrected(&other_path, "answers", &texts, none.clone()).await;

        for one in &cleared {
            let shown = lead.get(at(one)).await.expect(200);
            let text = shown.json["text"].as_str().unwrap();
            let start = text.find(NAME).unwrap();
            let part = json!({"start": start, "end": start + NAME.len(), "with": WITH});
            lead.post(format!("{}/clearance", at(one)), json!({"replace": [part]}))
                .await
                .expect(200);
        }
        // What comes after the clearance is what may stand, and its history is kept.
        for after in ["We like marigolds.", "We like marigolds, too."] {
            let texts = [
                (&cleared[0], after.to_owned()),
                (&taken_back[0], format!("{TAKEN_BACK} said it.")),
            ];
            corrected(&table_path, "contributions", &texts, none.clone()).await;
            corrected(
                &response_path,
                "answers",
                &[(&cleared[1], after.to_owned())],
                choice.clone(),
            )
            .await;
        }
        // Whoever codes it writes down why it is set aside, and whoever decides why so.
        let aside = json!({"theme_ids": [], "set_aside": {"reason": format!("Only {TAKEN_BACK} can say.")}});
        lead.put(format!("{}/coding", at(&taken_back[0])), aside)
            .await
            .expect(200);
        let decided = json!({"theme_ids": [theme], "reason": format!("{TAKEN_BACK} walks.")});
        lead.post(format!("{}/adjudication", at(&taken_back[0])), decided)
            .await
            .expect(200);
        let asked = json!({"scope": "all", "asked_by": "speaker"});
        lead.post(format!("{}/withdrawal", at(&taken_back[0])), asked)
            .await
            .expect(200);
        let receipt = json!({"receipt": other.json["receipt"], "scope": "all"});
        world
            .service
            .stranger()
            .post("/v1/withdrawals", receipt)
            .await
            .expect(200);
        world.move_to(&id, "closed").await.ok();
        lead.post(format!("/v1/consultations/{id}/releases"), json!({}))
            .await
            .expect(201);
        Self {
            world,
            consultation: id,
            cleared,
            taken_back,
        }
    }

    /// What the machine wrote down of it, oldest first.
    async fn events(&self) -> Vec<Value> {
        let auditor = self.world.user(json!({"role": "auditor"})).await;
        auditor.all("/v1/audit-events?act=service:end-texts").await
    }
}

#[actix_web::test]
async fn texts_end_when_their_time_has_come_and_nowhere_is_a_word_left() {
    let said = Said::new().await;
    let (world, database) = (&said.world, &said.world.service.database);
    let (lead, taken_back) = (&world.lead, &said.taken_back);
    assert_eq!(faults(database).await, Vec::<String>::new());
    let (versions, as_it_stood) = (kept(database).await, bodies(database).await);
    let replica = world.service.replica().await;
    let path = format!("/v1/consultations/{}/collation", said.consultation);
    let collation = lead.get(path.clone()).await.expect(200);

    // Kept for now: as often as each of the points and answers was changed, by itself or with its table or response.
    let names = found(&[("earlier_versions.body", 6)]);
    let withdrawn = found(&[
        ("codings.adjudication_reason", 1),
        ("codings.set_aside_reason", 1),
        ("contributions.text", 2),
        ("earlier_versions.body", 5),
    ]);
    let after = found(&[("contributions.text", 2), ("earlier_versions.body", 2)]);
    assert_eq!(places(database, NAME).await, names);
    assert_eq!(places(database, TAKEN_BACK).await, withdrawn);
    assert_eq!(places(database, AFTER).await, after);

    // Not a day too early.
    assert_eq!(after_days(database, 29).await, 0);
    assert_eq!(
        (bodies(database).await, said.events().await),
        (as_it_stood, vec![])
    );
    assert!(
        lead.get(at(&taken_back[0])).await.expect(200).json["text"]
            .as_str()
            .unwrap()
            .contains(TAKEN_BACK)
    );

    // What was taken back goes first.
    assert_eq!(after_days(database, 31).await, 2);
    assert_eq!(places(database, TAKEN_BACK).await, found(&[]));
    assert_eq!(places(database, NAME).await, names);
    assert_eq!(faults(database).await, Vec::<String>::new());
    for one in taken_back {
        let shown = lead.get(at(one)).await.expect(200).json;
        assert_eq!((&shown["text"], &shown["flags"]), (&json!(""), &json!([])));
        assert!(
            shown["text_ended_at"].is_string() && shown["withdrawn_at"].is_string(),
            "{shown}"
        );
    }
    let search = json!({"text": TAKEN_BACK, "review": ["withdrawn"]});
    let path_of_search = format!("/v1/consultations/{}/contributions/search", said.consultation);
    assert!(lead.post(path_of_search, search).await.ok().items().is_empty());

    // Then what stood before the clearances.
    assert_eq!(after_days(database, 179).await, 0);
    assert_eq!(places(database, NAME).await, names);
    assert_eq!(after_days(database, 181).await, 2);
    assert_eq!(places(database, NAME).await, found(&[]));
    assert_eq!(after_days(database, 10_000).await, 0);

    // What may stand stands, with its history; of what is gone it is said that it is, and when, and all else stays.
    assert_eq!(places(database, AFTER).await, after);
    assert_eq!(kept(database).await, versions);
    let ended: Vec<_> = bodies(database)
        .await
        .iter()
        .flat_map(|body| {
            let within = ["contributions", "answers"]
                .iter()
                .find_map(|list| body[*list].as_array());
            within.cloned().unwrap_or_else(|| vec![body.clone()])
        })
        .filter(|one| one.get("text_ended_at").is_some())
        .collect();
    assert_eq!(ended.len(), 11);
    let ids: BTreeSet<_> = ended.iter().map(|one| one["id"].as_str().unwrap()).collect();
    let both = [&said.cleared[..], &taken_back[..]].concat();
    assert_eq!(ids, both.iter().map(String::as_str).collect());
    for one in &ended {
        assert_eq!((&one["text"], &one["flags"]), (&json!(""), &json!([])), "{one}");
        assert!(
            one["version"].is_i64() && one["respondent_group"].is_string(),
            "{one}"
        );
    }

    // Nothing that counts has moved, on any replica.
    let now = lead.get(path.clone()).await.expect(200);
    let figures = |answer: &tests::Answer| {
        let mut all = answer.json.clone();
        all.as_object_mut().unwrap().remove("revision");
        all
    };
    assert_eq!(figures(&now), figures(&collation));
    let there = lead.at(replica.base()).get(path).await.expect(200);
    assert_eq!((there.bytes == now.bytes, there.etag()), (true, now.etag()));

    // An act of the machine a contribution, with every row that it wrote.
    let events = said.events().await;
    let subjects: BTreeSet<_> = events
        .iter()
        .map(|event| event["subject"]["id"].as_str().unwrap())
        .collect();
    assert_eq!((events.len(), subjects), (4, ids));
    // Three versions each before the clearance; every one of what was taken back.
    let written = [
        (&said.cleared[0], 3, "clearances"),
        (&said.cleared[1], 3, "clearances"),
        (&taken_back[0], 3, "contributions"),
        (&taken_back[1], 2, "contributions"),
    ];
    for event in &events {
        assert_eq!(event["consultation_id"], said.consultation);
        assert_eq!(
            (event.get("actor_id"), &event["outcome"]),
            (None, &json!("written"))
        );
        let subject = event["subject"]["id"].as_str().unwrap();
        let (_, versions, other) = written.iter().find(|(id, ..)| *id == subject).unwrap();
        assert_eq!(
            event["rows"]["earlier_versions"].as_array().unwrap().len(),
            *versions,
            "{event}"
        );
        assert_eq!(event["rows"][*other].as_array().unwrap().len(), 1, "{event}");
        // Of what was taken back, that its text ended is a version.
        let steps = usize::from(*other == "contributions");
        let of_steps = event["rows"].get("version_steps").and_then(Value::as_array);
        assert_eq!(of_steps.map_or(0, Vec::len), steps, "{event}");
        // Of one, two reasons beside codings end with it.
        let reasons = if subject == taken_back[0] { 2 } else { 0 };
        let of_codings = event["rows"].get("codings").and_then(Value::as_array);
        assert_eq!(of_codings.map_or(0, Vec::len), reasons, "{event}");
        let tables = 2 + steps + usize::from(reasons > 0);
        assert_eq!(event["rows"].as_object().unwrap().len(), tables, "{event}");
    }
    assert_eq!(faults(database).await, Vec::<String>::new());
    let tampered =
        "UPDATE earlier_versions SET body = '{\"text\": \"Zebulon\"}' WHERE of_kind = 'contribution'
                    AND version = 1";
    database.run(tampered).await;
    let named = faults(database).await;
    assert_eq!(named.len(), 4, "{named:#?}");
    assert!(
        named
            .iter()
            .all(|fault| fault.starts_with("earlier_versions ") && fault.contains("service:end-texts")),
        "{named:#?}"
    );
}

#[actix_web::test]
async fn of_many_who_sweep_at_once_each_text_is_ended_by_one() {
    let said = Said::new().await;
    let database = &said.world.service.database;
    let sweeps = join_all((0..6).map(|_| after_days(database, 400))).await;
    assert_eq!(sweeps.iter().sum::<u64>(), 4, "{sweeps:?}");
    assert_eq!(said.events().await.len(), 4);
    assert_eq!(places(database, NAME).await, found(&[]));
    assert_eq!(places(database, TAKEN_BACK).await, found(&[]));
    assert_eq!(faults(database).await, Vec::<String>::new());
}

/// Tables and responses were once kept with the words of all their points, those of responses without their versions.
#[actix_web::test]
async fn words_that_were_kept_with_the_whole_end_too() {
    let said = Said::new().await;
    let (lead, database) = (&said.world.lead, &said.world.service.database);
    let cleared = [
        (&said.cleared[0], "discussion", "contributions"),
        (&said.cleared[1], "response", "answers"),
    ];
    for (one, kind, list) in cleared {
        let shown = lead.get(at(one)).await.expect(200).json;
        let whole = shown[format!("{kind}_id")].as_str().unwrap().to_owned();
        let of_whole = format!("of_kind = '{kind}' AND CAST(body AS text) LIKE '%{whole}%'");
        let versions = format!(
            "SELECT CAST(version AS text) AS text FROM earlier_versions WHERE {of_whole} ORDER BY version"
        );
        let versions = database.texts(&versions).await;
        assert_eq!(versions.len(), 3);
        // One from before the clearance, and two from after it.
        for (version, (own, text)) in versions.iter().zip([(2, NAME), (4, AFTER), (5, AFTER)]) {
            let mut within = json!({"id": one, "question": 1, "text": format!("We like {text}.")});
            if kind == "discussion" {
                within["version"] = json!(own);
            }
            let body = json!({"id": whole, list: [within]});
            database
                .run(&format!(
                    "UPDATE earlier_versions SET body = '{body}' WHERE version = {version} AND {of_whole}"
                ))
                .await;
        }
        let own = format!("of_kind = 'contribution' AND CAST(body AS text) LIKE '%{one}%'");
        database
            .run(&format!("DELETE FROM earlier_versions WHERE {own}"))
            .await;
    }
    assert_eq!(
        places(database, NAME).await,
        found(&[("earlier_versions.body", 2)])
    );
    let after = places(database, AFTER).await;
    after_days(database, 181).await;
    assert_eq!(places(database, NAME).await, found(&[]));
    assert_eq!(places(database, AFTER).await, after);
}

#[actix_web::test]
async fn a_service_ends_what_has_run_out_by_its_own_clock() {
    let said = Said::new().await;
    let database = &said.world.service.database;
    let day: i64 = 24 * 60 * 60 * 1_000_000;
    // As if eight days had gone by since the clearances, and two since the withdrawals.
    database
        .run(&format!(
            "UPDATE clearances SET cleared_at = cleared_at - {0};
             UPDATE contributions SET withdrawn_at = withdrawn_at - {1} WHERE withdrawn_at IS NOT NULL",
            8 * day,
            2 * day
        ))
        .await;
    let settings = |originals, withdrawn| Settings {
        keeping: Keeping { originals, withdrawn },
        ..Settings::default()
    };
    let until_gone =
        async |word: &str| until(async || places(database, word).await.into_iter().collect()).await;
    let first = said.world.service.replica_with(settings(9, 1)).await;
    until_gone(TAKEN_BACK).await;
    assert_eq!(
        places(database, NAME).await,
        found(&[("earlier_versions.body", 6)])
    );
    drop(first);
    let second = said.world.service.replica_with(settings(7, 1)).await;
    until_gone(NAME).await;
    drop(second);
    assert!(!places(database, AFTER).await.is_empty());
}
