"""Interrupts against a model of the rules in the register map."""

import random

import cocotb
from bench import PACKAGES, RTL, run
from cocotb.triggers import RisingEdge
from start import reset, start


def test_interrupt_unit():
    run(__file__, "interrupt_unit", [RTL / name for name in (*PACKAGES, "interrupt_unit.sv")], lint=False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def against_a_model(dut):
    chance = random.Random(2)
    edge = RisingEdge(dut.clk_i)
    total = 0
    await start(dut)
    for units in (0, 1, 2, 5):
        await reset(dut, holdoff_units_i=units)
        quiet_until, waiting, expected = 0, False, []
        seen = []
        masks = {"completion": 0, "error": 0}
        error_before = False
        for cycle in range(6000):
            completion, error = chance.random() < 0.01, chance.random() < 0.002
            if chance.random() < 0.003:
                masks[chance.choice(("completion", "error"))] ^= 1
            dut.completion_i.value, dut.error_i.value = completion, error
            dut.mask_completion_i.value, dut.mask_error_i.value = masks["completion"], masks["error"]
            await edge
            seen.append(int(dut.irq_o.value))
            # What waits is looked at one cycle after it came, with the mask of that cycle.
            fire = waiting and not masks["completion"] and cycle >= quiet_until
            if waiting and cycle >= quiet_until:
                waiting = False
            if fire:
                quiet_until = cycle + 1 + 64 * units
            expected.append(int(fire or (error_before and not masks["error"])))
            waiting = waiting or (completion and not masks["completion"])
            error_before = error
        # One cycle of register behind the decision.
        assert seen[1:] == expected[:-1]
        raised = sum(expected)
        assert abs(int(dut.count_o.value) - raised) <= 1
        total += raised
    assert total > 100


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def hold_off_distance(dut):
    """With completions all the time interrupts are exactly as far apart as the register says."""
    edge = RisingEdge(dut.clk_i)
    await start(dut)
    for units in (1, 3, 0x40):
        await reset(dut, holdoff_units_i=units, completion_i=1)
        times = []
        for cycle in range(64 * units * 4):
            await edge
            if dut.irq_o.value:
                times.append(cycle)
        distances = {b - a for a, b in zip(times, times[1:])}
        assert distances == {64 * units + 1}
