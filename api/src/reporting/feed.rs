//! What was published and decided lately, as a feed (Atom 1.0, RFC 4287): for whoever wants to hear of it without asking again.
//!
//! It holds what everybody may read and nothing else, whoever asks. Its links are relative: this service does not know under which
//! name it is reached, and RFC 3986, section 5.1.3, has them read against the address from which the feed was fetched. Ids are
//! `urn:uuid`, which stay when that address changes. Refused: a base address in the settings, which would be wrong in one of two places
//! behind every balancer.

use crate::{
    auth::permission::ReadOutcomes,
    http::{
        access::Anyone,
        answer::{Feed, Reply},
        markup::Markup,
    },
};
use domain::{id::ReportId, moment::Moment, report::page_of};
use entity::{consultations, outcomes, reports};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use uuid::Uuid;

/// Entries that the feed holds at the most.
const ENTRIES: usize = 100;
/// What tells the feed's own id from others that are made of the same.
const OF_THE_FEED: &str = "outcomes.atom";

/// Something that was published or decided.
struct Entry {
    id: Uuid,
    at: Moment,
    title: String,
    content: String,
    page: String,
}

/// `GET /outcomes.atom`
pub async fn show(anyone: Anyone<ReadOutcomes>) -> Reply<Feed> {
    let (public, decided, first) = anyone
        .store()
        .read(async |tx| {
            let public = tx.open_to_everybody().await?;
            let of = public.iter().map(|(_, consultation)| consultation.id).collect();
            let decided = tx.latest_outcomes(of, ENTRIES as u64).await?;
            Ok((public, decided, tx.first_report().await?))
        })
        .await?;
    let published = public
        .iter()
        .filter_map(|(report, consultation)| of_report(report, consultation));
    let outcomes = decided.iter().filter_map(|outcome| {
        let of = |(_, consultation): &&(reports::Model, consultations::Model)| {
            consultation.id == outcome.consultation_id
        };
        let (report, consultation) = public.iter().find(of)?;
        Some(of_outcome(outcome, report, consultation))
    });
    let mut entries: Vec<_> = published.chain(outcomes).collect();
    entries.sort_by_key(|entry| Reverse((entry.at, entry.id)));
    entries.truncate(ENTRIES);
    Ok(Feed(written(&feed_id(first), &entries).into_string()))
}

fn of_report(report: &reports::Model, consultation: &consultations::Model) -> Option<Entry> {
    Some(Entry {
        id: report.id.0,
        at: report.published_at?,
        title: format!("Report {} published: {}", report.number, consultation.title),
        content: format!("We asked: {}", report.frozen.0.consultation.summary),
        page: page_of(&consultation.reference),
    })
}

/// A theme is named as the report that everybody may read names it, and not at all where that does not.
fn of_outcome(
    outcome: &outcomes::Model,
    report: &reports::Model,
    consultation: &consultations::Model,
) -> Entry {
    let themes = &report.frozen.0.codeframe.themes;
    let theme = themes.iter().find(|theme| Some(theme.id) == outcome.theme_id);
    let of = match (theme, outcome.theme_id, &outcome.section_ref) {
        (Some(theme), _, _) => theme.label.clone(),
        (None, Some(_), _) => "A theme".to_owned(),
        (None, None, Some(section)) => format!("Section {section}"),
        (None, None, None) => "The whole of it".to_owned(),
    };
    let decision = outcome.decision.label();
    Entry {
        id: outcome.id.0,
        at: outcome.received_at,
        title: format!("{of}: {}", decision.to_lowercase()),
        content: format!(
            "We asked: {}\nYou said: {of}\nWe did: {decision}. {}\nDecided on {} by {}.",
            consultation.title, outcome.reason, outcome.decided_on, outcome.decided_by
        ),
        page: page_of(&consultation.reference),
    }
}

/// The feed's own id: made of the first report that was ever begun, whose row is never deleted, so that every replica of one network
/// says the same and another network something else. A feed before that is empty.
fn feed_id(first: Option<ReportId>) -> String {
    let of = first.map(|id| id.to_string()).unwrap_or_default();
    let digest = Sha256::digest(format!("{OF_THE_FEED} {of}"));
    let bytes = digest
        .iter()
        .take(16)
        .fold(0, |all, byte| all << 8 | u128::from(*byte));
    urn(uuid::Builder::from_custom_bytes(bytes.to_be_bytes()).into_uuid())
}

fn urn(id: Uuid) -> String {
    format!("urn:uuid:{id}")
}

fn written(id: &str, entries: &[Entry]) -> Markup {
    let updated = entries.first().map_or(Moment(0), |entry| entry.at);
    let mut feed = Markup::default();
    feed.ours("<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en-GB\"><title>")
        .ours("What was said, and what was decided")
        .ours("</title><id>")
        .text(id)
        .ours("</id><updated>")
        .text(&updated.to_string())
        .ours("</updated><author><name>Collate</name></author><link rel=\"self\" type=\"application/atom+xml\" ")
        .ours("href=\"/outcomes.atom\"/><link rel=\"alternate\" type=\"text/html\" href=\"/\"/>");
    for entry in entries {
        feed.ours("<entry><title>")
            .text(&allowed(&entry.title))
            .ours("</title><id>")
            .text(&urn(entry.id))
            .ours("</id><updated>")
            .text(&entry.at.to_string())
            .ours("</updated><link rel=\"alternate\" type=\"text/html\" href=\"")
            .text(&entry.page)
            .ours("\"/><content type=\"text\">")
            .text(&allowed(&entry.content))
            .ours("</content></entry>");
    }
    feed.ours("</feed>");
    feed
}

/// Without what XML cannot hold (XML 1.0, section 2.2): texts are taken in with two characters that are none there.
fn allowed(text: &str) -> String {
    text.chars()
        .filter(|letter| {
            !matches!(letter, '\u{fffe}' | '\u{ffff}') && (!letter.is_control() || "\t\n".contains(*letter))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_xml_whatever_stands_in_it() {
        let hostile = "</title><script>\"'&\u{ffff}\u{1} ends";
        let entries = [Entry {
            id: Uuid::from_u128(1),
            at: Moment(1_570_100_000_123_456),
            title: hostile.to_owned(),
            content: hostile.to_owned(),
            page: "/reports/A%20B".to_owned(),
        }];
        let feed = written(&feed_id(None), &entries).into_string();
        assert_eq!(feed.matches("<title>").count(), 2);
        assert!(
            !feed.contains("<script") && !feed.contains(['\u{1}', '\u{ffff}']),
            "{feed}"
        );
        assert!(
            feed.contains("<id>urn:uuid:00000000-0000-0000-0000-000000000001</id>"),
            "{feed}"
        );
        assert!(feed.contains("<updated>2019-10-03T"), "{feed}");
        let one = feed_id(Some(Uuid::from_u128(1).into()));
        assert_ne!(one, feed_id(None));
        assert_eq!(one, feed_id(Some(Uuid::from_u128(1).into())));
    }
}
