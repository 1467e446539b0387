//! The image on trial: what the watch sees of it, the verdict, and what is done for that. One that was marked good before is only asked
//! what became of the others.

use std::time::Duration;

use boot_slots::{Lack, Others, SlotPath, Terms, Trial, Verdict};
use box_state::{Code, Event, Reason, Situation};
use ipc::control::Order;
use service_table::Device;

use super::Watch;
use crate::answers::{Answer, Asked};
use crate::boot_slot::{self, Partition};
use crate::console::Console;
use crate::error::{SupervisorError, chain};
use crate::facts;
use crate::power::End;
use crate::slot_record::GoodImage;

#[cfg(not(feature = "fault-injection"))]
const TERMS: Terms = Terms { steady: Duration::from_secs(90), deadline: Duration::from_secs(900) };
/// The tests' image has no time to lose.
#[cfg(feature = "fault-injection")]
const TERMS: Terms = Terms { steady: Duration::from_secs(15), deadline: Duration::from_secs(150) };
/// Between two questions to the ports.
const PAUSE: Duration = Duration::from_secs(10);

/// What of the release the record keeps.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) version: String,
    pub(crate) security_version: u8,
}

pub(crate) struct ImageTrial {
    running: Running,
    /// `None`: no image of the partition runs.
    slot: Option<SlotPath>,
    /// Until the verdict.
    trial: Option<Trial>,
    asked: Option<Asked>,
    ask_at: Duration,
    /// A person is waited for, whose time is not the image's: so long until now, and since when.
    waited: Duration,
    looked: Duration,
    has_looked_at_others: bool,
}

impl ImageTrial {
    pub(crate) fn begin(running: Running) -> (ImageTrial, Option<Event>) {
        let (slot, event) = match boot_slot::running() {
            Ok(slot) => (slot, None),
            Err(e) => (None, Some(not_marked(&chain(&e)))),
        };
        let is_tried = slot.as_ref().is_some_and(|slot| slot.good().is_some());
        let trial = ImageTrial {
            running,
            slot,
            trial: is_tried.then(|| Trial::new(TERMS)),
            asked: None,
            ask_at: Duration::ZERO,
            waited: Duration::ZERO,
            looked: Duration::ZERO,
            has_looked_at_others: false,
        };
        (trial, event)
    }

    /// Has its time be over.
    #[cfg(feature = "fault-injection")]
    pub(crate) fn end(&mut self) {
        self.trial = self.trial.is_some().then(|| Trial::new(Terms { deadline: Duration::ZERO, ..TERMS }));
    }

    fn verdict(&mut self, now: Duration, lack: Option<Lack>, person: bool) -> Verdict {
        let passed = now.saturating_sub(self.looked);
        self.looked = now;
        let Some(trial) = &mut self.trial else { return Verdict::Wait };
        if person {
            self.waited += passed;
            return Verdict::Wait;
        }
        trial.look(now.saturating_sub(self.waited), lack)
    }

    /// Asks the ports, or hears what came of it; a line about what did not answer.
    fn ask(&mut self, now: Duration, ports: impl FnOnce() -> Vec<u16>) -> Option<String> {
        let Some(asked) = &self.asked else {
            if now >= self.ask_at {
                self.asked = Some(Asked::begin(ports()));
            }
            return None;
        };
        let answer = asked.answer();
        if !matches!(answer, Answer::NotYet) {
            self.asked = None;
            self.ask_at = now + PAUSE;
        }
        match answer {
            Answer::NotYet => None,
            Answer::All => {
                self.trial.iter_mut().for_each(Trial::all_answered);
                None
            }
            Answer::Silent(why) => Some(format!("this image is not marked good yet: {why}")),
        }
    }
}

impl Watch {
    /// Looks at the image that is tried; how the box is to end, if it is.
    pub(super) fn look_at_image(&mut self, console: &mut Console) -> Option<End> {
        let now = facts::uptime();
        let situation = self.status.situation();
        let (lack, person) = (self.lack(situation), waits_for_person(situation));
        match self.image.verdict(now, lack, person) {
            Verdict::Wait => {}
            Verdict::Ask => {
                let rows = self.table.rows();
                let said = self.image.ask(now, || rows.iter().flat_map(|row| row.listen.iter().copied()).collect());
                said.iter().for_each(|line| console.say(line));
            }
            Verdict::Works => self.image_works(console),
            Verdict::Fails(lack) => return self.image_fails(console, lack),
        }
        // A card that has failed since is none of the image's.
        let serves = matches!(lack, None | Some(Lack::Cards));
        if serves && self.image.trial.is_none() && !self.image.has_looked_at_others {
            self.image.has_looked_at_others = true;
            self.look_at_others(console);
            self.keep_cards(console);
        }
        None
    }

    /// Under an image that was marked good: which cards the next one has to work with. One that was taken out or fails is not asked for.
    pub(super) fn keep_cards(&mut self, console: &mut Console) {
        if self.image.trial.is_none() && self.closed.is_none() && self.slots.has_cards(self.status.cards_known()) {
            self.slots.write().err().iter().for_each(|e| console.say(&chain(e)));
        }
    }

    /// The first thing that an image which works would have.
    fn lack(&self, situation: &Situation) -> Option<Lack> {
        let working = self.status.working_cards();
        let not_sealed = [Code::NotSealedAgain, Code::TpmUnusable].into_iter().any(|code| situation.has(code));
        [
            (self.closed.is_some(), Lack::Closed),
            (not_sealed, Lack::NotSealed),
            (!self.services.are_ready(), Lack::Services),
            (self.slots.cards().any(|card| !working.contains(&card)), Lack::Cards),
        ]
        .into_iter()
        .find_map(|(lacks, lack)| lacks.then_some(lack))
    }

    fn image_works(&mut self, console: &mut Console) {
        self.image.trial = None;
        let Some(counted) = self.image.slot.clone() else { return };
        let Some(good) = counted.good() else { return };
        let cards: Vec<String> = self.status.working_cards().into_iter().map(String::from).collect();
        let image = &self.image.running;
        let image = GoodImage { version: image.version.clone(), security_version: image.security_version };
        self.slots.works(&counted, image, cards);
        // The record first: without it a good image would be one that never said what it is.
        let marked = self.slots.write().and_then(|()| self.in_partition(|partition| partition.mark(&counted, &good)));
        match marked {
            Ok(()) => {
                console.say(&format!("boot slot {} marked good", good.name()));
                self.image.slot = Some(good);
                self.event(console, Event::Gone(Code::BootSlotNotMarked, String::new()));
            }
            Err(e) => self.event(console, not_marked(&chain(&e))),
        }
    }

    /// Gives way to an image that worked, if there is one; else goes on, for as long as it takes.
    fn image_fails(&mut self, console: &mut Console, lack: Lack) -> Option<End> {
        self.image.trial = Some(Trial::new(Terms { deadline: Duration::MAX, ..TERMS }));
        let counted = self.image.slot.clone()?;
        let bad = counted.bad()?;
        let version = self.image.running.version.clone();
        let is_open = self.closed.is_none();
        let given_up = self.in_partition(|partition| {
            let others = partition.others(&counted)?;
            let Some(other) = others.good().next().cloned() else { return Ok(None) };
            partition.mark(&counted, &bad).map(|()| Some(other))
        });
        match given_up {
            Ok(Some(other)) => {
                console.say(&format!("this image is given up: {}; {} is next", lack.words(), other.name()));
                if is_open {
                    self.slots.fails(&counted, &version, lack.words());
                    self.slots.write().err().iter().for_each(|e| console.say(&chain(e)));
                }
                Some(End::Reboot)
            }
            Ok(None) => {
                self.event(console, not_marked(&format!("{}, and there is no other image", lack.words())));
                None
            }
            Err(e) => {
                self.event(console, not_marked(&chain(&e)));
                None
            }
        }
    }

    /// Says what became of images that were given up, and has the TPM refuse what nobody falls back to.
    fn look_at_others(&mut self, console: &mut Console) {
        let Some(slot) = self.image.slot.clone().filter(|slot| slot.good().is_none()) else { return };
        match self.in_partition(|partition| partition.others(&slot)) {
            Ok(others) => {
                for failed in others.failed() {
                    let reason =
                        Reason::new(Code::ImageGivenUp).about(failed.name()).detail(&self.slots.failure(failed));
                    self.event(console, Event::Appeared(reason));
                }
                self.raise_floor(&slot, &others);
            }
            Err(e) => console.say(&format!("the other images: {}", chain(&e))),
        }
    }

    fn raise_floor(&self, slot: &SlotPath, others: &Others) {
        if let Some(floor) = self.slots.security_floor(slot, others) {
            // Nobody to tell: the next start does it.
            self.services.order(Device::Tpm, &Order::RaiseSecurityFloor(floor));
        }
    }

    fn in_partition<T>(
        &mut self,
        work: impl FnOnce(&Partition) -> Result<T, SupervisorError>,
    ) -> Result<T, SupervisorError> {
        let watchdog = &mut self.watchdog;
        let partition = Partition::open(&mut || watchdog.feed())?;
        let outcome = work(&partition);
        partition.close()?;
        outcome
    }
}

/// The image has done what it could: a person's PIN or recovery key is next.
fn waits_for_person(situation: &Situation) -> bool {
    [Code::PinNeeded, Code::PinWrong, Code::PinLocked].into_iter().any(|code| situation.has(code))
}

fn not_marked(why: &str) -> Event {
    Event::Appeared(Reason::new(Code::BootSlotNotMarked).detail(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial() -> ImageTrial {
        ImageTrial {
            running: Running { version: "1.0".into(), security_version: 1 },
            slot: SlotPath::named("b+2-1.efi"),
            trial: Some(Trial::new(TERMS)),
            asked: None,
            ask_at: Duration::ZERO,
            waited: Duration::ZERO,
            looked: Duration::ZERO,
            has_looked_at_others: false,
        }
    }

    #[test]
    fn an_image_is_not_given_up_while_a_person_is_waited_for() {
        let mut image = trial();
        for second in 0..10_000 {
            assert_eq!(image.verdict(Duration::from_secs(second), Some(Lack::Closed), true), Verdict::Wait);
        }
        // Its own time begins now.
        let began = Duration::from_secs(9_999);
        assert_eq!(image.verdict(began + TERMS.deadline / 2, Some(Lack::Services), false), Verdict::Wait);
        assert_eq!(image.verdict(began + TERMS.deadline, Some(Lack::Services), false), Verdict::Fails(Lack::Services));
    }
}
