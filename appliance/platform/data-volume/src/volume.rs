//! What a partition holds, and a volume on it: its ways in, and its mapping.

use std::path::{Path, PathBuf};

use libcryptsetup_rs::{CryptDevice, CryptInit};
use secrets::Secret;
use serde_json::Value;

use crate::ends::{self, Ends};
use crate::error::{VolumeError, header as failed};
use crate::foreign;
use crate::format::{BLOCK, HEADER, Looks, SLOTS_AT, TAIL_ROOM, has_tail_mark, judge};
use crate::header::{self, RECOVERY_SLOT, TPM_SLOTS};
use crate::ways::{MAPPED, Tried, Way};

/// What a partition holds.
#[derive(Debug)]
pub enum Contents {
    /// No room for a volume, and none of a volume can be left.
    TooSmall {
        size: u64,
    },
    Blank,
    /// The power went while a volume was made or erased here: nothing is lost when one is made.
    Unfinished,
    /// A volume was here, and both copies of its header are gone.
    HeadersLost,
    Foreign {
        what: &'static str,
    },
    Volume(Volume),
}

/// A volume with a good header.
pub struct Volume {
    crypt: CryptDevice,
    device: PathBuf,
    was_repaired: bool,
    unreadable: u32,
    has_end: bool,
}

/// Reads a partition. `meanwhile` is called twice a second while the disk does not answer.
pub fn read(device: &Path, meanwhile: &mut dyn FnMut()) -> Result<Contents, VolumeError> {
    let size = ends::size(device)?;
    if size < HEADER + TAIL_ROOM {
        return Ok(Contents::TooSmall { size });
    }
    let ends = ends::read(device, size, meanwhile)?;
    match judge(&ends.head, &ends.tail) {
        Looks::Luks2 => read_volume(device, &ends, size, meanwhile),
        looks if ends.unreadable == 0 || looks == Looks::Unfinished => Ok(match looks {
            Looks::Blank => Contents::Blank,
            Looks::Unfinished => Contents::Unfinished,
            Looks::Foreign(what) => Contents::Foreign { what },
            Looks::HeadersLost | Looks::Luks2 => Contents::HeadersLost,
        }),
        // What cannot be read may have been the header.
        _ => Err(unreadable(device)),
    }
}

/// The open volume's device.
pub fn mapped() -> PathBuf {
    Path::new("/dev/mapper").join(MAPPED)
}

/// Takes the mapping away, once nothing is mounted on it.
pub fn close() -> Result<(), VolumeError> {
    let name = Path::new(MAPPED);
    let mut crypt = CryptInit::init_by_name_and_header(MAPPED, None).map_err(failed("finding the mapping", name))?;
    header::unmap(&mut crypt, name)
}

fn read_volume(device: &Path, ends: &Ends, size: u64, meanwhile: &mut dyn FnMut()) -> Result<Contents, VolumeError> {
    let somebody_elses = foreign::named(&ends.head);
    let Some(mut crypt) = header::load(device, somebody_elses.is_none())? else {
        return match somebody_elses {
            Some(what) => Ok(Contents::Foreign { what }),
            None if ends.unreadable == 0 => Ok(Contents::HeadersLost),
            None => Err(unreadable(device)),
        };
    };
    let now = ends::read(device, size, meanwhile)?;
    let has_end = has_tail_mark(&ends.tail);
    if !has_end && !header::is_labelled(&now.head) && header::tpm_way(&mut crypt).is_none() {
        return Ok(Contents::Foreign { what: "LUKS2" });
    }
    let was_repaired = now.head[..SLOTS_AT] != ends.head[..SLOTS_AT];
    Ok(Contents::Volume(Volume { crypt, device: device.into(), was_repaired, unreadable: now.unreadable, has_end }))
}

fn unreadable(device: &Path) -> VolumeError {
    let source = std::io::Error::from_raw_os_error(nix::errno::Errno::EIO as i32);
    VolumeError::Io { device: device.into(), action: "reading the header from", source }
}

impl Volume {
    /// One copy of the header was damaged, and was made anew from the other one just now.
    pub fn was_repaired(&self) -> bool {
        self.was_repaired
    }

    /// So many bytes of the header's room the disk does not give.
    pub fn unreadable_bytes(&self) -> u64 {
        u64::from(self.unreadable) * BLOCK as u64
    }

    /// Whether the partition ends where the volume ended when it was made: if not, it was cut off, or something wrote over its end.
    pub fn has_its_end(&self) -> bool {
        self.has_end
    }

    pub fn uuid(&mut self) -> Result<String, VolumeError> {
        header::uuid(&mut self.crypt, &self.device)
    }

    /// The key of the TPM's way, sealed, as it was given; none if the header holds none.
    pub fn sealed(&mut self) -> Option<Value> {
        header::tpm_way(&mut self.crypt).map(|way| way.sealed)
    }

    /// Whether a key opens the volume, which stays closed.
    pub fn try_key(&mut self, way: Way, key: &Secret) -> Result<Tried, VolumeError> {
        let slot = self.slot(way);
        header::try_key(&mut self.crypt, &self.device, slot, key, false)
    }

    /// Opens the volume at [`mapped`].
    pub fn open(&mut self, way: Way, key: &Secret) -> Result<Tried, VolumeError> {
        let slot = self.slot(way);
        let tried = header::try_key(&mut self.crypt, &self.device, slot, key, true)?;
        if (way, tried) == (Way::Tpm, Tried::Opens) {
            self.tidy()?;
        }
        Ok(tried)
    }

    /// Another key for the TPM's way. First it is added in the free slot, then the token names it, then the old one goes: a power
    /// cut leaves the old key with its slot or the new one with its own. The recovery key opens the volume all the while.
    pub fn replace_tpm_key(&mut self, recovery: &Secret, key: &Secret, sealed: &Value) -> Result<(), VolumeError> {
        let old = header::tpm_way(&mut self.crypt);
        let [first, second] = TPM_SLOTS;
        let slot = if old.as_ref().is_some_and(|way| way.slot == first) { second } else { first };
        if header::has_slot(&mut self.crypt, slot) {
            header::destroy_slot(&mut self.crypt, &self.device, slot)?;
        }
        header::add_key(&mut self.crypt, &self.device, slot, recovery, key)?;
        header::point_token(&mut self.crypt, &self.device, old.as_ref(), slot, sealed)?;
        self.tidy()
    }

    /// Removes the key that the token does not name: a power cut in the middle of a replacement leaves one.
    fn tidy(&mut self) -> Result<(), VolumeError> {
        let Some(way) = header::tpm_way(&mut self.crypt) else { return Ok(()) };
        for slot in TPM_SLOTS.into_iter().filter(|slot| *slot != way.slot) {
            if header::has_slot(&mut self.crypt, slot) {
                header::destroy_slot(&mut self.crypt, &self.device, slot)?;
            }
        }
        Ok(())
    }

    fn slot(&mut self, way: Way) -> u32 {
        let [first, _] = TPM_SLOTS;
        match way {
            Way::Recovery => RECOVERY_SLOT,
            Way::Tpm => header::tpm_way(&mut self.crypt).map_or(first, |way| way.slot),
        }
    }
}

impl std::fmt::Debug for Volume {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Volume({}, repaired: {})", self.device.display(), self.was_repaired)
    }
}
