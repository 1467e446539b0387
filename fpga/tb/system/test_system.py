"""The whole card with its engines, job by job against the model: random jobs, good and bad, several in flight."""

import random

import cocotb
from bench import RTL, SHELL, run
from cases import cases
from host import COMPLETION, OPERANDS, OPERANDS_SIZE, READY, SUBMISSION, Host
from jobs import (
    BAD_CONTEXT, BAD_DESCRIPTOR, BAD_LENGTH, BAD_OPERAND, FIXED_BASE, LOAD_CONTEXT, LOAD_VECTOR, MODEXP, MODMUL, MULTIPLY_ACCUMULATE, OK,
    UNLOAD_CONTEXT, Descriptor)

from fpga.model.card import Card, Limits
from fpga.model.descriptors import Descriptor as ModelDescriptor

ENGINES, CONTEXTS, TABLE_LOG2, VECTOR_LOG2 = 2, 4, 13, 10
ENGINE = ["engine_pkg", "secret_ram", "digit_feeder", "product_scheduler", "digit_mac", "multiplier_array", "normalizer", "product_unit",
          "operand_loader", "result_buffer", "slot_sequencer", "engine"]
LIMITS = Limits(contexts=CONTEXTS, max_items=64, table_log2=TABLE_LOG2, vector_log2=VECTOR_LOG2)
LOG2 = 4


def test_system():
    run(__file__, "card", [SHELL[0], RTL / "engine_pkg.sv", *SHELL[1:], *(RTL / f"{name}.sv" for name in ENGINE[1:])],
        {"Engines": ENGINES, "Contexts": CONTEXTS, "TableLog2": TABLE_LOG2, "VectorLog2": VECTOR_LOG2, "MaxItems": 64, "Columns": 4},
        label="system", lint=False)


class HostMemory:
    """The host's memory as the model reads and writes it: reads see what the bench put there, writes are kept apart."""

    def __init__(self, host: Host):
        self.host, self.expected = host, {}

    def read(self, address: int, size: int) -> bytes:
        return b"".join(word.to_bytes(8, "little") for word in self.host.memory.read(address, size // 8))

    def write(self, address: int, value: bytes) -> None:
        self.expected.update((address + k, int.from_bytes(value[k:k + 8], "little")) for k in range(0, len(value), 8))


class Jobs:
    """Random jobs. What a context holds is remembered only as far as good jobs need it."""

    def __init__(self, host: Host, seed: int):
        self.host, self.random = host, random.Random(seed)
        self.moduli: dict[int, tuple[int, int]] = {}  # context: modulus, limbs
        self.next = OPERANDS
        self.tag = 0

    def room(self, words: list[int]) -> int:
        """A place of its own for words, at any offset in a page."""
        address = self.next + 8 * self.random.randrange(5)
        self.host.memory.load(address, words)
        self.next = address + 8 * len(words) + 64
        assert self.next < OPERANDS + OPERANDS_SIZE
        return address

    def numbers(self, values: list[int], limbs: int) -> int:
        return self.room([value >> 64 * k & (1 << 64) - 1 for value in values for k in range(limbs)])

    def load(self, context: int, limbs: int, exponent_bits: int) -> Descriptor:
        n = self.random.getrandbits(64 * limbs) | 1 | 1 << 64 * limbs - 1
        if self.random.random() < 0.1:
            n ^= 1
        self.moduli[context] = n, limbs
        source = self.numbers([n, pow(LIMITS.digits.r(limbs), 2, n)], limbs)
        base = self.numbers([self.random.randrange(n)], limbs)
        return self.job(LOAD_CONTEXT, context, 1, limbs, 0, exponent_bits, source, base, 0)

    def any(self) -> Descriptor:
        rng = self.random
        context = rng.randrange(CONTEXTS)
        n, limbs = self.moduli.get(context, (0xFFFF_FFFF_FFFF_FFC5, 1))
        items = rng.choice((1, 2, 5, 9))
        values = [rng.choice((0, 1, n - 1, rng.randrange(n), rng.randrange(n))) for _ in range(items)]
        if rng.random() < 0.05:
            values[-1] = n
        kind = rng.random()
        if kind < 0.08:
            return self.load(context, rng.choice((1, 2, 3)), rng.choice((0, 8, 8, 13)))
        if kind < 0.10:
            return self.job(UNLOAD_CONTEXT, context, 0, 0, 0, 0, 0, 0, 0)
        if kind < 0.15:
            return self.job(rng.choice((0, 9, MODMUL)), context + 8 * rng.randrange(2), items, limbs + rng.randrange(2), rng.randrange(2), 0,
                            OPERANDS + rng.randrange(2), OPERANDS, OPERANDS)
        destination = self.room([0xA5A5_5A5A_0000_0000 + k for k in range(items * limbs)])
        if kind < 0.4:
            other = self.numbers([rng.randrange(n) for _ in range(items)], limbs)
            return self.job(MODMUL, context, items, limbs, 0, 0, self.numbers(values, limbs), other, destination)
        if kind < 0.55:
            return self.job(MODEXP, context, items, limbs, 1, 0, self.numbers(values, limbs), self.room([rng.getrandbits(64)]), destination)
        if kind < 0.7:
            exponents = [rng.getrandbits(rng.choice((3, 8, 8, 8, 12))) for _ in range(items)]
            return self.job(FIXED_BASE, context, items, limbs, 1, 0, self.room(exponents), 0, destination)
        if kind < 0.85:
            return self.job(LOAD_VECTOR, context, items, limbs, 0, 0, self.numbers(values, limbs), 0, rng.choice((0, 0, 1, 4, 40)))
        lists = [rng.choice((0, 1, 0xFFFF_FFFF)) | rng.choice((0, 2, 0xFFFF_FFFF)) << 32 for _ in range(2 * items)]
        return self.job(MULTIPLY_ACCUMULATE, context, items, limbs, 2, 0, self.room(lists), 0, destination)

    def job(self, operation: int, *fields: int) -> Descriptor:
        self.tag = (self.tag + 1) & 0xFFFF
        return Descriptor(operation, self.tag, *fields)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def random_jobs_against_the_model(dut):
    host = await Host.start(dut, LOG2)
    memory = HostMemory(host)
    model, jobs = Card(memory, LIMITS), Jobs(host, 11)
    seen: dict[tuple[int, int], int] = {}
    for round_ in range(cases(16, 24)):
        host.memory.slow_down(jobs.random.choice((1.0, 0.6)), round_)
        first = [jobs.load(round_ % CONTEXTS, 1 + round_ % 3, (0, 8, 13)[round_ // 2 % 3])] if round_ < 8 else []
        batch = first + [jobs.any() for _ in range(jobs.random.choice((1, 4, 12)))]
        host.memory.forget()
        memory.expected.clear()
        expected = {}
        for descriptor in batch:
            completion = model.run(ModelDescriptor(**vars(descriptor)))
            expected[descriptor.tag] = (completion.status, completion.items_done, completion.bytes_written)
            key = descriptor.operation, completion.status
            seen[key] = seen.get(key, 0) + 1
        await host.submit(*batch)
        bad = set()
        for _ in batch:
            completion = await host.take(1_000_000)
            found = completion.status, completion.items, completion.bytes
            assert found == expected.pop(completion.tag), [job for job in batch if job.tag == completion.tag]
            if completion.status != OK:
                bad.add(completion.tag)
        # What a job that failed wrote meanwhile is undefined, but it is within its destination.
        loose = [(job.destination, 8 * job.items * job.limbs) for job in batch if job.tag in bad]
        rings = [(SUBMISSION, 64 << LOG2), (COMPLETION, 32 << LOG2)]
        written = {at: word for at, word in host.memory.written.items() if not any(start <= at < start + size for start, size in rings)}
        assert memory.expected.items() <= written.items()
        for at in written.keys() - memory.expected.keys():
            assert any(start <= at < start + size for start, size in loose), hex(at)
    assert await host.registers.state() == READY
    for operation in (LOAD_CONTEXT, MODEXP, FIXED_BASE, MODMUL, LOAD_VECTOR, MULTIPLY_ACCUMULATE):
        assert (operation, OK) in seen, seen
    for status in (BAD_DESCRIPTOR, BAD_CONTEXT, BAD_LENGTH, BAD_OPERAND):
        assert any(found == status for _, found in seen), seen
