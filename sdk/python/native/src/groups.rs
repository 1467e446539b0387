//! Diffie-Hellman, and the packing of many numbers in one plaintext.

use he::HeError;
use he::diffie_hellman::{Group, GroupName, PrivateKey};
use he::packing::Packing;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use secrets::Secret;

use crate::calls::run;
use crate::errors::{from_he, raise};
use crate::public::integers;

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

/// DiffieHellmanKey(group, exponent=None): a private exponent in one of the groups of RFC 3526 and RFC 7919; a new one, or one that
/// `exponent` gave. Wiped with it; what Python is given of it, it owns.
#[pyclass(frozen, module = "coffer._native")]
pub(crate) struct DiffieHellmanKey {
    group: Group,
    key: PrivateKey,
}

#[pymethods]
impl DiffieHellmanKey {
    #[new]
    #[pyo3(signature = (group, exponent = None))]
    fn new(py: Python<'_>, group: &str, exponent: Option<&[u8]>) -> PyResult<DiffieHellmanKey> {
        let group = named(py, group)?;
        let key = run(py, |_, _| match exponent {
            None => PrivateKey::generate(&group),
            Some(exponent) => PrivateKey::import(&group, &Secret::copy_of(exponent)),
        })?;
        Ok(DiffieHellmanKey { group, key })
    }

    /// Bytes of an element: the width of p.
    #[getter]
    fn element_bytes(&self) -> usize {
        self.group.element_bytes()
    }

    /// 2^x mod p.
    #[getter]
    fn public_value<'py>(&self, py: Python<'py>) -> Bytes<'py> {
        let value = run(py, |_, _| Ok(self.key.public_value(&self.group).to_be()))?;
        Ok(PyBytes::new(py, &value))
    }

    /// As bytes that Python owns and does not wipe: for storing a key, not for every day.
    #[getter]
    fn exponent<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.key.export().expose())
    }

    /// Each element, checked, to the power of the exponent. CiphertextError names one that is none of the group's.
    fn derive<'py>(&self, py: Python<'py>, elements: &[u8]) -> Bytes<'py> {
        let powers = run(py, |engine, control| {
            self.key.agree(engine, &self.group, &self.group.accept(engine, elements)?, control)
        })?;
        Ok(PyBytes::new(py, &powers))
    }
}

/// An element of the group for each input, whose logarithm nobody knows. domain: of 1 to 255 bytes; keeps uses apart.
#[pyfunction]
pub(crate) fn hash_to_group<'py>(py: Python<'py>, group: &str, inputs: Vec<Vec<u8>>, domain: &[u8]) -> Bytes<'py> {
    let group = named(py, group)?;
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let elements = run(py, |engine, control| Ok(group.hash(engine, &inputs, domain, control)?.to_be()))?;
    Ok(PyBytes::new(py, &elements))
}

/// Machine integers of magnitude below 2^value_bits, packed into plaintexts for a modulus of so many bits, with room for sums of
/// `summands`; and the bytes of a plaintext: two's complement, big-endian.
#[pyfunction]
pub(crate) fn pack<'py>(
    py: Python<'py>,
    numbers: &[u8],
    modulus_bits: usize,
    value_bits: u32,
    summands: u64,
) -> PyResult<(Bound<'py, PyBytes>, usize)> {
    let numbers = integers(py, numbers)?;
    let packing = Packing::new(modulus_bits, value_bits, summands).map_err(|e| from_he(py, &e))?;
    let packed = packing.pack(&numbers).map_err(|e| match e {
        HeError::EncodingRange { index } => {
            let what = format!("element {index} is not between -2^{value_bits} and 2^{value_bits}, both excluded");
            raise(py, "RangeError", &what, Some(index))
        }
        e => from_he(py, &e),
    })?;
    Ok((PyBytes::new(py, &packed), packing.plaintext_bytes()))
}

/// `count` sums of up to `added` packed numbers: two's complement, big-endian, 16 bytes each. DecryptionRangeError names one that has
/// outgrown its slot.
#[pyfunction]
pub(crate) fn unpack<'py>(
    py: Python<'py>,
    plaintexts: &[u8],
    count: usize,
    added: u64,
    modulus_bits: usize,
    value_bits: u32,
    summands: u64,
) -> Bytes<'py> {
    let packing = Packing::new(modulus_bits, value_bits, summands).map_err(|e| from_he(py, &e))?;
    let sums = packing.unpack(plaintexts, count, added).map_err(|e| match e {
        HeError::Overflow { index } => {
            let what = format!("element {index} has outgrown its slot: more was added up than was stated");
            raise(py, "DecryptionRangeError", &what, Some(index))
        }
        e => from_he(py, &e),
    })?;
    let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_be_bytes()).collect();
    Ok(PyBytes::new(py, &bytes))
}

fn named(py: Python<'_>, name: &str) -> PyResult<Group> {
    let Some(name) = GroupName::named(name) else {
        let known = GroupName::ALL.map(GroupName::name).join(", ");
        return Err(raise(py, "InvalidKeyError", &format!("the group {name:?} is none of {known}"), None));
    };
    Group::new(name).map_err(|e| from_he(py, &e))
}
