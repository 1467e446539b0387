"""How numbers are rounded: in the extension module, of whole numbers of any size, and once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from coffer import _integers, _native

Rounding = Literal["half-to-even", "half-away", "towards-zero"]
Floats = npt.NDArray[np.float64]


def whole(ratio: Fraction, rounding: Rounding) -> int:
    """A fraction as an integer."""
    if ratio.denominator == 1:
        return ratio.numerator
    return quotients([ratio.numerator], ratio.denominator, rounding)[0]


def quotients(numerators: Sequence[int], denominator: int, rounding: Rounding) -> list[int]:
    """Integers over one positive integer, as integers."""
    data, width = _integers.signed_to_bytes(numerators)
    return _integers.signed_from_bytes(_native.rounded_quotients(data, width, _unsigned(denominator), rounding), width)


def float_quotients(numerators: Sequence[int], denominator: int) -> Floats:
    """Integers over one positive integer, to the nearest float, halves to even: Python's division. Raises RangeError,
    which names the element, for one that no float holds."""
    return _floats(_native.float_quotients(*_integers.signed_to_bytes(numerators), _unsigned(denominator)))


def split(numbers: Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Finite floats as significands and exponents to the base 16, with all of the mantissas."""
    significands, exponents = _native.split_floats(numbers.astype("<f8").tobytes())
    return np.frombuffer(significands, "<i8").astype(np.int64), np.frombuffer(exponents, "<i4").astype(np.int32)


def joined(significands: Sequence[int], exponents: Sequence[int], like: Literal["phe", "fate"]) -> Floats:
    """Integers times powers of 16 as floats: python-phe's are the nearest, FATE's towards zero where the exponent is
    not negative. Raises RangeError, which names the element, for one that no float holds."""
    data, width = _integers.signed_to_bytes(significands)
    return _floats(_native.joined_floats(data, width, np.array(exponents, "<i4").tobytes(), like))


def heu_integers(numbers: Floats, scale: float) -> list[int]:
    """Floats times a scale, as HEU cuts them. Raises RangeError, which names the element, for a product that is not
    finite."""
    return _integers.signed_from_bytes(*_native.heu_integers(numbers.astype("<f8").tobytes(), scale))


def _floats(data: bytes) -> Floats:
    return np.frombuffer(data, "<f8").astype(np.float64)


def _unsigned(number: int) -> bytes:
    return number.to_bytes(-(-number.bit_length() // 8) or 1, "big")
