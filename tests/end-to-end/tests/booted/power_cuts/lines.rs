//! Which line of the audit log tells of a change.

use serde_json::{Value, json};

use super::expected::Change;

/// Parts of the line: what it must hold.
pub(crate) fn line(change: &Change) -> Value {
    match change {
        Change::Code { client, .. } => json!({ "action": "new pairing code", "detail": { "name": client } }),
        Change::Enrol { client } => json!({ "action": "enrol", "client": client }),
        Change::Revoke { serial, .. } => json!({ "action": "revoke client", "detail": { "serial": serial } }),
        Change::Create { owner, key } => {
            json!({ "action": "create key", "client": owner, "detail": { "name": key.name } })
        }
        Change::Destroy { owner, id } => json!({ "action": "destroy key", "client": owner, "detail": { "key": id } }),
        Change::Submit { job, .. } => json!({ "action": "job accepted", "detail": { "job": job } }),
        Change::Finish { job } => json!({ "action": "job done", "detail": { "job": job } }),
        Change::Delete { job } => json!({ "action": "delete job", "detail": { "job": job } }),
    }
}

/// Whether all of `part` is in `whole`.
pub(crate) fn holds(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(part) => part.iter().all(|(name, value)| holds(&whole[name], value)),
        _ => whole == part,
    }
}
