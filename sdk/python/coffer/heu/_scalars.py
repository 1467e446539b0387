"""Kits, and what they hand out for numbers one at a time."""

from __future__ import annotations

from typing import Any

from coffer import _integers
from coffer.heu import _encoders as encoders
from coffer.heu._keys import DEFAULT_BITS, PublicKey, SchemaType, SecretKey, generate, parse_schema_type
from coffer.heu._values import PheRuntimeError, Plaintext


class Ciphertext:
    """An encrypted number: big-endian bytes, as wide as n^2."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __str__(self) -> str:
        return str(int.from_bytes(self.data, "big"))

    def __eq__(self, other: object) -> bool:
        return self.data == other.data if isinstance(other, Ciphertext) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def serialize(self) -> bytes:
        return self.data

    @staticmethod
    def load_from(bytes_buffer: bytes) -> Ciphertext:
        return Ciphertext(bytes_buffer)


class Encryptor:
    """Encrypts under a public key."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def encrypt(self, plaintext: Plaintext) -> Ciphertext:
        """Raises PheRuntimeError beyond n / 2."""
        return Ciphertext(self._key.native.encrypt_residues(residues(self._key, [int(plaintext)])))

    def encrypt_raw(self, cleartext: int) -> Ciphertext:
        if not isinstance(cleartext, int):
            raise TypeError(f"an int is needed, not {type(cleartext)}")
        return self.encrypt(Plaintext(None, cleartext))


class Decryptor:
    """Decrypts."""

    def __init__(self, key: SecretKey) -> None:
        self._key = key

    def decrypt(self, ciphertext: Ciphertext) -> Plaintext:
        return Plaintext(None, clear(self._key, ciphertext.data)[0])

    def decrypt_raw(self, ciphertext: Ciphertext) -> int:
        return int(self.decrypt(ciphertext))

    def decrypt_in_range(self, ciphertext: Ciphertext, range_bits: int = 128) -> Plaintext:
        """Raises PheRuntimeError for a magnitude of more bits."""
        found = self.decrypt(ciphertext)
        if found.bit_count() > range_bits:
            raise PheRuntimeError(f"a plaintext of {found.bit_count()} bits, where {range_bits} may be")
        return found


class Evaluator:
    """Computes under a public key. Results are not obfuscated."""

    def __init__(self, key: PublicKey) -> None:
        self._key = key

    def add(self, a: Ciphertext | Plaintext, b: Ciphertext | Plaintext) -> Ciphertext:
        return Ciphertext(self._key.native.add(self._bytes(a, b), self._bytes(b, a)))

    def sub(self, a: Ciphertext | Plaintext, b: Ciphertext | Plaintext) -> Ciphertext:
        return self.add(a, self.negate(b) if isinstance(b, Ciphertext) else -b)

    def mul(self, ciphertext: Ciphertext | int | Plaintext, times: Ciphertext | int | Plaintext) -> Ciphertext:
        if not isinstance(ciphertext, Ciphertext):
            ciphertext, times = times, ciphertext
        if not isinstance(ciphertext, Ciphertext) or not isinstance(times, (int, Plaintext)):
            raise TypeError(f"mul of {type(ciphertext)} and {type(times)}: a ciphertext and an int are needed")
        factor, native = int(times), self._key.native
        words = _integers.words([factor])
        if words is not None:
            return Ciphertext(native.multiply(ciphertext.data, words))
        return Ciphertext(native.multiply_wide(ciphertext.data, *_integers.signed_to_bytes([factor])))

    def negate(self, a: Ciphertext) -> Ciphertext:
        return Ciphertext(self._key.native.negate(a.data))

    def add_inplace(self, a: Ciphertext, b: Ciphertext | Plaintext) -> None:
        a.data = self.add(a, b).data

    def sub_inplace(self, a: Ciphertext, b: Ciphertext | Plaintext) -> None:
        a.data = self.sub(a, b).data

    def mul_inplace(self, ciphertext: Ciphertext, times: int) -> None:
        ciphertext.data = self.mul(ciphertext, times).data

    def negate_inplace(self, a: Ciphertext) -> None:
        a.data = self.negate(a).data

    def _bytes(self, a: Ciphertext | Plaintext, other: Any) -> bytes:
        if isinstance(a, Ciphertext):
            return a.data
        if isinstance(a, Plaintext) and isinstance(other, Ciphertext):
            return self._key.native.embed_residues(residues(self._key, [int(a)]))
        raise TypeError(f"{type(a)}: a ciphertext, or a plaintext beside one, is needed")


class Kit:
    """What both kits have."""

    def __init__(self, key: PublicKey) -> None:
        self._public = key

    def public_key(self) -> PublicKey:
        return self._public

    def get_schema(self) -> SchemaType:
        return SchemaType.ZPaillier

    def plaintext(self, int_num: int) -> Plaintext:
        return Plaintext(self.get_schema(), int_num)

    def bigint_encoder(self) -> encoders.BigintEncoder:
        return encoders.BigintEncoder(self.get_schema())

    def integer_encoder(self, scale: int = encoders.DEFAULT_SCALE) -> encoders.IntegerEncoder:
        return encoders.IntegerEncoder(self.get_schema(), scale)

    def float_encoder(self, scale: int = encoders.DEFAULT_SCALE) -> encoders.FloatEncoder:
        return encoders.FloatEncoder(self.get_schema(), scale)

    def batch_integer_encoder(self, scale: int = 1, padding_bits: int = 32) -> encoders.BatchIntegerEncoder:
        return encoders.BatchIntegerEncoder(self.get_schema(), scale, padding_bits)

    def batch_float_encoder(
        self, scale: int = encoders.DEFAULT_SCALE, padding_bits: int = 32
    ) -> encoders.BatchFloatEncoder:
        return encoders.BatchFloatEncoder(self.get_schema(), scale, padding_bits)


class DestinationHeKit(Kit):
    """The side that has a public key alone. It has no decryptor."""

    def encryptor(self) -> Encryptor:
        return Encryptor(self._public)

    def evaluator(self) -> Evaluator:
        return Evaluator(self._public)


class HeKit(DestinationHeKit):
    """The side that made the key."""

    def __init__(self, key: SecretKey) -> None:
        super().__init__(key.public)
        self._secret = key

    def secret_key(self) -> SecretKey:
        return self._secret

    def decryptor(self) -> Decryptor:
        return Decryptor(self._secret)


def setup(schema: SchemaType | str | PublicKey = SchemaType.ZPaillier, key: int | SecretKey = DEFAULT_BITS) -> Any:
    """A HeKit with a new key (schema, bits) or a given one (public, secret); of a public key a DestinationHeKit."""
    if isinstance(schema, PublicKey):
        return HeKit(key) if isinstance(key, SecretKey) else DestinationHeKit(schema)
    if isinstance(key, SecretKey):
        raise TypeError("a secret key comes with its public key")
    return HeKit(generate(parse_schema_type(schema) if isinstance(schema, str) else schema, key))


def residues(key: PublicKey, numbers: list[int]) -> bytes:
    """Signed integers of magnitude at most n / 2. Raises PheRuntimeError, which names the element, beyond."""
    bound = key.n // 2
    index = next((i for i, m in enumerate(numbers) if abs(m) > bound), None)
    if index is not None:
        raise PheRuntimeError(f"message number out of range: element {index} is over half of the key's modulus")
    return _integers.to_bytes((m % key.n for m in numbers), key.native.plaintext_bytes)


def clear(key: SecretKey, data: bytes) -> list[int]:
    """Ciphertexts, one after the other, decrypted to signed integers."""
    n, width = key.public.n, key.public.native.plaintext_bytes
    found = _integers.from_bytes(key.native.decrypt_residues(data), width)
    return [m - n if m > n // 2 else m for m in found]
