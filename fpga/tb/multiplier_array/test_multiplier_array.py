"""The multipliers, row by row, against the model's columns: each intermediate value, not the result alone."""

import random

import cocotb
import pytest
from bench import RTL, run
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from fpga.model.montgomery import Digits, Modulus, Row, split

COLUMNS = 4


@pytest.mark.parametrize(("wa", "wb"), [(17, 26), (18, 18), (3, 5)])
def test_multiplier_array(wa, wb):
    run(__file__, "multiplier_array", [RTL / "digit_mac.sv", RTL / "multiplier_array.sv"], {"WA": wa, "WB": wb, "Columns": COLUMNS},
        label=f"{wa}-{wb}")


def packed(values: list[int], width: int) -> int:
    return sum(value << width * k for k, value in enumerate(values))


@cocotb.test()
async def follows_the_model(dut):
    digits = Digits(int(dut.WA.value), int(dut.WB.value))
    rng = random.Random(1)
    cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
    for limbs in (1, 3):
        top = (1 << 64 * limbs) - 1
        for n, a, b in ((top, top - 1, top - 1), (top, 2 * top - 1, 2 * top - 1), ((1 << 64 * limbs - 1) + 1, 1, top),
                        (rng.getrandbits(64 * limbs) | 1 | 1 << 64 * limbs - 1, rng.getrandbits(64 * limbs - 1), rng.getrandbits(64 * limbs - 1))):
            await one_product(dut, Modulus(n, limbs, digits), a, b)


async def one_product(dut, modulus: Modulus, a: int, b: int) -> None:
    digits = modulus.digits
    words = -(-modulus.columns // COLUMNS)
    trace: list[Row] = []
    modulus.product(a, b, trace)
    pad = lambda columns: list(columns) + [0] * (words * COLUMNS - len(columns))  # noqa: E731
    n_columns, b_columns = (pad(split(value, digits.wb, modulus.columns)) for value in (modulus.n, b))
    v = [0] * words * COLUMNS
    for row in trace:
        found = await one_row(dut, digits, words, v, n_columns, b_columns, row)
        assert found == pad(row.columns), (hex(modulus.n), row.digit)
        v = found


async def one_row(dut, digits: Digits, words: int, v, n_columns, b_columns, row: Row) -> list[int]:
    """Feeds the words of a row in consecutive cycles, B three cycles late, and collects V six cycles late."""
    found: list[int] = []
    word = lambda columns, k: columns[k * COLUMNS:(k + 1) * COLUMNS]  # noqa: E731
    for t in range(words + 6):
        await RisingEdge(dut.clk_i)
        if t < words:
            dut.v_i.value = packed(word(v, t), digits.column_bits)
            dut.n_i.value = packed(word(n_columns, t), digits.wb)
            dut.q_i.value = row.q
        dut.last_word_i.value = int(t == words - 1)
        if 3 <= t < words + 3:
            dut.b_i.value = packed(word(b_columns, t - 3), digits.wb)
            dut.a_i.value = row.digit
        await ReadOnly()
        if t >= 6:
            value = int(dut.v_o.value)
            found += [value >> digits.column_bits * k & (1 << digits.column_bits) - 1 for k in range(COLUMNS)]
    return found
