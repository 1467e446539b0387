//! A box with a card that behaves, a device that nobody here wrote, and a power cut; and the same box with a card that fails.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use end_to_end::{BOOT, Box, JOB, POWER_OFF, assert_right, checks, compute, model, table};
use harness::client::Client;
use harness::{Card, Machine};

/// Jobs of a self-test, and the loading of the first key.
const GOOD_JOBS: u64 = 9;
/// Enough for the card to be worth its check; fewer would be computed on the processor, and the card stay in service.
const ROWS: usize = 80;
/// So many that the power goes long before the job is done.
const LONG: usize = 300;

#[test]
fn a_box_with_a_card() {
    checks::run("a_box_with_a_card", |checks| {
        let made = Box::test();
        let settings = made.settings().card(model());
        let mut machine = checks.step("first_boot", || made.boot(&settings.clone().qemu("-device").qemu("edu")));
        checks.check("read_only_no_foreign_program_no_capability_and_every_jail_closed", || inspect(&machine));
        checks.check("dma_both_ways_and_msi_on_a_foreign_device", || edu(&machine));
        let client = checks.step("enrolment", || made.enrolled(&machine));
        let job = checks.step("power_cut_in_the_middle_of_a_job", || power_cut(&mut machine, &client, &made));
        let mut machine = checks.step("boot_after_the_power_cut", || made.boot(&settings));
        checks.check("the_job_is_not_lost", || finished(&machine, &made.client(&machine), &job));
        checks.step("power_off", || machine.power_off(POWER_OFF).unwrap());
        for (name, mode) in
            [("the_only_card_flips_a_sign_ever_after", "sign-flip"), ("the_only_card_hangs_ever_after", "hang")]
        {
            checks.check(name, || survives(&made, model().with_fault(mode, GOOD_JOBS)));
        }
    });
}

/// What the inside of a running box allows.
fn inspect(machine: &Machine) {
    let console = machine.console();
    console.send_line("inspect").unwrap();
    console.wait_for("inspect: end", BOOT).unwrap();
    let lines: Vec<String> = console.lines().into_iter().filter(|l| l.contains("coffer: inspect: ")).collect();
    let line = |start: &str| lines.iter().find(|l| l.contains(start)).unwrap_or_else(|| panic!("no line {start:?}"));
    assert!(line("write to /").contains("Err(ReadOnlyFilesystem)"));
    for folder in ["/data", "/run", "/dev"] {
        let line = line(&format!("run from {folder}:"));
        assert!(line.contains("refused: PermissionDenied"), "{line}");
    }
    // Nothing is written out: there is nothing to lock in memory.
    let swap = line("inspect: swap");
    assert!(swap.contains("swap none") || swap.contains("swap 0 kB"), "{swap}");
    let processes: Vec<&String> = lines.iter().filter(|l| l.contains("inspect: process ")).collect();
    let names: BTreeSet<&str> = processes.iter().map(|l| l.split_whitespace().nth(4).unwrap()).collect();
    let expected = ["auditd", "computed", "consoled", "init", "keyd", "networkd", "probe-service"];
    assert_eq!(names, BTreeSet::from(expected), "{processes:#?}");
    for process in processes.iter().filter(|p| !p.contains(" init ")) {
        // The table of what each has at run time, in the test's output.
        println!("{process}");
        for want in [
            "CapPrm 0000000000000000",
            "CapEff 0000000000000000",
            "CapBnd 0000000000000000",
            "NoNewPrivs 1",
            "Seccomp 2",
            "memory-of 0",
        ] {
            assert!(process.contains(want), "{want}: {process}");
        }
    }
}

/// The VFIO code against a device that nobody here wrote: QEMU's `edu`.
fn edu(machine: &Machine) {
    let console = machine.console();
    console.send_line("edu").unwrap();
    let (passed, line) = console.wait_for_any(&["edu: passed", "edu: failed"], BOOT).unwrap();
    assert_eq!(passed, 0, "{line}");
    for fact in
        ["edu: identification 0x10000ed", "edu: factorials", "edu: DMA both ways", "edu: nothing from a write beside"]
    {
        assert!(console.find(fact).is_some(), "{fact}: {:#?}", console.lines());
    }
}

/// An accepted job, and the table that it encrypts.
struct Job {
    id: String,
    values: Vec<Vec<i64>>,
}

/// Cuts the power as soon as a job is accepted.
fn power_cut(machine: &mut Machine, client: &Client, made: &Box) -> Job {
    client.ensure_key("k").unwrap();
    let (path, values) = table(made.folder.path(), LONG);
    let submit = {
        let client = client.clone();
        // It loses its connection with the power; the job does not.
        thread::spawn(move || drop(client.call(&["compute", "encrypt", path.to_str().unwrap(), "--key", "k"], JOB)))
    };
    let job = (0..200)
        .find_map(|_| {
            thread::sleep(Duration::from_millis(100));
            let jobs = client.call(&["jobs", "list"], 60).ok()?;
            jobs["jobs"].as_array()?.first().cloned()
        })
        .expect("the job is accepted");
    machine.power_cut();
    submit.join().unwrap();
    assert_ne!(job["state"], "done", "the job is too short for this test");
    Job { id: job["id"].as_str().unwrap().into(), values }
}

fn finished(machine: &Machine, client: &Client, job: &Job) {
    assert_eq!(machine.console().value("coffer: data volume ").as_deref(), Some("unsealed"));
    client.call(&["jobs", "watch", &job.id], JOB).expect("the accepted job is finished after the restart");
    let clear = client.call(&["compute", "decrypt", &job.id, "--key", "k"], JOB).unwrap();
    let expected: Vec<String> = job.values.iter().flatten().map(i64::to_string).collect();
    assert_eq!(clear["values"], serde_json::json!(expected));
    assert_eq!(client.call(&["audit", "verify"], 60).unwrap()["chain"], "whole");
}

/// Boots with a card that behaves, and then not; the result is right all the same, and the card is out of service.
fn survives(made: &Box, card: Card) {
    let machine = made.boot(&made.settings().card(card));
    let client = made.client(&machine);
    assert_eq!(client.status().unwrap().card.kind, "model");
    let (result, values) = compute(&machine, &client, made, ROWS);
    assert_right(&result, &values);
    let status = client.call(&["status"], 60).unwrap();
    assert_ne!(status["card"]["state"], "in service", "{status:#}");
    assert!(client.call(&["audit", "verify"], 60).is_ok());
}
