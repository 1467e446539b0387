"""Descriptors and completions as the host sees them: 8 and 4 little-endian 64-bit words."""

from dataclasses import dataclass

LOAD_CONTEXT, UNLOAD_CONTEXT, MODEXP, FIXED_BASE, MODMUL, LOAD_VECTOR, MULTIPLY_ACCUMULATE = range(1, 8)
OK, BAD_DESCRIPTOR, BAD_CONTEXT, BAD_LENGTH, BAD_OPERAND, DMA_FAULT = range(6)


@dataclass
class Descriptor:
    operation: int
    tag: int = 0
    context: int = 0
    items: int = 0
    limbs: int = 0
    exponent_limbs: int = 0
    exponent_bits: int = 0
    source: int = 0
    aux: int = 0
    destination: int = 0
    flags: int = 0
    reserved: int = 0
    reserved_words: tuple[int, int, int] = (0, 0, 0)

    def words(self) -> list[int]:
        low = self.operation | self.flags << 8 | self.tag << 16 | self.context << 32 | self.items << 48
        widths = self.limbs | self.exponent_limbs << 16 | self.exponent_bits << 32 | self.reserved << 48
        return [low, widths, self.source, self.aux, self.destination, *self.reserved_words]


@dataclass
class Completion:
    tag: int
    status: int
    phase: int
    sequence: int
    items: int
    bytes: int

    @classmethod
    def of(cls, words: list[int]) -> "Completion":
        low, items, written, last = words
        assert low >> 25 & 0x7F == 0 and items >> 32 == 0 and last == 0, f"reserved bits of {words}"
        return cls(low & 0xFFFF, low >> 16 & 0xFF, low >> 24 & 1, low >> 32, items, written)
