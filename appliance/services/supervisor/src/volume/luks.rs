//! The LUKS2 device: its header, its two key slots, its tokens, its mapping. Each method is one change of it.

use std::path::{Path, PathBuf};

use ipc::early::Sealed;
use libcryptsetup_rs::consts::flags::{CryptActivate, CryptDeactivate, CryptVolumeKey};
use libcryptsetup_rs::consts::vals::{CryptKdf, EncryptionFormat};
use libcryptsetup_rs::{CryptDevice, CryptInit, CryptPbkdfType, Either, LibcryptErr, TokenInput};
use secrets::Secret;
use serde_json::{Value, json};

use crate::blockdev;
use crate::error::SupervisorError;

/// The name under /dev/mapper.
pub(crate) const MAPPED: &str = "coffer-data";

/// Our LUKS2 token: the sealed key of slot 0.
const TOKEN_TYPE: &str = "coffer-tpm2";
/// The token of a volume while it is made.
const UNFINISHED_TYPE: &str = "coffer-unfinished";
const TOKENS_MAX: u32 = 32;

/// One of the two ways in.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    Tpm = 0,
    Recovery = 1,
}

/// What a partition holds.
pub(crate) enum Contents {
    Nothing,
    /// The power went while it was made.
    Unfinished,
    Finished(Luks),
    SomethingElse,
}

/// A device with a LUKS2 header of ours.
pub(crate) struct Luks(CryptDevice);

/// The token that marks a volume as unfinished.
pub(crate) struct UnfinishedMark(u32);

/// Reads the partition's start, and its header if it has one.
pub(crate) fn read(device: &Path) -> Result<Contents, SupervisorError> {
    if blockdev::is_blank(device)? {
        return Ok(Contents::Nothing);
    }
    let mut crypt = CryptInit::init(device).map_err(luks("opening the partition"))?;
    if crypt.context_handle().load::<()>(Some(EncryptionFormat::Luks2), None).is_err() {
        return Ok(Contents::SomethingElse);
    }
    let mut luks = Luks(crypt);
    Ok(if luks.find_token(UNFINISHED_TYPE).is_some() { Contents::Unfinished } else { Contents::Finished(luks) })
}

/// The open volume's device.
pub(crate) fn mapped() -> PathBuf {
    Path::new("/dev/mapper").join(MAPPED)
}

/// Takes the mapping away.
pub(crate) fn close() -> Result<(), SupervisorError> {
    let mut crypt = CryptInit::init_by_name_and_header(MAPPED, None).map_err(luks("finding the mapping"))?;
    crypt.activate_handle().deactivate(MAPPED, CryptDeactivate::empty()).map_err(luks("closing"))
}

impl Luks {
    /// Writes a new header, marked as unfinished; whatever the partition held is lost.
    pub(crate) fn format(device: &Path) -> Result<(Luks, UnfinishedMark), SupervisorError> {
        let mut crypt = CryptInit::init(device).map_err(luks("opening the partition"))?;
        set_kdf(&mut crypt)?;
        crypt
            .context_handle()
            .format::<()>(EncryptionFormat::Luks2, ("aes", "xts-plain64"), None, Either::Right(64), None)
            .map_err(luks("formatting"))?;
        let unfinished = json!({ "type": UNFINISHED_TYPE, "keyslots": [] });
        let mark =
            crypt.token_handle().json_set(TokenInput::AddToken(&unfinished)).map_err(luks("marking it as new"))?;
        Ok((Luks(crypt), UnfinishedMark(mark)))
    }

    pub(crate) fn remove_mark(&mut self, mark: UnfinishedMark) -> Result<(), SupervisorError> {
        let removed = self.0.token_handle().json_set(TokenInput::RemoveToken(mark.0));
        removed.map(drop).map_err(luks("marking it as finished"))
    }

    /// The two first keys of a new header.
    pub(crate) fn add_first_keys(&mut self, tpm: &Secret, recovery: &Secret) -> Result<(), SupervisorError> {
        self.0
            .keyslot_handle()
            .add_by_key(Some(Slot::Tpm as u32), None, tpm.expose(), CryptVolumeKey::empty())
            .map_err(luks("adding the TPM's key"))?;
        self.0
            .keyslot_handle()
            .add_by_passphrase(Some(Slot::Recovery as u32), tpm.expose(), recovery.expose())
            .map_err(luks("adding the recovery key"))?;
        Ok(())
    }

    /// Another key in the TPM's slot. The recovery key's slot is never touched, so a power cut in between costs nothing.
    pub(crate) fn replace_tpm_key(&mut self, recovery: &Secret, key: &Secret) -> Result<(), SupervisorError> {
        set_kdf(&mut self.0)?;
        let slot = Slot::Tpm as u32;
        self.0.keyslot_handle().destroy(slot).map_err(luks("removing the old TPM's key"))?;
        self.0
            .keyslot_handle()
            .add_by_passphrase(Some(slot), recovery.expose(), key.expose())
            .map_err(luks("adding the new TPM's key"))?;
        Ok(())
    }

    /// Opens the volume under its mapped name.
    pub(crate) fn activate(&mut self, slot: Slot, key: &Secret) -> Result<(), SupervisorError> {
        self.0
            .activate_handle()
            .activate_by_passphrase(Some(MAPPED), Some(slot as u32), key.expose(), CryptActivate::ALLOW_DISCARDS)
            .map_err(luks("opening it with a key"))?;
        Ok(())
    }

    /// The sealed key of the TPM's slot, if the header holds one.
    pub(crate) fn sealed(&mut self) -> Option<Sealed> {
        let (_, token) = self.find_token(TOKEN_TYPE)?;
        serde_json::from_value(token.get("sealed")?.clone()).ok()
    }

    pub(crate) fn write_sealed(&mut self, sealed: &Sealed) -> Result<(), SupervisorError> {
        let token = json!({ "type": TOKEN_TYPE, "keyslots": [(Slot::Tpm as u32).to_string()], "sealed": sealed });
        let input = match self.find_token(TOKEN_TYPE) {
            Some((id, _)) => TokenInput::ReplaceToken(id, &token),
            None => TokenInput::AddToken(&token),
        };
        self.0.token_handle().json_set(input).map_err(luks("writing the sealed key"))?;
        Ok(())
    }

    fn find_token(&mut self, kind: &str) -> Option<(u32, Value)> {
        (0..TOKENS_MAX)
            .filter_map(|id| Some((id, self.0.token_handle().json_get(id).ok()?)))
            .find(|(_, token)| token.get("type").and_then(Value::as_str) == Some(kind))
    }
}

fn set_kdf(crypt: &mut CryptDevice) -> Result<(), SupervisorError> {
    crypt.settings_handle().set_pbkdf_type(&full_entropy_kdf()).map_err(luks("choosing the key derivation"))
}

/// Both keys are random bits: stretching them would only cost time. 1000 rounds is the least that LUKS2 takes.
fn full_entropy_kdf() -> CryptPbkdfType {
    CryptPbkdfType {
        type_: CryptKdf::Pbkdf2,
        hash: Some("sha256".into()),
        time_ms: 0,
        iterations: 1000,
        max_memory_kb: 0,
        parallel_threads: 0,
        flags: libcryptsetup_rs::consts::flags::CryptPbkdf::NO_BENCHMARK,
    }
}

fn luks(action: &'static str) -> impl FnOnce(LibcryptErr) -> SupervisorError {
    move |source| SupervisorError::Luks { action, source }
}
