//! Discussions: one facilitated table of one meeting, with what was said, raised hands, and what was not come to.

use crate::{
    auth::{
        permission::{ReadDiscussions, SubmitDiscussion},
        receipts::Receipts,
    },
    collecting::{
        concerns::{self, ReminderView, reminders},
        contributions::{
            Asked, ContributionInput, ContributionView, check_quote, concern_of, is_open, refuse_taken,
            withdrawn, withdrawn_in_review, write_next,
        },
        screening::Screened,
        slips::Ties,
    },
    http::{
        access::Access,
        answer::{One, Reply, Resource, Stored},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem, escaped},
        repeat::{conflict, content_digest, same_content, taken},
    },
    store::{Tx, consulting::options, reviewing::Reviewed},
};
use domain::{
    id::{ConsultationId, ContributionId, DiscussionId, GroupId, MeetingId},
    limits,
    moment::Moment,
    record::{NotDiscussed, Participants, Tally},
    text::{Mark, Text},
    vocabulary::{
        Channel, MeetingStatus, QuestionKind, QuoteConsent, RespondentGroup, ReviewState, Setting, Stance,
        VersionCause, VersionedKind,
    },
};
use entity::{
    contributions, discussions,
    json::{Flags, NotDiscussedList, ParticipantCounts, Tallies},
    meetings,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A table's notes.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct DiscussionInput {
    /// Chosen by the caller, or left to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<DiscussionId>,
    pub meeting_id: MeetingId,
    /// What the table was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub table: Option<Mark>,
    /// Tells reshuffled tables of one meeting apart; 1 unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = 100, message = "Sittings are counted from 1 to 100."))]
    #[schema(minimum = 1, maximum = 100)]
    pub sitting: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, max = limits::COUNT, message = "Minutes lie between 0 and 100000."))]
    #[schema(minimum = 0, maximum = 100000)]
    pub minutes_given: Option<i32>,
    /// When the notes were taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Moment>,
    /// How many of each kind sat there; empty when nobody counted.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, u32>)]
    pub participants: Participants,
    #[serde(default)]
    #[validate(length(max = limits::QUESTIONS, message = "At most 500 questions."))]
    #[schema(max_items = 500)]
    pub not_discussed: Vec<NotDiscussed>,
    #[serde(default)]
    #[validate(nested, length(max = limits::QUESTIONS, message = "At most 500 tallies."))]
    #[schema(max_items = 500)]
    pub tallies: Vec<Tally>,
    #[validate(nested, length(max = limits::CONTRIBUTIONS, message = "At most 1000 contributions a body."))]
    #[schema(max_items = 1000)]
    pub contributions: Vec<ContributionInput>,
}

/// A table's notes, as they are stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct DiscussionView {
    pub id: DiscussionId,
    pub consultation_id: ConsultationId,
    pub meeting_id: MeetingId,
    /// The meeting's group when the notes came in.
    pub group_id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    pub sitting: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_given: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Moment>,
    #[schema(value_type = std::collections::BTreeMap<String, u32>)]
    pub participants: Participants,
    pub not_discussed: Vec<NotDiscussed>,
    pub tallies: Vec<Tally>,
    pub contributions: Vec<ContributionView>,
    pub review: ReviewState,
    /// What to do now, where somebody may be at risk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<ReminderView>,
    pub received_at: Moment,
    pub version: i32,
}

impl Resource for DiscussionView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/discussions/{}", self.id)
    }

    fn shows_text(&self) -> Option<(ConsultationId, uuid::Uuid)> {
        Some((self.consultation_id, self.id.0))
    }
}

impl DiscussionView {
    pub(super) fn new(row: discussions::Model, said: Vec<contributions::Model>) -> Self {
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            meeting_id: row.meeting_id,
            group_id: row.group_id,
            table: row.table_name,
            sitting: row.sitting,
            minutes_given: row.minutes_given,
            recorded_at: row.recorded_at,
            participants: row.participants.0,
            not_discussed: row.not_discussed.0,
            tallies: row.tallies.0,
            contributions: said
                .into_iter()
                .map(|said| ContributionView::whole(said, None))
                .collect(),
            review: row.review,
            reminders: Vec::new(),
            received_at: row.received_at,
            version: row.version,
        }
    }

    /// For whoever wrote it: with what to remind them of.
    fn written(row: discussions::Model, said: Vec<contributions::Model>) -> Self {
        Self {
            reminders: reminders(&said),
            ..Self::new(row, said)
        }
    }
}

/// The only kind of participant, else mixed.
fn only_kind(participants: &Participants) -> RespondentGroup {
    let mut kinds = participants
        .iter()
        .filter(|(_, people)| **people > 0)
        .map(|(kind, _)| *kind);
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind,
        _ => RespondentGroup::Mixed,
    }
}

impl DiscussionInput {
    /// What was said before, as it would be sent: what a merge patch is laid over.
    fn of(row: &discussions::Model, said: &[contributions::Model]) -> Self {
        Self {
            id: Some(row.id),
            meeting_id: row.meeting_id,
            table: row.table_name.as_deref().map(Text::new),
            sitting: Some(row.sitting),
            minutes_given: row.minutes_given,
            recorded_at: row.recorded_at,
            participants: row.participants.0.clone(),
            not_discussed: row.not_discussed.0.clone(),
            tallies: row.tallies.0.clone(),
            contributions: said.iter().map(Into::into).collect(),
        }
    }

    pub(super) fn check(&self, asked: &Asked, faults: &mut Faults) {
        let at_table = ParticipantCounts(self.participants.clone()).sum();
        for (kind, people) in &self.participants {
            let pointer = format!("/participants/{kind}");
            let none = *kind == RespondentGroup::Mixed;
            faults.add_if(
                none,
                pointer.clone(),
                "not-taken",
                "Nobody is mixed; count people by what they are.",
            );
            let too_many = *people > limits::COUNT as u32;
            faults.add_if(
                too_many,
                pointer,
                "out-of-range",
                "People are counted up to 100000.",
            );
        }
        for (at, one) in self.not_discussed.iter().enumerate() {
            let pointer = format!("/not_discussed/{at}/question");
            asked.question(one.question, pointer.clone(), faults);
            let twice = self.not_discussed[..at]
                .iter()
                .any(|other| other.question == one.question);
            faults.add_if(
                twice,
                pointer.clone(),
                "repeated",
                "This question stands here twice.",
            );
            let recorded = self
                .contributions
                .iter()
                .any(|said| said.question == Some(one.question))
                || self.tallies.iter().any(|tally| tally.question == one.question);
            faults.add_if(
                recorded,
                pointer,
                "discussed",
                "There are contributions or a tally on this question.",
            );
        }
        for (at, tally) in self.tallies.iter().enumerate() {
            let pointer = format!("/tallies/{at}");
            let twice = self.tallies[..at]
                .iter()
                .any(|other| other.question == tally.question);
            faults.add_if(
                twice,
                format!("{pointer}/question"),
                "repeated",
                "This question has its tally already.",
            );
            if let Some(question) = asked.question(tally.question, format!("{pointer}/question"), faults) {
                check_tally(tally, question, at_table, &pointer, faults);
            }
        }
        for (at, said) in self.contributions.iter().enumerate() {
            let pointer = format!("/contributions/{at}");
            let twice = said.id.is_some() && self.contributions[..at].iter().any(|other| other.id == said.id);
            faults.add_if(
                twice,
                format!("{pointer}/id"),
                "repeated",
                "Another contribution of this body has this id.",
            );
            said.check(&pointer, asked, at_table, faults);
        }
    }

    /// Which slips to tie. A contribution that gets one has its id from now on.
    async fn ties(
        &mut self,
        tx: &Tx,
        receipts: Receipts,
        meeting: MeetingId,
        faults: &mut Faults,
    ) -> Result<Ties, Problem> {
        let mut ties = Ties::new(receipts, meeting);
        for (at, said) in self.contributions.iter_mut().enumerate() {
            if let Some(slip) = &said.slip {
                let of = *said.id.get_or_insert_with(crate::clock::new_id);
                let pointer = format!("/contributions/{at}");
                ties.look_up(tx, slip, of, &pointer, faults).await?;
            }
        }
        Ok(ties)
    }

    pub(super) fn row(
        &self,
        tx: &Tx,
        meeting: &meetings::Model,
        counted: GroupId,
        digest: String,
        consultation: ConsultationId,
    ) -> Result<discussions::Model, Problem> {
        Ok(discussions::Model {
            id: self.id.unwrap_or_else(crate::clock::new_id),
            consultation_id: consultation,
            meeting_id: meeting.id,
            round_id: meeting.round_id,
            group_id: meeting.group_id,
            counted_group_id: counted,
            table_name: self.table.clone().map(Into::into),
            sitting: self.sitting.unwrap_or(1),
            minutes_given: self.minutes_given,
            recorded_at: self.recorded_at,
            participants: ParticipantCounts(self.participants.clone()),
            respondent_group: only_kind(&self.participants),
            not_discussed: NotDiscussedList(self.not_discussed.clone()),
            tallies: Tallies(self.tallies.clone()),
            review: ReviewState::Received,
            content_digest: digest,
            created_by: tx.user()?,
            version: 1,
            received_at: tx.now,
            changed: tx.stamp,
        })
    }
}

fn check_tally(
    tally: &Tally,
    question: &entity::questions::Model,
    at_table: Option<u64>,
    pointer: &str,
    faults: &mut Faults,
) {
    if is_open(question) {
        faults.add(
            format!("{pointer}/question"),
            "not-taken",
            "An open question has no options to raise hands for.",
        );
        return;
    }
    let options = options(question);
    for (option, people) in &tally.counts {
        let here = format!("{pointer}/counts/{}", escaped(option));
        let taken = options.join(", ");
        faults.add_if(
            !options.contains(option),
            here.clone(),
            "unknown-option",
            format!("The options are: {taken}."),
        );
        faults.add_if(
            *people > limits::COUNT as u32,
            here,
            "out-of-range",
            "Hands are counted up to 100000.",
        );
    }
    // Everybody may choose several of a multiple choice, so there each option is held against the table by itself.
    let hands = tally.counts.values().map(|n| u64::from(*n));
    let most = if question.kind == QuestionKind::MultipleChoice {
        hands.max().unwrap_or(0)
    } else {
        hands.sum()
    };
    if let Some(people) = at_table {
        faults.add_if(
            most > people,
            format!("{pointer}/counts"),
            "more-hands-than-people",
            format!("{most} hands at a table of {people}."),
        );
    }
}

/// A new contribution of a discussion. Contributions of one body are a microsecond apart, in their order.
pub(super) fn new_contribution(
    input: ContributionInput,
    flags: Flags,
    row: &discussions::Model,
    position: usize,
    tx: &Tx,
) -> Result<contributions::Model, Problem> {
    let hand = |n: u32| i32::try_from(n).unwrap_or(limits::COUNT);
    Ok(contributions::Model {
        id: input.id.unwrap_or_else(crate::clock::new_id),
        consultation_id: row.consultation_id,
        discussion_id: Some(row.id),
        response_id: None,
        counted_group_id: Some(row.counted_group_id),
        channel: Channel::MeetingDiscussion,
        question: input.question,
        flags: Some(flags),
        text: input.text.into_string(),
        respondent_group: input.respondent_group.unwrap_or(row.respondent_group),
        setting: input.setting.unwrap_or(Setting::NotRecorded),
        stance: input.stance.unwrap_or(Stance::Unclear),
        hands_agree: input.hands.map(|hands| hand(hands.agree)),
        hands_disagree: input.hands.map(|hands| hand(hands.disagree)),
        hands_unsure: input.hands.map(|hands| hand(hands.unsure)),
        verbatim: input.verbatim.unwrap_or(false),
        quote_consent: input.quote_consent.unwrap_or(QuoteConsent::NotQuotable),
        section_ref: input.section_ref.map(Into::into),
        helped_by: input.helped_by,
        people_represented: None,
        text_changed_at: None,
        cleared_at: None,
        quote_withdrawn_at: None,
        withdrawn_at: None,
        text_ended_at: None,
        concern: concerns::raised(input.concern),
        created_by: tx.user()?,
        version: 1,
        received_at: tx.now.plus_micros(position as i64),
        changed: tx.stamp,
    })
}

/// `POST /v1/consultations/{id}/discussions`
pub async fn create(
    access: Access<SubmitDiscussion, (At<ConsultationId>, Valid<DiscussionInput>)>,
) -> Reply<Stored<DiscussionView>> {
    let ((At(consultation), asked), access) = access.split();
    let digest = content_digest(asked.body());
    let (input, faults) = asked.open();
    let store = access.store();
    let texts = input
        .contributions
        .iter()
        .map(|said| said.text.as_str().to_owned());
    let screened = Screened::new(&access.state().known_names, &store, texts.collect()).await?;
    let receipts = access.state().sessions.receipts();
    let with = With { screened, receipts };
    let job = store.post(async move |tx| submit(tx, consultation, input, faults, digest, with).await);
    job.await
}

/// What was made ready before the write.
struct With {
    screened: Arc<Screened>,
    receipts: Receipts,
}

async fn submit(
    tx: &Tx,
    consultation: ConsultationId,
    input: DiscussionInput,
    mut faults: Faults,
    digest: String,
    with: With,
) -> Result<Stored<DiscussionView>, Problem> {
    if let Some(id) = input.id {
        tx.hold(id.0).await?;
    }
    if let Some(id) = input.id
        && let Some(stored) = tx.any_discussion(id).await?
    {
        same_content(
            Some(&stored.content_digest)
                .filter(|_| stored.consultation_id == consultation)
                .map(|d| d.as_str()),
            &digest,
        )?;
        let (row, said) = tx.discussion(id).await.map_err(|_| conflict())?;
        if row.review == ReviewState::Withdrawn {
            return Err(withdrawn());
        }
        return Ok(Stored::Repeated(DiscussionView::written(row, said)));
    }
    // Known first, open second: a stranger to the meeting shall not learn how the consultation stands.
    tx.consultation(consultation).await?;
    // The meeting stays as it is until its notes are in.
    tx.hold_with_others(input.meeting_id.0).await?;
    let meeting = tx.meeting(input.meeting_id).await?;
    let asked = Asked::taking_feedback(tx, consultation).await?;
    asked.check_channel(Channel::MeetingDiscussion, "/meeting_id", &mut faults);
    let cancelled = meeting.status == MeetingStatus::Cancelled;
    faults.add_if(
        cancelled,
        "/meeting_id",
        "meeting-cancelled",
        "This meeting was cancelled; correct it first.",
    );
    input.check(&asked, &mut faults);
    let mut input = input;
    let ties = input
        .ties(tx, with.receipts.clone(), meeting.id, &mut faults)
        .await?;
    faults.end()?;
    let ids: Vec<ContributionId> = input.contributions.iter().filter_map(|said| said.id).collect();
    refuse_taken(tx, ids).await?;
    let counted = tx.counted_group(&tx.group(meeting.group_id).await?).await?;
    let row = input.row(tx, &meeting, counted, digest, consultation)?;
    let said = input.contributions.into_iter().enumerate();
    let said: Vec<_> = said
        .map(|(at, said)| {
            let flags = with.screened.flags(said.text.as_str());
            new_contribution(said, flags, &row, at, tx)
        })
        .collect::<Result<_, _>>()?;
    tx.add_discussion(row.clone(), said.clone())
        .await
        .map_err(taken)?;
    ties.tie(tx).await?;
    Ok(Stored::Created(DiscussionView::written(row, said)))
}

/// Filters of the list of discussions.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DiscussionFilters {
    /// Meetings, any of them.
    #[param(value_type = Option<Vec<MeetingId>>, style = Form, explode = false)]
    pub meeting: Option<AnyOf<MeetingId>>,
    /// Where they stand in review.
    #[param(value_type = Option<Vec<ReviewState>>, style = Form, explode = false)]
    pub review: Option<AnyOf<ReviewState>>,
}

/// `GET /v1/consultations/{id}/discussions`
pub async fn list(
    access: Access<ReadDiscussions, (At<ConsultationId>, Listing<DiscussionFilters>)>,
) -> Reply<Items<DiscussionView>> {
    let ((At(id), Listing { filters, page }), access) = access.split();
    let meetings = filters.meeting.map(|any| any.0);
    let reviews = filters.review.map(|any| any.0);
    let (rows, said) = access
        .store()
        .read_at_one_moment(async |tx| {
            tx.consultation(id).await?;
            tx.discussions(id, meetings, reviews, page).await
        })
        .await?;
    let mut within: HashMap<_, Vec<_>> = HashMap::new();
    for said in said {
        within.entry(said.discussion_id).or_default().push(said);
    }
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| {
            let own = within.remove(&Some(row.id)).unwrap_or_default();
            DiscussionView::new(row, own)
        },
    ))
}

/// `GET /v1/discussions/{id}`
pub async fn show(access: Access<ReadDiscussions, At<DiscussionId>>) -> Reply<One<DiscussionView>> {
    let At(id) = access.asked;
    let (row, said) = access
        .store()
        .read_at_one_moment(async |tx| tx.discussion(id).await)
        .await?;
    Ok(One(DiscussionView::new(row, said)))
}

/// `PATCH /v1/discussions/{id}`: contributions with a known id keep their history, new ones are added; none can be
/// left out.
pub async fn change(
    access: Access<SubmitDiscussion, (At<DiscussionId>, Patch<DiscussionInput>)>,
) -> Reply<One<DiscussionView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let screened = Screened::new(&access.state().known_names, &store, patch.texts()).await?;
    let receipts = access.state().sessions.receipts();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let (was, said) = tx.discussion(id).await?;
        if was.review == ReviewState::Withdrawn {
            return Err(withdrawn_in_review());
        }
        let asked = Asked::taking_feedback(tx, was.consultation_id).await?;
        let (mut input, mut faults) = patch.over(&DiscussionInput::of(&was, &said), was.version)?.open();
        faults.add_if(input.id != Some(id), "/id", "fixed", "An id never changes.");
        faults.add_if(
            input.meeting_id != was.meeting_id,
            "/meeting_id",
            "fixed",
            "The meeting stays as it was recorded.",
        );
        input.check(&asked, &mut faults);
        let ties = input.ties(tx, receipts, was.meeting_id, &mut faults).await?;
        for (at, input) in input.contributions.iter().enumerate() {
            if let Some(was) = said.iter().find(|said| Some(said.id) == input.id) {
                check_quote(
                    was,
                    input.quote_consent,
                    &format!("/contributions/{at}"),
                    &mut faults,
                );
            }
        }
        for left_out in said
            .iter()
            .filter(|said| !input.contributions.iter().any(|kept| kept.id == Some(said.id)))
        {
            let detail = format!(
                "{} was left out; a contribution is withdrawn instead.",
                left_out.id
            );
            faults.add("/contributions", "left-out", detail);
        }
        faults.end()?;
        let row = discussions::Model {
            id,
            created_by: was.created_by,
            review: was.review,
            content_digest: was.content_digest.clone(),
            group_id: was.group_id,
            counted_group_id: was.counted_group_id,
            version: was.version + 1,
            received_at: was.received_at,
            ..input.row(
                tx,
                &tx.meeting(was.meeting_id).await?,
                was.counted_group_id,
                String::new(),
                was.consultation_id,
            )?
        };
        tx.change_discussion(row.clone(), VersionCause::Corrected).await?;
        // Its points are kept each by itself, where they change.
        let body = DiscussionView::new(was, Vec::new());
        tx.keep_version(VersionedKind::Discussion, id.0, body.version, &body)
            .await?;
        tx.approval_falls(Reviewed::Discussion(id), row.consultation_id, row.version)
            .await?;
        let mut next = Vec::new();
        for (at, input) in input.contributions.into_iter().enumerate() {
            next.push(match said.iter().find(|said| Some(said.id) == input.id) {
                None => {
                    let flags = screened.flags(input.text.as_str());
                    new_contribution(input, flags, &row, at, tx)?
                }
                Some(was) => {
                    // Whoever corrects a table and does not know of a concern shall not end it.
                    let input = ContributionInput {
                        concern: input.concern.or(concern_of(was)),
                        ..input
                    };
                    input.over(was.clone(), tx.now, tx.stamp, &screened)
                }
            });
        }
        write_next(tx, &said, next, (Reviewed::Discussion(id), row.version)).await?;
        ties.tie(tx).await?;
        let (row, said) = tx.discussion(id).await?;
        Ok(DiscussionView::written(row, said))
    });
    Ok(One(job.await?))
}
