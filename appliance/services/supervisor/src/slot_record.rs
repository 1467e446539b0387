//! What images leave each other on the data volume: what worked when one was marked good, and why another one failed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use boot_slots::{Others, SlotPath};
use durable_files::{read_json, write_json};
use serde::{Deserialize, Serialize};

use crate::error::{SupervisorError, chain, file};

const FILE: &str = "/data/boot-slots.json";
const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 << 10;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SlotRecord {
    /// By slot: the images that were marked good.
    good: BTreeMap<String, GoodImage>,
    /// By slot: why an image was given up, in words.
    failed: BTreeMap<String, Failure>,
    /// PCI addresses of the cards that last worked under a good image.
    cards: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoodImage {
    pub(crate) version: String,
    pub(crate) security_version: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failure {
    version: String,
    why: String,
}

impl SlotRecord {
    /// What is not there or cannot be read is as good as never written: then no card is asked for and nothing is raised. The second is
    /// a line about it.
    pub(crate) fn read() -> (SlotRecord, Option<String>) {
        match read_json(Path::new(FILE), VERSION, SIZE_MAX) {
            Ok(record) => (record.unwrap_or_default(), None),
            Err(e) => (SlotRecord::default(), Some(format!("{FILE} is not used: {}", chain(&e)))),
        }
    }

    pub(crate) fn write(&self) -> Result<(), SupervisorError> {
        write_json(Path::new(FILE), VERSION, self).map_err(file("writing", FILE))
    }

    /// Those that worked before.
    pub(crate) fn cards(&self) -> impl Iterator<Item = &str> {
        self.cards.iter().map(String::as_str)
    }

    /// These cards are there, and are known to work, to fail, or not known yet; whether that is news.
    pub(crate) fn has_cards<'a>(&mut self, known: impl Iterator<Item = (&'a str, Option<bool>)>) -> bool {
        let counts = |(card, works): &(&str, Option<bool>)| works.unwrap_or_else(|| self.cards.contains(*card));
        let cards: BTreeSet<String> = known.filter(counts).map(|(card, _)| card.to_string()).collect();
        std::mem::replace(&mut self.cards, cards.clone()) != cards
    }

    /// This image was marked good, with these cards.
    pub(crate) fn works(&mut self, slot: &SlotPath, image: GoodImage, cards: impl IntoIterator<Item = String>) {
        self.failed.remove(slot.slot());
        self.good.insert(slot.slot().into(), image);
        self.cards = cards.into_iter().collect();
    }

    pub(crate) fn fails(&mut self, slot: &SlotPath, version: &str, why: &str) {
        self.good.remove(slot.slot());
        self.failed.insert(slot.slot().into(), Failure { version: version.into(), why: why.into() });
    }

    /// Of an image that has no tries left: which it was, and why it was given up.
    pub(crate) fn failure(&self, slot: &SlotPath) -> String {
        match self.failed.get(slot.slot()) {
            Some(Failure { version, why }) => format!("{} (version {version}): {why}", slot.name()),
            None => format!("{}: it never came so far that it could say why", slot.name()),
        }
    }

    /// What the TPM may be told to refuse everything below of: nothing that the running image falls back to. `None`: one of those
    /// never said.
    pub(crate) fn security_floor(&self, running: &SlotPath, others: &Others) -> Option<u8> {
        let slots = [running].into_iter().chain(others.good());
        slots.map(|slot| self.good.get(slot.slot()).map(|image| image.security_version)).min()?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(file: &str) -> SlotPath {
        SlotPath::named(file).unwrap()
    }

    fn image(security_version: u8) -> GoodImage {
        GoodImage { version: "1.0".into(), security_version }
    }

    #[test]
    fn the_floor_is_never_above_what_the_box_falls_back_to() {
        let (a, b) = (slot("a.efi"), slot("b.efi"));
        let mut record = SlotRecord::default();
        record.works(&b, image(7), []);
        assert_eq!(record.security_floor(&b, &Others::of(["b.efi"], &b)), Some(7));
        // One that never said what it is may be any.
        let both = Others::of(["a.efi", "b.efi"], &b);
        assert_eq!(record.security_floor(&b, &both), None);
        record.works(&a, image(3), []);
        assert_eq!(record.security_floor(&b, &both), Some(3));
        // One that the loader does not fall back to does not count.
        assert_eq!(record.security_floor(&b, &Others::of(["a+0-3.efi"], &b)), Some(7));
    }

    #[test]
    fn a_card_that_was_taken_out_or_failed_is_not_asked_for_and_one_that_was_not_heard_of_is() {
        let mut record = SlotRecord::default();
        record.works(&slot("a.efi"), image(1), ["1", "2", "3", "4"].map(String::from));
        let known = [("1", None), ("2", Some(false)), ("3", Some(true)), ("5", Some(true)), ("6", None)];
        assert!(record.has_cards(known.into_iter()));
        assert_eq!(record.cards().collect::<Vec<_>>(), ["1", "3", "5"]);
        assert!(!record.has_cards(known.into_iter()));
    }

    #[test]
    fn an_image_that_was_given_up_says_why_until_another_one_works_in_its_slot() {
        let mut record = SlotRecord::default();
        assert!(record.failure(&slot("b+0-3.efi")).contains("never"));
        record.fails(&slot("b+2-1.efi"), "1.1", "a card did not pass");
        assert_eq!(record.failure(&slot("b+0-1.efi")), "b+0-1.efi (version 1.1): a card did not pass");
        record.works(&slot("b.efi"), image(1), ["0000:01:00.0".to_string()]);
        assert!(record.failure(&slot("b+0-3.efi")).contains("never"));
        assert_eq!(record.cards().collect::<Vec<_>>(), ["0000:01:00.0"]);
    }
}
