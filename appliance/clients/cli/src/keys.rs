//! Keys on the box.

use accounts::statement::Action;
use proto::v1::import_key_request::PublicKey;
use proto::v1::{
    CreateKeyRequest, DestroyKeyRequest, ImportKeyRequest, Key, ListKeysRequest, PaillierPublicKey, RsaPublicKey,
};
use serde_json::{Value, json};

use crate::arguments::{KeyKind, Keys};
use crate::connect::Client;
use crate::error::CliError;
use crate::hexadecimal;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn run(client: &mut Client, own: &Enrolment, wanted: Keys, output: &Output) -> Result<(), CliError> {
    match wanted {
        Keys::Create { name, kind, bits, operations } => {
            let (paillier_bits, rsa_bits) = match kind {
                KeyKind::Paillier => (bits, 0),
                KeyKind::Rsa => (0, bits),
            };
            let request = CreateKeyRequest { name, paillier_bits, rsa_bits, operations };
            let key = client.create_key(request).await?.into_inner();
            output.result(as_json(&key), &as_text(&key));
        }
        Keys::Import { name, n, hs, e, operations } => {
            let n = hexadecimal::decode(&n)?;
            let public_key = match e {
                Some(e) => PublicKey::Rsa(RsaPublicKey { n, e: hexadecimal::decode(&e)? }),
                None => {
                    let hs = hs.map(|hs| hexadecimal::decode(&hs)).transpose()?.unwrap_or_default();
                    PublicKey::Paillier(PaillierPublicKey { n, hs })
                }
            };
            let request = ImportKeyRequest { name, public_key: Some(public_key), operations };
            let key = client.import_key(request).await?.into_inner();
            output.result(as_json(&key), &as_text(&key));
        }
        Keys::List => {
            let keys = list(client).await?;
            let text: Vec<String> = keys.iter().map(as_text).collect();
            output.result(json!({ "keys": keys.iter().map(as_json).collect::<Vec<_>>() }), &text.join("\n"));
        }
        Keys::Destroy { key } => {
            let key = find(client, &key).await?;
            let proof = Some(proved(client, own, Action::DestroyKey { id: &key.id }).await?);
            client.destroy_key(DestroyKeyRequest { id: key.id.clone(), proof }).await?;
            output.result(json!({ "destroyed": key.id }), &format!("key {} ({}) destroyed", key.name, key.id));
        }
    }
    Ok(())
}

/// The key with this name or id.
pub(crate) async fn find(client: &mut Client, name: &str) -> Result<Key, CliError> {
    let keys = list(client).await?;
    keys.into_iter()
        .find(|k| k.id == name || k.name == name)
        .ok_or_else(|| CliError::Usage(format!("no key {name:?}: see coffer keys list")))
}

async fn list(client: &mut Client) -> Result<Vec<Key>, CliError> {
    Ok(client.list_keys(ListKeysRequest {}).await?.into_inner().keys)
}

fn as_json(key: &Key) -> Value {
    json!({
        "id": key.id, "name": key.name, "owner": key.owner, "paillier_bits": key.paillier_bits, "rsa_bits": key.rsa_bits,
        "imported": key.imported, "operations": key.operations,
        "state": key.state, "created": key.created, "uses": key.uses, "n": data_encoding::HEXLOWER.encode(&key.n),
    })
}

fn as_text(key: &Key) -> String {
    let operations = key.operations.join(", ");
    let (kind, bits) = if key.rsa_bits > 0 { ("RSA", key.rsa_bits) } else { ("Paillier", key.paillier_bits) };
    let imported = if key.imported { " (public part of somebody else's)" } else { "" };
    let state = if key.state.is_empty() { String::new() } else { format!("  {}", key.state) };
    format!(
        "{}  {}  {kind} {bits} bits{imported}  {}'s  {operations}  used {} times{state}",
        key.id, key.name, key.owner, key.uses
    )
}
