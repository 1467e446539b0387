"""Arrays of plain and of encrypted numbers, of up to two dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from coffer.heu import phe
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
        numpy's ix_."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) == 2 and all(isinstance(k, (list, np.ndarray)) for k in keys):
            keys = np.ix_(*(np.asarray(k, dtype=np.intp) for k in keys))
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
        return CiphertextArray.load_from, (self.serialize(),)

    def serialize(self) -> bytes:
        shape = np.array(self.shape, dtype=">u4").tobytes()
        return pack(shape, *self.state.serialize(), self.items.tobytes())

    @staticmethod
    def load_from(bytes_buffer: bytes) -> CiphertextArray:
        """What `serialize` wrote; checked when it meets its key. Raises PheRuntimeError."""
        head, key, scale, bound, data = unpack(bytes_buffer, 5)
        shape = tuple(np.frombuffer(head[: len(head) // 4 * 4], ">u4").tolist())
        size = math.prod(shape)
        if len(head) % 4 or len(shape) > 2 or not size or len(data) % size or not data:
            raise PheRuntimeError("the bytes are not what was serialized here")
        return CiphertextArray.of(data, len(data) // size, shape, State.load(key, scale, bound))

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
        if self.items.shape[-1] != key.native.ciphertext_bytes:
            raise PheRuntimeError("a ciphertext under another key")
        data = self.items.tobytes()
        self.state = self.state.under(key, data)
        return data


def filled(items: Sequence[Any], shape: tuple[int, ...]) -> Objects:
    made = np.empty(len(items), dtype=object)
    made[:] = list(items)
    return made.reshape(shape)
