//! What the two sides say before their cores start.

use party::{Found, ProtocolError, Role};

use crate::JobDigest;
use crate::transcript::DIGEST;

const VERSION: u8 = 1;

/// "I am this party of this job, and have done so many units."
pub(crate) struct Attachment {
    pub(crate) role: Role,
    pub(crate) job: JobDigest,
    pub(crate) done: u32,
}

/// "This is my transcript of the units that both of us have done."
pub(crate) struct Agreement {
    pub(crate) digest: [u8; DIGEST],
}

impl Attachment {
    pub(crate) const BYTES: usize = 2 + DIGEST + 4;

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.role as u8];
        bytes.extend_from_slice(&self.job);
        bytes.extend_from_slice(&self.done.to_le_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Attachment, ProtocolError> {
        let sized: &[u8; Attachment::BYTES] = sized(bytes, "length of the attachment")?;
        let ([version, role], rest) =
            sized.split_first_chunk().ok_or(ProtocolError::fault("an attachment's length"))?;
        if *version != VERSION {
            let found = Found::Value { found: (*version).into(), expected: VERSION.into() };
            return Err(ProtocolError::Resource { what: "the partner's version of the session", found });
        }
        let role = match role {
            0 => Role::Left,
            1 => Role::Right,
            other => return Err(breach("role", Found::TooLarge { found: (*other).into(), at_most: 1 })),
        };
        let (mut job, mut done) = ([0; DIGEST], [0; 4]);
        job.copy_from_slice(&rest[..DIGEST]);
        done.copy_from_slice(&rest[DIGEST..]);
        Ok(Attachment { role, job, done: u32::from_le_bytes(done) })
    }

    pub(crate) fn check(&self, role: Role, job: &JobDigest) -> Result<(), ProtocolError> {
        if self.job != *job {
            return Err(ProtocolError::Resource { what: "the job on the partner's side", found: Found::Differs });
        }
        if self.role != role {
            return Err(breach("role", Found::Value { found: self.role as u64, expected: role as u64 }));
        }
        Ok(())
    }
}

impl Agreement {
    pub(crate) const BYTES: usize = DIGEST;

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.digest.to_vec()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Agreement, ProtocolError> {
        Ok(Agreement { digest: *sized(bytes, "length of the agreement")? })
    }
}

pub(crate) fn breach(field: &'static str, found: Found) -> ProtocolError {
    ProtocolError::Breach { stage: "attaching", field, found }
}

fn sized<'a, const N: usize>(bytes: &'a [u8], field: &'static str) -> Result<&'a [u8; N], ProtocolError> {
    bytes.try_into().map_err(|_| breach(field, Found::Length { found: bytes.len(), expected: N }))
}
