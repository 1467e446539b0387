"""Vectors of encoded and of encrypted numbers, each element with its exponent.

Exponents are aligned as FATE aligns them: a sum has the lower one of its terms; the ciphertext 1, which `zeros` makes,
is neutral whatever its exponent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from coffer import _native, _wide
from coffer.errors import ShapeError

Bytes = npt.NDArray[np.uint8]
Exponents = npt.NDArray[np.int32]

_BITS_A_DIGIT = 4


class EvaluationKey(Protocol):
    """What vectors are computed on with: a public key, as the extension module has it."""

    native: _native.PublicKey


@dataclass
class PlaintextVector:
    """Signed significands, int64 where they fit or Python's integers, and exponents."""

    significands: npt.NDArray[Any]
    exponents: Exponents

    def __len__(self) -> int:
        return len(self.significands)

    def get_stride(self, index: int, stride: int) -> PlaintextVector:
        """Elements index * stride to (index + 1) * stride."""
        chosen = slice(index * stride, (index + 1) * stride)
        return PlaintextVector(self.significands[chosen], self.exponents[chosen])

    def tolist(self) -> list[Plaintext]:
        return [Plaintext(self.get_stride(i, 1)) for i in range(len(self))]


@dataclass
class Plaintext:
    """One encoded number."""

    vector: PlaintextVector


class CiphertextVector:
    """Encrypted numbers: big-endian bytes, one row each, and exponents."""

    def __init__(self, data: Bytes | None = None, exponents: Exponents | None = None) -> None:
        self.data = np.empty((0, 0), np.uint8) if data is None else data
        self.exponents = np.empty(0, np.int32) if exponents is None else exponents

    @classmethod
    def of(cls, data: bytes, width: int, exponents: Exponents) -> CiphertextVector:
        return cls(np.frombuffer(data, np.uint8).reshape(-1, width), exponents.copy())

    @staticmethod
    def zeros(size: int) -> CiphertextVector:
        """Neutral elements, of any key."""
        # Rows without bytes stand for the number 1: see `widened`.
        return CiphertextVector(np.empty((size, 0), np.uint8), np.zeros(size, np.int32))

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"<CiphertextVector of {len(self)}>"

    def widened(self, width: int) -> Bytes:
        """The rows, as wide as a key's ciphertexts. Raises ShapeError for those of another key."""
        if self.data.shape[1] == width:
            return self.data
        if self.data.shape[1]:
            raise ShapeError(f"ciphertexts of {self.data.shape[1]} bytes; this key's have {width}")
        ones = np.zeros((len(self), width), np.uint8)
        ones[:, -1] = 1
        return ones

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
        return self._take(_joined([np.arange(start, end) for start, end in intervals]))

    def cat(self, others: Sequence[CiphertextVector]) -> CiphertextVector:
        """This vector and then the others."""
        vectors = [self, *others]
        width = max(v.data.shape[1] for v in vectors)
        data = np.concatenate([v.widened(width) if width else v.data for v in vectors])
        return CiphertextVector(data, np.concatenate([v.exponents for v in vectors]))

    def tolist(self) -> list[Ciphertext]:
        return [Ciphertext(self.slice(i, 1)) for i in range(len(self))]

    def i_shuffle(self, indexes: Any) -> None:
        """In place: element i becomes what element indexes[i] was."""
        shuffled = self._take(np.asarray(indexes, dtype=np.intp))
        self.data, self.exponents = shuffled.data, shuffled.exponents

    # --- element by element -----------------------------------------------------------------------------------------

    def add(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        """Sums, as far as the shorter one goes."""
        size, width = min(len(self), len(other)), pk.native.ciphertext_bytes
        a, b = self.widened(width)[:size], other.widened(width)[:size]
        a_exponents, b_exponents = self.exponents[:size], other.exponents[:size]
        a_exponents = np.where(_is_one(a), b_exponents, a_exponents)
        b_exponents = np.where(_is_one(b), a_exponents, b_exponents)
        lowest = np.minimum(a_exponents, b_exponents)
        a, b = _lowered(pk, a, a_exponents - lowest), _lowered(pk, b, b_exponents - lowest)
        return CiphertextVector.of(pk.native.add(a.tobytes(), b.tobytes()), width, lowest)

    def sub(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        return self.add(pk, other._negated(pk))

    def rsub(self, pk: EvaluationKey, other: CiphertextVector) -> CiphertextVector:
        return other.sub(pk, self)

    def mul(self, pk: EvaluationKey, other: PlaintextVector) -> CiphertextVector:
        """Products with encoded numbers, as far as the shorter one goes."""
        size, width = min(len(self), len(other)), pk.native.ciphertext_bytes
        data = _wide.times(pk.native, self.widened(width)[:size], other.significands[:size])
        return CiphertextVector(data, self.exponents[:size] + other.exponents[:size])

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

        return self._product(pk, other, product, rows * outputs)

    def rmatmul(
        self, pk: EvaluationKey, other: PlaintextVector, lshape: Sequence[int], rshape: Sequence[int]
    ) -> CiphertextVector:
        """An encoded matrix, of the shape rshape, times this one, of the shape lshape."""
        (inner, columns), (outputs, inner_too) = lshape, rshape
        self._is_product(inner, inner_too, inner * columns, other, inner * outputs)

        def product(table: bytes, words: bytes) -> bytes:
            return pk.native.plaintext_product(words, table, columns)

        return self._product(pk, other, product, outputs * columns)

    def _product(self, pk: EvaluationKey, other: PlaintextVector, product: Any, size: int) -> CiphertextVector:
        """With one exponent for all ciphertexts and one for all factors; word by word, if these are wide."""
        width = pk.native.ciphertext_bytes
        data = self.widened(width)
        ones = _is_one(data)
        lowest = int(self.exponents[~ones].min()) if not ones.all() else 0
        table = _lowered(pk, data, np.where(ones, 0, self.exponents - lowest)).tobytes()
        factors, exponent = _aligned(other)
        result = _wide.product(pk.native, factors, lambda words: product(table, words))
        return CiphertextVector.of(result, width, np.full(size, lowest + exponent, np.int32))

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
        places, sums = _sums(pk, other._take(sources[order]), targets[order])
        self._put(pk, places, self._take(places).add(pk, sums))

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
            places = _joined(reached)
            self._put(pk, places, self._take(places).add(pk, self._take(places - step)))

    def intervals_sum_with_step(
        self, pk: EvaluationKey, intervals: Sequence[tuple[int, int]], step: int
    ) -> CiphertextVector:
        """For each half-open interval `step` sums: of the elements whose distance from its start leaves 0, 1, ..."""
        out = CiphertextVector.zeros(len(intervals) * step)
        for start, end in intervals:
            self._within(start, end - start)
        sources = _joined([np.arange(start, end) for start, end in intervals])
        groups = _joined([i * step + np.arange(end - start) % step for i, (start, end) in enumerate(intervals)])
        order = np.argsort(groups, kind="stable")
        if len(order):
            places, sums = _sums(pk, self._take(sources[order]), groups[order])
            out._put(pk, places, sums)
        return out

    def pack_squeeze(self, pack_num: int, offset_bit: int, pk: EvaluationKey) -> CiphertextVector:
        """Each `pack_num` elements in one: the first shifted highest, by `offset_bit` bits each. Exponents become 0."""
        starts = np.arange(0, len(self), pack_num)
        packed = self._take(starts)
        packed.exponents = np.zeros(len(starts), np.int32)
        shift, width = [1 << offset_bit], pk.native.ciphertext_bytes
        for i in range(1, pack_num):
            # The last pack may be shorter.
            chosen = np.flatnonzero(starts + i < len(self))
            if len(chosen):
                shifted = _wide.times(
                    pk.native, packed._take(chosen).widened(width), np.array(shift * len(chosen), dtype=object)
                )
                data = pk.native.add(shifted.tobytes(), self._take(starts[chosen] + i).widened(width).tobytes())
                packed._put(pk, chosen, CiphertextVector.of(data, width, np.zeros(len(chosen), np.int32)))
        return packed

    # --- inside -----------------------------------------------------------------------------------------------------

    def _take(self, indexes: npt.NDArray[np.intp]) -> CiphertextVector:
        if len(indexes) and not (-len(self) <= indexes.min() and indexes.max() < len(self)):
            raise ShapeError(f"element {indexes.max()} of {len(self)}")
        return CiphertextVector(self.data[indexes], self.exponents[indexes])

    def _put(self, pk: EvaluationKey, indexes: npt.NDArray[np.intp], values: CiphertextVector) -> None:
        width = pk.native.ciphertext_bytes
        data, exponents = self.widened(width).copy(), self.exponents.copy()
        data[indexes], exponents[indexes] = values.widened(width), values.exponents
        self.data, self.exponents = data, exponents

    def _negated(self, pk: EvaluationKey) -> CiphertextVector:
        width = pk.native.ciphertext_bytes
        return CiphertextVector.of(pk.native.negate(self.widened(width).tobytes()), width, self.exponents)

    def _within(self, start: int, size: int) -> None:
        if start < 0 or size < 0 or start + size > len(self):
            raise ShapeError(f"elements {start} to {start + size} of {len(self)}")


@dataclass
class Ciphertext:
    """One encrypted number."""

    vector: CiphertextVector

    def repeated(self, count: int) -> CiphertextVector:
        return self.vector._take(np.zeros(count, dtype=np.intp))


def _is_one(data: Bytes) -> npt.NDArray[np.bool_]:
    return np.asarray((data[:, -1] == 1) & ~data[:, :-1].any(axis=1))


def _lowered(pk: EvaluationKey, data: Bytes, digits: npt.NDArray[Any]) -> Bytes:
    """The rows to the power of 16^digits."""
    chosen = np.flatnonzero(digits > 0)
    if not len(chosen):
        return data
    lowered = data.copy()
    factors = np.array([1 << _BITS_A_DIGIT * int(d) for d in digits[chosen]], dtype=object)
    lowered[chosen] = _wide.times(pk.native, data[chosen], factors)
    return lowered


def _aligned(vec: PlaintextVector) -> tuple[npt.NDArray[Any], int]:
    """Significands with one exponent for all: the highest that every one of them can have."""
    significands, exponents = vec.significands.astype(object), vec.exponents.astype(np.int64)
    # Digits that are zero at the low end do not count: of a float32 more than half of them.
    spare = [0 if not s else ((int(s) & -int(s)).bit_length() - 1) // _BITS_A_DIGIT for s in significands]
    tops = (exponents + spare)[significands != 0]
    exponent = int(tops.min()) if len(tops) else 0
    moved = [
        0 if not s else int(s) << _BITS_A_DIGIT * d if d >= 0 else int(s) >> -_BITS_A_DIGIT * d
        for s, d in zip(significands, (exponents - exponent).tolist(), strict=True)
    ]
    aligned = np.empty(len(moved), dtype=object)
    aligned[:] = moved
    return aligned, exponent


def _sums(
    pk: EvaluationKey, terms: CiphertextVector, groups: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], CiphertextVector]:
    """The groups, which are sorted, and the sum of each: neighbours are added in pairs until one of each is left."""
    while True:
        starts = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        if len(starts) == len(groups):
            return groups, terms
        place = np.arange(len(groups)) - np.repeat(starts, np.diff(np.append(starts, len(groups))))
        first = np.flatnonzero(place % 2 == 0)
        paired = first[(first + 1 < len(groups)) & (groups[np.minimum(first + 1, len(groups) - 1)] == groups[first])]
        added = terms._take(paired).add(pk, terms._take(paired + 1))
        kept = terms._take(first)
        kept._put(pk, np.searchsorted(first, paired), added)
        terms, groups = kept, groups[first]


def _joined(parts: list[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    return np.concatenate(parts).astype(np.intp) if parts else np.empty(0, np.intp)
