//! A transport to a card in another process without an emulator: a vfio-user client, and DMA memory in a file.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::fs::FileExt,
    },
    path::{Path, PathBuf},
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

/// Where the card sees the first byte of the pool.
pub(crate) const CLIENT_IOVA: u64 = 0x7_0000_0000;
const PAGE: usize = 4096;

/// A card in a process of its own, which ends with this value.
pub struct CardProcess {
    child: Child,
    folder: TempDir,
}

/// How long a card may take to listen: one that is a simulation has a design to load.
const START: Duration = Duration::from_secs(30);

impl CardProcess {
    pub fn start(program: &Path, arguments: &[&str]) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let child = Command::new(program)
            .arg("--socket")
            .arg(folder.path().join("card.sock"))
            .arg("--log")
            .args(arguments)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { child, folder })
    }

    /// A program that cargo built into the folder of the running one, or of the test that runs.
    pub fn built(name: &str) -> io::Result<PathBuf> {
        let this = std::env::current_exe()?;
        let folders = [this.parent(), this.parent().and_then(Path::parent)];
        let found = folders.into_iter().flatten().map(|folder| folder.join(name)).find(|path| path.exists());
        found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no {name}: cargo build -p {name}")))
    }

    pub fn connect(&self, pool: usize) -> io::Result<ClientTransport> {
        let socket = self.folder.path().join("card.sock");
        let start = Instant::now();
        while !socket.exists() {
            if start.elapsed() > START {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the card's process does not listen"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        ClientTransport::connect(&socket, pool)
    }

    /// The exit status, once the client is gone.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > START {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the card's process does not end"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for CardProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A vfio-user client with its DMA memory in a file.
pub struct ClientTransport {
    client: Client,
    memory: File,
    pool: usize,
    interrupt: EventFd,
}

impl ClientTransport {
    pub fn connect(socket: &Path, pool: usize) -> io::Result<Self> {
        let mut client = Client::new(socket).map_err(io::Error::other)?;
        let memory = File::from(memfd_create("card-test", MFdFlags::MFD_CLOEXEC)?);
        memory.set_len(pool as u64)?;
        // One mapping for each page, in another order in the file than on the bus, as a guest's IOMMU may do it.
        let pages = pool / PAGE;
        for page in 0..pages {
            let (offset, iova) = (file_page(page, pages) * PAGE, CLIENT_IOVA + (page * PAGE) as u64);
            client.dma_map(offset as u64, iova, PAGE as u64, memory.as_raw_fd()).map_err(io::Error::other)?;
        }
        let interrupt = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        let flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
        let fd = interrupt.as_fd().as_raw_fd();
        client.set_irqs(VFIO_PCI_MSIX_IRQ_INDEX, flags, 0, 1, &[fd]).map_err(io::Error::other)?;
        Ok(Self { client, memory, pool, interrupt })
    }

    /// For what is no business of a driver: mappings, the configuration space.
    pub fn client(&mut self) -> &mut Client {
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
            let words = (at - offset) / 8..(next - offset) / 8;
            access(file_offset as u64, words).map_err(|source| TransportError::Register { offset: 0, source })?;
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
        CLIENT_IOVA
    }

    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        self.pages(offset, words.len(), |at, range| {
            let mut bytes = vec![0; range.len() * 8];
            self.memory.read_exact_at(&mut bytes, at)?;
            for (word, bytes) in words[range].iter_mut().zip(bytes.chunks_exact(8)) {
                *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
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
