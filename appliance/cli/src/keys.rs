//! Keys on the box.

use proto::v1::{CreateKeyRequest, DestroyKeyRequest, Key, ListKeysRequest};
use serde_json::{Value, json};

use crate::arguments::Keys;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;

pub(crate) async fn run(client: &mut Client, wanted: Keys, output: &Output) -> Result<(), CliError> {
    match wanted {
        Keys::Create { name, bits, operations } => {
            let request = CreateKeyRequest { name, paillier_bits: bits, operations };
            let key = client.create_key(request).await?.into_inner();
            output.result(as_json(&key), &as_text(&key));
        }
        Keys::List => {
            let keys = list(client).await?;
            let text: Vec<String> = keys.iter().map(as_text).collect();
            output.result(json!({ "keys": keys.iter().map(as_json).collect::<Vec<_>>() }), &text.join("\n"));
        }
        Keys::Destroy { key } => {
            let key = find(client, &key).await?;
            client.destroy_key(DestroyKeyRequest { id: key.id.clone() }).await?;
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
        "id": key.id, "name": key.name, "owner": key.owner, "paillier_bits": key.paillier_bits, "operations": key.operations,
        "created": key.created, "uses": key.uses, "n": data_encoding::HEXLOWER.encode(&key.n),
    })
}

fn as_text(key: &Key) -> String {
    let operations = key.operations.join(", ");
    format!(
        "{}  {}  Paillier {} bits  {}'s  {operations}  used {} times",
        key.id, key.name, key.paillier_bits, key.owner, key.uses
    )
}
