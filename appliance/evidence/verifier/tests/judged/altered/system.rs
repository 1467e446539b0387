//! What was started: checks 10 and 11.

use attestation::own_log::{self, Loaded};
use attestation::{ReferenceValues, Signed};
use evidence_box::{Start, Vendor};
use verifier::{Input, appraise};

use super::Court;
use crate::support::NONCE;

const EV_IPL: u32 = 0x0d;
const APPLICATION: u32 = 0x8000_0003;

/// Check 10: the log says something else than was extended.
pub(super) fn logged(court: &mut Court) {
    fn log(change: impl FnOnce(&mut Start)) -> (Vec<u8>, Vec<u8>) {
        let mut start = Start::recorded();
        change(&mut start);
        (start.firmware_log(), start.own_log())
    }
    let (changed, _) = log(|s| s.event(4, APPLICATION).digest[0] ^= 1);
    let (dropped, _) = log(|s| drop(s.firmware.remove(9)));
    let (added, _) = log(|s| s.firmware.insert(9, s.firmware[9].clone()));
    let (moved, _) = log(|s| s.swap(11));
    for (what, log) in [
        ("a firmware's event that was changed", changed),
        ("a firmware's event that was dropped", dropped),
        ("a firmware's event that was added", added),
        ("two firmware's events that were swapped", moved),
    ] {
        let evidence = court.lie(|e| e.firmware_log = log);
        court.refuse(what, &evidence, 10, "Replay");
    }
    let hidden = court.start(|s| s.unlogged.push((15, [1; 32])));
    court.refuse("something that was extended and not logged", &hidden, 10, "Replay");
    court.machine.restart(Start::recorded());
    let (_, shorter) = log(|s| drop(s.own.pop()));
    let shorter = court.lie(|e| e.own_log = shorter);
    court.refuse("an event of the box's own log that was dropped", &shorter, 10, "Replay");
    let none = court.lie(|e| e.own_log.clear());
    court.refuse("no log of the box's own", &none, 10, "Replay");
    let other = court.lie(|e| *e.own_log.last_mut().unwrap() ^= 1);
    court.refuse("a text of the box's own log that was changed", &other, 10, "Log");
    let cut = court.lie(|e| e.own_log.truncate(e.own_log.len() - 1));
    court.refuse("a log of the box's own that is cut", &cut, 10, "Log");
    let cut = court.lie(|e| e.firmware_log.truncate(e.firmware_log.len() - 1));
    court.refuse("a firmware's log that is cut", &cut, 10, "Log");
    let none = court.lie(|e| e.firmware_log.clear());
    court.refuse("no log of the firmware's", &none, 10, "NoFirmwareLog");
    let sha1 = court.lie(|e| e.firmware_log[60] = 4);
    court.refuse("a firmware's log of another bank", &sha1, 10, "Log");
    let own = [own_log::record(12, "free"), court.lie(|_| {}).own_log].concat();
    let own = court.lie(|e| e.own_log = own);
    court.refuse("a record that the box's own log cannot have", &own, 10, "Replay");
    let unknown = court.start(|s| s.own.push((15, "debugger=on".into())));
    court.refuse("something loaded that nobody knows", &unknown, 10, "LoadedUnknown");
}

/// Check 11: all is logged as it happened, and what happened is not what the release does.
pub(super) fn started(court: &mut Court) {
    let off = court.start(|s| {
        s.rewrite(7, |data| {
            if data.len() == 53 {
                data[52] = 0
            }
        })
    });
    court.refuse("Secure Boot off", &off, 11, "SecureBootOff");
    for (name, length) in [("PK", 2u8), ("KEK", 3)] {
        let other = court.start(|s| s.rewrite(7, |data| flip(data, name, length)));
        court.refuse(&format!("another {name}"), &other, 11, "SecureBootKeys");
    }
    let other = court.start(|s| s.rewrite(7, |data| flip(data, "db", 2)));
    court.refuse("an unknown key in db", &other, 11, "SecureBootKeys");
    let more = court.start(|s| s.rewrite(7, second_list));
    court.refuse("one key more in db", &more, 11, "SecureBootKeys");
    let shim = court.start(|s| s.event(7, 0x8000_00e0).rename("dc"));
    court.refuse("something started by keys of a boot loader's own", &shim, 11, "SecureBootLog");
    let hearsay = court.start(|s| s.event(7, 0x8000_0001).data[52] = 0);
    court.refuse("a variable that is logged otherwise than it was measured", &hearsay, 11, "SecureBootLog");
    let twice = court.start(|s| s.firmware.insert(4, s.firmware[4].clone()));
    court.refuse("a variable that was measured twice", &twice, 11, "SecureBootLog");
    let foreign = court.start(|s| {
        let mut program = s.event(4, APPLICATION).clone();
        program.digest = [9; 32];
        s.firmware.push(program);
    });
    court.refuse("a program that is not the release's", &foreign, 11, "ProgramUnknown");
    let disguised = court.start(|s| {
        let mut program = s.event(4, APPLICATION).clone();
        (program.digest, program.kind) = ([9; 32], 4);
        s.firmware.push(program);
    });
    court.refuse("the same, said to be a separator", &disguised, 11, "ProgramUnknown");
    let unclear = court.start(|s| {
        let mut saying = s.event(4, 0x8000_0007).clone();
        saying.data = b"Booting what I like".to_vec();
        saying.digest = own_log::digest("Booting what I like");
        s.firmware.push(saying);
    });
    court.refuse("a saying of the firmware's that nobody knows", &unclear, 11, "Pcr4Event");
    let missing = court.start(|s| {
        let at = s.firmware.iter().rposition(|r| r.kind == APPLICATION).unwrap();
        s.firmware.remove(at);
    });
    court.refuse("a boot without the release's image", &missing, 11, "ProgramMissing");
    let image = court.start(|s| s.event(11, EV_IPL).digest[0] ^= 1);
    court.refuse("another image", &image, 11, "Pcr11Other");
    for pcr in [12, 13, 14] {
        let extra = court.start(|s| {
            let mut record = s.event(11, EV_IPL).clone();
            record.pcr = pcr;
            s.firmware.push(record);
        });
        court.refuse(&format!("PCR {pcr} that is not zero"), &extra, 11, "PcrNotZero");
    }
    let early = court.start(|s| s.own.retain(|(_, text)| text != "ready"));
    court.refuse("a box that is not up", &early, 11, "Phases");
    let late = court.start(|s| s.own.push((11, "shutdown".into())));
    court.refuse("a box that goes down", &late, 11, "Phases");
    let services = Loaded::Services([1; 32]).text();
    let services = court.start(|s| {
        s.own.iter_mut().filter(|(_, t)| t.starts_with("services=")).for_each(|(_, t)| *t = services.clone());
    });
    court.refuse("another table of services", &services, 11, "ServicesOther");
    let second = court.start(|s| s.own.push((15, Loaded::Services([1; 32]).text())));
    court.refuse("a second table of services", &second, 11, "ServicesOther");
    let none = court.start(|s| s.own.retain(|(_, t)| !t.starts_with("services=")));
    court.refuse("no table of services", &none, 11, "ServicesOther");
    court.machine.restart(Start::recorded());
    let none = court.lie(|e| e.floor = None);
    court.refuse("no floor of security versions", &none, 11, "NoFloor");
    court.machine.tpm.define_ordinary(0x0180_0111, &[0, 0, 0, 0, 0, 0, 0, 1]);
    let by = court.machine.attestation.clone();
    let (attest, signature) = court.machine.tpm.certify_index(0x0180_0111, &by, &NONCE);
    let other = court.lie(|e| e.floor = Some(Signed { attest, signature }));
    court.refuse("the floor of another index", &other, 11, "FloorOther");
    let older = ReferenceValues { security_version: 1, ..Vendor::values() };
    let older = court.auditor.vendor.signed_values(&older);
    let honest = court.lie(|_| {}).to_bytes().unwrap();
    let report = appraise(&Input { reference: Some(&older), ..court.auditor.input(&honest) });
    court.expect("a release of an older security version", report, 11, "FloorAbove");
}

/// Flips a bit in the certificate of this variable.
fn flip(data: &mut [u8], name: &str, length: u8) {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    if data.len() > 36 && data[16] == length && data[32..].starts_with(&wide) {
        *data.last_mut().unwrap() ^= 1;
    }
}

/// Puts db's list there twice, the second time with another certificate.
fn second_list(data: &mut Vec<u8>) {
    if data.len() > 36 && data[16] == 2 && data[32..].starts_with(&[b'd', 0, b'b', 0, 0xa1]) {
        let mut list = data[36..].to_vec();
        *list.last_mut().unwrap() ^= 1;
        data.extend(list);
        let size = (data.len() - 36) as u64;
        data[24..32].copy_from_slice(&size.to_le_bytes());
    }
}
