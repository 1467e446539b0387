//! The audit log, read whole and checked as it comes.

use proto::audit::Head;
use proto::v1::GetAuditRequest;
use serde_json::json;

use crate::arguments::Audit;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;

pub(crate) async fn run(client: &mut Client, wanted: Audit, output: &Output) -> Result<(), CliError> {
    let mut stream = client.get_audit(GetAuditRequest {}).await?.into_inner();
    let mut head = Head::default();
    let mut lines = Vec::new();
    while let Some(line) = stream.message().await? {
        head = head.check(&line.line)?;
        if matches!(wanted, Audit::Show) {
            lines.push(line.line);
        }
    }
    let summary = format!("{} lines, the chain is whole, head {}", head.seq, head.previous);
    let text = if lines.is_empty() { summary } else { lines.join("\n") };
    output.result(json!({ "lines": head.seq, "chain": "whole", "head": head.previous, "log": lines }), &text);
    Ok(())
}
