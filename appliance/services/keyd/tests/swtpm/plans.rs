//! A planned change of Secure Boot's keys, cut off: it holds or it does not, the TPM says which, and nobody needs the recovery key.

use std::sync::atomic::{AtomicU32, Ordering};

use ipc::control::PcrPolicy;
use ipc::early::{Refusal, Sealed};
use keyd::tpm::{Phase, Tpm};
use secrets::Secret;

use crate::between::{Deed, FAILURE, between};
use crate::boot::{Boot, key};
use crate::support::{SoftwareTpm, Vendor};

/// How often PCR 7 is extended more than it is now: Secure Boot's state after a change, and after another one.
const CHANGED: usize = 1;
const OTHERWISE: usize = 2;

/// A box that was set up. Each use of it is a boot of its own.
struct TestBox {
    software: Option<SoftwareTpm>,
    policy: PcrPolicy,
    volume: Sealed,
    vault: Sealed,
    /// PCR 7 as it is, after a change, and after another one.
    pcr7: [[u8; 32]; 3],
}

impl TestBox {
    fn new() -> TestBox {
        let (mut software, policy) = (SoftwareTpm::new(), Vendor::new().policy([0; 32]));
        let volume = Boot::of(&software, &policy).seal().unwrap();
        let pcr7 = [0, CHANGED, OTHERWISE].map(|changes| {
            let copy = changed(&software, changes);
            let found = Tpm::open(copy.tcti()).unwrap().pcrs(&[7]).unwrap();
            found[0].1.clone().try_into().unwrap()
        });
        software = software.reboot();
        let boot = Boot::of(&software, &policy);
        let vault = boot.ready().seal(&boot.parsed(Phase::Ready), &key()).unwrap();
        TestBox { software: Some(software), policy, volume, vault, pcr7 }
    }

    fn reboot(&mut self) -> &SoftwareTpm {
        self.software = self.software.take().map(SoftwareTpm::reboot);
        self.software.as_ref().unwrap()
    }

    /// Plans this change on a TPM that fails after so many commands; whether it was done.
    fn is_planned_after(&mut self, good: u32, change: usize) -> bool {
        let (policy, pcr7) = (self.policy.clone(), self.pcr7[change]);
        let boot = Boot::of(self.reboot(), &policy);
        drop(boot.ready());
        let left: &'static AtomicU32 = Box::leak(Box::new(AtomicU32::new(u32::MAX)));
        let tcti = between(boot.software, move || {
            match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)) {
                Ok(_) => Deed::Pass,
                Err(_) => Deed::Answer(FAILURE),
            }
        });
        let (mut tpm, early, ready) = (Tpm::open(tcti).unwrap(), boot.parsed(Phase::Early), boot.parsed(Phase::Ready));
        keyd::ownership::use_kept(&mut tpm, &early, &ready).unwrap();
        left.store(good, Ordering::SeqCst);
        tpm.plan(&early, &ready, &pcr7).is_ok()
    }

    /// Boots in the state that is: both phases open what they sealed. The change that is expected then, by its number.
    fn opens(&mut self) -> Option<usize> {
        let (policy, volume, vault) = (self.policy.clone(), self.volume.clone(), self.vault.clone());
        Boot::of(self.reboot(), &policy).unseal(&volume).unwrap();
        let boot = Boot::of(self.reboot(), &policy);
        let mut tpm = boot.ready();
        assert!(is_key(tpm.unseal(&boot.parsed(Phase::Ready), &vault).ok()));
        let expected = tpm.expected([&boot.parsed(Phase::Early), &boot.parsed(Phase::Ready)]).unwrap();
        expected.map(|pcr7| self.pcr7.iter().position(|known| *known == pcr7).unwrap())
    }

    /// Whether what each phase sealed opens after this change, which is made on a copy.
    fn opens_after(&self, change: usize) -> [bool; 2] {
        let software = changed(self.software.as_ref().unwrap(), change);
        let is_open = Boot::of(&software, &self.policy).unseal(&self.volume).is_ok();
        let software = changed(&software, change);
        let boot = Boot::of(&software, &self.policy);
        boot.ask(ipc::early::Request::Leave { sealed: None, loaded: Vec::new() });
        let mut tpm = Tpm::open(software.tcti()).unwrap();
        [is_open, is_key(tpm.unseal(&boot.parsed(Phase::Ready), &self.vault).ok())]
    }
}

/// The TPM as it is now, in a boot after so many changes.
fn changed(software: &SoftwareTpm, changes: usize) -> SoftwareTpm {
    let copy = software.copy();
    (0..changes).for_each(|_| copy.extend_pcr7());
    copy
}

fn is_key(found: Option<Secret>) -> bool {
    found.is_some_and(|found| found.equals(&key()))
}

/// In order: none before, another one before, the same one before, and one that is given up.
#[test]
fn cut_off_anywhere_it_opens_as_it_is_and_says_what_is_planned() {
    let mut made = TestBox::new();
    // Each command in the long suite.
    let step = if std::env::var_os("COFFER_LONG").is_some() { 1 } else { 17 };
    for (before, wanted) in [(0, CHANGED), (CHANGED, OTHERWISE), (OTHERWISE, OTHERWISE), (OTHERWISE, 0)] {
        let mut seen = Vec::new();
        for good in (0..).step_by(step) {
            assert!(made.is_planned_after(u32::MAX, before));
            let is_done = made.is_planned_after(good, wanted);
            let expected = made.opens();
            seen.extend(expected);
            for change in [CHANGED, OTHERWISE] {
                let [volume, vault] = made.opens_after(change);
                assert_eq!(volume && vault, expected == Some(change), "{before} to {wanted}, after {good} commands");
                assert!(vault || !volume, "a volume without its services: {before} to {wanted}, after {good} commands");
            }
            if is_done {
                assert_eq!(expected, Some(wanted).filter(|change| *change != 0));
                break;
            }
        }
        assert!(seen.contains(&before) || before == 0);
    }
}

/// It is said to be that, and no failure of the TPM, which nobody could mend.
#[test]
fn another_change_than_the_planned_one_is_not_approved_and_the_recovery_key_approves_of_it() {
    let mut made = TestBox::new();
    assert!(made.is_planned_after(u32::MAX, CHANGED));
    let software = changed(made.software.as_ref().unwrap(), OTHERWISE);
    assert_eq!(Boot::of(&software, &made.policy).unseal(&made.volume), Err(Refusal::NotApproved));
    let software = changed(&software, OTHERWISE);
    let owner = made.volume.owner.clone();
    let sealed = Boot { owner, ..Boot::of(&software, &made.policy) }.seal().unwrap();
    let software = changed(&software, OTHERWISE);
    Boot::of(&software, &made.policy).unseal(&sealed).unwrap();
}
