//! Drives QEMU's `edu` device, which nobody here wrote, through the same code as the card: registers, DMA both ways, MSI.
//! For the end-to-end tests: built into no image but the test profile's. Its registers are in QEMU's docs/specs/edu.rst.

use std::os::fd::AsFd;
use std::time::Duration;

use transport_vfio::{DmaPool, Function, Interrupts, Region, bind, wait_eventfd};

use crate::console::Console;
use crate::error::chain;

const VENDOR: u16 = 0x1234;
const DEVICE: u16 = 0x11e8;
const BAR_BYTES: u64 = 1 << 20;
/// The device reaches the lowest 256 MiB alone: its DMA mask has 28 bits.
const IOVA: u64 = 0x0abc_0000;
const POOL: usize = 64 << 10;
const PATIENCE: Duration = Duration::from_secs(20);

const IDENTIFICATION: u32 = 0x00;
const LIVENESS: u32 = 0x04;
const FACTORIAL: u32 = 0x08;
const STATUS: u32 = 0x20;
const STATUS_INTERRUPT: u32 = 0x80;
const INTERRUPT_STATUS: u32 = 0x24;
const INTERRUPT_ACKNOWLEDGE: u32 = 0x64;
const DMA_SOURCE: u32 = 0x80;
const DMA_DESTINATION: u32 = 0x88;
const DMA_COUNT: u32 = 0x90;
const DMA_COMMAND: u32 = 0x98;
const DMA_START: u32 = 1;
const DMA_TO_MEMORY: u32 = 2;
const DMA_INTERRUPT: u32 = 4;
/// The device's own buffer, in its own address space.
const BUFFER: u32 = 0x4_0000;
const BUFFER_BYTES: usize = 4096;
const CAUSE_FACTORIAL: u32 = 0x1;
const CAUSE_DMA: u32 = 0x100;

pub(crate) fn test(console: &mut Console) {
    match run() {
        Ok(facts) => {
            facts.iter().for_each(|fact| console.say(&format!("edu: {fact}")));
            console.say("edu: passed");
        }
        Err(e) => console.say(&format!("edu: failed: {e}")),
    }
}

fn run() -> Result<Vec<String>, String> {
    let address = bind::find(VENDOR, DEVICE).map_err(|e| chain(&e))?.into_iter().next().ok_or("no such device")?;
    bind::bind_to_vfio(&address).map_err(|e| chain(&e))?;
    let mut function = Function::open(&address).map_err(|e| chain(&e))?;
    function.expect(VENDOR, DEVICE).map_err(|e| chain(&e))?;
    let bar = function.bar(0, BAR_BYTES).map_err(|e| chain(&e))?;
    let interrupt = function.enable_interrupt(Interrupts::Msi).map_err(|e| chain(&e))?;
    let pool = function.dma_pool(IOVA, POOL).map_err(|e| chain(&e))?;
    function.enable_bus_master().map_err(|e| chain(&e))?;
    let mut edu = Edu { pool, bar, interrupt };
    let mut facts = vec![edu.registers()?, edu.factorial()?, edu.there_and_back()?, edu.outside()?];
    drop(edu);
    function.reset().map_err(|e| format!("reset: {e}"))?;
    facts.push("reset".into());
    Ok(facts)
}

struct Edu {
    pool: DmaPool,
    bar: Region,
    interrupt: std::os::fd::OwnedFd,
}

impl Edu {
    fn registers(&mut self) -> Result<String, String> {
        let identification = self.read(IDENTIFICATION)?;
        if identification & 0xff != 0xed {
            return Err(format!("identification {identification:#x}"));
        }
        for value in [0, 0x1234_5678, u32::MAX] {
            self.write(LIVENESS, value)?;
            let found = self.read(LIVENESS)?;
            if found != !value {
                return Err(format!("{value:#x} came back as {found:#x}"));
            }
        }
        Ok(format!("identification {identification:#x}, registers"))
    }

    fn factorial(&mut self) -> Result<String, String> {
        self.write(STATUS, STATUS_INTERRUPT)?;
        for (n, expected) in [(5, 120), (10, 3_628_800), (12, 479_001_600)] {
            self.write(FACTORIAL, n)?;
            self.await_interrupt(CAUSE_FACTORIAL)?;
            let found = self.read(FACTORIAL)?;
            if found != expected {
                return Err(format!("{n}! = {found}"));
            }
        }
        Ok("factorials, an MSI each".into())
    }

    /// Out of memory into the device's buffer, and back to another place, with what is around it untouched.
    fn there_and_back(&mut self) -> Result<String, String> {
        const THERE: usize = 0x1000;
        const BACK: usize = 0x8000;
        for bytes in [8, 256, BUFFER_BYTES] {
            let pattern: Vec<u64> =
                (0..bytes as u64 / 8).map(|i| 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(i + bytes as u64)).collect();
            self.pool.wipe(0, POOL).map_err(|e| chain(&e))?;
            self.pool.write(THERE, &pattern).map_err(|e| chain(&e))?;
            self.transfer(IOVA as u32 + THERE as u32, BUFFER, bytes, 0)?;
            self.transfer(BUFFER, IOVA as u32 + BACK as u32, bytes, DMA_TO_MEMORY)?;
            let mut found = vec![0; bytes / 8 + 2];
            self.pool.read(BACK - 8, &mut found).map_err(|e| chain(&e))?;
            if found[1..=bytes / 8] != pattern {
                return Err(format!("{bytes} bytes came back changed"));
            }
            if (found[0], found[bytes / 8 + 1]) != (0, 0) {
                return Err(format!("{bytes} bytes came back, and something beside them"));
            }
        }
        Ok("DMA both ways, an MSI each".into())
    }

    /// An address that is not mapped: the IOMMU keeps the device out, and what is mapped stays as it is.
    fn outside(&mut self) -> Result<String, String> {
        self.pool.wipe(0, POOL).map_err(|e| chain(&e))?;
        self.transfer(BUFFER, IOVA as u32 + 2 * POOL as u32, 64, DMA_TO_MEMORY)?;
        let mut found = vec![0; POOL / 8];
        self.pool.read(0, &mut found).map_err(|e| chain(&e))?;
        if found.iter().any(|word| *word != 0) {
            return Err("a write beside the pool came into it".into());
        }
        Ok("nothing from a write beside the pool".into())
    }

    fn transfer(&mut self, from: u32, to: u32, bytes: usize, direction: u32) -> Result<(), String> {
        self.write(DMA_SOURCE, from)?;
        self.write(DMA_DESTINATION, to)?;
        self.write(DMA_COUNT, bytes as u32)?;
        self.write(DMA_COMMAND, DMA_START | DMA_INTERRUPT | direction)?;
        self.await_interrupt(CAUSE_DMA)
    }

    fn await_interrupt(&mut self, cause: u32) -> Result<(), String> {
        let came = wait_eventfd(self.interrupt.as_fd(), PATIENCE).map_err(|e| format!("the eventfd: {e}"))?;
        let causes = self.read(INTERRUPT_STATUS)?;
        if !came || causes != cause {
            return Err(format!("interrupt {came}, causes {causes:#x} instead of {cause:#x}"));
        }
        self.write(INTERRUPT_ACKNOWLEDGE, causes)
    }

    fn read(&self, offset: u32) -> Result<u32, String> {
        self.bar.read32(offset).map_err(|e| chain(&e))
    }

    fn write(&self, offset: u32, value: u32) -> Result<(), String> {
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        self.bar.write32(offset, value).map_err(|e| chain(&e))
    }
}
