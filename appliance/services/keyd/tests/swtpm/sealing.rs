//! What the seal holds on: Secure Boot's state, the security version, an owner that nobody else knows.

use ipc::early::Refusal;
use keyd::tpm::{LATE_PHASES, Phase, Policy, SealError, Tpm};

use crate::boot::{Boot, key};
use crate::support::{SoftwareTpm, Vendor};

#[test]
fn another_state_of_secure_boot_opens_nothing_until_the_recovery_key_is_typed() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Boot::of(&software, &policy).seal().unwrap();
    let software = software.reboot();
    software.extend_pcr7();
    assert_eq!(Boot::of(&software, &policy).unseal(&sealed), Err(Refusal::NotApproved));
    // Without the recovery key, or with a wrong one, nobody approves of it: not by sealing anew either.
    let software = software.reboot();
    software.extend_pcr7();
    assert_eq!(Boot::of(&software, &policy).seal().unwrap_err(), Refusal::OtherOwner);
    let software = software.reboot();
    software.extend_pcr7();
    let wrong = Boot { recovery: 8, owner: sealed.owner.clone(), ..Boot::of(&software, &policy) };
    assert_eq!(wrong.seal().unwrap_err(), Refusal::OtherOwner);
    // With it, but while Secure Boot is off, nothing is approved of.
    let software = software.reboot();
    software.extend_pcr7();
    let off = Boot { secure_boot: false, owner: sealed.owner.clone(), ..Boot::of(&software, &policy) };
    assert_eq!(off.seal().unwrap_err(), Refusal::SecureBootOff);
    let software = software.reboot();
    software.extend_pcr7();
    let right = Boot { owner: sealed.owner.clone(), ..Boot::of(&software, &policy) };
    let again = right.seal().unwrap();
    let software = software.reboot();
    software.extend_pcr7();
    Boot::of(&software, &policy).unseal(&again).unwrap();
    // And the state before is now the one that opens nothing.
    let software = software.reboot();
    assert_eq!(Boot::of(&software, &policy).unseal(&again), Err(Refusal::NotApproved));
}

#[test]
fn a_first_boot_without_secure_boot_or_measurements_seals_nothing() {
    let (vendor, software) = (Vendor::new(), SoftwareTpm::new());
    let policy = vendor.policy([0; 32]);
    let off = Boot { secure_boot: false, ..Boot::of(&software, &policy) };
    assert_eq!(off.seal().unwrap_err(), Refusal::SecureBootOff);
    let software = SoftwareTpm::unmeasured();
    assert_eq!(Boot::of(&software, &policy).seal().unwrap_err(), Refusal::NotMeasured);
}

/// The floor is 1, then 3: what was signed with less opens nothing, whatever it was, and what has more does.
#[test]
fn an_image_below_the_security_version_opens_nothing() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let image = |version| vendor.versioned([0; 32], version);
    let sealed = Boot::of(&software, &image(1)).seal().unwrap();
    let software = software.reboot();
    assert_eq!(Boot::of(&software, &image(0)).unseal(&sealed), Err(Refusal::TooOld));
    let software = software.reboot();
    let five = image(5);
    let ready = Policy::parse(&five, Phase::Ready).unwrap();
    let mut tpm = Boot::of(&software, &five).ready();
    assert_eq!(tpm.security_floor().unwrap(), Some(1));
    assert!(tpm.raise_security_floor(&ready, 3).unwrap());
    assert_eq!(tpm.security_floor().unwrap(), Some(3));
    // It never falls, and what is so already is not written.
    assert!(!tpm.raise_security_floor(&ready, 2).unwrap() && !tpm.raise_security_floor(&ready, 3).unwrap());
    assert_eq!(tpm.security_floor().unwrap(), Some(3));
    // A system does not lock itself out.
    let refused = tpm.raise_security_floor(&ready, 6).unwrap_err();
    assert!(refused.to_string().contains("6") && tpm.security_floor().unwrap() == Some(3), "{refused}");
    drop(tpm);
    let mut software = software.reboot();
    for (version, opens) in [(1, false), (2, false), (3, true), (4, true), (62, true)] {
        let opened = Boot::of(&software, &image(version)).unseal(&sealed);
        assert_eq!(opened, if opens { Ok(()) } else { Err(Refusal::TooOld) }, "version {version}");
        software = software.reboot();
    }
    // The version beside the signature is not what counts: a signature for 1 that calls itself 5 is none.
    let mut lied = image(1);
    lied.signature_json = lied.signature_json.replace("\"coffer-security-version\":1", "\"coffer-security-version\":5");
    assert_eq!(Boot::of(&software, &lied).unseal(&sealed), Err(Refusal::NotSigned));
}

#[test]
fn the_owner_is_set_in_the_first_boot_and_nobody_else_writes_what_is_approved() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    Boot::of(&software, &policy).seal().unwrap();
    let fails =
        |program: &str, arguments: &[&str]| assert!(!software.runs(program, arguments), "{program} {arguments:?}");
    // Empty authorizations, as a thief has them: what is approved, the security versions, the owner, the lockout.
    fails("tpm2_nvundefine", &["-C", "o", "0x01800112"]);
    fails("tpm2_nvundefine", &["-C", "o", "0x01800110"]);
    fails("tpm2_nvwrite", &["-C", "o", "-i", "/etc/hostname", "0x01800113"]);
    OWNERS.iter().for_each(|(program, arguments)| fails(program, arguments));
    fails("tpm2_evictcontrol", &["-C", "o", "-c", "0x81008c01"]);
    assert!(software.runs("tpm2_nvread", &["-C", "0x01800110", "0x01800110"]), "but everybody may read them");
}

const OWNERS: [(&str, &[&str]); 3] = [
    ("tpm2_createprimary", &["-Q", "-C", "e", "-c", "/dev/null"]),
    ("tpm2_dictionarylockout", &["-c"]),
    ("tpm2_changeauth", &["-c", "o", "new"]),
];

/// A box whose volume was erased has a new recovery key, and the TPM that the old volume's box had.
#[test]
fn an_erased_box_keeps_its_tpm() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    Boot::of(&software, &policy).seal().unwrap();
    let software = software.reboot();
    let erased = Boot { recovery: 77, ..Boot::of(&software, &policy) }.seal().unwrap();
    let software = software.reboot();
    Boot::of(&software, &policy).unseal(&erased).unwrap();
    // The new recovery key leads to the owner's secret.
    let software = software.reboot();
    software.extend_pcr7();
    let typed = Boot { recovery: 77, owner: erased.owner.clone(), ..Boot::of(&software, &policy) };
    typed.seal().unwrap();
}

/// Somebody else's TPM: nothing is taken, and what to do is said.
#[test]
fn a_tpm_with_another_owner_is_refused_by_name() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    assert!(software.runs("tpm2_changeauth", &["-c", "o", "somebody"]));
    assert_eq!(Boot::of(&software, &vendor.policy([0; 32])).seal().unwrap_err(), Refusal::OtherOwner);
}

/// A change of Secure Boot's keys that is known before: both states open while it is not made; the old one does no more once it is.
#[test]
fn a_planned_change_opens_on_both_sides_and_then_on_the_new_one_alone() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Boot::of(&software, &policy).seal().unwrap();
    let software = software.reboot();
    software.extend_pcr7();
    let planned: [u8; 32] = Tpm::open(software.tcti()).unwrap().pcrs(&[7]).unwrap()[0].1.clone().try_into().unwrap();
    let software = software.reboot();
    let boot = Boot::of(&software, &policy);
    let mut tpm = boot.ready();
    let service_secret = tpm.seal(&boot.parsed(Phase::Ready), &key()).unwrap();
    tpm.plan(&boot.parsed(Phase::Early), &boot.parsed(Phase::Ready), &planned).unwrap();
    assert!(tpm.unseal(&boot.parsed(Phase::Ready), &service_secret).is_ok());
    drop(tpm);
    // Not made yet: twice.
    let mut software = software;
    for _ in 0..2 {
        software = software.reboot();
        Boot::of(&software, &policy).unseal(&sealed).unwrap();
        software = software.reboot();
        let boot = Boot::of(&software, &policy);
        assert!(boot.ready().unseal(&boot.parsed(Phase::Ready), &service_secret).is_ok());
    }
    // Made: the early phase opens, and the last one makes an end of the old state.
    software = software.reboot();
    software.extend_pcr7();
    Boot::of(&software, &policy).unseal(&sealed).unwrap();
    software = software.reboot();
    software.extend_pcr7();
    let boot = Boot::of(&software, &policy);
    assert!(boot.ready().unseal(&boot.parsed(Phase::Ready), &service_secret).is_ok());
    software = software.reboot();
    assert_eq!(Boot::of(&software, &policy).unseal(&sealed), Err(Refusal::NotApproved));
    let software = software.reboot();
    software.extend_pcr7();
    Boot::of(&software, &policy).unseal(&sealed).unwrap();
}

#[test]
fn neither_phase_opens_what_the_other_one_sealed() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let sealed = Boot::of(&software, &policy).seal().unwrap();
    let software = software.reboot();
    let boot = Boot::of(&software, &policy);
    let mut tpm = boot.ready();
    let (early, late) = (boot.parsed(Phase::Early), boot.parsed(Phase::Ready));
    let service_sealed = tpm.seal(&late, &key()).unwrap();
    assert!(tpm.unseal(&late, &service_sealed).is_ok());
    assert!(matches!(tpm.unseal(&late, &sealed), Err(SealError::OtherPolicy)));
    assert!(matches!(tpm.unseal(&early, &service_sealed), Err(SealError::NotSigned { .. })));
    assert!(matches!(tpm.unseal(&early, &sealed), Err(SealError::NotSigned { .. })));
    // And in between nothing opens.
    drop(tpm);
    let software = software.reboot();
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    assert!(matches!(tpm.unseal(&early, &service_sealed), Err(SealError::OtherPolicy)));
    for phase in &LATE_PHASES[..LATE_PHASES.len() - 1] {
        tpm.extend_phase(phase).unwrap();
        assert!(matches!(tpm.unseal(&early, &sealed), Err(SealError::NotSigned { .. })), "{phase}");
        assert!(matches!(tpm.unseal(&late, &service_sealed), Err(SealError::NotSigned { .. })), "{phase}");
    }
}
