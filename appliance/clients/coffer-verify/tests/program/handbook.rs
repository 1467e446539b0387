//! The commands of the auditor's handbook, as they stand there. Those of blocks marked `box` are the box's part, which evidence-box
//! plays here; the booted tests play it with a box.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::log::Log;
use crate::support::{Desk, text};

const HANDBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/handbook/auditor");

#[test]
fn the_handbooks_commands_do_what_it_says_in_both_languages() {
    let mut commands = Vec::new();
    for language in ["en", "zh"] {
        let text = fs::read_to_string(Path::new(HANDBOOK).join(language).with_extension("md")).unwrap();
        let blocks = blocks(&text);
        run(&blocks);
        // They differ in the language that is asked for alone.
        let plain = blocks.iter().map(|(kind, block)| (kind.clone(), block.replace(" --language zh", "")));
        commands.push(plain.collect::<Vec<_>>());
    }
    assert_eq!(commands[0], commands[1]);
    assert!(commands[0].len() >= 6, "{}", commands[0].len());
}

fn run(blocks: &[(String, String)]) {
    let mut desk = Desk::new();
    let programs = Path::new(env!("CARGO_BIN_EXE_coffer-verify")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    for (kind, block) in blocks {
        if kind == "sh box" {
            answer(&mut desk);
            continue;
        }
        let mut shell = Command::new("bash");
        shell.args(["-euc", block]).current_dir(desk.folder.path()).env("PATH", &path);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{block}\n{}", text(&output));
    }
    assert!(fs::read_to_string(desk.path("report.html")).unwrap().contains("CF-0001"));
}

/// The evidence for the nonce that was made, with the head of a log beside it.
fn answer(desk: &mut Desk) {
    let hex = fs::read_to_string(desk.path("nonce")).unwrap();
    let nonce = data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).unwrap();
    let mut log = Log::new();
    (0..5).for_each(|n| log.add(&format!("job {n}")));
    log.sign(&mut desk.machine);
    fs::write(desk.path("audit.log"), log.lines.join("\n")).unwrap();
    let mut evidence = desk.machine.evidence(&nonce);
    evidence.said.audit_head = log.lines.last().cloned();
    desk.machine.seal(&mut evidence);
    fs::write(desk.path("evidence.cbor"), evidence.to_bytes().unwrap()).unwrap();
}

/// Fenced blocks whose language begins with `sh`.
fn blocks(text: &str) -> Vec<(String, String)> {
    let parts = text.split("```").skip(1).step_by(2);
    let mut found = Vec::new();
    for part in parts {
        let (kind, block) = part.split_once('\n').unwrap();
        if kind.starts_with("sh") {
            found.push((kind.to_string(), block.to_string()));
        }
    }
    found
}
