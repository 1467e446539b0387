//! RSA on single files, by interactive batches: the box keeps nothing.

use std::path::Path;

use proto::v1::compute_response::Part as Answer;
use proto::v1::job_header::Operation;
use proto::v1::submit_request::Part;
use proto::v1::{JobHeader, Key, RsaDecrypt, RsaEncrypt, RsaPadding, RsaSign, SubmitRequest};
use serde_json::json;

use crate::connect::Client;
use crate::error::{CliError, file};
use crate::header::header;
use crate::keys;
use crate::output::Output;

/// A file longer than this is nothing that RSA is used for; the box has its own limits.
const FILE_MAX: u64 = 1 << 20;
/// Bytes of an OAEP ciphertext that are not the message's, and of those the two that say how long it is here.
const OAEP_BYTES: usize = 66;

pub(crate) async fn encrypt(
    client: &mut Client,
    path: &Path,
    out: &Path,
    key: &str,
    output: &Output,
) -> Result<(), CliError> {
    let key = find(client, key).await?;
    let message = read(path)?;
    let capacity = key.n.len() - OAEP_BYTES;
    if message.len() > capacity {
        let what = format!("{} bytes; RSA-OAEP with this key takes {capacity}", message.len());
        return Err(CliError::Content { path: path.into(), what });
    }
    let mut item = (message.len() as u16).to_be_bytes().to_vec();
    item.extend(message);
    item.resize(capacity + 2, 0);
    let wanted = RsaEncrypt { key_id: key.id, padding: RsaPadding::OaepSha256.into(), plaintext_bytes: 0 };
    let sealed = interactive(client, header(Operation::RsaEncrypt(wanted), 1, 1, "")?, item).await?;
    write(out, &sealed, output)
}

pub(crate) async fn decrypt(
    client: &mut Client,
    path: &Path,
    out: &Path,
    key: &str,
    output: &Output,
) -> Result<(), CliError> {
    let key = find(client, key).await?;
    let wanted = RsaDecrypt { key_id: key.id, padding: RsaPadding::OaepSha256.into(), plaintext_bytes: 0 };
    let item = interactive(client, header(Operation::RsaDecrypt(wanted), 1, 1, "")?, read(path)?).await?;
    let message = item.split_first_chunk().and_then(|(length, rest)| rest.get(..u16::from_be_bytes(*length).into()));
    match message {
        Some(message) => write(out, message, output),
        None => Err(CliError::Answer("the message's length and its bytes differ".into())),
    }
}

pub(crate) async fn sign(
    client: &mut Client,
    path: &Path,
    signature: &Path,
    key: &str,
    output: &Output,
) -> Result<(), CliError> {
    let key = find(client, key).await?;
    let message = read(path)?;
    let wanted = RsaSign { key_id: key.id, message_bytes: message.len() as u32 };
    let signed = interactive(client, header(Operation::RsaSign(wanted), 1, 1, "")?, message).await?;
    write(signature, &signed, output)
}

/// The result of an interactive batch whose operand is one chunk.
async fn interactive(client: &mut Client, header: JobHeader, operand: Vec<u8>) -> Result<Vec<u8>, CliError> {
    let parts = [Part::Header(header), Part::Chunk(operand)].map(|part| SubmitRequest { part: Some(part) });
    let mut answer = client.compute(tokio_stream::iter(parts)).await?.into_inner();
    let (mut bytes, mut whole) = (Vec::new(), false);
    while let Some(message) = answer.message().await? {
        match message.part {
            Some(Answer::Chunk(chunk)) => bytes.extend(chunk),
            Some(Answer::Summary(_)) => whole = true,
            _ => {}
        }
    }
    if whole { Ok(bytes) } else { Err(CliError::Answer("it ended before its end".into())) }
}

async fn find(client: &mut Client, name: &str) -> Result<Key, CliError> {
    let key = keys::find(client, name).await?;
    match key.rsa_bits {
        0 => Err(CliError::Usage(format!("{name:?} is no RSA key"))),
        _ => Ok(key),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let size = std::fs::metadata(path).map_err(file("reading", path))?.len();
    if size > FILE_MAX {
        return Err(CliError::Content { path: path.into(), what: format!("{size} bytes are more than RSA is for") });
    }
    std::fs::read(path).map_err(file("reading", path))
}

fn write(path: &Path, bytes: &[u8], output: &Output) -> Result<(), CliError> {
    std::fs::write(path, bytes).map_err(file("writing", path))?;
    output.result(json!({ "bytes": bytes.len() }), &format!("{} bytes in {}", bytes.len(), path.display()));
    Ok(())
}
