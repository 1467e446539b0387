//! Errors as the exceptions of `coffer.errors`.

use engine::EngineError;
use he::HeError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Raises the class of this name in `coffer.errors`, with the index of the element that is at fault.
pub(crate) fn raise(py: Python<'_>, class: &str, message: &str, index: Option<usize>) -> PyErr {
    let made = || {
        let class = py.import("coffer.errors")?.getattr(class)?;
        let named = PyDict::new(py);
        if let Some(index) = index {
            named.set_item("index", index)?;
        }
        class.call((message,), Some(&named))
    };
    match made() {
        Ok(exception) => PyErr::from_value(exception),
        // The package is broken; what went wrong is still said.
        Err(_) => PyRuntimeError::new_err(message.to_string()),
    }
}

pub(crate) fn from_he(py: Python<'_>, error: &HeError) -> PyErr {
    let (class, index) = class_of(error);
    raise(py, class, &error_chain::chain(error), index)
}

fn class_of(error: &HeError) -> (&'static str, Option<usize>) {
    match error {
        HeError::KeyBits { .. } | HeError::Key { .. } => ("InvalidKeyError", None),
        HeError::PlaintextRange { index }
        | HeError::ResidueRange { index }
        | HeError::PlaintextBits { index, .. }
        | HeError::NotFinite { index }
        | HeError::EncodingRange { index }
        | HeError::DecodingRange { index } => ("RangeError", Some(*index)),
        HeError::Overflow { index } | HeError::Decryption { index } => ("DecryptionRangeError", Some(*index)),
        HeError::CiphertextRange { index } | HeError::NotCiphertext { index, .. } | HeError::NotAnElement { index } => {
            ("CiphertextError", Some(*index))
        }
        HeError::CiphertextWidth { .. } | HeError::ElementWidth { .. } | HeError::NotAUnit => ("CiphertextError", None),
        HeError::PlaintextWidth { .. } | HeError::Shape { .. } => ("ShapeError", None),
        HeError::Engine(e) => of_engine(e),
        _ => ("CofferError", None),
    }
}

fn of_engine(error: &EngineError) -> (&'static str, Option<usize>) {
    match error {
        EngineError::EvenModulus | EngineError::Width { .. } => ("InvalidKeyError", None),
        EngineError::NotReduced { index } => ("CiphertextError", Some(*index)),
        EngineError::NotInvertible => ("CiphertextError", None),
        EngineError::Shape { .. } => ("ShapeError", None),
        _ => ("CofferError", None),
    }
}
