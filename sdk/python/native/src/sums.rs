//! Okamoto-Uchiyama and ElGamal: keys under which plaintexts add up, behind one face.

use std::sync::{Arc, Mutex, PoisonError};

use he::elgamal::{self, DiscreteLogarithms, RANGE_BITS, TABLE_BITS};
use he::{Additive, HeError, okamoto_uchiyama};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use secrets::Secret;

use crate::calls::run;
use crate::errors::raise;
use crate::public::integers;

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

/// Bytes of a plaintext under ElGamal.
const WORD: usize = 8;

static LOGARITHMS: Mutex<Option<Arc<DiscreteLogarithms>>> = Mutex::new(None);

/// Made by `okamoto_uchiyama(n, g)` or `elgamal(h)`; encrypts and computes. What is computed on was made or checked here before
/// (`accept`): only its range is looked at.
#[pyclass(frozen, module = "coffer._native")]
pub(crate) struct SumPublicKey {
    key: Public,
    insecure_for_comparison: bool,
}

/// Made by `okamoto_uchiyama(public, p, q)` or `elgamal(x)`; decrypts. Its secrets are wiped with it; what Python is given, it owns.
#[pyclass(frozen, module = "coffer._native")]
pub(crate) struct SumPrivateKey {
    key: Private,
    secrets: [Secret; 2],
}

#[derive(Clone)]
enum Public {
    OkamotoUchiyama(Arc<okamoto_uchiyama::PublicKey>, [Vec<u8>; 2]),
    ElGamal(Arc<elgamal::PublicKey>),
}

enum Private {
    OkamotoUchiyama(Arc<okamoto_uchiyama::PublicKey>, Box<okamoto_uchiyama::PrivateKey>),
    ElGamal(elgamal::PrivateKey),
}

/// The same words for both schemes, whose keys differ in type.
macro_rules! both {
    ($self:ident, $py:ident, |$key:ident, $engine:ident, $control:ident| $work:expr) => {{
        let bytes = match &$self.key {
            Public::OkamotoUchiyama($key, _) => run($py, |$engine, $control| Ok($key.encoded(&$work?)))?,
            Public::ElGamal($key) => run($py, |$engine, $control| Ok($key.encoded(&$work?)))?,
        };
        Ok(PyBytes::new($py, &bytes))
    }};
}

#[pymethods]
impl SumPublicKey {
    #[staticmethod]
    #[pyo3(signature = (n, g, insecure_for_comparison = false))]
    fn okamoto_uchiyama(py: Python<'_>, n: &[u8], g: &[u8], insecure_for_comparison: bool) -> PyResult<SumPublicKey> {
        let key = run(py, |_, _| match insecure_for_comparison {
            true => okamoto_uchiyama::PublicKey::for_comparison(n, g),
            false => okamoto_uchiyama::PublicKey::new(n, g),
        })?;
        Ok(SumPublicKey {
            key: Public::OkamotoUchiyama(Arc::new(key), [n.to_vec(), g.to_vec()]),
            insecure_for_comparison,
        })
    }

    #[staticmethod]
    fn elgamal(py: Python<'_>, h: &[u8]) -> PyResult<SumPublicKey> {
        let key = run(py, |_, _| elgamal::PublicKey::from_bytes(h))?;
        Ok(SumPublicKey { key: Public::ElGamal(Arc::new(key)), insecure_for_comparison: false })
    }

    /// n and g, or h.
    #[getter]
    fn numbers<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        match &self.key {
            Public::OkamotoUchiyama(_, numbers) => numbers.iter().map(|n| PyBytes::new(py, n)).collect(),
            Public::ElGamal(key) => vec![PyBytes::new(py, &key.to_bytes())],
        }
    }

    #[getter]
    fn ciphertext_bytes(&self) -> usize {
        match &self.key {
            Public::OkamotoUchiyama(key, _) => key.ciphertext_bytes(),
            Public::ElGamal(_) => elgamal::Ciphertexts::BYTES,
        }
    }

    /// Plaintexts are of magnitude below 2 to the power of this.
    #[getter]
    fn plaintext_bits(&self) -> usize {
        match &self.key {
            Public::OkamotoUchiyama(..) => okamoto_uchiyama::PLAINTEXT_BITS,
            Public::ElGamal(_) => RANGE_BITS as usize,
        }
    }

    #[getter]
    fn insecure_for_comparison(&self) -> bool {
        self.insecure_for_comparison
    }

    /// Checks ciphertexts from outside. CiphertextError names the first that is none.
    fn accept(&self, py: Python<'_>, ciphertexts: &[u8]) -> PyResult<()> {
        run(py, |engine, _| match &self.key {
            Public::OkamotoUchiyama(key, _) => key.accept(engine, ciphertexts).map(drop),
            Public::ElGamal(key) => key.accept(engine, ciphertexts).map(drop),
        })
    }

    /// Two's complement, big-endian, of `width` bytes each: 8 under ElGamal. Without `obfuscate` anybody reads them.
    #[pyo3(signature = (plaintexts, width, obfuscate = true))]
    fn encrypt<'py>(&self, py: Python<'py>, plaintexts: &[u8], width: usize, obfuscate: bool) -> Bytes<'py> {
        both!(self, py, |key, engine, control| match obfuscate {
            true => key.encrypt(engine, plaintexts, width, control),
            false => key.embed(engine, plaintexts, width, control),
        })
    }

    fn obfuscate<'py>(&self, py: Python<'py>, a: &[u8]) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.obfuscate(engine, &key.trust(a)?, control))
    }

    fn add<'py>(&self, py: Python<'py>, a: &[u8], b: &[u8]) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.add(engine, &key.trust(a)?, &key.trust(b)?, control))
    }

    /// Times machine integers: one for all, or one each.
    fn multiply<'py>(&self, py: Python<'py>, a: &[u8], factors: &[u8]) -> Bytes<'py> {
        let factors = integers(py, factors)?;
        both!(self, py, |key, engine, control| key.multiply(engine, &key.trust(a)?, &factors, control))
    }

    fn negate<'py>(&self, py: Python<'py>, a: &[u8]) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.negate(engine, &key.trust(a)?, control))
    }

    /// Times factors as wide as a plaintext at most, one each: two's complement, big-endian, `width` bytes.
    fn multiply_wide<'py>(&self, py: Python<'py>, a: &[u8], factors: &[u8], width: usize) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.multiply_wide(engine, &key.trust(a)?, factors, width, control))
    }

    /// A table, row by row `columns` wide: the sum of each column.
    fn sum_columns<'py>(&self, py: Python<'py>, table: &[u8], columns: usize) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.sum_columns(engine, &key.trust(table)?, columns, control))
    }

    fn sum_rows<'py>(&self, py: Python<'py>, table: &[u8], columns: usize) -> Bytes<'py> {
        both!(self, py, |key, engine, control| key.sum_rows(engine, &key.trust(table)?, columns, control))
    }

    /// The table times `weights`: columns x outputs machine integers, row by row.
    fn matrix_product<'py>(
        &self,
        py: Python<'py>,
        table: &[u8],
        columns: usize,
        weights: &[u8],
        outputs: usize,
    ) -> Bytes<'py> {
        let weights = integers(py, weights)?;
        both!(self, py, |key, engine, control| {
            key.matrix_product(engine, &key.trust(table)?, columns, &weights, outputs, control)
        })
    }

    /// `weights`, machine integers, a row for each output, times the table, `columns` wide.
    fn plaintext_product<'py>(&self, py: Python<'py>, weights: &[u8], table: &[u8], columns: usize) -> Bytes<'py> {
        let weights = integers(py, weights)?;
        both!(self, py, |key, engine, control| {
            key.plaintext_product(engine, &weights, &key.trust(table)?, columns, control)
        })
    }
}

#[pymethods]
impl SumPrivateKey {
    /// Of a new key pair, with an n of so many bits: 3072 or 4608, or, insecure and for comparison alone, 2048 and more. Takes seconds.
    #[staticmethod]
    #[pyo3(signature = (bits, insecure_for_comparison = false))]
    fn generate_okamoto_uchiyama(
        py: Python<'_>,
        bits: u32,
        insecure_for_comparison: bool,
    ) -> PyResult<(SumPublicKey, SumPrivateKey)> {
        let pair = run(py, |_, _| match insecure_for_comparison {
            true => okamoto_uchiyama::generate_for_comparison(bits),
            false => okamoto_uchiyama::generate(bits),
        })?;
        let public = SumPublicKey::okamoto_uchiyama(py, &pair.n, &pair.g, insecure_for_comparison)?;
        let private = of_primes(py, &public, pair.p, pair.q, false)?;
        Ok((public, private))
    }

    #[staticmethod]
    fn generate_elgamal(py: Python<'_>) -> PyResult<(SumPublicKey, SumPrivateKey)> {
        let key = run(py, |_, _| elgamal::PrivateKey::generate())?;
        let public = SumPublicKey { key: Public::ElGamal(Arc::new(key.public())), insecure_for_comparison: false };
        let secrets = [key.export(), Secret::new(Vec::new())];
        Ok((public, SumPrivateKey { key: Private::ElGamal(key), secrets }))
    }

    /// Of a key from outside: the primes are tested, which takes seconds, unless the key goes from process to process.
    #[staticmethod]
    #[pyo3(signature = (public, p, q, test_primes = true))]
    fn okamoto_uchiyama(
        py: Python<'_>,
        public: &SumPublicKey,
        p: &[u8],
        q: &[u8],
        test_primes: bool,
    ) -> PyResult<SumPrivateKey> {
        of_primes(py, public, Secret::copy_of(p), Secret::copy_of(q), test_primes)
    }

    #[staticmethod]
    fn elgamal(py: Python<'_>, x: &[u8]) -> PyResult<SumPrivateKey> {
        let secret = Secret::copy_of(x);
        let key = run(py, |_, _| elgamal::PrivateKey::import(&secret))?;
        Ok(SumPrivateKey { key: Private::ElGamal(key), secrets: [secret, Secret::new(Vec::new())] })
    }

    /// p and q, or x, as bytes that Python owns and does not wipe: for storing a key, not for every day.
    #[getter]
    fn secrets<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyBytes>> {
        self.secrets.iter().filter(|s| !s.is_empty()).map(|s| PyBytes::new(py, s.expose())).collect()
    }

    /// ElGamal's public key, which follows from x.
    #[getter]
    fn point<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        match &self.key {
            Private::OkamotoUchiyama(..) => None,
            Private::ElGamal(key) => Some(PyBytes::new(py, &key.public().to_bytes())),
        }
    }

    /// Signed integers, two's complement, big-endian, and the bytes of one. Whoever made the ciphertexts: they are checked.
    fn decrypt<'py>(&self, py: Python<'py>, ciphertexts: &[u8]) -> PyResult<(Bound<'py, PyBytes>, usize)> {
        let (clear, width) = run(py, |engine, control| match &self.key {
            Private::OkamotoUchiyama(public, key) => {
                let table = public.accept(engine, ciphertexts)?;
                Ok((key.decrypt(engine, &table, control)?, okamoto_uchiyama::PLAINTEXT_BITS / 8 + 8))
            }
            Private::ElGamal(key) => {
                let table = elgamal::Ciphertexts::from_bytes(ciphertexts)?;
                Ok((key.decrypt(engine, &*logarithms()?, &table, control)?, WORD))
            }
        })?;
        Ok((PyBytes::new(py, &clear), width))
    }
}

fn of_primes(py: Python<'_>, public: &SumPublicKey, p: Secret, q: Secret, test: bool) -> PyResult<SumPrivateKey> {
    let Public::OkamotoUchiyama(public, _) = &public.key else {
        return Err(raise(py, "InvalidKeyError", "p and q go with an Okamoto-Uchiyama key", None));
    };
    let key = run(py, |_, _| match test {
        true => okamoto_uchiyama::PrivateKey::import(public, &p, &q),
        false => okamoto_uchiyama::PrivateKey::new(public, &p, &q),
    })?;
    Ok(SumPrivateKey { key: Private::OkamotoUchiyama(public.clone(), Box::new(key)), secrets: [p, q] })
}

/// 36 MB, made when they are first needed.
fn logarithms() -> Result<Arc<DiscreteLogarithms>, HeError> {
    let mut made = LOGARITHMS.lock().unwrap_or_else(PoisonError::into_inner);
    match &*made {
        Some(logarithms) => Ok(logarithms.clone()),
        None => {
            let logarithms = Arc::new(DiscreteLogarithms::new(RANGE_BITS, TABLE_BITS)?);
            *made = Some(logarithms.clone());
            Ok(logarithms)
        }
    }
}
