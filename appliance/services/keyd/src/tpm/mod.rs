//! The TPM: one owner, salted sessions, sealing, signing keys, quotes.

mod counter;
mod endorsement;
mod error;
mod lockout;
mod maker_certificates;
mod nv;
mod owner;
mod pin;
mod policy;
mod satisfy;
mod seal;
mod sign;

pub use endorsement::{AttestationKey, Endorsement};
pub use error::TpmError;
pub(crate) use error::{Action, is_about_content, is_policy_failure};
pub use nv::SECURITY_VERSIONS;
pub use policy::{LATE_PHASES, Phase, Policy};
pub use seal::SealError;
pub use sign::{Certified, KeyBlob, SigningKey};

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use secrets::Secret;
use tpm_lockout::Lockout;
use tss_esapi::Context;
use tss_esapi::attributes::SessionAttributesBuilder;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, NvIndexHandle, ObjectHandle, PcrHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Digest, DigestValues, PcrSelectionList, PcrSelectionListBuilder, PcrSlot, SymmetricDefinition,
};
use tss_esapi::tcti_ldr::TctiNameConf;

/// A TPM that tests itself says so; it is asked again, so often and so long.
const READY_WAIT: Duration = Duration::from_secs(60);
const READY_PAUSE: Duration = Duration::from_millis(250);

/// TPML_DIGEST's room (TPM 2.0 part 2, 10.9.6): what one answer to TPM2_PCR_Read can hold.
const PCRS_AT_ONCE: usize = 8;

/// Which way the first parameter of a command is encrypted in a session.
#[derive(Clone, Copy)]
pub(crate) enum Encrypt {
    None,
    ToTpm,
    FromTpm,
    Both,
}

/// An open TPM with its storage root key.
pub struct Tpm {
    context: Context,
    srk: KeyHandle,
    srk_name: Vec<u8>,
    /// Those that were looked at.
    indices: BTreeMap<u32, NvIndexHandle>,
    /// The HMAC session of the last command, for the next one: salting another one is the dearest part of a short command.
    session: Option<AuthSession>,
    /// What somebody typed as the PIN to start.
    pin: Option<Secret>,
    /// A TPM that takes one connection alone has none.
    lockout: Option<Lockout>,
}

impl Tpm {
    /// `tcti` as tpm2-tools write it: `device:/dev/tpmrm0`, `swtpm:path=...`.
    pub fn open(tcti: TctiNameConf) -> Result<Tpm, TpmError> {
        let mut context = Context::new(tcti).action("be opened")?;
        let until = Instant::now() + READY_WAIT;
        let srk = loop {
            match owner::storage_root_key(&mut context) {
                Err(TpmError::Command { source, .. }) if error::is_testing(&source) && Instant::now() < until => {
                    thread::sleep(READY_PAUSE);
                }
                srk => break srk?,
            }
        };
        let srk_name = context.tr_get_name(srk.into()).action("name its storage root key")?.value().to_vec();
        Ok(Tpm { context, srk, srk_name, indices: BTreeMap::new(), session: None, pin: None, lockout: None })
    }

    /// The Name (TPM 2.0 part 1, section 16) of the storage root key: it tells one TPM, and one owner seed, from another.
    pub fn srk_name(&self) -> &[u8] {
        &self.srk_name
    }

    /// The SHA-256 values of these PCRs, in the order asked.
    pub fn pcrs(&mut self, indices: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, TpmError> {
        let mut found = BTreeMap::new();
        for asked in indices.chunks(PCRS_AT_ONCE) {
            let (_, _, digests) =
                self.context.execute_without_session(|c| c.pcr_read(selection(asked)?)).action("read PCRs")?;
            // In ascending order, whatever the order in which they were asked for; those that are not kept are left out.
            let mut ascending = asked.to_vec();
            ascending.sort_unstable();
            if digests.len() != ascending.len() {
                return Err(TpmError::NoBank { index: ascending.first().copied().unwrap_or_default() });
            }
            found.extend(ascending.into_iter().zip(digests.value().iter().map(|digest| digest.as_bytes().to_vec())));
        }
        indices
            .iter()
            .map(|index| {
                found.get(index).map(|value| (*index, value.clone())).ok_or(TpmError::NoBank { index: *index })
            })
            .collect()
    }

    /// One of them.
    pub(crate) fn pcr(&mut self, index: u8) -> Result<[u8; 32], TpmError> {
        let values = self.pcrs(&[index])?;
        values.first().and_then(|(_, value)| value.as_slice().try_into().ok()).ok_or(TpmError::NoBank { index })
    }

    /// Extends PCR 11 with a phase name, as systemd-pcrphase does.
    pub fn extend_phase(&mut self, phase: &str) -> Result<(), TpmError> {
        self.extend_text(11, phase)
    }

    /// Extends a PCR with SHA-256 over the UTF-8 text, without a NUL.
    pub fn extend_text(&mut self, pcr: u8, text: &str) -> Result<(), TpmError> {
        let mut values = DigestValues::new();
        values.set(HashingAlgorithm::Sha256, digest_of(&policy::sha256(&[text.as_bytes()]))?);
        // The handle of a PCR is its number.
        let handle = PcrHandle::try_from(u32::from(pcr)).action("hold a PCR's handle")?;
        self.with_session(Encrypt::None, "extend a PCR", |c, _| c.pcr_extend(handle, values))
    }

    /// Runs `command` with an HMAC session, salted with the storage root key, as its first session; its nonces are new each time.
    /// An unsalted session would protect nothing: its key could be computed from the bus.
    pub(crate) fn with_session<T>(
        &mut self,
        encrypt: Encrypt,
        action: &'static str,
        command: impl FnOnce(&mut Context, KeyHandle) -> tss_esapi::Result<T>,
    ) -> Result<T, TpmError> {
        let srk = self.srk;
        let session = self.hmac_session(encrypt)?;
        let result = self.context.execute_with_session(Some(session), |c| command(c, srk)).action(action);
        self.end_hmac_session(session, result.is_ok());
        result
    }

    /// For one command, after which it is given to [`Tpm::end_hmac_session`].
    pub(crate) fn hmac_session(&mut self, encrypt: Encrypt) -> Result<AuthSession, TpmError> {
        let Some(session) = self.session.take() else { return self.salted_session(SessionType::Hmac, encrypt) };
        self.set_encryption(session, encrypt)?;
        Ok(session)
    }

    /// What a session stands at after a command that failed is not known: it is used no more.
    pub(crate) fn end_hmac_session(&mut self, session: AuthSession, worked: bool) {
        match (worked, self.session) {
            (true, None) => self.session = Some(session),
            _ => self.flush(SessionHandle::from(session).into()),
        }
    }

    pub(crate) fn salted_session(&mut self, kind: SessionType, encrypt: Encrypt) -> Result<AuthSession, TpmError> {
        let srk = self.srk;
        let session = self
            .context
            .execute_without_session(|c| {
                c.start_auth_session(
                    Some(srk),
                    None,
                    None,
                    kind,
                    SymmetricDefinition::AES_128_CFB,
                    HashingAlgorithm::Sha256,
                )
            })
            .action("start a session")?
            .ok_or(TpmError::Answer("no session"))?;
        self.set_encryption(session, encrypt)?;
        Ok(session)
    }

    fn set_encryption(&mut self, session: AuthSession, encrypt: Encrypt) -> Result<(), TpmError> {
        let (attributes, mask) = SessionAttributesBuilder::new()
            .with_continue_session(true)
            .with_decrypt(matches!(encrypt, Encrypt::ToTpm | Encrypt::Both))
            .with_encrypt(matches!(encrypt, Encrypt::FromTpm | Encrypt::Both))
            .build();
        self.context.tr_sess_set_attributes(session, attributes, mask).action("set a session's attributes")
    }

    /// A handle that can't be flushed is gone already; the context's own clean-up at the end catches the rest.
    pub(crate) fn flush(&mut self, handle: ObjectHandle) {
        let _ = self.context.flush_context(handle);
    }
}

pub(crate) fn digest_of(bytes: &[u8]) -> Result<Digest, TpmError> {
    Digest::try_from(bytes.to_vec()).action("hold a digest")
}

/// A selection in the SHA-256 bank.
pub(crate) fn selection(indices: &[u8]) -> tss_esapi::Result<PcrSelectionList> {
    let slots = indices.iter().map(|i| PcrSlot::try_from(1u32 << i)).collect::<tss_esapi::Result<Vec<_>>>()?;
    PcrSelectionListBuilder::new().with_selection(HashingAlgorithm::Sha256, &slots).build()
}
