//! Files of feedback: what they become, and what is said of what is wrong with them.

use actix_web::http::Method;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::{Value, json};
use tests::{
    Answer, Ask, Caller, World,
    database::{Database, until},
};

pub const CSV: &str = "text/csv";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
pub const LINES: &str = "application/x-ndjson";

/// Sends a file.
pub async fn send(
    caller: &Caller,
    consultation: &str,
    query: &str,
    kind: &str,
    file: impl Into<Vec<u8>>,
) -> Answer {
    let path = format!("/v1/consultations/{consultation}/imports{query}");
    caller.send(Ask::new(Method::POST, path).body(kind, file)).await
}

/// Waits until an import has ended.
pub async fn ended(caller: &Caller, id: &str) -> Value {
    let since = std::time::Instant::now();
    loop {
        let import = caller.get(format!("/v1/imports/{id}")).await.expect(200).json;
        if !["queued", "running"].contains(&import["state"].as_str().unwrap()) {
            return import;
        }
        assert!(since.elapsed().as_secs() < 120, "still {import}");
    }
}

/// Faults or warnings as row, column and code.
pub fn told(import: &Value, what: &str) -> Vec<(u64, String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = import[what].as_array().unwrap();
    list.iter()
        .map(|one| {
            (
                one["row"].as_u64().unwrap(),
                word(&one["column"]),
                word(&one["code"]),
            )
        })
        .collect()
}

fn faults(import: &Value) -> Vec<(u64, String, String)> {
    told(import, "faults")
}

fn expected(list: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
    list.iter()
        .map(|(row, column, code)| (*row, (*column).to_owned(), (*code).to_owned()))
        .collect()
}

async fn discussions(caller: &Caller, consultation: &str) -> Vec<Value> {
    let path = format!("/v1/consultations/{consultation}/discussions");
    caller.get(path).await.expect(200).items().to_vec()
}

async fn responses(caller: &Caller, consultation: &str) -> Vec<Value> {
    let path = format!("/v1/consultations/{consultation}/responses");
    caller.get(path).await.expect(200).items().to_vec()
}

const TABLES: &str = "\
Meeting,Table,People in services at the table,Staff at the table,Minutes given,Question,What was said,Who said it,Stance,\
Hands: agree,Hands: disagree,Choice,People who chose it,Not discussed because,May we quote it,Section
London 2019-10-03,Table 1,5,2,35,1,More walks in the grounds would help.,service user,suggests,4,1,,,,yes,4.3
London 2019-10-03,Table 1,,,,1,\"Cook with us, not for us.\",Staff,supports,,,,,,,
London 3 October 2019,table 1,,,,2,,,,,,yes,4,,,
London 3 October 2019,table 1,,,,2,,,,,,no,1,,,
03/10/2019 London,Table 2,,,,,,,,,,,,,,
London 2019-10-03,Table 1,,,,3,,,,5,1,,,,,
London 2019-10-03,Table 1,,,,4,,,,,,,,no time,,
";

#[actix_web::test]
async fn rows_of_a_table_become_its_notes() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    // A day before its group is no way to name a meeting.
    let dry = send(&world.lead, &id, "?dry_run=true&mode=per_row", CSV, TABLES)
        .await
        .expect(200)
        .json;
    assert_eq!(faults(&dry), expected(&[(6, "meeting", "unknown-meeting")]));
    let file = TABLES.replace("03/10/2019 London", "London 03/10/2019");

    let dry = send(&world.lead, &id, "?dry_run=true", CSV, file.as_str())
        .await
        .expect(200)
        .json;
    assert_eq!(
        (&dry["state"], &dry["dry_run"]),
        (&json!("checked"), &json!(true))
    );
    assert_eq!(faults(&dry), []);
    assert_eq!(dry.get("id"), None);
    assert_eq!(discussions(&world.lead, &id).await.len(), 0);

    let done = send(&world.lead, &id, "", CSV, file.as_str())
        .await
        .expect(200)
        .json;
    let counts = json!({"rows": 7, "tables": 2, "responses": 0, "contributions": 2});
    assert_eq!(
        (&done["state"], &done["written"]),
        (&json!("done"), &counts),
        "{done}"
    );
    for count in [
        "rows",
        "tables",
        "responses",
        "contributions",
        "written",
        "faults",
        "warnings",
    ] {
        assert_eq!(done[count], dry[count], "{count}");
    }
    let stored = discussions(&world.lead, &id).await;
    assert_eq!(stored.len(), 2);
    let table = stored.iter().find(|one| one["table"] == "Table 1").unwrap();
    assert_eq!(table["meeting_id"], world.meeting_a);
    assert_eq!(table["participants"], json!({"service_user": 5, "staff": 2}));
    assert_eq!(table["minutes_given"], 35);
    assert_eq!(
        table["tallies"],
        json!([{"question": 2, "counts": {"no": 1, "yes": 4}}, {"question": 3, "counts": {"agree": 5, "disagree": 1, "unsure": 0}}])
    );
    assert_eq!(
        table["not_discussed"],
        json!([{"question": 4, "reason": "no_time"}])
    );
    let said = table["contributions"].as_array().unwrap();
    assert_eq!(said[0]["hands"], json!({"agree": 4, "disagree": 1, "unsure": 0}));
    assert_eq!(
        [
            &said[0]["quote_consent"],
            &said[0]["section_ref"],
            &said[0]["respondent_group"],
            &said[0]["stance"]
        ],
        ["quotable", "4.3", "service_user", "suggests"]
    );
    assert_eq!(
        (&said[1]["text"], &said[1]["respondent_group"]),
        (&json!("Cook with us, not for us."), &json!("staff"))
    );
    assert_eq!(said[0]["flags"], json!([]));
    let collation = world.collation(&id, "").await;
    assert_eq!(collation["heard"]["discussions"], 2);

    // What is shown of it is what was answered, and the log names it.
    let path = format!("/v1/imports/{}", done["id"].as_str().unwrap());
    assert_eq!(world.lead.get(path).await.expect(200).json, done);
    let found = collate::store::check::check(&world.service.database.url)
        .await
        .unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
}

#[actix_web::test]
async fn rows_of_a_response_become_one() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let file = "response;how it came in;service;who;question;comment;choice\n\
        1;champion;Ash Ward;service users;1;Cook with us.;\n\
        1;champion;;;2;;Partly\n\
        1;champion;;family;;The garden is locked.;\n\
        ;Online survey;;staff;4;;gym, kitchen\n\
        ;survey_online;;;3;It depends.;Don\u{2019}t know\n";
    let done = send(&world.lead, &id, "", CSV, file).await.expect(200).json;
    assert_eq!(faults(&done), []);
    assert_eq!(
        done["written"],
        json!({"rows": 5, "tables": 0, "responses": 3, "contributions": 3}),
        "{done}"
    );
    let stored = responses(&world.lead, &id).await;
    let champion = stored.iter().find(|one| one["channel"] == "champion").unwrap();
    assert_eq!(
        (&champion["service_id"], &champion["respondent_group"]),
        (&json!(world.a1), &json!("service_user"))
    );
    let answers = champion["answers"].as_array().unwrap();
    assert_eq!(answers[0]["text"], "Cook with us.");
    assert_eq!(
        (&answers[1]["question"], &answers[1]["respondent_group"]),
        (&Value::Null, &json!("family_carer"))
    );
    assert_eq!(
        (&answers[2]["question"], &answers[2]["choice"]),
        (&json!(2), &json!("partly"))
    );
    let online: Vec<_> = stored
        .iter()
        .filter(|one| one["channel"] == "survey_online")
        .collect();
    let several = online
        .iter()
        .find(|one| one["answers"][0]["question"] == 4)
        .unwrap();
    assert_eq!(several["answers"][0]["choices"], json!(["gym", "kitchen"]));
    let unsure = online
        .iter()
        .find(|one| one["answers"][0]["question"] == 3)
        .unwrap();
    assert_eq!(
        (&unsure["answers"][0]["text"], &unsure["answers"][1]["choice"]),
        (&json!("It depends."), &json!("unsure"))
    );
}

#[actix_web::test]
async fn every_fault_of_every_row_is_named_at_once() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let long = "a".repeat(10_001);
    let file = format!(
        "meeting,table,staff,question,text,respondent_group,stance,agree,choice,people,verbatim,section_ref,themes,id\n\
        London 2019-10-03,Table 1,3,1,Fine.,staff,supports,,,,,,,\n\
        London 2019-10-03,,1,9,Words.,nobody,perhaps,x,,,maybe,9.9,none,1\n\
        Paris 2019-10-03,Table 1,,1,Words.,,,,,,,,,\n\
        London 2019-10-04,Table 1,,1,Words.,,,,,,,,,\n\
        ,Table 1,,1,Words.,,,,,,,,,\n\
        London 2019-10-03,Table 2,2,1,{long},,,,,,,,,\n\
        London 2019-10-03,Table 2,3,2,,,,,maybe,9,,,,\n\
        London 2019-10-03,Table 2,,1,,,,,yes,,,,,\n\
        London 2019-10-03,Table 2,,1,Hands.,,,7,,,,,,\n\
        London 2019-10-03,Table 3,,1,,,,,,,,,,\n"
    );
    for mode in ["all_or_nothing", "per_row"] {
        let import = send(&world.lead, &id, &format!("?mode={mode}"), CSV, file.as_str())
            .await
            .expect(200)
            .json;
        assert_eq!(
            faults(&import),
            expected(&[
                (3, "agree", "not-a-count"),
                (3, "id", "not-an-id"),
                (3, "question", "unknown-question"),
                (3, "respondent_group", "unknown-word"),
                (3, "stance", "unknown-word"),
                (3, "table", "missing-field"),
                (3, "themes", "unknown-theme"),
                (3, "verbatim", "unknown-word"),
                (4, "meeting", "unknown-meeting"),
                (5, "meeting", "unknown-meeting"),
                (6, "meeting", "missing-field"),
                (7, "text", "too-long"),
                (8, "choice", "unknown-option"),
                (8, "people", "more-hands-than-people"),
                (8, "staff", "differs"),
                (9, "people", "missing-field"),
                (10, "agree", "more-hands-than-people"),
                (11, "text", "nothing-said"),
            ]),
            "{import:#}"
        );
        let text = import.to_string();
        assert!(!text.contains("Words.") && !text.contains("aaaa"), "{text}");
        assert_eq!(import["faults"][3]["value"], "nobody");
        assert!(
            import["faults"][3]["detail"]
                .as_str()
                .unwrap()
                .contains("service_user"),
            "{import}"
        );
        let stored = if mode == "per_row" { 1 } else { 0 };
        assert_eq!(import["written"]["contributions"], stored);
        assert_eq!(import["state"], ["refused", "done"][stored]);
        assert_eq!(discussions(&world.lead, &id).await.len(), stored);
    }
}

#[actix_web::test]
async fn a_file_with_strange_columns_is_refused_whole() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let file =
        "meeting,tabel,question,text,Text,weather,\nLondon 2019-10-03,Table 1,1,Words.,More.,fine,stray\n";
    let import = send(&world.lead, &id, "?mode=per_row", CSV, file)
        .await
        .expect(200)
        .json;
    assert_eq!(
        faults(&import),
        expected(&[
            (1, "Text", "repeated-column"),
            (1, "tabel", "unknown-column"),
            (1, "weather", "unknown-column"),
            (2, "G", "no-heading"),
            (2, "table", "missing-field"),
        ])
    );
    assert!(
        import["faults"][1]["detail"].as_str().unwrap().contains("Table"),
        "{import}"
    );
    assert_eq!(import["state"], "refused");
}

#[actix_web::test]
async fn each_posts_for_their_own_only() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let tables = format!(
        "meeting,table,question,text\n{},1,1,Ours.\n{},1,1,Theirs.\nNorth West 2019-10-03,1,1,Theirs.\n",
        world.meeting_a, world.meeting_b
    );
    let import = send(&facilitator, &id, "?mode=per_row", CSV, tables.as_str())
        .await
        .expect(200)
        .json;
    assert_eq!(
        faults(&import),
        expected(&[
            (3, "meeting", "unknown-meeting"),
            (4, "meeting", "unknown-meeting")
        ])
    );
    assert_eq!(import["written"]["tables"], 1);
    for fault in import["faults"].as_array().unwrap() {
        let detail = fault["detail"].as_str().unwrap();
        assert!(
            detail.starts_with("There is no such meeting.") && !detail.contains("North West"),
            "{detail}"
        );
    }
    let themes = "meeting,table,question,text,themes\nLondon 2019-10-03,2,1,Words.,catering\n";
    world.theme(&id, "catering", json!({})).await;
    let import = send(&facilitator, &id, "", CSV, themes).await.expect(200).json;
    assert_eq!(faults(&import), expected(&[(2, "themes", "not-taken")]));

    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let sheet = "response,channel,service,question,text\n1,champion,Ash Ward,1,Ours.\n2,champion,Cedar House,1,Theirs.\n\
        3,survey_online,Ash Ward,1,Online.\n";
    let import = send(&champion, &id, "?mode=per_row", CSV, sheet)
        .await
        .expect(200)
        .json;
    assert_eq!(
        faults(&import),
        expected(&[(3, "service", "not-yours"), (4, "channel", "forbidden")])
    );
    assert_eq!(import["written"]["responses"], 1);

    // Nobody sees another's import, but leads.
    let path = format!("/v1/imports/{}", import["id"].as_str().unwrap());
    facilitator.get(path.clone()).await.expect(404);
    world.lead.get(path).await.expect(200);
    let stranger = world.user(json!({"role": "steering_group"})).await;
    send(&stranger, &id, "", CSV, sheet).await.expect(403);
    let draft = world.draft(json!({})).await.id();
    send(&facilitator, &draft, "", CSV, sheet).await.expect(404);
    send(&world.lead, &draft, "", CSV, sheet).await.expect(409);
}

#[actix_web::test]
async fn what_may_say_who_somebody_is_is_pointed_out() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let head = "meeting,table,question,text\n";
    let small = format!(
        "{head}{meeting},Table 1,1,More walks would help.\n{meeting},Table 1,1,Ring me on 07700 900123.\n",
        meeting = world.meeting_a
    );
    let personal = expected(&[(3, "text", "personal-data")]);
    for query in ["?dry_run=true", ""] {
        let import = send(&world.lead, &id, query, CSV, small.clone())
            .await
            .expect(200)
            .json;
        assert_eq!(told(&import, "warnings"), personal, "{query}");
        let says = import["warnings"][0]["detail"].as_str().unwrap();
        assert!(says.contains("phone") && !says.contains("07700"), "{says}");
    }
    // Of a large one it is said as far as it is stored.
    for mode in ["per_row", "all_or_nothing"] {
        let mut file = many(4_400, &world.meeting_a);
        for table in ["Table 2000", "Table 2001"] {
            file.push_str(&format!(
                "{},{table},1,Ring me on 07700 900123.,staff,supports\n",
                world.meeting_a
            ));
        }
        let import = send(&world.lead, &id, &format!("?mode={mode}"), CSV, file)
            .await
            .expect(202)
            .id();
        let import = ended(&world.lead, &import).await;
        let seen: Vec<_> = told(&import, "warnings")
            .into_iter()
            .filter(|(_, _, code)| code == "personal-data")
            .collect();
        assert_eq!(
            seen,
            expected(&[(4402, "text", "personal-data"), (4403, "text", "personal-data")]),
            "{mode}"
        );
    }
}

#[actix_web::test]
async fn what_is_sent_twice_is_pointed_out() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let file = "meeting,table,question,text\nLondon 2019-10-03,1,1,More walks in the grounds.\n\
        London 2019-10-03,1,1,more walks in the grounds\nLondon 2019-10-03,1,2,More walks in the grounds.\n";
    let first = send(&world.lead, &id, "", CSV, file).await.expect(200).json;
    assert_eq!(told(&first, "warnings"), expected(&[(3, "text", "duplicate")]));
    let again = send(&world.lead, &id, "?dry_run=true", CSV, file)
        .await
        .expect(200)
        .json;
    assert_eq!(
        told(&again, "warnings"),
        expected(&[
            (1, "", "file-stored"),
            (2, "table", "table-stored"),
            (3, "text", "duplicate")
        ])
    );
    assert!(
        again["warnings"][0]["detail"]
            .as_str()
            .unwrap()
            .contains(first["id"].as_str().unwrap())
    );

    let survey =
        "channel,question,text\nsurvey_online,1,A long walk every single day.\nsurvey_online,1,Yes.\n";
    send(&world.lead, &id, "", CSV, survey).await.expect(200);
    let more = format!("{survey}survey_online,1,Something that nobody had said before.\n");
    let again = send(&world.lead, &id, "?dry_run=true", CSV, more)
        .await
        .expect(200)
        .json;
    assert_eq!(
        told(&again, "warnings"),
        expected(&[(2, "text", "response-stored")])
    );

    // Under an id that its sender chose, the same file is the same import.
    let own = tests::new_id();
    let query = format!("?id={own}");
    let made = send(&world.lead, &id, &query, CSV, survey).await.expect(200).json;
    let before = responses(&world.lead, &id).await.len();
    assert_eq!(
        send(&world.lead, &id, &query, CSV, survey).await.expect(200).json,
        made
    );
    assert_eq!(responses(&world.lead, &id).await.len(), before);
    let other = send(&world.lead, &id, &query, CSV, file).await.expect(409);
    assert_eq!(other.json["code"], "id-conflict");
}

#[actix_web::test]
async fn json_lines_and_workbooks_say_the_same_as_csv() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.theme(&id, "catering", json!({})).await;
    world
        .theme(&id, "gardens", json!({"label": "Gardens, grounds"}))
        .await;
    let lines = [
        json!({"meeting": world.meeting_a, "table": 7, "staff": 3, "question": 1, "text": "One.", "themes": ["catering", "Gardens, grounds"]}),
        json!({"meeting": "London 2019-10-03", "table": "7", "question": "Q1", "text": "Two.", "verbatim": true, "agree": 2}),
        json!({"meeting": "London 2019-10-03", "table": "7", "question": 4, "text": null, "not_discussed": "no_time"}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let of_lines = send(&world.lead, &id, "?dry_run=true", LINES, lines.clone())
        .await
        .expect(200)
        .json;

    let mut book = Workbook::new();
    let cover = book.add_worksheet();
    cover.write_string(0, 0, "Autumn round").unwrap();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("d mmmm yyyy");
    sheet.write_string(0, 0, "Notes of the tables").unwrap();
    for (at, head) in [
        "Group",
        "Date",
        "TABLE",
        "staff",
        "Question",
        "What was said",
        "Themes",
        "verbatim",
        "agree",
        "Not discussed because",
    ]
    .into_iter()
    .enumerate()
    {
        sheet.write_string(2, at as u16, head).unwrap();
    }
    for row in 3..6 {
        sheet.write_string(row, 0, "London\u{a0}").unwrap();
        let held = ExcelDateTime::from_ymd(2019, 10, 3).unwrap();
        sheet.write_datetime_with_format(row, 1, &held, &day).unwrap();
        sheet.write_number(row, 2, 7).unwrap();
        sheet.write_number(row, 4, [1, 1, 4][row as usize - 3]).unwrap();
    }
    sheet.write_number(3, 3, 3).unwrap();
    sheet.write_string(3, 5, "One.").unwrap();
    sheet.write_string(3, 6, "catering; Gardens, grounds").unwrap();
    sheet
        .write_formula(4, 5, Formula::new("=\"Tw\"&\"o.\"").set_result("Two."))
        .unwrap();
    sheet.write_boolean(4, 7, true).unwrap();
    sheet.write_number(4, 8, 2).unwrap();
    sheet.write_string(5, 9, "No time").unwrap();
    let book = book.save_to_buffer().unwrap();
    let of_book = send(&world.lead, &id, "?dry_run=true", XLSX, book.clone())
        .await
        .expect(200)
        .json;
    assert_eq!((faults(&of_lines), faults(&of_book)), (Vec::new(), Vec::new()));
    assert_eq!(of_lines["written"], of_book["written"]);
    assert_eq!(
        of_book["written"],
        json!({"rows": 3, "tables": 1, "responses": 0, "contributions": 2})
    );

    send(&world.lead, &id, "", LINES, lines).await.expect(200);
    let first = discussions(&world.lead, &id).await.remove(0);
    send(&world.lead, &id, "", XLSX, book).await.expect(200);
    let second = discussions(&world.lead, &id).await.remove(1);
    for field in ["meeting_id", "table", "participants", "not_discussed", "tallies"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    for (one, other) in first["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .zip(second["contributions"].as_array().unwrap())
    {
        for field in ["text", "question", "hands", "verbatim", "respondent_group"] {
            assert_eq!(one[field], other[field], "{field}");
        }
    }
    let themes = world.collation(&id, "").await["themes"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(themes.len(), 2);
    assert!(
        themes.iter().all(|theme| theme["contributions"]["value"] == 2),
        "{themes:#?}"
    );
}

#[actix_web::test]
async fn what_is_no_file_of_feedback_is_refused_in_words() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    for (kind, file, says) in [
        (CSV, &b"%PDF-1.7 ..."[..], "document or a picture"),
        (CSV, b"PK\x03\x04rest of it", "workbook"),
        (CSV, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
        (XLSX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
        (XLSX, b"question,text\n1,one\n", "no Excel workbook"),
        (XLSX, b"PK\x03\x04rest of it", "ends too early"),
        (CSV, b"a\0b,c\0d\n\0\0\0", "no text"),
        (CSV, b"  \r\n \n", "empty"),
        (CSV, b"<html><table>", "page"),
        (CSV, b"{\"question\": 1}\n", "application/x-ndjson"),
    ] {
        let answer = send(&world.lead, &id, "", kind, file).await.expect(422);
        assert_eq!(answer.json["code"], "unreadable-file");
        assert!(
            answer.json["detail"].as_str().unwrap().contains(says),
            "{}",
            answer.text()
        );
    }
    send(&world.lead, &id, "", "application/pdf", "%PDF")
        .await
        .expect(415);
    send(&world.lead, &id, "?dry_run=perhaps", CSV, "text\nx\n")
        .await
        .expect(400);
    send(&world.lead, &id, "?mode=some", CSV, "text\nx\n")
        .await
        .expect(400);
    send(&world.lead, &id, "?colour=red", CSV, "text\nx\n")
        .await
        .expect(400);
}

#[actix_web::test]
async fn a_template_comes_back_filled_in() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    world.theme(&id, "catering", json!({})).await;
    let facilitator = world.facilitator(&world.a).await;
    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    for (caller, own, others) in [
        (&world.lead, "North West 2019-10-03", "Lincoln"),
        (&facilitator, "London 2019-10-03", "North West"),
        (&champion, "Ash Ward", "Cedar House"),
    ] {
        let at = format!("/v1/consultations/{id}/imports/template");
        let csv = caller.get(format!("{at}.csv")).await.expect(200);
        let text = csv.text();
        let heading = text.lines().next().unwrap();
        assert!(heading.split(',').any(|word| word == "text"), "{heading}");
        let example = send(caller, &id, "", CSV, csv.bytes.clone())
            .await
            .expect(200)
            .json;
        assert_eq!(faults(&example), expected(&[(2, "text", "example-row")]));

        let book = caller.get(format!("{at}.xlsx")).await.expect(200);
        assert_eq!(
            caller.get(format!("{at}.xlsx")).await.expect(200).etag(),
            book.etag()
        );
        let example = send(caller, &id, "", XLSX, book.bytes.clone())
            .await
            .expect(200)
            .json;
        assert_eq!(faults(&example), expected(&[(2, "text", "example-row")]));
        let strings = entry(&book.bytes, "xl/sharedStrings.xml");
        assert!(strings.contains(own) && !strings.contains(others), "{strings}");
        assert!(
            strings.contains("1 What helps people keep a healthy weight here?"),
            "{strings}"
        );
        assert!(entry(&book.bytes, "xl/worksheets/sheet1.xml").contains("dataValidation"));

        // The example itself, with its mark taken out, is a row like any other.
        let filled = text.replace("\"Example, delete this row: ", "\"");
        assert_ne!(filled, text);
        let done = send(caller, &id, "", CSV, filled).await.expect(200).json;
        assert_eq!(
            (faults(&done), &done["written"]["contributions"]),
            (Vec::new(), &json!(1)),
            "{text}"
        );
    }
    world
        .user(json!({"role": "coder", "consultation_id": id}))
        .await
        .get(format!("/v1/consultations/{id}/imports/template.csv"))
        .await
        .expect(403);
}

/// A file of an archive.
fn entry(archive: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

/// Rows of tables of four, of one meeting.
pub fn many(rows: usize, meeting: &str) -> String {
    let mut file = String::from("meeting,table,question,text,respondent_group,stance\n");
    for row in 0..rows {
        let stance = ["supports", "opposes", "suggests"][row % 3];
        file.push_str(&format!(
            "{meeting},Table {},1,\"Point {row}, of many.\",staff,{stance}\n",
            row / 4
        ));
    }
    file
}

#[actix_web::test]
async fn a_large_file_is_worked_off_beside_the_requests() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    for (mode, at) in [("per_row", 1), ("all_or_nothing", 2)] {
        let file = many(5_000, "London 2019-10-03");
        let answer = send(&world.lead, &id, &format!("?mode={mode}"), CSV, file)
            .await
            .expect(202);
        let import = answer.id();
        assert_eq!(
            answer.header("location"),
            Some(format!("/v1/imports/{import}").as_str())
        );
        let done = ended(&world.lead, &import).await;
        let counts = json!({"rows": 5000, "tables": 1250, "responses": 0, "contributions": 5000});
        assert_eq!((&done["state"], &done["written"]), (&json!("done"), &counts));
        assert_eq!(
            world.collation(&id, "").await["questions"][0]["contributions"]["value"],
            5000 * at
        );
    }
    let file = many(3_000, "London 2019-10-03").replace("Table 700,", ",");
    let refused = send(&world.lead, &id, "", CSV, file.clone())
        .await
        .expect(202)
        .id();
    let refused = ended(&world.lead, &refused).await;
    assert_eq!(
        (&refused["state"], &refused["written"]["rows"]),
        (&json!("refused"), &json!(0))
    );
    let column = expected(&[(2802, "table", "missing-field"), (2803, "table", "missing-field")]);
    assert_eq!(faults(&refused)[..2], column);
    let some = send(&world.lead, &id, "?mode=per_row", CSV, file)
        .await
        .expect(202)
        .id();
    let some = ended(&world.lead, &some).await;
    assert_eq!(
        (&some["state"], &some["written"]["rows"]),
        (&json!("done"), &json!(2996))
    );
    let left = world
        .service
        .database
        .texts("SELECT 'part' AS text FROM import_parts UNION ALL SELECT 'lease' FROM import_leases")
        .await;
    assert_eq!(
        left,
        Vec::<String>::new(),
        "nothing stays of the files themselves"
    );
    let found = collate::store::check::check(&world.service.database.url)
        .await
        .unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
}

/// When a process takes an import and stops, as one does that was killed.
#[derive(Clone, Copy)]
enum Stops {
    BeforeItReadsTheFile,
    AfterTheFirstBatch,
}

/// Rows of the first batch of a file of tables of four.
const FIRST_BATCH: u64 = 4_000;
const ROWS: u64 = 6_000;

impl Stops {
    const fn table(self) -> &'static str {
        match self {
            Self::BeforeItReadsTheFile => "import_leases",
            Self::AfterTheFirstBatch => "imports",
        }
    }

    /// From now on imports are somebody's who is not there: the database itself says so, in the transaction of the step, so
    /// that nothing is left to chance.
    async fn begin(self, database: &Database) {
        let (when, id, guard) = match self {
            Self::BeforeItReadsTheFile => ("INSERT", "import_id", ""),
            Self::AfterTheFirstBatch => ("UPDATE", "id", "WHEN (NEW.worked_off > OLD.worked_off)"),
        };
        let table = self.table();
        let nobody = match database.is_postgres() {
            true => "gen_random_uuid()",
            false => "randomblob(16)",
        };
        let take = format!(
            r#"UPDATE import_leases SET owner = {nobody}, "until" = 9000000000000000 WHERE import_id = NEW.{id}"#
        );
        let on = format!("CREATE TRIGGER stops AFTER {when} ON {table} FOR EACH ROW {guard}");
        match database.is_postgres() {
            true => {
                database
                    .run(&format!(
                        "CREATE FUNCTION stops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {take}; RETURN NULL; END $$"
                    ))
                    .await;
                database.run(&format!("{on} EXECUTE FUNCTION stops()")).await;
            }
            false => database.run(&format!("{on} BEGIN {take}; END")).await,
        }
    }

    /// Its time is over: whoever is there may go on.
    async fn let_go(self, database: &Database) {
        match database.is_postgres() {
            true => database.run("DROP FUNCTION stops CASCADE").await,
            false => database.run("DROP TRIGGER stops").await,
        }
        database.run(r#"UPDATE import_leases SET "until" = 0"#).await;
    }
}

/// Sends a file that stops on the way; its id, when it has come as far as that.
async fn stopped(world: &World, caller: &Caller, consultation: &str, stops: Stops) -> String {
    let database = &world.service.database;
    stops.begin(database).await;
    let file = many(ROWS as usize, &world.meeting_a);
    let import = send(caller, consultation, "?mode=per_row", CSV, file)
        .await
        .expect(202)
        .id();
    let far = match stops {
        Stops::BeforeItReadsTheFile => 0,
        Stops::AfterTheFirstBatch => FIRST_BATCH,
    };
    until(async || {
        let now = caller.get(format!("/v1/imports/{import}")).await.expect(200).json;
        match now["written"]["rows"] == far {
            true => Vec::new(),
            false => vec![now],
        }
    })
    .await;
    import
}

async fn said(world: &World, consultation: &str) -> Value {
    world.collation(consultation, "").await["questions"][0]["contributions"]["value"].clone()
}

async fn parts(database: &Database) -> Vec<String> {
    database.texts("SELECT 'part' AS text FROM import_parts").await
}

#[actix_web::test]
async fn an_import_that_is_cancelled_stores_no_more() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let stops = Stops::AfterTheFirstBatch;
    let import = stopped(&world, &world.lead, &id, stops).await;
    let cancel = async || {
        let path = format!("/v1/imports/{import}/cancel");
        world.lead.send(Ask::of("POST", path)).await
    };
    let cancelled = cancel().await.expect(200).json;
    assert_eq!(
        (&cancelled["state"], &cancelled["written"]["contributions"]),
        (&json!("cancelled"), &json!(FIRST_BATCH))
    );
    assert_eq!(parts(&world.service.database).await, Vec::<String>::new());
    stops.let_go(&world.service.database).await;
    assert_eq!(cancel().await.expect(200).json, cancelled);
    assert_eq!(said(&world, &id).await, FIRST_BATCH);

    // One that has ended is past being stopped.
    let file = many(8, &world.meeting_a);
    let import = send(&world.lead, &id, "", CSV, file).await.expect(200).id();
    let answer = world
        .lead
        .send(Ask::of("POST", format!("/v1/imports/{import}/cancel")))
        .await
        .expect(409);
    assert_eq!(answer.json["code"], "import-ended");
}

#[actix_web::test]
async fn an_import_ends_where_the_grants_of_whoever_sent_it_do() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let mut stored = 0;
    for stops in [Stops::AfterTheFirstBatch, Stops::BeforeItReadsTheFile] {
        let facilitator = world.facilitator(&world.a).await;
        let import = stopped(&world, &facilitator, &id, stops).await;
        let grants = format!("/v1/users/{}/grants", facilitator.id);
        let grant = world.admin.get(grants.clone()).await.expect(200).items()[0]["id"].clone();
        let path = format!("{grants}/{}", grant.as_str().unwrap());
        world.admin.send(Ask::of("DELETE", path)).await.expect(204);
        stops.let_go(&world.service.database).await;
        let import = ended(&world.lead, &import).await;
        assert_eq!(import["state"], "failed", "{import}");
        let why = import["detail"].as_str().unwrap();
        assert!(why.contains("has not the grants any more"), "{why}");
        stored += import["written"]["rows"].as_u64().unwrap();
        // What was stored before stays.
        assert_eq!((said(&world, &id).await, stored), (json!(stored), FIRST_BATCH));
    }
    assert_eq!(parts(&world.service.database).await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_consultation_that_closes_takes_no_more_of_a_file() {
    let world = World::start().await;
    let id = world.open(json!({"group_ids": [], "round_ids": []})).await;
    let stops = Stops::AfterTheFirstBatch;
    let import = stopped(&world, &world.lead, &id, stops).await;
    world.move_to(&id, "closed").await.expect(200);
    stops.let_go(&world.service.database).await;
    let import = ended(&world.lead, &import).await;
    assert_eq!(
        (&import["state"], &import["written"]["rows"]),
        (&json!("failed"), &json!(FIRST_BATCH))
    );
    let why = import["detail"].as_str().unwrap();
    assert!(why.contains("while it is open"), "{why}");
    assert_eq!(said(&world, &id).await, FIRST_BATCH);
}

#[actix_web::test]
async fn of_two_replicas_one_goes_on_where_another_was_killed() {
    let world = World::start().await;
    let replica = world.service.replica().await;
    let elsewhere = world.lead.at(replica.base());
    let id = world.open(json!({})).await;
    for (at, stops) in [Stops::AfterTheFirstBatch, Stops::BeforeItReadsTheFile]
        .into_iter()
        .enumerate()
    {
        let import = stopped(&world, &world.lead, &id, stops).await;
        stops.let_go(&world.service.database).await;
        let done = ended(&elsewhere, &import).await;
        let written = (&done["state"], &done["written"]["rows"], &done["faults"]);
        assert_eq!(written, (&json!("done"), &json!(ROWS), &json!([])), "{done}");
        assert_eq!(said(&world, &id).await, ROWS * (at as u64 + 1));
    }
    let database = &world.service.database;
    assert_eq!(parts(database).await, Vec::<String>::new());
    let found = collate::store::check::check(&database.url).await.unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
}
