//! Computing on the box.

use std::path::Path;
use std::time::Instant;

use proto::JOB_VERSION;
use proto::v1::job_header::Operation;
use proto::v1::{Add, ColumnSums, Decrypt, Encrypt, Job, JobHeader, MatrixProduct, ModularExponentiation, Obfuscate};
use serde_json::json;

use crate::arguments::Compute;
use crate::connect::Client;
use crate::error::{CliError, file};
use crate::jobs::{as_json, as_text, fetch, get, submit_and_wait};
use crate::keys;
use crate::output::Output;
use crate::rsa;
use crate::table::{self, Table};

pub(crate) async fn run(client: &mut Client, wanted: Compute, output: &Output) -> Result<(), CliError> {
    match wanted {
        Compute::Table { file, key, weights, scale, skip_lines, drop_columns } => {
            let table = table::read(&file, scale, skip_lines, drop_columns)?;
            let weights = table::read_list(&weights, scale)?;
            whole_table(client, &key, &table, weights, scale, output).await
        }
        Compute::Encrypt { file, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let table = table::read(&file, 0, 0, 0)?;
            let header =
                header(Operation::Encrypt(Encrypt { key_id, ..Default::default() }), table.rows, table.columns, "");
            let job = submit_and_wait(client, header, &table::to_bytes(&table.values), "encrypt", output).await?;
            show(&job, output)
        }
        Compute::Decrypt { job, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let decrypted =
                on_job(client, Operation::Decrypt(Decrypt { key_id, ..Default::default() }), &job, "decrypt", output)
                    .await?;
            let values = decimals(client, &decrypted).await?;
            let lines: Vec<String> =
                values.chunks(decrypted.columns.max(1) as usize).map(|row| row.join(",")).collect();
            output.result(json!({ "job": as_json(&decrypted), "values": values }), &lines.join("\n"));
            Ok(())
        }
        Compute::Obfuscate { job, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let job = on_job(client, Operation::Obfuscate(Obfuscate { key_id }), &job, "obfuscate", output).await?;
            show(&job, output)
        }
        Compute::RsaEncrypt { file, out, key } => rsa::encrypt(client, &file, &out, &key, output).await,
        Compute::RsaDecrypt { file, out, key } => rsa::decrypt(client, &file, &out, &key, output).await,
        Compute::RsaSign { file, signature, key } => rsa::sign(client, &file, &signature, &key, output).await,
        Compute::Add { job, addend, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let job = on_job(client, Operation::Add(Add { key_id, addend_job: addend }), &job, "add", output).await?;
            show(&job, output)
        }
        Compute::Sum { job, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let job = on_job(client, Operation::ColumnSums(ColumnSums { key_id }), &job, "column sums", output).await?;
            show(&job, output)
        }
        Compute::Matmul { job, matrix, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let matrix = table::read(&matrix, 0, 0, 0)?;
            let product = MatrixProduct {
                key_id,
                plaintexts: matrix.values,
                plaintext_columns: matrix.columns as u32,
                ..Default::default()
            };
            let job = on_job(client, Operation::MatrixProduct(product), &job, "matrix product", output).await?;
            show(&job, output)
        }
        Compute::Modexp { modulus, exponent, bases } => modexp(client, &modulus, &exponent, &bases, output).await,
        Compute::Fetch { job, file: path } => {
            let job = get(client, &job).await?;
            let bytes = fetch(client, &job).await?;
            std::fs::write(&path, &bytes).map_err(file("writing", &path))?;
            output
                .result(json!({ "bytes": bytes.len() }), &format!("{} bytes in {}", bytes.len(), Path::display(&path)));
            Ok(())
        }
    }
}

/// The main job. The ciphertexts never leave the box: each step takes the one before as its operand.
async fn whole_table(
    client: &mut Client,
    key: &str,
    table: &Table,
    weights: Vec<i64>,
    scale: u32,
    output: &Output,
) -> Result<(), CliError> {
    if weights.len() != table.columns {
        return Err(CliError::Usage(format!("{} weights for a table of {} columns", weights.len(), table.columns)));
    }
    let key_id = keys::find(client, key).await?.id;
    let (rows, columns) = (table.rows, table.columns);
    let start = Instant::now();
    let mut jobs = Vec::new();

    let wanted =
        header(Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() }), rows, columns, "");
    let encrypted = submit_and_wait(client, wanted, &table::to_bytes(&table.values), "encrypt", output).await?;
    let encrypted_s = start.elapsed().as_secs_f64();
    let wanted = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let sums = on_job(client, wanted, &encrypted.id, "column sums", output).await?;
    let wanted = Operation::MatrixProduct(MatrixProduct {
        key_id: key_id.clone(),
        plaintexts: weights,
        plaintext_columns: 1,
        ..Default::default()
    });
    let product = on_job(client, wanted, &encrypted.id, "product", output).await?;
    let evaluated_s = start.elapsed().as_secs_f64();
    let decrypt = || Operation::Decrypt(Decrypt { key_id: key_id.clone(), ..Default::default() });
    let clear_sums = on_job(client, decrypt(), &sums.id, "decrypt sums", output).await?;
    let clear_product = on_job(client, decrypt(), &product.id, "decrypt product", output).await?;
    let column_sums = decimals(client, &clear_sums).await?;
    let product_values = decimals(client, &clear_product).await?;
    let total_s = start.elapsed().as_secs_f64();

    for job in [&encrypted, &sums, &product, &clear_sums, &clear_product] {
        jobs.push(as_json(job));
        // Best effort: what is left behind expires with the box's own housekeeping, and the result is here.
        let _ = client.delete_job(proto::v1::JobId { id: job.id.clone() }).await;
    }
    let shown = format!("{rows} x {columns} values encrypted, summed, multiplied and decrypted in {total_s:.1} s");
    let value = json!({
        "rows": rows, "columns": columns, "scale_bits": scale, "column_sums": column_sums, "product": product_values, "jobs": jobs,
        "seconds": { "encrypt": encrypted_s, "evaluate": evaluated_s - encrypted_s, "decrypt": total_s - evaluated_s, "total": total_s },
    });
    output.result(value, &format!("{shown}\ncolumn sums (x 2^{scale}): {}", column_sums.join(" ")));
    Ok(())
}

async fn modexp(
    client: &mut Client,
    modulus: &str,
    exponent: &str,
    bases: &[String],
    output: &Output,
) -> Result<(), CliError> {
    let modulus = hexadecimal(modulus)?;
    let width = modulus.len();
    let mut operand = Vec::with_capacity(width * bases.len());
    for base in bases {
        let base = hexadecimal(base)?;
        let padding =
            width.checked_sub(base.len()).ok_or_else(|| CliError::Usage("a base is longer than the modulus".into()))?;
        operand.extend(std::iter::repeat_n(0, padding));
        operand.extend(base);
    }
    let wanted = ModularExponentiation { modulus, exponents: vec![hexadecimal(exponent)?] };
    let header = header(Operation::ModularExponentiation(wanted), bases.len(), 1, "");
    let job = submit_and_wait(client, header, &operand, "exponentiation", output).await?;
    let bytes = fetch(client, &job).await?;
    let values: Vec<String> =
        bytes.chunks((job.item_bytes as usize).max(1)).map(|v| data_encoding::HEXLOWER.encode(v)).collect();
    output.result(json!({ "job": as_json(&job), "values": values }), &values.join("\n"));
    Ok(())
}

async fn on_job(
    client: &mut Client,
    operation: Operation,
    operand: &str,
    name: &str,
    output: &Output,
) -> Result<Job, CliError> {
    let operand = get(client, operand).await?;
    let header = header(operation, operand.rows as usize, operand.columns as usize, &operand.id);
    submit_and_wait(client, header, &[], name, output).await
}

async fn decimals(client: &mut Client, job: &Job) -> Result<Vec<String>, CliError> {
    Ok(table::to_decimals(&fetch(client, job).await?, job.item_bytes as usize))
}

pub(crate) fn header(operation: Operation, rows: usize, columns: usize, operand_job: &str) -> JobHeader {
    JobHeader {
        version: JOB_VERSION,
        operation: Some(operation),
        rows: rows as u32,
        columns: columns as u32,
        operand_job: operand_job.to_string(),
    }
}

fn show(job: &Job, output: &Output) -> Result<(), CliError> {
    output.result(as_json(job), &as_text(job));
    Ok(())
}

pub(crate) fn hexadecimal(text: &str) -> Result<Vec<u8>, CliError> {
    let text = text.trim_start_matches("0x");
    let even = if text.len().is_multiple_of(2) { text.to_string() } else { format!("0{text}") };
    data_encoding::HEXLOWER_PERMISSIVE
        .decode(even.as_bytes())
        .map_err(|_| CliError::Usage(format!("{text:?} is not hexadecimal")))
}
