//! What takes two people, as far as keys in memory go: ends of keys under dual control.

use accounts::Role;
use accounts::statement::{Action, DeedText, deed_digest};
use ipc::keyd::{Asked, Deed, KeyInfo, KeyName, Proof, Refusal, Reply};
use ipc::{Bytes, List, Name};

use super::keyd::{SoftwareKeyd, name, text};

impl SoftwareKeyd {
    pub(super) fn ask_to_destroy(&self, key: &KeyInfo) -> Reply {
        let mut requests = self.requests.lock().unwrap();
        let asked = Asked {
            id: name(&format!("{:04}", requests.len())),
            deed: Deed::Destroy,
            by: key.owner.clone(),
            until: 0,
            keys: List::new(
                "keys",
                vec![KeyName { id: key.id.clone(), owner: key.owner.clone(), name: key.name.clone() }],
            )
            .unwrap(),
            data: Bytes::default(),
            approved: false,
        };
        requests.push(asked.clone());
        Reply::Asked(asked)
    }

    /// One at a time, so that paging is done in every test with more.
    pub(super) fn requests_after(&self, after: &Name) -> Reply {
        let requests = self.requests.lock().unwrap();
        let page = requests.iter().filter(|asked| asked.id > *after).take(1).cloned().collect();
        Reply::Requests(List::new("requests", page).unwrap())
    }

    pub(super) fn approve(&self, keys: &mut Vec<KeyInfo>, request: &Name, given: &Bytes<96>, proof: &Proof) -> Reply {
        let mut requests = self.requests.lock().unwrap();
        let Some(at) = requests.iter().position(|asked| asked.id == *request) else {
            return Reply::Refused(Refusal::NotFound(text("no such request")));
        };
        let asked = &requests[at];
        let names: Vec<[&str; 3]> =
            asked.keys.as_slice().iter().map(|k| [k.id.as_str(), k.owner.as_str(), k.name.as_str()]).collect();
        let (by, data) = (asked.by.as_str(), asked.data.as_slice());
        let deed = DeedText { request: request.as_str(), deed: asked.deed.name(), by, data, keys: &names };
        let action = Action::Approve { digest: &deed_digest(&deed), given: given.as_slice() };
        if let Err(e) = self.proved(proof, action, &[Role::Administrator]) {
            return refused(e);
        }
        if proof.client == asked.by {
            return Reply::Refused(Refusal::NotAllowed(text("another administrator has to agree")));
        }
        let asked = requests.remove(at);
        keys.retain(|key| key.id != asked.keys.as_slice()[0].id);
        Reply::Approved { keys: 1 }
    }
}

pub(super) fn refused(error: accounts::Refused) -> Reply {
    let text = text(&error.to_string());
    Reply::Refused(match error {
        accounts::Refused::NoCertificate { .. } => Refusal::NotFound(text),
        accounts::Refused::OtherName { .. } | accounts::Refused::Name { .. } => Refusal::Invalid(text),
        accounts::Refused::Taken { .. } => Refusal::Exists(text),
        _ => Refusal::NotAllowed(text),
    })
}
