//! The check of a codeframe the slow way: sets of contributions, pair by pair, and pairs of letters counted in a map.

use super::naive::{Naive, coded, is_table, set_aside};
use domain::{facts::ThemeFact, id::ThemeId, vocabulary::ThemeStatus};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// In order. No label here has a word in the singular and in the plural.
fn words(label: &str) -> Vec<String> {
    let words = label.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(str::to_lowercase);
    let mut words: Vec<_> = words.collect();
    words.sort();
    words
}

fn pairs_of_letters(label: &str) -> BTreeMap<String, usize> {
    let letters: Vec<char> = words(label).join(" ").chars().collect();
    let mut counts = BTreeMap::new();
    for two in letters.windows(2) {
        *counts.entry(two.iter().collect()).or_default() += 1;
    }
    counts
}

fn similarity(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs_of_letters(one), pairs_of_letters(other));
    let common: usize = one
        .iter()
        .map(|(pair, count)| count.min(other.get(pair).unwrap_or(&0)))
        .sum();
    let all: usize = one.values().chain(other.values()).sum();
    2.0 * common as f64 / all as f64
}

impl Naive<'_> {
    /// What is to be looked at, but for what says of whom and by which figures.
    pub fn codeframe_check(&self) -> Value {
        let points = self.points();
        let mut in_use: Vec<&ThemeFact> = self
            .world
            .register
            .themes
            .iter()
            .filter(|theme| [ThemeStatus::Candidate, ThemeStatus::Agreed].contains(&theme.status))
            .collect();
        in_use.sort_by_key(|theme| (theme.label.clone(), theme.id));
        let under = |id: ThemeId| {
            points
                .iter()
                .filter(move |(_, said)| self.lines(said).contains(&id))
        };
        let shown = |theme: &ThemeFact| json!({"id": theme.id, "code": theme.code, "label": theme.label});
        let (mut near, mut overlaps) = (Vec::new(), Vec::new());
        for (at, one) in in_use.iter().enumerate() {
            for other in &in_use[at + 1..] {
                let themes = json!([shown(one), shown(other)]);
                let alike = similarity(&one.label, &other.label);
                if alike >= 0.8 {
                    near.push((alike, json!({"themes": themes, "similarity": alike, "same_words": words(&one.label) == words(&other.label)})));
                }
                let both = under(one.id)
                    .filter(|(_, said)| self.lines(said).contains(&other.id))
                    .count();
                let either = under(one.id).count() + under(other.id).count() - both;
                let jaccard = both as f64 / either as f64;
                let family = self.parent(one.id) == Some(other.id) || self.parent(other.id) == Some(one.id);
                if either >= 5 && jaccard > 0.7 && !family {
                    let found = json!({"themes": themes, "both": both, "either": either, "jaccard": jaccard});
                    overlaps.push((jaccard, found));
                }
            }
        }
        let listed = |mut pairs: Vec<(f64, Value)>| {
            pairs.sort_by(|(one, _), (other, _)| other.total_cmp(one));
            pairs.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>()
        };
        let mut under_used: Vec<_> = in_use
            .iter()
            .map(|theme| (under(theme.id).count(), theme))
            .filter(|(count, _)| [1, 2].contains(count))
            .collect();
        under_used.sort_by_key(|(count, _)| *count);
        let discussions = |theme: &ThemeFact| {
            let tables = under(theme.id).filter(|(one, _)| is_table(one));
            tables
                .map(|(one, _)| one.id)
                .collect::<std::collections::BTreeSet<_>>()
                .len()
        };
        let with_theme = points.iter().filter(|(_, said)| coded(said));
        let left = points
            .iter()
            .filter(|(_, said)| !coded(said) && !set_aside(said))
            .count();
        let with_theme: Vec<_> = with_theme.collect();
        let share = |part: usize, all: usize| (all > 0).then(|| part as f64 / all as f64);
        let themes: usize = with_theme.iter().map(|(_, said)| self.own(said).len()).sum();
        let other = in_use.iter().find(|theme| theme.code == "other");
        let under_other = other.and_then(|theme| share(under(theme.id).count(), with_theme.len()));
        json!({
            "themes": in_use.len(), "contributions": points.len(), "coded": with_theme.len(), "uncoded": left,
            "uncoded_share": share(left, points.len()), "other_share": under_other,
            "themes_a_contribution": share(themes, with_theme.len()),
            "near_duplicates_found": near.len(), "near_duplicates": listed(near),
            "overlaps_found": overlaps.len(), "overlaps": listed(overlaps),
            "under_used": under_used.iter().map(|(count, theme)| {
                json!({"theme": shown(theme), "contributions": count, "discussions": discussions(theme)})
            }).collect::<Vec<_>>(),
            "never_used": in_use.iter().filter(|theme| under(theme.id).count() == 0).map(|theme| shown(theme)).collect::<Vec<_>>(),
        })
    }
}
