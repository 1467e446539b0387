//! Numbers side by side.

use zeroize::{Zeroize, Zeroizing};

/// A cache line: the widest register's worth of digits.
#[derive(Clone, Copy, Default)]
#[repr(C, align(64))]
pub(crate) struct Line(pub(crate) [u64; 8]);

impl Zeroize for Line {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// As many numbers modulo the same modulus as a unit has lanes, digit by digit; wiped on drop. In what form they are
/// (plain, or times R) is the user's affair. Each is below 2n.
pub struct Group {
    pub(crate) lines: Zeroizing<Vec<Line>>,
}

impl Group {
    pub(crate) fn zero(words: usize) -> Group {
        Group { lines: lines(words) }
    }

    pub fn copy_from(&mut self, other: &Group) {
        self.lines.copy_from_slice(&other.lines);
    }

    pub(crate) fn pointer(&self) -> *const u64 {
        self.lines.as_ptr().cast()
    }

    pub(crate) fn pointer_mut(&mut self) -> *mut u64 {
        self.lines.as_mut_ptr().cast()
    }

    pub(crate) fn word(&self, index: usize) -> u64 {
        self.lines[index / 8].0[index % 8]
    }

    pub(crate) fn set_word(&mut self, index: usize, word: u64) {
        self.lines[index / 8].0[index % 8] = word;
    }
}

/// Wiped lines for at least so many words.
pub(crate) fn lines(words: usize) -> Zeroizing<Vec<Line>> {
    Zeroizing::new(vec![Line::default(); words.div_ceil(8)])
}
