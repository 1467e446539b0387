//! The formats: one form each, and nothing else is read.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::BTreeMap;

use attestation::evidence::FORMAT;
use attestation::jws::{self, JwsError};
use attestation::own_log::{self, Loaded};
use attestation::{
    DeviceRecord, Endorsement, Evidence, EvidenceError, Hash, ReferenceValues, Said, ServiceKey, Signed, event_log,
    floor,
};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

fn evidence() -> Evidence {
    let signed = || Signed { attest: vec![1; 100], signature: vec![2; 72] };
    Evidence {
        format: FORMAT,
        nonce: vec![3; 32],
        attestation_key: vec![4; 90],
        quote: signed(),
        pcrs: BTreeMap::from([(0, [5; 32].into()), (11, [6; 32].into())]),
        firmware_log: vec![7; 300],
        own_log: own_log::record(11, "ready"),
        endorsement: Endorsement { key: None, certificate: Some(vec![8; 40]), intermediates: vec![vec![9; 30].into()] },
        device_record: None,
        service_key: Some(ServiceKey { public: vec![1; 90], certified: signed(), certificate: vec![2; 200] }),
        floor: Some(signed()),
        said: Said { version: "1.2.3".into(), image: "a".into(), clock: 1_795_000_000, audit_head: Some("{}".into()) },
    }
}

#[test]
fn an_evidence_has_one_form() {
    let bytes = evidence().to_bytes().unwrap();
    assert_eq!(Evidence::from_bytes(&bytes).unwrap(), evidence());
    for cut in 0..bytes.len() {
        assert!(Evidence::from_bytes(&bytes[..cut]).is_err(), "{cut}");
    }
    let refused = |bytes: &[u8]| Evidence::from_bytes(bytes).unwrap_err();
    assert!(matches!(refused(&[&bytes[..], &[0xf6]].concat()), EvidenceError::Form));
    // What is not there takes no entry. The same number, written longer:
    assert_eq!(bytes[..3], [0xab, 0, 1]);
    assert!(matches!(refused(&[&[0xab, 0, 0x18, 1], &bytes[3..]].concat()), EvidenceError::Form));
    // One more entry, which nobody knows.
    let more = [&[0xac], &bytes[1..], &[0x18, 99, 0xf6]].concat();
    assert!(matches!(refused(&more), EvidenceError::Form));
    assert!(matches!(refused(&[&[0xab, 0, 7], &bytes[3..]].concat()), EvidenceError::Format { found: 7 }));
}

#[test]
fn what_an_evidence_holds_is_bounded() {
    let refused = |change: &dyn Fn(&mut Evidence)| {
        let mut evidence = evidence();
        change(&mut evidence);
        assert!(matches!(evidence.to_bytes(), Err(EvidenceError::Bounds { .. })));
    };
    refused(&|e| e.nonce = vec![0; 15]);
    refused(&|e| e.nonce = vec![0; 33]);
    refused(&|e| e.firmware_log = vec![0; (1 << 20) + 1]);
    refused(&|e| e.endorsement.intermediates = vec![vec![0].into(); 9]);
    refused(&|e| e.device_record = Some(vec![0; (16 << 10) + 1]));
    refused(&|e| e.said.version = "x".repeat(4097));
    let huge = vec![0; attestation::evidence::SIZE_MAX + 1];
    assert!(matches!(Evidence::from_bytes(&huge), Err(EvidenceError::Size { .. })));
}

#[test]
fn the_binding_covers_all_but_the_certification_that_holds_it() {
    let before = evidence().binding();
    let mut other = evidence();
    other.service_key.as_mut().unwrap().certified = Signed::default();
    assert_eq!(other.binding(), before);
    for change in [
        (|e: &mut Evidence| e.said.clock += 1) as fn(&mut Evidence),
        |e| e.service_key.as_mut().unwrap().certificate.push(0),
        |e| e.floor = None,
        |e| e.nonce[0] ^= 1,
    ] {
        let mut other = evidence();
        change(&mut other);
        assert_ne!(other.binding(), before);
    }
}

#[test]
fn the_box_reads_its_own_log_back() {
    let loaded = [
        Loaded::Volume("0b7c1a3e".into()),
        Loaded::Opened("recovery-key".into()),
        Loaded::Configuration([1; 32]),
        Loaded::Services([2; 32]),
        Loaded::Card { address: "0000:01:00.0".into(), identity: "card-1".into(), build: [3; 32] },
    ];
    let log: Vec<u8> = loaded.iter().flat_map(|l| own_log::record(own_log::LOADED_PCR, &l.text())).collect();
    let read = event_log::read_own(&log).unwrap();
    assert_eq!(read.iter().map(|(_, text)| Loaded::read(text).unwrap()).collect::<Vec<_>>(), loaded);
    let digests = read.iter().map(|(event, _)| event.digest);
    let replayed = digests.fold([0; 32], |pcr, digest| Hash::of(&[pcr, digest].concat()).0);
    assert_eq!(event_log::replay(read.iter().map(|(event, _)| event))[&15], replayed);
    for text in ["", "volume=", "volume=a b", "services=00", "card=a b", "other=1", "volume"] {
        assert_eq!(Loaded::read(text), None, "{text:?}");
    }
}

#[test]
fn the_floor_is_the_highest_bit() {
    let of = |n: u64| floor::of_contents(&n.to_be_bytes());
    assert_eq!((of(1), of(0b110), of(1 << 63), of(0)), (Some(0), Some(2), Some(63), None));
    assert_eq!(floor::of_contents(&[1]), None);
}

#[test]
fn a_statement_is_its_signers_and_of_its_type() {
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let pem = key.to_pkcs8_pem(LineEnding::LF).unwrap();
    let public = key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    let keys = [jws::public_key(&public).unwrap()];
    let record = DeviceRecord {
        format: 1,
        serial: "CF-0001".into(),
        model: "Coffer 1".into(),
        endorsement_key: Hash([1; 32]),
        endorsement_certificate: None,
        attestation_key: Hash([2; 32]),
        date: "2026-11-30".into(),
    };
    let signed = jws::sign(&record, &pem).unwrap();
    assert_eq!(jws::verify::<DeviceRecord>(&signed, &keys).unwrap(), record);
    assert_eq!(jws::sign(&record, &pem).unwrap(), signed);
    assert!(matches!(jws::verify::<DeviceRecord>(&signed, &[]), Err(JwsError::Signature)));
    assert!(matches!(jws::verify::<ReferenceValues>(&signed, &keys), Err(JwsError::Type { .. })));
    let text = String::from_utf8(signed).unwrap();
    let header = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"coffer-device-record"}"#);
    let protected = text.lines().find(|line| line.contains("protected")).unwrap();
    let none = text.replace(protected, &format!("  \"protected\": \"{header}\","));
    assert!(matches!(jws::verify::<DeviceRecord>(none.as_bytes(), &keys), Err(JwsError::Algorithm { .. })));
    let more = text.replacen('{', "{ \"header\": {},", 1);
    assert!(matches!(jws::verify::<DeviceRecord>(more.as_bytes(), &keys), Err(JwsError::Form)));
}
