"""Batches with plain factors of any size, over an extension module that multiplies by machine words."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from coffer import _integers, _native

# A wide factor is split into words of so many bits; the extension module takes 64 with a sign.
WORD_BITS = 62

Bytes = npt.NDArray[np.uint8]
# Of int64, or of Python's integers.
Factors = npt.NDArray[np.int64] | npt.NDArray[np.object_]


def times(native: _native.PublicKey, data: Bytes, factors: Factors) -> Bytes:
    """Each row, a ciphertext, times its factor."""
    words = factors.astype("<i8").tobytes() if factors.dtype == np.int64 else _integers.words(map(int, factors))
    if words is not None:
        found = native.multiply(data.tobytes(), words)
    else:
        found = native.multiply_wide(data.tobytes(), *_integers.signed_to_bytes([int(f) for f in factors]))
    return np.frombuffer(found, np.uint8).reshape(-1, native.ciphertext_bytes)


def product(native: _native.PublicKey, factors: Factors, multiply: Callable[[bytes], bytes]) -> bytes:
    """A product that is linear in its factors: `multiply`, which takes machine words, for each word of them in turn."""
    result = b""
    for words in split(factors):
        found = multiply(words.astype("<i8").tobytes())
        if result:
            shifted = native.multiply(result, (1 << WORD_BITS).to_bytes(8, "little"))
            found = native.add(shifted, found)
        result = found
    return result


def split(factors: Factors) -> list[npt.NDArray[np.int64]]:
    """Signed factors as words of 62 bits with their sign, the highest first; one word if they fit."""
    bits = max((int(f).bit_length() for f in factors), default=1)
    count = max(1, -(-bits // WORD_BITS))
    if bits < 64:
        return [factors.astype(np.int64)]
    mask = (1 << WORD_BITS) - 1
    magnitudes = [(abs(int(f)), -1 if f < 0 else 1) for f in factors]
    return [
        np.array([sign * (m >> WORD_BITS * i & mask) for m, sign in magnitudes], dtype=np.int64)
        for i in reversed(range(count))
    ]
