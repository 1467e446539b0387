"""Key pairs."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np

from coffer import _digits, _integers, _native
from coffer._policy import check_public, fingerprint, insecure
from coffer.errors import DecryptionRangeError, RangeError, UnknownBoundWarning
from coffer.fate.coder import Coder
from coffer.fate.plain import SLACK, WORD_BITS, Magnitudes, Plaintext, PlaintextVector, sizes
from coffer.fate.vectors import Ciphertext, CiphertextVector


class PK:
    """Encrypts. There is no way from it to a decryptor.

    always: obfuscates whatever it is told. FATE's distributed tensors drop the word on the way (FATE 2.2: what they
    encrypt can be read by everybody), so that `install` makes keys of this kind.
    """

    def __init__(self, native: _native.PublicKey, always: bool = False) -> None:
        self.native = native
        self.always = always
        self.n = int.from_bytes(native.n, "big")
        self.fingerprint = fingerprint(native.n)
        self.room = math.log2(self.n) - 1

    @property
    def pk(self) -> PK:
        """What FATE's wrapper keeps the key in."""
        return self

    def __reduce__(self) -> tuple[Any, tuple[bytes, bytes | None, bool, bool]]:
        native = self.native
        return received_public, (native.n, native.hs, native.insecure_for_comparison, self.always)

    def encrypt_encoded(self, vec: PlaintextVector, obfuscate: bool) -> CiphertextVector:
        """Encrypts what a Coder encoded; without obfuscation it hides nothing. Raises RangeError beyond n / 2."""
        return self._encrypted(vec, obfuscate or self.always)

    def embed(self, vec: PlaintextVector) -> CiphertextVector:
        """As a ciphertext that hides nothing, for what is added to others."""
        return self._encrypted(vec, False)

    def _encrypted(self, vec: PlaintextVector, obfuscate: bool) -> CiphertextVector:
        magnitudes = self._magnitudes(vec, obfuscate)
        if vec.significands.dtype == np.int64:
            words = vec.significands.astype(">i8").tobytes()
            data = self.native.encrypt(words, 8) if obfuscate else self.native.embed(words, 8)
        else:
            width, half = self.native.plaintext_bytes, self.n // 2
            index = next((i for i, s in enumerate(vec.significands) if abs(int(s)) > half), None)
            if index is not None:
                raise RangeError(f"element {index} is over half of the key's modulus", index)
            residues = _integers.to_bytes((int(s) % self.n for s in vec.significands), width)
            data = self.native.encrypt_residues(residues) if obfuscate else self.native.embed_residues(residues)
        return CiphertextVector.of(self, data, vec.exponents, magnitudes)._as_told(not obfuscate)

    def _magnitudes(self, vec: PlaintextVector, secret: bool) -> Magnitudes:
        """Of what is secret, in whole words: by the type, and not by the values."""
        if not secret:
            return sizes(vec.significands)
        if vec.bits is not None:
            return np.full(len(vec), min(float(vec.bits), self.room))
        if vec.significands.dtype == np.int64:
            return np.full(len(vec), WORD_BITS)
        words = np.ceil(np.maximum(sizes(vec.significands), 1) / _digits.COARSE_BITS) * _digits.COARSE_BITS
        return np.asarray(np.minimum(words, self.room))

    def encrypt_encoded_scalar(self, val: Plaintext, obfuscate: bool) -> Ciphertext:
        """One number."""
        return Ciphertext(self.encrypt_encoded(val.vector, obfuscate))


class SK:
    """Decrypts."""

    def __init__(self, pk: PK, native: _native.PrivateKey) -> None:
        self.pk = pk
        self.native = native

    @property
    def sk(self) -> SK:
        """What FATE's wrapper keeps the key in."""
        return self

    def __reduce__(self) -> tuple[Any, tuple[PK, bytes, bytes]]:
        return received_private, (self.pk, self.native.p, self.native.q)

    def decrypt_to_encoded(self, vec: CiphertextVector) -> PlaintextVector:
        """The encoded numbers, for a Coder to decode. Raises DecryptionRangeError for one over its bound, and warns
        with UnknownBoundWarning where the bound is not known."""
        native = self.pk.native
        data = self.native.decrypt_residues(vec.under(self.pk).tobytes())
        residues = _integers.from_bytes(data, native.plaintext_bytes)
        half, n = self.pk.n // 2, self.pk.n
        significands = np.empty(len(residues), dtype=object)
        significands[:] = [r - n if r > half else r for r in residues]
        over = np.flatnonzero(sizes(significands) > vec.magnitudes + SLACK)
        if len(over):
            what = f"element {over[0]} is over its bound: a wrong claim of its magnitude, or another key"
            raise DecryptionRangeError(what, int(over[0]))
        if np.isnan(vec.magnitudes).any():
            warnings.warn(
                "numbers were computed from ciphertexts whose magnitude is not known here: they may have overflowed",
                UnknownBoundWarning,
                stacklevel=2,
            )
        return PlaintextVector(significands, vec.exponents)

    def decrypt_to_encoded_scalar(self, val: Ciphertext) -> Plaintext:
        """One number."""
        return Plaintext(self.decrypt_to_encoded(val.vector))


# FATE sends the key along with each tensor and each task: checking and preparing it anew would take longer than most.
@functools.lru_cache(maxsize=64)
def received_public(n: bytes, hs: bytes | None, insecure: bool, always: bool = False) -> PK:
    """What a pickled PK becomes: the same object as long as it is in use. Raises InvalidKeyError."""
    check_public(int.from_bytes(n, "big"), None if hs is None else int.from_bytes(hs, "big"))
    return PK(_native.PublicKey(n, hs, insecure), always)


def received_private(pk: PK, p: bytes, q: bytes) -> SK:
    """What a pickled SK becomes; one of the last key is the same object. Raises InvalidKeyError."""
    global _last_received
    last = _last_received
    if last is None or last.pk is not pk or last.native.p != p or last.native.q != q:
        last = _last_received = SK(pk, _native.PrivateKey(pk.native, p, q))
    return last


_last_received: SK | None = None


def keygen(key_size: int, insecure_for_comparison: bool = False, always: bool = False) -> tuple[SK, PK, Coder]:
    """A key pair with n of 2048, 3072 or 4096 bits, and the coder for it. Raises InvalidKeyError for other lengths.
    always: see PK."""
    public, private = _native.generate(key_size, insecure(key_size, insecure_for_comparison))
    pk = PK(public, always)
    return SK(pk, private), pk, Coder(pk.n)
