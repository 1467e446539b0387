//! What the box says of itself, and what its TPM says, checked here.

use attestation::{Quote, Verified, verify};
use proto::v1::{GetStatusRequest, Status, Tpm};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};

use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;

/// Without these a quote says too little: Secure Boot's state, our image, its parameters.
const REQUIRED_PCRS: [u8; 3] = [7, 11, 12];

pub(crate) async fn show(client: &mut Client, output: &Output) -> Result<(), CliError> {
    let mut nonce = [0u8; 32];
    SystemRandom::new().fill(&mut nonce).map_err(|_| CliError::Usage("the system gave no randomness".into()))?;
    let status = client.get_status(GetStatusRequest { nonce: nonce.to_vec() }).await?.into_inner();
    let quote = status.quote.clone().ok_or_else(|| CliError::Answer("it holds no quote".into()))?;
    let quote = Quote {
        attest: quote.attest,
        signature: quote.signature,
        attestation_key: quote.attestation_key,
        pcrs: quote.pcrs.into_iter().map(|p| (p.index.try_into().unwrap_or(u8::MAX), p.sha256)).collect(),
    };
    let verified = verify(&quote, &nonce, &REQUIRED_PCRS)?;
    output.result(as_json(&status, &verified), &as_text(&status, &verified));
    Ok(())
}

fn as_json(status: &Status, quote: &Verified) -> Value {
    let (card, tpm) = (status.card.clone().unwrap_or_default(), status.tpm.unwrap_or_default());
    json!({
        "version": status.version,
        "development": status.development,
        "device_id": status.device_id,
        "secure_boot": status.secure_boot,
        "lockdown": status.lockdown,
        "data_volume": status.data_volume,
        "degraded": status.degraded,
        "engine": status.engine,
        "card": {
            "kind": card.kind, "state": card.state, "interrupts": card.interrupts,
            "dma_bytes": card.dma_bytes, "jobs": card.jobs, "verified": card.verified,
        },
        "pcr11": hex(quote, 11),
        "pcr12": hex(quote, 12),
        "pcr7": hex(quote, 7),
        "quote": "verified",
        "tpm": {
            "failed": tpm.failed, "failed_max": tpm.failed_max, "interval_s": tpm.interval_s,
            "recovery_s": tpm.recovery_s, "locked": tpm.locked,
        },
        "ready_ms": status.ready_ms,
        "jobs_queued": status.jobs_queued,
        "jobs_running": status.jobs_running,
    })
}

fn as_text(status: &Status, quote: &Verified) -> String {
    let card = status.card.clone().unwrap_or_default();
    let development = if status.development { "  DEVELOPMENT: signed with keys that anyone may have\n" } else { "" };
    let state = if status.degraded.is_empty() {
        "operational".into()
    } else {
        format!("degraded: {}", status.degraded.join("; "))
    };
    format!(
        "box {} runs {}, {state}\n{development}\
         \x20 secure boot {} · lockdown {} · data volume {}\n\
         \x20 engine {} · card {} ({}): {} jobs, {} interrupts, {} bytes by DMA, {} batches verified\n\
         \x20 quote verified: PCR 11 {}{}",
        status.device_id,
        status.version,
        if status.secure_boot { "on" } else { "OFF" },
        status.lockdown,
        status.data_volume,
        status.engine,
        card.kind,
        card.state,
        card.jobs,
        card.interrupts,
        card.dma_bytes,
        card.verified,
        hex(quote, 11),
        guesses(&status.tpm.unwrap_or_default()),
    )
}

/// Nothing that the box itself does counts there.
fn guesses(tpm: &Tpm) -> String {
    let Tpm { failed, failed_max, interval_s, .. } = tpm;
    match (tpm.locked, failed) {
        (true, _) => format!("\n  TPM LOCKED by {failed} wrong authorizations: one is forgiven every {interval_s} s"),
        (false, 0) => String::new(),
        (false, _) => format!("\n  somebody gave the TPM {failed} wrong authorizations; {failed_max} lock it"),
    }
}

fn hex(quote: &Verified, index: u8) -> String {
    quote.pcr(index).map(|value| data_encoding::HEXLOWER.encode(value)).unwrap_or_default()
}
