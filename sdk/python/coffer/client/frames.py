"""Decrypted numbers as pandas' and Arrow's columns and tables, as what was encrypted was."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from coffer.errors import ShapeError


def like(numbers: npt.NDArray[Any], model: Any) -> Any:
    """In the package that the model is of, with its index and column names where these are as many. Raises TypeError
    for a model of another package, ShapeError for numbers without dimensions."""
    if numbers.ndim == 0:
        raise ShapeError("a single number has no column: decrypt it without `like`")
    package = type(model).__module__.partition(".")[0]
    if package == "pandas":
        return _pandas(numbers, model)
    if package == "pyarrow":
        return _arrow(numbers, model)
    raise TypeError(f"numbers like {type(model).__name__}: pandas' and pyarrow's columns and tables are made")


def _pandas(numbers: npt.NDArray[Any], model: Any) -> Any:
    pandas: Any = sys.modules["pandas"]
    index = model.index if len(model.index) == len(numbers) else None
    if numbers.ndim == 1:
        return pandas.Series(numbers, index=index, name=getattr(model, "name", None))
    names = getattr(model, "columns", ())
    return pandas.DataFrame(numbers, index=index, columns=names if len(names) == numbers.shape[1] else None)


def _arrow(numbers: npt.NDArray[Any], model: Any) -> Any:
    arrow: Any = sys.modules["pyarrow"]
    if numbers.ndim == 1:
        return arrow.array(numbers)
    names = list(getattr(model, "column_names", ()))
    if len(names) != numbers.shape[1]:
        names = [str(i) for i in range(numbers.shape[1])]
    return arrow.table([np.ascontiguousarray(column) for column in numbers.T], names=names)
