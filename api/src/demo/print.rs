//! A collation as people read it in a terminal.

use domain::vocabulary::Role;
use serde_json::Value;
use std::{fmt::Write, net::SocketAddr};

/// Columns of a usual terminal.
const WIDTH: usize = 100;

/// The whole collation as a readable table.
pub(super) fn collation(collation: &Value) -> String {
    let mut page = String::new();
    let _ = whole(&mut page, collation);
    page
}

fn n(value: &Value) -> u64 {
    value.as_u64().or_else(|| value["value"].as_u64()).unwrap_or(0)
}

fn s(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn whole(page: &mut String, collation: &Value) -> std::fmt::Result {
    let heard = &collation["heard"];
    let rule = "-".repeat(WIDTH);
    writeln!(page, "{rule}")?;
    writeln!(
        page,
        "{} - {}",
        s(&collation["consultation"]["reference"]),
        s(&collation["consultation"]["title"])
    )?;
    writeln!(
        page,
        "ILLUSTRATIVE: services, meetings and words are made up. Nobody said any of this."
    )?;
    writeln!(page, "{rule}")?;
    writeln!(
        page,
        "Heard: {} of {} groups, {} meetings, {} tables, {} of {} services, {} responses",
        n(&heard["groups"]),
        n(&heard["groups_expected"]),
        n(&heard["meetings"]),
        n(&heard["discussions"]),
        n(&heard["services"]),
        n(&heard["services_expected"]),
        n(&heard["responses"]["all"]),
    )?;
    let people = &heard["participants"];
    write!(page, "At the tables, at least {} people:", n(&people["all"]))?;
    let kinds = people["by_respondent_group"].as_object().into_iter().flatten();
    let kinds: Vec<_> = kinds
        .map(|(kind, count)| format!(" {} {}", n(count), label(collation, kind)))
        .collect();
    writeln!(page, "{}", kinds.join(","))?;

    writeln!(
        page,
        "\nTables below: groups and tables that raised a theme; points made on it; people: at least so many stood behind\n\
         it; services, staff: points made by people in services, and by staff."
    )?;

    for question in list(&collation["questions"]) {
        writeln!(page)?;
        let number = question["number"]
            .as_u64()
            .map_or("-".to_owned(), |number| number.to_string());
        writeln!(
            page,
            "{number}. {}",
            question["prompt"].as_str().unwrap_or("Outside every question")
        )?;
        writeln!(
            page,
            "   {} contributions at {} tables of {} groups; not discussed at {}, nothing recorded at {}; {} uncoded",
            n(&question["contributions"]),
            n(&question["discussions"]),
            n(&question["groups"]),
            n(&question["not_discussed"]),
            n(&question["no_record"]),
            n(&question["uncoded"]),
        )?;
        table(page, list(&question["themes"]), 5)?;
    }

    writeln!(
        page,
        "\nTHEMES OVER ALL QUESTIONS, the most widely raised first; indented: sub-themes, wherever they rank"
    )?;
    table(page, list(&collation["themes"]), usize::MAX)?;
    let quotes = list(&collation["themes"])
        .iter()
        .filter(|theme| theme["parent_id"].is_null());
    writeln!(page, "\nIN THEIR WORDS (illustrative)")?;
    for theme in quotes.take(3) {
        for quote in list(&theme["quotes"]).iter().take(1) {
            let who = label(collation, s(&quote["respondent_group"]));
            for (at, line) in wrapped(&format!("\"{}\"", s(&quote["text"])), WIDTH - 4)
                .iter()
                .enumerate()
            {
                writeln!(page, "{}{line}", if at == 0 { "  - " } else { "    " })?;
            }
            writeln!(page, "    {who}, on {}", s(&theme["label"]).to_lowercase())?;
        }
    }
    writeln!(page, "\nTO READ THESE FIGURES HONESTLY")?;
    for limitation in list(&collation["limitations"]) {
        for (at, line) in wrapped(s(&limitation["text"]), WIDTH - 4).iter().enumerate() {
            writeln!(page, "{}{line}", if at == 0 { "  - " } else { "    " })?;
        }
    }
    writeln!(page, "Revision {}.", n(&collation["revision"]))
}

fn label<'v>(collation: &'v Value, key: &'v str) -> &'v str {
    match key {
        "service_user" => "people in services",
        "family_carer" => "family and carers",
        "staff" => "staff",
        "commissioner" => "commissioners",
        "other" => "others",
        _ => {
            let known = list(&collation["legend"]["respondent_group"])
                .iter()
                .find(|entry| s(&entry["key"]) == key);
            known.map_or(key, |entry| s(&entry["label"]))
        }
    }
}

fn table(page: &mut String, themes: &[Value], most: usize) -> std::fmt::Result {
    writeln!(
        page,
        "   {:<44}{:>7}{:>8}{:>8}{:>10}{:>10}{:>7}",
        "theme", "groups", "tables", "points", "people", "services", "staff"
    )?;
    for theme in themes.iter().take(most) {
        let indent = if theme["parent_id"].is_null() || most != usize::MAX {
            ""
        } else {
            "  "
        };
        let who = &theme["by"]["respondent_group"];
        writeln!(
            page,
            "   {:<44}{:>7}{:>8}{:>8}{:>10}{:>10}{:>7}",
            shortened(&format!("{indent}{}", s(&theme["label"])), 43),
            n(&theme["groups"]),
            n(&theme["discussions"]),
            n(&theme["contributions"]),
            n(&theme["people_at_least"]),
            n(&who["service_user"]),
            n(&who["staff"]),
        )?;
    }
    if themes.len() > most {
        writeln!(page, "   and {} more", themes.len() - most)?;
    }
    Ok(())
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Where the demo is served, and how to sign in.
pub(super) fn where_to_go<'a>(
    address: SocketAddr,
    (reference, consultation): (&str, &str),
    (open_reference, open): (&str, &str),
    accounts: impl Iterator<Item = (Role, &'a String, &'a String)>,
) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "Serving the illustrative consultations.");
    let _ = writeln!(page, "  API explained:  http://{address}/docs/");
    let _ = writeln!(
        page,
        "  The report:     http://{address}/reports/{reference}, .../easy-read and .../outcomes; all reports: http://{address}/"
    );
    let _ = writeln!(
        page,
        "  To type up:     http://{address}/notes, and what is missing: http://{address}/coverage/{open_reference}"
    );
    let _ = writeln!(page, "  Contract:       http://{address}/openapi.json");
    let _ = writeln!(page, "  {reference:<16}{consultation}, reported");
    let _ = writeln!(
        page,
        "  {open_reference:<16}{open}, open: post, code, close and release in it"
    );
    let _ = writeln!(
        page,
        "Sign in with POST http://{address}/v1/auth/sign-in, one account for each role of people (an admin adds api clients at /v1/api-clients):"
    );
    for (role, email, password) in accounts {
        let _ = writeln!(page, "  {:<26}{email:<42}{password}", role.as_str());
    }
    let _ = write!(page, "Ctrl-C ends it.");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_and_lines_stay_in_their_width() {
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
    }
}
