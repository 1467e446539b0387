//! Keys from the system's randomness.

use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;

use crate::error::SupervisorError;

/// So many random bytes.
pub(crate) fn random_secret(bytes: usize) -> Result<Secret, SupervisorError> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).map_err(|_| SupervisorError::Random)?;
    Ok(Secret::new(buffer))
}
