//! Between the supervisor and a service. The supervisor speaks first: [`Start`], then so many [`Order`]s as it says, each with a
//! channel or a descriptor. From then on the service reports, and takes further orders. [`crate::Startup`] is the service's side.

use std::net::IpAddr;

use box_state::BoxState;
use serde::{Deserialize, Serialize};

use crate::Text;
pub use crate::address::{Address, AddressError};
pub use crate::links::{
    ADDRESSES_MAX, By, Dhcp, Given, LINKS_MAX, Link, LinkName, LinkReport, TimeReport, VLANS_MAX, Vlan, VlanError,
    VlanId,
};

/// What a service says in words: a line.
pub type Line = Text<256>;

/// What the supervisor tells a service when it starts it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// The service's own name in the service table.
    pub service: String,
    pub facts: BoxFacts,
    pub condition: Condition,
    /// What it is to lock itself into, once its devices are open.
    pub jail: Jail,
    /// The cards' PCI addresses ("0000:01:00.0"), bound to vfio-pci, their nodes owned by the service. For who has the cards.
    pub cards: Vec<String>,
    /// The signed PCR policy that systemd-stub left beside /init. For who has the TPM.
    pub pcr_policy: Option<PcrPolicy>,
    /// What PCR 15 was extended with in this boot, in order. For who has the TPM.
    pub measured: Vec<Line>,
    /// So many orders to connect, and descriptors, follow at once.
    pub orders: u32,
}

/// From the service's row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jail {
    /// The name of its list of system calls.
    pub filter: String,
    /// It may read and write below this folder, and nowhere else.
    pub folder: Option<String>,
    /// TCP ports that it may listen on.
    pub listen: Vec<u16>,
    /// TCP ports that it may connect to, on any host.
    pub connect: Vec<u16>,
}

/// What the supervisor found out about this boot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoxFacts {
    /// Version of the release, as in its os-release.
    pub version: String,
    /// The name of the image, as in its os-release.
    pub image: String,
    /// Signed with development keys.
    pub development: bool,
    pub secure_boot: bool,
    /// The kernel's lockdown mode ("confidentiality", "integrity", "none").
    pub lockdown: String,
    pub data_volume: DataVolume,
    /// Milliseconds from kernel start to the start of the services.
    pub started_ms: u64,
}

/// The state of the box. A service is told it at its start, and when it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub state: BoxState,
    /// Why it is degraded, a sentence each, which begins with its code; empty: it is not.
    pub degraded: Vec<Line>,
    /// What somebody should know or do, a sentence each, the same way.
    pub notices: Vec<Line>,
    /// At which it is reached now, in order.
    pub addresses: Vec<IpAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataVolume {
    /// It is closed.
    Closed,
    /// Made in this boot.
    Created,
    /// Opened with the TPM.
    Unsealed,
    /// Opened with the recovery key typed on the console.
    Recovery,
}

impl DataVolume {
    pub fn word(self) -> &'static str {
        match self {
            DataVolume::Closed => "closed",
            DataVolume::Created => "created",
            DataVolume::Unsealed => "unsealed",
            DataVolume::Recovery => "recovery",
        }
    }
}

/// What the vendor signed: /.extra/tpm2-pcr-signature.json and tpm2-pcr-public-key.pem from systemd-stub, and the second key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PcrPolicy {
    pub signature_json: String,
    pub public_key_pem: String,
    /// The key that approves PCR 11 at the last phase, for what the services unseal; it is part of the measured initramfs.
    pub service_public_key_pem: String,
}

/// What a service tells the supervisor. What its row does not allow, and what comes too fast, is left out and counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// It serves.
    Ready,
    /// A line for the screen, such as the pairing code.
    Screen(Line),
    /// What became of a card, in a sentence that begins with its address: for the screen, and for its `status`.
    Card(Line),
    /// It serves, but not all of it: why, in a sentence.
    Degraded(Line),
    /// Whether anybody is enrolled.
    Provisioned(bool),
    /// How a link is to be addressed from now on.
    Link(LinkReport),
    /// The file with the network's settings is there and is not used: why.
    NetworkFile(Line),
    /// What time it is, by servers that agree.
    Time(TimeReport),
    /// No time server answers as it should: what they do instead.
    NoTime(Line),
    /// PCR 15 was extended with this.
    Measured(Line),
    /// A card that passed its self-test: what the own log says of it.
    Loaded(Line),
    /// Somebody wrote the recovery key down, and its last characters are these.
    RecoveryKeyWritten(Text<8>),
}

/// What the supervisor tells a running service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// With a channel to another service.
    Connect { peer: String, side: Side },
    /// The box is in another state, or has other reasons for it.
    Condition(Condition),
    /// With a descriptor that needed a privilege to open.
    Descriptor { name: String },
    /// With a packet socket: an Ethernet link that is there from now on.
    Link(Link),
    /// Whether it has a carrier now.
    Carrier { link: LinkName, up: bool },
    /// It is there no more.
    LinkGone { link: LinkName },
    /// Extend PCR 15 with this text, and report it.
    Measure(Line),
    /// Releases of a lower security version than this are to open nothing any more. For who has the TPM.
    RaiseSecurityFloor(u8),
    /// Somebody at the console asks for an administrator's enrolment code.
    NewCode,
    /// Finish what can be finished within seconds, then exit with success.
    Stop,
    /// Make the forbidden system call (only a service built with `fault-injection` obeys).
    BreakSandbox,
}

/// Who asks on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// The peer is our client, and may make these calls.
    TheyCallUs {
        calls: Vec<String>,
    },
    WeCallThem,
}

impl Report {
    /// As much of the text as fits.
    pub fn screen(text: &str) -> Report {
        Report::Screen(Line::shortened(text))
    }

    /// As much of the text as fits.
    pub fn card(text: &str) -> Report {
        Report::Card(Line::shortened(text))
    }

    /// As much of the text as fits.
    pub fn network_file(text: &str) -> Report {
        Report::NetworkFile(Line::shortened(text))
    }

    /// As much of the text as fits.
    pub fn no_time(text: &str) -> Report {
        Report::NoTime(Line::shortened(text))
    }

    /// As much of the text as fits.
    pub fn degraded(text: &str) -> Report {
        Report::Degraded(Line::shortened(text))
    }
}
