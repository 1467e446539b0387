//! Backups and restores. A half of a backup's key is opened here, on its owner's machine, and leaves it sealed to the box alone.

use std::path::Path;

use accounts::statement::{Action, transport_key};
use key_backup::{Header, RecipientKey, bound_to};
use proto::v1::{
    AskBackupRequest, AskRestoreRequest, FetchBackupRequest, GetTransportKeyRequest, RestoreKeyRequest, TransportKey,
};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::json;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::approvals::waits;
use crate::arguments::{Backup, Restore};
use crate::backup_file::{BackupFile, read_key};
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn run(client: &mut Client, own: &Enrolment, wanted: Backup, output: &Output) -> Result<(), CliError> {
    match wanted {
        // It needs no box, and `main` has done it.
        Backup::Key { .. } => Ok(()),
        Backup::Ask { owner, keys, backup_key } => {
            let recipient = read_key(&backup_key)?.public();
            let named: Vec<&str> = keys.iter().map(String::as_str).collect();
            let action = Action::AskBackup { owner: &owner, keys: &named, recipient: &recipient };
            let proof = Some(proved(client, own, action).await?);
            let request = AskBackupRequest { owner, keys, recipient: recipient.to_vec(), proof };
            waits(&client.ask_backup(request).await?.into_inner(), output);
            Ok(())
        }
        Backup::Fetch { request, file } => fetch(client, request, &file, output).await,
    }
}

pub(crate) async fn restore(
    client: &mut Client,
    own: &Enrolment,
    wanted: Restore,
    output: &Output,
) -> Result<(), CliError> {
    match wanted {
        Restore::Ask { file, backup_key } => {
            let header = BackupFile::read(&file)?.header;
            let half = carried(client, own, &header, &read_key(&backup_key)?).await?;
            let proof = Some(proved(client, own, Action::AskRestore { header: &header, half: &half }).await?);
            waits(&client.ask_restore(AskRestoreRequest { header, half, proof }).await?.into_inner(), output);
            Ok(())
        }
        Restore::Finish { request, file } => finish(client, request, &file, output).await,
    }
}

/// This person's half of the backup, sealed to the box that this machine is enrolled at.
pub(crate) async fn carried(
    client: &mut Client,
    own: &Enrolment,
    header: &[u8],
    key: &RecipientKey,
) -> Result<Vec<u8>, CliError> {
    let parsed = Header::decode(header).map_err(|e| CliError::Usage(e.to_string()))?;
    let public = key.public();
    let ours = parsed.halves.iter().find(|half| half.recipient == public);
    let ours = ours.ok_or_else(|| CliError::Usage("no half of this backup was sealed to this key".into()))?;
    let half = key.open(&ours.sealed, b"").map_err(|e| CliError::Usage(e.to_string()))?;
    half.seal(&transport(client, own).await?, &bound_to(header)).map_err(|e| CliError::Answer(e.to_string()))
}

async fn fetch(client: &mut Client, request: String, path: &Path, output: &Output) -> Result<(), CliError> {
    let mut pieces = Vec::new();
    let mut keys = 0;
    // The header says how many there are.
    for number in 0.. {
        if number > keys {
            break;
        }
        let wanted = FetchBackupRequest { id: request.clone(), number };
        let piece = client.fetch_backup(wanted).await?.into_inner().bytes;
        if number == 0 {
            let header = Header::decode(&piece).map_err(|e| CliError::Answer(e.to_string()))?;
            keys = header.keys.len() as u32;
        }
        pieces.push(piece);
    }
    let header = pieces.remove(0);
    BackupFile { header, entries: pieces }.write(path)?;
    let text = format!("{keys} keys in {}: it takes both halves to open it", path.display());
    output.result(json!({ "file": path, "keys": keys }), &text);
    Ok(())
}

async fn finish(client: &mut Client, request: String, path: &Path, output: &Output) -> Result<(), CliError> {
    let backup = BackupFile::read(path)?;
    let names = backup.parsed(path)?.keys;
    let (mut restored, mut stayed) = (Vec::new(), Vec::new());
    for (number, (entry, named)) in (1..).zip(backup.entries.into_iter().zip(names)) {
        let name = format!("{}'s {}", named.owner, named.name);
        match client.restore_key(RestoreKeyRequest { id: request.clone(), number, entry }).await {
            Ok(_) => restored.push(name),
            // One that is there stays as it is, and the others come all the same.
            Err(e) if e.code() == tonic::Code::AlreadyExists => stayed.push(name),
            Err(e) => return Err(e.into()),
        }
    }
    let mut text = format!("restored: {}", restored.join(", "));
    if !stayed.is_empty() {
        text = format!("{text}\nin the box already, and left as they are: {}", stayed.join(", "));
    }
    output.result(json!({ "restored": restored, "stayed": stayed }), &text);
    Ok(())
}

/// The box's key for what only it may open.
pub(crate) async fn transport(client: &mut Client, own: &Enrolment) -> Result<Vec<u8>, CliError> {
    let transport = client.get_transport_key(GetTransportKeyRequest {}).await?.into_inner();
    check_transport(own, &transport)?;
    Ok(transport.public)
}

/// That the box's own authority says that this key is the box's: whoever carries it cannot put another in its place.
fn check_transport(own: &Enrolment, transport: &TransportKey) -> Result<(), CliError> {
    let wrong = || CliError::Answer("its transport key is not signed by the authority that this machine knows".into());
    let (_, authority) = X509Certificate::from_der(&own.authority).map_err(|_| wrong())?;
    let statement = transport_key(&own.address.device_id, &transport.public);
    let key = authority.public_key().subject_public_key.data.as_ref();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&statement, &transport.signature).map_err(|_| wrong())
}
