//! What a client signs, byte for byte: whoever carries the request can neither change it nor use it twice.
//!
//! A title, then each field after its length (four bytes, big-endian).

use ring::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};

use crate::role::Role;

const PROOF: &[u8] = b"coffer statement v1";
const ENROLMENT: &[u8] = b"coffer enrolment v1";
const DEED: &[u8] = b"coffer deed v1";
const TRANSPORT: &[u8] = b"coffer transport key v1";
const CONSOLE: &[u8] = b"coffer console authority v1";

/// What a client wants.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// `code`: its public key.
    NewCode {
        name: &'a str,
        role: Role,
        code: &'a [u8],
        valid_s: u32,
    },
    /// `csr`: PKCS #10, DER.
    Renew {
        csr: &'a [u8],
        valid_s: u32,
    },
    Revoke {
        serial: &'a str,
    },
    DestroyKey {
        id: &'a str,
    },
    ReadAuditLog,
    /// `hash`: the record's SHA-256, hexadecimal.
    KeepDeviceRecord {
        hash: &'a str,
    },
    /// `pcr7`: what it will be.
    PlanSecureBoot {
        pcr7: &'a [u8],
    },
    /// `sealed`: the PIN as it goes to the box; empty: none any more.
    SetPin {
        sealed: &'a [u8],
    },
    ResetLockout,
    /// `keys`: names or ids. `recipient`: a public key.
    AskBackup {
        owner: &'a str,
        keys: &'a [&'a str],
        recipient: &'a [u8],
    },
    AskRestore {
        header: &'a [u8],
        half: &'a [u8],
    },
    /// `digest`: as [`deed_digest`] makes it of what the approver saw. `given`: what the approval brings.
    Approve {
        digest: &'a [u8],
        given: &'a [u8],
    },
}

/// That a client wants something of a box.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// Of the box.
    pub device_id: &'a str,
    pub client: &'a str,
    /// The nonce that the box gave.
    pub challenge: &'a [u8],
    pub action: Action<'a>,
}

/// Signed with the key of the client's certificate.
pub fn proof(claim: &Claim<'_>) -> Vec<u8> {
    let head = [claim.device_id.as_bytes(), claim.client.as_bytes(), claim.challenge];
    let action = &claim.action;
    let seconds = |valid_s: &u32| valid_s.to_be_bytes();
    match action {
        Action::NewCode { name, role, code, valid_s } => {
            let fields: [&[u8]; 5] = [b"new code", name.as_bytes(), role.name().as_bytes(), code, &seconds(valid_s)];
            joined(PROOF, &[&head[..], &fields].concat())
        }
        Action::Renew { csr, valid_s } => {
            let fields: [&[u8]; 3] = [b"renew", csr, &seconds(valid_s)];
            joined(PROOF, &[&head[..], &fields].concat())
        }
        Action::Revoke { serial } => joined(PROOF, &[&head[..], &[b"revoke", serial.as_bytes()]].concat()),
        Action::DestroyKey { id } => joined(PROOF, &[&head[..], &[b"destroy key", id.as_bytes()]].concat()),
        Action::ReadAuditLog => joined(PROOF, &[&head[..], &[b"read audit log"]].concat()),
        Action::KeepDeviceRecord { hash } => {
            joined(PROOF, &[&head[..], &[b"keep device record", hash.as_bytes()]].concat())
        }
        Action::PlanSecureBoot { pcr7 } => joined(PROOF, &[&head[..], &[b"plan secure boot", pcr7]].concat()),
        Action::SetPin { sealed } => joined(PROOF, &[&head[..], &[b"set PIN", sealed]].concat()),
        Action::ResetLockout => joined(PROOF, &[&head[..], &[b"reset lockout"]].concat()),
        Action::AskBackup { owner, keys, recipient } => {
            let keys: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes()).collect();
            let fields: [&[u8]; 3] = [b"ask for backup", owner.as_bytes(), recipient];
            joined(PROOF, &[&head[..], &fields, &keys].concat())
        }
        Action::AskRestore { header, half } => {
            joined(PROOF, &[&head[..], &[b"ask for restore", header, half]].concat())
        }
        Action::Approve { digest, given } => joined(PROOF, &[&head[..], &[b"approve", digest, given]].concat()),
    }
}

/// What somebody asked for, and a second person is to agree to.
#[derive(Clone, Copy, Debug)]
pub struct DeedText<'a> {
    pub request: &'a str,
    /// "destroy", "backup" or "restore".
    pub deed: &'a str,
    pub by: &'a str,
    pub data: &'a [u8],
    /// Id, owner and name of each.
    pub keys: &'a [[&'a str; 3]],
}

/// SHA-256 over all of it: who agrees has seen this, whatever the service that showed it would have liked.
pub fn deed_digest(deed: &DeedText<'_>) -> [u8; 32] {
    let head: [&[u8]; 4] = [deed.request.as_bytes(), deed.deed.as_bytes(), deed.by.as_bytes(), deed.data];
    let keys = deed.keys.iter().flatten().map(|name| name.as_bytes());
    let fields: Vec<&[u8]> = head.into_iter().chain(keys).collect();
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &joined(DEED, &fields)).as_ref());
    digest
}

/// Signed by the box's authority: halves for a restore may be sealed to this key.
pub fn transport_key(device_id: &str, public: &[u8]) -> Vec<u8> {
    joined(TRANSPORT, &[device_id.as_bytes(), public])
}

/// Signed with the service's key, which a pairing code pins: this authority (X.509, DER) issues the certificate of the console of this box.
pub fn console_authority(device_id: &str, host_name: &str, certificate: &[u8]) -> Vec<u8> {
    joined(CONSOLE, &[device_id.as_bytes(), host_name.as_bytes(), certificate])
}

/// Signed with the code's key, in which the box's pin is: for a certificate for the key in `csr` (PKCS #10, DER).
pub fn enrolment(csr: &[u8], valid_s: u32) -> Vec<u8> {
    joined(ENROLMENT, &[csr, &valid_s.to_be_bytes()])
}

/// `key`: a P-256 point, uncompressed; `signature`: ECDSA with SHA-256, DER.
pub(crate) fn is_signed_by_client(statement: &[u8], signature: &[u8], key: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(statement, signature).is_ok()
}

pub(crate) fn is_signed_by_code(statement: &[u8], signature: &[u8], code: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, code).verify(statement, signature).is_ok()
}

fn joined(title: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let mut statement = title.to_vec();
    for field in fields {
        statement.extend((field.len() as u32).to_be_bytes());
        statement.extend(*field);
    }
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in Python: sdk/python/tests/test_pairing.py.
    #[test]
    fn statements_are_the_bytes_that_other_programs_sign() {
        let new_code = Action::NewCode { name: "bob", role: Role::Operator, code: &[7; 2], valid_s: 60 };
        let claim = Claim { device_id: "00ff", client: "alice", challenge: &[1, 2], action: new_code };
        let hex = data_encoding::HEXLOWER.encode(&proof(&claim));
        let expected = [
            "636f666665722073746174656d656e74207631", // coffer statement v1
            "0000000430306666",
            "00000005616c696365",
            "000000020102",
            "000000086e657720636f6465",
            "00000003626f62",
            "000000086f70657261746f72",
            "000000020707",
            "000000040000003c",
        ];
        assert_eq!(hex, expected.concat());
    }

    /// The same in Python: sdk/python/tests/test_client.py.
    #[test]
    fn a_deed_is_all_that_was_shown_of_it() {
        let keys = [["01", "alice", "k"]];
        let deed = DeedText { request: "ab", deed: "destroy", by: "alice", data: b"", keys: &keys };
        let expected = "e94f6d3f25f502c7ad5913ae058b9eb4a1cd9257a569033c9258a93bc7a38b09";
        assert_eq!(data_encoding::HEXLOWER.encode(&deed_digest(&deed)), expected);
        for other in [
            DeedText { request: "ac", ..deed },
            DeedText { deed: "backup", ..deed },
            DeedText { by: "bob", ..deed },
            DeedText { data: b"x", ..deed },
            DeedText { keys: &[], ..deed },
            DeedText { keys: &[["01", "alic", "ek"]], ..deed },
        ] {
            assert_ne!(deed_digest(&other), deed_digest(&deed), "{other:?}");
        }
    }

    #[test]
    fn no_two_requests_have_the_same_statement() {
        let actions = [
            Action::Revoke { serial: "ab" },
            Action::DestroyKey { id: "ab" },
            Action::ReadAuditLog,
            Action::KeepDeviceRecord { hash: "ab" },
            Action::PlanSecureBoot { pcr7: b"ab" },
            Action::SetPin { sealed: b"ab" },
            Action::SetPin { sealed: b"" },
            Action::ResetLockout,
            Action::AskBackup { owner: "ab", keys: &["a", "b"], recipient: b"r" },
            Action::AskBackup { owner: "ab", keys: &["ab"], recipient: b"r" },
            Action::AskBackup { owner: "ab", keys: &[], recipient: b"r" },
            Action::AskRestore { header: b"a", half: b"b" },
            Action::AskRestore { header: b"ab", half: b"" },
            Action::Approve { digest: b"a", given: b"b" },
            Action::Approve { digest: b"a", given: b"" },
            Action::Renew { csr: b"ab", valid_s: 1 },
            Action::Renew { csr: b"ab", valid_s: 2 },
            Action::NewCode { name: "a", role: Role::Auditor, code: b"b", valid_s: 1 },
            Action::NewCode { name: "ab", role: Role::Auditor, code: b"", valid_s: 1 },
        ];
        let mut statements: Vec<Vec<u8>> = Vec::new();
        for action in actions {
            // A field that moves over its border makes another statement.
            for (device_id, client) in [("dc", "l"), ("d", "cl"), ("", "dcl")] {
                statements.push(proof(&Claim { device_id, client, challenge: b"nonce", action }));
            }
        }
        let count = statements.len();
        statements.sort();
        statements.dedup();
        assert_eq!(statements.len(), count);
    }
}
