"""The sweeper against a model of its marks: exactly what may hold something is written."""

import random

import cocotb
from bench import RTL, run
from cocotb.triggers import RisingEdge
from start import start

CONTEXTS, TABLE_LOG2, VECTOR_LOG2 = 4, 13, 10
STRIDE = (1 << TABLE_LOG2) + (1 << VECTOR_LOG2)


def test_memory_sweeper():
    parameters = {"Contexts": CONTEXTS, "TableLog2": TABLE_LOG2, "VectorLog2": VECTOR_LOG2}
    run(__file__, "memory_sweeper", [RTL / "memory_sweeper.sv"], parameters, lint=True)


class Memory:
    def __init__(self, dut):
        self.dut, self.edge, self.swept, self.bad = dut, RisingEdge(dut.clk_i), set(), None
        cocotb.start_soon(self._serve())

    async def _serve(self) -> None:
        dut = self.dut
        while True:
            dut.wr_req_ready_i.value = random.random() < 0.5
            await self.edge
            if not (dut.wr_req_valid_o.value and dut.wr_req_ready_i.value):
                continue
            dut.wr_req_ready_i.value = 0
            address, count = int(dut.wr_req_addr_o.value), int(dut.wr_req_words_o.value)
            words = range(address, address + 8 * count, 8)
            left = count
            while left and not dut.flush_i.value:
                dut.wr_ready_i.value = random.random() < 0.9
                await self.edge
                left -= bool(dut.wr_valid_o.value and dut.wr_ready_i.value)
            dut.wr_ready_i.value = 0
            if dut.flush_i.value:
                continue
            assert not self.swept.intersection(words), "swept twice"
            self.swept.update(words)
            await self.edge
            dut.wr_done_i.value, dut.wr_error_i.value = 1, self.bad in words
            await self.edge
            dut.wr_done_i.value = dut.wr_error_i.value = 0

    async def mark(self, context: int, vector: bool, words: int) -> None:
        dut = self.dut
        dut.mark_context_i.value, dut.mark_vector_i.value, dut.mark_words_i.value, dut.mark_valid_i.value = context, vector, words, 1
        await self.edge
        dut.mark_valid_i.value = 0

    async def sweep(self, context: int | None) -> bool:
        """Whether there was an error."""
        dut = self.dut
        self.swept.clear()
        dut.all_i.value, dut.context_i.value, dut.request_i.value = context is None, context or 0, 1
        for _ in range(20_000):
            await self.edge
            if dut.done_o.value:
                break
        else:
            raise AssertionError("no end within 20000 cycles")
        error = bool(dut.error_o.value)
        dut.request_i.value = 0
        for _ in range(3):
            await self.edge
        assert not dut.done_o.value
        return error


def region(context: int, vector: bool, words: int) -> set[int]:
    start = context * STRIDE + (vector << TABLE_LOG2)
    return set(range(start, start + 8 * words, 8))


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def marks(dut):
    await start(dut)
    memory = Memory(dut)
    assert await memory.sweep(None) is False
    assert memory.swept == set(range(0, CONTEXTS * STRIDE, 8)), "power-up sweeps everything"
    held: dict[tuple[int, bool], int] = {}
    chance = random.Random(6)
    for _ in range(60):
        if chance.random() < 0.6:
            context, vector = chance.randrange(CONTEXTS), chance.random() < 0.5
            most = 1 << (VECTOR_LOG2 if vector else TABLE_LOG2) - 3
            words = chance.choice((0, 1, 255, 256, 257, most, chance.randrange(most)))
            words = min(words, most)
            await memory.mark(context, vector, words)
            held[context, vector] = max(held.get((context, vector), 0), words)
            continue
        context = chance.choice((None, *range(CONTEXTS)))
        mine = {key: words for key, words in held.items() if context in (None, key[0])}
        expected = set().union(*(region(*key, words) for key, words in mine.items())) if mine else set()
        memory.bad = chance.choice(sorted(expected)) if expected and chance.random() < 0.3 else None
        failed = await memory.sweep(context)
        assert failed == (memory.bad is not None)
        if failed:
            # The next sweep tries again what this one did not finish.
            assert memory.swept <= expected
            memory.bad = None
            done = set(memory.swept)
            assert await memory.sweep(context) is False
            assert expected - done <= memory.swept <= expected
        else:
            assert memory.swept == expected
        held = {key: words for key, words in held.items() if key not in mine}


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def flush_keeps_marks(dut):
    await start(dut)
    memory = Memory(dut)
    await memory.sweep(None)
    await memory.mark(2, False, 700)
    memory.swept.clear()
    dut.context_i.value, dut.request_i.value = 2, 1
    for _ in range(500):
        await memory.edge
    dut.flush_i.value, dut.request_i.value = 1, 0
    for _ in range(5):
        await memory.edge
    dut.flush_i.value = 0
    assert await memory.sweep(None) is False
    assert memory.swept == region(2, False, 700)
