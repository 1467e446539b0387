//! The function's PCI configuration space: identity, BARs, one MSI-X capability.

use card_csr::{PCI_CLASS, PCI_DEVICE, PCI_VENDOR};

pub(crate) const BYTES: usize = 4096;
/// BAR0: registers. BAR4: MSI-X table, and its pending bits at `PBA`.
pub(crate) const BAR_BYTES: u32 = 4096;
pub(crate) const VECTORS: u32 = 1;

const MSIX: usize = 0x40;
const MSIX_BAR: u32 = 4;
const PBA: u32 = 0x800;
const COMMAND: usize = 0x04;
const BARS: std::ops::Range<usize> = 0x10..0x28;

pub(crate) struct ConfigSpace([u8; BYTES]);

impl ConfigSpace {
    pub(crate) fn new() -> Self {
        let mut space = Self([0; BYTES]);
        space.put(0x00, &PCI_VENDOR.to_le_bytes());
        space.put(0x02, &PCI_DEVICE.to_le_bytes());
        space.put(0x06, &[0x10]); // status: there is a capability list
        space.put(0x0a, &PCI_CLASS.to_le_bytes());
        space.put(0x2c, &PCI_VENDOR.to_le_bytes());
        space.put(0x2e, &PCI_DEVICE.to_le_bytes());
        space.put(0x34, &[MSIX as u8]);
        space.put(MSIX, &[0x11, 0]); // id, no next
        space.put(MSIX + 2, &(VECTORS as u16 - 1).to_le_bytes());
        space.put(MSIX + 4, &MSIX_BAR.to_le_bytes());
        space.put(MSIX + 8, &(PBA | MSIX_BAR).to_le_bytes());
        space
    }

    /// None outside the space.
    pub(crate) fn read(&self, offset: usize, data: &mut [u8]) -> Option<()> {
        data.copy_from_slice(self.0.get(offset..)?.get(..data.len())?);
        Some(())
    }

    /// Takes what a host may write: command, BARs, MSI-X control. The rest is read-only.
    pub(crate) fn write(&mut self, offset: usize, data: &[u8]) -> Option<()> {
        self.0.get(offset..)?.get(..data.len())?;
        if BARS.contains(&offset) && data.len() == 4 && offset.is_multiple_of(4) {
            let bar = (offset - BARS.start) / 4;
            let mask = if bar == 0 || bar == MSIX_BAR as usize { !(BAR_BYTES - 1) } else { 0 };
            let value = data.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            self.put(offset, &(value & mask).to_le_bytes());
        } else if offset == COMMAND || offset == MSIX + 2 {
            let writable = &data[..data.len().min(2)];
            // Of MSI-X control only the top bits: enable and function mask.
            if offset == COMMAND {
                self.put(offset, writable);
            } else if let Some(high) = writable.get(1) {
                self.put(MSIX + 3, &[high & 0xc0]);
            }
        } else if offset == MSIX + 3 {
            self.put(offset, &[data[0] & 0xc0]);
        }
        Some(())
    }

    fn put(&mut self, offset: usize, data: &[u8]) {
        self.0[offset..][..data.len()].copy_from_slice(data);
    }
}
