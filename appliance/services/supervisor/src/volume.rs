//! The data volume, from its partition to /data: what is tried in which order, and what a person can do while it stays closed. What a
//! partition holds, and how it is written, is the crate `data-volume`'s.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use attestation::own_log::{self, Loaded};
use box_state::{Code, Event, Reason};
use data_volume::{Checked, Contents, First, Tried, Way};
use ipc::control::{DataVolume, Line};
use ipc::early::Sealed;
use service_table::Table;

use crate::console::Console;
use crate::error::chain;
use crate::random::random_secret;

mod disks;
mod folders;
mod reasons;
mod screen;
mod tpm;
mod ways;

pub(crate) use folders::make as make_folders;
pub(crate) use screen::{confirm, prompt, show_recovery_key};
use tpm::Tpm;

/// Where it is mounted.
pub(crate) const MOUNTED: &str = "/data";
/// In memory: where a new volume's header is made.
const WORK: &str = "/run/data-volume";
/// Of the TPM's key.
const KEY_BYTES: usize = 32;
/// After a key that does not open it. Guessing 160 bits is hopeless at any speed; this keeps a stuck keyboard from filling the log.
const WRONG_KEY: Duration = Duration::from_secs(1);

pub(crate) enum Volume {
    Open(Opened),
    Closed(Box<Closed>),
}

/// It is mounted at [`MOUNTED`].
pub(crate) struct Opened {
    pub(crate) how: DataVolume,
    /// What PCR 15 was extended with.
    pub(crate) measured: Vec<Line>,
    pub(crate) events: Vec<Event>,
}

/// What became of what a person asked for.
pub(crate) enum Answer {
    /// Nothing was tried; why not.
    Still {
        closed: Box<Closed>,
        line: String,
    },
    Tried(Volume),
}

/// It is closed: why, and what is needed to open it.
pub(crate) struct Closed {
    table: Table,
    /// SHA-256 of the table's file.
    services: [u8; 32],
    tpm: Tpm,
    disks: disks::Disks,
    /// The volume of the disk, once it was read.
    volume: Option<data_volume::Volume>,
    /// The mapping is there, and what is on it could not be mounted.
    mapped: Option<Opened>,
    /// What a person must type to have the disk erased.
    erase_word: Option<String>,
    why: Reason,
}

const SETTINGS: &str = "/data/network/network.json";

impl Closed {
    /// Nothing was tried yet.
    pub(crate) fn new(table: Table, services: [u8; 32]) -> Closed {
        let why = Reason::new(Code::NoDataDisk);
        let (disks, volume, mapped, erase_word) = Default::default();
        Closed { table, services, tpm: Tpm::NotTried, disks, volume, mapped, erase_word, why }
    }

    pub(crate) fn why(&self) -> &Reason {
        &self.why
    }

    /// Whether a recovery key could open it.
    pub(crate) fn takes_recovery_key(&self) -> bool {
        self.volume.is_some()
    }

    /// Opens it with the TPM, or makes it where there is none.
    pub(crate) fn open(mut self, console: &mut Console, feed: &mut dyn FnMut()) -> Volume {
        let tried = self.try_open(console, feed);
        self.tried(tried)
    }

    fn tried(mut self, tried: Result<Opened, Reason>) -> Volume {
        match tried {
            Ok(opened) => Volume::Open(opened),
            Err(why) => {
                self.why = why;
                Volume::Closed(Box::new(self))
            }
        }
    }

    fn try_open(&mut self, console: &mut Console, feed: &mut dyn FnMut()) -> Result<Opened, Reason> {
        if let Some(opened) = self.mapped.take() {
            return self.mount(opened, console, feed);
        }
        let device = self.disks.the_one(feed)?;
        self.volume = None;
        match data_volume::read(&device, feed).map_err(|e| reasons::of_disk(&e))? {
            Contents::Blank | Contents::Unfinished => {
                let opened = self.create(console, &device, feed)?;
                self.mount(opened, console, feed)
            }
            Contents::Volume(volume) => {
                self.volume = Some(volume);
                self.unseal(console, feed)
            }
            Contents::TooSmall { size } => {
                let detail = format!("{} has {size} bytes only", device.display());
                Err(Reason::new(Code::DiskHoldsSomethingElse).detail(&detail))
            }
            Contents::HeadersLost => Err(Reason::new(Code::VolumeHeaderLost).detail(&device.display().to_string())),
            Contents::Foreign { what } => {
                Err(Reason::new(Code::DiskHoldsSomethingElse).detail(&format!("{what} on {}", device.display())))
            }
        }
    }

    /// A new volume. Before the disk is touched the key is sealed: a TPM or an image that can't unseal is found then.
    fn create(&mut self, console: &mut Console, device: &Path, feed: &mut dyn FnMut()) -> Result<Opened, Reason> {
        let failed = |why: &str| Reason::new(Code::SetUpFailed).detail(why);
        let early = self.tpm.early(&self.table, console, feed).map_err(|why| failed(&why.sentence()))?;
        let key = random_secret(KEY_BYTES).map_err(|e| failed(&chain(&e)))?;
        let bytes = random_secret(data_volume::RECOVERY_KEY_BYTES).map_err(|e| failed(&chain(&e)))?;
        let recovery = data_volume::printed(&bytes);
        let sealed = early.seal(&key, &recovery, None, feed).map_err(|e| reasons::of_set_up(&e))?;
        let token = serde_json::to_value(&sealed).map_err(|e| failed(&chain(&e)))?;
        fs::create_dir_all(WORK).map_err(|e| failed(&format!("making {WORK}: {e}")))?;
        let first = First { tpm: &key, recovery: &recovery, sealed: &token };
        {
            let patient = &mut screen::saying(console, "making the data volume; leave the box on", feed);
            data_volume::create(device, &first, Path::new(WORK), patient).map_err(|e| failed(&chain(&e)))?;
        }
        // From the disk, as every later start will: what was written is what opens.
        let uuid = match data_volume::read(device, feed).map_err(|e| failed(&chain(&e)))? {
            Contents::Volume(mut volume) => {
                let opened = volume.open(Way::Tpm, &key).map_err(|e| failed(&chain(&e)))?;
                if opened != Tried::Opens {
                    return Err(failed("the new volume does not open with its own key"));
                }
                volume.uuid().map_err(|e| failed(&chain(&e)))?
            }
            _ => return Err(failed("the new volume is not there when it is read again")),
        };
        let measured = loaded(DataVolume::Created, &self.services, uuid);
        self.tpm.leave(Some(sealed), &measured, feed).map_err(|why| failed(&why.sentence()))?;
        Ok(Opened { how: DataVolume::Created, measured, events: Vec::new() })
    }

    fn unseal(&mut self, console: &mut Console, feed: &mut dyn FnMut()) -> Result<Opened, Reason> {
        let Some(volume) = &mut self.volume else { return Err(self.why.clone()) };
        let events = reasons::of_header(volume);
        let damaged = |what: &str| Reason::new(Code::SealedKeyDamaged).detail(what);
        let token = volume.sealed().ok_or_else(|| damaged("the header holds none"))?;
        let sealed: Sealed = serde_json::from_value(token).map_err(|e| damaged(&e.to_string()))?;
        let early = self.tpm.early(&self.table, console, feed)?;
        let key = early.unseal(&sealed, feed).map_err(|e| reasons::of_tpm(&e))?;
        match volume.open(Way::Tpm, &key).map_err(|e| reasons::of_disk(&e))? {
            Tried::Opens => {}
            Tried::NoSlot | Tried::WrongKey => return Err(Reason::new(Code::KeyOpensNoSlot)),
        }
        let measured = self.leave(DataVolume::Unsealed, Some(sealed), feed)?;
        self.mount(Opened { how: DataVolume::Unsealed, measured, events }, console, feed)
    }

    /// The TPM must not give the key any more. If that cannot be had, the volume is closed again. Returns what PCR 15 was extended with.
    fn leave(&mut self, how: DataVolume, sealed: Option<Sealed>, feed: &mut dyn FnMut()) -> Result<Vec<Line>, Reason> {
        let uuid = self.volume.as_mut().and_then(|v| v.uuid().ok()).unwrap_or_default();
        let measured = loaded(how, &self.services, uuid);
        let left = self.tpm.leave(sealed, &measured, feed).inspect_err(|_| {
            // A mapping that stays is not mounted, and is closed at the end of the box.
            let _ = data_volume::close();
        });
        left.map(|()| measured)
    }

    /// Checks what is on the open mapping, mounts it, and gives the services their folders.
    fn mount(&mut self, mut opened: Opened, console: &mut Console, feed: &mut dyn FnMut()) -> Result<Opened, Reason> {
        let feed = &mut screen::saying(console, "checking the file system of the data volume; leave the box on", feed);
        let mapped = data_volume::mapped();
        let checked =
            data_volume::check(&mapped, feed).map_err(|e| reasons::of_disk(&e)).and_then(|found| match found {
                Checked::Clean => Ok(None),
                Checked::Repaired => Ok(Some(Reason::new(Code::FileSystemRepaired).detail("by e2fsck"))),
                Checked::Damaged { said } => Err(Reason::new(Code::FileSystemDamaged).detail(&said)),
            });
        let mounted = checked.and_then(|repaired| {
            data_volume::mount(&mapped, Path::new(MOUNTED)).map_err(|e| reasons::of_mount(&e))?;
            Ok(repaired)
        });
        match mounted {
            Ok(repaired) => {
                opened.events.extend(repaired.map(Event::Appeared));
                self.volume = None;
                // On a full or read-only volume those of an earlier start are there.
                opened.events.extend(make_folders(&self.table).err().map(|e| {
                    Event::Appeared(Reason::new(Code::ServiceTrouble).about("supervisor").detail(&chain(&e)))
                }));
                Ok(opened)
            }
            Err(why) => {
                self.mapped = Some(opened);
                Err(why)
            }
        }
    }
}

/// Takes the mapping away, once nothing is mounted on it.
pub(crate) fn close() -> Result<(), data_volume::VolumeError> {
    data_volume::close()
}

/// What the own log says of the settings that a person made, which lie on the open volume. None are as good as empty ones.
pub(crate) fn configuration() -> Line {
    let text = fs::read_to_string(SETTINGS).unwrap_or_default();
    Line::shortened(&Loaded::Configuration(own_log::digest(&text)).text())
}

/// What the own log says of the volume and of the table of services.
fn loaded(how: DataVolume, services: &[u8; 32], uuid: String) -> Vec<Line> {
    let opened = match how {
        DataVolume::Created => "new",
        DataVolume::Recovery => "recovery-key",
        DataVolume::Unsealed | DataVolume::Closed => "tpm",
    };
    [Loaded::Services(*services), Loaded::Volume(uuid), Loaded::Opened(opened.into())]
        .map(|loaded| Line::shortened(&loaded.text()))
        .into()
}

/// A pause in which the watchdog is fed.
fn pause(length: Duration, feed: &mut dyn FnMut()) {
    let until = Instant::now() + length;
    while Instant::now() < until {
        feed();
        thread::sleep(Duration::from_millis(100));
    }
}
