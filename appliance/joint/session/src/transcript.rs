//! Digests of all frames: one chain for each sender, channel and unit, so that neither the order between channels nor a sender that runs
//! ahead of its receiver makes a difference.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{Channel, Found, Frame, ProtocolError, Role, Unit};

use crate::{CONTROL, JobDigest};

pub(crate) const DIGEST: usize = 32;
const TAG: usize = 16;
/// Unit and tag.
pub(crate) const HEADER: usize = 4 + TAG;

pub(crate) struct Transcript {
    job: JobDigest,
    role: Role,
    chains: BTreeMap<(Unit, Role, Channel), [u8; DIGEST]>,
}

impl Transcript {
    pub(crate) fn new(job: &JobDigest, role: Role) -> Transcript {
        Transcript { job: *job, role, chains: BTreeMap::new() }
    }

    /// A core's frame as it travels.
    pub(crate) fn seal(&mut self, frame: Frame) -> Frame {
        let tag = self.extend(self.role, &frame);
        let mut bytes = Vec::with_capacity(HEADER + frame.bytes.len());
        bytes.extend_from_slice(&frame.unit.0.to_le_bytes());
        bytes.extend_from_slice(&tag);
        bytes.extend_from_slice(&frame.bytes);
        Frame { bytes: bytes.into(), ..frame }
    }

    /// The core's frame of what travelled.
    pub(crate) fn open(&mut self, frame: Frame) -> Result<Frame, ProtocolError> {
        let Some((header, _)) = frame.bytes.split_first_chunk::<HEADER>() else {
            return Err(breach(
                "length of a frame",
                Found::TooSmall { found: frame.bytes.len() as u64, at_least: HEADER as u64 },
            ));
        };
        let (mut unit, mut tag) = ([0; 4], [0; TAG]);
        unit.copy_from_slice(&header[..4]);
        tag.copy_from_slice(&header[4..]);
        let unit = Unit(u32::from_le_bytes(unit));
        let opened = Frame { channel: frame.channel, unit, bytes: frame.bytes.slice(HEADER..) };
        if self.extend(self.role.other(), &opened) != tag {
            return Err(breach("a frame or one before it on its channel", Found::Differs));
        }
        Ok(opened)
    }

    /// Ends a unit: the digest of it and of all before it.
    pub(crate) fn close(&mut self, unit: Unit, before: &[u8; DIGEST]) -> [u8; DIGEST] {
        let mut hasher = blake3::Hasher::new_keyed(&self.job);
        hasher.update(before).update(&unit.0.to_le_bytes());
        let later = self.chains.split_off(&(unit.next(), Role::Left, CONTROL));
        for ((of, sender, channel), chain) in std::mem::replace(&mut self.chains, later) {
            if of == unit && channel != CONTROL {
                hasher.update(&[sender as u8, channel.0]).update(&chain);
            }
        }
        hasher.finalize().into()
    }

    fn extend(&mut self, sender: Role, frame: &Frame) -> [u8; TAG] {
        let Frame { channel, unit, bytes } = frame;
        let chain = self.chains.entry((*unit, sender, *channel)).or_insert_with(|| {
            // Before the sides know that they mean the same job: so that they can say that they do not.
            let key = if *channel == CONTROL { [0; DIGEST] } else { self.job };
            let mut hasher = blake3::Hasher::new_keyed(&key);
            hasher.update(b"coffer.joint.v1 frames").update(&[sender as u8, channel.0]).update(&unit.0.to_le_bytes());
            hasher.finalize().into()
        });
        *chain = hash(chain, bytes);
        let mut tag = [0; TAG];
        tag.copy_from_slice(&chain[..TAG]);
        tag
    }
}

fn hash(chain: &[u8; DIGEST], bytes: &Bytes) -> [u8; DIGEST] {
    blake3::keyed_hash(chain, bytes).into()
}

fn breach(field: &'static str, found: Found) -> ProtocolError {
    ProtocolError::Breach { stage: "the transcript", field, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(channel: u8, unit: u32, bytes: &'static [u8]) -> Frame {
        Frame { channel: Channel(channel), unit: Unit(unit), bytes: Bytes::from_static(bytes) }
    }

    #[test]
    fn both_sides_see_the_same_in_any_order_of_channels_and_units() {
        let (mut left, mut right) = (Transcript::new(&[7; 32], Role::Left), Transcript::new(&[7; 32], Role::Right));
        let sent = [frame(1, 0, b"a"), frame(2, 0, b"b"), frame(1, 1, b"c")].map(|frame| left.seal(frame));
        let answer = right.seal(frame(1, 0, b"d"));
        for at in [1, 0, 2] {
            right.open(sent[at].clone()).unwrap();
        }
        left.open(answer).unwrap();
        let first = left.close(Unit(0), &[0; 32]);
        assert_eq!(first, right.close(Unit(0), &[0; 32]));
        assert_eq!(left.close(Unit(1), &first), right.close(Unit(1), &first));
    }

    #[test]
    fn a_frame_twice_left_out_or_on_another_channel_is_found() {
        let sealed = || {
            let mut left = Transcript::new(&[7; 32], Role::Left);
            [frame(1, 0, b"a"), frame(1, 0, b"b")].map(|frame| left.seal(frame))
        };
        let opened = |frames: Vec<Frame>| {
            let mut right = Transcript::new(&[7; 32], Role::Right);
            frames.into_iter().map(|frame| right.open(frame)).collect::<Result<Vec<_>, _>>().map(|_| ())
        };
        let [a, b] = sealed();
        assert!(opened(vec![a.clone(), b.clone()]).is_ok());
        let other = Frame { channel: Channel(2), ..a.clone() };
        for wrong in [vec![a.clone(), a.clone()], vec![b.clone()], vec![other], vec![b, a]] {
            assert_eq!(opened(wrong), Err(breach("a frame or one before it on its channel", Found::Differs)));
        }
    }
}
