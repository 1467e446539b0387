"""Cleartexts to plaintexts and back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from coffer import _rounding
from coffer._numbers import exact
from coffer.errors import RangeError
from coffer.heu._keys import SchemaType
from coffer.heu._values import PheRuntimeError, Plaintext, integer, whole

DEFAULT_SCALE = 10**6
_WORD = 64


@dataclass(frozen=True)
class BigintDecoder:
    """Whole numbers of any size, as they are."""

    dtype: ClassVar[type] = object

    def fits(self, scale: int | None) -> None:
        """Whether numbers of this scale are decoded with it: here all are, as they are."""

    def decode(self, plaintext: Plaintext) -> int:
        return int(plaintext)


@dataclass(frozen=True)
class BigintEncoder(BigintDecoder):
    schema: SchemaType

    def encode(self, cleartext: int) -> Plaintext:
        return Plaintext(self.schema, integer(cleartext), 1)


class _Scaled:
    """An encoder that multiplies by its scale."""

    schema: SchemaType
    scale: int

    def fits(self, scale: int | None) -> None:
        """Raises PheRuntimeError where numbers of this scale are not decoded with it."""
        if scale not in (None, self.scale):
            raise PheRuntimeError(
                f"numbers with the scale {scale} are not decoded with the scale {self.scale}: products multiply "
                f"scales, so decode with an encoder of the scale {scale}"
            )


@dataclass(frozen=True)
class IntegerEncoder(_Scaled):
    """Whole numbers times a scale; decoding divides, towards zero. A fraction is refused, where HEU drops it."""

    schema: SchemaType
    scale: int = DEFAULT_SCALE
    dtype: ClassVar[type] = np.int64

    def encode(self, cleartext: float) -> Plaintext:
        return Plaintext(self.schema, whole(cleartext) * self.scale, self.scale)

    def decode(self, plaintext: Plaintext) -> int:
        self.fits(plaintext.scale)
        return _towards_zero(int(plaintext), self.scale)


@dataclass(frozen=True)
class FloatEncoder(_Scaled):
    """Floats times a scale, the rest dropped."""

    schema: SchemaType
    scale: int = DEFAULT_SCALE
    dtype: ClassVar[type] = np.float64

    def encode(self, cleartext: float) -> Plaintext:
        return Plaintext(self.schema, _scaled(cleartext, self.scale), self.scale)

    def decode(self, plaintext: Plaintext) -> float:
        self.fits(plaintext.scale)
        return float(self.decode_all([int(plaintext)])[0])

    def encode_all(self, cleartexts: npt.NDArray[np.float64]) -> list[int]:
        """Many floats at a time. Raises PheRuntimeError, which names the element, for one that is not encoded."""
        try:
            return _rounding.heu_integers(cleartexts, float(self.scale))
        except RangeError as error:
            raise PheRuntimeError(f"element {error.index} is not encoded with the scale {self.scale}") from error

    def decode_all(self, numbers: list[int]) -> npt.NDArray[np.float64]:
        """Many plaintexts at a time. Raises PheRuntimeError, which names the element, for one that no float holds."""
        return _floats(numbers, self.scale)


@dataclass(frozen=True)
class BatchIntegerEncoder(_Scaled):
    """Two 64-bit numbers in one plaintext, with a gap for the sums of the lower one to grow into.

    As in HEU, a sum that outgrows 64 bits is not seen: keep the numbers small enough.
    """

    schema: SchemaType
    scale: int = 1
    padding_bits: int = 32
    dtype: ClassVar[type] = np.int64

    def encode(self, cleartext_1: float, cleartext_2: float) -> Plaintext:
        low, high = (self._word(c) for c in (cleartext_1, cleartext_2))
        packed = (high % (1 << _WORD) << _WORD + self.padding_bits) + low % (1 << _WORD)
        return Plaintext(self.schema, packed, self.scale)

    def decode(self, plaintext: Plaintext) -> tuple[Any, ...]:
        self.fits(plaintext.scale)
        packed, gap = int(plaintext), _WORD + self.padding_bits
        low = _signed(packed)
        # The nearest: sums carry whole words into the gap, differences borrow them from it.
        high = packed - low + (1 << gap - 1) >> gap
        return self._clear(low), self._clear(_signed(high))

    def _word(self, cleartext: float) -> int:
        word = self._multiplied(cleartext)
        if not -(1 << _WORD - 1) <= word < 1 << _WORD - 1:
            raise PheRuntimeError("a number that does not fit 64 bits with its scale")
        return word

    def _multiplied(self, cleartext: float) -> int:
        return whole(cleartext) * self.scale

    def _clear(self, word: int) -> Any:
        return _towards_zero(word, self.scale)


@dataclass(frozen=True)
class BatchFloatEncoder(BatchIntegerEncoder):
    """The same for floats."""

    scale: int = DEFAULT_SCALE
    dtype: ClassVar[type] = np.float64

    def _multiplied(self, cleartext: float) -> int:
        return _scaled(cleartext, self.scale)

    def _clear(self, word: int) -> Any:
        return float(_floats([word], self.scale)[0])


@dataclass(frozen=True)
class BigintEncoderParams:
    """An encoder that still wants its schema."""

    def instance(self, schema: SchemaType) -> BigintEncoder:
        return BigintEncoder(schema)


@dataclass(frozen=True)
class IntegerEncoderParams:
    scale: int = DEFAULT_SCALE

    def instance(self, schema: SchemaType) -> IntegerEncoder:
        return IntegerEncoder(schema, self.scale)


@dataclass(frozen=True)
class FloatEncoderParams:
    scale: int = DEFAULT_SCALE

    def instance(self, schema: SchemaType) -> FloatEncoder:
        return FloatEncoder(schema, self.scale)


@dataclass(frozen=True)
class BatchIntegerEncoderParams:
    scale: int = 1
    padding_bits: int = 32

    def instance(self, schema: SchemaType) -> BatchIntegerEncoder:
        return BatchIntegerEncoder(schema, self.scale, self.padding_bits)


@dataclass(frozen=True)
class BatchFloatEncoderParams:
    scale: int = DEFAULT_SCALE
    padding_bits: int = 32

    def instance(self, schema: SchemaType) -> BatchFloatEncoder:
        return BatchFloatEncoder(schema, self.scale, self.padding_bits)


def _signed(word: int) -> int:
    low = word % (1 << _WORD)
    return low - (1 << _WORD) if low >> _WORD - 1 else low


def _towards_zero(value: int, divisor: int) -> int:
    return _rounding.whole(Fraction(value, divisor), "towards-zero")


def _scaled(cleartext: Any, scale: int) -> int:
    """Times the scale, the rest dropped: a float's product is a float, as in HEU. Raises PheRuntimeError for infinity
    and what is not a number."""
    number = exact(cleartext)
    if not isinstance(number, float):
        return _rounding.whole(Fraction(number) * scale, "towards-zero")
    try:
        return _rounding.heu_integers(np.array([number]), float(scale))[0]
    except (RangeError, OverflowError) as error:
        raise PheRuntimeError(f"{cleartext} is not encoded with the scale {scale}") from error


def _floats(numbers: list[int], scale: int) -> npt.NDArray[np.float64]:
    try:
        return _rounding.float_quotients(numbers, scale)
    except RangeError as error:
        raise PheRuntimeError(f"plaintext {error.index} does not fit a float") from error
