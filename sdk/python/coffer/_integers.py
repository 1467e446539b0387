"""Python's integers to the fixed-width bytes of the extension module, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# A machine word, with its sign.
WORD_MIN, WORD_MAX = -(1 << 63), (1 << 63) - 1


def to_bytes(numbers: Iterable[int], width: int) -> bytes:
    """Non-negative integers, big-endian, `width` bytes each. OverflowError where one is wider."""
    return b"".join([number.to_bytes(width, "big") for number in numbers])


def from_bytes(data: bytes, width: int) -> list[int]:
    """What `to_bytes` wrote."""
    return [int.from_bytes(data[at : at + width], "big") for at in range(0, len(data), width)]


def signed_to_bytes(numbers: Sequence[int]) -> tuple[bytes, int]:
    """Signed integers in two's complement, big-endian, all as wide as the widest: the bytes, and that width."""
    width = max((number.bit_length() // 8 + 1 for number in numbers), default=1)
    return b"".join([number.to_bytes(width, "big", signed=True) for number in numbers]), width


def signed_from_bytes(data: bytes, width: int) -> list[int]:
    """What `signed_to_bytes` wrote."""
    return [int.from_bytes(data[at : at + width], "big", signed=True) for at in range(0, len(data), width)]


def words(numbers: Iterable[int]) -> bytes | None:
    """Signed integers as little-endian 64-bit words; None if one does not fit."""
    try:
        return b"".join([number.to_bytes(8, "little", signed=True) for number in numbers])
    except OverflowError:
        return None
