//! A transport to a `card-model` process without an emulator: a vfio-user client, and DMA memory in a file.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use card::{Transport, TransportError, wait_eventfd};
use nix::sys::{
    eventfd::{EfdFlags, EventFd},
    memfd::{MFdFlags, memfd_create},
};
use tempfile::TempDir;
use vfio_bindings::bindings::vfio::*;
use vfio_user::Client;

const IOVA: u64 = 0x7_0000_0000;
const PAGE: usize = 4096;

/// A model in a process of its own, which ends with this value.
pub(crate) struct ModelProcess {
    child: Child,
    folder: TempDir,
}

impl ModelProcess {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let child = Command::new(model_program())
            .arg("--socket")
            .arg(folder.path().join("card.sock"))
            .arg("--log")
            .args(arguments)
            .stdin(Stdio::null())
            .spawn()
            .expect("card-model");
        Self { child, folder }
    }

    pub(crate) fn connect(&self, pool: usize) -> ClientTransport {
        let socket = self.folder.path().join("card.sock");
        let start = Instant::now();
        while !socket.exists() {
            assert!(start.elapsed() < Duration::from_secs(10), "card-model does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        ClientTransport::new(&socket, pool)
    }

    /// The exit status, once the client is gone.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("child") {
                return status;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "card-model does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for ModelProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct ClientTransport {
    client: Client,
    memory: File,
    pool: usize,
    interrupt: EventFd,
}

impl ClientTransport {
    fn new(socket: &Path, pool: usize) -> Self {
        let mut client = Client::new(socket).expect("client");
        let memory = File::from(memfd_create("card-test", MFdFlags::MFD_CLOEXEC).expect("memfd"));
        memory.set_len(pool as u64).expect("size");
        // One mapping for each page, in another order in the file than on the bus, as a guest's IOMMU may do it.
        let pages = pool / PAGE;
        for page in 0..pages {
            let offset = file_page(page, pages) * PAGE;
            client
                .dma_map(offset as u64, IOVA + (page * PAGE) as u64, PAGE as u64, memory.as_raw_fd())
                .expect("dma_map");
        }
        let interrupt = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC).expect("eventfd");
        let flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
        let fd = interrupt.as_fd().as_raw_fd();
        client.set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, flags, 0, 1, &[fd]).expect("set_irqs");
        Self { client, memory, pool, interrupt }
    }

    pub(crate) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Calls `access` with the file offset and word range of each page's part of an access.
    fn pages(
        &self,
        offset: usize,
        words: usize,
        mut access: impl FnMut(u64, std::ops::Range<usize>) -> io::Result<()>,
    ) -> Result<(), TransportError> {
        TransportError::check_dma(offset, words, self.pool)?;
        let (mut at, end) = (offset, offset + words * 8);
        while at < end {
            let next = ((at / PAGE + 1) * PAGE).min(end);
            let file_offset = file_page(at / PAGE, self.pool / PAGE) * PAGE + at % PAGE;
            access(file_offset as u64, (at - offset) / 8..(next - offset) / 8).expect("memfd");
            at = next;
        }
        Ok(())
    }
}

impl Transport for ClientTransport {
    fn read_register(&mut self, offset: u32) -> Result<u32, TransportError> {
        let mut value = [0; 4];
        self.client.region_read(0, offset.into(), &mut value).map_err(|_| TransportError::Gone)?;
        Ok(u32::from_le_bytes(value))
    }

    fn write_register(&mut self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.client.region_write(0, offset.into(), &value.to_le_bytes()).map_err(|_| TransportError::Gone)
    }

    fn dma_len(&self) -> usize {
        self.pool
    }

    fn dma_iova(&self) -> u64 {
        IOVA
    }

    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        self.pages(offset, words.len(), |at, range| {
            let mut bytes = vec![0; range.len() * 8];
            self.memory.read_exact_at(&mut bytes, at)?;
            for (word, bytes) in words[range].iter_mut().zip(bytes.chunks_exact(8)) {
                *word = u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
            }
            Ok(())
        })
    }

    fn dma_write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError> {
        self.pages(offset, words.len(), |at, range| {
            let bytes: Vec<u8> = words[range].iter().flat_map(|word| word.to_le_bytes()).collect();
            self.memory.write_all_at(&bytes, at)
        })
    }

    fn dma_wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError> {
        self.dma_write(offset, &vec![0; bytes.div_ceil(8)])
    }

    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, TransportError> {
        wait_eventfd(self.interrupt.as_fd(), timeout).map_err(|source| TransportError::Interrupt { source })
    }

    fn interrupt_fd(&self) -> Result<OwnedFd, TransportError> {
        self.interrupt.as_fd().try_clone_to_owned().map_err(|source| TransportError::Interrupt { source })
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.client.reset().map_err(|_| TransportError::Gone)
    }
}

/// The page of the file that is page `page` on the bus: pairs are swapped.
fn file_page(page: usize, pages: usize) -> usize {
    let swapped = page ^ 1;
    if swapped < pages { swapped } else { page }
}

/// `card-model` next to this test's own program; cargo builds it with the workspace.
fn model_program() -> std::path::PathBuf {
    let test = std::env::current_exe().expect("path of this test");
    let program = test.parent().and_then(Path::parent).expect("target folder").join("card-model");
    assert!(program.exists(), "build it first: cargo build -p card-model");
    program
}
