//! The log on the disk: segments, of which the last one grows. At the start only that one is read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use audit_log::segment::{Rest, first_of, name, recover};
use audit_log::{Head, Line};
use durable_files::AppendFile;

use crate::AuditdError;
use crate::error::file;

/// A segment that is longer gives way to a new one.
const SEGMENT_BYTES: u64 = 4 << 20;
/// Of all segments; the oldest are removed, with a line that says so.
const LOG_BYTES: u64 = 256 << 20;

pub(crate) struct Store {
    folder: PathBuf,
    file: AppendFile,
    head: Head,
    index: Arc<Index>,
}

/// Where the lines are, for those who read.
#[derive(Default)]
pub(crate) struct Index(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    /// The number of each segment's first line, ascending.
    firsts: Vec<u64>,
    /// The number of the line after the last one that is on the disk.
    end: u64,
}

/// How the log was found.
pub(crate) struct Found {
    pub(crate) store: Store,
    /// What was wrong with it, in words.
    pub(crate) trouble: Option<String>,
}

impl Store {
    pub(crate) fn open(folder: &Path, now: u64) -> Result<Found, AuditdError> {
        let mut firsts = Vec::new();
        for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
            let entry = entry.map_err(file("listing", folder))?;
            firsts.extend(entry.file_name().to_str().and_then(first_of));
        }
        firsts.sort_unstable();
        let Some(&first) = firsts.last() else {
            let (path, head) = (folder.join(name(0)), Head::default());
            let append = AppendFile::open(&path, 0).map_err(file("making", &path))?;
            return Ok(Found { store: Store::new(folder, append, head, vec![0]), trouble: None });
        };
        let path = folder.join(name(first));
        let content = fs::read(&path).map_err(file("reading", &path))?;
        // Its first line follows from the segment before it, if there is one.
        let before = before(folder, &firsts)?;
        let found = recover(&content, first, before);
        let trouble = match found.rest {
            Rest::Nothing | Rest::Torn => None,
            // What is whole stays; all of it is kept beside.
            Rest::Damaged => {
                let copy = folder.join(format!("{}.damaged-{now}", name(first)));
                durable_files::replace(&copy, &content).map_err(file("keeping", &copy))?;
                let kept = copy.file_name().unwrap_or_default().display().to_string();
                Some(format!(
                    "the audit log is damaged from line {} on; the damaged part is kept as {kept}",
                    found.head.seq
                ))
            }
        };
        let append = AppendFile::open(&path, found.whole as u64).map_err(file("opening", &path))?;
        Ok(Found { store: Store::new(folder, append, found.head, firsts), trouble })
    }

    fn new(folder: &Path, file: AppendFile, head: Head, firsts: Vec<u64>) -> Store {
        let index = Arc::new(Index(Mutex::new(Lines { firsts, end: head.seq })));
        Store { folder: folder.into(), file, head, index }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn index(&self) -> Arc<Index> {
        self.index.clone()
    }

    /// Appends lines, all or none; the number of the first. On the disk when this returns.
    pub(crate) fn append(&mut self, lines: &[Line<'_>]) -> io::Result<u64> {
        let (first, mut head, mut piece) = (self.head.seq, self.head.clone(), Vec::new());
        for line in lines {
            let (text, next) = head.append(line);
            piece.extend(text.as_bytes());
            piece.push(b'\n');
            head = next;
        }
        if self.file.length() > SEGMENT_BYTES {
            self.begin_segment()?;
        }
        self.file.append(&piece)?;
        self.head = head;
        self.index.lines(|l| l.end = self.head.seq);
        Ok(first)
    }

    /// Removes the oldest segments if there is too much; the numbers of the lines that went.
    pub(crate) fn trim(&mut self) -> io::Result<Option<(u64, u64)>> {
        let firsts = self.index.lines(|l| l.firsts.clone());
        let size = |first: &u64| fs::metadata(self.folder.join(name(*first))).map_or(0, |m| m.len());
        let mut total: u64 = firsts.iter().map(size).sum();
        let mut gone = None;
        for pair in firsts.windows(2) {
            if total <= LOG_BYTES {
                break;
            }
            total -= size(&pair[0]);
            durable_files::remove(&self.folder.join(name(pair[0])))?;
            gone = Some((firsts[0], pair[1]));
            self.index.lines(|l| l.firsts.retain(|f| *f != pair[0]));
        }
        Ok(gone)
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        self.file = AppendFile::open(&self.folder.join(name(self.head.seq)), 0)?;
        self.index.lines(|l| l.firsts.push(self.head.seq));
        Ok(())
    }
}

impl Index {
    /// The segment that holds this line, and the end of the log. A line that is no more is taken for the oldest that is.
    pub(crate) fn find(&self, number: u64) -> (u64, u64) {
        self.lines(|l| {
            let first = l.firsts.iter().rev().find(|f| **f <= number).or(l.firsts.first());
            (first.copied().unwrap_or(0), l.end)
        })
    }

    /// The segment that follows this one.
    pub(crate) fn after(&self, segment: u64) -> Option<u64> {
        self.lines(|l| l.firsts.iter().copied().find(|first| *first > segment))
    }

    fn lines<T>(&self, look: impl FnOnce(&mut Lines) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The head after the segment before the last one.
fn before(folder: &Path, firsts: &[u64]) -> Result<Option<Head>, AuditdError> {
    let Some(&first) = firsts.len().checked_sub(2).and_then(|i| firsts.get(i)) else { return Ok(None) };
    let path = folder.join(name(first));
    let content = fs::read(&path).map_err(file("reading", &path))?;
    Ok(Some(recover(&content, first, None).head))
}
