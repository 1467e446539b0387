//! What was sent, element by element: ciphertexts in range and units, bases below the modulus.

use std::sync::Arc;

use engine::Engine;
use he::{HeError, PublicKey};
use tonic::Status;

use crate::request_error::RequestError;
use crate::session::CheckedJob;
use crate::work::Work;
use crate::workshop::open_public;

#[derive(Clone)]
pub(crate) enum ElementCheck {
    /// Nothing can be wrong with it, or only its computation shows.
    None,
    /// Big-endian numbers as wide as this one, and below it.
    Below(Arc<Vec<u8>>),
    Ciphertexts {
        key: Arc<PublicKey>,
        engine: Arc<Engine>,
        /// Ciphertexts in an item.
        each: usize,
    },
}

impl ElementCheck {
    pub(crate) fn of(job: &CheckedJob, engine: &Arc<Engine>) -> Result<ElementCheck, Status> {
        match (&job.spec.work, &job.key) {
            (Work::ModularExponentiation { modulus }, _) => Ok(ElementCheck::Below(Arc::new(modulus.clone()))),
            (_, Some(key)) if job.layout.takes_ciphertexts => {
                let each = job.layout.operand_bytes / (2 * key.public.n.as_slice().len());
                let key = open_public(key).map_err(|e| Status::invalid_argument(e.to_string()))?;
                Ok(ElementCheck::Ciphertexts { key: Arc::new(key), engine: engine.clone(), each })
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
                    e => e,
                };
                key.accept(engine, block).map_err(|e| Status::invalid_argument(invalid(e).to_string()))?;
                Ok(())
            }
        }
    }
}
