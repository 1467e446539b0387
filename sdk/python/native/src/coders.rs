//! The rounding of python-phe, HEU and FATE: floats and integers of any size, for the package's coders.

use he::HeError;
use he::encoding::digits::{self, Like};
use he::encoding::heu;
use he::encoding::ratio::{self, Rounding};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{from_he, raise};

type Bytes<'py> = PyResult<Bound<'py, PyBytes>>;

/// Floats as significands, little-endian 64-bit words, and exponents to the base 16, of 32 bits; exactly.
#[pyfunction]
pub(crate) fn split_floats<'py>(
    py: Python<'py>,
    numbers: &[u8],
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
    let (significands, exponents) = digits::encode(&floats(py, numbers)?).map_err(|e| from_he(py, &e))?;
    let significands: Vec<u8> = significands.iter().flat_map(|s| s.to_le_bytes()).collect();
    let exponents: Vec<u8> = exponents.iter().flat_map(|e| e.to_le_bytes()).collect();
    Ok((PyBytes::new(py, &significands), PyBytes::new(py, &exponents)))
}

/// Significands, two's complement, big-endian, of `width` bytes, with exponents as above, as the floats that `like` decodes them to:
/// "phe" or "fate". RangeError names one that no float holds.
#[pyfunction]
pub(crate) fn joined_floats<'py>(
    py: Python<'py>,
    significands: &[u8],
    width: usize,
    exponents: &[u8],
    like: &str,
) -> Bytes<'py> {
    let like = match like {
        "phe" => Like::Phe,
        "fate" => Like::Fate,
        other => return Err(unknown(py, other)),
    };
    let (exponents, rest) = exponents.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(raise(py, "ShapeError", "exponents have 4 bytes each", None));
    }
    let exponents: Vec<i32> = exponents.iter().map(|e| i32::from_le_bytes(*e)).collect();
    written(py, &digits::decode(significands, width, &exponents, like))
}

/// Integers, two's complement, big-endian, of `width` bytes, over one denominator: as wide, rounded "half-to-even", "half-away" or
/// "towards-zero".
#[pyfunction]
pub(crate) fn rounded_quotients<'py>(
    py: Python<'py>,
    numerators: &[u8],
    width: usize,
    denominator: &[u8],
    rounding: &str,
) -> Bytes<'py> {
    let rounding = match rounding {
        "half-to-even" => Rounding::HalfToEven,
        "half-away" => Rounding::HalfAway,
        "towards-zero" => Rounding::TowardsZero,
        other => return Err(unknown(py, other)),
    };
    let found = ratio::integers(numerators, width, denominator, rounding).map_err(|e| from_he(py, &e))?;
    Ok(PyBytes::new(py, &found))
}

/// The same as the nearest floats. RangeError names one that no float holds.
#[pyfunction]
pub(crate) fn float_quotients<'py>(py: Python<'py>, numerators: &[u8], width: usize, denominator: &[u8]) -> Bytes<'py> {
    written(py, &ratio::floats(numerators, width, denominator))
}

/// Floats times a scale as HEU encodes them: integers, two's complement, big-endian, and the bytes of one. RangeError names one whose
/// product is not finite.
#[pyfunction]
pub(crate) fn heu_integers<'py>(py: Python<'py>, numbers: &[u8], scale: f64) -> PyResult<(Bound<'py, PyBytes>, usize)> {
    let found = heu::encode_floats(&floats(py, numbers)?, scale).map_err(|e| from_he(py, &e))?;
    Ok((PyBytes::new(py, &found), heu::FLOAT_BYTES))
}

fn floats(py: Python<'_>, bytes: &[u8]) -> PyResult<Vec<f64>> {
    let (floats, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(raise(py, "ShapeError", "floats have 8 bytes each", None));
    }
    Ok(floats.iter().map(|x| f64::from_le_bytes(*x)).collect())
}

fn written<'py>(py: Python<'py>, floats: &Result<impl AsRef<[f64]>, HeError>) -> Bytes<'py> {
    let floats = floats.as_ref().map_err(|e| from_he(py, e))?;
    let bytes: Vec<u8> = floats.as_ref().iter().flat_map(|x| x.to_le_bytes()).collect();
    Ok(PyBytes::new(py, &bytes))
}

fn unknown(py: Python<'_>, what: &str) -> PyErr {
    raise(py, "CofferError", &format!("{what:?} is no rounding that is known"), None)
}
