"""Byte layouts of what goes through the rings: descriptors of 64 bytes, completions of 32. Little-endian."""

import struct
from dataclasses import astuple, dataclass

LOAD_CONTEXT, UNLOAD_CONTEXT, MODEXP, FIXED_BASE, MODMUL, LOAD_VECTOR, MULTIPLY_ACCUMULATE = range(1, 8)

OK, BAD_DESCRIPTOR, BAD_CONTEXT, BAD_LENGTH, BAD_OPERAND, DMA_FAULT = range(6)

_DESCRIPTOR = struct.Struct("<BBHHHHHHHQQQ24s")
_COMPLETION = struct.Struct("<HBBIIIQ8s")


@dataclass(frozen=True)
class Descriptor:
    operation: int
    flags: int = 0
    tag: int = 0
    context: int = 0
    items: int = 0
    limbs: int = 0
    exponent_limbs: int = 0
    exponent_bits: int = 0
    reserved: int = 0
    source: int = 0
    aux: int = 0
    destination: int = 0
    reserved_words: bytes = bytes(24)

    BYTES = _DESCRIPTOR.size

    def pack(self) -> bytes:
        return _DESCRIPTOR.pack(*astuple(self))

    @classmethod
    def unpack(cls, data: bytes) -> "Descriptor":
        return cls(*_DESCRIPTOR.unpack(data))


@dataclass(frozen=True)
class Completion:
    tag: int
    status: int
    phase: int
    sequence: int
    items_done: int
    reserved: int = 0
    bytes_written: int = 0
    reserved_words: bytes = bytes(8)

    BYTES = _COMPLETION.size

    def pack(self) -> bytes:
        return _COMPLETION.pack(*astuple(self))

    @classmethod
    def unpack(cls, data: bytes) -> "Completion":
        return cls(*_COMPLETION.unpack(data))
