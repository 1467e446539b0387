"""64-bit counters: carries, and the high half that belongs to the low half that was read."""

import random

import cocotb
from bench import RTL, run
from cocotb.triggers import RisingEdge
from start import reset, start


def test_wide_counter():
    run(__file__, "wide_counter", [RTL / "wide_counter.sv"], {"IncrementWidth": 5}, lint=True)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def torn_reads(dut):
    """Reads at every moment around a carry give a value that the counter had."""
    edge = RisingEdge(dut.clk_i)
    chance = random.Random(4)
    await start(dut)
    for _ in range(200):
        await reset(dut)
        high = chance.getrandbits(16)
        dut.low_q.value, dut.high_q.value = 0xFFFFFFFF - chance.randrange(40), high
        total = None
        read = chance.randrange(1, 12)
        low = 0
        for cycle in range(20):
            step = chance.randrange(32)
            dut.increment_i.value, dut.latch_i.value = step, cycle == read
            await edge
            value = int(dut.low_o.value)
            if total is None:
                total = high << 32 | value
            total += (value - total) & 0xFFFFFFFF
            if cycle == read:
                low = total
        assert int(dut.high_o.value) << 32 | low & 0xFFFFFFFF == low


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def counts_all(dut):
    edge = RisingEdge(dut.clk_i)
    await start(dut)
    dut.low_q.value = 0xFFFFFF00
    total = 0xFFFFFF00
    for _ in range(100):
        step = random.randrange(32)
        total += step
        dut.increment_i.value = step
        await edge
    dut.increment_i.value = 0
    for _ in range(3):
        await edge
    dut.latch_i.value = 1
    await edge
    low = int(dut.low_o.value)
    dut.latch_i.value = 0
    await edge
    await edge
    assert int(dut.high_o.value) << 32 | low == total
    dut.clear_i.value = 1
    await edge
    await edge
    assert int(dut.low_o.value) == int(dut.high_o.value) == 0
