//! What goes wrong, and when.

/// One of the two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// Steps and delivered frames are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Before this step the line breaks.
    Cut { step: usize },
    /// From this step on, a side stops right after its next checkpoint.
    Crash { step: usize, side: Side },
    /// A byte of a frame is xored with a value.
    Flip { frame: usize, byte: usize, with: u8 },
    /// A frame arrives twice.
    Duplicate { frame: usize },
}

/// A seed for the order of all that may happen, and what goes wrong.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub faults: Vec<Fault>,
}

impl Side {
    pub const BOTH: [Side; 2] = [Side::Left, Side::Right];

    pub fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

impl Schedule {
    /// Nothing fails.
    pub fn quiet(seed: u64) -> Schedule {
        Schedule { seed, faults: Vec::new() }
    }

    /// Up to `most` cuts and crashes within the first `steps` steps.
    pub fn random(seed: u64, most: usize, steps: usize) -> Schedule {
        let mut random = fastrand::Rng::with_seed(seed);
        let count = random.usize(..=most);
        let mut fault = || {
            let step = random.usize(..steps);
            match random.u8(..3) {
                0 => Fault::Cut { step },
                1 => Fault::Crash { step, side: Side::Left },
                _ => Fault::Crash { step, side: Side::Right },
            }
        };
        Schedule { seed, faults: (0..count).map(|_| fault()).collect() }
    }
}
