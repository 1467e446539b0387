//! What surrounds a job: the memory beside its destination, the rings, interrupts, a reset.

use std::{thread::sleep, time::Duration};

use card::Transport;
use card_csr::{
    CompletionStatus::{BadContext, Ok as Good},
    Operation,
    regs::{self, CardState},
};

use crate::{
    descriptors::bench::{Bench, CANARIES, CANARY, DESTINATION, LIMBS, SOURCE, with},
    numbers::from_limbs,
    options::Options,
    problem::Problem,
    raw::RING,
};

impl<T: Transport> Bench<'_, T> {
    /// A good job writes its results and not a word more; a bad one's canaries stand too.
    pub(crate) fn canaries(&mut self) -> Result<(), Problem> {
        let case = "what is beside a destination";
        for items in [1, 2, 5, 64] {
            self.fill_destination()?;
            let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, items as u64);
            let completion = self.raw.run(case, job)?;
            let bytes = (items * LIMBS * 8) as u64;
            if (completion.status, completion.items_done, completion.bytes_written) != (Good, items as u32, bytes) {
                return Err(Problem::wrong(case, format!("{completion:?}")));
            }
            let (mut found, mut source) = (vec![0; items * LIMBS + 2 * CANARIES], vec![0; items * LIMBS]);
            self.raw.transport.dma_read(DESTINATION - CANARIES * 8, &mut found)?;
            self.raw.transport.dma_read(SOURCE, &mut source)?;
            let (before, rest) = found.split_at(CANARIES);
            let (results, after) = rest.split_at(items * LIMBS);
            if before.iter().chain(after).any(|word| *word != CANARY) {
                return Err(Problem::wrong(case, format!("{items} items: something was written there")));
            }
            for (item, (result, a)) in results.chunks(LIMBS).zip(source.chunks(LIMBS)).enumerate() {
                let a = from_limbs(a);
                if from_limbs(result) != &a * &a % &self.n {
                    return Err(Problem::Differs { case: case.into(), item });
                }
            }
        }
        Ok(())
    }

    pub(crate) fn ring_wraps(&mut self) -> Result<(), Problem> {
        let case = "more jobs than a ring has entries";
        let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, 1);
        for round in 0..5u64 {
            let tagged: Vec<_> = (0..u64::from(RING) * 3 / 4).map(|k| with(job, 0, 16, 16, round << 8 | k)).collect();
            self.raw.submit(&tagged)?;
            let mut tags = Vec::new();
            for _ in 0..tagged.len() {
                let completion = self.raw.completion(case)?;
                if completion.status != Good {
                    return Err(Problem::wrong(case, format!("{completion:?}")));
                }
                tags.push(completion.tag);
            }
            tags.sort_unstable();
            if !tags.iter().zip(0..).all(|(tag, k)| *tag == (round as u16) << 8 | k) {
                return Err(Problem::wrong(case, format!("tags {tags:x?}")));
            }
        }
        Ok(())
    }

    pub(crate) fn interrupts(&mut self) -> Result<(), Problem> {
        let case = "interrupts";
        let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, 1);
        let moment = Duration::from_millis(50);
        while self.raw.transport.wait_interrupt(moment)? {}
        let all = regs::InterruptStatus::default().with_completion(true).with_error(true);
        self.raw.write(all)?;
        self.raw.write(regs::InterruptMask::default().with_completion(true).with_error(true))?;
        self.raw.run(case, job)?;
        if self.raw.transport.wait_interrupt(moment)? {
            return Err(Problem::wrong(case, "one that was masked"));
        }
        if !self.raw.read::<regs::InterruptStatus>()?.completion() {
            return Err(Problem::wrong(case, "a masked cause does not show"));
        }
        self.raw.write(all)?;
        if self.raw.read::<regs::InterruptStatus>()?.completion() {
            return Err(Problem::wrong(case, "a cause was not cleared"));
        }
        self.raw.write(regs::InterruptMask::default().with_completion(false).with_error(false))?;
        self.raw.run(case, job)?;
        if !self.raw.transport.wait_interrupt(self.raw.patience)? {
            return Err(Problem::wrong(case, "none for a completion"));
        }
        self.raw.write(regs::InterruptHoldoff::default().with_units(2000))?;
        let before = self.raw.read::<regs::CountInterrupts>()?.count();
        let jobs = u32::from(RING) * 3 / 4;
        self.raw.submit(&vec![job; jobs as usize])?;
        for _ in 0..jobs {
            self.raw.completion(case)?;
        }
        // The last cause is told when the hold-off ends, not dropped.
        if !self.raw.transport.wait_interrupt(self.raw.patience)? {
            return Err(Problem::wrong(case, "none for completions held off"));
        }
        self.raw.write(regs::InterruptHoldoff::default())?;
        let raised = self.raw.read::<regs::CountInterrupts>()?.count().wrapping_sub(before);
        if raised > jobs / 2 {
            return Err(Problem::wrong(case, format!("{raised} interrupts for {jobs} jobs although held off")));
        }
        Ok(())
    }

    pub(crate) fn reset_in_a_job(&mut self, options: &Options) -> Result<(), Problem> {
        let case = "a reset in the middle of a job";
        let long = with(with(self.job(Operation::Modexp, 96), 2, 0, 64, self.raw.iova(SOURCE)), 0, 48, 16, 64);
        for pause in if options.quick { vec![1] } else { vec![0, 1, 5] } {
            self.raw.submit(&[long, long])?;
            sleep(Duration::from_millis(pause));
            self.raw.reset()?;
            sleep(Duration::from_millis(20));
            self.raw.enable(self.raw.iova(0), RING.ilog2())?;
            self.raw.await_state(CardState::Ready, case)?;
            if self.raw.poll(case)?.is_some() {
                return Err(Problem::wrong(case, "a job that it ended has a completion"));
            }
            self.expect(case, self.job(Operation::Modmul, 0), BadContext)?;
            self.prepare()?;
            self.expect(case, self.job(Operation::Modmul, 0), Good)?;
        }
        Ok(())
    }
}
