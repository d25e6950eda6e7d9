//! What facilitators and champions fill in: a workbook with lists to choose from, an example and a sheet that explains; the
//! same columns as CSV. Both name what the caller may post for, and nothing else.

use super::plan::{Context, EXAMPLE, MeetingKnown};
use crate::{http::answer::unformulated, http::problem::Problem, store::consulting::options};
use domain::{
    import::{Column, rows::letters},
    limits,
    vocabulary::{Channel, HelpedBy, NotDiscussedReason, QuestionKind, RespondentGroup, Setting, Stance},
};
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, FormatAlign,
    FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeMap;

/// Rows that have their lists to choose from.
const ROWS: u32 = limits::IMPORT_ROWS_AT_ONCE as u32;
/// Characters that a spreadsheet shows of one choice.
const SHOWN: usize = 120;

/// A form: its columns, what each may be chosen from, an example row.
struct Form {
    columns: Vec<Column>,
    choices: BTreeMap<Column, Vec<String>>,
    example: BTreeMap<Column, String>,
}

impl Form {
    fn new(context: &Context) -> Self {
        let columns = columns(context);
        let mut choices = BTreeMap::new();
        for column in &columns {
            let found = choices_of(*column, context);
            if !found.is_empty() {
                choices.insert(*column, found);
            }
        }
        let example = columns
            .iter()
            .filter_map(|column| Some((*column, example(*column, context, &choices)?)))
            .collect();
        Self {
            columns,
            choices,
            example,
        }
    }

    fn example(&self, column: Column) -> &str {
        self.example.get(&column).map_or("", String::as_str)
    }
}

/// The columns that the caller needs for what this consultation takes.
fn columns(context: &Context) -> Vec<Column> {
    let tables = context.takes_tables();
    let responses = context
        .asked
        .consultation
        .channels
        .0
        .iter()
        .any(|channel| *channel != Channel::MeetingDiscussion);
    let asked = &context.asked;
    let closed = asked
        .questions
        .iter()
        .any(|question| question.kind != QuestionKind::Open);
    let sections = asked
        .consultation
        .documents
        .0
        .iter()
        .any(|document| !document.sections.is_empty());
    let wanted = |column: &Column| match column {
        // Ids are chosen by programs; the day stands in the meeting's name.
        Column::Id | Column::Date => false,
        Column::Channel => responses,
        Column::Group | Column::Response | Column::Service | Column::PeopleRepresented => responses,
        Column::Meeting
        | Column::Table
        | Column::Sitting
        | Column::MinutesGiven
        | Column::ServiceUser
        | Column::Staff
        | Column::FamilyCarer
        | Column::Commissioner
        | Column::Other
        | Column::Agree
        | Column::Disagree
        | Column::Unsure
        | Column::NotDiscussed
        | Column::Verbatim => tables,
        Column::Choice => closed,
        Column::People => closed && tables,
        Column::SectionRef => sections,
        Column::Themes => context.may_code() && !context.theme_codes().is_empty(),
        _ => true,
    };
    Column::ALL.iter().copied().filter(wanted).collect()
}

fn choices_of(column: Column, context: &Context) -> Vec<String> {
    fn labels<T: Copy>(all: &[T], label: impl Fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|word| label(*word).to_owned()).collect()
    }
    fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<String> {
        all.iter().map(|one| word(*one).replace('_', " ")).collect()
    }
    let asked = &context.asked;
    match column {
        Column::Channel => {
            let mut channels = asked.consultation.channels.0.clone();
            channels.retain(|channel| context.may_post(*channel));
            labels(&channels, Channel::label)
        }
        Column::Meeting => {
            let meetings: Vec<&MeetingKnown> = context.meetings().collect();
            let label = |meeting: &&MeetingKnown| {
                let label = meeting.label();
                // Two meetings of one group on one day are told apart by their ids alone.
                match meetings.iter().filter(|other| other.label() == label).count() {
                    1 => label,
                    _ => meeting.row.id.to_string(),
                }
            };
            meetings.iter().map(label).collect()
        }
        Column::Group => context.own_groups().map(|group| group.name.clone()).collect(),
        Column::Service => context
            .own_services()
            .map(|service| service.name.clone())
            .collect(),
        Column::Question => asked
            .questions
            .iter()
            .map(|question| {
                let prompt: String = question.prompt.chars().take(SHOWN).collect();
                format!("{} {}", question.number, prompt.replace('\n', " "))
            })
            .collect(),
        Column::Choice => {
            let mut all: Vec<String> = Vec::new();
            for question in asked
                .questions
                .iter()
                .filter(|question| question.kind != QuestionKind::Open)
            {
                for option in options(question) {
                    if !all.contains(&option) {
                        all.push(option);
                    }
                }
            }
            // Several may be chosen of a multiple choice, which no list of a spreadsheet can.
            match asked
                .questions
                .iter()
                .any(|question| question.kind == QuestionKind::MultipleChoice)
            {
                true => Vec::new(),
                false => all,
            }
        }
        Column::SectionRef => {
            let sections = asked
                .consultation
                .documents
                .0
                .iter()
                .flat_map(|document| &document.sections);
            sections
                .map(|section| section.reference.as_str().to_owned())
                .collect()
        }
        Column::RespondentGroup => labels(RespondentGroup::ALL, RespondentGroup::label),
        Column::Setting => labels(Setting::ALL, Setting::label),
        Column::Stance => labels(Stance::ALL, Stance::label),
        Column::NotDiscussed => words(NotDiscussedReason::ALL, NotDiscussedReason::as_str),
        Column::HelpedBy => words(HelpedBy::ALL, HelpedBy::as_str),
        Column::QuoteConsent | Column::Verbatim => vec!["yes".into(), "no".into()],
        _ => Vec::new(),
    }
}

fn example(column: Column, context: &Context, choices: &BTreeMap<Column, Vec<String>>) -> Option<String> {
    let first = || choices.get(&column).and_then(|choices| choices.first()).cloned();
    let tables = context.takes_tables();
    match column {
        Column::Text => Some(format!("{EXAMPLE} More walks in the grounds would help.")),
        Column::Channel | Column::Meeting | Column::Question => first(),
        Column::Service if !tables => first(),
        Column::Response if !tables => Some("1".into()),
        Column::Table => Some("Table 1".into()),
        Column::Sitting => Some("1".into()),
        Column::MinutesGiven => Some("35".into()),
        Column::ServiceUser => Some("5".into()),
        Column::Staff => Some("2".into()),
        Column::RespondentGroup => Some(RespondentGroup::ServiceUser.label().into()),
        Column::Stance => Some(Stance::Suggests.label().into()),
        Column::Agree if tables => Some("4".into()),
        Column::Disagree if tables => Some("1".into()),
        Column::QuoteConsent => Some("yes".into()),
        _ => None,
    }
}

/// What to write in a column.
fn explained(column: Column) -> &'static str {
    match column {
        Column::Channel => {
            "How the row came in. Rows of a table say meeting discussion, rows of a response how it was given."
        }
        Column::Meeting => "The meeting of the table: its group and day. The same in every row of the table.",
        Column::Group => "Of a response: the group that it comes from. Leave it blank in rows of a table.",
        Column::Date => "The day of the meeting, where the meeting is not named.",
        Column::Table => {
            "What the table was called. The same in every row of the table: rows are put together by it."
        }
        Column::Sitting => "Where tables were mixed anew during the meeting: 1, 2 and so on.",
        Column::MinutesGiven => "How long the table had.",
        Column::ServiceUser | Column::Staff | Column::FamilyCarer | Column::Commissioner | Column::Other => {
            "How many sat at the table, once for each table. Leave all of them blank where nobody counted."
        }
        Column::Response => {
            "A number or mark that all rows of one response share, such as that of the sheet. Blank: each row is a response."
        }
        Column::Service => "Of a response: the service that it comes from, as the register names it.",
        Column::Setting => "The kind of service that this point speaks of.",
        Column::PeopleRepresented => "Of a response: for how many people it speaks, where that is known.",
        Column::Question => "The number of the question, or blank for a point outside every question.",
        Column::Text => "One point a row, in plain words. No names, please.",
        Column::RespondentGroup => "Who said it. Blank: the only kind of people at the table, else mixed.",
        Column::Stance => "Towards the draft. Blank: unclear.",
        Column::Agree | Column::Disagree | Column::Unsure => {
            "Hands raised on this point; blank where no show of hands was taken. Without words: hands on an agreement question."
        }
        Column::Choice => {
            "On a closed question: the option. Several options of one answer are parted by semicolons."
        }
        Column::People => "At a table: how many chose this option; a row for each option, without words.",
        Column::NotDiscussed => "Where the table did not come to this question: why. Without words.",
        Column::Verbatim => "Yes where these are the very words.",
        Column::QuoteConsent => "Yes where whoever said it agreed to be quoted, without a name.",
        Column::SectionRef => "The section of the draft that it is about.",
        Column::HelpedBy => "Who helped somebody to say it.",
        Column::Themes => "Codes of themes, parted by semicolons.",
        Column::Id => "A UUID, where a program chose one.",
    }
}

/// The table, its heading first and an example under it.
///
/// # Errors
/// Where it cannot be written, which no form of ours does.
pub fn csv(context: &Context) -> Result<Vec<u8>, Problem> {
    let form = Form::new(context);
    let mut csv = csv_writer();
    csv.write_record(form.columns.iter().map(|column| column.as_str()))
        .map_err(Problem::internal)?;
    let example = form
        .columns
        .iter()
        .map(|column| unformulated(form.example(*column)));
    csv.write_record(example.map(|cell| cell.into_owned()))
        .map_err(Problem::internal)?;
    csv.into_inner().map_err(Problem::internal)
}

fn csv_writer() -> ::csv::Writer<Vec<u8>> {
    ::csv::Writer::from_writer(Vec::new())
}

/// The workbook.
///
/// # Errors
/// Where it cannot be written, which no form of ours does.
pub fn workbook(context: &Context) -> Result<Vec<u8>, Problem> {
    written(context).map_err(Problem::internal)
}

fn written(context: &Context) -> Result<Vec<u8>, XlsxError> {
    let form = Form::new(context);
    let mut book = Workbook::new();
    // The same form is the same file, whenever it is asked for.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let heading = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color("#005EB8")
        .set_font_color("#FFFFFF")
        .set_border(FormatBorder::Thin);
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    // What is a name or a mark stays what was typed: 3/4 is a table, and no day.
    let mark = cell.clone().set_num_format("@");
    let example = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_italic()
        .set_font_color("#4C6272");
    let sheet = book.add_worksheet();
    sheet.set_name("Feedback")?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_row_height(0, 48)?;
    let deepest = form
        .columns
        .iter()
        .map(|column| lines(form.example(*column), width(*column)))
        .max();
    sheet.set_row_height(1, deepest.unwrap_or(1) * LINE)?;
    for (at, column) in (0..).zip(&form.columns) {
        sheet.set_column_width(at, width(*column))?;
        let format = match column {
            Column::Table | Column::Response | Column::SectionRef => &mark,
            _ => &cell,
        };
        sheet.set_column_format(at, format)?;
        sheet.write_string_with_format(0, at, column.label(), &heading)?;
        sheet.write_string_with_format(1, at, form.example(*column), &example)?;
    }
    for (list, column) in (0..).zip(form.choices.keys()) {
        let Some(at) = form.columns.iter().position(|other| other == column) else {
            continue;
        };
        let at = u16::try_from(at).unwrap_or_default();
        let last = form.choices.get(column).map_or(1, Vec::len);
        let place = letters(list);
        let range = Formula::new(format!("=Lists!${place}$1:${place}${last}"));
        let validation = DataValidation::new()
            .allow_list_formula(range)
            .set_error_style(DataValidationErrorStyle::Warning)
            .set_error_message("Choose one of the list.")?;
        sheet.add_data_validation(1, at, ROWS, at, &validation)?;
    }
    explain(book.add_worksheet(), context, &form, &heading, &cell)?;
    let lists = book.add_worksheet();
    lists.set_name("Lists")?;
    lists.set_hidden(true);
    for (list, choices) in (0..).zip(form.choices.values()) {
        for (row, choice) in (0..).zip(choices) {
            lists.write_string(row, list, choice)?;
        }
    }
    book.save_to_buffer()
}

fn explain(
    sheet: &mut Worksheet,
    context: &Context,
    form: &Form,
    heading: &Format,
    cell: &Format,
) -> Result<(), XlsxError> {
    sheet.set_name("How to fill this in")?;
    sheet.set_column_width(0, 32)?;
    sheet.set_column_width(1, EXPLAINED)?;
    // Printed it is as wide as a sheet on its side.
    sheet.set_landscape();
    sheet.set_paper_size(A4);
    sheet.set_print_fit_to_pages(1, 0);
    let bold = Format::new().set_bold().set_font_size(14);
    let consultation = &context.asked.consultation;
    sheet.write_string_with_format(
        0,
        0,
        format!("{}: {}", consultation.reference, consultation.title),
        &bold,
    )?;
    let says = [
        "One row is one point that somebody made. Write in the sheet “Feedback”, from row 2 on.",
        "Delete the example in row 2 before you send it.",
        "Columns may stand in any order, and those that you do not need may be taken out. Leave the headings as they are.",
        "Do not merge cells. Write the meeting and the table in every row.",
        "Save it as an Excel workbook (.xlsx) or as CSV. A dry run says what is wrong, by row and column, and stores nothing.",
    ];
    let mut row = 2;
    for line in says {
        sheet.write_string(row, 0, line)?;
        row += 1;
    }
    row += 1;
    sheet.write_string_with_format(row, 0, "Column", heading)?;
    sheet.write_string_with_format(row, 1, "What to write", heading)?;
    for column in &form.columns {
        row += 1;
        sheet.write_string_with_format(row, 0, column.label(), cell)?;
        let mut about = explained(*column).to_owned();
        if *column == Column::Themes && context.theme_codes().len() <= LISTED {
            about.push_str(&format!("\nCodes: {}.", context.theme_codes().join("; ")));
        }
        if let Some(choices) = form.choices.get(column).filter(|choices| choices.len() <= 20) {
            about.push_str(&format!("\nOne of: {}.", choices.join("; ")));
        }
        sheet.set_row_height(row, lines(&about, EXPLAINED) * LINE)?;
        sheet.write_string_with_format(row, 1, about, cell)?;
    }
    row += 2;
    sheet.write_string_with_format(row, 0, "Question", heading)?;
    sheet.write_string_with_format(row, 1, "What is asked", heading)?;
    for question in &context.asked.questions {
        row += 1;
        sheet.write_string_with_format(row, 0, question.number.to_string(), cell)?;
        let mut asked = question.prompt.clone();
        if question.kind != QuestionKind::Open {
            asked.push_str(&format!("\nOptions: {}.", options(question).join("; ")));
        }
        sheet.set_row_height(row, lines(&asked, EXPLAINED) * LINE)?;
        sheet.write_string_with_format(row, 1, asked, cell)?;
    }
    Ok(())
}

/// Codes of themes that the sheet names: a cell holds only so much.
const LISTED: usize = 100;
/// How wide the column is that explains, in characters.
const EXPLAINED: u16 = 90;
/// Points of a line.
const LINE: u32 = 15;

/// Lines that a text takes in a column so wide: programs do not all find out by themselves, and then one row lies over the
/// next.
fn lines(text: &str, width: u16) -> u32 {
    let wide = usize::from(width);
    let of = |line: &str| line.chars().count().div_ceil(wide).max(1) as u32;
    text.lines().map(of).sum::<u32>().max(1)
}

/// What spreadsheets call A4.
const A4: u8 = 9;

/// In characters.
const fn width(column: Column) -> u16 {
    match column {
        Column::Text => 60,
        Column::Question => 36,
        Column::Meeting | Column::Service | Column::Group => 26,
        Column::RespondentGroup | Column::Channel | Column::Setting | Column::Choice | Column::Themes => 20,
        _ => 13,
    }
}
