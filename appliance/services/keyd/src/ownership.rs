//! Taking the TPM for this box: the hierarchies' authorizations, and what is approved of.
//!
//! All authorizations come from one random secret. It is kept in the TPM, sealed for each of the two phases, so that a box whose volume was
//! erased is not locked out of its own TPM; and in the data volume's header, encrypted under the recovery key, so that a person with
//! that key can approve of another state of Secure Boot. The open volume itself does not have it.

use data_encoding::HEXLOWER;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use secrets::Secret;
use zeroize::Zeroizing;

use crate::KeydError;
use crate::tpm::{Phase, Policy, Tpm, TpmError};
use crate::vault::random;

const BYTES: usize = 32;
const PURPOSE: &[u8] = b"Coffer: the TPM owner's secret";

/// Who asks that this box be given the TPM: a person with the recovery key, or the first boot.
pub(crate) struct Claim<'a> {
    pub(crate) recovery: &'a Secret,
    /// The secret, encrypted under the recovery key, where the volume has it.
    pub(crate) wrapped: Option<&'a str>,
    /// The firmware enforces signatures.
    pub(crate) secure_boot: bool,
}

/// Makes sure, in the early phase, that nobody but this box owns the TPM, and that Secure Boot's state and the vendor's keys are approved of
/// as they are. Returns the secret, encrypted under the recovery key. Cut off anywhere, it is done again from the start.
pub(crate) fn take(tpm: &mut Tpm, early: &Policy, ready: &Policy, claim: &Claim<'_>) -> Result<String, KeydError> {
    tpm.check_signed(early)?;
    let known = claim.wrapped.and_then(|wrapped| unwrap(claim.recovery, wrapped));
    let (kept, closed) = match tpm.kept_secret(early) {
        Ok(kept) => (kept, None),
        // What is closed for this system is as good as not there.
        Err(e) if e.is_of_this_system() => (None, Some(e)),
        Err(e) => return Err(e.into()),
    };
    let is_open = kept.is_some();
    let candidates: Vec<Secret> = [known, kept].into_iter().flatten().collect();
    let secret = match (tpm.owner_of(candidates), closed) {
        (Ok(Some(secret)), _) => secret,
        (Ok(None), _) => Secret::new(random::<BYTES>()?.to_vec()),
        // This box's own, under a PIN that nobody gave.
        (Err(TpmError::OtherOwner), Some(why)) if why.is_about_pin() => return Err(why.into()),
        (Err(e), _) => return Err(e.into()),
    };
    let secure_boot = || if claim.secure_boot { Ok(()) } else { Err(KeydError::SecureBootOff) };
    // Whoever has the recovery key need not know the PIN: there is none any more.
    if !is_open && tpm.has_pin()? {
        secure_boot()?;
        tpm.forget_pin()?;
    }
    if !tpm.is_approved([early, ready])? {
        secure_boot()?;
        tpm.approve([early, ready])?;
    }
    // In the TPM first: one with an authorization that nobody knows is lost to the box.
    for policy in [early, ready] {
        tpm.keep_secret(policy, Phase::Early, &secret)?;
    }
    tpm.take_ownership(&secret)?;
    wrap(claim.recovery, &secret)
}

/// In the last phase: uses what is kept, and makes an end of a planned change that was made.
pub fn use_kept(tpm: &mut Tpm, early: &Policy, ready: &Policy) -> Result<(), KeydError> {
    tpm.check_signed(ready)?;
    let secret = tpm.kept_secret(ready)?.ok_or(TpmError::OtherOwner)?;
    tpm.take_ownership(&secret)?;
    if !tpm.is_approved([early, ready])? {
        tpm.approve([ready, early])?;
    }
    Ok(())
}

/// Nonce and ciphertext, hexadecimal.
fn wrap(recovery: &Secret, secret: &Secret) -> Result<String, KeydError> {
    let nonce = random::<NONCE_LEN>()?;
    let mut buffer = secret.expose().to_vec();
    key(recovery)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(PURPOSE), &mut buffer)
        .map_err(|_| KeydError::Random)?;
    Ok(HEXLOWER.encode(&[&nonce[..], &buffer].concat()))
}

/// `None`: it is of another recovery key, or damaged.
fn unwrap(recovery: &Secret, wrapped: &str) -> Option<Secret> {
    let bytes = HEXLOWER.decode(wrapped.as_bytes()).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let open = key(recovery).open_in_place(nonce, Aad::from(PURPOSE), &mut buffer).ok()?;
    (open.len() == BYTES).then(|| Secret::copy_of(open))
}

/// The recovery key has 160 random bits: nothing is to be stretched.
fn key(recovery: &Secret) -> LessSafeKey {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, recovery.expose()), PURPOSE);
    // SHA-256 gives what AES-256 takes.
    #[expect(clippy::unwrap_used)]
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, tag.as_ref()).unwrap())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recovery_key_alone_opens_it() {
        let (recovery, other) = (Secret::new(vec![1; 32]), Secret::new(vec![2; 32]));
        let wrapped = wrap(&recovery, &Secret::new(vec![7; BYTES])).unwrap();
        assert!(unwrap(&recovery, &wrapped).unwrap().equals(&Secret::new(vec![7; BYTES])));
        assert!(unwrap(&other, &wrapped).is_none());
        for spoilt in ["", "00", &wrapped[2..], &wrapped[..wrapped.len() - 2]] {
            assert!(unwrap(&recovery, spoilt).is_none());
        }
    }
}
