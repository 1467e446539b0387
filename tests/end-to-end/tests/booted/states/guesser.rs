//! Somebody who guesses at the TPM of a box that is off.

use std::path::Path;

use software_tpm::SoftwareTpm;

/// The TPM locks itself long before.
const GUESSES_MAX: usize = 40;

/// Guesses at an object of the guesser's own, whose authorization counts as anybody's, until the TPM takes no more.
pub(super) fn locks(tpm_folder: &Path) {
    let tpm = SoftwareTpm::power_on(&tpm_folder.join("state"));
    let attributes = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|decrypt";
    let made = ["-C", "n", "-G", "ecc", "-p", "right", "-a", attributes, "-c", "mine.ctx"];
    assert!(tpm.runs("tpm2_createprimary", &made));
    let locked = (0..GUESSES_MAX).any(|_| {
        // Nothing here keeps house: what a tool loads stays, and there is room for three.
        assert!(tpm.runs("tpm2_flushcontext", &["-t"]));
        assert!(!tpm.runs("tpm2_create", &["-C", "mine.ctx", "-P", "wrong", "-u", "a.pub", "-r", "a.priv"]));
        tpm.prints("tpm2_getcap", &["properties-variable"]).contains("inLockout:                 1")
    });
    assert!(locked, "{}", tpm.prints("tpm2_getcap", &["properties-variable"]));
}
