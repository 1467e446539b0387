//! One service.

use std::collections::{BTreeMap, BTreeSet};

use box_state::BoxState;
use serde::{Deserialize, Serialize};

/// A row. What is not said is not given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Row {
    /// As the console and its peers name it.
    pub name: String,
    /// Its path in the image.
    pub program: String,
    #[serde(default)]
    pub arguments: Vec<String>,
    /// All of its environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Also the group id; nobody else's.
    pub uid: u32,
    /// The name of its list of system calls.
    pub filter: String,
    /// Its own folder, below /data; made and given to it by the supervisor.
    #[serde(default)]
    pub folder: Option<String>,
    /// Whose nodes are given to its uid.
    #[serde(default)]
    pub devices: BTreeSet<Device>,
    /// What the supervisor opens for it and passes on.
    #[serde(default)]
    pub descriptors: BTreeSet<Handle>,
    /// TCP ports that it may listen on.
    #[serde(default)]
    pub listen: BTreeSet<u16>,
    /// TCP ports that it may connect to. The kernel bounds the ports; the hosts are for who reads the table.
    #[serde(default)]
    pub connect: BTreeSet<Endpoint>,
    /// Of its data, in MiB (RLIMIT_DATA).
    pub memory_mib: u64,
    /// Memory that it may pin, in MiB.
    #[serde(default)]
    pub memory_lock_mib: u64,
    /// It may use io_uring.
    #[serde(default)]
    pub io_uring: bool,
    /// It may have lines shown on the screen.
    #[serde(default)]
    pub screen: bool,
    /// It may say how the box is addressed.
    #[serde(default)]
    pub network: bool,
    /// People do by it what they do at the screen: so far, say that the recovery key is written down.
    #[serde(default)]
    pub operator: bool,
    /// Who has the same group ends with it and starts with it.
    pub restart_group: String,
    /// The states of the box in which it runs.
    pub states: BTreeSet<BoxState>,
    /// The services that it calls, each with the calls that it may make.
    #[serde(default)]
    pub peers: BTreeMap<String, BTreeSet<String>>,
}

/// A device whose node a service opens itself, by its right as owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    Tpm,
    /// The VFIO nodes of all cards.
    Cards,
}

/// A descriptor that needs a privilege to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handle {
    /// A packet socket on each Ethernet link, as links come and go while the service runs: for DHCP's answers and ARP's alone.
    PacketSockets,
    /// A UDP socket that hears time servers alone.
    TimeSocket,
    /// The firmware's event log (TCG PC Client Platform Firmware Profile), to be read.
    FirmwareLog,
}

impl Handle {
    /// As the service is told it.
    pub fn name(self) -> &'static str {
        match self {
            Handle::PacketSockets => "packet-sockets",
            Handle::TimeSocket => "time-socket",
            Handle::FirmwareLog => "firmware-log",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
}
