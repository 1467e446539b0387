"""Numbers of every kind that programs have, taken exactly: Python's, numpy's, gmpy2's, Decimal, Fraction, columns.

What is no number, or is missing, is refused. Nothing is rounded here: who encodes rounds, and says how.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from coffer.errors import MissingValueError, RangeError

Exact: TypeAlias = int | float | Fraction

# Whole numbers up to this are floats too.
_FLOAT_WHOLE = 1 << 53
_WORD_MIN, _WORD_MAX = -(1 << 63), (1 << 63) - 1


def exact(value: Any) -> Exact:
    """A number as an int, a float (NaN and infinity among them) or a Fraction of the same value.

    Raises TypeError for what is none: text, complex numbers, None, a missing value, an array of more than one.
    """
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, np.ndarray) or (hasattr(value, "item") and not isinstance(value, np.generic)):
        return _single(value)
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (np.timedelta64, np.complexfloating)):
        raise TypeError(_no_number(value))
    if isinstance(value, np.floating) and (value != value or float(value) == value):
        return float(value)
    if hasattr(type(value), "__index__"):
        return operator.index(value)
    return _ratio(value)


def whole(value: Any) -> int:
    """A number that has no fraction. Raises TypeError for what is no number, RangeError for one with a fraction."""
    found = exact(value)
    if isinstance(found, int):
        return found
    # NaN and infinity are not whole.
    if isinstance(found, float) and found.is_integer():
        return int(found)
    what = f"{found}" if found != found or found in (float("inf"), -float("inf")) else "a number with a fraction"
    raise RangeError(f"{what} where a whole number is taken: round it first, or encode it as a float")


def array(values: Any) -> npt.NDArray[Any]:
    """An array of bools, integers or float64, or of `exact` objects where no such type holds every value.

    Of arrays, sequences, single numbers, pandas' and Arrow's columns and tables. Raises TypeError for what is no
    number, MissingValueError for masked and missing values; both name the element.
    """
    table = _table(values)
    if table is not None:
        return table
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        index = int(np.flatnonzero(np.ma.getmaskarray(values).ravel())[0])
        raise MissingValueError(f"element {index} is masked: fill it in first", index)
    # Of lists numpy would make floats of integers beside floats, whatever is lost.
    given = np.asarray(values) if hasattr(values, "__array__") else np.array(values, dtype=object)
    if given.dtype.kind in "biu":
        return given
    if given.dtype.kind == "f" and given.dtype.itemsize <= 8:
        return given.astype(np.float64)
    if given.dtype.kind not in "fO":
        raise TypeError(f"an array of {given.dtype}; integers and floats are taken")
    found = []
    for index, value in enumerate(given.ravel()):
        try:
            found.append(exact(value))
        except TypeError as error:
            raise TypeError(f"element {index}: {error}") from error
    return _narrowed(found, given.shape)


def wholes(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What `array` made, if it is whole; integers. Raises RangeError, which names the element, for a fraction."""
    if is_whole(numbers):
        return numbers
    found = []
    for index, value in enumerate(numbers.ravel().tolist()):
        try:
            found.append(whole(value))
        except RangeError as error:
            raise RangeError(f"element {index}: {error}", index) from error
    return _narrowed(list(found), numbers.shape)


def is_whole(numbers: npt.NDArray[Any]) -> bool:
    """Whether what `array` made holds integers alone."""
    return numbers.dtype.kind in "biu" or (numbers.dtype.kind == "O" and all(type(v) is int for v in numbers.flat))


def _narrowed(found: list[Exact], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """In the narrowest type that holds every value."""
    whole = [v for v in found if type(v) is int]
    if len(whole) == len(found) and all(_WORD_MIN <= v <= _WORD_MAX for v in whole):
        return np.array(found, dtype=np.int64).reshape(shape)
    exact_floats = all(abs(v) <= _FLOAT_WHOLE for v in whole) and not any(isinstance(v, Fraction) for v in found)
    if exact_floats:
        return np.array(found, dtype=np.float64).reshape(shape)
    made = np.empty(len(found), dtype=object)
    made[:] = found
    return made.reshape(shape)


def _table(values: Any) -> npt.NDArray[Any] | None:
    """pandas' and Arrow's, column by column: joined in one type by themselves they would lose digits."""
    package = type(values).__module__.partition(".")[0]
    if package == "pandas" and hasattr(values, "iloc"):
        if values.ndim == 1:
            return _pandas(values, "")
        columns = [_pandas(values.iloc[:, i], f" of column {values.columns[i]!r}") for i in range(values.shape[1])]
    elif package == "pyarrow" and hasattr(values, "null_count"):
        return _arrow(values, "")
    elif package == "pyarrow" and hasattr(values, "column_names"):
        columns = [_arrow(values.column(i), f" of column {name!r}") for i, name in enumerate(values.column_names)]
    elif package == "polars" and hasattr(values, "get_columns"):
        columns = [array(column.to_numpy()) for column in values.get_columns()]
    else:
        return None
    if not columns:
        return np.empty((len(values), 0))
    kinds = {column.dtype for column in columns}
    if len(kinds) == 1:
        return np.stack(columns, axis=1)
    rows = [exact(v) for row in zip(*(column.tolist() for column in columns), strict=True) for v in row]
    return _narrowed(rows, (len(columns[0]), len(columns)))


def _pandas(column: Any, where: str) -> npt.NDArray[Any]:
    # pandas' own types would give NaN for what is missing, and floats for the integers beside it.
    missing = np.flatnonzero(column.isna().to_numpy())
    if not isinstance(column.dtype, np.dtype) and len(missing):
        raise MissingValueError(f"element {missing[0]}{where} is missing: fill it in first", int(missing[0]))
    return array(column.to_numpy())


def _arrow(column: Any, where: str) -> npt.NDArray[Any]:
    if column.null_count:
        index = next(i for i, valid in enumerate(column.is_valid().to_pylist()) if not valid)
        raise MissingValueError(f"element {index}{where} is null: fill it in first", index)
    whole = hasattr(column, "chunks")
    return array(column.to_numpy() if whole else column.to_numpy(zero_copy_only=False))


def _single(value: Any) -> Exact:
    if getattr(value, "ndim", None) != 0:
        raise TypeError(f"an array of the shape {tuple(getattr(value, 'shape', ()))} where one number is taken")
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError("a masked value is no number")
    return exact(value[()] if isinstance(value, np.ndarray) else value.item())


def _ratio(value: Any) -> int | float | Fraction:
    ratio = getattr(value, "as_integer_ratio", None)
    try:
        if ratio is not None:
            parts = ratio()
        elif hasattr(value, "numerator") and hasattr(value, "denominator"):
            parts = value.numerator, value.denominator
        else:
            raise TypeError(_no_number(value))
    except (OverflowError, ValueError):
        # Infinity, or not a number.
        return float(value)
    found = Fraction(int(parts[0]), int(parts[1]))
    return found.numerator if found.denominator == 1 else found


def _no_number(value: Any) -> str:
    return f"{type(value).__name__} is no number that is taken: int, float, Decimal, Fraction, numpy's and gmpy2's are"
