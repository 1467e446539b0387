//! Between the supervisor and a service. The supervisor speaks first ([`Start`]), then the service reports ([`Report`]).

use serde::{Deserialize, Serialize};

/// What the supervisor tells a service when it starts it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    pub facts: BoxFacts,
    /// The cards' PCI addresses ("0000:01:00.0"), bound to vfio-pci, their VFIO nodes owned by computed.
    pub cards: Vec<String>,
    /// `Some` for `keyd`: the signed PCR policy that systemd-stub left beside /init.
    pub pcr_policy: Option<PcrPolicy>,
}

/// What the supervisor found out about this boot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BoxFacts {
    /// Version of the release, as in its os-release.
    pub version: String,
    /// Signed with development keys.
    pub development: bool,
    pub secure_boot: bool,
    /// The kernel's lockdown mode ("confidentiality", "integrity", "none").
    pub lockdown: String,
    pub data_volume: DataVolume,
    /// Why the box is degraded, a sentence each; empty: it is not.
    pub degraded: Vec<String>,
    /// Milliseconds from kernel start to the start of the services.
    pub started_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataVolume {
    /// Made in this boot.
    Created,
    /// Opened with the TPM.
    Unsealed,
    /// Opened with the recovery key typed on the console.
    Recovery,
}

/// What the vendor signed: /.extra/tpm2-pcr-signature.json and tpm2-pcr-public-key.pem from systemd-stub, and the second key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PcrPolicy {
    pub signature_json: String,
    pub public_key_pem: String,
    /// The key that approves PCR 11 at the last phase, for what the services unseal; it is part of the measured initramfs.
    pub service_public_key_pem: String,
}

/// What a service tells the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// It serves.
    Ready,
    /// A line for the console, such as the pairing code.
    Console(String),
    /// What became of a card, in a sentence that begins with its address: for the console, and for its `status`.
    Card(String),
    /// It serves, but not all of it: why, in a sentence.
    Degraded(String),
}

/// What the supervisor tells a running service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Finish what can be finished within seconds, then exit with success.
    Stop,
    /// Make the forbidden system call (only a service built with `fault-injection` obeys).
    BreakSandbox,
}
