"""`heu.numpy`: arrays of up to two dimensions."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from coffer import _numbers, _wide
from coffer.errors import MissingValueError
from coffer.heu import _buckets as buckets
from coffer.heu import _scalars as scalars
from coffer.heu import phe
from coffer.heu._arrays import Array, CiphertextArray, Objects, PlaintextArray, StringArray, filled
from coffer.heu._arrays import MatrixSerializeFormat as MatrixSerializeFormat
from coffer.heu._arrays import Shape as Shape
from coffer.heu._keys import PublicKey, SecretKey
from coffer.heu._scalars import Ciphertext, bound_public
from coffer.heu._state import State, encrypted
from coffer.heu._trees import tree_predict as tree_predict
from coffer.heu._trees import tree_predict_with_indices as tree_predict_with_indices
from coffer.heu._values import PheRuntimeError, Plaintext, product_scale, same_scale, whole


class Encryptor:
    def __init__(self, key: PublicKey) -> None:
        self._key = key

    @property
    def phe(self) -> scalars.Encryptor:
        return scalars.Encryptor(self._key)

    def encrypt(self, plaintext: Any) -> Any:
        """An array, or one number. Raises PheRuntimeError, which names the element, beyond the key's bound."""
        if isinstance(plaintext, Plaintext):
            return self.phe.encrypt(plaintext)
        if not isinstance(plaintext, PlaintextArray):
            raise TypeError(f"{type(plaintext)}: a plaintext or an array of plaintexts is needed")
        native, numbers = self._key.native, plaintext.items.ravel().tolist()
        data = self._key.encrypt(numbers)
        state = encrypted(self._key, numbers, plaintext.scale)
        return CiphertextArray.of(data, native.ciphertext_bytes, plaintext.shape, state)

    def encrypt_with_audit(self, plaintext: Any) -> tuple[Any, Any]:
        """And of each element what shows that it was encrypted so: an array of texts. See `phe.Encryptor`'s."""
        if isinstance(plaintext, Plaintext):
            return self.phe.encrypt_with_audit(plaintext)
        made = self.encrypt(plaintext)
        texts = scalars.audits(self._key, plaintext.items.ravel().tolist(), made.items.tobytes(), made.state)
        return made, StringArray(filled(texts, plaintext.shape))


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
        if not isinstance(ciphertext, CiphertextArray):
            raise TypeError(f"{type(ciphertext)}: a ciphertext or an array of ciphertexts is needed")
        found = self._key.decrypt(ciphertext.under(bound_public(self._key)))
        ciphertext.state.check(found)
        return PlaintextArray(filled(found, ciphertext.shape), ciphertext.state.scale)

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
            return PlaintextArray(_objects(x.items + y.items), same_scale(a.scale, b.scale))
        x, y = self._broadcast(self._encrypted(a), self._encrypted(b))
        left, right = x.under(self._key), y.under(self._key)
        state = x.state.plus(y.state, self._key)
        return self._made(self._key.native.add(left, right), x.shape, state)

    def sub(self, a: Any, b: Any) -> Any:
        return self.add(a, self._negated(b))

    def mul(self, a: Any, b: Any) -> Any:
        if isinstance(a, PlaintextArray) and isinstance(b, PlaintextArray):
            x, y = self._broadcast(a, b)
            return PlaintextArray(_objects(x.items * y.items), product_scale(a.scale, b.scale))
        if isinstance(a, PlaintextArray):
            a, b = b, a
        if not isinstance(a, CiphertextArray) or not isinstance(b, PlaintextArray):
            raise TypeError(f"mul of {type(a)} and {type(b)}: an array of ciphertexts and one of plaintexts are needed")
        x, y = self._broadcast(a, b)
        rows = np.frombuffer(x.under(self._key), np.uint8).reshape(-1, self._key.native.ciphertext_bytes)
        state = x.state.times(b.scale, _largest(b.items), self._key)
        return self._made(_wide.times(self._key.native, rows, y.items.ravel()).tobytes(), x.shape, state)

    def matmul(self, a: Any, b: Any) -> Any:
        """The matrix product; a vector is a row on the left and a column on the right, and its dimension is dropped."""
        if not a.ndim or not b.ndim or a.shape[-1] != b.shape[0]:
            raise PheRuntimeError(f"dimension mismatch for matmul, x-shape={a.shape}, y-shape={b.shape}")
        shape = a.shape[:-1] + b.shape[1:]
        if isinstance(a, PlaintextArray) and isinstance(b, PlaintextArray):
            return PlaintextArray(_objects(a.items @ b.items), product_scale(a.scale, b.scale))
        native, inner = self._key.native, a.shape[-1]
        columns = b.shape[1] if b.ndim == 2 else 1
        if isinstance(a, CiphertextArray) and isinstance(b, PlaintextArray):
            table, factors = a.under(self._key), b.items.ravel()
            state = a.state.times(b.scale, _largest(np.abs(b.items).sum(axis=0)), self._key)
            data = _wide.product(native, factors, lambda w: native.matrix_product(table, inner, w, columns))
        elif isinstance(a, PlaintextArray) and isinstance(b, CiphertextArray):
            table, factors = b.under(self._key), a.items.ravel()
            state = b.state.times(a.scale, _largest(np.abs(a.items).sum(axis=-1)), self._key)
            data = _wide.product(native, factors, lambda w: native.plaintext_product(w, table, columns))
        else:
            raise TypeError(f"matmul of {type(a)} and {type(b)}: one has to be plain")
        return self._made(data, shape, state)

    def sum(self, a: Any) -> Any:
        """One number: the sum of all."""
        if isinstance(a, PlaintextArray):
            return Plaintext(None, int(a.items.sum()), a.scale)
        data = a.under(self._key)
        if not a.size:
            # Of nothing, as in HEU; without an obfuscator, which has nothing to hide.
            return Ciphertext(self._key.embed([0]), a.state)
        return Ciphertext(self._key.native.sum_columns(data, 1), a.state.times(None, a.size, self._key))

    def select_sum(self, a: Any, indices: Any) -> Any:
        """The sum of a[indices]."""
        chosen = a[indices]
        return self.sum(chosen) if isinstance(chosen, Array) else chosen

    def batch_select_sum(self, a: Any, indices_list: Sequence[Any]) -> Any:
        """The sums of a[indices] for each of the indices."""
        sums = [self.select_sum(a, indices) for indices in indices_list]
        if isinstance(a, PlaintextArray):
            return PlaintextArray(filled([int(s) for s in sums], (len(sums),)), a.scale)
        return CiphertextArray.joined(sums, a.state)

    def feature_wise_bucket_sum(
        self, x: Any, subgroup_map: Any, order_map: Any, bucket_num: int, cumsum: bool = False
    ) -> Any:
        """Sums of x's rows: of those that subgroup_map marks, by what order_map, a column a feature, says of each.

        One row for each bucket of the first feature, then of the second, and so on; with cumsum each holds the ones
        before, too. Empty ones are 0, and not obfuscated. Raises PheRuntimeError for a bucket that there is not.
        """
        order = np.asarray(order_map, dtype=np.intp)
        chosen = np.flatnonzero(np.asarray(subgroup_map) > 0)
        if x.ndim != 2 or order.ndim != 2 or len(order) != x.rows or len(np.ravel(subgroup_map)) != x.rows:
            raise PheRuntimeError(f"maps of other lengths than the {x.rows} rows, or an array of {x.ndim} dimensions")
        if len(order) and not 0 <= order.min() <= order.max() < bucket_num:
            raise PheRuntimeError(f"bucket {order.max()} of {bucket_num}, or a negative one")
        places = order[chosen] + bucket_num * np.arange(order.shape[1])
        return buckets.sums(
            self._key, x, np.repeat(chosen, order.shape[1]), places.ravel(), order.shape[1], bucket_num, cumsum
        )

    def batch_feature_wise_bucket_sum(
        self, x: Any, subgroup_map: Sequence[Any], order_map: Any, bucket_num: int, cumsum: bool = False
    ) -> list[Any]:
        """The same for each of several subgroups."""
        return [self.feature_wise_bucket_sum(x, one, order_map, bucket_num, cumsum) for one in subgroup_map]

    def _made(self, data: bytes, shape: tuple[int, ...], state: State) -> CiphertextArray:
        return CiphertextArray.of(data, self._key.native.ciphertext_bytes, shape, state)

    def _encrypted(self, a: Any) -> CiphertextArray:
        if isinstance(a, CiphertextArray):
            return a
        if not isinstance(a, PlaintextArray):
            raise TypeError(f"{type(a)}: an array of ciphertexts or of plaintexts is needed")
        numbers = a.items.ravel().tolist()
        state = encrypted(self._key, numbers, a.scale, secret=False)
        return self._made(self._key.embed(numbers), a.shape, state)

    def _negated(self, a: Any) -> Any:
        if isinstance(a, CiphertextArray):
            data = self._key.native.negate(a.under(self._key))
            return self._made(data, a.shape, a.state)
        return a._like(_objects(-a.items))

    def _broadcast(self, a: Any, b: Any) -> tuple[Any, Any]:
        # A vector beside a matrix is a column, as in HEU and unlike in numpy.
        x, y = (v.as_column() if (v.ndim, w.ndim) == (1, 2) else v for v, w in ((a, b), (b, a)))
        try:
            shape = np.broadcast_shapes(x.shape, y.shape)
        except ValueError as error:
            raise PheRuntimeError(f"shapes {a.shape} and {b.shape} do not fit") from error
        return x.spread(shape), y.spread(shape)


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
    """Encodes numbers, in an array, a sequence or by themselves; the last dimension of pairs for a batch encoder.

    Raises PheRuntimeError, which names the element, for a fraction that an encoder of whole numbers would drop, as
    HEU's does: a float encoder takes it.
    """
    try:
        given = _numbers.array(object)
    except (TypeError, MissingValueError) as error:
        raise PheRuntimeError(str(error)) from error
    if isinstance(encoder, phe.BatchIntegerEncoder):
        if given.ndim == 0 or given.shape[-1] != 2:
            raise PheRuntimeError("a batch encoder takes pairs")
        made = [int(encoder.encode(*pair)) for pair in given.reshape(-1, 2).tolist()]
        return PlaintextArray(filled(made, given.shape[:-1]), encoder.scale)
    if isinstance(encoder, phe.BigintEncoder):
        return PlaintextArray(filled([_at(whole, i, v) for i, v in enumerate(given.ravel().tolist())], given.shape), 1)
    if isinstance(encoder, phe.FloatEncoder) and given.dtype == np.float64:
        return PlaintextArray(filled(encoder.encode_all(given.ravel()), given.shape), encoder.scale)
    encoded = [int(_at(encoder.encode, i, v)) for i, v in enumerate(given.ravel().tolist())]
    return PlaintextArray(filled(encoded, given.shape), encoder.scale)


def _at(encode: Callable[[Any], Any], index: int, value: Any) -> Any:
    try:
        return encode(value)
    except PheRuntimeError as error:
        raise PheRuntimeError(f"element {index}: {error}") from error


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
    return PlaintextArray(filled([draw() for _ in range(math.prod(lengths))], lengths))


def _largest(items: Any) -> int:
    return max((abs(int(m)) for m in np.ravel(items)), default=0)


def _objects(value: Any) -> Objects:
    """numpy turns a result without dimensions into a bare element."""
    return value if isinstance(value, np.ndarray) else filled([value], ())
