"""The engine against Python's integers: every operation, the operands that break Montgomery code, faults, constant time."""

import random

import cocotb
import pytest
from bench import RTL, run
from cases import cases
from cocotb.triggers import RisingEdge
from engine_driver import (
    BAD_OPERAND, CARD, DMA_FAULT, FIXED_BASE, HOST, LOAD_VECTOR, MODEXP, MODMUL, MULTIPLY_ACCUMULATE, OK, UNLOAD_CONTEXT,
    EngineBench, to_words)

FAULT_DMA, FAULT_INCONSISTENT, FAULT_CARD_MEMORY = 1, 4, 5
ALL_ONES = 0xFFFF_FFFF
SOURCES = ["card_pkg", "engine_pkg", "secret_ram", "digit_feeder", "product_scheduler", "digit_mac", "multiplier_array", "normalizer",
           "product_unit", "operand_loader", "result_buffer", "slot_sequencer", "engine"]


# The digits of the two families that synthesis is for, and an array so narrow that a row is longer than the way through it.
@pytest.mark.parametrize(("wa", "wb", "columns"), [(17, 26, 16), (18, 18, 16), (17, 26, 4)])
def test_engine(wa, wb, columns):
    # What is not arithmetic is the same in all of them.
    tests = None if (wa, wb, columns) == (17, 26, 16) else "hard_operands|widths|exponentiates|stay_busy"
    run(__file__, "engine", [RTL / f"{name}.sv" for name in SOURCES], {"WA": wa, "WB": wb, "Columns": columns},
        label=f"{wa}-{wb}-{columns}", lint=False, tests=tests)


def digits(dut) -> tuple[int, int]:
    return int(dut.WA.value), int(dut.WB.value)


def hard_numbers(n: int, limbs: int, wa: int = 17, wb: int = 26) -> list[int]:
    """Operands that have broken Montgomery code before: ends of the range, long runs of ones and zeros, a zero highest digit."""
    bits = 64 * limbs
    shapes = [0, 1, 2, n - 1, n - 2, n >> 1, (1 << (bits - 1)) - 1, 1 << (bits // 2), (1 << (bits // 2)) - 1,
              sum(((1 << wa) - 1) << i for i in range(0, bits, 2 * wa)), sum(((1 << wb) - 1) << i for i in range(0, bits, 2 * wb)),
              (1 << max(bits - wb, 1)) - 1, n ^ (n >> 1)]
    return [shape % n for shape in shapes]


def hard_moduli(limbs: int, rng: random.Random, wa: int = 17) -> list[int]:
    bits = 64 * limbs
    return [(1 << bits) - 1, (1 << bits) - 189, (1 << (bits - 1)) + 1, (1 << (bits - 1)) | (1 << wa) + 1, 3,
            (1 << (bits - wa)) - 1, rng.getrandbits(bits) | 1 | 1 << (bits - 1),
            (rng.getrandbits(bits) >> min(70, bits // 2)) | 1 | 2]


async def bench(dut, **options) -> EngineBench:
    engine = EngineBench(dut, digits(dut)[0], **options)
    await engine.start()
    return engine


@cocotb.test()
async def multiplies_hard_operands(dut):
    engine = await bench(dut, stall=0.2)
    rng = random.Random(2)
    wa, wb = digits(dut)
    for limbs in cases((1, 3), (1, 2, 3, 7)):
        for n in hard_moduli(limbs, rng, wa):
            assert (await engine.load(n, limbs, context=limbs % 4))[:2] == (OK, 0), hex(n)
            a = hard_numbers(n, limbs, wa, wb)
            b = a[1:] + a[:1] if limbs % 2 else a
            found = await engine.compute(MODMUL, [to_words(x, limbs) for x in a], limbs, context_id=limbs % 4,
                                         aux=[word for y in b for word in to_words(y, limbs)])
            assert found == [x * y % n for x, y in zip(a, b)], (limbs, hex(n))


@cocotb.test()
async def widths(dut):
    engine = await bench(dut)
    rng = random.Random(3)
    rows_are_long = int(dut.Columns.value) < 16
    # 64 and 96: a row has more words than the distance between rows.
    for limbs in cases((1, 16), (1, 4, 16)) if rows_are_long else cases((16, 64), (16, 32, 48, 64, 96)):
        n = rng.getrandbits(64 * limbs) | 1 | 1 << (64 * limbs - 1)
        assert (await engine.load(n, limbs))[:2] == (OK, 0)
        a = [rng.randrange(n) for _ in range(4)] + [n - 1]
        found = await engine.compute(MODMUL, [to_words(x, limbs) for x in a], limbs,
                                     aux=[word for x in a for word in to_words(x, limbs)])
        assert found == [x * x % n for x in a], limbs


@cocotb.test()
async def exponentiates(dut):
    engine = await bench(dut, stall=0.1)
    rng = random.Random(4)
    for limbs, exponent_limbs in ((1, 1), (2, 2)):
        for n in hard_moduli(limbs, rng)[::cases(8, 3)]:
            await engine.load(n, limbs, context=1)
            bases = hard_numbers(n, limbs)[:5]
            for exponent in (0, 1, (1 << 64 * exponent_limbs) - 1, rng.getrandbits(64 * exponent_limbs)):
                found = await engine.compute(MODEXP, [to_words(x, limbs) for x in bases], limbs, context_id=1,
                                             exponent_limbs=exponent_limbs, aux=to_words(exponent, exponent_limbs))
                assert found == [pow(x, exponent, n) for x in bases], (limbs, hex(n), hex(exponent))


@cocotb.test()
async def fixed_base_from_a_table_in_card_memory(dut):
    engine = await bench(dut, stall=0.1)
    rng = random.Random(5)
    for limbs, bits in cases([(3, 12)], [(2, 16), (3, 12)]):
        n = rng.getrandbits(64 * limbs) | 1 | 1 << (64 * limbs - 1)
        base = rng.randrange(n)
        assert (await engine.load(n, limbs, context=2, base=base, exponent_bits=bits))[:2] == (OK, 0)
        rows = -(-bits // 8)
        start = 2 * (2 ** 20 + 2 ** 20)
        table = engine.memories[CARD].get(start, rows * 256 * limbs)
        radix = engine.radix(limbs)
        for row in range(rows):
            for k in (0, 1, 2, 255):
                at = (row * 256 + k) * limbs
                assert table[at:at + limbs] == to_words(pow(base, k << 8 * row, n) * radix % n, limbs), (row, k)
        assert len(engine.memories[CARD].words) == rows * 256 * limbs, "nothing beside the table"
        exponents = [0, 1, 2 ** bits - 1] + [rng.getrandbits(bits) for _ in range(6)]
        found = await engine.compute(FIXED_BASE, [to_words(e, 1) for e in exponents], limbs, context_id=2, exponent_limbs=1,
                                     exponent_bits=bits)
        assert found == [pow(base, e, n) for e in exponents]
        host = engine.memories[HOST]
        host.put(0x7_0000_0000, [1 << bits])
        assert await refused(engine, operation=FIXED_BASE, items=1, limbs=limbs, context_id=2, exponent_limbs=1,
                             exponent_bits=bits, source=0x7_0000_0000, destination=0x9_0000_0000) == (BAD_OPERAND, 0)
        engine.memories[CARD].words.clear()


async def refused(engine: EngineBench, **fields) -> tuple[int, int]:
    status, fault, _ = await engine.job(**fields)
    return status, fault


@cocotb.test()
async def multiplies_resident_vectors(dut):
    engine = await bench(dut, stall=0.1)
    rng = random.Random(6)
    limbs, context = 4, 3
    n = rng.getrandbits(64 * limbs) | 1 | 1 << (64 * limbs - 1)
    await engine.load(n, limbs, context=context)
    vector = hard_numbers(n, limbs)[1:] + [rng.randrange(1, n) for _ in range(8)]
    half = len(vector) // 2
    for first, part in ((0, vector[:half]), (half, vector[half:])):
        await engine.compute(LOAD_VECTOR, [to_words(x, limbs) for x in part], limbs, context_id=context, destination=first)
    lists = [[0, 1], [len(vector) - 1] * 2, [ALL_ONES, 3], [ALL_ONES, ALL_ONES], [5, 7]]
    lists = [l + [rng.randrange(len(vector)) for _ in range(4)] if k % 2 else l + [ALL_ONES] * 4 for k, l in enumerate(lists)]
    packed = [[l[i] | l[i + 1] << 32 for i in range(0, 6, 2)] for l in lists]
    found = await engine.compute(MULTIPLY_ACCUMULATE, packed, limbs, context_id=context, exponent_limbs=3,
                                 vector_items=len(vector))
    expected = []
    for l in lists:
        product = 1
        for index in l:
            product = product * (1 if index == ALL_ONES else vector[index]) % n
        expected.append(product)
    assert found == expected
    engine.memories[HOST].put(0x7_0000_0000, [len(vector) << 32])
    assert await refused(engine, operation=MULTIPLY_ACCUMULATE, items=1, limbs=limbs, context_id=context, exponent_limbs=1,
                         vector_items=len(vector), source=0x7_0000_0000, destination=0x9_0000_0000) == (BAD_OPERAND, 0)


@cocotb.test()
async def refuses_bad_operands(dut):
    engine = await bench(dut)
    limbs = 4
    n = (1 << 256) - 189
    for modulus, r_squared in ((0, 0), (1, 0), (n - 1, 5), (n, n), (n, (1 << 256) - 1)):
        assert (await engine.load(modulus, limbs, r_squared=r_squared))[:2] == (BAD_OPERAND, 0), hex(modulus)
    assert (await engine.load(n, limbs))[:2] == (OK, 0)
    for a, b in ((n, 1), (1, n), ((1 << 256) - 1, 1)):
        host = engine.memories[HOST]
        host.put(0x7_0000_0000, to_words(a, limbs))
        host.put(0x8_0000_0000, to_words(b, limbs))
        assert await refused(engine, operation=MODMUL, items=1, limbs=limbs, source=0x7_0000_0000, aux=0x8_0000_0000,
                             destination=0x9_0000_0000) == (BAD_OPERAND, 0)
    # And works after all that.
    assert await engine.compute(MODMUL, [to_words(n - 1, limbs)], limbs, aux=to_words(n - 1, limbs)) == [1]


@cocotb.test()
async def memory_errors_end_the_job(dut):
    engine = await bench(dut)
    limbs, n = 4, (1 << 256) - 189
    await engine.load(n, limbs, base=7, exponent_bits=8)
    host, card = engine.memories[HOST], engine.memories[CARD]
    host.put(0x7_0000_0000, [3, 0, 0, 0] * 9)
    host.put(0x8_0000_0000, [5, 0, 0, 0] * 9)
    job = dict(operation=MODMUL, items=9, limbs=limbs, source=0x7_0000_0000, aux=0x8_0000_0000, destination=0x9_0000_0000)
    for place in (0x7_0000_0000, 0x7_0000_0060, 0x8_0000_0118, 0x9_0000_0040):
        host.fails_at = {place}
        assert await refused(engine, **job) == (DMA_FAULT, FAULT_DMA), hex(place)
    host.fails_at = set()
    card.fails_at = {3 * 32}
    host.put(0x7_0000_0000, [3])
    assert await refused(engine, operation=FIXED_BASE, items=1, limbs=limbs, exponent_limbs=1, exponent_bits=8,
                         source=0x7_0000_0000, destination=0x9_0000_0000) == (DMA_FAULT, FAULT_CARD_MEMORY)
    card.fails_at = set()
    # A table entry that is no number below N was not written by this card.
    card.put(3 * 32, to_words(n, limbs))
    assert await refused(engine, operation=FIXED_BASE, items=1, limbs=limbs, exponent_limbs=1, exponent_bits=8,
                         source=0x7_0000_0000, destination=0x9_0000_0000) == (DMA_FAULT, FAULT_INCONSISTENT)


@cocotb.test()
async def parity_finds_a_flipped_bit_of_a_context(dut):
    engine = await bench(dut)
    limbs, n = 4, (1 << 256) - 189
    await engine.load(n, limbs, context=2)
    one = dict(aux=to_words(5, limbs), context_id=2)
    assert await engine.compute(MODMUL, [to_words(3, limbs)], limbs, **one) == [15]
    for memory in (dut.u_products.u_modulus.mem, dut.u_products.u_rsquared.mem, dut.u_modulus_in.mem, dut.u_modulus_out.mem):
        word = memory[2 * len(memory) // int(dut.Contexts.value)]
        await RisingEdge(dut.clk_i)
        good = int(word.value)
        word.value = good ^ 1 << 5
        assert await refused(engine, operation=MODMUL, items=1, limbs=limbs, context_id=2, source=0x7_0000_0000,
                             aux=0x8_0000_0000, destination=0x9_0000_0000) == (DMA_FAULT, FAULT_INCONSISTENT)
        await RisingEdge(dut.clk_i)
        word.value = good
    assert await engine.compute(MODMUL, [to_words(3, limbs)], limbs, **one) == [15]


@cocotb.test()
async def parity_finds_flipped_bits_under_way(dut):
    """In exponents, entries and multiplier operands, whichever slot's: the job ends with the fault, and the next one is right."""
    engine = await bench(dut)
    limbs, n = 4, (1 << 256) - 189
    await engine.load(n, limbs)
    unit = dut.u_products
    places = [(f"exponent of slot {s}", dut.gen_slot[s].u_sequencer.u_exponent.mem, range(limbs)) for s in range(int(dut.Slots.value))]
    places += [(f"operand of slot {s}", unit.gen_feeder[s].u_feeder.u_store.mem, range(8)) for s in range(int(dut.Slots.value))]
    places.append(("entries", unit.u_entries.mem, range(len(unit.u_entries.mem))))
    for name, memory, addresses in cases([places[1], places[6], places[-1]], places):
        engine.memories[HOST].put(0x7_0000_0000, to_words(3, limbs) * 4)
        engine.memories[HOST].put(0x8_0000_0000, [(1 << 64) - 1] * limbs)
        job = cocotb.start_soon(engine.job(operation=MODEXP, items=4, limbs=limbs, exponent_limbs=limbs, source=0x7_0000_0000,
                                           aux=0x8_0000_0000, destination=0x9_0000_0000))
        for _ in range(2500):
            await RisingEdge(dut.clk_i)
        # One bit alone, where the job will still look: an odd number of ones in the lane.
        while not job.done():
            for address in addresses:
                memory[address].value = 1
            for _ in range(50):
                if not job.done():
                    await RisingEdge(dut.clk_i)
        assert job.result()[:2] == (DMA_FAULT, FAULT_INCONSISTENT), name
        assert await engine.compute(MODEXP, [to_words(3, limbs)], limbs, exponent_limbs=1, aux=[5]) == [243], name


def memories(dut):
    yield from (dut.u_products.u_modulus, dut.u_products.u_rsquared, dut.u_products.u_entries, dut.u_products.u_columns,
                dut.u_products.u_drain, dut.u_modulus_in, dut.u_modulus_out, dut.u_results.u_words)
    for s in range(int(dut.Slots.value)):
        yield dut.gen_slot[s].u_sequencer.u_exponent
        yield dut.u_products.gen_feeder[s].u_feeder.u_store


@cocotb.test()
async def wipe_in_mid_job_leaves_nothing(dut):
    rng = random.Random(7)
    limbs = 4
    n = rng.getrandbits(256) | 1 | 1 << 255
    engine = await bench(dut)
    for wait in cases((37, 2503), (0, 37, 1000, 2503)):
        await engine.load(n, limbs, context=1)
        host = engine.memories[HOST]
        host.put(0x7_0000_0000, [word for _ in range(8) for word in to_words(rng.randrange(n), limbs)])
        host.put(0x8_0000_0000, to_words(rng.getrandbits(256), 4))
        await engine.hand_over(operation=MODEXP, items=8, limbs=limbs, exponent_limbs=4, context_id=1,
                               source=0x7_0000_0000, aux=0x8_0000_0000, destination=0x9_0000_0000)
        for _ in range(wait):
            await RisingEdge(dut.clk_i)
        dut.wipe_i.value = 1
        await engine.until(dut.wiped_o, 20000)
        for memory in memories(dut):
            assert all(int(memory.mem[i].value) == 0 for i in range(len(memory.mem))), memory._path
            assert int(memory.rdata_o.value) == 0
        assert int(dut.n0_q.value) == 0 and int(dut.low_digit_q.value) == 0
        assert int(dut.u_products.v_out.value) == 0 and int(dut.u_results.bits_q.value) == 0
        await RisingEdge(dut.clk_i)
        dut.wipe_i.value = 0
        await RisingEdge(dut.clk_i)
    await engine.load(n, limbs, context=1)
    assert await engine.compute(MODMUL, [to_words(n - 1, limbs)], limbs, aux=to_words(2, limbs), context_id=1) == [n - 2]
    assert (await engine.job(operation=UNLOAD_CONTEXT, context_id=1, primary=1))[:2] == (OK, 0)
    for memory in memories(dut):
        assert all(int(memory.mem[i].value) == 0 for i in range(len(memory.mem))), memory._path


@cocotb.test()
async def cycles_do_not_depend_on_secrets(dut):
    engine = await bench(dut)
    rng = random.Random(8)
    limbs = 4
    n = rng.getrandbits(256) | 1 | 1 << 255
    await engine.load(n, limbs, base=3, exponent_bits=16)
    await engine.compute(LOAD_VECTOR, [to_words(rng.randrange(n), limbs) for _ in range(4)], limbs, destination=0)
    seen = {MODEXP: set(), FIXED_BASE: set(), MODMUL: set(), MULTIPLY_ACCUMULATE: set()}
    bases, exponents = (0, n - 1, rng.randrange(n)), (0, (1 << 64) - 1, rng.getrandbits(64))
    for x, es in cases([(x, [e]) for x, e in zip(bases, exponents)], [(x, exponents) for x in bases]):
        for e in es:
            await engine.compute(MODEXP, [to_words(x, limbs)] * 5, limbs, exponent_limbs=1, aux=[e])
            seen[MODEXP].add(engine.last_cycles)
            await engine.compute(FIXED_BASE, [[e & 0xFFFF]] * 5, limbs, exponent_limbs=1, exponent_bits=16)
            seen[FIXED_BASE].add(engine.last_cycles)
            indices = [(e >> k & 3) if (e >> k & 7) < 6 else ALL_ONES for k in range(4)]
            await engine.compute(MULTIPLY_ACCUMULATE, [[indices[0] | indices[1] << 32, indices[2] | indices[3] << 32]] * 3, limbs,
                                 exponent_limbs=2, vector_items=4)
            seen[MULTIPLY_ACCUMULATE].add(engine.last_cycles)
            await engine.compute(MODMUL, [to_words(x, limbs)] * 5, limbs, aux=to_words(e % n, limbs) * 5)
            seen[MODMUL].add(engine.last_cycles)
    assert all(len(cycles) == 1 for cycles in seen.values()), seen


@cocotb.test()
async def multipliers_stay_busy(dut):
    """Not a figure to quote (scripts/bench card prints those): a batch keeps the array at work."""
    engine = await bench(dut)
    rng = random.Random(9)
    limbs = cases(16, 32) if int(dut.Columns.value) == 16 else 8
    n = rng.getrandbits(64 * limbs) | 1 | 1 << 64 * limbs - 1
    await engine.load(n, limbs)
    engine.count()
    bases = [rng.randrange(n) for _ in range(8)]
    exponent = rng.getrandbits(64)
    found = await engine.compute(MODEXP, [to_words(x, limbs) for x in bases], limbs, exponent_limbs=1, aux=[exponent],
                                 most=1_000_000)
    assert found == [pow(x, exponent, n) for x in bases]
    assert engine.products == 8 * (1 + 14 + 1 + 16 + 60 + 1)
    busy = engine.rows / engine.last_cycles
    cocotb.log.info("multipliers had digits in %.1f %% of %d cycles, %.0f cycles a product", 100 * busy, engine.last_cycles,
                    engine.last_cycles / engine.products)
    assert busy > 0.9
