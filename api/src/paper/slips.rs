//! Slips to cut, eight to a page.

use crate::{
    auth::permission::MakeSlips,
    collecting::slips::{SlipsInput, make},
    http::{
        access::Access,
        answer::Reply,
        ask::{At, Valid},
        markup::{Markup, SheetOnce},
    },
    paper::forms::day,
};
use domain::id::MeetingId;

/// Slips of one page: two across, four down.
const A_PAGE: usize = 8;

/// Measures that leave a printer its margins: 4 x 70 mm of 297, 2 x 97 mm of 210. The words fit a slip as wide as Arial sets
/// them. DejaVu Sans, which a machine without Arial's like falls back to, sets them a seventh wider, onto two lines more, and the
/// last would be cut off: it is set as wide as Arial.
const STYLE: &str = "
@font-face { font-family: Fitted; src: local('DejaVu Sans'), local('DejaVuSans'); size-adjust: 87%; }
@font-face { font-family: Fitted; font-weight: bold; src: local('DejaVu Sans Bold'), local('DejaVuSans-Bold'); size-adjust: 84%; }
@page { size: A4 portrait; margin: 8mm; }
* { box-sizing: border-box; margin: 0; padding: 0; }
body { font: 10.5pt/1.28 Arial, 'Liberation Sans', Helvetica, Fitted, sans-serif; color: #000; background: #fff; }
.page { width: 194mm; height: 280mm; display: grid; grid-template-columns: 97mm 97mm; grid-template-rows: repeat(4, 70mm);
  break-after: page; break-inside: avoid; overflow: hidden; }
.page:last-child { break-after: auto; }
.slip { border: 0.3mm dashed #000; padding: 4mm 5mm 3mm; overflow: hidden; }
h1 { font-size: 15pt; line-height: 1.15; margin-bottom: 1mm; }
p { margin-bottom: 1mm; }
.code { font: bold 21pt/1.15 'Liberation Mono', 'Courier New', Courier, monospace; text-align: center; white-space: nowrap;
  border: 0.5mm solid #000; padding: 1.2mm 0; margin: 1.6mm 0; }
.from { font-size: 9pt; max-height: 4.5mm; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
@media screen { body { padding: 8mm; } .page { margin-bottom: 8mm; } }
";

/// `POST /v1/meetings/{id}/slips.html`
pub async fn print(access: Access<MakeSlips, (At<MeetingId>, Valid<SlipsInput>)>) -> Reply<SheetOnce> {
    let ((At(id), asked), access) = access.split();
    let store = access.store();
    let from = store
        .read(async |tx| {
            let meeting = tx.meeting(id).await?;
            let group = tx.group(meeting.group_id).await?;
            Ok(format!("{}, meeting of {}", group.name, day(meeting.starts_at)))
        })
        .await?;
    let print = move |codes: Vec<String>| {
        SheetOnce(Markup::page("Slips", STYLE, |page| {
            for some in codes.chunks(A_PAGE) {
                page.ours("<section class=\"page\">");
                for code in some {
                    slip(page, code, &from);
                }
                page.ours("</section>");
            }
        }))
    };
    make(&access, id, asked, print).await
}

fn slip(page: &mut Markup, code: &str, from: &str) {
    page.ours(
        "<div class=\"slip\"><h1>Keep this slip</h1>\
         <p>Ask whoever takes the notes to copy this code beside what you said. It is not kept with your name.</p>\
         <p class=\"code\">",
    )
    .text(code)
    .ours(
        "</p><p>To take it back, give the code to the person who runs your group, or ask staff, an advocate, family or a \
         friend to. Say <b>do not quote me</b>, or <b>take my words out</b>. You need not say why.</p>\
         <p class=\"from\">One slip, one thing you said. It cannot be made again.</p><p class=\"from\">",
    )
    .text(from)
    .ours("</p></div>");
}
