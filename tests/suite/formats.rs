//! A report is one document: each form of it, read back by programs that had no part in writing it, says what its JSON says, and
//! words that were taken back are in none.

use quick_xml::{Reader, events::Event};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{Cursor, Read},
};
use tests::{Answer, Ask, Caller, World, pdf};

/// How an address ends, and what is given there.
const FORMS: [(&str, &str); 7] = [
    ("json", "application/json"),
    ("html", "text/html"),
    ("pdf", "application/pdf"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
];
/// A label that is markup, and two fields of CSV, to whoever does not look.
const LATE_ORDERS: &str = "Takeaways, \"late\" orders & <ward> rules";
/// A label that a spreadsheet takes for a formula.
const ONE_MORE: &str = "+1 to cooking together";
/// Words that are taken back, and words that are not.
const TAKEN_BACK: &str = "Point 0 of table 0.";
const LEFT: &str = "Point 0 of table 1.";

/// A report that everybody may read, with themes, a sub-theme, hidden figures, quotes, and answers to some of it.
pub(crate) struct Published {
    pub world: World,
    pub reference: String,
    pub said: Vec<String>,
    /// Where it stands.
    pub path: String,
}

impl Published {
    pub(crate) async fn start() -> Self {
        let world = World::start().await;
        let (consultation, said) = world.told(json!({})).await;
        let themes = format!("/v1/consultations/{consultation}/themes");
        let food = world.lead.all(&themes).await;
        let food = food.iter().find(|theme| theme["code"] == "food").unwrap()["id"].clone();
        let part =
            json!({"label": LATE_ORDERS, "parent_id": food, "description": "What is ordered in, and when."});
        let part = world.theme(&consultation, "late-orders", part).await;
        let rare = world
            .theme(&consultation, "cooking", json!({ "label": ONE_MORE }))
            .await;
        for (at, id) in said
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 3 != 0 && at % 2 == 1)
        {
            let themes: &[&str] = if at == 5 { &[&part, &rare] } else { &[&part] };
            world.code(id, themes).await;
        }
        world.move_to(&consultation, "closed").await.ok();
        let begun = world
            .lead
            .post(format!("/v1/consultations/{consultation}/reports"), json!({}))
            .await
            .expect(201)
            .json;
        let path = format!("/v1/reports/{}", begun["id"].as_str().unwrap());
        let version = begun["draft"]["version"].as_i64().unwrap();
        world
            .lead
            .patch(&path, version, written(&begun))
            .await
            .expect(200);
        world
            .lead
            .post(format!("{path}/publish"), json!({}))
            .await
            .expect(200);
        let reference = begun["consultation"]["reference"].as_str().unwrap().to_owned();
        let published = Self {
            world,
            reference,
            said,
            path,
        };
        published.answered(&consultation, &food).await;
        published
    }

    /// Gives the report to the body that asked for it, which decides on a theme, a section and the whole.
    async fn answered(&self, consultation: &str, theme: &Value) {
        let lead = &self.world.lead;
        let given = json!({"body_id": self.world.body, "meeting_on": "2019-12-03", "minute_ref": "Item 4"});
        lead.post(format!("{}/deliveries", self.path), given)
            .await
            .expect(201);
        let outcomes = format!("/v1/consultations/{consultation}/outcomes");
        for (on, decision) in [
            (json!({ "theme_id": theme }), "accepted"),
            (json!({"section_ref": "4.3"}), "not_accepted"),
            (json!({}), "under_review"),
        ] {
            let decided = json!({"decision": decision, "reason": "It was weighed against what wards can do.",
                "easy_read": "We talked about it.", "decided_on": "2019-12-10", "decided_by": "Adult secure services",
                "document_version": "1.0", "source_url": "https://example.org/minutes"});
            lead.post(&outcomes, tests::merged(decided, on)).await.expect(201);
        }
        let film =
            json!({"kind": "bsl_video", "title": "The report, signed", "url": "https://example.org/signed"});
        lead.post(format!("{}/media", self.path), film).await.expect(201);
    }

    pub(crate) fn stranger(&self) -> Caller {
        self.world.service.stranger()
    }
}

/// Something in each part of a commentary, and every quote that is on offer.
fn written(draft: &Value) -> Value {
    let offered = draft["draft"]["quotes_on_offer"].as_array().unwrap();
    let themes = draft["codeframe"]["themes"].as_array().unwrap().iter();
    let themes: Vec<_> = themes
        .map(|theme| {
            let own = offered.iter().filter(|quote| quote["theme_id"] == theme["id"]);
            let own: Vec<_> = own.map(|quote| &quote["contribution_id"]).collect();
            json!({"theme_id": theme["id"], "summary": "People spoke of it.", "key_points": ["It matters to them."],
                "areas_for_consideration": ["Look into it."], "quote_ids": own})
        })
        .collect();
    json!({"commentary": {"foreword": "Thank you.", "background": "Weight is gained in services.",
        "method": "Everything was read.", "what_happens_next": "The guidance is written anew.",
        "easy_read": [{"text": "We asked people about food.", "picture": "food"}, {"text": "They want to walk more.", "picture": "walk"}],
        "sections": [{"section_ref": "4.3", "summary": "It was welcome.", "suggestions": ["Say who does it."]}],
        "themes": themes}})
}

/// The members of an archive.
fn members(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut member = archive.by_index(at).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// Lines of cells: the first is the headings.
type Grid = Vec<Vec<String>>;

/// How a figure is put into words: the rule's own where it is hidden.
fn words(report: &Value, cell: &Value) -> String {
    if cell.is_null() {
        return "–".into();
    }
    match (&cell["value"], cell["status"].as_str().unwrap()) {
        (Value::Number(number), _) => match number.as_u64() {
            Some(count) => count.to_string(),
            None => format!("{:.3}", number.as_f64().unwrap()),
        },
        (_, "suppressed") => match report["collation"]["policy"]["id"].as_str().unwrap() {
            "mhsds-5" => "under 5".into(),
            policy => panic!("{policy} is another rule than that of this test"),
        },
        (_, status) => {
            assert_eq!(status, "withheld");
            "not shown".into()
        }
    }
}

fn of<'v>(value: &'v Value, list: &str) -> &'v Vec<Value> {
    value[list].as_array().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A table as its JSON says it is, each figure put into words.
fn grid(report: &Value, table: &Value, words: impl Fn(&Value, &Value) -> String) -> Grid {
    let mut grid = vec![vec![text(&table["rows_are"])]];
    grid[0].extend(of(table, "columns").iter().map(|column| text(&column["label"])));
    for row in of(table, "rows") {
        let mut line = vec![text(&row["label"])];
        line.extend(of(row, "cells").iter().map(|cell| words(report, cell)));
        assert_eq!(line.len(), grid[0].len());
        grid.push(line);
    }
    grid
}

/// What a spreadsheet must not take for a formula begins with a mark.
fn guarded(label: &Value) -> String {
    let label = text(label);
    match label.starts_with(['=', '+', '-', '@']) {
        true => format!("'{label}"),
        false => label,
    }
}

/// The lines that CSV ought to have of these tables, a figure a line.
fn lines(tables: &[&Value]) -> Grid {
    let mut lines = Vec::new();
    for table in tables {
        for row in of(table, "rows") {
            for (column, cell) in of(table, "columns").iter().zip(of(row, "cells")) {
                if cell.is_null() {
                    continue;
                }
                let unit = column.get("unit").unwrap_or(&table["unit"]);
                lines.push(vec![
                    text(&table["name"]),
                    guarded(&row["key"]),
                    guarded(&row["label"]),
                    guarded(&column["key"]),
                    guarded(&column["label"]),
                    text(unit),
                    cell["value"]
                        .as_f64()
                        .map(|value| value.to_string())
                        .unwrap_or_default(),
                    text(&cell["status"]),
                    text(&cell["id"]),
                ]);
            }
        }
    }
    lines
}

/// The lines of a CSV file, without its heading.
fn csv_lines(file: &[u8]) -> Grid {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap();
    let mut reader = csv::Reader::from_reader(file);
    let fields = [
        "table",
        "row_key",
        "row",
        "column_key",
        "column",
        "unit",
        "value",
        "status",
        "cell_id",
    ];
    assert_eq!(reader.headers().unwrap(), fields.as_slice());
    let records = reader.records().map(|record| record.unwrap());
    records
        .map(|record| record.iter().map(ToOwned::to_owned).collect())
        .collect()
}

/// A piece of HTML: a tag without its angles, or words.
enum Piece<'t> {
    Tag(&'t str),
    Words(String),
}

/// The pieces of a page. Ours escapes every angle that is not of a tag, wherever it stands.
fn pieces(page: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, words) = part
            .split_once('>')
            .unwrap_or_else(|| panic!("a tag without an end: {part}"));
        pieces.push(Piece::Tag(tag));
        let marks = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ];
        let plain = marks.iter().fold(words.to_owned(), |words, (mark, letter)| {
            words.replace(mark, letter)
        });
        pieces.push(Piece::Words(plain));
    }
    pieces
}

/// The tables of figures on a page, by their names.
fn html_tables(page: &str) -> HashMap<String, Vec<Grid>> {
    let mut tables: HashMap<String, Vec<Grid>> = HashMap::new();
    let mut name: Option<String> = None;
    let mut within = false;
    for piece in pieces(page) {
        let table = name.as_ref().and_then(|name| tables.get_mut(name)?.last_mut());
        match (piece, table) {
            (Piece::Tag(tag), None) => {
                let found = tag
                    .strip_prefix("table id=\"table-")
                    .and_then(|rest| rest.split_once('"'));
                if let Some((found, _)) = found {
                    tables.entry(found.to_owned()).or_default().push(Grid::new());
                    name = Some(found.to_owned());
                    within = false;
                }
            }
            (Piece::Tag(tag), Some(table)) => match tag.split(' ').next().unwrap() {
                "/table" => name = None,
                "tr" => {
                    table.push(Vec::new());
                    within = false;
                }
                "th" | "td" => {
                    // Whoever hears it is told of which row and column it is.
                    let scope = if table.len() == 1 {
                        "scope=\"col\""
                    } else {
                        "scope=\"row\""
                    };
                    let row = table.last_mut().unwrap();
                    assert_eq!(tag.starts_with("th"), tag.contains(scope), "{tag}");
                    row.push(String::new());
                    within = true;
                }
                "/th" => within = false,
                _ => {}
            },
            (Piece::Words(words), Some(table)) if within => {
                table.last_mut().unwrap().last_mut().unwrap().push_str(&words);
            }
            (Piece::Words(_), _) => {}
        }
    }
    tables
}

/// An element of XML: its name and its attributes without their prefixes, and the words right within it.
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    words: String,
}

/// Every element in the order in which they begin; a fault in the XML ends the test.
fn elements(xml: &[u8]) -> Vec<Element> {
    let mut reader = Reader::from_str(std::str::from_utf8(xml).unwrap());
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = Default::default();
    let local = |name: &str| name.rsplit(':').next().unwrap().to_owned();
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap();
                    (local(attribute.key.as_ref()), value.into_owned())
                });
                found.push(Element {
                    name: local(tag.name().as_ref()),
                    attributes: attributes.collect(),
                    words: String::new(),
                });
                if matches!(event, Event::Start(_)) {
                    open.push(found.len() - 1);
                }
            }
            Event::End(_) => {
                open.pop().unwrap();
            }
            Event::Text(words) => {
                if let Some(at) = open.last() {
                    found[*at].words.push_str(words);
                }
            }
            Event::GeneralRef(named) => {
                let words = &mut found[*open.last().unwrap()].words;
                match named.resolve_char_ref().unwrap() {
                    Some(letter) => words.push(letter),
                    None => words.push_str(quick_xml::escape::resolve_predefined_entity(named).unwrap()),
                }
            }
            Event::Eof => {
                assert!(open.is_empty(), "elements without an end");
                return found;
            }
            _ => {}
        }
    }
}

/// The tables of a document for word processors, by their names.
fn docx_tables(file: &[u8]) -> HashMap<String, Vec<Grid>> {
    let mut tables: HashMap<String, Vec<Grid>> = HashMap::new();
    let mut name = String::new();
    let mut within = false;
    for element in elements(&members(file)["word/document.xml"]) {
        match element.name.as_str() {
            "tblDescription" => {
                let told = &element.attributes["val"];
                let told = told.strip_prefix("In data files this table is called ").unwrap();
                name = told.strip_suffix('.').unwrap().to_owned();
                tables.entry(name.clone()).or_default().push(Grid::new());
            }
            // It ends without a mark in this list: what comes next in the text has no cell about it.
            "tbl" | "sectPr" | "pgSz" => within = false,
            kind @ ("tr" | "tc" | "t") => {
                let Some(table) = tables.get_mut(&name).and_then(|all| all.last_mut()) else {
                    continue;
                };
                match kind {
                    "tr" => {
                        table.push(Vec::new());
                        within = false;
                    }
                    "tc" => {
                        table.last_mut().unwrap().push(String::new());
                        within = true;
                    }
                    _ if within => {
                        table
                            .last_mut()
                            .unwrap()
                            .last_mut()
                            .unwrap()
                            .push_str(&element.words);
                        // Each cell is one run of words.
                        within = false;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    tables
}

/// What stands in a cell of a workbook.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Number(f64),
    Words(String),
}

/// The sheets of a workbook: of each, what stands in its cells by their addresses.
fn sheets(file: &[u8]) -> Vec<HashMap<String, Cell>> {
    let parts = members(file);
    let mut strings: Vec<String> = Vec::new();
    for element in elements(&parts["xl/sharedStrings.xml"]) {
        match element.name.as_str() {
            "si" => strings.push(String::new()),
            "t" => strings.last_mut().unwrap().push_str(&element.words),
            _ => {}
        }
    }
    let each = (1..).map_while(|number| parts.get(&format!("xl/worksheets/sheet{number}.xml")));
    each.map(|sheet| {
        let mut cells = HashMap::new();
        let mut open: Option<(String, bool)> = None;
        for element in elements(sheet) {
            match element.name.as_str() {
                "c" => {
                    let is_words = element.attributes.get("t").is_some_and(|kind| kind == "s");
                    open = Some((element.attributes["r"].clone(), is_words));
                }
                "v" => {
                    let (address, is_words) = open.take().unwrap();
                    let found = match is_words {
                        true => Cell::Words(strings[element.words.parse::<usize>().unwrap()].clone()),
                        false => Cell::Number(element.words.parse().unwrap()),
                    };
                    cells.insert(address, found);
                }
                "f" => panic!("a formula: {}", element.words),
                _ => {}
            }
        }
        cells
    })
    .collect()
}

/// Where a cell stands on a sheet; both numbers are from 0, and no table here has more columns than there are letters.
fn address(row: usize, column: usize) -> String {
    let letter = ('A'..='Z').nth(column).unwrap();
    format!("{letter}{}", row + 1)
}

/// Compares the tables of a workbook with the report's.
fn is_in_workbook(report: &Value, file: &[u8]) {
    let sheets = sheets(file);
    // A cover, the contents, what was written, and the tables.
    assert_eq!(sheets.len(), of(report, "tables").len() + 3);
    for table in of(report, "tables") {
        let title = Cell::Words(text(&table["title"]));
        let own: Vec<_> = sheets
            .iter()
            .filter(|cells| cells.get("A1") == Some(&title))
            .collect();
        assert_eq!(own.len(), 1, "{title:?}");
        // Headings stand in the seventh row of each sheet.
        let headings = grid(report, table, words).remove(0);
        for (column, heading) in headings.into_iter().enumerate() {
            assert_eq!(own[0][&address(6, column)], Cell::Words(heading));
        }
        for (row, line) in (7..).zip(of(table, "rows")) {
            assert_eq!(own[0][&address(row, 0)], Cell::Words(text(&line["label"])));
            for (column, cell) in (1..).zip(of(line, "cells")) {
                let wanted = match (cell["value"].as_f64(), cell["status"].as_str()) {
                    (Some(number), _) => Cell::Number(number),
                    (None, None) => Cell::Words("[x]".into()),
                    (None, Some("suppressed")) => Cell::Words("[c]".into()),
                    (None, Some(_)) => Cell::Words("[hidden]".into()),
                };
                let at = address(row, column);
                assert_eq!(own[0][&at], wanted, "{title:?} {at}");
            }
        }
    }
}

/// Compares the tables of a PDF, as they are told to who does not see them, with the report's.
fn is_in_pdf(report: &Value, file: &[u8], reader: &pdf::Reader) {
    let about: HashMap<_, _> = reader.about(file).into_iter().collect();
    assert_eq!(about["Title"], text(&report["consultation"]["title"]));
    for (name, value) in [("Tagged", "yes"), ("Encrypted", "no"), ("JavaScript", "no")] {
        assert_eq!(about[name], value, "{name}");
    }
    let tables = reader.tables(file);
    let page = in_one_line(&reader.words(file));
    for table in of(report, "tables") {
        let title = text(&table["title"]);
        assert!(page.contains(&title), "{title}");
        let own: Vec<_> = tables.iter().filter(|one| one.summary == title).collect();
        assert_eq!(own.len(), 1, "{title}");
        let wanted = grid(report, table, words);
        let found = &own[0].rows;
        assert_eq!(found.len(), wanted.len(), "{title}");
        assert_eq!(found[0].len(), wanted[0].len(), "{title}");
        // A heading says what its column counts, too, where that is not what the table counts.
        for (found, wanted) in found[0].iter().zip(&wanted[0]) {
            assert!(
                found.starts_with(wanted.as_str()),
                "{title}: {found}, not {wanted}"
            );
        }
        assert_eq!(found[1..], wanted[1..], "{title}");
    }
}

/// Words without the ends of lines, which each form has elsewhere.
fn in_one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[actix_web::test]
async fn every_figure_stands_in_every_form() {
    let published = Published::start().await;
    let (stranger, path) = (published.stranger(), &published.path);
    let get = async |address: String| stranger.get(address).await.expect(200);
    let report = get(format!("{path}.json")).await.json;
    let all = of(&report, "tables");

    // What is compared below is of every kind.
    let rows = || all.iter().flat_map(|table| of(table, "rows"));
    let cells = || rows().flat_map(|row| of(row, "cells"));
    let statuses: BTreeSet<_> = cells().filter_map(|cell| cell["status"].as_str()).collect();
    assert!(
        statuses.is_superset(&BTreeSet::from(["exact", "rounded", "suppressed"])),
        "{statuses:?}"
    );
    assert!(cells().any(Value::is_null));
    assert!(rows().any(|row| row["level"] == 1 && row["label"] == LATE_ORDERS));
    let is_hidden = |cell: &Value| !cell.is_null() && cell["value"].is_null();
    assert!(rows().any(|row| row["label"] == ONE_MORE && of(row, "cells").iter().any(is_hidden)));

    let wanted: HashMap<_, _> = all
        .iter()
        .map(|table| (text(&table["name"]), grid(&report, table, words)))
        .collect();
    assert_eq!(wanted.len(), all.len(), "two tables of one name");
    let figures = get(format!("{path}.csv")).await.bytes;
    assert_eq!(csv_lines(&figures), lines(&all.iter().collect::<Vec<_>>()));
    let mut files = BTreeMap::from([("figures.csv".to_owned(), figures)]);
    for table in all {
        let address = text(&table["csv"]);
        assert_eq!(address, format!("{path}/tables/{}.csv", text(&table["name"])));
        let alone = get(address).await.bytes;
        assert_eq!(csv_lines(&alone), lines(&[table]));
        files.insert(format!("tables/{}.csv", text(&table["name"])), alone);
        if let Some(chart) = table["chart"].as_str() {
            let drawn = get(chart.to_owned()).await.bytes;
            elements(&drawn);
            files.insert(format!("charts/{}.svg", text(&table["name"])), drawn);
        }
    }

    let page = get(format!("{path}.html")).await;
    let docx = get(format!("{path}.docx")).await.bytes;
    for (form, found) in [("html", html_tables(&page.text())), ("docx", docx_tables(&docx))] {
        let names: BTreeSet<_> = found.keys().collect();
        assert_eq!(names, wanted.keys().collect(), "{form}");
        for (name, grids) in &found {
            for grid in grids {
                assert_eq!(grid, &wanted[name], "{form}: {name}");
            }
        }
    }
    let xlsx = get(format!("{path}.xlsx")).await.bytes;
    is_in_workbook(&report, &xlsx);
    let pdf = get(format!("{path}.pdf")).await.bytes;
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(pdf::broken_rules(&pdf), [""; 0]);
    if let Some(reader) = pdf::Reader::find() {
        is_in_pdf(&report, &pdf, &reader);
    }
    // The page by the consultation's reference is the same, and needs nothing beside it.
    let by_reference = get(format!("/reports/{}", published.reference)).await;
    assert_eq!(by_reference.text(), page.text());
    files.insert("report.html".into(), page.bytes);
    files.insert("report.docx".into(), docx);
    files.insert("report.xlsx".into(), xlsx);
    files.insert("report.pdf".into(), pdf);

    // The archive holds all of them, byte by byte, and nothing else but what it says of itself.
    let mut archive = members(&get(format!("{path}.zip")).await.bytes);
    let own = archive.remove("report.json").unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&own).unwrap(), report);
    let readme = String::from_utf8(archive.remove("README.txt").unwrap()).unwrap();
    archive.remove("data-dictionary.csv").unwrap();
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&archive), names(&files));
    for (name, bytes) in &files {
        assert!(*bytes == archive[name], "{name} is another in the archive");
        assert!(readme.contains(name.as_str()), "{name} is not in README.txt");
    }
    assert!(readme.contains(report["digest"].as_str().unwrap()));

    // Whichever replica is asked.
    let replica = published.world.service.replica().await;
    let elsewhere = replica.stranger();
    for form in ["html", "pdf", "docx", "xlsx"] {
        let same = elsewhere.get(format!("{path}.{form}")).await.expect(200);
        let here = &files[&format!("report.{form}")];
        assert!(same.bytes == *here, "{form} has other bytes on a replica");
    }
}

/// An answer to `Accept`.
async fn taken(caller: &Caller, path: &str, accept: &str) -> Answer {
    caller.send(Ask::of("GET", path).header("accept", accept)).await
}

#[actix_web::test]
async fn a_form_is_asked_for_by_its_kind_or_by_its_ending() {
    let published = Published::start().await;
    let (stranger, path) = (published.stranger(), &published.path);
    let name = format!("{}-report-1", published.reference);
    for (suffix, kind) in FORMS {
        let by_kind = taken(&stranger, path, kind).await.expect(200);
        let by_ending = stranger.get(format!("{path}.{suffix}")).await.expect(200);
        assert!(by_kind.bytes == by_ending.bytes, "{suffix}");
        assert_eq!(by_kind.header("content-disposition"), None);
        let kept_as = by_ending.header("content-disposition").map(ToOwned::to_owned);
        match suffix {
            "json" | "html" => assert_eq!(kept_as, None),
            suffix => assert_eq!(kept_as, Some(format!("attachment; filename=\"{name}.{suffix}\""))),
        }
        for (answer, address) in [
            (&by_kind, Ask::of("GET", path).header("accept", kind)),
            (&by_ending, Ask::of("GET", format!("{path}.{suffix}"))),
        ] {
            assert_eq!(answer.media_type(), Some(kind));
            assert_eq!(answer.header("cache-control"), Some("public, no-cache"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            let policy = answer.header("content-security-policy");
            match suffix {
                "html" => is_shut(policy.unwrap()),
                _ => assert_eq!(policy, None),
            }
            let again = address.header("if-none-match", answer.etag());
            let again = stranger.send(again).await.expect(304);
            assert!(again.bytes.is_empty());
            assert_eq!(again.etag(), answer.etag());
        }
        let vary = by_kind.headers.iter().filter(|(name, _)| name == "vary");
        let vary: Vec<_> = vary.flat_map(|(_, names)| names.split(", ")).collect();
        assert!(
            vary.iter().any(|name| name.eq_ignore_ascii_case("accept")),
            "{vary:?}"
        );
    }
    let table = stranger
        .get(format!("{path}/tables/themes.csv"))
        .await
        .expect(200);
    let kept_as = format!("attachment; filename=\"{name}-themes.csv\"");
    assert_eq!(table.header("content-disposition"), Some(kept_as.as_str()));
    let chart = stranger
        .get(format!("{path}/charts/themes.svg"))
        .await
        .expect(200);
    is_shut(chart.header("content-security-policy").unwrap());
    for file in [&table, &chart] {
        assert_eq!(file.header("cache-control"), Some("public, no-cache"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
    for nothing in [
        "tables/nothing.csv",
        "charts/nothing.svg",
        "charts/attendance.svg",
    ] {
        stranger
            .get(format!("{path}/{nothing}"))
            .await
            .problem(404, "not-found");
    }

    let latest = format!("/v1/consultations/{}/reports/latest", published.reference);
    for path in [path, &latest] {
        for (accept, kind) in [
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
                "text/html",
            ),
            ("application/*;q=0.2, text/csv", "text/csv"),
            ("application/json;q=0, application/*", "application/pdf"),
            ("*/*", "application/json"),
        ] {
            let answer = taken(&stranger, path, accept).await.expect(200);
            assert_eq!(answer.media_type(), Some(kind), "{accept}");
        }
        let refused = taken(&stranger, path, "image/png, text/plain").await;
        let refused = refused.problem(406, "not-acceptable");
        for (_, kind) in FORMS {
            assert!(refused.json["detail"].as_str().unwrap().contains(kind), "{kind}");
        }
    }
}

/// Nothing is loaded, run, framed or sent.
fn is_shut(policy: &str) {
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for part in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(
        !policy.contains("script-src") && !policy.contains("connect-src"),
        "{policy}"
    );
}

/// All that can be read in a file, by where it stands: archives are opened, and PDF is read where there is a program for it.
fn readable(name: &str, file: &[u8], reader: Option<&pdf::Reader>) -> Vec<(String, String)> {
    if file.starts_with(b"PK\x03\x04") {
        let within = members(file).into_iter();
        return within
            .flat_map(|(member, bytes)| readable(&format!("{name}/{member}"), &bytes, reader))
            .collect();
    }
    let words = match file.starts_with(b"%PDF-") {
        true => reader.map(|reader| reader.words(file)).unwrap_or_default(),
        false => String::from_utf8_lossy(file).into_owned(),
    };
    vec![(name.to_owned(), in_one_line(&words))]
}

/// Where these words can be read among files.
fn standing(words: &str, files: &BTreeMap<String, Answer>, reader: Option<&pdf::Reader>) -> BTreeSet<String> {
    let all = files
        .iter()
        .flat_map(|(name, file)| readable(name, &file.bytes, reader));
    all.filter(|(_, read)| read.contains(words))
        .map(|(name, _)| name)
        .collect()
}

/// Whatever is served of a report, by its address.
async fn served(caller: &Caller, addresses: &[String]) -> BTreeMap<String, Answer> {
    let mut files = BTreeMap::new();
    for address in addresses {
        files.insert(address.clone(), caller.get(address).await.expect(200));
    }
    files
}

/// Reads a report in every form, from caches that are warm, before and after something by which the words [`TAKEN_BACK`] are quoted no
/// more: they are gone from every form, and nothing else is another.
pub(crate) async fn gone_from_every_form(published: &Published, change: impl AsyncFnOnce()) {
    let (stranger, path) = (published.stranger(), &published.path);
    let page = format!("/reports/{}", published.reference);
    let report = stranger.get(path).await.expect(200).json;
    let mut pages = vec![
        path.clone(),
        format!("{path}.html"),
        format!("{path}.docx"),
        page.clone(),
        format!("/v1/consultations/{}/reports/latest", published.reference),
    ];
    let on_replica = pages.clone();
    pages.extend(["json", "pdf", "xlsx", "csv", "zip"].map(|form| format!("{path}.{form}")));
    pages.extend([
        format!("{page}/easy-read"),
        format!("{page}/outcomes"),
        "/".into(),
        "/outcomes.atom".into(),
    ]);
    for table in of(&report, "tables") {
        pages.push(text(&table["csv"]));
        pages.extend(table["chart"].as_str().map(ToOwned::to_owned));
    }
    let replica = published.world.service.replica().await;
    let elsewhere = replica.stranger();
    let reader = pdf::Reader::find();
    let reader = reader.as_ref();

    // All is made, and kept by whoever keeps what was made.
    let before = served(&stranger, &pages).await;
    let before_elsewhere = served(&elsewhere, &on_replica).await;
    let stood = standing(TAKEN_BACK, &before, reader);
    let mut wanted = vec![
        path.clone(),
        format!("{path}.json"),
        format!("{path}.html"),
        format!("{path}.docx/word/document.xml"),
        format!("{path}.xlsx/xl/sharedStrings.xml"),
        page.clone(),
        format!("{path}.zip/report.json"),
        format!("{path}.zip/report.html"),
        format!("{path}.zip/report.docx/word/document.xml"),
        format!("{path}.zip/report.xlsx/xl/sharedStrings.xml"),
        format!("/v1/consultations/{}/reports/latest", published.reference),
    ];
    if reader.is_some() {
        wanted.extend([format!("{path}.pdf"), format!("{path}.zip/report.pdf")]);
    }
    assert_eq!(stood, wanted.into_iter().collect());
    assert_eq!(standing(LEFT, &before, reader), stood);
    assert!(!standing(TAKEN_BACK, &before_elsewhere, reader).is_empty());

    change().await;

    // Whoever has it asks whether it still stands, and is told that it does not.
    let asked = Ask::of("GET", format!("{path}.html"))
        .header("if-none-match", before[&format!("{path}.html")].etag());
    stranger.send(asked).await.expect(200);
    let after = served(&stranger, &pages).await;
    let after_elsewhere = served(&elsewhere, &on_replica).await;
    for files in [&after, &after_elsewhere] {
        assert_eq!(standing(TAKEN_BACK, files, reader), BTreeSet::new());
    }
    assert_eq!(standing(LEFT, &after, reader), stood);
    for address in &pages {
        // In each of its forms and nowhere else something has changed.
        let holds = stood
            .iter()
            .any(|name| name == address || name.starts_with(&format!("{address}/")));
        let pdf = address.ends_with(".pdf");
        let changed = before[address].header("etag") != after[address].header("etag");
        assert_eq!(changed, holds || pdf, "{address}");
    }
}

/// The page as it is given to whoever takes `codings`.
async fn page_as(caller: &Caller, address: &str, codings: &str, known: Option<&str>) -> Answer {
    let mut ask = Ask::of("GET", address).header("accept-encoding", codings);
    if let Some(known) = known {
        ask = ask.header("if-none-match", known);
    }
    caller.send(ask).await
}

#[actix_web::test]
async fn a_page_is_compressed_for_those_who_take_that_and_is_the_same() {
    let published = Published::start().await;
    let (stranger, path) = (published.stranger(), &published.path);
    let length = |answer: &Answer| answer.header("content-length").unwrap().parse::<usize>().unwrap();
    for form in ["html", "json", "csv"] {
        let address = format!("{path}.{form}");
        let plain = page_as(&stranger, &address, "identity", None).await.expect(200);
        let packed = page_as(&stranger, &address, "br, gzip;q=0.8", None)
            .await
            .expect(200);
        assert_eq!(plain.header("content-encoding"), None, "{form}");
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{form}");
        assert_eq!(length(&plain), plain.bytes.len());
        assert!(2 * length(&packed) < length(&plain), "{form}");
        assert!(packed.bytes == plain.bytes, "{form} is another when compressed");
        assert_ne!(
            packed.etag(),
            plain.etag(),
            "{form}: one tag for two rows of bytes"
        );
        for (has, codings, status) in [
            (&plain, "identity", 304),
            (&packed, "gzip", 304),
            // A cache between may hold what its own caller does not take.
            (&plain, "gzip", 200),
            (&packed, "identity", 200),
        ] {
            let again = page_as(&stranger, &address, codings, Some(&has.etag()))
                .await
                .expect(status);
            assert_eq!(again.etag() == has.etag(), status == 304, "{form} {codings}");
        }
        let head = stranger.send(Ask::of("HEAD", address.clone())).await.expect(200);
        for name in ["etag", "content-encoding", "content-length", "content-type"] {
            assert_eq!(
                head.header(name),
                packed.header(name),
                "{form}: {name} of the head"
            );
        }
    }
    let book = page_as(&stranger, &format!("{path}.xlsx"), "gzip", None)
        .await
        .expect(200);
    assert_eq!(
        book.header("content-encoding"),
        None,
        "a workbook is compressed as it is"
    );

    let address = format!("{path}.html");
    let before = page_as(&stranger, &address, "gzip", None).await.expect(200);
    assert!(before.text().contains(TAKEN_BACK));
    let taken_back = format!("/v1/contributions/{}/withdrawal", published.said[0]);
    let whole = json!({"scope": "all", "asked_by": "speaker"});
    published.world.lead.post(taken_back, whole).await.expect(200);
    for codings in ["gzip", "identity"] {
        let after = page_as(&stranger, &address, codings, Some(&before.etag()))
            .await
            .expect(200);
        assert!(!after.text().contains(TAKEN_BACK), "{codings}");
    }
}

#[actix_web::test]
async fn words_taken_back_are_gone_from_every_form_at_once() {
    let published = Published::start().await;
    let taking_back = async || {
        let whole = json!({"scope": "all", "asked_by": "speaker"});
        let taken_back = format!("/v1/contributions/{}/withdrawal", published.said[0]);
        published.world.lead.post(taken_back, whole).await.expect(200);
    };
    gone_from_every_form(&published, taking_back).await;
}
