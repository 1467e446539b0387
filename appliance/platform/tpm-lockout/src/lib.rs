//! Resets the TPM's defence against guessing (TPM2_DictionaryAttackLockReset; TPM 2.0 part 3, 25.2), which `tss-esapi` has no call for.
//!
//! It is a connection of its own, and a TPM that takes one alone is not for it: `/dev/tpmrm0` takes many.

mod esys;

use secrets::Secret;
use tss_esapi::tcti_ldr::TctiNameConf;

use esys::Esys;

#[derive(Debug, thiserror::Error)]
pub enum LockoutError {
    #[error("the name of the TPM's device")]
    Name(#[source] tss_esapi::Error),
    #[error("the TPM refused to {action}")]
    Command {
        action: &'static str,
        #[source]
        source: tss_esapi::Error,
    },
    #[error("the authorization has {0} bytes, and the TPM takes 64")]
    TooLong(usize),
}

/// A second connection to a TPM, for this one command.
pub struct Lockout(Esys);

impl Lockout {
    pub fn open(tcti: TctiNameConf) -> Result<Lockout, LockoutError> {
        Ok(Lockout(Esys::open(tcti)?))
    }

    /// Makes the TPM forget the wrong authorizations that it counts. `storage_root`: the persistent handle of the key that the session
    /// is salted with, so that the bus shows nothing of the authorization, which is the lockout hierarchy's. After a wrong one the TPM
    /// hears none for its `lockoutRecovery`.
    pub fn reset(&mut self, storage_root: u32, authorization: &Secret) -> Result<(), LockoutError> {
        let key = self.0.persistent(storage_root)?;
        let result = self.0.salted_session(&key).and_then(|session| {
            let reset = self.0.set_lockout_authorization(authorization).and_then(|()| self.0.reset_lockout(&session));
            // Not kept for longer than it is used.
            let forgotten = self.0.set_lockout_authorization(&Secret::new(Vec::new()));
            self.0.flush(session);
            reset.and(forgotten)
        });
        self.0.close(key);
        result
    }
}
