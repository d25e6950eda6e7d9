//! The four principles: what of the record is evidence of each, and what is missing.

use super::{
    ClockBegins, Considered, Evidence, EvidenceCode, Gap, GapCode, OnRecord, PAPERS_DAYS, Principle,
    PrincipleCode, RESPONSE_WEEKS, ResponseClock,
    life::{Held, Life, day, days_between},
};
use crate::{
    id::{ConsultationId, GroupId},
    life::Status,
    record::Material,
    report::answers,
    vocabulary::{ConsultationKind, MaterialFormat, QuestionKind},
};
use time::Date;

impl Principle {
    fn new(number: u8, code: PrincipleCode, title: &str, question: &str) -> Self {
        Self {
            number,
            code,
            title: title.to_owned(),
            question: question.to_owned(),
            evidence: Vec::new(),
            gaps: Vec::new(),
        }
    }

    fn shows(&mut self, code: EvidenceCode, on: Option<Date>, text: String) {
        self.evidence.push(Evidence {
            code,
            text,
            on,
            meeting_id: None,
            group_id: None,
        });
    }

    fn shows_of(&mut self, held: &Held<'_>, code: EvidenceCode, on: Option<Date>, text: String) {
        self.evidence.push(Evidence {
            code,
            text,
            on,
            meeting_id: Some(held.meeting.id),
            group_id: Some(held.meeting.group),
        });
    }

    fn lacks(&mut self, code: GapCode, text: impl Into<String>, place: &str) {
        self.gaps.push(Gap {
            code,
            text: text.into(),
            place: place.to_owned(),
            meeting_id: None,
            group_id: None,
        });
    }

    fn lacks_of(&mut self, held: &Held<'_>, code: GapCode, text: String, place: &str) {
        self.lacks(code, text, place);
        if let Some(gap) = self.gaps.last_mut() {
            gap.meeting_id = Some(held.meeting.id);
            gap.group_id = Some(held.meeting.group);
        }
    }

    fn lacks_of_group(&mut self, group: GroupId, code: GapCode, text: String, place: &str) {
        self.lacks(code, text, place);
        if let Some(gap) = self.gaps.last_mut() {
            gap.group_id = Some(group);
        }
    }
}

/// So many of something.
fn count(number: u64, one: &str, more: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {more}"),
    }
}

fn days(number: i64) -> String {
    count(number.unsigned_abs(), "day", "days")
}

/// Numbers in a row, the last behind `and`.
fn listed(numbers: &[i32]) -> String {
    let words: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The least and the most, as a range.
fn range(minutes: &[i32]) -> String {
    match (minutes.iter().min(), minutes.iter().max()) {
        (Some(least), Some(most)) if least != most => format!("from {least} to {most} minutes"),
        (Some(least), _) => count(least.unsigned_abs().into(), "minute", "minutes"),
        (None, _) => String::new(),
    }
}

impl OnRecord {
    pub(super) fn name(&self, group: GroupId) -> &str {
        let known = self.groups.iter().find(|(id, _)| *id == group);
        known.map_or("a group", |(_, name)| name)
    }

    /// These groups, by name.
    fn by_name(&self, groups: impl Iterator<Item = GroupId>) -> Vec<GroupId> {
        let mut groups: Vec<_> = groups.collect();
        groups.sort_by_key(|id| (self.name(*id), *id));
        groups.dedup();
        groups
    }
}

/// The first principle: asked while it could still change.
pub(super) fn formative_stage(record: &OnRecord) -> Principle {
    let mut of = Principle::new(
        1,
        PrincipleCode::FormativeStage,
        "Formative stage",
        "Were people asked while what they said could still change something?",
    );
    for document in &record.documents {
        let title = document.title.as_str();
        match &document.version {
            Some(version) => {
                let text = format!("{title} is consulted on in version {}.", version.as_str());
                of.shows(EvidenceCode::DocumentVersion, None, text);
            }
            None => of.lacks(
                GapCode::DocumentWithoutVersion,
                format!("{title} has no version: the record does not show that a draft was consulted on, nor which."),
                "PATCH /v1/consultations/{id}: documents[].version",
            ),
        }
    }
    // A survey asks for experience; nothing is proposed in it that could be a draft.
    match (record.documents.as_slice(), record.kind) {
        ([], ConsultationKind::Survey) => {
            let text = "It is a survey of people's experience, and puts no draft to them.".to_owned();
            of.shows(EvidenceCode::SurveyWithoutDraft, None, text);
        }
        ([], _) => of.lacks(
            GapCode::NoDocument,
            "No document is named that is consulted on, so nothing shows that it was a draft.",
            "PATCH /v1/consultations/{id}: documents",
        ),
        _ => {}
    }
    match &record.open_to_change {
        Some(what) => of.shows(
            EvidenceCode::OpenToChange,
            None,
            format!("Open to change: {what}"),
        ),
        None => of.lacks(
            GapCode::NoOpenToChange,
            "Nothing says what is open to change.",
            "PATCH /v1/consultations/{id}: open_to_change",
        ),
    }
    match &record.not_open_to_change {
        Some(what) => {
            let text = format!("Not open to change: {what}");
            of.shows(EvidenceCode::NotOpenToChange, None, text);
        }
        // Moseley: people are to know which alternatives were put aside, and why.
        None => of.lacks(
            GapCode::NoNotOpenToChange,
            "Nothing says what is not open to change: what was decided before, which alternatives were put aside, and why.",
            "PATCH /v1/consultations/{id}: not_open_to_change",
        ),
    }
    let open = record.questions.iter();
    let open = open
        .filter(|question| question.kind == QuestionKind::Open)
        .count();
    match open {
        0 => of.lacks(
            GapCode::NoOpenQuestion,
            "No question is open: people can only choose among what they are offered.",
            "PATCH /v1/consultations/{id}: questions, while it is a draft; after that it stands",
        ),
        _ => {
            let text = format!(
                "Open questions, which people answer in their own words: {open} of {}.",
                count(record.questions.len() as u64, "question", "questions")
            );
            of.shows(EvidenceCode::OpenQuestions, None, text);
        }
    }
    of
}

/// The second: enough to answer with.
pub(super) fn sufficient_information(
    record: &OnRecord,
    life: &Life<'_>,
    held: &[Held<'_>],
    as_of: Date,
) -> Principle {
    let mut of = Principle::new(
        2,
        PrincipleCode::SufficientInformation,
        "Sufficient information",
        "Were people given enough, in a form that they could use, to understand what was proposed and to answer?",
    );
    // A consultation has a summary, or it is not taken in.
    of.shows(
        EvidenceCode::Summary,
        None,
        "It says in a summary what it is about.".to_owned(),
    );
    match record.easy_read_summary {
        Some(_) => {
            let text = "It says so in easy read, too.".to_owned();
            of.shows(EvidenceCode::EasyReadSummary, None, text);
        }
        None => of.lacks(
            GapCode::NoEasyReadSummary,
            "There is no summary in easy read.",
            "PATCH /v1/consultations/{id}: easy_read_summary",
        ),
    }
    if record.materials.is_empty() {
        of.lacks(
            GapCode::NoMaterials,
            "No material is on record that people were given.",
            "PATCH /v1/consultations/{id}: materials",
        );
    }
    let easy_read = |material: &Material| material.format == MaterialFormat::EasyRead;
    if !record.materials.iter().any(easy_read) {
        of.lacks(
            GapCode::NoEasyReadMaterial,
            "No material is on record in easy read.",
            "PATCH /v1/consultations/{id}: materials, one with the format easy_read",
        );
    }
    // What was recorded afterwards was opened in the service long after people were asked: the earlier of the two days is meant.
    let opening = match (record.opens_on, life.opened_on) {
        (Some(stated), Some(opened)) if opened < stated => Some((opened, "on which it was opened")),
        (Some(stated), _) => Some((stated, "the stated day of opening")),
        (None, opened) => opened.map(|opened| (opened, "on which it was opened")),
    };
    for material in &record.materials {
        of.material(material, opening, held, as_of);
    }
    let mut without: Vec<_> = record
        .questions
        .iter()
        .filter(|one| !one.has_easy_read_prompt)
        .collect();
    without.sort_by_key(|question| question.number);
    let asked = record.questions.len();
    if without.len() < asked {
        let text = format!(
            "Questions asked in easy read, too: {} of {asked}.",
            asked - without.len()
        );
        of.shows(EvidenceCode::EasyReadPrompts, None, text);
    }
    let numbers: Vec<_> = without.iter().map(|question| question.number).collect();
    if !numbers.is_empty() {
        of.lacks(
            GapCode::NoEasyReadPrompt,
            format!("Not asked in easy read: {}.", match numbers.as_slice() {
                [one] => format!("question {one}"),
                more => format!("questions {}", listed(more)),
            }),
            "PATCH /v1/consultations/{id}: questions[].easy_read_prompt, while it is a draft; after that it stands",
        );
    }
    of
}

impl Principle {
    /// One of the materials, against the opening and the meetings held.
    fn material(
        &mut self,
        material: &Material,
        opening: Option<(Date, &str)>,
        held: &[Held<'_>],
        as_of: Date,
    ) {
        let place = "PATCH /v1/consultations/{id}: materials[].supplied_on";
        let title = material.title.as_str();
        let format = material.format.as_str();
        if material.url.is_none() {
            self.lacks(
                GapCode::MaterialWithoutUrl,
                format!("{title} ({format}) has no address: who reads this record cannot read what people were given."),
                "PATCH /v1/consultations/{id}: materials[].url",
            );
        }
        let Some(supplied) = material.supplied_on else {
            self.shows(
                EvidenceCode::MaterialSupplied,
                None,
                format!("{title} ({format}) is named among the materials."),
            );
            let text = format!("The record does not say when {title} ({format}) was supplied.");
            self.lacks(GapCode::MaterialWithoutDate, text, place);
            return;
        };
        let when = day(supplied);
        if supplied > as_of {
            let text = format!("{title} ({format}) is not supplied before {when}.");
            self.lacks(GapCode::MaterialNotYetSupplied, text, place);
        } else {
            let text = format!("{title} ({format}) was supplied on {when}.");
            self.shows(EvidenceCode::MaterialSupplied, Some(supplied), text);
        }
        if let Some((opening, which)) = opening.filter(|(opening, _)| supplied > *opening) {
            let text = format!(
                "{title} ({format}) came on {when}, {} after {}, {which}.",
                days(days_between(opening, supplied)),
                day(opening)
            );
            self.lacks(GapCode::MaterialAfterOpening, text, place);
        }
        let before: Vec<_> = held.iter().filter(|held| held.on < supplied).collect();
        if let Some(first) = before.first() {
            let text = format!(
                "{title} ({format}) came on {when}, when {} had been held without it; the first was {}.",
                count(before.len() as u64, "meeting", "meetings"),
                first.name
            );
            self.lacks(GapCode::MaterialAfterMeeting, text, place);
        }
    }
}

/// The third: enough time, for everybody who was to be heard.
pub(super) fn adequate_time(
    record: &OnRecord,
    considered: &Considered,
    life: &Life<'_>,
    held: &[Held<'_>],
    as_of: Date,
) -> Principle {
    let mut of = Principle::new(
        3,
        PrincipleCode::AdequateTime,
        "Adequate time",
        "Did people have enough time to consider it and to answer?",
    );
    of.stated_dates(record, life, as_of);
    for (moved, on) in &life.moves {
        let (code, what) = match (moved.from, moved.to) {
            (Status::Draft, Status::Open) => (EvidenceCode::Opened, "Opened"),
            (_, Status::Open) => (EvidenceCode::Reopened, "Opened again"),
            (_, Status::Suspended) => (EvidenceCode::Suspended, "Suspended"),
            (_, Status::Closed) => (EvidenceCode::Closed, "Closed"),
            (_, Status::Withdrawn) => (EvidenceCode::Withdrawn, "Withdrawn"),
            (
                _,
                Status::Draft | Status::Analysing | Status::Reported | Status::Delivered | Status::Answered,
            ) => continue,
        };
        let text = match &moved.reason {
            Some(reason) => format!("{what} on {}. The reason given: {reason}", day(*on)),
            None => format!("{what} on {}.", day(*on)),
        };
        of.shows(code, Some(*on), text);
    }
    match (life.opened_on, life.last_open_on) {
        (Some(opened), Some(last)) => {
            // Twelve weeks are no measure of this: the Cabinet Office asks for a proportionate amount of time since 2012.
            let until = match record.status {
                Status::Open => "today".to_owned(),
                _ => day(last),
            };
            let without = match life.interrupted {
                true => ", without those on which it was suspended or closed in between",
                false => "",
            };
            let text = format!(
                "Open for {} from {} to {until}{without}; the day of opening is not counted.",
                days(life.days_open),
                day(opened)
            );
            of.shows(EvidenceCode::DaysOpen, Some(opened), text);
        }
        // What was given up before it was opened never will be.
        _ if record.status == Status::Withdrawn => {}
        _ => of.lacks(
            GapCode::NotOpened,
            "It has not been opened: nobody could answer yet.",
            "POST /v1/consultations/{id}/status: to open",
        ),
    }
    for held in held {
        of.papers(held);
    }
    for held in held {
        of.minutes(held, record.id);
    }
    of.groups(record, considered, life);
    of
}

impl Principle {
    /// What the consultation says of its own dates, against its moves.
    fn stated_dates(&mut self, record: &OnRecord, life: &Life<'_>, as_of: Date) {
        match (record.opens_on, record.closes_on) {
            (Some(opens), Some(closes)) => {
                let text = format!(
                    "It states that it is open from {} to {}: {}, the day of opening not counted.",
                    day(opens),
                    day(closes),
                    days(days_between(opens, closes))
                );
                self.shows(EvidenceCode::StatedDates, None, text);
            }
            (Some(opens), None) => {
                let text = format!("It states that it opens on {}.", day(opens));
                self.shows(EvidenceCode::StatedDates, Some(opens), text);
            }
            (None, Some(closes)) => {
                let text = format!("It states that it closes on {}.", day(closes));
                self.shows(EvidenceCode::StatedDates, Some(closes), text);
            }
            (None, None) => {}
        }
        match record.opens_on {
            None => self.lacks(
                GapCode::NoOpensOn,
                "It states no day of opening: nothing shows that people were told when they could begin.",
                "PATCH /v1/consultations/{id}: opens_on",
            ),
            Some(stated) => {
                if let Some(opened) = life.opened_on.filter(|opened| *opened > stated) {
                    let text = format!(
                        "It was opened on {}, {} after the stated day of opening, {}.",
                        day(opened),
                        days(days_between(stated, opened)),
                        day(stated)
                    );
                    let place =
                        "PATCH /v1/consultations/{id}: opens_on, where that states it wrongly; a move stands";
                    self.lacks(GapCode::OpenedLate, text, place);
                }
            }
        }
        let Some(stated) = record.closes_on else {
            return self.lacks(
                GapCode::NoClosesOn,
                "It states no day of closing: nothing shows that people were told how long they had.",
                "PATCH /v1/consultations/{id}: closes_on",
            );
        };
        match life.closing {
            Some((_, closed)) if closed < stated => {
                let text = format!(
                    "It was closed on {}, {} before the stated day of closing, {}.",
                    day(closed),
                    days(days_between(closed, stated)),
                    day(stated)
                );
                let place = "POST /v1/consultations/{id}/status: to open; or PATCH /v1/consultations/{id}: closes_on, where that \
                             states it wrongly";
                self.lacks(GapCode::ClosedEarly, text, place);
            }
            _ if matches!(record.status, Status::Open | Status::Suspended) && as_of > stated => {
                let text = format!(
                    "The stated day of closing, {}, has passed and it has not been closed: nothing says how long people have.",
                    day(stated)
                );
                let place = "POST /v1/consultations/{id}/status: to closed; or PATCH /v1/consultations/{id}: closes_on";
                self.lacks(GapCode::ClosingDayPassed, text, place);
            }
            _ => {}
        }
    }

    /// Whether the papers of a meeting were there in time.
    fn papers(&mut self, held: &Held<'_>) {
        let place = "PATCH /v1/meetings/{id}: papers_sent_on";
        let name = &held.name;
        let Some(sent) = held.meeting.papers_sent_on else {
            let text = format!("The record does not say when papers were sent for {name}.");
            return self.lacks_of(held, GapCode::PapersNotRecorded, text, place);
        };
        let when = day(sent);
        let ahead = days_between(sent, held.on);
        if ahead < 0 {
            let text = format!("Papers were sent on {when}, {} after {name}.", days(ahead));
            return self.lacks_of(held, GapCode::PapersAfterMeeting, text, place);
        }
        let text = format!("Papers were sent on {when}, {} before {name}.", days(ahead));
        self.shows_of(held, EvidenceCode::PapersSent, Some(sent), text);
        if ahead < PAPERS_DAYS {
            let text = format!(
                "Papers for {name} were sent {} before it, fewer than {PAPERS_DAYS}.",
                days(ahead)
            );
            self.lacks_of(held, GapCode::PapersLate, text, place);
        }
    }

    /// How long the consultation had at a meeting, by its agenda and by its tables.
    fn minutes(&mut self, held: &Held<'_>, consultation: ConsultationId) {
        let name = &held.name;
        let items = held.meeting.agenda.iter();
        let items = items.filter(|item| item.consultation_id == Some(consultation));
        let items: Vec<_> = items.map(|item| item.minutes).collect();
        let given: Vec<_> = items.iter().copied().flatten().collect();
        if items.is_empty() {
            self.lacks_of(
                held,
                GapCode::NotOnAgenda,
                format!("No item on the agenda of {name} names this consultation."),
                "PATCH /v1/meetings/{id}: agenda[].consultation_id and minutes",
            );
        }
        if !given.is_empty() {
            let minutes = given
                .iter()
                .map(|minutes| u64::from(minutes.unsigned_abs()))
                .sum();
            let text = format!(
                "The agenda of {name} gave it {}.",
                count(minutes, "minute", "minutes")
            );
            self.shows_of(held, EvidenceCode::AgendaMinutes, Some(held.on), text);
        }
        if given.len() < items.len() {
            self.lacks_of(
                held,
                GapCode::AgendaWithoutMinutes,
                format!("The agenda of {name} does not say how many minutes it gave to this consultation."),
                "PATCH /v1/meetings/{id}: agenda[].minutes",
            );
        }
        let tables = &held.meeting.tables;
        let timed: Vec<_> = tables.iter().copied().flatten().collect();
        if !timed.is_empty() {
            let text = format!(
                "Tables that say how long they had at {name}: {} of {}; {}.",
                timed.len(),
                tables.len(),
                range(&timed)
            );
            self.shows_of(held, EvidenceCode::TableMinutes, Some(held.on), text);
        }
        if timed.len() < tables.len() {
            let text = format!(
                "Tables that do not say how long they had at {name}: {} of {}.",
                tables.len() - timed.len(),
                tables.len()
            );
            self.lacks_of(
                held,
                GapCode::TablesWithoutMinutes,
                text,
                "PATCH /v1/discussions/{id} of each: minutes_given",
            );
        }
    }

    /// Who was to be heard, and was not waited for or not heard.
    fn groups(&mut self, record: &OnRecord, considered: &Considered, life: &Life<'_>) {
        if life.opened_on.is_none() {
            return;
        }
        let expected = record.by_name(record.expected.iter().copied());
        let silent: Vec<_> = expected
            .iter()
            .filter(|id| considered.silent.contains(id))
            .copied()
            .collect();
        if !expected.is_empty() {
            let text = format!(
                "Groups heard, of those expected: {} of {}.",
                expected.len() - silent.len(),
                expected.len()
            );
            self.shows(EvidenceCode::GroupsHeard, None, text);
        }
        let waived = life.closing.map_or(&[][..], |(closing, _)| &closing.overrides);
        for group in record.by_name(waived.iter().map(|(id, _)| *id)) {
            let reasons = waived.iter().filter(|(id, _)| *id == group);
            let reasons: Vec<_> = reasons.map(|(_, reason)| reason.as_str()).collect();
            let heard = match silent.contains(&group) {
                true => "Nothing that it said is counted.",
                false => "What had come in of it is counted.",
            };
            let text = format!(
                "It was closed without waiting for {}. {heard} The reason given: {}",
                record.name(group),
                reasons.join(" ")
            );
            self.lacks_of_group(
                group,
                GapCode::ClosedWithoutGroup,
                text,
                "POST /v1/consultations/{id}/status: to open, and to close again when it has been heard",
            );
        }
        for group in silent {
            if waived.iter().any(|(id, _)| *id == group) {
                continue;
            }
            self.lacks_of_group(
                group,
                GapCode::GroupNotHeard,
                format!(
                    "{} was expected, and nothing that it said is counted.",
                    record.name(group)
                ),
                "POST /v1/consultations/{id}/discussions or responses, while it is open",
            );
        }
    }
}

/// The fourth: taken into account, and answered.
pub(super) fn conscientious_consideration(
    record: &OnRecord,
    considered: &Considered,
    life: &Life<'_>,
    clock: &ResponseClock,
    as_of: Date,
) -> Principle {
    let mut of = Principle::new(
        4,
        PrincipleCode::ConscientiousConsideration,
        "Conscientious consideration",
        "Was what people said taken into account before anything was decided, and were they told what became of it?",
    );
    let all = considered.contributions;
    if all == 0 {
        of.lacks(
            GapCode::NothingSaid,
            "Nothing that anybody said is on record, so there is nothing to consider.",
            "POST /v1/consultations/{id}/discussions or responses, while it is open",
        );
    } else {
        let contributions = count(all, "contribution", "contributions");
        for (code, number, what) in [
            (
                EvidenceCode::ContributionsCoded,
                considered.coded,
                "Read and coded under a theme",
            ),
            (
                EvidenceCode::ContributionsSetAside,
                considered.set_aside,
                "Read and set aside, each with a reason",
            ),
            (
                EvidenceCode::ContributionsDoubleCoded,
                considered.double_coded,
                "Coded by two or more who worked independently of each other",
            ),
        ] {
            if number > 0 {
                of.shows(code, None, format!("{what}: {number} of {contributions}."));
            }
        }
        if considered.uncoded > 0 {
            let text = format!(
                "Neither coded nor set aside: {} of {contributions}.",
                considered.uncoded
            );
            of.lacks(
                GapCode::Uncoded,
                text,
                "PUT /v1/contributions/{id}/coding of each",
            );
        }
        if considered.unadjudicated > 0 {
            let text = format!(
                "Coders differ and nobody has decided: {} of {contributions}.",
                considered.unadjudicated
            );
            let place = "POST /v1/contributions/{id}/adjudication of each";
            of.lacks(GapCode::Unadjudicated, text, place);
        }
        if considered.to_code_again > 0 {
            let text = format!(
                "{} under a theme that was split since, and {} not coded with what took its place.",
                count(considered.to_code_again, "contribution is", "contributions are"),
                if considered.to_code_again == 1 {
                    "is"
                } else {
                    "are"
                },
            );
            let place =
                "PUT /v1/contributions/{id}/coding of each, dealt to its coder by POST …/coding-queue/claims";
            of.lacks(GapCode::ToCodeAgain, text, place);
        }
    }
    let mut releases: Vec<_> = record.releases.iter().collect();
    releases.sort_by_key(|release| release.number);
    for release in releases {
        let Some(on) = release.made_at.day_in_london() else {
            continue;
        };
        let text = format!(
            "Release {} of its figures was made on {}.",
            release.number,
            day(on)
        );
        of.shows(EvidenceCode::Released, Some(on), text);
    }
    if record.releases.is_empty() {
        of.lacks(
            GapCode::NoRelease,
            "No figures were released, so no body that decides had them from here.",
            "POST /v1/consultations/{id}/releases, once it is closed",
        );
    }
    of.reports(record);
    of.deliveries(record);
    of.decisions(record);
    of.response(record, life, clock, as_of);
    of
}

impl Principle {
    /// The answer that is due. Who gave a consultation up answers nothing, and who never asked has nobody to answer.
    fn response(&mut self, record: &OnRecord, life: &Life<'_>, clock: &ResponseClock, as_of: Date) {
        let place = "PATCH /v1/consultations/{id}: response_due_on";
        let stated = clock.stated_due_on;
        if let Some(stated) = stated {
            let text = format!("It states that an answer is due on {}.", day(stated));
            self.shows(EvidenceCode::ResponseDue, Some(stated), text);
        }
        if record.status == Status::Withdrawn {
            return;
        }
        if stated.is_none() {
            self.lacks(
                GapCode::NoResponseDueOn,
                "It states no day for an answer: nothing shows that people were told when they would hear.",
                place,
            );
        }
        let from = match (clock.begins, clock.begins_on) {
            (Some(ClockBegins::Closed), Some(on)) => format!("was closed on {}", day(on)),
            (_, Some(on)) => format!("states that it closes on {}", day(on)),
            (_, None) => String::new(),
        };
        if let (Some(stated), Some(due)) = (stated, clock.due_on)
            && stated > due
        {
            let text = format!(
                "The stated day for an answer, {}, is {} later than {RESPONSE_WEEKS} weeks: it {from}, and twelve weeks end on {}. \
                 The Cabinet Office asks for a reason then.",
                day(stated),
                days(days_between(due, stated)),
                day(due)
            );
            self.lacks(GapCode::ResponseDueLate, text, place);
        }
        if life.opened_on.is_none() {
            return;
        }
        if let Some(on) = clock.answered_on {
            let text = format!("Every theme of the latest report had a decision on {}.", day(on));
            self.shows(EvidenceCode::Answered, Some(on), text);
            let due = clock.due_on.filter(|due| on > *due);
            if let Some(due) = due {
                let text = format!(
                    "The answer came on {}, {} after the {RESPONSE_WEEKS} weeks for it ended on {}: it {from}.",
                    day(on),
                    days(days_between(due, on)),
                    day(due)
                );
                let nothing = "Nothing closes it; a reason can stand with the outcomes.";
                self.lacks(GapCode::AnsweredLate, text, nothing);
            }
            return;
        }
        let outcomes = "POST /v1/consultations/{id}/outcomes, for each theme that waits";
        if let Some(due) = clock.due_on.filter(|due| as_of > *due) {
            let text = format!(
                "Not every theme has an answer on record, and the {RESPONSE_WEEKS} weeks for it ended on {}, {} ago: it {from}.",
                day(due),
                days(days_between(due, as_of))
            );
            self.lacks(GapCode::ResponseOverdue, text, outcomes);
        }
        if let Some(stated) = stated.filter(|stated| as_of > *stated) {
            let text = format!(
                "Not every theme has an answer on record, and the stated day for it, {}, passed {} ago.",
                day(stated),
                days(days_between(stated, as_of))
            );
            let place = "POST /v1/consultations/{id}/outcomes, for each theme that waits; PATCH /v1/consultations/{id}: \
                         response_due_on, where that states it wrongly";
            self.lacks(GapCode::StatedResponseOverdue, text, place);
        }
    }

    /// Reports that were published, in the order of their publication.
    fn reports(&mut self, record: &OnRecord) {
        let mut reports: Vec<_> = record.reports.iter().collect();
        reports.sort_by_key(|report| (report.published_at, report.number));
        for report in reports {
            if let Some(on) = report.published_at.day_in_london() {
                let text = format!("Report {} was published on {}.", report.number, day(on));
                self.shows(EvidenceCode::Reported, Some(on), text);
            }
            let retracted = report.retracted.as_ref();
            let retracted = retracted.and_then(|(at, reason)| Some((at.day_in_london()?, reason)));
            if let Some((on, reason)) = retracted {
                let text = format!(
                    "Report {} was retracted on {}. The reason given: {reason}",
                    report.number,
                    day(on)
                );
                self.shows(EvidenceCode::Retracted, Some(on), text);
            }
        }
    }

    /// To whom reports were delivered, in the order of the meetings. A draft that was handed over for comment shows no more than that:
    /// what the body had in hand was not what was published.
    fn deliveries(&mut self, record: &OnRecord) {
        let mut deliveries: Vec<_> = record.deliveries.iter().collect();
        deliveries.sort_by_key(|delivery| (delivery.meeting_on, delivery.id));
        for delivery in &deliveries {
            let (code, what) = match delivery.as_published {
                true => (EvidenceCode::Delivered, "Report"),
                false => (EvidenceCode::DraftDelivered, "A draft of report"),
            };
            let minute = match &delivery.minute_ref {
                Some(minute) => format!(" Minute: {minute}."),
                None => String::new(),
            };
            let text = format!(
                "{what} {} was delivered to {} for its meeting on {}.{minute}",
                delivery.report,
                delivery.body_name,
                day(delivery.meeting_on)
            );
            self.shows(code, Some(delivery.meeting_on), text);
        }
        let decides = record.commissioned_by;
        if !deliveries
            .iter()
            .any(|delivery| delivery.as_published && delivery.body == decides)
        {
            let text = format!(
                "The record does not show that a published report of what was said was delivered to the body that decides, {}.",
                record.commissioner
            );
            self.lacks(
                GapCode::NotDelivered,
                text,
                "POST /v1/reports/{report id}/deliveries, once a report is published",
            );
        }
    }

    /// What was decided, in the order of the days, and themes on which nothing was.
    fn decisions(&mut self, record: &OnRecord) {
        let mut outcomes: Vec<_> = record.outcomes.iter().collect();
        outcomes.sort_by_key(|outcome| {
            let decided = outcome.decided;
            (decided.decided_on, decided.received_at, decided.id)
        });
        for outcome in outcomes {
            let on = outcome.decided.decided_on;
            let what = match (&outcome.theme, &outcome.section) {
                (Some(theme), Some(section)) => format!("{theme}, section {section}"),
                (Some(theme), None) => theme.clone(),
                (None, Some(section)) => format!("Section {section}"),
                (None, None) => "The whole of it".to_owned(),
            };
            let since = match outcome.decided.superseded {
                true => " It was superseded since.",
                false => "",
            };
            let text = format!(
                "{what}: {}. Decided on {} by {}.{since} The reason given: {}",
                outcome.decided.decision.label().to_lowercase(),
                day(on),
                outcome.decided_by,
                outcome.reason
            );
            self.shows(EvidenceCode::Decided, Some(on), text);
        }
        let place = "POST /v1/consultations/{id}/outcomes, for each theme that waits, once a published report is delivered";
        let Some(report) = record.latest_report() else {
            self.lacks(
                GapCode::NoDecisions,
                "No report stands, so the record does not show what was decided on each of its themes, by whom, when and for what \
                 reason.",
                place,
            );
            return;
        };
        let waiting = answers::unanswered(&report.themes, &record.decided());
        if waiting.is_empty() && record.answered_on().is_some() {
            return;
        }
        let labels = waiting.iter().filter_map(|id| {
            let theme = report.themes.iter().find(|theme| theme.id == *id)?;
            Some(theme.label.as_str())
        });
        let labels: Vec<_> = labels.collect();
        let text = match labels.as_slice() {
            [] => format!(
                "Report {} has no theme, and the record does not show what was decided on the whole of it, by whom, when and for \
                 what reason.",
                report.number
            ),
            labels => format!(
                "The record does not show what was decided, by whom, when and for what reason, on {} of {} of report {}: {}.",
                labels.len(),
                count(report.themes.len() as u64, "theme", "themes"),
                report.number,
                labels.join("; ")
            ),
        };
        self.lacks(GapCode::NoDecisions, text, place);
    }
}
