//! Consultations: what is asked, of whom, on what, until when. Dates are evidence; the status decides what is taken.

use crate::{
    auth::permission::{KeepConsultations, ReadConsultations},
    error::Code,
    http::{
        access::Access,
        answer::{Created, One, Reply, Resource},
        ask::{AnyOf, At, Patch, Valid},
        outward::check_address,
        page::{Items, Listing},
        problem::{Faults, Problem},
    },
    network::{groups::period, rounds::check_groups},
    store::{
        Tx,
        consulting::{ConsultationsWanted, WholeConsultation},
    },
};
use domain::{
    id::{BodyId, ConsultationId, GroupId, RoundId},
    life::Status,
    limits,
    record::{Document, Material},
    text::{Mark, Prose, Text, Title},
    vocabulary::{Channel, ConsultationKind, PolicyId, QuestionKind},
};
use entity::{
    consultations,
    json::{Channels, Documents, Materials, Strings},
    questions,
};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A question, as it is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// From 1; a question goes by its number everywhere.
    #[validate(range(min = 1, max = limits::COUNT, message = "Questions are numbered from 1."))]
    #[schema(minimum = 1, maximum = 100000)]
    pub number: i32,
    #[validate(nested)]
    pub prompt: Prose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub easy_read_prompt: Option<Prose>,
    pub kind: QuestionKind,
    /// What can be chosen, for choice kinds only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 options."))]
    #[schema(max_items = 1000)]
    pub options: Vec<Mark>,
    /// Sections of the documents that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 refs."))]
    #[schema(max_items = 1000)]
    pub section_refs: Vec<Mark>,
}

/// A consultation.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ConsultationInput {
    /// Short and unique; it stands in addresses, so without `/`, `?`, `#`, `%` and backslashes.
    #[validate(nested)]
    pub reference: Mark,
    #[validate(nested)]
    pub title: Title,
    pub kind: ConsultationKind,
    /// The body that asked for it.
    pub commissioned_by: BodyId,
    #[validate(nested)]
    pub summary: Prose,
    #[validate(nested)]
    pub easy_read_summary: Option<Prose>,
    /// What can still be influenced.
    #[validate(nested)]
    pub open_to_change: Option<Prose>,
    /// What can not.
    #[validate(nested)]
    pub not_open_to_change: Option<Prose>,
    pub opens_on: Option<Date>,
    pub closes_on: Option<Date>,
    /// When an answer is due.
    pub response_due_on: Option<Date>,
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 rounds."))]
    #[schema(max_items = 1000)]
    pub round_ids: Vec<RoundId>,
    /// Groups expected; nobody is where it is empty.
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 groups."))]
    #[schema(max_items = 1000)]
    pub group_ids: Vec<GroupId>,
    /// Ways by which feedback is taken; all unless said otherwise.
    #[validate(length(max = 5, message = "There are five channels."))]
    pub channels: Option<Vec<Channel>>,
    /// Whether figures may be published; not unless said otherwise.
    pub public: Option<bool>,
    /// `mhsds-5` unless said otherwise.
    pub disclosure_policy: Option<PolicyId>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 documents."))]
    #[schema(max_items = 1000)]
    pub documents: Vec<Document>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 materials."))]
    #[schema(max_items = 1000)]
    pub materials: Vec<Material>,
    #[validate(nested, length(max = limits::QUESTIONS, message = "At most 500 questions."))]
    #[schema(max_items = 500)]
    pub questions: Vec<Question>,
}

/// A consultation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsultationView {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    pub kind: ConsultationKind,
    pub commissioned_by: BodyId,
    pub summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub easy_read_summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_to_change: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_open_to_change: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_due_on: Option<Date>,
    pub round_ids: Vec<RoundId>,
    pub group_ids: Vec<GroupId>,
    pub channels: Vec<Channel>,
    pub public: bool,
    pub disclosure_policy: PolicyId,
    pub documents: Vec<Document>,
    pub materials: Vec<Material>,
    pub questions: Vec<Question>,
    pub status: Status,
    pub version: i32,
}

impl Resource for ConsultationView {
    fn version(&self) -> i32 {
        self.version
    }

    fn address(&self) -> String {
        format!("/v1/consultations/{}", self.id)
    }
}

impl From<WholeConsultation> for ConsultationView {
    fn from(whole: WholeConsultation) -> Self {
        let WholeConsultation {
            row,
            questions,
            groups,
            rounds,
        } = whole;
        let marks = |list: Strings| list.0.iter().map(|text| Text::new(text)).collect();
        Self {
            id: row.id,
            reference: row.reference,
            title: row.title,
            kind: row.kind,
            commissioned_by: row.commissioned_by,
            summary: row.summary,
            easy_read_summary: row.easy_read_summary,
            open_to_change: row.open_to_change,
            not_open_to_change: row.not_open_to_change,
            opens_on: row.opens_on,
            closes_on: row.closes_on,
            response_due_on: row.response_due_on,
            round_ids: rounds,
            group_ids: groups,
            channels: row.channels.0,
            public: row.public,
            disclosure_policy: row.disclosure_policy,
            documents: row.documents.0,
            materials: row.materials.0,
            questions: questions
                .into_iter()
                .map(|question| Question {
                    number: question.number,
                    prompt: Text::new(&question.prompt),
                    easy_read_prompt: question.easy_read_prompt.as_deref().map(Text::new),
                    kind: question.kind,
                    options: marks(question.options),
                    section_refs: marks(question.section_refs),
                })
                .collect(),
            status: row.status,
            version: row.version,
        }
    }
}

impl ConsultationInput {
    async fn whole(
        self,
        tx: &Tx,
        mut faults: Faults,
        was: Option<&WholeConsultation>,
    ) -> Result<WholeConsultation, Problem> {
        faults.add_if(
            self.reference.as_str().contains(|letter: char| {
                letter.is_control()
                    || matches!(letter, '/' | '?' | '#' | '%' | '\\' | '"' | '<' | '>')
                    // What is not seen, and what turns the letters beside it round.
                    || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            }),
            "/reference",
            "not-a-reference",
            "A reference stands in addresses: leave out slashes, question marks, #, %, quotes, angle brackets, line ends and what is not seen.",
        );
        for (at, material) in self.materials.iter().enumerate() {
            if let Some(url) = &material.url {
                let pointer = format!("/materials/{at}/url");
                check_address(url.as_str(), &["https://", "http://"], &pointer, &mut faults);
            }
        }
        period(&mut faults, "/closes_on", self.opens_on, self.closes_on);
        let body = Problem::absent(tx.body(self.commissioned_by).await)?;
        faults.add_if(
            body.is_none(),
            "/commissioned_by",
            "unknown-id",
            "There is no such body.",
        );
        check_groups(tx, &mut faults, "/group_ids", &self.group_ids).await?;
        let rounds = tx.known_rounds(self.round_ids.clone()).await?;
        for (at, id) in self.round_ids.iter().enumerate() {
            let pointer = format!("/round_ids/{at}");
            faults.add_if(
                !rounds.contains(id),
                pointer.clone(),
                "unknown-id",
                "There is no such round.",
            );
            faults.add_if(
                self.round_ids[..at].contains(id),
                pointer,
                "repeated",
                "It stands here twice.",
            );
        }
        self.check_questions(&mut faults);
        if let Some(was) = was {
            let sections: Vec<_> = self
                .documents
                .iter()
                .flat_map(|document| &document.sections)
                .collect();
            for cited in tx.cited_sections(was.row.id).await? {
                let gone = !sections.iter().any(|section| section.reference.as_str() == cited);
                let detail = format!("Contributions name the section {cited}; it stays.");
                faults.add_if(gone, "/documents", "still-cited", detail);
            }
            let policy = self.disclosure_policy.unwrap_or(PolicyId::Mhsds5);
            if policy != was.row.disclosure_policy && tx.latest_release(was.row.id).await?.is_some() {
                faults.add(
                    "/disclosure_policy",
                    "fixed",
                    "A release was made under the one it has; two releases under two policies would tell what each hides.",
                );
            }
        }
        faults.end()?;

        let id = was.map_or_else(crate::clock::new_id, |was| was.row.id);
        let strings = |marks: Vec<Mark>| Strings(marks.into_iter().map(Into::into).collect());
        let mut questions: Vec<_> = self
            .questions
            .into_iter()
            .map(|question| questions::Model {
                consultation_id: id,
                number: question.number,
                prompt: question.prompt.into_string(),
                easy_read_prompt: question.easy_read_prompt.map(Into::into),
                kind: question.kind,
                options: strings(question.options),
                section_refs: strings(question.section_refs),
            })
            .collect();
        questions.sort_by_key(|question| question.number);
        if let Some(was) = was
            && was.row.status != Status::Draft
            && was.questions != questions
        {
            let detail = format!(
                "It is {}: people have been asked already. Leave questions out of the patch.",
                was.row.status
            );
            return Err(Problem::new(Code::QuestionsFixed, detail));
        }
        Ok(WholeConsultation {
            row: consultations::Model {
                id,
                reference: self.reference.into_string(),
                title: self.title.into_string(),
                kind: self.kind,
                commissioned_by: self.commissioned_by,
                summary: self.summary.into_string(),
                easy_read_summary: self.easy_read_summary.map(Into::into),
                open_to_change: self.open_to_change.map(Into::into),
                not_open_to_change: self.not_open_to_change.map(Into::into),
                opens_on: self.opens_on,
                closes_on: self.closes_on,
                response_due_on: self.response_due_on,
                channels: Channels(self.channels.unwrap_or_else(|| Channel::ALL.to_vec())),
                public: self.public.unwrap_or(false),
                disclosure_policy: self.disclosure_policy.unwrap_or(PolicyId::Mhsds5),
                documents: Documents(self.documents),
                materials: Materials(self.materials),
                status: was.map_or(Status::Draft, |was| was.row.status),
                version: was.map_or(1, |was| was.row.version + 1),
                received_at: was.map_or(tx.now, |was| was.row.received_at),
                changed: tx.stamp,
            },
            questions,
            groups: self.group_ids,
            rounds: self.round_ids,
        })
    }

    fn check_questions(&self, faults: &mut Faults) {
        let sections: Vec<_> = self
            .documents
            .iter()
            .flat_map(|document| &document.sections)
            .map(|section| section.reference.as_str())
            .collect();
        for (at, question) in self.questions.iter().enumerate() {
            let here = format!("/questions/{at}");
            let twice = self.questions[..at]
                .iter()
                .any(|other| other.number == question.number);
            faults.add_if(
                twice,
                format!("{here}/number"),
                "repeated",
                "Another question has this number.",
            );
            let choice = matches!(
                question.kind,
                QuestionKind::SingleChoice | QuestionKind::MultipleChoice
            );
            let count = question.options.len();
            faults.add_if(
                choice && count < 2,
                format!("{here}/options"),
                "too-few-options",
                "A choice needs at least two options.",
            );
            faults.add_if(
                !choice && count > 0,
                format!("{here}/options"),
                "not-taken",
                "Only choice kinds have options; agreement has its own three.",
            );
            for (index, option) in question.options.iter().enumerate() {
                let twice = question.options[..index].contains(option);
                faults.add_if(
                    twice,
                    format!("{here}/options/{index}"),
                    "repeated",
                    "This option stands here twice.",
                );
            }
            for (index, reference) in question.section_refs.iter().enumerate() {
                faults.add_if(
                    !sections.contains(&reference.as_str()),
                    format!("{here}/section_refs/{index}"),
                    "unknown-section",
                    "No document of this consultation has such a section.",
                );
            }
        }
    }
}

/// `POST /v1/consultations`
pub async fn create(
    access: Access<KeepConsultations, Valid<ConsultationInput>>,
) -> Reply<Created<ConsultationView>> {
    let (asked, access) = access.split();
    let (input, faults) = asked.open();
    let store = access.store();
    let job = store.post(async move |tx| {
        let whole = input.whole(tx, faults, None).await?;
        tx.add_consultation(whole.clone()).await?;
        Ok(Created(whole.into()))
    });
    job.await
}

/// Filters of the list of consultations.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ConsultationFilters {
    /// States, any of them.
    #[param(value_type = Option<Vec<Status>>, style = Form, explode = false)]
    pub status: Option<AnyOf<Status>>,
    /// Kinds, any of them.
    #[param(value_type = Option<Vec<ConsultationKind>>, style = Form, explode = false)]
    pub kind: Option<AnyOf<ConsultationKind>>,
    /// Commissioning bodies, any of them.
    #[param(value_type = Option<Vec<BodyId>>, style = Form, explode = false)]
    pub body: Option<AnyOf<BodyId>>,
    /// Groups expected, any of them.
    #[param(value_type = Option<Vec<GroupId>>, style = Form, explode = false)]
    pub group: Option<AnyOf<GroupId>>,
}

/// `GET /v1/consultations`
pub async fn list(
    access: Access<ReadConsultations, Listing<ConsultationFilters>>,
) -> Reply<Items<ConsultationView>> {
    let (Listing { filters, page }, access) = access.split();
    let wanted = ConsultationsWanted {
        statuses: filters.status.map(|any| any.0),
        kinds: filters.kind.map(|any| any.0),
        bodies: filters.body.map(|any| any.0),
        groups: filters.group.map(|any| any.0),
    };
    let rows = access
        .store()
        .read_at_one_moment(async |tx| tx.consultations(page, wanted).await)
        .await?;
    Ok(Items::new(
        rows,
        page,
        |whole| (whole.row.received_at, whole.row.id.0),
        Into::into,
    ))
}

/// `GET /v1/consultations/{id}`
pub async fn show(access: Access<ReadConsultations, At<ConsultationId>>) -> Reply<One<ConsultationView>> {
    let At(id) = access.asked;
    Ok(One(access
        .store()
        .read_at_one_moment(async |tx| tx.whole_consultation(id).await)
        .await?
        .into()))
}

/// `PATCH /v1/consultations/{id}`: questions only while it is a draft.
pub async fn change(
    access: Access<KeepConsultations, (At<ConsultationId>, Patch<ConsultationInput>)>,
) -> Reply<One<ConsultationView>> {
    let ((At(id), patch), access) = access.split();
    let store = access.store();
    let job = store.write(async move |tx| {
        let was = tx.consultation_to_change(id).await?;
        let (input, faults) = patch
            .over(&ConsultationView::from(was.clone()), was.row.version)?
            .open();
        let new = input.whole(tx, faults, Some(&was)).await?;
        tx.change_consultation(&was, new.clone()).await?;
        Ok(new)
    });
    Ok(One(job.await?.into()))
}
