"""What is public of ciphertexts beside them: their key, the scale they were encoded with, and how large they may be."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coffer import _integers
from coffer._digits import coarse
from coffer.errors import BoundError, CiphertextError, UnknownBoundWarning
from coffer.heu._values import PheRuntimeError, product_scale, same_scale

if TYPE_CHECKING:
    from coffer.heu._keys import PublicKey


# Of what is unpickled: no key holds more.
_BITS_MAX = 1 << 14
_SCALE_MAX = _BITS_MAX // 8


class PheBoundError(PheRuntimeError, BoundError):
    """A result that may not fit under the key."""


@dataclass(frozen=True)
class State:
    """Of a ciphertext, or of all of an array."""

    # The key's fingerprint; empty: not known.
    key: bytes = b""
    # Of the encoder; None: whole numbers that were made without one.
    scale: int | None = None
    # The largest magnitude; None: not known.
    bound: int | None = None
    # Whether they are known to be ciphertexts under the key: those from outside are not yet.
    checked: bool = False
    # That they are below; 0: not known.
    modulus: int = 0
    # HEU's number of their schema; 0: not known.
    schema: int = 0
    # Whether they are as HEU keeps them: in Montgomery form.
    foreign: bool = False

    def serialize(self) -> tuple[bytes, bytes, bytes]:
        """The bound in whole words: closer, it would tell of plain factors."""
        bound = b"" if self.bound is None else coarse(self.bound.bit_length()).to_bytes(4, "big")
        scale = self.scale
        width = 0 if scale is None else scale.bit_length() // 8 + 1
        return self.key, b"" if scale is None else scale.to_bytes(width, "big", signed=True), bound

    @staticmethod
    def load(key: bytes, scale: bytes, bound: bytes) -> State:
        """What `serialize` wrote, of ciphertexts that are not checked yet. Raises PheRuntimeError."""
        if len(key) not in (0, 16) or len(scale) > _SCALE_MAX or len(bound) not in (0, 4):
            raise PheRuntimeError("the bytes are not what was serialized here")
        bits = int.from_bytes(bound, "big")
        if bits > _BITS_MAX:
            raise PheRuntimeError("the bytes are not what was serialized here")
        return State(
            key,
            int.from_bytes(scale, "big", signed=True) if scale else None,
            (1 << bits) - 1 if bound else None,
        )

    def at_home(self, key: PublicKey, data: bytes, width: int) -> bytes:
        """Ciphertexts of `width` bytes each, as this package keeps them. Raises PheRuntimeError for wider ones than the
        key's."""
        own = key.native.ciphertext_bytes
        if width > own or (width != own and not self.foreign):
            raise PheRuntimeError("a ciphertext under another key")
        if not self.foreign:
            return data
        if self.schema != key.schema.value:
            raise PheRuntimeError("a ciphertext of another schema")
        modulus = key.modulus
        back = pow(_shift(modulus), -1, modulus)
        numbers = _integers.from_bytes(data, width)
        if any(c >= modulus for c in numbers):
            raise CiphertextError(
                "a ciphertext over its modulus", next(i for i, c in enumerate(numbers) if c >= modulus)
            )
        return _integers.to_bytes((c * back % modulus for c in numbers), own)

    def abroad(self, data: bytes, width: int) -> list[int]:
        """The numbers that HEU has for these ciphertexts. Raises PheRuntimeError where their key is not known."""
        numbers = _integers.from_bytes(data, width)
        if self.foreign:
            return numbers
        if not self.modulus:
            raise PheRuntimeError("ciphertexts of an unknown key: compute with them before they are serialized")
        shift = _shift(self.modulus) % self.modulus
        return [c * shift % self.modulus for c in numbers]

    def under(self, key: PublicKey, data: bytes) -> State:
        """Before they are computed on. Raises PheRuntimeError for ciphertexts of another key, CiphertextError for what
        came from outside and is none."""
        if self.key not in (b"", key.fingerprint):
            raise PheRuntimeError("a ciphertext under another key")
        if self.checked:
            return self
        key.native.accept(data)
        bound = None if self.bound is None else min(self.bound, key.capacity)
        return State(key.fingerprint, self.scale, bound, True, key.modulus, key.schema.value)

    def plus(self, other: State, key: PublicKey) -> State:
        """Of a sum. Raises PheRuntimeError for different scales, PheBoundError where it may not fit."""
        bound = None if self.bound is None or other.bound is None else self.bound + other.bound
        return replace(self, scale=same_scale(self.scale, other.scale), bound=_fitting(bound, key))

    def times(self, scale: int | None, largest: int, key: PublicKey) -> State:
        """Of a product, or a sum of products, with factors of this scale, or sum."""
        bound = None if self.bound is None else self.bound * largest
        return replace(self, scale=product_scale(self.scale, scale), bound=_fitting(bound, key))

    def beside(self, other: State) -> State:
        """Of an array that takes in others."""
        if self.key and other.key and self.key != other.key:
            raise PheRuntimeError("ciphertexts under different keys in one array")
        if self.foreign != other.foreign:
            raise PheRuntimeError("ciphertexts of HEU's bytes beside others in one array: compute with them before")
        bound = None if self.bound is None or other.bound is None else max(self.bound, other.bound)
        scale = same_scale(self.scale, other.scale)
        if self.schema and other.schema and self.schema != other.schema:
            raise PheRuntimeError("ciphertexts of different schemas in one array")
        key, modulus, schema = self.key or other.key, self.modulus or other.modulus, self.schema or other.schema
        return State(key, scale, bound, self.checked and other.checked, modulus, schema, self.foreign)

    def check(self, numbers: list[int]) -> None:
        """Of what was decrypted. Raises PheBoundError for one over its bound; warns where none is known."""
        bound = self.bound
        if bound is None:
            warnings.warn(
                "numbers were computed from ciphertexts whose magnitude is not known here: they may have overflowed",
                UnknownBoundWarning,
                stacklevel=4,
            )
            return
        index = next((i for i, m in enumerate(numbers) if abs(m) > bound), None)
        if index is not None:
            raise PheBoundError(
                f"plaintext {index} is over its bound: what was claimed of its magnitude is wrong", index
            )


def encrypted(key: PublicKey, numbers: list[int], scale: int | None, secret: bool = True) -> State:
    """Of fresh ciphertexts; of secret numbers the bound tells how many words, and not more."""
    largest = max((abs(m) for m in numbers), default=0)
    bound = min((1 << coarse(max(largest, 1).bit_length())) - 1, key.capacity) if secret else largest
    return State(key.fingerprint, scale, bound, True, key.modulus, key.schema.value)


def _shift(modulus: int) -> int:
    """R of the Montgomery form that HEU keeps ciphertexts in: 1 above as many digits of 60 bits as the modulus has."""
    return 1 << 60 * -(-modulus.bit_length() // 60)


def _fitting(bound: int | None, key: PublicKey) -> int | None:
    if bound is not None and bound > key.capacity:
        raise PheBoundError(
            f"the result may need {bound.bit_length()} bits, and this key holds {key.capacity.bit_length()}: scales "
            "and factors multiply. Rescale the numbers: decrypt and encrypt them anew, or take a smaller scale or a "
            "longer key"
        )
    return bound
