//! The memory that products are computed in.

use zeroize::Zeroizing;

use crate::group::{Group, Line, lines};

/// Room for a product's columns; one for each thread.
pub struct Scratch(Zeroizing<Vec<Line>>);

impl Scratch {
    /// For groups of so many words: the columns of products, and what Karatsuba's method needs.
    pub(crate) fn of(words: usize) -> Scratch {
        Scratch(lines(6 * words.next_multiple_of(8)))
    }

    /// Panics where a group, or this scratch, is not for groups of so many words: memory safety hangs on it.
    pub(crate) fn check(&self, words: usize, groups: &[&Group]) {
        let lines = words.div_ceil(8);
        assert!(groups.iter().all(|g| g.lines.len() == lines), "a group of another width");
        assert!(self.0.len() >= 6 * lines, "scratch of another width");
    }

    /// The same memory, word by word.
    pub(crate) fn words(&mut self) -> &mut [u64] {
        let words = self.0.len() * 8;
        // SAFETY: a line is eight words and nothing else.
        unsafe { std::slice::from_raw_parts_mut(self.pointer(), words) }
    }

    pub(crate) fn pointer(&mut self) -> *mut u64 {
        self.0.as_mut_ptr().cast()
    }
}
