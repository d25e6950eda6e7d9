//! The report of the illustrative consultation: what is written to its figures, to whom it is delivered, and what was decided. Every
//! sentence was written for it; no network, body or person said or decided any of it.
//!
//! No figure stands in these words: a figure belongs in a table, where it went through the policy.

use super::{Account, Built, Caller, text};
use crate::server::StartError;
use domain::vocabulary::OutcomeDecision;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is written to one theme.
struct ToTheme {
    code: &'static str,
    summary: &'static str,
    key_points: &'static [&'static str],
    areas: &'static [&'static str],
}

/// What is written to one section of the draft.
struct ToSection {
    reference: &'static str,
    summary: &'static str,
    suggestions: &'static [&'static str],
}

/// What was decided on one theme.
struct Decided {
    theme: &'static str,
    section: &'static str,
    decision: OutcomeDecision,
    reason: &'static str,
    easy_read: &'static str,
    document_version: Option<&'static str>,
}

/// How many outcomes the illustration has when it is finished: writing them down is the last that building it does.
pub(super) const OUTCOMES: usize = DECIDED.len();

const DECIDED_ON: &str = "2020-02-13";
const DECIDED_BY: &str = "Adult Secure Clinical Reference Group (illustrative)";

const FOREWORD: &str = "This report is an illustration. It shows what a report of a consultation looks like, and nobody said, wrote or \
    decided anything that stands in it. The groups carry the names of real regions; their meetings, services and words are made up.\n\n\
    If it were real, this page would thank everybody who sat at a table, wrote down what was said, or sent in a sheet from a ward. It would \
    thank those who disagreed with the draft as warmly as those who liked it, because both are in the figures.";

const BACKGROUND: &str = "Many people in secure services gain weight, and some become ill because of it. Medicines, long days, catered food \
    and limits on going out all play a part. In the illustration, a clinical reference group had drafted practice \
    guidance on managing a healthy weight, and asked the regional groups what helps, what gets in the way, and what is missing or wrong.\n\n\
    Everything in the guidance was open to change, and so was what staff are expected to know and do. That there would be guidance was not.";

const METHOD: &str = "Each regional group met once. People sat at tables together with people of other services, and somebody at each table \
    wrote down what was said, by whom, and how many hands went up. Champions sent in sheets from those who could not be there. Coders then \
    said what each point is about, by a list of themes that grew from what was said.\n\n\
    A theme counts as widely raised if it came up in many groups and at many tables. How often somebody repeated it counts for nothing. The \
    people who spoke were not drawn by chance, so the figures say what was raised, and not what share of everybody thinks so.";

const WHAT_HAPPENS_NEXT: &str = "In the illustration the report goes to the group that asked for the draft, and to the national steering \
    group. For each theme they say what they decided and why, also where they decided against what was asked for. The first decisions stand \
    beside this report; themes without one still wait. Whoever holds a receipt can look up what became of what they said.";

/// To every theme of the codeframe, in its order.
#[rustfmt::skip]
const TO_THEMES: &[ToTheme] = &[
    ToTheme {
        code: "medication",
        summary: "Medicines came up from admission to discharge. People in services spoke of hunger that willpower does not reach. Families had \
            watched it happen. Staff named it as well, and were glad that the draft does. What was asked for is honesty before the first \
            dose, and a look at the choices before much weight is gained.",
        key_points: &[
            "Hunger caused by a medicine is taken for greed or laziness, and that hurts.",
            "People want to know beforehand what a medicine may do to their weight.",
            "The draft treats medicines at the end; for many who spoke they come first.",
        ],
        areas: &[
            "Consider moving what the draft says on medicines to the front.",
            "Consider what should be said to every person, and to the family where the person agrees, before a medicine is begun.",
        ],
    },
    ToTheme {
        code: "medication.side-effects",
        summary: "People described being hungry soon after a meal, and gaining weight fast in their first year on a medicine. Being told to \
            try harder made it worse. Families asked for an acknowledgement that it was never only overeating.",
        key_points: &[
            "Everybody who hands out a medicine should know what it does to appetite.",
            "Hunger from a medicine should be written into the care plan, so that night staff and the next home know of it.",
        ],
        areas: &["Consider a short guide for all staff to the signs of fast weight gain after a new medicine."],
    },
    ToTheme {
        code: "medication.review",
        summary: "Reviews that look at weight on purpose were among the things that helped most. People wanted them at a set time, with \
            the choices laid out, including none. Staff wanted it to be plain who decides.",
        key_points: &[
            "A pharmacist or doctor who raises weight first takes the burden off the person.",
            "Changing a medicine is best done among people who know the person, and not at the moment of a move.",
            "Adding or switching a medicine is often left until everything else has failed.",
        ],
        areas: &[
            "Consider making weight a standing item of every review.",
            "Consider a page at the front of the draft for prescribers in a hurry.",
        ],
    },
    ToTheme {
        code: "activity",
        summary: "Activity took in a great deal: gyms, gardens, dancing, bikes and jobs. People asked for a daily amount \
            that can be counted on. Staff said that activity is the first thing to go on a short shift.",
        key_points: &[
            "What is offered and what takes place are two things, and only the first tends to be measured.",
            "People come along when staff join in.",
            "An exercise plan should travel with a person as the drug chart does.",
        ],
        areas: &[
            "Consider stating a daily amount of activity, with a reason on record where it did not take place.",
            "Consider measuring activity that was taken up.",
        ],
    },
    ToTheme {
        code: "activity.gym",
        summary: "A gym that is open in the evening keeps people steady. A gym that is across the site, or that waits for the one person who \
            does inductions, might as well not be there.",
        key_points: &[
            "Inductions hang on single members of staff.",
            "Some had more gym time before they came than after.",
            "After discharge, forms and walking in alone are what stops people.",
        ],
        areas: &["Consider checking fitness for the gym before admission, and training more people to do inductions."],
    },
    ToTheme {
        code: "activity.outdoors",
        summary: "Walking and gardens were spoken of with warmth. They are cheap, sociable and need no talent. What stands in the way is \
            small courtyards and too few escorts.",
        key_points: &[
            "People walk more when it has a purpose: a shop, a garden, a distance to reach together.",
            "Green space depends on the building that somebody happens to live in.",
        ],
        areas: &["Consider a standard for access to green space."],
    },
    ToTheme {
        code: "activity.long-days",
        summary: "Boredom leads to eating. Programmes fill the middle of weekdays and leave evenings and weekends empty, which is when people \
            are hungriest.",
        key_points: &[
            "A full timetable helps people to stop eating for something to do.",
            "Sleep and the hours of a ward shape when people eat.",
        ],
        areas: &["Consider protected activity in the evening and at weekends, on the roster like any other duty."],
    },
    ToTheme {
        code: "activity.for-everyone",
        summary: "Football and weights do not suit everybody. Older people, those in pain, women, and people who use a wheelchair asked for \
            activity that is meant for them.",
        key_points: &[
            "Dancing, chair exercise and gentle sessions bring in people who otherwise watch.",
            "Sessions for women alone brought back some who had not exercised for years.",
        ],
        areas: &["Consider saying how activity is made to suit each person, beyond that everybody should be included."],
    },
    ToTheme {
        code: "motivation",
        summary: "What moves people is a reason of their own: children, mates, fitting into old clothes, getting out of bed. Low mood takes \
            that away. Some said plainly that what stands in their way is themselves.",
        key_points: &[
            "People are not always ready to change, and the draft offers little for those months.",
            "Food is comfort where there is little other comfort.",
            "Praise is noticed, and so is its absence.",
        ],
        areas: &["Consider what help looks like when somebody is not ready, or when eating has a history."],
    },
    ToTheme {
        code: "motivation.goals",
        summary: "Goals last when they are small and written in the person's own words. Charts decide less for people than what weight they \
            feel well at.",
        key_points: &[
            "People want to be asked about their goal between reviews, too.",
            "Somebody who used to box, cook or garden brings half a plan along.",
        ],
        areas: &["Consider asking for strengths and own goals at admission, in the person's words."],
    },
    ToTheme {
        code: "motivation.together",
        summary: "People do it together or not at all. Weighing in as a group, step challenges and mentors who have done it were all named. \
            The other way round it works as well: it is hard to eat an apple among pizza boxes.",
        key_points: &[
            "Those who have lost weight or moved on are believed more readily than staff.",
            "People who have left could come back and tell what it is like.",
        ],
        areas: &["Consider giving peer support a place of its own in the draft."],
    },
    ToTheme {
        code: "catering",
        summary: "The food that is provided was much discussed: when it comes, what it is and who may change it. Early dinners leave a long \
            night. Ward staff said that the draft asks them to put right what they do not buy.",
        key_points: &[
            "Meal times follow the kitchen's day and not the residents'.",
            "Catering and care stand in different contracts, and nobody owns what lies between.",
            "Comments on food seem to lead nowhere.",
        ],
        areas: &[
            "Consider addressing the part on food to whoever holds the catering contract.",
            "Consider saying which food standards are required and which are hoped for.",
        ],
    },
    ToTheme {
        code: "catering.choice",
        summary: "Menus repeat, and for some faiths and cultures the only choice is a heavy one. Where there is a salad bar or fruit left out \
            all day, it is eaten.",
        key_points: &[
            "Choosing healthy food and keeping one's faith should go together.",
            "Food of other cultures is not unhealthy; it is often badly cooked.",
            "People want to taste and choose before a menu is settled.",
        ],
        areas: &["Consider menus that are planned each season with residents, the kitchen and occupational therapy."],
    },
    ToTheme {
        code: "catering.portions",
        summary: "Portions are the same for everybody. People asked to be asked. Pictures and smaller plates helped where they were tried.",
        key_points: &["Kitchen staff know who takes more and who leaves food, and are seldom asked."],
        areas: &["Consider offering a choice of portion as a matter of course."],
    },
    ToTheme {
        code: "catering.self-catering",
        summary: "Cooking for oneself was praised wherever it is possible, and missed where the kitchen is locked. People thought of the flat \
            they will move to, with a kettle and a microwave.",
        key_points: &[
            "Skills are lost within months if nobody lets people use them.",
            "Starting small and early, with a sandwich or a breakfast, is realistic.",
            "Some staff are unsure of themselves in a kitchen.",
        ],
        areas: &["Consider beginning self-catering on the admission ward, and assessing it before discharge."],
    },
    ToTheme {
        code: "shop",
        summary: "What people buy for themselves matters more to some than what is served. Snacks every day add up, and large online orders \
            end up in bedrooms.",
        key_points: &[
            "Where things stand in the shop changes what is bought.",
            "There is no agreed way to talk about what people order.",
        ],
        areas: &["Consider how a service and its residents can agree on shops and online orders."],
    },
    ToTheme {
        code: "shop.takeaways",
        summary: "Takeaways divided people. For some they are the one normal evening of the week and a meal among friends. Others asked for \
            fewer, because they cannot say no when the menu goes round. The wish to settle it together was shared by both.",
        key_points: &[
            "A number set from above is felt as being treated like a child.",
            "Without any agreement the evenings become more and more.",
            "Having something to look forward to can be part of a plan.",
        ],
        areas: &["Consider agreements that each ward makes and looks at again, in place of a fixed number."],
    },
    ToTheme {
        code: "shop.money",
        summary: "Healthy food costs more in the shop, and money comes all at once or not at all. People asked to practise with a real budget \
            in a real supermarket.",
        key_points: &[
            "Benefits that arrive late or in one sum are spent on food.",
            "After discharge money is tighter, and healthy food is the first to go.",
        ],
        areas: &["Consider adding money to the draft: prices, benefits and budgeting."],
    },
    ToTheme {
        code: "staff",
        summary: "People were fond of staff who listen and join in, and there were too few of them. Time that is set aside, and kindness, were \
            asked for more often than rules.",
        key_points: &[
            "Nothing else on the list works without enough people on a shift.",
            "Being asked how one is comes before being asked what one weighs.",
            "The same worker through a move holds habits in place.",
        ],
        areas: &["Consider time for activity that cannot be used for anything else."],
    },
    ToTheme {
        code: "staff.example",
        summary: "Eating together and joining in are welcome. The draft's words on role models were not welcome to all: staff pointed to long \
            shifts and vending machines, and some residents preferred honesty to a good example.",
        key_points: &[
            "What staff eat in front of people is noticed.",
            "Staff cannot set an example without breaks and decent food of their own.",
        ],
        areas: &["Consider pairing what is expected of staff with what they are given: breaks, meals, time to take part."],
    },
    ToTheme {
        code: "staff.training",
        summary: "Staff fear that bringing up weight will harm a relationship, and so they leave it. Short, practical training on the ward, \
            with people who live there, was preferred to courses on a screen.",
        key_points: &[
            "Those who spend the most time with people are trained the least.",
            "Residents would like to teach what constant hunger is like.",
            "Whether training changed anything on the ward says more than who attended.",
        ],
        areas: &["Consider training that residents help to give, and that reaches healthcare assistants first."],
    },
    ToTheme {
        code: "leave",
        summary: "Leave is where many people walk, swim and cook. The draft hardly speaks of it. People saw it as a bridge to the routine \
            that they will need outside.",
        key_points: &[
            "Leave with a purpose is worth more than leave to the shops.",
            "What is begun on leave long before discharge carries over.",
        ],
        areas: &["Consider treating leave as part of the plan, with time for moving and for cooking."],
    },
    ToTheme {
        code: "leave.cancelled",
        summary: "Leave that is cancelled takes the walk, the swim and the good mood with it. After some weeks people stop asking, and \
            families see it happen.",
        key_points: &[
            "Too few staff and drivers are behind it; nobody wants it.",
            "A walk that counts as treatment would be harder to drop.",
        ],
        areas: &["Consider recording leave that did not take place, and why."],
    },
    ToTheme {
        code: "ward-culture",
        summary: "Food celebrates, rewards, comforts and apologises. Families bring sweets because little else is allowed. People are willing \
            to do it differently if somebody says how.",
        key_points: &[
            "Habits such as takeaway nights grow without anybody deciding on them.",
            "Visits can be a meal and need not be a vending machine.",
        ],
        areas: &["Consider ideas for birthdays and visits that families can use."],
    },
    ToTheme {
        code: "ward-culture.blanket-rules",
        summary: "Staff feel criticised for limiting and for not limiting. Residents want to know who decides, for how long, and how to \
            challenge it. A kitchen locked because of one event stays locked for all.",
        key_points: &[
            "Rights and restrictions belong in the same paragraph.",
            "The same words are read in opposite ways by different services.",
            "Rules on food and parcels should be known before arrival.",
        ],
        areas: &[
            "Consider examples of what may and may not be limited, with the law beside them.",
            "Consider how a restriction ends.",
        ],
    },
    ToTheme {
        code: "ward-culture.language",
        summary: "Being weighed where others can see, nicknames, and a first conversation about one's body: these are remembered for years. \
            Asking for permission and explaining why costs nothing.",
        key_points: &[
            "Weighing should be private, and people may not wish to see the number.",
            "Lack of drive can be illness and is often called something else.",
        ],
        areas: &["Consider a short passage on how to begin, and how not to."],
    },
    ToTheme {
        code: "delivery",
        summary: "People asked who checks that any of this takes place. Staff and commissioners asked for few measures, working equipment and \
            money that lasts. Older buildings start behind.",
        key_points: &[
            "A clinic held regularly by the same nurse is realistic and liked.",
            "Work before admission and after discharge falls between budgets.",
            "Another form may do harm if it delays a bed.",
        ],
        areas: &[
            "Consider a small set of measures and who looks at them.",
            "Consider saying what it is likely to cost.",
        ],
    },
    ToTheme {
        code: "delivery.specialists",
        summary: "Dietitians and exercise professionals were praised, and waited for. Small services said that a full set of posts is out of \
            reach for them and that sharing would be possible.",
        key_points: &[
            "Qualified people in lasting posts make the difference, and projects end.",
            "Moving to another level of security can mean losing them in a day.",
        ],
        areas: &["Consider saying how services can share specialist posts."],
    },
    ToTheme {
        code: "delivery.information",
        summary: "Weight, likes, plans and what worked stay behind when a person moves. The same form is filled in again. Families could tell \
            much and are seldom asked.",
        key_points: &[
            "People want to know before they come what food, activity and rules await them.",
            "Weights are kept in several places and none shows a trend.",
            "Most admissions are urgent, and a long list for a planned move does not fit them.",
        ],
        areas: &[
            "Consider one plan that moves with the person.",
            "Consider asking families, where the person agrees.",
        ],
    },
    ToTheme {
        code: "delivery.community",
        summary: "After a move it often takes long until anybody looks at weight again. People asked that the surgery and the new home know \
            what they need to know, and no more than was agreed.",
        key_points: &[
            "Somebody by name should answer for the yearly physical check.",
            "Exercise schemes end after weeks where a year is needed.",
            "Housing providers should be at the discharge meeting.",
        ],
        areas: &["Consider naming who takes over at discharge, agreed in writing beforehand."],
    },
    ToTheme {
        code: "draft",
        summary: "Many welcomed the draft and were glad to be asked. Doubt was about whether anybody will do it, and about measures such as \
            body mass index that do not fit every body.",
        key_points: &[
            "That it admits the part of medicines was welcomed.",
            "People want to know whom they can complain to if it is not followed.",
        ],
        areas: &["Consider saying what happens where the guidance is not followed."],
    },
    ToTheme {
        code: "draft.wording",
        summary: "The draft is long, and parts of it could not be explained at the table. Some of its words sound like a telling-off. What is \
            required and what would be good carry the same weight.",
        key_points: &[
            "The easy read was preferred by some to the main document.",
            "Clinicians and providers are addressed in one breath.",
        ],
        areas: &[
            "Consider shorter sentences, and marking what is required.",
            "Consider making the easy read more than a companion.",
        ],
    },
    ToTheme {
        code: "draft.scope",
        summary: "People looked for themselves in the draft and did not always find themselves: people who are underweight, women, autistic \
            people, those who stay for many years. Causes such as trauma, grief, sleep and teeth were missed as well.",
        key_points: &[
            "For people who have had an eating disorder, counting calories can be dangerous.",
            "Moves between levels of security are passed over.",
            "Families appear as visitors, and are more than that.",
        ],
        areas: &["Consider which of these belong in the guidance, and say so where one does not."],
    },
    ToTheme {
        code: "other",
        summary: "A few points fitted no other theme: giving up smoking and taking to biscuits, and being awake at night.",
        key_points: &["Giving up one habit leads to another if nobody plans for it."],
        areas: &["Consider planning for weight when somebody stops smoking."],
    },
    ToTheme {
        code: "no-reason-given",
        summary: "Some agreed, disagreed or did not know, and gave no reason. They are counted and not interpreted.",
        key_points: &["A view without a reason is a view."],
        areas: &[],
    },
];

#[rustfmt::skip]
const TO_SECTIONS: &[ToSection] = &[
    ToSection {
        reference: "1",
        summary: "Points on the draft as a whole were recorded against the summary: its length, its words, and whom it leaves out.",
        suggestions: &["Write the summary anew once the rest is settled, in words that people would say."],
    },
    ToSection {
        reference: "3",
        summary: "Staff asked for time, practical training and lasting posts. Residents asked for staff who listen, join in and are honest.",
        suggestions: &["Set what is expected of staff beside what they are given.", "Let residents take part in training."],
    },
    ToSection {
        reference: "4.1",
        summary: "What helps and what gets in the way was the same across the pathway: evenings, medicines, food and leave.",
        suggestions: &["Begin with medicines.", "Treat evenings and weekends as part of the programme."],
    },
    ToSection {
        reference: "4.2",
        summary: "Before admission people want to know what awaits them, and to be asked what they like and what worked. Staff rarely have \
            the time that the draft assumes.",
        suggestions: &["Say what is the least that should be known of everybody who arrives in a hurry."],
    },
    ToSection {
        reference: "4.3",
        summary: "During care, activity that can be counted on, reviews of medicines and cooking for oneself were asked for. Limits on \
            takeaways were disputed.",
        suggestions: &["Let each ward agree its own limits and look at them again.", "Protect time for activity."],
    },
    ToSection {
        reference: "4.4",
        summary: "People fear losing what they learned when they leave. Money, a kitchen, company and somebody who takes over were asked for.",
        suggestions: &["Name who takes over.", "Begin community activity long before discharge."],
    },
];

/// The report in easy read: a picture, and a short sentence.
#[rustfmt::skip]
const EASY_READ: &[(&str, &str)] = &[
    ("idea", "This is an example."),
    ("no", "Nobody said these things. We made them up."),
    ("weight", "The example is about healthy weight."),
    ("ward", "It is about people who live in secure hospitals."),
    ("read", "There was a plan. It was not finished."),
    ("meeting", "People met in groups to talk about the plan."),
    ("people", "People who live there, families and staff came."),
    ("write", "Somebody wrote down what people said."),
    ("medication", "People said: medicines can make you very hungry."),
    ("doctor", "They want doctors to look at medicines again."),
    ("exercise", "People want to be active every day."),
    ("outdoors", "They like gardens and walks."),
    ("leave", "They are sad when leave is cancelled."),
    ("food", "They want better food and more choice."),
    ("plate", "They want to learn to cook."),
    ("shop", "Some like takeaways. Some want fewer takeaways."),
    ("money", "Healthy food can cost a lot."),
    ("nurse", "People want more staff who join in."),
    ("safe", "They want to be weighed in private."),
    ("family", "Families want to be told about the plan."),
    ("home", "People need help when they move to a new home."),
    ("rules", "Now the people who wrote the plan must answer."),
    ("yes", "They say what they will change."),
    ("question", "If they say no, they say why."),
    ("thank-you", "Thank you for reading."),
];

#[rustfmt::skip]
const DECIDED: &[Decided] = &[
    Decided {
        theme: "medication.review",
        section: "4.3",
        decision: OutcomeDecision::Accepted,
        reason: "Illustration: weight becomes a standing item of every medicines review. The next version says who decides, and has a page \
            at the front for prescribers.",
        easy_read: "We said yes. Doctors will talk about weight each time they look at your medicines.",
        document_version: Some("1.0"),
    },
    Decided {
        theme: "shop.takeaways",
        section: "4.3",
        decision: OutcomeDecision::PartlyAccepted,
        reason: "Illustration: the fixed limit goes. Each ward agrees its own with the people who live there, and looks at it again. Leaving \
            takeaways out altogether was not accepted, because others asked for help with them.",
        easy_read: "We said yes to some of it. Each ward will make its own agreement about takeaways.",
        document_version: Some("1.0"),
    },
    Decided {
        theme: "delivery.specialists",
        section: "3",
        decision: OutcomeDecision::NotAccepted,
        reason: "Illustration: the guidance cannot ask for posts in every service, because it does not pay for them. It says instead how \
            services can share them, and the wish was passed on to commissioners.",
        easy_read: "We said no to this one. This plan cannot pay for more staff. We told the people who can.",
        document_version: None,
    },
];

/// Begins the report, writes to it, publishes it, delivers it to both bodies, and writes down what was decided: of some themes, so that
/// others still wait.
///
/// # Errors
/// Whatever is refused.
pub(super) async fn build(
    caller: &Caller,
    lead: &str,
    body: &Account,
    built: &Built,
    consultation: &str,
) -> Result<(), StartError> {
    let begun = caller
        .post(
            lead,
            &format!("/v1/consultations/{consultation}/reports"),
            json!({}),
        )
        .await?;
    let report = format!("/v1/reports/{}", text(&begun["id"]));
    let commentary = json!({"commentary": commentary(&begun)});
    caller
        .patch(lead, &report, &begun["draft"]["version"], commentary)
        .await?;
    caller.post(lead, &format!("{report}/publish"), json!({})).await?;
    for (to, meeting_on) in [(&built.body, "2020-01-21"), (&built.steering, "2020-01-28")] {
        let delivery = json!({"body_id": to, "meeting_on": meeting_on, "minute_ref": "item 4"});
        caller
            .post(lead, &format!("{report}/deliveries"), delivery)
            .await?;
    }
    say!("  report: published and delivered");
    let body = caller.sign_in(body).await?;
    for one in DECIDED {
        let outcome = json!({
            "theme_id": theme(&begun, one.theme),
            "section_ref": one.section,
            "decision": one.decision,
            "reason": one.reason,
            "easy_read": one.easy_read,
            "decided_on": DECIDED_ON,
            "decided_by": DECIDED_BY,
            "document_version": one.document_version,
        });
        caller
            .post(
                &body,
                &format!("/v1/consultations/{consultation}/outcomes"),
                outcome,
            )
            .await?;
    }
    say!("  outcomes: {}", DECIDED.len());
    Ok(())
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The id of a theme of the report.
fn theme<'r>(report: &'r Value, code: &str) -> Option<&'r Value> {
    items(&report["codeframe"]["themes"])
        .find(|theme| theme["code"] == code)
        .map(|theme| &theme["id"])
}

/// All that is written to the figures of a draft.
fn commentary(draft: &Value) -> Value {
    let mut quoted = BTreeSet::new();
    let themes: Vec<_> = TO_THEMES
        .iter()
        .filter_map(|to| {
            let id = theme(draft, to.code)?;
            Some(
                json!({"theme_id": id, "summary": to.summary, "key_points": to.key_points,
                "areas_for_consideration": to.areas, "quote_ids": quotes(draft, id, &mut quoted)}),
            )
        })
        .collect();
    let sections: Vec<_> = TO_SECTIONS
        .iter()
        .map(|to| json!({"section_ref": to.reference, "summary": to.summary, "suggestions": to.suggestions}))
        .collect();
    let easy_read: Vec<_> = EASY_READ
        .iter()
        .map(|(picture, line)| json!({"text": line, "picture": picture}))
        .collect();
    json!({
        "foreword": FOREWORD,
        "background": BACKGROUND,
        "method": METHOD,
        "what_happens_next": WHAT_HAPPENS_NEXT,
        "easy_read": easy_read,
        "themes": themes,
        "sections": sections,
    })
}

/// Up to two quotes under a theme, the second of somebody else's kind, in words that stand nowhere else in the report. Taken in the order of
/// their ids, which the script deals: in the order in which they came in, all would be of the first region.
fn quotes<'d>(draft: &'d Value, theme: &Value, quoted: &mut BTreeSet<&'d str>) -> Vec<&'d Value> {
    let mut offered: Vec<_> = items(&draft["draft"]["quotes_on_offer"])
        .filter(|quote| quote["theme_id"] == *theme)
        .collect();
    offered.sort_by_key(|quote| quote["contribution_id"].as_str());
    let mut by: Vec<&Value> = Vec::new();
    let mut taken = Vec::new();
    for quote in offered {
        let words = quote["text"].as_str().unwrap_or_default();
        if taken.len() < 2 && !by.contains(&&quote["respondent_group"]) && quoted.insert(words) {
            by.push(&quote["respondent_group"]);
            taken.push(&quote["contribution_id"]);
        }
    }
    taken
}
