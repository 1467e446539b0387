//! A box for a test: its own folder, disk and TPM; the built image; what the tests do to it.
#![forbid(unsafe_code)]

pub mod checks;

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::client::{Client, TableResult};
use harness::{Card, Machine, Settings};
use tempfile::TempDir;

/// An emulated processor on a busy machine is slow, and another box may be running. These end a wait for what does not happen;
/// nothing is said about how long anything takes.
pub const BOOT: Duration = Duration::from_secs(300);
pub const POWER_OFF: Duration = Duration::from_secs(120);
/// For one command of the client's, in seconds.
pub const JOB: u64 = 600;

/// Whether the long form of a test is wanted, as `scripts/test --long` does.
pub fn is_long() -> bool {
    std::env::var_os("COFFER_LONG").is_some()
}

/// A box in a folder of its own.
pub struct Box {
    pub folder: TempDir,
    pub image: PathBuf,
}

impl Box {
    /// Of the test profile, whose programs obey fault commands.
    pub fn test() -> Box {
        Box::of("test")
    }

    pub fn of(profile: &str) -> Box {
        let image = workspace().join("target/image").join(profile);
        assert!(image.join("disk.img").exists(), "no image {profile}: scripts/build {profile} makes it");
        Box { folder: TempDir::new().expect("a folder"), image }
    }

    pub fn settings(&self) -> Settings {
        Machine::settings(&self.image, &self.folder.path().join("box"))
    }

    /// Boots until the services serve.
    pub fn boot(&self, settings: &Settings) -> Machine {
        let machine = settings.start().expect("the emulator starts");
        machine.console().wait_for("coffer: ready", BOOT).expect("the box comes up");
        machine
    }

    /// The first client, which is an administrator, with the code on the console.
    pub fn enrolled(&self, machine: &Machine) -> Client {
        let client = self.client(machine);
        let code = machine.console().wait_value("coffer: pairing code ", BOOT).expect("a pairing code on the console");
        client.enrol(&code).expect("enrolment");
        client
    }

    /// The same client in a later boot.
    pub fn client(&self, machine: &Machine) -> Client {
        self.client_named("client", machine)
    }

    /// Any client, by its folder's name.
    pub fn client_named(&self, name: &str, machine: &Machine) -> Client {
        Client::new(&program("coffer"), &self.folder.path().join(name), machine.ports())
    }
}

/// A table of `rows` x 5 small whole numbers, as a CSV file without a header; and its values.
pub fn table(folder: &Path, rows: usize) -> (PathBuf, Vec<Vec<i64>>) {
    let values: Vec<Vec<i64>> =
        (0..rows).map(|r| (0..5).map(|c| ((r * 31 + c * 17) % 201) as i64 - 100).collect()).collect();
    let text: Vec<String> =
        values.iter().map(|row| row.iter().map(i64::to_string).collect::<Vec<_>>().join(",")).collect();
    let path = folder.join("table.csv");
    std::fs::write(&path, text.join("\n")).expect("a table");
    (path, values)
}

const WEIGHTS: [i64; 5] = [3, -1, 0, 7, -20];

/// Has the box compute on a table of so many rows; gives its answer and the table.
pub fn compute(machine: &Machine, client: &Client, made: &Box, rows: usize) -> (TableResult, Vec<Vec<i64>>) {
    let (path, values) = table(made.folder.path(), rows);
    client.ensure_key("k").expect("it works");
    let weights = WEIGHTS.map(|w| w.to_string()).join(",");
    let words = [
        "compute",
        "table",
        path.to_str().expect("it works"),
        "--key",
        "k",
        "--scale",
        "0",
        &format!("--weights={weights}"),
    ];
    let value = client.call(&words, JOB).unwrap_or_else(|e| {
        // What the box says of it comes a moment later.
        std::thread::sleep(Duration::from_secs(3));
        panic!("{e}; the console: {:#?}", machine.console().lines())
    });
    (serde_json::from_value(value).expect("it works"), values)
}

/// The answer is the one that the values give.
pub fn assert_right(result: &TableResult, values: &[Vec<i64>]) {
    let sums: Vec<String> = (0..5).map(|c| values.iter().map(|row| row[c]).sum::<i64>().to_string()).collect();
    let products: Vec<String> =
        values.iter().map(|row| row.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum::<i64>().to_string()).collect();
    assert_eq!((&result.column_sums, &result.product), (&sums, &products));
}

/// The model of the card, in the slot.
pub fn model() -> Card {
    Card::model(&workspace().join("target/release"))
}

/// The RTL of the card in simulation, in the slot; `cargo build --release -p card-rtl` makes it.
pub fn rtl() -> Card {
    Card::rtl(&workspace().join("target/release"))
}

pub fn program(name: &str) -> PathBuf {
    workspace().join("target/release").join(name)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}
