"""Signed numbers, whole and floating, as residues modulo a key's n with a public exponent to the base 16."""

from __future__ import annotations

import math
import operator
import sys
from fractions import Fraction
from functools import cache
from typing import Any, Protocol, TypeAlias, TypeVar

from coffer._numbers import exact
from coffer._rounding import float_quotients, whole
from coffer.errors import RangeError

# A float has none that is larger by far.
EXPONENT_MAX = 1 << 16
# What `_numbers.exact` takes: int, float, Decimal, Fraction, and numpy's and gmpy2's numbers.
Scalar: TypeAlias = Any
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
        # A number of numpy's would wrap where these grow.
        self.encoding = operator.index(encoding)
        self.exponent = operator.index(exponent)

    @classmethod
    def encode(
        cls: type[Self],
        public_key: PlaintextSpace,
        scalar: Scalar,
        precision: float | None = None,
        max_exponent: int | None = None,
    ) -> Self:
        """Encodes an integer exactly, a float with all of its mantissa or, with `precision`, to that absolute error.

        Integers and floats are Python's, numpy's and gmpy2's; a Decimal or Fraction is encoded exactly too. The
        exponent is at most `max_exponent`. Raises TypeError for what is no number, ValueError beyond max_int, for NaN
        and for a fraction that has no end to this base, OverflowError for infinity.
        """
        exponent = None if precision is None else math.floor(math.log(precision, cls.BASE))
        # With a precision python-phe takes text too.
        value = Fraction(scalar) if exponent is not None and isinstance(scalar, str) else exact(scalar)
        if exponent is None:
            exponent = cls._exponent(value)
        if max_exponent is not None:
            exponent = min(exponent, operator.index(max_exponent))
        # Exact until the one rounding, half to even.
        significand = whole(Fraction(value) * Fraction(cls.BASE) ** -exponent, "half-to-even")
        if abs(significand) > public_key.max_int:
            # The value itself is the caller's secret and stays out of messages.
            raise ValueError(f"Integer needs to be within +/- {public_key.max_int}")
        return cls(public_key, significand % public_key.n, exponent)

    @classmethod
    def _exponent(cls, value: int | float | Fraction) -> int:
        if isinstance(value, int):
            return 0
        if isinstance(value, float):
            # The exponent of the lowest bit of the mantissa, rounded down to a digit.
            lowest = math.frexp(value)[1] - cls.FLOAT_MANTISSA_BITS
            return math.floor(lowest / math.log2(cls.BASE))
        return -cls._digits(value.denominator)

    @classmethod
    def _digits(cls, denominator: int) -> int:
        """How many digits behind the point a fraction has."""
        digits, power = 0, 1
        while power % denominator:
            digits, power = digits + 1, power * cls.BASE
            if digits > denominator.bit_length():
                raise ValueError(
                    f"a fraction with no end to the base {cls.BASE}: give a precision, or round it to a float first"
                )
        return digits

    @property
    def significand(self) -> int:
        """The encoding with its sign. Raises as `decode`."""
        key = self.public_key
        if self.encoding >= key.n:
            raise ValueError("Attempted to decode corrupted number")
        if self.encoding <= key.max_int:
            return self.encoding
        if self.encoding >= key.n - key.max_int:
            return self.encoding - key.n
        raise OverflowError("Overflow detected in decrypted number")

    def decode(self) -> int | float:
        """An int if the exponent is not negative, else the nearest float.

        Raises ValueError for an encoding that is not below n, OverflowError for one in the gap between the largest
        positive and the largest negative number, which a computation reached that overflowed.
        """
        significand = self.significand
        if abs(self.exponent) > EXPONENT_MAX:
            # It came from outside: its power would fill the memory.
            raise OverflowError(f"the exponent {self.exponent} is beyond every number that is decoded")
        if self.exponent >= 0:
            return significand * int(self.BASE**self.exponent)
        try:
            return float(float_quotients([significand], int(self.BASE**-self.exponent))[0])
        except RangeError as error:
            raise OverflowError("decoded result too large for a float") from error

    def decrease_exponent_to(self: Self, new_exp: int) -> Self:
        """The same number with a lower exponent. Raises ValueError if it is higher, RangeError where the number then
        does not fit."""
        lower = operator.index(new_exp)
        if lower > self.exponent:
            raise ValueError(f"New exponent {new_exp} should be more negative than old exponent {self.exponent}")
        significand = self.significand
        try:
            significand *= power(self.public_key, self.BASE, self.exponent - lower) if significand else 1
        except ValueError as error:
            raise RangeError(f"with the exponent {lower} the number does not fit") from error
        if abs(significand) > self.public_key.max_int:
            raise RangeError(f"with the exponent {lower} the number does not fit +/- {self.public_key.max_int}")
        return type(self)(self.public_key, significand % self.public_key.n, lower)


def power(key: PlaintextSpace, base: int, count: int) -> int:
    """base ** count. Raises ValueError where it does not fit: exponents too far apart for the key."""
    # Of exponents from outside the power itself might fill the memory.
    if count <= key.max_int.bit_length() and (factor := int(base**count)) <= key.max_int:
        return factor
    raise ValueError(f"Integer needs to be within +/- {key.max_int}")


@cache
def of_base(base: int) -> type[EncodedNumber]:
    """The encoding to this base."""
    if base == EncodedNumber.BASE:
        return EncodedNumber
    return type("EncodedNumber", (EncodedNumber,), {"BASE": base, "LOG2_BASE": math.log2(base)})
