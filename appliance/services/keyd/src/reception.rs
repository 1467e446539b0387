//! The people, their sessions and tries, in one place: kept in a file, and what is in memory alone.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use people::{Attempts, People, Refusal, Separation, Sessions};

use crate::authenticators::Authenticators;
use crate::error::{file, not_allowed};
use crate::locked::lock;
use crate::presence::Presence;
use crate::{KeydError, set_aside};

const VERSION: u32 = 1;
/// Five hundred people, and the names of those who are gone.
const SIZE_MAX: u64 = 8 << 20;

pub(crate) struct Reception {
    path: PathBuf,
    /// That three administrators exclude each other, apart from who they are: it outlives their file.
    separated: PathBuf,
    is_separated: AtomicBool,
    /// `None`: nobody has set the box up.
    pub(crate) people: Mutex<Option<People>>,
    pub(crate) sessions: Mutex<Sessions>,
    pub(crate) attempts: Mutex<Attempts>,
    pub(crate) authenticators: Mutex<Authenticators>,
    pub(crate) presence: Mutex<Presence>,
}

impl Reception {
    /// A file that cannot be read is set aside, and nobody signs in until somebody stands before the box; the second value says so.
    pub(crate) fn open(folder: &Path) -> Result<(Reception, Option<String>), KeydError> {
        let path = folder.join("people.json");
        let (people, trouble) = match durable_files::read_json(&path, VERSION, SIZE_MAX) {
            Ok(people) => (people, None),
            Err(e) => (None, Some(set_aside(&path, e)?)),
        };
        let separated = folder.join("separated.json");
        // What cannot be read was written when they were three.
        let is_separated = !matches!(durable_files::read_json::<bool>(&separated, VERSION, SIZE_MAX), Ok(None));
        let reception = Reception {
            path,
            separated,
            is_separated: AtomicBool::new(is_separated),
            people: Mutex::new(people),
            sessions: Mutex::new(Sessions::new(people::IDLE_S)),
            attempts: Mutex::default(),
            authenticators: Mutex::default(),
            presence: Mutex::default(),
        };
        Ok((reception, trouble))
    }

    /// Somebody has set the box up.
    pub(crate) fn is_founded(&self) -> bool {
        lock(&self.people).is_some()
    }

    /// They were three once: whoever founds anew founds three.
    pub(crate) fn is_separated(&self) -> bool {
        self.is_separated.load(Ordering::Acquire)
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&People) -> T) -> Result<T, KeydError> {
        lock(&self.people).as_ref().map(look).ok_or_else(nobody)
    }

    /// What a change would come to.
    pub(crate) fn tried<T>(&self, change: impl FnOnce(&mut People) -> Result<T, Refusal>) -> Result<T, KeydError> {
        Ok(change(&mut self.look(People::copy)?)?)
    }

    /// On the disk before anybody sees it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut People) -> Result<T, Refusal>) -> Result<T, KeydError> {
        let mut people = lock(&self.people);
        let mut changed = people.as_ref().ok_or_else(nobody)?.copy();
        let outcome = change(&mut changed)?;
        self.write(&mut people, changed)?;
        Ok(outcome)
    }

    pub(crate) fn write(&self, people: &mut MutexGuard<'_, Option<People>>, changed: People) -> Result<(), KeydError> {
        if changed.separation() == Separation::Three && !self.is_separated() {
            durable_files::write_json(&self.separated, VERSION, &true).map_err(file("writing", &self.separated))?;
            self.is_separated.store(true, Ordering::Release);
        }
        durable_files::write_json(&self.path, VERSION, &changed).map_err(file("writing", &self.path))?;
        **people = Some(changed);
        Ok(())
    }
}

fn nobody() -> KeydError {
    not_allowed("nobody has set this box up yet")
}
