//! Responses: champions' sheets, surveys on paper and online, letters. An answer with text is a contribution; a closed
//! question has one answer, and the latest stands.

use crate::{
    auth::{
        permission::{CorrectResponse, ReadResponses, SubmitResponse},
        reach::Reach,
        receipts::Receipts,
    },
    collecting::{
        concerns::{self, ReminderView, reminders},
        contributions::{
            Asked, check_quote, concern_of, is_open, refuse_taken, set_text, withdrawn, withdrawn_in_review,
            write_next,
        },
        screening::Screened,
    },
    error::Code,
    http::{
        access::Access,
        answer::{One, Reply, Resource, Stored},
        ask::{AnyOf, At, Patch, Valid},
        page::{Items, Listing},
        problem::{Faults, Problem},
        repeat::{content_digest, same_content, taken},
    },
    store::{Tx, collecting::review_of, consulting::options, reviewing::Reviewed},
};
use domain::{
    id::{ConsultationId, ContributionId, GroupId, ResponseId, ServiceId},
    limits,
    moment::Moment,
    record::Concern,
    screening::Flag,
    text::{Mark, Prose, Text},
    vocabulary::{
        Channel, HelpedBy, QuestionKind, QuoteConsent, RespondentGroup, ReviewState, Role, Setting, Stance,
        VersionCause, VersionedKind, WithdrawalScope,
    },
};
use entity::{
    contributions, groups,
    json::{Choice, Choices, Flags},
    responses, services,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// One answer: words, a choice, or both.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// Of the contribution that its text is; chosen by the caller, or left to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ContributionId>,
    /// The question's number; null for a point outside every question.
    #[serde(default)]
    pub question: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub text: Option<Prose>,
    /// One option; agree, disagree or unsure on `agreement` questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// Options of a multiple choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 choices."))]
    #[schema(max_items = 1000)]
    pub choices: Option<Vec<String>>,
    /// `not_quotable` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_consent: Option<QuoteConsent>,
    /// `unclear` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub section_ref: Option<Mark>,
    /// That of the response unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_group: Option<RespondentGroup>,
    /// For how many people it speaks, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = limits::COUNT, message = "People are counted from 1 to 100000."))]
    #[schema(minimum = 1, maximum = 100000)]
    pub people_represented: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<HelpedBy>,
    /// Somebody may be at risk: coders are not shown it, and it is never quoted. Left out where a response is corrected, it
    /// stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub concern: Option<Concern>,
}

/// A response.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ResponseInput {
    /// Chosen by the caller, or left to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ResponseId>,
    /// Any but `meeting_discussion`: what is said at a table is posted as a discussion.
    pub channel: Channel,
    /// `not_recorded` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_group: Option<RespondentGroup>,
    /// `not_recorded` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<Setting>,
    /// The group; for a service its regional group, where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    /// For how many people it speaks, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 1, max = limits::COUNT, message = "People are counted from 1 to 100000."))]
    #[schema(minimum = 1, maximum = 100000)]
    pub people_represented: Option<i32>,
    /// The information sheet that was given out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub information_sheet_version: Option<Mark>,
    #[validate(nested, length(min = 1, max = limits::CONTRIBUTIONS, message = "From 1 to 1000 answers a body."))]
    #[schema(min_items = 1, max_items = 1000)]
    pub answers: Vec<AnswerInput>,
}

/// What was answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerView {
    /// Of the contribution; absent for a choice without words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ContributionId>,
    /// Null for a point outside every question.
    #[schema(required = true)]
    pub question: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote_consent: Option<QuoteConsent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stance: Option<Stance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respondent_group: Option<RespondentGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_represented: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helped_by: Option<HelpedBy>,
    /// What the personal-data screen saw in the text; places are counted in code points. Absent until it was screened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<Flag>>,
    /// When a person cleared the text as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Moment>,
    /// Of the contribution; absent for a choice without words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concern: Option<Concern>,
}

/// A response, as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseView {
    pub id: ResponseId,
    pub consultation_id: ConsultationId,
    pub channel: Channel,
    pub respondent_group: RespondentGroup,
    pub setting: Setting,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<ServiceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_represented: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub information_sheet_version: Option<String>,
    pub answers: Vec<AnswerView>,
    pub review: ReviewState,
    /// What to do now, where somebody may be at risk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<ReminderView>,
    pub received_at: Moment,
    /// To hand to whoever said it; given when it is posted, and again on a repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    pub version: i32,
}

impl Resource for ResponseView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/responses/{}", self.id)
    }

    fn shows_text(&self) -> Option<(ConsultationId, uuid::Uuid)> {
        Some((self.consultation_id, self.id.0))
    }
}

impl ResponseView {
    pub(super) fn new(row: responses::Model, said: Vec<contributions::Model>) -> Self {
        let review = review_of(&row);
        let texts = said.into_iter().map(|said| AnswerView {
            concern: concern_of(&said),
            flags: said.flags.map(|seen| seen.0),
            cleared_at: said.cleared_at,
            version: Some(said.version),
            id: Some(said.id),
            question: said.question,
            text: Some(said.text),
            choice: None,
            choices: None,
            quote_consent: Some(said.quote_consent),
            stance: Some(said.stance),
            section_ref: said.section_ref,
            respondent_group: Some(said.respondent_group),
            people_represented: said.people_represented,
            helped_by: said.helped_by,
        });
        let chosen = row.choices.0.into_iter().map(|choice| {
            let one = choice.one();
            AnswerView {
                id: None,
                question: Some(choice.question),
                text: None,
                choice: one.clone(),
                choices: if one.is_some() { None } else { Some(choice.chosen) },
                quote_consent: None,
                stance: None,
                section_ref: None,
                respondent_group: None,
                people_represented: None,
                helped_by: None,
                flags: None,
                cleared_at: None,
                version: None,
                concern: None,
            }
        });
        Self {
            id: row.id,
            consultation_id: row.consultation_id,
            channel: row.channel,
            respondent_group: row.respondent_group,
            setting: row.setting,
            group_id: row.group_id,
            service_id: row.service_id,
            people_represented: row.people_represented,
            information_sheet_version: row.information_sheet_version,
            answers: texts.chain(chosen).collect(),
            review,
            reminders: Vec::new(),
            received_at: row.received_at,
            receipt: None,
            version: row.version,
        }
    }

    /// For whoever wrote it: with what to remind them of.
    fn written(row: responses::Model, said: Vec<contributions::Model>) -> Self {
        Self {
            reminders: reminders(&said),
            ..Self::new(row, said)
        }
    }
}

/// What a response names, as it was found; and the group under which it counts.
pub(super) struct Of {
    pub group: Option<groups::Model>,
    pub service: Option<services::Model>,
    pub counted: Option<GroupId>,
}

/// The group of a response: as given, and as figures count it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    given: Option<GroupId>,
    counted: Option<GroupId>,
}

impl ResponseInput {
    /// What was answered before, as it would be sent: what a merge patch is laid over.
    fn of(row: &responses::Model, said: &[contributions::Model]) -> Self {
        let texts = said.iter().map(|said| AnswerInput {
            id: Some(said.id),
            question: said.question,
            text: Some(Text::new(&said.text)),
            choice: None,
            choices: None,
            quote_consent: Some(said.quote_consent),
            stance: Some(said.stance),
            section_ref: said.section_ref.as_deref().map(Text::new),
            respondent_group: Some(said.respondent_group),
            people_represented: said.people_represented,
            helped_by: said.helped_by,
            concern: concern_of(said),
        });
        let chosen = row.choices.0.iter().map(|choice| AnswerInput {
            id: None,
            question: Some(choice.question),
            text: None,
            choice: choice.one(),
            choices: if choice.one().is_some() {
                None
            } else {
                Some(choice.chosen.clone())
            },
            quote_consent: None,
            stance: None,
            section_ref: None,
            respondent_group: None,
            people_represented: None,
            helped_by: None,
            concern: None,
        });
        Self {
            id: Some(row.id),
            channel: row.channel,
            respondent_group: Some(row.respondent_group),
            setting: Some(row.setting),
            group_id: row.group_id,
            service_id: row.service_id,
            people_represented: row.people_represented,
            information_sheet_version: row.information_sheet_version.as_deref().map(Text::new),
            answers: texts.chain(chosen).collect(),
        }
    }

    /// Where it counts, and whether the caller may post it there.
    async fn place(
        &self,
        tx: &Tx,
        consultation: ConsultationId,
        faults: &mut Faults,
    ) -> Result<Place, Problem> {
        let service = match self.service_id {
            Some(id) => Problem::absent(tx.service(id).await)?,
            None => None,
        };
        let group = match self.group_id {
            Some(id) => Problem::absent(tx.group(id).await)?,
            None => None,
        };
        let counted = match (&group, &service) {
            (Some(group), _) => Some(tx.counted_group(group).await?),
            (None, Some(service)) => Some(service.group_id),
            (None, None) => None,
        };
        let of = Of {
            group,
            service,
            counted,
        };
        self.placed(&of, tx.reach(), consultation, faults)
    }

    /// The same, where its group and service were looked up.
    pub(super) fn placed(
        &self,
        of: &Of,
        reach: &Reach,
        consultation: ConsultationId,
        faults: &mut Faults,
    ) -> Result<Place, Problem> {
        let Of {
            group,
            service,
            counted,
        } = of;
        let unknown = self.service_id.is_some() && service.is_none();
        faults.add_if(unknown, "/service_id", "unknown-id", "There is no such service.");
        let unknown = self.group_id.is_some() && group.is_none();
        faults.add_if(unknown, "/group_id", "unknown-id", "There is no such group.");
        if let (Some(service), Some(counted), Some(_)) = (service, counted, group) {
            let elsewhere = service.group_id != *counted;
            faults.add_if(
                elsewhere,
                "/service_id",
                "other-group",
                "This service belongs to another group.",
            );
        }
        self.may_be_posted(reach, consultation, *counted)?;
        Ok(Place {
            given: group.as_ref().map(|group| group.id),
            counted: *counted,
        })
    }

    /// Champions post for their service, facilitators for their groups, collectors anything of their consultation.
    fn may_be_posted(
        &self,
        reach: &Reach,
        consultation: ConsultationId,
        counted: Option<GroupId>,
    ) -> Result<(), Problem> {
        if reach.is_lead() || reach.consultations(Role::Collector).contains(&consultation) {
            return Ok(());
        }
        if reach.is(Role::Facilitator) && self.channel != Channel::SurveyOnline {
            let group = self.group_id.or(counted);
            if group.is_some_and(|group| reach.has_group(group))
                || counted.is_some_and(|group| reach.has_group(group))
            {
                return Ok(());
            }
        }
        if reach.is(Role::Champion) {
            if self.channel != Channel::Champion {
                return Err(Problem::new(
                    Code::Forbidden,
                    "Champions post with the channel champion.",
                ));
            }
            if self
                .service_id
                .is_some_and(|service| reach.services().contains(&service))
            {
                return Ok(());
            }
            if self.service_id.is_none() {
                return Err(Problem::fault(
                    "/service_id",
                    "missing-field",
                    "Name the service that you are champion of.",
                ));
            }
        }
        if self.channel == Channel::SurveyOnline {
            return Err(Problem::new(
                Code::Forbidden,
                "Online surveys are posted by collectors and leads.",
            ));
        }
        if self.group_id.is_none() && self.service_id.is_none() {
            return Err(Problem::fault(
                "/group_id",
                "missing-field",
                "Name the group or the service it comes from.",
            ));
        }
        Err(Problem::not_found())
    }

    pub(super) fn check(&self, asked: &Asked, faults: &mut Faults) {
        if self.channel == Channel::MeetingDiscussion {
            faults.add(
                "/channel",
                "not-taken",
                "What is said at a table is posted as a discussion.",
            );
        }
        for (at, answer) in self.answers.iter().enumerate() {
            let pointer = format!("/answers/{at}");
            let twice = answer.id.is_some() && self.answers[..at].iter().any(|other| other.id == answer.id);
            faults.add_if(
                twice,
                format!("{pointer}/id"),
                "repeated",
                "Another answer of this body has this id.",
            );
            answer.check(&pointer, asked, faults);
        }
    }

    /// Choices by question; the latest of a question stands.
    fn chosen(&self) -> Vec<Choice> {
        let mut chosen: Vec<Choice> = Vec::new();
        for answer in &self.answers {
            let options = match (&answer.choice, &answer.choices) {
                (Some(one), _) => vec![one.clone()],
                (None, Some(several)) => several.clone(),
                (None, None) => continue,
            };
            let Some(question) = answer.question else { continue };
            chosen.retain(|earlier| earlier.question != question);
            let single = answer.choice.is_some();
            chosen.push(Choice {
                question,
                chosen: options,
                single,
            });
        }
        chosen
    }

    pub(super) fn row(
        &self,
        tx: &Tx,
        place: Place,
        consultation: ConsultationId,
        content_digest: String,
        receipts: &Receipts,
    ) -> Result<responses::Model, Problem> {
        let id = self.id.unwrap_or_else(crate::clock::new_id);
        Ok(responses::Model {
            id,
            withdrawn_at: None,
            receipt_digest: Some(receipts.digest_of(id.0)),
            consultation_id: consultation,
            channel: self.channel,
            respondent_group: self.respondent_group.unwrap_or(RespondentGroup::NotRecorded),
            setting: self.setting.unwrap_or(Setting::NotRecorded),
            group_id: place.given,
            service_id: self.service_id,
            counted_group_id: place.counted,
            people_represented: self.people_represented,
            information_sheet_version: self.information_sheet_version.clone().map(Into::into),
            choices: Choices(self.chosen()),
            review: ReviewState::Received,
            content_digest,
            created_by: tx.user()?,
            version: 1,
            received_at: tx.now,
            changed: tx.stamp,
        })
    }
}

impl AnswerInput {
    fn check(&self, at: &str, asked: &Asked, faults: &mut Faults) {
        asked.check_section(self.section_ref.as_ref(), format!("{at}/section_ref"), faults);
        let chosen = self.choice.is_some() || self.choices.is_some();
        faults.add_if(
            self.text.is_none() && !chosen,
            at,
            "nothing-answered",
            "An answer has text, a choice, or choices.",
        );
        faults.add_if(
            self.choice.is_some() && self.choices.is_some(),
            format!("{at}/choices"),
            "not-taken",
            "Give either choice or choices.",
        );
        faults.add_if(
            self.text.is_none() && self.id.is_some(),
            format!("{at}/id"),
            "not-taken",
            "Only an answer with text is a contribution and has an id.",
        );
        faults.add_if(
            self.text.is_none() && self.concern.is_some(),
            format!("{at}/concern"),
            "not-taken",
            "Only an answer with text is a contribution and carries a concern.",
        );
        concerns::check(self.concern.as_ref(), at, faults);
        let question = match self.question {
            Some(number) => asked.question(number, format!("{at}/question"), faults),
            None => {
                faults.add_if(
                    chosen,
                    format!("{at}/question"),
                    "missing-field",
                    "A choice answers a question.",
                );
                None
            }
        };
        let Some(question) = question else { return };
        if is_open(question) {
            faults.add_if(
                chosen,
                format!("{at}/choice"),
                "not-taken",
                "This question is open: answer in words.",
            );
            return;
        }
        faults.add_if(
            question.kind != QuestionKind::MultipleChoice && self.choices.is_some(),
            format!("{at}/choices"),
            "not-taken",
            "This question takes one choice.",
        );
        let options = options(question);
        let one = self.choice.iter().map(|choice| (format!("{at}/choice"), choice));
        let several = self.choices.iter().flatten().enumerate();
        let all = one.chain(several.map(|(index, choice)| (format!("{at}/choices/{index}"), choice)));
        faults.add_if(
            self.choices.as_ref().is_some_and(Vec::is_empty),
            format!("{at}/choices"),
            "nothing-answered",
            "Choose at least one, or leave the field out.",
        );
        for (index, choice) in self.choices.iter().flatten().enumerate() {
            let twice = self
                .choices
                .iter()
                .flatten()
                .take(index)
                .any(|other| other == choice);
            faults.add_if(
                twice,
                format!("{at}/choices/{index}"),
                "repeated",
                "This option stands here twice.",
            );
        }
        for (pointer, choice) in all {
            let known = options.contains(choice);
            faults.add_if(
                !known,
                pointer,
                "unknown-option",
                format!("The options are: {}.", options.join(", ")),
            );
        }
    }

    pub(super) fn row(
        self,
        text: Prose,
        flags: Flags,
        row: &responses::Model,
        position: usize,
        tx: &Tx,
    ) -> Result<contributions::Model, Problem> {
        Ok(contributions::Model {
            id: self.id.unwrap_or_else(crate::clock::new_id),
            consultation_id: row.consultation_id,
            discussion_id: None,
            response_id: Some(row.id),
            counted_group_id: row.counted_group_id,
            channel: row.channel,
            question: self.question,
            flags: Some(flags),
            text: text.into_string(),
            respondent_group: self.respondent_group.unwrap_or(row.respondent_group),
            setting: row.setting,
            stance: self.stance.unwrap_or(Stance::Unclear),
            hands_agree: None,
            hands_disagree: None,
            hands_unsure: None,
            verbatim: true,
            quote_consent: self.quote_consent.unwrap_or(QuoteConsent::NotQuotable),
            section_ref: self.section_ref.map(Into::into),
            helped_by: self.helped_by,
            people_represented: self.people_represented,
            text_changed_at: None,
            cleared_at: None,
            quote_withdrawn_at: None,
            withdrawn_at: None,
            text_ended_at: None,
            concern: concerns::raised(self.concern),
            created_by: tx.user()?,
            version: 1,
            received_at: tx.now.plus_micros(position as i64),
            changed: tx.stamp,
        })
    }

    /// The next version of a contribution, as this answer says.
    fn over(
        self,
        was: &contributions::Model,
        text: Prose,
        tx: &Tx,
        screened: &Screened,
    ) -> contributions::Model {
        let mut row = was.clone();
        row.question = self.question;
        row.respondent_group = self.respondent_group.unwrap_or(was.respondent_group);
        row.stance = self.stance.unwrap_or(Stance::Unclear);
        row.quote_consent = self.quote_consent.unwrap_or(QuoteConsent::NotQuotable);
        row.section_ref = self.section_ref.map(Into::into);
        row.people_represented = self.people_represented;
        row.helped_by = self.helped_by;
        // Whoever corrects a response and does not know of a concern shall not end it.
        if self.concern.is_some() {
            row.concern = concerns::raised(self.concern);
        }
        set_text(&mut row, text, tx.now, screened);
        row.version += 1;
        row.changed = tx.stamp;
        row
    }
}

/// `POST /v1/consultations/{id}/responses`
pub async fn create(
    access: Access<SubmitResponse, (At<ConsultationId>, Valid<ResponseInput>)>,
) -> Reply<Stored<ResponseView>> {
    let ((At(consultation), asked), access) = access.split();
    let digest = content_digest(asked.body());
    let (input, faults) = asked.open();
    let store = access.store();
    let texts = input.answers.iter().filter_map(|answer| answer.text.as_ref());
    let texts = texts.map(|text| text.as_str().to_owned()).collect();
    let screened = Screened::new(&access.state().known_names, &store, texts).await?;
    let receipts = access.state().sessions.receipts();
    let with = With {
        screened,
        receipts: receipts.clone(),
    };
    let receipt = move |view: ResponseView| ResponseView {
        receipt: Some(receipts.of(view.id.0)),
        ..view
    };
    let job = store.post(async move |tx| {
        let stored = submit(tx, consultation, input, faults, digest, with).await?;
        Ok(match stored {
            Stored::Created(view) => Stored::Created(receipt(view)),
            Stored::Repeated(view) => Stored::Repeated(receipt(view)),
        })
    });
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
    input: ResponseInput,
    mut faults: Faults,
    digest: String,
    with: With,
) -> Result<Stored<ResponseView>, Problem> {
    if let Some(id) = input.id {
        tx.hold(id.0).await?;
    }
    if let Some(id) = input.id
        && let Some(stored) = tx.any_response(id).await?
    {
        let same = stored.consultation_id == consultation && Some(stored.created_by) == tx.user().ok();
        same_content(same.then_some(stored.content_digest.as_str()), &digest)?;
        if review_of(&stored) == ReviewState::Withdrawn {
            return Err(withdrawn());
        }
        let said = tx.contributions_of_response(id).await?;
        return Ok(Stored::Repeated(ResponseView::written(stored, said)));
    }
    tx.consultation(consultation).await?;
    let place = input.place(tx, consultation, &mut faults).await?;
    let asked = Asked::taking_feedback(tx, consultation).await?;
    asked.check_channel(input.channel, "/channel", &mut faults);
    input.check(&asked, &mut faults);
    faults.end()?;
    refuse_taken(tx, input.answers.iter().filter_map(|answer| answer.id).collect()).await?;
    let row = input.row(tx, place, consultation, digest, &with.receipts)?;
    let mut said = Vec::new();
    for (at, mut answer) in input.answers.into_iter().enumerate() {
        if let Some(text) = answer.text.take() {
            let flags = with.screened.flags(text.as_str());
            said.push(answer.row(text, flags, &row, at, tx)?);
        }
    }
    tx.add_response(row.clone(), said.clone()).await.map_err(taken)?;
    Ok(Stored::Created(ResponseView::written(row, said)))
}

/// Filters of the list of responses.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ResponseFilters {
    /// Channels, any of them.
    #[param(value_type = Option<Vec<Channel>>, style = Form, explode = false)]
    pub channel: Option<AnyOf<Channel>>,
    /// Where they stand in review.
    #[param(value_type = Option<Vec<ReviewState>>, style = Form, explode = false)]
    pub review: Option<AnyOf<ReviewState>>,
}

/// `GET /v1/consultations/{id}/responses`
pub async fn list(
    access: Access<ReadResponses, (At<ConsultationId>, Listing<ResponseFilters>)>,
) -> Reply<Items<ResponseView>> {
    let ((At(id), Listing { filters, page }), access) = access.split();
    let channels = filters.channel.map(|any| any.0);
    let reviews = filters.review.map(|any| any.0);
    let (rows, said) = access
        .store()
        .read_at_one_moment(async |tx| {
            tx.consultation(id).await?;
            tx.responses(id, channels, reviews, page).await
        })
        .await?;
    let mut within: HashMap<_, Vec<_>> = HashMap::new();
    for said in said {
        within.entry(said.response_id).or_default().push(said);
    }
    Ok(Items::new(
        rows,
        page,
        |row| (row.received_at, row.id.0),
        |row| {
            let own = within.remove(&Some(row.id)).unwrap_or_default();
            ResponseView::new(row, own)
        },
    ))
}

/// `GET /v1/responses/{id}`
pub async fn show(access: Access<ReadResponses, At<ResponseId>>) -> Reply<One<ResponseView>> {
    let At(id) = access.asked;
    let (row, said) = access
        .store()
        .read_at_one_moment(async |tx| tx.response(id).await)
        .await?;
    Ok(One(ResponseView::new(row, said)))
}

/// `PATCH /v1/responses/{id}`: answers with a known id keep their history; none that was a contribution can be left out.
/// Channel, group, service and setting stay as they were recorded.
pub async fn change(
    access: Access<CorrectResponse, (At<ResponseId>, Patch<ResponseInput>)>,
) -> Reply<One<ResponseView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let screened = Screened::new(&access.state().known_names, &store, patch.texts()).await?;
    let receipts = access.state().sessions.receipts();
    let job = store.write(async move |tx| {
        tx.hold(id.0).await?;
        let (was, said) = tx.response(id).await?;
        if was.withdrawn_at.is_some() {
            return Err(withdrawn());
        }
        if was.review == ReviewState::Withdrawn {
            return Err(withdrawn_in_review());
        }
        let asked = Asked::taking_feedback(tx, was.consultation_id).await?;
        let (input, mut faults) = patch.over(&ResponseInput::of(&was, &said), was.version)?.open();
        let fixed = [
            ("/id", input.id != Some(id)),
            ("/channel", input.channel != was.channel),
            ("/setting", input.setting != Some(was.setting)),
            ("/group_id", input.group_id != was.group_id),
            ("/service_id", input.service_id != was.service_id),
        ];
        for (pointer, moved) in fixed {
            faults.add_if(moved, pointer, "fixed", "This stays as it was recorded.");
        }
        input.check(&asked, &mut faults);
        let without_quotes = tx.was_taken_back(None, Some(id), WithdrawalScope::Quote).await?;
        for (at, answer) in input.answers.iter().enumerate() {
            let pointer = format!("/answers/{at}");
            match said.iter().find(|said| Some(said.id) == answer.id) {
                Some(was) => check_quote(was, answer.quote_consent, &pointer, &mut faults),
                // What is added later to a response whose quotes were taken back is none, either.
                None => faults.add_if(
                    without_quotes
                        && answer.text.is_some()
                        && answer.quote_consent == Some(QuoteConsent::Quotable),
                    format!("{pointer}/quote_consent"),
                    "quote-withdrawn",
                    "Whoever said it has taken the words of this response back from being quoted.",
                ),
            }
        }
        for left_out in said
            .iter()
            .filter(|said| !input.answers.iter().any(|kept| kept.id == Some(said.id)))
        {
            let detail = format!(
                "{} was left out; a contribution is withdrawn instead.",
                left_out.id
            );
            faults.add("/answers", "left-out", detail);
        }
        faults.end()?;
        let place = Place {
            given: was.group_id,
            counted: was.counted_group_id,
        };
        let row = responses::Model {
            id,
            review: was.review,
            created_by: was.created_by,
            version: was.version + 1,
            received_at: was.received_at,
            ..input.row(
                tx,
                place,
                was.consultation_id,
                was.content_digest.clone(),
                &receipts,
            )?
        };
        tx.change_response(row.clone(), VersionCause::Corrected).await?;
        // Its words are kept each by themselves, where they change.
        let body = ResponseView::new(was, Vec::new());
        tx.keep_version(VersionedKind::Response, id.0, body.version, &body)
            .await?;
        tx.approval_falls(Reviewed::Response(id), row.consultation_id, row.version)
            .await?;
        let mut next = Vec::new();
        for (at, mut answer) in input.answers.into_iter().enumerate() {
            let Some(text) = answer.text.take() else { continue };
            next.push(match said.iter().find(|said| Some(said.id) == answer.id) {
                None => {
                    let flags = screened.flags(text.as_str());
                    contributions::Model {
                        quote_withdrawn_at: without_quotes.then_some(tx.now),
                        ..answer.row(text, flags, &row, at, tx)?
                    }
                }
                Some(was) => answer.over(was, text, tx, &screened),
            });
        }
        write_next(tx, &said, next, (Reviewed::Response(id), row.version)).await?;
        let (row, said) = tx.response(id).await?;
        Ok(ResponseView::written(row, said))
    });
    Ok(One(job.await?))
}
