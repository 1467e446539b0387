"""The card as its host sees it, job by job: what it writes to memory and how it completes. No time, no rings.

The order of checks is the card's: descriptor, context, lengths, table or vector, then what only reading shows. Benches compare status codes and
memory with this; a job that ends with another status than OK leaves its destination undefined, and here untouched.
"""

from dataclasses import dataclass, field

from .descriptors import (
    BAD_CONTEXT, BAD_DESCRIPTOR, BAD_LENGTH, BAD_OPERAND, DMA_FAULT, FIXED_BASE, LOAD_CONTEXT, LOAD_VECTOR, MODEXP, MODMUL,
    MULTIPLY_ACCUMULATE, OK, UNLOAD_CONTEXT, Completion, Descriptor,
)
from .montgomery import ULTRASCALE, Digits
from .operations import NO_INDEX, TABLE_WINDOW
from .projection import (
    accumulate_products, fixed_base_products, modexp_products, modmul_products, table_products, table_rows,
)

MAX_LIMBS = 96


@dataclass(frozen=True)
class Limits:
    contexts: int = 8
    max_items: int = 1024
    max_exponent_bits: int = 6144
    table_log2: int = 26
    vector_log2: int = 26
    digits: Digits = ULTRASCALE


@dataclass
class Context:
    n: int
    limbs: int
    exponent_bits: int = 0
    base: int | None = None
    vector: list[int] = field(default_factory=list)


class Stop(Exception):
    """A job ends with this status."""

    def __init__(self, status: int):
        self.status = status


class Memory:
    """Host memory as the card's DMA sees it: buffers at addresses, and nothing between them."""

    def __init__(self):
        self.buffers: dict[int, bytearray] = {}

    def map(self, address: int, data: bytes | bytearray) -> None:
        self.buffers[address] = bytearray(data)

    def _find(self, address: int, size: int) -> tuple[bytearray, int]:
        for start, data in self.buffers.items():
            if start <= address and address + size <= start + len(data):
                return data, address - start
        raise Stop(DMA_FAULT)

    def read(self, address: int, size: int) -> bytes:
        data, offset = self._find(address, size)
        return bytes(data[offset:offset + size])

    def write(self, address: int, value: bytes) -> None:
        data, offset = self._find(address, len(value))
        data[offset:offset + len(value)] = value


class Card:
    """`run` does one job and gives its completion; `locked` says whether the card stopped at it."""

    def __init__(self, memory: Memory, limits: Limits = Limits()):
        self.memory, self.limits = memory, limits
        self.contexts: dict[int, Context] = {}
        self.sequence = 0
        self.products = 0
        self.locked = False

    def reset(self) -> None:
        self.contexts.clear()
        self.sequence = self.products = 0
        self.locked = False

    def run(self, job: Descriptor, phase: int = 1) -> Completion:
        if self.locked:
            raise RuntimeError("a locked card completes nothing")
        items = written = 0
        try:
            items, written = self._run(job)
            status = OK
        except Stop as stop:
            status = stop.status
        if status == DMA_FAULT:
            self.locked = True
            self.contexts.clear()
        completion = Completion(job.tag, status, phase, self.sequence, items, bytes_written=written)
        self.sequence += 1
        return completion

    def _run(self, job: Descriptor) -> tuple[int, int]:
        addresses = (job.source, job.aux) if job.operation == LOAD_VECTOR else (job.source, job.aux, job.destination)
        if not LOAD_CONTEXT <= job.operation <= MULTIPLY_ACCUMULATE or job.flags or job.reserved or any(job.reserved_words):
            raise Stop(BAD_DESCRIPTOR)
        if any(address % 8 for address in addresses):
            raise Stop(BAD_DESCRIPTOR)
        if job.context >= self.limits.contexts:
            raise Stop(BAD_CONTEXT)
        if job.operation == LOAD_CONTEXT:
            self.contexts.pop(job.context, None)
            self.contexts[job.context] = self._load(job)
            return 1, 0
        context = self.contexts.get(job.context)
        if job.operation == UNLOAD_CONTEXT:
            self.contexts.pop(job.context, None)
            return 0, 0
        if context is None:
            raise Stop(BAD_CONTEXT)
        if not 1 <= job.items <= self.limits.max_items or job.limbs != context.limbs:
            raise Stop(BAD_LENGTH)
        if job.operation in (MODEXP, FIXED_BASE, MULTIPLY_ACCUMULATE):
            if not 1 <= job.exponent_limbs <= MAX_LIMBS:
                raise Stop(BAD_LENGTH)
        elif job.exponent_limbs:
            raise Stop(BAD_LENGTH)
        if job.operation == FIXED_BASE and context.base is None:
            raise Stop(BAD_CONTEXT)
        if job.operation == MULTIPLY_ACCUMULATE and not context.vector:
            raise Stop(BAD_CONTEXT)
        if job.operation == LOAD_VECTOR:
            return self._load_vector(job, context)
        results = self._compute(job, context)
        data = b"".join(r.to_bytes(8 * context.limbs, "little") for r in results)
        self.memory.write(job.destination, data)
        return job.items, len(data)

    def _load(self, job: Descriptor) -> Context:
        if job.items != 1 or not 1 <= job.limbs <= MAX_LIMBS:
            raise Stop(BAD_LENGTH)
        if job.exponent_bits > self.limits.max_exponent_bits:
            raise Stop(BAD_LENGTH)
        if (table_rows(job.exponent_bits) << TABLE_WINDOW) * job.limbs * 8 > 1 << self.limits.table_log2:
            raise Stop(BAD_LENGTH)
        n, r_squared = self._numbers(job.source, 2, job.limbs)
        if n % 2 == 0 or n == 1 or r_squared >= n:
            raise Stop(BAD_OPERAND)
        if r_squared != pow(self.limits.digits.r(job.limbs), 2, n):
            raise ValueError("the host gave another number than R^2 mod N: the card cannot notice, the bench is wrong")
        context = Context(n, job.limbs)
        if job.exponent_bits:
            base, = self._numbers(job.aux, 1, job.limbs)
            if base >= n:
                raise Stop(BAD_OPERAND)
            context.base, context.exponent_bits = base, job.exponent_bits
            self.products += table_products(job.exponent_bits)
        return context

    def _load_vector(self, job: Descriptor, context: Context) -> tuple[int, int]:
        first = job.destination
        if (first + job.items) * context.limbs * 8 > 1 << self.limits.vector_log2:
            raise Stop(BAD_LENGTH)
        # A gap.
        if first > len(context.vector):
            raise Stop(BAD_OPERAND)
        values = self._operands(job.source, job.items, context)
        context.vector[first:first + job.items] = values
        self.products += job.items
        return job.items, 0

    def _compute(self, job: Descriptor, context: Context) -> list[int]:
        n = context.n
        if job.operation == MODMUL:
            a, b = self._operands(job.source, job.items, context), self._operands(job.aux, job.items, context)
            self.products += job.items * modmul_products()
            return [x * y % n for x, y in zip(a, b)]
        if job.operation == MODEXP:
            exponent, = self._numbers(job.aux, 1, job.exponent_limbs)
            self.products += job.items * modexp_products(job.exponent_limbs)
            return [pow(x, exponent, n) for x in self._operands(job.source, job.items, context)]
        lists = self._numbers(job.source, job.items, job.exponent_limbs)
        if job.operation == FIXED_BASE:
            if any(e >> context.exponent_bits for e in lists):
                raise Stop(BAD_OPERAND)
            self.products += job.items * fixed_base_products(context.exponent_bits, job.exponent_limbs)
            return [pow(context.base, e, n) for e in lists]
        self.products += job.items * accumulate_products(2 * job.exponent_limbs)
        return [self._accumulate(context, indices, 2 * job.exponent_limbs) for indices in lists]

    def _accumulate(self, context: Context, packed: int, count: int) -> int:
        result = 1 % context.n
        for k in range(count):
            index = packed >> 32 * k & 0xFFFFFFFF
            if index == NO_INDEX:
                continue
            if index >= len(context.vector):
                raise Stop(BAD_OPERAND)
            result = result * context.vector[index] % context.n
        return result

    def _operands(self, address: int, count: int, context: Context) -> list[int]:
        values = self._numbers(address, count, context.limbs)
        if any(value >= context.n for value in values):
            raise Stop(BAD_OPERAND)
        return values

    def _numbers(self, address: int, count: int, limbs: int) -> list[int]:
        size = 8 * limbs
        data = self.memory.read(address, count * size)
        return [int.from_bytes(data[size * i:size * (i + 1)], "little") for i in range(count)]
