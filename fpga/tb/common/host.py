"""The host's side of a whole card: registers, rings, and jobs with operands in its memory."""

import cocotb
import registers
from axi_memory import AxiMemory
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from jobs import Completion, Descriptor

SUBMISSION, COMPLETION = 0x1_0000_0000, 0x2_0001_0000
OPERANDS = 0x7_0000_0000
OPERANDS_SIZE = 1 << 24
DISABLED, READY, LOCKED, RESETTING = range(4)


class Registers:
    """AXI4-Lite, one access at a time."""

    def __init__(self, dut):
        self.dut, self.edge = dut, RisingEdge(dut.clk_i)
        for name in ("awvalid", "wvalid", "bready", "arvalid", "rready", "awprot", "arprot", "awaddr", "araddr", "wdata", "wstrb"):
            getattr(dut, f"s_axil_{name}").value = 0

    async def write(self, name: str, value: int) -> None:
        dut = self.dut
        dut.s_axil_awaddr.value, dut.s_axil_wdata.value = registers.offset(name), value
        dut.s_axil_awvalid.value = dut.s_axil_wvalid.value = dut.s_axil_bready.value = 1
        dut.s_axil_wstrb.value = 0xF
        waiting = {"aw", "w", "b"}
        while waiting:
            await self.edge
            for channel in ("aw", "w"):
                if channel in waiting and getattr(dut, f"s_axil_{channel}ready").value:
                    waiting.discard(channel)
                    getattr(dut, f"s_axil_{channel}valid").value = 0
            if "b" in waiting and dut.s_axil_bvalid.value:
                assert int(dut.s_axil_bresp.value) == 0
                waiting.discard("b")
        dut.s_axil_bready.value = 0

    async def read(self, name: str) -> int:
        dut = self.dut
        dut.s_axil_araddr.value, dut.s_axil_arvalid.value, dut.s_axil_rready.value = registers.offset(name), 1, 1
        taken = False
        while True:
            await self.edge
            if not taken and dut.s_axil_arready.value:
                taken, dut.s_axil_arvalid.value = True, 0
            if dut.s_axil_rvalid.value:
                value = int(dut.s_axil_rdata.value)
                dut.s_axil_rready.value = 0
                return value

    async def wide(self, name: str) -> int:
        low = await self.read(f"{name}_LO")
        return low | await self.read(f"{name}_HI") << 32

    async def state(self) -> int:
        return registers.split("STATUS", await self.read("STATUS"))["state"]


class Host:
    def __init__(self, dut, log2: int = 3):
        self.dut, self.log2 = dut, log2
        self.registers = Registers(dut)
        self.memory = AxiMemory(dut, "m_host")
        self.card_memory = AxiMemory(dut, "m_mem", 1 << 40)
        self.interrupts = 0
        self.tail = self.head = 0
        self.place_rings(SUBMISSION, COMPLETION)
        self.memory.map(OPERANDS, OPERANDS + OPERANDS_SIZE)

    def place_rings(self, submission: int, completion: int) -> None:
        """Before the card is enabled."""
        self.submission, self.completion = submission, completion
        self.memory.map(submission, submission + (64 << self.log2))
        self.memory.map(completion, completion + (32 << self.log2))

    @classmethod
    async def start(cls, dut, log2: int = 3, enable: bool = True) -> "Host":
        Clock(dut.clk_i, 2, unit="ns").start()
        dut.rst_ni.value = 0
        host = cls(dut, log2)
        await ClockCycles(dut.clk_i, 3)
        dut.rst_ni.value = 1
        cocotb.start_soon(host._count_interrupts())
        await host.until_state(DISABLED, 2_000_000)
        if enable:
            await host.enable()
        return host

    async def _count_interrupts(self) -> None:
        while True:
            await RisingEdge(self.dut.irq_o)
            self.interrupts += 1

    async def until_state(self, state: int, cycles: int = 20_000) -> None:
        async def poll():
            while await self.registers.state() != state:
                await ClockCycles(self.dut.clk_i, 10)
        await with_timeout(poll(), 2 * cycles, "ns")

    async def enable(self, masked: bool = False) -> None:
        write = self.registers.write
        self.tail = self.head = 0
        self.memory.load(self.completion, [0] * (4 << self.log2))
        await write("SUBMISSION_BASE_LO", self.submission & 0xFFFFFFFF)
        await write("SUBMISSION_BASE_HI", self.submission >> 32)
        await write("COMPLETION_BASE_LO", self.completion & 0xFFFFFFFF)
        await write("COMPLETION_BASE_HI", self.completion >> 32)
        await write("RING_SIZE", self.log2)
        await write("INTERRUPT_MASK", 3 if masked else 0)
        await write("CONTROL", registers.join("CONTROL", enable=1))
        await self.until_state(READY)

    async def reset(self, cycles: int = 2_000_000) -> None:
        await self.registers.write("CONTROL", registers.join("CONTROL", reset=1))
        await self.until_state(DISABLED, cycles)

    def put(self, descriptor: Descriptor) -> None:
        """Into the ring, without a doorbell."""
        slot = self.tail % (1 << self.log2)
        self.memory.load(self.submission + 64 * slot, descriptor.words())
        self.tail = (self.tail + 1) & 0xFFFF

    async def ring(self) -> None:
        await self.registers.write("SUBMISSION_TAIL", self.tail)

    async def submit(self, *descriptors: Descriptor) -> None:
        for descriptor in descriptors:
            self.put(descriptor)
        await self.ring()

    def peek(self) -> Completion | None:
        slot = self.head % (1 << self.log2)
        words = self.memory.read(self.completion + 32 * slot, 4)
        phase = 1 - (self.head >> self.log2) % 2
        return Completion.of(words) if words[0] >> 24 & 1 == phase else None

    async def take(self, cycles: int = 100_000, tell: bool = True) -> Completion:
        """The next completion; its sequence number and that nothing came before its time are checked."""
        for _ in range(cycles):
            if completion := self.peek():
                assert completion.sequence & 0xFFFF == self.head, completion
                self.head = (self.head + 1) & 0xFFFF
                if tell:
                    await self.registers.write("COMPLETION_HEAD", self.head)
                return completion
            await self.registers.edge
        raise AssertionError(f"no completion within {cycles} cycles")

    async def do(self, descriptor: Descriptor, cycles: int = 100_000) -> Completion:
        await self.submit(descriptor)
        completion = await self.take(cycles)
        assert completion.tag == descriptor.tag
        return completion
