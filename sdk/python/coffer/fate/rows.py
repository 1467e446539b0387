"""The rows of vectors of encrypted numbers, each with its exponent and its bound: how they are kept, chosen, sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from coffer import _digits
from coffer.errors import CiphertextError, KeyMismatchError, ShapeError
from coffer.fate.plain import EXPONENT_MAX, Bytes, EvaluationKey, Exponents, Magnitudes, joined, ones

Self = TypeVar("Self", bound="Rows")


class Rows:
    """Ciphertexts: big-endian bytes, one row each, and exponents.

    `magnitudes` are public too: the base-2 logarithms of what the significands may be at most, by their types and by
    the plain factors; NaN: unknown. An operation whose result may not fit raises BoundError. Rows from outside are
    checked when they meet their key.
    """

    def __init__(
        self,
        data: Bytes | None = None,
        exponents: Exponents | None = None,
        magnitudes: Magnitudes | None = None,
        key: bytes = b"",
    ) -> None:
        self.data = np.empty((0, 0), np.uint8) if data is None else data
        self.exponents = np.empty(0, np.int32) if exponents is None else exponents
        self.magnitudes = np.full(len(self.data), np.nan) if magnitudes is None else magnitudes
        # Of the key that made them; empty: of neutral elements, or not known.
        self.key = key
        self._checked = not self.data.size
        # Whether the magnitudes tell of plain operands.
        self._told = False

    @classmethod
    def of(cls: type[Self], pk: EvaluationKey, data: bytes, exponents: Any, magnitudes: Magnitudes) -> Self:
        """What a key has made."""
        rows = np.frombuffer(data, np.uint8).reshape(-1, pk.native.ciphertext_bytes)
        return cls(rows, exponents.copy(), magnitudes, pk.fingerprint)._as_checked()

    def _as_checked(self: Self, checked: bool = True) -> Self:
        self._checked = checked
        return self

    def _as_told(self: Self, told: bool) -> Self:
        self._told = told
        return self

    @classmethod
    def zeros(cls: type[Self], size: int) -> Self:
        """Neutral elements, of any key."""
        # Rows without bytes stand for the number 1: see `under`.
        return cls(np.empty((size, 0), np.uint8), np.zeros(size, np.int32), np.full(size, -np.inf))._as_checked()

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<CiphertextVector of {len(self)}>"

    def __getstate__(self) -> dict[str, Any]:
        shown = self.magnitudes
        if self._told:
            # In whole words: closer, they would tell how large plain factors were.
            shown = np.ceil(shown / _digits.COARSE_BITS) * _digits.COARSE_BITS
        # Bytes and no arrays, which FATE's serializers would handle one by one.
        exponents, magnitudes = self.exponents.astype("<i4").tobytes(), shown.astype("<f8").tobytes()
        state = {"size": len(self), "data": self.data.tobytes(), "exponents": exponents, "magnitudes": magnitudes}
        return state | {"key": self.key, "told": self._told}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """What `__getstate__` took apart; checked when it meets its key. Raises CiphertextError."""
        size, data = state["size"], state["data"]
        exponents, magnitudes = state["exponents"], state["magnitudes"]
        width = len(data) // size if size else 0
        if size < 0 or len(exponents) != 4 * size or len(magnitudes) != 8 * size or len(data) != size * width:
            raise CiphertextError(f"{size} pickled ciphertexts of {len(data)} bytes: not what was pickled here")
        self.__init__(  # type: ignore[misc]
            np.frombuffer(data, np.uint8).reshape(size, width),
            np.frombuffer(exponents, "<i4").astype(np.int32),
            np.frombuffer(magnitudes, "<f8").astype(np.float64),
            state["key"],
        )
        self._told = bool(state["told"])

    # numpy leaves operators alone: the evaluator has them.
    __array_ufunc__ = None

    def __array__(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError("encrypted numbers are no array of numpy's: the evaluator computes on them")

    def under(self, pk: EvaluationKey) -> Bytes:
        """The rows, as wide as a key's ciphertexts. Raises KeyMismatchError for those of another key, CiphertextError
        for what came from outside and is no ciphertext."""
        width = pk.native.ciphertext_bytes
        if not self.data.shape[1]:
            return ones(len(self), width)
        if self.data.shape[1] != width or self.key not in (b"", pk.fingerprint):
            raise KeyMismatchError("ciphertexts under another key")
        if not self._checked:
            bad = np.flatnonzero(np.abs(self.exponents.astype(np.int64)) > EXPONENT_MAX)
            if len(bad):
                raise CiphertextError(f"element {bad[0]} has the exponent {self.exponents[bad[0]]}", int(bad[0]))
            pk.native.accept(self.data.tobytes())
            self.key, self._checked = pk.fingerprint, True
        return self.data

    # --- choosing ---------------------------------------------------------------------------------------------------

    def slice(self: Self, start: int, size: int) -> Self:
        """Elements start to start + size. Raises ShapeError beyond the end."""
        self._within(start, size)
        return self._take(np.arange(start, start + size))

    def slice_indexes(self: Self, indexes: Sequence[int]) -> Self:
        return self._take(np.asarray(indexes, dtype=np.intp))

    def intervals_slice(self: Self, intervals: Sequence[tuple[int, int]]) -> Self:
        """The elements of all half-open intervals, one after the other."""
        for start, end in intervals:
            self._within(start, end - start)
        return self._take(joined([np.arange(start, end) for start, end in intervals]))

    def cat(self: Self, others: Sequence[Self]) -> Self:
        """This vector and then the others."""
        vectors = [self, *others]
        widths = {v.data.shape[1] for v in vectors} - {0}
        keys = {v.key for v in vectors} - {b""}
        if len(widths) > 1 or len(keys) > 1:
            raise KeyMismatchError("ciphertexts under different keys")
        width = max(widths, default=0)
        rows = [v.data if v.data.shape[1] == width else ones(len(v), width) for v in vectors]
        exponents, magnitudes = (np.concatenate([getattr(v, n) for v in vectors]) for n in ("exponents", "magnitudes"))
        made = type(self)(np.concatenate(rows), exponents, magnitudes, max(keys, default=b""))
        return made._as_checked(all(v._checked for v in vectors))._as_told(any(v._told for v in vectors))

    def tolist(self: Self) -> list[Self]:
        """Vectors of one element each, as FATE has it."""
        return [self.slice(i, 1) for i in range(len(self))]

    def shuffle(self: Self, indexes: Any) -> Self:
        """Element i is what this one's element indexes[i] is."""
        return self._take(np.asarray(indexes, dtype=np.intp))

    def i_shuffle(self, indexes: Any) -> None:
        """In place: element i becomes what element indexes[i] was."""
        self._become(self.shuffle(indexes))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _take(self: Self, indexes: npt.NDArray[np.intp]) -> Self:
        if len(indexes) and not (-len(self) <= indexes.min() and indexes.max() < len(self)):
            raise ShapeError(f"element {indexes.max()} of {len(self)}")
        made = type(self)(self.data[indexes], self.exponents[indexes], self.magnitudes[indexes], self.key)
        return made._as_checked(self._checked)._as_told(self._told)

    def _put(self, pk: EvaluationKey, indexes: npt.NDArray[np.intp], values: Rows) -> None:
        data, exponents, magnitudes = self.under(pk).copy(), self.exponents.copy(), self.magnitudes.copy()
        data[indexes], exponents[indexes], magnitudes[indexes] = values.under(pk), values.exponents, values.magnitudes
        made = type(self)(data, exponents, magnitudes, pk.fingerprint)._as_checked()
        self._become(made._as_told(self._told or values._told))

    def _become(self, other: Rows) -> None:
        self.data, self.exponents, self.magnitudes = other.data, other.exponents, other.magnitudes
        self.key, self._checked, self._told = other.key, other._checked, other._told

    def _within(self, start: int, size: int) -> None:
        if start < 0 or size < 0 or start + size > len(self):
            raise ShapeError(f"elements {start} to {start + size} of {len(self)}")
