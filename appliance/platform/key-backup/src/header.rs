//! What a backup says of itself: nothing of it is secret, and all of it is bound into its key.

use serde::{Deserialize, Serialize};

use crate::halves::{PUBLIC_BYTES, SEALED_BYTES};

/// In bytes.
pub const HEADER_MAX: usize = 8192;
pub const KEYS_MAX: usize = 32;
const NAME_MAX: usize = 64;
const MAGIC: &[u8; 14] = b"coffer backup\n";
const VERSION: u16 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Of the box that made it.
    pub device_id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// In the order of the entries.
    pub keys: Vec<Named>,
    /// Of whoever asked, then of whoever agreed.
    pub halves: [SealedHalf; 2],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub id: String,
    pub owner: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedHalf {
    pub recipient: [u8; PUBLIC_BYTES],
    /// To that recipient, bound to nothing.
    pub sealed: Vec<u8>,
    pub commitment: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("it is no backup of a Coffer box")]
    NoBackup,
    #[error("its format has the version {found}; this release knows {VERSION}")]
    Version { found: u16 },
    #[error("the backup's header is damaged")]
    Damaged,
    #[error("the backup's {what} is longer than it may be")]
    TooLong { what: &'static str },
}

impl Header {
    pub fn encode(&self) -> Result<Vec<u8>, HeaderError> {
        self.check()?;
        let body = postcard::to_stdvec(self).map_err(|_| HeaderError::Damaged)?;
        let encoded = [MAGIC, &VERSION.to_be_bytes()[..], &body].concat();
        if encoded.len() > HEADER_MAX { Err(HeaderError::TooLong { what: "header" }) } else { Ok(encoded) }
    }

    pub fn decode(bytes: &[u8]) -> Result<Header, HeaderError> {
        if bytes.len() > HEADER_MAX {
            return Err(HeaderError::TooLong { what: "header" });
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(HeaderError::NoBackup)?;
        let (version, body) = rest.split_at_checked(2).ok_or(HeaderError::Damaged)?;
        let version = u16::from_be_bytes([version[0], version[1]]);
        if version != VERSION {
            return Err(HeaderError::Version { found: version });
        }
        let (header, rest): (Header, _) = postcard::take_from_bytes(body).map_err(|_| HeaderError::Damaged)?;
        if !rest.is_empty() {
            return Err(HeaderError::Damaged);
        }
        header.check().map(|()| header)
    }

    fn check(&self) -> Result<(), HeaderError> {
        let too_long = |what| Err(HeaderError::TooLong { what });
        if self.keys.len() > KEYS_MAX {
            return too_long("list of keys");
        }
        let names = self.keys.iter().flat_map(|key| [&key.id, &key.owner, &key.name]);
        if names.chain([&self.device_id]).any(|name| name.len() > NAME_MAX) {
            return too_long("name");
        }
        if self.halves.iter().any(|half| half.sealed.len() != SEALED_BYTES) {
            return Err(HeaderError::Damaged);
        }
        Ok(())
    }
}

/// What a half that travels to a box for the restore of this backup is bound to.
pub fn bound_to(header: &[u8]) -> [u8; 32] {
    let mut bound = [0; 32];
    bound.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, header).as_ref());
    bound
}
