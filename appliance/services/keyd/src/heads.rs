//! The last head of the audit log that was signed, remembered apart from the log: a log that lost its tail, or was written anew,
//! is counted as a loss, and every later head says so.

use std::path::{Path, PathBuf};

use audit_log::head::Statement;
use serde::{Deserialize, Serialize};

use crate::KeydError;
use crate::error::file;

const VERSION: u32 = 1;
const SIZE_MAX: u64 = 4096;

pub(crate) struct Heads {
    path: PathBuf,
    last: Option<Last>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    number: u64,
    hash: String,
    heads: u64,
    losses: u64,
}

impl Heads {
    /// What cannot be read counts as a loss: somebody may have wanted it forgotten. The second value says so.
    pub(crate) fn open(folder: &Path) -> Result<(Heads, Option<String>), KeydError> {
        let path = folder.join("audit-head.json");
        match durable_files::read_json(&path, VERSION, SIZE_MAX) {
            Ok(last) => Ok((Heads { path, last }, None)),
            Err(e) => {
                let why = crate::set_aside(&path, e)?;
                let last = Last { number: u64::MAX, hash: String::new(), heads: 0, losses: 0 };
                Ok((Heads { path, last: Some(last) }, Some(why)))
            }
        }
    }

    /// What is to be signed; remembered, on the disk, before it is.
    pub(crate) fn next(&mut self, number: u64, hash: String) -> Result<Statement, KeydError> {
        let (heads, losses) = match &self.last {
            None => (0, 0),
            Some(last) => {
                let went_back = number < last.number || (number == last.number && hash != last.hash);
                (last.heads + 1, last.losses + u64::from(went_back))
            }
        };
        let last = Last { number, hash: hash.clone(), heads, losses };
        durable_files::write_json(&self.path, VERSION, &last).map_err(file("writing", &self.path))?;
        self.last = Some(last);
        Ok(Statement { number, hash, heads, losses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_goes_back_is_a_loss_for_ever_and_one_that_goes_on_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Heads::open(folder.path()).unwrap();
        let next = |heads: &mut Heads, number, hash: &str| {
            let s = heads.next(number, hash.into()).unwrap();
            (s.heads, s.losses)
        };
        let mut heads = open().0;
        assert_eq!(next(&mut heads, 10, "a"), (0, 0));
        assert_eq!(next(&mut heads, 10, "a"), (1, 0));
        // Over a restart: the tail is gone.
        let mut heads = open().0;
        assert_eq!(next(&mut heads, 9, "b"), (2, 1));
        assert_eq!(next(&mut heads, 20, "c"), (3, 1));
        assert_eq!(next(&mut heads, 20, "d"), (4, 2), "the same length, but another log");
        std::fs::write(folder.path().join("audit-head.json"), "{").unwrap();
        let (mut heads, why) = open();
        assert!(why.is_some());
        assert_eq!(next(&mut heads, 30, "e"), (1, 1));
    }
}
