//! What a lying box, a thief of a disk, or somebody on the way could show instead: each is refused, and for its own reason.
//!
//! Where the box lies, its own TPM signs the lie (`lie`): so nothing but the check that is named stands against it.

use attestation::evidence::QUOTED_PCRS;
use attestation::jws;
use attestation::own_log::{self, Loaded};
use attestation::{Evidence, ReferenceValues, Signed};
use evidence_box::{Kind, Machine, Made, Start, Vendor, openssl};
use p256::ecdsa::signature::Signer;
use verifier::{Input, Report, Unusable, appraise};

use crate::support::{Auditor, NONCE};

const EV_IPL: u32 = 0x0d;
const APPLICATION: u32 = 0x8000_0003;
const YEAR: u64 = 365 * 86_400;

struct Court {
    machine: Machine,
    /// Another machine, of the same vendor.
    stranger: Machine,
    auditor: Auditor,
    refused: Vec<String>,
    wrong: Vec<String>,
}

impl Court {
    fn new() -> Court {
        let vendor = Vendor::new();
        let (machine, stranger) = (Machine::new(&vendor), Machine::new(&vendor));
        let auditor = Auditor::of(&machine, vendor);
        Court { machine, stranger, auditor, refused: Vec::new(), wrong: Vec::new() }
    }

    /// What the box makes of this, certified to the last byte.
    fn lie(&mut self, change: impl FnOnce(&mut Evidence)) -> Evidence {
        let made = Made { nonce: NONCE.into(), bank: 0x0b, pcrs: QUOTED_PCRS.into() };
        let mut evidence = self.machine.open_evidence(&made);
        change(&mut evidence);
        self.machine.seal(&mut evidence);
        evidence
    }

    /// The same after another start.
    fn start(&mut self, change: impl FnOnce(&mut Start)) -> Evidence {
        let mut start = Start::recorded();
        change(&mut start);
        self.machine.restart(start);
        self.lie(|_| {})
    }

    fn refuse(&mut self, what: &str, evidence: &Evidence, check: u8, code: &str) {
        self.refuse_with(what, evidence, |_| {}, check, code);
    }

    fn refuse_with(
        &mut self,
        what: &str,
        evidence: &Evidence,
        change: impl for<'a> FnOnce(&mut Input<'a>),
        check: u8,
        code: &str,
    ) {
        let bytes = evidence.to_bytes().unwrap();
        let mut input = self.auditor.input(&bytes);
        change(&mut input);
        let report = appraise(&input);
        self.expect(what, report, check, code);
    }

    fn expect(&mut self, what: &str, report: Result<Report, Unusable>, check: u8, code: &str) {
        let reasons: Vec<(u8, String)> = match &report {
            Ok(report) => report.reasons().into_iter().map(|(number, reason)| (number, reason.code())).collect(),
            Err(e) => vec![(0, format!("{e:?}"))],
        };
        if reasons.first().map(|(n, c)| (*n, c.as_str())) != Some((check, code)) {
            self.wrong.push(format!("{what}: expected {check} {code}, found {reasons:?}"));
        }
        self.refused.push(what.into());
    }
}

#[test]
fn each_altered_evidence_is_refused_for_its_own_reason() {
    let mut court = Court::new();
    signed(&mut court);
    whose(&mut court);
    quoted(&mut court);
    logged(&mut court);
    started(&mut court);
    times(&mut court);
    channel(&mut court);
    vendor(&mut court);
    whole(&mut court);
    // The court itself is fair.
    court.machine.restart(Start::recorded());
    let honest = court.lie(|_| {}).to_bytes().unwrap();
    assert_eq!(court.auditor.judge(&honest).unwrap().reasons(), vec![]);
    // From here on the TPM can't say for an hour that its clock is safe.
    court.machine.power_cut(Start::recorded());
    let cut = court.lie(|_| {});
    court.refuse("a clock that may have gone back", &cut, 12, "ClockUnsafe");
    assert!(court.wrong.is_empty(), "{:#?}", court.wrong);
    let mut names = court.refused.clone();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), court.refused.len(), "two have the same name");
    assert!(names.len() >= 40, "{}", names.len());
}

/// Checks 1 to 4.
fn signed(court: &mut Court) {
    let yesterday = court.machine.evidence(&[9; 32]);
    court.refuse("a nonce that was used before", &yesterday, 1, "Nonce");
    let quote = yesterday.quote.clone();
    let relabelled = court.lie(|e| e.quote = quote);
    court.refuse("an old quote under the new nonce", &relabelled, 1, "Nonce");
    let floor = yesterday.floor.clone();
    let stale = court.lie(|e| e.floor = floor);
    court.refuse("an old floor beside a new quote", &stale, 1, "Nonce");
    let said = court.lie(|e| e.nonce = vec![9; 32]);
    court.refuse("another nonce in the file than in the quote", &said, 1, "Nonce");

    let quote = court.stranger.evidence(&NONCE).quote;
    let other = court.lie(|e| e.quote = quote);
    court.refuse("a quote of another attestation key", &other, 3, "Signature");
    let flipped = court.lie(|e| *e.quote.signature.last_mut().unwrap() ^= 1);
    court.refuse("a signature with a flipped bit", &flipped, 3, "Signature");
    let empty = court.lie(|e| e.quote.signature.clear());
    court.refuse("an empty signature", &empty, 3, "Unreadable");
    let swapped = court.lie(|e| e.quote = e.floor.clone().unwrap());
    court.refuse("another attestation in the quote's place", &swapped, 2, "NotThis");
    let foreign = court.lie(|e| e.quote.attest[0] ^= 1);
    court.refuse("a quote that no TPM made", &foreign, 2, "Unreadable");
    let longer = court.lie(|e| e.quote.attest.push(0));
    court.refuse("a quote that something follows", &longer, 2, "Unreadable");
    let wide = court.lie(|e| e.attestation_key[7] ^= 0x02);
    court.refuse("an attestation key that may leave its TPM", &wide, 4, "KeyAttribute");

    let real = court.machine.attestation.clone();
    court.machine.attestation = court.machine.key(Kind::Unrestricted);
    let unrestricted = court.lie(|_| {});
    court.refuse("an attestation key that is not restricted", &unrestricted, 4, "KeyAttribute");
    let lied = court.lie(|e| e.attestation_key[5] |= 1);
    court.refuse("the same, said to be restricted", &lied, 5, "RecordOfOtherAttestationKey");
    court.machine.attestation = real;
    let software = in_software(court.machine.evidence(&NONCE));
    court.refuse("a key in software that signs what a TPM would", &software, 5, "RecordOfOtherAttestationKey");
}

/// Whoever has a key of his own can make all of an evidence but what others sign about that key.
fn in_software(mut evidence: Evidence) -> Evidence {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let sign = |signed: &mut Signed| {
        let signature: p256::ecdsa::Signature = key.sign(&signed.attest);
        let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
        signed.signature = [&[0, 0x18, 0, 0x0b, 0, 32][..], &r, &[0, 32], &s].concat();
    };
    let at = evidence.attestation_key.len() - 68;
    evidence.attestation_key[at + 2..at + 34].copy_from_slice(&point.as_bytes()[1..33]);
    evidence.attestation_key[at + 36..at + 68].copy_from_slice(&point.as_bytes()[33..]);
    sign(&mut evidence.quote);
    sign(evidence.floor.as_mut().unwrap());
    let binding = evidence.binding();
    let certified = &mut evidence.service_key.as_mut().unwrap().certified;
    let at = certified.attest.windows(34).position(|w| w[..2] == [0, 32]).unwrap();
    certified.attest[at + 2..at + 34].copy_from_slice(&binding);
    sign(certified);
    evidence
}

/// Checks 5 to 7.
fn whose(court: &mut Court) {
    let stranger = court.stranger.evidence(&NONCE);
    let (key, certificate) = (stranger.endorsement.key.clone(), stranger.endorsement.certificate.clone());
    let endorsement = stranger.endorsement.clone();
    let other = court.lie(|e| e.endorsement = endorsement);
    court.refuse("another TPM's endorsement", &other, 6, "Chain");
    let other = court.lie(|e| e.endorsement.key = key);
    court.refuse("another TPM's endorsement key", &other, 6, "CertificateOfOtherKey");
    let other = court.lie(|e| e.endorsement.certificate = certificate);
    court.refuse("another TPM's endorsement certificate", &other, 6, "CertificateOfOtherKey");
    let missing = court.lie(|e| e.endorsement.intermediates.clear());
    court.refuse("a chain with a link that is missing", &missing, 6, "Chain");
    let broken = court.lie(|e| {
        let certificate = e.endorsement.certificate.as_mut().unwrap();
        *certificate.last_mut().unwrap() ^= 1;
    });
    court.refuse("an endorsement certificate with a flipped bit", &broken, 6, "Chain");
    let none = court.lie(|e| e.endorsement.certificate = None);
    court.refuse("no endorsement certificate, though the record has one", &none, 7, "RecordOfOtherCertificate");
    let honest = court.lie(|_| {});
    court.refuse_with("an auditor's clock of 1970", &honest, |i| i.now = 0, 6, "NotYetValid");
    let now = court.auditor.now;
    for (what, purpose, now, code) in [
        ("a certificate that is for no endorsement key", "1.2.3", now, "NoEndorsementPurpose"),
        ("a certificate that has expired", "2.23.133.8.1", now + 20 * YEAR, "Expired"),
    ] {
        let (certificate, root) = other_maker(&honest, purpose);
        let mut evidence = honest.clone();
        evidence.endorsement.certificate = Some(certificate);
        court.machine.seal(&mut evidence);
        let mut roots = court.auditor.roots.clone();
        roots.add_endorsement_root(root).unwrap();
        let bytes = evidence.to_bytes().unwrap();
        let report = appraise(&Input { roots: &roots, now, ..court.auditor.input(&bytes) });
        court.expect(what, report, 6, code);
    }

    let record = stranger.device_record.clone();
    let other = court.lie(|e| e.device_record = record);
    court.refuse("the record of another machine", &other, 7, "RecordOfOtherEndorsementKey");
    let none = court.lie(|e| e.device_record = None);
    court.refuse("no record", &none, 5, "NoDeviceRecord");
    court.refuse_with("the record of another serial number", &honest, |i| i.serial = Some("CF-0002"), 7, "SerialOther");
    let forged = jws::sign(&court.machine.record_for("CF-0001"), &court.auditor.vendor.private("release")).unwrap();
    let forged = court.lie(|e| e.device_record = Some(forged));
    court.refuse("a record that the factory did not sign", &forged, 7, "DeviceRecord");
    let values = jws::sign(&Vendor::values(), &court.auditor.vendor.private("device-record")).unwrap();
    let values = court.lie(|e| e.device_record = Some(values));
    court.refuse("another statement of the factory's in the record's place", &values, 7, "DeviceRecord");
    let none = String::from_utf8(court.machine.record.clone()).unwrap();
    let start = none.find("\"signature\"").unwrap();
    let none = format!("{}\"signature\": \"\"\n}}", &none[..start]);
    let none = court.lie(|e| e.device_record = Some(none.into_bytes()));
    court.refuse("a record with an empty signature", &none, 7, "DeviceRecord");
}

/// A certificate for the endorsement key, for ten years and this purpose, by another maker; and his root.
fn other_maker(evidence: &Evidence, purpose: &str) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    std::fs::write(path("real.der"), evidence.endorsement.certificate.as_ref().unwrap()).unwrap();
    std::fs::write(path("extensions"), format!("extendedKeyUsage = {purpose}\n")).unwrap();
    #[rustfmt::skip]
    openssl(&["x509", "-inform", "DER", "-in", &path("real.der"), "-pubkey", "-noout", "-out", &path("ek.pem")]);
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", &path("root.key")]);
    #[rustfmt::skip]
    openssl(&["req", "-x509", "-new", "-key", &path("root.key"), "-subj", "/CN=Other maker", "-days", "3650",
        "-sha384", "-outform", "DER", "-out", &path("root.der")]);
    #[rustfmt::skip]
    openssl(&["x509", "-new", "-force_pubkey", &path("ek.pem"), "-CAkey", &path("root.key"), "-CA", &path("root.der"),
        "-CAform", "DER", "-subj", "/CN=x", "-days", "3650", "-sha384", "-extfile", &path("extensions"),
        "-outform", "DER", "-out", &path("end.der")]);
    (std::fs::read(path("end.der")).unwrap(), std::fs::read(path("root.der")).unwrap())
}

/// Checks 8 and 9.
fn quoted(court: &mut Court) {
    let made = |bank, pcrs: &[u8]| Made { nonce: NONCE.into(), bank, pcrs: pcrs.into() };
    let narrow = court.machine.evidence_of(&made(0x0b, &[0, 1, 2, 3, 4, 5, 6, 7]));
    court.refuse("a quote of fewer PCRs", &narrow, 8, "Selection");
    let wide = court.machine.evidence_of(&made(0x0b, &[0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16]));
    court.refuse("a quote of more PCRs", &wide, 8, "Selection");
    let none = court.machine.evidence_of(&made(0x0b, &[]));
    court.refuse("a quote of no PCRs", &none, 8, "Selection");
    let sha1 = court.machine.evidence_of(&made(0x04, &QUOTED_PCRS));
    court.refuse("a quote of the SHA-1 bank", &sha1, 2, "Unreadable");
    let changed = court.lie(|e| e.pcrs.get_mut(&11).unwrap()[0] ^= 1);
    court.refuse("a PCR value that the TPM did not sign", &changed, 9, "PcrDigest");
    let more = court.lie(|e| e.pcrs.extend([(16, [0; 32].into())]));
    court.refuse("a PCR value that the quote does not cover", &more, 9, "PcrValues");
    let fewer = court.lie(|e| e.pcrs.retain(|index, _| *index != 3));
    court.refuse("a PCR value that is missing", &fewer, 9, "PcrValues");
    let none = court.lie(|e| e.pcrs.clear());
    court.refuse("no PCR values", &none, 9, "PcrValues");
}

/// Check 10: the log says something else than was extended.
fn logged(court: &mut Court) {
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
fn started(court: &mut Court) {
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
    let report = appraise(&Input { reference: &older, ..court.auditor.input(&honest) });
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

/// Check 12.
fn times(court: &mut Court) {
    let before = court.lie(|_| {}).to_bytes().unwrap();
    let kept = court.lie(|e| e.floor = Evidence::from_bytes(&before).unwrap().floor);
    let earlier = court.lie(|_| {});
    court.machine.restart(Start::recorded());
    let after = court.lie(|_| {}).to_bytes().unwrap();
    court.refuse_with("fewer resets than before", &earlier, |i| i.previous = Some(leak(&after)), 12, "Backward");
    let floor = kept.floor.clone();
    let mixed = court.lie(|e| e.floor = floor);
    court.refuse("parts of two runs", &mixed, 12, "CountsDiffer");
    let first = court.lie(|_| {});
    std::thread::sleep(std::time::Duration::from_millis(20));
    let second = court.lie(|_| {}).to_bytes().unwrap();
    court.refuse_with("a clock that went back", &first, |i| i.previous = Some(leak(&second)), 12, "Backward");
    let stranger = court.stranger.evidence(&NONCE).to_bytes().unwrap();
    let honest = court.lie(|_| {});
    let other = |i: &mut Input<'_>| i.previous = Some(leak(&stranger));
    court.refuse_with("an earlier evidence of another box", &honest, other, 12, "PreviousOfOtherKey");
    court.refuse_with("an earlier evidence that is none", &honest, |i| i.previous = Some(b"x"), 12, "Previous");
    let mut forged = Evidence::from_bytes(&before).unwrap();
    *forged.quote.signature.last_mut().unwrap() ^= 1;
    let forged = forged.to_bytes().unwrap();
    let other = |i: &mut Input<'_>| i.previous = Some(leak(&forged));
    court.refuse_with("an earlier evidence that was forged", &honest, other, 12, "Previous");
    let version = attestation::Attest::read(&honest.quote.attest).unwrap().firmware_version;
    let mut values = Vendor::values();
    values.refused_tpm_firmware = vec![format!("{version:016x}")];
    let values = court.auditor.vendor.signed_values(&values);
    let bytes = honest.to_bytes().unwrap();
    let report = appraise(&Input { reference: &values, ..court.auditor.input(&bytes) });
    court.expect("a TPM's firmware with a known weakness", report, 12, "TpmFirmware");
}

/// Check 13.
fn channel(court: &mut Court) {
    let none = court.lie(|e| e.service_key = None);
    court.refuse("no key of the service", &none, 13, "NoServiceKey");
    let certificate = court.stranger.evidence(&NONCE).service_key.unwrap().certificate;
    let seen = leak(&certificate);
    let honest = court.lie(|_| {});
    court.refuse_with("a channel to somebody else", &honest, |i| i.channel = Some(seen), 13, "ChannelOther");
    let other = court.lie(|e| e.service_key.as_mut().unwrap().certificate = certificate);
    court.refuse("a certificate of another key", &other, 13, "ServiceCertificateOther");
    let stranger = court.stranger.service.public.clone();
    let other = court.lie(|e| e.service_key.as_mut().unwrap().public = stranger);
    court.refuse("a service's key that was not certified", &other, 13, "ServiceKeyOther");
    let real = court.machine.service.clone();
    court.machine.service = court.machine.key(Kind::Free);
    let free = court.lie(|_| {});
    court.refuse("a service's key that signs without a policy", &free, 13, "ServiceKeyFree");
    let free = court.machine.service.clone();
    court.machine.tpm.flush(&free);
    court.machine.service = real;
    let values = ReferenceValues {
        service_key_policy: Some(attestation::Hash([1; 32])),
        card_builds: Vec::new(),
        ..Vendor::values()
    };
    let signed = court.auditor.vendor.signed_values(&values);
    let bytes = honest.to_bytes().unwrap();
    let report = appraise(&Input { reference: &signed, ..court.auditor.input(&bytes) });
    court.expect("a service's key of another policy", report, 13, "ServicePolicy");
    let values = ReferenceValues { service_key_policy: None, ..values };
    let signed = court.auditor.vendor.signed_values(&values);
    let report = appraise(&Input { reference: &signed, ..court.auditor.input(&bytes) });
    court.expect("a card of another design", report, 13, "CardBuild");
}

/// Check 14.
fn vendor(court: &mut Court) {
    let honest = court.lie(|_| {}).to_bytes().unwrap();
    let values = Vendor::values();
    let signed = court.auditor.vendor.signed_values(&values);
    let altered = String::from_utf8(signed).unwrap().replacen("\"payload\": \"ey", "\"payload\": \"eY", 1);
    let development = ReferenceValues { development: true, ..values.clone() };
    let newer = ReferenceValues { format: 2, ..values.clone() };
    let empty = br#"{"payload":"","protected":"","signature":""}"#;
    for (what, reference, code) in [
        ("reference values of another vendor", Vendor::new().signed_values(&values), "Reference"),
        ("no reference values", Vec::new(), "Reference"),
        ("reference values that are empty", empty.to_vec(), "Reference"),
        ("reference values that were altered", altered.into_bytes(), "Reference"),
        ("reference values of a newer format", court.auditor.vendor.signed_values(&newer), "Reference"),
        ("a development release", court.auditor.vendor.signed_values(&development), "Development"),
    ] {
        let report = appraise(&Input { reference: &reference, ..court.auditor.input(&honest) });
        // Check 11 goes by the reference values.
        court.expect(what, report, 14, code);
    }
}

/// Check 15, and what is no evidence at all.
fn whole(court: &mut Court) {
    let mut carried = court.lie(|_| {});
    carried.said.clock += 1;
    court.refuse("a box's own word that was changed on the way", &carried, 15, "BindingOther");
    let mut carried = court.lie(|_| {});
    carried.endorsement.intermediates.push(carried.endorsement.intermediates[0].clone());
    court.refuse("a certificate that was added on the way", &carried, 15, "BindingOther");
    let other = court.lie(|e| e.said.version = "0.2.0".into());
    court.refuse("a box that says it runs another release", &other, 15, "SaidOther");

    let good = court.lie(|_| {}).to_bytes().unwrap();
    let unusable = |bytes: &[u8]| court.auditor.judge(bytes).err().map(|e| format!("{e:?}")).unwrap_or_default();
    let kind = |text: &str| text.split(['(', ')', '{', ' ']).nth(1).unwrap_or_default().to_string();
    assert_eq!(kind(&unusable(b"garbage")), "Cbor");
    assert_eq!(kind(&unusable(&[])), "Cbor");
    for cut in [1, 100, good.len() / 2, good.len() - 1] {
        assert_eq!(kind(&unusable(&good[..cut])), "Cbor", "{cut}");
    }
    assert_eq!(kind(&unusable(&[&good[..], &[0]].concat())), "Form");
    assert_eq!(kind(&unusable(&vec![0; attestation::evidence::SIZE_MAX + 1])), "Size");
    let mut newer = good.clone();
    // The first entry of the map: format.
    assert_eq!(newer[1..3], [0, 1]);
    newer[2] = 2;
    assert_eq!(kind(&unusable(&newer)), "Format");
    let nonce = Input { nonce: &[], ..court.auditor.input(&good) };
    assert!(matches!(appraise(&nonce), Err(Unusable::Nonce { size: 0 })));
}

/// For the life of the test.
fn leak(bytes: &[u8]) -> &'static [u8] {
    Box::leak(bytes.to_vec().into_boxed_slice())
}
