//! What a report costs: 60 themes and 100,000 contributions, coded, released, written to, published and read in every form. The page is
//! set beside a service that gives out the same bytes and does nothing else, as a file on disk and out of memory, turn by turn in the same run:
//! as browsers ask for it, compressed, and as it is.

use crate::{
    closed_loop::{Asked, body, rate},
    measure::{Wrong, millis},
    rows::{self, Row, THEMES},
    served::Served,
    world::{Options, World},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Themes that are part of another: with those of the rows they are sixty.
const PARTS: usize = 20;
const PAGE: &str = "/reports/LOAD";
const CALLERS: usize = 16;
const TURNS: usize = 6;
const TURN: Duration = Duration::from_secs(2);

/// `report --contributions N`.
pub async fn run(words: impl Iterator<Item = String>) -> Result<(), Wrong> {
    let options = Options::read(words)?;
    rows::check()?;
    let folder = std::env::temp_dir().join(format!("collate-report-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let of_folder = format!("sqlite://{}", folder.join("collate.db").display());
    let served = Served::start(
        options.database.as_ref().unwrap_or(&of_folder),
        &folder.join("log"),
    )?;
    println!(
        "{} contributions, {} themes, {}, {} cores",
        options.contributions,
        THEMES.len() + PARTS,
        if options.database.is_some() {
            "another database"
        } else {
            "SQLite"
        },
        std::thread::available_parallelism()?,
    );
    let world = World::new(&served.base, PARTS).await?;
    let all = options.contributions;
    world
        .all(&options, all, "discussions posted", async |row| {
            world.submit(row).await
        })
        .await?;
    world
        .all(&options, all, "contributions coded", async |row| {
            world.code(&world.lead, row, &themes(row)).await
        })
        .await?;
    let closed = world
        .lead
        .post(&world.at("/status"), &json!({"to": "closed"}))
        .await?;
    closed.is(&[200])?;
    let report = published(&world).await?;
    let at = format!("/v1/reports/{}", report["id"].as_str().unwrap_or_default());

    let mut sizes = Vec::new();
    for form in ["html", "json", "csv", "xlsx", "docx", "pdf", "zip"] {
        let began = Instant::now();
        let answer = world.steering.get(&format!("{at}.{form}"), None).await?;
        let took = began.elapsed();
        answer.is(&[200])?;
        println!(
            "{:<52} {:>9} ms, {} bytes",
            format!("{form}, made"),
            millis(took),
            answer.body.len()
        );
        sizes.push(answer.body);
    }
    let page = sizes.swap_remove(0);
    let put = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes)?;
        Served::of_file(&file)
    };
    let packed = body(asked(&served, PAGE, Some("gzip")))?;
    let (beside, beside_packed) = (put("page.html", &page)?, put("page.html.gz", &packed)?);
    let all = [
        (
            "the page, as browsers ask for it: gzip",
            asked(&served, PAGE, Some("gzip")),
            packed.len(),
        ),
        ("the page, not compressed", asked(&served, PAGE, None), page.len()),
        (
            "a file on disk, not compressed",
            asked(&beside, "/disk", None),
            page.len(),
        ),
        (
            "the same bytes out of memory, not compressed",
            asked(&beside, "/memory", None),
            page.len(),
        ),
        (
            "the compressed bytes out of memory",
            asked(&beside_packed, "/memory", None),
            packed.len(),
        ),
    ];
    let mut rates = all.map(|_| Vec::new());
    for _ in 0..TURNS {
        for ((_, asked, bytes), rates) in all.iter().zip(&mut rates) {
            rates.push(rate(*asked, CALLERS, TURN, *bytes)?);
        }
    }
    let rates = rates.map(middle);
    let [as_browsers, uncompressed, ..] = rates;
    for ((what, _, bytes), rate) in all.iter().zip(rates) {
        println!(
            "{what:<52} {rate:>9.0} a second of {bytes} bytes, {CALLERS} callers; the page's is {:.2} of it as browsers ask, {:.2} not compressed",
            as_browsers / rate,
            uncompressed / rate,
        );
    }
    println!(
        "{:<52} {:>9} MB",
        "memory of the service, the most",
        served.most_memory()?
    );
    drop((served, beside, beside_packed));
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn asked<'a>(served: &'a Served, path: &'a str, codings: Option<&'a str>) -> Asked<'a> {
    Asked {
        address: served.address(),
        path,
        codings,
        token: None,
    }
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// The row's themes; each third row is about the part of its theme where there is one.
fn themes(row: &Row) -> Vec<usize> {
    let part = |theme: &usize| match row.agree % 3 {
        0 if *theme < PARTS => THEMES.len() + theme,
        _ => *theme,
    };
    row.themes.iter().map(part).collect()
}

/// Released, written to theme by theme at the length that the demo's report has, and published.
async fn published(world: &World) -> Result<Value, Wrong> {
    let began = Instant::now();
    let draft = world.lead.post(&world.at("/reports"), &json!({})).await?;
    let took = began.elapsed();
    draft.is(&[201])?;
    println!("{:<52} {:>9} ms", "released, and a draft begun", millis(took));
    let draft = draft.json()?;
    let offered = draft["draft"]["quotes_on_offer"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let to_themes: Vec<_> = draft["codeframe"]["themes"]
        .as_array()
        .ok_or("a codeframe without themes")?
        .iter()
        .map(|theme| {
            let label = theme["label"].as_str().unwrap_or_default();
            let quotes = offered.iter().filter(|quote| quote["theme_id"] == theme["id"]).take(2);
            json!({
                "theme_id": theme["id"],
                "summary": format!("People spoke of {label} from the first meeting to the last. Those who live in services told what it is \
                    like on a day when it goes wrong, and staff what it would take to put it right. Both asked for somebody by name who \
                    answers for it, and for a day by which it is looked at again."),
                "key_points": [
                    format!("What is said of {label} and what takes place are two things, and only the first is written down."),
                    "People want to be asked before it is settled, and to hear what became of what they said.",
                    "Staff named it too, and were glad that the plan does.",
                ],
                "areas_for_consideration": [format!("Consider saying who answers for {label}, and by when it is looked at again.")],
                "quote_ids": quotes.map(|quote| &quote["contribution_id"]).collect::<Vec<_>>(),
            })
        })
        .collect();
    let at = format!("/v1/reports/{}", draft["id"].as_str().unwrap_or_default());
    let commentary = json!({"commentary": {"foreword": "Thank you to everybody who took part.", "easy_read": [{"text": "We asked people."}],
        "themes": to_themes}});
    let began = Instant::now();
    let written = world
        .lead
        .patch(&at, draft["draft"]["version"].as_i64().unwrap_or(1), &commentary)
        .await?;
    written.is(&[200])?;
    println!("{:<52} {:>9} ms", "commentary written", millis(began.elapsed()));
    let began = Instant::now();
    let published = world.lead.post(&format!("{at}/publish"), &json!({})).await?;
    published.is(&[200])?;
    println!("{:<52} {:>9} ms", "published", millis(began.elapsed()));
    published.json()
}
