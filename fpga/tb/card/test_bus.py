"""The whole card with a stub for the engine, between memories that break off, answer what they were not asked, or answer no more."""

import random

import cocotb
import registers
from card_bench import CONTEXTS, ENGINES, MASK, PATIENCE_LOG2, TABLE_LOG2, inverted, load, locked_by, results, run_card
from cases import cases
from cocotb.triggers import ClockCycles
from host import DISABLED, LOCKED, OPERANDS, READY, RESETTING, Host
from jobs import *

PATIENCE = 1 << PATIENCE_LOG2


def test_bus():
    run_card(__file__)


async def start_reset(host: Host) -> None:
    await host.registers.write("CONTROL", registers.join("CONTROL", reset=1))


async def works(host: Host) -> None:
    """From disabled to a right result."""
    await host.enable()
    await load(host, 1, 4)
    host.memory.load(OPERANDS, [1, 2, 3, 4])
    await host.do(Descriptor(MODMUL, 9, 1, 1, 4, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x1000))
    assert host.memory.read(OPERANDS + 0x1000, 4) == inverted([1, 2, 3, 4], 4)
    await host.reset()


def job(chance: random.Random, tag: int) -> Descriptor:
    return Descriptor(MODMUL, tag, 1, 64, 4, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x10000 * (tag + 1) + 8 * chance.randrange(64))


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def a_host_that_never_answers(dut):
    """A reset in mid-burst ends without the host, with a name; card memory is zero; what the host still owes does no harm."""
    host = await Host.start(dut)
    assert await host.registers.read("BUS_PATIENCE") == PATIENCE_LOG2
    chance = random.Random(5)
    for _ in range(cases(4, 12)):
        await load(host, 1, 4, exponent_bits=8)
        assert any(host.card_memory.words.values())
        for tag in range(3):
            host.put(job(chance, tag))
        await host.ring()
        while host.memory.is_idle():
            await ClockCycles(dut.clk_i, chance.randrange(100, 1100))
        host.memory.frozen = True
        await start_reset(host)
        await ClockCycles(dut.clk_i, PATIENCE // 2)
        assert await host.registers.state() == RESETTING
        await ClockCycles(dut.clk_i, PATIENCE // 2)
        await locked_by(host, "host_silent")
        assert not any(host.card_memory.words.values()) and host.card_memory.is_idle()
        # A second try fails like the first.
        await start_reset(host)
        await locked_by(host, "host_silent")
        host.memory.forget()
        host.memory.frozen = False
        await ClockCycles(dut.clk_i, 2000)
        # Two words at most waited for the bus, which does not let them be taken back; the rest of their burst is not written.
        assert host.memory.is_idle() and len(host.memory.written) <= 2
        await host.reset()
        await works(host)
        await host.enable()


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def a_card_memory_that_never_answers(dut):
    """Before a sweep or in the middle of one: the card ends locked, and the next reset zeroizes what this one did not."""
    host = await Host.start(dut)
    for cycles in (0, 40, 400):
        await load(host, 1, 4, exponent_bits=8)
        await start_reset(host)
        await ClockCycles(dut.clk_i, cycles)
        host.card_memory.frozen = True
        await locked_by(host, "card_memory_silent")
        assert any(host.card_memory.words.values())
        host.card_memory.frozen = False
        await host.reset()
        assert not any(host.card_memory.words.values())
        await host.enable()
    # In the middle of a job: the descriptor waits, a reset ends it.
    await load(host, 1, 4, exponent_bits=8)
    host.card_memory.frozen = True
    await host.submit(Descriptor(UNLOAD_CONTEXT, 2, 1))
    await ClockCycles(dut.clk_i, 1000)
    assert await host.registers.state() == READY and host.peek() is None
    await start_reset(host)
    await locked_by(host, "card_memory_silent")
    host.card_memory.frozen = False
    await host.reset()
    assert not any(host.card_memory.words.values())


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def both_memories_silent(dut):
    """Card memory's silence, which leaves something behind, is the one that is named; a locked card keeps its first reason."""
    host = await Host.start(dut)
    await load(host, 1, 4, exponent_bits=8)
    host.memory.read_latency = 100_000_000
    await host.submit(job(random.Random(1), 1))
    await ClockCycles(dut.clk_i, 500)
    assert host.memory.open_reads
    host.card_memory.frozen = True
    await host.registers.write("SUBMISSION_TAIL", 100)
    await locked_by(host, "bad_doorbell")
    await ClockCycles(dut.clk_i, 3 * PATIENCE)
    await locked_by(host, "bad_doorbell")
    await start_reset(host)
    await locked_by(host, "card_memory_silent")
    host.card_memory.frozen = False
    await start_reset(host)
    await locked_by(host, "host_silent")
    assert not any(host.card_memory.words.values())


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def answers_nobody_asked_for(dut):
    """A word or a response without a burst, in any state of the card: it locks, says whose it was, and a reset mends it."""
    host = await Host.start(dut, enable=False)
    for memory, fault in ((host.memory, "host_unasked"), (host.card_memory, "card_memory_unasked")):
        for channel in "rb":
            for state in (DISABLED, READY, RESETTING):
                if state == READY:
                    await host.enable()
                elif state == RESETTING:
                    await start_reset(host)
                raised = host.interrupts
                memory.unasked.append(channel)
                await locked_by(host, fault)
                if state == READY:
                    assert host.interrupts == raised + 1
                await host.reset()
                assert await host.registers.read("ERROR_CODE") == 0
        # A locked card keeps its reason.
        await host.enable()
        await host.registers.write("SUBMISSION_TAIL", 100)
        await locked_by(host, "bad_doorbell")
        memory.unasked.extend("rrrb")
        await ClockCycles(dut.clk_i, 100)
        await locked_by(host, "bad_doorbell")
        await host.reset()
    await works(host)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def bursts_of_another_length(dut):
    """RLAST too early or too late: nobody gets words too many, the card locks, and a reset after the burst's end mends it."""
    host = await Host.start(dut)
    for length in (-1, 1, -7, 40):
        await load(host, 1, 4)
        host.memory.forget()
        host.memory.lengths = [0, length]  # the descriptor is whole
        await host.submit(job(random.Random(2), 1))
        await locked_by(host, "host_unasked")
        assert not results(host)
        while not host.memory.is_idle():
            await ClockCycles(dut.clk_i, 100)
        await host.reset()
        await works(host)
        await host.enable()


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def power_reset_in_mid_burst(dut):
    """rst_ni alone, while memory goes on: what it still answers was asked by nobody. The card is locked by that, or not touched by it."""
    host = await Host.start(dut)
    chance, locked = random.Random(3), 0
    for round in range(cases(8, 24)):
        await load(host, 1, 4, exponent_bits=8)
        host.memory.read_latency = chance.choice((2, 60, 900))
        for tag in range(3):
            host.put(job(chance, tag))
        await host.ring()
        await ClockCycles(dut.clk_i, chance.randrange(100, 1500))
        dut.rst_ni.value = 0
        await ClockCycles(dut.clk_i, 3)
        for memory in (host.memory, host.card_memory):
            memory.reset_of_the_card()
        dut.rst_ni.value = 1
        host.memory.forget()
        while await host.registers.state() == RESETTING:
            await ClockCycles(dut.clk_i, 20)
        if await host.registers.state() == LOCKED:
            await locked_by(host, "host_unasked")
            locked += 1
        host.memory.read_latency = 2
        await ClockCycles(dut.clk_i, 2000)
        assert host.memory.is_idle() and not host.memory.written
        await host.reset()
        assert not any(host.card_memory.words.values())
        await works(host)
        await host.enable()
    assert locked > 2


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def an_unloaded_context_leaves_no_words(dut):
    """Operands and results have gone through queues, slices and beat registers: none of them is there after the context is unloaded."""
    host = await Host.start(dut)

    def words() -> dict[str, list[int]]:
        found = {}
        for e in range(ENGINES):
            for channel in (dut.u_memory.gen_engine[e].u_read, dut.u_memory.gen_engine[e].u_write):
                queue = channel.u_buffer
                found[f"{e} {channel._name} memory"] = [int(queue.memory[k].value) for k in range(128)]
                found[f"{e} {channel._name}"] = [int(queue.head_q.value), int(channel.addr_q.value)]
        for name in ("u_host_read", "u_mem_read", "u_host_write", "u_mem_write"):
            port = getattr(dut.u_memory, name)
            slices = [port.u_ar] if "read" in name else [port.u_aw, port.u_w]
            found[name] = [int(register.value) for part in slices for register in (part.front_q, part.back_q)]
            if "read" in name:
                found[name].append(int(port.beat_data_o.value))
        return found

    for operation in (UNLOAD_CONTEXT, LOAD_CONTEXT):
        for exponent_bits in (0, 8):
            await load(host, 1, 4, exponent_bits)
            # Enough jobs that each engine gets some, and fills its queues.
            host.memory.load(OPERANDS, [MASK - k for k in range(600)])
            for tag in range(6):
                host.put(Descriptor(MODMUL, tag, 1, 64, 4, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x10000 * (tag + 1)))
            await host.ring()
            for _ in range(6):
                await host.take()
            before = words()
            assert all(any(found) for name, found in before.items() if "memory" in name), before
            # Another context's unloading, or another's loading, is as good: slots and queues belong to all.
            other = Descriptor(operation, 7, 2, 1, 200) if operation == LOAD_CONTEXT else Descriptor(operation, 7, 1)
            await host.do(other)
            left = {name: found for name, found in words().items() if any(found)}
            # The descriptor after next is not there yet, and completions hold no operand: their slice empties by itself.
            assert not left, left
