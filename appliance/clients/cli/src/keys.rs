//! Keys on the box.

use std::time::{SystemTime, UNIX_EPOCH};

use accounts::statement::Action;
use proto::v1::import_key_request::PublicKey;
use proto::v1::{
    CreateKeyRequest, DestroyKeyRequest, ImportKeyRequest, Key, ListKeysRequest, PaillierPublicKey, RsaPublicKey,
};
use serde_json::{Value, json};

use crate::approvals;
use crate::arguments::{KeyKind, Keys};
use crate::connect::Client;
use crate::error::CliError;
use crate::hexadecimal;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn run(client: &mut Client, own: &Enrolment, wanted: Keys, output: &Output) -> Result<(), CliError> {
    match wanted {
        Keys::Create { name, kind, bits, operations, uses, valid_for, dual_control } => {
            let (paillier_bits, rsa_bits) = match kind {
                KeyKind::Paillier => (bits, 0),
                KeyKind::Rsa => (0, bits),
            };
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            let expires = if valid_for == 0 { 0 } else { now.saturating_add(valid_for) };
            let request =
                CreateKeyRequest { name, paillier_bits, rsa_bits, operations, uses_max: uses, expires, dual_control };
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
            let answer = client.destroy_key(DestroyKeyRequest { id: key.id.clone(), proof }).await?.into_inner();
            match answer.asked {
                Some(asked) => approvals::waits(&asked, output),
                None => {
                    output.result(json!({ "destroyed": key.id }), &format!("key {} ({}) destroyed", key.name, key.id))
                }
            }
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
        "state": key.state, "created": key.created, "uses": key.uses, "uses_max": key.uses_max,
        "private_uses": key.private_uses, "expires": key.expires, "dual_control": key.dual_control, "n": data_encoding::HEXLOWER.encode(&key.n),
    })
}

fn as_text(key: &Key) -> String {
    let operations = key.operations.join(", ");
    let (kind, bits) = if key.rsa_bits > 0 { ("RSA", key.rsa_bits) } else { ("Paillier", key.paillier_bits) };
    let imported = if key.imported { " (public part of somebody else's)" } else { "" };
    let state = if key.state.is_empty() { String::new() } else { format!("  {}", key.state) };
    let limit =
        if key.uses_max > 0 { format!(", {} of {} private", key.private_uses, key.uses_max) } else { String::new() };
    let until = if key.expires > 0 { format!("  until {}", key.expires) } else { String::new() };
    let dual = if key.dual_control { "  dual control" } else { "" };
    format!(
        "{}  {}  {kind} {bits} bits{imported}  {}'s  {operations}  used {} times{limit}{until}{dual}{state}",
        key.id, key.name, key.owner, key.uses
    )
}
