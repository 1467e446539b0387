//! Modular exponentiations: without a key, and with the exponent of a Diffie-Hellman key.

use proto::v1::job_header::Operation;
use proto::v1::{GroupExponentiation, Job, ModularExponentiation};
use serde_json::json;

use crate::connect::Client;
use crate::error::CliError;
use crate::header::header;
use crate::hexadecimal;
use crate::jobs::{Upload, as_json, fetch, submit_and_wait};
use crate::keys;
use crate::output::Output;

/// Powers of all bases, to the same exponent; numbers in hexadecimal.
pub(crate) async fn compute(
    client: &mut Client,
    modulus: &str,
    exponent: &str,
    bases: &[String],
    output: &Output,
) -> Result<(), CliError> {
    let modulus = hexadecimal::decode(modulus)?;
    let operand = as_wide_as(modulus.len(), bases)?;
    let wanted = ModularExponentiation { modulus, exponents: vec![hexadecimal::decode(exponent)?] };
    let header = header(Operation::ModularExponentiation(wanted), bases.len(), 1, "")?;
    let job = submit_and_wait(client, header, Upload::operand(operand), "exponentiation", output).await?;
    show(client, &job, output).await
}

/// Powers of all elements, with the key's exponent; numbers in hexadecimal.
pub(crate) async fn derive(
    client: &mut Client,
    key: &str,
    elements: &[String],
    output: &Output,
) -> Result<(), CliError> {
    let found = keys::find(client, key).await?;
    if found.diffie_hellman_group.is_empty() {
        return Err(CliError::Usage(format!("{key:?} is no Diffie-Hellman key")));
    }
    let operand = as_wide_as(found.public_value.len(), elements)?;
    let wanted = Operation::GroupExponentiation(GroupExponentiation { key_id: found.id });
    let header = header(wanted, elements.len(), 1, "")?;
    let job = submit_and_wait(client, header, Upload::operand(operand), "powers", output).await?;
    show(client, &job, output).await
}

async fn show(client: &mut Client, job: &Job, output: &Output) -> Result<(), CliError> {
    let bytes = fetch(client, job).await?;
    let values: Vec<String> =
        bytes.chunks((job.item_bytes as usize).max(1)).map(|v| data_encoding::HEXLOWER.encode(v)).collect();
    output.result(json!({ "job": as_json(job), "values": values }), &values.join("\n"));
    Ok(())
}

/// The bases one after another, each filled up with zeros to so many bytes.
fn as_wide_as(width: usize, bases: &[String]) -> Result<Vec<u8>, CliError> {
    let mut operand = Vec::with_capacity(width * bases.len());
    for base in bases {
        let base = hexadecimal::decode(base)?;
        let padding =
            width.checked_sub(base.len()).ok_or_else(|| CliError::Usage("a base is longer than the modulus".into()))?;
        operand.extend(std::iter::repeat_n(0, padding));
        operand.extend(base);
    }
    Ok(operand)
}
