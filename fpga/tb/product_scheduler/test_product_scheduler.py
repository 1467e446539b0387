"""Which row comes next: distances, whole rows, all rows of each product once, no idle cycle while a slot is ready."""

import random

import cocotb
from bench import RTL, run
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

SLOTS, DISTANCE = 4, 9


def test_product_scheduler():
    run(__file__, "product_scheduler", [RTL / "product_scheduler.sv"], {"Slots": SLOTS, "RowDistance": DISTANCE})


@cocotb.test()
async def keeps_rows_whole_and_apart(dut):
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
    for name in ("rst_ni", "clear_i", "start_i", "row_ready_i", "last_word_i", "rows_i"):
        getattr(dut, name).value = 0
    await RisingEdge(dut.clk_i)
    await RisingEdge(dut.clk_i)
    dut.rst_ni.value = 1
    for words in (1, 2, 5, 12):
        for rows in (1, 2, 7):
            await batch(dut, rng, words, rows)


async def batch(dut, rng: random.Random, words: int, rows: int) -> None:
    dut.last_word_i.value, dut.rows_i.value = words - 1, rows
    started_at: dict[int, int] = {}
    left = {slot: 0 for slot in range(SLOTS)}
    products = [3] * SLOTS
    row: tuple[int, int] | None = None  # slot and next word of the row under way
    was_ready = 0
    for cycle in range(3 * rows * SLOTS * (max(words, DISTANCE) + 4) + 200):
        await RisingEdge(dut.clk_i)
        starts = [slot for slot in range(SLOTS) if left[slot] == 0 and products[slot] and rng.random() < 0.3]
        dut.start_i.value = sum(1 << slot for slot in starts)
        was_ready = sum((rng.random() < 0.8) << slot for slot in range(SLOTS))
        dut.row_ready_i.value = was_ready
        await ReadOnly()
        begun = int(dut.digit_next_o.value)
        if int(dut.valid_o.value):
            slot, word = int(dut.slot_o.value), int(dut.word_o.value)
            if row is None:
                assert word == 0 and begun == 1 << slot and was_ready >> slot & 1
                assert left[slot] > 0, "a row too many"
                assert cycle - started_at.get(slot, -DISTANCE) >= DISTANCE
                assert int(dut.first_row_o.value) == (left[slot] == rows)
                started_at[slot] = cycle
            else:
                assert (slot, word) == row and begun == 0
            last = word == words - 1
            assert int(dut.last_word_o.value) == last and int(dut.last_row_o.value) == (left[slot] == 1)
            row = None if last else (slot, word + 1)
            if last:
                left[slot] -= 1
        else:
            assert row is None, "a row was broken off"
            able = [s for s in range(SLOTS) if left[s] and was_ready >> s & 1 and cycle - started_at.get(s, -DISTANCE) >= DISTANCE]
            assert not able, "idle with work to do"
        for slot in starts:
            left[slot], products[slot] = rows, products[slot] - 1
    assert not any(products) and not any(left.values())
    await RisingEdge(dut.clk_i)
    dut.start_i.value = 0
    # Distances hold across products of other widths as well.
    for _ in range(DISTANCE):
        await RisingEdge(dut.clk_i)
