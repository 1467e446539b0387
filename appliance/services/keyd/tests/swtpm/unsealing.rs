//! When the volume key opens and when it stays closed, against a software TPM.

use crate::support::{SoftwareTpm, Vendor, extended};
use keyd::tpm::{Phase, Policy, SealError, Tpm};
use secrets::Secret;

/// A box that has just booted the image whose PCR 11 starts at zero.
fn booted(tpm: &SoftwareTpm) -> Tpm {
    let mut tpm = Tpm::open(tpm.tcti()).unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    tpm
}

/// The first time: what it stands at is approved of.
fn first_boot(software: &SoftwareTpm, vendor: &Vendor) -> Tpm {
    let mut tpm = booted(software);
    let policy = |phase| Policy::parse(&vendor.policy([0; 32]), phase).unwrap();
    tpm.approve([&policy(Phase::Early), &policy(Phase::Ready)]).unwrap();
    tpm
}

fn key() -> Secret {
    Secret::new((0..32).collect())
}

#[test]
fn the_next_boot_of_a_signed_image_unseals() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = Policy::parse(&vendor.policy([0; 32]), Phase::Early).unwrap();
    let sealed = first_boot(&software, &vendor).seal(&policy, &key()).unwrap();
    let software = software.reboot();
    let mut tpm = booted(&software);
    assert_eq!(tpm.pcrs(&[11]).unwrap()[0].1, extended([0; 32], &["enter-initrd"]));
    assert!(tpm.unseal(&policy, &sealed).unwrap().equals(&key()));
}

#[test]
fn an_updated_image_that_the_vendor_signed_unseals_what_the_old_one_sealed() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let old = Policy::parse(&vendor.policy([0; 32]), Phase::Early).unwrap();
    let sealed = first_boot(&software, &vendor).seal(&old, &key()).unwrap();
    let software = software.reboot();
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    tpm.extend_phase("the new image").unwrap();
    let image: [u8; 32] = tpm.pcrs(&[11]).unwrap()[0].1.clone().try_into().unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    assert!(matches!(tpm.unseal(&old, &sealed), Err(SealError::NotSigned { .. })));
    let new = Policy::parse(&vendor.policy(image), Phase::Early).unwrap();
    assert!(tpm.unseal(&new, &sealed).unwrap().equals(&key()));
}

#[test]
fn extra_parameters_stay_closed() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = Policy::parse(&vendor.policy([0; 32]), Phase::Early).unwrap();
    let sealed = first_boot(&software, &vendor).seal(&policy, &key()).unwrap();
    let software = software.reboot();
    software.extend_pcr12();
    let mut tpm = booted(&software);
    assert!(matches!(tpm.unseal(&policy, &sealed), Err(SealError::ExtraParameters)));
    // And such a system can't seal either: it would not find its key again.
    assert!(matches!(tpm.seal(&policy, &key()), Err(SealError::ExtraParameters)));
}

#[test]
fn another_tpm_another_vendor_and_a_changed_blob_stay_closed() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = Policy::parse(&vendor.policy([0; 32]), Phase::Early).unwrap();
    let mut tpm = first_boot(&software, &vendor);
    let sealed = tpm.seal(&policy, &key()).unwrap();
    let other = SoftwareTpm::new();
    assert!(matches!(booted(&other).unseal(&policy, &sealed), Err(SealError::OtherTpm)));
    let impostor = Policy::parse(&Vendor::new().policy([0; 32]), Phase::Early).unwrap();
    assert!(tpm.unseal(&impostor, &sealed).is_err());
    let mut changed = sealed.clone();
    let last = changed.private.pop().unwrap();
    changed.private.push(if last == '0' { '1' } else { '0' });
    assert!(tpm.unseal(&policy, &changed).is_err());
    assert!(tpm.unseal(&policy, &sealed).is_ok());
}

#[test]
fn an_unsigned_image_can_not_seal() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = Policy::parse(&vendor.policy([7; 32]), Phase::Early).unwrap();
    assert!(matches!(first_boot(&software, &vendor).seal(&policy, &key()), Err(SealError::NotSigned { .. })));
}
