"""Vectors of encoded and of encrypted numbers, each element with its exponent.

Exponents are aligned as FATE aligns them: a sum has the lower one of its terms; the ciphertext 1, which `zeros` makes,
is neutral whatever its exponent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coffer import _wide
from coffer.errors import ShapeError
from coffer.fate.plain import (
    BITS_A_DIGIT,
    EvaluationKey,
    Plaintext,
    PlaintextVector,
    aligned,
    fitting,
    is_one,
    joined,
    lowered,
    product_of,
    sizes,
    sums,
)
from coffer.fate.rows import Rows


class CiphertextVector(Rows):
    """Encrypted numbers: big-endian bytes, one row each, and exponents; FATE's operations on them.

    An operation whose result may not fit raises BoundError.
    """

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
        self._put(pk, np.arange(sa, sa + size), self.slice(sa, size).add(pk, other.slice(sb, size)))

    def isub_vec(self, other: CiphertextVector, sa: int, sb: int, size: int | None, pk: EvaluationKey) -> None:
        """self[sa : sa + size] -= other[sb : sb + size]; without a size, as far as both go."""
        size = min(len(self) - sa, len(other) - sb) if size is None else size
        self._put(pk, np.arange(sa, sa + size), self.slice(sa, size).sub(pk, other.slice(sb, size)))

    def iadd_vec_self(self, sa: int, sb: int, size: int | None, pk: EvaluationKey) -> None:
        """self[sa : sa + size] += self[sb : sb + size], of the values before."""
        self.iadd_vec(self, sa, sb, size, pk)

    def isub_vec_self(self, sa: int, sb: int, size: int | None, pk: EvaluationKey) -> None:
        """self[sa : sa + size] -= self[sb : sb + size], of the values before."""
        self.isub_vec(self, sa, sb, size, pk)

    def iupdate(
        self, other: CiphertextVector, indexes: Sequence[Sequence[int]], stride: int, pk: EvaluationKey
    ) -> None:
        """A histogram: other's stride i is added to this one's strides indexes[i]."""
        self._histogram(other, range(len(indexes)), indexes, stride, pk)

    def iupdate_with_masks(
        self,
        other: CiphertextVector,
        indexes: Sequence[Sequence[int]],
        masks: Sequence[bool],
        stride: int,
        pk: EvaluationKey,
    ) -> None:
        """The same for the strides of other whose mask is set; the indexes are of these alone. Raises ShapeError where
        they are not as many."""
        chosen = np.flatnonzero(np.asarray(masks, dtype=bool)).tolist()
        if len(chosen) != len(indexes):
            raise ShapeError(f"{len(indexes)} lists of positions for {len(chosen)} masks that are set")
        self._histogram(other, chosen, indexes, stride, pk)

    def _histogram(
        self,
        other: CiphertextVector,
        sources: Sequence[int],
        indexes: Sequence[Sequence[int]],
        stride: int,
        pk: EvaluationKey,
    ) -> None:
        """Stride sources[i] of other is added to this one's strides indexes[i]."""
        counts = [len(targets) for targets in indexes]
        if not sum(counts) or not stride:
            return
        lanes = np.arange(stride)
        starts = np.concatenate([np.asarray(targets, dtype=np.intp) for targets in indexes])
        targets = (starts[:, np.newaxis] * stride + lanes).ravel()
        froms = (np.repeat(np.asarray(sources, dtype=np.intp), counts)[:, np.newaxis] * stride + lanes).ravel()
        self._within(int(targets.max()), 1)
        other._within(int(froms.max()), 1)
        order = np.argsort(targets, kind="stable")
        places, totals = sums(pk, other._take(froms[order]), targets[order])
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
        whose exponents are 0.

        That each is positive and fits its bits is the caller's word, on which the result's bound rests too: sums of
        packs are made to.
        """
        bad = np.flatnonzero((self.exponents != 0) & ~is_one(self.under(pk)))
        if len(bad):
            raise ShapeError(f"element {bad[0]} has the exponent {self.exponents[bad[0]]}: whole numbers are packed")
        fitting(pk, np.full(1, float(pack_num * offset_bit)))
        packs = [np.arange(at, min(at + pack_num, len(self))) for at in range(0, len(self), pack_num)]
        # Of numbers that fit their bits the sum is no larger than its highest bit; of one that is not known nothing is.
        claimed = np.minimum(self.magnitudes, float(offset_bit))
        bits = [max(float(claimed[pack[0]]), float(offset_bit) * len(pack) * (len(pack) > 1)) for pack in packs]
        magnitudes = np.array([math.nan if np.isnan(claimed[p]).any() else b for p, b in zip(packs, bits, strict=True)])
        # The first is the highest there, the lowest here.
        rows = self.under(pk)[joined([pack[::-1] for pack in packs])]
        data = pk.native.shift_and_add(rows.tobytes(), pack_num, offset_bit)
        packed = CiphertextVector.of(pk, data, np.zeros(len(packs), np.int32), magnitudes)
        # The shifts are nobody's secret.
        return packed._as_told(self._told)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _negated(self, pk: EvaluationKey) -> CiphertextVector:
        data = pk.native.negate(self.under(pk).tobytes())
        return CiphertextVector.of(pk, data, self.exponents, self.magnitudes)._as_told(self._told)

    def _as_long_as(self, other: CiphertextVector | PlaintextVector) -> None:
        if len(self) != len(other):
            raise ShapeError(f"vectors of {len(self)} and {len(other)} elements")


@dataclass
class Ciphertext:
    """One encrypted number."""

    vector: CiphertextVector

    def repeated(self, count: int) -> CiphertextVector:
        return self.vector._take(np.zeros(count, dtype=np.intp))
