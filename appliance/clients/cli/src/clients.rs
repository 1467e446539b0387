//! Clients of the box, for its administrators.

use proto::v1::{ListClientsRequest, NewPairingCodeRequest, RevokeClientRequest};
use serde_json::json;

use crate::arguments::Clients;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;

pub(crate) async fn run(client: &mut Client, wanted: Clients, output: &Output) -> Result<(), CliError> {
    match wanted {
        Clients::List => {
            let clients = client.list_clients(ListClientsRequest {}).await?.into_inner().clients;
            let values: Vec<_> = clients
                .iter()
                .map(|c| json!({ "name": c.name, "role": c.role, "serial": c.serial, "expires": c.expires, "revoked": c.revoked }))
                .collect();
            let text: Vec<String> = clients
                .iter()
                .map(|c| format!("{}  {}  {}{}", c.serial, c.name, c.role, if c.revoked { "  revoked" } else { "" }))
                .collect();
            output.result(json!({ "clients": values }), &text.join("\n"));
        }
        Clients::Revoke { serial } => {
            client.revoke_client(RevokeClientRequest { serial: serial.clone() }).await?;
            output.result(json!({ "revoked": serial }), &format!("certificate {serial} revoked"));
        }
    }
    Ok(())
}

pub(crate) async fn pairing_code(client: &mut Client, role: &str, output: &Output) -> Result<(), CliError> {
    let code = client.new_pairing_code(NewPairingCodeRequest { role: role.to_string() }).await?.into_inner().code;
    output.result(json!({ "code": code, "role": role }), &code);
    Ok(())
}
