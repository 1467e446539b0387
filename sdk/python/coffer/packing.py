"""Many bounded integers in one plaintext, so that one ciphertext and one addition serve all of them.

The plaintext is the sum of x_i 2^(i * slot): sums of plaintexts are sums in every slot, while each stays within its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coffer import _integers, _native, _numbers
from coffer.errors import RangeError


@dataclass(frozen=True)
class Packing:
    """For keys with an n of `modulus_bits` bits; numbers of magnitude below 2^value_bits (1 to 63); sums of up to
    `summands` (1 to 2^32). Raises ShapeError when it is used, if the modulus has no room for one."""

    modulus_bits: int
    value_bits: int
    summands: int

    def pack(self, numbers: Any) -> list[int]:
        """Plaintexts to encrypt: signed integers of magnitude below a third of the modulus, also once they are summed
        up. Raises RangeError, which names the element, for one that is too large. (`coffer.phe` rounds an integer's
        bound up to words of 64 bits: pack for a smaller `modulus_bits` where it is to compute with them.)"""
        values = _numbers.wholes(_numbers.array(numbers)).ravel().tolist()
        words = _integers.words(values)
        if words is None:
            index = next(i for i, v in enumerate(values) if not -(1 << 63) <= v < 1 << 63)
            raise RangeError(f"element {index} is not between -2^{self.value_bits} and 2^{self.value_bits}", index)
        return _integers.signed_from_bytes(*_native.pack(words, *self.shape))

    def unpack(self, plaintexts: Sequence[int], count: int, added: int = 1) -> list[int]:
        """`count` sums of `added` packed numbers each; a product by w counts as |w| of them. Raises
        DecryptionRangeError, which names the element, for one that has outgrown its slot: by up to twice, or it is not
        seen."""
        width = -(-self.modulus_bits // 64) * 8
        index = next((i for i, m in enumerate(plaintexts) if m.bit_length() >= 8 * width), None)
        if index is not None:
            raise RangeError(f"plaintext {index} is wider than the modulus", index)
        data = b"".join(int(m).to_bytes(width, "big", signed=True) for m in plaintexts)
        return _integers.signed_from_bytes(_native.unpack(data, count, added, *self.shape), 16)

    def gather(self, key: _native.PublicKey, ciphertexts: bytes, added: int = 1) -> bytes:
        """As `pack`, of numbers that are encrypted already, each the sum of up to `added` numbers in range: by shifting
        and adding up. Raises ShapeError for more than the packing's summands, and where the key has no room for it.

        `coffer.phe.batch.pack` knows how large its numbers may be, and checks it.
        """
        return key.gather(ciphertexts, added, *self.shape)

    @property
    def shape(self) -> tuple[int, int, int]:
        """What the extension module makes a packing of."""
        return self.modulus_bits, self.value_bits, self.summands
