//! Keys that take long to make, and under valgrind far too long: made by this program as a process of its own, which valgrind does not
//! follow.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::process::Command;

use he::{okamoto_uchiyama, rsa};
use secrets::Secret;

pub(crate) struct Keys {
    pub(crate) rsa: rsa::KeyPair,
    pub(crate) okamoto_uchiyama: okamoto_uchiyama::KeyPair,
}

/// Makes them and prints them, a number a line.
pub(crate) fn print() {
    let rsa = rsa::generate(2048).unwrap();
    let ou = okamoto_uchiyama::generate(okamoto_uchiyama::KEY_BITS[0]).unwrap();
    let numbers = [&rsa.n, rsa.p.expose(), rsa.q.expose(), &ou.n, &ou.g, ou.p.expose(), ou.q.expose()];
    for number in numbers {
        println!("{}", number.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
}

impl Keys {
    pub(crate) fn make() -> Keys {
        let made = Command::new(std::env::current_exe().unwrap()).arg("keys").output().unwrap();
        assert!(made.status.success(), "no keys were made: {}", String::from_utf8_lossy(&made.stderr));
        let text = String::from_utf8(made.stdout).unwrap();
        let mut numbers = text.lines().map(|line| -> Vec<u8> {
            (0..line.len()).step_by(2).map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect()
        });
        let mut next = || numbers.next().unwrap();
        let rsa = rsa::KeyPair { n: next(), p: Secret::new(next()), q: Secret::new(next()) };
        let (n, g) = (next(), next());
        let okamoto_uchiyama = okamoto_uchiyama::KeyPair { n, g, p: Secret::new(next()), q: Secret::new(next()) };
        Keys { rsa, okamoto_uchiyama }
    }
}
