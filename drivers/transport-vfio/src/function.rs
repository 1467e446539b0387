//! Any PCI function that is bound to vfio-pci: what is the same for a card and for every other.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    sync::Arc,
};

use vfio_bindings::bindings::vfio::VFIO_PCI_CONFIG_REGION_INDEX;
use vfio_ioctls::{VfioContainer, VfioDevice};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::{Bdf, DmaPool, Region, VfioError};

// Configuration space (PCI Local Bus 3.0, 6.1 and 6.2.2).
const VENDOR: u32 = 0x00;
const DEVICE: u32 = 0x02;
const COMMAND: u32 = 0x04;
const MEMORY_SPACE: u16 = 1 << 1;
const BUS_MASTER: u16 = 1 << 2;
/// VFIO_DEVICE_RESET, _IO(';', 100 + 11): vfio-ioctls keeps its result to itself.
const VFIO_DEVICE_RESET: libc::c_ulong = 0x3b6f;

/// How a function raises interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupts {
    Msi,
    MsiX,
}

/// An open function. What was made of it must be dropped before it: the pool leaves the IOMMU before the device closes.
pub struct Function {
    bdf: Bdf,
    config: Region,
    device: VfioDevice,
    container: Arc<VfioContainer>,
    enabled: Option<Interrupts>,
}

impl Function {
    pub fn open(bdf: &Bdf) -> Result<Self, VfioError> {
        let container = Arc::new(VfioContainer::new(None).map_err(VfioError::Container)?);
        let device = VfioDevice::new(&bdf.sysfs(), container.clone(), true)
            .map_err(|source| VfioError::Device { bdf: bdf.clone(), source })?;
        let config = Region::new(&device, file(&device)?, VFIO_PCI_CONFIG_REGION_INDEX, 64)?;
        Ok(Self { bdf: bdf.clone(), config, device, container, enabled: None })
    }

    /// Fails on a function with other ids.
    pub fn expect(&self, vendor: u16, device: u16) -> Result<(), VfioError> {
        let found = (self.config.read16(VENDOR)?, self.config.read16(DEVICE)?);
        if found != (vendor, device) {
            return Err(VfioError::OtherIds { bdf: self.bdf.clone(), vendor: found.0, device: found.1 });
        }
        Ok(())
    }

    /// A BAR of at least `needed` bytes.
    pub fn bar(&self, index: u32, needed: u64) -> Result<Region, VfioError> {
        Region::new(&self.device, file(&self.device)?, index, needed)
    }

    /// Memory that the function reaches from `iova` on.
    pub fn dma_pool(&self, iova: u64, bytes: usize) -> Result<DmaPool, VfioError> {
        DmaPool::new(self.container.clone(), iova, bytes)
    }

    /// Has the first vector signal an eventfd, which does not block.
    pub fn enable_interrupt(&mut self, kind: Interrupts) -> Result<OwnedFd, VfioError> {
        let event = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).map_err(VfioError::EventFd)?;
        match kind {
            Interrupts::Msi => self.device.enable_msi(vec![&event]),
            Interrupts::MsiX => self.device.enable_msix(vec![&event]),
        }
        .map_err(VfioError::Interrupt)?;
        self.enabled = Some(kind);
        duplicate(&event).map_err(VfioError::Duplicate)
    }

    /// Lets the function reach for memory. The last thing to do: what it may reach must be there.
    pub fn enable_bus_master(&self) -> Result<(), VfioError> {
        let command = self.config.read16(COMMAND)?;
        self.config.write16(COMMAND, command | MEMORY_SPACE | BUS_MASTER)
    }

    /// Resets the function as far as the bus can.
    pub fn reset(&self) -> io::Result<()> {
        // SAFETY: an ioctl without argument on the device's own descriptor.
        let done = unsafe { libc::ioctl(self.device.as_raw_fd(), VFIO_DEVICE_RESET) };
        let error = io::Error::last_os_error();
        // EINVAL: the bus has no way to reset this function alone; what its driver does by register has to do.
        if done != 0 && error.raw_os_error() != Some(libc::EINVAL) {
            return Err(error);
        }
        Ok(())
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Best effort: the IOMMU ends the function's access a moment later in any case.
        if let Ok(command) = self.config.read16(COMMAND) {
            let _ = self.config.write16(COMMAND, command & !BUS_MASTER);
        }
        let _ = match self.enabled {
            Some(Interrupts::Msi) => self.device.disable_msi(),
            Some(Interrupts::MsiX) => self.device.disable_msix(),
            None => Ok(()),
        };
    }
}

fn file(device: &VfioDevice) -> Result<File, VfioError> {
    duplicate(device).map(File::from).map_err(VfioError::Duplicate)
}

fn duplicate(of: &impl AsRawFd) -> io::Result<OwnedFd> {
    // SAFETY: `of` owns its descriptor and lives until it has been duplicated.
    unsafe { BorrowedFd::borrow_raw(of.as_raw_fd()) }.try_clone_to_owned()
}
