"""The multiplier operand's digits: any number of columns, the number 1, restarts, steps as fast as rows can come."""

import random

import cocotb
import pytest
from bench import RTL, run
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge


@pytest.mark.parametrize(("wa", "wb"), [(17, 26), (18, 18)])
def test_digit_feeder(wa, wb):
    run(__file__, "digit_feeder", [RTL / "secret_ram.sv", RTL / "digit_feeder.sv"], {"WA": wa, "WB": wb, "ColWidth": 5}, label=f"{wa}-{wb}")


@cocotb.test()
async def gives_every_digit(dut):
    rng = random.Random(1)
    wa, wb = int(dut.WA.value), int(dut.WB.value)
    cocotb.start_soon(Clock(dut.clk_i, 2, unit="step").start())
    for name in ("clear_i", "sweep_i", "sweep_addr_i", "we_i", "wcol_i", "wdata_i", "start_i", "one_i", "next_i"):
        getattr(dut, name).value = 0
    dut.columns_i.value = 0
    dut.clear_i.value = 1
    await RisingEdge(dut.clk_i)
    await RisingEdge(dut.clk_i)
    dut.clear_i.value = 0
    for columns in (1, 2, 3, 17, 32):
        number = rng.getrandbits(wb * columns) | 1 << wb * columns - 1
        dut.columns_i.value = columns
        dut.we_i.value = 1
        for column in rng.sample(range(columns), columns):
            dut.wcol_i.value, dut.wdata_i.value = column, number >> wb * column & (1 << wb) - 1
            await RisingEdge(dut.clk_i)
        dut.we_i.value = 0
        for one in (0, 1, 0):
            expected = 1 if one else number
            dut.start_i.value, dut.one_i.value = 1, one
            await RisingEdge(dut.clk_i)
            dut.start_i.value = 0
            # Two digits beyond the operand's end are zero.
            for k in range(-(-wb * columns // wa) + 2):
                for waited in range(6):
                    await ReadOnly()
                    if int(dut.ready_o.value):
                        break
                    await RisingEdge(dut.clk_i)
                assert waited <= (4 if k == 0 else 3)
                assert int(dut.digit_o.value) == expected >> wa * k & (1 << wa) - 1, (columns, one, k)
                await RisingEdge(dut.clk_i)
                dut.next_i.value = 1
                await RisingEdge(dut.clk_i)
                dut.next_i.value = 0
