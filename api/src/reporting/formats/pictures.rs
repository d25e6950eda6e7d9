//! Easy-read pictures: small, bold drawings of ours, one idea each.
//!
//! Invariant: every picture has words for whoever cannot see it, and loads nothing. Lines are thick and colours flat, so that a
//! picture holds on a poor printer and a small screen. Refused: picture sets of others, whose licences forbid to pass them on; and
//! photographs, which show somebody.

use crate::http::markup::Markup;

/// A picture as it was drawn: name, words, and what stands within the frame of 96 by 96.
type Drawing = (&'static str, &'static str, &'static str);

macro_rules! drawings {
    ($($name:literal, $words:literal, $ink:literal;)*) => {
        /// The names of all pictures.
        pub const NAMES: &[&str] = &[$($name),*];
        const DRAWINGS: &[Drawing] = &[$(($name, $words, $ink)),*];
    };
}

// Lines are #15252d, 4 thick, unless a shape says otherwise. Skin is of several colours.
drawings! {
    "talk", "Two people talking",
    r##"<path d="M10 6h34a5 5 0 0 1 5 5v14a5 5 0 0 1-5 5H32l-8 8v-8H10a5 5 0 0 1-5-5V11a5 5 0 0 1 5-5z" fill="#fff"/><path d="M14 14h26M14 22h16"/><path d="M61 14h24a5 5 0 0 1 5 5v9a5 5 0 0 1-5 5h-5v7l-8-7H61a5 5 0 0 1-5-5v-9a5 5 0 0 1 5-5z" fill="#fff3d6"/><path d="M6 91c0-15 8-22 19-22s19 7 19 22z" fill="#2f8f9d"/><circle cx="25" cy="56" r="11" fill="#d9a073"/><path d="M52 91c0-15 8-22 19-22s19 7 19 22z" fill="#f2b544"/><circle cx="71" cy="56" r="11" fill="#8d5a3b"/>"##;
    "listen", "An ear that listens",
    r##"<path d="M38 42c0-20 12-30 26-30s26 12 26 27c0 13-9 18-13 27-3 8-7 18-18 18-8 0-14-6-14-13" fill="#d9a073"/><path d="M50 44c0-10 6-16 14-16s13 6 13 13c0 9-11 10-11 19"/><path d="M26 34c-6 9-6 17 0 26M14 25c-11 15-11 29 0 44" stroke="#2f8f9d" stroke-width="5"/>"##;
    "read", "An open book",
    r##"<path d="M48 26C40 18 24 15 8 17v56c16-2 32 1 40 9 8-8 24-11 40-9V17c-16-2-32 1-40 9z" fill="#fff"/><path d="M48 26C40 18 24 15 8 17v56c16-2 32 1 40 9z" fill="#cfe6ee"/><path d="M48 26v56M18 31c8-1 14 0 20 3M18 44c8-1 14 0 20 3M18 57c8-1 14 0 20 3M58 34c6-3 12-4 20-3M58 47c6-3 12-4 20-3M58 60c6-3 12-4 20-3"/>"##;
    "write", "A pencil writing on paper",
    r##"<path d="M12 8h54v80H12z" fill="#fff"/><path d="M22 24h34M22 38h26M22 52h16"/><path d="M78 30l12 12-34 36-17 6 5-18z" fill="#f2b544"/><path d="M70 39l12 12"/>"##;
    "question", "A question",
    r##"<path d="M16 8h64a8 8 0 0 1 8 8v44a8 8 0 0 1-8 8H50L32 88V68H16a8 8 0 0 1-8-8V16a8 8 0 0 1 8-8z" fill="#cfe6ee"/><path d="M37 29c0-8 5-12 11-12s12 4 12 11c0 9-11 9-11 18" stroke-width="6"/><circle cx="49" cy="57" r="2" fill="#15252d"/>"##;
    "yes", "A tick: yes",
    r##"<circle cx="48" cy="48" r="40" fill="#4f9a4a"/><path d="M28 50l14 15 27-32" stroke="#fff" stroke-width="9"/>"##;
    "no", "A cross: no",
    r##"<circle cx="48" cy="48" r="40" fill="#cf4f3c"/><path d="M33 33l30 30M63 33L33 63" stroke="#fff" stroke-width="9"/>"##;
    "food", "A hot meal in a bowl",
    r##"<path d="M20 46c0-9 7-13 13-12 2-6 12-8 17-2 6-5 15-2 15 4 6-1 11 3 11 10z" fill="#7cb36f"/><circle cx="39" cy="42" r="5" fill="#e8795f"/><circle cx="58" cy="42" r="5" fill="#e8795f"/><path d="M8 46h80c0 24-16 38-40 38S8 70 8 46z" fill="#f2b544"/><path d="M30 88h36"/><path d="M34 24c-5-6 5-9 0-16M49 22c-5-6 5-9 0-16M64 24c-5-6 5-9 0-16" stroke="#6b7a82"/>"##;
    "plate", "A plate with a knife and a fork",
    r##"<circle cx="48" cy="48" r="27" fill="#fff"/><circle cx="48" cy="48" r="17" fill="#cfe6ee"/><path d="M5 14v16c0 10 12 10 12 0V14M11 14v70"/><path d="M86 84V12c-8 4-10 18-9 36h9" fill="#e3e9eb"/>"##;
    "fruit", "An apple",
    r##"<path d="M48 35c-7-9-34-9-34 17 0 21 15 36 24 36 4 0 6-2 10-2s6 2 10 2c9 0 24-15 24-36 0-26-27-26-34-17z" fill="#e2604b"/><path d="M48 35c0-9 2-15 6-20"/><path d="M55 23c4-12 17-15 27-12-2 10-14 18-27 12z" fill="#7cb36f"/><path d="M26 52c0-6 3-9 7-11" stroke="#fff"/>"##;
    "water", "A glass of water",
    r##"<path d="M22 10h52l-7 76H29z" fill="#fff"/><path d="M26 40c8-5 14 5 22 0s14 5 22 0l-4 46H30z" fill="#8cc4e3"/>"##;
    "walk", "A person walking",
    r##"<circle cx="53" cy="15" r="10" fill="#8d5a3b"/><path d="M50 33l-4 25" stroke-width="14"/><path d="M50 33l-4 25" stroke="#2f8f9d" stroke-width="9"/><path d="M45 60L30 86h-8M47 60l14 12 2 16h8M48 36L33 44l-5 12M51 36l9 14 12 3" stroke-width="6"/>"##;
    "exercise", "A person lifting a weight",
    r##"<path d="M12 20h72" stroke-width="5"/><path d="M14 8v24M82 8v24" stroke-width="10" stroke="#4d5f68"/><circle cx="48" cy="31" r="10" fill="#d9a073"/><path d="M48 48v18" stroke-width="16"/><path d="M48 48v18" stroke="#e2604b" stroke-width="11"/><path d="M42 48L26 36l-1-14M54 48l16-12 1-14M45 68L33 88h-7M51 68l12 20h7" stroke-width="6"/>"##;
    "medication", "A bottle of medicine and a capsule",
    r##"<path d="M20 8h34v14H20z" fill="#fff"/><path d="M22 22h30c6 4 8 8 8 14v46a6 6 0 0 1-6 6H20a6 6 0 0 1-6-6V36c0-6 2-10 8-14z" fill="#f2b544"/><path d="M14 44h46v28H14z" fill="#fff"/><path d="M37 49v18M28 58h18" stroke="#2f8f9d" stroke-width="6"/><path d="M68 70h16a8 8 0 0 1 0 18H68a8 8 0 0 1 0-18z" fill="#fff"/><path d="M76 70v18h-8a8 8 0 0 1 0-18z" fill="#e2604b"/>"##;
    "doctor", "A doctor",
    r##"<path d="M10 91c0-24 14-35 38-35s38 11 38 35z" fill="#fff"/><path d="M36 58l12 16 12-16z" fill="#8cc4e3"/><circle cx="48" cy="31" r="20" fill="#8d5a3b"/><path d="M28 31c-2-16 8-23 20-23s22 7 20 23c-4-8-10-12-20-12s-16 4-20 12z" fill="#15252d"/><path d="M30 60v10c0 16 20 16 20 2M66 60v8"/><circle cx="66" cy="74" r="6" fill="#cfe6ee"/><path d="M41 39c4 4 10 4 14 0" stroke-width="3"/>"##;
    "nurse", "A nurse",
    r##"<path d="M10 91c0-24 14-35 38-35s38 11 38 35z" fill="#3f7fb5"/><path d="M38 57l10 13 10-13z" fill="#fff"/><path d="M27 34c-4-18 8-27 21-27s25 9 21 27c2 8 1 12 1 17H26c0-5-1-9 1-17z" fill="#7a4a26"/><circle cx="48" cy="33" r="17" fill="#f0c9a4"/><path d="M31 30c10 0 16-5 19-10 3 6 8 9 15 10" fill="#7a4a26"/><path d="M42 40c4 3 8 3 12 0" stroke-width="3"/><path d="M64 68h14v13H64z" fill="#fff" stroke-width="3"/><path d="M71 71v7M67.500 74.500h7" stroke="#cf4f3c" stroke-width="3"/>"##;
    "family", "A family: two adults and a child",
    r##"<path d="M4 90V66c0-14 8-20 20-20s20 6 20 20v24z" fill="#2f8f9d"/><circle cx="24" cy="28" r="14" fill="#8d5a3b"/><path d="M52 90V66c0-14 8-20 20-20s20 6 20 20v24z" fill="#e2604b"/><circle cx="72" cy="28" r="14" fill="#d9a073"/><path d="M34 91c0-14 4-21 14-21s14 7 14 21z" fill="#f2b544"/><circle cx="48" cy="59" r="11" fill="#b87b50"/>"##;
    "friends", "Two friends with a heart between them",
    r##"<path d="M5 90c0-22 8-31 21-31s21 9 21 31z" fill="#2f8f9d"/><circle cx="26" cy="42" r="14" fill="#f0c9a4"/><path d="M49 90c0-22 8-31 21-31s21 9 21 31z" fill="#f2b544"/><circle cx="70" cy="42" r="14" fill="#8d5a3b"/><path d="M48 28C38 21 34 16 37 10c3-5 9-4 11 0 2-4 8-5 11 0 3 6-1 11-11 18z" fill="#e2604b"/><path d="M21 47c3 3 7 3 10 0M65 47c3 3 7 3 10 0" stroke-width="3"/>"##;
    "home", "A house",
    r##"<path d="M16 44v44h64V44" fill="#fff3d6"/><path d="M6 48L48 10l42 38z" fill="#e2604b"/><path d="M40 88V62h16v26z" fill="#2f8f9d"/><path d="M22 56h11v11H22zM63 56h11v11H63z" fill="#8cc4e3"/>"##;
    "ward", "A bed in a ward",
    r##"<path d="M54 8h32v28H54z" fill="#cfe6ee"/><path d="M70 8v28M54 22h32"/><path d="M10 60h76v16H10z" fill="#fff"/><path d="M40 60c0-10 4-14 12-14h24c7 0 10 5 10 14z" fill="#2f8f9d"/><circle cx="26" cy="49" r="10" fill="#d9a073"/><path d="M8 36v54M88 56v34M8 76h80" stroke-width="5"/>"##;
    "leave", "A door that opens, and an arrow out",
    r##"<path d="M12 8h44v80H12z" fill="#cfe6ee"/><path d="M12 8l28 10v74L12 88z" fill="#b87b50"/><circle cx="33" cy="56" r="2" fill="#15252d"/><path d="M50 50h36M72 34l16 16-16 16" stroke="#1c6b3c" stroke-width="8"/>"##;
    "outdoors", "A tree and the sun",
    r##"<circle cx="74" cy="22" r="11" fill="#f2b544"/><path d="M74 3v2M93 22h-2M88 8l-2 2M60 8l2 2M88 36l-2-2" stroke-width="4"/><path d="M33 56h12v30H33z" fill="#b87b50"/><path d="M39 10c12 0 20 9 19 18 7 4 10 11 7 19-3 9-12 12-19 10-5 4-12 4-16 0-9 2-17-3-18-12-1-7 2-13 8-16 0-11 8-19 19-19z" fill="#7cb36f"/><path d="M6 88c20-6 62-6 84 0" stroke="#3e7a34" stroke-width="6"/>"##;
    "money", "A pound coin",
    r##"<circle cx="48" cy="48" r="40" fill="#f2b544"/><circle cx="48" cy="48" r="31" stroke-width="2"/><path d="M61 36c-2-11-22-13-23 3 0 8 4 14 2 22-1 5-4 8-7 9h28c3 0 4-2 4-5M32 51h22" stroke-width="6"/>"##;
    "shop", "A shop",
    r##"<path d="M14 40h68v48H14z" fill="#fff3d6"/><path d="M14 12h68l8 24H6z" fill="#e2604b"/><path d="M34 12l-5 24v6M62 12l5 24v6" stroke="#fff" stroke-width="7"/><path d="M6 36c0 12 20 12 21 0 1 12 20 12 21 0 1 12 20 12 21 0 1 12 21 12 21 0z" fill="#fff"/><path d="M14 12h68l8 24H6z"/><path d="M58 88V56h15v32z" fill="#2f8f9d"/><path d="M23 56h26v18H23z" fill="#8cc4e3"/>"##;
    "calendar", "A calendar",
    r##"<path d="M10 16h76v72H10z" fill="#fff"/><path d="M10 16h76v20H10z" fill="#e2604b"/><path d="M30 8v16M66 8v16" stroke-width="6"/><path d="M24 50h4M40 50h4M56 50h4M72 50h2M24 63h4M40 63h4M72 63h2M24 76h4M40 76h4" stroke-width="7" stroke="#6b7a82"/><circle cx="58" cy="64" r="9" stroke="#1c6b3c" stroke-width="5"/>"##;
    "clock", "A clock",
    r##"<circle cx="48" cy="48" r="40" fill="#fff"/><path d="M48 14v6M48 76v6M14 48h6M76 48h6"/><path d="M48 24v24l17 12" stroke-width="7" stroke="#2f8f9d"/><circle cx="48" cy="48" r="3" fill="#15252d"/>"##;
    "letter", "A letter",
    r##"<path d="M6 20h84v58H6z" fill="#fff3d6"/><path d="M6 20l42 34 42-34M6 78l30-32M90 78L60 46"/>"##;
    "phone", "A telephone",
    r##"<path d="M30 6h36a7 7 0 0 1 7 7v70a7 7 0 0 1-7 7H30a7 7 0 0 1-7-7V13a7 7 0 0 1 7-7z" fill="#4d5f68"/><path d="M30 18h36v54H30z" fill="#cfe6ee"/><circle cx="48" cy="81" r="3" fill="#fff" stroke="none"/><path d="M40 38c0 11 8 19 19 19l3-7-8-4-3 3c-3-1-5-4-6-6l3-3-4-8-7 2z" fill="#1c6b3c" stroke="none"/>"##;
    "computer", "A computer",
    r##"<path d="M10 12h76v52H10z" fill="#4d5f68"/><path d="M18 20h60v36H18z" fill="#cfe6ee"/><path d="M48 64v14M28 84h40" stroke-width="7"/><path d="M28 31h28M28 42h18"/>"##;
    "people", "Three people",
    r##"<path d="M2 82c0-18 7-26 18-26s18 8 18 26z" fill="#e2604b"/><circle cx="20" cy="42" r="12" fill="#f0c9a4"/><path d="M58 82c0-18 7-26 18-26s18 8 18 26z" fill="#f2b544"/><circle cx="76" cy="42" r="12" fill="#d9a073"/><path d="M25 90c0-25 9-36 23-36s23 11 23 36z" fill="#2f8f9d"/><circle cx="48" cy="35" r="16" fill="#8d5a3b"/><path d="M42 41c4 4 8 4 12 0" stroke-width="3"/>"##;
    "meeting", "People who meet at a table",
    r##"<path d="M33 40c0-12 6-18 15-18s15 6 15 18z" fill="#7cb36f"/><circle cx="48" cy="14" r="9" fill="#8d5a3b"/><path d="M4 56c0-14 6-20 14-20s14 6 14 20z" fill="#2f8f9d"/><circle cx="18" cy="27" r="9" fill="#f0c9a4"/><path d="M64 56c0-14 6-20 14-20s14 6 14 20z" fill="#e2604b"/><circle cx="78" cy="27" r="9" fill="#b87b50"/><ellipse cx="48" cy="58" rx="43" ry="17" fill="#f4dcae"/><path d="M16 68v22M80 68v22" stroke-width="5"/><path d="M40 51h16l3 11H37z" fill="#fff" stroke-width="3"/>"##;
    "thank-you", "A heart: thank you",
    r##"<path d="M48 84C20 64 6 48 10 29c4-18 28-20 38-3 10-17 34-15 38 3 4 19-10 35-38 55z" fill="#e2604b"/><path d="M24 36c0-7 4-11 9-12" stroke="#fff" stroke-width="5"/>"##;
    "idea", "A light bulb: an idea",
    r##"<path d="M48 18c15 0 25 11 25 24 0 10-6 15-10 21-2 3-2 6-2 9H35c0-3 0-6-2-9-4-6-10-11-10-21 0-13 10-24 25-24z" fill="#ffd666"/><path d="M36 81h24M41 90h14" stroke-width="5"/><path d="M42 72V52l6 5 6-5v20" stroke-width="3"/><path d="M48 4v5M13 18l4 4M83 18l-4 4M6 46h6M84 46h6" stroke="#c98a10" stroke-width="5"/>"##;
    "rules", "A list on a clipboard",
    r##"<path d="M14 14h68v76H14z" fill="#b87b50"/><path d="M22 24h52v58H22z" fill="#fff"/><path d="M34 8h28v14H34z" fill="#cfd8dc"/><path d="M29 40l4 4 7-8M29 56l4 4 7-8M29 72l4 4 7-8" stroke="#1c6b3c"/><path d="M48 41h18M48 57h18M48 73h18"/>"##;
    "help", "One person helps another",
    r##"<path d="M48 90c0-24 6-36 22-36s22 12 22 36z" fill="#2f8f9d"/><circle cx="70" cy="34" r="15" fill="#8d5a3b"/><path d="M4 90c0-20 7-29 20-29s20 9 20 29z" fill="#f2b544"/><circle cx="24" cy="43" r="14" fill="#f0c9a4"/><path d="M62 66c-10 6-22 6-33 4" stroke="#15252d" stroke-width="15"/><path d="M62 66c-10 6-22 6-31 4" stroke="#2f8f9d" stroke-width="10"/><circle cx="28" cy="70" r="6" fill="#8d5a3b"/><path d="M65 40c3 3 7 3 10 0M19 49c3 3 7 3 10 0" stroke-width="3"/>"##;
    "safe", "A shield: safe",
    r##"<path d="M48 6l36 12v26c0 24-14 38-36 46C26 82 12 68 12 44V18z" fill="#3f7fb5"/><path d="M31 47l13 13 22-26" stroke="#fff" stroke-width="8"/>"##;
    "weight", "Scales to weigh a person",
    r##"<path d="M18 12h60a10 10 0 0 1 10 10v54a10 10 0 0 1-10 10H18A10 10 0 0 1 8 76V22a10 10 0 0 1 10-10z" fill="#cfe6ee"/><path d="M28 40a20 20 0 0 1 40 0z" fill="#fff"/><path d="M48 40l9-11" stroke="#cf4f3c"/><path d="M33 50c6 0 8 6 7 13-1 6 0 14-6 14s-6-8-8-14c-2-7 1-13 7-13zM63 50c-6 0-8 6-7 13 1 6 0 14 6 14s6-8 8-14c2-7-1-13-7-13z" fill="#7c8f99"/>"##;
    "happy", "A happy face",
    r##"<circle cx="48" cy="48" r="40" fill="#ffd666"/><circle cx="34" cy="39" r="3" fill="#15252d"/><circle cx="62" cy="39" r="3" fill="#15252d"/><path d="M28 56c8 17 32 17 40 0" stroke-width="6"/>"##;
    "sad", "A sad face",
    r##"<circle cx="48" cy="48" r="40" fill="#8cc4e3"/><circle cx="34" cy="40" r="3" fill="#15252d"/><circle cx="62" cy="40" r="3" fill="#15252d"/><path d="M30 68c8-13 28-13 36 0" stroke-width="6"/>"##;
}

fn drawing(name: &str) -> Option<Drawing> {
    DRAWINGS.iter().find(|(known, _, _)| *known == name).copied()
}

/// What a picture shows, for whoever cannot see it; none where there is no picture of that name.
pub(super) fn words(name: &str) -> Option<&'static str> {
    drawing(name).map(|(_, words, _)| words)
}

/// The drawing within a page, with what it shows.
pub(super) fn drawn(name: &str, shows: &str) -> Option<Markup> {
    let (_, _, ink) = drawing(name)?;
    let mut svg = Markup::default();
    svg.ours("<svg viewBox=\"0 0 96 96\" role=\"img\"")
        .attribute("aria-label", shows)
        .ours(" fill=\"none\" stroke=\"#15252d\" stroke-width=\"4\" stroke-linecap=\"round\" stroke-linejoin=\"round\"><title>")
        .text(shows)
        .ours("</title>")
        .ours(ink)
        .ours("</svg>");
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_drawn_and_has_words() {
        assert!(NAMES.len() >= 36);
        for name in NAMES {
            let words = words(name).unwrap();
            let svg = drawn(name, words).unwrap().into_string();
            assert!(words.len() > 4 && svg.len() < 2_500, "{name}");
            assert!(svg.contains("<title>") && svg.contains("role=\"img\""));
            for refused in ["href", "<style", "<script", "<image", "url("] {
                assert!(!svg.contains(refused), "{name}");
            }
            assert_eq!(NAMES.iter().filter(|other| *other == name).count(), 1);
        }
        assert_eq!(words("<script>"), None);
        assert_eq!(drawn("<script>", "Nothing"), None);
    }
}
