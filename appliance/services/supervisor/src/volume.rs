//! The data volume, from its partition to /data: LUKS2 with two ways in, the TPM's key and the recovery key. What is done in
//! which case stands here; how, in the files below.

use std::path::Path;

use ipc::control::{BoxFacts, DataVolume};
use ipc::early::Sealed;
use secrets::Secret;
use service_table::Table;

use crate::blockdev;
use crate::console::Console;
use crate::early::Early;
use crate::error::{SupervisorError, chain};
use crate::mounts::mount_data;
use crate::random::random_secret;
use crate::volume::luks::{Contents, Luks, MAPPED, Slot};
use crate::watchdog::Watchdog;

mod filesystem;
mod luks;
mod prompt;
mod recovery_key;

/// The GPT name of the partition.
const PARTITION: &str = "coffer-data";
/// Of the TPM's key.
const KEY_BYTES: usize = 32;

/// Opens the volume, or makes it on the first boot, and mounts it at /data. Whatever happens, the TPM's key is closed afterwards.
pub(crate) fn open(
    console: &mut Console,
    watchdog: &mut Watchdog,
    facts: &mut BoxFacts,
    table: &Table,
) -> Result<DataVolume, SupervisorError> {
    let device = blockdev::by_partition_name(PARTITION)?;
    let mut early = Early::start(table)?;
    let opened = open_with(console, watchdog, facts, &early, &device);
    early.said().iter().for_each(|line| console.say(line));
    let (how, sealed) = opened?;
    early.leave(sealed)?;
    mount_data(&luks::mapped())?;
    filesystem::make_folders(table)?;
    let word = match how {
        DataVolume::Created => "created",
        DataVolume::Unsealed => "unsealed",
        DataVolume::Recovery => "recovery",
    };
    console.say(&format!("data volume {word}"));
    Ok(how)
}

fn open_with(
    console: &mut Console,
    watchdog: &mut Watchdog,
    facts: &mut BoxFacts,
    early: &Early,
    device: &Path,
) -> Result<(DataVolume, Option<Sealed>), SupervisorError> {
    early.enter()?;
    Ok(match luks::read(device)? {
        // An unfinished one never held anything.
        Contents::Nothing | Contents::Unfinished => (DataVolume::Created, Some(create(console, early, device)?)),
        Contents::Finished(luks) => reopen(console, watchdog, facts, early, luks)?,
        Contents::SomethingElse => {
            let text =
                format!("the partition {PARTITION} holds something that is not a Coffer volume; nothing was changed");
            return Err(SupervisorError::Refused(text));
        }
    })
}

/// Takes the mapping away, once nothing is mounted on it.
pub(crate) fn close() -> Result<(), SupervisorError> {
    luks::close()
}

fn create(console: &mut Console, early: &Early, device: &Path) -> Result<Sealed, SupervisorError> {
    let key = random_secret(KEY_BYTES)?;
    // Before the disk is touched: a TPM or an image that can't unseal is found now.
    let sealed = early.seal(&key)?;
    let recovery = recovery_key::printed(&random_secret(recovery_key::BYTES)?);
    let (mut luks, mark) = Luks::format(device)?;
    luks.add_first_keys(&key, &recovery)?;
    luks.activate(Slot::Tpm, &key)?;
    filesystem::make(&luks::mapped(), MAPPED)?;
    luks.write_sealed(&sealed)?;
    luks.remove_mark(mark)?;
    console.say("write down the recovery key; it is shown this once, and opens the data volume when the TPM can not:");
    console.say(&format!("recovery key {}", String::from_utf8_lossy(recovery.expose())));
    Ok(sealed)
}

fn reopen(
    console: &mut Console,
    watchdog: &mut Watchdog,
    facts: &mut BoxFacts,
    early: &Early,
    mut luks: Luks,
) -> Result<(DataVolume, Option<Sealed>), SupervisorError> {
    let sealed = luks.sealed();
    let opened = match &sealed {
        Some(sealed) => early.unseal(sealed),
        None => Err(SupervisorError::Refused("its header holds no key sealed to a TPM".into())),
    };
    let why = match opened {
        Ok(key) => {
            luks.activate(Slot::Tpm, &key)?;
            return Ok((DataVolume::Unsealed, sealed));
        }
        Err(e) => chain(&e),
    };
    console.say(&format!("data volume stays closed: {why}"));
    let recovery = prompt::recovery_key_that(console, watchdog, |key| luks.activate(Slot::Recovery, key).is_ok());
    // In a system that was signed and measured the TPM, maybe a new one, is given the key again; in any other it refuses.
    let resealed = reseal(early, &mut luks, &recovery);
    if let Err(e) = &resealed {
        facts.degraded.push(format!(
            "the data volume was opened with the recovery key, and the TPM will not open it next time: {}",
            chain(e)
        ));
    }
    Ok((DataVolume::Recovery, resealed.ok().or(sealed)))
}

/// A fresh key for this TPM.
fn reseal(early: &Early, luks: &mut Luks, recovery: &Secret) -> Result<Sealed, SupervisorError> {
    let key = random_secret(KEY_BYTES)?;
    let sealed = early.seal(&key)?;
    luks.replace_tpm_key(recovery, &key)?;
    luks.write_sealed(&sealed)?;
    Ok(sealed)
}
