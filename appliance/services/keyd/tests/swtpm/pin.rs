//! The PIN to start: asked for, counted, ended by the recovery key, and never lost half-way.

use std::sync::atomic::{AtomicU32, Ordering};

use ipc::control::PcrPolicy;
use ipc::early::{Refusal, Sealed};
use keyd::ownership;
use keyd::tpm::{Phase, Policy, Tpm};
use secrets::Secret;
use start_pin::{StartPin, TRIES};

use crate::between::{Deed, FAILURE, between, listened};
use crate::boot::Boot;
use crate::support::{SoftwareTpm, Vendor};

const PIN: &str = "4839 20";
const OTHER: &str = "111222";
/// As tpm2-tools call it.
const INDEX: &str = "0x01800115";

/// A box that was set up. Each use of it is a boot of its own.
struct TestBox {
    software: Option<SoftwareTpm>,
    policy: PcrPolicy,
    sealed: Sealed,
}

impl TestBox {
    fn new() -> TestBox {
        let (software, policy) = (SoftwareTpm::new(), Vendor::new().policy([0; 32]));
        let sealed = Boot::of(&software, &policy).seal().unwrap();
        TestBox { software: Some(software), policy, sealed }
    }

    fn reboot(&mut self) -> &SoftwareTpm {
        self.software = self.software.take().map(SoftwareTpm::reboot);
        self.software.as_ref().unwrap()
    }

    /// A boot in which somebody types this.
    fn tried(&mut self, pin: Option<&str>) -> Result<(), Refusal> {
        let (policy, sealed) = (self.policy.clone(), self.sealed.clone());
        Boot { pin, ..Boot::of(self.reboot(), &policy) }.unseal(&sealed)
    }

    /// A boot up to the last phase, in which an administrator sets a PIN, or ends it.
    fn set(&mut self, pin: Option<&str>) {
        let policy = self.policy.clone();
        let boot = Boot::of(self.reboot(), &policy);
        let (mut tpm, early) = (boot.ready(), boot.parsed(Phase::Early));
        match pin {
            Some(pin) => tpm.set_pin(&early, &authorization(pin)).unwrap(),
            None => tpm.end_pin(&early).unwrap(),
        }
        assert_eq!(tpm.has_pin().unwrap(), pin.is_some());
    }

    /// A boot in which somebody types the recovery key, and maybe a PIN.
    fn recovered(&mut self, pin: Option<&str>, secure_boot: bool) -> Result<(), Refusal> {
        let (policy, owner) = (self.policy.clone(), self.sealed.owner.clone());
        self.sealed = Boot { pin, owner, secure_boot, ..Boot::of(self.reboot(), &policy) }.seal()?;
        Ok(())
    }
}

fn authorization(pin: &str) -> Secret {
    StartPin::parse(pin).unwrap().authorization()
}

#[test]
fn the_volume_opens_with_the_pin_alone_until_there_is_none() {
    let mut made = TestBox::new();
    made.set(Some(PIN));
    assert_eq!(made.tried(None), Err(Refusal::PinNeeded));
    assert_eq!(made.tried(Some(OTHER)), Err(Refusal::PinWrong));
    made.tried(Some("483920")).unwrap();
    made.set(Some(OTHER));
    assert_eq!(made.tried(Some(PIN)), Err(Refusal::PinWrong));
    made.tried(Some(OTHER)).unwrap();
    made.set(None);
    made.tried(None).unwrap();
    // One that nobody asked for does no harm.
    made.tried(Some(PIN)).unwrap();
}

#[test]
fn wrong_ones_in_a_row_are_counted_over_restarts_and_then_the_recovery_key_alone_helps() {
    let mut made = TestBox::new();
    made.set(Some(PIN));
    for _ in 0..2 {
        for _ in 1..TRIES {
            assert_eq!(made.tried(Some(OTHER)), Err(Refusal::PinWrong));
        }
        // The right one sets the count back.
        made.tried(Some(PIN)).unwrap();
    }
    for _ in 0..TRIES {
        assert_eq!(made.tried(Some(OTHER)), Err(Refusal::PinWrong));
    }
    assert_eq!(made.tried(Some(PIN)), Err(Refusal::PinLocked));
    // The TPM's own defence against guessing counted none of it.
    assert_eq!(Tpm::open(made.reboot().tcti()).unwrap().lockout().unwrap().failed, 0);
    assert_eq!(made.recovered(None, false), Err(Refusal::SecureBootOff));
    assert_eq!(made.tried(Some(PIN)), Err(Refusal::PinLocked));
    made.recovered(None, true).unwrap();
    made.tried(None).unwrap();
    made.set(Some(PIN));
    assert_eq!(made.tried(None), Err(Refusal::PinNeeded));
}

/// A thief has the machine, and the tools of his distribution. What he tries works on a TPM that nobody owns, on an index of the same size.
#[test]
fn nobody_but_the_owner_ends_it_or_sets_its_count_back() {
    let mut made = TestBox::new();
    made.set(Some(PIN));
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    // No wrong one, of a million that may be.
    std::fs::write(&count, [0, 0, 0, 0, 0, 0x0f, 0x42, 0x40]).unwrap();
    let count = count.to_str().unwrap();
    let tries = [
        ("tpm2_nvread", &["-C", "o", "-s", "8", INDEX][..]),
        ("tpm2_nvwrite", &["-C", "o", "-i", count, INDEX]),
        ("tpm2_nvundefine", &["-C", "o", INDEX]),
    ];
    let software = made.reboot();
    for (program, arguments) in tries {
        assert!(!software.runs(program, arguments), "{program} {arguments:?}");
    }
    assert!(!software.runs("tpm2_nvread", &["-C", INDEX, "-P", OTHER, "-s", "8", INDEX]), "a guess");
    // What he tried on the index itself was a try, and the right PIN is still taken.
    made.tried(Some(PIN)).unwrap();

    let free = SoftwareTpm::new();
    free.tool("tpm2_nvdefine", &["-C", "o", "-s", "8", "-a", "ownerwrite|ownerread|authread|no_da", INDEX]);
    free.tool("tpm2_nvwrite", &["-C", "o", "-i", count, INDEX]);
    for (program, arguments) in tries {
        free.tool(program, arguments);
    }
}

#[test]
fn an_erased_box_asks_for_the_pin_before_it_is_set_up_anew() {
    let mut made = TestBox::new();
    made.set(Some(PIN));
    let policy = made.policy.clone();
    let erased = |pin, made: &mut TestBox| Boot { pin, recovery: 77, ..Boot::of(made.reboot(), &policy) }.seal();
    assert_eq!(erased(None, &mut made).unwrap_err(), Refusal::PinNeeded);
    assert_eq!(erased(Some(OTHER), &mut made).unwrap_err(), Refusal::PinWrong);
    made.sealed = erased(Some(PIN), &mut made).unwrap();
    made.tried(Some(PIN)).unwrap();
    assert_eq!(made.tried(None), Err(Refusal::PinNeeded));
}

/// Whoever knows both keeps the PIN.
#[test]
fn a_recovery_with_the_pin_leaves_it() {
    let mut made = TestBox::new();
    made.set(Some(PIN));
    made.recovered(Some(PIN), true).unwrap();
    assert_eq!(made.tried(None), Err(Refusal::PinNeeded));
    made.tried(Some(PIN)).unwrap();
}

#[test]
fn a_planned_change_of_secure_boot_keeps_the_pin_on_both_sides() {
    let mut made = TestBox::new();
    let policy = made.policy.clone();
    let pcr7 = |software: &SoftwareTpm| Tpm::open(software.tcti()).unwrap().pcrs(&[7]).unwrap()[0].1.clone();
    made.reboot().extend_pcr7();
    let planned: [u8; 32] = pcr7(made.software.as_ref().unwrap()).try_into().unwrap();
    let boot = Boot::of(made.reboot(), &policy);
    let (early, ready) = (boot.parsed(Phase::Early), boot.parsed(Phase::Ready));
    // Planned first, and then the PIN; the other order is the same write.
    let mut tpm = boot.ready();
    tpm.plan(&early, &ready, &planned).unwrap();
    tpm.set_pin(&early, &authorization(PIN)).unwrap();
    drop(tpm);
    let sealed = made.sealed.clone();
    let changed = |made: &mut TestBox, pin| {
        made.reboot().extend_pcr7();
        Boot { pin, ..Boot::of(made.software.as_ref().unwrap(), &policy) }.unseal(&sealed)
    };
    assert_eq!(made.tried(None), Err(Refusal::PinNeeded));
    made.tried(Some(PIN)).unwrap();
    assert_eq!(changed(&mut made, None), Err(Refusal::PinNeeded));
    changed(&mut made, Some(PIN)).unwrap();
    // The last phase makes an end of the old state, not of the PIN.
    made.reboot().extend_pcr7();
    drop(Boot::of(made.software.as_ref().unwrap(), &policy).ready());
    assert_eq!(changed(&mut made, None), Err(Refusal::PinNeeded));
    changed(&mut made, Some(PIN)).unwrap();
    assert_eq!(made.tried(Some(PIN)), Err(Refusal::NotApproved));
}

/// The power fails at each command of setting, changing and ending a PIN. Whatever is asked for then, it opens: nothing, the old one or
/// the new one; or the recovery key, and after that nothing. And the next administrator's word counts.
#[test]
fn cut_off_anywhere_the_box_still_opens() {
    let mut made = TestBox::new();
    // Each of them in the long suite.
    let step = if std::env::var_os("COFFER_LONG").is_some() { 1 } else { 5 };
    for (before, wanted) in [(None, Some(PIN)), (Some(PIN), Some(OTHER)), (Some(PIN), None)] {
        made.set(before);
        let mut ended = false;
        for good in (0..).step_by(step) {
            let policy = made.policy.clone();
            let boot = Boot::of(made.reboot(), &policy);
            drop(boot.ready());
            ended |= is_done_after(good, &boot, wanted);
            let opened = [None, Some(PIN), Some(OTHER)].iter().any(|pin| made.tried(*pin).is_ok());
            if !opened {
                made.recovered(None, true).unwrap_or_else(|why| panic!("after {good} commands: {why:?}"));
                made.tried(None).unwrap();
            }
            // Whatever it stands at, the next word counts.
            made.set(before);
            if ended {
                assert!(opened);
                break;
            }
        }
    }
}

/// Whether all of it was done before the TPM failed, which it does after so many commands.
fn is_done_after(good: u32, boot: &Boot<'_>, pin: Option<&str>) -> bool {
    let parsed = |phase| Policy::parse(&boot.policy, phase).unwrap();
    let left = AtomicU32::new(u32::MAX);
    let left: &'static AtomicU32 = Box::leak(Box::new(left));
    let tcti = between(boot.software, move || {
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
            Ok(_) => Deed::Pass,
            Err(_) => Deed::Answer(FAILURE),
        }
    });
    let mut tpm = Tpm::open(tcti).unwrap();
    ownership::use_kept(&mut tpm, &parsed(Phase::Early), &parsed(Phase::Ready)).unwrap();
    left.store(good, Ordering::SeqCst);
    match pin {
        Some(pin) => tpm.set_pin(&parsed(Phase::Early), &authorization(pin)).is_ok(),
        None => tpm.end_pin(&parsed(Phase::Early)).is_ok(),
    }
}

#[test]
fn who_listens_to_the_bus_does_not_hear_it() {
    let mut made = TestBox::new();
    let policy = made.policy.clone();
    let boot = Boot::of(made.reboot(), &policy);
    drop(boot.ready());
    let (tcti, heard) = listened(boot.software);
    let (early, ready) = (boot.parsed(Phase::Early), boot.parsed(Phase::Ready));
    let mut tpm = Tpm::open(tcti).unwrap();
    ownership::use_kept(&mut tpm, &early, &ready).unwrap();
    tpm.set_pin(&early, &authorization(PIN)).unwrap();
    let sealed = made.sealed.clone();
    let (tcti, again) = listened(made.reboot());
    let mut tpm = Tpm::open(tcti).unwrap();
    tpm.extend_phase(keyd::early::UNSEAL_PHASE).unwrap();
    tpm.enter_pin(authorization(PIN));
    tpm.unseal(&early, &sealed).unwrap();
    let heard = [heard.lock().unwrap().clone(), again.lock().unwrap().clone()].concat();
    assert!(heard.len() > 5000, "the ear is on the bus");
    let secret = authorization(PIN);
    for part in [&secret.expose()[..16], &secret.expose()[16..], b"483920"] {
        assert!(!heard.windows(part.len()).any(|window| window == part));
    }
}
