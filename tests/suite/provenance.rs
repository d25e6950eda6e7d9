//! What stands behind a published figure: exactly what was counted, whatever becomes of it, and for leads and the auditor alone.

use domain::vocabulary::{Role, RoleScope};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{Answer, Caller, World, new_id, world::contribution_ids};

/// A point as it was posted and coded.
#[derive(Clone)]
struct Posted {
    id: String,
    container: String,
    at_a_table: bool,
    group: String,
    who: &'static str,
    stance: &'static str,
    /// Codes of its themes; the sub-theme's alone where it is under one.
    themes: Vec<&'static str>,
}

impl Posted {
    /// A parent counts what its sub-themes count.
    fn is_under(&self, code: &str) -> bool {
        self.themes.contains(&code) || (code == "food" && self.themes.contains(&"takeaways"))
    }
}

struct Told {
    world: World,
    auditor: Caller,
    consultation: String,
    food: String,
    walks: String,
    posted: Vec<Posted>,
    report: Answer,
}

/// Tables of three groups and a survey, coded, closed, and a report begun of it.
async fn told() -> Told {
    let world = World::start().await;
    let consultation = world.open(json!({"group_ids": []})).await;
    let food = world.theme(&consultation, "food", json!({})).await;
    let takeaways = world
        .theme(&consultation, "takeaways", json!({"parent_id": food}))
        .await;
    let walks = world.theme(&consultation, "walks", json!({})).await;
    let mut posted = Vec::new();
    let tables = [
        (&world.meeting_a, &world.a),
        (&world.meeting_a, &world.a),
        (&world.meeting_b, &world.b),
        (&world.meeting_c, &world.c),
    ];
    for (at, (meeting, group)) in tables.into_iter().enumerate() {
        let who = |point: usize| if point < 5 { "service_user" } else { "staff" };
        let stance = |point: usize| {
            if point.is_multiple_of(2) {
                "supports"
            } else {
                "suggests"
            }
        };
        let points: Vec<_> = (0..8)
            .map(|point| {
                json!({"question": 1, "text": format!("Point {point} of table {at}."), "respondent_group": who(point),
                    "stance": stance(point), "setting": "low_secure"})
            })
            .collect();
        let notes = json!({"table": format!("Table {at}"), "contributions": points,
            "tallies": [{"question": 3, "counts": {"agree": 5, "disagree": 1, "unsure": 0}}],
            "participants": {"service_user": 6, "staff": 2}});
        let table = world.discussion(&consultation, meeting, notes).await;
        for (point, id) in contribution_ids(&table).into_iter().enumerate() {
            posted.push(Posted {
                id,
                container: table.id(),
                at_a_table: true,
                group: group.clone(),
                who: who(point),
                stance: stance(point),
                themes: Vec::new(),
            });
        }
    }
    for group in [&world.a, &world.b, &world.b] {
        let response = world.response(&consultation, json!({"group_id": group})).await;
        posted.push(Posted {
            id: contribution_ids(&response).remove(0),
            container: response.id(),
            at_a_table: false,
            group: group.clone(),
            who: "service_user",
            stance: "unclear",
            themes: Vec::new(),
        });
    }
    for (at, one) in posted.iter_mut().enumerate() {
        let (ids, codes): (Vec<&str>, Vec<&'static str>) = match at % 3 {
            0 => (vec![&food, &walks], vec!["food", "walks"]),
            1 => (vec![&takeaways], vec!["takeaways"]),
            _ => (vec![&food], vec!["food"]),
        };
        world.code(&one.id, &ids).await;
        one.themes = codes;
    }
    world.move_to(&consultation, "closed").await.ok();
    let path = format!("/v1/consultations/{consultation}/reports");
    let report = world.lead.post(path, json!({})).await.expect(201);
    let auditor = world.user(json!({"role": "auditor"})).await;
    Told {
        world,
        auditor,
        consultation,
        food,
        walks,
        posted,
        report,
    }
}

/// The id of a figure of a report.
#[track_caller]
fn cell(report: &Value, table: &str, row: &str, column: &str) -> String {
    let found = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == table)
        .and_then(|table| {
            let at = table["columns"]
                .as_array()?
                .iter()
                .position(|one| one["key"] == column)?;
            let row = table["rows"].as_array()?.iter().find(|one| one["key"] == row)?;
            row["cells"][at]["id"].as_str().map(ToOwned::to_owned)
        });
    found.unwrap_or_else(|| panic!("no figure {row}, {column} in {table}"))
}

fn at(cell: &str) -> String {
    format!("/v1/cells/{cell}")
}

/// Every contribution behind a figure, page by page.
async fn behind(caller: &Caller, cell: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller
            .get(format!("{}?limit=7{cursor}", at(cell)))
            .await
            .expect(200)
            .json;
        all.extend(page["contributions"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => {
                assert!(
                    page["contributions_behind"].as_u64().unwrap() as usize == all.len(),
                    "{page}"
                );
                return all;
            }
        }
    }
}

fn ids(all: &[Value]) -> BTreeSet<String> {
    let ids: BTreeSet<_> = all
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), all.len(), "one stands on two pages");
    ids
}

fn those(posted: &[Posted], wanted: impl Fn(&Posted) -> bool) -> BTreeSet<String> {
    posted
        .iter()
        .filter(|one| wanted(one))
        .map(|one| one.id.clone())
        .collect()
}

#[actix_web::test]
async fn what_stands_behind_a_figure_is_what_was_posted_and_coded() {
    let told = told().await;
    let (report, lead, posted) = (&told.report.json, &told.world.lead, &told.posted);
    let of = async |table: &str, row: &str, column: &str| {
        ids(&behind(lead, &cell(report, table, row, column)).await)
    };

    for code in ["food", "takeaways", "walks"] {
        let under = |one: &Posted| one.is_under(code);
        assert_eq!(
            of("themes", code, "contributions").await,
            those(posted, under),
            "{code}"
        );
        let responses = those(posted, |one| under(one) && !one.at_a_table);
        assert_eq!(of("themes", code, "responses").await, responses, "{code}");
        let at_tables = those(posted, |one| under(one) && one.at_a_table);
        assert_eq!(of("themes", code, "discussions").await, at_tables, "{code}");
        assert_eq!(
            of("theme-by-group", code, "total").await,
            those(posted, under),
            "{code}"
        );
        let supports = those(posted, |one| under(one) && one.stance == "supports");
        assert_eq!(of("theme-by-stance", code, "supports").await, supports, "{code}");
    }
    assert_eq!(
        of("questions", "1", "contributions").await,
        those(posted, |_| true)
    );
    assert_eq!(of("questions", "1", "coded").await, those(posted, |_| true));
    assert!(of("questions", "1", "uncoded").await.is_empty());

    // Columns are keys of their own, or several joined that say which.
    let table = |name: &str| {
        let tables = report["tables"].as_array().unwrap();
        tables.iter().find(|one| one["name"] == name).unwrap().clone()
    };
    let mut looked_at = 0;
    type Key = fn(&Posted) -> &str;
    let by: [(&str, Key); 2] = [
        ("theme-by-group", |one| one.group.as_str()),
        ("theme-by-respondent-group", |one| one.who),
    ];
    for (name, key) in by {
        for column in table(name)["columns"].as_array().unwrap() {
            let column = column["key"].as_str().unwrap();
            if !posted.iter().any(|one| key(one) == column) {
                continue;
            }
            for row in table(name)["rows"].as_array().unwrap() {
                let code = row["key"].as_str().unwrap();
                let wanted = those(posted, |one| one.is_under(code) && key(one) == column);
                let columns = table(name)["columns"].clone();
                let place = columns
                    .as_array()
                    .unwrap()
                    .iter()
                    .position(|one| one["key"] == column)
                    .unwrap();
                if let Some(id) = row["cells"][place]["id"].as_str() {
                    assert_eq!(ids(&behind(lead, id).await), wanted, "{name}, {code}, {column}");
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 0, "no table of the report has a column of one key");

    // Answers are people at tables; expectations are nobody's.
    let answers = lead
        .get(at(&cell(report, "answers", "3/agree", "people")))
        .await
        .expect(200)
        .json;
    assert_eq!(
        (
            &answers["people_behind"],
            &answers["discussions_behind"],
            &answers["contributions_behind"]
        ),
        (&json!(20), &json!(4), &json!(0))
    );
    let tables: BTreeSet<_> = posted
        .iter()
        .filter(|one| one.at_a_table)
        .map(|one| one.container.as_str())
        .collect();
    let named: BTreeSet<_> = answers["discussions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    assert_eq!(named, tables);
    let heard = lead
        .get(at(&cell(report, "heard", "discussions", "heard")))
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&heard["discussions_behind"], &heard["value"]),
        (&json!(4), &json!(4))
    );
    let silent = lead
        .get(at(&cell(report, "questions", "2", "no_record")))
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&silent["discussions_behind"], &silent["value"]),
        (&json!(4), &json!(4))
    );
}

#[actix_web::test]
async fn a_figure_is_shown_with_its_table_policy_release_and_by_whose_coding() {
    let told = told().await;
    let (report, lead) = (&told.report.json, &told.world.lead);
    let id = cell(report, "themes", "walks", "contributions");
    let shown = lead.get(at(&id)).await.expect(200).json;
    assert_eq!(shown["id"], id);
    assert_eq!(
        (
            &shown["report"]["id"],
            &shown["report"]["status"],
            &shown["report"]["consultation_id"]
        ),
        (&report["id"], &json!("draft"), &json!(told.consultation))
    );
    assert_eq!(
        (
            &shown["table"]["name"],
            &shown["row"]["key"],
            &shown["column"]["key"],
            &shown["unit"]
        ),
        (
            &json!("themes"),
            &json!("walks"),
            &json!("contributions"),
            &json!("contributions")
        )
    );
    let tables = report["tables"].as_array().unwrap();
    let published = tables
        .iter()
        .flat_map(|table| table["rows"].as_array().unwrap())
        .flat_map(|row| row["cells"].as_array().unwrap())
        .find(|cell| cell["id"] == id.as_str())
        .unwrap();
    assert_eq!(
        (&shown["value"], &shown["status"]),
        (&published["value"], &published["status"])
    );
    assert_eq!(
        (&shown["policy"]["id"], &shown["policy"]["threshold"]),
        (&json!("mhsds-5"), &json!(4))
    );
    assert!(shown["policy"]["rule"].as_str().unwrap().contains("suppressed"));
    assert_eq!(
        (&shown["release"]["id"], &shown["release"]["number"]),
        (&report["release_id"], &json!(1))
    );
    assert_eq!(shown["codeframe_version"], report["codeframe"]["version"]);
    for one in shown["contributions"].as_array().unwrap() {
        let posted = told.posted.iter().find(|posted| one["id"] == posted.id.as_str());
        let posted = posted.unwrap();
        let place = match posted.at_a_table {
            true => "discussion_id",
            false => "response_id",
        };
        assert_eq!(one[place], posted.container);
        assert_eq!(
            (
                &one["group_id"],
                &one["respondent_group"],
                &one["stance"],
                &one["state"],
                &one["version"]
            ),
            (
                &json!(posted.group),
                &json!(posted.who),
                &json!(posted.stance),
                &json!("coded"),
                &json!(1)
            )
        );
        assert_eq!(one["theme_ids"], json!([told.food, told.walks]));
        let codings = one["codings"].as_array().unwrap();
        assert_eq!(codings.len(), 1, "{one}");
        assert_eq!(
            (&codings[0]["coder_id"], &codings[0]["adjudication"]),
            (&json!(lead.id), &json!(false))
        );
        assert_eq!(
            (&one["changed_since"], &one["withdrawn"]),
            (&json!(false), &json!(false))
        );
    }
    assert!(!shown.to_string().contains("Point "), "words stand in it");
    assert_eq!(told.auditor.get(at(&id)).await.expect(200).json, shown);
}

#[actix_web::test]
async fn what_becomes_of_it_after_publication_moves_nothing_that_stood_behind() {
    let told = told().await;
    let lead = &told.world.lead;
    let report = told.report.id();
    lead.post(format!("/v1/reports/{report}/publish"), json!({}))
        .await
        .ok();
    let published = lead.get(format!("/v1/reports/{report}")).await.expect(200).json;
    let id = cell(&published, "themes", "walks", "contributions");
    let before = behind(lead, &id).await;
    let stood: Vec<_> = before
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let [recoded, corrected, withdrawn, of_a_table, ..] = &stood[..] else {
        panic!("{stood:?}")
    };

    told.world.code(recoded, &[&told.food]).await;
    // Nothing is corrected any more; a lead may still take out what says who somebody is.
    let replaced = json!({"replace": [{"start": 0, "end": 5, "with": "Something"}]});
    lead.post(format!("/v1/contributions/{corrected}/clearance"), replaced)
        .await
        .ok();
    let why = json!({"scope": "all", "asked_by": "speaker"});
    lead.post(format!("/v1/contributions/{withdrawn}/withdrawal"), why)
        .await
        .ok();
    // What is new counts in nothing that was published.
    let another = told.posted.iter().find(|one| !one.is_under("walks")).unwrap();
    told.world.code(&another.id, &[&told.walks]).await;

    let after = behind(lead, &id).await;
    assert_eq!(after.len(), before.len());
    for (was, is) in before.iter().zip(&after) {
        let own = is["id"].as_str().unwrap();
        let frozen = |one: &Value| {
            let mut one = one.clone();
            one.as_object_mut()
                .unwrap()
                .retain(|name, _| name != "changed_since" && name != "withdrawn");
            one
        };
        assert_eq!(frozen(was), frozen(is));
        let changed = own == recoded || own == corrected;
        if own != withdrawn {
            assert_eq!(is["changed_since"], changed, "{own}");
        }
        assert_eq!(is["withdrawn"], own == withdrawn, "{own}");
    }

    // A table that is taken back takes everything in it along.
    let table = after.iter().find(|one| one["id"] == of_a_table.as_str()).unwrap()["discussion_id"].clone();
    let reasons = lead.all("/v1/review-reasons").await;
    let reason = reasons.iter().find(|one| {
        let states = one["to"].as_array().unwrap();
        states.contains(&json!("withdrawn")) && one["status"] == "active"
    });
    let move_to =
        json!({"to": "withdrawn", "reason_id": reason.unwrap()["id"], "note": "They asked for it."});
    lead.post(
        format!("/v1/discussions/{}/review", table.as_str().unwrap()),
        move_to,
    )
    .await
    .ok();
    for one in behind(lead, &id).await {
        let gone = one["discussion_id"] == table || one["id"] == withdrawn.as_str();
        assert_eq!(one["withdrawn"], gone, "{one}");
    }
}

#[actix_web::test]
async fn everybody_else_is_told_that_there_is_no_such_figure() {
    let told = told().await;
    let Told { world, auditor, .. } = &told;
    let id = cell(&told.report.json, "themes", "food", "contributions");
    let path = at(&id);
    world
        .service
        .stranger()
        .get(&path)
        .await
        .problem(401, "unauthenticated");
    for role in Role::ALL {
        let mut grant = json!({"role": role.as_str()});
        match role.scope() {
            RoleScope::Everywhere => {}
            RoleScope::Group => grant["group_id"] = json!(world.a),
            RoleScope::Service => grant["service_id"] = json!(world.a1),
            RoleScope::Consultation => grant["consultation_id"] = json!(told.consultation),
            RoleScope::Body => grant["body_id"] = json!(world.body),
        }
        let answer = world.user(grant).await.get(&path).await;
        match role {
            Role::NationalLead | Role::Auditor => {
                answer.expect(200);
            }
            _ => {
                answer.problem(404, "not-found");
            }
        }
    }

    let report = told.report.id();
    let other = new_id();
    for unknown in [
        "1".to_owned(),
        report.clone(),
        format!("{report}.themes"),
        format!("{report}.themes.1"),
        format!("{report}.themes.1.99"),
        format!("{report}.themes.0.1"),
        format!("{report}.themes.01.1"),
        format!("{report}.themes.1.1.1"),
        format!("{report}.themes.-1.1"),
        format!("{report}.provenance.1.1"),
        format!("{report}.themes.1.99999999999999999999999"),
        id.replace(&report, &other),
        id.to_uppercase(),
        "%00".into(),
        "%C3%28".into(),
    ] {
        let answer = auditor.get(at(&unknown)).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{}\n{}",
            answer.asked,
            answer.text()
        );
        if !unknown.contains('%') {
            answer.problem(404, "not-found");
        }
    }
    for limit in ["0", "251", "-1", "many", "", "1.5"] {
        auditor
            .get(format!("{path}?limit={limit}"))
            .await
            .problem(400, "bad-parameter");
    }
    for cursor in ["", "0", "2", "bm90IG91cnM", "zz.zz", "..", "%00"] {
        auditor
            .get(format!("{path}?cursor={cursor}"))
            .await
            .problem(400, "bad-cursor");
    }
    auditor
        .get(format!("{path}?theme=food"))
        .await
        .problem(400, "bad-parameter");
}

#[actix_web::test]
async fn what_was_kept_is_no_table_and_a_release_from_before_says_so() {
    let told = told().await;
    let lead = &told.world.lead;
    let steering = told.world.user(json!({"role": "steering_group"})).await;
    let here = format!("/v1/consultations/{}", told.consultation);
    for asked in [
        "cross-tab?rows=provenance&columns=group",
        "provenance",
        "releases/provenance",
    ] {
        let answer = steering.get(format!("{here}/{asked}")).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{}\n{}",
            answer.asked,
            answer.text()
        );
    }
    let database = &told.world.service.database;
    database
        .run("DELETE FROM release_documents WHERE name = 'provenance'")
        .await;
    let id = cell(&told.report.json, "themes", "food", "contributions");
    lead.get(at(&id)).await.problem(409, "no-provenance");
    // Whether there is such a figure is asked first.
    lead.get(at(&format!("{}.themes.99.1", told.report.id())))
        .await
        .problem(404, "not-found");
}
