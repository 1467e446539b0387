//! What a person can do while the volume stays closed.

use box_state::{Code, Event, Reason};
use data_volume::{Tried, Way};
use ipc::control::DataVolume;
use ipc::early::Sealed;
use secrets::Secret;
use start_pin::{PinError, StartPin};

use super::{Answer, Closed, KEY_BYTES, Opened, WRONG_KEY, pause, reasons};
use crate::console::Console;
use crate::error::{SupervisorError, chain};
use crate::random::random_secret;

/// Letters of the word that has a disk erased, out of those that are not taken for others.
const WORD: usize = 4;
const LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ23456789";

/// What the recovery did for the TPM.
enum Resealed {
    /// It opens the volume from now on.
    Yes(Sealed),
    /// It works, and does not; why.
    No(Reason),
    /// It does not work; why.
    NoTpm(Reason),
}

impl Closed {
    /// Tries again as at the start.
    pub(crate) fn retry(self, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        Answer::Tried(self.open(console, feed))
    }

    /// With the disk of this number.
    pub(crate) fn choose(mut self, number: usize, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        match self.disks.choose(number) {
            Ok(()) => self.retry(console, feed),
            Err(line) => Answer::Still { closed: Box::new(self), line },
        }
    }

    /// Begins anew with an empty volume: asks first, and does it when the word that it asks for comes.
    pub(crate) fn erase(mut self, word: Option<&str>, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        let Some((device, described)) = self.disks.described() else {
            let line = "there is no disk to erase, or more than one: choose-disk N first".into();
            return Answer::Still { closed: Box::new(self), line };
        };
        if word.is_none() || word.map(str::to_uppercase) != self.erase_word {
            let line = match new_word() {
                Ok(word) => {
                    self.erase_word = Some(word.clone());
                    format!("all data on {described} will be lost for ever; if you mean it, type: erase {word}")
                }
                Err(e) => chain(&e),
            };
            return Answer::Still { closed: Box::new(self), line };
        }
        self.erase_word = None;
        self.volume = None;
        if self.mapped.take().is_some()
            && let Err(e) = data_volume::close()
        {
            return Answer::Still { closed: Box::new(self), line: chain(&e) };
        }
        if let Err(e) = data_volume::erase(&device) {
            let why = reasons::of_disk(&e);
            return Answer::Tried(self.tried(Err(why)));
        }
        console.say(&format!("{described} was erased"));
        Answer::Tried(self.open(console, feed))
    }

    /// A line that is no command: the PIN, where one is asked for, or else the recovery key, which has letters and is longer.
    pub(crate) fn typed(self, line: &str, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        let asks = matches!(self.why.code(), Code::PinNeeded | Code::PinWrong);
        match StartPin::parse(line) {
            Ok(pin) if asks => self.pin(&pin, console, feed),
            // Digits, which are no recovery key: what is wrong with them as a PIN is more to the point.
            Err(e @ (PinError::Length { .. } | PinError::Same)) if asks => {
                Answer::Still { closed: Box::new(self), line: e.to_string() }
            }
            _ => self.recovery_key(line, console, feed),
        }
    }

    fn pin(mut self, pin: &StartPin, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        let given = match self.tpm.early(&self.table, console, feed) {
            Ok(early) => early.pin(pin, feed).map_err(|e| reasons::of_tpm(&e)),
            Err(why) => Err(why),
        };
        match given {
            Ok(()) => self.retry(console, feed),
            Err(why) => Answer::Tried(self.tried(Err(why))),
        }
    }

    fn recovery_key(mut self, line: &str, console: &mut Console, feed: &mut dyn FnMut()) -> Answer {
        let Some(volume) = &mut self.volume else {
            return Answer::Still { closed: Box::new(self), line: "there is no such command; help lists them".into() };
        };
        let key = data_volume::typed(line);
        match volume.open(Way::Recovery, &key) {
            Ok(Tried::Opens) => {}
            Ok(Tried::WrongKey) => {
                pause(WRONG_KEY, feed);
                let line = "that is no command, and as a recovery key it does not open the data volume".into();
                return Answer::Still { closed: Box::new(self), line };
            }
            Ok(Tried::NoSlot) => {
                let line = "the data volume has no recovery key: its slot is gone".into();
                return Answer::Still { closed: Box::new(self), line };
            }
            Err(e) => {
                let why = reasons::of_disk(&e);
                return Answer::Tried(self.tried(Err(why)));
            }
        }
        let opened = self.recovered(&key, console, feed);
        Answer::Tried(self.tried(opened))
    }

    /// The mapping is there. In a system that was signed and measured the TPM, maybe a new one, is given the key again; in any other
    /// it refuses.
    fn recovered(&mut self, key: &Secret, console: &mut Console, feed: &mut dyn FnMut()) -> Result<Opened, Reason> {
        let old = self.volume.as_mut().and_then(|v| serde_json::from_value::<Sealed>(v.sealed()?).ok());
        let mut events = self.volume.as_ref().map(reasons::of_header).unwrap_or_default();
        let mut appeared = |code, why: &Reason| events.push(Event::Appeared(Reason::new(code).detail(&why.sentence())));
        let how = DataVolume::Recovery;
        let mut measured = Vec::new();
        match self.reseal(key, old.as_ref().and_then(|o| o.owner.clone()), console, feed) {
            Resealed::Yes(sealed) => measured = self.leave(how, Some(sealed), feed)?,
            Resealed::No(why) => {
                appeared(Code::NotSealedAgain, &why);
                measured = self.leave(how, old, feed)?;
            }
            Resealed::NoTpm(why) => appeared(Code::TpmUnusable, &why),
        }
        self.mount(Opened { how, measured, events }, console, feed)
    }

    fn reseal(
        &mut self,
        recovery: &Secret,
        owner: Option<String>,
        console: &mut Console,
        feed: &mut dyn FnMut(),
    ) -> Resealed {
        let early = match self.tpm.early(&self.table, console, feed) {
            Ok(early) => early,
            Err(why) => return Resealed::NoTpm(why),
        };
        let sealed = random_secret(KEY_BYTES).and_then(|key| Ok((early.seal(&key, recovery, owner, feed)?, key)));
        let (sealed, key) = match sealed {
            Ok(sealed) => sealed,
            Err(e) => {
                let why = reasons::of_tpm(&e);
                return if why.code() == Code::TpmFails { Resealed::NoTpm(why) } else { Resealed::No(why) };
            }
        };
        let written = serde_json::to_value(&sealed).map_err(|e| chain(&e)).and_then(|token| {
            let volume = self.volume.as_mut().ok_or("it is not open")?;
            volume.replace_tpm_key(recovery, &key, &token).map_err(|e| chain(&e))
        });
        match written {
            Ok(()) => Resealed::Yes(sealed),
            Err(e) => Resealed::No(Reason::new(Code::DiskErrors).detail(&e)),
        }
    }
}

fn new_word() -> Result<String, SupervisorError> {
    let random = random_secret(WORD)?;
    Ok(random.expose().iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect())
}
