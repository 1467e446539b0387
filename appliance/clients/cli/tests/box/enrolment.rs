//! Enrolment: nothing is spent in vain, and nothing is replaced unasked.

use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, shown, text};

fn box_file(desk: &Desk, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(desk.config().join(name).join("box.json")).unwrap()).unwrap()
}

#[test]
fn the_ports_that_are_given_are_used_and_kept() {
    let desk = Desk::enrolled();
    assert_eq!(box_file(&desk, "default")["port"], desk.box_.service.port());
    desk.json(&["jobs", "list"]);
    // The service's port alone does not say where the enrolment is.
    let code = desk.box_.code("other");
    let port = desk.box_.service.port().to_string();
    let said = desk.refused(&["--box", "other", "enrol", "--host", "127.0.0.1", "--port", &port, "--code", &code]);
    assert!(said.contains("--enrol-port"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_anything_is_asked() {
    let desk = Desk::new();
    let file = desk.write("a-file", "");
    let code = desk.box_.code("admin");
    let enrol = |config: &str, port: u16| {
        let port = port.to_string();
        let service = desk.box_.service.port().to_string();
        let arguments = [
            "--config",
            config,
            "enrol",
            "--host",
            "127.0.0.1",
            "--port",
            &service,
            "--enrol-port",
            &port,
            "--code",
            &code,
        ];
        std::process::Command::new(env!("CARGO_BIN_EXE_coffer")).args(arguments).output().unwrap()
    };
    // Nobody listens at this port: what is wrong with the folder comes first.
    let refused = enrol(&file, 1);
    assert!(!refused.status.success() && text(&refused).contains(&file), "{}", text(&refused));
    // And where nobody listens, nothing is left in the folder.
    let good = shown(&desk.config());
    assert!(text(&enrol(&good, 1)).contains("connecting"));
    assert_eq!(std::fs::read_dir(desk.config()).unwrap().count(), 0);
    let enrolled = enrol(&good, desk.box_.enrolment.port());
    assert!(enrolled.status.success(), "{}", text(&enrolled));
}

#[test]
fn another_box_does_not_take_a_name_that_is_used() {
    let desk = Desk::enrolled();
    // As if it had been enrolled elsewhere, by another name.
    let path = desk.config().join("default").join("box.json");
    let mut known = box_file(&desk, "default");
    (known["device_id"], known["client"]) = ("ffffffffffffffff".into(), "elsewhere".into());
    std::fs::write(&path, known.to_string()).unwrap();

    let refused = desk.enrol("second", &[]);
    let said = text(&refused);
    assert!(!refused.status.success() && said.contains("ffffffffffffffff") && said.contains("--replace"), "{said}");
    assert_eq!(box_file(&desk, "default"), known);
    let beside = desk.enrol("third", &["--box", "other"]);
    assert!(beside.status.success(), "{}", text(&beside));
    let replaced = desk.enrol("fourth", &["--replace"]);
    let said = text(&replaced);
    assert!(replaced.status.success() && said.contains("is kept: --box default.until-"), "{said}");
    // This box has no TPM, and nobody may miss that.
    assert!(said.contains("NOTHING PROVES WHAT THIS BOX IS"), "{said}");
    assert_eq!(box_file(&desk, "default")["client"], "fourth");
    let kept = said.split("--box ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(box_file(&desk, kept), known);
}

#[test]
fn an_expired_certificate_is_said_in_words() {
    let desk = Desk::new();
    let enrolled = desk.enrol("admin", &["--valid-for", "3"]);
    assert!(enrolled.status.success(), "{}", text(&enrolled));
    std::thread::sleep(Duration::from_secs(4));
    for arguments in [&["keys", "list"][..], &["jobs", "list"], &["compute", "decrypt", "nowhere", "--key", "k"]] {
        let said = desk.refused(arguments);
        assert!(said.contains("your certificate ended on") && said.contains("coffer renew"), "{said}");
    }
    let port = desk.box_.enrolment.port().to_string();
    let renewed = desk.run(&["renew", "--enrol-port", &port]);
    assert!(renewed.status.success(), "{}", text(&renewed));
    desk.json(&["jobs", "list"]);
}
