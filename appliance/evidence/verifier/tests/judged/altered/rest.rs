//! The times, the channel, the vendor, and the file as a whole: checks 12 to 15.

use attestation::{Evidence, ReferenceValues};
use evidence_box::{Kind, Start, Vendor};
use verifier::{Input, Unusable, appraise};

use super::Court;
use crate::support::NONCE;

/// Check 12.
pub(super) fn times(court: &mut Court) {
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
    let report = appraise(&Input { reference: Some(&values), ..court.auditor.input(&bytes) });
    court.expect("a TPM's firmware with a known weakness", report, 12, "TpmFirmware");
}

/// Check 13.
pub(super) fn channel(court: &mut Court) {
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
    let report = appraise(&Input { reference: Some(&signed), ..court.auditor.input(&bytes) });
    court.expect("a service's key of another policy", report, 13, "ServicePolicy");
    let values = ReferenceValues { service_key_policy: None, ..values };
    let signed = court.auditor.vendor.signed_values(&values);
    let report = appraise(&Input { reference: Some(&signed), ..court.auditor.input(&bytes) });
    court.expect("a card of another design", report, 13, "CardBuild");
}

/// Check 14.
pub(super) fn vendor(court: &mut Court) {
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
        let report = appraise(&Input { reference: Some(&reference), ..court.auditor.input(&honest) });
        // Check 11 goes by the reference values.
        court.expect(what, report, 14, code);
    }
}

/// Check 15, and what is no evidence at all.
pub(super) fn whole(court: &mut Court) {
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
