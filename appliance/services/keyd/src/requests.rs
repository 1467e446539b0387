//! Requests about the box's identity and the customers' keys.

use audit_log::head::nonce;
use data_encoding::HEXLOWER;
use ipc::auditd::Weight;
use ipc::keyd::{KeyKind, Lease, Limits, Operation, Reply, Request, TpmState};
use ipc::{Bytes, Name, Peer, Responder};
use serde_json::json;

use crate::error::{busy, not_found};
use crate::keys::{Wanted, check_bits, generate};
use crate::leases::VALID_S;
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::{KeydError, import};

impl Keyd {
    pub(crate) fn answer_of_keys(&self, peer: &Peer, request: Request, responder: Responder<Reply>) {
        let name = peer.name();
        match request {
            Request::Identity => send(responder, Ok(Reply::Identity(self.0.certificates.clone()))),
            // Apart from evidence, of which a client may ask for much: handshakes take turns with it.
            Request::SignTls { message } => self.in_lane(
                |h| &h.tpm,
                &format!("{name}, TLS"),
                responder,
                move |keyd, tpm| {
                    let signature = keyd.0.identity.sign_tls(tpm, message.as_slice())?;
                    Ok(Reply::Signature(Bytes::new("a signature", signature)?))
                },
            ),
            Request::TpmState => {
                self.in_lane(
                    |h| &h.tpm,
                    name,
                    responder,
                    |keyd, tpm| {
                        let [early, ready] = &keyd.0.policies;
                        let planned_pcr7 = tpm.expected([early, ready])?;
                        Ok(Reply::TpmState(TpmState { planned_pcr7, ..tpm.lockout()? }))
                    },
                );
            }
            Request::SignHead { number, hash } => self.in_lane(
                |h| &h.tpm,
                name,
                responder,
                move |keyd, tpm| {
                    let statement = lock(&keyd.0.heads).next(number, HEXLOWER.encode(hash.as_slice()))?;
                    let quote = keyd.0.identity.sign_head(tpm, &nonce(&statement))?;
                    Ok(Reply::Head { heads: statement.heads, losses: statement.losses, quote })
                },
            ),
            Request::CreateKey { owner, name: key, kind, operations, limits } => {
                self.create(Wanted { owner, name: key, operations, limits }, kind, responder);
            }
            Request::ImportKey { owner, name: key, kind, public, operations } => {
                let wanted = Wanted { owner, name: key, operations, limits: Limits::default() };
                // In the mill owners take turns, not services.
                let (keyd, detail) = (self.clone(), json!({ "name": wanted.name.as_str(), "kind": kind.name() }));
                let owner = wanted.owner.clone();
                let peer = owner.as_str().to_string();
                self.recorded(Weight::Work, &owner, "import key", &detail, responder, move |responder| {
                    keyd.in_lane(
                        |h| &h.mill,
                        &peer,
                        responder,
                        move |keyd, ()| {
                            // Outside the lock: it takes a while.
                            import::check(kind, &public)
                                .map_err(|e| crate::error::invalid(format!("the key to import: {e}")))?;
                            let _alone = lock(&keyd.0.changes);
                            lock(&keyd.0.keys).import(wanted, kind, public).map(Reply::Key)
                        },
                    );
                });
            }
            Request::FindKey { id, client } => {
                send(responder, lock(&self.0.keys).info(id.as_str(), client.as_str()).map(Reply::Key));
            }
            Request::ListKeys { owner, after } => {
                let keys = lock(&self.0.keys).list(owner.as_str(), after.as_str());
                send(responder, ipc::List::new("keys", keys).map(Reply::Keys).map_err(KeydError::from));
            }
            Request::DestroyKey { id, proof } => self.destroy(name, id, &proof, responder),
            Request::Lease { id, client, operation } => self.lease(name, id, client, operation, responder),
            Request::EndLease { lease } => {
                let ended = lock(&self.0.leases).end(name, lease);
                let none = || not_found(format!("{name} has no lease {lease}"));
                send(responder, if ended { Ok(Reply::LeaseEnded) } else { Err(none()) });
            }
            // `Keyd::answer` sends these elsewhere.
            _ => send(responder, Err(not_found("no such request"))),
        }
    }

    fn create(&self, wanted: Wanted, kind: KeyKind, responder: Responder<Reply>) {
        let possible = check_bits(kind)
            .and_then(|()| lock(&self.0.keys).check_open())
            .and_then(|()| lock(&self.0.keys).check_new(&wanted, kind));
        if let Err(e) = possible {
            return send(responder, Err(e));
        }
        let mut detail = json!({ "name": wanted.name.as_str(), "kind": kind.name(), "bits": kind.bits() });
        if wanted.limits != Limits::default() {
            let Limits { uses_max, expires, dual_control } = wanted.limits;
            detail["limits"] = json!({ "uses_max": uses_max, "expires": expires, "dual_control": dual_control });
        }
        // In the mill owners take turns, not services.
        let (keyd, owner) = (self.clone(), wanted.owner.clone());
        let peer = owner.as_str().to_string();
        self.recorded(Weight::Work, &owner, "create key", &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.mill,
                &peer,
                responder,
                move |keyd, ()| {
                    let pair = generate(kind)?;
                    let _alone = lock(&keyd.0.changes);
                    lock(&keyd.0.keys).keep(wanted, pair).map(Reply::Key)
                },
            );
        });
    }

    /// A private part leaves the vault with a line in the log; public keys are counted.
    fn lease(&self, peer: &str, id: Name, client: Name, operation: Operation, responder: Responder<Reply>) {
        if let Err(e) = lock(&self.0.keys).may_lease(id.as_str(), client.as_str(), operation) {
            return send(responder, Err(e));
        }
        let (keyd, peer) = (self.clone(), peer.to_string());
        let is_private = operation.is_private();
        let detail = json!({ "key": id.as_str(), "operation": operation.name() });
        let owner = client.clone();
        let give = move |responder| {
            let from = peer.clone();
            keyd.in_lane(
                |h| &h.files,
                &from,
                responder,
                move |keyd, ()| {
                    let too_many = || busy("as many leases as may be are open");
                    let lease = lock(&keyd.0.leases).begin(&peer, keyd.steady_s()).ok_or_else(too_many)?;
                    match lock(&keyd.0.keys).lease(id.as_str(), client.as_str(), operation) {
                        Ok((info, private)) => Ok(Reply::Lease(Lease { lease, valid_s: VALID_S, info, private })),
                        Err(e) => {
                            lock(&keyd.0.leases).end(&peer, lease);
                            Err(e)
                        }
                    }
                },
            );
        };
        if is_private {
            self.recorded(Weight::Work, &owner, "lease private key", &detail, responder, give);
        } else {
            self.0.audit.count("lease public key", &owner);
            give(responder);
        }
    }
}
