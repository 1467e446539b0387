//! Keys on the box.

use std::time::{SystemTime, UNIX_EPOCH};

use accounts::statement::Action;
use proto::v1::import_key_request::PublicKey;
use proto::v1::{
    CreateKeyRequest, DestroyKeyRequest, ElGamalPublicKey, ImportKeyRequest, Key, ListKeysRequest,
    OkamotoUchiyamaPublicKey, PaillierPublicKey, RsaPublicKey,
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
        Keys::Create { name, kind, bits, group, operations, uses, valid_for, dual_control } => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            let expires = if valid_for == 0 { 0 } else { now.saturating_add(valid_for) };
            let of_kind = kind_wanted(kind, bits, group)?;
            let request = CreateKeyRequest { name, operations, uses_max: uses, expires, dual_control, ..of_kind };
            let key = client.create_key(request).await?.into_inner();
            output.result(as_json(&key), &as_text(&key));
        }
        Keys::Import { name, n, hs, e, g, point, operations } => {
            let decoded = |text: Option<String>| text.map(|text| hexadecimal::decode(&text)).transpose();
            let n = decoded(n)?.unwrap_or_default();
            let public_key = match (decoded(e)?, decoded(g)?, decoded(point)?) {
                (Some(e), ..) => PublicKey::Rsa(RsaPublicKey { n, e }),
                (_, Some(g), _) => PublicKey::OkamotoUchiyama(OkamotoUchiyamaPublicKey { n, g }),
                (.., Some(h)) => PublicKey::Elgamal(ElGamalPublicKey { h }),
                _ => PublicKey::Paillier(PaillierPublicKey { n, hs: decoded(hs)?.unwrap_or_default() }),
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

/// What of a request for a new key says its kind. Which lengths are made, the box knows.
fn kind_wanted(kind: KeyKind, bits: Option<u32>, group: Option<String>) -> Result<CreateKeyRequest, CliError> {
    let is_exchange = matches!(kind, KeyKind::DiffieHellman);
    if group.is_some() && !is_exchange {
        return Err(CliError::Usage("--group goes with --kind diffie-hellman alone".into()));
    }
    if bits.is_some() && (is_exchange || matches!(kind, KeyKind::Elgamal)) {
        return Err(CliError::Usage("--bits: a key of this kind has the length of its group".into()));
    }
    let none = CreateKeyRequest::default();
    Ok(match kind {
        KeyKind::Paillier => CreateKeyRequest { paillier_bits: bits.unwrap_or(2048), ..none },
        KeyKind::Rsa => CreateKeyRequest { rsa_bits: bits.unwrap_or(2048), ..none },
        KeyKind::OkamotoUchiyama => CreateKeyRequest { okamoto_uchiyama_bits: bits.unwrap_or(3072), ..none },
        KeyKind::Elgamal => CreateKeyRequest { elgamal: true, ..none },
        KeyKind::DiffieHellman => {
            CreateKeyRequest { diffie_hellman_group: group.unwrap_or_else(|| "ffdhe3072".into()), ..none }
        }
    })
}

async fn list(client: &mut Client) -> Result<Vec<Key>, CliError> {
    Ok(client.list_keys(ListKeysRequest {}).await?.into_inner().keys)
}

fn as_json(key: &Key) -> Value {
    json!({
        "id": key.id, "name": key.name, "owner": key.owner, "paillier_bits": key.paillier_bits, "rsa_bits": key.rsa_bits,
        "okamoto_uchiyama_bits": key.okamoto_uchiyama_bits, "elgamal": key.elgamal,
        "diffie_hellman_group": key.diffie_hellman_group, "g": data_encoding::HEXLOWER.encode(&key.g),
        "public_value": data_encoding::HEXLOWER.encode(&key.public_value),
        "imported": key.imported, "operations": key.operations,
        "state": key.state, "created": key.created, "uses": key.uses, "uses_max": key.uses_max,
        "private_uses": key.private_uses, "expires": key.expires, "dual_control": key.dual_control, "n": data_encoding::HEXLOWER.encode(&key.n),
    })
}

fn as_text(key: &Key) -> String {
    let operations = key.operations.join(", ");
    let kind = match (key.rsa_bits, key.okamoto_uchiyama_bits, key.elgamal, key.diffie_hellman_group.as_str()) {
        (0, 0, false, "") => format!("Paillier {} bits", key.paillier_bits),
        (0, 0, false, group) => format!("Diffie-Hellman {group}"),
        (0, 0, true, _) => "ElGamal ristretto255".into(),
        (0, bits, ..) => format!("Okamoto-Uchiyama {bits} bits"),
        (bits, ..) => format!("RSA {bits} bits"),
    };
    let imported = if key.imported { " (public part of somebody else's)" } else { "" };
    let state = if key.state.is_empty() { String::new() } else { format!("  {}", key.state) };
    let limit =
        if key.uses_max > 0 { format!(", {} of {} private", key.private_uses, key.uses_max) } else { String::new() };
    let until = if key.expires > 0 { format!("  until {}", key.expires) } else { String::new() };
    let dual = if key.dual_control { "  dual control" } else { "" };
    format!(
        "{}  {}  {kind}{imported}  {}'s  {operations}  used {} times{limit}{until}{dual}{state}",
        key.id, key.name, key.owner, key.uses
    )
}
