//! Paper: forms and slips as they are printed. What comes from anybody is shown and never becomes markup; where there is a
//! browser that prints, eight slips are a page.

use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tests::{Answer, Ask, World, database::say, new_id};

const HOSTILE: &str = "</style></title><script>alert(1)</script><img src=x onerror='alert(2)'> \" & ]]>";

/// The browser, where this machine has one.
fn browser() -> Option<PathBuf> {
    let found = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    found.iter().map(PathBuf::from).find(|path| path.exists())
}

/// Pages of what the browser prints.
fn pages(browser: &Path, page: &Answer, name: &str) -> usize {
    let folder = std::env::temp_dir().join(format!("collate_test_{}_{}", std::process::id(), new_id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (html, pdf) = (
        folder.join(format!("{name}.html")),
        folder.join(format!("{name}.pdf")),
    );
    std::fs::write(&html, &page.bytes).unwrap();
    let out = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-pdf-header-footer",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", html.display()))
        .output()
        .unwrap();
    let bytes = std::fs::read(&pdf).unwrap_or_else(|error| {
        panic!(
            "nothing printed: {error}\n{}",
            String::from_utf8_lossy(&out.stderr)
        )
    });
    std::fs::remove_dir_all(&folder).unwrap();
    // Each page is an object of its own; the list of them is another kind.
    let text = String::from_utf8_lossy(&bytes);
    text.matches("/Type /Page").count() - text.matches("/Type /Pages").count()
}

fn is_a_safe_page(page: &Answer) {
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"),
        "{policy}"
    );
    let text = page.text();
    // Every tag is one of ours, and nothing is loaded from anywhere.
    let ours = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "header", "section", "div", "span",
        "p", "h1", "h2", "b", "i", "s", "br",
    ];
    for tag in text.split('<').skip(1) {
        let end = tag.find([' ', '>']).unwrap();
        let name = tag.get(..end).unwrap().trim_start_matches('/');
        assert!(ours.contains(&name), "<{tag}");
    }
    for word in ["://", "url(", "@import", "src=", "href="] {
        let ours = text.replace("src=x onerror=&#39;", "");
        assert!(!ours.contains(word), "{word}");
    }
}

async fn hostile(world: &World) -> String {
    let questions = json!([
        {"number": 1, "prompt": HOSTILE, "easy_read_prompt": HOSTILE, "kind": "open", "section_refs": ["4.3"]},
        {"number": 2, "prompt": "Is it clear?", "kind": "single_choice", "options": ["yes", "<b>no</b>"]},
        {"number": 3, "prompt": "Takeaways should be limited.", "kind": "agreement"},
        {"number": 4, "prompt": "What would you use?", "kind": "multiple_choice", "options": ["gym", "garden"]}]);
    world
        .open(json!({"title": HOSTILE, "easy_read_summary": HOSTILE, "questions": questions}))
        .await
}

#[actix_web::test]
async fn forms_ask_for_what_is_typed_up_and_show_everything_as_words() {
    let world = World::start().await;
    let id = hostile(&world).await;
    let here = format!("/v1/consultations/{id}/paper");
    let facilitator = world.facilitator(&world.a).await;
    let form = facilitator
        .get(format!("{here}/table-form?meeting={}", world.meeting_a))
        .await
        .expect(200);
    is_a_safe_page(&form);
    let text = form.text();
    let shown = "&lt;/style&gt;&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt; &quot; &amp; ]]&gt;";
    assert_eq!(
        text.matches(shown).count(),
        3,
        "title, prompt and easy-read prompt"
    );
    for words in [
        "London",
        "3 October 2019",
        "Sitting",
        "Minutes given",
        "people in services",
        "commissioners",
        "no time",
        "chose not to",
        "not asked",
        "Who said it",
        "Quote it?",
        "their very words",
        "Slip",
        "&lt;b&gt;no&lt;/b&gt;",
        "agree",
        "disagree",
        "unsure",
        "About: 4.3 Admission, care and treatment",
        "safeguarding",
    ] {
        assert!(text.contains(words), "{words}");
    }
    // Three rows for an open question, one beside each closed one, three for all else.
    let rows = |form: &Answer| form.text().matches("<div class=\"point\">").count();
    assert_eq!(rows(&form), 3 + 3 + 3);
    let more = facilitator
        .get(format!("{here}/table-form?points=7"))
        .await
        .expect(200);
    assert_eq!(rows(&more), 7 + 3 + 3);
    assert!(!more.text().contains("London"));
    for query in [
        "points=0",
        "points=21",
        "points=a",
        "meeting=1",
        "group=1",
        "points=1&points=2",
    ] {
        facilitator
            .get(format!("{here}/table-form?{query}"))
            .await
            .problem(400, "bad-parameter");
    }
    facilitator
        .get(format!("{here}/table-form?meeting={}", world.meeting_b))
        .await
        .problem(404, "not-found");
    facilitator
        .send(Ask::of("GET", format!("{here}/table-form")).header("accept", "application/json"))
        .await
        .problem(406, "not-acceptable");

    let champion = world
        .user(json!({"role": "champion", "service_id": world.a1}))
        .await;
    let form = champion.get(format!("{here}/response-form")).await.expect(200);
    is_a_safe_page(&form);
    assert_eq!(form.text().matches(shown).count(), 4, "and the summary");
    for words in [
        "May we quote",
        "high secure",
        "an advocate",
        "Tick one.",
        "Tick as many",
        "take your words back",
        "Version of the information sheet",
    ] {
        assert!(form.text().contains(words), "{words}");
    }
    // Drafts are for leads.
    let draft = world.draft(json!({})).await.id();
    for form in ["table-form", "response-form"] {
        let path = format!("/v1/consultations/{draft}/paper/{form}");
        world.lead.get(&*path).await.expect(200);
        champion.get(&*path).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn slips_are_printed_once_and_each_stands_for_a_point() {
    let world = World::start().await;
    let id = world.open(json!({})).await;
    let name = json!({"name": HOSTILE});
    world
        .admin
        .patch(format!("/v1/groups/{}", world.a), 1, name)
        .await
        .expect(200);
    let facilitator = world.facilitator(&world.a).await;
    let path = format!("/v1/meetings/{}/slips.html", world.meeting_a);
    let sheet = facilitator.post(&*path, json!({"count": 9})).await.expect(201);
    is_a_safe_page(&sheet);
    assert_eq!(sheet.header("cache-control"), Some("no-store"));
    let text = sheet.text();
    let codes: Vec<_> = text
        .split("<p class=\"code\">")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 9);
    assert_eq!(text.matches("<section class=\"page\">").count(), 2);
    let unclear =
        |letter: char| !letter.is_ascii_alphanumeric() && letter != '-' || "0O1ILUV".contains(letter);
    for code in &codes {
        assert!(code.len() == 14 && !code.contains(unclear), "{code}");
    }
    let said = json!({"contributions": [{"question": 1, "text": "Walks.", "slip": codes[8]}]});
    world.discussion(&id, &world.meeting_a, said).await;
    let back = json!({"receipt": codes[8].to_lowercase(), "scope": "all"});
    world
        .service
        .stranger()
        .post("/v1/withdrawals", back)
        .await
        .expect(200);

    for count in [0, 201] {
        facilitator
            .post(&*path, json!({"count": count}))
            .await
            .faults(&["/count"]);
    }
    let other = world.facilitator(&world.b).await;
    other
        .post(&*path, json!({"count": 1}))
        .await
        .problem(404, "not-found");
    // Who takes no page has no slips made.
    let made = || async {
        world
            .service
            .database
            .texts("SELECT 'one' AS text FROM slips")
            .await
            .len()
    };
    let before = made().await;
    let ask = Ask::of("POST", path)
        .header("accept", "application/json")
        .json(&json!({"count": 1}));
    facilitator.send(ask).await.problem(406, "not-acceptable");
    assert_eq!(made().await, before);
}

#[actix_web::test]
async fn eight_slips_are_one_page() {
    let Some(browser) = browser() else {
        say("paper: no browser here that prints, so that pages of slips were not counted");
        return;
    };
    let world = World::start().await;
    // The longest name that a group can have shall not push anything off its slip.
    let name: Value = json!({"name": "Grüße ".repeat(50).trim()});
    world
        .admin
        .patch(format!("/v1/groups/{}", world.a), 1, name)
        .await
        .expect(200);
    let path = format!("/v1/meetings/{}/slips.html", world.meeting_a);
    for (count, wanted) in [(1, 1), (8, 1), (9, 2), (40, 5)] {
        let sheet = world.lead.post(&*path, json!({"count": count})).await.expect(201);
        assert_eq!(pages(&browser, &sheet, "slips"), wanted, "of {count} slips");
    }
    // Nothing is cut off: where rows may grow with their words, eight are a page as well.
    let mut loose = world.lead.post(&*path, json!({"count": 8})).await.expect(201);
    let text = loose.text();
    let free = text
        .replace("repeat(4, 70mm)", "repeat(4, minmax(70mm, auto))")
        .replace("height: 280mm; ", "");
    assert_eq!(
        text.len() - "height: 280mm; ".len() + "minmax(, auto)".len(),
        free.len()
    );
    loose.bytes = free.clone().into_bytes();
    assert_eq!(pages(&browser, &loose, "loose"), 1);
    loose.bytes = free
        .replace(
            "<p class=\"code\">",
            "<p>More words.</p><p>And more.</p><p>And more.</p><p class=\"code\">",
        )
        .into_bytes();
    assert_eq!(pages(&browser, &loose, "longer"), 2, "so that it can fail");
}
