"""Numbers of every library: taken with their exact values, or refused with the element that is wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import gmpy2
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from coffer import _numbers
from coffer.errors import MissingValueError, RangeError

BIG = (1 << 53) + 1


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (5, 5),
        (True, 1),
        (1.5, 1.5),
        (np.uint8(255), 255),
        (np.int64(-5), -5),
        (np.float16(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(False), 0),
        (np.array(7), 7),
        (np.array(0.25), 0.25),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal(2), 2),
        (Fraction(1, 3), Fraction(1, 3)),
        (gmpy2.mpz(1 << 90), 1 << 90),
        (gmpy2.mpq(1, 3), Fraction(1, 3)),
        (gmpy2.mpfr("0.5"), Fraction(1, 2)),
        (np.longdouble(1) + np.longdouble(2) ** -60, 1 + Fraction(1, 1 << 60)),
        (np.longdouble(0.25), 0.25),
        (float("inf"), float("inf")),
        (Decimal("-Infinity"), -float("inf")),
    ],
    ids=repr,
)
def test_a_number_keeps_its_value(given: Any, wanted: Any) -> None:
    found = _numbers.exact(given)
    assert found == wanted and type(found) in (int, float, Fraction)


@pytest.mark.parametrize(
    "given",
    [
        "1",
        None,
        1j,
        np.complex128(1),
        [1],
        np.array([1]),
        pd.NA,
        np.timedelta64(5, "s"),
        np.datetime64("2020"),
        b"1",
        {},
    ],
    ids=repr,
)
def test_what_is_no_number_is_refused(given: Any) -> None:
    with pytest.raises(TypeError):
        _numbers.exact(given)


@pytest.mark.parametrize(
    "given",
    [
        [BIG, 0.5],
        [1 << 63, -1],
        [np.uint64(1 << 63), np.int64(-1)],
        np.array([1.5, BIG], dtype=object),
        [Decimal("0.1"), 2],
        pd.DataFrame({"a": [BIG, 1], "b": [0.5, 2.0]}),
        pd.Series([Decimal("0.5"), 1]),
        pd.Series([BIG, 2], dtype="Int64"),
        pa.table({"a": [BIG, 1], "b": [0.5, 2.0]}),
        pa.chunked_array([[BIG], [2]]),
        pa.array([Decimal("1.50"), Decimal("0.25")]),
        np.array([0.1, 0.2], dtype=np.float32),
        np.array([1], dtype=np.uint8),
        [[1, 2], [3, 4]],
        (np.int8(3), True),
    ],
    ids=lambda given: type(given).__name__,
)
def test_an_array_keeps_every_value_where_numpy_would_round(given: Any) -> None:
    if isinstance(given, pd.DataFrame):
        wanted = [v for row in given.itertuples(index=False) for v in row]
    elif isinstance(given, pa.Table):
        wanted = [v for row in given.to_pylist() for v in row.values()]
    else:
        plain = given.to_pylist() if hasattr(given, "to_pylist") else given
        wanted = list(np.array(plain, dtype=object).ravel())
    found = _numbers.array(given)
    assert [Fraction(v) for v in found.ravel().tolist()] == [Fraction(_numbers.exact(v)) for v in wanted]


@pytest.mark.parametrize(
    ("given", "kind", "named"),
    [
        (np.ma.masked_array([1, 2], mask=[False, True]), MissingValueError, "element 1 is masked"),
        (pd.Series([1, pd.NA], dtype="Int64"), MissingValueError, "element 1 is missing"),
        (pa.array([1, None]), MissingValueError, "element 1 is null"),
        (pa.table({"x": [1.0, None]}), MissingValueError, "element 1 of column 'x' is null"),
        ([1, None], TypeError, "element 1"),
        ([1, "2"], TypeError, "element 1"),
        (np.array(["a"]), TypeError, "integers and floats"),
        (np.array([1j]), TypeError, "integers and floats"),
        (np.array(["2020"], dtype="datetime64[D]"), TypeError, "integers and floats"),
        ([[1, 2], [3]], TypeError, "element 0"),
        (pd.DataFrame({"a": [1], "b": ["x"]}), TypeError, "."),
    ],
    ids=lambda given: type(given).__name__,
)
def test_an_array_with_something_else_is_refused_and_names_it(given: Any, kind: type[Exception], named: str) -> None:
    with pytest.raises(kind, match=named):
        _numbers.array(given)


def test_a_whole_number_has_no_fraction() -> None:
    assert [_numbers.whole(v) for v in (5, 2.0, Decimal("3.0"), np.float32(4))] == [5, 2, 3, 4]
    for wrong in (1.5, float("nan"), float("inf"), Decimal("0.5"), Fraction(1, 2)):
        with pytest.raises(RangeError, match="whole number"):
            _numbers.whole(wrong)
