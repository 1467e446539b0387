//! What no driver sends: descriptors that are wrong in one place each, and what surrounds a job.

use card::Transport;

use crate::{descriptors::bench::Bench, options::Options, problem::Problem};

mod bench;
mod locks;
mod surroundings;
mod wrong;

pub(crate) fn run<T: Transport>(
    transport: &mut T,
    options: &Options,
    say: &mut dyn FnMut(&str),
) -> Result<(), Problem> {
    let mut bench = Bench::start(transport)?;
    say("wrong descriptors");
    bench.wrong_descriptors()?;
    say("a destination and what is beside it");
    bench.canaries()?;
    say("more jobs than a ring has entries");
    bench.ring_wraps()?;
    say("interrupts: masked, cleared, held off");
    bench.interrupts()?;
    say("a reset in the middle of a job");
    bench.reset_in_a_job(options)?;
    say("errors that lock the card");
    bench.locks()
}
