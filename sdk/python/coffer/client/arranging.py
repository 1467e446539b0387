"""Parts and arrangements of arrays: the ciphertexts go through this program, unread, and back into the box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coffer.client.tables import header_of
from coffer.errors import ShapeError
from coffer.v1 import coffer_pb2 as pb

if TYPE_CHECKING:
    from coffer.client.arrays import CipherArray


def places(array: CipherArray) -> npt.NDArray[np.intp]:
    """Each element's place, row by row."""
    return np.arange(array.size).reshape(array.shape)


def arranged(array: CipherArray, wanted: Any) -> CipherArray:
    """The elements of these places, in this shape."""
    wanted = np.asarray(wanted)
    if wanted.ndim > 2 or not wanted.size:
        raise ShapeError(f"a part of the shape {wanted.shape}: up to two dimensions, and at least one element")
    if wanted.shape == array.shape and np.array_equal(wanted, places(array)):
        return array
    return _sent(array, array.fetch().reshape(array.size, -1)[wanted])


def rows(array: CipherArray) -> Iterator[CipherArray]:
    """One after the other."""
    if not array.shape:
        raise TypeError("iteration over an array without dimensions")
    for row in array.fetch():
        yield _sent(array, row)


def joined(arrays: Sequence[CipherArray], axis: int) -> CipherArray:
    """One array after the other, along an axis."""
    first = arrays[0]
    if any(a.key._identity != first.key._identity for a in arrays):
        raise ShapeError("arrays under different keys are not joined")
    if not first.ndim or any(a.ndim != first.ndim for a in arrays):
        raise ShapeError(f"arrays of the shapes {[a.shape for a in arrays]} are not joined")
    bits = max(a.fraction_bits for a in arrays)
    parts = [a._with_bits(bits) for a in arrays]
    # The last dimension is a ciphertext.
    made = _sent(parts[0], np.concatenate([a.fetch() for a in parts], axis=range(first.ndim)[axis]))
    known = [a.bound for a in parts if a.bound is not None]
    made.bound = max(known) if len(known) == len(parts) else None
    return made


def _sent(array: CipherArray, data: npt.NDArray[np.uint8]) -> CipherArray:
    """Ciphertexts of an array in another arrangement: a job that multiplies them by 1 keeps them in the box."""
    header = header_of(data.shape[:-1], multiply=pb.Multiply(key_id=array.key.id))
    ones = np.ones(header.columns, dtype=">i8").tobytes()
    job = array.client._submit(header, data.tobytes(), ones)
    return type(array)(array.client, array.key, job, data.shape[:-1], array.fraction_bits, array.bound)
