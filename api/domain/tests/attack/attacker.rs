//! The attacker: a reader of one release, who has its JSON, the public rules of its policy, and what everybody knows of how
//! consultations are made. It parses, names every figure, writes down every relation that it can think of, and tightens.
//!
//! Invariant: it may know nothing that a controlled reader does not. [`Reader::read`] takes JSON and a list of the groups of
//! the register, which is public. Refused: reaching into the code under attack, whose blind spots it would share.

use crate::bounds::{FAR, Known, Rule};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const RESPONDENTS: [&str; 7] = [
    "service_user",
    "family_carer",
    "staff",
    "commissioner",
    "other",
    "mixed",
    "not_recorded",
];
pub const SETTINGS: [&str; 6] = [
    "high_secure",
    "medium_secure",
    "low_secure",
    "community_forensic",
    "mixed",
    "not_recorded",
];
pub const CHANNELS: [&str; 5] = [
    "meeting_discussion",
    "champion",
    "survey_online",
    "survey_paper",
    "written",
];
pub const STANCES: [&str; 5] = ["supports", "opposes", "mixed", "suggests", "unclear"];
/// Dimensions of tables, and stances, which divide themes and questions as a dimension does.
pub const DIMENSIONS: [&str; 6] = [
    "respondent_group",
    "group",
    "setting",
    "channel",
    "round",
    "stance",
];

/// Before the names of figures of the first of two releases.
pub const FIRST: &str = "first|";
/// Before those of the next.
pub const NEXT: &str = "next|";

/// What a status means, as the policy says in public.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub threshold: i64,
    pub base: i64,
    pub shows_zero: bool,
}

impl Rules {
    pub fn of(policy: &str) -> Self {
        match policy {
            "mhsds-5" => Self {
                threshold: 4,
                base: 5,
                shows_zero: false,
            },
            "hes-7" => Self {
                threshold: 7,
                base: 5,
                shows_zero: true,
            },
            other => panic!("no policy {other}"),
        }
    }

    /// What a count can be, by how it is shown.
    pub fn behind(&self, count: &Value) -> (i64, i64) {
        let value = count["value"].as_i64();
        match (count["status"].as_str().unwrap(), value) {
            ("exact", Some(value)) => (value, value),
            ("rounded", Some(value)) => (
                (value - self.base / 2).max(self.threshold + 1),
                value + self.base / 2,
            ),
            ("suppressed", None) => (i64::from(self.shows_zero), self.threshold),
            ("withheld", None) => (0, FAR),
            _ => panic!("no such count: {count}"),
        }
    }
}

/// A count that is hidden.
#[derive(Clone, Debug)]
pub struct Hidden {
    pub figure: u32,
    pub status: &'static str,
    /// Where it stands.
    pub place: String,
    pub row: Option<usize>,
    /// The group of whose column it is.
    pub group: Option<String>,
}

/// A set of contributions, or of tables or responses, whose parts by dimension are shown.
#[derive(Clone, Debug)]
struct Set {
    axis: String,
    key: String,
    unit: String,
    total: u32,
    dimensions: BTreeSet<&'static str>,
}

impl Set {
    fn name(&self) -> String {
        format!("{}:{}={}", self.unit, self.axis, self.key)
    }
}

/// Everything that a reader made of a release.
#[derive(Clone, Debug)]
pub struct Reader {
    pub known: Known,
    pub rules: Rules,
    pub hidden: Vec<Hidden>,
    /// By row: its total, and the cells shown of it.
    pub rows: Vec<(u32, Vec<u32>)>,
    /// Keys of each dimension.
    universe: BTreeMap<&'static str, Vec<String>>,
    /// Sets of keys that stand as one column anywhere.
    levels: BTreeMap<&'static str, BTreeSet<Vec<String>>>,
    sets: Vec<Set>,
    mixed: bool,
    pub counts: BTreeMap<&'static str, usize>,
    /// Figures that are shown as they are somewhere.
    pub exact: BTreeSet<u32>,
    /// Every count by its place: the figure, and how it is shown.
    pub seen: BTreeMap<String, (u32, String)>,
    /// By row that both shows and withholds: the most that its smallest shown count can be, and what it withholds.
    pub withheld_beside: Vec<(i64, Vec<u32>)>,
}

fn dimension(word: &str) -> &'static str {
    DIMENSIONS.into_iter().find(|one| *one == word).unwrap()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(
        || {
            if value.is_null() {
                "none".into()
            } else {
                value.to_string()
            }
        },
        ToOwned::to_owned,
    )
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

impl Reader {
    /// Reads a release. `groups` are those of the register, which everybody may list.
    pub fn read(release: &Value, groups: &[String]) -> Self {
        let policy = release["collation"]["policy"]["id"].as_str().unwrap();
        Self::read_by(release, groups, Rules::of(policy))
    }

    /// Reads a release with an eye on another of the same consultation: columns that are joined in either are sums in both.
    pub fn read_beside(release: &Value, other: &Value, groups: &[String]) -> Self {
        let policy = release["collation"]["policy"]["id"].as_str().unwrap();
        Self::read_of(release, Some(other), groups, Rules::of(policy))
    }

    /// Reads what was hidden by other rules than a policy's.
    pub fn read_by(release: &Value, groups: &[String], rules: Rules) -> Self {
        Self::read_of(release, None, groups, rules)
    }

    fn read_of(release: &Value, other: Option<&Value>, groups: &[String], rules: Rules) -> Self {
        let collation = &release["collation"];
        let mut reader = Self {
            known: Known::default(),
            rules,
            hidden: Vec::new(),
            rows: Vec::new(),
            universe: BTreeMap::new(),
            levels: BTreeMap::new(),
            sets: Vec::new(),
            mixed: collation["heard"]["responses"]["all"]["value"] != 0,
            counts: BTreeMap::new(),
            exact: BTreeSet::new(),
            seen: BTreeMap::new(),
            withheld_beside: Vec::new(),
        };
        let releases: Vec<&Value> = [release].into_iter().chain(other).collect();
        reader.keys(&releases, groups);
        reader.tables(release);
        reader.collation(release);
        reader.add_up();
        reader.absences(release);
        reader.relate(collation);
        reader
    }

    /// This release and the next of the same consultation as one body of figures, named after [`FIRST`] and [`NEXT`].
    /// Nothing ties the one to the other.
    pub fn with_next(self, next: Self) -> Self {
        let mut known = Known::default();
        known.take_over(self.known, FIRST);
        let figures = known.take_over(next.known, NEXT);
        let mut both = Self { known, ..self };
        let rows = both.rows.len();
        for hidden in &mut both.hidden {
            hidden.place.insert_str(0, FIRST);
        }
        both.hidden.extend(next.hidden.into_iter().map(|hidden| Hidden {
            figure: hidden.figure + figures,
            place: format!("{NEXT}{}", hidden.place),
            row: hidden.row.map(|row| row + rows),
            ..hidden
        }));
        both.rows.extend(next.rows.into_iter().map(|(total, cells)| {
            let cells = cells.into_iter().map(|cell| cell + figures);
            (total + figures, cells.collect())
        }));
        both.exact
            .extend(next.exact.into_iter().map(|figure| figure + figures));
        for (kind, count) in next.counts {
            *both.counts.entry(kind).or_default() += count;
        }
        both
    }

    fn keys(&mut self, releases: &[&Value], groups: &[String]) {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        self.universe.insert("respondent_group", words(&RESPONDENTS));
        self.universe.insert("setting", words(&SETTINGS));
        self.universe.insert("channel", words(&CHANNELS));
        self.universe.insert("stance", words(&STANCES));
        let mut all = groups.to_vec();
        all.push("not_recorded".into());
        self.universe.insert("group", all);
        let mut rounds: Vec<String> = releases
            .iter()
            .flat_map(|release| list(&release["collation"]["legend"]["round"]))
            .map(|one| text(&one["key"]))
            .collect();
        let tables = || releases.iter().flat_map(|release| list(&release["tables"]));
        for table in tables().filter(|one| one["cut"]["columns"] == "round") {
            for (_, members) in columns(&table["table"]) {
                rounds.extend(members);
            }
        }
        rounds.push("not_recorded".into());
        rounds.sort();
        rounds.dedup();
        self.universe.insert("round", rounds);
        for (dimension, keys) in &self.universe {
            let singles = keys.iter().map(|key| vec![key.clone()]);
            self.levels.insert(dimension, singles.collect());
        }
        for table in tables() {
            let of = dimension(table["cut"]["columns"].as_str().unwrap());
            for (_, members) in columns(&table["table"]) {
                assert!(
                    members.iter().all(|key| self.universe[of].contains(key)),
                    "keys that nobody knows: {members:?} of {of}"
                );
                self.levels.get_mut(of).unwrap().insert(members);
            }
        }
    }

    fn see(&mut self, figure: u32, count: &Value, place: String, row: Option<usize>, group: Option<String>) {
        let (least, most) = self.rules.behind(count);
        self.known.see(figure, least, most);
        let status = match count["status"].as_str() {
            Some("suppressed") => "suppressed",
            Some("withheld") => "withheld",
            Some("rounded") => "shown",
            _ => "exact",
        };
        *self.counts.entry(status).or_default() += 1;
        self.seen
            .insert(place.clone(), (figure, format!("{status} {}", count["value"])));
        if status == "exact" {
            self.exact.insert(figure);
        }
        if matches!(status, "suppressed" | "withheld") {
            self.hidden.push(Hidden {
                figure,
                status,
                place,
                row,
                group,
            });
        }
    }

    fn set(&mut self, unit: &str, axis: &str, key: &str) -> usize {
        let found = self
            .sets
            .iter()
            .position(|set| set.unit == unit && set.axis == axis && set.key == key);
        found.unwrap_or_else(|| {
            let total = self.known.figure(&format!("{unit}:{axis}={key}"));
            self.sets.push(Set {
                axis: axis.into(),
                key: key.into(),
                unit: unit.into(),
                total,
                dimensions: BTreeSet::new(),
            });
            self.sets.len() - 1
        })
    }

    fn find(&self, unit: &str, axis: &str, key: &str) -> Option<usize> {
        self.sets
            .iter()
            .position(|set| set.unit == unit && set.axis == axis && set.key == key)
    }

    fn cell(&mut self, set: usize, dimension: &'static str, members: &[String]) -> u32 {
        let name = format!("{}:{dimension}={}", self.sets[set].name(), members.join("+"));
        self.known.figure(&name)
    }

    /// Cells as they are shown, by columns; one `all` is the total itself.
    fn row(
        &mut self,
        set: usize,
        dimension: &'static str,
        cells: &Value,
        columns: &BTreeMap<String, Vec<String>>,
        place: &str,
    ) {
        self.sets[set].dimensions.insert(dimension);
        let total = self.sets[set].total;
        let Some(cells) = cells.as_object() else { return };
        if let Some(all) = cells.get("all") {
            *self.counts.entry("merged").or_default() += 1;
            self.see(total, all, format!("{place}/all"), None, None);
            return;
        }
        let row = self.rows.len();
        self.rows.push((total, Vec::new()));
        for (key, count) in cells {
            let alone = vec![key.clone()];
            let members = columns.get(key).unwrap_or(&alone);
            let figure = self.cell(set, dimension, members);
            let group = (dimension == "group" && members.len() == 1).then(|| key.clone());
            self.see(figure, count, format!("{place}/{key}"), Some(row), group);
            self.rows[row].1.push(figure);
        }
        // Columns divide contributions, so what has no column has none.
        if self.sets[set].unit == "contributions" {
            let alone: Vec<String> = cells.keys().cloned().collect();
            let has_column =
                |key: &String| alone.contains(key) || columns.values().any(|members| members.contains(key));
            for key in self.universe[dimension]
                .clone()
                .iter()
                .filter(|key| !has_column(key))
            {
                let cell = self.cell(set, dimension, std::slice::from_ref(key));
                self.known.see(cell, 0, 0);
            }
        }
        // Cells of channels are withheld for what evidence says of them, too.
        let shown = cells.values().filter(|one| one["status"] == "rounded");
        let smallest = shown.map(|one| self.rules.behind(one).1).min();
        if let Some(smallest) = smallest.filter(|_| dimension != "channel") {
            let figures = cells.values().zip(self.rows[row].1.clone());
            let withheld = figures.filter(|(one, _)| one["status"] == "withheld");
            let withheld: Vec<u32> = withheld.map(|(_, figure)| figure).collect();
            if !withheld.is_empty() {
                self.withheld_beside.push((smallest, withheld));
            }
        }
    }

    fn tables(&mut self, release: &Value) {
        for table in list(&release["tables"]) {
            let (cut, table) = (&table["cut"], &table["table"]);
            let (axis, of) = (text(&cut["rows"]), dimension(cut["columns"].as_str().unwrap()));
            let unit = text(&table["unit"]);
            let columns = columns(table);
            for row in list(&table["rows"]) {
                let key = match axis.as_str() {
                    "answer" => format!("{}/{}", cut["question"], text(&row["key"])),
                    _ => text(&row["key"]),
                };
                let set = self.set(&unit, &axis, &key);
                let place = format!("tables/{axis}x{of}/{unit}/{key}");
                let total = self.sets[set].total;
                self.see(total, &row["total"], format!("{place}/total"), None, None);
                self.row(set, of, &row["cells"], &columns, &place);
            }
            for column in list(&table["columns"]) {
                // A total over rows is of distinct things, at least as many as in any row.
                assert_eq!(
                    column["total"]["value"],
                    Value::Null,
                    "totals of columns are hidden"
                );
            }
        }
    }

    fn theme(&mut self, theme: &Value, within: &str, place: &str) {
        let id = text(&theme["id"]);
        let place = format!("{place}/themes/{id}");
        let name = |unit: &str| format!("{unit}:theme={id}{within}");
        let contributions = self.known.figure(&name("contributions"));
        let responses = self.known.figure(&name("responses"));
        self.see(
            contributions,
            &theme["contributions"],
            format!("{place}/contributions"),
            None,
            None,
        );
        self.see(
            responses,
            &theme["responses"],
            format!("{place}/responses"),
            None,
            None,
        );
        for evidence in ["discussions", "groups", "meetings"] {
            let figure = self.known.figure(&name(evidence));
            let count = number(&theme[evidence]);
            self.known.see(figure, count, count);
        }
        let (discussions, groups, meetings) = (
            number(&theme["discussions"]),
            number(&theme["groups"]),
            number(&theme["meetings"]),
        );
        let known = &mut self.known;
        // Listed because it occurs.
        known.see(contributions, groups.max(discussions).max(1), FAR);
        if !theme["people_at_least"].is_null() {
            let people = known.figure(&name("people"));
            let by_response = if self.mixed { vec![responses] } else { Vec::new() };
            known.see(people, 1, FAR);
            // Each group with a table has one person at least.
            let all: Vec<u32> = by_response.into_iter().chain([people]).collect();
            known.at_most("a group heard has a person or a response", &[], &all, -groups);
            self.see(
                people,
                &theme["people_at_least"],
                format!("{place}/people_at_least"),
                None,
                None,
            );
        }
        let known = &mut self.known;
        let figures = [contributions, responses];
        let [contributions, responses] = figures;
        known.at_most(
            "each table and response that raised a theme has a contribution on it",
            &[responses],
            &[contributions],
            -discussions,
        );
        known.at_most(
            "a group is heard at a meeting or by a response",
            &[],
            &[responses],
            meetings - groups,
        );
        if discussions == 0 {
            known.see(responses, groups.max(1), FAR);
        }
        let tables = known.figure(&name("said_at_tables"));
        let by_response = known.figure(&name("said_by_response"));
        known.equal(
            "points come from tables or responses",
            &[tables, by_response],
            &[contributions],
        );
        known.see(tables, discussions, if discussions == 0 { 0 } else { FAR });
        known.at_most(
            "a response that raised it has a point on it",
            &[responses],
            &[by_response],
            0,
        );
        known.add(
            "points by response, so responses",
            Rule::Together(by_response, responses),
        );
        if !self.mixed {
            known.see(by_response, 0, 0);
        }
        for (field, of) in [
            ("respondent_group", "respondent_group"),
            ("group", "group"),
            ("setting", "setting"),
            ("channel", "channel"),
        ] {
            let cells = theme["by"][field].clone();
            if within.is_empty() {
                continue;
            }
            // Breakdowns within a question or section: only `all`, which is the total.
            let all = cells
                .get("all")
                .unwrap_or_else(|| panic!("{place} is broken down by {of}"));
            self.see(contributions, all, format!("{place}/by/{of}/all"), None, None);
        }
        if !within.is_empty() {
            let all = theme["stance"]
                .get("all")
                .expect("stances within a question are joined");
            self.see(contributions, all, format!("{place}/stance/all"), None, None);
        }
    }

    fn collation(&mut self, release: &Value) {
        let collation = &release["collation"];
        let none = BTreeMap::new();
        let heard = &collation["heard"];
        let shape = |reader: &mut Self, name: &str, total: &Value, cells: &Value, of: &'static str| {
            let set = reader.set("heard", name, "all");
            let all = reader.sets[set].total;
            reader.see(all, total, format!("heard/{name}/all"), None, None);
            reader.row(set, of, cells, &none, &format!("heard/{name}"));
        };
        let people = &heard["participants"];
        shape(
            self,
            "participants",
            &people["all"],
            &people["by_respondent_group"],
            "respondent_group",
        );
        for round in list(&heard["attendance"]) {
            let name = format!("attendance/{}", text(&round["round"]));
            shape(
                self,
                &name,
                &round["all"],
                &round["by_respondent_group"],
                "respondent_group",
            );
        }
        let responses = &heard["responses"];
        shape(
            self,
            "responses",
            &responses["all"],
            &responses["by_channel"],
            "channel",
        );
        let rounds = list(&heard["attendance"]).iter();
        let attendance = rounds.map(|round| format!("heard:attendance/{}=all", text(&round["round"])));
        let names: Vec<String> = attendance.chain(["heard:responses=all".to_owned()]).collect();
        let by: Vec<u32> = names.iter().map(|name| self.known.figure(name)).collect();
        self.known.at_most(
            "a service is heard by somebody who was there, or by a response",
            &[],
            &by,
            -number(&heard["services"]),
        );

        let layout = |of: &str| -> BTreeMap<String, Vec<String>> {
            list(&release["tables"])
                .iter()
                .find(|table| {
                    table["cut"]["rows"] == "theme"
                        && table["cut"]["columns"] == of
                        && table["table"]["unit"] == "contributions"
                })
                .map(|table| columns(&table["table"]))
                .unwrap_or_default()
        };
        for theme in list(&collation["themes"]) {
            self.theme(theme, "", "");
            let id = text(&theme["id"]);
            let set = self.set("contributions", "theme", &id);
            for of in ["respondent_group", "group", "setting", "channel"] {
                self.row(
                    set,
                    dimension(of),
                    &theme["by"][of],
                    &layout(of),
                    &format!("themes/{id}/by/{of}"),
                );
            }
            self.row(
                set,
                "stance",
                &theme["stance"],
                &none,
                &format!("themes/{id}/stance"),
            );
        }
        for question in list(&collation["questions"]) {
            self.question(question);
        }
        for section in list(&collation["sections"]) {
            let key = text(&section["ref"]);
            let set = self.set("contributions", "section", &key);
            let total = self.sets[set].total;
            self.see(
                total,
                &section["contributions"],
                format!("sections/{key}/contributions"),
                None,
                None,
            );
            for theme in list(&section["themes"]) {
                self.theme(theme, &format!("@section={key}"), &format!("sections/{key}"));
            }
        }
        // Words that are quoted were said: so many of that respondent group.
        let mut quotes: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for quote in list(&release["quotes"]) {
            let of = (text(&quote["theme"]), text(&quote["respondent_group"]));
            quotes.entry(of).or_default().insert(text(&quote["contribution"]));
        }
        for ((theme, who), words) in quotes {
            if let Some(set) = self.find("contributions", "theme", &theme) {
                let cell = self.cell(set, "respondent_group", &[who]);
                self.known.see(cell, words.len() as i64, FAR);
            }
        }
    }

    fn question(&mut self, question: &Value) {
        let key = text(&question["number"]);
        let place = format!("questions/{key}");
        let set = self.set("contributions", "question", &key);
        let all = self.sets[set].total;
        let (discussions, groups) = (number(&question["discussions"]), number(&question["groups"]));
        let open = question["tally"].is_null();
        self.see(
            all,
            &question["contributions"],
            format!("{place}/contributions"),
            None,
            None,
        );
        if open {
            self.known.see(all, discussions.max(groups), FAR);
        }
        if question["number"].is_null() {
            self.known.see(all, 1, FAR);
        }
        let mut work = Vec::new();
        let row = self.rows.len();
        self.rows.push((all, Vec::new()));
        for word in ["coded", "uncoded", "set_aside"] {
            let figure = self.known.figure(&format!("{word}:question={key}"));
            self.see(
                figure,
                &question[word],
                format!("{place}/{word}"),
                Some(row),
                None,
            );
            self.rows[row].1.push(figure);
            work.push(figure);
        }
        self.known
            .equal("coded, uncoded and set aside are all", &work, &[all]);
        let differ = self.known.figure(&format!("unadjudicated:question={key}"));
        self.see(
            differ,
            &question["unadjudicated"],
            format!("{place}/unadjudicated"),
            None,
            None,
        );
        self.known
            .at_most("codings that differ are of contributions", &[differ], &[all], 0);
        self.row(
            set,
            "stance",
            &question["stance"],
            &BTreeMap::new(),
            &format!("{place}/stance"),
        );
        let mut answered = Vec::new();
        if let Some(tally) = question["tally"].as_object() {
            for (option, count) in tally {
                let set = self.set("people", "answer", &format!("{key}/{option}"));
                let total = self.sets[set].total;
                self.see(total, count, format!("{place}/tally/{option}"), None, None);
                answered.push(set);
            }
        }
        let consensus = &question["consensus"];
        if !consensus.is_null() {
            let heard = number(&consensus["groups_heard"]);
            let totals: Vec<u32> = answered.iter().map(|set| self.sets[*set].total).collect();
            self.known
                .at_most("each group heard has an answer", &[], &totals, -heard);
            let groups: Vec<String> = self.universe["group"].clone();
            let mut columns = Vec::new();
            for group in groups.iter().filter(|group| *group != "not_recorded") {
                let of_group = self
                    .known
                    .figure(&format!("answered:question={key}:group={group}"));
                let cells: Vec<u32> = answered
                    .iter()
                    .map(|set| self.cell(*set, "group", std::slice::from_ref(group)))
                    .collect();
                self.known.equal("answers of a group", &cells, &[of_group]);
                columns.push(of_group);
            }
            let nobody = self
                .known
                .figure(&format!("answered:question={key}:group=not_recorded"));
            let cells: Vec<u32> = answered
                .iter()
                .map(|set| self.cell(*set, "group", &["not_recorded".into()]))
                .collect();
            self.known.equal("answers of no group", &cells, &[nobody]);
            let known = self.known.figure(&format!("answered:question={key}:known"));
            self.known.equal("answers of groups", &columns, &[known]);
            let with_nobody = [known, nobody];
            self.known.equal("answers of all", &with_nobody, &totals);
            self.known
                .add("groups heard on an agreement", Rule::Heard(columns, known, heard));
        }
        let themes = list(&question["themes"]);
        for theme in themes {
            self.theme(theme, &format!("@question={key}"), &place);
        }
        if themes.is_empty() {
            // Coded means a theme, and a theme that occurs is listed.
            self.known.see(work[0], 0, 0);
        }
    }

    /// Rows and totals, fine columns and coarse ones.
    fn add_up(&mut self) {
        for at in 0..self.sets.len() {
            // Contributions have every dimension, shown or not.
            if self.sets[at].unit == "contributions" {
                let dimensions = ["respondent_group", "group", "setting", "channel", "round"];
                self.sets[at].dimensions.extend(dimensions);
            }
            if self.sets[at].unit == "people" {
                self.sets[at].dimensions.insert("group");
            }
            let set = self.sets[at].clone();
            for dimension in set.dimensions.clone() {
                let keys = self.universe[dimension].clone();
                let fine: Vec<u32> = keys
                    .iter()
                    .map(|key| self.cell(at, dimension, std::slice::from_ref(key)))
                    .collect();
                let parts = matches!(set.unit.as_str(), "contributions" | "people" | "heard")
                    || matches!(dimension, "group" | "channel" | "round");
                let levels: Vec<Vec<String>> = self.levels[dimension].iter().cloned().collect();
                for members in levels.iter().filter(|members| members.len() > 1) {
                    let coarse = self.cell(at, dimension, members);
                    let inside: Vec<u32> = members
                        .iter()
                        .map(|key| self.cell(at, dimension, std::slice::from_ref(key)))
                        .collect();
                    if parts {
                        self.known
                            .equal("a joined column is the sum of its members", &inside, &[coarse]);
                    } else {
                        for cell in &inside {
                            self.known.at_most(
                                "a member is no more than what it is joined to",
                                &[*cell],
                                &[coarse],
                                0,
                            );
                        }
                        self.known.at_most(
                            "what is joined is no more than its members",
                            &[coarse],
                            &inside,
                            0,
                        );
                    }
                }
                if parts {
                    self.known
                        .equal("a row adds up to its total", &fine, &[set.total]);
                    // The row as it is shown adds up too, which bounds see sooner than by way of its finest cells.
                    for members in levels.iter().filter(|members| members.len() > 1) {
                        let coarse = self.cell(at, dimension, members);
                        let others: Vec<u32> = keys
                            .iter()
                            .filter(|key| !members.contains(key))
                            .map(|key| self.cell(at, dimension, std::slice::from_ref(key)))
                            .chain([coarse])
                            .collect();
                        self.known
                            .equal("a row adds up to its total", &others, &[set.total]);
                    }
                } else {
                    for cell in &fine {
                        self.known
                            .at_most("a cell is no more than its total", &[*cell], &[set.total], 0);
                    }
                    self.known
                        .at_most("a total is no more than its cells", &[set.total], &fine, 0);
                }
            }
        }
        // Rows as they are shown, where they are parts.
        for (total, cells) in self.rows.clone() {
            let name = &self.known.names[total as usize];
            let overlaps = name.starts_with("discussions:") || name.starts_with("responses:");
            let whole: BTreeSet<u32> = cells.iter().copied().collect();
            if !overlaps && whole.len() > 1 {
                self.known
                    .equal("a row as shown adds up to its total", &cells, &[total]);
            }
        }
    }

    fn relate(&mut self, collation: &Value) {
        self.of_tables_and_responses(collation);
        self.themes_and_questions(collation);
        self.groups_heard(collation);
        self.overlaps(collation);
        self.divisions(collation);
        self.units();
        self.of_responses(collation);
    }

    /// What has no row in a table of everything that occurs does not occur.
    fn absences(&mut self, release: &Value) {
        let rows: BTreeSet<String> = list(&release["tables"])
            .iter()
            .filter(|table| table["cut"]["rows"] == "section" && table["table"]["unit"] == "contributions")
            .flat_map(|table| list(&table["table"]["rows"]))
            .map(|row| text(&row["key"]))
            .collect();
        for section in list(&release["collation"]["sections"]) {
            let key = text(&section["ref"]);
            let set = self.set("contributions", "section", &key);
            let total = self.sets[set].total;
            if rows.contains(&key) {
                self.known.see(total, 1, FAR);
            } else {
                self.known.see(total, 0, 0);
            }
        }
    }

    fn all(&self, unit: &str, axis: &str) -> Vec<usize> {
        (0..self.sets.len())
            .filter(|at| self.sets[*at].unit == unit && self.sets[*at].axis == axis)
            .collect()
    }

    fn levels(&self, dimension: &str) -> Vec<Vec<String>> {
        self.levels[dimension].iter().cloned().collect()
    }

    fn one(&mut self, set: usize, dimension: &'static str, key: &str) -> u32 {
        self.cell(set, dimension, &[key.to_owned()])
    }

    /// The channel says where a point came from; so does a round, and so does a group that nobody recorded.
    fn of_tables_and_responses(&mut self, collation: &Value) {
        for axis in ["theme", "question", "section", "stance"] {
            for set in self.all("contributions", axis) {
                let tables = self.one(set, "channel", "meeting_discussion");
                let all = self.sets[set].total;
                let no_round = self.one(set, "round", "not_recorded");
                let no_group = self.one(set, "group", "not_recorded");
                self.known
                    .equal("what has a round came from a table", &[no_round, tables], &[all]);
                self.known.at_most(
                    "what has no group came by a response",
                    &[no_group, tables],
                    &[all],
                    0,
                );
                if !self.mixed {
                    self.known.equal("everything came from tables", &[tables], &[all]);
                }
                let key = self.sets[set].key.clone();
                if axis == "theme" {
                    let same = self.known.figure(&format!("said_at_tables:theme={key}"));
                    self.known.equal("said at tables", &[same], &[tables]);
                    let responses = self.known.figure(&format!("responses:theme={key}"));
                    let channels: Vec<u32> = CHANNELS[1..]
                        .iter()
                        .map(|channel| self.one(set, "channel", channel))
                        .collect();
                    self.known.add(
                        "a response has one channel",
                        Rule::NoMoreKindsThan(channels, responses),
                    );
                }
            }
        }
        for question in list(&collation["questions"])
            .iter()
            .filter(|one| one["tally"].is_null())
        {
            let key = text(&question["number"]);
            let set = self.find("contributions", "question", &key).unwrap();
            let tables = self.one(set, "channel", "meeting_discussion");
            let discussions = number(&question["discussions"]);
            self.known
                .see(tables, discussions, if discussions == 0 { 0 } else { FAR });
        }
    }

    /// Themes within questions and sections.
    fn themes_and_questions(&mut self, collation: &Value) {
        let themes = list(&collation["themes"]);
        let listed = |of: &Value| -> BTreeSet<String> {
            list(&of["themes"])
                .iter()
                .map(|theme| text(&theme["id"]))
                .collect()
        };
        for theme in themes {
            let id = text(&theme["id"]);
            let name = |unit: &str, within: &str| format!("{unit}:theme={id}{within}");
            let mut parts: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for question in list(&collation["questions"]) {
                if !listed(question).contains(&id) {
                    continue;
                }
                let within = format!("@question={}", text(&question["number"]));
                for unit in [
                    "contributions",
                    "said_at_tables",
                    "said_by_response",
                    "responses",
                    "people",
                ] {
                    let (Some(part), Some(whole)) = (
                        self.known.named(&name(unit, &within)),
                        self.known.named(&name(unit, "")),
                    ) else {
                        continue;
                    };
                    parts.entry(unit).or_default().push(part);
                    self.known
                        .at_most("a theme in a question is part of it", &[part], &[whole], 0);
                }
                let part = self.known.figure(&name("contributions", &within));
                let coded = self
                    .known
                    .figure(&format!("coded:question={}", text(&question["number"])));
                self.known
                    .at_most("themes are of what was coded", &[part], &[coded], 0);
                let set = self
                    .find("contributions", "question", &text(&question["number"]))
                    .unwrap();
                let said = self.known.figure(&name("said_at_tables", &within));
                let tables = self.one(set, "channel", "meeting_discussion");
                self.known
                    .at_most("said at tables on a question", &[said], &[tables], 0);
            }
            for (unit, parts) in parts {
                let whole = self.known.figure(&name(unit, ""));
                match unit {
                    "responses" | "people" => {
                        self.known.at_most(
                            "a theme is no more than it is in its questions",
                            &[whole],
                            &parts,
                            0,
                        );
                    }
                    _ => self.known.equal("questions divide a theme", &parts, &[whole]),
                }
            }
            for section in list(&collation["sections"]) {
                if !listed(section).contains(&id) {
                    continue;
                }
                let key = text(&section["ref"]);
                let within = format!("@section={key}");
                let set = self.find("contributions", "section", &key).unwrap();
                let all = self.sets[set].total;
                for unit in [
                    "contributions",
                    "said_at_tables",
                    "said_by_response",
                    "responses",
                    "people",
                ] {
                    let (Some(part), Some(whole)) = (
                        self.known.named(&name(unit, &within)),
                        self.known.named(&name(unit, "")),
                    ) else {
                        continue;
                    };
                    self.known
                        .at_most("a theme in a section is part of it", &[part], &[whole], 0);
                }
                let part = self.known.figure(&name("contributions", &within));
                self.known
                    .at_most("a section holds its themes", &[part], &[all], 0);
                let said = self.known.figure(&name("said_at_tables", &within));
                let tables = self.one(set, "channel", "meeting_discussion");
                self.known
                    .at_most("said at tables on a section", &[said], &[tables], 0);
            }
            if let Some(parent) = theme["parent_id"].as_str() {
                let withins: Vec<String> = [String::new()]
                    .into_iter()
                    .chain(
                        list(&collation["questions"])
                            .iter()
                            .map(|one| format!("@question={}", text(&one["number"]))),
                    )
                    .chain(
                        list(&collation["sections"])
                            .iter()
                            .map(|one| format!("@section={}", text(&one["ref"]))),
                    )
                    .collect();
                for within in withins {
                    for unit in [
                        "contributions",
                        "said_at_tables",
                        "said_by_response",
                        "responses",
                        "people",
                    ] {
                        let child = self.known.named(&name(unit, &within));
                        let parent = self.known.named(&format!("{unit}:theme={parent}{within}"));
                        if let (Some(child), Some(parent)) = (child, parent) {
                            self.known
                                .at_most("a parent contains its sub-themes", &[child], &[parent], 0);
                        }
                    }
                }
            }
        }
        // What was coded has a theme, and with it the theme above.
        for question in list(&collation["questions"]) {
            let key = text(&question["number"]);
            let tops: Vec<&Value> = list(&question["themes"])
                .iter()
                .filter(|one| one["parent_id"].is_null())
                .collect();
            let names: Vec<String> = tops.iter().map(|one| text(&one["id"])).collect();
            let inside: Vec<u32> = names
                .iter()
                .map(|id| {
                    self.known
                        .figure(&format!("contributions:theme={id}@question={key}"))
                })
                .collect();
            let coded = self.known.figure(&format!("coded:question={key}"));
            self.known
                .at_most("whatever was coded has a theme", &[coded], &inside, 0);
            let set = self.find("contributions", "question", &key).unwrap();
            let rest =
                ["uncoded", "set_aside"].map(|word| self.known.figure(&format!("{word}:question={key}")));
            for of in DIMENSIONS {
                for members in self.levels(of) {
                    let own = self.cell(set, of, &members);
                    let mut more: Vec<u32> = rest.to_vec();
                    for id in &names {
                        let theme = self.find("contributions", "theme", id).unwrap();
                        more.push(self.cell(theme, of, &members));
                    }
                    self.known
                        .at_most("what no theme has was not coded", &[own], &more, 0);
                }
            }
        }
    }

    /// How many groups were heard is exact, and so says which cells are not zero.
    fn groups_heard(&mut self, collation: &Value) {
        let groups: Vec<String> = self.universe["group"]
            .iter()
            .filter(|group| *group != "not_recorded")
            .cloned()
            .collect();
        let heard = |reader: &mut Self, name: &str, cells: Vec<u32>, count: i64| {
            let known = reader.known.figure(&format!("{name}:of known groups"));
            reader.known.equal("of known groups", &cells, &[known]);
            reader.known.add("groups heard", Rule::Heard(cells, known, count));
            known
        };
        for question in list(&collation["questions"])
            .iter()
            .filter(|one| one["tally"].is_null())
        {
            let key = text(&question["number"]);
            let set = self.find("contributions", "question", &key).unwrap();
            let cells = groups.iter().map(|group| self.one(set, "group", group)).collect();
            let known = heard(
                self,
                &format!("question={key}"),
                cells,
                number(&question["groups"]),
            );
            let (nobody, whole) = (self.one(set, "group", "not_recorded"), self.sets[set].total);
            self.known
                .equal("of known groups and of none", &[known, nobody], &[whole]);
        }
        for theme in list(&collation["themes"]) {
            let id = text(&theme["id"]);
            let set = self.find("contributions", "theme", &id).unwrap();
            let cells: Vec<u32> = groups.iter().map(|group| self.one(set, "group", group)).collect();
            let known = heard(
                self,
                &format!("theme={id}"),
                cells.clone(),
                number(&theme["groups"]),
            );
            let (nobody, whole) = (self.one(set, "group", "not_recorded"), self.sets[set].total);
            self.known
                .equal("of known groups and of none", &[known, nobody], &[whole]);
            // In each question by group, which is shown nowhere and has an exact number of groups.
            let mut by_group: Vec<Vec<u32>> = vec![Vec::new(); groups.len() + 1];
            for question in list(&collation["questions"]) {
                let Some(own) = list(&question["themes"])
                    .iter()
                    .find(|one| text(&one["id"]) == id)
                else {
                    continue;
                };
                let key = text(&question["number"]);
                let name = format!("contributions:theme={id}@question={key}");
                let whole = self.known.figure(&name);
                let asked = self.find("contributions", "question", &key).unwrap();
                let mut cells = Vec::new();
                for (at, group) in groups.iter().enumerate() {
                    let cell = self.known.figure(&format!("{name}:group={group}"));
                    let on_question = self.one(asked, "group", group);
                    self.known
                        .at_most("of a group on a question", &[cell], &[on_question], 0);
                    by_group[at].push(cell);
                    cells.push(cell);
                }
                let nobody = self.known.figure(&format!("{name}:group=not_recorded"));
                by_group[groups.len()].push(nobody);
                let known = heard(self, &name, cells, number(&own["groups"]));
                self.known
                    .equal("of known groups and of none", &[known, nobody], &[whole]);
            }
            let nobody = self.one(set, "group", "not_recorded");
            for (parts, whole) in by_group.iter().zip(cells.iter().chain([&nobody])) {
                self.known
                    .equal("questions divide a theme in a group", parts, &[*whole]);
            }
        }
        for theme in list(&collation["themes"]) {
            let Some(parent) = theme["parent_id"].as_str() else {
                continue;
            };
            let above = list(&collation["themes"])
                .iter()
                .find(|one| text(&one["id"]) == parent)
                .unwrap();
            if above["groups"] == theme["groups"] {
                let child = self.find("contributions", "theme", &text(&theme["id"])).unwrap();
                let parent = self.find("contributions", "theme", parent).unwrap();
                for group in &groups {
                    let (one, other) = (self.one(child, "group", group), self.one(parent, "group", group));
                    self.known
                        .add("as many groups as the parent has", Rule::Together(one, other));
                }
            }
        }
    }

    /// Two sets whose overlap is known differ in a column by no more than in all.
    fn overlap(&mut self, one: usize, other: usize, both: &[u32], kind: &'static str) {
        let (all, of_other) = (self.sets[one].total, self.sets[other].total);
        for of in DIMENSIONS {
            if !self.sets[one].dimensions.contains(of) || !self.sets[other].dimensions.contains(of) {
                continue;
            }
            for members in self.levels(of) {
                let (a, b) = (self.cell(one, of, &members), self.cell(other, of, &members));
                self.known.at_most(kind, &[&[a], both].concat(), &[b, all], 0);
                self.known
                    .at_most(kind, &[&[b], both].concat(), &[a, of_other], 0);
            }
        }
    }

    fn overlaps(&mut self, collation: &Value) {
        for theme in list(&collation["themes"]) {
            let id = text(&theme["id"]);
            let one = self.find("contributions", "theme", &id).unwrap();
            if let Some(parent) = theme["parent_id"].as_str() {
                let parent = self.find("contributions", "theme", parent).unwrap();
                let both = self.sets[one].total;
                self.overlap(one, parent, &[both], "parent and sub-theme");
            }
            for (field, axis, name) in [
                ("questions", "question", "number"),
                ("sections", "section", "ref"),
            ] {
                for part in list(&collation[field]) {
                    let key = text(&part[name]);
                    let other = self.find("contributions", axis, &key).unwrap();
                    let listed = list(&part["themes"]).iter().any(|own| text(&own["id"]) == id);
                    let both: Vec<u32> = listed
                        .then(|| {
                            self.known
                                .figure(&format!("contributions:theme={id}@{axis}={key}"))
                        })
                        .into_iter()
                        .collect();
                    self.overlap(one, other, &both, "theme and question or section");
                }
            }
        }
        for axis in ["theme", "question"] {
            for one in self.all("contributions", axis) {
                for stance in STANCES {
                    if let Some(other) = self.find("contributions", "stance", stance) {
                        let both = self.one(one, "stance", stance);
                        self.overlap(one, other, &[both], "theme or question and stance");
                    }
                }
            }
        }
    }

    /// Questions, sections and stances each divide everything that was said.
    fn divisions(&mut self, collation: &Value) {
        let questions = self.all("contributions", "question");
        let said: Vec<u32> = questions.iter().map(|set| self.sets[*set].total).collect();
        let rest: Vec<u32> = list(&collation["questions"])
            .iter()
            .flat_map(|one| {
                ["uncoded", "set_aside"].map(|word| format!("{word}:question={}", text(&one["number"])))
            })
            .map(|name| self.known.figure(&name))
            .collect();
        for axis in ["section", "stance"] {
            let others = self.all("contributions", axis);
            if others.is_empty() {
                continue;
            }
            let totals: Vec<u32> = others.iter().map(|set| self.sets[*set].total).collect();
            self.known
                .equal("questions and others divide everything", &said, &totals);
            for of in ["respondent_group", "group", "setting", "channel", "round"] {
                for members in self.levels(of) {
                    let one: Vec<u32> = questions
                        .iter()
                        .map(|set| self.cell(*set, of, &members))
                        .collect();
                    let other: Vec<u32> = others.iter().map(|set| self.cell(*set, of, &members)).collect();
                    self.known
                        .equal("questions and others divide everything", &one, &other);
                }
            }
        }
        // Stances of questions add up to those of all, where these have a table.
        for stance in STANCES {
            if let Some(set) = self.find("contributions", "stance", stance) {
                let total = self.sets[set].total;
                let parts: Vec<u32> = questions
                    .iter()
                    .map(|one| self.one(*one, "stance", stance))
                    .collect();
                self.known
                    .equal("stances of questions are those of all", &parts, &[total]);
            }
        }
        let themes = self.all("contributions", "theme");
        let tops: Vec<usize> = list(&collation["themes"])
            .iter()
            .filter(|one| one["parent_id"].is_null())
            .filter_map(|one| self.find("contributions", "theme", &text(&one["id"])))
            .collect();
        for of in DIMENSIONS {
            for members in self.levels(of) {
                let all: Vec<u32> = questions
                    .iter()
                    .map(|set| self.cell(*set, of, &members))
                    .collect();
                for theme in &themes {
                    let (cell, total) = (self.cell(*theme, of, &members), self.sets[*theme].total);
                    self.known
                        .at_most("a theme is within everything", &[cell], &all, 0);
                    self.known.at_most(
                        "what is outside a theme in a column is outside it in all",
                        &[&all[..], &[total]].concat(),
                        &[&said[..], &[cell]].concat(),
                        0,
                    );
                }
                let covered: Vec<u32> = tops.iter().map(|set| self.cell(*set, of, &members)).collect();
                self.known.at_most(
                    "what no theme has was not coded",
                    &all,
                    &[&covered[..], &rest[..]].concat(),
                    0,
                );
            }
        }
    }

    /// Two themes differ by no more than what each part leaves room for. Needs bounds, so it comes after a first look.
    pub fn differences(&mut self, collation: &Value) {
        let themes = list(&collation["themes"]);
        let questions = self.all("contributions", "question");
        let parents: BTreeMap<String, String> = themes
            .iter()
            .filter_map(|one| Some((text(&one["id"]), one["parent_id"].as_str()?.to_owned())))
            .collect();
        let bounds = self.known.bounds.clone();
        let of =
            |reader: &Self, name: &str| reader.known.named(name).map_or((0, 0), |at| bounds[at as usize]);
        for one in themes {
            for other in themes {
                let (a, b) = (text(&one["id"]), text(&other["id"]));
                if a == b || parents.get(&a) == Some(&b) {
                    continue;
                }
                let (first, second) = (
                    self.find("contributions", "theme", &a).unwrap(),
                    self.find("contributions", "theme", &b).unwrap(),
                );
                let shared = parents
                    .get(&a)
                    .filter(|parent| parents.get(&b) == Some(parent))
                    .cloned();
                // What is in the first and not in the second, and what is in both, at the most.
                let (mut apart, mut both) = (0, 0);
                for question in list(&collation["questions"]) {
                    let key = text(&question["number"]);
                    let t = |id: &str| of(self, &format!("contributions:theme={id}@question={key}"));
                    let coded = of(self, &format!("coded:question={key}")).1;
                    let (x, y) = (t(&a), t(&b));
                    let mut room = x.1.min((coded - y.0).max(0));
                    if let Some(parent) = &shared {
                        room = room.min((t(parent).1 - y.0).max(0));
                    }
                    apart += room;
                    both += x.1.min(y.1);
                }
                let whole = bounds[self.sets[first].total as usize];
                for dimension in DIMENSIONS {
                    let (mut d, mut o) = (0, 0);
                    for key in self.universe[dimension].clone() {
                        let (x, y) = (
                            self.one(first, dimension, &key),
                            self.one(second, dimension, &key),
                        );
                        let (x, y) = (bounds[x as usize], bounds[y as usize]);
                        let mut all = 0;
                        for question in &questions {
                            let cell = self.one(*question, dimension, &key);
                            all += bounds[cell as usize].1;
                        }
                        let mut room = x.1.min((all - y.0).max(0));
                        if let Some(parent) = &shared {
                            let parent = self.find("contributions", "theme", parent).unwrap();
                            let cell = self.one(parent, dimension, &key);
                            room = room.min((bounds[cell as usize].1 - y.0).max(0));
                        }
                        d += room.min(FAR);
                        o += x.1.min(y.1);
                    }
                    apart = apart.min(d);
                    both = both.min(o);
                }
                if apart < whole.1 {
                    for dimension in DIMENSIONS {
                        for members in self.levels(dimension) {
                            let (x, y) = (
                                self.cell(first, dimension, &members),
                                self.cell(second, dimension, &members),
                            );
                            self.known
                                .at_most("two themes that hardly differ", &[x], &[y], apart);
                        }
                    }
                }
                // Two themes that hardly overlap need room for both.
                if a < b && both < whole.1 {
                    for dimension in DIMENSIONS {
                        for members in self.levels(dimension) {
                            let x = self.cell(first, dimension, &members);
                            let y = self.cell(second, dimension, &members);
                            let all: Vec<u32> = questions
                                .iter()
                                .map(|set| self.cell(*set, dimension, &members))
                                .collect();
                            self.known
                                .at_most("two themes apart need room", &[x, y], &all, both);
                            if let Some(parent) = &shared {
                                let parent = self.find("contributions", "theme", parent).unwrap();
                                let cell = self.cell(parent, dimension, &members);
                                self.known
                                    .at_most("two sub-themes apart need room", &[x, y], &[cell], both);
                            }
                        }
                    }
                }
            }
        }
    }

    /// Tables and responses, where a cut counts them, against the contributions made there.
    fn units(&mut self) {
        for unit in ["discussions", "responses"] {
            for axis in ["theme", "question", "section", "stance"] {
                for set in self.all(unit, axis) {
                    let key = self.sets[set].key.clone();
                    let Some(said) = self.find("contributions", axis, &key) else {
                        continue;
                    };
                    let (total, all) = (self.sets[set].total, self.sets[said].total);
                    let tables = self.one(said, "channel", "meeting_discussion");
                    self.known.at_most(
                        "as many contributions as tables or responses",
                        &[total],
                        &[all],
                        0,
                    );
                    if unit == "discussions" {
                        self.known
                            .at_most("as many contributions as tables", &[total], &[tables], 0);
                        self.known
                            .add("said at tables, so tables", Rule::Together(total, tables));
                    } else {
                        self.known
                            .at_most("as many contributions as responses", &[total, tables], &[all], 0);
                        if let Some(at) = self.find("heard", "responses", "all") {
                            let responses = self.sets[at].total;
                            self.known.at_most("of all responses", &[total], &[responses], 0);
                        }
                    }
                    let other = self.find(
                        if unit == "discussions" {
                            "responses"
                        } else {
                            "discussions"
                        },
                        axis,
                        &key,
                    );
                    if let Some(other) = other {
                        let other = self.sets[other].total;
                        self.known.at_most(
                            "contributions of tables and responses",
                            &[total, other],
                            &[all],
                            0,
                        );
                    }
                    for of in self.sets[set].dimensions.clone() {
                        for members in self.levels(of) {
                            let (part, of_said) =
                                (self.cell(set, of, &members), self.cell(said, of, &members));
                            self.known
                                .at_most("as many contributions as there", &[part], &[of_said], 0);
                            self.known.at_most(
                                "tables elsewhere have their contributions elsewhere",
                                &[of_said, total],
                                &[part, all],
                                0,
                            );
                            if unit == "discussions" && !self.mixed {
                                self.known
                                    .add("said there, so a table there", Rule::Together(part, of_said));
                                self.known.at_most(
                                    "points at tables there",
                                    &[of_said, total],
                                    &[part, tables],
                                    0,
                                );
                            }
                        }
                        if unit == "discussions" && matches!(of, "group" | "round") {
                            let nobody = self.one(set, of, "not_recorded");
                            self.known.see(nobody, 0, 0);
                        }
                        if unit == "responses" && of == "round" {
                            let none = self.one(set, of, "not_recorded");
                            self.known.equal("responses have no round", &[none], &[total]);
                        }
                        if of == "channel" {
                            let meeting = self.one(set, of, "meeting_discussion");
                            if unit == "discussions" {
                                self.known.equal("tables have one channel", &[meeting], &[total]);
                            } else {
                                self.known.see(meeting, 0, 0);
                                for channel in &CHANNELS[1..] {
                                    let (cell, of_said) =
                                        (self.one(set, of, channel), self.one(said, of, channel));
                                    self.known.add(
                                        "said by that channel, so a response",
                                        Rule::Together(cell, of_said),
                                    );
                                    if let Some(heard) = self.find("heard", "responses", "all") {
                                        let heard = self.one(heard, "channel", channel);
                                        self.known.at_most(
                                            "of the responses of a channel",
                                            &[cell],
                                            &[heard],
                                            0,
                                        );
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Responses, of which the number is known or nearly known.
    fn of_responses(&mut self, collation: &Value) {
        let heard = &collation["heard"];
        let Some(set) = self.find("heard", "responses", "all") else {
            return;
        };
        let all = self.sets[set].total;
        let (groups, meetings, discussions) = (
            number(&heard["groups"]),
            number(&heard["meetings"]),
            number(&heard["discussions"]),
        );
        self.known.at_most(
            "a group is heard at a meeting or by a response",
            &[],
            &[all],
            meetings - groups,
        );
        if discussions == 0 {
            self.known.see(all, number(&heard["services"]), FAR);
        }
        let tables = self.one(set, "channel", "meeting_discussion");
        self.known.see(tables, 0, 0);
        let names: Vec<u32> = (0..self.known.names.len() as u32)
            .filter(|at| self.known.names[*at as usize].starts_with("responses:theme="))
            .collect();
        for of in names {
            self.known.at_most("of all responses", &[of], &[all], 0);
        }
        // A channel by which anything was said has a response.
        for channel in &CHANNELS[1..] {
            let responses = self.one(set, "channel", channel);
            for axis in ["theme", "question", "section"] {
                for said in self.all("contributions", axis) {
                    let cell = self.one(said, "channel", channel);
                    self.known.add(
                        "said by a channel, so a response of it",
                        Rule::NoMoreKindsThan(vec![cell], responses),
                    );
                }
            }
        }
        // Where there were no tables every answer is of a response, which gives one to a question, or one to an option.
        if discussions == 0 {
            for question in list(&collation["questions"])
                .iter()
                .filter(|one| !one["tally"].is_null())
            {
                let key = text(&question["number"]);
                let options: Vec<usize> = question["tally"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter_map(|option| self.find("people", "answer", &format!("{key}/{option}")))
                    .collect();
                for option in &options {
                    let total = self.sets[*option].total;
                    self.known
                        .at_most("each response answers once", &[total], &[all], 0);
                }
                if !question["consensus"].is_null() {
                    let totals: Vec<u32> = options.iter().map(|one| self.sets[*one].total).collect();
                    self.known
                        .at_most("each response answers once", &totals, &[all], 0);
                }
                let said = self.find("contributions", "question", &key).unwrap();
                let said = self.sets[said].total;
                self.known.at_most(
                    "a closed question takes one text of a response",
                    &[said],
                    &[all],
                    0,
                );
            }
        }
    }
}

/// Columns as they are shown, with what was joined in each.
fn columns(table: &Value) -> BTreeMap<String, Vec<String>> {
    let joined: BTreeMap<String, Vec<String>> = list(&table["merged"])
        .iter()
        .map(|one| {
            (
                text(&one["key"]),
                list(&one["members"]).iter().map(text).collect(),
            )
        })
        .collect();
    list(&table["columns"])
        .iter()
        .map(|column| text(&column["key"]))
        .filter(|key| key != "all")
        .map(|key| {
            let members = joined.get(&key).cloned().unwrap_or_else(|| vec![key.clone()]);
            (key, members)
        })
        .collect()
}
