//! What went wrong, as the reason that a person is told. Pure.

use box_state::{Code, Event, Reason};
use data_volume::VolumeError;
use ipc::early::Refusal;

use crate::error::{SupervisorError, chain};

/// Why the TPM gave no key.
pub(crate) fn of_tpm(error: &SupervisorError) -> Reason {
    let code = match error {
        SupervisorError::Early { why, .. } => match why {
            Refusal::NoTpm => Code::TpmAbsent,
            Refusal::OtherTpm => Code::TpmReplaced,
            Refusal::NoSha256Bank => Code::TpmLacksSha256,
            Refusal::NotSigned => Code::SystemNotSigned,
            Refusal::NotApproved => Code::SecureBootChanged,
            Refusal::NotMeasured => Code::FirmwareMeasuresNothing,
            Refusal::TooOld => Code::SystemTooOld,
            Refusal::IndexLost => Code::TpmForgot,
            Refusal::OtherOwner => Code::TpmHasOwner,
            Refusal::SecureBootOff => Code::SecureBootNeeded,
            Refusal::ExtraParameters => Code::KernelParameters,
            Refusal::PinNeeded => Code::PinNeeded,
            Refusal::PinWrong => Code::PinWrong,
            Refusal::PinLocked => Code::PinLocked,
            Refusal::SealedDamaged => Code::SealedKeyDamaged,
            Refusal::PolicyDamaged => Code::PolicyDamaged,
            Refusal::StillOpen => Code::TpmStaysOpen,
            Refusal::TpmFails | Refusal::Other => Code::TpmFails,
        },
        _ => Code::TpmFails,
    };
    Reason::new(code).detail(&chain(error))
}

/// Why no volume is made: where the firmware or the TPM is to be set up otherwise, that is what is said.
pub(crate) fn of_set_up(error: &SupervisorError) -> Reason {
    let reason = of_tpm(error);
    match reason.code() {
        Code::SecureBootNeeded
        | Code::TpmHasOwner
        | Code::FirmwareMeasuresNothing
        | Code::TpmLacksSha256
        | Code::PinNeeded
        | Code::PinWrong
        | Code::PinLocked => reason,
        _ => Reason::new(Code::SetUpFailed).detail(&chain(error)),
    }
}

/// Why the partition could not be read, written or opened.
pub(crate) fn of_disk(error: &VolumeError) -> Reason {
    let code = match error {
        VolumeError::Header { .. } => Code::VolumeHeaderLost,
        _ => Code::DiskErrors,
    };
    Reason::new(code).detail(&chain(error))
}

/// What is to be said of the header of a volume that opens.
pub(crate) fn of_header(volume: &data_volume::Volume) -> Vec<Event> {
    let mut events = Vec::new();
    if volume.was_repaired() {
        events.push(Event::Appeared(Reason::new(Code::HeaderRepaired)));
    }
    let failing = match (volume.unreadable_bytes(), volume.has_its_end()) {
        (0, true) => return events,
        (0, false) => "the end of the data volume is not what it was".to_string(),
        (bytes, _) => format!("{bytes} bytes of the data volume's header cannot be read"),
    };
    events.push(Event::Appeared(Reason::new(Code::DiskFailing).detail(&failing)));
    events
}

/// Why what is on the open mapping could not be mounted.
pub(crate) fn of_mount(error: &VolumeError) -> Reason {
    let io = matches!(error, VolumeError::Mount { source: nix::errno::Errno::EIO, .. });
    Reason::new(if io { Code::DiskErrors } else { Code::FileSystemDamaged }).detail(&chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_tpm_keeps_the_volume_closed() {
        use Refusal::*;
        for why in [
            NoTpm,
            OtherTpm,
            NoSha256Bank,
            NotSigned,
            NotApproved,
            NotMeasured,
            TooOld,
            IndexLost,
            OtherOwner,
            SecureBootOff,
            ExtraParameters,
            PinNeeded,
            PinWrong,
            PinLocked,
            SealedDamaged,
            PolicyDamaged,
            TpmFails,
            StillOpen,
            Other,
        ] {
            let reason = of_tpm(&SupervisorError::Early { why, words: "words".into() });
            assert_eq!(reason.code().severity(), box_state::Severity::Locks, "{why:?}");
        }
    }
}
