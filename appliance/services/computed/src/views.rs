//! What the service knows, as its messages.

use engine::CardStatus;
use ipc::keyd::{Asked, KeyInfo, KeyKind, KeyName, TpmState};
use proto::v1;

use crate::audit::now;
use crate::clients::Client;
use crate::job::Job;
use crate::limits;
use crate::record::State;
use crate::shared::Shared;

pub(crate) fn status(shared: &Shared, tpm: Option<TpmState>) -> v1::Status {
    let engine = shared.workshop.engine.status();
    let (jobs_queued, jobs_running) = shared.jobs.counts();
    let facts = &shared.facts;
    v1::Status {
        version: facts.version.clone(),
        development: facts.development,
        device_id: shared.identity.device_id.as_str().into(),
        secure_boot: facts.secure_boot,
        lockdown: facts.lockdown.clone(),
        data_volume: facts.data_volume.word().into(),
        degraded: shared.degraded(),
        engine: engine.engine.into(),
        card: Some(card(&engine.card)),
        ready_ms: facts.started_ms,
        jobs_queued,
        jobs_running,
        batches_running: shared.batches.count() as u32,
        kept_bytes: shared.jobs.kept_bytes(None),
        obfuscators_ready: shared.workshop.pool.ready() as u32,
        obfuscators_max: (limits::KEYS_PREPARED * limits::OBFUSCATORS_KEY) as u32,
        tpm: tpm.map(|tpm| v1::Tpm {
            failed: tpm.failed,
            failed_max: tpm.failed_max,
            interval_s: tpm.interval_s,
            recovery_s: tpm.recovery_s,
            locked: tpm.is_locked,
            has_pin: tpm.has_pin,
            planned_pcr7: tpm.planned_pcr7.map(Vec::from).unwrap_or_default(),
        }),
    }
}

pub(crate) fn key(info: KeyInfo) -> v1::Key {
    let state = info.trouble(now()).unwrap_or_default().into();
    let (first, second) = (info.public.n.into_vec(), info.public.hs.into_vec());
    let of_kind = match info.kind {
        KeyKind::Paillier { bits } => v1::Key { paillier_bits: bits, n: first, hs: second, ..Default::default() },
        KeyKind::Rsa { bits } => v1::Key { rsa_bits: bits, n: first, ..Default::default() },
        KeyKind::OkamotoUchiyama { bits } => {
            v1::Key { okamoto_uchiyama_bits: bits, n: first, g: second, ..Default::default() }
        }
        KeyKind::ElGamal => v1::Key { elgamal: true, public_value: first, ..Default::default() },
        KeyKind::DiffieHellman { group } => {
            v1::Key { diffie_hellman_group: group.name().into(), public_value: first, ..Default::default() }
        }
    };
    v1::Key {
        operations: info.operations.as_slice().iter().map(|o| o.name().to_string()).collect(),
        id: info.id.into_string(),
        name: info.name.into_string(),
        owner: info.owner.into_string(),
        created: info.created,
        uses: info.uses,
        e: info.public.e.into_vec(),
        imported: info.imported,
        state,
        uses_max: info.limits.uses_max,
        private_uses: info.private_uses,
        expires: info.limits.expires,
        dual_control: info.limits.dual_control,
        ..of_kind
    }
}

pub(crate) fn open_request(asked: Asked) -> v1::OpenRequest {
    let name = |key: KeyName| v1::KeyName {
        id: key.id.into_string(),
        owner: key.owner.into_string(),
        name: key.name.into_string(),
    };
    v1::OpenRequest {
        id: asked.id.into_string(),
        deed: asked.deed.name().into(),
        by: asked.by.into_string(),
        until: asked.until,
        keys: asked.keys.into_vec().into_iter().map(name).collect(),
        data: asked.data.into_vec(),
        approved: asked.approved,
    }
}

pub(crate) fn job(job: &Job) -> v1::Job {
    let record = job.record();
    let items = record.spec.steps();
    let state = match record.state {
        State::Queued => v1::job::State::Queued,
        State::Running => v1::job::State::Running,
        State::Parked => v1::job::State::Parked,
        State::Done => v1::job::State::Done,
        State::Failed => v1::job::State::Failed,
        State::Cancelled => v1::job::State::Cancelled,
    };
    // A batch that the CPU does again counts twice.
    let done = job.done().min(items);
    v1::Job {
        id: record.id.clone(),
        state: state.into(),
        operation: record.spec.work.name().into(),
        items_done: if record.state == State::Done { items } else { done },
        items,
        error: record.error.clone(),
        rows: record.rows,
        columns: record.columns,
        item_bytes: record.item_bytes,
        engine: record.engine.clone(),
        created: record.created,
        attempts: record.attempts,
        kept_bytes: record.kept_bytes,
        client: record.client.clone(),
    }
}

pub(crate) fn has_ended(job: &v1::Job) -> bool {
    matches!(job.state(), v1::job::State::Done | v1::job::State::Failed | v1::job::State::Cancelled)
}

pub(crate) fn client(client: Client) -> v1::Client {
    v1::Client {
        name: client.name,
        role: client.role.name().into(),
        serial: client.serial,
        expires: client.expires,
        revoked: client.revoked,
        confirmed: client.confirmed,
        void: client.void,
    }
}

fn card(status: &CardStatus) -> v1::Card {
    let (facts, state) = match status {
        CardStatus::Absent { reason } => {
            return v1::Card { kind: "none".into(), state: reason.clone(), ..v1::Card::default() };
        }
        CardStatus::InService(facts) => match facts.troubles().as_slice() {
            [] => (facts, "in service".to_string()),
            out => (facts, format!("in service, without {}", out.join("; "))),
        },
        CardStatus::OutOfService { facts, reason } => (facts, format!("out of service: {reason}")),
    };
    v1::Card {
        kind: facts.kind.clone(),
        state,
        interrupts: facts.interrupts,
        dma_bytes: facts.dma_bytes,
        jobs: facts.jobs,
        verified: facts.verified,
    }
}
