"""Vectors of encoded and of encrypted numbers, each element with its exponent.

Exponents are aligned as FATE aligns them: a sum has the lower one of its terms; the ciphertext 1, which `zeros` makes,
is neutral whatever its exponent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from coffer import _digits, _wide
from coffer.errors import CiphertextError, KeyMismatchError, ShapeError
from coffer.fate.plain import (
    BITS_A_DIGIT,
    EXPONENT_MAX,
    Bytes,
    EvaluationKey,
    Exponents,
    Magnitudes,
    Plaintext,
    PlaintextVector,
    aligned,
    fitting,
    is_one,
    joined,
    lowered,
    ones,
    product_of,
    sizes,
    sums,
)


class CiphertextVector:
    """Encrypted numbers: big-endian bytes, one row each, and exponents.

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
    def of(cls, pk: EvaluationKey, data: bytes, exponents: Any, magnitudes: Magnitudes) -> CiphertextVector:
        """What a key has made."""
        rows = np.frombuffer(data, np.uint8).reshape(-1, pk.native.ciphertext_bytes)
        return cls(rows, exponents.copy(), magnitudes, pk.fingerprint)._as_checked()

    def _as_checked(self, checked: bool = True) -> CiphertextVector:
        self._checked = checked
        return self

    def _as_told(self, told: bool) -> CiphertextVector:
        self._told = told
        return self

    @staticmethod
    def zeros(size: int) -> CiphertextVector:
        """Neutral elements, of any key."""
        # Rows without bytes stand for the number 1: see `under`.
        return CiphertextVector(
            np.empty((size, 0), np.uint8), np.zeros(size, np.int32), np.full(size, -np.inf)
        )._as_checked()

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<CiphertextVector of {len(self)}>"

    def __getstate__(self) -> dict[str, Any]:
        shown = self.magnitudes
        if self._told:
            # In whole words: closer, they would tell how large plain factors were.
            shown = np.ceil(shown / _digits.COARSE_BITS) * _digits.COARSE_BITS
        state = {"data": self.data, "exponents": self.exponents, "magnitudes": shown, "key": self.key}
        return state | {"told": self._told}

    def __setstate__(self, state: dict[str, Any]) -> None:
        parts = {name: value for name, value in state.items() if name != "told"}
        self.__init__(**parts)  # type: ignore[misc]
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

    def slice(self, start: int, size: int) -> CiphertextVector:
        """Elements start to start + size. Raises ShapeError beyond the end."""
        self._within(start, size)
        return self._take(np.arange(start, start + size))

    def slice_indexes(self, indexes: Sequence[int]) -> CiphertextVector:
        return self._take(np.asarray(indexes, dtype=np.intp))

    def intervals_slice(self, intervals: Sequence[tuple[int, int]]) -> CiphertextVector:
        """The elements of all half-open intervals, one after the other."""
        for start, end in intervals:
            self._within(start, end - start)
        return self._take(joined([np.arange(start, end) for start, end in intervals]))

    def cat(self, others: Sequence[CiphertextVector]) -> CiphertextVector:
        """This vector and then the others."""
        vectors = [self, *others]
        widths = {v.data.shape[1] for v in vectors} - {0}
        keys = {v.key for v in vectors} - {b""}
        if len(widths) > 1 or len(keys) > 1:
            raise KeyMismatchError("ciphertexts under different keys")
        width = max(widths, default=0)
        rows = [v.data if v.data.shape[1] == width else ones(len(v), width) for v in vectors]
        exponents, magnitudes = (np.concatenate([getattr(v, n) for v in vectors]) for n in ("exponents", "magnitudes"))
        made = CiphertextVector(np.concatenate(rows), exponents, magnitudes, max(keys, default=b""))
        return made._as_checked(all(v._checked for v in vectors))._as_told(any(v._told for v in vectors))

    def tolist(self) -> list[Ciphertext]:
        return [Ciphertext(self.slice(i, 1)) for i in range(len(self))]

    def i_shuffle(self, indexes: Any) -> None:
        """In place: element i becomes what element indexes[i] was."""
        self._become(self._take(np.asarray(indexes, dtype=np.intp)))

    # --- element by element -----------------------------------------------------------------------------------------

    def add(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        """Sums, element by element. Raises ShapeError for vectors of different lengths."""
        self._as_long_as(other)
        a, b = self.under(pk), other.under(pk)
        a_exponents, b_exponents = self.exponents, other.exponents
        a_exponents = np.where(is_one(a), b_exponents, a_exponents)
        b_exponents = np.where(is_one(b), a_exponents, b_exponents)
        lowest = np.minimum(a_exponents, b_exponents)
        # Before the work is done.
        a_sizes = self.magnitudes + BITS_A_DIGIT * (a_exponents - lowest)
        b_sizes = other.magnitudes + BITS_A_DIGIT * (b_exponents - lowest)
        with np.errstate(invalid="ignore"):
            magnitudes = fitting(pk, np.logaddexp2(a_sizes, b_sizes))
        a, b = lowered(pk, a, a_exponents - lowest), lowered(pk, b, b_exponents - lowest)
        total = CiphertextVector.of(pk, pk.native.add(a.tobytes(), b.tobytes()), lowest, magnitudes)
        return total._as_told(self._told or other._told)

    def sub(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        return self.add(pk, other._negated(pk))

    def rsub(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        return other.sub(pk, self)

    def mul(self, pk: EvaluationKey, other: PlaintextVector) -> CiphertextVector:
        """Products with encoded numbers, element by element. Raises ShapeError for different lengths."""
        self._as_long_as(other)
        magnitudes = fitting(pk, product_of(self.magnitudes, sizes(other.significands)))
        data = _wide.times(pk.native, self.under(pk), other.significands)
        exponents = self.exponents + other.exponents
        return CiphertextVector.of(pk, data.tobytes(), exponents, magnitudes)._as_told(True)

    def add_scalar(self, pk: EvaluationKey, other: Ciphertext) -> CiphertextVector:
        return self.add(pk, other.repeated(len(self)))

    def sub_scalar(self, pk: EvaluationKey, other: Ciphertext) -> CiphertextVector:
        return self.sub(pk, other.repeated(len(self)))

    def rsub_scalar(self, pk: EvaluationKey, other: Ciphertext) -> CiphertextVector:
        return self.rsub(pk, other.repeated(len(self)))

    def mul_scalar(self, pk: EvaluationKey, other: Plaintext) -> CiphertextVector:
        repeated = np.zeros(len(self), dtype=np.intp)
        plain = PlaintextVector(other.vector.significands[repeated], other.vector.exponents[repeated])
        return self.mul(pk, plain)

    # --- matrices, row by row ---------------------------------------------------------------------------------------

    def matmul(
        self, pk: EvaluationKey, other: PlaintextVector, lshape: Sequence[int], rshape: Sequence[int]
    ) -> CiphertextVector:
        """This matrix, of the shape lshape, times an encoded one, of the shape rshape."""
        (rows, inner), (inner_too, outputs) = lshape, rshape
        self._is_product(inner, inner_too, rows * inner, other, inner * outputs)

        def product(table: bytes, words: bytes) -> bytes:
            return pk.native.matrix_product(table, inner, words, outputs)

        return self._product(pk, other, product, rows * outputs, (inner, outputs), 0)

    def rmatmul(
        self, pk: EvaluationKey, other: PlaintextVector, lshape: Sequence[int], rshape: Sequence[int]
    ) -> CiphertextVector:
        """An encoded matrix, of the shape rshape, times this one, of the shape lshape."""
        (inner, columns), (outputs, inner_too) = lshape, rshape
        self._is_product(inner, inner_too, inner * columns, other, inner * outputs)

        def product(table: bytes, words: bytes) -> bytes:
            return pk.native.plaintext_product(words, table, columns)

        return self._product(pk, other, product, outputs * columns, (outputs, inner), 1)

    def _product(
        self,
        pk: EvaluationKey,
        other: PlaintextVector,
        product: Any,
        size: int,
        factors_shape: tuple[int, int],
        axis: int,
    ) -> CiphertextVector:
        """With one exponent for all ciphertexts and one for all factors; word by word, if these are wide. Factors are
        summed along the axis."""
        data = self.under(pk)
        neutral = is_one(data)
        lowest = int(self.exponents[~neutral].min()) if not neutral.all() else 0
        digits = np.where(neutral, 0, self.exponents - lowest)
        factors, exponent = aligned(other)
        largest = np.max(self.magnitudes + BITS_A_DIGIT * digits)
        total = np.max(np.logaddexp2.reduce(sizes(factors).reshape(factors_shape), axis=axis))
        magnitudes = fitting(pk, np.full(size, product_of(largest, total)))
        table = lowered(pk, data, digits).tobytes()
        result = _wide.product(pk.native, factors, lambda words: product(table, words))
        exponents = np.full(size, lowest + exponent, np.int32)
        return CiphertextVector.of(pk, result, exponents, magnitudes)._as_told(True)

    def _is_product(self, inner: int, inner_too: int, size: int, other: PlaintextVector, factors: int) -> None:
        if inner != inner_too or size != len(self) or factors != len(other) or not size or not factors:
            found = f"{len(self)} and {len(other)} elements"
            raise ShapeError(f"a product over {inner} and {inner_too}, of {found} for {size} and {factors}")

    # --- in place ---------------------------------------------------------------------------------------------------

    def iadd(self, pk: EvaluationKey, other: CiphertextVector) -> None:
        self.iadd_vec(other, 0, 0, min(len(self), len(other)), pk)

    def idouble(self, pk: EvaluationKey) -> None:
        self.iadd(pk, self)

    def iadd_slice(self, pk: EvaluationKey, position: int, other: Sequence[Ciphertext]) -> None:
        """Adds single numbers from a position on."""
        if other:
            joined = other[0].vector.cat([c.vector for c in other[1:]])
            self.iadd_vec(joined, position, 0, len(joined), pk)

    def iadd_vec(self, other: CiphertextVector, sa: int, sb: int, size: int | None, pk: EvaluationKey) -> None:
        """self[sa : sa + size] += other[sb : sb + size]; without a size, as far as both go."""
        size = min(len(self) - sa, len(other) - sb) if size is None else size
        self._within(sa, size)
        other._within(sb, size)
        self._put(pk, np.arange(sa, sa + size), self.slice(sa, size).add(pk, other.slice(sb, size)))

    def iadd_vec_self(self, sa: int, sb: int, size: int | None, pk: EvaluationKey) -> None:
        """self[sa : sa + size] += self[sb : sb + size], of the values before."""
        self.iadd_vec(self, sa, sb, size, pk)

    def iupdate(
        self, other: CiphertextVector, indexes: Sequence[Sequence[int]], stride: int, pk: EvaluationKey
    ) -> None:
        """A histogram: other's stride i is added to this one's strides indexes[i]."""
        pairs = [(target, source) for source, targets in enumerate(indexes) for target in targets]
        if not pairs or not stride:
            return
        targets, sources = np.array(pairs, dtype=np.intp).T
        lanes = np.arange(stride)
        targets = (targets[:, np.newaxis] * stride + lanes).ravel()
        sources = (sources[:, np.newaxis] * stride + lanes).ravel()
        self._within(int(targets.max()), 1)
        other._within(int(sources.max()), 1)
        order = np.argsort(targets, kind="stable")
        places, totals = sums(pk, other._take(sources[order]), targets[order])
        self._put(pk, places, self._take(places).add(pk, totals))

    def chunking_cumsum_with_step(self, pk: EvaluationKey, chunk_sizes: Sequence[int], step: int) -> None:
        """In place: in each chunk, each element plus all those before it whose distance is a multiple of the step."""
        starts = np.concatenate([[0], np.cumsum(chunk_sizes)]).astype(np.intp)
        self._within(0, int(starts[-1]))
        for level in range(step, max(chunk_sizes, default=0), step):
            # One level of all chunks at a time: what it adds is complete.
            reached = [
                np.arange(start + level, start + min(level + step, size))
                for start, size in zip(starts, chunk_sizes, strict=False)
                if size > level
            ]
            places = joined(reached)
            self._put(pk, places, self._take(places).add(pk, self._take(places - step)))

    def intervals_sum_with_step(
        self, pk: EvaluationKey, intervals: Sequence[tuple[int, int]], step: int
    ) -> CiphertextVector:
        """For each half-open interval `step` sums: of the elements whose distance from its start leaves 0, 1, ..."""
        out = CiphertextVector.zeros(len(intervals) * step)
        for start, end in intervals:
            self._within(start, end - start)
        sources = joined([np.arange(start, end) for start, end in intervals])
        groups = joined([i * step + np.arange(end - start) % step for i, (start, end) in enumerate(intervals)])
        order = np.argsort(groups, kind="stable")
        if len(order):
            places, totals = sums(pk, self._take(sources[order]), groups[order])
            out._put(pk, places, totals)
        return out

    def pack_squeeze(self, pack_num: int, offset_bit: int, pk: EvaluationKey) -> CiphertextVector:
        """Each `pack_num` elements in one: the first shifted highest, by `offset_bit` bits each. Of whole numbers,
        whose exponents are 0."""
        bad = np.flatnonzero((self.exponents != 0) & ~is_one(self.under(pk)))
        if len(bad):
            raise ShapeError(f"element {bad[0]} has the exponent {self.exponents[bad[0]]}: whole numbers are packed")
        starts = np.arange(0, len(self), pack_num)
        packed = self._take(starts)
        packed.exponents = np.zeros(len(starts), np.int32)
        shift = np.array([1 << offset_bit], dtype=object)
        for i in range(1, pack_num):
            # The last pack may be shorter.
            chosen = np.flatnonzero(starts + i < len(self))
            if len(chosen):
                factors = PlaintextVector(np.repeat(shift, len(chosen)), np.zeros(len(chosen), np.int32))
                packed._put(pk, chosen, packed._take(chosen).mul(pk, factors).add(pk, self._take(starts[chosen] + i)))
        # The shifts are nobody's secret.
        return packed._as_told(self._told)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _take(self, indexes: npt.NDArray[np.intp]) -> CiphertextVector:
        if len(indexes) and not (-len(self) <= indexes.min() and indexes.max() < len(self)):
            raise ShapeError(f"element {indexes.max()} of {len(self)}")
        made = CiphertextVector(self.data[indexes], self.exponents[indexes], self.magnitudes[indexes], self.key)
        return made._as_checked(self._checked)._as_told(self._told)

    def _put(self, pk: EvaluationKey, indexes: npt.NDArray[np.intp], values: CiphertextVector) -> None:
        data, exponents, magnitudes = self.under(pk).copy(), self.exponents.copy(), self.magnitudes.copy()
        data[indexes], exponents[indexes], magnitudes[indexes] = values.under(pk), values.exponents, values.magnitudes
        made = CiphertextVector(data, exponents, magnitudes, pk.fingerprint)._as_checked()
        self._become(made._as_told(self._told or values._told))

    def _become(self, other: CiphertextVector) -> None:
        self.data, self.exponents, self.magnitudes = other.data, other.exponents, other.magnitudes
        self.key, self._checked, self._told = other.key, other._checked, other._told

    def _negated(self, pk: EvaluationKey) -> CiphertextVector:
        data = pk.native.negate(self.under(pk).tobytes())
        return CiphertextVector.of(pk, data, self.exponents, self.magnitudes)._as_told(self._told)

    def _as_long_as(self, other: CiphertextVector | PlaintextVector) -> None:
        if len(self) != len(other):
            raise ShapeError(f"vectors of {len(self)} and {len(other)} elements")

    def _within(self, start: int, size: int) -> None:
        if start < 0 or size < 0 or start + size > len(self):
            raise ShapeError(f"elements {start} to {start + size} of {len(self)}")


@dataclass
class Ciphertext:
    """One encrypted number."""

    vector: CiphertextVector

    def repeated(self, count: int) -> CiphertextVector:
        return self.vector._take(np.zeros(count, dtype=np.intp))
