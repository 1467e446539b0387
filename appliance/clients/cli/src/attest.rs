//! What a verifier needs of the box: evidence, and the answer to a credential.

use std::fs;
use std::io::Read;
use std::path::Path;

use accounts::statement::Action;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use proto::v1::{ActivateCredentialRequest, GetEvidenceRequest, KeepDeviceRecordRequest};
use ring::digest::{SHA256, digest};
use serde_json::json;

use crate::arguments::{ActivateCredential, Attest};
use crate::connect::Client;
use crate::error::{CliError, file};
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

/// Of a record or a credential.
const FILE_MAX: u64 = 4096;
/// tpm2-tools' magic number and version of a credential's file.
const CREDENTIAL_HEAD: [u8; 8] = [0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1];

pub(crate) async fn attest(client: &mut Client, wanted: Attest, output: &Output) -> Result<(), CliError> {
    let nonce = HEXLOWER_PERMISSIVE.decode(wanted.nonce.as_bytes());
    let nonce = nonce.map_err(|_| CliError::Usage("--nonce: not hexadecimal".into()))?;
    let evidence = client.get_evidence(GetEvidenceRequest { nonce }).await?.into_inner().evidence;
    fs::write(&wanted.out, &evidence).map_err(file("writing", &wanted.out))?;
    let (path, bytes) = (wanted.out.display().to_string(), evidence.len());
    output.result(json!({ "file": path, "bytes": bytes }), &format!("{bytes} bytes of evidence in {path}"));
    Ok(())
}

pub(crate) async fn device_record(
    client: &mut Client,
    own: &Enrolment,
    file: &Path,
    output: &Output,
) -> Result<(), CliError> {
    let record = read(file)?;
    let hash = HEXLOWER.encode(digest(&SHA256, &record).as_ref());
    let proof = Some(proved(client, own, Action::KeepDeviceRecord { hash: &hash }).await?);
    client.keep_device_record(KeepDeviceRecordRequest { record, proof }).await?;
    output.result(json!({ "sha256": hash }), "the box keeps the record, and shows it in its evidence");
    Ok(())
}

pub(crate) async fn activate(client: &mut Client, wanted: ActivateCredential, output: &Output) -> Result<(), CliError> {
    let content = read(&wanted.file)?;
    let parts = parts(&content).ok_or_else(|| {
        CliError::Usage(format!("{}: not a credential as tpm2_makecredential writes it", wanted.file.display()))
    })?;
    let (credential, secret) = (parts.0.to_vec(), parts.1.to_vec());
    let answer = client.activate_credential(ActivateCredentialRequest { credential, secret }).await?.into_inner();
    fs::write(&wanted.out, &answer.credential).map_err(file("writing", &wanted.out))?;
    let hex = HEXLOWER.encode(&answer.credential);
    output.result(json!({ "credential": hex }), &format!("the TPM decrypted {hex}"));
    Ok(())
}

/// The contents of TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET.
fn parts(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = file.strip_prefix(&CREDENTIAL_HEAD)?;
    let (credential, rest) = sized(rest)?;
    let (secret, rest) = sized(rest)?;
    rest.is_empty().then_some((credential, secret))
}

fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(u16::from_be_bytes(*size).into())
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let opened = fs::File::open(path).map_err(file("reading", path))?;
    let mut bytes = Vec::new();
    opened.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(file("reading", path))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(CliError::Usage(format!("{}: more than {FILE_MAX} bytes", path.display())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credentials_file_is_read_whole_or_not_at_all() {
        let file = [&CREDENTIAL_HEAD[..], &[0, 2, 7, 8], &[0, 1, 9]].concat();
        assert_eq!(parts(&file), Some((&[7, 8][..], &[9][..])));
        for end in 0..file.len() {
            assert_eq!(parts(&file[..end]), None);
        }
        assert_eq!(parts(&[&file[..], &[0]].concat()), None);
    }
}
