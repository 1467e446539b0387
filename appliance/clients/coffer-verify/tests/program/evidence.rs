//! Its answers, its exit status, its files.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use crate::support::{Desk, text};

#[test]
fn it_says_by_its_exit_status_and_in_words_what_an_evidence_comes_to() {
    let desk = Desk::with_evidence();
    let good = desk.verify(&["--serial", "CF-0001", "--html", "report.html", "--json", "ear.json"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good));
    assert!(text(&good).contains("AFFIRMING") && text(&good).contains("CF-0001"), "{}", text(&good));
    let page = fs::read_to_string(desk.path("report.html")).unwrap();
    for piece in ["<svg", "What this box is", "这台设备是什么", "rests on: ", "依据:", "CF-0001", "0.1.0 (release)"]
    {
        assert!(page.contains(piece), "{piece}");
    }
    assert!(!page.contains("<script") && !page.contains("http://localhost") && !page.contains("src="));
    let ear: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("ear.json")).unwrap()).unwrap();
    assert_eq!(ear["ear_status"], "affirming");
    assert_eq!(ear["submods"]["coffer"]["ear_trustworthiness_vector"]["executables"], 2);
    assert!(text(&desk.verify(&["--language", "zh"])).contains("全部检查通过"));

    let other = desk.verify(&["--serial", "CF-0002", "--html", "report.html", "--json", "ear.json"]);
    assert_eq!(other.status.code(), Some(1), "{}", text(&other));
    assert!(text(&other).contains("NOT AFFIRMING: at least one check failed"), "{}", text(&other));
    let ear: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("ear.json")).unwrap()).unwrap();
    assert_eq!(ear["ear_status"], "contraindicated");
    assert!(fs::read_to_string(desk.path("report.html")).unwrap().contains("another one was asked for"));
    fs::remove_file(desk.path("roots/device-record.pem")).unwrap();
    assert_eq!(desk.verify(&[]).status.code(), Some(1));
    fs::remove_dir_all(desk.path("roots/tpm")).unwrap();
    let unknown = desk.verify(&[]);
    assert!(text(&unknown).contains("no roots of TPM makers"), "{}", text(&unknown));
}

#[test]
fn what_is_no_evidence_is_refused_at_once_whatever_its_length() {
    let desk = Desk::with_evidence();
    let refused = |why: &str| {
        let started = Instant::now();
        let output = desk.verify(&[]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(why), "{}", text(&output));
        assert!(started.elapsed() < Duration::from_secs(5));
    };
    let good = fs::read(desk.path("evidence.cbor")).unwrap();
    let evidence = desk.path("evidence.cbor");
    File::create(&evidence).unwrap().set_len(1 << 30).unwrap();
    refused("has more than");
    fs::remove_file(&evidence).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &evidence).unwrap();
    refused("has more than");
    fs::remove_file(&evidence).unwrap();
    refused("evidence.cbor");
    fs::write(&evidence, b"").unwrap();
    refused("it is no evidence");
    fs::write(&evidence, &good[..good.len() - 1]).unwrap();
    refused("it is no evidence");
    fs::write(&evidence, &good).unwrap();
    let short = desk.program().args(["--evidence", "evidence.cbor"]).output().unwrap();
    assert_eq!(short.status.code(), Some(2));
    fs::write(desk.path("roots/tpm/other.pem"), "x").unwrap();
    refused("a certificate can't be read");
}

/// Who reads the first lines alone has the verdict from the exit status.
#[test]
fn a_closed_pipe_changes_no_verdict() {
    let desk = Desk::with_evidence();
    for arguments in [&["unpack", "evidence.cbor", "parts"][..], &["log", "reference.json"]] {
        let judged = desk.program().args(arguments).output().unwrap();
        let mut child = desk.program().args(arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), judged.status.code(), "{arguments:?}");
    }
}
