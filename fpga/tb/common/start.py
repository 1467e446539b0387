"""Clock and reset of a block."""

from cocotb.clock import Clock
from cocotb.triggers import ClockCycles


async def start(dut, **inputs: int) -> None:
    """Once a test: starts the clock, then resets."""
    Clock(dut.clk_i, 2, unit="ns").start()
    await reset(dut, **inputs)


async def reset(dut, **inputs: int) -> None:
    """Inputs get their values, or 0 where none is named, before reset ends."""
    for signal in dut:
        if signal._name.endswith("_i") and signal._name not in ("clk_i", "rst_ni"):
            signal.value = inputs.get(signal._name, 0)
    if hasattr(dut, "rst_ni"):
        dut.rst_ni.value = 0
        await ClockCycles(dut.clk_i, 3)
        dut.rst_ni.value = 1
    await ClockCycles(dut.clk_i, 1)
