//! The TPM's own defence against guessing, as it is told of.

use keyd::tpm::Tpm;

use crate::support::SoftwareTpm;

#[test]
fn wrong_guesses_by_others_are_counted_and_a_locked_tpm_says_so() {
    let software = SoftwareTpm::new();
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    let before = tpm.lockout().unwrap();
    assert!(before.failed == 0 && before.failed_max > 0 && !before.is_locked);
    drop(tpm);
    software.tool("tpm2_dictionarylockout", &["-s", "-n", "2", "-t", "3600", "-l", "60"]);
    // An index with an authorization that is guessed wrongly.
    software.tool("tpm2_nvdefine", &["-C", "o", "-s", "8", "-p", "right", "-a", "authread|authwrite", "0x1800200"]);
    for guess in ["a", "b"] {
        assert!(!software.runs("tpm2_nvread", &["-C", "0x1800200", "-P", guess, "-s", "8", "0x1800200"]));
    }
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    let after = tpm.lockout().unwrap();
    assert!(after.is_locked && after.failed == 2 && after.failed_max == 2, "{after:?}");
    assert_eq!((after.interval_s, after.recovery_s), (3600, 60));
}
