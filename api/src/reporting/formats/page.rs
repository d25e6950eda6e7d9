//! The pages of a report: what people open, read on a phone, print and hand round.
//!
//! Invariant: a page is whole. It loads nothing and runs nothing, every figure of every table of the report stands in it as text, and
//! all that is folded away on no screen is on paper, too. Words of anybody's are escaped and set in their own direction. It is meant to
//! meet WCAG 2.2 at level AA: landmarks, one main heading, tables with headings for rows and columns, pictures with words.
//!
//! Refused: a script for charts, which a ward's computer may not run; tables within what is folded up, which browsers leave out of print;
//! and a second page for phones.

use super::{
    charts, pictures, wording,
    wording::{heading, is_right_to_left},
};
use crate::http::markup::Markup;
use domain::{
    id::ThemeId,
    moment::Moment,
    report::{Aftermath, Report, ReportTable, ReportedTheme, StandingOutcome, answers, page_of},
    text::Prose,
    vocabulary::{OutcomeDecision, ReportStatus},
};
use std::fmt::Display;
use time::Date;

const STYLE: &str = "
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;font:1.125rem/1.6 Arial,Helvetica,'Liberation Sans',sans-serif;color:#15252d;background:#fff;overflow-wrap:break-word}
a{color:#0e4f7a;text-underline-offset:.15em}
a:hover{text-decoration-thickness:.15em}
:focus-visible{outline:3px solid #15252d;outline-offset:2px;box-shadow:0 0 0 6px #ffd666}
.skip{position:absolute;left:1rem;top:-6rem;background:#fff;padding:.75rem 1rem;z-index:2}
.skip:focus{top:1rem}
.wrap{max-width:74rem;margin:0 auto;padding:0 1.25rem}
header{background:#0e3f5c;color:#fff;border-bottom:.5rem solid #f2b544;padding:1.5rem 0 2rem}
header a{color:#fff}
header p{margin:.4rem 0}
header .of{font-weight:bold;color:#ffe3a3}
h1{font-size:clamp(1.8rem,1.2rem + 2.6vw,2.9rem);line-height:1.15;margin:.4rem 0 .8rem;max-width:28ch}
h2{font-size:1.7rem;line-height:1.25;margin:0 0 1rem}
h3{font-size:1.35rem;line-height:1.3;margin:0 0 .6rem}
h4{font-size:1.125rem;margin:1.4rem 0 .4rem}
p,ul,ol,dl{margin:0 0 1rem}
li{margin:.25rem 0}
.notice{background:#ffd666;color:#15252d;padding:.8rem 1rem;font-weight:bold;border-left:.5rem solid #15252d;margin:0 0 1rem}
.notice a{color:#15252d}
main{padding:2rem 0 3rem;max-width:50rem;min-width:0}
main>section{padding:2.2rem 0;border-top:1px solid #c9d3d8}
main>section:first-child{border-top:0;padding-top:.5rem}
nav{padding:1.5rem 0 0}
nav h2{font-size:1.125rem;margin:0 0 .4rem}
nav ul{list-style:none;padding:0;margin:0}
nav li{margin:0}
nav a{display:block;padding:.3rem 0;line-height:1.35}
.lead{font-size:1.25rem;line-height:1.5}
.facts{display:grid;grid-template-columns:repeat(2,1fr);gap:.8rem;margin:1.2rem 0 1.5rem}
.facts div{background:#eef4f7;border-top:.3rem solid #1c5f80;padding:.8rem 1rem}
.facts dt{font-size:1rem;line-height:1.3}
.facts dd{margin:0;font-size:1.7rem;font-weight:bold;line-height:1.2}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));gap:1rem}
.two>div{background:#f5f7f8;padding:1rem 1.2rem}
.two p:last-child{margin:0}
.theme{padding:2rem 0;border-top:1px solid #c9d3d8}
.theme:first-of-type{border-top:0;padding-top:.5rem}
.sub{color:#4d5f68;margin:0 0 .3rem}
.widely{background:#eef4f7;padding:.7rem 1rem;border-left:.35rem solid #1c5f80}
.widely p{margin:0}
figure{margin:0 0 1.2rem}
.quote{border-left:.35rem solid #f2b544;padding:.2rem 0 .2rem 1.2rem;margin:1rem 0}
.quote blockquote{margin:0;font-size:1.2rem;line-height:1.5}
.quote p{margin:0}
.quote figcaption{color:#4d5f68;margin-top:.2rem}
.did{background:#edf6ee;border:1px solid #9cc3a1;border-left:.5rem solid #1c6b3c;padding:1rem 1.2rem;margin:1.4rem 0 0}
.did h4{margin:0 0 .5rem}
.did p{margin:0 0 .5rem}
.did p:last-child{margin:0}
.word{display:inline-block;background:#1c6b3c;color:#fff;font-weight:bold;padding:.1rem .7rem;border-radius:1rem}
.not_accepted .word{background:#8f2d1f}
.not_accepted{background:#fbf1ef;border-color:#d9aaa2;border-left-color:#8f2d1f}
.under_review .word,.partly_accepted .word{background:#7a4b00}
.under_review,.partly_accepted{background:#fdf6e6;border-color:#dcc48e;border-left-color:#7a4b00}
.open{background:#fff;border:2px dashed #6b7a82;padding:.8rem 1.2rem;margin:1.4rem 0 0}
.chart svg{display:block;width:100%;height:auto;max-width:38rem}
.scroll{overflow-x:auto;margin:0 0 .6rem;container-type:inline-size}
.scroll .heat svg{min-width:36rem;max-width:44rem}
table{border-collapse:collapse;width:100%;font-size:1rem;line-height:1.35}
caption{text-align:start;font-weight:bold;font-size:1.15rem;padding:.2rem 0 .5rem}
caption>*{display:block;max-width:calc(100vw - 2.5rem);max-width:100cqi;position:sticky;left:0}
caption span{font-weight:normal;font-size:1rem;color:#4d5f68}
th,td{padding:.45rem .6rem;border-bottom:1px solid #c9d3d8;vertical-align:top}
thead th{border-bottom:2px solid #15252d;text-align:right;vertical-align:bottom;min-width:4.6rem}
thead th:first-child,.says thead th,.says td{text-align:start}
tbody th{text-align:start;font-weight:normal;min-width:10rem;max-width:min(24rem,52vw);overflow-wrap:anywhere}
.says td{min-width:8rem}
.many{font-size:.9rem}.many th,.many td{padding-inline:.4rem}.many thead th{min-width:3.6rem}
.scroll+h2{margin-top:2.2rem}
tbody .l1{padding-inline-start:1.8rem}
td{text-align:right;font-variant-numeric:tabular-nums}
td.h{color:#4d5f68;font-style:italic;white-space:nowrap}
.get{font-size:1rem;margin-bottom:2.2rem}
.get a{margin-inline-end:1.2rem;display:inline-block;padding:.2rem 0}
.plain{list-style:none;padding:0}
.read dt{font-weight:bold}
.read dd{margin:0 0 .7rem}
.digest{font-family:'Courier New',monospace;overflow-wrap:anywhere}
footer{background:#eef4f7;padding:1.5rem 0;border-top:1px solid #c9d3d8}
.cards{list-style:none;padding:0}
.cards>li{border:1px solid #c9d3d8;border-top:.4rem solid #1c5f80;padding:1.2rem 1.4rem;margin:0 0 1.4rem}
.cards h2{font-size:1.4rem;margin:0 0 .4rem}
.links a{display:inline-block;padding:.3rem 1.4rem .3rem 0}
@media(min-width:40rem){.facts{grid-template-columns:repeat(3,1fr)}}
@media(min-width:64rem){
.page{display:grid;grid-template-columns:15rem minmax(0,1fr);gap:3.5rem}
.page nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding:2rem 0;font-size:1rem}
.page main{max-width:52rem}
tbody th{position:sticky;left:0;background:#fff}
}
@media print{
@page{size:A4;margin:16mm 15mm;@bottom-right{content:counter(page) ' of ' counter(pages);font:9pt Arial,sans-serif}}
body{font-size:11pt;line-height:1.45}
.skip,nav,.get,p.links,footer{display:none}
header{background:none;color:#000;border-bottom:2pt solid #000;padding:0 0 6mm}
header .of,header a{color:#000}
h1{font-size:24pt}h2{font-size:16pt}h3{font-size:13pt}h4{font-size:11pt}
.wrap{max-width:none;padding:0}
main,.page main{max-width:none;padding:4mm 0}
main>section{padding:5mm 0}
.theme{padding:4mm 0}
h2,h3,h4,h2+p,caption{break-after:avoid}
h1,h2,h3,h4,h2+p,.open{break-inside:avoid}
.did,.open{break-before:avoid}
figure,.did,.open,.widely,.facts div,tr,.short,.cards>li{break-inside:avoid}
.chart svg{max-width:120mm}
.scroll{overflow:visible}
.scroll .heat svg{min-width:0;max-width:150mm}
table{font-size:8.5pt}
caption{font-size:11pt}caption>*{max-width:none}caption span{font-size:9pt}
th,td{padding:1mm 1.2mm}
thead{display:table-header-group}
thead th{min-width:0}
tbody th{min-width:35mm;max-width:none;position:static}
.says td{min-width:25mm}
.says{font-size:11pt}
.chart,.did,.open,.facts div,.widely,.word,.two>div,.notice{-webkit-print-color-adjust:exact;print-color-adjust:exact}
a{color:inherit}
}
";

/// The frame of every page: skip link, header, what `body` writes, footer.
fn framed(
    title: &str,
    style: &'static str,
    header: impl FnOnce(&mut Markup),
    body: impl FnOnce(&mut Markup),
) -> String {
    Markup::screen(title, style, |page| {
        page.ours("<a class=\"skip\" href=\"#main\">Skip to the main content</a><header><div class=\"wrap\">");
        header(page);
        page.ours("</div></header>");
        body(page);
        page.ours(
            "<footer><div class=\"wrap\"><p class=\"links\"><a href=\"/\">All published consultations</a></p></div></footer>",
        );
    })
    .into_string()
}

fn link(page: &mut Markup, to: impl Display, words: &str) {
    page.ours("<a")
        .attribute("href", to)
        .ours(">")
        .text(words)
        .ours("</a>");
}

/// The end of a tag whose words run their own way: what `dir="auto"` finds out in a browser, said of those few alone that do not run as
/// the page does. A page holds thousands of such tags.
fn towards<'p>(page: &'p mut Markup, words: &str) -> &'p mut Markup {
    page.ours(if is_right_to_left(words) {
        " dir=\"rtl\">"
    } else {
        ">"
    })
}

/// A paragraph of anybody's words.
fn paragraph(page: &mut Markup, words: &str) {
    towards(page.ours("<p"), words).text(words).ours("</p>");
}

fn written(page: &mut Markup, text: &str) {
    for words in wording::paragraphs(text) {
        paragraph(page, words);
    }
}

fn listed<'w>(page: &mut Markup, items: impl Iterator<Item = &'w str>) {
    page.ours("<ul>");
    for item in items {
        towards(page.ours("<li"), item).text(item).ours("</li>");
    }
    page.ours("</ul>");
}

/// What people wrote outside: a link only where it leads to a page, never to a script.
fn outward(page: &mut Markup, url: &str, words: &str) {
    match url.starts_with("https://") || url.starts_with("http://") {
        true => {
            page.ours("<a rel=\"noreferrer\" dir=\"auto\"")
                .attribute("href", url)
                .ours(">")
                .text(words)
                .ours("</a>");
        }
        false => {
            page.ours("<span dir=\"auto\">")
                .text(words)
                .ours("</span> (")
                .text(url)
                .ours(")");
        }
    }
}

/// A part of the page: what links name it by, its heading, what stands in it.
struct Section {
    id: &'static str,
    heading: &'static str,
    ink: Markup,
}

/// The sections of a page as they are gathered; empty ones are left out, and out of the contents, too.
#[derive(Default)]
struct Sections(Vec<Section>);

impl Sections {
    fn add(&mut self, id: &'static str, heading: &'static str, write: impl FnOnce(&mut Markup)) {
        let mut ink = Markup::default();
        write(&mut ink);
        if ink != Markup::default() {
            self.0.push(Section { id, heading, ink });
        }
    }

    fn write(&self, page: &mut Markup) {
        page.ours("<div class=\"wrap page\"><nav aria-labelledby=\"contents\"><h2 id=\"contents\">On this page</h2><ul>");
        for section in &self.0 {
            page.ours("<li>");
            link(page, format_args!("#{}", section.id), section.heading);
            page.ours("</li>");
        }
        page.ours("</ul></nav><main id=\"main\">");
        for section in &self.0 {
            page.ours("<section")
                .attribute("id", section.id)
                .attribute("aria-labelledby", format_args!("{}-heading", section.id))
                .ours("><h2")
                .attribute("id", format_args!("{}-heading", section.id))
                .ours(">")
                .text(section.heading)
                .ours("</h2>")
                .add(&section.ink)
                .ours("</section>");
        }
        page.ours("</main></div>");
    }
}

/// The head of a page of a report, with what must be seen before all else.
fn report_header(page: &mut Markup, report: &Report, after: &Aftermath, title: &str, above: &str) {
    if report.status == ReportStatus::Draft {
        page.ours("<p class=\"notice\">DRAFT. This report is not published. Do not pass it on or quote from it.</p>");
    }
    if report.superseded_by.is_some() {
        page.ours("<p class=\"notice\">A newer report of this consultation was published. ");
        link(page, report.page(), "Read the newer report");
        page.ours("</p>");
    }
    for one in &after.taken_back {
        page.ours("<p class=\"notice\">Report ")
            .value(one.number)
            .ours(", which came after this one, was taken back.");
        if let Some(reason) = &one.reason {
            page.ours(" ").text(reason);
        }
        page.ours("</p>");
    }
    page.ours("<p class=\"of\">")
        .text(above)
        .ours("</p><h1 dir=\"auto\">")
        .text(title)
        .ours("</h1><p>")
        .text(&report.consultation.reference)
        .ours(" · ")
        .text(&wording::edition(report))
        .ours("</p>");
}

/// Where a theme stands on the page of its report, from 1.
fn anchor(report: &Report, theme: ThemeId) -> Option<usize> {
    let at = wording::themes(report)
        .iter()
        .position(|(one, _)| one.id == theme)?;
    Some(at + 1)
}

/// By when an answer is due, as it stands now.
fn due(report: &Report, after: &Aftermath) -> Option<Date> {
    after.response_due_on.or(report.consultation.response_due_on)
}

/// The page of a report.
pub fn page(report: &Report, after: &Aftermath) -> String {
    let consultation = &report.consultation;
    let commentary = &report.commentary;
    let mut parts = Sections::default();
    let prose = |page: &mut Markup, text: Option<&Prose>| {
        wording::prose(text).for_each(|words| paragraph(page, words));
    };
    parts.add("summary", "In short", |page| {
        page.ours("<div class=\"lead\">");
        written(page, &consultation.summary);
        page.ours("</div>");
        at_a_glance(page, report);
        page.ours("<p class=\"links\">");
        link(page, format_args!("{}/easy-read", report.page()), "Easy read");
        link(
            page,
            format_args!("{}/outcomes", report.page()),
            "We asked, you said, we did",
        );
        link(page, "#downloads", "Download this report");
        page.ours("</p>");
    });
    parts.add("foreword", heading::FOREWORD, |page| {
        prose(page, commentary.foreword.as_ref())
    });
    parts.add("background", heading::BACKGROUND, |page| {
        prose(page, commentary.background.as_ref());
    });
    parts.add("open", heading::OPEN_TO_INFLUENCE, |page| {
        let could = [
            ("This could change", &consultation.open_to_change),
            ("This could not", &consultation.not_open_to_change),
        ];
        if could.iter().any(|(_, text)| text.is_some()) {
            page.ours("<div class=\"two\">");
            for (heading, text) in could {
                if let Some(text) = text {
                    page.ours("<div><h3>").text(heading).ours("</h3>");
                    written(page, text);
                    page.ours("</div>");
                }
            }
            page.ours("</div>");
        }
    });
    parts.add("asked", heading::HOW_WE_ASKED, |page| how_we_asked(page, report));
    parts.add("heard", heading::WHO_TOOK_PART, |page| {
        listed(page, wording::who_took_part(report).iter().map(String::as_str));
        picture_of(page, report, "heard");
        for name in ["heard", "attendance", "participants", "responses"] {
            table_of(page, report, name);
        }
    });
    parts.add("glance", heading::THEMES_AT_A_GLANCE, |page| {
        picture_of(page, report, "themes");
        table_of(page, report, "themes");
    });
    parts.add("themes", heading::THEMES, |page| {
        for (at, (theme, level)) in wording::themes(report).into_iter().enumerate() {
            theme_section(page, report, after, theme, at + 1, level);
        }
    });
    parts.add("by-group", "Where it was said", |page| {
        picture_of(page, report, "theme-by-group");
    });
    parts.add("by-people", heading::PEOPLE_AND_STAFF, |page| {
        picture_of(page, report, "theme-by-respondent-group");
    });
    parts.add("draft", heading::SECTIONS, |page| {
        sections_of_draft(page, report, after)
    });
    parts.add("stance", "Towards the draft", |page| {
        picture_of(page, report, "stance-by-question");
        for name in [
            "questions",
            "stance-by-question",
            "theme-by-stance",
            "answers",
            "consensus",
        ] {
            table_of(page, report, name);
        }
    });
    parts.add("outcomes", "What was decided", |page| {
        decided(page, report, after)
    });
    parts.add("next", heading::WHAT_HAPPENS_NEXT, |page| {
        prose(page, commentary.what_happens_next.as_ref());
        deliveries(page, after);
    });
    parts.add("media", "Watch, listen and see", |page| media(page, after));
    parts.add("method", heading::METHOD, |page| {
        prose(page, commentary.method.as_ref());
        for words in wording::method(report) {
            paragraph(page, &words);
        }
    });
    parts.add("read", heading::HOW_TO_READ, |page| {
        page.ours("<dl class=\"read\">");
        for (word, means) in wording::how_to_read(report) {
            page.ours("<dt>")
                .text(&word)
                .ours("</dt><dd>")
                .text(&means)
                .ours("</dd>");
        }
        page.ours("</dl>");
    });
    parts.add("limitations", heading::LIMITATIONS, |page| {
        if !report.limitations.is_empty() {
            listed(page, report.limitations.iter().map(|one| one.text.as_str()));
        }
    });
    parts.add("tables", "More tables", |page| {
        for table in report.tables.iter().filter(|table| !stands_earlier(&table.name)) {
            write_table(page, report, table);
        }
    });
    parts.add("downloads", "Download and check", |page| downloads(page, report));
    let title = format!("{}: what people said", consultation.title);
    framed(
        &title,
        STYLE,
        |page| report_header(page, report, after, &consultation.title, "What people said"),
        |page| parts.write(page),
    )
}

/// Tables that stand where they are spoken of; all others come at the end.
fn stands_earlier(table: &str) -> bool {
    matches!(
        table,
        "heard"
            | "attendance"
            | "participants"
            | "responses"
            | "themes"
            | "questions"
            | "stance-by-question"
            | "theme-by-stance"
            | "answers"
            | "consensus"
    )
}

/// The figures of who was heard, large.
fn at_a_glance(page: &mut Markup, report: &Report) {
    let Some(table) = report.table("heard") else {
        return;
    };
    page.ours("<dl class=\"facts\">");
    for row in &table.rows {
        let [heard, expected] = [0, 1].map(|at| row.cells.get(at).and_then(Option::as_ref));
        page.ours("<div><dt>")
            .text(&row.label)
            .ours("</dt><dd>")
            .text(&report.words(heard));
        if expected.is_some() {
            page.ours(" of ").text(&report.words(expected));
        }
        page.ours("</dd></div>");
    }
    page.ours("</dl>");
}

fn how_we_asked(page: &mut Markup, report: &Report) {
    for words in wording::how_we_asked(report) {
        paragraph(page, &words);
    }
    let documents = wording::documents(report);
    if !documents.is_empty() {
        page.ours("<h3>").text(heading::DOCUMENTS).ours("</h3><ul>");
        for (title, sections) in documents {
            page.ours("<li dir=\"auto\">").text(&title);
            if !sections.is_empty() {
                listed(page, sections.iter().map(String::as_str));
            }
            page.ours("</li>");
        }
        page.ours("</ul>");
    }
    let materials = wording::materials(report);
    if !materials.is_empty() {
        page.ours("<h3>").text(heading::MATERIALS).ours("</h3>");
        listed(page, materials.iter().map(String::as_str));
    }
    if !report.consultation.questions.is_empty() {
        page.ours("<h3>").text(heading::QUESTIONS).ours("</h3>");
        questions(page, report);
    }
}

/// The questions as they were put: each has its number already.
fn questions(page: &mut Markup, report: &Report) {
    page.ours("<ul class=\"plain\">");
    for question in wording::questions(report) {
        towards(page.ours("<li"), &question).text(&question).ours("</li>");
    }
    page.ours("</ul>");
}

fn theme_section(
    page: &mut Markup,
    report: &Report,
    after: &Aftermath,
    theme: &ReportedTheme,
    number: usize,
    level: u8,
) {
    // Sixty landmarks would be none.
    page.ours("<article class=\"theme\"")
        .attribute("aria-labelledby", format_args!("theme-{number}"))
        .ours("><h3 dir=\"auto\"")
        .attribute("id", format_args!("theme-{number}"))
        .ours(">")
        .text(&theme.label)
        .ours("</h3>");
    let parent = theme.parent_id.and_then(|id| report.theme(id));
    if let Some(parent) = parent.filter(|_| level > 0) {
        page.ours("<p class=\"sub\">Part of <bdi>")
            .text(&parent.label)
            .ours("</bdi></p>");
    }
    if let Some(description) = &theme.description {
        page.ours("<p class=\"sub\" dir=\"auto\">")
            .text(description)
            .ours("</p>");
    }
    let written = wording::commentary(report, theme.id);
    if let Some(summary) = written.and_then(|written| written.summary.as_ref()) {
        wording::prose(Some(summary)).for_each(|words| paragraph(page, words));
    }
    page.ours("<div class=\"widely\"><p><b>")
        .text(heading::HOW_WIDELY)
        .ours(":</b> ");
    page.text(&wording::how_widely(report, theme)).ours("</p>");
    if let Some(differs) = wording::differs(report, theme) {
        page.ours("<p>").text(&differs).ours("</p>");
    }
    page.ours("</div>");
    if let Some(written) = written.filter(|written| !written.key_points.is_empty()) {
        page.ours("<h4>").text(heading::KEY_POINTS).ours("</h4>");
        listed(page, written.key_points.iter().map(Prose::as_str));
    }
    let quotes = wording::quotes(report, theme.id);
    if !quotes.is_empty() {
        page.ours("<h4>").text(heading::IN_THEIR_WORDS).ours("</h4>");
        for (words, whose) in quotes {
            page.ours("<figure class=\"quote\"><blockquote>");
            self::written(page, words);
            page.ours("</blockquote><figcaption>")
                .text(whose)
                .ours("</figcaption></figure>");
        }
    }
    if let Some(written) = written.filter(|written| !written.areas_for_consideration.is_empty()) {
        page.ours("<h4>").text(heading::AREAS).ours("</h4>");
        listed(page, written.areas_for_consideration.iter().map(Prose::as_str));
    }
    for outcome in decided_on(after, theme) {
        outcome_box(
            page,
            outcome,
            or_before(after, outcome, "We asked, you said, we did"),
        );
    }
    match answered_elsewhere(after, theme) {
        Some(outcome) => answered_with(page, report, outcome, "", "#outcomes"),
        None if waits(after, theme) && report.status != ReportStatus::Draft => {
            no_answer(page, due(report, after));
        }
        None => {}
    }
    page.ours("</article>");
}

/// What was decided on a theme itself, the latest first.
fn decided_on<'a>(after: &'a Aftermath, theme: &ReportedTheme) -> impl Iterator<Item = &'a StandingOutcome> {
    let own = theme.id;
    after
        .outcomes
        .iter()
        .filter(move |outcome| outcome.theme_id == Some(own))
}

/// Whether a decision is the latest on what it is about: it counts, and those before it tell how it came.
fn counts(after: &Aftermath, outcome: &StandingOutcome) -> bool {
    let about = (outcome.theme_id, &outcome.section_ref);
    let latest = after
        .outcomes
        .iter()
        .find(|one| (one.theme_id, &one.section_ref) == about);
    latest.is_some_and(|latest| std::ptr::eq(latest, outcome))
}

/// The heading of a decision, which is `latest` where it counts.
fn or_before<'h>(after: &Aftermath, outcome: &StandingOutcome, latest: &'h str) -> &'h str {
    match counts(after, outcome) {
        true => latest,
        false => "Before that",
    }
}

/// Whether a theme has no answer yet.
fn waits(after: &Aftermath, theme: &ReportedTheme) -> bool {
    after.unanswered.contains(&theme.id)
}

/// How many themes of a report have an answer.
fn answered(report: &Report, after: &Aftermath) -> usize {
    let themes = report.codeframe.themes.iter();
    themes.filter(|theme| !waits(after, theme)).count()
}

/// What answers a theme where that was not decided on the theme itself: on the one that it is part of, or on the whole.
fn answered_elsewhere<'a>(after: &'a Aftermath, theme: &ReportedTheme) -> Option<&'a StandingOutcome> {
    answers::answering(theme, &after.outcomes).filter(|outcome| outcome.theme_id != Some(theme.id))
}

/// Says with what a theme was answered that has no answer of its own. `themes` is the page on which themes stand, empty for this one;
/// `whole` is where on this page it stands what was decided on the whole.
fn answered_with(page: &mut Markup, report: &Report, outcome: &StandingOutcome, themes: &str, whole: &str) {
    page.ours("<p")
        .attribute("class", format_args!("did {}", outcome.decision))
        .ours(">");
    match outcome.theme_id {
        Some(id) => {
            page.ours("Answered with the theme <bdi>");
            let label = report.theme(id).map_or("", |theme| theme.label.as_str());
            match anchor(report, id) {
                Some(number) => link(page, format_args!("{themes}#theme-{number}"), label),
                None => {
                    page.text(label);
                }
            }
            page.ours("</bdi>");
        }
        None => {
            page.ours("Answered with ");
            link(page, whole, "the whole consultation");
        }
    }
    page.ours(": ").text(outcome.decision.label()).ours(".</p>");
}

fn no_answer(page: &mut Markup, due: Option<Date>) {
    page.ours("<p class=\"open\"><b>No answer yet.</b>");
    if let Some(day) = due {
        page.ours(" The date to answer by is ")
            .text(&wording::date(day))
            .ours(".");
    }
    page.ours("</p>");
}

/// What was decided, why, when, by whom, and where it shows.
fn outcome_box(page: &mut Markup, outcome: &StandingOutcome, heading: &str) {
    page.ours("<div")
        .attribute("class", format_args!("did {}", outcome.decision))
        .ours("><h4>")
        .text(heading)
        .ours("</h4><p><span class=\"word\">")
        .text(outcome.decision.label())
        .ours("</span></p>");
    written(page, &outcome.reason);
    page.ours("<p>Decided on ")
        .text(&wording::date(outcome.decided_on))
        .ours(" by <bdi>")
        .text(&outcome.decided_by)
        .ours("</bdi>.");
    if let Some(version) = &outcome.document_version {
        page.ours(" It shows in version <bdi>")
            .text(version)
            .ours("</bdi>.");
    }
    page.ours("</p>");
    if let Some(url) = &outcome.source_url {
        page.ours("<p>");
        outward(page, url, "See where it was decided");
        page.ours("</p>");
    }
    page.ours("</div>");
}

fn sections_of_draft(page: &mut Markup, report: &Report, after: &Aftermath) {
    for section in &report.commentary.sections {
        let reference = section.section_ref.as_str();
        page.ours("<h3 dir=\"auto\">")
            .text(&wording::section(report, reference))
            .ours("</h3>");
        wording::prose(section.summary.as_ref()).for_each(|words| paragraph(page, words));
        if !section.suggestions.is_empty() {
            page.ours("<h4>").text(heading::SUGGESTIONS).ours("</h4>");
            listed(page, section.suggestions.iter().map(Prose::as_str));
        }
    }
    let of_sections = after.outcomes.iter().filter(|outcome| outcome.theme_id.is_none());
    let mut first = true;
    for outcome in of_sections {
        let Some(reference) = &outcome.section_ref else {
            continue;
        };
        if std::mem::take(&mut first) {
            page.ours("<h3>What was decided on sections</h3>");
        }
        let section = format!("Section {}", wording::section(report, reference));
        outcome_box(page, outcome, or_before(after, outcome, &section));
    }
}

/// Outcomes on neither a theme nor a section.
fn decided_on_all(page: &mut Markup, after: &Aftermath) {
    let of_all = after
        .outcomes
        .iter()
        .filter(|outcome| outcome.theme_id.is_none() && outcome.section_ref.is_none());
    for (at, outcome) in of_all.enumerate() {
        if at == 0 {
            page.ours("<h3>What was decided on all of it</h3>");
        }
        outcome_box(
            page,
            outcome,
            or_before(after, outcome, "On the whole consultation"),
        );
    }
}

fn decided(page: &mut Markup, report: &Report, after: &Aftermath) {
    let of_themes = |outcome: &&StandingOutcome| outcome.theme_id.is_some();
    decided_on_all(page, after);
    page.ours("<p>").text(&state_of_answer(
        answered(report, after),
        after.unanswered.len(),
        due(report, after),
    ));
    page.ours("</p>");
    if after.outcomes.iter().any(|outcome| of_themes(&outcome)) {
        page.ours("<ul>");
        for outcome in after.outcomes.iter().filter(of_themes) {
            let theme = outcome.theme_id.and_then(|id| report.theme(id));
            if let Some(theme) = theme {
                page.ours("<li>");
                match anchor(report, theme.id) {
                    Some(number) => {
                        page.ours("<a dir=\"auto\"")
                            .attribute("href", format_args!("#theme-{number}"))
                            .ours(">")
                            .text(&theme.label)
                            .ours("</a>");
                    }
                    None => {
                        page.ours("<bdi>").text(&theme.label).ours("</bdi>");
                    }
                }
                page.ours(": ").text(outcome.decision.label()).ours("</li>");
            }
        }
        page.ours("</ul>");
    }
    page.ours("<p>");
    link(
        page,
        format_args!("{}/outcomes", report.page()),
        "We asked, you said, we did: all answers on one page",
    );
    page.ours("</p>");
}

/// How many themes have an answer, in a sentence.
fn state_of_answer(answered: usize, unanswered: usize, due: Option<Date>) -> String {
    let all = answered + unanswered;
    let due = due.map_or_else(String::new, |day| {
        format!(" The date to answer by is {}.", wording::date(day))
    });
    match (answered, unanswered) {
        (_, 0) if all == 1 => "The theme has an answer.".into(),
        (_, 0) if all > 0 => format!("All {all} themes have an answer."),
        (0, _) => format!("No theme has an answer yet.{due}"),
        _ => format!("{answered} of {all} themes have an answer.{due}"),
    }
}

fn deliveries(page: &mut Markup, after: &Aftermath) {
    if after.deliveries.is_empty() {
        return;
    }
    page.ours("<h3>Who was given this report</h3><ul>");
    for delivery in &after.deliveries {
        page.ours("<li><bdi>")
            .text(&delivery.body.name)
            .ours("</bdi>, at its meeting on ")
            .text(&wording::date(delivery.meeting_on));
        if let Some(minute) = &delivery.minute_ref {
            page.ours(" (minute <bdi>").text(minute).ours("</bdi>)");
        }
        page.ours("</li>");
    }
    page.ours("</ul>");
}

fn media(page: &mut Markup, after: &Aftermath) {
    if after.media.is_empty() {
        return;
    }
    page.ours("<ul>");
    for one in &after.media {
        page.ours("<li>");
        outward(page, &one.url, &one.title);
        page.ours(" (").text(one.kind.label()).ours(")</li>");
    }
    page.ours("</ul>");
}

/// The picture of a table, in parts where it is tall, with where it can be taken from.
fn picture_of(page: &mut Markup, report: &Report, name: &str) {
    let Some(table) = report.table(name) else {
        return;
    };
    let parts = charts::parts(report, name, charts::Stands::InPage);
    if parts.is_empty() {
        return;
    }
    paragraph(page, &charts::how_to_read(report, name));
    let wide = name == "theme-by-group";
    if wide {
        page.ours("<div class=\"scroll\" tabindex=\"0\" role=\"region\"")
            .attribute("aria-label", format_args!("Picture: {}", table.title))
            .ours(">");
    }
    for part in &parts {
        page.ours(if wide {
            "<figure class=\"chart heat\">"
        } else {
            "<figure class=\"chart\">"
        })
        .add(part)
        .ours("</figure>");
    }
    if wide {
        page.ours("</div>");
    }
    page.ours("<p class=\"get\">");
    if let Some(chart) = &table.chart {
        link(page, chart, &format!("Picture: {} (SVG)", table.title));
    }
    if !stands_earlier(name) {
        link(page, format_args!("#table-{name}"), "The same as a table");
    }
    page.ours("</p>");
}

fn table_of(page: &mut Markup, report: &Report, name: &str) {
    if let Some(table) = report.table(name) {
        write_table(page, report, table);
    }
}

/// Columns of figures beside which those of a wider table stand closer, so that a laptop shows all of them.
const MANY: usize = 7;

/// A table, with every figure of it.
fn write_table(page: &mut Markup, report: &Report, table: &ReportTable) {
    let name = &table.name;
    // So few rows are not parted between two sheets.
    page.ours(if table.rows.len() > 12 {
        "<div class=\"scroll\""
    } else {
        "<div class=\"scroll short\""
    })
    .ours(" tabindex=\"0\" role=\"region\"")
    .attribute("aria-labelledby", format_args!("table-{name}-title"))
    .ours("><table")
    .attribute("id", format_args!("table-{name}"))
    .ours(if table.columns.len() > MANY {
        " class=many"
    } else {
        ""
    })
    .ours("><caption><b")
    .attribute("id", format_args!("table-{name}-title"))
    .ours(">")
    .text(&table.title)
    .ours("</b><span>")
    .text(&wording::unit_and_base(table));
    if let Some(note) = &table.note {
        page.ours(" ").text(note);
    }
    page.ours("</span></caption><thead><tr><th scope=\"col\">")
        .text(&table.rows_are)
        .ours("</th>");
    for column in &table.columns {
        towards(page.ours("<th scope=\"col\""), &column.label)
            .text(&column.label)
            .ours("</th>");
    }
    page.ours("</tr></thead><tbody>");
    // The rows of this table are the themes in the order in which the page has them.
    let places = match name.as_str() {
        "themes" => wording::themes(report),
        _ => Vec::new(),
    };
    for row in &table.rows {
        page.ours("<tr><th scope=\"row\"")
            .ours(if row.level > 0 { " class=l1" } else { "" });
        towards(page, &row.label);
        match places.iter().position(|(theme, _)| theme.code == row.key) {
            Some(at) => link(page, format_args!("#theme-{}", at + 1), &row.label),
            None => {
                page.text(&row.label);
            }
        }
        page.ours("</th>");
        for cell in &row.cells {
            let hidden = cell.as_ref().is_some_and(|cell| cell.value.is_none());
            page.ours(if hidden { "<td class=h>" } else { "<td>" })
                .text(&report.words(cell.as_ref()));
        }
    }
    // HTML lets the ends of cells and rows be left out, and ten thousand of them are a fifth of a large page.
    page.ours("</tbody></table></div><p class=\"get\">");
    link(page, &table.csv, &format!("{} (CSV)", table.title));
    page.ours("</p>");
}

/// Formats in which the whole report can be taken away, and what each is for.
const FORMATS: [(&str, &str); 6] = [
    ("pdf", "PDF, to read and print"),
    ("docx", "Word document, to read and work on"),
    ("xlsx", "Spreadsheet, all tables"),
    ("csv", "CSV, all figures in one list"),
    ("json", "JSON, the report itself, to check or to build on"),
    ("zip", "Everything in one archive"),
];

fn downloads(page: &mut Markup, report: &Report) {
    page.ours("<ul class=\"links\">");
    for (suffix, words) in FORMATS {
        page.ours("<li>");
        link(page, format_args!("/v1/reports/{}.{suffix}", report.id), words);
        page.ours("</li>");
    }
    page.ours("</ul><h3>")
        .text(heading::ABOUT)
        .ours("</h3><dl class=\"read\">");
    for (name, value) in wording::about(report) {
        page.ours("<dt>").text(name).ours("</dt><dd dir=\"auto\"");
        if name.starts_with("Digest") {
            page.ours(" class=\"digest\"");
        }
        page.ours(">").text(&value).ours("</dd>");
    }
    page.ours("</dl>");
    paragraph(page, &wording::how_to_verify());
}

const EASY: &str = "
*{box-sizing:border-box}
body{margin:0;font:1.5rem/1.5 Arial,Helvetica,'Liberation Sans',sans-serif;color:#15252d;background:#fff;overflow-wrap:break-word}
a{color:#0e4f7a;display:inline-block;padding:.2rem 0}
:focus-visible{outline:3px solid #15252d;outline-offset:2px;box-shadow:0 0 0 6px #ffd666}
.skip{position:absolute;left:1rem;top:-8rem;background:#fff;padding:.75rem 1rem}
.skip:focus{top:1rem}
.wrap{max-width:52rem;margin:0 auto;padding:0 1.25rem}
header{background:#0e3f5c;color:#fff;border-bottom:.5rem solid #f2b544;padding:1.5rem 0}
header a{color:#fff}
header p{margin:.3rem 0}
header .of{font-weight:bold;color:#ffe3a3}
.notice{background:#ffd666;color:#15252d;padding:.8rem 1rem;font-weight:bold}
.notice a{color:#15252d}
h1{font-size:clamp(2rem,1.4rem + 2.6vw,2.8rem);line-height:1.2;margin:.2rem 0}
h2{font-size:2rem;line-height:1.25;margin:2rem 0 1rem}
main{padding:1rem 0 2rem}
.line{display:grid;grid-template-columns:9rem minmax(0,1fr);gap:2rem;align-items:center;padding:1.4rem 0;border-bottom:2px solid #e4eaec}
.line svg{display:block;width:100%;height:auto}
.line p{margin:0}
.line .about{font-size:1.25rem;color:#4d5f68}
footer{background:#eef4f7;padding:1rem 0}
@media(max-width:34rem){.line{grid-template-columns:5.5rem minmax(0,1fr);gap:1.1rem}}
@media print{
@page{size:A4;margin:18mm 16mm}
body{font-size:18pt}
.skip,footer{display:none}
header{background:none;color:#000;border-bottom:2pt solid #000;padding:0 0 5mm}
header .of,header a{color:#000}
h1{font-size:28pt}h2{font-size:22pt;break-after:avoid}
.line{grid-template-columns:38mm 1fr;gap:9mm;break-inside:avoid;padding:6mm 0}
.line .about{font-size:16pt}
svg,.notice{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.wrap{max-width:none;padding:0}
}
";

/// One idea, its picture to its left.
fn easy_line(page: &mut Markup, name: Option<&str>, shows: Option<&str>, about: Option<&str>, words: &str) {
    page.ours("<div class=\"line\"><div>");
    if let Some(name) = name
        && let Some(shows) = shows.or_else(|| pictures::words(name))
        && let Some(drawn) = pictures::drawn(name, shows)
    {
        page.add(&drawn);
    }
    page.ours("</div><div>");
    if let Some(about) = about {
        page.ours("<p class=\"about\" dir=\"auto\">")
            .text(about)
            .ours("</p>");
    }
    written(page, words);
    page.ours("</div></div>");
}

/// What a decision is, for whoever reads little.
const fn in_easy_words(decision: OutcomeDecision) -> &'static str {
    match decision {
        OutcomeDecision::Accepted => "They said yes.",
        OutcomeDecision::AlreadyInPlace => "They said: this happens already.",
        OutcomeDecision::PartlyAccepted => "They said yes to some of it.",
        OutcomeDecision::NotAccepted => "They said no.",
        OutcomeDecision::UnderReview => "They are still thinking about it.",
    }
}

/// The easy-read page of a report.
pub fn easy_read(report: &Report, after: &Aftermath) -> String {
    let consultation = &report.consultation;
    let lines = &report.commentary.easy_read;
    // What counts, in words of our own where nobody wrote any.
    let decided: Vec<_> = after
        .outcomes
        .iter()
        .filter(|outcome| counts(after, outcome))
        .filter_map(|outcome| {
            let ours = outcome.theme_id.map(|_| in_easy_words(outcome.decision));
            Some((outcome, outcome.easy_read.as_deref().or(ours)?))
        })
        .collect();
    let title = format!("{}: easy read", consultation.title);
    let header = |page: &mut Markup| report_header(page, report, after, &consultation.title, "Easy read");
    framed(&title, EASY, header, |page| {
        page.ours("<div class=\"wrap\"><main id=\"main\">");
        if let Some(summary) = &consultation.easy_read_summary {
            page.ours("<h2>What this is about</h2>");
            easy_line(page, Some("question"), Some("A question"), None, summary);
        }
        if lines.is_empty() {
            page.ours("<h2>There is no easy read of this report yet</h2>");
            easy_line(page, None, None, None, "We are sorry. Nobody has written it yet.");
            easy_line(
                page,
                Some("help"),
                None,
                None,
                "You can ask somebody you trust to read the full report with you.",
            );
        } else {
            page.ours("<h2>What people said</h2>");
            for line in lines {
                easy_line(
                    page,
                    line.picture.as_ref().map(|name| name.as_str()),
                    line.picture_alt.as_ref().map(|shows| shows.as_str()),
                    None,
                    line.text.as_str(),
                );
            }
        }
        if !decided.is_empty() {
            page.ours("<h2>What was decided</h2>");
            for (outcome, words) in decided {
                let about = outcome.theme_id.and_then(|id| report.theme(id));
                let (picture, shows) = match outcome.decision {
                    OutcomeDecision::Accepted => ("yes", "A tick: this will happen"),
                    OutcomeDecision::AlreadyInPlace => ("yes", "A tick: this happens already"),
                    OutcomeDecision::PartlyAccepted => ("idea", "A light bulb: some of this will happen"),
                    OutcomeDecision::NotAccepted => ("no", "A cross: this will not happen"),
                    OutcomeDecision::UnderReview => ("clock", "A clock: not decided yet"),
                };
                easy_line(
                    page,
                    Some(picture),
                    Some(shows),
                    about.map(|theme| theme.label.as_str()),
                    words,
                );
            }
        }
        if !after.unanswered.is_empty() && report.status != ReportStatus::Draft {
            let due = due(report, after).map_or_else(
                || "We are still waiting for some answers.".to_owned(),
                |day| {
                    format!(
                        "We are still waiting for some answers.\nThe date to answer by is {}.",
                        wording::date(day)
                    )
                },
            );
            easy_line(page, Some("clock"), None, None, &due);
        }
        page.ours("<h2>Find out more</h2><p>");
        link(page, report.page(), "Read the full report");
        page.ours("</p></main></div>");
    })
}

/// A consultation with a published report, as the front page lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedReport {
    pub reference: String,
    pub title: String,
    /// What was consulted on.
    pub summary: String,
    /// When its latest report was published.
    pub published_at: Option<Moment>,
    /// Themes of the report with an answer. Unit: themes.
    pub answered: usize,
    /// Themes of the report without. Unit: themes.
    pub unanswered: usize,
    /// When an answer is due.
    pub response_due_on: Option<Date>,
    /// Whether there is an easy read of it.
    pub has_easy_read: bool,
}

/// The front page: every public consultation with a published report, in the order given.
pub fn index(reports: &[PublishedReport]) -> String {
    framed(
        "What people said: published consultations",
        STYLE,
        |page| {
            page.ours(
                "<p class=\"of\">Published consultations</p><h1>What people said, and what was done</h1>\
                 <p>Reports of what groups across the country said when they were asked, and of what was decided.</p>",
            );
        },
        |page| {
            page.ours("<div class=\"wrap\"><main id=\"main\">");
            if reports.is_empty() {
                page.ours("<p class=\"lead\">No report is published yet.</p>");
            } else {
                page.ours("<ul class=\"cards\">");
            }
            for report in reports {
                let address = page_of(&report.reference);
                page.ours("<li><h2 dir=\"auto\">");
                link(page, &address, &report.title);
                page.ours("</h2><p class=\"sub\">").text(&report.reference);
                if let Some(day) = report.published_at.and_then(Moment::day_in_london) {
                    page.ours(" · Published on ").text(&wording::date(day));
                }
                let themes = report.answered + report.unanswered;
                page.ours(" · ")
                    .value(themes)
                    .ours(if themes == 1 { " theme</p>" } else { " themes</p>" });
                written(page, &report.summary);
                page.ours("<p><b>").text(&state_of_answer(
                    report.answered,
                    report.unanswered,
                    report.response_due_on,
                ));
                page.ours("</b></p><p class=\"links\">");
                named_link(page, &address, "Full report", &report.title);
                if report.has_easy_read {
                    named_link(page, &format!("{address}/easy-read"), "Easy read", &report.title);
                }
                named_link(
                    page,
                    &format!("{address}/outcomes"),
                    "What was decided",
                    &report.title,
                );
                page.ours("</p></li>");
            }
            if !reports.is_empty() {
                page.ours("</ul>");
            }
            page.ours("</main></div>");
        },
    )
}

/// A link whose words many share, told apart for whoever hears a list of links.
fn named_link(page: &mut Markup, to: &str, words: &str, of: &str) {
    page.ours("<a")
        .attribute("href", to)
        .attribute("aria-label", format_args!("{words}: {of}"))
        .ours(">")
        .text(words)
        .ours("</a>");
}

/// "We asked, you said, we did": what was decided theme by theme, and where it shows.
pub fn we_did(report: &Report, after: &Aftermath) -> String {
    let consultation = &report.consultation;
    let themes = wording::themes(report);
    let mut parts = Sections::default();
    parts.add("asked", "We asked", |page| {
        written(page, &consultation.summary);
        if !consultation.questions.is_empty() {
            questions(page, report);
        }
        page.ours("<p>");
        link(page, report.page(), "Read the full report");
        page.ours("</p>");
    });
    parts.add("did", "You said, we did", |page| {
        page.ours("<p class=\"lead\">")
            .text(&state_of_answer(
                answered(report, after),
                after.unanswered.len(),
                due(report, after),
            ))
            .ours("</p>");
        decided_on_all(page, after);
        for (theme, _) in &themes {
            let elsewhere = answered_elsewhere(after, theme);
            if elsewhere.is_none() && decided_on(after, theme).next().is_none() {
                continue;
            }
            you_said(page, report, theme);
            for outcome in decided_on(after, theme) {
                outcome_box(page, outcome, or_before(after, outcome, "We did"));
            }
            if let Some(outcome) = elsewhere {
                answered_with(page, report, outcome, &report.page(), "#did");
            }
            page.ours("</article>");
        }
        for outcome in &after.outcomes {
            if let (None, Some(reference)) = (outcome.theme_id, &outcome.section_ref) {
                page.ours("<article class=\"theme\"><h3 dir=\"auto\">Section ")
                    .text(&wording::section(report, reference))
                    .ours("</h3>");
                outcome_box(page, outcome, or_before(after, outcome, "We did"));
                page.ours("</article>");
            }
        }
    });
    parts.add("unanswered", "Not answered yet", |page| {
        if after.unanswered.is_empty() {
            return;
        }
        no_answer(page, due(report, after));
        page.ours("<ul>");
        for (theme, _) in themes.iter().filter(|(theme, _)| waits(after, theme)) {
            page.ours("<li dir=\"auto\">");
            match anchor(report, theme.id) {
                Some(number) => link(
                    page,
                    format_args!("{}#theme-{number}", report.page()),
                    &theme.label,
                ),
                None => {
                    page.text(&theme.label);
                }
            }
            page.ours("</li>");
        }
        page.ours("</ul>");
    });
    parts.add("trace", "Where it shows", |page| {
        if themes
            .iter()
            .any(|(theme, _)| decided_on(after, theme).next().is_some())
        {
            trace(page, report, after, &themes);
        }
    });
    let title = format!("{}: we asked, you said, we did", consultation.title);
    framed(
        &title,
        STYLE,
        |page| {
            report_header(
                page,
                report,
                after,
                &consultation.title,
                "We asked, you said, we did",
            )
        },
        |page| parts.write(page),
    )
}

/// Opens what was said on a theme; whoever calls closes it.
fn you_said(page: &mut Markup, report: &Report, theme: &ReportedTheme) {
    page.ours("<article class=\"theme\"><h3 dir=\"auto\">")
        .text(&theme.label)
        .ours("</h3><h4>You said</h4>");
    let summary = wording::commentary(report, theme.id).and_then(|written| written.summary.as_ref());
    match (summary, &theme.description) {
        (Some(summary), _) => wording::prose(Some(summary)).for_each(|words| paragraph(page, words)),
        (None, Some(description)) => written(page, description),
        (None, None) => {}
    }
    page.ours("<p>")
        .text(&wording::how_widely(report, theme))
        .ours("</p>");
}

/// From each theme on which something was decided to the sections it speaks of and the version in which the answer shows.
fn trace(page: &mut Markup, report: &Report, after: &Aftermath, themes: &[(&ReportedTheme, u8)]) {
    page.ours(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"trace-title\"><table class=\"says\"><caption>\
         <b id=\"trace-title\">From what was said to where it shows</b></caption><thead><tr><th scope=\"col\">Theme</th>\
         <th scope=\"col\">Sections of the draft</th><th scope=\"col\">Decision</th><th scope=\"col\">Shows in</th></tr></thead><tbody>",
    );
    for (theme, _) in themes {
        for outcome in decided_on(after, theme) {
            page.ours("<tr><th scope=\"row\" dir=\"auto\">")
                .text(&theme.label)
                .ours("</th><td dir=\"auto\">");
            let spoken_of = report.collation.sections.iter().filter(|section| {
                section.themes.iter().any(|one| one.id == theme.id)
                    || outcome.section_ref.as_deref() == Some(section.reference.as_str())
            });
            let named: Vec<_> = spoken_of
                .map(|section| wording::section(report, &section.reference))
                .collect();
            page.text(&match named.is_empty() {
                true => outcome.section_ref.clone().unwrap_or_else(|| "–".into()),
                false => named.join("; "),
            });
            page.ours("</td><td>")
                .text(outcome.decision.label())
                .ours("</td><td dir=\"auto\">");
            match &outcome.document_version {
                Some(version) => page.ours("Version ").text(version),
                None => page.ours("–"),
            };
            page.ours("</td></tr>");
        }
    }
    page.ours("</tbody></table></div>");
}

/// What stands where a report was taken back; 410 goes with it. `other` is the address of the report that stands in its place.
pub fn retracted(reference: &str, reason: &str, other: Option<&str>) -> String {
    framed(
        &format!("{reference}: this report was taken back"),
        STYLE,
        |page| {
            page.ours("<p class=\"of\">")
                .text(reference)
                .ours("</p><h1>This report was taken back</h1>");
        },
        |page| {
            page.ours("<div class=\"wrap\"><main id=\"main\"><h2>Why</h2>");
            written(page, reason);
            match other {
                Some(address) => {
                    page.ours("<p class=\"lead\">Another report of this consultation stands. ");
                    link(page, address, "Read the report that stands");
                    page.ours("</p>");
                }
                None => {
                    page.ours("<p>No other report takes its place yet. If you cited it, please say that it was taken back.</p>");
                }
            }
            page.ours("</main></div>");
        },
    )
}

/// What one group raised and what was decided, beside the whole country: to print, and to take back to the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSheet {
    pub group_name: String,
    pub title: String,
    pub reference: String,
    pub rows: Vec<GroupSheetRow>,
    /// What must be known to read the figures.
    pub notes: Vec<String>,
}

/// A theme on a group's sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSheetRow {
    pub theme: String,
    /// The group's figure in words; none where the group did not raise it.
    pub raised: Option<String>,
    /// How widely it was raised in the country, in words.
    pub country: String,
    /// What was decided; none where nothing was yet.
    pub decision: Option<StandingOutcome>,
}

/// The sheet of a group.
pub fn group_sheet(sheet: &GroupSheet) -> String {
    framed(
        &format!("{}: {}", sheet.title, sheet.group_name),
        STYLE,
        |page| {
            page.ours("<p class=\"of\">For <bdi>")
                .text(&sheet.group_name)
                .ours("</bdi></p><h1>What we raised, and what was decided</h1><p dir=\"auto\">")
                .text(&sheet.title)
                .ours(" · ")
                .text(&sheet.reference)
                .ours("</p>");
        },
        |page| {
            page.ours("<div class=\"wrap\"><main id=\"main\">");
            if sheet.rows.is_empty() {
                page.ours("<p class=\"lead\">No theme is in the report yet.</p>");
            } else {
                sheet_table(page, sheet);
            }
            if !sheet.notes.is_empty() {
                page.ours("<h2>How to read this</h2>");
                listed(page, sheet.notes.iter().map(String::as_str));
            }
            page.ours("<p class=\"get\">");
            link(page, page_of(&sheet.reference), "Read the full report");
            page.ours("</p></main></div>");
        },
    )
}

fn sheet_table(page: &mut Markup, sheet: &GroupSheet) {
    page.ours(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"sheet-title\"><table class=\"says\"><caption>\
         <b id=\"sheet-title\">Our group beside the whole country</b></caption><thead><tr><th scope=\"col\">Theme</th>\
         <th scope=\"col\">What we raised</th><th scope=\"col\">In the whole country</th><th scope=\"col\">What was decided</th></tr></thead><tbody>",
    );
    for row in &sheet.rows {
        page.ours("<tr><th scope=\"row\" dir=\"auto\">")
            .text(&row.theme)
            .ours("</th><td dir=\"auto\">")
            .text(row.raised.as_deref().unwrap_or("Not raised here"))
            .ours("</td><td dir=\"auto\">")
            .text(&row.country)
            .ours("</td><td>");
        match &row.decision {
            Some(outcome) => {
                page.ours("<b>")
                    .text(outcome.decision.label())
                    .ours("</b>, ")
                    .text(&wording::date(outcome.decided_on));
                written(page, &outcome.reason);
            }
            None => {
                page.ours("No answer yet");
            }
        }
        page.ours("</td></tr>");
    }
    page.ours("</tbody></table></div>");
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};
    use std::collections::BTreeSet;

    /// All that stands between two marks, each time.
    fn between<'t>(text: &'t str, from: &str, to: &str) -> Vec<&'t str> {
        text.split(from)
            .skip(1)
            .filter_map(|rest| Some(rest.split_once(to)?.0))
            .collect()
    }

    fn unescaped(text: &str) -> String {
        let marks = [
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&amp;", "&"),
        ];
        marks
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    fn pages(themes: usize) -> Vec<(&'static str, String)> {
        let report = sample::report(themes);
        let after = sample::aftermath(&report);
        let listed = PublishedReport {
            reference: report.consultation.reference.clone(),
            title: "A <b>title</b>".into(),
            summary: "What we asked.\n\nAnd why.".into(),
            published_at: report.published_at,
            answered: 2,
            unanswered: 1,
            response_due_on: report.consultation.response_due_on,
            has_easy_read: true,
        };
        vec![
            ("page", page(&report, &after)),
            ("easy read", easy_read(&report, &after)),
            ("we did", we_did(&report, &after)),
            ("answered", page(&report, &sample::answered_as_a_whole(&report))),
            (
                "we did all",
                we_did(&report, &sample::answered_as_a_whole(&report)),
            ),
            ("index", index(&[listed])),
            ("no index", index(&[])),
            (
                "retracted",
                retracted("MHW-2019", "<after> all", Some("/reports/MHW-2019")),
            ),
            ("sheet", group_sheet(&sheet(&report, &after))),
        ]
    }

    fn sheet(report: &Report, after: &Aftermath) -> GroupSheet {
        let rows = report.codeframe.themes.iter().enumerate();
        GroupSheet {
            group_name: "London".into(),
            title: report.consultation.title.clone(),
            reference: report.consultation.reference.clone(),
            rows: rows
                .map(|(at, theme)| GroupSheetRow {
                    theme: theme.label.clone(),
                    raised: (at == 0).then(|| "12 contributions".into()),
                    country: "9 of 9 groups".into(),
                    decision: after
                        .outcomes
                        .iter()
                        .find(|outcome| outcome.theme_id == Some(theme.id))
                        .cloned(),
                })
                .collect(),
            notes: vec!["Counts are minimums.".into()],
        }
    }

    #[test]
    fn a_page_with_sixty_themes_is_small() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let written = page(&report, &sample::aftermath(&report));
            assert!(written.len() < 300_000, "{themes}: {}", written.len());
            sample::kept(&format!("report-{themes}.html"), written.as_bytes());
        }
    }

    #[test]
    fn every_figure_of_every_table_stands_in_the_page() {
        for themes in [1, 3, 60] {
            let report = sample::report(themes);
            let written = page(&report, &sample::aftermath(&report));
            for table in &report.tables {
                let found = between(
                    &written,
                    &format!("<table id=\"table-{}\"", table.name),
                    "</table>",
                );
                assert_eq!(found.len(), 1, "{}", table.name);
                let rows: Vec<_> = found[0].split("<tr><th scope=\"row\"").skip(1).collect();
                assert_eq!(rows.len(), table.rows.len(), "{}", table.name);
                assert_eq!(
                    between(found[0], "<th scope=\"col\"", "</th>").len(),
                    table.columns.len() + 1
                );
                for (row, stands) in table.rows.iter().zip(rows) {
                    let cells: Vec<_> = stands
                        .split("<td")
                        .skip(1)
                        .filter_map(|cell| Some(unescaped(cell.split_once('>')?.1.split('<').next()?)))
                        .collect();
                    let wanted: Vec<_> = row.cells.iter().map(|cell| report.words(cell.as_ref())).collect();
                    assert_eq!(cells, wanted, "{} {}", table.name, row.key);
                    assert!(unescaped(stands).contains(&row.label), "{}", row.label);
                }
            }
        }
    }

    #[test]
    fn nobody_s_words_become_markup_and_nothing_is_loaded() {
        for (name, written) in pages(60) {
            for refused in [
                "<after>",
                "<b>title",
                "<script",
                " src=",
                "<link",
                "@import",
                "<iframe",
                "javascript:",
                " style=",
            ] {
                assert!(!written.contains(refused), "{name}: {refused}");
            }
            assert!(
                between(&written, "url(", ")")
                    .iter()
                    .all(|to| to.starts_with('#')),
                "{name}"
            );
            // What leads elsewhere is a link that somebody follows.
            for address in between(&written, "http", "\"") {
                assert!(
                    written.contains(&format!("href=\"http{address}\"")),
                    "{name}: {address}"
                );
            }
        }
        let mut report = sample::report(1);
        report.consultation.title = "</title><script>alert(1)</script>".into();
        let mut after = sample::aftermath(&report);
        after.media[0].url = "javascript:alert(1)".into();
        for written in [
            page(&report, &after),
            easy_read(&report, &after),
            we_did(&report, &after),
        ] {
            assert!(!written.contains("<script") && !written.contains("href=\"javascript"));
        }
    }

    #[test]
    fn every_picture_has_words_every_id_is_one_and_every_link_within_leads_somewhere() {
        for (name, written) in pages(60) {
            for picture in between(&written, "<svg", "</svg>") {
                assert!(
                    picture.contains("role=\"img\"") && picture.contains("<title"),
                    "{name}"
                );
                assert!(name == "easy read" || picture.contains("<desc"), "{name}");
            }
            let ids = between(&written, " id=\"", "\"");
            let distinct: BTreeSet<_> = ids.iter().collect();
            assert_eq!(ids.len(), distinct.len(), "{name}");
            for target in between(&written, "href=\"#", "\"") {
                assert!(distinct.contains(&target), "{name}: {target}");
            }
            for (landmark, end) in [
                ("<main id=\"main\"", "</main>"),
                ("<header", "</header>"),
                ("<h1", "</h1>"),
            ] {
                assert_eq!(between(&written, landmark, end).len(), 1, "{name}: {landmark}");
            }
        }
    }

    #[test]
    fn what_was_taken_back_is_gone_and_what_was_decided_is_told() {
        let report = sample::report(60);
        let after = sample::aftermath(&report);
        let written = page(&report, &after);
        let quoted = report.quotes.iter().filter(|quote| quote.text.is_some()).count();
        assert_eq!(between(&written, "<blockquote>", "</blockquote>").len(), quoted);
        assert!(quoted < report.quotes.len());
        assert_eq!(written.matches("class=\"word\"").count(), 4);
        assert_eq!(written.matches("<b>No answer yet.</b>").count(), 56);
        assert!(written.contains("The date to answer by is 23 January 2020."));
        for words in [
            "Accepted",
            "Not accepted",
            "1 February 2021",
            "It shows in version",
            "4 of 60 themes have an answer.",
        ] {
            assert!(written.contains(words), "{words}");
        }
        for suffix in ["csv", "xlsx", "docx", "pdf", "json", "zip"] {
            assert!(
                written.contains(&format!("href=\"/v1/reports/{}.{suffix}\"", report.id)),
                "{suffix}"
            );
        }
        for table in &report.tables {
            assert!(
                written.contains(&format!("href=\"{}\"", table.csv)),
                "{}",
                table.name
            );
            if let Some(chart) = &table.chart {
                assert!(written.contains(&format!("href=\"{chart}\"")), "{}", table.name);
            }
        }
        assert!(written.contains(&"ab".repeat(32)) && !written.contains("DRAFT"));
    }

    #[test]
    fn a_draft_and_what_was_superseded_say_so_before_all_else() {
        let mut report = sample::report(1);
        let after = sample::aftermath(&report);
        report.superseded_by = Some(report.id);
        let written = page(&report, &after);
        let header = between(&written, "<header>", "</header>")[0];
        assert!(header.contains("A newer report") && header.contains("href=\"/reports/MHW-2019\""));
        report.status = ReportStatus::Draft;
        report.published_at = None;
        report.digest = None;
        let written = page(&report, &after);
        assert!(between(&written, "<header>", "</header>")[0].contains("DRAFT"));
    }

    #[test]
    fn easy_read_has_a_picture_to_each_line_and_says_kindly_that_there_is_none() {
        let mut report = sample::report(3);
        let after = sample::aftermath(&report);
        let written = easy_read(&report, &after);
        assert!(written.contains("aria-label=\"People talking at a table\""));
        assert!(written.contains("This line has no picture.") && written.contains("We will do this."));
        report.commentary.easy_read.clear();
        let written = easy_read(&report, &after);
        assert!(written.contains("We are sorry.") && written.contains("href=\"/reports/MHW-2019\""));
    }

    #[test]
    fn a_decision_that_came_later_counts_and_easy_read_has_each() {
        let report = sample::report(3);
        let mut after = sample::aftermath(&report);
        let mut later = after.outcomes[0].clone();
        later.decision = OutcomeDecision::NotAccepted;
        later.easy_read = None;
        after.outcomes.insert(0, later);
        let did = we_did(&report, &after);
        let theme = between(&did, "<article class=\"theme\">", "</article>")[0];
        let (latest, before) = theme.split_once("Before that").unwrap();
        assert!(
            latest.contains("We did") && latest.contains("Not accepted"),
            "{latest}"
        );
        assert!(
            before.contains(">Accepted<") && !before.contains("We did"),
            "{before}"
        );
        let easy = easy_read(&report, &after);
        let of_all = after
            .outcomes
            .iter()
            .filter(|outcome| outcome.theme_id.is_some())
            .count();
        assert_eq!(easy.matches("They said no.").count(), 1);
        assert_eq!(between(&easy, "<p class=\"about\"", "</p>").len(), of_all - 1);
    }

    /// What is looked at is no answer, and a decision on the theme above or on the whole is one: as `/answer` has it.
    #[test]
    fn what_is_answered_is_told_by_one_rule() {
        let report = sample::report(60);
        let after = sample::aftermath(&report);
        let (written, did) = (page(&report, &after), we_did(&report, &after));
        let (parent, child) = (&report.codeframe.themes[5], &report.codeframe.themes[6]);
        let number = anchor(&report, parent.id).unwrap();
        for (written, to) in [(&written, ""), (&did, "/reports/MHW-2019")] {
            assert!(
                written.contains("4 of 60 themes have an answer. The date to answer by is 23 January 2020.")
            );
            let with = format!(
                "Answered with the theme <bdi><a href=\"{to}#theme-{number}\">{}</a></bdi>: Partly accepted.",
                parent.label
            );
            assert_eq!(written.matches(&with).count(), 1);
            assert_eq!(written.matches("Answered with").count(), 1);
            assert!(written.contains("<span class=\"word\">Under review</span>"));
        }
        let waiting = between(&did, "<section id=\"unanswered\"", "</section>")[0];
        assert_eq!(waiting.matches("<li").count(), 56);
        let named = |at: usize| {
            let number = anchor(&report, report.codeframe.themes[at].id).unwrap();
            waiting.contains(&format!("#theme-{number}\">"))
        };
        assert!(named(2), "what is looked at still waits");
        assert!(!named(6), "{} has the answer of what it is part of", child.label);

        let after = sample::answered_as_a_whole(&report);
        let (written, did) = (page(&report, &after), we_did(&report, &after));
        for (written, to) in [(&written, "#outcomes"), (&did, "#did")] {
            assert!(written.contains("All 60 themes have an answer."));
            let with =
                format!("Answered with <a href=\"{to}\">the whole consultation</a>: Already in place.");
            assert_eq!(written.matches(&with).count(), 56);
            assert!(!written.contains("No answer yet") && !written.contains("No theme has an answer"));
        }
        assert!(!easy_read(&report, &after).contains("still waiting"));
        assert!(!did.contains("id=\"unanswered\""));
    }

    #[test]
    fn decisions_are_traced_to_where_they_show() {
        let report = sample::report(3);
        let after = sample::aftermath(&report);
        let written = we_did(&report, &after);
        assert!(written.contains("4.3 Admission, care and treatment") && written.contains("Version 1.0"));
        assert!(written.contains("href=\"/reports/MHW-2019#theme-3\""));
        assert_eq!(written.matches("<h4>We did</h4>").count(), 3);
        let sheet = group_sheet(&sheet(&report, &after));
        assert!(sheet.contains("Not raised here") && sheet.contains("<b>Not accepted</b>"));
        assert!(retracted("X", "Why", None).contains("No other report takes its place"));
    }
}
