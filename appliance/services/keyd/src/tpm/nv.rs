//! The NV indices that Coffer has in a TPM. All are the owner's: everybody reads them, who has the owner's authorization writes.

use tss_esapi::attributes::NvIndexAttributesBuilder;
use tss_esapi::constants::NvIndexType;
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::{NvAuth, Provision};
use tss_esapi::structures::{Auth, MaxNvBuffer, NvPublic, NvPublicBuilder};

use super::error::is_no_handle;
use super::policy::sha256;
use super::{Action, Encrypt, Tpm, TpmError};

/// An index of a fixed form. Its Name is part of policies, so that the form must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    handle: u32,
    kind: Kind,
    /// In bytes.
    size: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ordinary = 0,
    Counter = 1,
    Bits = 2,
    /// Its authorization is a PIN; the content counts wrong ones, up to a limit.
    PinFail = 8,
}

/// Bit v is set: what the vendor signed with a security version below v opens nothing here any more.
pub const SECURITY_VERSIONS: Index = Index { handle: 0x0180_0110, kind: Kind::Bits, size: 8 };
/// What the vault is sealed to: see [`super::counter`].
pub(super) const COUNTER: Index = Index { handle: 0x0180_0111, kind: Kind::Counter, size: 8 };
/// TPMT_HA of the policy that PolicyAuthorizeNV takes in the early phase, and in the last one.
pub(crate) const APPROVED_EARLY: Index = Index { handle: 0x0180_0112, kind: Kind::Ordinary, size: 34 };
pub(crate) const APPROVED_READY: Index = Index { handle: 0x0180_0113, kind: Kind::Ordinary, size: 34 };
/// Two values of PCR 7: the one that is, and the one that a planned change will bring.
pub(crate) const PLANNED: Index = Index { handle: 0x0180_0114, kind: Kind::Ordinary, size: 64 };

/// The PIN to start, where one is set (TPM 2.0 part 1, 37.2.8: PIN Fail index): how often in a row it was wrong, and how often it may be.
pub(super) const PIN: Index = Index { handle: 0x0180_0115, kind: Kind::PinFail, size: 8 };

/// TPMA_NV (TPM 2.0 part 2, 13.4): OWNERWRITE, OWNERREAD, AUTHREAD, NO_DA.
const ATTRIBUTES: u32 = 1 << 1 | 1 << 17 | 1 << 18 | 1 << 25;
const WRITTEN: u32 = 1 << 29;
const TPM_ALG_SHA256: [u8; 2] = [0, 0x0b];

impl Index {
    /// The Name once it was written (TPM 2.0 part 1, 16): the same in every TPM.
    pub fn name(&self) -> [u8; 34] {
        let attributes = ATTRIBUTES | (self.kind as u32) << 4 | WRITTEN;
        // TPMS_NV_PUBLIC: no policy of its own.
        let digest = sha256(&[
            &self.handle.to_be_bytes(),
            &TPM_ALG_SHA256,
            &attributes.to_be_bytes(),
            &[0, 0],
            &self.size.to_be_bytes(),
        ]);
        let mut name = [0; 34];
        name[..2].copy_from_slice(&TPM_ALG_SHA256);
        name[2..].copy_from_slice(&digest);
        name
    }

    pub(crate) fn size(&self) -> u16 {
        self.size
    }

    fn public(&self) -> tss_esapi::Result<NvPublic> {
        let kind = match self.kind {
            Kind::Ordinary => NvIndexType::Ordinary,
            Kind::Counter => NvIndexType::Counter,
            Kind::Bits => NvIndexType::Bits,
            Kind::PinFail => NvIndexType::PinFail,
        };
        let attributes = NvIndexAttributesBuilder::new()
            .with_owner_write(true)
            .with_owner_read(true)
            .with_auth_read(true)
            .with_no_da(true)
            .with_nv_index_type(kind)
            .build()?;
        NvPublicBuilder::new()
            .with_nv_index(NvIndexTpmHandle::new(self.handle)?)
            .with_index_name_algorithm(HashingAlgorithm::Sha256)
            .with_index_attributes(attributes)
            .with_data_area_size(self.size.into())
            .build()
    }
}

impl Tpm {
    /// The written index; `None`: there is none. One of another form is somebody else's.
    pub(crate) fn index(&mut self, index: Index) -> Result<Option<NvIndexHandle>, TpmError> {
        let Some(handle) = self.index_of_any_form(index)? else { return Ok(None) };
        let name = self.context.tr_get_name(handle.into()).action("name an NV index")?;
        if name.value() == index.name() { Ok(Some(handle)) } else { Err(TpmError::OtherIndex { index: index.handle }) }
    }

    /// The content; `None`: there is no such index.
    pub(crate) fn read_index(&mut self, index: Index) -> Result<Option<Vec<u8>>, TpmError> {
        let Some(handle) = self.index(index)? else { return Ok(None) };
        let read = self.with_session(Encrypt::None, "read an NV index", |c, _| {
            c.nv_read(NvAuth::NvIndex(handle), handle, index.size, 0)
        })?;
        Ok(Some(read.as_bytes().to_vec()))
    }

    /// Writes it, with the owner's authorization; makes it first where there is none, or one of another form.
    pub(crate) fn write_index(&mut self, index: Index, content: &[u8]) -> Result<(), TpmError> {
        let data = MaxNvBuffer::try_from(content.to_vec()).action("hold an NV index's content")?;
        let handle = self.made(index)?;
        self.as_owner("write an NV index", |c| c.nv_write(NvAuth::Owner, handle, data, 0))
    }

    /// Sets bits of an index of bits, with the owner's authorization; makes it first where there is none.
    pub(crate) fn set_bits(&mut self, index: Index, bits: u64) -> Result<(), TpmError> {
        let handle = self.made(index)?;
        self.as_owner("set bits of an NV index", |c| c.nv_set_bits(NvAuth::Owner, handle, bits))
    }

    /// Moves a counter on, with the owner's authorization; makes it first where there is none.
    pub(super) fn increment(&mut self, index: Index) -> Result<(), TpmError> {
        let handle = self.made(index)?;
        self.as_owner("move its counter on", |c| c.nv_increment(NvAuth::Owner, handle))
    }

    /// Makes an index anew, under this authorization, and writes it.
    pub(super) fn make_index(&mut self, index: Index, authorization: Auth, content: &[u8]) -> Result<(), TpmError> {
        let data = MaxNvBuffer::try_from(content.to_vec()).action("hold an NV index's content")?;
        self.remove_index(index)?;
        let public = index.public().action("describe an NV index")?;
        let handle =
            self.as_owner("make an NV index", |c| c.nv_define_space(Provision::Owner, Some(authorization), public))?;
        self.indices.insert(index.handle, handle);
        self.as_owner("write an NV index", |c| c.nv_write(NvAuth::Owner, handle, data, 0))
    }

    /// One of any form.
    pub(super) fn remove_index(&mut self, index: Index) -> Result<(), TpmError> {
        if let Some(handle) = self.index_of_any_form(index)? {
            self.as_owner("remove an NV index", |c| c.nv_undefine_space(Provision::Owner, handle))?;
            self.indices.remove(&index.handle);
        }
        Ok(())
    }

    fn made(&mut self, index: Index) -> Result<NvIndexHandle, TpmError> {
        match self.index(index) {
            Ok(Some(handle)) => return Ok(handle),
            Ok(None) => {}
            // Never written, or of another form.
            Err(TpmError::OtherIndex { .. }) => self.remove_index(index)?,
            Err(e) => return Err(e),
        }
        let public = index.public().action("describe an NV index")?;
        let handle = self.as_owner("make an NV index", |c| c.nv_define_space(Provision::Owner, None, public))?;
        self.indices.insert(index.handle, handle);
        Ok(handle)
    }

    fn index_of_any_form(&mut self, index: Index) -> Result<Option<NvIndexHandle>, TpmError> {
        if let Some(handle) = self.indices.get(&index.handle) {
            return Ok(Some(*handle));
        }
        let handle = NvIndexTpmHandle::new(index.handle).action("hold an NV index's handle")?;
        let found = self.context.execute_without_session(|c| c.tr_from_tpm_public(TpmHandle::NvIndex(handle)));
        match found {
            Ok(handle) => {
                let handle = NvIndexHandle::from(handle);
                self.indices.insert(index.handle, handle);
                Ok(Some(handle))
            }
            Err(e) if is_no_handle(&e) => Ok(None),
            Err(source) => Err(TpmError::Command { action: "find an NV index", source }),
        }
    }
}
