//! The peer's part: some of the rows, from which its whole epoch is computed.

use rug::Integer;
use rug::rand::RandState;

use super::FEATURES;
use super::ours::Phase;
use crate::measure::timed;
use crate::peers::{fate, gmp};
use crate::{BenchError, check};

pub(super) struct Sample {
    public: fate::PublicKey,
    private: fate::PrivateKey,
    random: RandState<'static>,
    rows: usize,
    seconds: [f64; 5],
    gradients: Vec<Integer>,
    expected: Vec<i128>,
}

impl Sample {
    /// The time of the key is the mean of three: it varies, and the epoch has one.
    pub(super) fn new(bits: u32, samples: usize) -> Result<Sample, BenchError> {
        const KEYS: usize = 3;
        let mut random = gmp::random()?;
        let keys = if samples == 0 { 1 } else { KEYS };
        let (primes, seconds) =
            timed(|| Ok((0..keys).map(|_| fate::generate(bits, &mut random)).last().unwrap_or_default()))?;
        let (p, q) = primes;
        let public = fate::PublicKey::new(Integer::from(&p * &q));
        let mut sample = Sample {
            public,
            private: fate::PrivateKey::new(p, q)?,
            random,
            rows: 0,
            seconds: [0.0; 5],
            gradients: vec![Integer::from(1); FEATURES],
            expected: vec![0; FEATURES],
        };
        sample.seconds[Phase::Keys as usize] = seconds / keys as f64;
        Ok(sample)
    }

    /// One row's work: two encryptions, a sum, and a product and a sum for each feature.
    pub(super) fn row<'a>(
        &mut self,
        guest: i64,
        host: i64,
        features: impl Iterator<Item = &'a i64> + Clone,
    ) -> Result<(), BenchError> {
        let (guest_m, host_m) = (Integer::from(guest), Integer::from(host));
        let ((a, b), seconds) = timed(|| {
            Ok((self.public.encrypt(&guest_m, &mut self.random), self.public.encrypt(&host_m, &mut self.random)))
        })?;
        self.seconds[Phase::Encrypt as usize] += seconds;
        let (d, seconds) = timed(|| Ok(self.public.add(&a, &b)))?;
        self.seconds[Phase::Add as usize] += seconds;
        let ((), seconds) = timed(|| {
            for (gradient, x) in self.gradients.iter_mut().zip(features.clone()) {
                *gradient = self.public.add(gradient, &self.public.multiply(&d, *x)?);
            }
            Ok(())
        })?;
        self.seconds[Phase::Product as usize] += seconds;
        for (expected, x) in self.expected.iter_mut().zip(features) {
            *expected += i128::from(*x) * i128::from(guest + host);
        }
        self.rows += 1;
        Ok(())
    }

    /// The gradients over the sample, checked.
    pub(super) fn decrypt(&mut self) -> Result<(), BenchError> {
        let (clear, seconds) =
            timed(|| Ok(self.gradients.iter().map(|c| self.private.decrypt(c)).collect::<Vec<_>>()))?;
        self.seconds[Phase::Decrypt as usize] += seconds;
        check(clear.iter().zip(&self.expected).all(|(m, expected)| m == expected), "the peer's gradients")
    }

    /// Seconds of a phase over `rows` rows.
    pub(super) fn seconds(&self, phase: Phase, rows: usize) -> f64 {
        let measured = self.seconds[phase as usize];
        if phase.is_extrapolated() { measured * rows as f64 / self.rows.max(1) as f64 } else { measured }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}
