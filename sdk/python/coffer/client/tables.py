"""Arrays as the box has them: tables of rows and columns, and plain numbers as 64-bit words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coffer.errors import RangeError, ShapeError
from coffer.v1 import coffer_pb2 as pb

Shape = tuple[int, ...]


def header_of(shape: Shape, **work: Any) -> pb.JobHeader:
    """A job's header for an operand of this shape."""
    rows, columns = table_of(shape)
    return pb.JobHeader(version=1, rows=rows, columns=columns, **work)


def table_of(shape: Shape) -> tuple[int, int]:
    """Rows and columns of an array in the box: a vector is a column."""
    if len(shape) > 2:
        raise ShapeError(f"an array of {len(shape)} dimensions; at most two are taken")
    rows, columns = (*shape, 1, 1)[:2]
    return rows, columns


def to_words(values: npt.NDArray[Any], fraction_bits: int) -> npt.NDArray[np.int64]:
    """Plain numbers as 64-bit integers, times 2^fraction_bits, rounded to the nearest. Raises RangeError."""
    if values.dtype.kind not in "biufO":
        raise TypeError(f"an array of {values.dtype}; integers and floats are taken")
    if values.dtype.kind == "f":
        scaled = np.rint(np.ldexp(values.astype(np.float64), fraction_bits))
        # NaN fails the comparison too. 2^63 itself is a float, and out of range.
        bad = np.flatnonzero(~((scaled >= -(2.0**63)) & (scaled < 2.0**63)))
    else:
        scaled = np.asarray(values, dtype=object) * (1 << fraction_bits) if fraction_bits else values
        limit = 1 << 63
        if scaled.dtype.kind in "bi":
            bad = np.flatnonzero(False)
        else:
            bad = np.flatnonzero(np.array([not -limit <= int(v) < limit for v in scaled.ravel()], dtype=bool))
    if bad.size:
        what = f"element {bad[0]} does not fit 64 bits with {fraction_bits} fraction bits"
        raise RangeError(what, index=int(bad[0]))
    return scaled.astype(np.int64)
