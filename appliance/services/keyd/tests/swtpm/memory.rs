//! What a dump of keyd's memory holds of a private key that was made, leased and given back; and of one that was destroyed.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use ipc::List;
use ipc::keyd::{KeyInfo, KeyKind, Limits, Operation, Reply, Request};
use tempfile::TempDir;

use crate::served::{name, served};
use crate::support::{SoftwareTpm, Vendor};

/// What is looked for lies in this process too, but not as itself.
const MASK: u8 = 0xa5;
const PIECE: usize = 1 << 20;
/// Of a prime: so many of its bytes in a row are no chance.
const TELLING: usize = 24;

/// A secret in disguise, from either end: as numbers travel, and as the arithmetic holds them.
struct Disguised(Vec<[u8; TELLING]>);

impl Disguised {
    fn new(secrets: &[&[u8]]) -> Disguised {
        let mut forms = Vec::new();
        for secret in secrets {
            let mut reversed = secret.to_vec();
            reversed.reverse();
            for form in [&secret[..], &reversed] {
                // From the middle: the ends are where an allocator writes its own over it.
                let from = form.len() / 2;
                let masked: Vec<u8> = form[from..from + TELLING].iter().map(|b| b ^ MASK).collect();
                forms.push(masked.try_into().unwrap());
            }
            reversed.fill(0);
        }
        Disguised(forms)
    }

    fn count_in(&self, bytes: &[u8]) -> usize {
        let at = |form: &[u8; TELLING], window: &[u8]| form.iter().zip(window).all(|(f, b)| f ^ MASK == *b);
        let first: Vec<u8> = self.0.iter().map(|form| form[0] ^ MASK).collect();
        let windows = bytes.windows(TELLING);
        windows.filter(|w| first.contains(&w[0]) && self.0.iter().any(|form| at(form, w))).count()
    }
}

/// How often it lies in this process's memory, beside the buffer that is searched with.
fn found(secret: &Disguised) -> usize {
    let mut buffer = vec![0u8; PIECE + TELLING];
    let own = buffer.as_ptr() as u64..buffer.as_ptr() as u64 + buffer.len() as u64;
    let memory = File::open("/proc/self/mem").unwrap();
    let mut count = 0;
    for line in fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let kernels = words.get(5).is_some_and(|name| name.starts_with("[v"));
        if !words[1].starts_with("rw") || kernels {
            continue;
        }
        let (start, end) = words[0].split_once('-').unwrap();
        let [start, end] = [start, end].map(|n| u64::from_str_radix(n, 16).unwrap());
        let mut at = start;
        while at < end {
            let length = (PIECE + TELLING).min((end - at) as usize);
            // What is being unmapped by another thread is no finding.
            let read = memory.read_at(&mut buffer[..length], at).unwrap_or(0);
            let overlaps = at < own.end && at + read as u64 > own.start;
            if overlaps {
                // The buffer in itself: without it, before and behind.
                let (before, behind) = (own.start.saturating_sub(at) as usize, (own.end.max(at) - at) as usize);
                count += secret.count_in(&buffer[..before.min(read)]);
                count += secret.count_in(&buffer[behind.min(read)..read]);
            } else {
                count += secret.count_in(&buffer[..read]);
            }
            at += PIECE as u64;
        }
    }
    buffer.fill(0);
    count
}

#[test]
fn a_key_that_was_given_back_is_nowhere_in_memory_and_a_destroyed_one_neither() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let admin = served.administrator();
    for kind in [KeyKind::Rsa { bits: 2048 }, KeyKind::Paillier { bits: 2048 }] {
        let key: KeyInfo = {
            let operations = List::new("operations", vec![Operation::Decrypt]).unwrap();
            let (owner, key, limits) = (admin.name.clone(), name("k"), Limits { uses_max: 9, ..Limits::default() });
            match served.ask(Request::CreateKey { owner, name: key, kind, operations, limits }) {
                Reply::Key(info) => info,
                other => panic!("{other:?}"),
            }
        };
        let lease = || Request::Lease { id: key.id.clone(), client: admin.name.clone(), operation: Operation::Decrypt };
        let Reply::Lease(leased) = served.ask(lease()) else { panic!() };
        let primes = leased.private.unwrap();
        let disguised = Disguised::new(&[primes.p.expose(), primes.q.expose()]);
        assert!(found(&disguised) >= 2, "the control: while it is leased it is there");
        drop(primes);
        assert!(matches!(served.ask(Request::EndLease { lease: leased.lease }), Reply::LeaseEnded));
        assert_eq!(found(&disguised), 0, "{kind:?}: it was given back");
        for _ in 0..3 {
            assert!(matches!(served.ask(lease()), Reply::Lease(_)));
        }
        assert!(matches!(served.ask(admin.destroy(&served, &key.id)), Reply::Destroyed));
        assert_eq!(found(&disguised), 0, "{kind:?}: it was destroyed");
    }
}
