//! Backups and restores that two people agreed to: see [`key_backup`] for the file.

use ipc::auditd::Weight;
use ipc::keyd::{Asked, KeyName, Reply};
use ipc::{Bytes, Name, Responder};
use key_backup::{BackupKey, Half, Header, Named, SealedHalf, bound_to};
use secrets::Secret;
use serde_json::json;

use crate::approvals::{Matter, Restore};
use crate::error::{invalid, not_allowed, not_found};
use crate::keys::Entry;
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

/// A request's keys, its data, and what is kept for it.
type Wanted = (Vec<KeyName>, Vec<u8>, Matter);

impl Keyd {
    pub(crate) fn backup_wanted(&self, owner: &Name, named: &[&str], recipient: &[u8]) -> Result<Wanted, KeydError> {
        // Tried now: later somebody would have agreed for nothing.
        half()?.seal(recipient, b"").map_err(|e| invalid(e.to_string()))?;
        let keys = lock(&self.0.keys).for_backup(owner.as_str(), named)?;
        if keys.is_empty() {
            return Err(not_found(format!("{owner} has no key with a private part")));
        }
        if keys.len() > key_backup::KEYS_MAX {
            let (count, max) = (keys.len(), key_backup::KEYS_MAX);
            return Err(invalid(format!("{owner} has {count} keys, and a backup holds {max}: name some of them")));
        }
        let keys = keys.into_iter().map(|k| KeyName { id: k.id, owner: k.owner, name: k.name }).collect();
        Ok((keys, recipient.to_vec(), Matter::Backup(Vec::new())))
    }

    /// The keys as they are now, each sealed; the halves of the seal's key are nowhere once this is done.
    pub(crate) fn make_backup(&self, asked: &Asked, given: &[u8]) -> Result<(), KeydError> {
        if given == asked.data.as_slice() {
            return Err(invalid("the two halves are for two people: this is the public key of whoever asked"));
        }
        let (first, second) = (half()?, half()?);
        let halves = [sealed(&first, asked.data.as_slice())?, sealed(&second, given)?];
        let keys = asked.keys.as_slice();
        let named = |k: &KeyName| Named { id: text(&k.id), owner: text(&k.owner), name: text(&k.name) };
        let device_id = text(&self.0.certificates.device_id);
        let header = Header { device_id, created: now(), keys: keys.iter().map(named).collect(), halves };
        let header = header.encode().map_err(|e| invalid(e.to_string()))?;
        let key = BackupKey::of([&first, &second], &header).ok_or(KeydError::Random)?;
        let mut pieces = vec![header];
        for (number, name) in (1..).zip(keys) {
            let entry = lock(&self.0.keys).entry(name.id.as_str())?;
            let plain = postcard::to_stdvec(&entry).map(Secret::new).map_err(|_| KeydError::Random)?;
            pieces.push(key.seal(number, &plain).ok_or(KeydError::Random)?);
        }
        match lock(&self.0.approvals).agreed(asked.id.as_str(), self.steady_s())? {
            Matter::Backup(kept) => *kept = pieces,
            Matter::Destroy | Matter::Restore(_) => return Err(no_backup()),
        }
        Ok(())
    }

    pub(crate) fn backup_piece(&self, request: &str, number: u32) -> Result<Reply, KeydError> {
        let mut approvals = lock(&self.0.approvals);
        let Matter::Backup(pieces) = approvals.agreed(request, self.steady_s())? else { return Err(no_backup()) };
        let piece =
            pieces.get(number as usize).ok_or_else(|| not_found(format!("the backup has no piece {number}")))?;
        Ok(Reply::BackupPiece(Bytes::new("a piece of a backup", piece.clone())?))
    }

    pub(crate) fn restore_wanted(&self, header: &[u8], given: &[u8]) -> Result<Wanted, KeydError> {
        let parsed = Header::decode(header).map_err(|e| invalid(e.to_string()))?;
        lock(&self.0.keys).check_open()?;
        for key in &parsed.keys {
            // A name that owns keys admits nobody: whoever they are for has to be here before them.
            if !self.0.members.look(|a| a.is_in_force(&key.owner)) {
                let (name, owner) = (&key.name, &key.owner);
                return Err(not_found(format!(
                    "key {name} is {owner}'s, who is no client of this box: enrol {owner} first"
                )));
            }
        }
        let half = self.opened(given, header)?;
        let commitment = half.commitment();
        let is = parsed.halves.iter().position(|h| h.commitment == commitment);
        let is = is.ok_or_else(|| not_allowed("the half is neither of the two of this backup"))?;
        let name = |text: &str| Name::new("a name in the backup", text);
        let keys: Result<Vec<KeyName>, KeydError> = parsed
            .keys
            .iter()
            .map(|k| Ok(KeyName { id: name(&k.id)?, owner: name(&k.owner)?, name: name(&k.name)? }))
            .collect();
        let matter = Matter::Restore(Box::new(Restore { header: parsed, half, is, key: None }));
        Ok((keys?, header.to_vec(), matter))
    }

    /// The second half: from now on the backup's keys can be sent.
    pub(crate) fn open_restore(&self, asked: &Asked, given: &[u8]) -> Result<(), KeydError> {
        let second = self.opened(given, asked.data.as_slice())?;
        let mut approvals = lock(&self.0.approvals);
        let Matter::Restore(restore) = approvals.agreed(asked.id.as_str(), self.steady_s())? else {
            return Err(not_found("the request is for no restore"));
        };
        let wanted = &restore.header.halves[1 - restore.is];
        if second.commitment() != wanted.commitment {
            let same = second.commitment() == restore.half.commitment();
            let what =
                if same { "it is the half that was given already" } else { "it is neither of this backup's halves" };
            let of = data_encoding::HEXLOWER.encode(&wanted.recipient);
            return Err(not_allowed(format!(
                "the second half is wrong: {what}; the one that is wanted was sealed to {of}"
            )));
        }
        let halves = if restore.is == 0 { [&restore.half, &second] } else { [&second, &restore.half] };
        restore.key = BackupKey::of(halves, asked.data.as_slice());
        Ok(())
    }

    pub(crate) fn restore_key(
        &self,
        peer: &str,
        request: Name,
        number: u32,
        sealed: &[u8],
        responder: Responder<Reply>,
    ) {
        let entry = match self.restored_entry(request.as_str(), number, sealed) {
            Ok(entry) => entry,
            Err(e) => return send(responder, Err(e)),
        };
        let (id, owner) = (entry.info.id.clone(), entry.info.owner.clone());
        let detail = json!({ "request": request.as_str(), "key": id.as_str(), "name": entry.info.name.as_str() });
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Work, &owner, "restore key", &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.mill,
                &peer,
                responder,
                move |keyd, ()| {
                    let entry = entry.checked()?;
                    let _alone = lock(&keyd.0.changes);
                    lock(&keyd.0.keys).restore(entry).map(Reply::Key)
                },
            );
        });
    }

    fn restored_entry(&self, request: &str, number: u32, sealed: &[u8]) -> Result<Entry, KeydError> {
        let mut approvals = lock(&self.0.approvals);
        let Matter::Restore(restore) = approvals.agreed(request, self.steady_s())? else {
            return Err(not_found("the request is for no restore"));
        };
        let damaged = || invalid(format!("entry {number} of the backup is damaged, or another one's"));
        let key = restore.key.as_ref().ok_or_else(damaged)?;
        let plain = key.open(number, sealed).ok_or_else(damaged)?;
        let entry: Entry = postcard::from_bytes(plain.expose()).map_err(|_| damaged())?;
        let named = (number as usize).checked_sub(1).and_then(|n| restore.header.keys.get(n)).ok_or_else(damaged)?;
        // What two people agreed to is what the header says.
        let is_named =
            entry.info.id == named.id[..] && entry.info.owner == named.owner[..] && entry.info.name == named.name[..];
        if is_named { Ok(entry) } else { Err(damaged()) }
    }

    /// A half that came for this box, and for this backup.
    fn opened(&self, given: &[u8], header: &[u8]) -> Result<Half, KeydError> {
        let opened = self.0.transport.open(given, &bound_to(header));
        opened.map_err(|e| invalid(format!("{e}; the box's transport key is another one after each restart")))
    }
}

/// Fresh: 256 random bits.
fn half() -> Result<Half, KeydError> {
    Half::new(Secret::new(random::<{ key_backup::HALF_BYTES }>()?.to_vec())).ok_or(KeydError::Random)
}

fn sealed(half: &Half, recipient: &[u8]) -> Result<SealedHalf, KeydError> {
    let sealed = half.seal(recipient, b"").map_err(|e| invalid(e.to_string()))?;
    let recipient = recipient.try_into().map_err(|_| invalid("a public key for backups has 32 bytes"))?;
    Ok(SealedHalf { recipient, sealed, commitment: half.commitment() })
}

fn text(name: &Name) -> String {
    name.as_str().into()
}

fn no_backup() -> KeydError {
    not_found("the request is for no backup")
}
