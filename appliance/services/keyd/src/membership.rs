//! The accounts in their file. A change is on the disk before anybody sees it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use accounts::{Accounts, Refused};

use crate::error::file;
use crate::{KeydError, set_aside};

const VERSION: u32 = 1;
/// A thousand accounts with four certificates each, and the names of those that were.
const SIZE_MAX: u64 = 16 << 20;

pub(crate) struct Membership {
    path: PathBuf,
    accounts: Mutex<Accounts>,
}

impl Membership {
    /// A file that cannot be read is set aside, and nobody is a client any more; the second value says so.
    pub(crate) fn open(folder: &Path) -> Result<(Membership, Option<String>), KeydError> {
        let path = folder.join("accounts.json");
        let (accounts, trouble) = match durable_files::read_json(&path, VERSION, SIZE_MAX) {
            Ok(accounts) => (accounts.unwrap_or_default(), None),
            Err(e) => (Accounts::default(), Some(set_aside(&path, e)?)),
        };
        Ok((Membership { path, accounts: Mutex::new(accounts) }, trouble))
    }

    /// The box's authority is this one: see [`Accounts::settle`].
    pub(crate) fn settle(&self, authority: &str, is_new: bool) -> Result<Vec<String>, KeydError> {
        self.change(|a| Ok(a.settle(authority, is_new)))
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Accounts) -> T) -> T {
        look(&self.accounts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Accounts) -> Result<T, Refused>) -> Result<T, KeydError> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = accounts.clone();
        let outcome = change(&mut changed)?;
        if changed != *accounts {
            durable_files::write_json(&self.path, VERSION, &changed).map_err(file("writing", &self.path))?;
            *accounts = changed;
        }
        Ok(outcome)
    }
}
