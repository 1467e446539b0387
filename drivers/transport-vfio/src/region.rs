//! Regions of a function (BARs, configuration space) with accesses that say when they fail.
//!
//! vfio-ioctls' own `region_read` and `region_write` only log: a failed read would leave the buffer as it was, and pass.

use std::{fs::File, io, os::unix::fs::FileExt};

use card::TransportError;
use vfio_bindings::bindings::vfio::{VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE};
use vfio_ioctls::VfioDevice;

use crate::VfioError;

/// A region that is accessed in 32-bit words.
pub struct Region {
    /// The device's descriptor, in which regions lie at offsets.
    file: File,
    index: u32,
    start: u64,
    size: u64,
}

impl Region {
    /// Takes a region that can be read and written and has at least `needed` bytes.
    pub(crate) fn new(device: &VfioDevice, file: File, index: u32, needed: u64) -> Result<Self, VfioError> {
        let (size, flags) = (device.get_region_size(index), device.get_region_flags(index));
        let access = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
        if size < needed || flags & access != access {
            return Err(VfioError::Region { index, size });
        }
        Ok(Self { file, index, start: device.get_region_offset(index), size })
    }

    /// Reads 32 bits in one access, as vfio-pci does for four aligned bytes.
    pub fn read32(&self, offset: u32) -> Result<u32, TransportError> {
        let mut data = [0; 4];
        let position = self.position(offset)?;
        self.file.read_exact_at(&mut data, position).map_err(|source| failed(offset, source))?;
        Ok(u32::from_le_bytes(data))
    }

    pub fn write32(&self, offset: u32, value: u32) -> Result<(), TransportError> {
        let position = self.position(offset)?;
        self.file.write_all_at(&value.to_le_bytes(), position).map_err(|source| failed(offset, source))
    }

    pub(crate) fn read16(&self, offset: u32) -> Result<u16, VfioError> {
        let mut data = [0; 2];
        let read = self.file.read_exact_at(&mut data, self.start + u64::from(offset));
        read.map_err(|source| VfioError::Access { index: self.index, offset, source })?;
        Ok(u16::from_le_bytes(data))
    }

    pub(crate) fn write16(&self, offset: u32, value: u16) -> Result<(), VfioError> {
        let written = self.file.write_all_at(&value.to_le_bytes(), self.start + u64::from(offset));
        written.map_err(|source| VfioError::Access { index: self.index, offset, source })
    }

    fn position(&self, offset: u32) -> Result<u64, TransportError> {
        if !offset.is_multiple_of(4) || u64::from(offset) + 4 > self.size {
            return Err(TransportError::RegisterRange { offset, size: self.size });
        }
        Ok(self.start + u64::from(offset))
    }
}

fn failed(offset: u32, source: io::Error) -> TransportError {
    match source.raw_os_error() {
        Some(libc::ENODEV) => TransportError::Gone,
        _ => TransportError::Register { offset, source },
    }
}
