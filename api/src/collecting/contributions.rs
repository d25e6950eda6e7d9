//! Contributions: one recorded point each. Here is what they have in common wherever they came from, and the lists.

use crate::{
    auth::permission::{CorrectContribution, ReadContributions},
    collating::looks::{unknown_values, values},
    collecting::{
        concerns::{self, ReminderView, reminders},
        container_of,
        screening::Screened,
        slips::Ties,
        touch_container,
    },
    error::Code,
    http::{
        access::Access,
        answer::{One, Reply, Resource},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing, Page},
        problem::{Faults, Problem},
        repeat::{conflict, taken},
    },
    store::{Opened, Tx, coding::coding_row, consulting::takes_feedback, reviewing::Reviewed},
};
use domain::{
    collate::{FilterValues, Reader, Scope, UnknownValue, list_contributions},
    facts::{CodingRow, what_counts},
    id::{ConsultationId, ContributionId, DiscussionId, GroupId, ResponseId, ThemeId},
    limits,
    moment::Moment,
    record::{Concern, Hands},
    screening::Flag,
    text::{Mark, Prose, Text, folded},
    vocabulary::{
        Channel, HelpedBy, QuestionKind, QuoteConsent, RespondentGroup, ReviewState, Role, Setting, Stance,
        VersionCause, VersionedKind,
    },
};
use entity::{codings, consultations, contributions, questions};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A point made at a table.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ContributionInput {
    /// Chosen by the caller, or left to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ContributionId>,
    /// The question's number; null for a point outside every question.
    #[serde(default)]
    pub question: Option<i32>,
    #[validate(nested)]
    pub text: Prose,
    /// The only kind of participant at the table where absent, else `mixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_group: Option<RespondentGroup>,
    /// `unclear` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    /// Absent when no show of hands was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hands: Option<Hands>,
    /// Whether these are the very words; not unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<bool>,
    /// `not_quotable` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_consent: Option<QuoteConsent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub section_ref: Option<Mark>,
    /// `not_recorded` unless said otherwise; never derived from a venue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<Setting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<HelpedBy>,
    /// Somebody may be at risk: coders are not shown it, and it is never quoted. Left out where a whole table is corrected,
    /// it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub concern: Option<Concern>,
    /// The code of the slip that was handed to whoever said it at the table; it serves as their receipt. Shown to nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub slip: Option<Mark>,
}

impl From<&contributions::Model> for ContributionInput {
    fn from(row: &contributions::Model) -> Self {
        Self {
            id: Some(row.id),
            question: row.question,
            text: Text::new(&row.text),
            respondent_group: Some(row.respondent_group),
            stance: Some(row.stance),
            hands: hands(row),
            verbatim: Some(row.verbatim),
            quote_consent: Some(row.quote_consent),
            section_ref: row.section_ref.as_deref().map(Text::new),
            setting: Some(row.setting),
            helped_by: row.helped_by,
            concern: concern_of(row),
            slip: None,
        }
    }
}

/// The concern that a contribution carries.
pub fn concern_of(row: &contributions::Model) -> Option<Concern> {
    row.concern.as_ref().map(|concern| concern.0.clone())
}

/// Hands raised on a contribution, if a show of hands was taken.
pub fn hands(row: &contributions::Model) -> Option<Hands> {
    let count = |n: Option<i32>| n.unwrap_or(0).max(0) as u32;
    row.hands_agree.map(|_| Hands {
        agree: count(row.hands_agree),
        disagree: count(row.hands_disagree),
        unsure: count(row.hands_unsure),
    })
}

/// What a contribution is about, as it counts; coders see their own coding only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodedView {
    pub theme_ids: Vec<ThemeId>,
    pub set_aside: bool,
    /// The text was changed after it was coded.
    pub text_changed: bool,
}

/// A contribution. Coders see text, question and section only, and their own coding.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContributionView {
    pub id: ContributionId,
    pub consultation_id: ConsultationId,
    /// Null for a point outside every question.
    #[schema(required = true)]
    pub question: Option<i32>,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    /// Absent while it is not coded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coding: Option<CodedView>,
    /// The discussion that it was made in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discussion_id: Option<DiscussionId>,
    /// The response that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_id: Option<ResponseId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The group under which it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_group: Option<RespondentGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<Setting>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hands: Option<Hands>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_consent: Option<QuoteConsent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<HelpedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_represented: Option<i32>,
    /// What the personal-data screen saw in the text; places are counted in code points. Nothing flagged is quoted until a
    /// person has cleared it, and nothing at all until it was screened: flags are absent till then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<Flag>>,
    /// When a person cleared the text as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concern: Option<Concern>,
    /// When its use as a quote was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_withdrawn_at: Option<Moment>,
    /// When it was taken back; it counts nowhere, and only leads see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Moment>,
    /// When its text was ended, because what was taken back is kept for a while only; it is empty since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_ended_at: Option<Moment>,
    /// What to do now, where somebody may be at risk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<ReminderView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Moment>,
    pub version: i32,
}

impl Resource for ContributionView {
    fn moves_with_version(&self) -> bool {
        false
    }

    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/contributions/{}", self.id)
    }

    fn shows_text(&self) -> Option<(ConsultationId, uuid::Uuid)> {
        Some((self.consultation_id, self.id.0))
    }
}

impl ContributionView {
    /// Everything, for those who collect and lead.
    pub fn whole(row: contributions::Model, coding: Option<CodedView>) -> Self {
        Self {
            discussion_id: row.discussion_id,
            response_id: row.response_id,
            channel: Some(row.channel),
            group_id: row.counted_group_id,
            respondent_group: Some(row.respondent_group),
            setting: Some(row.setting),
            stance: Some(row.stance),
            hands: hands(&row),
            verbatim: Some(row.verbatim),
            quote_consent: Some(row.quote_consent),
            helped_by: row.helped_by,
            people_represented: row.people_represented,
            flags: row.flags.as_ref().map(|seen| seen.0.clone()),
            cleared_at: row.cleared_at,
            concern: concern_of(&row),
            quote_withdrawn_at: row.quote_withdrawn_at,
            withdrawn_at: row.withdrawn_at,
            text_ended_at: row.text_ended_at,
            received_at: Some(row.received_at),
            ..Self::for_coders(row, coding)
        }
    }

    /// Text, question and section: a coder shall not know who said it.
    pub fn for_coders(row: contributions::Model, coding: Option<CodedView>) -> Self {
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            question: row.question,
            text: row.text,
            section_ref: row.section_ref,
            coding,
            discussion_id: None,
            response_id: None,
            channel: None,
            group_id: None,
            respondent_group: None,
            setting: None,
            stance: None,
            hands: None,
            verbatim: None,
            quote_consent: None,
            helped_by: None,
            people_represented: None,
            flags: None,
            cleared_at: None,
            concern: None,
            quote_withdrawn_at: None,
            withdrawn_at: None,
            text_ended_at: None,
            reminders: Vec::new(),
            received_at: None,
            version: row.version,
        }
    }

    /// With what to remind whoever wrote `row` of.
    pub fn with_reminders(self, row: &contributions::Model) -> Self {
        Self {
            reminders: reminders([row]),
            ..self
        }
    }
}

/// What a consultation asks, for checking what comes in.
pub struct Asked {
    /// The consultation.
    pub consultation: consultations::Model,
    /// Its questions.
    pub questions: Vec<questions::Model>,
}

impl Asked {
    /// Of a consultation that takes feedback now.
    ///
    /// # Errors
    /// 404 or 409.
    pub async fn taking_feedback(tx: &Tx, id: ConsultationId) -> Result<Self, Problem> {
        let consultation = tx.consultation_taking_feedback(id).await?;
        Self::of(tx, consultation).await
    }

    /// What is asked, whether feedback is taken now or not.
    ///
    /// # Errors
    /// 404.
    pub async fn at_any_time(tx: &Tx, id: ConsultationId) -> Result<Self, Problem> {
        let consultation = tx.consultation_held(id).await?;
        Self::of(tx, consultation).await
    }

    /// Of a consultation that takes feedback as it stands: for looking at what would be taken, without keeping it from
    /// moving on.
    ///
    /// # Errors
    /// 404 or 409.
    pub async fn for_now(tx: &Tx, id: ConsultationId) -> Result<Self, Problem> {
        let consultation = takes_feedback(tx.consultation(id).await?)?;
        Self::of(tx, consultation).await
    }

    async fn of(tx: &Tx, consultation: consultations::Model) -> Result<Self, Problem> {
        let questions = tx.questions(consultation.id).await?;
        Ok(Self {
            consultation,
            questions,
        })
    }

    /// A question by its number; one that is not asked is a fault at `pointer`.
    pub fn question(&self, number: i32, pointer: String, faults: &mut Faults) -> Option<&questions::Model> {
        let found = self.questions.iter().find(|question| question.number == number);
        faults.add_if(
            found.is_none(),
            pointer,
            "unknown-question",
            "This consultation has no such question.",
        );
        found
    }

    /// A section that no document has is a fault at `pointer`.
    pub fn check_section(&self, section: Option<&Mark>, pointer: String, faults: &mut Faults) {
        let Some(section) = section else { return };
        let mut sections = self
            .consultation
            .documents
            .0
            .iter()
            .flat_map(|document| &document.sections);
        let known = sections.any(|known| known.reference == *section);
        faults.add_if(
            !known,
            pointer,
            "unknown-section",
            "No document of this consultation has such a section.",
        );
    }

    /// A channel that the consultation does not take is a fault at `pointer`.
    pub fn check_channel(&self, channel: Channel, pointer: &str, faults: &mut Faults) {
        let taken = self.consultation.channels.0.contains(&channel);
        faults.add_if(
            !taken,
            pointer,
            "channel-not-taken",
            "This consultation does not take feedback this way.",
        );
    }
}

/// An open question takes text; a closed one takes choices.
pub fn is_open(question: &questions::Model) -> bool {
    question.kind == QuestionKind::Open
}

/// Writes a new text over an old one: the words are others now, so they are screened anew, and nobody has cleared them or
/// agreed to quote them.
pub fn set_text(row: &mut contributions::Model, text: Prose, now: Moment, screened: &Screened) {
    if row.text != text.as_str() {
        row.text = text.into_string();
        row.text_changed_at = Some(now);
        row.flags = Some(screened.flags(&row.text));
        row.cleared_at = None;
        row.quote_consent = QuoteConsent::NotQuotable;
    }
}

/// Words that somebody took back from being quoted cannot be given again by somebody else.
pub fn check_quote(was: &contributions::Model, wanted: Option<QuoteConsent>, at: &str, faults: &mut Faults) {
    faults.add_if(
        was.quote_withdrawn_at.is_some() && wanted == Some(QuoteConsent::Quotable),
        format!("{at}/quote_consent"),
        "quote-withdrawn",
        "Whoever said it has taken these words back from being quoted.",
    );
}

/// Refuses ids that are taken, without showing what has them.
///
/// # Errors
/// 409 `id-withdrawn` for what the caller may know was taken back, else `id-conflict`.
pub async fn refuse_taken(tx: &Tx, ids: Vec<ContributionId>) -> Result<(), Problem> {
    let taken = tx.taken_contributions(ids).await?;
    if taken.iter().any(|one| one.withdrawn && one.known) {
        return Err(withdrawn());
    }
    if taken.is_empty() { Ok(()) } else { Err(conflict()) }
}

/// The coding that counts, or the coder's own where `own` says whose.
pub(crate) fn coded(
    row: &contributions::Model,
    codings: &[codings::Model],
    own: Option<domain::id::UserId>,
) -> Option<CodedView> {
    let of_row: Vec<&codings::Model> = codings
        .iter()
        .filter(|coding| coding.contribution_id == row.id)
        // A decision is nobody's own.
        .filter(|coding| {
            own.is_none_or(|coder| coding.coder_id == coder && coding.adjudication_reason.is_none())
        })
        .collect();
    let rows: Vec<CodingRow> = of_row.iter().map(|coding| coding_row(coding)).collect();
    let counted = what_counts(&rows);
    if counted.themes.is_empty() && !counted.set_aside {
        return None;
    }
    Some(CodedView {
        theme_ids: counted.themes,
        set_aside: counted.set_aside,
        text_changed: row.text_changed_at.map(|at| at.0) > counted.coded_at,
    })
}

/// Filters of the list of contributions; each takes several values, any of which will do.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ContributionFilters {
    /// Numbers of questions, or `none`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    pub question: Option<AnyOf<String>>,
    /// Ids or codes of themes; a parent stands for its sub-themes too.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    pub theme: Option<AnyOf<String>>,
    /// Refs of sections.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    pub section: Option<AnyOf<String>>,
    /// Ids of groups, or `not_recorded`.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false)]
    pub group: Option<AnyOf<String>>,
    /// Respondent groups.
    #[param(value_type = Option<Vec<RespondentGroup>>, style = Form, explode = false)]
    pub respondent_group: Option<AnyOf<String>>,
    /// Settings.
    #[param(value_type = Option<Vec<Setting>>, style = Form, explode = false)]
    pub setting: Option<AnyOf<String>>,
    /// Channels.
    #[param(value_type = Option<Vec<Channel>>, style = Form, explode = false)]
    pub channel: Option<AnyOf<String>>,
    /// Stances.
    #[param(value_type = Option<Vec<Stance>>, style = Form, explode = false)]
    pub stance: Option<AnyOf<String>>,
    /// Where the discussion or response stands in review; `withdrawn` gives leads what was taken back.
    #[param(value_type = Option<Vec<ReviewState>>, style = Form, explode = false)]
    pub review: Option<AnyOf<String>>,
    /// `true` for coded, `false` for neither coded nor set aside.
    #[param(value_type = Option<Vec<bool>>, style = Form, explode = false)]
    pub coded: Option<AnyOf<String>>,
    /// `true` for what the personal-data screen saw something in that nobody has cleared, `false` for all else.
    #[param(value_type = Option<Vec<bool>>, style = Form, explode = false)]
    pub flagged: Option<AnyOf<String>>,
    /// `true` for what coders who worked independently see differently and nobody has decided, `false` for all else.
    #[param(value_type = Option<Vec<bool>>, style = Form, explode = false)]
    pub unadjudicated: Option<AnyOf<String>>,
}

impl From<ContributionFilters> for FilterValues {
    fn from(filters: ContributionFilters) -> Self {
        Self {
            question: values(filters.question),
            theme: values(filters.theme),
            section: values(filters.section),
            group: values(filters.group),
            respondent_group: values(filters.respondent_group),
            setting: values(filters.setting),
            channel: values(filters.channel),
            stance: values(filters.stance),
            review: values(filters.review),
            coded: values(filters.coded),
            flagged: values(filters.flagged),
            unadjudicated: values(filters.unadjudicated),
            round: None,
        }
    }
}

/// Words to look for, and the same filters as the list has. Free text never stands in an address.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SearchInput {
    /// Found wherever it stands, however it is cased.
    #[validate(nested)]
    pub text: Text<{ limits::TITLE }>,
    #[schema(value_type = Option<Vec<String>>)]
    pub question: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub theme: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub section: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub group: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub respondent_group: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub setting: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub channel: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub stance: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub review: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub coded: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub flagged: Option<AnyOf<String>>,
    #[schema(value_type = Option<Vec<String>>)]
    pub unadjudicated: Option<AnyOf<String>>,
}

/// Which contributions a caller may list: leads and coders all of the consultation, facilitators those of their
/// groups, champions those they posted.
async fn readable(access: &Access<ReadContributions>, id: ConsultationId) -> Result<Scope, Problem> {
    let reach = access.reach().clone();
    access
        .store()
        .read(async |tx| {
            tx.consultation(id).await?;
            if reach.is_lead() || reach.consultations(Role::Coder).contains(&id) {
                return Ok(Scope::Whole);
            }
            match reach.exact() {
                Some(groups) => Ok(groups),
                None => Ok(Scope::Own(tx.own_responses(id).await?)),
            }
        })
        .await
}

/// What a coder is not shown cannot be asked for either: who said it, and how another coder coded it.
fn only_for_coders(wanted: &FilterValues) -> Result<(), Problem> {
    let mut faults = Faults::default();
    let hidden = [
        ("theme", &wanted.theme),
        ("group", &wanted.group),
        ("respondent_group", &wanted.respondent_group),
        ("setting", &wanted.setting),
        ("channel", &wanted.channel),
        ("stance", &wanted.stance),
        ("review", &wanted.review),
        ("flagged", &wanted.flagged),
        ("unadjudicated", &wanted.unadjudicated),
    ];
    for (parameter, values) in hidden {
        let asked = values.is_some();
        faults.add_if(
            asked,
            format!("/{parameter}"),
            "not-for-coders",
            "Coders filter by question, section and whether they coded it themselves.",
        );
    }
    if faults.0.is_empty() {
        Ok(())
    } else {
        Err(Problem::of_faults(Code::BadParameter, faults.0))
    }
}

async fn matching(
    access: &Access<ReadContributions>,
    id: ConsultationId,
    mut wanted: FilterValues,
    page: Page,
    text: Option<String>,
) -> Reply<Items<ContributionView>> {
    let scope = readable(access, id).await?;
    // Whoever collects or leads sees all of it; who only codes sees what coding needs.
    let coder = (matches!(scope, Scope::Whole) && !access.reach().is_lead()).then_some(access.caller().user);
    if coder.is_some() {
        only_for_coders(&wanted)?;
    }
    // Whether it is coded means to a coder: by oneself.
    let by_oneself = if coder.is_some() {
        wanted.coded.take()
    } else {
        None
    };
    let reader = match (coder, access.reach().is_lead()) {
        (Some(_), _) => Reader::Coder,
        (None, true) => Reader::Lead,
        (None, false) => Reader::Collector,
    };
    let mut found = access
        .state()
        .looks
        .with(&access.store(), id, move |facts| {
            list_contributions(facts, &scope, &wanted, reader)
        })
        .await?
        .map_err(unknown_values)?;
    if let Some(asked) = by_oneself {
        if let Some(value) = asked
            .iter()
            .find(|word| !matches!(word.as_str(), "true" | "false"))
        {
            let (value, expected) = (value.clone(), "true or false".to_owned());
            return Err(unknown_values(vec![UnknownValue {
                parameter: "coded",
                value,
                expected,
            }]));
        }
        let own = access
            .store()
            .read(async |tx| tx.coded_by_oneself(id).await)
            .await?;
        found.retain(|(_, id)| asked.iter().any(|word| *word == own.contains(id).to_string()));
    }
    let after = page.after.map(|(moment, id)| (moment.0, ContributionId(id)));
    let start = after.map_or(0, |after| found.partition_point(|place| *place <= after));
    let rows = rows_in_order(&access.store(), &found[start..], page.limit + 1, text, reader).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let codings = access.store().read(async |tx| tx.codings_of(&ids).await).await?;
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| {
            let coding = coded(&row, &codings, coder);
            if coder.is_some() {
                ContributionView::for_coders(row, coding)
            } else {
                ContributionView::whole(row, coding)
            }
        },
    ))
}

/// The first `limit` of `places` whose text holds `text`, in their order. What `reader` may not see any more since the
/// places were found is left out.
async fn rows_in_order(
    store: &Opened,
    places: &[(i64, ContributionId)],
    limit: u64,
    text: Option<String>,
    reader: Reader,
) -> Result<Vec<contributions::Model>, Problem> {
    let shown = |row: &contributions::Model| match reader {
        Reader::Lead => true,
        Reader::Collector => row.withdrawn_at.is_none(),
        Reader::Coder => row.withdrawn_at.is_none() && !concerns::waits(row),
    };
    let mut rows = Vec::new();
    let step = if text.is_some() { 500 } else { limit as usize };
    for some in places.chunks(step.max(1)) {
        let ids: Vec<_> = some.iter().map(|(_, id)| *id).collect();
        let mut found = store.read(async |tx| tx.contributions(&ids).await).await?;
        found.sort_by_key(|row| (row.received_at, row.id));
        rows.extend(
            found
                .into_iter()
                .filter(shown)
                .filter(|row| text.as_ref().is_none_or(|text| folded(&row.text).contains(text))),
        );
        if rows.len() as u64 >= limit {
            break;
        }
    }
    rows.truncate(limit as usize);
    Ok(rows)
}

/// `GET /v1/consultations/{id}/contributions`
pub async fn list(
    access: Access<ReadContributions, (At<ConsultationId>, Listing<ContributionFilters>)>,
) -> Reply<Items<ContributionView>> {
    let ((At(id), Listing { filters, page }), access) = access.split();
    matching(&access, id, filters.into(), page, None).await
}

/// `POST /v1/consultations/{id}/contributions/search`
pub async fn search(
    access: Access<
        ReadContributions,
        (
            At<ConsultationId>,
            Listing<crate::http::page::NoFilters>,
            Valid<SearchInput>,
        ),
    >,
) -> Reply<Items<ContributionView>> {
    let ((At(id), Listing { page, .. }, asked), access) = access.split();
    let (input, faults) = asked.open();
    faults.end()?;
    let wanted = FilterValues {
        question: values(input.question),
        theme: values(input.theme),
        section: values(input.section),
        group: values(input.group),
        respondent_group: values(input.respondent_group),
        setting: values(input.setting),
        channel: values(input.channel),
        stance: values(input.stance),
        review: values(input.review),
        coded: values(input.coded),
        flagged: values(input.flagged),
        unadjudicated: values(input.unadjudicated),
        round: None,
    };
    let found = matching(&access, id, wanted, page, Some(folded(input.text.as_str()))).await;
    // What is a parameter there is a field of the body here.
    found.map_err(|problem| match problem.code {
        Code::BadParameter => Problem::of_faults(Code::Invalid, problem.faults),
        _ => problem,
    })
}

/// A contribution that the caller may read whole. What was taken back is there for leads only.
pub(crate) async fn readable_row(tx: &Tx, id: ContributionId) -> Result<contributions::Model, Problem> {
    let row = reachable_row(tx, id).await?;
    if row.withdrawn_at.is_some() && !tx.reach().is_lead() {
        return Err(Problem::not_found());
    }
    Ok(row)
}

/// A contribution of what the caller collects, taken back or not.
pub(crate) async fn reachable_row(tx: &Tx, id: ContributionId) -> Result<contributions::Model, Problem> {
    let row = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
    tx.consultation(row.consultation_id).await?;
    if let Some(discussion) = row.discussion_id {
        tx.discussion(discussion).await?;
    }
    if let Some(response) = row.response_id {
        tx.response(response).await?;
    }
    Ok(row)
}

/// `GET /v1/contributions/{id}`
pub async fn show(access: Access<ReadContributions, At<ContributionId>>) -> Reply<One<ContributionView>> {
    let (At(id), access) = access.split();
    let user = access.caller().user;
    let view = access
        .store()
        .read(async |tx| {
            let codings = tx.codings_of(&[id]).await?;
            match readable_row(tx, id).await {
                Ok(row) => Ok(ContributionView::whole(row.clone(), coded(&row, &codings, None))),
                Err(refusal) => {
                    let row = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
                    if !tx
                        .reach()
                        .consultations(Role::Coder)
                        .contains(&row.consultation_id)
                    {
                        return Err(refusal);
                    }
                    if row.withdrawn_at.is_some() || concerns::waits(&row) || tx.is_in_withdrawn(&row).await?
                    {
                        return Err(refusal);
                    }
                    tx.consultation(row.consultation_id).await?;
                    Ok(ContributionView::for_coders(
                        row.clone(),
                        coded(&row, &codings, Some(user)),
                    ))
                }
            }
        })
        .await?;
    Ok(One(view))
}

/// `PATCH /v1/contributions/{id}`: a changed text is screened anew, loses its clearance and its consent to be quoted, and
/// keeps its coding, marked. A concern is raised and passed on in every status.
pub async fn change(
    access: Access<CorrectContribution, (At<ContributionId>, Patch<ContributionInput>)>,
) -> Reply<One<ContributionView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let screened = Screened::new(&access.state().known_names, &store, patch.texts()).await?;
    let receipts = access.state().sessions.receipts();
    let job = store.write(async move |tx| {
        // Corrections of a table and of one of its points come one after the other.
        let within = tx.any_contribution(id).await?.ok_or_else(Problem::not_found)?;
        for container in [
            within.discussion_id.map(|id| id.0),
            within.response_id.map(|id| id.0),
        ]
        .into_iter()
        .flatten()
        {
            tx.hold(container).await?;
        }
        let was = readable_row(tx, id).await?;
        let only_a_concern = patch.is_only_of("concern");
        if was.withdrawn_at.is_some() && !only_a_concern {
            return Err(withdrawn());
        }
        if !only_a_concern && tx.is_in_withdrawn(&was).await? {
            return Err(withdrawn_in_review());
        }
        // Somebody at risk does not wait for a consultation to open again, nor is it over when the words are taken back.
        let asked = match only_a_concern {
            true => Asked::at_any_time(tx, was.consultation_id).await?,
            false => Asked::taking_feedback(tx, was.consultation_id).await?,
        };
        let (input, mut faults) = patch.over(&ContributionInput::from(&was), was.version)?.open();
        faults.add_if(input.id != Some(id), "/id", "fixed", "An id never changes.");
        let mut people = None;
        let mut ties = None;
        if let Some(discussion) = was.discussion_id {
            let (table, _) = tx.discussion(discussion).await?;
            people = table.participants.sum();
            if let Some(slip) = &input.slip {
                let mut of_meeting = Ties::new(receipts, table.meeting_id);
                of_meeting.look_up(tx, slip, id, "", &mut faults).await?;
                ties = Some(of_meeting);
            }
            let skipped = table
                .not_discussed
                .0
                .iter()
                .any(|one| Some(one.question) == input.question);
            faults.add_if(
                skipped,
                "/question",
                "not-discussed",
                "Its table says that it did not come to this question.",
            );
        }
        let moved = was.response_id.is_some() && input.setting.is_some_and(|setting| setting != was.setting);
        faults.add_if(
            moved,
            "/setting",
            "fixed",
            "The setting of a response stays as it was recorded.",
        );
        let from_response = was.response_id.is_some() && input.hands.is_some();
        faults.add_if(from_response, "/hands", "not-taken", "Only a table raises hands.");
        let from_response = was.response_id.is_some() && input.slip.is_some();
        faults.add_if(
            from_response,
            "/slip",
            "not-taken",
            "Slips are for tables; a response has its receipt.",
        );
        check_quote(&was, input.quote_consent, "", &mut faults);
        input.check("", &asked, people, &mut faults);
        faults.end()?;
        // The container first, as where a whole table is corrected: two writers never wait for each other.
        let within = touch_container(tx, &was).await?;
        let row = input.over(was.clone(), tx.now, tx.stamp, &screened);
        tx.change_contribution(row.clone(), VersionCause::Corrected, Some(within))
            .await?;
        if let Some(container) = container_of(&was).filter(|_| !only_a_concern) {
            tx.approval_falls(container, was.consultation_id, within).await?;
        }
        if let Some(ties) = ties {
            ties.tie(tx).await?;
        }
        tx.keep_version(
            VersionedKind::Contribution,
            id.0,
            was.version,
            &ContributionView::whole(was, None),
        )
        .await?;
        let codings = tx.codings_of(&[id]).await?;
        let view = ContributionView::whole(row.clone(), coded(&row, &codings, None));
        Ok(view.with_reminders(&row))
    });
    Ok(One(job.await?))
}

impl ContributionInput {
    /// The rules that need the consultation; `people` is how many sat at the table, where somebody counted.
    pub fn check(&self, at: &str, asked: &Asked, people: Option<u64>, faults: &mut Faults) {
        if let Some(number) = self.question {
            asked.question(number, format!("{at}/question"), faults);
        }
        asked.check_section(self.section_ref.as_ref(), format!("{at}/section_ref"), faults);
        concerns::check(self.concern.as_ref(), at, faults);
        if let (Some(hands), Some(people)) = (self.hands, people) {
            faults.add_if(
                hands.sum() > people,
                format!("{at}/hands"),
                "more-hands-than-people",
                format!("{} hands at a table of {people}.", hands.sum()),
            );
        }
        if let Some(hands) = self.hands {
            let too_many = [hands.agree, hands.disagree, hands.unsure]
                .iter()
                .any(|n| *n > limits::COUNT as u32);
            faults.add_if(
                too_many,
                format!("{at}/hands"),
                "out-of-range",
                "Hands are counted up to 100000.",
            );
        }
    }

    /// The next version of `row`, as this input says.
    pub fn over(
        self,
        mut row: contributions::Model,
        now: Moment,
        stamp: i64,
        screened: &Screened,
    ) -> contributions::Model {
        row.question = self.question;
        row.respondent_group = self.respondent_group.unwrap_or(row.respondent_group);
        row.stance = self.stance.unwrap_or(Stance::Unclear);
        row.hands_agree = self.hands.map(|hands| hands.agree as i32);
        row.hands_disagree = self.hands.map(|hands| hands.disagree as i32);
        row.hands_unsure = self.hands.map(|hands| hands.unsure as i32);
        row.verbatim = self.verbatim.unwrap_or(false);
        row.quote_consent = self.quote_consent.unwrap_or(QuoteConsent::NotQuotable);
        row.section_ref = self.section_ref.map(Into::into);
        row.setting = self.setting.unwrap_or(Setting::NotRecorded);
        row.helped_by = self.helped_by;
        row.concern = concerns::raised(self.concern);
        set_text(&mut row, self.text, now, screened);
        row.version += 1;
        row.changed = stamp;
        row
    }
}

/// What an id gets that was withdrawn.
pub fn withdrawn() -> Problem {
    Problem::new(
        Code::IdWithdrawn,
        "What was withdrawn does not come back; choose another id.",
    )
}

/// What a correction gets of something that was withdrawn in review.
pub fn withdrawn_in_review() -> Problem {
    Problem::new(
        Code::IdWithdrawn,
        "It was withdrawn in review and counts nowhere. Take it back to received first.",
    )
}

/// Writes what a discussion or response says that was corrected to version `within` over `said`: contributions that stay the
/// same keep their version, others get their next and are kept as they were, new ones are added.
///
/// # Errors
/// 409 for an id that something else has or had.
pub(crate) async fn write_next(
    tx: &Tx,
    said: &[contributions::Model],
    next: Vec<contributions::Model>,
    (container, within): (Reviewed, i32),
) -> Result<(), Problem> {
    let mut added = Vec::new();
    for new in next {
        match said.iter().find(|was| was.id == new.id) {
            None => added.push(new),
            Some(was) => {
                let as_before = contributions::Model {
                    version: was.version,
                    changed: was.changed,
                    ..new.clone()
                };
                if as_before != *was {
                    tx.change_contribution(new, VersionCause::Corrected, Some(within))
                        .await?;
                    let body = ContributionView::whole(was.clone(), None);
                    tx.keep_version(VersionedKind::Contribution, was.id.0, was.version, &body)
                        .await?;
                }
            }
        }
    }
    refuse_taken(tx, added.iter().map(|new| new.id).collect()).await?;
    for new in &added {
        // What came in with the whole needs none: that it was there from the beginning is told by its being there.
        let of = (VersionedKind::Contribution, new.id.0, new.version);
        tx.add_step(of, VersionCause::Recorded, Some((container.id(), within)))
            .await?;
    }
    tx.add_contributions(added).await.map_err(taken)
}
