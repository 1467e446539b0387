"""The pairing code on a box's screen: 80 bits that pin the box's key, and a secret that admits a client, once.

The same as appliance/platform/proto/src/pairing.rs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from coffer.errors import PairingError

# Crockford's base 32.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("ILO", "110")
_SYMBOLS, _PIN_SYMBOLS = 26, 16


@dataclass(frozen=True, repr=False)
class PairingCode:
    """What a person types."""

    # The first 80 bits of SHA-256 over the SubjectPublicKeyInfo of the box's key.
    pin: bytes
    # 48 random bits.
    secret: bytes

    @classmethod
    def parse(cls, text: str) -> PairingCode:
        """Small letters, spaces and the look-alikes I, L and O are understood. Raises PairingError."""
        symbols = "".join(c for c in text.upper() if not c.isspace() and c != "-").translate(_LOOK_ALIKES)
        strange = next((c for c in symbols if c not in _ALPHABET), None)
        if strange is not None:
            raise PairingError(f"{strange!r} is not a letter or digit of a pairing code")
        if len(symbols) != _SYMBOLS:
            raise PairingError(f"a pairing code has {_SYMBOLS} letters and digits; this one has {len(symbols)}")
        return cls(_decode(symbols[:_PIN_SYMBOLS]), _decode(symbols[_PIN_SYMBOLS:]))


def pin_of(subject_public_key_info: bytes) -> bytes:
    """The pin of a key, from its SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(subject_public_key_info).digest()[:10]


def _decode(symbols: str) -> bytes:
    value = 0
    for symbol in symbols:
        value = value << 5 | _ALPHABET.index(symbol)
    size, padding = divmod(5 * len(symbols), 8)
    if value & ((1 << padding) - 1):
        raise PairingError(f"{symbols[-1]!r} cannot be the last letter or digit of a pairing code")
    return (value >> padding).to_bytes(size, "big")
