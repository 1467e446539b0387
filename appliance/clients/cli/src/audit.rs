//! The audit log, read whole and checked as it comes.

use accounts::statement::Action;
use audit_log::{Verdict, Verifier};
use proto::v1::GetAuditRequest;
use serde_json::json;

use crate::arguments::Audit;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::Enrolment;
use crate::proofs::proved;

pub(crate) async fn run(client: &mut Client, own: &Enrolment, wanted: Audit, output: &Output) -> Result<(), CliError> {
    let proof = Some(proved(client, own, Action::ReadAuditLog).await?);
    let mut stream = client.get_audit(GetAuditRequest { from: 0, proof }).await?.into_inner();
    let mut verifier = Verifier::default();
    let mut lines = Vec::new();
    while let Some(line) = stream.message().await? {
        verifier.push(&line.line)?;
        if matches!(wanted, Audit::Show) {
            lines.push(line.line);
        }
    }
    let verdict = verifier.finish();
    let text = if lines.is_empty() { summary(&verdict) } else { lines.join("\n") };
    let Verdict { first, end, hash, covered, losses, gaps, keys, key } = verdict;
    let key = data_encoding::HEXLOWER.encode(&key);
    output.result(
        json!({
            "first": first, "lines": end - first, "chain": "whole", "head": hash, "signed_below": covered, "losses": losses,
            "missing_heads": gaps, "keys": keys,
            "attestation_key": key, "log": lines,
        }),
        &text,
    );
    Ok(())
}

fn summary(verdict: &Verdict) -> String {
    let Verdict { first, end, hash, covered, losses, .. } = verdict;
    let mut text = format!("{} lines, the chain is whole, head {hash}", end - first);
    if *first > 0 {
        text += &format!("; the first one is number {first}: older ones were removed for want of room");
    }
    text += &match covered {
        0 => "; none is covered by a head that the box's TPM signed".into(),
        covered => format!("; those below number {covered} are covered by a head that the box's TPM signed"),
    };
    if verdict.gaps > 0 {
        text += &format!(
            "; {} signed heads are missing: a power cut loses one, and so does whoever takes lines out",
            verdict.gaps
        );
    }
    if verdict.keys > 1 {
        text += &format!("; its heads were signed by {} keys: the box had another TPM", verdict.keys);
    }
    if *losses > 0 {
        text += &format!("; LOST: {losses} times the log was shorter, or another one, than the box remembered");
    }
    text
}
