"""The carry at a product's end: columns at their limits, several slots waiting, order and pulses."""

import random

import cocotb
from bench import RTL, run
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

WA, WB, COLUMNS, SLOTS, WORD_WIDTH = 17, 26, 4, 4, 3
WV = WA + WB + 1


def test_normalizer():
    run(__file__, "normalizer", [RTL / "normalizer.sv"],
        {"WA": WA, "WB": WB, "Columns": COLUMNS, "Slots": SLOTS, "WordWidth": WORD_WIDTH})


@cocotb.test()
async def carries_and_serves_slots(dut):
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
    words = 5
    count = words * COLUMNS
    dut.rst_ni.value = dut.clear_i.value = dut.pending_i.value = 0
    dut.last_word_i.value = words - 1
    await RisingEdge(dut.clk_i)
    await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    memory: dict[int, list[int]] = {}

    async def answer():
        address = 0
        while True:
            await RisingEdge(dut.clk_i)
            slot, word = address >> WORD_WIDTH, address & (1 << WORD_WIDTH) - 1
            columns = memory.get(slot, [0] * 8 * COLUMNS)[word * COLUMNS:(word + 1) * COLUMNS]
            dut.rdata_i.value = sum(column << WV * k for k, column in enumerate(columns))
            await ReadOnly()
            address = int(dut.raddr_o.value)

    cocotb.start_soon(answer())
    for wanted in ([2], [0, 3], [0, 1, 2, 3], [1]):
        for slot in wanted:
            # Full columns carry the most; the number must leave room above for what they carry.
            full = [(1 << WV) - 1] * (count - 2)
            columns = full if slot % 2 else [rng.choice((0, 1, (1 << WB) - 1, 1 << WB, rng.getrandbits(WV))) for _ in full]
            memory[slot] = columns + [0] * (8 * COLUMNS - len(columns))
        await RisingEdge(dut.clk_i)
        dut.pending_i.value = sum(1 << slot for slot in wanted)
        await RisingEdge(dut.clk_i)
        dut.pending_i.value = 0
        found: dict[int, list[int]] = {slot: [] for slot in wanted}
        done: list[int] = []
        for _ in range(len(wanted) * (count + 12)):
            await RisingEdge(dut.clk_i)
            await ReadOnly()
            for slot in range(SLOTS):
                if int(dut.done_o.value) >> slot & 1:
                    assert len(found[slot]) == count, "done before its last digit"
                    done.append(slot)
            if int(dut.digit_valid_o.value):
                slot = int(dut.slot_o.value)
                assert slot not in done
                assert int(dut.index_o.value) == len(found[slot])
                assert int(dut.first_o.value) == (not found[slot]) and int(dut.last_o.value) == (len(found[slot]) == count - 1)
                found[slot].append(int(dut.digit_o.value))
        assert sorted(done) == wanted, "each slot is told once"
        for slot in wanted:
            value = sum(column << WB * k for k, column in enumerate(memory[slot]))
            assert sum(digit << WB * k for k, digit in enumerate(found[slot])) == value
