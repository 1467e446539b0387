//! What other services ask of keyd, and what keyd answers. Which of them may ask for what is in the service table, by the names
//! that [`Request::call`] gives.

use std::net::IpAddr;

use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List, Name};
use crate::control::ADDRESSES_MAX;
use crate::people::{PeopleReply, PeopleRequest};

pub use crate::approvals::{Asked, Deed, GIVEN_MAX, HEADER_MAX, KEYS_AT_ONCE, REQUESTS_LISTED};
pub use crate::keyd_calls::CALLS;
pub use crate::keys::{
    Ended, Group, KeyInfo, KeyKind, KeyName, KeyState, Lease, Limits, NUMBER_BYTES, Operation, PrivatePart, PublicKey,
};
pub use crate::refusal::Refusal;

/// Keys in one [`Reply::Keys`]: as many of the longest as a message holds.
pub const KEYS_LISTED: usize = 32;
/// Clients in one [`Reply::Clients`].
pub const CLIENTS_LISTED: usize = 128;
/// Of a certificate request, in bytes.
pub const CSR_MAX: usize = 8192;
/// Of a key in a backup, in bytes.
pub const ENTRY_MAX: usize = 8192;
/// Of a device record, in bytes.
pub const DEVICE_RECORD_MAX: usize = 4096;
/// Digits of the device's id in the box's name.
const HOST_NAME_DIGITS: usize = 6;

/// A nonce that a [`Proof`] answers.
pub type Challenge = Bytes<16>;

#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// The certificates of this box.
    Identity,
    /// An ECDSA P-256/SHA-256 signature with the service's TLS key over `message`: what a server signs in TLS 1.3 (RFC 8446 4.4.3), and
    /// nothing else.
    SignTls {
        message: Bytes<1024>,
    },
    /// All that the box can show of itself at this nonce (`attestation::Evidence`), in a memory file.
    Evidence {
        nonce: Bytes<32>,
    },
    /// TPM2_ActivateCredential with the endorsement key and the attestation key: the contents of a TPM2B_ID_OBJECT and a
    /// TPM2B_ENCRYPTED_SECRET.
    ActivateCredential {
        credential: Bytes<132>,
        secret: Bytes<512>,
    },
    /// What the vendor signed about this machine (`attestation::DeviceRecord`), for its evidence. The proof is an administrator's.
    KeepDeviceRecord {
        record: Bytes<DEVICE_RECORD_MAX>,
        proof: Proof,
    },
    /// Lets PCR 7 be this value, too, from the next boot on. The proof is an administrator's.
    PlanSecureBoot {
        pcr7: Bytes<32>,
        proof: Proof,
    },
    /// Sets the PIN to start, or another one: its authorization, sealed to the transport key for `start_pin::PURPOSE`, bound to the
    /// device's id. Empty: no PIN is asked for any more. The proof is an administrator's.
    SetPin {
        sealed: Bytes<80>,
        proof: Proof,
    },
    /// The TPM forgets the wrong authorizations that it counts. The proof is an administrator's.
    ResetLockout {
        proof: Proof,
    },
    /// The attestation key's quote over what an audit log's head is (`audit_log::head`); one that goes back is refused.
    SignHead {
        number: u64,
        hash: Bytes<32>,
    },

    /// The clients whose serial number is above `after`, ascending, up to [`CLIENTS_LISTED`] of them.
    Clients {
        after: Name,
    },
    /// A fresh nonce, for one [`Proof`].
    Challenge,
    /// Opens an enrolment code that the administrator of the proof made: `code` is its public key (Ed25519).
    NewCode {
        name: Name,
        role: Name,
        code: Bytes<32>,
        valid_s: u32,
        proof: Proof,
    },
    /// A certificate for the key in `csr` (DER, PKCS #10), for whoever has an open code: `signature` is made with the code's key
    /// over `accounts::statement::enrolment`. `name`: empty, or the code's.
    Enrol {
        name: Name,
        csr: Bytes<CSR_MAX>,
        signature: Bytes<64>,
        valid_s: u32,
        address: Name,
    },
    /// The certificate is on its client's side: it was used. Its code is used up, an older certificate of the client void.
    Confirm {
        serial: Name,
    },
    /// Another certificate for the client of the proof, which may have expired.
    Renew {
        csr: Bytes<CSR_MAX>,
        valid_s: u32,
        proof: Proof,
    },
    /// Ends all certificates of the client that has this one.
    Revoke {
        serial: Name,
        proof: Proof,
    },
    /// Whether the proof is that of an administrator or auditor who wants to read the audit log.
    CheckReader {
        proof: Proof,
    },
    /// Whose ticket this is: [`PeopleReply::LogTicket`]. It is used up.
    CheckTicket {
        ticket: Secret,
    },

    CreateKey {
        owner: Name,
        name: Name,
        kind: KeyKind,
        operations: List<Operation, 8>,
        limits: Limits,
    },
    /// Somebody else's public key; its operations are of [`Operation::Encrypt`] and [`Operation::Evaluate`].
    ImportKey {
        owner: Name,
        name: Name,
        kind: KeyKind,
        public: PublicKey,
        operations: List<Operation, 8>,
    },
    /// The key of this id, if it is `client`'s.
    FindKey {
        id: Name,
        client: Name,
    },
    /// `owner`'s keys whose id is above `after`, ascending, up to [`KEYS_LISTED`] of them.
    ListKeys {
        owner: Name,
        after: Name,
    },
    /// The proof is its owner's. Of a key under dual control it is a request, answered by [`Reply::Asked`].
    DestroyKey {
        id: Name,
        proof: Proof,
    },
    /// The key's parameters for one job of `client`; refused if the client does not own it or it does not allow `operation`.
    Lease {
        id: Name,
        client: Name,
        operation: Operation,
    },
    /// The parameters are wiped: the lease is not needed to its end.
    EndLease {
        lease: u64,
    },
    /// The TPM's defence against guessing.
    TpmState,
    /// About the people at the console.
    People(PeopleRequest),
    /// A certificate for the console's key in `csr` (DER, PKCS #10), for the box's names and for these addresses of it.
    CertifyConsole {
        csr: Bytes<CSR_MAX>,
        addresses: List<IpAddr, ADDRESSES_MAX>,
    },
    /// The authority that such certificates are issued by.
    ConsoleAuthority,

    /// What waits for a second person's word, above the id `after`, ascending, up to [`REQUESTS_LISTED`].
    ListRequests {
        after: Name,
    },
    /// Asks for a backup of `owner`'s keys of these names or ids; none: of all that have a private part. `recipient`: the public
    /// key (X25519) that one half of the backup's key is sealed to. The proof is an administrator's.
    AskBackup {
        owner: Name,
        keys: List<Name, KEYS_AT_ONCE>,
        recipient: Bytes<32>,
        proof: Proof,
    },
    /// Where to seal halves for a restore to: a key that this box holds until it ends.
    TransportKey,
    /// Asks for the keys of a backup to be taken in. `half`: one half of its key, sealed to the transport key. The proof is an
    /// administrator's.
    AskRestore {
        header: Bytes<HEADER_MAX>,
        half: Bytes<GIVEN_MAX>,
        proof: Proof,
    },
    /// A second administrator agrees. `given`: to a backup, the public key that the other half is sealed to; to a restore, the
    /// other half, sealed to the transport key; else nothing.
    Approve {
        request: Name,
        given: Bytes<GIVEN_MAX>,
        proof: Proof,
    },
    /// A piece of a backup that was agreed to: 0 is its header, then a key each.
    FetchBackup {
        request: Name,
        number: u32,
    },
    /// A key of a backup whose restore was agreed to.
    RestoreKey {
        request: Name,
        number: u32,
        entry: Bytes<ENTRY_MAX>,
    },
}

/// That a client itself wants something, and not only whoever speaks for it: a signature with the key of its certificate over
/// `accounts::statement`'s text for the request, which holds the challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proof {
    pub client: Name,
    pub challenge: Challenge,
    /// ECDSA P-256/SHA-256, DER.
    pub signature: Bytes<80>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    Identity(Identity),
    Signature(Bytes<80>),
    /// With a memory file of so many bytes.
    Evidence {
        bytes: u64,
    },
    Activated(Bytes<64>),
    DeviceRecordKept,
    Planned,
    PinSet,
    LockoutReset,
    /// How many heads there were before it, how often the log went back, and the quote over what that makes.
    Head {
        heads: u64,
        losses: u64,
        quote: Quote,
    },
    Clients(List<Client, CLIENTS_LISTED>),
    Challenge(Challenge),
    /// Until then it is open: seconds since 1970.
    CodeOpen {
        until: u64,
    },
    Certificate(Certificate),
    Confirmed,
    Revoked,
    Reader {
        name: Name,
    },
    Key(KeyInfo),
    Keys(List<KeyInfo, KEYS_LISTED>),
    Destroyed,
    Lease(Lease),
    LeaseEnded,
    TpmState(TpmState),
    People(PeopleReply),
    ConsoleCertificate(ConsoleCertificate),
    /// `certificate`: X.509, DER; `signature`: ECDSA P-256/SHA-256, DER, with the service's key over
    /// `accounts::statement::console_authority`.
    ConsoleAuthority {
        certificate: Bytes<2048>,
        signature: Bytes<80>,
    },
    /// It is done once a second person agrees.
    Asked(Asked),
    Requests(List<Asked, REQUESTS_LISTED>),
    /// Agreed to; of so many keys.
    Approved {
        keys: u32,
    },
    /// `signature`: ECDSA P-256/SHA-256, DER, by the box's authority over `accounts::statement::transport_key`.
    TransportKey {
        public: Bytes<32>,
        signature: Bytes<80>,
    },
    BackupPiece(Bytes<ENTRY_MAX>),
    Refused(Refusal),
    /// Unasked: the list of clients is another one now.
    ClientsChanged,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// Hex of the first 8 bytes of SHA-256 over the attestation key's public area.
    pub device_id: Name,
    /// X.509, DER: the box's own certificate authority (self-signed, key in the TPM).
    pub authority: Bytes<2048>,
    /// X.509, DER: the certificate of the service's TLS key (in the TPM), issued by `authority`; DNS name "coffer".
    pub service: Bytes<2048>,
}

impl Identity {
    /// The box's name, until somebody gives it another one: a DNS label.
    pub fn host_name(&self) -> String {
        let id = self.device_id.as_str();
        format!("coffer-{}", id.get(..HOST_NAME_DIGITS).unwrap_or(id))
    }
}

/// What a browser is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConsoleCertificate {
    /// X.509, DER: for at most 397 days, issued by `authority`.
    pub leaf: Bytes<2048>,
    /// X.509, DER: self-signed, for this box's names and private addresses alone.
    pub authority: Bytes<2048>,
}

/// As the TPM tells everybody (TPM 2.0 part 1, 19.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TpmState {
    /// Wrong tries that count now, and how many lock it.
    pub failed: u32,
    pub failed_max: u32,
    /// Seconds until one of them is forgiven.
    pub interval_s: u32,
    /// Seconds until the lockout authorization is heard again after it was wrong.
    pub recovery_s: u32,
    pub is_locked: bool,
    /// A PIN is asked for at each start.
    pub has_pin: bool,
    /// The other value that PCR 7 may have at the next start, where a change of Secure Boot is planned.
    pub planned_pcr7: Option<[u8; 32]>,
}

/// A certificate and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    pub name: Name,
    /// As `accounts::Role::name` gives it.
    pub role: Name,
    pub serial: Name,
    /// Seconds since 1970.
    pub expires: u64,
    pub revoked: bool,
    /// It was used.
    pub confirmed: bool,
    /// Issued by an authority that is not the box's any more: no handshake succeeds with it.
    pub void: bool,
}

/// A client's new certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// X.509, DER.
    pub der: Bytes<4096>,
    pub client: Client,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// TPMS_ATTEST, marshalled.
    pub attest: Bytes<1024>,
    /// TPMT_SIGNATURE, marshalled (ECDSA P-256, SHA-256).
    pub signature: Bytes<256>,
    /// TPM2B_PUBLIC of the attestation key, marshalled.
    pub attestation_key: Bytes<1024>,
    /// (index, SHA-256 value), ascending.
    pub pcrs: List<(u8, Bytes<32>), 24>,
}
