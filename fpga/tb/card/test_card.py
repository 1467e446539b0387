"""The whole card with a stub for the engine: jobs, refusals, contexts, addresses."""

import random

import cocotb
import registers
from card_bench import CONTEXTS, ENGINES, MAX_ITEMS, TABLE_LOG2, VECTOR_LOG2, inverted, load, placed, results, run_card
from cocotb.triggers import ClockCycles
from host import DISABLED, OPERANDS, READY, Host
from jobs import *


def test_card():
    run_card(__file__)



@cocotb.test(timeout_time=2, timeout_unit="ms")
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


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def first_job(dut):
    host = await Host.start(dut)
    assert await load(host, 1, 16) == Completion(1001, OK, 1, 0, 1, 0)
    source = [random.getrandbits(64) for _ in range(48)]
    host.memory.load(OPERANDS + 0x1000, source)
    host.memory.load(OPERANDS + 0x2000, [5])
    host.memory.forget()
    completion = await host.do(Descriptor(MODEXP, 7, 1, 3, 16, 1, 0, OPERANDS + 0x1000, OPERANDS + 0x2000, OPERANDS + 0x3FF8))
    assert completion == Completion(7, OK, 1, 1, 3, 48 * 8)
    assert results(host) == placed(OPERANDS + 0x3FF8, inverted(source, 48))
    await ClockCycles(dut.clk_i, 20)
    assert host.interrupts == 2


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def sizes_and_boundaries(dut):
    """Operands that begin and end around 4 KiB, on buses that are never in a hurry."""
    host = await Host.start(dut)
    chance = random.Random(5)
    for limbs in (1, 7, 63, 64, 65, 96):
        await load(host, 2, limbs)
        for offset in (-520, -512, -504, -8, 0, 8):
            host.memory.slow_down(chance.choice((1.0, 0.7, 0.2)), chance.randrange(1000))
            items = chance.choice((1, 2, 6))
            at, to = OPERANDS + 0x10000 + offset, OPERANDS + 0x21000 - 8 * chance.choice((1, limbs * items, limbs * items // 2 + 1))
            source = [chance.getrandbits(64) for _ in range(items * limbs)]
            host.memory.load(at, source)
            host.memory.forget()
            completion = await host.do(Descriptor(MODMUL, 9, 2, items, limbs, 0, 0, at, OPERANDS + 0x30000, to))
            assert (completion.status, completion.items, completion.bytes) == (OK, items, items * limbs * 8)
            assert results(host) == placed(to, inverted(source, items * limbs)), (limbs, offset)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def refusals(dut):
    """Every status that the card gives by itself, and that nothing but the completion is written with it."""
    host = await Host.start(dut)
    assert (await load(host, 0, 4)).status == (await load(host, 1, 4, exponent_bits=4)).status == OK
    good = dict(tag=3, context=1, items=2, limbs=4, source=OPERANDS, aux=OPERANDS, destination=OPERANDS + 0x1000)
    cases = [
        (BAD_DESCRIPTOR, dict(operation=0)), (BAD_DESCRIPTOR, dict(operation=8)), (BAD_DESCRIPTOR, dict(operation=0x13)),
        (BAD_DESCRIPTOR, dict(operation=255)),
        *((BAD_DESCRIPTOR, dict(operation=MODMUL, flags=1 << bit)) for bit in (0, 7)),
        *((BAD_DESCRIPTOR, dict(operation=MODMUL, reserved=1 << bit)) for bit in (0, 15)),
        *((BAD_DESCRIPTOR, dict(operation=MODMUL, reserved_words=words)) for words in ((1, 0, 0), (0, 1 << 63, 0), (0, 0, 1 << 40))),
        *((BAD_DESCRIPTOR, dict(operation=MODMUL, **{name: OPERANDS + bit}))
          for name in ("source", "aux", "destination") for bit in (1, 4)),
        *((BAD_CONTEXT, dict(operation=op, context=CONTEXTS)) for op in range(1, 8)),
        (BAD_CONTEXT, dict(operation=MODMUL, context=0x8001)),
        *((BAD_CONTEXT, dict(operation=op, context=2)) for op in (MODEXP, FIXED_BASE, MODMUL, LOAD_VECTOR, MULTIPLY_ACCUMULATE)),
        (BAD_CONTEXT, dict(operation=FIXED_BASE, context=0, exponent_limbs=1)),
        (BAD_CONTEXT, dict(operation=MULTIPLY_ACCUMULATE, exponent_limbs=1)),
        (BAD_LENGTH, dict(operation=MODMUL, items=0)), (BAD_LENGTH, dict(operation=MODMUL, items=MAX_ITEMS + 1)),
        (BAD_LENGTH, dict(operation=MODMUL, items=65535)),
        (BAD_LENGTH, dict(operation=MODMUL, limbs=3)), (BAD_LENGTH, dict(operation=MODMUL, limbs=0x104)),
        (BAD_LENGTH, dict(operation=MODMUL, exponent_limbs=1)), (BAD_LENGTH, dict(operation=LOAD_VECTOR, exponent_limbs=1, destination=0)),
        *((BAD_LENGTH, dict(operation=op, exponent_limbs=limbs)) for op in (MODEXP, FIXED_BASE, MULTIPLY_ACCUMULATE)
          for limbs in (0, 97, 0x101)),
        (BAD_OPERAND, dict(operation=LOAD_VECTOR, destination=1)),
        (BAD_LENGTH, dict(operation=LOAD_VECTOR, destination=(1 << VECTOR_LOG2) // 32 - 1)),
        (BAD_LENGTH, dict(operation=LOAD_VECTOR, destination=1 << 32)), (BAD_LENGTH, dict(operation=LOAD_VECTOR, destination=1 << 63)),
    ]
    for status, changes in cases:
        host.memory.forget()
        completion = await host.do(Descriptor(**{**good, **changes}))
        assert (completion.status, completion.items, completion.bytes) == (status, 0, 0), changes
        assert results(host) == {}
    assert await host.registers.state() == READY
    # Refusals left the contexts as they were.
    assert (await host.do(Descriptor(FIXED_BASE, **{**good, "exponent_limbs": 1}))).status == OK


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def refused_loads(dut):
    """A context that can't be loaded is unloaded all the same, and its card memory zeroized."""
    host = await Host.start(dut)
    too_wide = (1 << TABLE_LOG2) // (8 * 256)
    for changes in (dict(limbs=0), dict(limbs=97), dict(items=0), dict(items=2), dict(exponent_bits=6145),
                    dict(limbs=too_wide + 1, exponent_bits=1), dict(limbs=too_wide, exponent_bits=9)):
        assert (await load(host, 1, 1, exponent_bits=32)).status == OK
        good = dict(tag=3, context=1, items=1, limbs=1, source=OPERANDS, aux=OPERANDS)
        assert (await host.do(Descriptor(LOAD_CONTEXT, **{**good, **changes}))).status == BAD_LENGTH, changes
        assert (await host.do(Descriptor(MODMUL, **{**good, "destination": OPERANDS}))).status == BAD_CONTEXT, changes
        assert not any(host.card_memory.words.values()), changes
    # As large as a table can be.
    assert (await load(host, 1, too_wide, exponent_bits=8)).status == OK
    assert len([word for word in host.card_memory.words.values() if word]) == (1 << TABLE_LOG2) // 8
    # The engine finds the modulus wanting.
    host.memory.load(OPERANDS, [0xBAD0_0000_0000_0000 | BAD_OPERAND])
    assert (await host.do(Descriptor(LOAD_CONTEXT, context=1, items=1, limbs=1, source=OPERANDS))).status == BAD_OPERAND
    assert (await host.do(Descriptor(MODMUL, context=1, items=1, limbs=1))).status == BAD_CONTEXT
    assert not any(host.card_memory.words.values())


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def resident_vector(dut):
    host = await Host.start(dut)
    limbs, room = 8, (1 << VECTOR_LOG2) // 64
    await load(host, 2, limbs)
    base = 2 * ((1 << TABLE_LOG2) + (1 << VECTOR_LOG2)) + (1 << TABLE_LOG2)
    source = [random.getrandbits(64) for _ in range(limbs * room)]
    host.memory.load(OPERANDS, source)

    async def put(first: int, items: int) -> tuple[int, int, int]:
        host.card_memory.forget()
        completion = await host.do(Descriptor(LOAD_VECTOR, 5, 2, items, limbs, 0, 0, OPERANDS, 0, first))
        return completion.status, completion.items, completion.bytes

    product = dict(context=2, items=1, limbs=limbs, exponent_limbs=1, source=OPERANDS, destination=OPERANDS + 0x8000)
    assert await put(1, 1) == (BAD_OPERAND, 0, 0)
    assert (await host.do(Descriptor(MULTIPLY_ACCUMULATE, **product))).status == BAD_CONTEXT
    assert await put(0, 3) == (OK, 3, 0)
    assert host.card_memory.written == placed(base, inverted(source, 3 * limbs))
    assert await put(1, 1) == (OK, 1, 0)
    assert await put(4, 1) == (BAD_OPERAND, 0, 0)
    assert await put(3, room - 3) == (OK, room - 3, 0)
    assert await put(room, 1) == (BAD_LENGTH, 0, 0)
    assert (await host.do(Descriptor(MULTIPLY_ACCUMULATE, **product))).status == OK
    # A load that fails leaves what stands before it.
    host.memory.load(OPERANDS, [0xBAD0_0000_0000_0000 | BAD_OPERAND])
    assert await put(2, 1) == (BAD_OPERAND, 0, 0)
    assert await put(3, 1) == (BAD_OPERAND, 0, 0)
    host.memory.load(OPERANDS, source)
    assert await put(2, 1) == (OK, 1, 0)
    assert (await host.do(Descriptor(UNLOAD_CONTEXT, context=2))).status == OK
    assert len(host.card_memory.words) > 0 and not any(host.card_memory.words.values())
    await load(host, 2, limbs)
    assert (await host.do(Descriptor(MULTIPLY_ACCUMULATE, **product))).status == BAD_CONTEXT


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def two_contexts_at_once(dut):
    """Two engines work on two contexts; the job that ends first completes first, whatever the order of descriptors."""
    host = await Host.start(dut)
    await load(host, 0, 4)
    await load(host, 3, 6)
    slow, fast = OPERANDS + 0x1000, OPERANDS + 0x2000
    host.memory.load(slow, [0x51EE_0000_0000_0800, 1, 2, 3])
    host.memory.load(fast, [10, 11, 12, 13, 14, 15])
    host.memory.forget()
    await host.submit(
        Descriptor(MODMUL, 1, 0, 1, 4, 0, 0, slow, slow, OPERANDS + 0x3000),
        *(Descriptor(MODMUL, tag, 3, 1, 6, 0, 0, fast, fast, OPERANDS + 0x4000 + tag * 256) for tag in (2, 3, 4)),
        Descriptor(UNLOAD_CONTEXT, 5, 0),
        Descriptor(MODMUL, 6, 0, 1, 4, 0, 0, slow, slow, OPERANDS + 0x3000),
    )
    ended = [await host.take() for _ in range(6)]
    assert [(c.tag, c.status) for c in ended] == [(2, OK), (3, OK), (4, OK), (1, OK), (5, OK), (6, BAD_CONTEXT)]
    expected = placed(OPERANDS + 0x3000, inverted(host.memory.read(slow, 4), 4))
    for tag in (2, 3, 4):
        expected |= placed(OPERANDS + 0x4000 + tag * 256, inverted(host.memory.read(fast, 6), 6))
    assert results(host) == expected


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def counters(dut):
    host = await Host.start(dut)
    wide = host.registers.wide
    await host.reset()
    await host.enable()
    await load(host, 1, 16)
    await host.do(Descriptor(MODMUL, 2, 1, 3, 16, 0, 0, OPERANDS, OPERANDS, OPERANDS + 0x1000))
    await ClockCycles(dut.clk_i, 50)
    moved = 2 * (8 + 4) + ENGINES * 32 + 3 * 48  # a context goes to every engine
    assert await wide("COUNT_DMA_BYTES") == 8 * moved
    assert await wide("COUNT_PRODUCTS") == 48
    assert await wide("COUNT_ROWS") > 0 and await wide("COUNT_WAIT") > 0
    assert await wide("COUNT_ACTIVE") > await wide("COUNT_ROWS") + await wide("COUNT_WAIT")
    first = await wide("COUNT_CYCLES")
    await ClockCycles(dut.clk_i, 1000)
    assert 1000 <= await wide("COUNT_CYCLES") - first < 1100


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def every_bit_of_an_address(dut):
    """Rings and operands anywhere in 64 bits, tags, widths and contexts of all values."""
    host = await Host.start(dut, enable=False)
    chance = random.Random(23)
    everywhere = 0xAAAA_AAAA_AAAA_A000
    for flip in (0, (1 << 64) - 0x2000, *(chance.getrandbits(64) & ~0xFFF for _ in range(6))):
        base = everywhere ^ flip
        host.place_rings(base ^ 0x8000, base ^ 0xFFFF_0000_0000_4000)
        await host.enable()
        operands = [(base ^ bits) & ~0xFFFF for bits in (0x0123_4567_89AB_0000, 0xFEDC_BA98_7654_0000, 0x1111_0000_8888_0000)]
        for start in operands:
            host.memory.map(start, start + 0x10000)
        limbs, context = chance.randrange(1, 97), chance.randrange(CONTEXTS)
        host.memory.load(operands[0], [chance.getrandbits(63) for _ in range(3 * limbs)])
        tag = flip >> 16 & 0xFFFF
        assert (await host.do(Descriptor(LOAD_CONTEXT, tag, context, 1, limbs, source=operands[0]))).status == OK
        items = chance.randrange(1, 9)
        source = [chance.getrandbits(63) for _ in range(items * limbs)]
        host.memory.load(operands[1], source)
        host.memory.forget()
        job = Descriptor(MODMUL, tag ^ 0xFFFF, context, items, limbs, 0, 0, operands[1], operands[0], operands[2])
        completion = await host.do(job)
        assert (completion.status, completion.bytes) == (OK, 8 * items * limbs)
        assert results(host) == placed(operands[2], inverted(source, items * limbs))
        assert await host.registers.read("SUBMISSION_BASE_HI") == host.submission >> 32
        await host.reset()
