//! How much of the suite is run.

/// How much of the suite is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Widths of moduli in bits.
    pub widths: Vec<usize>,
    /// Small batches and short exponents alone: for a simulation.
    pub quick: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { widths: vec![64, 192, 1024, 2048, 4096, 6144], quick: false }
    }
}
