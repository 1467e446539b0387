"""The pairing code: 80 bits that pin a box's key, and 60 random bits that admit one client.

The same as appliance/platform/accounts/src/pairing.rs. The random bits are the seed of a key pair, of which the box
knows the public key alone.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coffer.errors import PairingError

# Crockford's base 32.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans("ILO", "110")
_PIN_SYMBOLS, _SECRET_SYMBOLS = 16, 12
_SYMBOLS = _PIN_SYMBOLS + _SECRET_SYMBOLS
_SALT, _ROUNDS = b"coffer pairing code v1", 100_000


@dataclass(frozen=True, repr=False)
class PairingCode:
    """What a person types."""

    # The first 80 bits of SHA-256 over the SubjectPublicKeyInfo of the box's key.
    pin: bytes
    # Symbols of the alphabet.
    secret: str

    @classmethod
    def new(cls, pin: bytes) -> PairingCode:
        """A fresh one for the box with this pin."""
        return cls(pin, "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_SYMBOLS)))

    @classmethod
    def parse(cls, text: str) -> PairingCode:
        """Small letters, spaces and the look-alikes I, L and O are understood. Raises PairingError."""
        symbols = "".join(c for c in text.upper() if not c.isspace() and c != "-").translate(_LOOK_ALIKES)
        strange = next((c for c in symbols if c not in _ALPHABET), None)
        if strange is not None:
            raise PairingError(f"{strange!r} is not a letter or digit of a pairing code")
        if len(symbols) != _SYMBOLS:
            raise PairingError(f"a pairing code has {_SYMBOLS} letters and digits; this one has {len(symbols)}")
        pin = 0
        for symbol in symbols[:_PIN_SYMBOLS]:
            pin = pin << 5 | _ALPHABET.index(symbol)
        return cls(pin.to_bytes(10, "big"), symbols[_PIN_SYMBOLS:])

    def text(self) -> str:
        """As it is written: groups of four."""
        value = int.from_bytes(self.pin, "big")
        pin = "".join(_ALPHABET[value >> 5 * (_PIN_SYMBOLS - 1 - i) & 31] for i in range(_PIN_SYMBOLS))
        symbols = pin + self.secret
        return "-".join(symbols[i : i + 4] for i in range(0, _SYMBOLS, 4))

    def key(self) -> Ed25519PrivateKey:
        """The key that the code stands for; it takes a moment."""
        seed = hashlib.pbkdf2_hmac("sha256", self.secret.encode(), _SALT + self.pin, _ROUNDS)
        return Ed25519PrivateKey.from_private_bytes(seed)


def pin_of(subject_public_key_info: bytes) -> bytes:
    """The pin of a key, from its SubjectPublicKeyInfo in DER."""
    return hashlib.sha256(subject_public_key_info).digest()[:10]
