//! A simulated card as a PCI function that an emulator attaches over a vfio-user socket.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use card_csr::{Register, regs};
use thiserror::Error;
use vfio_bindings::bindings::vfio::*;
use vfio_user::{DmaMapFlags, DmaUnmapFlags, IrqInfo, Server, ServerBackend, ServerRegion};

use crate::{
    Board, Device,
    config_space::{self, BAR_BYTES, ConfigSpace, VECTORS},
    memory::Memory,
    windows::Windows,
};

const MSIX_BAR: u32 = VFIO_PCI_BAR4_REGION_INDEX;

#[derive(Debug, Error)]
pub enum ServeError {
    #[error("starting the card")]
    Start(#[source] io::Error),
    #[error("listening on the socket")]
    Listen(#[source] vfio_user::Error),
    #[error("serving the client")]
    Serve(#[source] vfio_user::Error),
}

/// Serves what `make` makes to one client, on a new socket, until it disconnects.
pub fn serve<D: Device>(socket: &Path, make: impl FnOnce(Arc<dyn Board>) -> io::Result<D>) -> Result<(), ServeError> {
    let board = Arc::new(ProcessBoard::default());
    let device = make(board.clone()).map_err(ServeError::Start)?;
    let mut function = Function { device, board, config: ConfigSpace::new(), msix: [0; BAR_BYTES as usize] };
    let server = Server::new(socket, true, irqs(), regions()).map_err(ServeError::Listen)?;
    server.run(&mut function).map_err(ServeError::Serve)
}

struct Function<D> {
    device: D,
    board: Arc<ProcessBoard>,
    config: ConfigSpace,
    /// The emulator keeps the table that counts; this one only remembers what it is told.
    msix: [u8; BAR_BYTES as usize],
}

#[derive(Default)]
struct ProcessBoard {
    windows: Windows,
    interrupt: Mutex<Option<File>>,
}

impl Board for ProcessBoard {
    fn memory(&self) -> &dyn Memory {
        &self.windows
    }

    fn interrupt(&self) {
        if let Some(file) = &mut *self.interrupt.lock().unwrap_or_else(PoisonError::into_inner) {
            // A counter at its limit is already signalled.
            let _ = file.write_all(&1u64.to_le_bytes());
        }
    }

    fn die(&self) {
        std::process::exit(1);
    }
}

impl<D: Device> ServerBackend for Function<D> {
    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(|_| outside())?;
        match region {
            VFIO_PCI_CONFIG_REGION_INDEX => self.config.read(offset, data).ok_or_else(outside),
            VFIO_PCI_BAR0_REGION_INDEX => {
                let register = register(offset, data.len())?;
                data.copy_from_slice(&self.device.read(register).to_le_bytes());
                Ok(())
            }
            MSIX_BAR => {
                data.copy_from_slice(
                    self.msix.get(offset..).and_then(|rest| rest.get(..data.len())).ok_or_else(outside)?,
                );
                Ok(())
            }
            _ => Err(outside()),
        }
    }

    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(|_| outside())?;
        match region {
            VFIO_PCI_CONFIG_REGION_INDEX => self.config.write(offset, data).ok_or_else(outside),
            VFIO_PCI_BAR0_REGION_INDEX => {
                let register = register(offset, data.len())?;
                let value = data.try_into().map(u32::from_le_bytes).map_err(|_| outside())?;
                self.device.write(register, value);
                Ok(())
            }
            MSIX_BAR => {
                let table = self.msix.get_mut(offset..).and_then(|rest| rest.get_mut(..data.len()));
                table.ok_or_else(outside)?.copy_from_slice(data);
                Ok(())
            }
            _ => Err(outside()),
        }
    }

    fn dma_map(
        &mut self,
        _flags: DmaMapFlags,
        offset: u64,
        address: u64,
        size: u64,
        fd: Option<File>,
    ) -> io::Result<()> {
        // Memory without a descriptor (the emulator's ROMs) cannot be reached, which shows as a DMA fault.
        fd.map_or(Ok(()), |file| self.board.windows.map(address, size, &file, offset))
    }

    fn dma_unmap(&mut self, flags: DmaUnmapFlags, address: u64, size: u64) -> io::Result<()> {
        if flags.contains(DmaUnmapFlags::UNMAP_ALL) {
            self.board.windows.unmap_all();
        } else {
            self.board.windows.unmap(address, size);
        }
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.device.write(regs::Control::OFFSET, regs::Control::default().with_reset(true).to_bits());
        Ok(())
    }

    fn set_irqs(&mut self, index: u32, _flags: u32, start: u32, count: u32, fds: Vec<File>) -> io::Result<()> {
        if index == VFIO_PCI_MSIX_IRQ_INDEX && start == 0 {
            let mut interrupt = self.board.interrupt.lock().unwrap_or_else(PoisonError::into_inner);
            match fds.into_iter().next() {
                Some(fd) => *interrupt = Some(fd),
                None if count == 0 => *interrupt = None,
                None => {}
            }
        }
        Ok(())
    }
}

/// Registers are accessed whole and aligned.
fn register(offset: usize, bytes: usize) -> io::Result<u32> {
    let aligned = bytes == 4 && offset.is_multiple_of(4) && offset < BAR_BYTES as usize;
    if aligned { Ok(offset as u32) } else { Err(outside()) }
}

fn outside() -> io::Error {
    io::ErrorKind::InvalidInput.into()
}

fn regions() -> Vec<ServerRegion> {
    let size = |index| match index {
        VFIO_PCI_BAR0_REGION_INDEX | MSIX_BAR => BAR_BYTES.into(),
        VFIO_PCI_CONFIG_REGION_INDEX => config_space::BYTES as u64,
        _ => 0,
    };
    let region = |index| ServerRegion {
        region_info: vfio_region_info {
            argsz: size_of::<vfio_region_info>() as u32,
            flags: if size(index) > 0 { VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE } else { 0 },
            index,
            cap_offset: 0,
            size: size(index),
            offset: 0,
        },
        sparse_areas: Vec::new(),
        mmap_fd: None,
    };
    (0..VFIO_PCI_NUM_REGIONS).map(region).collect()
}

fn irqs() -> Vec<IrqInfo> {
    let irq = |index| match index {
        VFIO_PCI_MSIX_IRQ_INDEX => {
            IrqInfo { index, flags: VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE, count: VECTORS }
        }
        _ => IrqInfo { index, flags: 0, count: 0 },
    };
    (0..VFIO_PCI_NUM_IRQS).map(irq).collect()
}
