"""Arrays of plain and of encrypted numbers, of up to two dimensions."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from coffer.heu import _scalars as scalars
from coffer.heu import _wire, phe
from coffer.heu._keys import PublicKey, pack, unpack
from coffer.heu._scalars import Ciphertext
from coffer.heu._state import State
from coffer.heu._values import PheRuntimeError, Plaintext, same_scale, whole

Objects = npt.NDArray[np.object_]
Self = TypeVar("Self", bound="Array")


class Shape(tuple[int, ...]):
    """Lengths of dimensions."""

    def __new__(cls, *lengths: Any) -> Shape:
        given = lengths[0] if len(lengths) == 1 and not isinstance(lengths[0], int) else lengths
        return super().__new__(cls, given)

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return Shape(found) if isinstance(found, tuple) else found

    def __repr__(self) -> str:
        return f"Shape{self}"

    def __str__(self) -> str:
        return f"({','.join(map(str, self))})"


class Array:
    """Elements: Python's integers, or the bytes of ciphertexts in one more dimension."""

    # Dimensions of one element.
    _inner: ClassVar[int] = 0

    def __init__(self, items: npt.NDArray[Any]) -> None:
        if items.ndim - self._inner > 2:
            raise PheRuntimeError(f"an array of {items.ndim - self._inner} dimensions; at most two are taken")
        self.items = items

    # numpy leaves operators alone: an evaluator has them.
    __array_ufunc__ = None

    def __array__(self, *arguments: Any, **options: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is no array of numpy's: an evaluator computes, to_numpy() decodes")

    def _like(self: Self, items: npt.NDArray[Any]) -> Self:
        """Others of the same kind."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        return Shape(self.items.shape[: self.ndim])

    @property
    def ndim(self) -> int:
        return self.items.ndim - self._inner

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def rows(self) -> int:
        return self.items.shape[0] if self.ndim else 1

    @property
    def cols(self) -> int:
        return self.items.shape[1] if self.ndim == 2 else 1

    def transpose(self: Self) -> Self:
        if self.ndim != 2:
            raise PheRuntimeError(f"an array of {self.ndim} dimensions is not transposed")
        return self._like(np.swapaxes(self.items, 0, 1))

    def as_column(self: Self) -> Self:
        """A vector as a matrix of one column."""
        return self._like(self.items[:, np.newaxis])

    def spread(self: Self, shape: tuple[int, ...]) -> Self:
        """Broadcast."""
        return self._like(np.broadcast_to(self.items, shape + self.items.shape[self.ndim :]))

    def _places(self, key: Any) -> Any:
        """Of the elements that an index means. Lists in it choose rows and columns each, not element by element:
        numpy's ix_. A tuple of fewer than two is a list of rows, in it as by itself."""
        keys = key if isinstance(key, tuple) and len(key) > 1 else (key,)
        keys = tuple(np.asarray(k, dtype=np.intp) if isinstance(k, (tuple, list)) else k for k in keys)
        if len(keys) == 2 and all(isinstance(k, np.ndarray) for k in keys):
            keys = np.ix_(*keys)
        try:
            return np.arange(self.size).reshape(self.shape)[keys]
        except IndexError as error:
            raise PheRuntimeError(str(error)) from error

    def _flat(self) -> npt.NDArray[Any]:
        """One element after the other."""
        return self.items.reshape(self.size, *self.items.shape[self.ndim :])


class PlaintextArray(Array):
    """Whole numbers, as they are encrypted; with the scale of the encoder that made them, if one did."""

    def __init__(self, items: Objects, scale: int | None = None) -> None:
        super().__init__(items)
        self.scale = scale

    def _like(self, items: Objects) -> PlaintextArray:
        return PlaintextArray(items, self.scale)

    def __str__(self) -> str:
        return str(self.items)

    def serialize(self, format: MatrixSerializeFormat | None = None) -> bytes:
        """As HEU has it, which knows no scale here. Raises PheRuntimeError for another format than its own."""
        own_format(format)
        return to_wire(self.shape, [_wire.pack_number(int(m)) for m in self._flat()])

    @staticmethod
    def load_from(bytes_buffer: bytes, format: MatrixSerializeFormat | None = None) -> PlaintextArray:
        """What `serialize`, or HEU's, wrote. Raises PheRuntimeError."""
        own_format(format)
        shape, items = from_wire(bytes_buffer)
        return PlaintextArray(filled([_wire.unpack_number(item) for item in items], shape))

    def __getitem__(self, key: Any) -> PlaintextArray | Plaintext:
        places = self._places(key)
        found = self._flat()[places]
        return self._like(found) if isinstance(places, np.ndarray) else Plaintext(None, found, self.scale)

    def __setitem__(self, key: Any, value: PlaintextArray | Plaintext) -> None:
        self.scale = same_scale(self.scale, getattr(value, "scale", None))
        self.items[key] = value.items if isinstance(value, PlaintextArray) else whole(value)

    def to_numpy(self, encoder: Any = None) -> npt.NDArray[Any]:
        """Decoded; without an encoder Python's integers. Raises PheRuntimeError where the encoder is not of the scale,
        and for what does not fit its type."""
        decoder = phe.BigintDecoder() if encoder is None else encoder
        decoder.fits(self.scale)
        if isinstance(decoder, phe.FloatEncoder):
            return decoder.decode_all(self.items.ravel().tolist()).reshape(self.items.shape)
        found = [decoder.decode(Plaintext(None, m)) for m in self.items.ravel()]
        pairs = isinstance(decoder, phe.BatchIntegerEncoder)
        if np.dtype(decoder.dtype).kind == "i":
            bounds, flat = np.iinfo(decoder.dtype), np.ravel(filled(found, (len(found),)))
            numbers = [n for pair in flat for n in pair] if pairs else flat
            index = next((i for i, n in enumerate(numbers) if not bounds.min <= n <= bounds.max), None)
            if index is not None:
                raise PheRuntimeError(f"plaintext {index} does not fit {np.dtype(decoder.dtype)}: decode to Python's")
        if pairs:
            return np.array(found, dtype=decoder.dtype).reshape(*self.items.shape, 2)
        return filled(found, self.items.shape).astype(decoder.dtype)

    def to_bytes(self, bytes_per_int: int, endian: str) -> bytes:
        """Two's complement, the low bytes of each."""
        return b"".join(Plaintext(None, m).to_bytes(bytes_per_int, endian) for m in self.items.ravel())  # type: ignore[arg-type]


class StringArray(Array):
    """Texts, of `encrypt_with_audit`."""

    def _like(self, items: Objects) -> StringArray:
        return StringArray(items)

    def __getitem__(self, key: Any) -> Any:
        found = self._flat()[self._places(key)]
        return self._like(found) if isinstance(found, np.ndarray) else found


class CiphertextArray(Array):
    """Encrypted numbers, big-endian bytes in a last dimension, and what is public of all of them."""

    _inner = 1

    def __init__(self, items: npt.NDArray[np.uint8], state: State | None = None) -> None:
        super().__init__(items)
        self.state = State() if state is None else state

    def _like(self, items: npt.NDArray[Any]) -> CiphertextArray:
        return CiphertextArray(items, self.state)

    def __str__(self) -> str:
        return str(filled([int.from_bytes(c.tobytes(), "big") for c in self._flat()], self.shape))

    def __getitem__(self, key: Any) -> CiphertextArray | Ciphertext:
        places = self._places(key)
        found = self._flat()[places]
        return self._like(found) if isinstance(places, np.ndarray) else Ciphertext(found.tobytes(), self.state)

    def __setitem__(self, key: Any, value: CiphertextArray | Ciphertext) -> None:
        state = self.state.beside(value.state)
        whole = isinstance(value, CiphertextArray)
        rows = value.items if whole else np.frombuffer(value.data, np.uint8)  # type: ignore[union-attr]
        if rows.shape[-1] != self.items.shape[-1]:
            raise PheRuntimeError("a ciphertext under another key")
        # What came out of a computation is not written to: others may share it.
        changed = np.array(self._flat())
        changed[self._places(key)] = rows
        self.items, self.state = changed.reshape(self.items.shape), state

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        shape = np.array(self.shape, dtype=">u4").tobytes()
        foreign = bytes([self.state.schema if self.state.foreign else 0])
        return load_array, (pack(foreign, shape, *self.state.serialize(), self.items.tobytes()),)

    def serialize(self, format: MatrixSerializeFormat | None = None) -> bytes:
        """As HEU has it; scale and bound, which it does not know, go along with the first element. Raises
        PheRuntimeError for another format than its own, and where the key is not known."""
        own_format(format)
        numbers = self.state.abroad(self.items.tobytes(), self.items.shape[-1])
        return to_wire(self.shape, [scalars.to_wire(c, self.state, not i) for i, c in enumerate(numbers)])

    @staticmethod
    def load_from(bytes_buffer: bytes, format: MatrixSerializeFormat | None = None) -> CiphertextArray:
        """What `serialize`, or HEU's, wrote; checked when it meets its key. Raises PheRuntimeError."""
        own_format(format)
        shape, items = from_wire(bytes_buffer)
        found = [scalars.from_wire(item) for item in items]
        if not found:
            raise PheRuntimeError("an array of no ciphertexts has no key")
        width = max(-(-max(number, 1).bit_length() // 8) for number, _ in found)
        data = b"".join(number.to_bytes(width, "big") for number, _ in found)
        state = found[0][1]
        if any(one.schema != state.schema for _, one in found):
            raise _wire.wrong()
        return CiphertextArray.of(data, width, shape, state)

    @classmethod
    def of(cls, data: bytes, width: int, shape: tuple[int, ...], state: State) -> CiphertextArray:
        return cls(np.frombuffer(data, np.uint8).reshape(*shape, width), state)

    @classmethod
    def joined(cls, ciphertexts: Sequence[Ciphertext], state: State) -> CiphertextArray:
        """A vector of them, at least one."""
        if not ciphertexts:
            raise PheRuntimeError("an array of no ciphertexts has no key")
        for one in ciphertexts:
            state = state.beside(one.state)
        data = b"".join(one.data for one in ciphertexts)
        return cls.of(data, len(ciphertexts[0].data), (len(ciphertexts),), state)

    def under(self, key: PublicKey) -> bytes:
        """The bytes of all, for a computation. Raises as `State.under`."""
        width, given = key.native.ciphertext_bytes, self.items.shape[-1]
        data = self.state.at_home(key, self.items.tobytes(), given)
        self.items = np.frombuffer(data, np.uint8).reshape(*self.shape, width)
        self.state = self.state.under(key, data)
        return data


def load_array(data: bytes) -> CiphertextArray:
    """What a pickled CiphertextArray becomes; checked when it meets its key. Raises PheRuntimeError."""
    foreign, head, key, scale, bound, rows = unpack(data, 6)
    shape = tuple(np.frombuffer(head[: len(head) // 4 * 4], ">u4").tolist())
    size = math.prod(shape)
    if len(head) % 4 or len(shape) > 2 or not size or len(rows) % size or not rows:
        raise _wire.wrong()
    state = scalars.abroad_again(State.load(key, scale, bound), foreign)
    return CiphertextArray.of(rows, len(rows) // size, shape, state)


class MatrixSerializeFormat(enum.Enum):
    """HEU's formats of arrays; the interconnection protocol's is not here."""

    Best = 0
    Interconnection = 1


def own_format(format: MatrixSerializeFormat | None) -> None:
    if format is MatrixSerializeFormat.Interconnection:
        raise PheRuntimeError("arrays are not serialized for the interconnection protocol here")


def to_wire(shape: Sequence[int], items: list[bytes]) -> bytes:
    """Rows, columns, dimensions, and the elements column by column."""
    rows, columns = (*shape, 1, 1)[:2]
    order = np.arange(len(items)).reshape(rows, columns).ravel(order="F")
    return _wire.pack([rows, columns, len(shape), [items[i] for i in order]], None)


def from_wire(data: bytes) -> tuple[tuple[int, ...], list[bytes]]:
    """The shape, and the elements row by row. Raises PheRuntimeError."""
    found = _wire.unpack(data, None)
    sizes = [item for item in found[:3] if isinstance(item, int)]
    listed = found[3] if len(found) == 4 and isinstance(found[3], list) else []
    items = [item for item in listed if isinstance(item, bytes)]
    if len(found) != 4 or len(sizes) != 3 or len(items) != len(listed):
        raise _wire.wrong()
    rows, columns, dimensions = sizes
    possible = (dimensions == 2) or (dimensions == 1 and columns == 1) or (dimensions == 0 and rows == columns == 1)
    if not possible or rows * columns != len(items):
        raise _wire.wrong()
    order = np.arange(len(items)).reshape(columns, rows).T.ravel()
    return (rows, columns)[:dimensions], [items[i] for i in order]


def filled(items: Sequence[Any], shape: tuple[int, ...]) -> Objects:
    made = np.empty(len(items), dtype=object)
    made[:] = list(items)
    return made.reshape(shape)
