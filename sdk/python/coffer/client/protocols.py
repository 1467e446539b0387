"""What numpy, and Python, ask of an array: operators in either order, functions by their names, and clear refusals."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np

from coffer.client.arranging import joined
from coffer.errors import ShapeError

_COMPARED = "encrypted numbers can't be compared: who computes does not see them. decrypt() first, if the key allows it"
_BINARY = {
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.true_divide: ("__truediv__", "__rtruediv__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
}
_UNARY: dict[Any, Callable[[Any], Any]] = {np.negative: operator.neg, np.positive: operator.pos}
_COMPARISONS = (np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal)


Own = TypeVar("Own", bound="Protocols")


class Protocols:
    """Of `CipherArray`, which has the operators."""

    shape: tuple[int, ...]
    # pandas leaves the operators to this class, as numpy does by what is below.
    __pandas_priority__ = 5000

    def __copy__(self: Own) -> Own:
        # The numbers behind a handle never change.
        return self

    def __deepcopy__(self: Own, memo: Any) -> Own:
        return self

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    # --- what needs the numbers themselves --------------------------------------------------------------------------

    def _compared(self, other: object) -> NoReturn:
        raise TypeError(_COMPARED)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _compared
    __hash__ = object.__hash__

    def _read(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError(
            "encrypted numbers are not numbers that can be read here: decrypt() first, if the key allows it"
        )

    __array__ = __bool__ = __float__ = __int__ = __complex__ = __index__ = __contains__ = __round__ = _read

    # --- numpy ------------------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc in _COMPARISONS:
            raise TypeError(_COMPARED)
        if ufunc is np.add and method == "reduce":
            return _sum(*inputs, **options)
        if method == "__call__" and not options and (ufunc in _BINARY or ufunc in _UNARY):
            return _binary(ufunc, *inputs) if ufunc in _BINARY else _UNARY[ufunc](*inputs)
        how = "" if method == "__call__" else f".{method}"
        given = f" with {', '.join(options)}" if options else ""
        raise TypeError(f"numpy's {ufunc.__name__}{how}{given} is not there for encrypted arrays: + - * / @ are")

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        made = _FUNCTIONS.get(function)
        if made is None:
            known = ", ".join(sorted(f.__name__ for f in _FUNCTIONS))
            raise TypeError(f"numpy's {function.__name__} is not there for encrypted arrays; there are {known}")
        return made(*arguments, **options)


def _binary(ufunc: Any, a: Any, b: Any) -> Any:
    # numpy's own operators would ask the ufunc again.
    forward, reflected = _BINARY[ufunc]
    return getattr(a, forward)(b) if isinstance(a, Protocols) else getattr(b, reflected)(a)


def _only(options: dict[str, Any], *known: str) -> None:
    strange = [name for name, value in options.items() if name not in known and value is not None]
    if strange:
        raise TypeError(f"{', '.join(strange)}: not there for encrypted arrays")


def _sum(a: Any, axis: Any = 0, **options: Any) -> Any:
    _only(options, "keepdims")
    return _kept(a, a.sum(axis=axis), axis, options)


def _mean(a: Any, axis: Any = None, **options: Any) -> Any:
    _only(options, "keepdims")
    return _kept(a, a.mean(axis=axis), axis, options)


def _kept(a: Any, found: Any, axis: Any, options: dict[str, Any]) -> Any:
    if options.get("keepdims") is not True:
        return found
    axes = a._axes(axis)
    return found.reshape(tuple(1 if i in axes else n for i, n in enumerate(a.shape)))


def _dot(a: Any, b: Any) -> Any:
    return _binary(np.multiply if () in (np.shape(a), np.shape(b)) else np.matmul, a, b)


def _inner(a: Any, b: Any) -> Any:
    if np.ndim(a) > 1 or np.ndim(b) > 1:
        raise ShapeError("np.inner of encrypted arrays takes vectors: @ takes matrices")
    return _dot(a, b)


def _average(a: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    _only(options)
    if weights is None:
        return a.mean(axis)
    if np.shape(weights) != a.shape:
        raise ShapeError(f"weights of the shape {np.shape(weights)} for an array of {a.shape}")
    return (a * weights).sum(axis) / np.sum(weights, axis=axis)


def _concatenate(arrays: Any, axis: Any = 0, **options: Any) -> Any:
    _only(options)
    given = list(arrays)
    if not all(isinstance(a, Protocols) for a in given):
        raise TypeError("encrypted and plain arrays are not joined: encrypt the plain one first")
    return joined(given, axis) if axis is not None else joined([a.ravel() for a in given], 0)


_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: lambda a, axis=None, dtype=None, out=None, **options: _sum(a, axis, dtype=dtype, out=out, **options),
    np.mean: lambda a, axis=None, dtype=None, out=None, **options: _mean(a, axis, dtype=dtype, out=out, **options),
    np.average: _average,
    np.dot: _dot,
    np.inner: _inner,
    np.vdot: _inner,
    np.transpose: lambda a, axes=None: a.transpose(axes),
    np.reshape: lambda a, shape: a.reshape(shape),
    np.ravel: lambda a: a.ravel(),
    np.concatenate: _concatenate,
    np.hstack: lambda tup: _concatenate(tup, 0 if np.ndim(tup[0]) == 1 else 1),
    np.vstack: lambda tup: _concatenate([a.reshape(1, -1) if a.ndim == 1 else a for a in tup]),
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
}
