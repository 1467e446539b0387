"""Arrays as the box has them: tables of rows and columns."""

from __future__ import annotations

from typing import Any

from coffer.errors import ShapeError
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
