"""The counters of the register map: each counts its own cause, in every bit."""

import random

import cocotb
from bench import RTL, run
from cocotb.triggers import ClockCycles, RisingEdge
from start import reset, start

ENGINES = 3
NAMES = ["bytes", "cycles", "products", "rows", "active", "wait"]


def test_card_counters():
    run(__file__, "card_counters", [RTL / "wide_counter.sv", RTL / "card_counters.sv"], {"Engines": ENGINES}, lint=True)


async def read(dut, number: int) -> int:
    """As the host reads: the low half, which latches, then the high half."""
    dut.latch_i.value = 1 << number
    await RisingEdge(dut.clk_i)
    low = int(dut.low_o.value) >> 32 * number & 0xFFFFFFFF
    dut.latch_i.value = 0
    await ClockCycles(dut.clk_i, 2)
    return low | (int(dut.high_o.value) >> 32 * number & 0xFFFFFFFF) << 32


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def each_counts_its_cause(dut):
    chance = random.Random(8)
    await start(dut)
    for pattern in (0, 0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA, (1 << 64) - 100):
        await reset(dut)
        for name in NAMES:
            counter = getattr(dut, f"u_{name}")
            counter.low_q.value, counter.high_q.value = pattern & 0xFFFFFFFF, pattern >> 32
        await RisingEdge(dut.clk_i)
        before = {name: await read(dut, number) for number, name in enumerate(NAMES) if name != "cycles"}
        assert set(before.values()) == {pattern}
        totals = dict.fromkeys(before, 0)
        for _ in range(200):
            bits = {name: chance.getrandbits(ENGINES) for name in ("product", "row", "active", "wait")}
            reads, writes = chance.getrandbits(1), chance.getrandbits(1)
            for name, value in bits.items():
                getattr(dut, f"{name}_i").value = value
            dut.dma_read_i.value, dut.dma_write_i.value = reads, writes
            totals["bytes"] += 8 * (reads + writes)
            for name, cause in (("products", "product"), ("rows", "row"), ("active", "active"), ("wait", "wait")):
                totals[name] += bits[cause].bit_count()
            await RisingEdge(dut.clk_i)
        for name in ("product", "row", "active", "wait"):
            getattr(dut, f"{name}_i").value = 0
        dut.dma_read_i.value = dut.dma_write_i.value = 0
        await ClockCycles(dut.clk_i, 5)
        for number, name in enumerate(NAMES):
            if name != "cycles":
                assert await read(dut, number) == (pattern + totals[name]) % (1 << 64), name
        first = await read(dut, 1)
        await ClockCycles(dut.clk_i, 97)
        assert await read(dut, 1) - first == 100
        dut.clear_i.value = 1
        await ClockCycles(dut.clk_i, 3)
        assert [await read(dut, number) for number in range(len(NAMES))] == [0] * len(NAMES)
