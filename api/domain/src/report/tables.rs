//! The tables of a report: every figure of a release once, in rows and columns, each with its id and with what it counts.

use super::{Figure, ReportTable, TableCell, TableColumn, TableRow};
use crate::{
    collate::{
        Axis, CollatedQuestion, CollatedTheme, Collation, Count, CountStatus, CrossTab, Dimension, Keyed,
        LegendEntry, Unit,
    },
    disclosure::Cut,
    id::{ReportId, ThemeId},
    vocabulary::Stance,
};
use std::collections::HashMap;

/// What a published figure counts: the contributions behind it are those that meet all that is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// Those under this theme or a sub-theme of it.
    pub theme: Option<ThemeId>,
    /// Those on this question; on none where it is `Some(None)`.
    pub question: Option<Option<i32>>,
    /// Those that name this section.
    pub section: Option<String>,
    /// Those that take this stance.
    pub stance: Option<Stance>,
    /// Those of any of these keys of a dimension.
    pub by: Option<(Dimension, Vec<String>)>,
    /// Answers that chose this option of the question.
    pub answer: Option<String>,
    /// Those in this state of coding.
    pub coding: Option<CodingState>,
    /// Whether it counts what came by responses alone.
    pub responses_alone: bool,
    /// Whether it counts what was said or chosen at tables alone.
    pub tables_alone: bool,
    /// What it is counted from.
    pub from: CountedFrom,
}

/// What of a record a figure is counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CountedFrom {
    /// Contributions, or the tables and responses that they were made in.
    #[default]
    Contributions,
    /// Tables and responses with a contribution, a show of hands or a choice.
    ContributionsAndAnswers,
    /// Shows of hands and choices.
    Answers,
    /// Tables and responses by being there, whatever they said.
    Presence,
    /// Who sat at tables; of a respondent group, the tables at which anybody of it sat.
    Participants,
    /// Tables that say that they did not come to the question.
    NotDiscussed,
    /// Tables that recorded nothing on the question and do not say why.
    NoRecord,
    /// What the register expects: nothing that anybody said.
    Register,
}

/// How far a contribution was coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodingState {
    /// It has a theme.
    Coded,
    /// It has none, and nobody set it aside.
    Uncoded,
    /// It was set aside with a reason.
    SetAside,
    /// Coders who worked independently saw it differently, and nobody has decided.
    Unadjudicated,
}

/// The tables, and what stands behind each of their figures.
#[derive(Clone, Debug, Default)]
pub struct Tabulated {
    /// In the order in which they are read.
    pub tables: Vec<ReportTable>,
    /// By the id of the cell.
    pub behind: HashMap<String, Behind>,
}

/// A cell before it has its id.
type Unnamed = Option<(Option<Figure>, CountStatus, Behind)>;

fn counted(count: Count, behind: Behind) -> Unnamed {
    Some((count.value.map(Figure::Count), count.status, behind))
}

fn number(value: u64, behind: Behind) -> Unnamed {
    counted(Count::exact(value), behind)
}

fn share(value: Option<f64>, behind: Behind) -> Unnamed {
    let status = match value {
        Some(_) => CountStatus::Exact,
        None => CountStatus::Withheld,
    };
    Some((value.map(Figure::Share), status, behind))
}

/// A row before its cells have their ids.
struct Line {
    key: String,
    label: String,
    level: u8,
    cells: Vec<Unnamed>,
}

struct Making {
    report: ReportId,
    made: Tabulated,
}

/// What is said of a table beside its figures.
struct About {
    name: String,
    title: String,
    unit: &'static str,
    base: &'static str,
    note: Option<String>,
    rows_are: &'static str,
    has_chart: bool,
}

impl Making {
    /// Adds a table, unless it has no row.
    fn add(&mut self, about: About, columns: Vec<TableColumn>, lines: Vec<Line>) {
        if lines.is_empty() || columns.is_empty() {
            return;
        }
        let mut rows = Vec::with_capacity(lines.len());
        for (at, line) in lines.into_iter().enumerate() {
            let mut cells = Vec::with_capacity(line.cells.len());
            for (column, cell) in line.cells.into_iter().enumerate() {
                cells.push(cell.map(|(value, status, behind)| {
                    let id = format!("{}.{}.{}.{}", self.report, about.name, at + 1, column + 1);
                    self.made.behind.insert(id.clone(), behind);
                    TableCell { id, value, status }
                }));
            }
            rows.push(TableRow {
                key: line.key,
                label: line.label,
                level: line.level,
                cells,
            });
        }
        let address = format!("/v1/reports/{}", self.report);
        self.made.tables.push(ReportTable {
            csv: format!("{address}/tables/{}.csv", about.name),
            chart: about
                .has_chart
                .then(|| format!("{address}/charts/{}.svg", about.name)),
            name: about.name,
            title: about.title,
            unit: about.unit.into(),
            base: about.base.into(),
            note: about.note,
            rows_are: about.rows_are.into(),
            columns,
            rows,
        });
    }
}

fn column(key: &str, label: &str) -> TableColumn {
    TableColumn {
        key: key.into(),
        label: label.into(),
        unit: None,
    }
}

fn column_in(key: &str, label: &str, unit: &str) -> TableColumn {
    TableColumn {
        unit: Some(unit.into()),
        ..column(key, label)
    }
}

/// Keys that occur in any of these, in the order of the legend, then of occurrence; `all` last.
fn keys_of<'k>(all: impl Iterator<Item = &'k Keyed>, legend: &[LegendEntry]) -> Vec<LegendEntry> {
    let mut found: Vec<String> = Vec::new();
    for (key, _) in all.flat_map(|keyed| &keyed.0) {
        if !found.iter().any(|known| known == key) {
            found.push(key.to_string());
        }
    }
    let place = |key: &str| match key {
        "all" => usize::MAX,
        key => legend
            .iter()
            .position(|entry| entry.key == key)
            .unwrap_or(usize::MAX - 1),
    };
    found.sort_by_key(|key| place(key));
    let label = |key: &str| {
        let known = legend
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.label.clone());
        known.unwrap_or_else(|| {
            if key == "all" {
                "All together".into()
            } else {
                key.into()
            }
        })
    };
    found
        .into_iter()
        .map(|key| LegendEntry {
            label: label(&key),
            key,
        })
        .collect()
}

fn columns_of(keys: &[LegendEntry]) -> Vec<TableColumn> {
    keys.iter()
        .map(|entry| column(&entry.key, &entry.label))
        .collect()
}

fn cells_of(keyed: &Keyed, keys: &[LegendEntry], behind: impl Fn(&str) -> Behind) -> Vec<Unnamed> {
    let cell = |entry: &LegendEntry| {
        keyed
            .get(&entry.key)
            .and_then(|count| counted(count, behind(&entry.key)))
    };
    keys.iter().map(cell).collect()
}

/// A question as a row is called.
fn question_label(question: &CollatedQuestion) -> String {
    match (question.number, &question.prompt) {
        (Some(number), Some(prompt)) => format!("{number}. {prompt}"),
        _ => "Points outside every question".into(),
    }
}

fn question_key(number: Option<i32>) -> String {
    number.map_or_else(|| "none".into(), |number| number.to_string())
}

fn of_question(number: Option<i32>) -> Behind {
    Behind {
        question: Some(number),
        ..Behind::default()
    }
}

fn of_theme(id: ThemeId) -> Behind {
    Behind {
        theme: Some(id),
        ..Behind::default()
    }
}

fn stances() -> Vec<LegendEntry> {
    let entry = |stance: &Stance| LegendEntry {
        key: stance.to_string(),
        label: stance.label().into(),
    };
    Stance::ALL.iter().map(entry).collect()
}

/// `themes` with each parent before its sub-themes; among themselves they stay as they stand.
pub fn parents_first(themes: &[CollatedTheme]) -> Vec<(&CollatedTheme, u8)> {
    let stands = |id: ThemeId| themes.iter().any(|theme| theme.id == id);
    let mut ordered = Vec::with_capacity(themes.len());
    for theme in themes {
        if theme.parent_id.is_some_and(stands) {
            continue;
        }
        ordered.push((theme, 0));
        let own = themes.iter().filter(|child| child.parent_id == Some(theme.id));
        ordered.extend(own.map(|child| (child, 1)));
    }
    ordered
}

const THEME_FIGURES: [(&str, &str, &str); 6] = [
    ("groups", "Groups", "groups"),
    ("discussions", "Tables", "discussions"),
    ("meetings", "Meetings", "meetings"),
    ("contributions", "Contributions", "contributions"),
    ("responses", "Responses", "responses"),
    ("people_at_least", "People, at least", "people"),
];

fn theme_columns() -> Vec<TableColumn> {
    THEME_FIGURES
        .iter()
        .map(|(key, label, unit)| column_in(key, label, unit))
        .collect()
}

fn theme_cells(theme: &CollatedTheme, behind: &Behind) -> Vec<Unnamed> {
    let all = || behind.clone();
    let at_tables = || Behind {
        tables_alone: true,
        ..all()
    };
    vec![
        number(theme.groups, all()),
        number(theme.discussions, at_tables()),
        number(theme.meetings, at_tables()),
        counted(theme.contributions, all()),
        counted(
            theme.responses,
            Behind {
                responses_alone: true,
                ..all()
            },
        ),
        theme
            .people_at_least
            .and_then(|people| counted(people, at_tables())),
    ]
}

const PER_THEME_NOTE: &str = "Groups, tables and meetings are distinct: each counts once however often a theme came up in it. A theme's \
                              sub-themes count within it. People are at least so many.";

fn dimension_words(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Group => "regional group",
        Dimension::RespondentGroup => "respondent group",
        Dimension::Setting => "setting",
        Dimension::Channel => "channel",
        Dimension::Round => "round",
    }
}

fn axis_words(axis: Axis) -> (&'static str, &'static str) {
    match axis {
        Axis::Theme => ("Themes", "Theme"),
        Axis::Question => ("Questions", "Question"),
        Axis::Section => ("Sections", "Section"),
        Axis::Stance => ("Stances", "Stance"),
        Axis::Answer => ("Answers", "Answer"),
    }
}

fn unit_words(unit: Unit) -> &'static str {
    match unit {
        Unit::Contributions => "contributions",
        Unit::Responses => "responses",
        Unit::Discussions => "discussions",
        Unit::People => "people",
    }
}

/// The name of a cut's table, as it stands in addresses.
fn cut_name(cut: &Cut) -> String {
    cut.to_string().replace([' ', '_'], "-")
}

/// Every table of a report, from a release's collation and its cross-tabs, and nothing else.
pub fn report_tables(report: ReportId, collation: &Collation, cuts: &[(Cut, CrossTab)]) -> Tabulated {
    let mut making = Making {
        report,
        made: Tabulated::default(),
    };
    making.who_took_part(collation);
    making.questions(collation);
    making.themes(collation);
    for (cut, table) in cuts {
        making.cut(collation, cut, table);
    }
    making.within(collation);
    making.made
}

impl Making {
    fn who_took_part(&mut self, collation: &Collation) {
        let heard = &collation.heard;
        let all = || Behind {
            from: CountedFrom::Presence,
            ..Behind::default()
        };
        let expected = || Behind {
            from: CountedFrom::Register,
            ..Behind::default()
        };
        let at_tables = || Behind {
            tables_alone: true,
            ..all()
        };
        let seated = || Behind {
            from: CountedFrom::Participants,
            ..at_tables()
        };
        let line = |key: &str, label: &str, cells: Vec<Unnamed>| Line {
            key: key.into(),
            label: label.into(),
            level: 0,
            cells,
        };
        let responses = Behind {
            responses_alone: true,
            ..all()
        };
        self.add(
            About {
                name: "heard".into(),
                title: "Who was heard".into(),
                unit: "what each row names",
                base: "all that came in",
                note: Some("Tables are facilitated discussions. People at tables are at least so many: the largest sitting of each group.".into()),
                rows_are: "What is counted",
                has_chart: true,
            },
            vec![column("heard", "Heard"), column("expected", "Expected")],
            vec![
                line("groups", "Groups", vec![number(heard.groups, all()), number(heard.groups_expected, expected())]),
                line("services", "Services", vec![number(heard.services, all()), number(heard.services_expected, expected())]),
                line("meetings", "Meetings", vec![number(heard.meetings, at_tables()), None]),
                line("discussions", "Tables", vec![number(heard.discussions, at_tables()), None]),
                line("responses", "Responses", vec![counted(heard.responses.all, responses.clone()), None]),
                line("participants", "People at tables, at least", vec![counted(heard.participants.all, seated()), None]),
            ],
        );
        let legend = &collation.legend;
        let by = |dimension, key: &str, of: Behind| Behind {
            by: Some((dimension, vec![key.to_owned()])),
            ..of
        };
        let keys = keys_of(
            heard.attendance.iter().map(|round| &round.by_respondent_group),
            &legend.respondent_group,
        );
        let mut columns = vec![column("total", "Everyone")];
        columns.extend(columns_of(&keys));
        let lines = heard.attendance.iter().map(|round| {
            let key = round.round.to_string();
            let label = legend
                .round
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| entry.label.clone());
            let of_round = by(Dimension::Round, &key, at_tables());
            let mut cells = vec![counted(round.all, of_round.clone())];
            cells.extend(cells_of(&round.by_respondent_group, &keys, |_| of_round.clone()));
            Line {
                label: label.unwrap_or_else(|| key.clone()),
                key,
                level: 0,
                cells,
            }
        });
        self.add(
            About {
                name: "attendance".into(),
                title: "Who came to the meetings".into(),
                unit: "people",
                base: "headcounts of meetings with a discussion",
                note: Some("A headcount of each round; the same people may come to more than one, so rounds are never added up.".into()),
                rows_are: "Round",
                has_chart: false,
            },
            columns,
            lines.collect(),
        );
        let keys = keys_of(
            [&heard.participants.by_respondent_group].into_iter(),
            &legend.respondent_group,
        );
        let cells = cells_of(&heard.participants.by_respondent_group, &keys, |key| {
            by(Dimension::RespondentGroup, key, seated())
        });
        self.add(
            About {
                name: "participants".into(),
                title: "Who sat at the tables".into(),
                unit: "people",
                base: "the largest sitting of each group",
                note: None,
                rows_are: "Where",
                has_chart: false,
            },
            columns_of(&keys),
            vec![line("participants", "People at tables, at least", cells)],
        );
        let keys = keys_of([&heard.responses.by_channel].into_iter(), &legend.channel);
        let cells = cells_of(&heard.responses.by_channel, &keys, |key| Behind {
            by: Some((Dimension::Channel, vec![key.to_owned()])),
            ..responses.clone()
        });
        self.add(
            About {
                name: "responses".into(),
                title: "Responses by channel".into(),
                unit: "responses",
                base: "responses with a point or an answer",
                note: None,
                rows_are: "Where",
                has_chart: false,
            },
            columns_of(&keys),
            vec![line("responses", "Responses", cells)],
        );
    }

    fn questions(&mut self, collation: &Collation) {
        let lines = collation.questions.iter().map(|question| {
            let all = || of_question(question.number);
            let in_state = |state| Behind {
                coding: Some(state),
                ..all()
            };
            let from = |from| Behind { from, ..all() };
            let heard = || from(CountedFrom::ContributionsAndAnswers);
            let at_tables = |of: Behind| Behind {
                tables_alone: true,
                ..of
            };
            Line {
                key: question_key(question.number),
                label: question_label(question),
                level: 0,
                cells: vec![
                    number(question.groups, heard()),
                    number(question.discussions, at_tables(heard())),
                    number(question.not_discussed, at_tables(from(CountedFrom::NotDiscussed))),
                    number(question.no_record, at_tables(from(CountedFrom::NoRecord))),
                    counted(question.contributions, all()),
                    counted(question.coded, in_state(CodingState::Coded)),
                    counted(question.uncoded, in_state(CodingState::Uncoded)),
                    counted(question.set_aside, in_state(CodingState::SetAside)),
                    counted(question.unadjudicated, in_state(CodingState::Unadjudicated)),
                ],
            }
        });
        self.add(
            About {
                name: "questions".into(),
                title: "Question by question".into(),
                unit: "what each column names",
                base: "all that came in on the question",
                note: Some("A table may pass a question over, and not every table wrote down why.".into()),
                rows_are: "Question",
                has_chart: false,
            },
            vec![
                column_in("groups", "Groups", "groups"),
                column_in("discussions", "Tables", "discussions"),
                column_in("not_discussed", "Tables that did not come to it", "discussions"),
                column_in("no_record", "Tables without a record of it", "discussions"),
                column_in("contributions", "Contributions", "contributions"),
                column_in("coded", "Coded", "contributions"),
                column_in("uncoded", "Not coded", "contributions"),
                column_in("set_aside", "Set aside", "contributions"),
                column_in("unadjudicated", "Coded differently, undecided", "contributions"),
            ],
            lines.collect(),
        );
        let keys = keys_of(
            collation.questions.iter().map(|question| &question.stance),
            &stances(),
        );
        let stance = |key: &str| key.parse::<Stance>().ok();
        let lines = collation.questions.iter().map(|question| Line {
            key: question_key(question.number),
            label: question_label(question),
            level: 0,
            cells: cells_of(&question.stance, &keys, |key| Behind {
                stance: stance(key),
                ..of_question(question.number)
            }),
        });
        self.add(
            About {
                name: "stance-by-question".into(),
                title: "Towards the draft, by question".into(),
                unit: "contributions",
                base: "contributions on the question",
                note: None,
                rows_are: "Question",
                has_chart: true,
            },
            columns_of(&keys),
            lines.collect(),
        );
        let closed = collation
            .questions
            .iter()
            .filter_map(|question| Some((question, question.tally.as_ref()?)));
        let lines = closed.flat_map(|(question, tally)| {
            tally.0.iter().map(move |(option, people)| Line {
                key: format!("{}/{option}", question_key(question.number)),
                label: format!("{}: {option}", question_label(question)),
                level: 0,
                cells: vec![counted(
                    *people,
                    Behind {
                        answer: Some(option.to_string()),
                        from: CountedFrom::Answers,
                        ..of_question(question.number)
                    },
                )],
            })
        });
        self.add(
            About {
                name: "answers".into(),
                title: "Shows of hands and choices".into(),
                unit: "people",
                base: "people at tables that took a show of hands, and one of each response with a choice",
                note: None,
                rows_are: "Question and answer",
                has_chart: false,
            },
            vec![column("people", "People")],
            lines.collect(),
        );
        let statements = collation
            .questions
            .iter()
            .filter_map(|question| Some((question, question.consensus?)));
        let lines = statements.map(|(question, consensus)| {
            let all = || Behind {
                from: CountedFrom::Answers,
                ..of_question(question.number)
            };
            Line {
                key: question_key(question.number),
                label: question_label(question),
                level: 0,
                cells: vec![
                    share(consensus.geometric_mean, all()),
                    share(consensus.lowest_group_share, all()),
                    share(consensus.opposed_geometric_mean, all()),
                    share(consensus.product, all()),
                    number(consensus.groups_heard, all()),
                    number(consensus.groups_silent, all()),
                ],
            }
        });
        self.add(
            About {
                name: "consensus".into(),
                title: "How far groups agree with each statement".into(),
                unit: "shares from 0 to 1",
                base: "people of the groups heard on it",
                note: Some("Of each group (A + 1) / (S + 2), with A people who agree of S who answered. The geometric mean compares statements that \
                            unequally many groups answered; the product is the group-aware consensus of Polis without silent groups.".into()),
                rows_are: "Statement",
                has_chart: false,
            },
            vec![
                column("geometric_mean", "Agreement across groups (geometric mean)"),
                column("lowest_group_share", "Least agreement of any group"),
                column("opposed_geometric_mean", "Disagreement across groups (geometric mean)"),
                column("product", "Product of the groups"),
                column_in("groups_heard", "Groups heard", "groups"),
                column_in("groups_silent", "Groups silent", "groups"),
            ],
            lines.collect(),
        );
    }

    fn themes(&mut self, collation: &Collation) {
        let ordered = parents_first(&collation.themes);
        let lines = ordered.iter().map(|(theme, level)| Line {
            key: theme.code.clone(),
            label: theme.label.clone(),
            level: *level,
            cells: theme_cells(theme, &of_theme(theme.id)),
        });
        self.add(
            About {
                name: "themes".into(),
                title: "Themes, and how widely each was raised".into(),
                unit: "what each column names",
                base: "all that came in",
                note: Some(PER_THEME_NOTE.into()),
                rows_are: "Theme",
                has_chart: true,
            },
            theme_columns(),
            lines.collect(),
        );
        let keys = keys_of(collation.themes.iter().map(|theme| &theme.stance), &stances());
        let lines = ordered.iter().map(|(theme, level)| Line {
            key: theme.code.clone(),
            label: theme.label.clone(),
            level: *level,
            cells: cells_of(&theme.stance, &keys, |key| Behind {
                stance: key.parse().ok(),
                ..of_theme(theme.id)
            }),
        });
        self.add(
            About {
                name: "theme-by-stance".into(),
                title: "Towards the draft, by theme".into(),
                unit: "contributions",
                base: "contributions under the theme",
                note: None,
                rows_are: "Theme",
                has_chart: false,
            },
            columns_of(&keys),
            lines.collect(),
        );
    }

    /// A released cross-tab. Rows that are themes stand with each parent before its sub-themes.
    fn cut(&mut self, collation: &Collation, cut: &Cut, table: &CrossTab) {
        let mut lines = Vec::new();
        let mut columns = vec![column("total", "Total")];
        columns.extend(table.columns.iter().map(|one| column(&one.key, &one.label)));
        let by = |key: &str| {
            let joined = table.merged.iter().find(|merged| merged.key == key);
            (
                cut.columns,
                joined.map_or_else(|| vec![key.to_owned()], |merged| merged.members.clone()),
            )
        };
        let line = |row: &crate::collate::Row, label: String, level: u8, behind: Behind| {
            let behind = Behind {
                responses_alone: table.unit == Unit::Responses,
                tables_alone: table.unit == Unit::Discussions,
                ..behind
            };
            let mut cells = vec![counted(row.total, behind.clone())];
            cells.extend(table.columns.iter().map(|one| {
                let cell = row.cells.get(&one.key)?;
                counted(
                    cell,
                    Behind {
                        by: Some(by(&one.key)),
                        ..behind.clone()
                    },
                )
            }));
            Line {
                key: row.key.clone(),
                label,
                level,
                cells,
            }
        };
        match cut.rows {
            Axis::Theme => {
                for (theme, level) in parents_first(&collation.themes) {
                    let key = theme.id.to_string();
                    if let Some(row) = table
                        .rows
                        .iter()
                        .find(|row| row.key == key || row.key == theme.code)
                    {
                        let row = line(row, theme.label.clone(), level, of_theme(theme.id));
                        lines.push(Line {
                            key: theme.code.clone(),
                            ..row
                        });
                    }
                }
            }
            rows => lines.extend(table.rows.iter().map(|row| {
                let behind = match rows {
                    Axis::Question => of_question(row.key.parse().ok()),
                    Axis::Section => Behind {
                        section: Some(row.key.clone()),
                        ..Behind::default()
                    },
                    Axis::Stance => Behind {
                        stance: row.key.parse().ok(),
                        ..Behind::default()
                    },
                    _ => Behind {
                        answer: Some(row.key.clone()),
                        from: CountedFrom::Answers,
                        ..of_question(cut.question)
                    },
                };
                let asked = collation
                    .questions
                    .iter()
                    .find(|question| question_key(question.number) == row.key);
                let label = match (rows, asked) {
                    (Axis::Question, Some(question)) => question_label(question),
                    _ => row.label.clone(),
                };
                line(row, label, 0, behind)
            })),
        }
        let (of, rows_are) = axis_words(cut.rows);
        let unit = unit_words(table.unit);
        let on = cut
            .question
            .map_or_else(String::new, |number| format!(" on question {number}"));
        let counted = match table.unit {
            Unit::Contributions => String::new(),
            _ => format!(", in {unit}"),
        };
        let joined = table.merged.iter().filter(|merged| merged.key != "all");
        let joined: Vec<_> = joined.map(|merged| merged.label.clone()).collect();
        let mut note = "Each total is protected by itself, so rows need not add up to it.".to_owned();
        if !joined.is_empty() {
            note.push_str(&format!(
                " Joined, because apart they would have given somebody away: {}.",
                joined.join("; ")
            ));
        }
        if table.columns.iter().any(|one| one.key == "all") {
            note.push_str(
                " A row with a figure under All together has lost its breakdown for the same reason.",
            );
        }
        self.add(
            About {
                name: cut_name(cut),
                title: format!("{of} by {}{on}{counted}", dimension_words(cut.columns)),
                unit,
                base: "those of the row",
                note: Some(note),
                rows_are,
                has_chart: cut.rows == Axis::Theme
                    && table.unit == Unit::Contributions
                    && matches!(cut.columns, Dimension::Group | Dimension::RespondentGroup),
            },
            columns,
            lines,
        );
    }

    /// Themes within questions and within sections.
    fn within(&mut self, collation: &Collation) {
        let mut lines = Vec::new();
        for question in &collation.questions {
            for (theme, level) in parents_first(&question.themes) {
                let behind = Behind {
                    theme: Some(theme.id),
                    ..of_question(question.number)
                };
                lines.push(Line {
                    key: format!("{}/{}", question_key(question.number), theme.code),
                    label: format!(
                        "{}: {}",
                        question
                            .number
                            .map_or_else(|| "–".into(), |number| number.to_string()),
                        theme.label
                    ),
                    level,
                    cells: theme_cells(theme, &behind),
                });
            }
        }
        self.add(
            About {
                name: "themes-within-questions".into(),
                title: "Themes within each question".into(),
                unit: "what each column names",
                base: "all that came in on the question",
                note: Some(format!(
                    "The number of the question stands before each theme. {PER_THEME_NOTE}"
                )),
                rows_are: "Question and theme",
                has_chart: false,
            },
            theme_columns(),
            lines,
        );
        let mut lines = Vec::new();
        for section in &collation.sections {
            for (theme, level) in parents_first(&section.themes) {
                let behind = Behind {
                    section: Some(section.reference.clone()),
                    ..of_theme(theme.id)
                };
                lines.push(Line {
                    key: format!("{}/{}", section.reference, theme.code),
                    label: format!("{}: {}", section.reference, theme.label),
                    level,
                    cells: theme_cells(theme, &behind),
                });
            }
        }
        self.add(
            About {
                name: "themes-within-sections".into(),
                title: "Themes within each section of the draft".into(),
                unit: "what each column names",
                base: "contributions that name the section",
                note: Some(format!("The section stands before each theme. {PER_THEME_NOTE}")),
                rows_are: "Section and theme",
                has_chart: false,
            },
            theme_columns(),
            lines,
        );
    }
}
