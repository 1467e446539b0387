//! Reading a partition's first 16 MiB and its last block from a disk that may fail in places.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{VolumeError, disk};
use crate::format::{BLOCK, HEADER, tail_at};

const CHUNK: usize = 1 << 20;
/// With so many blocks that cannot be read the disk is taken for broken: each may cost it half a minute.
const UNREADABLE_MAX: u32 = 16;
/// How often the caller is called meanwhile.
const PULSE: Duration = Duration::from_millis(500);
/// For all of it: a disk that gives up each of those blocks after half a minute is through twice.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

pub(crate) struct Ends {
    pub(crate) head: Vec<u8>,
    pub(crate) tail: Vec<u8>,
    /// Blocks that the disk did not give. They are filled with ones: what cannot be read is not blank.
    pub(crate) unreadable: u32,
}

pub(crate) fn size(device: &Path) -> Result<u64, VolumeError> {
    let sized = File::open(device).and_then(|mut file| file.seek(SeekFrom::End(0)));
    sized.map_err(disk("looking for the size of", device))
}

/// The device is larger than [`HEADER`].
pub(crate) fn read(device: &Path, size: u64, meanwhile: &mut dyn FnMut()) -> Result<Ends, VolumeError> {
    let path = device.to_path_buf();
    let (sender, receiver) = channel();
    // A read from a failing disk cannot be interrupted: this thread waits for it, and the caller's goes on.
    thread::spawn(move || sender.send(read_ends(&path, size)));
    let until = Instant::now() + PATIENCE;
    let ends = loop {
        match receiver.recv_timeout(PULSE) {
            Ok(ends) => break ends,
            Err(RecvTimeoutError::Timeout) if Instant::now() < until => meanwhile(),
            Err(RecvTimeoutError::Timeout) => break Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => break Err(io::Error::other("the reading thread ended")),
        }
    };
    ends.map_err(disk("reading", device))
}

fn read_ends(device: &Path, size: u64) -> io::Result<Ends> {
    let file = File::open(device)?;
    let mut ends = Ends { head: vec![0; HEADER as usize], tail: vec![0; BLOCK], unreadable: 0 };
    for (number, chunk) in ends.head.chunks_mut(CHUNK).enumerate() {
        read_chunk(&file, (number * CHUNK) as u64, chunk, &mut ends.unreadable)?;
    }
    read_chunk(&file, tail_at(size), &mut ends.tail, &mut ends.unreadable)?;
    Ok(ends)
}

fn read_chunk(file: &File, at: u64, chunk: &mut [u8], unreadable: &mut u32) -> io::Result<()> {
    if file.read_exact_at(chunk, at).is_ok() {
        return Ok(());
    }
    for (number, block) in chunk.chunks_mut(BLOCK).enumerate() {
        if let Err(e) = file.read_exact_at(block, at + (number * BLOCK) as u64) {
            block.fill(0xff);
            *unreadable += 1;
            if *unreadable > UNREADABLE_MAX {
                return Err(e);
            }
        }
    }
    Ok(())
}
