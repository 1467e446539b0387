//! A job's operation, from its files to its result.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use engine::{Control, Engine, EngineError, Modulus, Numbers, read_be};
use he::{Ciphertexts, HeError, PrivateKey, PublicKey};
use protocols::keyd::{Lease, Operation};
use zeroize::Zeroizing;

use crate::error::KeydError;
use crate::jobs::{Job, Jobs, Record};
use crate::keyd::Keyd;
use crate::request::{Spec, Work};

/// Public keys whose tables are kept.
const KEYS_KEPT: usize = 4;

/// A result and its shape.
pub(crate) struct Outcome {
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    pub(crate) item_bytes: u32,
    /// Decrypted plaintexts among others.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("reading the operand")]
    Operand(#[source] std::io::Error),
    #[error("writing the result")]
    Result(#[source] std::io::Error),
    #[error("the job {0} whose result is an operand is gone")]
    OperandGone(String),
    #[error("keyd")]
    Keyd(#[source] KeydError),
    #[error("the encryption scheme")]
    Scheme(#[from] HeError),
    #[error("the arithmetic engine")]
    Engine(#[from] EngineError),
    #[error("the key's lease holds no private part")]
    NoPrivate,
}

impl RunError {
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(
            self,
            RunError::Engine(EngineError::Cancelled) | RunError::Scheme(HeError::Engine(EngineError::Cancelled))
        )
    }
}

pub(crate) struct Operations {
    engine: Arc<Engine>,
    keyd: Keyd,
    keys: Mutex<Vec<(String, Arc<PublicKey>)>>,
}

impl Operations {
    pub(crate) fn new(engine: Arc<Engine>, keyd: Keyd) -> Operations {
        Operations { engine, keyd, keys: Mutex::new(Vec::new()) }
    }

    pub(crate) fn run(&self, jobs: &Jobs, job: &Job, control: Control<'_>) -> Result<Outcome, RunError> {
        let record = job.record();
        let spec = &record.spec;
        let bytes = operand(jobs, job, &record)?;
        if let Work::ModularExponentiation { modulus, exponents } = &spec.work {
            return self.modexp(spec, modulus, exponents, &bytes, control);
        }
        let operation = match spec.work {
            Work::Encrypt { .. } => Operation::Encrypt,
            Work::Decrypt { .. } => Operation::Decrypt,
            _ => Operation::Evaluate,
        };
        let id = spec.work.key_id().unwrap_or_default();
        let lease = self.keyd.lease(id, &record.client, operation).map_err(RunError::Keyd)?;
        let key = self.public(&lease)?;
        let engine = &*self.engine;
        let columns = spec.columns as usize;
        // What was sent was checked when the job was taken; what this box computed needs no second look.
        let table = || key.trust(&bytes);
        let sealed = |c: Ciphertexts, rows: u32, columns: u32| Outcome {
            rows,
            columns,
            item_bytes: key.ciphertext_bytes() as u32,
            bytes: Zeroizing::new(c.to_be()),
        };
        Ok(match &spec.work {
            Work::Encrypt { .. } => sealed(key.encrypt(engine, &bytes, 8, control)?, spec.rows, spec.columns),
            Work::Decrypt { .. } => {
                let private = lease.private.ok_or(RunError::NoPrivate)?;
                let private = PrivateKey::new(&key, &private.p, &private.q)?;
                let bytes = private.decrypt(engine, &key, &table()?, control)?;
                let item_bytes = key.plaintext_bytes() as u32;
                Outcome { rows: spec.rows, columns: spec.columns, item_bytes, bytes }
            }
            Work::Add { addend_job, .. } => {
                let addend = result_of(jobs, &record.client, addend_job)?;
                sealed(key.add(engine, &table()?, &key.trust(&addend)?, control)?, spec.rows, spec.columns)
            }
            Work::Multiply { plaintexts, .. } => {
                let each: Vec<i64> = plaintexts.iter().copied().cycle().take(spec.items() as usize).collect();
                sealed(key.multiply(engine, &table()?, &each, control)?, spec.rows, spec.columns)
            }
            Work::ColumnSums { .. } => sealed(key.sum_columns(engine, &table()?, columns, control)?, 1, spec.columns),
            Work::MatrixProduct { plaintexts, plaintext_columns, .. } => {
                let outputs = *plaintext_columns as usize;
                let product = key.matrix_product(engine, &table()?, columns, plaintexts, outputs, control)?;
                sealed(product, spec.rows, *plaintext_columns)
            }
            Work::ModularExponentiation { .. } => return Err(RunError::NoPrivate),
        })
    }

    fn modexp(
        &self,
        spec: &Spec,
        modulus: &[u8],
        exponents: &[Vec<u8>],
        bases: &[u8],
        control: Control<'_>,
    ) -> Result<Outcome, RunError> {
        let width = modulus.len();
        let limbs = |bytes: &[u8]| {
            let mut limbs = Zeroizing::new(vec![0; bytes.len().div_ceil(8)]);
            read_be(bytes, &mut limbs);
            limbs
        };
        let modulus = Modulus::new(&limbs(modulus))?;
        let bases = Numbers::from_be(width, bases)?;
        let powers = match exponents {
            [exponent] => self.engine.pow_common(&modulus, &bases, &limbs(exponent), control)?,
            each => {
                let widest = each.iter().map(Vec::len).max().unwrap_or(0).div_ceil(8);
                let mut wide = Numbers::zero(widest, each.len());
                wide.iter_mut().zip(each).for_each(|(wide, exponent)| read_be(exponent, wide));
                self.engine.pow_each(&modulus, &bases, &wide, control)?
            }
        };
        let bytes = Zeroizing::new(powers.to_be(width));
        Ok(Outcome { rows: spec.rows, columns: spec.columns, item_bytes: width as u32, bytes })
    }

    /// The leased key, with the table that an earlier job made.
    fn public(&self, lease: &Lease) -> Result<Arc<PublicKey>, RunError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, key)) = keys.iter().find(|(id, _)| *id == lease.info.id) {
            return Ok(key.clone());
        }
        let key = Arc::new(PublicKey::new(&lease.info.public.n, &lease.info.public.hs)?);
        if keys.len() == KEYS_KEPT {
            keys.remove(0);
        }
        keys.push((lease.info.id.clone(), key.clone()));
        Ok(key)
    }
}

fn operand(jobs: &Jobs, job: &Job, record: &Record) -> Result<Zeroizing<Vec<u8>>, RunError> {
    match &record.spec.operand_job {
        Some(id) => result_of(jobs, &record.client, id),
        None => Ok(Zeroizing::new(fs::read(job.input()).map_err(RunError::Operand)?)),
    }
}

fn result_of(jobs: &Jobs, client: &str, id: &str) -> Result<Zeroizing<Vec<u8>>, RunError> {
    let job = jobs.find(client, id).map_err(|_| RunError::OperandGone(id.to_string()))?;
    Ok(Zeroizing::new(fs::read(job.result()).map_err(RunError::Operand)?))
}
