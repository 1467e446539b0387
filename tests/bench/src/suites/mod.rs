//! What is measured.

use clap::ValueEnum;
use engine::{Cpu, Engine};

use crate::machine::Cores;
use crate::{BenchError, Case, Plan};

mod arithmetic;
mod evidence;
mod he;
mod inputs;
mod lr;
mod psi;
mod service;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Suite {
    /// Multiplications, squarings and powers against the machine's bound and GMP
    Engine,
    /// Paillier and RSA against FATE-style Paillier on GMP and OpenSSL
    He,
    /// One epoch of vertical logistic regression's work on ciphertexts
    Lr,
    /// Encryptions through the service, over mutual TLS, against the same in this process
    Service,
    /// An evidence, taken from a box in the emulator and judged, and an audit log
    Evidence,
    /// Batches of points against curve25519-dalek, and two parties that intersect sets in one thread
    Psi,
}

impl Suite {
    /// The epoch comes first: the peak of its memory must not be what another suite left behind.
    pub const ALL: &'static [Suite] =
        &[Suite::Lr, Suite::Engine, Suite::He, Suite::Service, Suite::Evidence, Suite::Psi];
}

/// What a suite needs, and where its cases go.
pub struct Bench {
    pub plan: Plan,
    pub quick: bool,
    /// Rows of the epoch.
    pub rows: usize,
    pub cores: Cores,
    pub cases: Vec<Case>,
}

impl Bench {
    /// On one core, if not asked otherwise.
    pub fn run(&mut self, suite: Suite) -> Result<(), BenchError> {
        self.cores.pin()?;
        match suite {
            Suite::Engine => arithmetic::run(self),
            Suite::He => he::run(self),
            Suite::Lr => lr::run(self),
            Suite::Service => service::run(self),
            Suite::Evidence => evidence::run(self),
            Suite::Psi => psi::run(self),
        }
    }

    /// The fastest unit of the processor, on one thread.
    fn engine(&self) -> Engine {
        on_threads(1)
    }

    fn add(&mut self, case: Case) {
        eprintln!("{}", crate::report::line(&case));
        self.cases.push(case);
    }
}

fn on_threads(threads: usize) -> Engine {
    Engine::on_cpu(Cpu::with(threads, Cpu::new().unit()))
}
