//! Bytes from the kernel.

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::ComputeError;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], ComputeError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ComputeError::Randomness)?;
    Ok(bytes)
}
