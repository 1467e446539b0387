//! OpenSSL's RSA private operation through EVP, without padding: what `openssl speed` times, less the padding.

use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};

use crate::BenchError;

pub struct PrivateRsa {
    key: PKey<Private>,
}

/// The numbers that the key is made of, big-endian.
pub struct KeyNumbers {
    pub n: Vec<u8>,
    pub e: u64,
    pub p: Vec<u8>,
    pub q: Vec<u8>,
}

impl PrivateRsa {
    pub fn generate(bits: u32) -> Result<PrivateRsa, BenchError> {
        Ok(PrivateRsa { key: PKey::from_rsa(Rsa::generate(bits)?)? })
    }

    pub fn numbers(&self) -> Result<KeyNumbers, BenchError> {
        let rsa = self.key.rsa()?;
        let (Some(p), Some(q)) = (rsa.p(), rsa.q()) else {
            return Err(BenchError::Peer { what: "the key has no primes" });
        };
        let e = rsa.e().to_vec().iter().fold(0, |e, byte| e << 8 | u64::from(*byte));
        Ok(KeyNumbers { n: rsa.n().to_vec(), e, p: p.to_vec(), q: q.to_vec() })
    }

    /// x^d modulo n for each of equally wide numbers below n, one after another.
    pub fn private_each(&self, inputs: &[u8], width: usize) -> Result<Vec<u8>, BenchError> {
        let mut context = PkeyCtx::new(&self.key)?;
        context.sign_init()?;
        context.set_rsa_padding(Padding::NONE)?;
        let mut out = vec![0; inputs.len()];
        for (input, output) in inputs.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            context.sign(input, Some(output))?;
        }
        Ok(out)
    }
}

pub fn version() -> &'static str {
    openssl::version::version()
}
