//! Who may do what. What passed is an [`Authorized`], which nothing outside this module can make.

use protocols::keyd::{KeyInfo, KeyKind, Operation};
use tonic::Status;

use crate::clients::{Client, Clients, Role};
use crate::keyd::Keyd;
use crate::request::{Spec, Work};
use crate::status::keyd_status;
use crate::tls::Peer;

/// Something that a client asked for and may have.
pub struct Authorized<T> {
    client: Client,
    request: T,
}

impl<T> Authorized<T> {
    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn request(&self) -> &T {
        &self.request
    }

    pub fn into_parts(self) -> (Client, T) {
        (self.client, self.request)
    }
}

/// A job that may be taken: its key exists, is the client's and allows it.
pub struct CheckedJob {
    pub spec: Spec,
    /// Bytes of one item of the operand.
    pub item_bytes: usize,
    /// `None` for an operation without a key.
    pub key: Option<KeyInfo>,
}

/// Lets a client do what its role allows. A certificate is only as good as the list says now: revocation takes effect on
/// open connections too.
pub fn admit<T>(clients: &Clients, peer: Option<&Peer>, roles: &[Role], request: T) -> Result<Authorized<T>, Status> {
    let peer = peer.ok_or_else(|| Status::unauthenticated("no client certificate"))?;
    let client = clients
        .find(&peer.serial)
        .filter(|c| c.name == peer.name)
        .ok_or_else(|| Status::unauthenticated("this box has no client with this certificate"))?;
    if client.revoked {
        return Err(Status::unauthenticated("the certificate is revoked"));
    }
    if client.expires <= crate::audit::now() {
        return Err(Status::unauthenticated("the certificate has expired"));
    }
    if !roles.contains(&client.role) {
        return Err(Status::permission_denied(format!("not allowed to a client with the role {}", client.role.name())));
    }
    Ok(Authorized { client, request })
}

/// Looks at the job's key.
pub async fn check_key(keyd: &Keyd, admitted: Authorized<Spec>) -> Result<Authorized<CheckedJob>, Status> {
    let (client, spec) = admitted.into_parts();
    let (item_bytes, key) = match spec.work.key_id() {
        None => match &spec.work {
            Work::ModularExponentiation { modulus, .. } => (modulus.len(), None),
            _ => return Err(Status::internal("an operation without a key")),
        },
        Some(id) => {
            let key = own_key(keyd, &client, id).await?;
            let (operation, item_bytes) = needs(&spec.work, &key);
            if !key.operations.contains(&operation) {
                return Err(Status::permission_denied(format!("key {id} does not allow {operation:?}")));
            }
            (item_bytes, Some(key))
        }
    };
    Ok(Authorized { client, request: CheckedJob { spec, item_bytes, key } })
}

/// The client's key of this id; another's is as good as none.
pub async fn own_key(keyd: &Keyd, client: &Client, id: &str) -> Result<KeyInfo, Status> {
    let keys = keyd.keys().await.map_err(|e| keyd_status(&e))?;
    keys.into_iter()
        .find(|k| k.id == id && k.owner == client.name)
        .ok_or_else(|| Status::not_found(format!("{} has no key {id:?}", client.name)))
}

/// What a job needs of its key, and how wide its operand's items are.
fn needs(work: &Work, key: &KeyInfo) -> (Operation, usize) {
    let KeyKind::Paillier { bits } = key.kind;
    let ciphertext = bits as usize / 4;
    match work {
        Work::Encrypt { .. } => (Operation::Encrypt, 8),
        Work::Decrypt { .. } => (Operation::Decrypt, ciphertext),
        _ => (Operation::Evaluate, ciphertext),
    }
}
