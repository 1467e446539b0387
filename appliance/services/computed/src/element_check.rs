//! What was sent, element by element: ciphertexts in range and units, elements of their group, bases below the modulus.

use std::sync::Arc;

use engine::Engine;
use he::HeError;
use he::diffie_hellman::Group;
use tonic::Status;

use crate::error::counted_from;
use crate::program::group_of;
use crate::request_error::RequestError;
use crate::session::CheckedJob;
use crate::work::Work;
use crate::workshop::PreparedKey;

#[derive(Clone)]
pub(crate) enum ElementCheck {
    /// Nothing can be wrong with it, or only its computation shows.
    None,
    /// Big-endian numbers as wide as this one, and below it.
    Below(Arc<Vec<u8>>),
    Ciphertexts {
        key: PreparedKey,
        engine: Arc<Engine>,
        /// Ciphertexts in an item.
        each: usize,
    },
    Elements {
        group: Arc<Group>,
        engine: Arc<Engine>,
    },
}

impl ElementCheck {
    pub(crate) fn of(job: &CheckedJob, engine: &Arc<Engine>) -> Result<ElementCheck, Status> {
        match (&job.spec.work, &job.key) {
            (Work::ModularExponentiation { modulus }, _) => Ok(ElementCheck::Below(Arc::new(modulus.clone()))),
            (_, Some(key)) if job.layout.takes_ciphertexts => {
                let each = if matches!(job.spec.work, Work::Add { addend_job: None, .. }) { 2 } else { 1 };
                let key = PreparedKey::open(key).map_err(|e| Status::invalid_argument(e.to_string()))?;
                Ok(ElementCheck::Ciphertexts { key, engine: engine.clone(), each })
            }
            (Work::GroupExponentiation { .. }, Some(key)) => {
                let group = group_of(key.kind).map_err(|e| Status::invalid_argument(e.to_string()))?;
                Ok(ElementCheck::Elements { group: Arc::new(group), engine: engine.clone() })
            }
            _ => Ok(ElementCheck::None),
        }
    }

    /// `first`: the number of the block's first item.
    pub(crate) fn check(&self, block: &[u8], first: usize) -> Result<(), Status> {
        match self {
            ElementCheck::None => Ok(()),
            ElementCheck::Below(modulus) => {
                match block.chunks_exact(modulus.len()).position(|base| base >= modulus.as_slice()) {
                    Some(index) => Err(RequestError::Element { index: first + index }.into()),
                    None => Ok(()),
                }
            }
            ElementCheck::Ciphertexts { key, engine, each } => {
                let invalid = |e: HeError| match e {
                    HeError::CiphertextRange { index } => HeError::CiphertextRange { index: first + index / each },
                    HeError::NotCiphertext { index, what } => {
                        HeError::NotCiphertext { index: first + index / each, what }
                    }
                    e => e,
                };
                key.check(engine, block).map_err(|e| Status::invalid_argument(invalid(e).to_string()))
            }
            ElementCheck::Elements { group, engine } => {
                let checked = group.accept(engine, block).map_err(|e| counted_from(e, first));
                checked.map(drop).map_err(|e| Status::invalid_argument(e.to_string()))
            }
        }
    }
}
