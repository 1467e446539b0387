//! Prometheus' text format.

use std::fmt::Write;

use engine::{CardStatus, EngineStatus};

/// The counters that an operator's monitoring scrapes.
pub fn render(
    engine: &EngineStatus,
    queued: u32,
    running: u32,
    kept: usize,
    clients: usize,
    degraded: usize,
) -> String {
    let mut text = String::new();
    let mut put = |name: &str, kind: &str, help: &str, value: u64| {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    };
    let (facts, in_service) = match &engine.card {
        CardStatus::Absent { .. } => (None, 0),
        CardStatus::InService(facts) => (Some(facts), 1),
        CardStatus::OutOfService { facts, .. } => (Some(facts), 0),
    };
    let card = |value: fn(&engine::CardFacts) -> u64| facts.map_or(0, value);
    put("coffer_jobs_queued", "gauge", "Jobs that wait.", queued.into());
    put("coffer_jobs_running", "gauge", "Jobs that run.", running.into());
    put("coffer_jobs_kept", "gauge", "Jobs on the disk, ended ones among them.", kept as u64);
    put("coffer_clients", "gauge", "Client certificates issued.", clients as u64);
    put("coffer_degraded_reasons", "gauge", "Reasons for which the box is degraded.", degraded as u64);
    put("coffer_cpu_threads", "gauge", "Threads of the portable engine.", engine.threads as u64);
    put("coffer_card_in_service", "gauge", "1 while a card is used.", in_service);
    put("coffer_card_jobs_total", "counter", "Jobs that the card completed.", card(|f| f.jobs));
    put("coffer_card_interrupts_total", "counter", "Interrupts of the card.", card(|f| f.interrupts));
    put("coffer_card_dma_bytes_total", "counter", "Bytes that the card moved.", card(|f| f.dma_bytes));
    put("coffer_card_verified_total", "counter", "Batches of the card found right.", card(|f| f.verified));
    text
}
