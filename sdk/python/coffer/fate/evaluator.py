"""The operators on vectors, under the names that FATE's tensors call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coffer.fate.coder import Coder
from coffer.fate.keys import PK
from coffer.fate.vectors import Ciphertext, CiphertextVector


class evaluator:
    """a is encrypted; so is b, or it is a tensor or number, which output_dtype says how to encode."""

    @staticmethod
    def add(a: CiphertextVector, b: CiphertextVector, pk: PK) -> CiphertextVector:
        return a.add(pk, b)

    @staticmethod
    def add_plain(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any = None) -> CiphertextVector:
        return a.add(pk, pk.embed(coder.encode_tensor(b, output_dtype)))

    @staticmethod
    def add_plain_scalar(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any) -> CiphertextVector:
        return a.add_scalar(pk, Ciphertext(pk.embed(coder.encode(b, output_dtype).vector)))

    @staticmethod
    def sub(a: CiphertextVector, b: CiphertextVector, pk: PK) -> CiphertextVector:
        return a.sub(pk, b)

    @staticmethod
    def sub_plain(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any = None) -> CiphertextVector:
        return a.sub(pk, pk.embed(coder.encode_tensor(b, output_dtype)))

    @staticmethod
    def sub_plain_scalar(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any) -> CiphertextVector:
        return a.sub_scalar(pk, Ciphertext(pk.embed(coder.encode(b, output_dtype).vector)))

    @staticmethod
    def rsub(a: CiphertextVector, b: CiphertextVector, pk: PK) -> CiphertextVector:
        return a.rsub(pk, b)

    @staticmethod
    def rsub_plain(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any = None) -> CiphertextVector:
        return a.rsub(pk, pk.embed(coder.encode_tensor(b, output_dtype)))

    @staticmethod
    def rsub_plain_scalar(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any) -> CiphertextVector:
        return a.rsub_scalar(pk, Ciphertext(pk.embed(coder.encode(b, output_dtype).vector)))

    @staticmethod
    def mul_plain(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any = None) -> CiphertextVector:
        return a.mul(pk, coder.encode_tensor(b, output_dtype))

    @staticmethod
    def mul_plain_scalar(a: CiphertextVector, b: Any, pk: PK, coder: Coder, output_dtype: Any) -> CiphertextVector:
        return a.mul_scalar(pk, coder.encode(b, output_dtype))

    @staticmethod
    def matmul(
        a: CiphertextVector,
        b: Any,
        a_shape: Sequence[int],
        b_shape: Sequence[int],
        pk: PK,
        coder: Coder,
        output_dtype: Any,
    ) -> CiphertextVector:
        """a, of the shape a_shape, times b."""
        return a.matmul(pk, coder.encode_tensor(b, output_dtype), a_shape, b_shape)

    @staticmethod
    def rmatmul(
        a: CiphertextVector,
        b: Any,
        a_shape: Sequence[int],
        b_shape: Sequence[int],
        pk: PK,
        coder: Coder,
        output_dtype: Any,
    ) -> CiphertextVector:
        """b times a, of the shape a_shape."""
        return a.rmatmul(pk, coder.encode_tensor(b, output_dtype), a_shape, b_shape)

    @staticmethod
    def zeros(size: int, dtype: Any = None) -> CiphertextVector:
        """Neutral elements; of which kind does not matter."""
        return CiphertextVector.zeros(size)

    @staticmethod
    def i_add(
        pk: PK, a: CiphertextVector, b: CiphertextVector, sa: int = 0, sb: int = 0, size: int | None = None
    ) -> None:
        """In place: a[sa : sa + size] += b[sb : sb + size]; without a size, as far as both go."""
        a.iadd_vec(b, sa, sb, size, pk)

    @staticmethod
    def i_sub(
        pk: PK, a: CiphertextVector, b: CiphertextVector, sa: int = 0, sb: int = 0, size: int | None = None
    ) -> None:
        """In place: a[sa : sa + size] -= b[sb : sb + size]; without a size, as far as both go."""
        a.isub_vec(b, sa, sb, size, pk)

    @staticmethod
    def i_update(
        pk: PK, a: CiphertextVector, b: CiphertextVector, positions: Sequence[Sequence[int]], stride: int
    ) -> None:
        """In place, a histogram: b's stride i is added to a's strides positions[i]."""
        a.iupdate(b, positions, stride, pk)

    @staticmethod
    def i_update_with_masks(
        pk: PK,
        a: CiphertextVector,
        b: CiphertextVector,
        positions: Sequence[Sequence[int]],
        masks: Sequence[bool],
        stride: int,
    ) -> None:
        """The same for those of b's strides whose mask is set: positions has one entry for each of these."""
        a.iupdate_with_masks(b, positions, masks, stride, pk)

    @staticmethod
    def slice(a: CiphertextVector, start: int, size: int) -> CiphertextVector:
        return a.slice(start, size)

    @staticmethod
    def i_shuffle(pk: PK, a: CiphertextVector, indices: Any) -> None:
        """In place: a = a[indices]."""
        a.i_shuffle(indices)

    @staticmethod
    def shuffle(pk: PK, a: CiphertextVector, indices: Any) -> CiphertextVector:
        """a[indices]."""
        return a.shuffle(indices)

    @staticmethod
    def intervals_slice(a: CiphertextVector, intervals: Sequence[tuple[int, int]]) -> CiphertextVector:
        return a.intervals_slice(intervals)

    @staticmethod
    def slice_indexes(a: CiphertextVector, indexes: Sequence[int]) -> CiphertextVector:
        return a.slice_indexes(indexes)

    @staticmethod
    def cat(list: Sequence[CiphertextVector]) -> CiphertextVector:
        return list[0].cat(list[1:])

    @staticmethod
    def intervals_sum_with_step(
        pk: PK, a: CiphertextVector, intervals: Sequence[tuple[int, int]], step: int
    ) -> CiphertextVector:
        return a.intervals_sum_with_step(pk, intervals, step)

    @staticmethod
    def chunking_cumsum_with_step(pk: PK, a: CiphertextVector, chunk_sizes: Sequence[int], step: int) -> None:
        a.chunking_cumsum_with_step(pk, chunk_sizes, step)

    @staticmethod
    def pack_squeeze(a: CiphertextVector, pack_num: int, shift_bit: int, pk: PK) -> CiphertextVector:
        return a.pack_squeeze(pack_num, shift_bit, pk)
