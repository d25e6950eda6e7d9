//! Files as they come: made by other programs, by hand, and by people who mean harm. Each gives the right rows or says
//! clearly what is wrong, within ten seconds and two hundred megabytes.
//!
//! Those in `fixtures/nasty` were written by LibreOffice (`saved_…`) and openpyxl; the others are made here.

use crate::importing::{CSV, LINES, XLSX, ended, send, told};
use serde_json::{Value, json};
use std::{
    io::{Cursor, Write},
    time::{Duration, Instant},
};
use tests::{
    Caller,
    database::{Database, say},
    process::Process,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// What a file must give.
enum Gives {
    /// Points with these words, and no fault.
    Points(&'static [&'static str]),
    /// Faults, by row, column and code; the first ones where there are many.
    Faults(&'static [(u64, &'static str, &'static str)]),
    /// A refusal whose words hold this.
    Refusal(&'static str),
}
use Gives::{Faults, Points, Refusal};

struct Nasty {
    name: &'static str,
    kind: &'static str,
    file: Vec<u8>,
    gives: Gives,
}

impl Nasty {
    /// Whether what came of it is what must.
    fn gave(&self, import: &Value, stored: &[String]) -> Result<(), String> {
        let is = |right: bool, why: String| if right { Ok(()) } else { Err(why) };
        match self.gives {
            Points(points) => {
                is(import["state"] == "done", "it is not stored".into())?;
                is(stored == points, format!("{stored:?} is stored"))
            }
            Faults(faults) => {
                let told = told(import, "faults");
                let told: Vec<_> = told
                    .iter()
                    .map(|(row, column, code)| (*row, column.as_str(), code.as_str()))
                    .collect();
                is(
                    import["state"] == "refused" && stored.is_empty(),
                    "it is not refused".into(),
                )?;
                is(told.get(..faults.len()) == Some(faults), format!("{told:?}"))
            }
            Refusal(words) => {
                let refused = import["state"] == "failed" || import["code"] == "unreadable-file";
                is(refused && stored.is_empty(), "it is not refused".into())?;
                let says = import["detail"].as_str().unwrap_or_default();
                is(says.contains(words), format!("it says: {says}"))
            }
        }
    }
}

const HEAD: &str = "meeting,table,question,text";
const ONE: &[&str] = &["Café – “open” at weekends"];
const TWICE: &[&str] = &[ONE[0], ONE[0]];

fn csv(name: &'static str, file: impl Into<Vec<u8>>, gives: Gives) -> Nasty {
    Nasty {
        name,
        kind: CSV,
        file: file.into(),
        gives,
    }
}

fn xlsx(name: &'static str, file: impl Into<Vec<u8>>, gives: Gives) -> Nasty {
    Nasty {
        name,
        kind: XLSX,
        file: file.into(),
        gives,
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/suite/fixtures/nasty");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

fn utf_16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    let units = mark.into_iter().chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

/// An archive of these files; those that are said to repeat are written as often.
fn archive(files: &[(&str, &str, usize)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content, times) in files {
        let options = SimpleFileOptions::default().large_file(false);
        zip.start_file(*name, options).unwrap();
        for _ in 0..*times {
            zip.write_all(content.as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

const WORKBOOK: &str =
    "<workbook xmlns:r='r'><sheets><sheet name='Notes' sheetId='1' r:id='rId1'/></sheets></workbook>";
const RELATIONS: &str = "<Relationships><Relationship Id='rId1' Type='x/worksheet' Target='worksheets/sheet1.xml'/></Relationships>";

/// The least that is a workbook, around what comes before, of and behind a part of the sheet that repeats.
fn book(before: &str, repeated: (&str, usize), behind: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(1));
    for (name, content) in [
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    zip.write_all(before.as_bytes()).unwrap();
    let (part, times) = repeated;
    let at_once = (64 * 1024 / part.len().max(1)).max(1);
    let many = part.repeat(at_once);
    for _ in 0..times / at_once {
        zip.write_all(many.as_bytes()).unwrap();
    }
    zip.write_all(part.repeat(times % at_once).as_bytes()).unwrap();
    zip.write_all(behind.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn inline(words: &[&str]) -> String {
    let cells = words
        .iter()
        .map(|word| format!("<c t='inlineStr'><is><t>{word}</t></is></c>"));
    format!("<row>{}</row>", cells.collect::<String>())
}

fn sheet(rows: &[String]) -> Vec<u8> {
    book(
        "<worksheet><sheetData>",
        (&rows.concat(), 1),
        "</sheetData></worksheet>",
    )
}

/// A workbook of a few kilobytes in which one long string stands in every cell.
fn said_everywhere() -> Vec<u8> {
    let relations = RELATIONS.replace(
        "</Relationships>",
        "<Relationship Id='rId2' Type='x/sharedStrings' Target='sharedStrings.xml'/></Relationships>",
    );
    let strings = format!("<sst><si><t>{}</t></si></sst>", "a".repeat(9_000));
    let row = format!("<row>{}</row>", "<c t='s'><v>0</v></c>".repeat(900));
    let rows = format!(
        "<worksheet><sheetData>{}{}</sheetData></worksheet>",
        head(),
        row.repeat(100)
    );
    archive(&[
        ("xl/workbook.xml", WORKBOOK, 1),
        ("xl/_rels/workbook.xml.rels", &relations, 1),
        ("xl/sharedStrings.xml", &strings, 1),
        ("xl/worksheets/sheet1.xml", &rows, 1),
    ])
}

fn head() -> String {
    inline(&["meeting", "table", "question", "text"])
}

fn row(words: &str) -> String {
    inline(&["London 2019-10-03", "1", "1", words])
}

fn tables_of_text() -> Vec<Nasty> {
    let one = "London 2019-10-03,1,1,Café – “open” at weekends\r\n";
    let whole = format!("{HEAD}\r\n{one}");
    let (windows, _, lost) = encoding(&whole);
    assert!(!lost);
    let mut mixed = format!("{HEAD}\r\n{one}").into_bytes();
    mixed.extend(encoding(one).0);
    let blank = ",,,\r\n".repeat(1_000_000);
    vec![
        csv("UTF-8 with its mark", format!("\u{feff}{whole}"), Points(ONE)),
        csv("UTF-16, little first", utf_16(&whole, true, false), Points(ONE)),
        csv("UTF-16, big first", utf_16(&whole, true, true), Points(ONE)),
        csv(
            "UTF-16 without its mark",
            utf_16(&whole, false, false),
            Points(ONE),
        ),
        csv("Windows-1252", windows, Points(ONE)),
        csv(
            "two lists of different letters pasted together",
            mixed,
            Points(TWICE),
        ),
        csv("semicolons", whole.replace(',', ";"), Points(ONE)),
        csv("tabs", whole.replace(',', "\t"), Points(ONE)),
        csv(
            "a line that says what parts the cells",
            format!("sep=;\r\n{}", whole.replace(',', ";")),
            Points(ONE),
        ),
        csv("old line ends", whole.replace("\r\n", "\r"), Points(ONE)),
        csv(
            "trailing blanks, columns and rows",
            format!(
                "{HEAD}, , \r\nLondon 2019-10-03 ,1\u{a0}, 1 ,\"  Words. \"\t,,\r\n , ,,,\r\n\r\n\u{a0}\r\n"
            ),
            Points(&["Words."]),
        ),
        csv(
            "other headings in another order",
            "Comment,Q,Table no.,MEETING\nWords.,Q1,1,London 3rd October 2019\n",
            Points(&["Words."]),
        ),
        csv(
            "days in many ways",
            "group,date,table,question,text\nLondon,3/10/2019,1,1,A\nLondon,03.10.19,1,1,B\nLondon,Thu 3 Oct 2019,1,1,C\n\
             London,2019-10-03T00:00:00,1,1,D\nLondon,,1,1,E\n",
            Points(&["A", "B", "C", "D", "E"]),
        ),
        csv(
            "a day of no calendar",
            format!(
                "group,date,table,question,text\nLondon,31/9/2019,1,1,A\nLondon,{},1,1,B\n",
                43741
            ),
            Faults(&[(2, "date", "not-a-day"), (3, "date", "not-a-day")]),
        ),
        csv(
            "a million blank rows",
            format!("{HEAD}\r\n{blank}{one}"),
            Points(ONE),
        ),
        csv(
            "two million blank lines",
            format!("{HEAD}\r\n{}", "\r\n".repeat(2_000_000)),
            Refusal("200000 rows"),
        ),
        csv(
            "a quotation mark that is never closed",
            format!(
                "{HEAD}\nLondon 2019-10-03,1,1,\"open\n{}",
                "London 2019-10-03,1,1,Words.\n".repeat(50_000)
            ),
            Faults(&[(2, "", "quote-not-closed")]),
        ),
        csv(
            "formulas as words",
            format!(
                "{HEAD}\nLondon 2019-10-03,1,1,=2+3\nLondon 2019-10-03,1,1,'@SUM(A1)\nLondon 2019-10-03,1,1,-1 for this\n"
            ),
            Points(&["=2+3", "@SUM(A1)", "-1 for this"]),
        ),
        csv(
            "one cell of ten million letters",
            vec![b'a'; 10_000_000],
            // Worked off beside the requests, so that what stands where a heading should is not kept.
            Faults(&[(1, "", "unknown-column")]),
        ),
        csv(
            "words of eleven thousand letters",
            format!("{HEAD}\nLondon 2019-10-03,1,1,{}\n", "é".repeat(11_000)),
            Faults(&[(2, "text", "too-long")]),
        ),
        csv(
            "a control character",
            format!("{HEAD}\nLondon 2019-10-03,1,1,a\u{7}b\n"),
            Faults(&[(2, "text", "control-character")]),
        ),
        csv(
            "a row of fifty thousand cells",
            format!("{HEAD}{}\n{one}", ",".repeat(50_000)),
            Points(ONE),
        ),
        csv("only a heading", HEAD, Points(&[])),
        csv(
            "no heading",
            "London 2019-10-03,1,1,Words.\nLondon 2019-10-03,1,1,More.\n",
            Faults(&[(1, "1", "unknown-column")]),
        ),
        csv("a picture", &b"\x89PNG\r\n\x1a\n\0\0\0"[..], Refusal("picture")),
        csv(
            "bytes of anything",
            (0..=255).cycle().take(200_000).collect::<Vec<u8>>(),
            Refusal("no text"),
        ),
        csv("a page", "<!DOCTYPE html><table><tr><td>text", Refusal("page")),
        Nasty {
            name: "lines of half a JSON",
            kind: LINES,
            file: format!(
                "{}\n[1]\n{{\"text\": \"x\"\n{}\n{}\n",
                json!({"meeting": "London 2019-10-03", "table": 1, "question": 1, "text": {"en": "Words."}}),
                json!({"meeting": "London 2019-10-03", "table": 1, "wording": "x"}),
                "[".repeat(100_000),
            )
            .into_bytes(),
            gives: Faults(&[
                (1, "text", "nothing-said"),
                (1, "text", "wrong-type"),
                (2, "", "wrong-type"),
                (3, "", "malformed-json"),
                (4, "wording", "unknown-column"),
                (5, "", "malformed-json"),
            ]),
        },
    ]
}

/// Windows-1252, by hand: what is made must not be made by what reads it.
fn encoding(text: &str) -> (Vec<u8>, (), bool) {
    let mut lost = false;
    let bytes = text.chars().map(|letter| match letter {
        '–' => 0x96,
        '“' => 0x93,
        '”' => 0x94,
        letter => u8::try_from(u32::from(letter)).unwrap_or_else(|_| {
            lost = true;
            b'?'
        }),
    });
    let bytes: Vec<u8> = bytes.collect();
    (bytes, (), lost)
}

fn workbooks() -> Vec<Nasty> {
    let open = "<worksheet><sheetData>";
    let close = "</sheetData></worksheet>";
    let start = format!("{open}{}{}", head(), row("Words."));
    let whole = sheet(&[head(), row("Words.")]);
    let many: Vec<(String, &str)> = (0..5_000).map(|at| (format!("xl/media/{at}.png"), "x")).collect();
    let mut many: Vec<(&str, &str, usize)> = many
        .iter()
        .map(|(name, content)| (name.as_str(), *content, 1))
        .collect();
    many.push(("xl/workbook.xml", WORKBOOK, 1));
    let laughs = "<!DOCTYPE x [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
    let mut lies = whole.clone();
    // The size that the archive's list claims for its last file, which is the sheet.
    let list = lies.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    lies[list + 24..list + 28].copy_from_slice(&10_u32.to_le_bytes());
    vec![
        xlsx(
            "saved by LibreOffice",
            fixture("saved_by_libreoffice.xlsx"),
            Points(&["Café in the garden – “open” at weekends", "Tea before nine", "Two lines\nin one cell"]),
        ),
        xlsx("saved as .ods", fixture("saved_as.ods"), Refusal("OpenDocument")),
        xlsx("saved as .xls, or with a password", fixture("saved_as.xls"), Refusal("password")),
        xlsx(
            "formulas that were never worked out",
            fixture("formulas_never_worked_out.xlsx"),
            Faults(&[(2, "text", "no-value"), (3, "question", "no-value")]),
        ),
        xlsx(
            "merged cells",
            fixture("merged_cells.xlsx"),
            Faults(&[
                (3, "date", "merged-cells"),
                (3, "meeting", "merged-cells"),
                (3, "meeting", "missing-field"),
                (3, "table", "merged-cells"),
                (3, "table", "missing-field"),
            ]),
        ),
        xlsx("days since 1904", fixture("since_1904.xlsx"), Points(&["Since 1904"])),
        xlsx("notes on the fourth sheet", fixture("on_the_fourth_sheet.xlsx"), Points(&["On the fourth sheet"])),
        xlsx("cells that do not say where they stand", whole.clone(), Points(&["Words."])),
        xlsx(
            "a million blank rows of a workbook",
            book(&start, ("<row><c s='1'/><c s='1'/></row>", 1_000_000), close),
            Points(&["Words."]),
        ),
        xlsx("three million blank rows", book(&start, ("<row/>", 3_000_000), close), Refusal("200000 rows")),
        xlsx("a sheet of a gigabyte", book(&start, ("                ", 64 << 20), close), Refusal("more than its size says")),
        xlsx(
            "one cell of a hundred megabytes",
            book(&format!("{open}{}<row><c t='str'><v>", head()), ("aaaaaaaa", 12 << 20), &format!("</v></c></row>{close}")),
            Refusal("more than its size says"),
        ),
        xlsx(
            "one tag of a hundred megabytes",
            book(&format!("{start}<row "), ("a='a' aaaaaaaaaa ", 6 << 20), close),
            Refusal("more than its size says"),
        ),
        xlsx(
            "one remark of a hundred megabytes",
            book(&format!("{start}<!-- "), ("<row>a</row> ", 8 << 20), &format!("-->{close}")),
            Refusal("more than its size says"),
        ),
        xlsx("one long string in every cell", said_everywhere(), Refusal("more text")),
        xlsx("five thousand files", archive(&many), Refusal("more files")),
        xlsx("entities of entities", book(&format!("{laughs}{start}"), ("", 0), close), Refusal("no spreadsheet writes")),
        xlsx("a size that is a lie", lies, Refusal("broken")),
        xlsx("half of a workbook", whole[..whole.len() / 2].to_vec(), Refusal("ends too early")),
        xlsx("a document", archive(&[("word/document.xml", "<w/>", 1), ("_rels/.rels", "<Relationships><Relationship Type='x/officeDocument' Target='word/document.xml'/></Relationships>", 1)]), Refusal("no sheet")),
        xlsx("a binary workbook", archive(&[("xl/workbook.bin", "x", 1)]), Refusal(".xlsb")),
        xlsx("an archive of anything", archive(&[("a.txt", "x", 1)]), Refusal("no Excel workbook")),
        xlsx("a claim of seventeen thousand million cells", book(&format!("<worksheet><dimension ref='A1:XFD1048576'/><sheetData>{}{}", head(), row("Words.")), ("", 0), close), Points(&["Words."])),
        xlsx(
            "strings that are not there, errors, and cells far out",
            sheet(&[
                head(),
                "<row r='2'><c r='A2' t='s'><v>99</v></c><c r='B2' t='e'><v>#REF!</v></c><c r='C2'><v>1</v></c><c r='XFD2'><v>1</v></c></row>".into(),
            ]),
            Faults(&[
                (2, "meeting", "missing-field"),
                (2, "table", "no-value"),
            ]),
        ),
        xlsx(
            "numbers where words are wanted, and the other way round",
            sheet(&[
                head(),
                "<row><c t='inlineStr'><is><t>London 2019-10-03</t></is></c><c><v>7</v></c><c><v>1.0</v></c><c><v>42</v></c></row>".into(),
                "<row><c t='inlineStr'><is><t>London 2019-10-03</t></is></c><c><v>7</v></c><c><v>1.5</v></c><c t='b'><v>1</v></c></row>".into(),
            ]),
            Faults(&[(3, "question", "unknown-question")]),
        ),
        xlsx(
            "names with a prefix",
            book(
                "<x:worksheet xmlns:x='s'><x:sheetData>",
                (&format!("{}{}", head(), row("Words &amp; more&#33;")).replace("<c", "<x:c").replace("</c", "</x:c").replace("<row", "<x:row").replace("</row", "</x:row"), 1),
                "</x:sheetData></x:worksheet>",
            ),
            Points(&["Words & more!"]),
        ),
        xlsx("no sheet that holds anything", sheet(&[]), Refusal("No sheet")),
    ]
}

/// A small world, made by whoever asks a process for it.
pub struct World {
    pub lead: Caller,
    pub consultation: String,
}

impl World {
    pub async fn new(process: &Process) -> Self {
        let admin = process.admin().await;
        let lead = process.user(json!({"role": "national_lead"})).await;
        let body = json!({"kind": "commissioner", "name": "A commissioner"});
        let body = admin.post("/v1/bodies", body).await.expect(201).id();
        let group = json!({"kind": "regional", "name": "London", "valid_from": "2010-01-01"});
        let group = admin.post("/v1/groups", group).await.expect(201).id();
        let round = json!({"title": "Autumn", "starts_on": "2019-09-01", "ends_on": "2019-10-31", "group_ids": [group]});
        let round = lead.post("/v1/rounds", round).await.expect(201).id();
        let meeting = json!({"group_id": group, "round_id": round, "starts_at": "2019-10-03T10:00:00Z",
            "ends_at": "2019-10-03T15:00:00Z", "venue": {"kind": "community", "name": "Hall"}, "status": "held"});
        lead.post("/v1/meetings", meeting).await.expect(201);
        let consultation = json!({"reference": "NASTY", "title": "Files", "kind": "plan", "commissioned_by": body,
            "summary": "Files.", "round_ids": [round], "channels": ["meeting_discussion"],
            "questions": [{"number": 1, "prompt": "What helps?", "kind": "open"}]});
        let consultation = lead
            .post("/v1/consultations", consultation)
            .await
            .expect(201)
            .id();
        let open = json!({"to": "open"});
        lead.post(format!("/v1/consultations/{consultation}/status"), open)
            .await
            .ok();
        Self { lead, consultation }
    }

    async fn texts(&self) -> Vec<String> {
        let path = format!("/v1/consultations/{}/contributions?limit=250", self.consultation);
        let said = self.lead.get(path).await.expect(200);
        said.items()
            .iter()
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[actix_web::test]
async fn each_gives_the_right_rows_or_says_what_is_wrong() {
    let files: Vec<Nasty> = tables_of_text().into_iter().chain(workbooks()).collect();
    assert!(files.len() >= 30, "{}", files.len());
    let database = Database::migrated();
    let process = Process::start(env!("CARGO_BIN_EXE_served"), &database.url, None);
    let world = World::new(&process).await;
    let mut slowest = (Duration::ZERO, "");
    let mut wrong = Vec::new();
    for nasty in &files {
        let before = world.texts().await.len();
        let began = Instant::now();
        let answer = send(
            &world.lead,
            &world.consultation,
            "",
            nasty.kind,
            nasty.file.clone(),
        )
        .await;
        // What is large is worked off beside the requests, and says there what a small one says at once.
        let import = match answer.status {
            202 => ended(&world.lead, &answer.id()).await,
            _ => answer.json.clone(),
        };
        let took = began.elapsed();
        slowest = slowest.max((took, nasty.name));
        let memory = process.most_memory() >> 20;
        if took > Duration::from_secs(10) || memory >= 200 {
            wrong.push(format!("{}: {took:?}, {memory} MB", nasty.name));
        }
        let stored = world.texts().await.split_off(before);
        if let Err(why) = nasty.gave(&import, &stored) {
            let says: String = import.to_string().chars().take(1_000).collect();
            wrong.push(format!("{}: {why}\n    {says}", nasty.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    say(&format!(
        "{} nasty files: the slowest, {}, took {} ms; {} MB at the most",
        files.len(),
        slowest.1,
        slowest.0.as_millis(),
        process.most_memory() >> 20
    ));
}
