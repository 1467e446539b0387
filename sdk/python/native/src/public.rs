//! The public half of a key: encrypts and computes.

use std::sync::Arc;

use engine::{Control, Engine, Modulus, Numbers};
use he::packing::Packing;
use he::{Additive, Ciphertexts, HeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::calls::run;
use crate::errors::{from_he, raise};
use crate::spare::Spare;

/// PublicKey(n, hs=None, insecure_for_comparison=False): Paillier with g = n + 1.
///
/// n: big-endian. With hs = h^n mod n^2, which the key's maker publishes, obfuscators are hs^r for short r (Damgård,
/// Jurik, Nielsen 2010, section 4.2); without it they are r^n (Paillier 1999), which is right for everybody's n.
#[pyclass(frozen, module = "coffer._native")]
pub(crate) struct PublicKey {
    pub(crate) key: Arc<he::PublicKey>,
    insecure_for_comparison: bool,
    spare: Spare,
}

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

#[pymethods]
impl PublicKey {
    #[new]
    #[pyo3(signature = (n, hs = None, insecure_for_comparison = false))]
    fn new(py: Python<'_>, n: &[u8], hs: Option<&[u8]>, insecure_for_comparison: bool) -> PyResult<PublicKey> {
        let key = run(py, |_, _| match (insecure_for_comparison, hs) {
            (true, hs) => he::PublicKey::for_comparison(n, hs),
            (false, Some(hs)) => he::PublicKey::new(n, hs),
            (false, None) => he::PublicKey::textbook(n),
        })?;
        Ok(PublicKey::of(key, insecure_for_comparison))
    }

    #[getter]
    fn bits(&self) -> usize {
        self.key.bits()
    }

    /// Bytes of a plaintext: the width of n.
    #[getter]
    fn plaintext_bytes(&self) -> usize {
        self.key.plaintext_bytes()
    }

    /// Bytes of a ciphertext: the width of n^2.
    #[getter]
    fn ciphertext_bytes(&self) -> usize {
        self.key.ciphertext_bytes()
    }

    #[getter]
    fn n<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.key.n_be())
    }

    #[getter]
    fn hs<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.key.hs_be().map(|hs| PyBytes::new(py, &hs))
    }

    #[getter]
    fn insecure_for_comparison(&self) -> bool {
        self.insecure_for_comparison
    }

    /// Checks ciphertexts from outside: each in 0 < c < n^2 and a unit. CiphertextError names the first that is not.
    fn accept(&self, py: Python<'_>, ciphertexts: &[u8]) -> PyResult<()> {
        run(py, |engine, _| Ok(accept(&self.key, engine, ciphertexts)))?.map(drop).map_err(|bad| bad.raised(py))
    }

    /// Two's complement integers of `width` bytes each, of magnitude at most n / 3, encrypted.
    fn encrypt<'py>(&self, py: Python<'py>, plaintexts: &[u8], width: usize) -> Bytes<'py> {
        self.ciphertexts(py, |engine, control| self.key.encrypt(engine, plaintexts, width, control))
    }

    /// Residues, each below n and as wide as it, encrypted.
    fn encrypt_residues<'py>(&self, py: Python<'py>, residues: &[u8]) -> Bytes<'py> {
        self.ciphertexts(py, |engine, control| {
            if residues.len() == self.key.plaintext_bytes() {
                let one = self.key.embed_residues(engine, residues, control)?;
                return self.spare.obfuscate(&self.key, engine, &one, control);
            }
            self.key.encrypt_residues(engine, residues, control)
        })
    }

    /// As `encrypt`, without obfuscation: 1 + m n. Anybody reads m from it.
    fn embed<'py>(&self, py: Python<'py>, plaintexts: &[u8], width: usize) -> Bytes<'py> {
        self.ciphertexts(py, |engine, control| self.key.embed(engine, plaintexts, width, control))
    }

    /// As `encrypt_residues`, without obfuscation.
    fn embed_residues<'py>(&self, py: Python<'py>, residues: &[u8]) -> Bytes<'py> {
        self.ciphertexts(py, |engine, control| self.key.embed_residues(engine, residues, control))
    }

    /// r^n mod n^2 for each given r, below n and as wide as it: the obfuscator that a caller chose.
    fn nth_powers<'py>(&self, py: Python<'py>, r: &[u8]) -> Bytes<'py> {
        let n = self.key.n_be();
        let (narrow, wide) = (self.key.plaintext_bytes(), self.key.ciphertext_bytes());
        let words = run(py, |engine, control| {
            let exponent = Numbers::from_be(narrow, &n)?;
            let n_squared = Modulus::square_of(exponent.item(0))?;
            let mut widened = Vec::with_capacity(r.len() * 2);
            for one in r.chunks(narrow) {
                widened.resize(widened.len() + wide - one.len(), 0);
                widened.extend_from_slice(one);
            }
            let bases = Numbers::from_be(wide, &widened)?;
            Ok(engine.pow_common(&n_squared, &bases, exponent.item(0), control)?.to_be(wide))
        })?;
        Ok(PyBytes::new(py, &words))
    }

    fn obfuscate<'py>(&self, py: Python<'py>, a: &[u8]) -> Bytes<'py> {
        let a = self.trust(py, a)?;
        self.ciphertexts(py, |engine, control| {
            if a.count() == 1 {
                return self.spare.obfuscate(&self.key, engine, &a, control);
            }
            self.key.obfuscate(engine, &a, control)
        })
    }

    fn add<'py>(&self, py: Python<'py>, a: &[u8], b: &[u8]) -> Bytes<'py> {
        let (a, b) = (self.trust(py, a)?, self.trust(py, b)?);
        self.ciphertexts(py, |engine, control| self.key.add(engine, &a, &b, control))
    }

    fn negate<'py>(&self, py: Python<'py>, a: &[u8]) -> Bytes<'py> {
        let a = self.trust(py, a)?;
        self.ciphertexts(py, |engine, control| self.key.negate(engine, &a, control))
    }

    /// Times `factors`: one for all, or one each.
    fn multiply<'py>(&self, py: Python<'py>, a: &[u8], factors: &[u8]) -> Bytes<'py> {
        let (a, factors) = (self.trust(py, a)?, integers(py, factors)?);
        self.ciphertexts(py, |engine, control| self.key.multiply(engine, &a, &factors, control))
    }

    /// Times factors of any size, one each: two's complement, big-endian, `width` bytes.
    fn multiply_wide<'py>(&self, py: Python<'py>, a: &[u8], factors: &[u8], width: usize) -> Bytes<'py> {
        let a = self.trust(py, a)?;
        self.ciphertexts(py, |engine, control| self.key.multiply_wide(engine, &a, factors, width, control))
    }

    /// Each `each` of them in one: the second times 2^shift_bits, the third times 2^(2 shift_bits), and so on. Nothing tells whether they
    /// run into each other: `gather` does.
    fn shift_and_add<'py>(&self, py: Python<'py>, a: &[u8], each: usize, shift_bits: usize) -> Bytes<'py> {
        let a = self.trust(py, a)?;
        self.ciphertexts(py, |engine, control| self.key.shift_and_add(engine, &a, each, shift_bits, control))
    }

    /// Sums of `added` numbers each, in the slots of a packing; the rest as `pack`.
    fn gather<'py>(
        &self,
        py: Python<'py>,
        a: &[u8],
        added: u64,
        modulus_bits: usize,
        value_bits: u32,
        summands: u64,
    ) -> Bytes<'py> {
        let a = self.trust(py, a)?;
        self.ciphertexts(py, |engine, control| {
            Packing::new(modulus_bits, value_bits, summands)?.gather(engine, &*self.key, &a, added, control)
        })
    }

    /// A table, row by row `columns` wide: the sum of each column.
    fn sum_columns<'py>(&self, py: Python<'py>, table: &[u8], columns: usize) -> Bytes<'py> {
        let table = self.trust(py, table)?;
        self.ciphertexts(py, |engine, control| self.key.sum_columns(engine, &table, columns, control))
    }

    fn sum_rows<'py>(&self, py: Python<'py>, table: &[u8], columns: usize) -> Bytes<'py> {
        let table = self.trust(py, table)?;
        self.ciphertexts(py, |engine, control| self.key.sum_rows(engine, &table, columns, control))
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
        let (table, weights) = (self.trust(py, table)?, integers(py, weights)?);
        self.ciphertexts(py, |engine, control| {
            self.key.matrix_product(engine, &table, columns, &weights, outputs, control)
        })
    }

    /// `weights`, machine integers, a row for each output, times the table, `columns` wide.
    fn plaintext_product<'py>(&self, py: Python<'py>, weights: &[u8], table: &[u8], columns: usize) -> Bytes<'py> {
        let (table, weights) = (self.trust(py, table)?, integers(py, weights)?);
        self.ciphertexts(py, |engine, control| self.key.plaintext_product(engine, &weights, &table, columns, control))
    }
}

impl PublicKey {
    pub(crate) fn of(key: he::PublicKey, insecure_for_comparison: bool) -> PublicKey {
        PublicKey { key: Arc::new(key), insecure_for_comparison, spare: Spare::default() }
    }

    pub(crate) fn trust(&self, py: Python<'_>, data: &[u8]) -> PyResult<Ciphertexts> {
        self.key.trust(data).map_err(|e| from_he(py, &e))
    }

    pub(crate) fn ciphertexts<'py>(
        &self,
        py: Python<'py>,
        work: impl FnOnce(&Engine, Control<'_>) -> Result<Ciphertexts, HeError> + Send,
    ) -> Bytes<'py> {
        let bytes = run(py, |engine, control| Ok(work(engine, control)?.to_be()))?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// What is wrong with ciphertexts from outside: their range, which names its element, or a common factor with n.
struct Refused {
    error: HeError,
    no_unit: Option<usize>,
}

impl Refused {
    fn raised(&self, py: Python<'_>) -> PyErr {
        match self.no_unit {
            None => from_he(py, &self.error),
            Some(index) => {
                let what = format!("ciphertext {index} shares a factor with the modulus");
                raise(py, "CiphertextError", &what, Some(index))
            }
        }
    }
}

/// Takes ciphertexts from outside. All at once is cheap; which one is no unit is looked for only where one is.
fn accept(key: &he::PublicKey, engine: &Engine, data: &[u8]) -> Result<Ciphertexts, Refused> {
    key.accept(engine, data).map_err(|error| {
        let no_unit = matches!(error, HeError::NotAUnit).then(|| first_no_unit(key, engine, data));
        Refused { error, no_unit }
    })
}

/// The first of ciphertexts, of which at least one is no unit, that is none: by halves.
fn first_no_unit(key: &he::PublicKey, engine: &Engine, data: &[u8]) -> usize {
    let width = key.ciphertext_bytes();
    let (mut start, mut end) = (0, data.len() / width);
    while end - start > 1 {
        let middle = start + (end - start) / 2;
        match key.accept(engine, &data[start * width..middle * width]) {
            Ok(_) => start = middle,
            Err(_) => end = middle,
        }
    }
    start
}

/// Little-endian 64-bit words.
pub(crate) fn integers(py: Python<'_>, bytes: &[u8]) -> PyResult<Vec<i64>> {
    let (words, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(raise(py, "ShapeError", "machine integers have 8 bytes each", None));
    }
    Ok(words.iter().map(|word| i64::from_le_bytes(*word)).collect())
}
