//! Who may do what. What passed is an [`Authorized`], which nothing outside this module can make.

use ipc::keyd::KeyInfo;
use tonic::Status;
use x509_parser::time::ASN1Time;

use accounts::endpoints::{Denied, Endpoint, decide};

use crate::clients::Client;
use crate::keyd::Keyd;
use crate::layout::{Layout, layout};
use crate::request::Spec;
use crate::shared::Shared;
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
    pub layout: Layout,
    /// `None` for an operation without a key.
    pub key: Option<KeyInfo>,
}

/// Lets a client do what its role and the box's state allow (`accounts::endpoints`). A certificate is only as good as the list
/// says now: revocation takes effect on open connections too.
pub(crate) fn admit<T>(
    shared: &Shared,
    peer: Option<&Peer>,
    endpoint: Endpoint,
    request: T,
) -> Result<Authorized<T>, Status> {
    let peer = peer.ok_or_else(|| Status::unauthenticated("no client certificate"))?;
    let client = shared
        .clients
        .find(&peer.serial)
        .filter(|c| c.name == peer.name)
        .ok_or_else(|| Status::unauthenticated("this box has no client with this certificate"))?;
    if client.revoked {
        return Err(Status::unauthenticated("the certificate is revoked"));
    }
    if client.void {
        return Err(Status::unauthenticated(
            "the certificate is void: the box has a new identity; renew it with its key",
        ));
    }
    // TLS does not look at dates (`tls`), so that a client hears about them in words.
    let now = crate::audit::now();
    if client.expires <= now {
        return Err(Status::unauthenticated(expired(client.expires, now)));
    }
    decide(endpoint, Some(client.role), shared.state()).map_err(denied)?;
    Ok(Authorized { client, request })
}

fn expired(end: u64, now: u64) -> String {
    let (end, now) = (date(end), date(now));
    format!("your certificate ended on {end} by the box's clock, which says {now}; renew it with `coffer renew`")
}

/// Seconds since 1970, as 2026-11-30.
fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| ASN1Time::from_timestamp(s).ok());
    time.map_or_else(|| "a day that no calendar has".into(), |t| t.to_datetime().date().to_string())
}

/// Whether somebody without a certificate may ask for this now.
pub(crate) fn allow_stranger(shared: &Shared, endpoint: Endpoint) -> Result<(), Status> {
    decide(endpoint, None, shared.state()).map_err(denied)
}

fn denied(why: Denied) -> Status {
    match why {
        Denied::Role { .. } => Status::permission_denied(why.to_string()),
        Denied::State { .. } => Status::failed_precondition(why.to_string()),
    }
}

/// Looks at the job's key.
pub async fn check_key(keyd: &Keyd, admitted: Authorized<Spec>) -> Result<Authorized<CheckedJob>, Status> {
    let (client, spec) = admitted.into_parts();
    let key = match spec.work.key_id() {
        None => None,
        Some(id) => Some(own_key(keyd, &client, id).await?),
    };
    if let Some(key) = &key
        && let Some(why) = key.state.words()
    {
        return Err(Status::failed_precondition(format!("key {}: {why}", key.id)));
    }
    let layout = layout(&spec, key.as_ref())?;
    if let Some(key) = &key
        && let Some(operation) = layout.needs.iter().find(|o| !key.operations.as_slice().contains(o))
    {
        return Err(Status::permission_denied(format!("key {} does not allow {operation:?}", key.id)));
    }
    Ok(Authorized { client, request: CheckedJob { spec, layout, key } })
}

/// The client's key of this id; another's is as good as none.
pub async fn own_key(keyd: &Keyd, client: &Client, id: &str) -> Result<KeyInfo, Status> {
    keyd.find(id, &client.name).await.map_err(|e| keyd_status(&e))
}
