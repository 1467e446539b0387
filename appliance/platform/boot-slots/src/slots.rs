//! What the names in the folder of images say together.

use crate::{SlotPath, Standing};

/// The images beside the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Others {
    images: Vec<SlotPath>,
}

impl Others {
    /// `names`: of the files in the folder. What is no image (another ending, a name that a slot cannot have) is none of ours, and
    /// systemd-boot's or a person's business.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>, running: &SlotPath) -> Others {
        let mut images: Vec<SlotPath> = names.into_iter().filter_map(SlotPath::named).collect();
        images.retain(|image| image.slot() != running.slot());
        images.sort_by(|a, b| a.path().cmp(b.path()));
        Others { images }
    }

    /// Those that the loader starts where the running one is bad: they worked before.
    pub fn good(&self) -> impl Iterator<Item = &SlotPath> {
        self.images.iter().filter(|image| image.standing() == Standing::Good)
    }

    /// Those that were tried so often that the loader takes any other one first.
    pub fn failed(&self) -> impl Iterator<Item = &SlotPath> {
        self.images.iter().filter(|image| image.standing() == Standing::Bad)
    }
}
