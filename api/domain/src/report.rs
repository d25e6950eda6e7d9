//! The report: what leaves, frozen, and what stands behind each of its figures.
//!
//! Invariant: a report is one document. Every format, table and picture is made of it and of nothing else, so that no two of them
//! can differ. Its figures are those of one release, so nothing is counted here. Refused: queries for each format; and figures that
//! are reckoned anew when somebody reads, which drift under what was signed off.
//!
//! What may still be said after publication (that it was retracted, what follows it, what was decided) is no part of what the digest
//! is of, and what a speaker takes back leaves the text without moving it: see [`digest`].

pub mod answers;
pub mod changes;
pub mod checks;
pub mod digest;
mod tables;

pub use tables::{Behind, CodingState, CountedFrom, Tabulated, parents_first, report_tables};

use crate::{
    collate::{Collation, CountStatus, Limitation, Quote},
    id::{BodyId, ConsultationId, QuoteId, ReleaseId, ReportId, ThemeId},
    limits,
    moment::Moment,
    record::{Document, Material},
    text::{Mark, Note, Prose, Title},
    vocabulary::{
        BodyKind, Channel, ConsultationKind, OutcomeDecision, QuestionKind, ReportMediaKind, ReportStatus,
        RespondentGroup,
    },
};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use validator::Validate;

/// The licence under which a report's figures and words may be used again.
pub const LICENCE: &str = "Open Government Licence v3.0";

/// A report: the collation of one release with what was written to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub id: ReportId,
    /// From 1, in the order in which drafts were begun.
    pub number: i32,
    pub status: ReportStatus,
    /// The release whose figures these are.
    pub release_id: ReleaseId,
    /// What was consulted on, as it stood when the draft was begun.
    pub consultation: ReportedConsultation,
    /// The codeframe by which the contributions were coded.
    pub codeframe: ReportedCodeframe,
    /// How coding was done, and how far it had come.
    pub coding: ReportedCoding,
    /// The controlled collation. Quotes are those that were chosen in the commentary.
    pub collation: Collation,
    /// What was written to the figures.
    pub commentary: Commentary,
    /// The quotes that were chosen, in the order of the commentary; each is in the digest as a salted hash.
    pub quotes: Vec<ReportedQuote>,
    /// Every table, each with where its CSV and its picture stand.
    pub tables: Vec<ReportTable>,
    /// What must be known to read the figures honestly.
    pub limitations: Vec<Limitation>,
    /// Under which the report may be used again.
    pub licence: String,
    /// Absent before publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// Of the report of this consultation that was published before; null in the first, and before publication.
    #[schema(required = true)]
    pub previous_digest: Option<String>,
    /// SHA-256 of the canonical JSON (RFC 8785) of this report, 64 hex digits; null before publication. Not in it are `digest`, `status`,
    /// `superseded_by`, `warnings`, `draft`, quotes within `collation`, and `text` and `salt` of `quotes`.
    #[schema(required = true)]
    pub digest: Option<String>,
    /// The report that was published after this one.
    #[schema(required = true)]
    pub superseded_by: Option<ReportId>,
    /// What to look at in the commentary; it stops nothing. In drafts, and in the answer to publishing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<CommentaryWarning>,
    /// What a lead needs to go on with it; absent once it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
}

/// What a report says beside the figures of its release, frozen when its draft is begun, and but for what is said of coding not
/// moved again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenParts {
    /// What was consulted on.
    pub consultation: ReportedConsultation,
    /// The codeframe.
    pub codeframe: ReportedCodeframe,
    /// How coding was done.
    pub coding: ReportedCoding,
}

/// The consultation as a reader of its report needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedConsultation {
    pub id: ConsultationId,
    pub reference: String,
    pub title: String,
    pub kind: ConsultationKind,
    /// The body that asked for it.
    pub commissioned_by: ReportedBody,
    pub summary: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub easy_read_summary: Option<String>,
    /// What could be influenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_to_change: Option<String>,
    /// What could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_open_to_change: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_on: Option<Date>,
    /// When an answer is due: the planned day, else twelve weeks after it closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_due_on: Option<Date>,
    /// Ways by which feedback was taken.
    pub channels: Vec<Channel>,
    /// Whether everybody may read the report.
    pub public: bool,
    /// What was consulted on.
    pub documents: Vec<Document>,
    /// What people were given to form a view.
    pub materials: Vec<Material>,
    pub questions: Vec<ReportedQuestion>,
}

/// A body, as it was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedBody {
    pub id: BodyId,
    pub kind: BodyKind,
    pub name: String,
}

/// A question, as it was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedQuestion {
    pub number: i32,
    pub prompt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub easy_read_prompt: Option<String>,
    pub kind: QuestionKind,
    /// Of choice questions.
    pub options: Vec<String>,
}

/// The codeframe, as far as the report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedCodeframe {
    /// The version that was frozen; null in a draft whose codeframe is not.
    #[schema(required = true)]
    pub version: Option<i32>,
    /// Every theme of the report, parents before their sub-themes, with what it takes in.
    pub themes: Vec<ReportedTheme>,
}

/// A theme, and what it takes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedTheme {
    pub id: ThemeId,
    pub code: String,
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<ThemeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How coding was done. Agreement is told by how many themes reach which band, because the figures of one theme would say of single
/// contributions how they were coded. Bands: K. Krippendorff, Content Analysis (2004), chapter 11.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedCoding {
    /// Who coded anything.
    /// Unit: coders. Base: contributions coded when the draft was begun.
    pub coders: u64,
    /// Themes on which coders agree reliably, with an alpha of at least 0.80.
    /// Unit: themes. Base: themes of contributions with two or more independent codings.
    pub reliable: u64,
    /// Themes with an alpha of at least 0.667 and less than 0.80: for tentative conclusions.
    /// Unit: themes. Base: as `reliable`.
    pub tentative: u64,
    /// Themes with a smaller alpha.
    /// Unit: themes. Base: as `reliable`.
    pub unreliable: u64,
    /// Themes of which no alpha can be reckoned, most because too little was coded twice.
    /// Unit: themes. Base: as `reliable`.
    pub undefined: u64,
    /// Whether contributions were neither coded nor set aside when the release was made.
    pub some_uncoded: bool,
    /// Why the report was published although some were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncoded_reason: Option<String>,
}

/// What is written to the figures: by leads, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Commentary {
    /// Who thanks whom, and what the report is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub foreword: Option<Prose>,
    /// Why people were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub background: Option<Prose>,
    /// How what was said was worked on, beside what the report says of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub method: Option<Prose>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub what_happens_next: Option<Prose>,
    /// The report in easy read: one idea a line.
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 lines."))]
    #[schema(max_items = 1000)]
    pub easy_read: Vec<EasyReadLine>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 themes."))]
    #[schema(max_items = 1000)]
    pub themes: Vec<ThemeCommentary>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 sections."))]
    #[schema(max_items = 1000)]
    pub sections: Vec<SectionCommentary>,
}

/// One line of easy read: a short sentence, and the picture beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct EasyReadLine {
    #[validate(nested)]
    pub text: Note,
    /// The name of a picture that this service has; whoever names another is told which there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub picture: Option<Mark>,
    /// What the picture shows, for whoever cannot see it; the name's own words where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub picture_alt: Option<Title>,
}

/// What is written to one theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ThemeCommentary {
    pub theme_id: ThemeId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub summary: Option<Prose>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 key points."))]
    #[schema(max_items = 1000)]
    pub key_points: Vec<Prose>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 areas."))]
    #[schema(max_items = 1000)]
    pub areas_for_consideration: Vec<Prose>,
    /// Quotes to stand under the theme. A contribution's id is taken, too, and makes a quote of it.
    #[serde(default)]
    #[validate(length(max = limits::ELEMENTS, message = "At most 1000 quotes."))]
    #[schema(max_items = 1000)]
    pub quote_ids: Vec<QuoteId>,
}

/// What is written to one section of the documents consulted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct SectionCommentary {
    #[validate(nested)]
    pub section_ref: Mark,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub summary: Option<Prose>,
    #[serde(default)]
    #[validate(nested, length(max = limits::ELEMENTS, message = "At most 1000 suggestions."))]
    #[schema(max_items = 1000)]
    pub suggestions: Vec<Prose>,
}

/// A quote. Its id says nothing of the contribution: an id made where it was said would tell when, and so in which group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportedQuote {
    pub id: QuoteId,
    pub theme_id: ThemeId,
    pub respondent_group: RespondentGroup,
    /// The words; null once whoever said them took them back, or they may not be quoted any more.
    #[schema(required = true)]
    pub text: Option<String>,
    /// SHA-256 of the salt, a line feed and the text, 64 hex digits; null before publication.
    #[schema(required = true)]
    pub hash: Option<String>,
    /// Drawn by chance, so that a hash without its text tells nothing; gone with the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
}

/// A table of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReportTable {
    /// Stands in addresses: `themes`, `themes-by-group`.
    pub name: String,
    pub title: String,
    /// What its figures count.
    pub unit: String,
    /// What they are counted of.
    pub base: String,
    /// What else is to be known to read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What its rows are: the heading of the column of labels.
    pub rows_are: String,
    pub columns: Vec<TableColumn>,
    pub rows: Vec<TableRow>,
    /// Where its CSV stands.
    pub csv: String,
    /// Where its picture stands; null where it has none.
    #[schema(required = true)]
    pub chart: Option<String>,
}

impl ReportTable {
    /// A figure, by the keys of its row and column.
    pub fn cell(&self, row: &str, column: &str) -> Option<&TableCell> {
        let at = self.columns.iter().position(|one| one.key == column)?;
        let row = self.rows.iter().find(|one| one.key == row)?;
        row.cells.get(at)?.as_ref()
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableColumn {
    pub key: String,
    pub label: String,
    /// What this column counts, where it is not what the table counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A row of a table: one cell a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TableRow {
    pub key: String,
    pub label: String,
    /// 1 where it is part of the row above it that has 0: a sub-theme under its theme.
    pub level: u8,
    /// In the order of the columns. Null where there is no such figure: a row that lost its breakdown has only `all`.
    pub cells: Vec<Option<TableCell>>,
}

/// A published figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TableCell {
    /// What `/v1/cells/{id}` finds what stands behind it by.
    pub id: String,
    /// Null where it is hidden.
    #[schema(required = true, value_type = Option<f64>)]
    pub value: Option<Figure>,
    /// How it may be read.
    pub status: CountStatus,
}

/// A number: of things, or a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// Things counted.
    Count(u64),
    /// From 0 to 1, or a product of such.
    Share(f64),
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Share(share) => write!(f, "{share:.3}"),
        }
    }
}

/// What a lead needs to go on with a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// What `If-Match` names.
    pub version: i32,
    /// Words that the release lets be quoted, by theme.
    pub quotes_on_offer: Vec<QuoteOnOffer>,
}

/// Words that may be quoted under a theme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteOnOffer {
    /// The contribution; `quote_ids` takes it.
    pub contribution_id: crate::id::ContributionId,
    pub theme_id: ThemeId,
    pub respondent_group: RespondentGroup,
    pub text: String,
}

/// Something in the commentary that a lead shall look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommentaryWarning {
    /// A JSON pointer into the report.
    pub pointer: String,
    /// `personal-data`: the screen sees somebody. `number-in-no-table`: a number that no table of the report holds. `no-easy-read`: everybody
    /// may read it, and there is no easy read. `empty-theme`: nothing is written to a theme.
    pub code: String,
    pub detail: String,
}

/// What came after publication, as the page shows it beside the report. It is read anew each time and no part of the digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Aftermath {
    /// Outcomes that stand, the latest first.
    pub outcomes: Vec<StandingOutcome>,
    /// Themes of the report without an answer, in its order: see [`answers`].
    pub unanswered: Vec<ThemeId>,
    /// When an answer is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_due_on: Option<Date>,
    /// Films, sound, sign language, posters.
    pub media: Vec<StandingMedia>,
    /// To whom the report was delivered as it was published.
    pub deliveries: Vec<StandingDelivery>,
    /// Later reports of the consultation that were taken back, in the order of their numbers: who read one of them must learn of it here.
    #[serde(default)]
    pub taken_back: Vec<TakenBack>,
}

/// A report that was retracted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakenBack {
    pub number: i32,
    pub reason: Option<String>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StandingOutcome {
    /// Of the whole consultation where neither theme nor section is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme_id: Option<ThemeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section_ref: Option<String>,
    pub decision: OutcomeDecision,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub easy_read: Option<String>,
    pub decided_on: Date,
    /// The body or person, as it was written down.
    pub decided_by: String,
    /// The version of the document in which it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// A film, a poster, sound or sign language beside a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StandingMedia {
    pub kind: ReportMediaKind,
    pub title: String,
    pub url: String,
}

/// That a body was given the report as it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StandingDelivery {
    pub body: ReportedBody,
    pub meeting_on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minute_ref: Option<String>,
}

/// Where people read the latest report of the consultation with this reference. Whatever is no letter, digit or harmless mark is written
/// as its bytes (RFC 3986, section 2.1), so that a reference with a blank leads there, too.
pub fn page_of(reference: &str) -> String {
    let mut page = "/reports/".to_owned();
    for byte in reference.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                page.push(char::from(byte));
            }
            byte => page.push_str(&format!("%{byte:02X}")),
        }
    }
    page
}

impl Report {
    /// Takes the words of quotes out, and the salts that go with them, here and within the collation.
    pub fn leave_out_words(&mut self, of: impl Fn(&ReportedQuote) -> bool) {
        for quote in self.quotes.iter_mut().filter(|quote| of(quote)) {
            let gone = quote.text.take();
            quote.salt = None;
            for theme in self
                .collation
                .themes
                .iter_mut()
                .filter(|theme| theme.id == quote.theme_id)
            {
                let is_other = |other: &Quote| {
                    Some(&other.text) != gone.as_ref() || other.respondent_group != quote.respondent_group
                };
                theme.quotes.retain(is_other);
            }
        }
    }

    /// Where it is read by people.
    pub fn page(&self) -> String {
        page_of(&self.consultation.reference)
    }

    /// The label of a theme.
    pub fn theme(&self, id: ThemeId) -> Option<&ReportedTheme> {
        self.codeframe.themes.iter().find(|theme| theme.id == id)
    }

    /// A table by its name.
    pub fn table(&self, name: &str) -> Option<&ReportTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// How a hidden or shown count is put into words: the policy's own.
    pub fn words(&self, cell: Option<&TableCell>) -> String {
        let Some(cell) = cell else {
            return "–".into();
        };
        match (cell.value, cell.status) {
            (Some(value), _) => value.to_string(),
            (None, CountStatus::Suppressed) => {
                let policy = crate::disclosure::Policy::of(self.collation.policy.id);
                match policy.shows_zero {
                    true => format!("1 to {}", policy.threshold),
                    false => format!("under {}", policy.threshold + 1),
                }
            }
            (None, _) => "not shown".into(),
        }
    }
}
