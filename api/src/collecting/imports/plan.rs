//! From records to what callers post: rows of one table become a discussion, rows of one response a response, and both are
//! checked by the rules of a post. What a row says is looked up among what the caller may know of, so that a meeting of
//! somebody else's group is no meeting here.

use crate::{
    auth::reach::Reach,
    collecting::{
        contributions::{Asked, ContributionInput, is_open},
        discussions::DiscussionInput,
        responses::{AnswerInput, Of, Place, ResponseInput},
    },
    http::{digest::digest, problem::Faults},
    store::{
        consulting::options,
        importing::{Known, Stored},
    },
};
use domain::{
    id::{ContributionId, GroupId, MeetingId, ServiceId, ThemeId},
    import::{
        Cell, Column, Spoken, file, plain, question_number,
        rows::{FileFault, Reader, Record, Unreadable, same_name},
    },
    limits,
    record::{Hands, ImportCount, NotDiscussed, RowFault, Tally},
    screening::{RegisterNames, screen},
    text::{Prose, Text},
    vocabulary::{
        Agreement, Channel, HelpedBy, ImportKind, MeetingStatus, NotDiscussedReason, QuestionKind,
        RespondentGroup, Role, Setting, Stance, ThemeStatus,
    },
};
use entity::{
    groups, imports,
    json::{Flags, ImportCounts, RowFaults},
    meetings, questions, services,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    str::FromStr,
    sync::Arc,
};
use time::Date;
use uuid::Uuid;
use validator::Validate;

/// Letters of all texts of a response under which nobody wonders that another one says the same.
const SHORT: usize = 20;
/// What the example of a template begins with.
pub const EXAMPLE: &str = "Example, delete this row:";
/// Themes that a fault names.
const NAMED_THEMES: usize = 20;

/// What a file's words are looked up in: what is asked, and what of the network the caller may post for.
pub struct Context {
    pub asked: Asked,
    pub reach: Arc<Reach>,
    meetings: Vec<MeetingKnown>,
    groups: Vec<groups::Model>,
    services: Vec<services::Model>,
    group_at: HashMap<GroupId, usize>,
    service_at: HashMap<ServiceId, usize>,
    /// Groups and services by name, as it is compared; none where two have it.
    group_named: HashMap<String, Option<usize>>,
    service_named: HashMap<String, Option<usize>>,
    /// Themes by code and by label, as they are compared; none where two have the name.
    themes: HashMap<String, Option<(ThemeId, ThemeStatus)>>,
    theme_codes: Vec<String>,
    stored: Stored,
}

/// A meeting that the caller may post for.
pub struct MeetingKnown {
    pub row: meetings::Model,
    /// The group under which it counts.
    pub counted: GroupId,
    /// The day in London.
    pub day: Option<Date>,
    group_name: String,
}

impl MeetingKnown {
    /// How a template names it, and how it is found again.
    pub fn label(&self) -> String {
        match self.day {
            Some(day) => format!("{} {day}", self.group_name),
            None => self.group_name.clone(),
        }
    }
}

/// Something wrong with a cell: its column, a code, and what to write instead.
type Wrong = (Column, &'static str, String);

impl Context {
    /// Of what was read from the store.
    pub fn new(asked: Asked, reach: Arc<Reach>, known: Known, stored: Stored) -> Self {
        let Known {
            meetings,
            groups,
            services,
            themes,
        } = known;
        let group_at: HashMap<_, _> = groups.iter().enumerate().map(|(at, row)| (row.id, at)).collect();
        let service_at: HashMap<_, _> = services
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id, at))
            .collect();
        let mut by_name: HashMap<String, Option<(ThemeId, ThemeStatus)>> = HashMap::new();
        for theme in &themes {
            let named = Some((theme.id, theme.status));
            let mut names = vec![plain(&theme.code), plain(&theme.label)];
            names.dedup();
            for name in names {
                by_name
                    .entry(name)
                    .and_modify(|other| {
                        if *other != named {
                            *other = None;
                        }
                    })
                    .or_insert(named);
            }
        }
        let group_named = by_name_of(groups.iter().map(|row| row.name.as_str()));
        let service_named = by_name_of(services.iter().map(|row| row.name.as_str()));
        let mut context = Self {
            group_named,
            service_named,
            asked,
            reach,
            meetings: Vec::new(),
            groups,
            services,
            group_at,
            service_at,
            themes: by_name,
            theme_codes: themes.into_iter().map(|theme| theme.code).collect(),
            stored,
        };
        context.meetings = meetings
            .into_iter()
            .filter_map(|row| {
                let group = context.group(row.group_id)?;
                Some(MeetingKnown {
                    counted: context.counted(group)?,
                    day: row.starts_at.day_in_london(),
                    group_name: group.name.clone(),
                    row,
                })
            })
            .collect();
        context
    }

    fn group(&self, id: GroupId) -> Option<&groups::Model> {
        self.groups.get(*self.group_at.get(&id)?)
    }

    fn service(&self, id: ServiceId) -> Option<&services::Model> {
        self.services.get(*self.service_at.get(&id)?)
    }

    /// The group under which figures count a group.
    fn counted(&self, group: &groups::Model) -> Option<GroupId> {
        match group.service_id {
            Some(service) => Some(self.service(service)?.group_id),
            None => Some(group.id),
        }
    }

    /// Meetings that the caller may post for and that were not cancelled.
    pub fn meetings(&self) -> impl Iterator<Item = &MeetingKnown> {
        self.meetings
            .iter()
            .filter(|meeting| meeting.row.status != MeetingStatus::Cancelled)
    }

    /// Groups for which the caller may post responses.
    pub fn own_groups(&self) -> impl Iterator<Item = &groups::Model> {
        self.groups.iter().filter(|group| self.reach.has_group(group.id))
    }

    /// Services for which the caller may post responses.
    pub fn own_services(&self) -> impl Iterator<Item = &services::Model> {
        let champion_of = self.reach.services();
        self.services
            .iter()
            .filter(move |row| self.reach.has_group(row.group_id) || champion_of.contains(&row.id))
    }

    /// Codes of the themes in use.
    pub fn theme_codes(&self) -> &[String] {
        &self.theme_codes
    }

    /// Whether the caller posts tables; champions post responses only.
    pub fn takes_tables(&self) -> bool {
        let channels = &self.asked.consultation.channels.0;
        channels.contains(&Channel::MeetingDiscussion)
            && (self.reach.is_lead() || self.reach.is(Role::Facilitator))
    }

    /// Whether anything that came in by a channel is the caller's to post: the rules of a post, as far as they go without knowing
    /// of whom it is.
    pub fn may_post(&self, channel: Channel) -> bool {
        let reach = &self.reach;
        let consultation = self.asked.consultation.id;
        match channel {
            Channel::MeetingDiscussion => self.takes_tables(),
            _ if reach.is_lead() || reach.consultations(Role::Collector).contains(&consultation) => true,
            Channel::SurveyOnline => false,
            Channel::Champion => reach.is(Role::Facilitator) || reach.is(Role::Champion),
            _ => reach.is(Role::Facilitator),
        }
    }

    /// Whether what the caller says of themes counts: facilitators do not code.
    pub fn may_code(&self) -> bool {
        self.reach.is_lead()
    }

    /// What is meant where a row does not say how it came in.
    fn usual_channel(&self) -> Channel {
        let channels = &self.asked.consultation.channels.0;
        match channels.as_slice() {
            _ if self.takes_tables() => Channel::MeetingDiscussion,
            [only] => *only,
            _ if self.reach.is(Role::Champion) => Channel::Champion,
            _ => Channel::MeetingDiscussion,
        }
    }

    fn question(&self, number: Option<i32>) -> Option<&questions::Model> {
        let number = number?;
        self.asked
            .questions
            .iter()
            .find(|question| question.number == number)
    }

    fn group_named(&self, cell: &Cell) -> Result<Option<&groups::Model>, Wrong> {
        let text = written(cell, Column::Group)?;
        if text.is_empty() {
            return Ok(None);
        }
        let unknown = || {
            (
                Column::Group,
                "unknown-group",
                self.choose("There is no such group.", self.group_names()),
            )
        };
        if let Ok(id) = Uuid::parse_str(&text) {
            return self.group(GroupId(id)).map(Some).ok_or_else(unknown);
        }
        match self.group_named.get(&plain(&text)) {
            Some(Some(at)) => self.groups.get(*at).map(Some).ok_or_else(unknown),
            Some(None) => Err((
                Column::Group,
                "ambiguous",
                "Several groups have this name. Write the group's id.".into(),
            )),
            None => Err(unknown()),
        }
    }

    fn service_named(&self, cell: &Cell) -> Result<Option<&services::Model>, Wrong> {
        let text = written(cell, Column::Service)?;
        if text.is_empty() {
            return Ok(None);
        }
        let unknown = || {
            (
                Column::Service,
                "unknown-service",
                "There is no such service. Write its name as the register has it, or its id.".to_owned(),
            )
        };
        if let Ok(id) = Uuid::parse_str(&text) {
            return self.service(ServiceId(id)).map(Some).ok_or_else(unknown);
        }
        match self.service_named.get(&plain(&text)) {
            Some(Some(at)) => self.services.get(*at).map(Some).ok_or_else(unknown),
            Some(None) => Err((
                Column::Service,
                "ambiguous",
                "Several services have this name. Write the service's id.".into(),
            )),
            None => Err(unknown()),
        }
    }

    fn group_names(&self) -> Vec<&str> {
        self.own_groups().map(|group| group.name.as_str()).collect()
    }

    /// What to choose from, where that is few enough to be read.
    fn choose(&self, says: &str, names: Vec<&str>) -> String {
        match names.len() {
            1..=20 => format!("{says} Write one of: {}.", names.join(", ")),
            _ => says.to_owned(),
        }
    }

    /// The meeting that a row names: by id, by group and day in one cell, or by either in its own.
    fn meeting(&self, record: &Record) -> Result<usize, Wrong> {
        let cell = record.cell(Column::Meeting);
        let text = written(cell, Column::Meeting)?;
        if let Ok(id) = Uuid::parse_str(&text) {
            let found = self
                .meetings
                .iter()
                .position(|meeting| meeting.row.id == MeetingId(id));
            return found.ok_or_else(|| {
                (
                    Column::Meeting,
                    "unknown-meeting",
                    "There is no such meeting.".into(),
                )
            });
        }
        let mut group = self
            .group_named(record.cell(Column::Group))?
            .map(|group| group.id);
        let mut day = self.day(record.cell(Column::Date), Column::Date)?;
        let mut column = if day.is_some() {
            Column::Date
        } else {
            Column::Group
        };
        if !text.is_empty() {
            column = Column::Meeting;
            match cell.day() {
                Some(found) => day = Some(found),
                None => (group, day) = self.group_and_day(&text)?,
            }
        }
        if group.is_none() && day.is_none() {
            return Err((
                Column::Meeting,
                "missing-field",
                "Name the meeting: its group and day, such as London 2019-10-03, or its id.".into(),
            ));
        }
        let mut fitting = self.meetings.iter().enumerate().filter(|(_, meeting)| {
            group.is_none_or(|group| meeting.row.group_id == group)
                && day.is_none_or(|day| meeting.day == Some(day))
        });
        match (fitting.next(), fitting.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some(_), Some(_)) => Err((
                column,
                "ambiguous",
                "Several meetings fit. Write group and day, or the meeting's id.".into(),
            )),
            (None, _) => {
                let labels: Vec<_> = self.meetings().map(MeetingKnown::label).collect();
                let names = labels.iter().map(String::as_str).collect();
                Err((
                    column,
                    "unknown-meeting",
                    self.choose("There is no such meeting.", names),
                ))
            }
        }
    }

    /// A group's name with a day behind it.
    fn group_and_day(&self, text: &str) -> Result<(Option<GroupId>, Option<Date>), Wrong> {
        let sought = plain(text);
        for group in &self.groups {
            let Some(rest) = sought.strip_prefix(&plain(&group.name)) else {
                continue;
            };
            if rest.is_empty() {
                return Ok((Some(group.id), None));
            }
            if let Some(day) = rest.strip_prefix(' ').and_then(|rest| Cell::of(rest).day()) {
                return Ok((Some(group.id), Some(day)));
            }
        }
        let labels: Vec<_> = self.meetings().map(MeetingKnown::label).collect();
        let names = labels.iter().map(String::as_str).collect();
        Err((
            Column::Meeting,
            "unknown-meeting",
            self.choose(
                "There is no such meeting. It is named by its group and day, or by its id.",
                names,
            ),
        ))
    }

    fn day(&self, cell: &Cell, column: Column) -> Result<Option<Date>, Wrong> {
        match (cell, cell.day()) {
            (Cell::Blank, _) => Ok(None),
            (_, Some(day)) => Ok(Some(day)),
            (cell, None) => {
                written(cell, column)?;
                Err((
                    column,
                    "not-a-day",
                    "Write a day, such as 2019-10-03 or 3 October 2019.".into(),
                ))
            }
        }
    }

    fn question_of(&self, cell: &Cell) -> Result<Option<i32>, Wrong> {
        let text = written(cell, Column::Question)?;
        if text.is_empty() || plain(&text) == "none" {
            return Ok(None);
        }
        if let Some(number) = text
            .parse()
            .ok()
            .filter(|number| self.question(Some(*number)).is_some())
        {
            return Ok(Some(number));
        }
        let by_prompt = self
            .asked
            .questions
            .iter()
            .find(|question| same_name(&question.prompt, &text));
        let number = by_prompt
            .map(|question| question.number)
            .or_else(|| question_number(&text));
        let known = number.filter(|number| self.question(Some(*number)).is_some());
        known.map(Some).ok_or_else(|| {
            let numbers: Vec<_> = self
                .asked
                .questions
                .iter()
                .map(|question| question.number.to_string())
                .collect();
            let detail = format!(
                "Write the question's number: {}. Blank is a point outside every question.",
                numbers.join(", ")
            );
            (Column::Question, "unknown-question", detail)
        })
    }

    fn themes_of(&self, cell: &Cell, wrong: &mut Vec<Wrong>) -> Vec<ThemeId> {
        let text = match written(cell, Column::Themes) {
            Ok(text) => text,
            Err(fault) => {
                wrong.push(fault);
                return Vec::new();
            }
        };
        // Who may not code learns nothing of the codeframe.
        if !self.may_code() && !text.trim().is_empty() {
            wrong.push((
                Column::Themes,
                "not-taken",
                "Themes are written by national leads. Leave the column out.".into(),
            ));
            return Vec::new();
        }
        let mut themes = Vec::new();
        for name in text
            .split([';', '|', '\n'])
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let fault = match self.themes.get(&plain(name)) {
                Some(Some((_, ThemeStatus::Merged | ThemeStatus::Retired))) => (
                    "not-in-use",
                    "This theme was merged or retired. Write another, or none.".to_owned(),
                ),
                Some(Some((id, _))) => {
                    if !themes.contains(id) {
                        themes.push(*id);
                    }
                    continue;
                }
                Some(None) => (
                    "ambiguous",
                    "Several themes have this name. Write the theme's code.".to_owned(),
                ),
                None => {
                    let codes: Vec<_> = self
                        .theme_codes
                        .iter()
                        .take(NAMED_THEMES + 1)
                        .map(String::as_str)
                        .collect();
                    (
                        "unknown-theme",
                        self.choose(
                            "This consultation has no such theme. Part codes by semicolons.",
                            codes,
                        ),
                    )
                }
            };
            wrong.push((Column::Themes, fault.0, fault.1));
        }
        if themes.len() as u64 > limits::THEMES_A_CONTRIBUTION {
            wrong.push((
                Column::Themes,
                "too-many",
                "At most 50 themes a contribution.".into(),
            ));
        }
        themes
    }
}

/// Places by name, as it is compared; none where two have it.
fn by_name_of<'n>(names: impl Iterator<Item = &'n str>) -> HashMap<String, Option<usize>> {
    let mut by_name = HashMap::new();
    for (at, name) in names.enumerate() {
        by_name
            .entry(plain(name))
            .and_modify(|other| *other = None)
            .or_insert(Some(at));
    }
    by_name
}

fn written(cell: &Cell, column: Column) -> Result<String, Wrong> {
    cell.written()
        .map_err(|what| (column, "no-value", what.to_owned()))
}

fn word<T: Spoken>(record: &Record, column: Column, wrong: &mut Vec<Wrong>) -> Option<T> {
    let text = match written(record.cell(column), column) {
        Ok(text) if text.is_empty() => return None,
        Ok(text) => text,
        Err(fault) => {
            wrong.push(fault);
            return None;
        }
    };
    let found = T::spoken(&text);
    if found.is_none() {
        wrong.push((column, "unknown-word", format!("Write one of: {}.", T::words())));
    }
    found
}

fn count(record: &Record, column: Column, least: i32, wrong: &mut Vec<Wrong>) -> Option<i32> {
    match record.cell(column) {
        Cell::Blank => None,
        Cell::NoValue(what) => {
            wrong.push((column, "no-value", (*what).to_owned()));
            None
        }
        cell => {
            let found = cell.count(limits::COUNT).filter(|count| *count >= least);
            if found.is_none() {
                let detail = format!(
                    "Write a whole number from {least} to {}, in digits.",
                    limits::COUNT
                );
                wrong.push((column, "not-a-count", detail));
            }
            found
        }
    }
}

/// What a container becomes.
pub enum What {
    Table(Box<DiscussionInput>),
    Response(Box<ResponseInput>),
}

/// A table or a response, and the rows that it was made of.
pub struct Container {
    pub what: What,
    /// Of a response: the group under which it counts.
    pub place: Option<Place>,
    /// Its first row.
    pub first: u32,
    /// How many rows made it.
    pub rows: u32,
    /// Rows of its contributions or answers, in their order.
    points: Vec<u32>,
    /// What few have; beside the others, because a file has a hundred thousand containers.
    few: Option<Box<Few>>,
    faulty: bool,
}

/// What few containers have.
#[derive(Default)]
struct Few {
    /// Rows of tallies, in their order.
    tallies: Vec<u32>,
    /// Rows of what was not discussed, in their order.
    skipped: Vec<u32>,
    /// Themes of contributions or answers, by place.
    themes: Vec<(u32, Vec<ThemeId>)>,
    /// What the screen saw in contributions or answers, by place; of most nothing.
    flags: HashMap<usize, Flags>,
}

impl Container {
    /// How much it holds.
    pub fn count(&self) -> ImportCount {
        let (tables, responses, contributions) = match &self.what {
            What::Table(input) => (1, 0, input.contributions.len()),
            What::Response(input) => (
                0,
                1,
                input
                    .answers
                    .iter()
                    .filter(|answer| answer.text.is_some())
                    .count(),
            ),
        };
        ImportCount {
            rows: self.rows,
            tables,
            responses,
            contributions: contributions as u32,
        }
    }

    /// Screens every text.
    pub fn screen(&mut self, names: &RegisterNames) {
        let seen = |(place, text): (usize, &Prose)| {
            let flags = screen(text.as_str(), names);
            (!flags.is_empty()).then_some((place, Flags(flags)))
        };
        let flags: HashMap<_, _> = match &self.what {
            What::Table(input) => {
                let texts = input.contributions.iter().map(|said| &said.text);
                texts.enumerate().filter_map(seen).collect()
            }
            What::Response(input) => {
                let texts = input.answers.iter().map(|answer| answer.text.as_ref());
                let texts = texts.enumerate().filter_map(|(place, text)| Some((place, text?)));
                texts.filter_map(seen).collect()
            }
        };
        if !flags.is_empty() {
            self.few.get_or_insert_default().flags = flags;
        }
    }

    fn new(what: What, first: u32) -> Self {
        Self {
            what,
            place: None,
            first,
            rows: 0,
            points: Vec::with_capacity(1),
            few: None,
            faulty: false,
        }
    }

    /// Rows of its contributions or answers, in their order.
    pub fn point_rows(&self) -> &[u32] {
        &self.points
    }

    /// A warning for each text in which the screen saw something.
    fn seen(&self) -> impl Iterator<Item = RowFault> {
        let few = self.few.as_deref();
        let mut seen: Vec<_> = few.iter().flat_map(|few| &few.flags).collect();
        seen.sort_unstable_by_key(|(place, _)| **place);
        seen.into_iter().map(|(place, Flags(flags))| {
            let mut rules: Vec<_> = flags.iter().map(|flag| flag.rule.as_str().replace('_', " ")).collect();
            rules.sort_unstable();
            rules.dedup();
            RowFault {
                row: self.points.get(*place).copied().unwrap_or(self.first),
                column: Some(Column::Text.as_str().into()),
                code: "personal-data".into(),
                value: None,
                detail: format!(
                    "This may say who somebody is: {}. It is taken, and not quoted until somebody has cleared it.",
                    rules.join(", ")
                ),
            }
        })
    }

    /// Takes out the themes of contributions or answers and what the screen saw in them, both by place.
    pub fn take_themes_and_flags(&mut self) -> (Vec<(u32, Vec<ThemeId>)>, HashMap<usize, Flags>) {
        let few = self.few.take().unwrap_or_default();
        (few.themes, few.flags)
    }

    /// A digest of what it says.
    pub fn digest(&self) -> String {
        let written = match &self.what {
            What::Table(input) => serde_json::to_vec(input),
            What::Response(input) => serde_json::to_vec(input),
        };
        // Our own inputs can always be written; an empty digest is like no other.
        written.map(digest).unwrap_or_default()
    }

    /// Ids that the file chose.
    pub fn chosen_ids(&self) -> Vec<ContributionId> {
        match &self.what {
            What::Table(input) => input.contributions.iter().filter_map(|said| said.id).collect(),
            What::Response(input) => input.answers.iter().filter_map(|answer| answer.id).collect(),
        }
    }

    /// Where in the file the rules of a post point to.
    fn place_of(&self, pointer: &str) -> (u32, Option<Column>) {
        let mut parts = pointer.split('/').skip(1);
        let part = parts.next().unwrap_or_default();
        let at = |rows: &[u32], place: Option<&str>| {
            let place: Option<usize> = place.and_then(|place| place.parse().ok());
            place
                .and_then(|place| rows.get(place))
                .copied()
                .unwrap_or(self.first)
        };
        let few = |rows: fn(&Few) -> &[u32]| self.few.as_deref().map(rows).unwrap_or_default();
        match part {
            "contributions" | "answers" => {
                let row = at(&self.points, parts.next());
                let column = match parts.next() {
                    Some("hands") => Some(Column::Agree),
                    Some("choices") => Some(Column::Choice),
                    Some(name) => named(name),
                    None => None,
                };
                (row, column)
            }
            "tallies" => {
                let row = at(few(|few| &few.tallies), parts.next());
                let column = match (parts.next(), parts.next()) {
                    (Some("counts"), Some(_)) => Column::Choice,
                    (Some("counts"), None) => Column::People,
                    _ => Column::Question,
                };
                (row, Some(column))
            }
            "not_discussed" => (at(few(|few| &few.skipped), parts.next()), Some(Column::Question)),
            "participants" => (self.first, parts.next().and_then(named)),
            "meeting_id" => (self.first, Some(Column::Meeting)),
            "group_id" => (self.first, Some(Column::Group)),
            "service_id" => (self.first, Some(Column::Service)),
            name => (self.first, named(name)),
        }
    }
}

fn named(name: &str) -> Option<Column> {
    Column::ALL.iter().copied().find(|column| column.as_str() == name)
}

/// Faults or warnings, up to as many as are shown.
#[derive(Default)]
pub struct Told {
    pub list: Vec<RowFault>,
    /// How many more there are.
    pub more: i64,
}

impl Told {
    /// Adds one.
    pub fn add(&mut self, fault: RowFault) {
        match self.list.len() < limits::IMPORT_FAULTS {
            true => self.list.push(fault),
            false => self.more += 1,
        }
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds one for each text in which the screen saw something.
    pub fn add_seen<'c>(&mut self, containers: impl IntoIterator<Item = &'c Container>) {
        let seen = containers.into_iter().flat_map(Container::seen);
        seen.for_each(|warning| self.add(warning));
    }

    /// Every one, by row.
    fn sort(&mut self) {
        self.list.sort_by(|one, other| {
            (one.row, &one.column, &one.code).cmp(&(other.row, &other.column, &other.code))
        });
    }
}

/// What a file holds.
pub struct Plan {
    /// Tables and responses without a fault, in the order of their first rows.
    pub containers: Vec<Container>,
    pub faults: Told,
    pub warnings: Told,
    pub counted: ImportCount,
    /// Something is wrong with the file itself, so that nothing of it can be trusted.
    pub void: bool,
}

impl Plan {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Where it is none that can be read.
    pub fn new(context: &Context, kind: ImportKind, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut builder = Builder {
            context,
            containers: Vec::new(),
            at: HashMap::new(),
            meeting_of: HashMap::new(),
            ids: HashSet::new(),
            faults: Told::default(),
            rows: 0,
            void: false,
        };
        file::read(kind, bytes, &mut builder)?;
        Ok(builder.end())
    }
}

impl Plan {
    /// Ids that the file chose and that something has: faults of their rows.
    pub fn refuse_taken(&mut self, taken: &HashSet<ContributionId>) {
        if taken.is_empty() {
            return;
        }
        for container in &mut self.containers {
            let rows = container.points.iter();
            let ids: Vec<_> = match &container.what {
                What::Table(input) => input.contributions.iter().map(|said| said.id).collect(),
                What::Response(input) => input.answers.iter().map(|answer| answer.id).collect(),
            };
            for (id, row) in ids.into_iter().zip(rows) {
                if id.is_some_and(|id| taken.contains(&id)) {
                    container.faulty = true;
                    self.faults.add(RowFault {
                        row: *row,
                        column: Some(Column::Id.as_str().into()),
                        code: "id-conflict".into(),
                        value: None,
                        detail: "Something has this id already. Choose another, or leave it blank.".into(),
                    });
                }
            }
        }
        self.containers.retain(|container| !container.faulty);
        self.faults.sort();
    }

    /// What is wrong, as it is kept.
    pub fn clone_of_faults(&self) -> Vec<RowFault> {
        self.faults.list.iter().cloned().map(without_cells).collect()
    }

    /// Written into an import's row, without what stands in anybody's cells.
    pub fn into_row(mut self, row: imports::Model) -> imports::Model {
        self.noted_in(row)
    }

    /// The same, where the plan is still to be followed.
    pub fn noted_in(&mut self, row: imports::Model) -> imports::Model {
        let stored = |told: &mut Told| {
            let faults = std::mem::take(&mut told.list);
            RowFaults(faults.into_iter().map(without_cells).collect())
        };
        imports::Model {
            counted: ImportCounts(self.counted),
            faults: stored(&mut self.faults),
            more_faults: self.faults.more,
            warnings: stored(&mut self.warnings),
            more_warnings: self.warnings.more,
            ..row
        }
    }
}

/// A fault as it is kept: without what stands in a cell, and what stands where a heading should is one of those.
fn without_cells(fault: RowFault) -> RowFault {
    RowFault {
        value: None,
        column: fault.column.filter(|column| Column::read(column).is_ok()),
        ..fault
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Table {
        meeting: usize,
        sitting: i32,
        table: Box<str>,
    },
    Response {
        channel: Channel,
        mark: Box<str>,
    },
}

struct Builder<'c> {
    context: &'c Context,
    containers: Vec<Container>,
    at: HashMap<Key, usize>,
    /// Which meeting rows that name it the same way mean.
    meeting_of: HashMap<String, Result<usize, Wrong>>,
    /// Ids that the file chose.
    ids: HashSet<ContributionId>,
    faults: Told,
    rows: u32,
    void: bool,
}

impl Reader for Builder<'_> {
    fn record(&mut self, record: Record) {
        self.rows += 1;
        let mut wrong = Vec::new();
        if matches!(record.cell(Column::Text), Cell::Text(text) if text.starts_with(EXAMPLE)) {
            self.faults.add(RowFault {
                row: record.row,
                column: Some(Column::Text.as_str().into()),
                code: "example-row".into(),
                value: None,
                detail: "This is the example of the template. Delete the row.".into(),
            });
            return;
        }
        let channel = word(&record, Column::Channel, &mut wrong);
        match channel.unwrap_or_else(|| self.context.usual_channel()) {
            // A channel that was not understood: which columns count cannot be told.
            _ if !wrong.is_empty() => {}
            Channel::MeetingDiscussion => self.of_table(&record, &mut wrong),
            channel => self.of_response(&record, channel, &mut wrong),
        }
        for (column, code, detail) in wrong {
            let value = (!column.holds_words())
                .then(|| record.cell(column).written().ok())
                .flatten()
                .filter(|value| !value.is_empty())
                .map(|value| value.chars().take(60).collect());
            self.faults.add(RowFault {
                row: record.row,
                column: Some(column.as_str().into()),
                code: code.into(),
                value,
                detail,
            });
        }
    }

    fn fault(&mut self, fault: FileFault) {
        self.void = true;
        self.faults.add(RowFault {
            row: fault.row,
            column: fault.heading,
            code: fault.code.into(),
            value: None,
            detail: fault.detail,
        });
    }
}

impl Builder<'_> {
    fn of_table(&mut self, record: &Record, wrong: &mut Vec<Wrong>) {
        let meeting = self.meeting(record);
        let table = written(record.cell(Column::Table), Column::Table);
        let table = match table {
            Ok(table) if table.is_empty() => Err((
                Column::Table,
                "missing-field",
                "Name the table in every row, such as Table 1: rows of one table are put together by it."
                    .into(),
            )),
            other => other,
        };
        let sitting = count(record, Column::Sitting, 1, wrong);
        for column in [Column::Response, Column::Service, Column::PeopleRepresented] {
            if !record.cell(column).is_blank() {
                wrong.push((
                    column,
                    "not-taken",
                    "This is for responses. Leave it blank in rows of a table, or say how the row came in."
                        .into(),
                ));
            }
        }
        let row = TableRow::read(self.context, record, wrong);
        let (meeting, table) = match (meeting, table) {
            (Ok(meeting), Ok(table)) => (meeting, table),
            (meeting, table) => {
                wrong.extend(meeting.err());
                wrong.extend(table.err());
                return;
            }
        };
        let sitting = sitting.unwrap_or(1);
        let key = Key::Table {
            meeting,
            sitting,
            table: plain(&table).into(),
        };
        let found = self.at.get(&key).copied();
        let at = match found {
            Some(at) => at,
            None => {
                let known = self.context.meetings.get(meeting);
                let Some(known) = known else { return };
                let at = self.containers.len();
                let what = What::Table(Box::new(DiscussionInput {
                    id: None,
                    meeting_id: known.row.id,
                    table: Some(Text::new(&table)),
                    sitting: Some(sitting),
                    minutes_given: None,
                    recorded_at: None,
                    participants: BTreeMap::new(),
                    not_discussed: Vec::new(),
                    tallies: Vec::new(),
                    contributions: Vec::with_capacity(1),
                }));
                self.containers.push(Container::new(what, record.row));
                if known.row.status == MeetingStatus::Cancelled {
                    wrong.push((
                        Column::Meeting,
                        "meeting-cancelled",
                        "This meeting was cancelled. Correct it first, or name another.".into(),
                    ));
                }
                self.at.insert(key, at);
                at
            }
        };
        let Some(container) = self.containers.get_mut(at) else {
            return;
        };
        container.rows += 1;
        let themes = row.add_to(container, record.row, &mut self.ids, wrong);
        note_themes(container, themes);
        container.faulty |= !wrong.is_empty();
    }

    fn meeting(&mut self, record: &Record) -> Result<usize, Wrong> {
        let mut named = String::new();
        for column in [Column::Meeting, Column::Group, Column::Date] {
            named.push_str(&record.cell(column).written().unwrap_or_default());
            named.push('\u{1}');
        }
        let context = self.context;
        self.meeting_of
            .entry(named)
            .or_insert_with(|| context.meeting(record))
            .clone()
    }

    fn of_response(&mut self, record: &Record, channel: Channel, wrong: &mut Vec<Wrong>) {
        for column in [
            Column::Meeting,
            Column::Date,
            Column::Table,
            Column::Sitting,
            Column::MinutesGiven,
            Column::NotDiscussed,
            Column::People,
            Column::Agree,
            Column::Disagree,
            Column::Unsure,
            Column::ServiceUser,
            Column::Staff,
            Column::FamilyCarer,
            Column::Commissioner,
            Column::Other,
            Column::Verbatim,
        ] {
            if !record.cell(column).is_blank() {
                wrong.push((
                    column,
                    "not-taken",
                    format!("This is for tables. Leave it blank in rows that came in as {channel}."),
                ));
            }
        }
        let mark = written(record.cell(Column::Response), Column::Response).unwrap_or_else(|fault| {
            wrong.push(fault);
            String::new()
        });
        let group = kept(self.context.group_named(record.cell(Column::Group)), wrong).map(|group| group.id);
        let service =
            kept(self.context.service_named(record.cell(Column::Service)), wrong).map(|service| service.id);
        let setting = word::<Setting>(record, Column::Setting, wrong);
        let people = count(record, Column::PeopleRepresented, 1, wrong);
        let row = ResponseRow::read(self.context, record, wrong);
        let found = (!mark.is_empty()).then(|| Key::Response {
            channel,
            mark: mark.as_str().into(),
        });
        let at = found.as_ref().and_then(|key| self.at.get(key).copied());
        let at = match at {
            Some(at) => at,
            None => {
                let at = self.containers.len();
                let what = What::Response(Box::new(ResponseInput {
                    id: None,
                    channel,
                    respondent_group: row.respondent_group,
                    setting: None,
                    group_id: None,
                    service_id: None,
                    people_represented: None,
                    information_sheet_version: None,
                    answers: Vec::with_capacity(1),
                }));
                self.containers.push(Container::new(what, record.row));
                if let Some(key) = found {
                    self.at.insert(key, at);
                }
                at
            }
        };
        let Some(container) = self.containers.get_mut(at) else {
            return;
        };
        let first = container.first;
        if let What::Response(input) = &mut container.what {
            agree(&mut input.group_id, group, Column::Group, first, wrong);
            agree(&mut input.service_id, service, Column::Service, first, wrong);
            agree(&mut input.setting, setting, Column::Setting, first, wrong);
            agree(
                &mut input.people_represented,
                people,
                Column::PeopleRepresented,
                first,
                wrong,
            );
        }
        container.rows += 1;
        let themes = row.add_to(container, record.row, &mut self.ids, wrong);
        note_themes(container, themes);
        container.faulty |= !wrong.is_empty();
    }

    /// Checks every table and response by the rules of a post.
    fn end(mut self) -> Plan {
        let mut warnings = Told::default();
        let mut counted = ImportCount::default();
        let mut containers = std::mem::take(&mut self.containers);
        // What rows were put together by has done its work, and is as large as they are many.
        self.at = HashMap::new();
        for container in &mut containers {
            counted = counted.and(container.count());
            self.check(container);
            self.warn(container, &mut warnings);
        }
        counted.rows = self.rows;
        containers.retain(|container| !container.faulty);
        if self.void {
            containers.clear();
        }
        self.faults.sort();
        warnings.sort();
        Plan {
            containers,
            faults: self.faults,
            warnings,
            counted,
            void: self.void,
        }
    }

    fn check(&mut self, container: &mut Container) {
        let mut faults = Faults::default();
        let asked = &self.context.asked;
        match &container.what {
            What::Table(input) => {
                if let Err(errors) = input.validate() {
                    faults.add_validation(&errors);
                }
                asked.check_channel(Channel::MeetingDiscussion, "/channel", &mut faults);
                input.check(asked, &mut faults);
            }
            What::Response(input) => {
                if let Err(errors) = input.validate() {
                    faults.add_validation(&errors);
                }
                asked.check_channel(input.channel, "/channel", &mut faults);
                input.check(asked, &mut faults);
                container.place = self.placed(input, &mut faults);
            }
        }
        container.faulty |= !faults.0.is_empty();
        for fault in faults.0 {
            let (row, column) = container.place_of(&fault.pointer);
            self.faults.add(RowFault {
                row,
                column: column.map(|column| column.as_str().into()),
                code: fault.code,
                value: None,
                detail: fault.detail,
            });
        }
    }

    fn placed(&self, input: &ResponseInput, faults: &mut Faults) -> Option<Place> {
        let group = input.group_id.and_then(|id| self.context.group(id));
        let service = input.service_id.and_then(|id| self.context.service(id));
        let counted = match (group, service) {
            (Some(group), _) => self.context.counted(group),
            (None, Some(service)) => Some(service.group_id),
            (None, None) => None,
        };
        let of = Of {
            group: group.cloned(),
            service: service.cloned(),
            counted,
        };
        let consultation = self.context.asked.consultation.id;
        match input.placed(&of, &self.context.reach, consultation, faults) {
            Ok(place) => Some(place),
            Err(problem) if problem.faults.is_empty() => {
                let pointer = if input.service_id.is_some() {
                    "/service_id"
                } else {
                    "/group_id"
                };
                match problem.code {
                    crate::error::Code::NotFound => faults.add(
                        pointer,
                        "not-yours",
                        "There is no such group or service among those that you post for.",
                    ),
                    code => faults.add("/channel", code.as_str(), problem.detail),
                }
                None
            }
            Err(problem) => {
                faults.0.extend(problem.faults);
                None
            }
        }
    }

    fn warn(&self, container: &Container, warnings: &mut Told) {
        let mut warn = |row: u32, column: Column, code: &str, detail: String| {
            warnings.add(RowFault {
                row,
                column: Some(column.as_str().into()),
                code: code.into(),
                value: None,
                detail,
            });
        };
        let texts: Vec<(u64, u32)> = match &container.what {
            What::Table(input) => {
                let said = input.contributions.iter().zip(&container.points);
                said.map(|(said, row)| (hash_of(said.question, said.text.as_str()), *row))
                    .collect()
            }
            What::Response(input) => {
                let said = input.answers.iter().zip(&container.points);
                said.filter_map(|(said, row)| {
                    Some((hash_of(said.question, said.text.as_ref()?.as_str()), *row))
                })
                .collect()
            }
        };
        let mut first: HashMap<u64, u32> = HashMap::new();
        for (hash, row) in texts {
            let other = *first.entry(hash).or_insert(row);
            if other != row {
                warn(
                    row,
                    Column::Text,
                    "duplicate",
                    format!("The same is said in row {other}, on the same question."),
                );
            }
        }
        let stored = &self.context.stored;
        match &container.what {
            What::Table(input) => {
                let table = input
                    .table
                    .as_ref()
                    .map(|table| plain(table.as_str()))
                    .unwrap_or_default();
                if stored.has_table(input.meeting_id, input.sitting.unwrap_or(1), &table) {
                    let detail = "Notes of this table are in already; with this file there are two of it.";
                    warn(container.first, Column::Table, "table-stored", detail.into());
                }
            }
            What::Response(input) => {
                let letters: usize = input
                    .answers
                    .iter()
                    .filter_map(|answer| answer.text.as_ref())
                    .map(|text| text.as_str().chars().count())
                    .sum();
                if letters >= SHORT && !container.faulty && stored.has_response(|| container.digest()) {
                    let detail = "A response that says the same is in already; with this file there are two.";
                    warn(container.first, Column::Text, "response-stored", detail.into());
                }
            }
        }
    }
}

fn hash_of(question: Option<i32>, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    plain(text).hash(&mut hasher);
    hasher.finish()
}

fn kept<T>(found: Result<Option<T>, Wrong>, wrong: &mut Vec<Wrong>) -> Option<T> {
    found.unwrap_or_else(|fault| {
        wrong.push(fault);
        None
    })
}

/// What rows of one container say of it must be the same; a row that says nothing says what the first one did.
fn agree<T: PartialEq>(
    held: &mut Option<T>,
    said: Option<T>,
    column: Column,
    first: u32,
    wrong: &mut Vec<Wrong>,
) {
    match (&held, said) {
        (_, None) => {}
        (None, said) => *held = said,
        (Some(held), Some(said)) if *held == said => {}
        _ => wrong.push((
            column,
            "differs",
            format!("An earlier row of the same, from row {first} on, says otherwise. Write the same in both, or leave this one blank."),
        )),
    }
}

fn note_themes(container: &mut Container, themes: Vec<ThemeId>) {
    if !themes.is_empty() {
        let place = container.points.len().saturating_sub(1);
        let few = container.few.get_or_insert_default();
        few.themes.push((place as u32, themes));
    }
}

/// What both kinds of rows say.
struct Point {
    question: Option<i32>,
    text: String,
    respondent_group: Option<RespondentGroup>,
    stance: Option<Stance>,
    quote_consent: Option<domain::vocabulary::QuoteConsent>,
    section_ref: Option<String>,
    helped_by: Option<HelpedBy>,
    choice: String,
    id: Option<ContributionId>,
    themes: Vec<ThemeId>,
}

impl Point {
    fn read(context: &Context, record: &Record, wrong: &mut Vec<Wrong>) -> Self {
        let question = kept(context.question_of(record.cell(Column::Question)), wrong);
        let mut text_of = |column| {
            written(record.cell(column), column).unwrap_or_else(|fault| {
                wrong.push(fault);
                String::new()
            })
        };
        let (text, choice, section, id) = (
            text_of(Column::Text),
            text_of(Column::Choice),
            text_of(Column::SectionRef),
            text_of(Column::Id),
        );
        let id = match (id.is_empty(), ContributionId::from_str(&id)) {
            (true, _) => None,
            (false, Ok(id)) => Some(id),
            (false, Err(_)) => {
                wrong.push((
                    Column::Id,
                    "not-an-id",
                    "Write a UUID, or leave it blank and get one.".into(),
                ));
                None
            }
        };
        let themes = context.themes_of(record.cell(Column::Themes), wrong);
        if !themes.is_empty() && text.is_empty() {
            wrong.push((
                Column::Themes,
                "not-taken",
                "Only what was said in words has themes. Write what was said, or leave them out.".into(),
            ));
        }
        Self {
            question,
            text: unguarded(text),
            respondent_group: word(record, Column::RespondentGroup, wrong),
            stance: word(record, Column::Stance, wrong),
            quote_consent: word(record, Column::QuoteConsent, wrong),
            section_ref: (!section.is_empty()).then_some(section),
            helped_by: word(record, Column::HelpedBy, wrong),
            choice,
            id,
            themes,
        }
    }

    /// Refuses an id that another row has.
    fn check_id(&self, ids: &mut HashSet<ContributionId>, wrong: &mut Vec<Wrong>) {
        if let Some(id) = self.id
            && !ids.insert(id)
        {
            wrong.push((Column::Id, "repeated", "Another row has this id.".into()));
        }
    }
}

/// What was guarded against being taken for a formula, as it was.
fn unguarded(text: String) -> String {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest.to_owned(),
        _ => text,
    }
}

/// A row of a table.
struct TableRow {
    point: Point,
    minutes: Option<i32>,
    participants: BTreeMap<RespondentGroup, u32>,
    hands: Option<Hands>,
    people: Option<i32>,
    not_discussed: Option<NotDiscussedReason>,
    verbatim: Option<bool>,
    setting: Option<Setting>,
    /// Options of its question, where that is closed.
    options: Vec<String>,
    /// Whether it says anything but which table it is of.
    says: bool,
}

impl TableRow {
    fn read(context: &Context, record: &Record, wrong: &mut Vec<Wrong>) -> Self {
        let point = Point::read(context, record, wrong);
        let participants = RespondentGroup::ALL.iter().filter_map(|kind| {
            let people = count(record, Column::of_participants(*kind)?, 0, wrong)?;
            Some((*kind, people as u32))
        });
        let participants = participants.collect();
        let hands =
            [Column::Agree, Column::Disagree, Column::Unsure].map(|column| count(record, column, 0, wrong));
        let verbatim = match record.cell(Column::Verbatim) {
            Cell::Blank => None,
            cell => {
                let found = cell.truth();
                if found.is_none() {
                    wrong.push((Column::Verbatim, "unknown-word", "Write yes or no.".into()));
                }
                found
            }
        };
        let of_table = [
            Column::Channel,
            Column::Meeting,
            Column::Group,
            Column::Date,
            Column::Table,
            Column::Sitting,
            Column::MinutesGiven,
            Column::ServiceUser,
            Column::Staff,
            Column::FamilyCarer,
            Column::Commissioner,
            Column::Other,
        ];
        let closed = context
            .question(point.question)
            .filter(|question| !is_open(question));
        Self {
            minutes: count(record, Column::MinutesGiven, 0, wrong),
            participants,
            hands: hands.iter().any(Option::is_some).then(|| {
                let [agree, disagree, unsure] = hands.map(|count| count.unwrap_or_default() as u32);
                Hands {
                    agree,
                    disagree,
                    unsure,
                }
            }),
            people: count(record, Column::People, 0, wrong),
            not_discussed: word(record, Column::NotDiscussed, wrong),
            verbatim,
            setting: word(record, Column::Setting, wrong),
            options: closed.map(options).unwrap_or_default(),
            says: record.cells().any(|(column, _)| !of_table.contains(&column)),
            point,
        }
    }

    /// Adds it to its table, and gives back the themes of what it added.
    fn add_to(
        self,
        container: &mut Container,
        row: u32,
        ids: &mut HashSet<ContributionId>,
        wrong: &mut Vec<Wrong>,
    ) -> Vec<ThemeId> {
        let first = container.first;
        let What::Table(input) = &mut container.what else {
            return Vec::new();
        };
        agree(
            &mut input.minutes_given,
            self.minutes,
            Column::MinutesGiven,
            first,
            wrong,
        );
        for (kind, people) in self.participants {
            let mut held = input.participants.get(&kind).copied();
            if let Some(column) = Column::of_participants(kind) {
                agree(&mut held, Some(people), column, first, wrong);
            }
            input.participants.extend(held.map(|held| (kind, held)));
        }
        self.point.check_id(ids, wrong);
        if let Some(reason) = self.not_discussed {
            match self.point.question {
                Some(question) if self.point.text.is_empty() => {
                    input.not_discussed.push(NotDiscussed { question, reason });
                    container.few.get_or_insert_default().skipped.push(row);
                }
                Some(_) => wrong.push((
                    Column::NotDiscussed,
                    "not-taken",
                    "Something was said here. Leave this blank, or take out what was said.".into(),
                )),
                None => wrong.push((
                    Column::Question,
                    "missing-field",
                    "Write the number of the question that was not discussed.".into(),
                )),
            }
            return Vec::new();
        }
        if !self.point.text.is_empty() {
            if !self.point.choice.is_empty() || self.people.is_some() {
                wrong.push((
                    Column::Choice,
                    "not-taken",
                    "At a table, how many chose what stands in rows of its own, without words.".into(),
                ));
            }
            container.points.push(row);
            input.contributions.push(ContributionInput {
                id: self.point.id,
                question: self.point.question,
                text: Text::new(&self.point.text),
                respondent_group: self.point.respondent_group,
                stance: self.point.stance,
                hands: self.hands,
                verbatim: self.verbatim,
                quote_consent: self.point.quote_consent,
                section_ref: self.point.section_ref.as_deref().map(Text::new),
                setting: self.setting,
                helped_by: self.point.helped_by,
                concern: None,
                slip: None,
            });
            return self.point.themes;
        }
        let counts: Vec<(String, u32)> = match (self.hands, self.people, self.point.choice.is_empty()) {
            (Some(hands), None, true) => [
                (Agreement::Agree, hands.agree),
                (Agreement::Disagree, hands.disagree),
                (Agreement::Unsure, hands.unsure),
            ]
            .map(|(side, people)| (side.as_str().to_owned(), people))
            .to_vec(),
            (None, Some(people), false) => {
                let option = option_named(&self.options, &self.point.choice);
                vec![(option, people as u32)]
            }
            (None, None, true) if !self.says => return Vec::new(),
            (None, None, false) => {
                wrong.push((
                    Column::People,
                    "missing-field",
                    "Write how many at the table chose this.".into(),
                ));
                return Vec::new();
            }
            _ => {
                nothing_said(
                    "Write what was said; or a choice and how many chose it; or why the question was not discussed.",
                    wrong,
                );
                return Vec::new();
            }
        };
        let Some(question) = self.point.question else {
            wrong.push((
                Column::Question,
                "missing-field",
                "Write the number of the question that was answered.".into(),
            ));
            return Vec::new();
        };
        let held = input.tallies.iter().position(|tally| tally.question == question);
        match held.and_then(|at| input.tallies.get_mut(at)) {
            Some(tally) => {
                for (option, people) in counts {
                    if tally.counts.insert(option, people).is_some() {
                        wrong.push((
                            Column::Choice,
                            "repeated",
                            "How many chose this stands in an earlier row of the table.".into(),
                        ));
                    }
                }
            }
            None => {
                container.few.get_or_insert_default().tallies.push(row);
                input.tallies.push(Tally {
                    question,
                    counts: counts.into_iter().collect(),
                });
            }
        }
        Vec::new()
    }
}

/// Where a row says nothing, unless it is because what it says could not be read.
fn nothing_said(what_to_write: &str, wrong: &mut Vec<Wrong>) {
    let unread = |(column, ..): &Wrong| matches!(column, Column::Text | Column::Choice | Column::People);
    if !wrong.iter().any(unread) {
        wrong.push((Column::Text, "nothing-said", what_to_write.to_owned()));
    }
}

/// The option that was meant, or what was written where none was.
fn option_named(options: &[String], written: &str) -> String {
    let exact = options.iter().find(|option| *option == written);
    let like = || options.iter().find(|option| same_name(option, written));
    let sides = || {
        let side = Agreement::spoken(written)?;
        options.iter().find(|option| *option == side.as_str())
    };
    exact
        .or_else(like)
        .or_else(sides)
        .cloned()
        .unwrap_or_else(|| written.to_owned())
}

/// A row of a response.
struct ResponseRow {
    point: Point,
    respondent_group: Option<RespondentGroup>,
    choice: Option<String>,
    choices: Option<Vec<String>>,
}

impl ResponseRow {
    fn read(context: &Context, record: &Record, wrong: &mut Vec<Wrong>) -> Self {
        let point = Point::read(context, record, wrong);
        let question = context.question(point.question);
        let options = question.map(options).unwrap_or_default();
        let several = question.is_some_and(|question| question.kind == QuestionKind::MultipleChoice);
        let (choice, choices) = match (point.choice.as_str(), several) {
            ("", _) => (None, None),
            (written, false) => (Some(option_named(&options, written)), None),
            (written, true) => {
                let whole = option_named(&options, written);
                let mut parts: Vec<&str> = written.split([';', '|', '\n']).collect();
                if parts.len() == 1 && !options.contains(&whole) {
                    parts = written.split(',').collect();
                }
                let parts = parts
                    .iter()
                    .map(|part| part.trim())
                    .filter(|part| !part.is_empty());
                (
                    None,
                    Some(parts.map(|part| option_named(&options, part)).collect()),
                )
            }
        };
        Self {
            respondent_group: point.respondent_group,
            point,
            choice,
            choices,
        }
    }

    /// Adds it to its response, and gives back the themes of what it added.
    fn add_to(
        self,
        container: &mut Container,
        row: u32,
        ids: &mut HashSet<ContributionId>,
        wrong: &mut Vec<Wrong>,
    ) -> Vec<ThemeId> {
        let What::Response(input) = &mut container.what else {
            return Vec::new();
        };
        self.point.check_id(ids, wrong);
        let text = (!self.point.text.is_empty()).then(|| Text::new(&self.point.text));
        if text.is_none() && self.choice.is_none() && self.choices.is_none() {
            nothing_said("Write what was answered, or a choice.", wrong);
            return Vec::new();
        }
        if input.respondent_group.is_none() {
            input.respondent_group = self.respondent_group;
        }
        container.points.push(row);
        input.answers.push(AnswerInput {
            id: self.point.id,
            question: self.point.question,
            text,
            choice: self.choice,
            choices: self.choices,
            quote_consent: self.point.quote_consent,
            stance: self.point.stance,
            section_ref: self.point.section_ref.as_deref().map(Text::new),
            // What the response says of all its answers is not said again.
            respondent_group: self
                .respondent_group
                .filter(|said| input.respondent_group != Some(*said)),
            people_represented: None,
            helped_by: self.point.helped_by,
            concern: None,
        });
        self.point.themes
    }
}
