//! What the box says of itself, and what its TPM says, checked here.

use data_encoding::HEXLOWER;
use proto::v1::{GetStatusRequest, Status, Tpm};
use serde_json::{Value, json};
use verifier::Subject;

use crate::appraisal::{self, Shown};
use crate::connect::Connection;
use crate::error::CliError;
use crate::output::Output;
use crate::profile::{Enrolment, Profile};

pub(crate) async fn show(
    connection: &mut Connection,
    profile: &Profile,
    own: &Enrolment,
    output: &Output,
) -> Result<(), CliError> {
    let status = connection.client.get_status(GetStatusRequest { with_tpm: true }).await?.into_inner();
    let shown = appraisal::of(connection, profile, own).await?;
    output.result(as_json(&status, &shown), &as_text(&status, &shown));
    Ok(())
}

fn as_json(status: &Status, shown: &Shown) -> Value {
    let (card, tpm) = (status.card.clone().unwrap_or_default(), status.tpm.clone().unwrap_or_default());
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
        "pcr11": shown.claim(Subject::Image),
        "evidence": shown.as_json(),
        "tpm": {
            "failed": tpm.failed, "failed_max": tpm.failed_max, "interval_s": tpm.interval_s,
            "recovery_s": tpm.recovery_s, "locked": tpm.locked, "pin": tpm.has_pin,
            "planned_pcr7": planned(&tpm),
        },
        "ready_ms": status.ready_ms,
        "jobs_queued": status.jobs_queued,
        "jobs_running": status.jobs_running,
    })
}

fn as_text(status: &Status, shown: &Shown) -> String {
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
         \x20 {}{}",
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
        shown.as_text(),
        tpm_lines(&status.tpm.clone().unwrap_or_default()),
    )
}

/// `None`: no change of Secure Boot is planned.
fn planned(tpm: &Tpm) -> Option<String> {
    (!tpm.planned_pcr7.is_empty()).then(|| HEXLOWER.encode(&tpm.planned_pcr7))
}

/// Nothing that the box itself does counts as a guess.
fn tpm_lines(tpm: &Tpm) -> String {
    let Tpm { failed, failed_max, interval_s, .. } = tpm;
    let pin = if tpm.has_pin { "\n  a PIN is asked for at each start" } else { "" };
    let planned =
        planned(tpm).map(|pcr7| format!("\n  a change of Secure Boot is planned: it opens where PCR 7 is {pcr7}, too"));
    let planned = planned.unwrap_or_default();
    let guesses = match (tpm.locked, failed) {
        (true, _) => format!("\n  TPM LOCKED by {failed} wrong authorizations: one is forgiven every {interval_s} s"),
        (false, 0) => String::new(),
        (false, _) => format!("\n  somebody gave the TPM {failed} wrong authorizations; {failed_max} lock it"),
    };
    let way_out = if *failed == 0 { "" } else { "; `coffer tpm reset-lockout` has all of them forgotten" };
    format!("{pin}{planned}{guesses}{way_out}")
}
