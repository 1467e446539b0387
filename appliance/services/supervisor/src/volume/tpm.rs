//! The TPM as far as the data volume needs it: its early phase is entered once and left once.

use box_state::Reason;
use ipc::control::Line;
use ipc::early::Sealed;
use service_table::Table;

use super::reasons;
use crate::console::Console;
use crate::early::Early;
use crate::error::SupervisorError;

pub(crate) enum Tpm {
    NotTried,
    /// In the phase in which it gives the volume's key.
    Early(Early),
    /// It gives the key no more in this boot.
    Left,
}

impl Tpm {
    /// The way to it, in the early phase. What did not work is tried again at the next call.
    pub(crate) fn early(
        &mut self,
        table: &Table,
        console: &mut Console,
        feed: &mut dyn FnMut(),
    ) -> Result<&Early, Reason> {
        if let Tpm::NotTried = self {
            let mut early = Early::start(table).map_err(|e| reasons::of_tpm(&e))?;
            let entered = early.enter(feed);
            early.said().iter().for_each(|line| console.say(line));
            entered.map_err(|e| reasons::of_tpm(&e))?;
            *self = Tpm::Early(early);
        }
        match self {
            Tpm::Early(early) => Ok(early),
            Tpm::NotTried | Tpm::Left => Err(reasons::of_tpm(&SupervisorError::Early {
                why: ipc::early::Refusal::Other,
                words: "it was asked in this boot already; a restart asks it again".into(),
            })),
        }
    }

    /// Has it give the key no more, and proves that.
    pub(crate) fn leave(
        &mut self,
        sealed: Option<Sealed>,
        loaded: &[Line],
        feed: &mut dyn FnMut(),
    ) -> Result<(), Reason> {
        match std::mem::replace(self, Tpm::Left) {
            Tpm::Early(early) => early.leave(sealed, loaded, feed).map_err(|e| reasons::of_tpm(&e)),
            Tpm::NotTried | Tpm::Left => Ok(()),
        }
    }
}
