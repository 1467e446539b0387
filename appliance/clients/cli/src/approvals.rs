//! What waits for a second person, and that person's word.

use accounts::statement::{Action, DeedText, deed_digest};
use data_encoding::HEXLOWER;
use proto::v1::{ApproveRequest, ListRequestsRequest, OpenRequest};
use serde_json::{Value, json};

use crate::arguments::Approve;
use crate::backup_file::BackupFile;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;
use crate::{backup, backup_file};

pub(crate) async fn list(client: &mut Client, output: &Output) -> Result<(), CliError> {
    let requests = open(client).await?;
    let text: Vec<String> = requests.iter().map(as_text).collect();
    output.result(json!({ "requests": requests.iter().map(as_json).collect::<Vec<_>>() }), &text.join("\n"));
    Ok(())
}

/// Agrees to exactly what is shown: the box takes no word for anything else.
pub(crate) async fn approve(
    client: &mut Client,
    own: &Enrolment,
    wanted: Approve,
    output: &Output,
) -> Result<(), CliError> {
    let requests = open(client).await?;
    let none = || CliError::Usage(format!("no request {:?} waits: see coffer requests", wanted.request));
    let asked = requests.into_iter().find(|r| r.id == wanted.request).ok_or_else(none)?;
    let backup_key = wanted.backup_key.as_deref().map(backup_file::read_key).transpose()?;
    let given = match (asked.deed.as_str(), &backup_key) {
        ("destroy", _) => Vec::new(),
        ("backup", Some(key)) => key.public().to_vec(),
        ("restore", Some(key)) => backup::carried(client, own, &asked.data, key).await?,
        ("backup" | "restore", None) => {
            return Err(CliError::Usage("this takes a half of the backup's key: give --backup-key".into()));
        }
        (other, _) => return Err(CliError::Answer(format!("it asks for {other:?}, which this release does not know"))),
    };
    let names: Vec<[&str; 3]> = asked.keys.iter().map(|k| [&k.id[..], &k.owner, &k.name]).collect();
    let OpenRequest { id, deed, by, data, .. } = &asked;
    let digest = deed_digest(&DeedText { request: id, deed, by, data, keys: &names });
    let proof = Some(proved(client, own, Action::Approve { digest: &digest, given: &given }).await?);
    let keys = client.approve(ApproveRequest { id: id.clone(), given, proof }).await?.into_inner().keys;
    let text = format!("approved: {}", as_text(&asked));
    output.result(json!({ "approved": id, "deed": deed, "keys": keys }), &text);
    Ok(())
}

/// What was asked for and is not done yet.
pub(crate) fn waits(asked: &OpenRequest, output: &Output) {
    let text = format!("{}\nanother administrator: coffer approve {}", as_text(asked), asked.id);
    output.result(json!({ "asked": as_json(asked) }), &text);
}

async fn open(client: &mut Client) -> Result<Vec<OpenRequest>, CliError> {
    Ok(client.list_requests(ListRequestsRequest {}).await?.into_inner().requests)
}

fn as_json(asked: &OpenRequest) -> Value {
    let keys: Vec<Value> = asked.keys.iter().map(|k| json!({ "id": k.id, "owner": k.owner, "name": k.name })).collect();
    json!({
        "id": asked.id, "deed": asked.deed, "by": asked.by, "until": asked.until, "keys": keys,
        "approved": asked.approved,
    })
}

fn as_text(asked: &OpenRequest) -> String {
    let keys: Vec<String> = asked.keys.iter().map(|k| format!("{}'s {} ({})", k.owner, k.name, k.id)).collect();
    let state = if asked.approved { "  approved" } else { "" };
    let from = match BackupFile::describe(&asked.data) {
        Some(from) if asked.deed == "restore" => format!(" {from}"),
        _ if asked.deed == "backup" => format!(" for the key {}", HEXLOWER.encode(&asked.data)),
        _ => String::new(),
    };
    format!("{}  {}  by {}{from}: {}{state}", asked.id, asked.deed, asked.by, keys.join(", "))
}
