//! Before the data volume is open: extend PCR 11, unseal or seal the volume's key, close the door.

use ipc::Channel;
use ipc::control::PcrPolicy;
use ipc::early::{Reply, Request, Sealed};

use crate::tpm::{LATE_PHASES, Phase, Policy, SealError, Tpm};
use crate::{KeydError, chain};

/// The phase at which the volume's key unseals; the vendor signs PCR 11 after it (`ukify --phases=enter-initrd`).
pub const UNSEAL_PHASE: &str = "enter-initrd";

/// Answers the supervisor until it hangs up.
pub fn run(tpm: &mut Tpm, channel: &Channel) -> Result<(), KeydError> {
    let mut policy = None;
    loop {
        let request = match channel.receive() {
            Ok(request) => request,
            Err(ipc::ChannelError::Closed) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let reply = answer(tpm, &mut policy, request).unwrap_or_else(|e| Reply::Refused(chain(&e)));
        channel.send(&reply)?;
    }
}

fn answer(tpm: &mut Tpm, policy: &mut Option<PcrPolicy>, request: Request) -> Result<Reply, KeydError> {
    match request {
        Request::Enter { policy: given } => {
            tpm.extend_phase(UNSEAL_PHASE)?;
            *policy = Some(given);
            Ok(Reply::Entered)
        }
        Request::Seal { key } => Ok(Reply::Sealed(tpm.seal(&parsed(policy, Phase::Early)?, &key)?)),
        Request::Unseal { sealed } => Ok(Reply::Unsealed(tpm.unseal(&parsed(policy, Phase::Early)?, &sealed)?)),
        Request::Leave { sealed } => {
            for phase in LATE_PHASES {
                tpm.extend_phase(phase)?;
            }
            if let Some(sealed) = sealed {
                prove_closed(tpm, &parsed(policy, Phase::Early)?, &sealed)?;
            }
            Ok(Reply::Left)
        }
    }
}

/// Tries to unseal once more, which must fail, and for the right reason.
fn prove_closed(tpm: &mut Tpm, policy: &Policy, sealed: &Sealed) -> Result<(), KeydError> {
    match tpm.unseal(policy, sealed) {
        // A box that runs on the recovery key after one of these has a sealed key that never opened.
        Err(SealError::NotSigned { .. } | SealError::ExtraParameters | SealError::OtherTpm) => Ok(()),
        Err(e) => Err(e.into()),
        Ok(_) => Err(KeydError::StillOpen),
    }
}

fn parsed(policy: &Option<PcrPolicy>, phase: Phase) -> Result<Policy, KeydError> {
    let given = policy.as_ref().ok_or_else(|| crate::tpm::TpmError::Policy("none was given".into()))?;
    Ok(Policy::parse(given, phase)?)
}
