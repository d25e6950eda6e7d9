//! What moved between two releases: which contributions came to count, count no more, or count as something else.
//!
//! Invariant: a contribution that counts in both as the same is in none of these. One may be in several: coded anew and corrected.

use super::{DECIDED, Provenance, Stood, StoodIn};
use crate::id::ContributionId;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Contributions of one kind of move, and the tables and responses that they stand in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MovedOnes {
    /// In the order of the tables and responses, and within each as they reached us.
    pub contributions: Vec<ContributionId>,
    /// Tables and responses, by id.
    pub containers: BTreeSet<Uuid>,
}

impl MovedOnes {
    fn add(&mut self, place: &StoodIn, said: &Stood) {
        self.contributions.push(said.id);
        self.containers.insert(place.id);
    }
}

/// What moved from one release to a later one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Counted in the later alone.
    pub added: MovedOnes,
    /// Counted in the earlier alone.
    pub gone: MovedOnes,
    /// Counted by another coding that says something else: other themes, set aside or no longer, or open between coders.
    pub recoded: MovedOnes,
    /// Counted by the same coding under other themes: these were merged, or put under another.
    pub by_codeframe: MovedOnes,
    /// Counted in another version of itself: corrected, cleared, or not to be quoted any more. By itself that moves no figure.
    pub other_version: MovedOnes,
    /// Counted on another question.
    pub question: MovedOnes,
    /// Counted for another section.
    pub section: MovedOnes,
    /// Put down to another respondent group.
    pub respondent_group: MovedOnes,
    /// Put down to another setting.
    pub setting: MovedOnes,
    /// Counted with another stance.
    pub stance: MovedOnes,
    /// Of a table or response that counts for another group, round, meeting or channel; or moved to another table or response.
    pub place: MovedOnes,
    /// Any of the six above.
    pub counted_as_else: MovedOnes,
    /// Tables and responses whose shows of hands and choices are others; those that came and went among them.
    pub answers: BTreeSet<Uuid>,
}

impl Provenance {
    fn by_id(&self) -> HashMap<ContributionId, (&StoodIn, &Stood)> {
        self.all().map(|(place, said)| (said.id, (place, said))).collect()
    }

    /// Every contribution, with where it stood.
    fn all(&self) -> impl Iterator<Item = (&StoodIn, &Stood)> {
        self.containers.iter().flat_map(|place| {
            let own = self.contributions.get(place.contributions.clone());
            own.unwrap_or_default().iter().map(move |said| (place, said))
        })
    }

    /// Under which themes a contribution counted, with their parents.
    fn counted_under(&self, said: &Stood) -> BTreeSet<Uuid> {
        let mut all = BTreeSet::new();
        for theme in &said.themes {
            let mut at = Some(*theme);
            // Parents of parents are followed to the top; a line longer than the codeframe would be a circle.
            for _ in 0..=self.themes.len() {
                let Some(one) = at else { break };
                all.extend(self.themes.get(one as usize).map(|theme| theme.0));
                at = self.parents.get(one as usize).copied().flatten();
            }
        }
        all
    }

    /// Shows of hands and choices, in words that hold in every release.
    fn answers_of(&self, place: &StoodIn) -> BTreeSet<(i32, &str, u32)> {
        let answers = place.answers.iter();
        answers
            .filter_map(|(question, option, people)| {
                let (number, options) = self.questions.get(*question as usize)?;
                Some((*number, options.get(*option as usize)?.as_str(), *people))
            })
            .collect()
    }

    /// What moved from this release to a later one.
    pub fn moved_to(&self, later: &Self) -> Moved {
        let mut moved = Moved::default();
        let (before, after) = (self.by_id(), later.by_id());
        for (place, said) in self.all() {
            if !after.contains_key(&said.id) {
                moved.gone.add(place, said);
            }
        }
        for (place, said) in later.all() {
            let Some((was_in, was)) = before.get(&said.id) else {
                moved.added.add(place, said);
                continue;
            };
            let under_others = self.counted_under(was) != later.counted_under(said);
            // Who decided moves no figure.
            let is_else = under_others || was.flags & !DECIDED != said.flags & !DECIDED;
            let recoded = was.coding != said.coding && is_else;
            let other_version = was.version != said.version;
            let question = self.question_of(was) != later.question_of(said);
            let section = self.section_of(was) != later.section_of(said);
            let respondent_group = was.respondent_group != said.respondent_group;
            let setting = was.setting != said.setting;
            let stance = was.stance != said.stance;
            let where_it_counts =
                |place: &StoodIn| (place.id, place.channel, place.group, place.round, place.meeting);
            let elsewhere = where_it_counts(was_in) != where_it_counts(place);
            let kinds = [
                (recoded, &mut moved.recoded),
                (is_else && !recoded, &mut moved.by_codeframe),
                (other_version, &mut moved.other_version),
                (question, &mut moved.question),
                (section, &mut moved.section),
                (respondent_group, &mut moved.respondent_group),
                (setting, &mut moved.setting),
                (stance, &mut moved.stance),
                (elsewhere, &mut moved.place),
                (
                    question || section || respondent_group || setting || stance || elsewhere,
                    &mut moved.counted_as_else,
                ),
            ];
            for (holds, kind) in kinds {
                if holds {
                    kind.add(place, said);
                }
            }
        }
        let answered = |kept: &Self| -> HashMap<Uuid, BTreeSet<(i32, String, u32)>> {
            let own = |place: &StoodIn| {
                let answers = kept.answers_of(place).into_iter();
                answers
                    .map(|(number, option, people)| (number, option.to_owned(), people))
                    .collect()
            };
            kept.containers
                .iter()
                .map(|place| (place.id, own(place)))
                .collect()
        };
        let (before, after) = (answered(self), answered(later));
        let none = BTreeSet::new();
        for id in before.keys().chain(after.keys()) {
            if before.get(id).unwrap_or(&none) != after.get(id).unwrap_or(&none) {
                moved.answers.insert(*id);
            }
        }
        moved
    }
}
