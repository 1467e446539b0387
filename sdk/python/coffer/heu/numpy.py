"""`heu.numpy`: arrays of up to two dimensions."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from coffer import _wide
from coffer.heu import _scalars as scalars
from coffer.heu import phe
from coffer.heu._keys import PublicKey, SecretKey, pack, unpack
from coffer.heu._scalars import Ciphertext, clear, residues
from coffer.heu._values import PheRuntimeError, Plaintext

Objects = npt.NDArray[np.object_]
Self = TypeVar("Self", bound="_Array")


class Shape(tuple[int, ...]):
    """Lengths of dimensions."""

    def __new__(cls, *lengths: Any) -> Shape:
        given = lengths[0] if len(lengths) == 1 and not isinstance(lengths[0], int) else lengths
        return super().__new__(cls, given)

    def __repr__(self) -> str:
        return f"Shape{self}"

    def __str__(self) -> str:
        return f"({','.join(map(str, self))})"


class _Array:
    """Elements in an array of objects: ints, or the bytes of ciphertexts."""

    def __init__(self, items: Objects) -> None:
        if items.ndim > 2:
            raise PheRuntimeError(f"an array of {items.ndim} dimensions; at most two are taken")
        self.items = items

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
        return type(self)(self.items.T)

    def _chosen(self, key: Any) -> Any:
        """Lists in an index choose rows and columns each, not element by element: numpy's ix_."""
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) == 2 and all(isinstance(k, (list, np.ndarray)) for k in keys):
            keys = np.ix_(*(np.asarray(k, dtype=np.intp) for k in keys))
        try:
            return self.items[keys]
        except IndexError as error:
            raise PheRuntimeError(str(error)) from error


class PlaintextArray(_Array):
    """Whole numbers, as they are encrypted."""

    def __str__(self) -> str:
        return str(self.items)

    def __getitem__(self, key: Any) -> PlaintextArray | Plaintext:
        found = self._chosen(key)
        return PlaintextArray(found) if isinstance(found, np.ndarray) else Plaintext(None, found)

    def __setitem__(self, key: Any, value: PlaintextArray | Plaintext) -> None:
        self.items[key] = value.items if isinstance(value, PlaintextArray) else int(value)

    def to_numpy(self, encoder: Any = None) -> npt.NDArray[Any]:
        """Decoded; without an encoder Python's integers."""
        decoder = phe.BigintDecoder() if encoder is None else encoder
        found = [decoder.decode(Plaintext(None, m)) for m in self.items.ravel()]
        if isinstance(decoder, phe.BatchIntegerEncoder):
            return np.array(found, dtype=decoder.dtype).reshape(*self.items.shape, 2)
        return _filled(found, self.items.shape).astype(decoder.dtype)

    def to_bytes(self, bytes_per_int: int, endian: str) -> bytes:
        """Two's complement, the low bytes of each."""
        return b"".join(Plaintext(None, m).to_bytes(bytes_per_int, endian) for m in self.items.ravel())  # type: ignore[arg-type]


class CiphertextArray(_Array):
    """Encrypted numbers."""

    def __str__(self) -> str:
        return str(_filled([int.from_bytes(c, "big") for c in self.items.ravel()], self.items.shape))

    def __getitem__(self, key: Any) -> CiphertextArray | Ciphertext:
        found = self._chosen(key)
        return CiphertextArray(found) if isinstance(found, np.ndarray) else Ciphertext(found)

    def __setitem__(self, key: Any, value: CiphertextArray | Ciphertext) -> None:
        self.items[key] = value.items if isinstance(value, CiphertextArray) else value.data

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        return CiphertextArray.load_from, (self.serialize(),)

    def serialize(self) -> bytes:
        shape = np.array(self.items.shape, dtype=">u4").tobytes()
        return pack(shape, *self.items.ravel().tolist())

    @staticmethod
    def load_from(bytes_buffer: bytes) -> CiphertextArray:
        """What `serialize` wrote. Raises PheRuntimeError."""
        head = int.from_bytes(bytes_buffer[:4], "big")
        shape = tuple(np.frombuffer(bytes_buffer[4 : 4 + head][: head // 4 * 4], ">u4").tolist())
        # Every element has at least its length's four bytes.
        if math.prod(shape) > len(bytes_buffer) // 4:
            raise PheRuntimeError("the bytes are not what was serialized here")
        return CiphertextArray(_filled(unpack(bytes_buffer, 1 + math.prod(shape))[1:], shape))

    @classmethod
    def of(cls, data: bytes, width: int, shape: tuple[int, ...]) -> CiphertextArray:
        return cls(_filled([data[at : at + width] for at in range(0, len(data), width)], shape))

    def joined(self) -> bytes:
        return b"".join(self.items.ravel().tolist())


class Encryptor:
    def __init__(self, key: PublicKey) -> None:
        self._key = key

    @property
    def phe(self) -> scalars.Encryptor:
        return scalars.Encryptor(self._key)

    def encrypt(self, plaintext: Any) -> Any:
        """An array, or one number. Raises PheRuntimeError, which names the element, beyond n / 2."""
        if isinstance(plaintext, Plaintext):
            return self.phe.encrypt(plaintext)
        if not isinstance(plaintext, PlaintextArray):
            raise TypeError(f"{type(plaintext)}: a plaintext or an array of plaintexts is needed")
        native = self._key.native
        data = native.encrypt_residues(residues(self._key, plaintext.items.ravel().tolist()))
        return CiphertextArray.of(data, native.ciphertext_bytes, plaintext.items.shape)


class Decryptor:
    def __init__(self, key: SecretKey) -> None:
        self._key = key

    @property
    def phe(self) -> scalars.Decryptor:
        return scalars.Decryptor(self._key)

    def decrypt(self, ciphertext: Any) -> Any:
        """An array, or one number."""
        if isinstance(ciphertext, Ciphertext):
            return self.phe.decrypt(ciphertext)
        return PlaintextArray(_filled(clear(self._key, ciphertext.joined()), ciphertext.items.shape))

    def decrypt_in_range(self, ciphertext: Any, range_bits: int = 128) -> Any:
        """Raises PheRuntimeError for a magnitude of more bits."""
        if isinstance(ciphertext, Ciphertext):
            return self.phe.decrypt_in_range(ciphertext, range_bits)
        found = self.decrypt(ciphertext)
        for index, m in enumerate(found.items.ravel()):
            if m.bit_length() > range_bits:
                raise PheRuntimeError(f"plaintext {index} has {m.bit_length()} bits, where {range_bits} may be")
        return found


class Evaluator:
    """Operators on arrays of both kinds; shapes are broadcast, a vector beside a matrix as a column."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    @property
    def phe(self) -> scalars.Evaluator:
        return scalars.Evaluator(self._key)

    def add(self, a: Any, b: Any) -> Any:
        if isinstance(a, PlaintextArray) and isinstance(b, PlaintextArray):
            x, y = self._broadcast(a, b)
            return PlaintextArray(_objects(x.items + y.items))
        x, y = self._broadcast(self._encrypted(a), self._encrypted(b))
        return self._made(self._key.native.add(x.joined(), y.joined()), x.items.shape)

    def sub(self, a: Any, b: Any) -> Any:
        return self.add(a, self._negated(b))

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, PlaintextArray) and isinstance(b, PlaintextArray):
            x, y = self._broadcast(a, b)
            return PlaintextArray(_objects(x.items * y.items))
        if isinstance(a, PlaintextArray):
            a, b = b, a
        if not isinstance(a, CiphertextArray) or not isinstance(b, PlaintextArray):
            raise TypeError(f"mul of {type(a)} and {type(b)}: an array of ciphertexts and one of plaintexts are needed")
        x, y = self._broadcast(a, b)
        rows = np.frombuffer(x.joined(), np.uint8).reshape(-1, self._key.native.ciphertext_bytes)
        return self._made(_wide.times(self._key.native, rows, y.items.ravel()).tobytes(), x.items.shape)

    def matmul(self, a: Any, b: Any) -> Any:
        """The matrix product; a vector is a row on the left and a column on the right, and its dimension is dropped."""
        if not a.ndim or not b.ndim or a.items.shape[-1] != b.items.shape[0]:
            raise PheRuntimeError(f"dimension mismatch for matmul, x-shape={a.shape}, y-shape={b.shape}")
        shape = a.items.shape[:-1] + b.items.shape[1:]
        if isinstance(a, PlaintextArray) and isinstance(b, PlaintextArray):
            return PlaintextArray(_objects(a.items @ b.items))
        native, inner = self._key.native, a.items.shape[-1]
        columns = b.items.shape[1] if b.ndim == 2 else 1
        if isinstance(a, CiphertextArray) and isinstance(b, PlaintextArray):
            table, factors = a.joined(), b.items.ravel()
            data = _wide.product(native, factors, lambda w: native.matrix_product(table, inner, w, columns))
        elif isinstance(a, PlaintextArray) and isinstance(b, CiphertextArray):
            table, factors = b.joined(), a.items.ravel()
            data = _wide.product(native, factors, lambda w: native.plaintext_product(w, table, columns))
        else:
            raise TypeError(f"matmul of {type(a)} and {type(b)}: one has to be plain")
        return self._made(data, shape)

    def sum(self, a: Any) -> Any:
        """One number: the sum of all."""
        if isinstance(a, PlaintextArray):
            return Plaintext(None, int(a.items.sum()))
        return Ciphertext(self._key.native.sum_columns(a.joined(), 1))

    def select_sum(self, a: Any, indices: Any) -> Any:
        """The sum of a[indices]."""
        chosen = a[indices]
        return self.sum(chosen) if isinstance(chosen, _Array) else chosen

    def batch_select_sum(self, a: Any, indices_list: Sequence[Any]) -> Any:
        """The sums of a[indices] for each of the indices."""
        sums = [self.select_sum(a, indices) for indices in indices_list]
        if isinstance(a, PlaintextArray):
            return PlaintextArray(_filled([int(s) for s in sums], (len(sums),)))
        return CiphertextArray(_filled([s.data for s in sums], (len(sums),)))

    def _made(self, data: bytes, shape: tuple[int, ...]) -> CiphertextArray:
        return CiphertextArray.of(data, self._key.native.ciphertext_bytes, shape)

    def _encrypted(self, a: Any) -> CiphertextArray:
        if isinstance(a, CiphertextArray):
            return a
        if not isinstance(a, PlaintextArray):
            raise TypeError(f"{type(a)}: an array of ciphertexts or of plaintexts is needed")
        return self._made(self._key.native.embed_residues(residues(self._key, a.items.ravel().tolist())), a.items.shape)

    def _negated(self, a: Any) -> Any:
        if isinstance(a, CiphertextArray):
            return self._made(self._key.native.negate(a.joined()), a.items.shape)
        return PlaintextArray(_objects(-a.items))

    def _broadcast(self, a: Any, b: Any) -> tuple[Any, Any]:
        # A vector beside a matrix is a column, as in HEU and unlike in numpy.
        x, y = (v.items[:, np.newaxis] if (v.ndim, w.ndim) == (1, 2) else v.items for v, w in ((a, b), (b, a)))
        try:
            x, y = np.broadcast_arrays(x, y)
        except ValueError as error:
            raise PheRuntimeError(f"shapes {a.shape} and {b.shape} do not fit") from error
        return type(a)(x), type(b)(y)


class _ArrayKit:
    """What both kits have beside what `heu.phe`'s have."""

    def __init__(self, kit: scalars.DestinationHeKit) -> None:
        self._kit = kit

    def __getattr__(self, name: str) -> Any:
        # Keys, schema, plaintexts and encoders are the scalar kit's; the parties are not.
        if name.startswith("_") or name in ("decryptor", "encryptor", "evaluator"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._kit, name)

    def array(self, object: Any, encoder: Any = None) -> PlaintextArray:
        """Encodes numbers; an encoder, or the parameters of one."""
        found = encoder.instance(self._kit.get_schema()) if hasattr(encoder, "instance") else encoder
        return array(object, self._kit.bigint_encoder() if found is None else found)

    def encryptor(self) -> Encryptor:
        return Encryptor(self._kit.public_key())

    def evaluator(self) -> Evaluator:
        return Evaluator(self._kit.public_key())


class DestinationHeKit(_ArrayKit):
    """The side that has a public key alone. It has no decryptor."""


class HeKit(_ArrayKit):
    """The side that made the key."""

    def __init__(self, kit: scalars.HeKit) -> None:
        super().__init__(kit)
        self._secret = kit.secret_key()

    def decryptor(self) -> Decryptor:
        return Decryptor(self._secret)


def setup(*arguments: Any) -> Any:
    """As `phe.setup`, for arrays."""
    kit = scalars.setup(*arguments)
    return HeKit(kit) if isinstance(kit, scalars.HeKit) else DestinationHeKit(kit)


def array(object: Any, encoder: Any) -> PlaintextArray:
    """Encodes numbers, in an array, a sequence or by themselves; the last dimension of pairs for a batch encoder."""
    given = np.asarray(object)
    if given.dtype.kind not in "biufO":
        raise PheRuntimeError(f"Unsupported numpy ndarray with dtype {given.dtype}")
    if isinstance(encoder, phe.BatchIntegerEncoder):
        if given.ndim == 0 or given.shape[-1] != 2:
            raise PheRuntimeError("a batch encoder takes pairs")
        made = [int(encoder.encode(*pair)) for pair in given.reshape(-1, 2).tolist()]
        return PlaintextArray(_filled(made, given.shape[:-1]))
    # A whole number's encoder drops fractions in an array.
    encode: Callable[[Any], Plaintext] = encoder.encode
    whole = isinstance(encoder, phe.BigintEncoder)
    return PlaintextArray(_filled([int(encode(int(v) if whole else v)) for v in given.ravel().tolist()], given.shape))


class random:
    """Arrays of random plaintexts, from the operating system."""

    @staticmethod
    def randint(min: Plaintext, max: Plaintext, shape: Any) -> PlaintextArray:
        """Each in min <= m < max."""
        return _random(lambda: int(min) + secrets.randbelow(int(max) - int(min)), shape)

    @staticmethod
    def randbits(schema: Any, bits: int, shape: Any) -> PlaintextArray:
        """Each of at most so many bits."""
        return _random(lambda: secrets.randbits(bits), shape)


def _random(draw: Callable[[], int], shape: Any) -> PlaintextArray:
    lengths = tuple(shape)
    return PlaintextArray(_filled([draw() for _ in range(math.prod(lengths))], lengths))


def _filled(items: Sequence[Any], shape: tuple[int, ...]) -> Objects:
    made = np.empty(len(items), dtype=object)
    made[:] = list(items)
    return made.reshape(shape)


def _objects(value: Any) -> Objects:
    """numpy turns a result without dimensions into a bare element."""
    return value if isinstance(value, np.ndarray) else _filled([value], ())
