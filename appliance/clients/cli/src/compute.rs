//! The command `compute`: each of its subcommands as a job, or as several.

use std::path::Path;

use proto::v1::job_header::Operation;
use proto::v1::{
    Add, ColumnSums, Decrypt, Encrypt, Job, MatrixProduct, Obfuscate, PackedDecrypt, PackedEncrypt, Packing,
};
use serde_json::json;

use crate::arguments::{self, Compute};
use crate::connect::Client;
use crate::error::{CliError, file};
use crate::header::header;
use crate::jobs::{Upload, as_json, as_text, fetch, get, submit_and_wait};
use crate::keys;
use crate::operand::{decimals, on_job, with_factors};
use crate::output::Output;
use crate::table;
use crate::{modexp, rsa, whole_table};

pub(crate) async fn run(client: &mut Client, wanted: Compute, output: &Output) -> Result<(), CliError> {
    match wanted {
        Compute::Table { file, key, weights, scale, skip_lines, drop_columns } => {
            let table = table::read(&file, scale, skip_lines, drop_columns)?;
            let weights = table::read_list(&weights, scale)?;
            whole_table::compute(client, &key, &table, weights, scale, output).await
        }
        Compute::Encrypt { file, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let table = table::read(&file, 0, 0, 0)?;
            let encrypt = Operation::Encrypt(Encrypt { key_id, ..Default::default() });
            let header = header(encrypt, table.rows, table.columns, "")?;
            let upload = Upload::operand(table::to_bytes(&table.values));
            let job = submit_and_wait(client, header, upload, "encrypt", output).await?;
            show(&job, output)
        }
        Compute::Decrypt { job, key } => {
            let key_id = keys::find(client, &key).await?.id;
            let decrypted =
                on_job(client, Operation::Decrypt(Decrypt { key_id, ..Default::default() }), &job, "decrypt", output)
                    .await?;
            show_numbers(client, &decrypted, output).await
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
            let plaintext_columns = matrix.columns as u32;
            let product = Operation::MatrixProduct(MatrixProduct { key_id, plaintext_columns, ..Default::default() });
            let job = with_factors(client, product, &job, &matrix.values, "matrix product", output).await?;
            show(&job, output)
        }
        Compute::Pack { file, key, packing } => {
            let key_id = keys::find(client, &key).await?.id;
            let table = table::read(&file, 0, 0, 0)?;
            let pack = Operation::PackedEncrypt(PackedEncrypt { key_id, packing: Some(as_sent(&packing)) });
            let header = header(pack, table.rows, table.columns, "")?;
            let job = submit_and_wait(client, header, Upload::operand(table::to_bytes(&table.values)), "pack", output)
                .await?;
            show(&job, output)
        }
        Compute::Unpack { job, key, packing, columns, added } => {
            let key_id = keys::find(client, &key).await?.id;
            let unpack = PackedDecrypt { key_id, packing: Some(as_sent(&packing)), columns, added };
            let clear = on_job(client, Operation::PackedDecrypt(unpack), &job, "unpack", output).await?;
            show_numbers(client, &clear, output).await
        }
        Compute::Derive { key, elements } => modexp::derive(client, &key, &elements, output).await,
        Compute::Modexp { modulus, exponent, bases } => {
            modexp::compute(client, &modulus, &exponent, &bases, output).await
        }
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

fn as_sent(packing: &arguments::Packing) -> Packing {
    Packing { value_bits: packing.value_bits, summands: packing.summands }
}

/// A job's result, row by row.
async fn show_numbers(client: &mut Client, job: &Job, output: &Output) -> Result<(), CliError> {
    let values = decimals(client, job).await?;
    let lines: Vec<String> = values.chunks(job.columns.max(1) as usize).map(|row| row.join(",")).collect();
    output.result(json!({ "job": as_json(job), "values": values }), &lines.join("\n"));
    Ok(())
}

fn show(job: &Job, output: &Output) -> Result<(), CliError> {
    output.result(as_json(job), &as_text(job));
    Ok(())
}
