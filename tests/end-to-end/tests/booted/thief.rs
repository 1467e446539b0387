//! The thief has the machine with its TPM, its disk, and what the vendor published. He starts a system of his own, without Secure
//! Boot or with keys of his own in the firmware, and extends PCR 11 with the public hashes. By the policy that Coffer had once,
//! PCR 11 and 12, everything opens (the control); by the one that it has, nothing, in neither phase.
//!
//! `keyd/tests/swtpm/thief.rs` goes the same way without a firmware, and shows that these steps open what is sealed where PCR 7 is
//! as it was approved of.

mod system;

use std::path::Path;
use std::process::{Command, Stdio};

use attestation::own_log::PHASES;
use attestation::{Evidence, event_log};
use data_volume::{Contents, read};
use end_to_end::{BOOT, Box, JOB, POWER_OFF, checks};
use harness::disk::{extract_data_volume, kernel, read_uki};
use harness::{Settings, firmware};
use imager::keys::PolicyPhase;
use imager::pcr;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use system::{Loot, pack, signed};

#[test]
fn a_thief_with_a_system_of_his_own() {
    checks::run("a_thief_with_a_system_of_his_own", |checks| {
        let made = Box::test();
        let settings = made.settings();
        let firmware_log = checks.step("the_box_is_set_up_and_shows_its_log", || {
            let mut machine = made.boot(&settings);
            let client = made.enrolled(&machine);
            let out = made.folder.path().join("evidence");
            let words = ["attest", "--nonce", &"ab".repeat(16), "--out", out.to_str().unwrap()];
            client.call(&words, JOB).unwrap();
            machine.power_off(POWER_OFF).unwrap();
            Evidence::from_bytes(&std::fs::read(out).unwrap()).unwrap().firmware_log
        });
        let loot = [early(&settings, &firmware_log), ready(&settings)];
        let image = pack(&loot, made.folder.path());
        let bare = made.folder.path().join("kernel");
        std::fs::write(&bare, kernel(&settings.disk()).unwrap()).unwrap();

        checks.check("with_secure_boot_off", || {
            let thief = settings.with_disk_in(&made.folder.path().join("off")).unwrap();
            firmware::switch_secure_boot_off(&thief).unwrap();
            tries_everything(&thief, &bare, &image);
        });
        checks.check("with_keys_of_his_own", || {
            let thief = settings.with_disk_in(&made.folder.path().join("own")).unwrap();
            let (key, certificate) = (made.folder.path().join("own.key"), made.folder.path().join("own.crt"));
            let own = made.folder.path().join("own.kernel");
            make_key(&key, &certificate);
            let mut sign = Command::new("sbsign");
            sign.arg("--key").arg(&key).arg("--cert").arg(&certificate).arg("--output").arg(&own).arg(&bare);
            assert!(sign.stderr(Stdio::null()).status().unwrap().success());
            firmware::enrol(&thief, &certificate).unwrap();
            tries_everything(&thief, &own, &image);
        });
        checks.check("the_box_opens_as_before", || {
            made.boot(&settings).power_off(POWER_OFF).unwrap();
        });
    });
}

/// His system, started by the firmware out of the emulator's hands, so that nothing is measured into PCR 11 and 12.
fn tries_everything(settings: &Settings, kernel: &Path, image: &Path) {
    std::fs::File::create(settings.disk()).unwrap().set_len(1 << 20).unwrap();
    let words = "console=ttyS0 loglevel=3 rdinit=/bin/sh -- /script";
    let settings = ["-kernel", kernel.to_str().unwrap(), "-initrd", image.to_str().unwrap(), "-append", words]
        .into_iter()
        .fold(settings.clone(), |settings, argument| settings.qemu(argument));
    let machine = settings.start().unwrap();
    let console = machine.console();
    console.wait_for("thief: has tried everything", BOOT).unwrap();
    let said: Vec<String> = console.lines().into_iter().filter(|line| line.contains("thief: ")).collect();
    let says = |what: &str| said.iter().any(|line| line.contains(what));
    for phase in ["pcr-early", "pcr-ready"] {
        assert!(says(&format!("{phase} by the old policy OPENS")), "the control: {said:#?}");
        // The vendor's signature and the security version were as they must be: it is PCR 7 that is not.
        assert!(says(&format!("{phase} by our policy refused at policyauthorizenv")), "{said:#?}");
    }
    assert!(says("pcr-early, the box's own key refused at policyauthorizenv"), "{said:#?}");
    assert_eq!(said.iter().filter(|line| line.contains("OPENS")).count(), 2, "{said:#?}");
}

/// What seals the data volume: its object is in the header.
fn early(settings: &Settings, firmware_log: &[u8]) -> Loot {
    let events = event_log::read(firmware_log).unwrap();
    let of_the_image = events.iter().filter(|event| event.pcr == 11).map(|event| event.digest);
    let partition = settings.disk().with_extension("partition");
    extract_data_volume(&settings.disk(), &partition).unwrap();
    let Contents::Volume(mut volume) = read(&partition, &mut || ()).unwrap() else { panic!("no data volume") };
    let sealed: Value = volume.sealed().unwrap();
    let part = |name: &str| sealed[name].as_str().unwrap().to_string();
    Loot {
        extended: of_the_image.chain([phase(PHASES[0])]).collect(),
        sealed: Some((part("public"), part("private"))),
        ..published(settings, PolicyPhase::Early, "0x01800112", 0)
    }
}

/// What the services seal by; what they sealed is on the volume.
fn ready(settings: &Settings) -> Loot {
    Loot {
        extended: PHASES[1..].iter().map(|name| phase(name)).collect(),
        ..published(settings, PolicyPhase::Ready, "0x01800113", 1)
    }
}

fn published(settings: &Settings, phase: PolicyPhase, index: &'static str, number: usize) -> Loot {
    let keys = Path::new(&std::env::var("COFFER_CACHE").unwrap()).join("keys/development");
    let policies = pcr::section(&read_uki(&settings.disk()).unwrap(), ".pcrsig").unwrap().unwrap();
    Loot {
        vendor: std::fs::read_to_string(keys.join(format!("{}.pub", phase.name()))).unwrap(),
        policy: signed(&policies, number),
        phase,
        index,
        extended: Vec::new(),
        sealed: None,
    }
}

fn phase(name: &str) -> [u8; 32] {
    digest(&SHA256, name.as_bytes()).as_ref().try_into().unwrap()
}

fn make_key(key: &Path, certificate: &Path) {
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=thief/", "-days", "30"]);
    command.arg("-keyout").arg(key).arg("-out").arg(certificate);
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
}
