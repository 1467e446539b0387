"""Floats as whole significands and exponents to the base 16, exactly: python-phe's and FATE's coding, in one place."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from coffer import _rounding
from coffer.errors import RangeError

BITS_A_DIGIT = 4
MANTISSA_BITS = sys.float_info.mant_dig
# Of a significand: the mantissa's, and what rounding the exponent down to a digit adds.
SIGNIFICAND_BITS = MANTISSA_BITS + BITS_A_DIGIT - 1
# What a bound is rounded up to before it leaves the process, so that it does not tell how large factors were.
COARSE_BITS = 64


def split(values: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Significands and exponents of a vector, with all of the mantissas. Raises RangeError for NaN and infinity."""
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise RangeError(f"element {bad[0]} is {values[bad[0]]}", int(bad[0]))
    significands, exponents = _rounding.split(values)
    return significands, exponents.astype(np.int64)


def coarse(bits: int) -> int:
    """Rounded up to whole words."""
    return -(-bits // COARSE_BITS) * COARSE_BITS
