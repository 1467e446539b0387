//! How long everything may be that a client sends beside its data. Checked before any of it goes anywhere: into a log, to keyd, into
//! an error's text. `bounds_tests` reads the interface's description, so that no field is forgotten.

use ipc::keyd::{DEVICE_RECORD_MAX, ENTRY_MAX, GIVEN_MAX, HEADER_MAX, KEYS_AT_ONCE};
use proto::v1::import_key_request::PublicKey;
use proto::v1::job_header::Operation;
use proto::v1::*;

use crate::limits::{CSR_MAX, MODULUS_BYTES, NAME_MAX, OPERATIONS_MAX};
use crate::request_error::RequestError;

/// Of an imported key's n, with the zero in front that ASN.1 puts before a number whose first bit is set.
const NUMBER_BYTES: usize = MODULUS_BYTES + 1;

/// A message whose every text and number has a bound.
pub(crate) trait Bounded {
    fn check(&self) -> Result<(), RequestError>;
}

/// The fields of a message, each with the bytes that it may have.
macro_rules! bounded {
    ($($message:ident { $($field:ident: $max:expr),* })*) => {$(
        impl Bounded for $message {
            fn check(&self) -> Result<(), RequestError> {
                $(within(concat!(stringify!($message), ".", stringify!($field)), self.$field.len(), $max)?;)*
                Ok(())
            }
        }
    )*};
}

bounded! {
    EnrolRequest { code_signature: 64, certificate_request: CSR_MAX, client_name: NAME_MAX }
    Proof { challenge: 16, signature: 80 }
    GetChallengeRequest {}
    GetConsoleAuthorityRequest {}
    GetStatusRequest {}
    GetEvidenceRequest { nonce: 32 }
    ActivateCredentialRequest { credential: 132, secret: 512 }
    JobId { id: NAME_MAX }
    ListKeysRequest {}
    ListJobsRequest {}
    ListClientsRequest {}
    ListRequestsRequest {}
    GetTransportKeyRequest {}
    FetchBackupRequest { id: NAME_MAX }
    RestoreKeyRequest { id: NAME_MAX, entry: ENTRY_MAX }
    PaillierPublicKey { n: NUMBER_BYTES, hs: 2 * NUMBER_BYTES }
    RsaPublicKey { n: NUMBER_BYTES, e: NUMBER_BYTES }
    OkamotoUchiyamaPublicKey { n: NUMBER_BYTES, g: NUMBER_BYTES }
    ElGamalPublicKey { h: 32 }
}

/// Those that carry a proof.
macro_rules! proved {
    ($($message:ident { $($field:ident: $max:expr),* })*) => {$(
        impl Bounded for $message {
            fn check(&self) -> Result<(), RequestError> {
                $(within(concat!(stringify!($message), ".", stringify!($field)), self.$field.len(), $max)?;)*
                self.proof.as_ref().map_or(Ok(()), Bounded::check)
            }
        }
    )*};
}

proved! {
    RenewRequest { certificate_request: CSR_MAX, client_name: NAME_MAX }
    DestroyKeyRequest { id: NAME_MAX }
    NewPairingCodeRequest { role: NAME_MAX, client_name: NAME_MAX, code_key: 32 }
    RevokeClientRequest { serial: NAME_MAX }
    GetAuditRequest {}
    KeepDeviceRecordRequest { record: DEVICE_RECORD_MAX }
    PlanSecureBootRequest { pcr7: 32 }
    SetPinRequest { sealed: 80 }
    ResetTpmLockoutRequest {}
    ApproveRequest { id: NAME_MAX, given: GIVEN_MAX }
    AskRestoreRequest { header: HEADER_MAX, half: GIVEN_MAX }
}

impl Bounded for AskBackupRequest {
    fn check(&self) -> Result<(), RequestError> {
        within("AskBackupRequest.owner", self.owner.len(), NAME_MAX)?;
        within("AskBackupRequest.recipient", self.recipient.len(), 32)?;
        names("AskBackupRequest.keys", &self.keys, KEYS_AT_ONCE)?;
        self.proof.as_ref().map_or(Ok(()), Bounded::check)
    }
}

impl Bounded for CreateKeyRequest {
    fn check(&self) -> Result<(), RequestError> {
        within("CreateKeyRequest.name", self.name.len(), NAME_MAX)?;
        within("CreateKeyRequest.diffie_hellman_group", self.diffie_hellman_group.len(), NAME_MAX)?;
        names("CreateKeyRequest.operations", &self.operations, OPERATIONS_MAX)
    }
}

impl Bounded for ImportKeyRequest {
    fn check(&self) -> Result<(), RequestError> {
        within("ImportKeyRequest.name", self.name.len(), NAME_MAX)?;
        names("ImportKeyRequest.operations", &self.operations, OPERATIONS_MAX)?;
        match &self.public_key {
            Some(PublicKey::Paillier(key)) => key.check(),
            Some(PublicKey::Rsa(key)) => key.check(),
            Some(PublicKey::OkamotoUchiyama(key)) => key.check(),
            Some(PublicKey::Elgamal(key)) => key.check(),
            None => Ok(()),
        }
    }
}

impl Bounded for JobHeader {
    fn check(&self) -> Result<(), RequestError> {
        within("JobHeader.operand_job", self.operand_job.len(), NAME_MAX)?;
        let key_id = |of: &str| within("key_id", of.len(), NAME_MAX);
        match &self.operation {
            Some(Operation::Encrypt(o)) => key_id(&o.key_id),
            Some(Operation::Decrypt(o)) => key_id(&o.key_id),
            Some(Operation::Obfuscate(o)) => key_id(&o.key_id),
            Some(Operation::Add(o)) => {
                within("Add.addend_job", o.addend_job.len(), NAME_MAX)?;
                key_id(&o.key_id)
            }
            Some(Operation::Multiply(o)) => key_id(&o.key_id),
            Some(Operation::ColumnSums(o)) => key_id(&o.key_id),
            Some(Operation::RowSums(o)) => key_id(&o.key_id),
            Some(Operation::MatrixProduct(o)) => key_id(&o.key_id),
            Some(Operation::RsaEncrypt(o)) => key_id(&o.key_id),
            Some(Operation::RsaDecrypt(o)) => key_id(&o.key_id),
            Some(Operation::RsaSign(o)) => key_id(&o.key_id),
            Some(Operation::RsaBlind(o)) => key_id(&o.key_id),
            Some(Operation::RsaUnblind(o)) => {
                within("RsaUnblind.blind_job", o.blind_job.len(), NAME_MAX)?;
                key_id(&o.key_id)
            }
            Some(Operation::GroupExponentiation(o)) => key_id(&o.key_id),
            Some(Operation::PackedEncrypt(o)) => key_id(&o.key_id),
            Some(Operation::PackedDecrypt(o)) => key_id(&o.key_id),
            Some(Operation::ModularExponentiation(o)) => {
                let max = engine::MAX_BITS / 8;
                within("ModularExponentiation.modulus", o.modulus.len(), max + 1)?;
                let longest = o.exponents.iter().map(Vec::len).max().unwrap_or(0);
                within("ModularExponentiation.exponents", longest, max)
            }
            None => Ok(()),
        }
    }
}

fn names(field: &'static str, list: &[String], max: usize) -> Result<(), RequestError> {
    if list.len() > max {
        return Err(RequestError::TooMany { field, found: list.len(), max });
    }
    list.iter().try_for_each(|name| within(field, name.len(), NAME_MAX))
}

fn within(field: &'static str, found: usize, max: usize) -> Result<(), RequestError> {
    if found > max { Err(RequestError::TooLong { field, found, max }) } else { Ok(()) }
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
