"""What stands around an engine in a bench: memories that answer its requests, and the dispatcher's side of a job."""

import random
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge, with_timeout
from cocotb.utils import get_sim_time
from driven import Driven

HOST, CARD = 0, 1
LOAD_CONTEXT, UNLOAD_CONTEXT, MODEXP, FIXED_BASE, MODMUL, LOAD_VECTOR, MULTIPLY_ACCUMULATE = range(1, 8)
OK, BAD_OPERAND, DMA_FAULT = 0, 4, 5
CANARY = 0xA5A5_5A5A_C3C3_3C3C
WORD = (1 << 64) - 1


def to_words(number: int, limbs: int) -> list[int]:
    assert number >> (64 * limbs) == 0
    return [number >> (64 * i) & WORD for i in range(limbs)]


def from_words(words: list[int]) -> int:
    return sum(word << (64 * i) for i, word in enumerate(words))


@dataclass
class Memory:
    """Words by address. Reading what nobody wrote gives a canary."""

    words: dict[int, int] = field(default_factory=dict)
    fails_at: set[int] = field(default_factory=set)

    def put(self, address: int, words: list[int]) -> None:
        self.words.update((address + 8 * i, word) for i, word in enumerate(words))

    def get(self, address: int, count: int) -> list[int]:
        return [self.words.get(address + 8 * i, CANARY) for i in range(count)]


class EngineBench:
    """An engine, its memories and its jobs. `stall` is the chance that a handshake waits a cycle."""

    def __init__(self, dut, wa: int, stall: float = 0.0, seed: int = 1):
        self.dut, self.wa, self.stall = dut, wa, stall
        self.random = random.Random(seed)
        self.memories = {HOST: Memory(), CARD: Memory()}

    async def start(self) -> None:
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
        for name in ("job_valid_i", "done_ready_i", "wipe_i", "rd_req_ready_i", "rd_valid_i", "rd_data_i", "rd_error_i",
                     "wr_req_ready_i", "wr_ready_i", "wr_done_i", "wr_error_i", "job_i"):
            getattr(dut, name).value = 0
        dut.rst_ni.value = 0
        for _ in range(3):
            await RisingEdge(dut.clk_i)
        dut.rst_ni.value = 1
        cocotb.start_soon(self._reads())
        cocotb.start_soon(self._writes())
        await self.until(dut.wiped_o, 20000)

    async def until(self, signal, most: int) -> int:
        """Waits until a signal is 1, from the next clock edge on; gives the cycles that it took from there."""
        await RisingEdge(self.dut.clk_i)
        begun = get_sim_time("step")
        await ReadOnly()
        if not signal.value:
            await with_timeout(RisingEdge(signal), 2 * most, "step")
            await ReadOnly()
        return (get_sim_time("step") - begun) // 2

    def count(self) -> None:
        """Counts rows and products from here on."""
        self.rows = self.products = 0
        cocotb.start_soon(self._count())

    def encode(self, **fields) -> int:
        layout = [("operation", 8), ("primary", 1), ("context_id", 8), ("items", 16), ("limbs", 8), ("exponent_limbs", 8),
                  ("exponent_bits", 16), ("vector_items", 32), ("source", 64), ("aux", 64), ("destination", 64)]
        assert set(fields) <= {name for name, _ in layout}
        value = 0
        for name, width in layout:
            part = fields.get(name, 0)
            assert part >> width == 0, name
            value = value << width | part
        return value

    async def hand_over(self, **fields) -> None:
        """Offers a job until the engine takes it."""
        dut = self.dut
        await RisingEdge(dut.clk_i)
        dut.job_i.value = self.encode(**fields)
        dut.job_valid_i.value = 1
        for _ in range(5000):
            await ReadOnly()
            taken = int(dut.job_ready_o.value)
            await RisingEdge(dut.clk_i)
            if taken:
                dut.job_valid_i.value = 0
                return
        raise AssertionError("the engine takes no job")

    async def job(self, most: int = 400_000, **fields) -> tuple[int, int, int]:
        """Runs a job; gives its status, its fault and the cycles from its start to its end."""
        dut = self.dut
        await self.hand_over(**fields)
        cycles = await self.until(dut.done_valid_o, most)
        status, fault = int(dut.done_status_o.value), int(dut.done_fault_o.value)
        await RisingEdge(dut.clk_i)
        dut.done_ready_i.value = 1
        await RisingEdge(dut.clk_i)
        dut.done_ready_i.value = 0
        return status, fault, cycles

    def radix(self, limbs: int) -> int:
        return 1 << (self.wa * -(-(64 * limbs + 2) // self.wa))

    async def load(self, n: int, limbs: int, context: int = 0, base: int | None = None, exponent_bits: int = 0,
                   r_squared: int | None = None) -> tuple[int, int, int]:
        host = self.memories[HOST]
        if r_squared is None:
            r_squared = self.radix(limbs) ** 2 % n if n else 0
        host.put(0x1000, to_words(n, limbs) + to_words(r_squared, limbs))
        if base is not None:
            host.put(0x3000, to_words(base, limbs))
        return await self.job(operation=LOAD_CONTEXT, primary=1, context_id=context, items=1, limbs=limbs,
                              exponent_bits=exponent_bits, source=0x1000, aux=0x3000)

    async def compute(self, operation: int, items: list[list[int]], limbs: int, aux: list[int] | None = None,
                      destination: int = 0x9_0000_0000, most: int = 400_000, **fields) -> list[int]:
        """A job that must succeed; checks that the words around its results are untouched, and gives the results."""
        host = self.memories[HOST]
        source, aux_address, wide = 0x7_0000_0000, 0x8_0000_0000, limbs
        host.put(source, [word for item in items for word in item])
        host.put(aux_address, aux or [])
        for i in range(-4, len(items) * wide + 4):
            host.words.pop(destination + 8 * i, None)
        status, fault, self.last_cycles = await self.job(
            most, operation=operation, items=len(items), limbs=limbs, source=source, aux=aux_address, destination=destination, **fields)
        assert (status, fault) == (OK, 0), (status, fault)
        if operation == LOAD_VECTOR:
            return []
        assert host.get(destination - 32, 4) == [CANARY] * 4
        assert host.get(destination + 8 * wide * len(items), 4) == [CANARY] * 4
        flat = host.get(destination, wide * len(items))
        return [from_words(flat[i * wide:(i + 1) * wide]) for i in range(len(items))]

    def _goes(self) -> bool:
        return self.random.random() >= self.stall

    async def _count(self):
        dut = self.dut
        while True:
            await RisingEdge(dut.clk_i)
            self.rows += int(dut.count_row_o.value)
            self.products += int(dut.count_product_o.value)

    async def _reads(self):
        dut, edge, queue = self.dut, RisingEdge(self.dut.clk_i), []
        valid, data, error = Driven(dut.rd_valid_i), Driven(dut.rd_data_i), Driven(dut.rd_error_i)
        req_ready = Driven(dut.rd_req_ready_i)
        while True:
            await edge
            # What was offered in the cycle that ends here.
            if valid.value and dut.rd_ready_o.value:
                queue = queue[1:]
                # What is not offered is not zero.
                data.set(self.random.getrandbits(64))
            if dut.rd_req_valid_o.value and req_ready.value:
                assert not queue, "two reads at a time"
                memory = self.memories[int(dut.rd_req_space_o.value)]
                address, words = int(dut.rd_req_addr_o.value), int(dut.rd_req_words_o.value)
                assert address % 8 == 0 and words > 0
                places = [address + 8 * i for i in range(words)]
                queue = [(memory.get(place, 1)[0], int(place in memory.fails_at)) for place in places]
            offered = bool(queue) and self._goes()
            valid.set(int(offered))
            if offered:
                data.set(queue[0][0])
            error.set(queue[0][1] if offered else 0)
            req_ready.set(int(not queue and self._goes()))
            if dut.wipe_i.value:
                queue = []

    async def _writes(self):
        dut, edge = self.dut, RisingEdge(self.dut.clk_i)
        ready, req_ready = Driven(dut.wr_ready_i), Driven(dut.wr_req_ready_i)
        done, failed = Driven(dut.wr_done_i), Driven(dut.wr_error_i)
        memory, address, left, error = None, 0, 0, 0
        while True:
            await edge
            done.set(0)
            if left and ready.value and dut.wr_valid_o.value:
                memory.words[address] = int(dut.wr_data_o.value)
                error |= int(address in memory.fails_at)
                address, left = address + 8, left - 1
                if left == 0:
                    done.set(1)
                    failed.set(error)
            elif req_ready.value and dut.wr_req_valid_o.value:
                assert not left, "two writes at a time"
                memory = self.memories[int(dut.wr_req_space_o.value)]
                address, left, error = int(dut.wr_req_addr_o.value), int(dut.wr_req_words_o.value), 0
                assert address % 8 == 0 and left > 0
            if dut.wipe_i.value:
                left = 0
            ready.set(int(left > 0 and self._goes()))
            req_ready.set(int(left == 0 and self._goes()))
