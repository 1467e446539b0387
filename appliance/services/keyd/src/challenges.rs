//! Nonces that were given out, each good for one proof and for a while. Pure: time comes in as a number.

use std::collections::VecDeque;

const VALID_S: u64 = 120;
/// Whoever asks for more makes the oldest ones void.
const OPEN_MAX: usize = 1024;

#[derive(Default)]
pub(crate) struct Challenges(VecDeque<([u8; 16], u64)>);

impl Challenges {
    pub(crate) fn give(&mut self, nonce: [u8; 16], now: u64) {
        if self.0.len() >= OPEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back((nonce, now + VALID_S));
    }

    /// Whether it was given out and not yet used; now it is.
    pub(crate) fn use_up(&mut self, nonce: &[u8], now: u64) -> bool {
        self.0.retain(|(_, until)| *until > now);
        match self.0.iter().position(|(known, _)| known == nonce) {
            Some(at) => self.0.remove(at).is_some(),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_and_for_a_while_and_there_are_so_many() {
        let mut challenges = Challenges::default();
        challenges.give([1; 16], 0);
        challenges.give([2; 16], 0);
        assert!(challenges.use_up(&[1; 16], 1) && !challenges.use_up(&[1; 16], 1));
        assert!(!challenges.use_up(&[2; 16], VALID_S), "it has expired");
        assert!(!challenges.use_up(&[3; 16], 1));
        for n in 0..5000u32 {
            challenges.give([&n.to_be_bytes()[..], &[0; 12]].concat().try_into().unwrap(), 0);
        }
        assert_eq!(challenges.0.len(), OPEN_MAX);
    }
}
