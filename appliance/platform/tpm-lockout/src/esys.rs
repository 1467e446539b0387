//! The few calls of tpm2-tss's ESAPI (TCG, TSS 2.0 Enhanced System API) that the reset takes.

use std::ffi::CString;
use std::ptr::null_mut;

use secrets::Secret;
use tss_esapi::Error;
use tss_esapi::constants::tss::{TPM2_ALG_AES, TPM2_ALG_CFB, TPM2_ALG_SHA256, TPM2_SE_HMAC};
use tss_esapi::error::ReturnCode;
use tss_esapi::tcti_ldr::TctiNameConf;
use tss_esapi::tss2_esys::{
    ESYS_CONTEXT, ESYS_TR, ESYS_TR_NONE, ESYS_TR_RH_LOCKOUT, Esys_DictionaryAttackLockReset, Esys_Finalize,
    Esys_FlushContext, Esys_Initialize, Esys_StartAuthSession, Esys_TR_Close, Esys_TR_FromTPMPublic, Esys_TR_SetAuth,
    TPM2B_AUTH, TPMT_SYM_DEF, TPMU_SYM_KEY_BITS, TPMU_SYM_MODE, TSS2_RC, TSS2_TCTI_CONTEXT, Tss2_TctiLdr_Finalize,
    Tss2_TctiLdr_Initialize,
};
use zeroize::Zeroize;

use crate::LockoutError;

/// An ESAPI context and the connection under it, both of which live as long as this.
pub(crate) struct Esys {
    context: *mut ESYS_CONTEXT,
    tcti: *mut TSS2_TCTI_CONTEXT,
}

/// Of an object in the TPM that outlives this.
pub(crate) struct Key(ESYS_TR);

pub(crate) struct Session(ESYS_TR);

// SAFETY: the libraries keep nothing that belongs to a thread, and each call takes `&mut self`.
#[expect(unsafe_code)]
unsafe impl Send for Esys {}

#[expect(unsafe_code)]
impl Esys {
    pub(crate) fn open(tcti: TctiNameConf) -> Result<Esys, LockoutError> {
        let name = CString::try_from(tcti).map_err(LockoutError::Name)?;
        let mut esys = Esys { context: null_mut(), tcti: null_mut() };
        // SAFETY: the name ends in a NUL and outlives the call, which writes one pointer.
        let opened = unsafe { Tss2_TctiLdr_Initialize(name.as_ptr(), &raw mut esys.tcti) };
        succeeded("be opened", opened)?;
        // SAFETY: the connection was just made, and is ended after the context; no version of the interface is asked for.
        let made = unsafe { Esys_Initialize(&raw mut esys.context, esys.tcti, null_mut()) };
        succeeded("be opened", made)?;
        Ok(esys)
    }

    pub(crate) fn persistent(&mut self, handle: u32) -> Result<Key, LockoutError> {
        let mut key = ESYS_TR_NONE;
        // SAFETY: the context is open; the call writes one number.
        let found = unsafe {
            Esys_TR_FromTPMPublic(self.context, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &raw mut key)
        };
        succeeded("look at what stands in it", found)?;
        Ok(Key(key))
    }

    /// An HMAC session whose key comes from a secret that is encrypted to `key`.
    pub(crate) fn salted_session(&mut self, key: &Key) -> Result<Session, LockoutError> {
        let symmetric = TPMT_SYM_DEF {
            algorithm: TPM2_ALG_AES,
            keyBits: TPMU_SYM_KEY_BITS { aes: 128 },
            mode: TPMU_SYM_MODE { aes: TPM2_ALG_CFB },
        };
        let mut session = ESYS_TR_NONE;
        // SAFETY: the context is open, the definition outlives the call, which makes the nonce itself and writes one number.
        let started = unsafe {
            Esys_StartAuthSession(
                self.context,
                key.0,
                ESYS_TR_NONE,
                ESYS_TR_NONE,
                ESYS_TR_NONE,
                ESYS_TR_NONE,
                std::ptr::null(),
                TPM2_SE_HMAC,
                &raw const symmetric,
                TPM2_ALG_SHA256,
                &raw mut session,
            )
        };
        succeeded("start a session", started)?;
        Ok(Session(session))
    }

    /// What the library proves in a session that it knows.
    pub(crate) fn set_lockout_authorization(&mut self, value: &Secret) -> Result<(), LockoutError> {
        let bytes = value.expose();
        let mut buffer = [0; 64];
        let Some(place) = buffer.get_mut(..bytes.len()) else { return Err(LockoutError::TooLong(bytes.len())) };
        place.copy_from_slice(bytes);
        let mut authorization = TPM2B_AUTH { size: bytes.len() as u16, buffer };
        // SAFETY: the context is open; the value is copied by the call.
        let set = unsafe { Esys_TR_SetAuth(self.context, ESYS_TR_RH_LOCKOUT, &raw const authorization) };
        authorization.buffer.zeroize();
        buffer.zeroize();
        succeeded("hold an authorization", set)
    }

    pub(crate) fn reset_lockout(&mut self, session: &Session) -> Result<(), LockoutError> {
        // SAFETY: the context and the session are open.
        let reset = unsafe {
            Esys_DictionaryAttackLockReset(self.context, ESYS_TR_RH_LOCKOUT, session.0, ESYS_TR_NONE, ESYS_TR_NONE)
        };
        succeeded("reset its lockout", reset)
    }

    /// A session that can't be flushed is gone already: one that is not continued ends with its command.
    pub(crate) fn flush(&mut self, session: Session) {
        // SAFETY: the context is open, and the library knows which sessions are.
        unsafe { Esys_FlushContext(self.context, session.0) };
    }

    /// Of the library's memory alone.
    pub(crate) fn close(&mut self, key: Key) {
        let mut key = key.0;
        // SAFETY: the context is open; the call writes the number that says that nothing is held.
        unsafe { Esys_TR_Close(self.context, &raw mut key) };
    }
}

#[expect(unsafe_code)]
impl Drop for Esys {
    fn drop(&mut self) {
        // SAFETY: each is open once, or null, which both calls take; the context goes before the connection that it uses.
        unsafe {
            Esys_Finalize(&raw mut self.context);
            Tss2_TctiLdr_Finalize(&raw mut self.tcti);
        }
    }
}

fn succeeded(action: &'static str, code: TSS2_RC) -> Result<(), LockoutError> {
    if code == 0 {
        return Ok(());
    }
    let source = ReturnCode::try_from(code).map_or_else(|e| e, Error::TssError);
    Err(LockoutError::Command { action, source })
}
