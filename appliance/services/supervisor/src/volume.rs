//! The data volume: LUKS2 with two ways in, the TPM's key and the recovery key.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use data_encoding::{Encoding, Specification};
use ipc::control::{BoxFacts, DataVolume};
use ipc::early::Sealed;
use libcryptsetup_rs::consts::flags::{CryptActivate, CryptDeactivate, CryptVolumeKey};
use libcryptsetup_rs::consts::vals::{CryptKdf, EncryptionFormat};
use libcryptsetup_rs::{CryptDevice, CryptInit, CryptPbkdfType, Either, LibcryptErr, TokenInput};
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;
use serde_json::{Value, json};

use crate::blockdev;
use crate::console::Console;
use crate::early::Early;
use crate::error::{SupervisorError, chain, file};
use crate::mounts::mount_data;
use crate::services::{COMPUTED_UID, KEYD_UID};
use crate::watchdog::Watchdog;

/// The GPT name of the partition.
const PARTITION: &str = "coffer-data";
/// The name under /dev/mapper.
const MAPPED: &str = "coffer-data";
/// Our LUKS2 token: the sealed key of slot 0.
const TOKEN_TYPE: &str = "coffer-tpm2";
/// A volume with this token was never finished: the power went while it was made.
const UNFINISHED_TYPE: &str = "coffer-unfinished";
const TPM_SLOT: u32 = 0;
const RECOVERY_SLOT: u32 = 1;
const TOKENS_MAX: u32 = 32;

/// Opens the volume, or makes it on the first boot, and mounts it at /data. Whatever happens, the TPM's key is closed afterwards.
pub(crate) fn open(
    console: &mut Console,
    watchdog: &mut Watchdog,
    facts: &mut BoxFacts,
) -> Result<DataVolume, SupervisorError> {
    let device = blockdev::by_partition_name(PARTITION)?;
    give_tpm_to_keyd()?;
    let early = Early::enter()?;
    let (how, sealed) = match State::of(&device)? {
        State::Blank => (DataVolume::Created, Some(create(console, &early, &device)?)),
        State::Made(crypt) => reopen(console, watchdog, facts, &early, crypt)?,
        State::Foreign => {
            let text =
                format!("the partition {PARTITION} holds something that is not a Coffer volume; nothing was changed");
            return Err(SupervisorError::Refused(text));
        }
    };
    early.leave(sealed)?;
    mount_data(&mapped())?;
    make_folders()?;
    let word = match how {
        DataVolume::Created => "created",
        DataVolume::Unsealed => "unsealed",
        DataVolume::Recovery => "recovery",
    };
    console.say(&format!("data volume {word}"));
    Ok(how)
}

enum State {
    Blank,
    Made(CryptDevice),
    Foreign,
}

impl State {
    fn of(device: &Path) -> Result<State, SupervisorError> {
        if blockdev::is_blank(device)? {
            return Ok(State::Blank);
        }
        let mut crypt = CryptInit::init(device).map_err(luks("opening the partition"))?;
        if crypt.context_handle().load::<()>(Some(EncryptionFormat::Luks2), None).is_err() {
            return Ok(State::Foreign);
        }
        if token(&mut crypt, UNFINISHED_TYPE).is_some() {
            return Ok(State::Blank);
        }
        Ok(State::Made(crypt))
    }
}

fn create(console: &mut Console, early: &Early, device: &Path) -> Result<Sealed, SupervisorError> {
    let key = random_secret(32)?;
    // Before the disk is touched: a TPM or an image that can't unseal is found now.
    let sealed = early.seal(&key)?;
    let recovery = recovery_key()?;
    let mut crypt = CryptInit::init(device).map_err(luks("opening the partition"))?;
    crypt.settings_handle().set_pbkdf_type(&full_entropy_kdf()).map_err(luks("choosing the key derivation"))?;
    crypt
        .context_handle()
        .format::<()>(EncryptionFormat::Luks2, ("aes", "xts-plain64"), None, Either::Right(64), None)
        .map_err(luks("formatting"))?;
    let unfinished = json!({ "type": UNFINISHED_TYPE, "keyslots": [] });
    let mark = crypt.token_handle().json_set(TokenInput::AddToken(&unfinished)).map_err(luks("marking it as new"))?;
    crypt
        .keyslot_handle()
        .add_by_key(Some(TPM_SLOT), None, key.expose(), CryptVolumeKey::empty())
        .map_err(luks("adding the TPM's key"))?;
    crypt
        .keyslot_handle()
        .add_by_passphrase(Some(RECOVERY_SLOT), key.expose(), recovery.expose())
        .map_err(luks("adding the recovery key"))?;
    activate(&mut crypt, TPM_SLOT, &key)?;
    let made = Command::new("/sbin/mke2fs")
        .args(["-q", "-t", "ext4", "-E", "lazy_itable_init=1", "-L", MAPPED])
        .arg(mapped())
        .status();
    let made = made.map_err(file("starting", "/sbin/mke2fs"))?;
    if !made.success() {
        return Err(SupervisorError::Helper { program: "mke2fs", status: made });
    }
    write_token(&mut crypt, &sealed)?;
    crypt.token_handle().json_set(TokenInput::RemoveToken(mark)).map_err(luks("marking it as finished"))?;
    console.say("write down the recovery key; it is shown this once, and opens the data volume when the TPM can not:");
    console.say(&format!("recovery key {}", String::from_utf8_lossy(recovery.expose())));
    Ok(sealed)
}

fn reopen(
    console: &mut Console,
    watchdog: &mut Watchdog,
    facts: &mut BoxFacts,
    early: &Early,
    mut crypt: CryptDevice,
) -> Result<(DataVolume, Option<Sealed>), SupervisorError> {
    let sealed = read_token(&mut crypt);
    let opened = match &sealed {
        Some(sealed) => early.unseal(sealed),
        None => Err(SupervisorError::Refused("its header holds no key sealed to a TPM".into())),
    };
    let why = match opened {
        Ok(key) => {
            activate(&mut crypt, TPM_SLOT, &key)?;
            return Ok((DataVolume::Unsealed, sealed));
        }
        Err(e) => chain(&e),
    };
    console.say(&format!("data volume stays closed: {why}"));
    let recovery = ask_for_recovery_key(console, watchdog, &mut crypt)?;
    // In a system that was signed and measured the TPM, maybe a new one, is given the key again; in any other it refuses.
    let resealed = reseal(early, &mut crypt, &recovery);
    if let Err(e) = &resealed {
        facts.degraded.push(format!(
            "the data volume was opened with the recovery key, and the TPM will not open it next time: {}",
            chain(e)
        ));
    }
    Ok((DataVolume::Recovery, resealed.ok().or(sealed)))
}

/// Waits for a person, as long as it takes; the watchdog is fed meanwhile.
fn ask_for_recovery_key(
    console: &mut Console,
    watchdog: &mut Watchdog,
    crypt: &mut CryptDevice,
) -> Result<Secret, SupervisorError> {
    loop {
        console.say("type the recovery key:");
        console.echo(false);
        let typed = loop {
            watchdog.feed();
            if let Some(line) = console.read_line(Duration::from_secs(5)).filter(|l| !l.is_empty()) {
                break Secret::new(normalized(&line).into_bytes());
            }
        };
        console.echo(true);
        match activate(crypt, RECOVERY_SLOT, &typed) {
            Ok(()) => return Ok(typed),
            Err(_) => console.say("that key does not open the data volume"),
        }
        // Guessing 160 bits is hopeless at any speed; this keeps a stuck keyboard from filling the log.
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// A fresh key for this TPM in slot 0. The recovery key's slot is never touched, so a power cut in between costs nothing.
fn reseal(early: &Early, crypt: &mut CryptDevice, recovery: &Secret) -> Result<Sealed, SupervisorError> {
    let key = random_secret(32)?;
    let sealed = early.seal(&key)?;
    crypt.settings_handle().set_pbkdf_type(&full_entropy_kdf()).map_err(luks("choosing the key derivation"))?;
    crypt.keyslot_handle().destroy(TPM_SLOT).map_err(luks("removing the old TPM's key"))?;
    crypt
        .keyslot_handle()
        .add_by_passphrase(Some(TPM_SLOT), recovery.expose(), key.expose())
        .map_err(luks("adding the new TPM's key"))?;
    write_token(crypt, &sealed)?;
    Ok(sealed)
}

fn activate(crypt: &mut CryptDevice, slot: u32, key: &Secret) -> Result<(), SupervisorError> {
    crypt
        .activate_handle()
        .activate_by_passphrase(Some(MAPPED), Some(slot), key.expose(), CryptActivate::ALLOW_DISCARDS)
        .map_err(luks("opening it with a key"))?;
    Ok(())
}

pub(crate) fn close() -> Result<(), SupervisorError> {
    let mut crypt = CryptInit::init_by_name_and_header(MAPPED, None).map_err(luks("finding the mapping"))?;
    crypt.activate_handle().deactivate(MAPPED, CryptDeactivate::empty()).map_err(luks("closing"))
}

fn write_token(crypt: &mut CryptDevice, sealed: &Sealed) -> Result<(), SupervisorError> {
    let token = json!({ "type": TOKEN_TYPE, "keyslots": [TPM_SLOT.to_string()], "sealed": sealed });
    let input = match find_token(crypt, TOKEN_TYPE) {
        Some((id, _)) => TokenInput::ReplaceToken(id, &token),
        None => TokenInput::AddToken(&token),
    };
    crypt.token_handle().json_set(input).map_err(luks("writing the sealed key"))?;
    Ok(())
}

fn read_token(crypt: &mut CryptDevice) -> Option<Sealed> {
    serde_json::from_value(token(crypt, TOKEN_TYPE)?.get("sealed")?.clone()).ok()
}

fn token(crypt: &mut CryptDevice, kind: &str) -> Option<Value> {
    find_token(crypt, kind).map(|(_, token)| token)
}

fn find_token(crypt: &mut CryptDevice, kind: &str) -> Option<(u32, Value)> {
    (0..TOKENS_MAX)
        .filter_map(|id| Some((id, crypt.token_handle().json_get(id).ok()?)))
        .find(|(_, token)| token.get("type").and_then(Value::as_str) == Some(kind))
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

/// 160 random bits in Crockford's base 32, in groups of four: what is printed is the passphrase, to the letter.
fn recovery_key() -> Result<Secret, SupervisorError> {
    let text = crockford().encode(random_secret(20)?.expose());
    let groups: Vec<&str> = text.as_bytes().chunks(4).map(|g| std::str::from_utf8(g).unwrap_or_default()).collect();
    Ok(Secret::new(groups.join("-").into_bytes()))
}

/// What a person may write instead: small letters, spaces, I and L for 1, O for 0.
fn normalized(typed: &str) -> String {
    let letters: Vec<char> = typed
        .to_uppercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .map(|c| match c {
            'I' | 'L' => '1',
            'O' => '0',
            c => c,
        })
        .collect();
    letters.chunks(4).map(|g| g.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn crockford() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

fn random_secret(bytes: usize) -> Result<Secret, SupervisorError> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).map_err(|_| SupervisorError::Random)?;
    Ok(Secret::new(buffer))
}

fn mapped() -> PathBuf {
    Path::new("/dev/mapper").join(MAPPED)
}

/// keyd opens the TPM's node itself, by its right as owner; nobody else may.
fn give_tpm_to_keyd() -> Result<(), SupervisorError> {
    let path = "/dev/tpmrm0";
    chown(path, Some(KEYD_UID), Some(KEYD_UID)).map_err(file("giving to keyd", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(file("giving to keyd", path))
}

fn make_folders() -> Result<(), SupervisorError> {
    for (path, uid) in [("/data/keyd", KEYD_UID), ("/data/compute", COMPUTED_UID), ("/data/supervisor", 0)] {
        fs::create_dir_all(path).map_err(file("making", path))?;
        chown(path, Some(uid), Some(uid)).map_err(file("giving away", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(file("restricting", path))?;
    }
    Ok(())
}

fn luks(action: &'static str) -> impl FnOnce(LibcryptErr) -> SupervisorError {
    move |source| SupervisorError::Luks { action, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_key_survives_handwriting() {
        let key = recovery_key().unwrap();
        let text = std::str::from_utf8(key.expose()).unwrap().to_string();
        assert_eq!(text.len(), 39);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!(normalized(&sloppy), text);
    }
}
