//! What somebody typed into a table of rows and columns, understood: files of such tables, which column a heading means,
//! which word of the field a cell means. Tolerant of how people and spreadsheets write, strict about what it means: what can be read two
//! ways is read as neither.

#[cfg(feature = "files")]
mod csv;
#[cfg(feature = "files")]
pub mod file;
#[cfg(feature = "files")]
mod ndjson;
#[cfg(feature = "files")]
pub mod rows;
#[cfg(feature = "files")]
mod xlsx;

use crate::vocabulary::{
    Agreement, Channel, HelpedBy, NotDiscussedReason, QuoteConsent, RespondentGroup, Setting, Stance,
};
use time::Date;

/// Bytes of a heading that is compared with ours.
const LONGEST_HEADING: usize = 200;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $label:literal, [$($other:literal),* $(,)?];)*) => {
        /// A column that a file of feedback can have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Column { $($(#[$doc])* $name),* }

        impl Column {
            /// Every column, in the order in which a template has them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in JSON, in faults and in JSON Lines.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What stands over it in a template.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }

            /// What else people write over it.
            const fn others(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$($other),*]),* }
            }
        }
    };
}

columns! {
    /// The way by which it came in; `meeting_discussion` unless said otherwise.
    Channel = "channel", "How it came in", ["came in by", "source", "way"];
    /// A meeting's id, or its group and day.
    Meeting = "meeting", "Meeting", ["meeting id"];
    /// A group's name or id.
    Group = "group", "Group", ["group id", "group name", "regional group", "region"];
    /// The day of the meeting.
    Date = "date", "Date of the meeting", ["meeting date", "day", "held on"];
    /// What the table was called.
    Table = "table", "Table", ["table name", "table number", "table no"];
    /// Tells reshuffled tables of one meeting apart.
    Sitting = "sitting", "Sitting", ["sitting number", "session"];
    /// Minutes given to the table.
    MinutesGiven = "minutes_given", "Minutes given", ["minutes", "time given"];
    /// How many people in services sat there.
    ServiceUser = "service_user", "People in services at the table",
        ["service users", "people in services", "number of service users"];
    /// How many staff sat there.
    Staff = "staff", "Staff at the table", ["staff members", "number of staff"];
    /// How many of families and carers sat there.
    FamilyCarer = "family_carer", "Family and carers at the table",
        ["family carers", "family and carers", "carers", "family", "families"];
    /// How many commissioners sat there.
    Commissioner = "commissioner", "Commissioners at the table", ["commissioners"];
    /// How many others sat there.
    Other = "other", "Others at the table", ["others", "other people"];
    /// A mark that the rows of one response share.
    Response = "response", "Response", ["response number", "response id", "sheet", "sheet number", "envelope", "reply"];
    /// A service's name or id.
    Service = "service", "Service", ["service id", "service name", "unit", "hospital"];
    /// The kind of service.
    Setting = "setting", "Setting", ["security", "level of security", "security level"];
    /// For how many people it speaks.
    PeopleRepresented = "people_represented", "People it speaks for", ["speaks for", "number of people"];
    /// The question's number.
    Question = "question", "Question", ["question number", "question no", "q", "q no"];
    /// What was said.
    Text = "text", "What was said", ["comment", "comments", "point", "contribution", "answer", "feedback", "notes", "view"];
    /// Who said it.
    RespondentGroup = "respondent_group", "Who said it", ["said by", "who", "who said this", "respondent", "speaker"];
    /// The direction towards the draft.
    Stance = "stance", "Stance", ["direction", "position", "for or against"];
    /// Hands for it.
    Agree = "agree", "Hands: agree", ["agreed", "hands for", "hands agree", "agreeing"];
    /// Hands against it.
    Disagree = "disagree", "Hands: disagree", ["disagreed", "hands against", "hands disagree", "disagreeing"];
    /// Hands of those who did not know.
    Unsure = "unsure", "Hands: unsure", ["not sure", "hands unsure", "dont know"];
    /// An option of a closed question.
    Choice = "choice", "Choice", ["choices", "option", "chosen", "options chosen"];
    /// How many at the table chose it.
    People = "people", "People who chose it", ["how many", "count", "tally", "votes"];
    /// Why a table did not come to a question.
    NotDiscussed = "not_discussed", "Not discussed because", ["why not discussed", "reason not discussed", "skipped because"];
    /// Whether these are the very words.
    Verbatim = "verbatim", "Their very words", ["very words", "exact words", "word for word"];
    /// Whether it may be quoted.
    QuoteConsent = "quote_consent", "May we quote it", ["quote", "quotable", "may be quoted", "consent to quote", "can we quote"];
    /// A section of the draft.
    SectionRef = "section_ref", "Section", ["section number", "section no", "ref"];
    /// Who helped somebody to say it.
    HelpedBy = "helped_by", "Helped by", ["help", "helper", "supported by"];
    /// Codes of themes.
    Themes = "themes", "Themes", ["theme", "theme codes", "codes", "coded as"];
    /// The contribution's id.
    Id = "id", "Id", ["contribution id", "uuid"];
}

impl Column {
    /// Which column a heading means.
    ///
    /// # Errors
    /// The column whose name or label is most like it, where there is one.
    pub fn read(heading: &str) -> Result<Self, Option<Self>> {
        // Comparing takes as long as both are long together; nothing that long is a heading.
        if heading.len() > LONGEST_HEADING {
            return Err(None);
        }
        let sought = plain(heading);
        let found = Self::ALL
            .iter()
            .find(|column| column.names().any(|name| plain(name) == sought));
        found.copied().ok_or_else(|| {
            let distances = Self::ALL.iter().flat_map(|column| {
                column
                    .names()
                    .map(|name| (distance(&plain(name), &sought), *column))
            });
            let (most_like, column) = distances.min_by_key(|(distance, _)| *distance)?;
            // A third of the letters may differ; what differs more is another word.
            (most_like * 3 <= sought.chars().count() + 1).then_some(column)
        })
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        [self.as_str(), self.label()]
            .into_iter()
            .chain(self.others().iter().copied())
    }

    /// The column that counts people of this kind at a table.
    pub const fn of_participants(kind: RespondentGroup) -> Option<Self> {
        match kind {
            RespondentGroup::ServiceUser => Some(Self::ServiceUser),
            RespondentGroup::Staff => Some(Self::Staff),
            RespondentGroup::FamilyCarer => Some(Self::FamilyCarer),
            RespondentGroup::Commissioner => Some(Self::Commissioner),
            RespondentGroup::Other => Some(Self::Other),
            RespondentGroup::Mixed | RespondentGroup::NotRecorded => None,
        }
    }

    /// Whether somebody's words may stand in it, so that no fault repeats what does.
    pub const fn holds_words(self) -> bool {
        matches!(self, Self::Text)
    }
}

/// The form in which headings and words are compared: lower case, letters and digits only, parted by single spaces.
/// Apostrophes, straight or typographic, part nothing.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            plain.push(letter);
        } else if !matches!(
            letter,
            '\'' | '\u{2018}' | '\u{2019}' | '\u{ad}' | '\u{200b}' | '\u{feff}'
        ) && !plain.is_empty()
            && !plain.ends_with(' ')
        {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// How many letters must be changed, put in or left out to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut corner = at;
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
        for (beside, theirs) in other.iter().enumerate() {
            let above = row.get(beside + 1).copied().unwrap_or_default();
            let left = row.get(beside).copied().unwrap_or_default();
            let changed = corner + usize::from(letter != *theirs);
            corner = above;
            if let Some(here) = row.get_mut(beside + 1) {
                *here = changed.min(above + 1).min(left + 1);
            }
        }
    }
    row.last().copied().unwrap_or_default()
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing, or blanks.
    Blank,
    /// Characters.
    Text(String),
    /// A number that is shown as one.
    Number(f64),
    /// A number that is shown as a day.
    Day(Date),
    /// Yes or no.
    Truth(bool),
    /// Something that is no value: a formula that was never worked out, or an error. Says what to do.
    NoValue(&'static str),
}

impl Cell {
    /// Of characters; blanks at the ends are not part of them, and nothing else is nothing.
    pub fn of(text: &str) -> Self {
        let text = text.trim_matches(is_blank);
        match text {
            "" => Self::Blank,
            text => Self::Text(text.to_owned()),
        }
    }

    /// Whether nothing stands there.
    pub const fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }

    /// As it is written: what a spreadsheet keeps as a number reads as the number does.
    ///
    /// # Errors
    /// What to do about a cell that has no value.
    pub fn written(&self) -> Result<String, &'static str> {
        match self {
            Self::Blank => Ok(String::new()),
            Self::Text(text) => Ok(text.clone()),
            Self::Number(number) => Ok(number.to_string()),
            Self::Day(day) => Ok(day.to_string()),
            Self::Truth(true) => Ok("yes".into()),
            Self::Truth(false) => Ok("no".into()),
            Self::NoValue(what) => Err(what),
        }
    }

    /// A whole number from 0 to `most`.
    pub fn count(&self, most: i32) -> Option<i32> {
        let number = match self {
            Self::Number(number) => *number,
            Self::Text(text) => {
                let text = text.trim_matches(is_blank);
                let text = text.strip_suffix(".0").unwrap_or(text);
                (text.len() <= 10 && text.bytes().all(|digit| digit.is_ascii_digit()))
                    .then(|| text.parse().ok())
                    .flatten()?
            }
            _ => return None,
        };
        (number >= 0.0 && number <= f64::from(most) && number.fract() == 0.0).then_some(number as i32)
    }

    /// A day: as a spreadsheet keeps it, as 2019-10-03, or as people here write it, the day before the month.
    pub fn day(&self) -> Option<Date> {
        match self {
            Self::Day(day) => Some(*day),
            Self::Text(text) => day(text),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(*truth),
            Self::Number(1.0) => Some(true),
            Self::Number(0.0) => Some(false),
            Self::Text(text) => match plain(text).as_str() {
                "yes" | "y" | "true" | "1" | "x" => Some(true),
                "no" | "n" | "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Blanks as spreadsheets and web pages leave them at the ends of what was copied.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}')
}

/// The first day that a spreadsheet's numbers count from, as if 1900 had had a 29 February: day 60 is the one that never was.
const BEFORE_1900: Option<Date> = match Date::from_calendar_date(1899, time::Month::December, 30) {
    Ok(day) => Some(day),
    Err(_) => None,
};

/// A spreadsheet's number for a day; `since_1904` where it counts from 1904, as some do.
pub fn day_of_number(number: f64, since_1904: bool) -> Option<Date> {
    let whole = number.floor();
    let offset = if since_1904 { 1462.0 } else { 0.0 };
    let days = whole + offset;
    // Before March 1900 the numbers are a day off, and nobody met then.
    (61.0..2_958_466.0)
        .contains(&days)
        .then(|| BEFORE_1900?.checked_add(time::Duration::days(days as i64)))
        .flatten()
}

/// A day in words: 2019-10-03, 2019-10-03T00:00:00, 3/10/2019, 03.10.2019, 3 October 2019, 3 Oct 19, Thursday 3rd of October 2019.
/// The day stands before the month; two digits of a year are of this century.
fn day(text: &str) -> Option<Date> {
    let text = plain(text);
    let mut parts: Vec<&str> = text.split(' ').collect();
    parts.retain(|part| *part != "of" && *part != "the" && !is_weekday(part));
    // A time of day behind it says nothing of the day.
    let (first, second, third) = match parts.as_slice() {
        [first, second, third] => (*first, *second, *third),
        [first, second, third, rest @ ..] if rest.iter().all(|part| is_time(part)) => {
            (*first, *second, *third)
        }
        _ => return None,
    };
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if first.len() == 4 && digits(first) {
        // An instant's time is glued on by its T.
        let third = third.split('t').next().unwrap_or(third);
        return made(first, second, third);
    }
    made(third, second, first)
}

fn is_time(part: &str) -> bool {
    matches!(part, "am" | "pm" | "z") || part.bytes().all(|digit| digit.is_ascii_digit() || digit == b'z')
}

fn is_weekday(part: &str) -> bool {
    part.len() >= 3
        && [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ]
        .iter()
        .any(|day| day.starts_with(part))
}

fn made(year: &str, month: &str, day: &str) -> Option<Date> {
    let year: i32 = match (year.len(), year.parse::<i32>().ok()?) {
        (2, year) => 2000 + year,
        (4, year) => year,
        _ => return None,
    };
    let number: u8 = match month.parse::<u8>() {
        Ok(number) => number,
        Err(_) if month.len() >= 3 => {
            let names = [
                "january",
                "february",
                "march",
                "april",
                "may",
                "june",
                "july",
                "august",
                "september",
                "october",
                "november",
                "december",
            ];
            let at = names.iter().position(|name| name.starts_with(month))?;
            u8::try_from(at + 1).ok()?
        }
        Err(_) => return None,
    };
    let day = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|end| day.strip_suffix(end))
        .unwrap_or(day);
    Date::from_calendar_date(year, time::Month::try_from(number).ok()?, day.parse().ok()?).ok()
}

/// The number that a question is named by: 4, Q4, question 4, or 4 with its prompt behind it.
pub fn question_number(text: &str) -> Option<i32> {
    if let Ok(number) = text.trim().parse::<f64>() {
        return Cell::Number(number).count(i32::MAX);
    }
    let text = plain(text);
    let text = text
        .strip_prefix("question")
        .or(text.strip_prefix("q"))
        .unwrap_or(&text);
    let text = text.trim_start();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text.strip_prefix(digits.as_str())?;
    // 4.0 is how a number reads that went through a spreadsheet.
    (rest.is_empty() || rest.starts_with(' '))
        .then(|| digits.parse().ok())
        .flatten()
}

/// A closed set whose words people write in several ways.
pub trait Spoken: Copy + 'static {
    /// Every word.
    fn all() -> &'static [Self];
    /// As it stands in JSON.
    fn word(self) -> &'static str;
    /// What else is written for it.
    fn others(self) -> &'static [&'static str];

    /// The word that `text` means.
    fn spoken(text: &str) -> Option<Self> {
        // As it stands in JSON is how most of a large file writes it.
        if let Some(word) = Self::all().iter().copied().find(|word| word.word() == text) {
            return Some(word);
        }
        if text.len() > LONGEST_HEADING {
            return None;
        }
        let sought = plain(text);
        Self::all().iter().copied().find(|word| {
            plain(word.word()) == sought || word.others().iter().any(|other| plain(other) == sought)
        })
    }

    /// Every word, for whoever is to choose one.
    fn words() -> String {
        let words: Vec<_> = Self::all().iter().map(|word| word.word()).collect();
        words.join(", ")
    }
}

macro_rules! spoken {
    ($($name:ident { $($item:ident: [$($other:literal),* $(,)?]),* $(,)? })*) => {$(
        impl Spoken for $name {
            fn all() -> &'static [Self] {
                Self::ALL
            }

            fn word(self) -> &'static str {
                self.as_str()
            }

            fn others(self) -> &'static [&'static str] {
                match self { $(Self::$item => &[$($other),*]),* }
            }
        }
    )*};
}

spoken! {
    Channel {
        MeetingDiscussion: ["meeting", "discussion", "table"],
        Champion: ["champions", "champion sheet"],
        SurveyOnline: ["online survey", "online"],
        SurveyPaper: ["paper survey", "paper"],
        Written: ["written response", "letter"],
    }
    RespondentGroup {
        ServiceUser: ["service users", "people in services", "person in services", "person in a service"],
        FamilyCarer: ["family and carers", "family", "carer", "carers", "family carers", "family or carer", "family member"],
        Staff: ["staff member", "staff members"],
        Commissioner: ["commissioners"],
        Other: ["others"],
        Mixed: ["mixed, not attributed", "all", "everyone"],
        NotRecorded: ["not known", "unknown"],
    }
    Setting {
        HighSecure: ["high"],
        MediumSecure: ["medium"],
        LowSecure: ["low"],
        CommunityForensic: ["community"],
        Mixed: [],
        NotRecorded: ["not known", "unknown"],
    }
    Stance {
        Supports: ["support", "for", "in favour"],
        Opposes: ["oppose", "against"],
        Mixed: [],
        Suggests: ["suggest", "suggestion"],
        Unclear: [],
    }
    QuoteConsent {
        Quotable: ["yes", "y", "true", "1", "x"],
        NotQuotable: ["no", "n", "false", "0"],
    }
    NotDiscussedReason {
        NoTime: ["no time left", "out of time"],
        ChoseNotTo: ["chose not"],
        NotAsked: [],
        Other: [],
    }
    HelpedBy {
        Staff: [],
        Carer: ["family", "family or carer"],
        Advocate: [],
        Peer: ["peer supporter"],
        Scribe: [],
    }
    Agreement {
        Agree: ["yes", "agreed"],
        Disagree: ["no", "disagreed"],
        Unsure: ["not sure", "don't know"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::date;

    #[test]
    fn a_heading_is_known_however_it_is_written() {
        for heading in [
            "respondent_group",
            "Respondent Group",
            " WHO SAID IT ",
            "Who said it?",
            "said-by",
        ] {
            assert_eq!(Column::read(heading), Ok(Column::RespondentGroup), "{heading}");
        }
        assert_eq!(
            Column::read("Respondant group"),
            Err(Some(Column::RespondentGroup))
        );
        assert_eq!(Column::read("Weather"), Err(None));
    }

    #[test]
    fn no_heading_means_two_columns() {
        let mut seen = std::collections::BTreeMap::new();
        for column in Column::ALL {
            for name in column.names() {
                let other = seen.insert(plain(name), *column);
                assert!(
                    other.is_none_or(|other| other == *column),
                    "{name} is of {column:?} and {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_word_is_known_however_it_is_written() {
        for word in [
            "service_user",
            "Service user",
            "SERVICE USERS",
            "people in services\u{a0}",
        ] {
            assert_eq!(
                RespondentGroup::spoken(word),
                Some(RespondentGroup::ServiceUser),
                "{word}"
            );
        }
        assert_eq!(Agreement::spoken("Don\u{2019}t know"), Some(Agreement::Unsure));
        assert_eq!(RespondentGroup::spoken("me"), None);
    }

    fn no_word_means_two<T: Spoken + PartialEq + std::fmt::Debug>() {
        for one in T::all() {
            for name in one.others().iter().chain([&one.word()]) {
                assert_eq!(T::spoken(name), Some(*one), "{name}");
            }
        }
    }

    #[test]
    fn no_word_means_two_things() {
        no_word_means_two::<Channel>();
        no_word_means_two::<RespondentGroup>();
        no_word_means_two::<Setting>();
        no_word_means_two::<Stance>();
        no_word_means_two::<QuoteConsent>();
        no_word_means_two::<NotDiscussedReason>();
        no_word_means_two::<HelpedBy>();
        no_word_means_two::<Agreement>();
    }

    #[test]
    fn days_are_read_as_people_here_write_them() {
        let wanted = Some(date!(2019 - 10 - 03));
        for text in [
            "2019-10-03",
            "2019-10-03T00:00:00Z",
            "3/10/2019",
            "03.10.19",
            "3 October 2019",
            "3rd of Oct 2019",
            "Thursday 3 October 2019",
            "Thu, 3 Oct 2019",
            "03/10/2019 00:00",
        ] {
            assert_eq!(Cell::of(text).day(), wanted, "{text}");
        }
        assert_eq!(day_of_number(43741.0, false), wanted);
        assert_eq!(day_of_number(43741.5 - 1462.0, true), wanted);
        for text in [
            "10/2019",
            "32/1/2019",
            "2019",
            "soon",
            "3/13/2019",
            "1e5",
            "3 O 2019",
        ] {
            assert_eq!(Cell::of(text).day(), None, "{text}");
        }
        assert_eq!(day_of_number(59.0, false), None);
        assert_eq!(day_of_number(f64::NAN, false), None);
    }

    #[test]
    fn counts_are_whole_and_within_bounds() {
        for (cell, count) in [
            (Cell::Number(4.0), Some(4)),
            (Cell::of(" 4 "), Some(4)),
            (Cell::of("4.0"), Some(4)),
            (Cell::Number(4.5), None),
            (Cell::of("four"), None),
            (Cell::of("-1"), None),
            (Cell::Number(-1.0), None),
            (Cell::Number(f64::INFINITY), None),
            (Cell::of("101"), None),
            (Cell::of("99999999999999999999"), None),
        ] {
            assert_eq!(cell.count(100), count, "{cell:?}");
        }
    }

    #[test]
    fn questions_are_named_by_their_number() {
        for text in [
            "4",
            "Q4",
            "q 4",
            "Question 4",
            "4.",
            "4.0",
            "4 What helps?",
            "4: What helps?",
        ] {
            assert_eq!(question_number(text), Some(4), "{text}");
        }
        for text in ["", "What helps?", "4th", "q", "x4", "1.5", "-4", "inf"] {
            assert_eq!(question_number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_without_a_fall(text in "\\PC{0,40}") {
            let cell = Cell::of(&text);
            let _ = (Column::read(&text), cell.day(), cell.count(10), cell.truth(), question_number(&text));
            let _ = (Channel::spoken(&text), Setting::spoken(&text));
            prop_assert_eq!(plain(&plain(&text)), plain(&text));
        }

        #[test]
        fn a_day_is_read_back_from_its_number_and_its_words(days in 61_i64..80_000) {
            let day = day_of_number(days as f64, false).unwrap();
            prop_assert_eq!(Cell::of(&day.to_string()).day(), Some(day));
            let written = format!("{}/{}/{}", day.day(), u8::from(day.month()), day.year());
            prop_assert_eq!(Cell::of(&written).day(), Some(day));
        }
    }
}
