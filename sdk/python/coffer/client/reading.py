"""What is decrypted: checked against the bound of its array, and as the numbers that a program asks for."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coffer import _integers
from coffer.errors import DecryptionRangeError, RangeError, ShapeError, UnknownBoundWarning
from coffer.v1 import coffer_pb2 as pb

if TYPE_CHECKING:
    from coffer.client.arrays import CipherArray
    from coffer.client.tables import Shape


def integers(array: CipherArray) -> list[int]:
    """The integers of an array, row by row. Warns with UnknownBoundWarning where their bound is not known, and raises
    DecryptionRangeError for one that is over it."""
    rows, columns = array._table
    work = pb.Decrypt(key_id=array.key.id)
    header = pb.JobHeader(version=1, rows=rows, columns=columns, operand_job=array.job_id, decrypt=work)
    data, width = array.client._patiently(lambda: array.client._compute(header))
    numbers = _integers.signed_from_bytes(data, width)
    bound = array.bound
    if bound is None:
        warnings.warn(
            "these numbers were computed from ciphertexts whose magnitude is not known here: they may have overflowed. "
            "upload(..., bound=) and bounded(magnitude) say what is known of them",
            UnknownBoundWarning,
            stacklevel=3,
        )
        return numbers
    index = next((i for i, v in enumerate(numbers) if abs(v) > bound), None)
    if index is not None:
        what = f"element {index} is over its bound: what was claimed of its magnitude is wrong, or its key is another"
        raise DecryptionRangeError(what, index)
    return numbers


def decoded(numbers: list[int], shape: Shape, fraction_bits: int, dtype: npt.DTypeLike | None) -> npt.NDArray[Any]:
    """In a type of numpy's; object: the integers as they are. Raises RangeError for one that does not fit."""
    wanted = np.dtype(dtype) if dtype is not None else np.dtype(np.float64 if fraction_bits else np.int64)
    if wanted.kind == "O":
        made = np.empty(len(numbers), dtype=object)
        made[:] = numbers
        return made.reshape(shape)
    if wanted.kind == "f":
        return _floats(numbers, fraction_bits, wanted).reshape(shape)
    if wanted.kind not in "iu":
        raise TypeError(f"numbers decrypt to integers, floats or objects, not to {wanted}")
    if fraction_bits:
        raise ShapeError(f"an array with {fraction_bits} fraction bits decrypts to floats, not to {wanted}")
    bounds = np.iinfo(wanted)
    index = next((i for i, v in enumerate(numbers) if not bounds.min <= v <= bounds.max), None)
    if index is not None:
        raise RangeError(f"element {index} does not fit {wanted}: dtype=object has no limit", index)
    return np.array(numbers, dtype=wanted).reshape(shape)


def _floats(numbers: list[int], fraction_bits: int, wanted: np.dtype[Any]) -> npt.NDArray[Any]:
    scale, found = 1 << fraction_bits, []
    for index, number in enumerate(numbers):
        try:
            # Exact integers, and one rounding.
            found.append(number / scale)
        except OverflowError as error:
            raise RangeError(f"element {index} does not fit a float: dtype=object has no limit", index) from error
    floats = np.array(found, dtype=np.float64)
    beyond = np.flatnonzero(np.abs(floats) > np.finfo(wanted).max)
    if beyond.size:
        raise RangeError(f"element {beyond[0]} does not fit {wanted}: dtype=object has no limit", int(beyond[0]))
    return floats.astype(wanted)
