//! Prometheus' text format.

use std::fmt::Write;

use engine::{CardFacts, CardStatus, EngineStatus};

use crate::tally::Counts;

/// What the counters are read from.
pub struct State {
    pub engine: EngineStatus,
    pub queued: u32,
    pub running: u32,
    pub batches: usize,
    pub kept: usize,
    pub kept_bytes: u64,
    pub obfuscators: usize,
    pub clients: usize,
    pub degraded: usize,
    /// By operation and path ("job", "batch").
    pub operations: Vec<((&'static str, &'static str), Counts)>,
}

/// The counters that an operator's monitoring scrapes.
pub fn render(state: &State) -> String {
    let mut text = String::new();
    let mut put = |name: &str, kind: &str, help: &str, value: u64| {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
    };
    let (facts, in_service) = match &state.engine.card {
        CardStatus::Absent { .. } => (None, 0),
        CardStatus::InService(facts) => (Some(facts), facts.cards.iter().filter(|c| c.trouble.is_none()).count()),
        CardStatus::OutOfService { facts, .. } => (Some(facts), 0),
    };
    let card = |value: fn(&CardFacts) -> u64| facts.map_or(0, value);
    put("coffer_jobs_queued", "gauge", "Jobs that wait.", state.queued.into());
    put("coffer_jobs_running", "gauge", "Jobs that run.", state.running.into());
    put("coffer_batches_running", "gauge", "Interactive batches going on.", state.batches as u64);
    put("coffer_jobs_kept", "gauge", "Jobs on the disk, ended ones among them.", state.kept as u64);
    put("coffer_kept_bytes", "gauge", "Bytes of the results on the disk.", state.kept_bytes);
    put("coffer_obfuscators_ready", "gauge", "Obfuscators computed in idle time.", state.obfuscators as u64);
    put("coffer_clients", "gauge", "Client certificates issued.", state.clients as u64);
    put("coffer_degraded_reasons", "gauge", "Reasons for which the box is degraded.", state.degraded as u64);
    put("coffer_cpu_threads", "gauge", "Threads of the portable engine.", state.engine.threads as u64);
    put("coffer_card_in_service", "gauge", "Cards that are used.", in_service as u64);
    put("coffer_card_jobs_total", "counter", "Jobs that the card completed.", card(|f| f.jobs));
    put("coffer_card_interrupts_total", "counter", "Interrupts of the card.", card(|f| f.interrupts));
    put("coffer_card_dma_bytes_total", "counter", "Bytes that the card moved.", card(|f| f.dma_bytes));
    put("coffer_card_failures_total", "counter", "Times that a card was taken out of service.", card(|f| f.failures));
    put("coffer_card_verified_total", "counter", "Batches of the card found right.", card(|f| f.verified));
    text + &by_operation(state)
}

fn by_operation(state: &State) -> String {
    let mut text = String::new();
    let mut family = |name: &str, help: &str, value: fn(&Counts) -> f64| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n");
        for ((operation, path), counts) in &state.operations {
            let _ = writeln!(text, "{name}{{operation=\"{operation}\",path=\"{path}\"}} {}", value(counts));
        }
    };
    family("coffer_operations_total", "Jobs and batches that came to a result.", |c| c.runs as f64);
    family("coffer_operation_items_total", "Items of their operands.", |c| c.items as f64);
    family("coffer_operation_seconds_total", "Seconds they took, waiting for turns included.", |c| {
        c.time.as_secs_f64()
    });
    text
}
