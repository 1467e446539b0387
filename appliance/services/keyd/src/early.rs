//! Before the data volume is open: extend PCR 11, unseal or seal the volume's key, close the door.

use attestation::own_log::LOADED_PCR;
use ipc::control::PcrPolicy;
use ipc::early::{Refusal, Reply, Request, Sealed, Wanted};
use ipc::{Channel, Text};

use crate::ownership::{self, Claim};
use crate::tpm::{LATE_PHASES, Phase, Policy, SealError, Tpm, TpmError};
use crate::{KeydError, chain};

/// The phase at which the volume's key unseals; the vendor signs PCR 11 after it (`ukify --phases=enter-initrd`).
pub const UNSEAL_PHASE: &str = "enter-initrd";
/// The PCR whose value the vendor signs.
const POLICY_PCR: u8 = 11;

struct Given {
    policy: PcrPolicy,
    secure_boot: bool,
}

/// Answers the supervisor until it hangs up. `tpm`: a TPM that could not be opened is what every answer is about.
pub fn run(mut tpm: Result<Tpm, TpmError>, channel: &Channel) -> Result<(), KeydError> {
    let mut given = None;
    loop {
        let request = match channel.receive() {
            Ok(request) => request,
            Err(ipc::ChannelError::Closed) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let reply = match &mut tpm {
            Ok(tpm) => answer(tpm, &mut given, request).unwrap_or_else(|e| refused(&e, chain(&e))),
            Err(e) => refused_by_tpm(e),
        };
        channel.send(&reply)?;
    }
}

/// Which of the refusals an error is.
pub fn refusal(error: &KeydError) -> Refusal {
    match error {
        KeydError::Seal(SealError::OtherTpm) => Refusal::OtherTpm,
        KeydError::Seal(SealError::ExtraParameters) => Refusal::ExtraParameters,
        KeydError::Seal(SealError::NotSigned { .. } | SealError::OtherPolicy) => Refusal::NotSigned,
        KeydError::Seal(SealError::NotApproved { .. }) => Refusal::NotApproved,
        KeydError::Seal(SealError::NotMeasured { .. }) => Refusal::NotMeasured,
        KeydError::Seal(SealError::TooOld { .. }) => Refusal::TooOld,
        KeydError::Seal(SealError::IndexLost { .. }) => Refusal::IndexLost,
        KeydError::Seal(SealError::PinNeeded) => Refusal::PinNeeded,
        KeydError::Seal(SealError::PinWrong) => Refusal::PinWrong,
        KeydError::Seal(SealError::PinLocked) => Refusal::PinLocked,
        KeydError::SecureBootOff => Refusal::SecureBootOff,
        KeydError::Seal(SealError::Damaged(_)) => Refusal::SealedDamaged,
        KeydError::Seal(SealError::Differs) => Refusal::TpmFails,
        KeydError::Seal(SealError::Tpm(e)) | KeydError::Tpm(e) => of_tpm(e),
        KeydError::StillOpen => Refusal::StillOpen,
        _ => Refusal::Other,
    }
}

fn of_tpm(error: &TpmError) -> Refusal {
    match error {
        TpmError::NoBank { .. } => Refusal::NoSha256Bank,
        TpmError::OtherOwner => Refusal::OtherOwner,
        TpmError::OtherIndex { .. } => Refusal::IndexLost,
        TpmError::Policy(_) => Refusal::PolicyDamaged,
        e if e.is_damage() => Refusal::SealedDamaged,
        e if e.is_failing() => Refusal::TpmFails,
        _ => Refusal::Other,
    }
}

fn refused(error: &KeydError, words: String) -> Reply {
    Reply::Refused { why: refusal(error), words: Text::shortened(&words) }
}

fn refused_by_tpm(error: &TpmError) -> Reply {
    Reply::Refused { why: of_tpm(error), words: Text::shortened(&chain(error)) }
}

fn answer(tpm: &mut Tpm, given: &mut Option<Given>, request: Request) -> Result<Reply, KeydError> {
    match request {
        Request::Enter { policy, secure_boot } => {
            *given = Some(Given { policy, secure_boot });
            // A bank that is not there takes what it is given without a word.
            tpm.pcrs(&[POLICY_PCR])?;
            tpm.extend_phase(UNSEAL_PHASE)?;
            Ok(Reply::Entered)
        }
        Request::Seal(wanted) => seal(tpm, given, &wanted).map(Reply::Sealed),
        Request::Pin(authorization) => {
            tpm.enter_pin(authorization);
            Ok(Reply::PinTaken)
        }
        Request::Unseal { sealed } => Ok(Reply::Unsealed(tpm.unseal(&parsed(given, Phase::Early)?, &sealed)?)),
        Request::Leave { sealed, loaded } => {
            for text in &loaded {
                tpm.extend_text(LOADED_PCR, text.as_str())?;
            }
            for phase in LATE_PHASES {
                tpm.extend_phase(phase)?;
            }
            if let Some(sealed) = sealed {
                prove_closed(tpm, given, &sealed)?;
            }
            Ok(Reply::Left)
        }
    }
}

/// Tries to unseal once more, which must fail, and for a reason that lasts as long as this boot.
fn prove_closed(tpm: &mut Tpm, given: &Option<Given>, sealed: &Sealed) -> Result<(), KeydError> {
    let tried = parsed(given, Phase::Early).and_then(|policy| Ok(tpm.unseal(&policy, sealed)?));
    let Err(why) = tried else { return Err(KeydError::StillOpen) };
    match refusal(&why) {
        // A box that runs on the recovery key after one of these has a sealed key that never opened.
        Refusal::NotSigned
        | Refusal::NotApproved
        | Refusal::NotMeasured
        | Refusal::TooOld
        | Refusal::IndexLost
        | Refusal::ExtraParameters
        | Refusal::OtherTpm
        | Refusal::NoSha256Bank
        | Refusal::SealedDamaged
        | Refusal::PolicyDamaged => Ok(()),
        Refusal::NoTpm
        | Refusal::OtherOwner
        | Refusal::SecureBootOff
        | Refusal::PinNeeded
        | Refusal::PinWrong
        | Refusal::PinLocked
        | Refusal::TpmFails
        | Refusal::StillOpen
        | Refusal::Other => Err(why),
    }
}

/// The TPM is made this box's first.
fn seal(tpm: &mut Tpm, given: &Option<Given>, wanted: &Wanted) -> Result<Sealed, KeydError> {
    let (early, ready) = (parsed(given, Phase::Early)?, parsed(given, Phase::Ready)?);
    let secure_boot = given.as_ref().is_some_and(|g| g.secure_boot);
    let claim = Claim { recovery: &wanted.recovery, wrapped: wanted.owner.as_deref(), secure_boot };
    let owner = ownership::take(tpm, &early, &ready, &claim)?;
    Ok(Sealed { owner: Some(owner), ..tpm.seal(&early, &wanted.key)? })
}

fn parsed(given: &Option<Given>, phase: Phase) -> Result<Policy, KeydError> {
    let given = given.as_ref().ok_or_else(|| TpmError::Policy("none was given".into()))?;
    Ok(Policy::parse(&given.policy, phase)?)
}
