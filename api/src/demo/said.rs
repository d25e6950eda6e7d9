//! What is said at the tables of the illustrative consultation. Every sentence was written for it; nobody
//! said any of it.
//!
//! `rustfmt` would spread each point over seven lines; two or three keep a question's points side by side.

use super::{Said, said};
use domain::vocabulary::RespondentGroup::{Commissioner, FamilyCarer, Other, ServiceUser, Staff};
use domain::vocabulary::Stance::{self, Opposes, Suggests, Supports, Unclear};

#[rustfmt::skip]
pub(super) const SAID: &[Said] = &[
    // 1. What helps people keep a healthy weight here?
    said(1, &["activity.gym"], ServiceUser, Supports,
        "The gym being open in the evenings is what keeps me steady; before that I only thought about \
         going."),
    said(1, &["activity.gym", "staff"], ServiceUser, Unclear,
        "The gym instructor knows when to push me and when just to put the radio on and chat."),
    said(1, &["catering.self-catering"], ServiceUser, Supports,
        "Cooking my own tea three nights a week means I know exactly what went into it."),
    said(1, &["motivation.together"], ServiceUser, Supports,
        "A few of us weigh in together on a Monday and nobody takes the mick, well, not much."),
    said(1, &["activity.outdoors", "leave", "motivation"], ServiceUser, Unclear,
        "Walking to the shop and back on leave does more for me than any class; I talk, I look in windows, \
         I come back hungry for dinner and not for crisps, and nobody has called it exercise."),
    said(1, &["activity.outdoors", "motivation.together"], ServiceUser, Supports,
        "We count laps of the garden and add them up; last month we got as far as Scotland on paper."),
    said(1, &["motivation.goals"], ServiceUser, Supports,
        "Small goals help: I said I would swap fizzy drinks for squash, did that, then picked the next \
         thing."),
    said(1, &["staff.example", "activity"], ServiceUser, Supports,
        "When staff come to badminton in their trainers and join in, half of us turn up as well."),
    said(1, &["medication.review"], ServiceUser, Supports,
        "My doctor changed my tablets after I asked, and for the first time in years my jeans fit."),
    said(1, &["catering.choice"], ServiceUser, Supports,
        "The salad bar is honestly the best thing they have ever put in the dining room."),
    said(1, &["delivery.specialists"], ServiceUser, Supports,
        "Seeing the dietitian one to one, without a lecture, made me understand why I was always hungry."),
    said(1, &["shop.money"], ServiceUser, Unclear,
        "I keep a food diary next to my spending diary and they tell me the same story every week."),
    said(1, &["motivation"], ServiceUser, Unclear,
        "Wanting to be fit enough to play football with my kids again, that is what gets me out of bed."),
    said(1, &["activity.for-everyone"], ServiceUser, Supports,
        "Chair exercises are good for those of us with bad knees; it is nice not to be left watching."),
    said(1, &["catering.portions"], ServiceUser, Stance::Mixed,
        "Smaller plates sounded daft to me, but I stopped going up for seconds and never really noticed."),
    said(1, &["activity", "activity.outdoors"], ServiceUser, Unclear,
        "Having a job in the garden keeps me moving and away from the biscuit tin."),
    said(1, &["motivation"], ServiceUser, Unclear,
        "Nothing here helps, to be honest; what weight I have lost I lost from worry."),
    said(1, &["motivation.together"], ServiceUser, Supports,
        "Having a mate who is trying too; we tell each other to put the crisps back."),
    said(1, &["staff", "ward-culture.language"], ServiceUser, Suggests,
        "It helps when staff ask how I am first and about my weight second."),
    said(1, &["activity.long-days"], ServiceUser, Supports,
        "A full timetable helps, because when I am busy I do not eat just for something to do."),
    said(1, &["shop.takeaways", "motivation"], ServiceUser, Opposes,
        "I still have one takeaway a month and plan around it; having something to look forward to helps \
         me, whatever the draft thinks."),
    said(1, &["catering.self-catering"], Staff, Supports,
        "The breakfast club, where people make their own porridge and cut up fruit, has done more than any \
         leaflet we printed."),
    said(1, &["staff.example"], Staff, Supports,
        "We stopped eating takeaways in front of people on nights, and it changed how seriously anyone took \
         us."),
    said(1, &["delivery.specialists", "activity.gym"], Staff, Supports,
        "Having a qualified exercise professional on the team, not just a keen nurse with a whistle, makes \
         all the difference."),
    said(1, &["medication.review"], Staff, Supports,
        "A pharmacist at the review who raises weight gain before we do keeps it on everyone's list."),
    said(1, &["motivation.goals"], Staff, Supports,
        "Goals that people write in their own words last longer than the ones we write for them."),
    said(1, &["activity.outdoors"], Staff, Unclear,
        "A walking group that goes out in all weathers is cheap and sociable, and nobody needs to be good \
         at it."),
    said(1, &["delivery"], Staff, Supports,
        "Weighing at the same time every week on the same scales, calmly and privately, helps us notice \
         change early."),
    said(1, &["leave", "activity.outdoors"], Staff, Supports,
        "Using escorted leave for a swim or a walk in the park, rather than only the shops, gives leave a \
         purpose."),
    said(1, &["catering.choice", "ward-culture"], Staff, Supports,
        "Fruit left out all day, not locked in a kitchen, gets eaten, which surprised the sceptics among \
         us."),
    said(1, &["motivation.together"], Staff, Supports,
        "Peer mentors who have lost weight themselves are listened to in a way that we are not."),
    said(1, &["activity.for-everyone", "activity.gym"], Staff, Supports,
        "Women-only gym sessions brought in people who had not exercised for years."),
    said(1, &["catering.portions"], Staff, Supports,
        "Putting pictures of portion sizes by the servery helped us as much as the people we serve."),
    said(1, &["staff.training", "ward-culture.language"], Staff, Supports,
        "Half a day on talking about weight without judging gave our healthcare assistants the confidence \
         to start the conversation."),
    said(1, &["shop"], Staff, Unclear,
        "Our shop put water and nuts at the front and the chocolate at the back, and nobody complained for \
         long."),
    said(1, &["catering", "ward-culture"], FamilyCarer, Unclear,
        "A picnic that we made at home, instead of snacks from a machine, made the visit feel like a family \
         meal."),
    said(1, &["delivery.information"], FamilyCarer, Supports,
        "When the team tell us what he is working on, we can encourage him rather than turn up with cake."),
    said(1, &["leave", "activity"], FamilyCarer, Supports,
        "My daughter started swimming on leave and came back to herself a bit, and not only in weight."),
    said(1, &["delivery.information"], FamilyCarer, Unclear,
        "Nobody mentioned weight to us until it was a problem, so I cannot say what helps, only what might \
         have."),
    said(1, &["delivery"], Commissioner, Supports,
        "Services that do well have someone senior who asks about physical health every month and expects \
         an answer."),
    said(1, &["activity", "delivery"], Commissioner, Supports,
        "Where activity is measured as taken up, and not just as offered, we see people moving more."),
    said(1, &["motivation.goals"], Other, Stance::Mixed,
        "As an advocate I see people do best when the plan is theirs and the meeting is not about a number."),
    // 2. What gets in the way?
    said(2, &["medication.side-effects"], ServiceUser, Supports,
        "The tablets make me hungry an hour after dinner, and no amount of willpower will talk a stomach \
         round."),
    said(2, &["medication.side-effects", "ward-culture.language", "staff"], ServiceUser, Stance::Mixed,
        "I put on four stone in my first year on this medication and was told to try harder; I would like \
         the person who said that to take it for a month and then tell me about trying."),
    said(2, &["activity.long-days"], ServiceUser, Unclear,
        "There is nothing to do after four o'clock except telly, tea and toast."),
    said(2, &["leave.cancelled", "activity"], ServiceUser, Unclear,
        "Leave gets cancelled because of staffing, and then so does my walk, my swim and my good mood."),
    said(2, &["catering.choice"], ServiceUser, Unclear,
        "The menu goes round every three weeks and I could recite it in my sleep."),
    said(2, &["catering.choice"], ServiceUser, Stance::Mixed,
        "The halal option is nearly always curry and chips, so choosing healthy and keeping my faith do not \
         go together."),
    said(2, &["catering.portions"], ServiceUser, Supports,
        "Portions are the same whether you are six foot four or five foot nothing."),
    said(2, &["shop.takeaways", "ward-culture"], ServiceUser, Opposes,
        "Saturday takeaway is the only thing that feels like normal life, so please do not make it the \
         enemy."),
    said(2, &["shop.money", "activity.long-days", "motivation"], ServiceUser, Unclear,
        "When your benefits come in and there is nowhere to go, you spend them on food, simple as that."),
    said(2, &["shop.money"], ServiceUser, Unclear,
        "Fruit costs more than a multipack of crisps in our shop, and I can do sums."),
    said(2, &["activity.gym"], ServiceUser, Unclear,
        "You need an induction for the gym, and the one person who does inductions has been off for months."),
    said(2, &["motivation"], ServiceUser, Unclear,
        "When I am low I do not care what I weigh, and low is most of the winter."),
    said(2, &["staff.example"], ServiceUser, Supports,
        "Staff tell us to cut down on sugar with an energy drink in their hand."),
    said(2, &["ward-culture.blanket-rules", "catering.self-catering"], ServiceUser, Stance::Mixed,
        "The kitchen is locked because of one thing one person did once, so nobody here can make a salad."),
    said(2, &["other"], ServiceUser, Stance::Mixed,
        "I stopped smoking when it was banned and swapped one habit for biscuits; nobody had planned for \
         that."),
    said(2, &["activity.for-everyone"], ServiceUser, Stance::Mixed,
        "Everything is football or weights; I am nearly sixty with arthritis and I like dancing."),
    said(2, &["activity.outdoors"], ServiceUser, Unclear,
        "The courtyard is the size of a tennis court and you get giddy walking round it."),
    said(2, &["motivation.together", "shop.takeaways"], ServiceUser, Supports,
        "If everyone around you has ordered pizza, sitting there with an apple makes you feel like the odd \
         one out."),
    said(2, &["ward-culture.language"], ServiceUser, Supports,
        "Being weighed in the corridor where everyone could see the number is why I have refused ever \
         since."),
    said(2, &["catering"], ServiceUser, Suggests,
        "Dinner at half past four and nothing until breakfast: who wrote that timetable, and do they eat \
         like that?"),
    said(2, &["motivation"], ServiceUser, Opposes,
        "Honestly the biggest thing in the way is me, and I would rather say that than blame the food."),
    said(2, &["leave.cancelled", "activity", "staff"], Staff, Unclear,
        "When we are short we protect observations first, so activity and leave are what gives; nobody \
         chooses that, but by the third week people stop asking, and then the timetable on the wall is only \
         decoration."),
    said(2, &["medication.side-effects"], Staff, Supports,
        "Some of the medicines that keep people well are the ones that drive appetite most, and there is no \
         easy way round that."),
    said(2, &["activity.gym", "delivery"], Staff, Unclear,
        "Our gym is across the site and needs two escorts, so four people going means nobody else goes out."),
    said(2, &["shop.takeaways", "ward-culture"], Staff, Supports,
        "Takeaway night has slipped from fortnightly to three times a week without anyone ever deciding it."),
    said(2, &["staff.example"], Staff, Stance::Mixed,
        "Long shifts and a vending machine mean that staff eat badly too, so we feel like hypocrites \
         raising it."),
    said(2, &["catering"], Staff, Unclear,
        "The food contract is settled miles away, and our comments go into a box that I doubt anyone opens."),
    said(2, &["activity.long-days"], Staff, Supports,
        "People are woken for medication, then there is an hour of nothing, and going back to bed is the \
         sensible choice."),
    said(2, &["staff.training", "ward-culture.language"], Staff, Supports,
        "Many of us are nervous of bringing weight up in case it damages the relationship, so we leave it."),
    said(2, &["ward-culture"], Staff, Supports,
        "Food is how we celebrate, reward and apologise on the ward; we rarely do any of those another way."),
    said(2, &["delivery.specialists"], Staff, Supports,
        "One dietitian for the whole site means a wait of months unless somebody is already very unwell."),
    said(2, &["shop", "ward-culture.blanket-rules"], Staff, Unclear,
        "Online shopping turns up in boxes of twenty-four and sits in bedrooms, and we have no agreed way \
         to talk about it."),
    said(2, &["ward-culture.blanket-rules"], Staff, Stance::Mixed,
        "If we limit what people buy it is a blanket restriction, and if we do not it is neglect; we get \
         criticised both ways."),
    said(2, &["motivation", "ward-culture.language"], Staff, Suggests,
        "Having no drive can be part of being unwell; it looks like laziness if you do not know better, and \
         people get labelled."),
    said(2, &["delivery.information"], Staff, Supports,
        "Weight is recorded in three places and none of them shows a trend, so we notice late."),
    said(2, &["medication.side-effects"], FamilyCarer, Stance::Mixed,
        "We watched him double in size, and every time we asked we were told that his mind came first."),
    said(2, &["ward-culture"], FamilyCarer, Unclear,
        "We bring sweets because it is the one thing we are allowed to give, and then we feel guilty."),
    said(2, &["leave.cancelled"], FamilyCarer, Unclear,
        "She gets dressed for her walk and then waits by the door; after the third time she stopped getting \
         dressed."),
    said(2, &["delivery.information"], FamilyCarer, Supports,
        "Families are not told about the weight plan, so without meaning to we undo it every Sunday."),
    said(2, &["delivery"], Commissioner, Stance::Mixed,
        "Older buildings with no space for a gym or a kitchen start a long way behind, and money for \
         buildings is slow."),
    said(2, &["catering", "delivery"], Commissioner, Supports,
        "Catering sits in a different contract from care, so nobody owns what happens between the kitchen \
         and the plate."),
    said(2, &["motivation"], Other, Unclear,
        "From the chaplaincy side, loneliness is what I hear about most, and the tin of sweets is company."),
    // 3. What should happen before admission?
    said(3, &["delivery.information", "catering"], ServiceUser, Supports,
        "Tell people before they come what food there is and when, because I arrived with no idea."),
    said(3, &["delivery.information"], ServiceUser, Supports,
        "Nobody asked what I like to eat or do; they asked about risk for two hours and shook my hand."),
    said(3, &["medication.side-effects"], ServiceUser, Suggests,
        "Somebody should say plainly that the medicine might put weight on, before the first dose and not \
         after the fourth stone."),
    said(3, &["motivation.goals"], ServiceUser, Suggests,
        "Ask me what weight I feel well at, not only what a chart says."),
    said(3, &["delivery.information"], ServiceUser, Suggests,
        "A short film of the gym, the garden and the dining room, made by people who live there, would \
         settle nerves."),
    said(3, &["motivation"], ServiceUser, Opposes,
        "You are waiting in a cell for a bed, not knowing what comes next; healthy eating is the last thing \
         on your mind."),
    said(3, &["delivery.information"], ServiceUser, Supports,
        "My weight from the last place should come with me, and what worked there, and what I hated, so \
         that we do not start again from guesswork and a form I have filled in three times already."),
    said(3, &["catering.choice"], ServiceUser, Suggests,
        "Ask about faith and allergies before we arrive, so the first meal is not toast again."),
    said(3, &["activity.gym"], ServiceUser, Suggests,
        "In prison I was in the gym five days a week, and here it took ten weeks to be allowed in."),
    said(3, &["motivation.together", "delivery.information"], ServiceUser, Suggests,
        "Let me meet someone who already lives there; I would believe them about the food before anyone in \
         a lanyard."),
    said(3, &["ward-culture.language"], ServiceUser, Opposes,
        "Do not make the first conversation about my body; I was frightened enough as it was."),
    said(3, &["activity", "delivery.information"], ServiceUser, Suggests,
        "People coming from other hospitals should bring their exercise plan as well as their drug chart."),
    said(3, &["activity.for-everyone"], ServiceUser, Supports,
        "Check for bad backs, asthma and old injuries early, so the programme is not made for somebody \
         else."),
    said(3, &["shop.money"], ServiceUser, Suggests,
        "Sort benefits out before we move; I had no money for three weeks and then far too much at once."),
    said(3, &["no-reason-given"], ServiceUser, Opposes,
        "I just do not agree with this part of the draft."),
    said(3, &["draft.wording"], ServiceUser, Stance::Mixed,
        "This chapter reads as if we choose our moment to come in; most of us had an hour's notice."),
    said(3, &["delivery.information"], ServiceUser, Suggests,
        "Give it in easy words with pictures, on one page, and go over it again after a week because nobody \
         remembers."),
    said(3, &["medication.review"], ServiceUser, Suggests,
        "Before you move me, look again at whether I need three medicines that all make me eat."),
    said(3, &["ward-culture.blanket-rules", "delivery.information"], ServiceUser, Suggests,
        "I want to be told the rules on food and parcels beforehand, not find out when my shopping is taken \
         off me."),
    said(3, &["draft.scope"], ServiceUser, Stance::Mixed,
        "Some of us come in too thin, and being offered seconds was the kindest thing anyone did."),
    said(3, &["medication"], ServiceUser, Unclear,
        "I was sent a welcome pack with a map of the car park and not one word about my medication."),
    said(3, &["delivery.information"], Staff, Supports,
        "A baseline before admission is right: weight, waist, bloods and what normal looked like for that \
         person."),
    said(3, &["delivery.information"], Staff, Stance::Mixed,
        "We often assess somebody with no scales, in a room with no window and twenty minutes to do it, so \
         the baseline is a nice idea that will be left blank or, worse, filled in by guessing."),
    said(3, &["delivery.community"], Staff, Supports,
        "The GP record should be asked for at referral, because it is the only place with ten years of \
         weights in it."),
    said(3, &["medication.review"], Staff, Suggests,
        "Prescribers on both sides should speak before transfer about which medicine is planned and what it \
         does to appetite."),
    said(3, &["activity.gym"], Staff, Supports,
        "If fitness for the gym were checked before admission, people could start in their first week."),
    said(3, &["delivery.specialists"], Staff, Stance::Mixed,
        "A dietitian's opinion before admission matters for people with diabetes or an eating disorder; for \
         the rest it can wait."),
    said(3, &["catering.choice", "delivery.information"], Staff, Suggests,
        "Put food preferences, faith and allergies on the admission form and send it to the kitchen, not \
         just to the file."),
    said(3, &["motivation.goals"], Staff, Suggests,
        "Ask about strengths: someone who used to box, cook or dig an allotment has a plan half made."),
    said(3, &["staff"], Staff, Suggests,
        "The named nurse should go on the assessment visit when possible, so there is a face that already \
         knows the story."),
    said(3, &["draft.wording"], Staff, Opposes,
        "The pre-admission part reads like a list for a planned move in spring; ours are mostly urgent and \
         on a Friday."),
    said(3, &["delivery.information", "activity"], Staff, Suggests,
        "Send our activity timetable with the admission letter; it costs nothing and says what sort of \
         place we are."),
    said(3, &["catering.self-catering"], Staff, Suggests,
        "Find out early who can cook, because people lose the skill in months if nobody lets them use it."),
    said(3, &["ward-culture.language"], Staff, Supports,
        "Whoever takes the first weight should explain why and ask permission; it sets the tone for \
         everything after."),
    said(3, &["delivery"], Staff, Opposes,
        "Another form before admission will delay beds, and a delayed bed does more harm than a missing \
         weight."),
    said(3, &["delivery.information"], FamilyCarer, Suggests,
        "Ask the family, if he agrees; I could have told you what he ate, what he weighed, what makes him \
         stop eating and which song gets him up and dancing in the kitchen."),
    said(3, &["medication.side-effects"], FamilyCarer, Supports,
        "We would have liked to be warned about weight gain before it started, in person and not in a \
         leaflet."),
    said(3, &["delivery.information", "ward-culture"], FamilyCarer, Suggests,
        "Carers need to know what we may bring on the first visit, or it will be doughnuts out of nerves."),
    said(3, &["ward-culture.language"], FamilyCarer, Stance::Mixed,
        "Please do not open with weight; open with whether she is safe, then talk about the rest."),
    said(3, &["delivery.information"], Commissioner, Supports,
        "Referral forms could ask about weight and physical health in one shared format; we could start \
         asking for that tomorrow."),
    said(3, &["delivery"], Commissioner, Stance::Mixed,
        "We fund the bed from the day of arrival, so work before it needs paying for or it will not happen."),
    said(3, &["delivery.information"], Other, Suggests,
        "Those of us who work in prison healthcare have the weights and the gym records, but nobody asks \
         us."),
    // 4. What should happen during admission, care and treatment?
    said(4, &["activity"], ServiceUser, Supports,
        "An hour of activity every day should be something we can count on, with a reason written down when \
         it does not happen."),
    said(4, &["medication.review"], ServiceUser, Supports,
        "Review the medicine for weight every three months and tell me what the choices are, including \
         none."),
    said(4, &["medication.review"], ServiceUser, Suggests,
        "I asked about a tablet to help with the weight and was told maybe; the draft should say who \
         decides."),
    said(4, &["catering.self-catering"], ServiceUser, Supports,
        "Let us plan, shop, cook and wash up for ourselves as early as it is safe, even if it goes wrong at \
         first, because burnt rice is how everyone else's children learn and it is real life."),
    said(4, &["catering.portions"], ServiceUser, Suggests,
        "Ask what size portion I want; do not just ladle."),
    said(4, &["shop.takeaways", "ward-culture.blanket-rules"], ServiceUser, Opposes,
        "Limiting takeaways to one a month treats grown adults like children, and people will only hoard."),
    said(4, &["shop.takeaways"], ServiceUser, Supports,
        "I would back fewer takeaways, because I cannot say no when the menu is going round."),
    said(4, &["activity.outdoors"], ServiceUser, Suggests,
        "Fresh air first thing, before the meeting, before the medication queue, before anything."),
    said(4, &["motivation.goals"], ServiceUser, Supports,
        "Put my goal in my care plan in my words and ask me about it, not only at reviews."),
    said(4, &["ward-culture.language"], ServiceUser, Suggests,
        "Offer a private weigh-in, and let me not look at the number if I do not want to."),
    said(4, &["activity.long-days"], ServiceUser, Suggests,
        "Stop putting everything between ten and three on weekdays; weekends are the hungry days."),
    said(4, &["leave", "activity.outdoors"], ServiceUser, Suggests,
        "Use leave for moving: bus one way, walk back, that sort of thing."),
    said(4, &["motivation.together"], ServiceUser, Suggests,
        "A step challenge, one ward against another, and the losers make the smoothies."),
    said(4, &["catering.choice"], ServiceUser, Suggests,
        "Get us into the menu meetings with the caterers and let us taste things before they are chosen."),
    said(4, &["activity.for-everyone"], ServiceUser, Stance::Mixed,
        "Music and dancing count as exercise, and so does hoovering the way I do it."),
    said(4, &["staff", "motivation"], ServiceUser, Suggests,
        "A bit of praise goes a long way; I lost a stone and nobody noticed except my belt."),
    said(4, &["ward-culture.blanket-rules"], ServiceUser, Opposes,
        "What I eat is my business while I have capacity, and the draft should say that out loud."),
    said(4, &["medication.side-effects"], ServiceUser, Suggests,
        "Hunger from medicine is not greed, and I want that written in the care plan so the night staff \
         know it too."),
    said(4, &["shop.money"], ServiceUser, Suggests,
        "Sessions on budgeting and reading labels, done in an actual supermarket and not on a whiteboard."),
    said(4, &["delivery"], ServiceUser, Supports,
        "Do not wait until I am diabetic before anybody sits down with me."),
    said(4, &["activity.gym"], ServiceUser, Suggests,
        "Let us have gym equipment on the ward for the days when nobody can take us across."),
    said(4, &["delivery"], Staff, Supports,
        "A monthly physical health clinic with the same nurse gives continuity, and it is realistic on our \
         numbers."),
    said(4, &["medication.review"], Staff, Supports,
        "Weight should be a standing item at every care review, next to the medicine that may have caused \
         it."),
    said(4, &["medication.review"], Staff, Supports,
        "Switching, or adding something for weight, should be talked through early with the person and not \
         saved until everything else has failed."),
    said(4, &["activity", "delivery.specialists"], Staff, Supports,
        "Activity should be prescribed like anything else: what type, how often, who with, and then \
         reviewed."),
    said(4, &["ward-culture.blanket-rules", "shop.takeaways"], Staff, Stance::Mixed,
        "Agree what happens about takeaways together at the ward meeting, write it up, and look at it again \
         after three months; rules that come down from above are broken by the weekend and then everybody \
         falls out."),
    said(4, &["catering.choice"], Staff, Suggests,
        "Let occupational therapy and the kitchen plan each season's menu together, with people from every \
         ward at the table."),
    said(4, &["staff.example", "catering"], Staff, Supports,
        "Staff should eat with people at mealtimes, same food, same table; it is support and it is also \
         honest."),
    said(4, &["staff.training", "medication.side-effects"], Staff, Suggests,
        "Everyone needs to know the signs of fast weight gain after a new medicine, not only the nurses."),
    said(4, &["motivation"], Staff, Stance::Mixed,
        "Asking people what they want for themselves works better than posters, but it needs time and \
         supervision."),
    said(4, &["activity.long-days"], Staff, Suggests,
        "Protect one activity hour in the morning and one in the evening, and roster for it as we roster \
         for medication."),
    said(4, &["shop.takeaways", "shop"], Staff, Opposes,
        "A fixed number of takeaways is the wrong target; it is the daily snacks that add up."),
    said(4, &["other"], Staff, Suggests,
        "Look at sleep as well: people who are up until three in the morning eat at three in the morning."),
    said(4, &["leave.cancelled"], Staff, Suggests,
        "Count a walk off site as treatment, then it stops being the first thing to go."),
    said(4, &["catering.self-catering"], Staff, Supports,
        "Self-catering should start on the admission ward, with something as small as making your own \
         sandwich."),
    said(4, &["ward-culture"], FamilyCarer, Suggests,
        "On birthdays let us do something other than cake, and tell us what; we are willing to be creative."),
    said(4, &["delivery.information"], FamilyCarer, Suggests,
        "Invite carers to the physical health review, even by telephone, because we notice changes between \
         visits."),
    said(4, &["medication.review"], FamilyCarer, Stance::Mixed,
        "When we ask about the medicine, please do not take it as criticism; we only want to know the plan."),
    said(4, &["activity", "motivation"], FamilyCarer, Suggests,
        "He needs something to get up for and the weight will follow; put your effort there."),
    said(4, &["delivery"], Commissioner, Supports,
        "We would like to see three measures at most: weight trend, activity taken up and medicine \
         reviewed."),
    said(4, &["catering", "draft.wording"], Commissioner, Stance::Mixed,
        "We support higher food standards, but the draft needs to say which are required and which are \
         hoped for."),
    said(4, &["activity.outdoors", "catering"], Other, Unclear,
        "I volunteer with the gardening group, and growing it is the only way I have seen people ask for \
         seconds of cabbage."),
    // 5. What should happen on discharge and transition?
    said(5, &["delivery.community", "activity.gym"], ServiceUser, Suggests,
        "Get us a gym card and come with us the first three times, because walking in alone is the hard \
         bit."),
    said(5, &["catering.self-catering"], ServiceUser, Supports,
        "I had years of dinners on a tray; teach me to cook for one before I leave."),
    said(5, &["shop.money"], ServiceUser, Suggests,
        "Practise a weekly shop on a real budget before we go, not on the day we get the keys."),
    said(5, &["delivery.community"], ServiceUser, Supports,
        "Make sure the GP has my weight, my blood results and who to ring, before I walk out."),
    said(5, &["medication.review"], ServiceUser, Suggests,
        "If my medicine is going to be changed, change it while I am still with people who know me."),
    said(5, &["motivation"], ServiceUser, Unclear,
        "I am scared I will put it all on again with nobody around to notice."),
    said(5, &["shop.takeaways"], ServiceUser, Suggests,
        "There will be six takeaways on my road and a bus to the greengrocer; plan for that."),
    said(5, &["motivation.together"], ServiceUser, Suggests,
        "Let people who have left come back and tell us what it is really like, including the toast dinners \
         and the lonely Sundays, because we can plan for what we have been told about honestly."),
    said(5, &["leave", "catering.self-catering"], ServiceUser, Supports,
        "Longer leave to the new flat with some cooking in it, so that the kitchen is not a stranger."),
    said(5, &["activity.outdoors", "delivery.community"], ServiceUser, Suggests,
        "Walking groups outside would take us if somebody explained, kindly, and told them only what we \
         agree to."),
    said(5, &["activity.gym"], ServiceUser, Suggests,
        "The leisure centre wanted a health form that nobody would sign; sort that out before discharge."),
    said(5, &["delivery.information"], ServiceUser, Supports,
        "One plan that comes with me; I have had three care plans and three different goals."),
    said(5, &["ward-culture.blanket-rules"], ServiceUser, Opposes,
        "Stop checking at some point; out there I want to eat what I like."),
    said(5, &["shop.money"], ServiceUser, Unclear,
        "Money is tighter outside, and the healthy stuff is the first thing to go."),
    said(5, &["staff", "activity.outdoors"], ServiceUser, Supports,
        "My community worker is brilliant, she comes to the allotment with me instead of sitting in an \
         office."),
    said(5, &["medication.side-effects", "delivery.information"], ServiceUser, Suggests,
        "Tell the hostel I am hungry because of the medicine, so I do not get told off for raiding the \
         fridge."),
    said(5, &["activity"], ServiceUser, Suggests,
        "A bike. Honestly, a bike and a lock and someone to mend it with."),
    said(5, &["catering"], ServiceUser, Stance::Mixed,
        "The supported housing I went to did chips every day, so all I had learned went in a month."),
    said(5, &["delivery.specialists", "activity.gym"], ServiceUser, Stance::Mixed,
        "Moving from medium to low secure I lost my gym sessions and my dietitian on the same day."),
    said(5, &["motivation.goals"], ServiceUser, Suggests,
        "I want to set my own goal for after, like a charity walk, and have somebody remember to ask about \
         it."),
    said(5, &["no-reason-given"], ServiceUser, Unclear,
        "Do not know really, ask me later."),
    said(5, &["delivery.community"], Staff, Supports,
        "The handover to primary care should name who does the annual physical check, or it belongs to \
         nobody."),
    said(5, &["delivery.community"], Staff, Suggests,
        "Community forensic teams need scales, a tape measure and time, in that order."),
    said(5, &["catering.self-catering", "shop.money"], Staff, Supports,
        "Assess cooking and shopping as seriously as we assess risk; people go home to a microwave and a \
         kettle."),
    said(5, &["leave", "activity"], Staff, Suggests,
        "Build up community activity during leave, a year before, so that discharge does not change the \
         routine."),
    said(5, &["medication.review"], Staff, Supports,
        "Medicines at discharge should come with a plan: what to watch, when to review, who to ask."),
    said(5, &["delivery.information", "draft.scope"], Staff, Stance::Mixed,
        "Moves between levels of security lose more information than discharge does, and the draft skates \
         over them."),
    said(5, &["delivery.community", "activity"], Staff, Stance::Mixed,
        "Exercise referral schemes tend to stop after a few weeks, and our people need a year."),
    said(5, &["staff"], Staff, Suggests,
        "Keep the same worker for the first six months, because relationships hold habits better than \
         leaflets do."),
    said(5, &["draft.scope"], Staff, Opposes,
        "We cannot be responsible for what people eat after discharge, and the draft comes close to saying \
         that we are."),
    said(5, &["motivation.together"], Staff, Supports,
        "Peer support workers who have made the same move are the best thing we offer, and we have half of \
         one."),
    said(5, &["shop.money"], Staff, Suggests,
        "Benefits advice belongs in this chapter; people can be discharged with less to spend than they had \
         on the ward."),
    said(5, &["delivery.community"], Staff, Suggests,
        "Housing providers should be at the discharge meeting, because they hold the fridge."),
    said(5, &["motivation"], Staff, Suggests,
        "Expect weight to go up in the first months, say so beforehand, and plan for it without shame."),
    said(5, &["activity.for-everyone"], Staff, Suggests,
        "Check that the community gym has step-free access and quiet hours before we write it in a plan."),
    said(5, &["catering.self-catering"], FamilyCarer, Suggests,
        "We will be the ones cooking on Sundays, so teach us as well."),
    said(5, &["delivery.community"], FamilyCarer, Supports,
        "After he came home it was a long time before anybody weighed him, and by then it was urgent."),
    said(5, &["delivery.information", "activity.outdoors"], FamilyCarer, Supports,
        "She was doing so well with her walking, and it stopped the week she moved because nobody there \
         knew about it."),
    said(5, &["shop.takeaways"], FamilyCarer, Stance::Mixed,
        "Let him enjoy a Friday fish supper with his dad; not everything nice has to be a risk."),
    said(5, &["delivery.community"], Commissioner, Supports,
        "Responsibility passes from one commissioner to another at discharge, and physical health is where \
         the gap opens; we would rather the draft named both of us and made us agree it in writing \
         beforehand."),
    said(5, &["delivery.specialists"], Commissioner, Suggests,
        "We could fund a step-down activity worker shared by several services rather than one in each."),
    said(5, &["delivery.information", "delivery.community"], Other, Suggests,
        "I help to run a supported house: send us the plan in plain words and somebody to ring, and we will \
         do the rest."),
    // 6. What do staff need?
    said(6, &["staff.training"], ServiceUser, Suggests,
        "Staff need training from us, on what it is like to be hungry all day and told it is willpower."),
    said(6, &["staff"], ServiceUser, Unclear,
        "There need to be more of them; everything else on this list comes down to that."),
    said(6, &["staff.example"], ServiceUser, Stance::Mixed,
        "They need proper breaks and decent food themselves, then they might not live on crisps."),
    said(6, &["ward-culture.blanket-rules", "activity.outdoors"], ServiceUser, Suggests,
        "Permission to come for a walk with us without filling in a form the length of my arm."),
    said(6, &["staff.training", "ward-culture.language"], ServiceUser, Supports,
        "They need to learn how to bring it up; one of them calls me big lad and thinks that is \
         encouragement."),
    said(6, &["delivery.specialists"], ServiceUser, Supports,
        "Give every ward somebody whose actual job is sport, not a volunteer from the day shift."),
    said(6, &["motivation.goals", "staff"], ServiceUser, Suggests,
        "Time to sit down and do the plan with me properly, not in the five minutes before handover."),
    said(6, &["medication.side-effects", "staff.training"], ServiceUser, Supports,
        "They need to know what each tablet does to your appetite, because they are the ones dishing them \
         out."),
    said(6, &["staff.example"], ServiceUser, Opposes,
        "I do not need staff to be role models, I need them to be honest that they struggle as well."),
    said(6, &["catering.self-catering", "staff.training"], ServiceUser, Suggests,
        "Staff who can cook; some are more scared of the kitchen than we are."),
    said(6, &["activity.gym"], ServiceUser, Suggests,
        "More people trained to do gym inductions, so that it does not depend on one person's holidays."),
    said(6, &["delivery.information"], ServiceUser, Suggests,
        "Bank staff need a two-minute handover about who is trying to do what, or they undo it by teatime."),
    said(6, &["staff.example", "activity"], ServiceUser, Supports,
        "Let staff wear trainers and do the class as part of their shift."),
    said(6, &["staff"], ServiceUser, Stance::Mixed,
        "You cannot train kindness into people, but you could start by recruiting for it."),
    said(6, &["staff", "medication.side-effects"], ServiceUser, Suggests,
        "They need to listen the first time; I told four people that the new dose was making me ravenous."),
    said(6, &["motivation.together", "staff"], ServiceUser, Supports,
        "Pair staff up with us for the step challenge; my key nurse has become frighteningly competitive."),
    said(6, &["leave.cancelled"], ServiceUser, Suggests,
        "Enough drivers, because we have a minibus that goes nowhere."),
    said(6, &["staff.training"], ServiceUser, Unclear,
        "Some of them know loads and some know nothing, it depends who is on."),
    said(6, &["ward-culture.blanket-rules"], ServiceUser, Suggests,
        "Managers who back them up when they say yes to something sensible."),
    said(6, &["catering"], ServiceUser, Suggests,
        "Someone in charge who is allowed to change the menu, and not just pass on our moaning."),
    said(6, &["staff.example", "ward-culture"], ServiceUser, Supports,
        "They should stop heating up curry in our microwave at nine at night when we are all on a plan."),
    said(6, &["staff.training"], Staff, Supports,
        "We need practical training on nutrition, in an hour, on the ward, from someone who has met the \
         people we work with."),
    said(6, &["delivery.specialists"], Staff, Supports,
        "A dietitian, an exercise professional and a physical health nurse for each service, in permanent \
         posts and not on a project."),
    said(6, &["staff", "activity", "leave.cancelled"], Staff, Suggests,
        "We need time set aside for activity that cannot be borrowed for anything else, because good \
         intentions do not survive a short shift, and people remember the walk that was promised long after \
         we forget it."),
    said(6, &["staff.training"], Staff, Opposes,
        "E-learning alone will not do it; we click through it on nights and remember nothing."),
    said(6, &["medication.review", "staff.training"], Staff, Suggests,
        "Junior doctors need a simple guide to which medicines weigh heaviest, and permission to raise a \
         switch."),
    said(6, &["staff.example"], Staff, Suggests,
        "Staff health matters: a canteen open at night, showers and a cycle scheme would be a start."),
    said(6, &["delivery"], Staff, Suggests,
        "Equipment that works: scales that go high enough, a wide cuff, a chair that does not embarrass \
         anyone."),
    said(6, &["ward-culture.blanket-rules"], Staff, Suggests,
        "Clear legal advice on what we may and may not limit, so that we are not making it up at the hatch."),
    said(6, &["staff", "ward-culture.language"], Staff, Suggests,
        "Supervision to talk about our own feelings on weight, since some of us bring plenty of them to \
         work."),
    said(6, &["delivery.information"], Staff, Suggests,
        "One electronic chart for weight that draws the line for you and shouts when it goes up."),
    said(6, &["staff.example"], Staff, Opposes,
        "I came into nursing to nurse, and I resent guidance that has opinions on my lunch."),
    said(6, &["catering.portions", "staff"], Staff, Suggests,
        "We need catering colleagues in the team meeting; they know who takes thirds and who pushes it \
         round the plate."),
    said(6, &["staff.training"], Staff, Supports,
        "Healthcare assistants spend the most time with people and get the least training, which is upside \
         down."),
    said(6, &["motivation"], Staff, Suggests,
        "We need to see success stories; we hear about the weight that goes on and never the weight that \
         comes off."),
    said(6, &["staff.training"], FamilyCarer, Suggests,
        "Teach staff to talk to families about food without making us feel that we caused it."),
    said(6, &["staff", "leave.cancelled"], FamilyCarer, Suggests,
        "Enough of them on shift that a walk is not a favour."),
    said(6, &["medication.side-effects", "staff.training"], FamilyCarer, Suggests,
        "Somebody on each shift who can answer a question about the medicine and weight without having to \
         ring back."),
    said(6, &["staff"], FamilyCarer, Supports,
        "They need thanking too, because the ones who got him swimming did it on top of everything else."),
    said(6, &["delivery.specialists"], Commissioner, Stance::Mixed,
        "We agree with the workforce chapter, though services will need time and lasting money to recruit \
         to these roles."),
    said(6, &["staff.training"], Commissioner, Suggests,
        "Training figures tell us who sat in a room; we would rather know whether anything changed on the \
         ward."),
    said(6, &["staff.training", "delivery.specialists"], Other, Suggests,
        "I teach exercise, and I need some basic mental-health training before I am any use to the people \
         you send me."),
    // 7. Is anything missing from, or wrong in, the draft?
    said(7, &["draft.wording", "motivation"], ServiceUser, Stance::Mixed,
        "It talks about weight all the way through and hardly about happiness, and one of those is why I \
         eat."),
    said(7, &["draft.scope"], ServiceUser, Opposes,
        "It forgets people who are underweight or have had an eating disorder; counting calories is \
         dangerous for some of us."),
    said(7, &["draft.wording"], ServiceUser, Stance::Mixed,
        "Too many words and not enough pictures; the easy read was better and should be the main one."),
    said(7, &["medication.side-effects", "draft"], ServiceUser, Opposes,
        "It puts the medicine at the back, when for me the medicine is the front, the middle and the end of \
         it."),
    said(7, &["ward-culture.blanket-rules"], ServiceUser, Opposes,
        "It is wrong to write about restricting food without writing about our rights in the same breath: \
         who decides, for how long, how I can challenge it, and what the service will do differently if I \
         am right."),
    said(7, &["draft.scope"], ServiceUser, Suggests,
        "Women's bodies are missing: periods, menopause, having babies, all of it."),
    said(7, &["draft", "delivery"], ServiceUser, Supports,
        "It is good, I would sign it, but who checks that anybody does it?"),
    said(7, &["catering.choice", "draft.scope"], ServiceUser, Opposes,
        "Caribbean, African and Asian food gets a mention and a frown; our food is not unhealthy, it is \
         just badly cooked here."),
    said(7, &["shop.takeaways"], ServiceUser, Opposes,
        "The takeaway bit is wrong, because a meal shared with friends is therapy if you have not had many."),
    said(7, &["shop.takeaways"], ServiceUser, Stance::Mixed,
        "Be braver about takeaways; three a week is doing us harm and we all know it."),
    said(7, &["ward-culture.language", "draft.wording"], ServiceUser, Suggests,
        "Please take out the words that sound like a telling-off; I counted a fair few."),
    said(7, &["activity.long-days", "draft.scope"], ServiceUser, Suggests,
        "Boredom should have its own chapter."),
    said(7, &["activity.for-everyone"], ServiceUser, Stance::Mixed,
        "It says little for people who use a wheelchair, apart from that they should be included."),
    said(7, &["motivation.together", "draft.scope"], ServiceUser, Suggests,
        "Peer support is missing, and it works, and it costs next to nothing."),
    said(7, &["draft.scope"], ServiceUser, Stance::Mixed,
        "Smoking and weight go together; you cannot fix one in one booklet and the other in another."),
    said(7, &["leave", "draft.scope"], ServiceUser, Stance::Mixed,
        "Where is leave in all this? I looked for it, because leave is where I do all my walking."),
    said(7, &["draft"], ServiceUser, Stance::Mixed,
        "Body mass index is a blunt thing; I lift weights and it says that I am in trouble."),
    said(7, &["draft.scope"], ServiceUser, Suggests,
        "Teeth are missing: mine hurt, so I eat soft things, and soft things are cake."),
    said(7, &["draft"], ServiceUser, Supports,
        "Nothing missing for me, and I liked that somebody asked."),
    said(7, &["draft.scope", "motivation"], ServiceUser, Opposes,
        "It treats weight as something to manage; for some of us it is armour, and nobody asks about \
         trauma."),
    said(7, &["draft", "delivery"], ServiceUser, Suggests,
        "There is nothing about what happens if they do not do it; put in who we complain to."),
    said(7, &["draft.wording"], Staff, Stance::Mixed,
        "Sort what must happen from what would be nice; at present it all carries the same weight, if you \
         will forgive me."),
    said(7, &["draft.scope"], Staff, Suggests,
        "There is little for people with a learning disability or autistic people, for whom texture and \
         routine can matter more than calories."),
    said(7, &["staff.example"], Staff, Opposes,
        "The part on role models blames staff for a system that gives them a vending machine, a twelve-hour \
         shift and a break they cannot take, and then asks them to look cheerful over a salad."),
    said(7, &["medication.review", "draft.wording"], Staff, Stance::Mixed,
        "The prescribing appendix is useful, but put a one-page version at the front where a busy doctor \
         will see it."),
    said(7, &["delivery.specialists"], Staff, Opposes,
        "What it expects of exercise professionals is not realistic for a small service; allow us to share \
         them."),
    said(7, &["draft.scope"], Staff, Suggests,
        "Sleep, constipation and pain all change how people eat, and none of them gets more than a line."),
    said(7, &["medication", "draft"], Staff, Supports,
        "It is the first guidance I have seen that admits the medicine is part of the problem, and I am \
         grateful."),
    said(7, &["ward-culture.blanket-rules", "draft.wording"], Staff, Stance::Mixed,
        "The part on restrictions wants examples, because two services could read it and do opposite \
         things."),
    said(7, &["catering"], Staff, Opposes,
        "It asks ward staff to put right food that ward staff do not buy; address it to whoever holds the \
         catering contract."),
    said(7, &["draft.scope"], Staff, Suggests,
        "Long stays are missing: what works in the first year does not work in the ninth."),
    said(7, &["draft.wording"], Staff, Opposes,
        "Use words people would say; nobody at our table could explain what a multi-component lifestyle \
         intervention is."),
    said(7, &["shop.money", "draft.scope"], Staff, Suggests,
        "Money is missing; we cannot talk about food choices and not about what people can afford."),
    said(7, &["motivation"], Staff, Stance::Mixed,
        "It assumes that people are ready to change, and offers little for the months when they are not."),
    said(7, &["activity.outdoors"], Staff, Suggests,
        "Green space should be a standard for buildings, not a lucky accident of where the wall went."),
    said(7, &["draft.scope", "delivery.information"], FamilyCarer, Opposes,
        "Families appear as visitors with snacks; we are also the ones who will still be here in ten years."),
    said(7, &["draft.wording"], FamilyCarer, Stance::Mixed,
        "I found it clear, but it was long, and I only got to the end because I was on a train."),
    said(7, &["medication.side-effects"], FamilyCarer, Suggests,
        "It should say sorry somewhere; for years families were told that it was only overeating."),
    said(7, &["draft.scope"], FamilyCarer, Suggests,
        "Grief is not in it, and people eat, or stop eating, when they lose somebody."),
    said(7, &["draft.wording"], Commissioner, Stance::Mixed,
        "It mixes guidance for clinicians with requirements for providers; those need separate documents, \
         or at least separate pages."),
    said(7, &["delivery", "draft.scope"], Commissioner, Suggests,
        "It needs a cost, even a rough one, or it will be read as a wish list."),
    said(7, &["draft.wording"], Other, Supports,
        "As a student on placement I found it readable, though I had to look up half of the abbreviations."),
];
