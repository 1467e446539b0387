//! A PCI function bound to vfio-pci, as the driver's transport.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{Ordering, fence},
    },
    time::Duration,
};

use card::{Transport, TransportError, wait_eventfd};
use card_csr::{PCI_DEVICE, PCI_VENDOR, regs};
use vfio_bindings::bindings::vfio::{VFIO_PCI_BAR0_REGION_INDEX, VFIO_PCI_CONFIG_REGION_INDEX};
use vfio_ioctls::{VfioContainer, VfioDevice};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::{
    Bdf, VfioError,
    dma::{DmaPool, IOVA},
    region::Region,
};

/// Bytes of DMA pool that serve well: slots of 4 MiB.
pub const DEFAULT_POOL: usize = 32 << 20;

// Configuration space (PCI Local Bus 3.0, 6.1 and 6.2.2).
const VENDOR: u32 = 0x00;
const DEVICE: u32 = 0x02;
const COMMAND: u32 = 0x04;
const MEMORY_SPACE: u16 = 1 << 1;
const BUS_MASTER: u16 = 1 << 2;
/// VFIO_DEVICE_RESET, _IO(';', 100 + 11): vfio-ioctls keeps its result to itself.
const VFIO_DEVICE_RESET: libc::c_ulong = 0x3b6f;

/// One card. Fields drop in this order: the pool leaves the IOMMU before the device and its container close.
pub struct VfioTransport {
    pool: DmaPool,
    bar0: Region,
    config: Region,
    interrupt: OwnedFd,
    device: VfioDevice,
}

impl VfioTransport {
    /// Opens a function that is bound to vfio-pci, maps a DMA pool of `pool_bytes` and enables bus mastering and MSI-X.
    /// Needs RLIMIT_MEMLOCK above the pool, and read access to the function's folder in sysfs.
    pub fn open(bdf: &Bdf, pool_bytes: usize) -> Result<Self, VfioError> {
        let container = Arc::new(VfioContainer::new(None).map_err(VfioError::Container)?);
        let device = VfioDevice::new(&bdf.sysfs(), container.clone(), true)
            .map_err(|source| VfioError::Device { bdf: bdf.clone(), source })?;
        let file = || duplicate(&device).map(File::from).map_err(VfioError::Duplicate);
        let bar0 = Region::new(&device, file()?, VFIO_PCI_BAR0_REGION_INDEX, regs::SIZE.into())?;
        let config = Region::new(&device, file()?, VFIO_PCI_CONFIG_REGION_INDEX, 64)?;
        let (vendor, id) = (config.read16(VENDOR)?, config.read16(DEVICE)?);
        if (vendor, id) != (PCI_VENDOR, PCI_DEVICE) {
            return Err(VfioError::NotACard { bdf: bdf.clone(), vendor, device: id });
        }
        let event = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).map_err(VfioError::EventFd)?;
        device.enable_msix(vec![&event]).map_err(VfioError::Interrupt)?;
        let interrupt = duplicate(&event).map_err(VfioError::Duplicate)?;
        let pool = DmaPool::new(container, pool_bytes)?;
        // Last, so that the card cannot reach for memory before its pool is there.
        enable_bus_master(&config)?;
        Ok(Self { pool, bar0, config, interrupt, device })
    }
}

impl Drop for VfioTransport {
    fn drop(&mut self) {
        // Best effort: the IOMMU ends the card's access a moment later in any case.
        if let Ok(command) = self.config.read16(COMMAND) {
            let _ = self.config.write16(COMMAND, command & !BUS_MASTER);
        }
        let _ = self.device.disable_msix();
    }
}

impl Transport for VfioTransport {
    fn read_register(&mut self, offset: u32) -> Result<u32, TransportError> {
        self.bar0.read32(offset)
    }

    fn write_register(&mut self, offset: u32, value: u32) -> Result<(), TransportError> {
        fence(Ordering::SeqCst);
        self.bar0.write32(offset, value)
    }

    fn dma_len(&self) -> usize {
        self.pool.len()
    }

    fn dma_iova(&self) -> u64 {
        IOVA
    }

    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        self.pool.read(offset, words)
    }

    fn dma_write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError> {
        self.pool.write(offset, words)
    }

    fn dma_wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError> {
        self.pool.wipe(offset, bytes)
    }

    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, TransportError> {
        wait_eventfd(self.interrupt.as_fd(), timeout).map_err(|source| TransportError::Interrupt { source })
    }

    fn interrupt_fd(&self) -> Result<OwnedFd, TransportError> {
        self.interrupt.try_clone().map_err(|source| TransportError::Interrupt { source })
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        // SAFETY: an ioctl without argument on the device's own descriptor.
        let done = unsafe { libc::ioctl(self.device.as_raw_fd(), VFIO_DEVICE_RESET) };
        let error = io::Error::last_os_error();
        // EINVAL: the bus has no way to reset this function alone; the driver's reset by register has to do.
        if done != 0 && error.raw_os_error() != Some(libc::EINVAL) {
            return Err(TransportError::Reset { source: error });
        }
        enable_bus_master(&self.config).map_err(|error| TransportError::Reset { source: io::Error::other(error) })
    }
}

fn enable_bus_master(config: &Region) -> Result<(), VfioError> {
    let command = config.read16(COMMAND)?;
    config.write16(COMMAND, command | MEMORY_SPACE | BUS_MASTER)
}

fn duplicate(of: &impl AsRawFd) -> io::Result<OwnedFd> {
    // SAFETY: `of` owns its descriptor and lives until it has been duplicated.
    unsafe { BorrowedFd::borrow_raw(of.as_raw_fd()) }.try_clone_to_owned()
}
