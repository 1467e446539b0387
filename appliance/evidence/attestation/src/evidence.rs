//! The evidence file: what a box says of itself at a nonce, with what the TPM signed of it.
//!
//! CBOR (RFC 8949) in its one deterministic form: a file that does not come out the same when it is written again is refused, so
//! that two readers never see two things in one file. Every part is bounded while it is read.

mod cbor;
mod json;

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

pub use cbor::{EvidenceError, SIZE_MAX};

pub const FORMAT: u32 = 1;
/// What an evidence's quote covers, of the SHA-256 bank: the firmware and Secure Boot, our image and its parameters, what the
/// supervisor loaded.
pub const QUOTED_PCRS: [u8; 13] = [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
/// A TPM takes no more as qualifying data if SHA-256 is its longest hash.
pub const NONCE_SIZES: std::ops::RangeInclusive<usize> = 16..=32;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Evidence {
    #[n(0)]
    pub format: u32,
    /// As it was asked for. What counts is the one that the TPM signed.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub nonce: Vec<u8>,
    /// TPMT_PUBLIC of the attestation key.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub attestation_key: Vec<u8>,
    /// TPM2_Quote over [`QUOTED_PCRS`]; qualifying data: the nonce.
    #[n(3)]
    pub quote: Signed,
    #[n(4)]
    pub pcrs: BTreeMap<u8, ByteArray<32>>,
    /// As the kernel shows it (/sys/kernel/security/tpm0/binary_bios_measurements).
    #[cbor(n(5), with = "minicbor::bytes")]
    pub firmware_log: Vec<u8>,
    /// What was extended since the firmware handed over: TCG_PCR_EVENT2 records ([`crate::own_log`]). Behind the firmware's log they
    /// are one log.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub own_log: Vec<u8>,
    #[n(7)]
    pub endorsement: Endorsement,
    /// What the vendor signed about this machine at the factory ([`crate::DeviceRecord`]).
    #[cbor(n(8), with = "minicbor::bytes")]
    pub device_record: Option<Vec<u8>>,
    #[n(9)]
    pub service_key: Option<ServiceKey>,
    /// TPM2_NV_Certify of the index of security versions ([`crate::floor`]); qualifying data: the nonce.
    #[n(10)]
    pub floor: Option<Signed>,
    #[n(11)]
    pub said: Said,
}

/// Something that the attestation key signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Signed {
    /// TPMS_ATTEST.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub attest: Vec<u8>,
    /// TPMT_SIGNATURE.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signature: Vec<u8>,
}

/// The key that the TPM's maker put in, and what he certified of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Endorsement {
    /// TPMT_PUBLIC of the RSA-2048 endorsement key.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key: Option<Vec<u8>>,
    /// DER.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub certificate: Option<Vec<u8>>,
    /// DER, in any order.
    #[n(2)]
    pub intermediates: Vec<ByteVec>,
}

/// The key of the service's TLS.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceKey {
    /// TPMT_PUBLIC.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub public: Vec<u8>,
    /// TPM2_Certify by the attestation key, made last; qualifying data: [`Evidence::binding`], so that it covers the whole file.
    #[n(1)]
    pub certified: Signed,
    /// What the service shows to its clients, DER.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
}

/// What nobody signed: the box's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Said {
    #[n(0)]
    pub version: String,
    #[n(1)]
    pub image: String,
    /// Seconds since 1970 by the box's clock.
    #[n(2)]
    pub clock: u64,
    /// The last head's line of the audit log, as it stands there.
    #[n(3)]
    pub audit_head: Option<String>,
}
