//! Requests that take two people: a key's end under dual control, a backup, a restore. What one of them signed is a request; what
//! the other one signs is that very request, by its digest ([`accounts::statement::deed_digest`]), whatever carries it.

use accounts::Role;
use accounts::statement::{Action, DeedText, deed_digest, transport_key};
use data_encoding::HEXLOWER;
use ipc::auditd::Weight;
use ipc::keyd::{Asked, Deed, KeyName, Proof, Reply, Request};
use ipc::{Bytes, List, Name, Responder};
use serde_json::json;

use crate::approvals::{Matter, OPEN_S};
use crate::error::{not_allowed, not_found};
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

const ADMINISTRATORS: &[Role] = &[Role::Administrator];

impl Keyd {
    pub(crate) fn answer_of_two(&self, peer: &str, request: Request, responder: Responder<Reply>) {
        match request {
            Request::ListRequests { after } => {
                let requests = lock(&self.0.approvals).list(after.as_str(), self.steady_s());
                send(responder, List::new("requests", requests).map(Reply::Requests).map_err(KeydError::from));
            }
            Request::TransportKey => self.in_lane(
                |h| &h.tpm,
                peer,
                responder,
                |keyd, tpm| {
                    let public = keyd.0.transport.public();
                    let statement = transport_key(keyd.0.certificates.device_id.as_str(), &public);
                    let signature = Bytes::new("a signature", keyd.0.identity.sign_statement(tpm, &statement)?)?;
                    Ok(Reply::TransportKey { public: Bytes::new("a public key", public)?, signature })
                },
            ),
            Request::AskBackup { owner, keys, recipient, proof } => {
                let named: Vec<&str> = keys.as_slice().iter().map(Name::as_str).collect();
                let action = Action::AskBackup { owner: owner.as_str(), keys: &named, recipient: recipient.as_slice() };
                let asked = self.proved(&proof, action, ADMINISTRATORS);
                let asked = asked.and_then(|()| self.backup_wanted(&owner, &named, recipient.as_slice()));
                self.asked(proof.client, Deed::Backup, asked, responder);
            }
            Request::AskRestore { header, half, proof } => {
                let action = Action::AskRestore { header: header.as_slice(), half: half.as_slice() };
                let asked = self.proved(&proof, action, ADMINISTRATORS);
                let asked = asked.and_then(|()| self.restore_wanted(header.as_slice(), half.as_slice()));
                self.asked(proof.client, Deed::Restore, asked, responder);
            }
            Request::Approve { request, given, proof } => {
                self.approve(peer, request, given.into_vec(), proof, responder)
            }
            Request::FetchBackup { request, number } => send(responder, self.backup_piece(request.as_str(), number)),
            Request::RestoreKey { request, number, entry } => {
                self.restore_key(peer, request, number, entry.as_slice(), responder);
            }
            // `Keyd::answer` sends these elsewhere.
            _ => send(responder, Err(not_found("no such request"))),
        }
    }

    /// Keeps what somebody asked for, with a line in the log.
    pub(crate) fn asked(
        &self,
        by: Name,
        deed: Deed,
        wanted: Result<(Vec<KeyName>, Vec<u8>, Matter), KeydError>,
        responder: Responder<Reply>,
    ) {
        let asked = wanted.and_then(|(keys, data, matter)| {
            let (id, until) = (Name::new("a request's id", HEXLOWER.encode(&random::<8>()?))?, now() + OPEN_S);
            let (keys, data) = (List::new("keys", keys)?, Bytes::new("a request", data)?);
            let asked = Asked { id, deed, by: by.clone(), until, keys, data, approved: false };
            lock(&self.0.approvals).ask(asked.clone(), matter, self.steady_s()).map(|()| asked)
        });
        let asked = match asked {
            Ok(asked) => asked,
            Err(e) => return send(responder, Err(e)),
        };
        let detail = json!({ "request": asked.id.as_str(), "keys": ids(&asked) });
        let action = format!("ask for {}", deed.name());
        self.recorded(Weight::Work, &by, &action, &detail, responder, move |responder| {
            responder.send(Reply::Asked(asked));
        });
    }

    fn approve(&self, peer: &str, request: Name, given: Vec<u8>, proof: Proof, responder: Responder<Reply>) {
        let checked = self.may_approve(request.as_str(), &given, &proof);
        let asked = match checked {
            Ok(asked) => asked,
            Err(e) => return send(responder, Err(e)),
        };
        let detail = json!({ "request": request.as_str(), "by": asked.by.as_str(), "keys": ids(&asked) });
        let action = format!("approve {}", asked.deed.name());
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Work, &proof.client, &action, &detail, responder, move |responder| match asked.deed {
            Deed::Destroy => {
                keyd.in_lane(|h| &h.tpm, &peer, responder, move |keyd, tpm| keyd.destroy_agreed(tpm, &asked))
            }
            Deed::Backup | Deed::Restore => {
                keyd.in_lane(|h| &h.files, &peer, responder, move |keyd, ()| keyd.agree(&asked, &given));
            }
        });
    }

    /// That a second person, with a word of its own for this very request, agrees; and that who asked still may.
    fn may_approve(&self, request: &str, given: &[u8], proof: &Proof) -> Result<Asked, KeydError> {
        let asked = lock(&self.0.approvals).open(request, self.steady_s())?;
        let keys: Vec<[&str; 3]> =
            asked.keys.as_slice().iter().map(|k| [k.id.as_str(), k.owner.as_str(), k.name.as_str()]).collect();
        let (deed, by, data) = (asked.deed.name(), asked.by.as_str(), asked.data.as_slice());
        let digest = deed_digest(&DeedText { request, deed, by, data, keys: &keys });
        self.proved(proof, Action::Approve { digest: &digest, given }, ADMINISTRATORS)?;
        if proof.client == asked.by {
            return Err(not_allowed(format!("{by} asked for it: another administrator has to agree")));
        }
        let (is_in_force, role) = self.0.members.look(|a| (a.is_in_force(by), a.role_of(by)));
        let still_may = is_in_force && (asked.deed == Deed::Destroy || role == Ok(Role::Administrator));
        if !still_may {
            return Err(not_allowed(format!("{by}, who asked for it, is no client any more that may")));
        }
        Ok(asked)
    }

    fn agree(&self, asked: &Asked, given: &[u8]) -> Result<Reply, KeydError> {
        let id = asked.id.as_str();
        lock(&self.0.approvals).agree(id, self.steady_s())?;
        let done = match asked.deed {
            Deed::Backup => self.make_backup(asked, given),
            Deed::Restore => self.open_restore(asked, given),
            Deed::Destroy => Ok(()),
        };
        if let Err(e) = done {
            lock(&self.0.approvals).reopen(id);
            return Err(e);
        }
        Ok(Reply::Approved { keys: asked.keys.as_slice().len() as u32 })
    }
}

fn ids(asked: &Asked) -> Vec<&str> {
    asked.keys.as_slice().iter().map(|key| key.id.as_str()).collect()
}
