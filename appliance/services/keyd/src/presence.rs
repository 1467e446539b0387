//! Whether somebody stands before the box: what its screen shows, and who has typed it. Pure: the time is an argument.

use std::collections::BTreeMap;
use std::net::IpAddr;

use secrets::Secret;

/// Wrong ones of one household, after which it types no more until the screen shows another code: the code's 60 bits need no bound on
/// what others type.
const TRIES: u32 = 5;
/// Households that are remembered; beyond it those that come are not.
const HOUSEHOLDS_MAX: usize = 4096;
/// Seconds that a presence counts, until it is used.
const VALID_S: u64 = 60 * 60;

/// The code on the screen, and who has shown it.
#[derive(Default)]
pub(crate) struct Presence {
    /// The public key of what the screen shows, and until when that counts.
    shown: Option<([u8; 32], u64)>,
    wrong: BTreeMap<IpAddr, u32>,
    present: Option<Present>,
}

struct Present {
    token: Secret,
    until: u64,
}

impl Presence {
    /// The screen shows a new code; whoever showed the last one stays, until somebody shows this one.
    pub(crate) fn shows(&mut self, key: [u8; 32], until: u64) {
        self.shown = Some((key, until));
        self.wrong.clear();
    }

    /// The code with this key was used for something else.
    pub(crate) fn used(&mut self, key: &[u8]) {
        if self.shown.is_some_and(|(shown, _)| shown == key) {
            self.shown = None;
        }
    }

    /// What is left of this household's tries, if it is wrong.
    pub(crate) fn compare(&mut self, key: &[u8; 32], from: IpAddr, token: Secret, now: u64) -> Result<(), u32> {
        let before = self.wrong.get(&from).copied().unwrap_or(0);
        if before >= TRIES {
            return Err(0);
        }
        if self.shown.is_some_and(|(shown, until)| shown == *key && now < until) {
            self.shown = None;
            self.present = Some(Present { token, until: now + VALID_S });
            return Ok(());
        }
        if before > 0 || self.wrong.len() < HOUSEHOLDS_MAX {
            self.wrong.insert(from, before + 1);
        }
        Err(TRIES - 1 - before)
    }

    pub(crate) fn is(&self, token: &Secret, now: u64) -> bool {
        self.present.as_ref().is_some_and(|present| now < present.until && present.token.equals(token))
    }

    /// It counted, once.
    pub(crate) fn spend(&mut self) {
        self.present = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(byte: u8) -> Secret {
        Secret::new(vec![byte; 32])
    }

    fn at(host: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, host])
    }

    #[test]
    fn a_code_is_good_once_for_a_while_and_five_wrong_ones_are_one_households() {
        let mut presence = Presence::default();
        assert_eq!(presence.compare(&[1; 32], at(1), token(1), 0), Err(4), "nothing is shown");
        presence.shows([1; 32], 100);
        assert_eq!(presence.compare(&[1; 32], at(1), token(1), 100), Err(4), "too late");
        presence.shows([1; 32], 100);
        (0..5).for_each(|left| assert_eq!(presence.compare(&[2; 32], at(1), token(1), 0), Err(4 - left)));
        assert_eq!(presence.compare(&[1; 32], at(1), token(1), 0), Err(0), "it has tried often enough");
        assert_eq!(presence.compare(&[1; 32], at(2), token(1), 0), Ok(()), "another one is not kept from it");
        assert!(presence.is(&token(1), 1) && !presence.is(&token(2), 1) && !presence.is(&token(1), VALID_S));
        assert_eq!(presence.compare(&[1; 32], at(2), token(3), 0), Err(4), "used");
        presence.spend();
        assert!(!presence.is(&token(1), 1), "it counts once");
        presence.shows([4; 32], 100);
        presence.used(&[4; 32]);
        assert_eq!(presence.compare(&[4; 32], at(3), token(4), 0), Err(4), "a program came in with it");
    }

    #[test]
    fn a_second_browser_takes_over() {
        let mut presence = Presence::default();
        for (key, now) in [(1, 0), (2, 5)] {
            presence.shows([key; 32], 100);
            presence.compare(&[key; 32], at(1), token(key), now).unwrap();
        }
        assert!(presence.is(&token(2), 6) && !presence.is(&token(1), 6));
    }
}
