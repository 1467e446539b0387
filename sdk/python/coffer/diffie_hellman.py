"""Diffie-Hellman in the groups of RFC 3526 and RFC 7919: key agreement, and powers of hashed elements.

Groups: "modp2048", "modp3072", "modp4096", "ffdhe2048", "ffdhe3072", "ffdhe4096". Elements are integers in 2 to p - 2
of the order (p - 1) / 2; others raise CiphertextError, which names them.
"""

from __future__ import annotations

from collections.abc import Sequence

from coffer import _integers, _native
from coffer.errors import RangeError


class PrivateKey:
    """A private exponent: a new one, or the given one (big-endian, as `exponent` gave it)."""

    def __init__(self, group: str, exponent: bytes | None = None) -> None:
        self.group = group
        self._native = _native.DiffieHellmanKey(group, exponent)

    @property
    def public_value(self) -> int:
        """2^x mod p: what the other side needs."""
        return int.from_bytes(self._native.public_value, "big")

    @property
    def exponent(self) -> bytes:
        """The exponent, as an object that Python does not wipe: for storing a key, not for every day."""
        return self._native.exponent

    def derive(self, elements: Sequence[int]) -> list[int]:
        """Each element to the power of the exponent. Of others' public values these are the shared numbers of SP
        800-56A (5.7.1.1): derive keys from them, they are none."""
        width = self._native.element_bytes
        index = next((i for i, v in enumerate(elements) if not 0 <= v < 1 << 8 * width), None)
        if index is not None:
            raise RangeError(f"element {index} is negative, or wider than the group's prime", index)
        return _integers.from_bytes(self._native.derive(_integers.to_bytes(elements, width)), width)


def hash_to_group(group: str, inputs: Sequence[bytes], domain: bytes) -> list[int]:
    """An element for each input, whose logarithm nobody knows. domain: 1 to 255 bytes; it keeps uses apart."""
    data = _native.hash_to_group(group, list(inputs), domain)
    return _integers.from_bytes(data, len(data) // max(len(inputs), 1) or 1)
