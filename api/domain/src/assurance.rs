//! Evidence that people were consulted fairly, and what the record does not show: one list of each for every Gunning principle,
//! and the clock of the answer.
//!
//! The principles are those of R v Brent LBC ex p Gunning (1985) 84 LGR 168, which the Supreme Court took over in R (Moseley) v
//! Haringey LBC \[2014\] UKSC 56; the clock is that of the Cabinet Office's Consultation Principles (2018): an answer within twelve
//! weeks, or a reason why not.
//!
//! Invariant: it lists and does not judge. What is on record is evidence, what is not is a gap that says through what it can be
//! closed; whether a consultation was fair is for a lawyer who has read both. Refused: a score, a colour, and any word of verdict.
//!
//! Dates are what people put on record; moves of a consultation's life are written by the service when they are made. Where the
//! two speak of the same thing, both are shown.

mod life;
mod principles;

use crate::{
    collate::CollatedConsultation,
    facts::{Facts, NONE},
    id::{BodyId, ConsultationId, GroupId, MeetingId},
    life::Status,
    moment::Moment,
    record::{AgendaItem, Document, Material},
    report::{
        ReportedTheme,
        answers::{self, Decided},
    },
    vocabulary::{ConsultationKind, MeetingStatus, QuestionKind, UnknownWord, closed_sets},
};
use life::{Life, clock, held};
use principles::{adequate_time, conscientious_consideration, formative_stage, sufficient_information};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    str::FromStr,
};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

/// Weeks within which an answer is wanted (Cabinet Office, Consultation Principles 2018).
pub const RESPONSE_WEEKS: i64 = 12;

/// Days before a meeting on which its papers should be there: a week, which is five working days. No rule binds the network; this
/// is near to the five clear days of papers for a council's meeting (Local Government Act 1972, section 100B, as amended by SI
/// 2002/715), and people who get papers by way of a ward's staff need no less. The gap says how many days there were.
pub const PAPERS_DAYS: i64 = 7;

closed_sets! {
    /// The four Gunning principles.
    PrincipleCode {
        /// Consultation must be at a time when proposals are still at a formative stage.
        FormativeStage = "formative-stage",
        /// The proposer must give sufficient reasons to permit of intelligent consideration and response.
        SufficientInformation = "sufficient-information",
        /// Adequate time must be given for consideration and response.
        AdequateTime = "adequate-time",
        /// The product of consultation must be conscientiously taken into account.
        ConscientiousConsideration = "conscientious-consideration",
    }
    /// What kind of evidence it is; stable, and more may come.
    EvidenceCode {
        DocumentVersion = "document-version", SurveyWithoutDraft = "survey-without-draft", OpenToChange = "open-to-change",
        NotOpenToChange = "not-open-to-change", OpenQuestions = "open-questions",
        Summary = "summary", EasyReadSummary = "easy-read-summary", MaterialSupplied = "material-supplied",
        EasyReadPrompts = "easy-read-prompts",
        StatedDates = "stated-dates", Opened = "opened", Suspended = "suspended", Reopened = "reopened", Closed = "closed",
        Withdrawn = "withdrawn", DaysOpen = "days-open", PapersSent = "papers-sent", AgendaMinutes = "agenda-minutes",
        TableMinutes = "table-minutes", GroupsHeard = "groups-heard",
        ContributionsCoded = "contributions-coded", ContributionsSetAside = "contributions-set-aside",
        ContributionsDoubleCoded = "contributions-double-coded", Released = "released", Reported = "reported",
        Retracted = "retracted", DraftDelivered = "draft-delivered", Delivered = "delivered", Decided = "decided",
        ResponseDue = "response-due", Answered = "answered",
    }
    /// What is not on record, or is and tells against the consultation; stable, and more may come.
    GapCode {
        NoDocument = "no-document", DocumentWithoutVersion = "document-without-version", NoOpenToChange = "no-open-to-change",
        NoNotOpenToChange = "no-not-open-to-change", NoOpenQuestion = "no-open-question",
        NoEasyReadSummary = "no-easy-read-summary", NoMaterials = "no-materials", NoEasyReadMaterial = "no-easy-read-material",
        MaterialWithoutDate = "material-without-date", MaterialWithoutUrl = "material-without-url",
        MaterialNotYetSupplied = "material-not-yet-supplied", MaterialAfterOpening = "material-after-opening",
        MaterialAfterMeeting = "material-after-meeting", NoEasyReadPrompt = "no-easy-read-prompt",
        NoOpensOn = "no-opens-on", NoClosesOn = "no-closes-on", NotOpened = "not-opened", OpenedLate = "opened-late",
        ClosedEarly = "closed-early", ClosingDayPassed = "closing-day-passed", PapersNotRecorded = "papers-not-recorded",
        PapersLate = "papers-late", PapersAfterMeeting = "papers-after-meeting", NotOnAgenda = "not-on-agenda",
        AgendaWithoutMinutes = "agenda-without-minutes", TablesWithoutMinutes = "tables-without-minutes",
        ClosedWithoutGroup = "closed-without-group", GroupNotHeard = "group-not-heard",
        NothingSaid = "nothing-said", Uncoded = "uncoded", Unadjudicated = "unadjudicated",
        ToCodeAgain = "to-code-again", NoRelease = "no-release",
        NotDelivered = "not-delivered", NoDecisions = "no-decisions", NoResponseDueOn = "no-response-due-on",
        ResponseDueLate = "response-due-late", ResponseOverdue = "response-overdue",
        StatedResponseOverdue = "stated-response-overdue", AnsweredLate = "answered-late",
    }
    /// On what the clock of the answer begins. `closed`: the day on which the consultation was closed, and it has not been open
    /// since; `planned`: the day that it states for closing, `closes_on`.
    ClockBegins { Closed = "closed", Planned = "planned" }
    /// Why a day of the clock is null. `not-closed`: it was never closed, or has been opened since; `no-closing-day`: nor does it
    /// state a day of closing; `withdrawn`: it was given up, and no answer is waited for; `not-stated`: it states no day for the
    /// answer; `not-recorded`: no report is published, or a theme of the latest has no decision on record.
    ClockUndefined {
        NotClosed = "not-closed", NoClosingDay = "no-closing-day", Withdrawn = "withdrawn", NotStated = "not-stated",
        NotRecorded = "not-recorded",
    }
}

/// What the record shows of how people were consulted, and what it does not, by the Gunning principles. It lists; whether the
/// consultation was fair is for its reader to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assurance {
    pub consultation: CollatedConsultation,
    /// The day in Europe/London for which this was drawn up; what has passed and what is to come is told by it.
    pub as_of: Date,
    /// The four principles, in their order.
    pub principles: Vec<Principle>,
    /// When an answer to those who were consulted is due.
    pub response_clock: ResponseClock,
}

/// One Gunning principle: what the record shows of it, and what it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Principle {
    /// From 1 to 4, as Gunning counts them.
    pub number: u8,
    pub code: PrincipleCode,
    pub title: String,
    /// What it asks, in plain words.
    pub question: String,
    /// What is on record: of the consultation first, then by document, material, move (oldest first) and meeting (in the order
    /// held).
    pub evidence: Vec<Evidence>,
    /// What is not on record, or tells against the consultation, in the order of the evidence; groups by name.
    pub gaps: Vec<Gap>,
}

/// Something on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Evidence {
    pub code: EvidenceCode,
    /// In plain words, with the figures; each states its unit and its base.
    pub text: String,
    /// The day in Europe/London that it speaks of; absent where it speaks of none, or of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
    /// The meeting that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_id: Option<MeetingId>,
    /// The group that it speaks of; of a meeting, the group that met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
}

/// Something that is not on record, or that tells against the consultation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Gap {
    pub code: GapCode,
    /// In plain words, with what would be asked about it.
    pub text: String,
    /// Through what it can be closed: a request and its field, where `{id}` is the consultation's, or after `/v1/meetings/` that of
    /// `meeting_id`; or why nothing closes it. What did not happen is not to be put on record.
    #[serde(rename = "where")]
    pub place: String,
    /// The meeting that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_id: Option<MeetingId>,
    /// The group that it speaks of; of a meeting, the group that met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
}

/// When an answer is due: twelve weeks after closing (Cabinet Office, Consultation Principles 2018), beside the day that the
/// consultation states itself. Days are days in Europe/London.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ResponseClock {
    /// On what it begins.
    #[schema(required = true)]
    pub begins: Option<ClockBegins>,
    /// The day on which it begins, which is not counted.
    #[schema(required = true)]
    pub begins_on: Option<Date>,
    /// The day on which it was closed and after which it has not been open.
    #[schema(required = true)]
    pub closed_on: Option<Date>,
    /// How long there is for an answer. Unit: weeks.
    pub weeks: i64,
    /// The last day for an answer: `begins_on` and `weeks` weeks.
    #[schema(required = true)]
    pub due_on: Option<Date>,
    /// The day that the consultation states for the answer.
    #[schema(required = true)]
    pub stated_due_on: Option<Date>,
    /// From `as_of` to `due_on`, or from `answered_on` where that is known, for then the clock has stopped; negative when `due_on` had
    /// passed. Unit: days.
    #[schema(required = true)]
    pub days_left: Option<i64>,
    /// The day on which the last theme of the latest report got its first decision. Null while one waits, and the clock goes on.
    #[schema(required = true)]
    pub answered_on: Option<Date>,
    /// Why a field is null, by its name; absent where none is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub undefined: BTreeMap<&'static str, ClockUndefined>,
}

/// What is on record of a consultation, as far as its assurance reads it. The order in which rows come moves nothing.
#[derive(Clone, Debug)]
pub struct OnRecord {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    pub kind: ConsultationKind,
    pub status: Status,
    pub easy_read_summary: Option<String>,
    pub open_to_change: Option<String>,
    pub not_open_to_change: Option<String>,
    pub opens_on: Option<Date>,
    pub closes_on: Option<Date>,
    pub response_due_on: Option<Date>,
    /// In the order in which the consultation lists them.
    pub documents: Vec<Document>,
    /// In the order in which the consultation lists them.
    pub materials: Vec<Material>,
    pub questions: Vec<QuestionOnRecord>,
    /// Groups expected.
    pub expected: Vec<GroupId>,
    pub moves: Vec<MoveOnRecord>,
    /// Meetings of its rounds, and any other at which it was discussed.
    pub meetings: Vec<MeetingOnRecord>,
    /// Names of the groups that expectations, moves and meetings name.
    pub groups: Vec<(GroupId, String)>,
    pub releases: Vec<ReleaseOnRecord>,
    /// Reports that were published, whatever became of them.
    pub reports: Vec<ReportOnRecord>,
    pub deliveries: Vec<DeliveryOnRecord>,
    pub outcomes: Vec<OutcomeOnRecord>,
    /// The body that commissioned it.
    pub commissioned_by: BodyId,
    /// What it is called.
    pub commissioner: String,
}

/// A report that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportOnRecord {
    pub number: i32,
    pub published_at: Moment,
    /// When it was retracted, and why.
    pub retracted: Option<(Moment, String)>,
    /// Its themes, in its order.
    pub themes: Vec<ReportedTheme>,
}

/// That a body was given a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOnRecord {
    pub id: Uuid,
    /// The number of the report.
    pub report: i32,
    /// Whether it was given as it was published, and no draft of it.
    pub as_published: bool,
    pub body: BodyId,
    pub body_name: String,
    pub meeting_on: Date,
    pub minute_ref: Option<String>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeOnRecord {
    pub decided: Decided,
    /// What its theme is called.
    pub theme: Option<String>,
    pub section: Option<String>,
    pub reason: String,
    /// The body or person, as it was written down.
    pub decided_by: String,
}

impl OnRecord {
    /// The latest report that stands.
    pub(crate) fn latest_report(&self) -> Option<&ReportOnRecord> {
        let standing = self.reports.iter().filter(|report| report.retracted.is_none());
        standing.max_by_key(|report| (report.published_at, report.number))
    }

    /// Its decisions, as far as they say which themes are answered.
    pub(crate) fn decided(&self) -> Vec<Decided> {
        self.outcomes.iter().map(|outcome| outcome.decided).collect()
    }

    /// The day on which the last theme of the latest report got its first decision; none while one waits.
    pub(crate) fn answered_on(&self) -> Option<Date> {
        answers::answered_on(&self.latest_report()?.themes, &self.decided())
    }
}

/// A question, as far as its assurance reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionOnRecord {
    pub number: i32,
    pub kind: QuestionKind,
    /// Whether it is asked in easy read, too.
    pub has_easy_read_prompt: bool,
}

/// A move of the consultation's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveOnRecord {
    pub id: Uuid,
    pub at: Moment,
    pub from: Status,
    pub to: Status,
    pub reason: Option<String>,
    /// Groups that were not waited for, and why.
    pub overrides: Vec<(GroupId, String)>,
}

/// A meeting.
#[derive(Clone, Debug, PartialEq)]
pub struct MeetingOnRecord {
    pub id: MeetingId,
    /// The group that met.
    pub group: GroupId,
    pub starts_at: Moment,
    pub status: MeetingStatus,
    pub papers_sent_on: Option<Date>,
    pub agenda: Vec<AgendaItem>,
    /// Of each of its tables that discussed the consultation and counts: how many minutes that had, where somebody recorded it.
    pub tables: Vec<Option<i32>>,
}

/// A release of controlled figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseOnRecord {
    pub number: i32,
    pub made_at: Moment,
}

/// How far what was said has been considered: counts over the whole consultation, by the rules of a collation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Considered {
    /// Contributions that count. Unit of these six: contributions.
    pub contributions: u64,
    /// With a theme.
    pub coded: u64,
    /// Set aside with a reason.
    pub set_aside: u64,
    /// Neither.
    pub uncoded: u64,
    /// With two or more independent codings.
    pub double_coded: u64,
    /// Those of them that differ, and nobody has decided.
    pub unadjudicated: u64,
    /// Contributions under a theme that was split, which say something else once they are coded again.
    pub to_code_again: u64,
    /// Groups expected of which nothing counts.
    pub silent: HashSet<GroupId>,
}

impl Considered {
    /// What `facts` hold.
    pub fn of(facts: &Facts) -> Self {
        let mut found = Self::default();
        let filter = crate::collate::Filter::whole(facts);
        let split = crate::collate::coding_work::split_themes(facts);
        let mut heard = HashSet::new();
        for container in facts.containers.iter().filter(|one| one.counts()) {
            if container.group != NONE {
                heard.insert(facts.groups.id(container.group));
            }
            for said in &container.contributions {
                let coded = !said.themes.is_empty();
                found.contributions += 1;
                found.coded += u64::from(coded);
                found.set_aside += u64::from(said.set_aside);
                found.uncoded += u64::from(!coded && !said.set_aside);
                found.double_coded += u64::from(!said.independent.is_empty());
                found.unadjudicated += u64::from(filter.is_unadjudicated(said));
                found.to_code_again += u64::from(said.themes.iter().any(|theme| split.contains(theme)));
            }
        }
        let register = facts.register();
        let expected = register.consultation.iter().flat_map(|one| &one.expected_groups);
        let silent = expected.filter(|id| {
            // A local group is heard where its regional group is: that is as what it said is counted.
            let group = register.groups.iter().find(|group| group.id == **id);
            group.is_none_or(|group| !heard.contains(&group.counted_as))
        });
        found.silent = silent.copied().collect();
        found
    }
}

/// The last day for an answer to a consultation that closed, or is planned to close, on this one.
pub fn answer_due_on(closed_on: Date) -> Date {
    closed_on.saturating_add(time::Duration::weeks(RESPONSE_WEEKS))
}

/// The clock of the answer to a consultation, as it stands on a day.
pub fn response_clock(record: &OnRecord, as_of: Date) -> ResponseClock {
    clock(record, &Life::of(record, as_of), as_of)
}

/// What the record shows of a consultation on a day, and what it does not.
pub fn assurance(record: &OnRecord, considered: &Considered, as_of: Date) -> Assurance {
    let life = Life::of(record, as_of);
    let held = held(record);
    let clock = clock(record, &life, as_of);
    let principles = vec![
        formative_stage(record),
        sufficient_information(record, &life, &held, as_of),
        adequate_time(record, considered, &life, &held, as_of),
        conscientious_consideration(record, considered, &life, &clock, as_of),
    ];
    Assurance {
        consultation: CollatedConsultation {
            id: record.id,
            reference: record.reference.clone(),
            title: record.title.clone(),
            status: record.status,
        },
        as_of,
        principles,
        response_clock: clock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        text::Text,
        vocabulary::{AgendaKind, MaterialFormat, OutcomeDecision},
    };
    use time::macros::{date, datetime};

    const AS_OF: Date = date!(2019 - 11 - 20);

    fn group(at: u128) -> GroupId {
        Uuid::from_u128(at).into()
    }

    fn moved(at: time::OffsetDateTime, from: Status, to: Status) -> MoveOnRecord {
        MoveOnRecord {
            id: Uuid::from_u128(at.unix_timestamp().unsigned_abs().into()),
            at: at.into(),
            from,
            to,
            reason: None,
            overrides: Vec::new(),
        }
    }

    fn item(consultation: Option<u128>, minutes: Option<i32>) -> AgendaItem {
        AgendaItem {
            position: 1,
            kind: AgendaKind::Discussion,
            title: Text::new("The draft"),
            presented_by: Vec::new(),
            consultation_id: consultation.map(|id| Uuid::from_u128(id).into()),
            minutes,
            people_present: None,
        }
    }

    fn meeting(id: u128, of: u128) -> MeetingOnRecord {
        MeetingOnRecord {
            id: Uuid::from_u128(id).into(),
            group: group(of),
            starts_at: datetime!(2019-10-03 12:00 UTC).into(),
            status: MeetingStatus::Held,
            papers_sent_on: Some(date!(2019 - 09 - 20)),
            agenda: vec![item(Some(1), Some(60))],
            tables: vec![Some(50), Some(60)],
        }
    }

    fn theme(at: u128) -> ReportedTheme {
        ReportedTheme {
            id: Uuid::from_u128(at).into(),
            code: format!("theme-{at}"),
            label: format!("Theme {at}"),
            parent_id: None,
            description: None,
        }
    }

    /// A decision on a theme.
    fn outcome(at: u128) -> OutcomeOnRecord {
        OutcomeOnRecord {
            decided: Decided {
                id: Uuid::from_u128(at).into(),
                theme: Some(Uuid::from_u128(at).into()),
                of_section: false,
                decision: OutcomeDecision::PartlyAccepted,
                decided_on: date!(2019 - 11 - 14),
                received_at: datetime!(2019-11-15 9:00 UTC).into(),
                superseded: false,
            },
            theme: Some(format!("Theme {at}")),
            section: None,
            reason: "It costs little.".into(),
            decided_by: "Adult secure services".into(),
        }
    }

    /// Without what decides: nothing answers it.
    fn unanswered(record: &mut OnRecord) {
        record.outcomes.clear();
    }

    /// A consultation of which everything is on record that can be.
    fn complete() -> (OnRecord, Considered) {
        let material = |format| Material {
            format,
            title: Text::new("The draft"),
            url: Some(Text::new("https://example.org/draft")),
            supplied_on: Some(date!(2019 - 08 - 20)),
        };
        let record = OnRecord {
            id: Uuid::from_u128(1).into(),
            reference: "MHW-2019".into(),
            title: "Managing a Healthy Weight".into(),
            kind: ConsultationKind::Guidance,
            status: Status::Analysing,
            easy_read_summary: Some("Food and walks.".into()),
            open_to_change: Some("All of section 4.".into()),
            not_open_to_change: Some("That there will be guidance.".into()),
            opens_on: Some(date!(2019 - 09 - 02)),
            closes_on: Some(date!(2019 - 10 - 31)),
            response_due_on: Some(date!(2020 - 01 - 23)),
            documents: vec![Document {
                title: Text::new("Draft guidance"),
                version: Some(Text::new("0.3")),
                sections: Vec::new(),
            }],
            materials: vec![
                material(MaterialFormat::Standard),
                material(MaterialFormat::EasyRead),
            ],
            questions: vec![QuestionOnRecord {
                number: 1,
                kind: QuestionKind::Open,
                has_easy_read_prompt: true,
            }],
            expected: vec![group(1), group(2)],
            moves: vec![
                moved(datetime!(2019-09-02 8:00 UTC), Status::Draft, Status::Open),
                moved(datetime!(2019-10-31 17:00 UTC), Status::Open, Status::Closed),
                moved(datetime!(2019-11-04 9:00 UTC), Status::Closed, Status::Analysing),
            ],
            meetings: vec![meeting(1, 1), meeting(2, 2)],
            groups: vec![(group(1), "London".into()), (group(2), "North West".into())],
            releases: vec![ReleaseOnRecord {
                number: 1,
                made_at: datetime!(2019-11-05 9:00 UTC).into(),
            }],
            reports: vec![ReportOnRecord {
                number: 1,
                published_at: datetime!(2019-11-08 9:00 UTC).into(),
                retracted: None,
                themes: vec![theme(1), theme(2)],
            }],
            deliveries: vec![DeliveryOnRecord {
                id: Uuid::from_u128(1),
                report: 1,
                as_published: true,
                body: Uuid::from_u128(1).into(),
                body_name: "Adult secure services".into(),
                meeting_on: date!(2019 - 11 - 12),
                minute_ref: Some("4.2".into()),
            }],
            outcomes: vec![outcome(1), outcome(2)],
            commissioned_by: Uuid::from_u128(1).into(),
            commissioner: "Adult secure services".into(),
        };
        let considered = Considered {
            contributions: 10,
            coded: 8,
            set_aside: 2,
            double_coded: 3,
            ..Considered::default()
        };
        (record, considered)
    }

    /// The gaps, each with its principle.
    fn gaps(record: &OnRecord, considered: &Considered, as_of: Date) -> Vec<(u8, GapCode)> {
        let found = assurance(record, considered, as_of);
        let of = |principle: &Principle| {
            let number = principle.number;
            let codes: Vec<_> = principle.gaps.iter().map(|gap| (number, gap.code)).collect();
            codes
        };
        found.principles.iter().flat_map(of).collect()
    }

    #[test]
    fn what_is_on_record_is_evidence_and_no_gap() {
        let (record, considered) = complete();
        assert_eq!(gaps(&record, &considered, AS_OF), []);
        let found = assurance(&record, &considered, AS_OF);
        assert_eq!(
            found
                .principles
                .iter()
                .map(|one| (one.number, one.code))
                .collect::<Vec<_>>(),
            (1..).zip(PrincipleCode::ALL.iter().copied()).collect::<Vec<_>>()
        );
        let text = |code: EvidenceCode| {
            let all = found.principles.iter().flat_map(|one| &one.evidence);
            let texts: Vec<_> = all
                .filter(|one| one.code == code)
                .map(|one| one.text.as_str())
                .collect();
            texts.join(" ")
        };
        for (code, said) in [
            (
                EvidenceCode::DocumentVersion,
                "Draft guidance is consulted on in version 0.3.",
            ),
            (
                EvidenceCode::DaysOpen,
                "Open for 59 days from 2 September 2019 to 31 October 2019; the day of opening is not counted.",
            ),
            (
                EvidenceCode::PapersSent,
                "Papers were sent on 20 September 2019, 13 days before the meeting of London on 3 October 2019. Papers were sent \
                 on 20 September 2019, 13 days before the meeting of North West on 3 October 2019.",
            ),
            (
                EvidenceCode::GroupsHeard,
                "Groups heard, of those expected: 2 of 2.",
            ),
            (
                EvidenceCode::ContributionsCoded,
                "Read and coded under a theme: 8 of 10 contributions.",
            ),
            (
                EvidenceCode::Released,
                "Release 1 of its figures was made on 5 November 2019.",
            ),
            (
                EvidenceCode::Reported,
                "Report 1 was published on 8 November 2019.",
            ),
            (
                EvidenceCode::Delivered,
                "Report 1 was delivered to Adult secure services for its meeting on 12 November 2019. Minute: 4.2.",
            ),
            (
                EvidenceCode::Decided,
                "Theme 1: partly accepted. Decided on 14 November 2019 by Adult secure services. The reason given: It costs \
                 little. Theme 2: partly accepted. Decided on 14 November 2019 by Adult secure services. The reason given: It \
                 costs little.",
            ),
            (
                EvidenceCode::Answered,
                "Every theme of the latest report had a decision on 14 November 2019.",
            ),
        ] {
            assert_eq!(text(code), said);
        }
        assert!(
            text(EvidenceCode::TableMinutes).contains("2 of 2; from 50 to 60 minutes"),
            "{}",
            text(EvidenceCode::TableMinutes)
        );
    }

    type Change = fn(&mut OnRecord, &mut Considered);

    /// What takes something from the record, and the gaps that come of it and of nothing else.
    const TAKEN: &[(&[(u8, GapCode)], Change)] = &[
        (&[(1, GapCode::NoDocument)], |record, _| record.documents.clear()),
        (&[(1, GapCode::DocumentWithoutVersion)], |record, _| {
            record.documents[0].version = None
        }),
        (&[(1, GapCode::NoOpenToChange)], |record, _| {
            record.open_to_change = None
        }),
        (&[(1, GapCode::NoNotOpenToChange)], |record, _| {
            record.not_open_to_change = None
        }),
        (&[(1, GapCode::NoOpenQuestion)], |record, _| {
            record.questions[0].kind = QuestionKind::Agreement;
        }),
        (&[(2, GapCode::NoEasyReadSummary)], |record, _| {
            record.easy_read_summary = None
        }),
        (
            &[(2, GapCode::NoMaterials), (2, GapCode::NoEasyReadMaterial)],
            |record, _| record.materials.clear(),
        ),
        (&[(2, GapCode::NoEasyReadMaterial)], |record, _| {
            record.materials[1].format = MaterialFormat::Audio;
        }),
        (&[(2, GapCode::MaterialWithoutDate)], |record, _| {
            record.materials[1].supplied_on = None
        }),
        (&[(2, GapCode::MaterialWithoutUrl)], |record, _| {
            record.materials[0].url = None
        }),
        (
            &[
                (2, GapCode::MaterialNotYetSupplied),
                (2, GapCode::MaterialAfterOpening),
                (2, GapCode::MaterialAfterMeeting),
            ],
            |record, _| record.materials[1].supplied_on = AS_OF.next_day(),
        ),
        (&[(2, GapCode::MaterialAfterOpening)], |record, _| {
            record.materials[1].supplied_on = Some(date!(2019 - 10 - 03));
        }),
        (
            &[
                (2, GapCode::MaterialAfterOpening),
                (2, GapCode::MaterialAfterMeeting),
            ],
            |record, _| record.materials[1].supplied_on = Some(date!(2019 - 10 - 04)),
        ),
        (&[(2, GapCode::NoEasyReadPrompt)], |record, _| {
            record.questions[0].has_easy_read_prompt = false;
        }),
        (&[(3, GapCode::NoOpensOn)], |record, _| record.opens_on = None),
        (&[(3, GapCode::NoClosesOn)], |record, _| record.closes_on = None),
        (&[(3, GapCode::NotOpened)], |record, _| {
            record.status = Status::Draft;
            record.moves.clear();
        }),
        (&[(3, GapCode::OpenedLate)], |record, _| {
            record.moves[0].at = datetime!(2019-09-05 8:00 UTC).into();
        }),
        (
            &[(3, GapCode::ClosedEarly), (4, GapCode::ResponseDueLate)],
            |record, _| {
                record.moves[1].at = datetime!(2019-10-30 23:59 UTC).into();
            },
        ),
        (&[(3, GapCode::ClosingDayPassed)], |record, _| {
            record.status = Status::Open;
            record.moves.truncate(1);
        }),
        (&[(3, GapCode::PapersNotRecorded)], |record, _| {
            record.meetings[0].papers_sent_on = None
        }),
        (&[(3, GapCode::PapersLate)], |record, _| {
            record.meetings[0].papers_sent_on = Some(date!(2019 - 09 - 27));
        }),
        (&[(3, GapCode::PapersAfterMeeting)], |record, _| {
            record.meetings[0].papers_sent_on = Some(date!(2019 - 10 - 04));
        }),
        (&[(3, GapCode::NotOnAgenda)], |record, _| {
            record.meetings[0].agenda.clear()
        }),
        (&[(3, GapCode::AgendaWithoutMinutes)], |record, _| {
            record.meetings[0].agenda[0].minutes = None;
        }),
        (&[(3, GapCode::TablesWithoutMinutes)], |record, _| {
            record.meetings[0].tables[1] = None
        }),
        (&[(3, GapCode::ClosedWithoutGroup)], |record, considered| {
            record.moves[1].overrides = vec![(group(2), "No facilitator this autumn".into())];
            considered.silent = [group(2)].into();
        }),
        (&[(3, GapCode::GroupNotHeard)], |_, considered| {
            considered.silent = [group(2)].into()
        }),
        (&[(4, GapCode::NothingSaid)], |_, considered| {
            *considered = Considered::default()
        }),
        (&[(4, GapCode::Uncoded)], |_, considered| considered.uncoded = 1),
        (&[(4, GapCode::Unadjudicated)], |_, considered| {
            considered.unadjudicated = 1
        }),
        (&[(4, GapCode::ToCodeAgain)], |_, considered| {
            considered.to_code_again = 1
        }),
        (&[(4, GapCode::NoRelease)], |record, _| record.releases.clear()),
        (&[(4, GapCode::NoResponseDueOn)], |record, _| {
            record.response_due_on = None
        }),
        (&[(4, GapCode::ResponseDueLate)], |record, _| {
            record.response_due_on = Some(date!(2020 - 01 - 24));
        }),
        (&[(4, GapCode::NotDelivered)], |record, _| {
            record.deliveries.clear()
        }),
        (&[(4, GapCode::NotDelivered)], |record, _| {
            record.deliveries[0].as_published = false;
        }),
        (&[(4, GapCode::NotDelivered)], |record, _| {
            record.deliveries[0].body = Uuid::from_u128(2).into();
        }),
        (&[(4, GapCode::NoDecisions)], |record, _| {
            drop(record.outcomes.pop())
        }),
        (&[(4, GapCode::NoDecisions)], |record, _| {
            record.outcomes[0].decided.decision = OutcomeDecision::UnderReview;
        }),
        (&[(4, GapCode::NoDecisions)], |record, _| record.reports.clear()),
        (
            &[(4, GapCode::NoDecisions), (4, GapCode::StatedResponseOverdue)],
            |record, _| {
                record.response_due_on = AS_OF.previous_day();
                unanswered(record);
            },
        ),
        (
            &[(4, GapCode::ResponseDueLate), (4, GapCode::AnsweredLate)],
            |record, _| {
                record.moves[0].at = datetime!(2019-08-01 8:00 UTC).into();
                record.moves[1].at = datetime!(2019-08-12 8:00 UTC).into();
                record.opens_on = Some(date!(2019 - 08 - 01));
                record.closes_on = Some(date!(2019 - 08 - 12));
                record.response_due_on = Some(date!(2019 - 11 - 14));
                record
                    .materials
                    .iter_mut()
                    .for_each(|one| one.supplied_on = Some(date!(2019 - 08 - 01)));
            },
        ),
        (
            &[
                (4, GapCode::NoDecisions),
                (4, GapCode::ResponseDueLate),
                (4, GapCode::ResponseOverdue),
            ],
            |record, _| {
                unanswered(record);
                record.moves[0].at = datetime!(2019-08-21 8:00 UTC).into();
                record.moves[1].at = datetime!(2019-08-27 8:00 UTC).into();
                record.opens_on = Some(date!(2019 - 08 - 21));
                record.closes_on = Some(date!(2019 - 08 - 27));
                record.response_due_on = Some(AS_OF);
            },
        ),
    ];

    #[test]
    fn each_gap_arises_where_its_evidence_is_missing_and_nowhere_else() {
        let mut seen = HashSet::new();
        for (expected, take) in TAKEN {
            let (mut record, mut considered) = complete();
            take(&mut record, &mut considered);
            let found = gaps(&record, &considered, AS_OF);
            assert_eq!(found, *expected);
            seen.extend(found.iter().map(|(_, code)| *code));
        }
        let never: Vec<_> = GapCode::ALL.iter().filter(|code| !seen.contains(code)).collect();
        assert_eq!(never, Vec::<&GapCode>::new());
    }

    #[test]
    fn the_order_in_which_rows_come_moves_nothing() {
        let (mut record, mut considered) = complete();
        record.moves[1].overrides = vec![(group(2), "Ill".into()), (group(1), "Snow".into())];
        record.meetings[0].papers_sent_on = None;
        record.meetings[1].papers_sent_on = None;
        record.questions = [3, 1, 2]
            .map(|number| QuestionOnRecord {
                number,
                kind: QuestionKind::Open,
                has_easy_read_prompt: false,
            })
            .to_vec();
        considered.silent = [group(1), group(2)].into();
        let before = assurance(&record, &considered, AS_OF);
        record.moves.reverse();
        record.moves[1].overrides.reverse();
        record.meetings.reverse();
        record.questions.reverse();
        record.expected.reverse();
        record.groups.reverse();
        record.outcomes.reverse();
        assert_eq!(assurance(&record, &considered, AS_OF), before);
        let waived: Vec<_> = before.principles[2]
            .gaps
            .iter()
            .filter(|gap| gap.code == GapCode::ClosedWithoutGroup)
            .map(|gap| gap.text.as_str())
            .collect();
        assert_eq!(
            waived,
            [
                "It was closed without waiting for London. Nothing that it said is counted. The reason given: Snow",
                "It was closed without waiting for North West. Nothing that it said is counted. The reason given: Ill"
            ]
        );
        let asked = before.principles[1].gaps.iter().map(|gap| gap.text.as_str());
        assert!(
            asked
                .into_iter()
                .any(|text| text == "Not asked in easy read: questions 1, 2 and 3.")
        );
    }

    #[test]
    fn meetings_are_those_that_discussed_it_name_it_or_could_have() {
        let (mut record, considered) = complete();
        let papers = |record: &OnRecord| {
            let found = gaps(record, &considered, AS_OF);
            found.contains(&(3, GapCode::PapersNotRecorded))
        };
        record.meetings[0].papers_sent_on = None;
        let changes: [(bool, fn(&mut MeetingOnRecord)); 7] = [
            (true, |_| {}),
            // Of another consultation, and no table speaks of this one.
            (false, |meeting| {
                meeting.agenda = vec![item(Some(9), None)];
                meeting.tables.clear();
            }),
            (true, |meeting| meeting.agenda = vec![item(Some(9), None)]),
            // The agenda says nothing: a group expected is taken to have met on it.
            (true, |meeting| {
                meeting.agenda = vec![item(None, None)];
                meeting.tables.clear();
            }),
            (false, |meeting| {
                meeting.agenda = vec![item(None, None)];
                meeting.tables.clear();
                meeting.group = group(9);
            }),
            (true, |meeting| meeting.group = group(9)),
            (false, |meeting| meeting.status = MeetingStatus::Planned),
        ];
        for (at, (expected, change)) in changes.into_iter().enumerate() {
            let mut record = record.clone();
            change(&mut record.meetings[0]);
            assert_eq!(papers(&record), expected, "{at}");
        }
    }

    #[test]
    fn a_survey_needs_no_draft() {
        let (mut record, considered) = complete();
        record.kind = ConsultationKind::Survey;
        record.documents.clear();
        assert_eq!(gaps(&record, &considered, AS_OF), []);
    }

    #[test]
    fn days_open_are_those_on_which_it_was() {
        let (mut record, considered) = complete();
        record.status = Status::Open;
        record.moves = vec![
            moved(datetime!(2019-09-02 8:00 UTC), Status::Draft, Status::Open),
            moved(datetime!(2019-09-12 8:00 UTC), Status::Open, Status::Suspended),
            moved(datetime!(2019-09-20 8:00 UTC), Status::Suspended, Status::Open),
            moved(datetime!(2019-10-01 8:00 UTC), Status::Open, Status::Closed),
            moved(datetime!(2019-10-20 8:00 UTC), Status::Closed, Status::Open),
        ];
        let found = assurance(&record, &considered, date!(2019 - 10 - 25));
        let open = found.principles[2]
            .evidence
            .iter()
            .find(|one| one.code == EvidenceCode::DaysOpen);
        assert_eq!(
            open.map(|one| one.text.as_str()),
            Some(
                "Open for 26 days from 2 September 2019 to today, without those on which it was suspended or closed in between; \
                 the day of opening is not counted."
            )
        );
        // What was closed and is open again waits for another closing.
        let clock = found.response_clock;
        assert_eq!(
            (clock.begins, clock.begins_on, clock.closed_on, clock.due_on),
            (
                Some(ClockBegins::Planned),
                Some(date!(2019 - 10 - 31)),
                None,
                Some(date!(2020 - 01 - 23))
            )
        );
        assert_eq!(clock.undefined.get("closed_on"), Some(&ClockUndefined::NotClosed));
    }

    #[test]
    fn the_clock_begins_on_the_day_of_closing_in_london() {
        let (mut record, considered) = complete();
        unanswered(&mut record);
        // Half past midnight of the first of October there.
        record.moves[1].at = datetime!(2019-09-30 23:30 UTC).into();
        let clock = |record: &OnRecord, as_of| assurance(record, &considered, as_of).response_clock;
        let found = clock(&record, date!(2019 - 12 - 25));
        assert_eq!(
            found,
            ResponseClock {
                begins: Some(ClockBegins::Closed),
                begins_on: Some(date!(2019 - 10 - 01)),
                closed_on: Some(date!(2019 - 10 - 01)),
                weeks: 12,
                due_on: Some(date!(2019 - 12 - 24)),
                stated_due_on: Some(date!(2020 - 01 - 23)),
                days_left: Some(-1),
                answered_on: None,
                undefined: BTreeMap::from([("answered_on", ClockUndefined::NotRecorded)]),
            }
        );
        assert_eq!(clock(&record, date!(2019 - 12 - 24)).days_left, Some(0));
        // On the last day it is not over.
        let overdue = (4, GapCode::ResponseOverdue);
        assert!(!gaps(&record, &considered, date!(2019 - 12 - 24)).contains(&overdue));
        assert!(gaps(&record, &considered, date!(2019 - 12 - 25)).contains(&overdue));

        // With the last answer it stops.
        record.outcomes = vec![outcome(1), outcome(2)];
        let stopped = clock(&record, date!(2021 - 01 - 01));
        assert_eq!(
            (stopped.answered_on, stopped.days_left, stopped.undefined),
            (Some(date!(2019 - 11 - 14)), Some(40), BTreeMap::new())
        );
        unanswered(&mut record);

        record.moves.truncate(1);
        record.closes_on = None;
        record.response_due_on = None;
        let none = clock(&record, AS_OF);
        assert_eq!((none.begins, none.due_on, none.days_left), (None, None, None));
        assert_eq!(none.undefined.get("due_on"), Some(&ClockUndefined::NoClosingDay));
        assert_eq!(
            none.undefined.get("stated_due_on"),
            Some(&ClockUndefined::NotStated)
        );

        let (mut record, _) = complete();
        record.status = Status::Withdrawn;
        record.response_due_on = None;
        record.moves.push(moved(
            datetime!(2019-11-06 9:00 UTC),
            Status::Analysing,
            Status::Withdrawn,
        ));
        let given_up = clock(&record, date!(2021 - 01 - 01));
        assert_eq!(given_up.undefined.get("due_on"), Some(&ClockUndefined::Withdrawn));
        assert_eq!(given_up.closed_on, Some(date!(2019 - 10 - 31)));
        assert_eq!(gaps(&record, &considered, date!(2021 - 01 - 01)), []);
    }

    #[test]
    fn what_was_never_opened_owes_no_answer() {
        let (mut record, considered) = complete();
        record.status = Status::Draft;
        record.moves.clear();
        unanswered(&mut record);
        let found = gaps(&record, &considered, date!(2021 - 01 - 01));
        assert_eq!(found, [(3, GapCode::NotOpened), (4, GapCode::NoDecisions)]);
    }

    #[test]
    fn nothing_in_it_judges() {
        let said = |take: &Change| {
            let (mut record, mut considered) = complete();
            take(&mut record, &mut considered);
            serde_json::to_string(&assurance(&record, &considered, AS_OF)).unwrap()
        };
        let unchanged: Change = |_, _| {};
        let all = TAKEN.iter().map(|(_, take)| said(take));
        let said: String = all.chain([said(&unchanged)]).collect();
        for word in [
            "lawful", "complian", "complies", "pass\"", "fail", "breach", "score",
        ] {
            assert!(!said.to_lowercase().contains(word), "{word}");
        }
    }
}
