//! How often somebody may try to sign in (GB/T 22239-2019, 8.1.4.1 b).

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Wrong ones from one address to one name, after which that address waits.
const TRIES: u32 = 5;
const WAIT_S: u64 = 15 * 60;
/// From everywhere to one name: a botnet has many addresses.
const NAME_TRIES: u32 = 100;
/// Pairs that are remembered; beyond it the oldest is forgotten, which gives whoever has as many addresses nothing but tries.
const REMEMBERED: usize = 4096;

/// Until then, seconds of the same clock as the tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

/// Wrong tries. In memory: a restart takes longer than what it would save.
#[derive(Debug, Default)]
pub struct Attempts {
    pairs: BTreeMap<(String, IpAddr), Tries>,
    names: BTreeMap<String, Tries>,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: u64,
}

impl Attempts {
    /// Whether one more may be tried. `now`: seconds of a clock that is never set.
    pub fn may_try(&self, name: &str, from: IpAddr, now: u64) -> Result<(), Wait> {
        let full = |tries: Option<&Tries>, limit| {
            tries.filter(|t| t.count >= limit && now < t.last + WAIT_S).map(|t| Wait(t.last + WAIT_S))
        };
        let pair = full(self.pairs.get(&(name.to_string(), household(from))), TRIES);
        let any = full(self.names.get(name), NAME_TRIES);
        pair.or(any).map_or(Ok(()), Err)
    }

    pub fn wrong(&mut self, name: &str, from: IpAddr, now: u64) {
        count(&mut self.pairs, (name.to_string(), household(from)), now);
        count(&mut self.names, name.to_string(), now);
    }

    /// Somebody stands before the box: all tries are forgotten.
    pub fn forget_all(&mut self) {
        *self = Attempts::default();
    }

    /// Somebody signed in: the name's tries are forgotten.
    pub fn forget(&mut self, name: &str) {
        self.names.remove(name);
        self.pairs.retain(|(tried, _), _| tried != name);
    }
}

fn count<K: Ord + Clone>(table: &mut BTreeMap<K, Tries>, key: K, now: u64) {
    let tries = table.entry(key).or_insert(Tries { count: 0, last: now });
    // What was long ago counts no more.
    let before = if now < tries.last + WAIT_S { tries.count } else { 0 };
    *tries = Tries { count: before.saturating_add(1), last: now };
    if table.len() > REMEMBERED
        && let Some(oldest) = table.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone())
    {
        table.remove(&oldest);
    }
}

/// Who has one address of IPv6 has 2^64 of them.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_wrong_ones_and_a_quarter_of_an_hour() {
        let (mut attempts, here, there) = (Attempts::default(), address("10.0.0.7"), address("10.0.0.8"));
        for now in 0..5 {
            assert_eq!(attempts.may_try("li", here, now), Ok(()));
            attempts.wrong("li", here, now);
        }
        assert_eq!(attempts.may_try("li", here, 5), Err(Wait(4 + WAIT_S)));
        // Not from elsewhere, and not for others.
        assert_eq!((attempts.may_try("li", there, 5), attempts.may_try("wang", here, 5)), (Ok(()), Ok(())));
        assert_eq!(attempts.may_try("li", here, 4 + WAIT_S), Ok(()));
        attempts.forget("li");
        assert_eq!(attempts.may_try("li", here, 5), Ok(()));
    }

    #[test]
    fn many_addresses_are_no_way_round_and_take_no_memory() {
        let mut attempts = Attempts::default();
        for at in 0..NAME_TRIES {
            attempts.wrong("li", IpAddr::from([0x2001, 0xdb8, 0, at as u16, 0, 0, 0, 1]), 10);
        }
        assert!(attempts.may_try("li", address("10.9.9.9"), 11).is_err());
        // One network of IPv6 is one address.
        let mut attempts = Attempts::default();
        for at in 0..TRIES as u16 {
            attempts.wrong("li", IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, at]), 10);
        }
        assert!(attempts.may_try("li", address("2001:db8::ffff"), 11).is_err());
        for at in 0..2 * REMEMBERED as u32 {
            attempts.wrong("li", IpAddr::from(at.to_be_bytes()), u64::from(at));
        }
        assert!(attempts.pairs.len() <= REMEMBERED);
    }
}
