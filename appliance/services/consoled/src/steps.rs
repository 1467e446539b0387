//! The set-up's steps, in their file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use durable_files::ReadError;
use error_chain::chain;
use onboarding::{How, Onboarding, Step};

use crate::error::ConsoleError;

const VERSION: u32 = 1;
const SIZE_MAX: u64 = 16 << 10;

pub(crate) struct Steps {
    path: PathBuf,
    steps: Mutex<Onboarding>,
}

impl Steps {
    /// A file that cannot be read is set aside: its steps are offered again, and what they did is still done. The second value says so.
    pub(crate) fn open(folder: &Path) -> Result<(Steps, Option<String>), ConsoleError> {
        let path = folder.join("onboarding.json");
        let (steps, trouble) = match durable_files::read_json(&path, VERSION, SIZE_MAX) {
            Ok(steps) => (steps.unwrap_or_default(), None),
            Err(ReadError::Io(source)) => return Err(ConsoleError::File { action: "reading", path, source }),
            Err(e) => {
                let aside = durable_files::set_aside(&path, now());
                let aside = aside.map_err(|source| ConsoleError::File {
                    action: "setting aside",
                    path: path.clone(),
                    source,
                })?;
                let trouble = format!("the set-up's steps ({}) are kept as {}", chain(&e), aside.display());
                (Onboarding::default(), Some(trouble))
            }
        };
        Ok((Steps { path, steps: Mutex::new(steps) }, trouble))
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Onboarding) -> T) -> T {
        look(&self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its effect was made. Whoever is too early, or comes again, is shown the step that is next.
    pub(crate) fn finish(&self, step: Step, how: How) -> Result<(), ConsoleError> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = steps.clone();
        if changed.finish(step, how, now()).is_err() || changed == *steps {
            return Ok(());
        }
        self.write(&mut steps, changed)
    }

    /// A step that was left out was done now.
    pub(crate) fn made_up_for(&self, step: Step) -> Result<(), ConsoleError> {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = steps.clone();
        changed.made_up_for(step, now());
        if changed == *steps { Ok(()) } else { self.write(&mut steps, changed) }
    }

    fn write(&self, steps: &mut Onboarding, changed: Onboarding) -> Result<(), ConsoleError> {
        let written = durable_files::write_json(&self.path, VERSION, &changed);
        written.map_err(|source| ConsoleError::File { action: "writing", path: self.path.clone(), source })?;
        *steps = changed;
        Ok(())
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
