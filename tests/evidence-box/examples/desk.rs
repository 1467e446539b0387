//! An auditor's folder, to try coffer-verify with: scripts/in-root cargo run -p evidence-box --example desk -- FOLDER
#![allow(clippy::unwrap_used, reason = "a developer's helper")]

use std::fs;
use std::path::PathBuf;

use evidence_box::{Machine, Start, Vendor};

const NONCE: [u8; 32] = [0xa5; 32];

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    fs::create_dir_all(folder.join("roots/tpm")).unwrap();
    fs::copy(machine.software.authority().0, folder.join("roots/tpm/maker.pem")).unwrap();
    fs::write(folder.join("roots/release.pem"), vendor.public("release")).unwrap();
    fs::write(folder.join("roots/device-record.pem"), vendor.public("device-record")).unwrap();
    fs::write(folder.join("auditor.key"), vendor.private("auditor")).unwrap();
    fs::write(folder.join("auditor.pem"), vendor.public("auditor")).unwrap();
    fs::write(folder.join("reference.json"), vendor.signed_values(&Vendor::values())).unwrap();
    for name in ["evidence", "later"] {
        let evidence = machine.evidence(&NONCE);
        let shown = &evidence.service_key.as_ref().unwrap().certificate;
        // What the box would show to whoever connects.
        fs::write(folder.join(name).with_extension("der"), shown).unwrap();
        fs::write(folder.join(name).with_extension("cbor"), evidence.to_bytes().unwrap()).unwrap();
    }
    // A box that says of itself what is meant to be more than text.
    let mut start = Start::recorded();
    let said = "<script>document.title = 'taken'</script><img src=\"http://127.0.0.1:9/seen\">";
    start.own.push((15, said.into()));
    machine.restart(start);
    fs::write(folder.join("hostile.cbor"), machine.evidence(&NONCE).to_bytes().unwrap()).unwrap();
    println!(
        "coffer-verify --evidence evidence.cbor --reference reference.json --roots roots --nonce {}",
        "a5".repeat(32)
    );
}
