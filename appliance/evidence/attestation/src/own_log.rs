//! The box's own log: what it extended after the firmware handed over, as TCG_PCR_EVENT2 records (TCG PC Client Platform Firmware
//! Profile 1.06, 10.2.2), so that behind the firmware's log they replay as one.
//!
//! The data of a record is a text, and its digest is that text's SHA-256: PCR 11 takes the words of the boot phases, PCR 15 one
//! `name=value` for each thing that was loaded or decided.

use sha2::{Digest, Sha256};

/// EV_IPL: what a boot loader, here the supervisor, measured.
pub(crate) const EVENT_TYPE: u32 = 0x0d;
pub const PHASES_PCR: u8 = 11;
pub const LOADED_PCR: u8 = 15;

/// The phases of a box that is up, in order.
pub const PHASES: [&str; 4] = ["enter-initrd", "leave-initrd", "sysinit", "ready"];

/// What PCR 15 can say. Digests are SHA-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// The data volume's UUID.
    Volume(String),
    /// How it was opened: `tpm`, `recovery-key`, `new`.
    Opened(String),
    /// The digest of the configuration.
    Configuration([u8; 32]),
    /// The digest of /etc/coffer/services.json.
    Services([u8; 32]),
    Card {
        /// As in /sys/bus/pci.
        address: String,
        /// What the card says it is: digits, letters, `-`, `.`, `_`.
        identity: String,
        build: [u8; 32],
    },
}

/// A record for this PCR. What is to be extended is [`digest`] of the text.
pub fn record(pcr: u8, text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(50 + text.len());
    bytes.extend(u32::from(pcr).to_le_bytes());
    bytes.extend(EVENT_TYPE.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(crate::event_log::SHA256.to_le_bytes());
    bytes.extend(digest(text));
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

pub fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

impl Loaded {
    pub fn text(&self) -> String {
        let hex = |digest: &[u8; 32]| data_encoding::HEXLOWER.encode(digest);
        match self {
            Loaded::Volume(uuid) => format!("volume={uuid}"),
            Loaded::Opened(by) => format!("opened={by}"),
            Loaded::Configuration(digest) => format!("configuration={}", hex(digest)),
            Loaded::Services(digest) => format!("services={}", hex(digest)),
            Loaded::Card { address, identity, build } => format!("card={address} {identity} {}", hex(build)),
        }
    }

    /// `None`: this release knows no such thing.
    pub fn read(text: &str) -> Option<Loaded> {
        let digest = |hex: &str| data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok();
        let (name, value) = text.split_once('=')?;
        match name {
            "volume" => Some(Loaded::Volume(word(value)?)),
            "opened" => Some(Loaded::Opened(word(value)?)),
            "configuration" => Some(Loaded::Configuration(digest(value)?)),
            "services" => Some(Loaded::Services(digest(value)?)),
            "card" => {
                let [address, identity, build] = value.split(' ').collect::<Vec<_>>().try_into().ok()?;
                Some(Loaded::Card { address: word(address)?, identity: word(identity)?, build: digest(build)? })
            }
            _ => None,
        }
    }
}

fn word(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    fits.then(|| text.into())
}
