//! Bringing a policy session to what all sealed objects and the box's keys ask for.

use data_encoding::HEXLOWER;
use tss_esapi::Context;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, SessionHandle};
use tss_esapi::interface_types::ArithmeticComparison;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, NvAuth};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{Digest, DigestList, Nonce, PublicKeyRsa, RsaSignature, Signature};

use super::error::is_comparison;
use super::nv::{Index, PLANNED, SECURITY_VERSIONS};
use super::policy::{self, Approved, Policy, sha256};
use super::{Action, Encrypt, SealError, Tpm, TpmError, digest_of, is_about_content, is_policy_failure, selection};

/// TPMT_HA's algorithm.
const TPM_ALG_SHA256: [u8; 2] = [0, 0x0b];

/// What is approved of.
struct Held {
    /// With the PIN.
    pin: bool,
    /// Both digests, where a change is planned and this is one side of it.
    either: Option<DigestList>,
}

/// What this boot stands at.
struct Now {
    pcr7: [u8; 32],
    pcr11: [u8; 32],
    pcr12: [u8; 32],
}

impl Tpm {
    /// Runs `command` under a policy session in which this system has shown that it is what the vendor signed, as Secure Boot and the
    /// security version allow. A second session carries the encryption: on the policy session itself some tpm2-tss versions get it
    /// wrong.
    pub(crate) fn with_policy<T>(
        &mut self,
        policy: &Policy,
        encrypt: Encrypt,
        action: &'static str,
        command: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, SealError> {
        let session = self.salted_session(SessionType::Policy, Encrypt::None)?;
        let satisfied = PolicySession::try_from(session)
            .action("use a policy session")
            .map_err(SealError::from)
            .and_then(|policy_session| self.satisfy(policy, policy_session));
        let result = satisfied.and_then(|()| {
            let hmac = self.hmac_session(encrypt)?;
            let result = self.context.execute_with_sessions((Some(session), Some(hmac), None), command).action(action);
            self.end_hmac_session(hmac, result.is_ok());
            result.map_err(|e| match e {
                TpmError::Command { source, .. } if is_policy_failure(&source) => SealError::OtherPolicy,
                e => e.into(),
            })
        });
        self.flush(SessionHandle::from(session).into());
        result
    }

    /// Whether the vendor signed this boot for this phase, and nothing was added to it.
    pub fn check_signed(&mut self, policy: &Policy) -> Result<(), SealError> {
        self.now()?.signed(policy).map(drop)
    }

    /// Approves of Secure Boot's state and the vendor's keys as they are in this boot, which the vendor signed for one of the two
    /// phases. Where there is no security version yet, this image's is the lowest from now on. It takes the owner's authorization.
    /// What is so already is not written again.
    pub fn approve(&mut self, policies: [&Policy; 2]) -> Result<(), SealError> {
        let now = self.now()?;
        let version = now.signed(policies[0]).or_else(|_| now.signed(policies[1]))?.security_version;
        let pin = self.has_pin()?;
        for policy in policies {
            let digest = policy::approved(&self.vendor_key_name(policy)?, &now.pcr7, pin && policy.phase.takes_pin());
            if self.read_or_none(policy.phase.index())? != Some(ha(&digest)) {
                self.write_index(policy.phase.index(), &ha(&digest))?;
            }
        }
        if self.read_or_none(SECURITY_VERSIONS)?.is_none() {
            self.set_bits(SECURITY_VERSIONS, 1 << version.min(63))?;
        }
        Ok(())
    }

    /// Whether this boot is approved of in both phases, or is one side of a planned change that has not been made yet. One that has
    /// been made is to be approved of by itself.
    pub fn is_approved(&mut self, policies: [&Policy; 2]) -> Result<bool, SealError> {
        let now = self.now()?;
        let planned = self.read_or_none(PLANNED)?;
        let pin = self.has_pin()?;
        for policy in policies {
            match self.held(policy, &now) {
                // A PIN that was being set or ended when the power failed.
                Ok(held) if held.pin != (pin && policy.phase.takes_pin()) => return Ok(false),
                Ok(Held { either: None, .. }) => {}
                Ok(Held { either: Some(_), .. }) if planned.as_ref().is_some_and(|p| p[..32] == now.pcr7) => {}
                Ok(_)
                | Err(
                    SealError::NotApproved { .. }
                    | SealError::IndexLost { .. }
                    | SealError::Tpm(TpmError::OtherIndex { .. }),
                ) => return Ok(false),
                Err(e) => return Err(e),
            }
        }
        Ok(true)
    }

    /// The same as is approved of now, in this phase, with the PIN or without.
    pub(super) fn approve_with(&mut self, policy: &Policy, pin: bool) -> Result<(), SealError> {
        let now = self.now()?;
        let name = self.vendor_key_name(policy)?;
        let digest = match self.held(policy, &now)?.either {
            None => policy::approved(&name, &now.pcr7, pin),
            Some(_) => {
                let planned = self.planned()?.ok_or(SealError::IndexLost { index: "of what is planned" })?;
                policy::either(&planned.map(|pcr7| policy::approved(&name, &pcr7, pin)))
            }
        };
        Ok(self.write_index(policy.phase.index(), &ha(&digest))?)
    }

    /// Lets PCR 7 be this value, too, from the next boot on: a change of Secure Boot's keys that is going to be made. What PCR 7 is
    /// now: nothing is planned any more. Cut off anywhere, this boot's value opens both phases.
    pub fn plan(&mut self, early: &Policy, ready: &Policy, pcr7: &[u8; 32]) -> Result<(), SealError> {
        let now = self.now()?.pcr7;
        let wanted = [now, *pcr7];
        // An index that speaks of two values is of no use without them: they are written before it, and not while it speaks of others.
        if now == *pcr7 || self.planned()?.is_some_and(|planned| planned != wanted) {
            self.approve([early, ready])?;
        }
        if now == *pcr7 {
            return Ok(());
        }
        self.write_index(PLANNED, &wanted.concat())?;
        let pin = self.has_pin()?;
        // The early phase is the last that opens for the new value and the first that does not: where one phase alone did, the volume would
        // open and its services would not.
        for policy in [ready, early] {
            let (name, pin) = (self.vendor_key_name(policy)?, pin && policy.phase.takes_pin());
            let digest = policy::either(&wanted.map(|pcr7| policy::approved(&name, &pcr7, pin)));
            self.write_index(policy.phase.index(), &ha(&digest))?;
        }
        Ok(())
    }

    /// The other value that PCR 7 may have at the next boot: of a planned change that both phases open after.
    pub fn expected(&mut self, policies: [&Policy; 2]) -> Result<Option<[u8; 32]>, SealError> {
        let now = self.now()?;
        let Some(planned) = self.planned()? else { return Ok(None) };
        for policy in policies {
            match self.held(policy, &now) {
                Ok(Held { either: Some(_), .. }) => {}
                Ok(_)
                | Err(
                    SealError::NotApproved { .. }
                    | SealError::IndexLost { .. }
                    | SealError::Tpm(TpmError::OtherIndex { .. }),
                ) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
        Ok(planned.into_iter().find(|pcr7| *pcr7 != now.pcr7))
    }

    /// The lowest security version that opens anything here.
    pub fn security_floor(&mut self) -> Result<Option<u8>, TpmError> {
        let bits = self.read_or_none(SECURITY_VERSIONS)?.and_then(|b| <[u8; 8]>::try_from(b).ok());
        Ok(bits.map(u64::from_be_bytes).and_then(|bits| bits.checked_ilog2()).map(|bit| bit as u8))
    }

    /// Raises it, where it is lower; whether it was. It never falls. One above that of this boot, which the vendor signed with it, is
    /// refused: this system would lock itself out.
    pub fn raise_security_floor(&mut self, policy: &Policy, version: u8) -> Result<bool, SealError> {
        let own = self.now()?.signed(policy)?.security_version;
        if version > own {
            return Err(TpmError::FloorAbove { version, own }.into());
        }
        if self.security_floor()?.is_some_and(|floor| version <= floor) {
            return Ok(false);
        }
        let bit = 1u64.checked_shl(version.into()).ok_or(TpmError::FloorAbove { version, own })?;
        self.set_bits(SECURITY_VERSIONS, bit)?;
        Ok(true)
    }

    fn satisfy(&mut self, policy: &Policy, session: PolicySession) -> Result<(), SealError> {
        let now = self.now()?;
        let approved = now.signed(policy)?;
        let held = self.held(policy, &now)?;
        self.show_signed(policy, approved, &now, session)?;
        self.context
            .execute_without_session(|c| c.policy_pcr(session, Digest::default(), selection(&[7, 12])?))
            .action("compare PCRs")?;
        if held.pin {
            self.show_pin(session)?;
        }
        if let Some(or) = held.either {
            self.context
                .execute_without_session(|c| c.policy_or(session, or))
                .action("compare with what is planned")?;
        }
        let index = self.need(policy.phase.index(), "of what is approved")?;
        self.context
            .execute_with_session(Some(AuthSession::Password), |c| {
                c.policy_authorize_nv(session, NvAuth::NvIndex(index), index)
            })
            .action("compare with what is approved")?;
        match policy.count {
            Some(count) => self.satisfy_counter(session, count),
            None => Ok(()),
        }
    }

    /// PCR 11 and the security version, as the vendor signed them.
    fn show_signed(
        &mut self,
        policy: &Policy,
        approved: &Approved,
        now: &Now,
        session: PolicySession,
    ) -> Result<(), SealError> {
        let version = approved.security_version;
        let signature = PublicKeyRsa::try_from(approved.signature.clone())
            .and_then(|s| RsaSignature::create(HashingAlgorithm::Sha256, s))
            .map_err(|_| TpmError::Policy("its signature is no RSA signature".into()))?;
        let versions = self.need(SECURITY_VERSIONS, "of security versions")?;
        let bits = digest_of(&policy::bits_above(version).to_be_bytes())?;
        self.context
            .execute_without_session(|c| c.policy_pcr(session, Digest::default(), selection(&[11])?))
            .action("compare PCR 11")?;
        let compared = self.context.execute_with_session(Some(AuthSession::Password), |c| {
            c.policy_nv(session, NvAuth::NvIndex(versions), versions, bits, 0, ArithmeticComparison::BitClear)
        });
        match compared {
            Err(e) if is_comparison(&e) => return Err(SealError::TooOld { version }),
            compared => compared.action("compare the security version")?,
        }
        let pol = digest_of(&approved.digest)?;
        let hash = digest_of(&sha256(&[&approved.digest]))?;
        let vendor = self.load_vendor_key(policy)?;
        let result = self.context.execute_without_session(|c| {
            let ticket = c.verify_signature(vendor, hash, Signature::RsaSsa(signature))?;
            let name = c.tr_get_name(vendor.into())?;
            c.policy_authorize(session, pol, Nonce::default(), &name, ticket)
        });
        self.flush(vendor.into());
        result.map_err(|source| match is_about_content(&source) {
            // Signed by the other phase's key: this phase is not one that may unseal.
            true => SealError::NotSigned { pcr11: HEXLOWER.encode(&now.pcr11) },
            false => SealError::Tpm(TpmError::Command { action: "check the vendor's signature", source }),
        })
    }

    /// What the phase's index holds. An error: PCR 7 or the vendor is none that it approves of.
    fn held(&mut self, policy: &Policy, now: &Now) -> Result<Held, SealError> {
        let index = policy.phase.index();
        let held = self.read_index(index)?.ok_or(SealError::IndexLost { index: "of what is approved" })?;
        let name = self.vendor_key_name(policy)?;
        // What is planned for others is as little approved of as what nobody planned.
        let planned = self.planned()?.filter(|planned| planned.contains(&now.pcr7));
        for pin in [false, true] {
            if held == ha(&policy::approved(&name, &now.pcr7, pin)) {
                return Ok(Held { pin, either: None });
            }
            let Some(planned) = planned else { continue };
            let both = planned.map(|pcr7| policy::approved(&name, &pcr7, pin));
            if held == ha(&policy::either(&both)) {
                let mut list = DigestList::new();
                for digest in both {
                    list.add(digest_of(&digest)?).action("hold two digests")?;
                }
                return Ok(Held { pin, either: Some(list) });
            }
        }
        Err(SealError::NotApproved { pcr7: HEXLOWER.encode(&now.pcr7) })
    }

    /// The two values of PCR 7 of a planned change.
    fn planned(&mut self) -> Result<Option<[[u8; 32]; 2]>, TpmError> {
        let planned = self.read_or_none(PLANNED)?.and_then(|b| <[u8; 64]>::try_from(b).ok());
        Ok(planned.map(|p| {
            let (one, other) = p.split_at(32);
            [one, other].map(|v| v.try_into().unwrap_or([0; 32]))
        }))
    }

    fn now(&mut self) -> Result<Now, SealError> {
        let now = Now { pcr7: self.pcr(7)?, pcr11: self.pcr(11)?, pcr12: self.pcr(12)? };
        if now.pcr12 != [0; 32] {
            return Err(SealError::ExtraParameters);
        }
        // Never extended, or capped with a constant by who wants nothing to be sealed.
        if now.pcr7 == [0; 32] || now.pcr7 == [0xff; 32] {
            return Err(SealError::NotMeasured { pcr7: HEXLOWER.encode(&now.pcr7) });
        }
        Ok(now)
    }

    pub(super) fn need(
        &mut self,
        index: Index,
        name: &'static str,
    ) -> Result<tss_esapi::handles::NvIndexHandle, SealError> {
        self.index(index)?.ok_or(SealError::IndexLost { index: name })
    }

    /// As [`Tpm::read_index`]; one that was never written, or is of another form, is none.
    pub(super) fn read_or_none(&mut self, index: Index) -> Result<Option<Vec<u8>>, TpmError> {
        match self.read_index(index) {
            Err(TpmError::OtherIndex { .. }) => Ok(None),
            read => read,
        }
    }

    fn vendor_key_name(&mut self, policy: &Policy) -> Result<Vec<u8>, TpmError> {
        let vendor = self.load_vendor_key(policy)?;
        let name = self.context.tr_get_name(vendor.into()).action("name the vendor's key");
        self.flush(vendor.into());
        Ok(name?.value().to_vec())
    }

    fn load_vendor_key(&mut self, policy: &Policy) -> Result<KeyHandle, TpmError> {
        let key = policy.key.clone();
        self.context
            .execute_without_session(|c| c.load_external(None, key, Hierarchy::Owner))
            .action("load the vendor's public key")
    }
}

impl Now {
    /// The vendor's signature for this boot.
    fn signed<'a>(&self, policy: &'a Policy) -> Result<&'a Approved, SealError> {
        let fits = |a: &&Approved| a.digest == policy::signed(&self.pcr11, a.security_version);
        let not_signed = || SealError::NotSigned { pcr11: HEXLOWER.encode(&self.pcr11) };
        policy.approved.iter().find(fits).ok_or_else(not_signed)
    }
}

/// TPMT_HA.
fn ha(digest: &[u8; 32]) -> Vec<u8> {
    [&TPM_ALG_SHA256[..], digest].concat()
}
