//! The shape of a collation, as the contract fixes it (section 6).

use crate::{
    consensus::Consensus,
    facts::Facts,
    id::{ConsultationId, ContributionId, GroupId, RoundId, ThemeId},
    life::Status,
    vocabulary::{PolicyId, RespondentGroup},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use std::{borrow::Cow, fmt};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, schema::AdditionalProperties, schema::Type},
};

/// How a count may be read. `exact`: it is the number itself. `rounded`: it is more than the policy's threshold and shown
/// as the nearest multiple of the policy's base. `suppressed`: it is not above the threshold, and `value` is null.
/// `withheld`: it may be of any size and is hidden because it would tell another figure, and `value` is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountStatus {
    /// The number itself.
    Exact,
    /// Rounded to the policy's base.
    Rounded,
    /// Under the policy's threshold.
    Suppressed,
    /// Any size; hidden to protect another figure.
    Withheld,
}

/// A count of distinct things. `value` is null where the status hides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Count)]
pub struct Count {
    /// The number, or null where it is hidden.
    #[schema(required = true)]
    pub value: Option<u64>,
    /// How the number may be read.
    pub status: CountStatus,
}

impl Count {
    /// A count as it is.
    pub const fn exact(value: u64) -> Self {
        Self {
            value: Some(value),
            status: CountStatus::Exact,
        }
    }
}

impl From<u32> for Count {
    fn from(value: u32) -> Self {
        Self::exact(u64::from(value))
    }
}

/// Counts by key, in a fixed order; only keys that occur are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyed(pub Vec<(Cow<'static, str>, Count)>);

impl Keyed {
    /// The count under `key`.
    pub fn get(&self, key: &str) -> Option<Count> {
        self.0
            .iter()
            .find(|(other, _)| other == key)
            .map(|(_, count)| *count)
    }
}

impl Serialize for Keyed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, count) in &self.0 {
            map.serialize_entry(key.as_ref(), count)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Keyed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> de::Visitor<'de> for InOrder {
            type Value = Keyed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("counts by key")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Keyed, A::Error> {
                let mut keyed = Keyed::default();
                while let Some((key, count)) = map.next_entry::<String, Count>()? {
                    keyed.0.push((key.into(), count));
                }
                Ok(keyed)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl PartialSchema for Keyed {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Counts by key; a key that does not occur is absent."))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::Ref(
                Ref::from_schema_name("Count"),
            ))))
            .into()
    }
}

impl ToSchema for Keyed {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Count::name().into_owned(), Count::schema()));
        <Count as ToSchema>::schemas(schemas);
    }
}

/// A collation: what was said, by whom, how widely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Collation {
    /// What was consulted on.
    pub consultation: CollatedConsultation,
    /// Grows with every change that could move a figure the caller may see; the same on every replica.
    pub revision: u64,
    /// Which rule stands between the exact figures and this answer.
    pub policy: AppliedPolicy,
    /// For whom this answer was narrowed.
    pub scope: AnswerScope,
    /// The filters as they were understood.
    #[serde(skip_deserializing)]
    pub filters: AppliedFilters,
    /// Who was heard.
    pub heard: Heard,
    /// Question by question, by number; points outside every question last, with `number` null.
    pub questions: Vec<CollatedQuestion>,
    /// Themes over all questions: by groups, then discussions, then label.
    pub themes: Vec<CollatedTheme>,
    /// Sections of the documents, in their order.
    pub sections: Vec<CollatedSection>,
    /// What the keys mean.
    pub legend: Legend,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
}

/// The consultation, as far as a reader of figures needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollatedConsultation {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    pub status: Status,
}

impl CollatedConsultation {
    pub(crate) fn of(facts: &Facts) -> Self {
        let consultation = facts.register().consultation.as_ref();
        Self {
            id: consultation.map_or_else(|| uuid::Uuid::nil().into(), |c| c.id),
            reference: consultation.map(|c| c.reference.clone()).unwrap_or_default(),
            title: consultation.map(|c| c.title.clone()).unwrap_or_default(),
            status: consultation.map_or(Status::Draft, |c| c.status),
        }
    }
}

/// The disclosure policy of the consultation, and whether this answer went through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppliedPolicy {
    pub id: PolicyId,
    /// False for callers who may see exact figures.
    pub applied: bool,
    /// The release that the figures come from; absent where they are exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i32>,
}

impl AppliedPolicy {
    /// The policy of a consultation, in an answer that did not go through it.
    pub(crate) fn none(facts: &Facts) -> Self {
        let consultation = facts.register().consultation.as_ref();
        Self {
            id: consultation.map_or(PolicyId::Mhsds5, |one| one.policy),
            applied: false,
            release: None,
        }
    }
}

/// Whether figures are exact or controlled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Exact figures.
    Exact,
    /// Figures that passed the disclosure policy.
    Controlled,
}

/// What the caller may see of the whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerScope {
    pub audience: Audience,
    /// The groups to which the answer is narrowed; null where it is of the whole consultation.
    #[schema(required = true)]
    pub group_ids: Option<Vec<GroupId>>,
}

/// Filters as they were understood: a parameter's name, and its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppliedFilters(pub Vec<(&'static str, Vec<String>)>);

impl Serialize for AppliedFilters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(parameter, values)| (parameter, values)))
    }
}

impl PartialSchema for AppliedFilters {
    fn schema() -> RefOr<Schema> {
        let values = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "By parameter, the values asked for; a parameter not given is absent.",
            ))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(values.build().into()))))
            .into()
    }
}

impl ToSchema for AppliedFilters {}

/// Who was heard, by the filters applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Heard {
    /// Groups heard, by discussions or responses.
    /// Unit: groups. Base: what passes scope and filters.
    pub groups: u64,
    /// Groups the consultation expected to hear.
    /// Unit: groups. Base: `group_ids` of the consultation, within scope and filters.
    pub groups_expected: u64,
    /// Meetings with at least one discussion.
    /// Unit: meetings. Base: what passes scope and filters.
    pub meetings: u64,
    /// Facilitated tables.
    /// Unit: discussions. Base: what passes scope and filters.
    pub discussions: u64,
    /// Services present at those meetings, or behind a response.
    /// Unit: services. Base: what passes scope and filters.
    pub services: u64,
    /// Services of the groups expected, in being while the consultation ran.
    /// Unit: services. Base: services of the groups expected.
    pub services_expected: u64,
    /// Headcounts of those meetings, a round each; never added over rounds.
    pub attendance: Vec<RoundAttendance>,
    /// People at the tables: by respondent group the largest sitting of each group, so that nobody counts twice.
    pub participants: People,
    /// Responses: surveys, champions' sheets, letters.
    pub responses: Responses,
}

/// Headcount of a round's meetings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoundAttendance {
    pub round: RoundId,
    /// Headcount of the round. Unit: people. Base: meetings of the round with a discussion.
    pub all: Count,
    /// Headcount by respondent group. Unit: people. Base: `all`.
    pub by_respondent_group: Keyed,
}

/// People, in all and by respondent group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// People at the tables, at least. Unit: people. Base: what passes scope and filters.
    pub all: Count,
    /// The same by respondent group. Unit: people. Base: `all`.
    pub by_respondent_group: Keyed,
}

impl Default for People {
    fn default() -> Self {
        Self {
            all: Count::exact(0),
            by_respondent_group: Keyed::default(),
        }
    }
}

/// Responses, in all and by channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Responses {
    /// Responses with a point or an answer. Unit: responses. Base: what passes scope and filters.
    pub all: Count,
    /// The same by channel. Unit: responses. Base: `all`.
    pub by_channel: Keyed,
}

impl Default for Responses {
    fn default() -> Self {
        Self {
            all: Count::exact(0),
            by_channel: Keyed::default(),
        }
    }
}

/// One question's answers. The unit is the contribution; for discussions, the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CollatedQuestion {
    /// Null for points outside every question.
    #[schema(required = true)]
    pub number: Option<i32>,
    /// Null for points outside every question.
    #[schema(required = true)]
    pub prompt: Option<String>,
    /// Distinct contributions.
    /// Unit: contributions. Base: those on this question that pass scope and filters.
    pub contributions: Count,
    /// Tables with a contribution or a tally on it.
    /// Unit: discussions. Base: `heard.discussions`.
    pub discussions: u64,
    /// Groups heard on it, by contributions, tallies or choices.
    /// Unit: groups. Base: `heard.groups`.
    pub groups: u64,
    /// Tables that said they did not come to it.
    /// Unit: discussions. Base: `heard.discussions`.
    pub not_discussed: u64,
    /// Tables that neither recorded anything on it nor said why.
    /// Unit: discussions. Base: `heard.discussions`.
    pub no_record: u64,
    /// Contributions with at least one theme.
    /// Unit: contributions. Base: `contributions`.
    pub coded: Count,
    /// Contributions neither coded nor set aside.
    /// Unit: contributions. Base: `contributions`.
    pub uncoded: Count,
    /// Contributions put aside with a reason.
    /// Unit: contributions. Base: `contributions`.
    pub set_aside: Count,
    /// Contributions whose independent codings differ, where nobody has decided or a coder has seen it otherwise since.
    /// Unit: contributions. Base: `contributions`.
    pub unadjudicated: Count,
    /// Contributions by direction towards the draft.
    /// Unit: contributions. Base: `contributions`.
    pub stance: Keyed,
    /// People by option, from tables' shows of hands and responses' choices; null on open questions.
    /// Unit: people. Base: those of tables with a show of hands on it, and one of each response with a choice.
    #[schema(required = true)]
    pub tally: Option<Keyed>,
    /// Agreement across groups; null unless the question is an `agreement`.
    #[schema(required = true)]
    pub consensus: Option<Consensus>,
    /// Themes that occur here: by groups, then discussions, then label.
    pub themes: Vec<CollatedTheme>,
}

/// One theme: how widely it was raised, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollatedTheme {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    #[schema(required = true)]
    pub parent_id: Option<ThemeId>,
    /// Distinct contributions, those of sub-themes among them.
    /// Unit: contributions. Base: those of the question, section or consultation in which the theme stands here.
    pub contributions: Count,
    /// Distinct responses that raised it.
    /// Unit: responses. Base: those heard there.
    pub responses: Count,
    /// Distinct tables that raised it.
    /// Unit: discussions. Base: those heard there.
    pub discussions: u64,
    /// Distinct groups that raised it.
    /// Unit: groups. Base: `heard.groups`.
    pub groups: u64,
    /// Distinct meetings at which it was raised.
    /// Unit: meetings. Base: `heard.meetings`.
    pub meetings: u64,
    /// At least so many people stood behind it: for each table the larger of 1 and the most hands any of its
    /// contributions had there, summed over one sitting, the largest sitting of a group, summed over groups. Null
    /// where nothing came from tables.
    /// Unit: people. Base: people at the tables that raised it.
    #[schema(required = true)]
    pub people_at_least: Option<Count>,
    /// Contributions by direction towards the draft.
    /// Unit: contributions. Base: `contributions`.
    pub stance: Keyed,
    /// Contributions by who, where and how.
    pub by: Breakdown,
    /// At most three quotable contributions, oldest first.
    pub quotes: Vec<Quote>,
}

/// Contributions by one dimension at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Breakdown {
    /// By whose they are. Unit: contributions. Base: those of the theme.
    pub respondent_group: Keyed,
    /// By group. Unit: contributions. Base: those of the theme.
    pub group: Keyed,
    /// By setting. Unit: contributions. Base: those of the theme.
    pub setting: Keyed,
    /// By channel. Unit: contributions. Base: those of the theme.
    pub channel: Keyed,
}

/// Words that may be quoted. The text is filled in by whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// Whose words they are; never shown.
    #[serde(skip, default = "nobody")]
    #[schema(ignore)]
    pub contribution: ContributionId,
    /// The version of the contribution that was counted; never shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub version: i32,
    pub text: String,
    pub respondent_group: RespondentGroup,
}

/// What stands for a contribution in an answer that was read back, where ids are never shown.
fn nobody() -> ContributionId {
    uuid::Uuid::nil().into()
}

/// A section of a document, and what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollatedSection {
    #[serde(rename = "ref")]
    pub reference: String,
    pub title: String,
    /// Distinct contributions that name the section.
    /// Unit: contributions. Base: what passes scope and filters.
    pub contributions: Count,
    /// Themes that occur there.
    pub themes: Vec<CollatedTheme>,
}

/// What the keys of breakdowns mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Legend {
    pub group: Vec<LegendEntry>,
    pub respondent_group: Vec<LegendEntry>,
    pub setting: Vec<LegendEntry>,
    pub channel: Vec<LegendEntry>,
    pub round: Vec<LegendEntry>,
}

/// A key and what a reader sees for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LegendEntry {
    pub key: String,
    pub label: String,
}

/// Something that must be known to read the figures honestly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limitation {
    /// Stable, kebab-case.
    pub code: String,
    pub text: String,
}

impl Limitation {
    pub(crate) fn new(code: &str, text: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            text: text.into(),
        }
    }
}

/// What holds for every collation, whatever was said (domain, section 3).
pub(crate) fn standing_limitations() -> Vec<Limitation> {
    [
        (
            "counts-are-minimums",
            "Not every point that a table made was written down, so every count is a minimum: at least so many.",
        ),
        (
            "not-representative",
            "People came or answered because they were invited or chose to; the figures describe what was said, \
             not how common a view is.",
        ),
        (
            "attendance-may-repeat",
            "The same people may come to more than one round; headcounts are never added over rounds.",
        ),
        ("views-not-checked", "What was said is recorded as it was said; it was not checked against fact."),
        (
            "channels-not-people",
            "A table of eight is not a respondent: contributions from tables and from responses are never one \
             count of people.",
        ),
    ]
    .map(|(code, text)| Limitation::new(code, text))
    .into()
}
