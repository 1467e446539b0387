"""Plaintexts, and the error that HEU's programs expect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from coffer import _numbers
from coffer.errors import CofferError, RangeError


class PheRuntimeError(CofferError, RuntimeError):
    """A number out of range, shapes that do not fit, a scheme that is not here."""


def whole(value: Any) -> int:
    """A number without a fraction. Raises PheRuntimeError for one that has one, TypeError for what is no number."""
    if isinstance(value, Plaintext):
        return value.value
    try:
        return _numbers.whole(value)
    except RangeError as error:
        raise PheRuntimeError(str(error)) from error


def integer(value: Any) -> int:
    """An int, numpy's and gmpy2's among them. Raises TypeError for a float, as HEU does, whatever its value."""
    found = _numbers.exact(value)
    if not isinstance(found, int):
        raise TypeError(f"an int is needed, not {type(value)}")
    return found


@dataclass(frozen=True, order=True, init=False, repr=False)
class Plaintext:
    """A whole number, as it is encrypted."""

    value: int
    # Of the encoder that made it; None: a whole number as it is.
    scale: int | None = field(compare=False)

    def __init__(self, schema: Any, int_num: int, scale: int | None = None) -> None:
        # Every schema's plaintexts are plain integers here.
        object.__setattr__(self, "value", whole(int_num))
        object.__setattr__(self, "scale", scale)

    def __repr__(self) -> str:
        return f"Plaintext({self.value})"

    def __str__(self) -> str:
        return str(self.value)

    def __int__(self) -> int:
        return self.value

    def __add__(self, other: Plaintext) -> Plaintext:
        if not isinstance(other, Plaintext):
            return NotImplemented
        return Plaintext(None, self.value + other.value, same_scale(self.scale, other.scale))

    def __sub__(self, other: Plaintext) -> Plaintext:
        if not isinstance(other, Plaintext):
            return NotImplemented
        return Plaintext(None, self.value - other.value, same_scale(self.scale, other.scale))

    def __mul__(self, other: Plaintext) -> Plaintext:
        if not isinstance(other, Plaintext):
            return NotImplemented
        return Plaintext(None, self.value * other.value, product_scale(self.scale, other.scale))

    def __neg__(self) -> Plaintext:
        return Plaintext(None, -self.value, self.scale)

    def bit_count(self) -> int:
        """Bits of the magnitude."""
        return self.value.bit_length()

    def to_bytes(self, length: int, byteorder: Literal["little", "big"]) -> bytes:
        """Two's complement; the low bytes if it is longer."""
        return (self.value % (1 << 8 * length)).to_bytes(length, byteorder)

    def is_compatible(self, schema: Any) -> bool:
        return True


def same_scale(a: int | None, b: int | None) -> int | None:
    """Of numbers that are added. Numbers without an encoder are taken as they are."""
    if a is not None and b is not None and a != b:
        raise PheRuntimeError(
            f"numbers with the scales {a} and {b} are not added: encode both with one, or multiply one by {max(a, b)} "
            f"/ {min(a, b)} before"
        )
    return b if a is None else a


def product_scale(a: int | None, b: int | None) -> int | None:
    """Of numbers that are multiplied: to be decoded with an encoder of this scale."""
    return b if a is None else a if b is None else a * b
