//! Forms to fill in by hand: a table's notes, and a response. They ask for the fields that are typed up from them, in the
//! words of whoever sits there.

use crate::{
    auth::permission::PrintForms,
    http::{
        access::Access,
        answer::Reply,
        ask::{At, By},
        markup::{Markup, Sheet},
        problem::Problem,
    },
    store::{
        Tx,
        consulting::{WholeConsultation, options},
    },
};
use domain::{
    id::{ConsultationId, MeetingId},
    moment::Moment,
    vocabulary::QuestionKind,
};
use entity::{groups, meetings, questions};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;

/// Rows for points under an open question, unless asked otherwise.
const POINTS: usize = 3;

const STYLE: &str = "
@page { size: A4 portrait; margin: 12mm 12mm 14mm; @bottom-right { content: 'Page ' counter(page) ' of ' counter(pages); font: 9pt Arial, sans-serif; } }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { font: 12pt/1.3 Arial, 'Liberation Sans', Helvetica, sans-serif; color: #000; background: #fff; max-width: 185mm; }
h1 { font-size: 19pt; line-height: 1.15; }
h2 { font-size: 14pt; line-height: 1.25; margin-bottom: 1mm; overflow-wrap: anywhere; }
.of { font-size: 11pt; margin-bottom: 3mm; overflow-wrap: anywhere; }
.about { border: 0.5mm solid #000; padding: 2.5mm 3mm; margin-bottom: 4mm; break-inside: avoid; }
.line { display: flex; flex-wrap: wrap; gap: 1mm 6mm; align-items: flex-end; margin: 1.5mm 0; }
.field { display: flex; flex: 1 1 auto; align-items: flex-end; gap: 2mm; white-space: nowrap; }
.field i { flex: 1 1 20mm; min-width: 16mm; border-bottom: 0.3mm solid #000; height: 7mm; font-style: normal;
  white-space: normal; overflow-wrap: anywhere; height: auto; min-height: 7mm; padding-top: 1.5mm; }
.number { display: inline-flex; align-items: center; gap: 1.5mm; white-space: nowrap; }
.box { display: inline-block; width: 13mm; height: 8mm; border: 0.4mm solid #000; }
.tick { display: inline-block; width: 4.4mm; height: 4.4mm; border: 0.4mm solid #000; vertical-align: -0.8mm; margin-right: 1mm; }
.ticks { display: flex; flex-wrap: wrap; gap: 1mm 9mm; margin: 1mm 0; break-inside: avoid; break-before: avoid; }
.ticks span { white-space: normal; overflow-wrap: anywhere; }
.rule { font-size: 10.5pt; margin: 1mm 0; }
.question { margin-top: 6mm; }
.head { break-inside: avoid; break-after: avoid; }
.easy { font-size: 14pt; border-left: 1.2mm solid #000; padding-left: 3mm; margin: 1mm 0 1.5mm; overflow-wrap: anywhere; }
.not { font-size: 10.5pt; margin: 1mm 0 1.5mm; }
.point { display: grid; grid-template-columns: 1fr 84mm; border: 0.4mm solid #000; margin-top: -0.4mm; break-inside: avoid; }
.said { padding: 0 2mm 2mm; }
.said p, .lines p { height: 8.6mm; border-bottom: 0.25mm solid #555; }
.marks { border-left: 0.4mm solid #000; padding: 1mm 2mm; font-size: 10pt; line-height: 1.2; }
.marks div { display: flex; align-items: center; gap: 2.2mm; height: 6.8mm; white-space: nowrap; }
.marks .circle { letter-spacing: 3.4mm; font-weight: bold; font-size: 12pt; }
.marks .box { width: 8mm; height: 5.8mm; margin-left: 0.5mm; }
.marks .tick { width: 3.6mm; height: 3.6mm; margin-right: 0.8mm; vertical-align: -0.6mm; }
.marks .cells b { width: 4.7mm; height: 6mm; }
.choice { margin-right: 5mm; }
.ticks .choice { margin-right: 0; }
.marks .choice { margin-right: 1.4mm; }
.cells { display: inline-flex; align-items: center; gap: 0.6mm; }
.cells b { display: inline-block; width: 6mm; height: 8mm; border: 0.3mm solid #000; }
.cells s { text-decoration: none; padding: 0 0.5mm; }
.tally { display: flex; flex-wrap: wrap; gap: 2.5mm 7mm; margin: 2mm 0; break-inside: avoid; }
.tally .number { white-space: normal; overflow-wrap: anywhere; }
.lines { border: 0.4mm solid #000; padding: 0 2mm 3mm; break-inside: avoid; }
.after { font-size: 11pt; margin: 1.5mm 0 0; break-inside: avoid; }
.cut { break-before: page; border-bottom: 0.4mm dashed #000; padding-bottom: 6mm; break-inside: avoid; }
";

/// The day of an instant, as people write it.
pub(super) fn day(at: Moment) -> String {
    let Ok(instant) = OffsetDateTime::from_unix_timestamp(at.unix_seconds()) else {
        return String::new();
    };
    format!("{} {} {}", instant.day(), instant.month(), instant.year())
}

/// What a form for a table's notes can be asked for with.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TableFormFilters {
    /// The meeting whose group, day and place stand in the form's head.
    pub meeting: Option<MeetingId>,
    /// Rows for points under each open question, from 1 to 20; 3 unless said otherwise.
    #[serde(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 20)]
    pub points: Option<Rows>,
}

/// Rows for points.
#[derive(Clone, Copy, Debug)]
pub struct Rows(usize);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let rows = word.parse().ok().filter(|rows| (1..=20).contains(rows));
        rows.map(Self)
            .ok_or_else(|| serde::de::Error::custom("a whole number from 1 to 20 is wanted"))
    }
}

/// `GET /v1/consultations/{id}/paper/table-form`
pub async fn table(access: Access<PrintForms, (At<ConsultationId>, By<TableFormFilters>)>) -> Reply<Sheet> {
    let ((At(id), By(filters)), access) = access.split();
    let (whole, meeting) = access
        .store()
        .read(async |tx| {
            let whole = tx.whole_consultation(id).await?;
            let meeting = match filters.meeting {
                Some(id) => Some(meeting_of(tx, id).await?),
                None => None,
            };
            Ok((whole, meeting))
        })
        .await?;
    let points = filters.points.map_or(POINTS, |rows| rows.0);
    let title = format!("{}: notes of a table", whole.row.reference);
    Ok(Sheet(Markup::page(&title, STYLE, |page| {
        table_form(page, &whole, meeting.as_ref(), points);
    })))
}

async fn meeting_of(tx: &Tx, id: MeetingId) -> Result<(meetings::Model, groups::Model), Problem> {
    let meeting = tx.meeting(id).await?;
    let group = tx.group(meeting.group_id).await?;
    Ok((meeting, group))
}

/// `GET /v1/consultations/{id}/paper/response-form`
pub async fn response(access: Access<PrintForms, At<ConsultationId>>) -> Reply<Sheet> {
    let At(id) = access.asked;
    let whole = access
        .store()
        .read(async |tx| tx.whole_consultation(id).await)
        .await?;
    let title = format!("{}: your answers", whole.row.reference);
    Ok(Sheet(Markup::page(&title, STYLE, |page| {
        response_form(page, &whole);
    })))
}

/// Loose sheets of eight tables lie on one desk. Browsers that know no margin boxes leave it out.
const FOOT: &str = "<style>@page { @bottom-left { content: 'Group ____________________ Table __________'; \
                    font: 9pt Arial, sans-serif; } }</style>";

fn table_form(
    page: &mut Markup,
    whole: &WholeConsultation,
    meeting: Option<&(meetings::Model, groups::Model)>,
    points: usize,
) {
    heading(page, "Notes of a table", whole);
    page.ours(FOOT);
    let (group, on) = match meeting {
        Some((meeting, group)) => (group.name.as_str(), day(meeting.starts_at)),
        None => ("", String::new()),
    };
    page.ours("<section class=\"about\"><div class=\"line\">");
    field(page, "Group", group);
    field(page, "Meeting on", &on);
    page.ours("</div><div class=\"line\">");
    field(page, "Table", "");
    field(page, "Sitting", "");
    field(page, "Minutes given", "");
    page.ours("</div><p><b>How many people sit here?</b> Count, do not write names.</p><div class=\"line\">");
    for kind in [
        "S = people in services",
        "F = family and carers",
        "T = staff",
        "C = commissioners",
        "O = others",
    ] {
        counted(page, kind);
    }
    page.ours(
        "</div><p class=\"rule\"><b>Write no names</b> of people, wards or services. One box for each point. Who said it: circle \
         a letter from above; none if nobody knows. Hands: only if you asked for a show of hands. Quote: only if whoever said it \
         agreed. Draft: whether the point is for the draft, against it, both, or asks for a change. Slip: copy the code if they hold one.</p><p class=\"rule\"><b>Is somebody at risk?</b> Follow your safeguarding \
         procedure today; do not wait for the notes to be typed up. Put a star beside the point.</p></section>",
    );
    for question in &whole.questions {
        page.ours("<section class=\"question\"><div class=\"head\">");
        prompt(page, question, whole);
        page.ours("<p class=\"not\"><b>Not discussed:</b> ");
        ticks(page, ["no time", "chose not to", "not asked", "other"]);
        page.ours("</p>");
        if question.kind != QuestionKind::Open {
            tally(page, question);
        }
        page.ours("</div>");
        let rows = if question.kind == QuestionKind::Open {
            points
        } else {
            1
        };
        for _ in 0..rows {
            point(page);
        }
        page.ours("</section>");
    }
    page.ours("<section class=\"question\"><div class=\"head\"><h2>Anything else that was said</h2></div>");
    for _ in 0..points.min(3) {
        point(page);
    }
    page.ours("</section>");
}

fn response_form(page: &mut Markup, whole: &WholeConsultation) {
    heading(page, "Your answers", whole);
    if let Some(summary) = &whole.row.easy_read_summary {
        page.ours("<p class=\"easy\">").text(summary).ours("</p>");
    }
    page.ours(
        "<section class=\"about\"><p class=\"rule\"><b>Please do not write your name</b>, or anybody else's. You can leave out \
         any question. You can ask somebody to help you.</p><p><b>I am</b></p><div class=\"ticks\">",
    );
    ticks(
        page,
        [
            "a person in a service",
            "family or a carer",
            "staff",
            "a commissioner",
            "somebody else",
            "more than one of these",
        ],
    );
    page.ours("</div><p><b>The service is</b></p><div class=\"ticks\">");
    ticks(
        page,
        [
            "high secure",
            "medium secure",
            "low secure",
            "in the community",
            "more than one of these",
        ],
    );
    page.ours("</div><div class=\"line\">");
    field(page, "Service or group", "");
    page.ours("</div><div class=\"line\">");
    field(page, "This is what several people think. How many?", "");
    field(page, "Version of the information sheet", "");
    page.ours("</div><p><b>Who helped to write it?</b></p><div class=\"ticks\">");
    ticks(
        page,
        [
            "nobody",
            "staff",
            "a carer",
            "an advocate",
            "a peer",
            "somebody who wrote for me",
        ],
    );
    page.ours("</div></section>");
    for question in &whole.questions {
        page.ours("<section class=\"question\"><div class=\"head\">");
        prompt(page, question, whole);
        page.ours("</div>");
        if question.kind != QuestionKind::Open {
            page.ours(match question.kind {
                QuestionKind::MultipleChoice => "<p class=\"rule\">Tick as many as you like.</p>",
                _ => "<p class=\"rule\">Tick one.</p>",
            });
            page.ours("<div class=\"ticks\">");
            for option in options(question) {
                tick(page, &option);
            }
            page.ours("</div>");
        }
        if question.kind == QuestionKind::Open {
            page.ours("<div class=\"lines\"><p></p><p></p><p></p><p></p><p></p></div><p class=\"after\"><b>May we quote your words?</b> ");
            ticks(page, ["yes", "no"]);
            page.ours("<br><b>About the draft, I am</b> ");
            ticks(page, ["for it", "against it", "both", "suggesting a change"]);
            page.ours("</p>");
        }
        page.ours("</section>");
    }
    page.ours(
        "<section class=\"question\"><div class=\"head\"><h2>Anything else?</h2></div><div class=\"lines\"><p></p><p></p><p></p><p></p></div>\
         <p class=\"after\"><b>May we quote your words?</b> ",
    );
    ticks(page, ["yes", "no"]);
    page.ours(
        "</p></section><section class=\"cut\"><h2>Keep this part. It lets you take your words back.</h2>\
         <p>Whoever types this up writes the code here and gives you this part: </p><p style=\"margin:2mm 0\">",
    );
    cells(page, 4);
    page.ours(
        "</p><p>If you change your mind, give the code to the person who runs your group, or ask staff, an advocate, family or \
         a friend to. Say if your words should <b>not be quoted</b>, or <b>not count at all</b>. You do not have to say \
         why.</p><p class=\"rule\">(Print the form on one side of the paper, so that this sheet holds no answer.)</p></section>",
    );
}

fn heading(page: &mut Markup, what: &'static str, whole: &WholeConsultation) {
    page.ours("<header><h1>")
        .ours(what)
        .ours("</h1><p class=\"of\"><b>")
        .text(&whole.row.title)
        .ours("</b> (")
        .text(&whole.row.reference)
        .ours(")</p></header>");
}

fn prompt(page: &mut Markup, question: &questions::Model, whole: &WholeConsultation) {
    page.ours("<h2>")
        .text(&question.number.to_string())
        .ours(". ")
        .text(&question.prompt)
        .ours("</h2>");
    if let Some(easy) = &question.easy_read_prompt {
        page.ours("<p class=\"easy\">").text(easy).ours("</p>");
    }
    let sections = whole
        .row
        .documents
        .0
        .iter()
        .flat_map(|document| &document.sections);
    let about: Vec<_> = sections
        .filter(|section| {
            question
                .section_refs
                .0
                .iter()
                .any(|named| named == section.reference.as_str())
        })
        .map(|section| format!("{} {}", section.reference.as_str(), section.title.as_str()))
        .collect();
    if !about.is_empty() {
        page.ours("<p class=\"rule\">About: ")
            .text(&about.join("; "))
            .ours("</p>");
    }
}

/// How many raised a hand for each option.
fn tally(page: &mut Markup, question: &questions::Model) {
    page.ours(match question.kind {
        QuestionKind::MultipleChoice => "<p class=\"rule\">How many for each? People can choose several.</p>",
        _ => "<p class=\"rule\">How many for each?</p>",
    });
    page.ours("<div class=\"tally\">");
    for option in options(question) {
        counted(page, &option);
    }
    page.ours("</div>");
}

/// One point, with everything that is asked of it.
fn point(page: &mut Markup) {
    page.ours(
        "<div class=\"point\"><div class=\"said\"><p></p><p></p><p></p><p></p></div><div class=\"marks\"><div><span>Who said \
         it</span><span class=\"circle\">SFTCO</span></div><div><span>Hands</span><span class=\"number\">agree<span \
         class=\"box\"></span></span><span class=\"number\">disagree<span class=\"box\"></span></span><span \
         class=\"number\">unsure<span class=\"box\"></span></span></div><div><span>Quote it?</span>",
    );
    ticks(page, ["yes", "no"]);
    tick(page, "their very words");
    page.ours("</div><div><span>Draft</span>");
    ticks(page, ["for", "against", "both", "change"]);
    page.ours("</div><div><span>Slip</span>");
    cells(page, 3);
    page.ours("</div></div></div>");
}

/// A code in fours, to be written in.
fn cells(page: &mut Markup, fours: usize) {
    page.ours("<span class=\"cells\">");
    for four in 0..fours {
        if four > 0 {
            page.ours("<s>-</s>");
        }
        page.ours("<b></b><b></b><b></b><b></b>");
    }
    page.ours("</span>");
}

fn field(page: &mut Markup, label: &'static str, value: &str) {
    page.ours("<span class=\"field\"><b>")
        .ours(label)
        .ours("</b> <i>")
        .text(value)
        .ours("</i></span>");
}

fn counted(page: &mut Markup, label: &str) {
    page.ours("<span class=\"number\"><span class=\"box\"></span> ")
        .text(label)
        .ours("</span>");
}

fn tick(page: &mut Markup, label: &str) {
    page.ours("<span class=\"choice\"><span class=\"tick\"></span>")
        .text(label)
        .ours("</span> ");
}

fn ticks<const N: usize>(page: &mut Markup, labels: [&str; N]) {
    for label in labels {
        tick(page, label);
    }
}
