//! A card bound to vfio-pci, as the driver's transport.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::atomic::{Ordering, fence},
    time::Duration,
};

use card::{Transport, TransportError, wait_eventfd};
use card_csr::{PCI_DEVICE, PCI_VENDOR, regs};
use vfio_bindings::bindings::vfio::VFIO_PCI_BAR0_REGION_INDEX;

use crate::{Bdf, DmaPool, Function, Interrupts, Region, VfioError};

/// Bytes of DMA pool that serve well: slots of 4 MiB.
pub const DEFAULT_POOL: usize = 32 << 20;
/// Where the card sees the pool: clear of the interrupt range at 0xfee0_0000, and low enough for every IOMMU.
const IOVA: u64 = 0x4000_0000;

/// One card. Fields drop in this order: the pool leaves the IOMMU before the device and its container close.
pub struct VfioTransport {
    pool: DmaPool,
    bar0: Region,
    interrupt: OwnedFd,
    function: Function,
}

impl VfioTransport {
    /// Opens a card that is bound to vfio-pci, maps a DMA pool of `pool_bytes` and enables bus mastering and MSI-X.
    /// Needs RLIMIT_MEMLOCK above the pool, and read access to the function's folder in sysfs.
    pub fn open(bdf: &Bdf, pool_bytes: usize) -> Result<Self, VfioError> {
        let mut function = Function::open(bdf)?;
        let bar0 = function.bar(VFIO_PCI_BAR0_REGION_INDEX, regs::SIZE.into())?;
        function.expect(PCI_VENDOR, PCI_DEVICE)?;
        let interrupt = function.enable_interrupt(Interrupts::MsiX)?;
        let pool = function.dma_pool(IOVA, pool_bytes)?;
        // Last, so that the card cannot reach for memory before its pool is there.
        function.enable_bus_master()?;
        Ok(Self { pool, bar0, interrupt, function })
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
        self.pool.bytes()
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
        self.function.reset().map_err(|source| TransportError::Reset { source })?;
        let enabled = self.function.enable_bus_master();
        enabled.map_err(|error| TransportError::Reset { source: io::Error::other(error) })
    }
}
