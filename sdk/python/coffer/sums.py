"""Okamoto-Uchiyama and exponential ElGamal in this process: vectors and tables of encrypted integers that add up.

Under Okamoto-Uchiyama (n = p^2 q of 3072 or 4608 bits) integers are of magnitude below 2^256, under ElGamal
(ristretto255, RFC 9496) below 2^32: a plaintext beyond raises RangeError, and a sum or product that has grown beyond
raises DecryptionRangeError when it is decrypted. Ciphertexts are arrays of bytes, one a row of the last dimension.
ElGamal's decryption searches for the plaintext, and its steps tell whoever watches the caches of this core.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coffer import _integers, _native, _numbers
from coffer.errors import InvalidKeyError, RangeError, ShapeError

Ciphertexts = npt.NDArray[np.uint8]


class PublicKey:
    """Encrypts and computes. Okamoto-Uchiyama: PublicKey(n=..., g=...); ElGamal: PublicKey(h=...), an encoded point.

    Raises InvalidKeyError for numbers that are no key. That n has the form p^2 q of large primes, and that p divides
    the order of g, no check can prove: whoever takes a key trusts its maker.
    """

    def __init__(self, *, n: int | None = None, g: int | None = None, h: bytes | None = None) -> None:
        if h is not None and n is None and g is None:
            self._native = _native.SumPublicKey.elgamal(h)
        elif h is None and n is not None and g is not None and 0 < g < n:
            self._native = _native.SumPublicKey.okamoto_uchiyama(_bytes(n), _bytes(g))
        else:
            raise InvalidKeyError("a key is n and g with 0 < g < n (Okamoto-Uchiyama), or h alone (ElGamal)")

    @property
    def numbers(self) -> dict[str, Any]:
        """What makes the same key again: n and g, or h."""
        found = self._native.numbers
        if len(found) == 1:
            return {"h": found[0]}
        return dict(zip("ng", (int.from_bytes(number, "big") for number in found), strict=True))

    @property
    def capacity(self) -> int:
        """The largest magnitude of a plaintext."""
        return (1 << self._native.plaintext_bits) - 1

    @property
    def ciphertext_bytes(self) -> int:
        return self._native.ciphertext_bytes

    def accept(self, ciphertexts: Ciphertexts) -> Ciphertexts:
        """Checks ciphertexts from outside, as all have to be before they are computed on. Raises CiphertextError, which
        names the element."""
        self._native.accept(self._rows(ciphertexts))
        return ciphertexts

    def encrypt(self, values: Any, *, obfuscate: bool = True) -> Ciphertexts:
        """Encrypts integers. obfuscate=False hides nothing: for plain values that meet encrypted ones."""
        array = _numbers.wholes(_numbers.array(values))
        numbers = [int(value) for value in array.ravel().tolist()]
        index = next((i for i, v in enumerate(numbers) if abs(v) > self.capacity), None)
        if index is not None:
            raise RangeError(f"element {index} is over the key's capacity of {self._native.plaintext_bits} bits", index)
        width = 8 if self.capacity < 1 << 63 else 40
        data = b"".join(number.to_bytes(width, "big", signed=True) for number in numbers)
        return self._shaped(self._native.encrypt(data, width, obfuscate), array.shape)

    def obfuscate(self, a: Ciphertexts) -> Ciphertexts:
        """Other ciphertexts of the same plaintexts, unlinkable to these."""
        return self._shaped(self._native.obfuscate(self._rows(a)), a.shape[:-1])

    def add(self, a: Ciphertexts, b: Ciphertexts) -> Ciphertexts:
        if a.shape != b.shape:
            raise ShapeError(f"summands of the shapes {a.shape[:-1]} and {b.shape[:-1]}")
        return self._shaped(self._native.add(self._rows(a), self._rows(b)), a.shape[:-1])

    def multiply(self, a: Ciphertexts, factors: Any) -> Ciphertexts:
        """Times plain integers of 64 bits: one for all, or what numpy spreads over them."""
        words = np.broadcast_to(_words(factors), a.shape[:-1])
        return self._shaped(self._native.multiply(self._rows(a), words.astype("<i8").tobytes()), a.shape[:-1])

    def sum(self, table: Ciphertexts, axis: Literal[0, 1]) -> Ciphertexts:
        """The sums of a table's columns (0) or rows (1)."""
        rows, columns = self._table(table)
        if axis == 0:
            return self._shaped(self._native.sum_columns(self._rows(table), columns), (columns,))
        return self._shaped(self._native.sum_rows(self._rows(table), columns), (rows,))

    def matmul(self, table: Ciphertexts, weights: Any) -> Ciphertexts:
        """A table times a plain matrix of integers on its right."""
        rows, columns = self._table(table)
        words = _words(weights)
        if words.ndim != 2 or words.shape[0] != columns:
            raise ShapeError(f"a matrix product of the shapes {(rows, columns)} and {words.shape}")
        data = words.astype("<i8").tobytes()
        found = self._native.matrix_product(self._rows(table), columns, data, words.shape[1])
        return self._shaped(found, (rows, words.shape[1]))

    def _table(self, table: Ciphertexts) -> tuple[int, int]:
        if table.ndim != 3:
            raise ShapeError("a table of ciphertexts has three dimensions, the last of which is a ciphertext's bytes")
        return table.shape[0], table.shape[1]

    def _rows(self, ciphertexts: Ciphertexts) -> bytes:
        width = self.ciphertext_bytes
        if ciphertexts.dtype != np.uint8 or not ciphertexts.ndim or ciphertexts.shape[-1] != width:
            raise ShapeError(f"ciphertexts are an array of bytes, the last dimension of {width}")
        return ciphertexts.tobytes()

    def _shaped(self, data: bytes, shape: tuple[int, ...]) -> Ciphertexts:
        return np.frombuffer(data, np.uint8).reshape(*shape, self.ciphertext_bytes)


class PrivateKey:
    """Decrypts. Okamoto-Uchiyama: PrivateKey(public, p=..., q=...), whose primes are tested; ElGamal:
    PrivateKey(public, x=...). Raises InvalidKeyError where they are not the public key's."""

    def __init__(
        self, public: PublicKey, *, p: int | None = None, q: int | None = None, x: bytes | None = None
    ) -> None:
        self.public = public
        if x is not None and p is None and q is None:
            self._native = _native.SumPrivateKey.elgamal(x)
            if public.numbers != {"h": self._native.point}:
                raise InvalidKeyError("x is not this public key's")
        elif x is None and p is not None and q is not None and min(p, q) > 0:
            self._native = _native.SumPrivateKey.okamoto_uchiyama(public._native, _bytes(p), _bytes(q))
        else:
            raise InvalidKeyError("a private key is p and q (Okamoto-Uchiyama), or x (ElGamal)")

    @property
    def secrets(self) -> dict[str, Any]:
        """p and q, or x, as objects that Python does not wipe: for storing a key, not for every day."""
        found = self._native.secrets
        if len(found) == 1:
            return {"x": found[0]}
        return dict(zip("pq", (int.from_bytes(number, "big") for number in found), strict=True))

    def decrypt(self, ciphertexts: Ciphertexts) -> npt.NDArray[np.object_]:
        """Python's integers. Raises CiphertextError for what is no ciphertext, DecryptionRangeError for what has grown
        beyond the capacity; both name the element."""
        data, width = self._native.decrypt(self.public._rows(ciphertexts))
        found = _integers.signed_from_bytes(data, width)
        made = np.empty(len(found), dtype=object)
        made[:] = found
        return made.reshape(ciphertexts.shape[:-1])


def generate_okamoto_uchiyama(bits: int = 3072) -> tuple[PublicKey, PrivateKey]:
    """A key pair with an n of 3072 or 4608 bits."""
    return _pair(*_native.SumPrivateKey.generate_okamoto_uchiyama(bits))


def generate_elgamal() -> tuple[PublicKey, PrivateKey]:
    """A key pair on ristretto255."""
    return _pair(*_native.SumPrivateKey.generate_elgamal())


def _pair(public: _native.SumPublicKey, private: _native.SumPrivateKey) -> tuple[PublicKey, PrivateKey]:
    first, second = object.__new__(PublicKey), object.__new__(PrivateKey)
    first._native, second._native, second.public = public, private, first
    return first, second


def _words(values: Any) -> npt.NDArray[np.int64]:
    array = _numbers.wholes(_numbers.array(values))
    index = next((i for i, v in enumerate(array.ravel().tolist()) if not -(1 << 63) <= v < 1 << 63), None)
    if index is not None:
        raise RangeError(f"element {index} does not fit 64 bits", index)
    return array.astype(np.int64)


def _bytes(number: int) -> bytes:
    return number.to_bytes(-(-number.bit_length() // 8), "big")
