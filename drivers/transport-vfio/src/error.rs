//! What can fail on the way to a function.

use std::{io, path::PathBuf};

use thiserror::Error;
use vfio_ioctls::VfioError as Ioctl;

use crate::bdf::{AddressError, Bdf};

#[derive(Debug, Error)]
pub enum VfioError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("reading {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("writing {path}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{bdf} is not bound to vfio-pci")]
    NotBound { bdf: Bdf },
    #[error("{bdf} has no IOMMU group: is the IOMMU on?")]
    NoIommuGroup { bdf: Bdf },
    #[error("opening the VFIO container")]
    Container(#[source] Ioctl),
    #[error("opening {bdf} through its group")]
    Device { bdf: Bdf, source: Ioctl },
    #[error("duplicating a descriptor")]
    Duplicate(#[source] io::Error),
    #[error("region {index} has {size} bytes, or not the access that the driver needs")]
    Region { index: u32, size: u64 },
    #[error("accessing region {index} at {offset:#x}")]
    Access { index: u32, offset: u32, source: io::Error },
    #[error("{bdf} is {vendor:04x}:{device:04x}, not what was looked for")]
    OtherIds { bdf: Bdf, vendor: u16, device: u16 },
    #[error("a DMA pool of {bytes} bytes: it is not a multiple of the page size, or too large")]
    PoolSize { bytes: usize },
    #[error("allocating {bytes} bytes for DMA")]
    Allocate { bytes: usize, source: io::Error },
    #[error("mapping {bytes} bytes for DMA: is RLIMIT_MEMLOCK high enough?")]
    Map { bytes: usize, source: Ioctl },
    #[error("making an eventfd")]
    EventFd(#[source] io::Error),
    #[error("enabling interrupts")]
    Interrupt(#[source] Ioctl),
}
