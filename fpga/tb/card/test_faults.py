"""The whole card with a stub for the engine: what locks it, and that a reset leaves nothing behind."""

import random

import cocotb
import registers
from axi_memory import SLVERR
from card_bench import CONTEXTS, MASK, TABLE_LOG2, VECTOR_LOG2, load, locked_by, placed, run_card
from cocotb.triggers import ClockCycles
from host import DISABLED, LOCKED, OPERANDS, OPERANDS_SIZE, RESETTING, Host
from jobs import *


def test_faults():
    run_card(__file__)



@cocotb.test(timeout_time=2, timeout_unit="ms")
async def dma_faults(dut):
    """An address that the host did not map, wherever it comes from, locks the card; contexts and card memory are gone."""
    host = await Host.start(dut)
    outside = OPERANDS + OPERANDS_SIZE
    slverr = OPERANDS + 0x8010
    host.memory.errors[slverr] = SLVERR
    for changes in (dict(source=outside), dict(aux=outside), dict(destination=outside), dict(source=outside - 8),
                    dict(destination=outside - 16), dict(source=slverr), dict(destination=slverr - 16)):
        await load(host, 1, 4, exponent_bits=8)
        assert any(host.card_memory.words.values())
        host.memory.forget()
        good = dict(tag=2, context=1, items=1, limbs=4, source=OPERANDS, aux=OPERANDS, destination=OPERANDS + 0x1000)
        completion = await host.do(Descriptor(MODMUL, **{**good, **changes}))
        assert (completion.status, completion.items, completion.bytes) == (DMA_FAULT, 0, 0)
        await locked_by(host, "dma_fault")
        for _ in range(100):
            if not any(host.card_memory.words.values()):
                break
            await ClockCycles(dut.clk_i, 100)
        assert not any(host.card_memory.words.values())
        await host.reset()
        await host.enable()
        assert (await host.do(Descriptor(MODMUL, **good))).status == BAD_CONTEXT


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def card_memory_errors(dut):
    """A table that can't be written, and memory that can't be zeroized, lock the card without a completion."""
    host = await Host.start(dut)
    region = (1 << TABLE_LOG2) + (1 << VECTOR_LOG2)
    host.card_memory.errors = {region + 0x100: SLVERR}
    host.memory.load(OPERANDS, [3] * 16)
    await host.submit(Descriptor(LOAD_CONTEXT, 1, 1, 1, 2, 0, 8, OPERANDS, OPERANDS))
    await locked_by(host, "card_memory")
    await host.registers.write("CONTROL", registers.join("CONTROL", reset=1))
    await host.until_state(LOCKED)
    assert await host.registers.read("ERROR_CODE") == registers.enum("card_fault_e")["card_memory"]
    assert host.peek() is None
    host.card_memory.errors = {}
    await host.reset()
    assert not any(host.card_memory.words.values())
    await host.enable()
    assert (await load(host, 1, 2, exponent_bits=8)).status == OK
    host.card_memory.errors = {region + 0x100: SLVERR}
    await host.submit(Descriptor(UNLOAD_CONTEXT, 2, 1))
    await locked_by(host, "card_memory")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def faults_of_engines(dut):
    """What an engine calls inconsistent locks the card, and gives no completion that could be taken for a result."""
    host = await Host.start(dut)
    await load(host, 1, 4)
    host.memory.load(OPERANDS, [0xBAD1_0000_0000_0000 | registers.enum("card_fault_e")["inconsistent"]])
    await host.submit(Descriptor(MODMUL, 2, 1, 1, 4, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x1000))
    await locked_by(host, "inconsistent")
    assert host.peek() is None
    await host.reset()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def reset_in_mid_job(dut):
    """After a reset the card is silent on both buses, whatever was under way; card memory is zero and nothing is written late."""
    host = await Host.start(dut)
    chance = random.Random(11)
    for _ in range(25):
        await load(host, 1, 32, exponent_bits=0)
        host.memory.slow_down(chance.choice((1.0, 0.3)), chance.randrange(1000))
        host.memory.read_latency = chance.choice((2, 60))
        host.memory.write_latency = chance.choice((2, 60))
        host.memory.load(OPERANDS, [chance.getrandbits(48) for _ in range(1024)])
        for tag in range(4):
            operation = chance.choice((MODMUL, LOAD_VECTOR))
            destination = 0 if operation == LOAD_VECTOR else OPERANDS + 0x10000 * (tag + 1) + 8 * chance.randrange(100)
            host.put(Descriptor(operation, tag, 1, 8, 32, 0, 0, OPERANDS + 8 * chance.randrange(64), OPERANDS, destination))
        await host.ring()
        await ClockCycles(dut.clk_i, chance.randrange(1500))
        await host.reset()
        host.memory.forget()
        host.card_memory.forget()
        assert host.memory.is_idle() and host.card_memory.is_idle()
        assert not any(host.card_memory.words.values())
        await ClockCycles(dut.clk_i, 200)
        assert not host.memory.written and not host.card_memory.written and not host.memory.bursts
        await host.enable()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def reset_waits_for_the_bus(dut):
    """A reset is not over while the host's memory owes an answer."""
    host = await Host.start(dut)
    await load(host, 1, 32)
    host.memory.read_latency = 3000
    await host.submit(Descriptor(MODMUL, 1, 1, 8, 32, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x10000))
    await ClockCycles(dut.clk_i, 3200)
    assert host.memory.open_reads
    await host.registers.write("CONTROL", registers.join("CONTROL", reset=1))
    await ClockCycles(dut.clk_i, 1000)
    assert host.memory.open_reads and await host.registers.state() == RESETTING
    await host.until_state(DISABLED)
    assert host.memory.is_idle()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def power_up_zeroizes_card_memory(dut):
    host = await Host.start(dut)
    assert len(host.card_memory.words) == CONTEXTS * ((1 << TABLE_LOG2) + (1 << VECTOR_LOG2)) // 8
    assert not any(host.card_memory.words.values())
    # From then on only what was used is swept, up to its last word.
    await load(host, 3, 2, exponent_bits=8)
    table = 3 * ((1 << TABLE_LOG2) + (1 << VECTOR_LOG2))
    assert host.card_memory.words[table + 8 * (512 - 1)] == MASK and host.card_memory.words[table + 8 * 512] == 0
    host.card_memory.forget()
    await host.reset()
    assert host.card_memory.written == placed(table, [0] * 512)
    host.card_memory.forget()
    await host.reset()
    assert host.card_memory.written == {}
