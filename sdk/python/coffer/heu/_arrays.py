"""Arrays of plain and of encrypted numbers, of up to two dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar

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
    """Elements in an array of objects: ints, or the bytes of ciphertexts."""

    def __init__(self, items: Objects) -> None:
        if items.ndim > 2:
            raise PheRuntimeError(f"an array of {items.ndim} dimensions; at most two are taken")
        self.items = items

    def _like(self: Self, items: Objects) -> Self:
        """Others of the same kind."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        return Shape(self.items.shape)

    @property
    def ndim(self) -> int:
        return self.items.ndim

    @property
    def size(self) -> int:
        return self.items.size

    @property
    def rows(self) -> int:
        return self.items.shape[0] if self.ndim else 1

    @property
    def cols(self) -> int:
        return self.items.shape[1] if self.ndim == 2 else 1

    def transpose(self: Self) -> Self:
        if self.ndim != 2:
            raise PheRuntimeError(f"an array of {self.ndim} dimensions is not transposed")
        return self._like(self.items.T)

    def _chosen(self, key: Any) -> Any:
        """Lists in an index choose rows and columns each, not element by element: numpy's ix_."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) == 2 and all(isinstance(k, (list, np.ndarray)) for k in keys):
            keys = np.ix_(*(np.asarray(k, dtype=np.intp) for k in keys))
        try:
            return self.items[keys]
        except IndexError as error:
            raise PheRuntimeError(str(error)) from error


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
        found = self._chosen(key)
        return self._like(found) if isinstance(found, np.ndarray) else Plaintext(None, found, self.scale)

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
    """Encrypted numbers, and what is public of all of them."""

    def __init__(self, items: Objects, state: State | None = None) -> None:
        super().__init__(items)
        self.state = State() if state is None else state

    def _like(self, items: Objects) -> CiphertextArray:
        return CiphertextArray(items, self.state)

    def __str__(self) -> str:
        return str(filled([int.from_bytes(c, "big") for c in self.items.ravel()], self.items.shape))

    def __getitem__(self, key: Any) -> CiphertextArray | Ciphertext:
        found = self._chosen(key)
        return self._like(found) if isinstance(found, np.ndarray) else Ciphertext(found, self.state)

    def __setitem__(self, key: Any, value: CiphertextArray | Ciphertext) -> None:
        self.state = self.state.beside(value.state)
        self.items[key] = value.items if isinstance(value, CiphertextArray) else value.data

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return CiphertextArray.load_from, (self.serialize(),)

    def serialize(self) -> bytes:
        shape = np.array(self.items.shape, dtype=">u4").tobytes()
        return pack(shape, *self.state.serialize(), *self.items.ravel().tolist())

    @staticmethod
    def load_from(bytes_buffer: bytes) -> CiphertextArray:
        """What `serialize` wrote; checked when it meets its key. Raises PheRuntimeError."""
        head = int.from_bytes(bytes_buffer[:4], "big")
        shape = tuple(np.frombuffer(bytes_buffer[4 : 4 + head][: head // 4 * 4], ">u4").tolist())
        # Every element has at least its length's four bytes.
        if math.prod(shape) > len(bytes_buffer) // 4:
            raise PheRuntimeError("the bytes are not what was serialized here")
        _, key, scale, bound, *items = unpack(bytes_buffer, 4 + math.prod(shape))
        return CiphertextArray(filled(items, shape), State.load(key, scale, bound))

    @classmethod
    def of(cls, data: bytes, width: int, shape: tuple[int, ...], state: State) -> CiphertextArray:
        return cls(filled([data[at : at + width] for at in range(0, len(data), width)], shape), state)

    def under(self, key: PublicKey) -> bytes:
        """The bytes of all, for a computation. Raises as `State.under`."""
        items = self.items.ravel().tolist()
        if any(len(item) != key.native.ciphertext_bytes for item in items):
            raise PheRuntimeError("a ciphertext under another key")
        data = b"".join(items)
        self.state = self.state.under(key, data)
        return data


def filled(items: Sequence[Any], shape: tuple[int, ...]) -> Objects:
    made = np.empty(len(items), dtype=object)
    made[:] = list(items)
    return made.reshape(shape)
