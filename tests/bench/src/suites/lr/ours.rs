//! The epoch on our library, with the peer's sample in between.

use engine::{Engine, unattended};
use he::{Additive, Ciphertexts, PrivateKey, PublicKey};
use rug::Integer;
use rug::rand::RandState;

use super::inputs::{self, WIDTH};
use super::sample::Sample;
use super::{FEATURES, GUEST_FEATURES};
use crate::measure::timed;
use crate::peers::gmp;
use crate::{BenchError, check, machine};

/// Rows that are encrypted in one call; the peer's sample goes on after each.
const CALL: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Keys,
    Encrypt,
    Add,
    Product,
    Decrypt,
}

impl Phase {
    pub(super) const ALL: [Phase; 5] = [Phase::Keys, Phase::Encrypt, Phase::Add, Phase::Product, Phase::Decrypt];

    pub(super) fn name(self) -> &'static str {
        match self {
            Phase::Keys => "key and tables",
            Phase::Encrypt => "2N encryptions",
            Phase::Add => "N sums",
            Phase::Product => "X^T [[d]]",
            Phase::Decrypt => "decryption",
        }
    }

    /// Whether the peer's time grows with N, so that it is computed from a sample's.
    pub(super) fn is_extrapolated(self) -> bool {
        matches!(self, Phase::Encrypt | Phase::Add | Phase::Product)
    }
}

/// Seconds of each phase, and the peak of memory.
pub(super) struct Epoch {
    seconds: [f64; 5],
    pub(super) peak: u64,
    pub(super) sample: Sample,
}

/// The three parties. Guest and host have tables of their own, as in two boxes.
struct Parties {
    engine: Engine,
    guest: PublicKey,
    host: PublicKey,
    arbiter: PrivateKey,
}

/// The residual's halves and the features of some rows; features are one row a feature.
struct Block {
    guest: Vec<i64>,
    host: Vec<i64>,
    features: Vec<i64>,
}

impl Epoch {
    /// `samples` rows are computed by the peer too. Fails where a gradient differs from the plain computation.
    pub(super) fn run(
        engine: Engine,
        bits: u32,
        rows: usize,
        block: usize,
        samples: usize,
    ) -> Result<Epoch, BenchError> {
        let mut random = gmp::random()?;
        let (parties, keys) = timed(|| Parties::meet(engine, bits))?;
        let mut epoch = Epoch { seconds: [0.0; 5], peak: 0, sample: Sample::new(bits, samples)? };
        epoch.add(Phase::Keys, keys);
        let blocks = rows.div_ceil(block);
        let mut gradients = None;
        let mut expected = vec![0i128; FEATURES];
        for index in 0..blocks {
            let count = rows * (index + 1) / blocks - rows * index / blocks;
            let data = Block::random(count, &mut random);
            data.plain(&mut expected);
            let share = samples * (index + 1) / blocks - samples * index / blocks;
            let products = epoch.block(&parties, &data, share)?;
            gradients = Some(match gradients {
                None => products,
                Some(sum) => epoch.timed(Phase::Product, || parties.add(&sum, &products))?,
            });
        }
        let gradients = gradients.ok_or(BenchError::NothingMeasured)?;
        let clear = epoch.timed(Phase::Decrypt, || {
            Ok(parties.arbiter.decrypt(&parties.engine, &parties.guest, &gradients, &unattended)?)
        })?;
        let expected: Vec<Integer> = expected.into_iter().map(Integer::from).collect();
        check(inputs::decrypted(&clear, parties.guest.plaintext_bytes()) == expected, "the gradients")?;
        epoch.sample.decrypt()?;
        epoch.peak = machine::peak_memory()?;
        Ok(epoch)
    }

    pub(super) fn seconds(&self, phase: Phase) -> f64 {
        self.seconds[phase as usize]
    }

    /// One block's share of the gradients, encrypted.
    fn block(&mut self, parties: &Parties, data: &Block, samples: usize) -> Result<Ciphertexts, BenchError> {
        let rows = data.guest.len();
        let width = parties.guest.ciphertext_bytes();
        let mut residual = Vec::with_capacity(rows * width);
        let mut sampled = 0;
        for start in (0..rows).step_by(CALL) {
            let end = (start + CALL).min(rows);
            let encrypt = |key: &PublicKey, values: &[i64]| {
                Ok(key.encrypt(&parties.engine, &inputs::bytes(values), WIDTH, &unattended)?)
            };
            let guest = self.timed(Phase::Encrypt, || encrypt(&parties.guest, &data.guest[start..end]))?;
            let host = self.timed(Phase::Encrypt, || encrypt(&parties.host, &data.host[start..end]))?;
            let sum = self.timed(Phase::Add, || parties.add(&guest, &host))?;
            residual.extend(sum.to_be());
            let until = samples * end / rows;
            for row in start..start + (until - sampled).min(end - start) {
                self.sample.row(data.guest[row], data.host[row], data.features.iter().skip(row).step_by(rows))?;
            }
            sampled = until;
        }
        let residual = parties.guest.trust(&residual)?;
        let (guest, host) = data.features.split_at(GUEST_FEATURES * rows);
        let product = |key: &PublicKey, features: &[i64]| {
            Ok(key.plaintext_product(&parties.engine, features, &residual, 1, &unattended)?.to_be())
        };
        let mut products = self.timed(Phase::Product, || product(&parties.guest, guest))?;
        products.extend(self.timed(Phase::Product, || product(&parties.host, host))?);
        Ok(parties.guest.trust(&products)?)
    }

    fn timed<T>(&mut self, phase: Phase, work: impl FnOnce() -> Result<T, BenchError>) -> Result<T, BenchError> {
        let (done, seconds) = timed(work)?;
        self.add(phase, seconds);
        Ok(done)
    }

    fn add(&mut self, phase: Phase, seconds: f64) {
        self.seconds[phase as usize] += seconds;
    }
}

impl Parties {
    /// Makes the arbiter's key and both tables.
    fn meet(engine: Engine, bits: u32) -> Result<Parties, BenchError> {
        let pair = he::generate(bits)?;
        let guest = PublicKey::new(&pair.n, &pair.hs)?;
        let host = PublicKey::new(&pair.n, &pair.hs)?;
        let arbiter = PrivateKey::new(&guest, &pair.p, &pair.q)?;
        for key in [&guest, &host] {
            key.prepare(&engine);
        }
        Ok(Parties { engine, guest, host, arbiter })
    }

    fn add(&self, a: &Ciphertexts, b: &Ciphertexts) -> Result<Ciphertexts, BenchError> {
        Ok(self.guest.add(&self.engine, a, b, &unattended)?)
    }
}

impl Block {
    fn random(rows: usize, random: &mut RandState<'_>) -> Block {
        let (guest, host) = (inputs::plaintexts(rows, random), inputs::plaintexts(rows, random));
        Block { guest, host, features: inputs::scalars(rows * FEATURES, random) }
    }

    /// Adds this block's share of the gradients.
    fn plain(&self, gradients: &mut [i128]) {
        for (gradient, feature) in gradients.iter_mut().zip(self.features.chunks_exact(self.guest.len())) {
            let residual = self.guest.iter().zip(&self.host).map(|(g, h)| i128::from(g + h));
            *gradient += feature.iter().zip(residual).map(|(x, d)| i128::from(*x) * d).sum::<i128>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::on_threads;

    #[test]
    fn an_epoch_in_uneven_blocks_gives_the_plain_gradients() {
        // `run` itself compares the gradients, ours and the peer's.
        let epoch = Epoch::run(on_threads(1), 2048, 23, 10, 6).unwrap();
        assert_eq!(epoch.sample.rows(), 6);
        for phase in Phase::ALL {
            assert!(epoch.seconds(phase) > 0.0, "{phase:?}");
        }
        assert!(epoch.peak > 0);
    }

    #[test]
    fn what_grows_with_the_rows_is_extrapolated() {
        let epoch = Epoch::run(on_threads(1), 2048, 4, 4, 2).unwrap();
        for phase in Phase::ALL {
            let (once, twice) = (epoch.sample.seconds(phase, 2), epoch.sample.seconds(phase, 4));
            assert_eq!(twice, if phase.is_extrapolated() { 2.0 * once } else { once }, "{phase:?}");
        }
    }
}
