//! The second consultation of the illustration, on a draft about restricted items: open, with some tables in and most of them coded, so
//! that whoever tries the service can post, code, close and release. Every sentence was written for it; nobody said any of it.

use super::{
    Built, Caller, Deck, Numbers, Occasion, REGIONS, Said, build_codeframe, build_meeting, code,
    codeframe::Theme, discussion, said, seats, text,
};
use crate::server::StartError;
use domain::vocabulary::RespondentGroup::{Commissioner, FamilyCarer, ServiceUser, Staff};
use domain::vocabulary::Stance::{self, Opposes, Suggests, Supports, Unclear};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The consultation's reference.
pub(super) const REFERENCE: &str = "RI-2020";
/// Tables of each meeting.
const TABLES: usize = 2;
/// Days of the meetings that were held, by region; of the one after these a meeting is planned, and of the last none.
const HELD_ON: [&str; 7] = [
    "2020-01-14",
    "2020-01-16",
    "2020-01-21",
    "2020-01-22",
    "2020-01-28",
    "2020-01-30",
    "2020-02-04",
];
const PLANNED_ON: &str = "2020-02-18";
/// The question that is answered by a show of hands.
const AGREEMENT: u16 = 4;

/// Parents stand before their sub-themes.
const THEMES: &[Theme] = &[
    Theme {
        code: "contact",
        label: "Phones and being in touch",
        description: "Telephones, messages and calls with people outside",
        include: "mobile phones, tablets, video calls, the ward telephone",
        exclude: "games and music",
        example: "I would like to ring home without a queue behind me.",
        parent: None,
    },
    Theme {
        code: "contact.cameras",
        label: "Cameras and the internet",
        description: "What a phone can do beside calling",
        include: "cameras, recording, social media, banking online",
        exclude: "calls alone",
        example: "It is the camera that they worry about.",
        parent: Some("contact"),
    },
    Theme {
        code: "own-things",
        label: "Things of one's own",
        description: "What people keep in their rooms, and what it means to them",
        include: "music, games, plants, clothes, pictures, hobbies",
        exclude: "food and drink",
        example: "My radio makes it my room.",
        parent: None,
    },
    Theme {
        code: "parcels",
        label: "Parcels, food and drink",
        description: "What is ordered or brought, and how it is checked",
        include: "deliveries, visitors' gifts, energy drinks, waiting for checks",
        exclude: "things that are in the room already",
        example: "My parcel waited in an office for a week.",
        parent: None,
    },
    Theme {
        code: "deciding",
        label: "Who decides, and how",
        description: "How an item comes on a list, and how it comes off",
        include: "lists, reviews, asking, saying no, appeals",
        exclude: "being told of a decision",
        example: "Nobody knows who wrote the list.",
        parent: None,
    },
    Theme {
        code: "deciding.each-person",
        label: "Deciding for each person",
        description: "One rule for everybody, or one that fits the person",
        include: "blanket rules, own risk, trust that grows",
        exclude: "lists that a ward makes together",
        example: "I lost mine because of what somebody else did.",
        parent: Some("deciding"),
    },
    Theme {
        code: "telling",
        label: "Being told why",
        description: "Information on what is restricted, and the reasons",
        include: "before arrival, in plain words, for visitors, when it changes",
        exclude: "the decision itself",
        example: "A reason would help, even one I do not like.",
        parent: None,
    },
    Theme {
        code: "safety",
        label: "Safety",
        description: "Keeping people safe, and what that takes",
        include: "harm, fire, searching, pressure from others",
        exclude: "rules without a reason of safety",
        example: "I feel safer knowing that some things are not here.",
        parent: None,
    },
    Theme {
        code: "consistency",
        label: "The same from everybody",
        description: "Whether a rule holds on each ward, shift and site",
        include: "differences between staff, wards and services, moves",
        exclude: "deciding for each person on purpose",
        example: "What is fine on Monday is taken away on Tuesday.",
        parent: None,
    },
    Theme {
        code: "other",
        label: "Other",
        description: "A point that fits no other theme",
        include: "anything relevant without a theme of its own",
        exclude: "points without a reason",
        example: "The cupboard smells.",
        parent: None,
    },
    Theme {
        code: "no-reason-given",
        label: "No reason given",
        description: "A view without anything to say why",
        include: "agreement or disagreement alone",
        exclude: "any view with a reason",
        example: "No, I do not like it.",
        parent: None,
    },
];

#[rustfmt::skip]
const SAID: &[Said] = &[
    // 1. Which items that are restricted here should be looked at again, and why?
    said(1, &["contact"], ServiceUser, Suggests,
        "One telephone for the whole ward, in the corridor, is not a way to talk to your children."),
    said(1, &["contact.cameras"], ServiceUser, Suggests,
        "A phone without a camera would be enough for me; I only want to hear my sister."),
    said(1, &["own-things"], ServiceUser, Opposes,
        "I may not have a plant because of the pot, so give me a plastic pot."),
    said(1, &["own-things"], ServiceUser, Unclear,
        "Music gets me through the night, and my speaker has been in a locker since spring."),
    said(1, &["parcels"], ServiceUser, Stance::Mixed,
        "I see why energy drinks are on the list, but not why squash is."),
    said(1, &["own-things", "consistency"], ServiceUser, Suggests,
        "A games console is allowed upstairs and not down here, and nobody can say what the difference is."),
    said(1, &["safety"], ServiceUser, Supports,
        "Leave lighters on the list, please; I have seen a fire."),
    said(1, &["no-reason-given"], ServiceUser, Opposes, "I would take everything off it."),
    said(1, &["contact.cameras"], Staff, Stance::Mixed,
        "Phones as such are not our worry; pictures of other people on the internet are."),
    said(1, &["parcels"], Staff, Unclear,
        "Checking parcels takes one of us off the floor every afternoon."),
    said(1, &["own-things", "safety"], Staff, Suggests,
        "Some of what we lock away could be signed out for an hour and signed back in."),
    said(1, &["contact"], FamilyCarer, Suggests,
        "A video call on his birthday would have meant the world to his gran."),
    said(1, &["deciding"], Commissioner, Suggests,
        "We would look first at whatever is on a list and has never been part of an incident."),
    // 2. How should it be decided what somebody may have?
    said(2, &["deciding.each-person"], ServiceUser, Suggests,
        "Look at me and what I did with it, not at the worst thing that anybody ever did."),
    said(2, &["deciding"], ServiceUser, Suggests,
        "Put it on the agenda of the ward meeting, and let us vote on what should be asked for."),
    said(2, &["deciding.each-person"], ServiceUser, Supports,
        "Trust in steps is fair: an hour first, then a day, then it is mine."),
    said(2, &["deciding", "telling"], ServiceUser, Stance::Mixed,
        "If it is a no I want it in writing with a date on which you look again."),
    said(2, &["safety"], ServiceUser, Unclear,
        "Those of us who get leaned on for our things would rather not have them where others can see."),
    said(2, &["consistency"], ServiceUser, Suggests,
        "Whatever is decided has to hold on nights and weekends, too."),
    said(2, &["deciding.each-person"], Staff, Stance::Mixed,
        "Deciding for each person is right, and it needs a place where the decisions stand, or we argue at the door."),
    said(2, &["deciding"], Staff, Suggests,
        "A list should have an owner and an end: what is not renewed falls off."),
    said(2, &["safety", "deciding"], Staff, Opposes,
        "A vote cannot settle a risk that one person on the ward knows nothing about."),
    said(2, &["deciding.each-person"], FamilyCarer, Supports,
        "She is not the same person as a year ago, and the rule is."),
    said(2, &["deciding"], Commissioner, Suggests,
        "Somebody from outside should sit in when the list is reviewed."),
    // 3. What do people need to be told about restricted items, and when?
    said(3, &["telling"], ServiceUser, Suggests,
        "Tell us before we pack; I had half of my bag taken off me in the first ten minutes."),
    said(3, &["telling"], ServiceUser, Suggests,
        "Pictures of what is fine and what is not, on the wall, so that nobody has to ask in front of everyone."),
    said(3, &["telling", "consistency"], ServiceUser, Stance::Mixed,
        "I was told three things by three people on my first day."),
    said(3, &["parcels", "telling"], ServiceUser, Suggests,
        "When a parcel is held back, say what is held back and until when."),
    said(3, &["telling"], Staff, Supports,
        "A page with reasons would save us the same talk twenty times a week."),
    said(3, &["telling", "consistency"], Staff, Suggests,
        "When somebody moves here from another service, tell them what is different, not only what is banned."),
    said(3, &["telling"], FamilyCarer, Suggests,
        "Visitors should have the list with the invitation; I took a cake tin home again on two trains."),
    said(3, &["telling"], FamilyCarer, Unclear,
        "Nobody told us that it had changed, and we felt like smugglers."),
    said(3, &["other"], ServiceUser, Unclear,
        "I would like to know where my old coat is."),
];

/// The consultation, and the round in which it is discussed.
pub(super) struct Begun {
    pub consultation: String,
    round: String,
}

/// Adds the round and the consultation, and opens it.
///
/// # Errors
/// Whatever is refused.
pub(super) async fn begin(caller: &Caller, lead: &str, built: &Built) -> Result<Begun, StartError> {
    let round = json!({"title": "January and February 2020 (illustrative)", "starts_on": "2020-01-06",
        "ends_on": "2020-02-28", "group_ids": built.groups, "status": "active"});
    let round = text(&caller.post(lead, "/v1/rounds", round).await?["id"]);
    let sections = [
        ("1", "What this is about"),
        ("2", "Items"),
        ("3", "Deciding"),
        ("4", "Telling people"),
    ]
    .map(|(reference, title)| json!({"ref": reference, "title": title}));
    let questions = json!([
        {"number": 1, "kind": "open", "prompt": "Which items that are restricted here should be looked at again, and why?",
            "easy_read_prompt": "What would you like to have that you may not have?", "section_refs": ["2"]},
        {"number": 2, "kind": "open", "prompt": "How should it be decided what somebody may have?",
            "easy_read_prompt": "Who should decide what you may have?", "section_refs": ["3"]},
        {"number": 3, "kind": "open", "prompt": "What do people need to be told about restricted items, and when?",
            "easy_read_prompt": "What should people tell you about this?", "section_refs": ["4"]},
        {"number": AGREEMENT, "kind": "agreement",
            "prompt": "Each ward should look at its list of restricted items with the people who live there, at least every six months.",
            "easy_read_prompt": "Should your ward talk with you about the list every six months?", "section_refs": ["3"]},
    ]);
    let consultation = json!({
        "reference": REFERENCE,
        "title": "Restricted items in adult secure services (illustrative)",
        "kind": "guidance",
        "commissioned_by": built.body,
        "summary": "An illustration: draft guidance on items that people in secure services may not have, and on how that is decided. \
            Meetings and words are made up. It is open, so that you can try the service with it.",
        "easy_read_summary": "This is an example. It is about things that you may not have on a ward. Nobody said these things.",
        "open_to_change": "How lists are made, looked at again and explained.",
        "not_open_to_change": "What the law forbids.",
        "opens_on": "2020-01-06",
        "closes_on": "2020-02-28",
        "response_due_on": "2020-05-22",
        "round_ids": [round],
        "group_ids": built.groups,
        "public": true,
        "documents": [{"title": "Draft guidance on restricted items (illustrative)", "version": "0.1", "sections": sections}],
        "materials": [
            {"format": "standard", "title": "Draft guidance, version 0.1 (illustrative)", "supplied_on": "2019-12-18"},
            {"format": "easy_read", "title": "Easy-read summary of the draft (illustrative)", "supplied_on": "2019-12-20"},
        ],
        "questions": questions,
    });
    let consultation = text(&caller.post(lead, "/v1/consultations", consultation).await?["id"]);
    let open = json!({"to": "open"});
    caller
        .post(lead, &format!("/v1/consultations/{consultation}/status"), open)
        .await?;
    Ok(Begun { consultation, round })
}

/// Holds its meetings, posts their tables, and codes three points of four.
///
/// # Errors
/// Whatever is refused.
pub(super) async fn build(
    caller: &Caller,
    (lead, coder): (&str, &str),
    built: &Built,
    Begun { consultation, round }: &Begun,
) -> Result<(), StartError> {
    let occasion = Occasion {
        consultation,
        round,
        papers_sent_on: "2020-01-03",
        draft: "Draft guidance: Restricted items (illustrative)",
        sections: &["2", "3", "4"],
        in_time: 2,
        presented: false,
    };
    let mut numbers = Numbers(2020);
    let mut about: BTreeMap<String, &'static [&'static str]> = BTreeMap::new();
    let mut decks: Vec<_> = (1..AGREEMENT)
        .map(|question| Deck::new(SAID, question, &mut numbers))
        .collect();
    for (at, on) in HELD_ON.into_iter().enumerate() {
        let tables: Vec<_> = (0..TABLES).map(|_| seats(&mut numbers)).collect();
        let meeting = build_meeting(caller, lead, built, &occasion, (at, on), &tables, &mut numbers).await?;
        for (table, seats) in tables.iter().enumerate() {
            let mut notes = discussion(
                &occasion,
                (&meeting, (at, on)),
                (table, seats),
                &mut decks,
                &mut numbers,
                &mut about,
            );
            let people = seats.values().filter_map(Value::as_u64).sum();
            notes["tallies"] = json!([{"question": AGREEMENT, "counts": hands(people, &mut numbers)}]);
            let path = format!("/v1/consultations/{consultation}/discussions");
            caller.post(lead, &path, notes).await?;
        }
    }
    if let (Some(group), Some(region)) = (built.groups.get(HELD_ON.len()), REGIONS.get(HELD_ON.len())) {
        let planned = json!({"id": numbers.id(), "group_id": group, "round_id": round, "status": "planned",
            "starts_at": format!("{PLANNED_ON}T12:00:00Z"), "ends_at": format!("{PLANNED_ON}T14:30:00Z"),
            "venue": {"kind": "community", "name": format!("A hall in {}", region.name)}, "attendance": [],
            "agenda": [{"position": 1, "kind": "discussion", "title": occasion.draft, "consultation_id": consultation}]});
        caller.post(lead, "/v1/meetings", planned).await?;
    }
    say!(
        "  {REFERENCE}: {} tables, {} points",
        HELD_ON.len() * TABLES,
        about.len()
    );
    let themes = build_codeframe(caller, lead, consultation, THEMES).await?;
    let points: Vec<_> = about.iter().enumerate().filter(|(at, _)| at % 4 != 3).collect();
    code(caller, coder, &themes, points.into_iter().map(|(_, point)| point)).await
}

/// A show of hands, in which not everybody raises one.
fn hands(people: u64, numbers: &mut Numbers) -> Value {
    let agree = 1 + numbers.below(people);
    let disagree = numbers.below(people - agree + 1);
    let unsure = numbers.below(people - agree - disagree + 1);
    json!({"agree": agree, "disagree": disagree, "unsure": unsure})
}
