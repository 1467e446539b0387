"""Plaintexts, and the error that HEU's programs expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from coffer.errors import CofferError


class PheRuntimeError(CofferError, RuntimeError):
    """A number out of range, shapes that do not fit, a scheme that is not here."""


@dataclass(frozen=True, order=True, init=False, repr=False)
class Plaintext:
    """A whole number, as it is encrypted."""

    value: int

    def __init__(self, schema: Any, int_num: int) -> None:
        # Every schema's plaintexts are plain integers here.
        object.__setattr__(self, "value", int(int_num))

    def __repr__(self) -> str:
        return f"Plaintext({self.value})"

    def __str__(self) -> str:
        return str(self.value)

    def __int__(self) -> int:
        return self.value

    def __add__(self, other: Plaintext) -> Plaintext:
        return Plaintext(None, self.value + other.value)

    def __sub__(self, other: Plaintext) -> Plaintext:
        return Plaintext(None, self.value - other.value)

    def __mul__(self, other: Plaintext) -> Plaintext:
        return Plaintext(None, self.value * other.value)

    def __neg__(self) -> Plaintext:
        return Plaintext(None, -self.value)

    def bit_count(self) -> int:
        """Bits of the magnitude."""
        return self.value.bit_length()

    def to_bytes(self, length: int, byteorder: Literal["little", "big"]) -> bytes:
        """Two's complement; the low bytes if it is longer."""
        return (self.value % (1 << 8 * length)).to_bytes(length, byteorder)

    def is_compatible(self, schema: Any) -> bool:
        return True
