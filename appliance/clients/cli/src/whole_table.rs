//! The main job: a table encrypted, its columns summed and multiplied by weights, and what came of it decrypted.

use std::time::Instant;

use proto::v1::job_header::Operation;
use proto::v1::{ColumnSums, Decrypt, Encrypt, JobId, MatrixProduct};
use serde_json::json;

use crate::connect::Client;
use crate::error::CliError;
use crate::header::header;
use crate::jobs::{Upload, as_json, submit_and_wait};
use crate::keys;
use crate::operand::{decimals, on_job, with_factors};
use crate::output::Output;
use crate::table::{self, Table};

/// The ciphertexts never leave the box: each step takes the one before as its operand.
pub(crate) async fn compute(
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
        header(Operation::Encrypt(Encrypt { key_id: key_id.clone(), ..Default::default() }), rows, columns, "")?;
    let upload = Upload::operand(table::to_bytes(&table.values));
    let encrypted = submit_and_wait(client, wanted, upload, "encrypt", output).await?;
    let encrypted_s = start.elapsed().as_secs_f64();
    let wanted = Operation::ColumnSums(ColumnSums { key_id: key_id.clone() });
    let sums = on_job(client, wanted, &encrypted.id, "column sums", output).await?;
    let wanted =
        Operation::MatrixProduct(MatrixProduct { key_id: key_id.clone(), plaintext_columns: 1, ..Default::default() });
    let product = with_factors(client, wanted, &encrypted.id, &weights, "product", output).await?;
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
        let _ = client.delete_job(JobId { id: job.id.clone() }).await;
    }
    let shown = format!("{rows} x {columns} values encrypted, summed, multiplied and decrypted in {total_s:.1} s");
    let value = json!({
        "rows": rows, "columns": columns, "scale_bits": scale, "column_sums": column_sums, "product": product_values, "jobs": jobs,
        "seconds": { "encrypt": encrypted_s, "evaluate": evaluated_s - encrypted_s, "decrypt": total_s - evaluated_s, "total": total_s },
    });
    output.result(value, &format!("{shown}\ncolumn sums (x 2^{scale}): {}", column_sums.join(" ")));
    Ok(())
}
