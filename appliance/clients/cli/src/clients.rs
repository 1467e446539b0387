//! Clients of the box, for its administrators.

use accounts::statement::Action;
use accounts::{PairingCode, Role};
use proto::v1::{ListClientsRequest, NewPairingCodeRequest, RevokeClientRequest};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use zeroize::Zeroizing;

use crate::arguments::{Clients, Invitation};
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn run(
    client: &mut Client,
    own: &Enrolment,
    wanted: Clients,
    output: &Output,
) -> Result<(), CliError> {
    match wanted {
        Clients::List => {
            let clients = client.list_clients(ListClientsRequest {}).await?.into_inner().clients;
            let values: Vec<_> = clients
                .iter()
                .map(|c| {
                    json!({
                        "name": c.name, "role": c.role, "serial": c.serial, "expires": c.expires, "revoked": c.revoked,
                        "confirmed": c.confirmed, "void": c.void,
                    })
                })
                .collect();
            let state = |c: &proto::v1::Client| match (c.revoked, c.void, c.confirmed) {
                (true, ..) => "  revoked",
                (false, true, _) => "  void since the box has a new identity; its client renews it: coffer renew --pin",
                (false, false, false) => "  not yet used",
                (false, false, true) => "",
            };
            let line = |c: &proto::v1::Client| format!("{}  {}  {}{}", c.serial, c.name, c.role, state(c));
            let text: Vec<String> = clients.iter().map(line).collect();
            output.result(json!({ "clients": values }), &text.join("\n"));
        }
        Clients::Revoke { serial } => {
            let proof = Some(proved(client, own, Action::Revoke { serial: &serial }).await?);
            client.revoke_client(RevokeClientRequest { serial: serial.clone(), proof }).await?;
            output.result(json!({ "revoked": serial }), &format!("certificate {serial} and its client revoked"));
        }
    }
    Ok(())
}

/// The code is made here; the box learns its public key alone. `pin`: of the box's key.
pub(crate) async fn pairing_code(
    client: &mut Client,
    own: &Enrolment,
    pin: [u8; 10],
    wanted: Invitation,
    output: &Output,
) -> Result<(), CliError> {
    let Invitation { name, role, valid_for: valid_s } = wanted;
    let parsed = Role::parse(&role).ok_or_else(|| CliError::Usage(format!("there is no role {role:?}")))?;
    let mut random = Zeroizing::new([0; 12]);
    SystemRandom::new().fill(&mut *random).map_err(|_| CliError::Randomness)?;
    let code = PairingCode::new(pin, &random);
    let code_key = code.key().ok_or(CliError::Randomness)?.public();
    let action = Action::NewCode { name: &name, role: parsed, code: &code_key, valid_s };
    let proof = Some(proved(client, own, action).await?);
    let (client_name, code_key) = (name.clone(), code_key.to_vec());
    let request = NewPairingCodeRequest { role: role.clone(), client_name, code_key, valid_s, proof };
    let until = client.new_pairing_code(request).await?.into_inner().until;
    let text = code.to_text();
    output.result(json!({ "code": *text, "name": name, "role": role, "until": until }), &text);
    Ok(())
}
