"""The whole card with a stub for the engine: rings, doorbells, interrupts."""

import random

import cocotb
import registers
from axi_memory import DECERR
from card_bench import inverted, load, locked_by, run_card
from cocotb.triggers import ClockCycles
from host import COMPLETION, LOCKED, OPERANDS, OPERANDS_SIZE, READY, SUBMISSION, Host
from jobs import *


def test_rings():
    run_card(__file__)



@cocotb.test(timeout_time=2, timeout_unit="ms")
async def many_jobs_over_the_ring(dut):
    """The rings wrap several times; phases and sequence numbers follow; several jobs are always in flight."""
    host = await Host.start(dut, log2=2)
    chance = random.Random(7)
    await load(host, 0, 3)
    host.memory.slow_down(0.5, 3)
    submitted, ended = 0, set()
    while len(ended) < 50:
        while submitted < 50 and submitted - len(ended) < 4:
            at = OPERANDS + 0x1000 + 0x100 * (submitted % 8)
            host.memory.load(at, [chance.getrandbits(48) for _ in range(6)])
            host.put(Descriptor(MODMUL, submitted, 0, 2, 3, 0, 0, at, at, at + 0x1000))
            submitted += 1
        await host.ring()
        completion = await host.take()
        at = OPERANDS + 0x1000 + 0x100 * (completion.tag % 8)
        assert completion.status == OK and host.memory.read(at + 0x1000, 6) == inverted(host.memory.read(at, 6), 6)
        ended.add(completion.tag)
    assert ended == set(range(50))
    await ClockCycles(dut.clk_i, 50)
    assert await host.registers.read("COUNT_JOBS") == 51
    assert registers.split("STATUS", await host.registers.read("STATUS")) == {"state": READY, "busy": 0}


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def full_completion_ring(dut):
    """A completion that the host has not taken is never overwritten."""
    host = await Host.start(dut, log2=2)
    await host.submit(*(Descriptor(UNLOAD_CONTEXT, tag) for tag in range(4)))
    first = [await host.take(tell=False) for _ in range(4)]
    assert [c.tag for c in first] == [0, 1, 2, 3]
    kept = host.memory.read(COMPLETION, 16)
    await host.submit(*(Descriptor(UNLOAD_CONTEXT, tag) for tag in range(4, 8)))
    await ClockCycles(dut.clk_i, 2000)
    assert host.memory.read(COMPLETION, 16) == kept
    assert registers.split("STATUS", await host.registers.read("STATUS")) == {"state": READY, "busy": 4}
    await host.registers.write("COMPLETION_HEAD", 1)
    await ClockCycles(dut.clk_i, 2000)
    assert host.memory.read(COMPLETION, 4) != kept[:4] and host.memory.read(COMPLETION + 32, 12) == kept[4:]
    await host.registers.write("COMPLETION_HEAD", 4)
    assert [(await host.take()).tag for _ in range(4)] == [4, 5, 6, 7]


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def doorbells(dut):
    """A doorbell outside the ring locks the card; one in another state than ready is as if it had not been written."""
    host = await Host.start(dut, enable=False)
    await host.registers.write("SUBMISSION_TAIL", 3)
    await host.registers.write("COMPLETION_HEAD", 2)
    assert await host.registers.read("SUBMISSION_TAIL") == await host.registers.read("COMPLETION_HEAD") == 0
    await host.enable()
    assert await host.registers.read("SUBMISSION_TAIL") == 0
    for jobs, name, value in ((0, "SUBMISSION_TAIL", 9), (0, "SUBMISSION_TAIL", 0xFFFF), (2, "SUBMISSION_TAIL", 1),
                              (2, "SUBMISSION_TAIL", 11), (1, "COMPLETION_HEAD", 2), (1, "COMPLETION_HEAD", 0)):
        for tag in range(jobs):
            await host.do(Descriptor(UNLOAD_CONTEXT, tag))
        await host.registers.write(name, value)
        await host.until_state(LOCKED)
        assert await host.registers.read("ERROR_CODE") == registers.enum("card_fault_e")["bad_doorbell"]
        assert await host.registers.read("INTERRUPT_STATUS") & 2
        assert await host.registers.read(name) != value
        await host.registers.write("CONTROL", registers.join("CONTROL", enable=1))
        assert await host.registers.state() == LOCKED and await host.registers.read("CONTROL") == 0
        await host.reset()
        assert await host.registers.read("ERROR_CODE") == 0
        await host.enable()
    await host.submit(*(Descriptor(UNLOAD_CONTEXT, tag) for tag in range(8)))
    assert [(await host.take()).tag for _ in range(8)] == list(range(8))


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bad_rings(dut):
    host = await Host.start(dut, enable=False)
    for name, value in (("SUBMISSION_BASE_LO", 0x800), ("COMPLETION_BASE_LO", 0x10), ("RING_SIZE", 0), ("RING_SIZE", 11),
                        ("RING_SIZE", 0x83)):
        for register, good in (("SUBMISSION_BASE_LO", 0x1000), ("COMPLETION_BASE_LO", 0x2000), ("RING_SIZE", 3), ("INTERRUPT_MASK", 0)):
            await host.registers.write(register, good)
        await host.registers.write(name, value)
        raised = host.interrupts
        await host.registers.write("CONTROL", registers.join("CONTROL", enable=1))
        await host.until_state(LOCKED)
        assert await host.registers.read("ERROR_CODE") == registers.enum("card_fault_e")["bad_ring"]
        assert host.interrupts == raised + 1
        await host.reset()
        for register in ("SUBMISSION_BASE_LO", "RING_SIZE", "INTERRUPT_MASK", "INTERRUPT_STATUS"):
            assert await host.registers.read(register) == registers.reset_value(register)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def rings_out_of_reach(dut):
    host = await Host.start(dut)
    for address in (SUBMISSION, SUBMISSION + 56, COMPLETION, COMPLETION + 24):
        host.memory.errors = {address: DECERR}
        await host.submit(Descriptor(UNLOAD_CONTEXT, 1))
        await locked_by(host, "dma_fault")
        assert host.peek() is None
        host.memory.errors = {}
        await host.reset()
        await host.enable()
    assert (await host.do(Descriptor(UNLOAD_CONTEXT, 1))).status == OK


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def fault_with_a_full_ring(dut):
    """A card that should lock does not wait for a host that takes no completions."""
    host = await Host.start(dut, log2=1)
    await load(host, 1, 4)
    await host.do(Descriptor(UNLOAD_CONTEXT, 2))
    await host.submit(Descriptor(UNLOAD_CONTEXT, 3), Descriptor(UNLOAD_CONTEXT, 4))
    for _ in range(2):
        await host.take(tell=False)
    await host.submit(Descriptor(LOAD_CONTEXT, 5, 1, 1, 4, 0, 0, OPERANDS + OPERANDS_SIZE))
    await locked_by(host, "dma_fault")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def interrupts(dut):
    host = await Host.start(dut)
    read, write = host.registers.read, host.registers.write

    async def job() -> None:
        await host.do(Descriptor(UNLOAD_CONTEXT, 1))
        await ClockCycles(dut.clk_i, 30)

    await job()
    assert (host.interrupts, await read("INTERRUPT_STATUS"), await read("COUNT_INTERRUPTS")) == (1, 1, 1)
    await write("INTERRUPT_STATUS", 2)
    assert await read("INTERRUPT_STATUS") == 1
    await write("INTERRUPT_STATUS", 1)
    assert await read("INTERRUPT_STATUS") == 0
    # Masked: the cause is shown, nothing is raised, then or at unmasking.
    await write("INTERRUPT_MASK", 1)
    await job()
    await write("INTERRUPT_MASK", 0)
    await ClockCycles(dut.clk_i, 100)
    assert (host.interrupts, await read("INTERRUPT_STATUS")) == (1, 1)
    # Held off: the first is raised at once, those within 64 * 64 cycles after it share one.
    await write("INTERRUPT_HOLDOFF", 64)
    await job()
    assert host.interrupts == 2
    for _ in range(5):
        await job()
    assert host.interrupts == 2
    await ClockCycles(dut.clk_i, 64 * 64)
    assert (host.interrupts, await read("COUNT_INTERRUPTS")) == (3, 3)
    await ClockCycles(dut.clk_i, 2 * 64 * 64)
    assert host.interrupts == 3
    # An error does not wait.
    await job()
    await job()
    assert host.interrupts == 4
    await write("SUBMISSION_TAIL", (host.tail + 100) & 0xFFFF)
    await host.until_state(LOCKED)
    await ClockCycles(dut.clk_i, 20)
    assert (host.interrupts, await read("INTERRUPT_STATUS")) == (5, 3)
    await host.reset()
    assert await read("INTERRUPT_STATUS") == 0 and await read("COUNT_INTERRUPTS") == 0
