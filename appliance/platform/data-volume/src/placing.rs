//! The order in which a header comes to the disk, and goes. Whatever a step is made of is on the disk before the next one begins,
//! in any order or in part before that.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{VolumeError, disk};
use crate::format::{BLOCK, HEADER, tail_at, unfinished_mark};

/// Bytes, and where they go on the partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) at: u64,
    pub(crate) bytes: Vec<u8>,
}

/// What is written before one sync.
pub(crate) type Step = Vec<Write>;

/// For a whole header and the mark at the end, on a partition of this size. After the first step the partition is unfinished, until
/// the last one makes a volume of it. Pure.
pub(crate) fn header_comes(header: &[u8], tail: Vec<u8>, size: u64) -> [Step; 3] {
    let (first, rest) = header.split_at(BLOCK);
    [
        vec![Write { at: 0, bytes: unfinished_mark() }],
        vec![Write { at: BLOCK as u64, bytes: rest.to_vec() }, Write { at: tail_at(size), bytes: tail }],
        vec![Write { at: 0, bytes: first.to_vec() }],
    ]
}

/// The partition becomes blank, and is unfinished until then. Pure.
pub(crate) fn header_goes(size: u64) -> [Step; 3] {
    let zeros = vec![0; HEADER as usize];
    header_comes(&zeros, vec![0; BLOCK], size)
}

pub(crate) fn run(steps: &[Step], device: &Path) -> Result<(), VolumeError> {
    let opened = OpenOptions::new().write(true).open(device).map_err(disk("opening", device))?;
    for step in steps {
        let written = step.iter().try_for_each(|write| opened.write_all_at(&write.bytes, write.at));
        written.and_then(|()| opened.sync_all()).map_err(disk("writing the header to", device))?;
    }
    Ok(())
}
