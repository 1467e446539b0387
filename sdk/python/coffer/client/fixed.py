"""Plain numbers as the box takes them: 64-bit words, with a public number of bits after the point."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from coffer._numbers import Exact, is_whole
from coffer._rounding import quotients, whole
from coffer.errors import BoundError, RangeError, ShapeError

# A word's magnitude, as a bound on what was encrypted: it is its type's, and tells nothing of the values.
WORD_BOUND = 1 << 63
# A factor of more bits is taken in steps.
STEP_BITS = 62
# From the largest factor's first digit to the smallest one's last: two floats' mantissas.
SPAN_BITS = 106
# Fraction bits: no key holds more.
BITS_MAX = 8192

Words = npt.NDArray[np.int64]
# What an operation makes: an encrypted array.
Result = TypeVar("Result")


def checked_bits(bits: int) -> int:
    """Fraction bits that somebody asks for. Raises ShapeError for what is no number of bits."""
    found = operator.index(bits)
    if not 0 <= found <= BITS_MAX:
        raise ShapeError(f"{found} fraction bits: 0 to {BITS_MAX} are taken")
    return found


def factor_bits(numbers: npt.NDArray[Any], wanted: int) -> int:
    """Bits after the point for numbers that `_numbers.array` made: none for integers.

    Others get `wanted`, and more where some are small, so that these keep as many digits: within 106 bits of the
    largest. Fewer where it is large and loses nothing.
    """
    if is_whole(numbers) or not numbers.size:
        return 0
    least, top = _exponents(numbers)
    bits = max(wanted - min(top, 0), min(wanted - min(least, 0), max(wanted, SPAN_BITS) - top))
    room = STEP_BITS - top
    return room if bits > room >= 0 and all(_is_exact(v, room) for v in numbers.flat) else bits


def addend_bits(numbers: npt.NDArray[Any], wanted: int, other: int) -> int:
    """As `factor_bits`, of what is added to numbers with `other` bits: as many as those have, where they fit."""
    bits = factor_bits(numbers, wanted)
    return max(bits, min(other, STEP_BITS - _exponents(numbers)[1])) if numbers.size else bits


def scaled(numbers: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    """Times 2^bits, rounded once, half to even: words, or Python's integers where one is wider. Raises RangeError,
    which names the element, for what is not finite, and where nothing would be left of any number."""
    found: npt.NDArray[Any] | None = None
    if numbers.dtype.kind == "f":
        # Of an array without dimensions numpy makes a scalar, which has no byte order of its own.
        floats = np.asarray(np.rint(np.ldexp(numbers, bits)))
        # NaN fails the comparison too. 2^63 itself is a float, and out of range.
        if ((floats >= -(2.0**63)) & (floats < 2.0**63)).all():
            found = floats.astype(np.int64)
    elif numbers.dtype.kind in "bi" and not bits:
        found = numbers.astype(np.int64)
    if found is None:
        found = _narrowed([_scaled(v, i, bits) for i, v in enumerate(numbers.ravel().tolist())], numbers.shape)
    if not found.any() and any(numbers.ravel().tolist()):
        raise RangeError(f"every element rounds to 0 with {bits} fraction bits: give more (fraction_bits)")
    return found


def to_words(numbers: npt.NDArray[Any], bits: int) -> Words:
    """As `scaled`. Raises RangeError for what does not fit a word, too."""
    found = scaled(numbers, bits)
    if found.dtype != np.int64:
        index = next(i for i, v in enumerate(found.flat) if not -WORD_BOUND <= v < WORD_BOUND)
        raise RangeError(f"element {index} does not fit 64 bits with {bits} fraction bits", index)
    return found


def word_by_word(integers: npt.NDArray[Any], operation: Callable[[Words], Result]) -> Result:
    """What is linear in plain integers, of any size, by an operation that takes words."""
    if integers.dtype == np.int64:
        return operation(integers)
    flat = integers.ravel().tolist()
    high = _narrowed([v >> STEP_BITS for v in flat], integers.shape)
    low = np.array([v & (1 << STEP_BITS) - 1 for v in flat], dtype=np.int64).reshape(integers.shape)
    upper: Any = word_by_word(high, operation)
    total: Result = upper._shifted(STEP_BITS) + operation(low)
    return total


def value_bound(numbers: npt.NDArray[Any], bits: int) -> int:
    """A bound on the words of values: by their type alone."""
    if numbers.dtype.kind in "biu":
        return min(WORD_BOUND, 1 << 8 * numbers.dtype.itemsize - (numbers.dtype.kind == "i") + bits)
    return WORD_BOUND


def largest(words: npt.NDArray[Any]) -> int:
    """The largest magnitude."""
    return max(abs(int(words.max())), abs(int(words.min()))) if words.size else 0


def most(words: npt.NDArray[np.int64], axis: int) -> int:
    """The largest sum of magnitudes along an axis."""
    sums = np.abs(words.astype(np.float64)).sum(axis=axis)
    # Rounded up by more than what the floats may have lost.
    return int(sums.max() * (1 + 2.0**-20)) + 1 if sums.size else 0


def reciprocal(number: Exact) -> Fraction:
    if isinstance(number, float) and number - number != 0:
        raise RangeError(f"an encrypted array divided by {number}")
    return 1 / Fraction(number)


def checked(bound: int | None, capacity: int, bits: int, what: str) -> int | None:
    """The bound of a result under a key of this capacity. Raises BoundError where the result may not fit."""
    if bound is not None and bound > capacity:
        raise BoundError(
            f"{what}: the result may need {bound.bit_length()} bits with its {bits} fraction bits, and the key holds "
            f"{capacity.bit_length()}. Rescale an operand (`rescale()`), take fewer fraction bits or a longer key, or "
            "say how large its numbers really are (`bounded(magnitude)`)"
        )
    return bound


def fewer_bits(numbers: list[int], bits: int) -> list[int]:
    """Divided by 2^bits, half to even. Raises RangeError where nothing would be left of any number."""
    found = quotients(numbers, 1 << bits, "half-to-even") if bits > 0 else [number << -bits for number in numbers]
    if any(numbers) and not any(found):
        raise RangeError("every element rounds to 0 with so few fraction bits: take more")
    return found


def _exponents(numbers: npt.NDArray[Any]) -> tuple[int, int]:
    """Of the smallest magnitude that is not 0, and of the largest: each is below 2 to the power of it, not by far."""
    if numbers.dtype.kind == "O":
        sizes = [_exponent(v) for v in numbers.ravel().tolist() if v and not _is_endless(v)]
        return (min(sizes), max(sizes)) if sizes else (0, 0)
    known = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)].astype(np.float64))
    if not known.size:
        return 0, 0
    # Whole numbers of 64 bits become floats that may be the next power of two.
    return math.frexp(float(known.min()))[1], math.frexp(float(known.max()))[1]


def _exponent(number: Exact) -> int:
    ratio = abs(Fraction(number))
    return ratio.numerator.bit_length() - ratio.denominator.bit_length() + 1


def _is_endless(number: Exact) -> bool:
    return isinstance(number, float) and not math.isfinite(number)


def _is_exact(number: Exact, bits: int) -> bool:
    return not _is_endless(number) and (Fraction(number) * (1 << bits)).denominator == 1


def _scaled(number: Exact, index: int, bits: int) -> int:
    if _is_endless(number):
        raise RangeError(f"element {index} is {number}", index)
    return number << bits if isinstance(number, int) else whole(Fraction(number) * (1 << bits), "half-to-even")


def _narrowed(integers: list[int], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """As words, if all are."""
    fits = all(-WORD_BOUND <= v < WORD_BOUND for v in integers)
    made = np.empty(len(integers), dtype=np.int64 if fits else object)
    made[:] = integers
    return made.reshape(shape)
