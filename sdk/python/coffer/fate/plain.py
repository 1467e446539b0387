"""Encoded numbers, what they are computed with, and how large results may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from coffer import _digits, _groups, _native, _wide
from coffer.errors import BoundError

Bytes = npt.NDArray[np.uint8]
Exponents = npt.NDArray[np.int32]
Magnitudes = npt.NDArray[np.float64]

BITS_A_DIGIT = _digits.BITS_A_DIGIT
# A float has none that is larger by far; of larger ones the powers would fill the memory.
EXPONENT_MAX = 1 << 16
# Of a significand in a machine word.
WORD_BITS = 63.0
# More than rounding of logarithms loses.
SLACK = 1e-6


class EvaluationKey(Protocol):
    """What vectors are computed on with: a public key, as the extension module has it."""

    native: _native.PublicKey
    # Which key it is.
    fingerprint: bytes
    # The logarithm of the largest magnitude, n / 2.
    room: float


@dataclass
class PlaintextVector:
    """Signed significands, int64 where they fit or Python's integers, and exponents."""

    significands: npt.NDArray[Any]
    exponents: Exponents
    # That every significand fits into, by the way they were packed; None: by their type.
    bits: int | None = None

    def __post_init__(self) -> None:
        if self.significands.dtype.kind not in "iO":
            raise TypeError(f"significands of {self.significands.dtype}: a Coder makes whole ones")

    def __len__(self) -> int:
        return len(self.significands)

    def get_stride(self, index: int, stride: int) -> PlaintextVector:
        """Elements index * stride to (index + 1) * stride."""
        chosen = slice(index * stride, (index + 1) * stride)
        return PlaintextVector(self.significands[chosen], self.exponents[chosen], self.bits)

    def tolist(self) -> list[Plaintext]:
        return [Plaintext(self.get_stride(i, 1)) for i in range(len(self))]


@dataclass
class Plaintext:
    """One encoded number."""

    vector: PlaintextVector


def sizes(significands: npt.NDArray[Any]) -> Magnitudes:
    """The logarithms of their magnitudes; of 0: -inf."""
    with np.errstate(divide="ignore"):
        if significands.dtype != object:
            return np.asarray(np.log2(np.abs(significands.astype(np.float64))))
        return np.array([math.log2(abs(int(s))) if s else -np.inf for s in significands], dtype=np.float64)


def product_of(a: Any, b: Any) -> Any:
    # 0 times what is unknown is 0; and -inf + inf does not come up, for nothing is infinite.
    return np.where(np.isneginf(b), -np.inf, a + b)


def fitting(pk: EvaluationKey, magnitudes: Magnitudes) -> Magnitudes:
    """The magnitudes of a result. Raises BoundError where it may not fit."""
    bad = np.flatnonzero(magnitudes > pk.room - SLACK)
    if len(bad):
        raise BoundError(
            f"element {bad[0]} of the result may need {math.ceil(magnitudes[bad[0]])} bits, and the key holds "
            f"{math.floor(pk.room)}: every product with a float adds its digits. Rescale the tensor: decrypt and "
            "encrypt it anew, or take a longer key",
            int(bad[0]),
        )
    return magnitudes


def ones(count: int, width: int) -> Bytes:
    ones = np.zeros((count, width), np.uint8)
    ones[:, -1:] = 1
    return ones


def is_one(data: Bytes) -> npt.NDArray[np.bool_]:
    return np.asarray((data[:, -1] == 1) & ~data[:, :-1].any(axis=1))


def aligned(vec: PlaintextVector) -> tuple[npt.NDArray[Any], int]:
    """Significands with one exponent for all: the highest that every one of them can have."""
    significands, exponents = vec.significands.astype(object), vec.exponents.astype(np.int64)
    # Digits that are zero at the low end do not count: of a float32 more than half of them.
    spare = [0 if not s else ((int(s) & -int(s)).bit_length() - 1) // BITS_A_DIGIT for s in significands]
    tops = (exponents + spare)[significands != 0]
    exponent = int(tops.min()) if len(tops) else 0
    moved = [
        0 if not s else int(s) << BITS_A_DIGIT * d if d >= 0 else int(s) >> -BITS_A_DIGIT * d
        for s, d in zip(significands, (exponents - exponent).tolist(), strict=True)
    ]
    aligned = np.empty(len(moved), dtype=object)
    aligned[:] = moved
    return aligned, exponent


def lowered(pk: EvaluationKey, data: Bytes, digits: npt.NDArray[Any]) -> Bytes:
    """The rows to the power of 16^digits."""
    chosen = np.flatnonzero(digits > 0)
    if not len(chosen):
        return data
    # Of exponents from outside the power itself might fill the memory.
    fitting(pk, digits * float(BITS_A_DIGIT))
    moved = data.copy()
    factors = np.array([1 << BITS_A_DIGIT * int(d) for d in digits[chosen]], dtype=object)
    moved[chosen] = _wide.times(pk.native, data[chosen], factors)
    return moved


def joined(parts: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    return np.concatenate(parts).astype(np.intp) if parts else np.empty(0, np.intp)


def sums(pk: EvaluationKey, terms: Any, groups: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], Any]:
    """The groups, which are sorted, and the sum of each: neighbours are added in pairs until one of each is left."""
    for first, places, paired in _groups.rounds(groups):
        added = terms._take(paired).add(pk, terms._take(paired + 1))
        terms, groups = terms._take(first), groups[first]
        terms._put(pk, places, added)
    return groups, terms
