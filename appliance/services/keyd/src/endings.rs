//! The end of a key, at its owner's word, and under dual control at a second person's.

use accounts::statement::Action;
use ipc::auditd::Weight;
use ipc::keyd::{Asked, Deed, KeyName, Proof, Reply};
use ipc::{Name, Responder};
use serde_json::json;

use crate::KeydError;
use crate::admission::USERS;
use crate::approvals::Matter;
use crate::error::not_found;
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::tpm::Tpm;

impl Keyd {
    pub(crate) fn destroy(&self, peer: &str, id: Name, proof: &Proof, responder: Responder<Reply>) {
        let owned = self
            .proved(proof, Action::DestroyKey { id: id.as_str() }, USERS)
            .and_then(|()| lock(&self.0.keys).info(id.as_str(), proof.client.as_str()));
        let info = match owned {
            Ok(info) => info,
            Err(e) => return send(responder, Err(e)),
        };
        let key = KeyName { id, owner: info.owner, name: info.name };
        if info.limits.dual_control {
            let wanted = Ok((vec![key], Vec::new(), Matter::Destroy));
            return self.asked(proof.client.clone(), Deed::Destroy, wanted, responder);
        }
        self.destroyed(peer, &proof.client, key, Reply::Destroyed, responder);
    }

    /// At the word of somebody who may, with a line in the log.
    pub(crate) fn destroyed(&self, peer: &str, by: &Name, key: KeyName, reply: Reply, responder: Responder<Reply>) {
        let detail = json!({ "key": key.id.as_str(), "owner": key.owner.as_str(), "name": key.name.as_str() });
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Relief, by, "destroy key", &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.tpm,
                &peer,
                responder,
                move |keyd, tpm| keyd.end_key(tpm, key.id.as_str()).map(|()| reply),
            );
        });
    }

    pub(crate) fn destroy_agreed(&self, tpm: &mut Tpm, asked: &Asked) -> Result<Reply, KeydError> {
        let id = asked.id.as_str();
        lock(&self.0.approvals).agree(id, self.steady_s())?;
        let key = asked.keys.as_slice().first().ok_or_else(|| not_found("the request is about no key"));
        let ended = key.and_then(|key| self.end_key(tpm, key.id.as_str()));
        match &ended {
            Ok(()) => lock(&self.0.approvals).close(id),
            Err(_) => lock(&self.0.approvals).reopen(id),
        }
        ended.map(|()| Reply::Approved { keys: 1 })
    }

    /// While the TPM works, keys are leased and listed; none is made and none else destroyed.
    fn end_key(&self, tpm: &mut Tpm, id: &str) -> Result<(), KeydError> {
        let _alone = lock(&self.0.changes);
        let Some(ending) = lock(&self.0.keys).begin_end(id)? else { return Ok(()) };
        let (file, change) = ending.into_parts();
        let outcome = change.make(tpm);
        lock(&self.0.keys).end(file, outcome)
    }
}
