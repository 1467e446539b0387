//! What the supervisor asks of keyd before the data volume is open (`keyd early`, at [`crate::CONTROL_FD`]).
//!
//! Order: `Enter`, then `Pin` where one is asked for, then `Unseal` or (on the first boot, and after a recovery) `Seal`, then `Leave`, after which the process ends.

use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::bounded::Text;
use crate::control::{Line, PcrPolicy};

#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Extends PCR 11 with "enter-initrd": systemd-stub leaves that to the operating system, and nobody else here does it.
    Enter {
        policy: PcrPolicy,
        /// The firmware says that it enforces signatures.
        secure_boot: bool,
    },
    /// Seals a key to this TPM and to what the vendor signed; sealed, unsealed and compared before it is answered. The TPM is made this
    /// box's, and approves of Secure Boot's state as it is.
    Seal(Wanted),
    /// What somebody typed as the PIN to start (`start_pin::StartPin::authorization`): it counts at the next `Seal` or `Unseal`.
    Pin(Secret),
    Unseal {
        sealed: Sealed,
    },
    /// Extends PCR 15 with each of these texts, and PCR 11 with the later phases, and proves that `sealed` can't be unsealed any more in
    /// this boot.
    Leave {
        sealed: Option<Sealed>,
        loaded: Vec<Line>,
    },
}

/// What is to be sealed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Wanted {
    pub key: Secret,
    /// The recovery key: a person typed it, or it was made in this boot.
    pub recovery: Secret,
    /// [`Sealed::owner`] of what was sealed before, if anything was.
    pub owner: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Entered,
    PinTaken,
    Sealed(Sealed),
    Unsealed(Secret),
    Left,
    /// Why not; and in words for the console.
    Refused {
        why: Refusal,
        words: Text<256>,
    },
}

/// Why the TPM's key stays closed, or none can be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// There is none: the supervisor finds that before anybody is asked.
    NoTpm,
    /// The key was sealed by another one, or by this one before it was cleared.
    OtherTpm,
    /// PCRs are kept with other hashes alone.
    NoSha256Bank,
    /// PCR 11 has a value that the vendor did not sign for this phase.
    NotSigned,
    /// PCR 7: Secure Boot's state or keys, or the vendor's key, are others than those approved of.
    NotApproved,
    /// PCR 7 says nothing.
    NotMeasured,
    /// A newer release has run here, after which this one opens nothing.
    TooOld,
    /// What the TPM keeps about this box is gone, or of another form.
    IndexLost,
    /// The TPM has an owner's authorization that this box does not know.
    OtherOwner,
    /// Nothing is sealed while anything could be started.
    SecureBootOff,
    /// PCR 12: kernel parameters or add-ons that nobody signed.
    ExtraParameters,
    /// The key takes the PIN to start, which was not given; or what was given is not it; or it was wrong too often, and no PIN opens it.
    PinNeeded,
    PinWrong,
    PinLocked,
    /// What was sealed cannot be read, or is not what the TPM made.
    SealedDamaged,
    /// The vendor's signed policy cannot be read.
    PolicyDamaged,
    /// It is in failure mode, gives no answer in time, or cannot be spoken to.
    TpmFails,
    /// The key can still be unsealed where it must not be.
    StillOpen,
    Other,
}

/// A TPM-sealed secret, as it is kept in the LUKS2 header. Hexadecimal; nothing in it needs to be kept secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Name of the storage root key under which it was sealed: another one is another TPM.
    pub srk_name: String,
    /// TPM2B_PUBLIC's and TPM2B_PRIVATE's content.
    pub public: String,
    pub private: String,
    /// The secret that the TPM's authorizations come from, encrypted under the recovery key; for the data volume's key alone.
    pub owner: Option<String>,
}
