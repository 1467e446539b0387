//! The conformance suite: what every card must do, whatever stands behind its registers and whatever the way to it.
//!
//! [`run`] has two halves. [`descriptors`](mod@descriptors) speaks to the card as no driver would: every wrong descriptor has its status
//! code, nothing is written beside a destination, a reset ends a job. `suite` computes through the driver, against the
//! committed vectors and against another library's arithmetic.

#![forbid(unsafe_code)]

use card::{Card, Transport};

pub use options::Options;
pub use problem::Problem;
pub use process::{CardProcess, ClientTransport};
pub use suite::{carry_on, context, deadline, open, operands};

mod descriptors;
mod numbers;
mod options;
mod problem;
mod process;
mod raw;
mod suite;
mod vectors;

/// Everything; `say` is told each part before it begins.
pub fn run<T: Transport>(mut transport: T, options: &Options, say: &mut dyn FnMut(&str)) -> Result<(), Problem> {
    descriptors::run(&mut transport, options, say)?;
    say("self-test");
    let mut card = Card::probe(&mut transport).map_err(|source| Problem::Driver { case: "probe".into(), source })?;
    suite::run(&mut card, options, say)
}
