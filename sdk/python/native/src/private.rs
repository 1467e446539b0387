//! The private half of a key, and new keys.

use std::sync::Arc;

use he::{Additive, HeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use secrets::Secret;
use zeroize::Zeroizing;

use crate::calls::run;
use crate::errors::raise;
use crate::public::PublicKey;

/// PrivateKey(public, p, q): decrypts, and encrypts under its own key by the Chinese remainder theorem.
///
/// The primes are kept in memory that is wiped with the object. What Python is given of them, it owns: see `p`.
#[pyclass(frozen, module = "coffer._native")]
pub(crate) struct PrivateKey {
    key: he::PrivateKey,
    public: Arc<he::PublicKey>,
    p: Secret,
    q: Secret,
}

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

/// Makes a key pair: 2048, 3072 or 4096 bits of n, or, insecure and for comparison alone, 512 and more.
#[pyfunction]
#[pyo3(signature = (bits, insecure_for_comparison = false))]
pub(crate) fn generate(py: Python<'_>, bits: u32, insecure_for_comparison: bool) -> PyResult<(PublicKey, PrivateKey)> {
    let (public, private) = run(py, |_, _| {
        let pair = if insecure_for_comparison { he::generate_for_comparison(bits)? } else { he::generate(bits)? };
        let public = match insecure_for_comparison {
            true => he::PublicKey::for_comparison(&pair.n, Some(&pair.hs))?,
            false => he::PublicKey::new(&pair.n, &pair.hs)?,
        };
        let public = PublicKey::of(public, insecure_for_comparison);
        let private = PrivateKey::of(&public, pair.p, pair.q)?;
        Ok((public, private))
    })?;
    Ok((public, private))
}

#[pymethods]
impl PrivateKey {
    /// Of a key from outside. InvalidKeyError where the primes are not n's, or hs is no n-th power: what is encrypted with
    /// such a one decrypts to something else. That they are primes is not looked at, which takes seconds: FATE sends its
    /// private key to each of its processes.
    #[new]
    fn new(py: Python<'_>, public: &PublicKey, p: &[u8], q: &[u8]) -> PyResult<PrivateKey> {
        let key = run(py, |_, _| PrivateKey::of(public, Secret::copy_of(p), Secret::copy_of(q)))?;
        if let Some(hs) = public.key.hs_be() {
            let clear = run(py, |engine, control| {
                key.key.decrypt_residues(engine, &public.key, &public.key.trust(&hs)?, control)
            })?;
            if clear.iter().any(|byte| *byte != 0) {
                return Err(raise(py, "InvalidKeyError", "the key's hs is no n-th power modulo n^2", None));
            }
        }
        Ok(key)
    }

    /// A prime, as bytes that Python owns and does not wipe: for storing a key, not for every day.
    #[getter]
    fn p<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.p.expose())
    }

    #[getter]
    fn q<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.q.expose())
    }

    /// Signed integers, two's complement, as wide as n.
    fn decrypt<'py>(&self, py: Python<'py>, ciphertexts: &[u8]) -> Bytes<'py> {
        self.plaintexts(py, ciphertexts, |key, public, a, engine, control| key.decrypt(engine, public, a, control))
    }

    /// Residues below n, as wide as it.
    fn decrypt_residues<'py>(&self, py: Python<'py>, ciphertexts: &[u8]) -> Bytes<'py> {
        self.plaintexts(py, ciphertexts, |key, public, a, engine, control| {
            key.decrypt_residues(engine, public, a, control)
        })
    }

    /// As `PublicKey.encrypt`, twice as fast.
    fn encrypt<'py>(&self, py: Python<'py>, plaintexts: &[u8], width: usize) -> Bytes<'py> {
        let bytes =
            run(py, |engine, control| Ok(self.key.encrypt(engine, &self.public, plaintexts, width, control)?.to_be()))?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn encrypt_residues<'py>(&self, py: Python<'py>, residues: &[u8]) -> Bytes<'py> {
        let bytes =
            run(py, |engine, control| Ok(self.key.encrypt_residues(engine, &self.public, residues, control)?.to_be()))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

impl PrivateKey {
    fn of(public: &PublicKey, p: Secret, q: Secret) -> Result<PrivateKey, HeError> {
        let key = he::PrivateKey::new(&public.key, &p, &q)?;
        Ok(PrivateKey { key, public: public.key.clone(), p, q })
    }

    fn plaintexts<'py>(
        &self,
        py: Python<'py>,
        ciphertexts: &[u8],
        decrypt: impl FnOnce(
            &he::PrivateKey,
            &he::PublicKey,
            &he::Ciphertexts,
            &engine::Engine,
            engine::Control<'_>,
        ) -> Result<Zeroizing<Vec<u8>>, HeError>
        + Send,
    ) -> Bytes<'py> {
        // Whoever made them: what is no unit is refused where it is decrypted.
        let clear = run(py, |engine, control| {
            decrypt(&self.key, &self.public, &self.public.trust(ciphertexts)?, engine, control)
        })?;
        Ok(PyBytes::new(py, &clear))
    }
}
