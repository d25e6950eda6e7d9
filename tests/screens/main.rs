//! What people see of a report, as pictures to look at: the demo is built, served, opened in a real Chromium on a phone, a laptop and
//! paper, and written into a folder; with the PDF and the Word document, and their pages as pictures where there are programs that draw
//! them. It asserts nothing of looks: those are for eyes.
#![expect(
    clippy::unwrap_used,
    reason = "what cannot be drawn is told by panicking: nobody waits for an answer"
)]

use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};
use tests::{Browser, Caller, Demo, pdf};

/// A screen or a sheet: its name, how wide it is in pixels, and for which medium pages are laid out.
const SCREENS: [(&str, u32, &str); 3] = [("phone", 390, ""), ("laptop", 1280, ""), ("print", 794, "print")];
/// So many pixels are a picture at the most; what is longer goes on in the next. Chromium draws none much longer.
const LONGEST: u64 = 8_000;
/// Dots an inch of drawn pages.
const DOTS: u32 = 72;

#[actix_web::main]
async fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let (Some(folder), None) = (words.next(), words.next()) else {
        eprintln!("screens: name the folder to write into, and nothing else");
        return ExitCode::FAILURE;
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let demo = Demo::start().await;
    let stranger = demo.service.stranger();
    let published = stranger.all("/v1/reports").await;
    if published.is_empty() {
        eprintln!("screens: no report of the demo is published");
        return ExitCode::FAILURE;
    }
    let pages = published
        .iter()
        .map(|report| report["reference"].as_str().unwrap());
    let mut pages: Vec<_> = pages.collect();
    pages.sort_unstable();
    pages.dedup();
    let pages: Vec<_> = pages
        .into_iter()
        .map(|reference| format!("/reports/{reference}"))
        .collect();
    let Some(browser) = Browser::start() else {
        return ExitCode::FAILURE;
    };
    let look = |address: &str, begin: &str| {
        for (screen, width, medium) in SCREENS {
            browser.resize(width);
            browser.lay_out_for(medium);
            browser.open(&format!("{}{address}", demo.service.base()));
            photograph(&browser, &folder.join(begin), screen);
        }
    };
    look("/", "front");
    for page in &pages {
        for view in ["", "/easy-read", "/outcomes"] {
            let address = format!("{page}{view}");
            look(&address, &named(&address));
        }
    }
    // What a group takes back to its people, of the first group that was heard.
    for group in demo.lead.all("/v1/groups").await {
        let sheet = format!("/v1/groups/{}/feedback-loop.html", group["id"].as_str().unwrap());
        if demo.lead.get(&sheet).await.status == 200 {
            browser.bear(demo.lead.token.as_deref());
            look(&sheet, "group");
            browser.bear(None);
            break;
        }
    }
    for page in &pages {
        let reference = page.trim_start_matches("/reports/");
        files(&stranger, reference, &folder.join(named(page))).await;
    }
    ExitCode::SUCCESS
}

/// A page as the beginning of a file's name.
fn named(page: &str) -> String {
    page.trim_matches('/').replace('/', "-")
}

/// `begin` with this at its end.
fn ending(begin: &Path, end: &str) -> PathBuf {
    let mut name = begin.file_name().unwrap().to_owned();
    name.push(end);
    begin.with_file_name(name)
}

fn wrote(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).unwrap();
    println!("{}", file.display());
}

/// All of a page, in as many pictures as it needs.
fn photograph(browser: &Browser, begin: &Path, screen: &str) {
    let height = browser.script("return document.documentElement.scrollHeight", json!([]));
    let height = height.as_u64().unwrap();
    for part in 0..height.div_ceil(LONGEST) {
        let top = part * LONGEST;
        let picture = browser.picture(top, LONGEST.min(height - top));
        wrote(&ending(begin, &format!("-{screen}-{}.png", part + 1)), &picture);
    }
}

/// The files to print and to go on writing in, and their pages.
async fn files(stranger: &Caller, reference: &str, begin: &Path) {
    let report = stranger
        .get(format!("/v1/consultations/{reference}/reports/latest"))
        .await
        .expect(200);
    let address = format!("/v1/reports/{}", report.id());
    let reader = pdf::Reader::find();
    for form in ["pdf", "docx"] {
        let file = ending(begin, &format!(".{form}"));
        wrote(
            &file,
            &stranger.get(format!("{address}.{form}")).await.expect(200).bytes,
        );
        let printed = match form {
            "pdf" => Some(file.clone()),
            _ => as_pdf(&file),
        };
        let Some((reader, printed)) = reader.as_ref().zip(printed) else {
            println!("its pages are not drawn: a program for it is missing");
            continue;
        };
        let pages = ending(begin, &format!("-{form}-page"));
        match reader.draw(&printed, &pages, DOTS) {
            true => println!("{}-*.png", pages.display()),
            false => println!("its pages are not drawn: pdftoppm is missing, or failed"),
        }
        if printed != file {
            std::fs::remove_file(printed).unwrap();
        }
    }
}

/// A document as LibreOffice prints it, beside it; nothing where there is no LibreOffice.
fn as_pdf(file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?.join("printed");
    let profile = std::env::temp_dir().join(format!("collate-screens-{}", std::process::id()));
    let printed = Command::new("libreoffice")
        .arg(format!("-env:UserInstallation=file://{}", profile.display()))
        .args(["--headless", "--convert-to", "pdf", "--outdir"])
        .args([&folder, file])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let _ = std::fs::remove_dir_all(profile);
    let of_file = folder.join(file.with_extension("pdf").file_name()?);
    let beside = ending(&file.with_extension(""), "-docx.pdf");
    let moved = printed.is_ok_and(|printed| printed.success()) && std::fs::rename(of_file, &beside).is_ok();
    let _ = std::fs::remove_dir(folder);
    moved.then_some(beside)
}
