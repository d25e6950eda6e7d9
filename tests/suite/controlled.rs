//! Everything that a controlled caller can get over HTTP, at every address that the document has, whatever it is asked with.
//!
//! The attack on releases (`api/domain/tests/attack`) takes a release as it was stored. This holds that HTTP adds nothing to
//! it: an answer is a document of the latest release as it was stored, or holds no count and no number but evidence, or
//! is a refusal that reads alike whatever is hidden. The addresses and parameters come from the document, so that one that is
//! added later is asked, too.

use actix_web::http::Method;
use domain::{
    disclosure::Cut,
    vocabulary::Role::{self, ClinicalReferenceGroup, Dashboard, SteeringGroup},
};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::{Answer, Ask, Caller, World, contract::DOCUMENT, database::say, merged, world::contribution_ids};

/// Numbers in answers, beside counts: none of them counts people or responses. `*` is any place in a list.
const EVIDENCE: &[(&str, &[&str])] = &[
    (
        "/v1/consultations/{id}/collation",
        &[
            // Of the release, and how many there were.
            "/revision",
            "/policy/release",
            // Groups, meetings, tables and services.
            "/heard/groups",
            "/heard/groups_expected",
            "/heard/meetings",
            "/heard/discussions",
            "/heard/services",
            "/heard/services_expected",
            "/questions/*/number",
            "/questions/*/discussions",
            "/questions/*/groups",
            "/questions/*/not_discussed",
            "/questions/*/no_record",
            "/questions/*/consensus/groups_heard",
            "/questions/*/consensus/groups_silent",
            "/questions/*/themes/*/discussions",
            "/questions/*/themes/*/groups",
            "/questions/*/themes/*/meetings",
            "/themes/*/discussions",
            "/themes/*/groups",
            "/themes/*/meetings",
            "/sections/*/themes/*/discussions",
            "/sections/*/themes/*/groups",
            "/sections/*/themes/*/meetings",
            // Reckoned from the counts that are released beside them.
            "/questions/*/consensus/product",
            "/questions/*/consensus/geometric_mean",
            "/questions/*/consensus/lowest_group_share",
            "/questions/*/consensus/opposed_geometric_mean",
        ],
    ),
    // Which release it is.
    ("/v1/consultations/{id}/cross-tab", &["/policy/release"]),
    (
        "/v1/consultations/{id}/coverage",
        &[
            "/groups/expected",
            "/groups/present",
            "/groups/heard",
            "/services/expected",
            "/services/present",
            "/services/heard",
            "/tables/expected",
            "/tables/posted",
            "/questions/*/number",
            "/questions/*/discussions",
            "/questions/*/not_discussed",
            "/questions/*/no_record",
        ],
    ),
    // Which release it is; groups heard; and what is reckoned from the counts that are released.
    (
        "/v1/consultations/{id}/consensus",
        &[
            "/policy/release",
            "/questions/*/number",
            "/questions/*/group/groups_heard",
            "/questions/*/group/groups_silent",
            "/questions/*/group/product",
            "/questions/*/group/geometric_mean",
            "/questions/*/group/lowest_group_share",
            "/questions/*/group/opposed_geometric_mean",
            "/questions/*/respondent_group/groups_heard",
            "/questions/*/respondent_group/groups_silent",
            "/questions/*/respondent_group/product",
            "/questions/*/respondent_group/geometric_mean",
            "/questions/*/respondent_group/lowest_group_share",
            "/questions/*/respondent_group/opposed_geometric_mean",
            "/questions/*/respondent_group/heard/*/share",
            "/questions/*/respondent_group/heard/*/opposed_share",
            "/questions/*/setting/groups_heard",
            "/questions/*/setting/groups_silent",
            "/questions/*/setting/product",
            "/questions/*/setting/geometric_mean",
            "/questions/*/setting/lowest_group_share",
            "/questions/*/setting/opposed_geometric_mean",
            "/questions/*/setting/heard/*/share",
            "/questions/*/setting/heard/*/opposed_share",
        ],
    ),
    ("/v1/consultations/{id}/differences", &["/policy/release"]),
    (
        "/v1/consultations/{id}/trend",
        &[
            "/consultations/*/policy/release",
            "/consultations/*/discussions",
            "/consultations/*/groups",
            "/themes/*/points/*/discussions",
            "/themes/*/points/*/discussions_base",
            "/themes/*/points/*/discussions_share",
            "/themes/*/points/*/groups",
            "/themes/*/points/*/groups_base",
        ],
    ),
    // Numbers of releases, of questions, and versions of what a lead or an admin wrote.
    (
        "/v1/consultations/{id}/releases",
        &["/items/*/number", "/items/*/cuts/*/question"],
    ),
    (
        "/v1/consultations/{id}/releases/{release_id}",
        &["/number", "/cuts/*/question"],
    ),
    (
        "/v1/consultations",
        &["/items/*/questions/*/number", "/items/*/version"],
    ),
    ("/v1/consultations/{id}", &["/questions/*/number", "/version"]),
    ("/v1/bodies", &["/items/*/version"]),
    ("/v1/bodies/{id}", &["/version"]),
    ("/v1/groups", &["/items/*/version"]),
    ("/v1/groups/{id}", &["/version"]),
    ("/v1/services", &["/items/*/version"]),
    ("/v1/services/{id}", &["/version"]),
    ("/v1/rounds", &["/items/*/version"]),
    ("/v1/rounds/{id}", &["/version"]),
];

/// Who reads controlled figures, and nothing else.
const ROLES: [Role; 3] = [SteeringGroup, ClinicalReferenceGroup, Dashboard];

/// Refusals that a controlled caller may read; no other answer but 200 is let through.
const REFUSALS: &[(u16, &[&str])] = &[
    (400, &["bad-parameter", "bad-cursor"]),
    (403, &["forbidden", "cut-not-released"]),
    (404, &["not-found"]),
    (406, &["not-acceptable"]),
    (409, &["not-released"]),
];

/// Media types that somebody may ask for.
const ACCEPTS: &[&str] = &[
    "application/json",
    "*/*",
    "text/csv",
    "text/html",
    "application/pdf",
    "application/xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
];

/// Suffixes that an address may be given.
const SUFFIXES: &[&str] = &[".json", ".csv", ".xlsx", ".html", ".pdf", ".docx"];

/// One of two consultations in which the same tables and responses said as much on the same themes, and in which other people
/// said it otherwise.
struct Twin {
    /// Words that stand for its own ids, and the ids.
    names: Vec<(String, String)>,
    reference: String,
    said: Vec<String>,
}

impl Twin {
    fn id(&self) -> &str {
        &self.names[0].1
    }

    /// An address in words, of this twin.
    fn address(&self, words: &str) -> String {
        let own = self.names.iter();
        own.fold(words.to_owned(), |text, (word, id)| text.replace(word, id))
    }

    /// An answer in the words that both share.
    fn in_words(&self, text: &str) -> String {
        let own = self.names.iter();
        let text = own.fold(text.to_owned(), |text, (word, id)| text.replace(id, word));
        text.replace(&self.reference, "<reference>")
    }

    /// The documents of a release of it, by name, but those that tell what it was made of and what stands behind its figures.
    async fn stored(&self, world: &World, number: i64) -> BTreeMap<String, Value> {
        let database = &world.service.database;
        let body = if database.is_postgres() {
            "convert_from(d.body, 'UTF8')"
        } else {
            "CAST(d.body AS TEXT)"
        };
        let rows = format!(
            "FROM release_documents d JOIN releases r ON r.id = d.release_id JOIN consultations c ON c.id = r.consultation_id \
             WHERE c.reference = '{}' AND r.number = {number} AND d.name NOT IN ('basis', 'provenance') ORDER BY d.name",
            self.reference
        );
        let names = database.texts(&format!("SELECT d.name AS text {rows}")).await;
        let bodies = database.texts(&format!("SELECT {body} AS text {rows}")).await;
        let bodies = bodies.iter().map(|body| serde_json::from_str(body).unwrap());
        names.into_iter().zip(bodies).collect()
    }
}

/// Four tables and six responses. `other` moves who spoke, where, for or against, by which channel, how hands and choices fell,
/// who attended, and codes a point less at each table; all evidence stays.
async fn said(world: &World, other: bool) -> Twin {
    let pick = |one: Value, two: Value| if other { two } else { one };
    let round = json!({"title": "Winter", "starts_on": "2019-11-01", "ends_on": "2019-12-31",
        "group_ids": [world.a, world.b, world.c], "status": "active"});
    let round = world.lead.post("/v1/rounds", round).await.expect(201).id();
    let id = world.open(json!({"round_ids": [round], "group_ids": []})).await;
    let reference = world
        .lead
        .get(format!("/v1/consultations/{id}"))
        .await
        .expect(200);
    let reference = reference.json["reference"].as_str().unwrap().to_owned();
    let food = world.theme(&id, "food", json!({})).await;
    let cooking = world.theme(&id, "cooking", json!({"parent_id": food})).await;
    let walks = world.theme(&id, "walks", json!({})).await;
    let mut names: Vec<_> = [
        ("<consultation>", &id),
        ("<round>", &round),
        ("<food>", &food),
        ("<cooking>", &cooking),
        ("<walks>", &walks),
    ]
    .map(|(word, id)| (word.to_owned(), id.clone()))
    .to_vec();
    let mut meetings = Vec::new();
    for group in [&world.a, &world.b, &world.c] {
        let attendance = pick(
            json!([{"respondent_group": "service_user", "people": 14}, {"respondent_group": "staff", "people": 6}]),
            json!([{"respondent_group": "service_user", "people": 9}, {"respondent_group": "staff", "people": 8},
                {"respondent_group": "family_carer", "people": 3}]),
        );
        let extra = json!({"round_id": round, "attendance": attendance, "tables": 2});
        meetings.push(world.meeting(group, extra).await);
    }
    let question = |point: usize| match point {
        7 => Value::Null,
        6 => json!(3),
        _ => json!(1),
    };
    let mut all = Vec::new();
    for (at, meeting) in [0, 0, 1, 2].into_iter().enumerate() {
        let points: Vec<_> = (0..8)
            .map(|point| {
                json!({
                    "question": question(point),
                    "text": format!("Point {point} of table {at}."),
                    "respondent_group": pick(
                        json!(if point < 6 { "service_user" } else { "staff" }),
                        json!(["service_user", "staff", "family_carer"][point % 3])),
                    "stance": pick(
                        json!(if point < 6 { "suggests" } else { "supports" }),
                        json!(["opposes", "supports", "unclear"][point % 3])),
                    "setting": pick(
                        json!("low_secure"),
                        json!(["medium_secure", "low_secure"][point % 2])),
                    "section_ref": if point % 2 == 0 { "4.3" } else { "4.4" },
                    "hands": {"agree": pick(json!(2), json!(7)), "disagree": 1},
                    "quote_consent": if point == 0 { "quotable" } else { "not_quotable" }})
            })
            .collect();
        let extra = json!({"table": format!("Table {at}"), "contributions": points,
            "participants": pick(
                json!({"service_user": 7, "staff": 2}),
                json!({"service_user": 4, "staff": 4, "family_carer": 1})),
            "tallies": [
                {"question": 2, "counts": pick(
                    json!({"yes": 6, "partly": 1, "no": 1}), json!({"yes": 1, "partly": 4, "no": 2}))},
                {"question": 3, "counts": pick(
                    json!({"agree": 6, "disagree": 1, "unsure": 0}), json!({"agree": 2, "disagree": 2, "unsure": 3}))}]});
        let notes = world.discussion(&id, &meetings[meeting], extra).await;
        names.push((format!("<table {at}>"), notes.id()));
        for (point, said) in contribution_ids(&notes).into_iter().enumerate() {
            let themes: &[&str] = match point {
                4 if other => &[],
                0 | 4 => &[&cooking],
                point if point % 2 == 0 => &[&food],
                _ => &[&walks],
            };
            if !themes.is_empty() {
                world.code(&said, themes).await;
            }
            all.push(said);
        }
    }
    for (at, group) in [
        Some(&world.a),
        Some(&world.b),
        Some(&world.b),
        Some(&world.c),
        Some(&world.a),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        let channel = if at < if other { 2 } else { 4 } {
            "survey_online"
        } else if other {
            "survey_paper"
        } else {
            "written"
        };
        let who = if (at < 2) == other {
            "family_carer"
        } else {
            "service_user"
        };
        let extra = json!({"group_id": group, "channel": channel, "respondent_group": who,
            "setting": pick(json!("low_secure"), json!("high_secure")),
            "answers": [
                {"question": 1, "text": format!("Letter {at}.")},
                {"question": 3, "choice": pick(json!("agree"), json!("unsure"))},
                {"question": 4, "choices": pick(json!(["gym"]), json!(["garden", "kitchen"]))}]});
        let response = world.response(&id, extra).await;
        names.push((format!("<response {at}>"), response.id()));
        let own = contribution_ids(&response);
        world.code(&own[0], &[&walks]).await;
        all.push(own[0].clone());
    }
    names.extend(
        meetings
            .into_iter()
            .enumerate()
            .map(|(at, id)| (format!("<meeting {at}>"), id)),
    );
    names.push(("<point>".to_owned(), all[0].clone()));
    world.move_to(&id, "closed").await.ok();
    Twin {
        names,
        reference,
        said: all,
    }
}

/// One question to the service, in words.
#[derive(Clone, Debug)]
struct Look {
    /// The address as the document has it; nothing where it has none of the kind.
    template: Option<&'static str>,
    method: Method,
    address: String,
    accept: Option<&'static str>,
    body: Option<Value>,
}

impl Look {
    fn at(template: &'static str, address: String) -> Self {
        Self {
            template: Some(template),
            method: Method::GET,
            address,
            accept: None,
            body: None,
        }
    }

    fn parameters(&self) -> BTreeMap<&str, &str> {
        let query = self.address.split_once('?').map_or("", |(_, query)| query);
        query.split('&').filter_map(|pair| pair.split_once('=')).collect()
    }

    /// The document of a release that is asked for, if it is one that a release may hold.
    fn document(&self) -> Option<String> {
        let mut asked = self.parameters();
        if asked
            .remove("audience")
            .is_some_and(|audience| audience != "controlled")
        {
            return None;
        }
        match self.template? {
            "/v1/consultations/{id}/collation" => asked.is_empty().then(|| "collation".into()),
            "/v1/consultations/{id}/coverage" => Some("coverage".into()),
            "/v1/consultations/{id}/cross-tab" => {
                let mut cut = json!({"rows": asked.remove("rows")?, "columns": asked.remove("columns")?});
                if let Some(unit) = asked.remove("unit") {
                    cut["unit"] = json!(unit);
                }
                if cut["rows"] == "answer" {
                    cut["question"] = json!(asked.remove("question")?.parse::<i32>().ok()?);
                }
                let cut: Cut = serde_json::from_value(cut).unwrap();
                asked.is_empty().then(|| cut.to_string())
            }
            _ => None,
        }
    }
}

/// A schema without references, and without the null beside it.
fn plain(schema: &Value) -> &Value {
    if let Some(to) = schema["$ref"].as_str() {
        return plain(DOCUMENT.pointer(to.trim_start_matches('#')).unwrap());
    }
    let either = schema["oneOf"].as_array().into_iter().flatten();
    either
        .filter(|one| one["type"] != "null")
        .map(plain)
        .next()
        .unwrap_or(schema)
}

/// What a parameter may be given; all that we know of where the document does not say.
fn values(world: &World, parameter: &Value, ids: &[String]) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut schema = plain(&parameter["schema"]);
    if !schema["items"].is_null() {
        schema = plain(&schema["items"]);
    }
    if let Some(all) = schema["enum"].as_array() {
        return all.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
    }
    match (
        parameter["name"].as_str().unwrap(),
        schema["type"].as_str().unwrap_or("string"),
    ) {
        (_, "boolean") => words(&["true", "false"]),
        (_, "integer") | ("cursor", _) => words(&["1"]),
        ("question", _) => words(&["1", "2", "3", "4", "none"]),
        ("theme", _) => words(&["<food>", "cooking", "walks"]),
        ("section", _) => words(&["4.3", "4.4"]),
        ("group", _) => vec![
            world.a.clone(),
            world.b.clone(),
            world.c.clone(),
            "not_recorded".into(),
        ],
        ("round", _) => words(&["<round>", "not_recorded"]),
        ("by", _) => words(&[
            "theme",
            "question,group",
            "theme,group,respondent_group,setting,channel,round",
        ]),
        _ => ids
            .iter()
            .cloned()
            .chain(words(&["none", "2019-10-03T12:00:00Z"]))
            .collect(),
    }
}

/// Optional parameters that are asked with every value, alone and together, in every way that what is required can be asked.
const WHOLE: &[&str] = &["unit", "question"];

/// Everything that an operation can be asked with: what is required in every way, and beside it each parameter with each
/// value, and each two of them.
fn queries(world: &World, operation: &Value, ids: &[String]) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let (must, may): (Vec<_>, Vec<_>) = parameters
        .filter(|one| one["in"] == "query")
        .map(|one| {
            let name = one["name"].as_str().unwrap();
            let all = values(world, one, ids);
            let pairs: Vec<_> = all.iter().map(|value| format!("&{name}={value}")).collect();
            (name, one["required"] == true, pairs)
        })
        .partition(|(_, required, _)| *required);
    let each = |all: Vec<String>, pairs: &[String]| -> Vec<String> {
        let longer = all
            .iter()
            .flat_map(|one| pairs.iter().map(move |pair| format!("{one}{pair}")));
        longer.collect()
    };
    let bases = must
        .iter()
        .fold(vec![String::new()], |bases, (.., pairs)| each(bases, pairs));
    let first = bases[0].clone();
    let mut all = bases.clone();
    for (place, (name, _, pairs)) in may.iter().enumerate() {
        let whole = |name: &str| WHOLE.contains(&name) && !must.is_empty();
        let one = each(
            if whole(name) {
                bases.clone()
            } else {
                vec![first.clone()]
            },
            pairs,
        );
        for (other, _, others) in &may[place + 1..] {
            if whole(name) && whole(other) {
                all.extend(each(one.clone(), others));
            } else {
                all.push(format!("{first}{}{}", pairs[0], others[0]));
            }
        }
        all.extend(one);
    }
    all.into_iter()
        .map(|query| query.trim_start_matches('&').to_owned())
        .collect()
}

/// Whether any of the callers may ask this at all. Who may not is refused before anything sent is read, so that one set of
/// parameters stands for all.
fn is_open(operation: &Value) -> bool {
    let Some(permission) = operation.pointer("/security/0/bearer/0") else {
        return true;
    };
    let routes = collate::routes::routes();
    let mut permissions = routes.all().iter().filter_map(|endpoint| endpoint.permission);
    permissions.any(|(name, may)| permission == name && may.iter().any(|role| ROLES.contains(role)))
}

/// Every address of a template: each id that we know in each place.
fn addresses(template: &str, ids: &[String]) -> Vec<String> {
    let fill = |values: &[&str]| {
        let mut values = values.iter();
        let parts = template.split('/').map(|part| match part.split_once('}') {
            Some((_, suffix)) => format!("{}{suffix}", values.next().unwrap()),
            None => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let places = template.matches('{').count();
    let mut all = Vec::new();
    for place in 0..places {
        for id in ids {
            let mut values = vec!["<consultation>"; places];
            values[place] = id;
            all.push(fill(&values));
        }
    }
    if places == 0 {
        all.push(template.to_owned());
    }
    all
}

/// All that is asked. `in_every_way`, or only as an address stands.
fn looks(world: &World, twin: &Twin, in_every_way: bool) -> Vec<Look> {
    let shared = [&world.a, &world.a1, &world.body, &world.lead.id];
    // One of each kind.
    let own = twin.names.iter().map(|(word, _)| word.clone());
    let mut ids: Vec<String> = own
        .filter(|word| !word.contains(' ') || word.ends_with(" 0>"))
        .collect();
    ids.extend(shared.into_iter().cloned());
    ids.extend(["<reference>", "1", "collation", "not-released"].map(Into::into));
    let mut all = Vec::new();
    for (template, item) in DOCUMENT["paths"].as_object().unwrap() {
        // The document itself is everybody's, and has numbers of its own.
        let Some(operation) = item.get("get").filter(|_| template != "/openapi.json") else {
            continue;
        };
        let (mut addresses, mut queries) = (addresses(template, &ids), queries(world, operation, &ids));
        // The first is that of the consultation.
        let here = addresses[0].clone();
        let open = is_open(operation);
        if !open || !in_every_way {
            addresses.clear();
            let last = queries
                .last()
                .filter(|last| !open && **last != queries[0])
                .cloned();
            queries.truncate(1);
            queries.extend(last);
        }
        let asked = queries.iter().map(|query| match query.as_str() {
            "" => here.clone(),
            query => format!("{here}?{query}"),
        });
        let asked: Vec<_> = asked.map(|address| Look::at(template, address)).collect();
        let first = asked[0].clone();
        all.extend(asked);
        all.extend(addresses.into_iter().map(|address| Look::at(template, address)));
        if !open {
            continue;
        }
        all.extend(ACCEPTS.iter().map(|accept| Look {
            accept: Some(accept),
            ..first.clone()
        }));
        all.push(Look {
            method: Method::HEAD,
            ..first.clone()
        });
        all.extend(SUFFIXES.iter().map(|suffix| Look {
            template: None,
            address: format!("{here}{suffix}"),
            ..first.clone()
        }));
    }
    all.push(Look {
        template: None,
        method: Method::POST,
        address: "/v1/consultations/<consultation>/contributions/search".into(),
        accept: None,
        body: Some(json!({"text": "Point"})),
    });
    all
}

/// Asks as a caller, of a twin.
async fn ask(caller: &Caller, twin: &Twin, look: &Look) -> Answer {
    let mut ask = Ask::new(
        look.method.clone(),
        twin.address(&look.address)
            .replace("<reference>", &twin.reference),
    )
    .header("x-request-id", "the-same-for-both");
    if let Some(accept) = look.accept {
        ask = ask.header("accept", accept);
    }
    if let Some(body) = &look.body {
        ask = ask.json(body);
    }
    caller.send(ask).await
}

/// Counts of an answer by their place, and places of numbers beside them, in which `*` stands for any place in a list.
fn figures(
    value: &Value,
    at: &str,
    any: &str,
    counts: &mut BTreeMap<String, Value>,
    numbers: &mut BTreeMap<String, (String, Value)>,
) {
    match value {
        Value::Object(fields)
            if fields.len() == 2 && fields.contains_key("value") && fields.contains_key("status") =>
        {
            counts.insert(at.to_owned(), value.clone());
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                figures(
                    field,
                    &format!("{at}/{name}"),
                    &format!("{any}/{name}"),
                    counts,
                    numbers,
                );
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                figures(
                    item,
                    &format!("{at}/{place}"),
                    &format!("{any}/*"),
                    counts,
                    numbers,
                );
            }
        }
        Value::Number(_) => {
            numbers.insert(at.to_owned(), (any.to_owned(), value.clone()));
        }
        _ => {}
    }
}

/// The collation without its quotes, and the quotes.
fn without_quotes(mut collation: Value) -> (Value, Vec<Value>) {
    let mut quotes = Vec::new();
    for theme in collation["themes"].as_array_mut().unwrap() {
        let own = std::mem::replace(&mut theme["quotes"], json!([]));
        for quote in own.as_array().unwrap() {
            quotes.push(merged(quote.clone(), json!({"theme": theme["id"]})));
        }
    }
    (collation, quotes)
}

/// The pages for people, which hold no figure and get theirs from the API.
const PAGES: &[&str] = &[
    include_str!("../../api/pages/notes.html"),
    include_str!("../../api/pages/coverage.html"),
];

/// Holds an answer that is no refusal against what was stored, and gives the name of the document that it is.
fn held(look: &Look, answer: &Answer, stored: &BTreeMap<String, Value>) -> Option<String> {
    let asked = &answer.asked;
    // A page is the same for everybody, whatever it is asked about.
    let page = answer.text();
    if answer.media_type() == Some("text/html") && (page.is_empty() || PAGES.contains(&page.as_str())) {
        return None;
    }
    let template = look
        .template
        .unwrap_or_else(|| panic!("{asked}: got {}", answer.text()));
    let (mut counts, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    figures(&answer.json, "", "", &mut counts, &mut numbers);
    let evidence = EVIDENCE.iter().find(|(other, _)| *other == template);
    let evidence = evidence.map_or(&[] as &[&str], |(_, places)| places);
    for (at, (any, number)) in &numbers {
        assert!(
            evidence.contains(&any.as_str()),
            "{asked}: {number} at {at} is not on the list of evidence"
        );
    }
    if template == "/v1/consultations/{id}/trend" {
        trend_is_of(&answer.json, &stored["collation"], asked);
        return Some("collation".into());
    }
    if template == "/v1/consultations/{id}/consensus" {
        consensus_is_of(&answer.json, stored, asked);
        return Some("collation".into());
    }
    if template == "/v1/consultations/{id}/differences" {
        return Some(differences_are_of(&answer.json, stored, asked));
    }
    let Some(name) = look.document() else {
        assert!(
            counts.is_empty(),
            "{asked}: counts that no document of a release holds: {counts:?}"
        );
        return None;
    };
    let document = stored
        .get(&name)
        .unwrap_or_else(|| panic!("{asked}: {name} was not released"));
    let (mut of_stored, mut numbers_stored) = (BTreeMap::new(), BTreeMap::new());
    figures(document, "", "", &mut of_stored, &mut numbers_stored);
    assert_eq!(counts, of_stored, "{asked}: counts other than those stored");
    assert_eq!(counts.is_empty(), name == "coverage", "{asked}: {counts:?}");
    assert_eq!(
        numbers, numbers_stored,
        "{asked}: numbers other than those stored"
    );
    if name == "collation" {
        let (collation, quotes) = without_quotes(answer.json.clone());
        assert_eq!(&collation, document, "{asked}");
        for quote in quotes {
            let known = stored["quotes"].as_array().unwrap().iter().any(|one| {
                one["theme"] == quote["theme"] && one["respondent_group"] == quote["respondent_group"]
            });
            assert!(known, "{asked}: {quote} is not of the release");
        }
    } else {
        assert_eq!(&answer.json, document, "{asked}");
    }
    Some(name)
}

/// Holds a trend over one consultation against the collation that was released: its figures are no others.
fn trend_is_of(trend: &Value, collation: &Value, asked: &str) {
    let (themes, released) = (
        trend["themes"].as_array().unwrap(),
        collation["themes"].as_array().unwrap(),
    );
    assert_eq!(themes.len(), released.len(), "{asked}");
    for theme in themes {
        let of = released.iter().find(|one| one["id"] == theme["id"]).unwrap();
        let points = theme["points"].as_array().unwrap();
        assert_eq!(points.len(), 1, "{asked}: {theme}");
        for figure in ["contributions", "discussions", "groups"] {
            assert_eq!(points[0][figure], of[figure], "{asked}: {figure}");
        }
        assert_eq!(theme["label"], of["label"], "{asked}");
    }
    let here = &trend["consultations"][0];
    for figure in ["discussions", "groups"] {
        assert_eq!(here[figure], collation["heard"][figure], "{asked}: {figure}");
    }
    // Added up only where every part is shown as it is.
    let parts = collation["questions"].as_array().unwrap().iter();
    let parts: Vec<_> = parts.map(|question| &question["contributions"]).collect();
    let all = match parts.iter().all(|part| part["status"] == "exact") {
        true => {
            let all: u64 = parts.iter().map(|part| part["value"].as_u64().unwrap()).sum();
            json!({"value": all, "status": "exact"})
        }
        false => json!({"value": null, "status": "withheld"}),
    };
    assert_eq!(here["contributions"], all, "{asked}");
}

/// Holds agreement across groups against what was released: figures across regional groups are those of the collation, people of
/// other groups those of the released tables of answers, and where there is no such table there is nothing.
fn consensus_is_of(found: &Value, stored: &BTreeMap<String, Value>, asked: &str) {
    let mut statements = stored["collation"]["questions"].as_array().unwrap().clone();
    statements.retain(|question| !question["consensus"].is_null());
    let questions = found["questions"].as_array().unwrap();
    assert_eq!(questions.len(), statements.len(), "{asked}");
    for (question, released) in questions.iter().zip(&statements) {
        match &question["group"] {
            Value::Null => assert_eq!(released["consensus"]["product"], Value::Null, "{asked}"),
            group => assert_eq!(group, &released["consensus"], "{asked}"),
        }
        for dimension in ["respondent_group", "setting"] {
            let table = stored.get(&format!(
                "answer by {dimension} in people on question {}",
                question["number"]
            ));
            let across = &question[dimension];
            if table.is_none() {
                assert_eq!(across, &Value::Null, "{asked}");
            }
            for group in across["heard"].as_array().into_iter().flatten() {
                for option in ["agree", "disagree", "unsure"] {
                    let rows = table.unwrap()["rows"].as_array().unwrap();
                    let row = rows.iter().find(|row| row["key"] == option).unwrap();
                    let cell = &row["cells"][group["key"].as_str().unwrap()];
                    assert_eq!(&group[option], cell, "{asked}");
                }
            }
        }
    }
}

/// Holds differences against the released table of themes by respondent group: every count is a cell of it, or withheld.
fn differences_are_of(found: &Value, stored: &BTreeMap<String, Value>, asked: &str) -> String {
    let name = "theme by respondent_group";
    let rows = stored[name]["rows"].as_array().unwrap();
    let themes = found["themes"].as_array().unwrap();
    assert_eq!(themes.len(), rows.len(), "{asked}");
    let withheld = json!({"value": null, "status": "withheld"});
    for theme in themes {
        let row = rows.iter().find(|row| row["key"] == theme["id"]).unwrap();
        for share in theme["by"].as_array().unwrap() {
            let cell = row["cells"].get(share["respondent_group"].as_str().unwrap());
            assert_eq!(&share["contributions"], cell.unwrap_or(&withheld), "{asked}");
        }
    }
    for group in found["respondent_groups"].as_array().unwrap() {
        assert_eq!(
            (&group["base"], &group["clusters"]),
            (&withheld, &withheld),
            "{asked}"
        );
    }
    name.into()
}

/// What is compared of two answers: everything but the time, in which an instant may have fewer digits, and what tells one
/// id from another.
fn compared(twin: &Twin, answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let refused = answer.status >= 400;
    // Whether the connection stays depends on how much of a refused body had come, which is the caller's own.
    let apart: &[&str] = if refused {
        &["date", "connection"]
    } else {
        &["date", "connection", "etag", "content-length"]
    };
    let headers = answer.headers.iter();
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| !apart.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), twin.in_words(value)))
        .collect();
    headers.sort();
    let mut json = answer.json.clone();
    // When a release was made.
    let made = json.as_object_mut().and_then(|fields| fields.get_mut("made_at"));
    made.map(Value::take);
    for item in json["items"].as_array_mut().into_iter().flatten() {
        item.as_object_mut().and_then(|fields| fields.remove("made_at"));
    }
    let text = if json.is_null() || refused {
        answer.text()
    } else {
        json.to_string()
    };
    (answer.status, headers, twin.in_words(&text))
}

/// Asks everything as everybody of both twins, and compares. Gives how often each status came, and which documents did.
async fn sweep(
    looks: &[Look],
    callers: &[(Role, Caller)],
    twins: &[Twin; 2],
    stored: &[BTreeMap<String, Value>; 2],
) -> (BTreeMap<String, usize>, BTreeMap<Role, BTreeSet<String>>) {
    let mut came: BTreeMap<String, usize> = BTreeMap::new();
    let mut documents: BTreeMap<Role, BTreeSet<String>> = BTreeMap::new();
    for (role, caller) in callers {
        let asked = futures_util::stream::iter(looks).map(async |look| {
            let both = (
                ask(caller, &twins[0], look).await,
                ask(caller, &twins[1], look).await,
            );
            (look, both)
        });
        let mut answers = asked.buffer_unordered(8);
        while let Some((look, (one, two))) = answers.next().await {
            let mut name = None;
            for (answer, stored) in [(&one, &stored[0]), (&two, &stored[1])] {
                let code = answer.json["code"].as_str().unwrap_or_default().to_owned();
                *came
                    .entry(format!("{} {code}", answer.status).trim().to_owned())
                    .or_default() += 1;
                if answer.status == 200 && look.method != Method::HEAD {
                    name = held(look, answer, stored);
                } else if answer.status != 200 {
                    let known = REFUSALS.iter().any(|(status, codes)| {
                        *status == answer.status
                            && (look.method == Method::HEAD || codes.contains(&code.as_str()))
                    });
                    assert!(known, "{}: {} {}", answer.asked, answer.status, answer.text());
                }
            }
            let figures = name.is_some()
                || look.method == Method::HEAD && look.document().is_some() && one.status == 200;
            if figures {
                assert_eq!(one.status, two.status, "{}", one.asked);
                documents.entry(*role).or_default().extend(name);
            } else if look.address.contains('<') {
                let (one, two) = (
                    (compared(&twins[0], &one), one.asked),
                    (compared(&twins[1], &two), two.asked),
                );
                assert_eq!(one.0, two.0, "{} is told from {}", one.1, two.1);
            }
        }
    }
    (came, documents)
}

#[actix_web::test]
async fn over_http_a_controlled_caller_gets_the_release_as_it_was_stored_and_nothing_else() {
    let world = World::start().await;
    let mut twins = [said(&world, false).await, said(&world, true).await];
    let mut callers = Vec::new();
    for role in ROLES {
        let mut grant = json!({"role": role.as_str()});
        if role == ClinicalReferenceGroup {
            grant["body_id"] = json!(world.body);
        }
        callers.push((role, world.user(grant).await));
    }
    let nothing = [BTreeMap::new(), BTreeMap::new()];

    // Before there is a release.
    let mut before = looks(&world, &twins[0], false);
    before.retain(|look| look.address.contains("<consultation>"));
    let (came, documents) = sweep(&before, &callers, &twins, &nothing).await;
    assert!(documents.is_empty(), "{documents:?}");
    assert!(came["409 not-released"] >= 18, "{came:?}");
    say(&format!("before a release: {} questions, {came:?}", before.len()));

    let cuts = json!({"cuts": [
        {"rows": "stance", "columns": "group"},
        {"rows": "theme", "columns": "group", "unit": "discussions"},
        {"rows": "answer", "columns": "respondent_group", "question": 3}]});
    for twin in &mut twins {
        let path = format!("/v1/consultations/{}/releases", twin.id());
        let release = world.lead.post(path, cuts.clone()).await.expect(201).id();
        twin.names.push(("<release>".into(), release));
    }
    let stored = [twins[0].stored(&world, 1).await, twins[1].stored(&world, 1).await];
    // They differ in what is hidden, and in nothing that is evidence.
    let exact = [
        world.collation(twins[0].id(), "").await,
        world.collation(twins[1].id(), "").await,
    ];
    for at in [
        "/themes/0/by/respondent_group",
        "/themes/0/by/setting",
        "/themes/0/stance",
        "/questions/2/tally",
        "/heard/participants/by_respondent_group",
        "/heard/attendance/0/by_respondent_group",
        "/heard/responses/by_channel",
        "/themes/0/contributions",
        "/questions/0/uncoded",
    ] {
        assert_ne!(
            exact[0].pointer(at).unwrap(),
            exact[1].pointer(at).unwrap(),
            "{at}"
        );
    }
    let evidence = |document: &Value| {
        let mut numbers = BTreeMap::new();
        figures(document, "", "", &mut BTreeMap::new(), &mut numbers);
        numbers.retain(|at, _| !at.contains("/consensus/") || at.contains("/groups_"));
        numbers
    };
    for name in ["collation", "coverage"] {
        assert_eq!(evidence(&stored[0][name]), evidence(&stored[1][name]), "{name}");
    }

    let all = looks(&world, &twins[0], true);
    let (came, documents) = sweep(&all, &callers, &twins, &stored).await;
    say(&format!("with a release: {} questions, {came:?}", all.len()));
    let mut held: BTreeSet<String> = stored[0].keys().cloned().collect();
    assert!(held.remove("quotes") && held.len() == 23, "{held:?}");
    for (role, _) in &callers {
        assert_eq!(
            documents[role], held,
            "{role}: every document of the release, and no other"
        );
    }

    // From the second release on nothing is answered from the first.
    let sleep = world.theme(twins[0].id(), "sleep", json!({})).await;
    for id in &twins[0].said[..20] {
        world.code(id, &[&sleep]).await;
    }
    let path = format!("/v1/consultations/{}/releases", twins[0].id());
    world.lead.post(path, json!({})).await.expect(201);
    let now = twins[0].stored(&world, 2).await;
    assert_ne!(now["collation"], stored[0]["collation"]);
    let mut shown = BTreeSet::new();
    for look in all
        .iter()
        .filter(|look| look.document().is_some() && look.method == Method::GET)
    {
        let answer = ask(&callers[0].1, &twins[0], look).await;
        if answer.status == 200 {
            shown.extend(self::held(look, &answer, &now));
        } else {
            assert!(
                [403, 404, 406].contains(&answer.status),
                "{}: {}",
                answer.asked,
                answer.text()
            );
        }
    }
    assert_eq!(shown.len(), now.len() - 1, "{shown:?}");
}
