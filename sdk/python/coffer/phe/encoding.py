"""Signed numbers, whole and floating, as residues modulo a key's n with a public exponent to the base 16."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Protocol, TypeVar

Scalar = int | float
Self = TypeVar("Self", bound="EncodedNumber")


class PlaintextSpace(Protocol):
    """What an encoding needs of a public key: residues modulo n; magnitudes up to max_int stand for numbers."""

    n: int
    max_int: int


class EncodedNumber:
    """`encoding * BASE ** exponent`, where an encoding above n - max_int stands for a negative number.

    The exponent is not secret: it travels beside the ciphertext. Make one with `encode`.
    """

    BASE = 16
    LOG2_BASE = math.log2(BASE)
    FLOAT_MANTISSA_BITS = sys.float_info.mant_dig

    def __init__(self, public_key: PlaintextSpace, encoding: int, exponent: int) -> None:
        self.public_key = public_key
        self.encoding = encoding
        self.exponent = exponent

    @classmethod
    def encode(
        cls: type[Self],
        public_key: PlaintextSpace,
        scalar: Scalar,
        precision: float | None = None,
        max_exponent: int | None = None,
    ) -> Self:
        """Encodes an int exactly, a float with all of its mantissa or, with `precision`, to that absolute error.

        The exponent is at most `max_exponent`. Raises TypeError for what is neither int nor float, ValueError beyond
        max_int and for NaN, OverflowError for infinity.
        """
        exponent = cls._exponent(scalar, precision)
        if max_exponent is not None:
            exponent = min(exponent, max_exponent)
        # Exact until the one rounding, half to even.
        significand = round(Fraction(scalar) * Fraction(cls.BASE) ** -exponent)
        if abs(significand) > public_key.max_int:
            # The value itself is the caller's secret and stays out of messages.
            raise ValueError(f"Integer needs to be within +/- {public_key.max_int}")
        return cls(public_key, significand % public_key.n, exponent)

    @classmethod
    def _exponent(cls, scalar: Scalar, precision: float | None) -> int:
        if precision is not None:
            return math.floor(math.log(precision, cls.BASE))
        if isinstance(scalar, int):
            return 0
        if isinstance(scalar, float):
            # The exponent of the lowest bit of the mantissa, rounded down to a digit.
            lowest = math.frexp(scalar)[1] - cls.FLOAT_MANTISSA_BITS
            return math.floor(lowest / cls.LOG2_BASE)
        raise TypeError(f"Don't know the precision of type {type(scalar)}.")

    def decode(self) -> int | float:
        """An int if the exponent is not negative, else the nearest float.

        Raises ValueError for an encoding that is not below n, OverflowError for one in the gap between the largest
        positive and the largest negative number, which a computation reached that overflowed.
        """
        key = self.public_key
        if self.encoding >= key.n:
            raise ValueError("Attempted to decode corrupted number")
        if self.encoding <= key.max_int:
            significand = self.encoding
        elif self.encoding >= key.n - key.max_int:
            significand = self.encoding - key.n
        else:
            raise OverflowError("Overflow detected in decrypted number")
        if self.exponent >= 0:
            return significand * int(self.BASE**self.exponent)
        try:
            return significand / int(self.BASE**-self.exponent)
        except OverflowError as error:
            raise OverflowError("decoded result too large for a float") from error

    def decrease_exponent_to(self: Self, new_exp: int) -> Self:
        """The same number with a lower exponent. Raises ValueError if it is higher."""
        if new_exp > self.exponent:
            raise ValueError(f"New exponent {new_exp} should be more negative than old exponent {self.exponent}")
        factor = self.BASE ** (self.exponent - new_exp)
        return type(self)(self.public_key, self.encoding * factor % self.public_key.n, new_exp)
