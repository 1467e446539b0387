//! Requests about what the box shows of itself.

use std::sync::{Arc, Mutex};

use accounts::Role;
use accounts::statement::Action;
use data_encoding::HEXLOWER;
use ipc::auditd::Weight;
use ipc::keyd::{Proof, Reply, Request};
use ipc::{Bytes, Peer, Responder};
use secrets::Secret;
use serde_json::json;
use start_pin::{AUTHORIZATION_BYTES, PURPOSE};

use crate::KeydError;
use crate::error::{busy, invalid, not_found};
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::tpm::Tpm;

const ADMINISTRATORS: &[Role] = &[Role::Administrator];

impl Keyd {
    pub(crate) fn answer_of_evidence(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        let name = peer.name();
        match request {
            Request::Evidence { nonce } => self.evidence(name, nonce, responder),
            Request::ActivateCredential { credential, secret } => self.in_lane(
                |h| &h.tpm,
                name,
                responder,
                move |keyd, tpm| {
                    let key = keyd.0.identity.attestation_key();
                    let answer = tpm.activate_credential(key, credential.as_slice(), secret.as_slice());
                    // What was made for another TPM, or is nothing at all, the TPM refuses.
                    let answer = answer.map_err(|e| match e.is_failing() {
                        true => KeydError::from(e),
                        false => invalid("the credential is not for this TPM and its attestation key"),
                    })?;
                    Ok(Reply::Activated(Bytes::new("a credential", answer)?))
                },
            ),
            Request::KeepDeviceRecord { record, proof } => {
                let hash = ring::digest::digest(&ring::digest::SHA256, record.as_slice());
                let hash = HEXLOWER.encode(hash.as_ref());
                if let Err(e) = self.proved(&proof, Action::KeepDeviceRecord { hash: &hash }, ADMINISTRATORS) {
                    return send(responder, Err(e));
                }
                let (keyd, peer, detail) = (self.clone(), name.to_string(), json!({ "sha256": hash }));
                self.recorded(
                    Weight::Relief,
                    &proof.client,
                    "keep device record",
                    &detail,
                    responder,
                    move |responder| {
                        keyd.in_lane(
                            |h| &h.files,
                            &peer,
                            responder,
                            move |keyd, ()| {
                                keyd.0.exhibits.keep_device_record(record.as_slice()).map(|()| Reply::DeviceRecordKept)
                            },
                        );
                    },
                );
            }
            Request::PlanSecureBoot { pcr7, proof } => self.plan(name, pcr7, proof, responder),
            Request::SetPin { sealed, proof } => self.set_pin(name, sealed, proof, responder),
            Request::ResetLockout { proof } => self.reset_lockout(name, proof, responder),
            // `Keyd::answer` sends these elsewhere.
            _ => send(responder, Err(not_found("no such request"))),
        }
    }

    fn plan(&self, peer: &str, pcr7: Bytes<32>, proof: Proof, responder: Responder<Reply>) {
        let planned = pcr7.as_slice().try_into().map_err(|_| invalid("PCR 7 has 32 bytes"));
        let proved = || self.proved(&proof, Action::PlanSecureBoot { pcr7: pcr7.as_slice() }, ADMINISTRATORS);
        let planned: [u8; 32] = match planned.and_then(|planned| proved().map(|()| planned)) {
            Ok(planned) => planned,
            Err(e) => return send(responder, Err(e)),
        };
        let (keyd, peer, detail) = (self.clone(), peer.to_string(), json!({ "pcr7": HEXLOWER.encode(&planned) }));
        let plan = move |keyd: &Keyd, tpm: &mut Tpm| {
            let [early, ready] = &keyd.0.policies;
            Ok(tpm.plan(early, ready, &planned).map(|()| Reply::Planned)?)
        };
        self.recorded(Weight::Work, &proof.client, "plan secure boot", &detail, responder, move |responder| {
            keyd.in_lane(|h| &h.tpm, &peer, responder, plan);
        });
    }

    fn set_pin(&self, peer: &str, sealed: Bytes<80>, proof: Proof, responder: Responder<Reply>) {
        let proved = self.proved(&proof, Action::SetPin { sealed: sealed.as_slice() }, ADMINISTRATORS);
        let pin = match proved.and_then(|()| self.opened_pin(sealed.as_slice())) {
            Ok(pin) => pin,
            Err(e) => return send(responder, Err(e)),
        };
        let (keyd, peer) = (self.clone(), peer.to_string());
        let action = if pin.is_some() { "set PIN" } else { "end PIN" };
        let set = move |keyd: &Keyd, tpm: &mut Tpm| {
            let [early, _] = &keyd.0.policies;
            match &pin {
                Some(pin) => tpm.set_pin(early, pin)?,
                None => tpm.end_pin(early)?,
            }
            Ok(Reply::PinSet)
        };
        self.recorded(Weight::Work, &proof.client, action, &json!({}), responder, move |responder| {
            keyd.in_lane(|h| &h.tpm, &peer, responder, set);
        });
    }

    fn reset_lockout(&self, peer: &str, proof: Proof, responder: Responder<Reply>) {
        if let Err(e) = self.proved(&proof, Action::ResetLockout, ADMINISTRATORS) {
            return send(responder, Err(e));
        }
        let (keyd, peer) = (self.clone(), peer.to_string());
        let reset = move |keyd: &Keyd, tpm: &mut Tpm| {
            let [_, ready] = &keyd.0.policies;
            Ok(tpm.reset_lockout(ready).map(|()| Reply::LockoutReset)?)
        };
        // A guesser's traces are in the TPM alone: the log says that they were there.
        self.recorded(Weight::Work, &proof.client, "reset TPM lockout", &json!({}), responder, move |responder| {
            keyd.in_lane(|h| &h.tpm, &peer, responder, reset);
        });
    }

    /// The PIN's authorization; `None`: there is to be none.
    fn opened_pin(&self, sealed: &[u8]) -> Result<Option<Secret>, KeydError> {
        if sealed.is_empty() {
            return Ok(None);
        }
        let opened = self.0.transport.open_for(PURPOSE, sealed, self.0.certificates.device_id.as_str().as_bytes());
        let pin = opened.map_err(|e| invalid(format!("the PIN: {e}")))?;
        match pin.len() {
            AUTHORIZATION_BYTES => Ok(Some(pin)),
            _ => Err(invalid("a PIN's authorization has 32 bytes")),
        }
    }

    fn evidence(&self, peer: &str, nonce: Bytes<32>, responder: Responder<Reply>) {
        let keyd = self.clone();
        let responder = Arc::new(Mutex::new(Some(responder)));
        let later = responder.clone();
        let work = move |tpm: &mut Tpm| {
            let Some(responder) = lock(&later).take() else { return };
            match keyd.0.exhibits.show(tpm, &keyd.0.identity, nonce.as_slice()) {
                Ok((reply, memory)) => responder.send_with_fd(reply, memory),
                Err(e) => send(responder, Err(e)),
            }
        };
        if self.0.tpm.push(peer, work).is_err()
            && let Some(responder) = lock(&responder).take()
        {
            send(responder, Err(busy("as much as may waits for the TPM already")));
        }
    }
}
