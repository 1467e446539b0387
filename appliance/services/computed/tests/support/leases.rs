//! What a lease of a key in memory gives.

use ipc::Name;
use ipc::keyd::{KeyInfo, KeyKind, Lease, Operation, PrivatePart, Refusal, Reply};
use secrets::Secret;

use super::keyd::text;
use super::pairs::{CURVE_KEY, GROUP_KEY, PAIR, RSA_PAIR, SUM_PAIR};

/// `key`: none, if the client has none of this id.
pub(super) fn lease(key: Option<&mut KeyInfo>, id: &Name, operation: Operation) -> Reply {
    match key {
        None => Reply::Refused(Refusal::NotFound(text(id.as_str()))),
        Some(k) if !k.operations.as_slice().contains(&operation) => {
            Reply::Refused(Refusal::NotAllowed(text(id.as_str())))
        }
        Some(k) if operation.is_private() && k.trouble(0).is_some_and(|t| t.starts_with("used up")) => {
            Reply::Refused(Refusal::Unavailable(text("used up")))
        }
        Some(k) => {
            k.private_uses += u64::from(operation.is_private());
            let copy = |s: &Secret| Secret::copy_of(s.expose());
            let (p, q) = match k.kind {
                KeyKind::Paillier { .. } => (copy(&PAIR.p), copy(&PAIR.q)),
                KeyKind::Rsa { .. } => (copy(&RSA_PAIR.p), copy(&RSA_PAIR.q)),
                KeyKind::OkamotoUchiyama { .. } => (copy(&SUM_PAIR.p), copy(&SUM_PAIR.q)),
                KeyKind::ElGamal => (CURVE_KEY.export(), Secret::new(Vec::new())),
                KeyKind::DiffieHellman { .. } => (GROUP_KEY.export(), Secret::new(Vec::new())),
            };
            let private = operation.is_private().then_some(PrivatePart { p, q });
            Reply::Lease(Lease { lease: 1, valid_s: 900, info: k.clone(), private })
        }
    }
}
