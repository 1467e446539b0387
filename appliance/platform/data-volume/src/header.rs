//! The LUKS2 header as libcryptsetup makes and reads it. Each function is one change of it, or one question to it.

use std::path::Path;

use libcryptsetup_rs::consts::flags::{CryptActivate, CryptDeactivate, CryptPbkdf, CryptVolumeKey};
use libcryptsetup_rs::consts::vals::{CryptKdf, EncryptionFormat, KeyslotInfo, KeyslotsSize, MetadataSize};
use libcryptsetup_rs::{
    CryptDevice, CryptInit, CryptParamsLuks2, CryptParamsLuks2Ref, CryptPbkdfType, Either, LibcryptErr, TokenInput,
};
use nix::errno::Errno;
use secrets::Secret;
use serde_json::{Value, json};

use crate::error::{VolumeError, header as failed};
use crate::format::{COPY, HEADER, SLOTS_AT};
use crate::ways::{MAPPED, Tried};

/// Never touched once it is there.
pub(crate) const RECOVERY_SLOT: u32 = 1;
/// One holds the TPM's key, as the token says. The other is free, or holds what a power cut left.
pub(crate) const TPM_SLOTS: [u32; 2] = [0, 2];

/// The header's label, by which a volume is known for ours.
const LABEL: &str = "coffer-data";
/// Where a header has its label, and how long it may be (LUKS2 On-Disk Format 1.1, table 1).
const LABEL_AT: usize = 24;
const LABEL_MAX: usize = 48;

/// Our token: the key of the TPM's slot, sealed.
const TOKEN_TYPE: &str = "coffer-tpm2";
const TOKENS_MAX: u32 = 32;

/// The TPM's way in, as the token says.
pub(crate) struct TpmWay {
    token: u32,
    pub(crate) slot: u32,
    pub(crate) sealed: Value,
}

/// Makes a header for `device` in `file`, which is as long as a header's room.
pub(crate) fn make(file: &Path, device: &Path) -> Result<CryptDevice, VolumeError> {
    let failed = |action| failed(action, device);
    let mut crypt = init(file, device)?;
    crypt.set_data_offset(HEADER / 512).map_err(failed("choosing its size"))?;
    crypt
        .settings_handle()
        .set_metadata_size(MetadataSize::Kb16, slots_size().map_err(failed("choosing its size"))?)
        .map_err(failed("choosing its size"))?;
    set_kdf(&mut crypt).map_err(failed("choosing the key derivation"))?;
    let parameters = CryptParamsLuks2 {
        pbkdf: Some(full_entropy_kdf()),
        integrity: None,
        integrity_params: None,
        data_alignment: 0,
        data_device: Some(device.into()),
        // 0: what suits the disk.
        sector_size: 0,
        label: Some(LABEL.into()),
        subsystem: None,
    };
    let mut parameters: CryptParamsLuks2Ref<'_> = (&parameters).try_into().map_err(failed("formatting"))?;
    crypt
        .context_handle()
        .format(EncryptionFormat::Luks2, ("aes", "xts-plain64"), None, Either::Right(64), Some(&mut parameters))
        .map_err(failed("formatting"))?;
    Ok(crypt)
}

/// The header in `file` over the data on `device`.
pub(crate) fn load_apart(file: &Path, device: &Path) -> Result<CryptDevice, VolumeError> {
    let mut crypt = init(file, device)?;
    let loaded = crypt.context_handle().load::<()>(Some(EncryptionFormat::Luks2), None);
    loaded.map_err(failed("reading it from memory", device))?;
    Ok(crypt)
}

/// The header on the device. Of a damaged copy libcryptsetup makes a good one from the other. `None`: neither is good.
///
/// It first looks for what else the partition might be, and takes a disk that fails for something else: `insist` that it is not.
pub(crate) fn load(device: &Path, insist: bool) -> Result<Option<CryptDevice>, VolumeError> {
    let mut crypt = CryptInit::init(device).map_err(failed("opening the partition", device))?;
    let mut loaded = crypt.context_handle().load::<()>(Some(EncryptionFormat::Luks2), None);
    if loaded.is_err() && insist {
        loaded = crypt.context_handle().repair::<()>(EncryptionFormat::Luks2, None);
    }
    match loaded {
        Ok(()) => Ok(Some(crypt)),
        Err(e) => match failed("reading it", device)(e) {
            VolumeError::Header { .. } => Ok(None),
            e => Err(e),
        },
    }
}

/// Whether one of the copies of a header is labelled as ours.
pub(crate) fn is_labelled(head: &[u8]) -> bool {
    [0, COPY].into_iter().any(|copy| {
        let label = head.get(copy + LABEL_AT..copy + LABEL_AT + LABEL_MAX).unwrap_or_default();
        label.split(|b| *b == 0).next() == Some(LABEL.as_bytes())
    })
}

pub(crate) fn uuid(crypt: &mut CryptDevice, device: &Path) -> Result<String, VolumeError> {
    crypt.status_handle().get_uuid().map(|uuid| uuid.to_string()).map_err(failed("reading its name", device))
}

/// The two first keys of a new header, and the TPM's, sealed.
pub(crate) fn add_first_keys(
    crypt: &mut CryptDevice,
    device: &Path,
    tpm: &Secret,
    recovery: &Secret,
    sealed: &Value,
) -> Result<(), VolumeError> {
    let [slot, _] = TPM_SLOTS;
    let mut slots = crypt.keyslot_handle();
    slots
        .add_by_key(Some(slot), None, tpm.expose(), CryptVolumeKey::empty())
        .map_err(failed("adding the TPM's key", device))?;
    slots
        .add_by_passphrase(Some(RECOVERY_SLOT), tpm.expose(), recovery.expose())
        .map_err(failed("adding the recovery key", device))?;
    point_token(crypt, device, None, slot, sealed)
}

/// Adds a key to a slot, of which another key, which opens the volume, is proof of the right to.
pub(crate) fn add_key(
    crypt: &mut CryptDevice,
    device: &Path,
    slot: u32,
    opening: &Secret,
    key: &Secret,
) -> Result<(), VolumeError> {
    set_kdf(crypt).map_err(failed("choosing the key derivation", device))?;
    let added = crypt.keyslot_handle().add_by_passphrase(Some(slot), opening.expose(), key.expose());
    added.map(drop).map_err(failed("adding the new TPM's key", device))
}

/// Has the token name this slot and its key, in one change of the header.
pub(crate) fn point_token(
    crypt: &mut CryptDevice,
    device: &Path,
    old: Option<&TpmWay>,
    slot: u32,
    sealed: &Value,
) -> Result<(), VolumeError> {
    let token = json!({ "type": TOKEN_TYPE, "keyslots": [slot.to_string()], "sealed": sealed });
    let input = match old {
        Some(way) => TokenInput::ReplaceToken(way.token, &token),
        None => TokenInput::AddToken(&token),
    };
    crypt.token_handle().json_set(input).map(drop).map_err(failed("writing the sealed key", device))
}

/// The first of our tokens that makes sense.
pub(crate) fn tpm_way(crypt: &mut CryptDevice) -> Option<TpmWay> {
    (0..TOKENS_MAX).find_map(|id| {
        let token = crypt.token_handle().json_get(id).ok()?;
        if token.get("type").and_then(Value::as_str) != Some(TOKEN_TYPE) {
            return None;
        }
        // A token loses its slot with the slot.
        let slot = token.get("keyslots").and_then(|slots| slots.get(0)).and_then(Value::as_str);
        let slot = slot.and_then(|slot| slot.parse().ok()).filter(|slot| TPM_SLOTS.contains(slot));
        let [first, _] = TPM_SLOTS;
        Some(TpmWay { token: id, slot: slot.unwrap_or(first), sealed: token.get("sealed")?.clone() })
    })
}

pub(crate) fn has_slot(crypt: &mut CryptDevice, slot: u32) -> bool {
    let status = crypt.keyslot_handle().status(slot);
    matches!(status, Ok(KeyslotInfo::Active | KeyslotInfo::ActiveLast | KeyslotInfo::Unbound))
}

/// Tries a key in a slot, and opens the volume with it under its mapped name, if it `maps`.
pub(crate) fn try_key(
    crypt: &mut CryptDevice,
    device: &Path,
    slot: u32,
    key: &Secret,
    maps: bool,
) -> Result<Tried, VolumeError> {
    if !has_slot(crypt, slot) {
        return Ok(Tried::NoSlot);
    }
    let flags = if maps { CryptActivate::ALLOW_DISCARDS } else { CryptActivate::empty() };
    let name = maps.then_some(MAPPED);
    match crypt.activate_handle().activate_by_passphrase(name, Some(slot), key.expose(), flags) {
        Ok(_) => Ok(Tried::Opens),
        Err(LibcryptErr::IOError(e)) if e.raw_os_error() == Some(Errno::EPERM as i32) => Ok(Tried::WrongKey),
        Err(e) => Err(failed("opening it with a key", device)(e)),
    }
}

/// Takes the mapping away.
pub(crate) fn unmap(crypt: &mut CryptDevice, device: &Path) -> Result<(), VolumeError> {
    crypt.activate_handle().deactivate(MAPPED, CryptDeactivate::empty()).map_err(failed("closing", device))
}

pub(crate) fn destroy_slot(crypt: &mut CryptDevice, device: &Path, slot: u32) -> Result<(), VolumeError> {
    crypt.keyslot_handle().destroy(slot).map_err(failed("removing an old TPM's key", device))
}

fn init(file: &Path, device: &Path) -> Result<CryptDevice, VolumeError> {
    let opened = CryptInit::init_with_data_device(Either::Right((file, device)));
    opened.map_err(failed("opening the partition", device))
}

fn slots_size() -> Result<KeyslotsSize, LibcryptErr> {
    KeyslotsSize::try_from(HEADER - SLOTS_AT as u64)
}

fn set_kdf(crypt: &mut CryptDevice) -> Result<(), LibcryptErr> {
    crypt.settings_handle().set_pbkdf_type(&full_entropy_kdf())
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
        flags: CryptPbkdf::NO_BENCHMARK,
    }
}
