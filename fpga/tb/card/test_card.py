"""The whole card with a stub for the engine."""

import random

import cocotb
import registers
from bench import SHELL, STUB_ENGINE, run
from cocotb.triggers import ClockCycles
from host import COMPLETION, DISABLED, LOCKED, OPERANDS, READY, Host
from jobs import *

MASK = (1 << 64) - 1
ENGINES, CONTEXTS, TABLE_LOG2, VECTOR_LOG2, MAX_ITEMS = 2, 4, 13, 12, 64


def test_card():
    parameters = {"Engines": ENGINES, "Contexts": CONTEXTS, "TableLog2": TABLE_LOG2, "VectorLog2": VECTOR_LOG2, "MaxItems": MAX_ITEMS}
    run(__file__, "card", [*SHELL, STUB_ENGINE], parameters, lint=False)


def inverted(words: list[int], count: int) -> list[int]:
    return [~words[k % len(words)] & MASK for k in range(count)]


async def load(host: Host, context: int, limbs: int, exponent_bits: int = 0, tag: int = 1000) -> Completion:
    host.memory.load(OPERANDS, [3] * (3 * limbs))
    return await host.do(Descriptor(LOAD_CONTEXT, tag + context, context, 1, limbs, 0, exponent_bits, OPERANDS, OPERANDS + 16 * limbs))


@cocotb.test()
async def identity(dut):
    host = await Host.start(dut, enable=False)
    read = host.registers.read
    assert await read("ID") == registers.reset_value("ID")
    assert await read("MAP_VERSION") == registers.reset_value("MAP_VERSION")
    expected = {
        "CAPABILITIES": {"max_bits": 6144, "engines": ENGINES, "max_ring_log2": 10},
        "OPERATIONS": {"operations": 0xFE, "contexts": CONTEXTS},
        "LIMITS": {"max_items": MAX_ITEMS, "max_exponent_bits": 6144},
        "ARITHMETIC": {"multiplier_digit": 17, "multiplicand_digit": 26, "table_window": 8, "slots": 4},
        "CARD_MEMORY": {"table_log2": TABLE_LOG2, "vector_log2": VECTOR_LOG2},
        "MULTIPLIERS": {"count": 33},
        "KIND": {"kind": 3},
        "STATUS": {"state": DISABLED, "busy": 0},
        "INTERRUPT_MASK": {"completion": 1, "error": 1},
    }
    for name, fields in expected.items():
        assert registers.split(name, await read(name)) == fields, name


@cocotb.test()
async def first_job(dut):
    host = await Host.start(dut)
    assert await load(host, 1, 16) == Completion(1001, OK, 1, 0, 1, 0)
    source = [random.getrandbits(64) for _ in range(48)]
    host.memory.load(OPERANDS + 0x1000, source)
    host.memory.load(OPERANDS + 0x2000, [5])
    host.memory.forget()
    completion = await host.do(Descriptor(MODEXP, 7, 1, 3, 16, 1, 0, OPERANDS + 0x1000, OPERANDS + 0x2000, OPERANDS + 0x3FF8))
    assert completion == Completion(7, OK, 1, 1, 3, 48 * 8)
    expected = {OPERANDS + 0x3FF8 + 8 * k: word for k, word in enumerate(inverted(source, 48))}
    written = {a: w for a, w in host.memory.written.items() if not COMPLETION <= a < COMPLETION + 256}
    assert written == expected
    assert host.interrupts == 2
